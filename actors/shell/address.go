package shell

import (
	"strings"
	"sync"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"switchyard/protocol"
)

// Only the address sends to an actor: it counts what was sent, the actor takes off what it
// handled, and an actor leaves only when nothing is left. protoactor throws a stopped actor's
// remaining mail away without a word.

type stripe struct {
	mu    sync.Mutex
	slots map[protocol.Address]*slot
	done  []*slot // rooms among them that were closed and awake: where sweep looks
}

// slot is one actor that is awake, or about to be, or whose past is not durable yet.
//
// There is one for each room in memory (PERF-3): it is 96 bytes, and wants to stay so.
type slot struct {
	addr    protocol.Address
	home    *stripe
	pid     *actor.PID // nil = asleep
	flying  int32      // mail that was sent and is not handled; under the stripe's lock
	waking  bool
	closed  bool             // nothing will happen in it by itself: leaves early
	listed  bool             // it is in its stripe's done
	lastPos uint64           // position of its last hand-over; under the stripe's lock while asleep
	early   *mail            // what came while its past was not durable, the oldest first
	used    protocol.Instant // when it handled something last
}

// mail is one command on its way, with the life of the site it was sent in. It belongs to its receiver, who gives it back
// when the command is handled: nobody may keep a pointer to the command beyond that.
type mail struct {
	c    protocol.Command
	life uint64
	due  protocol.Instant // of a deadline that the index fired; else 0
	once bool             // an owed tell that nobody tells again in this life: no need to look whether it was recorded

	next  *mail // behind it in a mailbox, or in a slot
	other any   // a message that is no command (wake, leave); nil = it is one
}

var mails = sync.Pool{New: func() any { return new(mail) }}

func newMail(c protocol.Command, life uint64) *mail {
	m := mails.Get().(*mail)
	m.c, m.life = c, life
	return m
}

// free gives a handled mail back.
func (m *mail) free() {
	*m = mail{}
	mails.Put(m)
}

// wake tells a new actor who it is.
type wake struct{ slot *slot }

// leave asks an idle actor to go.
type leave struct{}

func (e *Engine) stripe(a protocol.Address) *stripe {
	const prime = 16777619 // FNV-1a: a stripe is a lock, the map inside has a hash of its own
	h := uint32(2166136261) ^ uint32(a.Kind)
	for i := range len(a.Site) {
		h = (h ^ uint32(a.Site[i])) * prime
	}
	for i := range len(a.ID) {
		h = (h ^ uint32(a.ID[i])) * prime
	}
	return &e.stripes[h%uint32(len(e.stripes))]
}

// send puts a command into an actor's mailbox, and wakes the actor if it sleeps. life is the sender's:
// what was sent in another life of the site is not handled. The mailbox is protoactor's unbounded
// one: overload is refused at the gate, never inside.
func (e *Engine) send(to protocol.Address, c protocol.Command, life uint64) {
	e.post(to, newMail(c, life))
}

// sendLater sends once everything that was handed over by now is durable. The facts and the wall clock are those of then.
func (e *Engine) sendLater(to protocol.Address, c protocol.Command, life uint64) {
	c.Facts, c.Wall = nil, time.Time{}
	e.flying.Add(1)
	e.o.Store.After(e.o.Store.Position(), func() {
		go func() { // as in wake
			e.send(to, c, life)
			e.flying.Add(-1)
		}()
	})
}

func (e *Engine) post(to protocol.Address, m *mail) {
	s := e.site(to.Site)
	if m.c.Wall.IsZero() {
		m.c.Wall = e.o.Clock.Wall()
	}
	if m.c.Facts == nil {
		m.c.Facts = s.facts.Load()
	}
	e.flying.Add(1)
	if to.Kind == protocol.KindQueue && s.gate.held(m) {
		return
	}
	e.deposit(to, m)
}

// deposit puts a mail that was counted into the mailbox.
func (e *Engine) deposit(to protocol.Address, m *mail) {
	st := e.stripe(to)
	st.mu.Lock()
	sl := st.slots[to]
	if sl == nil {
		to.ID = strings.Clone(to.ID) // it may be a piece of a frame, and stays as long as the actor
		sl = &slot{addr: to, home: st}
		st.slots[to] = sl
	}
	sl.flying++
	if sl.pid == nil {
		e.wake(st, sl, m)
		st.mu.Unlock()
		return
	}
	pid := sl.pid
	st.mu.Unlock()
	e.system.Root.Send(pid, m)
}

// wake spawns the actor, but only when everything that it has handed over is durable: it would
// miss events that others were told, and give their numbers out again. Until then its mail waits.
func (e *Engine) wake(st *stripe, sl *slot, m *mail) {
	last := &sl.early
	for *last != nil {
		last = &(*last).next
	}
	*last = m
	if sl.waking {
		return
	}
	if sl.lastPos <= e.o.Store.Durable() {
		e.spawn(sl)
		return
	}
	sl.waking = true
	e.o.Store.After(sl.lastPos, func() {
		go func() { // the effects' goroutine must not wait for a stripe's lock that waits for it
			st.mu.Lock()
			sl.waking = false
			e.spawn(sl)
			st.mu.Unlock()
		}()
	})
}

func (e *Engine) spawn(sl *slot) {
	sl.pid = e.system.Root.Spawn(e.props[sl.addr.Kind])
	sl.used = protocol.At(e.o.Clock.Now())
	e.resident.Add(1)
	e.system.Root.Send(sl.pid, &wake{slot: sl})
	for m := sl.early; m != nil; {
		next := m.next
		m.next = nil
		e.system.Root.Send(sl.pid, m)
		m = next
	}
	sl.early = nil
}

// handled counts one mail of an actor; closed marks rooms that may leave early.
func (e *Engine) handled(sl *slot, closed bool) {
	st := sl.home
	st.mu.Lock()
	sl.flying--
	sl.used = protocol.At(e.o.Clock.Now())
	sl.close(closed)
	st.mu.Unlock()
	e.flying.Add(-1)
}

// close notes whether the actor may leave early; under the stripe's lock.
func (sl *slot) close(closed bool) {
	sl.closed = closed
	if closed && !sl.listed && sl.addr.Kind == protocol.KindRoom {
		sl.listed = true
		sl.home.done = append(sl.home.done, sl)
	}
}

// mayLeave lets an actor go if no mail is on its way; its slot stays until its past is durable.
func (e *Engine) mayLeave(sl *slot, lastPos uint64) bool {
	st := sl.home
	st.mu.Lock()
	defer st.mu.Unlock()
	if sl.flying != 0 {
		return false
	}
	sl.pid, sl.lastPos = nil, lastPos
	sl.close(false)
	e.resident.Add(-1)
	e.forget(st, sl)
	return true
}

// forget drops a sleeping slot once its past is durable.
func (e *Engine) forget(st *stripe, sl *slot) {
	if sl.lastPos <= e.o.Store.Durable() {
		delete(st.slots, sl.addr)
		return
	}
	e.o.Store.After(sl.lastPos, func() {
		go func() {
			st.mu.Lock()
			// It may have woken and gone to sleep again since, with a newer past.
			if sl.pid == nil && !sl.waking && sl.early == nil && sl.lastPos <= e.o.Store.Durable() && st.slots[sl.addr] == sl {
				delete(st.slots, sl.addr)
			}
			st.mu.Unlock()
		}()
	})
}

// sweep lets idle rooms go, one stripe a call: closed ones after IdleAfter; when more are resident
// than may be, every one that has been idle for a second.
func (e *Engine) sweep(now time.Time) {
	st := &e.stripes[e.sweepAt%len(e.stripes)]
	e.sweepAt++
	var go_ []*actor.PID
	look := func(sl *slot, after time.Duration) {
		if sl.pid != nil && sl.flying == 0 && now.Sub(sl.used.Time()) >= after {
			go_ = append(go_, sl.pid)
		}
	}
	over := e.resident.Load() > int64(e.o.Resident)
	st.mu.Lock()
	left := st.done[:0]
	for _, sl := range st.done {
		if sl.listed = sl.closed; !sl.listed { // it has left, or was opened again
			continue
		}
		left = append(left, sl)
		if !over {
			look(sl, e.o.IdleAfter)
		}
	}
	clear(st.done[len(left):])
	st.done = left
	if over { // only then all of them: a stripe may have thousands of open rooms, and is looked at every half second
		for _, sl := range st.slots {
			if sl.addr.Kind == protocol.KindRoom {
				look(sl, min(time.Second, e.idleAfter(sl)))
			}
		}
	}
	st.mu.Unlock()
	for _, pid := range go_ {
		e.system.Root.Send(pid, leave{})
	}
}

// idleAfter is how long a closed room stays; an open one stays as long as there is room for it.
func (e *Engine) idleAfter(sl *slot) time.Duration {
	if sl.closed {
		return e.o.IdleAfter
	}
	return time.Second
}
