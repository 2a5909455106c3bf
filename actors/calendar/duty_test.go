package calendar

import (
	"testing"

	"switchyard/protocol"
)

// Domain 10.5, 9.2 point 4, R-038: an agent's day and its breaks.
func TestOnDuty(t *testing.T) {
	f := site(t, "Asia/Seoul", protocol.Week{})
	lunch := protocol.Break{From: clock("12:00"), To: clock("13:00")}
	plan(f, protocol.AgentDay{Account: "a", Date: date(2021, 6, 9), Breaks: []protocol.Break{lunch, {From: clock("12:30"), To: clock("13:30")}, {From: clock("15:00"), To: clock("15:15")}}})
	plan(f, protocol.AgentDay{Account: "a", Date: date(2021, 6, 10), Off: true})
	plan(f, protocol.AgentDay{Account: "a", Date: date(2021, 6, 11), Off: true, Breaks: []protocol.Break{lunch}})
	plan(f, protocol.AgentDay{Account: "a", Date: date(2021, 6, 13), Breaks: []protocol.Break{{From: clock("23:00"), To: clock("24:00")}}})
	plan(f, protocol.AgentDay{Account: "a", Date: date(2021, 6, 14), Breaks: []protocol.Break{{From: 0, To: clock("01:00")}, {From: 600, To: 600}, {From: 700, To: 650}}})
	for _, c := range []struct {
		what    string
		account protocol.AccountID
		wall    string
		on      bool
		next    string // the next edge; "" = none
	}{
		{"no plan at all", "b", "2021-06-09 12:00:00", true, ""},
		{"no plan for the day, one later", "a", "2021-06-08 12:00:00", true, "2021-06-09 12:00:00"},
		{"before the break", "a", "2021-06-09 11:59:59.9", true, "2021-06-09 12:00:00"},
		{"a break begins", "a", "2021-06-09 12:00:00", false, "2021-06-09 13:30:00"},
		{"breaks overlap", "a", "2021-06-09 13:00:00", false, "2021-06-09 13:30:00"},
		{"a break ends", "a", "2021-06-09 13:30:00", true, "2021-06-09 15:00:00"},
		{"the second break", "a", "2021-06-09 15:14:59", false, "2021-06-09 15:15:00"},
		{"until the day off", "a", "2021-06-09 15:15:00", true, "2021-06-10 00:00:00"},
		{"days off join", "a", "2021-06-10 00:00:00", false, "2021-06-12 00:00:00"},
		{"a day off has no breaks that matter", "a", "2021-06-11 13:00:00", false, "2021-06-12 00:00:00"},
		{"a day between", "a", "2021-06-12 10:00:00", true, "2021-06-13 23:00:00"},
		{"breaks join over midnight", "a", "2021-06-13 23:30:00", false, "2021-06-14 01:00:00"},
		{"an empty break is none", "a", "2021-06-14 10:00:00", true, ""},
		{"after the last plan", "a", "2021-06-15 10:00:00", true, ""},
	} {
		wall := at(t, f, c.wall)
		if got := OnDuty(f, c.account, wall); got != c.on {
			t.Errorf("%s: OnDuty(%s) = %v", c.what, c.wall, got)
		}
		got, ok := NextDutyEdge(f, c.account, wall)
		if ok != (c.next != "") || ok && !got.Equal(at(t, f, c.next)) {
			t.Errorf("%s: NextDutyEdge(%s) = %v, %v; want %s", c.what, c.wall, got, ok, c.next)
		}
	}
}

// A break in the hour that the clock repeats runs once; one in the hour that it
// skips, never (stress F-10).
func TestF10BreakInSummerTime(t *testing.T) {
	f := site(t, "Europe/Berlin", protocol.Week{})
	plan(f, protocol.AgentDay{Account: "a", Date: date(2021, 3, 28), Breaks: []protocol.Break{{From: clock("02:10"), To: clock("02:50")}}})
	if edge, ok := NextDutyEdge(f, "a", at(t, f, "2021-03-27 12:00:00")); ok {
		t.Errorf("a break inside the gap has an edge at %v", edge)
	}
	plan(f, protocol.AgentDay{Account: "a", Date: date(2021, 10, 31), Breaks: []protocol.Break{{From: clock("02:10"), To: clock("02:50")}}})
	wall := at(t, f, "2021-10-30 12:00:00")
	for _, want := range []string{"2021-10-31T00:10:00Z", "2021-10-31T00:50:00Z"} {
		edge, ok := NextDutyEdge(f, "a", wall)
		if !ok || !edge.Equal(at(t, f, want)) {
			t.Fatalf("edge %v, want %s", edge, want)
		}
		wall = edge
	}
	if edge, ok := NextDutyEdge(f, "a", wall); ok {
		t.Errorf("the break runs twice: %v", edge)
	}
}

func BenchmarkNextDutyEdge(b *testing.B) {
	f := site(b, "Asia/Seoul", protocol.Week{})
	for d := int64(18_000); d < 18_365; d++ {
		plan(f, protocol.AgentDay{Account: "a", Date: dateOf(d), Breaks: []protocol.Break{{From: 720, To: 780}}})
	}
	wall := at(b, f, "2019-10-10 14:00:00")
	b.ReportAllocs()
	for b.Loop() {
		NextDutyEdge(f, "a", wall)
	}
}
