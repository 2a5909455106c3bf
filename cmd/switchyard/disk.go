package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
)

// disk watches the space where the store lies. A full disk ends the process (persistence/failstop.go), so what would fill it is
// refused before: below the reserve no new room, below a quarter of it nothing at all. The rest is for rooms that are open, and for
// what the store writes by itself (F-04).
type disk struct {
	space   func() (free, total uint64, err error)
	reserve uint64 // bytes
	ballast ballast
	log     *slog.Logger
	state   atomic.Int32
}

// States of a disk.
const (
	diskWide int32 = iota
	diskLow        // below the reserve
	diskFull       // below a quarter of it
)

// look asks for the space and draws the conclusions. What was refused is taken again when an eighth more than the reserve is
// free, so that the edge is not crossed with every flush.
func (d *disk) look() {
	free, _, err := d.space()
	if err != nil {
		return // a disk in memory has no end
	}
	was, now := d.state.Load(), diskWide
	switch {
	case free < d.reserve/4:
		now = diskFull
	case free < d.reserve, was != diskWide && free < d.reserve+d.reserve/8:
		now = diskLow
	}
	d.state.Store(now)
	switch {
	case now > was:
		d.log.Error("the disk is nearly full: new rooms are refused", "free", free, "reserve", d.reserve, "everything", now == diskFull)
	case now < was:
		d.log.Info("there is space on the disk again", "free", free, "new_rooms", now == diskWide)
	}
	if now == diskFull {
		d.giveUp()
	}
	if now == diskWide && free >= d.reserve+d.reserve/8+uint64(d.ballast.bytes) {
		if err := d.ballast.put(); err != nil {
			d.log.Warn("no ballast", "error", err)
		}
	}
}

// giveUp frees the ballast, and says whether there was one.
func (d *disk) giveUp() bool {
	freed, err := d.ballast.drop()
	if freed || err != nil {
		d.log.Warn("the ballast is given up", "bytes", d.ballast.bytes, "error", err)
	}
	return freed
}

// admits says whether the disk has room for new rooms, and for anything.
func (d *disk) admits() (rooms, anything bool) {
	s := d.state.Load()
	return s == diskWide, s != diskFull
}

// complaint is what readiness says; "" = the disk has room.
func (d *disk) complaint() string {
	if d.state.Load() == diskWide {
		return ""
	}
	free, _, err := d.space()
	if err != nil {
		return ""
	}
	return fmt.Sprintf("disk: %d MB free, the reserve is %d MB", free>>20, d.reserve>>20)
}

// ballast is a file that takes space while there is enough, to be given up when there is none: a store on a full disk can
// then still be opened, and what was accepted be written.
type ballast struct {
	path  string
	bytes int64
}

// put makes the file, in full: a sparse one would free nothing.
func (b ballast) put() error {
	if info, err := os.Stat(b.path); err == nil && info.Size() == b.bytes || b.bytes == 0 {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(b.path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(b.path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.CopyN(f, zeros{}, b.bytes)
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		_ = os.Remove(b.path) // half a ballast is what fills the disk
	}
	return err
}

// drop removes the file and says whether there was one.
func (b ballast) drop() (freed bool, err error) {
	err = os.Remove(b.path)
	if os.IsNotExist(err) {
		return false, nil
	}
	return err == nil, err
}

// zeros never end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
