package sim

import (
	"fmt"
	"time"

	"switchyard/actors/gate"
	"switchyard/protocol"
)

// roomEvents gives a law that looks at the events of rooms only, with a state for each room.
func roomEvents[S any](see func(id protocol.RoomID, s *S, x recorded) error) func() func(any) error {
	return func() func(any) error {
		rooms := map[protocol.RoomID]*S{}
		return func(x any) error {
			e, ok := x.(recorded)
			if !ok || e.actor.Kind != protocol.KindRoom {
				return nil
			}
			id := protocol.RoomID(e.actor.ID)
			s := rooms[id]
			if s == nil {
				s = new(S)
				rooms[id] = s
			}
			return see(id, s, e)
		}
	}
}

var oneHolder = roomEvents(func(id protocol.RoomID, s *struct {
	holder     protocol.AccountID
	assignment uint32
	closed     bool
}, x recorded) error {
	switch e := x.r.Event.(type) {
	case *protocol.RoomAssigned:
		switch {
		case s.closed:
			return fmt.Errorf("%s was closed when %s got it", id, e.Agent)
		case e.Assignment != s.assignment+1:
			return fmt.Errorf("%s has assignment %d after %d", id, e.Assignment, s.assignment)
		case e.From != s.holder:
			return fmt.Errorf("%s goes from %q to %q, held by %q", id, e.From, e.Agent, s.holder)
		}
		s.holder, s.assignment = e.Agent, e.Assignment
	case *protocol.RoomClosed:
		s.closed = true
	}
	return nil
})

// oneTaker: a take comes out of the line, and whoever was told that it succeeded got the room.
func oneTaker() func(any) error {
	type place struct {
		room       protocol.RoomID
		assignment uint32
	}
	got := map[place]protocol.AccountID{}
	held := map[protocol.RoomID]bool{}
	return func(x any) error {
		switch x := x.(type) {
		case recorded:
			e, ok := x.r.Event.(*protocol.RoomAssigned)
			if !ok {
				return nil
			}
			id := protocol.RoomID(x.actor.ID)
			if e.Cause == protocol.CauseSelf && held[id] {
				return fmt.Errorf("%s took %s, which %s had", e.Agent, id, e.From)
			}
			held[id] = true
			got[place{id, e.Assignment}] = e.Agent
		case answered:
			a, ok := x.result.(protocol.Assigned)
			if _, take := x.c.Body.(protocol.TakeRoom); !ok || !take || x.err != nil {
				return nil
			}
			if who := got[place{a.Room, a.Assignment}]; who != x.c.Caller.Account {
				return fmt.Errorf("%s was told to have %s, assignment %d, which %q got", x.c.Caller.Account, a.Room, a.Assignment, who)
			}
		}
		return nil
	}
}

func oneOrder() func(any) error {
	last := map[protocol.Address]protocol.Recorded{}
	return func(x any) error {
		e, ok := x.(recorded)
		if !ok {
			return nil
		}
		before := last[e.actor]
		desk, room := protocol.Shown(e.r.Event)
		for _, n := range []struct {
			name       string
			got, after uint64
			shown      bool
		}{{"number", e.r.Number, before.Number, true}, {"desk/", e.r.Desk, before.Desk, desk}, {"room/", e.r.Room, before.Room, room}} {
			switch {
			case n.shown && n.got != n.after+1:
				return fmt.Errorf("%s: %s %d after %d", e.actor, n.name, n.got, n.after)
			case !n.shown && n.got != 0:
				return fmt.Errorf("%s: %s %d of an event that is not shown there", e.actor, n.name, n.got)
			}
		}
		if e.r.At < before.At {
			return fmt.Errorf("%s: event %d is earlier than the one before it", e.actor, e.r.Number)
		}
		if !desk {
			e.r.Desk = before.Desk
		}
		if !room {
			e.r.Room = before.Room
		}
		last[e.actor] = e.r
		return nil
	}
}

var messagesOnce = roomEvents(func(id protocol.RoomID, s *struct {
	refused                  bool
	greetings, forms, thanks int
}, x recorded) error {
	m, message := x.r.Event.(*protocol.MessagePosted)
	if s.refused && (!message || m.Code != protocol.MRefuse) {
		return fmt.Errorf("%s: a text before the profile has no M-REFUSE", id)
	}
	switch {
	case message && m.Code == protocol.MRefuse && !s.refused:
		return fmt.Errorf("%s: M-REFUSE without a text", id)
	case message && m.Code == protocol.MGreet:
		s.greetings++
	case message && m.Code == protocol.MSaved:
		s.thanks++
	}
	s.refused = message && m.BeforeProfile
	if _, saved := x.r.Event.(*protocol.ProfileSaved); saved {
		s.forms++
	}
	if s.greetings > 1 || s.thanks > s.forms || s.forms > 1 {
		return fmt.Errorf("%s: %d greetings, %d forms, %d M-SAVED", id, s.greetings, s.forms, s.thanks)
	}
	return nil
})

// afterClose is what a closed room may still record: that it was read, a note about it, what became of the
// requests it left, and its rating.
func afterClose(e protocol.Event) bool {
	switch e := e.(type) {
	case *protocol.MessageRead, *protocol.RequestDecided, *protocol.RoomRated:
		return true
	case *protocol.MessagePosted:
		return e.Kind == protocol.Memo
	}
	return false
}

func closedOnce() func(any) error {
	closed := map[protocol.RoomID]bool{}
	ended := map[protocol.RoomID]protocol.ClientID{}
	return func(x any) error {
		switch x := x.(type) {
		case recorded:
			if x.actor.Kind != protocol.KindRoom {
				return nil
			}
			id := protocol.RoomID(x.actor.ID)
			if closed[id] && !afterClose(x.r.Event) {
				return fmt.Errorf("%s has event %d after its close", id, x.r.Event.EventCode())
			}
			if _, ok := x.r.Event.(*protocol.RoomClosed); ok {
				closed[id] = true
			}
		case answered:
			b, ok := x.c.Body.(protocol.EndRoom)
			if !ok || x.err != nil {
				return nil
			}
			if first, done := ended[b.Room]; done && first != x.c.ClientID {
				return fmt.Errorf("%s and %s were both told that they ended %s", first, x.c.ClientID, b.Room)
			}
			ended[b.Room] = x.c.ClientID
		}
		return nil
	}
}

var timersOnce = roomEvents(func(id protocol.RoomID, s *struct {
	spoken      protocol.Instant // the last word of a person
	t1, t2      int              // the shortest durations that were in force
	hold, alarm bool
}, x recorded) error {
	shortest := func(t protocol.Timers) {
		if t.Silence > 0 && (s.t1 == 0 || t.Silence < s.t1) {
			s.t1 = t.Silence
		}
		if t.Delay > 0 && (s.t2 == 0 || t.Delay < s.t2) {
			s.t2 = t.Delay
		}
	}
	switch e := x.r.Event.(type) {
	case *protocol.RoomOpened:
		s.spoken = x.r.At
	case *protocol.RoomAssigned:
		shortest(e.Timers)
	case *protocol.RoomQueued:
		shortest(e.Timers)
	case *protocol.ProfilePrompted:
		shortest(e.Timers)
	case *protocol.DialogueShown:
		shortest(e.Timers)
	case *protocol.ProfileSaved:
		shortest(e.Timers)
		s.spoken = x.r.At
	case *protocol.MessagePosted:
		shortest(e.Timers)
		if e.Code == 0 && e.Kind != protocol.Memo && e.From != protocol.FromBot {
			s.spoken = x.r.At
		}
	case *protocol.RoomMetaSet:
		if e.Set&protocol.MetaHold != 0 {
			s.hold = e.Hold
		}
		if e.Set&protocol.MetaAlarm != 0 {
			s.alarm = e.AlarmAt != 0
		}
	case *protocol.AlarmRang:
		if !s.alarm {
			return fmt.Errorf("%s rings without an alarm", id)
		}
		s.alarm = false
	case *protocol.RoomClosed:
		minutes := map[protocol.EndReason]int{protocol.EndCustomerSilence: s.t1, protocol.EndAgentDelay: s.t2}
		least, timed := minutes[e.Reason]
		silent := x.r.At.Time().Sub(s.spoken.Time())
		switch {
		case !timed:
		case s.hold:
			return fmt.Errorf("%s is held open and was closed: %s", id, e.Reason)
		case least == 0 || silent < time.Duration(least)*time.Minute:
			return fmt.Errorf("%s was closed after %s of silence: %s of %d minutes", id, silent, e.Reason, least)
		}
	}
	return nil
})

// oneReading: the row of the gate is the one that the settings of that very step lead to. Of a room
// that began with a bot the history does not say whether the profile was needed at the request.
var oneReading = roomEvents(func(id protocol.RoomID, s *struct{ needs []bool }, x recorded) error {
	switch e := x.r.Event.(type) {
	case *protocol.RoomOpened:
		s.needs = []bool{e.Need}
	case *protocol.AgentRequested:
		s.needs = []bool{false, true}
	case *protocol.RoomQueued:
		if x.facts == nil {
			return nil
		}
		settings := x.facts.Settings
		var rows []int
		for _, hours := range []protocol.Hours{protocol.InHours, protocol.OutIntake} {
			for _, need := range s.needs {
				for _, eligible := range []bool{false, true} {
					g := gate.Decide(gate.Question{
						Hours: hours, Need: need, Mode: settings.Mode, Policy: settings.EffectivePolicy(), Backlog: settings.Backlog, Eligible: eligible,
					})
					if g.State == protocol.Waiting && g.Row == e.Row && g.AssignLock == e.Lock && g.RefusalArmed == e.Refuse {
						return nil
					}
					rows = append(rows, g.Row)
				}
			}
		}
		return fmt.Errorf("%s waits by G-%02d, its settings lead to one of %v", id, e.Row, rows)
	}
	return nil
})
