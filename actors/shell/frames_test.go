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

// eager lets nobody go on before the effect of a hand-over has run: the disk as fast as it may ever be.
type eager struct{ *fakeStore }

func (s eager) HandOver(e *protocol.Entry, done func()) uint64 {
	if done == nil {
		return s.fakeStore.HandOver(e, nil)
	}
	ran := make(chan struct{})
	position := s.fakeStore.HandOver(e, func() { done(); close(ran) })
	<-ran
	return position
}

// TestAnAnswerDoesNotOvertakeTheFacts: who is told that the site has changed finds it changed, however fast the disk is.
func TestAnAnswerDoesNotOvertakeTheFacts(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.tune = func(o *Options) { o.Store = eager{r.store} }
		r.boot()
		r.wait()
		settings := func() uint64 { return r.e.Facts(here).Settings.Number }
		for n := range 3 {
			before, seen := settings(), uint64(0)
			r.e.Ask(protocol.SiteAt(here), protocol.Command{Body: add{n}, Caller: protocol.Caller{Role: protocol.Admin, Site: here}}, func(protocol.Result, *protocol.Rejection) { seen = settings() })
			r.wait()
			require.Equal(t, before+1, seen)
		}
		r.ask(room1, add{1}).must()
	})
}
