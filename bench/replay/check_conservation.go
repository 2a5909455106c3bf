package replay

// conservation: every call ended in one of the three ways, and no two calls share a
// room (each has its own customer). The node's own list must tell the same: each
// room once, with the same end, and no room of a customer that no call knows of, as a
// request that was done twice would leave.
func conservation(l *Log, r *Result) {
	rooms := map[string]*CallLog{}
	for i := range l.Calls {
		c := &l.Calls[i]
		r.Judged++
		switch fate := c.Fate(); fate {
		case FateRefused:
			r.fail("call %d: refused with %q", c.Index, c.Code)
		case FateUnknown:
			r.fail("call %d: %v (room %q, outcome %q, %d assignments, ended by %q)", c.Index, fate, c.Room, c.Outcome, len(c.Assigned), c.EndedBy)
		}
		if c.Room == "" {
			continue
		}
		if other := rooms[c.Room]; other != nil {
			r.fail("call %d: shares room %s with call %d", c.Index, c.Room, other.Index)
		}
		rooms[c.Room] = c
	}
	if l.Listed == nil {
		r.fail("the node's own list of rooms was not read")
		return
	}
	listed := map[string]bool{}
	for _, room := range l.Listed {
		c := rooms[room.Room]
		switch {
		case listed[room.Room]:
			r.fail("room %s is twice in the node's list", room.Room)
		case c == nil:
			r.fail("room %s of customer %s is in the node's list and no call's", room.Room, room.Customer)
		case !c.ClosedAt.Equal(room.ClosedAt) || c.EndedBy != room.EndedBy:
			r.fail("call %d: room %s ended %s by %q, in the node's list %s by %q", c.Index, room.Room, clock(c.ClosedAt), c.EndedBy, clock(room.ClosedAt), room.EndedBy)
		case !room.ClosedAt.IsZero() && len(c.Assigned) != room.Assignments:
			r.fail("call %d: room %s was assigned %d times, in the node's list %d times", c.Index, room.Room, len(c.Assigned), room.Assignments)
		}
		listed[room.Room] = true
	}
	for i := range l.Calls {
		if c := &l.Calls[i]; c.Room != "" && !listed[c.Room] {
			r.fail("call %d: room %s is not in the node's list", c.Index, c.Room)
		}
	}
}
