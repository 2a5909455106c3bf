package scenario

import (
	"bytes"
	"io"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"switchyard/protocol"
)

// TestF40WhatRetentionRemovesIsInNoFile: on the whole engine, a customer's planted text is in the store's files while its room is
// kept, and after the period and one round of tidying in none, while the room of a neighbour that is still open keeps its own.
func TestF40WhatRetentionRemovesIsInNoFile(t *testing.T) {
	const marker, other = "planted-marker-4711", "planted-other-0815"
	f := &full{clock: &virtual{}, disk: vfs.NewCrashableMem(), unsealed: true}
	f.clock.ns.Store(time.Date(2021, 6, 9, 10, 0, 0, 0, kst).UnixNano())
	f.start()
	defer f.close()
	admin := protocol.Caller{Role: protocol.Admin, Site: site, Account: "boss"}
	do := func(to protocol.Address, who protocol.Caller, id protocol.ClientID, b protocol.Body) protocol.Result {
		t.Helper()
		out := f.do(issued{to, protocol.Command{Body: b, Caller: who, ClientID: id}})
		require.True(t, out[0].given)
		require.Nil(t, out[0].err)
		return out[0].result
	}
	do(protocol.SiteAt(site), admin, "", protocol.CreateSite{Site: site, Settings: []byte(`{"distribution.mode":"MANUAL","retention.rooms":30,"no_agent_policy":"WAIT"}`),
		Accounts: []protocol.AccountSaved{{Account: protocol.Account{ID: "boss", Role: protocol.Admin, Name: "대표", Certified: true}, Password: "x"}}})
	room := func(key protocol.CustomerKey, text string) protocol.Address {
		who := protocol.Caller{Role: protocol.Visitor, Site: site, Customer: key}
		s := do(protocol.CustomersAt(site), who, protocol.ClientID("start-"+key), protocol.StartRoom{Key: key, Channel: protocol.Web}).(protocol.Started)
		a := protocol.RoomAt(site, s.Room)
		for i := range 40 {
			do(a, who, protocol.ClientID("write-"+string(rune('A'+i))+"-"+string(key)), protocol.SendMessage{Room: s.Room, Kind: protocol.Text, Text: text + strings.Repeat(".", i)})
		}
		return a
	}
	closed, open := room("1000_kim", marker), room("1000_lee", other)
	do(closed, admin, "end-room-0001", protocol.EndRoom{Room: protocol.RoomID(closed.ID)})
	f.advance(f.now().Add(time.Hour))
	require.NotEmpty(t, f.log(closed, 1))
	require.NotEmpty(t, filesWith(t, f.disk, "store", marker))

	f.restart(true, 30*24*time.Hour)
	f.advance(f.now().Add(2 * time.Minute))
	require.Empty(t, f.log(closed, 1))
	require.NotEmpty(t, f.log(open, 1))
	require.NoError(t, f.store.Tidy(t.Context(), func(time.Duration) {}))
	require.Empty(t, filesWith(t, f.disk, "store", marker))
	require.NotEmpty(t, filesWith(t, f.disk, "store", other))
	f.restart(false, time.Minute)
	require.Empty(t, f.log(closed, 1))
	require.NotEmpty(t, f.log(open, 1))
}

// filesWith lists the files below dir that hold the bytes.
func filesWith(t *testing.T, fs vfs.FS, dir, what string) (found []string) {
	t.Helper()
	names, err := fs.List(dir)
	require.NoError(t, err)
	for _, name := range names {
		p := path.Join(dir, name)
		f, err := fs.Open(p)
		if err != nil {
			continue // Pebble has just removed it
		}
		all, err := io.ReadAll(f)
		if err == nil && bytes.Contains(all, []byte(what)) {
			found = append(found, p)
		}
		require.NoError(t, f.Close())
	}
	return found
}
