package room

import (
	"slices"

	"switchyard/actors/core"
	"switchyard/protocol"
)

// Once per client_id (I-07): the room remembers 8 bytes per write, and a hit is
// confirmed from the log, which has the id itself and what was written.

func writeHash(sender string, id protocol.ClientID) uint32 {
	const prime = 16777619 // FNV-1a of sender, zero byte, id
	h := uint32(2166136261)
	for i := range len(sender) {
		h = (h ^ uint32(sender[i])) * prime
	}
	h *= prime
	for i := range len(id) {
		h = (h ^ uint32(id[i])) * prime
	}
	return h
}

// Needs names the records that a decision looks at: the earlier writes that may be the same as this one, the file
// that a message names, the customer's name where a template asks for it, and the scenario of the room's version.
func Needs(s *State, c protocol.Command) []protocol.Ref {
	refs := earlierWrites(s, c)
	if b, ok := c.Body.(protocol.SendMessage); ok {
		if file := fileOf(c, b); protocol.ValidFile(file) {
			refs = append(refs, protocol.FileRef(s.Addr.Site, file))
		}
	}
	return slices.Concat(refs, s.nameNeeded(c), needsScenario(s, c))
}

func earlierWrites(s *State, c protocol.Command) []protocol.Ref {
	if c.ClientID == "" || !s.Exists() || len(s.Writes) == 0 {
		return nil
	}
	switch c.Body.(type) {
	case protocol.SendMessage, protocol.PickChoice, protocol.SubmitForm, protocol.SetRoom, protocol.EndRoom,
		protocol.RequestChange, protocol.RequestReview, protocol.DecideRequest, protocol.RateRoom:
	default:
		return nil
	}
	var refs []protocol.Ref
	h := writeHash(c.Caller.Sender(), c.ClientID)
	for i := range s.Writes {
		if s.Writes[i].Hash == h {
			refs = append(refs, protocol.Ref{Event: uint64(s.Writes[i].Number)})
		}
	}
	return refs
}

// repeated answers a repeat of an accepted write with its first result, also when the room has
// closed or changed hands since; the same id with another body is a conflict.
func repeated(s *State, c protocol.Command) (step core.Step, done bool, err error) {
	if len(c.Records) == 0 { // Needs has looked, and found no write that it may repeat
		return step, false, nil
	}
	for _, ref := range earlierWrites(s, c) {
		rec, ok := c.Records[ref]
		if !ok || rec.Event == nil {
			continue
		}
		sender, id := writerOf(rec.Event)
		if id != c.ClientID || sender != c.Caller.Sender() {
			continue // another write with the same hash
		}
		if !same(rec.Event, c.Body) {
			return step, true, protocol.RejectField(protocol.Conflict, "client_id", "was used for another write")
		}
		seq := rec.Place.Desk
		if c.Caller.Role == protocol.Visitor {
			seq = rec.Place.Room
		}
		step.Answer(c.Ticket, protocol.Sent{MessageID: messageOf(rec.Event, s, c), Seq: seq, At: rec.Place.At, Duplicate: true, Request: requestOf(rec.Event, s)})
		return step, true, nil
	}
	return step, false, nil
}

// writerOf gives the sender (Caller.Sender) and client id of an event that a client wrote.
func writerOf(e protocol.Event) (sender string, id protocol.ClientID) {
	account := func(a protocol.AccountID) string {
		if a == "" {
			return "c"
		}
		return "a/" + string(a)
	}
	switch e := e.(type) {
	case *protocol.MessagePosted:
		return account(e.Account), e.ClientID
	case *protocol.ProfileSaved:
		return "c", e.ClientID
	case *protocol.RoomMetaSet:
		return account(e.By), e.ClientID
	case *protocol.RoomClosed:
		return account(e.By), e.ClientID
	case *protocol.ChangeRequested:
		return account(e.By), e.ClientID
	case *protocol.ReviewRequested:
		return account(e.By), e.ClientID
	case *protocol.RequestDecided:
		return account(e.By), e.ClientID
	case *protocol.RoomRated:
		return "c", e.ClientID
	}
	return "", ""
}

func messageOf(e protocol.Event, s *State, c protocol.Command) protocol.MessageID {
	switch e := e.(type) {
	case *protocol.MessagePosted:
		return e.ID
	case *protocol.ProfileSaved, *protocol.ChangeRequested, *protocol.ReviewRequested: // its M-SAVED, its memo: the second event of the same write
		return protocol.MessageIDFrom(s.id(), c.Caller.Sender(), string(c.ClientID), 1)
	}
	return ""
}

// requestOf gives the id of the request that a write made; "" = it made none.
func requestOf(e protocol.Event, s *State) string {
	switch e := e.(type) {
	case *protocol.ChangeRequested:
		return protocol.RequestID(s.id(), e.Number)
	case *protocol.ReviewRequested:
		return protocol.RequestID(s.id(), e.Number)
	}
	return ""
}

// same says whether the command asks for what the event recorded.
func same(e protocol.Event, b protocol.Body) bool {
	switch e := e.(type) {
	case *protocol.MessagePosted:
		if p, ok := b.(protocol.PickChoice); ok {
			return p.Choice == e.Choice
		}
		m, ok := b.(protocol.SendMessage)
		if ok && m.Template != "" { // the text is the template's, filled in when it was sent
			return m.Template == e.Template && m.Text == "" && m.File == ""
		}
		return ok && e.Choice == "" && e.Template == "" && m.Kind == e.Kind && m.Text == e.Text && m.File == e.File && m.Full == e.Full
	case *protocol.ProfileSaved:
		f, ok := b.(protocol.SubmitForm)
		return ok && f.Form == e.Form
	case *protocol.RoomMetaSet:
		m, ok := b.(protocol.SetRoom)
		return ok && m.Set == e.Set && m.Category == e.Category && m.Category3 == e.Category3 &&
			m.Flag == e.Flag && m.AlarmAt == e.AlarmAt && m.Hold == e.Hold && m.Priority == e.Priority && slices.Equal(m.Tags, e.Tags)
	case *protocol.RoomClosed:
		_, ok := b.(protocol.EndRoom)
		return ok
	case *protocol.ChangeRequested:
		m, ok := b.(protocol.RequestChange)
		return ok && m.To == e.To && m.Text == e.Text
	case *protocol.ReviewRequested:
		m, ok := b.(protocol.RequestReview)
		return ok && m.Text == e.Text
	case *protocol.RequestDecided:
		m, ok := b.(protocol.DecideRequest)
		return ok && m.Number == e.Number && m.OK == (e.Outcome != protocol.RequestRejected)
	case *protocol.RoomRated:
		m, ok := b.(protocol.RateRoom)
		return ok && m.Score == e.Score && m.Comment == e.Comment
	}
	return false
}

// remember notes a client's write, and lets go of those older than a day and an hour.
func (s *State) remember(r protocol.Recorded) {
	sender, id := writerOf(r.Event)
	if id == "" {
		return
	}
	if n := len(s.Hours); n == 0 || r.At >= s.Hours[n-1].At.Add(rememberF/24) {
		s.Hours = append(s.Hours, mark{At: r.At, Index: len(s.Writes)})
		old := 0
		for old+1 < len(s.Hours) && s.Hours[old+1].At.Add(rememberF) <= r.At {
			old++
		}
		if old > 0 {
			cut := s.Hours[old].Index
			s.Writes = append(s.Writes[:0:0], s.Writes[cut:]...)
			s.Hours = append(s.Hours[:0:0], s.Hours[old:]...)
			for i := range s.Hours {
				s.Hours[i].Index -= cut
			}
		}
	}
	s.Writes = append(s.Writes, write{Hash: writeHash(sender, id), Number: uint32(r.Number)})
}
