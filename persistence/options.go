package persistence

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Options of Open and OpenMemory. The zero value is right for production.
type Options struct {
	// FS is the file system. Nil is the real disk, watched for slowness (Observer.DiskSlow).
	FS vfs.FS

	// MustExist makes Open fail with ErrMissing where there is no store yet.
	// False makes a new one.
	MustExist bool

	// Shards is the number of shards of a new store, 1 to 65,535; 0 is 64. It is stored
	// when the store is made; afterwards the stored number counts and this one is ignored.
	Shards int

	// Epoch names the life of a new store, see Store.Epoch. Empty is a random one, which
	// is right everywhere except in a test that compares transcripts.
	Epoch string

	// Keys is the path of the file of the customers' keys (Vault), on the same disk, apart from the store's directory: made with
	// a new store, and asked for at each further opening (ErrVault). Empty: a store without sealed texts, and only such
	// a one can be opened.
	Keys string

	// Logger hears what happens to the store. Nil discards.
	Logger *slog.Logger

	// Fatal is called once, when a write or a sync has failed or Pebble has given up. It
	// should end the process. It runs on whatever goroutine found out, perhaps with locks
	// of Pebble held: it must not call the store. If it returns, the store stays as it is:
	// no effect starts any more, whoever waits for durability waits for ever, Close gives
	// the error back and leaves the files alone. Nil logs and calls os.Exit(1).
	Fatal func(error)

	// Full is asked for space when there is none while the store is opened, perhaps by several goroutines: true says that
	// some was freed, and the write is tried again. Nil, and false, let the opening fail with ENOSPC; the process should end then, since
	// Pebble keeps the directory.
	Full func() bool

	// Observe hears what metrics count.
	Observe Observer

	// CacheBytes is the size of the cache of uncompressed blocks, in bytes; 0 is 512 MiB. Memtables are taken out of it: with
	// 128 MiB two of them left nothing, and every look for a row that is not there read the filters from the files again.
	CacheBytes int64

	// MemTableBytes is the size of a memtable, in bytes; 0 is 64 MiB. Up to five of them are
	// in memory, and an opening after a crash replays as much. Tests on a memory disk take
	// less, so that tables are flushed and compacted at all.
	MemTableBytes uint64

	// OpenFiles is about how many files the store holds open at a time; 0 is 1,000, and less than 74 is 74. Tables beyond it
	// are closed and opened again as they are read. A process with few descriptors says fewer: one that has none left when
	// the log needs its next file ends (F-22).
	OpenFiles int
}

// Observer is a set of callbacks; each may be nil. They run on the store's own goroutines and must not
// block nor call the store.
type Observer struct {
	// Commit is called after every durable batch. took is from taking the batch off the list
	// until it was durable, sync the part of it that Pebble's commit took.
	Commit func(entries, events, bytes int, took, sync time.Duration)

	// Stall is called when Pebble begins (true) or ends (false) to hold back writes because flushes or
	// compactions do not keep up. The reason is one of a few fixed sentences, empty at the end.
	Stall func(begun bool, reason string)

	// DiskSlow is called, while it lasts, for an operation of the real disk that takes longer than a second.
	DiskSlow func(operation string, took time.Duration)

	// Damage is called for a piece of a file whose checksum does not match, found by a reader or by a compaction,
	// and for one that a compaction cannot read. The error names the file, and the offset if Pebble knows it.
	Damage func(error)

	// Torn is called in Open for a log or manifest that ends in a record that a crash left unfinished, with the file's name and
	// the record's offset: it is dropped. Nobody was told of it.
	Torn func(file string, offset int64)
}

// committed tells about a batch that is durable now: taken off the list then, its sync begun then.
func (o *Observer) committed(entries, events, bytes int, taken, begun time.Time) {
	if o.Commit != nil {
		now := time.Now()
		o.Commit(entries, events, bytes, now.Sub(taken), now.Sub(begun))
	}
}

// slowDisk is how long an operation of the disk may take before Observer.DiskSlow hears of it.
const slowDisk = time.Second

const (
	shardsDefault = 64
	shardsMax     = 1<<16 - 1 // the last one is where the store keeps its own rows
)

// fill puts the defaults in place of zeros. The error names everything that is wrong.
func (o *Options) fill() error {
	var wrong []error
	if o.Shards == 0 {
		o.Shards = shardsDefault
	}
	if o.Shards < 1 || o.Shards > shardsMax {
		wrong = append(wrong, fmt.Errorf("persistence: Shards is %d, must be 1 to %d", o.Shards, shardsMax))
	}
	if o.CacheBytes == 0 {
		o.CacheBytes = 512 << 20
	}
	if o.CacheBytes < 0 {
		wrong = append(wrong, fmt.Errorf("persistence: CacheBytes is %d, must not be negative", o.CacheBytes))
	}
	if o.MemTableBytes == 0 {
		o.MemTableBytes = 64 << 20
	}
	if o.MemTableBytes < 64<<10 || o.MemTableBytes >= 4<<30 {
		wrong = append(wrong, fmt.Errorf("persistence: MemTableBytes is %d, must be 64 KiB to 4 GiB", o.MemTableBytes))
	}
	if o.OpenFiles < 0 {
		wrong = append(wrong, fmt.Errorf("persistence: OpenFiles is %d, must not be negative", o.OpenFiles))
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	if o.Fatal == nil {
		logger := o.Logger
		o.Fatal = func(err error) {
			logger.Error("the store has failed, the process ends", "error", err)
			os.Exit(1)
		}
	}
	return errors.Join(wrong...)
}
