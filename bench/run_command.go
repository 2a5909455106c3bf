package bench

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"

	"switchyard/bench/echo"
	"switchyard/bench/profile"
	"switchyard/bench/run"
	"switchyard/bench/target"
)

const runUsage = `Usage: switchyard-bench run PROFILE [flags]

Carries a profile out: ceilings of the machine first, then loads, each in turns with its
own ceiling, and prints the table of ratios with floor and goal. PROFILE is one of
%s, or the path of a JSON file. Without --target every load has
a node of its own on a fresh store, with the limits per visitor, agent and address raised.
With --target the limits are the target's: where they are too low, the load says so.

`

// measureFlags are the flags of run and ceilings.
type measureFlags struct {
	run.Options
	page pageFlags
	json string

	quiet, allowRemote bool
	seconds            float64
	repetitions        int
	target             string
}

func runCommand(ctx context.Context, w World, args []string) error {
	f := &measureFlags{}
	s := flag.NewFlagSet("run", flag.ContinueOnError)
	s.SetOutput(w.Err)
	s.Usage = func() {
		fmt.Fprintf(w.Err, runUsage, strings.Join(profile.Names(), ", "))
		s.PrintDefaults()
	}
	s.StringVar(&f.target, "target", "", "base `URL` of a running node, http://host:port; empty: nodes of the run's own")
	s.BoolVar(&f.allowRemote, "allow-remote", false, "allow a target that is not a loopback address")
	s.StringVar(&f.Site, "site", "demo", "site of the target")
	s.StringVar(&f.Password, "password", w.Env(passwordVariable), "password of the target's admin; default from "+passwordVariable)
	s.StringVar(&f.Binary, "node", "", "`path` of a built node; empty: build it")
	s.StringVar(&f.Only, "only", "", "run only the load of this `name`")
	s.StringVar(&f.Pprof, "pprof", "", "write the node's profiles (CPU, allocations) of chat and assign loads into this `folder`")
	f.outputs(s)
	if len(args) == 0 || strings.HasPrefix(args[0], "-") {
		if err := s.Parse(args); err != nil {
			return usageError(err)
		}
		return f.wrong(s, "which profile?")
	}
	name := args[0]
	if err := s.Parse(args[1:]); err != nil {
		return usageError(err)
	}
	if s.NArg() > 0 {
		return f.wrong(s, "one profile at a time, not %q", s.Arg(0))
	}
	p, err := profile.Open(name)
	if err != nil {
		return err
	}
	if f.target != "" {
		if f.Target, err = target.Base(f.target, f.allowRemote); err != nil {
			return err
		}
		if f.Password == "" {
			return f.wrong(s, "a target needs its admin's --password")
		}
	}
	return f.carryOut(ctx, w, p, "switchyard-bench run "+strings.Join(args, " "))
}

func ceilingsCommand(ctx context.Context, w World, args []string) error {
	f := &measureFlags{}
	s := flag.NewFlagSet("ceilings", flag.ContinueOnError)
	s.SetOutput(w.Err)
	s.Usage = func() {
		fmt.Fprint(w.Err, "Usage: switchyard-bench ceilings [flags]\n\nMeasures what bare parts do on this machine, now, and prints one table.\n\n")
		s.PrintDefaults()
	}
	s.IntVar(&f.repetitions, "repetitions", 5, "of each part, 3 to 100, in turns")
	s.Float64Var(&f.seconds, "seconds", 1, "of each repetition, 0.1 to 60")
	f.outputs(s)
	if err := s.Parse(args); err != nil {
		return usageError(err)
	}
	if s.NArg() > 0 {
		return f.wrong(s, "ceilings takes no argument %q", s.Arg(0))
	}
	p, err := profile.Read("ceilings", strings.NewReader(fmt.Sprintf(
		`{"name":"ceilings","summary":"bare parts","pairs":1,"seconds":1,"warm_seconds":0,"ceilings":{"repetitions":%d,"seconds":%g},"loads":[]}`, f.repetitions, f.seconds)))
	if err != nil {
		return err
	}
	f.Binary = "none" // no load needs a node
	return f.carryOut(ctx, w, p, "switchyard-bench ceilings "+strings.Join(args, " "))
}

func (f *measureFlags) outputs(s *flag.FlagSet) {
	s.StringVar(&f.json, "json", "", "write the run to this `file`")
	f.page.define(s)
	s.BoolVar(&f.quiet, "quiet", false, "no progress line")
}

func (f *measureFlags) wrong(s *flag.FlagSet, format string, args ...any) error {
	fmt.Fprintf(s.Output(), "switchyard-bench: "+format+"\n\n", args...)
	s.Usage()
	return errUsage
}

func usageError(err error) error {
	if errors.Is(err, flag.ErrHelp) {
		return err
	}
	return errUsage
}

// carryOut runs the profile and writes what it came to, also when a load has failed.
func (f *measureFlags) carryOut(ctx context.Context, w World, p *profile.Profile, command string) error {
	if !f.quiet {
		f.Progress = w.Err
	}
	r, err := run.Do(ctx, p, f.Options)
	if r == nil {
		return err
	}
	r.Command = command
	err = errors.Join(err, r.WriteTable(w.Out))
	if f.json != "" {
		err = errors.Join(err, writeFile(f.json, r.WriteJSON))
	}
	if f.page.html != "" {
		if pageErr := f.page.write(r); pageErr != nil {
			return errors.Join(err, pageErr)
		}
		fmt.Fprintln(w.Out, "\npage:", f.page.html)
	}
	return err
}

// serveEcho is the raw echo in a process of its own; the harness starts it itself.
func serveEcho(_ context.Context, w World, _ []string) error { return echo.Serve(os.Stdin, w.Out) }
