package shell

import (
	"sync"
	"sync/atomic"

	"switchyard/protocol"
)

// Answer is called once with the outcome of a command, after everything it rests on is durable.
type Answer func(protocol.Result, *protocol.Rejection)

// tickets holds the answers that somebody outside waits for.
type tickets struct {
	last    atomic.Uint64
	waiting atomic.Int64 // answers that have not run
	stripes [64]struct {
		sync.Mutex
		m map[protocol.Ticket]Answer
	}
}

func (t *tickets) init() {
	for i := range t.stripes {
		t.stripes[i].m = map[protocol.Ticket]Answer{}
	}
}

func (t *tickets) open(a Answer) protocol.Ticket {
	t.waiting.Add(1)
	id := protocol.Ticket(t.last.Add(1))
	s := &t.stripes[id%64]
	s.Lock()
	s.m[id] = a
	s.Unlock()
	return id
}

func (t *tickets) take(id protocol.Ticket) Answer {
	if id == 0 {
		return nil
	}
	s := &t.stripes[id%64]
	s.Lock()
	a := s.m[id]
	delete(s.m, id)
	s.Unlock()
	return a
}

// Asked is how many commands of Ask have not been answered: an answer counts until it has run. The measure of admission.
func (e *Engine) Asked() int { return int(e.tickets.waiting.Load()) }

// Ask hands a command to an actor; answer runs once, on a goroutine of the engine, and must not block.
func (e *Engine) Ask(to protocol.Address, c protocol.Command, answer Answer) {
	e.flying.Add(1) // before the look: Stop waits for whoever was let in
	defer e.flying.Add(-1)
	if e.stopped.Load() {
		answer(nil, protocol.Reject(protocol.Unavailable, "the node is shutting down"))
		return
	}
	s := e.site(to.Site)
	life := s.life.Load()
	if !s.served() {
		answer(nil, protocol.Reject(protocol.Unavailable, "the site is not being served"))
		return
	}
	if c.Chance == (protocol.Chance{}) {
		c.Chance = e.o.Chance()
	}
	c.Ticket = e.tickets.open(answer)
	e.send(to, c, life)
}

// tell hands an actor a command of the engine itself.
func (e *Engine) tell(to protocol.Address, c protocol.Command, life uint64) {
	e.told(to, newMail(c, life))
}

func (e *Engine) told(to protocol.Address, m *mail) {
	m.c.Caller, m.c.Chance = protocol.Caller{Role: protocol.System, Site: to.Site}, e.o.Chance()
	e.post(to, m)
}

// answer runs a ticket's answer now; it is called where everything it rests on is durable.
func (e *Engine) answer(t protocol.Ticket, r protocol.Result, err *protocol.Rejection) {
	if a := e.tickets.take(t); a != nil {
		a(r, err)
		e.tickets.waiting.Add(-1)
	}
}

// answerLater answers a ticket when what was handed over until now is durable: a refusal, too, may
// rest on what a crash could take back.
func (e *Engine) answerLater(t protocol.Ticket, r protocol.Result, err *protocol.Rejection) {
	if t == 0 {
		return
	}
	e.o.Store.After(e.o.Store.Position(), func() { e.answer(t, r, err) })
}
