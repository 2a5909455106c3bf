package main

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"switchyard/protocol"
)

// TestTheBlockedCustomersOfANode: who is blocked is listed at once, with who did it and why; one of a store from before there was a
// list comes into it after a start, once; an erased one leaves it, and so does one that is let in again.
func TestTheBlockedCustomersOfANode(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		w.must(protocol.ChangeSettings{Changes: []byte(`{"distribution.mode":"MANUAL"}`)})
		boss, admin := w.login("boss"), w.login("admin")
		for _, who := range []string{"kim", "lee", "han"} {
			w.consultation(who, boss, "words of "+who)
		}
		list := func() (all []string) {
			code, m := w.api("GET", "/v1/sites/acme/customers?blocked=true", admin, "")
			require.Equal(t, 200, code, "%v", m)
			for _, v := range m["customers"].([]any) {
				v := v.(map[string]any)
				all = append(all, fmt.Sprint(v["customer_key"], " ", v["blocked_by"], " ", v["block_reason"]))
			}
			return all
		}
		require.Empty(t, list())
		for _, who := range []string{"kim", "lee", "han"} {
			code, m := w.api("PATCH", customerPath("acme_"+who), boss, `{"blocked":true,"block_reason":"words of `+who+`"}`)
			require.Equal(t, 200, code, "%v", m)
			time.Sleep(time.Second) // of the bubble's time
		}
		want := []string{"acme_han boss words of han", "acme_lee boss words of lee", "acme_kim boss words of kim"}
		require.Equal(t, want, list(), "the newest first")

		// The store as an older program left it: the records, and no list of them.
		var old []protocol.Row
		require.NoError(t, w.n.each("acme", protocol.RowBlocked, nil, func(k, _ []byte) error {
			old = append(old, protocol.Row{Kind: protocol.RowBlocked, Key: k})
			return nil
		}))
		require.Len(t, old, 3)
		done := make(chan struct{})
		w.n.store.HandOver(&protocol.Entry{Shard: w.n.shard("acme"), Actor: protocol.QueueAt("acme"), Rows: old}, func() { close(done) })
		<-done
		require.Empty(t, list())
		w.crash()
		boss, admin = w.login("boss"), w.login("admin")
		require.Empty(t, list())
		time.Sleep(indexEvery + time.Second) // of the bubble's time: one look, and time for it
		require.Equal(t, want, list())

		events := func() (n uint64) {
			n, err := w.n.store.LastEvent(protocol.CustomersAt("acme"))
			require.NoError(t, err)
			return n
		}
		before := events()
		w.crash()
		boss, admin = w.login("boss"), w.login("admin")
		time.Sleep(indexEvery + time.Second)
		require.Equal(t, before, events(), "it is done once")

		code, m := w.api("PATCH", customerPath("acme_lee"), boss, `{"blocked":false}`)
		require.Equal(t, 200, code, "%v", m)
		code, m = w.api("DELETE", erasePath("acme_kim"), admin, "")
		require.Equal(t, 202, code, "%v", m)
		require.Equal(t, want[:1], list())
	})
}
