package persistence

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"syscall"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// failStop ends the store's service, once and for good.
//
// After a failed write or sync nobody knows what is on the disk: the kernel may have
// thrown the pages away and report success the next time. So nothing is tried again,
// and nothing is acknowledged again.
type failStop struct {
	fatal  func(error)
	armed  atomic.Bool // while the store is being opened a failure is only Open's error
	err    atomic.Pointer[error]
	failed chan struct{} // closed when err is set

	// While the store is being opened:
	full  func() bool           // asked for space where there is none, see Options.Full
	wrote atomic.Pointer[error] // what a write failed with
}

func newFailStop(fatal func(error)) *failStop {
	return &failStop{fatal: fatal, failed: make(chan struct{})}
}

// freed says, of a write that failed while the store is opened, that there is space for it now.
func (f *failStop) freed(err error) bool {
	return !f.armed.Load() && errors.Is(err, syscall.ENOSPC) && f.full != nil && f.full()
}

// flushFailed ends an opening that cannot come to an end: Pebble flushes what it found in the log before it opens, and a flush that
// cannot write is tried again at once, without a bound (F-04). It does not return then; the goroutine stays as in halt.
func (f *failStop) flushFailed() {
	if err := f.wrote.Load(); err != nil && !f.armed.Load() {
		f.halt(*err)
	}
}

// Err is what has failed; nil as long as nothing has.
func (f *failStop) Err() error {
	if p := f.err.Load(); p != nil {
		return *p
	}
	return nil
}

// fail is called by whoever found out; only the first error counts.
func (f *failStop) fail(err error) {
	if !f.err.CompareAndSwap(nil, &err) {
		return
	}
	close(f.failed)
	if f.armed.Load() {
		f.fatal(err)
	}
}

// halt fails and never returns, for callers inside Pebble, which would go on as if the write had succeeded:
// DB.Apply returns nil after Logger.Fatalf. The goroutine and the locks it holds stay where they are; the
// process is about to end.
func (f *failStop) halt(err error) {
	f.fail(err)
	select {}
}

// guarded runs do, which opens a database nobody depends on yet: a halt or a panic in it becomes an error.
func (f *failStop) guarded(do func() error) error {
	result := make(chan error, 1)
	go func() {
		defer func() {
			if r := recover(); r != nil {
				result <- panicked(r)
			}
		}()
		result <- do()
	}()
	select {
	case err := <-result:
		return err
	case <-f.failed:
		return f.Err()
	}
}

// panicked makes an error of what recover gave.
func panicked(r any) error {
	err, ok := r.(error)
	if !ok {
		err = fmt.Errorf("%v", r)
	}
	return fmt.Errorf("panic: %w\n%s", err, debug.Stack())
}

// failStopFS ends the process at the first write or sync below dir that fails, before Pebble hears of it. Pebble's
// own ways are of several kinds: Fatalf for a commit, a retry for a flush, and for a log file that cannot be closed
// or made a panic that unlocks an unlocked mutex, which the runtime answers by killing the process without a word
// to Options.Fatal. Reads, and whatever lies elsewhere (a backup), may fail without ending anything.
type failStopFS struct {
	vfs.FS
	dir  string
	stop *failStop
}

func (s *failStopFS) Unwrap() vfs.FS { return s.FS }

func (s *failStopFS) below(name string) bool { return below(s.dir, name) }

func below(dir, name string) bool {
	rel, err := filepath.Rel(dir, name)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// check halts if err is an error and the store is open.
func (s *failStopFS) check(what, name string, err error) error {
	if err == nil {
		return nil
	}
	said := fmt.Errorf("persistence: %s %s: %w", what, filepath.Base(name), err)
	if s.stop.armed.Load() {
		s.stop.halt(said)
	}
	s.stop.wrote.Store(&said)
	return err
}

func (s *failStopFS) wrap(name string, f vfs.File, err error) (vfs.File, error) {
	if err != nil {
		return nil, err
	}
	return &failStopFile{File: f, name: name, fs: s}, nil
}

func (s *failStopFS) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := s.FS.Create(name, c)
	if !s.below(name) {
		return f, err
	}
	return s.wrap(name, f, s.check("create", name, err))
}

func (s *failStopFS) ReuseForWrite(oldname, newname string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := s.FS.ReuseForWrite(oldname, newname, c)
	if !s.below(newname) {
		return f, err
	}
	return s.wrap(newname, f, s.check("reuse", newname, err))
}

func (s *failStopFS) OpenReadWrite(name string, c vfs.DiskWriteCategory, o ...vfs.OpenOption) (vfs.File, error) {
	f, err := s.FS.OpenReadWrite(name, c, o...)
	if !s.below(name) {
		return f, err
	}
	return s.wrap(name, f, err)
}

func (s *failStopFS) OpenDir(name string) (vfs.File, error) {
	f, err := s.FS.OpenDir(name)
	if !s.below(name) {
		return f, err
	}
	return s.wrap(name, f, err)
}

type failStopFile struct {
	vfs.File
	name string
	fs   *failStopFS
}

func (f *failStopFile) Write(p []byte) (int, error) {
	n, err := f.File.Write(p)
	if err != nil && f.fs.stop.freed(err) {
		var rest int
		rest, err = f.File.Write(p[n:])
		n += rest
	}
	return n, f.fs.check("write", f.name, err)
}

func (f *failStopFile) WriteAt(p []byte, at int64) (int, error) {
	n, err := f.File.WriteAt(p, at)
	return n, f.fs.check("write", f.name, err)
}

func (f *failStopFile) Sync() error {
	return f.fs.check("sync", f.name, f.File.Sync())
}

func (f *failStopFile) SyncData() error {
	return f.fs.check("sync", f.name, f.File.SyncData())
}

func (f *failStopFile) SyncTo(length int64) (bool, error) {
	full, err := f.File.SyncTo(length)
	return full, f.fs.check("sync", f.name, err)
}
