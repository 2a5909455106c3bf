package client

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"
)

// Command is something to ask. Its data carries the sender's client_id where the
// contract wants one; the client repeats the data as it is and only changes the id.
type Command struct {
	Type   string
	Stream string
	Data   any
	// Written is called before each write of the command with the moment; may be nil.
	Written func(at time.Time)
}

// Reply is the answer. Exactly one of Data (an ok), Refused and Err is set.
type Reply struct {
	Data     json.RawMessage
	Refused  *Refusal
	Err      error // the client has stopped; whether the command was accepted is unknown
	Writes   int   // how often the command was written
	Received time.Time
}

// pending is a command without an answer.
type pending struct {
	Command
	data     json.RawMessage
	done     func(Reply)
	id       string // of its latest write on this socket; "" = not in flight
	writes   int
	notUntil time.Time // the server asked for patience
}

// ledger holds the commands without an answer, oldest first. It knows no socket.
type ledger struct {
	waiting  []*pending
	inFlight map[string]*pending
	ids      uint64
}

func newLedger() *ledger { return &ledger{inFlight: map[string]*pending{}} }

// next is the oldest command to write now; nil with a duration says when to look again
// (0 = when something else happens). Order is kept: an older command that must wait
// holds back the younger ones.
func (l *ledger) next(now time.Time, inFlightMax int, pace *bucket) (*pending, time.Duration) {
	if inFlightMax > 0 && len(l.inFlight) >= inFlightMax {
		return nil, 0
	}
	for _, p := range l.waiting {
		if p.id != "" {
			continue
		}
		if wait := p.notUntil.Sub(now); wait > 0 {
			return nil, wait
		}
		if wait := pace.take(now); wait > 0 {
			return nil, wait
		}
		l.ids++
		p.id = strconv.FormatUint(l.ids, 10)
		p.writes++
		l.inFlight[p.id] = p
		return p, 0
	}
	return nil, 0
}

// answered takes the command of a reply out; nil if nobody waits for it.
func (l *ledger) answered(id string) *pending {
	p := l.inFlight[id]
	if p == nil {
		return nil
	}
	delete(l.inFlight, id)
	l.waiting = slices.DeleteFunc(l.waiting, func(o *pending) bool { return o == p })
	return p
}

// again keeps a refused command for another write not before at.
func (l *ledger) again(id string, at time.Time) bool {
	p := l.inFlight[id]
	if p == nil {
		return false
	}
	delete(l.inFlight, id)
	p.id, p.notUntil = "", at
	return true
}

// lost puts everything in flight back in line, in its old order, and says how many that were.
func (l *ledger) lost() int {
	n := len(l.inFlight)
	for id, p := range l.inFlight {
		p.id, p.notUntil = "", time.Time{}
		delete(l.inFlight, id)
	}
	return n
}

// takeAll empties the ledger.
func (l *ledger) takeAll() []*pending {
	all := l.waiting
	l.waiting, l.inFlight = nil, map[string]*pending{}
	return all
}
