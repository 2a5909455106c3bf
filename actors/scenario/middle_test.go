package scenario

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"switchyard/actors/shell"
	"switchyard/persistence"
	"switchyard/protocol"
)

// slowly is a store whose open rooms nobody can read before they are let go.
type slowly struct {
	*persistence.Store
	go_ chan struct{}
}

func (s *slowly) Rows(shard uint16, kind protocol.RowKind, prefix, behind []byte, limit int, each func(key, value []byte) error) error {
	if kind == protocol.RowOpenRoom {
		<-s.go_
	}
	return s.Store.Rows(shard, kind, prefix, behind, limit, each)
}

// TestCommandsInTheMiddleOfAStart (PERF-5, I-01, I-03, I-04, I-13, F-28): the real minds on a store as a crash leaves it, asked
// in every order while nothing but the settings is back. What rooms are asked is done at once; who comes new waits, is given
// no seat beyond the agent's limit and none before those that waited longer; nothing is opened twice, and a deadline that a message has put off
// does not fire.
func TestCommandsInTheMiddleOfAStart(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { commandsInTheMiddle(t, rand.New(rand.NewPCG(seed, 7))) })
	}
}

func commandsInTheMiddle(t *testing.T, dice *rand.Rand) {
	f := &full{clock: &virtual{}, disk: vfs.NewCrashableMem()}
	f.clock.ns.Store(time.Date(2021, 6, 9, 10, 0, 0, 0, kst).UnixNano())
	f.start()
	defer f.close()
	admin := protocol.Caller{Role: protocol.Admin, Site: site, Account: "boss"}
	ann := protocol.Caller{Role: protocol.Agent, Site: site, Account: "ann"}
	visitor := func(name string) protocol.Caller {
		return protocol.Caller{Role: protocol.Visitor, Site: site, Customer: protocol.CustomerKey("1000_" + name)}
	}
	start := func(name, write string) issued {
		who := visitor(name)
		return issued{protocol.CustomersAt(site), protocol.Command{
			Body: protocol.StartRoom{Key: who.Customer, Channel: protocol.Web}, Caller: who, ClientID: protocol.ClientID(write + "-" + name),
		}}
	}
	say := func(who protocol.Caller, room protocol.RoomID, write string) issued {
		return issued{protocol.RoomAt(site, room), protocol.Command{
			Body: protocol.SendMessage{Room: room, Kind: protocol.Text, Text: "네"}, Caller: who, ClientID: protocol.ClientID(write),
		}}
	}
	must := func(x issued) protocol.Result {
		t.Helper()
		out := f.do(x)
		require.True(t, out[0].given)
		require.Nil(t, out[0].err)
		return out[0].result
	}
	must(issued{protocol.SiteAt(site), protocol.Command{Caller: admin, Body: protocol.CreateSite{
		Site: site, Settings: []byte(`{"distribution.mode":"AUTO","autoclose.agent_delay":30}`),
		Accounts: []protocol.AccountSaved{
			{Account: protocol.Account{ID: "boss", Role: protocol.Admin, Name: "대표", Certified: true}, Password: "x"},
			{Account: protocol.Account{ID: "ann", Role: protocol.Agent, Name: "Ann", Certified: true, Consulting: true, MaxConcurrent: 2}, Password: "x"},
		},
	}}})
	must(issued{protocol.AgentAt(site, "ann"), protocol.Command{Body: protocol.ViewInbox{Account: "ann"}, Caller: ann}})
	rooms := map[string]protocol.RoomID{}
	for _, name := range []string{"kim", "lee", "moon", "noh"} { // two are ann's, two wait
		rooms[name] = must(start(name, "start")).(protocol.Started).Room
		f.advance(f.now().Add(time.Second))
	}
	f.advance(f.now().Add(29 * time.Minute)) // T2 of kim and lee has a minute left

	f.engine.Stop(time.Minute)
	f.disk = f.disk.CrashClone(vfs.CrashCloneCfg{})
	let := make(chan struct{})
	f.handed = func(s *persistence.Store) shell.Store { return &slowly{s, let} }
	f.serve()
	require.Equal(t, 1, f.engine.Restoring())

	type outcome struct {
		name string
		r    protocol.Result
		err  *protocol.Rejection
	}
	answers := make(chan outcome, 16)
	ask := func(name string, x issued) {
		f.engine.Ask(x.to, x.c, func(r protocol.Result, err *protocol.Rejection) { answers <- outcome{name, r, err} })
	}
	asked := []func(){
		func() { ask("now", say(ann, rooms["kim"], "write-kim-0001")) },
		func() { ask("now", say(visitor("noh"), rooms["noh"], "write-noh-0001")) },
		func() {
			ask("now", issued{protocol.RoomAt(site, rooms["lee"]), protocol.Command{Body: protocol.EndRoom{Room: rooms["lee"]}, Caller: ann, ClientID: "end-lee-00001"}})
		},
		func() { ask("now", start("kim", "again")) }, // the room that is open
		func() {
			ask("now", issued{protocol.AgentAt(site, "ann"), protocol.Command{Body: protocol.ViewInbox{Account: "ann"}, Caller: ann}})
		},
		func() { ask("later", start("park", "start")) },
		func() { ask("later", start("ryu", "start")) },
	}
	dice.Shuffle(len(asked), func(i, j int) { asked[i], asked[j] = asked[j], asked[i] })
	for _, do := range asked {
		do()
	}
	for range 5 {
		o := <-answers
		require.Equal(t, "now", o.name, "nobody is given a room's place before the queue knows its rooms")
		require.Nil(t, o.err)
		if s, ok := o.r.(protocol.Started); ok {
			require.Equal(t, rooms["kim"], s.Room, "I-04")
		}
	}
	require.Empty(t, answers)
	f.engine.Tick()
	close(let)
	<-f.engine.Restored()
	f.settle()
	for range 2 {
		o := <-answers
		require.Equal(t, "later", o.name)
		require.Nil(t, o.err)
	}
	f.advance(f.now().Add(10 * time.Second))

	holder := func(name string) protocol.AccountID {
		r := must(issued{protocol.RoomAt(site, rooms[name]), protocol.Command{Body: protocol.ViewRoom{Room: rooms[name]}, Caller: admin}})
		return r.(protocol.RoomView).Holder
	}
	require.EqualValues(t, "ann", holder("kim"))
	require.EqualValues(t, "ann", holder("moon"), "the seat that lee left is for who waited longest (I-13)")
	require.Empty(t, holder("noh"), "and the limit holds (I-03)")
	inbox := must(issued{protocol.AgentAt(site, "ann"), protocol.Command{Body: protocol.ViewInbox{Account: "ann"}, Caller: ann}}).(protocol.InboxView)
	require.Len(t, inbox.Rooms, 2)
	f.advance(f.now().Add(20 * time.Minute)) // beyond the old end of kim's T2, which the answer has stopped
	require.EqualValues(t, "ann", holder("kim"))
	closed := map[string]int{}
	for name := range rooms {
		for _, r := range f.log(protocol.RoomAt(site, rooms[name]), 1) {
			if _, ok := r.Event.(*protocol.RoomClosed); ok {
				closed[name]++
			}
		}
	}
	require.Equal(t, map[string]int{"lee": 1, "moon": 1}, closed, "one by the agent, one because nobody has answered it for half an hour (I-09, I-10)")
}
