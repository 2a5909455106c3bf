package gateway

import (
	"bufio"
	"context"
	"crypto/sha256"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"switchyard/protocol"
)

// upgrade makes a handshake by hand and gives its status.
func (h *house) upgrade(path string, headers ...string) *http.Response {
	h.t.Helper()
	c, err := h.l.dial(context.Background(), "", "")
	if err != nil {
		h.t.Fatal(err)
	}
	defer c.Close()
	req := "GET " + path + " HTTP/1.1\r\nHost: gate.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
	if !strings.Contains(strings.Join(headers, ""), "Sec-WebSocket-Protocol") {
		req += "Sec-WebSocket-Protocol: " + Subprotocol + "\r\n"
	}
	for _, x := range headers {
		req += x + "\r\n"
	}
	go io.WriteString(c, req+"\r\n")
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		h.t.Fatalf("%s %v: %v", path, headers, err)
	}
	b, _ := io.ReadAll(io.LimitReader(res.Body, 4096))
	res.Body = io.NopCloser(strings.NewReader(string(b)))
	return res
}

// and conformance 1, X-04, X-05: who gets an upgrade, and who does not.
func TestConformance01Handshakes(t *testing.T) {
	in(t, func(c *Config) {
		c.Sites = func() []protocol.SiteID { return []protocol.SiteID{"acme", "other"} }
		c.Origins = []string{"https://chat.example.org"}
	}, func(h *house) {
		token := h.login("anna", "acme")
		for _, c := range []struct {
			path    string
			headers []string
			status  int
		}{
			{"/v1/ws", nil, 101}, // no browser: it shows its token in hello
			{"/v1/ws", []string{"Origin: http://gate.test"}, 101},
			{"/v1/ws", []string{"Origin: https://chat.example.org"}, 101},
			{"/v1/ws", []string{"Origin: https://shop.example.com"}, 101},
			{"/v1/ws?site=acme", []string{"Origin: https://shop.example.com"}, 101},
			{"/v1/ws?site=other", []string{"Origin: https://shop.example.com"}, 403},
			{"/v1/ws", []string{"Origin: https://evil.test"}, 403},
			{"/v1/ws", []string{"Origin: null"}, 403},
			{"/v1/ws", []string{"Origin: "}, 403},
			{"/v1/ws", []string{"Origin: https://shop.example.com.evil.test"}, 403},
			{"/v1/ws", []string{"Origin: https://evil-shop.example.com"}, 403},
			{"/v1/ws", []string{"Origin: https://sub.shop.example.com"}, 403},
			{"/v1/ws", []string{"Origin: https://SHOP.example.com"}, 403},
			{"/v1/ws", []string{"Origin: http://shop.example.com"}, 403},
			{"/v1/ws", []string{"Origin: https://shop.example.com:8443"}, 403},
			{"/v1/ws", []string{"Origin: https://shop.example.com."}, 403},
			{"/v1/ws", []string{"Origin: https://shop.example.com/"}, 403},
			{"/v1/ws", []string{"Origin: https://a@shop.example.com"}, 403},
			{"/v1/ws", []string{"Origin: https://shop.example.com", "Origin: https://shop.example.com"}, 403},
			{"/v1/ws", []string{"Origin: file://"}, 403},
			{"/v1/ws", []string{"Authorization: Bearer " + token}, 101},
			{"/v1/ws", []string{"Authorization: Bearer nonsense"}, 401},
			{"/v1/ws", []string{"Authorization: Basic YTpi"}, 401},
			{"/v1/ws", []string{"Sec-WebSocket-Protocol: "}, 400},
			{"/v1/ws", []string{"Sec-WebSocket-Protocol: switchyard.v9.json"}, 400},
			{"/v1/ws", []string{"Sec-WebSocket-Protocol: SWITCHYARD.V1.JSON"}, 400},
			{"/v1/ws", []string{"Sec-WebSocket-Protocol: " + token}, 400},
			{"/v1/ws", []string{"Sec-WebSocket-Protocol: other, switchyard.v1.json"}, 101},
			{"/v1/ws?token=" + token, nil, 400},
			{"/v1/ws?access_token=x", nil, 400},
			{"/v1/ws?site=acme&site=other", nil, 400},
		} {
			res := h.upgrade(c.path, c.headers...)
			if res.StatusCode != c.status {
				h.t.Errorf("%s %q: %d, want %d", c.path, c.headers, res.StatusCode, c.status)
			}
			if got := res.Header.Get("Sec-WebSocket-Protocol"); (got == Subprotocol) != (c.status == 101) {
				h.t.Errorf("%s %q: echo %q", c.path, c.headers, got)
			}
			if b, _ := io.ReadAll(res.Body); strings.Contains(string(b), token) {
				h.t.Errorf("%s: the token comes back", c.path)
			}
		}
	})
}

// Without AllowNoOrigin, and for cookies always, a request without an Origin needs an Authorization header.
func TestNoOrigin(t *testing.T) {
	in(t, func(c *Config) { c.AllowNoOrigin = false }, func(h *house) {
		token := h.login("anna", "acme")
		if res := h.upgrade("/v1/ws"); res.StatusCode != 403 {
			h.t.Errorf("no origin: %d", res.StatusCode)
		}
		if res := h.upgrade("/v1/ws", "Cookie: switchyard="+token); res.StatusCode != 403 {
			h.t.Errorf("cookie without origin: %d", res.StatusCode)
		}
		if res := h.upgrade("/v1/ws", "Authorization: Bearer "+token); res.StatusCode != 101 {
			h.t.Errorf("header: %d", res.StatusCode)
		}
	})
	in(t, nil, func(h *house) {
		token := h.login("anna", "acme")
		for origin, want := range map[string]int{"": closeUnauthorised, "http://gate.test": 0} {
			headers := http.Header{"Cookie": {"switchyard=" + token}}
			if origin != "" {
				headers.Set("Origin", origin)
			}
			s := h.dial(headers)
			s.send(`{"type":"hello","id":"1"}`)
			if want == 0 {
				s.until("welcome")
			} else if code := s.code(); code != want {
				h.t.Errorf("cookie, origin %q: %d", origin, code)
			}
			s.close()
		}
	})
}

// whatever is wrong with a token, the answer is one and the same.
func TestTokenAttacks(t *testing.T) {
	in(t, nil, func(h *house) {
		now := time.Now()
		good := h.visitor("kim")
		claims := visitorClaims{Site: "acme", Key: "acme_kim", From: now.Unix(), Expires: now.Add(time.Hour).Unix()}
		sign := func(change func(*visitorClaims)) string { c := claims; change(&c); return h.g.signVisitor(c) }
		otherKey := &Gateway{cfg: Config{SigningKey: []byte(strings.Repeat("x", 32))}}
		expired := accountPrefix + "expired"
		h.sessions[sha256.Sum256([]byte(expired))] = Session{Site: "acme", Account: "anna", Expires: protocol.At(now.Add(-time.Second))}
		answers := map[string]bool{}
		for name, token := range map[string]string{
			"none":              "",
			"expired":           sign(func(c *visitorClaims) { c.Expires = now.Unix() }),
			"not yet valid":     sign(func(c *visitorClaims) { c.From = now.Add(time.Minute).Unix() }),
			"another key":       otherKey.signVisitor(claims),
			"cut signature":     good[:len(good)-4],
			"no signature":      good[:strings.LastIndexByte(good, '.')+1],
			"changed claims":    strings.Replace(good, good[20:24], "AAAA", 1),
			"alg none":          "eyJhbGciOiJub25lIn0.eyJzIjoiYWNtZSJ9.",
			"as an account":     accountPrefix + good[len(visitorPrefix):],
			"session unknown":   accountPrefix + "AAAA",
			"session expired":   expired,
			"loose base64":      good + "=",
			"a megabyte almost": visitorPrefix + strings.Repeat("A", 15<<10),
		} {
			for _, route := range []string{"GET /v1/sites/acme/categories", "POST /v1/commands"} {
				method, path, _ := strings.Cut(route, " ")
				headers := []string{}
				if token == "" {
					headers = []string{"Authorization", "Bearer"}
				}
				body := ""
				if method == "POST" {
					body = `{"type":"pong"}`
				}
				if len(token) > 8<<10 {
					continue // the header limit answers before (431)
				}
				res, m := h.do(method, path, token, body, headers...)
				if res.StatusCode != 401 {
					h.t.Errorf("%s: %s: %d", name, route, res.StatusCode)
				}
				answers[m["text_en"].(string)] = true
			}
			s := h.dial(nil)
			s.send(`{"type":"hello","data":{"token":"` + token + `"}}`)
			if code := s.code(); code != closeUnauthorised {
				h.t.Errorf("%s: hello: %d", name, code)
			}
		}
		if len(answers) != 1 {
			h.t.Errorf("answers tell the failures apart: %v", answers)
		}
		// Another site's token is good, and everything of this site is not there for it.
		if res, _ := h.do("GET", "/v1/sites/acme/settings", h.login("admin", "other"), ""); res.StatusCode != 404 {
			h.t.Errorf("another tenant: %d", res.StatusCode)
		}
	})
}

// A visitor renews its token with the old one and stays the same customer, also some time after the expiry.
func TestVisitorRenews(t *testing.T) {
	in(t, func(c *Config) { c.VisitorRenew = 3 * time.Hour }, func(h *house) {
		_, first := h.do("POST", "/v1/sites/acme/visitor-tokens", "", `{}`)
		time.Sleep(2 * time.Hour)
		res, again := h.do("POST", "/v1/sites/acme/visitor-tokens", first["token"].(string), `{}`)
		if res.StatusCode != 201 || again["customer_key"] != first["customer_key"] {
			h.t.Errorf("renewed: %v %v", res.Status, again)
		}
		time.Sleep(4*time.Hour + time.Minute)
		if res, _ := h.do("POST", "/v1/sites/acme/visitor-tokens", again["token"].(string), `{}`); res.StatusCode != 401 {
			h.t.Errorf("after the window: %v", res.Status)
		}
		if res, _ := h.do("POST", "/v1/sites/other/visitor-tokens", first["token"].(string), `{}`); res.StatusCode != 401 {
			h.t.Errorf("at another site: %v", res.Status)
		}
		if res, _ := h.do("POST", "/v1/sites/acme/visitor-tokens", "", `{}`, "Origin", "https://evil.test"); res.StatusCode != 403 {
			h.t.Errorf("foreign page: %v", res.Status)
		}
		if res, m := h.do("POST", "/v1/sites/acme/visitor-tokens", "", `{"params":{"parameter1":"`+strings.Repeat("가", 21)+`"}}`); res.StatusCode != 413 || m["field"] != "params.parameter1" {
			h.t.Errorf("R-012: %v %v", res.Status, m)
		}
		if res, m := h.do("POST", "/v1/sites/acme/visitor-tokens", "", `{"role":"ADMIN"}`); res.StatusCode != 400 || m["field"] != "role" {
			h.t.Errorf("X-10: %v %v", res.Status, m)
		}
	})
}

// a forwarded address counts only behind a trusted proxy, and only up to the first stranger.
func TestAddress(t *testing.T) {
	g := &Gateway{cfg: Config{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}}
	for _, c := range []struct{ remote, forwarded, want string }{
		{"203.0.113.5:99", "198.51.100.1", "203.0.113.5"},
		{"10.0.0.1:99", "198.51.100.1", "198.51.100.1"},
		{"10.0.0.1:99", "1.2.3.4, 198.51.100.1", "198.51.100.1"},
		{"10.0.0.1:99", "198.51.100.1, 10.0.0.9", "198.51.100.1"},
		{"10.0.0.1:99", "garbage", "10.0.0.1"},
		{"10.0.0.1:99", "", "10.0.0.1"},
	} {
		r := &http.Request{RemoteAddr: c.remote, Header: http.Header{}}
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		if got := g.address(r); got != c.want {
			t.Errorf("%v: %s", c, got)
		}
	}
}
