package shell

import (
	"sync"

	"switchyard/protocol"
)

// young keeps the first events of the streams that began last, durable ones only. Whoever opens a room, or is given one,
// follows it a moment later, and then the log need not be looked up: an iterator of its own, and a wait for the end of the
// list, for events that have just been in hand. What is not here is read from the log as ever.
type young struct {
	mu   sync.Mutex
	of   map[protocol.Address][]protocol.Recorded // from event 1 on, without a gap
	ring [youngActors]protocol.Address            // in the order of their beginning
	next int
	off  bool // in tests that are about the log
}

const (
	youngActors = 1024
	youngEvents = 16 // of each; one with more is not young any more
)

// add notes durable events of an actor, before its followers are told.
func (y *young) add(a protocol.Address, recs []protocol.Recorded) {
	if y.off || len(recs) == 0 || recs[0].Number > youngEvents+1 { // what is here ends at youngEvents, and a step begins behind it
		return
	}
	y.mu.Lock()
	defer y.mu.Unlock()
	had, known := y.of[a]
	switch first, last := recs[0].Number, recs[len(recs)-1].Number; {
	case first != uint64(len(had))+1 || last > youngEvents:
		delete(y.of, a)
		return
	case !known:
		if y.of == nil {
			y.of = make(map[protocol.Address][]protocol.Recorded, youngActors)
		}
		delete(y.of, y.ring[y.next])
		y.ring[y.next] = a
		y.next = (y.next + 1) % youngActors
	}
	y.of[a] = append(had[:len(had):len(had)], recs...) // readers hold the old one
}

// after gives an actor's durable events behind a number. false: they are not here, or the actor has not that many.
func (y *young) after(a protocol.Address, number uint64) ([]protocol.Recorded, bool) {
	if number > youngEvents {
		return nil, false
	}
	y.mu.Lock()
	defer y.mu.Unlock()
	recs := y.of[a]
	if uint64(len(recs)) < max(number, 1) {
		return nil, false
	}
	return recs[number:], true
}

// forget takes an actor out.
func (y *young) forget(a protocol.Address) {
	y.mu.Lock()
	defer y.mu.Unlock()
	delete(y.of, a)
}
