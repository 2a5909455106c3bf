package room

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"switchyard/protocol"
)

// asksBob is an active room whose holder asks for bob.
func (x *story) asksBob() *story {
	return x.active().do(ann, protocol.RequestChange{Room: roomID, Assignment: 1, To: "bob", Text: "교대"})
}

// approved is what the queue offers after lee approved the pending request.
func (x *story) approved(number uint32) protocol.OfferSeat {
	b := x.offered(protocol.CauseChange, bob, lee)
	b.Check, b.Request, b.ClientID = true, number, "decision-1"
	return b
}

// TestRequestRefusals (R-136 …, section 13): who may ask and decide, and what of.
func TestRequestRefusals(t *testing.T) {
	change := func(to protocol.AccountID, text string) protocol.RequestChange {
		return protocol.RequestChange{Room: roomID, To: to, Text: text}
	}
	review := func(text string) protocol.RequestReview { return protocol.RequestReview{Room: roomID, Text: text} }
	decide := func(n uint32, ok bool) protocol.DecideRequest {
		return protocol.DecideRequest{Room: roomID, Number: n, OK: ok}
	}
	rating := func(score uint8, comment string) protocol.RateRoom {
		return protocol.RateRoom{Room: roomID, Score: score, Comment: comment}
	}
	reviewed := func(x *story) *story { return x.active().do(ann, review("봐 주세요")) }
	as := func(f func(*protocol.Account)) func(*story) *story {
		return func(x *story) *story { f(x.facts.Accounts["bob"]); return x.active() }
	}
	for _, r := range []struct {
		name  string
		from  func(*story) *story
		who   protocol.Caller
		what  protocol.Body
		code  protocol.RejectCode // 0 = accepted
		field string
	}{
		{"the holder", (*story).active, ann, change("bob", "x"), 0, ""},
		{"before the first response", (*story).received, ann, change("bob", "x"), 0, ""},
		{"for a manager", (*story).active, ann, change("moon", "x"), 0, ""},
		{"with a reason of 500 characters", (*story).active, ann, change("bob", chars(500)), 0, ""},
		{"of 501", (*story).active, ann, change("bob", chars(501)), protocol.TooLarge, "text"},
		{"without a reason", (*story).active, ann, change("bob", ""), protocol.BadRequest, "text"},
		{"for nobody", (*story).active, ann, change("zoe", "x"), protocol.NotFound, "to"},
		{"for oneself", (*story).active, ann, change("ann", "x"), protocol.Conflict, "to"},
		{"for the administrator", (*story).active, ann, change("boss", "x"), protocol.Conflict, "to"},
		{"for one of another group", as(func(a *protocol.Account) { a.Group = "other" }), ann, change("bob", "x"), protocol.Conflict, "to"},
		{"for one on 상담 안함", as(func(a *protocol.Account) { a.Consulting = false }), ann, change("bob", "x"), protocol.Conflict, "to"},
		{"for a disabled one", as(func(a *protocol.Account) { a.Disabled = true }), ann, change("bob", "x"), protocol.Conflict, "to"},
		{"another agent", (*story).active, bob, change("bob", "x"), protocol.NotAssigned, ""},
		{"a manager who does not hold it", (*story).active, lee, change("bob", "x"), protocol.NotAssigned, ""},
		{"under an older assignment", (*story).active, ann, protocol.RequestChange{Assignment: 9, To: "bob", Text: "x"}, protocol.NotAssigned, ""},
		{"while one is pending (R-138)", (*story).asksBob, ann, change("moon", "x"), protocol.Conflict, ""},
		{"after the close", (*story).closed, ann, change("bob", "x"), protocol.RoomIsClosed, ""},

		{"a review", (*story).active, ann, review("x"), 0, ""},
		{"a second one", reviewed, ann, review("x"), 0, ""},
		{"beside a change request", (*story).asksBob, ann, review("x"), 0, ""},
		{"without a reason", (*story).active, ann, review(""), protocol.BadRequest, "text"},
		{"by another agent", (*story).active, bob, review("x"), protocol.NotAssigned, ""},
		{"after the close", (*story).closed, ann, review("x"), protocol.RoomIsClosed, ""},

		{"approved by her manager", (*story).asksBob, lee, decide(1, true), 0, ""},
		{"by the administrator", (*story).asksBob, boss, decide(1, true), 0, ""},
		{"by another manager: it does not exist", (*story).asksBob, moon, decide(1, true), protocol.NotFound, "request"},
		{"by an agent", (*story).asksBob, bob, decide(1, true), protocol.Forbidden, ""},
		{"by herself", (*story).asksBob, ann, decide(1, true), protocol.Forbidden, ""},
		{"one that was never made", (*story).asksBob, lee, decide(2, true), protocol.NotFound, "request"},
		{"number 0", (*story).asksBob, lee, decide(0, true), protocol.NotFound, "request"},
		{"twice", func(x *story) *story { return x.asksBob().do(lee, decide(1, false)) }, lee, decide(1, false), protocol.Conflict, "request"},
		{"for one who left 상담 진행 meanwhile", func(x *story) *story {
			x.asksBob().facts.Accounts["bob"].Consulting = false
			return x
		}, lee, decide(1, true), protocol.Conflict, "to"},
		{"a review that is rejected", reviewed, lee, decide(1, false), protocol.BadRequest, "ok"},
		{"a review of a closed room", func(x *story) *story { return reviewed(x).do(visitor, protocol.EndRoom{}) }, lee, decide(1, true), 0, ""},
		{"a change of a closed room (R-138)", func(x *story) *story { return x.asksBob().do(visitor, protocol.EndRoom{}) }, lee, decide(1, true), protocol.Conflict, "request"},

		{"a rating (R-146)", (*story).closed, visitor, rating(1, ""), 0, ""},
		{"with 255 characters", (*story).closed, visitor, rating(5, chars(255)), 0, ""},
		{"with 256", (*story).closed, visitor, rating(5, chars(256)), protocol.TooLarge, "comment"},
		{"of 0", (*story).closed, visitor, rating(0, ""), protocol.BadRequest, "score"},
		{"of 6", (*story).closed, visitor, rating(6, ""), protocol.BadRequest, "score"},
		{"before the close", (*story).active, visitor, rating(5, ""), protocol.Conflict, ""},
		{"again", func(x *story) *story { return x.closed().do(visitor, rating(3, "")) }, visitor, rating(5, ""), protocol.Conflict, ""},
		{"by an agent", (*story).closed, ann, rating(5, ""), protocol.Forbidden, ""},
		{"by another customer", (*story).closed, protocol.Caller{Role: protocol.Visitor, Site: siteID, Customer: "1000_park"}, rating(5, ""), protocol.NotFound, ""},
	} {
		t.Run(fmt.Sprintf("%s %s", r.what.CommandName(), r.name), func(t *testing.T) {
			x := r.from(begin(t))
			before := plain(x.s)
			rej := x.try(r.who, "", r.what)
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

// TestAnApprovedChangeIsOneStep (S-17, R-137): the decision and the new holder stand together, nothing is
// said to the customer, T2 keeps its anchor (12.2 rule 8), and the row of the request is gone.
func TestAnApprovedChangeIsOneStep(t *testing.T) {
	x := begin(t, timers(30, 60)).asksBob()
	require.Equal(t, "inbox.request@lee*", x.told(), "her manager is told, who decides")
	require.Len(t, x.s.requestRows(x.log), 1)
	x.says(visitor, "급해요")
	delay := x.s.Delay
	x.do(lee, protocol.DecideRequest{Room: roomID, Number: 1, OK: true})
	require.Equal(t, "seat.change", x.told(), "the queue counts the seat first")
	require.NotNil(t, x.s.change(), "pending until the room has its new holder")
	before := x.s.Log
	x.do(internal, x.approved(1))
	require.Nil(t, x.s.change())
	require.Equal(t, protocol.AccountID("bob"), x.s.Holder)
	require.Equal(t, protocol.Received, x.s.State)
	require.Equal(t, delay, x.s.Delay)
	require.Equal(t, before.Room+1, x.s.Log.Room, "the customer learns the new name, and no message")
	require.Empty(t, x.heard())
	require.Equal(t, "inbox.decision@ann* inbox.lose@ann* seat.accepted inbox.gain@bob*", x.told())
	assigned := x.step.Events[1].(*protocol.RoomAssigned)
	require.EqualValues(t, 1, assigned.Request)
	require.Equal(t, protocol.CauseChange, assigned.Cause)
	rows := x.s.requestRows(x.log)
	require.Nil(t, rows[len(rows)-1].Value, "the managers' list no longer has it")

	// The offer of a decision that was sent twice comes to nothing.
	rej := x.try(internal, "", x.approved(1))
	require.Equal(t, protocol.Conflict, rej.Code)
	require.Equal(t, "seat.returned", x.told())
}

// TestARequestGoesWhenTheRoomDoes: by a close of any kind, and by any other move.
func TestARequestGoesWhenTheRoomDoes(t *testing.T) {
	for name, move := range map[string]func(*story){
		"the customer ends it": func(x *story) { x.do(visitor, protocol.EndRoom{}) },
		"the holder ends it":   func(x *story) { x.do(ann, protocol.EndRoom{Assignment: 1}) },
		"a manager ends it":    func(x *story) { x.do(lee, protocol.EndRoom{}) },
		"silence ends it":      func(x *story) { x.later(3600e9).wakes() },
		"a manager moves it":   func(x *story) { x.do(internal, x.offered(protocol.CauseManagerChange, bob, lee)) },
	} {
		t.Run(name, func(t *testing.T) {
			x := begin(t, timers(30, 60)).asksBob()
			x.says(ann, "아직 제가 답합니다") // the room stays with the requester
			move(x)
			require.Nil(t, x.s.change())
			var last *protocol.RequestDecided
			for _, e := range x.step.Events {
				if d, ok := e.(*protocol.RequestDecided); ok {
					last = d
				}
			}
			require.NotNil(t, last)
			require.Equal(t, protocol.RequestCancelled, last.Outcome)
			require.Contains(t, x.told(), "inbox.decision@ann*")
		})
	}
}

// TestTheSiteMayApproveByItself: then no manager is asked, a restart asks the queue again, and a
// target who has become impossible on the way ends the request.
func TestTheSiteMayApproveByItself(t *testing.T) {
	x := begin(t, func(s *protocol.Settings) { s.AutoApprove = true }).asksBob()
	require.Equal(t, "seat.change", x.told())
	x.do(internal, protocol.Resumed{})
	require.Equal(t, "seat.change", x.told())
	x.do(internal, protocol.OfferSeat{Room: roomID, Seat: seatOf(9, bob, protocol.CauseChange), Assignment: 1, Check: true, Request: 1})
	require.Equal(t, protocol.AccountID("bob"), x.s.Holder)
	x.do(internal, protocol.Resumed{})
	require.Empty(t, x.told())

	x = begin(t, func(s *protocol.Settings) { s.AutoApprove = true }).asksBob()
	step, err := Decide(x.s, protocol.Command{Body: protocol.ChangeImpossible{Room: roomID, Number: 1}, Caller: internal, Facts: x.facts}, x.now)
	require.NoError(t, err)
	x.step = step
	x.apply(step.Events)
	require.Equal(t, "memo", x.heard())
	require.Nil(t, x.s.change())
	require.Equal(t, protocol.AccountID("ann"), x.s.Holder)
}

// TestWhoIsToldOfARequest: the manager, or the administrator where there is none; managers who see
// everything; never more than 20.
func TestWhoIsToldOfARequest(t *testing.T) {
	x := begin(t)
	f := x.facts
	require.Equal(t, []protocol.AccountID{"lee"}, f.Deciders("ann"))
	f.Accounts["moon"].SeesAll = true
	require.Equal(t, []protocol.AccountID{"lee", "moon"}, f.Deciders("ann"))
	f.Accounts["lee"].Disabled = true
	require.Equal(t, []protocol.AccountID{"boss", "moon"}, f.Deciders("ann"))
	f.Accounts["bob"].Manager = ""
	require.Equal(t, []protocol.AccountID{"boss", "moon"}, f.Deciders("bob"))
	require.Equal(t, []protocol.AccountID{"boss"}, f.Deciders("moon"), "nobody is told of the own request")
	for i := range 30 {
		id := protocol.AccountID(fmt.Sprintf("m%02d", i))
		f.Accounts[id] = &protocol.Account{ID: id, Role: protocol.Manager, SeesAll: true}
	}
	require.Len(t, f.Deciders("ann"), 20)
}

// TestTheDetailShowsEveryApprovedChange (A-29; R-222): A > B > C, and a memo for each request.
func TestTheDetailShowsEveryApprovedChange(t *testing.T) {
	x := begin(t).asksBob()
	x.do(internal, x.approved(1))
	x.do(bob, protocol.RequestChange{Room: roomID, Assignment: 2, To: "lee", Text: "환불"})
	b := x.offered(protocol.CauseChange, lee, boss)
	b.Check, b.Request = true, 2
	x.do(internal, b)
	require.Equal(t, "Ann > Bob > Lee", View(x.s).AgentColumn)
	memos := 0
	for _, r := range x.log {
		if m, ok := r.Event.(*protocol.MessagePosted); ok && m.Kind == protocol.Memo {
			memos++
		}
	}
	require.Equal(t, 2, memos)
}
