// Package room is the mind of one consultation: who holds it, what was said in
// it, what it waits for and when silence ends it. It owns I-01 (one holder),
// I-05 (one order), I-07 and I-08 (once per request), I-09 (closed once) and
// I-10 (a timer fires once per anchor).
//
// Start with state.go, then decide.go: what may happen, one file per act. apply.go
// says what becomes of it, deadline.go when silence matters.
package room

import (
	"time"

	"switchyard/actors/bot"
	"switchyard/actors/core"
	"switchyard/actors/report"
	"switchyard/protocol"
)

// State is a room as its history made it. It holds no texts: those are in the log. A node keeps hundreds of thousands of
// them in memory (PERF-3), so what most rooms never have is in Rare, and small facts stand together.
type State struct {
	Addr protocol.Address
	Log  core.Log
	*Rare

	Since       protocol.Instant
	CreatedAt   protocol.Instant
	RequestedAt protocol.Instant
	ClosedAt    protocol.Instant

	Customer  protocol.CustomerNo
	Key       protocol.CustomerKey
	Category  string
	Title     string
	Number    uint64
	Seal      uint64 // number of the customer's key
	LastAgent protocol.AccountID

	Holder     protocol.AccountID
	HolderName string
	Turn       uint64 // of the seat that the holder sits on
	Place      uint64
	Held       []string // the parts of the history's agent column (18.4)

	Silence anchor // T1, customer silence
	Delay   anchor // T2, agent delay

	Spoken protocol.Instant // when the newest chat message was written
	Asked  protocol.Instant // of the first customer message behind the agent's last word; 0 = the agent has it

	// Positions of messages that the other side has not read yet, oldest first.
	ForAgent    places
	ForCustomer places
	AgentRead   uint64 // desk/ position
	CustRead    uint64 // room/ position

	Writes writes // client ids of the last 24 h
	Hours  []mark // where in Writes an hour begins

	Figures *report.Consultation `json:",omitempty"` // for the reports; nil until an agent is bound or a bot talks

	RowDeadline protocol.Instant // what the open-room row says; may be early, never late
	RowNumber   uint64           // number of the last event that changes the row
	Changed     changed          // what the newest change was, for those outside

	Assignment uint32
	Memos      uint32
	Requests   uint32 // number of the newest request

	// State is 0 before the room exists, and while it is between its question to the
	// queue and the answer (Log.Number > 0): see Asking.
	State    protocol.RoomState
	Channel  protocol.Channel
	Grade    protocol.Grade
	Priority uint8 // class in the line
	Flag     protocol.Flag
	LastFrom protocol.Sender // of the last chat message by a customer or an agent
	EndActor protocol.EndActor
	Reason   protocol.EndReason
	Score    uint8 // of the customer's rating; 0 = none

	Need     bool // the profile was needed at the request (7.2)
	Lock     bool // assign_lock
	Refuse   bool // refusal_armed
	Prompted bool
	Consent  bool // the form showed the consent line
	Greeted  bool // M-GREET at most once per room (I-08)
	Answered bool // at least one agent response, by whomever
	Hold     bool
	Rejected bool
}

// Rare is what most rooms never have: a bot, an operator's channel, a form to fill in, tags, requests. Rooms without any of it share one
// value, which nobody writes to: writing begins with State.rare.
type Rare struct {
	ChannelAccount string
	Category3      string
	Joined         []protocol.CustomerKey // keys that came later and own the room as Key does, oldest first
	Params         []protocol.Param       // what the chat link brought, the newest of each

	Form   string // the token; "" once it was used
	Fields []byte // what the form asks, protocol.ProfileField each

	Bot        protocol.BotID // with which the room began; empty = none
	BotVersion uint64
	Position   bot.Position
	Displays   []display // the newest last

	Charged protocol.Date // billing day that was charged last (19.3); zero = none
	Tags    []string
	AlarmAt protocol.Instant
	Open    []openRequest        // those that nobody has decided
	Missed  []protocol.AccountID // who had it offered and did not accept
}

// ordinary is the Rare of a room that has none of it.
var ordinary = new(Rare)

// rare gives the room's own Rare, to write to.
func (s *State) rare() *Rare {
	if s.Rare == ordinary {
		s.Rare = new(Rare)
	}
	return s.Rare
}

func newState(a protocol.Address) *State { return &State{Addr: a, Rare: ordinary} }

// anchor is a timer: it runs while At is set.
type anchor struct {
	At      protocol.Instant
	Minutes int              // 0 = off
	Due     protocol.Instant // of a timer that counts opening hours only; 0 = it counts all
}

func (a anchor) deadline() protocol.Instant {
	if a.At == 0 || a.Minutes == 0 {
		return 0
	}
	if a.Due != 0 {
		return a.Due
	}
	return a.At.Add(time.Duration(a.Minutes) * time.Minute)
}

type place struct{ Desk, Room uint32 }

// write remembers a client's write in 8 bytes; a hit is confirmed from the log.
type write struct {
	Hash   uint32
	Number uint32
}

type mark struct {
	At    protocol.Instant
	Index int
}

// Limits of a room's memory.
const (
	unreadMax = 999            // more are counted as this many
	rememberF = 24 * time.Hour // client ids are remembered at least this long
)

// Exists says whether the room has a history.
func (s *State) Exists() bool { return s.Log.Number > 0 }

// Asking says whether the room has asked the queue and has no answer yet.
func (s *State) Asking() bool { return s.Exists() && s.State == 0 }

// Machine is the room's mind.
var Machine = core.Machine[State]{
	Kind:     protocol.KindRoom,
	New:      newState,
	Log:      func(s *State) *core.Log { return &s.Log },
	Needs:    Needs,
	Decide:   Decide,
	Apply:    Apply,
	Blind:    Blind,
	Rows:     Rows,
	Deadline: Deadline,
	Finished: func(s *State) bool { return s.ClosedAt != 0 },
	Check:    Check,
	Forget:   Forget,
	Outside:  Outside,
	Seal:     func(s *State) uint64 { return s.Seal },
	Snapshot: Snapshot,
	Restore:  Restore,
}
