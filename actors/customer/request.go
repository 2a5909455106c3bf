package customer

import (
	"switchyard/actors/core"
	"switchyard/actors/gate"
	"switchyard/protocol"
)

// request reads the profile at the connection request out of the bot (S-05, I-16) and passes the
// question on to the queue. A customer without a record has nothing stored.
func request(s *State, c protocol.Command, l *lookup, b protocol.RequestAgent) core.Step {
	var step core.Step
	var stored gate.Values
	if x := l.number(b.Customer); x != nil {
		stored = gate.Values(x.p.Have())
	}
	b.Ask.Need = gate.Need(&c.Facts.Settings.Profile, stored, false)
	step.Pass(protocol.QueueAt(s.Addr.Site), b.Ask, c.Ticket)
	return step
}
