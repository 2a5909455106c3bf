package queue

import (
	"math/bits"
	"slices"

	"switchyard/protocol"
)

// line is rooms that wait for the same agents: a list for each class, each in the order of the
// requests (distribution.priority). The first of the line is found by one bit scan; an arrival
// goes to the end of its class without a walk.
type line struct {
	class  [protocol.PriorityMax + 1]struct{ head, tail *ref }
	filled uint16 // bit c: class c has a room
}

// first is the earliest room of the highest class; nil = nobody waits.
func (l *line) first() *ref {
	if l.filled == 0 {
		return nil
	}
	return l.class[bits.Len16(l.filled)-1].head
}

// put puts a room at its place; only one that comes back to an older place walks.
func (l *line) put(r *ref) {
	c := &l.class[r.priority]
	after := c.tail
	for after != nil && before(r, after) {
		after = after.prev
	}
	if after == nil {
		r.next, r.prev = c.head, nil
		c.head = r
	} else {
		r.next, r.prev = after.next, after
		after.next = r
	}
	if r.next != nil {
		r.next.prev = r
	} else {
		c.tail = r
	}
	l.filled |= 1 << r.priority
	r.in = l
}

func (l *line) cut(r *ref) {
	c := &l.class[r.priority]
	if r.prev != nil {
		r.prev.next = r.next
	} else {
		c.head = r.next
	}
	if r.next != nil {
		r.next.prev = r.prev
	} else {
		c.tail = r.prev
	}
	if c.head == nil {
		l.filled &^= 1 << r.priority
	}
	r.prev, r.next, r.in = nil, nil, nil
}

// all yields the rooms in their order. The room that is yielded may be cut.
func (l *line) all(yield func(*ref) bool) {
	for c := protocol.PriorityMax; c >= 0; c-- {
		for r := l.class[c].head; r != nil; {
			next := r.next
			if !yield(r) {
				return
			}
			r = next
		}
	}
}

// before is the order of the line: by class, by request, then by the order in which the requests came.
func before(a, b *ref) bool {
	if a.priority != b.priority {
		return a.priority > b.priority
	}
	if a.requestedAt != b.requestedAt {
		return a.requestedAt < b.requestedAt
	}
	if a.place != b.place {
		return a.place < b.place
	}
	return a.room < b.room
}

// lineUp puts a room into the line, at its place.
func (s *State) lineUp(r *ref) {
	if !r.lined {
		r.lined = true
		s.waiting++
	}
	s.link(r)
	s.roomChanged(r)
}

func (s *State) leaveLine(r *ref) {
	if r.lined {
		s.unlink(r)
		r.until, r.lined, r.stuck = 0, false, false
		s.waiting--
		s.roomChanged(r)
	}
}

// link puts a waiting room that may be assigned into its line: its pool's, or that of the one agent it waits for.
func (s *State) link(r *ref) {
	if !r.lined || r.lock || r.aside || r.pool == nil || r.offered >= 0 {
		return
	}
	r.pool.candidates.Wake()
	if r.until != 0 {
		if s.worthWaiting(r) {
			s.own(r.last).put(r)
			s.keep(r.last)
			return
		}
		r.until = 0
	}
	if r.stuck {
		r.pool.stuck.put(r)
		return
	}
	r.pool.line.put(r)
}

func (s *State) unlink(r *ref) {
	if r.in == nil {
		return
	}
	r.in.cut(r)
	if r.until != 0 {
		s.keep(r.last)
	}
}

// move changes the room's class (a manager's act); it keeps its request's place inside the new one.
func (s *State) move(room protocol.RoomID, class uint8) {
	r := s.rooms[room]
	if r == nil || class > protocol.PriorityMax {
		return
	}
	linked := r.in != nil
	s.unlink(r)
	r.priority = class
	if linked {
		s.link(r)
	}
	s.roomChanged(r)
}

// line lists the waiting rooms in their order, locked ones too.
func (s *State) line() []*ref {
	all := make([]*ref, 0, s.waiting)
	for _, r := range s.rooms {
		if r.lined {
			all = append(all, r)
		}
	}
	slices.SortFunc(all, func(a, b *ref) int {
		if before(a, b) {
			return -1
		}
		return 1
	})
	return all
}
