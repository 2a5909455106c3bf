package room

import (
	"switchyard/actors/bot"
	"switchyard/actors/calendar"
	"switchyard/actors/core"
	"switchyard/actors/gate"
	"switchyard/protocol"
)

// open begins the room with its bot (S-02), or asks the queue (S-03, 7.1): then the request and the first
// message are one pipeline with one reading of settings, profile and clock (I-16).
func open(s *State, c protocol.Command, b protocol.OpenRoom, at protocol.Instant) (core.Step, error) {
	var step core.Step
	if s.Exists() { // told twice: the first time counts
		step.Answer(c.Ticket, started(s, true))
		return step, nil
	}
	settings := c.Facts.Settings
	title := settings.Say(protocol.MTitle, protocol.Words{})
	if title == "" {
		title = "1:1 채팅 상담 문의 드립니다."
	}
	class := settings.Priority.Class(c.Facts, b.Grade, b.Start.Category)
	key := b.Key
	if key == "" {
		key = b.Start.Key
	}
	var id protocol.BotID
	var version uint64
	chosen := bot.Choose(c.Facts.Bots, b.Start.ChannelAccount, b.Start.Category)
	if chosen != nil {
		id, version = chosen.ID, chosen.Version
	}
	step.Do(&protocol.RoomOpened{
		Site: s.Addr.Site, Customer: b.Customer, Key: key, Channel: b.Start.Channel,
		ChannelAccount: b.Start.ChannelAccount, Category: b.Start.Category, Title: title,
		ClientID: b.ClientID, Params: news(nil, b.Start.Params), Have: b.Have, Settings: settings.Number,
		Need: gate.Need(&settings.Profile, gate.Values(b.Have), false), Number: b.Number, Grade: b.Grade, LastAgent: b.LastAgent,
		Priority: class, Bot: id, BotVersion: version, Seal: b.Seal,
	})
	if b.Start.Key != key { // the customer was renamed, or came with another's ID
		step.Do(&protocol.RoomJoined{Key: b.Start.Key})
	}
	if chosen != nil { // S-02: the bot talks first
		step.Do(s.shown(&step, c, chosen.Scenario, bot.Outcome{Next: bot.Start(chosen.Scenario)}, id, version))
		s.chargeFor(&step, c, at, b.Start.Channel, protocol.RoomCharged{Account: b.Start.ChannelAccount, Key: key, Why: protocol.ChargeBot})
		step.Answer(c.Ticket, protocol.Started{Room: s.id(), Outcome: protocol.OutcomeBot})
		return step, nil
	}
	step.Pass(s.queue(), protocol.AskSeat{
		Room: s.id(), RequestedAt: at, Category: b.Start.Category, Account: b.Start.ChannelAccount,
		Need: gate.Need(&settings.Profile, gate.Values(b.Have), false), Priority: class, LastAgent: b.LastAgent,
	}, c.Ticket)
	return step, nil
}

// arrive is another room.start of a customer whose room should be open (P-2): it joins the room.
func arrive(s *State, c protocol.Command, b protocol.Arrive) (core.Step, error) {
	var step core.Step
	if s.Exists() && (b.Final || b.Repeat && s.ClosedAt == 0) {
		step.Answer(c.Ticket, started(s, true))
		return step, nil
	}
	if !s.Exists() || s.ClosedAt != 0 {
		// Closed meanwhile: the directory opens the next one (S-24). A repeat goes back too: its
		// start may have found the room closed, and have been sent on. A room that a crash kept
		// from opening has accepted nothing: there a repeat is as good as the first.
		step.Pass(s.directory(), protocol.ArrivalReturned{Room: s.id(), Start: b.Start, ClientID: b.ClientID, Repeat: b.Repeat && s.Exists()}, c.Ticket)
		return step, nil
	}
	s.join(&step, b.Start)
	step.Answer(c.Ticket, started(s, false))
	return step, nil
}

func started(s *State, duplicate bool) protocol.Started {
	r := protocol.Started{Room: s.id(), Duplicate: duplicate, Outcome: protocol.OutcomePending}
	switch {
	case s.Rejected:
		r.Outcome = protocol.OutcomeRefused
		switch s.Reason {
		case protocol.EndNoAgent:
			r.Code = protocol.NoAgent
		case protocol.EndOverLimit:
			r.Code = protocol.OverLimit
		default:
			r.Code = protocol.OutOfHours
		}
	case s.ClosedAt != 0 && s.Assignment == 0:
		// Ended before it was routed, or while it waited: it was neither accepted nor refused.
	case s.State == protocol.Bot:
		r.Outcome = protocol.OutcomeBot
	case s.State == protocol.Waiting:
		r.Outcome = protocol.OutcomeQueued
	case s.Exists() && !s.Asking():
		r.Outcome = protocol.OutcomeAccepted
	}
	return r
}

// answered is the second half of the pipeline: the queue has said what it knows, the gate's table decides.
func answered(s *State, c protocol.Command, b protocol.SeatAnswer, at protocol.Instant) (core.Step, error) {
	var step core.Step
	if !s.Asking() { // closed while it asked, or answered before
		switch {
		case b.Seat != nil && b.Seat.Turn != s.Turn:
			step.Tell(s.queue(), s.returned(b.Seat.Turn, b.Seat.Agent))
		case s.ClosedAt != 0:
			// A question that went by way of the directory may come in after the room has left.
			step.Tell(s.queue(), protocol.RoomLeft{Room: s.id()})
		}
		step.Answer(c.Ticket, started(s, true))
		return step, nil
	}
	settings := c.Facts.Settings
	if b.Refused != 0 {
		code, reason := protocol.MNoAgent, protocol.EndNoAgent
		if b.Refused == protocol.OverLimit {
			code, reason = protocol.MOver, protocol.EndOverLimit
		}
		s.say(&step, c, code, protocol.Words{})
		reject(s, &step, c, b, at, reason, 0)
		return step, nil
	}
	g := gate.Decide(gate.Question{
		Hours: b.Hours, Need: b.Need, Mode: settings.Mode, Policy: settings.EffectivePolicy(),
		Backlog: settings.Backlog, Eligible: b.Seat != nil,
	})
	if g.Reject {
		s.say(&step, c, protocol.MAfterHours, protocol.Words{})
		reject(s, &step, c, b, at, protocol.EndAfterHours, g.Row)
		return step, nil
	}
	timers := patience(c, at, max(s.RequestedAt, s.Delay.At))
	words := protocol.Words{Waiting: b.Waiting}
	result := protocol.Started{Room: s.id(), Outcome: protocol.OutcomeQueued}
	if g.State == protocol.Received {
		words.Agent = b.Seat.AgentName
		result.Outcome = protocol.OutcomeAccepted
		step.Do(&protocol.RoomAssigned{
			Assignment: s.Assignment + 1, Turn: b.Seat.Turn, Agent: b.Seat.Agent, AgentName: b.Seat.AgentName,
			Cause: protocol.CauseEntry, Why: b.Seat.Why, Timers: timers,
		})
	} else {
		step.Do(&protocol.RoomQueued{Refuse: g.RefusalArmed, Lock: g.AssignLock, Row: g.Row, Timers: timers, Place: b.Place})
		if b.Hours != protocol.InHours {
			result.Code = protocol.OutOfHours
		}
	}
	for _, m := range g.Messages {
		if m == protocol.MPrompt {
			continue // last, so that its button is at the bottom (5.2 rule 2)
		}
		s.say(&step, c, m, words)
	}
	if b.Hours == protocol.InHours {
		if settings.BusyTime {
			s.say(&step, c, protocol.MBusy, words)
		}
		if g.State == protocol.Waiting {
			s.say(&step, c, protocol.MQueue, words)
		}
	}
	if n := len(g.Messages); n > 0 && g.Messages[n-1] == protocol.MPrompt {
		s.prompt(&step, c)
		if g.ChargeAtPrompt && s.Bot == "" { // with a bot its first message was charged (19.2)
			s.charge(&step, c, at, protocol.ChargePrompt)
		}
	}
	if g.State == protocol.Received {
		s.accept(&step, c, b.Seat.Turn, b.Seat.Agent, s.Assignment+1, protocol.CauseEntry)
	} else if b.Seat != nil {
		step.Tell(s.queue(), s.returned(b.Seat.Turn, b.Seat.Agent))
	}
	step.Answer(c.Ticket, result)
	return step, nil
}

func reject(s *State, step *core.Step, c protocol.Command, b protocol.SeatAnswer, at protocol.Instant, why protocol.EndReason, row int) {
	step.Do(&protocol.RoomClosed{State: s.closedState(), Actor: protocol.EndedAuto, Reason: why, Rejected: true, Row: row})
	s.left(step, at)
	if b.Seat != nil {
		step.Tell(s.queue(), s.returned(b.Seat.Turn, b.Seat.Agent))
	}
	code := map[protocol.EndReason]protocol.RejectCode{
		protocol.EndNoAgent: protocol.NoAgent, protocol.EndOverLimit: protocol.OverLimit, protocol.EndAfterHours: protocol.OutOfHours,
	}[why]
	step.Answer(c.Ticket, protocol.Started{Room: s.id(), Outcome: protocol.OutcomeRefused, Code: code})
}

// prompt adds M-PROMPT with its one-time token (8.1), at most once per room.
func (s *State) prompt(step *core.Step, c protocol.Command) {
	p := &c.Facts.Settings.Profile
	fields := make([]byte, len(p.Fields))
	for i, f := range p.Fields {
		fields[i] = byte(f)
	}
	step.Do(&protocol.ProfilePrompted{
		ID: s.messageID(step, c), Form: protocol.Token("f_", s.Addr.ID, c.Chance),
		Text:  c.Facts.Settings.Say(protocol.MPrompt, protocol.Words{}),
		Image: p.Image, Fields: fields, Consent: p.ConsentURL, Timers: protocol.TimersOf(c.Facts.Settings),
	})
}

// accept tells everybody concerned that the seat is taken. Outside business hours the agent's page makes no noise.
func (s *State) accept(step *core.Step, c protocol.Command, turn uint64, agent protocol.AccountID, assignment uint32, cause protocol.Cause) {
	step.Tell(s.queue(), protocol.SeatAccepted{Room: s.id(), Turn: turn, Agent: agent, Assignment: assignment})
	step.Owe(protocol.AgentAt(s.Addr.Site, agent), protocol.GainRoom{Gained: protocol.InboxGained{
		Room: s.id(), Assignment: assignment, Cause: cause, Customer: string(s.Key), Title: s.Title, Channel: s.Channel, Turn: turn,
		Quiet: !calendar.Open(c.Facts, c.Wall), Seal: s.Seal,
	}})
}

func (s *State) returned(turn uint64, agent protocol.AccountID) protocol.SeatReturned {
	return protocol.SeatReturned{Room: s.id(), Turn: turn, Agent: agent, State: s.State}
}

// left tells everybody concerned that the room has closed.
func (s *State) left(step *core.Step, at protocol.Instant) {
	step.Tell(s.queue(), protocol.RoomLeft{Room: s.id(), Holder: s.Holder})
	step.Owe(s.directory(), protocol.RoomDone{Room: s.id(), Customer: s.Customer, Agent: s.Holder, At: at})
	if s.Holder != "" {
		step.Owe(protocol.AgentAt(s.Addr.Site, s.Holder), protocol.LoseRoom{Lost: protocol.InboxLost{
			Room: s.id(), Assignment: s.Assignment, Reason: "closed",
		}})
	}
}
