package gateway

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/protocol"
)

// names draws the lines of a list, the members that are asked for.
func names(m map[string]any, list string, keys ...string) string {
	var all []string
	rows, _ := m[list].([]any)
	for _, r := range rows {
		var say []string
		for _, k := range keys {
			v := r.(map[string]any)[k]
			if v == nil {
				v = "-"
			}
			say = append(say, fmt.Sprint(v))
		}
		all = append(all, strings.Join(say, " "))
	}
	return strings.Join(all, ", ")
}

// TestTheDashboardOfTheFirst: the monthly view of the 1st is empty (16.1), the agents' rooms of now are shown all the same.
func TestTheDashboardOfTheFirst(t *testing.T) {
	in(t, nil, func(h *house) {
		now := h.g.engine.Now().UTC() // the bubble begins on 1 January 2000
		if now.Day() != 1 {
			t.Fatal(now)
		}
		h.figures = []protocol.Figures{closedRoom("anna", now.Add(-time.Hour), 30, 100)}
		h.openRows = []protocol.OpenRoomRow{{Room: "r_1", State: protocol.Received, Holder: "anna", CreatedAt: protocol.At(now)}}
		_, m := h.do("GET", "/v1/sites/acme/reports/dashboard?view=month", h.login("admin", "acme"), "")
		if m["from"] != "2000-01-01" || m["to"] != nil || m["closed"] != 0.0 || m["average"] != nil || m["created"] != 0.0 || m["charged"] != 0.0 {
			t.Error(m)
		}
		if got := names(m, "agents", "agent", "received", "closed_today", "average"); got != "admin 0 0 -, anna 1 0 -, ben 0 0 -, boss 0 0 -, boss2 0 0 -" {
			t.Error(got)
		}
	})
}

// TestTheDashboardIsOfThoseInScope: a manager's figures are those of its agents and of rooms that nobody had (domain 21);
// unused categories stay with what they had, rooms of level 2 count at their parent (16.1, R-191, R-193).
func TestTheDashboardIsOfThoseInScope(t *testing.T) {
	in(t, nil, func(h *house) {
		f := h.facts["acme"]
		f.Categories["k2"] = &protocol.Category{ID: "k2", Level: 1, Name: "반품", Order: 2, Unused: true}
		f.Categories["k21"] = &protocol.Category{ID: "k21", Level: 2, Name: "교환", Parent: "k2"}
		f.Categories["k3"] = &protocol.Category{ID: "k3", Level: 1, Name: "기타", Order: 3}
		now := h.g.engine.Now()
		h.figures = []protocol.Figures{closedRoom("anna", now, 30, 100), closedRoom("ben", now, 30, 201), closedRoom("", now, 0, 50), closedRoom("", now, 0, 900)}
		h.figures[1].Category = "k21"
		h.figures[2].Category, h.figures[2].State, h.figures[2].Bot = "", protocol.BotClosed, "main"
		h.figures[3].Rejected = true // without a bot part: in no figure
		view := func(who protocol.AccountID) map[string]any {
			res, m := h.do("GET", "/v1/sites/acme/reports/dashboard", h.login(who, "acme"), "")
			if res.StatusCode != 200 {
				t.Fatal(res.StatusCode, m)
			}
			return m
		}
		m := view("admin")
		if m["view"] != "day" || m["closed"] != 3.0 || m["average"] != 117.0 {
			t.Error(m)
		}
		if got := names(m, "categories", "category", "category_name", "unused", "closed", "average"); got != "k1 배송 false 1 100, k2 반품 true 1 201, k3 기타 false 0 -, - - false 1 50" {
			t.Error(got)
		}
		if got := names(m, "channels", "channel", "closed"); got != "WEB 3, NAVER 0, KAKAO 0" {
			t.Error(got)
		}
		m = view("boss")
		if m["closed"] != 2.0 || m["average"] != 75.0 {
			t.Error(m)
		}
		if got := names(m, "agents", "agent", "closed_today", "average"); got != "anna 1 100, boss 0 -" {
			t.Error(got)
		}
		if res, m := h.do("GET", "/v1/sites/acme/reports/dashboard?view=year", h.login("boss", "acme"), ""); res.StatusCode != 422 || m["field"] != "view" {
			t.Error(res.StatusCode, m)
		}
		if res, _ := h.do("GET", "/v1/sites/acme/reports/dashboard", h.login("anna", "acme"), ""); res.StatusCode != 403 {
			t.Error("an agent", res.StatusCode)
		}
	})
}

// TestTheFileOfTheDashboard: its sections one below the other, each figure the screen's.
func TestTheFileOfTheDashboard(t *testing.T) {
	in(t, nil, func(h *house) {
		now := h.g.engine.Now()
		h.figures = []protocol.Figures{closedRoom("anna", now, 30, 100)}
		_, body := h.download("/v1/sites/acme/reports/dashboard.csv?view=day", h.login("boss", "acme"))
		var got []string
		for _, line := range sheetOf(t, body) {
			got = append(got, strings.Join(line, "|"))
		}
		want := []string{
			"구분|총 종료 수|총 과금 수|평균 상담 시간(초)|전체 상담 건|채널|대분류|대분류 이름|미사용|상담사|상담사 이름|접수|진행중|오늘 종료",
			"전체|1|0|100|0|-|-|-|-|-|-|-|-|-",
			"채널별|1|-|100|-|WEB|-|-|-|-|-|-|-|-", "채널별|0|-|-|-|NAVER|-|-|-|-|-|-|-|-", "채널별|0|-|-|-|KAKAO|-|-|-|-|-|-|-|-",
			"대분류별|1|-|100|-|-|k1|배송|N|-|-|-|-|-",
			"상담사별|1|-|100|-|-|-|-|-|anna|name of anna|0|0|1", "상담사별|0|-|-|-|-|-|-|-|boss|name of boss|0|0|0",
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s", strings.Join(got, "\n"))
		}
	})
}

// TestTheLiveView (16.2, R-194): rooms by state, the last word, who waits longest, agents in scope with what they do.
func TestTheLiveView(t *testing.T) {
	in(t, nil, func(h *house) {
		now := protocol.At(h.g.engine.Now())
		row := func(id string, s protocol.RoomState, holder protocol.AccountID, unanswered protocol.Instant) protocol.OpenRoomRow {
			return protocol.OpenRoomRow{Room: protocol.RoomID(id), State: s, Holder: holder, Unanswered: unanswered, Since: now - 5000, RequestedAt: now - 9000}
		}
		h.openRows = []protocol.OpenRoomRow{
			row("r_0", 0, "", 0), row("r_1", protocol.Bot, "", 0), row("r_2", protocol.Waiting, "", 0), row("r_3", protocol.Waiting, "", 0),
			row("r_4", protocol.Received, "anna", 0), row("r_5", protocol.Active, "anna", now-7000), row("r_6", protocol.Active, "anna", 0), row("r_7", protocol.Active, "ben", 0),
		}
		h.openRows[3].Lock, h.openRows[3].RequestedAt = true, now-60_000
		load := func(id protocol.AccountID, duty bool, want protocol.Want, n int) protocol.AgentLoad {
			return protocol.AgentLoad{Account: id, Want: want, Conn: protocol.ConnUp, OnDuty: duty, Load: n, Limit: 5, Eligible: duty && want == protocol.WantOnline}
		}
		h.queue = protocol.QueueView{Open: true, Mode: protocol.Auto, Agents: []protocol.AgentLoad{
			load("anna", true, protocol.WantOnline, 3), load("ben", false, protocol.WantOnline, 1), load("boss", true, protocol.WantMeal, 0), load("boss2", true, protocol.WantOffline, 0),
		}}
		today := h.g.engine.Now().UTC()
		h.facts["acme"].Days["ben"] = map[protocol.Date]protocol.AgentDay{{Year: today.Year(), Month: today.Month(), Day: today.Day()}: {Breaks: []protocol.Break{{From: 0, To: 1440}}}}
		_, m := h.do("GET", "/v1/sites/acme/live", h.login("admin", "acme"), "")
		for k, want := range map[string]any{"bot": 1.0, "waiting": 2.0, "locked": 1.0, "received": 1.0, "active": 3.0, "inquiry": 1.0, "answered": 2.0, "open": true, "mode": "AUTO"} {
			if m[k] != want {
				t.Errorf("%s is %v", k, m[k])
			}
		}
		if m["oldest_waiting_at"] != (now - 60_000).Time().UTC().Format("2006-01-02T15:04:05.000Z07:00") {
			t.Error(m["oldest_waiting_at"])
		}
		if got := names(m, "agents", "agent", "state", "load", "limit", "received", "inquiry", "answered"); got != "anna ON_DUTY 3 5 1 1 1, ben BREAK 1 5 0 0 1, boss BREAK 0 5 0 0 0, boss2 OFF 0 5 0 0 0" {
			t.Error(got)
		}
		anna := m["agents"].([]any)[0].(map[string]any)
		if anna["oldest_unanswered_at"] != (now - 7000).Time().UTC().Format("2006-01-02T15:04:05.000Z07:00") {
			t.Error(anna)
		}
		h.openRows = nil
		_, m = h.do("GET", "/v1/sites/acme/live", h.login("boss", "acme"), "")
		if m["waiting"] != 2.0 || m["active"] != 2.0 {
			t.Error("within a second it is the same look, of those in scope", m)
		}
		if got := names(m, "agents", "agent"); got != "anna, boss" {
			t.Error(got)
		}
		time.Sleep(liveAge) // of the bubble's time
		if _, m = h.do("GET", "/v1/sites/acme/live", h.login("boss", "acme"), ""); m["waiting"] != 0.0 || m["oldest_waiting_at"] != nil {
			t.Error("and after it a new one", m)
		}
		if res, _ := h.do("GET", "/v1/sites/acme/live", h.login("anna", "acme"), ""); res.StatusCode != 403 {
			t.Error("an agent", res.StatusCode)
		}
	})
}
