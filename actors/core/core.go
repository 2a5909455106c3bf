// Package core is the contract between a mind and its body.
//
// A mind is a pure description of one kind of actor: what its state is, what may
// happen in it, what becomes of it. A body (package shell, or a test) gives it
// time, storage and neighbours. Minds and bodies know each other only through
// the types of this file. Read Machine first, then Step.
package core

import (
	"time"

	"switchyard/protocol"
)

// Machine is one kind of mind. All functions but Apply read only; none looks at a
// clock, rolls dice, blocks or starts anything. (A state may lend Decide the memory for its step.)
//
// The order of one step is always: Needs (until nothing is missing) → Decide →
// Apply → Check → Rows → hand-over → tells → Deadline.
type Machine[S any] struct {
	Kind protocol.Kind

	// New makes the state of an actor that has no history.
	New func(protocol.Address) *S

	// Log gives the place of the state's numbers.
	Log func(*S) *Log

	// Needs names the records that Decide will look at; the body loads them into
	// c.Records and asks again, NeedsRounds at most. nil = it never needs any.
	Needs func(*S, protocol.Command) []protocol.Ref

	// Decide answers a command. An error is a *protocol.Rejection and changes nothing;
	// any other error is a bug. It must give the same answer for the same arguments.
	Decide func(*S, protocol.Command, time.Time) (Step, error)

	// Apply makes one event true. It never refuses and is all that recovery runs.
	Apply func(*S, protocol.Recorded)

	// Blind says of which events Apply never looks at the personal fields, although they tell of a customer: a load leaves them
	// sealed. nil = it looks at all.
	Blind func(protocol.EventCode) bool

	// Rows are the rows that follow from the state after a step with durable events, or
	// from its volatile ones. The step tells which events led here. nil = none.
	Rows func(*S, []protocol.Recorded) []protocol.Row

	// Outside are the facts of a step that are offered to other systems (domain 24), each once, read from the
	// state after the step. It is asked only where the site has somebody who listens. nil = none.
	Outside func(*S, []protocol.Recorded) []protocol.Outside

	// Deadline is the earliest moment at which silence would change something; 0 = never.
	Deadline func(*S) protocol.Instant

	// Finished says that the actor's story is over: it leaves memory soon. nil = never.
	Finished func(*S) bool

	// Check looks for a broken invariant; an error stops the actor loudly. nil = nothing to check.
	Check func(*S) error

	// Snapshot and Restore turn the state into bytes and back. nil = the log is short.
	Snapshot func(*S) []byte
	Restore  func(protocol.Address, []byte) (*S, error)

	// Rebuild makes the state of an actor without events of its own (the queue) from rows. nil =
	// the state is made from the events.
	Rebuild func(protocol.Address, RowReader) (*S, error)

	// Facts gives what the state publishes to everybody of its site, after the hand-over of
	// each step with events; nil for all minds but the site's.
	Facts func(*S) *protocol.SiteFacts

	// SnapshotEvery is how many durable events go by between snapshots; 1 puts one into
	// every entry (a state that does not fold its history); 0 = 256.
	SnapshotEvery uint64

	// GivesKeys says that customers begin here: its commands bring numbers of unused keys (protocol.Command.Seal).
	GivesKeys bool

	// Seal is the number of the key of the customer whom the actor is about, after Apply: with it the personal fields of
	// its events are sealed, its snapshot and what it owes; 0 = nobody. nil = it is about nobody, or each event
	// says whom it tells of (protocol.SealedEvent).
	Seal func(*S) uint64

	// Forget gives the rows that go with an actor whose story ends for good (Step.Forget), beside its snapshot: those
	// that its state names, and those that it finds. nil = it never does.
	Forget func(*S, RowReader) ([]protocol.Row, error)

	// Reloads is how far a state that was thrown away (Apply or Check panicked) reaches:
	// false = this actor alone is loaded again, true = its whole site, because peers may
	// hold what it told them.
	Reloads bool
}

// RowReader reads all rows of a kind whose key begins with the prefix, in the order of their keys.
type RowReader func(kind protocol.RowKind, prefix []byte, each func(key, value []byte) error) error

// Step is what a decision leads to. It ends with the command: the body keeps neither its slices nor its volatile events
// beyond the hand-over, and a mind may use their memory again for the next command. Durable events, tells' bodies and the reply
// go on, and are never written again.
type Step struct {
	Events []protocol.Event
	Tells  []Tell
	Reply  *Reply

	// Again asks for the same command to be decided once more on the state as it is after
	// this step's events, in the same entry: a pass over the line, where each seat must be
	// visible to the next choice. A mind ends its own loops; more than MaxRounds is a bug.
	Again bool

	// Forget ends the actor for good: its journal, its snapshot and the rows of Machine.Forget go in one entry, and
	// afterwards it is one that never was. Such a step has no events.
	Forget bool
}

// NeedsRounds is how far a record may lie behind another one: a customer's key leads to its
// record, the record to the one it became, that one to the profile of its ID, and the profile to
// the records of all who carry it.
const NeedsRounds = 5

// MaxRounds bounds Step.Again.
const MaxRounds = 1024

// Tell is a command to another actor (or to oneself). An owed tell is kept as a row
// until its receiver has recorded it.
type Tell struct {
	To     protocol.Address
	Body   protocol.Body
	Ticket protocol.Ticket // whose answer travels with it; 0 = nobody waits
	Owed   bool

	// Later: it leaves when all that the node has handed over by now is durable. With it a mind goes on with long work: no
	// faster than the disk, so that what others ask meanwhile does not wait behind all of it. Such a tell is not owed, and
	// nobody waits for its answer.
	Later bool
}

// Reply answers a ticket. It leaves when everything it rests on is durable.
type Reply struct {
	Ticket protocol.Ticket
	Result protocol.Result
	Err    *protocol.Rejection
}

// Do adds an event.
func (s *Step) Do(e protocol.Event) {
	if s.Events == nil {
		s.Events = make([]protocol.Event, 0, 4) // most steps have two to four: one allocation, not three
	}
	s.Events = append(s.Events, e)
}

// Tell adds a tell that nobody waits for.
func (s *Step) Tell(to protocol.Address, b protocol.Body) {
	s.Tells = append(s.Tells, Tell{To: to, Body: b})
}

// GoOn adds a tell to the mind itself, with which it goes on with long work once the disk has followed (Tell.Later).
func (s *Step) GoOn(self protocol.Address, b protocol.Body) {
	s.Tells = append(s.Tells, Tell{To: self, Body: b, Later: true})
}

// Owe adds a tell that must arrive.
func (s *Step) Owe(to protocol.Address, b protocol.Body) {
	s.Tells = append(s.Tells, Tell{To: to, Body: b, Owed: true})
}

// Pass adds a tell that takes the command's ticket along.
func (s *Step) Pass(to protocol.Address, b protocol.Body, t protocol.Ticket) {
	s.Tells = append(s.Tells, Tell{To: to, Body: b, Ticket: t})
}

// Answer sets the answer of a ticket; without a ticket there is nobody to answer.
func (s *Step) Answer(t protocol.Ticket, r protocol.Result) {
	if t != 0 {
		s.Reply = &Reply{Ticket: t, Result: r}
	}
}

// Refuse sets a refusal as the answer, where events happen all the same or the refusal
// belongs to a ticket that came with a tell.
func (s *Step) Refuse(t protocol.Ticket, err *protocol.Rejection) {
	if t != 0 {
		s.Reply = &Reply{Ticket: t, Err: err}
	}
}

// Log counts an actor's history: the number of its last durable event, and the
// last positions it gave in its streams.
type Log struct {
	Number uint64
	Desk   uint64
	Room   uint64
}

// Next gives an event its place. A volatile event has no number.
func (l Log) Next(e protocol.Event, now protocol.Instant) protocol.Recorded {
	r := protocol.Recorded{At: now, Event: e}
	if e.EventCode() == protocol.Volatile {
		return r
	}
	r.Number = l.Number + 1
	desk, room := protocol.Shown(e)
	if desk {
		r.Desk = l.Desk + 1
	}
	if room {
		r.Room = l.Room + 1
	}
	return r
}

// Took moves the counters over an event that is applied.
func (l *Log) Took(r protocol.Recorded) {
	if r.Number == 0 {
		return
	}
	l.Number = r.Number
	if r.Desk != 0 {
		l.Desk = r.Desk
	}
	if r.Room != 0 {
		l.Room = r.Room
	}
}

// After gives the counters as they will be once the events are applied: a decision
// tells its caller the positions that its entries will have.
func (l Log) After(events []protocol.Event) Log {
	for _, e := range events {
		l.Took(l.Next(e, 0))
	}
	return l
}

// Derive makes the chance of the i-th command that follows from a command, so that one request
// rolls its dice once, wherever its consequences run.
func Derive(c protocol.Chance, i int) protocol.Chance {
	for half := 0; half < 16; half += 8 {
		x := uint64(0)
		for k := 7; k >= 0; k-- {
			x = x<<8 | uint64(c[half+k])
		}
		x += uint64(i+1)*0x9e3779b97f4a7c15 + uint64(half) // splitmix64
		x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
		x = (x ^ x>>27) * 0x94d049bb133111eb
		x ^= x >> 31
		for k := range 8 {
			c[half+k] = byte(x >> (8 * k))
		}
	}
	return c
}
