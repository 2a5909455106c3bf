package shell

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"switchyard/actors/core"
	"switchyard/protocol"
)

// TestF03AnActorThatCannotBeLoadedStandsAside: it is never served as an empty one, and its neighbours are untouched.
func TestF03AnActorThatCannotBeLoadedStandsAside(t *testing.T) {
	for name, damage := range map[string]func(r *rig){
		"bad record":      func(r *rig) { r.store.badEvents[room1] = protocol.ErrChecksum },
		"panic in Apply":  func(r *rig) { r.hooks.apply = func(s *toy, _ protocol.Recorded) { panicAt(s, room1) } },
		"gap in numbers":  func(r *rig) { r.store.cut(room1, 2) },
		"no beginning":    func(r *rig) { r.store.cut(room1, 1) },
		"unknown event":   func(r *rig) { r.store.badEvents[room1] = protocol.ErrWire },
		"disk unreadable": func(r *rig) { r.store.badEvents[room1] = errors.New("input/output error") },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, r *rig) {
				r.ask(queue, look{}).must()
				for i := range 3 {
					r.ask(room1, add{i}).must()
					r.ask(room2, add{i}).must()
				}
				r.passivateNow(room1)
				r.passivateNow(room2)
				damage(r)

				for range 2 {
					require.Equal(t, "internal", r.ask(room1, look{}).code())
					require.Equal(t, "internal", r.ask(room1, add{9}).code())
				}
				require.Equal(t, "internal", r.ask(room1, protocol.OfferSeat{Room: "r1", Seat: protocol.Seat{Turn: 7, Agent: "ann"}}).code())
				require.Equal(t, "returned:r1:7", r.seen(queue))
				require.Equal(t, "0 1 2", r.texts(room1), "nothing was written")
				require.Len(t, r.violated, 1, "reported, once")
				require.Contains(t, r.violated[0], "unreadable")
				require.Empty(t, r.quarantined)
				require.Zero(t, r.loaded)

				require.Equal(t, 3, r.sum(room2))
				require.Empty(t, r.ask(room2, add{4}).code())
			})
		})
	}
}

func panicAt(s *toy, a protocol.Address) {
	if s.addr == a {
		panic("apply")
	}
}

// cut takes one event's record out of an actor's journal.
func (s *fakeStore) cut(a protocol.Address, number int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.records[a] = append(s.records[a][:number-1:number-1], s.records[a][number:]...)
}

func TestF27ABadSnapshotIsThrownAwayAndMadeAgain(t *testing.T) {
	for name, restore := range map[string]func(protocol.Address, []byte) (*toy, error){
		"refused": func(protocol.Address, []byte) (*toy, error) { return nil, errors.New("not mine") },
		"panic":   func(protocol.Address, []byte) (*toy, error) { panic("restore") },
		"row":     nil,
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, r *rig) {
				r.hooks.every = 4
				r.boot()
				for i := range 10 {
					r.ask(room1, add{i}).must()
				}
				r.wait()
				key := string(snapshotKey(room1))
				require.Contains(t, r.store.all(protocol.RowSnapshot), key)
				row := rowName(protocol.Shard(here, fakeShards), protocol.RowSnapshot, []byte(key))
				if name == "row" {
					r.store.badRows[row] = protocol.ErrChecksum
				}
				r.passivateNow(room1)
				r.hooks.restore = restore
				require.Equal(t, 45, r.sum(room1))
				require.Equal(t, "0 1 2 3 4 5 6 7 8 9", r.seen(room1))
				require.Empty(t, r.violated)

				delete(r.store.badRows, row)
				r.hooks.restore = nil
				r.ask(room1, add{10}).must()
				r.passivateNow(room1)
				r.hooks.apply = func(s *toy, e protocol.Recorded) {
					if e.Number <= 11 {
						panicAt(s, room1)
					}
				}
				require.Equal(t, 55, r.sum(room1), "the new one covers everything")
			})
		})
	}
}

// TestASnapshotCoversOnlyWhatIsHandedOver: it stands in the entry of the last event that it covers.
func TestASnapshotCoversOnlyWhatIsHandedOver(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.hooks.every = 4
		r.boot()
		r.store.automatic(false)
		for i := range 4 {
			r.ask(room1, add{i})
		}
		r.wait()
		r.store.sync(3)
		r.wait()
		require.NotContains(t, r.store.all(protocol.RowSnapshot), string(snapshotKey(room1)))
		r.crash() // in the entry of the fourth event, which is lost with it
		require.Equal(t, 3, r.sum(room1))
		r.drop()
	})
}

// TestLoadingWaitsForTheActorsOwnPast: what it handed over is shown to nobody yet; loaded now, it would miss that,
// and give its numbers out again.
func TestLoadingWaitsForTheActorsOwnPast(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.ask(room1, add{1}).must()
		r.store.automatic(false)
		first := r.ask(room1, add{2})
		r.passivateNow(room1)
		waiting := []*answer{r.ask(room1, add{4}), r.ask(room1, look{}), r.ask(room1, add{8})}
		for _, a := range waiting {
			require.False(t, a.given())
		}
		require.False(t, r.awake(room1), "its mail waits")
		require.EqualValues(t, 3, r.e.Flying())
		require.Empty(t, r.ask(room2, look{}).rej, "others go on")

		r.store.automatic(true)
		first.must()
		for i, sum := range []int{7, 7, 15} {
			require.EqualValues(t, sum, waiting[i].must().res.(protocol.Sent).Seq)
		}
		require.Equal(t, "1 2 4 8", r.texts(room1))
	})
}

// TestAForgottenSlotIsNotANewerOne: an actor slept with one hand-over under way, woke when that was durable, and
// slept again with the next. The first sleep's effect came late and forgot the actor altogether, so that
// the third waking did not wait for the second sleep's past.
func TestAForgottenSlotIsNotANewerOne(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.store.automatic(false)
		r.ask(room1, add{1})
		r.passivateNow(room1)
		var second *answer
		r.store.late(func() { // the first is durable, and the engine is about to be told
			second = r.ask(room1, add{2})
			time.Sleep(time.Millisecond)
			r.e.system.Root.Send(r.pid(room1), leave{})
			time.Sleep(time.Millisecond)
		})
		r.store.sync(1)
		r.wait()
		require.False(t, r.awake(room1))
		third := r.ask(room1, add{4})
		require.False(t, third.given(), "it waits for its past")
		require.False(t, r.awake(room1))
		r.store.automatic(true)
		require.EqualValues(t, 3, second.must().res.(protocol.Sent).Seq)
		require.EqualValues(t, 7, third.must().res.(protocol.Sent).Seq)
		require.Equal(t, "1 2 4", r.texts(room1))
	})
}

// late runs f in the place of the next effects, before them.
func (s *fakeStore) late(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiters = append(s.waiters, waiter{s.durable + 1, 0, f, false})
}

// TestPassivationLosesNoMail: every ask of many is answered once, while everybody is sent away all the time.
func TestPassivationLosesNoMail(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.hooks.every = 8
		r.boot()
		const askers, asks, rooms = 8, 150, 16
		room := func(i int) protocol.Address { return protocol.RoomAt(here, protocol.RoomID(fmt.Sprint("p", i%rooms))) }
		var answers [askers][]*answer
		var wg sync.WaitGroup
		for i := range askers {
			wg.Add(1)
			go func() {
				defer wg.Done()
				for k := range asks {
					to := room(i*7 + k)
					for d := range 3 { // what sweep does, to those that were asked just now and those that will be
						if pid := r.pid(room(i*7 + k + 1 - d)); pid != nil {
							r.e.system.Root.Send(pid, leave{})
						}
					}
					done := make(chan struct{})
					answers[i] = append(answers[i], r.ask(to, add{1}))
					r.e.Ask(room(i+k), protocol.Command{Body: look{}}, func(protocol.Result, *protocol.Rejection) { close(done) })
					if k%4 > 0 {
						<-done
					}
				}
			}()
		}
		wg.Wait()
		r.wait()
		sum := 0
		for i := range answers {
			for _, a := range answers[i] {
				require.Equal(t, 1, a.times)
				require.Nil(t, a.rej)
			}
		}
		for i := range rooms {
			sum += r.sum(room(i))
		}
		require.Equal(t, askers*asks, sum)
		require.Greater(t, r.loads.Load(), int64(4*rooms), "hardly anybody left: the test proves nothing")
	})
}

// TestClosedRoomsLeaveEarly, and open ones stay.
func TestClosedRoomsLeaveEarly(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.ask(room1, add{1}).must()
		r.ask(room2, over{}).must()
		unknown := protocol.RoomAt(here, "unknown")
		r.ask(unknown, look{}).must()
		sweep := func() {
			for range r.e.stripes {
				r.e.sweep(r.clock.Now())
			}
			r.wait()
		}
		r.clock.advance(5*time.Second - 1)
		sweep()
		require.True(t, r.awake(room1) && r.awake(room2))
		r.clock.advance(1)
		sweep()
		require.True(t, r.awake(room1))
		require.False(t, r.awake(room2), "its story is over")
		require.False(t, r.awake(unknown), "it never began")
		require.True(t, r.awake(theSite))
	})
}

// TestMoreThanMayBeResidentLeave, those that are not done with too.
func TestMoreThanMayBeResidentLeave(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.tune = func(o *Options) { o.Resident = 10 }
		r.boot()
		for i := range 50 {
			r.ask(protocol.RoomAt(here, protocol.RoomID(fmt.Sprint("m", i))), set{protocol.At(r.clock.Now().Add(time.Hour))}).must()
		}
		require.GreaterOrEqual(t, r.e.Resident(), int64(50))
		r.passivate()
		require.LessOrEqual(t, r.e.Resident(), int64(10))
		require.Equal(t, 0, r.sum(protocol.RoomAt(here, "m7")))
		r.clock.advance(time.Hour) // their deadlines stand in the index
		r.e.Tick()
		r.wait()
		require.Equal(t, "rang", r.seen(protocol.RoomAt(here, "m8")))
	})
}

// TestAnActorStaysWhileMailIsUnderWay: what was sent and is not handled counts, not what stands in a mailbox.
func TestAnActorStaysWhileMailIsUnderWay(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		gate := make(chan struct{})
		r.ask(room1, over{}).must()
		blocked := r.ask(room1, step(func(_ *toy, c protocol.Command, out *core.Step) {
			<-gate
			out.Answer(c.Ticket, protocol.Done{})
		}))
		r.wait()
		r.e.system.Root.Send(r.pid(room1), leave{})
		second := r.ask(room1, add{1})
		close(gate)
		blocked.must()
		require.EqualValues(t, 1, second.must().res.(protocol.Sent).Seq)
		require.Equal(t, 1, r.sum(room1))
	})
}
