package room

import (
	"unicode/utf8"

	"switchyard/actors/bot"
	"switchyard/actors/core"
	"switchyard/actors/gate"
	"switchyard/protocol"
)

// Limits of what may be written, in characters.
const (
	textOutMax   = 1000   // an agent's text: the narrowest channel's limit, kept equal on all
	textInMax    = 10_000 // a customer's text
	memoMax      = 2000
	tagMax       = 20
	tagsMax      = 20
	category3Max = 8
)

// mayAct refuses an act of an agent who does not hold the room (any more). The fence is the
// assignment number: what an agent queued up under an older one never reaches the customer.
func (s *State) mayAct(c protocol.Command, assignment uint32) *protocol.Rejection {
	if s.ClosedAt != 0 {
		return protocol.Reject(protocol.RoomIsClosed, "the room has closed")
	}
	if s.Holder != c.Caller.Account || !s.State.Bound() || assignment != 0 && assignment != s.Assignment {
		return protocol.Reject(protocol.NotAssigned, "the room is held by another agent or by nobody")
	}
	return nil
}

// send posts a message or a memo (S-01, S-14 … S-16; section 13).
func send(s *State, c protocol.Command, b protocol.SendMessage, at protocol.Instant) (core.Step, error) {
	var step core.Step
	customer := c.Caller.Role == protocol.Visitor
	b, err := s.fromTemplate(c, b)
	if err != nil {
		return step, err
	}
	if err := checkMessage(customer, b); err != nil {
		return step, err
	}
	if err := s.checkFile(c, b); err != nil {
		return step, err
	}
	if err := s.checkFull(customer, b); err != nil {
		return step, err
	}
	p := new(posted)
	m := &p.message
	step.Events = p.events[:0]
	*m = protocol.MessagePosted{
		ID: protocol.MessageIDFrom(s.id(), c.Caller.Sender(), string(c.ClientID), 0), ClientID: c.ClientID,
		Kind: b.Kind, Text: b.Text, File: b.File, Timers: protocol.TimersOf(c.Facts.Settings),
		Template: b.Template, Full: b.Full,
	}
	switch {
	case customer:
		if s.ClosedAt != 0 {
			return step, protocol.Reject(protocol.RoomIsClosed, "the room has closed")
		}
		m.From, m.BeforeProfile, m.Timers = protocol.FromCustomer, s.Refuse, patience(c, at, at)
		step.Do(m)
		in := bot.Input{} // an image, a file or a link fits no dialogue
		if b.Kind == protocol.Text {
			in.Text = b.Text
		}
		s.heard(&step, c, in, at)
	case b.Kind == protocol.Memo:
		if !c.Facts.InScope(c.Caller.Role, c.Caller.Account, s.Holder) {
			if err := s.mayAct(c, b.Assignment); err != nil {
				return step, err
			}
		}
		m.From, m.Account, m.Name = protocol.FromAgent, c.Caller.Account, c.Caller.Name
		step.Do(m)
	default:
		if err := s.mayAct(c, b.Assignment); err != nil {
			return step, err
		}
		m.From, m.Account, m.Name, m.Assignment = protocol.FromAgent, c.Caller.Account, s.HolderName, s.Assignment
		step.Do(m)
		s.chargeResponse(&step, c, at)
	}
	if c.Ticket != 0 { // as Step.Answer, in memory that is there
		p.reply = core.Reply{Ticket: c.Ticket, Result: protocol.Sent{MessageID: m.ID, Seq: s.seq(&step, c, 0), At: at}}
		step.Reply = &p.reply
	}
	return step, nil
}

// posted is a message with the list of its step's events and its answer: most steps of all are this, and it is one allocation.
type posted struct {
	message protocol.MessagePosted
	events  [2]protocol.Event // a refusal or a charge may follow
	reply   core.Reply
}

func (s *State) refuseText(step *core.Step, c protocol.Command) {
	step.Do(&protocol.MessagePosted{
		ID:   protocol.MessageIDFrom(s.id(), c.Caller.Sender(), string(c.ClientID), 1),
		From: protocol.FromBot, Kind: protocol.Text, Text: protocol.TextRefuse, Code: protocol.MRefuse,
		Timers: protocol.TimersOf(c.Facts.Settings),
	})
}

func checkMessage(customer bool, b protocol.SendMessage) error {
	limit := textOutMax
	switch {
	case customer && b.Kind == protocol.Memo:
		return protocol.Reject(protocol.Forbidden, "memos are internal")
	case customer:
		limit = textInMax
	case b.Kind == protocol.Memo:
		limit = memoMax
	}
	switch b.Kind {
	case protocol.Text, protocol.Memo, protocol.Link:
		if b.Text == "" {
			return protocol.RejectField(protocol.BadRequest, "text", "is empty")
		}
	case protocol.Image, protocol.File:
		if b.File == "" {
			return protocol.RejectField(protocol.BadRequest, "file", "is missing")
		}
	default:
		return protocol.RejectField(protocol.BadRequest, "kind", "is not a message")
	}
	if len(b.Text) > limit && utf8.RuneCountInString(b.Text) > limit {
		return protocol.RejectField(protocol.TooLarge, "text", "is too long")
	}
	return nil
}

// submit takes the profile form (S-10, S-18; 8.1).
func submit(s *State, c protocol.Command, b protocol.SubmitForm, at protocol.Instant) (core.Step, error) {
	var step core.Step
	switch {
	case s.ClosedAt != 0:
		return step, protocol.Reject(protocol.RoomIsClosed, "the consultation has ended")
	case !s.Prompted:
		return step, protocol.RejectField(protocol.NotFound, "form", "no such form")
	case s.Form == "":
		return step, protocol.Reject(protocol.Conflict, "the form was sent before")
	case s.Form != b.Form:
		return step, protocol.RejectField(protocol.NotFound, "form", "no such form")
	}
	wall := c.Wall.In(c.Facts.Zone)
	today := protocol.Date{Year: wall.Year(), Month: wall.Month(), Day: wall.Day()}
	values := make([]protocol.FieldValue, 0, len(s.Fields))
	for _, f := range s.Fields { // every collected field is required, in the form's order
		field := protocol.ProfileField(f)
		given := ""
		for _, v := range b.Values {
			if v.Field == field {
				given = v.Value
			}
		}
		stored, err := gate.Validate(field, given, today)
		if err != nil {
			return step, protocol.RejectField(protocol.BadRequest, field.String(), err.Error())
		}
		values = append(values, protocol.FieldValue{Field: field, Value: stored})
	}
	for _, v := range b.Values {
		if !asks(s.Fields, v.Field) {
			return step, protocol.RejectField(protocol.BadRequest, v.Field.String(), "was not asked")
		}
	}
	step.Do(&protocol.ProfileSaved{
		Form: b.Form, ClientID: c.ClientID, Values: values, Consent: s.Consent, Timers: patience(c, at, at),
	})
	s.say(&step, c, protocol.MSaved, protocol.Words{}) // once (I-08): the token is used up
	step.Owe(s.directory(), protocol.SaveProfile{Customer: s.Customer, Values: values, At: at, Consent: s.Consent})
	if s.State == protocol.Waiting {
		step.Tell(s.queue(), protocol.RoomUnlocked{Room: s.id()})
	}
	saved := step.Events[1].(*protocol.MessagePosted)
	step.Answer(c.Ticket, protocol.Sent{MessageID: saved.ID, Seq: s.seq(&step, c, 0), At: at})
	return step, nil
}

func asks(fields []byte, f protocol.ProfileField) bool {
	for _, x := range fields {
		if protocol.ProfileField(x) == f {
			return true
		}
	}
	return false
}

// read moves a read mark. It says only what was news: a mark that moves over no unread message is no event.
func read(s *State, c protocol.Command, b protocol.MarkRead) (core.Step, error) {
	var step core.Step
	customer := c.Caller.Role == protocol.Visitor
	unread, by := s.ForAgent, protocol.FromAgent
	if customer {
		unread, by = s.ForCustomer, protocol.FromCustomer
	} else if s.Holder != c.Caller.Account {
		if !c.Facts.InScope(c.Caller.Role, c.Caller.Account, s.Holder) { // to others it says nothing of the room
			return step, protocol.Reject(protocol.NotAssigned, "the room is not yours")
		}
		step.Answer(c.Ticket, protocol.Done{}) // a watching manager reads without a trace
		return step, nil
	}
	end := s.Log.Desk
	if customer {
		end = s.Log.Room
	}
	var last place
	for _, p := range unread {
		pos := uint64(p.Desk)
		if customer {
			pos = uint64(p.Room)
		}
		if pos > b.Upto {
			break
		}
		last = p
	}
	if len(unread) == unreadMax && b.Upto >= end { // and those that were not counted
		last = place{Desk: uint32(s.Log.Desk), Room: uint32(s.Log.Room)}
	}
	if last.Desk != 0 {
		step.Do(&protocol.MessageRead{By: by, Desk: uint64(last.Desk), Room: uint64(last.Room)})
	}
	step.Answer(c.Ticket, protocol.Done{})
	return step, nil
}

// managersCover is what a manager in scope may set in a room that somebody else holds (section 13: the
// categories), and of a waiting one its priority. Tags, flag, alarm and hold are the holder's own.
const managersCover = protocol.MetaCategory | protocol.MetaCategory3 | protocol.MetaPriority

// set changes the cover: category, tags, flag, alarm, close hold (section 13).
func set(s *State, c protocol.Command, b protocol.SetRoom, at protocol.Instant) (core.Step, error) {
	var step core.Step
	if b.Set == 0 {
		return step, protocol.Reject(protocol.BadRequest, "nothing to set")
	}
	if b.Set&protocol.MetaCategory3 != 0 && utf8.RuneCountInString(b.Category3) > category3Max {
		return step, protocol.RejectField(protocol.BadRequest, "category3", "is longer than 8 characters")
	}
	if b.Set&protocol.MetaCategory != 0 && b.Category != "" {
		if k := c.Facts.Categories[b.Category]; k == nil || k.Unused {
			return step, protocol.RejectField(protocol.BadRequest, "category", "is not a category in use")
		}
	}
	if b.Set&protocol.MetaTags != 0 {
		if len(b.Tags) > tagsMax {
			return step, protocol.RejectField(protocol.BadRequest, "tags", "are too many")
		}
		for _, t := range b.Tags {
			if n := utf8.RuneCountInString(t); n == 0 || n > tagMax {
				return step, protocol.RejectField(protocol.BadRequest, "tags", "a tag has 1 to 20 characters")
			}
		}
	}
	if b.Set&protocol.MetaAlarm != 0 && b.AlarmAt != 0 && b.AlarmAt <= at {
		return step, protocol.RejectField(protocol.BadRequest, "alarm_at", "has passed")
	}
	if s.ClosedAt != 0 {
		return step, protocol.Reject(protocol.RoomIsClosed, "the room has closed")
	}
	if b.Set&^managersCover != 0 || !c.Facts.InScope(c.Caller.Role, c.Caller.Account, s.Holder) {
		if err := s.mayAct(c, b.Assignment); err != nil {
			return step, err
		}
	} else if b.Assignment != 0 && b.Assignment != s.Assignment {
		return step, protocol.Reject(protocol.NotAssigned, "the room has moved meanwhile")
	}
	if err := s.mayPrioritize(c, b); err != nil {
		return step, err
	}
	step.Do(&protocol.RoomMetaSet{
		Set: b.Set, Category: b.Category, Category3: b.Category3, Tags: b.Tags, Flag: b.Flag,
		AlarmAt: b.AlarmAt, Hold: b.Hold, By: c.Caller.Account, ClientID: c.ClientID,
		Priority: b.Priority,
	})
	s.prioritized(&step, b)
	step.Answer(c.Ticket, protocol.Sent{Seq: s.seq(&step, c, 0), At: at})
	return step, nil
}

// end closes the room for whoever asks (S-19 … S-21). The first close wins (I-09).
func end(s *State, c protocol.Command, at protocol.Instant) (core.Step, error) {
	var step core.Step
	b := c.Body.(protocol.EndRoom)
	if s.ClosedAt != 0 {
		return step, protocol.Reject(protocol.RoomIsClosed, "the room has closed")
	}
	actor, text, by := protocol.EndedByCustomer, protocol.MEndCustomer, protocol.AccountID("")
	if c.Caller.Role != protocol.Visitor {
		by = c.Caller.Account
		switch {
		case s.Holder == by && s.State.Bound():
			if err := s.mayAct(c, b.Assignment); err != nil {
				return step, err
			}
			actor, text = protocol.EndedByAgent, protocol.MEndAgent
		case c.Facts.InScope(c.Caller.Role, by, s.Holder):
			if b.Assignment != 0 && b.Assignment != s.Assignment {
				return step, protocol.Reject(protocol.NotAssigned, "the room has moved meanwhile")
			}
			actor, text = protocol.EndedByManager, protocol.MEndManager
		default:
			return step, protocol.Reject(protocol.NotAssigned, "the room is held by another agent or by nobody")
		}
	}
	s.say(&step, c, text, protocol.Words{})
	s.cancel(&step)
	step.Do(&protocol.RoomClosed{State: s.closedState(), Actor: actor, Reason: protocol.EndNormal, By: by, ClientID: c.ClientID})
	s.left(&step, at)
	step.Answer(c.Ticket, protocol.Sent{Seq: s.seq(&step, c, len(step.Events)-1), At: at})
	return step, nil
}

// closedState: a room that began with a bot and ends before its connection request was accepted
// is BOT_CLOSED, every other one CLOSED (R-020, S-09).
func (s *State) closedState() protocol.RoomState {
	if s.State == protocol.Bot || s.Bot != "" && s.Asking() {
		return protocol.BotClosed
	}
	return protocol.Closed
}
