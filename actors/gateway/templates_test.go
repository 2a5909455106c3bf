package gateway

import (
	"strings"
	"testing"
	"testing/synctest"

	"switchyard/protocol"
)

// Everybody reads the shared templates and the own; a body is closed, a bad value is 422 with its
// field, and a repeat with the same key names the same template.
func TestTemplates(t *testing.T) {
	in(t, nil, func(h *house) {
		h.answer = func(a asked) (protocol.Result, *protocol.Rejection, bool) { return protocol.Done{}, nil, true }
		h.facts["acme"].Templates = map[string]*protocol.Template{
			"t_a": {ID: "t_a", Type: protocol.TextTemplate, Title: "가", Text: "x"},
			"t_b": {ID: "t_b", Type: protocol.MixedTemplate, Title: "나", Text: "x", File: "f_1", Owner: "anna"},
			"t_c": {ID: "t_c", Type: protocol.TextTemplate, Title: "다", Text: "x", Owner: "ben"},
		}
		anna, boss := h.login("anna", "acme"), h.login("boss", "acme")
		for token, want := range map[string]string{anna: "t_a t_b", boss: "t_a"} {
			_, m := h.do("GET", "/v1/sites/acme/templates", token, "")
			var ids []string
			for _, x := range m["templates"].([]any) {
				ids = append(ids, x.(map[string]any)["id"].(string))
			}
			if got := strings.Join(ids, " "); got != want {
				t.Errorf("sees %q, want %q", got, want)
			}
		}
		if res, m := h.do("GET", "/v1/sites/acme/templates/t_b", anna, ""); res.StatusCode != 200 || m["file"] != "f_1" || m["shared"] != false {
			t.Errorf("own: %d %v", res.StatusCode, m)
		}
		for _, method := range []string{"GET", "DELETE", "PATCH"} {
			body := ""
			if method == "PATCH" {
				body = `{"title":"x"}`
			}
			if res, _ := h.do(method, "/v1/sites/acme/templates/t_c", boss, body); res.StatusCode != 404 {
				t.Errorf("%s somebody else's: %d", method, res.StatusCode)
			}
		}
		create := func(token, body string, headers ...string) (int, map[string]any) {
			res, m := h.do("POST", "/v1/sites/acme/templates", token, body, headers...)
			return res.StatusCode, m
		}
		good := `{"type":"TEXT","title":" 인사 ","text":"안녕하세요"}`
		for _, r := range []struct {
			token, body string
			status      int
			field       string
		}{
			{anna, `{"type":"TEXT","title":"x"}`, 422, "text"},
			{anna, `{"type":"VIDEO","title":"x","text":"x"}`, 422, "type"},
			{anna, `{"type":"TEXT","title":"` + strings.Repeat("가", 51) + `","text":"x"}`, 422, "title"},
			{anna, `{"type":"TEXT","title":"x","text":"x","owner":"ben"}`, 422, "owner"},
			{anna, `{"type":"TEXT","title":"x","text":"x","shared":true}`, 403, "shared"},
			{boss, `{"type":"TEXT","title":"x","text":"x","shared":true}`, 201, ""},
		} {
			status, m := create(r.token, r.body)
			if field, _ := m["field"].(string); status != r.status || field != r.field {
				t.Errorf("%s: %d %v", r.body, status, m)
			}
		}
		_, first := create(anna, good, "Idempotency-Key", "key-0000001")
		_, again := create(anna, good, "Idempotency-Key", "key-0000001")
		_, other := create(boss, good, "Idempotency-Key", "key-0000001")
		if first["id"] != again["id"] || first["id"] == other["id"] || first["title"] != "인사" {
			t.Errorf("%v %v %v", first, again, other)
		}
		saves := bodies[protocol.SaveTemplate](h.fake)
		if b := saves[len(saves)-1].c.Body.(protocol.SaveTemplate); b.Template.Owner != "boss" || !b.Create {
			t.Errorf("%+v", b)
		}
		if res, _ := h.do("PATCH", "/v1/sites/acme/templates/t_b", anna, `{"type":"TEXT","file":null}`); res.StatusCode != 200 {
			t.Errorf("change: %d", res.StatusCode)
		}
		saves = bodies[protocol.SaveTemplate](h.fake)
		if b := saves[len(saves)-1].c.Body.(protocol.SaveTemplate); b.Create || b.Template != (protocol.Template{ID: "t_b", Type: protocol.TextTemplate, Title: "나", Text: "x", Owner: "anna"}) {
			t.Errorf("%+v", b)
		}
		if res, _ := h.do("DELETE", "/v1/sites/acme/templates/t_b", anna, ""); res.StatusCode != 204 || bodies[protocol.RemoveTemplate](h.fake)[0].c.Body != (protocol.RemoveTemplate{ID: "t_b"}) {
			t.Errorf("remove: %d", res.StatusCode)
		}
	})
}

// message.send with a template needs neither kind nor text, and makes no memo.
func TestSendingATemplateIsRead(t *testing.T) {
	in(t, nil, func(h *house) {
		s := h.enter(h.login("anna", "acme"), "")
		defer s.close()
		send := func(data string) {
			s.send(`{"type":"message.send","id":"9","stream":"desk/` + string(roomA) + `","data":{"client_id":"aaaaaaaaaaaa",` + data + `}}`)
		}
		for data_, field := range map[string]string{`"assignment":1`: "data.kind", `"template":"t_a","kind":"memo"`: "data.template", `"template":"t_a","kind":"x"`: "data.kind", `"template":7`: "data.template"} {
			send(data_)
			if m := data(s.until("error")); m["code"] != "bad_request" || m["field"] != field {
				t.Errorf("%s: %v", data_, m)
			}
		}
		send(`"template":"t_a","assignment":1`)
		synctest.Wait()
		if got := bodies[protocol.SendMessage](h.fake)[0].c.Body; got != (protocol.SendMessage{Room: roomA, Template: "t_a", Assignment: 1}) {
			t.Errorf("%+v", got)
		}
	})
}
