package oracle

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"syscall"
	"time"
)

// cpuSeconds is what the process has used of the processors, its collector included.
func cpuSeconds() float64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}

// MeasurePerf7 plays one row by turns without and with the queue mind, pairs times, one run at a time, and
// gives arrivals per second of processor time (the collector's included, so that a busy machine does not
// matter and a second core does not help). The same seeds, arrivals and figures are asked of both.
func MeasurePerf7(ctx context.Context, row *Row, pairs, arrivals int) (*Perf7, error) {
	if !bareCan(row) {
		return nil, fmt.Errorf("%s: the bare simulator plays one class at constant speed only", row.Label)
	}
	p := &Perf7{Row: row.Label, Pairs: pairs}
	var reals, bares []float64
	for i := range pairs {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		seed := uint64(i + 1)
		var x *real
		var err error
		var b *tally
		slow := timed(func() { x, err = runReal(row, seed, arrivals, false) })
		if err != nil {
			return nil, err
		}
		fast := timed(func() { b = runBare(row, seed, arrivals) })
		if b.wait != x.tally.wait || b.waited != x.tally.waited || b.left != x.tally.left || b.refused != x.tally.refused {
			return nil, fmt.Errorf("%s, seed %d: the queue mind's waits are not the bare simulator's", row.Label, seed)
		}
		reals, bares = append(reals, float64(arrivals)/slow), append(bares, float64(arrivals)/fast)
		p.Ratios = append(p.Ratios, fast/slow)
	}
	p.Arrivals, p.Bare, p.Ratio = median(reals), median(bares), median(p.Ratios)
	p.RatioMin, p.RatioMax = slices.Min(p.Ratios), slices.Max(p.Ratios)
	return p, nil
}

// timed gives the processor seconds of f, after a collection, so that no run pays for the one before.
func timed(f func()) float64 {
	runtime.GC()
	before := cpuSeconds()
	f()
	return cpuSeconds() - before
}

func median(x []float64) float64 {
	s := slices.Sorted(slices.Values(x))
	if n := len(s); n%2 == 0 {
		return (s[n/2-1] + s[n/2]) / 2
	}
	return s[len(s)/2]
}
