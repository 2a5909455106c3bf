package gate

import "switchyard/protocol"

// table is the gate decision table of domain 7.4: one row a line, in its order and
// with its words; the number before a row is its name, 1 for G-01. What the room
// does later in its row (the columns that are not here) follows from the state, the
// locks and the settings, and is the room's and the queue's business.
//
// Every possible question fits exactly one row; the test asks them all. The columns:
// hours, need, mode, policy, backlog, eligible; state, messages, assign-lock,
// refusal armed, Kakao charge.
var table = [...]row{
	1:  {outOff, all, all, all, all, all, closed, ah, dash, dash, never},
	2:  {outOn, no, auto, na, unaided, dash, waiting, ah, no, no, atAnswer},
	3:  {outOn, no, auto, na, byHand, dash, waiting, ah, no, no, atAnswer},
	4:  {outOn, no, hybrid, na, unaided, dash, waiting, ah, no, no, atAnswer},
	5:  {outOn, no, hybrid, na, byHand, dash, waiting, ah, no, no, atAnswer},
	6:  {outOn, no, manual, na, ignored, dash, waiting, ah, no, no, atAnswer},
	7:  {outOn, yes, auto, assign, unaided, dash, waiting, ahPrompt, no, yes, atPrompt},
	8:  {outOn, yes, auto, assign, byHand, dash, waiting, ahPrompt, no, yes, atPrompt},
	9:  {outOn, yes, auto, wait, unaided, dash, waiting, ahPrompt, yes, yes, atPrompt},
	10: {outOn, yes, auto, wait, byHand, dash, waiting, ahPrompt, yes, yes, atPrompt},
	11: {outOn, yes, hybrid, assign, unaided, dash, waiting, ahPrompt, no, yes, atPrompt},
	12: {outOn, yes, hybrid, assign, byHand, dash, waiting, ahPrompt, no, yes, atPrompt},
	13: {outOn, yes, hybrid, wait, unaided, dash, waiting, ahPrompt, yes, yes, atPrompt},
	14: {outOn, yes, hybrid, wait, byHand, dash, waiting, ahPrompt, yes, yes, atPrompt},
	15: {outOn, yes, manual, na, ignored, dash, waiting, ahPrompt, yes, yes, atPrompt},
	16: {in, no, auto, na, all, yes, received, titleGreet, no, no, atAnswer},
	17: {in, no, auto, na, unaided, no, waiting, fixed, no, no, atAnswer},
	18: {in, no, auto, na, byHand, no, waiting, fixed, no, no, atAnswer},
	19: {in, no, hybrid, na, all, yes, received, titleGreet, no, no, atAnswer},
	20: {in, no, hybrid, na, unaided, no, waiting, fixed, no, no, atAnswer},
	21: {in, no, hybrid, na, byHand, no, waiting, fixed, no, no, atAnswer},
	22: {in, no, manual, na, ignored, dash, waiting, fixed, no, no, atAnswer},
	23: {in, yes, auto, assign, all, yes, received, titleGreetPrompt, no, no, atPrompt},
	24: {in, yes, auto, assign, unaided, no, waiting, fixedPrompt, no, yes, atPrompt},
	25: {in, yes, auto, assign, byHand, no, waiting, fixedPrompt, no, yes, atPrompt},
	26: {in, yes, auto, wait, unaided, all, waiting, fixedPrompt, yes, yes, atPrompt},
	27: {in, yes, auto, wait, byHand, all, waiting, fixedPrompt, yes, yes, atPrompt},
	28: {in, yes, hybrid, assign, all, yes, received, titleGreetPrompt, no, no, atPrompt},
	29: {in, yes, hybrid, assign, unaided, no, waiting, fixedPrompt, no, yes, atPrompt},
	30: {in, yes, hybrid, assign, byHand, no, waiting, fixedPrompt, no, yes, atPrompt},
	31: {in, yes, hybrid, wait, unaided, all, waiting, fixedPrompt, yes, yes, atPrompt},
	32: {in, yes, hybrid, wait, byHand, all, waiting, fixedPrompt, yes, yes, atPrompt},
	33: {in, yes, manual, na, ignored, dash, waiting, fixedPrompt, yes, yes, atPrompt},
}

// rowMax is the number of the last row.
const rowMax = len(table) - 1

// row is a line of the table. The columns of the question hold sets of values.
type row struct {
	hours, need, mode, policy, backlog, eligible set

	state   protocol.RoomState
	say     []protocol.TextCode
	lock    set // yes, no or dash
	refusal set // yes, no or dash
	charge  charge
}

// set holds values of one column, a bit for each.
type set uint8

func (s set) has(v uint8) bool { return s&(1<<v) != 0 }

// The words of the table's columns.
const (
	in     set = 1 << protocol.InHours
	outOn  set = 1 << protocol.OutIntake
	outOff set = 1 << protocol.OutClosed

	auto   set = 1 << protocol.Auto
	manual set = 1 << protocol.Manual
	hybrid set = 1 << protocol.Hybrid

	wait   set = 1 << protocol.PolicyWait
	assign set = 1 << protocol.PolicyAssign

	unaided set = 1 << protocol.BacklogAuto   // AUTO: the backlog is assigned without a person
	byHand  set = 1 << protocol.BacklogManual // MANUAL

	no  set = 1 << 0
	yes set = 1 << 1

	// The ways of the domain to say that a column does not matter.
	all     set = 0xff // any
	na      set = all  // n/a, and n/a (=WAIT): the setting is hidden
	ignored set = all  // the mode overrides the setting
	dash    set = all  // not asked
)

const (
	closed   = protocol.Closed // at once; a room that a bot held becomes BOT_CLOSED (S-09)
	waiting  = protocol.Waiting
	received = protocol.Received
)

// charge says what makes a Kakao room without a chatbot cost its 100 won (domain 19.2).
type charge uint8

const (
	never charge = iota + 1
	atAnswer
	atPrompt
)

// The messages of a row, in the order of domain 5.2 rule 2.
var (
	ah               = []protocol.TextCode{protocol.MAfterHours}
	ahPrompt         = []protocol.TextCode{protocol.MAfterHours, protocol.MPrompt}
	fixed            = []protocol.TextCode{protocol.MFixed}
	fixedPrompt      = []protocol.TextCode{protocol.MFixed, protocol.MPrompt}
	titleGreet       = []protocol.TextCode{protocol.MTitle, protocol.MGreet}
	titleGreetPrompt = []protocol.TextCode{protocol.MTitle, protocol.MGreet, protocol.MPrompt}
)
