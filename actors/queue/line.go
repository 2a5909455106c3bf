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
	filled uint16                                            // bit c: class c has a room
	class  [protocol.PriorityMax + 1]struct{ head, tail no } // waiters
}

// where names a line: a pool's is 1 + 2 × its number, that of the rooms that everybody eligible has missed the next one,
// and an agent's own -1 - its slot. 0 is none.
type where int32

func lineOf(p *pool) where   { return where(1 + 2*p.no) }
func stuckOf(p *pool) where  { return where(2 + 2*p.no) }
func ownOf(slot int32) where { return where(-1 - slot) }
func (l where) main() bool   { return l > 0 && l%2 == 1 }
func (s *State) line(l where) *line {
	switch {
	case l < 0:
		return &s.owns[s.agents[-1-l].own]
	case l.main():
		return &s.order[l/2].line
	}
	return &s.order[l/2-1].stuck
}

// first is the earliest room of the highest class; 0 = nobody waits.
func (l *line) first() no {
	if l.filled == 0 {
		return 0
	}
	return l.class[bits.Len16(l.filled)-1].head
}

// firstOf is the earliest room of the line, if there is one.
func (s *State) firstOf(l *line) entry {
	if n := l.first(); n != 0 {
		return s.at(s.waiters.at(n).room)
	}
	return entry{}
}

// put puts a room at its place in the line; only one that comes back to an older place walks.
func (s *State) put(at where, r entry) {
	l := s.line(at)
	c := &l.class[r.priority]
	after := c.tail
	for after != 0 {
		w := s.waiters.at(after)
		if !s.before(r.waiter, w) {
			break
		}
		after = w.prev
	}
	if after == 0 {
		r.next, r.prev = c.head, 0
		c.head = r.wait
	} else {
		w := s.waiters.at(after)
		r.next, r.prev = w.next, after
		w.next = r.wait
	}
	if r.next != 0 {
		s.waiters.at(r.next).prev = r.wait
	} else {
		c.tail = r.wait
	}
	l.filled |= 1 << r.priority
	r.in = at
	if at.main() {
		s.lined[at/2/64] |= 1 << (at / 2 % 64)
	}
}

// cut takes a room out of its line.
func (s *State) cut(r entry) {
	l := s.line(r.in)
	c := &l.class[r.priority]
	if r.prev != 0 {
		s.waiters.at(r.prev).next = r.next
	} else {
		c.head = r.next
	}
	if r.next != 0 {
		s.waiters.at(r.next).prev = r.prev
	} else {
		c.tail = r.prev
	}
	if c.head == 0 {
		l.filled &^= 1 << r.priority
	}
	if r.in.main() && l.filled == 0 {
		s.lined[r.in/2/64] &^= 1 << (r.in / 2 % 64)
	}
	r.prev, r.next, r.in = 0, 0, 0
}

// all yields the rooms of a line in their order. The room that is yielded may be cut.
func (s *State) all(l *line) func(yield func(entry) bool) {
	return func(yield func(entry) bool) {
		for c := protocol.PriorityMax; c >= 0; c-- {
			for n := l.class[c].head; n != 0; {
				w := s.waiters.at(n)
				next := w.next
				if !yield(s.at(w.room)) {
					return
				}
				n = next
			}
		}
	}
}

// before is the order of the line: by class, by request, then by the order in which the requests came.
func (s *State) before(a, b *waiter) bool {
	if a.priority != b.priority {
		return a.priority > b.priority
	}
	if a.requestedAt != b.requestedAt {
		return a.requestedAt < b.requestedAt
	}
	if a.place != b.place {
		return a.place < b.place
	}
	return s.name(s.at(a.room)) < s.name(s.at(b.room))
}

// lineUp puts a room into the line, at its place.
func (s *State) lineUp(r entry) {
	if !r.lined {
		r.lined = true
		s.waiting++
	}
	s.link(r)
	s.roomChanged(r)
}

func (s *State) leaveLine(r entry) {
	if r.lined {
		s.unlink(r)
		r.until, r.lined, r.stuck = 0, false, false
		s.waiting--
		s.roomChanged(r)
	}
}

// link puts a waiting room that may be assigned into its line: its pool's, or that of the one agent it waits for.
func (s *State) link(r entry) {
	p := s.pool(r)
	if !r.lined || r.lock || r.aside || p == nil || r.offered >= 0 {
		return
	}
	s.wake(p)
	if r.until != 0 {
		if s.worthWaiting(r) {
			s.own(r.last)
			s.put(ownOf(r.last), r)
			s.keep(r.last)
			return
		}
		r.until = 0
	}
	if r.stuck {
		s.put(stuckOf(p), r)
		return
	}
	s.put(lineOf(p), r)
}

// wake lets the pool keep an order, if it is large: rooms will ask for it.
func (s *State) wake(p *pool) {
	if p.candidates.Wake() {
		s.awake++
	}
}

func (s *State) unlink(r entry) {
	if r.in == 0 {
		return
	}
	s.cut(r)
	if r.until != 0 {
		s.keep(r.last)
	}
}

// move changes the room's class (a manager's act); it keeps its request's place inside the new one.
func (s *State) move(r entry, class uint8) {
	if r.ref == nil || class > protocol.PriorityMax {
		return
	}
	linked := r.in != 0
	s.unlink(r)
	if r.wait != 0 { // else it does not wait, and will not
		r.priority = class
	}
	if linked {
		s.link(r)
	}
	s.roomChanged(r)
}

// wholeLine lists the waiting rooms in their order, locked ones too.
func (s *State) wholeLine() []entry {
	all := make([]entry, 0, s.waiting)
	for r := range s.allWaiters {
		if r.lined {
			all = append(all, r)
		}
	}
	slices.SortFunc(all, func(a, b entry) int {
		if s.before(a.waiter, b.waiter) {
			return -1
		}
		return 1
	})
	return all
}
