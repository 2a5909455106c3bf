package scenario

import (
	"sync/atomic"
	"time"

	"switchyard/protocol"
)

// rig is a world in which a story is played.
type rig interface {
	// do hands the commands over, in this order and without a pause, and waits until nothing goes on any more.
	do(cmds ...issued) []reply
	// advance lets time pass, deadlines and calendar included.
	advance(to time.Time)
	now() time.Time
	// restart stops the world and starts it again; crash ends it at once, with what is durable.
	restart(crash bool, away time.Duration)
	// log gives the history of an actor from a number on.
	log(a protocol.Address, from uint64) []protocol.Recorded
	// rows reads the rows of a kind whose keys begin with the prefix, in order.
	rows(kind protocol.RowKind, prefix []byte, each func(key, value []byte) error) error
	facts() *protocol.SiteFacts
	// audit checks the invariants that no single mind can.
	audit() error
	close()
}

type issued struct {
	to protocol.Address
	c  protocol.Command
}

type reply struct {
	result protocol.Result
	err    *protocol.Rejection
	given  bool
}

// chance is the stories' dice: counted, not thrown.
type chance struct{ n atomic.Uint64 }

func (c *chance) next() protocol.Chance {
	var out protocol.Chance
	x := c.n.Add(1) * 0x9e3779b97f4a7c15
	for i := range out {
		x ^= x >> 29
		x *= 0xbf58476d1ce4e5b9
		out[i] = byte(x >> 32)
	}
	return out
}

const site = protocol.SiteID("1000")
