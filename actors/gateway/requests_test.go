package gateway

import (
	"strings"
	"testing"
	"testing/synctest"

	"switchyard/protocol"
)

// playsOfRequests plays these acts in the permission matrix.
var playsOfRequests = map[string]string{
	"room.request_change": `{"type":"room.request_change","id":"9","stream":"{stream}","data":{"assignment":1,"to":"ben","text":"x"}}`,
	"room.request_review": `{"type":"room.request_review","id":"9","stream":"{stream}","data":{"assignment":1,"text":"x"}}`,
	"request.decide":      `{"type":"request.decide","id":"9","data":{"request":"{room}-1","ok":true}}`,
	"room.rate":           `{"type":"room.rate","id":"9","stream":"{stream}","data":{"client_id":"aaaaaaaaaaaa","score":5}}`,
	"requests.list":       "GET /v1/sites/{site}/requests",
	"desk.read":           "GET /v1/sites/{site}/desk",
	"templates.list":      "GET /v1/sites/{site}/templates",
	"templates.save":      `POST /v1/sites/{site}/templates {"type":"TEXT","title":"x","text":"x"}`,
}

// The managers' list of requests pages by a cursor and shows what the scope covers.
func TestRequestsByScope(t *testing.T) {
	in(t, nil, func(h *house) {
		for i, by := range []protocol.AccountID{"anna", "ben", "anna", "anna", "ben"} {
			kind := protocol.ChangeOfAgent
			if i == 3 {
				kind = protocol.Review
			}
			h.requests = append(h.requests, protocol.OpenRequestRow{Request: protocol.InboxRequest{Room: protocol.RoomID("r_" + string(rune('a'+i))), Number: 1, Kind: kind, By: by, Text: "x"}})
		}
		list := func(account protocol.AccountID, query string) (ids []string) {
			token, cursor := h.login(account, "acme"), ""
			for {
				_, m := h.do("GET", "/v1/sites/acme/requests?limit=2&cursor="+cursor+query, token, "")
				page, _ := m["requests"].([]any)
				for _, r := range page {
					ids = append(ids, r.(map[string]any)["request"].(string))
				}
				next, ok := m["next_cursor"].(string)
				if !ok {
					return ids
				}
				cursor = next
			}
		}
		for _, r := range []struct {
			account protocol.AccountID
			query   string
			want    string
		}{
			{"admin", "", "r_a-1 r_b-1 r_c-1 r_d-1 r_e-1"},
			{"boss", "", "r_a-1 r_c-1 r_d-1"},
			{"boss2", "&state=open", "r_b-1 r_e-1"},
			{"admin", "&kind=review", "r_d-1"},
		} {
			if got := strings.Join(list(r.account, r.query), " "); got != r.want {
				t.Errorf("%s%s sees %q, want %q", r.account, r.query, got, r.want)
			}
		}
		for query, field := range map[string]string{"?kind=x": "kind", "?state=closed": "state", "?limit=0": "limit"} {
			if res, m := h.do("GET", "/v1/sites/acme/requests"+query, h.login("admin", "acme"), ""); res.StatusCode != 400 || m["field"] != field {
				t.Errorf("%s: %d %v", query, res.StatusCode, m)
			}
		}
	})
}

// The acts are read member by member; what is malformed names its field and reaches nobody.
func TestRequestActsAreRead(t *testing.T) {
	in(t, nil, func(h *house) {
		s := h.enter(h.login("anna", "acme"), "")
		defer s.close()
		desk := `"stream":"desk/` + string(roomA) + `"`
		for _, r := range []struct{ frame, code, field string }{
			{`{"type":"room.request_change","id":"9",` + desk + `,"data":{"text":"x"}}`, "bad_request", "data.to"},
			{`{"type":"room.request_change","id":"9",` + desk + `,"data":{"to":"ben","text":" "}}`, "bad_request", "data.text"},
			{`{"type":"room.request_review","id":"9",` + desk + `,"data":{"text":"` + strings.Repeat("x", 501) + `"}}`, "bad_request", "data.text"},
			{`{"type":"room.request_review","id":"9","stream":"desk/x","data":{"text":"x"}}`, "not_found", ""},
		} {
			s.send(r.frame)
			if m := data(s.until("error")); m["code"] != r.code || r.field != "" && m["field"] != r.field {
				t.Errorf("%s: %v", r.frame, m)
			}
		}
		s.send(`{"type":"room.request_change","id":"9",` + desk + `,"data":{"client_id":"aaaaaaaaaaaa","assignment":3,"to":"ben","text":" 교대 "}}`)
		synctest.Wait()
		got := bodies[protocol.RequestChange](h.fake)[0]
		if want := (protocol.RequestChange{Room: roomA, Assignment: 3, To: "ben", Text: "교대"}); got.c.Body != want || got.to != protocol.RoomAt("acme", roomA) || got.c.ClientID != "aaaaaaaaaaaa" {
			t.Fatalf("%+v", got)
		}
		got.answer(protocol.Sent{MessageID: "m_1", Seq: 5, Request: protocol.RequestID(roomA, 1)}, nil)
		if m := data(s.until("ok")); m["request"] != string(roomA)+"-1" {
			t.Fatalf("%v", m)
		}

		m := h.enter(h.login("boss", "acme"), "")
		defer m.close()
		for _, r := range []struct{ data, code, field string }{
			{`{"request":"x","ok":true}`, "not_found", ""},
			{`{"request":"` + string(roomA) + `-0","ok":true}`, "not_found", ""},
			{`{"request":"` + string(roomA) + `-01","ok":true}`, "not_found", ""},
			{`{"request":"` + string(roomA) + `-1"}`, "bad_request", "data.ok"},
			{`{"ok":true}`, "bad_request", "data.request"},
		} {
			m.send(`{"type":"request.decide","id":"9","data":` + r.data + `}`)
			if d := data(m.until("error")); d["code"] != r.code || r.field != "" && d["field"] != r.field {
				t.Errorf("%s: %v", r.data, d)
			}
		}
		m.send(`{"type":"request.decide","id":"9","data":{"request":"` + string(roomA) + `-12","ok":false}}`)
		synctest.Wait()
		if got := bodies[protocol.DecideRequest](h.fake)[0]; got.c.Body != (protocol.DecideRequest{Room: roomA, Number: 12}) || got.to != protocol.RoomAt("acme", roomA) {
			t.Fatalf("%+v", got)
		}
	})
}
