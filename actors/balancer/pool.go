package balancer

// Keys are the keys of the agents of a site, by slot; who is not eligible has none. All pools of the site look at the same
// ones: an agent may be a candidate of many selector values, and its key is written once.
//
// The zero value has nobody. It has no lock: one mind owns it.
type Keys struct{ ranks []rank }

// absent is the rank of who has no key. It is behind all others; a Key that is nothing but maxima would be taken for it.
var absent = rank{^uint64(0), ^uint64(0)}

// Set gives the agent its key; came says that it had none. The slot is a dense number, 0 or more.
func (k *Keys) Set(slot int32, key Key) (came bool) {
	for int(slot) >= len(k.ranks) {
		k.ranks = append(k.ranks, absent)
	}
	came = k.ranks[slot] == absent
	k.ranks[slot] = key.rank()
	return came
}

// Remove takes the agent's key; left says that it had one.
func (k *Keys) Remove(slot int32) (left bool) {
	if left = k.Has(slot); left {
		k.ranks[slot] = absent
	}
	return left
}

// Has says whether the agent has a key, which is: is eligible.
func (k *Keys) Has(slot int32) bool { return k.rank(slot) != absent }

// Clear takes everybody's key.
func (k *Keys) Clear() { k.ranks = k.ranks[:0] }

func (k *Keys) rank(slot int32) rank {
	if uint(slot) >= uint(len(k.ranks)) {
		return absent
	}
	return k.ranks[slot]
}

// few is how many members a pool looks through at each choice. Up to here that is less work than an order that every change of a
// member's load would have to be told, in each of its pools: a site with a thousand inquiry types has a thousand pools.
const few = 64

// Pool is the candidates of one selector value: a fixed set of members, of whom those with a key are eligible. A pool of few
// members has no order of its own and looks through all of them. A larger one does so, too, until it is woken: from then on it
// keeps the members in order and is told of every change, so that a pool that nobody asks costs nothing.
//
// It has no lock: one mind owns it and its Keys.
type Pool struct {
	keys     *Keys
	members  []int32 // ascending
	eligible int

	trees *trees // nil = neither was woken
}

type trees struct {
	awake bool // least is kept
	rung  bool // ring is kept
	least LeastLoad
	ring  Ring
}

// NewPool makes the pool of the members, each named once and in ascending order. None of them may have a key yet: Joined tells.
func NewPool(keys *Keys, members []int32) Pool { return Pool{keys: keys, members: members} }

// Many says whether the pool wants to be told, once it is woken, when a member's key changes (Moved); else Joined and Left are
// enough.
func (p *Pool) Many() bool { return len(p.members) > few }

// Wake says that rooms will ask for the pool; woken says that it slept, and is told of changes from now on.
func (p *Pool) Wake() (woken bool) {
	if !p.Many() || p.trees != nil && p.trees.awake {
		return false
	}
	t := p.grow()
	t.awake = true
	for _, slot := range p.members {
		if r := p.keys.rank(slot); r != absent {
			t.least.agents.set(slot, r)
		}
	}
	return true
}

// WakeRing says that rooms will ask for the pool's ring.
func (p *Pool) WakeRing() {
	if !p.Many() || p.trees != nil && p.trees.rung {
		return
	}
	t := p.grow()
	t.rung = true
	for _, slot := range p.members {
		if r := p.keys.rank(slot); r != absent {
			t.ring.Set(slot, keyOf(r).Order)
		}
	}
}

func (p *Pool) grow() *trees {
	if p.trees == nil {
		p.trees = new(trees)
	}
	return p.trees
}

// Joined says that a member has got a key, and Left that it has lost it.
func (p *Pool) Joined(slot int32) {
	p.eligible++
	p.Moved(slot)
	if t := p.trees; t != nil && t.rung {
		t.ring.Set(slot, keyOf(p.keys.rank(slot)).Order)
	}
}

// Left see Joined.
func (p *Pool) Left(slot int32) {
	p.eligible--
	if t := p.trees; t != nil {
		t.least.Remove(slot)
		t.ring.Remove(slot)
	}
}

// Moved says that a member's key is another one. Its order is the same: that changes with the pools.
func (p *Pool) Moved(slot int32) {
	if t := p.trees; t != nil && t.awake {
		t.least.agents.set(slot, p.keys.rank(slot))
	}
}

// Len is how many members are eligible.
func (p *Pool) Len() int { return p.eligible }

// Choice is an eligible member with its key at the moment of the question.
type Choice struct {
	Slot int32
	rank rank
}

// Key is what the choice was made by.
func (c *Choice) Key() Key { return keyOf(c.rank) }

// First puts the first len(into) eligible members in the order of choice (Key) into the slice and gives those that there are.
func (p *Pool) First(into []Choice) []Choice {
	n := 0
	if t := p.trees; t != nil && t.awake {
		for e := range t.least.agents.all {
			if n == len(into) {
				break
			}
			into[n] = Choice{e.slot, e.rank}
			n++
		}
		return into[:n]
	}
	for _, slot := range p.members {
		r := p.keys.rank(slot)
		i := n
		switch {
		case n == len(into): // most go by here
			if n == 0 || !r.before(into[n-1].rank) {
				continue
			}
			i--
		case r == absent:
			continue
		default:
			n++
		}
		for ; i > 0 && r.before(into[i-1].rank); i-- {
			into[i] = into[i-1]
		}
		into[i] = Choice{slot, r}
	}
	return into[:n]
}

// After is Ring.After of the eligible members.
func (p *Pool) After(cursor int32) (slot, order int32, ok bool) {
	if t := p.trees; t != nil && t.rung {
		return t.ring.After(cursor)
	}
	first, firstOrder, begins := int32(0), int32(0), false // where the ring starts again
	for _, m := range p.members {
		r := p.keys.rank(m)
		if r == absent {
			continue
		}
		o := keyOf(r).Order
		if !begins || o < firstOrder {
			first, firstOrder, begins = m, o, true
		}
		if o > cursor && (!ok || o < order) {
			slot, order, ok = m, o, true
		}
	}
	if !ok {
		return first, firstOrder, begins
	}
	return slot, order, true
}

// before compares two ranks as numbers.
func (r rank) before(o rank) bool { return r.hi < o.hi || r.hi == o.hi && r.lo < o.lo }
