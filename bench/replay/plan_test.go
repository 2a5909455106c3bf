package replay

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"switchyard/bench/trace"
)

// record writes a small trace. A row is: asks, waits ("" = did not queue), outcome, service, server.
func record(t *testing.T, rows ...string) *trace.Day {
	t.Helper()
	text := "vru+line\tcall_id\tcustomer_id\tpriority\ttype\tdate\tvru_entry\tvru_exit\tvru_time\tq_start\tq_exit\tq_time\toutcome\tser_start\tser_exit\tser_time\tserver\n"
	for i, row := range rows {
		f := strings.Fields(row)
		if len(f) != 5 {
			t.Fatalf("row %q", row)
		}
		asks, wait, outcome, service, server := f[0], f[1], f[2], f[3], f[4]
		var s trace.Second
		var h, m, sec, w, v int
		if _, err := fmt.Sscanf(asks, "%d:%d:%d", &h, &m, &sec); err != nil {
			t.Fatal(err)
		}
		s = trace.Second(h*3600 + m*60 + sec)
		qStart, qExit := "0:00:00", "0:00:00"
		if wait != "-" {
			_, _ = fmt.Sscan(wait, &w)
			qStart, qExit = s.String(), (s + trace.Second(w)).String()
		}
		start, exit := "0:00:00", "0:00:00"
		if service != "-" {
			_, _ = fmt.Sscan(service, &v)
			start, exit = (s + trace.Second(w)).String(), (s + trace.Second(w+v)).String()
		}
		text += strings.Join([]string{"AA", fmt.Sprint(i), "0", "0", "PS", "990203", (s - 10).String(), asks, "10", qStart, qExit, fmt.Sprint(w), outcome, start, exit, fmt.Sprint(v), server}, "\t") + "\n"
	}
	all, err := trace.Read(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	day, err := trace.Cut(all, "990203")
	if err != nil {
		t.Fatal(err)
	}
	return day
}

func plan(t *testing.T, day *trace.Day, o Options) *Plan {
	t.Helper()
	if o.Speed == 0 {
		o.Speed = 60
	}
	p, err := NewPlan(day, o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestTheScheduleIsCompressed(t *testing.T) {
	p := plan(t, record(t,
		"9:00:00 - AGENT 60 ANAT",
		"9:10:00 30 AGENT 600 ELI",
		"9:20:00 120 HANG - NO_SERVER",
	), Options{Speed: 60})
	if got := p.At(p.Calls[1].Request); p.Begin.String() != "9:00:00" || got != 10*time.Second {
		t.Errorf("begins %v, the second call asks after %v", p.Begin, got)
	}
	if got := p.Real(p.Calls[1].Talk); got != 10*time.Second {
		t.Errorf("ten minutes of talk take %v", got)
	}
	if got := p.Day(1500 * time.Millisecond); got != 90 {
		t.Errorf("1.5 s are %v s of the day", got)
	}
	if p.End.String() != "9:22:00" { // the last patience ends after the last shift
		t.Errorf("ends %v", p.End)
	}
}

func TestWhereATalkComesFrom(t *testing.T) {
	p := plan(t, record(t,
		"9:00:00 - AGENT 60 ANAT",
		"9:01:00 5 AGENT 0 ANAT",       // a service of no time is a service
		"9:02:00 5 AGENT 33 NO_SERVER", // talked to nobody named; any agent talks as long
		"9:03:00 5 HANG - NO_SERVER",
		"9:04:00 5 HANG 7 NO_SERVER", // hung up, and has a service time
		"9:05:00 - HANG - NO_SERVER",
	), Options{})
	var got []string
	for _, c := range p.Calls {
		got = append(got, fmt.Sprintf("%d:%d", c.TalkFrom, c.Talk))
	}
	want := []string{"1:60", "1:0", "1:33", "2:", "1:7", "3:0"}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("call %d: %s, want %s", i, got[i], want[i])
		}
	}
	if talk := p.Calls[3].Talk; talk != 60 && talk != 33 || p.Borrowed != 1 {
		t.Errorf("borrowed %d s, %d times; the day has 60 and 33 to lend", talk, p.Borrowed)
	}
	if len(p.Agents) != 1 || p.Agents[0].Account != "replay.anat" {
		t.Errorf("agents %+v: NO_SERVER is nobody", p.Agents)
	}
}

func TestPatience(t *testing.T) {
	day := record(t,
		"9:00:00 40 HANG - NO_SERVER",
		"9:01:00 - HANG - NO_SERVER", // never queued: gives up at once, and is no event of the estimate
		"9:02:00 10 AGENT 60 ANAT",
		"9:03:00 90 AGENT 60 ANAT", // beyond the last event
	)
	p := plan(t, day, Options{})
	if e := p.Estimate; len(e.Steps) != 1 || e.Steps[0].Seconds != 40 || e.Steps[0].AtRisk != 2 {
		t.Errorf("estimate %+v", p.Estimate)
	}
	if p.Calls[0].Patience != 40 || p.Calls[0].Drawn || p.Calls[1].Patience != 0 || p.Calls[1].Drawn {
		t.Errorf("recorded patience: %d and %d", p.Calls[0].Patience, p.Calls[1].Patience)
	}
	if c := p.Calls[2]; !c.Drawn || c.Patience != 40 && c.Patience != Never {
		t.Errorf("drawn: %+v", c)
	}
	if p.Calls[3].Patience != Never {
		t.Errorf("who waited 90 s in a day whose last event is at 40 s has patience %d", p.Calls[3].Patience)
	}
	for seed := range uint64(50) { // known to have waited 10 s, or not
		for plain, least := range map[bool]int{true: 40, false: 40} {
			c := plan(t, day, Options{Seed: seed, PlainDraw: plain}).Calls[2]
			if c.Patience != Never && c.Patience < least {
				t.Fatalf("seed %d: patience %d", seed, c.Patience)
			}
		}
	}
}

func TestASeedIsAPlanAndAWindowAPartOfIt(t *testing.T) {
	var rows []string
	for i := range 200 {
		rows = append(rows, fmt.Sprintf("9:%02d:%02d %d %s %d %s", i/4, i%4*15, i%90, []string{"HANG", "AGENT"}[i%2], i%2*(60+i), []string{"NO_SERVER", "ANAT"}[i%2]))
	}
	day := record(t, rows...)
	a, b := plan(t, day, Options{Seed: 7}), plan(t, day, Options{Seed: 7})
	if !reflect.DeepEqual(a, b) {
		t.Error("one seed, two plans")
	}
	if reflect.DeepEqual(a.Calls, plan(t, day, Options{Seed: 8}).Calls) {
		t.Error("two seeds, one plan")
	}
	w := plan(t, day, Options{Seed: 7, From: 9*3600 + 600, To: 9*3600 + 1200})
	if len(w.Calls) != 40 || w.Record.Offered != 40 || w.Agents[0].Services != 20 {
		t.Fatalf("%d calls, %+v", len(w.Calls), w.Agents)
	}
	for i, c := range w.Calls {
		whole := a.Calls[40+i]
		whole.Index = i
		if c != whole {
			t.Fatalf("call %d of the window is %+v, of the day %+v", i, c, whole)
		}
	}
	if w.Agents[0].From < 9*3600+600 || w.Agents[0].To > 9*3600+1200 {
		t.Errorf("shift %v to %v reaches out of the window", w.Agents[0].From, w.Agents[0].To)
	}
	if _, err := NewPlan(day, Options{Speed: 60, From: 1, To: 2}); err == nil {
		t.Error("a window without calls is no error")
	}
	if _, err := NewPlan(day, Options{}); err == nil {
		t.Error("speed 0 is no error")
	}
}

func TestAccountNames(t *testing.T) {
	taken := map[string]bool{}
	for _, c := range []struct{ server, want string }{
		{"ANAT", "replay.anat"},
		{"Anat", "replay.anat.2"},
		{"anat", "replay.anat.3"},
		{"ZO HARI", "replay.zo-hari"},
		{strings.Repeat("X", 60), "replay." + strings.Repeat("x", 29)},
		{strings.Repeat("X", 61), "replay." + strings.Repeat("x", 29) + ".2"},
	} {
		if got := accountName(c.server, taken); got != c.want || len(got) > 40 {
			t.Errorf("%s: %s, want %s", c.server, got, c.want)
		}
	}
}
