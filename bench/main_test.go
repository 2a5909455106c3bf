package bench

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchyard/bench/internal/fakenode"
	"switchyard/bench/replay"
)

// said runs the command line and gives its exit code and what it printed.
func said(t *testing.T, env map[string]string, args ...string) (int, string, string) {
	t.Helper()
	var out, err bytes.Buffer
	code := Main(t.Context(), World{Out: &out, Err: &err, Env: func(k string) string { return env[k] }}, args)
	return code, out.String(), err.String()
}

func TestTheCommandLine(t *testing.T) {
	for _, c := range []struct {
		args string
		code int
		says string
	}{
		{"", exitUsage, "Usage: switchyard-bench <command>"},
		{"help", exitOK, "replay"},
		{"--help", exitOK, "replay"},
		{"relay", exitUsage, `no command "relay"`},
		{"replay --help", exitOK, "-plain-draw"},
		{"replay", exitUsage, "--trace is missing"},
		{"replay --trace x", exitUsage, "--day is missing"},
		{"replay --trace x --day 990203 --speed 0", exitUsage, "--speed must be above 0"},
		{"replay --trace x --day 990203 --speed NaN", exitUsage, "--speed must be above 0"},
		{"replay --trace x --day 990203 --nonsense", exitUsage, "nonsense"},
		{"replay --trace x --day 990203 more", exitUsage, "unexpected"},
		{"replay --trace x --day 990203 --from 9:00", exitUsage, "--from needs --to"},
		{"replay --trace x --day 990203 --from 9:00 --to 9:00", exitUsage, "--from must be before --to"},
		{"replay --trace x --day 990203 --from nine --to 9:00", exitUsage, "is not H:MM"},
		{"replay --trace x --day 990203 --kills -1", exitUsage, "--kills must not be negative"},
		{"replay --trace x --day 990203 --target http://127.0.0.1:1 --password p --kills 1", exitUsage, "are for an own node"},
		{"replay --trace x --day 990203 --target http://127.0.0.1:1", exitUsage, "--password or $SWITCHYARD_DEMO_PASSWORD is needed"},
		{"scale --help", exitOK, "PERF-2d"},
		{"scale --rooms 0", exitUsage, "--rooms must be 1 to"},
		{"scale --parts none,memory --pairs 0", exitUsage, `no part "none"`},
		{"scale --agents 0 more", exitUsage, "unexpected more"},
		{"replay --trace /nowhere/x --day 990203", exitFailed, "no such file"},
		{"replay --trace testdata/day.tsv --day 990299 --target http://127.0.0.1:1 --password p", exitFailed, "it has 990203"},
		{"replay --trace testdata/day.tsv --day 990203 --target http://192.0.2.1:80 --password p", exitFailed, "not a loopback address"},
		{"replay --trace testdata/broken.tsv --day 990203 --target http://127.0.0.1:1 --password p", exitFailed, "trace line 3: q_start"},
	} {
		code, out, err := said(t, nil, strings.Fields(c.args)...)
		if code != c.code || !strings.Contains(out+err, c.says) {
			t.Errorf("%s: exit code %d, want %d with %q in\n%s%s", c.args, code, c.code, c.says, out, err)
		}
	}
}

// The whole command over real sockets of this machine, against the node in memory: the
// one test here that takes real time, about four seconds, most of them the lead.
func TestReplayOverRealSockets(t *testing.T) {
	n := fakenode.New(1)
	defer n.Close()
	server := httptest.NewServer(n.Handler())
	defer server.Close()
	file := filepath.Join(t.TempDir(), "report.json")
	args := []string{"replay", "--trace", "testdata/day.tsv", "--day", "990203", "--speed", "600", "--target", server.URL, "--json", file, "--check"}
	code, out, err := said(t, map[string]string{passwordVariable: fakenode.Password}, args...)
	if code != exitOK {
		t.Fatalf("exit code %d\n%s%s", code, out, err)
	}
	b, readErr := os.ReadFile(file)
	if readErr != nil {
		t.Fatal(readErr)
	}
	var r replay.Report
	if err := json.Unmarshal(b, &r); err != nil {
		t.Fatal(err)
	}
	if r.Replay.Offered != 12 || r.Replay.Served+r.Replay.Abandoned != 12 || r.Settings.TraceSHA256 == "" || r.Machine.Go == "" || len(r.Progress) == 0 || r.Unfinished != "" {
		t.Errorf("%s", b)
	}
	if !strings.Contains(out, "ok     fifo") || !strings.Contains(err, "asked 12/12") {
		t.Errorf("printed:\n%s%s", out, err)
	}
	if fmt.Sprint(n.Settings()["distribution.scope"]) != "[]" {
		t.Error("the site's settings were not put back")
	}
	if strings.Contains(string(b)+out, t.TempDir()) || strings.Contains(string(b)+out, server.URL) {
		t.Error("the report names a path or a host")
	}

	n.Set(fakenode.Faults{Misroute: fakenode.DoubleAssign})
	code, out, err = said(t, map[string]string{passwordVariable: fakenode.Password}, append(args, "--quiet")...)
	if code != exitFailed || !strings.Contains(out, "FAILED one holder") || !strings.Contains(err, "a check failed") {
		t.Errorf("a node that assigns twice: exit code %d\n%s%s", code, out, err)
	}
}
