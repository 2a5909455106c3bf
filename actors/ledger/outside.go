package ledger

import "switchyard/protocol"

// Outside are the charges and fees of a step (domain 24).
func Outside(_ *State, recs []protocol.Recorded) []protocol.Outside {
	var outs []protocol.Outside
	for _, r := range recs {
		e, ok := r.Event.(*protocol.LedgerEntry)
		if !ok || e.Kind == protocol.LedgerTopUp {
			continue
		}
		j := protocol.JSON{B: []byte{'{'}}
		j.Uint("entry", e.Number)
		j.Str("kind", e.Kind.String())
		j.Int("amount", e.Amount)
		j.Int("balance", e.Balance)
		j.Bool("covered", !e.Short)
		j.Bool("recorded_only", e.Recorded)
		if e.Kind == protocol.LedgerKakao {
			j.Str("room", e.Ref)
		}
		if e.Day != (protocol.Date{}) {
			j.Str("day", e.Day.String())
		}
		outs = append(outs, protocol.Outside{Type: protocol.OutsideChargeWritten, Number: r.Number, At: r.At, Data: j.B[1:]})
	}
	return outs
}
