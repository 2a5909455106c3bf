package ledger

import (
	"fmt"
	"hash/fnv"
	"time"
	"unicode/utf8"

	"switchyard/actors/core"
	"switchyard/protocol"
)

const refCharsMax = 100 // characters of a caller's own reference

// Needs names the row of what the command's entry would be, so that it is written once.
func Needs(s *State, c protocol.Command) []protocol.Ref {
	if key := keyOf(c); key != "" {
		return []protocol.Ref{protocol.LedgerKeyRef(s.Addr.Site, key)}
	}
	return nil
}

// keyOf is the key of the entry that the command asks for; "" = it asks for none.
func keyOf(c protocol.Command) string {
	switch b := c.Body.(type) {
	case protocol.Charge:
		return protocol.KakaoKey(b.Charged.Account, b.Charged.Key, b.Charged.Day)
	case protocol.ChargeAccounts:
		return protocol.FeeKey(b.Month)
	case protocol.TopUp, protocol.PostItem:
		if c.ClientID != "" {
			return "write/" + c.Caller.Sender() + "/" + string(c.ClientID)
		}
	}
	return ""
}

// Decide says what is written into the ledger. What was charged is never refused: a conversation
// that runs is not cut, and the balance may fall below zero (19.4). What is only about to be sent is.
func Decide(s *State, c protocol.Command, now time.Time) (core.Step, error) {
	at := protocol.At(now)
	switch b := c.Body.(type) {
	case protocol.Charge:
		e := protocol.LedgerEntry{Kind: protocol.LedgerKakao, Price: b.Charged.Price, Units: 1, Ref: string(b.Room), Day: b.Charged.Day, At: b.At}
		return s.charge(c, e), nil
	case protocol.ChargeAccounts:
		e := protocol.LedgerEntry{Kind: protocol.LedgerAccounts, Price: b.Price, Units: b.Accounts, Day: b.Month, At: b.At}
		return s.charge(c, e), nil
	case protocol.TopUp:
		return s.topUp(c, b, at)
	case protocol.PostItem:
		return s.item(c, b, at)
	case protocol.ViewLedger:
		var step core.Step
		step.Answer(c.Ticket, protocol.LedgerView{Balance: s.Balance, Number: s.Number, Mode: c.Facts.Settings.Billing.Mode})
		return step, nil
	case protocol.Resumed, protocol.DeadlineReached:
		return core.Step{}, nil
	}
	return core.Step{}, protocol.Reject(protocol.BadRequest, "a ledger does not take "+c.Body.CommandName())
}

// earlier is the entry that the command's key has already.
func (s *State) earlier(c protocol.Command) *protocol.LedgerEntry {
	v := c.Records[protocol.LedgerKeyRef(s.Addr.Site, keyOf(c))].Value
	if len(v) == 0 {
		return nil
	}
	e, err := protocol.DecodeLedgerEntry(v)
	if err != nil {
		panic(err) // its checksum was right: a bug
	}
	return &e
}

// charge writes what has been spent, once a key; a later event of the same key writes nothing.
func (s *State) charge(c protocol.Command, e protocol.LedgerEntry) core.Step {
	var step core.Step
	if s.earlier(c) == nil {
		e.Key, e.Recorded = keyOf(c), c.Facts.Settings.Billing.Mode == protocol.Postpaid
		s.write(&step, e)
	}
	return step
}

// write adds an entry; its amount and what is left follow from the price and the units.
func (s *State) write(step *core.Step, e protocol.LedgerEntry) *protocol.LedgerEntry {
	e.Number = s.Number + 1
	if e.Kind != protocol.LedgerTopUp {
		e.Amount = -int64(e.Price) * int64(e.Units)
	}
	e.Balance = s.Balance
	if !e.Recorded {
		e.Balance += e.Amount
		e.Short = e.Amount < 0 && e.Balance < 0
	}
	step.Do(&e)
	return &e
}

// asked answers a repeat of a write with its first result; the same client id with another body is a conflict.
func (s *State) asked(c protocol.Command, ref string) (step core.Step, done bool, err error) {
	switch {
	case c.ClientID == "":
		return step, true, protocol.RejectField(protocol.BadRequest, "client_id", "is missing")
	case utf8.RuneCountInString(ref) > refCharsMax:
		return step, true, protocol.RejectField(protocol.TooLarge, "ref", "is longer than 100 characters")
	}
	old := s.earlier(c)
	if old == nil {
		return step, false, nil
	}
	if old.Same != sameAs(c.Body) {
		return step, true, protocol.RejectField(protocol.Conflict, "client_id", "was used for another write")
	}
	step.Answer(c.Ticket, protocol.Posted{Entry: *old, Duplicate: true})
	return step, true, nil
}

// sameAs tells two writes apart.
func sameAs(b protocol.Body) uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s %+v", b.CommandName(), b)
	return h.Sum64()
}

// topUp pays in.
func (s *State) topUp(c protocol.Command, b protocol.TopUp, at protocol.Instant) (core.Step, error) {
	if b.Amount < 1 || b.Amount > protocol.TopUpMax {
		return core.Step{}, protocol.RejectField(protocol.BadRequest, "amount", "must be 1 to 1,000,000,000 won")
	}
	step, done, err := s.asked(c, b.Ref)
	if done || err != nil {
		return step, err
	}
	e := s.write(&step, protocol.LedgerEntry{
		Kind: protocol.LedgerTopUp, Amount: b.Amount, Ref: b.Ref, Key: keyOf(c), At: at, By: c.Caller.Account, Same: sameAs(b),
	})
	step.Answer(c.Ticket, protocol.Posted{Entry: *e})
	return step, nil
}

// item deducts messages, or refuses them where the balance does not suffice.
func (s *State) item(c protocol.Command, b protocol.PostItem, at protocol.Instant) (core.Step, error) {
	bill := &c.Facts.Settings.Billing
	price := bill.SMSUnit
	switch {
	case b.Kind == protocol.LedgerAlimtalk:
		price = bill.AlimtalkUnit
	case b.Kind != protocol.LedgerSMS:
		return core.Step{}, protocol.RejectField(protocol.BadRequest, "kind", "must be SMS or ALIMTALK")
	}
	if b.Units < 1 || b.Units > protocol.ItemsMax {
		return core.Step{}, protocol.RejectField(protocol.BadRequest, "units", "must be 1 to 100,000")
	}
	step, done, err := s.asked(c, b.Ref)
	if done || err != nil {
		return step, err
	}
	recorded := bill.Mode == protocol.Postpaid
	if cost := int64(price) * int64(b.Units); !recorded && cost > s.Balance {
		return step, protocol.RejectField(protocol.OverLimit, "balance", fmt.Sprintf("%d won are needed, %d are left", cost, s.Balance))
	}
	e := s.write(&step, protocol.LedgerEntry{
		Kind: b.Kind, Price: price, Units: b.Units, Ref: b.Ref, Key: keyOf(c), At: at, By: c.Caller.Account, Same: sameAs(b), Recorded: recorded,
	})
	step.Answer(c.Ticket, protocol.Posted{Entry: *e})
	return step, nil
}
