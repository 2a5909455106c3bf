package customer

import (
	"switchyard/actors/core"
	"switchyard/protocol"
)

// The list of blocked customers. A record says who blocked its customer, when and why; a row for each blocked number makes
// the list, and only what can block a customer or let it in again touches the row: an arrival does not.

// indexes says whether a record that was saved for this reason may have changed whether its customer is blocked.
func indexes(why string) bool {
	switch why {
	case "edited", "renamed", "merged", "indexed":
		return true
	}
	return false
}

// blockedRow is the row of a customer, or its absence: a number that became another is not in the list.
func blockedRow(site protocol.SiteID, k *protocol.Customer) protocol.Row {
	row := protocol.Row{Kind: protocol.RowBlocked, Key: protocol.BlockedRowKey(site, k.No)}
	if k.Blocked && k.Merged == 0 {
		row.Value = protocol.AppendNo(nil, uint64(k.BlockedAt))
	}
	return row
}

// indexBlocked makes the rows of customers that were blocked before there were any.
func indexBlocked(c protocol.Command, l *lookup, b protocol.IndexBlocked) (core.Step, error) {
	var step core.Step
	if c.Caller.Role != protocol.System {
		return step, errNobody
	}
	for _, no := range b.Numbers {
		if k := l.record(no); k != nil && k.Blocked && k.Merged == 0 {
			step.Do(&protocol.CustomerSaved{Customer: *k, Why: "indexed"})
		}
	}
	if b.Last {
		step.Do(&protocol.CustomersIndexed{Kind: protocol.RowBlocked})
	}
	step.Answer(c.Ticket, protocol.Done{})
	return step, nil
}
