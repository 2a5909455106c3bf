package persistence

import (
	"fmt"
	"log/slog"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// pebbleOptions are how a store uses Pebble; fs is o.FS with the fail-stop around it.
func pebbleOptions(o Options, fs vfs.FS, stop *failStop) *pebble.Options {
	logger := pebbleLogger{o.Logger, stop}
	p := &pebble.Options{
		FS:                 fs,
		FormatMajorVersion: pebbleFormat,
		ErrorIfNotExists:   o.MustExist,
		CacheSize:          o.CacheBytes,
		MemTableSize:       o.MemTableBytes,
		MaxOpenFiles:       o.OpenFiles,
		// A burst may fill a few memtables before it has to wait for a flush.
		MemTableStopWritesThreshold: 4,
		// Reads of level 0 get slower long before a thousand sublevels. Writes are not stopped for it:
		// admission looks at the age of the oldest sync instead.
		L0CompactionThreshold:      2,
		L0StopWritesThreshold:      1000,
		CompactionConcurrencyRange: func() (int, int) { return 1, max(1, runtime.GOMAXPROCS(0)/2) },
		Cleaner:                    remover{},
		Logger:                     logger,
		EventListener:              listener(o, logger),
	}
	for i := range p.Levels {
		// Many a read is of a row that is not there: 10 bits per key save 99 % of those block reads.
		p.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
	}
	return p
}

func listener(o Options, logger pebbleLogger) *pebble.EventListener {
	var complained atomic.Int64 // second of the last complaint about background work
	return &pebble.EventListener{
		// A damaged block fails the one read, with ErrChecksum; what else is in the store stays in service. Not said are
		// the keys it held: some are of customers.
		DataCorruption: func(info pebble.DataCorruptionInfo) {
			err := fmt.Errorf("%w: %s: %w", ErrChecksum, info.Path, info.Details)
			logger.to.Error("damage in the store", "error", err)
			if o.Observe.Damage != nil {
				o.Observe.Damage(err)
			}
		},
		// A flush or compaction that cannot write has ended the process already (failStopFS). What comes here could not read
		// a table: that concerns who reads it, and loses nothing. Pebble tries again at once, so this can come often.
		BackgroundError: func(err error) {
			logger.stop.flushFailed()
			if now := time.Now().Unix(); complained.Swap(now) != now {
				logger.to.Error("a compaction or flush cannot read", "error", damage(err))
			}
			if !damaged(err) && o.Observe.Damage != nil { // DataCorruption has told of the others
				o.Observe.Damage(err)
			}
		},
		WriteStallBegin: func(info pebble.WriteStallBeginInfo) {
			logger.to.Warn("writes are held back", "reason", info.Reason)
			if o.Observe.Stall != nil {
				o.Observe.Stall(true, info.Reason)
			}
		},
		WriteStallEnd: func() {
			logger.to.Info("writes are no longer held back")
			if o.Observe.Stall != nil {
				o.Observe.Stall(false, "")
			}
		},
	}
}

// watched puts a watch for slow operations around the real disk. The caller closes it.
func watched(disk vfs.FS, o Options) (vfs.FS, func() error) {
	fs, closer := vfs.WithDiskHealthChecks(disk, slowDisk, nil, func(info vfs.DiskSlowInfo) {
		if o.Observe.DiskSlow != nil {
			o.Observe.DiskSlow(info.OpType.String(), info.Duration)
		}
	})
	return fs, closer.Close
}

// pebbleLogger hands on what Pebble says.
type pebbleLogger struct {
	to   *slog.Logger
	stop *failStop
}

func (l pebbleLogger) Infof(format string, args ...any) { l.to.Info(fmt.Sprintf(format, args...)) }

func (l pebbleLogger) Errorf(format string, args ...any) { l.to.Error(fmt.Sprintf(format, args...)) }

// Fatalf does not return: Pebble would go on, and DB.Apply report success.
func (l pebbleLogger) Fatalf(format string, args ...any) {
	said := fatal{text: fmt.Sprintf("persistence: "+format, args...)}
	for _, a := range args {
		if err, ok := a.(error); ok {
			said.cause = err
		}
	}
	l.stop.halt(said)
}

// fatal is what Pebble says before it would end the process, and why.
type fatal struct {
	text  string
	cause error // nil if it was not said
}

func (f fatal) Error() string { return f.text }
func (f fatal) Unwrap() error {
	return f.cause
}
