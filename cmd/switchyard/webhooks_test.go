package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"switchyard/actors/webhook"
	"switchyard/bench/target"
	"switchyard/protocol"
)

// receiver is another system: it keeps what it is sent, and answers what the test says.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	status int
	events []outsideEvent // confirmed with 2xx, repeats included
	tries  int
	came   chan struct{}
	hold   chan struct{} // not nil: do not answer before it is closed
}

type outsideEvent struct {
	id, typ, room, state, body string
	at                         string // webhook-timestamp
	signature                  string
}

func newReceiver(t *testing.T, status int) *receiver {
	r := &receiver{status: status, came: make(chan struct{}, 1)}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		var v struct {
			ID, Type string
			Data     struct{ Room, State string }
		}
		if err := json.Unmarshal(body, &v); err != nil || v.ID != q.Header.Get("webhook-id") {
			t.Errorf("%s with the id %s: %v", body, q.Header.Get("webhook-id"), err)
		}
		r.mu.Lock()
		hold, status := r.hold, r.status
		r.tries++
		if status/100 == 2 {
			r.events = append(r.events, outsideEvent{v.ID, v.Type, v.Data.Room, v.Data.State, string(body), q.Header.Get("webhook-timestamp"), q.Header.Get("webhook-signature")})
		}
		r.mu.Unlock()
		select {
		case r.came <- struct{}{}:
		default:
		}
		if hold != nil {
			select {
			case <-hold:
			case <-q.Context().Done():
			}
		}
		w.WriteHeader(status)
	}))
	t.Cleanup(r.Close)
	return r
}

// until waits for what the receiver was sent.
func (r *receiver) until(t *testing.T, what string, enough func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	for {
		r.mu.Lock()
		ok := enough()
		r.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-r.came:
		case <-ctx.Done():
			r.mu.Lock()
			defer r.mu.Unlock()
			t.Fatalf("%s: %d attempts, %+v", what, r.tries, r.events)
		}
	}
}

// F-34 on a whole node: the receiver is down while a room is opened, answered and closed, and the node stops; after the next
// start every fact arrives, signed, in the room's order, each under one id; nothing of what was said is in it.
func TestF34FactsOutliveTheNode(t *testing.T) {
	dir := t.TempDir()
	start := func() *node {
		cfg, _, err := loadConfig("serve", []string{"-data", dir, "-shards", "4", "-webhook-private=true"}, nil, io.Discard)
		require.NoError(t, err)
		n, err := assemble(cfg, slog.New(slog.DiscardHandler))
		require.NoError(t, err)
		return n
	}
	stop := func(n *node) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		require.NoError(t, n.stop(ctx))
	}
	n := start()
	count := 0
	ask := func(to protocol.Address, b protocol.Body, who protocol.Caller) protocol.Result {
		count++
		type answer struct {
			res protocol.Result
			rej *protocol.Rejection
		}
		got := make(chan answer, 1)
		who.Site = "acme"
		n.engine.Ask(to, protocol.Command{Body: b, Caller: who, ClientID: protocol.ClientID(fmt.Sprintf("write-%06d", count)), Chance: chance(), Facts: n.engine.Facts("acme")},
			func(res protocol.Result, rej *protocol.Rejection) { got <- answer{res, rej} })
		a := <-got
		require.Nil(t, a.rej, b.CommandName())
		return a.res
	}
	admin := protocol.Caller{Role: protocol.Admin, Account: "admin", Name: "관리자"}
	anna := protocol.Caller{Role: protocol.Agent, Account: "anna", Name: "안나"}
	visitor := protocol.Caller{Role: protocol.Visitor, Customer: "acme_kim"}
	account := func(id protocol.AccountID, r protocol.Role) protocol.AccountSaved {
		return protocol.AccountSaved{Account: protocol.Account{ID: id, Role: r, Name: string(id), Consulting: true, Certified: true}, Password: "argon2id$none"}
	}
	ask(protocol.SiteAt("acme"), protocol.CreateSite{Site: "acme", Settings: []byte(permitSettings), Accounts: []protocol.AccountSaved{account("admin", protocol.Admin), account("anna", protocol.Agent)}}, admin)
	r := newReceiver(t, 503)
	ask(protocol.SiteAt("acme"), protocol.SaveWebhook{Webhook: protocol.Webhook{ID: "crm", URL: r.URL + "/hook", All: true, Enabled: true}, Create: true}, admin)
	room := ask(protocol.CustomersAt("acme"), protocol.StartRoom{Key: "acme_kim", Channel: protocol.Kakao, ChannelAccount: "shop"}, visitor).(protocol.Started).Room
	ask(protocol.QueueAt("acme"), protocol.TakeRoom{Room: room}, anna)
	ask(protocol.RoomAt("acme", room), protocol.SendMessage{Room: room, Kind: protocol.Text, Text: "비밀 이야기", Assignment: 1}, anna)
	ask(protocol.RoomAt("acme", room), protocol.EndRoom{Room: room, Assignment: 1}, anna)
	r.until(t, "the first attempt", func() bool { return r.tries > 0 })
	stop(n)

	r.mu.Lock()
	r.status = 204
	r.mu.Unlock()
	n = start()
	r.until(t, "all facts", func() bool { return len(r.events) >= 5 })
	for facts := int64(1); facts > 0; facts, _ = n.hooks.Waiting() { // its confirmation becomes an entry
		runtime.Gosched()
	}
	var told []string
	ids := map[string]bool{}
	for _, e := range r.events {
		if e.typ != "charge.written" { // another actor's: its order among the room's is that of time
			told = append(told, strings.TrimSpace(e.typ+" "+e.state))
			require.Equal(t, string(room), e.room)
		}
		require.False(t, ids[e.id], "%s came twice", e.typ)
		ids[e.id] = true
		at, err := strconv.ParseInt(e.at, 10, 64)
		require.NoError(t, err)
		require.Equal(t, webhook.Sign(n.hookSecret("acme", "crm", 1), e.id, at, []byte(e.body)), e.signature)
		require.NotContains(t, e.body, "비밀")
	}
	require.Equal(t, []string{"room.created", "room.state_changed RECEIVED", "room.state_changed ACTIVE", "room.state_changed CLOSED"}, told)
	require.Len(t, r.events, 5, "and the charge")
	stop(n)
	n = start()
	facts, _ := n.hooks.Waiting()
	require.Zero(t, facts, "what was confirmed is gone for good")
	log, err := n.hooks.Deliveries("acme", "crm")
	require.NoError(t, err)
	require.Equal(t, 204, log[0].Status)
	require.Equal(t, 503, log[len(log)-1].Status)
	stop(n)
}

// F-34, F-01 on the real binary: kill -9 while rooms open and the receiver holds its answer; every acknowledged room arrives,
// perhaps twice, and always under its one id.
func TestF34KillNineLosesNoFact(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes; run without -short")
	}
	binary := filepath.Join(t.TempDir(), "switchyard")
	built, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, ".").CombinedOutput()
	require.NoError(t, err, string(built))
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	node, err := target.Start{Binary: binary, Password: "kill-nine-1", Args: []string{"--webhook-private"}}.Node(ctx)
	require.NoError(t, err)
	defer func() { _, _, err := node.Stop(false); require.NoError(t, err) }()
	api := &target.API{Base: node.Base(), HTTP: http.DefaultClient}
	token, err := api.Login(ctx, "demo", "admin", "kill-nine-1")
	require.NoError(t, err)
	r := newReceiver(t, 200)
	var hook struct{ ID, Secret string }
	require.NoError(t, api.Call(ctx, http.MethodPost, "/v1/sites/demo/webhooks", token, map[string]any{"url": r.URL, "events": []string{"room.created"}}, &hook))
	require.True(t, strings.HasPrefix(hook.Secret, "whsec_"), "the secret is shown once")
	opened := map[string]bool{}
	open := func(i int) {
		var v struct{ Token string }
		require.NoError(t, api.Call(ctx, http.MethodPost, "/v1/sites/demo/visitor-tokens", "", map[string]string{"site_uid": fmt.Sprintf("hook%d", i)}, &v))
		var out struct{ Data struct{ Room string } }
		require.NoError(t, api.Call(ctx, http.MethodPost, "/v1/commands", v.Token, map[string]any{
			"type": "room.start", "data": map[string]any{"client_id": fmt.Sprintf("hook-start-%04d", i)},
		}, &out))
		require.NotEmpty(t, out.Data.Room)
		opened[out.Data.Room] = true
	}
	for round := range 4 {
		hold := make(chan struct{})
		r.mu.Lock()
		r.hold = hold
		tries := r.tries
		r.mu.Unlock()
		for i := range 5 {
			open(5*round + i)
		}
		r.until(t, "an attempt", func() bool { return r.tries > tries })
		require.NoError(t, node.Kill())
		close(hold)
		r.mu.Lock()
		r.hold = nil
		r.mu.Unlock()
		require.NoError(t, node.Restart(ctx))
	}
	ids := map[string]string{}
	r.until(t, "every room", func() bool {
		for _, e := range r.events {
			ids[e.room] = e.id
		}
		return len(ids) == len(opened)
	})
	for _, e := range r.events {
		require.True(t, opened[e.room], "%s was never acknowledged to anybody", e.room)
		require.Equal(t, ids[e.room], e.id, "a room has one fact")
	}
}
