// Package ceiling measures what bare parts do on this machine, now: the figures that the
// node's own are divided by.
package ceiling

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/cockroachdb/pebble/v2"
)

// Part is one bare part: Measure gives one repetition's figure.
type Part struct {
	Name, Unit string
	// Less says that a smaller figure is the better one.
	Less    bool
	Measure func(ctx context.Context) (float64, error)
}

// recordBytes is a value of the size of an assignment's journal record.
const recordBytes = 200

// Batches writes synced batches of n records to a bare Pebble, one writer; records/s.
// Close removes it. It is what a perfect committer would reach (PERF-2b).
type Batches struct {
	db    *pebble.DB
	dir   string
	value []byte
	next  uint64
}

// NewBatches makes a store in a new folder under dir; empty: the system's temporary one.
func NewBatches(dir string) (*Batches, error) {
	folder, err := os.MkdirTemp(dir, "switchyard-bench-")
	if err != nil {
		return nil, err
	}
	db, err := pebble.Open(folder, &pebble.Options{
		MemTableSize: 64 << 20, MemTableStopWritesThreshold: 4, L0StopWritesThreshold: 1000,
		FormatMajorVersion: pebble.FormatNewest, Logger: quiet{},
	})
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	return &Batches{db: db, dir: folder, value: make([]byte, recordBytes)}, nil
}

// quiet keeps Pebble's chatter out of the table.
type quiet struct{}

func (quiet) Infof(string, ...any)  {}
func (quiet) Errorf(string, ...any) {}
func (quiet) Fatalf(format string, args ...any) {
	panic("pebble: " + fmt.Sprintf(format, args...))
}

// Run commits batches of n records for a time and gives records per second.
func (b *Batches) Run(ctx context.Context, n int, d time.Duration) (float64, error) {
	var key [16]byte
	began, records := time.Now(), 0
	for time.Since(began) < d && ctx.Err() == nil {
		batch := b.db.NewBatch()
		for range n {
			b.next++
			binary.BigEndian.PutUint64(key[:8], b.next%1000) // many actors
			binary.BigEndian.PutUint64(key[8:], b.next)
			if err := batch.Set(key[:], b.value, nil); err != nil {
				return 0, err
			}
		}
		if err := batch.Commit(pebble.Sync); err != nil {
			return 0, err
		}
		records += n
	}
	return float64(records) / time.Since(began).Seconds(), ctx.Err()
}

// Fill writes n records without waiting for the disk; Scan reads them all.
func (b *Batches) Fill(n int) error {
	var key [16]byte
	batch := b.db.NewBatch()
	for i := range n {
		binary.BigEndian.PutUint64(key[8:], uint64(i))
		if err := batch.Set(key[:], b.value, nil); err != nil {
			return err
		}
		if batch.Len() > 4<<20 || i == n-1 {
			if err := batch.Commit(pebble.NoSync); err != nil {
				return err
			}
			batch = b.db.NewBatch()
		}
	}
	return errors.Join(batch.Close(), b.db.Flush())
}

// Scan reads every record and gives MB per second.
func (b *Batches) Scan() (float64, error) {
	it, err := b.db.NewIter(nil)
	if err != nil {
		return 0, err
	}
	began, bytes, sum := time.Now(), 0, byte(0)
	for it.First(); it.Valid(); it.Next() {
		v := it.Value()
		bytes += len(it.Key()) + len(v)
		sum += v[len(v)-1]
	}
	_ = sum
	return float64(bytes) / 1e6 / time.Since(began).Seconds(), it.Close()
}

// Close removes the store.
func (b *Batches) Close() error { return errors.Join(b.db.Close(), os.RemoveAll(b.dir)) }

// appendBytes is the size of an append: a small group commit.
const appendBytes = 4 << 10

// Appends appends 4 KiB and syncs the data, for a time; appends per second.
func Appends(ctx context.Context, dir string, d time.Duration) (float64, error) {
	if dir == "" {
		dir = os.TempDir()
	}
	path := filepath.Join(dir, fmt.Sprintf("switchyard-bench-append-%d", os.Getpid()))
	f, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	defer os.Remove(path)
	defer f.Close()
	block := make([]byte, appendBytes)
	began, n := time.Now(), 0
	for time.Since(began) < d && ctx.Err() == nil {
		if _, err := f.Write(block); err != nil {
			return 0, err
		}
		if err := syscall.Fdatasync(int(f.Fd())); err != nil {
			return 0, err
		}
		n++
	}
	return float64(n) / time.Since(began).Seconds(), ctx.Err()
}
