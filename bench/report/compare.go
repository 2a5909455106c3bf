package report

import (
	"fmt"
	"io"
	"text/tabwriter"

	"golang.org/x/perf/benchmath"
)

// Change is one figure of two runs.
type Change struct {
	Load, Name string
	Before     float64
	After      float64
	P          float64 // of the Mann-Whitney U test: how likely such a difference is by chance
	N1, N2     int
	// Judged figures can be a regression: ratios, which were measured in turns with their ceiling. An
	// absolute figure of another hour says how busy the machine was.
	Judged  bool
	Verdict Verdict
}

// Verdict says what a change is.
type Verdict string

// The verdicts.
const (
	Noise   Verdict = "noise" // may be chance
	Better  Verdict = "better"
	Worse   Verdict = "worse"
	TooFew  Verdict = "too few" // repetitions to tell
	Missing Verdict = "missing" // in one of the two runs
)

// alpha is the probability at which a difference counts.
const alpha = 0.05

// Compare says what changed from a to b, ratios first.
func Compare(a, b *Run) []Change {
	var all []Change
	key := func(load, name string) string { return load + "\x00" + name }
	before := map[string]Figure{}
	seen := map[string]bool{}
	add := func(load, name string, judged bool, x, y Figure) {
		c := Change{Load: load, Name: name, Before: x.Median, After: y.Median, N1: len(x.Values), N2: len(y.Values), Judged: judged}
		c.P, c.Verdict = judge(x.Values, y.Values, y.Less)
		all = append(all, c)
	}
	walk := func(r *Run, ratio func(load, name string, f Figure), figure func(load, name string, f Figure)) {
		for _, q := range r.Ratios {
			name := q.Quantity
			if q.ID != "" {
				name = q.ID + " " + name
			}
			ratio(q.Load, name, Figure{Name: name, Less: q.Less, Spread: q.Spread})
		}
		for _, f := range r.Ceilings {
			figure("ceilings", f.Name, f)
		}
		for _, l := range r.Loads {
			for _, f := range l.Figures {
				figure(l.Name, f.Name, f)
			}
		}
	}
	keep := func(load, name string, f Figure) { before[key(load, name)] = f }
	walk(a, func(l, n string, f Figure) { keep("ratio\x00"+l, n, f) }, keep)
	with := func(prefix string, judged bool) func(string, string, Figure) {
		return func(load, name string, f Figure) {
			k := key(prefix+load, name)
			seen[k] = true
			x, ok := before[k]
			if !ok {
				all = append(all, Change{Load: load, Name: name, After: f.Median, N2: len(f.Values), Judged: judged, Verdict: Missing})
				return
			}
			add(load, name, judged, x, f)
		}
	}
	walk(b, with("ratio\x00", true), with("", false))
	gone := func(prefix string, judged bool) func(string, string, Figure) {
		return func(load, name string, f Figure) {
			if !seen[key(prefix+load, name)] {
				all = append(all, Change{Load: load, Name: name, Before: f.Median, N1: len(f.Values), Judged: judged, Verdict: Missing})
			}
		}
	}
	walk(a, gone("ratio\x00", true), gone("", false))
	return all
}

// judge tests whether y differs from x beyond chance.
func judge(x, y []float64, less bool) (float64, Verdict) {
	if len(x) == 0 || len(y) == 0 {
		return 1, TooFew
	}
	thresholds := benchmath.DefaultThresholds
	thresholds.CompareAlpha = alpha
	s, t := benchmath.NewSample(x, &thresholds), benchmath.NewSample(y, &thresholds)
	c := benchmath.AssumeNothing.Compare(s, t)
	switch {
	case len(c.Warnings) > 0: // too few for the test ever to find a difference, or all alike
		if same(x, y) {
			return 1, Noise
		}
		return c.P, TooFew
	case c.P >= alpha:
		return c.P, Noise
	}
	before, after := benchmath.AssumeNothing.Summary(s, 0.95).Center, benchmath.AssumeNothing.Summary(t, 0.95).Center
	if (after < before) == less {
		return c.P, Better
	}
	return c.P, Worse
}

// same says whether all values of both are one.
func same(x, y []float64) bool {
	for _, v := range append(append([]float64{}, x...), y...) {
		if v != x[0] {
			return false
		}
	}
	return true
}

// Regressions are the judged changes for the worse, and judged figures that are no longer there.
func Regressions(all []Change) (worse []Change) {
	for _, c := range all {
		if c.Judged && (c.Verdict == Worse || c.Verdict == Missing && c.N1 > 0) {
			worse = append(worse, c)
		}
	}
	return worse
}

// WriteChanges writes a comparison; quiet leaves out what is noise.
func WriteChanges(w io.Writer, a, b *Run, all []Change, quiet bool) error {
	fmt.Fprintf(w, "a: profile %s, commit %s, %s, load %s\n", a.Profile, a.Machine.Commit, a.Began.UTC().Format("2006-01-02 15:04"), a.Machine.Load)
	fmt.Fprintf(w, "b: profile %s, commit %s, %s, load %s\n", b.Profile, b.Machine.Commit, b.Began.UTC().Format("2006-01-02 15:04"), b.Machine.Load)
	if a.Machine.CPUs != b.Machine.CPUs || a.Machine.System != b.Machine.System || a.Machine.GOMAXPROCS != b.Machine.GOMAXPROCS {
		fmt.Fprintln(w, "The machines differ: only ratios can be compared, and they with care.")
	}
	t := tabwriter.NewWriter(w, 2, 0, 2, ' ', 0)
	for _, judged := range []bool{true, false} {
		title := "\nratio\tload\ta\tb\tchange\tp\t\n"
		if !judged {
			title = "\nabsolute (says as much about the hour as about the code)\tload\ta\tb\tchange\tp\t\n"
		}
		fmt.Fprint(t, title)
		for _, c := range all {
			if c.Judged != judged || quiet && c.Verdict == Noise {
				continue
			}
			change := ""
			if c.Before != 0 && c.N1 > 0 && c.N2 > 0 {
				change = fmt.Sprintf("%+.1f %%", 100*(c.After/c.Before-1))
			}
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%.3f (n %d, %d)\t%s\n", c.Name, c.Load, Number(c.Before), Number(c.After), change, c.P, c.N1, c.N2, c.Verdict)
		}
		if err := t.Flush(); err != nil {
			return err
		}
	}
	return nil
}
