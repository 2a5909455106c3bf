package queue

import (
	"slices"

	"switchyard/actors/core"
	"switchyard/protocol"
)

// offering: an automatic choice is first offered to the agent, who accepts or declines in time
// (distribution.offer). The seat is reserved meanwhile, so limits and turns hold; the room stays
// WAITING, in view of everybody who sees the line, and a manager may still give it to whomever.
// Whoever missed or declined a room is not chosen for it again (the room's history remembers that);
// a room whose every candidate missed it steps out of the others' way until somebody else becomes
// eligible. What is offered is forgotten in a crash, and offered anew.
var offering = extra{
	name: "distribution.offer",
	on:   func(f *protocol.Settings) bool { return f.OfferSeconds > 0 },
	passed: func(s *State, m moment) {
		if r := s.proposal(m.room, m.turn); r != nil {
			s.missed(r)
		}
	},
}

// proposal is the room whose seat is offered to an agent under the turn; nil = that is over.
func (s *State) proposal(room protocol.RoomID, turn uint64) *ref {
	if r := s.rooms[room]; r != nil && r.proposed != 0 && r.offerTurn == turn {
		return r
	}
	return nil
}

// propose keeps the room in the line, but not to be chosen, while its seat is offered.
func (s *State) propose(r *ref, e *seatReserved) {
	s.unlink(r)
	r.until, r.proposed, r.why = 0, e.until, *e.why
	if s.proposals == nil {
		s.proposals = map[protocol.RoomID]*ref{}
	}
	s.proposals[r.room] = r
	s.moments.add(moment{at: e.until, by: byOffer, room: r.room, turn: e.turn})
	s.roomChanged(r)
}

// missed takes the seat back for good: this agent does not get the room again by a rule.
func (s *State) missed(r *ref) {
	if !slices.Contains(r.missed, r.offered) {
		r.missed = append(r.missed, r.offered)
	}
	s.withdraw(r)
}

// withdraw takes the seat back and lets the room be chosen again.
func (s *State) withdraw(r *ref) {
	s.unreserve(r)
	s.link(r)
	s.roomChanged(r)
}

// acceptedOffer: from here on the seat goes its ordinary way, and the room answers.
func (s *State) acceptedOffer(r *ref, at protocol.Instant) {
	s.dropProposal(r)
	s.leaveLine(r)
	s.offers = append(s.offers, offer{room: r.room, turn: r.offerTurn, slot: r.offered, at: at})
	s.pending++
}

func (s *State) dropProposal(r *ref) {
	delete(s.proposals, r.room)
	r.proposed, r.why = 0, protocol.Why{}
}

// stepAside takes a room whose every eligible candidate has missed it out of the line; freshFor brings
// those back for whom an agent who has become eligible is a new one.
func (s *State) stepAside(r *ref) {
	s.unlink(r)
	r.stuck = true
	s.link(r)
	s.roomChanged(r)
}

func (s *State) freshFor(p *pool, i int32) {
	for r := range p.stuck.all {
		if !slices.Contains(r.missed, i) {
			s.unlink(r)
			r.stuck = false
			s.link(r)
		}
	}
}

// offered is the caller's offer of the room; a rejection if there is none (any more).
func offered(s *State, c protocol.Command, room protocol.RoomID, at protocol.Instant) (*ref, int32, *protocol.Rejection) {
	slot, ok := s.slot(c.Caller.Account)
	r := s.rooms[room]
	if !ok || r == nil {
		return nil, 0, protocol.Reject(protocol.NotFound, "no such offer")
	}
	if r.proposed == 0 || r.offered != slot || at >= r.proposed {
		return r, slot, protocol.Reject(protocol.Conflict, "the offer has ended")
	}
	return r, slot, nil
}

// acceptOffer gives the room to the agent to whom it is offered.
func acceptOffer(s *State, c protocol.Command, room protocol.RoomID, at protocol.Instant) (core.Step, error) {
	var step core.Step
	r, slot, rej := offered(s, c, room, at)
	switch {
	case rej != nil && r != nil && r.holder == slot: // the answer was lost: the same again
		step.Answer(c.Ticket, protocol.Assigned{Room: r.room, Assignment: r.assignment, Agent: c.Caller.Account, Duplicate: true})
		return step, nil
	case rej != nil:
		return step, rej
	}
	step.Do(&offerAccepted{room: room})
	s.endOffer(&step, r, "accepted")
	step.Pass(protocol.RoomAt(s.Addr.Site, room), protocol.OfferSeat{
		Room: room, Seat: *s.seat(slot, r.offerTurn, protocol.CauseBacklog, r.why), Caller: c.Caller,
	}, c.Ticket)
	return step, nil
}

// declineOffer lets the next candidate have it.
func declineOffer(s *State, c protocol.Command, room protocol.RoomID, at protocol.Instant) (core.Step, error) {
	var step core.Step
	r, slot, rej := offered(s, c, room, at)
	switch {
	case rej != nil && r != nil && slices.Contains(r.missed, slot): // declined or missed before
		step.Answer(c.Ticket, protocol.Done{})
		return step, nil
	case rej != nil:
		return step, rej
	}
	step = s.after(&offerMissed{room: room})
	s.endOffer(&step, r, "declined")
	step.Pass(protocol.RoomAt(s.Addr.Site, room), protocol.MissOffer{Room: room, Turn: r.offerTurn, Agent: c.Caller.Account, Declined: true}, c.Ticket)
	return step, nil
}

// endOffer tells the agent's inbox that an offer has ended otherwise than by its time.
func (s *State) endOffer(step *core.Step, r *ref, why string) {
	if r != nil && r.proposed != 0 {
		step.Tell(protocol.AgentAt(s.Addr.Site, s.agents[r.offered].id), protocol.EndOffer{
			Ended: protocol.InboxOfferEnded{Room: r.room, Turn: r.offerTurn, Reason: why},
		})
	}
}

// missOffers tells the rooms whose offers have run out.
func (s *State) missOffers(step *core.Step, at protocol.Instant) {
	s.moments.each(at, 0, func(m moment) {
		if r := s.proposal(m.room, m.turn); m.by == byOffer && r != nil {
			step.Tell(protocol.RoomAt(s.Addr.Site, r.room), protocol.MissOffer{Room: r.room, Turn: r.offerTurn, Agent: s.agents[r.offered].id})
		}
	})
}

// each calls with every moment that has come, below i in the heap.
func (h moments) each(at protocol.Instant, i int, call func(moment)) {
	if i < len(h) && h[i].at <= at {
		call(h[i])
		h.each(at, 2*i+1, call)
		h.each(at, 2*i+2, call)
	}
}
