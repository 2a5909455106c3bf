package customer

import (
	"hash/fnv"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"switchyard/actors/core"
	"switchyard/protocol"
)

// paramMax is the length of each parameter of the chat link, in characters.
var paramMax = map[string]int{
	"site_uid": 255, "cus_extra_username": 100, "cus_extra_phone": 100, "cus_extra_email": 100, "cus_extra_tel_phone": 100,
	"user_parameter": 200,
	"parameter1":     20, "parameter2": 20, "parameter3": 20, "parameter4": 20, "parameter5": 20,
	"parameter6": 20, "parameter7": 20, "parameter8": 20, "parameter9": 20, "parameter10": 20,
}

// start is an arrival without a room (P-1, P-2, P-4): at most one room of a key is open (I-04).
func start(s *State, c protocol.Command, l *lookup, b protocol.StartRoom, at protocol.Instant) (core.Step, error) {
	var step core.Step
	x, same := l.arrival(b), fingerprint(b)
	if x != nil {
		if old := l.started(x, c.ClientID, at); old != nil { // a repeat comes before every other check
			if old.Same != same {
				return step, errUsed
			}
			step.Pass(protocol.RoomAt(s.Addr.Site, old.Room), protocol.Arrive{Room: old.Room, Start: b, Customer: x.k.No, ClientID: c.ClientID, Repeat: true}, c.Ticket)
			return step, nil
		}
	}
	if err := checkParams(b.Params); err != nil {
		return step, err
	}
	if b.Category != "" {
		if k := c.Facts.Categories[b.Category]; k == nil || k.Unused {
			return step, protocol.RejectField(protocol.BadRequest, "category", "is not a category in use")
		}
	}
	if x != nil && (x.k.Channel == protocol.Web) != (b.Channel == protocol.Web) {
		// A messenger's key is bound to its account (K-04): nobody enters it by naming it on the web.
		return step, protocol.RejectField(protocol.Conflict, "params.site_uid", "is the key of a customer of another channel")
	}
	if x == nil {
		x = s.newCustomer(c, l, b)
	}
	if x.k.Blocked { // P-1: nothing happens and nothing is said
		step.Answer(c.Ticket, protocol.Started{Outcome: protocol.OutcomePending})
		return step, nil
	}
	if uid := siteUID(b); uid != "" && uid != x.k.ID && b.Channel != protocol.Web {
		x.carry(&step, l.profile(uid))
	}
	x.applyParams(b.Params, at)
	s.route(&step, c, l, x, b, c.ClientID, x.k.Open, at)
	return step, nil
}

// route sends an arrival to the open room, or opens the next one. Of several rooms it goes to the one
// with the newest message, so they are asked (17.2 step 6).
func (s *State) route(step *core.Step, c protocol.Command, l *lookup, x *known, b protocol.StartRoom, id protocol.ClientID, rooms []protocol.RoomID, at protocol.Instant) {
	switch len(rooms) {
	case 0:
		s.open(step, c, l, x, b, id, at)
	case 1:
		s.join(step, c, l, x, b, id, rooms[0], at)
	default:
		x.share(step, "")
		step.Pass(protocol.RoomAt(s.Addr.Site, rooms[0]), protocol.AskNewest{Start: b, ClientID: id, Left: rooms}, c.Ticket)
	}
}

// returned: the room closed while the arrival was on its way (S-24).
func returned(s *State, c protocol.Command, l *lookup, b protocol.ArrivalReturned, at protocol.Instant) core.Step {
	var step core.Step
	x := l.arrival(b.Start)
	if x == nil {
		x = s.newCustomer(c, l, b.Start)
	}
	if old := l.started(x, b.ClientID, at); old != nil && (b.Repeat || old.Room != b.Room) {
		// The start itself came back before its repeat did, if it came back at all; or two copies came back, and
		// the first has led to a room already (I-07).
		step.Pass(protocol.RoomAt(s.Addr.Site, old.Room), protocol.Arrive{Room: old.Room, Start: b.Start, Customer: x.k.No, ClientID: b.ClientID, Repeat: true, Final: true}, c.Ticket)
		return step
	}
	x.k.Open = slices.DeleteFunc(x.k.Open, func(r protocol.RoomID) bool { return r == b.Room })
	s.route(&step, c, l, x, b.Start, b.ClientID, x.k.Open, at) // another arrival may have been faster
	return step
}

// newestFound: the rooms were asked. If all of them have closed meanwhile, what is open now was
// opened since.
func newestFound(s *State, c protocol.Command, l *lookup, b protocol.NewestFound, at protocol.Instant) core.Step {
	var step core.Step
	x := l.arrival(b.Start)
	if x == nil {
		x = s.newCustomer(c, l, b.Start)
	}
	if b.Best != "" {
		s.join(&step, c, l, x, b.Start, b.ClientID, b.Best, at)
		return step
	}
	x.k.Open = slices.DeleteFunc(x.k.Open, func(r protocol.RoomID) bool { return slices.Contains(b.Asked, r) })
	s.route(&step, c, l, x, b.Start, b.ClientID, x.k.Open, at)
	return step
}

// newCustomer makes the record of a key. An ID that 50 keys carry is given to no other: the
// arrival may not fail and gets a random one (K-08, Q-25).
func (s *State) newCustomer(c protocol.Command, l *lookup, b protocol.StartRoom) *known {
	p := l.profile(arrivalID(s.Addr.Site, b))
	if len(p.Members) >= membersMax {
		p = &protocol.Profile{ID: protocol.Token("", "id", c.Chance)}
	}
	x := &known{k: &protocol.Customer{
		No: s.Last + 1, Key: arrivalKey(s.Addr.Site, b), ID: p.ID, Channel: b.Channel, User: b.User, Grade: protocol.GradeNone,
	}}
	x.enter(p, nil)
	return x
}

// open makes the customer's next room; join sends the arrival to an open one (P-2).
func (s *State) open(step *core.Step, c protocol.Command, l *lookup, x *known, b protocol.StartRoom, id protocol.ClientID, at protocol.Instant) {
	room := protocol.RoomIDFrom(c.Chance)
	if x.k.Seal == 0 { // with the first room; the texts of what was before stay as they are
		x.k.Seal = c.Seal[0]
	}
	if x.p.Seal == 0 {
		x.p.Seal = c.Seal[1]
	}
	x.k.Open = []protocol.RoomID{room}
	x.k.Rooms++
	x.p.Rooms++
	x.dirty = true
	l.noteStart(x, id, protocol.StartRow{Room: room, At: at, Same: fingerprint(b)})
	x.save(step, "started", "", s.Room+1)
	step.Pass(protocol.RoomAt(s.Addr.Site, room), protocol.OpenRoom{
		Room: room, Start: b, Customer: x.k.No, ClientID: id, Have: x.p.Have(),
		Number: s.Room + 1, Grade: x.k.Grade, LastAgent: x.k.LastAgent, Key: x.k.Key, Seal: x.k.Seal,
	}, c.Ticket)
}

func (s *State) join(step *core.Step, c protocol.Command, l *lookup, x *known, b protocol.StartRoom, id protocol.ClientID, room protocol.RoomID, at protocol.Instant) {
	l.noteStart(x, id, protocol.StartRow{Room: room, At: at, Same: fingerprint(b)})
	x.save(step, "joined", "", 0)
	step.Pass(protocol.RoomAt(s.Addr.Site, room), protocol.Arrive{Room: room, Start: b, Customer: x.k.No, ClientID: id}, c.Ticket)
}

func checkParams(params []protocol.Param) error {
	for _, p := range params {
		limit, known := paramMax[p.Name]
		if !known {
			return protocol.RejectField(protocol.BadRequest, "params."+p.Name, "is not a parameter")
		}
		if utf8.RuneCountInString(p.Value) > limit {
			return protocol.RejectField(protocol.TooLarge, "params."+p.Name, "is too long")
		}
		if p.Name == "site_uid" && strings.ContainsFunc(p.Value, unicode.IsControl) {
			return protocol.RejectField(protocol.BadRequest, "params."+p.Name, "has a control character")
		}
	}
	return nil
}

// applyParams writes what the chat link brought into the profile, before the gate looks at it
// (P-4). A blank value does not erase (K-07); an equal one is not news.
func (x *known) applyParams(params []protocol.Param, at protocol.Instant) {
	for _, p := range params {
		var f *protocol.FieldAt
		switch p.Name {
		case "cus_extra_username":
			f = &x.p.Name
		case "cus_extra_phone":
			f = &x.p.Phone
		case "cus_extra_email":
			f = &x.p.Email
		}
		if f != nil && strings.TrimSpace(p.Value) != "" && f.Value != p.Value {
			*f = protocol.FieldAt{Value: p.Value, At: at}
			x.dirty = true
		}
	}
}

// fingerprint tells two starts apart: the same client id with another body is a conflict.
func fingerprint(b protocol.StartRoom) uint64 {
	h := fnv.New64a()
	h.Write([]byte(b.Category))
	h.Write([]byte{0})
	h.Write([]byte(b.ChannelAccount))
	for _, p := range b.Params {
		h.Write([]byte{0})
		h.Write([]byte(p.Name))
		h.Write([]byte{1})
		h.Write([]byte(p.Value))
	}
	return h.Sum64()
}
