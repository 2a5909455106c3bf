package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"switchyard/actors/gateway"
	"switchyard/bench/client"
	"switchyard/protocol"
)

// A whole node in a bubble: its store on a disk in memory, its network without wires, its time the test's. Everything
// between the two is what runs in production: the gateway, the shell, the minds, Pebble. Clients are those of
// bench/client, written from the contract alone, or lines that the test handles byte by byte.

type world struct {
	t      *testing.T
	ctx    context.Context // of the people
	dir    string
	disk   *vfs.MemFS
	change func(*gateway.Config)
	n      *node
	gate   chan error
	net    atomic.Pointer[wires] // of the node that runs; people dial while it changes
	signs  []byte
	around func(vfs.FS) vfs.FS // of the disk, if it is set
	queued atomic.Int64        // bytes in the outboxes
	most   atomic.Int64        // the most there ever were
	resume sync.Map            // result -> *atomic.Int64
}

// worldSettings is a site that never closes and gives rooms to present agents at once.
const worldSettings = `{"distribution.mode":"AUTO","distribution.require_presence":true,"no_agent_policy":"WAIT","autoclose.customer_silence":null,"autoclose.agent_delay":null,"hours.weekday":{"open":true,"all_day":true},"hours.saturday":{"open":true,"all_day":true},"hours.sunday":{"open":true,"all_day":true}}`

// inBubble runs a test with a node in a bubble; change may move the gateway's limits.
func inBubble(t *testing.T, change func(*gateway.Config), test func(w *world)) {
	t.Helper()
	inBubbleOn(t, vfs.NewCrashableMem(), change, test)
}

// inBubbleOn takes the disk. One that can crash copies a file at each sync of it, which with a log of many megabytes is most of what a
// large test does; vfs.NewMem does not, and world.crash cannot be had on it.
func inBubbleOn(t *testing.T, disk *vfs.MemFS, change func(*gateway.Config), test func(w *world)) {
	t.Helper()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, dir: dir, disk: disk, change: change, signs: make([]byte, 32)}
		var cancel context.CancelFunc
		w.ctx, cancel = context.WithCancel(context.Background())
		w.start()
		w.must(protocol.CreateSite{Site: "acme", Settings: []byte(worldSettings), Accounts: []protocol.AccountSaved{
			w.account("admin", protocol.Admin), w.account("boss", protocol.Manager), w.account("anna", protocol.Agent), w.account("ben", protocol.Agent),
		}})
		defer func() { // also when the test has failed: a bubble with somebody left in it says nothing but that
			cancel()
			time.Sleep(time.Minute) // of the bubble's time
			w.stop()
		}()
		test(w)
	})
}

func (w *world) account(id protocol.AccountID, r protocol.Role) protocol.AccountSaved {
	hash, rej := w.n.gate.HashPassword(context.Background(), "password of all")
	require.Nil(w.t, rej)
	return protocol.AccountSaved{Account: protocol.Account{ID: id, Role: r, Name: string(id), Consulting: r == protocol.Agent, Certified: true, SeesAll: true}, Password: hash}
}

func (w *world) start() {
	cfg, _, err := loadConfig("serve", []string{"-data", w.dir, "-shards", "4"}, nil, io.Discard)
	require.NoError(w.t, err)
	cfg.disk = w.disk
	if w.around != nil {
		cfg.disk = w.around(w.disk)
	}
	w.n, err = assemble(cfg, slog.New(slog.DiscardHandler))
	require.NoError(w.t, err)
	gc, err := w.n.gatewayConfig(w.signs)
	require.NoError(w.t, err)
	gc.PasswordMemory, gc.PasswordTime, gc.PendingPerAddress, gc.Handshakes = 64, 1, 100_000, 1_000_000
	gc.DrainWindow = time.Millisecond
	outbox := gc.Observer.Outbox
	gc.Observer.Outbox = func(delta int) {
		outbox(delta)
		now := w.queued.Add(int64(delta))
		for most := w.most.Load(); now > most && !w.most.CompareAndSwap(most, now); most = w.most.Load() {
		}
	}
	resumed := gc.Observer.Resumed
	gc.Observer.Resumed = func(result string) {
		resumed(result)
		n, _ := w.resume.LoadOrStore(result, new(atomic.Int64))
		n.(*atomic.Int64).Add(1)
	}
	if w.change != nil {
		w.change(&gc)
	}
	require.NoError(w.t, w.n.gate.Shutdown(context.Background()))
	w.n.gate = gateway.New(gc, w.n.engineForGateway())
	net, gate, served := newWires(), w.n.gate, make(chan error, 1)
	w.gate = served
	w.net.Store(net)
	go func() { served <- gate.Serve(net) }()
}

func (w *world) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	require.NoError(w.t, w.n.stop(ctx))
	require.NoError(w.t, <-w.gate)
	time.Sleep(2 * time.Second) // of the bubble's time: who was beside the node ends too
}

// crash takes the power away: what was not synced is gone. The node that was is stopped on a disk that nobody reads again.
func (w *world) crash() {
	after := w.disk.CrashClone(vfs.CrashCloneCfg{})
	w.stop()
	w.disk = after
	w.start()
}

func (w *world) must(b protocol.Body) {
	w.t.Helper()
	done := make(chan *protocol.Rejection, 1)
	w.n.engine.Ask(protocol.SiteAt("acme"), protocol.Command{Body: b, Caller: protocol.Caller{Role: protocol.System, Site: "acme"}}, func(_ protocol.Result, rej *protocol.Rejection) { done <- rej })
	require.Nil(w.t, <-done)
}

// wires is a listener of connections in memory, each from an address of its own.
type wires struct {
	c    chan net.Conn
	done chan struct{}
	once sync.Once
	from atomic.Uint32
}

func newWires() *wires { return &wires{c: make(chan net.Conn), done: make(chan struct{})} }
func (p *wires) Accept() (net.Conn, error) {
	select {
	case c := <-p.c:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}
func (p *wires) Close() error   { p.once.Do(func() { close(p.done) }); return nil }
func (p *wires) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 80} }

func (p *wires) dial() (net.Conn, error) {
	a, b := net.Pipe()
	n := p.from.Add(1)
	far := wire{b, &net.TCPAddr{IP: net.IPv4(10, byte(n>>16), byte(n>>8), byte(n)), Port: 1234}}
	select {
	case p.c <- far:
		return a, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

type wire struct {
	net.Conn
	from net.Addr
}

func (c wire) RemoteAddr() net.Addr { return c.from }

// http is a client whose connections pass through around (nil = as they are).
func (w *world) http(around func(net.Conn) net.Conn) *http.Client {
	return &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(context.Context, string, string) (net.Conn, error) {
		c, err := w.net.Load().dial()
		if err == nil && around != nil {
			c = around(c)
		}
		return c, err
	}}}
}

func (w *world) call(path, body string) map[string]any {
	w.t.Helper()
	res, err := w.http(nil).Post("http://acme.test"+path, "application/json", strings.NewReader(body))
	require.NoError(w.t, err)
	defer res.Body.Close()
	var m map[string]any
	require.NoError(w.t, json.NewDecoder(res.Body).Decode(&m))
	require.Equal(w.t, 201, res.StatusCode, "%v", m)
	return m
}

func (w *world) visitor(uid string) string {
	return w.call("/v1/sites/acme/visitor-tokens", `{"site_uid":"`+uid+`"}`)["token"].(string)
}

func (w *world) login(account string) string {
	return w.call("/v1/sessions", `{"site":"acme","account":"`+account+`","password":"password of all"}`)["token"].(string)
}

// person is a client with everything it was told.
type person struct {
	*client.Client
	w     *world
	stats client.Stats
	mu    sync.Mutex
	heard []client.Event // durable ones
	brief []client.Event // ephemeral ones
	codes []int          // of waits and the stop
	reset []string
	room  string
	held  chan string // rooms gained
}

// person opens a client; its connections pass through around.
func (w *world) person(token func() string, around func(net.Conn) net.Conn) *person {
	p := &person{w: w, held: make(chan string, 1<<15)} // the callback may not block
	first := token()
	p.Client = client.New(w.ctx, client.Options{
		Dialer: client.NewDialer("ws://acme.test/v1/ws", w.http(around), 1), Stats: &p.stats,
		Token: func(_ context.Context, renew bool) (string, error) {
			if renew {
				return token(), nil
			}
			return first, nil
		},
		OnEvent: func(e client.Event) {
			p.mu.Lock()
			defer p.mu.Unlock()
			if e.Seq == 0 {
				p.brief = append(p.brief, e)
				return
			}
			p.heard = append(p.heard, e)
			if e.Type == "inbox.gained" {
				var d struct{ Room string }
				if json.Unmarshal(e.Data, &d) == nil {
					p.held <- d.Room
				}
			}
		},
		OnReset: func(stream string, r client.Reset) {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.reset = append(p.reset, stream+" "+r.Reason)
		},
		OnState: func(s client.State, code int) {
			p.mu.Lock()
			defer p.mu.Unlock()
			if s == client.Waiting || s == client.Stopped {
				p.codes = append(p.codes, code)
			}
		},
	})
	p.Start()
	return p
}

func (w *world) customer(uid string, around func(net.Conn) net.Conn) *person {
	return w.person(func() string { return w.visitor(uid) }, around)
}

func (w *world) agent(account string, around func(net.Conn) net.Conn) *person {
	return w.person(func() string { return w.login(account) }, around)
}

// ask sends a command and waits for its answer.
func (p *person) ask(kind, stream string, data map[string]any) client.Reply {
	got := make(chan client.Reply, 1)
	p.Send(client.Command{Type: kind, Stream: stream, Data: data}, func(r client.Reply) { got <- r })
	return <-got
}

// enters starts a room and follows it.
func (p *person) enters() string {
	p.w.t.Helper()
	r := p.ask("room.start", "", map[string]any{"client_id": "start-000001"})
	var d struct{ Room string }
	require.NoError(p.w.t, json.Unmarshal(r.Data, &d), "%v %v", r.Refused, r.Err)
	p.room = d.Room
	p.Follow("room/" + d.Room)
	return d.Room
}

// says writes into the own room; the answer may be waited for.
func (p *person) says(id, text string) client.Reply {
	return p.ask("message.send", "room/"+p.room, map[string]any{"client_id": id, "kind": "text", "text": text})
}

// events are the durable events of a stream, which must have come once each and in order.
func (p *person) events(stream string) []client.Event {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []client.Event
	for _, e := range p.heard {
		if e.Stream == stream {
			all = append(all, e)
			require.Equal(p.w.t, all[0].Seq+uint64(len(all)-1), e.Seq, "a gap or a double in %s", stream)
		}
	}
	return all
}

// texts are the texts of the messages of a stream.
func (p *person) texts(stream string) []string {
	var all []string
	for _, e := range p.events(stream) {
		var d struct{ Text string }
		if e.Type == "message.new" && json.Unmarshal(e.Data, &d) == nil {
			all = append(all, d.Text)
		}
	}
	return all
}

func (p *person) leaves() { p.Close(); <-p.Done() }

func numbered(format string, n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf(format, i)
	}
	return all
}

// metric reads a figure as a scrape would.
func (w *world) metric(name string, labels ...string) float64 {
	w.t.Helper()
	want := name
	if len(labels) == 2 {
		want += `{` + labels[0] + `="` + labels[1] + `"}`
	}
	rec := httptest.NewRecorder()
	w.n.metrics.Handler().ServeHTTP(rec, httptest.NewRequest("GET", "/metrics", nil))
	for line := range strings.Lines(rec.Body.String()) {
		if rest, ok := strings.CutPrefix(line, want+" "); ok {
			v, err := strconv.ParseFloat(strings.TrimSpace(rest), 64)
			require.NoError(w.t, err)
			return v
		}
	}
	w.t.Fatalf("no %s in the metrics", want)
	return 0
}
