package site

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"switchyard/protocol"
)

// scenario is a small one, whose only text is told apart.
func scenario(text, category string) []byte {
	return protocol.AppendScenario(nil, &protocol.Scenario{
		AgentCategory: category, Dialogues: map[string]*protocol.Dialogue{
			protocol.RootDialogue: {Messages: []protocol.BotMessage{{Kind: "text", Text: text}}, Hotkeys: protocol.HotkeyAgent},
		},
	})
}

const everything = protocol.BotName | protocol.BotEnabled | protocol.BotScenario

func newBot(id protocol.BotID, text string) protocol.SaveBot {
	return protocol.SaveBot{Bot: id, Create: true, Set: everything, Name: string(id), Enabled: true, Scenario: scenario(text, "")}
}

// TestBots: a changed scenario is a new version with a row of its own, an equal one is none;
// at most one bot is the default; a snapshot brings all of it back.
func TestBots(t *testing.T) {
	x := begin(t).do(newBot("main", "하나"))
	saved := func() *protocol.BotSaved { return x.step.Events[0].(*protocol.BotSaved) }
	rows := func() []protocol.Row { return Rows(x.s, x.log[len(x.log)-1:]) }
	require.Equal(t, []protocol.Row{{Kind: protocol.RowBotVersion, Key: protocol.BotVersionKey(siteID, "main", 1), Value: scenario("하나", "")}}, rows())
	x.do(protocol.SaveBot{Bot: "main", Set: protocol.BotScenario, Scenario: append(scenario("하나", ""), ' ')})
	require.Empty(t, rows(), "the same scenario, written otherwise")
	require.EqualValues(t, 1, saved().Version)
	x.do(protocol.SaveBot{Bot: "main", Set: protocol.BotScenario | protocol.BotDefault, Scenario: scenario("둘", ""), Default: true})
	require.EqualValues(t, 2, saved().Version)
	require.EqualValues(t, 1, saved().Old.Version)
	require.Equal(t, protocol.BotVersionKey(siteID, "main", 2), rows()[0].Key)
	require.Equal(t, "둘", x.s.Bots["main"].Scenario.Dialogues[protocol.RootDialogue].Messages[0].Text)
	x.do(protocol.SaveBot{Bot: "main", Set: protocol.BotName, Name: " 안내 "})
	require.Equal(t, protocol.ScenarioBot{ID: "main", Name: "안내", Enabled: true, Default: true, Version: 2, Scenario: x.s.Bots["main"].Scenario}, *x.s.Bots["main"], "what is not named stays")

	b := newBot("other", "다른")
	b.Set, b.Default = b.Set|protocol.BotDefault, true
	x.do(b)
	require.True(t, x.s.Bots["other"].Default)
	require.False(t, x.s.Bots["main"].Default, "the mark moves")

	again, err := Restore(x.s.Addr, Snapshot(x.s))
	require.NoError(t, err)
	was, _ := json.Marshal(x.s.Bots)
	is, _ := json.Marshal(again.Bots)
	require.JSONEq(t, string(was), string(is))
}

func TestWhatABotMayNot(t *testing.T) {
	x := begin(t).do(newBot("main", "하나"))
	bound := func(id protocol.BotID, b ...protocol.BotBinding) protocol.SaveBot {
		s := newBot(id, "둘")
		s.Set, s.Bindings = s.Set|protocol.BotBindings, b
		return s
	}
	x.refused(protocol.Conflict, "id", newBot("main", "하나"))
	x.refused(protocol.BadRequest, "id", newBot("Main!", "하나"))
	x.refused(protocol.NotFound, "id", protocol.SaveBot{Bot: "nobody", Set: protocol.BotName, Name: "x"})
	x.refused(protocol.BadRequest, "name", protocol.SaveBot{Bot: "main", Set: protocol.BotName, Name: "  "})
	x.refused(protocol.BadRequest, "scenario", protocol.SaveBot{Bot: "new", Create: true, Set: protocol.BotName, Name: "x"})
	x.refused(protocol.BadRequest, "scenario", protocol.SaveBot{Bot: "main", Set: protocol.BotScenario, Scenario: []byte(`{"dialogues":[]}`)})
	x.refused(protocol.BadRequest, "scenario", protocol.SaveBot{Bot: "main", Set: protocol.BotScenario, Scenario: []byte(strings.Repeat(" ", 128<<10) + string(scenario("x", "")))})
	x.refused(protocol.BadRequest, "scenario", protocol.SaveBot{Bot: "main", Set: protocol.BotScenario, Scenario: scenario("x", "c9")})
	x.refused(protocol.BadRequest, "bindings", bound("b", protocol.BotBinding{}))
	x.refused(protocol.BadRequest, "bindings", bound("b", protocol.BotBinding{Category: "c9"}))
	x.refused(protocol.BadRequest, "bindings", bound("b", protocol.BotBinding{Account: strings.Repeat("x", 65)}))
	x.refused(protocol.BadRequest, "bindings", bound("b", protocol.BotBinding{Account: "shop"}, protocol.BotBinding{Account: "shop"}))
	x.refused(protocol.BadRequest, "bindings", bound("b", make([]protocol.BotBinding, bindingsMax+1)...))
	x.do(bound("b", protocol.BotBinding{Account: "shop", Category: "c11"}))
	x.refused(protocol.Conflict, "bindings", bound("c", protocol.BotBinding{Account: "shop", Category: "c11"}))
	off := bound("c", protocol.BotBinding{Account: "shop", Category: "c11"})
	off.Enabled = false
	x.do(off) // it is not shown
	x.refused(protocol.Conflict, "bindings", protocol.SaveBot{Bot: "c", Set: protocol.BotEnabled, Enabled: true})
	for i := len(x.s.Bots); i < botsMax; i++ {
		x.do(newBot(protocol.BotID("bot"+string(rune('a'+i/26))+string(rune('a'+i%26))), "x"))
	}
	x.refused(protocol.OverLimit, "", newBot("one-more", "x"))

	// A check changes nothing and says everything, warnings included.
	x.do(protocol.CheckScenario{Scenario: []byte(`{"dialogues":{"lost":{"messages":[]}}}`)})
	require.Empty(t, x.step.Events)
	require.Equal(t, []string{"dialogues", "dialogues.lost.messages", "dialogues.lost"}, fields(x.step.Reply.Result.(protocol.ScenarioChecked)))
	x.do(protocol.CheckScenario{Scenario: []byte(`{`)})
	require.Equal(t, []string{"scenario"}, fields(x.step.Reply.Result.(protocol.ScenarioChecked)))
}

func fields(r protocol.ScenarioChecked) (all []string) {
	for _, c := range r.Complaints {
		all = append(all, c.Field)
	}
	return all
}

// TestABoundCategoryStays is the last part of R-143: neither the category that a bot's hotkey or choice carries,
// nor its parent, can be made unused.
func TestABoundCategoryStays(t *testing.T) {
	x := begin(t).do(protocol.SaveBot{Bot: "main", Create: true, Set: everything, Name: "안내", Scenario: scenario("하나", "c12")})
	unused := func(id string) protocol.SaveCategory {
		k := *x.s.Categories[id]
		k.Unused = true
		return protocol.SaveCategory{Category: k}
	}
	x.refused(protocol.Conflict, "unused", unused("c12")).refused(protocol.Conflict, "unused", unused("c1")).do(unused("c11"))
	x.do(protocol.SaveBot{Bot: "main", Set: protocol.BotScenario, Scenario: scenario("하나", "")})
	x.do(unused("c12")).do(unused("c1"))
}
