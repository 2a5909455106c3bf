package gateway

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"switchyard/protocol"
)

// Every close code of protocol.md section 5 that this version sends, each by the shortest way to it.
func TestConformance02And12CloseCodes(t *testing.T) {
	hello := func(h *house, token string) *socket {
		s := h.dial(nil)
		s.send(`{"type":"hello","id":"1","data":{"token":"` + token + `"}}`)
		return s
	}
	for _, c := range []struct {
		name   string
		code   int
		change func(*Config)
		do     func(h *house) *socket
	}{
		{"first frame is no hello", 4400, nil, func(h *house) *socket { s := h.dial(nil); s.send(`{"type":"pong"}`); return s }},
		{"hello of 17 KiB", 4400, nil, func(h *house) *socket {
			s := h.dial(nil)
			s.send(`{"type":"hello","data":{"token":"` + strings.Repeat("x", 17<<10) + `"}}`)
			return s
		}},
		{"hello with 201 streams", 4400, nil, func(h *house) *socket {
			s := h.dial(nil)
			streams := ""
			for i := range 201 {
				streams += `,"room/r_` + itoa(int64(i)) + `":1`
			}
			s.send(`{"type":"hello","data":{"token":"` + h.visitor("kim") + `","resume":{"epoch":"e-1","streams":{` + streams[1:] + `}}}}`)
			return s
		}},
		{"second hello", 4400, nil, func(h *house) *socket {
			s := h.enter(h.visitor("kim"), "")
			s.send(`{"type":"hello","id":"2"}`)
			return s
		}},
		{"binary", 4400, nil, func(h *house) *socket {
			s := h.enter(h.visitor("kim"), "")
			s.ws.Write(context.Background(), websocket.MessageBinary, []byte(`{}`))
			return s
		}},
		{"no token", 4401, nil, func(h *house) *socket { s := h.dial(nil); s.send(`{"type":"hello"}`); return s }},
		{"bad token", 4401, nil, func(h *house) *socket { return hello(h, "v1.visitor.x.y") }},
		{"token expires", 4401, nil, func(h *house) *socket { s := h.enter(h.visitor("kim"), ""); go answerPings(s); return s }},
		{"session ends", 4401, nil, func(h *house) *socket {
			s := h.enter(h.login("anna", "acme"), "")
			h.mu.Lock()
			clear(h.sessions)
			h.mu.Unlock()
			return s
		}},
		{"unknown site", 4404, nil, func(h *house) *socket {
			now := time.Now()
			return hello(h, h.g.signVisitor(visitorClaims{Site: "nowhere", Key: "nowhere_x", From: now.Unix(), Expires: now.Add(time.Hour).Unix()}))
		}},
		{"account disabled", 4404, nil, func(h *house) *socket {
			s := h.enter(h.login("anna", "acme"), "")
			h.mu.Lock()
			f := *h.facts["acme"]
			f.Accounts = map[protocol.AccountID]*protocol.Account{}
			h.facts["acme"] = &f
			h.mu.Unlock()
			return s
		}},
		{"page of another site", 4403, func(c *Config) {
			c.Sites = func() []protocol.SiteID { return []protocol.SiteID{"acme", "other"} }
		}, func(h *house) *socket {
			s := h.dial(http.Header{"Origin": {"https://other.example.net"}})
			s.send(`{"type":"hello","data":{"token":"` + h.visitor("kim") + `"}}`)
			return s
		}},
		{"no hello in time", 4408, nil, func(h *house) *socket { return h.dial(nil) }},
		{"too many", 4429, nil, func(h *house) *socket {
			s := h.enter(h.visitor("kim"), "")
			for range 40 {
				if s.ws.Write(context.Background(), websocket.MessageText, []byte(`{"type":"read","stream":"x"}`)) != nil {
					break
				}
			}
			return s
		}},
		{"inbox cannot be read", 4500, nil, func(h *house) *socket {
			h.answer = func(a asked) (protocol.Result, *protocol.Rejection, bool) {
				_, inbox := a.c.Body.(protocol.ViewInbox)
				return nil, protocol.Reject(protocol.Internal, "broken"), inbox
			}
			return h.enter(h.login("anna", "acme"), "")
		}},
		{"draining", 4503, nil, func(h *house) *socket {
			s := h.enter(h.visitor("kim"), "")
			go h.g.Drain(context.Background())
			if m := s.until("goaway"); data(m)["reason"] != "deploy" {
				h.t.Errorf("goaway: %v", m)
			}
			return s
		}},
		{"peer leaves", 1000, nil, func(h *house) *socket {
			s := h.enter(h.visitor("kim"), "")
			s.ws.Close(1000, "")
			return s
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			in(t, c.change, func(h *house) {
				s := c.do(h)
				if c.code != 1000 {
					if got := s.code(); got != c.code {
						h.t.Errorf("code %d, want %d", got, c.code)
					}
				}
				s.close()
				synctest.Wait()
				h.mu2.Lock()
				defer h.mu2.Unlock()
				if h.closes[c.code] != 1 {
					h.t.Errorf("observed: %v, want %d", h.closes, c.code)
				}
			})
		})
	}
}

// answerPings keeps a client alive that only waits.
func answerPings(s *socket) {
	for {
		select {
		case <-s.done:
			return
		case <-time.After(5 * time.Second):
			s.ws.Write(context.Background(), websocket.MessageText, []byte(`{"type":"pong"}`))
		}
	}
}

// Conformance 2: the hello is waited for ten seconds, not more and not less.
func TestConformance02TheHelloIsWaitedFor(t *testing.T) {
	in(t, nil, func(h *house) {
		began := time.Now()
		s := h.dial(nil)
		if code := s.code(); code != closeNoHello {
			h.t.Errorf("code %d", code)
		}
		if took := time.Since(began); took < 10*time.Second || took > 11*time.Second {
			h.t.Errorf("after %v", took)
		}
	})
}

// F-13: a peer that has vanished is found out by the heartbeat, within 40 s; any frame keeps it.
func TestF13AVanishedPeerIsFoundOutByTheHeartbeat(t *testing.T) {
	in(t, nil, func(h *house) {
		s := h.enter(h.visitor("kim"), "")
		began := time.Now()
		if code := s.code(); code != -1 {
			h.t.Errorf("a vanished peer gets no goodbye: %d", code)
		}
		if took := time.Since(began); took < 32*time.Second || took > 40*time.Second {
			h.t.Errorf("found out after %v", took)
		}
		s = h.enter(h.visitor("kim"), "")
		go answerPings(s)
		go s.code()
		time.Sleep(10 * time.Minute) // of the bubble's time: nobody waits
		if n := len(h.g.connections()); n != 1 {
			h.t.Errorf("%d connections after ten quiet minutes", n)
		}
		s.close()
	})
}

// the expiry is announced, a fresh token of the same caller replaces the old one, and another's does not.
func TestAuthRefresh(t *testing.T) {
	in(t, nil, func(h *house) {
		s := h.enter(h.visitor("kim"), "")
		go answerPings(s)
		m := s.until("auth.expiring")
		if ms := data(m)["in_ms"].(float64); ms > 60_000 || ms < 58_000 {
			h.t.Errorf("announced %v ms before", ms)
		}
		s.send(`{"type":"auth.refresh","id":"2","data":{"token":"` + h.visitor("lee") + `"}}`)
		if m := s.until("error"); data(m)["code"] != "unauthenticated" {
			h.t.Errorf("another's token: %v", m)
		}
		s.send(`{"type":"auth.refresh","id":"3","data":{"token":"` + h.visitor("kim") + `"}}`)
		s.until("ok")
		began := time.Now()
		s.until("auth.expiring")
		if took := time.Since(began); took < 58*time.Minute {
			h.t.Errorf("expiring again after %v", took)
		}
		s.close()
	})
}

// Conformance 10, F-12: a reader that stops reading is let go with 4508 after five seconds; its
// outbox stays in its bounds, and the rest is in the log.
func TestF12Conformance10ASlowReaderIsLetGo(t *testing.T) {
	in(t, nil, func(h *house) {
		s := h.enter(h.visitor("kim"), `{"epoch":"e-1","streams":{"room/`+string(roomA)+`":0}}`)
		s.until("stream.live")
		synctest.Wait() // the writer's hand is empty
		f := h.following("room/" + string(roomA))
		took := 0
		for n := uint64(1); n <= 2000; n++ {
			e := message(n, strings.Repeat("가", 100), protocol.FromAgent)
			if !f.sink.Push(&e, nil, false) {
				break
			}
			took++
		}
		if took != h.g.cfg.OutboxFrames { // waiting, and in the writer's hand
			h.t.Errorf("%d live frames were taken", took)
		}
		began := time.Now()
		time.Sleep(6 * time.Second) // of the bubble's time: nobody waits
		synctest.Wait()
		if c := h.g.connections(); len(c) == 1 && c[0].ending.Load() == nil {
			h.t.Errorf("still served after %v", time.Since(began))
		}
		s.code() // reading again now: what was on its way, and the goodbye if it still fits the time
		s.close()
		synctest.Wait()
		if h.closes[closeSlowConsumer] != 1 {
			h.t.Errorf("closes: %v", h.closes)
		}
	})
}

// Conformance 12: a drain says goaway, refuses new sockets, and ends a connection only when its commands are answered.
func TestConformance12ADrainWaitsForCommands(t *testing.T) {
	in(t, nil, func(h *house) {
		s := h.enter(h.visitor("kim"), "")
		s.send(`{"type":"room.start","id":"2","data":{"client_id":"aaaaaaaaaaaa"}}`)
		synctest.Wait()
		drained := make(chan error, 1)
		go func() { drained <- h.g.Drain(context.Background()) }()
		s.until("goaway")
		if not := h.g.Ready(); len(not) != 1 || not[0] != "draining" {
			h.t.Errorf("ready: %v", not)
		}
		res, _ := h.do("GET", "/v1/ws", "", "", "Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA==", "Sec-WebSocket-Protocol", Subprotocol)
		if res.StatusCode != 503 || res.Header.Get("Retry-After") == "" {
			h.t.Errorf("new socket: %v", res.Status)
		}
		time.Sleep(9 * time.Second) // of the bubble's time: nobody waits
		bodies[protocol.StartRoom](h.fake)[0].answer(protocol.Started{Room: roomA, Outcome: protocol.OutcomeQueued}, nil)
		s.until("ok")
		if code := s.code(); code != closeDraining {
			h.t.Errorf("code %d", code)
		}
		if err := <-drained; err != nil {
			h.t.Error(err)
		}
	})
}
