package bot

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"switchyard/protocol"
)

// text is a dialogue that says something.
func text(choices ...protocol.Choice) *protocol.Dialogue {
	return &protocol.Dialogue{Messages: []protocol.BotMessage{{Kind: "text", Text: "안내"}}, Choices: choices}
}

func keys(d *protocol.Dialogue, k protocol.Hotkeys) *protocol.Dialogue {
	d.Hotkeys = k
	return d
}

// shop is the scenario of 15.4 with a link, a category and free input.
func shop() *protocol.Scenario {
	input := keys(text(), protocol.HotkeyBack)
	input.Input = &protocol.BotInput{Label: "주문번호", Pattern: "[0-9]{4}|x", Max: 4, Dialogue: "track"}
	return &protocol.Scenario{
		AgentCategory: "c1", ErrorHotkeys: protocol.ErrorHotkeys{Home: true, Back: true},
		Dialogues: map[string]*protocol.Dialogue{
			"scenario_list": keys(text(
				protocol.Choice{Label: " 배송문의 ", Dialogue: "delivery"}, protocol.Choice{Label: "누리집", Link: "https://shop.example"},
				protocol.Choice{Label: "환불", Agent: true, Category: "c2"}), protocol.HotkeyAgent),
			"delivery": keys(text(protocol.Choice{Label: "배송조회", Dialogue: "order"}), protocol.HotkeyHome|protocol.HotkeyBack|protocol.HotkeyAgent),
			"order":    input,
			"track":    text(),
		},
	}
}

func at(stage int, dialogue string, k protocol.Hotkeys, path ...string) Position {
	return Position{Display: Display{Dialogue: dialogue, Stage: stage, Hotkeys: k}, Path: path}
}

// TestStep is 23.2 and the exits of 15.2, one act a line.
func TestStep(t *testing.T) {
	s := shop()
	all := protocol.HotkeyHome | protocol.HotkeyBack | protocol.HotkeyAgent
	root := at(1, "scenario_list", protocol.HotkeyAgent)
	delivery := at(2, "delivery", all, "scenario_list")
	order := at(3, "order", protocol.HotkeyBack, "scenario_list", "delivery")
	show := func(e protocol.Exit, label, previous, dialogue string, stage int, k protocol.Hotkeys) Outcome {
		return Outcome{Kind: Show, Exit: e, Label: label, Previous: previous, Next: Display{dialogue, stage, k}}
	}
	agent := func(p Position, label, category string) Outcome {
		return Outcome{Kind: Agent, Exit: protocol.ExitAgent, Label: label, Category: category, Next: p.Display}
	}
	home := show(protocol.ExitHome, "", "처음으로", "scenario_list", 1, protocol.HotkeyAgent)
	child := show(protocol.ExitChoice, "배송문의", "scenario_list", "delivery", 2, all)
	wrongRoot := show(protocol.ExitError, "error", "error", "scenario_list", 1, all)
	for _, row := range []struct {
		rule string
		p    Position
		in   Input
		want Outcome
	}{
		{"R-166 a choice leads to its dialogue", root, Input{Choice: "1", Dialogue: "scenario_list"}, child},
		{"R-166 typed", root, Input{Text: "배송문의"}, child},
		{"23.2 trimmed", root, Input{Text: " 배송문의\n"}, child},
		{"23.2 not a part of a label", root, Input{Text: "배송"}, wrongRoot},
		{"23.2 a link: its address, and the display stays", root, Input{Text: "누리집"}, Outcome{Kind: Link, Link: "https://shop.example", Next: root.Display}},
		{"S-05 a choice that leads to the agent, with its category", root, Input{Choice: "3", Dialogue: "scenario_list"}, agent(root, "환불", "c2")},
		{"R-167 R-175 상담사 연결", root, Input{Choice: "agent", Dialogue: "scenario_list"}, agent(root, "상담사 연결", "c1")},
		{"C-15 typed with a space", root, Input{Text: "상담사 연결"}, agent(root, "상담사 연결", "c1")},
		{"C-15 typed without one", root, Input{Text: "상담사연결"}, agent(root, "상담사 연결", "c1")},
		{"R-167 처음으로", delivery, Input{Choice: "home", Dialogue: "delivery"}, home},
		{"R-167 이전으로", order, Input{Text: "이전으로"}, show(protocol.ExitBack, "", "이전으로", "delivery", 2, all)},
		{"15.2 이전으로 at stage 1 shows the root again", at(1, "scenario_list", all), Input{Text: "이전으로"}, show(protocol.ExitBack, "", "이전으로", "scenario_list", 1, protocol.HotkeyAgent)},
		{"23.2 a hotkey that is not shown is no hotkey", root, Input{Text: "처음으로"}, wrongRoot},
		{"23.2 nor is its button", root, Input{Choice: "home", Dialogue: "scenario_list"}, wrongRoot},
		{"R-169 but after an error it is", at(1, "scenario_list", all), Input{Text: "처음으로"}, home},
		{"R-168 text where a choice is expected", root, Input{Text: "저기요"}, wrongRoot},
		{"R-168 an image, a file", root, Input{}, wrongRoot},
		{"R-168 a button of another dialogue", delivery, Input{Choice: "1", Dialogue: "scenario_list"}, show(protocol.ExitError, "error", "error", "delivery", 2, all)},
		{"R-168 a number that no button has", root, Input{Choice: "4", Dialogue: "scenario_list"}, wrongRoot},
		{"R-168 nor this", root, Input{Choice: "01", Dialogue: "scenario_list"}, wrongRoot},
		{"23.2 free input: its label in the journey", order, Input{Text: " 1234 "}, show(protocol.ExitChoice, "주문번호", "order", "track", 4, 0)},
		{"23.2 the other arm of the pattern", order, Input{Text: "x"}, show(protocol.ExitChoice, "주문번호", "order", "track", 4, 0)},
		{"23.2 the whole input fits the pattern", order, Input{Text: "12345"}, show(protocol.ExitError, "error", "error", "order", 3, protocol.HotkeyHome|protocol.HotkeyBack)},
		{"23.2 nothing is no input", order, Input{Text: "  "}, show(protocol.ExitError, "error", "error", "order", 3, protocol.HotkeyHome|protocol.HotkeyBack)},
	} {
		require.Equal(t, row.want, Step(s, row.p, row.in), row.rule)
	}
	s.ErrorHotkeys = protocol.ErrorHotkeys{Agent: true}
	require.Equal(t, protocol.HotkeyAgent, Step(s, at(4, "track", 0), Input{Text: "?"}).Next.Hotkeys, "R-169 switched off, and the agent switched on")
}

// TestThePath: whatever the customer does, the stage is the depth, the path leads back, and it is bounded.
func TestThePath(t *testing.T) {
	s := shop()
	s.Dialogues["track"] = keys(text(protocol.Choice{Label: "또", Dialogue: "delivery"}), protocol.HotkeyBack) // a circle
	rapid.Check(t, func(rt *rapid.T) {
		p := Position{}.After(&protocol.DialogueShown{Dialogue: "scenario_list", Stage: 1, Hotkeys: Start(s).Hotkeys})
		var dumb []string // the whole way, without a bound
		for range rapid.IntRange(1, 200).Draw(rt, "acts") {
			word := rapid.SampledFrom([]string{"배송문의", "배송조회", "1234", "또", "또", "1234", "이전으로", "처음으로", "?"}).Draw(rt, "word")
			o := Step(s, p, Input{Text: word})
			require.Equal(rt, Show, o.Kind)
			switch o.Exit {
			case protocol.ExitChoice:
				dumb = append(dumb, p.Dialogue)
			case protocol.ExitHome:
				dumb = nil
			case protocol.ExitBack:
				if len(dumb) > 0 {
					dumb = dumb[:len(dumb)-1]
				}
			}
			p = p.After(&protocol.DialogueShown{Dialogue: o.Next.Dialogue, Stage: o.Next.Stage, Hotkeys: o.Next.Hotkeys, Exit: o.Exit})
			require.LessOrEqual(rt, len(p.Path), pathMax)
			require.GreaterOrEqual(rt, p.Stage, 1)
			if len(dumb) < pathMax {
				require.Equal(rt, len(dumb)+1, p.Stage)
				require.Equal(rt, strings.Join(dumb, "/"), strings.Join(p.Path, "/"))
			}
		}
	})
}

// TestBackBeyondWhatIsRemembered leads to the root.
func TestBackBeyondWhatIsRemembered(t *testing.T) {
	s := shop()
	p := at(pathMax+5, "delivery", protocol.HotkeyBack)
	require.Equal(t, Start(s), Step(s, p, Input{Text: "이전으로"}).Next)
}

// TestChoose is 23.1.
func TestChoose(t *testing.T) {
	b := func(id protocol.BotID, enabled, byDefault bool, bindings ...protocol.BotBinding) *protocol.ScenarioBot {
		return &protocol.ScenarioBot{ID: id, Enabled: enabled, Default: byDefault, Bindings: bindings, Scenario: shop()}
	}
	bots := map[protocol.BotID]*protocol.ScenarioBot{}
	for _, x := range []*protocol.ScenarioBot{
		b("both", true, false, protocol.BotBinding{Account: "shop", Category: "c1"}),
		b("channel", true, false, protocol.BotBinding{Account: "shop"}, protocol.BotBinding{Account: "mall"}),
		b("category", true, false, protocol.BotBinding{Category: "c1"}),
		b("default", true, true),
		b("off", false, false, protocol.BotBinding{Account: "dark", Category: "c1"}),
		b("loose", true, false),
	} {
		bots[x.ID] = x
	}
	for _, row := range []struct {
		rule, account, category string
		want                    protocol.BotID
	}{
		{"channel and category", "shop", "c1", "both"},
		{"then the channel", "shop", "c2", "channel"},
		{"the channel before the category", "mall", "c1", "channel"},
		{"then the category", "web", "c1", "category"},
		{"a disabled bot is none", "dark", "c1", "category"},
		{"else the default bot", "web", "c2", "default"},
		{"also without account and category", "", "", "default"},
	} {
		require.Equal(t, row.want, Choose(bots, row.account, row.category).ID, row.rule)
	}
	delete(bots, "default")
	require.Nil(t, Choose(bots, "web", "c2"), "R-171 a bot without a binding is not shown by itself")
	require.Nil(t, Choose(nil, "shop", "c1"), "R-171")
	bots = map[protocol.BotID]*protocol.ScenarioBot{"off": b("off", false, true)}
	require.Nil(t, Choose(bots, "shop", "c1"), "R-171 the default bot must be enabled")
}

func TestCategories(t *testing.T) {
	s := shop()
	s.Dialogues["order"].Input.Category = "c2"
	require.Equal(t, []string{"c1", "c2"}, Categories(s))
	require.Empty(t, Categories(&protocol.Scenario{}))
}
