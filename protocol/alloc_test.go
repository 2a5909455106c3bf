package protocol

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// PERF-1d: what every routed message comes by allocates what it gives away and nothing else.
func TestTheHotPathAllocatesWhatItGivesAway(t *testing.T) {
	chance := Chance{1, 2, 3}
	require.LessOrEqual(t, testing.AllocsPerRun(100, func() { MessageIDFrom("r_abcdefghijkmnpqrstuvwxyz23", "a/anna", "b00001-000000001", 0) }), 1.0, "the id")
	require.LessOrEqual(t, testing.AllocsPerRun(100, func() { RoomIDFrom(chance) }), 1.0, "the id")

	recs := []Recorded{{Number: 7, Desk: 7, Room: 6, Event: &MessagePosted{ID: "m_1", ClientID: "b00001-000000001", From: FromCustomer, Kind: Text, Text: "hello", Timers: Timers{Delay: 5}}}}
	var pen Pen
	sealing, buffer := Sealing{}, make([]byte, 0, 512)
	at := RoomAt("demo", "r_1")
	require.Zero(t, testing.AllocsPerRun(100, func() { sealing.AppendWith(&pen, buffer, at, 1000, recs, 0) }), "the bytes are the caller's")
	require.Equal(t, sealing.Append(nil, at, 1000, recs, 0), sealing.AppendWith(&pen, nil, at, 1000, recs, 0), "a pen leaves no trace")
	keyed, id := Sealing{Keys: copying{}}, MessageIDFrom("r_1", "c", "b00001-000000001", 0)
	recs[0].Event.(*MessagePosted).ID = id
	require.Zero(t, testing.AllocsPerRun(100, func() { keyed.AppendWith(&pen, buffer, at, 1000, recs, 9) }), "an id that follows is compared where it is made")
	recs[0].Event.(*MessagePosted).ID = "m_1"
	require.Zero(t, testing.AllocsPerRun(100, func() { AppendFrame(buffer, Stream{View: StreamDesk, Of: at}, &recs[0]) }), "the bytes are the caller's")
}

// copying seals without a change.
type copying struct{}

func (copying) Seal(dst []byte, _ uint64, plain, _ []byte) []byte { return append(dst, plain...) }
