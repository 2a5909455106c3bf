package report

import (
	"strings"
	"testing"

	"switchyard/bench/stat"
)

func TestWhatChangedBeyondNoise(t *testing.T) {
	for _, c := range []struct {
		name string
		x, y []float64
		less bool
		want Verdict
	}{
		{"apart", []float64{1, 1.1, 1.2, 1.05, 1.15}, []float64{2, 2.1, 2.2, 2.05, 2.15}, false, Better},
		{"apart, and less is better", []float64{1, 1.1, 1.2, 1.05, 1.15}, []float64{2, 2.1, 2.2, 2.05, 2.15}, true, Worse},
		{"down", []float64{2, 2.1, 2.2, 2.05, 2.15}, []float64{1, 1.1, 1.2, 1.05, 1.15}, false, Worse},
		{"overlap", []float64{1, 2, 3, 4, 5}, []float64{1.5, 2.5, 3.5, 4.5, 2}, false, Noise},
		{"two of each can tell nothing", []float64{1, 1.1}, []float64{9, 9.1}, false, TooFew},
		{"nothing", nil, []float64{1}, false, TooFew},
		{"all alike", []float64{1, 1, 1, 1, 1}, []float64{1, 1, 1, 1, 1}, false, Noise},
	} {
		if p, got := judge(c.x, c.y, c.less); got != c.want {
			t.Errorf("%s: %s (p %.3f), not %s", c.name, got, p, c.want)
		}
	}
}

func two() (a, b *Run) {
	low, high := []float64{0.30, 0.31, 0.32, 0.33, 0.34}, []float64{0.50, 0.51, 0.52, 0.53, 0.54}
	a = &Run{
		Ratios: []Ratio{NewRatio("PERF-1 w1", "chat", high), NewRatio("PERF-1d", "chat", high), NewRatio("PERF-8", "wall", high)},
		Loads:  []Load{{Name: "chat", Figures: []Figure{{Name: "messages", Unit: "/s", Spread: stat.Of(high)}}}},
	}
	b = &Run{
		Ratios: []Ratio{NewRatio("PERF-1 w1", "chat", low), NewRatio("PERF-1d", "chat", low), NewRatio("PERF-4", "idle", low)},
		Loads:  []Load{{Name: "chat", Figures: []Figure{{Name: "messages", Unit: "/s", Spread: stat.Of(low)}}}},
	}
	return a, b
}

// A ratio that fell is a regression, and so is one that is gone; an absolute figure is none.
func TestRegressions(t *testing.T) {
	a, b := two()
	all := Compare(a, b)
	got := map[string]Verdict{}
	for _, c := range all {
		got[c.Load+" "+c.Name[:min(len(c.Name), 9)]] = c.Verdict
	}
	for name, want := range map[string]Verdict{"chat PERF-1 w1": Worse, "chat PERF-1d h": Better, "wall PERF-8 on": Missing, "idle PERF-4 me": Missing, "chat messages": Worse} {
		if got[name] != want {
			t.Errorf("%s is %q, not %q: %v", name, got[name], want, got)
		}
	}
	worse := Regressions(all)
	if len(worse) != 2 || worse[0].Name[:9] != "PERF-1 w1" || worse[1].Load != "wall" {
		t.Errorf("got %+v", worse)
	}
	if worse := Regressions(Compare(a, a)); len(worse) != 0 {
		t.Errorf("a run is worse than itself: %+v", worse)
	}
	var out strings.Builder
	if err := WriteChanges(&out, a, b, all, false); err != nil || !strings.Contains(out.String(), "-38.5 %") {
		t.Errorf("%v\n%s", err, out.String())
	}
}
