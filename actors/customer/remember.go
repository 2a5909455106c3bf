package customer

import (
	"slices"

	"switchyard/protocol"
)

// What was written once is known again for a day at least (I-07). A customer's starts are rows, each found by its client id;
// of accounts' changes, which are few, the record keeps a list.

// errUsed: the same client id with another body.
var errUsed = protocol.RejectField(protocol.Conflict, "client_id", "was used for another write")

// known asks for what Decide will look at when a customer has come: an earlier start with the id, and who has the place
// that the next one gets.
func (l *lookup) known(x *known, id protocol.ClientID) {
	if x == nil || id == "" {
		return
	}
	l.started(x, id, 0)
	l.place(x)
}

// started finds an earlier start of the customer, also one under a number that became it; nil = it is the first, or so long
// ago (before at) that it is not known any more.
func (l *lookup) started(x *known, id protocol.ClientID, at protocol.Instant) *protocol.StartRow {
	if id == "" {
		return nil
	}
	mark := protocol.StartMark(id)
	found := l.start(x.k.No, mark)
	if found == nil && x.via != x.k.No {
		found = l.start(x.via, mark)
	}
	for _, m := range x.p.Members {
		if m.No != x.k.No {
			continue
		}
		for _, no := range m.Also {
			if found == nil && no != x.via {
				found = l.start(no, mark)
			}
		}
	}
	if found == nil { // a record of a time before the starts were rows
		if old := remembered(x.k, id, ""); old != nil {
			found = &protocol.StartRow{Room: old.Room, At: old.At, Same: old.Same}
		}
	}
	if found == nil || found.At.Add(rememberStarts) <= at {
		return nil
	}
	return found
}

func (l *lookup) start(no protocol.CustomerNo, mark string) *protocol.StartRow {
	v := l.row(protocol.RowStart, protocol.StartRowKey(l.site, no, mark))
	if len(v) == 0 {
		return nil
	}
	r, err := protocol.DecodeStart(v)
	if err != nil {
		panic(err) // its checksum was right: a bug
	}
	return &r
}

// place is the next place of the customer's ring, and the mark of the start that has it; "" = it is free.
func (l *lookup) place(x *known) (slot uint64, has string) {
	slot = x.k.Started % protocol.StartsKept
	if x.k.Started >= protocol.StartsKept {
		has = string(l.row(protocol.RowStartSlot, protocol.StartSlotKey(l.site, x.k.No, slot)))
	}
	return slot, has
}

// noteStart remembers a start; one that was sent on to another room keeps its place.
func (l *lookup) noteStart(x *known, id protocol.ClientID, r protocol.StartRow) {
	if id == "" {
		return
	}
	n := protocol.Noted{ClientID: id, Row: r}
	if old := l.start(x.k.No, protocol.StartMark(id)); old != nil {
		n.Row.Slot = old.Slot
	} else {
		n.Row.Slot, n.Instead = l.place(x)
		x.k.Started++
	}
	x.noted = n
}

// startRows are the rows of a start that is remembered.
func startRows(site protocol.SiteID, no protocol.CustomerNo, n *protocol.Noted) []protocol.Row {
	mark := protocol.StartMark(n.ClientID)
	rows := []protocol.Row{
		{Kind: protocol.RowStart, Key: protocol.StartRowKey(site, no, mark), Value: protocol.AppendStart(nil, &n.Row)},
		{Kind: protocol.RowStartSlot, Key: protocol.StartSlotKey(site, no, n.Row.Slot), Value: []byte(mark)},
	}
	if n.Instead != "" {
		rows = append(rows, protocol.Row{Kind: protocol.RowStart, Key: protocol.StartRowKey(site, no, n.Instead)})
	}
	return rows
}

// remembered finds an earlier change by the account; "" is the customer, whose starts old records have. nil = it is the first.
func remembered(k *protocol.Customer, id protocol.ClientID, by protocol.AccountID) *protocol.Start {
	for i := range k.Starts {
		if id != "" && k.Starts[i].ClientID == id && k.Starts[i].By == by {
			return &k.Starts[i]
		}
	}
	return nil
}

// note remembers an account's change.
func note(k *protocol.Customer, n protocol.Start) {
	if n.ClientID == "" {
		return
	}
	starts := slices.DeleteFunc(slices.Clone(k.Starts), func(o protocol.Start) bool {
		return o.ClientID == n.ClientID && o.By == n.By || o.At.Add(rememberStarts) <= n.At
	})
	if over := len(starts) - changesMax + 1; over > 0 {
		starts = starts[over:]
	}
	k.Starts = append(starts, n)
}
