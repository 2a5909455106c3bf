package bench

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"switchyard/bench/target"
	"switchyard/bench/versus"
)

const versusUsage = `Usage: switchyard-bench compare-with [flags] [CONTENDER ...]

Lets the node and what a team would otherwise use do the same work in turns: a room is created, durably,
assigned to an agent within the agent's limit, seen on the agent's own connection, and closed, durably.
Contenders in this build: %s. Each starts a server of its own from what is installed
(Debian: postgresql, rabbitmq-server, redis-server); who is missing is named and left out.

`

// errGoals says that a ratio is short of its goal; the table has been printed.
var errGoals = errors.New("a goal of the comparison is missed")

func versusCommand(ctx context.Context, w World, args []string) error {
	p := versus.Plan{}
	s := flag.NewFlagSet("compare-with", flag.ContinueOnError)
	s.SetOutput(w.Err)
	known := versus.Names()
	s.Usage = func() {
		list := strings.Join(known, ", ")
		if list == "" {
			list = "none (build with -tags versus)"
		}
		fmt.Fprintf(w.Err, versusUsage, list)
		s.PrintDefaults()
	}
	s.IntVar(&p.Agents, "agents", 20, "agents, each on a connection of its own, 1 to 1000")
	s.IntVar(&p.Limit, "limit", 5, "rooms an agent may hold, 1 to 1000")
	s.IntVar(&p.Flight, "flight", 32, "rooms on their way at a time, 1 to 4096")
	s.IntVar(&p.Backlog, "backlog", 10_000, "rooms that wait when the agents come; 0 = no such load")
	s.IntVar(&p.Pairs, "rounds", 5, "how many times the contenders take turns, 1 to 100")
	seconds := s.Int("seconds", 5, "of the steady load, 1 to 600, after one that is not counted")
	binary := s.String("node", "", "`path` of a built node; empty: build it")
	out := s.String("json", "", "write the result to this `file`")
	check := s.Bool("check", false, "exit code 1 if a goal is missed")
	if err := s.Parse(args); err != nil {
		return usageError(err)
	}
	p.Warm, p.Time = time.Second, time.Duration(*seconds)*time.Second
	names := s.Args()
	if len(names) == 0 {
		names = known
	}
	for _, n := range names {
		if !slices.Contains(known, n) {
			fmt.Fprintf(w.Err, "switchyard-bench: no contender %q\n\n", n)
			s.Usage()
			return errUsage
		}
	}
	if err := p.Validate(); err != nil {
		fmt.Fprintf(w.Err, "switchyard-bench: %v\n\n", err)
		s.Usage()
		return errUsage
	}
	if *binary == "" {
		dir, err := os.MkdirTemp("", "switchyard-bench-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		if *binary, err = target.Build(ctx, dir); err != nil {
			return err
		}
	}
	all := []versus.Contender{&versus.Node{Binary: *binary, Password: "bench-" + rand.Text()}}
	for _, n := range names {
		all = append(all, versus.New(n))
	}
	res, err := versus.Compare(ctx, p, all, w.Err)
	if err != nil {
		return err
	}
	res.Print(w.Out)
	if *out != "" {
		b, err := json.MarshalIndent(res, "", "  ")
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Clean(*out), append(b, '\n'), 0o644); err != nil {
			return err
		}
	}
	if *check && slices.ContainsFunc(res.Ratios, func(r versus.Ratio) bool { return !r.Met() }) {
		return errGoals
	}
	return nil
}
