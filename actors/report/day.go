package report

import (
	"maps"
	"slices"
	"time"

	"switchyard/protocol"
)

// Day folds the rooms that were closed in one day.
type Day struct {
	cells    Cells
	journeys map[protocol.BotID]*JourneyDay
	rooms    int64
	created  int64
}

// Add counts one closed room.
func (d *Day) Add(f *protocol.Figures) {
	if d.cells == nil {
		d.cells, d.journeys = Cells{}, map[protocol.BotID]*JourneyDay{}
	}
	d.rooms++
	d.cells.Add(f)
	if f.Bot == "" || len(f.Moves) == 0 { // only rooms that had a bot part count (15.1 rule 5)
		return
	}
	if d.journeys[f.Bot] == nil {
		d.journeys[f.Bot] = &JourneyDay{}
	}
	d.journeys[f.Bot].Add(f)
}

// Created says how many rooms began in the day and count.
func (d *Day) Created(rooms int64) { d.created = rooms }

// Parts are the day as it is stored: the cells, and the journey of each bot that was enabled when the day's data were
// made. Another bot's day has no data, and never will (15.1 rule 3).
func (d *Day) Parts(enabled []protocol.BotID) []protocol.FoldPart {
	parts := []protocol.FoldPart{{Value: protocol.AppendDayFold(nil, &protocol.DayFold{Rooms: d.rooms, Cells: d.cells.Sorted(), Created: d.created})}}
	for _, bot := range slices.Sorted(maps.Keys(d.journeys)) {
		if slices.Contains(enabled, bot) {
			parts = append(parts, protocol.FoldPart{Bot: bot, Value: protocol.AppendJourneyFold(nil, &protocol.JourneyFold{Cells: d.journeys[bot].Cells()})})
		}
	}
	return parts
}

// Midnight is the beginning of a day in a zone.
func Midnight(d protocol.Date, zone *time.Location) time.Time {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, zone)
}

// DateOf is the day of an instant in a zone.
func DateOf(t time.Time, zone *time.Location) protocol.Date {
	y, m, d := t.In(zone).Date()
	return protocol.Date{Year: y, Month: m, Day: d}
}

// Next is the day after, Before whether a day is earlier than another.
func Next(d protocol.Date) protocol.Date {
	return DateOf(time.Date(d.Year, d.Month, d.Day+1, 0, 0, 0, 0, time.UTC), time.UTC)
}

// Before says whether a is an earlier day than b.
func Before(a, b protocol.Date) bool {
	return Midnight(a, time.UTC).Before(Midnight(b, time.UTC))
}

// settled is how long after the end of a day the engine's time must be before the day is folded: a room that was
// closed at its last instant is in the store by then.
const settled = time.Minute

// FoldDue stores the days of a site that are due: those that the site has turned (15.1 rule 3) and that nobody has
// folded. read gives the figures of the rooms closed from an instant on, in the order of their close, until each
// says false; began counts the rooms that began from an instant on until another; save is the site's answer to
// SaveDayFold. Days in which no room was closed are not stored, only passed.
func FoldDue(f *protocol.SiteFacts, now time.Time, read func(from protocol.Instant, each func(*protocol.Figures) bool) error, began func(from, until protocol.Instant) (int64, error), save func(protocol.SaveDayFold) error) error {
	for _, turn := range f.Turns {
		for Before(f.Folded, turn.Through) {
			// The first day with rooms that is not folded; everything before it is empty.
			from := protocol.Instant(0)
			if f.Folded != (protocol.Date{}) {
				from = protocol.At(Midnight(Next(f.Folded), f.Zone))
			}
			var day protocol.Date
			var until protocol.Instant
			var fold Day
			err := read(from, func(x *protocol.Figures) bool {
				if until == 0 {
					if day = DateOf(x.ClosedAt.Time(), f.Zone); Before(turn.Through, day) {
						return false
					}
					until = protocol.At(Midnight(Next(day), f.Zone))
				}
				if x.ClosedAt >= until {
					return false
				}
				fold.Add(x)
				return true
			})
			if err != nil {
				return err
			}
			b := protocol.SaveDayFold{Day: turn.Through}
			if until != 0 {
				b.Day = day
			} else {
				until = protocol.At(Midnight(Next(turn.Through), f.Zone))
			}
			if now.Before(until.Time().Add(settled)) {
				return nil
			}
			if fold.rooms > 0 {
				n, err := began(protocol.At(Midnight(day, f.Zone)), until)
				if err != nil {
					return err
				}
				fold.Created(n)
				b.Parts = fold.Parts(turn.Bots)
			}
			if err := save(b); err != nil {
				return err
			}
			next := *f
			next.Folded = b.Day
			f = &next
		}
	}
	return nil
}
