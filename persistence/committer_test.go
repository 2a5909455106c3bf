package persistence

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"switchyard/persistence/journaltest"
	"switchyard/protocol"
)

// disk is a commit that the test lets go one at a time.
type disk struct {
	committer
	asked chan int   // items offered
	let   chan error // what the commit answers
	stop  *failStop
	mu    sync.Mutex
	fatal []error
}

func newDisk(t *testing.T) *disk {
	d := &disk{asked: make(chan int), let: make(chan error)}
	d.stop = newFailStop(func(err error) {
		d.mu.Lock()
		d.fatal = append(d.fatal, err)
		d.mu.Unlock()
	})
	d.stop.armed.Store(true)
	d.start(func(items []handed) (int, error) {
		d.asked <- len(items)
		return len(items), <-d.let
	}, d.stop, make([]uint64, 4))
	return d
}

func cursor(value string) *protocol.Entry {
	return journaltest.Put(4, "seoul", protocol.Row{Kind: protocol.RowCursor, Key: []byte("k"), Value: []byte(value)})
}

func (d *disk) row(t *testing.T) (string, bool) {
	value, found := d.pendingRow(protocol.Shard("seoul", 4), protocol.RowCursor, []byte("k"))
	return string(value), found
}

// What arrives while a sync runs becomes one batch, and waits no longer than for two syncs.
func TestWhatArrivesDuringASyncIsTheNextBatch(t *testing.T) {
	d := newDisk(t)
	d.HandOver(cursor("1"), nil)
	require.Equal(t, 1, <-d.asked)
	for range 5 {
		d.HandOver(cursor("2"), nil)
	}
	entries, bytes := d.Undurable()
	assert.Equal(t, 6, entries)
	assert.EqualValues(t, 6*entryBytes(cursor("2")), bytes)
	assert.Positive(t, d.SyncAge())
	assert.Zero(t, d.Durable())
	d.let <- nil
	require.Equal(t, 5, <-d.asked)
	d.WaitDurable(1)
	entries, _ = d.Undurable()
	assert.Equal(t, 5, entries)
	d.let <- nil
	d.WaitDurable(6)
	assert.Zero(t, d.SyncAge())
	require.NoError(t, d.close())
}

// A row is seen from its hand-over until it can be read from the store, whichever of several hand-overs is durable.
func TestPendingRows(t *testing.T) {
	d := newDisk(t)
	see := func(want string) {
		t.Helper()
		value, found := d.row(t)
		require.True(t, found)
		require.Equal(t, want, value)
	}
	d.HandOver(cursor("1"), nil)
	see("1")
	<-d.asked
	see("1")
	d.HandOver(cursor("2"), nil)
	see("2")
	d.let <- nil
	<-d.asked
	see("2")
	gone := cursor("")
	gone.Rows[0].Value = nil
	p := d.HandOver(gone, nil)
	value, found := d.pendingRow(gone.Shard, protocol.RowCursor, []byte("k"))
	require.True(t, found)
	require.Nil(t, value, "a deletion is seen too")
	d.let <- nil
	<-d.asked
	d.let <- nil
	d.WaitDurable(p)
	_, found = d.row(t)
	require.False(t, found, "the store has it")
	require.NoError(t, d.close())
}

// A customer's rows are seen for a while after they are durable: the newest of them, and a deletion too.
func TestRecentRows(t *testing.T) {
	d := newDisk(t)
	go func() {
		for range d.asked {
			d.let <- nil
		}
	}()
	put := func(key, value string) *protocol.Entry {
		return journaltest.Put(4, "seoul", protocol.Row{Kind: protocol.RowCustomer, Key: []byte(key), Value: []byte(value)})
	}
	see := func(key string) (string, bool) {
		value, found := d.pendingRow(put("", "").Shard, protocol.RowCustomer, []byte(key))
		if found && value == nil {
			return "deleted", true
		}
		return string(value), found
	}
	d.WaitDurable(d.HandOver(put("a", "1"), nil))
	value, found := see("a")
	require.True(t, found, "durable, and seen without the store")
	require.Equal(t, "1", value)
	d.WaitDurable(d.HandOver(put("a", "2"), nil))
	value, _ = see("a")
	require.Equal(t, "2", value)
	_, found = see("b")
	require.False(t, found)
	fill := func(generation string) {
		var last uint64
		for i := range recentRows {
			last = d.HandOver(put(fmt.Sprint(generation, i), "x"), nil)
		}
		d.WaitDurable(last)
	}
	fill("g1-")
	value, _ = see("a")
	require.Equal(t, "2", value, "of the older generation")
	gone := put("a", "")
	gone.Rows[0].Value = nil
	d.WaitDurable(d.HandOver(gone, nil))
	value, _ = see("a")
	require.Equal(t, "deleted", value, "newer than what the older generation has")
	fill("g2-")
	fill("g3-")
	_, found = see("a")
	require.False(t, found, "the store has it")
	d.mu.Lock()
	require.Less(t, len(d.recent)+len(d.older), 3*recentRows)
	d.mu.Unlock()
	require.NoError(t, d.close())
	close(d.asked)
}

// F-05: when a commit fails, its effects never run, nor those of what came after, nor anybody who waited.
func TestAFailedCommitIsTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // whoever goes on where he should stop waits for ever, and the bubble says so
		d := newDisk(t)
		acked := make(chan int, 10)
		d.HandOver(cursor("1"), func() { acked <- 1 })
		<-d.asked
		d.HandOver(cursor("2"), func() { acked <- 2 })
		d.After(2, func() { acked <- 3 })
		d.let <- nil
		<-d.asked
		require.Equal(t, 1, <-acked)
		broken := errors.New("no more")
		d.let <- broken
		<-d.ended
		d.HandOver(cursor("3"), func() { acked <- 4 })
		d.After(2, func() { acked <- 5 })
		d.After(1, func() { acked <- 6 })
		require.ErrorIs(t, d.close(), broken)
		require.Empty(t, acked)
		require.Equal(t, []error{broken}, d.fatal, "told once")
		d.stop.fail(errors.New("another"))
		require.Len(t, d.fatal, 1)
		require.EqualValues(t, 1, d.Durable())
	})
}

// A halt in the middle of a commit, which is how Pebble's Fatalf ends, leaves the committing goroutine where it is; Close returns
// all the same.
func TestAHaltedCommitDoesNotHoldUpClose(t *testing.T) {
	stop := newFailStop(func(error) {})
	stop.armed.Store(true)
	var c committer
	c.start(func([]handed) (int, error) { stop.halt(errors.New("no more")); return 0, nil }, stop, make([]uint64, 4))
	c.HandOver(cursor("1"), func() { t.Error("acknowledged") })
	<-stop.failed
	require.EqualError(t, c.close(), "no more")
}

func TestWaitersComeByPositionThenByArrival(t *testing.T) {
	var w waiters
	var got []string
	for i, p := range []uint64{5, 1, 3, 5, 2, 1, 4, 3, 5, 1} {
		w.push(p, func() { got = append(got, fmt.Sprintf("%d/%d", p, i)) })
	}
	for position := uint64(0); position <= 6; position++ {
		for done := w.pop(position); done != nil; done = w.pop(position) {
			done()
		}
	}
	require.Equal(t, []string{"1/1", "1/5", "1/9", "2/4", "3/2", "3/7", "4/6", "5/0", "5/3", "5/8"}, got)
	require.Empty(t, w.heap)
}
