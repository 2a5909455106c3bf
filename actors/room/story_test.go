package room

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"switchyard/actors/core"
	"switchyard/protocol"
)

// story is one room that a test plays by itself: it does what the shell does, and nothing else.
type story struct {
	t     require.TestingT
	s     *State
	log   []protocol.Recorded
	now   time.Time
	facts *protocol.SiteFacts
	step  core.Step // of the last command
	n     byte

	rows map[protocol.Ref][]byte // that others keep
}

const (
	siteID = protocol.SiteID("1000")
	roomID = protocol.RoomID("r_1")
	key    = protocol.CustomerKey("1000_kim")
)

var (
	ten      = time.Date(2021, 6, 9, 10, 0, 0, 0, time.FixedZone("KST", 9*3600)) // a Wednesday, in hours
	visitor  = protocol.Caller{Role: protocol.Visitor, Site: siteID, Customer: key}
	ann      = protocol.Caller{Role: protocol.Agent, Site: siteID, Account: "ann", Name: "Ann"}
	bob      = protocol.Caller{Role: protocol.Agent, Site: siteID, Account: "bob", Name: "Bob"}
	lee      = protocol.Caller{Role: protocol.Manager, Site: siteID, Account: "lee", Name: "Lee"}   // ann's manager
	moon     = protocol.Caller{Role: protocol.Manager, Site: siteID, Account: "moon", Name: "Moon"} // bob's
	boss     = protocol.Caller{Role: protocol.Admin, Site: siteID, Account: "boss", Name: "Boss"}
	internal = protocol.Caller{Role: protocol.System, Site: siteID}
)

// begin makes a room that does not exist yet, at a site with these settings changed.
func begin(t require.TestingT, change ...func(*protocol.Settings)) *story {
	settings := protocol.DefaultSettings()
	settings.Number = 1
	for _, f := range change {
		f(&settings)
	}
	account := func(id protocol.AccountID, role protocol.Role, manager protocol.AccountID) *protocol.Account {
		return &protocol.Account{ID: id, Role: role, Name: string(id), Consulting: true, Certified: true, Manager: manager}
	}
	return &story{
		t: t, now: ten, s: Machine.New(protocol.RoomAt(siteID, roomID)),
		facts: &protocol.SiteFacts{
			Site: siteID, Settings: &settings, Zone: ten.Location(),
			Accounts: map[protocol.AccountID]*protocol.Account{
				"ann": account("ann", protocol.Agent, "lee"), "bob": account("bob", protocol.Agent, "moon"),
				"lee": account("lee", protocol.Manager, ""), "moon": account("moon", protocol.Manager, ""), "boss": account("boss", protocol.Admin, ""),
			},
			Categories: map[string]*protocol.Category{"c1": {ID: "c1", Level: 1}, "old": {ID: "old", Level: 1, Unused: true}},
		},
	}
}

// try decides and applies a command; the refusal is an answer or an error of Decide.
func (x *story) try(who protocol.Caller, id protocol.ClientID, b protocol.Body) *protocol.Rejection {
	x.n++
	c := protocol.Command{
		Body: b, Caller: who, ClientID: id, Ticket: protocol.Ticket(x.n) + 1, Chance: protocol.Chance{x.n, byte(len(x.log))},
		Wall: x.now, Facts: x.facts,
	}
	for range core.NeedsRounds {
		for _, ref := range Needs(x.s, c) {
			if c.Records == nil {
				c.Records = protocol.Records{}
			}
			rec := protocol.Record{}
			switch ref.Row {
			case 0:
			case protocol.RowFile:
				rec.Value = files[ref.Key]
			default:
				rec.Value = x.rows[ref]
			}
			if ref.Event >= 1 && int(ref.Event) <= len(x.log) {
				rec = protocol.Record{Event: x.log[ref.Event-1].Event, Place: &x.log[ref.Event-1]}
			}
			c.Records[ref] = rec
		}
	}
	before := string(Snapshot(x.s))
	step, err := Decide(x.s, c, x.now)
	require.Equal(x.t, before, string(Snapshot(x.s)), "Decide reads and never writes")
	again, err2 := Decide(x.s, c, x.now)
	require.Equal(x.t, step, again, "the same arguments, the same answer")
	require.Equal(x.t, err, err2)
	x.step = step
	if err != nil {
		var r *protocol.Rejection
		require.True(x.t, errors.As(err, &r), "not a refusal: %v", err)
		require.Empty(x.t, step.Events, "a refusal changes nothing")
		require.Empty(x.t, step.Tells)
		return r
	}
	recs := x.apply(step.Events)
	_ = Rows(x.s, recs)
	if step.Reply != nil {
		require.Equal(x.t, c.Ticket, step.Reply.Ticket)
		return step.Reply.Err
	}
	passed := false
	for _, t := range step.Tells {
		passed = passed || t.Ticket == c.Ticket
	}
	if !passed {
		switch b.(type) {
		case protocol.AskOffer, protocol.DeadlineReached, protocol.Resumed:
		default:
			require.Fail(x.t, "nobody answers", "%s", b.CommandName())
		}
	}
	return nil
}

func (x *story) apply(events []protocol.Event) (recs []protocol.Recorded) {
	for _, e := range events {
		r := x.s.Log.Next(e, protocol.At(x.now))
		Apply(x.s, r)
		x.log = append(x.log, r)
		recs = append(recs, r)
		require.EqualValues(x.t, len(x.log), r.Number)
	}
	require.NoError(x.t, Check(x.s), "after %d events", len(x.log))
	return recs
}

// do plays a command that must be accepted.
func (x *story) do(who protocol.Caller, b protocol.Body) *story {
	require.Nil(x.t, x.try(who, "", b))
	return x
}

// refused plays a command that must be refused.
func (x *story) refused(code protocol.RejectCode, who protocol.Caller, b protocol.Body) *story {
	r := x.try(who, "", b)
	require.NotNil(x.t, r, "%s was accepted", b.CommandName())
	require.Equal(x.t, code, r.Code)
	return x
}

func (x *story) later(d time.Duration) *story { x.now = x.now.Add(d); return x }

func (x *story) says(who protocol.Caller, text string) *story {
	return x.do(who, protocol.SendMessage{Room: roomID, Kind: protocol.Text, Text: text})
}

// asks opens the room; what the queue answers follows.
func (x *story) asks() *story {
	return x.do(internal, protocol.OpenRoom{Room: roomID, Start: protocol.StartRoom{Key: key, Channel: protocol.Web, ChannelAccount: "web"}, Customer: 7})
}

func (x *story) answered(a protocol.SeatAnswer) *story {
	a.Room = roomID
	if a.Hours == 0 {
		a.Hours = protocol.InHours
	}
	a.Need = x.s.Need
	return x.do(internal, a)
}

func seatOf(turn uint64, who protocol.Caller, cause protocol.Cause) protocol.Seat {
	return protocol.Seat{Turn: turn, Agent: who.Account, AgentName: who.Name, Cause: cause}
}

// waits brings the room into the line, received to ann, active to her first response.
func (x *story) waits() *story { return x.asks().answered(protocol.SeatAnswer{Place: 1}) }
func (x *story) received() *story {
	seat := seatOf(1, ann, protocol.CauseEntry)
	return x.asks().answered(protocol.SeatAnswer{Place: 1, Seat: &seat})
}
func (x *story) active() *story { return x.received().says(ann, "네") }
func (x *story) closed() *story { return x.received().do(visitor, protocol.EndRoom{Room: roomID}) }

func (x *story) offered(cause protocol.Cause, to, by protocol.Caller) protocol.OfferSeat {
	return protocol.OfferSeat{Room: roomID, Seat: seatOf(uint64(10+len(x.log)), to, cause), Caller: by, Check: cause == protocol.CauseManager || cause == protocol.CauseManagerChange, Assignment: x.s.Assignment}
}

func (x *story) submits() *story { return x.do(visitor, x.form("홍길동", "010-1234-5678")) }

func (x *story) form(name, phone string) protocol.SubmitForm {
	return protocol.SubmitForm{Room: roomID, Form: x.s.Form, Values: []protocol.FieldValue{{Field: protocol.FieldName, Value: name}, {Field: protocol.FieldPhone, Value: phone}}}
}

// wakes fires the room's deadline now.
func (x *story) wakes() *story { return x.do(internal, protocol.DeadlineReached{}) }

// heard lists what the last command posted: codes of automatic messages, texts of others.
func (x *story) heard() string {
	var out []string
	for _, e := range x.step.Events {
		switch e := e.(type) {
		case *protocol.MessagePosted:
			switch {
			case e.Kind == protocol.Memo:
				out = append(out, "memo")
			case e.Code != 0:
				out = append(out, e.Code.String())
			default:
				out = append(out, e.Text)
			}
		case *protocol.ProfilePrompted:
			out = append(out, "M-PROMPT")
		}
	}
	return strings.Join(out, " ")
}

// told lists the last command's tells, owed ones with a star.
func (x *story) told() string {
	var out []string
	for _, t := range x.step.Tells {
		name := t.Body.CommandName()
		if t.To.Kind == protocol.KindAgent {
			name += "@" + t.To.ID
		}
		if t.Owed {
			name += "*"
		}
		out = append(out, name)
	}
	return strings.Join(out, " ")
}

func (x *story) result() protocol.Result {
	require.NotNil(x.t, x.step.Reply)
	return x.step.Reply.Result
}

// replayed is the state as recovery makes it, which does not open what a message says.
func (x *story) replayed() *State {
	s := Machine.New(protocol.RoomAt(siteID, roomID))
	for _, r := range x.log {
		if Machine.Blind(r.Event.EventCode()) {
			unread := *r.Event.(*protocol.MessagePosted)
			unread.Text, unread.Full = "", ""
			r.Event = &unread
		}
		Apply(s, r)
	}
	return s
}

func plain(s *State) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// settings of the tests
func needsProfile(p protocol.Policy) func(*protocol.Settings) {
	return func(s *protocol.Settings) { s.Profile.Enabled, s.Profile.Policy = true, p }
}

func timers(silence, delay int) func(*protocol.Settings) {
	return func(s *protocol.Settings) { s.SilenceMinutes, s.DelayMinutes = silence, delay }
}

func byDelay(s *protocol.Settings)    { s.GateSource = protocol.GateByDelay }
func manualMode(s *protocol.Settings) { s.Mode = protocol.Manual }
