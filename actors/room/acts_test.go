package room

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"switchyard/protocol"
)

func chars(n int) string { return strings.Repeat("가", n) }

// TestRefusals is every act in a room that does not allow it. Where several reasons apply, the order is that of
// protocol.Rejection: malformed, does not exist, forbidden, closed, not assigned. None changes anything.
func TestRefusals(t *testing.T) {
	text := func(s string) protocol.SendMessage {
		return protocol.SendMessage{Room: roomID, Kind: protocol.Text, Text: s}
	}
	memo := func(s string) protocol.SendMessage {
		return protocol.SendMessage{Room: roomID, Kind: protocol.Memo, Text: s}
	}
	set := func(f protocol.MetaField, change func(*protocol.SetRoom)) protocol.SetRoom {
		b := protocol.SetRoom{Room: roomID, Set: f}
		if change != nil {
			change(&b)
		}
		return b
	}
	category3 := func(n int) protocol.SetRoom {
		return set(protocol.MetaCategory3, func(b *protocol.SetRoom) { b.Category3 = chars(n) })
	}
	tags := func(tags ...string) protocol.SetRoom {
		return set(protocol.MetaTags, func(b *protocol.SetRoom) { b.Tags = tags })
	}
	category := func(id string) protocol.SetRoom {
		return set(protocol.MetaCategory, func(b *protocol.SetRoom) { b.Category = id })
	}
	wait := needsProfile(protocol.PolicyWait)
	stranger := protocol.Caller{Role: protocol.Visitor, Site: siteID, Customer: "1000_park"}
	none := func(x *story) *story { return x }
	moved := func(x *story) *story {
		return x.active().do(internal, x.offered(protocol.CauseManagerChange, bob, lee))
	}
	done := func(x *story) *story { return x.waits().submits() }
	for _, r := range []struct {
		name  string
		from  func(*story) *story
		who   protocol.Caller
		what  protocol.Body
		code  protocol.RejectCode // 0 = accepted
		field string
	}{
		// message.send
		{"a message of 1,000 characters (R-005)", (*story).received, ann, text(chars(1000)), 0, ""},
		{"a longer one is refused, not cut (R-005)", (*story).received, ann, text(chars(1001)), protocol.TooLarge, "text"},
		{"a customer's may be longer", (*story).received, visitor, text(chars(10_000)), 0, ""},
		{"up to a limit", (*story).received, visitor, text(chars(10_001)), protocol.TooLarge, "text"},
		{"a memo of 2,000", (*story).received, ann, memo(chars(2000)), 0, ""},
		{"a longer memo", (*story).received, ann, memo(chars(2001)), protocol.TooLarge, "text"},
		{"an empty text", (*story).received, ann, text(""), protocol.BadRequest, "text"},
		{"an empty memo", (*story).received, ann, memo(""), protocol.BadRequest, "text"},
		{"a link is text", (*story).received, ann, protocol.SendMessage{Kind: protocol.Link}, protocol.BadRequest, "text"},
		{"an image without a file", (*story).received, ann, protocol.SendMessage{Kind: protocol.Image, Text: "x"}, protocol.BadRequest, "file"},
		{"a file without a file", (*story).received, visitor, protocol.SendMessage{Kind: protocol.File}, protocol.BadRequest, "file"},
		{"a card is the engine's own", (*story).received, ann, protocol.SendMessage{Kind: protocol.Card, Text: "x"}, protocol.BadRequest, "kind"},
		{"a customer's memo", (*story).received, visitor, memo("m"), protocol.Forbidden, ""},
		{"a room that does not exist", none, ann, text("x"), protocol.NotFound, ""},
		{"another customer's room does not exist", (*story).received, stranger, text("x"), protocol.NotFound, ""},
		{"an agent in a closed room (6.2)", (*story).closed, ann, text("x"), protocol.RoomIsClosed, ""},
		{"a customer in a closed room", (*story).closed, visitor, text("x"), protocol.RoomIsClosed, ""},
		{"an agent who does not hold it", (*story).received, bob, text("x"), protocol.NotAssigned, ""},
		{"who does not hold it any more", moved, ann, text("x"), protocol.NotAssigned, ""},
		{"under an older assignment", moved, bob, protocol.SendMessage{Kind: protocol.Text, Text: "x", Assignment: 1}, protocol.NotAssigned, ""},
		{"while nobody holds it", (*story).waits, ann, text("x"), protocol.NotAssigned, ""},
		{"a manager who does not hold it", (*story).received, lee, text("x"), protocol.NotAssigned, ""},
		{"a manager's memo", (*story).received, lee, memo("m"), 0, ""},
		{"an administrator's memo while it waits", (*story).waits, boss, memo("m"), 0, ""},
		{"another agent's memo", (*story).received, bob, memo("m"), protocol.NotAssigned, ""},
		{"another manager's memo", (*story).received, moon, memo("m"), protocol.NotAssigned, ""},
		{"malformed before closed", (*story).closed, ann, text(""), protocol.BadRequest, "text"},
		{"malformed before another's", (*story).received, bob, text(chars(1001)), protocol.TooLarge, "text"},
		{"not there before malformed is said of nothing", none, ann, text(""), protocol.NotFound, ""},
		{"closed before not assigned", (*story).closed, bob, text("x"), protocol.RoomIsClosed, ""},

		// form.submit
		{"the profile", (*story).waits, visitor, nil, 0, ""},
		{"twice (R-089)", done, visitor, nil, protocol.Conflict, ""},
		{"after the close saves nothing (R-090)", func(x *story) *story { return x.waits().do(visitor, protocol.EndRoom{}) }, visitor, nil, protocol.RoomIsClosed, ""},
		{"with another token", (*story).waits, visitor, protocol.SubmitForm{Form: "f_other"}, protocol.NotFound, "form"},
		{"without a prompt", (*story).asks, visitor, protocol.SubmitForm{Form: "f_other"}, protocol.NotFound, "form"},

		// room.set
		{"category 3 of 8 characters (R-142)", (*story).received, ann, category3(8), 0, ""},
		{"of 9", (*story).received, ann, category3(9), protocol.BadRequest, "category3"},
		{"20 tags of 20", (*story).received, ann, tags(slicesOf(20, chars(20))...), 0, ""},
		{"21 tags", (*story).received, ann, tags(slicesOf(21, "x")...), protocol.BadRequest, "tags"},
		{"a tag of 21", (*story).received, ann, tags(chars(21)), protocol.BadRequest, "tags"},
		{"an empty tag", (*story).received, ann, tags("a", ""), protocol.BadRequest, "tags"},
		{"no tags", (*story).received, ann, tags(), 0, ""},
		{"a category", (*story).received, ann, category("c1"), 0, ""},
		{"none", (*story).received, ann, category(""), 0, ""},
		{"one that is not used any more (R-143)", (*story).received, ann, category("old"), protocol.BadRequest, "category"},
		{"one that does not exist", (*story).received, ann, category("c9"), protocol.BadRequest, "category"},
		{"nothing to set", (*story).received, ann, set(0, nil), protocol.BadRequest, ""},
		{"a category by a manager (section 13)", (*story).received, lee, category("c1"), 0, ""},
		{"a category of level 3 by the administrator", (*story).received, boss, category3(8), 0, ""},
		{"a flag by a manager: the holder's own", (*story).received, lee, set(protocol.MetaFlag, nil), protocol.NotAssigned, ""},
		{"tags by the administrator", (*story).received, boss, tags("a"), protocol.NotAssigned, ""},
		{"an alarm by a manager", (*story).received, lee, set(protocol.MetaAlarm, nil), protocol.NotAssigned, ""},
		{"hold by a manager", (*story).received, lee, set(protocol.MetaHold, nil), protocol.NotAssigned, ""},
		{"a category beside a flag by a manager", (*story).received, lee, set(protocol.MetaCategory|protocol.MetaFlag, nil), protocol.NotAssigned, ""},
		{"one of the eight flags (R-144)", (*story).received, ann, set(protocol.MetaFlag, func(b *protocol.SetRoom) { b.Flag = protocol.FlagExclamation }), 0, ""},
		{"an alarm in a millisecond (R-144)", (*story).received, ann, set(protocol.MetaAlarm, func(b *protocol.SetRoom) { b.AlarmAt = protocol.At(ten) + 1 }), 0, ""},
		{"an alarm now", (*story).received, ann, set(protocol.MetaAlarm, func(b *protocol.SetRoom) { b.AlarmAt = protocol.At(ten) }), protocol.BadRequest, "alarm_at"},
		{"no alarm any more", (*story).received, ann, set(protocol.MetaAlarm, nil), 0, ""},
		{"by another manager", (*story).received, moon, category("c1"), protocol.NotAssigned, ""},
		{"by another agent", (*story).received, bob, set(protocol.MetaFlag, nil), protocol.NotAssigned, ""},
		{"by a manager who saw it elsewhere", moved, boss, set(protocol.MetaCategory, func(b *protocol.SetRoom) { b.Assignment = 1 }), protocol.NotAssigned, ""},
		{"while it waits, by a manager", (*story).waits, moon, category("c1"), 0, ""},
		{"in a closed room", (*story).closed, ann, set(protocol.MetaFlag, nil), protocol.RoomIsClosed, ""},
		{"in a closed room, by a manager", (*story).closed, lee, set(protocol.MetaFlag, nil), protocol.RoomIsClosed, ""},
		{"malformed before closed, too", (*story).closed, ann, category3(9), protocol.BadRequest, "category3"},

		// room.end
		{"by another agent", (*story).received, bob, protocol.EndRoom{}, protocol.NotAssigned, ""},
		{"by an agent while it waits", (*story).waits, ann, protocol.EndRoom{}, protocol.NotAssigned, ""},
		{"by another manager", (*story).received, moon, protocol.EndRoom{}, protocol.NotAssigned, ""},
		{"under an older assignment", moved, bob, protocol.EndRoom{Assignment: 1}, protocol.NotAssigned, ""},
		{"by a manager who saw it elsewhere", moved, boss, protocol.EndRoom{Assignment: 1}, protocol.NotAssigned, ""},
		{"twice (I-09, R-026)", (*story).closed, visitor, protocol.EndRoom{}, protocol.RoomIsClosed, ""},
		{"twice, by the agent", (*story).closed, ann, protocol.EndRoom{}, protocol.RoomIsClosed, ""},
		{"twice, by somebody who may not", (*story).closed, bob, protocol.EndRoom{}, protocol.RoomIsClosed, ""},
		{"by a stranger", (*story).received, stranger, protocol.EndRoom{}, protocol.NotFound, ""},

		// what the queue did not know
		{"a take of a closed room", (*story).closed, bob, protocol.TakeRoom{}, protocol.RoomIsClosed, ""},
		{"of one that is being routed", (*story).asks, bob, protocol.TakeRoom{}, protocol.Unavailable, ""},
		{"of none", none, bob, protocol.TakeRoom{}, protocol.NotFound, ""},
		{"an assignment of none", none, lee, protocol.AssignRoom{}, protocol.NotFound, ""},
		{"a view of none", none, lee, protocol.ViewRoom{}, protocol.NotFound, ""},
		{"of a stranger", (*story).received, stranger, protocol.ViewRoom{}, protocol.NotFound, ""},
		{"what a room does not take", (*story).received, ann, protocol.StartRoom{}, protocol.BadRequest, ""},
	} {
		t.Run(fmt.Sprintf("%s %s", nameOf(r.what), r.name), func(t *testing.T) {
			x := r.from(begin(t, wait, func(s *protocol.Settings) { s.Profile.Policy = protocol.PolicyAssign }))
			what := r.what
			if what == nil {
				what = x.form("홍길동", "01012345678")
			}
			before := plain(x.s)
			rej := x.try(r.who, "", what)
			if r.code == 0 {
				require.Nil(t, rej)
				return
			}
			require.NotNil(t, rej, "accepted")
			require.Equal(t, r.code.String(), rej.Code.String())
			require.Equal(t, r.field, rej.Field)
			require.Equal(t, before, plain(x.s), "a refusal changes nothing")
		})
	}
}

func nameOf(b protocol.Body) string {
	if b == nil {
		return "form.submit"
	}
	return b.CommandName()
}

func slicesOf(n int, s string) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = s
	}
	return out
}

// TestTheFormIsCheckedFieldByField (8.2, 8.3, R-088): all fields are needed, each bad value names its field, and nothing is saved.
func TestTheFormIsCheckedFieldByField(t *testing.T) {
	x := begin(t, needsProfile(protocol.PolicyWait), func(s *protocol.Settings) {
		s.Profile.Fields = []protocol.ProfileField{protocol.FieldBirth, protocol.FieldName}
	}).waits()
	for _, r := range x.log {
		if p, ok := r.Event.(*protocol.ProfilePrompted); ok { // the form is drawn from the prompt
			require.Equal(t, []byte{byte(protocol.FieldBirth), byte(protocol.FieldName)}, p.Fields)
		}
	}
	for _, r := range []struct {
		birth, name, extra string
		field              string
	}{
		{"20210230", "홍길동", "", "BIRTH"},
		{"", "홍길동", "", "BIRTH"},
		{"1990-01-31", " ", "", "NAME"},
		{"1990-01-31", "", "", "NAME"},
		{"1990-01-31", "홍길동", "x@example.com", "EMAIL"},
		{"2021-06-10", "홍길동", "", "BIRTH"}, // tomorrow
	} {
		b := protocol.SubmitForm{Form: x.s.Form, Values: []protocol.FieldValue{{Field: protocol.FieldName, Value: r.name}, {Field: protocol.FieldBirth, Value: r.birth}}}
		if r.extra != "" {
			b.Values = append(b.Values, protocol.FieldValue{Field: protocol.FieldEmail, Value: r.extra})
		}
		rej := x.try(visitor, "", b)
		require.NotNil(t, rej, "%+v", r)
		require.Equal(t, protocol.BadRequest, rej.Code)
		require.Equal(t, r.field, rej.Field)
		require.Equal(t, "WAITING locked refusing", Describe(x.s))
	}
	x.do(visitor, protocol.SubmitForm{Form: x.s.Form, Values: []protocol.FieldValue{{Field: protocol.FieldName, Value: " 홍길동 "}, {Field: protocol.FieldBirth, Value: "20210609"}}})
	require.Equal(t, []protocol.FieldValue{{Field: protocol.FieldBirth, Value: "2021-06-09"}, {Field: protocol.FieldName, Value: "홍길동"}},
		x.step.Events[0].(*protocol.ProfileSaved).Values, "in the form's order")
}

// TestConsentIsSavingUnderTheLine.
func TestConsentIsSavingUnderTheLine(t *testing.T) {
	for _, url := range []string{"", "https://example.com/privacy"} {
		x := begin(t, needsProfile(protocol.PolicyWait), func(s *protocol.Settings) { s.Profile.ConsentURL = url }).waits()
		x.facts.Settings.Profile.ConsentURL = "" // what the form showed counts
		x.submits()
		require.Equal(t, url != "", x.step.Events[0].(*protocol.ProfileSaved).Consent)
		require.Equal(t, url != "", x.step.Tells[0].Body.(protocol.SaveProfile).Consent)
	}
}

// TestOnceEach (I-08, R-079): M-REFUSE once per refused text, M-SAVED once per form, M-GREET once per room.
func TestOnceEach(t *testing.T) {
	x := begin(t, needsProfile(protocol.PolicyWait)).waits()
	for range 3 {
		require.Equal(t, "x M-REFUSE", x.says(visitor, "x").heard())
	}
	require.Equal(t, "M-SAVED", x.submits().heard())
	require.Equal(t, "x", x.says(visitor, "x").heard())
	require.Equal(t, "M-GREET", x.do(internal, x.offered(protocol.CauseManager, ann, lee)).heard())
	require.Empty(t, x.do(internal, x.offered(protocol.CauseManagerChange, bob, lee)).heard())

	x = begin(t).received()
	require.Empty(t, x.do(internal, x.offered(protocol.CauseManagerChange, bob, lee)).heard(), "greeted at entry")
	x = begin(t, manualMode).waits()
	require.Empty(t, x.do(internal, x.offered(protocol.CauseSelf, bob, bob)).heard(), "a take greets nobody")
}

// TestReadMarks: a side reads what the other wrote, a mark only grows, and reading nothing new is no event.
func TestReadMarks(t *testing.T) {
	x := begin(t).active() // opened, assigned, title, greeting, 네: four frames for the customer
	require.Len(t, x.s.ForCustomer, 3)
	mark := func(who protocol.Caller, upto uint64) int {
		x.do(who, protocol.MarkRead{Room: roomID, Upto: upto})
		require.Equal(t, protocol.Done{}, x.result(), "everybody is answered")
		return len(x.step.Events)
	}
	require.Equal(t, 1, mark(visitor, 3))
	require.EqualValues(t, 3, x.s.CustRead)
	require.Len(t, x.s.ForCustomer, 1)
	require.Equal(t, 0, mark(visitor, 3), "again")
	require.Equal(t, 0, mark(visitor, 1), "backwards")
	require.Equal(t, 1, mark(visitor, 999), "up to what there is")
	require.Empty(t, x.s.ForCustomer)

	x.says(visitor, "a").says(visitor, "b").says(ann, "c").says(visitor, "d")
	require.Len(t, x.s.ForAgent, 3)
	first := uint64(x.s.ForAgent[0].Desk)
	require.Equal(t, 0, mark(lee, first), "a watching manager reads without a trace")
	x.refused(protocol.NotAssigned, bob, protocol.MarkRead{Room: roomID, Upto: first}) // the matrix found that this said "ok"
	x.refused(protocol.NotAssigned, moon, protocol.MarkRead{Room: roomID, Upto: first})
	require.Equal(t, 1, mark(ann, first))
	require.Len(t, x.s.ForAgent, 2)
	require.Equal(t, first, x.s.AgentRead)

	// The next holder has read nothing yet; what is unread is unread.
	x.do(internal, x.offered(protocol.CauseManagerChange, bob, lee))
	require.Zero(t, x.s.AgentRead)
	x.refused(protocol.NotAssigned, ann, protocol.MarkRead{Room: roomID, Upto: 999})
	require.Equal(t, 1, mark(bob, 999))
	require.Empty(t, x.s.ForAgent)
	require.Equal(t, plain(x.s), plain(x.replayed()))
}

// TestReadingAfterMoreThanCanBeCounted: more unread messages than the limit are counted as that many, and a mark
// covers them all the same.
func TestReadingAfterMoreThanCanBeCounted(t *testing.T) {
	x := begin(t).active()
	for range unreadMax + 50 {
		x.says(visitor, "x")
	}
	require.Len(t, x.s.ForAgent, unreadMax)
	last := x.s.Log.Desk
	x.do(ann, protocol.MarkRead{Room: roomID, Upto: last})
	require.Empty(t, x.s.ForAgent)
	require.Equal(t, last, x.s.AgentRead)
}

// TestTheCoverSaysWhatWasSet, and only that.
func TestTheCoverSaysWhatWasSet(t *testing.T) {
	x := begin(t).active()
	at := protocol.At(ten.Add(time.Hour))
	x.do(ann, protocol.SetRoom{Set: protocol.MetaCategory | protocol.MetaCategory3 | protocol.MetaTags | protocol.MetaFlag | protocol.MetaAlarm | protocol.MetaHold,
		Category: "c1", Category3: "환불", Tags: []string{"a", "b"}, Flag: protocol.FlagBlue, AlarmAt: at, Hold: true})
	x.do(ann, protocol.SetRoom{Set: protocol.MetaFlag, Category: "ignored", Category3: "ignored", Flag: protocol.FlagRed})
	v := View(x.s)
	require.Equal(t, "c1", v.Category)
	require.Equal(t, "환불", v.Category3)
	require.Equal(t, []string{"a", "b"}, v.Tags)
	require.Equal(t, protocol.FlagRed, v.Flag)
	require.Equal(t, at, v.AlarmAt)
	require.True(t, v.Hold)

	x.do(ann, protocol.EndRoom{Assignment: 1})
	v = View(x.s)
	require.Equal(t, []string{"a", "b"}, v.Tags, "R-145: the history's detail shows them")
	require.Zero(t, v.AlarmAt, "a closed room rings no more")
}

// TestAnEmptyTitleHasADefault.
func TestAnEmptyTitleHasADefault(t *testing.T) {
	for title, want := range map[string]string{"": "1:1 채팅 상담 문의 드립니다.", "문의": "문의"} {
		x := begin(t, func(s *protocol.Settings) { s.Texts = map[protocol.TextCode]string{protocol.MTitle: title} }).asks()
		require.Equal(t, want, x.s.Title)
	}
}
