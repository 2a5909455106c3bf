package shell

import (
	"slices"
	"sync"
	"time"

	"switchyard/protocol"
)

// Deadlines keeps the deadlines of one shard, passivated actors included. It may fire early, never
// late: a deadline that moves later is left where it is, and the actor that is woken too soon is
// armed again. There is no timer object per room, and nothing in it that the collector must follow:
// an entry is 32 bytes, in a heap whose nodes have four children.
//
// An actor may stand in it more than once: the host knows the earliest entry of its own
// (host.due) and ignores what fires later. So nothing here is ever looked up by its name.
//
// The zero value is empty.
type Deadlines struct {
	mu    sync.Mutex
	heap  []due
	sites names[protocol.SiteID]
	ids   names[string] // of actors whose id is not made of chance; a name is given back when its entry leaves
}

// due is an entry: an instant, and the address in as few bytes as it fits in.
type due struct {
	at   protocol.Instant
	id   protocol.Chance // a room's id, or (named) the number of another
	site uint32
	kind protocol.Kind
	// named: the id is a text of its own, which ids has.
	named bool
}

// names gives texts small numbers.
type names[T ~string] struct {
	texts []T
	no    map[T]uint32
	users []uint32 // by number: how many entries use it
	free  []uint32
}

func (n *names[T]) take(text T) uint32 {
	if i, ok := n.no[text]; ok {
		n.users[i]++
		return i
	}
	if n.no == nil {
		n.no = map[T]uint32{}
	}
	var i uint32
	if k := len(n.free); k > 0 {
		i, n.free = n.free[k-1], n.free[:k-1]
		n.texts[i], n.users[i] = text, 1
	} else {
		i = uint32(len(n.texts))
		n.texts, n.users = append(n.texts, text), append(n.users, 1)
	}
	n.no[text] = i
	return i
}

func (n *names[T]) give(i uint32) T {
	text := n.texts[i]
	if n.users[i]--; n.users[i] == 0 {
		delete(n.no, text)
		n.texts[i] = ""
		n.free = append(n.free, i)
	}
	return text
}

// Arm adds an entry.
func (x *Deadlines) Arm(a protocol.Address, at protocol.Instant) {
	d := due{at: at, kind: a.Kind}
	chance, ok := protocol.Chance{}, false
	if a.Kind == protocol.KindRoom {
		chance, ok = protocol.RoomID(a.ID).Chance()
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	d.site = x.sites.take(a.Site)
	if ok {
		d.id = chance
	} else {
		d.name(x.ids.take(a.ID))
	}
	x.heap = append(x.heap, d)
	x.up(len(x.heap) - 1)
}

// Sleeper is a room and its deadline.
type Sleeper struct {
	Room protocol.RoomID
	At   protocol.Instant
}

// ArmAll adds the entries of a site's rooms at once: each is put down as it comes, and the order is made in one go.
func (x *Deadlines) ArmAll(s protocol.SiteID, rooms []Sleeper) {
	if len(rooms) == 0 {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	site := x.sites.take(s)
	x.sites.users[site] += uint32(len(rooms)) - 1
	x.heap = slices.Grow(x.heap, len(rooms))
	for i := range rooms {
		d := due{at: rooms[i].At, kind: protocol.KindRoom, site: site}
		var ok bool
		if d.id, ok = rooms[i].Room.Chance(); !ok {
			d.name(x.ids.take(string(rooms[i].Room)))
		}
		x.heap = append(x.heap, d)
	}
	x.order()
}

// order makes a heap of entries in any order.
func (x *Deadlines) order() {
	for i := len(x.heap) / fan; i >= 0; i-- {
		x.down(i)
	}
}

// name makes the entry one of an actor whose id is a text.
func (d *due) name(no uint32) {
	d.named = true
	d.id = protocol.Chance{byte(no), byte(no >> 8), byte(no >> 16), byte(no >> 24)}
}

// Next is the earliest instant; 0 = nothing is armed.
func (x *Deadlines) Next() protocol.Instant {
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(x.heap) == 0 {
		return 0
	}
	return x.heap[0].at
}

// Len is the number of entries.
func (x *Deadlines) Len() int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return len(x.heap)
}

// Take removes the earliest entry that is not later than now; ok = false: there is none.
func (x *Deadlines) Take(now protocol.Instant) (a protocol.Address, at protocol.Instant, ok bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(x.heap) == 0 || x.heap[0].at > now {
		return a, 0, false
	}
	d := x.heap[0]
	last := len(x.heap) - 1
	x.heap[0] = x.heap[last]
	x.heap = x.heap[:last]
	if last > 0 {
		x.down(0)
	} else if cap(x.heap) > 1024 {
		x.heap = nil // the storm is over: its memory is given back
	}
	return x.address(&d), d.at, true
}

// Forget removes every entry of a site.
func (x *Deadlines) Forget(site protocol.SiteID) {
	x.mu.Lock()
	defer x.mu.Unlock()
	no, ok := x.sites.no[site]
	if !ok {
		return
	}
	kept := x.heap[:0]
	for i := range x.heap {
		if d := &x.heap[i]; d.site == no {
			x.address(d)
		} else {
			kept = append(kept, *d)
		}
	}
	x.heap = kept
	x.order()
}

// address makes the entry's address and gives its names back.
func (x *Deadlines) address(d *due) protocol.Address {
	a := protocol.Address{Kind: d.kind, Site: x.sites.give(d.site)}
	if d.named {
		a.ID = x.ids.give(uint32(d.id[0]) | uint32(d.id[1])<<8 | uint32(d.id[2])<<16 | uint32(d.id[3])<<24)
	} else {
		a.ID = string(protocol.RoomIDFrom(d.id))
	}
	return a
}

const fan = 4 // children of a node: half as many levels as with two, and the four are in two cache lines

func (x *Deadlines) up(i int) {
	d := x.heap[i]
	for i > 0 {
		parent := (i - 1) / fan
		if x.heap[parent].at <= d.at {
			break
		}
		x.heap[i] = x.heap[parent]
		i = parent
	}
	x.heap[i] = d
}

func (x *Deadlines) down(i int) {
	if i >= len(x.heap) {
		return
	}
	d := x.heap[i]
	for {
		first := fan*i + 1
		if first >= len(x.heap) {
			break
		}
		least := first
		for c := first + 1; c < min(first+fan, len(x.heap)); c++ {
			if x.heap[c].at < x.heap[least].at {
				least = c
			}
		}
		if d.at <= x.heap[least].at {
			break
		}
		x.heap[i] = x.heap[least]
		i = least
	}
	x.heap[i] = d
}

// How many deadlines may be under way: a tick fires as many as are missing from firesMax in all the
// mail that is on its way (their consequences and what people ask count alike), so that a
// restart with a million overdue deadlines leaves room for what people do (F-23); the rest follows with the
// next ticks, in due order. Under a load that leaves nothing free, firesMin a tick still fire: few enough that they do not
// pile up where the machine does next to nothing for us.
const (
	firesMax = 64
	firesMin = 2
)

// ownMax is how much may be undurable before our own sources pause: half of what admission takes.
const ownMax = 8192

// hurry is how much more often Run looks for deadlines while some are overdue: what is under way stays little, and a million of them are
// done in a minute all the same.
const hurry = 5

func (e *Engine) arm(s *site, a protocol.Address, at protocol.Instant) { e.indexes[s.shard].Arm(a, at) }

// NextDeadline is the earliest instant at which something may fire; 0 = nothing is armed.
func (e *Engine) NextDeadline() protocol.Instant {
	var first protocol.Instant
	for i := range e.indexes {
		if at := e.indexes[i].Next(); at != 0 && (first == 0 || at < first) {
			first = at
		}
	}
	return first
}

// Tick wakes the actors whose deadlines have passed, tells the calendars of a new minute, and
// lets some idle rooms go. One ticker calls it, every few milliseconds.
func (e *Engine) Tick() {
	budget := max(firesMax-int(e.flying.Load()), firesMin)
	e.flying.Add(1)
	defer e.flying.Add(-1)
	if e.stopped.Load() {
		return
	}
	now := protocol.At(e.o.Clock.Now())
	undurable, _ := e.o.Store.Undurable()
	if undurable > ownMax {
		budget = 0 // our own sources pause while the disk is behind
	}
	e.fires(now, budget)
	if undurable <= ownMax { // it pauses while the disk is behind
		e.retain(e.o.Clock.Now())
	}
	wall := e.o.Clock.Wall()
	if minute := wall.Unix() / 60; e.minute.Swap(minute) != minute {
		for _, id := range e.Sites() {
			s := e.site(id)
			if life := s.life.Load(); s.served() { // a site that is being loaded looks at the calendar itself
				e.tell(protocol.SiteAt(id), protocol.Command{Body: protocol.CalendarTick{}, Wall: wall}, life)
			}
		}
	}
	for range 4 {
		e.sweep(e.o.Clock.Now())
	}
}

// fireMore is what Run does between two ticks while deadlines are overdue: it fires as many as there is room for.
func (e *Engine) fireMore() {
	budget := firesMax - int(e.flying.Load())
	e.flying.Add(1)
	defer e.flying.Add(-1)
	if undurable, _ := e.o.Store.Undurable(); !e.stopped.Load() && undurable <= ownMax {
		e.fires(protocol.At(e.o.Clock.Now()), budget)
	}
}

func (e *Engine) fires(now protocol.Instant, budget int) {
	e.fireAt++ // another shard is first each time: none waits for ever behind a busy one
	for i := range e.indexes {
		if budget <= 0 {
			return
		}
		budget -= e.fire(&e.indexes[(e.fireAt+i)%len(e.indexes)], now, budget)
	}
}

func (e *Engine) fire(x *Deadlines, now protocol.Instant, most int) (n int) {
	type waiting struct {
		addr protocol.Address
		at   protocol.Instant
	}
	var held []waiting
	for ; n < most; n++ {
		addr, at, ok := x.Take(now)
		if !ok {
			break
		}
		s := e.site(addr.Site)
		life := s.life.Load()
		if !s.served() {
			if !s.aside.Load() {
				held = append(held, waiting{addr, at}) // until the site is back
			}
			continue
		}
		if f := e.o.Observe.TimerLate; f != nil {
			f(time.Duration(now-at) * time.Millisecond)
		}
		m := newMail(protocol.Command{Body: protocol.DeadlineReached{}}, life)
		m.due = at
		e.told(addr, m)
	}
	for _, d := range held {
		x.Arm(d.addr, d.at)
	}
	return n
}

// Run ticks until stop is closed.
func (e *Engine) Run(period time.Duration, stop <-chan struct{}) {
	t := time.NewTicker(period)
	defer t.Stop()
	hurried := false
	for n := 0; ; n++ {
		select {
		case <-t.C:
			if hurried && n%hurry != 0 {
				e.fireMore()
			} else {
				e.Tick()
			}
			next := e.NextDeadline()
			if overdue := next != 0 && next <= protocol.At(e.o.Clock.Now()); overdue != hurried {
				hurried = overdue
				if overdue {
					t.Reset(period / hurry)
				} else {
					t.Reset(period)
				}
			}
		case <-stop:
			return
		}
	}
}
