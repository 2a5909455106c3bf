package queue

import (
	"time"

	"switchyard/actors/balancer"
	"switchyard/actors/calendar"
	"switchyard/actors/core"
	"switchyard/actors/gate"
	"switchyard/protocol"
)

// Decide answers the rooms' questions, reserves seats and reports.
func Decide(s *State, c protocol.Command, now time.Time) (core.Step, error) {
	at := protocol.At(now)
	switch b := c.Body.(type) {
	case protocol.AskSeat:
		return ask(s, &c, &b)
	case protocol.SeatAccepted:
		return s.accepted(b), nil
	case protocol.SeatReturned:
		return s.after(&seatReturned{room: s.rooms.find(b.Room), turn: b.Turn, state: b.State}), nil
	case protocol.RoomLeft:
		r := s.room(b.Room)
		s.steps.gone = roomGone{room: r.no}
		step := s.steps.begin()
		s.follow(&step, &s.steps.gone)
		s.endOffer(&step, r, "closed")
		return step, nil
	case protocol.RoomUnlocked:
		return s.after(&roomUnlocked{room: s.rooms.find(b.Room)}), nil
	case protocol.RoomPrioritized:
		return s.after(&roomMoved{room: s.rooms.find(b.Room), class: b.Priority}), nil
	case protocol.AgentReport:
		return s.after(&agentReported{report: b}), nil
	case protocol.HoursTurned:
		return s.after(&hoursTurned{open: b.Open}), nil
	case protocol.FactsChanged, protocol.Resumed:
		if c.Facts == nil {
			return core.Step{}, nil
		}
		step := s.after(&factsAdopted{facts: c.Facts})
		if open := calendar.Open(c.Facts, c.Wall); open != s.open {
			step.Do(&hoursTurned{open: open})
		}
		return step, nil
	case protocol.ContinuePass:
		return pass(s, &c, at), nil
	case protocol.TakeRoom:
		return take(s, c, b)
	case protocol.AssignRoom:
		return assign(s, c, b)
	case protocol.AcceptOffer:
		return acceptOffer(s, c, b.Room, at)
	case protocol.DeclineOffer:
		return declineOffer(s, c, b.Room, at)
	case protocol.ChangeAgent:
		return changeAgent(s, c, b)
	case protocol.DeadlineReached:
		return s.deadlineReached(at), nil
	case protocol.ViewQueue:
		var step core.Step
		step.Answer(c.Ticket, view(s, b, c.Wall))
		return step, nil
	}
	return core.Step{}, protocol.Reject(protocol.BadRequest, "a queue does not take "+c.Body.CommandName())
}

// steps is the memory of the three steps of an assignment, each of which uses it anew: a site has one queue, and everybody waits for
// it. Nobody keeps a volatile event, or a step's slices, beyond the step (core.Step), and none of these steps asks for another round.
// What a tell carries is the receiver's, and made new.
type steps struct {
	events   [4]protocol.Event
	tells    [1]core.Tell
	asked    roomAsked
	reserved seatReserved
	taken    seatTaken
	gone     roomGone
	clock    struct { // what the calendar said last
		facts  *protocol.SiteFacts
		second int64
		hours  protocol.Hours
	}
}

// hours is calendar.Hours, asked once a second: the calendar counts no less.
func (x *steps) hours(f *protocol.SiteFacts, wall time.Time) protocol.Hours {
	if second := wall.Unix(); x.clock.facts != f || x.clock.second != second {
		x.clock.facts, x.clock.second, x.clock.hours = f, second, calendar.Hours(f, wall)
	}
	return x.clock.hours
}

func (x *steps) begin() core.Step { return core.Step{Events: x.events[:0], Tells: x.tells[:0]} }

// granted is a seat with the candidates that explain it.
type granted struct {
	seat       protocol.Seat
	candidates [whyMax]protocol.Candidate
}

// after makes an event true and lets a pass follow: every one of these is a tick of 9.5, or may be.
func (s *State) after(e protocol.Event) core.Step {
	var step core.Step
	s.follow(&step, e)
	return step
}

func (s *State) follow(step *core.Step, e protocol.Event) {
	step.Do(e)
	if s.waiting > 0 {
		s.kick(step)
	}
}

// accepted: the usual answer frees nothing, so no pass follows, unless the room has left an agent for it
// or a pass waits for an answer.
func (s *State) accepted(b protocol.SeatAccepted) core.Step {
	r := s.room(b.Room)
	s.steps.taken = seatTaken{room: r.no, turn: b.Turn, assignment: b.Assignment}
	step := s.steps.begin()
	if s.pending >= offersMax || r.ref != nil && r.holder >= 0 {
		s.follow(&step, &s.steps.taken)
		return step
	}
	step.Do(&s.steps.taken)
	return step
}

func (s *State) kick(step *core.Step) {
	if !s.asked {
		step.Do(&passAsked{})
		step.Tell(s.Addr, protocol.ContinuePass{})
	}
}

// ask is the queue's part of the pipeline: P-3, P-5 … P-9, and a seat if there is one.
func ask(s *State, c *protocol.Command, b *protocol.AskSeat) (core.Step, error) {
	x := &s.steps
	step := x.begin()
	settings := c.Facts.Settings
	answer := protocol.SeatAnswer{Room: b.Room, Hours: x.hours(c.Facts, c.Wall), Need: b.Need, Waiting: s.waiting}
	room := protocol.RoomAt(s.Addr.Site, b.Room)
	reply := func() core.Step { step.Pass(room, answer, c.Ticket); return step }

	key, plain := keyOf(b.Room)
	if r := s.at(s.rooms.lookUp(key)); r.ref != nil { // asked again after a restart: the same answer
		answer.Place = r.place
		if r.offered >= 0 && r.proposed == 0 {
			answer.Seat = s.seat(r.offered, r.offerTurn, protocol.CauseEntry, protocol.Why{})
		}
		return reply(), nil
	}
	if in := answer.Hours == protocol.InHours; in != s.open {
		// The edge is seen here before the calendar's tick: those who wait come first (I-13).
		step.Do(&hoursTurned{open: in})
		s.kick(&step)
	}
	switch {
	case !settings.Consulting:
		answer.Refused = protocol.NoAgent // P-3
		return reply(), nil
	case answer.Hours == protocol.OutClosed:
		return reply(), nil // P-5: the gate's row G-01
	case answer.Hours == protocol.InHours && s.onDuty == 0 && settings.NoAgentPolicy == protocol.PolicyReject:
		answer.Refused = protocol.NoAgent // P-6
		return reply(), nil
	case answer.Hours == protocol.InHours && settings.OverflowPolicy == protocol.PolicyReject && s.over(settings):
		answer.Refused = protocol.OverLimit // P-7
		return reply(), nil
	}
	policy := settings.EffectivePolicy()
	lock, _ := gate.LockIfWaiting(b.Need, settings.Mode, policy)
	last, kind := s.lastOf(b), s.kindNos[kindKey{b.Category, b.Account}]
	x.asked = roomAsked{
		room: b.Room, key: key, plain: plain, lock: lock, priority: min(b.Priority, protocol.PriorityMax), kind: kind, last: last, requestedAt: b.RequestedAt,
	}
	p := s.kinds[kind].pool
	if kind == 0 {
		x.asked.category, x.asked.channel = b.Category, b.Account
		p = s.poolOf(b.Category, b.Account)
	}
	step.Do(&x.asked)
	answer.Place = s.place + 1
	if gate.SeatNow(answer.Hours, b.Need, settings.Mode, policy) {
		// Whoever waits for the same agents comes first: the arrival joins the end (I-13).
		free := settings.Backlog == protocol.BacklogManual || p.line.first() == 0 && len(s.keen) == 0
		if free && !s.waitsFor(last, p) && settings.OfferSeconds == 0 {
			var named [whyMax]balancer.Choice
			first := p.candidates.First(named[:])
			if k := s.choose(p, last, nil, first); k.ok {
				given := new(granted)
				given.seat = s.seatOf(k.slot, s.turn+1, protocol.CauseEntry, s.why(p, k, first, given.candidates[:0]))
				x.reserved = seatReserved{slot: k.slot, turn: s.turn + 1, auto: true, rule: !k.last, order: k.order}
				answer.Seat = &given.seat
				step.Do(&x.reserved)
				return reply(), nil
			}
		}
	}
	if !lock && p.candidates.Len() > 0 {
		s.kick(&step)
	}
	return reply(), nil
}

// over is P-7: the site's limit of open rooms, or in AUTO mode everybody on duty at the own limit.
func (s *State) over(settings *protocol.Settings) bool {
	if settings.OpenRoomLimit > 0 && s.rooms.len >= settings.OpenRoomLimit {
		return true
	}
	return settings.Mode == protocol.Auto && s.onDuty > 0 && s.full == s.onDuty
}

func (s *State) seat(slot int32, turn uint64, cause protocol.Cause, why protocol.Why) *protocol.Seat {
	seat := s.seatOf(slot, turn, cause, why)
	return &seat
}

func (s *State) seatOf(slot int32, turn uint64, cause protocol.Cause, why protocol.Why) protocol.Seat {
	a := &s.agents[slot]
	return protocol.Seat{Turn: turn, Agent: a.id, AgentName: a.name, Cause: cause, Why: why}
}

// take is self-accept (S-11, 9.6).
func take(s *State, c protocol.Command, b protocol.TakeRoom) (core.Step, error) {
	var step core.Step
	if c.Facts.Settings.Mode == protocol.Auto {
		return step, protocol.Reject(protocol.Forbidden, "rooms are distributed automatically here") // 9.1
	}
	slot, ok := s.slot(c.Caller.Account)
	if !ok || !s.agents[slot].taker {
		return step, protocol.Reject(protocol.Forbidden, "the account does not take consultations")
	}
	r := s.room(b.Room)
	switch {
	case r.ref == nil: // closed, or not there at all: the room knows
		step.Pass(protocol.RoomAt(s.Addr.Site, b.Room), b, c.Ticket)
		return step, nil
	case r.holder == slot: // the answer to the first take was lost: the same again
		step.Answer(c.Ticket, protocol.Assigned{Room: b.Room, Assignment: r.assignment, Agent: c.Caller.Account, Duplicate: true})
		return step, nil
	case r.proposed != 0 && r.offered == slot:
		return step, protocol.Reject(protocol.Conflict, "the room is offered to the account: room.accept")
	case !r.lined || r.offered >= 0:
		return step, protocol.Reject(protocol.Taken, "another agent was first")
	case r.lock:
		return step, protocol.Reject(protocol.ProfileRequired, "the profile is not in yet")
	}
	a := &s.agents[slot]
	if a.limit != 0 && a.load >= a.limit {
		return step, protocol.Reject(protocol.CapacityFull, "your own limit is reached")
	}
	why := protocol.Why{Rule: protocol.CauseSelf.String(), Waited: s.waiting}
	s.offer(&step, c, b.Room, r, slot, protocol.CauseSelf, why, "", 0, false)
	return step, nil
}

// assign is a manager's assignment of a waiting room (S-13) or change of a held one (S-17); both may pass the limit.
func assign(s *State, c protocol.Command, b protocol.AssignRoom) (core.Step, error) {
	var step core.Step
	if c.Caller.Role != protocol.Manager && c.Caller.Role != protocol.Admin {
		return step, protocol.Reject(protocol.Forbidden, "only managers assign rooms")
	}
	slot, ok := s.slot(b.To)
	if !ok || !s.agents[slot].known {
		return step, protocol.RejectField(protocol.NotFound, "to", "no such account")
	}
	if !s.agents[slot].taker {
		return step, protocol.RejectField(protocol.Conflict, "to", "the account is not set to 상담 진행")
	}
	r := s.room(b.Room)
	switch {
	case r.ref == nil:
		step.Pass(protocol.RoomAt(s.Addr.Site, b.Room), b, c.Ticket)
		return step, nil
	case r.offered >= 0 && r.proposed == 0:
		return step, protocol.Reject(protocol.Unavailable, "the room is being assigned right now")
	}
	cause := protocol.CauseManager
	if r.holder >= 0 {
		cause = protocol.CauseManagerChange
		if !c.Facts.InScope(c.Caller.Role, c.Caller.Account, s.agents[r.holder].id) {
			return step, protocol.Reject(protocol.NotFound, "no such room")
		}
		if r.holder == slot && b.Assignment+1 == r.assignment { // the answer to the first one was lost: the same again (I-07)
			step.Answer(c.Ticket, protocol.Assigned{Room: b.Room, Assignment: r.assignment, Agent: b.To, Duplicate: true})
			return step, nil
		}
		if r.holder == slot {
			return step, protocol.RejectField(protocol.Conflict, "to", "the agent holds the room already")
		}
	}
	if b.Assignment != r.assignment { // the room would say so, too, and stand aside in the line for it
		return step, protocol.Reject(protocol.Taken, "the room has moved meanwhile")
	}
	if r.proposed != 0 { // a person decides over a rule's offer
		s.endOffer(&step, r, "withdrawn")
		step.Do(&offerWithdrawn{room: r.no})
	}
	why := protocol.Why{Rule: cause.String(), Waited: s.waiting}
	s.offer(&step, c, b.Room, r, slot, cause, why, b.Note, b.Assignment, true)
	return step, nil
}

// offer reserves a seat by hand and offers it to the room.
func (s *State) offer(step *core.Step, c protocol.Command, id protocol.RoomID, r entry, slot int32, cause protocol.Cause, why protocol.Why, note string, assignment uint32, check bool) {
	turn := s.turn + 1
	step.Do(&seatReserved{room: r.no, slot: slot, turn: turn})
	step.Pass(protocol.RoomAt(s.Addr.Site, id), protocol.OfferSeat{
		Room: id, Seat: *s.seat(slot, turn, cause, why), Caller: c.Caller, Note: note, Assignment: assignment, Check: check,
	}, c.Ticket)
}

// Deadline: an offer that is not answered in time is asked for (no seat is freed by a time-out),
// and the extras have moments of their own.
func Deadline(s *State) protocol.Instant {
	d := protocol.Instant(0)
	if len(s.offers) > 0 {
		d = s.offers[0].at.Add(offerPeriod)
	}
	if len(s.moments) > 0 && (d == 0 || s.moments[0].at < d) {
		d = s.moments[0].at
	}
	return d
}

func (s *State) deadlineReached(at protocol.Instant) core.Step {
	step := askOffers(s, at)
	if s.moments.due(at) {
		s.missOffers(&step, at)
		step.Do(&timePassed{})
		if s.waiting > 0 {
			s.kick(&step)
		}
	}
	return step
}

func askOffers(s *State, at protocol.Instant) core.Step {
	var step core.Step
	n := 0
	for _, o := range s.offers {
		if o.at.Add(offerPeriod) > at {
			break
		}
		n++
		if s.unanswered(o) {
			id := s.name(s.at(o.room))
			step.Tell(protocol.RoomAt(s.Addr.Site, id), protocol.AskOffer{Room: id, Turn: o.turn, Agent: s.agents[o.slot].id})
		}
	}
	if n > 0 {
		step.Do(&offersAsked{upto: n})
	}
	return step
}
