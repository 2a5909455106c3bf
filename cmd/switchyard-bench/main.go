// Command switchyard-bench measures and checks a node from the outside; package bench says how.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"switchyard/bench"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := bench.Main(ctx, bench.World{Out: os.Stdout, Err: os.Stderr, Env: os.Getenv}, os.Args[1:])
	stop()
	os.Exit(code)
}
