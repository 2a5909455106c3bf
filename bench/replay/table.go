package replay

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// WriteTable writes the report for people.
func (r *Report) WriteTable(w io.Writer) error {
	t := &table{tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)}
	r.head(t)
	r.figures(t)
	r.latencies(t)
	r.agents(t)
	r.checks(t)
	return t.w.Flush()
}

// table writes lines and aligned blocks; the writer keeps the first error until Flush.
type table struct{ w *tabwriter.Writer }

func (t *table) line(format string, args ...any) {
	t.block()
	fmt.Fprintf(t.w, format+"\n", args...)
	t.block()
}

// block ends an aligned block.
func (t *table) block() { _ = t.w.Flush() } // an error of the writer stays and comes again at the end

func (t *table) row(cells ...any) {
	texts := make([]string, len(cells))
	for i, c := range cells {
		texts[i] = fmt.Sprint(c)
	}
	fmt.Fprintln(t.w, strings.Join(texts, "\t")+"\t")
}

func (r *Report) head(t *table) {
	s, m := &r.Settings, &r.Machine
	window := ""
	if s.To != "" {
		window = fmt.Sprintf(", calls from %s to %s", s.From, s.To)
	}
	t.line("replay of %s, day %s%s: speed %v, seed %d, %s, %d kills", s.Trace, s.Day, window, s.Speed, s.Seed, s.Target, s.Kills)
	t.line("commit %s, %s, GOMAXPROCS %d of %d, load %s before and %s after, fsync p50 %.2f ms p99 %.2f ms", m.Commit, m.Go, m.GOMAXPROCS, m.CPUs, m.Load, m.LoadAfter, m.SyncP50, m.SyncP99)
	t.line("took %.0f s; CPU %.1f s harness, %.1f s node; %d customers, %d agents", r.Took, m.CPUSelf, m.CPUNode, s.Calls, s.Agents)
	if r.Unfinished != "" {
		t.line("UNFINISHED: %s", r.Unfinished)
	}
	p := &r.Patience
	median := "none"
	if p.HasMedian {
		median = fmt.Sprintf("%d s", p.Median)
	}
	t.line("patience (Kaplan-Meier, %s): %d hung up, %d served first, median %s, last event %d s, %d calls beyond it; %d talks borrowed",
		s.Draw, p.Events, p.Censored, median, p.LastEvent, p.Beyond, p.Borrowed)
}

func (r *Report) figures(t *table) {
	a, b := &r.Record, &r.Replay
	t.line("")
	t.row("", "record", "replay")
	t.row("offered", a.Offered, b.Offered)
	t.row("served", a.Served, b.Served)
	t.row("abandoned", a.Abandoned, b.Abandoned)
	t.row("still open", a.StillOpen, b.StillOpen)
	if b.Refused+b.Unaccounted > 0 {
		t.row("refused", "", b.Refused)
		t.row("unaccounted", "", b.Unaccounted)
	}
	t.row("served without waiting", a.AtOnce, b.AtOnce)
	t.row("hung up without queueing", a.NeverQueued, b.NeverQueued)
	t.row("of them served", "", b.NeverServed)
	t.row("gave up as it was assigned", "", b.Crossed)
	for _, x := range []struct {
		name string
		a, b Waits
	}{{"all", a.Waits, b.Waits}, {"served", a.WaitsServed, b.WaitsServed}, {"abandoned", a.WaitsAbandoned, b.WaitsAbandoned}} {
		t.row("mean wait of "+x.name+", s", tenth(x.a.Mean), tenth(x.b.Mean))
		t.row("p90, s", tenth(x.a.P90), tenth(x.b.P90))
		t.row("longest, s", tenth(x.a.Longest), tenth(x.b.Longest))
	}
	t.block()
}

func tenth(f float64) string { return fmt.Sprintf("%.1f", f) }

func (r *Report) latencies(t *table) {
	t.line("")
	t.row("assignment latency, real ms", "samples", "p50", "p99", "p99.9", "max")
	for _, x := range []struct {
		name string
		l    Latency
	}{
		{"request to agent's notice", r.Latency.Entry},
		{"seat freed to next notice", r.Latency.Freed},
		{"agent online to notice", r.Latency.Online},
		{"disturbed by a lost socket", r.Latency.Disturbed},
		{"request written late by", r.Latency.Late},
	} {
		t.row(x.name, x.l.Count, milli(x.l.P50), milli(x.l.P99), milli(x.l.P999), milli(x.l.Max))
	}
	t.block()
	c := &r.Clients
	t.line("notices without a moment to measure from: %d; customers late for their token: %d", r.Latency.Unpaired, r.LateTokens)
	t.line("sockets: %d welcomes, %d lost, %d failed attempts, %d silent; %d commands sent again, %d held back by limits; frames: %d gaps, %d repeats, %d resets, %d unreadable",
		c.Connects, c.Losses, c.Failures, c.Silences, c.Resent, c.RateLimited, c.Gaps, c.Repeats, c.Resets, c.Unreadable)
}

func milli(f float64) string { return fmt.Sprintf("%.3f", f) }

func (r *Report) agents(t *table) {
	t.line("")
	t.row("agent", "on duty", "to", "record: services", "talk, s", "twice at once", "replay: rooms")
	for _, a := range r.Agents {
		t.row(a.Server, a.From, a.To, a.RecordServices, a.RecordTalk, a.RecordOverlaps, a.Rooms)
	}
	t.block()
}

func (r *Report) checks(t *table) {
	t.line("")
	for _, c := range r.Checks {
		verdict := "ok    "
		switch {
		case c.Failed():
			verdict = "FAILED"
		case c.Judged == 0:
			verdict = "none  " // nothing happened that it could judge
		}
		t.line("%s %-12s %s (%d judged)", verdict, c.Name, c.Promise, c.Judged)
		for _, row := range c.Rows {
			t.line("         %s", row)
		}
		if c.Left > 0 {
			t.line("         and %d more", c.Left)
		}
	}
}
