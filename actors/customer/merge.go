package customer

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"switchyard/actors/core"
	"switchyard/protocol"
)

// changeID is the edit of a key's customer ID, step by step (17.2). All its records are one entry,
// so that a reader sees them before or after it (I-18).
func changeID(c protocol.Command, l *lookup, b protocol.ChangeCustomerID, at protocol.Instant) (core.Step, error) {
	var step core.Step
	x := l.key(b.Key)
	if x == nil {
		return step, errNobody
	}
	same := hashOf(b)
	if done, err := repeated(&step, c, x, same); done || err != nil {
		return step, err
	}
	id := strings.TrimSpace(b.ID)
	switch {
	case id == "":
		return step, protocol.RejectField(protocol.BadRequest, "customer_id", "is missing")
	case utf8.RuneCountInString(id) > idCharsMax:
		return step, protocol.RejectField(protocol.TooLarge, "customer_id", "is longer than 255 characters")
	case strings.ContainsFunc(id, unicode.IsControl):
		return step, protocol.RejectField(protocol.BadRequest, "customer_id", "has a control character")
	case id == x.k.ID:
		step.Answer(c.Ticket, view(c, x, false))
		return step, nil
	}
	to, other := l.profile(id), x.colliding(l, id)
	if err := x.mayMove(l.site, to, other, b.Confirm); err != nil {
		return step, err
	}
	by := c.Caller.Account
	from, also := x.p, x.leave()
	combine(to, from)
	if to.Seal == 0 {
		to.Seal = c.Seal[1]
	}
	x.k.ID = id
	switch {
	case other != nil:
		x.unite(&step, other, to, also, by)
		x = other
	default:
		if x.k.Channel == protocol.Web {
			x.k.Key = keyOf(l.site, id) // K-03
		}
		x.enter(to, also)
	}
	step.Do(&protocol.SharedProfileSaved{Profile: *from, By: by})
	note(x.k, protocol.Start{ClientID: c.ClientID, At: at, Same: same, By: by})
	x.save(&step, "renamed", by, 0)
	step.Answer(c.Ticket, view(c, x, false))
	return step, nil
}

// colliding is the other customer that the key which the ID gives leads to; nil = there is none.
func (x *known) colliding(l *lookup, id string) *known {
	if x.k.Channel != protocol.Web {
		return nil
	}
	other := l.key(keyOf(l.site, id))
	if other == nil || other.k.No == x.k.No {
		return nil
	}
	return other
}

// mayMove is step 1, and the confirmation of K-09.
func (x *known) mayMove(site protocol.SiteID, to *protocol.Profile, other *known, confirmed bool) error {
	grows := other == nil || other.k.ID != to.ID // two keys that become one are still one key
	switch {
	case other != nil && other.k.Channel != protocol.Web:
		return protocol.RejectField(protocol.Conflict, "customer_id", "its key belongs to a customer of another channel")
	case other != nil && other.k.Key != keyOf(site, to.ID):
		// Whoever had the key once still comes with it: that browser must not enter somebody else's room.
		return protocol.RejectField(protocol.Conflict, "customer_id", "its key leads to a customer that had it once")
	case grows && len(to.Members) >= membersMax:
		return protocol.RejectField(protocol.Conflict, "customer_id", "50 customer keys have it already")
	case len(to.Numbers())+len(x.p.Numbers()) > numbersMax:
		return protocol.RejectField(protocol.Conflict, "customer_id", "too many customers became one")
	case (len(to.Members) > 0 || other != nil) && !confirmed:
		return protocol.RejectField(protocol.Conflict, "confirm", "the customer ID is in use: only a confirmed change merges")
	}
	return nil
}

// carry moves a messenger's customer to the ID that its chat link brought (K-04); an ID that 50 keys
// carry stays closed.
func (x *known) carry(step *core.Step, to *protocol.Profile) {
	if len(to.Members) >= membersMax || len(to.Numbers())+len(x.p.Numbers()) > numbersMax {
		return
	}
	from, also := x.p, x.leave()
	combine(to, from)
	x.k.ID = to.ID
	x.enter(to, also)
	step.Do(&protocol.SharedProfileSaved{Profile: *from})
}

// leave takes the customer out of its profile, with its rooms (steps 3 and 7), and gives the numbers
// that became it.
func (x *known) leave() (also []protocol.CustomerNo) {
	i := slices.IndexFunc(x.p.Members, func(m protocol.Member) bool { return m.No == x.k.No })
	also = x.p.Members[i].Also
	x.p.Members = slices.Delete(x.p.Members, i, i+1)
	x.p.Rooms -= x.k.Rooms
	return also
}

// enter puts the customer under a profile, with its rooms.
func (x *known) enter(p *protocol.Profile, also []protocol.CustomerNo) {
	p.Members = append(p.Members, protocol.Member{No: x.k.No, Key: x.k.Key, Channel: x.k.Channel, Also: also})
	p.Rooms += x.k.Rooms
	x.p, x.dirty = p, true
}

// combine is step 2: for each field the newer value, of equal ones that of b; a value beats none.
func combine(b, a *protocol.Profile) {
	for _, f := range []struct{ to, from *protocol.FieldAt }{
		{&b.Name, &a.Name}, {&b.Phone, &a.Phone}, {&b.Email, &a.Email}, {&b.Birth, &a.Birth}, {&b.Address, &a.Address}, {&b.Note, &a.Note},
	} {
		if (f.from.Value != "") == (f.to.Value != "") && f.from.At > f.to.At || f.from.Value != "" && f.to.Value == "" {
			*f.to = *f.from
		}
	}
	b.Consent = max(b.Consent, a.Consent)
	if len(a.Members) == 0 { // a is no more: whoever destroys the keys of b must know those of its texts
		b.Seals = keysOf(b.Seals, a.Seal, a.Seals)
	}
}

// keysOf adds the numbers of keys that a merge brings along.
func keysOf(to []uint64, key uint64, more []uint64) []uint64 {
	for _, no := range append([]uint64{key}, more...) {
		if no != 0 && !slices.Contains(to, no) {
			to = append(to, no)
		}
	}
	return to
}

// unite is step 6 where the web key exists: x becomes other. Rooms and tags are united, the newer
// verification is kept, two open rooms both stay open. x's number, and those that had become x, lead
// to other from now on.
func (x *known) unite(step *core.Step, other *known, to *protocol.Profile, also []protocol.CustomerNo, by protocol.AccountID) {
	if other.k.ID != to.ID { // it has the key, and got a random ID when 50 keys had this one
		was, others := other.p, other.leave()
		combine(to, was)
		other.k.ID = to.ID
		other.enter(to, others)
		step.Do(&protocol.SharedProfileSaved{Profile: *was, By: by})
	}
	k, o := x.k, other.k
	for _, t := range k.Tags {
		if !slices.Contains(o.Tags, t) && len(o.Tags) < tagsMax {
			o.Tags = append(o.Tags, t)
		}
	}
	if k.Verified.At > o.Verified.At {
		o.Verified = k.Verified
	}
	if o.Grade == protocol.GradeNone {
		o.Grade = k.Grade
	}
	if k.LastAt > o.LastAt {
		o.LastAgent, o.LastAt = k.LastAgent, k.LastAt
	}
	if !o.Blocked && k.Blocked {
		o.Blocked, o.BlockedAt, o.BlockedBy, o.BlockedWhy = true, k.BlockedAt, k.BlockedBy, k.BlockedWhy
	}
	o.Open = append(o.Open, k.Open...)
	o.Seals = keysOf(o.Seals, k.Seal, k.Seals)
	o.Rooms += k.Rooms
	to.Rooms += k.Rooms
	o.Starts = append(o.Starts, k.Starts...)
	slices.SortStableFunc(o.Starts, func(a, b protocol.Start) int { return cmp.Compare(a.At, b.At) })
	o.Starts = o.Starts[max(0, len(o.Starts)-changesMax):]

	also = append([]protocol.CustomerNo{k.No}, also...)
	i := slices.IndexFunc(to.Members, func(m protocol.Member) bool { return m.No == o.No })
	to.Members[i].Also = append(to.Members[i].Also, also...)
	other.p, other.dirty = to, true
	for _, no := range also {
		step.Do(&protocol.CustomerSaved{Customer: protocol.Customer{No: no, Merged: o.No}, Why: "merged", By: by})
	}
}
