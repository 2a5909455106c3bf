package queue

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"switchyard/protocol"
)

// TestPERF2dALineReleasedByOneTick: 100,000 rooms wait for the morning, and one tick of the calendar opens the site. They are
// seated in the order of the line (I-13), no agent above its limit (I-03, I-12), in slices that let others in between
// (a new arrival is answered, and joins the end), with no more offers open than may be. Who finds no seat still waits.
func TestPERF2dALineReleasedByOneTick(t *testing.T) {
	rooms, agents, limit := 100_000, 200, 400
	if testing.Short() {
		rooms, limit = 20_000, 80
	}
	seats := agents * limit // four in five get one
	s, facts := benchSite(agents)
	for _, a := range facts.Accounts {
		a.MaxConcurrent = limit
	}
	settings := *facts.Settings
	settings.Number++
	facts = &protocol.SiteFacts{Site: facts.Site, Settings: &settings, Zone: facts.Zone, Accounts: facts.Accounts}
	at, wall := protocol.At(ten), ten
	dice := rand.New(rand.NewPCG(2, 4))

	var mailbox []protocol.Body // of the queue itself
	var offered []protocol.OfferSeat
	var answer *protocol.SeatAnswer
	handle := func(body protocol.Body) (again bool) {
		step, err := Decide(s, protocol.Command{Body: body, Facts: facts, Wall: wall}, wall)
		require.NoError(t, err)
		for _, e := range step.Events {
			Apply(s, protocol.Recorded{At: at, Event: e})
		}
		if err := Check(s); err != nil {
			t.Fatal(err)
		}
		for _, tell := range step.Tells {
			switch b := tell.Body.(type) {
			case protocol.OfferSeat:
				offered = append(offered, b)
			case protocol.SeatAnswer:
				answer = &b
			default:
				require.Equal(t, s.Addr, tell.To, "only rooms and the queue itself are told")
				_, goesOn := body.(protocol.ContinuePass)
				require.Equal(t, goesOn, tell.Later, "a pass that goes on waits for the disk (PERF-2d)")
				mailbox = append(mailbox, b)
			}
		}
		return step.Again
	}
	run := func(b protocol.Body) {
		before := len(offered)
		for handle(b) {
		}
		if n := len(offered) - before; n > sliceMax {
			t.Fatalf("%d rooms in one turn of the mailbox", n)
		}
		if s.pending > offersMax {
			t.Fatalf("%d offers are open", s.pending)
		}
	}

	run(protocol.FactsChanged{})
	wall = ten.Add(-8e12) // hours before
	run(protocol.HoursTurned{Open: false})
	asks := make([]protocol.AskSeat, rooms)
	for i := range asks {
		asks[i] = protocol.AskSeat{Room: protocol.RoomID(fmt.Sprintf("r%06d", i)), RequestedAt: protocol.Instant(1000 + i), Priority: uint8(dice.IntN(10) / 9)}
	}
	for i := 0; i+10 < rooms; i += 10 { // requests that overtook one another on their way
		dice.Shuffle(10, func(a, b int) { asks[i+a], asks[i+b] = asks[i+b], asks[i+a] })
	}
	for _, a := range asks {
		run(a)
		require.Nil(t, answer.Seat)
	}
	for len(mailbox) > 0 {
		b := mailbox[0]
		mailbox = mailbox[1:]
		run(b)
	}
	require.Empty(t, offered, "nobody is seated before the morning")
	require.Equal(t, rooms, s.waiting)

	wall = ten
	mailbox = append(mailbox, protocol.HoursTurned{Open: true})
	loads := map[protocol.AccountID]int{}
	open := []protocol.OfferSeat(nil)
	late := 0
	for taken := 0; len(mailbox) > 0 || len(open) > 0; {
		if len(mailbox) > 0 && (len(open) == 0 || dice.IntN(3) > 0) {
			b := mailbox[0]
			mailbox = mailbox[1:]
			run(b)
			open = append(open, offered[taken:]...)
			taken = len(offered)
			if _, pass := b.(protocol.ContinuePass); pass && s.waiting > 0 && late < 50 { // somebody comes while the pass is cut
				late++
				run(protocol.AskSeat{Room: protocol.RoomID(fmt.Sprintf("late%03d", late)), RequestedAt: protocol.Instant(1_000_000 + late)})
				require.Nil(t, answer.Seat, "it joins the end")
			}
			continue
		}
		i := dice.IntN(len(open)) // rooms answer in any order
		o := open[i]
		open = slices.Delete(open, i, i+1)
		loads[o.Seat.Agent]++
		run(protocol.SeatAccepted{Room: o.Room, Turn: o.Seat.Turn, Agent: o.Seat.Agent, Assignment: 1})
	}

	require.Len(t, offered, seats)
	require.Greater(t, late, 10)
	require.Equal(t, rooms+late-seats, s.waiting)
	for id, n := range loads {
		require.Equal(t, limit, n, "%s", id)
	}
	slices.SortFunc(asks, func(a, b protocol.AskSeat) int {
		if a.Priority != b.Priority {
			return int(b.Priority) - int(a.Priority)
		}
		return int(a.RequestedAt - b.RequestedAt)
	})
	for i, o := range offered {
		if o.Room != asks[i].Room {
			t.Fatalf("I-13: seat %d went to %s, it was the turn of %s", i, o.Room, asks[i].Room)
		}
		require.EqualValues(t, i+1, o.Seat.Turn, "R-104")
	}
	require.NoError(t, Audit(s))
}
