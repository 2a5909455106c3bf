// Package bench is the harness: loads that are clients of a node like any other, and
// judge it by what a client can see. Main is the command line; commands lists the
// loads, one line each. README.md says what every printed figure means.
package bench

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"

	"switchyard/bench/echo"
)

// World is what a command may touch beside the network and its files.
type World struct {
	Out, Err io.Writer
	Env      func(string) string
}

// command is one load.
type command struct {
	name, summary string // without a summary it is the harness's own and not listed
	run           func(ctx context.Context, w World, args []string) error
}

var commands = []command{
	{"run", "carry a profile of loads out, in turns with the ceilings of the same machine", runCommand},
	{"page", "make the page of a run: one HTML file with its charts", pageCommand},
	{"compare", "say what changed between two runs beyond noise", compareCommand},
	{"ceilings", "what bare parts do on this machine", ceilingsCommand},
	{"replay", "play a recorded day of a contact center against a node and judge what it did", replayCommand},
	{"oracles", "play the queue mind in virtual time and compare with queueing theory", oraclesCommand},
	{"scale", "measure how large one node may grow: memory, restart, overdue deadlines, assignments", scaleCommand},
	{echo.Command, "", serveEcho},
	{"compare-with", "the node beside PostgreSQL, RabbitMQ and Redis doing the same work (build with -tags versus)", versusCommand},
}

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1 // the load could not be run, or a check failed
	exitUsage  = 2
)

// errUsage marks a mistake in the command line; what was wrong has been printed.
var errUsage = errors.New("usage")

// Main runs the command that args name and gives the exit code.
func Main(ctx context.Context, w World, args []string) int {
	if len(args) == 0 || args[0] == "help" || args[0] == "-h" || args[0] == "--help" {
		usage(w.Out)
		if len(args) == 0 {
			return exitUsage
		}
		return exitOK
	}
	for _, c := range commands {
		if c.name != args[0] {
			continue
		}
		switch err := c.run(ctx, w, args[1:]); {
		case err == nil, errors.Is(err, flag.ErrHelp):
			return exitOK
		case errors.Is(err, errUsage):
			return exitUsage
		default:
			fmt.Fprintf(w.Err, "switchyard-bench %s: %v\n", c.name, err)
			return exitFailed
		}
	}
	fmt.Fprintf(w.Err, "switchyard-bench: no command %q\n\n", args[0])
	usage(w.Err)
	return exitUsage
}

func usage(w io.Writer) {
	fmt.Fprint(w, "switchyard-bench measures and checks a node from the outside.\n\nUsage: switchyard-bench <command> [flags]\n\n")
	for _, c := range commands {
		if c.summary != "" {
			fmt.Fprintf(w, "  %-12s %s\n", c.name, c.summary)
		}
	}
	fmt.Fprint(w, "\nswitchyard-bench <command> --help lists the flags of a command.\n")
}
