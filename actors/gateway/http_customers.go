package gateway

import (
	"net/http"

	"switchyard/protocol"
)

// The routes of a customer: what is known (domain 18.3), the customer ID (17.2), the verified mobile.

// known asks the directory for the customer of the path, and whether the caller may do the act: an
// agent with the customers of its own rooms (one that it holds, or the last one it held), a manager
// with those in scope. Nobody else's customer exists.
func (c *call) known(act string) (protocol.CustomerView, *protocol.Rejection) {
	var none protocol.CustomerView
	key := protocol.CustomerKey(c.r.PathValue("key"))
	res, rej := c.g.ask(c.context(), protocol.CustomersAt(c.site), protocol.ViewCustomer{Key: key}, c.caller, "", c.facts)
	if rej != nil {
		return none, rej
	}
	v, ok := res.(protocol.CustomerView)
	if !ok || !c.holds(act, &v.Customer) {
		return none, notFound
	}
	return v, nil
}

// holds says whether one of the customer's rooms is within the caller's reach.
func (c *call) holds(act string, k *protocol.Customer) bool {
	if reachOf(act, c.caller.Role) == site {
		return true
	}
	agents := []protocol.AccountID{k.LastAgent}
	for _, room := range k.Open {
		res, rej := c.g.ask(c.context(), protocol.RoomAt(c.site, room), protocol.ViewRoom{Room: room}, c.caller, "", c.facts)
		if v, ok := res.(protocol.RoomView); rej == nil && ok {
			agents = append(agents, v.Holder)
		}
	}
	if len(agents) > 1 && agents[0] == "" { // nobody's yet: only the open rooms count
		agents = agents[1:]
	}
	for _, a := range agents {
		if covers(act, c.facts, &c.caller, a, "") {
			return true
		}
	}
	return false
}

func (c *call) customer() (int, []byte, *protocol.Rejection) {
	v, rej := c.known("customers.view")
	if rej != nil {
		return 0, nil, rej
	}
	return http.StatusOK, appendCustomer(nil, &v), nil
}

// changed puts a change of the customer to the directory and answers with what is known then.
func (c *call) changed(body protocol.Body) (int, []byte, *protocol.Rejection) {
	res, rej := c.put(protocol.CustomersAt(c.site), body)
	if rej != nil {
		return c.unprocessable(rej)
	}
	v, ok := res.(protocol.CustomerView)
	if !ok {
		return http.StatusNoContent, nil, nil
	}
	return http.StatusOK, appendCustomer(nil, &v), nil
}

// editCustomer reads the members that are there; null and "" delete a value.
func (c *call) editCustomer() (int, []byte, *protocol.Rejection) {
	v, rej := c.known("customers.edit")
	if rej != nil {
		return 0, nil, rej
	}
	f := &c.body
	b := protocol.EditCustomer{Key: v.Customer.Key}
	for p := protocol.FieldName; p <= protocol.FieldAddress; p++ {
		if name := fieldName(p); f.named(name) {
			b.Values = append(b.Values, protocol.FieldValue{Field: p, Value: f.text(name, 0)})
		}
	}
	part := func(name string, p protocol.CustomerPart) bool {
		if f.named(name) {
			b.Set |= p
			return true
		}
		return false
	}
	if part("note", protocol.PartNote) {
		b.Note = f.text("note", 0)
	}
	if part("tags", protocol.PartTags) {
		b.Tags = f.texts("tags", 1000, 1000) // the directory knows the limits
	}
	if part("blocked", protocol.PartBlocked) {
		b.Blocked = f.truth("blocked")
	}
	if part("block_reason", protocol.PartReason) {
		b.Reason = f.text("block_reason", 0)
	}
	if part("grade", protocol.PartGrade) {
		b.Grade = enum(f, "grade", protocol.ParseGrade)
	}
	part("verified_mobile", protocol.PartMobile) // the directory says why not
	if rej := f.done(); rej != nil {
		return c.unprocessable(rej)
	}
	return c.changed(b)
}

// changeCustomerID gives the key another customer ID; one that is in use needs confirm (K-09).
func (c *call) changeCustomerID() (int, []byte, *protocol.Rejection) {
	v, rej := c.known("customers.edit")
	if rej != nil {
		return 0, nil, rej
	}
	b := protocol.ChangeCustomerID{Key: v.Customer.Key, ID: c.body.text("customer_id", 0), Confirm: c.body.truth("confirm")}
	if rej := c.body.done(); rej != nil {
		return c.unprocessable(rej)
	}
	return c.changed(b)
}

// verifyCustomer records what a means of identity proved; it is the integrating machine's.
func (c *call) verifyCustomer() (int, []byte, *protocol.Rejection) {
	v, rej := c.known("customers.verify")
	if rej != nil {
		return 0, nil, rej
	}
	f := &c.body
	b := protocol.VerifyCustomer{Key: v.Customer.Key, Verified: protocol.Verified{
		Number: f.need("number", 100), Means: enum(f, "means", protocol.ParseMeans), At: f.instant("at"),
	}}
	if rej := f.done(); rej != nil {
		return c.unprocessable(rej)
	}
	return c.changed(b)
}

// eraseCustomer takes a deletion request: everything personal of the customer, of every key with the customer ID, is
// gone by gone_by. A repeat gets the same answer for a day, and afterwards nobody is there. Nothing brings them back, so the
// request says twice whom it means.
func (c *call) eraseCustomer() (int, []byte, *protocol.Rejection) {
	key := protocol.CustomerKey(c.r.PathValue("key"))
	if rej := c.confirmed(string(key), "everything personal of the customer would be destroyed for good"); rej != nil {
		return 0, nil, rej
	}
	res, rej := c.put(protocol.CustomersAt(c.site), protocol.EraseCustomer{Key: key})
	if rej != nil {
		return 0, nil, rej
	}
	e, ok := res.(protocol.Erasing)
	if !ok {
		return http.StatusAccepted, nil, nil
	}
	j := protocol.JSON{}
	j.Open()
	j.Instant("accepted_at", e.At)
	j.Instant("gone_by", e.Until())
	duplicate(&j, e.Duplicate)
	j.Close()
	return http.StatusAccepted, j.B, nil
}

// fieldName is a profile field's name in a customer's record.
func fieldName(p protocol.ProfileField) string {
	return [...]string{protocol.FieldName: "name", protocol.FieldPhone: "phone", protocol.FieldEmail: "email", protocol.FieldBirth: "birth", protocol.FieldAddress: "address"}[p]
}

func appendCustomer(dst []byte, v *protocol.CustomerView) []byte {
	k, p := &v.Customer, &v.Profile
	j := protocol.JSON{B: dst}
	j.Open()
	j.Str("customer_key", string(k.Key))
	j.Str("customer_id", k.ID)
	j.Str("channel", k.Channel.String())
	j.Str("channel_user", k.User)
	if len(k.Open) > 0 {
		j.Str("open_room", string(k.Open[len(k.Open)-1]))
	}
	for f := protocol.FieldName; f <= protocol.FieldAddress; f++ {
		appendValue(&j, fieldName(f), p.Field(f))
	}
	appendValue(&j, "note", &p.Note)
	if v.Age >= 0 {
		j.Int("age", int64(v.Age))
	}
	if k.Verified.Number != "" {
		j.Key("verified_mobile") // 인증완료, with 인증정보
		j.Open()
		j.Str("number", k.Verified.Number)
		j.Str("means", k.Verified.Means.String())
		j.Instant("at", k.Verified.At)
		j.Close()
	}
	j.Strs("tags", k.Tags)
	j.Str("grade", k.Grade.String())
	j.Bool("blocked", k.Blocked)
	if k.Blocked {
		j.Instant("blocked_at", k.BlockedAt)
		j.Str("blocked_by", string(k.BlockedBy))
		j.Str("block_reason", k.BlockedWhy)
	}
	j.Instant("consent_at", p.Consent)
	j.Uint("rooms", p.Rooms)
	j.Key("keys")
	j.B = append(j.B, '[')
	for _, m := range p.Members {
		listComma(&j)
		j.Open()
		j.Str("customer_key", string(m.Key))
		j.Str("channel", m.Channel.String())
		j.Close()
	}
	j.B = append(j.B, ']')
	duplicate(&j, v.Duplicate)
	j.Close()
	return j.B
}

func appendValue(j *protocol.JSON, name string, f *protocol.FieldAt) {
	if f.Value == "" {
		return
	}
	j.Key(name)
	j.Open()
	j.Str("value", f.Value)
	j.Instant("updated_at", f.At)
	j.Close()
}
