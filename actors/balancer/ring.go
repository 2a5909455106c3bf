package balancer

// Ring holds the eligible agents of one pool in their `order`, for sequential
// distribution (domain 9.4, R-097). The cursor is the caller's: it is remembered
// per site and selector value and moves only when an assignment is made, while
// agents come and go here.
//
// The zero value is an empty ring. It has no lock: one mind owns it.
type Ring struct{ agents ranking }

// Set adds the agent at its place, or moves it there. The slot is a dense number
// as in LeastLoad; order is 0 or more and the agent's own: of two agents with one
// order the ring would choose only the one with the smaller slot.
func (r *Ring) Set(slot, order int32) { r.agents.set(slot, ringRank(order)) }

// Remove takes the agent out of the ring; it gets no make-up turn later.
func (r *Ring) Remove(slot int32) { r.agents.remove(slot) }

// Has says whether the agent is in the ring.
func (r *Ring) Has(slot int32) bool { return r.agents.has(slot) }

// Len is the number of agents in the ring.
func (r *Ring) Len() int { return r.agents.size }

// After is the next eligible agent after the cursor, which is the order of the
// last chosen account, eligible or not, or -1 if there is none yet. Behind the
// largest order the ring starts again. ok is false if the ring is empty.
func (r *Ring) After(cursor int32) (slot, order int32, ok bool) {
	e, ok := r.agents.after(ringRank(cursor))
	if !ok {
		e, ok = r.agents.first()
	}
	return e.slot, keyOf(e.rank).Order, ok
}

// ringRank compares by the order alone.
func ringRank(order int32) rank { return Key{Order: order}.rank() }
