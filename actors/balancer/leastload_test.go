package balancer

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// The agents of the worked examples.
const (
	a int32 = iota
	b
	c
)

// at is a time of the examples as a turn: turns count assignments, the later the larger.
func at(hour, minute uint64) uint64 { return hour*60 + minute }

// The examples of domain 9.3. An agent that is full or in a break is not eligible
// (9.2), so it is not in the pool.
func TestLeastLoadExamples(t *testing.T) {
	for _, e := range []struct {
		rule string
		pool map[int32]Key
		want int32
	}{
		{"D-1 smallest load", map[int32]Key{a: {Load: 5, Order: 1}, b: {Load: 3, Order: 2}}, b},
		{"D-2 tie on 2, oldest last assignment", map[int32]Key{a: {Load: 2, Last: at(10, 0), Order: 1}, b: {Load: 2, Last: at(9, 50), Order: 2}, c: {Load: 3, Order: 3}}, b},
		{"D-3 never, never, never: lowest order", map[int32]Key{a: {Order: 1}, b: {Order: 2}, c: {Order: 3}}, a},
		{"D-4 A full, C in a break", map[int32]Key{b: {Load: 4, Order: 2}}, b},
		{"9.3 never assigned counts as oldest", map[int32]Key{a: {Load: 2, Last: 1, Order: 1}, b: {Load: 2, Order: 2}}, b},
		{"R-096 the last assignment before the order", map[int32]Key{a: {Load: 2, Last: 8, Order: 1}, b: {Load: 2, Last: 7, Order: 2}}, b},
		{"R-095 the load before the last assignment", map[int32]Key{a: {Load: 1, Last: 9, Order: 2}, b: {Load: 2, Order: 1}}, a},
		{"the slot is not the order", map[int32]Key{a: {Order: 3}, b: {Order: 2}, c: {Order: 1}}, c},
		{"any load", map[int32]Key{a: {Load: math.MaxInt32}, b: {Load: math.MinInt32}, c: {Load: 0}}, b},
		{"any turn", map[int32]Key{a: {Last: math.MaxUint64}, b: {Last: 1 << 32}, c: {Last: math.MaxUint64 - 1}}, b},
	} {
		for range 10 { // in whatever order the map gives them
			var p LeastLoad
			for slot, k := range e.pool {
				p.Set(slot, k)
			}
			if got, ok := p.Pick(); !ok || got != e.want {
				t.Errorf("%s: picked %d, %v; want %d", e.rule, got, ok, e.want)
			}
		}
	}
}

// D-5, R-104: four rooms at once, each assignment visible to the next.
func TestLeastLoadBurst(t *testing.T) {
	c3 := center{agents: 3}
	c3.open()
	got := []int32{c3.assign(t), c3.assign(t), c3.assign(t), c3.assign(t)}
	if want := []int32{a, b, c, a}; !slices.Equal(got, want) {
		t.Errorf("four rooms went to %v, want %v", got, want)
	}
}

// I-15: right after an automatic assignment no candidate had a load smaller than the
// chosen one had before it. And A-11: 300 rooms for three agents are 100 each.
func TestLeastLoadIsFair(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := center{agents: rapid.IntRange(1, 200).Draw(t, "agents")}
		c.open()
		for range rapid.IntRange(0, 600).Draw(t, "steps") {
			if len(c.rooms) > 0 && rapid.IntRange(0, 2).Draw(t, "act") == 0 {
				c.release(rapid.IntRange(0, len(c.rooms)-1).Draw(t, "room"))
				continue
			}
			least := int32(math.MaxInt32)
			for _, k := range c.keys {
				least = min(least, k.Load)
			}
			if slot := c.assign(t); c.keys[slot].Load-1 != least {
				t.Fatalf("agent %d had %d rooms, another one %d", slot, c.keys[slot].Load-1, least)
			}
		}
	})
	even := center{agents: 3}
	even.open()
	for range 300 {
		even.assign(t)
	}
	for slot, k := range even.keys {
		if k.Load != 100 {
			t.Errorf("agent %d has %d of 300 rooms", slot, k.Load)
		}
	}
}

// center is a pool with what the queue would know beside it.
type center struct {
	agents int
	pool   LeastLoad
	keys   []Key
	rooms  []int32 // the holder of each open room
	turn   uint64
}

func (c *center) open() {
	c.keys = make([]Key, c.agents)
	for slot := range c.keys {
		c.keys[slot].Order = int32(slot)
		c.pool.Set(int32(slot), c.keys[slot])
	}
}

func (c *center) assign(t interface{ Fatal(...any) }) int32 {
	slot, ok := c.pool.Pick()
	if !ok {
		t.Fatal("nobody to pick")
	}
	c.turn++
	c.keys[slot].Load++
	c.keys[slot].Last = c.turn
	c.pool.Set(slot, c.keys[slot])
	c.rooms = append(c.rooms, slot)
	return slot
}

func (c *center) release(room int) {
	slot := c.rooms[room]
	c.rooms = slices.Delete(c.rooms, room, room+1)
	c.keys[slot].Load--
	c.pool.Set(slot, c.keys[slot])
}

// sorted is the dumb pool: a slice that is sorted when somebody asks.
type sorted []struct {
	slot int32
	key  Key
}

func (s *sorted) remove(slot int32) {
	for i := range *s {
		if (*s)[i].slot == slot {
			*s = slices.Delete(*s, i, i+1)
			return
		}
	}
}

func (s *sorted) set(slot int32, k Key) {
	s.remove(slot)
	*s = append(*s, struct {
		slot int32
		key  Key
	}{slot, k})
	slices.SortFunc(*s, func(x, y struct {
		slot int32
		key  Key
	}) int {
		return cmp.Or(cmp.Compare(x.key.Load, y.key.Load), cmp.Compare(x.key.Last, y.key.Last),
			cmp.Compare(x.key.Order, y.key.Order), cmp.Compare(x.slot, y.slot))
	})
}

// Whatever is done to the pool, it orders its agents as a sorted slice does.
func TestLeastLoadAgainstSortedSlice(t *testing.T) {
	numbers := rapid.OneOf(rapid.Int32Range(0, 3), rapid.SampledFrom([]int32{math.MinInt32, -1, math.MaxInt32}), rapid.Int32())
	turns := rapid.OneOf(rapid.Uint64Range(0, 5), rapid.SampledFrom([]uint64{math.MaxUint32, 1 << 32, math.MaxUint64}), rapid.Uint64())
	rapid.Check(t, func(t *rapid.T) {
		var p LeastLoad
		var dumb sorted
		for range rapid.IntRange(0, 300).Draw(t, "steps") {
			slot := rapid.Int32Range(0, 120).Draw(t, "slot")
			if rapid.IntRange(0, 3).Draw(t, "act") == 0 {
				p.Remove(slot)
				dumb.remove(slot)
			} else {
				k := Key{numbers.Draw(t, "load"), turns.Draw(t, "last"), numbers.Draw(t, "order")}
				p.Set(slot, k)
				dumb.set(slot, k)
			}
			same(t, &p, dumb)
		}
	})
}

type failer interface{ Fatalf(string, ...any) }

func same(t failer, p *LeastLoad, dumb sorted) {
	if p.Len() != len(dumb) {
		t.Fatalf("%d agents, want %d", p.Len(), len(dumb))
	}
	slot, ok := p.Pick()
	if ok != (len(dumb) > 0) || ok && slot != dumb[0].slot {
		t.Fatalf("picked %d, %v of %v", slot, ok, dumb)
	}
	i := 0
	p.Top(len(dumb)+1, func(slot int32, k Key) {
		if slot != dumb[i].slot || k != dumb[i].key || !p.Has(slot) {
			t.Fatalf("place %d has %d %v, want %d %v", i, slot, k, dumb[i].slot, dumb[i].key)
		}
		i++
	})
	if i != len(dumb) {
		t.Fatalf("Top named %d of %d", i, len(dumb))
	}
}

func TestTop(t *testing.T) {
	var p LeastLoad
	for slot := range int32(100) {
		p.Set(slot, Key{Load: 100 - slot})
	}
	for _, n := range []int{-1, 0, 1, 3, 100, 101} {
		var got []int32
		p.Top(n, func(slot int32, _ Key) { got = append(got, slot) })
		if len(got) != min(max(n, 0), 100) || len(got) > 0 && got[0] != 99 {
			t.Errorf("Top(%d) names %v", n, got)
		}
	}
	new(LeastLoad).Top(1, func(int32, Key) { t.Error("the empty pool has a first") })
}

func TestWhoIsNotThere(t *testing.T) {
	var p LeastLoad
	if _, ok := p.Pick(); ok || p.Len() != 0 || p.Has(0) || p.Has(-1) {
		t.Error("the zero pool is not empty")
	}
	p.Remove(-1)
	p.Remove(7)
	p.Set(7, Key{})
	p.Remove(3)
	p.Remove(1_000)
	if p.Len() != 1 || !p.Has(7) || p.Has(3) || p.Has(1_000) {
		t.Error("who is not there was removed")
	}
	p.Remove(7)
	p.Remove(7)
	if _, ok := p.Pick(); ok || p.Len() != 0 || p.Has(7) {
		t.Error("the emptied pool is not empty")
	}
	defer func() {
		if got := fmt.Sprint(recover()); got != "balancer: slot -1 is negative" {
			t.Errorf("Set(-1) says %q", got)
		}
	}()
	p.Set(-1, Key{})
}

// A pool that has seen its agents allocates nothing more (goals, PERF).
func TestPickAndReleaseAllocateNothing(t *testing.T) {
	c := center{agents: 5_000}
	c.open()
	for range 4 * c.agents {
		c.assign(t)
	}
	d := dice(1)
	cycle := func() {
		slot := d.roll(c.agents)
		k := c.keys[slot]
		c.pool.Remove(slot)
		k.Load--
		c.pool.Set(slot, k)
		slot, _ = c.pool.Pick()
		c.turn++
		c.pool.Set(slot, Key{Load: c.keys[slot].Load + 1, Last: c.turn, Order: slot})
		c.pool.Top(3, func(int32, Key) {})
	}
	for range 20_000 {
		cycle()
	}
	if n := testing.AllocsPerRun(1_000, cycle); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
