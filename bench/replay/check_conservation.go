package replay

// conservation: every call ended in one of the three ways, and no two calls share a
// room (each has its own customer).
func conservation(l *Log, r *Result) {
	rooms := map[string]int{}
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
		if other, taken := rooms[c.Room]; taken {
			r.fail("call %d: shares room %s with call %d", c.Index, c.Room, other)
		}
		rooms[c.Room] = c.Index
	}
}
