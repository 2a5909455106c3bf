package shell

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"switchyard/protocol"
)

// PERF-1d: the frames of a step are written into one buffer. Each is the frame it would be by
// itself, and nobody who appends to one reaches the next.
func TestFramesShareOneBuffer(t *testing.T) {
	at := protocol.RoomAt("demo", "r_1")
	message := func(n uint64, text string) protocol.Recorded {
		return protocol.Recorded{Number: n, Desk: n, Room: n, At: 1000, Event: &protocol.MessagePosted{ID: "m_1", ClientID: "c-000000001", From: protocol.FromCustomer, Kind: protocol.Text, Text: text}}
	}
	memo := message(3, "between us")
	memo.Room = 0 // no memo is in the customer's view
	long := message(2, strings.Repeat("word \"quoted\" ", 500))
	recs := []protocol.Recorded{message(1, "hello"), long, memo, message(4, "bye")}
	all := [viewsMax]int{protocol.StreamRoom: 1, protocol.StreamDesk: 1}
	got := frames(nil, at, recs, all)
	i := 0
	for k := range recs {
		for _, v := range views(protocol.KindRoom) {
			want := protocol.AppendFrame(nil, protocol.Stream{View: v, Of: at}, &recs[k])
			require.Equal(t, string(want), string(got[i]))
			require.Equal(t, want == nil, got[i] == nil)
			require.Equal(t, len(got[i]), cap(got[i]))
			i++
		}
	}
	require.Len(t, got, i)
	one, list := recs[:1], make([][]byte, 0, 2)
	require.LessOrEqual(t, testing.AllocsPerRun(100, func() { frames(list, at, one, all) }), 1.0, "one buffer")

	// A view that nobody follows is not written.
	desk := frames(nil, at, recs, [viewsMax]int{protocol.StreamDesk: 3})
	for i := range desk {
		if i%2 == 0 {
			require.Empty(t, desk[i])
		} else {
			require.Equal(t, got[i], desk[i])
		}
	}
}
