package queue

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"switchyard/actors/core"
	"switchyard/protocol"
)

// Whoever comes and goes, the table finds what a map does, by ids of either kind, and knows their names.
func TestTheTableIsAMap(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var x table
		dumb := map[protocol.RoomID]no{}
		id := func(i int) protocol.RoomID {
			if i%4 == 0 {
				return protocol.RoomID(fmt.Sprintf("r%d", i))
			}
			return protocol.RoomIDFrom(core.Derive(protocol.Chance{}, i))
		}
		most := rapid.SampledFrom([]int{3, 40, 700}).Draw(rt, "most")
		for step := range rapid.IntRange(0, 600).Draw(rt, "steps") {
			i := rapid.IntRange(0, most).Draw(rt, "room")
			r := id(i)
			require.Equal(rt, dumb[r], x.find(r))
			if n := dumb[r]; n != 0 {
				x.remove(n, uint64(step+1))
				delete(dumb, r)
			} else {
				k, plain := keyOf(r)
				n, ref := x.add(r, k, plain)
				require.Equal(rt, r, x.name(ref.id))
				dumb[r] = n
			}
		}
		seen := map[protocol.RoomID]no{}
		for n, ref := range x.all {
			seen[x.name(ref.id)] = n
		}
		require.True(rt, maps.Equal(dumb, seen), "%v, want %v", seen, dumb)
		require.Equal(rt, len(dumb), x.len)
		require.LessOrEqual(rt, int(x.refs.top), most+1, "numbers are given again")
		x.forget(1 << 60)
		for i := range most + 1 {
			require.Equal(rt, dumb[id(i)], x.find(id(i)))
		}
		for _, name := range x.named {
			require.NotZero(rt, dumb[name.id], "names of rooms that have gone are forgotten")
		}
	})
}

// PERF-3b: a room that an agent has is 48 bytes of the queue's and ten of its table, whatever it was before.
func TestPERF3bARoomThatIsHeldIsSmall(t *testing.T) {
	require.EqualValues(t, 48, unsafe.Sizeof(ref{}))
	require.EqualValues(t, 128, unsafe.Sizeof(agent{}), "two lines of a cache, of which an assignment reads the first")
	require.EqualValues(t, 64, unsafe.Offsetof(agent{}.id))
	x := begin(t, 2, sequential)
	for i := range 500 {
		x.enters(room(i))
		require.Zero(t, x.s.room(room(i)).wait)
	}
	require.EqualValues(t, 1, x.s.waiters.top, "a room takes the waiter of the one before")
	require.EqualValues(t, 1, x.s.rarer.top)
	for i := range 500 {
		x.leaves(room(i))
	}
	require.Zero(t, x.s.rooms.len)
	for i := range 500 {
		x.enters(room(500 + i))
	}
	require.EqualValues(t, 500, x.s.rooms.refs.top, "and a number that was given before")
}

// Who has missed an offer hears so when it declines once more, also after the room has gone to another agent.
func TestWhoMissedARoomIsRememberedWhileItIsHeld(t *testing.T) {
	x := begin(t, 2, with(t, "distribution.offer", "9"))
	x.asks(room(1))
	x.pass()
	a := protocol.Caller{Role: protocol.Agent, Site: siteID, Account: "a"}
	require.Nil(t, x.try(a, protocol.DeclineOffer{Room: room(1)}))
	require.Equal(t, "r0001→b", x.offers())
	require.Equal(t, "held_by b", explain(x.s, room(1), x.now).Reasons[0])
	require.Nil(t, x.try(a, protocol.DeclineOffer{Room: room(1)}))
	require.Equal(t, protocol.Done{}, x.reply)
	x.leaves(room(1))
	require.NotNil(t, x.try(a, protocol.DeclineOffer{Room: room(1)}))
}

// Kinds of which no room is left make room for others; those in use stay.
func TestKindsAreBounded(t *testing.T) {
	x := begin(t, 1)
	for i := range 3 * kindsMax {
		r := room(i)
		k, plain := keyOf(r)
		Apply(x.s, protocol.Recorded{Event: &roomAsked{room: r, key: k, plain: plain, last: -1, category: fmt.Sprint(i)}})
		if i%100 != 0 {
			Apply(x.s, protocol.Recorded{Event: &roomGone{room: x.s.rooms.find(r)}})
		}
		require.LessOrEqual(t, len(x.s.kindNos), kindsMax)
	}
	require.NoError(t, Audit(x.s))
	var left []string
	for r := range x.s.allWaiters {
		left = append(left, x.s.kinds[r.kind].category)
	}
	require.Len(t, left, (3*kindsMax+99)/100)
	require.True(t, slices.Contains(left, "0") && slices.Contains(left, "3000"))
}

// Limits: a rush leaves nothing behind. When the last of many rooms has gone, what they needed is given back.
func TestWhatARushNeededIsGivenBack(t *testing.T) {
	x := begin(t, 1, func(s *protocol.Settings) { s.NoAgentPolicy = protocol.PolicyWait })
	x.reports("a", true, protocol.WantBusy, protocol.ConnUp)
	for range 2 {
		for i := range 2 * spareMax {
			k, plain := keyOf(room(i))
			Apply(x.s, protocol.Recorded{Event: &roomAsked{room: room(i), key: k, plain: plain, last: -1}})
		}
		require.NoError(t, Audit(x.s))
		for i := range 2 * spareMax {
			Apply(x.s, protocol.Recorded{Event: &roomGone{room: x.s.rooms.find(room(i))}})
		}
		require.Empty(t, x.s.rooms.refs.blocks)
		require.Empty(t, x.s.rooms.buckets)
		require.Empty(t, x.s.waiters.blocks)
		require.Zero(t, x.s.room(room(3)).no)
		require.NoError(t, Audit(x.s))
	}
}
