package report

import (
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"
)

// WriteTable writes the run for a terminal.
func (r *Run) WriteTable(w io.Writer) error {
	m := r.Machine
	fmt.Fprintf(w, "profile %s, %s, %.0f s\n", r.Profile, r.Began.UTC().Format("2006-01-02 15:04 UTC"), r.Took)
	fmt.Fprintf(w, "commit %s, %s, %s, GOMAXPROCS %d, load %s -> %s, fsync p50 %.2f p99 %.2f ms\n", m.Commit, m.Go, m.System, m.GOMAXPROCS, m.Load, m.LoadAfter, m.SyncP50, m.SyncP99)
	t := tabwriter.NewWriter(w, 2, 0, 2, ' ', 0)
	if len(r.Ceilings) > 0 {
		fmt.Fprint(t, "\nceiling\tunit\tmedian\tmin\tmax\tn\n")
		figures(t, "", r.Ceilings)
	}
	for _, l := range r.Loads {
		if err := t.Flush(); err != nil {
			return err
		}
		fmt.Fprintf(w, "\n%s: %s\n", l.Name, l.Says)
		if l.Failed != "" {
			fmt.Fprintf(w, "  FAILED: %s\n", strings.ReplaceAll(l.Failed, "\n", "; "))
		}
		figures(t, "  ", l.Figures)
		for _, d := range l.Times {
			fmt.Fprintf(t, "  %s\tms\tp50 %s\tp99 %s\tp99.9 %s\t%d\n", d.Name, Number(d.P50), Number(d.P99), Number(d.P999), d.Count)
		}
	}
	if len(r.Ratios) > 0 {
		if err := t.Flush(); err != nil {
			return err
		}
		fmt.Fprint(t, "\nratio\tof\tmedian\tmin\tmax\tfloor\tgoal\tverdict\n")
		for _, q := range r.Ratios {
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", q.ID, q.Quantity, Number(q.Median), Number(q.Min), Number(q.Max), bound(q, q.Floor), bound(q, q.Goal), q.Verdict())
		}
	}
	return t.Flush()
}

func figures(w io.Writer, indent string, all []Figure) {
	for _, f := range all {
		fmt.Fprintf(w, "%s%s\t%s\t%s\t%s\t%s\t%d\n", indent, f.Name, f.Unit, Number(f.Median), Number(f.Min), Number(f.Max), len(f.Values))
	}
}

func bound(r Ratio, v float64) string {
	switch {
	case r.ID == "" || v == 0:
		return ""
	case r.Less:
		return "≤ " + Number(v)
	}
	return "≥ " + Number(v)
}

// Number writes a figure with three digits and thousands apart, as people read it.
func Number(v float64) string {
	a := math.Abs(v)
	switch {
	case v == 0:
		return "0"
	case a >= 1000:
		s := fmt.Sprintf("%.0f", v)
		for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
			s = s[:i] + "," + s[i:]
		}
		return s
	case a >= 100:
		return fmt.Sprintf("%.0f", v)
	case a >= 10:
		return fmt.Sprintf("%.1f", v)
	case a >= 1:
		return fmt.Sprintf("%.2f", v)
	}
	return fmt.Sprintf("%.3f", v)
}
