package room

import (
	"time"

	"switchyard/actors/calendar"
	"switchyard/protocol"
)

// patience gives the durations for an event that makes the customer wait (T2) from the anchor on. With
// the business clock T2 counts opening hours only, so that a room accepted at night is not closed
// before anybody could answer: its instant is worked out here, once, with the calendar of
// this moment, and stored with the event, since a running timer changes only with its anchor.
func patience(c protocol.Command, at, anchor protocol.Instant) protocol.Timers {
	t := protocol.TimersOf(c.Facts.Settings)
	if t.Delay == 0 || !c.Facts.Settings.BusinessClock {
		return t
	}
	wall := c.Wall.Add(anchor.Time().Sub(at.Time())) // what the calendar's clock showed at the anchor
	due := calendar.After(c.Facts, wall, time.Duration(t.Delay)*time.Minute)
	t.Due = anchor.Add(due.Sub(wall))
	return t
}
