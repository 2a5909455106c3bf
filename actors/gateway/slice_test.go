package gateway

import (
	"context"
	"testing"
	"testing/synctest"

	"switchyard/protocol"
)

// A visitor gets a token, says hello, starts a room, sees it from its beginning and writes into it;
// the answer comes when the engine gives it.
func TestVisitorsFirstMessage(t *testing.T) {
	in(t, nil, func(h *house) {
		res, m := h.do("POST", "/v1/sites/acme/visitor-tokens", "", `{"site_uid":"kim"}`, "Origin", "https://shop.example.com")
		if res.StatusCode != 201 || m["customer_key"] != "acme_kim" {
			t.Fatalf("visitor token: %d %v", res.StatusCode, m)
		}
		room := protocol.RoomAt("acme", roomA)
		h.logs[room] = []protocol.Recorded{
			{Number: 1, Desk: 1, Event: &protocol.RoomOpened{Key: "acme_kim"}},
			message(2, "안녕하세요", protocol.FromBot),
		}
		h.logs[room][1].Room = 1
		v := h.rooms[roomA]
		v.Desk, v.RoomSeq = 2, 1
		h.rooms[roomA] = v

		s := h.enter(m["token"].(string), "")
		s.send(`{"type":"room.start","id":"2","data":{"client_id":"aaaaaaaaaaaa","params":{"parameter1":"x"}}}`)
		synctest.Wait()
		start := bodies[protocol.StartRoom](h.fake)[0]
		b := start.c.Body.(protocol.StartRoom)
		if start.to != protocol.CustomersAt("acme") || b.Key != "acme_kim" || b.ID != "kim" || b.Params[0] != (protocol.Param{Name: "parameter1", Value: "x"}) || start.c.ClientID != "aaaaaaaaaaaa" || start.c.Facts == nil {
			t.Fatalf("start: %+v", start)
		}
		start.answer(protocol.Started{Room: roomA, Outcome: protocol.OutcomeQueued}, nil)
		if m := s.until("ok"); data(m)["room"] != string(roomA) || data(m)["outcome"] != "queued" {
			t.Fatalf("started: %v", m)
		}
		if m := s.read(); m["type"] != "message.new" || m["seq"] != 1.0 || m["stream"] != "room/"+string(roomA) {
			t.Fatalf("replay: %v", m)
		}
		if m := s.until("stream.live"); data(m)["recovered"] != true || data(m)["seq"] != 1.0 {
			t.Fatalf("live: %v", m)
		}
		s.send(`{"type":"message.send","id":"3","stream":"room/` + string(roomA) + `","data":{"client_id":"bbbbbbbbbbbb","kind":"text","text":"반품하고 싶어요"}}`)
		synctest.Wait()
		sent := bodies[protocol.SendMessage](h.fake)[0]
		if got := sent.c.Body.(protocol.SendMessage); got.Room != roomA || got.Kind != protocol.Text || got.Text != "반품하고 싶어요" || sent.c.Caller.Customer != "acme_kim" {
			t.Fatalf("sent: %+v", sent)
		}
		sent.answer(protocol.Sent{MessageID: "m_9", Seq: 2}, nil)
		if m := s.until("ok"); data(m)["message_id"] != "m_9" || data(m)["seq"] != 2.0 {
			t.Fatalf("sent: %v", m)
		}
		e := message(3, "네", protocol.FromAgent)
		e.Room = 2
		h.following("room/"+string(roomA)).sink.Push(&e, nil, false)
		if m := s.until("message.new"); m["seq"] != 2.0 || data(m)["text"] != "네" {
			t.Fatalf("live event: %v", m)
		}
		s.close()
	})
}

// An agent logs in, its inbox comes first, its rooms follow, and a room it loses is gone.
func TestAgentsInboxLeads(t *testing.T) {
	in(t, nil, func(h *house) {
		hash, _ := h.g.hash.Hash(context.Background(), "correct horse")
		h.passwords["anna"] = hash
		res, m := h.do("POST", "/v1/sessions", "", `{"site":"acme","account":"anna","password":"correct horse"}`)
		if res.StatusCode != 201 || m["role"] != "AGENT" || len(res.Cookies()) != 1 {
			t.Fatalf("login: %d %v", res.StatusCode, m)
		}
		h.inbox = protocol.InboxView{Rooms: []protocol.InboxRoom{{Room: roomA, Assignment: 1, Cause: protocol.CauseEntry}}, Seq: 4}
		s := h.enter(m["token"].(string), "")
		if m := s.read(); m["type"] != "stream.reset" || m["stream"] != "inbox/anna" || data(m)["seq"] != 4.0 {
			t.Fatalf("inbox first: %v", m)
		}
		for live := map[any]bool{}; !live["inbox/anna"] || !live["desk/"+string(roomA)]; {
			live[s.until("stream.live")["stream"]] = true
		}
		if up := bodies[protocol.SocketUp](h.fake); len(up) != 1 || up[0].to != protocol.AgentAt("acme", "anna") {
			t.Fatalf("socket up: %v", up)
		}
		// A gained room is followed without being asked.
		v := h.rooms[roomB]
		v.Holder = "anna"
		h.rooms[roomB] = v
		gained := protocol.Recorded{Number: 9, Desk: 5, Event: &protocol.InboxGained{Room: roomB, Assignment: 2}}
		h.following("inbox/anna").sink.Push(&gained, nil, false)
		s.until("inbox.gained")
		if m := s.until("stream.live"); m["stream"] != "desk/"+string(roomB) {
			t.Fatalf("followed: %v", m)
		}
		// The customer writes: the count of unread messages goes out beside the stream.
		e := message(1, "저기요", protocol.FromCustomer)
		h.following("desk/"+string(roomB)).sink.Push(&e, nil, false)
		s.until("message.new")
		if m := s.until("inbox.unread"); data(m)["unread"] != 1.0 || data(m)["room"] != string(roomB) {
			t.Fatalf("unread: %v", m)
		}
		// A manager gives it to somebody else: the stream is gone, and nothing of it comes any more.
		f := h.following("desk/" + string(roomB))
		moved := protocol.Recorded{Number: 2, Desk: 2, Room: 2, Event: &protocol.RoomAssigned{Assignment: 3, Agent: "ben"}}
		f.sink.Push(&moved, nil, false)
		if m := s.until("stream.gone"); m["stream"] != "desk/"+string(roomB) || data(m)["reason"] != "moved" {
			t.Fatalf("gone: %v", m)
		}
		<-f.done
		s.close()
		synctest.Wait()
		if down := bodies[protocol.SocketDown](h.fake); len(down) != 1 {
			t.Fatalf("socket down: %v", down)
		}
	})
}
