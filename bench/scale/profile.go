package scale

import (
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"runtime/pprof"
)

// gcPercent is the node's (cmd/switchyard): what is measured is the engine as the node runs it.
const gcPercent = 200

// asTheNode sets the collector, unless GOGC says otherwise; back undoes it.
func asTheNode() (back func()) {
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	before := debug.SetGCPercent(gcPercent)
	return func() { debug.SetGCPercent(before) }
}

// profiled writes a CPU profile of a part, if profiles are wanted; stop ends it, and writes what was allocated since the process began.
func (r *run) profiled(name string) (stop func(), err error) {
	if r.Profile == "" {
		return func() {}, nil
	}
	if err := os.MkdirAll(r.Profile, 0o755); err != nil {
		return nil, err
	}
	f, err := os.Create(filepath.Join(r.Profile, name+".cpu"))
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, err
	}
	return func() {
		pprof.StopCPUProfile()
		_ = f.Close()
		r.writeProfile("allocs", name+".allocs")
	}, nil
}

// heapProfile writes what is live, if profiles are wanted.
func (r *run) heapProfile(name string) {
	if r.Profile != "" {
		r.writeProfile("heap", name+".heap")
	}
}

func (r *run) writeProfile(of, name string) {
	f, err := os.Create(filepath.Join(r.Profile, name))
	if err != nil {
		r.say("%v", err)
		return
	}
	_ = pprof.Lookup(of).WriteTo(f, 0)
	_ = f.Close()
}

// live is the heap that can be reached, in bytes, after collections that free what finalizers and pools held.
func live() float64 {
	for range 3 {
		runtime.GC()
	}
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// collector reads the runtime's own account: CPU seconds of the collector and of everything that is not idle, and its pauses.
type collector struct {
	gc, busy float64
	cycles   uint64
	pauses   *metrics.Float64Histogram
}

func lookAtCollector() collector {
	s := []metrics.Sample{
		{Name: "/cpu/classes/gc/total:cpu-seconds"}, {Name: "/cpu/classes/total:cpu-seconds"}, {Name: "/cpu/classes/idle:cpu-seconds"},
		{Name: "/sched/pauses/total/gc:seconds"}, {Name: "/gc/cycles/total:gc-cycles"},
	}
	metrics.Read(s)
	return collector{gc: s[0].Value.Float64(), busy: s[1].Value.Float64() - s[2].Value.Float64(), pauses: s[3].Value.Float64Histogram(), cycles: s[4].Value.Uint64()}
}

// since gives the collector's share of the busy CPU and its worst pause, in seconds (the upper end of the histogram's bucket). At least one
// cycle must have ended meanwhile: the runtime accounts when one ends.
func (c collector) since(before collector) (share, worst float64) {
	share = (c.gc - before.gc) / (c.busy - before.busy)
	for i, n := range c.pauses.Counts {
		if n > before.pauses.Counts[i] {
			worst = c.pauses.Buckets[i+1]
		}
	}
	return share, worst
}
