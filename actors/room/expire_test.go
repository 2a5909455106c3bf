package room

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"switchyard/protocol"
)

// TestF40ARoomGoesWhenItsPeriodHasPassed, and not a millisecond before; an open one never, whatever its age, and
// nobody outside can ask for it. What it says no to changes nothing.
func TestF40ARoomGoesWhenItsPeriodHasPassed(t *testing.T) {
	const day = 24 * time.Hour
	expire := protocol.ExpireRoom{Room: roomID}
	kept := func(days int) *story {
		return begin(t, func(s *protocol.Settings) { s.RetentionDays = days })
	}
	refused := func(x *story, who protocol.Caller, code protocol.RejectCode) {
		t.Helper()
		before := plain(x.s)
		rej := x.try(who, "", expire)
		require.NotNil(t, rej)
		require.Equal(t, code, rej.Code)
		require.False(t, x.step.Forget)
		require.Equal(t, before, plain(x.s))
	}
	refused(kept(30), internal, protocol.NotFound)
	x := kept(30).active()
	x.later(400 * day)
	refused(x, internal, protocol.Conflict)
	x.do(ann, protocol.EndRoom{Room: roomID})
	closed := x.s.ClosedAt
	x.later(30*day - time.Millisecond)
	refused(x, internal, protocol.Conflict)
	x.later(time.Millisecond)
	refused(x, ann, protocol.NotFound)
	refused(x, boss, protocol.NotFound)
	x.facts.Settings.RetentionDays = 0
	refused(x, internal, protocol.Conflict)
	x.facts.Settings.RetentionDays = 30
	require.Nil(t, x.try(internal, "", expire))
	require.True(t, x.step.Forget)
	require.Empty(t, x.step.Events)
	require.Empty(t, x.step.Tells)

	// Its rows: what it wrote itself, and its files, of no other room.
	files := []string{"f_1", "f_2"}
	rows, err := Forget(x.s, func(kind protocol.RowKind, prefix []byte, each func(k, v []byte) error) error {
		require.Equal(t, protocol.RowRoomFile, kind)
		require.Equal(t, protocol.RowKey(siteID, string(roomID)), prefix)
		for _, f := range files {
			if err := each(protocol.RoomFileKey(siteID, roomID, f), []byte{}); err != nil {
				return err
			}
		}
		return nil
	})
	require.NoError(t, err)
	gone := map[protocol.RowKind][]string{}
	for _, r := range rows {
		require.Nil(t, r.Value)
		gone[r.Kind] = append(gone[r.Kind], string(r.Key))
	}
	key := func(b []byte) []string { return []string{string(b)} }
	require.Equal(t, map[protocol.RowKind][]string{
		protocol.RowClosedRoom:   key(protocol.ClosedRoomKey(siteID, closed, roomID)),
		protocol.RowCustomerRoom: key(protocol.HistoryRowKey(siteID, x.s.Customer, x.s.CreatedAt, roomID)),
		protocol.RowRoomNumber:   key(protocol.RoomNumberRowKey(siteID, x.s.Number)),
		protocol.RowStarted:      key(protocol.StartedKey(siteID, x.s.CreatedAt, roomID)),
		protocol.RowFigures:      key(protocol.ClosedRoomKey(siteID, closed, roomID)),
		protocol.RowFile:         {string(protocol.FileRowKey(siteID, "f_1")), string(protocol.FileRowKey(siteID, "f_2"))},
		protocol.RowRoomFile:     {string(protocol.RoomFileKey(siteID, roomID, "f_1")), string(protocol.RoomFileKey(siteID, roomID, "f_2"))},
	}, gone)
}

// TestF40ForgetKnowsEveryRow: whatever rows a room wrote in its life and did not delete itself are among those that go
// with it. A new row that is forgotten here outlives its room.
func TestF40ForgetKnowsEveryRow(t *testing.T) {
	x := begin(t, func(s *protocol.Settings) { s.RetentionDays = 30 })
	left := map[string]bool{}
	x.active()
	x.do(ann, protocol.RequestReview{Room: roomID, Assignment: x.s.Assignment, Text: "봐 주세요"})
	x.do(ann, protocol.EndRoom{Room: roomID})
	s := Machine.New(x.s.Addr)
	for _, r := range x.log {
		Apply(s, r)
		for _, row := range Rows(s, []protocol.Recorded{r}) {
			name := string([]byte{byte(row.Kind)}) + string(row.Key)
			left[name] = true
			if row.Value == nil {
				delete(left, name)
			}
		}
	}
	require.NotEmpty(t, left)
	rows, err := Forget(x.s, func(protocol.RowKind, []byte, func(k, v []byte) error) error { return nil })
	require.NoError(t, err)
	for _, row := range rows {
		delete(left, string([]byte{byte(row.Kind)})+string(row.Key))
	}
	require.Empty(t, left)
}
