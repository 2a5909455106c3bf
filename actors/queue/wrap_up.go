package queue

import (
	"time"

	"switchyard/protocol"
)

// wrapUp: the seat of a room that has ended or moved away stays taken for some seconds, so that the
// agent can finish its notes. It counts like a room for automatic distribution, towards the limit
// and in the order of least load. An agent who takes a room by itself has finished, and a manager
// decides: both look at the rooms alone.
var wrapUp = extra{
	name: "distribution.wrap_up",
	on:   func(f *protocol.Settings) bool { return f.WrapUpSeconds > 0 },
	bars: func(a *agent) string {
		if a.wrapping > 0 && a.limit != 0 && a.seats() >= a.limit {
			return "wrapping_up"
		}
		return ""
	},
	freed: func(s *State, i int32, at protocol.Instant) {
		s.agents[i].wrapping++
		s.moments.add(moment{at: at.Add(time.Duration(s.facts.Settings.WrapUpSeconds) * time.Second), by: byWrapUp, slot: i})
	},
	passed: func(s *State, m moment) {
		s.agents[m.slot].wrapping--
		s.settle(m.slot)
	},
}

// seats is the load as automatic distribution counts it: rooms, reservations, and seats kept for wrap-up.
func (a *agent) seats() int32 { return a.load + a.wrapping }
