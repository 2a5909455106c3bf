package machine

import (
	"os"
	"runtime"
	"testing"
)

func TestTheFactsAreThere(t *testing.T) {
	f := Look()
	if f.Commit == "" || f.Go != runtime.Version() || f.GOMAXPROCS < 1 || f.CPUs < 1 {
		t.Errorf("%+v", f)
	}
	if CPU() <= 0 {
		t.Error("this process has used no processor time")
	}
}

func TestSyncLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	p50, p99, err := Sync(dir)
	if err != nil || p50 <= 0 || p99 < p50 {
		t.Errorf("p50 %v, p99 %v, %v", p50, p99, err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	if _, _, err := Sync(dir + "/nowhere"); err == nil {
		t.Error("a folder that is not there is no error")
	}
}
