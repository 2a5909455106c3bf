package gateway

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"switchyard/protocol"
)

// A real socket under TLS: the cork sits above the encryption, cookies are Secure, and Serve ends with Shutdown.
func TestServeTLS(t *testing.T) {
	borrowed := httptest.NewUnstartedServer(nil)
	borrowed.StartTLS()
	certificates := borrowed.TLS.Certificates
	client := borrowed.Client()
	borrowed.Close()

	f := newFake()
	f.fill(200)
	cfg := DefaultConfig()
	cfg.SigningKey = make([]byte, 32)
	cfg.DrainWindow = time.Millisecond
	cfg.TLS = &tls.Config{Certificates: certificates}
	g := New(cfg, f.engine())
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- g.Serve(l) }()

	client.Transport.(*http.Transport).TLSClientConfig.ServerName = "example.com"
	ctx := context.Background()
	h := &house{t: t, fake: f, g: g}
	ws, _, err := websocket.Dial(ctx, "wss://"+l.Addr().String()+"/v1/ws", &websocket.DialOptions{HTTPClient: client, Subprotocols: []string{Subprotocol}})
	if err != nil {
		t.Fatal(err)
	}
	s := &socket{h: h, ws: ws, done: make(chan struct{})}
	s.send(`{"type":"hello","id":"1","data":{"token":"` + h.visitor("kim") + `","resume":{"epoch":"e-1","streams":{"room/` + string(roomA) + `":0}}}}`)
	s.until("welcome")
	for want := 1.0; want <= 200; want++ {
		if m := s.until("message.new"); m["seq"] != want {
			t.Fatalf("%v, want seq %v", m, want)
		}
	}
	shut := make(chan error, 1)
	go func() { shut <- g.Shutdown(ctx) }()
	s.until("goaway")
	if code := s.code(); code != closeDraining {
		t.Errorf("code %d", code)
	}
	if err := <-shut; err != nil {
		t.Error(err)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
}

// fill gives room A a log of n long messages, without a gateway around it.
func (f *fake) fill(n int) {
	v := f.rooms[roomA]
	v.Desk, v.RoomSeq = uint64(n), uint64(n)
	f.rooms[roomA] = v
	for i := range n {
		f.logs[protocol.RoomAt("acme", roomA)] = append(f.logs[protocol.RoomAt("acme", roomA)], message(uint64(i+1), strings.Repeat("가", 1000), protocol.FromBot))
	}
}
