package queue

import (
	"slices"

	"switchyard/actors/balancer"
	"switchyard/protocol"
)

// Apply makes one event true. What does not fit the state (an answer to an offer that is
// no more) changes nothing.
func Apply(s *State, r protocol.Recorded) {
	switch e := r.Event.(type) {
	case *factsAdopted:
		s.adopt(e.facts)
	case *agentReported:
		s.reported(e.report, r.At)
	case *hoursTurned:
		s.open = e.open
		s.revision++
	case *roomAsked:
		s.asks(e, r.At)
	case *seatReserved:
		s.reserve(e, r.At)
	case *seatTaken:
		s.taken(e.accepted, r.At)
	case *seatReturned:
		s.handedBack(e.returned, r.At)
	case *roomGone:
		s.gone(e.room, r.At)
	case *roomUnlocked:
		if ref := s.rooms[e.room]; ref != nil {
			s.unlink(ref)
			ref.lock, ref.aside = false, false
			if ref.lined {
				s.prefer(ref, r.At)
			}
			s.link(ref)
			s.roomChanged(ref)
		}
	case *roomMoved:
		s.move(e.room, e.class)
	case *offerAccepted:
		s.acceptedOffer(s.rooms[e.room], r.At)
	case *offerMissed:
		s.missed(s.rooms[e.room])
	case *offerWithdrawn:
		s.withdraw(s.rooms[e.room])
	case *roomStuck:
		s.slice++
		s.stepAside(s.rooms[e.room])
	case *timePassed:
		s.passed(r.At)
	case *passAsked:
		s.asked = true
	case *passEnded:
		s.asked, s.slice = false, 0
	case *offersAsked:
		again := s.offers[:e.upto:e.upto]
		s.offers = s.offers[e.upto:]
		for _, o := range again {
			if ref := s.rooms[o.room]; ref != nil && ref.offerTurn == o.turn && ref.offered == o.slot {
				o.at = r.At
				s.offers = append(s.offers, o)
			}
		}
	}
}

// adopt takes new settings, accounts and mappings, and keeps loads and lines.
func (s *State) adopt(f *protocol.SiteFacts) {
	if s.facts != nil && f.Settings.Number < s.facts.Settings.Number {
		return // an older value, overtaken on its way
	}
	s.facts = f
	for i := range s.agents {
		s.agents[i].known, s.agents[i].taker = false, false
	}
	ids := make([]protocol.AccountID, 0, len(f.Accounts))
	for id := range f.Accounts {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		acc := f.Accounts[id]
		a := &s.agents[s.slotOf(id)]
		a.known, a.name, a.order, a.limit = true, acc.Name, int32(acc.Order), int32(acc.MaxConcurrent)
		a.taker = acc.Consulting && !acc.Disabled
		a.scoped = len(f.Settings.Scope) == 0 || slices.Contains(f.Settings.Scope, id)
	}
	s.makePools()
	for i := range s.agents {
		s.settle(int32(i))
	}
	s.revision++
	s.changes = nil // a view of before must be read whole
}

// makePools builds the pools of the present mappings and moves every waiting room to its line.
func (s *State) makePools() {
	f := s.facts
	old := s.pools
	for key, p := range old { // a pool that is no more may come back
		if p.cursorTurn != 0 {
			s.cursors[key] = protocol.TurnRow{Account: p.cursor, Turn: p.cursorTurn}
		} else {
			delete(s.cursors, key)
		}
	}
	s.pools, s.order = map[string]*pool{}, nil
	s.keys.Clear() // settle gives them again
	add := func(key string, members []int32) {
		p := &pool{key: key, cursorAt: -1, candidates: balancer.NewPool(&s.keys, members)}
		if row, ok := s.cursors[key]; ok {
			p.cursor, p.cursorTurn = row.Account, row.Turn
		}
		if slot, ok := s.slots[p.cursor]; ok {
			p.cursorAt = s.agents[slot].order
		}
		s.pools[key], s.order = p, append(s.order, p)
		for _, i := range members {
			a := &s.agents[i]
			a.pools = append(a.pools, p)
			if p.candidates.Many() {
				a.many = append(a.many, p)
			}
		}
	}
	all := make([]int32, len(s.agents))
	for i := range s.agents {
		s.agents[i].pools, s.agents[i].many = nil, nil
		all[i] = int32(i)
	}
	add("", all)
	mapped := func(prefix string, m map[string][]protocol.AccountID) {
		keys := make([]string, 0, len(m))
		for k := range m {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		for _, k := range keys {
			members := make([]int32, 0, len(m[k]))
			for _, id := range m[k] {
				if i, ok := s.slots[id]; ok {
					members = append(members, i)
				}
			}
			slices.Sort(members)
			add(prefix+k, slices.Compact(members))
		}
	}
	switch f.Settings.Selector {
	case protocol.SelectCategory:
		mapped("c/", f.Settings.CategoryAgents)
	case protocol.SelectChannel:
		mapped("h/", f.Settings.ChannelAgents)
	}
	line := s.line()
	for _, r := range line {
		r.prev, r.next, r.in = nil, nil, nil
	}
	for i := range s.agents {
		s.agents[i].own = nil
	}
	s.keen = nil
	for _, r := range s.rooms {
		r.pool = s.poolOf(r.category, r.channel)
		r.stuck = false
	}
	for _, r := range line {
		s.link(r)
	}
}

func (s *State) slotOf(id protocol.AccountID) int32 {
	if i, ok := s.slots[id]; ok {
		return i
	}
	i := int32(len(s.agents))
	a := agent{id: id, want: protocol.WantOnline, conn: protocol.ConnDown}
	if row, ok := s.lasts[id]; ok {
		a.last, a.granted = row.Turn, row.Turn
	}
	s.agents = append(s.agents, a)
	s.slots[id] = i
	return i
}

func (s *State) reported(b protocol.AgentReport, at protocol.Instant) {
	i := s.slotOf(b.Account)
	a := &s.agents[i]
	first := !a.reported
	a.onDuty, a.want, a.conn, a.reported = b.OnDuty, b.Want, b.Conn, true
	was := a.online
	a.online = s.present(a)
	if a.online && !was && !first && s.facts != nil {
		s.came(i, at)
	}
	s.settle(i)
}

// settle brings the pools and the counts in line with an agent's facts and load.
func (s *State) settle(i int32) {
	a := &s.agents[i]
	if s.eligible(a) {
		if s.keys.Set(i, balancer.Key{Load: a.seats(), Last: a.last, Order: a.order}) {
			for _, p := range a.pools {
				p.candidates.Joined(i)
				if p.stuck.filled != 0 {
					s.freshFor(p, i)
				}
			}
		} else {
			for _, p := range a.many {
				p.candidates.Moved(i)
			}
		}
	} else if s.keys.Remove(i) {
		for _, p := range a.pools {
			p.candidates.Left(i)
		}
	}
	counted := a.known && a.taker && a.scoped && a.onDuty
	atLimit := counted && a.limit != 0 && a.seats() >= a.limit
	s.onDuty += diff(a.counted, counted)
	s.full += diff(a.atLimit, atLimit)
	a.counted, a.atLimit = counted, atLimit
	s.keep(i)
	s.agentChanged(i)
}

func diff(was, is bool) int {
	switch {
	case is && !was:
		return 1
	case was && !is:
		return -1
	}
	return 0
}

func (s *State) asks(e *roomAsked, at protocol.Instant) {
	s.place++
	r := s.newRef()
	*r = ref{
		room: e.ask.Room, requestedAt: e.ask.RequestedAt, place: s.place, category: e.ask.Category, channel: e.ask.Account,
		lock: e.lock, holder: -1, offered: -1, priority: min(e.ask.Priority, protocol.PriorityMax), last: -1,
	}
	r.pool = s.poolOf(r.category, r.channel)
	r.last = s.lastOf(e.ask)
	s.rooms[r.room], s.recent = r, r
	s.prefer(r, at)
	s.lineUp(r)
}

func (s *State) reserve(e *seatReserved, at protocol.Instant) {
	r := s.touch(e.room)
	s.turn = e.turn
	if e.pass {
		s.slice++
	}
	if e.until == 0 {
		s.leaveLine(r)
	} else {
		s.propose(r, e)
	}
	r.offered, r.offerTurn = e.slot, e.turn
	a := &s.agents[e.slot]
	r.was = moved{last: a.last}
	if r.pool != nil {
		r.was.cursor, r.was.cursorAt, r.was.cursorTurn = r.pool.cursor, r.pool.cursorAt, r.pool.cursorTurn
	}
	a.load++
	a.last = e.turn
	if e.rule && s.facts.Settings.Balancer == protocol.Sequential {
		r.pool.candidates.WakeRing()
		r.pool.cursor, r.pool.cursorAt, r.pool.cursorTurn = a.id, e.order, e.turn
	}
	if e.until == 0 {
		s.offers = append(s.offers, offer{room: e.room, turn: e.turn, slot: e.slot, at: at})
		s.pending++
	}
	if e.auto {
		s.gave(e.slot, at)
	}
	s.settle(e.slot)
}

// answeredOffer drops the room's offer and what stands answered at the front of the list.
func (s *State) answeredOffer(r *ref) {
	r.offered, r.offerTurn = -1, 0
	if r.proposed != 0 {
		s.dropProposal(r)
		return
	}
	s.pending--
	n := 0
	for ; n < len(s.offers); n++ {
		o := s.offers[n]
		if ref := s.room(o.room); ref != nil && ref.offered == o.slot && ref.offerTurn == o.turn {
			break
		}
	}
	if n == len(s.offers) {
		s.offers = s.offers[:0] // where each offer is answered before the next, the list never moves
	} else {
		s.offers = s.offers[n:]
	}
}

func (s *State) taken(b protocol.SeatAccepted, at protocol.Instant) {
	r := s.touch(b.Room)
	if r == nil || r.offered < 0 || r.offerTurn != b.Turn {
		return
	}
	slot := r.offered
	s.answeredOffer(r)
	s.free(r, at)
	r.holder, r.turn, r.assignment = slot, b.Turn, b.Assignment
	s.agents[slot].granted = max(s.agents[slot].granted, b.Turn) // two acceptances may cross
	s.roomChanged(r)
}

// free gives the seat that the room holds back to its agent.
func (s *State) free(r *ref, at protocol.Instant) {
	if r.holder < 0 {
		return
	}
	i := r.holder
	r.holder = -1
	s.agents[i].load--
	s.freed(i, at)
	s.settle(i)
}

func (s *State) handedBack(b protocol.SeatReturned, at protocol.Instant) {
	r := s.rooms[b.Room]
	if r == nil || r.offered < 0 || r.offerTurn != b.Turn {
		return
	}
	s.unreserve(r)
	switch {
	case r.holder < 0 && (b.State == protocol.Waiting || b.State == 0):
		r.aside = true // it said no while it waits: not again before it changes
		s.lineUp(r)
	case !b.State.Open() && b.State != 0:
		s.gone(r.room, at)
	}
}

// unreserve takes back the seat that is offered to the room, and what the reservation moved. Where a
// later turn was given since, it is what that one would put back that changes.
func (s *State) unreserve(r *ref) {
	i, turn, p := r.offered, r.offerTurn, r.pool
	s.answeredOffer(r)
	a := &s.agents[i]
	a.load--
	if a.last == turn {
		a.last = r.was.last
	}
	if p != nil && p.cursorTurn == turn {
		p.cursor, p.cursorAt, p.cursorTurn = r.was.cursor, r.was.cursorAt, r.was.cursorTurn
	}
	puts := func(later *ref) {
		if later.offered == i && later.was.last == turn {
			later.was.last = r.was.last
		}
		if later.pool == p && later.was.cursorTurn == turn {
			later.was.cursor, later.was.cursorAt, later.was.cursorTurn = r.was.cursor, r.was.cursorAt, r.was.cursorTurn
		}
	}
	for _, o := range s.offers {
		if later := s.rooms[o.room]; later != nil && later.offerTurn == o.turn {
			puts(later)
		}
	}
	for _, later := range s.proposals {
		puts(later)
	}
	s.settle(i)
}

func (s *State) gone(room protocol.RoomID, at protocol.Instant) {
	r := s.room(room)
	if r == nil {
		return
	}
	s.recent = nil
	s.leaveLine(r)
	if r.offered >= 0 {
		s.unreserve(r)
	}
	s.free(r, at)
	delete(s.rooms, room)
	s.roomChanged(r)
	if len(s.spare) < spareMax {
		*r = ref{}
		s.spare = append(s.spare, r)
	}
}

// newRef takes the record of a room that has gone, if there is one: at a steady load none is allocated.
func (s *State) newRef() *ref {
	n := len(s.spare)
	if n == 0 {
		return new(ref)
	}
	r := s.spare[n-1]
	s.spare = s.spare[:n-1]
	return r
}

func (s *State) roomChanged(r *ref)   { s.changed(change{room: r.room, slot: -1}) }
func (s *State) agentChanged(i int32) { s.changed(change{slot: i}) }

func (s *State) changed(c change) {
	s.revision++
	c.revision = s.revision
	if len(s.changes) >= 2*changesMax { // in place: nobody else holds it, and every assignment comes by here several times
		s.changes = s.changes[:copy(s.changes, s.changes[len(s.changes)-changesMax:])]
	}
	s.changes = append(s.changes, c)
}
