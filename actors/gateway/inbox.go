package gateway

import "switchyard/protocol"

// The inbox decides which rooms an agent follows.

// gained follows a room the agent got. While the inbox is still replayed it is only
// noted: it may have been lost again since.
func (c *connection) gained(who *identity, room protocol.RoomID, live bool) {
	c.mu.Lock()
	if c.inboxed == nil {
		c.inboxed = make(map[protocol.RoomID]bool)
	}
	_, has := c.subs[protocol.StreamDesk.Prefix()+string(room)]
	if !live {
		c.inboxed[room] = true
	}
	c.mu.Unlock()
	if live && !has {
		c.followRoom(who, room)
	}
}

func (c *connection) followRoom(who *identity, room protocol.RoomID) {
	c.g.spawn(func() { c.follow(who, protocol.StreamDesk, string(room), nil, startFirst, nil) })
}

// inboxLive follows the rooms that the replay of the inbox left with the agent.
func (c *connection) inboxLive(who *identity) {
	c.mu.Lock()
	rooms := c.inboxed
	c.inboxed = nil
	for room := range rooms {
		if _, has := c.subs[protocol.StreamDesk.Prefix()+string(room)]; has {
			delete(rooms, room)
		}
	}
	c.mu.Unlock()
	for room := range rooms {
		c.followRoom(who, room)
	}
}

// lostRoom ends the stream of a room that is no longer the agent's. A manager in scope may read on.
func (c *connection) lostRoom(who *identity, e *protocol.InboxLost) {
	name := protocol.StreamDesk.Prefix() + string(e.Room)
	c.mu.Lock()
	delete(c.inboxed, e.Room)
	s := c.subs[name]
	c.mu.Unlock()
	if s == nil {
		return
	}
	if caller, _, ok := c.g.caller(who); ok && caller.Role != protocol.Agent {
		return
	}
	s.mu.Lock()
	s.until = e.Reason == inboxClosed && !s.closed // the two streams race: the agent still reads how the room closed
	wait := s.until
	s.mu.Unlock()
	if !wait {
		s.leave(e.Reason)
	}
}

// inboxClosed is the reason of an InboxLost whose room has closed.
const inboxClosed = "closed"
