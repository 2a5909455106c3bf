package gateway

import (
	"testing"
	"time"

	"switchyard/protocol"
)

// An account sees and ends its own logins, the administrator everybody's: the socket of an ended one is closed within a
// second (SEC-9, X-06), its token is worth nothing, and the others go on.
func TestLoginsOfAnAccount(t *testing.T) {
	in(t, nil, func(h *house) {
		secrets := func() { // what the site publishes of its sessions
			h.fake.mu.Lock()
			defer h.fake.mu.Unlock()
			f := *h.facts["acme"]
			f.Secrets = &protocol.SiteSecrets{Sessions: map[[32]byte]protocol.Session{}}
			for hash, s := range h.sessions {
				if s.Site == "acme" {
					f.Secrets.Sessions[hash] = protocol.Session{Account: s.Account, Expires: s.Expires}
				}
			}
			h.facts["acme"] = &f
		}
		list := func(token, account string) []any {
			secrets()
			_, m := h.do("GET", "/v1/sites/acme/accounts/"+account+"/sessions", token, "")
			all, _ := m["sessions"].([]any)
			return all
		}
		admin, phone, desk := h.login("admin", "acme"), h.login("anna", "acme"), h.login("anna", "acme")
		other := h.login("ben", "acme")
		s := h.enter(phone, "")
		all := list(desk, "anna")
		if len(all) != 2 {
			t.Fatalf("anna has %v, want two logins", all)
		}
		var away string
		for _, x := range all {
			if one := x.(map[string]any); one["current"] == nil {
				away = one["id"].(string)
			} else if one["current"] != true || one["expires_at"] == nil {
				t.Errorf("%v", one)
			}
		}
		for _, c := range []struct {
			token, account string
			status         int
		}{{desk, "ben", 404}, {other, "anna", 404}, {h.login("boss", "acme"), "anna", 404}, {admin, "anna", 200}, {h.visitor("kim"), "anna", 403}, {"", "anna", 401}} {
			secrets()
			if res, _ := h.do("GET", "/v1/sites/acme/accounts/"+c.account+"/sessions", c.token, ""); res.StatusCode != c.status {
				t.Errorf("%s: %v, want %d", c.account, res.Status, c.status)
			}
			if want := c.status; want != 200 {
				if res, _ := h.do("DELETE", "/v1/sites/acme/accounts/"+c.account+"/sessions", c.token, ""); res.StatusCode != want {
					t.Errorf("ending %s's: %v, want %d", c.account, res.Status, want)
				}
			}
		}
		began := time.Now()
		if res, _ := h.do("DELETE", "/v1/sites/acme/accounts/anna/sessions/"+away, desk, ""); res.StatusCode != 204 {
			t.Errorf("ending one: %v", res.Status)
		}
		if code := s.code(); code != closeUnauthorised || time.Since(began) > time.Second {
			t.Errorf("the ended login's socket: %d after %v", code, time.Since(began))
		}
		if res, _ := h.do("GET", "/v1/sites/acme/categories", phone, ""); res.StatusCode != 401 {
			t.Errorf("the ended login: %v", res.Status)
		}
		if res, _ := h.do("DELETE", "/v1/sites/acme/accounts/anna/sessions/"+away, desk, ""); res.StatusCode != 204 {
			t.Errorf("ending it again: %v", res.Status)
		}
		if len(list(desk, "anna")) != 1 {
			t.Error("the login that asked goes on")
		}
		// Everywhere: by the administrator, or by the account itself.
		s = h.enter(desk, "")
		began = time.Now()
		if res, _ := h.do("DELETE", "/v1/sites/acme/accounts/anna/sessions", admin, ""); res.StatusCode != 204 {
			t.Errorf("ending all: %v", res.Status)
		}
		if code := s.code(); code != closeUnauthorised || time.Since(began) > time.Second {
			t.Errorf("after the end of all: %d after %v", code, time.Since(began))
		}
		if res, _ := h.do("GET", "/v1/sites/acme/categories", other, ""); res.StatusCode != 200 {
			t.Errorf("somebody else's login: %v", res.Status)
		}
	})
}

// What the calendar says of an instant comes with the preview, with the changes of the body; the settings have a version, and
// a change made to another one is refused.
func TestSettingsVersionAndCalendar(t *testing.T) {
	in(t, nil, func(h *house) {
		answering(h)
		admin := h.login("admin", "acme")
		res, m := h.do("GET", "/v1/sites/acme/settings", admin, "")
		if tag := res.Header.Get("ETag"); tag == "" || m["version"] == nil {
			t.Errorf("no version: %q %v", tag, m["version"])
		}
		h.do("PATCH", "/v1/sites/acme/settings", admin, `{"busy_time":true}`, "If-Match", `"7"`)
		h.do("PATCH", "/v1/sites/acme/settings", admin, `{"busy_time":true}`)
		if all := bodies[protocol.ChangeSettings](h.fake); len(all) != 2 || all[0].c.Body.(protocol.ChangeSettings).Version != 7 || all[1].c.Body.(protocol.ChangeSettings).Version != 0 {
			t.Errorf("%+v", all)
		}
		for _, bad := range []string{`"x"`, "0", "W/\"7\""} {
			if res, m := h.do("PATCH", "/v1/sites/acme/settings", admin, `{"busy_time":true}`, "If-Match", bad); res.StatusCode != 400 || m["field"] != "If-Match" {
				t.Errorf("%s: %v %v", bad, res.Status, m)
			}
		}
		const path = "/v1/sites/acme/settings/preview?at="
		_, m = h.do("POST", path+"2021-06-10T02:30:00Z", admin, `{}`)
		if c := m["calendar"].(map[string]any); c["open"] != false || c["next_at"] != "2021-06-10T03:00:00.000Z" || c["next_open"] != true { // 11:30 in Seoul
			t.Errorf("%v", c)
		}
		if _, m = h.do("POST", path+"2021-06-10T02:30:00Z", admin, `{"hours.weekday":{"open":false}}`); m["calendar"].(map[string]any)["open"] != false || m["calendar"].(map[string]any)["next_at"] != nil {
			t.Errorf("with the body's hours: %v", m)
		}
		if _, m = h.do("POST", path+"2021-06-10T02:30:00Z", admin, `{"time_zone":"UTC"}`); m["calendar"].(map[string]any)["open"] != true {
			t.Errorf("with the body's zone: %v", m)
		}
		for _, bad := range []string{"yesterday", "1999-01-01T00:00:00Z"} {
			if res, m := h.do("POST", path+bad, admin, `{}`); res.StatusCode != 400 || m["field"] != "at" {
				t.Errorf("%s: %v %v", bad, res.Status, m)
			}
		}
	})
}

// A scenario is tried over HTTP by every account: acts go in as they are, turns come out by their kind.
func TestTryRoute(t *testing.T) {
	in(t, nil, func(h *house) {
		h.answer = func(a asked) (protocol.Result, *protocol.Rejection, bool) {
			if _, ok := a.c.Body.(protocol.TryScenario); !ok {
				return nil, nil, false
			}
			return protocol.ScenarioTried{Turns: []protocol.TryTurn{
				{Shown: &protocol.DialogueShown{Dialogue: "scenario_list", Stage: 1, Messages: []protocol.BotMessage{{Kind: "text", Text: "안내"}},
					Choices: []protocol.ShownChoice{{ID: "1", Label: "누리집", Link: "https://shop.example/"}}, Hotkeys: protocol.HotkeyHome | protocol.HotkeyAgent}},
				{Text: "누리집"}, {Link: "https://shop.example/"}, {Text: "x"}, {Text: "잘못", Bot: true}, {Agent: true, Category: "k1"},
			}}, nil, true
		}
		agent := h.login("anna", "acme")
		const path = "/v1/sites/acme/bots/new/try"
		res, m := h.do("POST", path, agent, `{"scenario":{"dialogues":{}},"acts":[{"display":0,"choice":"1"},{"text":"x"}]}`)
		turns, _ := m["turns"].([]any)
		kinds := ""
		for _, x := range turns {
			kinds += x.(map[string]any)["kind"].(string) + " "
		}
		if res.StatusCode != 200 || kinds != "dialogue customer link customer bot agent " || len(m["complaints"].([]any)) != 0 {
			t.Fatalf("%v %v", res.Status, m)
		}
		first := turns[0].(map[string]any)
		if keys := first["hotkeys"].([]any); len(keys) != 2 || keys[1].(map[string]any)["label"] != "상담사 연결" || first["choices"].([]any)[0].(map[string]any)["link"] != "https://shop.example/" {
			t.Errorf("%v", first)
		}
		b := bodies[protocol.TryScenario](h.fake)[0].c.Body.(protocol.TryScenario)
		if string(b.Scenario) != `{"dialogues":{}}` || len(b.Acts) != 2 || b.Acts[0] != (protocol.TryAct{Choice: "1"}) || b.Acts[1] != (protocol.TryAct{Text: "x"}) {
			t.Errorf("%+v", b)
		}
		for _, bad := range []struct{ body, field string }{
			{`{"acts":[]}`, "scenario"},
			{`{"scenario":{},"acts":"x"}`, "acts"},
			{`{"scenario":{},"acts":[{}]}`, "acts.0.text"},
			{`{"scenario":{},"acts":[{"choice":"1","text":"x"}]}`, "acts.0.text"},
			{`{"scenario":{},"acts":[{"choice":"1","display":-1}]}`, "acts.0.display"},
			{`{"scenario":{},"more":1}`, "more"},
		} {
			if res, m := h.do("POST", path, agent, bad.body); res.StatusCode != 422 || m["field"] != bad.field {
				t.Errorf("%s: %v %v", bad.body, res.Status, m)
			}
		}
	})
}
