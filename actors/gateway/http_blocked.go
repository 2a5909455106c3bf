package gateway

import (
	"cmp"
	"encoding/binary"
	"slices"

	"switchyard/protocol"
)

// blockedCustomers lists who is blocked, the newest first, of those within the caller's reach. The rows say who and since
// when, so that pages keep their order; the record of each is asked for.
func (c *call) blockedCustomers() (int, []byte, *protocol.Rejection) {
	if c.r.URL.Query().Get("blocked") != "true" {
		return c.unprocessable(protocol.RejectField(protocol.BadRequest, "blocked", "must be true: customers are listed no other way"))
	}
	limit, rej := c.limit()
	if rej != nil {
		return 0, nil, rej
	}
	cursor, rej := c.cursor()
	if rej != nil {
		return 0, nil, rej
	}
	if len(cursor) != 0 && len(cursor) != 16 {
		return 0, nil, protocol.RejectField(protocol.BadRequest, "cursor", "is not one of ours")
	}
	type blocked struct {
		no protocol.CustomerNo
		at protocol.Instant
	}
	newest := func(a, b blocked) int { return cmp.Or(cmp.Compare(b.at, a.at), cmp.Compare(b.no, a.no)) }
	var all []blocked
	if err := c.g.engine.Blocked(c.site, func(no protocol.CustomerNo, at protocol.Instant) { all = append(all, blocked{no, at}) }); err != nil {
		return 0, nil, unreadable
	}
	slices.SortFunc(all, newest)
	if len(cursor) > 0 {
		last := blocked{protocol.CustomerNo(binary.BigEndian.Uint64(cursor[8:])), protocol.Instant(binary.BigEndian.Uint64(cursor))}
		i, found := slices.BinarySearchFunc(all, last, newest)
		if found {
			i++
		}
		all = all[i:]
	}
	j := protocol.JSON{}
	j.Open()
	j.Key("customers")
	j.B = append(j.B, '[')
	var after []byte
	for i, b := range all {
		res, rej := c.g.ask(c.context(), protocol.CustomersAt(c.site), protocol.ViewCustomer{No: b.no}, c.caller, "", c.facts)
		if rej != nil && rej.Code != protocol.NotFound {
			return 0, nil, rej
		}
		v, _ := res.(protocol.CustomerView)
		if rej == nil && v.Customer.Blocked && v.Customer.No == b.no && c.holds("customers.list", &v.Customer) { // it may be another since the row was read
			listComma(&j)
			j.B = appendCustomer(j.B, &v)
			limit--
		}
		if limit == 0 && i < len(all)-1 {
			after = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, uint64(b.at)), uint64(b.no))
			break
		}
	}
	return listEnd(&j, after == nil, after)
}
