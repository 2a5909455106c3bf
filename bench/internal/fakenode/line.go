package fakenode

import (
	"fmt"
	"slices"
	"time"
)

// room is one consultation.
type room struct {
	id, key    string
	holder     *agent
	assignment int
	closed     bool
	asked      time.Time
	ended      time.Time
	endedBy    string
}

// agent is one account that may get rooms.
type agent struct {
	account, name string
	limit, load   int
	want          string
	last          int // turn of the last assignment
	retired       bool
}

func (n *Node) addAgent(account, name string, limit int) {
	a := &agent{account: account, name: name, limit: limit, want: "online"}
	n.agents[account] = a
	n.order = append(n.order, a)
}

// arrive gives a new socket what the server follows on its behalf.
func (n *Node) arrive(s *socket, resumed map[string]bool) {
	if s.who.account == "" || n.agents[s.who.account] == nil {
		return
	}
	if inbox := "inbox/" + s.who.account; !resumed[inbox] {
		n.reset(s, inbox, "start")
	}
	for _, r := range n.rooms {
		if desk := "desk/" + r.id; !r.closed && r.holder != nil && r.holder.account == s.who.account && !resumed[desk] {
			n.reset(s, desk, "start")
		}
	}
	n.tick()
}

func (n *Node) leave(s *socket) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.sockets, s)
}

func (n *Node) up(account string) bool {
	for s := range n.sockets {
		if s.who.account == account {
			return true
		}
	}
	return false
}

func (n *Node) want(account, want string) {
	if a := n.agents[account]; a != nil {
		a.want = want
		n.tick()
	}
}

// free is the eligible agent with the smallest load, then the one whose last assignment is oldest.
func (n *Node) free() *agent {
	var best *agent
	for _, a := range n.order {
		limit := a.limit
		if n.faults.Misroute == OverLimit {
			limit++
		}
		if a.retired || a.want != "online" || limit != 0 && a.load >= limit || !n.up(a.account) {
			continue
		}
		if best == nil || a.load < best.load || a.load == best.load && a.last < best.last {
			best = a
		}
	}
	return best
}

func (n *Node) start(s *socket) map[string]any {
	if r := n.byKey[s.who.key]; r != nil && !r.closed {
		return map[string]any{"room": r.id, "outcome": "queued"}
	}
	n.numbers++
	r := &room{id: fmt.Sprintf("r_%d", n.numbers), key: s.who.key, asked: now()}
	if n.faults.Misroute == StartTwice {
		n.rooms[r.id+"_again"] = &room{id: r.id + "_again", key: r.key, asked: r.asked}
	}
	n.rooms[r.id], n.byKey[r.key] = r, r
	for o := range n.sockets {
		if o.who == s.who {
			o.subs["room/"+r.id] = true
		}
	}
	both := func(kind string, data map[string]any) {
		n.publish("room/"+r.id, kind, data)
		n.publish("desk/"+r.id, kind, data)
	}
	both("room.state", map[string]any{"state": "OPENED"})
	if a := n.free(); a != nil {
		n.assign(r, a, "ENTRY")
		return map[string]any{"room": r.id, "outcome": "accepted"}
	}
	both("room.state", map[string]any{"state": "WAITING"})
	n.line = append(n.line, r)
	if n.faults.Misroute == CloseWaiting {
		n.closeRoom(r, "AUTO")
	}
	return map[string]any{"room": r.id, "outcome": "queued"}
}

func (n *Node) assign(r *room, a *agent, cause string) {
	n.turn++
	r.holder, a.last = a, n.turn
	r.assignment++
	a.load++
	n.publish("room/"+r.id, "room.assigned", map[string]any{"state": "RECEIVED", "agent": a.name})
	n.publish("desk/"+r.id, "room.assigned", map[string]any{"state": "RECEIVED", "assignment": r.assignment, "agent": a.account, "name": a.name, "cause": cause})
	n.gained(r, a, cause)
	if n.faults.Misroute == DoubleAssign {
		for _, other := range n.order {
			if other != a {
				n.gained(r, other, cause)
				break
			}
		}
	}
}

func (n *Node) gained(r *room, a *agent, cause string) {
	n.publish("inbox/"+a.account, "inbox.gained", map[string]any{"room": r.id, "assignment": r.assignment, "cause": cause, "customer": r.key})
	for s := range n.sockets {
		if s.who.account == a.account {
			n.reset(s, "desk/"+r.id, "start")
		}
	}
}

func (n *Node) closeRoom(r *room, by string) {
	r.closed, r.ended, r.endedBy = true, now(), by
	n.line = slices.DeleteFunc(n.line, func(o *room) bool { return o == r })
	n.publish("room/"+r.id, "room.closed", map[string]any{"state": "CLOSED", "ended_by": by, "reason": "NORMAL"})
	n.publish("desk/"+r.id, "room.closed", map[string]any{"state": "CLOSED", "ended_by": by, "reason": "NORMAL"})
	if a := r.holder; a != nil {
		a.load--
		n.publish("inbox/"+a.account, "inbox.lost", map[string]any{"room": r.id, "assignment": r.assignment, "reason": "closed"})
	}
	n.tick()
}

// tick gives the waiting rooms to free agents, in order.
func (n *Node) tick() {
	for len(n.line) > 0 {
		a := n.free()
		if a == nil {
			return
		}
		i := 0
		if n.faults.Misroute == NewestFirst {
			i = len(n.line) - 1
		}
		r := n.line[i]
		n.line = slices.Delete(n.line, i, i+1)
		n.assign(r, a, "BACKLOG")
	}
}

// snapshot is what a reset shows of a stream.
func (n *Node) snapshot(name string) map[string]any {
	if len(name) < 6 || name[:6] != "inbox/" {
		return map[string]any{}
	}
	rooms := []map[string]any{}
	for _, r := range n.rooms {
		if !r.closed && r.holder != nil && r.holder.account == name[6:] {
			rooms = append(rooms, map[string]any{"room": r.id, "assignment": r.assignment})
		}
	}
	return map[string]any{"account": name[6:], "rooms": rooms}
}
