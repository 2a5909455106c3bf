package queue

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"switchyard/actors/calendar"
	"switchyard/protocol"
)

// model is the dumb queue beside the clever one: lists, walked from end to end at every question.
type model struct {
	x       *story
	rt      *rapid.T
	rooms   map[protocol.RoomID]*dumbRoom
	order   []protocol.RoomID
	given   []*given
	reports map[protocol.AccountID]protocol.AgentReport
	extra   map[protocol.AccountID]*dumbExtra
	shown   map[protocol.RoomID]bool // the line as a client keeps it, from changes
	loads   map[protocol.AccountID]int
	seen    uint64
	next    int
}

// dumbRoom is the truth about a room: what its own mind knows, and what the queue should.
type dumbRoom struct {
	id          protocol.RoomID
	requestedAt protocol.Instant
	place       int
	category    string
	lock        bool
	asked       bool // the queue has not answered yet
	closed      bool
	gone        bool // and the queue knows
	aside       bool
	holder      protocol.AccountID
	assignment  uint32
	turn        uint64
	offer       *given // a seat on its way, or its answer
	priority    uint8
	last        protocol.AccountID
	until       protocol.Instant // waits for that agent alone; 0 = it does not
	asks        *given           // offered to the agent, who has not answered
	asksUntil   protocol.Instant
	missed      []protocol.AccountID
}

// given is one seat that was reserved.
type given struct {
	turn     uint64
	to       protocol.AccountID
	pool     string
	ring     bool // it moved the ring's cursor
	returned bool
}

func (m *model) waiting(r *dumbRoom) bool { return !r.gone && r.holder == "" && r.offer == nil }

func (m *model) load(id protocol.AccountID) (n int) {
	for _, r := range m.rooms {
		if r.gone {
			continue
		}
		if r.holder == id {
			n++
		}
		if r.offer != nil && r.offer.to == id {
			n++
		}
		if r.asks != nil && r.asks.to == id {
			n++
		}
	}
	return n
}

func (m *model) last(id protocol.AccountID) (turn uint64) {
	for _, g := range m.given {
		if g.to == id && !g.returned {
			turn = max(turn, g.turn)
		}
	}
	return turn
}

func (m *model) cursor(pool string) (at int) {
	at = -1
	turn := uint64(0)
	for _, g := range m.given {
		if g.ring && g.pool == pool && !g.returned && g.turn > turn {
			turn, at = g.turn, m.x.facts.Accounts[g.to].Order
		}
	}
	return at
}

// pool is 9.2 point 5: the candidates' names.
func (m *model) pool(r *dumbRoom) (key string, set []protocol.AccountID) {
	s := m.x.facts.Settings
	all := slices.Sorted(maps.Keys(m.x.facts.Accounts))
	if s.Selector == protocol.SelectCategory && r.category != "" {
		if set, ok := s.CategoryAgents[r.category]; ok {
			return "c/" + r.category, set
		}
		if set, ok := s.CategoryAgents[m.x.facts.Categories[r.category].Parent]; ok {
			return "c/" + m.x.facts.Categories[r.category].Parent, set
		}
	}
	return "", all
}

func (m *model) eligible(id protocol.AccountID) bool {
	a := m.x.facts.Accounts[id]
	return m.there(id) && m.extra[id].rest == 0 && (a.MaxConcurrent == 0 || m.seats(id) < a.MaxConcurrent)
}

// chooses applies 9.3 and 9.4; "" = nobody is eligible.
func (m *model) chooses(r *dumbRoom) protocol.AccountID {
	key, set := m.pool(r)
	if r.until != 0 {
		set = []protocol.AccountID{r.last}
	}
	if m.takesLast(r) {
		return r.last
	}
	var best protocol.AccountID
	cursor := m.cursor(key)
	ring := func(id protocol.AccountID) int { // steps after the cursor
		return (m.x.facts.Accounts[id].Order - cursor - 1 + 1000) % 1000
	}
	for _, id := range set {
		if !m.eligible(id) || slices.Contains(r.missed, id) {
			continue
		}
		better := best == ""
		if !better && m.x.facts.Settings.Balancer == protocol.Sequential {
			better = ring(id) < ring(best)
		} else if !better {
			a, b := [3]int{m.seats(id), int(m.last(id)), m.x.facts.Accounts[id].Order}, [3]int{m.seats(best), int(m.last(best)), m.x.facts.Accounts[best].Order}
			better = slices.Compare(a[:], b[:]) < 0
		}
		if better {
			best = id
		}
	}
	return best
}

// first is the room of the line that is next: the earliest that somebody can have.
func (m *model) first() *dumbRoom {
	var first *dumbRoom
	for _, id := range m.order {
		r := m.rooms[id]
		if !m.choosable(r) || m.chooses(r) == "" {
			continue
		}
		if first == nil || r.priority > first.priority || r.priority == first.priority && r.requestedAt < first.requestedAt {
			first = r
		}
	}
	return first
}

// reserved notes a seat, and checks that it is the right one for an automatic choice.
func (m *model) reserved(r *dumbRoom, seat protocol.Seat, rule bool) {
	if rule {
		require.Equal(m.rt, m.chooses(r), seat.Agent, "I-14, I-15: %s", r.id)
	}
	key, _ := m.pool(r)
	last := rule && m.takesLast(r)
	require.Equal(m.rt, last, seat.Why.Rule == ruleLastAgent)
	if e := m.extra[seat.Agent]; rule && e.ramp > 0 {
		if e.ramp--; e.ramp > 0 {
			e.rest = protocol.At(m.x.now).Add(time.Duration(e.gap) * time.Second)
		}
	}
	r.until = 0
	r.offer = &given{turn: seat.Turn, to: seat.Agent, pool: key, ring: rule && !last && m.x.facts.Settings.Balancer == protocol.Sequential}
	m.given = append(m.given, r.offer)
}

// took looks at what the last command told rooms: every seat in it was reserved in that order.
func (m *model) took(auto bool) {
	for _, b := range m.x.told {
		if o, ok := b.(protocol.OfferSeat); ok && o.Seat.Cause == protocol.CauseBacklog {
			require.True(m.rt, auto)
			r := m.first()
			require.NotNil(m.rt, r)
			require.Equal(m.rt, r.id, o.Room, "I-13")
			m.reserved(r, o.Seat, true)
		}
		if o, ok := b.(protocol.ProposeSeat); ok {
			require.True(m.rt, auto)
			r := m.first()
			require.NotNil(m.rt, r)
			require.Equal(m.rt, r.id, o.Room, "I-13")
			m.reserved(r, o.Seat, true)
			r.asks, r.offer, r.asksUntil = r.offer, nil, o.Until
		}
	}
}

func (m *model) automatic() bool {
	s := m.x.facts.Settings
	return s.Mode != protocol.Manual && s.Backlog == protocol.BacklogAuto
}

func (m *model) open() bool { return calendar.Open(m.x.facts, m.x.now) }

// TestTheCleverQueueIsTheDumbOne over random sequences: each automatic seat is the one that the rules' text gives
// (I-12 … I-15), nobody gets more than the limit by rule or take (I-03), of two takers one succeeds (I-02), a line that
// could move has moved once nothing goes on any more, changes add up to the whole view, and a queue that is made
// anew from the rows has the same line and loads. Audit counts everything again after every step.
func TestTheCleverQueueIsTheDumbOne(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		agents := rapid.IntRange(1, 5).Draw(rt, "agents")
		x := begin(rt, agents, func(s *protocol.Settings) {
			s.NoAgentPolicy = protocol.PolicyWait
			for range rapid.SampledFrom([]int{0, 0, 1, 3}).Draw(rt, "extras") {
				drawExtra(rt, s)
			}
		})
		if limit := rapid.IntRange(0, 2).Draw(rt, "limits"); limit > 0 {
			x.changes(func(f *protocol.SiteFacts) {
				for _, a := range f.Accounts {
					a.MaxConcurrent = limit
				}
			})
		}
		m := &model{x: x, rt: rt, rooms: map[protocol.RoomID]*dumbRoom{}, reports: map[protocol.AccountID]protocol.AgentReport{}, extra: map[protocol.AccountID]*dumbExtra{}, shown: map[protocol.RoomID]bool{}, loads: map[protocol.AccountID]int{}}
		for i := range agents {
			m.extra[agent_(i)] = &dumbExtra{online: true}
			m.reports[agent_(i)] = protocol.AgentReport{Account: agent_(i), OnDuty: true, Want: protocol.WantOnline, Conn: protocol.ConnUp}
		}
		for range rapid.IntRange(1, 80).Draw(rt, "steps") {
			m.step()
			m.refresh()
			m.compare()
		}
		m.settle()
	})
}

func (m *model) step() {
	rt, x := m.rt, m.x
	x.now = x.now.Add(time.Duration(rapid.SampledFrom([]int{0, 0, 1, 6}).Draw(rt, "later")) * time.Second)
	id := agent_(rapid.IntRange(0, len(x.facts.Accounts)-1).Draw(rt, "agent"))
	pick := func(name string, ok func(*dumbRoom) bool) *dumbRoom {
		var some []*dumbRoom
		for _, id := range m.order {
			if r := m.rooms[id]; ok(r) {
				some = append(some, r)
			}
		}
		if len(some) == 0 {
			return nil
		}
		return rapid.SampledFrom(some).Draw(rt, name)
	}
	switch rapid.IntRange(0, 16).Draw(rt, "what") {
	case 15, 16:
		// The agent hears of it from the room.
		if r := pick("answered", func(r *dumbRoom) bool { return r.asks != nil && len(x.mail[r.id]) == 0 }); r != nil {
			m.answers(r, rapid.Bool().Draw(rt, "accepts"))
		}
	case 14:
		if r := pick("moved", func(r *dumbRoom) bool { return m.waiting(r) }); r != nil {
			r.priority = uint8(rapid.IntRange(0, 2).Draw(rt, "class"))
			x.do(protocol.RoomPrioritized{Room: r.id, Priority: r.priority})
		}
	case 0, 1, 2:
		m.arrives()
	case 3, 4:
		if x.own > 0 {
			x.own--
			x.do(protocol.ContinuePass{})
			m.took(m.automatic() && m.open())
		}
	case 5, 6:
		if r := pick("mail", func(r *dumbRoom) bool { return len(x.mail[r.id]) > 0 }); r != nil {
			m.reads(r)
		}
	case 7:
		if r := pick("closes", func(r *dumbRoom) bool { return !r.closed }); r != nil {
			m.closes(r)
		}
	case 8:
		b := protocol.AgentReport{Account: id, OnDuty: rapid.Bool().Draw(rt, "duty"), Conn: rapid.SampledFrom([]protocol.Conn{protocol.ConnUp, protocol.ConnDown}).Draw(rt, "conn"),
			Want: rapid.SampledFrom([]protocol.Want{protocol.WantOnline, protocol.WantOnline, protocol.WantBusy}).Draw(rt, "want")}
		m.reports[id] = b
		if e := m.extra[id]; m.present(id) != e.online {
			if e.online = !e.online; e.online && x.facts.Settings.RampUp.Rooms > 0 {
				e.ramp, e.gap, e.rest = x.facts.Settings.RampUp.Rooms, x.facts.Settings.RampUp.Seconds, 0
			}
		}
		x.do(b)
	case 9:
		m.changes()
	case 10:
		m.takes(id, pick)
	case 11:
		if r := pick("assigned", func(r *dumbRoom) bool { return !r.gone && !r.asked }); r != nil {
			rej := x.try(boss, protocol.AssignRoom{Room: r.id, To: id, Assignment: r.assignment})
			if rej == nil {
				o := x.told[len(x.told)-1].(protocol.OfferSeat)
				m.unasks(r)
				require.True(rt, r.offer == nil && x.facts.Accounts[id].Consulting)
				r.offer = &given{turn: o.Seat.Turn, to: o.Seat.Agent}
				r.until = 0
				m.given = append(m.given, r.offer)
				r.aside = r.aside && r.holder != ""
			}
		}
	case 12:
		if r := pick("unlocked", func(r *dumbRoom) bool { return m.waiting(r) && (r.lock || r.aside) }); r != nil {
			r.lock, r.aside = false, false
			m.prefers(r)
			x.do(protocol.RoomUnlocked{Room: r.id})
		}
	case 13:
		m.passes()
		x.do(protocol.DeadlineReached{})
		for _, b := range x.told {
			o, is := b.(protocol.AskOffer)
			if !is {
				require.Contains(rt, m.rooms[b.(protocol.MissOffer).Room].missed, b.(protocol.MissOffer).Agent)
				continue
			}
			require.Equal(rt, m.rooms[o.Room].offer.turn, o.Turn)
		}
	}
}

func (m *model) arrives() {
	rt, x := m.rt, m.x
	m.next++
	r := &dumbRoom{id: room(m.next), requestedAt: protocol.At(x.now), category: rapid.SampledFrom([]string{"", "c1", "c11", "c2"}).Draw(rt, "category"),
		priority: uint8(rapid.SampledFrom([]int{0, 0, 0, 1, 9}).Draw(rt, "priority"))}
	if n := rapid.IntRange(0, 2*len(x.facts.Accounts)).Draw(rt, "last"); n < len(x.facts.Accounts) {
		r.last = agent_(n)
	}
	need := rapid.IntRange(0, 4).Draw(rt, "need") == 0
	s := x.facts.Settings
	r.lock = need && (s.EffectivePolicy() == protocol.PolicyWait)
	wouldWait := m.automatic() && m.someoneWaitsFor(r)
	m.prefers(r)
	wouldWait = wouldWait || r.until != 0
	choice := m.chooses(r)
	x.do(protocol.AskSeat{Room: r.id, RequestedAt: r.requestedAt, Category: r.category, Need: need, Priority: r.priority, LastAgent: r.last})
	require.Len(rt, x.told, 1)
	a := x.told[0].(protocol.SeatAnswer)
	require.Zero(rt, a.Refused)
	r.place = m.next
	m.rooms[r.id], m.order = r, append(m.order, r.id)
	seat := s.OfferSeconds == 0 && s.Mode != protocol.Manual && !r.lock && m.open() && choice != "" && !wouldWait
	require.Equal(rt, seat, a.Seat != nil, "a seat for %s of %q", r.id, choice)
	if seat {
		m.reserved(r, *a.Seat, true)
	}
}

// someoneWaitsFor says whether an unlocked room waits for the same agents.
func (m *model) someoneWaitsFor(r *dumbRoom) bool {
	key, _ := m.pool(r)
	for _, o := range m.rooms {
		if k, _ := m.pool(o); k == key && m.choosable(o) && o.until == 0 && !m.x.s.room(o.id).stuck {
			return true
		}
		if m.choosable(o) && o.until != 0 && m.eligible(o.last) { // whoever waits for an agent who has become free
			return true
		}
	}
	return false
}

// reads lets a room read its first mail, as its mind does.
func (m *model) reads(r *dumbRoom) {
	x := m.x
	b := x.mail[r.id][0]
	x.mail[r.id] = x.mail[r.id][1:]
	seatReturned := func(turn uint64, to protocol.AccountID) {
		state := protocol.Waiting
		switch {
		case r.closed:
			state = protocol.Closed
		case r.holder != "":
			state = protocol.Received
		}
		if r.offer != nil && r.offer.turn == turn && !r.gone {
			r.offer.returned = true
			r.aside = r.holder == "" && !r.closed
			r.offer = nil
			r.gone = r.closed
		}
		if r.asks != nil && r.asks.turn == turn {
			r.aside = true
			m.unasks(r)
		}
		x.do(protocol.SeatReturned{Room: r.id, Turn: turn, Agent: to, State: state})
	}
	switch b := b.(type) {
	case protocol.SeatAnswer:
		if b.Seat != nil {
			if r.closed {
				seatReturned(b.Seat.Turn, b.Seat.Agent)
			} else {
				m.accepts(r, *b.Seat)
			}
		}
	case protocol.ProposeSeat:
		if r.closed || rapid.IntRange(0, 5).Draw(m.rt, "cannot be had") == 0 {
			seatReturned(b.Seat.Turn, b.Seat.Agent)
		}
	case protocol.OfferSeat:
		if r.closed || b.Assignment != r.assignment && b.Check || rapid.IntRange(0, 5).Draw(m.rt, "hands back") == 0 {
			seatReturned(b.Seat.Turn, b.Seat.Agent)
		} else {
			m.accepts(r, b.Seat)
		}
	case protocol.AskOffer:
		if !r.closed && r.turn == b.Turn {
			x.do(protocol.SeatAccepted{Room: r.id, Turn: b.Turn, Agent: r.holder, Assignment: r.assignment})
		} else {
			seatReturned(b.Turn, b.Agent)
		}
	}
}

func (m *model) accepts(r *dumbRoom, seat protocol.Seat) {
	m.freed(r.holder)
	r.holder, r.turn = seat.Agent, seat.Turn
	r.assignment++
	r.offer = nil
	m.x.do(protocol.SeatAccepted{Room: r.id, Turn: seat.Turn, Agent: seat.Agent, Assignment: r.assignment})
}

func (m *model) closes(r *dumbRoom) {
	m.unasks(r)
	r.closed, r.gone = true, true
	if r.offer != nil {
		r.offer.returned = true
		r.offer = nil
	}
	m.freed(r.holder)
	r.holder = ""
	m.x.do(protocol.RoomLeft{Room: r.id})
}

func (m *model) changes() {
	rt := m.rt
	m.x.changes(func(f *protocol.SiteFacts) {
		s := f.Settings
		switch rapid.IntRange(0, 8).Draw(rt, "setting") {
		case 7, 8:
			drawExtra(rt, s)
		case 0:
			s.Mode = rapid.SampledFrom([]protocol.Mode{protocol.Auto, protocol.Auto, protocol.Hybrid, protocol.Manual}).Draw(rt, "mode")
		case 1:
			s.Backlog = rapid.SampledFrom([]protocol.Backlog{protocol.BacklogAuto, protocol.BacklogAuto, protocol.BacklogManual}).Draw(rt, "backlog")
		case 2:
			s.Balancer = rapid.SampledFrom([]protocol.Balancer{protocol.LeastLoad, protocol.Sequential}).Draw(rt, "balancer")
		case 3:
			s.Selector = rapid.SampledFrom([]protocol.Selector{protocol.SelectNone, protocol.SelectCategory}).Draw(rt, "selector")
			if len(m.busy()) > 0 {
				s.Selector = m.x.facts.Settings.Selector // not while seats are out: their pool is the one they were reserved in
			}
			s.CategoryAgents = map[string][]protocol.AccountID{"c1": {"a", "b"}, "c11": {"b"}}
			for _, set := range s.CategoryAgents {
				for _, id := range set {
					if f.Accounts[id] == nil {
						s.CategoryAgents = map[string][]protocol.AccountID{"c1": {"a"}}
					}
				}
			}
			if s.Selector == m.x.facts.Settings.Selector {
				s.CategoryAgents = m.x.facts.Settings.CategoryAgents
			}
		case 4:
			id := agent_(rapid.IntRange(0, len(f.Accounts)-1).Draw(rt, "limited"))
			f.Accounts[id].MaxConcurrent = rapid.IntRange(0, 3).Draw(rt, "limit")
		case 5:
			s.Profile.Policy = rapid.SampledFrom([]protocol.Policy{protocol.PolicyAssign, protocol.PolicyWait}).Draw(rt, "policy")
		case 6:
			s.Scope = rapid.SampledFrom([][]protocol.AccountID{nil, nil, {"a"}}).Draw(rt, "scope")
			s.RequirePresence = rapid.Bool().Draw(rt, "presence")
		}
	})
}

func (m *model) busy() (out []*dumbRoom) {
	for _, r := range m.rooms {
		if r.offer != nil || r.asks != nil {
			out = append(out, r)
		}
	}
	return out
}

func (m *model) takes(id protocol.AccountID, pick func(string, func(*dumbRoom) bool) *dumbRoom) {
	x := m.x
	r := pick("taken", func(r *dumbRoom) bool { return !r.gone })
	if r == nil {
		return
	}
	a := x.facts.Accounts[id]
	free := m.waiting(r) && r.asks == nil && !r.lock && x.facts.Settings.Mode != protocol.Auto && (a.MaxConcurrent == 0 || m.load(id) < a.MaxConcurrent)
	rej := x.try(protocol.Caller{Role: protocol.Agent, Site: siteID, Account: id}, protocol.TakeRoom{Room: r.id})
	if x.facts.Settings.Mode != protocol.Auto && r.holder == id {
		require.Nil(m.rt, rej)
		require.True(m.rt, x.reply.(protocol.Assigned).Duplicate)
		return
	}
	require.Equal(m.rt, free, rej == nil, "I-02, I-03: %s takes %s", id, r.id)
	if free {
		o := x.told[len(x.told)-1].(protocol.OfferSeat)
		r.offer = &given{turn: o.Seat.Turn, to: id}
		r.aside, r.until = false, 0
		m.given = append(m.given, r.offer)
	}
}
