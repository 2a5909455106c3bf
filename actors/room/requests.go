package room

import (
	"slices"
	"unicode/utf8"

	"switchyard/actors/core"
	"switchyard/protocol"
)

// Requests of the holder (section 13): another agent, or a review. Either one stands in the memo
// and in the managers' list; the room stays where it is until somebody decides.

const (
	requestTextMax = 500 // characters of a request's reason
	requestsMax    = 20  // requests of a room that nobody has decided
)

// The memos that a request and its rejection leave.
const (
	changeMemo = "상담원 변경 요청 → "
	reviewMemo = "상담내용 검토 요청"
	rejectMemo = "상담원 변경 요청이 거절되었습니다."
)

// openRequest is a request that nobody has decided. Its text is in the log and in its row.
type openRequest struct {
	Number uint32
	Kind   protocol.RequestKind
	By     protocol.AccountID
	To     protocol.AccountID // of a change
	Auto   bool               // the site approves by itself
}

// change is the pending change request, at most one; nil = none.
func (s *State) change() *openRequest {
	for i := range s.Open {
		if s.Open[i].Kind == protocol.ChangeOfAgent {
			return &s.Open[i]
		}
	}
	return nil
}

func checkReason(text string) error {
	switch n := utf8.RuneCountInString(text); {
	case n == 0:
		return protocol.RejectField(protocol.BadRequest, "text", "is empty")
	case n > requestTextMax:
		return protocol.RejectField(protocol.TooLarge, "text", "is longer than 500 characters")
	}
	return nil
}

// requestChange asks for another agent of the same group.
func requestChange(s *State, c protocol.Command, b protocol.RequestChange, at protocol.Instant) (core.Step, error) {
	var step core.Step
	if err := checkReason(b.Text); err != nil {
		return step, err
	}
	to := c.Facts.Accounts[b.To]
	if to == nil {
		return step, protocol.RejectField(protocol.NotFound, "to", "no such account")
	}
	if err := s.mayAct(c, b.Assignment); err != nil {
		return step, err
	}
	if s.change() != nil {
		return step, protocol.Reject(protocol.Conflict, "a change request of this room is pending")
	}
	if err := s.mayFollow(c.Facts, b.To); err != nil {
		return step, err
	}
	if len(s.Open) >= requestsMax {
		return step, protocol.Reject(protocol.OverLimit, "too many requests of this room are open")
	}
	e := &protocol.ChangeRequested{
		Number: s.Requests + 1, By: c.Caller.Account, ByName: s.HolderName, To: b.To, ToName: to.Name, Assignment: s.Assignment,
		Text: b.Text, ClientID: c.ClientID, Auto: c.Facts.Settings.AutoApprove,
	}
	step.Do(e)
	memo := s.memo(&step, c, s.HolderName, changeMemo+to.Name+": "+b.Text)
	if e.Auto {
		step.Tell(s.queue(), protocol.ChangeAgent{Room: s.id(), Number: e.Number, To: e.To, Assignment: s.Assignment, Auto: true})
	} else {
		s.ask(&step, c, protocol.InboxRequest{Kind: protocol.ChangeOfAgent, Number: e.Number, To: e.To, ToName: e.ToName, Text: e.Text})
	}
	step.Answer(c.Ticket, protocol.Sent{MessageID: memo, Seq: s.seq(&step, c, 0), At: at, Request: protocol.RequestID(s.id(), e.Number)})
	return step, nil
}

// mayFollow refuses whom the holder's request cannot be for: an agent or a manager of the same
// group on 상담 진행 (section 13), asked at the request and again at the decision.
func (s *State) mayFollow(f *protocol.SiteFacts, to protocol.AccountID) *protocol.Rejection {
	holder, next := f.Accounts[s.Holder], f.Accounts[to]
	why := ""
	switch {
	case to == s.Holder:
		why = "holds the room already"
	case next == nil || next.Disabled || next.Role != protocol.Agent && next.Role != protocol.Manager:
		why = "is not an agent or a manager"
	case !next.Consulting:
		why = "is not set to 상담 진행"
	case holder == nil || holder.Group != next.Group:
		why = "is of another group"
	default:
		return nil
	}
	return protocol.RejectField(protocol.Conflict, "to", why)
}

// requestReview asks a manager to look at the consultation; the room does not move.
func requestReview(s *State, c protocol.Command, b protocol.RequestReview, at protocol.Instant) (core.Step, error) {
	var step core.Step
	if err := checkReason(b.Text); err != nil {
		return step, err
	}
	if err := s.mayAct(c, b.Assignment); err != nil {
		return step, err
	}
	if len(s.Open) >= requestsMax {
		return step, protocol.Reject(protocol.OverLimit, "too many requests of this room are open")
	}
	e := &protocol.ReviewRequested{
		Number: s.Requests + 1, By: c.Caller.Account, ByName: s.HolderName, Assignment: s.Assignment, Text: b.Text, ClientID: c.ClientID,
	}
	step.Do(e)
	memo := s.memo(&step, c, s.HolderName, reviewMemo+": "+b.Text)
	s.ask(&step, c, protocol.InboxRequest{Kind: protocol.Review, Number: e.Number, Text: e.Text})
	step.Answer(c.Ticket, protocol.Sent{MessageID: memo, Seq: s.seq(&step, c, 0), At: at, Request: protocol.RequestID(s.id(), e.Number)})
	return step, nil
}

// ask tells those who decide of the holder's request.
func (s *State) ask(step *core.Step, c protocol.Command, note protocol.InboxRequest) {
	note.Room, note.By, note.ByName, note.Seal = s.id(), c.Caller.Account, s.HolderName, s.Seal
	for _, id := range c.Facts.Deciders(c.Caller.Account) {
		step.Owe(protocol.AgentAt(s.Addr.Site, id), protocol.NoteRequest{New: note})
	}
}

// memo adds a memo that an act leaves.
func (s *State) memo(step *core.Step, c protocol.Command, name, text string) protocol.MessageID {
	id := s.messageID(step, c)
	step.Do(&protocol.MessagePosted{ID: id, From: protocol.FromAgent, Account: c.Caller.Account, Name: name, Kind: protocol.Memo, Text: text})
	return id
}

// decideRequest is a manager's decision. An approved change goes through the queue, which
// counts the seat; until the room has accepted it the request is pending.
func decideRequest(s *State, c protocol.Command, b protocol.DecideRequest, at protocol.Instant) (core.Step, error) {
	var step core.Step
	i := slices.IndexFunc(s.Open, func(r openRequest) bool { return r.Number == b.Number })
	asker := s.Holder
	if i >= 0 {
		asker = s.Open[i].By
	}
	switch {
	case b.Number == 0 || b.Number > s.Requests:
		return step, protocol.RejectField(protocol.NotFound, "request", "no such request")
	case c.Caller.Role != protocol.Manager && c.Caller.Role != protocol.Admin:
		return step, protocol.Reject(protocol.Forbidden, "only managers decide requests")
	case !c.Facts.InScope(c.Caller.Role, c.Caller.Account, asker):
		return step, protocol.RejectField(protocol.NotFound, "request", "no such request")
	case i < 0:
		return step, protocol.RejectField(protocol.Conflict, "request", "has been decided")
	}
	r := s.Open[i]
	outcome := protocol.RequestRejected
	switch {
	case r.Kind == protocol.Review && !b.OK:
		return step, protocol.RejectField(protocol.BadRequest, "ok", "a review can only be done")
	case r.Kind == protocol.Review:
		outcome = protocol.RequestDone
	case b.OK:
		if err := s.mayFollow(c.Facts, r.To); err != nil {
			return step, err // and stays pending
		}
		step.Pass(s.queue(), protocol.ChangeAgent{
			Room: s.id(), Number: r.Number, To: r.To, Assignment: s.Assignment, Caller: c.Caller, ClientID: c.ClientID,
		}, c.Ticket)
		return step, nil
	}
	s.decided(&step, r, outcome, c.Caller.Account, c.ClientID)
	if outcome == protocol.RequestRejected {
		s.memo(&step, c, c.Caller.Name, rejectMemo)
	}
	step.Answer(c.Ticket, protocol.Sent{Seq: s.seq(&step, c, 0), At: at})
	return step, nil
}

// decided ends a request and tells who had asked.
func (s *State) decided(step *core.Step, r openRequest, o protocol.RequestOutcome, by protocol.AccountID, id protocol.ClientID) {
	step.Do(&protocol.RequestDecided{Number: r.Number, Kind: r.Kind, Outcome: o, By: by, ClientID: id})
	step.Owe(protocol.AgentAt(s.Addr.Site, r.By), protocol.NoteDecision{Decided: protocol.InboxDecision{
		Room: s.id(), Number: r.Number, Kind: r.Kind, Outcome: o, By: by,
	}})
}

// cancel ends the pending change request, because the room closes or goes elsewhere. It
// comes before that event: whoever loses the room still sees it.
func (s *State) cancel(step *core.Step) {
	if r := s.change(); r != nil {
		s.decided(step, *r, protocol.RequestCancelled, "", "")
	}
}

// impossible rejects a request that the site approved by itself and the queue could not carry out.
func impossible(s *State, c protocol.Command, b protocol.ChangeImpossible) core.Step {
	var step core.Step
	if r := s.change(); r != nil && r.Number == b.Number {
		s.decided(&step, *r, protocol.RequestRejected, "", "")
		step.Do(&protocol.MessagePosted{ID: s.messageID(&step, c), From: protocol.FromBot, Kind: protocol.Memo, Text: rejectMemo})
	}
	return step
}

// requestRows keeps a row per open request: the managers' list needs no room awake.
func (s *State) requestRows(recs []protocol.Recorded) (rows []protocol.Row) {
	put := func(at protocol.Instant, r protocol.InboxRequest) {
		r.Room = s.id()
		row := protocol.OpenRequestRow{Request: r, At: at}
		rows = append(rows, protocol.Row{
			Kind: protocol.RowRequest, Key: protocol.OpenRequestKey(s.Addr.Site, s.id(), r.Number), Value: protocol.MarkRow(s.Seal, protocol.AppendOpenRequest(nil, &row)),
		})
	}
	for _, r := range recs {
		switch e := r.Event.(type) {
		case *protocol.ChangeRequested:
			put(r.At, protocol.InboxRequest{
				Number: e.Number, Kind: protocol.ChangeOfAgent, By: e.By, ByName: e.ByName, To: e.To, ToName: e.ToName, Text: e.Text,
			})
		case *protocol.ReviewRequested:
			put(r.At, protocol.InboxRequest{Number: e.Number, Kind: protocol.Review, By: e.By, ByName: e.ByName, Text: e.Text})
		case *protocol.RequestDecided:
			rows = append(rows, protocol.Row{Kind: protocol.RowRequest, Key: protocol.OpenRequestKey(s.Addr.Site, s.id(), e.Number)})
		}
	}
	return rows
}
