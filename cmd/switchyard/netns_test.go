package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"switchyard/actors/gateway"
	"switchyard/protocol"
)

// far is a network of its own, behind a pair of virtual interfaces.
type far struct {
	t    *testing.T
	name string
	here string // our address on the way there
}

// setns is the number of the system call; package syscall does not name it.
var setns = map[string]uintptr{"amd64": 308, "arm64": 268}[runtime.GOARCH]

// farAway makes the network, or skips the test with what is missing.
func farAway(t *testing.T) *far {
	if os.Getuid() != 0 || setns == 0 {
		t.Skip("needs root, on amd64 or arm64; TestF13AVanishedAgentIsFoundOutAndLosesNothing runs everywhere")
	}
	for _, tool := range []string{"ip", "nft"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("needs %s (Debian: iproute2, nftables)", tool)
		}
	}
	id := os.Getpid() % 10_000
	f := &far{t: t, name: fmt.Sprintf("sy%d", id), here: fmt.Sprintf("10.213.%d.1", id%200)}
	if out, err := exec.CommandContext(t.Context(), "ip", "netns", "add", f.name).CombinedOutput(); err != nil {
		t.Skipf("no network namespaces here: %s", out)
	}
	t.Cleanup(func() { _ = exec.Command("ip", "netns", "del", f.name).Run() }) // its interfaces go with it
	there := strings.TrimSuffix(f.here, "1") + "2"
	for _, c := range []string{
		"ip link add " + f.name + "a type veth peer name " + f.name + "b netns " + f.name,
		"ip addr add " + f.here + "/24 dev " + f.name + "a",
		"ip link set " + f.name + "a up",
		"ip -n " + f.name + " addr add " + there + "/24 dev " + f.name + "b",
		"ip -n " + f.name + " link set " + f.name + "b up",
	} {
		f.run(c)
	}
	return f
}

func (f *far) run(command string) {
	w := strings.Fields(command)
	out, err := exec.CommandContext(f.t.Context(), w[0], w[1:]...).CombinedOutput()
	require.NoError(f.t, err, "%s: %s", command, out)
}

// drop throws every packet away at the far end, in both directions: neither side sees a FIN or a RST.
func (f *far) drop() {
	f.run("ip netns exec " + f.name + " nft add table inet gone")
	for _, hook := range []string{"input", "output"} {
		f.run("ip netns exec " + f.name + " nft add chain inet gone " + hook + " { type filter hook " + hook + " priority 0 ; policy drop ; }")
	}
}

// dial connects from the far network: a socket belongs to the network in which it was made. The thread that has been there ends with its goroutine.
func (f *far) dial(ctx context.Context, network, address string) (net.Conn, error) {
	type dialled struct {
		c   net.Conn
		err error
	}
	done := make(chan dialled)
	go func() {
		runtime.LockOSThread() // and never unlocked
		ns, err := os.Open("/var/run/netns/" + f.name)
		if err != nil {
			done <- dialled{nil, err}
			return
		}
		defer ns.Close()
		if _, _, e := syscall.RawSyscall(setns, ns.Fd(), syscall.CLONE_NEWNET, 0); e != 0 {
			done <- dialled{nil, e}
			return
		}
		c, err := (&net.Dialer{}).DialContext(ctx, network, address)
		done <- dialled{c, err}
	}()
	d := <-done
	return d.c, d.err
}

// F-13 on real TCP, in a network of its own: packets are dropped without a word. The heartbeat (here short) finds the agent
// gone, which its kernel would not for many minutes; the agent is in grace at once, the customer's message is
// answered meanwhile, and the agent's next socket resumes with it.
func TestF13HalfOpenTCP(t *testing.T) {
	if testing.Short() {
		t.Skip("changes the network; run without -short")
	}
	f := farAway(t)
	cfg, _, err := loadConfig("serve", []string{"-data", t.TempDir(), "-shards", "4"}, nil, io.Discard)
	require.NoError(t, err)
	n, err := assemble(cfg, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	gc, err := n.gatewayConfig(make([]byte, 32))
	require.NoError(t, err)
	gc.Heartbeat, gc.PongWait, gc.SweepEvery, gc.DrainWindow = 500*time.Millisecond, 500*time.Millisecond, 50*time.Millisecond, time.Millisecond
	var lost atomic.Int64
	gone := make(chan struct{}, 10)
	closed := gc.Observer.Closed
	gc.Observer.Closed = func(role string, code int) {
		closed(role, code)
		if code == 1006 && role == protocol.Agent.String() {
			lost.Add(1)
			gone <- struct{}{}
		}
	}
	require.NoError(t, n.gate.Shutdown(t.Context()))
	n.gate = gateway.New(gc, n.engineForGateway())
	l, err := net.Listen("tcp", f.here+":0")
	require.NoError(t, err)
	served := make(chan error, 1)
	go func() { served <- n.gate.Serve(l) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		require.NoError(t, n.stop(ctx))
		require.NoError(t, <-served)
	})
	hash, rej := n.gate.HashPassword(t.Context(), "password of all")
	require.Nil(t, rej)
	require.Nil(t, n.ask(protocol.SiteAt("acme"), protocol.CreateSite{Site: "acme", Settings: []byte(worldSettings), Accounts: []protocol.AccountSaved{
		{Account: protocol.Account{ID: "admin", Role: protocol.Admin, Name: "admin", Certified: true}, Password: hash},
		{Account: protocol.Account{ID: "anna", Role: protocol.Agent, Name: "anna", Consulting: true, Certified: true}, Password: hash},
	}}))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c := &crowd{memoNode: &memoNode{t: t, ctx: ctx, base: l.Addr().String()}}
	token := c.must("POST", "/v1/sessions", "", `{"site":"acme","account":"anna","password":"password of all"}`)["token"].(string)
	awake := func(ws *websocket.Conn) { // answers pings until the socket ends
		for {
			_, b, err := ws.Read(ctx)
			if err != nil {
				return
			}
			if string(b) == `{"type":"ping"}` && ws.Write(ctx, websocket.MessageText, []byte(`{"type":"pong"}`)) != nil {
				return
			}
		}
	}
	open := func(h *http.Client, hello string) *websocket.Conn {
		ws, _, err := websocket.Dial(ctx, "ws://"+c.base+"/v1/ws", &websocket.DialOptions{HTTPClient: h, Subprotocols: []string{"switchyard.v1.json"}})
		require.NoError(t, err)
		ws.SetReadLimit(1 << 20)
		require.Equal(t, "welcome", c.say(ws, hello)["type"])
		return ws
	}
	anna := open(&http.Client{Transport: &http.Transport{DialContext: f.dial}}, `{"type":"hello","id":"h","data":{"token":"`+token+`"}}`)
	go awake(anna)
	visitor := c.must("POST", "/v1/sites/acme/visitor-tokens", "", `{"site_uid":"kim"}`)["token"].(string)
	kim := open(http.DefaultClient, `{"type":"hello","id":"h","data":{"token":"`+visitor+`"}}`)
	room := c.say(kim, `{"type":"room.start","id":"1","data":{"client_id":"aaaaaaaaaaaa"}}`)["data"].(map[string]any)["room"].(string)
	conn := func() string { return n.inboxOf("acme", "anna").Conn.String() }
	require.Equal(t, "up", conn())
	require.Zero(t, lost.Load(), "a line that is whole was given up")

	f.drop()
	require.Equal(t, "ok", c.say(kim, `{"type":"message.send","id":"2","stream":"room/`+room+`","data":{"client_id":"bbbbbbbbbbbb","kind":"text","text":"are you there?"}}`)["type"])
	select {
	case <-gone:
	case <-ctx.Done():
		t.Fatal("the dead line was never found out")
	}
	for conn() != "grace" { // told to the agent, and answered when that is on the disk
		require.NoError(t, ctx.Err())
		runtime.Gosched()
	}
	// Back by another way.
	again, _, err := websocket.Dial(ctx, "ws://"+c.base+"/v1/ws", &websocket.DialOptions{Subprotocols: []string{"switchyard.v1.json"}})
	require.NoError(t, err)
	again.SetReadLimit(1 << 20)
	e := &ear{n: c.memoNode, c: again}
	e.send(`{"type":"hello","id":"h","data":{"token":"` + token + `","resume":{"epoch":"` + n.store.Epoch() + `","streams":{"desk/` + room + `":0}}}}`)
	e.until(func(m map[string]any) bool {
		d, _ := m["data"].(map[string]any)
		return m["type"] == "message.new" && d["text"] == "are you there?"
	})
	e.until(typed("stream.live"))
	for conn() != "up" {
		require.NoError(t, ctx.Err())
		runtime.Gosched()
	}
	require.NoError(t, again.CloseNow())
	require.NoError(t, kim.CloseNow())
	_ = anna.CloseNow() // its other end hears nothing of it
}

// inboxOf asks an agent how it stands.
func (n *node) inboxOf(site protocol.SiteID, account protocol.AccountID) protocol.InboxView {
	got := make(chan protocol.InboxView, 1)
	n.engine.Ask(protocol.AgentAt(site, account), protocol.Command{Body: protocol.ViewInbox{Account: account}, Caller: protocol.Caller{Role: protocol.System, Site: site}, Facts: n.engine.Facts(site)},
		func(res protocol.Result, _ *protocol.Rejection) {
			v, _ := res.(protocol.InboxView)
			got <- v
		})
	return <-got
}
