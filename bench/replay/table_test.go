package replay

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"switchyard/bench/client"
	"switchyard/bench/machine"
)

var update = flag.Bool("update", false, "write the golden files anew")

// told is a report with something in every place.
func told() *Report {
	return &Report{
		Settings: Settings{
			Trace: "1999-02-first-half.tsv.gz", TraceSHA256: "ab12", Day: "990203", From: "9:00:00", To: "10:00:00", Speed: 60, Seed: 1,
			Draw: "drawn beyond the recorded wait", Site: "demo", Target: "own node", Kills: 2, BackoffCap: 500, Agents: 2, Calls: 140,
		},
		Machine: machine.Facts{
			Commit: "0123456789ab", Go: "go1.26.8", System: "linux/amd64", GOMAXPROCS: 2, CPUs: 2,
			Load: "1.20 1.10 0.90", LoadAfter: "1.80 1.30 1.00", SyncP50: 0.21, SyncP99: 1.04, CPUSelf: 12.3, CPUNode: 20.1,
		},
		Began: time.Date(2026, 11, 20, 5, 12, 30, 0, time.UTC), Took: 65.4, Unfinished: "the run did not come to rest in time",
		Record: Figures{
			Offered: 140, Served: 110, Abandoned: 30, AtOnce: 50, NeverQueued: 4,
			Waits: Waits{140, 41.25, 110, 402}, WaitsServed: Waits{110, 38.5, 104, 402}, WaitsAbandoned: Waits{30, 51, 130, 300},
		},
		Replay: Figures{
			Offered: 140, Served: 112, Abandoned: 25, StillOpen: 1, Refused: 1, Unaccounted: 1, AtOnce: 55, Crossed: 1, NeverQueued: 4, NeverServed: 2,
			Waits: Waits{137, 39.5, 101.25, 377.04}, WaitsServed: Waits{112, 36, 99, 377.04}, WaitsAbandoned: Waits{25, 55, 121, 290},
		},
		Patience: Patience{Events: 223, Censored: 1319, Median: 421, HasMedian: true, LastEvent: 934, Beyond: 3, Borrowed: 26},
		Latency: Latencies{
			Entry: Latency{55, 1.1, 4.2, 4.8, 4.9}, Freed: Latency{50, 1.3, 5.1, 6, 6.1}, Online: Latency{2, 1, 1.2, 1.2, 1.2},
			Disturbed: Latency{6, 310, 502, 502, 502}, Late: Latency{140, 0.08, 0.9, 1.4, 1.6}, Unpaired: 1,
		},
		Agents: []AgentFigures{
			{"ANAT", "replay.anat", "9:00:00", "10:00:00", 60, 3400, 1, 61},
			{"ZOHARI", "replay.zohari", "9:04:10", "9:58:01", 50, 3000, 0, 52},
		},
		Checks: []Result{
			{Name: "conservation", Promise: "offered = served + abandoned + still open", Judged: 140, Rows: []string{`call 7: refused with "no_agent"`, "call 9: unaccounted"}, Left: 3},
			{Name: "fifo", Promise: "the backlog is assigned in order of requested_at", Judged: 57},
		},
		Clients:    client.Counts{Connects: 150, Losses: 8, Failures: 3, Resent: 4, RateLimited: 1},
		LateTokens: 1,
		Progress:   []Progress{{"9:15:00", 15, 30, 2, 2, 20, 6, 2, 0}},
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s has changed; go test -update writes it anew:\n%s", name, got)
	}
}

func TestTheReportForPeople(t *testing.T) {
	var b bytes.Buffer
	if err := told().WriteTable(&b); err != nil {
		t.Fatal(err)
	}
	golden(t, "report.txt", b.Bytes())
}

func TestTheReportForMachines(t *testing.T) {
	var b bytes.Buffer
	if err := told().WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	golden(t, "report.json", b.Bytes())
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestAReportThatCannotBeWrittenSaysSo(t *testing.T) {
	if err := told().WriteTable(full{}); err == nil {
		t.Error("no error")
	}
}

func TestSumUp(t *testing.T) {
	var ten []float64
	for i := range 10 {
		ten = append(ten, float64(10-i))
	}
	for _, c := range []struct {
		in   []float64
		want Waits
	}{
		{nil, Waits{}},
		{[]float64{4}, Waits{1, 4, 4, 4}},
		{ten, Waits{10, 5.5, 9, 10}},            // nearest rank: the ninth of ten
		{append(ten, 11), Waits{11, 6, 10, 11}}, // ceil(9.9) = the tenth of eleven
	} {
		if got := SumUp(c.in); got != c.want {
			t.Errorf("%v: %+v, want %+v", c.in, got, c.want)
		}
	}
}
