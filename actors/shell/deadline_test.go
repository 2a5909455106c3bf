package shell

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"switchyard/actors/core"
	"switchyard/protocol"
)

func (r *rig) in(d time.Duration) protocol.Instant { return protocol.At(r.clock.Now().Add(d)) }

func (r *rig) tick(d time.Duration) {
	r.clock.advance(d)
	r.e.Tick()
	r.wait()
}

func TestDeadlinesFireInDueOrderAndNeverEarlyForNothing(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		dice := rand.New(rand.NewPCG(1, 2))
		for _, i := range dice.Perm(100) {
			r.ask(protocol.RoomAt(here, protocol.RoomID(fmt.Sprint("d", i))), set{r.in(time.Duration(i+1) * time.Second)}).must()
		}
		require.Equal(t, r.in(time.Second), r.e.NextDeadline())
		r.tick(time.Second - time.Millisecond)
		require.Empty(t, r.lates)
		r.tick(time.Millisecond)
		require.Equal(t, []time.Duration{0}, r.lates, "at its instant")
		r.tick(59 * time.Second)
		require.Len(t, r.lates, 60)
		require.True(t, slices.IsSortedFunc(r.lates[1:], func(a, b time.Duration) int { return cmp.Compare(b, a) }), "the oldest first")
		r.tick(time.Hour)
		require.Len(t, r.lates, 100)
		require.Zero(t, r.e.NextDeadline())
		for i := range 100 {
			require.Equal(t, "rang", r.seen(protocol.RoomAt(here, protocol.RoomID(fmt.Sprint("d", i)))))
		}
	})
}

// TestADeadlineThatMovesLaterIsArmedAgain: it stays where it was in the index, wakes the actor too soon, which
// changes nothing, and is armed at its new instant.
func TestADeadlineThatMovesLaterIsArmedAgain(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.ask(room1, set{r.in(10 * time.Second)}).must()
		r.ask(room1, set{r.in(30 * time.Second)}).must()
		r.passivateNow(room1)
		r.tick(10 * time.Second)
		require.Len(t, r.lates, 1, "early")
		require.Empty(t, r.seen(room1), "which changes nothing")
		require.Equal(t, r.in(20*time.Second), r.e.NextDeadline())
		r.tick(20*time.Second - time.Millisecond)
		require.Empty(t, r.seen(room1))
		r.tick(time.Millisecond)
		require.Equal(t, "rang", r.seen(room1), "never late")
		require.Zero(t, r.e.NextDeadline())
	})
}

func TestADeadlineThatMovesEarlierFiresEarlier(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		told := 0
		r.hooks.deadline = func(s *toy, _ protocol.Command, now time.Time) (step core.Step, err error) {
			told++
			if s.due != 0 && s.due <= protocol.At(now) {
				step.Do(&protocol.AlarmRang{})
			}
			return step, nil
		}
		for _, s := range []int{50, 30, 40, 10} {
			r.ask(room1, set{r.in(time.Duration(s) * time.Second)}).must()
		}
		r.tick(10 * time.Second)
		require.Equal(t, "rang", r.seen(room1))
		for range 5 {
			r.tick(10 * time.Second)
		}
		require.Equal(t, 1, told, "what stood there before is not told")
		require.Equal(t, "rang", r.seen(room1))
	})
}

// TestOneTickWakesSoManyAtMost: a restart with many overdue deadlines leaves room for what people do (F-23).
func TestOneTickWakesSoManyAtMost(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		const all = firesMax + 10
		for i := range all {
			r.e.arm(r.e.site(here), protocol.RoomAt(here, protocol.RoomID(fmt.Sprint("d", i))), r.in(time.Duration(i)*time.Millisecond))
		}
		r.tick(time.Hour)
		require.Len(t, r.lates, firesMax)
		r.tick(time.Millisecond)
		require.Len(t, r.lates, all)
		require.True(t, slices.IsSortedFunc(r.lates[:firesMax], func(a, b time.Duration) int { return cmp.Compare(b, a) }))
	})
}

// TestDeadlinesPauseWhileTheDiskIsBehind (architecture, section 2, rule 8): at half of what admission allows.
func TestDeadlinesPauseWhileTheDiskIsBehind(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.ask(room1, set{r.in(time.Second)}).must()
		r.store.automatic(false)
		for range 8193 {
			r.store.HandOver(&protocol.Entry{Actor: room2}, nil)
		}
		r.tick(time.Second)
		require.Empty(t, r.lates)
		r.store.sync(1)
		r.tick(0)
		require.Len(t, r.lates, 1)
	})
}

// TestF08AnOverdueDeadlineFiresOnceAfterARestart (12.2 rule 9), of an actor that nobody woke.
func TestF08AnOverdueDeadlineFiresOnceAfterARestart(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.ask(room1, set{r.in(time.Second)}).must()
		r.wait()
		r.clock.advance(time.Hour)
		r.crash()
		require.False(t, r.awake(room1))
		for range 3 {
			r.tick(time.Second)
		}
		require.Equal(t, "rang", r.seen(room1))
		require.Len(t, r.lates, 1)
	})
}

// TestDeadlinesOfAllShardsFire.
func TestDeadlinesOfAllShardsFire(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		var rooms []protocol.Address
		shards := map[uint16]bool{}
		for i := range 20 {
			id := protocol.SiteID(fmt.Sprint("s", i))
			r.ask(protocol.SiteAt(id), protocol.CreateSite{Site: id}).must()
			rooms = append(rooms, protocol.RoomAt(id, "r"))
			r.ask(rooms[i], set{r.in(time.Minute)}).must()
			shards[r.e.shard(id)] = true
		}
		require.Len(t, shards, fakeShards)
		r.tick(time.Minute)
		for _, a := range rooms {
			require.Equal(t, "rang", r.seen(a))
		}
	})
}

// TestF09TheCalendarTicksOncePerMinuteOfTheWall, whatever the engine's own time does.
func TestF09TheCalendarTicksOncePerMinuteOfTheWall(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		ticks := func() int { return strings.Count(r.seen(theSite), "tick") }
		r.tick(0)
		require.Equal(t, 1, ticks(), "the first tells what time it is")
		for range 590 {
			r.clock.advance(100 * time.Millisecond)
			r.e.Tick()
		}
		require.Equal(t, 1, ticks(), "59 s")
		r.tick(time.Second)
		require.Equal(t, 2, ticks())
		r.clock.now.Add(int64(time.Hour))
		r.e.Tick()
		require.Equal(t, 2, ticks(), "the wall has not moved")
		r.clock.wall.Add(int64(24 * time.Hour))
		r.e.Tick()
		require.Equal(t, 3, ticks(), "a jump is one tick; the calendar looks at what lies between")
	})
}

// TestAnActorOwnsItsDeadlineInTheStepThatBringsIt: armed after the step, not after the disk.
func TestADeadlineIsArmedByTheStepThatBringsIt(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.ask(ann, step(func(_ *toy, c protocol.Command, out *core.Step) {
			out.Do(&protocol.RoomMetaSet{Set: protocol.MetaAlarm, AlarmAt: r.in(time.Second)})
			out.Answer(c.Ticket, protocol.Done{})
		})).must()
		require.Equal(t, r.in(time.Second), r.e.NextDeadline())
		r.tick(time.Second)
		require.Equal(t, "rang", r.seen(ann))
	})
}

func TestRunTicksUntilItIsStopped(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.ask(room1, set{r.in(0)}).must()
		stop, ended := make(chan struct{}), make(chan struct{})
		go func() { r.e.Run(10*time.Millisecond, stop); close(ended) }()
		time.Sleep(25 * time.Millisecond)
		require.Equal(t, "rang", r.seen(room1))
		close(stop)
		<-ended
	})
}
