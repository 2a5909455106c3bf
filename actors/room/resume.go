package room

import (
	"switchyard/actors/core"
	"switchyard/protocol"
)

// resume is what a room still has to do when it is loaded: a room that a crash caught
// between question and answer asks again, and so does one whose change the site approved by itself. Everything else it owes is in owed rows, and what
// its row tells (its place in the line, its seat) the queue has read for itself.
func resume(s *State, c protocol.Command) core.Step {
	var step core.Step
	switch {
	case !s.Asking():
	case s.Bot != "": // the profile is read again: nobody has heard an answer yet
		step.Tell(s.directory(), s.question(true))
	default:
		step.Pass(s.queue(), protocol.AskSeat{
			Room: s.id(), RequestedAt: s.RequestedAt, Category: s.Category, Account: s.ChannelAccount, Need: s.Need, Again: true,
			Priority: s.Priority, LastAgent: s.LastAgent,
		}, c.Ticket)
	}
	if r := s.change(); r != nil && r.Auto { // between the request and the seat
		step.Tell(s.queue(), protocol.ChangeAgent{Room: s.id(), Number: r.Number, To: r.To, Assignment: s.Assignment, Auto: true})
	}
	return step
}
