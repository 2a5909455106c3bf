package gateway

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"
)

// PERF-4: what a connection holds that has said hello and nothing since, on a real socket: heap and stacks.
func TestAnIdleConnectionIsSmall(t *testing.T) {
	f := newFake()
	cfg := DefaultConfig()
	cfg.SigningKey = make([]byte, 32)
	cfg.PendingPerAddress, cfg.Handshakes, cfg.AllowNoOrigin = 1000, 1000, true
	g := New(cfg, f.engine())
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- g.Serve(l) }()
	h := &house{t: t, fake: f, g: g}
	token := h.visitor("kim")
	r := bufio.NewReader(nil)
	dial := func() net.Conn {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(c, "GET /v1/ws HTTP/1.1\r\nHost: "+l.Addr().String()+"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: switchyard.v1.json\r\n\r\n")
		r.Reset(c)
		res, err := http.ReadResponse(r, nil)
		if err != nil || res.StatusCode != 101 {
			t.Fatalf("upgrade: %v %v", res, err)
		}
		_, _ = c.Write(frame(textFin, `{"type":"hello","id":"1","data":{"token":"`+token+`"}}`))
		s := rawSocket{h, c, r}
		if _, p, err := s.next(); err != nil || !strings.Contains(string(p), "welcome") {
			t.Fatalf("welcome: %s %v", p, err)
		}
		return c
	}
	hold := func() (heap, stack uint64) {
		for range 3 {
			runtime.GC()
			time.Sleep(500 * time.Millisecond) // the watchdog lets writers go that had nothing to do
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc, m.StackInuse
	}
	const warm, n = 50, 300
	var all []net.Conn
	for range warm { // pools and lists that grow once
		all = append(all, dial())
	}
	h0, s0 := hold()
	for range n {
		all = append(all, dial())
	}
	h1, s1 := hold()
	t.Logf("heap %d, stacks %d bytes a connection, the client's socket included", (int(h1)-int(h0))/n, (int(s1)-int(s0))/n)
	// 0.7 of the library's default handler, the floor of PERF-4, are some 15,400. (make clients looks without the race detector.)
	most := map[bool]int{false: 15_000, true: 22_000}[raced]
	if bytes := (int(h1) - int(h0) + int(s1) - int(s0)) / n; bytes > most {
		t.Errorf("%d bytes a connection", bytes)
	}
	if left := len(g.connections()); left != warm+n {
		t.Errorf("%d connections", left)
	}
	for _, c := range all {
		_ = c.Close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := g.Shutdown(ctx); err != nil {
		t.Errorf("shutdown: %v", err)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
}
