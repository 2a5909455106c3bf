package gateway

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"switchyard/protocol"
)

// answering makes the minds of site and room say yes.
func answering(h *house) {
	h.answer = func(a asked) (protocol.Result, *protocol.Rejection, bool) {
		switch b := a.c.Body.(type) {
		case protocol.ChangeSettings:
			_, _, _, err := protocol.ChangeSettingsJSON(h.facts["acme"].Settings, b.Changes)
			if rej, ok := err.(*protocol.Rejection); ok {
				return nil, rej, true
			}
			return protocol.Done{}, nil, true
		case protocol.SaveAccount, protocol.SaveCategory, protocol.SaveHoliday, protocol.SaveDay, protocol.EndRoom:
			return protocol.Done{}, nil, true
		}
		return nil, nil, false
	}
}

// The site's own things: read, changed, and refused with the field to blame.
func TestSiteRoutes(t *testing.T) {
	in(t, nil, func(h *house) {
		answering(h)
		admin := h.login("admin", "acme")
		for _, c := range []struct {
			route, body string
			status      int
			field       string
		}{
			{"GET /settings", "", 200, ""},
			{"PATCH /settings", `{"distribution.mode":"MANUAL"}`, 200, ""},
			{"PATCH /settings", `{"distribution.mode":"LUCK"}`, 422, "distribution.mode"},
			{"PATCH /settings", `{"distribution.mode":"AUTO","distribution.mode":"MANUAL"}`, 400, ""},
			{"GET /accounts", "", 200, ""},
			{"POST /accounts", `{"id":"carl","role":"AGENT","name":"칼","password":"long enough"}`, 201, ""},
			{"POST /accounts", `{"id":"Carl","role":"AGENT","name":"칼","password":"long enough"}`, 422, "id"},
			{"POST /accounts", `{"id":"carl","role":"SYSTEM","name":"칼","password":"long enough"}`, 422, "role"},
			{"POST /accounts", `{"id":"carl","role":"AGENT","name":"칼","password":"short"}`, 422, "password"},
			{"POST /accounts", `{"id":"carl","role":"AGENT","name":"칼","password":"long enough","tenant":"x"}`, 422, "tenant"},
			{"PATCH /accounts/anna", `{"max_concurrent":1000}`, 422, "max_concurrent"},
			{"PATCH /accounts/nobody", `{"name":"x"}`, 404, ""},
			{"POST /categories", `{"name":"교환","level":2,"parent":"k1"}`, 201, ""},
			{"POST /categories", `{"name":"교환","level":2}`, 422, "parent"},
			{"POST /categories", `{"name":"` + strings.Repeat("가", 16) + `"}`, 422, "name"},
			{"POST /holidays", `{"date":"2021-06-10","name":"x","hours":{"open":true,"from":"10:00","to":"03:00","next_day":true}}`, 201, ""},
			{"POST /holidays", `{"date":"2021-02-30"}`, 422, "date"},
			{"POST /holidays", `{"date":"2021-06-10","hours":{"open":true,"from":"10:00","to":"09:00"}}`, 422, "hours"},
			{"DELETE /holidays/2021-06-10", "", 404, ""},
			{"POST /days", `{"account":"anna","date":"2021-06-10","breaks":[{"from":"12:00","to":"13:00"}]}`, 201, ""},
			{"POST /days", `{"account":"anna","date":"2021-06-10","breaks":[{"from":"13:00","to":"12:00"}]}`, 422, "breaks.0.to"},
			{"GET /nothing", "", 404, ""},
			{"DELETE /settings", "", 405, ""},
			{"TRACE /settings", "", 405, ""},
		} {
			method, path, _ := strings.Cut(c.route, " ")
			res, m := h.do(method, "/v1/sites/acme"+path, admin, c.body)
			field, _ := m["field"].(string)
			if res.StatusCode != c.status || field != c.field {
				t.Errorf("%s %s: %d %v, want %d %s", c.route, c.body, res.StatusCode, m, c.status, c.field)
			}
			if c.status >= 400 && (res.Header.Get("Content-Type") != "application/problem+json" || m["code"] == nil || m["status"] != float64(c.status)) {
				t.Errorf("%s: not a problem: %v %v", c.route, res.Header, m)
			}
		}
		saved := bodies[protocol.SaveAccount](h.fake)[0].c.Body.(protocol.SaveAccount)
		if !saved.Create || !strings.HasPrefix(saved.Password, "$argon2id$") || saved.Account.Name != "칼" {
			t.Errorf("saved: %+v", saved)
		}
		// A new password ends every session of the account.
		anna := h.login("anna", "acme")
		s := h.enter(anna, "")
		began := time.Now()
		h.do("PATCH", "/v1/sites/acme/accounts/anna", admin, `{"password":"another one"}`)
		if code := s.code(); code != closeUnauthorised || time.Since(began) > time.Second {
			t.Errorf("after a new password: %d after %v", code, time.Since(began))
		}
		if res, _ := h.do("GET", "/v1/sites/acme/categories", anna, ""); res.StatusCode != 401 {
			t.Errorf("the old session: %v", res.Status)
		}
		for _, c := range []struct{ name, kind string }{{"text", "text/plain"}, {"form", "application/x-www-form-urlencoded"}, {"charset", "application/json; charset=latin1"}} {
			if res, _ := h.do("PATCH", "/v1/sites/acme/settings", admin, `{}`, "Content-Type", "", "Content-Type", c.kind); res.StatusCode != 415 {
				t.Errorf("%s: %v", c.name, res.Status)
			}
		}
		if res, _ := h.do("GET", "/v1/sites/acme/settings?token="+admin, "", ""); res.StatusCode != 400 {
			t.Errorf("X-04: %v", res.Status)
		}
	})
}

// a write with the cookie needs the header; logout ends the session and its cookie.
func TestCookies(t *testing.T) {
	in(t, func(c *Config) { c.Secure = true }, func(h *house) {
		answering(h)
		hash, _ := h.g.hash.Hash(h.g.stopped, "correct horse")
		h.passwords["admin"] = hash
		res, _ := h.do("POST", "/v1/sessions", "", `{"site":"acme","account":"admin","password":"correct horse"}`)
		c := res.Cookies()[0]
		if c.Name != "__Host-switchyard" || !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteStrictMode || c.Path != "/" {
			t.Errorf("cookie: %v", c)
		}
		cookie := c.Name + "=" + c.Value
		if res, _ := h.do("GET", "/v1/sites/acme/settings", "", "", "Cookie", cookie); res.StatusCode != 200 {
			t.Errorf("read: %v", res.Status)
		}
		for _, c := range []struct {
			headers []string
			status  int
		}{
			{nil, 403},
			{[]string{CSRFHeader, "1"}, 200},
			{[]string{CSRFHeader, "1", "Origin", "https://gate.test"}, 200},
			{[]string{CSRFHeader, "1", "Origin", "http://gate.test"}, 403},
			{[]string{CSRFHeader, "1", "Origin", "https://shop.example.com"}, 403},
		} {
			if res, _ := h.do("PATCH", "/v1/sites/acme/settings", "", `{"busy_time":true}`, append(c.headers, "Cookie", cookie)...); res.StatusCode != c.status {
				t.Errorf("write %v: %v", c.headers, res.Status)
			}
		}
		if res, _ := h.do("DELETE", "/v1/sessions", "", "", "Cookie", cookie, CSRFHeader, "1"); res.StatusCode != 204 || res.Cookies()[0].MaxAge >= 0 {
			t.Errorf("logout: %v", res.Status)
		}
		if res, _ := h.do("GET", "/v1/sites/acme/settings", "", "", "Cookie", cookie); res.StatusCode != 401 {
			t.Errorf("after logout: %v", res.Status)
		}
	})
}

// Lists page by a cursor and show what the caller's scope covers: an agent its own rooms, of the closed ones those
// of today, and those under 보류 by themselves; explain says why.
func TestRooms(t *testing.T) {
	in(t, nil, func(h *house) {
		h.closed = append(h.closed, protocol.ClosedRoomRow{Room: "r_yesterday", State: protocol.Closed, Agent: "anna", ClosedAt: protocol.At(time.Now().Add(-time.Hour))})
		for i, holder := range []protocol.AccountID{"anna", "ben", "", "anna", "ben"} {
			state := protocol.Active
			if holder == "" {
				state = protocol.Waiting
			}
			h.openRows = append(h.openRows, protocol.OpenRoomRow{Room: protocol.RoomID("r_" + string(rune('a'+i))), State: state, Holder: holder, Hold: i == 3})
			h.closed = append(h.closed, protocol.ClosedRoomRow{Room: protocol.RoomID("r_" + string(rune('p'+i))), State: protocol.Closed, Agent: holder, ClosedAt: protocol.At(time.Now())})
		}
		count := func(account protocol.AccountID, state string) (n, pages int) {
			token, cursor := h.login(account, "acme"), ""
			for {
				_, m := h.do("GET", "/v1/sites/acme/rooms?limit=2&state="+state+"&cursor="+cursor, token, "")
				rooms, _ := m["rooms"].([]any)
				n += len(rooms)
				pages++
				next, ok := m["next_cursor"].(string)
				if !ok || pages > 10 {
					return n, pages
				}
				cursor = next
			}
		}
		for _, c := range []struct {
			account      protocol.AccountID
			open, closed int
		}{{"admin", 5, 6}, {"boss", 3, 4}, {"anna", 2, 2}} {
			if n, _ := count(c.account, "open"); n != c.open {
				t.Errorf("%s sees %d open rooms, want %d", c.account, n, c.open)
			}
			if n, _ := count(c.account, "closed"); n != c.closed {
				t.Errorf("%s sees %d closed rooms, want %d", c.account, n, c.closed)
			}
		}
		if n, _ := count("anna", "open&hold_close=true"); n != 1 {
			t.Errorf("anna sees %d rooms under 보류, want 1", n)
		}
		if n, _ := count("ben", "open&hold_close=true"); n != 0 {
			t.Errorf("ben sees %d rooms under 보류, and has none", n)
		}
		if res, m := h.do("GET", "/v1/sites/acme/rooms?hold_close=maybe", h.login("anna", "acme"), ""); res.StatusCode != 400 || m["field"] != "hold_close" {
			t.Errorf("hold_close=maybe: %v %v", res.Status, m)
		}
		if _, pages := count("admin", "open"); pages < 3 {
			t.Errorf("%d pages", pages)
		}
		admin := h.login("admin", "acme")
		h.fill(roomA, 250, time.Now())
		h.logs[protocol.RoomAt("acme", roomA)][4].Event = &protocol.RoomAssigned{Assignment: 1, Agent: "anna", Why: protocol.Why{Rule: "LEAST_LOAD", Eligible: 2}}
		if _, m := h.do("GET", "/v1/sites/acme/rooms/"+string(roomA), admin, ""); len(m["events"].([]any)) != 100 || m["before"] != 151.0 || m["room"].(map[string]any)["agent"] != "anna" {
			t.Errorf("room: %v", m["before"])
		}
		_, m := h.do("GET", "/v1/sites/acme/rooms/"+string(roomA)+"/explain", admin, "")
		if why := data(m["assigned"].(map[string]any))["why"].(map[string]any); why["rule"] != "LEAST_LOAD" {
			t.Errorf("explain: %v", m)
		}
		w := h.rooms[roomB]
		w.Holder, w.State = "", protocol.Waiting
		h.rooms[roomB] = w
		for _, c := range []struct {
			state  protocol.RoomState
			reason string
		}{{0, "being_routed"}, {protocol.Bot, "with_the_bot"}, {protocol.Closed, "closed_by CUSTOMER NORMAL"}} {
			w.State, w.Assignment, w.Actor, w.Reason = c.state, 0, protocol.EndedByCustomer, protocol.EndNormal
			h.rooms[roomB] = w
			if _, m := h.do("GET", "/v1/sites/acme/rooms/"+string(roomB)+"/explain", admin, ""); m["reasons"].([]any)[0] != c.reason || m["assigned"] != nil {
				t.Errorf("explain: %v, want %s", m, c.reason)
			}
		}
		w.State = protocol.Waiting
		h.rooms[roomB] = w
		h.queue = protocol.QueueView{Explain: &protocol.Explanation{Room: roomB, Position: 3, Reasons: []string{"no seat"}}}
		if _, m := h.do("GET", "/v1/sites/acme/rooms/"+string(roomB)+"/explain", admin, ""); m["position"] != 3.0 {
			t.Errorf("explain: %v", m)
		}
	})
}

// POST /v1/commands is the socket's fallback: the same object, its reply as the body.
func TestCommands(t *testing.T) {
	in(t, nil, func(h *house) {
		answering(h)
		end := `{"type":"room.end","id":"7","stream":"room/` + string(roomA) + `","data":{}}`
		res, m := h.do("POST", "/v1/commands", h.visitor("kim"), end, "Idempotency-Key", "0123456789")
		if res.StatusCode != 200 || m["type"] != "ok" || m["reply_to"] != "7" {
			t.Errorf("end: %v %v", res.Status, m)
		}
		if got := bodies[protocol.EndRoom](h.fake)[0].c.ClientID; got != "0123456789" {
			t.Errorf("client id: %q", got)
		}
		if res, m := h.do("POST", "/v1/commands", h.visitor("lee"), end); res.StatusCode != 404 || data(m)["code"] != "not_found" {
			t.Errorf("another's room: %v %v", res.Status, m)
		}
		if res, _ := h.do("POST", "/v1/commands", h.visitor("kim"), `{"type":"subscribe","id":"1","stream":"room/r_1"}`); res.StatusCode != 400 {
			t.Errorf("subscribe: %v", res.Status)
		}
	})
}

// pages come with their policy, and unknown hosts with nothing.
func TestPages(t *testing.T) {
	pages := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Write([]byte("page")) })
	in(t, func(c *Config) { c.Pages, c.Hosts = pages, []string{"gate.test"} }, func(h *house) {
		res, _ := h.do("GET", "/console/", "", "")
		policy := res.Header.Get("Content-Security-Policy")
		if res.StatusCode != 200 || !strings.Contains(policy, "default-src 'self'") || !strings.Contains(policy, "frame-ancestors 'none'") || strings.Contains(policy, "unsafe") {
			t.Errorf("policy: %s", policy)
		}
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"} {
			if got := res.Header.Get(name); got != want {
				t.Errorf("%s: %q", name, got)
			}
		}
		res, _ = h.do("GET", "/widget/?site=acme", "", "")
		if policy := res.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "frame-ancestors 'self' https://shop.example.com") {
			t.Errorf("widget: %s", policy)
		}
		if res, _ := h.do("GET", "/console/", "", "", "Host", "evil.test"); res.StatusCode != 421 {
			t.Errorf("host: %v", res.Status)
		}
		if res, _ := h.do("POST", "/console/", "", ""); res.StatusCode != 405 {
			t.Errorf("post: %v", res.Status)
		}
	})
}
