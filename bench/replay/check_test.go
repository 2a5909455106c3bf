package replay

import (
	"strings"
	"testing"
	"time"
)

// at is a moment of a synthetic log in milliseconds.
func at(ms int) time.Time { return time.UnixMilli(1_000_000_000_000 + int64(ms)) }

// honest is a small log in which every promise is kept: two agents, four calls, one of
// which gives up and one of which waits to the end.
func honest() *Log {
	l := &Log{
		Calls: []CallLog{
			{Index: 0, Room: "r0", Outcome: "accepted", OpenedAt: at(0), Assigned: []time.Time{at(1)}, ClosedAt: at(100), EndedBy: "AGENT"},
			{Index: 1, Room: "r1", Outcome: "accepted", OpenedAt: at(5), Assigned: []time.Time{at(6)}, ClosedAt: at(150), EndedBy: "AGENT"},
			{Index: 2, Room: "r2", Outcome: "queued", OpenedAt: at(10), QueuedAt: at(11), ClosedAt: at(60), EndedBy: "CUSTOMER"},
			{Index: 3, Room: "r3", Outcome: "queued", OpenedAt: at(20), QueuedAt: at(21), Assigned: []time.Time{at(100)}, ClosedAt: at(200), EndedBy: "AGENT"},
			{Index: 4, Room: "r4", Outcome: "queued", OpenedAt: at(30), QueuedAt: at(31), Assigned: []time.Time{at(150)}, ClosedAt: at(250), EndedBy: "AGENT"},
			{Index: 5, Room: "r5", Outcome: "queued", OpenedAt: at(140), QueuedAt: at(141)},
		},
		Gains: []Gain{
			{Agent: "a", Room: "r0", Assignment: 1, Cause: "ENTRY", At: at(1)},
			{Agent: "b", Room: "r1", Assignment: 1, Cause: "ENTRY", At: at(6)},
			{Agent: "a", Room: "r3", Assignment: 1, Cause: "BACKLOG", At: at(101)},
			{Agent: "b", Room: "r4", Assignment: 1, Cause: "BACKLOG", At: at(151)},
		},
		Losses: []Loss{
			{Agent: "a", Room: "r0", Assignment: 1, At: at(102)}, // the inbox is told later than the room closed
			{Agent: "b", Room: "r1", Assignment: 1, At: at(152)},
		},
		Acks: []Ack{
			{Room: "r0", By: "a", ClientID: "answer", MessageID: "m1"},
			{Room: "r0", By: "", ClientID: "word", MessageID: "m2"},
			{Room: "r2", By: "", ClientID: "question", MessageID: "m3"},
		},
		Sights: []Sight{
			{Room: "r0", Reader: "", Seq: 3, ClientID: "answer", MessageID: "m1"},
			{Room: "r0", Reader: "a", Seq: 4, ClientID: "answer", MessageID: "m1"},
			{Room: "r0", Reader: "", Seq: 4, ClientID: "word", MessageID: "m2"},
			{Room: "r0", Reader: "a", Seq: 5, ClientID: "word", MessageID: "m2"},
			{Room: "r0", Reader: "a", Seq: 5, ClientID: "word", MessageID: "m2"}, // read again as history
			{Room: "r2", Reader: "", Seq: 3, ClientID: "question", MessageID: "m3"},
		},
		Views:  []View{{Room: "r0", Reader: ""}, {Room: "r0", Reader: "a"}, {Room: "r2", Reader: ""}},
		Limits: map[string]int{"a": 1, "b": 1},
	}
	listed(l)
	return l
}

// listed gives the log the list that a node would give that did what the calls saw.
func listed(l *Log) {
	l.Listed = []Listed{}
	for _, c := range l.Calls {
		if c.Room != "" {
			l.Listed = append(l.Listed, Listed{Room: c.Room, RequestedAt: c.OpenedAt, ClosedAt: c.ClosedAt, EndedBy: c.EndedBy, Assignments: len(c.Assigned)})
		}
	}
}

func failing(results []Result) []string {
	var names []string
	for _, r := range results {
		if r.Failed() {
			names = append(names, r.Name)
		}
	}
	return names
}

func TestAnHonestLogPasses(t *testing.T) {
	results := honest().Check()
	if AnyFailed(results) {
		t.Errorf("%+v", results)
	}
	for _, r := range results {
		if r.Name != "refusals" && r.Judged == 0 {
			t.Errorf("%s judged nothing", r.Name)
		}
	}
}

// Each row breaks one promise in the honest log, and exactly that check must say so.
func TestEveryCheckCanFail(t *testing.T) {
	covered := map[string]bool{}
	for _, c := range []struct {
		what, check, row string
		breaks           func(*Log)
	}{
		{"a call that was refused", "conservation", `call 5: refused with "no_agent"`, func(l *Log) { l.Calls[5].Outcome, l.Calls[5].Code = "refused", "no_agent" }},
		{"a call without a room", "conservation", "call 5: unaccounted", func(l *Log) { l.Calls[5] = CallLog{Index: 5} }},
		{"a room closed by nobody who should", "conservation", `ended by "AUTO"`, func(l *Log) { l.Calls[3].EndedBy = "AUTO" }},
		{"an agent's end without an assignment", "conservation", "call 2: unaccounted", func(l *Log) { l.Calls[2].EndedBy = "AGENT" }},
		{"two customers in one room", "conservation", "call 5: shares room r2 with call 2", func(l *Log) { l.Calls[5].Room = "r2" }},

		{"a list that was not read", "conservation", "was not read", func(l *Log) { l.Listed = nil }},
		{"a room that the node does not list", "conservation", "call 3: room r3 is not in the node's list", func(l *Log) { l.Listed = append(l.Listed[:3], l.Listed[4:]...) }},
		{"a request that was done twice", "conservation", "room r9 of customer c is in the node's list and no call's", func(l *Log) {
			l.Listed = append(l.Listed, Listed{Room: "r9", Customer: "c"})
		}},
		{"a room twice in the list", "conservation", "room r0 is twice in the node's list", func(l *Log) { l.Listed = append(l.Listed, l.Listed[0]) }},
		{"another end in the list", "conservation", `by "AGENT", in the node's list`, func(l *Log) { l.Listed[0].EndedBy = "CUSTOMER" }},
		{"an open room in the list", "conservation", "call 0: room r0 ended", func(l *Log) { l.Listed[0].ClosedAt = time.Time{} }},
		{"an assignment nobody saw", "conservation", "was assigned 1 times, in the node's list 2 times", func(l *Log) { l.Listed[0].Assignments = 2 }},

		{"one assignment at two agents", "one holder", "room r3: assignment 1 was given to a and to b", func(l *Log) {
			l.Calls[3].ClosedAt = at(149) // so that b's limit is not broken as well
			l.Calls[1].ClosedAt = at(99)
			l.Gains = append(l.Gains, Gain{Agent: "b", Room: "r3", Assignment: 1, Cause: "BACKLOG", At: at(101)})
		}},
		{"a hole in the numbers", "one holder", "room r3: the first assignment anybody was told of is number 2 (a)", func(l *Log) { l.Gains[2].Assignment = 2 }},
		{"a second holder while the first was never told", "one holder", "a was never told that it lost 1", reassigned(nil)},
		{"a second holder before the first has lost", "one holder", "a and b both held it", reassigned(&Loss{Agent: "a", Room: "r3", Assignment: 1, At: at(170)})},

		{"the later request first", "fifo", "call 4 (room r4) asked", func(l *Log) {
			l.Calls[4].Assigned[0], l.Calls[3].Assigned[0] = at(100), at(150)
			l.Gains[2].Room, l.Gains[3].Room = "r4", "r3"
		}},
		{"one millisecond is enough", "fifo", "call 4 (room r4) asked", func(l *Log) {
			l.Calls[3].Assigned[0] = at(151)
			l.Gains[2], l.Gains[3] = Gain{Agent: "a", Room: "r4", Assignment: 1, At: at(151)}, Gain{Agent: "b", Room: "r3", Assignment: 1, At: at(152)}
		}},
		{"a request assigned at entry past the line", "fifo", "call 6 (room r6) asked", func(l *Log) {
			l.Calls = append(l.Calls, CallLog{Index: 6, Room: "r6", OpenedAt: at(255), Assigned: []time.Time{at(256)}, ClosedAt: at(260), EndedBy: "AGENT"})
		}},
		{"the earlier one gives up after it was passed", "fifo", "ended unassigned", func(l *Log) {
			l.Calls[3].Assigned, l.Calls[3].ClosedAt, l.Calls[3].EndedBy = nil, at(160), "CUSTOMER"
			l.Gains = append(l.Gains[:2], l.Gains[3])
		}},

		{"a second room before the first has closed", "limit", "a held 2 rooms from", func(l *Log) { l.Calls[3].Assigned[0], l.Calls[0].ClosedAt = at(99), at(100); l.Losses = nil }},
		{"a room that never closed counts on", "limit", "b held 2 rooms from", func(l *Log) {
			l.Calls[1].ClosedAt, l.Calls[1].EndedBy = time.Time{}, ""
			l.Losses = l.Losses[:1]
		}},

		{"an acknowledged message that is nowhere", "messages", "message question of the customer in room r2 was acknowledged and is not in the stream of the customer", func(l *Log) { l.Sights = l.Sights[:5] }},
		{"it reached one side only", "messages", "message answer of a in room r0 was acknowledged and is not in the stream of the customer", func(l *Log) { l.Sights = l.Sights[1:] }},
		{"a message twice", "messages", "message word of the customer in room r0 is 2 times in the stream of a", func(l *Log) {
			l.Sights = append(l.Sights, Sight{Room: "r0", Reader: "a", Seq: 9, ClientID: "word", MessageID: "m9"})
		}},
		{"twice also counts in a stream that has holes", "messages", "is 2 times in the stream of b", func(l *Log) {
			for _, seq := range []uint64{7, 8} {
				l.Sights = append(l.Sights, Sight{Room: "r2", Reader: "b", Seq: seq, ClientID: "question", MessageID: "m3"})
			}
		}},
		{"another id than acknowledged", "messages", "was acknowledged as m3 and is m4", func(l *Log) { l.Sights[5].MessageID = "m4" }},

		{"a refusal", "refusals", "a: message.send was refused with not_assigned", func(l *Log) { l.Refusals = []RefusalSeen{{"a", "message.send", "not_assigned", "held by another"}} }},
		{"a foreign room", "refusals", "room r9 is of no customer", func(l *Log) { l.Foreign = []string{"r9"} }},
	} {
		l := honest()
		c.breaks(l)
		if c.check != "conservation" {
			listed(l)
		}
		results := l.Check()
		if got := strings.Join(failing(results), ", "); got != c.check {
			t.Errorf("%s: %q failed, want %q\n%+v", c.what, got, c.check, results)
			continue
		}
		for _, r := range results {
			if r.Failed() && !strings.Contains(strings.Join(r.Rows, "\n"), c.row) {
				t.Errorf("%s: rows %q, want %q among them", c.what, r.Rows, c.row)
			}
		}
		covered[c.check] = true
	}
	for _, c := range checks {
		if !covered[c.name] {
			t.Errorf("no case breaks %q", c.name)
		}
	}
}

// reassigned gives room r3 to b at 160, after b's own room has closed.
func reassigned(told *Loss) func(*Log) {
	return func(l *Log) {
		l.Calls[4].ClosedAt = at(155)
		l.Calls[3].Assigned = append(l.Calls[3].Assigned, at(160))
		l.Gains = append(l.Gains, Gain{Agent: "b", Room: "r3", Assignment: 2, Cause: "MANAGER_CHANGE", At: at(160)})
		if told != nil {
			l.Losses = append(l.Losses, *told)
		}
	}
}

func TestAReassignmentThatWasToldIsNoFault(t *testing.T) {
	l := honest()
	reassigned(&Loss{Agent: "a", Room: "r3", Assignment: 1, At: at(160)})(l)
	listed(l)
	if results := l.Check(); AnyFailed(results) {
		t.Errorf("%+v", results)
	}
}

// Zero tolerance is about what the stamps order; equal stamps order nothing.
func TestEqualMillisecondsOrderNothing(t *testing.T) {
	for what, change := range map[string]func(*Log){
		"asked in the same millisecond": func(l *Log) {
			l.Calls[4].OpenedAt = at(20)
			l.Calls[4].Assigned[0], l.Calls[3].Assigned[0] = at(100), at(150)
		},
		"assigned in the same millisecond": func(l *Log) { l.Calls[3].Assigned[0] = at(150) },
		"not yet in the line":              func(l *Log) { l.Calls[3].QueuedAt, l.Calls[3].Assigned[0] = at(150), at(151) },
	} {
		l := honest()
		change(l)
		r := Result{}
		if fifo(l, &r); r.Failed() {
			t.Errorf("%s: %v", what, r.Rows)
		}
	}
}

func TestFailingRowsAreBounded(t *testing.T) {
	l := &Log{Calls: make([]CallLog, rowsMax+7), Listed: []Listed{}}
	r := Result{}
	if conservation(l, &r); len(r.Rows) != rowsMax || r.Left != 7 {
		t.Errorf("%d rows, %d left off", len(r.Rows), r.Left)
	}
}

// TestFifoByTurn: two rooms accept their seats side by side, so the stamps may be in the other
// order by a millisecond; the turns say which seat was given first. Seen on a real day at speed
// 60: the earlier request had the earlier turn and the later stamp.
func TestFifoByTurn(t *testing.T) {
	start := time.Date(1999, 2, 3, 9, 0, 0, 0, time.UTC)
	call := func(i int, room string, asked, assigned int) CallLog {
		return CallLog{
			Index: i, Room: room, OpenedAt: start.Add(time.Duration(asked) * time.Millisecond),
			QueuedAt: start.Add(time.Duration(asked) * time.Millisecond), Assigned: []time.Time{start.Add(time.Duration(assigned) * time.Millisecond)},
		}
	}
	judge := func(first, second uint64) bool {
		l := &Log{Calls: []CallLog{call(1, "r1", 0, 1246), call(2, "r2", 500, 1245)}, Gains: []Gain{
			{Room: "r1", Assignment: 1, Turn: first}, {Room: "r2", Assignment: 1, Turn: second},
		}}
		var r Result
		fifo(l, &r)
		return r.Failed()
	}
	if judge(7, 8) {
		t.Error("the earlier request had the earlier turn, and was said to be passed")
	}
	if !judge(8, 7) {
		t.Error("the later request had the earlier turn, and nothing was said")
	}
	if !judge(0, 0) {
		t.Error("without turns the stamps count")
	}
}
