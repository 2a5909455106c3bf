package room

import (
	"switchyard/actors/core"
	"switchyard/protocol"
)

// charge records that the room has led to a charge (19.2), and owes it to the ledger, which sees to it
// that the customer costs once a day whatever rooms they have. A room tells at most once a billing day:
// what comes later on that day, or on an earlier one by a clock that went back, would write no entry.
func (s *State) charge(step *core.Step, c protocol.Command, at protocol.Instant, why protocol.ChargeWhy) {
	s.chargeFor(step, c, at, s.Channel, protocol.RoomCharged{Account: s.ChannelAccount, Key: s.Key, Why: why})
}

func (s *State) chargeFor(step *core.Step, c protocol.Command, at protocol.Instant, on protocol.Channel, e protocol.RoomCharged) {
	if on != protocol.Kakao { // the others cost nothing
		return
	}
	e.Day, e.Price = c.Facts.BillingDay(c.Wall), c.Facts.Settings.Billing.KakaoUnit
	if !s.Charged.Before(e.Day) {
		return
	}
	step.Do(&e)
	step.Owe(protocol.LedgerAt(s.Addr.Site), protocol.Charge{Room: s.id(), Charged: e, At: at})
}

// chargeResponse is the charge of an agent's response: the first one of a room that nothing has
// charged yet, or one on a later day (19.3).
func (s *State) chargeResponse(step *core.Step, c protocol.Command, at protocol.Instant) {
	why := protocol.ChargeResponse
	if s.Charged != (protocol.Date{}) {
		why = protocol.ChargeNextDay
	}
	s.charge(step, c, at, why)
}
