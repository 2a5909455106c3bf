package balancer

import (
	"fmt"
	"testing"
)

var sizes = []int{1_000, 10_000, 100_000}

// dice is a small generator (xorshift64), so that the benchmark measures the pool.
type dice uint64

func (d *dice) roll(n int) int32 {
	*d ^= *d << 13
	*d ^= *d >> 7
	*d ^= *d << 17
	return int32(uint64(uint32(*d)) * uint64(n) >> 32)
}

// BenchmarkPickAndRelease is a day at a center of n agents with three rooms each on
// average: a room is given to the agent with the least load, and another one ends at
// some agent, who comes back to a smaller load with an old turn. One operation is one
// pick, one assignment and one release.
func BenchmarkPickAndRelease(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprintf("agents=%d", n), func(b *testing.B) {
			d := dice(1)
			var p LeastLoad
			keys := make([]Key, n)
			rooms := make([]int32, 0, 3*n+1) // who holds each open room
			var turn uint64
			assign := func(slot int32) {
				turn++
				keys[slot] = Key{Load: keys[slot].Load + 1, Last: turn, Order: slot}
				p.Set(slot, keys[slot])
				rooms = append(rooms, slot)
			}
			for slot := range int32(n) {
				p.Set(slot, Key{Order: slot})
			}
			release := func() {
				i := d.roll(len(rooms))
				slot := rooms[i]
				rooms[i] = rooms[len(rooms)-1]
				rooms = rooms[:len(rooms)-1]
				keys[slot].Load--
				p.Set(slot, keys[slot])
			}
			for range 3 * n {
				slot, _ := p.Pick()
				assign(slot)
			}
			for range 10 * n { // until the loads are as mixed as they will be
				release()
				slot, _ := p.Pick()
				assign(slot)
			}
			b.ReportAllocs()
			for b.Loop() {
				slot, _ := p.Pick()
				assign(slot)
				release()
			}
		})
	}
}

// BenchmarkRing is a turn of the ring: the next one, and another agent who leaves or comes back.
func BenchmarkRing(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprintf("agents=%d", n), func(b *testing.B) {
			d := dice(1)
			var r Ring
			for slot := range int32(n) {
				r.Set(slot, slot)
			}
			cursor := int32(-1)
			b.ReportAllocs()
			for b.Loop() {
				_, cursor, _ = r.After(cursor)
				if slot := d.roll(n); r.Has(slot) {
					r.Remove(slot)
				} else {
					r.Set(slot, slot)
				}
			}
		})
	}
}
