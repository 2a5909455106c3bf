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
	"strings"
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
	spareMax    = 1024            // records that are kept although nobody needs one
	kindsMax    = 1024            // kinds, beyond which those without a room are dropped
)

// State is the line, the agents and the seats of one site.
type State struct {
	Addr  protocol.Address
	Log   core.Log // stays zero: nothing here is journaled
	facts *protocol.SiteFacts

	rooms    table
	waiters  records[waiter]
	rarer    records[rarity]
	still    waiter // of rooms without one
	recent   no     // the room that asked last, if none has gone since: most that follows is about it
	recentID protocol.RoomID
	kinds    []kind // by number; 0 is none
	kindNos  map[kindKey]no
	unused   []no // kinds without a name

	agents []agent // by slot; a slot is never reused
	slots  map[protocol.AccountID]int32
	owns   []line               // of agents who are waited for; the first is nobody's
	ids    []protocol.AccountID // by slot, side by side: an explanation names five
	keys   balancer.Keys        // of the eligible agents, by slot
	awake  int                  // pools of many agents that keep an order
	pools  map[string]*pool
	order  []*pool  // every pool, by its number
	lined  []uint64 // bit by pool: somebody stands in its line

	turn  uint64 // of the last reservation
	place uint64 // of the last request
	open  bool   // business hours, as last seen

	waiting int // rooms in the line, locked ones too
	onDuty  int // accounts on duty in scope
	full    int // of these, how many are at their limit

	proposals []no // waiters whose seat is offered to an agent

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

	steps steps // memory of Decide's, which means nothing between two steps
}

// ref is one open room past its question: all that there is of one that an agent has. There is one for each open room of a site,
// also while the room sleeps (PERF-3b): it is 48 bytes without a pointer, and wants to stay so.
type ref struct {
	id         protocol.Chance
	turn       uint64 // under which the holder has it
	holder     int32  // slot of the agent, -1 = none
	assignment uint32
	kind       no // its category and channel
	wait       no // its waiter; 0 = it needs none
	chain      no // the next room of its bucket
	open       bool
}

// waiter is what there is of a room beside its ref while it waits or a seat is on its way to it.
type waiter struct {
	room       no
	prev, next no    // in the line: waiters
	in         where // the line in which it can be chosen; 0 while locked or aside

	requestedAt protocol.Instant
	place       uint64
	until       protocol.Instant // waits for the last agent alone until then; 0 = it does not
	proposed    protocol.Instant // the offered seat waits for the agent's answer until then; 0 = it does not
	offerTurn   uint64
	wasLast     uint64 // last turn of the agent whose seat is offered, as it was before: for a hand-back

	last    int32 // slot of the agent of the customer's last consultation, -1 = none or not asked for
	offered int32 // slot of the agent whose seat is offered, -1 = none
	more    no    // its rarity; 0 = it needs none

	priority uint8
	lined    bool // in the line
	lock     bool
	aside    bool // handed a seat back while waiting: stands aside until its next event
	stuck    bool // everybody eligible has missed it
}

// rarity is what few waiters have.
type rarity struct {
	missed []int32      // who had the room offered and did not accept
	why    protocol.Why // of the offer to an agent
	was    cursor       // of the pool's ring before the reservation moved it, for a hand-back
}

// cursor is where the ring of a pool stands.
type cursor struct {
	account protocol.AccountID
	at      int32 // its order, -1 = none yet
	turn    uint64
}

// entry is an open room with its records; the zero value is none. The records belong to the state, and to another room when this
// one has gone.
type entry struct {
	no no
	*ref
	*waiter // the state's still, if it has none: read only
}

// kind is a category and a channel account with which rooms ask.
type kind struct {
	kindKey
	pool  *pool // nil before the first facts
	rooms int
}

type kindKey struct{ category, channel string }

// agent is one account as the queue sees it. What each of its assignments looks at is in front, in one line of a processor's cache:
// a site may have more agents than the cache can hold.
type agent struct {
	load     int32 // seats held and reserved
	limit    int32 // 0 = unlimited
	order    int32
	wrapping int32  // seats kept for wrap-up
	last     uint64 // turn of the last assignment of any cause
	granted  uint64 // turn of the last one that a room has accepted; its row
	name     string
	own      int32 // in owns: rooms that wait for this agent alone; 0 = there never were any

	known   bool // an account of the site (a holder may have been removed since)
	scoped  bool
	taker   bool // 상담 진행 and not disabled: may take and be assigned by hand
	onDuty  bool
	want    protocol.Want
	conn    protocol.Conn
	counted bool   // in onDuty
	atLimit bool   // in full
	resting bool   // between two automatic assignments of the ramp
	ramp    uint16 // automatic assignments that are left of the ramp

	// Here the second line begins.
	id       protocol.AccountID
	pools    []*pool
	many     int32 // of the pools, those that want to hear of every change of the key: they are in front
	rampGap  int32 // seconds between two assignments of the ramp
	restTurn uint64
	reported bool // since the start
	online   bool // on duty, online and present, as last seen
}

// pool is the candidates of one selector value, and the rooms that wait for them. What each choice looks at is in front, as in agent.
type pool struct {
	candidates balancer.Pool
	no         int32
	line       line
	stuck      line // rooms that everybody eligible has missed
	key        string
	cursor     cursor // of sequential distribution
	_          [48]byte
}

type offer struct {
	room no
	turn uint64
	slot int32
	at   protocol.Instant
}

type change struct {
	revision uint64
	room     protocol.Chance
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
		Addr: a, slots: map[protocol.AccountID]int32{}, pools: map[string]*pool{}, kinds: make([]kind, 1), kindNos: map[kindKey]no{}, still: stillness,
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

// stillness is the waiter of a room that needs none.
var stillness = waiter{last: -1, offered: -1}

// room finds an open room; it has no ref if it is not here.
func (s *State) room(id protocol.RoomID) entry {
	if s.recent != 0 && id == s.recentID {
		return s.at(s.recent)
	}
	return s.at(s.rooms.find(id))
}

// at is the room of a number, which is open, or 0.
func (s *State) at(n no) entry {
	if n == 0 {
		return entry{}
	}
	r := s.rooms.refs.at(n)
	if r.wait == 0 {
		return entry{n, r, &s.still}
	}
	return entry{n, r, s.waiters.at(r.wait)}
}

// openAt says whether a room of that number is here, for numbers that were noted some time ago.
func (s *State) openAt(n no) bool { return n <= s.rooms.refs.top && s.rooms.refs.at(n).open }

// waits gives the room a waiter, if it has none.
func (s *State) waits(r *entry) {
	if r.wait == 0 {
		r.wait, r.waiter = s.waiters.take()
		*r.waiter = stillness
		r.waiter.room = r.no
	}
}

// rests drops what a room that is simply held has no use for. Who has missed it is remembered.
func (s *State) rests(r *entry) {
	if r.wait == 0 || r.lined || r.offered >= 0 {
		return
	}
	if r.more != 0 {
		x := s.rarer.at(r.more)
		if len(x.missed) > 0 {
			return
		}
		s.rarer.give(r.more)
	}
	s.waiters.give(r.wait)
	r.wait, r.waiter = 0, &s.still
}

// rare gives the room's rarity, which is made if there is none.
func (s *State) rare(r entry) *rarity {
	if r.more == 0 {
		r.more, _ = s.rarer.take()
	}
	return s.rarer.at(r.more)
}

// missedBy is who had the room offered and did not accept.
func (s *State) missedBy(r entry) []int32 {
	if r.more == 0 {
		return nil
	}
	return s.rarer.at(r.more).missed
}

func (s *State) pool(r entry) *pool           { return s.kinds[r.kind].pool }
func (s *State) name(r entry) protocol.RoomID { return s.rooms.name(r.id) }

// allWaiters yields the rooms that have a waiter.
func (s *State) allWaiters(yield func(entry) bool) {
	for n := no(1); n <= s.waiters.top; n++ {
		if w := s.waiters.at(n); w.room != 0 && !yield(s.at(w.room)) {
			return
		}
	}
}

// asKind is the number of a category and channel; it is made if there is none, and counts a room.
func (s *State) asKind(k kindKey) no {
	n := s.kindNos[k]
	if n == 0 {
		if len(s.kindNos) >= kindsMax {
			s.dropKinds()
		}
		k = kindKey{strings.Clone(k.category), strings.Clone(k.channel)} // they may be pieces of a frame
		x := kind{kindKey: k, pool: s.poolOf(k.category, k.channel)}
		if i := len(s.unused); i > 0 {
			n, s.unused = s.unused[i-1], s.unused[:i-1]
			s.kinds[n] = x
		} else {
			n = no(len(s.kinds))
			s.kinds = append(s.kinds, x)
		}
		s.kindNos[k] = n
	}
	s.kinds[n].rooms++
	return n
}

// dropKinds forgets the kinds of which no room is left, if they are many.
func (s *State) dropKinds() {
	idle := 0
	for n := 1; n < len(s.kinds); n++ {
		idle += diff(false, s.kinds[n].rooms == 0)
	}
	if idle-len(s.unused) < len(s.kindNos)/2 {
		return
	}
	for n := 1; n < len(s.kinds); n++ {
		k := &s.kinds[n]
		if _, named := s.kindNos[k.kindKey]; named && k.rooms == 0 && s.kindNos[k.kindKey] == no(n) {
			delete(s.kindNos, k.kindKey)
			*k = kind{}
			s.unused = append(s.unused, no(n))
		}
	}
}

func (s *State) slot(id protocol.AccountID) (int32, bool) { i, ok := s.slots[id]; return i, ok }
