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
		if r := s.proposal(m.room, m.turn); r.ref != nil {
			s.missed(r)
		}
	},
}

// proposal is the room whose seat is offered to an agent under the turn; none if that is over.
func (s *State) proposal(n no, turn uint64) entry {
	if s.openAt(n) {
		if r := s.at(n); r.proposed != 0 && r.offerTurn == turn {
			return r
		}
	}
	return entry{}
}

// propose keeps the room in the line, but not to be chosen, while its seat is offered.
func (s *State) propose(r entry, e *seatReserved) {
	s.unlink(r)
	r.until, r.proposed = 0, e.until
	s.rare(r).why = *e.why
	s.proposals = append(s.proposals, r.wait)
	s.moments.add(moment{at: e.until, by: byOffer, room: r.no, turn: e.turn})
	s.roomChanged(r)
}

// missed takes the seat back for good: this agent does not get the room again by a rule.
func (s *State) missed(r entry) {
	if x := s.rare(r); !slices.Contains(x.missed, r.offered) {
		x.missed = append(x.missed, r.offered)
	}
	s.withdraw(r)
}

// withdraw takes the seat back and lets the room be chosen again.
func (s *State) withdraw(r entry) {
	s.unreserve(r)
	s.link(r)
	s.roomChanged(r)
}

// acceptedOffer: from here on the seat goes its ordinary way, and the room answers.
func (s *State) acceptedOffer(r entry, at protocol.Instant) {
	s.dropProposal(r)
	s.leaveLine(r)
	s.offers = append(s.offers, offer{room: r.no, turn: r.offerTurn, slot: r.offered, at: at})
	s.pending++
}

func (s *State) dropProposal(r entry) {
	if i := slices.Index(s.proposals, r.wait); i >= 0 {
		s.proposals = slices.Delete(s.proposals, i, i+1)
	}
	r.proposed = 0
	s.rare(r).why = protocol.Why{}
}

// stepAside takes a room whose every eligible candidate has missed it out of the line; freshFor brings
// those back for whom an agent who has become eligible is a new one.
func (s *State) stepAside(r entry) {
	s.unlink(r)
	r.stuck = true
	s.link(r)
	s.roomChanged(r)
}

func (s *State) freshFor(p *pool, i int32) {
	for r := range s.all(&p.stuck) {
		if !slices.Contains(s.missedBy(r), i) {
			s.unlink(r)
			r.stuck = false
			s.link(r)
		}
	}
}

// offered is the caller's offer of the room; a rejection if there is none (any more).
func offered(s *State, c protocol.Command, id protocol.RoomID, at protocol.Instant) (entry, int32, *protocol.Rejection) {
	slot, ok := s.slot(c.Caller.Account)
	r := s.room(id)
	if !ok || r.ref == nil {
		return entry{}, 0, protocol.Reject(protocol.NotFound, "no such offer")
	}
	if r.proposed == 0 || r.offered != slot || at >= r.proposed {
		return r, slot, protocol.Reject(protocol.Conflict, "the offer has ended")
	}
	return r, slot, nil
}

// acceptOffer gives the room to the agent to whom it is offered.
func acceptOffer(s *State, c protocol.Command, id protocol.RoomID, at protocol.Instant) (core.Step, error) {
	var step core.Step
	r, slot, rej := offered(s, c, id, at)
	switch {
	case rej != nil && r.ref != nil && r.holder == slot: // the answer was lost: the same again
		step.Answer(c.Ticket, protocol.Assigned{Room: id, Assignment: r.assignment, Agent: c.Caller.Account, Duplicate: true})
		return step, nil
	case rej != nil:
		return step, rej
	}
	step.Do(&offerAccepted{room: r.no})
	s.endOffer(&step, r, "accepted")
	step.Pass(protocol.RoomAt(s.Addr.Site, id), protocol.OfferSeat{
		Room: id, Seat: *s.seat(slot, r.offerTurn, protocol.CauseBacklog, s.rarer.at(r.more).why), Caller: c.Caller,
	}, c.Ticket)
	return step, nil
}

// declineOffer lets the next candidate have it.
func declineOffer(s *State, c protocol.Command, id protocol.RoomID, at protocol.Instant) (core.Step, error) {
	var step core.Step
	r, slot, rej := offered(s, c, id, at)
	switch {
	case rej != nil && r.ref != nil && slices.Contains(s.missedBy(r), slot): // declined or missed before
		step.Answer(c.Ticket, protocol.Done{})
		return step, nil
	case rej != nil:
		return step, rej
	}
	step = s.after(&offerMissed{room: r.no})
	s.endOffer(&step, r, "declined")
	step.Pass(protocol.RoomAt(s.Addr.Site, id), protocol.MissOffer{Room: id, Turn: r.offerTurn, Agent: c.Caller.Account, Declined: true}, c.Ticket)
	return step, nil
}

// endOffer tells the agent's inbox that an offer has ended otherwise than by its time.
func (s *State) endOffer(step *core.Step, r entry, why string) {
	if r.ref != nil && r.proposed != 0 {
		step.Tell(protocol.AgentAt(s.Addr.Site, s.agents[r.offered].id), protocol.EndOffer{
			Ended: protocol.InboxOfferEnded{Room: s.name(r), Turn: r.offerTurn, Reason: why},
		})
	}
}

// missOffers tells the rooms whose offers have run out.
func (s *State) missOffers(step *core.Step, at protocol.Instant) {
	s.moments.each(at, 0, func(m moment) {
		if r := s.proposal(m.room, m.turn); m.by == byOffer && r.ref != nil {
			id := s.name(r)
			step.Tell(protocol.RoomAt(s.Addr.Site, id), protocol.MissOffer{Room: id, Turn: r.offerTurn, Agent: s.agents[r.offered].id})
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
