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
		s.taken(e, r.At)
	case *seatReturned:
		s.handedBack(e, r.At)
	case *roomGone:
		s.gone(s.at(e.room), r.At)
	case *roomUnlocked:
		s.unlocked(s.at(e.room), r.At)
	case *roomMoved:
		s.move(s.at(e.room), e.class)
	case *offerAccepted:
		s.acceptedOffer(s.at(e.room), r.At)
	case *offerMissed:
		s.missed(s.at(e.room))
	case *offerWithdrawn:
		s.withdraw(s.at(e.room))
	case *roomStuck:
		s.slice++
		s.stepAside(s.at(e.room))
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
			if s.unanswered(o) {
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
	s.rooms.forget(s.revision)
}

// makePools builds the pools of the present mappings and moves every waiting room to its line.
func (s *State) makePools() {
	f := s.facts
	old := s.pools
	for key, p := range old { // a pool that is no more may come back
		if p.cursor.turn != 0 {
			s.cursors[key] = protocol.TurnRow{Account: p.cursor.account, Turn: p.cursor.turn}
		} else {
			delete(s.cursors, key)
		}
	}
	s.pools, s.order = map[string]*pool{}, nil
	s.keys.Clear() // settle gives them again
	s.awake = 0
	var pools []pool // side by side
	add := func(key string, members []int32) {
		pools = append(pools, pool{no: int32(len(s.order)), key: key, cursor: cursor{at: -1}, candidates: balancer.NewPool(&s.keys, members)})
		p := &pools[len(pools)-1]
		if row, ok := s.cursors[key]; ok {
			p.cursor.account, p.cursor.turn = row.Account, row.Turn
		}
		if slot, ok := s.slots[p.cursor.account]; ok {
			p.cursor.at = s.agents[slot].order
		}
		s.pools[key], s.order = p, append(s.order, p)
		for _, i := range members {
			a := &s.agents[i]
			a.pools = append(a.pools, p)
			if p.candidates.Many() {
				a.pools[a.many], a.pools[len(a.pools)-1] = p, a.pools[a.many]
				a.many++
			}
		}
	}
	all := make([]int32, len(s.agents))
	for i := range s.agents {
		s.agents[i].pools, s.agents[i].many = nil, 0
		all[i] = int32(i)
	}
	mapped := func(prefix string, m map[string][]protocol.AccountID) {
		pools = make([]pool, 0, 1+len(m))
		add("", all)
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
	default:
		mapped("", nil)
	}
	s.lined = make([]uint64, len(s.order)/64+1)
	line := s.wholeLine()
	for r := range s.allWaiters {
		r.prev, r.next, r.in, r.stuck = 0, 0, 0, false
	}
	for i := range s.agents {
		s.agents[i].own = 0
	}
	s.keen, s.owns = nil, s.owns[:0]
	for i := 1; i < len(s.kinds); i++ { // 0 is none, and has no pool
		s.kinds[i].pool = s.poolOf(s.kinds[i].category, s.kinds[i].channel)
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
	s.agents, s.ids = append(s.agents, a), append(s.ids, id)
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
		} else if s.awake > 0 {
			for _, p := range a.pools[:a.many] {
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
	r := entry{waiter: &s.still}
	r.no, r.ref = s.rooms.add(e.room, e.key, e.plain)
	if r.kind = e.kind; r.kind != 0 {
		s.kinds[r.kind].rooms++
	} else {
		r.kind = s.asKind(kindKey{e.category, e.channel})
	}
	s.waits(&r)
	r.requestedAt, r.place, r.lock, r.priority, r.last = e.requestedAt, s.place, e.lock, e.priority, e.last
	s.recent, s.recentID = r.no, e.room
	s.prefer(r, at)
	s.lineUp(r)
}

func (s *State) reserve(e *seatReserved, at protocol.Instant) {
	n := e.room
	if n == 0 {
		n = s.recent
	}
	r := s.at(n)
	s.waits(&r)
	s.turn = e.turn
	if e.pass {
		s.slice++
	}
	if e.until == 0 {
		s.leaveLine(r)
	} else {
		s.propose(r, e)
	}
	a := &s.agents[e.slot]
	r.offered, r.offerTurn, r.wasLast = e.slot, e.turn, a.last
	a.load++
	a.last = e.turn
	if e.rule && s.facts.Settings.Balancer == protocol.Sequential {
		p := s.pool(r)
		p.candidates.WakeRing()
		s.rare(r).was = p.cursor
		p.cursor = cursor{account: a.id, at: e.order, turn: e.turn}
	}
	if e.until == 0 {
		s.offers = append(s.offers, offer{room: n, turn: e.turn, slot: e.slot, at: at})
		s.pending++
	}
	if e.auto {
		s.gave(e.slot, at)
	}
	s.settle(e.slot)
}

// unanswered says whether the offer still waits for its room's answer.
func (s *State) unanswered(o offer) bool {
	if !s.openAt(o.room) {
		return false
	}
	r := s.at(o.room)
	return r.offered == o.slot && r.offerTurn == o.turn
}

// answeredOffer drops the room's offer and what stands answered at the front of the list.
func (s *State) answeredOffer(r entry) {
	r.offered, r.offerTurn = -1, 0
	if r.proposed != 0 {
		s.dropProposal(r)
		return
	}
	s.pending--
	n := 0
	for n < len(s.offers) && !s.unanswered(s.offers[n]) {
		n++
	}
	if n == len(s.offers) {
		s.offers = s.offers[:0] // where each offer is answered before the next, the list never moves
	} else {
		s.offers = s.offers[n:]
	}
}

func (s *State) taken(e *seatTaken, at protocol.Instant) {
	r := s.at(e.room)
	if r.ref == nil || r.offered < 0 || r.offerTurn != e.turn {
		return
	}
	slot := r.offered
	s.answeredOffer(r)
	s.free(r, at)
	r.holder, r.turn, r.assignment = slot, e.turn, e.assignment
	s.agents[slot].granted = max(s.agents[slot].granted, e.turn) // two acceptances may cross
	s.roomChanged(r)
	s.rests(&r)
}

// free gives the seat that the room holds back to its agent.
func (s *State) free(r entry, at protocol.Instant) {
	if r.holder < 0 {
		return
	}
	i := r.holder
	r.holder = -1
	s.agents[i].load--
	s.freed(i, at)
	s.settle(i)
}

func (s *State) handedBack(e *seatReturned, at protocol.Instant) {
	r := s.at(e.room)
	if r.ref == nil || r.offered < 0 || r.offerTurn != e.turn {
		return
	}
	s.unreserve(r)
	switch {
	case r.holder < 0 && (e.state == protocol.Waiting || e.state == 0):
		r.aside = true // it said no while it waits: not again before it changes
		s.lineUp(r)
	case !e.state.Open() && e.state != 0:
		s.gone(r, at)
	default:
		s.rests(&r)
	}
}

// unreserve takes back the seat that is offered to the room, and what the reservation moved. Where a
// later turn was given since, it is what that one would put back that changes.
func (s *State) unreserve(r entry) {
	i, turn, p := r.offered, r.offerTurn, s.pool(r)
	s.answeredOffer(r)
	a := &s.agents[i]
	a.load--
	if a.last == turn {
		a.last = r.wasLast
	}
	var was cursor
	if r.more != 0 {
		was = s.rarer.at(r.more).was
	}
	if p != nil && p.cursor.turn == turn {
		p.cursor = was
	}
	puts := func(later entry) {
		if later.offered == i && later.wasLast == turn {
			later.wasLast = r.wasLast
		}
		if later.more != 0 && s.pool(later) == p {
			if x := s.rarer.at(later.more); x.was.turn == turn {
				x.was = was
			}
		}
	}
	for _, o := range s.offers {
		if s.openAt(o.room) && s.at(o.room).offerTurn == o.turn {
			puts(s.at(o.room))
		}
	}
	for _, w := range s.proposals {
		puts(s.at(s.waiters.at(w).room))
	}
	s.settle(i)
}

func (s *State) unlocked(r entry, at protocol.Instant) {
	switch {
	case r.ref == nil:
		return
	case r.wait != 0:
		s.unlink(r)
		r.lock, r.aside = false, false
		if r.lined {
			s.prefer(r, at)
		}
		s.link(r)
	}
	s.roomChanged(r)
}

func (s *State) gone(r entry, at protocol.Instant) {
	if r.ref == nil {
		return
	}
	s.recent, s.recentID = 0, ""
	s.leaveLine(r)
	if r.offered >= 0 {
		s.unreserve(r)
	}
	s.free(r, at)
	s.roomChanged(r)
	s.kinds[r.kind].rooms--
	if r.wait != 0 {
		if r.more != 0 {
			s.rarer.give(r.more)
		}
		s.waiters.give(r.wait)
	}
	s.rooms.remove(r.no, s.revision)
}

func (s *State) roomChanged(r entry)  { s.changed(change{room: r.id, slot: -1}) }
func (s *State) agentChanged(i int32) { s.changed(change{slot: i}) }

func (s *State) changed(c change) {
	s.revision++
	c.revision = s.revision
	if n := len(s.changes); n > 0 && s.changes[n-1].slot == c.slot && s.changes[n-1].room == c.room {
		s.changes[n-1].revision = c.revision // of one thing the last change is all that a view is told
		return
	}
	if len(s.changes) >= 2*changesMax { // in place: nobody else holds it, and every assignment comes by here several times
		s.changes = s.changes[:copy(s.changes, s.changes[len(s.changes)-changesMax:])]
		s.rooms.forget(s.changes[0].revision)
	}
	s.changes = append(s.changes, c)
}
