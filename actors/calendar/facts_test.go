package calendar

import (
	"testing"
	"time"
	_ "time/tzdata" // the zones of these tests are the embedded ones, whatever the machine has

	"switchyard/protocol"
)

// zone loads a zone by its name.
func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// site makes facts with a week and registered dates.
func site(t testing.TB, zoneName string, w protocol.Week, holidays ...protocol.Holiday) *protocol.SiteFacts {
	t.Helper()
	f := &protocol.SiteFacts{
		Settings: &protocol.Settings{Week: w, AfterHours: true},
		Zone:     zone(t, zoneName),
		Holidays: map[protocol.Date]protocol.Holiday{},
		Days:     map[protocol.AccountID]map[protocol.Date]protocol.AgentDay{},
	}
	for _, h := range holidays {
		f.Holidays[h.Date] = h
	}
	return f
}

// plan adds an agent's plan for a date.
func plan(f *protocol.SiteFacts, p protocol.AgentDay) {
	if f.Days[p.Account] == nil {
		f.Days[p.Account] = map[protocol.Date]protocol.AgentDay{}
	}
	f.Days[p.Account][p.Date] = p
}

// hours is an entry from-to; "24:00" and 익일 as nextDay.
func hours(from, to string, nextDay bool) protocol.DayHours {
	return protocol.DayHours{Open: true, From: clock(from), To: clock(to), NextDay: nextDay}
}

// clock reads "09:30" as minutes after 00:00.
func clock(s string) int {
	return int(s[0]-'0')*600 + int(s[1]-'0')*60 + int(s[3]-'0')*10 + int(s[4]-'0')
}

func date(y int, m time.Month, d int) protocol.Date { return protocol.Date{Year: y, Month: m, Day: d} }

var allDay = protocol.DayHours{Open: true, AllDay: true}

// at reads a wall time of the facts' zone. Where the wall time is ambiguous or
// missing, a test says the instant in UTC instead ("2021-10-31T00:30:00Z").
func at(t testing.TB, f *protocol.SiteFacts, s string) time.Time {
	t.Helper()
	if v, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return v
	}
	v, err := time.ParseInLocation("2006-01-02 15:04:05.999999999", s, f.Zone)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
