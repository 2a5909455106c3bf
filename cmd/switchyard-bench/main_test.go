package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"switchyard/bench"
)

// TestReplayThroughKillNine plays a quarter of an hour of calls, made up and busier than the
// agents can take, on the real binary, and kills it twice in the middle: no acknowledged
// message, room or assignment is lost or doubled, the line keeps its order, and the clients
// resume by themselves. Every check of the replay must have judged something.
func TestReplayThroughKillNine(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes and takes half a minute; run without -short")
	}
	dir := t.TempDir()
	node := filepath.Join(dir, "switchyard")
	built, err := exec.CommandContext(t.Context(), "go", "build", "-o", node, "switchyard/cmd/switchyard").CombinedOutput()
	require.NoError(t, err, string(built))
	trace := filepath.Join(dir, "calls.tsv")
	require.NoError(t, os.WriteFile(trace, []byte(calls()), 0o600))
	var out, said bytes.Buffer
	code := bench.Main(t.Context(), bench.World{Out: &out, Err: &said, Env: func(string) string { return "" }}, []string{
		"replay", "--trace", trace, "--day", "990203", "--speed", "60", "--node", node, "--kills", "2", "--check", "--quiet",
	})
	require.Equal(t, 0, code, "%s\n%s", out.String(), said.String())
	for _, check := range []string{"conservation", "one holder", "fifo", "limit", "messages", "refusals"} {
		require.Regexp(t, `(?m)^ok +`+check, out.String())
	}
	require.Contains(t, out.String(), "2 kills")
}

// calls makes the record: a call every six seconds for a quarter of an hour, five agents who
// talk for forty seconds each; every ninth caller hangs up after a minute and a half.
func calls() string {
	columns := []string{"vru+line", "call_id", "customer_id", "priority", "type", "date", "vru_entry", "vru_exit", "vru_time",
		"q_start", "q_exit", "q_time", "outcome", "ser_start", "ser_exit", "ser_time", "server"}
	var b strings.Builder
	b.WriteString(strings.Join(columns, "\t") + "\n")
	clock := func(s int) string { return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60) }
	servers := []string{"ANAT", "DORIT", "ELI", "TOVA", "YITZ"}
	for i := range 150 {
		at := 9*3600 + i*6
		row := []string{"AA0101", fmt.Sprint(1000 + i), "0", "0", "PS", "990203", clock(at - 10), clock(at), "10"}
		if i%9 == 8 {
			row = append(row, clock(at), clock(at+90), "90", "HANG", "0:00:00", "0:00:00", "0", "NO_SERVER")
		} else {
			row = append(row, clock(at), clock(at+30), "30", "AGENT", clock(at+30), clock(at+70), "40", servers[i%len(servers)])
		}
		b.WriteString(strings.Join(row, "\t") + "\n")
	}
	return b.String()
}
