package site

import (
	"slices"
	"time"

	"switchyard/actors/core"
	"switchyard/actors/report"
	"switchyard/protocol"
)

// turnsMax bounds the turns that wait for their fold. Beyond it the two oldest become one: a node that cannot fold for
// a year loses the difference between the bots of two days, not a day.
const turnsMax = 400

// dayTurned is the daily moment at which yesterday becomes report data (15.1 rule 3): journey.snapshot_at by the wall clock of
// the site's zone, each day once, by its date: a clock that goes back finds it done, one that jumps forward turns all days
// in between at once, and where the moment does not exist (a zone that skips it) the next minute does it.
func (s *State) dayTurned(f *protocol.SiteFacts, wall time.Time) *protocol.JourneyTurned {
	local := wall.In(f.Zone)
	back := 1
	if local.Hour()*60+local.Minute() < s.Settings.JourneyAt {
		back = 2 // yesterday is not due yet; the day before may be, after a long sleep
	}
	day := report.DateOf(time.Date(local.Year(), local.Month(), local.Day()-back, 0, 0, 0, 0, time.UTC), time.UTC)
	if !report.Before(s.Turned, day) {
		return nil
	}
	e := &protocol.JourneyTurned{Turn: protocol.DayTurn{Through: day}}
	for id, b := range s.Bots {
		if b.Enabled {
			e.Turn.Bots = append(e.Turn.Bots, id)
		}
	}
	slices.Sort(e.Turn.Bots)
	return e
}

// turned keeps the day until it is folded.
func (s *State) turned(t protocol.DayTurn) {
	s.Turned = t.Through
	s.Turns = append(slices.Clone(s.Turns), t)
	if len(s.Turns) > turnsMax {
		s.Turns = s.Turns[1:]
	}
}

// folding is a finished day on its way into its rows. It is volatile: the rows are the truth, and the log only says that
// they were written.
type folding struct{ parts []protocol.FoldPart }

func (*folding) EventCode() protocol.EventCode { return protocol.Volatile }

// saveDayFold stores a finished day, once, in the order of days. Only the node's own job asks.
func saveDayFold(s *State, c protocol.Command, b protocol.SaveDayFold) (core.Step, error) {
	switch {
	case c.Caller.Role != protocol.System:
		return core.Step{}, protocol.Reject(protocol.Forbidden, "a day is folded by the node itself")
	case !report.Before(s.Folded, b.Day):
		return core.Step{}, protocol.RejectField(protocol.Conflict, "day", "is stored already")
	case report.Before(s.Turned, b.Day):
		return core.Step{}, protocol.RejectField(protocol.Conflict, "day", "is not over")
	}
	var step core.Step
	step.Do(&folding{b.Parts}) // also without parts: what a day before left must not be written again
	step.Do(&protocol.DayFolded{Day: b.Day})
	step.Answer(c.Ticket, protocol.Done{})
	return step, nil
}

// dayFolded forgets what is stored.
func (s *State) dayFolded(day protocol.Date) {
	s.Folded = day
	s.Turns = slices.DeleteFunc(slices.Clone(s.Turns), func(t protocol.DayTurn) bool { return !report.Before(day, t.Through) })
}

// foldRows are the rows of a day that is being stored.
func (s *State) foldRows(rows []protocol.Row, recs []protocol.Recorded) []protocol.Row {
	for _, r := range recs {
		if e, ok := r.Event.(*protocol.DayFolded); ok {
			for _, p := range s.folding {
				rows = append(rows, protocol.Row{Kind: protocol.RowDayFold, Key: protocol.DayFoldKey(s.Addr.Site, e.Day, p.Bot), Value: p.Value})
			}
		}
	}
	return rows
}
