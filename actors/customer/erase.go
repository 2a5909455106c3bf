package customer

import (
	"slices"

	"switchyard/actors/core"
	"switchyard/protocol"
)

// A customer's deletion request. It is decided here, in one entry: from then on the customer is nobody, and whoever
// comes with the key is new. What takes longer (keys, files, old names of rows) is a row that the node works off.

// members are the records of all who carry the profile's ID.
func (l *lookup) members(p *protocol.Profile) []*protocol.Customer {
	all := make([]*protocol.Customer, 0, len(p.Members))
	for _, m := range p.Members {
		if k := l.record(m.No); k != nil {
			all = append(all, k)
		}
	}
	return all
}

// erasure is the row of an erasure; nil = there is none.
func (l *lookup) erasure(no protocol.CustomerNo) *protocol.ErasureRow {
	v := l.row(protocol.RowErasure, protocol.ErasureRowKey(l.site, no))
	if len(v) == 0 {
		return nil
	}
	r, err := protocol.DecodeErasure(v)
	if err != nil {
		panic(err) // its checksum was right: a bug
	}
	return &r
}

// erased finds the erasure of a key that leads to nobody any more.
func (l *lookup) erased(key protocol.CustomerKey) *protocol.ErasureRow {
	no := protocol.DecodeNo(l.row(protocol.RowErased, protocol.ErasedRowKey(l.site, protocol.ErasedMark(l.site, key))))
	if no == 0 {
		return nil
	}
	return l.erasure(protocol.CustomerNo(no))
}

// leading are those of the keys that lead to an erased number still: somebody new may have come with one.
func (l *lookup) leading(r *protocol.ErasureRow, keys []protocol.CustomerKey) (all []protocol.CustomerKey) {
	for _, key := range keys {
		no := protocol.DecodeNo(l.row(protocol.RowCustomerKey, protocol.CustomerKeyRowKey(l.site, key)))
		if slices.Contains(r.Numbers, protocol.CustomerNo(no)) {
			all = append(all, key)
		}
	}
	return all
}

// marks are the erasure's fingerprints that are still its own.
func (l *lookup) marks(r *protocol.ErasureRow) (all []string) {
	for _, m := range r.Marks {
		if protocol.DecodeNo(l.row(protocol.RowErased, protocol.ErasedRowKey(l.site, m))) == uint64(r.No) {
			all = append(all, m)
		}
	}
	return all
}

// erase takes a deletion request. The person is who carries the customer ID (K-05), with every key and every number that
// became one of them.
func erase(c protocol.Command, l *lookup, b protocol.EraseCustomer, at protocol.Instant) (core.Step, error) {
	var step core.Step
	x := l.key(b.Key)
	if x == nil {
		r := l.erased(b.Key)
		if r == nil {
			return step, errNobody
		}
		step.Answer(c.Ticket, protocol.Erasing{At: r.At, Duplicate: true})
		return step, nil
	}
	if remembered(x.k, c.ClientID, c.Caller.Account) != nil {
		return step, errUsed
	}
	e := &protocol.CustomerErased{No: x.k.No, Numbers: x.p.Numbers(), By: c.Caller.Account, ClientID: c.ClientID, ID: x.p.ID}
	for _, k := range l.members(x.p) {
		for _, room := range k.Open {
			return step, protocol.RejectField(protocol.Conflict, "open_room", "room "+string(room)+" is open")
		}
		e.Keys = append(e.Keys, k.Key)
		e.Seals = keysOf(e.Seals, k.Seal, k.Seals)
	}
	if !slices.Contains(e.Keys, b.Key) { // it was renamed since; a repeat will name it again
		e.Keys = append(e.Keys, b.Key)
	}
	e.Seals = keysOf(e.Seals, x.p.Seal, x.p.Seals)
	if len(e.Seals) == 0 { // of a time before there were keys
		e.Seals = keysOf(nil, c.Seal[0], nil)
	}
	if len(e.Seals) > 0 {
		e.Seal = e.Seals[0]
	}
	step.Do(e)
	step.Owe(protocol.SiteAt(l.site), protocol.NoteErasure{No: e.No, By: e.By, ClientID: e.ClientID})
	step.Answer(c.Ticket, protocol.Erasing{At: at})
	return step, nil
}

// finishErasure records that the node has done its part; a day after the request also that it is known no more.
func finishErasure(c protocol.Command, l *lookup, b protocol.FinishErasure, at protocol.Instant) (core.Step, error) {
	var step core.Step
	if c.Caller.Role != protocol.System {
		return step, errNobody
	}
	r := l.erasure(b.No)
	switch {
	case r == nil: // told again
	case r.Done == 0 && b.More:
		step.Do(&protocol.ErasureFinished{No: r.No, Seal: r.Seal(), Asked: r.At, More: true, Keys: l.leading(r, b.Keys), Files: b.Files})
	case r.Done == 0:
		step.Do(&protocol.ErasureFinished{No: r.No, Seal: r.Seal(), Asked: r.At, Keys: l.leading(r, b.Keys), Files: b.Files, Marks: r.Marks})
		step.Owe(protocol.SiteAt(l.site), protocol.NoteErasure{No: r.No, Done: true})
	case at >= r.At.Add(protocol.ErasureKnown):
		step.Do(&protocol.ErasureFinished{No: r.No, Seal: r.Seal(), Asked: r.At, Last: true, Marks: l.marks(r)})
	}
	step.Answer(c.Ticket, protocol.Done{})
	return step, nil
}

// erasedRows take the customer out of the directory: a number keeps a record that says nothing but that, so that it is
// never given again and what still names it finds nobody.
func erasedRows(site protocol.SiteID, at protocol.Instant, e *protocol.CustomerErased) (rows []protocol.Row) {
	for _, no := range e.Numbers {
		rows = append(rows,
			protocol.Row{Kind: protocol.RowCustomer, Key: protocol.CustomerRowKey(site, no), Value: protocol.AppendCustomer(nil, &protocol.Customer{No: no, Erased: true})},
			protocol.Row{Kind: protocol.RowBlocked, Key: protocol.BlockedRowKey(site, no)})
	}
	todo := protocol.ErasureRow{No: e.No, Numbers: e.Numbers, Seals: e.Seals, At: at}
	for _, key := range e.Keys {
		mark := protocol.ErasedMark(site, key)
		todo.Marks = append(todo.Marks, mark)
		rows = append(rows,
			protocol.Row{Kind: protocol.RowCustomerKey, Key: protocol.CustomerKeyRowKey(site, key)},
			protocol.Row{Kind: protocol.RowErased, Key: protocol.ErasedRowKey(site, mark), Value: protocol.AppendNo(nil, uint64(e.No))})
	}
	return append(rows,
		protocol.Row{Kind: protocol.RowProfile, Key: protocol.ProfileRowKey(site, e.ID)},
		protocol.Row{Kind: protocol.RowErasure, Key: protocol.ErasureRowKey(site, e.No), Value: protocol.AppendErasure(nil, &todo)})
}

// finishedRows take away what led to the customer's files and, once more, to the customer; the erasure's own row goes last.
func finishedRows(site protocol.SiteID, at protocol.Instant, e *protocol.ErasureFinished) (rows []protocol.Row) {
	for _, key := range e.Keys {
		rows = append(rows, protocol.Row{Kind: protocol.RowCustomerKey, Key: protocol.CustomerKeyRowKey(site, key)})
	}
	for _, f := range e.Files {
		rows = append(rows,
			protocol.Row{Kind: protocol.RowFile, Key: protocol.FileRowKey(site, f.File)},
			protocol.Row{Kind: protocol.RowRoomFile, Key: protocol.RoomFileKey(site, f.Room, f.File)})
	}
	if e.More {
		return rows
	}
	row := protocol.Row{Kind: protocol.RowErasure, Key: protocol.ErasureRowKey(site, e.No)}
	if !e.Last {
		row.Value = protocol.AppendErasure(nil, &protocol.ErasureRow{No: e.No, Seals: []uint64{e.Seal}, At: e.Asked, Done: at, Marks: e.Marks})
		return append(rows, row)
	}
	for _, m := range e.Marks {
		rows = append(rows, protocol.Row{Kind: protocol.RowErased, Key: protocol.ErasedRowKey(site, m)})
	}
	return append(rows, row)
}
