package room

import (
	"slices"

	"switchyard/actors/core"
	"switchyard/protocol"
)

// proposed offers the room to an agent (distribution.offer): the room itself says whether it can be had,
// and tells the inbox what the agent will see. It stays WAITING; the queue keeps the seat and the time.
func proposed(s *State, b protocol.ProposeSeat) core.Step {
	var step core.Step
	if s.refuses(protocol.OfferSeat{Room: b.Room, Seat: b.Seat}) != nil || slices.Contains(s.Missed, b.Seat.Agent) {
		step.Tell(s.queue(), s.returned(b.Seat.Turn, b.Seat.Agent))
		return step
	}
	step.Tell(protocol.AgentAt(s.Addr.Site, b.Seat.Agent), protocol.GainOffer{Offered: protocol.InboxOffered{
		Room: s.id(), Turn: b.Seat.Turn, Customer: string(s.Key), Title: s.Title, Channel: s.Channel, Until: b.Until, Seal: s.Seal,
	}})
	return step
}

// missedOffer remembers who did not accept, so that no rule asks this agent again, also after a crash.
func missedOffer(s *State, c protocol.Command, b protocol.MissOffer) core.Step {
	var step core.Step
	if s.State == protocol.Waiting && !slices.Contains(s.Missed, b.Agent) {
		step.Do(&protocol.OfferMissed{Agent: b.Agent, Turn: b.Turn, Declined: b.Declined})
	}
	step.Answer(c.Ticket, protocol.Done{})
	return step
}
