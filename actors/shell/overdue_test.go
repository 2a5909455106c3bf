package shell

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"switchyard/actors/core"
	"switchyard/protocol"
)

// TestF23OverdueDeadlinesAfterARestart: 50,000 rooms whose deadlines have passed while the process was away. Each fires
// once, the oldest first, no more than firesMax a tick, and what people ask meanwhile is answered before the next tick.
// The million is measured by switchyard-bench scale.
func TestF23OverdueDeadlinesAfterARestart(t *testing.T) {
	all := 50_000
	if testing.Short() {
		all = 5000
	}
	bubble(t, func(t *testing.T, r *rig) {
		rooms := make([]protocol.Address, all)
		for i, k := range rand.New(rand.NewPCG(23, 0)).Perm(all) {
			rooms[i] = protocol.RoomAt(here, protocol.RoomIDFrom(protocol.Chance{byte(i), byte(i >> 8), byte(i >> 16), 1}))
			r.ask(rooms[i], set{r.in(time.Second + time.Duration(k)*time.Millisecond)})
			if i%1000 == 0 {
				r.wait()
			}
		}
		r.wait()
		r.clock.advance(24 * time.Hour)
		r.lates = nil
		r.crash()
		require.Equal(t, all, r.e.indexes[r.e.shard(here)].Len(), "all timers are back")

		var mu sync.Mutex
		told := map[string]int{}
		r.hooks.deadline = func(s *toy, _ protocol.Command, now time.Time) (step core.Step, err error) {
			if s.due == 0 || s.due > protocol.At(now) {
				return step, nil
			}
			mu.Lock()
			told[s.addr.ID]++
			mu.Unlock()
			step.Do(&protocol.AlarmRang{})
			return step, nil
		}
		ticks := 0
		for before := 0; before < all; ticks++ {
			r.e.Tick()
			asked := r.ask(room2, add{1}) // interactive traffic
			require.Nil(t, asked.must().rej, "what people ask is answered while deadlines are overdue")
			require.LessOrEqual(t, len(told)-before, firesMax, "a bounded rate")
			require.Greater(t, len(told), before, "and it goes on")
			before = len(told)
		}
		require.LessOrEqual(t, ticks, all/firesMax+1, "nothing else held it up: a million at 500 ticks a second is done in 32 s")
		for range 10 {
			r.tick(time.Minute)
		}
		require.Len(t, told, all)
		for id, n := range told {
			require.Equal(t, 1, n, "%s fired more than once", id)
		}
		require.True(t, slices.IsSortedFunc(r.lates, func(a, b time.Duration) int { return cmp.Compare(b, a) }), "in due order")
		require.Zero(t, r.e.NextDeadline())
	})
}

// TestF23WhatPeopleAskComesFirst: while as much mail is under way as deadlines may be, only a few of them fire a tick; when
// it is handled, they take what is free.
func TestF23WhatPeopleAskComesFirst(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		for i := range 2 * firesMax {
			r.ask(protocol.RoomAt(here, protocol.RoomID(fmt.Sprint("d", i))), set{r.in(time.Second)})
		}
		r.wait()
		r.clock.advance(time.Minute)
		busy := make(chan struct{})
		slow := step(func(_ *toy, c protocol.Command, out *core.Step) {
			<-busy
			out.Answer(c.Ticket, protocol.Done{})
		})
		for i := range firesMax {
			r.ask(protocol.RoomAt(here, protocol.RoomID(fmt.Sprint("p", i))), slow)
		}
		synctest.Wait()
		require.EqualValues(t, firesMax, r.e.Flying())
		r.e.Tick()
		r.wait()
		require.Len(t, r.lates, firesMin, "people's mail counts")
		close(busy)
		r.wait()
		r.e.Tick()
		r.wait()
		require.Len(t, r.lates, firesMin+firesMax)
	})
}

// TestF23TheTickerHurriesWhileDeadlinesAreOverdue, and not longer.
func TestF23TheTickerHurriesWhileDeadlinesAreOverdue(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		for i := range 10*firesMax + 1 {
			r.e.arm(r.e.site(here), protocol.RoomAt(here, protocol.RoomID(fmt.Sprint("d", i))), r.in(0))
		}
		stop, ended := make(chan struct{}), make(chan struct{})
		go func() { r.e.Run(10*time.Millisecond, stop); close(ended) }()
		fired := func() (n int) {
			r.note(func() { n = len(r.lates) })
			return n
		}
		time.Sleep(11 * time.Millisecond)
		synctest.Wait()
		require.Equal(t, firesMax, fired())
		time.Sleep(20 * time.Millisecond)
		synctest.Wait()
		require.Equal(t, 10*firesMax+1, fired())
		r.e.arm(r.e.site(here), room1, r.in(0))
		time.Sleep(7 * time.Millisecond)
		synctest.Wait()
		require.Equal(t, 10*firesMax+1, fired(), "at its own pace again")
		time.Sleep(5 * time.Millisecond)
		synctest.Wait()
		require.Equal(t, 10*firesMax+2, fired())
		close(stop)
		<-ended
	})
}

// TestADeadlineOutlivesWhateverHappensToTheState: the host knows its entry of the index without looking it up, so each way in which
// it can lose that knowledge must end with the deadline armed again.
func TestADeadlineOutlivesWhateverHappensToTheState(t *testing.T) {
	for _, c := range []struct {
		name   string
		before func(r *rig) // between the arming and the instant
	}{
		{"nothing", func(*rig) {}},
		{"it slept", func(r *rig) { r.passivate() }},
		{"it slept and was woken by somebody else", func(r *rig) {
			r.passivate()
			r.ask(room1, look{}).must()
		}},
		{"it moved later, and it slept", func(r *rig) {
			r.ask(room1, set{r.in(20 * time.Second)}).must()
			r.passivate()
			r.ask(room1, set{r.in(10 * time.Second)}).must()
		}},
		{"its state was thrown away", func(r *rig) { r.ask(room1, say{"apply!"}).must() }},
		{"its state was thrown away, and it slept", func(r *rig) {
			r.ask(room1, say{"apply!"}).must()
			r.passivate()
		}},
		{"its state was thrown away as it was woken too soon", func(r *rig) {
			r.ask(room1, set{r.in(5 * time.Second)}).must()
			r.ask(room1, set{r.in(10 * time.Second)}).must()
			r.passivate()
			var once atomic.Bool
			r.hooks.deadline = func(s *toy, _ protocol.Command, now time.Time) (out core.Step, err error) {
				if once.CompareAndSwap(false, true) {
					out.Do(said("apply!"))
				} else if s.due != 0 && s.due <= protocol.At(now) {
					out.Do(&protocol.AlarmRang{})
				}
				return out, nil
			}
			r.tick(5 * time.Second)
		}},
		{"the site was loaded again", func(r *rig) {
			r.ask(queue, say{"apply!"}).must()
			r.wait()
		}},
		{"the site was loaded again while it slept", func(r *rig) {
			r.passivate()
			r.ask(queue, say{"apply!"}).must()
			r.wait()
		}},
		{"a restart", func(r *rig) { r.wait(); r.crash() }},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, r *rig) {
				due := r.in(10 * time.Second)
				r.ask(room1, set{due}).must()
				c.before(r)
				r.tick(due.Time().Sub(r.clock.Now()) - time.Millisecond)
				require.NotContains(t, r.seen(room1), "rang")
				r.tick(time.Millisecond)
				require.Contains(t, r.seen(room1), "rang")
				r.tick(time.Hour)
				require.Zero(t, r.e.NextDeadline())
			})
		})
	}
}

// TestAQuarantinedDeadlineIsNotLost: it is not armed again before the next event, and the room stays awake until then, because
// whoever loads it could not know.
func TestAQuarantinedDeadlineIsNotLost(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.ask(room1, set{r.in(time.Second)}).must()
		r.hooks.deadline = func(*toy, protocol.Command, time.Time) (core.Step, error) { panic("deadline!") }
		r.tick(time.Second)
		require.Len(t, r.quarantined, 1)
		r.hooks.deadline = nil
		loads, resident := r.loads.Load(), r.e.Resident()
		r.passivate()
		require.Equal(t, resident, r.e.Resident(), "it stays awake")
		r.tick(time.Minute)
		require.NotContains(t, r.seen(room1), "rang")
		require.Equal(t, loads, r.loads.Load(), "nobody had to load it")
		r.ask(room1, add{1}).must()
		r.tick(time.Minute)
		require.Contains(t, r.seen(room1), "rang")
	})
}

// TestDeadlinesAgainstASortedList: the clever against the dumb, of several sites, kinds and forms of id.
func TestDeadlinesAgainstASortedList(t *testing.T) {
	type one struct {
		a  protocol.Address
		at protocol.Instant
	}
	for seed := range uint64(200) {
		dice := rand.New(rand.NewPCG(seed, 5))
		var x Deadlines
		var dumb []one
		for range 400 {
			site := protocol.SiteID(fmt.Sprint("s", dice.IntN(3)))
			switch dice.IntN(5) {
			case 0, 1, 2:
				a := protocol.RoomAt(site, protocol.RoomIDFrom(protocol.Chance{byte(dice.Uint32()), 15: byte(dice.Uint32())}))
				switch dice.IntN(4) {
				case 0:
					a.ID = fmt.Sprint("room", dice.IntN(5))
				case 1:
					a = protocol.AgentAt(site, protocol.AccountID(fmt.Sprint("a", dice.IntN(5))))
				}
				o := one{a, protocol.Instant(1 + dice.IntN(50))}
				x.Arm(o.a, o.at)
				dumb = append(dumb, o)
			case 3:
				now := protocol.Instant(dice.IntN(60))
				a, at, ok := x.Take(now)
				first := slices.IndexFunc(dumb, func(o one) bool { return o.at <= now })
				require.Equal(t, first >= 0, ok)
				if ok {
					i := slices.Index(dumb, one{a, at})
					require.GreaterOrEqual(t, i, 0, "%s at %d was never armed", a, at)
					dumb = slices.Delete(dumb, i, i+1)
					require.False(t, slices.ContainsFunc(dumb, func(o one) bool { return o.at < at }), "an earlier one was there")
				}
			default:
				if dice.IntN(20) == 0 {
					x.Forget(site)
					dumb = slices.DeleteFunc(dumb, func(o one) bool { return o.a.Site == site })
				}
			}
			require.Equal(t, len(dumb), x.Len())
			next := protocol.Instant(0)
			for _, o := range dumb {
				if next == 0 || o.at < next {
					next = o.at
				}
			}
			require.Equal(t, next, x.Next())
		}
		for len(dumb) > 0 {
			a, at, ok := x.Take(100)
			require.True(t, ok)
			i := slices.Index(dumb, one{a, at})
			require.GreaterOrEqual(t, i, 0)
			dumb = slices.Delete(dumb, i, i+1)
		}
		require.Empty(t, x.ids.no, "names are given back")
		require.Empty(t, x.sites.no)
	}
}
