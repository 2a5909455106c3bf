package gateway

import (
	"context"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"switchyard/protocol"
)

// Every limit of protocol.md section 4 is reached here or named with the test that reaches it;
// TestEveryLimitIsReached looks whether one was forgotten.
var limitTests = map[string]string{
	"HelloWait": "TestConformance02TheHelloIsWaitedFor", "HelloBytes": "TestConformance02And12CloseCodes", "ResumeStreams": "TestConformance02And12CloseCodes", "FrameBytes": "TestX12X13X14RawFrames",
	"PendingPerAddress": "", "Handshakes": "", "ConnectionsMax": "", "TextRunes": "", "JSONDepth": "TestF19X18Strictness", "JSONMembers": "TestF19X18Strictness",
	"BodyBytes": "", "HeaderBytes": "", "HistoryEvents": "TestHistory", "AgentCommands": "", "AgentBurst": "", "VisitorCommands": "", "VisitorBurst": "",
	"VisitorMessages": "", "MessageBurst": "", "Strikes": "TestF17AFloodOfOneCustomer", "Fragments": "TestF18", "Pings": "TestX17PingFlood", "AgentInFlight": "", "VisitorInFlight": "",
	"NodeCommands": "", "NodeBytes": "", "NewRoomShare": "", "CustomersTracked": "", "OutboxFrames": "TestF12Conformance10ASlowReaderIsLetGo", "OutboxBytes": "TestOutboxBytes",
	"ReplayEvents": "TestConformance06And07Resume", "Replays": "TestF14ReplayBudget", "BoardRooms": "TestBoard", "VisitorTokens": "", "VisitorTokenRun": "",
	"LoginsPerAccount": "", "LoginsPerAddress": "", "LoginBurst": "", "PasswordWorkers": "", "PasswordQueue": "", "PasswordMemory": "", "PasswordTime": "",
	"Exports": "TestX32FilesAreLimited", "ExportBurst": "TestX32FilesAreLimited", "ExportWorkers": "TestX32FilesAreLimited",
	"VisitorUploads": "TestX24UploadFloods", "AccountUploads": "TestX24UploadFloods", "ImageWorkers": "TestX24UploadFloods", "ImageQueue": "TestX24UploadFloods",
}

func TestEveryLimitIsReached(t *testing.T) {
	tests := ""
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		tests += string(b)
	}
	c := reflect.TypeFor[Config]()
	for i := range c.NumField() {
		f := c.Field(i)
		switch f.Type.Kind() {
		case reflect.Int, reflect.Int64, reflect.Uint32, reflect.Uint64, reflect.Float64:
			name, ok := limitTests[f.Name]
			if !ok && f.Type != reflect.TypeFor[time.Duration]() {
				t.Errorf("no test reaches %s", f.Name)
			}
			if name != "" && !strings.Contains(tests, "\nfunc "+name+"(") {
				t.Errorf("%s, which reaches %s, does not exist", name, f.Name)
			}
		}
	}
}

// A bucket that was refilled in many small steps lacks a billionth of a token; the wait for it was cut to zero, which
// means "go": for as long as nobody looked at the clock again the limit was off. A day's share of uploads showed it.
func TestABucketNeverWaitsForNothing(t *testing.T) {
	r := rate{PerSecond: 1, Burst: 5}
	b := bucket{tokens: 1 - 1e-12, last: time.Unix(0, 0)}
	if wait := b.take(r, time.Unix(0, 0)); wait <= 0 {
		t.Errorf("wait %v", wait)
	}
}

// sendRead sends n read commands that ask for a reply and counts the codes of the replies.
func (s *socket) burst(n int, frame string) map[string]int {
	got := map[string]int{}
	for range n {
		s.send(frame)
		m := s.read()
		if m == nil {
			got["closed"]++
			return got
		}
		if code, ok := data(m)["code"].(string); ok {
			got[code]++
			if code == "rate_limited" && data(m)["retry_ms"] == nil {
				s.h.t.Error("rate_limited without retry_ms")
			}
		} else {
			got[m["type"].(string)]++
		}
	}
	return got
}

func TestCommandRates(t *testing.T) {
	done := func(h *house) {
		h.answer = func(a asked) (protocol.Result, *protocol.Rejection, bool) {
			switch a.c.Body.(type) {
			case protocol.EndRoom, protocol.SendMessage:
				return protocol.Done{}, nil, true
			}
			return nil, nil, false
		}
	}
	end := func(stream string) string {
		return `{"type":"room.end","id":"1","stream":"` + stream + string(roomA) + `","data":{}}`
	}
	in(t, nil, func(h *house) {
		done(h)
		agent := h.enter(h.login("boss", "acme"), "")
		agent.until("stream.live")
		if got := agent.burst(45, end("desk/")); got["ok"] != 40 || got["rate_limited"] != 5 {
			t.Errorf("agent: %v", got)
		}
		time.Sleep(time.Second) // of the bubble's time: nobody waits
		if got := agent.burst(22, end("desk/")); got["ok"] != 20 || got["rate_limited"] != 2 {
			t.Errorf("agent after a second: %v", got)
		}
		visitor := h.enter(h.visitor("kim"), "")
		if got := visitor.burst(12, end("room/")); got["ok"] != 10 || got["rate_limited"] != 2 {
			t.Errorf("visitor: %v", got)
		}
		// F-17: another connection of the same customer has no rate of its own.
		second := h.enter(h.visitor("kim"), "")
		if got := second.burst(1, end("room/")); got["rate_limited"] != 1 {
			t.Errorf("second connection: %v", got)
		}
		time.Sleep(time.Minute) // of the bubble's time: nobody waits
		writer := h.enter(h.visitor("kim"), "")
		if got := writer.burst(7, `{"type":"message.send","id":"1","stream":"room/`+string(roomA)+`","data":{"client_id":"aaaaaaaaaaaa","kind":"text","text":"x"}}`); got["ok"] != 5 || got["rate_limited"] != 2 {
			t.Errorf("messages: %v", got)
		}
		for _, s := range []*socket{agent, visitor, second, writer} {
			s.close()
		}
	})
}

// In flight per connection; per node by commands and by bytes, room.start before the rest.
func TestF21InFlight(t *testing.T) {
	in(t, nil, func(h *house) {
		s := h.enter(h.visitor("kim"), "")
		for i := range 9 {
			s.send(`{"type":"room.start","id":"` + itoa(int64(i)) + `","data":{"client_id":"aaaaaaaaaaaa"}}`)
		}
		if m := s.read(); m["reply_to"] != "8" || data(m)["code"] != "rate_limited" {
			t.Errorf("ninth: %v", m)
		}
		s.close()

		agent := h.enter(h.login("boss", "acme"), "")
		agent.until("stream.live")
		for i := range 33 {
			agent.send(`{"type":"room.take","id":"` + itoa(int64(i)) + `","data":{"room":"` + string(roomA) + `"}}`)
		}
		if m := agent.read(); m["reply_to"] != "32" || data(m)["code"] != "rate_limited" {
			t.Errorf("33rd: %v", m)
		}
		agent.close()

		kim := h.enter(h.visitor("lee"), "")
		start := `{"type":"room.start","id":"1","data":{"client_id":"aaaaaaaaaaaa"}}`
		end := `{"type":"room.end","id":"1","stream":"room/` + string(roomB) + `","data":{}}`
		h.answer = func(a asked) (protocol.Result, *protocol.Rejection, bool) {
			_, view := a.c.Body.(protocol.ViewRoom)
			return protocol.Done{}, nil, !view
		}
		for _, c := range []struct {
			commands   int
			bytes      int64
			start, end string
		}{{0, 0, "ok", "ok"}, {15_000, 0, "unavailable", "ok"}, {0, 61 << 20, "unavailable", "ok"}, {16_384, 0, "unavailable", "unavailable"}, {0, 64 << 20, "unavailable", "unavailable"}} {
			h.mu.Lock()
			h.commands, h.bytes = c.commands, c.bytes
			h.mu.Unlock()
			time.Sleep(time.Second) // of the bubble's time: nobody waits
			if got := kim.burst(1, start); got[c.start] != 1 {
				t.Errorf("%+v: start %v", c, got)
			}
			if got := kim.burst(1, end); got[c.end] != 1 {
				t.Errorf("%+v: end %v", c, got)
			}
		}
		kim.close()
	})
}

func TestSizes(t *testing.T) {
	in(t, nil, func(h *house) {
		s := h.enter(h.visitor("kim"), "")
		send := func(n int) map[string]any {
			s.send(`{"type":"message.send","id":"1","stream":"room/` + string(roomA) + `","data":{"client_id":"aaaaaaaaaaaa","kind":"text","text":"` + strings.Repeat("가", n) + `"}}`)
			synctest.Wait()
			if all := bodies[protocol.SendMessage](h.fake); len(all) > 0 {
				all[0].answer(protocol.Sent{MessageID: "m_1"}, nil)
			}
			return s.read()
		}
		if m := send(10_001); data(m)["code"] != "too_large" || data(m)["field"] != "data.text" {
			t.Errorf("10,001 characters: %v", m)
		}
		if m := send(10_000); m["type"] != "ok" {
			t.Errorf("10,000 characters: %v", m)
		}
		s.close()
		admin := h.login("admin", "acme")
		if res, m := h.do("PATCH", "/v1/sites/acme/settings", admin, `{"name":"`+strings.Repeat("x", 1<<20)+`"}`); res.StatusCode != 413 || m["code"] != "too_large" {
			t.Errorf("body: %v %v", res.Status, m)
		}
		if res, _ := h.do("GET", "/v1/sites/acme/settings", admin, "", "X-Long", strings.Repeat("x", 64<<10)); res.StatusCode != 431 {
			t.Errorf("header: %v", res.Status)
		}
		if res, _ := h.do("GET", "/v1/sites/acme/rooms?category="+strings.Repeat("x", 5<<10), admin, ""); res.StatusCode != 414 {
			t.Errorf("query: %v", res.Status)
		}
	})
}

func TestSocketsBeforeHello(t *testing.T) {
	in(t, nil, func(h *house) {
		for range h.g.cfg.PendingPerAddress {
			h.dial(nil)
		}
		if res := h.upgrade("/v1/ws"); res.StatusCode != 429 || res.Header.Get("Retry-After") == "" {
			t.Errorf("51st: %v", res.Status)
		}
		time.Sleep(20 * time.Second) // of the bubble's time: nobody waits
		if res := h.upgrade("/v1/ws"); res.StatusCode != 101 {
			t.Errorf("after the others were let go: %v", res.Status)
		}
	})
	in(t, func(c *Config) { c.Handshakes = 2 }, func(h *house) {
		for i, want := range []int{101, 101, 101, 101, 503} {
			if res := h.upgrade("/v1/ws"); res.StatusCode != want {
				t.Errorf("handshake %d: %v", i, res.Status)
			}
		}
	})
	in(t, func(c *Config) { c.ConnectionsMax = 2 }, func(h *house) {
		a, b := h.dial(nil), h.dial(nil)
		if res := h.upgrade("/v1/ws"); res.StatusCode != 503 {
			t.Errorf("third connection: %v", res.Status)
		}
		a.close()
		b.close()
	})
}

// guesses are limited per account and address; every refusal says the same, whoever it is about.
func TestLogins(t *testing.T) {
	in(t, nil, func(h *house) {
		hash, _ := h.g.hash.Hash(context.Background(), "correct horse")
		if memory, passes, _, _, _, ok := parseArgon(hash); !ok || memory != h.g.cfg.PasswordMemory || passes != h.g.cfg.PasswordTime {
			t.Errorf("hash: %s", hash)
		}
		h.passwords["anna"] = hash
		login := func(site, account, password string) (int, string) {
			res, m := h.do("POST", "/v1/sessions", "", `{"site":"`+site+`","account":"`+account+`","password":"`+password+`"}`)
			text, _ := m["text_en"].(string)
			return res.StatusCode, text
		}
		for _, c := range [][2]string{{"acme", "anna"}, {"acme", "nobody"}, {"nowhere", "anna"}, {"acme", "ben"}} {
			for i := range 11 {
				status, text := login(c[0], c[1], "wrong")
				if want := map[bool]int{true: 401, false: 429}[i < 10]; status != want || i < 10 && text != errLogin.Text {
					t.Errorf("%v, guess %d: %d %s", c, i, status, text)
				}
			}
		}
		if status, _ := login("acme", "anna", "correct horse"); status != 429 {
			t.Errorf("the right password during the pause: %d", status)
		}
		time.Sleep(31 * time.Second) // of the bubble's time: nobody waits
		if status, _ := login("acme", "anna", "correct horse"); status != 201 {
			t.Errorf("the right password after it: %d", status)
		}
		for i := range 70 {
			if status, _ := login("acme", "spray"+itoa(int64(i)), "wrong"); status == 429 {
				break
			} else if i == 69 {
				t.Error("spraying from one address is not limited")
			}
		}
	})
	// The pool is bounded: who finds no place is told so.
	h := newHasher(&Config{PasswordWorkers: 1, PasswordQueue: 1, PasswordMemory: 8, PasswordTime: 1})
	h.places <- struct{}{}
	h.places <- struct{}{}
	if _, rej := h.Hash(context.Background(), "x"); rej == nil || rej.Code != protocol.Unavailable {
		t.Errorf("a full pool: %v", rej)
	}
}

func TestVisitorTokenRate(t *testing.T) {
	in(t, func(c *Config) { c.VisitorTokens, c.VisitorTokenRun = 1, 2 }, func(h *house) {
		for i, want := range []int{201, 201, 429} {
			if res, _ := h.do("POST", "/v1/sites/acme/visitor-tokens", "", `{}`); res.StatusCode != want {
				t.Errorf("%d: %v", i, res.Status)
			}
		}
	})
}

// A flood of names does not become a flood of memory.
func TestBucketsAreBounded(t *testing.T) {
	b, now := newBuckets(rate{1, 1}, 3), time.Now()
	for _, name := range []string{"a", "b", "c"} {
		if b.take(name, now) != 0 {
			t.Error(name)
		}
	}
	if b.take("d", now) == 0 {
		t.Error("a fourth name found a place")
	}
	if b.take("d", now.Add(2*time.Second)) != 0 || len(b.m) != 1 {
		t.Errorf("full buckets are not forgotten: %d", len(b.m))
	}
}

// The outbox: ephemeral frames are conflated, dropped first, and never let a durable one down.
func TestOutboxBytes(t *testing.T) {
	var o outbox
	waiting := 0
	o.init(4, 100, func(n int) { waiting += n }, nil)
	o.ephemeral("typing", make([]byte, 30))
	o.ephemeral("typing", make([]byte, 40))
	if o.frames != 1 || o.bytes != 40 {
		t.Errorf("conflated: %d frames, %d bytes", o.frames, o.bytes)
	}
	o.ephemeral("other", make([]byte, 40))
	if o.ephemeral("third", make([]byte, 40)) {
		t.Error("an ephemeral frame beyond the bound")
	}
	if !o.live(make([]byte, 60), 1) || o.frames != 1 {
		t.Errorf("the durable frame did not drive the ephemeral ones out: %d", o.frames)
	}
	if o.live(make([]byte, 60), 1) {
		t.Error("a durable frame beyond the bound")
	}
	if !o.reply(make([]byte, 100)) || o.reply(make([]byte, 100)) {
		t.Error("replies have twice the bound")
	}
	batch := o.take(nil, 1<<20)
	o.wrote(batch)
	if o.frames != 0 || o.bytes != 0 || waiting != 0 {
		t.Errorf("after the writer: %d %d %d", o.frames, o.bytes, waiting)
	}
}
