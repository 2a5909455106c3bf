package bench

import (
	"errors"
	"flag"
	"fmt"
	"math"

	"switchyard/bench/trace"
)

// replayFlags are the flags of the replay.
type replayFlags struct {
	trace, day   string
	speed        float64
	seed         uint64
	from, to     clockFlag
	plain        bool
	target, site string
	allowRemote  bool
	password     string
	node         string
	kills        int
	keep         bool
	json         string
	check, quiet bool
}

const passwordVariable = "SWITCHYARD_DEMO_PASSWORD"

const replayUsage = `Usage: switchyard-bench replay --trace FILE --day YYMMDD [flags]

Plays one day of a recorded contact center over real sockets, with time compressed:
every call is a customer who requests an agent at its time and gives up after its
patience, every server name an agent on duty from its first to its last service.
Prints figures beside the record's own, assignment latencies in real time, and
what became of the node's promises. Without --target it starts a node of its own on a
fresh store. With --target it changes the site's settings for the run and puts them
back afterwards; the site should have no other traffic.

`

// parseReplay reads the command line; errors are errUsage or flag.ErrHelp and have been printed.
func parseReplay(w World, args []string) (*replayFlags, error) {
	f := &replayFlags{}
	s := flag.NewFlagSet("replay", flag.ContinueOnError)
	s.SetOutput(w.Err)
	s.Usage = func() {
		fmt.Fprint(w.Err, replayUsage)
		s.PrintDefaults()
	}
	s.StringVar(&f.trace, "trace", "", "the record: tab-separated, plain or gzip (required)")
	s.StringVar(&f.day, "day", "", "the day to play, YYMMDD (required)")
	s.Float64Var(&f.speed, "speed", 60, "how many times faster than life time passes")
	s.Uint64Var(&f.seed, "seed", 1, "chooses the drawn patience and the borrowed talking times")
	s.Var(&f.from, "from", "play only calls that ask at or after `H:MM`")
	s.Var(&f.to, "to", "play only calls that ask before `H:MM`; may be above 24:00")
	s.BoolVar(&f.plain, "plain-draw", false, "draw the patience of served calls without regard to the wait they are known to have survived")
	s.StringVar(&f.target, "target", "", "base `URL` of a running node, http://host:port; empty: start one")
	s.BoolVar(&f.allowRemote, "allow-remote", false, "allow a target that is not a loopback address")
	s.StringVar(&f.site, "site", "demo", "the site to play on")
	s.StringVar(&f.password, "password", "", "the administrator's password (default: $"+passwordVariable+"; an own node gets a random one)")
	s.StringVar(&f.node, "node", "", "`path` of the switchyard binary for an own node; empty: go build ./cmd/switchyard")
	s.IntVar(&f.kills, "kills", 0, "kill -9 the own node this often, evenly spread over the day, and start it again at once")
	s.BoolVar(&f.keep, "keep", false, "keep the own node's store and log")
	s.StringVar(&f.json, "json", "", "write the report as JSON to this `file`")
	s.BoolVar(&f.check, "check", false, "exit with 1 if a check fails, nobody was served, or the run does not come to rest")
	s.BoolVar(&f.quiet, "quiet", false, "no progress line")
	if err := s.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil, err
		}
		return nil, errUsage
	}
	var complaints []string
	complain := func(bad bool, text string) {
		if bad {
			complaints = append(complaints, text)
		}
	}
	complain(s.NArg() > 0, fmt.Sprintf("unexpected %q", s.Args()))
	complain(f.trace == "", "--trace is missing")
	complain(f.day == "", "--day is missing")
	complain(!(f.speed > 0) || math.IsInf(f.speed, 0), "--speed must be above 0")
	complain(f.from.set && !f.to.set, "--from needs --to")
	complain(f.to.set && f.from.at >= f.to.at, "--from must be before --to")
	complain(f.kills < 0, "--kills must not be negative")
	complain(f.target != "" && (f.kills > 0 || f.node != "" || f.keep), "--node, --kills and --keep are for an own node, without --target")
	if f.password == "" {
		f.password = w.Env(passwordVariable)
	}
	complain(f.target != "" && f.password == "", "--password or $"+passwordVariable+" is needed with --target")
	for _, c := range complaints {
		fmt.Fprintln(w.Err, "switchyard-bench replay: "+c)
	}
	if len(complaints) > 0 {
		return nil, errUsage
	}
	return f, nil
}

// clockFlag is a time of day, H:MM or H:MM:SS.
type clockFlag struct {
	at  trace.Second
	set bool
}

func (c *clockFlag) String() string {
	if !c.set {
		return ""
	}
	return c.at.String()
}

// Set reads the flag's value.
func (c *clockFlag) Set(s string) error {
	at, err := trace.ParseClock(s)
	if err != nil {
		if at, err = trace.ParseClock(s + ":00"); err != nil {
			return fmt.Errorf("%q is not H:MM", s)
		}
	}
	c.at, c.set = at, true
	return nil
}
