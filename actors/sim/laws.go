package sim

import (
	"fmt"

	"switchyard/protocol"
)

// What a law can look at, in the order in which it happened. After a crash the laws begin anew
// and see what is left of the history before anything else.
type (
	// recorded is an event of an actor, handed over.
	recorded struct {
		actor protocol.Address
		r     protocol.Recorded
		facts *protocol.SiteFacts // what its step knew of the site
	}
	// handedOver ends the events of one entry.
	handedOver struct{ actor protocol.Address }
	// heard is what the queue was asked or told, before it decided.
	heard struct {
		body  protocol.Body
		facts *protocol.SiteFacts
	}
	// told is what the queue told a room.
	told struct{ body protocol.Body }
	// answered is a person's write with its answer; it may be answered again, for a repeat.
	answered struct {
		to     protocol.Address
		c      protocol.Command
		result protocol.Result
		err    *protocol.Rejection
	}
)

// law is one invariant of the domain (section 11), as a fold over what happens.
type law struct {
	number string
	says   string
	begin  func() func(any) error
}

// laws are the invariants that a history shows. I-06 is checked on the minds themselves (replays).
var laws = []law{
	{"I-01", "a room has one holder, and its assignments are in order", oneHolder},
	{"I-02", "of two who take a room one gets it", oneTaker},
	{"I-03", "no automatic assignment and no take exceeds a limit", withinLimits},
	{"I-04", "a customer has one open room", oneOpenRoom},
	{"I-05", "a history has one order, without gaps", oneOrder},
	{"I-07", "a request runs once, and its repeat has the same answer", onceEach},
	{"I-08", "one M-REFUSE a refused text, one M-SAVED a form, one greeting a room", messagesOnce},
	{"I-09", "a room is closed once", closedOnce},
	{"I-10", "a timer fires once an anchor, and not early", timersOnce},
	{"I-11", "a charge is written once, and the balance follows from the entries", chargedOnce},
	{"I-12", "a seat is given once, and taken by whom it was given for", seatsOnce},
	{"I-13", "the earlier of two rooms that wait for the same agents goes first", firstComeFirst},
	{"I-14", "the ring gives everybody one before anybody two", ringTurns},
	{"I-15", "nobody who could have had the room had fewer", leastLoaded},
	{"I-16", "a request is decided on one reading of the settings", oneReading},
	{"I-17", "what was acknowledged is there", nothingLost},
	{"I-18", "a merge is seen whole or not at all", wholeMerges},
}

// court runs all laws over one history.
type court struct {
	watch []func(any) error
	kept  []any // what a crash leaves, in order
	after []int // entries that must be durable for it
}

func newCourt() *court {
	c := &court{}
	c.reset()
	return c
}

func (c *court) reset() {
	c.watch = make([]func(any) error, len(laws))
	for i, l := range laws {
		c.watch[i] = l.begin()
	}
}

// see shows every law what happened, and gives the first complaint.
func (c *court) see(x any) error {
	for i, f := range c.watch {
		if err := f(x); err != nil {
			return fmt.Errorf("%s (%s): %w", laws[i].number, laws[i].says, err)
		}
	}
	return nil
}

// keep is see, for what a crash does not take once so many entries are durable.
func (c *court) keep(x any, entries int) error {
	c.kept, c.after = append(c.kept, x), append(c.after, entries)
	return c.see(x)
}

// crash forgets what was lost, and judges what is left from the beginning.
func (c *court) crash(durable int) error {
	kept := c.kept
	after := c.after
	c.kept, c.after = nil, nil
	c.reset()
	for i, x := range kept {
		if after[i] > durable {
			continue
		}
		if err := c.keep(x, after[i]); err != nil {
			return fmt.Errorf("after a crash: %w", err)
		}
	}
	return nil
}
