package protocol

// ShownChoice is a choice as the customer saw it. ID is its number in the dialogue, from 1.
type ShownChoice struct {
	ID    string
	Label string
	Link  string
}

func (x *ShownChoice) code(c *coder) {
	codeString(c, 1, &x.ID)
	codeString(c, 2, &x.Label)
	codeString(c, 3, &x.Link)
}

// DialogueShown is one display of a dialogue (domain 15.2), with what the customer saw, and
// how the display before it ended. The journey report is made of these.
type DialogueShown struct {
	ID       MessageID
	Bot      BotID
	Version  uint64
	Dialogue string
	Stage    int    // depth in the scenario; the root is 1
	Previous string // empty at the start, the parent, error, 처음으로 or 이전으로
	Exit     Exit   // of the display before; 0 at the start
	Label    string // of that exit: the choice's or the input's label, or error; empty for hotkeys
	Messages []BotMessage
	Choices  []ShownChoice
	Hotkeys  Hotkeys
	Input    string // label of the free input; empty = choices
	Timers   Timers
}

func (*DialogueShown) EventCode() EventCode     { return CodeDialogueShown }
func (*DialogueShown) Shown() (desk, room bool) { return true, true }
func (e *DialogueShown) code(c *coder) {
	codeString(c, 1, &e.ID)
	codeString(c, 2, &e.Bot)
	codeUint(c, 3, &e.Version)
	codeString(c, 4, &e.Dialogue)
	codeInt(c, 5, &e.Stage)
	codeString(c, 6, &e.Previous)
	codeUint(c, 7, &e.Exit)
	codeString(c, 8, &e.Label)
	codeList(c, 9, &e.Messages)
	codeList(c, 10, &e.Choices)
	codeUint(c, 11, &e.Hotkeys)
	codeString(c, 12, &e.Input)
	codeStruct(c, 13, &e.Timers)
}

// AgentRequested is the connection request out of the bot (S-05): from here to the queue's
// answer the room is between question and answer, and the bot is silent. The exit of the
// display before it is 상담사연결.
type AgentRequested struct {
	Label    string // what the customer chose: the hotkey's, the choice's or the input's label
	Category string // that the room receives; empty = it keeps its own
	Stage    int    // of the pseudo-dialogue 상담사연결
	Parent   string // the dialogue that was left
	Priority uint8  // class in the line, by the room's category from here on
}

func (*AgentRequested) EventCode() EventCode { return CodeAgentRequested }

// Shown: the room's cover changes where a category came along; the request itself is the customer's message.
func (e *AgentRequested) Shown() (desk, room bool) { return e.Category != "", false }
func (e *AgentRequested) code(c *coder) {
	codeString(c, 1, &e.Label)
	codeString(c, 2, &e.Category)
	codeInt(c, 3, &e.Stage)
	codeString(c, 4, &e.Parent)
	codeUint(c, 5, &e.Priority)
}

// BotSaved creates or replaces a bot. Scenario is the JSON of a new version; empty = unchanged.
type BotSaved struct {
	Bot      BotID
	Name     string
	Enabled  bool
	Default  bool // takes the mark away from every other bot
	Bindings []BotBinding
	Version  uint64
	Scenario []byte
	By       AccountID
	Old      BotCover // what it was; zero for a new bot
}

// BotCover is a bot without its scenario.
type BotCover struct {
	Name     string
	Enabled  bool
	Default  bool
	Bindings []BotBinding
	Version  uint64
}

func (b *BotCover) code(c *coder) {
	codeString(c, 1, &b.Name)
	codeBool(c, 2, &b.Enabled)
	codeBool(c, 3, &b.Default)
	codeList(c, 4, &b.Bindings)
	codeUint(c, 5, &b.Version)
}

func (*BotSaved) EventCode() EventCode     { return CodeBotSaved }
func (*BotSaved) Shown() (desk, room bool) { return false, false }
func (e *BotSaved) code(c *coder) {
	codeString(c, 1, &e.Bot)
	codeString(c, 2, &e.Name)
	codeBool(c, 3, &e.Enabled)
	codeBool(c, 4, &e.Default)
	codeList(c, 5, &e.Bindings)
	codeUint(c, 6, &e.Version)
	codeBytes(c, 7, &e.Scenario)
	codeString(c, 8, &e.By)
	codeStruct(c, 9, &e.Old)
}

// frame writes a display. The customer learns what it saw and nothing of the scenario behind it.
func (e *DialogueShown) frame(j *JSON, customer bool) {
	j.Str("message_id", string(e.ID))
	if !customer {
		j.Str("bot", string(e.Bot))
		j.Uint("version", e.Version)
		j.Str("dialogue", e.Dialogue)
		j.Int("stage", int64(e.Stage))
		j.Str("previous", e.Previous)
		if e.Exit != 0 {
			j.Str("exit", e.Exit.String())
			j.Str("label", e.Label)
		}
	}
	list(j, "messages", e.Messages, func(m *BotMessage) {
		j.Str("kind", m.Kind)
		j.Str("title", m.Title)
		j.Str("text", m.Text)
		j.Str("image", m.Image)
		if len(m.Buttons) > 0 {
			list(j, "buttons", m.Buttons, func(l *BotLink) { j.Str("label", l.Label); j.Str("url", l.URL) })
		}
	})
	list(j, "choices", e.Choices, func(x *ShownChoice) {
		j.Str("choice", x.ID)
		j.Str("label", x.Label)
		j.Str("link", x.Link)
	})
	list(j, "hotkeys", e.Hotkeys.names(), func(name *string) {
		k, _ := ParseHotkey(*name)
		j.Str("choice", *name)
		j.Str("label", k.Label())
	})
	j.Str("input", e.Input)
}

// list writes a list of objects.
func list[T any](j *JSON, name string, all []T, each func(*T)) {
	j.Key(name)
	j.B = append(j.B, '[')
	for i := range all {
		if i > 0 {
			j.B = append(j.B, ',')
		}
		j.Open()
		each(&all[i])
		j.Close()
	}
	j.B = append(j.B, ']')
}
