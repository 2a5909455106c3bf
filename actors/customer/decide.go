package customer

import (
	"slices"
	"time"

	"switchyard/actors/core"
	"switchyard/protocol"
)

// Limits of the directory.
const (
	rememberStarts = 25 * time.Hour // a client's write is known again for a day at least (I-07)
	changesMax     = 64             // of accounts that a customer's record knows again; the oldest is forgotten first
	idCharsMax     = 255
	membersMax     = 50  // keys with the same customer ID (K-08)
	numbersMax     = 200 // numbers whose rooms are one history
	tagsMax        = 50  // per key
)

// Decide answers arrivals, what rooms tell of their customers, and who reads or edits them.
func Decide(s *State, c protocol.Command, now time.Time) (core.Step, error) {
	at := protocol.At(now)
	l := s.look(c)
	switch b := c.Body.(type) {
	case protocol.StartRoom:
		return start(s, c, l, b, at)
	case protocol.ArrivalReturned:
		return returned(s, c, l, b, at), nil
	case protocol.NewestFound:
		return newestFound(s, c, l, b, at), nil
	case protocol.RoomDone:
		return roomDone(l, b), nil
	case protocol.SaveProfile:
		return saveProfile(l, b)
	case protocol.ViewCustomer:
		var step core.Step
		x := l.either(b)
		if x == nil {
			return step, errNobody
		}
		step.Answer(c.Ticket, view(c, x, false))
		return step, nil
	case protocol.EditCustomer:
		return edit(c, l, b, at)
	case protocol.VerifyCustomer:
		return verify(c, l, b, at)
	case protocol.ChangeCustomerID:
		return changeID(c, l, b, at)
	case protocol.EraseCustomer:
		return erase(c, l, b, at)
	case protocol.FinishErasure:
		return finishErasure(c, l, b, at)
	case protocol.IndexBlocked:
		return indexBlocked(c, l, b)
	case protocol.SaveFile:
		return s.saveFile(c, b, at)
	case protocol.RequestAgent:
		return request(s, c, l, b), nil
	case protocol.Resumed, protocol.DeadlineReached:
		return core.Step{}, nil
	}
	return core.Step{}, protocol.Reject(protocol.BadRequest, "a customer directory does not take "+c.Body.CommandName())
}

var errNobody = protocol.Reject(protocol.NotFound, "no such customer")

// save makes the changes of a customer events of this step: what is shared first.
func (x *known) save(step *core.Step, why string, by protocol.AccountID, number uint64) {
	x.share(step, by)
	step.Do(&protocol.CustomerSaved{Customer: *x.k, Why: why, By: by, Number: number, Noted: x.noted})
}

func (x *known) share(step *core.Step, by protocol.AccountID) {
	if x.dirty {
		step.Do(&protocol.SharedProfileSaved{Profile: *x.p, By: by})
		x.dirty = false
	}
}

// roomDone: the room is open no more, and whoever held it is the customer's last agent. It may be
// told again, late.
func roomDone(l *lookup, b protocol.RoomDone) core.Step {
	var step core.Step
	k := l.alone(b.Customer)
	if k == nil {
		return step
	}
	left := slices.DeleteFunc(slices.Clone(k.Open), func(r protocol.RoomID) bool { return r == b.Room })
	newer := b.Agent != "" && b.At > k.LastAt
	if len(left) == len(k.Open) && !newer {
		return step
	}
	k.Open = left
	if newer {
		k.LastAgent, k.LastAt = b.Agent, b.At
	}
	(&known{k: k}).save(&step, "closed", "", 0)
	return step
}

// saveProfile writes what the form brought: the latest value wins, by field (K-07).
func saveProfile(l *lookup, b protocol.SaveProfile) (core.Step, error) {
	var step core.Step
	x := l.number(b.Customer)
	if x == nil {
		return step, errNobody
	}
	for _, v := range b.Values {
		if f := x.p.Field(v.Field); f.At <= b.At { // this may be told again, late
			*f = protocol.FieldAt{Value: v.Value, At: b.At}
		}
	}
	if b.Consent {
		x.p.Consent = max(x.p.Consent, b.At)
	}
	x.dirty = true
	x.share(&step, "")
	return step, nil
}
