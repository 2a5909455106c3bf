package gateway

import (
	"fmt"
	"strings"
	"testing"

	"switchyard/protocol"
)

// Addresses over HTTP: the secret is in one answer and in no other, a bad value is 422 with its field, and the
// log of deliveries has ids and statuses, never what was sent.
func TestWebhooks(t *testing.T) {
	in(t, nil, func(h *house) {
		h.answer = func(a asked) (protocol.Result, *protocol.Rejection, bool) {
			b, ok := a.c.Body.(protocol.SaveWebhook)
			if !ok {
				return nil, nil, false
			}
			w := b.Webhook
			w.Version = max(w.Version, 1)
			if b.Rotate {
				w.Version++
			}
			return protocol.WebhookAnswer{Webhook: w, Fresh: b.Create || b.Rotate}, nil, true
		}
		f := *h.facts["acme"]
		f.Webhooks = map[string]*protocol.Webhook{"crm": {ID: "crm", URL: "https://crm.example/hook", Events: protocol.OutsideSet(0).With(protocol.OutsideRoomCreated), Enabled: true, Version: 3}}
		h.facts["acme"] = &f
		h.hookStatus = protocol.WebhookStatus{Pending: 4, GivenUp: 1, Breaker: "open", Failures: 7, Dropped: 2}
		h.sent = []protocol.DeliveryRow{{Number: 9, ID: "e_1", Type: protocol.OutsideRoomCreated, Attempt: 2, Status: 500, Millis: 12, Failure: "status"}}
		h.lost = []protocol.OutboxRow{{ID: "e_2", Type: protocol.OutsideProfileSaved, Body: []byte(`{"secret":"x"}`), Attempts: 50, Failure: "timeout"}}
		admin := h.login("admin", "acme")
		_, m := h.do("GET", "/v1/sites/acme/webhooks", admin, "")
		w := m["webhooks"].([]any)[0].(map[string]any)
		if fmt.Sprintln(w["events"], w["pending"], w["breaker"], w["dropped"], w["secret"]) != "[room.created] 4 open 2 <nil>\n" {
			t.Errorf("%v", w)
		}
		_, m = h.do("GET", "/v1/sites/acme/webhooks/crm/deliveries", admin, "")
		d := m["deliveries"].([]any)[0].(map[string]any)
		lost := m["given_up"].([]any)[0].(map[string]any)
		if d["event"] != "e_1" || d["status"] != 500.0 || d["ok"] != false || lost["event"] != "e_2" || lost["failure"] != "timeout" || strings.Contains(fmt.Sprint(m), "secret") {
			t.Errorf("%v", m)
		}
		for _, r := range []struct {
			method, path, body string
			status             int
			field, secret      string
		}{
			{"POST", "webhooks", `{"id":"new","url":"https://new.example/hook"}`, 201, "", "whsec_new1"},
			{"POST", "webhooks", `{"url":"https://new.example/hook","events":["room.created","customer.merged"]}`, 201, "", "any"},
			{"POST", "webhooks", `{"id":"new"}`, 422, "url", ""},
			{"POST", "webhooks", `{"id":"New","url":"https://new.example/hook"}`, 422, "id", ""},
			{"POST", "webhooks", `{"id":"new","url":"https://localhost/hook"}`, 422, "url", ""},
			{"POST", "webhooks", `{"id":"new","url":"file:///etc/passwd"}`, 422, "url", ""},
			{"POST", "webhooks", `{"id":"new","url":"https://new.example","events":["room.exploded"]}`, 422, "events", ""},
			{"POST", "webhooks", `{"id":"new","url":"https://new.example","events":"all"}`, 422, "events", ""},
			{"POST", "webhooks", `{"id":"new","url":"https://new.example","secret":"mine"}`, 422, "secret", ""},
			{"PATCH", "webhooks/crm", `{"enabled":false}`, 200, "", ""},
			{"PATCH", "webhooks/crm", `{"rotate_secret":true}`, 200, "", "whsec_crm4"},
			{"PATCH", "webhooks/nobody", `{"enabled":false}`, 404, "", ""},
			{"POST", "webhooks/crm/resend", `{"event":"e_2"}`, 202, "", ""},
			{"POST", "webhooks/crm/resend", `{}`, 202, "", ""},
			{"POST", "webhooks/crm/resend", `{"event":"e_9"}`, 404, "event", ""},
			{"POST", "webhooks/nobody/resend", `{}`, 404, "", ""},
			{"GET", "webhooks/nobody/deliveries", "", 404, "", ""},
		} {
			res, m := h.do(r.method, "/v1/sites/acme/"+r.path, admin, r.body)
			field, _ := m["field"].(string)
			secret, _ := m["secret"].(string)
			if r.secret == "any" && secret != "" {
				secret = "any"
			}
			if res.StatusCode != r.status || field != r.field || secret != r.secret {
				t.Errorf("%s %s %s: %d %v", r.method, r.path, r.body, res.StatusCode, m)
			}
		}
		saves := bodies[protocol.SaveWebhook](h.fake)
		if b := saves[1].c.Body.(protocol.SaveWebhook); b.Webhook.All || len(b.Webhook.Events.Types()) != 2 || !b.Webhook.Enabled {
			t.Errorf("%+v", b)
		}
		if b := saves[2].c.Body.(protocol.SaveWebhook); b.Webhook.Enabled || b.Webhook.URL != "https://crm.example/hook" || b.Create {
			t.Errorf("%+v", b)
		}
	})
}
