package queue

import (
	"slices"
	"time"

	"switchyard/actors/calendar"
	"switchyard/protocol"
)

// reasonsMax bounds an explanation: a site may have very many agents.
const reasonsMax = 50

// reasons are the rules that may stand between a waiting room and an agent, in the order in which they
// are asked; each says nothing, or its name with whom it concerns. docs/distribution.md lists them.
var reasons = []func(s *State, r entry, wall time.Time) []string{
	func(s *State, r entry, _ time.Time) []string { return when(r.lock, "profile_required") },
	func(s *State, r entry, _ time.Time) []string { return when(r.aside, "handed_a_seat_back") },
	func(s *State, r entry, _ time.Time) []string {
		if r.offered < 0 {
			return nil
		}
		id := string(s.agents[r.offered].id)
		return append(when(r.proposed != 0, "offered_to "+id), when(r.proposed == 0, "seat_offered_at "+id)...)
	},
	func(s *State, r entry, _ time.Time) []string {
		return when(s.facts.Settings.Mode == protocol.Manual, "mode_manual")
	},
	func(s *State, r entry, _ time.Time) []string {
		return when(s.facts.Settings.Mode != protocol.Manual && s.facts.Settings.Backlog == protocol.BacklogManual, "backlog_manual")
	},
	func(s *State, r entry, wall time.Time) []string {
		return when(!calendar.Open(s.facts, wall), "out_of_hours")
	},
	func(s *State, r entry, _ time.Time) []string {
		if r.until == 0 {
			return nil
		}
		return []string{"waits_for_last_agent " + string(s.agents[r.last].id)}
	},
	whoCannot,
	func(s *State, r entry, _ time.Time) []string {
		if r.in == 0 {
			return nil
		}
		first := s.firstOf(s.line(r.in))
		return append(when(first.priority > r.priority, "higher_class_first"),
			when(first.no != r.no && first.priority == r.priority, "others_asked_before")...)
	},
}

// whoCannot names the candidates with what each fails, if none is left.
func whoCannot(s *State, r entry, _ time.Time) []string {
	p, missed := s.pool(r), s.missedBy(r)
	if p == nil || r.offered >= 0 || s.choose(p, r.last, missed, nil).ok {
		return nil
	}
	all := when(p.candidates.Len() == 0, "no_eligible_agent")
	all = append(all, when(p.candidates.Len() > 0, "everybody_missed_the_offer")...)
	for i := range s.agents {
		a := &s.agents[i]
		if !a.known || !slices.Contains(a.pools, p) {
			continue
		}
		if why := s.whyNot(a); why != "" {
			all = append(all, string(a.id)+" "+why)
		} else if slices.Contains(missed, int32(i)) {
			all = append(all, string(a.id)+" missed_the_offer")
		}
	}
	return all
}

func when(is bool, reason string) []string {
	if is {
		return []string{reason}
	}
	return nil
}

// explain answers why a room waits: each rule that stands in its way.
func explain(s *State, id protocol.RoomID, wall time.Time) *protocol.Explanation {
	x := &protocol.Explanation{Room: id}
	r := s.room(id)
	switch {
	case r.ref == nil:
		x.Reasons = []string{"not_in_queue"}
		return x
	case r.holder >= 0:
		x.Reasons = []string{"held_by " + string(s.agents[r.holder].id)}
		return x
	}
	if r.lined {
		x.Position = 1
		for o := range s.allWaiters {
			if o.lined && o.no != r.no && s.before(o.waiter, r.waiter) {
				x.Position++
			}
		}
	}
	if s.facts == nil {
		return x
	}
	for _, says := range reasons {
		x.Reasons = append(x.Reasons, says(s, r, wall)...)
	}
	x.Reasons = x.Reasons[:min(len(x.Reasons), reasonsMax)]
	return x
}
