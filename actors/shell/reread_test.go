package shell

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestX30AnAwakeRoomIsReadAgain: what it remembers goes, also what nothing has recorded, nothing of what was said to it is lost, and
// one that sleeps is not woken for it.
func TestX30AnAwakeRoomIsReadAgain(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.ask(room1, add{1})
		r.ask(room1, add{2})
		require.Equal(t, 3, r.sum(room1))
		loads := r.loads.Load()
		require.Equal(t, 3, r.sum(room1))
		require.Equal(t, loads, r.loads.Load(), "it is awake")
		r.e.Reread(room1)
		r.wait()
		require.Equal(t, "", r.ask(room1, add{4}).code())
		require.Equal(t, 7, r.sum(room1))
		require.Equal(t, loads+1, r.loads.Load())
		r.e.Reread(room2)
		r.wait()
		require.Equal(t, loads+1, r.loads.Load(), "nobody was there")

		r.store.automatic(false) // its past is not durable yet
		r.ask(room1, add{5})
		r.e.Reread(room1)
		x := r.ask(room1, look{})
		r.store.automatic(true)
		r.wait()
		require.True(t, x.given())
		require.Equal(t, 12, r.sum(room1))
	})
}
