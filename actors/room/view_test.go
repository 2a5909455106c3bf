package room

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"switchyard/protocol"
)

// TestTheLastWordSaysWhichList: an ACTIVE room is 문의 while the customer had the last word, 응대 while the
// agent had it. What the engine says, and a memo, are nobody's word.
func TestTheLastWordSaysWhichList(t *testing.T) {
	x := begin(t, needsProfile(protocol.PolicyAssign)).active()
	inquiry := func() bool { return View(x.s).LastCustomer }
	require.False(t, inquiry())
	require.True(t, func() bool { x.says(visitor, "x"); return inquiry() }())
	x.do(lee, protocol.SendMessage{Room: roomID, Kind: protocol.Memo, Text: "m"})
	require.True(t, inquiry(), "a memo")
	x.submits()
	require.True(t, inquiry(), "M-SAVED")
	x.says(ann, "y")
	require.False(t, inquiry())
	require.Equal(t, protocol.Active, View(x.s).State)
}

// TestTheRowSaysWhoWaits: the open-room row has the customer's first word behind the agent's last one. It is
// rewritten when the last word goes to the other side, not per message.
func TestTheRowSaysWhoWaits(t *testing.T) {
	x := begin(t, timers(0, 0)).active()
	row := func() (written bool, unanswered protocol.Instant) {
		for _, r := range Rows(x.s, x.log[len(x.log)-1:]) {
			if r.Kind == protocol.RowOpenRoom {
				o, err := protocol.DecodeOpenRoom(r.Value)
				require.NoError(t, err)
				require.Equal(t, o.Unanswered, x.s.Asked)
				return true, o.Unanswered
			}
		}
		return false, 0
	}
	require.Zero(t, x.s.Asked, "the agent has the last word")
	x.later(time.Second)
	x.says(visitor, "언제요?")
	first := protocol.At(x.now)
	written, at := row()
	require.True(t, written)
	require.Equal(t, first, at)
	x.later(time.Second)
	x.says(visitor, "여보세요?")
	written, _ = row()
	require.False(t, written, "it waits already")
	require.Equal(t, first, x.s.Asked)
	x.says(ann, "내일요")
	written, at = row()
	require.True(t, written)
	require.Zero(t, at)
	x.says(ann, "아침에요")
	written, _ = row()
	require.False(t, written)

	// A snapshot from before the row said so: the wait began with the newest message or earlier.
	x.says(visitor, "네")
	x.s.Asked = 0
	old, err := Restore(x.s.Addr, Snapshot(x.s))
	require.NoError(t, err)
	require.Equal(t, x.s.Spoken, old.Asked)
}
