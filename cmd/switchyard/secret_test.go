package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// loggedWords keeps everything that a node logs.
type loggedWords struct {
	mu sync.Mutex
	b  strings.Builder
}

func (s *loggedWords) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *loggedWords) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// TestPersonalValuesAreNotLogged: a customer's name, numbers, address and words pass through every door, accepted and
// refused, with the log at its most talkative; neither the log nor the metrics have any of them.
func TestPersonalValuesAreNotLogged(t *testing.T) {
	t.Setenv("SWITCHYARD_DEMO_PASSWORD", "demo-password-1")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cfg, _, err := loadConfig("serve", []string{"-data", t.TempDir(), "-log-level", "debug"}, nil, io.Discard)
	require.NoError(t, err)
	var log loggedWords
	node, err := assemble(cfg, slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	require.NoError(t, err)
	require.NoError(t, node.demo(io.Discard))
	l, err := listen("127.0.0.1:0")
	require.NoError(t, err)
	go node.gate.Serve(l)
	n := &memoNode{t: t, ctx: ctx, base: l.Addr().String()}

	admin, agent := n.token("admin"), n.token("agent1")
	n.must("PATCH", "/v1/sites/demo/settings", admin, `{"profile.enabled":true,"profile.policy":"WAIT","profile.fields":["NAME","PHONE","EMAIL","BIRTH","ADDRESS"]}`)
	visitor := n.must("POST", "/v1/sites/demo/visitor-tokens", "", `{"site_uid":"marker-uid","params":{"parameter1":"marker-param"}}`)["token"].(string)
	live := n.listen(visitor, "")
	defer live.c.CloseNow()
	live.until(typed("welcome"))
	live.send(`{"type":"room.start","id":"s","data":{"client_id":"start-000001"}}`)
	room := live.until(answers("s"))["data"].(map[string]any)["room"].(string)
	form := live.until(typed("form.prompt"))["data"].(map[string]any)["form"].(string)
	submit := func(id, birth string) {
		live.send(fmt.Sprintf(`{"type":"form.submit","id":%q,"stream":"room/%s","data":{"client_id":"form-%s-0000","form":%q,"fields":{"NAME":"marker-name","PHONE":"01044556677","EMAIL":"marker@mail.example","BIRTH":%q,"ADDRESS":"marker-street"}}}`, id, room, id, form, birth))
		live.until(answers(id))
	}
	submit("bad", "20210230")
	submit("good", "19870604")
	live.send(`{"type":"message.send","id":"m","stream":"room/` + room + `","data":{"client_id":"said-00000001","kind":"text","text":"marker-words"}}`)
	live.until(answers("m"))
	live.send(`{"type":"marker-type","id":"x","data":{"text":"marker-words"}}`)
	live.until(answers("x"))
	n.must("POST", "/v1/commands", n.token("manager"), `{"type":"room.assign","id":"1","data":{"client_id":"give-00000001","room":"`+room+`","to":"agent1","assignment":0}}`)
	n.must("PATCH", "/v1/sites/demo/customers/demo_marker-uid", agent, `{"note":"marker-note","tags":["marker-tag"]}`)
	n.call("PATCH", "/v1/sites/demo/customers/demo_marker-uid", agent, `{"note":"`+strings.Repeat("marker-note", 60)+`"}`)
	n.call("PATCH", "/v1/sites/demo/customers/demo_marker-uid", agent, `{"marker-field":"marker-value"}`)

	metrics := httptest.NewRecorder()
	node.operations().ServeHTTP(metrics, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	require.Equal(t, http.StatusOK, metrics.Code)
	require.NoError(t, node.stop(ctx))
	require.NotEmpty(t, log.String(), "a node that logs nothing proves nothing")
	for where, text := range map[string]string{"the log": log.String(), "the metrics": metrics.Body.String()} {
		for _, value := range []string{"marker", "01044556677", "19870604", "1987-06-04", "20210230", "demo-password-1", visitor, agent} {
			require.NotContains(t, text, value, where)
		}
	}
}
