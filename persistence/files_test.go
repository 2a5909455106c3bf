package persistence

import (
	"errors"
	"fmt"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
)

// What Put has returned survives a crash, and reads back; what it has not leaves nothing behind after the next start.
func TestFilesSurviveACrash(t *testing.T) {
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
