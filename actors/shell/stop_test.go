package shell

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"switchyard/actors/core"
	"switchyard/protocol"
)

// TestStopHandlesEveryMailAndWaitsForTheDisk, and accepts nothing afterwards.
func TestStopHandlesEveryMailAndWaitsForTheDisk(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.store.automatic(false)
		gate := make(chan struct{})
		blocked := r.ask(room1, step(func(_ *toy, c protocol.Command, out *core.Step) {
			<-gate
			out.Do(said("0"))
			out.Answer(c.Ticket, protocol.Done{})
		}))
		var asked []*answer
		for i := range 50 {
			asked = append(asked, r.ask(protocol.RoomAt(here, protocol.RoomID(fmt.Sprint("r", i%5))), add{1}))
		}
		for range 40 {
			asked = append(asked, r.ask(ann, add{1})) // worth a snapshot
		}
		stopped := make(chan struct{})
		go func() { r.e.Stop(time.Minute); close(stopped) }()
		ended := func() bool {
			r.wait()
			select {
			case <-stopped:
				return true
			default:
				return false
			}
		}
		require.False(t, ended(), "there is mail")
		require.Equal(t, "unavailable", r.ask(room2, add{100}).code(), "nothing is accepted any more")
		close(gate)
		require.False(t, ended(), "the disk has nothing yet")
		require.Zero(t, r.e.Flying())
		r.store.automatic(true)
		require.True(t, ended())
		require.Zero(t, r.e.Resident())
		require.Equal(t, r.store.Position(), r.store.Durable())
		for _, a := range append(asked, blocked) {
			require.Empty(t, a.code())
		}
		require.Contains(t, r.store.all(protocol.RowSnapshot), string(snapshotKey(ann)))
		position := r.store.Position()
		require.Equal(t, "unavailable", r.ask(room2, add{100}).code())
		r.tick(time.Hour)
		require.Equal(t, position, r.store.Position(), "nor by the ticker")
	})
}

// TestStopDoesNotOvertakeAnAsk that was let in before it.
func TestStopDoesNotOvertakeAnAsk(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		gate, inside := make(chan struct{}), make(chan struct{})
		r.e.o.Chance = func() (c protocol.Chance) { close(inside); <-gate; c[0] = 1; return c }
		asks := make(chan *answer, 1)
		go func() { asks <- r.ask(room1, add{1}) }()
		<-inside
		stopped := make(chan struct{})
		go func() { r.e.Stop(time.Minute); close(stopped) }()
		r.wait()
		select {
		case <-stopped:
			t.Error("the engine has stopped, and there is a command on its way")
		default:
		}
		close(gate)
		<-stopped
		require.Empty(t, (<-asks).code())
		require.Equal(t, "1", r.texts(room1))
	})
}

// TestAReaderThatStandsStillDoesNotHoldTheStop: its socket is closed after the engine.
func TestAReaderThatStandsStillDoesNotHoldTheStop(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		for range 40 {
			r.ask(ann, add{1}).must()
		}
		gate := make(chan struct{})
		sink := newSink()
		sink.pushed = func(*protocol.Recorded) { <-gate }
		stop := r.e.Follow(protocol.Stream{View: protocol.StreamInbox, Of: ann}, 0, 0, sink)
		r.wait()
		require.False(t, r.e.Idle())
		began := time.Now()
		r.e.Stop(10 * time.Second)
		require.Less(t, time.Since(began), time.Second)
		require.Contains(t, r.store.all(protocol.RowSnapshot), string(snapshotKey(ann)), "time was left for snapshots")
		stop()
		close(gate)
	})
}

// TestStopGivesUpInTime on mail that nobody can handle, and keeps what was handed over.
func TestStopGivesUpInTime(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		gate := make(chan struct{})
		blocked := r.ask(room1, step(func(_ *toy, c protocol.Command, out *core.Step) {
			<-gate
			out.Answer(c.Ticket, protocol.Done{})
		}))
		r.ask(room2, add{1}).must()
		began := time.Now()
		r.e.Stop(3 * time.Second)
		require.InDelta(t, 3, time.Since(began).Seconds(), 0.1)
		require.Equal(t, "1", r.texts(room2))
		close(gate)
		blocked.must()
	})
}
