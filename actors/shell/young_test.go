package shell

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"switchyard/protocol"
)

func numbered(from, to uint64) (recs []protocol.Recorded) {
	for n := from; n <= to; n++ {
		recs = append(recs, protocol.Recorded{Number: n})
	}
	return recs
}

// TestYoungStreamsAreWholeOrNotThere: what is kept of a stream begins with its first event
// and ends with its last durable one, or it is not given out at all.
func TestYoungStreamsAreWholeOrNotThere(t *testing.T) {
	room := protocol.RoomAt("1000", "r_1")
	var y young
	_, here := y.after(room, 0)
	require.False(t, here, "nothing is known of it")

	y.add(room, numbered(1, 3))
	y.add(room, numbered(4, 4))
	recs, here := y.after(room, 1)
	require.True(t, here)
	require.Equal(t, numbered(2, 4), recs)
	recs, here = y.after(room, 4)
	require.True(t, here, "level")
	require.Empty(t, recs)
	_, here = y.after(room, 5)
	require.False(t, here, "a position that it has not come to")

	for last := uint64(4); last < youngEvents+3; last++ { // a step from any place to beyond the end
		at := protocol.RoomAt("1000", protocol.RoomID(fmt.Sprint("r_", last)))
		y.add(at, numbered(1, min(last, youngEvents)))
		y.add(at, numbered(min(last, youngEvents)+1, youngEvents+4))
		_, here = y.after(at, 2)
		require.False(t, here, "from %d", last)
	}
	y.add(room, numbered(6, 6))
	_, here = y.after(room, 4)
	require.False(t, here, "a gap")

	y.add(protocol.RoomAt("1000", "r_old"), numbered(9, 9))
	_, here = y.after(protocol.RoomAt("1000", "r_old"), 8)
	require.False(t, here, "it had begun before")

	y.add(room, numbered(1, 2))
	y.forget(room)
	_, here = y.after(room, 1)
	require.False(t, here)

	y.add(room, numbered(1, 2))
	for i := range youngActors {
		y.add(protocol.RoomAt("1000", protocol.RoomID(fmt.Sprint("r_new", i))), numbered(1, 1))
	}
	_, here = y.after(room, 1)
	require.False(t, here, "others are younger")
	require.LessOrEqual(t, len(y.of), youngActors)
}
