package calendar

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"switchyard/protocol"
)

// dumb knows the calendar as a list of minutes. It looks at the site's clock
// once a minute and takes domain 10 at its word: a span starts in the first
// minute in which the clock shows its start or later, and ends likewise.
type dumb struct {
	from  time.Time
	shown []int64 // what the clock shows, per minute, as seconds since 1970 as if it were UTC
	marks []bool  // in hours, or on duty
}

// dumbDays is the length of a dumb's time. Its first dumbMargin are only there to
// see the spans begin that reach into the rest.
const dumbDays, dumbMargin = 6, 3

func watch(zone *time.Location, from time.Time) *dumb {
	d := &dumb{from: from.Truncate(time.Minute)}
	for i := range dumbDays * 24 * 60 {
		t := d.from.Add(time.Duration(i) * time.Minute).In(zone)
		d.shown = append(d.shown, time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), 0, 0, time.UTC).Unix())
	}
	d.marks = make([]bool, len(d.shown))
	return d
}

// first is the first minute in which the clock shows wall or later.
func (d *dumb) first(wall time.Time) int {
	for i, shown := range d.shown {
		if shown >= wall.Unix() {
			return i
		}
	}
	return len(d.shown)
}

func (d *dumb) mark(from, to time.Time, as bool) {
	for i, end := d.first(from), d.first(to); i < end; i++ {
		d.marks[i] = as
	}
}

// dates calls with each date of the time, as midnight in UTC.
func (d *dumb) dates(each func(midnight time.Time, date protocol.Date)) {
	for day := -2; day < dumbDays+2; day++ {
		t := time.Unix(d.shown[0], 0).UTC().Truncate(24*time.Hour).AddDate(0, 0, day)
		each(t, protocol.Date{Year: t.Year(), Month: t.Month(), Day: t.Day()})
	}
}

func (d *dumb) open(f *protocol.SiteFacts) {
	d.dates(func(midnight time.Time, date protocol.Date) {
		h := f.Settings.Week.Weekday
		switch midnight.Weekday() {
		case time.Saturday:
			h = f.Settings.Week.Saturday
		case time.Sunday:
			h = f.Settings.Week.Sunday
		}
		if holiday, ok := f.Holidays[date]; ok {
			h = holiday.Hours
		}
		if !h.Open {
			return
		}
		from, to := midnight.Add(time.Duration(h.From)*time.Minute), midnight.Add(time.Duration(h.To)*time.Minute)
		if h.NextDay {
			to = to.AddDate(0, 0, 1)
		}
		if h.AllDay {
			from, to = midnight, midnight.AddDate(0, 0, 1)
		}
		d.mark(from, to, true)
	})
}

func (d *dumb) duty(days map[protocol.Date]protocol.AgentDay) {
	for i := range d.marks {
		d.marks[i] = true
	}
	d.dates(func(midnight time.Time, date protocol.Date) {
		p := days[date]
		if p.Off {
			d.mark(midnight, midnight.AddDate(0, 0, 1), false)
		}
		for _, b := range p.Breaks {
			d.mark(midnight.Add(time.Duration(b.From)*time.Minute), midnight.Add(time.Duration(b.To)*time.Minute), false)
		}
	})
}

// compare asks state in every minute and next around every change.
func (d *dumb) compare(t *rapid.T, state func(wall time.Time) bool, next func(wall time.Time) (time.Time, bool)) {
	within := time.Duration(rapid.Int64Range(0, int64(time.Minute)-1).Draw(t, "within the minute"))
	edge := len(d.marks) // the next change after minute i, by counting back
	for i := len(d.marks) - 1; i >= dumbMargin*24*60; i-- {
		if i+1 < len(d.marks) && d.marks[i+1] != d.marks[i] {
			edge = i + 1
		}
		wall := d.from.Add(time.Duration(i)*time.Minute + within)
		if got := state(wall); got != d.marks[i] {
			t.Fatalf("at %v: %v, one by one %v", wall, got, d.marks[i])
		}
		if i%61 != 0 && i < edge-1 && d.marks[i] == d.marks[i-1] {
			continue // around every change, and now and then on the way to it
		}
		got, ok := next(wall)
		switch end := d.from.Add(time.Duration(len(d.marks)) * time.Minute); {
		case edge < len(d.marks):
			if want := d.from.Add(time.Duration(edge) * time.Minute); !ok || !got.Equal(want) {
				t.Fatalf("next change after %v: %v (%v), one by one %v", wall, got, ok, want)
			}
		case ok && got.Before(end):
			t.Fatalf("next change after %v: %v, one by one none before %v", wall, got, end)
		}
	}
}

// The places and times where clocks do what clocks may do.
var moments = []struct{ zone, at string }{
	{"Asia/Seoul", "2021-06-09T00:00:00Z"},
	{"Asia/Seoul", "2024-02-28T00:00:00Z"},
	{"Asia/Seoul", "2020-12-31T00:00:00Z"},
	{"Europe/Berlin", "2021-03-28T01:00:00Z"},
	{"Europe/Berlin", "2021-10-31T01:00:00Z"},
	{"America/New_York", "2021-03-14T07:00:00Z"},
	{"America/New_York", "2027-11-07T06:00:00Z"},
	{"Australia/Lord_Howe", "2021-10-02T15:30:00Z"},
	{"Australia/Lord_Howe", "2021-04-03T15:00:00Z"},
	{"America/Sao_Paulo", "2018-02-18T02:00:00Z"},
	{"America/Sao_Paulo", "2018-11-04T03:00:00Z"},
	{"Pacific/Apia", "2011-12-30T10:00:00Z"},
	{"Asia/Kathmandu", "2021-06-09T00:00:00Z"},
}

// drawMoment gives a zone and the start of a time with an interesting moment in it.
func drawMoment(t *rapid.T) (*time.Location, time.Time) {
	m := rapid.SampledFrom(moments).Draw(t, "moment")
	z, err := time.LoadLocation(m.zone)
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.Parse(time.RFC3339, m.at)
	if err != nil {
		t.Fatal(err)
	}
	return z, at.Add(-time.Duration(rapid.IntRange(dumbMargin*24, (dumbDays-1)*24).Draw(t, "hours before")) * time.Hour)
}

// minutes prefers the times at which clocks change and days meet.
func minutes(most int) *rapid.Generator[int] {
	return rapid.OneOf(rapid.IntRange(0, most), rapid.SampledFrom([]int{0, 60, 90, 105, 120, 135, 150, 180, 1380, 1439, most}))
}

var anyHours = rapid.Custom(func(t *rapid.T) protocol.DayHours {
	return protocol.DayHours{
		Open:    rapid.IntRange(0, 4).Draw(t, "open") > 0,
		AllDay:  rapid.IntRange(0, 4).Draw(t, "all day") == 0,
		NextDay: rapid.Bool().Draw(t, "next day"),
		From:    minutes(1439).Draw(t, "from"),
		To:      minutes(1440).Draw(t, "to"),
	}
})

// Open changes exactly at NextEdge, and both agree with a calendar that is kept
// minute by minute (domain 10; stress F-10).
func TestOpenAgainstMinuteByMinute(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		zone, from := drawMoment(t)
		d := watch(zone, from)
		f := &protocol.SiteFacts{Zone: zone, Holidays: map[protocol.Date]protocol.Holiday{},
			Settings: &protocol.Settings{Week: protocol.Week{
				Weekday: anyHours.Draw(t, "weekday"), Saturday: anyHours.Draw(t, "saturday"), Sunday: anyHours.Draw(t, "sunday")}}}
		d.dates(func(_ time.Time, date protocol.Date) {
			if rapid.IntRange(0, 3).Draw(t, "registered") == 0 {
				f.Holidays[date] = protocol.Holiday{Date: date, Hours: anyHours.Draw(t, "changed hours")}
			}
		})
		d.open(f)
		d.compare(t, func(wall time.Time) bool { return Open(f, wall) }, func(wall time.Time) (time.Time, bool) {
			at, opens, ok := NextEdge(f, wall)
			if ok && opens == Open(f, wall) {
				t.Fatalf("NextEdge(%v): opens %v is no change", wall, opens)
			}
			return at, ok
		})
	})
}

// The same for an agent's plans (domain 10.5).
func TestOnDutyAgainstMinuteByMinute(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		zone, from := drawMoment(t)
		d := watch(zone, from)
		days := map[protocol.Date]protocol.AgentDay{}
		d.dates(func(_ time.Time, date protocol.Date) {
			if !rapid.Bool().Draw(t, "planned") {
				return
			}
			p := protocol.AgentDay{Account: "a", Date: date, Off: rapid.IntRange(0, 3).Draw(t, "off") == 0}
			for range rapid.IntRange(0, 4).Draw(t, "breaks") {
				p.Breaks = append(p.Breaks, protocol.Break{From: minutes(1439).Draw(t, "from"), To: minutes(1440).Draw(t, "to")})
			}
			days[date] = p
		})
		f := &protocol.SiteFacts{Zone: zone, Days: map[protocol.AccountID]map[protocol.Date]protocol.AgentDay{"a": days}}
		d.duty(days)
		d.compare(t, func(wall time.Time) bool { return OnDuty(f, "a", wall) }, func(wall time.Time) (time.Time, bool) {
			return NextDutyEdge(f, "a", wall)
		})
	})
}
