package calendar

import (
	"testing"
	"time"

	"switchyard/protocol"
)

// section10 is the site of the examples at the end of domain 10.
func section10(t testing.TB) *protocol.SiteFacts {
	return site(t, "Asia/Seoul",
		protocol.Week{Weekday: hours("09:00", "18:00", false), Saturday: hours("10:00", "03:00", true)},
		protocol.Holiday{Date: date(2021, 6, 10), Name: "창립기념일"})
}

// The examples of domain 10, one a line, then each of its rules.
func TestOpen(t *testing.T) {
	work := hours("09:00", "18:00", false)
	for _, c := range []struct {
		rule string
		f    *protocol.SiteFacts
		wall string
		open bool
	}{
		{"example", section10(t), "2021-06-09 17:59:59", true},
		{"example", section10(t), "2021-06-09 18:00:00", false},
		{"example", section10(t), "2021-06-10 10:00:00", false},
		{"example", section10(t), "2021-06-13 02:59:59", true},
		{"example", section10(t), "2021-06-13 03:00:00", false},

		{"10.1 R-035 weekday, Saturday, Sunday", section10(t), "2021-06-11 12:00:00", true},
		{"10.1 R-035 Saturday has its own hours", section10(t), "2021-06-12 09:30:00", false},
		{"10.1 R-035 Saturday has its own hours", section10(t), "2021-06-12 20:00:00", true},
		{"10.1 R-035 Sunday 휴무", section10(t), "2021-06-13 12:00:00", false},
		{"10.1 R-035 하루종일 from 00:00", site(t, "Asia/Seoul", protocol.Week{Sunday: allDay}), "2021-06-13 00:00:00", true},
		{"10.1 R-035 하루종일 to 24:00", site(t, "Asia/Seoul", protocol.Week{Sunday: allDay}), "2021-06-13 23:59:59.999", true},
		{"10.1 R-035 하루종일 and no longer", site(t, "Asia/Seoul", protocol.Week{Sunday: allDay}), "2021-06-14 00:00:00", false},
		{"10.1 하루종일 ignores from and to", site(t, "Asia/Seoul", protocol.Week{Sunday: protocol.DayHours{Open: true, AllDay: true, From: 600, To: 660, NextDay: true}}), "2021-06-13 23:00:00", true},
		{"10.1 하루종일 ignores 익일", site(t, "Asia/Seoul", protocol.Week{Sunday: protocol.DayHours{Open: true, AllDay: true, From: 600, To: 660, NextDay: true}}), "2021-06-14 10:30:00", false},
		{"10.1 to 24:00", site(t, "Asia/Seoul", protocol.Week{Sunday: hours("10:00", "24:00", false)}), "2021-06-13 23:59:59", true},
		{"10.1 to 24:00", site(t, "Asia/Seoul", protocol.Week{Sunday: hours("10:00", "24:00", false)}), "2021-06-14 00:00:00", false},
		{"10.1 익일 24:00 is two midnights later", site(t, "Asia/Seoul", protocol.Week{Sunday: hours("10:00", "24:00", true)}), "2021-06-14 23:59:59", true},
		{"10.1 익일 24:00 is two midnights later", site(t, "Asia/Seoul", protocol.Week{Sunday: hours("10:00", "24:00", true)}), "2021-06-15 00:00:00", false},
		{"10.1 an end before the start, without 익일, is no span", site(t, "Asia/Seoul", protocol.Week{Sunday: hours("10:00", "03:00", false)}), "2021-06-13 11:00:00", false},
		{"10.1 휴무 keeps its times for later", site(t, "Asia/Seoul", protocol.Week{Sunday: protocol.DayHours{From: 540, To: 1080}}), "2021-06-13 12:00:00", false},

		{"10.2 R-036 Friday's 익일 decides at Saturday 02:00", site(t, "Asia/Seoul", protocol.Week{Weekday: hours("10:00", "03:00", true)}), "2021-06-12 02:00:00", true},
		{"10.2 R-036 Saturday's own entry is no help at 02:00", site(t, "Asia/Seoul", protocol.Week{Saturday: hours("10:00", "03:00", true)}), "2021-06-12 02:00:00", false},

		{"10.3 R-037 changed hours", site(t, "Asia/Seoul", protocol.Week{Weekday: work}, protocol.Holiday{Date: date(2021, 6, 10), Hours: hours("13:00", "15:00", false)}), "2021-06-10 12:00:00", false},
		{"10.3 R-037 changed hours", site(t, "Asia/Seoul", protocol.Week{Weekday: work}, protocol.Holiday{Date: date(2021, 6, 10), Hours: hours("13:00", "15:00", false)}), "2021-06-10 14:00:00", true},
		{"10.3 a registered date may open a closed day", site(t, "Asia/Seoul", protocol.Week{}, protocol.Holiday{Date: date(2021, 6, 13), Hours: allDay}), "2021-06-13 14:00:00", true},
		{"10.3 a changed span may have 익일", site(t, "Asia/Seoul", protocol.Week{}, protocol.Holiday{Date: date(2021, 6, 13), Hours: hours("22:00", "02:00", true)}), "2021-06-14 01:00:00", true},
		{"10.3 R-037 an unregistered public holiday is a working day", site(t, "Asia/Seoul", protocol.Week{Weekday: work}), "2021-03-01 12:00:00", true},
		{"10.4 a holiday does not cut the tail of the day before", site(t, "Asia/Seoul", protocol.Week{Weekday: hours("10:00", "03:00", true)}, protocol.Holiday{Date: date(2021, 6, 10)}), "2021-06-10 02:59:59", true},
		{"10.4 but has no span of its own", site(t, "Asia/Seoul", protocol.Week{Weekday: hours("10:00", "03:00", true)}, protocol.Holiday{Date: date(2021, 6, 10)}), "2021-06-11 02:00:00", false},

		{"10.6 R-039 before the opening instant", section10(t), "2021-06-09 08:59:59.999999999", false},
		{"10.6 R-039 at the opening instant", section10(t), "2021-06-09 09:00:00", true},
		{"10.6 R-039 before the closing instant", section10(t), "2021-06-09 17:59:59.999999999", true},

		{"leap day has its weekday's hours (Thursday)", site(t, "Asia/Seoul", protocol.Week{Weekday: work}), "2024-02-29 12:00:00", true},
		{"leap day may be registered", site(t, "Asia/Seoul", protocol.Week{Weekday: work}, protocol.Holiday{Date: date(2024, 2, 29)}), "2024-02-29 12:00:00", false},
		{"no leap day in 2023: the 1st of March is next", site(t, "Asia/Seoul", protocol.Week{Weekday: hours("22:00", "02:00", true)}, protocol.Holiday{Date: date(2023, 3, 1)}), "2023-03-01 01:00:00", true},
	} {
		if got := Open(c.f, at(t, c.f, c.wall)); got != c.open {
			t.Errorf("%s: Open(%s) = %v", c.rule, c.wall, got)
		}
	}
}

// The same instant asked in another zone is the same moment of the site (0.2).
func TestOpenInTheSitesZone(t *testing.T) {
	f := section10(t)
	wall := at(t, f, "2021-06-09 17:59:59")
	for _, name := range []string{"UTC", "America/New_York", "Pacific/Kiritimati"} {
		if z := zone(t, name); !Open(f, wall.In(z)) || Open(f, wall.Add(time.Second).In(z)) {
			t.Errorf("the answer depends on the zone of the question, %s", name)
		}
	}
}

// the first column of the gate's table.
func TestHours(t *testing.T) {
	for _, c := range []struct {
		wall   string
		intake bool
		want   protocol.Hours
	}{
		{"2021-06-09 12:00:00", true, protocol.InHours},
		{"2021-06-09 12:00:00", false, protocol.InHours},
		{"2021-06-09 22:00:00", true, protocol.OutIntake},
		{"2021-06-09 22:00:00", false, protocol.OutClosed},
		{"2021-06-10 12:00:00", false, protocol.OutClosed},
	} {
		f := section10(t)
		f.Settings.AfterHours = c.intake
		if got := Hours(f, at(t, f, c.wall)); got != c.want {
			t.Errorf("Hours(%s, intake %v) = %v, want %v", c.wall, c.intake, got, c.want)
		}
	}
}

func TestNextEdge(t *testing.T) {
	work := hours("09:00", "18:00", false)
	always := protocol.Week{Weekday: allDay, Saturday: allDay, Sunday: allDay}
	for _, c := range []struct {
		rule  string
		f     *protocol.SiteFacts
		wall  string
		want  string // "" = none
		opens bool
	}{
		{"opening, R-043", section10(t), "2021-06-09 08:00:00", "2021-06-09 09:00:00", true},
		{"strictly after", section10(t), "2021-06-09 09:00:00", "2021-06-09 18:00:00", false},
		{"strictly after, within the second", section10(t), "2021-06-09 08:59:59.9", "2021-06-09 09:00:00", true},
		{"strictly after, within the second", section10(t), "2021-06-09 09:00:00.1", "2021-06-09 18:00:00", false},
		{"over the holiday", section10(t), "2021-06-09 18:00:00", "2021-06-11 09:00:00", true},
		{"익일", section10(t), "2021-06-12 12:00:00", "2021-06-13 03:00:00", false},
		{"over Sunday", section10(t), "2021-06-13 03:00:00", "2021-06-14 09:00:00", true},
		{"Saturday all day touches Sunday 00:00", site(t, "Asia/Seoul", protocol.Week{Saturday: allDay, Sunday: hours("00:00", "05:00", false)}), "2021-06-12 12:00:00", "2021-06-13 05:00:00", false},
		{"to 24:00 touches 00:00", site(t, "Asia/Seoul", protocol.Week{Saturday: hours("10:00", "24:00", false), Sunday: allDay}), "2021-06-12 12:00:00", "2021-06-14 00:00:00", false},
		{"Saturday 익일 reaches into Sunday's span", site(t, "Asia/Seoul", protocol.Week{Saturday: hours("10:00", "03:00", true), Sunday: hours("02:00", "05:00", false)}), "2021-06-12 12:00:00", "2021-06-13 05:00:00", false},
		{"Saturday 익일 outlasts Sunday's span", site(t, "Asia/Seoul", protocol.Week{Saturday: hours("10:00", "06:00", true), Sunday: hours("02:00", "05:00", false)}), "2021-06-13 03:00:00", "2021-06-13 06:00:00", false},
		{"a span that touches itself runs all week", site(t, "Asia/Seoul", protocol.Week{Weekday: hours("10:00", "10:00", true)}), "2021-06-07 11:00:00", "2021-06-12 10:00:00", false},
		{"a changed date shortens it", site(t, "Asia/Seoul", protocol.Week{Weekday: work}, protocol.Holiday{Date: date(2021, 6, 9), Hours: hours("09:00", "12:00", false)}), "2021-06-09 10:00:00", "2021-06-09 12:00:00", false},
		{"leap day", site(t, "Asia/Seoul", protocol.Week{}, protocol.Holiday{Date: date(2024, 2, 29), Hours: allDay}), "2024-02-28 12:00:00", "2024-02-29 00:00:00", true},
		{"leap day ends", site(t, "Asia/Seoul", protocol.Week{}, protocol.Holiday{Date: date(2024, 2, 29), Hours: allDay}), "2024-02-29 12:00:00", "2024-03-01 00:00:00", false},
		{"always open", site(t, "Asia/Seoul", always), "2021-06-09 12:00:00", "", false},
		{"always open but for one day", site(t, "Asia/Seoul", always, protocol.Holiday{Date: date(2021, 12, 25)}), "2021-06-09 12:00:00", "2021-12-25 00:00:00", false},
		{"never open", site(t, "Asia/Seoul", protocol.Week{}), "2021-06-09 12:00:00", "", false},
		{"the last day that is searched", site(t, "Asia/Seoul", protocol.Week{}, protocol.Holiday{Date: date(2022, 6, 14), Hours: work}), "2021-06-09 12:00:00", "2022-06-14 09:00:00", true},
		{"beyond the search", site(t, "Asia/Seoul", protocol.Week{}, protocol.Holiday{Date: date(2022, 6, 15), Hours: work}), "2021-06-09 12:00:00", "", false},
		{"over a change to summer time", site(t, "Europe/Berlin", protocol.Week{Weekday: work}), "2021-03-26 18:00:00", "2021-03-29T07:00:00Z", true},
	} {
		got, opens, ok := NextEdge(c.f, at(t, c.f, c.wall))
		switch {
		case ok != (c.want != ""):
			t.Errorf("%s: NextEdge(%s) ok = %v (%v)", c.rule, c.wall, ok, got)
		case ok && (!got.Equal(at(t, c.f, c.want)) || opens != c.opens):
			t.Errorf("%s: NextEdge(%s) = %v, opens %v; want %s, %v", c.rule, c.wall, got, opens, c.want, c.opens)
		case ok && got.Location() != c.f.Zone:
			t.Errorf("%s: NextEdge(%s) is not in the site's zone", c.rule, c.wall)
		}
	}
}

// Summer time begins and ends (stress F-10): the edges of one night in UTC.
// Each list starts with the site closed and alternates open, close.
func TestF10SummerTime(t *testing.T) {
	for _, c := range []struct {
		what, zone, from string
		sunday           protocol.DayHours
		edges            []string
	}{
		// Berlin, 28 March 2021: 02:00 CET becomes 03:00 CEST at 01:00 UTC.
		{"opens in the gap: the first valid instant", "Europe/Berlin", "2021-03-27T12:00:00Z", hours("02:30", "10:00", false),
			[]string{"2021-03-28T01:00:00Z", "2021-03-28T08:00:00Z"}},
		{"closes in the gap: the first valid instant", "Europe/Berlin", "2021-03-27T12:00:00Z", hours("01:00", "02:30", false),
			[]string{"2021-03-28T00:00:00Z", "2021-03-28T01:00:00Z"}},
		{"lies in the gap: never", "Europe/Berlin", "2021-03-27T12:00:00Z", hours("02:10", "02:50", false), nil},
		{"the day has 23 hours", "Europe/Berlin", "2021-03-27T12:00:00Z", allDay,
			[]string{"2021-03-27T23:00:00Z", "2021-03-28T22:00:00Z"}},
		// Berlin, 31 October 2021: 03:00 CEST becomes 02:00 CET at 01:00 UTC.
		{"lies in the overlap: once", "Europe/Berlin", "2021-10-30T12:00:00Z", hours("02:10", "02:50", false),
			[]string{"2021-10-31T00:10:00Z", "2021-10-31T00:50:00Z"}},
		{"opens in the overlap: at the first of the two", "Europe/Berlin", "2021-10-30T12:00:00Z", hours("02:30", "10:00", false),
			[]string{"2021-10-31T00:30:00Z", "2021-10-31T09:00:00Z"}},
		{"closes in the overlap: at the first of the two", "Europe/Berlin", "2021-10-30T12:00:00Z", hours("01:00", "02:30", false),
			[]string{"2021-10-30T23:00:00Z", "2021-10-31T00:30:00Z"}},
		{"closes when the overlap ends", "Europe/Berlin", "2021-10-30T12:00:00Z", hours("02:00", "03:00", false),
			[]string{"2021-10-31T00:00:00Z", "2021-10-31T02:00:00Z"}},
		{"the day has 25 hours", "Europe/Berlin", "2021-10-30T12:00:00Z", allDay,
			[]string{"2021-10-30T22:00:00Z", "2021-10-31T23:00:00Z"}},
		// New York, 14 March 2021: 02:00 EST becomes 03:00 EDT at 07:00 UTC.
		{"opens in the gap", "America/New_York", "2021-03-13T12:00:00Z", hours("02:30", "10:00", false),
			[]string{"2021-03-14T07:00:00Z", "2021-03-14T14:00:00Z"}},
		// New York, 7 November 2021: 02:00 EDT becomes 01:00 EST at 06:00 UTC.
		{"lies in the overlap", "America/New_York", "2021-11-06T12:00:00Z", hours("01:10", "01:50", false),
			[]string{"2021-11-07T05:10:00Z", "2021-11-07T05:50:00Z"}},
		// Lord Howe moves by half an hour. 3 October 2021: 02:00 becomes 02:30 at 15:30 UTC.
		{"opens in the half-hour gap", "Australia/Lord_Howe", "2021-10-02T06:00:00Z", hours("02:15", "10:00", false),
			[]string{"2021-10-02T15:30:00Z", "2021-10-02T23:00:00Z"}},
		{"lies in the half-hour gap", "Australia/Lord_Howe", "2021-10-02T06:00:00Z", hours("02:00", "02:30", false), nil},
		// 4 April 2021: 02:00 becomes 01:30 at 15:00 UTC.
		{"lies in the half-hour overlap", "Australia/Lord_Howe", "2021-04-03T06:00:00Z", hours("01:35", "01:55", false),
			[]string{"2021-04-03T14:35:00Z", "2021-04-03T14:55:00Z"}},
		{"no summer time in Seoul", "Asia/Seoul", "2021-03-27T03:00:00Z", hours("02:30", "10:00", false),
			[]string{"2021-03-27T17:30:00Z", "2021-03-28T01:00:00Z"}},
		// São Paulo moved at midnight. 18 February 2018: Sunday 00:00 became Saturday 23:00 at 02:00 UTC.
		{"a repeated Saturday evening is not yet Sunday", "America/Sao_Paulo", "2018-02-17T12:00:00Z", hours("00:00", "01:00", false),
			[]string{"2018-02-18T03:00:00Z", "2018-02-18T04:00:00Z"}},
		// 4 November 2018: Sunday 00:00 became 01:00 at 03:00 UTC.
		{"a Sunday that begins at 01:00", "America/Sao_Paulo", "2018-11-03T12:00:00Z", hours("00:00", "10:00", false),
			[]string{"2018-11-04T03:00:00Z", "2018-11-04T12:00:00Z"}},
	} {
		f := site(t, c.zone, protocol.Week{Sunday: c.sunday})
		wall := at(t, f, c.from)
		end := wall.Add(36 * time.Hour)
		var got []string
		for open := false; ; open = !open {
			edge, opens, ok := NextEdge(f, wall)
			if !ok || edge.After(end) {
				edge, opens = end, !open
			}
			for ; wall.Before(edge); wall = wall.Add(time.Minute) {
				if Open(f, wall) != open {
					t.Fatalf("%s, %s: Open(%v) changes before the edge at %v", c.zone, c.what, wall.UTC(), edge.UTC())
				}
			}
			if edge.Equal(end) {
				break
			}
			if opens == open || Open(f, edge) != opens || Open(f, edge.Add(-time.Nanosecond)) == opens {
				t.Fatalf("%s, %s: Open does not change at the edge at %v", c.zone, c.what, edge.UTC())
			}
			got = append(got, edge.UTC().Format(time.RFC3339))
		}
		if len(got) != len(c.edges) {
			t.Errorf("%s, %s: edges %v, want %v", c.zone, c.what, got, c.edges)
			continue
		}
		for i := range got {
			if got[i] != c.edges[i] {
				t.Errorf("%s, %s: edges %v, want %v", c.zone, c.what, got, c.edges)
			}
		}
	}
}

// 30 December 2011 did not exist in Samoa: the day's span is empty, and the
// tail of a span from the 29th is over at once.
func TestF10DayThatWasSkipped(t *testing.T) {
	f := site(t, "Pacific/Apia", protocol.Week{}, protocol.Holiday{Date: date(2011, 12, 30), Hours: allDay})
	if edge, _, ok := NextEdge(f, at(t, f, "2011-12-29 12:00:00")); ok {
		t.Errorf("a day that was skipped has an edge at %v", edge)
	}
	f = site(t, "Pacific/Apia", protocol.Week{}, protocol.Holiday{Date: date(2011, 12, 29), Hours: hours("20:00", "02:00", true)})
	edge, opens, ok := NextEdge(f, at(t, f, "2011-12-29 21:00:00"))
	if want := at(t, f, "2011-12-31 00:00:00"); !ok || opens || !edge.Equal(want) {
		t.Errorf("edge %v, opens %v, ok %v; want %v", edge, opens, ok, want)
	}
}

// On 1 October 1969 Kwajalein crossed the date line and put its clocks back by 23 hours: 30 September came twice, and its span once.
func TestF10DayThatCameTwice(t *testing.T) {
	f := site(t, "Pacific/Kwajalein", protocol.Week{}, protocol.Holiday{Date: date(1969, 9, 30), Hours: hours("09:00", "18:00", false)})
	open := 0
	for wall := time.Date(1969, 9, 29, 0, 0, 0, 0, time.UTC); wall.Before(time.Date(1969, 10, 3, 0, 0, 0, 0, time.UTC)); wall = wall.Add(time.Minute) {
		if Open(f, wall) {
			open++
		}
	}
	if open != 9*60 {
		t.Errorf("open for %d minutes of a day that came twice, want 540", open)
	}
}

func TestOpenAllocatesNothing(t *testing.T) {
	f := section10(t)
	plan(f, protocol.AgentDay{Account: "a", Date: date(2021, 6, 13), Breaks: []protocol.Break{{From: 60, To: 120}}})
	wall := at(t, f, "2021-06-13 02:59:59")
	if n := testing.AllocsPerRun(100, func() { Open(f, wall); Hours(f, wall); OnDuty(f, "a", wall) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkOpen(b *testing.B) {
	for _, name := range []string{"Asia/Seoul", "Europe/Berlin"} {
		f := section10(b)
		f.Zone = zone(b, name)
		wall := time.Date(2026, 6, 10, 12, 0, 0, 0, time.UTC)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Open(f, wall)
			}
		})
	}
}

func BenchmarkNextEdge(b *testing.B) {
	f := section10(b)
	wall := time.Date(2026, 6, 10, 12, 0, 0, 0, time.UTC)
	b.ReportAllocs()
	for b.Loop() {
		NextEdge(f, wall)
	}
}
