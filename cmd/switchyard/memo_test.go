package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"
)

// memos are never sent to the customer. Every act that leaves a memo runs, on a whole node, while
// the customer listens on everything that there is: live, replay, snapshot, sync, history on the socket
// and over HTTP, and the routes of accounts. Not a byte of a memo comes, and room/ has no gap where one was.

// inner are texts that only memos have: the markers of this test and the engine's own words.
var inner = []string{"비밀", "memo", "프로필 미입력 상태", "변경 요청", "검토 요청", "거절되었습니다", "request.", "agent1", "manager"}

type memoNode struct {
	t    *testing.T
	ctx  context.Context
	base string
}

// call makes a request and gives its status and raw body.
func (n *memoNode) call(method, path, token, body string) (int, []byte) {
	r, err := http.NewRequestWithContext(n.ctx, method, "http://"+n.base+path, strings.NewReader(body))
	require.NoError(n.t, err)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(r)
	require.NoError(n.t, err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	require.NoError(n.t, err)
	return res.StatusCode, b
}

// must makes a request that is accepted.
func (n *memoNode) must(method, path, token, body string) map[string]any {
	status, b := n.call(method, path, token, body)
	require.Equal(n.t, 2, status/100, "%s %s: %s", method, body, b)
	var m map[string]any
	require.NoError(n.t, json.Unmarshal(b, &m))
	return m
}

func (n *memoNode) token(account string) string {
	return n.must("POST", "/v1/sessions", "", fmt.Sprintf(`{"site":"demo","account":%q,"password":"demo-password-1"}`, account))["token"].(string)
}

// act sends a command of an account about the room and gives its answer.
func (n *memoNode) act(token, kind, stream, data string) map[string]any {
	if stream != "" {
		stream = `"stream":"` + stream + `",`
	}
	return n.must("POST", "/v1/commands", token, `{"type":"`+kind+`","id":"1",`+stream+`"data":`+data+`}`)["data"].(map[string]any)
}

// ear is a customer's socket that keeps every byte.
type ear struct {
	n    *memoNode
	c    *websocket.Conn
	seqs []float64 // of room/, in the order of their coming
	raw  [][]byte
}

func (n *memoNode) listen(token, resume string) *ear {
	c, _, err := websocket.Dial(n.ctx, "ws://"+n.base+"/v1/ws", &websocket.DialOptions{Subprotocols: []string{"switchyard.v1.json"}})
	require.NoError(n.t, err)
	c.SetReadLimit(1 << 20)
	e := &ear{n: n, c: c}
	e.send(`{"type":"hello","id":"h","data":{"token":"` + token + `","client":{"name":"ear","version":"1"}` + resume + `}}`)
	return e
}

func (e *ear) send(frame string) {
	require.NoError(e.n.t, e.c.Write(e.n.ctx, websocket.MessageText, []byte(frame)))
}

// until reads up to the frame that the test waits for.
func (e *ear) until(found func(map[string]any) bool) map[string]any {
	for {
		_, b, err := e.c.Read(e.n.ctx)
		require.NoError(e.n.t, err)
		e.raw = append(e.raw, b)
		var m map[string]any
		require.NoError(e.n.t, json.Unmarshal(b, &m))
		if seq, ok := m["seq"].(float64); ok {
			e.seqs = append(e.seqs, seq)
		}
		if found(m) {
			return m
		}
	}
}

func typed(kind string) func(map[string]any) bool {
	return func(m map[string]any) bool { return m["type"] == kind }
}

func answers(id string) func(map[string]any) bool {
	return func(m map[string]any) bool { return m["reply_to"] == id }
}

// gapless says that the positions from the first one on have no gap and no double.
func (e *ear) gapless() {
	for i, seq := range e.seqs {
		require.Equal(e.n.t, float64(i+1), seq, "%v", e.seqs)
	}
}

func silent(t *testing.T, where string, raw ...[]byte) {
	for _, b := range raw {
		for _, word := range inner {
			require.False(t, bytes.Contains(b, []byte(word)), "%s: the customer can read %q in %s", where, word, b)
		}
	}
}

func TestConformance08TheCustomerHearsNoMemo(t *testing.T) {
	t.Setenv("SWITCHYARD_DEMO_PASSWORD", "demo-password-1")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cfg, _, err := loadConfig("serve", []string{"-data", t.TempDir(), "-log-level", "error"}, nil, io.Discard)
	require.NoError(t, err)
	node, err := assemble(cfg, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	defer func() { require.NoError(t, node.stop(ctx)) }()
	require.NoError(t, node.demo(io.Discard))
	l, err := listen("127.0.0.1:0")
	require.NoError(t, err)
	go node.gate.Serve(l)
	n := &memoNode{t: t, ctx: ctx, base: l.Addr().String()}

	admin, manager, agent := n.token("admin"), n.token("manager"), n.token("agent1")
	n.must("PATCH", "/v1/sites/demo/settings", admin, `{"profile.enabled":true,"profile.policy":"WAIT"}`)
	visitor := n.must("POST", "/v1/sites/demo/visitor-tokens", "", `{}`)["token"].(string)

	live := n.listen(visitor, "")
	defer live.c.CloseNow()
	live.until(typed("welcome"))
	live.send(`{"type":"room.start","id":"s","data":{"client_id":"start-000001"}}`)
	room := live.until(answers("s"))["data"].(map[string]any)["room"].(string)
	desk, own := "desk/"+room, "room/"+room

	// Every act that leaves a memo: the override of a lock (S-13), a memo of the manager and of the holder, a change
	// request and its rejection, one that a site approves by itself, a review; a template beside them, which is no memo.
	n.act(manager, "room.assign", "", `{"client_id":"memo-00000001","room":"`+room+`","to":"agent1","assignment":0,"why":"비밀 0"}`)
	n.act(manager, "message.send", desk, `{"client_id":"memo-00000002","kind":"memo","text":"비밀 1"}`)
	n.act(agent, "message.send", desk, `{"client_id":"memo-00000003","kind":"memo","text":"비밀 2","assignment":1}`)
	asked := n.act(agent, "room.request_change", desk, `{"client_id":"memo-00000004","assignment":1,"to":"agent2","text":"비밀 3"}`)
	n.act(manager, "request.decide", "", fmt.Sprintf(`{"client_id":"memo-00000005","request":%q,"ok":false}`, asked["request"]))
	n.act(agent, "room.request_review", desk, `{"client_id":"memo-00000006","assignment":1,"text":"비밀 4"}`)
	n.act(agent, "message.send", desk, `{"client_id":"said-00000001","kind":"text","text":"안녕하세요","assignment":1}`)
	n.must("PATCH", "/v1/sites/demo/settings", admin, `{"change_request.auto_approve":true}`)
	n.act(agent, "room.request_change", desk, `{"client_id":"memo-00000007","assignment":1,"to":"agent2","text":"비밀 5"}`)
	live.until(func(m map[string]any) bool {
		return m["type"] == "room.assigned" && m["data"].(map[string]any)["agent"] == "이두리"
	})
	live.send(`{"type":"room.end","id":"e","stream":"` + own + `","data":{"client_id":"end-00000001"}}`)
	live.until(typed("room.closed"))
	live.send(`{"type":"room.rate","id":"r","stream":"` + own + `","data":{"client_id":"rate-0000001","score":5}}`)
	live.until(typed("room.rated"))
	live.gapless()
	silent(t, "live", live.raw...)

	// The accounts see them all: the memos are there.
	_, seen := n.call("GET", "/v1/sites/demo/rooms/"+room+"?limit=100", admin, "")
	for i := range 6 {
		require.Contains(t, string(seen), fmt.Sprintf("비밀 %d", i))
	}
	require.Equal(t, 7, bytes.Count(seen, []byte(`"kind":"memo"`)))

	epoch := func() string {
		var m map[string]any
		require.NoError(t, json.Unmarshal(live.raw[0], &m))
		return m["data"].(map[string]any)["epoch"].(string)
	}()
	replay := n.listen(visitor, `,"resume":{"epoch":"`+epoch+`","streams":{"`+own+`":0}}`)
	defer replay.c.CloseNow()
	replay.until(typed("stream.live"))
	require.Equal(t, live.seqs, replay.seqs)
	replay.gapless()
	replay.send(`{"type":"history","id":"1","stream":"` + own + `","data":{"before":1000,"limit":100}}`)
	page := replay.until(answers("1"))["data"].(map[string]any)["events"].([]any)
	require.Len(t, page, len(live.seqs))
	replay.send(`{"type":"subscribe","id":"2","stream":"` + own + `"}`)
	replay.until(typed("stream.reset"))
	replay.send(`{"type":"sync","id":"3","stream":"` + own + `","data":{"after":0}}`)
	replay.until(answers("3"))
	for i, stream := range []string{desk, "inbox/agent1", "board/demo"} { // what is not the customer's says nothing
		replay.send(fmt.Sprintf(`{"type":"subscribe","id":"x%d","stream":"%s"}`, i, stream))
		require.Equal(t, "error", replay.until(answers(fmt.Sprintf("x%d", i)))["type"])
	}
	silent(t, "replay, history, snapshot and sync", replay.raw...)

	_, b := n.call("POST", "/v1/commands", visitor, `{"type":"history","id":"1","stream":"`+own+`","data":{"before":1000,"limit":100}}`)
	silent(t, "history over HTTP", b)
	for _, path := range []string{"/rooms", "/rooms/" + room, "/rooms/" + room + "/explain", "/requests", "/templates"} {
		status, b := n.call("GET", "/v1/sites/demo"+path, visitor, "")
		require.Equal(t, 403, status, path)
		silent(t, path, bytes.ReplaceAll(b, []byte("requests.list"), nil))
	}
}
