package gateway

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"switchyard/protocol"
)

// The ledger over HTTP: days of the site's zone, kinds and pages; what is asked wrongly is refused with its field.
func TestLedgerList(t *testing.T) {
	in(t, nil, func(h *house) {
		h.answer = func(a asked) (protocol.Result, *protocol.Rejection, bool) {
			return protocol.LedgerView{Balance: -100, Number: 5, Mode: protocol.Prepaid}, nil, true
		}
		f := *h.facts["acme"]
		f.Zone = time.FixedZone("KST", 9*3600)
		h.facts["acme"] = &f
		now := time.Now().In(f.Zone)
		today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, f.Zone)
		at := func(days int, d time.Duration) protocol.Instant { return protocol.At(today.AddDate(0, 0, days).Add(d)) }
		h.ledger = []protocol.LedgerEntry{
			{Number: 1, Kind: protocol.LedgerTopUp, Amount: 100, Balance: 100, Key: "a", At: at(-1, 0), By: "admin"},
			{Number: 2, Kind: protocol.LedgerKakao, Amount: -100, Key: "b", At: at(-1, 24*time.Hour-time.Millisecond), Price: 100, Units: 1, Ref: "r_1", Day: protocol.Date{Year: 2026, Month: 1, Day: 2}},
			{Number: 3, Kind: protocol.LedgerKakao, Amount: -100, Balance: -100, Key: "c", At: at(0, 0), Short: true},
			{Number: 4, Kind: protocol.LedgerSMS, Amount: -30, Balance: -100, Recorded: true, Units: 3, Key: "d", At: at(0, time.Minute)},
			{Number: 5, Kind: protocol.LedgerKakao, Amount: -100, Balance: -200, Key: "e", At: at(1, 0)},
		}
		admin := h.login("admin", "acme")
		numbers := func(query string) (string, map[string]any) {
			res, m := h.do("GET", "/v1/sites/acme/reports/ledger?"+query, admin, "")
			if res.StatusCode != 200 {
				return fmt.Sprint(m["code"], " ", m["field"]), m
			}
			all := ""
			for _, x := range m["rows"].([]any) {
				all += fmt.Sprint(x.(map[string]any)["number"])
			}
			return all, m
		}
		day := func(n int) string { return today.AddDate(0, 0, n).Format(time.DateOnly) }
		for query, want := range map[string]string{
			"":                                      "34",
			"from=" + day(-1):                       "1234",
			"from=" + day(-1) + "&to=" + day(-1):    "12",
			"from=" + day(-1) + "&to=" + day(1):     "12345",
			"from=" + day(-1) + "&kind=KAKAO":       "23",
			"from=" + day(1):                        "bad_request from",
			"from=" + day(-400):                     "bad_request from",
			"from=yesterday":                        "bad_request from",
			"to=2026-13-01":                         "bad_request to",
			"kind=COFFEE":                           "bad_request kind",
			"limit=0":                               "bad_request limit",
			"cursor=%25":                            "bad_request cursor",
			"from=" + day(-1) + "&limit=3":          "123",
			"from=" + day(-1) + "&limit=1&kind=SMS": "4",
		} {
			if got, _ := numbers(query); got != want {
				t.Errorf("%s: %s, want %s", query, got, want)
			}
		}
		_, m := numbers("from=" + day(-1) + "&limit=3")
		if rest, last := numbers("from=" + day(-1) + "&limit=3&cursor=" + m["next_cursor"].(string)); rest != "4" || last["next_cursor"] != nil {
			t.Errorf("the next page is %s %v", rest, last["next_cursor"])
		}
		if m["balance"] != -100.0 || m["billing_mode"] != "PREPAID" {
			t.Errorf("%v", m)
		}
		row := m["rows"].([]any)[1].(map[string]any)
		if row["amount"] != -100.0 || row["day"] != "2026-01-02" || row["covered"] != true || row["ref"] != "r_1" {
			t.Errorf("%v", row)
		}
		for _, who := range []string{"anna", "boss"} { // domain 21: the ledger is the administrator's
			if res, _ := h.do("GET", "/v1/sites/acme/reports/ledger", h.login(protocol.AccountID(who), "acme"), ""); res.StatusCode != 403 {
				t.Errorf("%s: %d", who, res.StatusCode)
			}
		}
		c := &call{g: h.g, site: "acme"}
		if n, err := c.kakaoCharges(today.AddDate(0, 0, -1), today); n != 1 || err != nil {
			t.Errorf("yesterday has %d charges, %v", n, err)
		}
		if n, err := c.kakaoCharges(today.AddDate(0, 0, -1), today.AddDate(0, 0, 2)); n != 3 || err != nil {
			t.Errorf("three days have %d charges, %v", n, err)
		}
	})
}

// The file has the lines of the screen, opens as UTF-8, and nothing in it computes.
func TestLedgerFile(t *testing.T) {
	in(t, nil, func(h *house) {
		now := protocol.At(time.Now())
		h.ledger = []protocol.LedgerEntry{
			{Number: 1, Kind: protocol.LedgerTopUp, Amount: 100, Balance: 100, Ref: `=HYPERLINK("x"),"y"`, At: now, By: "admin"},
			{Number: 2, Kind: protocol.LedgerKakao, Amount: -100, Price: 100, Units: 1, Ref: "r_1", Day: protocol.Date{Year: 2026, Month: 1, Day: 2}, At: now, Short: true},
		}
		admin := h.login("admin", "acme")
		get := func(query, token string) (int, string) {
			r, _ := http.NewRequest("GET", "http://localhost/v1/sites/acme/reports/ledger.csv"+query, nil)
			r.Header.Set("Authorization", "Bearer "+token)
			res, err := h.client().Do(r)
			if err != nil {
				h.t.Fatal(err)
			}
			defer res.Body.Close()
			b, _ := io.ReadAll(res.Body)
			return res.StatusCode, string(b)
		}
		at := now.Time().UTC().Format(time.DateTime)
		want := "\ufeff번호,일시,항목,금액(원),잔액(원),단가(원),수량,참조,과금일,기록만,잔액 부족,등록자\r\n" +
			"1," + at + `,TOP_UP,100,100,0,0,"'=HYPERLINK(""x""),""y""",,,,admin` + "\r\n" +
			"2," + at + ",KAKAO,-100,0,100,1,r_1,2026-01-02,,Y,\r\n"
		if status, body := get("", admin); status != 200 || body != want {
			t.Errorf("%d\n%q\nwant\n%q", status, body, want)
		}
		if _, body := get("?kind=SMS", admin); strings.Count(body, "\n") != 1 {
			t.Errorf("%q", body)
		}
		if status, _ := get("?from=x", admin); status != 422 {
			t.Errorf("a bad day: %d", status)
		}
		if status, _ := get("", h.login("boss", "acme")); status != 403 {
			t.Errorf("a manager: %d", status)
		}
	})
}

// Money is paid in and posted under a name: without one, or with a value out of range, nothing is asked.
func TestLedgerWrites(t *testing.T) {
	in(t, nil, func(h *house) {
		h.answer = func(a asked) (protocol.Result, *protocol.Rejection, bool) {
			if b, ok := a.c.Body.(protocol.PostItem); ok && b.Units > 5 {
				return nil, protocol.RejectField(protocol.OverLimit, "balance", "60 won are needed, 50 are left"), true
			}
			return protocol.Posted{Entry: protocol.LedgerEntry{Number: 7, Kind: protocol.LedgerTopUp, Amount: 100, Balance: 100, Key: "k"}, Duplicate: a.c.ClientID == "repeat-0001"}, nil, true
		}
		admin := h.login("admin", "acme")
		for _, r := range []struct {
			path, body, key string
			status          int
			field           string
		}{
			{"top-ups", `{"amount":100}`, "payment-0001", 201, ""},
			{"top-ups", `{"amount":100,"client_id":"payment-0002"}`, "", 201, ""},
			{"top-ups", `{"amount":100}`, "repeat-0001", 200, ""},
			{"top-ups", `{"amount":100}`, "", 422, "Idempotency-Key"},
			{"top-ups", `{"amount":100,"client_id":"x"}`, "", 422, "client_id"},
			{"top-ups", `{"amount":100}`, "x", 400, "Idempotency-Key"},
			{"top-ups", `{}`, "payment-0003", 422, "amount"},
			{"top-ups", `{"amount":0}`, "payment-0003", 422, "amount"},
			{"top-ups", `{"amount":-5}`, "payment-0003", 422, "amount"},
			{"top-ups", `{"amount":1000000001}`, "payment-0003", 422, "amount"},
			{"top-ups", `{"amount":1.5}`, "payment-0003", 422, "amount"},
			{"top-ups", `{"amount":5,"balance":9}`, "payment-0003", 422, "balance"},
			{"items", `{"kind":"SMS","units":3}`, "message-0001", 201, ""},
			{"items", `{"kind":"ALIMTALK"}`, "message-0002", 201, ""},
			{"items", `{"kind":"KAKAO"}`, "message-0003", 422, "kind"},
			{"items", `{"units":3}`, "message-0003", 422, "kind"},
			{"items", `{"kind":"SMS","units":0}`, "message-0003", 422, "units"},
			{"items", `{"kind":"SMS","units":6}`, "message-0003", 409, "balance"},
		} {
			var headers []string
			if r.key != "" {
				headers = []string{"Idempotency-Key", r.key}
			}
			res, m := h.do("POST", "/v1/sites/acme/ledger/"+r.path, admin, r.body, headers...)
			if field, _ := m["field"].(string); res.StatusCode != r.status || field != r.field {
				t.Errorf("%s %s (%s): %d %v", r.path, r.body, r.key, res.StatusCode, m)
			}
		}
		if got := bodies[protocol.TopUp](h.fake); len(got) != 3 || got[1].c.ClientID != "payment-0002" {
			t.Errorf("%d top-ups were asked for", len(got))
		}
		if got := bodies[protocol.PostItem](h.fake); len(got) != 3 || got[1].c.Body != (protocol.PostItem{Kind: protocol.LedgerAlimtalk, Units: 1}) {
			t.Errorf("%+v", got)
		}
		if res, _ := h.do("POST", "/v1/sites/acme/ledger/top-ups", h.login("boss", "acme"), `{"amount":100}`, "Idempotency-Key", "payment-0001"); res.StatusCode != 403 {
			t.Errorf("a manager pays in: %d", res.StatusCode)
		}
	})
}
