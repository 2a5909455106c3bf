package agent

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"switchyard/actors/core"
	"switchyard/protocol"
)

// story is one agent that a test plays by itself.
type story struct {
	t     require.TestingT
	s     *State
	log   []protocol.Recorded
	now   time.Time
	facts *protocol.SiteFacts
	step  core.Step
}

const siteID = protocol.SiteID("1000")

var (
	ten      = time.Date(2021, 6, 9, 10, 0, 0, 0, time.FixedZone("KST", 9*3600))
	today    = protocol.Date{Year: 2021, Month: time.June, Day: 9}
	internal = protocol.Caller{Role: protocol.System, Site: siteID}
	ann      = protocol.Caller{Role: protocol.Agent, Site: siteID, Account: "ann"}
	bob      = protocol.Caller{Role: protocol.Agent, Site: siteID, Account: "bob"}
	lee      = protocol.Caller{Role: protocol.Manager, Site: siteID, Account: "lee"}  // ann's
	moon     = protocol.Caller{Role: protocol.Manager, Site: siteID, Account: "moon"} // nobody's
	boss     = protocol.Caller{Role: protocol.Admin, Site: siteID, Account: "boss"}
)

func begin(t require.TestingT) *story {
	settings := protocol.DefaultSettings()
	x := &story{t: t, s: Machine.New(protocol.AgentAt(siteID, "ann")), now: ten, facts: &protocol.SiteFacts{
		Site: siteID, Settings: &settings, Zone: ten.Location(), Days: map[protocol.AccountID]map[protocol.Date]protocol.AgentDay{},
		Accounts: map[protocol.AccountID]*protocol.Account{
			"ann": {ID: "ann", Role: protocol.Agent, Name: "Ann", Consulting: true, Certified: true, Manager: "lee"},
			"lee": {ID: "lee", Role: protocol.Manager}, "moon": {ID: "moon", Role: protocol.Manager},
		},
	}}
	return x
}

func (x *story) try(who protocol.Caller, b protocol.Body) *protocol.Rejection {
	before := View(x.s)
	step, err := Decide(x.s, protocol.Command{Body: b, Caller: who, Ticket: 9, Wall: x.now, Facts: x.facts}, x.now)
	require.Equal(x.t, before, View(x.s), "Decide reads and never writes")
	x.step = step
	if err != nil {
		var r *protocol.Rejection
		require.True(x.t, errors.As(err, &r))
		require.Empty(x.t, step.Events)
		return r
	}
	for _, e := range step.Events {
		r := x.s.Log.Next(e, protocol.At(x.now))
		Apply(x.s, r)
		if r.Number != 0 {
			x.log = append(x.log, r)
		}
	}
	require.NoError(x.t, Check(x.s))
	return nil
}

func (x *story) do(b protocol.Body) *story {
	require.Nil(x.t, x.try(internal, b))
	return x
}

func (x *story) later(d time.Duration) *story { x.now = x.now.Add(d); return x }

// report is what the queue was told last; "" = nothing.
func (x *story) report() string {
	for i := len(x.step.Tells) - 1; i >= 0; i-- {
		if r, ok := x.step.Tells[i].Body.(protocol.AgentReport); ok {
			require.Equal(x.t, protocol.AccountID("ann"), r.Account)
			duty := ""
			if !r.OnDuty {
				duty = " off-duty"
			}
			return fmt.Sprintf("%s/%s%s", r.Want, r.Conn, duty)
		}
	}
	return ""
}

// events counts the last step's durable ones.
func (x *story) events() (n int) {
	for _, e := range x.step.Events {
		if e.EventCode() != protocol.Volatile {
			n++
		}
	}
	return n
}

// TestPresenceIsWantTimesConn: closing the console changes conn only, after 30 s, and every change is told to the queue.
func TestPresenceIsWantTimesConn(t *testing.T) {
	up := func(s string) protocol.Body { return protocol.SocketUp{Account: "ann", Session: s} }
	down := func(s string) protocol.Body { return protocol.SocketDown{Account: "ann", Session: s} }
	x := begin(t).do(protocol.Resumed{})
	require.Equal(t, "online/grace", x.report(), "we were away, not the agent")
	for _, r := range []struct {
		name   string
		later  time.Duration
		do     protocol.Body
		report string
		is     string
	}{
		{"the first socket", 10 * time.Second, up("1"), "online/up", "online/up rooms=0"},
		{"a second", 0, up("2"), "online/up", "online/up rooms=0"},
		{"one closes", time.Minute, down("1"), "", "online/up rooms=0"},
		{"an unknown one closes", 0, down("9"), "", "online/up rooms=0"},
		{"the last closes: grace", 0, down("2"), "online/grace", "online/grace rooms=0"},
		{"closed twice", 0, down("2"), "", "online/grace rooms=0"},
		{"too early", Grace - time.Millisecond, protocol.DeadlineReached{}, "", "online/grace rooms=0"},
		{"the grace ends", time.Millisecond, protocol.DeadlineReached{}, "online/down", "online/down rooms=0"},
		{"once", time.Minute, protocol.DeadlineReached{}, "", "online/down rooms=0"},
		{"back", 0, up("3"), "online/up", "online/up rooms=0"},
		{"away", 0, down("3"), "online/grace", "online/grace rooms=0"},
		{"and back in time", Grace - time.Second, up("4"), "online/up", "online/up rooms=0"},
		{"the old grace is over", time.Minute, protocol.DeadlineReached{}, "", "online/up rooms=0"},
	} {
		x.later(r.later).do(r.do)
		require.Equal(t, r.report, x.report(), r.name)
		require.Equal(t, r.is, Describe(x.s), r.name)
		require.Zero(t, x.events(), "%s: conn is not journaled", r.name)
	}
	require.Len(t, x.log, 1, "duty, seen at the start")
}

// TestTheAnswerToASocketShowsTheAgentConnected.
func TestTheAnswerToASocketShowsTheAgentConnected(t *testing.T) {
	x := begin(t).do(protocol.Resumed{}).do(protocol.SocketUp{Account: "ann", Session: "1"})
	require.Equal(t, protocol.ConnUp, x.step.Reply.Result.(protocol.InboxView).Conn)
}

func TestAStartBeginsInGraceUnlessOffline(t *testing.T) {
	x := begin(t)
	require.Nil(t, x.try(ann, protocol.SetStatus{Account: "ann", Want: protocol.WantOffline}))
	s, err := Restore(x.s.Addr, Snapshot(x.s))
	require.NoError(t, err)
	x.s = s
	x.do(protocol.Resumed{})
	require.Equal(t, "offline/down", x.report())
	require.Zero(t, Deadline(x.s))

	x = begin(t).do(protocol.Resumed{})
	require.Equal(t, ten.Add(Grace).UTC(), Deadline(x.s).Time(), "counted from the start")
	x.later(Grace).do(protocol.DeadlineReached{})
	require.Equal(t, "online/down", x.report())
}

// TestSetStatus: the own one, and that of the agents in one's scope.
func TestSetStatus(t *testing.T) {
	later := protocol.At(ten.Add(time.Hour))
	for _, r := range []struct {
		name  string
		who   protocol.Caller
		until protocol.Instant
		code  protocol.RejectCode
	}{
		{"the agent", ann, 0, 0},
		{"its manager", lee, 0, 0},
		{"the administrator", boss, later, 0},
		{"another manager: no such account", moon, 0, protocol.NotFound},
		{"another agent", bob, 0, protocol.NotFound},
		{"a break that has ended", ann, protocol.At(ten), protocol.BadRequest},
		{"one that ends in a moment", ann, protocol.At(ten) + 1, 0},
	} {
		x := begin(t).do(protocol.Resumed{})
		rej := x.try(r.who, protocol.SetStatus{Account: "ann", Want: protocol.WantMeal, Until: r.until})
		if r.code != 0 {
			require.NotNil(t, rej, r.name)
			require.Equal(t, r.code, rej.Code, r.name)
			continue
		}
		require.Nil(t, rej, r.name)
		require.Equal(t, "meal/grace", x.report())
		require.Equal(t, r.who.Account, x.log[len(x.log)-1].Event.(*protocol.PresenceChosen).By)
		require.Nil(t, x.try(r.who, protocol.SetStatus{Account: "ann", Want: protocol.WantMeal, Until: r.until}))
		require.Zero(t, x.events(), "the same again is no news")
		require.Equal(t, protocol.Done{}, x.step.Reply.Result)
	}
}

// TestABreakEndsByItself where it was given an end, alone or in the instant of the grace's.
func TestABreakEndsByItself(t *testing.T) {
	x := begin(t).do(protocol.Resumed{})
	require.Nil(t, x.try(ann, protocol.SetStatus{Account: "ann", Want: protocol.WantBreak, Until: protocol.At(ten.Add(Grace))}))
	require.Equal(t, ten.Add(Grace).UTC(), Deadline(x.s).Time())
	x.later(Grace).do(protocol.DeadlineReached{})
	require.Equal(t, "online/down", x.report())
	require.Zero(t, Deadline(x.s))

	x = begin(t).do(protocol.SocketUp{Session: "1"})
	require.Nil(t, x.try(ann, protocol.SetStatus{Account: "ann", Want: protocol.WantBreak, Until: protocol.At(ten.Add(time.Hour))}))
	x.later(time.Hour - time.Millisecond).do(protocol.DeadlineReached{})
	require.Empty(t, x.report())
	x.later(time.Millisecond).do(protocol.DeadlineReached{})
	require.Equal(t, "online/up off-duty", x.report(), "its duty was never looked at")
	require.Equal(t, protocol.WantOnline, x.s.Want)
}

// TestDuty is "on duty" of domain 7.1, a row each.
func TestDuty(t *testing.T) {
	account := func(f func(*protocol.Account)) func(*protocol.SiteFacts) {
		return func(s *protocol.SiteFacts) { f(s.Accounts["ann"]) }
	}
	day := func(d protocol.AgentDay) func(*protocol.SiteFacts) {
		return func(s *protocol.SiteFacts) {
			s.Days["ann"] = map[protocol.Date]protocol.AgentDay{today: d}
		}
	}
	for _, r := range []struct {
		name string
		is   func(*protocol.SiteFacts)
		want bool
	}{
		{"certified and 상담 진행", func(*protocol.SiteFacts) {}, true},
		{"상담 안함", account(func(a *protocol.Account) { a.Consulting = false }), false},
		{"not certified", account(func(a *protocol.Account) { a.Certified = false }), false},
		{"disabled", account(func(a *protocol.Account) { a.Disabled = true }), false},
		{"not working today", day(protocol.AgentDay{Off: true}), false},
		{"in a break", day(protocol.AgentDay{Breaks: []protocol.Break{{From: 600, To: 630}}}), false},
		{"the break has ended", day(protocol.AgentDay{Breaks: []protocol.Break{{From: 570, To: 600}}}), true},
		{"no account", func(s *protocol.SiteFacts) { delete(s.Accounts, "ann") }, false},
	} {
		x := begin(t)
		x.s.Duty = !r.want
		r.is(x.facts)
		x.do(protocol.DutyCheck{})
		require.Equal(t, r.want, x.s.Duty, r.name)
		require.Equal(t, 1, x.events(), r.name)
		require.NotEmpty(t, x.report(), r.name)
		x.do(protocol.DutyCheck{})
		require.Zero(t, x.events(), "only edges are news")
		require.Empty(t, x.report())
	}
}

// TestTheInbox: gained and lost by assignment, so that what comes late, or twice, changes nothing.
func TestTheInbox(t *testing.T) {
	gain := func(room protocol.RoomID, n uint32) protocol.Body {
		return protocol.GainRoom{Gained: protocol.InboxGained{Room: room, Assignment: n, Cause: protocol.CauseEntry, Title: "t"}}
	}
	lose := func(room protocol.RoomID, n uint32) protocol.Body {
		return protocol.LoseRoom{Lost: protocol.InboxLost{Room: room, Assignment: n, Reason: "closed"}}
	}
	x := begin(t)
	for _, r := range []struct {
		do     protocol.Body
		events int
		rooms  string
	}{
		{gain("r1", 1), 1, "r1#1"},
		{gain("r1", 1), 0, "r1#1"},
		{gain("r2", 1), 1, "r1#1 r2#1"},
		{protocol.RingAlarm{Room: "r2"}, 1, "r1#1 r2#1"},
		{protocol.RingAlarm{Room: "r9"}, 0, "r1#1 r2#1"},
		{lose("r9", 1), 0, "r1#1 r2#1"},
		{gain("r1", 3), 1, "r2#1 r1#3"}, // away and back
		{lose("r1", 1), 0, "r2#1 r1#3"}, // of the first time, late
		{lose("r1", 3), 1, "r2#1"},
		{lose("r1", 3), 0, "r2#1"},
		{lose("r2", 2), 1, ""},
	} {
		x.do(r.do)
		require.Equal(t, r.events, x.events(), "%+v", r.do)
		got := ""
		for _, room := range View(x.s).Rooms {
			if got != "" {
				got += " "
			}
			got += fmt.Sprintf("%s#%d", room.Room, room.Assignment)
		}
		require.Equal(t, r.rooms, got)
	}
	require.EqualValues(t, 6, x.s.Log.Desk, "each is a frame of the inbox")
	require.Nil(t, x.try(ann, protocol.ViewInbox{Account: "ann"}))
	require.EqualValues(t, 6, x.step.Reply.Result.(protocol.InboxView).Seq)
}

func TestWhatAnAgentDoesNotTake(t *testing.T) {
	require.Equal(t, protocol.BadRequest, begin(t).try(ann, protocol.StartRoom{}).Code)
}

// TestAnyDay plays random days; the log makes the durable state again (I-06), a snapshot too, and the queue was told
// whatever decides eligibility.
func TestAnyDay(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		x := begin(rt).do(protocol.Resumed{})
		told := x.report()
		for range rapid.IntRange(1, 60).Draw(rt, "steps") {
			x.later(time.Duration(rapid.SampledFrom([]int{0, 1, 29, 30, 3600}).Draw(rt, "later")) * time.Second)
			session := rapid.SampledFrom([]string{"1", "2"}).Draw(rt, "session")
			room := protocol.RoomID(rapid.SampledFrom([]string{"r1", "r2"}).Draw(rt, "room"))
			n := uint32(rapid.IntRange(1, 4).Draw(rt, "assignment"))
			switch rapid.IntRange(0, 8).Draw(rt, "what") {
			case 0:
				x.do(protocol.SocketUp{Session: session})
			case 1:
				x.do(protocol.SocketDown{Session: session})
			case 2:
				x.do(protocol.DeadlineReached{})
			case 3:
				until := protocol.Instant(0)
				if rapid.Bool().Draw(rt, "until") {
					until = protocol.At(x.now.Add(time.Minute))
				}
				require.Nil(rt, x.try(ann, protocol.SetStatus{Account: "ann", Want: protocol.Want(rapid.IntRange(1, 6).Draw(rt, "want")), Until: until}))
			case 4:
				x.facts.Accounts["ann"].Certified = rapid.Bool().Draw(rt, "certified")
				x.do(protocol.DutyCheck{})
			case 5, 6:
				x.do(protocol.GainRoom{Gained: protocol.InboxGained{Room: room, Assignment: n}})
			case 7:
				x.do(protocol.LoseRoom{Lost: protocol.InboxLost{Room: room, Assignment: n}})
			case 8:
				x.do(protocol.RingAlarm{Room: room})
			}
			if r := x.report(); r != "" {
				told = r
			}
			duty := ""
			if !x.s.Duty {
				duty = " off-duty"
			}
			require.Equal(rt, fmt.Sprintf("%s/%s%s", x.s.Want, x.s.conn, duty), told, "what the queue knows")
			require.Equal(rt, x.s.conn == protocol.ConnUp, len(x.s.sockets) > 0)
			if d := Deadline(x.s); d != 0 && d <= protocol.At(x.now) {
				x.do(protocol.DeadlineReached{})
				if r := x.report(); r != "" {
					told = r
				}
			}
			require.True(rt, Deadline(x.s) == 0 || Deadline(x.s) > protocol.At(x.now), "a deadline that was reached is gone")
		}
		again := Machine.New(x.s.Addr)
		for _, r := range x.log {
			if Machine.Blind(r.Event.EventCode()) { // a load does not open it
				unread := *r.Event.(*protocol.InboxGained)
				unread.Customer = ""
				r.Event = &unread
			}
			Apply(again, r)
		}
		want, err := json.Marshal(x.s)
		require.NoError(rt, err)
		got, err := json.Marshal(again)
		require.NoError(rt, err)
		if len(again.Rooms) == 0 && len(x.s.Rooms) == 0 {
			again.Rooms, x.s.Rooms = nil, nil
			want, _ = json.Marshal(x.s)
			got, _ = json.Marshal(again)
		}
		require.Equal(rt, string(want), string(got), "I-06")
		restored, err := Restore(x.s.Addr, Snapshot(x.s))
		require.NoError(rt, err)
		require.Equal(rt, string(Snapshot(x.s)), string(Snapshot(restored)))
		require.Equal(rt, protocol.ConnDown, restored.conn)
	})
}

// plainKeys seals so that a test can see through it; it holds the keys that are destroyed.
type plainKeys map[uint64]bool

func (k plainKeys) Seal(dst []byte, key uint64, plain, _ []byte) []byte {
	for _, b := range plain {
		dst = append(dst, b^byte(key))
	}
	return dst
}

func (k plainKeys) Open(dst []byte, key uint64, sealed, context []byte) ([]byte, error) {
	if k[key] {
		return nil, protocol.ErrErased
	}
	return k.Seal(dst, key, sealed, context), nil
}

// TestX30ASnapshotHidesWhoIsOffered: an offer's customer is sealed in the snapshot, each with their own key; whoever is erased
// meanwhile has no name afterwards, the others and everything else are as they were.
func TestX30ASnapshotHidesWhoIsOffered(t *testing.T) {
	x := begin(t)
	for i, name := range []string{"1000_hong", "1000_kim"} {
		require.Nil(t, x.try(internal, protocol.GainOffer{Offered: protocol.InboxOffered{
			Room: protocol.RoomID(fmt.Sprint("r_", i)), Turn: uint64(i + 1), Customer: name, Title: "문의", Until: protocol.At(ten.Add(time.Minute)), Seal: uint64(i + 5),
		}}))
	}
	require.Len(t, x.s.Offers, 2)
	same, err := Restore(x.s.Addr, Snapshot(x.s))
	require.NoError(t, err)
	require.Equal(t, x.s.Offers, same.Offers)

	keys := plainKeys{}
	row := protocol.Row{Kind: protocol.RowSnapshot, Key: []byte("k"), Value: Snapshot(x.s)}
	protocol.SealRow(&row, keys)
	require.NotContains(t, string(row.Value), "1000_hong")
	require.NotContains(t, string(row.Value), "1000_kim")
	require.Contains(t, string(row.Value), "문의", "the rest is in the clear")
	keys[5] = true
	b, err := protocol.OpenRow(row.Kind, row.Key, row.Value, keys)
	require.NoError(t, err)
	restored, err := Restore(x.s.Addr, b)
	require.NoError(t, err)
	want := slices.Clone(x.s.Offers)
	want[0].Customer = ""
	require.Equal(t, want, restored.Offers)
	require.Equal(t, x.s.Log, restored.Log)
}
