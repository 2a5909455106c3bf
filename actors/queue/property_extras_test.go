package queue

import (
	"slices"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"switchyard/protocol"
)

// The dumb side of the rules beyond the vendor's.

// dumbExtra is what the rules beyond the vendor's remember of an agent.
type dumbExtra struct {
	online bool
	ramp   int              // automatic assignments left of it
	gap    int              // seconds between two
	rest   protocol.Instant // until then no automatic one; 0 = none
	kept   []protocol.Instant
}

func (m *model) seats(id protocol.AccountID) int { return m.load(id) + len(m.extra[id].kept) }

// there is 9.2 without seats; present is the agent's part of it.
func (m *model) there(id protocol.AccountID) bool {
	a, s := m.x.facts.Accounts[id], m.x.facts.Settings
	return a.Consulting && !a.Disabled && (len(s.Scope) == 0 || slices.Contains(s.Scope, id)) && m.present(id)
}

func (m *model) present(id protocol.AccountID) bool {
	p := m.reports[id]
	return p.OnDuty && p.Want == protocol.WantOnline && (!m.x.facts.Settings.RequirePresence || p.Conn == protocol.ConnUp)
}

// waitsForLast says whether the room would wait for the agent of the last consultation.
func (m *model) waitsForLast(r *dumbRoom) bool {
	_, set := m.pool(r)
	return r.last != "" && m.automatic() && m.x.facts.Settings.LastAgentWait > 0 && slices.Contains(set, r.last) && m.there(r.last) && !m.eligible(r.last)
}

// prefers begins the wait, refresh ends those that have no sense any more, passes those whose time is over.
func (m *model) prefers(r *dumbRoom) {
	if !r.lock && m.waitsForLast(r) && !slices.Contains(r.missed, r.last) {
		r.until = protocol.At(m.x.now).Add(time.Duration(m.x.facts.Settings.LastAgentWait) * time.Second)
	}
}

func (m *model) refresh() {
	for _, r := range m.rooms {
		_, set := m.pool(r)
		if !m.waiting(r) || r.until != 0 && (!m.there(r.last) || !slices.Contains(set, r.last)) {
			r.until = 0
		}
	}
}

func (m *model) passes() {
	now := protocol.At(m.x.now)
	for _, r := range m.rooms {
		if r.until <= now {
			r.until = 0
		}
		if r.asks != nil && r.asksUntil <= now {
			m.misses(r)
		}
	}
	for _, e := range m.extra {
		if e.rest <= now {
			e.rest = 0
		}
		e.kept = slices.DeleteFunc(e.kept, func(at protocol.Instant) bool { return at <= now })
	}
}

// misses ends an offer to an agent who does not take it; others takes it back otherwise.
func (m *model) misses(r *dumbRoom) {
	r.missed = append(r.missed, r.asks.to)
	m.unasks(r)
}

func (m *model) unasks(r *dumbRoom) {
	if r.asks != nil {
		r.asks.returned, r.asks = true, nil
	}
}

// choosable says whether the room is one of those that a rule may give to somebody.
func (m *model) choosable(r *dumbRoom) bool {
	return m.waiting(r) && r.asks == nil && !r.lock && !r.aside
}

// freed keeps the seat for wrap-up.
func (m *model) freed(id protocol.AccountID) {
	if w := m.x.facts.Settings.WrapUpSeconds; id != "" && w > 0 {
		e := m.extra[id]
		e.kept = append(e.kept, protocol.At(m.x.now).Add(time.Duration(w)*time.Second))
	}
}

// takesLast says whether the rule of the last agent chooses.
func (m *model) takesLast(r *dumbRoom) bool {
	_, set := m.pool(r)
	return r.last != "" && m.x.facts.Settings.LastAgent && slices.Contains(set, r.last) && m.eligible(r.last) && !slices.Contains(r.missed, r.last)
}

// answers is the agent's answer to an offer.
func (m *model) answers(r *dumbRoom, accepts bool) {
	who := protocol.Caller{Role: protocol.Agent, Site: siteID, Account: r.asks.to}
	var b protocol.Body = protocol.DeclineOffer{Room: r.id}
	if accepts {
		b = protocol.AcceptOffer{Room: r.id}
	}
	rej := m.x.try(who, b)
	if protocol.At(m.x.now) >= r.asksUntil {
		require.Equal(m.rt, protocol.Conflict, rej.Code, "the time is over")
		return
	}
	require.Nil(m.rt, rej)
	if !accepts {
		m.misses(r)
		return
	}
	o := m.x.told[len(m.x.told)-1].(protocol.OfferSeat)
	require.Equal(m.rt, r.asks.turn, o.Seat.Turn)
	r.offer, r.asks = r.asks, nil
}

// drawExtra switches a rule beyond the vendor's on or off.
func drawExtra(rt *rapid.T, s *protocol.Settings) {
	switch rapid.IntRange(0, 3).Draw(rt, "extra") {
	case 3:
		s.OfferSeconds = rapid.SampledFrom([]int{0, 5, 10}).Draw(rt, "offer")
	case 0:
		s.RampUp = rapid.SampledFrom([]protocol.RampUp{{}, {Rooms: 2, Seconds: 5}, {Rooms: 3, Seconds: 2}}).Draw(rt, "ramp")
	case 1:
		s.WrapUpSeconds = rapid.SampledFrom([]int{0, 1, 7}).Draw(rt, "wrap")
	case 2:
		s.LastAgent = rapid.Bool().Draw(rt, "last agent")
		if s.LastAgentWait = 0; s.LastAgent {
			s.LastAgentWait = rapid.SampledFrom([]int{0, 3, 10}).Draw(rt, "wait")
		}
	}
}

func later(now time.Time, at protocol.Instant) time.Time {
	if t := at.Time(); t.After(now) {
		return t.In(now.Location())
	}
	return now
}
