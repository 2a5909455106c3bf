package gateway

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/protocol"
)

// Every event of a site's log is either in the audit or said here to be no change of the site.
func TestTheAuditKnowsEveryChange(t *testing.T) {
	silent := []protocol.EventCode{protocol.CodeSessionOpened, protocol.CodeSessionEnded, protocol.CodeCalendarTurned, protocol.CodeJourneyTurned, protocol.CodeDayFolded}
	for _, code := range protocol.EventCodes() {
		_, shown := auditOf(protocol.NewEvent(code))
		ofSite := code >= protocol.CodeSiteCreated && code < 60 ||
			code == protocol.CodeCustomerErased || code == protocol.CodeErasureFinished || // a deletion request and its end
			code == protocol.CodeAPIKeyMade || code == protocol.CodeAPIKeyRevoked
		if want := ofSite && !slices.Contains(silent, code); shown != want {
			t.Errorf("%s (%d): in the audit %v; add a case to auditOf (http_audit.go) or, if nobody changes anything by it, name it here", code, code, shown)
		}
	}
}

// Issue 3, item 6: who, when, what it was and what it is, newest first, page by page, and never a password.
func TestAudit(t *testing.T) {
	in(t, nil, func(h *house) {
		site := protocol.SiteAt("acme")
		d := protocol.Date{Year: 2021, Month: 6, Day: 10}
		n := uint64(0)
		log := func(e protocol.Event) {
			n++
			h.logs[site] = append(h.logs[site], protocol.Recorded{Number: n, At: protocol.At(time.Now()), Event: e})
		}
		log(&protocol.SiteCreated{Site: "acme", Settings: []byte(`{"name":"가게"}`)})
		log(&protocol.AccountSaved{Account: protocol.Account{ID: "anna", Role: protocol.Agent, Name: "안나"}, Password: "$argon2id$secret", By: "admin"})
		for range 250 { // logins lie between
			log(&protocol.SessionOpened{Account: "anna", Hash: make([]byte, 32)})
		}
		log(&protocol.SettingsChanged{By: "admin", New: []byte(`{"busy_time":true}`), Old: []byte(`{"busy_time":false}`)})
		log(&protocol.AccountSaved{Account: protocol.Account{ID: "anna", Role: protocol.Agent, Name: "애나"}, By: "admin", Old: protocol.Account{ID: "anna", Role: protocol.Agent, Name: "안나"}})
		log(&protocol.HolidaySaved{Holiday: protocol.Holiday{Date: d}, Removed: true, Old: protocol.Holiday{Date: d, Name: "쉬는 날"}, By: "admin"})
		log(&protocol.DaySaved{Day: protocol.AgentDay{Account: "anna", Date: d, Off: true}, By: "boss"})

		admin, cursor := h.login("admin", "acme"), ""
		var got, all []string
		for pages := 0; ; pages++ {
			res, m := h.do("GET", "/v1/sites/acme/audit?limit=2&cursor="+cursor, admin, "")
			if res.StatusCode != 200 || pages > 10 {
				t.Fatalf("%v %v", res.Status, m)
			}
			for _, c := range m["changes"].([]any) {
				c := c.(map[string]any)
				who, _ := c["by"].(string)
				id, _ := c["id"].(string)
				if c["at"] == nil {
					t.Errorf("when? %v", c)
				}
				got = append(got, c["what"].(string)+" "+id+" "+who)
				b, _ := json.Marshal(c)
				all = append(all, string(b))
			}
			next, more := m["next_cursor"].(string)
			if !more {
				break
			}
			cursor = next
		}
		want := []string{"day anna/2021-06-10 boss", "holiday 2021-06-10 admin", "account anna admin", "settings  admin", "account anna admin", "settings  "}

		if !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
		for i, has := range []string{`"off":true`, `"name":"쉬는 날"`, `"name":"안나"`, `"busy_time":false`, `"password_changed":true`, `"name":"가게"`} {
			if i < len(all) && !strings.Contains(all[i], has) {
				t.Errorf("change %d has no %s: %s", i, has, all[i])
			}
		}
		if text := strings.Join(all, ""); strings.Contains(text, "argon2id") || strings.Contains(text, "secret") {
			t.Errorf("a password: %s", text)
		}
		for _, bad := range []string{"cursor=!", "cursor=MA", "cursor=eA", "limit=0"} {
			if res, _ := h.do("GET", "/v1/sites/acme/audit?"+bad, admin, ""); res.StatusCode != 400 {
				t.Errorf("%s: %v", bad, res.Status)
			}
		}
	})
}

// The newest event is found whatever the length of the log.
func TestLastNumber(t *testing.T) {
	in(t, nil, func(h *house) {
		for length := range 70 {
			of := protocol.SiteAt("acme")
			h.logs[of] = nil
			for i := range length {
				h.logs[of] = append(h.logs[of], protocol.Recorded{Number: uint64(i + 1), Event: &protocol.CalendarTurned{}})
			}
			if got, err := h.g.lastNumber(of); err != nil || got != uint64(length) {
				t.Errorf("%d events: %d %v", length, got, err)
			}
		}
	})
}

// what the settings' answer says beside the settings, and the preview.
func TestNoticesAndPreview(t *testing.T) {
	in(t, nil, func(h *house) {
		answering(h)
		admin := h.login("admin", "acme")
		s := h.facts["acme"].Settings
		notices := func() (all []string) {
			_, m := h.do("GET", "/v1/sites/acme/settings", admin, "")
			for _, n := range m["notices"].([]any) {
				n := n.(map[string]any)
				all = append(all, n["code"].(string)+"/"+n["setting"].(string))
				if n["code"] == "privacy_notice" && !strings.Contains(n["text_en"].(string), s.ProcessorName) {
					t.Errorf("the processor is not named: %v", n)
				}
			}
			return all
		}
		for _, r := range []struct {
			enabled bool
			mode    protocol.Mode
			policy  protocol.Policy
			backlog protocol.Backlog
			want    string
		}{
			{false, protocol.Auto, protocol.PolicyWait, protocol.BacklogManual, ""},
			{true, protocol.Auto, protocol.PolicyAssign, protocol.BacklogManual, "privacy_notice/processor_name"},
			{true, protocol.Auto, protocol.PolicyWait, protocol.BacklogAuto, "privacy_notice/processor_name"},
			{true, protocol.Auto, protocol.PolicyWait, protocol.BacklogManual, "privacy_notice/processor_name backlog_manual/profile.policy"},
			{true, protocol.Manual, protocol.PolicyAssign, protocol.BacklogManual, "privacy_notice/processor_name backlog_manual/profile.policy"},
		} {
			s.Profile.Enabled, s.Mode, s.Profile.Policy, s.Backlog = r.enabled, r.mode, r.policy, r.backlog
			if got := strings.Join(notices(), " "); got != r.want {
				t.Errorf("%+v: %s", r, got)
			}
		}
		res, m := h.do("POST", "/v1/sites/acme/settings/preview", admin, `{"profile.message":"성함을","profile.fields":["BIRTH","NAME"],"profile.consent":"https://shop.example/p"}`)
		b, _ := json.Marshal(m)
		want := `{"calendar":{"at":"2000-01-01T00:00:00.000Z","next_at":"2000-01-01T01:00:00.000Z","next_open":true,"open":false},"form":{"button":"확인","consent":{"link":"개인정보 수집 및 이용","text":"` + protocol.LabelConsent + `","url":"https://shop.example/p"},"fields":["BIRTH","NAME"]},"prompt":{"button":"고객 프로필 입력","text":"성함을"}}`
		if res.StatusCode != 200 || string(b) != want {
			t.Errorf("%v %s", res.Status, b)
		}
		if s.Profile.ConsentURL != "" || len(bodies[protocol.ChangeSettings](h.fake)) != 0 {
			t.Error("a preview changed something")
		}
		if res, m := h.do("POST", "/v1/sites/acme/settings/preview", admin, `{"profile.fields":[]}`); res.StatusCode != 422 || m["field"] != "profile.fields" {
			t.Errorf("%v %v", res.Status, m)
		}
	})
}

// TestTheAuditOfEndedLogins: who ended somebody else's logins, all or one of them; one's own logout, and what was recorded before By was, is no deed.
func TestTheAuditOfEndedLogins(t *testing.T) {
	for _, c := range []struct {
		e     protocol.SessionEnded
		shown bool
		old   string
	}{
		{protocol.SessionEnded{Account: "anna", By: "admin"}, true, `{"all":true}`},
		{protocol.SessionEnded{Account: "anna", By: "admin", Hash: make([]byte, 32)}, true, `{"all":false,"login":"000000000000"}`},
		{protocol.SessionEnded{Account: "anna", By: "anna", Hash: make([]byte, 32)}, false, ""},
		{protocol.SessionEnded{Account: "anna"}, false, ""},
	} {
		a, shown := auditOf(&c.e)
		if shown != c.shown || shown && (a.what != "session" || a.id != "anna" || a.by != "admin" || string(a.old) != c.old) {
			t.Errorf("%+v: %v %+v %s", c.e, shown, a, a.old)
		}
	}
}
