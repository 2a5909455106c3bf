package room

import (
	"unicode/utf8"

	"switchyard/actors/core"
	"switchyard/protocol"
)

// Limits of a rating.
const (
	scoreMax   = 5
	commentMax = 255 // characters
)

// rate takes the customer's rating: once, after the close (R-146; section 24, -1001).
func rate(s *State, c protocol.Command, b protocol.RateRoom, at protocol.Instant) (core.Step, error) {
	var step core.Step
	switch {
	case b.Score < 1 || b.Score > scoreMax:
		return step, protocol.RejectField(protocol.BadRequest, "score", "must be 1 to 5")
	case utf8.RuneCountInString(b.Comment) > commentMax:
		return step, protocol.RejectField(protocol.TooLarge, "comment", "is longer than 255 characters")
	case c.Caller.Role != protocol.Visitor:
		return step, protocol.Reject(protocol.Forbidden, "only the customer rates")
	case s.ClosedAt == 0:
		return step, protocol.Reject(protocol.Conflict, "the consultation has not ended")
	case s.Score != 0:
		return step, protocol.Reject(protocol.Conflict, "the consultation has been rated")
	}
	step.Do(&protocol.RoomRated{Score: b.Score, Comment: b.Comment, ClientID: c.ClientID})
	step.Answer(c.Ticket, protocol.Sent{Seq: s.seq(&step, c, 0), At: at})
	return step, nil
}
