package customer

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"switchyard/protocol"
)

// An upload is recorded once: a repeat gets the first file, another content under the same client id is a conflict (I-07),
// and the ids of different uploaders and sites never meet.
func TestFiles(t *testing.T) {
	const site = protocol.SiteID("1000")
	s := Machine.New(protocol.CustomersAt(site))
	rows := map[string][]byte{}
	kim := protocol.Caller{Role: protocol.Visitor, Site: site, Customer: "1000_kim"}
	lee := protocol.Caller{Role: protocol.Visitor, Site: site, Customer: "1000_lee"}
	ann := protocol.Caller{Role: protocol.Agent, Site: site, Account: "ann"}
	n := byte(0)
	save := func(who protocol.Caller, id protocol.ClientID, content string, room protocol.RoomID) (protocol.FileAnswer, error) {
		n++
		c := protocol.Command{Body: protocol.SaveFile{File: protocol.FileRow{Hash: []byte(content), Room: room}}, Caller: who, ClientID: id, Ticket: 1,
			Chance: protocol.Chance{n}, Records: protocol.Records{}}
		for _, ref := range Needs(s, c) {
			c.Records[ref] = protocol.Record{Value: rows[ref.Key]}
		}
		step, err := Decide(s, c, time.UnixMilli(7))
		if err != nil {
			require.Empty(t, step.Events)
			return protocol.FileAnswer{}, err
		}
		var recs []protocol.Recorded
		for _, e := range step.Events {
			r := s.Log.Next(e, 7)
			Apply(s, r)
			recs = append(recs, r)
		}
		for _, r := range Rows(s, recs) {
			if r.Kind == protocol.RowRoomFile { // F-40: by which a room that goes finds its files
				f := step.Reply.Result.(protocol.FileAnswer).File
				require.Equal(t, f.ID, protocol.RoomFileOf(site, f.Room, r.Key))
				require.Equal(t, protocol.RoomFileKey(site, f.Room, f.ID), r.Key)
				continue
			}
			require.Equal(t, protocol.RowFile, r.Kind)
			rows[string(r.Key)] = r.Value
		}
		return step.Reply.Result.(protocol.FileAnswer), nil
	}
	first, err := save(kim, "write-0001", "a", "r_1")
	require.NoError(t, err)
	require.True(t, protocol.ValidFile(first.File.ID))
	require.EqualValues(t, 7, first.File.At)
	stored, err := protocol.DecodeFile(rows[string(protocol.FileRowKey(site, first.File.ID))])
	require.NoError(t, err)
	require.Equal(t, first.File, *stored)

	again, err := save(kim, "write-0001", "a", "r_1")
	require.NoError(t, err)
	require.Equal(t, protocol.FileAnswer{File: first.File, Duplicate: true}, again)
	require.Len(t, rows, 1)
	for _, other := range []struct{ content, room string }{{"b", "r_1"}, {"a", "r_2"}} {
		_, err = save(kim, "write-0001", other.content, protocol.RoomID(other.room))
		require.Equal(t, protocol.RejectField(protocol.Conflict, "client_id", "was used for another upload"), err)
	}
	for _, who := range []protocol.Caller{lee, ann} {
		f, err := save(who, "write-0001", "a", "r_1")
		require.NoError(t, err)
		require.False(t, f.Duplicate)
		require.NotEqual(t, first.File.ID, f.File.ID)
	}
	for range 2 { // without a client id every upload is one of its own
		_, err := save(kim, "", "a", "r_1")
		require.NoError(t, err)
	}
	require.Len(t, rows, 5)
	require.EqualValues(t, 5, s.Log.Number)
}
