package queue

import (
	"testing"

	"github.com/stretchr/testify/require"

	"switchyard/protocol"
)

// TestAnApprovedChangeIsCountedBeforeTheRoomMoves (S-17, section 13): the seat may pass the limit and
// counts from the reservation on; the old seat is free when the room has accepted.
func TestAnApprovedChangeIsCountedBeforeTheRoomMoves(t *testing.T) {
	x := begin(t, 2).changes(func(f *protocol.SiteFacts) { limits(f, map[protocol.AccountID]int{"b": 1}) })
	require.Equal(t, protocol.AccountID("a"), x.enters("r"))
	require.Equal(t, protocol.AccountID("b"), x.enters("q"))
	ask := protocol.ChangeAgent{Room: "r", Number: 3, To: "b", Assignment: 1, Caller: boss, ClientID: "decision-1"}
	x.do(ask)
	offer := x.told[0].(protocol.OfferSeat)
	require.Equal(t, protocol.CauseChange, offer.Seat.Cause)
	require.EqualValues(t, 3, offer.Request)
	require.Equal(t, boss, offer.Caller)
	require.EqualValues(t, "decision-1", offer.ClientID)
	require.True(t, offer.Check)
	require.Equal(t, 2, x.load("b"), "reserved, past the limit")
	require.Equal(t, 1, x.load("a"), "and held, until the room has moved")
	require.Equal(t, protocol.Unavailable, x.try(boss, ask).Code, "the same decision again, on its way")
	x.accepts("r", &offer.Seat, 2)
	require.Equal(t, 0, x.load("a"))
	require.Equal(t, 2, x.load("b"))
	require.Equal(t, protocol.Unavailable, x.try(boss, ask).Code, "the room answers it when asked again")
}

// TestAChangeThatIsNotPossible reserves nothing: a target who takes no consultations, a room that
// has moved or gone. Where the site approves by itself the room is told, for nobody else would be.
func TestAChangeThatIsNotPossible(t *testing.T) {
	x := begin(t, 3).changes(func(f *protocol.SiteFacts) { f.Accounts["c"].Consulting = false })
	require.Equal(t, protocol.AccountID("a"), x.enters("r"))
	for _, r := range []struct {
		name string
		ask  protocol.ChangeAgent
		code protocol.RejectCode
	}{
		{"on 상담 안함", protocol.ChangeAgent{Room: "r", To: "c", Assignment: 1}, protocol.Conflict},
		{"nobody", protocol.ChangeAgent{Room: "r", To: "z", Assignment: 1}, protocol.Conflict},
		{"moved meanwhile", protocol.ChangeAgent{Room: "r", To: "b", Assignment: 9}, protocol.Unavailable},
		{"gone meanwhile", protocol.ChangeAgent{Room: "q", To: "b", Assignment: 1}, protocol.Unavailable},
	} {
		rej := x.try(boss, r.ask)
		require.NotNil(t, rej, r.name)
		require.Equal(t, r.code, rej.Code, r.name)
		require.Empty(t, x.told, r.name)
	}
	x.do(protocol.ChangeAgent{Room: "r", Number: 2, To: "c", Assignment: 1, Auto: true})
	require.Equal(t, []protocol.Body{protocol.ChangeImpossible{Room: "r", Number: 2}}, x.told)
	require.Equal(t, 1, x.load("a"))
}
