package protocol

import (
	"testing"
	"time"
)

// TestBillingDay: it begins at billing.day_start of the site's zone, also where summer time moves the clock.
func TestBillingDay(t *testing.T) {
	seoul, _ := time.LoadLocation("Asia/Seoul")
	berlin, _ := time.LoadLocation("Europe/Berlin")
	for _, x := range []struct {
		zone  *time.Location
		start int
		wall  time.Time
		want  string
	}{
		{seoul, 240, time.Date(2021, 6, 10, 3, 59, 59, 999e6, seoul), "2021-06-09"},
		{seoul, 240, time.Date(2021, 6, 10, 4, 0, 0, 0, seoul), "2021-06-10"},
		{seoul, 240, time.Date(2021, 6, 10, 18, 59, 0, 0, time.UTC), "2021-06-10"},
		{seoul, 240, time.Date(2021, 6, 10, 19, 0, 0, 0, time.UTC), "2021-06-11"},
		{seoul, 240, time.Date(2021, 1, 1, 0, 0, 0, 0, seoul), "2020-12-31"},
		{seoul, 240, time.Date(2021, 3, 1, 2, 0, 0, 0, seoul), "2021-02-28"},
		{seoul, 0, time.Date(2021, 6, 10, 0, 0, 0, 0, seoul), "2021-06-10"},
		{seoul, 1439, time.Date(2021, 6, 10, 23, 58, 0, 0, seoul), "2021-06-09"},
		{berlin, 150, time.Date(2021, 3, 28, 1, 59, 0, 0, berlin), "2021-03-27"},    // the clock goes on to 03:00
		{berlin, 150, time.Date(2021, 3, 28, 1, 0, 0, 0, time.UTC), "2021-03-28"},   // 03:00
		{berlin, 150, time.Date(2021, 10, 31, 0, 20, 0, 0, time.UTC), "2021-10-30"}, // 02:20, the first time
		{berlin, 150, time.Date(2021, 10, 31, 0, 40, 0, 0, time.UTC), "2021-10-31"},
	} {
		s := DefaultSettings()
		s.Billing.DayStart = x.start
		f := &SiteFacts{Settings: &s, Zone: x.zone}
		if got := f.BillingDay(x.wall).String(); got != x.want {
			t.Errorf("%s with a start at %d is %s, want %s", x.wall, x.start, got, x.want)
		}
	}
}
