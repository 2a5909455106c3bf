package gateway

import (
	"encoding/csv"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/protocol"
)

// closedRoom is the figures of a room of one agent: asked, answered after some seconds, ended by the agent after others.
func closedRoom(agent protocol.AccountID, closed time.Time, answered, total int) protocol.Figures {
	end := protocol.At(closed)
	req := end.Add(-time.Duration(total) * time.Second)
	f := protocol.Figures{
		State: protocol.Closed, Channel: protocol.Web, Category: "k1", Customer: 1, CreatedAt: req, RequestedAt: req, ClosedAt: end, Actor: protocol.EndedByAgent,
	}
	if agent != "" {
		s := protocol.Segment{Agent: agent, Start: req, End: end}
		if answered > 0 {
			s.Answered = req.Add(time.Duration(answered) * time.Second)
			f.Answered, f.Last = true, s.Answered
		}
		f.Segments = []protocol.Segment{s}
	}
	return f
}

// sheetOf reads a CSV of ours back: the byte order mark, then records.
func sheetOf(t *testing.T, body string) [][]string {
	t.Helper()
	rest, marked := strings.CutPrefix(body, "\ufeff")
	if !marked {
		t.Fatal("no byte order mark")
	}
	if !strings.Contains(rest, "\r\n") {
		t.Fatal("RFC 4180 ends lines with CR LF")
	}
	all, err := csv.NewReader(strings.NewReader(rest)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// download gets a file as it is.
func (h *house) download(path, token string) (*http.Response, string) {
	req, _ := http.NewRequest("GET", "http://gate.test"+path, nil)
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := h.client().Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return res, string(b)
}

// TestSQI: the lines of each grouping, a metric without samples is null, a manager sees its own agents and what
// nobody had, and days are the site's.
func TestSQI(t *testing.T) {
	in(t, nil, func(h *house) {
		h.facts["acme"].Zone = time.FixedZone("KST", 9*3600)
		now := h.g.engine.Now().In(h.facts["acme"].Zone)
		morning := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
		h.figures = []protocol.Figures{
			closedRoom("anna", morning.Add(-time.Millisecond), 30, 100), // yesterday, in the site's zone
			closedRoom("anna", morning, 31, 100),
			closedRoom("ben", morning.Add(time.Millisecond), 0, 50),
			closedRoom("", morning.Add(2*time.Millisecond), 0, 70),
		}
		day := morning.Format(time.DateOnly)
		get := func(who protocol.AccountID, query string) map[string]any {
			res, m := h.do("GET", "/v1/sites/acme/reports/sqi?from="+day+query, h.login(who, "acme"), "")
			if res.StatusCode != 200 {
				h.t.Fatalf("%s: %d %v", query, res.StatusCode, m)
			}
			return m
		}
		m := get("admin", "&group=agent")
		if m["from"] != day || m["to"] != day || m["group"] != "agent" {
			h.t.Fatal(m)
		}
		var lines []string
		for _, r := range m["rows"].([]any) {
			x := r.(map[string]any)
			lines = append(lines, fmt.Sprint(x["agent"], " ", x["agent_name"], " ", x["requested"], " ", x["frt"], " ", x["frt_samples"], " ", x["acw"], " ", x["total"]))
		}
		if got := strings.Join(lines, ", "); got != "<nil> <nil> 1 <nil> 0 <nil> 70, anna name of anna 1 31 1 69 100, ben name of ben 1 <nil> 0 <nil> 50" {
			h.t.Fatal(got)
		}
		total := m["total"].(map[string]any)
		if total["requested"] != 3.0 || total["frt"] != 31.0 || total["total"] != 73.0 || total["hold"] != 0.0 || total["abd"] != 0.0 {
			h.t.Fatal(total)
		}
		if m := get("boss", ""); m["total"].(map[string]any)["requested"] != 2.0 {
			h.t.Fatal("a manager: its own agent's and nobody's", m)
		}
		if m := get("admin", "&group=day&agent=anna"); len(m["rows"].([]any)) != 1 || m["total"].(map[string]any)["requested"] != 1.0 {
			h.t.Fatal(m)
		}
		if m := get("admin", "&channel=KAKAO"); m["total"].(map[string]any)["abd"] != nil || m["total"].(map[string]any)["frt"] != nil {
			h.t.Fatal("nothing is not zero", m)
		}
	})
}

// TestPeriods: what cannot be chosen is 422 with the field to blame.
func TestPeriods(t *testing.T) {
	in(t, nil, func(h *house) {
		token := h.login("admin", "acme")
		today := h.g.engine.Now().UTC().Format(time.DateOnly)
		tomorrow := h.g.engine.Now().UTC().AddDate(0, 0, 1).Format(time.DateOnly)
		for query, field := range map[string]string{
			"from=1st": "from", "to=x": "to", "to=" + tomorrow: "to", "from=" + tomorrow: "from", "from=1998-01-01": "from", "from=2000-02-30": "from",
			"group=week": "group", "channel=FAX": "channel",
		} {
			res, m := h.do("GET", "/v1/sites/acme/reports/sqi?"+query, token, "")
			if res.StatusCode != 422 || m["code"] != "bad_request" || m["field"] != field {
				h.t.Errorf("%s: %d %v", query, res.StatusCode, m)
			}
		}
		first := h.g.engine.Now().UTC().AddDate(0, 0, 1-sqiDays).Format(time.DateOnly)
		if res, _ := h.do("GET", "/v1/sites/acme/reports/sqi?from="+first+"&to="+today, token, ""); res.StatusCode != 200 {
			h.t.Errorf("the longest period: %d", res.StatusCode)
		}
		for _, path := range []string{"fax", "sqi.pdf", "sqi.", "fax.csv"} {
			if res, _ := h.do("GET", "/v1/sites/acme/reports/"+path, token, ""); res.StatusCode != 404 {
				h.t.Errorf("%s: %d", path, res.StatusCode)
			}
		}
	})
}

// TestReportsNeedTheirPlan: only with enforce_plans.
func TestReportsNeedTheirPlan(t *testing.T) {
	in(t, nil, func(h *house) {
		token := h.login("admin", "acme")
		s := h.facts["acme"].Settings
		s.Plan = protocol.PlanStarter
		if res, _ := h.do("GET", "/v1/sites/acme/reports/sqi", token, ""); res.StatusCode != 200 {
			h.t.Fatal("plans are not enforced by default")
		}
		s.EnforcePlans = true
		if res, m := h.do("GET", "/v1/sites/acme/reports/sqi.csv", token, ""); res.StatusCode != 403 || m["code"] != "forbidden" {
			h.t.Fatal(res.StatusCode, m)
		}
		s.Plan = protocol.PlanPro // has the SQI, and not the journey
		for path, want := range map[string]int{"sqi": 200, "journey": 403} {
			if res, m := h.do("GET", "/v1/sites/acme/reports/"+path, token, ""); res.StatusCode != want {
				h.t.Fatal(path, res.StatusCode, m)
			}
		}
	})
}

// TestExportShowsWhatTheScreenShows: the file has the screen's cells, "-" for null, and no formula.
func TestExportShowsWhatTheScreenShows(t *testing.T) {
	in(t, nil, func(h *house) {
		now := h.g.engine.Now()
		h.facts["acme"].Accounts["anna"].Name = `=HYPERLINK("http://evil";"x")`
		h.facts["acme"].Accounts["ben"].Name = "쉼표, \"따옴표\"\n줄"
		h.figures = []protocol.Figures{closedRoom("anna", now, 31, 100), closedRoom("ben", now, 0, 50)}
		token := h.login("admin", "acme")
		_, m := h.do("GET", "/v1/sites/acme/reports/sqi?group=agent", token, "")
		res, body := h.download("/v1/sites/acme/reports/sqi.csv?group=agent", token)
		if res.Header.Get("Content-Type") != "text/csv; charset=utf-8" || !strings.Contains(res.Header.Get("Content-Disposition"), "acme-sqi.csv") {
			h.t.Fatal(res.Header)
		}
		file := sheetOf(h.t, body)
		keys := []string{"agent", "agent_name", "requested", "abandoned", "abd"}
		for _, name := range []string{"queue", "frt", "agent_wait", "hold", "handle", "acw", "total"} {
			keys = append(keys, name, name+"_samples")
		}
		var want [][]string
		for _, r := range append(m["rows"].([]any), m["total"]) {
			var line []string
			for _, k := range keys {
				line = append(line, shown(k, r.(map[string]any)[k]))
			}
			want = append(want, line)
		}
		want[len(want)-1][0] = "합계"
		if !slices.EqualFunc(file[1:], want, slices.Equal[[]string]) {
			h.t.Fatalf("file\n%q\nscreen\n%q", file[1:], want)
		}
		if file[1][1] != `'=HYPERLINK("http://evil";"x")` {
			h.t.Fatal(file[1][1])
		}
	})
}

// shown writes a JSON value as a file shows it.
func shown(key string, v any) string {
	switch v := v.(type) {
	case nil:
		return "-"
	case float64:
		if key == "abd" {
			return fmt.Sprintf("%.1f", v)
		}
		return fmt.Sprint(int64(v))
	case string:
		return safe(v)
	}
	return fmt.Sprint(v)
}
