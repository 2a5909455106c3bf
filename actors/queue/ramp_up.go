package queue

import (
	"math"
	"time"

	"switchyard/protocol"
)

// rampUp: for the first N automatic assignments after an agent has come online at least S seconds
// lie between two, so that the first one in the morning does not get the whole backlog. A take and
// a manager's assignment are people's decisions: they neither wait nor count. A seat that the room
// hands back counts.
var rampUp = extra{
	name: "distribution.ramp_up",
	on:   func(f *protocol.Settings) bool { return f.RampUp.Rooms > 0 },
	bars: func(a *agent) string {
		if a.resting {
			return "ramping_up"
		}
		return ""
	},
	came: func(s *State, i int32, _ protocol.Instant) {
		a := &s.agents[i]
		a.ramp, a.rampGap, a.resting = uint16(min(s.facts.Settings.RampUp.Rooms, math.MaxUint16)), int32(s.facts.Settings.RampUp.Seconds), false
	},
	gave: func(s *State, i int32, at protocol.Instant) {
		a := &s.agents[i]
		if a.ramp == 0 {
			return
		}
		if a.ramp--; a.ramp > 0 {
			a.resting = true
			a.restTurn = s.turn
			s.moments.add(moment{at: at.Add(time.Duration(a.rampGap) * time.Second), by: byRampUp, slot: i, turn: s.turn})
		}
	},
	passed: func(s *State, m moment) {
		if a := &s.agents[m.slot]; a.resting && a.restTurn == m.turn {
			a.resting = false
			s.settle(m.slot)
		}
	},
}
