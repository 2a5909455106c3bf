package room

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"switchyard/protocol"
)

// TestAnyHistory plays random commands in random order and checks, after each: the invariants; Decide reads only
// (story.try); one holder, closed once, one timer; and that what was once answered stays so. In the end the log makes
// the same state (I-06), and so does a snapshot with what came after it.
func TestAnyHistory(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		x := begin(rt, func(s *protocol.Settings) {
			s.Mode = rapid.SampledFrom([]protocol.Mode{protocol.Auto, protocol.Manual, protocol.Hybrid}).Draw(rt, "mode")
			s.Profile.Enabled = rapid.Bool().Draw(rt, "profile")
			s.Profile.Policy = rapid.SampledFrom([]protocol.Policy{protocol.PolicyAssign, protocol.PolicyWait}).Draw(rt, "policy")
			s.GateSource = rapid.SampledFrom([]protocol.GateSource{protocol.GateBySilence, protocol.GateByDelay}).Draw(rt, "gate")
			s.SilenceMinutes = rapid.SampledFrom([]int{0, 1, 30}).Draw(rt, "T1")
			s.DelayMinutes = rapid.SampledFrom([]int{0, 10, 60}).Draw(rt, "T2")
			s.BusyTime = rapid.Bool().Draw(rt, "busy")
		})
		people := []protocol.Caller{visitor, ann, bob, lee, moon, boss}
		var cut int
		var snapshot []byte
		closed := 0
		greetings, refused, refusals := 0, 0, 0
		for range rapid.IntRange(1, 60).Draw(rt, "steps") {
			x.later(time.Duration(rapid.SampledFrom([]int{0, 0, 1, 60, 600, 1800}).Draw(rt, "later")) * time.Second)
			who := rapid.SampledFrom(people).Draw(rt, "who")
			id := protocol.ClientID("")
			if n := rapid.IntRange(0, 12).Draw(rt, "id"); n > 0 {
				id = protocol.ClientID(fmt.Sprintf("client-%04d", n))
			}
			b, by := draw(rt, x)
			if by != nil {
				who, id = *by, ""
			}
			before := *x.s
			rej := x.try(who, id, b)
			if rej != nil {
				require.Equal(rt, plain(&before), plain(x.s), "a refusal changes nothing")
			}
			for _, e := range x.step.Events {
				switch e := e.(type) {
				case *protocol.RoomClosed:
					closed++
				case *protocol.MessagePosted:
					switch {
					case e.Code == protocol.MGreet:
						greetings++
					case e.Code == protocol.MRefuse:
						refusals++
					case e.BeforeProfile:
						refused++
					}
				case *protocol.RoomAssigned:
					require.Equal(rt, before.Assignment+1, e.Assignment, "I-01: assignments are ordered")
				}
			}
			if before.ClosedAt != 0 {
				require.Equal(rt, before.State, x.s.State, "I-09")
				require.Equal(rt, before.ClosedAt, x.s.ClosedAt)
			}
			if d := Deadline(x.s); d != 0 {
				require.True(rt, x.s.RowDeadline != 0 && x.s.RowDeadline <= d, "the row's deadline %d, the room's %d", x.s.RowDeadline, d)
			}
			require.LessOrEqual(rt, x.s.CustRead, x.s.Log.Room)
			require.LessOrEqual(rt, x.s.AgentRead, x.s.Log.Desk)
			if rapid.IntRange(0, 9).Draw(rt, "cut") == 0 {
				cut, snapshot = len(x.log), Snapshot(x.s)
			}
		}
		require.LessOrEqual(rt, closed, 1, "I-09")
		require.LessOrEqual(rt, greetings, 1, "I-08")
		require.Equal(rt, refused, refusals, "I-08")

		require.Equal(rt, plain(x.s), plain(x.replayed()), "I-06")
		if snapshot != nil {
			s, err := Restore(x.s.Addr, snapshot)
			require.NoError(rt, err)
			for _, r := range x.log[cut:] {
				Apply(s, r)
			}
			require.Equal(rt, View(x.s), View(s))
			again, err := Restore(x.s.Addr, Snapshot(s))
			require.NoError(rt, err)
			require.Equal(rt, plain(s), plain(again))
		}
	})
}

// draw makes a command, and its caller where that is not free.
func draw(rt *rapid.T, x *story) (protocol.Body, *protocol.Caller) {
	text := rapid.SampledFrom([]string{"x", "y", "", "안녕"})
	agents := rapid.SampledFrom([]protocol.Caller{ann, bob})
	stale := func() uint32 {
		return rapid.SampledFrom([]uint32{0, x.s.Assignment, x.s.Assignment, 1}).Draw(rt, "assignment")
	}
	seat := func(causes ...protocol.Cause) protocol.Seat {
		return seatOf(uint64(len(x.log)+1), agents.Draw(rt, "seat"), rapid.SampledFrom(causes).Draw(rt, "cause"))
	}
	switch rapid.IntRange(0, 19).Draw(rt, "what") {
	case 0, 1:
		return protocol.OpenRoom{Room: roomID, Start: protocol.StartRoom{Key: key, Channel: protocol.Web}, Customer: 7}, &internal
	case 2, 3:
		a := protocol.SeatAnswer{Room: roomID, Need: x.s.Need, Place: 1, Waiting: 2,
			Hours: rapid.SampledFrom([]protocol.Hours{protocol.InHours, protocol.InHours, protocol.OutIntake, protocol.OutClosed}).Draw(rt, "hours")}
		switch rapid.IntRange(0, 5).Draw(rt, "answer") {
		case 0:
			a.Refused = protocol.NoAgent
		case 1, 2, 3:
			s := seat(protocol.CauseEntry)
			a.Seat = &s
		}
		return a, &internal
	case 4, 5:
		return protocol.OfferSeat{Room: roomID, Seat: seat(protocol.CauseSelf, protocol.CauseBacklog, protocol.CauseManager, protocol.CauseManagerChange),
			Caller: lee, Assignment: stale(), Check: rapid.Bool().Draw(rt, "check")}, &internal
	case 6, 7, 8:
		return protocol.SendMessage{Room: roomID, Kind: rapid.SampledFrom([]protocol.MessageKind{protocol.Text, protocol.Text, protocol.Memo, protocol.Image}).Draw(rt, "kind"),
			Text: text.Draw(rt, "text"), File: "f_room", Assignment: stale()}, nil
	case 9:
		return x.form(text.Draw(rt, "name"), "01012345678"), &visitor
	case 10:
		return protocol.MarkRead{Room: roomID, Upto: rapid.Uint64Range(0, 70).Draw(rt, "upto")}, nil
	case 11:
		return protocol.SetRoom{Room: roomID, Set: protocol.MetaField(rapid.IntRange(0, 63).Draw(rt, "set")), Assignment: stale(), Hold: rapid.Bool().Draw(rt, "hold"),
			AlarmAt: protocol.At(x.now.Add(time.Minute)), Tags: []string{"a"}, Flag: protocol.FlagRed, Category: "c1"}, nil
	case 12:
		if rapid.IntRange(0, 3).Draw(rt, "end") > 0 {
			return protocol.ViewRoom{Room: roomID}, nil
		}
		return protocol.EndRoom{Room: roomID, Assignment: stale()}, nil
	case 13:
		return protocol.Arrive{Room: roomID, Customer: 7, Repeat: rapid.Bool().Draw(rt, "repeat"), Final: rapid.Bool().Draw(rt, "final")}, &internal
	case 15:
		return protocol.RequestChange{Room: roomID, Assignment: stale(), To: agents.Draw(rt, "to").Account, Text: text.Draw(rt, "text")}, nil
	case 16:
		return protocol.RequestReview{Room: roomID, Assignment: stale(), Text: text.Draw(rt, "text")}, nil
	case 17:
		return protocol.DecideRequest{Room: roomID, Number: rapid.Uint32Range(0, x.s.Requests+1).Draw(rt, "request"), OK: rapid.Bool().Draw(rt, "ok")}, nil
	case 18:
		s := seat(protocol.CauseChange)
		return protocol.OfferSeat{Room: roomID, Seat: s, Caller: lee, Assignment: x.s.Assignment, Check: true, Request: x.s.Requests}, &internal
	case 19:
		return protocol.RateRoom{Room: roomID, Score: rapid.Uint8Range(0, 6).Draw(rt, "score")}, &visitor
	case 14:
		return protocol.AskOffer{Room: roomID, Turn: rapid.Uint64Range(0, 60).Draw(rt, "turn"), Agent: "ann"}, &internal
	}
	return protocol.DeadlineReached{}, &internal
}
