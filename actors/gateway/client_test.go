package gateway

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"sync"

	"github.com/coder/websocket"
)

// socket is a client's end.
type socket struct {
	h    *house
	ws   *websocket.Conn
	done chan struct{}
	once sync.Once
}

func (h *house) dial(headers http.Header) *socket {
	h.t.Helper()
	ws, res, err := websocket.Dial(context.Background(), "ws://gate.test/v1/ws", &websocket.DialOptions{HTTPClient: h.client(), Subprotocols: []string{Subprotocol}, HTTPHeader: headers})
	if err != nil {
		h.t.Fatalf("dial: %v (%v)", err, res)
	}
	ws.SetReadLimit(1 << 20)
	return &socket{h: h, ws: ws, done: make(chan struct{})}
}

// enter dials and says hello; it reads welcome.
func (h *house) enter(token, resume string) *socket {
	h.t.Helper()
	s := h.dial(nil)
	data := `{"token":"` + token + `"`
	if resume != "" {
		data += `,"resume":` + resume
	}
	s.send(`{"type":"hello","id":"1","data":` + data + `}}`)
	if m := s.read(); m["type"] != "welcome" {
		h.t.Fatalf("no welcome: %v", m)
	}
	return s
}

func (s *socket) send(frame string) {
	s.h.t.Helper()
	if err := s.ws.Write(context.Background(), websocket.MessageText, []byte(frame)); err != nil {
		s.h.t.Fatalf("send %.80s: %v", frame, err)
	}
}

// read gives the next frame; nil after a close.
func (s *socket) read() map[string]any {
	_, b, err := s.ws.Read(context.Background())
	if err != nil {
		return nil
	}
	if string(b) == string(pingFrame) {
		return s.read()
	}
	var m map[string]any
	if json.Unmarshal(b, &m) != nil {
		s.h.t.Fatalf("not JSON: %s", b)
	}
	return m
}

// until reads up to a frame of the type.
func (s *socket) until(kind string) map[string]any {
	s.h.t.Helper()
	for range 1000 {
		m := s.read()
		if m == nil {
			s.h.t.Fatalf("closed before %s", kind)
		}
		if m["type"] == kind {
			return m
		}
	}
	s.h.t.Fatalf("no %s in 1000 frames", kind)
	return nil
}

// code reads until the close and gives its code.
func (s *socket) code() int {
	for {
		if _, _, err := s.ws.Read(context.Background()); err != nil {
			return int(websocket.CloseStatus(err))
		}
	}
}

func (s *socket) close() { s.once.Do(func() { close(s.done) }); s.ws.CloseNow() }

func data(m map[string]any) map[string]any { d, _ := m["data"].(map[string]any); return d }

func stringReader(s string) io.Reader { return &reader{s: s} }

type reader struct{ s string }

func (r *reader) Read(p []byte) (int, error) {
	if r.s == "" {
		return 0, io.EOF
	}
	n := copy(p, r.s)
	r.s = r.s[n:]
	return n, nil
}
