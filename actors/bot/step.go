package bot

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"switchyard/protocol"
)

const (
	pathMax  = 64                    // dialogues of a room's path that 이전으로 finds back
	inputMax = 1000                  // characters of free input whose dialogue names no limit
	aliasOf  = protocol.JourneyAgent // 상담사 연결 may be typed without its space (C-15)
)

// Position is where a room is in its scenario.
type Position struct {
	Display
	Path []string // the dialogues above, the nearest last; at most pathMax
}

// Display is what is shown of a scenario.
type Display struct {
	Dialogue string
	Stage    int              // depth; the root is 1
	Hotkeys  protocol.Hotkeys // that the display carries
}

// Input is the customer's act: a text, a button, or something that is neither.
type Input struct {
	Text     string
	Choice   string // a button's: the number of a choice, or home, back, agent
	Dialogue string // of the display that has the button
}

// Kind is what an act leads to.
type Kind uint8

const (
	Show  Kind = iota + 1 // a display: of another dialogue, or of the same after an error
	Link                  // the address of a link choice, by message; the display stays
	Agent                 // the connection request (S-05)
)

// Outcome is what the customer's act leads to.
type Outcome struct {
	Kind     Kind
	Exit     protocol.Exit // how the present display ends; 0 where it stays
	Label    string        // of that exit: the choice's or the input's, error, or the agent hotkey's
	Previous string        // of the next display (15.2)
	Next     Display
	Link     string
	Category string // with Agent
}

// Start is the first display of a room.
func Start(s *protocol.Scenario) Display {
	return Display{Dialogue: protocol.RootDialogue, Stage: 1, Hotkeys: s.Dialogues[protocol.RootDialogue].Hotkeys}
}

// Step decides what the customer's act leads to (S-04, S-05, 23.2).
func Step(s *protocol.Scenario, p Position, in Input) Outcome {
	d := s.Dialogues[p.Dialogue]
	if in.Choice != "" {
		return press(s, d, p, in)
	}
	text := strings.TrimSpace(in.Text)
	for _, k := range []protocol.Hotkeys{protocol.HotkeyHome, protocol.HotkeyBack, protocol.HotkeyAgent} {
		if p.Hotkeys&k != 0 && (text == k.Label() || k == protocol.HotkeyAgent && text == aliasOf) {
			return hotkey(s, p, k)
		}
	}
	for i := range d.Choices {
		if text != "" && text == strings.TrimSpace(d.Choices[i].Label) {
			return choose(s, p, d.Choices[i])
		}
	}
	if d.Input != nil && accepts(d.Input, text) {
		return choose(s, p, protocol.Choice{
			Label: d.Input.Label, Dialogue: d.Input.Dialogue, Agent: d.Input.Agent, Category: d.Input.Category,
		})
	}
	return wrong(s, p)
}

// press is a button. Hotkeys are the same in every display that carries them; a choice is its dialogue's.
func press(s *protocol.Scenario, d *protocol.Dialogue, p Position, in Input) Outcome {
	if k, is := protocol.ParseHotkey(in.Choice); is {
		if p.Hotkeys&k != 0 {
			return hotkey(s, p, k)
		}
	} else if c := choiceOf(d, in.Choice); c != nil && in.Dialogue == p.Dialogue {
		return choose(s, p, *c)
	}
	return wrong(s, p)
}

// Label is what a button of a dialogue says; false = it has no such button.
func Label(s *protocol.Scenario, dialogue, choice string) (string, bool) {
	if k, is := protocol.ParseHotkey(choice); is {
		return k.Label(), true
	}
	if d := s.Dialogues[dialogue]; d != nil {
		if c := choiceOf(d, choice); c != nil {
			return strings.TrimSpace(c.Label), true
		}
	}
	return "", false
}

func choiceOf(d *protocol.Dialogue, id string) *protocol.Choice {
	n, err := strconv.Atoi(id)
	if err != nil || n < 1 || n > len(d.Choices) || strconv.Itoa(n) != id {
		return nil
	}
	return &d.Choices[n-1]
}

func hotkey(s *protocol.Scenario, p Position, k protocol.Hotkeys) Outcome {
	switch k {
	case protocol.HotkeyHome:
		return Outcome{Kind: Show, Exit: protocol.ExitHome, Previous: protocol.LabelHome, Next: Start(s)}
	case protocol.HotkeyBack:
		return Outcome{Kind: Show, Exit: protocol.ExitBack, Previous: protocol.LabelBack, Next: back(s, p)}
	}
	return Outcome{Kind: Agent, Exit: protocol.ExitAgent, Label: protocol.LabelAgent, Category: s.AgentCategory, Next: p.Display}
}

// back goes one stage up in the room's path. At stage 1 the root is shown again (15.2); so it is
// where a path was longer than what is remembered of it.
func back(s *protocol.Scenario, p Position) Display {
	n := len(p.Path)
	if n == 0 {
		return Start(s)
	}
	up := p.Path[n-1]
	return Display{Dialogue: up, Stage: p.Stage - 1, Hotkeys: s.Dialogues[up].Hotkeys}
}

func choose(s *protocol.Scenario, p Position, c protocol.Choice) Outcome {
	label := strings.TrimSpace(c.Label)
	switch {
	case c.Link != "":
		return Outcome{Kind: Link, Link: c.Link, Next: p.Display}
	case c.Agent:
		return Outcome{Kind: Agent, Exit: protocol.ExitAgent, Label: label, Category: c.Category, Next: p.Display}
	}
	return Outcome{
		Kind: Show, Exit: protocol.ExitChoice, Label: label, Previous: p.Dialogue,
		Next: Display{Dialogue: c.Dialogue, Stage: p.Stage + 1, Hotkeys: s.Dialogues[c.Dialogue].Hotkeys},
	}
}

// wrong is the error turn: the same dialogue again, with the hotkeys of the bot's system messages.
func wrong(s *protocol.Scenario, p Position) Outcome {
	next := p.Display
	next.Hotkeys = s.Dialogues[p.Dialogue].Hotkeys | s.ErrorHotkeys.Keys()
	return Outcome{Kind: Show, Exit: protocol.ExitError, Label: protocol.JourneyError, Previous: protocol.JourneyError, Next: next}
}

func accepts(in *protocol.BotInput, text string) bool {
	most := in.Max
	if most == 0 {
		most = inputMax
	}
	if text == "" || utf8.RuneCountInString(text) > most {
		return false
	}
	if in.Pattern == "" {
		return true
	}
	re, err := regexp.Compile(whole(in.Pattern))
	return err == nil && re.MatchString(text) // it compiled when it was saved
}

// whole makes an expression that the whole input fits.
func whole(pattern string) string { return `^(?:` + pattern + `)$` }

// After is the position once a display was shown: the path is not stored, it follows from the displays.
func (p Position) After(e *protocol.DialogueShown) Position {
	next := Position{Display: Display{Dialogue: e.Dialogue, Stage: e.Stage, Hotkeys: e.Hotkeys}}
	switch e.Exit {
	case protocol.ExitChoice:
		next.Path = append(slices.Clone(p.Path), p.Dialogue)
		if n := len(next.Path) - pathMax; n > 0 {
			next.Path = next.Path[n:]
		}
	case protocol.ExitBack:
		if n := len(p.Path); n > 0 {
			next.Path = slices.Clone(p.Path[:n-1])
		}
	case protocol.ExitError:
		next.Path = p.Path
	}
	return next
}
