package calendar

import (
	"time"

	"switchyard/protocol"
)

const (
	minute = 60
	day    = 24 * 60 * minute
)

// overlapMax bounds how long a clock that was put back repeats itself: an hour
// for summer time, a day where a country crossed the date line, no zone more.
const overlapMax = 26 * time.Hour

// reading is what the site's clock shows at wall, in whole seconds since
// 1970-01-01 00:00 of that clock, except that it never goes back: while a clock
// that was put back repeats an hour, the reading stays at the last second before
// the repetition.
//
// So every wall time means the first instant at which the clock showed it or
// something later. In a gap that is the first valid instant, in an overlap it is
// the first of the two; and a span, which is a question about the reading,
// cannot run twice (stress F-10).
func reading(zone *time.Location, wall time.Time) int64 {
	t := wall.In(zone)
	_, offset := t.Zone()
	shown := t.Unix() + int64(offset)
	start, _ := t.ZoneBounds()
	if start.IsZero() || t.Sub(start) > overlapMax {
		return shown
	}
	last := start.Add(-time.Second)
	_, offset = last.Zone()
	return max(shown, last.Unix()+int64(offset))
}

// firstShowing is the first instant whose reading is r or more. The reading at
// from has to be less than r. The result is in the zone.
func firstShowing(zone *time.Location, from time.Time, r int64) time.Time {
	for t := from.In(zone); ; {
		_, offset := t.Zone()
		_, end := t.ZoneBounds()
		at := time.Unix(r-int64(offset), 0).In(zone)
		if end.IsZero() || at.Before(end) {
			if at.Before(t) { // r fell into the gap with which this offset began
				at = t
			}
			return at
		}
		t = end
	}
}

// edgeAfter is the first instant strictly after wall at which state changes.
// next names the readings at which it may change, one after the other; it
// answers false when there are no more.
//
// A change that lies inside a gap, together with the change back, is none: both
// fall on the same instant. Therefore the state is asked again at each candidate.
func edgeAfter(zone *time.Location, wall time.Time, state func(r int64) bool, next func(r int64) (int64, bool)) (time.Time, bool) {
	at, r := wall, reading(zone, wall)
	before := state(r)
	for {
		var ok bool
		if r, ok = next(r); !ok {
			return time.Time{}, false
		}
		at = firstShowing(zone, at, r)
		r = reading(zone, at)
		if state(r) != before {
			return at, true
		}
	}
}

// dayOf is the number of the calendar day of a reading; day 0 is 1970-01-01.
func dayOf(r int64) int64 {
	d := r / day
	if r%day < 0 {
		d--
	}
	return d
}

// weekdayOf is the weekday of a numbered day. Day 0 was a Thursday.
func weekdayOf(d int64) time.Weekday {
	return time.Weekday(((d+int64(time.Thursday))%7 + 7) % 7)
}

// dateOf is the date of a numbered day.
func dateOf(d int64) protocol.Date {
	y, m, dd := time.Unix(d*day, 0).UTC().Date()
	return protocol.Date{Year: y, Month: m, Day: dd}
}

// numberOf is the number of a date's day.
func numberOf(d protocol.Date) int64 {
	return dayOf(time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC).Unix())
}
