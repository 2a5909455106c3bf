package balancer

import (
	"fmt"
	"testing"
)

// Large sets that grow, change and shrink again: at every size the tree is a tree,
// and it orders as a sorted slice does.
func TestRankingGrowsAndShrinks(t *testing.T) {
	for seed := range dice(6) {
		d := seed + 1
		most := []int{40, 700, 4_000}[seed%3]
		var p LeastLoad
		var turn uint64
		keys := map[int32]Key{}
		for phase, p3 := range []struct{ set, move, remove int }{{3, 1, 0}, {1, 3, 1}, {0, 1, 3}, {2, 1, 1}, {0, 0, 1}} {
			for step := range 2 * most {
				slot := d.roll(most)
				k, in := keys[slot]
				switch act := int(d.roll(p3.set + p3.move + p3.remove)); {
				case act < p3.set && !in:
					k = Key{Load: d.roll(4), Last: uint64(d.roll(most)), Order: slot}
				case act < p3.set+p3.move && in:
					turn++
					k = Key{Load: k.Load + 1, Last: uint64(most) + turn, Order: slot}
				case in:
					delete(keys, slot)
					p.Remove(slot)
					continue
				default:
					continue
				}
				keys[slot] = k
				p.Set(slot, k)
				if step%97 == 0 {
					p.agents.check(t)
				}
			}
			for slot := range int32(most) { // the last phase ends with nobody
				if phase == 4 {
					p.Remove(slot)
					delete(keys, slot)
					p.agents.check(t)
				}
			}
			p.agents.check(t)
			var dumb sorted
			for slot, k := range keys {
				dumb = append(dumb, struct {
					slot int32
					key  Key
				}{slot, k})
			}
			if len(dumb) > 0 { // setting one again sorts them all
				dumb.set(dumb[0].slot, dumb[0].key)
			}
			same(t, &p, dumb)
		}
	}
}

// The nodes of a set are bounded by what it held at most, however long it has been
// changed: what is released is used again.
func TestRankingReusesItsNodes(t *testing.T) {
	const agents = 2_000
	var p LeastLoad
	d := dice(7)
	for slot := range int32(agents) {
		p.Set(slot, Key{Order: slot})
	}
	for turn := range uint64(200_000) {
		p.Set(d.roll(agents), Key{Load: d.roll(50), Last: turn})
	}
	p.agents.check(t)
	// Every node has fanMin entries, so a level has at most 1/fanMin of the nodes of the one below.
	if most := agents/fanMin + agents/fanMin/(fanMin-1) + 3; len(p.agents.nodes) > most {
		t.Errorf("%d nodes for %d agents, want at most %d", len(p.agents.nodes), agents, most)
	}
}

// check says what always holds of the tree.
func (t *ranking) check(f failer) {
	if t.root == 0 {
		return
	}
	w := walk{f: f, t: t}
	w.down(t.root, 0, &entry{}, nil)
	if w.size != t.size {
		f.Fatalf("%d slots in the leaves, size says %d", w.size, t.size)
	}
	for slot, x := range t.leafOf {
		if x != 0 && w.leaf[int32(slot)] != x {
			f.Fatalf("slot %d is in leaf %d and believes in %d", slot, w.leaf[int32(slot)], x)
		}
	}
	if w.last != 0 && t.nodes[w.last].next != 0 {
		f.Fatalf("behind the last leaf comes %d", t.nodes[w.last].next)
	}
	free := 0
	for x := t.free; x != 0; x = t.nodes[x].next {
		free++
	}
	if w.nodes+free != len(t.nodes)-1 {
		f.Fatalf("%d nodes in use and %d free of %d", w.nodes, free, len(t.nodes)-1)
	}
}

type walk struct {
	f                  failer
	t                  *ranking
	nodes, size, depth int
	last               int32
	leaf               map[int32]int32
}

// down walks below node x, whose entries are all from low up to but without high.
func (w *walk) down(x int32, depth int, low, high *entry) {
	n := &w.t.nodes[x]
	w.nodes++
	if least := map[bool]int32{true: fanMin, false: 0}[x != w.t.root]; n.n < least || n.n > fanMax {
		w.f.Fatalf("node %d has %d entries", x, n.n)
	}
	for i := range n.entries[:n.n] {
		e := &n.entries[i]
		if e.before(low) || high != nil && !e.before(high) || i > 0 && !n.entries[i-1].before(e) {
			w.f.Fatalf("node %d entry %d is out of order: %s", x, i, w.t.describe(x))
		}
		if !n.inner {
			w.size++
			if w.leaf == nil {
				w.leaf = map[int32]int32{}
			}
			w.leaf[e.slot] = x
			continue
		}
		next := high
		if i+1 < int(n.n) {
			next = &n.entries[i+1]
		}
		child := n.entries[i].child
		if w.t.nodes[child].parent != x {
			w.f.Fatalf("node %d is below %d and believes in %d", child, x, w.t.nodes[child].parent)
		}
		w.down(child, depth+1, e, next)
	}
	if n.inner {
		return
	}
	if w.last == 0 && x != head || w.last != 0 && w.t.nodes[w.last].next != x {
		w.f.Fatalf("leaf %d does not follow %d", x, w.last)
	}
	if w.last != 0 && w.depth != depth {
		w.f.Fatalf("leaf %d is %d deep, others %d", x, depth, w.depth)
	}
	w.last, w.depth = x, depth
}

func (t *ranking) describe(x int32) string {
	n := &t.nodes[x]
	return fmt.Sprintf("inner %v, parent %d, next %d, %v", n.inner, n.parent, n.next, n.entries[:n.n])
}
