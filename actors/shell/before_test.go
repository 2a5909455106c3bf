package shell

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"switchyard/actors/core"
	"switchyard/protocol"
)

// Nothing leaves before the sync (architecture, section 2, rule 3).
func TestNothingLeavesBeforeTheSync(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.store.automatic(false)
		sink := newSink()
		stop := r.e.Follow(protocol.Stream{View: protocol.StreamRoom, Of: room1}, 0, 0, sink)
		defer stop()
		r.wait()
		require.Equal(t, "live:0", sink.String())

		early := r.ask(room2, look{})
		require.True(t, early.given(), "nothing is outstanding: a read's answer leaves at once")

		accepted := r.ask(room1, add{1})
		require.False(t, accepted.given(), "accepted answer")
		refused := r.ask(room2, do{func(*toy, protocol.Command, time.Time) (core.Step, error) {
			return core.Step{}, protocol.Reject(protocol.Conflict, "no")
		}})
		require.False(t, refused.given(), "refusal, of another actor too")
		read := r.ask(room1, look{})
		require.False(t, read.given(), "answer of a read")
		require.Equal(t, "live:0", sink.String(), "frame to a follower")

		r.store.show(-1)
		require.False(t, accepted.given() || refused.given() || read.given(), "readers of the store see it, and it can still be lost")
		require.Equal(t, "live:0", sink.String())

		r.store.sync(-1)
		require.True(t, accepted.given() && refused.given() && read.given())
		require.Equal(t, "conflict", refused.code())
		require.Equal(t, "live:0 1:1", sink.String())
	})
}

// TestEffectsRunInTheOrderOfTheHandOvers: what one entry says is said before what a later one says, and
// within an entry the follower is told before the one who asked.
func TestEffectsRunInTheOrderOfTheHandOvers(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.store.automatic(false)
		var order []string
		sink := newSink()
		sink.pushed = func(e *protocol.Recorded) { order = append(order, "frame "+e.Event.(*protocol.MessagePosted).Text) }
		defer r.e.Follow(protocol.Stream{View: protocol.StreamDesk, Of: room1}, 0, 0, sink)()
		r.wait()
		var want []string
		for i := range 5 {
			for _, to := range []protocol.Address{room1, room2} {
				r.e.Ask(to, protocol.Command{Body: add{i}}, func(protocol.Result, *protocol.Rejection) {
					order = append(order, fmt.Sprint("answer ", to.ID, i))
				})
				r.wait()
			}
			want = append(want, fmt.Sprint("frame ", i), fmt.Sprint("answer r1", i), fmt.Sprint("answer r2", i))
		}
		require.Empty(t, order)
		r.store.sync(3)
		r.wait()
		require.Equal(t, want[:5], order)
		r.store.sync(-1)
		r.wait()
		require.Equal(t, want, order)
	})
}

// TestATellIsSentBeforeTheEffectsOfItsStep: with a fast disk a customer's next command cannot overtake the
// tell of the room.
func TestATellIsSentBeforeTheEffectsOfItsStep(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		for i := range 200 {
			tell := step(func(_ *toy, c protocol.Command, out *core.Step) {
				out.Do(said("0"))
				for k := range 20 {
					out.Tell(queue, say{fmt.Sprint("tell", i, ".", k)})
				}
				out.Answer(c.Ticket, protocol.Done{})
			})
			r.e.Ask(room1, protocol.Command{Body: tell}, func(protocol.Result, *protocol.Rejection) {
				r.e.Ask(queue, protocol.Command{Body: say{fmt.Sprint("next", i)}}, func(protocol.Result, *protocol.Rejection) {})
			})
		}
		r.wait()
		seen := r.seen(queue)
		at := 0
		for i := range 200 {
			next := indexFrom(seen, fmt.Sprint("next", i, " "), 0)
			if i == 199 && next < 0 {
				next = len(seen)
			}
			for k := range 20 {
				told := indexFrom(seen, fmt.Sprint("tell", i, ".", k, " "), at)
				require.True(t, told >= 0 && told < next, "tell %d.%d stands at %d, the customer's next command at %d", i, k, told, next)
			}
		}
	})
}

// TestWhatGoesOnLaterWaitsForTheDisk (core.Tell.Later): for everything that was handed over until then, by others too.
func TestWhatGoesOnLaterWaitsForTheDisk(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.ask(ann, add{1}).must()
		r.store.automatic(false)
		r.ask(room1, add{1})
		r.wait()
		later := do{func(_ *toy, c protocol.Command, _ time.Time) (step core.Step, err error) {
			step.Do(said("begins"))
			step.Answer(c.Ticket, protocol.Done{})
			step.GoOn(ann, say{"goes on"})
			return step, nil
		}}
		r.ask(ann, later)
		r.wait()
		require.Equal(t, 2, r.store.undurable())
		require.NotZero(t, r.e.Flying(), "it is on its way")
		r.store.sync(1)
		r.wait()
		require.Equal(t, 1, r.store.undurable(), "one of the two is not durable yet")
		r.store.sync(1)
		r.wait()
		require.Equal(t, 1, r.store.undurable(), "now it went on")
		r.store.automatic(true)
		r.wait()
		require.Equal(t, "1 begins goes on", r.texts(ann))
		require.Zero(t, r.e.Flying())
	})
}
