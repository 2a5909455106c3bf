package queue

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"switchyard/protocol"
)

// story is a queue that a test plays by itself, with rooms that answer when the test says so.
type story struct {
	t     require.TestingT
	s     *State
	now   time.Time
	facts *protocol.SiteFacts
	mail  map[protocol.RoomID][]protocol.Body // told to rooms, not taken yet
	own   int                                 // ContinuePass on the way
	rows  map[string][]byte                   // of the queue itself
	reply protocol.Result                     // of the last command; nil = it went on to a room
	told  []protocol.Body                     // of the last command, to rooms
}

const siteID = protocol.SiteID("1000")

var (
	ten  = time.Date(2021, 6, 9, 10, 0, 0, 0, time.FixedZone("KST", 9*3600)) // a Wednesday, in hours
	boss = protocol.Caller{Role: protocol.Admin, Site: siteID, Account: "boss"}
)

// begin makes the queue of a site with accounts a, b, c …, all on duty and online.
func begin(t require.TestingT, agents int, change ...func(*protocol.Settings)) *story {
	settings := protocol.DefaultSettings()
	settings.Number = 1
	for _, f := range change {
		f(&settings)
	}
	x := &story{
		t: t, s: Machine.New(protocol.QueueAt(siteID)), now: ten, mail: map[protocol.RoomID][]protocol.Body{}, rows: map[string][]byte{},
		facts: &protocol.SiteFacts{Site: siteID, Settings: &settings, Zone: ten.Location(), Accounts: map[protocol.AccountID]*protocol.Account{},
			Categories: map[string]*protocol.Category{
				"c1": {ID: "c1", Level: 1}, "c11": {ID: "c11", Level: 2, Parent: "c1"}, "c12": {ID: "c12", Level: 2, Parent: "c1"}, "c2": {ID: "c2", Level: 1},
			}},
	}
	for i := range agents {
		id := agent_(i)
		x.facts.Accounts[id] = &protocol.Account{ID: id, Role: protocol.Agent, Name: strings.ToUpper(string(id)), Consulting: true, Certified: true, Order: i + 1}
	}
	x.do(protocol.Resumed{})
	for i := range agents {
		x.reports(agent_(i), true, protocol.WantOnline, protocol.ConnUp)
	}
	return x
}

func agent_(i int) protocol.AccountID { return protocol.AccountID(rune('a' + i)) }

// try plays a command through all its rounds, as the shell does.
func (x *story) try(who protocol.Caller, b protocol.Body) *protocol.Rejection {
	c := protocol.Command{Body: b, Caller: who, Ticket: 9, Wall: x.now, Facts: x.facts}
	x.reply, x.told = nil, nil
	var recs []protocol.Recorded
	for round := 0; ; round++ {
		require.Less(x.t, round, 1024)
		step, err := Decide(x.s, c, x.now)
		if err != nil {
			var r *protocol.Rejection
			require.True(x.t, errors.As(err, &r))
			require.Empty(x.t, step.Events)
			return r
		}
		for _, e := range step.Events {
			r := protocol.Recorded{At: protocol.At(x.now), Event: e}
			Apply(x.s, r)
			recs = append(recs, r)
		}
		for _, t := range step.Tells {
			switch t.To.Kind {
			case protocol.KindQueue:
				require.Equal(x.t, protocol.ContinuePass{}, t.Body)
				x.own++
			case protocol.KindRoom:
				room := protocol.RoomID(t.To.ID)
				x.mail[room] = append(x.mail[room], t.Body)
				x.told = append(x.told, t.Body)
			}
		}
		if step.Reply != nil {
			x.reply = step.Reply.Result
		}
		if !step.Again {
			break
		}
	}
	require.NoError(x.t, Check(x.s))
	require.NoError(x.t, Audit(x.s), "after %s", b.CommandName())
	for _, row := range Rows(x.s, recs) {
		x.rows[string(rune(row.Kind))+string(row.Key)] = row.Value
	}
	return nil
}

func (x *story) do(b protocol.Body) *story {
	require.Nil(x.t, x.try(boss, b))
	return x
}

// pass lets the queue's messages to itself arrive until there are none.
func (x *story) pass() *story {
	for x.own > 0 {
		x.own--
		x.do(protocol.ContinuePass{})
	}
	return x
}

func (x *story) reports(id protocol.AccountID, duty bool, want protocol.Want, conn protocol.Conn) *story {
	return x.do(protocol.AgentReport{Account: id, OnDuty: duty, Want: want, Conn: conn})
}

// changes makes new facts known.
func (x *story) changes(f func(*protocol.SiteFacts)) *story {
	next := *x.facts
	settings := *x.facts.Settings
	settings.Number++
	next.Settings = &settings
	accounts := map[protocol.AccountID]*protocol.Account{}
	for id, a := range next.Accounts {
		copied := *a
		accounts[id] = &copied
	}
	next.Accounts = accounts
	f(&next)
	x.facts = &next
	return x.do(protocol.FactsChanged{})
}

// asks is a room's question; the answer comes back.
func (x *story) asks(room protocol.RoomID, change ...func(*protocol.AskSeat)) protocol.SeatAnswer {
	b := protocol.AskSeat{Room: room, RequestedAt: protocol.At(x.now)}
	for _, f := range change {
		f(&b)
	}
	x.do(b)
	require.Len(x.t, x.told, 1)
	a := x.told[0].(protocol.SeatAnswer)
	require.Equal(x.t, room, a.Room)
	x.mail[room] = slices.DeleteFunc(x.mail[room], func(b protocol.Body) bool { _, is := b.(protocol.SeatAnswer); return is })
	return a
}

func (x *story) accepts(room protocol.RoomID, seat *protocol.Seat, assignment uint32) *story {
	return x.do(protocol.SeatAccepted{Room: room, Turn: seat.Turn, Agent: seat.Agent, Assignment: assignment})
}

func (x *story) returns(room protocol.RoomID, seat *protocol.Seat, state protocol.RoomState) *story {
	return x.do(protocol.SeatReturned{Room: room, Turn: seat.Turn, Agent: seat.Agent, State: state})
}

// enters asks, accepts the seat that there may be, and says whose it is.
func (x *story) enters(room protocol.RoomID, change ...func(*protocol.AskSeat)) protocol.AccountID {
	a := x.asks(room, change...)
	if a.Seat == nil {
		return ""
	}
	x.accepts(room, a.Seat, 1)
	return a.Seat.Agent
}

// offers lets passes run, lets every room accept, and lists who got whom.
func (x *story) offers() string {
	var out []string
	for {
		x.pass()
		var rooms []protocol.RoomID
		for room, mail := range x.mail {
			if len(mail) > 0 {
				rooms = append(rooms, room)
			}
		}
		if len(rooms) == 0 {
			return strings.Join(out, " ")
		}
		slices.SortFunc(rooms, func(a, b protocol.RoomID) int { return int(turnOf(x.mail[a][0])) - int(turnOf(x.mail[b][0])) })
		for _, room := range rooms {
			mail := x.mail[room]
			delete(x.mail, room)
			for _, b := range mail {
				if p, is := b.(protocol.ProposeSeat); is { // the agent accepts, and the seat follows
					x.try(protocol.Caller{Role: protocol.Agent, Site: siteID, Account: p.Seat.Agent}, protocol.AcceptOffer{Room: room})
					continue
				}
				if _, is := b.(protocol.MissOffer); is {
					continue
				}
				o := b.(protocol.OfferSeat)
				out = append(out, fmt.Sprintf("%s→%s", room, o.Seat.Agent))
				x.accepts(room, &o.Seat, 1)
			}
		}
	}
}

func turnOf(b protocol.Body) uint64 {
	if p, ok := b.(protocol.ProposeSeat); ok {
		return p.Seat.Turn
	}
	if o, ok := b.(protocol.OfferSeat); ok {
		return o.Seat.Turn
	}
	return 0
}

func (x *story) leaves(rooms ...protocol.RoomID) *story {
	for _, r := range rooms {
		x.do(protocol.RoomLeft{Room: r})
	}
	return x
}

func (x *story) load(id protocol.AccountID) int { return int(x.s.agents[x.s.slots[id]].load) }

func limits(f *protocol.SiteFacts, of map[protocol.AccountID]int) {
	for id, n := range of {
		f.Accounts[id].MaxConcurrent = n
	}
}

func category(id string) func(*protocol.AskSeat) {
	return func(b *protocol.AskSeat) { b.Category = id }
}

func sequential(s *protocol.Settings) { s.Balancer = protocol.Sequential }
func manualMode(s *protocol.Settings) { s.Mode = protocol.Manual }
func hybrid(s *protocol.Settings)     { s.Mode = protocol.Hybrid }

// rebuilt is the queue as a start makes it: from the rooms' rows and its own, then the facts and the agents' reports.
func (x *story) rebuilt(rooms []protocol.OpenRoomRow) *State {
	all := map[protocol.RowKind]map[string][]byte{protocol.RowOpenRoom: {}, protocol.RowLast: {}, protocol.RowCursor: {}}
	for i := range rooms {
		all[protocol.RowOpenRoom][string(protocol.OpenRoomKey(siteID, rooms[i].Room))] = protocol.AppendOpenRoom(nil, &rooms[i])
	}
	for k, v := range x.rows {
		kind := protocol.RowKind([]rune(k)[0])
		all[kind][k[1:]] = v
	}
	s, err := Rebuild(x.s.Addr, func(kind protocol.RowKind, prefix []byte, each func(k, v []byte) error) error {
		var keys []string
		for k := range all[kind] {
			if strings.HasPrefix(k, string(prefix)) {
				keys = append(keys, k)
			}
		}
		slices.Sort(keys)
		for _, k := range keys {
			if err := each([]byte(k), all[kind][k]); err != nil {
				return err
			}
		}
		return nil
	})
	require.NoError(x.t, err)
	y := &story{t: x.t, s: s, now: x.now, facts: x.facts, mail: map[protocol.RoomID][]protocol.Body{}, rows: map[string][]byte{}}
	y.do(protocol.Resumed{})
	for i := range x.s.agents {
		a := &x.s.agents[i]
		y.reports(a.id, a.onDuty, a.want, a.conn)
	}
	return s
}
