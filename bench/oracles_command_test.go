package bench

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchyard/bench/oracle"
)

func TestOraclesCommandLine(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	unknown := write("unknown.json", `{"agents": 1, "limit": 1, "load": 0.5, "loads": 1}`)
	classes := write("classes.json", `{"agents": 1, "limit": 1, "load": 0.5, "classes": [{"name": "x", "share": 0.5}]}`)
	nothing := write("nothing.json", `{"agents": 2, "limit": 1, "load": 1, "work": {"law": "lognormal", "scv": 2}}`)
	small := "--seeds 10 --arrivals 1000 --quiet "
	for _, c := range []struct {
		args string
		code int
		says string
	}{
		{"--help", exitOK, "-half-width"},
		{"more", exitUsage, "unexpected"},
		{"--seeds 4", exitUsage, "--seeds must be 5"},
		{"--arrivals 10", exitUsage, "--arrivals must be 1000"},
		{"--bound NaN", exitUsage, "must not be negative"},
		{"--speed 1,0.5", exitUsage, "--agents and --load are missing"},
		{"--table b --agents 2 --load 1", exitUsage, "take one"},
		{"--agents 2 --load 1 --work lognormal:x", exitUsage, "invalid value"},
		{"--agents 2 --load 1 --expect p_wait", exitUsage, "quantity=value"},
		{"--table z", exitFailed, `table "z" is none of`},
		{"--agents 2", exitFailed, "load must be above 0"},
		{"--agents 2 --load 1 --work weibull", exitFailed, `work.law "weibull" is none of`},
		{"--agents 2 --load 1 --work hyperexponential:0.5", exitFailed, "work.scv must be 1 or more"},
		{"--agents 2 --load 1 --speed 1,0", exitFailed, "speed[1] must be above 0"},
		{"--agents 2 --load 1 --start stationary --work constant", exitFailed, "start: the exact law is known"},
		{"--agents 2 --load 3", exitFailed, "no formula fits"},
		{"--agents 2 --load 1 --expect delay=1", exitFailed, "expected.delay: there is no such quantity"},
		{"--row " + unknown, exitFailed, `unknown field "loads"`},
		{"--row " + classes, exitFailed, "the shares add up to 0.5"},
		{"--row " + nothing, exitFailed, "no formula fits"},
		{small + "--agents 2 --load 1 --speed 1,0.5 --limit 2", exitOK, "quantities judged"},
		{small + "--agents 2 --load 1 --expect p_wait=0.9", exitFailed, "the queue mind and theory disagree"},
		{small + "--agents 1 --load 0.5 --bare --pairs 1", exitOK, "PERF-7 (n=50 a=48 θ=0.5)"},
	} {
		code, out, err := said(t, nil, append([]string{"oracles"}, strings.Fields(c.args)...)...)
		if code != c.code || !strings.Contains(out+err, c.says) {
			t.Errorf("oracles %s: exit code %d, want %d with %q in\n%s%s", c.args, code, c.code, c.says, out, err)
		}
	}
}

// A row from a file, with values of its own: 20 seeds of a small center agree with theory and with nothing else,
// and the JSON holds what the report draws.
func TestOraclesOfAFile(t *testing.T) {
	dir := t.TempDir()
	rows := filepath.Join(dir, "rows.json")
	file := filepath.Join(dir, "result.json")
	text := `{"name": "mine", "rows": [
	 {"label": "shared", "agents": 2, "limit": 3, "load": 1.5, "speed": [1, 0.5, 0.333333333333333333], "patience": {"law": "exponential", "mean": 2}, "balancer": "sequential"},
	 {"label": "loss", "agents": 2, "limit": 2, "load": 3, "queue_limit": 0, "work": "constant"}
	]}`
	if err := os.WriteFile(rows, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, err := said(t, nil, "oracles", "--row", rows, "--arrivals", "3000", "--json", file)
	if code != exitOK {
		t.Fatalf("exit code %d\n%s%s", code, out, err)
	}
	b, readErr := os.ReadFile(file)
	if readErr != nil {
		t.Fatal(readErr)
	}
	var r struct {
		oracle.Result
		Machine struct{ Go string }
	}
	if err := json.Unmarshal(b, &r); err != nil {
		t.Fatal(err)
	}
	if len(r.Tables) != 1 || r.Tables[0].Name != "mine" || len(r.Tables[0].Rows) != 9 || r.Judged != 9 || r.Machine.Go == "" ||
		r.Little.Runs != 40 || r.Little.Failed != 0 || r.Conservation.Runs != 40 || r.Conservation.Failed != 0 ||
		r.Conservation.Created != r.Conservation.Waiting+r.Conservation.Open+r.Conservation.Closed+r.Conservation.Left || r.WorstHalf <= 0 {
		t.Errorf("%s", b)
	}
	for _, f := range r.Tables[0].Rows {
		if f.Expected <= 0 || f.Mean <= 0 || f.HalfWidth <= 0 || f.Source == "" || f.Arrivals != 3000 {
			t.Errorf("%+v", f)
		}
	}
}
