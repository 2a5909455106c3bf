package room

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"switchyard/protocol"
)

// The lists of a room come back from a snapshot as they went in, whatever is in them.
func TestPackedListsComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newState(protocol.RoomAt("demo", "r_1"))
		for range rapid.IntRange(0, 300).Draw(t, "writes") {
			s.Writes = append(s.Writes, write{Hash: rapid.Uint32().Draw(t, "hash"), Number: rapid.Uint32().Draw(t, "number")})
		}
		for range rapid.IntRange(0, 300).Draw(t, "places") {
			p := place{Desk: rapid.Uint32().Draw(t, "desk"), Room: rapid.Uint32().Draw(t, "room")}
			s.ForAgent, s.ForCustomer = append(s.ForAgent, p), append(s.ForCustomer, place{Desk: p.Room, Room: p.Desk})
		}
		back, err := Restore(s.Addr, Snapshot(s))
		require.NoError(t, err)
		require.Equal(t, s, back)
		require.Same(t, ordinary, back.Rare)
	})
}

// A snapshot of before the lists were packed is read, and one that is cut off is refused: the room is then made from its events.
func TestSnapshotsOfBeforeAreRead(t *testing.T) {
	old := []byte(`{"Shape":` + string(must(json.Marshal(shape))) + `,"Log":{"Number":9},"Writes":[{"Hash":4000000000,"Number":3},{"Hash":7,"Number":5}],` +
		`"ForAgent":[{"Desk":3,"Room":2},{"Desk":5,"Room":4}],"ForCustomer":null}`)
	s, err := Restore(protocol.RoomAt("demo", "r_1"), old)
	require.NoError(t, err)
	require.Equal(t, writes{{4000000000, 3}, {7, 5}}, s.Writes)
	require.Equal(t, places{{3, 2}, {5, 4}}, s.ForAgent)
	require.Empty(t, s.ForCustomer)

	for _, bad := range []string{`"AAAA"`, `"AAAAAIA"`, `"*"`, `7`, `"A"`} {
		require.Error(t, new(writes).UnmarshalJSON([]byte(bad)), bad)
	}
	for _, bad := range []string{`"gA"`, `"AIA"`, `"*"`, `7`} {
		require.Error(t, new(places).UnmarshalJSON([]byte(bad)), bad)
	}
}

// PERF-1e: a snapshot costs a busy room some seven bytes for each message of the day, where it cost thirty.
func TestASnapshotIsSmall(t *testing.T) {
	var s State
	for i := range uint32(1000) {
		s.Writes = append(s.Writes, write{Hash: i * 2654435761, Number: 10 + i})
	}
	small := len(Snapshot(&s))
	require.Less(t, small-len(Snapshot(&State{})), 7*1000)
	require.NotContains(t, string(Snapshot(&s)), "Hash")
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}
