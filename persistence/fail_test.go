package persistence

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"switchyard/persistence/journaltest"
	"switchyard/protocol"
)

// broken is a disk on which one operation fails, the n-th of its kinds.
type broken struct {
	disk   *vfs.MemFS
	fails  func(op errorfs.Op) bool // counts towards n
	n      int64
	err    error
	seen   atomic.Int64
	active atomic.Bool
}

func (b *broken) MaybeError(op errorfs.Op) error {
	if b.active.Load() && b.fails(op) && b.seen.Add(1) == b.n {
		return b.err
	}
	return nil
}

func (b *broken) String() string { return "broken" }

func syncs(op errorfs.Op) bool {
	return op.Kind == errorfs.OpFileSync || op.Kind == errorfs.OpFileSyncData || op.Kind == errorfs.OpFileSyncTo
}

func writes(op errorfs.Op) bool {
	return op.Kind == errorfs.OpFileWrite || op.Kind == errorfs.OpCreate || op.Kind == errorfs.OpReuseForWrite
}

// endures writes to the broken disk until it fails, and says whether it did. It checks that Fatal was called once and
// with the error, that nothing was acknowledged that the disk does not hold, and that nothing is acknowledged any more.
func (b *broken) endures(t *testing.T) bool {
	o := tiny(errorfs.Wrap(b.disk, b))
	fatal := make(chan error, 2)
	o.Fatal = func(err error) { fatal <- err }
	s := open(t, o)
	b.active.Store(true)

	var acked sync.Map
	var last atomic.Uint64
	done := make(chan struct{}, 1)
	failed := func() error {
		for n := uint64(1); n <= 240; n++ { // each has a sync of its own
			e := journaltest.Said(4, room("seoul", "r_1"), n, strings.Repeat("text ", 400))
			s.HandOver(e, func() {
				acked.Store(n, true)
				last.Store(n)
				done <- struct{}{}
			})
			select {
			case <-done:
			case err := <-fatal:
				return err
			}
		}
		return nil
	}()
	if failed == nil {
		b.active.Store(false)
		require.NoError(t, s.Close())
		return false
	}
	require.ErrorIs(t, failed, b.err)
	before := last.Load()

	// Nobody hears anything any more, not even of what had become durable.
	s.HandOver(journaltest.Put(4, "seoul"), func() { t.Error("acknowledged after the failure") })
	s.After(0, func() { t.Error("answered after the failure") })
	s.After(s.Position(), func() { t.Error("answered after the failure") })
	require.ErrorIs(t, s.Close(), b.err)
	assert.LessOrEqual(t, last.Load(), before+1, "at most the effect that was about to run when the other goroutine failed")
	assert.Empty(t, fatal, "told once")

	again, err := Open("store", tiny(b.disk.CrashClone(vfs.CrashCloneCfg{})))
	require.NoError(t, err)
	there, err := again.LastEvent(room("seoul", "r_1"))
	require.NoError(t, err)
	acked.Range(func(n, _ any) bool {
		return assert.LessOrEqual(t, n, there, "acknowledged and not there")
	})
	require.NoError(t, again.Close())
	return true
}

// F-05: the n-th sync fails, be it of the log, a table, the manifest or the directory.
func TestF05NothingIsAcknowledgedAfterAFailedSync(t *testing.T) {
	const last = 200
	failed := 0
	for n := int64(1); n <= last; n++ {
		b := &broken{disk: vfs.NewCrashableMem(), fails: syncs, n: n, err: syscall.EIO}
		if b.endures(t) {
			failed++
		}
	}
	require.Equal(t, last, failed)
}

// F-06, and rule 7: so does the n-th write, and a full disk is no exception.
func TestF06NothingIsAcknowledgedAfterAFailedWrite(t *testing.T) {
	failed := 0
	for n := int64(1); n <= 60; n += 3 {
		b := &broken{disk: vfs.NewCrashableMem(), fails: writes, n: n, err: syscall.ENOSPC}
		if b.endures(t) {
			failed++
		}
	}
	require.Equal(t, 20, failed)
}

// A disk that fails while the store is opened is Open's error; Fatal is not called, since nothing was promised.
func TestADiskThatFailsDuringOpenIsAnError(t *testing.T) {
	refused := 0
	for n := int64(1); n <= 12; n++ {
		b := &broken{disk: vfs.NewCrashableMem(), fails: syncs, n: n, err: syscall.EIO}
		b.active.Store(true)
		o := tiny(errorfs.Wrap(b.disk, b))
		o.Fatal = func(err error) { t.Error("Fatal in Open:", err) }
		s, err := Open("store", o)
		b.active.Store(false)
		if err != nil {
			refused++
			require.ErrorContains(t, err, "input/output error")
			s, err = Open("store", tiny(b.disk.CrashClone(vfs.CrashCloneCfg{})))
			require.NoError(t, err, "after a failure at sync %d", n)
		}
		require.NoError(t, s.Close())
	}
	require.Positive(t, refused)
	t.Log(refused, "openings failed")
}

// F-06: a read that fails is an error of the read. The store stays in service.
func TestF06AFailedReadFailsTheReadOnly(t *testing.T) {
	disk := vfs.NewMem()
	s := open(t, small(disk))
	for n := uint64(1); n <= 100; n++ { // more than one block of a table
		s.HandOver(journaltest.Said(4, room("seoul", "r_1"), n, strings.Repeat("text ", 400)), nil)
	}
	s.WaitDurable(s.Position())
	flushed(t, s)
	require.NoError(t, s.Close())

	var failing atomic.Bool
	s = open(t, small(errorfs.Wrap(disk, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if failing.Load() && op.Kind == errorfs.OpFileReadAt {
			return syscall.EIO
		}
		return nil
	}))))
	failing.Store(true)
	err := s.Events(room("seoul", "r_1"), 1, -1, func(protocol.Recorded) error { return nil })
	require.ErrorIs(t, err, syscall.EIO)
	s.WaitDurable(s.HandOver(journaltest.Said(4, room("seoul", "r_2"), 1, "hello"), nil))
	failing.Store(false)
	last, err := s.LastEvent(room("seoul", "r_1"))
	require.NoError(t, err)
	require.EqualValues(t, 100, last)
	require.NoError(t, s.Close())
}

// flushed waits until everything that is committed lies in tables.
func flushed(t *testing.T, s *Store) {
	require.NoError(t, s.db.Flush())
}

func TestFailStopTellsOnceAndStays(t *testing.T) {
	var told []error
	f := newFailStop(func(err error) { told = append(told, err) })
	f.armed.Store(true)
	require.NoError(t, f.Err())
	one := errors.New("one")
	f.fail(one)
	f.fail(errors.New("two"))
	require.Equal(t, []error{one}, told)
	require.Equal(t, one, f.Err())

	unarmed := newFailStop(func(error) { t.Error("told") })
	require.Equal(t, one, unarmed.guarded(func() error { unarmed.halt(one); return nil }))
	require.ErrorContains(t, newFailStop(nil).guarded(func() error { panic("oh") }), "oh")
	require.ErrorIs(t, newFailStop(nil).guarded(func() error { panic(fmt.Errorf("more: %w", one)) }), one)
}

func TestOnlyTheStoresOwnFilesEndTheProcess(t *testing.T) {
	for name, want := range map[string]bool{
		"store": true, "store/000001.log": true, "store/a/b": true, "store2/000001.log": false, "backup/x": false, "store/../x": false, ".": false,
	} {
		assert.Equal(t, want, below("store", name), name)
	}
	assert.True(t, below("", "000001.log"))
	assert.True(t, below("/var/lib/switchyard", "/var/lib/switchyard/000001.log"))
	assert.False(t, below("/var/lib/switchyard", "/var/backup/000001.log"))
}

// fullDisk has no space for what is written, as long as it is full.
type fullDisk struct{ full atomic.Bool }

func (*fullDisk) String() string { return "full disk" }

func (d *fullDisk) MaybeError(op errorfs.Op) error {
	if d.full.Load() && op.Kind == errorfs.OpFileWrite {
		return syscall.ENOSPC
	}
	return nil
}

// TestF04AFullDiskEndsTheOpening: before it opens, Pebble flushes what it found in the log, and tries that again without a bound; a node
// that was started on a full disk hung, on one core, with its ballast in place. Where no space can be freed the opening is an
// error, not Fatal; where some can, it goes on, and everything is there.
func TestF04AFullDiskEndsTheOpening(t *testing.T) {
	disk := vfs.NewCrashableMem()
	s := open(t, tiny(disk))
	s.HandOver(journaltest.Said(4, room("seoul", "r_1"), 1, "still there"), nil)
	s.WaitDurable(s.Position())
	left := disk.CrashClone(vfs.CrashCloneCfg{}) // it lies in the log
	require.NoError(t, s.Close())

	for _, ballast := range []bool{false, true} {
		d := &fullDisk{}
		d.full.Store(true)
		o := tiny(errorfs.Wrap(left.CrashClone(vfs.CrashCloneCfg{}), d))
		o.Fatal = func(err error) { t.Error("Fatal in Open:", err) }
		asked := 0
		o.Full = func() bool {
			asked++
			return ballast && d.full.Swap(false)
		}
		s, err := Open("store", o)
		require.Positive(t, asked)
		if !ballast {
			require.ErrorIs(t, err, syscall.ENOSPC)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, []string{"1 still there"}, numbered(t, s, room("seoul", "r_1")))
		require.NoError(t, s.Close())
	}
}
