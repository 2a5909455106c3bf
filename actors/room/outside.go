package room

import (
	"slices"

	"switchyard/protocol"
)

// changed is the newest event that changed the room's state or its cover. A set to the same value is no change.
type changed struct {
	Number uint64
	State  bool
	Cover  protocol.MetaField
}

// cover is what of the room's cover other systems may hear of.
type cover struct {
	category, category3 string
	flag                protocol.Flag
	tags                []string
}

func (s *State) cover() cover { return cover{s.Category, s.Category3, s.Flag, s.Tags} }

func (s *State) noteChange(r protocol.Recorded, state protocol.RoomState, was cover) {
	c := changed{Number: r.Number, State: s.State != state}
	if s.Category != was.category || s.Category3 != was.category3 {
		c.Cover |= protocol.MetaCategory
	}
	if s.Flag != was.flag {
		c.Cover |= protocol.MetaFlag
	}
	if _, set := r.Event.(*protocol.RoomMetaSet); set && !slices.Equal(s.Tags, was.tags) {
		c.Cover |= protocol.MetaTags
	}
	if c.State || c.Cover != 0 {
		s.Changed = c
	}
}

// Outside are the facts of a step that other systems may hear of (domain 24): each once, because each is
// read from one event, and the one that changed the state is the newest of its step that did.
func Outside(s *State, recs []protocol.Recorded) []protocol.Outside {
	var outs []protocol.Outside
	for _, r := range recs {
		add := func(t protocol.OutsideType, write func(*protocol.JSON)) {
			j := protocol.JSON{B: []byte{'{'}}
			j.Str("room", string(s.id()))
			j.Uint("number", s.Number)
			write(&j)
			outs = append(outs, protocol.Outside{Type: t, Number: r.Number, At: r.At, Data: j.B[1:]})
		}
		switch e := r.Event.(type) {
		case *protocol.RoomOpened:
			add(protocol.OutsideRoomCreated, func(j *protocol.JSON) {
				j.Str("customer", string(e.Key))
				j.Uint("customer_number", uint64(e.Customer))
				j.Str("channel", e.Channel.String())
				j.Str("channel_account", e.ChannelAccount)
				j.Str("category", e.Category)
				j.Str("bot", string(e.Bot))
			})
			continue // its first state and category are part of it
		case *protocol.RoomAssigned:
			if e.From != "" {
				add(protocol.OutsideAgentChanged, func(j *protocol.JSON) {
					j.Str("from", string(e.From))
					j.Str("to", string(e.Agent))
					j.Uint("assignment", uint64(e.Assignment))
					j.Str("cause", e.Cause.String())
				})
			}
		case *protocol.ChangeRequested:
			add(protocol.OutsideChangeRequested, func(j *protocol.JSON) {
				j.Str("request", protocol.RequestID(s.id(), e.Number))
				j.Str("by", string(e.By))
				j.Str("to", string(e.To))
			})
		case *protocol.ReviewRequested:
			add(protocol.OutsideReviewRequested, func(j *protocol.JSON) {
				j.Str("request", protocol.RequestID(s.id(), e.Number))
				j.Str("by", string(e.By))
			})
		case *protocol.ProfileSaved:
			add(protocol.OutsideProfileSaved, func(j *protocol.JSON) { // which fields, not what they say
				fields := make([]string, len(e.Values))
				for i, v := range e.Values {
					fields[i] = v.Field.String()
				}
				j.Strs("fields", fields)
				j.Bool("consent", e.Consent)
			})
		}
		if r.Number != s.Changed.Number {
			continue
		}
		if s.Changed.State && (s.State.Bound() || s.ClosedAt != 0) { // received … closed
			add(protocol.OutsideStateChanged, func(j *protocol.JSON) {
				j.Str("state", s.State.String())
				j.Str("agent", string(s.Holder))
				j.Uint("assignment", uint64(s.Assignment))
				if s.ClosedAt != 0 {
					j.Str("ended_by", s.EndActor.String())
					j.Str("reason", s.Reason.String())
					j.Bool("refused", s.Rejected)
				}
			})
		}
		if s.Changed.Cover&protocol.MetaCategory != 0 {
			add(protocol.OutsideCategoryChanged, func(j *protocol.JSON) { j.Str("category", s.Category) })
		}
		if s.Changed.Cover&protocol.MetaFlag != 0 {
			add(protocol.OutsideFlagChanged, func(j *protocol.JSON) { j.Str("flag", s.Flag.String()) })
		}
		if s.Changed.Cover&protocol.MetaTags != 0 { // tags are words of people: how many, not which
			add(protocol.OutsideTagsChanged, func(j *protocol.JSON) { j.Int("tags", int64(len(s.Tags))) })
		}
	}
	return outs
}
