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
		s.reported(e.report)
	case *hoursTurned:
		s.open = e.open
		s.revision++
	case *roomAsked:
		s.asks(e)
	case *seatReserved:
		s.reserve(e, r.At)
	case *seatTaken:
		s.taken(e.accepted)
	case *seatReturned:
		s.handedBack(e.returned)
	case *roomGone:
		s.gone(e.room)
	case *roomUnlocked:
		if ref := s.rooms[e.room]; ref != nil {
			s.unlink(ref)
			ref.lock, ref.aside = false, false
			s.link(ref)
			s.roomChanged(ref)
		}
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
	add := func(key string, in func(*agent) bool) {
		p := &pool{key: key, cursorAt: -1}
		if row, ok := s.cursors[key]; ok {
			p.cursor, p.cursorTurn = row.Account, row.Turn
		}
		if slot, ok := s.slots[p.cursor]; ok {
			p.cursorAt = s.agents[slot].order
		}
		s.pools[key], s.order = p, append(s.order, p)
		for i := range s.agents {
			if a := &s.agents[i]; in(a) {
				a.pools = append(a.pools, p)
			}
		}
	}
	for i := range s.agents {
		s.agents[i].pools = nil
	}
	add("", func(*agent) bool { return true })
	mapped := func(prefix string, m map[string][]protocol.AccountID) {
		keys := make([]string, 0, len(m))
		for k := range m {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		for _, k := range keys {
			set := m[k]
			add(prefix+k, func(a *agent) bool { return slices.Contains(set, a.id) })
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
		r.prev, r.next = nil, nil
	}
	for _, r := range s.rooms {
		r.pool = s.poolOf(r.category, r.channel)
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
		a.last = row.Turn
	}
	s.agents = append(s.agents, a)
	s.slots[id] = i
	return i
}

func (s *State) reported(b protocol.AgentReport) {
	i := s.slotOf(b.Account)
	a := &s.agents[i]
	a.onDuty, a.want, a.conn = b.OnDuty, b.Want, b.Conn
	s.settle(i)
}

// settle brings the pools and the counts in line with an agent's facts and load.
func (s *State) settle(i int32) {
	a := &s.agents[i]
	can := s.eligible(a)
	for _, p := range a.pools {
		if can {
			p.least.Set(i, balancer.Key{Load: a.load, Last: a.last, Order: a.order})
			p.ring.Set(i, a.order)
		} else {
			p.least.Remove(i)
			p.ring.Remove(i)
		}
	}
	counted := a.known && a.taker && a.scoped && a.onDuty
	atLimit := counted && a.limit != 0 && a.load >= a.limit
	s.onDuty += diff(a.counted, counted)
	s.full += diff(a.atLimit, atLimit)
	a.counted, a.atLimit = counted, atLimit
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

func (s *State) asks(e *roomAsked) {
	s.place++
	r := &ref{
		room: e.ask.Room, requestedAt: e.ask.RequestedAt, place: s.place, category: e.ask.Category, channel: e.ask.Account,
		lock: e.lock, holder: -1, offered: -1,
	}
	r.pool = s.poolOf(r.category, r.channel)
	s.rooms[r.room] = r
	s.lineUp(r)
}

// lineUp puts a room into the line, at its place.
func (s *State) lineUp(r *ref) {
	if !r.lined {
		r.lined = true
		s.waiting++
	}
	s.link(r)
	s.roomChanged(r)
}

func (s *State) leaveLine(r *ref) {
	if r.lined {
		s.unlink(r)
		r.lined = false
		s.waiting--
		s.roomChanged(r)
	}
}

// link puts a waiting room that may be assigned into its pool's line; arrivals go to the end at once.
func (s *State) link(r *ref) {
	if !r.lined || r.lock || r.aside || r.pool == nil {
		return
	}
	p := r.pool
	after := p.tail
	for after != nil && before(r, after) {
		after = after.prev
	}
	if after == nil {
		r.next, r.prev = p.head, nil
		p.head = r
	} else {
		r.next, r.prev = after.next, after
		after.next = r
	}
	if r.next != nil {
		r.next.prev = r
	} else {
		p.tail = r
	}
}

func (s *State) unlink(r *ref) {
	p := r.pool
	if p == nil || r.prev == nil && p.head != r {
		return
	}
	if r.prev != nil {
		r.prev.next = r.next
	} else {
		p.head = r.next
	}
	if r.next != nil {
		r.next.prev = r.prev
	} else {
		p.tail = r.prev
	}
	r.prev, r.next = nil, nil
}

func (s *State) reserve(e *seatReserved, at protocol.Instant) {
	r := s.rooms[e.room]
	s.turn = e.turn
	if e.pass {
		s.slice++
	}
	s.leaveLine(r)
	r.offered, r.offerTurn = e.slot, e.turn
	a := &s.agents[e.slot]
	r.was = moved{last: a.last}
	if r.pool != nil {
		r.was.cursor, r.was.cursorAt, r.was.cursorTurn = r.pool.cursor, r.pool.cursorAt, r.pool.cursorTurn
	}
	a.load++
	a.last = e.turn
	if e.rule && s.facts.Settings.Balancer == protocol.Sequential {
		r.pool.cursor, r.pool.cursorAt, r.pool.cursorTurn = a.id, e.order, e.turn
	}
	s.offers = append(s.offers, offer{room: e.room, turn: e.turn, slot: e.slot, at: at})
	s.pending++
	s.settle(e.slot)
}

// answeredOffer drops the room's offer and what stands answered at the front of the list.
func (s *State) answeredOffer(r *ref) {
	r.offered, r.offerTurn = -1, 0
	s.pending--
	for len(s.offers) > 0 {
		o := s.offers[0]
		if ref := s.rooms[o.room]; ref != nil && ref.offered == o.slot && ref.offerTurn == o.turn {
			break
		}
		s.offers = s.offers[1:]
	}
}

func (s *State) taken(b protocol.SeatAccepted) {
	r := s.rooms[b.Room]
	if r == nil || r.offered < 0 || r.offerTurn != b.Turn {
		return
	}
	slot := r.offered
	s.answeredOffer(r)
	s.free(r)
	r.holder, r.turn, r.assignment = slot, b.Turn, b.Assignment
	s.roomChanged(r)
}

// free gives the seat that the room holds back to its agent.
func (s *State) free(r *ref) {
	if r.holder < 0 {
		return
	}
	i := r.holder
	r.holder = -1
	s.agents[i].load--
	s.settle(i)
}

func (s *State) handedBack(b protocol.SeatReturned) {
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
		s.gone(r.room)
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
	for _, o := range s.offers {
		later := s.rooms[o.room]
		if later == nil || later.offerTurn != o.turn {
			continue
		}
		if o.slot == i && later.was.last == turn {
			later.was.last = r.was.last
		}
		if later.pool == p && later.was.cursorTurn == turn {
			later.was.cursor, later.was.cursorAt, later.was.cursorTurn = r.was.cursor, r.was.cursorAt, r.was.cursorTurn
		}
	}
	s.settle(i)
}

func (s *State) gone(room protocol.RoomID) {
	r := s.rooms[room]
	if r == nil {
		return
	}
	s.leaveLine(r)
	if r.offered >= 0 {
		s.unreserve(r)
	}
	s.free(r)
	delete(s.rooms, room)
	s.roomChanged(r)
}

func (s *State) roomChanged(r *ref)   { s.changed(change{room: r.room, slot: -1}) }
func (s *State) agentChanged(i int32) { s.changed(change{slot: i}) }

func (s *State) changed(c change) {
	s.revision++
	c.revision = s.revision
	if len(s.changes) >= 2*changesMax {
		s.changes = append(s.changes[:0:0], s.changes[len(s.changes)-changesMax:]...)
	}
	s.changes = append(s.changes, c)
}

// line lists the waiting rooms in their order, locked ones too.
func (s *State) line() []*ref {
	all := make([]*ref, 0, s.waiting)
	for _, r := range s.rooms {
		if r.lined {
			all = append(all, r)
		}
	}
	slices.SortFunc(all, func(a, b *ref) int {
		if before(a, b) {
			return -1
		}
		return 1
	})
	return all
}
