package shell

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"switchyard/protocol"
)

// The sweep of an engine with room to spare looks at closed rooms alone: one that leaves is taken off its stripe's list, one that was closed twice is
// on it once, and an actor that is no room never is.
func TestTheSweepListsClosedRooms(t *testing.T) {
	e := &Engine{o: Options{Resident: 10, IdleAfter: time.Second}}
	st := &e.stripes[0]
	st.slots = map[protocol.Address]*slot{}
	add := func(a protocol.Address) *slot {
		sl := &slot{addr: a, home: st}
		st.slots[a] = sl
		return sl
	}
	sweep := func() {
		e.sweepAt = 0
		e.sweep(time.UnixMilli(10_000))
	}
	room, agent := add(protocol.RoomAt("acme", "r_1")), add(protocol.AgentAt("acme", "kim"))
	for range 2 {
		room.close(true)
		agent.close(true)
	}
	require.Equal(t, []*slot{room}, st.done)
	sweep()
	require.Equal(t, []*slot{room}, st.done, "it sleeps, so nobody is asked to go, and it is closed still")
	room.close(false)
	sweep()
	require.Empty(t, st.done)
	room.close(true)
	require.Equal(t, []*slot{room}, st.done, "and is on it again")
	e.resident.Store(11)
	room.close(false)
	sweep()
	require.Empty(t, st.done, "also while more are awake than may be")
}
