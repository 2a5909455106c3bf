package gateway

import (
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"switchyard/protocol"
)

// task is a request that has become a command.
type task struct {
	act    string
	to     protocol.Address
	body   protocol.Body
	room   protocol.RoomID // whose owner a visitor must be; "" = no room
	client protocol.ClientID
}

// flight is a command on its way through the engine: who asked, what, and who hears the answer. Flights are lent: execute
// answers each exactly once, and takes it back with the answer.
type flight struct {
	g    *Gateway
	r    request
	who  *identity
	own  *ownRooms
	c    *connection // whose socket asked; nil = done hears the answer
	done func(protocol.Result, *protocol.Rejection)

	task   task
	caller protocol.Caller
	facts  *protocol.SiteFacts
	began  time.Time

	// finish and owned as functions, made once: a method value of a command is an allocation of each command.
	finished func(protocol.Result, *protocol.Rejection)
	isOwned  func(*protocol.Rejection)
}

var flights sync.Pool

func (g *Gateway) flight() *flight {
	f, ok := flights.Get().(*flight)
	if !ok {
		f = new(flight)
		f.finished, f.isOwned = f.finish, f.owned
	}
	f.g = g
	return f
}

// free gives back a flight that nobody will answer any more.
func (f *flight) free() {
	*f = flight{finished: f.finished, isOwned: f.isOwned}
	flights.Put(f)
}

// answer tells who asked, and frees the flight.
func (f *flight) answer(res protocol.Result, rej *protocol.Rejection) {
	if f.c != nil {
		f.c.landed(f, res, rej)
	} else {
		f.done(res, rej)
	}
	f.free()
}

// finish hears the engine's answer.
func (f *flight) finish(res protocol.Result, rej *protocol.Rejection) {
	g := f.g
	g.obs.Command(f.task.body.CommandName(), g.engine.Now().Sub(f.began))
	if repeated(res) {
		g.obs.Repeated()
	}
	if s, chosen := f.task.body.(protocol.SetStatus); chosen && rej == nil {
		g.tellPresence(f.caller.Site, s.Account)
	}
	f.answer(res, rej)
}

// owned goes on once it is known whether the room is the visitor's.
func (f *flight) owned(rej *protocol.Rejection) {
	if rej != nil {
		f.finish(nil, rej)
		return
	}
	f.g.put(f.task.to, f.task.body, f.caller, f.task.client, f.facts, f.finished)
}

// execute turns a request into a command and hands it over; the flight's answer runs exactly once. It checks
// what the edge can know: the form, the role, a visitor's ownership, and whether the node
// has room for another command.
func (g *Gateway) execute(f *flight) {
	var ok bool
	f.caller, f.facts, ok = g.caller(f.who)
	if !ok {
		f.answer(nil, protocol.Reject(protocol.Unauthenticated, "the account is gone"))
		return
	}
	var rej *protocol.Rejection
	f.task, rej = g.task(f.who, &f.caller, f.facts, &f.r)
	if rej == nil {
		rej = may(f.task.act, f.caller.Role)
	}
	if rej == nil {
		rej = g.admit(f.task.body)
	}
	if rej != nil {
		f.answer(nil, rej)
		return
	}
	f.began = g.engine.Now()
	if f.caller.Role == protocol.Visitor && f.task.room != "" {
		g.withOwn(f.own, f.caller, f.facts, f.task.room, f.isOwned)
		return
	}
	f.owned(nil)
}

// admit refuses at the edge what the engine would have to hold: inside, mailboxes are
// unbounded (F-21). Rooms that are open go before new ones.
func (g *Gateway) admit(b protocol.Body) *protocol.Rejection {
	_, starts := b.(protocol.StartRoom)
	if rooms, anything := g.engine.Space(); !anything || starts && !rooms { // F-04
		return &protocol.Rejection{Code: protocol.Unavailable, Text: "the disk is nearly full", RetryAfter: 5 * time.Second}
	}
	commands, bytes := g.engine.Undurable()
	limitCommands, limitBytes := g.cfg.NodeCommands, g.cfg.NodeBytes
	if starts {
		limitCommands = int(float64(limitCommands) * g.cfg.NewRoomShare)
		limitBytes = int64(float64(limitBytes) * g.cfg.NewRoomShare)
	}
	if commands >= limitCommands || bytes >= limitBytes {
		return &protocol.Rejection{Code: protocol.Unavailable, Text: "the node is busy", RetryAfter: time.Second}
	}
	return nil
}

// task reads the request as a command. Unknown types are bad_request; unknown members of the data are ignored.
func (g *Gateway) task(who *identity, caller *protocol.Caller, facts *protocol.SiteFacts, r *request) (task, *protocol.Rejection) {
	var t task
	f := fields{m: r.data, prefix: "data."}
	if r.clientID == "" && r.data != nil {
		r.clientID = f.text("client_id", 64)
	}
	if r.clientID != "" && !validClientID(r.clientID) {
		f.refuse("client_id", "must be 10 to 36 printable characters")
	}
	t.client = protocol.ClientID(r.clientID)
	t.act = r.kind
	needID := func() {
		if r.clientID == "" {
			f.refuse("client_id", "is missing")
		}
	}
	room := func() {
		id := ""
		if r.stream == "" {
			id = f.need("room", streamMaximum)
		} else if v, of, ok := parseStream(r.stream); ok && (v == protocol.StreamRoom) == (caller.Role == protocol.Visitor) && v != protocol.StreamInbox {
			id = of
		} else if f.err == nil {
			f.err = notFound
		}
		if !validRoom(id) && f.err == nil {
			f.err = notFound
		}
		t.room = protocol.RoomID(id)
		t.to = protocol.RoomAt(caller.Site, t.room)
	}
	number := func() uint32 {
		n := f.uint("assignment")
		if n > 1<<32-1 {
			f.refuse("assignment", "is out of range")
		}
		return uint32(n)
	}

	switch r.kind {
	case "message.send":
		needID()
		room()
		kind, err := protocol.ParseMessageKind(r.body)
		if err != nil && (r.template == "" || r.body != "") { // a template says itself what it is
			f.refuse("kind", err.Error())
		}
		if kind == protocol.Memo {
			t.act = "message.memo"
		}
		if n := len(r.text); n > g.cfg.TextRunes && utf8.RuneCountInString(r.text) > g.cfg.TextRunes {
			return t, protocol.RejectField(protocol.TooLarge, "data.text", "longer than "+itoa(int64(g.cfg.TextRunes))+" characters")
		}
		switch {
		case r.template != "":
			if kind == protocol.Memo {
				f.refuse("template", "does not make a memo")
			}
		case kind == protocol.Image || kind == protocol.File:
			if r.file == "" {
				f.refuse("file", "is missing")
			}
		default:
			if strings.TrimSpace(r.text) == "" {
				f.refuse("text", "is missing")
			}
		}
		if r.assignment > 1<<32-1 {
			f.refuse("assignment", "is out of range")
		}
		t.body = protocol.SendMessage{Room: t.room, Kind: kind, Text: r.text, File: r.file, Assignment: uint32(r.assignment), Template: r.template}
	case "bot.pick":
		needID()
		room()
		t.body = protocol.PickChoice{Room: t.room, Message: protocol.MessageID(f.need("message_id", 64)), Choice: f.need("choice", 16)}
	case "form.submit":
		needID()
		room()
		t.body = protocol.SubmitForm{Room: t.room, Form: f.need("form", 64), Values: formValues(&f)}
	case "read":
		room()
		t.body = protocol.MarkRead{Room: t.room, Upto: r.upto}
	case "room.start":
		needID()
		params := roomParams(&f, who.params)
		t.to = protocol.CustomersAt(caller.Site)
		t.body = protocol.StartRoom{Key: who.customer, ID: who.uid, Channel: protocol.Web, Category: f.text("category", 64), Params: params}
	case "room.take":
		room()
		t.to = protocol.QueueAt(caller.Site)
		t.body = protocol.TakeRoom{Room: t.room}
	case "room.accept":
		room()
		t.to = protocol.QueueAt(caller.Site)
		t.body = protocol.AcceptOffer{Room: t.room}
	case "room.decline":
		room()
		t.to = protocol.QueueAt(caller.Site)
		t.body = protocol.DeclineOffer{Room: t.room}
	case "room.assign":
		room()
		to := f.need("to", 40)
		if f.err == nil && facts.Accounts[protocol.AccountID(to)] == nil {
			f.err = protocol.RejectField(protocol.NotFound, "data.to", "no such account")
		}
		t.to = protocol.QueueAt(caller.Site)
		t.body = protocol.AssignRoom{Room: t.room, To: protocol.AccountID(to), Note: f.runes("why", 500), Assignment: number()}
	case "room.set":
		room()
		t.body = setRoom(&f, t.room, number())
	case "room.end":
		room()
		t.body = protocol.EndRoom{Room: t.room, Assignment: number()}
	case "agent.status":
		account := protocol.AccountID(f.text("account", 40))
		if account == "" {
			account = caller.Account
		}
		want := enum(&f, "want", protocol.ParseWant)
		if want == 0 {
			f.refuse("want", "is missing")
		}
		if rej := may(t.act, caller.Role); rej != nil {
			return t, rej
		}
		if facts.Accounts[account] == nil || !covers(t.act, facts, caller, account, "") {
			return t, notFound
		}
		t.to = protocol.AgentAt(caller.Site, account)
		t.body = protocol.SetStatus{Account: account, Want: want, Until: f.instant("until")}
	default:
		if !requestTask(r.kind, &f, &t, caller, room, number, needID) {
			return t, protocol.RejectField(protocol.BadRequest, "type", "is unknown")
		}
	}
	return t, f.err
}

func formValues(f *fields) []protocol.FieldValue {
	o, ok := f.object("fields")
	if !ok {
		f.refuse("fields", "is missing")
		return nil
	}
	var values []protocol.FieldValue
	for p := protocol.FieldName; p <= protocol.FieldAddress; p++ { // in one order, whatever the client's
		if o.has(p.String()) {
			values = append(values, protocol.FieldValue{Field: p, Value: o.text(p.String(), 4096)})
		}
	}
	for name := range o.m {
		if _, err := protocol.ParseProfileField(name); err != nil {
			o.refuse(name, "is unknown")
		}
	}
	f.join(&o)
	return values
}

func setRoom(f *fields, room protocol.RoomID, assignment uint32) protocol.SetRoom {
	s := protocol.SetRoom{Room: room, Assignment: assignment}
	set := func(name string, m protocol.MetaField) bool {
		if _, ok := f.m[name]; ok { // null counts: it takes the value away
			s.Set |= m
			return true
		}
		return false
	}
	if set("category", protocol.MetaCategory) {
		s.Category = f.text("category", 64)
	}
	if set("category3", protocol.MetaCategory3) {
		s.Category3 = f.runes("category3", 8)
	}
	if set("tags", protocol.MetaTags) {
		s.Tags = f.texts("tags", 20, 20)
	}
	if set("flag", protocol.MetaFlag) {
		s.Flag = enum(f, "flag", protocol.ParseFlag)
	}
	if set("alarm_at", protocol.MetaAlarm) {
		s.AlarmAt = f.instant("alarm_at")
	}
	if set("hold_close", protocol.MetaHold) {
		s.Hold = f.truth("hold_close")
	}
	if set("priority", protocol.MetaPriority) {
		s.Priority = uint8(f.int("priority", 0, protocol.PriorityMax))
	}
	if s.Set == 0 {
		f.refuse("", "nothing to set")
	}
	return s
}

// paramLimits are the parameters of domain 22.2 with their length in characters.
var paramLimits = map[string]int{
	"cus_extra_username": 100, "cus_extra_phone": 100, "cus_extra_tel_phone": 100, "cus_extra_email": 100, "user_parameter": 200,
	"parameter1": 20, "parameter2": 20, "parameter3": 20, "parameter4": 20, "parameter5": 20,
	"parameter6": 20, "parameter7": 20, "parameter8": 20, "parameter9": 20, "parameter10": 20,
}

// roomParams reads params over those that came with the token; newer values replace older ones.
func roomParams(f *fields, with []protocol.Param) []protocol.Param {
	o, ok := f.object("params")
	if !ok {
		return with
	}
	for name := range o.m {
		if _, known := paramLimits[name]; !known {
			o.refuse(name, "is unknown")
		}
	}
	var all []protocol.Param
	for _, name := range paramNames {
		value := strings.TrimSpace(o.text(name, 0))
		if utf8.RuneCountInString(value) > paramLimits[name] && o.err == nil {
			o.err = protocol.RejectField(protocol.TooLarge, o.prefix+name, "longer than "+itoa(int64(paramLimits[name]))+" characters")
		}
		if !o.has(name) {
			for _, p := range with {
				if p.Name == name {
					value = p.Value
				}
			}
		}
		if value != "" {
			all = append(all, protocol.Param{Name: name, Value: value})
		}
	}
	f.join(&o)
	return all
}
