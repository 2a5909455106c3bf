package bench

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"

	"switchyard/bench/machine"
	"switchyard/bench/scale"
)

const scaleUsage = `Usage: switchyard-bench scale [flags]

Measures how large one node may grow, each figure beside a ceiling of the same run:
bytes of a resident and of a passivated room, restart after kill -9, overdue deadlines,
assignments a second, waiting rooms released at once, the collector's share. It
assembles the engine itself; no socket is involved. The documented figures are with
--rooms 1000000, which takes some minutes, 7 GB of memory and 6 GB of disk.

`

// errMissed says that a figure is below its floor; the table has been printed.
var errMissed = errors.New("a figure is below its floor")

func scaleCommand(ctx context.Context, w World, args []string) error {
	s := flag.NewFlagSet("scale", flag.ContinueOnError)
	s.SetOutput(w.Err)
	var o scale.Options
	s.IntVar(&o.Rooms, "rooms", 100_000, "open rooms")
	s.IntVar(&o.Agents, "agents", 10_000, "agents of the site that holds them")
	s.IntVar(&o.Pairs, "pairs", 5, "how often a quantity and its ceiling are measured in turns")
	parts := s.String("parts", "", "only these `parts`, with commas; empty: all")
	dir := s.String("dir", "", "where the stores are made and removed again; empty: the system's folder for temporary files")
	s.StringVar(&o.Profile, "profile", "", "write CPU and heap profiles of each part into this `folder`")
	file := s.String("json", "", "write the figures as JSON to this `file`")
	check := s.Bool("check", false, "exit with 1 if a figure is below its floor")
	quiet := s.Bool("quiet", false, "no progress lines")
	fill := s.String("fill", "", "only make a store of --rooms open rooms in this `folder`, say \"filled\" and wait to be killed")
	s.Usage = func() {
		fmt.Fprint(w.Err, scaleUsage)
		s.PrintDefaults()
		fmt.Fprint(w.Err, "\nParts:\n")
		names, summaries := scale.Parts()
		for i, name := range names {
			fmt.Fprintf(w.Err, "  %-10s %s\n", name, summaries[i])
		}
	}
	if err := s.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return errUsage
	}
	if *parts != "" {
		o.Parts = strings.Split(*parts, ",")
	}
	if err := checkScale(w.Err, s, &o); err != nil {
		return err
	}
	if !*quiet {
		o.Progress = w.Err
	}
	if *fill != "" {
		return fillCommand(ctx, w.Out, *fill, &o)
	}
	temporary, err := os.MkdirTemp(*dir, "switchyard-scale-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temporary)
	o.Dir = temporary
	self, err := os.Executable()
	if err != nil {
		return err
	}
	o.Child = func(ctx context.Context, dir string) *exec.Cmd {
		return exec.CommandContext(ctx, self, "scale", "--fill", dir, "--rooms", strconv.Itoa(o.Rooms), "--agents", strconv.Itoa(o.Agents), "--quiet="+strconv.FormatBool(*quiet)) //nolint:gosec // this program itself, with numbers
	}
	facts := machine.Look()
	if facts.SyncP50, facts.SyncP99, err = syncTimes(); err != nil {
		return err
	}
	o.Done = func(figures []scale.Figure) error { return writeScale(*file, &facts, &o, figures) }
	figures, err := scale.Run(ctx, o)
	facts.LoadAfter, facts.CPUSelf = machine.Load(), machine.CPU().Seconds()
	fmt.Fprintf(w.Out, "scale: %d rooms, %d agents, %d pairs\ncommit %s, %s, GOMAXPROCS %d of %d, load %s before and %s after, fsync p50 %.2f ms p99 %.2f ms, CPU %.0f s\n",
		o.Rooms, o.Agents, o.Pairs, facts.Commit, facts.Go, facts.GOMAXPROCS, facts.CPUs, facts.Load, facts.LoadAfter, facts.SyncP50, facts.SyncP99, facts.CPUSelf)
	err = errors.Join(err, scale.WriteTable(w.Out, figures))
	err = errors.Join(err, writeScale(*file, &facts, &o, figures))
	if err == nil && *check && slices.ContainsFunc(figures, func(f scale.Figure) bool { return f.Verdict() == scale.Missed }) {
		return errMissed
	}
	return err
}

// writeScale writes the figures, whole or not at all; without a file it does nothing.
func writeScale(file string, facts *machine.Facts, o *scale.Options, figures []scale.Figure) error {
	if file == "" {
		return nil
	}
	b, err := json.MarshalIndent(map[string]any{"machine": facts, "rooms": o.Rooms, "agents": o.Agents, "pairs": o.Pairs, "figures": figures}, "", " ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(file+".partial", append(b, '\n'), 0o644); err != nil { //nolint:gosec // a report is for everybody
		return err
	}
	return os.Rename(file+".partial", file)
}

// checkScale says everything that is wrong with the flags at once.
func checkScale(out io.Writer, s *flag.FlagSet, o *scale.Options) error {
	var complaints []string
	if s.NArg() > 0 {
		complaints = append(complaints, "unexpected "+strings.Join(s.Args(), " "))
	}
	if o.Rooms < 1 || o.Rooms > 10_000_000 {
		complaints = append(complaints, "--rooms must be 1 to 10000000")
	}
	if o.Agents < 1 || o.Agents > 100_000 {
		complaints = append(complaints, "--agents must be 1 to 100000")
	}
	if o.Pairs < 1 || o.Pairs > 100 {
		complaints = append(complaints, "--pairs must be 1 to 100")
	}
	names, _ := scale.Parts()
	for _, p := range o.Parts {
		if !slices.Contains(names, p) {
			complaints = append(complaints, fmt.Sprintf("--parts: no part %q", p))
		}
	}
	if len(complaints) == 0 {
		return nil
	}
	for _, c := range complaints {
		fmt.Fprintf(out, "switchyard-bench scale: %s\n", c)
	}
	return errUsage
}

// fillCommand is the process that is killed.
func fillCommand(ctx context.Context, out io.Writer, dir string, o *scale.Options) error {
	if err := scale.Fill(ctx, dir, o.Rooms, o.Agents, o.Progress); err != nil {
		return err
	}
	fmt.Fprintln(out, scale.Filled)
	<-ctx.Done()
	return ctx.Err()
}
