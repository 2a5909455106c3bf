package room

import (
	"switchyard/actors/core"
	"switchyard/protocol"
)

// overrideMemo is the audit memo of a manager's assignment without a profile.
const overrideMemo = "프로필 미입력 상태에서 매니저가 배정하였습니다."

// offered answers an offer of the queue (S-11, S-12, S-13, S-17): the room accepts, and that
// event is the truth, or it hands the seat back and says how it stands.
func offered(s *State, c protocol.Command, b protocol.OfferSeat, at protocol.Instant) (core.Step, error) {
	var step core.Step
	if refusal := s.refuses(b); refusal != nil {
		step.Tell(s.queue(), s.returned(b.Seat.Turn, b.Seat.Agent))
		step.Refuse(c.Ticket, refusal)
		return step, nil
	}
	seat := b.Seat
	assigned := &protocol.RoomAssigned{
		Assignment: s.Assignment + 1, Turn: seat.Turn, Agent: seat.Agent, AgentName: seat.AgentName, Cause: seat.Cause,
		Note: b.Note, From: s.Holder, Why: seat.Why, Override: s.Lock, Timers: patience(c, at, at),
		Request: b.Request,
	}
	switch seat.Cause {
	case protocol.CauseManager, protocol.CauseManagerChange, protocol.CauseChange:
		assigned.By = b.Caller.Account
	}
	if seat.Cause == protocol.CauseChange {
		s.decided(&step, *s.change(), protocol.RequestApproved, b.Caller.Account, b.ClientID)
	} else {
		s.cancel(&step)
	}
	step.Do(assigned)
	if seat.Cause == protocol.CauseManager && !s.Greeted {
		s.say(&step, c, protocol.MGreet, protocol.Words{Agent: seat.AgentName})
	}
	if s.Lock {
		step.Do(&protocol.MessagePosted{
			ID: s.messageID(&step, c), From: protocol.FromAgent, Account: b.Caller.Account, Name: b.Caller.Name,
			Kind: protocol.Memo, Text: overrideMemo,
		})
	}
	if s.Holder != "" {
		step.Owe(protocol.AgentAt(s.Addr.Site, s.Holder), protocol.LoseRoom{Lost: protocol.InboxLost{
			Room: s.id(), Assignment: s.Assignment, Reason: "moved",
		}})
	}
	s.accept(&step, c, seat.Turn, seat.Agent, s.Assignment+1, seat.Cause)
	if seat.Cause == protocol.CauseChange { // the answer of request.decide
		step.Answer(c.Ticket, protocol.Sent{Seq: s.seq(&step, c, 0), At: at})
		return step, nil
	}
	step.Answer(c.Ticket, protocol.Assigned{Room: s.id(), Assignment: s.Assignment + 1, Agent: seat.Agent})
	return step, nil
}

// refuses says why the room does not take the seat; nil = it does.
func (s *State) refuses(b protocol.OfferSeat) *protocol.Rejection {
	switch {
	case !s.Exists():
		return protocol.Reject(protocol.NotFound, "no such room")
	case s.ClosedAt != 0:
		return protocol.Reject(protocol.RoomIsClosed, "the room has closed")
	case s.Asking():
		return protocol.Reject(protocol.Unavailable, "the room is being routed")
	case b.Check && b.Assignment != s.Assignment:
		return protocol.Reject(protocol.Taken, "the room has moved meanwhile")
	}
	if r := s.change(); b.Seat.Cause == protocol.CauseChange && (r == nil || r.Number != b.Request) {
		return protocol.RejectField(protocol.Conflict, "request", "is not pending any more")
	}
	switch b.Seat.Cause {
	case protocol.CauseManagerChange, protocol.CauseChange:
		if !s.State.Bound() {
			return protocol.Reject(protocol.Conflict, "the room has no agent to change")
		}
		if s.Holder == b.Seat.Agent {
			return protocol.Reject(protocol.Taken, "the agent holds the room already")
		}
		return nil
	}
	if s.State != protocol.Waiting {
		return protocol.Reject(protocol.Taken, "the room has an agent already")
	}
	if s.Lock && b.Seat.Cause != protocol.CauseManager {
		return protocol.Reject(protocol.ProfileRequired, "the profile is not in yet")
	}
	return nil
}

// askedOffer tells the queue what became of an offer whose answer it missed.
func askedOffer(s *State, b protocol.AskOffer) core.Step {
	var step core.Step
	if s.Turn == b.Turn && s.State.Bound() {
		step.Tell(s.queue(), protocol.SeatAccepted{Room: s.id(), Turn: b.Turn, Agent: s.Holder, Assignment: s.Assignment})
	} else {
		step.Tell(s.queue(), s.returned(b.Turn, b.Agent))
	}
	return step
}
