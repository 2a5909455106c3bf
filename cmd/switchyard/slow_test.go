package main

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/require"

	"switchyard/persistence"
	"switchyard/persistence/journaltest"
	"switchyard/protocol"
)

// F-07: while a sync takes its time, acknowledgements wait and what was accepted is counted; after two seconds the node is not ready,
// and when the sync is over it is again, by itself.
func TestF07SlowSyncsMakeTheNodeNotReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var slow atomic.Bool
		gate := make(chan struct{})
		disk := errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(op errorfs.Op) error {
			if slow.Load() && (op.Kind == errorfs.OpFileSync || op.Kind == errorfs.OpFileSyncData || op.Kind == errorfs.OpFileSyncTo) {
				<-gate
			}
			return nil
		}))
		store, err := persistence.Open("store", persistence.Options{FS: disk, Shards: 4, CacheBytes: 1 << 20, MemTableBytes: 1 << 20, Fatal: func(err error) { panic(err) }})
		require.NoError(t, err)
		n := &node{store: store}
		n.disk.space = store.Space
		n.started.Store(true)
		require.Empty(t, n.notReady())

		slow.Store(true)
		acked := 0
		for i := range uint64(50) {
			store.HandOver(journaltest.Said(4, protocol.RoomAt("seoul", "r_1"), i+1, "hello"), func() { acked++ })
		}
		time.Sleep(1900 * time.Millisecond) // of the bubble's time
		require.Empty(t, n.notReady(), "not yet")
		time.Sleep(200 * time.Millisecond) // of the bubble's time
		require.Equal(t, []string{"disk: no sync for 2.1s"}, n.notReady())
		entries, _ := store.Undurable()
		require.Equal(t, 50, entries)
		time.Sleep(10 * time.Second) // of the bubble's time
		synctest.Wait()
		require.Zero(t, acked)

		slow.Store(false)
		close(gate)
		store.WaitDurable(50)
		require.Equal(t, 50, acked)
		require.Empty(t, n.notReady())
		require.NoError(t, store.Close())
	})
}
