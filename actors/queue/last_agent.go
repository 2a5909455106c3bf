package queue

import (
	"slices"
	"time"

	"switchyard/protocol"
)

// ruleLastAgent is the rule's name in the explanation of an assignment.
const ruleLastAgent = "LAST_AGENT"

// lastAgent: whoever held the customer's last consultation gets the room, if eligible. Who is on
// duty but full is waited for, from the moment when the room could be assigned (its request, or
// its profile), at most as long as the site says; then the room is distributed like any other.
// Whoever leaves is not waited for. The wait never overtakes: an earlier room of the same line is
// served first. It is forgotten in a crash; the preference is not (it is in the room's row).
var lastAgent = extra{
	name: "distribution.last_agent",
	on:   func(f *protocol.Settings) bool { return f.LastAgent },
	passed: func(s *State, m moment) {
		if !s.openAt(m.room) {
			return
		}
		if r := s.at(m.room); r.until == m.at {
			s.stopWaiting(r)
		}
	},
}

// prefer begins the wait, if the agent of the last consultation is there and full.
func (s *State) prefer(r entry, at protocol.Instant) {
	if !r.lock && s.waitsFor(r.last, s.pool(r)) && !slices.Contains(s.missedBy(r), r.last) {
		r.until = at.Add(time.Duration(s.facts.Settings.LastAgentWait) * time.Second)
		s.moments.add(moment{at: r.until, by: byLastAgent, room: r.no})
	}
}

// waitsFor says whether a room of the pool that may be assigned would wait for the agent. Where
// nothing leaves the line without a person, nobody waits for a rule.
func (s *State) waitsFor(last int32, p *pool) bool {
	if last < 0 || !s.automatic() || s.facts.Settings.LastAgentWait == 0 {
		return false
	}
	a := &s.agents[last]
	return s.there(a) && !s.eligible(a) && slices.Contains(a.pools, p)
}

// worthWaiting says whether the agent that the room waits for is still there, and among its candidates.
func (s *State) worthWaiting(r entry) bool {
	a := &s.agents[r.last]
	return s.there(a) && slices.Contains(a.pools, s.pool(r))
}

// stopWaiting lets the room be distributed like any other.
func (s *State) stopWaiting(r entry) {
	s.unlink(r)
	r.until = 0
	s.link(r)
	s.roomChanged(r)
}

// own makes the line of the rooms that wait for this agent alone, if there is none.
func (s *State) own(i int32) {
	a := &s.agents[i]
	if a.own == 0 {
		if len(s.owns) == 0 {
			s.owns = append(s.owns, line{})
		}
		a.own = int32(len(s.owns))
		s.owns = append(s.owns, line{})
	}
}

// keep brings the list of agents who can get a room of their own line up to date, and lets
// the rooms go when the agent has left. The list is short: a pass empties it.
func (s *State) keep(i int32) {
	a := &s.agents[i]
	if a.own == 0 {
		return
	}
	own := &s.owns[a.own]
	if !s.there(a) {
		for r := s.firstOf(own); r.ref != nil; r = s.firstOf(own) {
			s.cut(r)
			r.until = 0
			s.link(r)
			s.roomChanged(r)
		}
	}
	at := slices.Index(s.keen, i)
	switch keen := own.filled != 0 && s.eligible(a); {
	case keen && at < 0:
		s.keen = append(s.keen, i)
	case !keen && at >= 0:
		s.keen = slices.Delete(s.keen, at, at+1)
	}
}
