package replay

import (
	"math"
	"testing"
	"time"
)

func near(got, want float64) bool { return math.Abs(got-want) <= 0.002*want+1e-9 }

// One sample of each kind: assigned at entry; from the backlog after the agent's own
// end; after coming online; after a customer gave the seat back; and three that count
// nowhere of these.
func TestWhatIsMeasuredFromWhere(t *testing.T) {
	l := &Log{
		Calls: []CallLog{
			{Index: 0, Room: "r0", Planned: at(0), Written: at(3)},
			{Index: 1, Room: "r1", Planned: at(10), Written: at(10)},
			{Index: 2, Room: "r2", Planned: at(20), Written: at(20)},
			{Index: 3, Room: "r3", Planned: at(30), Written: at(30)},
			{Index: 4, Room: "r4", Planned: at(40), Written: at(40)},
			{Index: 5, Room: "r5", Planned: at(50), Written: at(50)},
			{Index: 6, Room: "r6", Planned: at(60), Written: at(60)},
		},
		Onlines: []Online{{Agent: "b", Written: at(70)}},
		Ends: []End{
			{Room: "r0", By: "a", Written: at(100)},
			{Room: "r0", By: "a", Written: at(900)}, // written again after a lost socket: the first write counts
			{Room: "r1", By: "a", Written: at(300)},
			{Room: "r1", By: "", Written: at(290)}, // its customer was faster
		},
		Gains: []Gain{
			{Agent: "a", Room: "r0", Cause: "ENTRY", Noticed: at(7)},
			{Agent: "a", Room: "r1", Cause: "BACKLOG", Noticed: at(110)},
			{Agent: "b", Room: "r2", Cause: "BACKLOG", Noticed: at(75)},
			{Agent: "a", Room: "r3", Cause: "BACKLOG", Noticed: at(310)},
			{Agent: "b", Room: "r4", Cause: "BACKLOG", Noticed: at(500), Replayed: true},
			{Agent: "c", Room: "r5", Cause: "BACKLOG", Noticed: at(80)}, // c never ended a room and never came online
			{Agent: "d", Room: "r6", Cause: "ENTRY", Noticed: at(100)},
		},
		Cuts: []Cut{{Who: CallName(6), At: at(62)}, {Who: "a", At: at(50)}},
	}
	got := l.Latencies()
	for _, c := range []struct {
		what  string
		got   Latency
		count int
		max   float64
	}{
		{"request to notice", got.Entry, 1, 4},
		{"seat freed to notice", got.Freed, 2, 20},
		{"online to notice", got.Online, 1, 5},
		{"disturbed", got.Disturbed, 2, 430},
		{"late", got.Late, 7, 3},
	} {
		if c.got.Count != c.count || !near(c.got.Max, c.max) {
			t.Errorf("%s: %+v, want %d samples up to %v ms", c.what, c.got, c.count, c.max)
		}
	}
	if got.Unpaired != 1 || !near(got.Freed.P50, 10) {
		t.Errorf("unpaired %d, median of the freed %v", got.Unpaired, got.Freed.P50)
	}
}

func TestPercentiles(t *testing.T) {
	d := newDistribution()
	for i := 1; i <= 10_000; i++ {
		d.add(time.Duration(i) * time.Microsecond)
	}
	d.add(0)         // counts as the least
	d.add(time.Hour) // counts as the most
	got := d.sum()
	if got.Count != 10_002 || !near(got.P50, 5) || !near(got.P99, 9.9) || !near(got.P999, 9.99) || !near(got.Max, 600_000) {
		t.Errorf("%+v", got)
	}
	if (newDistribution().sum() != Latency{}) {
		t.Error("an empty distribution has percentiles")
	}
}
