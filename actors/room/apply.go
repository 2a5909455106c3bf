package room

import (
	"slices"

	"switchyard/actors/report"
	"switchyard/protocol"
)

// Apply makes one event true. It never argues: recovery runs it and nothing else.
func Apply(s *State, r protocol.Recorded) {
	s.Log.Took(r)
	before, asked, cover := s.State, s.Asked, s.cover()
	switch e := r.Event.(type) {
	case *protocol.RoomOpened:
		s.CreatedAt, s.Since = r.At, r.At
		if e.Bot != "" {
			s.State = protocol.Bot // S-02
			s.rare().Bot, s.rare().BotVersion = e.Bot, e.BotVersion
		} else {
			s.RequestedAt = r.At // no bot: the request is the start
		}
		s.Customer, s.Key, s.Channel = e.Customer, e.Key, e.Channel
		s.Category, s.Title, s.Need = e.Category, e.Title, e.Need
		s.Number, s.Grade, s.LastAgent = e.Number, e.Grade, e.LastAgent
		s.Priority, s.Seal = e.Priority, e.Seal
		if e.ChannelAccount != "" {
			s.rare().ChannelAccount = e.ChannelAccount
		}
		if len(e.Params) > 0 {
			s.rare().Params = e.Params
		}
	case *protocol.RoomJoined:
		s.joined(e)
	case *protocol.RoomQueued:
		s.State, s.Refuse, s.Lock, s.Place = protocol.Waiting, e.Refuse, e.Lock, e.Place
		// The request is a customer's message, at its time (12.2 rule 1). A gated room is cleared
		// by T1 from the prompt on, or by T2 where the site keeps the 2021 behaviour (C-03).
		if e.Refuse && !e.Timers.ByDelay {
			s.companySpoke(r.At, e.Timers)
		} else {
			s.customerSpoke(max(s.RequestedAt, s.Delay.At), e.Timers)
		}
	case *protocol.RoomAssigned:
		s.assigned(e, r.At)
	case *protocol.DialogueShown:
		s.dialogueShown(e, r)
		s.figures().Shown(e)
	case *protocol.AgentRequested:
		s.requested(e, r.At)
		s.Figures.Requested(e)
	case *protocol.MessagePosted:
		s.posted(e, r)
	case *protocol.ProfilePrompted:
		s.Prompted, s.Consent = true, e.Consent != ""
		s.rare().Form, s.rare().Fields = e.Form, e.Fields
		s.forCustomer(r)
	case *protocol.ProfileSaved:
		s.Lock, s.Refuse = false, false
		s.formUsed()
		s.customerSpoke(r.At, e.Timers) // 12.2 rule 2
		s.remember(r)
	case *protocol.RoomClosed:
		s.State, s.ClosedAt, s.EndActor, s.Reason, s.Rejected = e.State, r.At, e.Actor, e.Reason, e.Rejected
		s.Lock, s.Refuse = false, false
		s.formUsed()
		s.Silence, s.Delay = anchor{}, anchor{}
		s.alarm(0)
		s.Figures.Closed(r.At, e.Actor, s.Answered)
		s.remember(r)
	case *protocol.RoomMetaSet:
		s.metaSet(e)
		s.remember(r)
	case *protocol.MessageRead:
		s.read(e)
	case *protocol.OfferMissed:
		s.rare().Missed = append(s.Missed, e.Agent)
	case *protocol.AlarmRang:
		s.alarm(0)
	case *protocol.ChangeRequested:
		s.Requests = e.Number
		s.rare().Open = append(s.Open, openRequest{Number: e.Number, Kind: protocol.ChangeOfAgent, By: e.By, To: e.To, Auto: e.Auto})
		s.remember(r)
	case *protocol.ReviewRequested:
		s.Requests = e.Number
		s.rare().Open = append(s.Open, openRequest{Number: e.Number, Kind: protocol.Review, By: e.By})
		s.remember(r)
	case *protocol.RequestDecided:
		s.rare().Open = slices.DeleteFunc(s.Open, func(q openRequest) bool { return q.Number == e.Number })
		s.remember(r)
	case *protocol.RoomCharged:
		s.rare().Charged = e.Day
	case *protocol.RoomRated:
		s.Score = e.Score
		s.remember(r)
	}
	if s.State != before {
		s.Since = r.At
	}
	s.noteRow(r, before, asked)
	s.noteChange(r, before, cover)
}

func (s *State) assigned(e *protocol.RoomAssigned, at protocol.Instant) {
	switch {
	case s.Asking(): // at entry: the customer has waited since the request
		s.customerSpoke(max(s.RequestedAt, s.Delay.At), e.Timers)
	case s.Refuse && !e.Timers.ByDelay:
		// A refusal ends without a profile: T2 begins now, not at the older request (12.2 rule 11).
		s.customerSpoke(at, e.Timers)
	}
	// A re-assignment anchors nothing (12.2 rule 8).
	s.State, s.Lock, s.Refuse = protocol.Received, false, false
	s.Holder, s.HolderName, s.Assignment, s.Turn = e.Agent, e.AgentName, e.Assignment, e.Turn
	s.AgentRead = 0
	s.heldBy(e)
	s.figures().Bound(e.Agent, at)
}

// figures makes the room's account for the reports where there is none yet: a room that waits has none.
func (s *State) figures() *report.Consultation {
	if s.Figures == nil {
		s.Figures = &report.Consultation{}
	}
	return s.Figures
}

func (s *State) formUsed() {
	if s.Form != "" {
		s.rare().Form = ""
	}
}

// alarm sets the alarm; 0 = there is none.
func (s *State) alarm(at protocol.Instant) {
	if s.AlarmAt != at {
		s.rare().AlarmAt = at
	}
}

// Blind: what a message says never matters to the room.
func Blind(code protocol.EventCode) bool { return code == protocol.CodeMessagePosted }

func (s *State) posted(e *protocol.MessagePosted, r protocol.Recorded) {
	s.remember(r)
	if e.Kind == protocol.Memo {
		s.Memos++
		return
	}
	s.Spoken = r.At
	switch {
	case e.From == protocol.FromCustomer:
		if len(s.ForAgent) < unreadMax {
			s.ForAgent = append(s.ForAgent, place{Desk: uint32(r.Desk), Room: uint32(r.Room)})
		}
		s.LastFrom = protocol.FromCustomer
		if s.Asked == 0 {
			s.Asked = r.At
		}
		s.Figures.CustomerSpoke(r.At)
		if s.State == protocol.Bot { // the bot is about to answer: no timer runs
			s.Silence, s.Delay = anchor{}, anchor{}
			break
		}
		// A refused text moves T2 only where T2 clears gated rooms; its M-REFUSE moves T1.
		if !s.Refuse || e.Timers.ByDelay {
			s.customerSpoke(r.At, e.Timers)
		}
	case e.Response():
		s.forCustomer(r)
		s.LastFrom, s.Answered, s.Asked = protocol.FromAgent, true, 0
		s.Figures.AgentSpoke(r.At)
		s.companySpoke(r.At, e.Timers)
		if s.State == protocol.Received {
			s.State = protocol.Active // S-16
		}
	default:
		s.forCustomer(r)
		switch e.Code {
		case 0: // the bot's link
			s.companySpoke(r.At, e.Timers)
		case protocol.MGreet:
			s.Greeted = true
		case protocol.MRefuse:
			if !e.Timers.ByDelay {
				s.companySpoke(r.At, e.Timers)
			}
		}
		// Every other automatic message anchors nothing: it is no response (5.2 rule 3).
	}
}

func (s *State) forCustomer(r protocol.Recorded) {
	if len(s.ForCustomer) < unreadMax {
		s.ForCustomer = append(s.ForCustomer, place{Desk: uint32(r.Desk), Room: uint32(r.Room)})
	}
}

// companySpoke arms T1 and stops T2; customerSpoke the other way round (12.1).
func (s *State) companySpoke(at protocol.Instant, t protocol.Timers) {
	s.Silence, s.Delay = anchor{At: at, Minutes: t.Silence}, anchor{}
}

func (s *State) customerSpoke(at protocol.Instant, t protocol.Timers) {
	s.Silence, s.Delay = anchor{}, anchor{At: at, Minutes: t.Delay, Due: t.Due}
}

func (s *State) metaSet(e *protocol.RoomMetaSet) {
	if e.Set&protocol.MetaCategory != 0 {
		s.Category = e.Category
	}
	if e.Set&protocol.MetaCategory3 != 0 {
		s.rare().Category3 = e.Category3
	}
	if e.Set&protocol.MetaTags != 0 {
		s.rare().Tags = e.Tags
	}
	if e.Set&protocol.MetaFlag != 0 {
		s.Flag = e.Flag
	}
	if e.Set&protocol.MetaAlarm != 0 {
		s.alarm(e.AlarmAt)
	}
	if e.Set&protocol.MetaPriority != 0 {
		s.Priority = e.Priority
	}
	if e.Set&protocol.MetaHold != 0 {
		s.Hold = e.Hold // the anchors stay: clearing re-arms with the original one (12.2 rule 6)
	}
}

func (s *State) read(e *protocol.MessageRead) {
	if e.By == protocol.FromCustomer {
		s.CustRead = e.Room
		for len(s.ForCustomer) > 0 && uint64(s.ForCustomer[0].Room) <= e.Room {
			s.ForCustomer = s.ForCustomer[1:]
		}
		return
	}
	s.AgentRead = e.Desk
	for len(s.ForAgent) > 0 && uint64(s.ForAgent[0].Desk) <= e.Desk {
		s.ForAgent = s.ForAgent[1:]
	}
}
