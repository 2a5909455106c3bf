package scale

import (
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/cockroachdb/pebble/v2"

	"switchyard/protocol"
)

// empty is an actor that does nothing and holds nothing.
type empty struct{}

func (*empty) Receive(actor.Context) {}

// emptyActor is the live heap of an empty protoactor actor, in bytes, over n of them with one shared Props.
func emptyActor(n int) float64 {
	system := actor.NewActorSystem(actor.WithLoggerFactory(func(*actor.ActorSystem) *slog.Logger { return slog.New(slog.DiscardHandler) }))
	defer system.Shutdown()
	props := actor.PropsFromProducer(func() actor.Actor { return &empty{} })
	before := live()
	for range n {
		system.Root.Spawn(props)
	}
	per := (live() - before) / float64(n)
	runtime.KeepAlive(system)
	return per
}

// afterFuncs is how long arming n runtime timers takes, in seconds.
func afterFuncs(n int) float64 {
	timers := make([]*time.Timer, n)
	began := time.Now()
	for i := range timers {
		timers[i] = time.AfterFunc(time.Hour+time.Duration(i), func() {})
	}
	took := time.Since(began).Seconds()
	for _, t := range timers {
		t.Stop()
	}
	return took
}

// bare opens the store's database as it is, without our code, to read only.
func bare(dir string) (*pebble.DB, error) {
	return pebble.Open(dir, &pebble.Options{ReadOnly: true, Logger: quiet{}, CacheSize: 128 << 20})
}

// quiet is Pebble's logger with nothing to say.
type quiet struct{}

func (quiet) Infof(string, ...any)  {}
func (quiet) Errorf(string, ...any) {}
func (quiet) Fatalf(format string, args ...any) {
	fatal(fmt.Errorf(format, args...))
}

// openRows are the keys of the open-room rows of the site.
func openRows(shards int) (lower, upper []byte) {
	key := func(kind byte) []byte {
		return append(binary.BigEndian.AppendUint16(nil, protocol.Shard(siteID, shards)), kind)
	}
	return key(0x80 + byte(protocol.RowOpenRoom)), key(0x80 + byte(protocol.RowOpenRoom) + 1)
}

// scan reads every open-room row with nothing but Pebble, and says how long it took, in seconds.
func scan(db *pebble.DB, shards int) (took float64, rows int, bytes int64, err error) {
	began := time.Now()
	lower, upper := openRows(shards)
	it, err := db.NewIter(&pebble.IterOptions{LowerBound: lower, UpperBound: upper})
	if err != nil {
		return 0, 0, 0, err
	}
	for ok := it.First(); ok; ok = it.Next() {
		v, err := it.ValueAndErr()
		if err != nil {
			return 0, 0, 0, err
		}
		rows++
		bytes += int64(len(it.Key()) + len(v))
	}
	return time.Since(began).Seconds(), rows, bytes, it.Close()
}

// syncedBatches is how many records of size bytes bare Pebble makes durable in a second, in synced batches of 100.
func syncedBatches(ctx context.Context, dir string, size int, during time.Duration) (float64, error) {
	dir = filepath.Join(dir, "bare")
	db, err := pebble.Open(dir, &pebble.Options{Logger: quiet{}, MemTableSize: 64 << 20, L0CompactionThreshold: 2, L0StopWritesThreshold: 1000})
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	value := make([]byte, size)
	n := uint64(0)
	began := time.Now()
	for time.Since(began) < during && ctx.Err() == nil {
		b := db.NewBatch()
		for range 100 {
			n++
			binary.BigEndian.PutUint64(value, n)
			if err := b.Set(binary.BigEndian.AppendUint64([]byte("record-"), n), value, nil); err != nil {
				return 0, err
			}
		}
		if err := b.Commit(pebble.Sync); err != nil {
			return 0, err
		}
		if err := b.Close(); err != nil {
			return 0, err
		}
	}
	rate := float64(n) / time.Since(began).Seconds()
	return rate, db.Close()
}
