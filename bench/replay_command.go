package bench

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"switchyard/bench/client"
	"switchyard/bench/machine"
	"switchyard/bench/replay"
	"switchyard/bench/target"
	"switchyard/bench/trace"
)

// sampleEvery is how far apart, in the day's time, the report's progress samples are.
const sampleEvery = 15 * time.Minute

// errChecks says that a promise was broken; the rows have been printed.
var errChecks = errors.New("a check failed")

// errNothing: a day on which nobody was served keeps every promise.
var errNothing = errors.New("nobody was served, so the checks say nothing")

func replayCommand(ctx context.Context, w World, args []string) error {
	f, err := parseReplay(w, args)
	if err != nil {
		return err
	}
	plan, sum, err := f.plan()
	if err != nil {
		return err
	}
	base := ""
	if f.target != "" {
		if base, err = target.Base(f.target, f.allowRemote); err != nil {
			return err
		}
	}
	facts := machine.Look()
	if facts.SyncP50, facts.SyncP99, err = syncTimes(); err != nil {
		return err
	}
	var node *target.Node
	if base == "" {
		if f.password == "" {
			f.password = "bench-" + rand.Text()
		}
		if node, err = target.StartNode(ctx, f.node, f.password); err != nil {
			return err
		}
		base = node.Base()
	}
	report, err := f.play(ctx, w, plan, base, node)
	if node != nil {
		cpu, kills, stopErr := node.Stop(f.keep)
		if report != nil {
			facts.CPUNode, report.Settings.Kills = cpu.Seconds(), kills
		}
		err = errors.Join(err, stopErr)
		if f.keep {
			fmt.Fprintf(w.Err, "the node's store and log are in %s\n", node.Folder())
		}
	}
	if report == nil {
		return err
	}
	facts.LoadAfter, facts.CPUSelf = machine.Load(), machine.CPU().Seconds()
	report.Machine, report.Settings.TraceSHA256 = facts, sum
	return errors.Join(err, f.tell(w, report))
}

// plan reads the trace and plans the day.
func (f *replayFlags) plan() (*replay.Plan, string, error) {
	rows, err := trace.Open(f.trace)
	if err != nil {
		return nil, "", err
	}
	sum, err := fileSum(f.trace)
	if err != nil {
		return nil, "", err
	}
	day, err := trace.Cut(rows, f.day)
	if err != nil {
		return nil, "", err
	}
	plan, err := replay.NewPlan(day, replay.Options{Speed: f.speed, Seed: f.seed, From: f.from.at, To: f.to.at, PlainDraw: f.plain})
	return plan, sum, err
}

func fileSum(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	h := sha256.New()
	if _, err := io.Copy(h, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// syncTimes measures the disk where an own node's store would be.
func syncTimes() (p50, p99 float64, err error) {
	a, b, err := machine.Sync(os.TempDir())
	return a.Seconds() * 1000, b.Seconds() * 1000, err
}

// play sets the site up, plays the day and clears the site.
func (f *replayFlags) play(ctx context.Context, w World, plan *replay.Plan, base string, node *target.Node) (*replay.Report, error) {
	// Many customers fetch tokens at the same time; each keeps its connection for the next one.
	api := &target.API{Base: base, HTTP: &http.Client{Timeout: 20 * time.Second}}
	accounts := make([]target.Account, 0, len(plan.Agents))
	for _, a := range plan.Agents {
		accounts = append(accounts, target.Account{ID: a.Account, Name: a.Server})
	}
	stage, err := target.Set(ctx, api, f.site, f.password, accounts)
	if err != nil {
		return nil, err
	}
	tokens := target.NewTokens(api, f.site)
	name := rand.Text()[:8] // this run's customers are no other run's
	prefix := "replay-" + name + "-"
	uid := func(c *replay.Call) string { return fmt.Sprintf("%s%d", prefix, c.Number) }
	schedule := make([]target.Due, 0, len(plan.Calls))
	for i := range plan.Calls {
		c := &plan.Calls[i]
		schedule = append(schedule, target.Due{UID: uid(c), At: plan.At(c.Request)})
	}
	filling, stopFilling := context.WithCancel(ctx)
	filled := make(chan error, 1)
	go func() { filled <- tokens.Fill(filling, schedule) }()
	defer func() {
		stopFilling()
		<-filled
	}()
	if err := tokens.HeadStart(ctx, schedule); err != nil {
		return nil, err
	}

	run := replay.NewRun(plan, replay.Site{
		Dialer: client.NewDialer(target.Socket(base), nil, 0), AgentToken: stage.AgentToken, VisitorToken: tokens.Get, Run: name, UID: uid,
		Rooms: func(ctx context.Context) ([]replay.Listed, error) { return listed(stage.Rooms(ctx, prefix)) },
	})
	watch := newWatcher(w.Err, len(plan.Calls), f.quiet)
	run.Watch = watch.see
	began := time.Now()
	running, stopKilling := context.WithCancel(ctx)
	killed := make(chan error, 1)
	go func() { killed <- killer(running, node, f.kills, plan.At(plan.End)) }()
	err = run.Do(ctx)
	stopKilling()
	killErr := <-killed
	watch.end()

	report := run.Report(replay.Settings{
		Trace: filepath.Base(f.trace), From: f.from.String(), To: f.to.String(), Draw: f.draw(), Site: f.site, Target: f.targetWord(),
	})
	report.Began, report.Took, report.Progress, report.LateTokens = began.UTC(), time.Since(began).Seconds(), watch.samples, tokens.Late()
	if err != nil {
		report.Unfinished = err.Error()
	}
	if ctx.Err() == nil {
		err = nil // the report says it
	}
	if f.target != "" { // also after an interrupt
		clearing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer cancel()
		err = errors.Join(err, stage.Clear(clearing))
	}
	return report, errors.Join(err, killErr)
}

func listed(rooms []target.Room, err error) ([]replay.Listed, error) {
	all := make([]replay.Listed, 0, len(rooms))
	for _, r := range rooms {
		all = append(all, replay.Listed(r))
	}
	return all, err
}

func (f *replayFlags) draw() string {
	if f.plain {
		return "plain draw"
	}
	return "drawn beyond the recorded wait"
}

func (f *replayFlags) targetWord() string {
	if f.target != "" {
		return "given target"
	}
	return "own node"
}

// killer kills the node at evenly spread moments and starts it again at once.
func killer(ctx context.Context, node *target.Node, kills int, over time.Duration) error {
	for range kills {
		t := time.NewTimer(over / time.Duration(kills+1))
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return nil
		}
		if err := node.Kill(); err != nil {
			return err
		}
		if err := node.Restart(context.WithoutCancel(ctx)); err != nil {
			return err
		}
	}
	return nil
}

// tell writes the report, and says with --check what is wrong with it.
func (f *replayFlags) tell(w World, report *replay.Report) error {
	if err := report.WriteTable(w.Out); err != nil {
		return err
	}
	if f.json != "" {
		if err := writeFile(f.json, report.WriteJSON); err != nil {
			return err
		}
	}
	switch {
	case !f.check:
		return nil
	case replay.AnyFailed(report.Checks):
		return errChecks
	case report.Unfinished != "":
		return errors.New(report.Unfinished)
	case report.Replay.Served == 0:
		return errNothing
	}
	return nil
}

func writeFile(path string, write func(io.Writer) error) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(write(file), file.Close())
}

// watcher shows a run's progress in one line that rewrites itself, and keeps samples.
type watcher struct {
	out     io.Writer
	calls   int
	quiet   bool
	samples []replay.Progress
	last    trace.Second
}

func newWatcher(out io.Writer, calls int, quiet bool) *watcher {
	return &watcher{out: out, calls: calls, quiet: quiet}
}

func (w *watcher) see(p replay.Progress) {
	at, err := trace.ParseClock(p.Clock)
	if err == nil && (len(w.samples) == 0 || at >= w.last+trace.Second(sampleEvery/time.Second)) {
		w.samples, w.last = append(w.samples, p), at
	}
	if !w.quiet {
		fmt.Fprintf(w.out, "\r%s ", p.Line(w.calls))
	}
}

func (w *watcher) end() {
	if !w.quiet {
		fmt.Fprintln(w.out)
	}
}
