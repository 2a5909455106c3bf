// Command switchyard is the node: a routing engine for chat contact centers.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	_ "time/tzdata" // sites name their zones, also where the system has no zone data

	"github.com/KimMachineGun/automemlimit/memlimit"

	"switchyard/actors/gateway"
	"switchyard/protocol"
)

const usage = `switchyard — a routing engine for chat contact centers

  switchyard serve [flags]                 run a node
  switchyard config [flags]                print every setting and where it came from
  switchyard site create -site ID -name N  make a site in a stopped node's store
  switchyard journal verify | list | replay | explain  look into a stopped node's store; "journal help" says more
  switchyard health [-url URL]             ask a node's /readyz; exit code 0 = ready
  switchyard version

"switchyard serve -h" lists the flags.
`

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "switchyard:", err)
		}
		if errors.Is(err, errDamaged) {
			os.Exit(2)
		}
		os.Exit(1)
	}
}

func run(args []string, out, errOut io.Writer) error {
	if len(args) == 0 {
		fmt.Fprint(out, usage)
		return nil
	}
	switch args[0] {
	case "serve":
		cfg, _, err := loadConfig("serve", args[1:], environ(), errOut)
		if err != nil {
			return err
		}
		return serve(cfg, out, errOut)
	case "config":
		_, origins, err := loadConfig("config", args[1:], environ(), errOut)
		if origins != nil {
			printConfig(out, origins)
		}
		return err
	case "site":
		return siteCommand(args[1:], out, errOut)
	case "journal":
		return journalCommand(args[1:], out, errOut)
	case "health":
		return health(args[1:], errOut)
	case "version":
		fmt.Fprintln(out, version())
		return nil
	case "help", "-h", "--help":
		fmt.Fprint(out, usage)
		return nil
	}
	return fmt.Errorf("%q is not a command; \"switchyard help\" lists them", args[0])
}

// version is the commit this binary was built from, as the Go tool stamped it.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				return s.Value
			}
		}
		if info.Main.Version != "" {
			return info.Main.Version
		}
	}
	return "unknown"
}

func logger(cfg config, w io.Writer) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(cfg.LogLevel)) // validated
	o := &slog.HandlerOptions{Level: level}
	if cfg.LogFormat == "text" {
		return slog.New(slog.NewTextHandler(w, o))
	}
	return slog.New(slog.NewJSONHandler(w, o))
}

// serve runs a node until a signal. The addresses are printed when they can be used.
// memoryShare is how much of the container's or the machine's memory the heap may take, unless GOMEMLIMIT says otherwise: the rest is
// for stacks, for the system's cache of the store's files, and for others.
const memoryShare = 0.8

// boundMemory sets the collector: rare while there is room, as often as needed before there is none.
func boundMemory(log *slog.Logger) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	limit, err := memlimit.Set(memlimit.WithRatio(memoryShare), memlimit.WithProvider(memlimit.ApplyFallback(memlimit.FromCgroup, memlimit.FromSystem)))
	if err != nil {
		log.Warn("how much memory there is is not known, so the heap has no limit; GOMEMLIMIT sets one", "error", err)
		return
	}
	log.Info("the heap has a limit", "mb", limit>>20)
}

// gcPercent is how much the heap may grow between two collections, in hundredths of what is live. The runtime's 100 has the collector
// run every second or two beside a full load. GOGC says otherwise.
const gcPercent = 200

func serve(cfg config, out, errOut io.Writer) error {
	log := logger(cfg, errOut)
	boundMemory(log)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	n, err := assemble(cfg, log)
	if err != nil {
		return err
	}
	if cfg.Demo {
		if err := n.demo(out); err != nil {
			return err
		}
	}
	public, err := listen(cfg.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	ops, err := listen(cfg.OpsListen)
	if err != nil {
		return fmt.Errorf("ops-listen: %w", err)
	}
	ops = gateway.Bound(ops, gateway.Bounds{Max: opsConnections})
	failed := make(chan error, 2)
	go func() { failed <- n.gate.Serve(public) }()
	server := &http.Server{Handler: n.operations(), ReadHeaderTimeout: 5 * time.Second, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn)}
	go func() {
		if err := server.Serve(ops); !errors.Is(err, http.ErrServerClosed) {
			failed <- err
		}
	}()
	scheme := "http://"
	if cfg.TLSCert != "" {
		scheme = "https://"
	}
	fmt.Fprintf(out, "public %s%s\noperations http://%s\n", scheme, public.Addr(), ops.Addr())
	if cfg.Demo {
		for _, page := range []struct{ name, address string }{
			{"customer chat", "/chat/?site=demo"}, {"demo shop", "/shop/"}, {"agent page", "/agent/?site=demo"}, {"manager page", "/manager/?site=demo"}, {"settings", "/settings/?site=demo"},
		} {
			fmt.Fprintf(out, "%s %s%s%s\n", page.name, scheme, public.Addr(), page.address)
		}
	}
	n.firstRun(scheme+public.Addr().String(), out)
	log.Info("serving", "public", public.Addr().String(), "operations", ops.Addr().String(), "version", version())
	select {
	case err := <-failed:
		return fmt.Errorf("listener: %w", err)
	case s := <-signals:
		log.Info("stopping", "signal", s.String())
	}
	// A second signal hastens: clients are cut instead of asked to move.
	ctx, hasten := context.WithTimeout(context.Background(), time.Duration(cfg.DrainSec)*time.Second+10*time.Second)
	defer hasten()
	go func() {
		<-signals
		hasten()
	}()
	err = n.stop(ctx)
	if e := server.Close(); err == nil {
		err = e
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		err = nil // clients were cut: the store is whole all the same
	}
	log.Info("stopped")
	return err
}

func siteCommand(args []string, out, errOut io.Writer) error {
	if len(args) == 0 || args[0] != "create" {
		return fmt.Errorf("site: only \"site create\" is known")
	}
	fs := flag.NewFlagSet("site create", flag.ContinueOnError)
	fs.SetOutput(errOut)
	data := fs.String("data", "data", "folder of the store and the keys; no node may be running on it")
	id := fs.String("site", "", "site id: 1 to 32 of a-z, 0-9, -")
	name := fs.String("name", "", "name of the site, 1 to 60 characters")
	if err := fs.Parse(args[1:]); err != nil {
		return err
	}
	if *id == "" || *name == "" {
		return fmt.Errorf("site create: -site and -name are needed")
	}
	cfg, _, err := loadConfig("site", []string{"-data", *data, "-log-level", "warn"}, nil, errOut)
	if err != nil {
		return err
	}
	n, err := assemble(cfg, logger(cfg, errOut))
	if err != nil {
		return err
	}
	err = n.createSite(protocol.SiteID(*id), *name, out)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return errors.Join(err, n.stop(ctx))
}

// health is the container's health check: there is no other program in the image.
func health(args []string, errOut io.Writer) error {
	fs := flag.NewFlagSet("health", flag.ContinueOnError)
	fs.SetOutput(errOut)
	url := fs.String("url", "http://127.0.0.1:8081/readyz", "address to ask")
	if err := fs.Parse(args); err != nil {
		return err
	}
	client := http.Client{Timeout: 3 * time.Second}
	resp, err := client.Get(*url)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(resp.Body, 4096))
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("not ready: %s", strings.TrimSpace(string(body)))
	}
	return nil
}
