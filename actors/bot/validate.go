package bot

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"switchyard/protocol"
)

// Limits of a scenario. Characters are counted after trimming; the buttons' are those of the
// narrowest channel, and so is a text.
const (
	BytesMax      = 128 << 10 // of its JSON
	dialoguesMax  = 300
	messagesMax   = 10
	choicesMax    = 20
	buttonsMax    = 5
	labelMax      = 28
	textMax       = 1000
	titleMax      = 100
	nameMax       = 60
	addressMax    = 2048
	patternMax    = 200
	dialogueBytes = 32 << 10 // of one dialogue's JSON: it must fit into one frame
)

// Validate gives everything that is to be said about a scenario at once, in the order of its
// dialogues' ids. used says whether a category is in use.
func Validate(s *protocol.Scenario, used func(category string) bool) []protocol.Complaint {
	v := &checker{s: s, used: used}
	v.limit("name", s.Name, 0, nameMax)
	v.category("agent_category", s.AgentCategory)
	if s.Dialogues[protocol.RootDialogue] == nil {
		v.complain("dialogues", "has no "+protocol.RootDialogue)
	}
	if n := len(s.Dialogues); n > dialoguesMax {
		v.complain("dialogues", fmt.Sprintf("has %d dialogues, the most is %d", n, dialoguesMax))
	}
	for _, id := range slices.Sorted(maps.Keys(s.Dialogues)) {
		v.dialogue("dialogues."+id, id, s.Dialogues[id])
	}
	v.reach()
	return v.all
}

// Refusal joins the complaints that stand in the way of saving; "" = there are none.
func Refusal(all []protocol.Complaint) string {
	var b strings.Builder
	for _, c := range all {
		if c.Warning {
			continue
		}
		if b.Len() > 0 {
			b.WriteString("; ")
		}
		b.WriteString(c.Field + " " + c.Text)
	}
	return b.String()
}

type checker struct {
	s    *protocol.Scenario
	used func(string) bool
	all  []protocol.Complaint
}

func (v *checker) complain(field, text string) {
	v.all = append(v.all, protocol.Complaint{Field: field, Text: text})
}

func (v *checker) dialogue(at, id string, d *protocol.Dialogue) {
	if !validID(id) {
		v.complain(at, "must have an id of 1 to 64 characters without spaces, quotes and backslashes")
	}
	if n := len(d.Messages); n == 0 || n > messagesMax {
		v.complain(at+".messages", fmt.Sprintf("must be 1 to %d", messagesMax))
	}
	for i := range d.Messages {
		v.message(fmt.Sprintf("%s.messages[%d]", at, i), &d.Messages[i])
	}
	if len(d.Choices) > choicesMax {
		v.complain(at+".choices", fmt.Sprintf("must be at most %d", choicesMax))
	}
	if len(d.Choices) > 0 && d.Input != nil {
		v.complain(at+".input", "stands in place of choices, not beside them")
	}
	labels := map[string]bool{protocol.LabelHome: true, protocol.LabelBack: true, protocol.LabelAgent: true, aliasOf: true}
	for i := range d.Choices {
		c := &d.Choices[i]
		at := fmt.Sprintf("%s.choices[%d]", at, i)
		v.limit(at+".label", c.Label, 1, labelMax)
		if label := strings.TrimSpace(c.Label); labels[label] {
			v.complain(at+".label", "stands twice, or is a hotkey's")
		} else {
			labels[label] = true
		}
		v.target(at, c.Dialogue, c.Link, c.Agent, c.Category)
	}
	if in := d.Input; in != nil {
		v.limit(at+".input.label", in.Label, 1, labelMax)
		v.target(at+".input", in.Dialogue, "", in.Agent, in.Category)
		if in.Max < 0 || in.Max > inputMax {
			v.complain(at+".input.max", fmt.Sprintf("must be 0 to %d", inputMax))
		}
		if _, err := regexp.Compile(whole(in.Pattern)); err != nil || len(in.Pattern) > patternMax {
			v.complain(at+".input.pattern", fmt.Sprintf("must be an RE2 expression of at most %d bytes", patternMax))
		}
	}
	if len(d.Choices) == 0 && d.Input == nil && d.Hotkeys == 0 {
		v.all = append(v.all, protocol.Complaint{Field: at, Text: "is a dead end without a hotkey", Warning: true})
	}
	one := &protocol.Scenario{Dialogues: map[string]*protocol.Dialogue{id: d}}
	if n := len(protocol.AppendScenario(nil, one)); n > dialogueBytes {
		v.complain(at, fmt.Sprintf("has %d bytes, the most is %d", n, dialogueBytes))
	}
}

func (v *checker) message(at string, m *protocol.BotMessage) {
	card := m.Kind == "card"
	switch m.Kind {
	case "text":
		v.limit(at+".text", m.Text, 1, textMax)
	case "image":
		v.address(at+".image", m.Image)
	case "card":
		v.limit(at+".title", m.Title, 0, titleMax)
		v.limit(at+".text", m.Text, 1, textMax)
		if m.Image != "" {
			v.address(at+".image", m.Image)
		}
	default:
		v.complain(at+".kind", "must be text, image or card")
		return
	}
	for _, x := range []struct {
		name string
		has  bool
	}{
		{"title", m.Title != "" && !card}, {"buttons", len(m.Buttons) > 0 && !card},
		{"text", m.Text != "" && m.Kind == "image"}, {"image", m.Image != "" && m.Kind == "text"},
	} {
		if x.has {
			v.complain(at+"."+x.name, "is not a part of "+m.Kind)
		}
	}
	if len(m.Buttons) > buttonsMax {
		v.complain(at+".buttons", fmt.Sprintf("must be at most %d", buttonsMax))
	}
	for i, b := range m.Buttons {
		v.limit(fmt.Sprintf("%s.buttons[%d].label", at, i), b.Label, 1, labelMax)
		v.address(fmt.Sprintf("%s.buttons[%d].url", at, i), b.URL)
	}
}

// target: a choice leads to exactly one thing, and that exists.
func (v *checker) target(at, dialogue, link string, agent bool, category string) {
	n := 0
	for _, has := range []bool{dialogue != "", link != "", agent} {
		if has {
			n++
		}
	}
	switch {
	case n != 1:
		v.complain(at, "must lead to exactly one of dialogue, link and agent")
	case dialogue != "" && v.s.Dialogues[dialogue] == nil:
		v.complain(at+".dialogue", "leads to "+dialogue+", which does not exist")
	case link != "":
		v.address(at+".link", link)
	}
	if category != "" && !agent {
		v.complain(at+".category", "goes with agent only")
	} else {
		v.category(at+".category", category)
	}
}

func (v *checker) category(at, id string) {
	if id != "" && !v.used(id) {
		v.complain(at, "is not a category in use")
	}
}

func (v *checker) limit(at, text string, least, most int) {
	if n := utf8.RuneCountInString(strings.TrimSpace(text)); n < least || n > most {
		v.complain(at, fmt.Sprintf("must have %d to %d characters", least, most))
	}
}

func (v *checker) address(at, s string) {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || len(s) > addressMax {
		v.complain(at, "must be an http or https address")
	}
}

// reach finds the dialogues that no way from the root leads to.
func (v *checker) reach() {
	if v.s.Dialogues[protocol.RootDialogue] == nil {
		return // then none is reached, and that is said already
	}
	seen := map[string]bool{protocol.RootDialogue: true}
	for todo := []string{protocol.RootDialogue}; len(todo) > 0; {
		d := v.s.Dialogues[todo[0]]
		todo = todo[1:]
		next := make([]string, 0, len(d.Choices)+1)
		for _, c := range d.Choices {
			next = append(next, c.Dialogue)
		}
		if d.Input != nil {
			next = append(next, d.Input.Dialogue)
		}
		for _, id := range next {
			if !seen[id] && v.s.Dialogues[id] != nil {
				seen[id] = true
				todo = append(todo, id)
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(v.s.Dialogues)) {
		if !seen[id] {
			v.complain("dialogues."+id, "is reached from nowhere")
		}
	}
}

func validID(id string) bool {
	if id == "" || utf8.RuneCountInString(id) > 64 {
		return false
	}
	return !strings.ContainsFunc(id, func(r rune) bool {
		return r <= ' ' || r == '"' || r == '\\' || r == 0x7f || r == utf8.RuneError
	})
}
