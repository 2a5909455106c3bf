package queue

import (
	"slices"

	"github.com/stretchr/testify/require"

	"switchyard/protocol"
)

// compare looks at the line and the loads, as the queue shows them and as its changes add up.
func (m *model) compare() {
	rt, x := m.rt, m.x
	var line []protocol.RoomID
	for _, id := range m.order {
		if m.waiting(m.rooms[id]) {
			line = append(line, id)
		}
	}
	slices.SortStableFunc(line, func(a, b protocol.RoomID) int {
		if p := int(m.rooms[b].priority) - int(m.rooms[a].priority); p != 0 {
			return p
		}
		return int(m.rooms[a].requestedAt - m.rooms[b].requestedAt)
	})
	own := x.own
	x.do(protocol.ViewQueue{})
	whole := x.reply.(protocol.QueueView)
	x.do(protocol.ViewQueue{Since: m.seen})
	delta := x.reply.(protocol.QueueView)
	require.Equal(rt, own, x.own, "reading changes nothing")
	var got []protocol.RoomID
	for _, w := range whole.Waiting {
		got = append(got, w.Room)
	}
	require.Equal(rt, line, got)
	require.Equal(rt, len(line), whole.Count)
	for _, a := range whole.Agents {
		require.Equal(rt, m.load(a.Account), a.Load)
		require.Equal(rt, m.eligible(a.Account), a.Eligible, "%s: %s", a.Account, a.WhyNot)
	}
	if delta.Base == 0 {
		m.shown, m.loads = map[protocol.RoomID]bool{}, map[protocol.AccountID]int{}
	}
	for _, w := range delta.Waiting {
		m.shown[w.Room] = true
	}
	for _, id := range delta.Gone {
		delete(m.shown, id)
	}
	for _, a := range delta.Agents {
		m.loads[a.Account] = a.Load
	}
	m.seen = delta.Revision
	require.Len(rt, m.shown, len(line))
	for _, id := range line {
		require.True(rt, m.shown[id], "%s, from changes", id)
	}
	for _, a := range whole.Agents {
		require.Equal(rt, a.Load, m.loads[a.Account], "%s, from changes", a.Account)
	}
}

// settle lets everything happen that is on its way; then no room waits that somebody could have.
func (m *model) settle() {
	x := m.x
	for {
		busy := x.own > 0
		for x.own > 0 {
			x.own--
			x.do(protocol.ContinuePass{})
			m.took(m.automatic() && m.open())
		}
		for _, id := range m.order {
			for len(x.mail[id]) > 0 {
				busy = true
				m.reads(m.rooms[id])
			}
		}
		for _, id := range m.order {
			if r := m.rooms[id]; r.asks != nil { // what is offered is forgotten in a crash
				x.now = later(x.now, r.asksUntil)
				m.passes()
				x.do(protocol.DeadlineReached{})
				busy = true
				break
			}
		}
		if !busy {
			break
		}
	}
	m.compare()
	require.Zero(m.rt, x.s.pending)
	if m.automatic() && m.open() {
		if r := m.first(); r != nil {
			require.Fail(m.rt, "a room waits that could be assigned", "%s, to %s", r.id, m.chooses(r))
		}
	}
	var rows []protocol.OpenRoomRow
	for _, id := range m.order {
		r := m.rooms[id]
		if r.gone {
			continue
		}
		row := protocol.OpenRoomRow{Room: id, State: protocol.Waiting, RequestedAt: r.requestedAt, Place: x.s.room(id).place, Category: r.category, Lock: r.lock, Priority: r.priority, LastAgent: r.last, Missed: r.missed}
		if r.holder != "" {
			row.State, row.Holder, row.Assignment, row.Turn = protocol.Received, r.holder, r.assignment, r.turn
		}
		rows = append(rows, row)
	}
	again := x.rebuilt(rows)
	require.NoError(m.rt, Audit(again))
	require.Equal(m.rt, Describe(x.s), Describe(again), "made anew")
	require.GreaterOrEqual(m.rt, again.turn, m.lastHeld(), "a turn is not given twice")
}

func (m *model) lastHeld() (turn uint64) {
	for _, r := range m.rooms {
		if !r.gone {
			turn = max(turn, r.turn)
		}
	}
	return turn
}
