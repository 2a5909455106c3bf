package calendar

import (
	"time"

	"switchyard/protocol"
)

// After is the instant at which the site will have been in hours for d, counted from wall: nights,
// holidays and closed days do not count, a span with 익일 counts to its end (autoclose.business_clock).
// Outside hours the count begins when the site opens. The result is in the site's zone; it is an
// instant in hours, or the closing instant if the count ends with the hours.
//
// A site that is not in hours for so long within the next 370 days has the end of these days as the
// answer: something that waits for it is not forgotten.
func After(f *protocol.SiteFacts, wall time.Time, d time.Duration) time.Time {
	end := wall.AddDate(0, 0, searchDays)
	for at := wall.In(f.Zone); at.Before(end); {
		edge, opens, ok := NextEdge(f, at)
		if !ok {
			edge, opens = end, !Open(f, at)
		}
		if !opens { // in hours until the edge
			if open := edge.Sub(at); open >= d {
				return at.Add(d)
			} else {
				d -= open
			}
		}
		at = edge
	}
	return end
}
