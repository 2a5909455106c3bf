package room

import (
	"slices"
	"strconv"

	"switchyard/actors/bot"
	"switchyard/actors/core"
	"switchyard/protocol"
)

// displaysMax is how many displays back a press of a button is still understood.
const displaysMax = 50

// display is a dialogue that was shown: a press names the message, not the dialogue.
type display struct {
	ID       protocol.MessageID
	Dialogue string
}

// versionRef names the row of the scenario that the room began with.
func (s *State) versionRef() protocol.Ref {
	return protocol.Ref{Row: protocol.RowBotVersion, Key: string(protocol.BotVersionKey(s.Addr.Site, s.Bot, s.BotVersion))}
}

// current gives the room's scenario where it is still the bot's present one; nil = the row has it.
func (s *State) current(f *protocol.SiteFacts) *protocol.Scenario {
	if f != nil {
		if b := f.Bots[s.Bot]; b != nil && b.Version == s.BotVersion {
			return b.Scenario
		}
	}
	return nil
}

// needsScenario names the row of an older scenario, where the command makes the bot look at it.
func needsScenario(s *State, c protocol.Command) []protocol.Ref {
	if s.Bot == "" || s.ClosedAt != 0 || s.current(c.Facts) != nil {
		return nil
	}
	switch c.Body.(type) {
	case protocol.PickChoice:
	case protocol.SendMessage:
		if s.State != protocol.Bot || c.Caller.Role != protocol.Visitor {
			return nil
		}
	default:
		return nil
	}
	return []protocol.Ref{s.versionRef()}
}

func (s *State) scenario(c protocol.Command) *protocol.Scenario {
	if sc := s.current(c.Facts); sc != nil {
		return sc
	}
	sc, err := protocol.ParseScenario(c.Records[s.versionRef()].Value)
	if err != nil {
		panic(err) // every version that a room began with has its row
	}
	return sc
}

// pick is the press of a bot's button (23.2): the customer's message with its label, then the
// bot's turn. After the request the bot is silent, and the press is a message like any other (7.3).
func pick(s *State, c protocol.Command, b protocol.PickChoice, at protocol.Instant) (core.Step, error) {
	var step core.Step
	if c.Caller.Role != protocol.Visitor {
		return step, protocol.Reject(protocol.Forbidden, "the bot talks with the customer")
	}
	if s.ClosedAt != 0 {
		return step, protocol.Reject(protocol.RoomIsClosed, "the room has closed")
	}
	i := slices.IndexFunc(s.Displays, func(d display) bool { return d.ID == b.Message })
	if i < 0 {
		return step, protocol.RejectField(protocol.NotFound, "message_id", "no such dialogue")
	}
	sc, dialogue := s.scenario(c), s.Displays[i].Dialogue
	label, ok := bot.Label(sc, dialogue, b.Choice)
	if !ok {
		return step, protocol.RejectField(protocol.BadRequest, "choice", "is not a button of this dialogue")
	}
	m := &protocol.MessagePosted{
		ID: protocol.MessageIDFrom(s.id(), c.Caller.Sender(), string(c.ClientID), 0), ClientID: c.ClientID,
		From: protocol.FromCustomer, Kind: protocol.Text, Text: label, Choice: b.Choice, BeforeProfile: s.Refuse,
		Timers: protocol.TimersOf(c.Facts.Settings),
	}
	step.Do(m)
	s.heard(&step, c, bot.Input{Choice: b.Choice, Dialogue: dialogue}, at)
	step.Answer(c.Ticket, protocol.Sent{MessageID: m.ID, Seq: s.seq(&step, c, 0), At: at})
	return step, nil
}

// heard is what follows from a customer's message: the refusal, the bot's turn, or nothing.
func (s *State) heard(step *core.Step, c protocol.Command, in bot.Input, at protocol.Instant) {
	switch {
	case s.Refuse:
		s.refuseText(step, c) // once per message, without limit
	case s.State == protocol.Bot:
		s.turn(step, c, in, at)
	}
}

// turn is the bot's answer to the customer's act (S-04, S-05).
func (s *State) turn(step *core.Step, c protocol.Command, in bot.Input, at protocol.Instant) {
	sc := s.scenario(c)
	o := bot.Step(sc, s.Position, in)
	switch o.Kind {
	case bot.Link:
		step.Do(&protocol.MessagePosted{
			ID: s.messageID(step, c), From: protocol.FromBot, Kind: protocol.Link, Text: o.Link,
			Timers: protocol.TimersOf(c.Facts.Settings),
		})
	case bot.Agent:
		s.request(step, c, o, at)
	default:
		if o.Exit == protocol.ExitError {
			s.say(step, c, protocol.MBotError, protocol.Words{})
		}
		step.Do(s.shown(step, c, sc, o, s.Bot, s.BotVersion))
	}
}

// shown is the display of a dialogue.
func (s *State) shown(step *core.Step, c protocol.Command, sc *protocol.Scenario, o bot.Outcome, id protocol.BotID, version uint64) *protocol.DialogueShown {
	d := sc.Dialogues[o.Next.Dialogue]
	e := &protocol.DialogueShown{
		ID: s.messageID(step, c), Bot: id, Version: version, Dialogue: o.Next.Dialogue, Stage: o.Next.Stage,
		Previous: o.Previous, Exit: o.Exit, Label: o.Label, Messages: d.Messages, Hotkeys: o.Next.Hotkeys,
		Timers: protocol.TimersOf(c.Facts.Settings),
	}
	for i, x := range d.Choices {
		e.Choices = append(e.Choices, protocol.ShownChoice{ID: strconv.Itoa(i + 1), Label: x.Label, Link: x.Link})
	}
	if d.Input != nil {
		e.Input = d.Input.Label
	}
	return e
}

// request is the connection request (S-05). The profile is read now, not at the start (I-16),
// so the question goes by way of the directory. A category that is not in use any more stays away.
func (s *State) request(step *core.Step, c protocol.Command, o bot.Outcome, at protocol.Instant) {
	e := &protocol.AgentRequested{Label: o.Label, Stage: s.Position.Stage + 1, Parent: s.Position.Dialogue}
	if k := c.Facts.Categories[o.Category]; k != nil && !k.Unused {
		e.Category = o.Category
	}
	b := s.question(false)
	b.Ask.RequestedAt = at
	if e.Category != "" {
		b.Ask.Category = e.Category
	}
	e.Priority = c.Facts.Settings.Priority.Class(c.Facts, s.Grade, b.Ask.Category)
	b.Ask.Priority = e.Priority
	step.Do(e)
	step.Tell(s.directory(), b)
}

// question is what a room that began with a bot asks; again = the first answer may have been lost.
func (s *State) question(again bool) protocol.RequestAgent {
	return protocol.RequestAgent{Customer: s.Customer, Ask: protocol.AskSeat{
		Room: s.id(), RequestedAt: s.RequestedAt, Category: s.Category, Account: s.ChannelAccount, Again: again,
		Priority: s.Priority, LastAgent: s.LastAgent,
	}}
}

// dialogueShown moves the room in its scenario; the bot has spoken (12.2: T1 runs in BOT).
func (s *State) dialogueShown(e *protocol.DialogueShown, r protocol.Recorded) {
	x := s.rare()
	x.Position = x.Position.After(e)
	if n := len(x.Displays) - displaysMax + 1; n > 0 {
		x.Displays = append(x.Displays[:0:0], x.Displays[n:]...)
	}
	x.Displays = append(x.Displays, display{ID: e.ID, Dialogue: e.Dialogue})
	s.forCustomer(r)
	s.companySpoke(r.At, e.Timers)
}

// requested: the customer waits for an agent from here on; the queue's answer anchors the timer (12.2 rule 1).
func (s *State) requested(e *protocol.AgentRequested, at protocol.Instant) {
	s.State, s.RequestedAt, s.Priority = 0, at, e.Priority
	s.Silence, s.Delay = anchor{}, anchor{}
	if e.Category != "" {
		s.Category = e.Category
	}
}

// sessionEnded closes the room of an ended channel session (S-23): nothing can be delivered any more.
func sessionEnded(s *State, c protocol.Command, b protocol.ChannelEnded, at protocol.Instant) (core.Step, error) {
	var step core.Step
	switch {
	case c.Caller.Role != protocol.System:
		return step, protocol.Reject(protocol.Forbidden, "only the channel says so")
	case s.Channel != protocol.Kakao:
		return step, protocol.Reject(protocol.BadRequest, "this channel has no sessions")
	case s.ClosedAt != 0:
		return step, protocol.Reject(protocol.RoomIsClosed, "the room has closed")
	}
	actor := protocol.EndedAuto
	if b.Left {
		actor = protocol.EndedByCustomer
	}
	step.Do(&protocol.RoomClosed{State: s.closedState(), Actor: actor, Reason: protocol.EndChannelSession})
	s.left(&step, at)
	step.Answer(c.Ticket, protocol.Done{})
	return step, nil
}
