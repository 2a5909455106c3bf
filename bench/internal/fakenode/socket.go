package fakenode

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// socket is one upgraded connection: a reader (the HTTP handler) and a writer.
type socket struct {
	n    *Node
	ws   *websocket.Conn
	who  caller
	subs map[string]bool // under the node's mu
	hung bool            // under the node's mu

	mu   sync.Mutex
	out  [][]byte
	shut *websocket.CloseError
	wake chan struct{}
}

type inbound struct {
	Type   string          `json:"type"`
	ID     string          `json:"id"`
	Stream string          `json:"stream"`
	Data   json.RawMessage `json:"data"`
}

func (n *Node) upgrade(w http.ResponseWriter, r *http.Request) {
	if !slices.Contains(r.Header["Sec-Websocket-Protocol"], "switchyard.v1.json") {
		problem(w, http.StatusBadRequest, "bad_request", nil)
		return
	}
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"switchyard.v1.json"}})
	if err != nil {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &socket{n: n, ws: ws, subs: map[string]bool{}, wake: make(chan struct{}, 1)}
	written := make(chan struct{})
	go func() {
		defer close(written)
		s.writer(ctx)
	}()
	s.reader(ctx)
	n.leave(s)
	cancel()
	_ = ws.CloseNow() // gone is gone
	<-written
}

func (s *socket) put(frame []byte) {
	s.mu.Lock()
	s.out = append(s.out, frame)
	s.mu.Unlock()
	s.poke()
}

func (s *socket) close(code int, reason string) {
	s.mu.Lock()
	s.shut = &websocket.CloseError{Code: websocket.StatusCode(code), Reason: reason}
	s.mu.Unlock()
	s.poke()
}

func (s *socket) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// pingEvery is the contract's heartbeat, without its jitter.
const pingEvery = 25 * time.Second

func (s *socket) writer(ctx context.Context) {
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	for {
		s.mu.Lock()
		frames, shut := s.out, s.shut
		s.out = nil
		s.mu.Unlock()
		for _, f := range frames {
			if s.ws.Write(ctx, websocket.MessageText, f) != nil {
				return
			}
		}
		if shut != nil {
			_ = s.ws.Close(shut.Code, shut.Reason) // the peer may already be gone
			return
		}
		select {
		case <-s.wake:
		case <-ping.C:
			s.n.ping(s)
		case <-ctx.Done():
			return
		}
	}
}

// reader reads until the socket ends. The first frame must be a hello.
func (s *socket) reader(ctx context.Context) {
	first := true
	for {
		readCtx, cancel := context.WithCancel(ctx)
		if first {
			readCtx, cancel = context.WithTimeout(ctx, 10*time.Second)
		}
		_, b, err := s.ws.Read(readCtx)
		cancel()
		if err != nil {
			return
		}
		var in inbound
		if json.Unmarshal(b, &in) != nil || first != (in.Type == "hello") {
			s.close(4400, "protocol")
			continue
		}
		if first {
			first = false
			s.n.hello(s, in)
			continue
		}
		if !s.n.command(s, in) {
			return
		}
	}
}

func (n *Node) hello(s *socket, in inbound) {
	var d struct {
		Token  string
		Resume *struct {
			Epoch   string
			Streams map[string]uint64
		}
	}
	if json.Unmarshal(in.Data, &d) != nil {
		s.close(4400, "hello")
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	who, ok := n.tokens[d.Token]
	if !ok {
		s.close(4401, "token")
		return
	}
	s.who = who
	n.sockets[s] = true
	limits := map[string]any{"frame": 65536, "text": 10000, "rate": 5, "burst": 10, "inflight": 8}
	if who.account != "" {
		limits = map[string]any{"frame": 65536, "text": 10000, "rate": 20, "burst": 40, "inflight": 32}
	}
	s.frame(map[string]any{"type": "welcome", "reply_to": in.ID, "data": map[string]any{
		"session": "c_1", "epoch": n.epoch, "now": stamp(), "heartbeat_ms": 25000, "limits": limits, "capabilities": []string{},
	}})
	resumed := map[string]bool{}
	if d.Resume != nil {
		names := make([]string, 0, len(d.Resume.Streams))
		for name := range d.Resume.Streams {
			names = append(names, name)
		}
		slices.SortFunc(names, inboxFirst)
		for _, name := range names {
			resumed[name] = true
			n.resume(s, name, d.Resume.Streams[name], d.Resume.Epoch == n.epoch)
		}
	}
	n.arrive(s, resumed)
}

// resume replays a stream from a number, or says that it cannot.
func (n *Node) resume(s *socket, name string, after uint64, sameEpoch bool) {
	log := n.logs[name]
	s.subs[name] = true
	if !sameEpoch || after > uint64(len(log)) || uint64(len(log))-after > 500 {
		n.reset(s, name, "too_old")
		return
	}
	for _, e := range log[after:] {
		s.put(e.frame)
	}
	s.frame(map[string]any{"type": "stream.live", "stream": name, "data": map[string]any{"seq": len(log), "recovered": true}})
}

func (n *Node) reset(s *socket, name, reason string) {
	s.subs[name] = true
	seq := len(n.logs[name])
	s.frame(map[string]any{"type": "stream.reset", "stream": name, "data": map[string]any{
		"reason": reason, "seq": seq, "history_from": 1, "snapshot": n.snapshot(name),
	}})
	s.frame(map[string]any{"type": "stream.live", "stream": name, "data": map[string]any{"seq": seq, "recovered": false}})
}

func (n *Node) ping(s *socket) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.sockets[s] && !s.hung {
		s.put([]byte(`{"type":"ping"}`))
	}
}

func (s *socket) frame(f map[string]any) {
	b, err := json.Marshal(f)
	if err != nil {
		panic(err)
	}
	s.put(b)
}

func (s *socket) ok(id string, data map[string]any) {
	if id != "" {
		s.frame(map[string]any{"type": "ok", "reply_to": id, "data": data})
	}
}

func (s *socket) refuse(id, code string) {
	s.frame(map[string]any{"type": "error", "reply_to": id, "data": map[string]any{"code": code, "text_en": code, "retryable": false}})
}

// publish appends an event to a stream and sends it to its followers.
func (n *Node) publish(name, kind string, data map[string]any) uint64 {
	seq := uint64(len(n.logs[name])) + 1
	b, err := json.Marshal(map[string]any{"type": kind, "stream": name, "seq": seq, "at": stamp(), "data": data})
	if err != nil {
		panic(err)
	}
	n.logs[name] = append(n.logs[name], entry{seq, b})
	for s := range n.sockets {
		if !s.subs[name] || s.hung {
			continue
		}
		if n.luck(n.faults.SkipEvent) {
			continue
		}
		s.put(b)
		if n.luck(n.faults.RepeatEvent) {
			s.put(b)
		}
	}
	return seq
}

// now is the node's clock, cut to the millisecond.
func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

func stamp() string { return now().Format("2006-01-02T15:04:05.000Z07:00") }

func inboxFirst(a, b string) int {
	rank := func(s string) int {
		if len(s) > 6 && s[:6] == "inbox/" {
			return 0
		}
		return 1
	}
	if rank(a) != rank(b) {
		return rank(a) - rank(b)
	}
	if a < b {
		return -1
	}
	return 1
}
