package room

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"switchyard/actors/report"
	"switchyard/protocol"
)

// figures reads the row that the closing step of the room left.
func (x *story) figures() protocol.Figures {
	var out protocol.Figures
	found := 0
	for _, row := range Rows(x.s, x.log[len(x.log)-1:]) {
		if row.Kind == protocol.RowFigures {
			f, err := protocol.DecodeFigures(row.Value)
			require.NoError(x.t, err)
			out = f
			found++
		}
	}
	require.Equal(x.t, 1, found, "one row of figures, in the entry that closes")
	return out
}

// sqi draws the figures of one room as domain 14.5 does, in seconds.
func sqi(f *protocol.Figures) string {
	val := map[string]string{}
	segment := map[protocol.AccountID][]string{}
	for i := range f.Segments {
		one := *f
		one.Segments = f.Segments[i : i+1]
		one.Actor = protocol.EndedByCustomer
		if i > 0 {
			one.RequestedAt = f.Segments[i].Start
		}
		if i < len(f.Segments)-1 { // it was not the last: somebody came after it
			one.Segments = append(one.Segments[:1:1], protocol.Segment{Agent: "nobody", Start: f.Segments[i].End, End: f.Segments[i].End})
		}
		got := map[report.Metric]string{}
		report.Samples(&one, func(m report.Metric, who protocol.AccountID, ms int64) {
			if who == f.Segments[i].Agent {
				got[m] = fmt.Sprint(ms / 1000)
			}
		})
		say := func(m report.Metric) string {
			if got[m] == "" {
				return "none"
			}
			return got[m]
		}
		who := f.Segments[i].Agent
		segment[who] = append(segment[who], say(report.FRT)+" / "+say(report.Hold)+" / "+say(report.Handle)+" / "+say(report.AgentWait))
	}
	report.Samples(f, func(m report.Metric, _ protocol.AccountID, ms int64) { val[m.String()] = fmt.Sprint(ms / 1000) })
	var parts []string
	seen := map[protocol.AccountID]int{}
	for _, s := range f.Segments {
		name := strings.ToUpper(string(s.Agent))
		if seen[s.Agent] > 0 {
			name += " again"
		}
		parts = append(parts, name+": "+segment[s.Agent][seen[s.Agent]])
		seen[s.Agent]++
	}
	acw := val["acw"]
	if acw == "" {
		acw = "none"
	}
	return fmt.Sprintf("%s | %s | %s | %s", val["queue"], strings.Join(parts, "; "), acw, val["total"])
}

// worked are the rows of domain 14.5, as they stand there: H = the holder's message, C = the customer's.
var worked = []struct{ name, story, want string }{
	{"E1", "req 10:00:00; A 10:00:05; H 10:01:00; C 10:02:30; H 10:03:30; C 10:04:00; H 10:04:20; agent ends 10:05:00", "5 | A: 60 / 80 / 200 / 120 | 40 | 300"},
	{"E2", "req 10:00:00; A 10:00:00; H 10:02:00; C 10:03:00; B 10:05:00; H 10:06:30; C 10:07:00; H 10:07:45; agent ends 10:08:00", "0 | A: 120 / 120 / 180 / 60; B: 90 / 45 / 75 / 30 | 15 | 480"},
	{"E3", "req 10:00:00; A 10:00:00; B 10:10:00; H 10:11:00; C 10:12:00; H 10:12:30; agent ends 10:13:00", "0 | A: none / 600 / 600 / 0; B: 60 / 30 / 90 / 60 | 30 | 780"},
	{"E4", "req 10:00:00; A 10:00:00; H 10:01:00; C 10:02:00; B 10:03:00; C_ 10:08:00; H 10:08:40; C 10:09:10; H 10:09:30; agent ends 10:10:00", "0 | A: 60 / 60 / 120 / 60; B: none / 300 / 300 / 0; C: 40 / 20 / 50 / 30 | 30 | 600"},
	{"E5", "req 10:00:00; A 10:00:00; H 10:01:00; C 10:02:00; B 10:03:00; C_ 10:08:00; agent ends 10:09:00", "0 | A: 60 / 60 / 120 / 60; B: none / 300 / 300 / 0; C: none / none / none / none | none | 540"},
	{"E6", "req 10:00:00; A 10:00:00; agent ends 10:04:00", "0 | A: none / none / none / none | none | 240"},
	{"E7", "req 10:00:00; A 10:00:00; B 10:02:00; C_ 10:05:00; H 10:06:30; C 10:07:00; H 10:07:20; agent ends 10:08:00", "0 | A: none / 120 / 120 / 0; B: none / 180 / 180 / 0; C: 90 / 20 / 50 / 30 | 40 | 480"},
	{"E8", "req 10:00:00; A 10:00:00; H 10:01:00; C 10:02:00; B 10:04:00; H 10:04:30; C 10:05:30; A 10:06:00; H 10:06:45; agent ends 10:07:00", "0 | A: 60 / 120 / 180 / 60; B: 30 / 30 / 90 / 60; A again: 45 / 0 / 0 / 0 | 15 | 420"},
	{"E9", "req 10:00:00; A 10:06:00; H 10:07:00; C 10:08:00; H 10:08:30; agent ends 10:09:00", "360 | A: 420 / 30 / 90 / 60 | 30 | 540"},
	{"E10", "req 10:00:00; A 10:00:10; customer ends 10:03:00", "10 | A: none / none / none / none | none | 180"},
	{"E11", "req 10:00:00; A 10:00:00; H 10:01:00; C 10:02:00; timer ends 10:32:00", "0 | A: 60 / 1800 / 1860 / 60 | none | 1920"},
	{"E12", "req 10:00:00; A 10:00:00; H 10:01:00; C 10:02:00; B 10:03:00; C 10:03:30; H 10:04:00; C 10:04:20; customer ends 10:05:00", "0 | A: 60 / 60 / 120 / 60; B: 60 / 40 / 60 / 20 | none | 300"},
}

// desk are the agents of the examples, and who holds the room now.
type desk struct {
	*story
	holder protocol.Caller
}

func agentOf(name string) protocol.Caller {
	id := protocol.AccountID(strings.ToLower(name))
	return protocol.Caller{Role: protocol.Agent, Site: siteID, Account: id, Name: name}
}

func newDesk(t require.TestingT) *desk { return &desk{story: begin(t, timers(0, 30))} }

// bind seats an agent: out of the line first, by a manager later.
func (d *desk) bind(who protocol.Caller) {
	cause := protocol.CauseManagerChange
	if d.s.State == protocol.Waiting {
		cause = protocol.CauseBacklog
	}
	d.do(internal, d.offered(cause, who, boss))
	d.holder = who
}

func (d *desk) ends(who string) {
	switch who {
	case "agent":
		d.do(d.holder, protocol.EndRoom{Room: roomID})
	case "manager":
		d.do(boss, protocol.EndRoom{Room: roomID})
	case "customer":
		d.do(visitor, protocol.EndRoom{Room: roomID})
	case "timer":
		d.wakes()
	}
}

func example(t *testing.T, story string) protocol.Figures {
	d := newDesk(t)
	for _, act := range strings.Split(story, "; ") {
		i := strings.LastIndexByte(act, ' ')
		what := act[:i]
		at, err := time.ParseInLocation("15:04:05", act[i+1:], ten.Location())
		require.NoError(t, err)
		d.now = time.Date(ten.Year(), ten.Month(), ten.Day(), at.Hour(), at.Minute(), at.Second(), 0, ten.Location())
		switch what {
		case "req":
			d.waits()
		case "H":
			d.says(d.holder, "네")
		case "C":
			d.says(visitor, "언제요?")
		case "A", "B":
			d.bind(agentOf(what))
		case "C_": // agent C
			d.bind(agentOf("C"))
		default:
			who, _, _ := strings.Cut(what, " ")
			d.ends(who)
		}
	}
	require.NotZero(t, d.s.ClosedAt)
	return d.figures()
}

// TestTheWorkedExamples plays E1 … E12 of domain 14.5 with commands (R-148 … R-163), and the averages below them.
func TestTheWorkedExamples(t *testing.T) {
	all := map[string]protocol.Figures{}
	day := report.Cells{}
	for _, e := range worked {
		f := example(t, e.story)
		require.Equal(t, e.want, sqi(&f), e.name)
		all[e.name] = f
		day.Add(&f)
	}
	var site protocol.FoldCell
	for _, c := range day.Sorted() {
		report.Merge(&site, &c)
	}
	require.EqualValues(t, 12, site.Requested)
	require.EqualValues(t, 1, site.Abandoned, "E10 (R-158)")
	abd, _ := report.Tenths(site.Abandoned, site.Requested)
	require.EqualValues(t, 83, abd, "8.3 %%")

	three := report.Cells{}
	for _, name := range []string{"E3", "E4", "E5"} {
		f := all[name]
		three.Add(&f)
	}
	var lines []string
	for _, c := range three.Sorted() {
		say := string(c.Agent)
		for _, m := range []report.Metric{report.FRT, report.Hold, report.Handle} {
			mean, ok := report.Seconds(c.Sums[m])
			require.True(t, ok)
			say += fmt.Sprintf(" | %d (%d)", mean, c.Sums[m].N)
		}
		lines = append(lines, say)
	}
	require.Equal(t, "a | 60 (2) | 240 (3) | 280 (3)\nb | 60 (1) | 210 (3) | 230 (3)\nc | 40 (1) | 20 (1) | 50 (1)", strings.Join(lines, "\n"))

	// What the rule before 15 April 2021 gave, as a negative test.
	frt := func(name string, who protocol.AccountID) (out []int64) {
		f := all[name]
		report.Samples(&f, func(m report.Metric, agent protocol.AccountID, ms int64) {
			if m == report.FRT && agent == who {
				out = append(out, ms/1000)
			}
		})
		return out
	}
	require.Empty(t, frt("E3", "a"), "not 600, the time until the re-assignment (R-151)")
	require.Equal(t, []int64{60}, frt("E3", "b"), "not 660: A's time does not move to B (R-152)")
	require.Equal(t, []int64{40}, frt("E4", "c"), "not 340")
}

// TestAnyConsultationAddsUp plays random consultations with commands: in the end the row is what the definitions of
// 14.3 give for the log, read the dumb way, and the parts add up to the whole (14.4).
func TestAnyConsultationAddsUp(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d := newDesk(rt)
		d.waits()
		agents := []protocol.Caller{agentOf("A"), agentOf("B"), agentOf("C")}
		for range rapid.IntRange(0, 25).Draw(rt, "acts") {
			d.later(time.Duration(rapid.IntRange(0, 90_000).Draw(rt, "ms")) * time.Millisecond)
			switch rapid.IntRange(0, 9).Draw(rt, "act") {
			case 0, 1, 2:
				d.says(visitor, "언제요?")
			case 3, 4, 5:
				if d.holder.Account != "" {
					d.says(d.holder, "네")
				}
			case 6:
				d.do(boss, protocol.SendMessage{Room: roomID, Kind: protocol.Memo, Text: "x"}) // no response
			default:
				if who := rapid.SampledFrom(agents).Draw(rt, "to"); who.Account != d.holder.Account {
					d.bind(who)
				}
			}
			if rapid.IntRange(0, 9).Draw(rt, "snapshot") == 0 { // what a room keeps survives its passivation
				s, err := Restore(d.s.Addr, Snapshot(d.s))
				require.NoError(rt, err)
				d.s = s
			}
		}
		d.later(time.Duration(rapid.IntRange(0, 90_000).Draw(rt, "ms")) * time.Millisecond)
		enders := []string{"manager", "customer"}
		if d.holder.Account != "" {
			enders = append(enders, "agent", "agent")
		}
		if d.s.Delay.At != 0 {
			enders = append(enders, "timer")
		}
		ender := rapid.SampledFrom(enders).Draw(rt, "ends")
		if ender == "timer" {
			d.now = Deadline(d.s).Time()
		}
		d.ends(ender)
		f := d.figures()
		require.Equal(rt, dumb(d.log), samplesOf(&f))

		sum := int64(0)
		counted := staffEnded(&f)
		for i := range f.Segments {
			s := &f.Segments[i]
			counted = counted && (s.Answered != 0 || i < len(f.Segments)-1)
			if s.Answered != 0 {
				require.GreaterOrEqual(rt, s.Hold, int64(0))
				require.GreaterOrEqual(rt, s.Wait, int64(0))
			}
		}
		if !counted || len(f.Segments) == 0 {
			return
		}
		total := int64(0)
		report.Samples(&f, func(m report.Metric, _ protocol.AccountID, ms int64) {
			switch m {
			case report.FRT, report.Handle, report.ACW:
				sum += ms
			case report.Total:
				total = ms
			}
		})
		if f.Segments[0].Answered == 0 {
			sum += int64(f.Segments[0].Start - f.RequestedAt)
		}
		require.Equal(rt, total, sum, "14.4")
	})
}

func staffEnded(f *protocol.Figures) bool {
	return f.Actor == protocol.EndedByAgent || f.Actor == protocol.EndedByManager
}

func samplesOf(f *protocol.Figures) (out []string) {
	report.Samples(f, func(m report.Metric, who protocol.AccountID, ms int64) {
		out = append(out, fmt.Sprint(m, " ", who, " ", ms))
	})
	return out
}

// dumb reads a whole log and gives the samples by the letter of 14.3, in no hurry.
func dumb(log []protocol.Recorded) (out []string) {
	type said struct {
		at    protocol.Instant
		agent bool
	}
	var req, end protocol.Instant
	var actor protocol.EndActor
	var bound []protocol.Instant
	var who []protocol.AccountID
	var words []said
	for _, r := range log {
		switch e := r.Event.(type) {
		case *protocol.RoomOpened:
			req = r.At
		case *protocol.RoomAssigned:
			bound, who = append(bound, r.At), append(who, e.Agent)
		case *protocol.MessagePosted:
			if e.Code == 0 && e.Kind != protocol.Memo {
				// Whose segment a message of the same instant belongs to is a matter of order, so each gets
				// the number of segments before it along.
				words = append(words, said{r.At, e.From == protocol.FromAgent})
			}
		case *protocol.RoomClosed:
			end, actor = r.At, e.Actor
		}
	}
	say := func(m report.Metric, a protocol.AccountID, v protocol.Instant) {
		out = append(out, fmt.Sprint(m, " ", a, " ", int64(v)))
	}
	// Split the words by segment, in the order of the log.
	per := make([][]said, len(bound)+1)
	seg := 0
	for _, r := range log {
		switch e := r.Event.(type) {
		case *protocol.RoomAssigned:
			seg++
		case *protocol.MessagePosted:
			if e.Code == 0 && e.Kind != protocol.Memo {
				per[seg] = append(per[seg], said{r.At, e.From == protocol.FromAgent})
			}
		}
	}
	byStaff := actor == protocol.EndedByAgent || actor == protocol.EndedByManager
	if len(bound) > 0 {
		say(report.Queue, who[0], bound[0]-req)
	}
	for i := range bound {
		lastOne := i == len(bound)-1
		until := end
		if !lastOne {
			until = bound[i+1]
		}
		var resp protocol.Instant
		var window []said
		for _, w := range per[i+1] {
			if resp == 0 && w.agent {
				resp = w.at
			}
			if resp != 0 {
				window = append(window, w)
			}
		}
		last := words
		switch {
		case resp != 0:
			cend := until
			final := last[len(last)-1]
			if lastOne && (byStaff || final.agent) {
				cend = final.at
			}
			hold, from, waiting := protocol.Instant(0), resp, false
			for _, w := range window {
				if w.agent && waiting {
					hold, waiting = hold+w.at-from, false
				} else if !w.agent && !waiting {
					from, waiting = w.at, true
				}
			}
			if waiting {
				hold += cend - from
			}
			start := bound[i]
			if i == 0 {
				start = req
			}
			say(report.FRT, who[i], resp-start)
			say(report.AgentWait, who[i], cend-resp-hold)
			say(report.Hold, who[i], hold)
			say(report.Handle, who[i], cend-resp)
			if lastOne && byStaff {
				say(report.ACW, who[i], end-final.at)
			}
		case !lastOne:
			say(report.AgentWait, who[i], 0)
			say(report.Hold, who[i], until-bound[i])
			say(report.Handle, who[i], until-bound[i])
		}
	}
	first := protocol.AccountID("")
	if len(who) > 0 {
		first = who[0]
	}
	say(report.Total, first, end-req)
	return out
}
