package balancer

import (
	"fmt"
	"math/bits"
)

// ranking is a set of slots, ordered by rank: a B+ tree whose nodes lie in one
// slice and name each other by number.
//
// Why a tree, and not a bucket with a queue per load: an agent comes back to a
// smaller load with an old turn, and after a break or a hand-back with any turn,
// so a bucket needs an ordered insert, too; and loads are unlimited, so the
// buckets need an order. Why this tree, and not a heap: a binary heap of 100,000
// goes down seventeen levels, each somewhere else in memory; here three or four
// nodes are read, each with its entries side by side. And Top and Ring.After want
// the order, not only the first.
//
// Every leaf knows its slots and every slot its leaf, so taking an agent out
// needs no search. Nodes refer to nodes by number, so that the collector has
// nothing to look at.
type ranking struct {
	nodes  []node  // nodes[0] is not used: number 0 means "no node"
	root   int32   // 0 before the first Set
	free   int32   // released nodes, chained by next
	size   int     // slots in the set
	leafOf []int32 // by slot; 0 = not in the set
}

// rank is a place in the order: two numbers that compare as one.
type rank struct{ hi, lo uint64 }

// entry is a slot in a leaf, or a child in an inner node. A child's rank and slot
// are a lower bound of everything below it; along the left edge of the tree they
// are zero, which is before all.
type entry struct {
	rank
	slot  int32
	child int32 // 0 in a leaf
}

// fanMax is the number of entries of a full node, and fanMin what a node other
// than the root has at least. Nodes are joined when they fill one to fanJoin, so
// that the next entry does not split them again.
const (
	fanMax  = 32
	fanMin  = fanMax / 4
	fanJoin = fanMax * 3 / 4
)

type node struct {
	n       int32 // entries in use
	parent  int32 // means nothing at the root
	next    int32 // the leaf to the right; 0 at the last and in inner nodes
	inner   bool
	entries [fanMax]entry
}

// head is the number of the leftmost leaf. It is the first leaf there ever was: a
// split makes a new right half, a join keeps the left one.
const head = 1

// before compares by rank, then by slot. The borrow of a long subtraction is the
// answer; a chain of comparisons would be a chain of mispredicted branches.
func (e *entry) before(o *entry) bool {
	_, borrow := bits.Sub64(uint64(uint32(e.slot)), uint64(uint32(o.slot)), 0)
	_, borrow = bits.Sub64(e.lo, o.lo, borrow)
	_, borrow = bits.Sub64(e.hi, o.hi, borrow)
	return borrow != 0
}

// upTo is the number of entries that are not after e.
func (n *node) upTo(e *entry) int {
	from, to := 0, int(n.n)
	for from < to {
		mid := int(uint(from+to) / 2)
		if e.before(&n.entries[mid]) {
			to = mid
		} else {
			from = mid + 1
		}
	}
	return from
}

func (t *ranking) has(slot int32) bool {
	return slot >= 0 && int(slot) < len(t.leafOf) && t.leafOf[slot] != 0
}

// set adds the slot at the rank, or moves it there.
func (t *ranking) set(slot int32, r rank) {
	switch {
	case slot < 0:
		panic(fmt.Sprintf("balancer: slot %d is negative", slot))
	case t.has(slot):
		x, i := t.find(slot)
		if t.nodes[x].entries[i].rank == r {
			return
		}
		t.cut(x, i)
	default:
		for int(slot) >= len(t.leafOf) {
			t.leafOf = append(t.leafOf, 0)
		}
		t.size++
	}
	e := entry{rank: r, slot: slot}
	x := t.leafFor(&e)
	t.place(x, t.nodes[x].upTo(&e), e)
}

func (t *ranking) remove(slot int32) {
	if t.has(slot) {
		x, i := t.find(slot)
		t.cut(x, i)
		t.leafOf[slot] = 0
		t.size--
	}
}

// first is the entry with the smallest rank.
func (t *ranking) first() (entry, bool) {
	if t.size == 0 {
		return entry{}, false
	}
	return t.nodes[head].entries[0], true
}

// after is the first entry whose rank is larger than r.
func (t *ranking) after(r rank) (entry, bool) {
	if t.size == 0 {
		return entry{}, false
	}
	e := entry{rank: r, slot: -1} // behind every slot: they compare as unsigned
	n := &t.nodes[t.leafFor(&e)]
	if i := n.upTo(&e); i < int(n.n) {
		return n.entries[i], true
	}
	if n.next != 0 {
		return t.nodes[n.next].entries[0], true
	}
	return entry{}, false
}

// all yields the entries in their order.
func (t *ranking) all(yield func(entry) bool) {
	if t.size == 0 {
		return
	}
	for x := int32(head); x != 0; x = t.nodes[x].next {
		n := &t.nodes[x]
		for i := range n.n {
			if !yield(n.entries[i]) {
				return
			}
		}
	}
}

// find is the leaf of a slot that is in the set, and its index there.
func (t *ranking) find(slot int32) (x int32, i int) {
	x = t.leafOf[slot]
	n := &t.nodes[x]
	for i := range n.entries[:n.n] {
		if n.entries[i].slot == slot {
			return x, i
		}
	}
	panic(fmt.Sprintf("balancer: slot %d is not in its leaf %d", slot, x))
}

// leafFor is the leaf where e is or would be.
func (t *ranking) leafFor(e *entry) int32 {
	if t.root == 0 {
		t.nodes = make([]node, 2)
		t.root = head
	}
	x := t.root
	for t.nodes[x].inner {
		n := &t.nodes[x]
		x = n.entries[n.upTo(e)-1].child
	}
	return x
}

// place puts an entry into node x at index i and splits the node if it is full.
func (t *ranking) place(x int32, i int, e entry) {
	if t.nodes[x].n == fanMax {
		y := t.split(x)
		// An entry between the halves goes to the left one: the right half's lower bound is
		// its first entry, which is larger.
		if half := int(t.nodes[x].n); i > half {
			x, i = y, i-half
		}
	}
	n := &t.nodes[x]
	copy(n.entries[i+1:n.n+1], n.entries[i:n.n])
	n.entries[i] = e
	n.n++
	t.adopt(x, i, i+1)
}

// split moves the right half of node x into a new node behind it.
func (t *ranking) split(x int32) (y int32) {
	if x == t.root {
		r := t.node()
		t.nodes[r] = node{n: 1, inner: true}
		t.nodes[r].entries[0].child = x
		t.nodes[x].parent = r
		t.root = r
	}
	y = t.node()
	n, right := &t.nodes[x], &t.nodes[y]
	*right = node{n: n.n - n.n/2, inner: n.inner, next: n.next}
	n.n /= 2
	copy(right.entries[:right.n], n.entries[n.n:])
	if !n.inner {
		n.next = y
	}
	t.adopt(y, 0, int(right.n))
	bound := right.entries[0]
	bound.child = y
	t.place(n.parent, t.indexOf(x)+1, bound)
	return y
}

// cut takes entry i out of node x and mends the node if it has become too small.
func (t *ranking) cut(x int32, i int) {
	n := &t.nodes[x]
	copy(n.entries[i:n.n-1], n.entries[i+1:n.n])
	n.n--
	switch {
	case x != t.root:
		if n.n < fanMin {
			t.mend(x)
		}
	case n.inner && n.n == 1: // a root with one child is no use
		t.root = n.entries[0].child
		t.release(x)
	}
}

// mend joins node x with a neighbour, or takes entries over from it.
func (t *ranking) mend(x int32) {
	p := t.nodes[x].parent
	j := max(t.indexOf(x), 1) // the right one of the two neighbours, as an index of their parent
	bound := &t.nodes[p].entries[j]
	y := bound.child
	x = t.nodes[p].entries[j-1].child
	left, right := &t.nodes[x], &t.nodes[y]
	if left.n+right.n <= fanJoin {
		copy(left.entries[left.n:], right.entries[:right.n])
		from := left.n
		left.n += right.n
		left.next = right.next
		t.adopt(x, int(from), int(left.n))
		t.release(y)
		t.cut(p, j)
		return
	}
	half := (left.n + right.n) / 2
	if k := half - left.n; k > 0 {
		copy(left.entries[left.n:], right.entries[:k])
		copy(right.entries[:], right.entries[k:right.n])
		left.n, right.n = half, right.n-k
		t.adopt(x, int(half-k), int(half))
	} else {
		k = -k
		copy(right.entries[k:], right.entries[:right.n])
		copy(right.entries[:k], left.entries[half:left.n])
		left.n, right.n = half, right.n+k
		t.adopt(y, 0, int(k))
	}
	bound.rank, bound.slot = right.entries[0].rank, right.entries[0].slot
}

// adopt tells what entries from to to-1 of node x hold that they are there now.
func (t *ranking) adopt(x int32, from, to int) {
	n := &t.nodes[x]
	for i := from; i < to; i++ {
		if e := &n.entries[i]; n.inner {
			t.nodes[e.child].parent = x
		} else {
			t.leafOf[e.slot] = x
		}
	}
}

// indexOf is the index of node x in its parent.
func (t *ranking) indexOf(x int32) int {
	n := &t.nodes[t.nodes[x].parent]
	for i := range n.entries[:n.n] {
		if n.entries[i].child == x {
			return i
		}
	}
	panic(fmt.Sprintf("balancer: node %d is not in its parent %d", x, t.nodes[x].parent))
}

// node is the number of an unused node; what is in it is not cleared. It may move
// the nodes, so pointers to them do not outlive the call.
func (t *ranking) node() int32 {
	if x := t.free; x != 0 {
		t.free = t.nodes[x].next
		return x
	}
	t.nodes = append(t.nodes, node{})
	return int32(len(t.nodes) - 1)
}

func (t *ranking) release(x int32) {
	t.nodes[x].next = t.free
	t.free = x
}
