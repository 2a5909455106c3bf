package calendar

import (
	"testing"
	"time"

	"switchyard/protocol"
)

// F-10: 29 February is a day like any other in the years that have it, in every zone, and a span of it ends on 1 March; in the
// years that have none, 28 February is followed by 1 March.
func TestF10LeapDay(t *testing.T) {
	for _, zone := range []string{"Asia/Seoul", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"} {
		f := site(t, zone, protocol.Week{},
			protocol.Holiday{Date: date(2024, 2, 29), Hours: hours("20:00", "02:00", true)},
			protocol.Holiday{Date: date(2023, 2, 28), Hours: hours("20:00", "02:00", true)})
		for _, c := range []struct {
			wall, edge string
			opens      bool
		}{
			{"2024-02-28 12:00:00", "2024-02-29 20:00:00", true},
			{"2024-02-29 20:00:00", "2024-03-01 02:00:00", false},
			{"2024-02-29 23:59:59", "2024-03-01 02:00:00", false},
			{"2023-02-28 12:00:00", "2023-02-28 20:00:00", true},
			{"2023-02-28 20:00:00", "2023-03-01 02:00:00", false},
		} {
			edge, opens, ok := NextEdge(f, at(t, f, c.wall))
			if want := at(t, f, c.edge); !ok || opens != c.opens || !edge.Equal(want) {
				t.Errorf("%s: after %s edge %v, opens %v, ok %v; want %v", zone, c.wall, edge, opens, ok, want)
			}
		}
		open := 0
		for wall := at(t, f, "2024-02-28 00:00:00"); wall.Before(at(t, f, "2024-03-03 00:00:00")); wall = wall.Add(time.Minute) {
			if Open(f, wall) {
				open++
			}
		}
		if open != 6*60 {
			t.Errorf("%s: open for %d minutes around the leap day, want 360", zone, open)
		}

		plan(f, protocol.AgentDay{Account: "a", Date: date(2024, 2, 29), Breaks: []protocol.Break{{From: 20 * 60, To: 21 * 60}}})
		for wall, want := range map[string]bool{"2024-02-29 20:30:00": false, "2024-02-29 21:30:00": true} {
			if got := OnDuty(f, "a", at(t, f, wall)); got != want {
				t.Errorf("%s: on duty at %s: %v", zone, wall, got)
			}
		}
	}
}
