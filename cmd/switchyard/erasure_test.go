package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/require"

	"switchyard/protocol"
)

// A customer's deletion request on a whole node (X-30, F-01).

// api makes a request as an account and gives the status and what was answered.
func (w *world) api(method, path, token, body string) (int, map[string]any) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.ctx, method, "http://acme.test"+path, strings.NewReader(body))
	require.NoError(w.t, err)
	r.Header.Set("Authorization", "Bearer "+token)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	res, err := w.http(nil).Do(r)
	require.NoError(w.t, err)
	defer res.Body.Close()
	var m map[string]any
	_ = json.NewDecoder(res.Body).Decode(&m)
	return res.StatusCode, m
}

func customerPath(key string) string { return "/v1/sites/acme/customers/" + url.PathEscape(key) }

// consultation is a room of a customer with the agent's words and a memo in it, closed.
func (w *world) consultation(uid, agent, words string) protocol.RoomID {
	w.t.Helper()
	p := w.customer(uid, nil)
	room := p.enters()
	require.NotNil(w.t, p.says("message-0001", words).Data)
	say := func(kind, stream, data string) {
		code, m := w.api("POST", "/v1/commands", agent, `{"type":"`+kind+`","id":"1","stream":"`+stream+`","data":`+data+`}`)
		require.Equal(w.t, 200, code, "%v", m)
	}
	say("room.assign", "desk/"+room, `{"client_id":"assign-0001","to":"anna","assignment":0}`)
	say("message.send", "desk/"+room, fmt.Sprintf(`{"client_id":"memo-000001","kind":"memo","text":%q}`, words))
	say("room.end", "desk/"+room, `{"client_id":"end-0000001","assignment":1}`)
	p.leaves()
	return protocol.RoomID(room)
}

// words are the texts of a room's log, and how many of its events are erased.
func (w *world) words(room protocol.RoomID) (texts []string, erased int) {
	require.NoError(w.t, w.n.store.Events(protocol.RoomAt("acme", room), 1, 1000, func(r protocol.Recorded) error {
		if r.Erased {
			erased++
		}
		if e, ok := r.Event.(*protocol.MessagePosted); ok && e.Code == 0 && e.Text != "" {
			texts = append(texts, e.Text)
		}
		return nil
	}))
	return texts, erased
}

// settled waits until the node has nothing left to erase now, and says what it has on record of erasures.
func (w *world) settled() (rows []protocol.ErasureRow) {
	for range 10 {
		time.Sleep(erasureEvery + time.Second) // of the bubble's time: one look, and time for it
		rows = nil
		require.NoError(w.t, w.n.each("acme", protocol.RowErasure, nil, func(_, v []byte) error {
			r, err := protocol.DecodeErasure(v)
			rows = append(rows, r)
			return err
		}))
		todo := 0
		for _, r := range rows {
			if r.Done == 0 {
				todo++
			}
		}
		if todo == 0 {
			return rows
		}
	}
	w.t.Fatal("the erasure does not come to an end")
	return nil
}

func TestX30ADeletionRequestOnANode(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		w.must(protocol.ChangeSettings{Changes: []byte(`{"distribution.mode":"MANUAL"}`)})
		boss, admin := w.login("boss"), w.login("admin")
		room, kept := w.consultation("kim", boss, "words of kim"), w.consultation("lee", boss, "words of lee")
		texts, erased := w.words(room)
		require.Equal(t, []string{"words of kim", "words of kim"}, texts)
		require.Zero(t, erased)

		for _, who := range []string{boss, w.login("anna")} {
			code, m := w.api("DELETE", customerPath("acme_kim"), who, "")
			require.Equal(t, 403, code, "%v", m)
		}
		asked := w.n.engine.Now()
		code, first := w.api("DELETE", customerPath("acme_kim"), admin, "")
		require.Equal(t, 202, code, "%v", first)
		until, err := time.Parse(time.RFC3339, first["gone_by"].(string))
		require.NoError(t, err)
		require.Equal(t, protocol.At(asked.Add(24*time.Hour)), protocol.At(until))
		code, m := w.api("GET", customerPath("acme_kim"), admin, "")
		require.Equal(t, 404, code, "%v", m)
		code, again := w.api("DELETE", customerPath("acme_kim"), admin, "")
		require.Equal(t, 202, code)
		require.Equal(t, first["gone_by"], again["gone_by"])

		require.Len(t, w.settled(), 1)
		texts, erased = w.words(room)
		require.Empty(t, texts)
		require.Positive(t, erased, "the facts stay, their words are gone")
		require.Positive(t, w.n.store.Keys().Erased())
		texts, erased = w.words(kept)
		require.Equal(t, []string{"words of lee", "words of lee"}, texts)
		require.Zero(t, erased)
		code, m = w.api("GET", customerPath("acme_kim")+"/history", admin, "")
		require.Equal(t, 404, code, "%v", m)
		code, m = w.api("GET", "/v1/sites/acme/rooms/"+string(room), admin, "")
		require.Equal(t, 200, code, "%v", m)
		require.NotContains(t, fmt.Sprint(m), "words of kim")

		code, m = w.api("GET", "/v1/sites/acme/audit", admin, "")
		require.Equal(t, 200, code)
		var seen []string
		for _, c := range m["changes"].([]any) {
			if c := c.(map[string]any); strings.HasPrefix(c["what"].(string), "customer_") {
				seen = append(seen, fmt.Sprint(c["what"], " ", c["id"], " ", c["by"]))
			}
		}
		require.Equal(t, []string{"customer_erased 1 <nil>", "customer_erasure 1 admin"}, seen, "newest first")

		// Who comes with the key is new, and what they write is theirs.
		next := w.consultation("kim", boss, "new words")
		texts, _ = w.words(next)
		require.Equal(t, []string{"new words", "new words"}, texts)
		code, m = w.api("GET", customerPath("acme_kim"), admin, "")
		require.Equal(t, 200, code)
		require.EqualValues(t, 1, m["rooms"])

		// A day later it is known no more. A day is nine million ticks of the engine, so the request is made older instead.
		row := w.settled()[0]
		row.At -= protocol.Instant(protocol.ErasureKnown.Milliseconds())
		w.n.store.HandOver(&protocol.Entry{Shard: w.n.shard("acme"), At: protocol.At(w.n.engine.Now()), Actor: protocol.CustomersAt("acme"), Rows: []protocol.Row{
			{Kind: protocol.RowErasure, Key: protocol.ErasureRowKey("acme", row.No), Value: protocol.AppendErasure(nil, &row)},
		}}, nil)
		require.Empty(t, w.settled())
		require.NoError(t, w.n.each("acme", protocol.RowErased, nil, func(k, _ []byte) error { return fmt.Errorf("a fingerprint is left: %q", k) }))
	})
}

// crashes takes a clone of the disk before each operation that changes it, while it is on.
type crashes struct {
	mu   sync.Mutex
	disk *vfs.MemFS
	on   bool
	all  []*vfs.MemFS
	at   []string
}

func (c *crashes) String() string { return "crashes" }

func (c *crashes) MaybeError(op errorfs.Op) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.on && op.Kind.ReadOrWrite() == errorfs.OpIsWrite {
		c.all = append(c.all, c.disk.CrashClone(vfs.CrashCloneCfg{}))
		c.at = append(c.at, fmt.Sprint(op.Kind, " ", op.Path))
	}
	return nil
}

// TestF01X30ADeletionRequestSurvivesEveryCrash: the power goes before each write of the request and of its execution. Whatever
// was acknowledged is finished by the next start, the neighbour keeps every word, and nothing is erased that was not asked for.
func TestF01X30ADeletionRequestSurvivesEveryCrash(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		w.must(protocol.ChangeSettings{Changes: []byte(`{"distribution.mode":"MANUAL"}`)})
		boss, admin := w.login("boss"), w.login("admin")
		room, kept := w.consultation("kim", boss, "words of kim"), w.consultation("lee", boss, "words of lee")
		w.stop()
		c := &crashes{disk: w.disk}
		w.around = func(disk vfs.FS) vfs.FS { return errorfs.Wrap(disk, c) }
		w.start()
		time.Sleep(erasureEvery / 2) // of the bubble's time: the look of the job is not now
		synctest.Wait()
		c.mu.Lock()
		c.on = true
		c.mu.Unlock()
		code, m := w.api("DELETE", customerPath("acme_kim"), admin, "")
		require.Equal(t, 202, code, "%v", m)
		c.mu.Lock()
		acked := len(c.all)
		c.mu.Unlock()
		require.Len(t, w.settled(), 1)
		c.mu.Lock()
		c.on = false
		c.mu.Unlock()
		w.stop()
		w.around = nil
		require.Greater(t, len(c.all), acked, "the execution writes")
		require.Positive(t, acked)
		done := 0
		for i, disk := range c.all {
			w.disk = disk
			w.start()
			left := w.settled()
			texts, erased := w.words(room)
			if i >= acked {
				require.Len(t, left, 1, "acknowledged before %s", c.at[i])
			}
			if len(left) > 0 {
				require.Empty(t, texts, c.at[i])
				require.Positive(t, erased, c.at[i])
				done++
			} else {
				require.Equal(t, []string{"words of kim", "words of kim"}, texts, "not asked for yet: %s", c.at[i])
			}
			texts, erased = w.words(kept)
			require.Equal(t, []string{"words of lee", "words of lee"}, texts, c.at[i])
			require.Zero(t, erased)
			w.stop()
		}
		w.start()
		t.Logf("%d crashes, %d of them behind the acknowledgement, %d with the request on record", len(c.all), len(c.all)-acked, done)
	})
}
