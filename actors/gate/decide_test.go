package gate

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"testing"

	"switchyard/protocol"
)

//go:embed testdata/gate.txt
var gateText string

// line is a row of the domain's text: its cells, as they stand there.
type line struct {
	name                                         string
	hours, need, mode, policy, backlog, eligible string
	state, messages, lock, refusal               string
	customerText, charge                         string
}

// lines reads testdata/gate.txt.
func lines(t *testing.T) []line {
	t.Helper()
	var ls []line
	for text := range strings.Lines(gateText) {
		if !strings.HasPrefix(text, "|") {
			continue
		}
		c := strings.Split(strings.Trim(strings.TrimSpace(text), "|"), "|")
		if len(c) != 15 {
			t.Fatalf("%d columns in %s", len(c), text)
		}
		for i := range c {
			c[i] = strings.TrimSpace(c[i])
		}
		ls = append(ls, line{
			name:  c[0],
			hours: c[1], need: c[2], mode: c[3], policy: c[4], backlog: c[5], eligible: c[6],
			state: c[7], messages: c[8], lock: c[9], refusal: c[10],
			customerText: c[11], charge: c[14],
		})
	}
	return ls
}

// cellFits compares a cell with a value's name, knowing the domain's words for "whatever".
func cellFits(cell, value string) bool {
	switch cell {
	case "any", "n/a", "n/a (=WAIT)", "ignored", "-":
		return true
	}
	return cell == value
}

func yesNo(b bool) string {
	if b {
		return "Y"
	}
	return "N"
}

func (l line) fits(q Question) bool {
	return cellFits(l.hours, q.Hours.String()) && cellFits(l.need, yesNo(q.Need)) && cellFits(l.mode, q.Mode.String()) &&
		cellFits(l.policy, q.Policy.String()) && cellFits(l.backlog, q.Backlog.String()) && cellFits(l.eligible, yesNo(q.Eligible))
}

// want is the text's outcome, written as describe writes an answer.
func (l line) want() string {
	state := map[string]string{"closed at once": "rejected CLOSED"}[l.state]
	if state == "" {
		state = l.state
	}
	return fmt.Sprintf("%s %s [%s] lock %v refusal %v charge at prompt %v",
		l.name, state, l.messages, l.lock == "yes", l.refusal == "yes", l.charge == "at M-PROMPT")
}

func describe(a Answer) string {
	state := a.State.String()
	if a.Reject {
		state = "rejected " + state
	}
	var messages []string
	for _, m := range a.Messages {
		messages = append(messages, m.String())
	}
	return fmt.Sprintf("G-%02d %s [%s] lock %v refusal %v charge at prompt %v",
		a.Row, state, strings.Join(messages, " + "), a.AssignLock, a.RefusalArmed, a.ChargeAtPrompt)
}

// questions are all there are: 3 x 2 x 3 x 2 x 2 x 2.
func questions() []Question {
	var qs []Question
	for _, hours := range []protocol.Hours{protocol.InHours, protocol.OutIntake, protocol.OutClosed} {
		for _, mode := range []protocol.Mode{protocol.Auto, protocol.Manual, protocol.Hybrid} {
			for _, policy := range []protocol.Policy{protocol.PolicyWait, protocol.PolicyAssign} {
				for _, backlog := range []protocol.Backlog{protocol.BacklogAuto, protocol.BacklogManual} {
					for i := range 4 {
						qs = append(qs, Question{hours, i&1 == 1, mode, policy, backlog, i&2 == 2})
					}
				}
			}
		}
	}
	return qs
}

// every row G-01 … G-33 gives exactly the state, messages and locks stated.
// Every question fits exactly one row, of the code as of the text, and no row is idle.
func TestEveryQuestionHasOneRow(t *testing.T) {
	text := lines(t)
	if len(text) != 33 || rowMax != 33 {
		t.Fatalf("%d rows in the text, %d in the code", len(text), rowMax)
	}
	asked := map[string]int{}
	for _, q := range questions() {
		var inCode []string
		for n := 1; n <= rowMax; n++ {
			if table[n].fits(q) {
				inCode = append(inCode, fmt.Sprintf("G-%02d", n))
			}
		}
		var inText []line
		for _, l := range text {
			if l.fits(q) {
				inText = append(inText, l)
			}
		}
		if len(inCode) != 1 || len(inText) != 1 {
			t.Errorf("%+v fits %v in the code and %v in the text", q, inCode, inText)
			continue
		}
		if got, want := describe(Decide(q)), inText[0].want(); got != want {
			t.Errorf("%+v\n got %s\nwant %s", q, got, want)
		}
		asked[inText[0].name]++
	}
	for _, l := range text {
		if asked[l.name] == 0 {
			t.Errorf("no question leads to %s", l.name)
		}
	}
}

// A column that does not matter in a row takes any value, also none: a site without a
// profile bot has no policy, and nobody looks for an agent outside hours.
func TestWhatDoesNotMatter(t *testing.T) {
	for _, q := range questions() {
		want := Decide(q).Row
		l := lines(t)[want-1]
		var changed []Question
		each := func(cell string, n int, change func(*Question, int)) {
			for i := range n {
				if cell != "any" && cell != "-" && cell != "ignored" && !strings.HasPrefix(cell, "n/a") {
					return
				}
				c := q
				change(&c, i)
				changed = append(changed, c)
			}
		}
		each(l.need, 2, func(c *Question, i int) { c.Need = i == 1 })
		each(l.mode, 4, func(c *Question, i int) { c.Mode = protocol.Mode(i) })
		each(l.policy, 4, func(c *Question, i int) { c.Policy = protocol.Policy(i) })
		each(l.backlog, 3, func(c *Question, i int) { c.Backlog = protocol.Backlog(i) })
		each(l.eligible, 2, func(c *Question, i int) { c.Eligible = i == 1 })
		for _, c := range changed {
			if got := Decide(c).Row; got != want {
				t.Errorf("%+v is G-%02d, but %+v G-%02d", q, want, c, got)
			}
		}
	}
}

// The columns of the text agree with one another and with the other rules.
func TestTableAgreesWithItself(t *testing.T) {
	order := []protocol.TextCode{protocol.MTitle, protocol.MGreet, protocol.MFixed, protocol.MAfterHours, protocol.MPrompt}
	for _, l := range lines(t) {
		if (l.refusal == "yes") != (l.customerText == "M-REFUSE each time") {
			t.Errorf("%s: refusal %s, but a text is answered by %q (R-067)", l.name, l.refusal, l.customerText)
		}
	}
	for n, a := range answers[1:] {
		prompt := slices.Contains(a.Messages, protocol.MPrompt)
		places := make([]int, len(a.Messages))
		for i, m := range a.Messages {
			places[i] = slices.Index(order, m)
		}
		if a.Row != n+1 || len(a.Messages) == 0 || !slices.IsSorted(places) || slices.Contains(places, -1) {
			t.Errorf("G-%02d: messages %v, order of 5.2 rule 2 (R-083)", n+1, a.Messages)
		}
		if a.ChargeAtPrompt != prompt {
			t.Errorf("G-%02d: prompt %v, charge at prompt %v (19.2)", n+1, prompt, a.ChargeAtPrompt)
		}
		if a.Reject != (a.State == protocol.Closed) || a.Reject && prompt {
			t.Errorf("G-%02d: rejected %v, state %v, prompt %v (R-041)", n+1, a.Reject, a.State, prompt)
		}
		if titled := slices.Contains(a.Messages, protocol.MTitle); titled != (a.State == protocol.Received) {
			t.Errorf("G-%02d: title %v in %v (R-063, R-065)", n+1, titled, a.State)
		}
		if a.AssignLock && !a.RefusalArmed || a.RefusalArmed != (prompt && a.State == protocol.Waiting) {
			t.Errorf("G-%02d: lock %v, refusal %v in %v (7.3, R-064, R-070)", n+1, a.AssignLock, a.RefusalArmed, a.State)
		}
	}
}

// SeatNow is the column "agent eligible now": a seat is asked for exactly where it
// can lead to RECEIVED, and where it is not, the answer does not depend on one.
func TestSeatNowAgreesWithTable(t *testing.T) {
	for _, q := range questions() {
		with, without := q, q
		with.Eligible, without.Eligible = true, false
		seat := SeatNow(q.Hours, q.Need, q.Mode, q.Policy)
		if got := Decide(with).State == protocol.Received; got != seat {
			t.Errorf("%+v: SeatNow %v, but with an agent %s", q, seat, describe(Decide(with)))
		}
		if !seat && Decide(with).Row != Decide(without).Row {
			t.Errorf("%+v: no seat is asked for, but it would matter", q)
		}
		if Decide(without).State == protocol.Received {
			t.Errorf("%+v: received by nobody", without)
		}
	}
}

// LockIfWaiting is 7.3 as the rows have it that wait.
func TestLockIfWaitingAgreesWithTable(t *testing.T) {
	for _, q := range questions() {
		a := Decide(q)
		if a.State != protocol.Waiting {
			continue
		}
		if lock, refusal := LockIfWaiting(q.Need, q.Mode, q.Policy); lock != a.AssignLock || refusal != a.RefusalArmed {
			t.Errorf("%+v: locks %v, %v; the row says %s", q, lock, refusal, describe(a))
		}
	}
}

// The walk-throughs of domain 7.6 at their first step, and the acceptance scenarios' gates.
func TestWalkThroughs(t *testing.T) {
	defaults := protocol.DefaultSettings()
	q := func(hours protocol.Hours, need bool, change func(*protocol.Settings)) Question {
		s := defaults
		change(&s)
		return Question{Hours: hours, Need: need, Mode: s.Mode, Policy: s.EffectivePolicy(), Backlog: s.Backlog, Eligible: true}
	}
	wait := func(s *protocol.Settings) { s.Profile.Policy = protocol.PolicyWait }
	for _, c := range []struct {
		what string
		q    Question
		want string
	}{
		{"W-1, A-02", q(protocol.InHours, true, func(*protocol.Settings) {}), "G-23 RECEIVED [M-TITLE + M-GREET + M-PROMPT] lock false refusal false charge at prompt true"},
		{"W-2, W-7, A-03", q(protocol.InHours, true, wait), "G-26 WAITING [M-FIXED + M-PROMPT] lock true refusal true charge at prompt true"},
		{"W-3, A-04", q(protocol.InHours, true, func(s *protocol.Settings) { wait(s); s.Backlog = protocol.BacklogManual }), "G-27 WAITING [M-FIXED + M-PROMPT] lock true refusal true charge at prompt true"},
		{"W-4, A-05, R-051, R-066", q(protocol.InHours, true, func(s *protocol.Settings) { s.Mode = protocol.Manual }), "G-33 WAITING [M-FIXED + M-PROMPT] lock true refusal true charge at prompt true"},
		{"W-5, A-07", q(protocol.OutIntake, true, func(*protocol.Settings) {}), "G-07 WAITING [M-AH + M-PROMPT] lock false refusal true charge at prompt true"},
		{"W-6, A-06", q(protocol.OutClosed, true, func(*protocol.Settings) {}), "G-01 rejected CLOSED [M-AH] lock false refusal false charge at prompt false"},
		{"W-9, A-01, A-27", q(protocol.InHours, false, wait), "G-16 RECEIVED [M-TITLE + M-GREET] lock false refusal false charge at prompt false"},
	} {
		if got := describe(Decide(c.q)); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.what, got, c.want)
		}
	}
}

// A question with a value that does not exist, or without one that matters, is a mistake.
func TestNoRow(t *testing.T) {
	good := Question{protocol.InHours, true, protocol.Auto, protocol.PolicyAssign, protocol.BacklogAuto, false}
	for what, spoil := range map[string]func(*Question){
		"no hours":      func(q *Question) { q.Hours = 0 },
		"hours 4":       func(q *Question) { q.Hours = 4 },
		"no mode":       func(q *Question) { q.Mode = 0 },
		"mode 4":        func(q *Question) { q.Mode = 4 },
		"no policy":     func(q *Question) { q.Policy = 0 },
		"policy REJECT": func(q *Question) { q.Policy = protocol.PolicyReject },
		"policy 4":      func(q *Question) { q.Policy = 4 },
		"no backlog":    func(q *Question) { q.Backlog = 0 },
		"backlog 3":     func(q *Question) { q.Backlog = 3 },
		"backlog 4":     func(q *Question) { q.Backlog = 4 },
	} {
		q := good
		spoil(&q)
		func() {
			defer func() {
				if got := fmt.Sprint(recover()); !strings.HasPrefix(got, "gate: no row for {Hours:") {
					t.Errorf("%s: %s", what, got)
				}
			}()
			Decide(q)
		}()
	}
}

func TestDecideAllocatesNothing(t *testing.T) {
	qs := questions()
	s := protocol.DefaultSettings()
	s.Profile.Enabled = true
	if n := testing.AllocsPerRun(100, func() {
		for _, q := range qs {
			q.Need = Need(&s.Profile, 0, false)
			q.Eligible = SeatNow(q.Hours, q.Need, q.Mode, q.Policy)
			Decide(q)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkDecide(b *testing.B) {
	qs := questions()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		Decide(qs[i%len(qs)])
	}
}
