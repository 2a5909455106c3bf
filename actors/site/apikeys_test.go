package site

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"switchyard/protocol"
)

// TestKeysOfMachines: what is refused changes nothing, a key outlives a snapshot, and there are at most 100.
func TestKeysOfMachines(t *testing.T) {
	x := begin(t)
	hash := func(n int) []byte { return bytes.Repeat([]byte{byte(n)}, 32) }
	key := func(n int) protocol.APIKey {
		return protocol.APIKey{ID: fmt.Sprint("k", n), Name: "연동", Role: protocol.Manager, Account: "boss", Hash: hash(n), Made: 1, By: "somebody"}
	}
	x.do(protocol.MakeAPIKey{Key: key(0)})
	made := x.s.Keys[[32]byte(hash(0))]
	require.Equal(t, boss.Account, made.By, "the site says by whom")
	require.NotEqual(t, protocol.Instant(1), made.Made, "and when")
	other, err := Restore(x.s.Addr, Snapshot(x.s))
	require.NoError(t, err)
	require.Equal(t, x.s.Keys, other.Keys)
	require.Equal(t, x.s.Keys, Facts(x.s).Secrets.Keys)

	for why, change := range map[string]func(*protocol.APIKey){
		"id": func(k *protocol.APIKey) { k.ID = "No" }, "name": func(k *protocol.APIKey) { k.Name = "" }, "account": func(k *protocol.APIKey) { k.Account = "nobody" },
		"role": func(k *protocol.APIKey) { k.Role = protocol.System }, "": func(k *protocol.APIKey) { k.Hash = nil },
	} {
		k := key(1)
		change(&k)
		require.Equal(t, why, x.tryAs(boss, protocol.MakeAPIKey{Key: k}).Field)
	}
	require.Equal(t, protocol.Conflict, x.tryAs(boss, protocol.MakeAPIKey{Key: key(0)}).Code)
	manager := protocol.Caller{Role: protocol.Manager, Site: siteID, Account: "lee"}
	require.Equal(t, protocol.Forbidden, x.tryAs(manager, protocol.MakeAPIKey{Key: key(1)}).Code)
	require.Equal(t, protocol.Forbidden, x.tryAs(manager, protocol.RevokeAPIKey{ID: "k0"}).Code)
	require.Equal(t, protocol.NotFound, x.tryAs(boss, protocol.RevokeAPIKey{ID: "k1"}).Code)
	for n := 1; n < apiKeysMax; n++ {
		x.do(protocol.MakeAPIKey{Key: key(n)})
	}
	require.Equal(t, protocol.OverLimit, x.tryAs(boss, protocol.MakeAPIKey{Key: key(apiKeysMax)}).Code)
	x.do(protocol.RevokeAPIKey{ID: "k7"})
	require.Len(t, x.s.Keys, apiKeysMax-1)
	require.NotContains(t, x.s.Keys, [32]byte(hash(7)))
}
