package sim

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"switchyard/protocol"
)

// TestF40OldRoomsAreAsIfTheyNeverWere: after any life, a month in which the site keeps rooms for a month takes every closed
// room and no other, every invariant holds without them, also across a crash that takes some removals back, and customers
// come again.
func TestF40OldRoomsAreAsIfTheyNeverWere(t *testing.T) {
	gone := 0
	for seed := uint64(1); seed <= 20; seed++ {
		r := NewRun(seed)
		_, err := r.Play(whole(300))
		require.NoError(t, err)
		w := r.W
		ask := func(to protocol.Address, c protocol.Command) (rej *protocol.Rejection) {
			given := false
			w.Ask(to, c, func(_ protocol.Result, err *protocol.Rejection) { rej, given = err, true })
			w.Settle()
			require.True(t, given)
			return rej
		}
		admin := protocol.Caller{Role: protocol.Admin, Site: w.Site, Account: "admin"}
		require.Nil(t, ask(protocol.SiteAt(w.Site), protocol.Command{Body: protocol.ChangeSettings{Changes: []byte(`{"retention.rooms":30}`)}, Caller: admin}))
		closed, open := map[protocol.RoomID]bool{}, map[protocol.RoomID]int{}
		require.NoError(t, w.Rows(protocol.RowClosedRoom, protocol.RowKey(w.Site), func(k, _ []byte) error {
			_, room := protocol.ClosedRoomOf(w.Site, k)
			closed[room] = true
			return nil
		}))
		for a, log := range w.Logs() {
			if a.Kind == protocol.KindRoom && !closed[protocol.RoomID(a.ID)] {
				open[protocol.RoomID(a.ID)] = len(log)
			}
		}
		w.Advance(w.Clock.Add(time.Minute))
		require.Len(t, rowsOf(w, protocol.RowClosedRoom), len(closed), "their period has not passed")

		w.Clock = w.Clock.Add(30*24*time.Hour - 2*time.Minute) // asleep meanwhile
		w.Tick()
		left := 0
		for room := range closed {
			left += len(w.Log(protocol.RoomAt(w.Site, room), 1))
		}
		w.Crash() // everything was durable
		w.Clock = w.Clock.Add(time.Hour)
		w.Start()
		require.NoError(t, w.Err())
		require.NoError(t, w.Audit())
		for room := range closed {
			require.Empty(t, w.Log(protocol.RoomAt(w.Site, room), 1), "seed %d: %s", seed, room)
			gone++
		}
		for room, events := range open {
			require.GreaterOrEqual(t, len(w.Log(protocol.RoomAt(w.Site, room), 1)), events, "seed %d: %s", seed, room)
		}
		for _, kind := range []protocol.RowKind{protocol.RowClosedRoom, protocol.RowCustomerRoom, protocol.RowRoomNumber, protocol.RowRequest} {
			for _, row := range rowsOf(w, kind) {
				for room := range closed {
					require.NotContains(t, row, string(room), "seed %d: a row of kind %d", seed, kind)
				}
			}
		}
		k := r.customers[0]
		require.Nil(t, ask(protocol.CustomersAt(w.Site), protocol.Command{
			Body: protocol.StartRoom{Key: k.key, Channel: k.channel}, ClientID: "after-all-0001",
			Caller: protocol.Caller{Role: protocol.Visitor, Site: w.Site, Customer: k.key},
		}))
		require.NoError(t, w.Audit())
	}
	require.Greater(t, gone, 20, "hardly a room was closed")
}

// rowsOf gives keys and values of a kind, each as one string.
func rowsOf(w *World, kind protocol.RowKind) (all []string) {
	_ = w.Rows(kind, protocol.RowKey(w.Site), func(k, v []byte) error {
		all = append(all, string(k)+string(v))
		return nil
	})
	return all
}
