package gateway

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"switchyard/protocol"
)

// began makes closed rooms that began one after the other, a second apart, newest last.
func began(from time.Time, n int, agent protocol.AccountID, actor protocol.EndActor) (all []protocol.ClosedRoomRow) {
	for i := range n {
		at := protocol.At(from.Add(time.Duration(i) * time.Second))
		all = append(all, protocol.ClosedRoomRow{
			Room: protocol.RoomID(fmt.Sprintf("r_%s_%s_%06d", agent, strings.ToLower(actor.String()), i)), State: protocol.Closed, Channel: protocol.Web, Category: "k1",
			Number: uint64(i + 1), Key: "acme_kim", CreatedAt: at, ClosedAt: at + 60_000, Actor: actor, Agent: agent, AgentColumn: "A", Answered: true,
		})
	}
	return all
}

// TestTheCountersNeedNotAddUp: the vendor's example, 865 = 152 + 308 + 393 + 12 others (16.3, R-195, R-196), and what narrows them.
func TestTheCountersNeedNotAddUp(t *testing.T) {
	in(t, nil, func(h *house) {
		day := h.g.engine.Now()
		for actor, n := range map[protocol.EndActor]int{protocol.EndedByAgent: 152, protocol.EndedByCustomer: 308, protocol.EndedAuto: 393, protocol.EndedByManager: 7} {
			h.closed = append(h.closed, began(day, n, "anna", actor)...)
		}
		refused := began(day, 3, "", protocol.EndedAuto)
		for i := range refused {
			refused[i].Rejected = true
		}
		h.closed = append(h.closed, refused...)
		for i := range 5 {
			h.openRows = append(h.openRows, protocol.OpenRoomRow{Room: protocol.RoomID(fmt.Sprint("r_open", i)), State: protocol.Active, Channel: protocol.Web, Holder: "ben", CreatedAt: protocol.At(day)})
		}
		get := func(who protocol.AccountID, query string) map[string]any {
			res, m := h.do("GET", "/v1/sites/acme/reports/consultations?limit=1"+query, h.login(who, "acme"), "")
			if res.StatusCode != 200 {
				t.Fatal(query, res.StatusCode, m)
			}
			return m
		}
		for query, want := range map[string]string{
			"":                                      "total 865 agent 152 customer 308 auto 393",
			"&agent=ben":                            "total 5 agent 0 customer 0 auto 0",
			"&agent=anna&ended_by=MANAGER":          "total 7 agent 0 customer 0 auto 0",
			"&channel=KAKAO":                        "total 0 agent 0 customer 0 auto 0",
			"&category=k1":                          "total 860 agent 152 customer 308 auto 393",
			"&from=1999-12-31&to=1999-12-31":        "total 0 agent 0 customer 0 auto 0",
			"&from=1999-12-02&to=2000-01-01":        "total 865 agent 152 customer 308 auto 393",
			"&channel=WEB&from=2000-01-01":          "total 865 agent 152 customer 308 auto 393",
			"&channel=WEB&agent=anna&ended_by=AUTO": "total 393 agent 0 customer 0 auto 393",
		} {
			k := get("admin", query)["counters"].(map[string]any)
			if got := fmt.Sprint("total ", k["total"], " agent ", k["agent"], " customer ", k["customer"], " auto ", k["auto"]); got != want {
				t.Errorf("%s: %s, want %s", query, got, want)
			}
		}
		if k := get("boss", "")["counters"].(map[string]any); k["total"] != 860.0 {
			t.Error("a manager's scope has not ben's rooms", k)
		}
		if res, _ := h.do("GET", "/v1/sites/acme/reports/consultations?agent=ben", h.login("boss", "acme"), ""); res.StatusCode != 404 {
			t.Error("an agent out of scope does not exist", res.StatusCode)
		}
		for query, field := range map[string]string{"from=1999-12-01": "from", "to=2000-01-02": "to", "from=2000-01-02": "from", "ended_by=NOBODY": "ended_by", "channel=FAX": "channel", "limit=0": "limit", "from=x": "from"} {
			if res, m := h.do("GET", "/v1/sites/acme/reports/consultations?"+query, h.login("admin", "acme"), ""); res.StatusCode != 422 || m["field"] != field {
				t.Error(query, res.StatusCode, m)
			}
		}
	})
}

// TestThePagesOfTheConsultationList: newest start first, every room once although rooms begin and end between the pages; the
// file has the lines of all pages.
func TestThePagesOfTheConsultationList(t *testing.T) {
	in(t, nil, func(h *house) {
		start := h.g.engine.Now()
		h.closed = began(start, 23, "anna", protocol.EndedByAgent)
		h.openRows = []protocol.OpenRoomRow{{Room: "r_open", State: protocol.Active, Channel: protocol.Web, Holder: "ben", CreatedAt: protocol.At(start.Add(5500 * time.Millisecond)), Number: 99, Key: "acme_lee"}}
		time.Sleep(time.Minute) // of the bubble's time: the rooms have begun
		token := h.login("admin", "acme")
		_, body := h.download("/v1/sites/acme/reports/consultations.csv", token)
		seen, last := []string{}, ""
		for cursor := ""; ; {
			res, m := h.do("GET", "/v1/sites/acme/reports/consultations?limit=7&cursor="+cursor, token, "")
			if res.StatusCode != 200 || (m["counters"] == nil) != (cursor != "") {
				t.Fatal(res.StatusCode, m)
			}
			for _, r := range m["rows"].([]any) {
				x := r.(map[string]any)
				if at := x["started_at"].(string); last != "" && at > last {
					t.Error("not the newest first:", at, "after", last)
				}
				last = x["started_at"].(string)
				seen = append(seen, x["room"].(string))
			}
			h.closed = append(h.closed, began(h.g.engine.Now().Add(time.Hour), 3, "ben", protocol.EndedAuto)...) // nobody on a later page
			next, more := m["next_cursor"].(string)
			if !more {
				break
			}
			cursor = next
		}
		if len(seen) != 24 || seen[0] != "r_anna_agent_000022" || seen[17] != "r_open" || seen[23] != "r_anna_agent_000000" {
			t.Fatal(len(seen), seen)
		}
		file := sheetOf(t, body)
		if len(file) != 25 || len(file[0]) != len(consultationColumns) {
			t.Fatal(len(file), file[0])
		}
		for i, room := range seen {
			if file[i+1][0] != room {
				t.Error(i, file[i+1][0], room)
			}
		}
		if got := strings.Join(file[18], "|"); got != "r_open|99|2000-01-01 00:00:05|-|ACTIVE|WEB|-|-|-|-|-|acme_lee|ben|name of ben|-|-|-|Y|-" {
			t.Error(got)
		}
		if got := strings.Join(file[24], "|"); got != "r_anna_agent_000000|1|2000-01-01 00:00:00|2000-01-01 00:01:00|CLOSED|WEB|-|k1|배송|-|-|acme_kim|anna|name of anna|A|AGENT|60|Y|-" {
			t.Error(got)
		}
	})
}

// TestManagersLists (16.4, R-197): a period of the start, at most a year, seven days on the free plan where plans are
// enforced; agent, channel, category and end type narrow.
func TestManagersLists(t *testing.T) {
	in(t, nil, func(h *house) {
		now := h.g.engine.Now()
		day := func(n int) string { return now.UTC().AddDate(0, 0, n).Format(time.DateOnly) }
		h.closed = append(began(now.AddDate(0, 0, -40), 2, "anna", protocol.EndedByAgent), began(now.AddDate(0, 0, -3), 3, "ben", protocol.EndedAuto)...)
		h.closed = append(h.closed, began(now, 1, "anna", protocol.EndedByCustomer)...)
		h.openRows = []protocol.OpenRoomRow{
			{Room: "r_old", State: protocol.Waiting, Channel: protocol.Web, CreatedAt: protocol.At(now.AddDate(0, 0, -2))},
			{Room: "r_new", State: protocol.Active, Channel: protocol.Kakao, Holder: "anna", CreatedAt: protocol.At(now), Unanswered: protocol.At(now)},
		}
		token := h.login("admin", "acme")
		for query, want := range map[string]string{
			"state=closed&started_from=" + day(-40):                                                "r_anna_customer_000000, r_ben_auto_000002, r_ben_auto_000001, r_ben_auto_000000, r_anna_agent_000001, r_anna_agent_000000",
			"state=closed&started_to=" + day(0):                                                    "r_anna_customer_000000",
			"state=closed&started_from=" + day(-40) + "&started_to=" + day(-1) + "&agent=anna":     "r_anna_agent_000001, r_anna_agent_000000",
			"state=closed&started_from=" + day(-40) + "&ended_by=AUTO":                             "r_ben_auto_000002, r_ben_auto_000001, r_ben_auto_000000",
			"state=closed&started_from=" + day(-365) + "&ended_by=MANAGER":                         "",
			"state=closed&started_from=" + day(-40) + "&channel=KAKAO":                             "",
			"state=open&started_from=" + day(-40):                                                  "r_new, r_old",
			"started_from=" + day(-40) + "&channel=KAKAO":                                          "r_new",
			"state=closed&ended_by=CUSTOMER&to=" + now.AddDate(0, 0, 1).UTC().Format(time.RFC3339): "r_anna_customer_000000",
		} {
			res, m := h.do("GET", "/v1/sites/acme/rooms?"+query, token, "")
			if got := names(m, "rooms", "room"); res.StatusCode != 200 || got != want {
				t.Errorf("%s: %d %s %v", query, res.StatusCode, got, m["text_en"])
			}
		}
		_, m := h.do("GET", "/v1/sites/acme/rooms?started_from="+day(0), token, "")
		if got := names(m, "rooms", "room", "waits_since"); got != "r_new "+now.UTC().Format("2006-01-02T15:04:05.000Z07:00") {
			t.Error(got)
		}
		_, m = h.do("GET", "/v1/sites/acme/rooms?state=closed&limit=4&started_from="+day(-40), token, "")
		_, rest := h.do("GET", "/v1/sites/acme/rooms?state=closed&limit=4&started_from="+day(-40)+"&cursor="+m["next_cursor"].(string), token, "")
		if got := names(rest, "rooms", "room"); got != "r_anna_agent_000001, r_anna_agent_000000" || rest["next_cursor"] != nil {
			t.Error(got, rest["next_cursor"])
		}
		refused := func(query, field string) {
			t.Helper()
			if res, m := h.do("GET", "/v1/sites/acme/rooms?"+query, token, ""); res.StatusCode != 422 && res.StatusCode != 400 || m["field"] != field {
				t.Error(query, res.StatusCode, m)
			}
		}
		refused("state=closed&started_from="+day(-366), "started_from")
		refused("state=closed&started_from="+day(1), "started_from")
		refused("state=closed&started_to="+day(1), "started_to")
		refused("state=closed&started_from=x", "started_from")
		refused("state=closed&ended_by=X", "ended_by")
		refused("ended_by=AGENT", "ended_by")
		refused("state=closed&started_from="+day(0)+"&from=2000-01-01T00:00:00Z", "from")
		h.facts["acme"].Settings.Plan = protocol.PlanFree
		if res, _ := h.do("GET", "/v1/sites/acme/rooms?state=closed&started_from="+day(-40), token, ""); res.StatusCode != 200 {
			t.Error("plans are not enforced by default")
		}
		h.facts["acme"].Settings.EnforcePlans = true
		refused("state=closed&started_from="+day(-7), "started_from")
		if res, _ := h.do("GET", "/v1/sites/acme/rooms?state=closed&started_from="+day(-6), token, ""); res.StatusCode != 200 {
			t.Error("seven days are the free plan's")
		}
		_, m = h.do("GET", "/v1/sites/acme/rooms?state=closed&started_from="+day(-6), h.login("anna", "acme"), "")
		if got := names(m, "rooms", "room"); got != "r_anna_customer_000000" {
			t.Error("an agent sees its own rooms that were closed today (R-030):", got)
		}
	})
}
