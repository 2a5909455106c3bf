package protocol

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// BotID names a scenario bot inside its site: 1-32 characters of [a-z0-9._-].
type BotID string

// RootDialogue is where every scenario starts.
const RootDialogue = "scenario_list"

// ScenarioBot is a scenario bot (domain 3.7) with its present scenario.
type ScenarioBot struct {
	ID       BotID
	Name     string // 1-60
	Enabled  bool
	Default  bool // 대표봇: chosen where no binding fits; at most one of a site
	Bindings []BotBinding
	Version  uint64 // of the scenario: 1, 2, 3 … with every change of it
	Scenario *Scenario
}

// BotBinding says where a bot is shown: a channel account, a category, or both (domain 23.1).
type BotBinding struct {
	Account  string `json:"channel_account,omitempty"`
	Category string `json:"category,omitempty"`
}

func (b *BotBinding) code(c *coder) { codeString(c, 1, &b.Account); codeString(c, 2, &b.Category) }

// Scenario is the flow of a bot (domain 23.2). Its JSON is the form of import and export
// (schema/scenario.json) and the stored one. A value is never changed once it is published.
type Scenario struct {
	Name          string               `json:"name,omitempty"`
	AgentCategory string               `json:"agent_category,omitempty"` // bound to the hotkey 상담사 연결
	ErrorHotkeys  ErrorHotkeys         `json:"error_hotkeys"`
	Dialogues     map[string]*Dialogue `json:"dialogues"`
}

// ErrorHotkeys are the hotkeys that an error turn carries beside the dialogue's own.
type ErrorHotkeys struct {
	Home  bool `json:"home"`
	Back  bool `json:"back"`
	Agent bool `json:"agent"`
}

// Keys gives them as a set.
func (e ErrorHotkeys) Keys() Hotkeys {
	var h Hotkeys
	for _, k := range []struct {
		on  bool
		key Hotkeys
	}{{e.Home, HotkeyHome}, {e.Back, HotkeyBack}, {e.Agent, HotkeyAgent}} {
		if k.on {
			h |= k.key
		}
	}
	return h
}

// Dialogue is one turn of the bot: what it says, and what the customer may do.
type Dialogue struct {
	Messages []BotMessage `json:"messages"`
	Choices  []Choice     `json:"choices,omitempty"`
	Input    *BotInput    `json:"input,omitempty"`
	Hotkeys  Hotkeys      `json:"hotkeys,omitempty"`
}

// BotMessage is one message of a dialogue. Kind is text, image or card.
type BotMessage struct {
	Kind    string    `json:"kind"`
	Text    string    `json:"text,omitempty"`
	Title   string    `json:"title,omitempty"` // of a card
	Image   string    `json:"image,omitempty"` // an address
	Buttons []BotLink `json:"buttons,omitempty"`
}

func (m *BotMessage) code(c *coder) {
	codeString(c, 1, &m.Kind)
	codeString(c, 2, &m.Text)
	codeString(c, 3, &m.Title)
	codeString(c, 4, &m.Image)
	codeList(c, 5, &m.Buttons)
}

// BotLink is a link button of a card.
type BotLink struct {
	Label string `json:"label"`
	URL   string `json:"url"`
}

func (l *BotLink) code(c *coder) { codeString(c, 1, &l.Label); codeString(c, 2, &l.URL) }

// Choice is a button of a dialogue. It leads to exactly one of a dialogue, a link or the agent.
type Choice struct {
	Label    string `json:"label"`
	Dialogue string `json:"dialogue,omitempty"`
	Link     string `json:"link,omitempty"`
	Agent    bool   `json:"agent,omitempty"`
	Category string `json:"category,omitempty"` // with agent: the room receives it
}

// BotInput is free input in place of choices. It leads to a dialogue or to the agent.
type BotInput struct {
	Label    string `json:"label"`             // how the journey calls the accepted input
	Pattern  string `json:"pattern,omitempty"` // an RE2 expression that the whole trimmed input fits
	Max      int    `json:"max,omitempty"`     // characters; 0 = 1,000
	Dialogue string `json:"dialogue,omitempty"`
	Agent    bool   `json:"agent,omitempty"`
	Category string `json:"category,omitempty"`
}

// Hotkeys is a set of the always-available buttons (domain 1, 핫키). Its JSON is a list of names.
type Hotkeys uint8

const (
	HotkeyHome Hotkeys = 1 << iota
	HotkeyBack
	HotkeyAgent
)

// hotkeys lists them in the order in which they are shown, with their names on the wire.
var hotkeys = []struct {
	key         Hotkeys
	name, label string
}{{HotkeyHome, "home", LabelHome}, {HotkeyBack, "back", LabelBack}, {HotkeyAgent, "agent", LabelAgent}}

// ParseHotkey reads a hotkey's name on the wire.
func ParseHotkey(name string) (Hotkeys, bool) {
	for _, k := range hotkeys {
		if k.name == name {
			return k.key, true
		}
	}
	return 0, false
}

// Label is what a hotkey says; of one hotkey, not of a set.
func (h Hotkeys) Label() string {
	for _, k := range hotkeys {
		if k.key == h {
			return k.label
		}
	}
	return ""
}

func (h Hotkeys) names() []string {
	names := []string{}
	for _, k := range hotkeys {
		if h&k.key != 0 {
			names = append(names, k.name)
		}
	}
	return names
}

// MarshalJSON writes the names.
func (h Hotkeys) MarshalJSON() ([]byte, error) { return json.Marshal(h.names()) }

// UnmarshalJSON reads a list of names.
func (h *Hotkeys) UnmarshalJSON(b []byte) error {
	var names []string
	if err := json.Unmarshal(b, &names); err != nil {
		return errors.New("hotkeys must be a list of home, back and agent")
	}
	*h = 0
	for _, n := range names {
		k, ok := ParseHotkey(n)
		if !ok {
			return fmt.Errorf("hotkeys has no %q: home, back and agent", n)
		}
		*h |= k
	}
	return nil
}

// ParseScenario reads a scenario's JSON. It refuses members that it does not know; what the
// scenario means is checked by bot.Validate.
func ParseScenario(b []byte) (*Scenario, error) {
	s := &Scenario{ErrorHotkeys: ErrorHotkeys{Home: true, Back: true}}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(s); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("something follows the scenario")
	}
	for id, x := range s.Dialogues {
		if x == nil {
			return nil, fmt.Errorf("dialogue %q must be an object", id)
		}
	}
	return s, nil
}

// AppendScenario appends the scenario's JSON: the same bytes for the same scenario.
func AppendScenario(dst []byte, s *Scenario) []byte {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // texts, numbers and truth values
	}
	return append(dst, b...)
}

// BotVersionKey is the key of the row that keeps one version of a bot's scenario.
func BotVersionKey(site SiteID, bot BotID, version uint64) []byte {
	return binary.BigEndian.AppendUint64(RowKey(site, string(bot)), version)
}

// Complaint is one finding about a scenario.
type Complaint struct {
	Field   string // where: a path like dialogues.delivery.choices[2].label
	Text    string
	Warning bool // does not stand in the way of saving
}

// Exit is how a display ended (domain 15.2). The last two have no event of their own: they follow from the room's.
type Exit uint8

const (
	ExitChoice Exit = iota + 1 // a choice or an accepted input
	ExitError                  // input that does not fit
	ExitHome                   // hotkey 처음으로: a leave
	ExitBack                   // hotkey 이전으로: a leave
	ExitAgent                  // hotkey 상담사 연결, or a choice that leads to the agent
	ExitEnd                    // 챗봇종료: the room ended in the dialogue
	ExitServed                 // 상담사진행: an agent answered
)

var exits = named{"", "choice", "error", "home", "back", "agent", "end", "served"}

func (e Exit) String() string { return exits.name(int(e)) }

// Words of the journey report (domain 5.1, 15.2).
const (
	JourneyError  = "error"
	JourneyAgent  = "상담사연결"
	JourneyServed = "상담사진행"
	JourneyEnd    = "챗봇종료"
)

// Operator is a message type of the channel's operator that stands for the site's text (domain 7.5).
type Operator uint8

const (
	OperatorAbsent      Operator = iota + 1 // 상담부재: the operator's own text is shown
	OperatorUnavailable                     // 상담불가: K-BUSY by default
	OperatorBusy                            // K-BUSY
	OperatorBusyDesk                        // the customer gets the site's text, the agent's screen shows K-BUSY
)

var operators = named{"", "ABSENT", "UNAVAILABLE", "K-BUSY", "K-BUSY-DESK"}

func (o Operator) String() string { return operators.name(int(o)) }
