package bot

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"switchyard/protocol"
)

// TestValidate: each fault by itself is the one complaint, at its place.
func TestValidate(t *testing.T) {
	used := func(id string) bool { return id == "c1" || id == "c2" }
	require.Equal(t, []protocol.Complaint{{Field: "dialogues.track", Text: "is a dead end without a hotkey", Warning: true}}, Validate(shop(), used))
	require.Empty(t, Refusal(Validate(shop(), used)), "a warning does not stand in the way")
	long := strings.Repeat("가", 29)
	card := func(m protocol.BotMessage) func(*protocol.Scenario) {
		return func(s *protocol.Scenario) { s.Dialogues["track"].Messages[0] = m }
	}
	choice := func(c protocol.Choice) func(*protocol.Scenario) {
		return func(s *protocol.Scenario) { s.Dialogues["track"].Choices = []protocol.Choice{c} }
	}
	input := func(change func(*protocol.BotInput)) func(*protocol.Scenario) {
		return func(s *protocol.Scenario) { change(s.Dialogues["order"].Input) }
	}
	link := protocol.BotLink{Label: "보기", URL: "https://shop.example"}
	for _, row := range []struct {
		fault, at string
		change    func(*protocol.Scenario)
	}{
		{"a target that does not exist", "dialogues.track.choices[0].dialogue", choice(protocol.Choice{Label: "x", Dialogue: "nowhere"})},
		{"no target", "dialogues.track.choices[0]", choice(protocol.Choice{Label: "x"})},
		{"two targets", "dialogues.track.choices[0]", choice(protocol.Choice{Label: "x", Dialogue: "order", Agent: true})},
		{"a link that is none", "dialogues.track.choices[0].link", choice(protocol.Choice{Label: "x", Link: "javascript:alert(1)"})},
		{"a label too long", "dialogues.track.choices[0].label", choice(protocol.Choice{Label: long, Agent: true})},
		{"a blank label", "dialogues.track.choices[0].label", choice(protocol.Choice{Label: "  ", Agent: true})},
		{"a hotkey's label", "dialogues.track.choices[0].label", choice(protocol.Choice{Label: "처음으로", Agent: true})},
		{"its other spelling", "dialogues.track.choices[0].label", choice(protocol.Choice{Label: "상담사연결 ", Agent: true})},
		{"a category that is not in use", "dialogues.track.choices[0].category", choice(protocol.Choice{Label: "x", Agent: true, Category: "c9"})},
		{"a category without the agent", "dialogues.track.choices[0].category", choice(protocol.Choice{Label: "x", Dialogue: "order", Category: "c1"})},
		{"the hotkey's category", "agent_category", func(s *protocol.Scenario) { s.AgentCategory = "c9" }},
		{"a label twice", "dialogues.track.choices[1].label", func(s *protocol.Scenario) {
			s.Dialogues["track"].Choices = []protocol.Choice{{Label: "x", Agent: true}, {Label: " x", Dialogue: "order"}}
		}},
		{"too many choices", "dialogues.track.choices", func(s *protocol.Scenario) {
			for i := range choicesMax + 1 {
				s.Dialogues["track"].Choices = append(s.Dialogues["track"].Choices, protocol.Choice{Label: fmt.Sprint(i), Agent: true})
			}
		}},
		{"choices and input", "dialogues.order.input", func(s *protocol.Scenario) {
			s.Dialogues["order"].Choices = []protocol.Choice{{Label: "x", Agent: true}}
		}},
		{"a pattern that is none", "dialogues.order.input.pattern", input(func(in *protocol.BotInput) { in.Pattern = "(" })},
		{"a limit out of range", "dialogues.order.input.max", input(func(in *protocol.BotInput) { in.Max = 1001 })},
		{"an input that leads nowhere", "dialogues.order.input", input(func(in *protocol.BotInput) { in.Agent = true })},
		{"no message", "dialogues.track.messages", func(s *protocol.Scenario) { s.Dialogues["track"].Messages = nil }},
		{"a kind that is none", "dialogues.track.messages[0].kind", card(protocol.BotMessage{Kind: "video"})},
		{"a text too long", "dialogues.track.messages[0].text", card(protocol.BotMessage{Kind: "text", Text: strings.Repeat("가", 1001)})},
		{"an empty text", "dialogues.track.messages[0].text", card(protocol.BotMessage{Kind: "text"})},
		{"buttons of a text", "dialogues.track.messages[0].buttons", card(protocol.BotMessage{Kind: "text", Text: "x", Buttons: []protocol.BotLink{link}})},
		{"an image without an address", "dialogues.track.messages[0].image", card(protocol.BotMessage{Kind: "image"})},
		{"a title too long", "dialogues.track.messages[0].title", card(protocol.BotMessage{Kind: "card", Text: "x", Title: strings.Repeat("x", 101)})},
		{"six link buttons", "dialogues.track.messages[0].buttons", card(protocol.BotMessage{Kind: "card", Text: "x", Buttons: []protocol.BotLink{link, link, link, link, link, link}})},
		{"a button's label too long", "dialogues.track.messages[0].buttons[0].label", card(protocol.BotMessage{Kind: "card", Text: "x", Buttons: []protocol.BotLink{{Label: long, URL: link.URL}}})},
		{"a button's address", "dialogues.track.messages[0].buttons[0].url", card(protocol.BotMessage{Kind: "card", Text: "x", Buttons: []protocol.BotLink{{Label: "x", URL: "shop"}}})},
		{"a dialogue that nothing leads to", "dialogues.lost", func(s *protocol.Scenario) { s.Dialogues["lost"] = keys(text(), protocol.HotkeyHome) }},
		{"an id with a space", "dialogues.a b", func(s *protocol.Scenario) {
			s.Dialogues["a b"] = keys(text(), protocol.HotkeyHome)
			s.Dialogues["track"].Choices = []protocol.Choice{{Label: "x", Dialogue: "a b"}}
		}},
		{"a name too long", "name", func(s *protocol.Scenario) { s.Name = strings.Repeat("x", 61) }},
		{"a dialogue larger than a frame", "dialogues.track", func(s *protocol.Scenario) {
			for range messagesMax - 1 {
				s.Dialogues["track"].Messages = append(s.Dialogues["track"].Messages, protocol.BotMessage{Kind: "text", Text: strings.Repeat("가나다", 333)})
			}
			for i := range choicesMax {
				s.Dialogues["track"].Choices = append(s.Dialogues["track"].Choices, protocol.Choice{Label: fmt.Sprint(i), Link: "https://shop.example/" + strings.Repeat("x", 1000)})
			}
		}},
	} {
		s := shop()
		row.change(s)
		found := Validate(s, used)
		var at []string
		for _, c := range found {
			if !c.Warning {
				at = append(at, c.Field)
			}
		}
		require.Equal(t, []string{row.at}, at, row.fault)
		require.NotEmpty(t, Refusal(found), row.fault)
	}

	s := shop()
	delete(s.Dialogues, protocol.RootDialogue)
	s.Dialogues["track"].Messages = nil
	require.Equal(t, "dialogues has no scenario_list; dialogues.track.messages must be 1 to 10", Refusal(Validate(s, used)), "all at once")
	for i := range dialoguesMax {
		s.Dialogues[fmt.Sprint(i)] = keys(text(), protocol.HotkeyHome)
	}
	require.Contains(t, Refusal(Validate(s, used)), "the most is 300")
}
