package scenario

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"switchyard/protocol"
)

// The acts around a customer's identity.
//
//	A edits K name=… phone=… note=… tags=a,b grade=VIP blocked=yes     an empty value deletes; 가*501 is a long one
//	A renames K to ID [confirmed]
//	A verifies K NUMBER MEANS
//	N customers with ID x           so many Kakao customers arrive with the same customer ID
//	customer K                      what the directory knows
//	history K                       the consultations of the customer ID, newest start first

func (t *teller) identityAct(verb string, f []string) (protocol.Body, error) {
	key := t.key(f[2])
	switch verb {
	case "renames":
		return protocol.ChangeCustomerID{Key: key, ID: f[4], Confirm: len(f) > 5}, nil
	case "verifies":
		means, err := protocol.ParseMeans(f[4])
		return protocol.VerifyCustomer{Key: key, Verified: protocol.Verified{Number: f[3], Means: means}}, err
	}
	b := protocol.EditCustomer{Key: key}
	for _, p := range f[3:] {
		name, v, _ := strings.Cut(p, "=")
		if text, times, ok := strings.Cut(v, "*"); ok {
			n, err := strconv.Atoi(times)
			if err != nil {
				return nil, err
			}
			v = strings.Repeat(text, n)
		}
		switch name {
		case "note":
			b.Set, b.Note = b.Set|protocol.PartNote, v
		case "tags":
			b.Set, b.Tags = b.Set|protocol.PartTags, strings.Split(v, ",")
		case "blocked":
			b.Set, b.Blocked = b.Set|protocol.PartBlocked, v == "yes"
		case "grade":
			grade, err := protocol.ParseGrade(v)
			if err != nil {
				return nil, err
			}
			b.Set, b.Grade = b.Set|protocol.PartGrade, grade
		case "mobile":
			b.Set |= protocol.PartMobile
		default:
			field, err := protocol.ParseProfileField(strings.ToUpper(name))
			if err != nil {
				return nil, err
			}
			b.Values = append(b.Values, protocol.FieldValue{Field: field, Value: v})
		}
	}
	return b, nil
}

// namesakes lets many messenger customers arrive with one customer ID; the first is called N1.
func (t *teller) namesakes(n int, id string) error {
	for i := range n {
		if err := t.acts([]string{fmt.Sprintf("N%d starts channel=KAKAO site_uid=%s", i+1, id)}); err != nil {
			return err
		}
	}
	return nil
}

func (t *teller) known(who string) (protocol.CustomerView, bool) {
	r := t.rig.do(issued{to: protocol.CustomersAt(site), c: protocol.Command{
		Body: protocol.ViewCustomer{Key: t.key(who)}, Caller: protocol.Caller{Role: protocol.Admin, Site: site, Account: "boss"},
	}})[0]
	v, ok := r.result.(protocol.CustomerView)
	return v, ok
}

// customer draws what the directory knows.
func (t *teller) customer(who string) {
	v, ok := t.known(who)
	if !ok {
		t.out("%s: unknown", who)
		return
	}
	k, p := &v.Customer, &v.Profile
	keys := make([]string, len(p.Members))
	for i, m := range p.Members {
		keys[i] = string(m.Key)
	}
	slices.Sort(keys)
	t.out("%s: key %s, ID %s of %d keys, %d rooms", who, k.Key, k.ID, len(keys), p.Rooms)
	if len(keys) > 1 && len(keys) < 5 {
		t.out("  with %s", strings.Join(keys, " "))
	}
	for f := protocol.FieldName; f <= protocol.FieldAddress; f++ {
		if at := p.Field(f); at.Value != "" {
			t.out("  %s %s", f, at.Value)
		}
	}
	if p.Note.Value != "" {
		t.out("  note %s", p.Note.Value)
	}
	if v.Age >= 0 {
		t.out("  age %d", v.Age)
	}
	if len(k.Tags) > 0 {
		t.out("  tags %s", strings.Join(k.Tags, " "))
	}
	if k.Verified.Number != "" {
		t.out("  verified %s by %s", k.Verified.Number, k.Verified.Means)
	}
	if k.Grade != protocol.GradeNone {
		t.out("  grade %s", k.Grade)
	}
	if k.Blocked {
		t.out("  blocked")
	}
}

// history draws the consultations of the customer's ID from the rows, with the agent column of each
// room and its memos (18.4).
func (t *teller) history(who string) error {
	v, ok := t.known(who)
	if !ok {
		return fmt.Errorf("%s is unknown", who)
	}
	type past struct {
		started protocol.Instant
		room    protocol.RoomID
	}
	var all []past
	for _, no := range v.Profile.Numbers() {
		err := t.rig.rows(protocol.RowCustomerRoom, protocol.CustomerRowKey(site, no), func(key, _ []byte) error {
			started, room := protocol.HistoryRowRoom(site, key)
			all = append(all, past{started, room})
			return nil
		})
		if err != nil {
			return err
		}
	}
	slices.SortFunc(all, func(a, b past) int { return cmp.Or(cmp.Compare(b.started, a.started), cmp.Compare(a.room, b.room)) })
	for _, p := range all {
		r := t.rig.do(issued{to: protocol.RoomAt(site, p.room), c: protocol.Command{Body: protocol.ViewRoom{Room: p.room}, Caller: protocol.Caller{Role: protocol.Admin, Site: site, Account: "boss"}}})[0]
		room := r.result.(protocol.RoomView)
		t.out("%s no. %d, %s %s: %s", p.started.Time().In(kst).Format("15:04"), room.RoomNumber, room.Channel, room.State, room.AgentColumn)
		for _, r := range t.rig.log(protocol.RoomAt(site, p.room), 1) {
			if m, ok := r.Event.(*protocol.MessagePosted); ok && m.Kind == protocol.Memo {
				t.out("  memo %q", m.Text)
			}
		}
	}
	return nil
}
