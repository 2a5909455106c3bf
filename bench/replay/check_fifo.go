package replay

import "slices"

// fifo: a room that stands in the line is never passed by a room that asked later,
// whether the later one came out of the line or was assigned at entry. All by the
// server's stamps, without tolerance: passed means that the earlier room was in the line
// (its WAITING stamp) before the later one was assigned, and was itself assigned later
// or ended unassigned after that moment. Of two assignments the node's turns say which seat was
// given first; the stamps, which two rooms make side by side, only where it shows no turns.
// Equal milliseconds order nothing.
func fifo(l *Log, r *Result) {
	turns := map[string]uint64{} // of each room's first assignment
	for _, g := range l.Gains {
		if g.Assignment == 1 {
			turns[g.Room] = g.Turn
		}
	}
	var all []*CallLog
	for i := range l.Calls {
		if c := &l.Calls[i]; !c.OpenedAt.IsZero() && (!c.QueuedAt.IsZero() || len(c.Assigned) > 0) {
			all = append(all, c)
		}
	}
	slices.SortStableFunc(all, func(a, b *CallLog) int { return a.OpenedAt.Compare(b.OpenedAt) })
	// Of the rooms that waited, those that are still in the line when a later request
	// is looked at; the others cannot be passed any more.
	var line []*CallLog
	for _, c := range all {
		line = slices.DeleteFunc(line, func(w *CallLog) bool { return w.leftBefore(c) })
		if len(c.Assigned) > 0 {
			if !c.QueuedAt.IsZero() {
				r.Judged++
			}
			for _, w := range line {
				if w.passedBy(c, turns) {
					r.fail("call %d (room %s) asked %s and was assigned %s; call %d (room %s) asked %s, waited since %s and was %s",
						c.Index, c.Room, clock(c.OpenedAt), clock(c.Assigned[0]),
						w.Index, w.Room, clock(w.OpenedAt), clock(w.QueuedAt), w.after())
				}
			}
		}
		if !c.QueuedAt.IsZero() {
			line = append(line, c)
		}
	}
}

// leftBefore says whether the waiting call had left the line when c asked; later ones ask later still.
func (w *CallLog) leftBefore(c *CallLog) bool {
	if len(w.Assigned) > 0 {
		return w.Assigned[0].Before(c.OpenedAt)
	}
	return !w.ClosedAt.IsZero() && w.ClosedAt.Before(c.OpenedAt)
}

// passedBy: w asked first, stood in the line when c was assigned, and left it later.
func (w *CallLog) passedBy(c *CallLog, turns map[string]uint64) bool {
	at := c.Assigned[0]
	if !w.OpenedAt.Before(c.OpenedAt) || !w.QueuedAt.Before(at) {
		return false
	}
	if len(w.Assigned) > 0 {
		if mine, other := turns[w.Room], turns[c.Room]; mine != 0 && other != 0 {
			return mine > other
		}
		return w.Assigned[0].After(at)
	}
	return w.ClosedAt.IsZero() || w.ClosedAt.After(at)
}

func (w *CallLog) after() string {
	switch {
	case len(w.Assigned) > 0:
		return "assigned " + clock(w.Assigned[0])
	case w.ClosedAt.IsZero():
		return "never assigned"
	}
	return "ended unassigned " + clock(w.ClosedAt)
}
