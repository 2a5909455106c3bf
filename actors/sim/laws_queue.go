package sim

import (
	"fmt"
	"maps"
	"slices"

	"switchyard/protocol"
)

// seats follows what the queue gives away and who holds what. A room's own event counts before the
// queue hears of it, so the loads here are never above the queue's.
type seats struct {
	adopted *protocol.SiteFacts // what the queue decides on
	ever    map[uint64]seat     // by turn
	given   map[uint64]seat     // of these: neither taken nor back
	holder  map[protocol.RoomID]protocol.AccountID
	missed  map[seat]bool // who had the room offered and did not accept: no candidate for it any more
}

type seat struct {
	room  protocol.RoomID
	agent protocol.AccountID
}

func newSeats() *seats {
	return &seats{ever: map[uint64]seat{}, given: map[uint64]seat{}, holder: map[protocol.RoomID]protocol.AccountID{}, missed: map[seat]bool{}}
}

func (s *seats) load(id protocol.AccountID) (n int) {
	for _, g := range s.given {
		if g.agent == id {
			n++
		}
	}
	for _, h := range s.holder {
		if h == id {
			n++
		}
	}
	return n
}

// offer is a new seat in what the queue told; nil if there is none, or if it was told before.
func (s *seats) offer(x told) (room protocol.RoomID, o *protocol.Seat) {
	switch b := x.body.(type) {
	case protocol.SeatAnswer:
		room, o = b.Room, b.Seat
	case protocol.OfferSeat:
		room, o = b.Room, &b.Seat
	case protocol.ProposeSeat: // it becomes an OfferSeat with the same turn, or is missed
		room, o = b.Room, &b.Seat
	}
	if o != nil && s.ever[o.Turn] == (seat{room, o.Agent}) {
		return "", nil
	}
	return room, o
}

// release takes back what the room was given and did not take.
func (s *seats) release(room protocol.RoomID) {
	for turn, g := range s.given {
		if g.room == room {
			delete(s.given, turn)
		}
	}
}

// follow notes what happened; it is called after a law has looked.
func (s *seats) follow(x any) {
	switch x := x.(type) {
	case told:
		if room, o := s.offer(x); o != nil {
			s.release(room) // a manager's assignment ends what was proposed
			s.given[o.Turn] = seat{room, o.Agent}
			s.ever[o.Turn] = s.given[o.Turn]
		}
		if m, missed := x.body.(protocol.MissOffer); missed {
			delete(s.given, m.Turn)
			s.missed[seat{m.Room, m.Agent}] = true
		}
	case heard:
		switch b := x.body.(type) {
		case protocol.FactsChanged, protocol.Resumed:
			if x.facts != nil {
				s.adopted = x.facts
			}
		case protocol.SeatReturned:
			delete(s.given, b.Turn)
		case protocol.RoomLeft:
			s.release(b.Room)
		}
	case recorded:
		id := protocol.RoomID(x.actor.ID)
		switch e := x.r.Event.(type) {
		case *protocol.RoomAssigned:
			delete(s.given, e.Turn)
			s.holder[id] = e.Agent
		case *protocol.OfferMissed:
			s.missed[seat{id, e.Agent}] = true
		case *protocol.RoomClosed:
			delete(s.holder, id)
		}
	}
}

func withinLimits() func(any) error {
	s := newSeats()
	return func(x any) error {
		defer s.follow(x)
		t, ok := x.(told)
		if !ok || s.adopted == nil {
			return nil
		}
		room, o := s.offer(t)
		if o == nil || o.Cause == protocol.CauseManager || o.Cause == protocol.CauseManagerChange || o.Cause == protocol.CauseChange {
			return nil // a person decided
		}
		a := s.adopted.Accounts[o.Agent]
		if a == nil {
			return fmt.Errorf("%s goes to %s, who has no account", room, o.Agent)
		}
		if n := s.load(o.Agent); a.MaxConcurrent > 0 && n >= a.MaxConcurrent {
			return fmt.Errorf("%s goes to %s (%s), who has %d rooms and a limit of %d", room, o.Agent, o.Cause, n, a.MaxConcurrent)
		}
		return nil
	}
}

func seatsOnce() func(any) error {
	s := newSeats()
	last := uint64(0)
	taken := map[uint64]protocol.RoomID{}
	return func(x any) error {
		defer s.follow(x)
		switch x := x.(type) {
		case told:
			if room, o := s.offer(x); o != nil {
				if o.Turn <= last {
					return fmt.Errorf("%s gets turn %d after %d", room, o.Turn, last)
				}
				last = o.Turn
			}
		case recorded:
			e, ok := x.r.Event.(*protocol.RoomAssigned)
			if !ok {
				return nil
			}
			id := protocol.RoomID(x.actor.ID)
			if other, twice := taken[e.Turn]; twice {
				return fmt.Errorf("turn %d was taken by %s and by %s", e.Turn, other, id)
			}
			taken[e.Turn] = id
			if g, known := s.given[e.Turn]; known && g != (seat{id, e.Agent}) {
				return fmt.Errorf("turn %d was given to %s for %s; %s went to %s", e.Turn, g.agent, g.room, id, e.Agent)
			}
		}
		return nil
	}
}

// lined is a room in the line, as the queue knows it.
type lined struct {
	requested protocol.Instant
	place     uint64
	category  string
	account   string
	class     uint8              // the higher one comes first
	last      protocol.AccountID // of the customer's last consultation: with distribution.last_agent it may wait for that agent alone
	locked    bool
	waits     bool
	aside     bool // it has handed a seat back, and may wait for its turn anew
}

func (l *lined) before(k *lined) bool {
	if l.class != k.class {
		return l.class > k.class
	}
	return l.requested < k.requested || l.requested == k.requested && l.place < k.place
}

// sameAgents says whether the two surely wait for the same agents.
func (l *lined) sameAgents(k *lined, s *protocol.Settings) bool {
	if s.LastAgent && (l.last != "" || k.last != "") {
		return false
	}
	switch s.Selector {
	case protocol.SelectCategory:
		return l.category == k.category
	case protocol.SelectChannel:
		return l.account == k.account
	}
	return true
}

func firstComeFirst() func(any) error {
	s := newSeats()
	line := map[protocol.RoomID]*lined{}
	first := func(room protocol.RoomID, o *protocol.Seat) error {
		l := line[room]
		if l == nil {
			return nil
		}
		l.waits = false
		if o.Cause != protocol.CauseBacklog || s.adopted == nil {
			return nil
		}
		for _, id := range slices.Sorted(maps.Keys(line)) {
			k := line[id]
			if id != room && k.waits && !k.locked && !k.aside && k.before(l) && k.sameAgents(l, s.adopted.Settings) {
				return fmt.Errorf("%s goes to %s, and %s has waited longer", room, o.Agent, id)
			}
		}
		return nil
	}
	return func(x any) error {
		defer s.follow(x)
		switch x := x.(type) {
		case heard:
			switch b := x.body.(type) {
			case protocol.AskSeat:
				if line[b.Room] == nil {
					lock := b.Need && x.facts.Settings.EffectivePolicy() == protocol.PolicyWait
					line[b.Room] = &lined{requested: b.RequestedAt, category: b.Category, account: b.Account, class: b.Priority, last: b.LastAgent, locked: lock}
				}
			case protocol.RoomUnlocked:
				if l := line[b.Room]; l != nil {
					l.locked = false
				}
			case protocol.RoomPrioritized:
				if l := line[b.Room]; l != nil {
					l.class = b.Priority
				}
			case protocol.SeatReturned:
				if l := line[b.Room]; l != nil {
					l.waits, l.aside = b.State == protocol.Waiting, true
				}
			case protocol.RoomLeft:
				delete(line, b.Room)
			}
		case told:
			switch b := x.body.(type) {
			case protocol.SeatAnswer:
				if l := line[b.Room]; l != nil {
					l.place = b.Place
					l.waits = b.Seat == nil && b.Refused == 0 && b.Hours != protocol.OutClosed
				}
			case protocol.OfferSeat:
				return first(b.Room, &b.Seat)
			case protocol.ProposeSeat:
				return first(b.Room, &b.Seat)
			case protocol.MissOffer:
				if l := line[b.Room]; l != nil {
					l.waits, l.aside = true, true // that agent is not asked again for it
				}
			}
		}
		return nil
	}
}

// ringTurns: while the same n agents are eligible and nothing else happens, n turns are n agents.
func ringTurns() func(any) error {
	s := newSeats()
	var same []protocol.AccountID // who was eligible
	var turns []protocol.AccountID
	return func(x any) error {
		defer s.follow(x)
		switch x := x.(type) {
		case heard:
			switch b := x.body.(type) {
			case protocol.RoomLeft:
				for _, g := range s.given {
					if g.room == b.Room { // it never took its seat: the turn goes back
						same, turns = nil, nil
					}
				}
			case protocol.AskSeat, protocol.SeatAccepted, protocol.ContinuePass, protocol.RoomUnlocked, protocol.ViewQueue:
			default: // a seat came back, somebody went or came, a setting changed: the stretch is over
				same, turns = nil, nil
			}
		case told:
			room, o := s.offer(x)
			if o == nil || o.Cause != protocol.CauseEntry && o.Cause != protocol.CauseBacklog {
				return nil
			}
			if o.Why.Rule != protocol.Sequential.String() || o.Why.Eligible != len(o.Why.Candidates) {
				same, turns = nil, nil
				return nil
			}
			var who []protocol.AccountID
			for _, k := range o.Why.Candidates {
				if !s.missed[seat{room, k.Account}] {
					who = append(who, k.Account)
				}
			}
			slices.Sort(who)
			if !slices.Equal(who, same) {
				same, turns = who, nil
			}
			turns = append(turns, o.Agent)
			if len(turns) > len(same) {
				turns = turns[1:]
			}
			if slices.Contains(turns[:len(turns)-1], o.Agent) {
				return fmt.Errorf("the turns of %v were %v", same, turns)
			}
		}
		return nil
	}
}

func leastLoaded() func(any) error {
	s := newSeats()
	return func(x any) error {
		defer s.follow(x)
		t, ok := x.(told)
		if !ok {
			return nil
		}
		room, o := s.offer(t)
		if o == nil || o.Why.Rule != protocol.LeastLoad.String() {
			return nil
		}
		chosen := -1
		for _, k := range o.Why.Candidates {
			if k.Account == o.Agent {
				chosen = k.Load
			}
			if n := s.load(k.Account); n > k.Load {
				return fmt.Errorf("%s: %s was weighed with %d rooms and has %d", room, k.Account, k.Load, n)
			}
		}
		for _, k := range o.Why.Candidates {
			if chosen < 0 || k.Load < chosen && !s.missed[seat{room, k.Account}] {
				return fmt.Errorf("%s went to %s of %+v", room, o.Agent, o.Why.Candidates)
			}
		}
		return nil
	}
}
