package scenario

import (
	"encoding/json"
	"fmt"
	"strings"

	"switchyard/protocol"
)

// The acts of bots. A bot's dialogues are written down one a line, and then the bot is saved:
//
//	dialogue main delivery 배송을 도와드릴게요. · 배송조회 → track · 상담 → agent c1 · 누리집 → https://shop.example · keys home back
//	dialogue main order 주문번호를 알려주세요. · input 주문번호 [0-9]+ → track
//	bot main [on] [off] [default] [account=x] [category=y] [agent_category=c1] [error=home,back,agent]
//
//	K picks LABEL [of DIALOGUE]     a button of the newest display (of that dialogue)
//	session of K ends · K leaves    the channel says so
//
// A display is told as "bot main: DIALOGUE (stage, previous) [choice] <hotkey>".

// botDraft is a bot as the lines so far wrote it.
type botDraft struct {
	scenario protocol.Scenario
	saved    bool
}

func (t *teller) draft(id string) *botDraft {
	if t.bots[id] == nil {
		t.bots[id] = &botDraft{scenario: protocol.Scenario{
			ErrorHotkeys: protocol.ErrorHotkeys{Home: true, Back: true}, Dialogues: map[string]*protocol.Dialogue{},
		}}
	}
	return t.bots[id]
}

// dialogue notes one dialogue of a bot.
func (t *teller) dialogue(rest string) error {
	parts := strings.Split(rest, " · ")
	f := strings.SplitN(parts[0], " ", 3)
	if len(f) != 3 {
		return fmt.Errorf("a dialogue has a bot, an id and a text")
	}
	d := &protocol.Dialogue{Messages: []protocol.BotMessage{{Kind: "text", Text: f[2]}}}
	for _, p := range parts[1:] {
		if keys, ok := strings.CutPrefix(p, "keys "); ok {
			for _, name := range strings.Fields(keys) {
				k, ok := protocol.ParseHotkey(name)
				if !ok {
					return fmt.Errorf("no hotkey %s", name)
				}
				d.Hotkeys |= k
			}
			continue
		}
		label, to, ok := strings.Cut(p, " → ")
		if !ok {
			return fmt.Errorf("%q leads nowhere", p)
		}
		c := protocol.Choice{Label: label}
		switch target := strings.Fields(to); {
		case target[0] == "agent":
			c.Agent = true
			if len(target) > 1 {
				c.Category = target[1]
			}
		case strings.Contains(to, "://"):
			c.Link = to
		default:
			c.Dialogue = to
		}
		if input, ok := strings.CutPrefix(label, "input "); ok {
			name, pattern, _ := strings.Cut(input, " ")
			d.Input = &protocol.BotInput{Label: name, Pattern: pattern, Dialogue: c.Dialogue, Agent: c.Agent, Category: c.Category}
			continue
		}
		d.Choices = append(d.Choices, c)
	}
	t.draft(f[0]).scenario.Dialogues[f[1]] = d
	return nil
}

// bot saves a bot with the dialogues that were noted.
func (t *teller) bot(rest string) error {
	f := strings.Fields(rest)
	d := t.draft(f[0])
	b := protocol.SaveBot{Bot: protocol.BotID(f[0]), Create: !d.saved, Set: protocol.BotScenario, Name: f[0]}
	if !d.saved {
		b.Set |= protocol.BotName
	}
	var binding protocol.BotBinding
	for _, p := range f[1:] {
		name, v, _ := strings.Cut(p, "=")
		switch name {
		case "on", "off":
			b.Set, b.Enabled = b.Set|protocol.BotEnabled, name == "on"
		case "default":
			b.Set, b.Default = b.Set|protocol.BotDefault, true
		case "account":
			binding.Account = v
		case "category":
			binding.Category = v
		case "agent_category":
			d.scenario.AgentCategory = v
		case "error":
			d.scenario.ErrorHotkeys = protocol.ErrorHotkeys{
				Home: strings.Contains(v, "home"), Back: strings.Contains(v, "back"), Agent: strings.Contains(v, "agent"),
			}
		default:
			return fmt.Errorf("a bot has no %s", name)
		}
	}
	if binding != (protocol.BotBinding{}) {
		b.Set, b.Bindings = b.Set|protocol.BotBindings, []protocol.BotBinding{binding}
	}
	scenario, err := json.Marshal(&d.scenario)
	if err != nil {
		return err
	}
	b.Scenario = scenario
	r := t.rig.do(issued{to: protocol.SiteAt(site), c: protocol.Command{Body: b, Caller: protocol.Caller{Role: protocol.Admin, Site: site, Account: "boss"}}})[0]
	if r.err != nil {
		for _, why := range strings.Split(r.err.Text, "; ") {
			t.out("refused: %s: %s", r.err.Field, why)
		}
		return nil
	}
	d.saved = true
	return nil
}

// picks finds the button that a person presses.
func (t *teller) picks(who, rest string) (protocol.PickChoice, error) {
	label, dialogue, of := strings.Cut(rest, " of ")
	b := protocol.PickChoice{Room: t.rooms[who]}
	shown := t.displays[t.rooms[who]]
	for i := len(shown) - 1; i >= 0; i-- {
		e := shown[i]
		if of && e.Dialogue != dialogue {
			continue
		}
		for _, c := range e.Choices {
			if c.Label == label {
				b.Message, b.Choice = e.ID, c.ID
				return b, nil
			}
		}
		for _, name := range []string{"home", "back", "agent"} {
			if k, _ := protocol.ParseHotkey(name); e.Hotkeys&k != 0 && k.Label() == label {
				b.Message, b.Choice = e.ID, name
				return b, nil
			}
		}
	}
	return b, fmt.Errorf("%s sees no button %s", who, label)
}

// sessionEnds plays what the operator tells of a session that ran out.
func (t *teller) sessionEnds(who string) error {
	room := t.rooms[who]
	r := t.rig.do(issued{to: protocol.RoomAt(site, room), c: protocol.Command{
		Body: protocol.ChannelEnded{Room: room}, Caller: protocol.Caller{Role: protocol.System, Site: site},
	}})[0]
	if r.err != nil {
		t.out("refused: %v", r.err)
	}
	return nil
}

// botEvent tells the events of a bot.
func (t *teller) botEvent(name, at string, id protocol.RoomID, e protocol.Event) {
	switch e := e.(type) {
	case *protocol.DialogueShown:
		t.displays[id] = append(t.displays[id], e)
		where, buttons := fmt.Sprint(e.Stage), ""
		if e.Previous != "" {
			where += ", " + e.Previous
		}
		for _, c := range e.Choices {
			buttons += " [" + c.Label + "]"
		}
		if e.Input != "" {
			buttons += " {" + e.Input + "}"
		}
		for _, k := range []protocol.Hotkeys{protocol.HotkeyHome, protocol.HotkeyBack, protocol.HotkeyAgent} {
			if e.Hotkeys&k != 0 {
				buttons += " <" + k.Label() + ">"
			}
		}
		t.out("%s %s: bot %s: %s (%s)%s", at, name, e.Bot, e.Dialogue, where, buttons)
	case *protocol.AgentRequested:
		say := e.Label
		if e.Category != "" {
			say += ", category " + e.Category
		}
		t.out("%s %s: agent requested (%s)", at, name, say)
	}
}
