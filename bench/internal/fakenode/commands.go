package fakenode

import (
	"encoding/json"
	"fmt"
	"strings"
)

// command does one command; false means the socket was broken on purpose.
func (n *Node) command(s *socket, in inbound) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if s.hung {
		return true
	}
	if in.Type != "pong" && n.luck(n.faults.LoseCommand) {
		return false
	}
	var d struct {
		ClientID   string `json:"client_id"`
		After      uint64 `json:"after"`
		Before     uint64 `json:"before"`
		Want       string `json:"want"`
		Assignment int    `json:"assignment"`
		Kind       string `json:"kind"`
		Text       string `json:"text"`
	}
	if len(in.Data) > 0 && json.Unmarshal(in.Data, &d) != nil {
		s.refuse(in.ID, "bad_request")
		return true
	}
	key := s.who.account + "|" + s.who.key + "|" + in.Stream + "|" + d.ClientID
	if d.ClientID != "" {
		if first, ok := n.answers[key]; ok {
			if first.body != in.Type+string(in.Data) {
				s.refuse(in.ID, "conflict")
				return true
			}
			again := map[string]any{"duplicate": true}
			for k, v := range first.reply {
				again[k] = v
			}
			if in.Type == "room.start" { // perhaps on another socket than the first time
				n.resume(s, fmt.Sprint("room/", first.reply["room"]), 0, true)
			}
			s.ok(in.ID, again)
			return true
		}
	}
	var reply map[string]any
	refused := ""
	switch in.Type {
	case "pong":
		return true
	case "sync":
		if d.After > uint64(len(n.logs[in.Stream])) {
			refused = "bad_request"
			break
		}
		for _, e := range n.logs[in.Stream][d.After:] {
			s.put(e.frame)
		}
	case "history":
		events := []json.RawMessage{}
		for _, e := range n.logs[in.Stream][:min(uint64(len(n.logs[in.Stream])), max(d.Before, 1)-1)] {
			events = append(events, e.frame)
		}
		reply = map[string]any{"events": events}
	case "subscribe":
		n.resume(s, in.Stream, d.After, true)
	case "unsubscribe":
		delete(s.subs, in.Stream)
	case "auth.refresh":
	case "agent.status":
		n.want(s.who.account, d.Want)
	case "room.start":
		reply = n.start(s)
	case "message.send":
		reply, refused = n.message(s, in.Stream, d.ClientID, d.Assignment, d.Text)
	case "room.end":
		refused = n.end(s, in.Stream, d.Assignment)
	default:
		refused = "bad_request"
	}
	if d.ClientID != "" && refused == "" {
		n.answers[key] = answer{body: in.Type + string(in.Data), reply: reply}
	}
	if in.ID != "control" && n.luck(n.faults.LoseReply) {
		return false
	}
	if refused != "" {
		s.refuse(in.ID, refused)
		return true
	}
	if reply == nil {
		reply = map[string]any{}
	}
	s.ok(in.ID, reply)
	return true
}

// writer is the caller's view of a room it may write to; an empty refusal means it may.
func (n *Node) writer(s *socket, stream string, assignment int) (*room, string) {
	_, id, _ := strings.Cut(stream, "/")
	r := n.rooms[id]
	switch {
	case r == nil:
		return nil, "not_found"
	case r.closed:
		return r, "room_closed"
	case s.who.account == "" && r.key != s.who.key:
		return nil, "not_found"
	case s.who.account != "" && (r.holder == nil || r.holder.account != s.who.account || r.assignment != assignment):
		return r, "not_assigned"
	}
	return r, ""
}

func (n *Node) message(s *socket, stream, clientID string, assignment int, text string) (map[string]any, string) {
	r, refused := n.writer(s, stream, assignment)
	if refused != "" {
		return nil, refused
	}
	from := map[string]any{"kind": "customer"}
	if s.who.account != "" {
		from = map[string]any{"kind": "agent", "name": r.holder.name}
	}
	n.numbers++
	data := map[string]any{"message_id": fmt.Sprintf("m_%d", n.numbers), "client_id": clientID, "from": from, "kind": "text", "text": text}
	times := map[Misroute]int{ForgetMessages: 0, DoubleMessages: 2}
	count, broken := times[n.faults.Misroute]
	if !broken {
		count = 1
	}
	var seqRoom, seqDesk uint64
	for range count {
		seqRoom = n.publish("room/"+r.id, "message.new", data)
		seqDesk = n.publish("desk/"+r.id, "message.new", data)
	}
	seq := seqRoom
	if s.who.account != "" {
		seq = seqDesk
	}
	return map[string]any{"message_id": data["message_id"], "seq": seq, "at": stamp()}, ""
}

func (n *Node) end(s *socket, stream string, assignment int) string {
	r, refused := n.writer(s, stream, assignment)
	if refused != "" {
		return refused
	}
	by := "CUSTOMER"
	if s.who.account != "" {
		by = "AGENT"
	}
	n.closeRoom(r, by)
	return ""
}
