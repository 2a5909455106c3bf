package queue

import (
	"switchyard/actors/balancer"
	"switchyard/actors/calendar"
	"switchyard/actors/core"
	"switchyard/protocol"
)

// pass offers seats to waiting rooms, earliest first (9.5): one room a round, so that each
// seat is visible to the next choice, at most a slice a turn, so that others get theirs.
// A room whose agents are all busy does not block later ones: it is in another pool's line.
func pass(s *State, c protocol.Command) core.Step {
	var step core.Step
	r, p := s.next()
	if r == nil || !s.automatic() || s.pending >= offersMax {
		step.Do(&passEnded{})
		return step
	}
	if !calendar.Open(s.facts, c.Wall) { // no automatic assignment outside hours
		step.Do(&passEnded{})
		if s.open {
			step.Do(&hoursTurned{open: false})
		}
		return step
	}
	if s.slice >= sliceMax {
		step.Do(&passEnded{})
		step.Do(&passAsked{})
		step.Tell(s.Addr, protocol.ContinuePass{})
		return step
	}
	slot, order, _ := s.choose(p)
	turn := s.turn + 1
	step.Tell(protocol.RoomAt(s.Addr.Site, r.room), protocol.OfferSeat{
		Room: r.room, Seat: *s.seat(slot, turn, protocol.CauseBacklog, s.why(p)),
	})
	step.Do(&seatReserved{room: r.room, slot: slot, turn: turn, pass: true, rule: true, order: order})
	step.Again = true
	return step
}

// automatic says whether waiting rooms are assigned at all: never in MANUAL mode, and only with backlog AUTO.
func (s *State) automatic() bool {
	return s.facts != nil && s.facts.Settings.Mode != protocol.Manual && s.facts.Settings.Backlog == protocol.BacklogAuto
}

// next gives the earliest waiting room for which somebody is eligible.
func (s *State) next() (*ref, *pool) {
	var first *ref
	for _, p := range s.order {
		if p.head != nil && p.least.Len() > 0 && (first == nil || before(p.head, first)) {
			first = p.head
		}
	}
	if first == nil {
		return nil, nil
	}
	return first, first.pool
}

// before is the order of the line: by request, then by the order in which the requests came.
func before(a, b *ref) bool {
	if a.requestedAt != b.requestedAt {
		return a.requestedAt < b.requestedAt
	}
	if a.place != b.place {
		return a.place < b.place
	}
	return a.room < b.room
}

// choose applies the balancer (9.3, 9.4).
func (s *State) choose(p *pool) (slot, order int32, ok bool) {
	if s.facts.Settings.Balancer == protocol.Sequential {
		return p.ring.After(p.cursorAt)
	}
	slot, ok = p.least.Pick()
	if ok {
		order = s.agents[slot].order
	}
	return slot, order, ok
}

// why explains a choice of the balancer, from the loads at this moment.
func (s *State) why(p *pool) protocol.Why {
	w := protocol.Why{Rule: s.facts.Settings.Balancer.String(), Eligible: p.least.Len(), Waited: s.waiting}
	w.Candidates = make([]protocol.Candidate, 0, 5)
	p.least.Top(5, func(slot int32, k balancer.Key) {
		w.Candidates = append(w.Candidates, protocol.Candidate{Account: s.agents[slot].id, Load: int(k.Load)})
	})
	return w
}

// poolOf gives the candidates of a room (9.2 point 5): those its category or channel is
// mapped to, level 2 first; without a mapping everyone in scope.
func (s *State) poolOf(category, channel string) *pool {
	if s.facts != nil {
		switch s.facts.Settings.Selector {
		case protocol.SelectCategory:
			if p := s.pools["c/"+category]; p != nil && category != "" {
				return p
			}
			if k := s.facts.Categories[category]; k != nil && k.Parent != "" {
				if p := s.pools["c/"+k.Parent]; p != nil {
					return p
				}
			}
		case protocol.SelectChannel:
			if p := s.pools["h/"+channel]; p != nil {
				return p
			}
		}
	}
	return s.pools[""]
}
