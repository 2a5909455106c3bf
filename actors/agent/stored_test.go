package agent

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"switchyard/actors/core"
	"switchyard/protocol"
)

// An inbox comes back from its snapshot, and from one of store format 2, whose rooms were JSON objects; one that is cut is refused.
func TestRestoreReadsEverySnapshot(t *testing.T) {
	s := newState(protocol.AgentAt("acme", "kim"))
	s.Log, s.Until, s.Duty = core.Log{Number: 700, Desk: 650}, 1795151564301, true
	for i := range 40 {
		r := protocol.InboxRoom{Room: protocol.RoomIDFrom(protocol.Chance{byte(i)}), Assignment: uint32(i%3 + 1), Cause: protocol.CauseBacklog, Channel: protocol.Web, Since: 1795151564301 + protocol.Instant(i)}
		if i%2 == 0 {
			r.Title = fmt.Sprint("문의 ", i)
		}
		s.Rooms = append(s.Rooms, r)
	}
	s.Offers = []protocol.InboxOffered{{Room: "r_offered", Turn: 9, Title: "문의", Until: 1795151574301}}
	old, err := json.Marshal(struct {
		Addr   protocol.Address
		Log    core.Log
		Want   protocol.Want
		Until  protocol.Instant
		Duty   bool
		Rooms  []protocol.InboxRoom
		Offers []protocol.InboxOffered
	}{s.Addr, s.Log, s.Want, s.Until, s.Duty, s.Rooms, s.Offers})
	require.NoError(t, err)
	now := Snapshot(s)
	require.Less(t, len(now), len(old)*3/4)
	for _, b := range [][]byte{old, now} {
		got, err := Restore(s.Addr, b)
		require.NoError(t, err)
		require.Equal(t, View(s), View(got))
		require.Equal(t, string(now), string(Snapshot(got)))
	}
	text := string(now)
	from := strings.Index(text, `"Rooms":"`) + len(`"Rooms":"`)
	for _, cut := range []int{1, 2, 3, 10} {
		_, err := Restore(s.Addr, []byte(text[:from]+text[from+cut:]))
		require.Error(t, err, "%d bytes of the rooms are missing", cut)
	}
}
