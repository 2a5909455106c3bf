package target

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"switchyard/bench/machine"
)

const (
	// addressWait is how long a node may take from its start to its addresses: a store is opened in between.
	addressWait = 30 * time.Second
	// stopWait is how long a drain may take before the node is killed.
	stopWait = 30 * time.Second
)

// Node is a node of the load's own: a child process on a fresh store, with the demo site.
type Node struct {
	binary, dir, password string
	args                  []string // beside those that every node of a load has
	log                   *os.File

	mu      sync.Mutex
	public  string // base URL; the same after a restart
	ops     string // base URL of the operations listener; another one after a restart
	process *exec.Cmd
	exited  chan error
	cpu     time.Duration // of processes that have ended
	kills   int
}

// Start is how a node of the load's own begins.
type Start struct {
	Binary   string   // empty: built from the module that the working directory is in
	Password string   // of the demo site's accounts
	Under    string   // folder in which the node's own is made; empty: the system's temporary one
	Args     []string // flags of the node beside the addresses and the store
}

// StartNode starts binary with "serve --demo" on a store in a new folder under the
// system's temporary folder; an empty binary is built there from the module that the
// working directory is in. What the node says goes to node.log there.
func StartNode(ctx context.Context, binary, password string) (*Node, error) {
	return Start{Binary: binary, Password: password}.Node(ctx)
}

// Node starts the node; see StartNode.
func (s Start) Node(ctx context.Context) (*Node, error) {
	dir, err := os.MkdirTemp(s.Under, "switchyard-bench-")
	if err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(dir, "node.log"))
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	n := &Node{binary: s.Binary, dir: dir, password: s.Password, args: s.Args, log: log}
	if n.binary == "" {
		if n.binary, err = Build(ctx, dir); err != nil {
			return nil, errors.Join(err, n.remove())
		}
	}
	if err := n.start(ctx, "127.0.0.1:0"); err != nil {
		said, _ := os.ReadFile(log.Name())
		return nil, errors.Join(fmt.Errorf("%w\n%s", err, tail(string(said), 20)), n.remove())
	}
	return n, nil
}

// Build builds the node into a folder and gives its path.
func Build(ctx context.Context, into string) (string, error) {
	binary := filepath.Join(into, "switchyard")
	out, err := exec.CommandContext(ctx, "go", "build", "-o", binary, "switchyard/cmd/switchyard").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build switchyard/cmd/switchyard: %w\n%s", err, tail(string(out), 20))
	}
	return binary, nil
}

func tail(text string, lines int) string {
	all := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// Base is the node's public base URL; Folder is where store and log are.
func (n *Node) Base() string { n.mu.Lock(); defer n.mu.Unlock(); return n.public }

// Folder see Base.
func (n *Node) Folder() string { return n.dir }

// passwordName is the variable from which a demo node takes its accounts' password.
const passwordName = "SWITCHYARD_DEMO_PASSWORD"

// start starts the process and waits for its addresses.
func (n *Node) start(ctx context.Context, listen string) error {
	args := append([]string{"serve", "--demo", "--data", n.data(), "--listen", listen, "--ops-listen", "127.0.0.1:0"}, n.args...)
	cmd := exec.Command(n.binary, args...)
	cmd.Env = append(os.Environ(), passwordName+"="+n.password)
	cmd.Stderr = n.log
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	named, exited := make(chan [2]string, 1), make(chan error, 1)
	go func() { // ends with the process, which closes its standard output
		n.listenTo(stdout, named)
		exited <- cmd.Wait()
	}()
	limit := time.NewTimer(addressWait)
	defer limit.Stop()
	var why error
	select {
	case addresses := <-named:
		n.mu.Lock()
		defer n.mu.Unlock()
		n.process, n.exited, n.public, n.ops = cmd, exited, addresses[0], addresses[1]
		return nil
	case err := <-exited:
		return fmt.Errorf("the node ended before it named its addresses: %v", err)
	case <-limit.C:
		why = fmt.Errorf("the node named no address within %v", addressWait)
	case <-ctx.Done():
		why = ctx.Err()
	}
	_ = cmd.Process.Kill() // it may just have ended by itself
	<-exited
	return why
}

// listenTo copies what the node says to its log and finds its two addresses.
func (n *Node) listenTo(stdout io.Reader, named chan<- [2]string) {
	lines := bufio.NewScanner(stdout)
	var found [2]string
	told := false
	for lines.Scan() {
		fmt.Fprintln(n.log, lines.Text())
		name, address, _ := strings.Cut(strings.TrimSpace(lines.Text()), " ")
		address = strings.TrimRight(strings.TrimSpace(address), "/")
		switch name {
		case "public":
			found[0] = address
		case "operations":
			found[1] = address
		}
		if !told && found[0] != "" && found[1] != "" {
			told = true
			named <- found
		}
	}
}

func (n *Node) data() string { return filepath.Join(n.dir, "data") }

// Ops is the base URL of the operations listener.
func (n *Node) Ops() string { n.mu.Lock(); defer n.mu.Unlock(); return n.ops }

// Key opens the profiles of the operations listener.
func (n *Node) Key() (string, error) {
	key, err := os.ReadFile(filepath.Join(n.data(), "keys", "operations.key"))
	return fmt.Sprintf("%x", key), err
}

// Pid is the number of the running process; 0 if none runs.
func (n *Node) Pid() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.process == nil {
		return 0
	}
	return n.process.Process.Pid
}

// CPU is the processor time of the running process so far.
func (n *Node) CPU() time.Duration { return machine.CPUOf(n.Pid()) }

// Kill ends the process as a power cut would.
func (n *Node) Kill() error { return n.end(syscall.SIGKILL, stopWait) }

// Restart starts the node again on the same store and the same address.
func (n *Node) Restart(ctx context.Context) error {
	listen := n.Base()
	listen = listen[strings.LastIndex(listen, "/")+1:]
	return n.start(ctx, listen)
}

// end signals the process and waits for its end.
func (n *Node) end(signal syscall.Signal, wait time.Duration) error {
	n.mu.Lock()
	process, exited := n.process, n.exited
	n.process = nil
	if signal == syscall.SIGKILL {
		n.kills++
	}
	n.mu.Unlock()
	if process == nil {
		return errors.New("the node is not running")
	}
	if err := process.Process.Signal(signal); err != nil {
		return err
	}
	limit := time.AfterFunc(wait, func() { _ = process.Process.Kill() })
	err := <-exited
	limit.Stop()
	n.mu.Lock()
	n.cpu += process.ProcessState.UserTime() + process.ProcessState.SystemTime()
	n.mu.Unlock()
	if signal == syscall.SIGKILL {
		return nil // killed is what was asked for
	}
	return err
}

// Stop drains the node and removes its folder, unless keep. It gives the CPU time of all its processes.
func (n *Node) Stop(keep bool) (cpu time.Duration, kills int, err error) {
	err = n.end(syscall.SIGTERM, stopWait)
	n.mu.Lock()
	cpu, kills = n.cpu, n.kills
	n.mu.Unlock()
	if keep {
		return cpu, kills, errors.Join(err, n.log.Close())
	}
	return cpu, kills, errors.Join(err, n.remove())
}

func (n *Node) remove() error { return errors.Join(n.log.Close(), os.RemoveAll(n.dir)) }
