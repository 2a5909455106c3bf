package balancer

import (
	"cmp"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Whatever is done to the agents of a site, each pool names its eligible members as a sorted slice does, and its ring goes on as
// a Ring does (9.3, 9.4): pools of few and of many members, asleep and woken at any moment.
func TestPoolAgainstSortedSlice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var keys Keys
		agents := int32(2 * few)
		all := make([]int32, agents)
		for i := range all {
			all[i] = int32(i)
		}
		sets := [][]int32{all, all[:few], all[few/2 : few+few/2+1], {3}, {5, 7, agents - 1}, {}}
		var pools []Pool
		for _, members := range sets {
			pools = append(pools, NewPool(&keys, members))
		}
		dumb := map[int32]Key{}
		for range rapid.IntRange(0, 200).Draw(t, "steps") {
			slot := rapid.Int32Range(0, agents-1).Draw(t, "slot")
			switch rapid.IntRange(0, 9).Draw(t, "act") {
			case 0:
				pools[rapid.IntRange(0, len(pools)-1).Draw(t, "pool")].Wake()
			case 1:
				pools[rapid.IntRange(0, len(pools)-1).Draw(t, "pool")].WakeRing()
			case 2, 3, 4:
				_, had := dumb[slot]
				delete(dumb, slot)
				if left := keys.Remove(slot); left != had {
					t.Fatalf("%d had a key: %v, and lost one: %v", slot, had, left)
				}
				for i := range pools {
					if had && slices.Contains(sets[i], slot) {
						pools[i].Left(slot)
					}
				}
			default:
				k := Key{Load: rapid.Int32Range(0, 3).Draw(t, "load"), Last: rapid.Uint64Range(0, 5).Draw(t, "last"), Order: slot ^ 5}
				_, had := dumb[slot]
				dumb[slot] = k
				if came := keys.Set(slot, k); came == had {
					t.Fatalf("%d had a key: %v, and came: %v", slot, had, came)
				}
				for i := range pools {
					switch {
					case !slices.Contains(sets[i], slot):
					case had && pools[i].Many():
						pools[i].Moved(slot)
					case !had:
						pools[i].Joined(slot)
					}
				}
			}
			cursor := rapid.Int32Range(-1, agents+1).Draw(t, "cursor")
			most := rapid.IntRange(0, 7).Draw(t, "most")
			for i := range pools {
				samePool(t, &pools[i], sets[i], dumb, cursor, most)
			}
		}
	})
}

func samePool(t failer, p *Pool, members []int32, keys map[int32]Key, cursor int32, most int) {
	var want []int32
	var ring Ring
	for _, slot := range members {
		if k, ok := keys[slot]; ok {
			want = append(want, slot)
			ring.Set(slot, k.Order)
		}
	}
	slices.SortFunc(want, func(a, b int32) int {
		x, y := keys[a], keys[b]
		return cmp.Or(cmp.Compare(x.Load, y.Load), cmp.Compare(x.Last, y.Last), cmp.Compare(x.Order, y.Order), cmp.Compare(a, b))
	})
	if p.Len() != len(want) {
		t.Fatalf("%d of %d are eligible", p.Len(), len(want))
	}
	got := p.First(make([]Choice, most))
	if len(got) != min(most, len(want)) {
		t.Fatalf("%d of %d are named", len(got), len(want))
	}
	for i := range got {
		if got[i].Slot != want[i] || got[i].Key() != keys[want[i]] {
			t.Fatalf("place %d has %d %v, want %d %v", i, got[i].Slot, got[i].Key(), want[i], keys[want[i]])
		}
	}
	slot, order, ok := p.After(cursor)
	wantSlot, wantOrder, wantOK := ring.After(cursor)
	if ok != wantOK || ok && (slot != wantSlot || order != wantOrder) {
		t.Fatalf("after %d comes %d (%d) %v, want %d (%d) %v", cursor, slot, order, ok, wantSlot, wantOrder, wantOK)
	}
}

// A choice among few looks at each and allocates nothing, as one of a tree does (goals, PERF).
func TestAChoiceOfAPoolAllocatesNothing(t *testing.T) {
	for _, n := range []int32{few, 10 * few} {
		var keys Keys
		members := make([]int32, n)
		for i := range members {
			members[i] = int32(i)
		}
		p := NewPool(&keys, members)
		p.Wake()
		for i := range n {
			keys.Set(i, Key{Order: i})
			p.Joined(i)
		}
		turn := uint64(0)
		cycle := func() {
			var first [5]Choice
			c := p.First(first[:])[0]
			k := c.Key()
			turn++
			k.Load, k.Last = k.Load+1, turn
			keys.Set(c.Slot, k)
			p.Moved(c.Slot)
		}
		for range 100 * n {
			cycle()
		}
		if n := testing.AllocsPerRun(1000, cycle); n != 0 {
			t.Errorf("%v allocations", n)
		}
	}
}
