package report

import (
	"strings"
	"testing"

	"switchyard/bench/stat"
)

func TestVerdicts(t *testing.T) {
	for _, c := range []struct {
		id     string
		values []float64
		want   string
	}{
		{"PERF-1 w16", []float64{0.71, 0.70, 0.1}, "goal"},
		{"PERF-1 w16", []float64{0.69}, "floor"},
		{"PERF-1 w16", []float64{0.34}, "below the floor"},
		{"PERF-1d", []float64{2}, "goal"},
		{"PERF-1d", []float64{9}, "floor"},
		{"PERF-1d", []float64{11}, "below the floor"},
		{"PERF-1d", nil, "not measured"},
	} {
		if got := NewRatio(c.id, "x", c.values).Verdict(); got != c.want {
			t.Errorf("%s of %v is %q, not %q", c.id, c.values, got, c.want)
		}
	}
	for _, g := range Goals {
		if worse := g.Goal > g.Floor; worse == g.Less {
			t.Errorf("%s: floor %v and goal %v are in the wrong order", g.ID, g.Floor, g.Goal)
		}
	}
}

func TestNumbers(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 0.12345: "0.123", 1.234: "1.23", 12.34: "12.3", 123.4: "123", 1234: "1,234", -1234567: "-1,234,567"} {
		if got := Number(v); got != want {
			t.Errorf("%v is written %s, not %s", v, got, want)
		}
	}
}

func TestTheTableSaysWhatFailed(t *testing.T) {
	r := &Run{Profile: "p", Loads: []Load{{Name: "a", Says: "did it", Failed: "no\nway"}}, Ratios: []Ratio{NewRatio("PERF-1 w1", "a", []float64{0.5}), {Quantity: "other", Spread: stat.Of([]float64{1})}}}
	var out strings.Builder
	if err := r.WriteTable(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"FAILED: no; way", "≥ 0.350", "goal", "other"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}
