package site

import (
	"fmt"
	"strconv"

	"switchyard/actors/bot"
	"switchyard/actors/core"
	"switchyard/protocol"
)

// tryScenario plays a scenario from its start with every act so far, by the rules that rooms play by, and keeps nothing:
// whoever tries it sends all acts again with the next one.
func tryScenario(s *State, c protocol.Command, b protocol.TryScenario) (core.Step, error) {
	var step core.Step
	found, sc := s.complaints(b.Scenario)
	if bot.Refusal(found) != "" {
		step.Answer(c.Ticket, protocol.ScenarioTried{Complaints: found})
		return step, nil
	}
	var (
		turns    []protocol.TryTurn
		displays []string // the dialogue of each
		at       bot.Position
	)
	show := func(o bot.Outcome) {
		d := sc.Dialogues[o.Next.Dialogue]
		e := &protocol.DialogueShown{Dialogue: o.Next.Dialogue, Stage: o.Next.Stage, Previous: o.Previous, Exit: o.Exit, Messages: d.Messages, Hotkeys: o.Next.Hotkeys}
		for i, x := range d.Choices {
			e.Choices = append(e.Choices, protocol.ShownChoice{ID: strconv.Itoa(i + 1), Label: x.Label, Link: x.Link})
		}
		if d.Input != nil {
			e.Input = d.Input.Label
		}
		at = at.After(e)
		displays = append(displays, o.Next.Dialogue)
		turns = append(turns, protocol.TryTurn{Shown: e})
	}
	show(bot.Outcome{Next: bot.Start(sc)})
	for i, act := range b.Acts {
		in, said := bot.Input{Text: act.Text}, act.Text
		if act.Choice != "" {
			if act.Display < 0 || act.Display >= len(displays) {
				return step, protocol.RejectField(protocol.BadRequest, fmt.Sprintf("acts.%d.display", i), "no such display")
			}
			label, ok := bot.Label(sc, displays[act.Display], act.Choice)
			if !ok {
				return step, protocol.RejectField(protocol.BadRequest, fmt.Sprintf("acts.%d.choice", i), "is not a button of this dialogue")
			}
			in, said = bot.Input{Choice: act.Choice, Dialogue: displays[act.Display]}, label
		}
		turns = append(turns, protocol.TryTurn{Text: said})
		switch o := bot.Step(sc, at, in); o.Kind {
		case bot.Link:
			turns = append(turns, protocol.TryTurn{Link: o.Link})
		case bot.Agent:
			turns = append(turns, protocol.TryTurn{Agent: true, Category: o.Category})
			step.Answer(c.Ticket, protocol.ScenarioTried{Turns: turns})
			return step, nil // the bot is silent now (23.3); acts behind it would be messages to an agent
		default:
			if text := s.Settings.Say(protocol.MBotError, protocol.Words{}); o.Exit == protocol.ExitError && text != "" {
				turns = append(turns, protocol.TryTurn{Text: text, Bot: true})
			}
			show(o)
		}
	}
	step.Answer(c.Ticket, protocol.ScenarioTried{Turns: turns})
	return step, nil
}
