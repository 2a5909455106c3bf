package queue

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
	"strings"

	"switchyard/protocol"
)

// no is a small number of a record; 0 = none. A number is given again when its record has gone.
type no uint32

// block is how many records are made at once: small, because a node may have ten thousand sites.
const block = 64

// records keeps records of one type, which stay where they are. There is no pointer in them, so that the collector looks at none.
type records[T any] struct {
	blocks []*[block]T
	top    no   // the largest number given
	free   []no // given before, and to be given again
}

func (x *records[T]) at(n no) *T { return &x.blocks[n/block][n%block] }

// take gives a record as it was left, or an empty one.
func (x *records[T]) take() (no, *T) {
	if k := len(x.free); k > 0 {
		n := x.free[k-1]
		x.free = x.free[:k-1]
		return n, x.at(n)
	}
	x.top++
	if int(x.top/block) >= len(x.blocks) {
		x.blocks = append(x.blocks, new([block]T))
	}
	return x.top, x.at(x.top)
}

func (x *records[T]) give(n no) {
	var none T
	*x.at(n) = none
	if x.free = append(x.free, n); len(x.free) == int(x.top) && x.top > spareMax {
		*x = records[T]{} // the rush is over, and nobody is left: its memory is given back
	}
}

// table finds open rooms by their ids. A room is 48 bytes and ten of the table's, a million of them a few objects for the
// collector (PERF-3b); a map of texts and pointers was 270. It grows by a bucket at a time (linear hashing), so that no room
// ever waits for all others to be put in order.
type table struct {
	refs    records[ref]
	len     int
	buckets []bucket
	named   map[protocol.Chance]*named
}

// bucket is the rooms whose keys belong together: the first, and the others by ref.chain. It tells most rooms that are not here
// from those that are without a look at any: a look is what costs.
type bucket struct {
	first no
	mark  uint32 // of the first, with bit 0: others follow
}

// named is a room whose id is not made of chance, as in tests. Its key is a hash.
type named struct {
	id   protocol.RoomID
	gone uint64 // revision at which it has left; 0 = it has not
}

// keyOf is the room's id in 16 bytes; plain says that it is all of it.
func keyOf(id protocol.RoomID) (k protocol.Chance, plain bool) {
	if k, plain = id.Chance(); plain {
		return k, true
	}
	sum := sha256.Sum256([]byte(id))
	return protocol.Chance(sum[:16]), false
}

// find gives the number of an open room; 0 = it is not here.
func (t *table) find(id protocol.RoomID) no {
	k, plain := id.Chance()
	if !plain {
		if len(t.named) == 0 {
			return 0
		}
		k, _ = keyOf(id)
	}
	return t.lookUp(k)
}

// lookUp is find by the key.
func (t *table) lookUp(k protocol.Chance) no {
	if len(t.buckets) == 0 {
		return 0
	}
	b, mark := t.bucket(k)
	if b.mark&^1 == mark {
		if t.refs.at(b.first).id == k {
			return b.first
		}
	}
	if b.mark&1 == 0 {
		return 0
	}
	for n := t.refs.at(b.first).chain; n != 0; {
		r := t.refs.at(n)
		if r.id == k {
			return n
		}
		n = r.chain
	}
	return 0
}

// bucket is where the key belongs while there are so many buckets, and its mark, which is not 0.
func (t *table) bucket(k protocol.Chance) (b *bucket, mark uint32) {
	x := (binary.LittleEndian.Uint64(k[:8]) ^ bits.RotateLeft64(binary.LittleEndian.Uint64(k[8:]), 29)) * 0x9e3779b97f4a7c15
	n := uint32(len(t.buckets))
	wide := uint32(1)<<bits.Len32(n-1) - 1
	i := uint32(x>>32) & wide
	if i >= n {
		i &= wide >> 1
	}
	return &t.buckets[i], uint32(x)<<1 | 2
}

// add makes the record of a room that is not here. The key is the id's.
func (t *table) add(id protocol.RoomID, k protocol.Chance, plain bool) (no, *ref) {
	if !plain {
		if t.named == nil {
			t.named = map[protocol.Chance]*named{}
		}
		t.named[k] = &named{id: protocol.RoomID(strings.Clone(string(id)))}
	}
	if t.len++; t.len > len(t.buckets) {
		t.split()
	}
	n, r := t.refs.take()
	*r = ref{id: k, holder: -1, open: true}
	t.hang(n, r)
	return n, r
}

// hang puts a room in front of its bucket.
func (t *table) hang(n no, r *ref) {
	b, mark := t.bucket(r.id)
	if r.chain = b.first; r.chain != 0 {
		mark |= 1
	}
	*b = bucket{n, mark}
}

// split makes one more bucket, out of the one that has had its rooms so far.
func (t *table) split() {
	n := uint32(len(t.buckets))
	t.buckets = append(t.buckets, bucket{})
	if n == 0 {
		return
	}
	from := n &^ (1 << (bits.Len32(n) - 1))
	rest := t.buckets[from].first
	t.buckets[from] = bucket{}
	for rest != 0 {
		r := t.refs.at(rest)
		next := r.chain
		t.hang(rest, r)
		rest = next
	}
}

// remove forgets a room.
func (t *table) remove(n no, revision uint64) {
	r := t.refs.at(n)
	b, _ := t.bucket(r.id)
	if b.first == n {
		if *b = (bucket{}); r.chain != 0 {
			next := t.refs.at(r.chain)
			_, mark := t.bucket(next.id)
			if next.chain != 0 {
				mark |= 1
			}
			*b = bucket{r.chain, mark}
		}
	} else {
		before := t.refs.at(b.first)
		for before.chain != n {
			before = t.refs.at(before.chain)
		}
		before.chain = r.chain
		if t.refs.at(b.first).chain == 0 {
			b.mark &^= 1
		}
	}
	if x := t.named[r.id]; x != nil {
		x.gone = revision
	}
	t.refs.give(n)
	if t.len--; t.len == 0 && len(t.buckets) > spareMax {
		t.buckets = nil
	}
}

// name is the room's id as everybody else knows it.
func (t *table) name(k protocol.Chance) protocol.RoomID {
	if x := t.named[k]; x != nil {
		return x.id
	}
	return protocol.RoomIDFrom(k)
}

// all yields the open rooms.
func (t *table) all(yield func(no, *ref) bool) {
	for n := no(1); n <= t.refs.top; n++ {
		if r := t.refs.at(n); r.open && !yield(n, r) {
			return
		}
	}
}

// forget drops the names of rooms that had gone before the revision.
func (t *table) forget(before uint64) {
	for k, x := range t.named {
		if x.gone != 0 && x.gone < before {
			delete(t.named, k)
		}
	}
}
