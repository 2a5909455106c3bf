package gateway

import (
	"sync"

	"switchyard/protocol"
)

// start says how a subscription begins.
type start uint8

const (
	startFirst   start = iota + 1 // as asked for
	startForeign                  // the position is of another life of the store
	startTooOld                   // the log said so
)

// subscription is one durable stream of one connection: the Sink of a Follow.
type subscription struct {
	c    *connection
	who  *identity
	of   protocol.Stream
	name string

	turn turn

	mu     sync.Mutex
	stop   func()
	halted bool // nothing more goes out

	// Used by the follower alone, one call at a time.
	pos       uint64 // the last position given to the client
	recovered bool   // the client's copy goes on; false after a reset
	live      bool   // stream.live was sent
	unread    unread
	replayed  int

	// Guarded by mu.
	holder protocol.AccountID // typing asks for it
	closed bool               // the room has closed
	until  bool               // the stream ends with the room's close
}

// unread counts what the customer wrote and the agent has not read.
type unread struct {
	base  int      // of the view the subscription began with
	last  uint64   // position of the newest message among those: a mark names it, not the stream's end
	upto  uint64   // the view's position
	since []uint64 // positions after it, at most unreadKept
	told  int      // the last value sent; -1 = none
	key   string   // of its frame in the outbox
	inbox string   // the name of the stream in which it is told
}

const unreadKept = 1000

// snapshotSpare is what a frame with rooms of an inbox keeps free: for its envelope and the room that ends it.
const snapshotSpare = 4 << 10

// follow subscribes one durable stream: looks at it (so that permission is judged on its state
// of now), then replays from after, or sends a snapshot where it cannot or should not. It
// runs on a goroutine that may wait. accepted, if not nil, sees an inbox before anything is sent.
func (c *connection) follow(who *identity, view protocol.View, id string, after *uint64, how start, accepted func(protocol.InboxView)) *protocol.Rejection {
	g := c.g
	caller, facts, ok := g.caller(who)
	if !ok {
		return errUnauthenticated
	}
	s := &subscription{c: c, who: who, name: view.Prefix() + id, recovered: true, turn: turn{c: c}}
	s.unread.told = -1
	if !s.turn.enter() {
		return nil // the connection is over
	}
	var snapshot func() []byte
	var left []protocol.InboxRoom // for which the snapshot had no place
	var now uint64
	if view == protocol.StreamInbox {
		v, rej := g.viewInbox(caller, facts, id)
		if rej != nil {
			s.turn.exit()
			return rej
		}
		if accepted != nil {
			accepted(v)
		}
		s.of = protocol.Stream{View: view, Of: protocol.AgentAt(who.site, protocol.AccountID(id))}
		now, snapshot = v.Seq, func() (b []byte) {
			b, left = inboxSnapshot(&v, g.cfg.FrameBytes-snapshotSpare)
			return b
		}
	} else {
		act := "stream.desk"
		if view == protocol.StreamRoom {
			act = "stream.room"
		}
		v, rej := g.view(g.stopped, act, caller, facts, protocol.RoomID(id))
		if rej != nil {
			s.turn.exit()
			return rej
		}
		s.of = protocol.Stream{View: view, Of: protocol.RoomAt(who.site, v.Room)}
		if v.Room == "" {
			s.of.Of.ID = id
		}
		s.holder, s.closed = v.Holder, v.State != 0 && !v.State.Open()
		s.unread.base, s.unread.last, s.unread.upto = v.UnreadAgent, v.LastForAgent, v.Desk
		now, snapshot = v.Desk, func() []byte { return deskSnapshot(&v) }
		if view == protocol.StreamRoom {
			c.own.add(protocol.RoomID(id))
			now, snapshot = v.RoomSeq, func() []byte { return visitorSnapshot(&v) }
		}
	}

	reason := ""
	switch {
	case how == startForeign:
		reason = "epoch"
	case how == startTooOld:
		reason = "too_old"
	case after == nil:
		reason = "start"
	case *after > now:
		reason = "ahead"
	case now-*after > g.cfg.ReplayEvents:
		reason = "too_many"
	}
	if !c.adopt(s) {
		return nil // the connection is over
	}
	oldest := protocol.Instant(0)
	if reason != "" {
		g.obs.Resumed(reason)
		s.recovered, s.pos = false, now
		c.control(resetFrame(s.name, reason, snapshot(), now))
		for len(left) > 0 { // as a replay: as fast as the socket drains
			var frame []byte
			if frame, left = inboxRooms(s.name, left, g.cfg.FrameBytes-snapshotSpare); !s.turn.replay(frame) {
				return nil
			}
		}
	} else {
		s.pos = *after
		oldest = protocol.At(g.engine.Now().Add(-g.cfg.ReplayAge))
		if s.pos < now && !s.turn.take() {
			return nil
		}
	}
	s.began(g.engine.Follow(s.of, s.pos, oldest, s))
	return nil
}

// adopt makes s the connection's subscription of its stream, in the place of an older one.
func (c *connection) adopt(s *subscription) bool {
	c.mu.Lock()
	if c.subs == nil {
		c.mu.Unlock()
		return false
	}
	old := c.subs[s.name]
	c.subs[s.name] = s
	c.mu.Unlock()
	if old != nil {
		old.halt()
	}
	return true
}

// drop ends the subscription of a stream, if there is one; false if there is none.
func (c *connection) drop(name string) bool {
	c.mu.Lock()
	s := c.subs[name]
	delete(c.subs, name)
	c.mu.Unlock()
	if s != nil {
		s.halt()
	}
	return s != nil
}

// gone tells the client that a stream is no longer its to read.
func (c *connection) gone(name, reason string) {
	j := protocol.JSON{}
	j.B = append(j.B, `{"type":"stream.gone"`...)
	j.Str("stream", name)
	j.Key("data")
	j.Open()
	j.Str("reason", reason)
	j.Close()
	j.Close()
	c.control(j.B)
}

// began keeps the follower's stop, or uses it at once when the subscription was halted meanwhile.
func (s *subscription) began(stop func()) {
	s.mu.Lock()
	s.stop = stop
	halted := s.halted
	s.mu.Unlock()
	if halted {
		stop()
	}
}

// halt ends the subscription; not from inside the sink.
func (s *subscription) halt() {
	s.mu.Lock()
	s.halted = true
	stop := s.stop
	s.mu.Unlock()
	s.turn.exit()
	if stop != nil {
		stop()
	}
}

// leave ends the subscription from inside the sink, where stop may not be called.
func (s *subscription) leave(reason string) {
	s.mu.Lock()
	was := s.halted
	s.halted = true
	s.mu.Unlock()
	if was {
		return
	}
	if reason != "" {
		s.c.gone(s.name, reason)
	}
	s.c.g.spawn(func() {
		s.c.mu.Lock()
		if s.c.subs[s.name] == s {
			delete(s.c.subs, s.name)
		}
		s.c.mu.Unlock()
		s.halt()
	})
}

func (s *subscription) over() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.halted
}

// Push implements Sink. After the end it takes everything and sends nothing, so that a
// follower that has not heard of it yet does not turn in circles.
func (s *subscription) Push(r *protocol.Recorded, frame []byte, replay bool) bool {
	if s.over() {
		return true
	}
	seq := s.of.View.Seq(r)
	if seq <= s.pos { // not shown here, or given already
		return true
	}
	if s.lost(r) {
		return true
	}
	if frame == nil {
		frame = protocol.AppendFrame(nil, s.of, r)
	}
	if replay {
		if !s.turn.replay(frame) || s.over() {
			s.turn.give() // halt may have come while we waited, and its give before our take
			return true
		}
		s.replayed++
	} else if !s.c.out.live(frame, r.At) {
		return false
	}
	s.pos = seq
	s.saw(r, seq)
	return true
}

// Live implements Sink.
func (s *subscription) Live(seq uint64) {
	s.turn.exit()
	if s.over() || s.live {
		return
	}
	s.live = true
	if s.recovered {
		s.c.g.obs.Resumed("recovered")
	}
	s.c.g.obs.Replayed(s.replayed)
	j := protocol.JSON{B: make([]byte, 0, 128)}
	j.B = append(j.B, `{"type":"stream.live"`...)
	j.Str("stream", s.name)
	j.Key("data")
	j.Open()
	j.Uint("seq", max(seq, s.pos))
	j.Bool("recovered", s.recovered)
	j.Close()
	j.Close()
	s.c.control(j.B)
	switch s.of.View {
	case protocol.StreamInbox:
		s.c.inboxLive(s.who)
	case protocol.StreamDesk: // it may have changed hands while it was replayed
		if caller, facts, ok := s.c.g.caller(s.who); !ok || !covers("stream.desk", facts, &caller, s.holderNow(), "") {
			s.leave("moved")
			return
		}
	}
	s.tellUnread()
}

// Reset implements Sink.
func (s *subscription) Reset(reason string) {
	s.turn.exit()
	if s.over() {
		return
	}
	s.c.g.spawn(func() {
		if rej := s.c.follow(s.who, s.of.View, s.of.Of.ID, nil, startTooOld, nil); rej != nil && s.c.drop(s.name) {
			s.c.gone(s.name, rej.Code.String())
		}
	})
}

// Ephemeral implements Sink.
func (s *subscription) Ephemeral(key string, frame []byte) {
	if !s.over() {
		s.c.out.ephemeral(s.name+" "+key, frame)
	}
}

// lost says whether the event takes the stream away from its reader, and tells it so.
func (s *subscription) lost(r *protocol.Recorded) bool {
	e, ok := r.Event.(*protocol.RoomAssigned)
	if !ok || s.of.View != protocol.StreamDesk {
		return false
	}
	s.mu.Lock()
	s.holder = e.Agent
	s.mu.Unlock()
	caller, facts, ok := s.c.g.caller(s.who)
	if ok && covers("stream.desk", facts, &caller, e.Agent, "") {
		return false
	}
	// In a replay a later assignment may give it back: follow judged by the state of now.
	if !s.live {
		return false
	}
	s.leave("moved")
	return true
}

// saw keeps what the connection must know of its streams.
func (s *subscription) saw(r *protocol.Recorded, seq uint64) {
	switch e := r.Event.(type) {
	case *protocol.InboxGained:
		s.c.gained(s.who, e.Room, s.live)
	case *protocol.InboxLost:
		s.c.lostRoom(s.who, e)
	case *protocol.RoomClosed:
		s.mu.Lock()
		s.closed = true
		until := s.until
		s.mu.Unlock()
		if until {
			s.leave(inboxClosed)
		}
	case *protocol.MessagePosted:
		if e.From == protocol.FromCustomer && seq > s.unread.upto && len(s.unread.since) < unreadKept {
			s.unread.since = append(s.unread.since, seq)
			s.tellUnread()
		}
	case *protocol.MessageRead:
		if e.By != protocol.FromAgent || s.of.View != protocol.StreamDesk {
			break
		}
		if e.Desk >= s.unread.last {
			s.unread.base = 0
		}
		n := 0
		for n < len(s.unread.since) && s.unread.since[n] <= e.Desk {
			n++
		}
		s.unread.since = s.unread.since[n:]
		s.tellUnread()
	}
}

// tellUnread sends the newest count of an agent's own room, once the stream is live.
func (s *subscription) tellUnread() {
	if s.of.View != protocol.StreamDesk || !s.live || s.holderNow() != s.who.account {
		return
	}
	n := s.unread.base + len(s.unread.since)
	if n == s.unread.told {
		return
	}
	if s.unread.key == "" {
		s.unread.key = "unread " + s.of.Of.ID
		s.unread.inbox = protocol.StreamInbox.Prefix() + string(s.who.account)
	}
	if s.c.out.rewrite(s.unread.key, func(dst []byte) []byte {
		j := protocol.JSON{B: append(dst, `{"type":"inbox.unread"`...)}
		j.Str("stream", s.unread.inbox)
		j.Key("data")
		j.Open()
		j.Str("room", s.of.Of.ID)
		j.Int("unread", int64(n))
		j.Close()
		j.Close()
		return j.B
	}) {
		s.unread.told = n
	}
}

func (s *subscription) holderNow() protocol.AccountID {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.holder
}
