// Package run carries a profile out: it starts the nodes and the raw echo, measures ceiling
// and system in turns, and fills the report.
package run

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"switchyard/bench/echo"
	"switchyard/bench/load"
	"switchyard/bench/machine"
	"switchyard/bench/profile"
	"switchyard/bench/report"
	"switchyard/bench/stat"
	"switchyard/bench/target"
)

// Options are what the command line says beside the profile.
type Options struct {
	Binary   string    // of the node; empty: built
	Target   string    // base URL of a given node; empty: nodes of the run's own
	Site     string    // of a given node
	Password string    // of its administrator
	Only     string    // the load to run; empty: all
	Progress io.Writer // one line that rewrites itself
	Pprof    string    // folder for the node's profiles of the chat loads; empty: none
}

// runner is a run under way.
type runner struct {
	Options
	p        *profile.Profile
	report   *report.Run
	echo     *echo.Server
	folder   string
	load     *profile.Load // the one that is measured
	line     string
	sayLock  sync.Mutex // of progress, which is told by many
	failures []error
}

// memoryFolder is where a journal "in memory" lies: a file system without a disk.
const memoryFolder = "/dev/shm"

// Do carries the profile out. A load that fails is in the report with its reason, and the
// others are run all the same; the error names them.
func Do(ctx context.Context, p *profile.Profile, o Options) (*report.Run, error) {
	r := &runner{Options: o, p: p, report: &report.Run{Format: report.Format, Profile: p.Name, Summary: p.Summary, Began: time.Now().UTC()}}
	facts := machine.Look()
	p50, p99, err := machine.Sync(os.TempDir())
	if err != nil {
		return nil, err
	}
	facts.SyncP50, facts.SyncP99 = ms(p50), ms(p99)
	if r.folder, err = os.MkdirTemp("", "switchyard-bench-"); err != nil {
		return nil, err
	}
	defer os.RemoveAll(r.folder)
	if r.Target == "" {
		if r.Binary == "" {
			r.say("building the node")
			if r.Binary, err = target.Build(ctx, r.folder); err != nil {
				return nil, err
			}
		}
		r.Site, r.Password = "demo", "bench-"+rand.Text()
	}
	if r.echo, err = echo.Start(ctx); err != nil {
		return nil, err
	}
	defer r.echo.Stop()
	if p.Ceilings.Repetitions > 0 && r.Only == "" {
		if r.report.Ceilings, err = r.ceilings(ctx); err != nil {
			return nil, err
		}
	}
	for i := range p.Loads {
		l := &p.Loads[i]
		if r.Only != "" && r.Only != l.Name {
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		r.run(ctx, l)
	}
	if r.Progress != nil {
		fmt.Fprintln(r.Progress)
	}
	r.report.Took = time.Since(r.report.Began).Seconds()
	facts.LoadAfter, facts.CPUSelf = machine.Load(), machine.CPU().Seconds()
	r.report.Machine = facts
	if r.Only != "" && len(r.report.Loads) == 0 {
		return nil, fmt.Errorf("the profile has no load %q", r.Only)
	}
	return r.report, errors.Join(r.failures...)
}

// kinds are the loads.
var kinds = map[string]func(*runner, context.Context, *report.Load) error{
	"echo":     (*runner).echoLoad,
	"chat":     (*runner).chat,
	"latency":  (*runner).latency,
	"overload": (*runner).overload,
	"watched":  (*runner).watched,
	"scaling":  (*runner).scaling,
	"assign":   (*runner).assign,
	"backlog":  (*runner).backlog,
	"idle":     (*runner).idle,
	"storm":    (*runner).storm,
	"wall":     (*runner).wall,
	"mixed":    (*runner).mixed,
}

func (r *runner) run(ctx context.Context, l *profile.Load) {
	r.load = l
	r.say("setting up")
	began := time.Now()
	out := report.Load{Name: l.Name, Kind: l.Kind}
	if err := kinds[l.Kind](r, ctx, &out); err != nil {
		out.Failed = err.Error()
		r.failures = append(r.failures, fmt.Errorf("%s: %w", l.Name, err))
	}
	out.Took = time.Since(began).Seconds()
	r.report.Loads = append(r.report.Loads, out)
}

// say shows what is going on.
func (r *runner) say(format string, args ...any) {
	if r.Progress == nil {
		return
	}
	name := ""
	if r.load != nil {
		name = r.load.Name + ": "
	}
	line := fmt.Sprintf("%5.0f s  %s%s", time.Since(r.report.Began).Seconds(), name, fmt.Sprintf(format, args...))
	fmt.Fprintf(r.Progress, "\r%-*s", max(len(r.line), len(line)), line)
	r.line = line
}

func (r *runner) pairs() int {
	if r.load.Pairs > 0 {
		return r.load.Pairs
	}
	return r.p.Pairs
}

func (r *runner) measure() time.Duration {
	if r.load.Seconds > 0 {
		return profile.Time(r.load.Seconds)
	}
	return profile.Time(r.p.Seconds)
}

func (r *runner) warm() time.Duration { return profile.Time(r.p.Warm) }

// addresses is from how many loopback addresses sockets leave: one has some 28,000 ports,
// and a node lets one address have 50 sockets that have not said hello.
const addresses = 16

// scene gives the load its node: a fresh one with raised limits, or the given target.
func (r *runner) scene(ctx context.Context) (*load.Scene, func(), error) {
	if r.Target != "" {
		return load.NewScene(r.Target, r.Site, r.Password, nil, addresses), func() {}, nil
	}
	under := ""
	if r.load.Memory {
		under = memoryFolder
	}
	r.say("starting a node")
	node, err := target.Start{Binary: r.Binary, Password: r.Password, Under: under, Args: append(load.Limits(), "--log-level=warn")}.Node(ctx)
	if err != nil {
		return nil, nil, err
	}
	stop := func() {
		r.say("stopping the node")
		_ = node.Kill() // its store is thrown away: there is nothing to drain
		_, _, _ = node.Stop(false)
	}
	return load.NewScene(node.Base(), r.Site, r.Password, node, addresses), stop, nil
}

// scrape reads the node's metrics; nil for a given target, whose operations listener is not known.
func (r *runner) scrape(ctx context.Context, s *load.Scene) target.Metrics {
	if s.Node == nil {
		return nil
	}
	m, err := target.Scrape(ctx, s.Node.Ops())
	if err != nil {
		r.failures = append(r.failures, fmt.Errorf("%s: %w", r.load.Name, err))
	}
	return m
}

func (r *runner) ratio(id string, values []float64) {
	r.report.Ratios = append(r.report.Ratios, report.NewRatio(id, r.load.Name, values))
}

// plain is a ratio that no goal belongs to.
func (r *runner) plain(quantity, formula string, less bool, values []float64) {
	r.report.Ratios = append(r.report.Ratios, report.Ratio{Load: r.load.Name, Quantity: quantity, Formula: formula, Less: less, Spread: stat.Of(values)})
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// keep writes profiles of the node: of its processor time while a load runs, and of its
// allocations since it started.
func (r *runner) keep(ctx context.Context, s *load.Scene, seconds int) func() error {
	if r.Pprof == "" || s.Node == nil {
		return func() error { return nil }
	}
	done := make(chan error, 1)
	go func() { done <- r.fetch(ctx, s, fmt.Sprintf("profile?seconds=%d", seconds), "cpu") }()
	return func() error { return errors.Join(<-done, r.fetch(ctx, s, "allocs", "allocs")) }
}

func (r *runner) fetch(ctx context.Context, s *load.Scene, what, name string) error {
	body, err := s.Node.Profile(ctx, what)
	if err != nil {
		return err
	}
	defer body.Close()
	if err := os.MkdirAll(r.Pprof, 0o755); err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(r.Pprof, r.load.Name+"."+name+".pprof"))
	if err != nil {
		return err
	}
	_, err = io.Copy(f, body)
	return errors.Join(err, f.Close())
}
