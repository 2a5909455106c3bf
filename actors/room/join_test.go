package room

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"switchyard/protocol"
)

// TestAnArrivalJoins: a key of its own owns the room from then on, parameters replace field
// by field, blanks do not erase, and what is no news is no event.
func TestAnArrivalJoins(t *testing.T) {
	p := func(name, value string) protocol.Param { return protocol.Param{Name: name, Value: value} }
	x := begin(t)
	x.do(internal, protocol.OpenRoom{Room: roomID, Key: key, Start: protocol.StartRoom{Key: "1000_token", Channel: protocol.Web, Params: []protocol.Param{p("parameter1", "a"), p("parameter2", " ")}}, Customer: 7})
	require.Equal(t, key, x.s.Key, "of the record")
	require.Equal(t, []protocol.CustomerKey{"1000_token"}, x.s.Joined, "the customer was renamed since the token")
	require.Equal(t, []protocol.Param{p("parameter1", "a")}, x.s.Params)
	arrives := func(key protocol.CustomerKey, params ...protocol.Param) uint64 {
		before := x.s.Log.Number
		x.do(internal, protocol.Arrive{Room: roomID, Start: protocol.StartRoom{Key: key, Channel: protocol.Web, Params: params}, Customer: 7})
		return x.s.Log.Number - before
	}
	require.Zero(t, arrives(key))
	require.Zero(t, arrives("1000_token", p("parameter1", "a")))
	require.EqualValues(t, 1, arrives("1000_b", p("parameter1", "b"), p("parameter3", "c"), p("parameter2", "")))
	require.Equal(t, []protocol.Param{p("parameter1", "b"), p("parameter3", "c")}, View(x.s).Params)
	require.EqualValues(t, 1, arrives(key, p("parameter3", "d")))
	require.Equal(t, []protocol.Param{p("parameter1", "b"), p("parameter3", "d")}, View(x.s).Params)

	for who, owns := range map[protocol.CustomerKey]bool{key: true, "1000_token": true, "1000_b": true, "1000_c": false} {
		require.Equal(t, owns, x.s.owns(who), who)
	}
	for i := range joinedMax {
		arrives(protocol.CustomerKey(fmt.Sprint("1000_many", i)))
	}
	require.Len(t, x.s.Joined, joinedMax)
	require.False(t, x.s.owns("1000_token"), "the oldest is forgotten")
	require.True(t, x.s.owns(key))
}

// TestTheNewestOfTwoRooms (17.2 step 6): each room that is open puts itself forward if its newest message is
// newer, whoever wrote it; the last one tells the directory.
func TestTheNewestOfTwoRooms(t *testing.T) {
	start := protocol.StartRoom{Key: key, Channel: protocol.Web}
	x := begin(t)
	x.do(internal, protocol.OpenRoom{Room: roomID, Start: start, Customer: 7})
	opened := protocol.At(x.now)
	ask := func(best protocol.RoomID, at protocol.Instant, left ...protocol.RoomID) protocol.Body {
		x.do(internal, protocol.AskNewest{Start: start, ClientID: "start-0001", Asked: []protocol.RoomID{"r_first"}, Left: append([]protocol.RoomID{roomID}, left...), Best: best, At: at})
		require.Len(t, x.step.Tells, 1)
		require.Empty(t, x.step.Events)
		return x.step.Tells[0].Body
	}
	require.Equal(t, protocol.NewestFound{Start: start, ClientID: "start-0001", Asked: []protocol.RoomID{"r_first", roomID}, Best: roomID}, ask("", 0))
	require.Equal(t, protocol.RoomID("r_first"), ask("r_first", opened).(protocol.NewestFound).Best, "of equal ones the first")
	require.Equal(t, roomID, ask("r_first", opened-1).(protocol.NewestFound).Best)
	on := ask("r_first", opened-1, "r_last").(protocol.AskNewest)
	require.Equal(t, []protocol.RoomID{"r_last"}, on.Left)
	require.Equal(t, opened, on.At)

	x.now = x.now.Add(time.Minute)
	x.do(visitor, protocol.SendMessage{Room: roomID, Kind: protocol.Text, Text: "하나"})
	require.Equal(t, roomID, ask("r_first", protocol.At(x.now)-1).(protocol.NewestFound).Best, "its message is newer")
	x.do(visitor, protocol.EndRoom{Room: roomID})
	require.Equal(t, protocol.RoomID(""), ask("", 0).(protocol.NewestFound).Best, "a closed room is no candidate")
}
