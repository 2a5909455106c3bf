// Package machine says on what a figure was measured: without it two figures cannot
// be compared. It names no host and no path.
package machine

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Facts are what a run's report says about where it ran.
type Facts struct {
	Commit     string  `json:"commit"` // of the harness; "+changes" when the tree was not clean
	Go         string  `json:"go"`
	System     string  `json:"system"`
	GOMAXPROCS int     `json:"gomaxprocs"`
	CPUs       int     `json:"cpus"`
	Load       string  `json:"load_average_before"`
	LoadAfter  string  `json:"load_average_after"`
	SyncP50    float64 `json:"sync_p50_ms"` // 4 KiB append and fsync beside the store, before the run
	SyncP99    float64 `json:"sync_p99_ms"`
	CPUSelf    float64 `json:"cpu_seconds_harness"`
	CPUNode    float64 `json:"cpu_seconds_node"` // of a node of the run's own; 0 = not known
}

// Look reads the facts of the moment.
func Look() Facts {
	return Facts{
		Commit: commit(), Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH,
		GOMAXPROCS: runtime.GOMAXPROCS(0), CPUs: runtime.NumCPU(), Load: Load(),
	}
}

// commit is what the binary was built from, or, for one built without version
// control, what the working directory stands at.
func commit() string {
	at, changed := "", false
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				at = s.Value
			case "vcs.modified":
				changed = s.Value == "true"
			}
		}
	}
	if at == "" {
		out, err := exec.Command("git", "rev-parse", "HEAD").Output()
		if err != nil {
			return "unknown"
		}
		at = strings.TrimSpace(string(out))
		if out, err := exec.Command("git", "status", "--porcelain", "--untracked-files=no").Output(); err != nil || len(out) > 0 {
			changed = true
		}
	}
	if len(at) > 12 {
		at = at[:12]
	}
	if changed {
		at += "+changes"
	}
	return at
}

// Load is the load average of 1, 5 and 15 minutes; "" where the system does not tell.
func Load() string {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return ""
	}
	return strings.Join(strings.Fields(string(b))[:3], " ")
}

// CPU is the processor time this process has used.
func CPU() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// syncs is how many appends Sync times.
const syncs = 200

// Sync times an append of 4 KiB with fsync in a folder: the disk's share of every
// acknowledged write.
func Sync(dir string) (p50, p99 time.Duration, err error) {
	path := filepath.Join(dir, "sync.probe")
	f, err := os.Create(path)
	if err != nil {
		return 0, 0, err
	}
	defer os.Remove(path)
	defer f.Close()
	block := make([]byte, 4<<10)
	took := make([]time.Duration, 0, syncs)
	for range syncs {
		began := time.Now()
		if _, err := f.Write(block); err != nil {
			return 0, 0, err
		}
		if err := f.Sync(); err != nil {
			return 0, 0, err
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	return took[syncs/2], took[syncs*99/100], nil
}

// ticksPerSecond is the unit of the times in /proc: 100 on every Linux that Go runs on.
const ticksPerSecond = 100

// CPUOf is the processor time of another process, to 10 ms; 0 where the system does not tell.
func CPUOf(pid int) time.Duration {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0
	}
	// The second field is the name in parentheses, which may hold spaces: count from behind it.
	_, rest, ok := strings.Cut(string(b), ") ")
	f := strings.Fields(rest)
	if !ok || len(f) < 13 {
		return 0
	}
	user, _ := strconv.ParseInt(f[11], 10, 64) // 0 where it is no number
	system, _ := strconv.ParseInt(f[12], 10, 64)
	return time.Duration(user+system) * time.Second / ticksPerSecond
}

// RSS is the resident memory of a process in bytes; 0 where the system does not tell.
func RSS(pid int) uint64 {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/statm")
	if err != nil {
		return 0
	}
	f := strings.Fields(string(b))
	if len(f) < 2 {
		return 0
	}
	pages, _ := strconv.ParseUint(f[1], 10, 64) // 0 where it is no number
	return pages * uint64(os.Getpagesize())
}
