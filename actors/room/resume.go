package room

import (
	"switchyard/actors/core"
	"switchyard/protocol"
)

// resume is what a room still has to do when it is loaded: a room that a crash caught
// between question and answer asks again. Everything else it owes is in owed rows, and what
// its row tells (its place in the line, its seat) the queue has read for itself.
func resume(s *State, c protocol.Command) core.Step {
	var step core.Step
	if s.Asking() {
		step.Pass(s.queue(), protocol.AskSeat{
			Room: s.id(), RequestedAt: s.RequestedAt, Category: s.Category, Account: s.ChannelAccount, Need: s.Need, Again: true,
		}, c.Ticket)
	}
	return step
}
