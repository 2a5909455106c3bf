// Package stat sums repetitions up: median, least and greatest, and distributions of
// times. A figure without its spread is not a figure.
package stat

import (
	"math"
	"slices"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Spread is what repetitions came to. Values are in the order they were measured.
type Spread struct {
	Median float64   `json:"median"`
	Min    float64   `json:"min"`
	Max    float64   `json:"max"`
	Values []float64 `json:"values"`
}

// Of sums values up; of none it is all zero.
func Of(values []float64) Spread {
	if len(values) == 0 {
		return Spread{}
	}
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return Spread{Median: (sorted[(n-1)/2] + sorted[n/2]) / 2, Min: sorted[0], Max: sorted[n-1], Values: slices.Clone(values)}
}

// Ratios divides pairwise. A pair whose ceiling is 0 or whose figure is no number is left
// out: there is nothing to compare with.
func Ratios(system, ceiling []float64) []float64 {
	var all []float64
	for i := range min(len(system), len(ceiling)) {
		if r := system[i] / ceiling[i]; ceiling[i] > 0 && !math.IsNaN(r) && !math.IsInf(r, 0) {
			all = append(all, r)
		}
	}
	return all
}

const (
	least    = int64(time.Microsecond)
	greatest = int64(10 * time.Minute)
)

// Times is a distribution of times, 1 µs to 10 min with three digits; what lies beyond
// counts as the bound. It is not safe for several goroutines.
type Times struct{ h *hdrhistogram.Histogram }

// NewTimes gives an empty distribution.
func NewTimes() *Times { return &Times{hdrhistogram.New(least, greatest, 3)} }

// Add counts one time.
func (t *Times) Add(d time.Duration) {
	if err := t.h.RecordValue(min(max(int64(d), least), greatest)); err != nil {
		panic("stat: a time inside the histogram's range was refused: " + err.Error())
	}
}

// Merge adds another distribution's counts.
func (t *Times) Merge(o *Times) { t.h.Merge(o.h) }

// Reset empties the distribution.
func (t *Times) Reset() { t.h.Reset() }

// Latency is a distribution in milliseconds.
type Latency struct {
	Count int64   `json:"count"`
	P50   float64 `json:"p50_ms"`
	P90   float64 `json:"p90_ms"`
	P99   float64 `json:"p99_ms"`
	P999  float64 `json:"p99_9_ms"`
	Max   float64 `json:"max_ms"`
}

// Sum reads the distribution.
func (t *Times) Sum() Latency {
	if t.h.TotalCount() == 0 {
		return Latency{}
	}
	ms := func(ns int64) float64 { return float64(ns) / float64(time.Millisecond) }
	return Latency{
		Count: t.h.TotalCount(), P50: ms(t.h.ValueAtQuantile(50)), P90: ms(t.h.ValueAtQuantile(90)),
		P99: ms(t.h.ValueAtQuantile(99)), P999: ms(t.h.ValueAtQuantile(99.9)), Max: ms(t.h.Max()),
	}
}

// First is the least time; 0 of none.
func (t *Times) First() time.Duration {
	if t.h.TotalCount() == 0 {
		return 0
	}
	return time.Duration(t.h.Min())
}
