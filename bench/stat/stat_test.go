package stat

import (
	"math"
	"slices"
	"testing"
	"time"
)

func TestSpread(t *testing.T) {
	for _, c := range []struct {
		in               []float64
		median, min, max float64
	}{
		{nil, 0, 0, 0}, {[]float64{7}, 7, 7, 7}, {[]float64{3, 1, 2}, 2, 1, 3}, {[]float64{4, 1, 3, 2}, 2.5, 1, 4},
	} {
		s := Of(c.in)
		if s.Median != c.median || s.Min != c.min || s.Max != c.max || !slices.Equal(s.Values, c.in) {
			t.Errorf("%v: %+v", c.in, s)
		}
	}
}

// A ratio is of one pair, never of two medians; a pair without a ceiling is no pair.
func TestRatiosArePerPair(t *testing.T) {
	got := Ratios([]float64{10, 30, 5, math.NaN()}, []float64{20, 10, 0, 1})
	if !slices.Equal(got, []float64{0.5, 3}) {
		t.Errorf("got %v", got)
	}
	if m := Of(got).Median; m != 1.75 {
		t.Errorf("median of the ratios is %v, and not the ratio of the medians (1)", m)
	}
}

func TestTimes(t *testing.T) {
	d := NewTimes()
	for i := range 1000 {
		d.Add(time.Duration(i+1) * time.Millisecond)
	}
	d.Add(-time.Second) // a clock's jump counts as the bound
	s := d.Sum()
	if s.Count != 1001 || math.Abs(s.P50-500) > 1 || math.Abs(s.P99-990) > 1 || math.Abs(s.Max-1000) > 1 {
		t.Errorf("%+v", s)
	}
	if NewTimes().Sum() != (Latency{}) {
		t.Error("an empty distribution has a figure")
	}
}
