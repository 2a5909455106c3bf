package shell

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"switchyard/actors/core"
	"switchyard/protocol"
)

// TestF40ARoomIsForgottenWhole: journal, snapshot and rows go in one entry; afterwards it is a room that never was, whose
// address begins with event 1; and a crash before the sync leaves it as it was.
func TestF40ARoomIsForgottenWhole(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		note := protocol.Row{Kind: protocol.RowRoomNumber, Key: protocol.RowKey(here, "r1")}
		r.hooks.forget = func(_ *toy, read core.RowReader) ([]protocol.Row, error) {
			return []protocol.Row{note}, read(protocol.RowOpenRoom, protocol.RowKey(here), func(_, _ []byte) error { return nil })
		}
		r.hooks.rows = func(s *toy, _ []protocol.Recorded) []protocol.Row {
			if s.addr == room1 {
				return []protocol.Row{{Kind: note.Kind, Key: note.Key, Value: []byte{1}}}
			}
			return nil
		}
		var forgotten []string
		r.tune = func(o *Options) {
			o.Observe.Forgotten = func(a protocol.Address) { r.note(func() { forgotten = append(forgotten, a.String()) }) }
		}
		r.crash()
		for range 300 {
			r.ask(room1, add{1})
		}
		r.ask(room2, add{2})
		require.Equal(t, "conflict", r.ask(room1, protocol.ExpireRoom{}).code(), "an open room is never touched")
		require.Equal(t, "", r.ask(room1, over{}).code())
		require.NotEmpty(t, r.store.all(protocol.RowSnapshot))

		r.store.automatic(false)
		x := r.ask(room1, protocol.ExpireRoom{})
		require.False(t, x.given(), "nothing is said before the sync")
		r.crash()
		require.Equal(t, 300, r.sum(room1))
		require.Empty(t, forgotten)

		require.Equal(t, "", r.ask(room1, protocol.ExpireRoom{}).code())
		require.Equal(t, []string{room1.String()}, forgotten)
		require.Empty(t, r.store.all(protocol.RowSnapshot))
		require.Empty(t, r.store.all(note.Kind))
		require.Zero(t, r.sum(room1), "a room that never was")
		require.Equal(t, 2, r.sum(room2))
		require.Equal(t, "", r.ask(room1, add{5}).code())
		require.Equal(t, 5, r.sum(room1))
		r.crash()
		require.Equal(t, 5, r.sum(room1))
	})
}

// TestF40AReaderSeesBeforeOrAfter: whoever follows a room that goes is told so, wherever it stands: live, in the middle of the
// log, or coming just behind. Nobody goes live on a part of it.
func TestF40AReaderSeesBeforeOrAfter(t *testing.T) {
	for _, show := range []bool{false, true} { // the store can show the end before it is synced
		t.Run(fmt.Sprint("shown early: ", show), func(t *testing.T) {
			bubble(t, func(t *testing.T, r *rig) {
				const events = 3*replayPage + 7
				for range events {
					r.ask(room1, add{1})
				}
				r.ask(room1, over{})
				r.wait()
				live := newSink()
				defer r.e.Follow(stream(protocol.StreamDesk, room1), 0, 0, live)()
				other := newSink()
				r.ask(room2, add{1})
				defer r.e.Follow(stream(protocol.StreamDesk, room2), 0, 0, other)()
				r.wait()
				require.Contains(t, live.String(), "live:")

				// A reader whose first page is given before the room goes and whose next one comes after.
				reading, first, go_ := newSink(), make(chan struct{}), make(chan struct{})
				n := 0
				reading.refuse = func(bool) bool {
					if n++; n == replayPage/2 {
						close(first)
						<-go_
					}
					return false
				}
				defer r.e.Follow(stream(protocol.StreamDesk, room1), 0, 0, reading)()
				<-first
				r.store.automatic(false)
				x := r.ask(room1, protocol.ExpireRoom{})
				r.wait()
				if show {
					r.store.show(-1)
					close(go_)
					r.wait()
					require.NotContains(t, reading.String(), "live:")
					require.NotContains(t, reading.String(), "reset", "what it read can still come back")
				}
				require.NotContains(t, live.String(), "reset")
				r.store.automatic(true)
				r.wait()
				if !show {
					close(go_)
				}
				require.Equal(t, "", x.code())
				require.True(t, strings.HasSuffix(live.String(), "reset:gone"), live.String())
				require.True(t, strings.HasSuffix(reading.String(), "reset:gone"), reading.String())
				require.NotContains(t, reading.String(), "live:")
				require.NotContains(t, other.String(), "reset")

				late := newSink()
				defer r.e.Follow(stream(protocol.StreamDesk, room1), events, 0, late)()
				r.wait()
				require.Equal(t, "reset:gone", late.String())
			})
		})
	}
}

// TestARoomThatCannotBeForgottenStays: its rows cannot be read, or the mind panics, or says something else as well.
func TestARoomThatCannotBeForgottenStays(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.ask(room1, add{1})
		r.ask(room1, over{})
		r.hooks.forget = func(*toy, core.RowReader) ([]protocol.Row, error) { return nil, errors.New("a bad block") }
		require.Equal(t, "internal", r.ask(room1, protocol.ExpireRoom{}).code())
		require.Equal(t, 1, r.sum(room1))
		r.hooks.forget = func(*toy, core.RowReader) ([]protocol.Row, error) { panic("forget!") }
		require.Equal(t, "internal", r.ask(room1, protocol.ExpireRoom{}).code())
		require.Equal(t, 1, r.sum(room1))
		r.hooks.forget = nil
		both := step(func(_ *toy, _ protocol.Command, out *core.Step) {
			out.Do(said("2"))
			out.Forget = true
		})
		require.Equal(t, "internal", r.ask(room1, both).code())
		require.Len(t, r.violated, 1)
		require.Equal(t, 1, r.sum(room1))
	})
}

// closedRooms makes n rooms that closed now, a second after each other, with the rows by which retention finds them.
func (r *rig) closedRooms(name string, n int) []protocol.Address {
	if r.hooks.closed == nil {
		r.hooks.closed = map[protocol.Address]protocol.Instant{}
	}
	closed := r.hooks.closed
	r.hooks.rows = func(s *toy, recs []protocol.Recorded) []protocol.Row {
		if !s.over {
			return nil
		}
		closed[s.addr] = recs[0].At
		return []protocol.Row{{Kind: protocol.RowClosedRoom, Key: protocol.ClosedRoomKey(here, recs[0].At, protocol.RoomID(s.addr.ID)), Value: []byte{1}}}
	}
	r.hooks.forget = func(s *toy, _ core.RowReader) ([]protocol.Row, error) {
		return []protocol.Row{{Kind: protocol.RowClosedRoom, Key: protocol.ClosedRoomKey(here, closed[s.addr], protocol.RoomID(s.addr.ID))}}, nil
	}
	var all []protocol.Address
	for i := range n {
		a := protocol.RoomAt(here, protocol.RoomID(fmt.Sprintf("%s%04d", name, i)))
		r.ask(a, add{1})
		r.ask(a, over{})
		r.wait()
		r.clock.advance(time.Second)
		all = append(all, a)
	}
	return all
}

// ticks lets the ticker run for so long.
func (r *rig) ticks(d time.Duration) {
	for range int(d / (10 * time.Millisecond)) {
		r.clock.advance(10 * time.Millisecond)
		r.e.Tick()
		r.wait()
	}
}

// TestF40OldRoomsGoAtABoundedRate: those whose period has passed, the oldest first, no faster than the rate, not at all while
// the disk is behind or the day is not counted; the others stay, and so does every open room.
func TestF40OldRoomsGoAtABoundedRate(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.hooks.days = 30
		counted := false
		var days []string
		r.tune = func(o *Options) {
			o.ExpiryRate = 50
			o.FoldedThrough = func(site protocol.SiteID, d protocol.Date) bool {
				days = append(days, d.String())
				return site == here && counted
			}
		}
		r.crash()
		const old, young = 60, 5
		first := r.closedRooms("old", old)
		r.clock.advance(24 * time.Hour)
		second := r.closedRooms("young", young)
		r.ask(room1, add{1})
		left := func() int { return len(r.store.all(protocol.RowClosedRoom)) }
		r.ticks(2 * time.Second)
		require.Equal(t, old+young, left(), "nobody's period has passed")
		require.Equal(t, protocol.At(noon), r.e.OldestClosed())

		r.clock.advance(29 * 24 * time.Hour)
		r.ticks(2 * time.Second)
		require.Equal(t, old+young, left(), "the day is not counted")
		require.Contains(t, days, "2021-06-09")
		require.NotContains(t, days, "2021-06-10")
		counted = true
		r.store.automatic(false)
		for range ownMax + 1 {
			r.store.HandOver(&protocol.Entry{Actor: theSite}, nil)
		}
		r.ticks(2 * time.Second)
		require.Equal(t, old+young, left(), "the disk is behind")
		r.store.automatic(true)
		r.wait()
		r.clock.advance(time.Minute)
		r.ticks(time.Second)
		require.InDelta(t, old+young-50, left(), 6, "50 a second")
		r.ticks(2 * time.Second)
		require.Equal(t, young, left())
		for _, a := range first {
			require.Zero(t, r.sum(a))
		}
		for _, a := range second {
			require.Equal(t, 1, r.sum(a))
		}
		require.Equal(t, 1, r.sum(room1))
		r.ticks(time.Second)
		require.Equal(t, young, left())
		r.clock.advance(time.Minute)
		r.ticks(time.Second)
		require.Greater(t, r.e.OldestClosed(), protocol.At(noon.Add(24*time.Hour)))
	})
}
