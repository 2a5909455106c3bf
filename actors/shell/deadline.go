package shell

import (
	"container/heap"
	"sync"
	"time"

	"switchyard/protocol"
)

// index keeps the deadlines of one shard, passivated actors included. It may fire early, never
// late: a deadline that moves later is left where it is, and the actor that is woken too soon is
// armed again. There is no timer object per room.
type index struct {
	mu    sync.Mutex
	heap  deadlines
	armed map[protocol.Address]protocol.Instant // the earliest that stands in the heap
}

type due struct {
	at   protocol.Instant
	addr protocol.Address
}

type deadlines []due

func (d deadlines) Len() int           { return len(d) }
func (d deadlines) Less(i, j int) bool { return d[i].at < d[j].at }
func (d deadlines) Swap(i, j int)      { d[i], d[j] = d[j], d[i] }

// Push and Pop are container/heap's.
func (d *deadlines) Push(x any) { *d = append(*d, x.(due)) }

// Pop see Push.
func (d *deadlines) Pop() any {
	old := *d
	x := old[len(old)-1]
	*d = old[:len(old)-1]
	return x
}

// firesMax bounds what one tick wakes, so that a restart with many overdue deadlines leaves room
// for what people do (F-23); the rest follows with the next ticks, in due order.
const firesMax = 2048

// ownMax is how much may be undurable before our own sources pause: half of what admission takes.
const ownMax = 8192

func (e *Engine) arm(a protocol.Address, at protocol.Instant) {
	x := &e.indexes[e.shard(a.Site)]
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.armed == nil {
		x.armed = map[protocol.Address]protocol.Instant{}
	}
	if was, ok := x.armed[a]; ok && was <= at {
		return
	}
	x.armed[a] = at
	heap.Push(&x.heap, due{at: at, addr: a})
}

// NextDeadline is the earliest instant at which something may fire; 0 = nothing is armed.
func (e *Engine) NextDeadline() protocol.Instant {
	var first protocol.Instant
	for i := range e.indexes {
		x := &e.indexes[i]
		x.mu.Lock()
		if len(x.heap) > 0 && (first == 0 || x.heap[0].at < first) {
			first = x.heap[0].at
		}
		x.mu.Unlock()
	}
	return first
}

// Tick wakes the actors whose deadlines have passed, tells the calendars of a new minute, and
// lets some idle rooms go. One ticker calls it, every few milliseconds.
func (e *Engine) Tick() {
	e.flying.Add(1)
	defer e.flying.Add(-1)
	if e.stopped.Load() {
		return
	}
	now := protocol.At(e.o.Clock.Now())
	undurable, _ := e.o.Store.Undurable()
	budget := firesMax
	if undurable > ownMax {
		budget = 0 // our own sources pause while the disk is behind
	}
	e.fireAt++ // another shard is first each time: none waits for ever behind a busy one
	for i := range e.indexes {
		if budget <= 0 {
			break
		}
		budget -= e.fire(&e.indexes[(e.fireAt+i)%len(e.indexes)], now, budget)
	}
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

func (e *Engine) fire(x *index, now protocol.Instant, most int) (n int) {
	var held []due
	defer func() {
		for _, d := range held {
			e.arm(d.addr, d.at)
		}
	}()
	for ; n < most; n++ {
		x.mu.Lock()
		if len(x.heap) == 0 || x.heap[0].at > now {
			x.mu.Unlock()
			return n
		}
		d := heap.Pop(&x.heap).(due)
		current := x.armed[d.addr] == d.at
		if current {
			delete(x.armed, d.addr)
		}
		x.mu.Unlock()
		if !current {
			continue // an earlier one was armed since and has fired
		}
		s := e.site(d.addr.Site)
		life := s.life.Load()
		if !s.served() {
			if !s.aside.Load() {
				held = append(held, d) // until the site is back
			}
			continue
		}
		if f := e.o.Observe.TimerLate; f != nil {
			f(time.Duration(now-d.at) * time.Millisecond)
		}
		e.tell(d.addr, protocol.Command{Body: protocol.DeadlineReached{}}, life)
	}
	return n
}

// Run ticks until stop is closed.
func (e *Engine) Run(period time.Duration, stop <-chan struct{}) {
	t := time.NewTicker(period)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			e.Tick()
		case <-stop:
			return
		}
	}
}
