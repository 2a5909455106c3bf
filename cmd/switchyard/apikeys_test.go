package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"switchyard/protocol"
)

// TestAKeySpeaksForItsAccount, on a whole node: with the role that it was made for and never with more than the account has;
// shown once and stored as a hash; not for keys, accounts and sockets; gone at once when it is revoked or its account is.
func TestAKeySpeaksForItsAccount(t *testing.T) {
	inBubble(t, nil, func(w *world) {
		admin := w.login("admin")
		mint := func(body string) string {
			code, m := w.api("POST", "/v1/sites/acme/keys", admin, body)
			require.Equal(t, 201, code, "%v", m)
			token := m["token"].(string)
			require.True(t, strings.HasPrefix(token, "v1.key.acme."), token)
			return token
		}
		all := mint(`{"id":"all","name":"통합","role":"ADMIN"}`)
		boss := mint(`{"id":"boss","name":"보고서","role":"MANAGER","account":"boss"}`)
		low := mint(`{"id":"low","name":"낮은 키","role":"AGENT","account":"boss"}`)
		status := func(token, method, path, body string) int {
			code, _ := w.api(method, path, token, body)
			return code
		}
		for _, x := range []struct {
			token, method, path, body string
			want                      int
		}{
			{all, "GET", "/v1/sites/acme/settings", "", 200},
			{all, "POST", "/v1/sites/acme/categories", `{"name":"반품","level":1}`, 201},
			{all, "GET", "/v1/sites/acme/keys", "", 200},
			{all, "POST", "/v1/sites/acme/keys", `{"name":"x","role":"AGENT"}`, 403},
			{all, "DELETE", "/v1/sites/acme/keys/boss", "", 403},
			{all, "POST", "/v1/sites/acme/accounts", `{"id":"x","role":"AGENT","name":"X","password":"password of all"}`, 403},
			{all, "DELETE", "/v1/sessions", "", 403},
			{all, "GET", "/v1/sites/other/settings", "", 404},
			{boss, "GET", "/v1/sites/acme/reports/sqi", "", 200},
			{boss, "GET", "/v1/sites/acme/reports/sqi.csv", "", 200},
			{boss, "GET", "/v1/sites/acme/settings", "", 403},
			{low, "GET", "/v1/sites/acme/rooms", "", 200},
			{low, "GET", "/v1/sites/acme/reports/sqi", "", 403},
			{all + "x", "GET", "/v1/sites/acme/settings", "", 401},
			{strings.Replace(all, "acme", "none", 1), "GET", "/v1/sites/acme/settings", "", 401},
		} {
			require.Equal(t, x.want, status(x.token, x.method, x.path, x.body), "%s %s", x.method, x.path)
		}
		for body, field := range map[string]string{
			`{"name":"x","role":"ADMIN","account":"boss"}`: "role", `{"name":"x","role":"AGENT","account":"nobody"}`: "account", `{"role":"AGENT"}`: "name",
			`{"name":"x"}`: "role", `{"id":"all","name":"x","role":"AGENT"}`: "id", `{"id":"No","name":"x","role":"AGENT"}`: "id", `{"name":"x","role":"SYSTEM"}`: "role",
		} {
			code, m := w.api("POST", "/v1/sites/acme/keys", admin, body)
			require.Contains(t, []int{409, 422}, code, "%s %v", body, m)
			require.Equal(t, field, m["field"], body)
		}
		require.Equal(t, 403, status(w.login("boss"), "GET", "/v1/sites/acme/keys", ""))

		// No socket, and nobody sees a key again: not in the list, not in the audit, not on the disk.
		req, err := http.NewRequest("GET", "http://acme.test/v1/ws", nil)
		require.NoError(t, err)
		req.Header.Set("Authorization", "Bearer "+all)
		for k, v := range map[string]string{"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol": "switchyard.v1.json"} {
			req.Header.Set(k, v)
		}
		res, err := w.http(nil).Do(req)
		require.NoError(t, err)
		require.Equal(t, 401, res.StatusCode)
		res.Body.Close()
		_, m := w.api("GET", "/v1/sites/acme/keys", admin, "")
		require.Len(t, m["keys"], 3)
		for _, k := range m["keys"].([]any) {
			require.NotContains(t, k, "token")
		}
		_, m = w.api("GET", "/v1/sites/acme/audit", admin, "")
		said := map[any]any{}
		for _, x := range m["changes"].([]any) {
			said[x.(map[string]any)["what"]] = x.(map[string]any)["id"]
		}
		require.Contains(t, said, "key")
		require.Equal(t, "sqi.csv", said["export"], "what the key took out is recorded")

		w.stop()
		w.start()
		require.Equal(t, 200, status(boss, "GET", "/v1/sites/acme/reports/sqi", ""), "a key outlives a restart")
		admin = w.login("admin")
		require.Equal(t, 204, status(admin, "DELETE", "/v1/sites/acme/keys/all", ""))
		require.Equal(t, 404, status(admin, "DELETE", "/v1/sites/acme/keys/all", ""))
		require.Equal(t, 401, status(all, "GET", "/v1/sites/acme/settings", ""))
		code, m := w.api("PATCH", "/v1/sites/acme/accounts/boss", admin, `{"disabled":true}`)
		require.Equal(t, 200, code, "%v", m)
		require.Equal(t, 401, status(boss, "GET", "/v1/sites/acme/reports/sqi", ""), "the account's end is the key's")
		require.NotEmpty(t, w.n.engine.Facts(protocol.SiteID("acme")).Secrets.Keys)
	})
}
