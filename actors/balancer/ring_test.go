package balancer

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// ring3 is the ring A, B, C with orders 1, 2, 3.
func ring3() *Ring {
	var r Ring
	for slot := a; slot <= c; slot++ {
		r.Set(slot, slot+1)
	}
	return &r
}

// give assigns one room: the cursor moves to the chosen.
func give(t failer, r *Ring, cursor *int32) int32 {
	slot, order, ok := r.After(*cursor)
	if !ok {
		t.Fatalf("nobody in the ring")
	}
	*cursor = order
	return slot
}

// D-6: order A, B, C; cursor at A; B in a break. r1→C, r2→A, (B back) r3→B, r4→C.
func TestRingExample(t *testing.T) {
	r, cursor := ring3(), int32(1)
	r.Remove(b)
	got := []int32{give(t, r, &cursor), give(t, r, &cursor)}
	r.Set(b, 2)
	got = append(got, give(t, r, &cursor), give(t, r, &cursor))
	if want := []int32{c, a, b, c}; !slices.Equal(got, want) {
		t.Errorf("D-6: rooms went to %v, want %v", got, want)
	}
}

// A B C, B in a break, cursor at A: three requests are C, A, C.
func TestRingSkips(t *testing.T) {
	r, cursor := ring3(), int32(1)
	r.Remove(b)
	got := []int32{give(t, r, &cursor), give(t, r, &cursor), give(t, r, &cursor)}
	if want := []int32{c, a, c}; !slices.Equal(got, want) {
		t.Errorf("A-13: rooms went to %v, want %v", got, want)
	}
}

// Each rule of 9.4, one a line.
func TestRingAfter(t *testing.T) {
	for _, e := range []struct {
		rule   string
		ring   map[int32]int32 // slot: order
		cursor int32
		want   int32
		order  int32
	}{
		{"without a cursor the ring starts at the lowest order", map[int32]int32{a: 9, b: 4, c: 7}, -1, b, 4},
		{"order 0 is an order", map[int32]int32{a: 0, b: 1}, -1, a, 0},
		{"the next in order", map[int32]int32{a: 9, b: 4, c: 7}, 4, c, 7},
		{"wraps", map[int32]int32{a: 9, b: 4, c: 7}, 9, b, 4},
		{"the last chosen has left the ring", map[int32]int32{a: 9, b: 4}, 7, a, 9},
		{"the last chosen has left the end of the ring", map[int32]int32{c: 7, b: 4}, 9, b, 4},
		{"alone: the same again", map[int32]int32{c: 7}, 7, c, 7},
		{"the largest order", map[int32]int32{c: 7, a: 1<<31 - 1}, 1<<31 - 1, c, 7},
	} {
		var r Ring
		for slot, order := range e.ring {
			r.Set(slot, order)
		}
		slot, order, ok := r.After(e.cursor)
		if !ok || slot != e.want || order != e.order {
			t.Errorf("%s: After(%d) = %d, %d, %v; want %d, %d", e.rule, e.cursor, slot, order, ok, e.want, e.order)
		}
	}
	if _, _, ok := new(Ring).After(-1); ok {
		t.Error("the empty ring has a next")
	}
}

// I-14: over n consecutive assignments with n always-eligible agents, every agent
// gets exactly one, wherever the cursor was.
func TestRingGivesEveryoneOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		orders := rapid.SliceOfNDistinct(rapid.Int32Range(0, 1_000), 1, 300, rapid.ID[int32]).Draw(t, "orders")
		cursor := rapid.Int32Range(-1, 1_001).Draw(t, "cursor")
		var r Ring
		for slot, order := range orders {
			r.Set(int32(slot), order)
		}
		rooms := make([]int, len(orders))
		for range orders {
			rooms[give(t, &r, &cursor)]++
		}
		for slot, n := range rooms {
			if n != 1 {
				t.Fatalf("agent %d got %d rooms of a round", slot, n)
			}
		}
	})
}

// Whoever comes and goes, the ring chooses as a walk along all orders does.
func TestRingAgainstWalk(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var r Ring
		var dumb [200]bool
		cursor := int32(-1)
		for range rapid.IntRange(0, 300).Draw(t, "steps") {
			slot := rapid.Int32Range(0, int32(len(dumb)-1)).Draw(t, "slot")
			switch rapid.IntRange(0, 2).Draw(t, "act") {
			case 0:
				r.Remove(slot)
				dumb[slot] = false
			case 1:
				r.Set(slot, slot)
				dumb[slot] = true
			}
			want, n := int32(-1), 0
			for i := range int32(len(dumb)) {
				if dumb[i] {
					n++
				}
				if next := (cursor + 1 + i) % int32(len(dumb)); want < 0 && dumb[next] {
					want = next
				}
			}
			got, order, ok := r.After(cursor)
			if r.Len() != n || r.Has(slot) != dumb[slot] || ok != (n > 0) || ok && (got != want || order != want) {
				t.Fatalf("After(%d) = %d, %d, %v among %d; want %d among %d", cursor, got, order, ok, r.Len(), want, n)
			}
			if ok {
				cursor = order
			}
		}
	})
}

func TestRingAllocatesNothing(t *testing.T) {
	var r Ring
	for slot := range int32(5_000) {
		r.Set(slot, slot)
	}
	cursor := int32(-1)
	if n := testing.AllocsPerRun(10_000, func() {
		var slot int32
		slot, cursor, _ = r.After(cursor)
		r.Remove(slot)
		r.Set(slot, cursor)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
