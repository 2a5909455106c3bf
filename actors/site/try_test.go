package site

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"switchyard/protocol"
)

// TestTryScenario: a scenario is tried by the rules of rooms and nothing is kept of it: the root first, choices and
// their ways, a button of an older dialogue and what fits nothing are answered with M-BOT-ERROR and the same dialogue with the
// error's hotkeys, 이전으로 leads one stage up, and the agent's category comes with the request.
func TestTryScenario(t *testing.T) {
	x := begin(t)
	sc := []byte(`{"error_hotkeys":{"home":true,"back":true,"agent":false},"dialogues":{
		"scenario_list":{"messages":[{"kind":"text","text":"무엇을 도와드릴까요?"}],"choices":[{"label":"배송","dialogue":"order"},{"label":"누리집","link":"https://shop.example/"},{"label":"환불","agent":true,"category":"c11"}]},
		"order":{"messages":[{"kind":"text","text":"번호는?"}],"input":{"label":"번호","pattern":"[0-9]{4}","dialogue":"done"},"hotkeys":["back"]},
		"done":{"messages":[{"kind":"text","text":"내일"}],"hotkeys":["home"]}}}`)
	try := func(acts ...protocol.TryAct) string {
		x.do(protocol.TryScenario{Scenario: sc, Acts: acts})
		require.Empty(t, x.step.Events, "nothing is kept")
		var b strings.Builder
		for _, turn := range x.step.Reply.Result.(protocol.ScenarioTried).Turns {
			switch {
			case turn.Shown != nil:
				keys, _ := turn.Shown.Hotkeys.MarshalJSON()
				b.WriteString("[" + turn.Shown.Dialogue + " " + string(rune('0'+turn.Shown.Stage)) + " " + string(keys) + "] ")
			case turn.Link != "":
				b.WriteString("-> " + turn.Link + " ")
			case turn.Agent:
				b.WriteString("agent " + turn.Category + " ")
			case turn.Bot:
				b.WriteString("bot: " + turn.Text + " ")
			default:
				b.WriteString("<" + turn.Text + "> ")
			}
		}
		return strings.TrimSpace(b.String())
	}
	press := func(display int, choice string) protocol.TryAct {
		return protocol.TryAct{Display: display, Choice: choice}
	}
	wrong := x.s.Settings.Say(protocol.MBotError, protocol.Words{})
	require.Equal(t, `[scenario_list 1 []]`, try())
	require.Equal(t, `[scenario_list 1 []] <배송> [order 2 ["back"]] < 1234 > [done 3 ["home"]] <처음으로> [scenario_list 1 []]`,
		try(press(0, "1"), protocol.TryAct{Text: " 1234 "}, press(2, "home")))
	require.Equal(t, `[scenario_list 1 []] <배송> [order 2 ["back"]] <x> bot: `+wrong+` [order 2 ["home","back"]] <이전으로> [scenario_list 1 []]`,
		try(press(0, "1"), protocol.TryAct{Text: "x"}, protocol.TryAct{Text: "이전으로"}))
	require.Equal(t, `[scenario_list 1 []] <배송> [order 2 ["back"]] <배송> bot: `+wrong+` [order 2 ["home","back"]]`, try(press(0, "1"), press(0, "1")), "a button of an older dialogue")
	require.Equal(t, `[scenario_list 1 []] <누리집> -> https://shop.example/ <환불> agent c11`, try(press(0, "2"), press(0, "3"), press(0, "1")), "silent after the request")

	x.refused(protocol.BadRequest, "acts.0.display", protocol.TryScenario{Scenario: sc, Acts: []protocol.TryAct{press(1, "1")}})
	x.refused(protocol.BadRequest, "acts.0.choice", protocol.TryScenario{Scenario: sc, Acts: []protocol.TryAct{press(0, "4")}})
	x.do(protocol.TryScenario{Scenario: []byte(`{"dialogues":{"lost":{"messages":[]}}}`)})
	tried := x.step.Reply.Result.(protocol.ScenarioTried)
	require.Empty(t, tried.Turns)
	require.NotEmpty(t, tried.Complaints, "what could not be saved is not played")
}

// TestSettingsVersion: a change that was made to other settings than there are is refused and changes nothing; without a
// version it is made to whatever there is.
func TestSettingsVersion(t *testing.T) {
	x := begin(t)
	seen := x.s.Settings.Number
	x.do(protocol.ChangeSettings{Changes: []byte(`{"busy_time":true}`), Version: seen})
	require.True(t, x.s.Settings.BusyTime)
	require.Greater(t, x.s.Settings.Number, seen)
	x.refused(protocol.Conflict, "If-Match", protocol.ChangeSettings{Changes: []byte(`{"busy_time":false}`), Version: seen})
	require.True(t, x.s.Settings.BusyTime)
	x.do(protocol.ChangeSettings{Changes: []byte(`{"busy_time":false}`)})
	require.False(t, x.s.Settings.BusyTime)
}
