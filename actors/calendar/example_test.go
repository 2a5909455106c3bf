package calendar_test

import (
	"fmt"
	"time"

	"switchyard/actors/calendar"
	"switchyard/protocol"
)

// The site of the examples in domain 10 on its way through a weekend.
func ExampleNextEdge() {
	seoul := time.FixedZone("KST", 9*60*60)
	f := &protocol.SiteFacts{
		Zone: seoul,
		Settings: &protocol.Settings{Week: protocol.Week{
			Weekday:  protocol.DayHours{Open: true, From: 9 * 60, To: 18 * 60},
			Saturday: protocol.DayHours{Open: true, From: 10 * 60, To: 3 * 60, NextDay: true},
		}},
	}
	wall := time.Date(2021, time.June, 11, 17, 0, 0, 0, seoul)
	for range 4 {
		at, opens, _ := calendar.NextEdge(f, wall)
		fmt.Println(at.Format("Mon 15:04"), opens)
		wall = at
	}
	// Output:
	// Fri 18:00 false
	// Sat 10:00 true
	// Sun 03:00 false
	// Mon 09:00 true
}
