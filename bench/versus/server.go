package versus

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ErrMissing says that a contender's server is not installed.
var ErrMissing = errors.New("not installed")

// startMax is how long a server may take until it answers.
const startMax = 60 * time.Second

// program finds a server's program: on the path, or where Debian puts it.
func program(name string, places ...string) (string, error) {
	if p, err := exec.LookPath(name); err == nil {
		return p, nil
	}
	for _, pattern := range places {
		found, _ := filepath.Glob(filepath.Join(pattern, name)) // the patterns are constants
		if len(found) > 0 {
			slices.Sort(found)
			return found[len(found)-1], nil
		}
	}
	return "", fmt.Errorf("%s: %w", name, ErrMissing)
}

// server is a process of the run's own, in a folder of its own.
type server struct {
	dir     string
	process *exec.Cmd
	exited  chan error
}

// folder makes the server's folder. A server that will not run as root gets it as another user.
func folder(name, as string) (s *server, cred *syscall.Credential, err error) {
	dir, err := os.MkdirTemp("", "switchyard-"+name+"-")
	if err != nil {
		return nil, nil, err
	}
	s = &server{dir: dir}
	if as == "" || os.Geteuid() != 0 {
		return s, nil, nil
	}
	u, err := user.Lookup(as)
	if err != nil {
		return nil, nil, errors.Join(err, os.RemoveAll(dir))
	}
	uid, err1 := strconv.Atoi(u.Uid)
	gid, err2 := strconv.Atoi(u.Gid)
	if err := errors.Join(err1, err2, os.Chown(dir, uid, gid)); err != nil {
		return nil, nil, errors.Join(err, os.RemoveAll(dir))
	}
	return s, &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

// run starts the process; its output goes to server.log in its folder.
func (s *server) run(cmd *exec.Cmd, cred *syscall.Credential) error {
	log, err := os.Create(filepath.Join(s.dir, "server.log"))
	if err != nil {
		return err
	}
	defer log.Close() // the process has its own descriptor
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.dir, log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: cred, Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return err
	}
	s.process, s.exited = cmd, make(chan error, 1)
	go func() { s.exited <- cmd.Wait() }() // ends with the process
	return nil
}

// ready asks again and again until the server answers.
func (s *server) ready(ctx context.Context, ask func(context.Context) error) error {
	limit := time.Now().Add(startMax)
	for {
		err := ask(ctx)
		if err == nil {
			return nil
		}
		select {
		case e := <-s.exited:
			s.exited <- e
			return fmt.Errorf("the server ended: %w\n%s", e, s.said())
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
		if time.Now().After(limit) {
			return fmt.Errorf("no answer within %v: %w\n%s", startMax, err, s.said())
		}
	}
}

func (s *server) said() string {
	b, _ := os.ReadFile(filepath.Join(s.dir, "server.log")) // what cannot be read is not shown
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	return strings.Join(lines[max(0, len(lines)-10):], "\n")
}

// stop kills the process and everything it has started, and removes its folder: nothing of it is kept.
func (s *server) stop() error {
	if s == nil {
		return nil
	}
	if s.process != nil {
		_ = syscall.Kill(-s.process.Process.Pid, syscall.SIGKILL) // it may have ended
		<-s.exited
	}
	return os.RemoveAll(s.dir)
}

// freePort gives a port of the loopback that nobody listens on now.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return l.Addr().(*net.TCPAddr).Port, l.Close()
}
