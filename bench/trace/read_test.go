package trace

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"strings"
	"testing"
)

var header = strings.Join(columnNames[:], "\t")

// line builds a row from words, so that tests read like the record.
func line(words string) string { return strings.Join(strings.Fields(words), "\t") }

func file(lines ...string) string { return header + "\n" + strings.Join(lines, "\n") + "\n" }

func TestOneRow(t *testing.T) {
	for _, c := range []struct {
		what, row string
		want      Row
	}{
		{
			"served at once",
			"AA0101 34536 0 0 PS 990201 7:02:47 7:02:56 9 0:00:00 0:00:00 0 AGENT 7:02:55 7:05:41 166 DORIT",
			Row{VRUEntry: 25367, VRUExit: 25376, Outcome: Served, HasService: true, ServiceStart: 25375, ServiceExit: 25541, Service: 166, Server: "DORIT", Type: "PS", Customer: "0"},
		},
		{
			"gave up after five seconds",
			"AA0101 34539 23317894 2 PS 990201 8:09:16 8:09:22 6 8:09:22 8:09:27 5 HANG 0:00:00 0:00:00 0 NO_SERVER",
			Row{VRUEntry: 29356, VRUExit: 29362, Queued: true, QueueStart: 29362, QueueSeconds: 5, Outcome: HungUp, Server: NoServer, Type: "PS", Customer: "23317894", Priority: 2},
		},
		{
			"queued for no time at all is still queued",
			"AA0210 32093 0 0 NW 990203 11:30:10 11:30:20 10 11:30:20 11:30:20 0 HANG 0:00:00 0:00:00 0 NO_SERVER",
			Row{VRUEntry: 41410, VRUExit: 41420, Queued: true, QueueStart: 41420, Outcome: HungUp, Server: NoServer, Type: "NW", Customer: "0"},
		},
		{
			"queue and service cross midnight",
			"AA0105 35608 0 0 NW 990210 23:59:19 23:59:29 10 23:59:29 0:00:26 57 AGENT 0:00:27 0:01:27 60 AVNI",
			Row{VRUEntry: 86359, VRUExit: 86369, Queued: true, QueueStart: 86369, QueueSeconds: 57, Outcome: Served, HasService: true, ServiceStart: 86427, ServiceExit: 86487, Service: 60, Server: "AVNI", Type: "NW", Customer: "0"},
		},
		{
			"the automatic part crosses midnight, and the hour is written 24",
			"AA0105 1 0 0 NW 990210 23:59:50 24:00:10 20 24:00:10 24:00:40 30 HANG 0:00:00 0:00:00 0 NO_SERVER",
			Row{VRUEntry: 86390, VRUExit: 86410, Queued: true, QueueStart: 86410, QueueSeconds: 30, Outcome: HungUp, Server: NoServer, Type: "NW", Customer: "0"},
		},
		{
			"served, and no service time recorded",
			"AA0102 30225 0 0 PS 990202 21:04:11 21:04:20 9 0:00:00 0:00:00 0 AGENT 0:00:00 0:00:00 0 YITZ",
			Row{VRUEntry: 75851, VRUExit: 75860, Outcome: Served, Server: "YITZ", Type: "PS", Customer: "0"},
		},
		{
			"leaves the automatic part before it enters it",
			"AA0102 30456 25627027 2 PS 990207 9:48:14 9:47:17 -57 9:47:17 9:50:11 174 AGENT 9:50:11 9:51:28 77 KAZAV",
			Row{VRUEntry: 35294, VRUExit: 35237, Queued: true, QueueStart: 35237, QueueSeconds: 174, Outcome: Served, HasService: true, ServiceStart: 35411, ServiceExit: 35488, Service: 77, Server: "KAZAV", Type: "PS", Customer: "25627027", Priority: 2},
		},
		{
			"the end of the automatic part is not recorded",
			"AA0102 30225 0 0 PS 990202 21:04:11 0:00:00 9 0:00:00 0:00:00 0 AGENT 21:04:20 21:04:21 1 YITZ",
			Row{VRUEntry: 75851, VRUExit: 75860, Outcome: Served, HasService: true, ServiceStart: 75860, ServiceExit: 75861, Service: 1, Server: "YITZ", Type: "PS", Customer: "0"},
		},
	} {
		rows, err := Read(strings.NewReader(file(line(c.row))))
		if err != nil {
			t.Errorf("%s: %v", c.what, err)
			continue
		}
		got := rows[0]
		if got.Number != 2 || got.Line == "" || got.ID == "" || len(got.Date) != 6 {
			t.Errorf("%s: number, line, id and date are %d %q %q %q", c.what, got.Number, got.Line, got.ID, got.Date)
		}
		got.Number, got.Line, got.ID, got.Date = 0, "", "", ""
		if got != c.want {
			t.Errorf("%s:\n got %+v\nwant %+v", c.what, got, c.want)
		}
	}
}

func TestMalformedRowsAreNamedByLineAndColumn(t *testing.T) {
	good := line("AA0101 1 0 0 PS 990201 7:02:47 7:02:56 9 0:00:00 0:00:00 0 AGENT 7:02:55 7:05:41 166 DORIT")
	for _, c := range []struct{ from, to, want string }{
		{"7:02:47", "7:02", "line 4: vru_entry"},
		{"7:02:47", "7:61:00", "line 4: vru_entry"},
		{"7:05:41", "99:00:00", "line 4: ser_exit"},
		{"166", "-1", "line 4: ser_time"},
		{"166", "x", "line 4: ser_time"},
		{"AGENT", "GONE", "line 4: outcome"},
		{"990201", "1999-02-01", "line 4: date"},
		{"\tDORIT", "", "line 4: 16 columns instead of 17"},
		{"DORIT", "", "line 4: server: is empty"},
	} {
		_, err := Read(strings.NewReader(file(good, "", strings.Replace(good, c.from, c.to, 1), good)))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q instead of %q: got %v, want %q", c.to, c.from, err, c.want)
		}
	}
}

func TestEveryMalformedRowIsReportedUpToALimit(t *testing.T) {
	lines := make([]string, 100)
	for i := range lines {
		lines[i] = fmt.Sprintf("nonsense %d", i)
	}
	_, err := Read(strings.NewReader(file(lines...)))
	if got := strings.Count(err.Error(), "trace line"); got != complaintsMax {
		t.Errorf("%d complaints, want %d", got, complaintsMax)
	}
}

func TestFilesThatAreNoTrace(t *testing.T) {
	for what, text := range map[string]string{
		"empty":         "",
		"other columns": strings.Replace(header, "q_start", "queue", 1) + "\n",
		"a long line":   header + "\n" + strings.Repeat("x", lineBytesMax+1) + "\n",
		"broken gzip":   "\x1f\x8bnonsense",
	} {
		if _, err := Read(strings.NewReader(text)); err == nil {
			t.Errorf("%s: accepted", what)
		}
	}
}

func TestGzipIsRecognizedByContent(t *testing.T) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	text := file(line("AA0101 1 0 0 PS 990201 7:02:47 7:02:56 9 0:00:00 0:00:00 0 AGENT 7:02:55 7:05:41 166 DORIT"))
	if _, err := w.Write([]byte(strings.ReplaceAll(text, "\n", "\r\n"))); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	rows, err := Read(&packed)
	if err != nil || len(rows) != 1 || rows[0].Server != "DORIT" {
		t.Errorf("got %v, %v", rows, err)
	}
}

func TestClockIsWrittenAsItIsRead(t *testing.T) {
	for _, s := range []string{"0:00:00", "7:02:47", "23:59:59", "24:10:01"} {
		got, err := ParseClock(s)
		if err != nil || got.String() != s {
			t.Errorf("%s: %s, %v", s, got, err)
		}
	}
}
