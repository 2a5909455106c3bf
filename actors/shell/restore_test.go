package shell

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"switchyard/actors/core"
	"switchyard/protocol"
)

// A start serves before rooms, agents and queue are back (PERF-5, I-10, F-23): whatever is asked in between, in whatever order,
// is right.

// halfway restarts the engine on what was durable; from here on nobody can read the open rooms before rest lets them.
func (r *rig) halfway() (rest func()) {
	gate := make(chan struct{})
	r.store = r.store.crash()
	r.wait()
	r.store.automatic(true)
	r.store.rowsGate = func(k protocol.RowKind) {
		if k == protocol.RowOpenRoom {
			<-gate
		}
	}
	r.boot()
	r.wait()
	return func() {
		close(gate)
		r.wait()
	}
}

func (r *rig) restored() bool {
	select {
	case <-r.e.Restored():
		return true
	default:
		return false
	}
}

func TestAStartServesBeforeItsRoomsAreBack(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.ask(room1, add{1}).must()
		r.ask(room2, add{2}).must()
		r.ask(ann, say{"here"}).must()
		rest := r.halfway()
		require.NoError(t, r.startErr)
		require.False(t, r.restored())
		require.Equal(t, 1, r.e.Restoring())
		require.False(t, r.e.Idle(), "whoever waits until nothing goes on, waits for it")

		require.Equal(t, 1, r.sum(room1), "a room is loaded as one that slept")
		require.Empty(t, r.ask(room1, add{4}).code())
		require.Equal(t, "here", r.seen(ann))
		require.Empty(t, r.ask(protocol.RoomAt(here, "r3"), add{1}).code(), "a new one")
		queued := []*answer{r.ask(queue, say{"first"}), r.ask(queue, say{"second"}), r.ask(queue, look{})}
		for _, a := range queued {
			require.False(t, a.given(), "the queue does not know its rooms")
		}

		rest()
		require.True(t, r.restored())
		require.Zero(t, r.e.Restoring())
		for _, a := range queued {
			require.Empty(t, a.code())
		}
		require.Equal(t, "first second", r.seen(queue), "in order")
		require.Equal(t, 3, r.sum(queue), "it was made of every room")
		require.Equal(t, "1 4", r.texts(room1))
		require.True(t, r.e.Idle())
	})
}

// TestTheQueueWaitsForItsAgents: it is not let anybody in before each of them has said whether it is there.
func TestTheQueueWaitsForItsAgents(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		late := make(chan struct{})
		r.hooks.resumed = func(s *toy, _ protocol.Command) (out core.Step) {
			if s.addr.Kind == protocol.KindAgent {
				<-late
				out.Tell(queue, protocol.AgentReport{Account: protocol.AccountID(s.addr.ID)})
			}
			return out
		}
		rest := r.halfway()
		var order []string
		r.hooks.agent = func(_ *toy, id protocol.AccountID) { order = append(order, string(id)) }
		asked := r.ask(queue, say{"asked"})
		rest()
		require.False(t, asked.given(), "it knows its rooms")
		close(late)
		asked.must()
		slices.Sort(order)
		require.Equal(t, []string{"ann", "bob"}, order)
		require.True(t, strings.HasSuffix(r.seen(queue), "asked"), "the question comes behind the reports: %s", r.seen(queue))
	})
}

// TestDeadlinesInTheMiddleOfAStart: a deadline fires once and not too late, whatever was asked before the index had it, and whether or
// not the room has slept since. (A room that was loaded early must not take for granted that the index has it: the row that is read later may be
// without a deadline.)
func TestDeadlinesInTheMiddleOfAStart(t *testing.T) {
	at := func(s int) protocol.Instant { return protocol.At(noon.Add(time.Duration(s) * time.Second)) }
	for _, c := range []struct {
		name   string
		before []protocol.Body // while the rooms come back
		after  []protocol.Body
		due    int // seconds after noon; 0 = it does not fire
	}{
		{"nothing", nil, nil, 60},
		{"read", []protocol.Body{look{}}, nil, 60},
		{"moved later", []protocol.Body{set{at(90)}}, nil, 90},
		{"moved earlier", []protocol.Body{set{at(30)}}, nil, 30},
		{"given up", []protocol.Body{set{0}}, nil, 0},
		{"given up, and later than before", []protocol.Body{set{0}}, []protocol.Body{set{at(90)}}, 90},
		{"given up, and earlier", []protocol.Body{set{0}}, []protocol.Body{set{at(45)}}, 45},
		{"moved later, and back", []protocol.Body{set{at(90)}}, []protocol.Body{set{at(60)}}, 60},
		{"read, and moved later", []protocol.Body{look{}}, []protocol.Body{set{at(90)}}, 90},
		{"closed", []protocol.Body{set{0}, over{}}, nil, 0},
	} {
		for _, slept := range []string{"", "before the rows are read", "after"} {
			t.Run(c.name+" "+slept, func(t *testing.T) {
				bubble(t, func(t *testing.T, r *rig) {
					r.ask(room1, set{at(60)}).must()
					rest := r.halfway()
					for _, b := range c.before {
						require.Empty(t, r.ask(room1, b).code())
					}
					if slept == "before the rows are read" {
						r.passivate()
					}
					rest()
					if slept == "after" {
						r.passivate()
					}
					for _, b := range c.after {
						require.Empty(t, r.ask(room1, b).code())
					}
					if c.due != 0 {
						r.tick(at(c.due).Time().Sub(r.clock.Now()) - time.Millisecond)
						require.NotContains(t, r.seen(room1), "rang", "too early")
						r.tick(time.Millisecond)
						require.Contains(t, r.seen(room1), "rang", "too late")
					}
					for range 5 {
						r.tick(time.Hour)
					}
					want := min(c.due, 1)
					require.Equal(t, want, strings.Count(r.texts(room1), protocol.EventCode((&protocol.AlarmRang{}).EventCode()).String()), "how often it fired")
					require.Zero(t, r.e.NextDeadline())
				})
			})
		}
	}
}

// TestOverdueDeadlinesWaitForTheirOrder (F-23): none fires before all are there, so that the oldest is first; one of a room that
// somebody woke does.
func TestOverdueDeadlinesWaitForTheirOrder(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		for i := range 40 {
			r.ask(protocol.RoomAt(here, protocol.RoomID(fmt.Sprintf("r%02d", i))), set{r.in(time.Duration(60-i) * time.Second)})
		}
		r.wait()
		r.clock.advance(time.Hour)
		rest := r.halfway()
		r.tick(0)
		require.Empty(t, r.lates)
		require.Empty(t, r.seen(protocol.RoomAt(here, "r07")))
		r.tick(0)
		require.Len(t, r.lates, 1)
		rest()
		r.lates = nil
		for range 5 {
			r.tick(0)
		}
		require.True(t, slices.IsSortedFunc(r.lates, func(a, b time.Duration) int { return int(b - a) }), "in due order: %v", r.lates)
		for i := range 40 {
			require.Equal(t, 1, strings.Count(r.seen(protocol.RoomAt(here, protocol.RoomID(fmt.Sprintf("r%02d", i)))), "rang"))
		}
	})
}

// TestASiteThatBreaksWhileItComesBackComesBackOnce: what was asked of the queue in the life that ended is answered, and the life
// that follows is whole.
func TestASiteThatBreaksWhileItComesBackComesBackOnce(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.ask(room1, set{r.in(time.Minute)}).must()
		rest := r.halfway()
		old := r.ask(queue, say{"old"})
		require.False(t, old.given())
		require.Equal(t, "internal", r.ask(ann, say{"apply!"}).code())
		r.wait()
		require.Equal(t, "unavailable", r.ask(room1, add{1}).code(), "the queue of the old life is still reading")
		rest()
		require.Equal(t, "unavailable", old.code())
		require.Empty(t, r.ask(queue, say{"young"}).code())
		require.Equal(t, "young", r.seen(queue))
		require.Equal(t, 1, r.sum(queue))
		require.Equal(t, 1, r.loaded)
		require.Zero(t, r.e.Restoring())
		r.tick(time.Minute)
		require.Contains(t, r.seen(room1), "rang")
		r.tick(time.Hour)
		require.Zero(t, r.e.NextDeadline())
	})
}

// TestAStopInTheMiddleOfAStart answers whoever waits for the queue, and ends.
func TestAStopInTheMiddleOfAStart(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.ask(room1, add{1}).must()
		rest := r.halfway()
		waiting := r.ask(queue, say{"x"})
		require.False(t, waiting.given())
		stopped := make(chan struct{})
		go func() { r.e.Stop(time.Minute); close(stopped) }()
		r.wait()
		rest()
		<-stopped
		require.Empty(t, waiting.code(), "the queue's pass goes to its end")
		require.Empty(t, r.violated)
	})
}

// TestARowThatCannotBeReadSetsTheSiteAsideLater: the node serves by then, and nobody waits for ever.
func TestARowThatCannotBeReadSetsTheSiteAsideLater(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.ask(room1, add{1}).must()
		rest := r.halfway()
		r.store.rows[rowName(protocol.Shard(here, fakeShards), protocol.RowOpenRoom, protocol.OpenRoomKey(here, "r1"))] = []byte{0xff}
		waiting := r.ask(queue, say{"x"})
		require.False(t, waiting.given())
		rest()
		require.Equal(t, "unavailable", waiting.code())
		require.Equal(t, "unavailable", r.ask(room1, look{}).code())
		require.Zero(t, r.e.Restoring())
	})
}

// TestOpenRoomsAreToldBeforeTheQueueGivesASeat: what counts them is complete by then.
func TestOpenRoomsAreToldBeforeTheQueueGivesASeat(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		for i := range 2*page + 3 {
			r.ask(protocol.RoomAt(here, protocol.RoomID(fmt.Sprint("r", i))), set{r.in(time.Minute)})
		}
		r.wait()
		var told []protocol.OpenRoomDue
		r.tune = func(o *Options) {
			o.Observe.Open = func(s protocol.SiteID, rooms []protocol.OpenRoomDue) {
				require.Equal(t, here, s)
				told = append(told, rooms...)
			}
		}
		rest := r.halfway()
		n := -1
		asked := r.ask(queue, step(func(*toy, protocol.Command, *core.Step) { n = len(told) }))
		rest()
		require.Equal(t, 2*page+3, n)
		require.Equal(t, protocol.Active, told[0].State)
		_ = asked
		r.drop()
	})
}

// TestTheOldestQuestionComesFirst (I-13): rooms that asked before the crash ask again behind those that came since, and are let in
// before them; what one sender says stays in its order.
func TestTheOldestQuestionComesFirst(t *testing.T) {
	var g gate
	g.shut(1)
	post := func(b protocol.Body) { require.True(t, g.held(&mail{c: protocol.Command{Body: b}})) }
	ask := func(room protocol.RoomID, at protocol.Instant) protocol.AskSeat {
		return protocol.AskSeat{Room: room, RequestedAt: at}
	}
	post(protocol.RoomUnlocked{Room: "w"})
	post(ask("new", 50))
	post(protocol.RoomLeft{Room: "new"})
	post(ask("old", 10))
	post(ask("older", 5))
	post(ask("old2", 10))
	require.False(t, g.held(&mail{c: protocol.Command{Body: protocol.AgentReport{}}}), "the reports pass")
	require.False(t, g.held(&mail{c: protocol.Command{Body: reached{}}}))
	var order []string
	require.Empty(t, g.open(2, func(*mail) { t.Error("of another life") }))
	g.open(1, func(m *mail) {
		switch b := m.c.Body.(type) {
		case protocol.AskSeat:
			order = append(order, string(b.Room))
		default:
			order = append(order, b.CommandName())
		}
	})
	require.Equal(t, []string{"older", "old", "old2", "new", protocol.RoomUnlocked{}.CommandName(), protocol.RoomLeft{}.CommandName()}, order)
	require.False(t, g.held(&mail{c: protocol.Command{Body: ask("later", 60)}}))
}
