package target

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// The test binary plays the node when the harness starts it as one.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "serve" {
		os.Exit(standIn(os.Args[2:]))
	}
	os.Exit(m.Run())
}

// standIn does what a node does on its command line and nothing else: it names its
// addresses, answers, and drains on SIGTERM.
func standIn(args []string) int {
	flags := map[string]string{}
	for i := 0; i < len(args); i++ {
		if args[i] == "--demo" {
			continue
		}
		flags[args[i]] = args[i+1]
		i++
	}
	if os.Getenv("STAND_IN_BROKEN") != "" {
		fmt.Fprintln(os.Stderr, "the store is of another version")
		return 3
	}
	l, err := net.Listen("tcp", flags["--listen"])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	f, err := os.OpenFile(filepath.Join(filepath.Dir(flags["--data"]), "starts"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err == nil {
		fmt.Fprintln(f, flags["--listen"], os.Getenv(passwordName))
		f.Close()
	}
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGTERM) // before anybody knows the address and can stop it
	go http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "{}") }))
	fmt.Printf("starting\npublic http://%s\noperations http://127.0.0.1:9\n", l.Addr())
	<-end
	return 0
}

func TestANodeIsStartedKilledRestartedAndStopped(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	n, err := StartNode(t.Context(), os.Args[0], "pass-word-1")
	if err != nil {
		t.Fatal(err)
	}
	api := &API{Base: n.Base(), HTTP: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}
	if err := api.Call(t.Context(), "GET", "/", "", nil, nil); err != nil {
		t.Error(err)
	}
	if err := n.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := n.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n.Base() != api.Base {
		t.Errorf("restarted at %s, clients look for it at %s", n.Base(), api.Base)
	}
	if err := api.Call(t.Context(), "GET", "/", "", nil, nil); err != nil {
		t.Error(err)
	}
	starts, _ := os.ReadFile(filepath.Join(n.Folder(), "starts"))
	if want := "127.0.0.1:0 pass-word-1\n" + strings.TrimPrefix(api.Base, "http://") + " pass-word-1\n"; string(starts) != want {
		t.Errorf("started with %q, want %q", starts, want)
	}
	cpu, kills, err := n.Stop(false)
	if err != nil || kills != 1 || cpu <= 0 {
		t.Errorf("stop: %v, %d kills, %v of CPU", err, kills, cpu)
	}
	if _, err := os.Stat(n.Folder()); !os.IsNotExist(err) {
		t.Errorf("the folder is still there: %v", err)
	}
	if err := n.Kill(); err == nil {
		t.Error("a node that has ended was killed")
	}
}

func TestANodeThatDoesNotStartSaysWhy(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	t.Setenv("STAND_IN_BROKEN", "1")
	_, err := StartNode(t.Context(), os.Args[0], "pass-word-1")
	if err == nil || !strings.Contains(err.Error(), "the store is of another version") {
		t.Errorf("got %v", err)
	}
	left, _ := os.ReadDir(os.Getenv("TMPDIR"))
	if len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}
