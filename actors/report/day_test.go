package report_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"switchyard/actors/report"
	"switchyard/protocol"
)

var seoul = time.FixedZone("KST", 9*3600)

func day(n int) protocol.Date { return protocol.Date{Year: 2021, Month: time.June, Day: n} }

// walk is a random walk of one customer through a scenario: what the room's events would tell its Consultation.
func walk(rt *rapid.T, c *report.Consultation) {
	dialogues := []string{"a", "b", "c"}
	at := &protocol.DialogueShown{Dialogue: protocol.RootDialogue, Stage: 1}
	c.Shown(at)
	var path []string
	for range rapid.IntRange(0, 8).Draw(rt, "steps") {
		next := *at
		switch rapid.IntRange(0, 5).Draw(rt, "act") {
		case 0:
			next.Exit, next.Label, next.Previous = protocol.ExitError, protocol.JourneyError, protocol.JourneyError
		case 1:
			next = protocol.DialogueShown{Exit: protocol.ExitHome, Previous: protocol.LabelHome, Dialogue: protocol.RootDialogue, Stage: 1}
			path = nil
		case 2:
			next = protocol.DialogueShown{Exit: protocol.ExitBack, Previous: protocol.LabelBack, Dialogue: protocol.RootDialogue, Stage: 1}
			if n := len(path); n > 0 {
				next.Dialogue, next.Stage, path = path[n-1], at.Stage-1, path[:n-1]
			}
		default:
			to := rapid.SampledFrom(dialogues).Draw(rt, "to")
			next = protocol.DialogueShown{Exit: protocol.ExitChoice, Label: rapid.SampledFrom([]string{"x", "y"}).Draw(rt, "label") + to, Previous: at.Dialogue, Dialogue: to, Stage: at.Stage + 1}
			path = append(path, at.Dialogue)
		}
		c.Shown(&next)
		at = &next
	}
	if rapid.Bool().Draw(rt, "asks") {
		c.Requested(&protocol.AgentRequested{Stage: at.Stage + 1, Parent: at.Dialogue})
	}
}

// rooms are random closed rooms of five days, in the order of their close.
func rooms(rt *rapid.T) (all []protocol.Figures) {
	at := report.Midnight(day(1), seoul)
	for range rapid.IntRange(0, 40).Draw(rt, "rooms") {
		at = at.Add(time.Duration(rapid.IntRange(0, 5*3600).Draw(rt, "later")) * time.Second)
		f := protocol.Figures{
			State: protocol.Closed, Channel: protocol.Web, Category: rapid.SampledFrom([]string{"", "c1"}).Draw(rt, "category"),
			Customer:  protocol.CustomerNo(rapid.IntRange(1, 300).Draw(rt, "customer")),
			CreatedAt: protocol.At(at) - 1000, ClosedAt: protocol.At(at), Actor: protocol.EndedByAgent, Answered: rapid.Bool().Draw(rt, "answered"),
		}
		var c report.Consultation
		if rapid.Bool().Draw(rt, "bot") {
			f.Bot = rapid.SampledFrom([]protocol.BotID{"main", "sale"}).Draw(rt, "which")
			walk(rt, &c)
		} else {
			f.RequestedAt = f.CreatedAt
			c.Bound(rapid.SampledFrom([]protocol.AccountID{"a", "b"}).Draw(rt, "agent"), f.CreatedAt)
			if f.Answered {
				c.AgentSpoke(f.CreatedAt + 10)
			}
		}
		c.Closed(f.ClosedAt, f.Actor, f.Answered)
		f.Last, f.Segments, f.Moves = c.Last, c.Segments, c.Moves
		all = append(all, f)
	}
	return all
}

// fold stores what is due and returns the rows.
func fold(t require.TestingT, f *protocol.SiteFacts, now time.Time, all []protocol.Figures) map[string][]byte {
	stored := map[string][]byte{}
	read := func(from protocol.Instant, each func(*protocol.Figures) bool) error {
		for i := range all {
			if all[i].ClosedAt >= from && !each(&all[i]) {
				break
			}
		}
		return nil
	}
	save := func(b protocol.SaveDayFold) error {
		require.True(t, report.Before(f.Folded, b.Day), "in the order of days")
		f.Folded = b.Day
		for _, p := range b.Parts {
			stored[string(protocol.DayFoldKey("s", b.Day, p.Bot))] = p.Value
		}
		return nil
	}
	given := *f
	began := func(from, until protocol.Instant) (n int64, err error) {
		for i := range all {
			if at := all[i].CreatedAt; at >= from && at < until {
				n++
			}
		}
		return n, nil
	}
	require.NoError(t, report.FoldDue(&given, now, read, began, save))
	return stored
}

// TestAStoredDayEqualsTheFoldFromScratch, and the laws of the journey hold in any window (J-1 … J-4, R-179, R-183, R-184): its
// customers are counted exactly, over days too. Rooms that are gone change nothing: the rows are all that is read.
func TestAStoredDayEqualsTheFoldFromScratch(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		all := rooms(rt)
		f := &protocol.SiteFacts{Zone: seoul, Turns: []protocol.DayTurn{
			{Through: day(2), Bots: []protocol.BotID{"main", "sale"}}, {Through: day(5), Bots: []protocol.BotID{"main"}},
		}}
		stored := fold(rt, f, report.Midnight(day(30), seoul), all)
		require.Equal(rt, day(5), f.Folded)

		var j report.Journey
		customers := map[protocol.JourneyKey]map[protocol.CustomerNo]bool{}
		for n := 1; n <= 5; n++ {
			scratch := report.Cells{}
			counted, began := int64(0), int64(0)
			for i := range all {
				x := &all[i]
				if report.DateOf(x.CreatedAt.Time(), seoul) == day(n) {
					began++
				}
				if report.DateOf(x.ClosedAt.Time(), seoul) != day(n) {
					continue
				}
				counted++
				scratch.Add(x)
				for _, m := range x.Moves {
					if x.Bot == "main" {
						k := protocol.JourneyKey{Level: report.Nodes, Stage: m.Stage, Dialogue: m.Dialogue}
						if customers[k] == nil {
							customers[k] = map[protocol.CustomerNo]bool{}
						}
						customers[k][x.Customer] = true
					}
				}
			}
			b, has := stored[string(protocol.DayFoldKey("s", day(n), ""))]
			require.Equal(rt, counted > 0, has, "a day without rooms has no row")
			kept := report.Cells{}
			if has {
				d, err := protocol.DecodeDayFold(b)
				require.NoError(rt, err)
				require.Equal(rt, counted, d.Rooms)
				require.Equal(rt, began, d.Created, "rooms that began in the day, whenever they were closed")
				kept.AddCells(d.Cells)
			}
			require.Equal(rt, scratch.Sorted(), kept.Sorted())
			_, sale := stored[string(protocol.DayFoldKey("s", day(n), "sale"))]
			require.False(rt, sale && n > 2, "a bot that was disabled has no day (15.1 rule 3)")
			journey, err := protocol.DecodeJourneyFold(stored[string(protocol.DayFoldKey("s", day(n), "main"))])
			require.NoError(rt, err)
			j.AddDay(journey.Cells)
		}
		j.Done()
		for k, set := range customers {
			require.EqualValues(rt, len(set), j.At(k).Customers, "%+v", k)
		}
		require.Len(rt, j.Keys(report.Nodes), len(customers))
		moves := map[string]report.Triple{}
		for _, r := range j.Table() {
			require.GreaterOrEqual(rt, r.Entry.Moves, r.Entry.Rooms, "J-1")
			require.GreaterOrEqual(rt, r.Entry.Rooms, r.Entry.Customers, "J-1")
			out := r.Leaves
			for _, w := range r.Ways {
				out += w.Moves
			}
			if !r.Pseudo {
				require.Equal(rt, r.Entry.Moves, out, "J-3")
			}
			if r.Before != (report.Triple{}) {
				moves[fmt.Sprint(r.Key.Stage, r.Key.Previous, r.Key.Dialogue)] = r.Entry
			}
		}
		nodes, links := j.Chart()
		into := map[string]int64{}
		for _, l := range links { // J-2: the links of a parent to a child are the child's row
			into[fmt.Sprint(l.Stage+1, l.To)] += l.Moves
			if row, ok := moves[fmt.Sprint(l.Stage+1, l.From, l.To)]; ok {
				require.Equal(rt, row, l.Triple, "J-2: %+v", l)
			}
		}
		for _, n := range nodes {
			if n.Dialogue[0] == '$' {
				require.Equal(rt, into[fmt.Sprint(n.Stage, n.Dialogue)], n.Moves)
			}
		}
	})
}

// TestADayIsNotFoldedTooEarly: a room that was closed in the last millisecond of a day is in the store a minute later.
func TestADayIsNotFoldedTooEarly(t *testing.T) {
	all := []protocol.Figures{{State: protocol.Closed, ClosedAt: protocol.At(report.Midnight(day(1), seoul).Add(time.Hour))}}
	turned := func() *protocol.SiteFacts {
		return &protocol.SiteFacts{Zone: seoul, Turns: []protocol.DayTurn{{Through: day(1)}}}
	}
	midnight := report.Midnight(day(2), seoul)
	require.Empty(t, fold(t, turned(), midnight.Add(59*time.Second), all))
	require.Len(t, fold(t, turned(), midnight.Add(time.Minute), all), 1)
	f := turned()
	f.Turns = nil
	require.Empty(t, fold(t, f, midnight.Add(time.Hour), all), "nobody has turned the day")
}
