package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"switchyard/bench/target"
)

// F-22: the plan leaves the store its files, and the node its own, before anybody connects.
func TestF22DescriptorsAreSharedOut(t *testing.T) {
	for _, c := range []struct {
		limit              uint64
		wanted             int
		store, connections int
	}{
		{1 << 20, 50_000, 1000, 50_000},
		{20_000, 50_000, 1000, 18_928},
		{1024, 50_000, 256, 696},
		{256, 50_000, 74, 110},
		{256, 10, 74, 10},
		{descriptorsMin, 50_000, 74, connectionsMin},
	} {
		d, err := shareOut(c.limit, c.wanted)
		require.NoError(t, err)
		require.Equal(t, descriptors{c.limit, c.store, c.connections}, d)
		require.LessOrEqual(t, uint64(d.store+d.connections+ownDescriptors), c.limit)
		var said bytes.Buffer
		d.say(slog.New(slog.NewTextHandler(&said, nil)), c.wanted)
		require.Equal(t, d.connections < c.wanted, strings.Contains(said.String(), "level=WARN"), said.String())
	}
	_, err := shareOut(descriptorsMin-1, 1)
	require.ErrorContains(t, err, "needs 178 at least (ulimit -n)")
}

// fewDescriptors gives a program that runs the binary with a limit of its own.
func fewDescriptors(t *testing.T, binary string, limit int) string {
	script := filepath.Join(t.TempDir(), "few")
	require.NoError(t, os.WriteFile(script, fmt.Appendf(nil, "#!/bin/sh\nulimit -n %d && exec %q \"$@\"\n", limit, binary), 0o700))
	return script
}

// crowd is a node with few descriptors, and those who want in.
type crowd struct {
	*memoNode
	ops string

	mu  sync.Mutex
	all []*websocket.Conn
}

// awake lets every socket say something now and then, as clients that answer pings do: those that wait for their turn in the
// test are not to be taken for gone.
func (c *crowd) awake() {
	tick := time.NewTicker(5 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-c.ctx.Done():
			return
		}
		c.mu.Lock()
		all := slices.Clone(c.all)
		c.mu.Unlock()
		for _, ws := range all {
			_ = ws.Write(c.ctx, websocket.MessageText, []byte(`{"type":"pong"}`)) // some have been closed
		}
	}
}

// dial opens a socket; nil with the answer of who was not let in.
func (c *crowd) dial() (*websocket.Conn, *http.Response) {
	own := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	ws, res, err := websocket.Dial(c.ctx, "ws://"+c.base+"/v1/ws", &websocket.DialOptions{HTTPClient: own, Subprotocols: []string{"switchyard.v1.json"}})
	if err != nil {
		require.NotNil(c.t, res, "neither let in nor answered: %v", err)
		return nil, res
	}
	ws.SetReadLimit(1 << 20)
	return ws, nil
}

func (c *crowd) figure(name string) int {
	res, err := http.Get(c.ops + "/metrics")
	require.NoError(c.t, err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	require.NoError(c.t, err)
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, name+" "); ok {
			v, err := strconv.ParseFloat(strings.TrimSpace(rest), 64)
			require.NoError(c.t, err)
			return int(v)
		}
	}
	c.t.Fatalf("no %s in the metrics", name)
	return 0
}

// say sends a frame and reads up to its answer.
func (c *crowd) say(ws *websocket.Conn, frame string) map[string]any {
	require.NoError(c.t, ws.Write(c.ctx, websocket.MessageText, []byte(frame)))
	return c.answer(ws)
}

func (c *crowd) answer(ws *websocket.Conn) map[string]any {
	for {
		_, b, err := ws.Read(c.ctx)
		require.NoError(c.t, err)
		var m map[string]any
		require.NoError(c.t, json.Unmarshal(b, &m))
		if m["reply_to"] != nil {
			return m
		}
	}
}

func (c *crowd) hello(ws *websocket.Conn, token string) {
	require.Equal(c.t, "welcome", c.say(ws, `{"type":"hello","id":"h","data":{"token":"`+token+`"}}`)["type"])
	c.mu.Lock()
	c.all = append(c.all, ws)
	c.mu.Unlock()
}

// memos writes what an account may at once: 40 memos of 8 KB.
func (c *crowd) memos(ws *websocket.Conn, room, by string) {
	text := strings.Repeat("😀", 2000)
	for i := range 40 {
		require.NoError(c.t, ws.Write(c.ctx, websocket.MessageText, fmt.Appendf(nil,
			`{"type":"message.send","id":"m","stream":"desk/%s","data":{"client_id":"%s-%010d","kind":"memo","text":%q}}`, room, by, i, text)))
		if i >= 30 { // 32 may be in flight
			c.wrote(ws, by)
		}
	}
	for range 30 {
		c.wrote(ws, by)
	}
}

func (c *crowd) wrote(ws *websocket.Conn, by string) {
	if m := c.answer(ws); m["type"] != "ok" {
		c.t.Errorf("%s: %v", by, m)
	}
}

// newestLog is the number of the journal file that is being written.
func newestLog(t *testing.T, dir string) (newest int) {
	files, err := filepath.Glob(filepath.Join(dir, "data", "store", "*.log"))
	require.NoError(t, err)
	for _, f := range files {
		n, _ := strconv.Atoi(strings.TrimSuffix(filepath.Base(f), ".log"))
		newest = max(newest, n)
	}
	require.Positive(t, newest)
	return newest
}

// F-22 with the binary under a limit of 256 descriptors: the crowd fills what there is for it; whoever else comes is told so in
// words and with a time to come back; who is in goes on, with durable messages, while the journal takes its next files;
// and a place that is free is given away.
func TestF22OutOfDescriptors(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes; run without -short")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	binary := filepath.Join(t.TempDir(), "switchyard")
	built, err := exec.CommandContext(ctx, "go", "build", "-o", binary, ".").CombinedOutput()
	require.NoError(t, err, string(built))
	t.Setenv("SWITCHYARD_DRAIN_SECONDS", "0")
	t.Setenv("SWITCHYARD_DISK_RESERVE_MB", "64")
	_, err = target.StartNode(ctx, fewDescriptors(t, binary, 64), "demo-password-1")
	require.ErrorContains(t, err, "ulimit -n", "too few to run at all")

	node, err := target.StartNode(ctx, fewDescriptors(t, binary, 256), "demo-password-1")
	require.NoError(t, err)
	defer func() { _, _, err := node.Stop(false); require.NoError(t, err) }()
	c := &crowd{memoNode: &memoNode{t: t, ctx: ctx, base: strings.TrimPrefix(node.Base(), "http://")}}
	w := &smallWorld{t: t, ctx: ctx}
	w.until(func() bool { return w.named(node) })
	c.ops = w.ops
	places := c.figure("switchyard_connections_max")
	require.Equal(t, 110, places)
	logged, err := os.ReadFile(filepath.Join(node.Folder(), "node.log"))
	require.NoError(t, err)
	require.Contains(t, string(logged), "fewer connections than configured")

	manager := c.token("manager")
	visitors := make([]string, places)
	for i := range visitors {
		visitors[i] = c.must("POST", "/v1/sites/demo/visitor-tokens", "", fmt.Sprintf(`{"site_uid":"crowd%d"}`, i))["token"].(string)
	}
	http.DefaultClient.CloseIdleConnections()
	go c.awake()
	first, _ := c.dial()
	c.hello(first, visitors[0])
	room := c.say(first, `{"type":"room.start","id":"1","data":{"client_id":"aaaaaaaaaaaa"}}`)["data"].(map[string]any)["room"].(string)
	var early sync.WaitGroup
	for n := range 10 { // so that the journal's file is nearly full when the crowd is there
		early.Go(func() {
			for k := range 15 {
				if ws, _ := c.dial(); ws != nil {
					c.hello(ws, manager)
					c.memos(ws, room, fmt.Sprintf("early%d-%d", n, k))
					ws.CloseNow()
				}
			}
		})
	}
	early.Wait()
	inside := []*websocket.Conn{first}
	writers := []*websocket.Conn{}
	var outside []*http.Response
	for i := 1; len(outside) < 40; i++ {
		ws, refused := c.dial()
		if ws == nil {
			outside = append(outside, refused)
			continue
		}
		require.Less(t, i, places+5, "nobody is refused")
		if i%2 == 0 {
			c.hello(ws, visitors[i])
			inside = append(inside, ws)
		} else {
			c.hello(ws, manager)
			writers = append(writers, ws)
		}
	}
	require.GreaterOrEqual(t, len(inside)+len(writers), places-2) // idle connections of this test may hold the rest
	for _, res := range outside {
		require.Equal(t, http.StatusServiceUnavailable, res.StatusCode)
		require.NotEmpty(t, res.Header.Get("Retry-After"))
		require.Equal(t, "application/problem+json", res.Header.Get("Content-Type"))
	}
	require.GreaterOrEqual(t, c.figure(`switchyard_connections_refused_total{reason="full"}`), 40)
	require.Equal(t, places, c.figure("switchyard_connections"))

	// Everybody inside is served, and the journal grows beyond its file.
	before := newestLog(t, node.Folder())
	var all sync.WaitGroup
	for n, ws := range writers {
		all.Go(func() { c.memos(ws, room, fmt.Sprint("inside", n)) })
	}
	for i, ws := range inside[1:] {
		all.Go(func() {
			of := c.say(ws, `{"type":"room.start","id":"1","data":{"client_id":"aaaaaaaaaaaa"}}`)["data"].(map[string]any)["room"]
			for k := range 5 {
				m := c.say(ws, fmt.Sprintf(`{"type":"message.send","id":"m","stream":"room/%s","data":{"client_id":"message-%04d","kind":"text","text":%q}}`, of, k, strings.Repeat("😀", 10_000)))
				if m["type"] != "ok" {
					t.Errorf("customer %d, message %d: %v", i, k, m)
				}
			}
		})
	}
	all.Wait()
	require.False(t, t.Failed())
	require.Greater(t, newestLog(t, node.Folder()), before, "the journal did not come to its next file")
	require.Equal(t, "ok", c.say(first, fmt.Sprintf(`{"type":"message.send","id":"2","stream":"room/%s","data":{"client_id":"bbbbbbbbbbbb","kind":"text","text":"x"}}`, room))["type"])
	open := c.figure("process_open_fds")
	require.Less(t, open, 256-30, "the reserve is gone")
	t.Logf("%d places taken, %d refused, %d of 256 descriptors open after journal %06d -> %06d", places, len(outside), open, before, newestLog(t, node.Folder()))

	// Free again: who comes is let in.
	for _, ws := range writers {
		require.NoError(t, ws.CloseNow())
	}
	w.until(func() bool {
		ws, _ := c.dial()
		if ws == nil {
			return false
		}
		c.hello(ws, manager)
		return ws.CloseNow() == nil
	})
	for _, ws := range inside {
		require.NoError(t, ws.CloseNow())
	}
}
