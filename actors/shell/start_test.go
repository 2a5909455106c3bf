package shell

import (
	"testing"

	"github.com/stretchr/testify/require"

	"switchyard/protocol"
)

// TestASiteThatCannotBeLoadedDoesNotStopTheNode: it is set aside at the start, and the others are served.
func TestASiteThatCannotBeLoadedDoesNotStopTheNode(t *testing.T) {
	for _, how := range []string{"settings", "open room"} {
		t.Run(how, func(t *testing.T) {
			bubble(t, func(t *testing.T, r *rig) {
				there := protocol.SiteAt("there")
				r.ask(there, protocol.CreateSite{Site: "there"}).must()
				r.ask(protocol.RoomAt("there", "r1"), add{5}).must()
				r.ask(room1, add{1}).must()
				next := r.store.crash()
				r.store = next
				r.store.automatic(true)
				if how == "settings" {
					next.badEvents[theSite] = protocol.ErrChecksum
				} else {
					next.rows[rowName(protocol.Shard(here, fakeShards), protocol.RowOpenRoom, protocol.OpenRoomKey(here, "r1"))] = []byte{0xff}
				}
				r.boot()
				require.NoError(t, r.startErr)
				require.Equal(t, 5, r.sum(protocol.RoomAt("there", "r1")))
				require.Equal(t, "unavailable", r.ask(room1, look{}).code())
				require.Equal(t, "unavailable", r.ask(theSite, look{}).code())
			})
		})
	}
}
