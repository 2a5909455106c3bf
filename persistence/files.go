package persistence

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Files keeps the contents of uploads beside the store, each once, under its hash. What a file is, and whose, is a
// row of the store, written after the content is synced: a crash can leave a content without a row, never a row
// without its content. All methods may be called from any goroutine.
type Files struct {
	fs  vfs.FS
	dir string

	mu          sync.Mutex
	fresh, last map[[sha256.Size]byte]bool // what was put since the last sweep began, and between the two before
}

// fileCategory is what the disk's own statistics call these writes.
const fileCategory vfs.DiskWriteCategory = "switchyard-files"

// OpenFiles opens the directory, makes it if there is none, and removes what uploads of an earlier life left unfinished.
// A nil disk is the real one.
func OpenFiles(disk vfs.FS, dir string) (*Files, error) {
	if disk == nil {
		disk = vfs.Default
	}
	f := &Files{fs: disk, dir: dir}
	if err := disk.MkdirAll(f.temporary(), 0o700); err != nil {
		return nil, fmt.Errorf("files: %w", err)
	}
	for _, d := range []string{dir, disk.PathDir(dir)} { // the folder's own name has to survive, too
		if err := f.syncDir(d); err != nil {
			return nil, fmt.Errorf("files: %w", err)
		}
	}
	left, err := disk.List(f.temporary())
	if err != nil {
		return nil, fmt.Errorf("files: %w", err)
	}
	for _, name := range left {
		if err := disk.Remove(disk.PathJoin(f.temporary(), name)); err != nil {
			return nil, fmt.Errorf("files: %w", err)
		}
	}
	return f, nil
}

func (f *Files) temporary() string { return f.fs.PathJoin(f.dir, "unfinished") }

// place gives the folder and the path of a content. Its name is made of the hash alone: nothing that a client says
// becomes a path.
func (f *Files) place(hash [sha256.Size]byte) (folder, path string) {
	name := hex.EncodeToString(hash[:])
	folder = f.fs.PathJoin(f.dir, name[:2])
	return folder, f.fs.PathJoin(folder, name)
}

// Put writes a content and gives its SHA-256. When it returns, the content survives a crash.
func (f *Files) Put(content []byte) (hash [sha256.Size]byte, err error) {
	hash = sha256.Sum256(content)
	folder, path := f.place(hash)
	f.mu.Lock() // no sweep may come between the look at the name and the mark
	if f.fresh == nil {
		f.fresh = map[[sha256.Size]byte]bool{}
	}
	f.fresh[hash] = true
	f.mu.Unlock()
	if _, err := f.fs.Stat(path); err == nil {
		return hash, f.syncNames(folder) // its content was synced before it got its name; the name perhaps was not
	}
	var name [16]byte
	rand.Read(name[:])
	temporary := f.fs.PathJoin(f.temporary(), hex.EncodeToString(name[:]))
	defer func() {
		if err != nil {
			err = fmt.Errorf("files: %w", errors.Join(err, absentIsFine(f.fs.Remove(temporary))))
		}
	}()
	if err := f.write(temporary, content); err != nil {
		return hash, err
	}
	if err := f.fs.MkdirAll(folder, 0o700); err != nil {
		return hash, err
	}
	if err := f.fs.Rename(temporary, path); err != nil {
		return hash, err
	}
	return hash, f.syncNames(folder)
}

// sweepMax is how many contents are looked for at a time: each is 32 bytes in memory.
const sweepMax = 1 << 16

// Sweep removes the contents that no row names: those of rooms that went, and what an upload left whose row a crash took. named is
// called with some of the contents and takes those out that a row names; it must see every row that was durable when it was called.
// A content that was put since the sweep before the last one began stays: its row may be on its way. So sweeps are to lie
// further apart than an upload can take.
func (f *Files) Sweep(ctx context.Context, named func(map[[sha256.Size]byte]bool) error) (removed int, err error) {
	f.mu.Lock()
	f.last, f.fresh = f.fresh, nil
	f.mu.Unlock()
	some := map[[sha256.Size]byte]bool{}
	sweep := func() error {
		n, err := f.sweep(some, named)
		removed += n
		clear(some)
		return err
	}
	folders, err := f.fs.List(f.dir)
	for i := 0; i < len(folders) && err == nil; i++ {
		if len(folders[i]) != 2 {
			continue
		}
		var names []string
		names, err = f.fs.List(f.fs.PathJoin(f.dir, folders[i]))
		for _, name := range names {
			if hash, err := hex.DecodeString(name); err == nil && len(hash) == sha256.Size {
				some[[sha256.Size]byte(hash)] = true
			}
		}
		if err == nil && len(some) >= sweepMax {
			err = sweep()
		}
		if err == nil {
			err = ctx.Err()
		}
	}
	if err == nil {
		err = sweep()
	}
	if err != nil {
		return removed, fmt.Errorf("files: sweep: %w", err)
	}
	return removed, nil
}

func (f *Files) sweep(some map[[sha256.Size]byte]bool, named func(map[[sha256.Size]byte]bool) error) (removed int, err error) {
	if len(some) == 0 {
		return 0, nil
	}
	if err := named(some); err != nil {
		return 0, err
	}
	for hash := range some {
		f.mu.Lock()
		if f.fresh[hash] || f.last[hash] {
			f.mu.Unlock()
			continue
		}
		_, path := f.place(hash)
		err := absentIsFine(f.fs.Remove(path))
		f.mu.Unlock()
		if err != nil {
			return removed, err
		}
		removed++
	}
	return removed, nil
}

// syncNames makes the names of the files in a folder durable, and the folder's own.
func (f *Files) syncNames(folder string) error {
	if err := f.syncDir(folder); err != nil {
		return err
	}
	return f.syncDir(f.dir)
}

func absentIsFine(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func (f *Files) write(path string, content []byte) error {
	w, err := f.fs.Create(path, fileCategory)
	if err != nil {
		return err
	}
	if _, err := w.Write(content); err != nil {
		return errors.Join(err, w.Close())
	}
	if err := w.Sync(); err != nil {
		return errors.Join(err, w.Close())
	}
	return w.Close()
}

func (f *Files) syncDir(dir string) error {
	d, err := f.fs.OpenDir(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Get reads a content; ErrChecksum if the disk gives back another one than was written.
func (f *Files) Get(hash [sha256.Size]byte) ([]byte, error) {
	_, path := f.place(hash)
	r, err := f.fs.Open(path)
	if err != nil {
		return nil, fmt.Errorf("files: %w", err)
	}
	content, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		return nil, fmt.Errorf("files: %w", err)
	}
	if sha256.Sum256(content) != hash {
		return nil, fmt.Errorf("files: %s: %w", path, ErrChecksum)
	}
	return content, nil
}
