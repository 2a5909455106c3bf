package room

import (
	"time"

	"switchyard/actors/core"
	"switchyard/actors/gate"
	"switchyard/protocol"
)

// Decide says what may happen in the room. The order of its refusals is that of
// protocol.Rejection: a repeat first, then what is malformed, what does not
// exist, what is forbidden, what comes too late.
func Decide(s *State, c protocol.Command, now time.Time) (core.Step, error) {
	at := protocol.At(now)
	switch b := c.Body.(type) {
	case protocol.OpenRoom:
		return open(s, c, b, at)
	case protocol.Arrive:
		return arrive(s, c, b)
	case protocol.AskNewest:
		return askedNewest(s, c, b), nil
	case protocol.SeatAnswer:
		return answered(s, c, b, at)
	case protocol.OfferSeat:
		return offered(s, c, b, at)
	case protocol.ProposeSeat:
		return proposed(s, b), nil
	case protocol.MissOffer:
		return missedOffer(s, c, b), nil
	case protocol.AskOffer:
		return askedOffer(s, b), nil
	case protocol.ChangeImpossible:
		return impossible(s, c, b), nil
	case protocol.DeadlineReached:
		return deadlineReached(s, c, at), nil
	case protocol.Resumed:
		return resume(s, c), nil
	case protocol.ExpireRoom:
		return expire(s, c, at)
	}
	if !s.Exists() || c.Caller.Role == protocol.Visitor && !s.owns(c.Caller.Customer) {
		return core.Step{}, protocol.Reject(protocol.NotFound, "no such room") // another customer's room does not exist
	}
	if step, done, err := repeated(s, c); done {
		return step, err
	}
	switch b := c.Body.(type) {
	case protocol.SendMessage:
		return send(s, c, b, at)
	case protocol.PickChoice:
		return pick(s, c, b, at)
	case protocol.SubmitForm:
		return submit(s, c, b, at)
	case protocol.MarkRead:
		return read(s, c, b)
	case protocol.SetRoom:
		return set(s, c, b, at)
	case protocol.EndRoom:
		return end(s, c, at)
	case protocol.RequestChange:
		return requestChange(s, c, b, at)
	case protocol.RequestReview:
		return requestReview(s, c, b, at)
	case protocol.DecideRequest:
		return decideRequest(s, c, b, at)
	case protocol.RateRoom:
		return rate(s, c, b, at)
	case protocol.ChannelEnded:
		return sessionEnded(s, c, b, at)
	case protocol.TakeRoom, protocol.AssignRoom:
		// The queue does not know the room: it is not in the line and nobody holds it.
		if s.ClosedAt != 0 {
			return core.Step{}, protocol.Reject(protocol.RoomIsClosed, "the room has closed")
		}
		return core.Step{}, protocol.Reject(protocol.Unavailable, "the room is being routed")
	case protocol.ViewRoom:
		var step core.Step
		step.Answer(c.Ticket, View(s))
		return step, nil
	}
	return core.Step{}, protocol.Reject(protocol.BadRequest, "a room does not take "+c.Body.CommandName())
}

// queue and directory are the room's neighbours.
func (s *State) queue() protocol.Address     { return protocol.QueueAt(s.Addr.Site) }
func (s *State) directory() protocol.Address { return protocol.CustomersAt(s.Addr.Site) }
func (s *State) id() protocol.RoomID         { return protocol.RoomID(s.Addr.ID) }

// say adds an automatic message, unless its text is empty (5.2 rule 1), or what the channel's
// operator shows in its place (7.5). The id is a
// function of the command, so that a replayed decision gives the same one.
func (s *State) say(step *core.Step, c protocol.Command, code protocol.TextCode, w protocol.Words) {
	text := c.Facts.Settings.Say(code, w)
	if text == "" {
		return
	}
	operator, text := gate.Substitute(code, s.Channel, s.Bot != "", text)
	m := &protocol.MessagePosted{ID: s.messageID(step, c), From: protocol.FromBot, Kind: protocol.Text, Text: text, Code: code, Operator: operator}
	if code == protocol.MGreet {
		m.File = c.Facts.Settings.GreetImage
	}
	step.Do(m)
}

func (s *State) messageID(step *core.Step, c protocol.Command) protocol.MessageID {
	if c.ClientID != "" {
		return protocol.MessageIDFrom(s.id(), c.Caller.Sender(), string(c.ClientID), len(step.Events))
	}
	return protocol.MessageIDFrom(s.id(), "", string(c.Chance[:]), len(step.Events)+int(s.Log.Number)<<8)
}

// seq is the position of the step's i-th event in the caller's stream.
func (s *State) seq(step *core.Step, c protocol.Command, i int) uint64 {
	l := s.Log.After(step.Events[:i+1])
	if c.Caller.Role == protocol.Visitor {
		return l.Room
	}
	return l.Desk
}
