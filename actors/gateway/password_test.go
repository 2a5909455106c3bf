package gateway

import (
	"strings"
	"testing"
	"time"

	"switchyard/protocol"
)

// An account changes its own password with the old one, and nobody else's; guessing the old one is limited as logins are
// afterwards every login of it has ended and its sockets are closed within a second (X-06, SEC-9).
func TestOwnPassword(t *testing.T) {
	in(t, nil, func(h *house) {
		answering(h)
		h.passwords["anna"], _ = h.g.hash.Hash(h.g.stopped, "the old one")
		anna, other := h.login("anna", "acme"), h.login("anna", "acme")
		s := h.enter(other, "")
		const path = "/v1/sites/acme/accounts/anna/password"
		for _, c := range []struct {
			token, body string
			status      int
			field       string
		}{
			{anna, `{"old":"the old one","new":"short"}`, 422, "new"},
			{anna, `{"old":"a guess","new":"the new one"}`, 422, "old"},
			{anna, `{"new":"the new one"}`, 422, "old"},
			{anna, `{"old":"the old one","new":"the old one"}`, 204, ""},
			{h.login("admin", "acme"), `{"old":"the old one","new":"the new one"}`, 404, ""},
			{h.login("ben", "acme"), `{"old":"the old one","new":"the new one"}`, 404, ""},
			{h.visitor("kim"), `{"old":"the old one","new":"the new one"}`, 403, ""},
		} {
			res, m := h.do("POST", path, c.token, c.body)
			if field, _ := m["field"].(string); res.StatusCode != c.status || field != c.field {
				t.Errorf("%s: %v %v", c.body, res.Status, m)
			}
		}
		if len(bodies[protocol.SaveAccount](h.fake)) != 0 {
			t.Error("something was saved")
		}
		began := time.Now()
		if res, m := h.do("POST", path, anna, `{"old":"the old one","new":"the new one"}`); res.StatusCode != 204 {
			t.Fatalf("%v %v", res.Status, m)
		}
		saved := bodies[protocol.SaveAccount](h.fake)[0].c.Body.(protocol.SaveAccount)
		if saved.Create || saved.Account.ID != "anna" || !strings.HasPrefix(saved.Password, "$argon2id$") {
			t.Errorf("%+v", saved)
		}
		if code := s.code(); code != closeUnauthorised || time.Since(began) > time.Second {
			t.Errorf("the other login's socket: %d after %v", code, time.Since(began))
		}
		for _, token := range []string{anna, other} {
			if res, _ := h.do("GET", "/v1/sites/acme/categories", token, ""); res.StatusCode != 401 {
				t.Errorf("a login with the old password: %v", res.Status)
			}
		}
		anna = h.login("anna", "acme")
		limited := false
		for range int(h.g.cfg.LoginBurst) + 3 {
			res, _ := h.do("POST", path, anna, `{"old":"a guess","new":"the new one"}`)
			limited = limited || res.StatusCode == 429
		}
		if !limited {
			t.Error("guesses were not limited")
		}
	})
}
