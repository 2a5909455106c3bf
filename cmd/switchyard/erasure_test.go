package main

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	mathrand "math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
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
		rows = w.asked()
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

// erasePath is the address of a confirmed deletion request.
func erasePath(key string) string { return customerPath(key) + "?confirm=" + url.QueryEscape(key) }

func TestX30ADeletionRequestOnANode(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		w.must(protocol.ChangeSettings{Changes: []byte(`{"distribution.mode":"MANUAL"}`)})
		boss, admin := w.login("boss"), w.login("admin")
		room, kept := w.consultation("kim", boss, "words of kim"), w.consultation("lee", boss, "words of lee")
		texts, erased := w.words(room)
		require.Equal(t, []string{"words of kim", "words of kim"}, texts)
		require.Zero(t, erased)

		for _, who := range []string{boss, w.login("anna")} {
			code, m := w.api("DELETE", erasePath("acme_kim"), who, "")
			require.Equal(t, 403, code, "%v", m)
		}
		code, m := w.api("GET", "/v1/sites/acme/rooms/"+string(room), admin, "") // it is awake, and remembers whose it is
		require.Equal(t, 200, code)
		require.Contains(t, fmt.Sprint(m), "acme_kim")
		code, m = w.api("DELETE", customerPath("acme_kim"), admin, "")
		require.Equal(t, 409, code)
		require.Equal(t, "confirm", m["field"], "X-41: it was not confirmed")
		asked := w.n.engine.Now()
		code, first := w.api("DELETE", erasePath("acme_kim"), admin, "")
		require.Equal(t, 202, code, "%v", first)
		until, err := time.Parse(time.RFC3339, first["gone_by"].(string))
		require.NoError(t, err)
		require.Equal(t, protocol.At(asked.Add(24*time.Hour)), protocol.At(until))
		code, m = w.api("GET", customerPath("acme_kim"), admin, "")
		require.Equal(t, 404, code, "%v", m)
		code, again := w.api("DELETE", erasePath("acme_kim"), admin, "")
		require.Equal(t, 202, code)
		require.Equal(t, first["gone_by"], again["gone_by"])

		var view protocol.RoomView
		for range 40 { // somebody looks at it all the time, so that it stays awake
			time.Sleep(time.Second) // of the bubble's time
			view = w.do(protocol.RoomAt("acme", room), protocol.Caller{Role: protocol.Admin, Site: "acme", Account: "admin"}, protocol.ViewRoom{Room: room}).(protocol.RoomView)
		}
		require.Equal(t, room, view.Room)
		require.Empty(t, view.Key, "what an awake room remembers goes too")
		require.Len(t, w.settled(), 1)
		require.Equal(t, 1.0, w.metric("switchyard_erasures_total"))
		for _, name := range []string{"switchyard_erasures_waiting", "switchyard_erasure_oldest_seconds", "switchyard_erasure_failures_total"} {
			require.Zero(t, w.metric(name), name)
		}
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
		require.NotContains(t, fmt.Sprint(m), "acme_kim")
		code, m = w.api("GET", "/v1/sites/acme/rooms?state=closed", admin, "")
		require.Equal(t, 200, code, "%v", m)
		require.Len(t, m["rooms"], 2, "the list has it, without a name")
		require.NotContains(t, fmt.Sprint(m), "acme_kim")
		require.Contains(t, fmt.Sprint(m), "acme_lee")

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

// What waits is counted over all sites, the oldest of it is the oldest of all, and what is left of a finished request is not waiting.
func TestX30WhatWaitsIsSeen(t *testing.T) {
	var e erasing
	at := func(at protocol.Instant, done protocol.Instant) *erasure {
		return &erasure{ErasureRow: protocol.ErasureRow{At: at, Done: done}}
	}
	e.set("acme", leftOf([]*erasure{at(7, 0), at(5, 0), at(1, 2)}))
	e.set("other", leftOf([]*erasure{at(4, 0)}))
	waiting, oldest := e.read()
	require.Equal(t, 3, waiting)
	require.EqualValues(t, 4, oldest)
	e.only([]protocol.SiteID{"acme"})
	waiting, oldest = e.read()
	require.Equal(t, 2, waiting)
	require.EqualValues(t, 5, oldest)
	e.set("acme", leftOf(nil))
	waiting, oldest = e.read()
	require.Zero(t, waiting)
	require.Zero(t, oldest)
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
		code, m := w.api("DELETE", erasePath("acme_kim"), admin, "")
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

// vaultFails lets one kind of operation on the file of the customers' keys fail, while it is on.
type vaultFails struct {
	what errorfs.OpKind
	on   atomic.Bool
}

func (f *vaultFails) String() string { return "the keys' disk fails" }

func (f *vaultFails) MaybeError(op errorfs.Op) error {
	if f.on.Load() && op.Kind == f.what && strings.HasSuffix(op.Path, "subjects") {
		return syscall.EIO
	}
	return nil
}

// asked are the site's requests as they are on record.
func (w *world) asked() (rows []protocol.ErasureRow) {
	w.t.Helper()
	require.NoError(w.t, w.n.each("acme", protocol.RowErasure, nil, func(_, v []byte) error {
		r, err := protocol.DecodeErasure(v)
		rows = append(rows, r)
		return err
	}))
	return rows
}

// TestX30AFailingVaultDelaysADeletionRequest: while the keys cannot be overwritten, or not be synced, the request is not said to be done: not
// on record, not in the audit, not in the figures, and what the alerts look at moves. It is tried again until it goes, or by the
// next start after a crash; whoever did not ask keeps every word and is served meanwhile.
func TestX30AFailingVaultDelaysADeletionRequest(t *testing.T) {
	for name, what := range map[string]errorfs.OpKind{"write": errorfs.OpFileWriteAt, "sync": errorfs.OpFileSync} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, nil, func(w *world) {
				w.must(protocol.ChangeSettings{Changes: []byte(`{"distribution.mode":"MANUAL"}`)})
				boss, admin := w.login("boss"), w.login("admin")
				room, kept := w.consultation("kim", boss, "words of kim"), w.consultation("lee", boss, "words of lee")
				w.stop()
				f := &vaultFails{what: what}
				w.around = func(disk vfs.FS) vfs.FS { return errorfs.Wrap(disk, f) }
				w.start()
				w.consultation("cho", boss, "words of cho") // the life's first key, and with it the 999 after it
				f.on.Store(true)
				code, m := w.api("DELETE", erasePath("acme_kim"), admin, "")
				require.Equal(t, 202, code, "%v", m)
				time.Sleep(4*erasureEvery + time.Second) // of the bubble's time: some looks

				notDone := func() {
					t.Helper()
					require.Len(t, w.asked(), 1)
					require.Zero(t, w.asked()[0].Done)
					require.Zero(t, w.metric("switchyard_erasures_total"))
					require.EqualValues(t, 1, w.metric("switchyard_erasures_waiting"))
					require.Greater(t, w.metric("switchyard_erasure_oldest_seconds"), 2*erasureEvery.Seconds())
					require.GreaterOrEqual(t, w.metric("switchyard_erasure_failures_total"), 3.0, "it is tried at each look")
					code, m := w.api("GET", "/v1/sites/acme/audit", admin, "")
					require.Equal(t, 200, code)
					require.Contains(t, fmt.Sprint(m), "customer_erasure")
					require.NotContains(t, fmt.Sprint(m), "customer_erased")
				}
				notDone()
				code, m = w.api("GET", customerPath("acme_kim"), admin, "")
				require.Equal(t, 404, code, "the customer is nobody from the request on: %v", m)
				texts, erased := w.words(kept)
				require.Equal(t, []string{"words of lee", "words of lee"}, texts)
				require.Zero(t, erased)
				park := w.customer("park", nil)
				next := protocol.RoomID(park.enters())
				require.NotNil(t, park.says("message-0001", "words of park").Data, "others are served")
				park.leaves()
				crashed := w.disk.CrashClone(vfs.CrashCloneCfg{})

				f.on.Store(false)
				done := func() {
					t.Helper()
					require.Len(t, w.settled(), 1)
					require.EqualValues(t, 1, w.metric("switchyard_erasures_total"))
					require.Zero(t, w.metric("switchyard_erasures_waiting"))
					require.Positive(t, w.n.store.Keys().Erased())
					texts, erased := w.words(room)
					require.Empty(t, texts)
					require.Positive(t, erased)
					texts, _ = w.words(kept)
					require.Equal(t, []string{"words of lee", "words of lee"}, texts)
					texts, _ = w.words(next)
					require.Equal(t, []string{"words of park"}, texts)
				}
				done()

				w.stop()
				w.disk = crashed
				w.start()
				texts, _ = w.words(room)
				require.Equal(t, []string{"words of kim", "words of kim"}, texts, "nothing of it was on the disk, so nothing was said of it")
				done()
			})
		})
	}
}

// TestX30ARequestThatFailsHoldsUpNoOther: one that can never be done (its key is not in the vault) was the end of the look at its site, and
// whoever asked after it waited for ever.
func TestX30ARequestThatFailsHoldsUpNoOther(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		w.must(protocol.ChangeSettings{Changes: []byte(`{"distribution.mode":"MANUAL"}`)})
		boss, admin := w.login("boss"), w.login("admin")
		w.consultation("kim", boss, "words of kim")
		room := w.consultation("lee", boss, "words of lee")
		broken := protocol.ErasureRow{No: 1, At: protocol.At(w.n.engine.Now()), Seals: []uint64{1 << 40}}
		w.n.store.HandOver(&protocol.Entry{Shard: w.n.shard("acme"), At: broken.At, Actor: protocol.CustomersAt("acme"), Rows: []protocol.Row{
			{Kind: protocol.RowErasure, Key: protocol.ErasureRowKey("acme", broken.No), Value: protocol.AppendErasure(nil, &broken)},
		}}, nil)
		code, m := w.api("DELETE", erasePath("acme_lee"), admin, "")
		require.Equal(t, 202, code, "%v", m)
		time.Sleep(2*erasureEvery + time.Second) // of the bubble's time: some looks
		rows := w.asked()
		require.Len(t, rows, 2)
		require.EqualValues(t, 1, rows[0].No, "the broken one comes first")
		require.Zero(t, rows[0].Done)
		require.NotZero(t, rows[1].Done)
		texts, erased := w.words(room)
		require.Empty(t, texts)
		require.Positive(t, erased)
		require.EqualValues(t, 1, w.metric("switchyard_erasures_waiting"))
		require.Positive(t, w.metric("switchyard_erasure_failures_total"))
	})
}

// do puts a command to an actor, past the gateway, and gives its answer.
func (w *world) do(to protocol.Address, who protocol.Caller, b protocol.Body) protocol.Result {
	w.t.Helper()
	type answer struct {
		res protocol.Result
		rej *protocol.Rejection
	}
	got := make(chan answer, 1)
	w.n.engine.Ask(to, protocol.Command{Body: b, Caller: who, ClientID: protocol.ClientID(fmt.Sprint("write-", rand.Text()[:20]))},
		func(res protocol.Result, rej *protocol.Rejection) { got <- answer{res, rej} })
	a := <-got
	require.Nil(w.t, a.rej, b.CommandName())
	return a.res
}

// holding lists the files below dir that hold the bytes.
func holding(t *testing.T, disk vfs.FS, dir, what string) (found []string) {
	t.Helper()
	names, err := disk.List(dir)
	require.NoError(t, err)
	for _, name := range names {
		p := disk.PathJoin(dir, name)
		info, err := disk.Stat(p)
		if errors.Is(err, os.ErrNotExist) { // the store has just removed it
			continue
		}
		require.NoError(t, err)
		if info.IsDir() {
			found = append(found, holding(t, disk, p, what)...)
			continue
		}
		f, err := disk.Open(p)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		require.NoError(t, err)
		all, err := io.ReadAll(f)
		require.NoError(t, errors.Join(err, f.Close()))
		if bytes.Contains(all, []byte(what)) {
			found = append(found, p)
		}
	}
	return found
}

// aggregates are the rows that reports and bills are made of, byte by byte.
func (w *world) aggregates() map[string]string {
	all := map[string]string{}
	for _, kind := range []protocol.RowKind{protocol.RowFigures, protocol.RowDayFold, protocol.RowStarted, protocol.RowLedger, protocol.RowRoomNumber} {
		require.NoError(w.t, w.n.each("acme", kind, nil, func(k, v []byte) error {
			all[fmt.Sprint(kind, " ", string(k))] = string(v)
			return nil
		}))
	}
	return all
}

// TestX30NoFileHoldsWhatWasErased plants words and numbers of a customer everywhere that has room for some: name, phone, note and tag of
// the record, the chat link, the form, messages, a memo, a request, a rating, an upload; on the web and, as the same person, on
// Kakao. After the deletion request and one round of housekeeping no file of the data directory holds one of them, nor the customer's
// keys. A copy of the directory from before is read with the keys of now: it says nothing either. No aggregate has changed (issue 6).
func TestX30NoFileHoldsWhatWasErased(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		w.must(protocol.ChangeSettings{Changes: []byte(`{"distribution.mode":"MANUAL","profile.enabled":true,"profile.policy":"WAIT","profile.fields":["NAME","PHONE"]}`)})
		boss, admin := w.login("boss"), w.login("admin")
		anna := protocol.Caller{Role: protocol.Agent, Site: "acme", Account: "anna", Name: "anna"}
		manager := protocol.Caller{Role: protocol.Manager, Site: "acme", Account: "boss", Name: "boss"}
		var marks []string
		mark := func() string { // no word that a compressor knows
			marks = append(marks, "mk"+rand.Text()[:14])
			return marks[len(marks)-1]
		}
		code, m := w.api("POST", "/v1/sites/acme/ledger/top-ups", admin, `{"amount":5000,"client_id":"topup-00001"}`)
		require.Equal(t, 2, code/100, "%v", m)

		// The web: link, form, message, upload, memo, request, rating, record.
		uid := "uid" + rand.Text()[:14]
		token := w.call("/v1/sites/acme/visitor-tokens", fmt.Sprintf(`{"site_uid":%q,"params":{"cus_extra_email":%q,"user_parameter":%q}}`, uid, mark()+"@mail.example", mark()))["token"].(string)
		kim := w.person(func() string { return token }, nil)
		room := kim.enters()
		synctest.Wait()
		var prompt struct{ Form string }
		for _, e := range kim.events("room/" + room) {
			if e.Type == "form.prompt" {
				require.NoError(t, json.Unmarshal(e.Data, &prompt))
			}
		}
		r := kim.ask("form.submit", "room/"+room, map[string]any{"client_id": "form-000001", "form": prompt.Form, "fields": map[string]any{"NAME": mark(), "PHONE": "01044556677"}})
		require.NotNil(t, r.Data, "%v %v", r.Refused, r.Err)
		marks = append(marks, "01044556677")
		require.NotNil(t, kim.says("message-0001", mark()).Data)
		picture := image.NewGray(image.Rect(0, 0, 32, 32))
		for i := range picture.Pix {
			picture.Pix[i] = byte(mathrand.N(256))
		}
		var drawn bytes.Buffer
		require.NoError(t, png.Encode(&drawn, picture))
		code, m = w.api("POST", "/v1/sites/acme/files?room="+room, token, drawn.String())
		require.Equal(t, 201, code, "%v", m)
		file := m["file"].(string)
		get, err := http.NewRequestWithContext(w.ctx, "GET", "http://acme.test/v1/sites/acme/files/"+file, nil)
		require.NoError(t, err)
		get.Header.Set("Authorization", "Bearer "+token)
		res, err := w.http(nil).Do(get)
		require.NoError(t, err)
		content, err := io.ReadAll(res.Body)
		require.NoError(t, errors.Join(err, res.Body.Close()))
		require.Equal(t, 200, res.StatusCode)
		require.Greater(t, len(content), 900, "the picture comes back")
		marks = append(marks, string(content[len(content)/2:len(content)/2+40]))
		web := protocol.RoomAt("acme", protocol.RoomID(room))
		w.do(protocol.QueueAt("acme"), manager, protocol.AssignRoom{Room: protocol.RoomID(room), To: "anna", Note: mark()})
		w.do(web, anna, protocol.SendMessage{Room: protocol.RoomID(room), Kind: protocol.Memo, Text: mark()})
		w.do(web, anna, protocol.SendMessage{Room: protocol.RoomID(room), Kind: protocol.Text, Text: mark()})
		w.do(web, anna, protocol.RequestReview{Room: protocol.RoomID(room), Assignment: 1, Text: mark()})
		w.do(web, anna, protocol.SetRoom{Room: protocol.RoomID(room), Set: protocol.MetaTags, Tags: []string{mark()}})
		w.do(web, anna, protocol.EndRoom{Room: protocol.RoomID(room)})
		w.do(web, protocol.Caller{Role: protocol.Visitor, Site: "acme", Customer: protocol.CustomerKey("acme_" + uid)}, protocol.RateRoom{Room: protocol.RoomID(room), Score: 5, Comment: mark()})
		code, m = w.api("PATCH", customerPath("acme_"+uid), admin, fmt.Sprintf(`{"note":%q,"tags":[%q],"address":%q}`, mark(), mark(), mark()))
		require.Equal(t, 200, code, "%v", m)
		kim.leaves()

		// Kakao: the same person, with a key of the messenger's, and a charge.
		kakao := "acme_kk" + rand.Text()[:14]
		s := w.do(protocol.CustomersAt("acme"), protocol.Caller{Role: protocol.System, Site: "acme"}, protocol.StartRoom{
			Key: protocol.CustomerKey(kakao), Channel: protocol.Kakao, User: mark(), Params: []protocol.Param{{Name: "site_uid", Value: uid}},
		}).(protocol.Started)
		second := protocol.RoomAt("acme", s.Room)
		w.do(protocol.QueueAt("acme"), manager, protocol.AssignRoom{Room: s.Room, To: "anna"})
		w.do(second, anna, protocol.SendMessage{Room: s.Room, Kind: protocol.Text, Text: mark()})
		w.do(second, anna, protocol.EndRoom{Room: s.Room})
		w.consultation("lee", boss, "words of lee")
		synctest.Wait()

		before := w.aggregates()
		require.Greater(t, len(before), 10)
		_, report := w.api("GET", "/v1/sites/acme/reports/sqi?from=2000-01-01&to=2000-01-01", admin, "")
		old := w.disk.CrashClone(vfs.CrashCloneCfg{})

		code, m = w.api("DELETE", erasePath("acme_"+uid), admin, "")
		require.Equal(t, 202, code, "%v", m)
		w.settled()
		for range 3 { // an upload stays for two rounds: its row may be on its way
			w.n.tidy(w.ctx)
		}
		for range 5 { // a file that a reader holds open is left for the next one
			require.NoError(t, w.n.store.Tidy(w.ctx, func(time.Duration) {}))
			if len(holding(t, w.disk, w.dir, uid)) == 0 {
				break
			}
		}

		require.NotEmpty(t, holding(t, w.disk, w.dir, "anna"), "a search that finds nothing proves nothing")
		for i, m := range append(marks, uid, kakao) {
			if i == len(marks)+1 {
				continue // the ledger keeps the key that was charged (docs/operations.md)
			}
			require.Empty(t, holding(t, w.disk, w.dir, m), "mark %d %q", i, m)
		}
		require.NotEmpty(t, holding(t, old, w.dir, "anna"))
		require.NotEmpty(t, holding(t, old, w.dir, uid), "names of rows are in the clear (docs/operations.md)")
		require.Equal(t, before, w.aggregates(), "deleting a customer changes no aggregate")
		_, now := w.api("GET", "/v1/sites/acme/reports/sqi?from=2000-01-01&to=2000-01-01", admin, "")
		require.Equal(t, report, now)
		for _, m := range marks {
			require.Empty(t, holding(t, old, w.dir, m), "the copy says %q", m)
		}

		// The copy, with the keys of now: what a restored backup of the store is.
		subjects := w.disk.PathJoin(w.dir, "keys", "subjects")
		keys, err := w.disk.Open(subjects)
		require.NoError(t, err)
		all, err := io.ReadAll(keys)
		require.NoError(t, errors.Join(err, keys.Close()))
		w.stop()
		f, err := old.Create(subjects, vfs.WriteCategoryUnspecified)
		require.NoError(t, err)
		_, err = f.Write(all)
		require.NoError(t, errors.Join(err, f.Sync(), f.Close()))
		w.disk = old
		w.start()
		for _, of := range []protocol.Address{web, second} {
			texts, erased := w.words(protocol.RoomID(of.ID))
			require.Empty(t, texts)
			require.Positive(t, erased)
		}
	})
}
