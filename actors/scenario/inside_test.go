package scenario

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"switchyard/protocol"
)

// TestMemosStayInside: in every story, whatever the customer's stream of any room shows, it shows no memo:
// neither its words nor, by a missing number, that there was one.
func TestMemosStayInside(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	require.NoError(t, err)
	memos := 0
	for _, file := range files {
		story, err := os.ReadFile(file)
		require.NoError(t, err)
		var world rig
		_, err = play(string(story), func(at time.Time) rig {
			world = newBare(at)
			return world
		})
		require.NoError(t, err)
		for a, log := range world.(*bare).w.Logs() {
			if a.Kind != protocol.KindRoom {
				continue
			}
			var words []string
			var shown []byte
			last := uint64(0)
			for _, r := range log {
				if m, ok := r.Event.(*protocol.MessagePosted); ok && m.Kind == protocol.Memo {
					words = append(words, m.Text)
				}
				if r.Room != 0 {
					require.Equal(t, last+1, r.Room, "%s: %s", file, a)
					last = r.Room
				}
				shown = protocol.AppendFrame(shown, protocol.Stream{View: protocol.StreamRoom, Of: a}, &r)
			}
			require.NotContains(t, string(shown), `"kind":"memo"`, "%s: %s", file, a)
			for _, w := range words {
				memos++
				require.False(t, strings.Contains(string(shown), w), "%s: a customer reads %q", file, w)
			}
		}
	}
	require.Greater(t, memos, 5, "the stories have memos")
}
