// Package scale measures how large a node may grow: bytes of a room that nobody speaks
// in, the restart of a store with a million open rooms, a million overdue deadlines,
// assignments a second, and the collector's share. Every figure stands beside a ceiling
// that was measured in the same run.
//
// Unlike the loads of the other packages, it is no client: it assembles the engine itself
// (node.go), with the real minds, shell and store, and without sockets. Run is the
// way in; figure.go says how a figure is judged, and one file holds each part.
package scale

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"time"
)

// Options of a run.
type Options struct {
	Rooms   int      // open rooms, at least 1
	Agents  int      // accounts of the site that holds them, at least 1
	Pairs   int      // how often a quantity and its ceiling are measured in turns, at least 1
	Parts   []string // names of Parts; empty = all
	Dir     string   // where stores are made; removed afterwards
	Profile string   // folder for a CPU profile of each part; empty = none

	// Child is this program, told to make a store (Fill) in a process of its own that can be killed.
	Child func(ctx context.Context, dir string) *exec.Cmd

	Progress io.Writer // a line for each step; nil = none

	// Done is called after each part with all figures so far, so that a run that is interrupted leaves what it has. nil = not.
	Done func(figures []Figure) error

	brief bool // for tests: no time is spent on loads beside
}

// while is how long a load goes on, or next to nothing in a test.
func (o *Options) while(d time.Duration) time.Duration {
	if o.brief {
		return min(d, 200*time.Millisecond)
	}
	return d
}

// part is a group of figures that share what was made to measure them.
type part struct {
	name, summary string
	run           func(ctx context.Context, r *run) error
}

var parts = []part{
	{"assign", "PERF-2, PERF-2c: the queue's mind alone, in memory", assignPart},
	{"release", "PERF-2d: waiting rooms released by one opening hour", releasePart},
	{"durable", "PERF-2b: rooms assigned and closed, durable", durablePart},
	{"memory", "PERF-3, PERF-10: rooms in memory, and the collector beside them", memoryPart},
	{"restart", "PERF-3b, PERF-3c, PERF-5, PERF-5b, F-23: kill -9, restart, overdue deadlines", restartPart},
}

// Parts lists what can be measured, each with a line about it.
func Parts() (names, summaries []string) {
	for _, p := range parts {
		names, summaries = append(names, p.name), append(summaries, p.summary)
	}
	return names, summaries
}

// run is one run on its way.
type run struct {
	Options
	figures []Figure
}

// Run measures. Figures come in the order of the parts; with an error they are those measured before it.
func Run(ctx context.Context, o Options) ([]Figure, error) {
	if err := os.MkdirAll(o.Dir, 0o755); err != nil {
		return nil, err
	}
	defer asTheNode()()
	r := &run{Options: o}
	for _, p := range parts {
		if len(o.Parts) > 0 && !slices.Contains(o.Parts, p.name) {
			continue
		}
		stop, err := r.profiled(p.name)
		if err != nil {
			return r.figures, err
		}
		err = p.run(ctx, r)
		stop()
		if err != nil {
			return r.figures, fmt.Errorf("%s: %w", p.name, err)
		}
		if o.Done != nil {
			if err := o.Done(r.figures); err != nil {
				return r.figures, err
			}
		}
	}
	return r.figures, nil
}

func (r *run) say(format string, args ...any) {
	if r.Progress != nil {
		fmt.Fprintf(r.Progress, format+"\n", args...)
	}
}

func (r *run) add(f Figure) {
	r.figures = append(r.figures, f)
	if r.Progress != nil {
		fmt.Fprintln(r.Progress, f.String())
	}
}
