// Package queue is the mind of a site's distribution queue: one mailbox that sees
// the line and the loads, so that a limit holds under any burst (I-03, I-12). It
// owns I-02 (one taker), I-13 (first in, first out), I-14 and I-15 (fairness).
//
// It has no history of its own: its events are volatile, and at a start it is made
// from the open-room rows and two small rows (rows.go). The truth about who holds
// a room is the room's RoomAssigned; the queue reserves seats and keeps count.
//
// Start with state.go, then decide.go, then pass.go: how a waiting room gets its agent.
package queue

import (
	"time"

	"switchyard/actors/balancer"
	"switchyard/actors/core"
	"switchyard/protocol"
)

// Limits of a pass (architecture, seats).
const (
	sliceMax    = 256             // rooms offered a seat in one turn of the mailbox
	offersMax   = 1024            // seats offered and not answered yet
	offerPeriod = 5 * time.Second // an offer not answered by then is asked for
	changesMax  = 8192            // how far back a view can be told what changed
	spareMax    = 1024            // records of rooms that have gone, kept for those to come
)

// State is the line, the agents and the seats of one site.
type State struct {
	Addr  protocol.Address
	Log   core.Log // stays zero: nothing here is journaled
	facts *protocol.SiteFacts

	rooms  map[protocol.RoomID]*ref
	recent *ref    // of the room that an event touched last: the next one mostly touches the same
	spare  []*ref  // empty; nobody else points to them
	agents []agent // by slot; a slot is never reused
	slots  map[protocol.AccountID]int32
	keys   balancer.Keys // of the eligible agents, by slot
	pools  map[string]*pool
	order  []*pool // every pool, for the choice of the earliest head

	turn  uint64 // of the last reservation
	place uint64 // of the last request
	open  bool   // business hours, as last seen

	waiting int // rooms in the line, locked ones too
	onDuty  int // accounts on duty in scope
	full    int // of these, how many are at their limit

	proposals map[protocol.RoomID]*ref // rooms whose seat is offered to an agent; nil = never yet

	offers  []offer // not answered yet, oldest first; answered ones are dropped from the front
	pending int     // offers that count
	asked   bool    // a ContinuePass is on its way
	slice   int     // rooms offered in this turn

	moments moments // of the extras
	keen    []int32 // slots of agents who can get a room that waits for them alone

	cursors map[string]protocol.TurnRow             // of pools that are not there: not yet, after a start, or under other settings
	lasts   map[protocol.AccountID]protocol.TurnRow // of agents as they were at the start

	revision uint64
	changes  []change
}

// ref is one open room past its question.
type ref struct {
	room        protocol.RoomID
	requestedAt protocol.Instant
	place       uint64
	category    string
	channel     string // channel account
	pool        *pool
	lock        bool
	aside       bool // handed a seat back while waiting: stands aside until its next event

	lined      bool  // in the line
	in         *line // where it can be chosen; nil while locked or aside
	prev, next *ref  // there

	priority uint8
	last     int32            // slot of the agent of the customer's last consultation, -1 = none or not asked for
	until    protocol.Instant // waits for that agent alone until then; 0 = it does not
	missed   []int32          // who had it offered and did not accept
	stuck    bool             // everybody eligible has missed it
	proposed protocol.Instant // the offered seat waits for the agent's answer until then; 0 = it does not
	why      protocol.Why     // of that offer

	holder int32 // slot of the agent, -1 = none
	turn   uint64

	assignment uint32

	offered   int32 // slot of the agent whose seat is offered, -1 = none
	offerTurn uint64
	was       moved // what the reservation moved, for a hand-back
}

// moved is what a reservation moves besides the load: the agent's last turn and the ring's cursor.
type moved struct {
	last       uint64
	cursor     protocol.AccountID
	cursorAt   int32
	cursorTurn uint64
}

// agent is one account as the queue sees it.
type agent struct {
	id      protocol.AccountID
	name    string
	order   int32
	limit   int32 // 0 = unlimited
	known   bool  // an account of the site (a holder may have been removed since)
	scoped  bool
	taker   bool // 상담 진행 and not disabled: may take and be assigned by hand
	onDuty  bool
	want    protocol.Want
	conn    protocol.Conn
	load    int32  // seats held and reserved
	last    uint64 // turn of the last assignment of any cause
	granted uint64 // turn of the last one that a room has accepted; its row
	pools   []*pool
	many    []*pool // of these, the ones that want to hear of every change of the key
	counted bool    // in onDuty
	atLimit bool    // in full

	reported bool  // since the start
	online   bool  // on duty, online and present, as last seen
	ramp     int32 // automatic assignments that are left of the ramp
	rampGap  int32 // seconds between two of them
	resting  bool  // between two of them
	restTurn uint64
	wrapping int32 // seats kept for wrap-up
	own      *line // rooms that wait for this agent alone; nil = there never were any
}

// pool is the candidates of one selector value, and the rooms that wait for them.
type pool struct {
	key        string
	candidates balancer.Pool
	cursor     protocol.AccountID // of sequential distribution
	cursorAt   int32              // its order, -1 = none yet
	cursorTurn uint64
	line       line
	stuck      line // rooms that everybody eligible has missed
}

type offer struct {
	room protocol.RoomID
	turn uint64
	slot int32
	at   protocol.Instant
}

type change struct {
	revision uint64
	room     protocol.RoomID
	slot     int32 // -1 = it is the room
}

// Machine is the queue's mind.
var Machine = core.Machine[State]{
	Kind:     protocol.KindQueue,
	New:      newState,
	Log:      func(s *State) *core.Log { return &s.Log },
	Decide:   Decide,
	Apply:    Apply,
	Rows:     Rows,
	Deadline: Deadline,
	Check:    Check,
	Rebuild:  Rebuild,
	Reloads:  true,
}

func newState(a protocol.Address) *State {
	return &State{
		Addr: a, rooms: map[protocol.RoomID]*ref{}, slots: map[protocol.AccountID]int32{}, pools: map[string]*pool{},
		cursors: map[string]protocol.TurnRow{}, lasts: map[protocol.AccountID]protocol.TurnRow{},
	}
}

// there says whether the agent takes part in distribution at all: 9.2 without hours and seats.
func (s *State) there(a *agent) bool {
	return a.known && a.taker && a.scoped && s.present(a)
}

// present is duty, the agent's own choice, and, where the site asks for it, a socket.
func (s *State) present(a *agent) bool {
	return a.onDuty && a.want == protocol.WantOnline && (s.facts == nil || !s.facts.Settings.RequirePresence || a.conn == protocol.ConnUp)
}

// eligible is 9.2 without the hours, which the moment decides.
func (s *State) eligible(a *agent) bool {
	return s.there(a) && (a.limit == 0 || a.load < a.limit) && barred(a) == ""
}

// whyNot names the first rule of 9.2 that the agent fails; "" = eligible.
func (s *State) whyNot(a *agent) string {
	switch {
	case !a.known || !a.taker:
		return "not_consulting"
	case !a.scoped:
		return "out_of_scope"
	case !a.onDuty:
		return "off_duty"
	case a.want != protocol.WantOnline:
		return a.want.String()
	case s.facts != nil && s.facts.Settings.RequirePresence && a.conn != protocol.ConnUp:
		return "offline"
	case a.limit != 0 && a.load >= a.limit:
		return "limit_reached"
	}
	return barred(a)
}

// room is the record of an open room; nil = it is not here.
func (s *State) room(id protocol.RoomID) *ref {
	if r := s.recent; r != nil && r.room == id {
		return r
	}
	return s.rooms[id]
}

// touch is room for an event, which others of the same room are about to follow.
func (s *State) touch(id protocol.RoomID) *ref {
	r := s.room(id)
	if r != nil {
		s.recent = r
	}
	return r
}

func (s *State) slot(id protocol.AccountID) (int32, bool) { i, ok := s.slots[id]; return i, ok }
