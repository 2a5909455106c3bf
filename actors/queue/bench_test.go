package queue

import (
	"fmt"
	"testing"
	"time"

	"switchyard/actors/balancer"
	"switchyard/protocol"
)

// BenchmarkAssignment is one room's way through the queue under the default settings: its question with a seat
// at once, its acceptance, its end; n agents are on duty and have three rooms each.
func BenchmarkAssignment(b *testing.B) {
	for _, n := range []int{10, 1000} {
		b.Run(fmt.Sprintf("agents=%d", n), func(b *testing.B) {
			s, facts := benchSite(n)
			run := func(body protocol.Body) {
				c := protocol.Command{Body: body, Facts: facts, Wall: ten}
				step, err := Decide(s, c, ten)
				if err != nil {
					b.Fatal(err)
				}
				for _, e := range step.Events {
					Apply(s, protocol.Recorded{At: protocol.At(ten), Event: e})
				}
			}
			i, rooms := 0, make([]protocol.RoomID, 0, 3*n+1)
			enter := func() {
				i++
				id := protocol.RoomIDFrom(protocol.Chance{byte(i), byte(i >> 8), byte(i >> 16), byte(i >> 24), 1})
				run(protocol.AskSeat{Room: id, RequestedAt: protocol.Instant(i)})
				r := s.room(id)
				run(protocol.SeatAccepted{Room: id, Turn: r.offerTurn, Agent: s.agents[r.offered].id, Assignment: 1})
				rooms = append(rooms, id)
			}
			for range 3 * n {
				enter()
			}
			b.ReportAllocs()
			for b.Loop() {
				enter()
				run(protocol.RoomLeft{Room: rooms[0]})
				rooms = rooms[1:]
			}
		})
	}
}

// BenchmarkChoice is the choice alone, of one agent among n.
func BenchmarkChoice(b *testing.B) {
	for _, n := range []int{10, 1000} {
		b.Run(fmt.Sprintf("agents=%d", n), func(b *testing.B) {
			s, _ := benchSite(n)
			p := s.poolOf("", "")
			b.ReportAllocs()
			for b.Loop() {
				var named [whyMax]balancer.Choice
				if !s.choose(p, -1, nil, p.candidates.First(named[:])).ok {
					b.Fatal("nobody")
				}
			}
		})
	}
}

func benchSite(n int) (*State, *protocol.SiteFacts) {
	settings := protocol.DefaultSettings()
	settings.Number = 1
	f := &protocol.SiteFacts{Site: siteID, Settings: &settings, Zone: time.FixedZone("KST", 9*3600), Accounts: map[protocol.AccountID]*protocol.Account{}}
	for i := range n {
		id := protocol.AccountID(fmt.Sprintf("a%05d", i))
		f.Accounts[id] = &protocol.Account{ID: id, Role: protocol.Agent, Consulting: true, Certified: true, Order: i + 1}
	}
	s := newState(protocol.QueueAt(siteID))
	Apply(s, protocol.Recorded{Event: &factsAdopted{facts: f}})
	for id := range f.Accounts {
		Apply(s, protocol.Recorded{Event: &agentReported{report: protocol.AgentReport{Account: id, OnDuty: true, Want: protocol.WantOnline, Conn: protocol.ConnUp}}})
	}
	Apply(s, protocol.Recorded{Event: &hoursTurned{open: true}})
	return s, f
}
