// Package agent is the mind of one account's presence and inbox: what it wants to
// be, whether its sockets live, whether its day says it works, which rooms it has.
// It tells the queue whenever something changes that decides its eligibility.
//
// Presence is two fields: want is the agent's choice and is journaled; conn is what
// the engine sees of its sockets and is not. Closing the console changes conn only.
package agent

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"switchyard/actors/calendar"
	"switchyard/actors/core"
	"switchyard/protocol"
)

// Grace is how long an agent without a socket is not yet down. In grace it gets no new rooms.
const Grace = 30 * time.Second

// State is one account's presence and inbox.
type State struct {
	Addr  protocol.Address
	Log   core.Log
	Want  protocol.Want
	Until protocol.Instant // when a break ends by itself; 0 = not said
	Duty  bool             // certified, 상담 진행, working today, in no break
	Rooms []protocol.InboxRoom
	// Offers are rooms that wait for the agent's answer.
	Offers []protocol.InboxOffered
	marks  []uint32 // of a long list of Rooms, see find; nil = it is short

	// Not journaled: an agent begins every life of the process in grace.
	conn    protocol.Conn
	sockets map[string]bool
	downAt  protocol.Instant // when the grace ends; 0 = not in grace
}

// Machine is the agent's mind.
var Machine = core.Machine[State]{
	Kind:     protocol.KindAgent,
	New:      newState,
	Log:      func(s *State) *core.Log { return &s.Log },
	Decide:   Decide,
	Apply:    Apply,
	Blind:    Blind,
	Deadline: Deadline,
	Check:    Check,
	Snapshot: Snapshot,
	Restore:  Restore,
	Reloads:  true,
}

func newState(a protocol.Address) *State {
	return &State{Addr: a, Want: protocol.WantOnline, conn: protocol.ConnDown, sockets: map[string]bool{}}
}

type volatile struct{}

func (volatile) EventCode() protocol.EventCode { return protocol.Volatile }

type (
	socketsChanged struct {
		volatile
		session string
		up      bool
	}
	connTurned struct { // by the clock, or by a start
		volatile
		conn   protocol.Conn
		downAt protocol.Instant
	}
)

func (s *State) id() protocol.AccountID { return protocol.AccountID(s.Addr.ID) }

// Deadline is the end of the grace, of a break that was given an end, or of an offer.
func Deadline(s *State) protocol.Instant {
	d := s.Until
	for _, x := range []protocol.Instant{s.downAt, s.offersEnd()} {
		if x != 0 && (d == 0 || x < d) {
			d = x
		}
	}
	return d
}

// Check says whether the state is one that may exist.
func Check(s *State) error {
	if s.Want == 0 || s.conn == 0 {
		return fmt.Errorf("agent without want or conn")
	}
	return nil
}

// Decide answers what the agent, its sockets, its rooms and the calendar say.
func Decide(s *State, c protocol.Command, now time.Time) (core.Step, error) {
	at := protocol.At(now)
	var step core.Step
	switch b := c.Body.(type) {
	case protocol.Resumed:
		// We were away, not the agent: grace, counted from the start.
		if s.Want != protocol.WantOffline && s.conn == protocol.ConnDown {
			step.Do(&connTurned{conn: protocol.ConnGrace, downAt: at.Add(Grace)})
		}
		duty := s.duty(c)
		if duty != s.Duty {
			step.Do(&protocol.DutyChanged{OnDuty: duty})
		}
		s.report(&step, duty, s.Want, s.connAfter(&step))
	case protocol.DutyCheck:
		duty := s.duty(c)
		if duty != s.Duty {
			step.Do(&protocol.DutyChanged{OnDuty: duty})
			s.report(&step, duty, s.Want, s.conn)
		}
	case protocol.SocketUp:
		step.Do(&socketsChanged{session: b.Session, up: true})
		s.report(&step, s.Duty, s.Want, protocol.ConnUp)
		v := View(s)
		v.Conn = protocol.ConnUp
		step.Answer(c.Ticket, v)
	case protocol.SocketDown:
		if s.sockets[b.Session] {
			step.Do(&socketsChanged{session: b.Session})
			if len(s.sockets) == 1 {
				step.Do(&connTurned{conn: protocol.ConnGrace, downAt: at.Add(Grace)})
				s.report(&step, s.Duty, s.Want, protocol.ConnGrace)
			}
		}
		step.Answer(c.Ticket, protocol.Done{})
	case protocol.SetStatus:
		if c.Caller.Account != s.id() && !c.Facts.InScope(c.Caller.Role, c.Caller.Account, s.id()) {
			return step, protocol.Reject(protocol.NotFound, "no such account")
		}
		if b.Until != 0 && b.Until <= at {
			return step, protocol.RejectField(protocol.BadRequest, "until", "has passed")
		}
		if b.Want != s.Want || b.Until != s.Until {
			step.Do(&protocol.PresenceChosen{Want: b.Want, Until: b.Until, By: c.Caller.Account, ClientID: c.ClientID})
			s.report(&step, s.Duty, b.Want, s.conn)
		}
		step.Answer(c.Ticket, protocol.Done{})
	case protocol.GainOffer:
		s.gainOffer(&step, b.Offered)
	case protocol.EndOffer:
		s.endOffer(&step, b.Ended)
	case protocol.DeadlineReached:
		s.missOffers(&step, at)
		if s.downAt != 0 && s.downAt <= at {
			step.Do(&connTurned{conn: protocol.ConnDown})
			s.report(&step, s.Duty, s.Want, protocol.ConnDown)
		}
		if s.Until != 0 && s.Until <= at {
			step.Do(&protocol.PresenceChosen{Want: protocol.WantOnline})
			s.report(&step, s.Duty, protocol.WantOnline, s.connAfter(&step))
		}
	case protocol.GainRoom:
		if i := s.find(b.Gained.Room); i < 0 || s.Rooms[i].Assignment < b.Gained.Assignment {
			gained := b.Gained
			step.Do(&gained)
		}
	case protocol.LoseRoom:
		if i := s.find(b.Lost.Room); i >= 0 && s.Rooms[i].Assignment <= b.Lost.Assignment {
			lost := b.Lost
			step.Do(&lost)
		}
	case protocol.RingAlarm:
		if s.find(b.Room) >= 0 {
			step.Do(&protocol.AlarmDue{Room: b.Room})
		}
	case protocol.NoteRequest:
		note := b.New
		step.Do(&note)
	case protocol.NoteDecision:
		note := b.Decided
		step.Do(&note)
	case protocol.ViewInbox:
		step.Answer(c.Ticket, View(s))
	default:
		return step, protocol.Reject(protocol.BadRequest, "an agent does not take "+c.Body.CommandName())
	}
	return step, nil
}

// duty is "on duty" of domain 7.1: certified, 상담 진행, working today, in no break.
func (s *State) duty(c protocol.Command) bool {
	if c.Facts == nil {
		return false
	}
	a := c.Facts.Accounts[s.id()]
	return a != nil && a.Certified && a.Consulting && !a.Disabled && calendar.OnDuty(c.Facts, s.id(), c.Wall)
}

func (s *State) report(step *core.Step, duty bool, want protocol.Want, conn protocol.Conn) {
	step.Tell(protocol.QueueAt(s.Addr.Site), protocol.AgentReport{Account: s.id(), OnDuty: duty, Want: want, Conn: conn})
}

func (s *State) connAfter(step *core.Step) protocol.Conn {
	conn := s.conn
	for _, e := range step.Events {
		if t, ok := e.(*connTurned); ok {
			conn = t.conn
		}
	}
	return conn
}

// Blind: who came with a room is for the one who reads the inbox; of an offer the state keeps it.
func Blind(code protocol.EventCode) bool { return code == protocol.CodeInboxGained }

// Apply makes one event true.
func Apply(s *State, r protocol.Recorded) {
	s.Log.Took(r)
	switch e := r.Event.(type) {
	case *protocol.PresenceChosen:
		s.Want, s.Until = e.Want, e.Until
	case *protocol.DutyChanged:
		s.Duty = e.OnDuty
	case *protocol.InboxGained:
		s.lose(e.Room)
		s.gain(protocol.InboxRoom{
			Room: e.Room, Assignment: e.Assignment, Cause: e.Cause, Title: e.Title, Channel: e.Channel, Since: r.At,
		})
	case *protocol.InboxLost:
		s.lose(e.Room)
	case *protocol.InboxOffered:
		s.offered(*e)
	case *protocol.InboxOfferEnded:
		s.offerEnded(e.Room)
	case *socketsChanged:
		if e.up {
			s.sockets[e.session] = true
			s.conn, s.downAt = protocol.ConnUp, 0
		} else {
			delete(s.sockets, e.session)
		}
	case *connTurned:
		s.conn, s.downAt = e.conn, e.downAt
	}
}

// View is the inbox as a snapshot shows it.
func View(s *State) protocol.InboxView {
	return protocol.InboxView{
		Account: s.id(), Want: s.Want, Conn: s.conn, OnDuty: s.Duty, Rooms: slices.Clone(s.Rooms), Offers: slices.Clone(s.Offers), Seq: s.Log.Desk,
	}
}

// Describe draws the state for the reader of a golden file, in one line.
func Describe(s *State) string {
	line := fmt.Sprintf("%s/%s", s.Want, s.conn)
	if !s.Duty {
		line += " off-duty"
	}
	return line + fmt.Sprintf(" rooms=%d", len(s.Rooms))
}

// Snapshot and Restore turn the durable part of the state into bytes and back. Whom an offer is about is a piece of its own,
// sealed with that customer's key: first the state, then a JSON object of each.
func Snapshot(s *State) []byte {
	offers := slices.Clone(s.Offers)
	var people []protocol.Piece
	for i := range offers {
		o := &offers[i]
		if o.Seal != 0 && o.Customer != "" {
			people = append(people, protocol.Piece{Seal: o.Seal, Bytes: asJSON(about{o.Room, o.Customer})})
			o.Customer = ""
		}
	}
	return protocol.MarkPieces(asJSON(s.store(offers)), people...)
}

// about is whom an offer is about.
type about struct {
	Room     protocol.RoomID
	Customer string
}

func asJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // every field is a plain value
	}
	return b
}

// Restore reads a snapshot. Whoever was erased meanwhile has no name.
func Restore(a protocol.Address, b []byte) (*State, error) {
	s := newState(a)
	d := json.NewDecoder(bytes.NewReader(protocol.Unmarked(b)))
	x := stored{Want: s.Want}
	if err := d.Decode(&x); err != nil {
		return nil, err
	}
	s.take(&x)
	if len(s.Rooms) > marksMin {
		s.markAll()
	}
	for {
		var o about
		switch err := d.Decode(&o); {
		case err == io.EOF:
			return s, nil
		case err != nil:
			return nil, err
		}
		if i := s.offer(o.Room); i >= 0 {
			s.Offers[i].Customer = o.Customer
		}
	}
}
