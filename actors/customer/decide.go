package customer

import (
	"hash/fnv"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"switchyard/actors/core"
	"switchyard/protocol"
)

// Limits of the directory.
const (
	rememberStarts = 25 * time.Hour // a room.start is known again for a day at least (I-07)
	startsMax      = 64             // per customer; the oldest is forgotten first
)

// paramMax is the length of each parameter of the chat link, in characters.
var paramMax = map[string]int{
	"site_uid": 255, "cus_extra_username": 100, "cus_extra_phone": 100, "cus_extra_email": 100, "cus_extra_tel_phone": 100,
	"user_parameter": 200,
	"parameter1":     20, "parameter2": 20, "parameter3": 20, "parameter4": 20, "parameter5": 20,
	"parameter6": 20, "parameter7": 20, "parameter8": 20, "parameter9": 20, "parameter10": 20,
}

func (s *State) keyRef(k protocol.CustomerKey) protocol.Ref {
	return protocol.Ref{Row: protocol.RowCustomerKey, Key: string(protocol.CustomerKeyRowKey(s.Addr.Site, k))}
}

func (s *State) noRef(no protocol.CustomerNo) protocol.Ref {
	return protocol.Ref{Row: protocol.RowCustomer, Key: string(protocol.CustomerRowKey(s.Addr.Site, no))}
}

// Needs names the records of the customer that the command is about: by key first, then by number.
func Needs(s *State, c protocol.Command) []protocol.Ref {
	byKey := func(k protocol.CustomerKey) []protocol.Ref {
		ref := s.keyRef(k)
		refs := []protocol.Ref{ref}
		if no := protocol.DecodeNo(c.Records[ref].Value); no != 0 {
			refs = append(refs, s.noRef(protocol.CustomerNo(no)))
		}
		return refs
	}
	switch b := c.Body.(type) {
	case protocol.StartRoom:
		return byKey(b.Key)
	case protocol.ArrivalReturned:
		return byKey(b.Start.Key)
	case protocol.RoomDone:
		return []protocol.Ref{s.noRef(b.Customer)}
	case protocol.SaveProfile:
		return []protocol.Ref{s.noRef(b.Customer)}
	}
	return nil
}

// record reads a loaded record; nil = the customer is new.
func (s *State) record(c protocol.Command, no protocol.CustomerNo) *protocol.Customer {
	rec := c.Records[s.noRef(no)]
	if len(rec.Value) == 0 {
		return nil
	}
	k, err := protocol.DecodeCustomer(rec.Value)
	if err != nil {
		panic(err) // its checksum was right: a bug
	}
	return k
}

func (s *State) byKey(c protocol.Command, key protocol.CustomerKey) *protocol.Customer {
	no := protocol.DecodeNo(c.Records[s.keyRef(key)].Value)
	if no == 0 {
		return nil
	}
	return s.record(c, protocol.CustomerNo(no))
}

// Decide answers arrivals, and what rooms tell of their customers.
func Decide(s *State, c protocol.Command, now time.Time) (core.Step, error) {
	at := protocol.At(now)
	var step core.Step
	switch b := c.Body.(type) {
	case protocol.StartRoom:
		return start(s, c, b, at)
	case protocol.ArrivalReturned:
		// The room closed while the arrival was on its way (S-24): the next one is opened.
		k := s.byKey(c, b.Start.Key)
		if k == nil {
			k = s.newCustomer(b.Start)
		}
		if i := slices.IndexFunc(k.Starts, func(o protocol.Start) bool { return o.ClientID == b.ClientID }); b.Repeat && i >= 0 {
			// The start itself came back before its repeat did, if it came back at all.
			at := k.Starts[i].Room
			step.Pass(protocol.RoomAt(s.Addr.Site, at), protocol.Arrive{Room: at, Start: b.Start, Customer: k.No, ClientID: b.ClientID, Repeat: true, Final: true}, c.Ticket)
			return step, nil
		}
		if k.Open != "" && k.Open != b.Room { // another arrival was faster
			s.join(&step, c, k, b.Start, b.ClientID, at)
			return step, nil
		}
		s.open(&step, c, k, b.Start, b.ClientID, at)
	case protocol.RoomDone:
		if k := s.record(c, b.Customer); k != nil && k.Open == b.Room {
			k.Open = ""
			if b.Agent != "" {
				k.LastAgent, k.LastAt = b.Agent, b.At
			}
			step.Do(&protocol.CustomerSaved{Customer: *k, Why: "closed"})
		}
	case protocol.SaveProfile:
		k := s.record(c, b.Customer)
		if k == nil {
			return step, protocol.Reject(protocol.NotFound, "no such customer")
		}
		for _, v := range b.Values {
			if f := k.Field(v.Field); f.At <= b.At { // the latest wins; this may be told again, late
				*f = protocol.FieldAt{Value: v.Value, At: b.At}
			}
		}
		if b.Consent {
			k.Consent = max(k.Consent, b.At)
		}
		step.Do(&protocol.CustomerSaved{Customer: *k, Why: "profile"})
	case protocol.Resumed, protocol.DeadlineReached:
	default:
		return step, protocol.Reject(protocol.BadRequest, "a customer directory does not take "+c.Body.CommandName())
	}
	return step, nil
}

// start is an arrival without a room (P-1, P-2, P-4): at most one room of a key is open (I-04).
func start(s *State, c protocol.Command, b protocol.StartRoom, at protocol.Instant) (core.Step, error) {
	var step core.Step
	k, same := s.byKey(c, b.Key), fingerprint(b)
	if k == nil {
		k = s.newCustomer(b)
	}
	for _, old := range k.Starts { // a repeat comes before every other check
		if c.ClientID == "" || old.ClientID != c.ClientID {
			continue
		}
		if old.Same != same {
			return step, protocol.RejectField(protocol.Conflict, "client_id", "was used for another start")
		}
		step.Pass(protocol.RoomAt(s.Addr.Site, old.Room), protocol.Arrive{Room: old.Room, Start: b, Customer: k.No, ClientID: c.ClientID, Repeat: true}, c.Ticket)
		return step, nil
	}
	if err := checkParams(b.Params); err != nil {
		return step, err
	}
	if b.Category != "" {
		if k := c.Facts.Categories[b.Category]; k == nil || k.Unused {
			return step, protocol.RejectField(protocol.BadRequest, "category", "is not a category in use")
		}
	}
	if k.Blocked { // P-1: nothing happens and nothing is said
		step.Answer(c.Ticket, protocol.Started{Outcome: protocol.OutcomePending})
		return step, nil
	}
	applyParams(k, b.Params, at)
	if k.Open != "" {
		s.join(&step, c, k, b, c.ClientID, at)
	} else {
		s.open(&step, c, k, b, c.ClientID, at)
	}
	return step, nil
}

func (s *State) newCustomer(b protocol.StartRoom) *protocol.Customer {
	id := b.ID
	if id == "" {
		id = strings.TrimPrefix(string(b.Key), string(s.Addr.Site)+"_")
	}
	return &protocol.Customer{No: s.Last + 1, Key: b.Key, ID: id, Channel: b.Channel, Grade: protocol.GradeNone}
}

// open makes the customer's next room; join sends the arrival to the open one (P-2).
func (s *State) open(step *core.Step, c protocol.Command, k *protocol.Customer, b protocol.StartRoom, id protocol.ClientID, at protocol.Instant) {
	room := protocol.RoomIDFrom(c.Chance)
	k.Open = room
	k.Rooms++
	noteStart(k, id, room, fingerprint(b), at)
	step.Do(&protocol.CustomerSaved{Customer: *k, Why: "started", Number: s.Room + 1})
	step.Pass(protocol.RoomAt(s.Addr.Site, room), protocol.OpenRoom{
		Room: room, Start: b, Customer: k.No, ClientID: id, Have: k.Have(),
		Number: s.Room + 1, Grade: k.Grade, LastAgent: k.LastAgent,
	}, c.Ticket)
}

func (s *State) join(step *core.Step, c protocol.Command, k *protocol.Customer, b protocol.StartRoom, id protocol.ClientID, at protocol.Instant) {
	noteStart(k, id, k.Open, fingerprint(b), at)
	step.Do(&protocol.CustomerSaved{Customer: *k, Why: "joined"})
	step.Pass(protocol.RoomAt(s.Addr.Site, k.Open), protocol.Arrive{Room: k.Open, Start: b, Customer: k.No, ClientID: id}, c.Ticket)
}

// noteStart remembers which room a start led to; a start that was sent on to another room moves its note.
func noteStart(k *protocol.Customer, id protocol.ClientID, room protocol.RoomID, same uint64, at protocol.Instant) {
	if id == "" {
		return
	}
	starts := slices.DeleteFunc(slices.Clone(k.Starts), func(o protocol.Start) bool {
		return o.ClientID == id || o.At.Add(rememberStarts) <= at
	})
	if n := len(starts) - startsMax + 1; n > 0 {
		starts = starts[n:]
	}
	k.Starts = append(starts, protocol.Start{ClientID: id, Room: room, At: at, Same: same})
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
	}
	return nil
}

// applyParams writes what the chat link brought into the profile, before the gate looks at it
// (P-4). A blank value does not erase (K-07); an equal one is not news.
func applyParams(k *protocol.Customer, params []protocol.Param, at protocol.Instant) {
	for _, p := range params {
		var f *protocol.FieldAt
		switch p.Name {
		case "cus_extra_username":
			f = &k.Name
		case "cus_extra_phone":
			f = &k.Phone
		case "cus_extra_email":
			f = &k.Email
		}
		if f != nil && strings.TrimSpace(p.Value) != "" && f.Value != p.Value {
			*f = protocol.FieldAt{Value: p.Value, At: at}
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
