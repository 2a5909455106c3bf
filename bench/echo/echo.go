// Package echo is the raw WebSocket server that the node is measured against: the same
// library, its default handler, nothing behind it. It runs in a process of its own, as
// the node does, so that both leave the client the same share of the machine.
package echo

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"switchyard/bench/machine"
	"switchyard/bench/wire"
)

// Command is the hidden command under which the harness's binary is the echo.
const Command = "serve-echo"

// Memory is what the echo's process holds, after a collection.
type Memory struct {
	Heap  uint64 `json:"heap"`  // live bytes
	Stack uint64 `json:"stack"` // bytes in stacks
	RSS   uint64 `json:"rss"`
}

// Handler serves /echo (each frame back, through one buffer: as fast as the library goes), /default (the same as the
// library's documentation writes it), /watch and /cast (each frame of a caster to
// every watcher, one write after the other), and /memory.
func Handler() http.Handler {
	var mu sync.Mutex
	watchers := map[*websocket.Conn]bool{}
	accept := func(w http.ResponseWriter, r *http.Request) *websocket.Conn {
		ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{wire.Subprotocol}})
		if err != nil {
			return nil // the library has answered
		}
		return ws
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
		if ws := accept(w, r); ws != nil {
			serve(ws, ws.Write)
		}
	})
	mux.HandleFunc("/default", func(w http.ResponseWriter, r *http.Request) {
		ws := accept(w, r)
		if ws == nil {
			return
		}
		defer func() { _ = ws.CloseNow() }() // F-22
		for {
			kind, b, err := ws.Read(context.Background())
			if err != nil || ws.Write(context.Background(), kind, b) != nil {
				return
			}
		}
	})
	mux.HandleFunc("/watch", func(w http.ResponseWriter, r *http.Request) {
		ws := accept(w, r)
		if ws == nil {
			return
		}
		mu.Lock()
		watchers[ws] = true
		mu.Unlock()
		serve(ws, func(context.Context, websocket.MessageType, []byte) error { return nil })
		mu.Lock()
		delete(watchers, ws)
		mu.Unlock()
	})
	mux.HandleFunc("/cast", func(w http.ResponseWriter, r *http.Request) {
		if ws := accept(w, r); ws != nil {
			serve(ws, func(ctx context.Context, kind websocket.MessageType, b []byte) error {
				mu.Lock()
				defer mu.Unlock()
				for watcher := range watchers {
					if err := watcher.Write(ctx, kind, b); err != nil {
						delete(watchers, watcher)
					}
				}
				return nil
			})
		}
	})
	mux.HandleFunc("/memory", func(w http.ResponseWriter, _ *http.Request) {
		debug.FreeOSMemory() // collects first
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(Memory{m.HeapAlloc, m.StackInuse, machine.RSS(os.Getpid())}) // a lost reader asks again
	})
	return mux
}

// serve reads frames into one buffer and answers each.
func serve(ws *websocket.Conn, answer func(context.Context, websocket.MessageType, []byte) error) {
	defer func() { _ = ws.CloseNow() }() // F-22
	ctx := context.Background()
	buf := make([]byte, 0, 512)
	for {
		kind, r, err := ws.Reader(ctx)
		if err != nil {
			return
		}
		buf = buf[:0]
		for {
			if len(buf) == cap(buf) {
				buf = append(buf, 0)[:len(buf)]
			}
			n, err := r.Read(buf[len(buf):cap(buf)])
			buf = buf[:len(buf)+n]
			if err == io.EOF {
				break
			}
			if err != nil {
				return
			}
		}
		if answer(ctx, kind, buf) != nil {
			return
		}
	}
}

// Serve is the command: it serves on a free loopback port, says which, and ends when
// its standard input does, so that it cannot outlive the harness.
func Serve(in io.Reader, out io.Writer) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: Handler(), ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	fmt.Fprintf(out, "echo %s\n", l.Addr())
	ended := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, in) // an error is an end as well
		close(ended)
	}()
	select {
	case err := <-failed:
		return err
	case <-ended:
		return server.Close()
	}
}

// Server is a running echo.
type Server struct {
	address string
	process *exec.Cmd
	stdin   io.Closer
	handler *http.Server // of an echo in this process; the tests' way
}

// Start starts the echo in a process of its own: the running binary, under Command.
func Start(ctx context.Context) (*Server, error) {
	binary, err := os.Executable()
	if err != nil {
		return nil, err
	}
	if strings.HasSuffix(binary, ".test") {
		return inside()
	}
	cmd := exec.CommandContext(ctx, binary, Command)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	address, ok := strings.CutPrefix(strings.TrimSpace(line), "echo ")
	if !ok {
		return nil, errors.Join(fmt.Errorf("the echo named no address: %q", line), err, cmd.Process.Kill())
	}
	return &Server{address: address, process: cmd, stdin: stdin}, nil
}

// inside serves from a goroutine.
func inside() (*Server, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &http.Server{Handler: Handler(), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = s.Serve(l) }() // ends with Stop
	return &Server{address: l.Addr().String(), handler: s}, nil
}

// URL is a path's socket address.
func (s *Server) URL(path string) string { return "ws://" + s.address + path }

// CPU is the processor time used so far.
func (s *Server) CPU() time.Duration {
	if s.process == nil {
		return 0
	}
	return machine.CPUOf(s.process.Process.Pid)
}

// Memory asks what the echo holds.
func (s *Server) Memory(ctx context.Context) (Memory, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.address+"/memory", nil)
	if err != nil {
		return Memory{}, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return Memory{}, err
	}
	defer resp.Body.Close()
	var m Memory
	return m, json.NewDecoder(resp.Body).Decode(&m)
}

// Stop ends the echo.
func (s *Server) Stop() {
	if s.handler != nil {
		_ = s.handler.Close() // nothing is lost with an echo
		return
	}
	_ = s.stdin.Close() // that ends it; its exit code says nothing more
	_ = s.process.Wait()
}
