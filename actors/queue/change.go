package queue

import (
	"switchyard/actors/core"
	"switchyard/protocol"
)

// changeAgent reserves a seat for an approved change request (S-17) and offers it to the room. Like a
// manager's own change it may pass the limit, and it is counted (section 13).
func changeAgent(s *State, c protocol.Command, b protocol.ChangeAgent) (core.Step, error) {
	var step core.Step
	r := s.room(b.Room)
	slot, ok := s.slot(b.To)
	switch {
	case !ok || !s.agents[slot].taker:
		if b.Auto { // nobody waits for the answer: the room rejects the request
			step.Tell(protocol.RoomAt(s.Addr.Site, b.Room), protocol.ChangeImpossible{Room: b.Room, Number: b.Number})
			return step, nil
		}
		return step, protocol.RejectField(protocol.Conflict, "to", "the account is not set to 상담 진행")
	case r.ref == nil || r.offered >= 0 || r.holder == slot || r.assignment != b.Assignment:
		// It closes or moves right now, perhaps by this very decision sent twice: the room knows when asked again.
		return step, protocol.Reject(protocol.Unavailable, "the room is being moved right now")
	}
	turn := s.turn + 1
	step.Do(&seatReserved{room: r.no, slot: slot, turn: turn})
	why := protocol.Why{Rule: protocol.CauseChange.String(), Waited: s.waiting}
	step.Pass(protocol.RoomAt(s.Addr.Site, b.Room), protocol.OfferSeat{
		Room: b.Room, Seat: *s.seat(slot, turn, protocol.CauseChange, why), Caller: b.Caller, Assignment: b.Assignment, Check: true,
		Request: b.Number, ClientID: b.ClientID,
	}, c.Ticket)
	return step, nil
}
