package persistence

import (
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"switchyard/protocol"
)

// Store is a journal on a disk. All methods may be called from any goroutine, except as they say; no read may
// be under way when Close is called.
type Store struct {
	committer
	identity identity
	dir      string
	options  Options
	fs       vfs.FS // as given, or the real disk
	stop     *failStop
	db       *pebble.DB
	vault    *Vault // nil = nothing is sealed
	unwatch  func() error
	closed   atomic.Bool

	// Of the committing goroutine.
	batch   *pebble.Batch
	touched []uint16         // shards of the batch
	last    []last           // by shard: its last entry in the batch; number 0 if it has none there
	latest  protocol.Instant // of all entries that were durable at the opening
}

// Open opens the store in the directory, and makes one if there is none. Only one process at a time can.
//
// Errors say what is wrong with the store: ErrMissing, ErrForeign, ErrNewerFormat, ErrChecksum (with the file
// and the offset); others are of the options or the disk. A log that ends in an unfinished record is no error, that is
// how a crash leaves it; a damaged record before the end is one, so that history is not shortened without a word.
func Open(dir string, o Options) (*Store, error) {
	if err := o.fill(); err != nil {
		return nil, err
	}
	s := &Store{dir: dir, options: o, fs: o.FS, stop: newFailStop(o.Fatal), unwatch: func() error { return nil }}
	s.stop.full = o.Full
	if s.fs == nil {
		s.fs, s.unwatch = watched(vfs.Default, o)
	}
	var numbers []uint64
	var latest protocol.Instant
	err := s.stop.guarded(func() (err error) {
		if err := checkLogs(s.fs, dir, o); err != nil {
			return err
		}
		s.db, err = pebble.Open(dir, pebbleOptions(o, &failStopFS{markerFS{s.fs}, dir, s.stop}, s.stop))
		if err != nil {
			return err
		}
		if s.identity, err = identify(s.db, o); err == nil {
			s.vault, err = keysOf(s.db, o)
		}
		if err == nil {
			numbers, latest, err = lastNumbers(s.db, s.identity.shards)
		}
		if err != nil {
			return errors.Join(err, s.db.Close())
		}
		return nil
	})
	if err == nil {
		s.stop.armed.Store(true)
		err = s.stop.Err() // a flush that began in the opening
	}
	if err != nil {
		s.unwatch()
		if errors.Is(err, pebble.ErrDBDoesNotExist) {
			return nil, fmt.Errorf("%w: %s", ErrMissing, dir)
		}
		return nil, fmt.Errorf("persistence: open %s: %w", dir, damage(err))
	}
	s.batch = s.db.NewBatch(pebble.WithInitialSizeBytes(1<<20), pebble.WithMaxRetainedSizeBytes(2*batchBytes))
	s.last, s.latest = make([]last, s.identity.shards), latest
	s.start(s.commit, s.stop, numbers)
	o.Logger.Info("the store is open", "dir", dir, "epoch", s.identity.epoch, "shards", s.identity.shards)
	return s, nil
}

// lastNumbers reads the number of the last entry of every shard, and the time of the latest of them all.
func lastNumbers(db *pebble.DB, shards int) (numbers []uint64, latest protocol.Instant, err error) {
	numbers = make([]uint64, shards)
	for shard := range numbers {
		value, err := readFramed(db, appendHead(nil, uint16(shard), kindApplied))
		switch {
		case errors.Is(err, pebble.ErrNotFound):
			continue
		case err == nil && len(value) != lastLen:
			err = fmt.Errorf("%w: a number of %d bytes", protocol.ErrWire, len(value))
		}
		if err != nil {
			return nil, 0, fmt.Errorf("persistence: applied number of shard %d: %w", shard, err)
		}
		numbers[shard] = binary.BigEndian.Uint64(value)
		latest = max(latest, protocol.Instant(binary.BigEndian.Uint64(value[numberLen:])))
	}
	return numbers, latest, nil
}

// Latest is the engine's time of the last entry that was durable when the store was opened; 0 = a new store. The engine's
// clock starts no earlier, so that times in the history never go back, whatever the wall clock did meanwhile.
func (s *Store) Latest() protocol.Instant { return s.latest }

// Keys are the customers' keys; nil if the store was opened without.
func (s *Store) Keys() *Vault { return s.vault }

// opener is what events are opened with.
func (s *Store) opener() protocol.Opener {
	switch {
	case s.vault != nil:
		return s.vault
	case s.batch == nil: // an Inspection
		return hidden{}
	}
	return nil
}

// Epoch names one life of the store: random, made with the store, and made anew when a backup is opened, because numbers
// can be given out again then. Positions that a client kept from another epoch mean nothing.
func (s *Store) Epoch() string { return s.identity.epoch }

// Shards is the number of shards, fixed when the store was made.
func (s *Store) Shards() int { return s.identity.shards }

// Space is what the disk has, in bytes: free for us, and in all. Admission stops at a low-water mark of it, because a full
// disk ends the process. The error is vfs.ErrUnsupported on a disk in memory.
func (s *Store) Space() (free, total uint64, err error) {
	u, err := s.fs.GetDiskUsage(s.dir)
	return u.AvailBytes, u.TotalBytes, err
}

// commit makes a beginning of the items durable, up to batchBytes of it, and says how many.
func (s *Store) commit(items []handed) (n int, err error) {
	defer func() {
		if r := recover(); r != nil { // Pebble panics where it has no error to return
			err = fmt.Errorf("persistence: commit: %w", panicked(r))
		}
	}()
	taken := time.Now()
	b := s.batch
	b.Reset()
	events := 0
	var superseded func(uint16, *protocol.Row) bool
	if fit(items) {
		superseded = s.superseded
	}
	for n < len(items) && (n == 0 || b.Len()+items[n].bytes <= batchBytes) {
		e := items[n].entry
		if len(e.Record) != 0 {
			protocol.FinishRecord(e.Record, e.Number)
		}
		apply(b, e, superseded)
		if s.last[e.Shard].number == 0 {
			s.touched = append(s.touched, e.Shard)
		}
		s.last[e.Shard] = last{e.Number, e.At}
		events += int(e.Count)
		n++
	}
	for _, shard := range s.touched {
		applied(b, shard, s.last[shard])
		s.last[shard] = last{}
	}
	s.touched = s.touched[:0]
	bytes := b.Len()
	begun := time.Now()
	if err := s.db.Apply(b, pebble.Sync); err != nil {
		return 0, fmt.Errorf("persistence: commit: %w", err)
	}
	s.options.Observe.committed(n, events, bytes, taken, begun)
	return n, nil
}

// fit says whether one batch takes all of the items.
func fit(items []handed) bool {
	all := 0
	for i := range items {
		if all += items[i].bytes; all > batchBytes {
			return false
		}
	}
	return true
}

// Checkpoint writes a backup into a directory that does not exist yet, on the same file system as the store and outside of
// it. The backup is a point of the history that holds whatever was durable at the call. It is a store that Open opens; its first
// opening gives it an epoch of its own. A directory that ends in ".partial" is what a crash left; the next call removes it.
func (s *Store) Checkpoint(dir string) error {
	if below(s.dir, dir) {
		return fmt.Errorf("persistence: checkpoint: %s is inside the store", dir)
	}
	if _, err := s.fs.Stat(dir); err == nil {
		return fmt.Errorf("persistence: checkpoint: %s exists", dir)
	}
	partial := dir + ".partial"
	err := s.checkpoint(partial, dir)
	for try := 1; try < checkpointTries && damaged(err); try++ {
		err = s.checkpoint(partial, dir)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("persistence: checkpoint: %w", err), s.fs.RemoveAll(partial))
	}
	return nil
}

// checkpointTries: the log is copied piece by piece while it is written, so the copy can lack the end of one piece and have the
// next; that looks like damage, and happens once in some hundred copies under full load.
const checkpointTries = 5

func (s *Store) checkpoint(partial, dir string) error {
	if err := s.fs.RemoveAll(partial); err != nil {
		return err
	}
	stop := newFailStop(nil) // never armed: a backup that fails ends nothing
	err := stop.guarded(func() error {
		// Without flushing the log, which would write into it beside the committing goroutine (checkLogs relies on nobody
		// doing that), and for nothing: what is durable is in the file. It may panic: that is Pebble's answer to
		// a directory that cannot be synced.
		if err := s.db.Checkpoint(partial); err != nil {
			return err
		}
		o := Options{MustExist: true, Logger: s.options.Logger, CacheBytes: 1 << 20, MemTableBytes: s.options.MemTableBytes}
		db, err := pebble.Open(partial, pebbleOptions(o, markerFS{s.fs}, stop))
		if err != nil {
			return err
		}
		return errors.Join(db.Delete(keyEpoch, pebble.Sync), db.Close())
	})
	if err != nil {
		return err
	}
	if err := s.fs.Rename(partial, dir); err != nil {
		return err
	}
	parent, err := s.fs.OpenDir(filepath.Dir(dir))
	if err != nil {
		return err
	}
	return errors.Join(parent.Sync(), parent.Close())
}

// Close commits what is on the list, runs its effects, and closes the files. Whatever is handed over meanwhile or later is
// dropped. If the store has failed, the error is why, and the files are left alone. A second call does nothing.
func (s *Store) Close() error {
	if !s.closed.CompareAndSwap(false, true) {
		return nil
	}
	if err := s.committer.close(); err != nil {
		return err
	}
	var err error
	if s.vault != nil {
		err = s.vault.close()
	}
	return errors.Join(s.batch.Close(), s.db.Close(), err, s.unwatch())
}
