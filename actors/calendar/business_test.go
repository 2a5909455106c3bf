package calendar

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"switchyard/protocol"
)

// The business clock: weekdays 09:00-18:00, Saturday 10:00-익일 03:00, Sunday off, Thursday 10 June 2021 a holiday.
func TestAfter(t *testing.T) {
	week := protocol.Week{Weekday: hours("09:00", "18:00", false), Saturday: hours("10:00", "03:00", true)}
	f := site(t, "Asia/Seoul", week, protocol.Holiday{Date: date(2021, 6, 10)})
	for _, c := range []struct {
		from string
		d    time.Duration
		to   string
		why  string
	}{
		{"2021-06-09 10:00:00", 30 * time.Minute, "2021-06-09 10:30:00", "in hours it is the wall clock"},
		{"2021-06-09 17:50:00", 10 * time.Minute, "2021-06-09 18:00:00", "it may end with the hours"},
		{"2021-06-09 17:50:00", 11 * time.Minute, "2021-06-11 09:01:00", "over the night and the holiday"},
		{"2021-06-09 22:00:00", 10 * time.Minute, "2021-06-11 09:10:00", "at night nothing counts"},
		{"2021-06-11 18:00:00", 10 * time.Minute, "2021-06-12 10:10:00", "the closing instant is outside"},
		{"2021-06-12 23:50:00", 20 * time.Minute, "2021-06-13 00:10:00", "익일: the tail belongs to Saturday"},
		{"2021-06-13 02:50:00", 20 * time.Minute, "2021-06-14 09:10:00", "Sunday is off"},
		{"2021-06-11 17:00:00", 20 * time.Hour, "2021-06-14 11:00:00", "an hour, seventeen hours, two more"},
	} {
		if got := After(f, at(t, f, c.from), c.d); !got.Equal(at(t, f, c.to)) {
			t.Errorf("%s: %s + %s is %s, want %s", c.why, c.from, c.d, got, c.to)
		}
	}
	closed := site(t, "Asia/Seoul", protocol.Week{})
	from := at(t, closed, "2021-06-09 10:00:00")
	if got := After(closed, from, time.Minute); !got.Equal(from.AddDate(0, 0, searchDays)) {
		t.Errorf("a site that never opens: %s", got)
	}
	always := site(t, "Asia/Seoul", protocol.Week{Weekday: allDay, Saturday: allDay, Sunday: allDay})
	if got := After(always, from, 10_070*time.Minute); !got.Equal(from.Add(10_070 * time.Minute)) {
		t.Errorf("a site that never closes: %s", got)
	}
}

// Whatever the week, the holidays and the zone: the clever sum is what a minute hand counts (10.1-10.6).
func TestAfterIsTheMinuteHand(t *testing.T) {
	entries := []protocol.DayHours{
		{}, hours("09:00", "18:00", false), hours("10:00", "03:00", true), hours("22:00", "22:00", true), allDay, hours("00:30", "01:00", false), hours("23:00", "24:00", false),
	}
	rapid.Check(t, func(rt *rapid.T) {
		entry := func(name string) protocol.DayHours { return rapid.SampledFrom(entries).Draw(rt, name) }
		w := protocol.Week{Weekday: entry("weekday"), Saturday: entry("saturday"), Sunday: entry("sunday")}
		zone := rapid.SampledFrom([]string{"Asia/Seoul", "America/New_York", "Europe/London"}).Draw(rt, "zone")
		start := rapid.SampledFrom([]string{"2021-06-09 00:00:00", "2021-10-30 12:00:00", "2021-03-13 12:00:00"}).Draw(rt, "start")
		var days []protocol.Holiday
		f := site(t, zone, w)
		from := at(t, f, start).Add(time.Duration(rapid.IntRange(0, 3*24*60).Draw(rt, "minute")) * time.Minute)
		for i := range 4 {
			if rapid.Bool().Draw(rt, "holiday") {
				y, m, d := from.AddDate(0, 0, i).Date()
				days = append(days, protocol.Holiday{Date: date(y, m, d), Hours: entry("hours")})
			}
		}
		f = site(t, zone, w, days...)
		minutes := rapid.IntRange(1, 3000).Draw(rt, "minutes")
		hand := from
		for left := minutes; left > 0 && hand.Before(from.AddDate(0, 0, 30)); hand = hand.Add(time.Minute) {
			if Open(f, hand) {
				left--
			}
		}
		if hand.Equal(from.AddDate(0, 0, 30)) || hand.After(from.AddDate(0, 0, 30)) {
			return // too seldom open to be counted by hand
		}
		if got := After(f, from, time.Duration(minutes)*time.Minute); !got.Equal(hand) {
			rt.Fatalf("%s + %d minutes: %s, by hand %s", from, minutes, got, hand)
		}
	})
}
