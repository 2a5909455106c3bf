package queue

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"switchyard/protocol"
)

// examples switch every extra of the table on; a new member needs one, and inherits the suite.
var examples = map[string]string{
	"distribution.priority":   `{"grade":{"VIP":9},"category":{"c2":4}}`,
	"distribution.last_agent": `60`,
	"distribution.ramp_up":    `{"rooms":3,"seconds":30}`,
	"distribution.wrap_up":    `45`,
	"distribution.offer":      `20`,
}

// with applies one setting as the HTTP surface does.
func with(t *testing.T, name, value string) func(*protocol.Settings) {
	return func(s *protocol.Settings) {
		next, _, _, err := protocol.ChangeSettingsJSON(s, fmt.Appendf(nil, "{%q:%s}", name, value))
		require.NoError(t, err)
		number := s.Number
		*s = *next
		s.Number = number
	}
}

// day is a small day at the center: agents come, rooms arrive, end and come again. It tells who got what.
func day(x *story) string {
	out := ""
	got := func(s string) {
		if s != "" {
			out += s + " "
		}
	}
	x.reports("a", true, protocol.WantBusy, protocol.ConnUp)
	for i := range 6 {
		last := agent_(i % 3)
		to := x.enters(room(i+1), func(b *protocol.AskSeat) { b.LastAgent, b.Priority = last, uint8(i%2) })
		got(fmt.Sprintf("%s→%s", room(i+1), to))
		x.now = x.now.Add(time.Second)
	}
	x.reports("a", true, protocol.WantOnline, protocol.ConnUp)
	for range 40 {
		got(x.offers())
		if id := first(x); id != "" {
			x.leaves(id)
		}
		x.now = x.now.Add(10 * time.Second)
		x.do(protocol.DeadlineReached{})
	}
	return out
}

// first is the room that is held longest.
func first(x *story) (id protocol.RoomID) {
	turn := uint64(1 << 60)
	for n, r := range x.s.rooms.all {
		if r.holder >= 0 && r.turn < turn {
			turn, id = r.turn, x.s.name(x.s.at(n))
		}
	}
	return id
}

func TestEveryExtra(t *testing.T) {
	limited := func(f *protocol.SiteFacts) { limits(f, map[protocol.AccountID]int{"a": 1, "b": 1, "c": 1}) }
	plain := begin(t, 3).changes(limited)
	before := day(plain)
	for _, e := range extras {
		t.Run(e.name, func(t *testing.T) {
			value := examples[e.name]
			require.NotEmpty(t, value, "an example of the setting")
			set := with(t, e.name, value)
			off := protocol.DefaultSettings()
			require.False(t, e.on(&off), "off by default")
			on := off
			set(&on)
			require.True(t, e.on(&on))

			// Switched on and off again it has left nothing: the day goes as if it had never been there.
			x := begin(t, 3, set).changes(limited)
			x.changes(func(f *protocol.SiteFacts) {
				number := f.Settings.Number
				*f.Settings = protocol.DefaultSettings()
				f.Settings.Number = number
			})
			require.Equal(t, before, day(x))

			// Switched on, every room still gets its agent in the end; Audit and the limits hold at every step,
			// and no moment is left over.
			x = begin(t, 3, set).changes(limited)
			day(x)
			require.Zero(t, x.s.rooms.len, "nobody waits for ever")
			x.now = x.now.Add(2 * time.Hour)
			x.do(protocol.DeadlineReached{})
			require.Empty(t, x.s.moments)
			require.Zero(t, Deadline(x.s))

			// A start in the middle finds the same line and the same loads.
			x = begin(t, 3, set).changes(limited)
			var rows []protocol.OpenRoomRow
			for i := range 5 {
				to := x.enters(room(i+1), func(b *protocol.AskSeat) { b.LastAgent, b.Priority = "a", uint8(i%3) })
				row := protocol.OpenRoomRow{Room: room(i + 1), State: protocol.Waiting, RequestedAt: protocol.At(x.now), Place: uint64(i + 1), Priority: uint8(i % 3), LastAgent: "a"}
				if to != "" {
					row.State, row.Holder, row.Assignment, row.Turn = protocol.Received, to, 1, x.s.room(room(i+1)).turn
				}
				rows = append(rows, row)
			}
			again := x.rebuilt(rows)
			require.NoError(t, Audit(again))
			require.Equal(t, Describe(x.s), Describe(again))
		})
	}
}

func TestPriorityClassesOfTheLine(t *testing.T) {
	x := begin(t, 1).changes(func(f *protocol.SiteFacts) { limits(f, map[protocol.AccountID]int{"a": 1}) })
	x.enters(room(1))
	class := func(n uint8) func(*protocol.AskSeat) { return func(b *protocol.AskSeat) { b.Priority = n } }
	for i, c := range []uint8{0, 3, 9, 3, 0} {
		x.enters(room(i+2), class(c))
		x.now = x.now.Add(time.Second)
	}
	x.do(protocol.RoomPrioritized{Room: room(6), Priority: 3}) // its request is the youngest of the class
	var got string
	for range 6 {
		x.leaves(first(x))
		got += x.offers() + " "
	}
	require.Equal(t, fmt.Sprintf("%s→a %s→a %s→a %s→a %s→a  ", room(4), room(3), room(5), room(6), room(2)), got)
}

func TestMomentsAreInOrder(t *testing.T) {
	var h moments
	for _, at := range []protocol.Instant{5, 3, 9, 1, 7, 3} {
		h.add(moment{at: at})
	}
	last := protocol.Instant(0)
	for len(h) > 0 {
		require.True(t, h.due(h[0].at))
		require.False(t, h.due(h[0].at-1))
		m := h.take()
		require.GreaterOrEqual(t, m.at, last)
		last = m.at
	}
	require.Equal(t, protocol.Instant(9), last)
}
