package room

import (
	"testing"

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
