package persistence

import (
	"errors"
	"fmt"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
)

// What Put has returned survives a crash, and reads back; what it has not leaves nothing behind after the next start.
func TestX24FilesSurviveACrash(t *testing.T) {
	disk := vfs.NewCrashableMem()
	f, err := OpenFiles(disk, "files")
	if err != nil {
		t.Fatal(err)
	}
	hashes := map[string][32]byte{}
	for i := range 20 {
		content := fmt.Sprint("content ", i%10) // each twice: it lies there once
		h, err := f.Put([]byte(content))
		if err != nil {
			t.Fatal(err)
		}
		hashes[content] = h
	}
	if err := f.write("files/unfinished/x", []byte("half")); err != nil {
		t.Fatal(err)
	}
	if err := f.syncDir("files/unfinished"); err != nil { // else the crash takes it away, and nobody has to
		t.Fatal(err)
	}
	disk = disk.CrashClone(vfs.CrashCloneCfg{}) // nothing unsynced survives
	if f, err = OpenFiles(disk, "files"); err != nil {
		t.Fatal(err)
	}
	if left, err := disk.List("files/unfinished"); err != nil || len(left) != 0 {
		t.Errorf("left over: %v %v", left, err)
	}
	for content, h := range hashes {
		if got, err := f.Get(h); err != nil || string(got) != content {
			t.Errorf("%s: %q %v", content, got, err)
		}
	}
	if _, err := f.Get([32]byte{1}); err == nil {
		t.Error("a content that nobody put was found")
	}
}

// Bytes that changed on the disk are not given out as what was uploaded.
func TestADamagedFileIsNotGivenOut(t *testing.T) {
	disk := vfs.NewMem()
	f, err := OpenFiles(disk, "files")
	if err != nil {
		t.Fatal(err)
	}
	h, err := f.Put([]byte("whole"))
	if err != nil {
		t.Fatal(err)
	}
	_, path := f.place(h)
	if err := f.write(path, []byte("other")); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Get(h); !errors.Is(err, ErrChecksum) {
		t.Errorf("%v", err)
	}
}

// A disk that refuses at any step makes Put fail, and the same upload succeeds afterwards.
func TestAFileThatCannotBeWritten(t *testing.T) {
	for step := range int32(100) {
		inject := errorfs.OnIndex(step)
		toggle := errorfs.Toggle{Injector: errorfs.ErrInjected.If(inject)}
		disk := errorfs.Wrap(vfs.NewMem(), &toggle)
		f, err := OpenFiles(disk, "files")
		if err != nil {
			t.Fatal(err)
		}
		toggle.On()
		_, err = f.Put([]byte("content"))
		failed := inject.Index.Load() < 0
		toggle.Off()
		if failed && err == nil && step != 0 { // the first look, whether it is there already, may fail
			t.Errorf("step %d failed and Put did not", step)
		}
		h, err := f.Put([]byte("content"))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := f.Get(h); err != nil || string(got) != "content" {
			t.Errorf("step %d: %q %v", step, got, err)
		}
		if !failed {
			if step < 8 {
				t.Errorf("only %d steps were tried", step)
			}
			return
		}
	}
}

// F-40, X-30: what no row names is removed, what one names stays, also where two rows share it; and so does what was put lately,
// whose row may be on its way.
func TestSweepRemovesWhatNobodyNames(t *testing.T) {
	f, err := OpenFiles(vfs.NewMem(), "files")
	if err != nil {
		t.Fatal(err)
	}
	named := map[[32]byte]bool{}
	var all [][32]byte
	put := func(content string) [32]byte {
		h, err := f.Put([]byte(content))
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	for i := range 300 {
		all = append(all, put(fmt.Sprint("content ", i)))
		if i%3 == 0 {
			named[all[i]] = true
		}
	}
	there := func(h [32]byte) bool { _, err := f.Get(h); return err == nil }
	sweep := func(want int) {
		t.Helper()
		n, err := f.Sweep(t.Context(), func(some map[[32]byte]bool) error {
			for h := range named {
				delete(some, h)
			}
			return nil
		})
		if err != nil || n != want {
			t.Fatalf("removed %d, %v; want %d", n, err, want)
		}
	}
	sweep(0) // all are fresh
	late := put("content 1")
	sweep(199)
	for i, h := range all {
		if there(h) != (i%3 == 0 || h == late) {
			t.Errorf("content %d is there: %v", i, there(h))
		}
	}
	named[late] = true
	sweep(0)
	delete(named, late)
	sweep(1)
	if put("content 1"); !there(late) {
		t.Error("it cannot be put again")
	}
	broken := errors.New("a row cannot be read")
	sweep(0)
	n, err := f.Sweep(t.Context(), func(map[[32]byte]bool) error { return broken })
	if n != 0 || !errors.Is(err, broken) || !there(late) {
		t.Errorf("removed %d, %v, without knowing the rows", n, err)
	}
}
