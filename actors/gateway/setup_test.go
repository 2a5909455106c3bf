package gateway

import (
	"strings"
	"testing"
	"time"

	"switchyard/protocol"
)

// The first run: the link makes one site and is dead afterwards; without it there is nothing, and guesses are limited like
// logins; a bad value leaves it as it is, and nobody sees which values are bad without it.
func TestFirstRun(t *testing.T) {
	in(t, nil, func(h *house) {
		var made []FirstSite
		h.firstSite = func(s FirstSite) ([]FirstLogin, *protocol.Rejection) {
			if s.Site == "taken" {
				return nil, protocol.RejectField(protocol.BadRequest, "time_zone", "must be an IANA time zone")
			}
			made = append(made, s)
			return []FirstLogin{{"agent1", "word"}}, nil
		}
		body := func(token, site, password string) string {
			return `{"token":"` + token + `","site":"` + site + `","name":"가게","account":"admin","person":"김관리","password":"` + password + `","language":"ko","time_zone":"Asia/Seoul","demo":true}`
		}
		post := func(path, body string) (int, map[string]any) {
			res, m := h.do("POST", path, "", body)
			return res.StatusCode, m
		}
		if status, _ := post("/v1/setup", body("", "shop", "long enough")); status != 400 && status != 404 {
			t.Errorf("before there is a link: %d", status)
		}
		first := h.g.OpenSetup()
		token := h.g.OpenSetup()
		if len(token) < len(setupPrefix)+43 || token == first {
			t.Errorf("a token of %d characters", len(token))
		}
		for _, wrong := range []string{first, token[:len(token)-1], "v1.setup.x", strings.ToUpper(token)} {
			status, m := post("/v1/setup/check", `{"token":"`+wrong+`"}`)
			made, m2 := post("/v1/setup", body(wrong, "NOT A SITE", "x"))
			if status != 404 || made != 404 || m["field"] != nil || m2["field"] != nil {
				t.Errorf("%.20s: %d %v, %d %v", wrong, status, m, made, m2)
			}
		}
		if status, _ := post("/v1/setup/check", `{"token":"`+token+`"}`); status != 204 {
			t.Errorf("check: %d", status)
		}
		for _, bad := range []struct{ body, field string }{
			{body(token, "Shop", "long enough"), "site"},
			{body(token, "shop", "short"), "password"},
			{strings.Replace(body(token, "shop", "long enough"), "admin", "Admin", 1), "account"},
			{strings.Replace(body(token, "shop", "long enough"), "김관리", " ", 1), "person"},
			{strings.Replace(body(token, "shop", "long enough"), `"demo"`, `"more"`, 1), "more"},
			{body(token, "taken", "long enough"), "time_zone"},
		} {
			if status, m := post("/v1/setup", bad.body); status != 422 || m["field"] != bad.field {
				t.Errorf("%s: %d %v", bad.body, status, m)
			}
		}
		if res, _ := h.do("POST", "/v1/setup", "", body(token, "shop", "long enough"), "Origin", "https://evil.test"); res.StatusCode != 403 {
			t.Errorf("another origin: %v", res.Status)
		}
		if len(made) != 0 {
			t.Fatalf("made %+v", made)
		}
		status, m := post("/v1/setup", body(token, "shop", "long enough"))
		if status != 201 || m["site"] != "shop" || m["accounts"].([]any)[0].(map[string]any)["password"] != "word" {
			t.Fatalf("%d %v", status, m)
		}
		if s := made[0]; !strings.HasPrefix(s.Password, "$argon2id$") || s.Person != "김관리" || s.Name != "가게" || s.TimeZone != "Asia/Seoul" || !s.Demo {
			t.Errorf("%+v", s)
		}
		for _, path := range []string{"/v1/setup", "/v1/setup/check"} {
			b := body(token, "other", "long enough")
			if path == "/v1/setup/check" {
				b = `{"token":"` + token + `"}`
			}
			if status, _ := post(path, b); status != 404 {
				t.Errorf("%s again: %d", path, status)
			}
		}
		if len(made) != 1 {
			t.Errorf("made %d sites", len(made))
		}
		// Guessing is limited by address, as logins are.
		limited := 0
		for range int(h.g.cfg.LoginBurst)*10 + 5 {
			if status, _ := post("/v1/setup/check", `{"token":"v1.setup.guess"}`); status == 429 {
				limited++
			}
		}
		if limited == 0 {
			t.Error("guesses were not limited")
		}
		time.Sleep(10 * time.Minute) // virtual
		if status, _ := post("/v1/setup/check", `{"token":"v1.setup.guess"}`); status != 404 {
			t.Errorf("later: %d", status)
		}
	})
}

// Two who use the link at the same moment make one site.
func TestFirstRunOnce(t *testing.T) {
	in(t, nil, func(h *house) {
		enter, leave := make(chan bool), make(chan bool)
		h.firstSite = func(FirstSite) ([]FirstLogin, *protocol.Rejection) {
			enter <- true
			<-leave
			return nil, nil
		}
		body := `{"token":"` + h.g.OpenSetup() + `","site":"shop","name":"가게","account":"admin","person":"김","password":"long enough","language":"ko","time_zone":"Asia/Seoul"}`
		first := make(chan int)
		go func() {
			res, _ := h.do("POST", "/v1/setup", "", body)
			first <- res.StatusCode
		}()
		<-enter
		if res, _ := h.do("POST", "/v1/setup", "", body); res.StatusCode != 503 {
			t.Errorf("the second one: %v", res.Status)
		}
		leave <- true
		if status := <-first; status != 201 {
			t.Errorf("the first one: %d", status)
		}
		if res, _ := h.do("POST", "/v1/setup", "", body); res.StatusCode != 404 {
			t.Errorf("afterwards: %v", res.Status)
		}
	})
}
