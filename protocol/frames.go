package protocol

// Stream names a durable stream that can be followed.
type Stream struct {
	View View
	Of   Address // the room or the agent
}

// View is one projection of an actor's log.
type View uint8

const (
	StreamRoom  View = iota + 1 // room/<room>: what the customer may see
	StreamDesk                  // desk/<room>: everything of the room
	StreamInbox                 // inbox/<account>
)

// Prefix is the beginning of the stream's name on the wire.
func (v View) Prefix() string {
	switch v {
	case StreamRoom:
		return "room/"
	case StreamDesk:
		return "desk/"
	default:
		return "inbox/"
	}
}

// Name is the stream's name on the wire.
func (s Stream) Name() string { return s.View.Prefix() + s.Of.ID }

// Seq is the event's position in the view, 0 if it is not shown there.
func (v View) Seq(r *Recorded) uint64 {
	if v == StreamRoom {
		return r.Room
	}
	return r.Desk
}

// AppendFrame appends the frame of a durable event in one view of the stream; nothing
// if the view does not show the event. The frame is the same for every reader.
func AppendFrame(dst []byte, s Stream, r *Recorded) []byte {
	seq := s.View.Seq(r)
	if seq == 0 {
		return dst
	}
	customer := s.View == StreamRoom
	j := JSON{B: dst}
	j.Open()
	j.Str("type", frameType(r.Event))
	j.Key("stream")
	j.B = append(j.B, '"')
	j.B = append(j.B, s.View.Prefix()...)
	j.B = append(j.B, s.Of.ID...) // ids are checked at the gate and need no escaping
	j.B = append(j.B, '"')
	j.Uint("seq", seq)
	j.Instant("at", r.At)
	j.Key("data")
	j.Open()
	switch e := r.Event.(type) {
	case *MessagePosted:
		e.frame(&j, customer)
	case *RoomOpened:
		j.Str("state", "OPENED")
		j.Str("customer", string(e.Key))
		j.Str("channel", e.Channel.String())
		j.Str("channel_account", e.ChannelAccount)
		j.Str("category", e.Category)
		j.Str("title", e.Title)
		j.Str("bot", string(e.Bot))
	case *RoomQueued:
		j.Str("state", Waiting.String())
		if !customer {
			j.Bool("profile_required", e.Lock)
			j.Bool("refusing", e.Refuse)
			j.Int("gate", int64(e.Row))
		}
	case *RoomAssigned:
		j.Str("state", Received.String())
		if customer { // the customer learns a name and nothing else
			j.Str("agent", e.AgentName)
			break
		}
		j.Uint("assignment", uint64(e.Assignment))
		j.Str("agent", string(e.Agent))
		j.Str("name", e.AgentName)
		j.Str("cause", e.Cause.String())
		j.Str("by", string(e.By))
		j.Str("note", e.Note)
		j.Str("from", string(e.From))
		if e.Override {
			j.Bool("override", true)
		}
		if e.Request != 0 {
			j.Str("request", RequestID(RoomID(s.Of.ID), e.Request))
		}
		j.Key("why")
		e.Why.json(&j)
	case *ProfilePrompted:
		j.Str("message_id", string(e.ID))
		j.Key("from")
		j.B = append(j.B, `{"kind":"bot"}`...)
		j.Str("kind", Card.String())
		j.Str("text", e.Text)
		j.Str("image", e.Image)
		j.Str("code", MPrompt.String())
		j.Str("button", LabelProfile)
		if customer {
			j.Str("form", e.Form)
			if e.Consent != "" {
				j.Str("consent", e.Consent)
			}
		}
		names := make([]string, len(e.Fields))
		for i, f := range e.Fields {
			names[i] = ProfileField(f).String()
		}
		j.Strs("fields", names)
	case *ProfileSaved:
		if customer {
			j.Str("form", e.Form)
		}
		j.Str("client_id", string(e.ClientID))
		if !customer {
			j.Key("fields")
			j.Open()
			for _, v := range e.Values {
				j.Str(v.Field.String(), v.Value)
			}
			j.Close()
		}
	case *RoomClosed:
		j.Str("state", e.State.String())
		j.Str("ended_by", e.Actor.String())
		j.Str("reason", e.Reason.String())
		if !customer {
			j.Str("by", string(e.By))
		}
		if e.Rejected {
			j.Bool("refused", true)
		}
	case *RoomMetaSet:
		e.frame(&j)
	case *DialogueShown:
		e.frame(&j, customer)
	case *AgentRequested:
		j.Str("category", e.Category)
	case *MessageRead:
		j.Str("by", e.By.String())
		if customer {
			j.Uint("upto", e.Room)
		} else {
			j.Uint("upto", e.Desk)
		}
	case *AlarmRang:
		j.Str("for", string(e.For))
	case *InboxGained:
		j.Str("room", string(e.Room))
		j.Uint("assignment", uint64(e.Assignment))
		j.Uint("turn", e.Turn)
		j.Str("cause", e.Cause.String())
		j.Str("customer", e.Customer)
		j.Str("title", e.Title)
		j.Str("channel", e.Channel.String())
		if e.Quiet {
			j.Bool("quiet", true)
		}
	case *InboxLost:
		j.Str("room", string(e.Room))
		j.Uint("assignment", uint64(e.Assignment))
		j.Str("reason", e.Reason)
	case *AlarmDue:
		j.Str("room", string(e.Room))
	case *InboxOffered:
		e.frame(&j)
	case *InboxOfferEnded:
		e.frame(&j)
	case *OfferMissed:
		e.frame(&j)
	case *ChangeRequested:
		requestFrame(&j, "", RoomID(s.Of.ID), &InboxRequest{
			Number: e.Number, Kind: ChangeOfAgent, By: e.By, ByName: e.ByName, To: e.To, ToName: e.ToName, Text: e.Text,
		})
	case *ReviewRequested:
		requestFrame(&j, "", RoomID(s.Of.ID), &InboxRequest{Number: e.Number, Kind: Review, By: e.By, ByName: e.ByName, Text: e.Text})
	case *RequestDecided:
		decisionFrame(&j, "", RoomID(s.Of.ID), &InboxDecision{Number: e.Number, Kind: e.Kind, Outcome: e.Outcome, By: e.By})
	case *InboxRequest:
		requestFrame(&j, e.Room, e.Room, e)
	case *InboxDecision:
		decisionFrame(&j, e.Room, e.Room, e)
	case *RoomRated:
		j.Uint("score", uint64(e.Score))
		j.Str("comment", e.Comment)
		j.Str("client_id", string(e.ClientID))
	}
	if r.Erased {
		j.Bool("erased", true)
	}
	j.Close()
	j.Close()
	return j.B
}

// frameType is the wire's name of a shown event.
func frameType(e Event) string {
	switch e := e.(type) {
	case *MessagePosted:
		return "message.new"
	case *RoomOpened, *RoomQueued:
		return "room.state"
	case *RoomAssigned:
		return "room.assigned"
	case *ProfilePrompted:
		return "form.prompt"
	case *ProfileSaved:
		return "form.saved"
	case *RoomClosed:
		return "room.closed"
	case *RoomMetaSet, *AgentRequested:
		return "room.meta"
	case *MessageRead:
		return "message.read"
	case *AlarmRang, *AlarmDue:
		return "alarm.due"
	case *ChangeRequested, *ReviewRequested, *InboxRequest:
		return "request.new"
	case *InboxDecision:
		return "request.decided"
	default:
		return e.EventCode().String() // inbox.gained, inbox.lost, request.decided, room.rated
	}
}

func (e *MessagePosted) frame(j *JSON, customer bool) {
	j.Str("message_id", string(e.ID))
	j.Str("client_id", string(e.ClientID))
	j.Key("from")
	j.Open()
	j.Str("kind", e.From.String())
	j.Str("name", e.Name)
	if !customer {
		j.Str("account", string(e.Account))
	}
	j.Close()
	j.Str("kind", e.Kind.String())
	text := e.Text
	if e.Operator == OperatorBusyDesk && !customer {
		text = TextKakaoBusy
	}
	j.Str("text", text)
	j.Str("file", e.File)
	j.Str("choice", e.Choice)
	j.Str("operator", e.Operator.String())
	if e.Code != 0 {
		j.Str("code", e.Code.String())
	}
	if !customer {
		j.Str("template", e.Template)
		j.Str("full_text", e.Full)
	}
	if e.BeforeProfile && !customer {
		j.Bool("before_profile", true)
	}
}

func (e *RoomMetaSet) frame(j *JSON) {
	if e.Set&MetaCategory != 0 {
		j.Key("category")
		j.B = AppendJSONString(j.B, e.Category)
	}
	if e.Set&MetaCategory3 != 0 {
		j.Key("category3")
		j.B = AppendJSONString(j.B, e.Category3)
	}
	if e.Set&MetaTags != 0 {
		j.Key("tags")
		j.B = append(j.B, '[')
		for i, t := range e.Tags {
			if i > 0 {
				j.B = append(j.B, ',')
			}
			j.B = AppendJSONString(j.B, t)
		}
		j.B = append(j.B, ']')
	}
	if e.Set&MetaFlag != 0 {
		j.Key("flag")
		j.B = AppendJSONString(j.B, e.Flag.String())
	}
	if e.Set&MetaAlarm != 0 {
		j.Key("alarm_at")
		if e.AlarmAt == 0 {
			j.B = append(j.B, "null"...)
		} else {
			j.B = AppendJSONInstant(j.B, e.AlarmAt)
		}
	}
	if e.Set&MetaHold != 0 {
		j.Bool("hold_close", e.Hold)
	}
	if e.Set&MetaPriority != 0 {
		j.Int("priority", int64(e.Priority))
	}
	j.Str("by", string(e.By))
}

func (w *Why) json(j *JSON) {
	j.Open()
	j.Str("rule", w.Rule)
	j.Int("eligible", int64(w.Eligible))
	j.Int("waiting", int64(w.Waited))
	if len(w.Candidates) > 0 {
		j.Key("candidates")
		j.B = append(j.B, '[')
		for i, c := range w.Candidates {
			if i > 0 {
				j.B = append(j.B, ',')
			}
			j.Open()
			j.Str("account", string(c.Account))
			j.Int("load", int64(c.Load))
			j.Close()
		}
		j.B = append(j.B, ']')
	}
	j.Close()
}
