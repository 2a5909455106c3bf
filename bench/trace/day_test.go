package trace

import (
	"reflect"
	"strings"
	"testing"
)

// oddDay has what real days have: a phantom, a call that hung up in the automatic
// part, a service by nobody named, two services of one name at once, a service
// without times, and a call after midnight.
var oddDay = file(
	line("AA01 1 0 0 PS 990203 9:00:00 9:00:10 10 9:00:10 9:00:40 30 AGENT 9:00:40 9:02:40 120 ANAT"),
	line("AA01 2 0 0 PS 990203 9:00:05 9:00:08 3 0:00:00 0:00:00 0 AGENT 9:00:07 9:00:57 50 ANAT"),
	line("AA01 3 0 0 PS 990203 9:00:06 9:00:30 24 0:00:00 0:00:00 0 HANG 0:00:00 0:00:00 0 NO_SERVER"),
	line("AA01 4 0 0 NW 990203 9:01:00 9:01:05 5 9:01:05 9:03:05 120 HANG 0:00:00 0:00:00 0 NO_SERVER"),
	line("AA01 5 0 0 NW 990203 9:02:00 9:02:05 5 0:00:00 0:00:00 0 AGENT 9:02:05 9:02:09 4 NO_SERVER"),
	line("AA01 6 0 0 NW 990203 9:02:00 9:02:06 6 9:02:06 9:02:10 4 PHANTOM 0:00:00 0:00:00 0 NO_SERVER"),
	line("AA01 7 0 0 NW 990203 10:00:00 10:00:05 5 10:00:05 10:00:15 10 AGENT 0:00:00 0:00:00 0 ELI"),
	line("AA01 8 0 0 NW 990203 23:59:40 23:59:50 10 23:59:50 0:00:20 30 AGENT 0:00:20 0:02:20 120 ANAT"),
	line("AA01 9 0 0 NW 990204 9:00:00 9:00:05 5 0:00:00 0:00:00 0 AGENT 9:00:05 9:00:15 10 TOVA"),
)

func cut(t *testing.T, text, date string) *Day {
	t.Helper()
	rows, err := Read(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	d, err := Cut(rows, date)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestADayIsInOrderOfRequestsAndWithoutPhantoms(t *testing.T) {
	d := cut(t, oddDay, "990203")
	var requests []string
	for _, c := range d.Calls {
		requests = append(requests, c.Request.String())
	}
	want := []string{"9:00:08", "9:00:10", "9:00:30", "9:01:05", "9:02:05", "10:00:05", "23:59:50"}
	if !reflect.DeepEqual(requests, want) || d.Phantoms != 1 {
		t.Errorf("requests %v, want %v; phantoms %d", requests, want, d.Phantoms)
	}
}

func TestShiftsRunFromTheFirstToTheLastService(t *testing.T) {
	got := cut(t, oddDay, "990203").Shifts()
	want := []Shift{
		{Server: "ANAT", From: 32407, To: 86540, Services: 3, Talk: 290, Overlaps: 1},
		{Server: "ELI", From: 36015, To: 36015, Services: 1}, // no times: a moment at the end of its wait
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestTheRecordsOwnFigures(t *testing.T) {
	got := cut(t, oddDay, "990203").Figures()
	want := Figures{
		Offered: 7, Served: 5, Abandoned: 2, NeverQueued: 1, NoServer: 1, Phantoms: 1,
		Waits: []int{0, 30, 0, 120, 0, 10, 30}, WaitsServed: []int{0, 30, 0, 10, 30}, WaitsAbandoned: []int{0, 120},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestAMissingDayNamesTheDaysThereAre(t *testing.T) {
	rows, err := Read(strings.NewReader(oddDay))
	if err != nil {
		t.Fatal(err)
	}
	_, err = Cut(rows, "990299")
	if err == nil || !strings.Contains(err.Error(), "990203 990204") {
		t.Errorf("got %v", err)
	}
}
