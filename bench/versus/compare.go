package versus

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"switchyard/bench/machine"
)

// Result is what a comparison came to: the JSON of a run.
type Result struct {
	Machine    machine.Facts `json:"machine"`
	Plan       Plan          `json:"plan"`
	Contenders []Contestant  `json:"contenders"` // the node first
	Ratios     []Ratio       `json:"ratios"`
}

// Contestant is one contender's runs, one of each load per round.
type Contestant struct {
	Name    string `json:"name"`
	About   string `json:"about"`             // version, and what makes it durable
	Missing string `json:"missing,omitempty"` // why it did not take part
	Steady  []Run  `json:"steady"`
	Backlog []Run  `json:"backlog,omitempty"`
}

// Ratio compares the node with another contender, round by round.
type Ratio struct {
	Name   string  `json:"name"`
	Median float64 `json:"median"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
	Goal   float64 `json:"goal"`
	Less   bool    `json:"less"` // the goal is a most, not a least
}

// Met says whether the median reaches the goal.
func (r Ratio) Met() bool {
	if r.Less {
		return r.Median <= r.Goal
	}
	return r.Median >= r.Goal
}

// goals of the comparison: rooms per second, how late the agent hears, how fast a backlog goes.
var goals = []struct {
	other, what string
	goal        float64
	less        bool
	of          func(Contestant, int) (float64, bool)
}{
	{"postgres", "rooms/s ÷ postgres", 12, false, perSecond},
	{"rabbitmq", "rooms/s ÷ rabbitmq", 2, false, perSecond},
	{"redis", "rooms/s ÷ redis", 1, false, perSecond},
	{"rabbitmq", "seen p99 ÷ rabbitmq", 0.5, true, func(c Contestant, i int) (float64, bool) {
		return at(c.Steady, i, func(r Run) float64 { return r.P99 })
	}},
	{"redis", "backlog seconds ÷ redis", 1, true, func(c Contestant, i int) (float64, bool) {
		return at(c.Backlog, i, func(r Run) float64 { return r.Drained })
	}},
}

func perSecond(c Contestant, i int) (float64, bool) {
	return at(c.Steady, i, func(r Run) float64 { return r.PerSec })
}

func at(runs []Run, i int, value func(Run) float64) (float64, bool) {
	if i >= len(runs) {
		return 0, false
	}
	return value(runs[i]), true
}

// Compare lets the contenders take turns: in each round everybody plays both loads. Who is not
// installed is left out and named; any other failure ends the comparison.
func Compare(ctx context.Context, p Plan, all []Contender, progress io.Writer) (Result, error) {
	if err := p.Validate(); err != nil {
		return Result{}, err
	}
	res := Result{Machine: machine.Look(), Plan: p, Contenders: make([]Contestant, len(all))}
	for i, c := range all {
		res.Contenders[i].Name = c.Name()
	}
	for round := range p.Pairs {
		for i, c := range all {
			to := &res.Contenders[i]
			if to.Missing != "" {
				continue
			}
			fmt.Fprintf(progress, "round %d of %d: %s\n", round+1, p.Pairs, c.Name())
			err := play(ctx, c, p, to)
			if errors.Is(err, ErrMissing) {
				to.Missing = err.Error()
				continue
			}
			if err != nil {
				return res, fmt.Errorf("%s: %w", c.Name(), err)
			}
		}
	}
	res.Machine.LoadAfter = machine.Load()
	res.Ratios = ratios(res.Contenders)
	return res, nil
}

func play(ctx context.Context, c Contender, p Plan, to *Contestant) error {
	run, about, err := Steady(ctx, c, p)
	if err != nil {
		return err
	}
	to.About, to.Steady = about, append(to.Steady, run)
	if p.Backlog == 0 {
		return nil
	}
	drained, err := Backlog(ctx, c, p)
	if err == nil {
		to.Backlog = append(to.Backlog, drained)
	}
	return err
}

// ratios divides the first contender's figures by the others', round by round.
func ratios(all []Contestant) []Ratio {
	var list []Ratio
	for _, g := range goals {
		i := slices.IndexFunc(all, func(c Contestant) bool { return c.Name == g.other })
		if i < 0 {
			continue
		}
		var quotients []float64
		for round := 0; ; round++ {
			own, ok := g.of(all[0], round)
			other, ok2 := g.of(all[i], round)
			if !ok || !ok2 {
				break
			}
			if other > 0 {
				quotients = append(quotients, own/other)
			}
		}
		if len(quotients) == 0 {
			continue
		}
		slices.Sort(quotients)
		list = append(list, Ratio{
			Name: g.what, Goal: g.goal, Less: g.less,
			Median: median(quotients), Min: quotients[0], Max: quotients[len(quotients)-1],
		})
	}
	return list
}

// median of sorted values.
func median(v []float64) float64 {
	n := len(v)
	if n%2 == 1 {
		return v[n/2]
	}
	return (v[n/2-1] + v[n/2]) / 2
}

// Print writes the tables.
func (r Result) Print(out io.Writer) {
	m := r.Machine
	fmt.Fprintf(out, "%s, %s, %d CPUs, commit %s, load %s before and %s after\n", m.System, m.Go, m.CPUs, m.Commit, m.Load, m.LoadAfter)
	fmt.Fprintf(out, "%d agents with %d rooms each, %d rooms on their way, %v after %v; medians of %d rounds, (min - max)\n\n",
		r.Plan.Agents, r.Plan.Limit, r.Plan.Flight, r.Plan.Time, r.Plan.Warm, r.Plan.Pairs)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "contender\trooms/s\tseen p50 ms\tseen p99 ms\tbacklog of %d, s\t\n", r.Plan.Backlog)
	for _, c := range r.Contenders {
		if c.Missing != "" {
			fmt.Fprintf(w, "%s\t%s\t\t\t\t\n", c.Name, c.Missing)
			continue
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", c.Name,
			spread(c.Steady, "%.0f", func(r Run) float64 { return r.PerSec }), spread(c.Steady, "%.2f", func(r Run) float64 { return r.P50 }),
			spread(c.Steady, "%.2f", func(r Run) float64 { return r.P99 }), spread(c.Backlog, "%.2f", func(r Run) float64 { return r.Drained }), c.About)
	}
	w.Flush()
	fmt.Fprintln(out)
	fmt.Fprintln(w, "ratio\tmedian\tmin\tmax\tgoal\t")
	for _, q := range r.Ratios {
		sign, word := "≥", "met"
		if q.Less {
			sign = "≤"
		}
		if !q.Met() {
			word = "MISSED"
		}
		fmt.Fprintf(w, "%s\t%.2f\t%.2f\t%.2f\t%s %g\t%s\n", q.Name, q.Median, q.Min, q.Max, sign, q.Goal, word)
	}
	w.Flush()
}

func spread(runs []Run, format string, value func(Run) float64) string {
	if len(runs) == 0 {
		return "-"
	}
	v := make([]float64, len(runs))
	for i, r := range runs {
		v[i] = value(r)
	}
	slices.Sort(v)
	return fmt.Sprintf(format+" ("+format+" - "+format+")", median(v), v[0], v[len(v)-1])
}
