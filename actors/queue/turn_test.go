package queue

import (
	"testing"

	"github.com/stretchr/testify/require"

	"switchyard/protocol"
)

// TestATurnIsNeverGivenAgain: whatever a crash took. A room may have accepted a seat and closed, and the
// queue may have heard of neither.
func TestATurnIsNeverGivenAgain(t *testing.T) {
	x := begin(t, 2)
	lost := x.asks("r0").Seat
	s := x.rebuilt(nil)
	require.Greater(t, s.turn, lost.Turn-1)
	y := &story{t: t, s: s, now: x.now, facts: x.facts, mail: map[protocol.RoomID][]protocol.Body{}, rows: x.rows}
	next := y.asks("r1").Seat
	require.Greater(t, next.Turn, lost.Turn)
	require.Greater(t, y.rebuilt(nil).turn+1, next.Turn, "and so on")
}

// TestAcceptancesMayCross: of two rooms of one agent the later turn is its last, in whatever order they accept.
func TestAcceptancesMayCross(t *testing.T) {
	x := begin(t, 1)
	first, second := x.asks("r0").Seat, x.asks("r1").Seat
	x.accepts("r1", second, 1).accepts("r0", first, 1)
	require.Equal(t, second.Turn, x.rebuilt(nil).lasts["a"].Turn)
}
