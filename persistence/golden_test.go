package persistence

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"switchyard/protocol"
)

// TestF26TheStoreOfVersion1 opens testdata/store.1: a store that the last program of format 1 made (of 2026-11-28) in two lives, so
// that it has a table and a log, with what a site of one customer leaves there. It is migrated, and everything that it said is
// read as it was said, now and after another opening. The directory is never made anew: a store of version 1 is readable for as
// long as the ladder in FORMAT.md says.
func TestF26TheStoreOfVersion1(t *testing.T) {
	fs := vfs.NewMem()
	copied(t, fs, "testdata/store.1")
	const site, at = protocol.SiteID("acme"), protocol.Instant(1795151564301)
	epoch := ""
	for range 2 {
		s := open(t, vaulted(fs))
		require.Equal(t, 4, s.Shards())
		require.NotEmpty(t, s.Epoch())
		if epoch != "" {
			require.Equal(t, epoch, s.Epoch())
		}
		epoch = s.Epoch()
		version, err := readNumber(s.db, keyFormat)
		require.NoError(t, err)
		require.EqualValues(t, formatVersion, version)

		events := func(a protocol.Address) (all []protocol.Event) {
			require.NoError(t, s.Events(a, 0, -1, func(r protocol.Recorded) error {
				require.EqualValues(t, len(all)+1, r.Number)
				require.Equal(t, at, r.At)
				require.False(t, r.Erased)
				all = append(all, r.Event)
				return nil
			}))
			return all
		}
		row := func(kind protocol.RowKind, key []byte) []byte {
			v, err := s.Row(protocol.Shard(site, 4), kind, key)
			require.NoError(t, err)
			require.NotNil(t, v, kind)
			v, err = protocol.OpenRow(kind, key, v, s.Keys())
			require.NoError(t, err)
			return v
		}
		customer := &protocol.Customer{No: 7, Key: "acme_hong", ID: "hong", Channel: protocol.Web, Grade: protocol.GradeVIP, Tags: []string{"단골"}, Rooms: 1}
		profile := &protocol.Profile{
			ID: "hong", Name: protocol.FieldAt{Value: "홍길동", At: at}, Members: []protocol.Member{{No: 7, Key: "acme_hong", Channel: protocol.Web}}, Rooms: 1,
		}
		file := &protocol.FileRow{ID: "f_old", Hash: make([]byte, 32), Type: "image/png", Size: 9, Width: 1, Height: 1, Room: "r_old", Key: "acme_hong", At: at}
		require.Equal(t, []protocol.Event{
			&protocol.SharedProfileSaved{Profile: *profile}, &protocol.CustomerSaved{Customer: *customer, Why: "started", Number: 31}, &protocol.FileSaved{File: *file},
		}, events(protocol.CustomersAt(site)))
		require.Equal(t, []protocol.Event{
			&protocol.RoomOpened{Site: site, Customer: 7, Key: "acme_hong", Channel: protocol.Web, Title: "문의", Params: []protocol.Param{{Name: "parameter1", Value: "vip"}}, Number: 31},
			&protocol.MessagePosted{ID: "m_1", ClientID: "01JD3V7W8X9Y2Z4A6B8C0D1E2F", From: protocol.FromCustomer, Kind: protocol.Text, Text: "사이즈를 바꿀 수 있나요?"},
			&protocol.RoomClosed{State: protocol.Closed, Actor: protocol.EndedByAgent, Reason: protocol.EndNormal, By: "kim"},
		}, events(protocol.RoomAt(site, "r_old")))

		k, err := protocol.DecodeCustomer(row(protocol.RowCustomer, protocol.CustomerRowKey(site, 7)))
		require.NoError(t, err)
		require.Equal(t, customer, k)
		p, err := protocol.DecodeProfile(row(protocol.RowProfile, protocol.ProfileRowKey(site, "hong")))
		require.NoError(t, err)
		require.Equal(t, profile, p)
		require.EqualValues(t, 7, protocol.DecodeNo(row(protocol.RowCustomerKey, protocol.CustomerKeyRowKey(site, "acme_hong"))))
		f, err := protocol.DecodeFile(row(protocol.RowFile, protocol.FileRowKey(site, "f_old")))
		require.NoError(t, err)
		require.Equal(t, file, f)
		require.Equal(t, file.Hash, f.Lies(), "the content lies where it lay")
		require.Empty(t, row(protocol.RowRoomFile, protocol.RoomFileKey(site, "r_old", "f_old")), "made by the migration")
		open, err := protocol.DecodeOpenRoom(row(protocol.RowOpenRoom, protocol.OpenRoomKey(site, "r_open")))
		require.NoError(t, err)
		require.Equal(t, protocol.OpenRoomRow{
			Room: "r_old", State: protocol.Waiting, Since: at, CreatedAt: at, RequestedAt: at, Place: 1, Channel: protocol.Web, Customer: 7, Key: "acme_hong", Number: 31,
			Joined: []protocol.CustomerKey{"acme_r7"},
		}, open)
		closed, err := protocol.DecodeClosedRoom(row(protocol.RowClosedRoom, protocol.ClosedRoomKey(site, at+1000, "r_old")))
		require.NoError(t, err)
		require.Equal(t, protocol.ClosedRoomRow{
			Room: "r_old", State: protocol.Closed, Channel: protocol.Web, Customer: 7, Key: "acme_hong", CreatedAt: at, RequestedAt: at, ClosedAt: at + 1000,
			Actor: protocol.EndedByAgent, Reason: protocol.EndNormal, Agent: "kim", Number: 31, Title: "문의",
		}, closed)
		history, err := protocol.DecodeHistory(row(protocol.RowCustomerRoom, protocol.HistoryRowKey(site, 7, at, "r_old")))
		require.NoError(t, err)
		require.Equal(t, protocol.HistoryRow{Closed: closed, Memos: 1}, history)
		v, err := s.Row(protocol.Shard(site, 4), protocol.RowOpenRoom, protocol.OpenRoomKey(site, "r_old"))
		require.NoError(t, err)
		require.Nil(t, v, "deleted in its second life")
		require.NoError(t, s.Close())
	}
}

// copied puts a store of an older program on a memory disk.
func copied(t *testing.T, fs vfs.FS, dir string) {
	require.NoError(t, fs.MkdirAll("store", 0o755))
	names, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, names, 7)
	for _, n := range names {
		copiedFile(t, fs, filepath.Join(dir, n.Name()), fs.PathJoin("store", n.Name()))
	}
}

func copiedFile(t *testing.T, fs vfs.FS, from, to string) {
	b, err := os.ReadFile(from)
	require.NoError(t, err)
	f, err := fs.Create(to, vfs.WriteCategoryUnspecified)
	require.NoError(t, err)
	_, err = f.Write(b)
	require.NoError(t, err)
	require.NoError(t, f.Close())
}

// TestF26TheStoreOfVersion2 opens testdata/store.2, which the last program of format 2 made in two lives, with the customers' keys
// beside it (they seal nothing but this test's sentences): records of version 2 with their ids written, and the directory's counters in JSON.
func TestF26TheStoreOfVersion2(t *testing.T) {
	fs := vfs.NewMem()
	copied(t, fs, "testdata/store.2")
	require.NoError(t, fs.MkdirAll(fs.PathDir(keysPath), 0o700))
	copiedFile(t, fs, "testdata/store.2.keys", keysPath)
	const site, at = protocol.SiteID("acme"), protocol.Instant(1795151564301)
	room := protocol.RoomIDFrom(protocol.Chance{1, 2, 3})
	opened := &protocol.RoomOpened{Site: site, Customer: 7, Key: "acme_hong", Channel: protocol.Web, Title: "문의", Number: 31, Seal: 1}
	asked := &protocol.MessagePosted{
		ID: protocol.MessageIDFrom(room, "c", "01JD3V7W8X9Y2Z4A6B8C0D1E2F", 0), ClientID: "01JD3V7W8X9Y2Z4A6B8C0D1E2F", From: protocol.FromCustomer,
		Kind: protocol.Text, Text: "사이즈를 바꿀 수 있나요?",
	}
	answered := &protocol.MessagePosted{
		ID: protocol.MessageIDFrom(room, "a/kim", "k-1", 0), ClientID: "k-1", From: protocol.FromAgent, Account: "kim", Name: "김상담", Kind: protocol.Text, Text: "네, 가능합니다.",
	}
	want := []protocol.Event{opened, asked, answered}
	for life := range 3 {
		s := open(t, vaulted(fs))
		version, err := readNumber(s.db, keyFormat)
		require.NoError(t, err)
		require.EqualValues(t, formatVersion, version)
		var got []protocol.Event
		require.NoError(t, s.Events(protocol.RoomAt(site, room), 0, -1, func(r protocol.Recorded) error {
			require.EqualValues(t, len(got)+1, r.Number)
			require.Equal(t, r.Number, r.Desk)
			require.Equal(t, r.Number, r.Room)
			got = append(got, r.Event)
			return nil
		}))
		require.Equal(t, want, got, "records of both versions stand in one journal")
		snapshot, err := s.Row(protocol.Shard(site, 4), protocol.RowSnapshot, protocol.RowKey(site, "customer", protocol.CustomersAt(site).ID))
		require.NoError(t, err)
		require.JSONEq(t, `{"Addr":{"Kind":4,"Site":"acme","ID":""},"Last":7,"Log":{"Number":1,"Desk":0,"Room":0},"Room":31}`, string(snapshot))

		// The room goes on, in records of this program.
		n := uint64(len(want) + 1)
		next := *asked
		next.ClientID = protocol.ClientID("next-" + string(rune('0'+life)))
		next.ID = protocol.MessageIDFrom(room, "c", string(next.ClientID), 0)
		sealing := protocol.Sealing{Keys: s.Keys()}
		record := sealing.Append(nil, protocol.RoomAt(site, room), at, []protocol.Recorded{{Number: n, Desk: n, Room: n, Event: &next}}, 1)
		require.EqualValues(t, protocol.RecordVersion, record[0])
		s.HandOver(&protocol.Entry{Shard: protocol.Shard(site, 4), At: at, Actor: protocol.RoomAt(site, room), First: n, Count: 1, Record: record}, nil)
		want = append(want, &next)
		require.NoError(t, s.Close())
	}
}
