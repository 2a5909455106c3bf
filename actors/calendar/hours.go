package calendar

import (
	"time"

	"switchyard/protocol"
)

// searchDays is how far NextEdge looks: a year and a holiday beyond it.
const searchDays = 370

// Hours says what the site's calendar makes of wall: in hours, or outside with
// or without intake (domain 7.4, first column).
func Hours(f *protocol.SiteFacts, wall time.Time) protocol.Hours {
	switch {
	case Open(f, wall):
		return protocol.InHours
	case f.Settings.AfterHours:
		return protocol.OutIntake
	}
	return protocol.OutClosed
}

// Open says whether the site is in hours at wall: true at the opening instant,
// false at the closing instant (domain 10.6). It is asked for every connection
// request and allocates nothing.
func Open(f *protocol.SiteFacts, wall time.Time) bool {
	return openAt(f, reading(f.Zone, wall))
}

// NextEdge is the first instant strictly after wall at which Open changes, in the
// site's zone, and whether the site opens there. Spans that touch or overlap are
// one: there is no edge between them.
//
// ok is false when nothing changes in the next 370 days, for example at a site
// that never closes; such a site is asked again after a change of its facts, or
// within 370 days.
func NextEdge(f *protocol.SiteFacts, wall time.Time) (at time.Time, opens, ok bool) {
	horizon := dayOf(reading(f.Zone, wall)) + searchDays
	at, ok = edgeAfter(f.Zone, wall,
		func(r int64) bool { return openAt(f, r) },
		func(r int64) (int64, bool) { return nextChange(f, r, horizon) })
	return at, ok && Open(f, at), ok
}

// span is a time in hours, half-open, in readings of the site's clock.
type span struct{ from, to int64 }

func (s span) covers(r int64) bool { return s.from <= r && r < s.to }
func (s span) empty() bool         { return s.from >= s.to }

// openAt says whether a span covers the reading. Only today's and yesterday's
// can: 익일 reaches no further than the end of the next day.
func openAt(f *protocol.SiteFacts, r int64) bool {
	today := dayOf(r)
	return spanOf(f, today).covers(r) || spanOf(f, today-1).covers(r)
}

// nextChange is the first reading after r at which openAt changes, on the day
// numbered horizon at the latest.
func nextChange(f *protocol.SiteFacts, r, horizon int64) (int64, bool) {
	today := dayOf(r)
	if openAt(f, r) {
		for ; openAt(f, r); today = dayOf(r) {
			if today > horizon {
				return 0, false
			}
			if s := spanOf(f, today); s.covers(r) {
				r = s.to
			} else {
				r = spanOf(f, today-1).to
			}
		}
		return r, true
	}
	for ; today <= horizon; today++ {
		if s := spanOf(f, today); s.from > r && !s.empty() {
			return s.from, true
		}
	}
	return 0, false
}

// spanOf is the span that starts on the day; 휴무 gives an empty one. A span with
// 익일 belongs to the day it starts on (domain 10.2), so the entry of that day
// alone decides about its tail, whatever the next day is (domain 10.4).
func spanOf(f *protocol.SiteFacts, d int64) span {
	h := entry(f, d)
	start := d * day
	switch {
	case !h.Open:
		return span{start, start}
	case h.AllDay:
		return span{start, start + day}
	}
	end := start
	if h.NextDay {
		end += day
	}
	return span{start + int64(h.From)*minute, end + int64(h.To)*minute}
}

// entry is the rule for spans that start on the day: the registered date's if
// there is one, else the weekly one (domain 10.1, 10.3).
func entry(f *protocol.SiteFacts, d int64) protocol.DayHours {
	if len(f.Holidays) > 0 { // most days of most sites: spare them the date
		if h, registered := f.Holidays[dateOf(d)]; registered {
			return h.Hours
		}
	}
	switch weekdayOf(d) {
	case time.Saturday:
		return f.Settings.Week.Saturday
	case time.Sunday:
		return f.Settings.Week.Sunday
	default:
		return f.Settings.Week.Weekday
	}
}
