package queue

import (
	"math/bits"
	"slices"
	"time"

	"switchyard/actors/balancer"
	"switchyard/actors/core"
	"switchyard/protocol"
)

// pass offers seats to waiting rooms, earliest first (9.5): one room a round, so that each
// seat is visible to the next choice, at most a slice a turn, so that others get theirs.
// A room whose agents are all busy does not block later ones: it is in another pool's line.
func pass(s *State, c *protocol.Command, at protocol.Instant) core.Step {
	step := s.steps.begin() // of the last round
	r := s.next()
	if r.ref == nil || !s.automatic() || s.pending >= offersMax {
		step.Do(&passEnded{})
		return step
	}
	if s.steps.hours(s.facts, c.Wall) != protocol.InHours { // no automatic assignment outside hours
		step.Do(&passEnded{})
		if s.open {
			step.Do(&hoursTurned{open: false})
		}
		return step
	}
	if s.slice >= sliceMax {
		step.Do(&passEnded{})
		step.Do(&passAsked{})
		step.GoOn(s.Addr, protocol.ContinuePass{}) // an opening hour releases many, and others talk meanwhile (PERF-2d)
		return step
	}
	x := new(round)
	step = core.Step{Events: x.events[:0], Tells: x.tells[:0]}
	turn := s.turn + 1
	var named [whyMax]balancer.Choice
	p := s.pool(r)
	first := p.candidates.First(named[:])
	k := s.choose(p, r.last, s.missedBy(r), first)
	if !k.ok { // everybody who could have it has missed it: the next one's turn
		step.Do(&roomStuck{room: r.no})
		step.Again = true
		return step
	}
	id := s.name(r)
	if wait := s.facts.Settings.OfferSeconds; wait > 0 {
		until, why := at.Add(time.Duration(wait)*time.Second), s.why(p, k, first, nil)
		step.Tell(protocol.RoomAt(s.Addr.Site, id), protocol.ProposeSeat{
			Room: id, Seat: *s.seat(k.slot, turn, protocol.CauseBacklog, why), Until: until,
		})
		step.Do(&seatReserved{room: r.no, slot: k.slot, turn: turn, pass: true, auto: true, rule: !k.last, order: k.order, until: until, why: &why})
		step.Again = true
		return step
	}
	step.Tell(protocol.RoomAt(s.Addr.Site, id), protocol.OfferSeat{
		Room: id, Seat: s.seatOf(k.slot, turn, protocol.CauseBacklog, s.why(p, k, first, x.candidates[:0])),
	})
	x.reserved = seatReserved{room: r.no, slot: k.slot, turn: turn, pass: true, auto: true, rule: !k.last, order: k.order}
	step.Do(&x.reserved)
	step.Again = true
	return step
}

// round is the memory of one round that gives a seat: its events wait for the rounds that follow.
type round struct {
	events     [1]protocol.Event
	tells      [1]core.Tell
	reserved   seatReserved
	candidates [whyMax]protocol.Candidate
}

// automatic says whether waiting rooms are assigned at all: never in MANUAL mode, and only with backlog AUTO.
func (s *State) automatic() bool {
	return s.facts != nil && s.facts.Settings.Mode != protocol.Manual && s.facts.Settings.Backlog == protocol.BacklogAuto
}

// next gives the earliest waiting room for which somebody is eligible: of the pools' lines, and of the
// lines of agents who are waited for.
func (s *State) next() (first entry) {
	for i, some := range s.lined {
		for ; some != 0; some &= some - 1 {
			p := s.order[64*i+bits.TrailingZeros64(some)]
			if p.candidates.Len() == 0 {
				continue
			}
			if r := s.firstOf(&p.line); first.ref == nil || s.before(r.waiter, first.waiter) {
				first = r
			}
		}
	}
	for _, i := range s.keen {
		if r := s.firstOf(s.line(ownOf(i))); first.ref == nil || s.before(r.waiter, first.waiter) {
			first = r
		}
	}
	return first
}

// choice is the agent of an automatic assignment.
type choice struct {
	slot, order int32
	last        bool // the agent of the last consultation, not the balancer's
	ok          bool
}

// choose gives the agent of the customer's last consultation, if there is one and it is eligible, else
// applies the balancer (9.3, 9.4).
// Whoever has missed the room is passed over. first is the pool's first candidates, if the caller has asked for them.
func (s *State) choose(p *pool, last int32, missed []int32, first []balancer.Choice) (k choice) {
	if last >= 0 && lastAgent.on(s.facts.Settings) && s.keys.Has(last) && slices.Contains(s.agents[last].pools, p) && !slices.Contains(missed, last) {
		return choice{slot: last, order: s.agents[last].order, last: true, ok: true}
	}
	if s.facts.Settings.Balancer == protocol.Sequential {
		cursor := p.cursor.at
		for range min(len(missed)+1, p.candidates.Len()) {
			slot, order, _ := p.candidates.After(cursor)
			if !slices.Contains(missed, slot) {
				return choice{slot: slot, order: order, ok: true}
			}
			cursor = order
		}
		return choice{}
	}
	if n := min(len(missed)+1, p.candidates.Len()); len(first) < n {
		first = p.candidates.First(make([]balancer.Choice, n))
	}
	for i := range first {
		if slot := first[i].Slot; !slices.Contains(missed, slot) {
			return choice{slot: slot, order: first[i].Key().Order, ok: true}
		}
	}
	return choice{}
}

// lastOf is the agent whom an arrival prefers; -1 = none.
func (s *State) lastOf(b *protocol.AskSeat) int32 {
	if b.LastAgent == "" {
		return -1
	}
	if slot, ok := s.slot(b.LastAgent); ok {
		return slot
	}
	return -1
}

// whyMax is how many candidates an explanation names.
const whyMax = 5

// why explains an automatic choice among the pool's first candidates, from the loads at this moment. They are appended to into.
func (s *State) why(p *pool, k choice, first []balancer.Choice, into []protocol.Candidate) protocol.Why {
	w := protocol.Why{Rule: s.facts.Settings.Balancer.String(), Eligible: p.candidates.Len(), Waited: s.waiting}
	if k.last {
		w.Rule = ruleLastAgent
	}
	if w.Candidates = into; into == nil {
		w.Candidates = make([]protocol.Candidate, 0, whyMax)
	}
	for i := range first {
		w.Candidates = append(w.Candidates, protocol.Candidate{Account: s.ids[first[i].Slot], Load: int(first[i].Key().Load)})
	}
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
