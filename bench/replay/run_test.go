package replay

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"switchyard/bench/client"
	"switchyard/bench/internal/fakenode"
	"switchyard/bench/trace"
)

// busyHour is a day with a line: 60 calls in ten minutes for three agents who need
// about 60 s each, and the oddities of real days.
func busyHour(t *testing.T) *trace.Day {
	chance := rand.New(rand.NewPCG(3, 3))
	servers := []string{"ANAT", "ELI", "TOVA"}
	rows := []string{"9:00:00 - AGENT 20 ANAT", "9:00:01 - AGENT 0 ELI", "9:00:02 - AGENT 30 TOVA"}
	for i := range 60 {
		asks := trace.Second(9*3600 + 5 + i*10).String()
		switch {
		case i%11 == 3:
			rows = append(rows, fmt.Sprintf("%s - HANG - NO_SERVER", asks))
		case i%5 == 2:
			rows = append(rows, fmt.Sprintf("%s %d HANG - NO_SERVER", asks, 5+chance.IntN(60)))
		case i%13 == 6:
			rows = append(rows, fmt.Sprintf("%s 20 AGENT 5 NO_SERVER", asks))
		default:
			rows = append(rows, fmt.Sprintf("%s %d AGENT %d %s", asks, chance.IntN(50), 20+chance.IntN(50), servers[i%3]))
		}
	}
	return record(t, rows...)
}

// played runs a day against the fake in virtual time. The story runs beside it.
func played(t *testing.T, day *trace.Day, o Options, faults fakenode.Faults, story func(*fakenode.Node)) (*Run, error) {
	t.Helper()
	var r *Run
	var err error
	synctest.Test(t, func(t *testing.T) {
		n := fakenode.New(o.Seed)
		defer n.Close()
		p := plan(t, day, o)
		for _, a := range p.Agents {
			n.AddAgent(a.Account, 1)
		}
		r = NewRun(p, Site{
			Dialer:       client.NewDialer(strings.Replace(n.URL, "http", "ws", 1)+"/v1/ws", n.HTTP, 0),
			AgentToken:   func(_ context.Context, account string, _ bool) (string, error) { return n.Token(account, ""), nil },
			VisitorToken: func(_ context.Context, uid string, _ bool) (string, error) { return n.Token("", "demo_"+uid), nil },
			Run:          "test",
			Rooms:        func(context.Context) ([]Listed, error) { return rooms(n), nil },
			UID:          func(c *Call) string { return fmt.Sprint(c.Number) },
		})
		n.Set(faults)
		told := make(chan struct{})
		go func() {
			defer close(told)
			if story != nil {
				story(n)
			}
		}()
		err = r.Do(t.Context())
		<-told
	})
	return r, err
}

// rooms are the fake's own list.
func rooms(n *fakenode.Node) []Listed {
	var all []Listed
	for _, r := range n.Rooms() {
		all = append(all, Listed{Room: r.Room, Customer: r.Customer, RequestedAt: r.RequestedAt, ClosedAt: r.ClosedAt, EndedBy: r.EndedBy, Assignments: r.Assignments})
	}
	return all
}

func wait(d time.Duration) { time.Sleep(d) } // virtual time: only called inside a bubble

func TestADayIsPlayed(t *testing.T) {
	r, err := played(t, busyHour(t), Options{Seed: 1}, fakenode.Faults{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	results := r.Log.Check()
	if AnyFailed(results) {
		t.Errorf("%+v", results)
	}
	for _, c := range results {
		if c.Judged == 0 {
			t.Errorf("%s judged nothing", c.Name)
		}
	}
	f := r.Log.Figures(r.Plan)
	if f.Offered != 63 || f.Served+f.Abandoned+f.StillOpen != f.Offered || f.Served < 30 || f.Abandoned < 5 {
		t.Errorf("%+v", f)
	}
	if f.Waits.Longest == 0 || f.Waits.P90 < f.Waits.Mean/10 || f.Waits.Count != f.Offered-f.StillOpen {
		t.Errorf("%+v", f.Waits)
	}
	rooms := 0
	for _, a := range r.Log.Agents(r.Plan) {
		rooms += a.Rooms
	}
	if rooms != f.Served+f.Crossed {
		t.Errorf("%d rooms at the agents, %d served", rooms, f.Served)
	}
	l := r.Log.Latencies()
	if l.Entry.Count+l.Freed.Count+l.Online.Count != rooms || l.Freed.Count == 0 || l.Unpaired != 0 || l.Late.Max > 0.01 {
		t.Errorf("%+v for %d rooms", l, rooms)
	}
	if got := len(r.Log.Views); got != f.Offered-f.StillOpen+rooms {
		t.Errorf("%d streams were followed from the first event to the end, want %d", got, f.Offered-f.StillOpen+rooms)
	}
}

// The figures of a day without a line can be worked out by hand.
func TestADayByHand(t *testing.T) {
	day := record(t,
		"9:00:00 - AGENT 60 ANAT",
		"9:00:30 - AGENT 60 ELI",     // ELI comes on duty with this call
		"9:00:40 15 AGENT 30 ANAT",   // waits 20 s for ANAT in the replay; its patience is beyond the last event
		"9:00:45 7 HANG - NO_SERVER", // gives up at 9:00:52
		"9:03:00 - AGENT 60 ANAT",
		"9:30:00 - HANG - NO_SERVER", // nobody is on duty any more: gives up at once
	)
	r, err := played(t, day, Options{Seed: 1, Speed: 10}, fakenode.Faults{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	f := r.Log.Figures(r.Plan)
	if f.Served != 4 || f.Abandoned != 2 || f.NeverQueued != 1 || f.NeverServed != 0 {
		t.Errorf("%+v", f)
	}
	var waits []float64
	for i := range r.Log.Calls {
		waits = append(waits, r.Plan.Day(r.Log.Calls[i].Wait()))
	}
	if got := fmt.Sprint(waits); got != "[0 0 20 7 0 0]" {
		t.Errorf("waits %v", got)
	}
}

func TestWhoNeverGivesUpIsStillOpenInTheEnd(t *testing.T) {
	day := record(t,
		"9:00:00 - AGENT 600 ANAT",
		"9:00:10 500 AGENT 60 NO_SERVER", // nobody hangs up on this day: it waits for ever
		"9:00:20 500 AGENT 60 NO_SERVER",
	)
	r, err := played(t, day, Options{Seed: 1}, fakenode.Faults{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	f := r.Log.Figures(r.Plan)
	if f.Served+f.StillOpen != 3 || f.StillOpen == 0 || r.Plan.Patient() != 3 {
		t.Errorf("%+v, %d never give up", f, r.Plan.Patient())
	}
	if results := r.Log.Check(); AnyFailed(results) {
		t.Errorf("%+v", results)
	}
}

// The node is killed in the middle of the day and comes back, three times, while sockets
// break by themselves, answers are lost and events come twice: everything is kept.
func TestNothingIsLostAcrossKills(t *testing.T) {
	day := busyHour(t)
	for seed := range uint64(6) {
		r, err := played(t, day, Options{Seed: seed, Speed: 10}, fakenode.Faults{LoseCommand: 0.02, LoseReply: 0.02, RepeatEvent: 0.02}, func(n *fakenode.Node) {
			for range 3 {
				wait(12 * time.Second)
				n.Kill()
				wait(3 * time.Second)
				n.Restart()
			}
		})
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if results := r.Log.Check(); AnyFailed(results) {
			t.Errorf("seed %d: %+v", seed, results)
		}
		f := r.Log.Figures(r.Plan)
		if f.Unaccounted+f.Refused != 0 || f.Served == 0 || r.Stats.Losses.Load() == 0 {
			t.Errorf("seed %d: %+v, %d sockets lost", seed, f, r.Stats.Losses.Load())
		}
		if l := r.Log.Latencies(); l.Disturbed.Count == 0 {
			t.Errorf("seed %d: no sample is marked as disturbed: %+v", seed, l)
		}
	}
}

// A node that breaks a promise is found out by the check of that promise.
func TestADishonestNodeIsFoundOut(t *testing.T) {
	day := busyHour(t)
	for broken, check := range map[fakenode.Misroute]string{
		fakenode.NewestFirst:    "fifo",
		fakenode.OverLimit:      "limit",
		fakenode.DoubleAssign:   "one holder",
		fakenode.ForgetMessages: "messages",
		fakenode.DoubleMessages: "messages",
		fakenode.CloseWaiting:   "conservation",
		fakenode.StartTwice:     "conservation",
	} {
		r, err := played(t, day, Options{Seed: 1}, fakenode.Faults{Misroute: broken}, nil)
		if err != nil && !errors.Is(err, ErrLate) {
			t.Errorf("%s: %v", check, err)
			continue
		}
		if got := failing(r.Log.Check()); !strings.Contains(strings.Join(got, ", "), check) {
			t.Errorf("misroute %d: %v failed, want %q among them", broken, got, check)
		}
	}
}

func TestARunCanBeStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := fakenode.New(1)
		defer n.Close()
		p := plan(t, busyHour(t), Options{Seed: 1, Speed: 1})
		for _, a := range p.Agents {
			n.AddAgent(a.Account, 1)
		}
		r := NewRun(p, Site{
			Dialer:       client.NewDialer(strings.Replace(n.URL, "http", "ws", 1)+"/v1/ws", n.HTTP, 0),
			AgentToken:   func(_ context.Context, account string, _ bool) (string, error) { return n.Token(account, ""), nil },
			VisitorToken: func(_ context.Context, uid string, _ bool) (string, error) { return n.Token("", "demo_"+uid), nil },
			Run:          "test",
			Rooms:        func(context.Context) ([]Listed, error) { return rooms(n), nil },
			UID:          func(c *Call) string { return fmt.Sprint(c.Number) },
		})
		var lines []string
		r.Watch = func(p Progress) { lines = append(lines, p.Line(63)) }
		ctx, cancel := context.WithTimeout(t.Context(), 70*time.Second)
		defer cancel()
		if err := r.Do(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if len(lines) < 60 || !strings.Contains(lines[len(lines)-1], "asked 9/63") && !strings.Contains(lines[len(lines)-1], "asked 10/63") {
			t.Errorf("%d lines, the last is %q", len(lines), lines[len(lines)-1])
		}
	})
}
