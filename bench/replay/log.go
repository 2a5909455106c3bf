package replay

import (
	"sync"
	"time"
)

// Log is what a run saw, as plain values: the clients write it, figures, latencies
// and checks read it. Times called At are the server's, to the millisecond; times
// called Written and Noticed are the harness's own monotonic clock.
type Log struct {
	mu sync.Mutex

	Calls    []CallLog // by index of the plan
	Gains    []Gain    // in the order of arrival
	Losses   []Loss
	Ends     []End
	Onlines  []Online
	Acks     []Ack
	Sights   []Sight
	Views    []View
	Cuts     []Cut
	Refusals []RefusalSeen  // that nobody expected
	Foreign  []string       // rooms that agents got and no customer of the run asked for
	Listed   []Listed       // the node's own list, after the run
	Limits   map[string]int // per account
}

// CallLog is one call as its customer saw it.
type CallLog struct {
	Index    int
	Planned  time.Time // when it was to ask
	Written  time.Time // first write of room.start; zero = never written
	Room     string
	Outcome  string    // of room.start: accepted, queued, refused, pending
	Code     string    // why refused
	OpenedAt time.Time // requested_at of the node's list
	QueuedAt time.Time // room.state WAITING; zero = it did not wait
	Assigned []time.Time
	Agent    string // the name shown at the last assignment
	ClosedAt time.Time
	EndedBy  string // AGENT, CUSTOMER, MANAGER, AUTO
	GaveUp   bool   // its patience ran out before it saw an agent
}

// Gain is an inbox.gained.
type Gain struct {
	Agent, Room string
	Assignment  int
	Turn        uint64 // the site's order of seats; 0 = the node does not say
	Cause       string
	Seq         uint64
	At          time.Time
	Noticed     time.Time
	Replayed    bool // read after a reconnect: the notice is late by the outage
}

// Loss is an inbox.lost.
type Loss struct {
	Agent, Room, Reason string
	Assignment          int
	At                  time.Time
}

// End is a room.end that somebody wrote; the first write.
type End struct {
	Room, By string // By: an account, or "" for the customer
	Written  time.Time
}

// Online is an agent.status online; the first write.
type Online struct {
	Agent   string
	Written time.Time
}

// Ack is an acknowledged message.
type Ack struct {
	Room, By  string // By: an account, or "" for the customer
	ClientID  string
	MessageID string
}

// Sight is a message in a stream somebody follows. Reader is an account, or "" for the customer.
type Sight struct {
	Room, Reader        string
	Seq                 uint64
	ClientID, MessageID string
}

// View is a room's stream that a reader followed from its first event to its end, so that what is not in it is missing.
type View struct{ Room, Reader string }

// Listed is a room in the node's own list.
type Listed struct {
	Room        string    `json:"room"`
	Customer    string    `json:"customer"`
	RequestedAt time.Time `json:"requested_at"`
	ClosedAt    time.Time `json:"closed_at"` // zero = open
	EndedBy     string    `json:"ended_by"`
	Assignments int       `json:"assignments"` // of a closed room
}

// list takes the node's list in: the streams of customers do not show requested_at.
func (l *Log) list(rooms []Listed) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.Listed = rooms
	requested := map[string]time.Time{}
	for _, r := range rooms {
		requested[r.Room] = r.RequestedAt
	}
	for i := range l.Calls {
		if c := &l.Calls[i]; c.Room != "" {
			c.OpenedAt = requested[c.Room]
		}
	}
}

// Cut is a lost socket. Who is an account, or a call's room key "call N".
type Cut struct {
	Who string
	At  time.Time
}

// RefusalSeen is a refusal that has no place in a replay.
type RefusalSeen struct {
	Who, Command, Code, Text string
}

// NewLog is an empty log for a plan.
func NewLog(p *Plan) *Log {
	l := &Log{Calls: make([]CallLog, len(p.Calls)), Limits: map[string]int{}}
	for i := range l.Calls {
		l.Calls[i].Index = i
	}
	for _, a := range p.Agents {
		l.Limits[a.Account] = 1
	}
	return l
}

// write runs f alone on the log.
func (l *Log) write(f func(*Log)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f(l)
}

// call changes one call's entry.
func (l *Log) call(i int, f func(*CallLog)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f(&l.Calls[i])
}

// Fate is what became of a call.
type Fate uint8

// The fates. A room that never was, or was closed by somebody who had no reason to,
// is none of the first three.
const (
	FateServed Fate = iota + 1
	FateAbandoned
	FateOpen
	FateRefused // the node closed it at once and said why
	FateUnknown
)

var fateNames = [...]string{FateServed: "served", FateAbandoned: "abandoned", FateOpen: "still open", FateRefused: "refused", FateUnknown: "unaccounted"}

func (f Fate) String() string { return fateNames[f] }

// Fate judges by the server's own events: served is assigned and ended by the agent,
// abandoned is ended by the customer, open is not ended.
func (c *CallLog) Fate() Fate {
	switch {
	case c.Outcome == "refused":
		return FateRefused
	case c.Room == "":
		return FateUnknown
	case c.ClosedAt.IsZero():
		return FateOpen
	case c.EndedBy == "CUSTOMER":
		return FateAbandoned
	case c.EndedBy == "AGENT" && len(c.Assigned) > 0:
		return FateServed
	}
	return FateUnknown
}

// Wait is the server's time from the request to the first assignment, or to the end
// of a call that never was assigned; 0 for one that still waits.
func (c *CallLog) Wait() time.Duration {
	if len(c.Assigned) > 0 {
		return c.Assigned[0].Sub(c.OpenedAt)
	}
	if c.ClosedAt.IsZero() {
		return 0
	}
	return c.ClosedAt.Sub(c.OpenedAt)
}
