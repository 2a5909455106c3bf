package site

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"switchyard/protocol"
)

func june(day int) protocol.Date { return protocol.Date{Year: 2021, Month: time.June, Day: day} }

func (x *story) turns() (out []protocol.DayTurn) {
	for _, e := range x.step.Events {
		if e, ok := e.(*protocol.JourneyTurned); ok {
			out = append(out, e.Turn)
		}
	}
	return out
}

// TestADayTurnsAtItsMomentOnce (R-177, 15.1 rule 3): yesterday becomes report data at journey.snapshot_at with the bots
// that are enabled then; once per date, whatever the clock does (F-08, F-09) and across a restart.
func TestADayTurnsAtItsMomentOnce(t *testing.T) {
	x := withBot(t)
	at := func(day, hour, minute int) time.Time { return time.Date(2021, 6, day, hour, minute, 0, 0, kst) }
	x.ticks(at(10, 12, 0))
	require.Equal(t, []protocol.DayTurn{{Through: june(9), Bots: []protocol.BotID{"main"}}}, x.turns())
	x.ticks(at(11, 0, 39))
	require.Empty(t, x.turns(), "not before 00:40")
	x.ticks(at(11, 0, 40))
	require.Equal(t, []protocol.DayTurn{{Through: june(10), Bots: []protocol.BotID{"main"}}}, x.turns())
	for _, wall := range []time.Time{at(11, 0, 41), at(10, 23, 0), at(11, 0, 40), at(11, 23, 59)} {
		x.ticks(wall)
		require.Empty(t, x.turns(), "%s", wall)
	}
	s, err := Restore(x.s.Addr, Snapshot(x.s))
	require.NoError(t, err)
	x.s = s
	x.ticks(at(11, 12, 0))
	require.Empty(t, x.turns(), "a restart finds it done")
	require.Len(t, Facts(x.s).Turns, 2)

	x.do(protocol.SaveBot{Bot: "main", Set: protocol.BotEnabled})
	x.ticks(at(20, 0, 10))
	require.Equal(t, []protocol.DayTurn{{Through: june(18)}}, x.turns(), "days that a clock jumped over turn at once; yesterday is not due")
}

// TestADayTurnsWhereTheMomentDoesNotExist: where clocks skip from midnight to one, and where they say it twice.
func TestADayTurnsWhereTheMomentDoesNotExist(t *testing.T) {
	beirut, err := time.LoadLocation("Asia/Beirut")
	require.NoError(t, err)
	x := begin(t).do(protocol.ChangeSettings{Changes: []byte(`{"time_zone":"Asia/Beirut"}`)})
	x.ticks(time.Date(2021, 3, 27, 12, 0, 0, 0, beirut))
	found := 0
	for at := time.Date(2021, 3, 27, 23, 0, 0, 0, beirut); at.Before(time.Date(2021, 3, 28, 4, 0, 0, 0, beirut)); at = at.Add(time.Minute) {
		x.ticks(at)
		for _, turn := range x.turns() {
			found++
			require.Equal(t, protocol.Date{Year: 2021, Month: time.March, Day: 27}, turn.Through)
			require.Equal(t, "01:00", at.In(beirut).Format("15:04"), "00:40 does not exist on that day")
		}
	}
	require.Equal(t, 1, found)
	found = 0
	for at := time.Date(2021, 10, 30, 12, 0, 0, 0, beirut); at.Before(time.Date(2021, 10, 31, 12, 0, 0, 0, beirut)); at = at.Add(time.Minute) {
		x.ticks(at)
		for _, turn := range x.turns() {
			if turn.Through.Day == 30 {
				found++
			}
		}
	}
	require.Equal(t, 1, found, "on the longer day, too")
}

// TestADayIsStoredOnce: by the node alone, in the order of days, after its turn; the log holds that it happened, the row
// holds the day.
func TestADayIsStoredOnce(t *testing.T) {
	x := withBot(t)
	x.ticks(time.Date(2021, 6, 11, 1, 0, 0, 0, kst))
	system := protocol.Caller{Role: protocol.System, Site: siteID}
	save := func(day int, parts ...protocol.FoldPart) *protocol.Rejection {
		return x.tryAs(system, protocol.SaveDayFold{Day: june(day), Parts: parts})
	}
	require.Equal(t, protocol.Forbidden, x.tryAs(boss, protocol.SaveDayFold{Day: june(10)}).Code)
	require.Equal(t, protocol.Conflict, save(11).Code, "the day is not over")
	stored := func() (keys []string) {
		for _, row := range Rows(x.s, x.log[len(x.log)-1:]) {
			if row.Kind == protocol.RowDayFold {
				keys = append(keys, string(row.Key)+"="+string(row.Value))
			}
		}
		return keys
	}
	require.Nil(t, save(9, protocol.FoldPart{Value: []byte("cells")}, protocol.FoldPart{Bot: "main", Value: []byte("journey")}))
	require.Equal(t, []string{string(protocol.DayFoldKey(siteID, june(9), "")) + "=cells", string(protocol.DayFoldKey(siteID, june(9), "main")) + "=journey"}, stored())
	require.Equal(t, june(9), Facts(x.s).Folded)
	require.Len(t, Facts(x.s).Turns, 1, "the tenth waits")
	require.Equal(t, protocol.Conflict, save(9).Code, "once")
	require.Nil(t, save(10))
	require.Empty(t, stored(), "a day without rooms has no row, and none of the day before")
	require.Empty(t, Facts(x.s).Turns)
}

func withBot(t *testing.T) *story { return begin(t).do(newBot("main", "하나")) }
