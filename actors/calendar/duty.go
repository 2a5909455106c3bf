package calendar

import (
	"time"

	"switchyard/protocol"
)

// OnDuty says whether the account works on the day of wall and is in none of its
// breaks (domain 9.2 point 4, 10.5). An account without a plan for the day works.
//
// Certification, 상담 진행 and presence are not the calendar's: they are asked of
// the account. Neither are the hours; an agent is on duty at night, too.
func OnDuty(f *protocol.SiteFacts, account protocol.AccountID, wall time.Time) bool {
	days := f.Days[account]
	return len(days) == 0 || dutyAt(days, reading(f.Zone, wall))
}

// NextDutyEdge is the first instant strictly after wall at which OnDuty changes,
// in the site's zone. ok is false when the account's plans hold no more change.
// The cost grows with the number of the account's plans, not with the distance.
func NextDutyEdge(f *protocol.SiteFacts, account protocol.AccountID, wall time.Time) (at time.Time, ok bool) {
	days := f.Days[account]
	if len(days) == 0 {
		return time.Time{}, false
	}
	return edgeAfter(f.Zone, wall,
		func(r int64) bool { return dutyAt(days, r) },
		func(r int64) (int64, bool) { return nextDutyChange(days, r) })
}

// dutyAt says whether the plan of the reading's date lets the account work. A
// plan is for its calendar date; unlike hours, it has no tail on the next day.
func dutyAt(days map[protocol.Date]protocol.AgentDay, r int64) bool {
	plan := days[dateOf(dayOf(r))]
	return !plan.Off && breakAt(plan, r).empty()
}

// nextDutyChange is the first reading after r at which dutyAt changes.
func nextDutyChange(days map[protocol.Date]protocol.AgentDay, r int64) (int64, bool) {
	if !dutyAt(days, r) {
		for !dutyAt(days, r) {
			r = absenceAt(days, r).to
		}
		return r, true
	}
	var first int64
	var found bool
	for date, plan := range days {
		start := numberOf(date) * day
		if start+day <= r {
			continue
		}
		if at, ok := firstAbsence(plan, start, r); ok && (!found || at < first) {
			first, found = at, true
		}
	}
	return first, found
}

// absenceAt is one absence that covers the reading, if there is one: the whole
// day off, or a break.
func absenceAt(days map[protocol.Date]protocol.AgentDay, r int64) span {
	d := dayOf(r)
	plan := days[dateOf(d)]
	if plan.Off {
		return span{d * day, (d + 1) * day}
	}
	return breakAt(plan, r)
}

// breakAt is one break of the plan that covers the reading, or an empty span.
func breakAt(plan protocol.AgentDay, r int64) span {
	start := dayOf(r) * day
	for _, b := range plan.Breaks {
		if s := breakSpan(start, b); s.covers(r) {
			return s
		}
	}
	return span{}
}

// firstAbsence is the first beginning of an absence after r in the plan of the
// day that starts at start.
func firstAbsence(plan protocol.AgentDay, start, r int64) (at int64, ok bool) {
	if plan.Off {
		return start, start > r
	}
	for _, b := range plan.Breaks {
		if s := breakSpan(start, b); !s.empty() && s.from > r && (!ok || s.from < at) {
			at, ok = s.from, true
		}
	}
	return at, ok
}

// breakSpan is a break of the day that starts at start, cut to that day: a break
// ends with its date at the latest.
func breakSpan(start int64, b protocol.Break) span {
	return span{start + max(int64(b.From)*minute, 0), start + min(int64(b.To)*minute, day)}
}
