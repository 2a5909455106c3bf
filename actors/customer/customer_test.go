package customer

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"switchyard/actors/core"
	"switchyard/protocol"
)

// story is a directory that a test plays by itself; its records are rows, as in the store.
type story struct {
	t     require.TestingT
	s     *State
	now   time.Time
	facts *protocol.SiteFacts
	rows  map[string][]byte
	step  core.Step
	n     byte
	log   []protocol.Recorded
	seal  [2]uint64
}

const (
	siteID = protocol.SiteID("1000")
	kim    = protocol.CustomerKey("1000_kim")
)

var (
	kst      = time.FixedZone("KST", 9*3600)
	ten      = time.Date(2021, 6, 9, 10, 0, 0, 0, time.UTC)
	visitor  = protocol.Caller{Role: protocol.Visitor, Site: siteID, Customer: kim}
	internal = protocol.Caller{Role: protocol.System, Site: siteID}
)

func begin(t require.TestingT) *story {
	settings := protocol.DefaultSettings()
	return &story{t: t, s: Machine.New(protocol.CustomersAt(siteID)), now: ten, rows: map[string][]byte{}, facts: &protocol.SiteFacts{
		Site: siteID, Settings: &settings, Zone: kst, Categories: map[string]*protocol.Category{"c1": {ID: "c1"}, "old": {ID: "old", Unused: true}},
	}}
}

func (x *story) try(who protocol.Caller, id protocol.ClientID, b protocol.Body) *protocol.Rejection {
	x.n++
	c := protocol.Command{Body: b, Caller: who, ClientID: id, Ticket: 9, Chance: protocol.Chance{x.n, byte(len(x.log))}, Wall: x.now, Facts: x.facts, Records: protocol.Records{}, Seal: x.seal}
	for round := 0; ; round++ {
		require.LessOrEqual(x.t, round, core.NeedsRounds, "Needs does not come to an end")
		missing := false
		for _, ref := range Needs(x.s, c) {
			if !c.Records.Has(ref) {
				c.Records[ref], missing = protocol.Record{Value: x.rows[fmt.Sprint(ref.Row, ref.Key)]}, true
			}
		}
		if !missing {
			break
		}
	}
	before := string(Snapshot(x.s))
	step, err := Decide(x.s, c, x.now)
	require.Equal(x.t, before, string(Snapshot(x.s)))
	again, _ := Decide(x.s, c, x.now)
	require.Equal(x.t, step, again)
	x.step = step
	if err != nil {
		var r *protocol.Rejection
		require.True(x.t, errors.As(err, &r))
		require.Empty(x.t, step.Events)
		return r
	}
	var recs []protocol.Recorded
	for _, e := range step.Events {
		r := x.s.Log.Next(e, protocol.At(x.now))
		Apply(x.s, r)
		recs = append(recs, r)
	}
	x.log = append(x.log, recs...)
	for _, row := range Rows(x.s, recs) {
		x.rows[fmt.Sprint(row.Kind, string(row.Key))] = row.Value
	}
	return nil
}

func (x *story) do(b protocol.Body) *story {
	require.Nil(x.t, x.try(internal, "", b))
	return x
}

func (x *story) starts(id protocol.ClientID, change ...func(*protocol.StartRoom)) *protocol.Rejection {
	b := protocol.StartRoom{Key: kim, Channel: protocol.Web}
	for _, f := range change {
		f(&b)
	}
	return x.try(visitor, id, b)
}

// kim's record and profile, nil if there is none.
func (x *story) kim() *protocol.Customer {
	if v := x.view(kim); v != nil {
		return &v.Customer
	}
	return nil
}

func (x *story) profile() *protocol.Profile { return &x.view(kim).Profile }

// view asks the directory for a customer; nil = it knows nobody.
func (x *story) view(key protocol.CustomerKey) *protocol.CustomerView {
	if x.try(internal, "", protocol.ViewCustomer{Key: key}) != nil {
		return nil
	}
	v := x.step.Reply.Result.(protocol.CustomerView)
	return &v
}

// save writes the record from outside, as the site's staff would.
func (x *story) save(f func(*protocol.Customer)) {
	k := x.kim()
	f(k)
	x.rows[fmt.Sprint(protocol.RowCustomer, string(protocol.CustomerRowKey(siteID, k.No)))] = protocol.AppendCustomer(nil, k)
}

func (x *story) told() protocol.Body {
	require.Len(x.t, x.step.Tells, 1)
	require.NotZero(x.t, x.step.Tells[0].Ticket, "the answer travels with it")
	return x.step.Tells[0].Body
}

func param(name, value string) func(*protocol.StartRoom) {
	return func(b *protocol.StartRoom) { b.Params = append(b.Params, protocol.Param{Name: name, Value: value}) }
}

func chars(n int) string { return strings.Repeat("가", n) }

// TestParameters is: the names, and their lengths in characters.
func TestParameters(t *testing.T) {
	lengths := map[string]int{"site_uid": 255, "cus_extra_username": 100, "cus_extra_phone": 100, "cus_extra_email": 100, "cus_extra_tel_phone": 100, "user_parameter": 200}
	for i := 1; i <= 10; i++ {
		lengths[fmt.Sprint("parameter", i)] = 20
	}
	for name, n := range lengths {
		require.Nil(t, begin(t).starts("", param(name, chars(n))), name)
		rej := begin(t).starts("", param(name, chars(n+1)))
		require.NotNil(t, rej, name)
		require.Equal(t, protocol.TooLarge, rej.Code, "rejected, not cut")
		require.Equal(t, "params."+name, rej.Field)
	}
	for _, name := range []string{"parameter0", "parameter11", "cus_extra_birth", "", "SITE_UID"} {
		rej := begin(t).starts("", param(name, "x"))
		require.NotNil(t, rej, name)
		require.Equal(t, protocol.BadRequest, rej.Code)
		require.Equal(t, "params."+name, rej.Field)
	}
}

// TestParametersReplaceFieldByField: the newest counts, an empty one does not erase, an equal one is no news.
func TestParametersReplaceFieldByField(t *testing.T) {
	x := begin(t)
	at := protocol.At(ten)
	require.Nil(t, x.starts("", param("cus_extra_username", "홍길동"), param("cus_extra_phone", "+82 2 123"), param("cus_extra_tel_phone", "02"), param("parameter1", "p")))
	k := x.profile()
	require.Equal(t, protocol.FieldAt{Value: "홍길동", At: at}, k.Name)
	require.Equal(t, "+82 2 123", k.Phone.Value, "8.3: as given")
	require.Empty(t, k.Email.Value)
	x.now = ten.Add(time.Hour)
	require.Nil(t, x.starts("", param("cus_extra_username", "홍길동"), param("cus_extra_phone", " "), param("cus_extra_email", "a@b.c")))
	k = x.profile()
	require.Equal(t, at, k.Name.At, "an equal one is no news")
	require.Equal(t, "+82 2 123", k.Phone.Value, "K-07")
	require.Equal(t, protocol.FieldAt{Value: "a@b.c", At: protocol.At(x.now)}, k.Email)
	require.Nil(t, x.starts("", param("cus_extra_username", "김")))
	require.Equal(t, "김", x.profile().Name.Value)
}

// TestTheGateSeesWhatTheInboundBrought (P-4, N-05).
func TestTheGateSeesWhatTheInboundBrought(t *testing.T) {
	x := begin(t)
	require.Nil(t, x.starts("", param("cus_extra_phone", "010")))
	require.Equal(t, uint8(1<<protocol.FieldPhone), x.told().(protocol.OpenRoom).Have)
	x = begin(t)
	require.Nil(t, x.starts("", param("cus_extra_phone", "  ")))
	require.Zero(t, x.told().(protocol.OpenRoom).Have, "N-11")
}

func TestAStartOpensARoomAndTheNextJoinsIt(t *testing.T) {
	x := begin(t)
	require.Nil(t, x.starts("start-0001"))
	opened := x.told().(protocol.OpenRoom)
	require.Equal(t, protocol.CustomerNo(1), opened.Customer)
	require.Equal(t, "kim", x.kim().ID, "the part of the key after the site")
	require.Equal(t, []protocol.RoomID{opened.Room}, x.kim().Open)

	require.Nil(t, x.starts("start-0002"))
	join := x.told().(protocol.Arrive)
	require.Equal(t, opened.Room, join.Room, "P-2, I-04")
	require.False(t, join.Repeat)

	x.do(protocol.RoomDone{Room: "r_other", Customer: 1})
	require.Empty(t, x.step.Events, "another room of the key")
	x.do(protocol.RoomDone{Room: opened.Room, Customer: 1})
	require.Empty(t, x.kim().Open)
	require.Nil(t, x.starts("start-0003"))
	next := x.told().(protocol.OpenRoom)
	require.NotEqual(t, opened.Room, next.Room, "S-24")
	require.Equal(t, protocol.CustomerNo(1), next.Customer)
	require.EqualValues(t, 2, x.kim().Rooms)

	x.do(protocol.RoomDone{Room: opened.Room, Customer: 1})
	require.Equal(t, []protocol.RoomID{next.Room}, x.kim().Open, "told again, late")

	require.Nil(t, x.try(visitor, "", protocol.StartRoom{Key: "1000_park", ID: "P-1"}))
	require.Equal(t, protocol.CustomerNo(2), x.told().(protocol.OpenRoom).Customer)
}

// TestABlockedCustomerIsAnsweredNothing (P-1, R-016).
func TestABlockedCustomerIsAnsweredNothing(t *testing.T) {
	x := begin(t)
	require.Nil(t, x.starts("start-0001"))
	first := x.told().(protocol.OpenRoom).Room
	x.save(func(k *protocol.Customer) { k.Blocked = true })
	require.Nil(t, x.starts("start-0002", param("cus_extra_username", "x")))
	require.Empty(t, x.step.Events)
	require.Empty(t, x.step.Tells)
	require.Equal(t, protocol.Started{Outcome: protocol.OutcomePending}, x.step.Reply.Result)
	require.Empty(t, x.profile().Name.Value)

	require.Nil(t, x.starts("start-0001"), "a repeat is answered like the first time")
	require.Equal(t, first, x.told().(protocol.Arrive).Room)
}

func TestACategoryMustBeInUse(t *testing.T) {
	category := func(id string) func(*protocol.StartRoom) {
		return func(b *protocol.StartRoom) { b.Category = id }
	}
	for id, ok := range map[string]bool{"": true, "c1": true, "old": false, "none": false} {
		rej := begin(t).starts("", category(id))
		require.Equal(t, ok, rej == nil, id)
		if !ok {
			require.Equal(t, protocol.BadRequest, rej.Code)
			require.Equal(t, "category", rej.Field)
		}
	}
}

// TestARepeatedStart (I-07) goes to the room that the first one led to, before every other check; with another body
// it is a conflict; a day is remembered, and at most 64.
func TestARepeatedStart(t *testing.T) {
	inquiry := func(b *protocol.StartRoom) { b.Category = "c1" }
	x := begin(t)
	require.Nil(t, x.starts("start-0001", inquiry))
	room := x.told().(protocol.OpenRoom).Room
	repeat := func(why string) {
		require.Nil(t, x.starts("start-0001", inquiry), why)
		a := x.told().(protocol.Arrive)
		require.Equal(t, room, a.Room, why)
		require.True(t, a.Repeat)
		require.Empty(t, x.step.Events, why)
	}
	repeat("at once")
	for _, other := range []func(*protocol.StartRoom){func(b *protocol.StartRoom) {}, param("parameter1", "x"), func(b *protocol.StartRoom) { b.Category, b.ChannelAccount = "c1", "web2" }} {
		rej := x.starts("start-0001", other)
		require.NotNil(t, rej)
		require.Equal(t, protocol.Conflict, rej.Code)
		require.Equal(t, "client_id", rej.Field)
	}
	x.do(protocol.RoomDone{Room: room, Customer: 1})
	repeat("after the room has closed")
	require.Nil(t, x.starts("start-0002"))
	repeat("when another is open")
	x.facts.Categories["c1"].Unused = true
	repeat("when it would be refused by now")
	x.now = ten.Add(25*time.Hour - time.Millisecond)
	require.Nil(t, x.starts("start-0003"))
	repeat("a day later")
	x.now = ten.Add(25 * time.Hour)
	require.Nil(t, x.starts("start-0004"))
	require.NotNil(t, x.starts("start-0001", inquiry), "forgotten, and its category is not in use")

	for i := range 200 {
		require.Nil(t, x.starts(protocol.ClientID(fmt.Sprintf("many-%05d", i))))
	}
	require.Empty(t, x.kim().Starts)
	kept := 0
	for name, value := range x.rows {
		if len(value) > 0 && strings.HasPrefix(name, fmt.Sprint(protocol.RowStart, string(protocol.CustomerRowKey(siteID, 1)))) {
			kept++
		}
	}
	require.Equal(t, protocol.StartsKept, kept, "rows that are forgotten are deleted")
	again := func(i int) bool {
		require.Nil(t, x.starts(protocol.ClientID(fmt.Sprintf("many-%05d", i))))
		a, ok := x.told().(protocol.Arrive)
		return ok && a.Repeat
	}
	require.True(t, again(199))
	require.True(t, again(200-protocol.StartsKept), "the oldest that is kept")
	require.False(t, again(199-protocol.StartsKept), "forgotten first")
}

// TestAnArrivalThatIsReturnedOpensTheNextRoom (S-24), unless another was faster.
func TestAnArrivalThatIsReturnedOpensTheNextRoom(t *testing.T) {
	start := protocol.StartRoom{Key: kim, Channel: protocol.Web}
	x := begin(t)
	require.Nil(t, x.starts("start-0001"))
	first := x.told().(protocol.OpenRoom).Room
	require.Nil(t, x.starts("start-0002"))
	x.do(protocol.ArrivalReturned{Room: first, Start: start, ClientID: "start-0002"})
	next := x.told().(protocol.OpenRoom)
	require.NotEqual(t, first, next.Room)
	require.Equal(t, protocol.ClientID("start-0002"), next.ClientID)

	x.do(protocol.ArrivalReturned{Room: first, Start: start, ClientID: "start-0003"})
	require.Equal(t, next.Room, x.told().(protocol.Arrive).Room, "another was faster")

	require.Nil(t, x.starts("start-0002"))
	require.Equal(t, next.Room, x.told().(protocol.Arrive).Room, "a start that was sent on moves its note")

	x.do(protocol.ArrivalReturned{Room: first, Start: start, ClientID: "start-0002", Repeat: true})
	a := x.told().(protocol.Arrive)
	require.Equal(t, next.Room, a.Room)
	require.True(t, a.Final)

	x.do(protocol.RoomDone{Room: next.Room, Customer: 1})
	x.do(protocol.ArrivalReturned{Room: first, Start: start, ClientID: "start-0009"})
	_, opened := x.told().(protocol.OpenRoom)
	require.True(t, opened)

	y := begin(t) // of a directory that a crash took the customer from
	y.do(protocol.ArrivalReturned{Room: first, Start: start, ClientID: "start-0001"})
	require.Equal(t, protocol.CustomerNo(1), y.told().(protocol.OpenRoom).Customer)
}

// TestTheProfileIsSaved: submitted values overwrite stored ones, the latest wins (3.4), consent has its time
//
func TestTheProfileIsSaved(t *testing.T) {
	x := begin(t)
	require.Nil(t, x.starts("", param("cus_extra_username", "김"), param("cus_extra_email", "a@b.c")))
	at := protocol.At(ten.Add(time.Minute))
	values := []protocol.FieldValue{{Field: protocol.FieldName, Value: "홍길동"}, {Field: protocol.FieldBirth, Value: "1990-01-31"}}
	x.now = ten.Add(time.Hour)
	x.do(protocol.SaveProfile{Customer: 1, Values: values, At: at, Consent: true})
	k := x.profile()
	require.Equal(t, protocol.FieldAt{Value: "홍길동", At: at}, k.Name)
	require.Equal(t, "1990-01-31", k.Birth.Value)
	require.Equal(t, "a@b.c", k.Email.Value)
	require.Equal(t, at, k.Consent)

	// Told again after a crash, when the customer has come back with another name meanwhile.
	x.now = ten.Add(2 * time.Hour)
	require.Nil(t, x.starts("", param("cus_extra_username", "이")))
	x.do(protocol.SaveProfile{Customer: 1, Values: values, At: at})
	require.Equal(t, "이", x.profile().Name.Value)
	require.Equal(t, at, x.profile().Consent, "consent is not taken back")

	require.Equal(t, protocol.NotFound, x.try(internal, "", protocol.SaveProfile{Customer: 99, Values: values}).Code)
	x.do(protocol.RoomDone{Room: "r", Customer: 99})
	require.Empty(t, x.step.Events)
}

func TestWhatADirectoryDoesNotTake(t *testing.T) {
	require.Equal(t, protocol.BadRequest, begin(t).try(visitor, "", protocol.ViewRoom{}).Code)
}

// TestAtMostOneRoomIsOpen (I-04), whatever the interleaving of arrivals, rooms that close, and mail on its way: order
// holds from one sender to one receiver and nowhere else.
func TestAtMostOneRoomIsOpen(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		x := begin(rt)
		type dumb struct {
			exists, closed bool
			in             []protocol.Body // from the directory
			out            []protocol.Body // to it
		}
		rooms := map[protocol.RoomID]*dumb{}
		var order []protocol.RoomID
		open := func() (n int) {
			for _, r := range rooms {
				if r.exists && !r.closed {
					n++
				}
			}
			return n
		}
		send := func() {
			for _, t := range x.step.Tells {
				id := protocol.RoomID(t.To.ID)
				if rooms[id] == nil {
					rooms[id] = &dumb{}
					order = append(order, id)
				}
				rooms[id].in = append(rooms[id].in, t.Body)
			}
		}
		n := 0
		for range rapid.IntRange(1, 80).Draw(rt, "steps") {
			what := rapid.IntRange(0, 4).Draw(rt, "what")
			if what == 0 || len(order) == 0 {
				n++
				require.Nil(rt, x.starts(protocol.ClientID(fmt.Sprintf("start-%04d", n))))
				send()
				continue
			}
			r := rooms[rapid.SampledFrom(order).Draw(rt, "room")]
			id := order[0]
			for i, o := range rooms {
				if o == r {
					id = i
				}
			}
			switch {
			case what == 1 && r.exists && !r.closed:
				r.closed = true
				r.out = append(r.out, protocol.RoomDone{Room: id, Customer: 1})
			case what == 2 && len(r.out) > 0:
				b := r.out[0]
				r.out = r.out[1:]
				x.do(b)
				send()
			case len(r.in) > 0:
				b := r.in[0]
				r.in = r.in[1:]
				switch b := b.(type) {
				case protocol.OpenRoom:
					require.False(rt, r.exists, "opened once")
					r.exists = true
				case protocol.Arrive:
					if !r.exists || r.closed {
						r.out = append(r.out, protocol.ArrivalReturned{Room: id, Start: b.Start, ClientID: b.ClientID})
					}
				}
			}
			require.LessOrEqual(rt, open(), 1, "I-04")
		}
		// The log makes the counters again; the records are rows.
		again := Machine.New(x.s.Addr)
		for _, e := range x.log {
			Apply(again, e)
		}
		require.Equal(rt, string(Snapshot(x.s)), string(Snapshot(again)))
		restored, err := Restore(x.s.Addr, Snapshot(x.s))
		require.NoError(rt, err)
		require.Equal(rt, x.s, restored)
	})
}

// The counters were JSON once; a store of that time opens, and what is no snapshot is refused.
func TestRestoreReadsEverySnapshot(t *testing.T) {
	a := protocol.CustomersAt("acme")
	s := &State{Addr: a, Log: core.Log{Number: 7, Desk: 3, Room: 1 << 40}, Last: 300, Room: 12}
	old, err := json.Marshal(s)
	require.NoError(t, err)
	now := Snapshot(s)
	require.Less(t, len(now), len(old))
	for _, b := range [][]byte{old, now} {
		got, err := Restore(a, b)
		require.NoError(t, err)
		require.Equal(t, s, got)
	}
	for n := range now {
		_, err := Restore(a, now[:n])
		require.Error(t, err, "%d bytes", n)
	}
	_, err = Restore(a, append(now, 0))
	require.ErrorIs(t, err, protocol.ErrWire)
}
