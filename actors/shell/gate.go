package shell

import (
	"cmp"
	"slices"
	"sync"
	"sync/atomic"

	"switchyard/protocol"
)

// gate holds the mail of a site's queue while the site comes back (restore): a queue that assigned before it knew every open room
// and every agent could pass a limit, or refuse a customer because nobody seems to be there. What rooms, agents
// and the directory are asked is not held up. Senders post in their order, and in that order the mail is let in.
type gate struct {
	on   atomic.Bool
	mu   sync.Mutex
	life uint64 // of the site, which is coming back
	mail []*mail
}

// shut begins to hold mail. What an earlier life left behind stays, and is answered by the queue as such mail is.
func (g *gate) shut(life uint64) {
	g.mu.Lock()
	g.life = life
	g.on.Store(true)
	g.mu.Unlock()
}

// held takes a mail to the queue in, if it must wait. What the coming back is made of passes.
func (g *gate) held(m *mail) bool {
	if !g.on.Load() {
		return false
	}
	switch m.c.Body.(type) {
	case reached, protocol.AgentReport:
		return false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.on.Load() {
		return false
	}
	g.mail = append(g.mail, m)
	return true
}

// open ends it, unless the site has begun another life: it gives what was held to in, which may be nil, in its order
// and before anything that comes later, or back to the caller.
func (g *gate) open(life uint64, in func(*mail)) (held []*mail) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.life != life || !g.on.Load() {
		return nil
	}
	held, g.mail = g.mail, nil
	if in == nil {
		g.on.Store(false)
		return held
	}
	arrivalsFirst(held)
	for _, m := range held {
		in(m)
	}
	g.on.Store(false)
	return nil
}

// arrivalsFirst puts the questions of rooms for a seat before everything else, the oldest request first: rooms that were between
// question and answer when the process ended ask again, perhaps after those that came since (I-13). A room asks
// before it says anything else, so the order of a sender stays.
func arrivalsFirst(held []*mail) {
	slices.SortStableFunc(held, func(a, b *mail) int {
		x, first := a.c.Body.(protocol.AskSeat)
		y, second := b.c.Body.(protocol.AskSeat)
		switch {
		case first && second:
			return cmp.Compare(x.RequestedAt, y.RequestedAt)
		case first:
			return -1
		case second:
			return 1
		}
		return 0
	})
}

// letIn opens the gate of a site that is back.
func (e *Engine) letIn(s *site, life uint64) {
	to := protocol.QueueAt(s.id)
	s.gate.open(life, func(m *mail) { e.deposit(to, m) })
}
