package gate

import (
	"fmt"

	"switchyard/protocol"
)

// Question is what the gate looks at, taken once per connection request (I-16).
type Question struct {
	Hours    protocol.Hours
	Need     bool            // a profile has to be asked for: Need
	Mode     protocol.Mode   // distribution.mode
	Policy   protocol.Policy // WAIT or ASSIGN, as it acts: Settings.EffectivePolicy. Without Need it does not matter
	Backlog  protocol.Backlog
	Eligible bool // an agent is eligible now and has a seat for the room. Where SeatNow says no it does not matter
}

// Answer is a row of the table.
type Answer struct {
	Row          int                 // 1 for G-01, up to 33
	Reject       bool                // the request is refused: the room closes at once (S-09)
	State        protocol.RoomState  // Waiting or Received; Closed if rejected, which is BotClosed where a bot ran
	Messages     []protocol.TextCode // to be sent, in this order. Shared by all answers: read only
	AssignLock   bool                // nobody but a manager may assign the room before the profile is in (7.3)
	RefusalArmed bool                // customer messages are answered with M-REFUSE before the profile is in (7.3)
	// A Kakao room without a chatbot is charged when the prompt is sent, not at the first agent message (19.2).
	ChargeAtPrompt bool
}

// Decide is the gate: the row of domain 7.4 that fits the question. M-BUSY and
// M-QUEUE are not the table's (5.2 rule 2, P-9): the room puts them before M-PROMPT.
//
// A question with a value that does not exist, or without one that matters, has no
// row; it is a mistake of the caller, and Decide panics.
func Decide(q Question) Answer {
	if q.Hours <= 3 && q.Mode <= 3 && q.Policy <= 3 && q.Backlog <= 3 {
		if r := rowOf[q.index()]; r != 0 {
			return answers[r]
		}
	}
	panic(fmt.Sprintf("gate: no row for %+v", q))
}

// rowOf gives the row of every question by its index. The table is made to be read
// and would be searched line by line; a question is one load from a kilobyte
// instead, and the table stays the only place where the rules are written.
var rowOf = func() (rows [1 << 10]uint8) {
	for i := range rows {
		for n := 1; n <= rowMax; n++ {
			if table[n].fits(questionOf(i)) {
				rows[i] = uint8(n)
			}
		}
	}
	return rows
}()

// answers are the right half of the table, by row.
var answers = func() (as [rowMax + 1]Answer) {
	for n := 1; n <= rowMax; n++ {
		r := &table[n]
		as[n] = Answer{
			Row: n, Reject: r.state == closed, State: r.state, Messages: r.say,
			AssignLock: r.lock == yes, RefusalArmed: r.refusal == yes, ChargeAtPrompt: r.charge == atPrompt,
		}
	}
	return as
}()

// fits says whether the question belongs to the row.
func (r *row) fits(q Question) bool {
	return r.hours.has(uint8(q.Hours)) && r.need.has(bit(q.Need)) && r.mode.has(uint8(q.Mode)) &&
		r.policy.has(uint8(q.Policy)) && r.backlog.has(uint8(q.Backlog)) && r.eligible.has(bit(q.Eligible))
}

// index packs the question into ten bits; questionOf unpacks it.
func (q Question) index() int {
	return int(q.Hours)<<8 | int(q.Mode)<<6 | int(q.Policy)<<4 | int(q.Backlog)<<2 | int(bit(q.Need))<<1 | int(bit(q.Eligible))
}

func questionOf(i int) Question {
	return Question{
		Hours: protocol.Hours(i >> 8), Mode: protocol.Mode(i >> 6 & 3), Policy: protocol.Policy(i >> 4 & 3),
		Backlog: protocol.Backlog(i >> 2 & 3), Need: i>>1&1 == 1, Eligible: i&1 == 1,
	}
}

func bit(b bool) uint8 {
	if b {
		return 1
	}
	return 0
}
