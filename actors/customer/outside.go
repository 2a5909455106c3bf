package customer

import "switchyard/protocol"

// Outside is the merge of a step (domain 24). Numbers that had become the merged one before are written anew in
// the same step, after it: they lead to another number, and nothing has happened to them.
func Outside(_ *State, recs []protocol.Recorded) []protocol.Outside {
	for _, r := range recs {
		if e, ok := r.Event.(*protocol.CustomerSaved); ok && e.Customer.Merged != 0 {
			j := protocol.JSON{B: []byte{'{'}}
			j.Uint("customer_number", uint64(e.Customer.No))
			j.Uint("into", uint64(e.Customer.Merged))
			return []protocol.Outside{{Type: protocol.OutsideCustomerMerged, Number: r.Number, At: r.At, Data: j.B[1:]}}
		}
	}
	return nil
}
