package customer

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"switchyard/actors/core"
	"switchyard/actors/gate"
	"switchyard/protocol"
)

// Limits of what is written by hand, in characters (3.4).
const (
	phoneCharsMax  = 100
	noteCharsMax   = 500
	reasonCharsMax = 200
	tagCharsMax    = 20
)

// hashOf tells two changes apart: the same client id with another body is a conflict.
func hashOf(b protocol.Body) uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s %+v", b.CommandName(), b)
	return h.Sum64()
}

// repeated answers a change that was made already, under the same client id.
func repeated(step *core.Step, c protocol.Command, x *known, same uint64) (done bool, err error) {
	old := remembered(x.k, c.ClientID, c.Caller.Account)
	switch {
	case old == nil:
		return false, nil
	case old.Same != same:
		return true, errUsed
	}
	step.Answer(c.Ticket, view(c, x, true))
	return true, nil
}

// edit changes a customer's information by hand (18.3). Who may is judged before: the gateway knows
// which rooms the caller holds.
func edit(c protocol.Command, l *lookup, b protocol.EditCustomer, at protocol.Instant) (core.Step, error) {
	var step core.Step
	x := l.key(b.Key)
	if x == nil {
		return step, errNobody
	}
	same := hashOf(b)
	if done, err := repeated(&step, c, x, same); done || err != nil {
		return step, err
	}
	if b.Set&protocol.PartMobile != 0 {
		return step, protocol.RejectField(protocol.Forbidden, "verified_mobile", "only verifying again changes it")
	}
	for _, v := range b.Values {
		value, err := edited(v, today(c))
		if err != nil {
			return step, err
		}
		x.set(x.p.Field(v.Field), value, at)
	}
	if b.Set&protocol.PartNote != 0 {
		text := strings.TrimSpace(b.Note)
		if utf8.RuneCountInString(text) > noteCharsMax {
			return step, protocol.RejectField(protocol.TooLarge, "note", "is longer than 500 characters")
		}
		x.set(&x.p.Note, text, at)
	}
	if b.Set&protocol.PartTags != 0 {
		tags, err := cleanTags(b.Tags)
		if err != nil {
			return step, err
		}
		x.k.Tags = tags
	}
	if b.Set&protocol.PartBlocked != 0 {
		x.block(b.Blocked, c.Caller.Account, at)
	}
	if b.Set&protocol.PartReason != 0 {
		text := strings.TrimSpace(b.Reason)
		switch {
		case utf8.RuneCountInString(text) > reasonCharsMax:
			return step, protocol.RejectField(protocol.TooLarge, "block_reason", "is longer than 200 characters")
		case text != "" && !x.k.Blocked:
			return step, protocol.RejectField(protocol.BadRequest, "block_reason", "the customer is not blocked")
		}
		x.k.BlockedWhy = text
	}
	if b.Set&protocol.PartGrade != 0 {
		if b.Grade == 0 {
			return step, protocol.RejectField(protocol.BadRequest, "grade", "is missing")
		}
		x.k.Grade = b.Grade
	}
	note(x.k, protocol.Start{ClientID: c.ClientID, At: at, Same: same, By: c.Caller.Account})
	x.save(&step, "edited", c.Caller.Account, 0)
	step.Answer(c.Ticket, view(c, x, false))
	return step, nil
}

// block says who blocked the customer and when; to block again changes neither, and who is let in again is a stranger to it.
func (x *known) block(on bool, by protocol.AccountID, at protocol.Instant) {
	switch k := x.k; {
	case on == k.Blocked:
	case on:
		k.Blocked, k.BlockedAt, k.BlockedBy = true, at, by
	default:
		k.Blocked, k.BlockedAt, k.BlockedBy, k.BlockedWhy = false, 0, "", ""
	}
}

// set writes a field; an equal value is no news, an empty one deletes.
func (x *known) set(f *protocol.FieldAt, value string, at protocol.Instant) {
	if f.Value != value {
		*f = protocol.FieldAt{Value: value, At: at}
		x.dirty = true
	}
}

// edited checks a value that was written by hand: as on the form, but a phone is any number (3.4).
func edited(v protocol.FieldValue, today protocol.Date) (string, error) {
	field := strings.ToLower(v.Field.String())
	text := strings.TrimSpace(v.Value)
	switch {
	case v.Field < protocol.FieldName || v.Field > protocol.FieldAddress:
		return "", protocol.RejectField(protocol.BadRequest, "", "there is no such field")
	case text == "":
		return "", nil
	case v.Field != protocol.FieldPhone:
		text, err := gate.Validate(v.Field, text, today)
		if err != nil {
			return "", protocol.RejectField(protocol.BadRequest, field, err.Error())
		}
		return text, nil
	case utf8.RuneCountInString(text) > phoneCharsMax:
		return "", protocol.RejectField(protocol.TooLarge, field, "is longer than 100 characters")
	case strings.ContainsFunc(text, unicode.IsControl):
		return "", protocol.RejectField(protocol.BadRequest, field, "has a control character")
	}
	return text, nil
}

func cleanTags(tags []string) ([]string, error) {
	var all []string
	for _, t := range tags {
		t = strings.TrimSpace(t)
		if utf8.RuneCountInString(t) > tagCharsMax {
			return nil, protocol.RejectField(protocol.TooLarge, "tags", "has a tag longer than 20 characters")
		}
		if t != "" && !slices.Contains(all, t) {
			all = append(all, t)
		}
	}
	if len(all) > tagsMax {
		return nil, protocol.RejectField(protocol.TooLarge, "tags", "has more than 50 tags")
	}
	return all, nil
}

// meansOf are the means of verification that a channel has (22.1).
var meansOf = map[protocol.Channel][]protocol.Means{
	protocol.Web:   {protocol.BySMS},
	protocol.Kakao: {protocol.BySMS, protocol.ByKakaoSync},
	protocol.Naver: {protocol.BySMS, protocol.ByNaverStore},
}

// verify records what a means of identity proved, by key; an older proof that comes late
// changes nothing.
func verify(c protocol.Command, l *lookup, b protocol.VerifyCustomer, at protocol.Instant) (core.Step, error) {
	var step core.Step
	x := l.key(b.Key)
	if x == nil {
		return step, errNobody
	}
	same := hashOf(b)
	if done, err := repeated(&step, c, x, same); done || err != nil {
		return step, err
	}
	v := b.Verified
	if v.At == 0 {
		v.At = at
	}
	number, err := gate.Validate(protocol.FieldPhone, v.Number, today(c))
	switch {
	case err != nil:
		return step, protocol.RejectField(protocol.BadRequest, "number", "is not a mobile number")
	case !slices.Contains(meansOf[x.k.Channel], v.Means):
		return step, protocol.RejectField(protocol.BadRequest, "means", "is not a means of the customer's channel")
	case v.At > at:
		return step, protocol.RejectField(protocol.BadRequest, "at", "lies in the future")
	}
	v.Number = number
	if v.At >= x.k.Verified.At {
		x.k.Verified = v
	}
	note(x.k, protocol.Start{ClientID: c.ClientID, At: at, Same: same, By: c.Caller.Account})
	x.save(&step, "verified", c.Caller.Account, 0)
	step.Answer(c.Ticket, view(c, x, false))
	return step, nil
}

// today is the date in the site's zone.
func today(c protocol.Command) protocol.Date {
	y, m, d := c.Wall.In(c.Facts.Zone).Date()
	return protocol.Date{Year: y, Month: m, Day: d}
}

// view is one consistent answer about a customer.
func view(c protocol.Command, x *known, duplicate bool) protocol.CustomerView {
	return protocol.CustomerView{Customer: *x.k, Profile: *x.p, Age: Age(x.p.Birth.Value, today(c)), Duplicate: duplicate}
}

// Age is the full years between a birth date and today (18.3, Q-27), -1 without a birth date. Whoever
// was born on 29 February becomes older on 1 March in common years.
func Age(birth string, today protocol.Date) int {
	b, err := time.Parse("2006-01-02", birth)
	if err != nil {
		return -1
	}
	years := today.Year - b.Year()
	if today.Month < b.Month() || today.Month == b.Month() && today.Day < b.Day() {
		years--
	}
	return years
}
