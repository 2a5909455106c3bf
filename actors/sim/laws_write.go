package sim

import (
	"fmt"

	"switchyard/protocol"
)

// writeOf is the client id that an event records, with a name of its own: a retried start may
// stand in the room and be answered by the directory.
func writeOf(e protocol.Event) protocol.ClientID {
	switch e := e.(type) {
	case *protocol.RoomOpened:
		return e.ClientID
	case *protocol.MessagePosted:
		return e.ClientID
	case *protocol.ProfileSaved:
		return e.ClientID
	case *protocol.RoomClosed:
		return e.ClientID
	case *protocol.RoomMetaSet:
		return e.ClientID
	case *protocol.ChangeRequested:
		return e.ClientID
	case *protocol.ReviewRequested:
		return e.ClientID
	case *protocol.RoomRated:
		return e.ClientID
	}
	return ""
}

func onceEach() func(any) error {
	written := map[protocol.ClientID]protocol.Address{}
	outcome := map[protocol.RoomID]protocol.EventCode{}
	first := map[protocol.ClientID]answered{}
	return func(x any) error {
		switch x := x.(type) {
		case recorded:
			if id := writeOf(x.r.Event); id != "" {
				if other, twice := written[id]; twice {
					return fmt.Errorf("%s stands in %s and in %s", id, other, x.actor)
				}
				written[id] = x.actor
			}
			room := protocol.RoomID(x.actor.ID)
			ends := false
			switch e := x.r.Event.(type) {
			case *protocol.RoomQueued:
				ends = true
			case *protocol.RoomAssigned:
				ends = e.Cause == protocol.CauseEntry
			case *protocol.RoomClosed:
				ends = e.Rejected
			}
			if ends {
				if code, twice := outcome[room]; twice {
					return fmt.Errorf("the request of %s was decided twice: %d and %d", room, code, x.r.Event.EventCode())
				}
				outcome[room] = x.r.Event.EventCode()
			}
		case answered:
			if s, ok := x.result.(protocol.Started); x.err != nil || ok && s.Room == "" {
				return nil // what was refused may succeed later; a blocked customer's start was ignored (P-1)
			}
			was, again := first[x.c.ClientID]
			if !again {
				first[x.c.ClientID] = x
				return nil
			}
			return sameAnswer(was, x)
		}
		return nil
	}
}

func sameAnswer(was, again answered) error {
	same := true
	switch a := was.result.(type) {
	case protocol.Sent:
		b, ok := again.result.(protocol.Sent)
		a.Duplicate, b.Duplicate = false, false
		same = ok && a == b
	case protocol.Started:
		b, ok := again.result.(protocol.Started)
		same = ok && a.Room == b.Room
	}
	if !same {
		return fmt.Errorf("%s %s was answered %+v, and its repeat %+v", was.c.Body.CommandName(), was.c.ClientID, was.result, again.result)
	}
	return nil
}

// nothingLost: whoever was answered stands in the history, also after a crash.
func nothingLost() func(any) error {
	written := map[protocol.ClientID]bool{}
	return func(x any) error {
		switch x := x.(type) {
		case recorded:
			if id := writeOf(x.r.Event); id != "" {
				written[id] = true
			}
		case answered:
			if _, message := x.c.Body.(protocol.SendMessage); message && x.err == nil && !written[x.c.ClientID] {
				return fmt.Errorf("%s was acknowledged and is not there", x.c.ClientID)
			}
		}
		return nil
	}
}
