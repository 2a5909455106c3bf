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
var reasons = []func(s *State, r *ref, wall time.Time) []string{
	func(s *State, r *ref, _ time.Time) []string { return when(r.lock, "profile_required") },
	func(s *State, r *ref, _ time.Time) []string { return when(r.aside, "handed_a_seat_back") },
	func(s *State, r *ref, _ time.Time) []string {
		if r.offered < 0 {
			return nil
		}
		id := string(s.agents[r.offered].id)
		return append(when(r.proposed != 0, "offered_to "+id), when(r.proposed == 0, "seat_offered_at "+id)...)
	},
	func(s *State, r *ref, _ time.Time) []string {
		return when(s.facts.Settings.Mode == protocol.Manual, "mode_manual")
	},
	func(s *State, r *ref, _ time.Time) []string {
		return when(s.facts.Settings.Mode != protocol.Manual && s.facts.Settings.Backlog == protocol.BacklogManual, "backlog_manual")
	},
	func(s *State, r *ref, wall time.Time) []string {
		return when(!calendar.Open(s.facts, wall), "out_of_hours")
	},
	func(s *State, r *ref, _ time.Time) []string {
		if r.until == 0 {
			return nil
		}
		return []string{"waits_for_last_agent " + string(s.agents[r.last].id)}
	},
	whoCannot,
	func(s *State, r *ref, _ time.Time) []string {
		first := r.in == nil || r.in.first() == r
		return append(when(!first && r.in.first().priority > r.priority, "higher_class_first"),
			when(!first && r.in.first().priority == r.priority, "others_asked_before")...)
	},
}

// whoCannot names the candidates with what each fails, if none is left.
func whoCannot(s *State, r *ref, _ time.Time) []string {
	if r.pool == nil || r.offered >= 0 || s.choose(r.pool, r.last, r.missed, nil).ok {
		return nil
	}
	all := when(r.pool.candidates.Len() == 0, "no_eligible_agent")
	all = append(all, when(r.pool.candidates.Len() > 0, "everybody_missed_the_offer")...)
	for i := range s.agents {
		a := &s.agents[i]
		if !a.known || !slices.Contains(a.pools, r.pool) {
			continue
		}
		if why := s.whyNot(a); why != "" {
			all = append(all, string(a.id)+" "+why)
		} else if slices.Contains(r.missed, int32(i)) {
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
func explain(s *State, room protocol.RoomID, wall time.Time) *protocol.Explanation {
	x := &protocol.Explanation{Room: room}
	r := s.rooms[room]
	switch {
	case r == nil:
		x.Reasons = []string{"not_in_queue"}
		return x
	case r.holder >= 0:
		x.Reasons = []string{"held_by " + string(s.agents[r.holder].id)}
		return x
	}
	if r.lined {
		x.Position = 1
		for _, o := range s.rooms {
			if o.lined && o != r && before(o, r) {
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
