package shell

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"switchyard/actors/core"
	"switchyard/protocol"
)

// F-20: whatever one room's commands make its mind do, its neighbours say and write what they would have without it.
func TestF20NeighboursTranscriptsAreThoseOfAFaultFreeRun(t *testing.T) {
	poison := map[string]func(*rig){
		"none":   func(*rig) {},
		"decide": func(r *rig) { r.ask(room1, do{panics}).must() },
		"apply":  func(r *rig) { r.ask(room1, say{"apply!"}).must() },
		"check":  func(r *rig) { r.ask(room1, add{-1000}).must() },
		"rounds": func(r *rig) {
			r.ask(room1, step(func(_ *toy, _ protocol.Command, out *core.Step) { out.Again = true })).must()
		},
	}
	transcripts := map[string]string{}
	for name, break1 := range poison {
		bubble(t, func(t *testing.T, r *rig) {
			told := ""
			for n := 1; n <= 5; n++ {
				r.ask(room1, add{n}).must()
				break1(r)
				for _, a := range []protocol.Address{room2, ann} {
					x := r.ask(a, add{n}).must()
					told += fmt.Sprint(a, " ", x.res, " ", x.rej, "\n")
				}
			}
			told += r.seen(room2) + "\n" + r.texts(room2) + "\n" + r.texts(ann) + "\n" + r.seen(queue)
			transcripts[name] = told
			require.Equal(t, 15, r.sum(room1), "and the room itself goes on")
			require.Equal(t, name == "none", len(r.quarantine())+len(r.violated) == 0, "it was poison")
		})
	}
	for name, told := range transcripts {
		require.Equal(t, transcripts["none"], told, name)
	}
}

// F-21: a handler that stalls blocks nobody: who floods it is not held up, its neighbours answer, deadlines and the
// commands of minds arrive, and it takes everything in order when it goes on.
func TestF21AStalledHandlerBlocksNobody(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.ask(room1, look{}).must()
		gate := make(chan struct{})
		stalled := r.ask(room1, step(func(_ *toy, c protocol.Command, out *core.Step) {
			<-gate
			out.Answer(c.Ticket, protocol.Done{})
		}))
		const flood = 5000
		for range flood {
			r.ask(room1, add{1})
		}
		require.False(t, stalled.given())
		require.Empty(t, r.ask(room2, add{1}).code())
		require.Empty(t, r.ask(room2, set{protocol.At(r.clock.Now())}).code())
		r.e.Tick()
		require.Contains(t, r.seen(room2), "rang")
		require.Empty(t, r.ask(room2, owe(room1, "told")).code(), "a mind's tell does not wait for room in the mailbox")
		require.EqualValues(t, flood+2, r.e.Flying())
		close(gate)
		require.True(t, stalled.given())
		require.Equal(t, flood, r.sum(room1))
		require.Empty(t, r.store.all(protocol.RowOwed))
	})
}

// F-27: a snapshot that says more than the journal holds is no help: the room stands aside, and is not an old one with new numbers.
func TestF27ASnapshotBeyondItsJournalSetsTheRoomAside(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.hooks.every = 4
		r.boot()
		for i := range 8 {
			r.ask(room1, add{i}).must()
		}
		r.ask(room2, add{1}).must()
		r.passivateNow(room1)
		r.store.cut(room1, 8)
		require.Equal(t, "internal", r.ask(room1, add{8}).code())
		require.Len(t, r.violated, 1)
		require.Contains(t, r.violated[0], "the snapshot is of event 8")
		require.Equal(t, 1, r.sum(room2), "its neighbour goes on")
	})
}

// F-27: a state that does not fold its history is nothing without its snapshot, and an old one is as bad.
func TestF27AMissingSnapshotOfAStateThatIsNoFoldSetsItAside(t *testing.T) {
	for name, spoil := range map[string]func(r *rig, row string, old []byte){
		"missing": func(r *rig, row string, _ []byte) { delete(r.store.rows, row) },
		"old":     func(r *rig, row string, old []byte) { r.store.rows[row] = old },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, r *rig) {
				r.hooks.every = 1
				r.boot()
				row := rowName(protocol.Shard(here, fakeShards), protocol.RowSnapshot, snapshotKey(room1))
				r.ask(room1, add{1}).must()
				old := r.store.rows[row]
				r.ask(room1, add{2}).must()
				r.passivateNow(room1)
				spoil(r, row, old)
				require.Equal(t, "internal", r.ask(room1, add{3}).code())
				require.Len(t, r.violated, 1)
				require.Contains(t, r.violated[0], "snapshot")
				require.Equal(t, "1 2", r.texts(room1), "nothing was written")
			})
		})
	}
}
