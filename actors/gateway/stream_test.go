package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"switchyard/protocol"
)

// fill gives a room a log of n messages and the view that goes with it.
func (h *house) fill(room protocol.RoomID, n int, at time.Time) {
	var log []protocol.Recorded
	for i := 1; i <= n; i++ {
		r := message(uint64(i), "m", protocol.FromBot)
		r.At = protocol.At(at)
		log = append(log, r)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.logs[protocol.RoomAt("acme", room)] = log
	v := h.rooms[room]
	v.Desk, v.RoomSeq, v.Number = uint64(n), uint64(n), uint64(n)
	h.rooms[room] = v
}

// Conformance 6 and 7: resume at each kind of position, and of another life of the store.
func TestConformance06And07Resume(t *testing.T) {
	for _, c := range []struct {
		name          string
		epoch         string
		after, events int
		reason        string
		age           time.Duration
	}{
		{"last", "e-1", 600, 0, "", 0},
		{"last - 1", "e-1", 599, 1, "", 0},
		{"limit", "e-1", 100, 500, "", 0},
		{"limit + 1", "e-1", 99, 0, "too_many", 0},
		{"last + 1", "e-1", 601, 0, "ahead", 0},
		{"foreign epoch", "e-0", 599, 0, "epoch", 0},
		{"older than seven days", "e-1", 590, 0, "too_old", 8 * 24 * time.Hour},
	} {
		t.Run(c.name, func(t *testing.T) {
			in(t, nil, func(h *house) {
				h.fill(roomA, 600, time.Now().Add(-c.age))
				s := h.enter(h.visitor("kim"), `{"epoch":"`+c.epoch+`","streams":{"room/`+string(roomA)+`":`+itoa(int64(c.after))+`}}`)
				events := 0
				for {
					m := s.read()
					if m["type"] == "message.new" {
						if events++; m["seq"] != float64(c.after+events) {
							t.Fatalf("event %d has seq %v", events, m["seq"])
						}
						continue
					}
					if m["type"] == "stream.reset" {
						d := data(m)
						if d["reason"] != c.reason || d["seq"] != 600.0 || d["snapshot"].(map[string]any)["state"] != "ACTIVE" || d["history_from"] != 601.0 {
							t.Errorf("reset: %v", m)
						}
						if snap := d["snapshot"].(map[string]any); snap["assignment"] != nil || snap["customer"] != nil {
							t.Errorf("the customer's snapshot shows too much: %v", snap)
						}
						continue
					}
					if m["type"] != "stream.live" || data(m)["recovered"] != (c.reason == "") || data(m)["seq"] != 600.0 {
						t.Errorf("live: %v", m)
					}
					break
				}
				if events != c.events {
					t.Errorf("%d events, want %d", events, c.events)
				}
				s.close()
			})
		})
	}
}

// F-14: the node reads its log for so many at a time; the next waits, with welcome sent. Who waits for its own socket is
// not one of them: peers that vanish in the middle of a replay keep nobody from coming back.
func TestF14ReplayBudget(t *testing.T) {
	waiting := 0
	in(t, func(c *Config) {
		c.Replays = 1
		c.Observer.ReplayWaits = func(delta int) { waiting += delta }
	}, func(h *house) {
		h.fill(roomA, 400, time.Now())
		h.fill(roomB, 10, time.Now())
		turn := make(chan struct{})
		h.reading = func() { <-turn } // the log takes its time
		first := h.enter(h.visitor("kim"), `{"epoch":"e-1","streams":{"room/`+string(roomA)+`":0}}`)
		synctest.Wait()
		second := h.enter(h.visitor("lee"), `{"epoch":"e-1","streams":{"room/`+string(roomB)+`":0}}`)
		synctest.Wait()
		if h.following("room/"+string(roomA)) == nil || h.following("room/"+string(roomB)) != nil || waiting != 1 {
			t.Errorf("a second replay runs; %d wait", waiting)
		}
		close(turn)
		// The first does not read: it stands before its own socket, and the second passes.
		second.until("stream.live")
		first.until("stream.live")
		first.close()
		second.close()
	})
	if waiting != 0 {
		t.Errorf("%d still wait", waiting)
	}
}

// F-14: an agent comes back to more rooms than its outbox has frames, and reads when it gets to it. Each room brings a snapshot and a
// stream.live, which cannot be left out; begun all at once they filled the outbox before the socket was asked, and the
// agent was let go as a slow reader (4508), which sends it back at once: found as a storm of 4,000 sockets that never ended.
func TestF14AnAgentComesBackToAThousandRooms(t *testing.T) {
	in(t, nil, func(h *house) {
		const rooms = 1000
		want := map[string]int{}
		for i := range rooms {
			id := protocol.RoomID(fmt.Sprintf("r_%026d", i))
			h.rooms[id] = protocol.RoomView{Room: id, Site: "acme", State: protocol.Active, Key: "acme_kim", Holder: "anna", Assignment: 1}
			h.inbox.Rooms = append(h.inbox.Rooms, protocol.InboxRoom{Room: id, Assignment: 1})
			want["desk/"+string(id)] = 2
		}
		s := h.enter(h.login("anna", "acme"), "")
		synctest.Wait() // the socket is full, and nobody goes on
		began := 0
		h.mu.Lock()
		began = len(h.follows)
		h.mu.Unlock()
		if began > 100 {
			t.Errorf("%d streams were begun for a socket that has not drained", began)
		}
		for left := 2 * rooms; left > 0; {
			m := s.read()
			if m == nil {
				t.Fatalf("closed with %d frames to come: %v", left, h.closes)
			}
			if name, _ := m["stream"].(string); want[name] > 0 && (m["type"] == "stream.reset" || m["type"] == "stream.live") {
				want[name]--
				left--
			}
		}
		s.close()
	})
}

// F-12, F-14, F-19: an agent with 15,000 rooms comes back. The snapshot of its inbox is 2 MB, twice what an outbox holds: it was refused by
// the outbox, the agent let go as a slow reader (4508), which sends it back at once, and so for ever; and from some 450 rooms on the
// frame was longer than the contract lets a client accept. Now it comes in frames within the limit, as fast as the socket
// drains, with every room once, in order, and what waits stays within its bound.
func TestF12F14AnInboxLongerThanAFrame(t *testing.T) {
	const rooms = 15_000
	var mu sync.Mutex
	queued, most := 0, 0
	in(t, func(c *Config) {
		c.Observer.Outbox = func(delta int) {
			mu.Lock()
			defer mu.Unlock()
			queued += delta
			most = max(most, queued)
		}
	}, func(h *house) {
		for i := range rooms {
			id := protocol.RoomID(fmt.Sprintf("r_%026d", i))
			h.inbox.Rooms = append(h.inbox.Rooms, protocol.InboxRoom{Room: id, Assignment: 1, Cause: protocol.CauseEntry, Title: "1:1 채팅 상담", Channel: protocol.Web, Since: 1})
		}
		h.inbox.Seq = rooms
		s := h.enter(h.login("anna", "acme"), "")
		synctest.Wait() // the socket is full, and nobody reads: a pause is no crime
		seen, frames, more := 0, 0, -1
		for more != 0 {
			kind, b, err := s.ws.Read(context.Background())
			if err != nil {
				t.Fatalf("closed with %d rooms to come: %v %v", rooms-seen, err, h.closes)
			}
			if len(b) > h.g.cfg.FrameBytes || kind != websocket.MessageText {
				t.Fatalf("a frame of %d bytes", len(b))
			}
			var f struct {
				Type, Stream string
				Data         struct {
					inboxPart
					Snapshot *inboxPart
				}
			}
			if err := json.Unmarshal(b, &f); err != nil {
				t.Fatal(err)
			}
			part := f.Data.inboxPart
			switch {
			case f.Type == "stream.reset" && f.Stream == "inbox/anna" && frames == 0:
				part = *f.Data.Snapshot
			case f.Type == "inbox.rooms" && f.Stream == "inbox/anna" && frames > 0:
			case f.Stream == "inbox/anna" && f.Type != "presence", strings.HasPrefix(f.Stream, "desk/"):
				t.Fatalf("%s of %s before the inbox is whole", f.Type, f.Stream)
			default:
				continue
			}
			frames++
			for _, r := range part.Rooms {
				if want := fmt.Sprintf("r_%026d", seen); r.Room != want {
					t.Fatalf("%s where %s comes", r.Room, want)
				}
				seen++
			}
			if more = part.More; more != rooms-seen {
				t.Fatalf("%d rooms seen, %d to come", seen, more)
			}
		}
		mu.Lock()
		waited := most
		mu.Unlock()
		if limit := h.g.cfg.OutboxBytes/replayShare + 2*h.g.cfg.FrameBytes; waited > limit {
			t.Errorf("%d bytes waited, the bound is %d", waited, limit)
		}
		t.Logf("%d frames, at most %d bytes waiting", frames, waited)
		if m := s.until("stream.live"); m["stream"] != "inbox/anna" {
			t.Errorf("live: %v", m)
		}
		s.close()
	})
}

type inboxPart struct {
	Rooms []struct{ Room string }
	More  int
}

// history pages backwards, also where events that the view does not show make numbers run ahead; sync gives a gap again.
func TestHistory(t *testing.T) {
	in(t, nil, func(h *house) {
		var log []protocol.Recorded
		seq := uint64(0)
		for n := uint64(1); n <= 900; n++ { // two memos for each message
			r := message(n, strings.Repeat("가", 50), protocol.FromAgent)
			r.Room = 0
			if n%3 == 0 {
				seq++
				r.Room = seq
			}
			log = append(log, r)
		}
		h.logs[protocol.RoomAt("acme", roomA)] = log
		v := h.rooms[roomA]
		v.Desk, v.RoomSeq = 900, seq
		h.rooms[roomA] = v
		s := h.enter(h.visitor("kim"), "")
		page := func(before, limit int) []any {
			s.send(`{"type":"history","id":"1","stream":"room/` + string(roomA) + `","data":{"before":` + itoa(int64(before)) + `,"limit":` + itoa(int64(limit)) + `}}`)
			m := s.until("ok")
			events, _ := data(m)["events"].([]any)
			return events
		}
		for _, c := range []struct{ before, limit, first, last, count int }{
			{301, 100, 201, 300, 100}, {201, 100, 101, 200, 100}, {6, 100, 1, 5, 5}, {1_000_000, 3, 298, 300, 3}, {250, 10, 240, 249, 10},
		} {
			time.Sleep(time.Second)
			got := page(c.before, c.limit)
			if len(got) != c.count || got[0].(map[string]any)["seq"] != float64(c.first) || got[len(got)-1].(map[string]any)["seq"] != float64(c.last) {
				t.Errorf("before %d: %d events", c.before, len(got))
			}
		}
		time.Sleep(time.Second)
		s.send(`{"type":"history","id":"2","stream":"room/` + string(roomA) + `","data":{"before":9,"limit":101}}`)
		if m := s.until("error"); data(m)["field"] != "data.limit" {
			t.Errorf("101: %v", m)
		}
		s.send(`{"type":"history","id":"3","stream":"room/` + string(roomB) + `","data":{"before":9}}`)
		if m := s.until("error"); data(m)["code"] != "not_found" {
			t.Errorf("another's room: %v", m)
		}
		s.send(`{"type":"sync","id":"4","stream":"room/` + string(roomA) + `","data":{"after":297,"limit":2}}`)
		for want := 298.0; want < 300; want++ {
			if m := s.until("message.new"); m["seq"] != want {
				t.Errorf("sync: %v", m)
			}
		}
		s.until("ok")
		s.close()
	})
}

// A visitor's typing reaches the desk with its preview, the holder's the room; nobody else's goes anywhere.
func TestTyping(t *testing.T) {
	in(t, nil, func(h *house) {
		s := h.enter(h.visitor("kim"), `{"epoch":"e-1","streams":{"room/`+string(roomA)+`":0}}`)
		s.until("stream.live")
		s.send(`{"type":"typing","stream":"room/` + string(roomA) + `","data":{"on":true,"preview":"` + strings.Repeat("가", 600) + `"}}`)
		synctest.Wait()
		want := `{"type":"typing","stream":"desk/` + string(roomA) + `","data":{"who":"customer","on":true,"preview":"` + strings.Repeat("가", 500) + `"}}`
		if len(h.published) != 1 || string(h.published[0]) != want {
			t.Errorf("published: %.200q", h.published)
		}
		boss := h.enter(h.login("boss", "acme"), "")
		boss.send(`{"type":"subscribe","id":"2","stream":"desk/` + string(roomA) + `"}`)
		boss.until("ok")
		boss.send(`{"type":"typing","id":"3","stream":"desk/` + string(roomA) + `","data":{"on":true}}`)
		if m := boss.until("error"); data(m)["code"] != "not_assigned" {
			t.Errorf("a manager who looks on: %v", m)
		}
		s.close()
		boss.close()
	})
}

// queue/ and board/: a snapshot first, then deltas whose base is the revision before, at most two a second, shared by all.
func TestBoard(t *testing.T) {
	in(t, func(c *Config) { c.BoardRooms = 2 }, func(h *house) {
		room := func(id protocol.RoomID, at int) protocol.WaitingRoom {
			return protocol.WaitingRoom{Room: id, RequestedAt: protocol.Instant(at), Category: "k1"}
		}
		h.queue = protocol.QueueView{Revision: 7, Waiting: []protocol.WaitingRoom{room("r_1", 1000), room("r_2", 2000), room("r_3", 3000)}, Count: 3, Oldest: 1000,
			Agents: []protocol.AgentLoad{{Account: "anna", Want: protocol.WantOnline, Conn: protocol.ConnUp, Load: 1, Limit: 5}}}
		s := h.enter(h.login("boss", "acme"), "")
		s.send(`{"type":"subscribe","id":"2","stream":"queue/acme"}`)
		m := s.until("queue.snapshot")
		rev := data(m)["revision"].(float64)
		if rooms := data(m)["rooms"].([]any); len(rooms) != 2 || data(m)["waiting"] != 3.0 {
			t.Errorf("snapshot: %v", m)
		}
		s.send(`{"type":"subscribe","id":"3","stream":"board/acme"}`)
		if m := s.until("board.snapshot"); data(m)["agents"].(map[string]any)["anna"].(map[string]any)["load"] != 1.0 {
			t.Errorf("board: %v", m)
		}
		h.mu.Lock()
		h.queue = protocol.QueueView{Base: 7, Revision: 8, Gone: []protocol.RoomID{"r_1"}, Count: 2, Oldest: 2000}
		h.mu.Unlock()
		m = s.until("queue.delta")
		if data(m)["base"] != rev || data(m)["gone"].([]any)[0] != "r_1" || data(m)["rooms"].([]any)[0].(map[string]any)["room"] != "r_3" {
			t.Errorf("delta: %v", m)
		}
		// A view that does not begin where we stand makes us ask for everything.
		h.mu.Lock()
		h.queue = protocol.QueueView{Base: 3, Revision: 20}
		before := len(h.asked)
		h.mu.Unlock()
		time.Sleep(1100 * time.Millisecond)
		all := bodies[protocol.ViewQueue](h.fake)
		if got := all[len(all)-1].c.Body.(protocol.ViewQueue); got.Since != 0 {
			t.Errorf("asked since %d", got.Since)
		}
		if n := len(h.asked) - before; n > 3 {
			t.Errorf("%d looks in a second", n)
		}
		s.close()
		time.Sleep(time.Second)
		n := len(bodies[protocol.ViewQueue](h.fake))
		time.Sleep(10 * time.Second)
		if len(bodies[protocol.ViewQueue](h.fake)) != n {
			t.Error("polls on with nobody looking")
		}
	})
}

// Conformance 13: an unknown type is refused and the connection stays; an unknown member is ignored.
func TestConformance13WhatIsUnknown(t *testing.T) {
	in(t, nil, func(h *house) {
		s := h.enter(h.visitor("kim"), "")
		s.send(`{"type":"room.explode","id":"2","data":{}}`)
		if m := s.until("error"); data(m)["code"] != "bad_request" || data(m)["field"] != "type" || m["reply_to"] != "2" {
			t.Errorf("unknown type: %v", m)
		}
		s.send(`{"type":"room.start","id":"3","zzz":1,"data":{"client_id":"aaaaaaaaaaaa","role":"ADMIN","state":"ACTIVE"}}`)
		synctest.Wait()
		all := bodies[protocol.StartRoom](h.fake)
		if len(all) != 1 || all[0].c.Caller.Role != protocol.Visitor {
			t.Errorf("unknown members: %v", all)
		}
		s.close()
	})
}

// TestF40APartOfARoomIsNeverShownAsTheWhole: a room that is removed while its log is read is not found, on every way of reading
// that goes through several pages; and its line of a history goes with it.
func TestF40APartOfARoomIsNeverShownAsTheWhole(t *testing.T) {
	f := newFake()
	cfg := DefaultConfig()
	cfg.SigningKey = make([]byte, 32)
	g := New(cfg, f.engine())
	a := protocol.RoomAt("acme", roomA)
	for i := range uint64(2*logPage + 5) {
		f.logs[a] = append(f.logs[a], protocol.Recorded{Number: i + 1, Desk: i + 1, Room: i + 1, Event: &protocol.MessagePosted{Kind: protocol.Memo, Text: "x"}})
	}
	for _, at := range []int{0, 1, logPage - 1, logPage, 2*logPage - 1, 2 * logPage} {
		log := f.logs[a]
		n := 0
		err := g.readLog(a, 1, func(*protocol.Recorded) bool {
			if n == at {
				f.mu.Lock()
				f.logs[a], f.gone[a] = nil, true
				f.mu.Unlock()
			}
			n++
			return true
		})
		if whole := n == len(log); whole != (err == nil) || !whole && !errors.Is(err, errGone) {
			t.Errorf("removed at %d: %d of %d events, %v", at, n, len(log), err)
		}
		if err := g.readLog(a, 1, func(*protocol.Recorded) bool { return true }); !errors.Is(err, errGone) {
			t.Errorf("a room that is no more: %v", err)
		}
		f.logs[a], f.gone[a] = log, false
	}
	if logRefusal(errGone) != notFound || logRefusal(io.ErrUnexpectedEOF) != unreadable {
		t.Error("a removed room is not found, one that cannot be read is not missing")
	}
}
