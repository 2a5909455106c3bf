package queue

import (
	"fmt"
	"slices"

	"switchyard/actors/balancer"
	"switchyard/protocol"
)

// Check is the cheap part: it runs after every step.
func Check(s *State) error {
	switch {
	case s.waiting < 0 || s.pending < 0:
		return fmt.Errorf("queue: %d waiting, %d offers", s.waiting, s.pending)
	case s.onDuty < 0 || s.full < 0 || s.full > s.onDuty:
		return fmt.Errorf("queue: %d on duty, %d of them full", s.onDuty, s.full)
	}
	return nil
}

// Audit counts everything again: the loads are the rooms', the line is the waiting rooms in
// order, the pools hold the eligible. For tests and simulations; O(rooms × agents).
func Audit(s *State) error {
	loads := make([]int32, len(s.agents))
	waiting, pending := 0, 0
	kinds := make([]int, len(s.kinds))
	found := 0
	for n, ref := range s.rooms.all {
		r := s.at(n)
		id := s.name(r)
		found++
		kinds[r.kind]++
		if s.rooms.find(id) != n || ref != r.ref || r.wait != 0 && r.waiter.room != n {
			return fmt.Errorf("%s is not found by its name", id)
		}
		if r.holder >= 0 {
			loads[r.holder]++
		}
		if r.offered >= 0 {
			loads[r.offered]++
			if r.proposed == 0 {
				pending++
			}
		}
		if (r.proposed != 0) != slices.Contains(s.proposals, r.wait) || r.proposed != 0 && (r.offered < 0 || !r.lined) {
			return fmt.Errorf("%s is offered to an agent, and is not", id)
		}
		if r.lined {
			waiting++
		}
		if r.lined && (r.holder >= 0 || r.offered >= 0 && r.proposed == 0) {
			return fmt.Errorf("I-01: %s waits and has a seat", id)
		}
		if !r.lined && r.holder < 0 && r.offered < 0 {
			return fmt.Errorf("room %s is nowhere", id)
		}
	}
	if found != s.rooms.len || s.still != stillness {
		return fmt.Errorf("%d rooms, counted %d; of one without a waiter %+v", s.rooms.len, found, s.still)
	}
	for i, n := range kinds {
		if s.kinds[i].rooms != n {
			return fmt.Errorf("%d rooms of kind %+v, counted %d", s.kinds[i].rooms, s.kinds[i], n)
		}
	}
	if waiting != s.waiting || pending != s.pending {
		return fmt.Errorf("waiting %d, counted %d; offers %d, counted %d", s.waiting, waiting, s.pending, pending)
	}
	able := map[*pool]int{}
	for i := range s.agents {
		a := &s.agents[i]
		if a.load != loads[i] {
			return fmt.Errorf("%s has load %d, its rooms are %d", a.id, a.load, loads[i])
		}
		for _, p := range a.pools {
			able[p] += diff(false, s.eligible(a))
		}
		if s.keys.Has(int32(i)) != s.eligible(a) || s.eligible(a) != (s.whyNot(a) == "") {
			return fmt.Errorf("%s has a key: %v, eligible: %v, why not: %q", a.id, s.keys.Has(int32(i)), s.eligible(a), s.whyNot(a))
		}
	}
	for _, p := range s.order {
		if err := auditPool(s, p, able[p]); err != nil {
			return fmt.Errorf("pool %q: %w", p.key, err)
		}
	}
	return auditLines(s)
}

// auditPool: the pool has as many candidates as it says, and the order in which it names them is the keys'.
func auditPool(s *State, p *pool, able int) error {
	first := p.candidates.First(make([]balancer.Choice, len(s.agents)))
	if len(first) != able || p.candidates.Len() != able {
		return fmt.Errorf("%d of %d candidates are named, %d are eligible", len(first), p.candidates.Len(), able)
	}
	for i := range first {
		a := &s.agents[first[i].Slot]
		if k := (balancer.Key{Load: a.seats(), Last: a.last, Order: a.order}); first[i].Key() != k {
			return fmt.Errorf("%s is in it with %v, and has %v", a.id, first[i].Key(), k)
		}
	}
	return nil
}

// auditLines: every room that may be chosen stands in one line, the lines are in order, and only
// who is there is waited for.
func auditLines(s *State) error {
	lines := map[where]string{}
	for _, p := range s.order {
		lines[lineOf(p)] = fmt.Sprintf("pool %q", p.key)
		lines[stuckOf(p)] = fmt.Sprintf("pool %q, everybody missed it", p.key)
		if lined := s.lined[p.no/64]>>(p.no%64)&1 != 0; lined != (p.line.filled != 0) {
			return fmt.Errorf("somebody waits for pool %q: %v", p.key, lined)
		}
	}
	for i := range s.agents {
		a := &s.agents[i]
		if a.own == 0 {
			continue
		}
		own := s.line(ownOf(int32(i)))
		lines[ownOf(int32(i))] = "agent " + string(a.id)
		if keen := own.filled != 0 && s.eligible(a); keen != slices.Contains(s.keen, int32(i)) {
			return fmt.Errorf("%s can get a room of its own line: %v, and is not on the list", a.id, keen)
		}
		if own.filled != 0 && !s.there(a) {
			return fmt.Errorf("rooms wait for %s, who is not there", a.id)
		}
	}
	free := 0
	for l, name := range lines {
		var last entry
		for r := range s.all(s.line(l)) {
			free++
			if last.ref != nil && !s.before(last.waiter, r.waiter) {
				return fmt.Errorf("I-13: %s stands before %s", s.name(last), s.name(r))
			}
			p := s.pool(r)
			own := r.until != 0 && ownOf(r.last) == l
			if r.lock || r.aside || !r.lined || r.in != l || !own && (stuckOf(p) == l) != r.stuck || !own && lineOf(p) != l && stuckOf(p) != l || r.until != 0 && !own {
				return fmt.Errorf("%s is in the line of %s", s.name(r), name)
			}
			if r.stuck {
				for i := range s.agents {
					if a := &s.agents[i]; s.eligible(a) && slices.Contains(a.pools, p) && !slices.Contains(s.missedBy(r), int32(i)) {
						return fmt.Errorf("%s stands aside, and %s has not missed it", s.name(r), a.id)
					}
				}
			}
			last = r
		}
	}
	for r := range s.allWaiters {
		if r.lined && !r.lock && !r.aside && r.proposed == 0 {
			free--
		}
	}
	if free != 0 && s.facts != nil {
		return fmt.Errorf("the lines are off by %d rooms", free)
	}
	return nil
}

// Waiting is how many rooms are in the line, locked ones too, for observers from outside.
func Waiting(s *State) int { return s.waiting }

// Seat is where a room stands in the queue, for audits from outside.
type Seat struct {
	Waiting bool
	Locked  bool
	Holder  protocol.AccountID
}

// Seats lists every room that the queue has.
func Seats(s *State) map[protocol.RoomID]Seat {
	all := make(map[protocol.RoomID]Seat, s.rooms.len)
	for n := range s.rooms.all {
		r := s.at(n)
		seat := Seat{Waiting: r.lined, Locked: r.lock}
		if r.holder >= 0 {
			seat.Holder = s.agents[r.holder].id
		}
		all[s.name(r)] = seat
	}
	return all
}
