package oracle

import "math"

// bare is the simulator without an engine, the ceiling of PERF-7: one line, first come first served, n
// servers, no rooms, no commands. It takes the rows where that is all there is (bareCan).
type bare struct {
	n       int
	room    int
	busy    int
	ends    events
	line    []customer // from head on; those before it have been served
	head    int
	base    int // number of line[0] among all who ever stood in line
	waiting int // in line and not given up
}

// bareCan says whether the bare simulator can play the row.
func bareCan(r *Row) bool { return len(r.Classes) == 0 && r.steady() && r.Limit > 0 }

// runBare plays one seed without the engine.
func runBare(row *Row, seed uint64, arrivals int) *tally {
	s := newCustomers(row, seed)
	t := newTally(row, arrivals, false)
	b := bare{n: row.slots(), room: row.room()}
	gone := events{} // who would give up, when
	arrive := func(c customer) {
		switch {
		case b.busy < b.n:
			b.busy++
			b.ends.push(event{at: c.at + c.work})
			t.resolved(&c, c.at, servedNow)
		case b.room >= 0 && b.waiting >= b.room:
			t.resolved(&c, c.at, turnedAway)
		default:
			if c.patience < math.Inf(1) {
				gone.push(event{at: c.at + c.patience, who: int32(b.base + len(b.line))})
			}
			b.line = append(b.line, c)
			b.waiting++
		}
	}
	for _, c := range s.present() {
		arrive(c)
	}
	next := s.next()
	for {
		end, leave := math.Inf(1), math.Inf(1)
		if len(b.ends) > 0 {
			end = b.ends[0].at
		}
		for len(gone) > 0 { // who was served does not give up
			if i := int(gone[0].who) - b.base; i >= b.head && b.line[i].serial != served {
				leave = gone[0].at
				break
			}
			gone.pop()
		}
		switch {
		case end <= next.at && end <= leave:
			t.passes(end, b.waiting, b.busy)
			b.ends.pop()
			if b.waiting == 0 {
				b.busy--
				break
			}
			c := b.first()
			b.waiting--
			b.ends.push(event{at: end + c.work})
			t.resolved(&c, end, servedNow)
		case leave <= next.at:
			t.passes(leave, b.waiting, b.busy)
			i := int(gone.pop().who) - b.base
			t.resolved(&b.line[i], leave, gaveUp)
			b.line[i].serial = served
			b.waiting--
		default:
			t.passes(next.at, b.waiting, b.busy)
			t.arrives(&next)
			arrive(next)
			next = s.next()
		}
		if t.over() {
			for _, c := range b.line[b.head:] {
				if c.serial != served {
					t.stillWaits(&c)
				}
			}
			return t
		}
	}
}

// served marks a place of the line whose customer is not there any more.
const served = math.MinInt

// first takes the first who has not given up.
func (b *bare) first() customer {
	for b.line[b.head].serial == served {
		b.head++
	}
	c := b.line[b.head]
	b.head++
	switch {
	case b.head == len(b.line):
		b.base += b.head
		b.line, b.head = b.line[:0], 0
	case b.head > 4096 && 2*b.head > len(b.line):
		b.base += b.head
		b.line, b.head = b.line[:copy(b.line, b.line[b.head:])], 0
	}
	return c
}
