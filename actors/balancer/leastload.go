package balancer

// Key is what least-load distribution compares, in this order (domain 9.3, R-095, R-096).
type Key struct {
	Load  int32  // rooms bound to the agent, seats reserved included; fewest first
	Last  uint64 // turn of the last assignment of any cause; 0 = never, which counts as oldest. Oldest first
	Order int32  // the account's `order`; smallest first
}

// LeastLoad holds the eligible agents of one pool, ordered by Key. Keys of one
// pool differ, because accounts differ in their order; if two should not, the
// smaller slot goes first, so that a pool built anew picks the same.
//
// The zero value is an empty pool. It has no lock: one mind owns it.
type LeastLoad struct{ agents ranking }

// Set adds the agent with its key, or gives it a new key. The slot is a dense
// number, 0 or more: the pool keeps four bytes for every slot up to the largest.
func (p *LeastLoad) Set(slot int32, k Key) { p.agents.set(slot, k.rank()) }

// Remove takes the agent out, as when it has become full or goes into a break.
// Whoever is not in the pool may be removed.
func (p *LeastLoad) Remove(slot int32) { p.agents.remove(slot) }

// Has says whether the agent is in the pool.
func (p *LeastLoad) Has(slot int32) bool { return p.agents.has(slot) }

// Len is the number of agents in the pool.
func (p *LeastLoad) Len() int { return p.agents.size }

// Pick is the agent to be chosen now; ok is false if the pool is empty. It
// changes nothing: an assignment is the Set, with the new load and the new turn,
// that follows, and so each assignment is visible to the next pick.
func (p *LeastLoad) Pick() (slot int32, ok bool) {
	e, ok := p.agents.first()
	return e.slot, ok
}

// Top calls each with the first n agents in the order of choice, or with all if
// there are fewer, to explain a pick. each may not change the pool.
func (p *LeastLoad) Top(n int, each func(slot int32, k Key)) {
	for e := range p.agents.all {
		if n <= 0 {
			return
		}
		n--
		each(e.slot, keyOf(e.rank))
	}
}

// rank packs the key so that two numbers compare as the three fields do. Turning
// the sign bit over makes negative numbers sort below the others.
func (k Key) rank() rank {
	return rank{
		hi: uint64(uint32(k.Load)^signBit)<<32 | k.Last>>32,
		lo: k.Last<<32 | uint64(uint32(k.Order)^signBit),
	}
}

// keyOf unpacks a rank.
func keyOf(r rank) Key {
	return Key{
		Load:  int32(uint32(r.hi>>32) ^ signBit),
		Last:  r.hi<<32 | r.lo>>32,
		Order: int32(uint32(r.lo) ^ signBit),
	}
}

const signBit = 1 << 31
