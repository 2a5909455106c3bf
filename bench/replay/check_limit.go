package replay

import (
	"cmp"
	"slices"
	"time"
)

// limitKept: by the server's stamps of assignment and close, no agent ever holds more
// rooms than its limit. A close and an assignment in the same millisecond follow each
// other in that order.
func limitKept(l *Log, r *Result) {
	type change struct {
		at    time.Time
		delta int
		room  string
	}
	closed := map[string]time.Time{}
	assigned := map[string][]time.Time{}
	for i := range l.Calls {
		c := &l.Calls[i]
		if c.Room != "" {
			closed[c.Room], assigned[c.Room] = c.ClosedAt, c.Assigned
		}
	}
	lost := map[string]time.Time{}
	for _, o := range l.Losses {
		lost[o.Agent+" "+o.Room] = o.At
	}
	changes := map[string][]change{}
	for _, g := range l.Gains {
		from := g.At
		if all := assigned[g.Room]; g.Assignment >= 1 && g.Assignment <= len(all) {
			from = all[g.Assignment-1] // the room's own stamp; the inbox is told a moment later
		}
		changes[g.Agent] = append(changes[g.Agent], change{from, 1, g.Room})
		if end := earliest(closed[g.Room], lost[g.Agent+" "+g.Room]); !end.IsZero() {
			changes[g.Agent] = append(changes[g.Agent], change{end, -1, g.Room})
		}
	}
	for _, agent := range sortedKeys(changes) {
		all := changes[agent]
		slices.SortStableFunc(all, func(a, b change) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.delta, b.delta)) })
		holds := 0
		for _, c := range all {
			holds += c.delta
			if c.delta > 0 {
				r.Judged++
			}
			if limit := l.Limits[agent]; c.delta > 0 && limit > 0 && holds > limit {
				r.fail("%s held %d rooms from %s, with a limit of %d; the last one is %s", agent, holds, clock(c.at), limit, c.room)
			}
		}
	}
}

// earliest of the times that are known.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
