package shell

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"switchyard/actors/core"
	"switchyard/protocol"
)

// Minds whose peers may hold what they told them: when one of them breaks, the whole site is loaded again.

func TestF20AReloadedSiteIsLoadedAgainAsAfterAStart(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.ask(queue, say{"before"}).must()
		r.ask(room1, add{1}).must()
		r.ask(room2, add{2}).must()
		require.Equal(t, 0, r.sum(queue), "it was there before the rooms")

		r.store.automatic(false)
		violation := r.ask(queue, say{"apply!"})
		late := r.ask(queue, look{}) // in the mailbox, or too late for it
		r.wait()
		starting := r.ask(room1, add{8})
		r.store.automatic(true)
		require.Equal(t, "internal", violation.code())
		require.Equal(t, "unavailable", late.code(), "its mail")
		require.Equal(t, "unavailable", starting.code(), "what is asked while it is loaded")

		require.Equal(t, 1, r.loaded, "SiteLoaded")
		require.Equal(t, 2, r.sum(queue), "made from the rows again")
		require.Empty(t, r.seen(queue))
		require.Equal(t, 1, r.sum(room1))
		require.Empty(t, r.ask(room1, add{4}).code())
		require.Equal(t, "1 4", r.texts(room1))
	})
}

// TestAReloadedSiteIsToldWhatIsOwedOnce: the tell in flight belongs to the old life, the row brings it again, and
// whichever comes second finds it recorded.
func TestAReloadedSiteIsToldWhatIsOwedOnce(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		gate := make(chan struct{})
		r.ask(bob, look{}).must()
		blocked := r.ask(bob, step(func(_ *toy, c protocol.Command, out *core.Step) {
			<-gate
			out.Answer(c.Ticket, protocol.Done{})
		}))
		r.wait()
		r.ask(room1, owe(bob, "1", "2", "3")).must() // stands in bob's mailbox
		require.Len(t, r.store.all(protocol.RowOwed), 3)
		require.Equal(t, "internal", r.ask(ann, say{"apply!"}).code())
		close(gate)
		blocked.must()
		r.wait()
		require.Equal(t, 1, r.loaded)
		require.Equal(t, "1 2 3", r.texts(bob), "each once, in order")
		require.Empty(t, r.store.all(protocol.RowOwed))
	})
}

// TestNoStepOfTheOldLifeReachesTheNewOne: a room was in the middle of a step when the queue broke. What it hands over
// then must be seen by the queue that is made anew, and what it tells belongs to the old life: either one
// alone would leave the queue with a room too few or too many.
func TestNoStepOfTheOldLifeReachesTheNewOne(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		gate := make(chan struct{})
		r.ask(queue, look{}).must()
		r.e.Ask(room1, protocol.Command{Body: step(func(_ *toy, _ protocol.Command, out *core.Step) {
			<-gate
			out.Do(said("1"))
			out.Tell(queue, say{"told"})
		})}, func(protocol.Result, *protocol.Rejection) {})
		r.wait()
		require.Equal(t, "internal", r.ask(queue, say{"apply!"}).code())
		r.wait()
		close(gate)
		r.wait()
		require.Equal(t, 1, r.loaded)
		require.Equal(t, 1, r.sum(queue), "rooms in the queue")
		require.Empty(t, r.seen(queue))
		r.drop() // the ask above has no answer
	})
}

// TestDeadlinesOutliveAReload: one that passes while the site is loaded fires afterwards.
func TestDeadlinesOutliveAReload(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.ask(room1, set{protocol.At(r.clock.Now().Add(time.Second))}).must()
		r.store.automatic(false)
		violation := r.ask(queue, say{"apply!"})
		r.wait() // the site waits for the disk
		r.clock.advance(time.Minute)
		r.e.Tick()
		r.wait()
		r.store.automatic(true)
		violation.must()
		r.e.Tick()
		r.wait()
		require.Equal(t, "rang", r.seen(room1))
	})
}

func TestF20AFourthReloadWithinAMinuteSetsTheSiteAside(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		fail := func() {
			require.Equal(t, "internal", r.ask(ann, say{"apply!"}).code())
			r.wait()
		}
		fail()
		r.clock.advance(2 * time.Minute) // long ago
		for range 3 {
			fail()
			require.Empty(t, r.ask(room1, look{}).code(), "served")
			r.clock.advance(10 * time.Second)
		}
		require.Equal(t, 4, r.loaded)
		fail()
		require.Equal(t, 4, r.loaded)
		require.Equal(t, "unavailable", r.ask(room1, look{}).code())
		require.Equal(t, "unavailable", r.ask(theSite, look{}).code())

		other := protocol.SiteAt("there")
		require.Empty(t, r.ask(other, protocol.CreateSite{Site: "there"}).code(), "neighbours are served")
	})
}

// TestTwoMindsThatBreakInOneLifeAreOneReload: else four agents with one bug set their site aside at once.
func TestTwoMindsThatBreakInOneLifeAreOneReload(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		gate := make(chan struct{})
		var asked []*answer
		for range 5 {
			for _, a := range []protocol.Address{ann, bob, queue, theSite} {
				asked = append(asked, r.ask(a, step(func(_ *toy, _ protocol.Command, out *core.Step) {
					<-gate
					out.Do(said("apply!"))
				})))
			}
		}
		r.wait()
		close(gate)
		for _, a := range asked {
			require.Contains(t, []string{"internal", "unavailable"}, a.code())
		}
		require.Equal(t, 1, r.loaded)
		require.Equal(t, 0, r.sum(ann))
	})
}
