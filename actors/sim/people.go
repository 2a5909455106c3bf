package sim

import (
	"fmt"
	"strings"
	"time"

	"switchyard/actors/agent"
	"switchyard/protocol"
)

func (r *Run) issue(to protocol.Address, caller protocol.Caller, b protocol.Body) {
	x := &write{to: to, c: protocol.Command{Body: b, Caller: caller, ClientID: protocol.ClientID(fmt.Sprintf("write-%06d", r.at))}}
	r.writes = append(r.writes, x)
	if s, ok := b.(protocol.ChangeSettings); ok {
		r.note("%s sets %s", caller.Account, s.Changes)
	} else {
		r.note("%s%s %s %+v", caller.Account, caller.Customer, b.CommandName(), b)
	}
	r.send(x)
}

func (r *Run) account(id protocol.AccountID) protocol.Caller {
	a := r.W.Facts().Accounts[id]
	return protocol.Caller{Role: a.Role, Site: siteID, Account: id, Name: a.Name}
}

// act lets one person do one thing.
func (r *Run) act() {
	switch n := r.rng.IntN(100); {
	case n < 8 && len(r.writes) > 0: // the network delivers something twice
		x := r.writes[len(r.writes)-1-r.rng.IntN(min(len(r.writes), 30))]
		r.note("again %s", x.c.ClientID)
		r.send(x)
	case n < 50:
		r.customerActs(pick(r.rng, r.customers...))
	case n < 78:
		r.agentActs(pick(r.rng, r.agents...))
	case n < 92:
		r.managerActs()
	default:
		r.adminActs()
	}
}

func (r *Run) customerActs(k *visitor) {
	caller := protocol.Caller{Role: protocol.Visitor, Site: siteID, Customer: k.key}
	if k.room == "" || r.rng.IntN(8) == 0 {
		b := protocol.StartRoom{Key: k.key, Channel: k.channel, Category: pick(r.rng, "", "", "x", "y"), ChannelAccount: pick(r.rng, "", "home")}
		if k.channel != protocol.Web {
			b.ChannelAccount = "messenger"
		}
		if r.rng.IntN(6) == 0 {
			b.Params = []protocol.Param{{Name: "cus_extra_username", Value: "김하나"}}
		}
		if r.rng.IntN(8) == 0 {
			b.Params = append(b.Params, protocol.Param{Name: "site_uid", Value: pick(r.rng, "hanna", "minji")})
		}
		r.issue(protocol.CustomersAt(siteID), caller, b)
		return
	}
	to := protocol.RoomAt(siteID, k.room)
	if shown := r.shows(k.room); shown != "" && r.rng.IntN(2) == 0 {
		r.issue(to, caller, protocol.PickChoice{Room: k.room, Message: shown, Choice: pick(r.rng, "1", "2", "home", "back", "agent", "agent")})
		return
	}
	switch r.rng.IntN(11) {
	case 0:
		r.issue(to, caller, protocol.EndRoom{Room: k.room})
	case 4:
		r.issue(to, caller, protocol.RateRoom{Room: k.room, Score: uint8(1 + r.rng.IntN(5)), Comment: "친절했어요"})
	case 1:
		r.issue(to, caller, protocol.MarkRead{Room: k.room, Upto: uint64(r.rng.IntN(20))})
	case 2, 3:
		form := ""
		for _, rec := range r.W.Log(to, 1) {
			if p, ok := rec.Event.(*protocol.ProfilePrompted); ok {
				form = p.Form
			}
		}
		r.issue(to, caller, protocol.SubmitForm{Room: k.room, Form: form, Values: []protocol.FieldValue{
			{Field: protocol.FieldName, Value: "김하나"}, {Field: protocol.FieldPhone, Value: pick(r.rng, "01012345678", "0212345678")},
		}})
	default:
		r.issue(to, caller, protocol.SendMessage{Room: k.room, Kind: protocol.Text, Text: fmt.Sprintf("말 %d", r.at)})
	}
}

func (r *Run) agentActs(id protocol.AccountID) {
	caller, self := r.account(id), protocol.AgentAt(siteID, id)
	if r.rng.IntN(8) == 0 {
		r.edits(caller)
		return
	}
	b, ok := r.W.bodies[self].(*value[agent.State])
	switch n := r.rng.IntN(20); {
	case n == 0:
		r.issue(self, caller, protocol.SetStatus{Account: id, Want: pick(r.rng, protocol.WantOnline, protocol.WantOnline, protocol.WantBreak, protocol.WantOffline)})
	case n == 1:
		r.issue(self, caller, protocol.SocketUp{Account: id, Session: pick(r.rng, "a", "b")})
	case n == 2:
		r.issue(self, caller, protocol.SocketDown{Account: id, Session: pick(r.rng, "a", "b")})
	case n < 6:
		if k := pick(r.rng, r.customers...); k.room != "" {
			r.issue(protocol.QueueAt(siteID), caller, protocol.TakeRoom{Room: k.room})
		}
	case n < 8 && r.W.Facts().Settings.OfferSeconds > 0:
		if k := pick(r.rng, r.customers...); k.room != "" && r.rng.IntN(3) > 0 {
			r.issue(protocol.QueueAt(siteID), caller, protocol.AcceptOffer{Room: k.room})
		} else if k.room != "" {
			r.issue(protocol.QueueAt(siteID), caller, protocol.DeclineOffer{Room: k.room})
		}
	case ok && len(b.s.Rooms) > 0:
		mine := pick(r.rng, b.s.Rooms...)
		to := protocol.RoomAt(siteID, mine.Room)
		switch r.rng.IntN(10) {
		case 0:
			r.issue(to, caller, protocol.EndRoom{Room: mine.Room, Assignment: mine.Assignment})
		case 4:
			r.issue(to, caller, protocol.RequestChange{Room: mine.Room, Assignment: mine.Assignment, To: pick(r.rng, r.agents...), Text: "교환 담당"})
		case 5:
			r.issue(to, caller, protocol.RequestReview{Room: mine.Room, Assignment: mine.Assignment, Text: "봐 주세요"})
		case 2:
			b := protocol.SetRoom{Room: mine.Room, Set: protocol.MetaHold, Hold: r.rng.IntN(2) == 0}
			if r.rng.IntN(2) == 0 {
				b.Set, b.AlarmAt = protocol.MetaAlarm, protocol.At(r.W.Clock.Add(time.Duration(1+r.rng.IntN(60))*time.Minute))
			}
			r.issue(to, caller, b)
		case 3:
			r.issue(to, caller, protocol.SendMessage{Room: mine.Room, Kind: protocol.Memo, Text: "메모"})
		default:
			r.issue(to, caller, protocol.SendMessage{Room: mine.Room, Kind: protocol.Text, Text: fmt.Sprintf("답 %d", r.at), Assignment: mine.Assignment})
		}
	}
}

func (r *Run) managerActs() {
	caller, k := r.account(pick(r.rng, r.managers...)), pick(r.rng, r.customers...)
	if r.rng.IntN(6) == 0 {
		r.knows(caller, k)
		return
	}
	if k.room == "" {
		return
	}
	to := protocol.RoomAt(siteID, k.room)
	holder, assignment, request := r.stands(k.room)
	switch r.rng.IntN(10) {
	case 0:
		r.issue(to, caller, protocol.EndRoom{Room: k.room})
	case 2:
		r.issue(to, caller, protocol.SendMessage{Room: k.room, Kind: protocol.Memo, Text: "확인"})
	case 3:
		r.issue(to, caller, protocol.SetRoom{Room: k.room, Set: protocol.MetaPriority, Priority: uint8(r.rng.IntN(3))})
	case 4, 5, 6:
		r.issue(to, caller, protocol.DecideRequest{Room: k.room, Number: request, OK: r.rng.IntN(2) > 0})
	default:
		if r.rng.IntN(5) == 0 {
			assignment = uint32(r.rng.IntN(3)) // as somebody else left it
		}
		if a := pick(r.rng, r.agents...); a != holder {
			r.issue(protocol.QueueAt(siteID), caller, protocol.AssignRoom{Room: k.room, To: a, Assignment: assignment})
		}
	}
}

// knows changes who a customer is: keys meet, become one, and part from an ID again.
func (r *Run) knows(caller protocol.Caller, k *visitor) {
	to := protocol.CustomersAt(siteID)
	switch r.rng.IntN(3) {
	case 0:
		r.issue(to, caller, protocol.EditCustomer{Key: k.key, Set: protocol.PartNote | protocol.PartTags, Note: "전화 선호", Tags: []string{pick(r.rng, "단골", "재구매")}})
	case 1:
		other := strings.TrimPrefix(string(pick(r.rng, r.customers...).key), string(siteID)+"_")
		r.issue(to, caller, protocol.ChangeCustomerID{Key: k.key, ID: pick(r.rng, "hanna", "minji", other), Confirm: r.rng.IntN(4) > 0})
	case 2:
		r.issue(to, caller, protocol.VerifyCustomer{Key: k.key, Verified: protocol.Verified{Number: "01012345678", Means: protocol.BySMS}})
	}
}

// stands reads off a room's history who has it, under which assignment, and its last request.
func (r *Run) stands(id protocol.RoomID) (holder protocol.AccountID, assignment, request uint32) {
	for _, rec := range r.W.Log(protocol.RoomAt(siteID, id), 1) {
		switch e := rec.Event.(type) {
		case *protocol.RoomAssigned:
			holder, assignment = e.Agent, e.Assignment
		case *protocol.ChangeRequested:
			request = e.Number
		case *protocol.ReviewRequested:
			request = e.Number
		}
	}
	return holder, assignment, request
}

// edits changes what is known of a customer, or who a customer is.
func (r *Run) edits(caller protocol.Caller) {
	directory, k := protocol.CustomersAt(siteID), pick(r.rng, r.customers...)
	switch r.rng.IntN(8) {
	case 0:
		r.issue(directory, caller, protocol.EditCustomer{Key: k.key, Values: []protocol.FieldValue{{Field: protocol.FieldName, Value: pick(r.rng, "", "김한나")}}})
	case 1:
		r.issue(directory, caller, protocol.EditCustomer{Key: k.key, Set: protocol.PartNote | protocol.PartTags, Note: "단골", Tags: []string{"VIP"}})
	case 2:
		r.issue(directory, caller, protocol.EditCustomer{Key: k.key, Set: protocol.PartBlocked | protocol.PartGrade, Blocked: r.rng.IntN(3) == 0, Grade: pick(r.rng, protocol.GradeNone, protocol.GradeVIP)})
	case 3:
		r.issue(directory, caller, protocol.VerifyCustomer{Key: k.key, Verified: protocol.Verified{Number: "01099998888", At: protocol.At(r.W.Clock)}})
	default: // to an ID of its own, to a shared one, or to another customer's
		id := pick(r.rng, "hanna", "hanna", fmt.Sprintf("k%d", r.rng.IntN(len(r.customers))), fmt.Sprintf("own%d", r.at))
		r.issue(directory, caller, protocol.ChangeCustomerID{Key: k.key, ID: id, Confirm: r.rng.IntN(4) > 0})
	}
}

// shows is the newest display of the bot that has the room; "" = no bot has it.
func (r *Run) shows(id protocol.RoomID) (shown protocol.MessageID) {
	for _, rec := range r.W.Log(protocol.RoomAt(siteID, id), 1) {
		switch e := rec.Event.(type) {
		case *protocol.DialogueShown:
			shown = e.ID
		case *protocol.AgentRequested, *protocol.RoomClosed:
			shown = ""
		}
	}
	return shown
}
