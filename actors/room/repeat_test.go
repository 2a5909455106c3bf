package room

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"switchyard/protocol"
)

// Once per client_id (I-07).

// send plays a write with a client id and gives its answer.
func (x *story) send(who protocol.Caller, id protocol.ClientID, b protocol.Body) (protocol.Sent, *protocol.Rejection) {
	rej := x.try(who, id, b)
	if rej != nil {
		return protocol.Sent{}, rej
	}
	return x.result().(protocol.Sent), nil
}

func said(text string) protocol.SendMessage {
	return protocol.SendMessage{Room: roomID, Kind: protocol.Text, Text: text}
}

// TestARepeatIsAnsweredLikeTheFirstTime, by everybody, whatever has become of the room, and changes nothing.
func TestARepeatIsAnsweredLikeTheFirstTime(t *testing.T) {
	const id = "0123456789"
	flag := protocol.SetRoom{Room: roomID, Set: protocol.MetaFlag | protocol.MetaTags, Flag: protocol.FlagRed, Tags: []string{"a"}}
	for name, r := range map[string]struct {
		from func(*story) *story
		who  protocol.Caller
		what func(*story) protocol.Body
	}{
		"a customer's message": {(*story).active, visitor, func(*story) protocol.Body { return said("x") }},
		"a refused text":       {(*story).waits, visitor, func(*story) protocol.Body { return said("x") }},
		"an agent's message":   {(*story).active, ann, func(*story) protocol.Body { return said("x") }},
		"a memo":               {(*story).active, ann, func(*story) protocol.Body { return protocol.SendMessage{Kind: protocol.Memo, Text: "m"} }},
		"a file":               {(*story).active, visitor, func(*story) protocol.Body { return protocol.SendMessage{Kind: protocol.File, File: "f_room"} }},
		"the profile":          {(*story).waits, visitor, func(x *story) protocol.Body { return x.form("홍길동", "01012345678") }},
		"the cover":            {(*story).active, ann, func(*story) protocol.Body { return flag }},
		"the end":              {(*story).active, ann, func(*story) protocol.Body { return protocol.EndRoom{Assignment: 1} }},
		"the customer's end":   {(*story).waits, visitor, func(*story) protocol.Body { return protocol.EndRoom{} }},
		"a change request":     {(*story).active, ann, func(*story) protocol.Body { return protocol.RequestChange{Assignment: 1, To: "bob", Text: "x"} }},
		"a review request":     {(*story).active, ann, func(*story) protocol.Body { return protocol.RequestReview{Text: "x"} }},
		"a rejection":          {(*story).asksBob, lee, func(*story) protocol.Body { return protocol.DecideRequest{Number: 1} }},
		"a rating":             {(*story).closed, visitor, func(*story) protocol.Body { return protocol.RateRoom{Score: 5, Comment: "x"} }},
		"a manager's end":      {(*story).active, lee, func(*story) protocol.Body { return protocol.EndRoom{} }},
	} {
		t.Run(name, func(t *testing.T) {
			x := begin(t, needsProfile(protocol.PolicyAssign))
			r.from(x)
			what := r.what(x)
			first, rej := x.send(r.who, id, what)
			require.Nil(t, rej)
			require.False(t, first.Duplicate)
			written := len(x.log)
			for _, then := range []func(){
				func() {},
				func() { x.later(time.Hour) },
				func() {
					if x.s.State.Bound() { // it changed hands
						x.do(internal, x.offered(protocol.CauseManagerChange, bob, lee))
					}
				},
				func() {
					if x.s.State.Open() { // it closed
						x.do(boss, protocol.EndRoom{})
					}
				},
			} {
				then()
				before := len(x.log)
				again, rej := x.send(r.who, id, what)
				require.Nil(t, rej, "room: %s", Describe(x.s))
				require.True(t, again.Duplicate)
				again.Duplicate = false
				require.Equal(t, first, again)
				require.Len(t, x.log, before)
			}
			require.GreaterOrEqual(t, len(x.log), written)
		})
	}
}

// TestTheSameIDWithAnotherBodyIsAConflict, also where it would be refused.
func TestTheSameIDWithAnotherBodyIsAConflict(t *testing.T) {
	const id = "0123456789"
	x := begin(t).active()
	_, rej := x.send(visitor, id, said("x"))
	require.Nil(t, rej)
	for _, other := range []protocol.Body{said("y"), said(""), protocol.SendMessage{Kind: protocol.Link, Text: "x"}, protocol.EndRoom{}} {
		_, rej = x.send(visitor, id, other)
		require.NotNil(t, rej)
		require.Equal(t, protocol.Conflict, rej.Code)
		require.Equal(t, "client_id", rej.Field)
	}
	// Another sender may use it.
	_, rej = x.send(ann, id, said("y"))
	require.Nil(t, rej)
	// And what was refused was not written: its id is free.
	_, rej = x.send(visitor, "another-id", said(""))
	require.Equal(t, protocol.BadRequest, rej.Code)
	_, rej = x.send(visitor, "another-id", said("z"))
	require.Nil(t, rej)
}

// TestTwoIDsWithOneHashAreTwoWrites: 8 bytes per write are kept, and a hit is confirmed from the log.
func TestTwoIDsWithOneHashAreTwoWrites(t *testing.T) {
	seen := map[uint32]protocol.ClientID{}
	var a, b protocol.ClientID
	for i := 0; b == ""; i++ {
		id := protocol.ClientID(fmt.Sprintf("client-%08d", i))
		h := writeHash(visitor.Sender(), id)
		if old, ok := seen[h]; ok {
			a, b = old, id
		}
		seen[h] = id
	}
	x := begin(t).active()
	first, rej := x.send(visitor, a, said("a"))
	require.Nil(t, rej)
	second, rej := x.send(visitor, b, said("b"))
	require.Nil(t, rej)
	require.False(t, second.Duplicate)
	require.NotEqual(t, first.MessageID, second.MessageID)
	for _, r := range []struct {
		id   protocol.ClientID
		text string
		want protocol.Sent
	}{{a, "a", first}, {b, "b", second}} {
		again, rej := x.send(visitor, r.id, said(r.text))
		require.Nil(t, rej)
		require.True(t, again.Duplicate)
		require.Equal(t, r.want.MessageID, again.MessageID)
	}
}

// TestWritesAreRememberedForADay, and not much longer: 8 bytes each.
func TestWritesAreRememberedForADay(t *testing.T) {
	x := begin(t).active()
	id := func(i int) protocol.ClientID { return protocol.ClientID(fmt.Sprintf("client-%08d", i)) }
	const hours = 80
	for i := range hours * 4 { // one every quarter of an hour
		_, rej := x.send(visitor, id(i), said("x"))
		require.Nil(t, rej)
		require.LessOrEqual(t, len(x.s.Writes), 26*4)
		for _, back := range []int{1, 50, 95} { // up to 23:45 ago
			if i < back {
				continue
			}
			again, rej := x.send(visitor, id(i-back), said("x"))
			require.Nil(t, rej)
			require.True(t, again.Duplicate, "write %d, %d quarters later", i-back, back)
		}
		x.later(15 * time.Minute)
	}
	last := len(x.log)
	again, rej := x.send(visitor, id(hours*4-96), said("x")) // exactly 24 h ago
	require.Nil(t, rej)
	require.True(t, again.Duplicate)
	require.Len(t, x.log, last)
	again, rej = x.send(visitor, id(0), said("x"))
	require.Nil(t, rej)
	require.False(t, again.Duplicate, "long ago")
}
