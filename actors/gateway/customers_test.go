package gateway

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/protocol"
)

// playsOfCustomers are the acts on a customer for the permission matrix.
var playsOfCustomers = map[string]string{
	"customers.list":   "GET /v1/sites/{site}/customers?blocked=true",
	"customers.edit":   `PATCH /v1/sites/{site}/customers/{customer} {"note":"x"}`,
	"customers.verify": `POST /v1/sites/{site}/customers/{customer}/verification {"number":"01012345678","means":"SMS"}`,
	"customers.erase":  `DELETE /v1/sites/{site}/customers/{customer}?confirm={customer}`,
}

// only gives the one command of a kind that the directory got.
func only[T protocol.Body](h *house) T {
	h.t.Helper()
	all := bodies[T](h.fake)
	if len(all) != 1 {
		h.t.Fatalf("%d commands, want one", len(all))
	}
	return all[0].c.Body.(T)
}

// TestEditOfACustomer: the members that are there, null for a value that goes, and a key with everything
// that an address must escape.
func TestEditOfACustomer(t *testing.T) {
	const key = protocol.CustomerKey("acme_한나/1 %?#")
	in(t, nil, func(h *house) {
		h.customers[key] = protocol.CustomerView{Customer: protocol.Customer{No: 7, Key: key, ID: "한나/1 %?#", Grade: protocol.GradeNone}, Age: -1}
		admin := h.login("admin", "acme")
		path := "/v1/sites/acme/customers/" + url.PathEscape(string(key))
		h.answer = func(a asked) (protocol.Result, *protocol.Rejection, bool) {
			if _, ok := a.c.Body.(protocol.EditCustomer); ok {
				return h.customers[key], nil, true
			}
			return nil, nil, false
		}
		if res, m := h.do("GET", path, admin, ""); res.StatusCode != 200 || m["customer_key"] != string(key) {
			t.Fatalf("%d %v", res.StatusCode, m)
		}
		res, m := h.do("PATCH", path, admin, `{"name":"홍","email":null,"note":"","tags":["a"],"blocked":true,"grade":"VIP"}`, "Idempotency-Key", "edit-00001")
		if res.StatusCode != 200 || m["customer_id"] != "한나/1 %?#" {
			t.Fatalf("%d %v", res.StatusCode, m)
		}
		got := only[protocol.EditCustomer](h)
		want := protocol.EditCustomer{
			Key: key, Values: []protocol.FieldValue{{Field: protocol.FieldName, Value: "홍"}, {Field: protocol.FieldEmail}},
			Set: protocol.PartNote | protocol.PartTags | protocol.PartBlocked | protocol.PartGrade, Tags: []string{"a"}, Blocked: true, Grade: protocol.GradeVIP,
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%+v, want %+v", got, want)
		}
		for body, field := range map[string]string{`{"nope":1}`: "nope", `{"grade":"GOLD"}`: "grade", `{"blocked":"yes"}`: "blocked", `{"name":1}`: "name"} {
			if res, m := h.do("PATCH", path, admin, body); res.StatusCode != 422 || m["field"] != field {
				t.Errorf("%s: %d %v", body, res.StatusCode, m)
			}
		}
		only[protocol.EditCustomer](h) // none of those went further
	})
}

// TestAnotherCustomerID: what the directory refuses reaches the caller with its field (K-09).
func TestAnotherCustomerID(t *testing.T) {
	in(t, nil, func(h *house) {
		h.customers["acme_kim"] = protocol.CustomerView{Customer: protocol.Customer{No: 1, Key: "acme_kim"}}
		h.answer = func(a asked) (protocol.Result, *protocol.Rejection, bool) {
			b, ok := a.c.Body.(protocol.ChangeCustomerID)
			if ok && !b.Confirm {
				return nil, protocol.RejectField(protocol.Conflict, "confirm", "in use"), true
			}
			return h.customers["acme_kim"], nil, ok
		}
		admin := h.login("admin", "acme")
		if res, m := h.do("POST", "/v1/sites/acme/customers/acme_kim/id", admin, `{"customer_id":"hanna"}`); res.StatusCode != 409 || m["field"] != "confirm" {
			t.Errorf("%d %v", res.StatusCode, m)
		}
		if res, _ := h.do("POST", "/v1/sites/acme/customers/acme_kim/id", admin, `{"customer_id":"hanna","confirm":true}`); res.StatusCode != 200 {
			t.Errorf("confirmed: %d", res.StatusCode)
		}
	})
}

// TestWhoseCustomer (domain 21): an agent's are those of a room it holds or held last; a manager's those
// of its agents, and those who wait.
func TestWhoseCustomer(t *testing.T) {
	in(t, nil, func(h *house) {
		waiting := protocol.RoomID("r_cccccccccccccccccccccccccc")
		h.rooms[waiting] = protocol.RoomView{Room: waiting, Site: "acme", State: protocol.Waiting, Key: "acme_w"}
		customer := func(key string, last protocol.AccountID, open ...protocol.RoomID) {
			h.customers[protocol.CustomerKey(key)] = protocol.CustomerView{Customer: protocol.Customer{No: 1, Key: protocol.CustomerKey(key), Open: open, LastAgent: last}}
		}
		customer("acme_held", "", roomA)        // by anna
		customer("acme_left", "anna")           // her last one has closed
		customer("acme_moved", "anna", roomB)   // ben holds it now, and she held the last one
		customer("acme_bens", "ben", roomB)     //
		customer("acme_waits", "ben", waiting)  //
		customer("acme_both", "", roomB, roomA) // two keys became one
		sees := map[protocol.AccountID]string{
			"anna":  "acme_both acme_held acme_left acme_moved",
			"ben":   "acme_bens acme_both acme_moved acme_waits",
			"boss":  "acme_both acme_held acme_left acme_moved acme_waits",
			"admin": "acme_bens acme_both acme_held acme_left acme_moved acme_waits",
		}
		for who, want := range sees {
			token := h.login(who, "acme")
			var got []string
			for key := range h.customers {
				if res, _ := h.do("GET", "/v1/sites/acme/customers/"+string(key), token, ""); res.StatusCode == http.StatusOK {
					got = append(got, string(key))
				} else if res.StatusCode != http.StatusNotFound {
					t.Errorf("%s of %s: %d", key, who, res.StatusCode)
				}
			}
			slices.Sort(got)
			if s := strings.Join(got, " "); s != want {
				t.Errorf("%s sees %s, want %s", who, s, want)
			}
		}
	})
}

// TestHistoryOfACustomer: the rooms of all numbers, newest start first, page by page; a closed
// one from its row, an open one as it is.
func TestHistoryOfACustomer(t *testing.T) {
	in(t, nil, func(h *house) {
		h.customers["acme_kim"] = protocol.CustomerView{
			Customer: protocol.Customer{No: 1, Key: "acme_kim", ID: "hanna"},
			Profile:  protocol.Profile{ID: "hanna", Rooms: 6, Members: []protocol.Member{{No: 1, Also: []protocol.CustomerNo{3}}, {No: 2}}},
		}
		h.facts["acme"].Categories["k2"] = &protocol.Category{ID: "k2", Level: 2, Name: "지연", Parent: "k1"}
		past := func(no protocol.CustomerNo, started protocol.Instant, room protocol.RoomID, r *protocol.HistoryRow) {
			row := protocol.Row{Key: protocol.HistoryRowKey("acme", no, started, room), Value: []byte{}}
			if r != nil {
				row.Value = protocol.AppendHistory(nil, r)
			}
			h.past = append(h.past, row)
		}
		closed := func(n uint64, memos uint32) *protocol.HistoryRow {
			return &protocol.HistoryRow{Memos: memos, Closed: protocol.ClosedRoomRow{State: protocol.Closed, Channel: protocol.Kakao, Number: n, AgentColumn: "로봇 > 김", Category: "k2", Category3: "색상"}}
		}
		v := h.rooms[roomA]
		v.AgentColumn = "김"
		h.rooms[roomA] = v
		past(1, 1000, "r_a1", closed(1, 0))
		past(2, 2000, "r_b1", closed(2, 1))
		past(3, 2000, "r_b0", closed(3, 0)) // the same instant, by another number
		past(1, 4000, roomA, nil)
		past(2, 3000, "r_b2", closed(4, 0))
		past(9, 3000, "r_zz", closed(9, 0)) // somebody else's
		slices.SortFunc(h.past, func(a, b protocol.Row) int { return strings.Compare(string(a.Key), string(b.Key)) })
		h.logs[protocol.RoomAt("acme", "r_b1")] = []protocol.Recorded{
			message(1, "안녕", protocol.FromCustomer),
			{Number: 2, Desk: 2, At: 2100, Event: &protocol.MessagePosted{From: protocol.FromAgent, Name: "김", Kind: protocol.Memo, Text: "단골"}},
		}
		admin := h.login("admin", "acme")
		var got []string
		cursor := ""
		for page := 0; ; page++ {
			res, m := h.do("GET", "/v1/sites/acme/customers/acme_kim/history?limit=2"+cursor, admin, "")
			if res.StatusCode != 200 || m["total"] != 6.0 || m["customer_id"] != "hanna" || page > 3 {
				t.Fatalf("page %d: %d %v", page, res.StatusCode, m)
			}
			for _, r := range m["rooms"].([]any) {
				r := r.(map[string]any)
				got = append(got, fmt.Sprint(r["room"], r["state"], r["agents"], r["category1"], r["category2"], r["category3"], r["memos"]))
			}
			next, more := m["next_cursor"].(string)
			if !more {
				break
			}
			cursor = "&cursor=" + next
		}
		line := func(room protocol.RoomID, memos string) string {
			return fmt.Sprint(string(room), "CLOSED", "로봇 > 김", "배송", "지연", "색상", memos)
		}
		want := []string{
			fmt.Sprint(string(roomA), "ACTIVE", "김", nil, nil, nil, nil), line("r_b2", "<nil>"), line("r_b0", "<nil>"),
			line("r_b1", "[map[at:1970-01-01T00:00:02.100Z name:김 text:단골]]"), line("r_a1", "<nil>"),
		}
		if !slices.Equal(got, want) {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		for _, wrong := range []string{"%21", "AAAA"} {
			if res, _ := h.do("GET", "/v1/sites/acme/customers/acme_kim/history?cursor="+wrong, admin, ""); res.StatusCode != 400 {
				t.Errorf("the cursor %s is not ours: %d", wrong, res.StatusCode)
			}
		}
	})
}

// TestRoomInfo: by id and by number; the robot while nobody holds it.
func TestRoomInfo(t *testing.T) {
	in(t, nil, func(h *house) {
		h.customers["acme_kim"] = protocol.CustomerView{Customer: protocol.Customer{No: 5, Key: "acme_hanna", ID: "hanna"}, Profile: protocol.Profile{Rooms: 9}}
		v := h.rooms[roomA]
		v.Customer, v.RoomNumber, v.AgentColumn, v.Grade, v.Params = 5, 31, "로봇 > A", protocol.GradeVIP, []protocol.Param{{Name: "parameter1", Value: "x"}}
		v.CreatedAt, v.ClosedAt, v.State = 1000, 91000, protocol.Closed
		h.rooms[roomA] = v
		h.numbers = map[uint64]protocol.RoomID{31: roomA}
		admin := h.login("admin", "acme")
		for _, room := range []string{string(roomA), "31"} {
			res, m := h.do("GET", "/v1/sites/acme/rooms/"+room, admin, "")
			info, _ := m["info"].(map[string]any)
			if res.StatusCode != 200 || fmt.Sprint(info) != "map[agent:name of anna agents:로봇 > A customer_id:hanna customer_key:acme_hanna grade:VIP history_count:9 number:31 params:map[parameter1:x] total_seconds:90]" {
				t.Errorf("%s: %d %v", room, res.StatusCode, info)
			}
		}
		v.Holder, v.HolderName = "", ""
		h.rooms[roomA] = v
		if _, m := h.do("GET", "/v1/sites/acme/rooms/31", admin, ""); m["info"].(map[string]any)["agent"] != "로봇-acme" {
			t.Errorf("nobody's: %v", m["info"])
		}
		if res, _ := h.do("GET", "/v1/sites/acme/rooms/32", admin, ""); res.StatusCode != 404 {
			t.Errorf("a number that was not given: %d", res.StatusCode)
		}
	})
}

// TestAKeyThatJoined: a visitor owns a room that it came to with another key, and never a messenger's.
func TestAKeyThatJoined(t *testing.T) {
	for _, row := range []struct {
		channel protocol.Channel
		joined  []protocol.CustomerKey
		owns    bool
	}{
		{protocol.Web, nil, false},
		{protocol.Web, []protocol.CustomerKey{"acme_other", "acme_new"}, true},
		{protocol.Kakao, []protocol.CustomerKey{"acme_new"}, false},
	} {
		in(t, nil, func(h *house) {
			v := h.rooms[roomA]
			v.Channel, v.Joined = row.channel, row.joined
			h.rooms[roomA] = v
			s := h.enter(h.visitor("new"), "")
			defer s.close()
			s.send(`{"type":"subscribe","id":"9","stream":"room/` + string(roomA) + `"}`)
			for m := s.read(); ; m = s.read() {
				if m["reply_to"] == "9" {
					if (m["type"] == "ok") != row.owns {
						t.Errorf("%+v: %v", row, m)
					}
					return
				}
			}
		})
	}
}

// a shorter period removes rooms for good, and is taken in two steps; what removes nothing is taken in one, and a bad value is
// the site's to refuse.
func TestX41AShorterPeriodIsConfirmed(t *testing.T) {
	in(t, nil, func(h *house) {
		admin := h.login("admin", "acme")
		h.answer = func(a asked) (protocol.Result, *protocol.Rejection, bool) {
			_, ok := a.c.Body.(protocol.ChangeSettings)
			return protocol.Done{}, nil, ok
		}
		for _, c := range []struct {
			kept          int
			query, change string
			asks          bool
		}{
			{0, "", `{"retention.rooms":365}`, true},
			{0, "?confirm=true", `{"retention.rooms":365}`, true},
			{0, "?confirm=retention.rooms", `{"retention.rooms":365}`, false},
			{365, "", `{"retention.rooms":364,"language":"ko"}`, true},
			{365, "", `{"retention.rooms":365}`, false},
			{365, "", `{"retention.rooms":366}`, false},
			{365, "", `{"retention.rooms":0}`, false},
			{365, "", `{"retention.rooms":-1}`, false},
			{365, "", `{"language":"ko"}`, false},
		} {
			h.mu.Lock()
			s := *h.fake.facts["acme"].Settings
			s.RetentionDays = c.kept
			h.fake.facts["acme"].Settings = &s
			h.mu.Unlock()
			before := len(bodies[protocol.ChangeSettings](h.fake))
			res, m := h.do("PATCH", "/v1/sites/acme/settings"+c.query, admin, c.change)
			asked := len(bodies[protocol.ChangeSettings](h.fake)) == before
			if asked != c.asks || c.asks && (res.StatusCode != http.StatusConflict || m["field"] != "confirm") {
				t.Errorf("%d days, %s %s: %d %v", c.kept, c.query, c.change, res.StatusCode, m)
			}
		}
	})
}

// TestX30DeletionRequest: the answer says by when everything is gone, a repeat says the same; the audit has both ends of it.
func TestX30DeletionRequest(t *testing.T) {
	in(t, nil, func(h *house) {
		admin := h.login("admin", "acme")
		since := protocol.At(h.engine().Now())
		h.answer = func(a asked) (protocol.Result, *protocol.Rejection, bool) {
			_, ok := a.c.Body.(protocol.EraseCustomer)
			return protocol.Erasing{At: since, Duplicate: a.c.ClientID == "again-0001"}, nil, ok
		}
		path := "/v1/sites/acme/customers/" + url.PathEscape("acme_한나/1")
		for _, confirm := range []string{"", "?confirm=", "?confirm=true", "?confirm=acme_kim"} { // it is done to nobody who was not named twice
			if res, m := h.do("DELETE", path+confirm, admin, "", "Idempotency-Key", "erase-0000"); res.StatusCode != http.StatusConflict || m["field"] != "confirm" || len(bodies[protocol.EraseCustomer](h.fake)) != 0 {
				t.Errorf("%q: %d %v", confirm, res.StatusCode, m)
			}
		}
		path += "?confirm=" + url.QueryEscape("acme_한나/1")
		res, first := h.do("DELETE", path, admin, "", "Idempotency-Key", "erase-0001")
		if res.StatusCode != http.StatusAccepted || first["accepted_at"] == "" || first["gone_by"] == first["accepted_at"] {
			t.Fatalf("%d %v", res.StatusCode, first)
		}
		if got := only[protocol.EraseCustomer](h); got.Key != "acme_한나/1" {
			t.Errorf("%q", got.Key)
		}
		res, again := h.do("DELETE", path, admin, "", "Idempotency-Key", "again-0001")
		if res.StatusCode != http.StatusAccepted || again["gone_by"] != first["gone_by"] || again["duplicate"] != true {
			t.Errorf("%d %v", res.StatusCode, again)
		}
	})
	for e, want := range map[protocol.Event]audited{
		&protocol.CustomerErased{No: 7, By: "admin"}: {what: "customer_erasure", id: "7", by: "admin"},
		&protocol.ErasureFinished{No: 7}:             {what: "customer_erased", id: "7"},
	} {
		if got, ok := auditOf(e); !ok || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
}

// TestTheListOfBlockedCustomers: the newest first, page by page, each within the caller's reach, with who, when and why; one whose
// time is not known comes last. Customers are listed no other way.
func TestTheListOfBlockedCustomers(t *testing.T) {
	in(t, nil, func(h *house) {
		add := func(no protocol.CustomerNo, blocked bool, at protocol.Instant, last protocol.AccountID) {
			key := protocol.CustomerKey(fmt.Sprint("acme_c", no))
			h.customers[key] = protocol.CustomerView{Customer: protocol.Customer{No: no, Key: key, Blocked: blocked, BlockedAt: at, BlockedBy: "anna", BlockedWhy: "욕설", LastAgent: last}, Age: -1}
		}
		t0 := protocol.At(time.Now())
		add(1, true, t0, "anna")
		add(2, true, t0.Add(time.Hour), "ben")
		add(3, false, 0, "anna")
		add(4, true, 0, "anna")
		add(5, true, t0, "anna") // at the same moment as 1
		list := func(token, query string) (keys []string, next string) {
			t.Helper()
			res, m := h.do("GET", "/v1/sites/acme/customers?"+query, token, "")
			if res.StatusCode != 200 {
				t.Fatalf("%d %v", res.StatusCode, m)
			}
			for _, v := range m["customers"].([]any) {
				keys = append(keys, strings.TrimPrefix(v.(map[string]any)["customer_key"].(string), "acme_"))
			}
			next, _ = m["next_cursor"].(string)
			return keys, next
		}
		admin, boss := h.login("admin", "acme"), h.login("boss", "acme")
		if got, next := list(admin, "blocked=true"); fmt.Sprint(got) != "[c2 c5 c1 c4]" || next != "" {
			t.Errorf("%v %q", got, next)
		}
		if got, _ := list(boss, "blocked=true"); fmt.Sprint(got) != "[c5 c1 c4]" {
			t.Errorf("of a manager's scope: %v", got)
		}
		var paged []string
		for cursor, pages := "", 0; pages == 0 || cursor != ""; pages++ {
			got, next := list(boss, "blocked=true&limit=2&cursor="+cursor)
			paged, cursor = append(paged, got...), next
			if pages > 3 {
				t.Fatal("it does not end")
			}
		}
		if fmt.Sprint(paged) != "[c5 c1 c4]" {
			t.Errorf("page by page: %v", paged)
		}
		res, m := h.do("GET", "/v1/sites/acme/customers?blocked=true&limit=1", admin, "")
		one := m["customers"].([]any)[0].(map[string]any)
		if res.StatusCode != 200 || one["blocked_by"] != "anna" || one["block_reason"] != "욕설" || one["blocked_at"] == nil {
			t.Errorf("%v", one)
		}
		for query, field := range map[string]string{"": "blocked", "blocked=false": "blocked", "blocked=true&limit=0": "limit", "blocked=true&cursor=AAAA": "cursor"} {
			if res, m := h.do("GET", "/v1/sites/acme/customers?"+query, admin, ""); res.StatusCode/100 != 4 || m["field"] != field {
				t.Errorf("%s: %d %v", query, res.StatusCode, m)
			}
		}
		h.answer = func(a asked) (protocol.Result, *protocol.Rejection, bool) {
			_, ok := a.c.Body.(protocol.EditCustomer)
			return h.customers["acme_c1"], nil, ok
		}
		if res, m := h.do("PATCH", "/v1/sites/acme/customers/acme_c1", admin, `{"blocked":true,"block_reason":"반복"}`); res.StatusCode != 200 {
			t.Fatalf("%d %v", res.StatusCode, m)
		}
		if b := only[protocol.EditCustomer](h); b.Reason != "반복" || b.Set != protocol.PartBlocked|protocol.PartReason {
			t.Errorf("%+v", b)
		}
	})
}
