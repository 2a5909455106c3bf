package persistence

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"switchyard/persistence/journaltest"
	"switchyard/protocol"
)

// small are options for a store on a disk in memory, where tables are small enough to be flushed and compacted.
func small(fs vfs.FS) Options {
	return Options{FS: fs, Shards: 4, CacheBytes: 1 << 20, MemTableBytes: 256 << 10, Fatal: func(err error) { panic(err) }}
}

func open(t testing.TB, o Options) *Store {
	s, err := Open("store", o)
	require.NoError(t, err)
	return s
}

func TestStoreIsAJournal(t *testing.T) {
	journaltest.Run(t, func(t *testing.T) journaltest.Journal { return open(t, small(vfs.NewMem())) })
}

func TestStoreOnTheRealDiskIsAJournal(t *testing.T) {
	journaltest.Run(t, func(t *testing.T) journaltest.Journal {
		s, err := Open(t.TempDir(), Options{Shards: 4, CacheBytes: 1 << 20, MemTableBytes: 1 << 20})
		require.NoError(t, err)
		return s
	})
}

func TestMemoryIsAJournal(t *testing.T) {
	journaltest.Run(t, func(t *testing.T) journaltest.Journal { return OpenMemory(Options{Shards: 4}) })
}

func room(site, id string) protocol.Address {
	return protocol.RoomAt(protocol.SiteID(site), protocol.RoomID(id))
}

// keySpace is every key and value of the database but the store's own.
func keySpace(t testing.TB, db *pebble.DB) map[string]string {
	all := make(map[string]string)
	it, err := db.NewIter(&pebble.IterOptions{UpperBound: appendHead(nil, storeShard, 0)})
	require.NoError(t, err)
	for it.First(); it.Valid(); it.Next() {
		all[string(it.Key())] = string(it.Value())
	}
	require.NoError(t, it.Close())
	return all
}

// someEntries are entries of every shape: events, rows, both, deletions, nothing.
func someEntries(shards int) []*protocol.Entry {
	var entries []*protocol.Entry
	for i := range 60 {
		site := protocol.SiteID(fmt.Sprint("site-", i%5))
		var e *protocol.Entry
		switch i % 3 {
		case 0:
			e = journaltest.Said(shards, protocol.RoomAt(site, "r_1"), uint64(i/15*2+1), "hello", strings.Repeat("long ", i))
		case 1:
			e = journaltest.Put(shards, site)
		default:
			e = journaltest.Said(shards, protocol.AgentAt(site, "kim"), uint64(i/15+1), "there")
		}
		for j := range i % 4 {
			r := protocol.Row{Kind: protocol.RowKind(1 + j), Key: protocol.RowKey(site, fmt.Sprint(i%7)), Value: bytes.Repeat([]byte{byte(i)}, i*j)}
			if i%9 == 0 {
				r.Value = nil
			}
			e.Rows = append(e.Rows, r)
		}
		entries = append(entries, e)
	}
	return entries
}

// What a replica would do with the bytes of the entries leaves the same keys and values as what a single node does with
// the entries themselves, whatever the batches were.
func TestApplyIsAFunctionOfTheEntrysBytes(t *testing.T) {
	s := open(t, small(vfs.NewMem()))
	entries := append(someEntries(4), dropped(4, protocol.RoomAt("site-1", "r_1")))
	for _, e := range entries {
		s.HandOver(e, nil)
	}
	s.WaitDurable(s.Position())

	replica := open(t, small(vfs.NewMem()))
	for _, e := range entries {
		got, err := protocol.DecodeEntry(protocol.AppendEntry(nil, e))
		require.NoError(t, err)
		require.NoError(t, checkEntry(&got))
		b := replica.db.NewBatch()
		apply(b, &got, nil)
		applied(b, got.Shard, last{got.Number, got.At})
		require.NoError(t, b.Commit(pebble.NoSync))
	}
	require.NotEmpty(t, keySpace(t, s.db))
	require.Equal(t, keySpace(t, s.db), keySpace(t, replica.db))
	require.NoError(t, s.Close())
	require.NoError(t, replica.Close())
}

func TestAReopenedStoreGoesOn(t *testing.T) {
	fs := vfs.NewMem()
	s := open(t, small(fs))
	epoch := s.Epoch()
	entries := someEntries(4)
	for _, e := range entries {
		s.HandOver(e, nil)
	}
	numbers := make([]uint64, 4)
	for _, e := range entries {
		numbers[e.Shard] = e.Number
	}
	require.NoError(t, s.Close())

	o := small(fs)
	o.Shards = 7
	s = open(t, o)
	assert.Equal(t, epoch, s.Epoch(), "the same life")
	assert.Equal(t, 4, s.Shards(), "the stored number counts")
	assert.Zero(t, s.Position(), "positions are of this process")
	for i := range 5 {
		e := journaltest.Put(4, protocol.SiteID(fmt.Sprint("site-", i)))
		s.HandOver(e, nil)
		numbers[e.Shard]++
		assert.Equal(t, numbers[e.Shard], e.Number)
	}
	require.NoError(t, s.Close())
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	set := func(fs vfs.FS, key, value []byte) {
		db, err := pebble.Open("store", &pebble.Options{FS: fs, FormatMajorVersion: pebbleFormat, Logger: pebbleLogger{slog.New(slog.DiscardHandler), nil}})
		require.NoError(t, err)
		require.NoError(t, db.Set(key, value, pebble.Sync))
		require.NoError(t, db.Close())
	}
	made := func() vfs.FS {
		fs := vfs.NewMem()
		require.NoError(t, open(t, small(fs)).Close())
		return fs
	}
	for _, c := range []struct {
		name  string
		want  error
		text  string
		spoil func(o *Options)
	}{
		{"missing", ErrMissing, "store", func(o *Options) { o.FS, o.MustExist = vfs.NewMem(), true }},
		{"foreign", ErrForeign, "", func(o *Options) { o.FS = vfs.NewMem(); set(o.FS, []byte("a"), []byte("b")) }},
		{"newer", ErrNewerFormat, "version 4, this program reads up to 3", func(o *Options) { set(o.FS, keyFormat, appendFramed(nil, []byte{0, 0, 0, 4})) }},
		{"damaged format", ErrChecksum, "format version", func(o *Options) { set(o.FS, keyFormat, []byte{1, 0, 0, 0, 1, 0, 0, 0, 0}) }},
		{"damaged epoch", ErrChecksum, "epoch", func(o *Options) { set(o.FS, keyEpoch, []byte("\x01e-2k4")) }},
		{"damaged shards", ErrChecksum, "number of shards", func(o *Options) { set(o.FS, keyShards, nil) }},
		{"damaged number", ErrChecksum, "applied number of shard 2", func(o *Options) { set(o.FS, appendHead(nil, 2, kindApplied), []byte{1}) }},
		{"a number too short", protocol.ErrWire, "applied number of shard 2", func(o *Options) { set(o.FS, appendHead(nil, 2, kindApplied), appendFramed(nil, []byte{1})) }},
		{"options", nil, "Shards is 70000, must be 1 to 65535\npersistence: CacheBytes is -1, must not be negative\npersistence: MemTableBytes is 1", func(o *Options) { o.Shards, o.CacheBytes, o.MemTableBytes = 70000, -1, 1 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := small(made())
			c.spoil(&o)
			for range 2 { // a refusal leaves nothing behind, no lock either
				_, err := Open("store", o)
				require.Error(t, err)
				if c.want != nil {
					require.ErrorIs(t, err, c.want)
				}
				require.ErrorContains(t, err, c.text)
			}
		})
	}
}

// F-39: a backup taken under load is a point of the history, and another life of the store.
func TestABackupIsAPointOfTheHistory(t *testing.T) {
	fs := vfs.NewMem()
	s := open(t, small(fs))
	stop := make(chan struct{})
	var writer sync.WaitGroup
	writer.Go(func() {
		for n := uint64(1); ; n++ {
			select {
			case <-stop:
				return
			default:
			}
			e := journaltest.Said(4, room("seoul", "r_1"), n, "hello")
			e.Rows = []protocol.Row{{Kind: protocol.RowOpenRoom, Key: []byte("r_1"), Value: binary.BigEndian.AppendUint64(nil, n)}}
			s.WaitDurable(s.HandOver(e, nil))
		}
	})
	for i := range 5 {
		dir := fmt.Sprint("backup-", i)
		before, err := s.LastEvent(room("seoul", "r_1"))
		require.NoError(t, err)
		s.WaitDurable(s.Position()) // as every reader has to
		require.NoError(t, s.Checkpoint(dir))
		s.WaitDurable(s.Position()) // the copied log can hold what nobody could read yet
		after, err := s.LastEvent(room("seoul", "r_1"))
		require.NoError(t, err)
		require.ErrorContains(t, s.Checkpoint(dir), "exists")

		copied, err := Open(dir, small(fs))
		require.NoError(t, err)
		epoch := copied.Epoch()
		assert.NotEqual(t, s.Epoch(), epoch)
		last, err := copied.LastEvent(room("seoul", "r_1"))
		require.NoError(t, err)
		assert.GreaterOrEqual(t, last, before)
		assert.LessOrEqual(t, last, after)
		row, err := copied.Row(protocol.Shard("seoul", 4), protocol.RowOpenRoom, []byte("r_1"))
		require.NoError(t, err)
		if last > 0 {
			assert.Equal(t, last, binary.BigEndian.Uint64(row), "events and rows of one moment")
		}
		require.NoError(t, copied.Close())
		copied, err = Open(dir, small(fs))
		require.NoError(t, err)
		assert.Equal(t, epoch, copied.Epoch(), "the second opening is the same life as the first")
		require.NoError(t, copied.Close())
	}
	require.ErrorContains(t, s.Checkpoint("store/backup"), "inside the store")
	close(stop)
	writer.Wait()
	require.NoError(t, s.Close())
}

// A backup to a disk that is full or broken is an error of the backup, and nothing else.
func TestABackupThatFailsEndsNothing(t *testing.T) {
	mem := vfs.NewMem()
	broken := errorfs.Wrap(mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if strings.HasPrefix(op.Path, "backup") && op.Kind == errorfs.OpFileSync {
			return syscall.ENOSPC
		}
		return nil
	}))
	s := open(t, small(broken))
	s.WaitDurable(s.HandOver(journaltest.Put(4, "seoul"), nil))
	require.ErrorIs(t, s.Checkpoint("backup"), syscall.ENOSPC)
	_, err := mem.Stat("backup")
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = mem.Stat("backup.partial")
	require.ErrorIs(t, err, os.ErrNotExist)
	s.WaitDurable(s.HandOver(journaltest.Put(4, "seoul"), nil))
	require.NoError(t, s.Close())
}

// A batch ends at 4 MiB, and an entry beyond that goes alone, even if it is larger than a memtable.
func TestBatchesAreBounded(t *testing.T) {
	o := small(vfs.NewMem())
	var mu sync.Mutex
	var sizes []int
	var entries, events int
	o.Observe.Commit = func(n, ev, size int, took, sync time.Duration) {
		mu.Lock()
		defer mu.Unlock()
		assert.GreaterOrEqual(t, took, sync)
		assert.Positive(t, sync)
		sizes = append(sizes, size)
		entries += n
		events += ev
	}
	s := open(t, o)
	gate := make(chan struct{})
	s.HandOver(journaltest.Put(4, "seoul"), func() { <-gate })
	big := strings.Repeat("x", 1<<20)
	for i := range 9 {
		s.HandOver(journaltest.Said(4, room("seoul", fmt.Sprint("r_", i)), 1, big, "more"), nil)
	}
	huge := bytes.Repeat([]byte{1}, 5<<20)
	s.HandOver(journaltest.Put(4, "seoul", protocol.Row{Kind: protocol.RowSnapshot, Key: []byte("k"), Value: huge}), nil)
	s.HandOver(journaltest.Put(4, "seoul"), nil)
	close(gate)
	s.WaitDurable(s.Position())
	got, err := s.Row(protocol.Shard("seoul", 4), protocol.RowSnapshot, []byte("k"))
	require.NoError(t, err)
	require.True(t, bytes.Equal(huge, got))
	require.NoError(t, s.Close())
	assert.Equal(t, 12, entries)
	assert.Equal(t, 18, events)
	for _, size := range sizes {
		assert.True(t, size <= batchBytes+100 || size > 5<<20 && size < 5<<20+200, "a batch of %d bytes", size)
	}
	s = open(t, small(o.FS))
	got, err = s.Row(protocol.Shard("seoul", 4), protocol.RowSnapshot, []byte("k"))
	require.NoError(t, err)
	require.True(t, bytes.Equal(huge, got))
	require.NoError(t, s.Close())
}

func TestKeysSortAsTheirNumbersDo(t *testing.T) {
	var keys [][]byte
	for _, shard := range []uint16{0, 1, 255, 256, 65534} {
		keys = append(keys, appendHead(nil, shard, kindApplied))
		for _, first := range []uint64{1, 2, 255, 256, 1 << 40} {
			keys = append(keys, appendEventKey(nil, shard, room("seoul", "r_1"), first))
		}
		keys = append(keys, appendEventKey(nil, shard, room("seoul", "r_11"), 1))
		keys = append(keys, appendRowKey(nil, shard, 1, nil), appendRowKey(nil, shard, 1, []byte("\xff")), appendRowKey(nil, shard, rowKindMax, nil))
	}
	keys = append(keys, keyEpoch, keyFormat, keyShards)
	require.True(t, slices.IsSortedFunc(keys, bytes.Compare))
	require.Equal(t, []byte{0, 2}, after([]byte{0, 1, 0xff}))
	require.Nil(t, after([]byte{0xff, 0xff}))
}

// The time of the last durable entry survives, so that the engine's clock can start no earlier.
func TestLatest(t *testing.T) {
	disk := vfs.NewMem()
	s := open(t, small(disk))
	require.Zero(t, s.Latest(), "a new store")
	site := protocol.Shard("seoul", s.Shards())
	for _, at := range []protocol.Instant{5000, 4000} { // of one shard the last entry counts
		s.HandOver(&protocol.Entry{Shard: site, At: at, Actor: seoul, Rows: []protocol.Row{{Kind: protocol.RowSite, Key: []byte("k"), Value: []byte{1}}}}, nil)
	}
	other := site + 1
	require.NotEqual(t, site, other)
	s.HandOver(&protocol.Entry{Shard: other, At: 4500, Rows: []protocol.Row{{Kind: protocol.RowSite, Key: []byte("k"), Value: []byte{1}}}}, nil)
	require.NoError(t, s.Close())
	require.Equal(t, protocol.Instant(4500), open(t, small(disk)).Latest())
}

// A row that the same batch writes again is written once: the last time. What comes of it is the same (the test above), and a room that
// begins, waits and is assigned between two syncs is written once and not three times.
func TestASupersededRowIsNotWritten(t *testing.T) {
	row := func(value string) protocol.Row {
		return protocol.Row{Kind: protocol.RowOpenRoom, Key: []byte("k"), Value: []byte(value)}
	}
	gone := protocol.Row{Kind: protocol.RowOpenRoom, Key: []byte("k")}
	for name, rows := range map[string][]protocol.Row{
		"again":                {row("a"), row("b")},
		"the same words again": {row("a"), row("a")},
		"then gone":            {row("a"), gone},
		"gone, and again":      {gone, row("a")},
		"empty at the end":     {row("a"), row("")},
	} {
		s := open(t, small(vfs.NewMem()))
		s.takenRows = map[rowName][]byte{}
		for i := range rows {
			s.takenRows[rowName{0, rows[i].Kind, keyText(rows[i].Key)}] = rows[i].Value
		}
		b := s.db.NewBatch()
		for i := range rows {
			apply(b, &protocol.Entry{Rows: rows[i : i+1]}, s.superseded)
		}
		require.EqualValues(t, 1, b.Count(), name)
		require.NoError(t, b.Commit(pebble.NoSync))
		v, err := s.Row(0, protocol.RowOpenRoom, []byte("k"))
		require.NoError(t, err)
		clear(s.takenRows)
		stored, err := s.Row(0, protocol.RowOpenRoom, []byte("k"))
		require.NoError(t, err)
		require.Equal(t, v, stored, name)
		require.NoError(t, s.Close())
	}
	require.True(t, fit([]handed{{bytes: batchBytes}}))
	require.False(t, fit([]handed{{bytes: batchBytes}, {bytes: 1}}), "an entry of the next batch supersedes nothing in this one")
}
