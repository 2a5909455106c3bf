package gateway

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"switchyard/protocol"
)

// workbook reads an XLSX of ours back: its only sheet, as a spreadsheet shows it, and the workbook.
func workbook(t *testing.T, body string) ([][]string, *excelize.File) {
	t.Helper()
	f, err := excelize.OpenReader(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	sheets := f.GetSheetList()
	if len(sheets) != 1 {
		t.Fatal(sheets)
	}
	rows, err := f.GetRows(sheets[0])
	if err != nil {
		t.Fatal(err)
	}
	for i := range rows { // it drops empty cells at the end of a line
		for len(rows[i]) < len(rows[0]) {
			rows[i] = append(rows[i], "")
		}
	}
	return rows, f
}

// everything fills a house with something for each report.
func everything(h *house) {
	now := h.g.engine.Now()
	h.facts["acme"].Accounts["anna"].Name = `=HYPERLINK("http://evil";"x")`
	h.facts["acme"].Accounts["ben"].Name = "쉼표, \"따옴표\"\n줄 <b>&"
	h.figures = []protocol.Figures{closedRoom("anna", now, 31, 100), closedRoom("ben", now, 0, 50)}
	h.closed = began(now, 3, "anna", protocol.EndedByAgent)
	h.closed[1].Title, h.closed[1].Score = "@SUM(1+1)", 5
	h.openRows = []protocol.OpenRoomRow{{Room: "r_open", State: protocol.Active, Channel: protocol.Web, Holder: "ben", CreatedAt: protocol.At(now), Key: "acme_lee"}}
	h.ledger = []protocol.LedgerEntry{
		{Number: 1, Kind: protocol.LedgerTopUp, Amount: 100, Balance: 100, Ref: `=HYPERLINK("x"),"y"`, At: protocol.At(now), By: "admin"},
		{Number: 2, Kind: protocol.LedgerKakao, Amount: -100, Price: 100, Units: 1, Ref: "r_1", Day: protocol.Date{Year: 2000, Month: 1, Day: 1}, At: protocol.At(now), Short: true},
	}
	h.facts["acme"].Bots = map[protocol.BotID]*protocol.ScenarioBot{"main": {ID: "main", Scenario: &protocol.Scenario{}}}
	h.facts["acme"].Settings.JourneyStart = protocol.Date{Year: 1999, Month: 1, Day: 1}
	yesterday := protocol.Date{Year: 1999, Month: 12, Day: 31}
	h.facts["acme"].Folded = yesterday
	moves := []protocol.JourneyCell{}
	for level, k := range []protocol.JourneyKey{
		{Stage: 1, Dialogue: protocol.RootDialogue, Exit: protocol.ExitChoice, Label: "+배송", Next: "delivery"}, {Level: 1, Stage: 1, Dialogue: protocol.RootDialogue}, {Level: 2, Stage: 1, Dialogue: protocol.RootDialogue},
	} {
		c := protocol.JourneyCell{Key: k, Moves: 3, Rooms: 2}
		if level == 0 {
			c.Customers = []byte{1}
		}
		moves = append(moves, c)
	}
	h.folds = map[string][]byte{string(protocol.DayFoldKey("acme", yesterday, "main")): protocol.AppendJourneyFold(nil, &protocol.JourneyFold{Cells: moves})}
}

// TestAWorkbookHoldsTheCellsOfTheCSV: of every report, cell by cell; numbers are numbers, texts are texts, and nothing in
// either form computes.
func TestAWorkbookHoldsTheCellsOfTheCSV(t *testing.T) {
	in(t, nil, func(h *house) {
		everything(h)
		token := h.login("admin", "acme")
		for path, lines := range map[string]int{"sqi?group=agent": 4, "sqi": 2, "journey?": 2, "dashboard?view=day": 11, "consultations?": 5, "ledger?": 3} {
			name, query, _ := strings.Cut(path, "?")
			res, body := h.download("/v1/sites/acme/reports/"+name+".csv?"+query, token)
			if res.StatusCode != 200 {
				t.Fatal(path, res.StatusCode, body)
			}
			want := sheetOf(t, body)
			res, body = h.download("/v1/sites/acme/reports/"+name+".xlsx?"+query, token)
			if res.StatusCode != 200 || !strings.Contains(res.Header.Get("Content-Type"), "spreadsheetml.sheet") || !strings.HasSuffix(res.Header.Get("Content-Disposition"), `.xlsx"`) {
				t.Fatal(path, res.StatusCode, res.Header)
			}
			got, f := workbook(t, body)
			if !slices.EqualFunc(got, want, slices.Equal[[]string]) || len(want) != lines {
				t.Errorf("%s\nxlsx %q\ncsv  %q", path, got, want)
			}
			sheet := f.GetSheetList()[0]
			if sheet != name {
				t.Error("the sheet is called", sheet)
			}
			for r, row := range got {
				for k, text := range row {
					at, _ := excelize.CoordinatesToCellName(k+1, r+1)
					if formula, _ := f.GetCellFormula(sheet, at); formula != "" || strings.HasPrefix(text, "=") || strings.HasPrefix(text, "@") {
						t.Errorf("%s %s computes: %q %q", path, at, formula, text)
					}
				}
			}
			if p, err := f.GetDocProps(); err != nil || p.LastModifiedBy != "admin" {
				t.Error("who fetched it is not said", p, err)
			}
			f.Close()
		}
		if got, f := workbook(t, func() string { _, b := h.download("/v1/sites/acme/reports/sqi.xlsx", token); return b }()); got[1][2] != "0.0" {
			t.Error(got)
		} else if kind, _ := f.GetCellType("sqi", "A2"); kind != excelize.CellTypeUnset && kind != excelize.CellTypeNumber {
			t.Error("a count is no number", kind)
		}
	})
}

// TestALongWorkbookTakesNoMemory: 100,000 lines, and what is alive at any time is bounded by far less than they are.
func TestALongWorkbookTakesNoMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds; make test runs it")
	}
	cfg := DefaultConfig()
	cfg.TempDir = t.TempDir()
	g := &Gateway{cfg: cfg, engine: Engine{Now: time.Now}}
	c := &call{g: g, site: "acme", facts: &protocol.SiteFacts{Zone: time.UTC}}
	alive := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	base, most := alive(), int64(0)
	table := &table{name: "consultations", columns: consultationColumns[:5], rows: func(each func([]cell) error) error {
		line := make([]cell, 5)
		for i := range line {
			line[i] = textCell("상담 내역의 한 칸, 조금 더 긴 글이 들어 있는 칸입니다")
		}
		for n := range 100_000 {
			line[0], line[1] = textCell(fmt.Sprintf("r_%026d", n)), countCell(int64(n))
			if err := each(line); err != nil {
				return err
			}
			if n%20_000 == 19_999 {
				most = max(most, alive()-base)
			}
		}
		return nil
	}}
	var out countingWriter
	told := 0
	if err := writeXLSX(c, table, &out, func() error { told++; return nil }); err != nil {
		t.Fatal(err)
	}
	most = max(most, alive()-base)
	// The buffer before the temporary file is 16 MiB and may have grown to twice that; the sheet itself is over 50 MB.
	if most > 48<<20 || told != 1 || out.n < 1<<20 || out.most > exportPiece {
		t.Errorf("%d bytes are alive, %d bytes in pieces of %d, told %d times", most, out.n, out.most, told)
	}
}

// countingWriter knows how much came, and in how large pieces.
type countingWriter struct{ n, most int }

func (w *countingWriter) Write(b []byte) (int, error) {
	w.n += len(b)
	w.most = max(w.most, len(b))
	return len(b), nil
}

// TestX32EveryFileIsRecorded: who, which report, which days, what else was asked for, how many lines; before the end of the file
// leaves. What cannot be recorded does not arrive whole.
func TestX32EveryFileIsRecorded(t *testing.T) {
	in(t, nil, func(h *house) {
		everything(h)
		refuse := false
		h.answer = func(a asked) (protocol.Result, *protocol.Rejection, bool) {
			_, ok := a.c.Body.(protocol.RecordExport)
			return nil, &protocol.Rejection{Code: protocol.Unavailable, Text: "the disk"}, ok && refuse
		}
		day := protocol.Date{Year: 2000, Month: 1, Day: 1}
		for path, want := range map[string]protocol.RecordExport{
			"consultations.csv?agent=anna":           {Report: "consultations.csv", Query: "agent=anna", From: day, To: day, Rows: 3},
			"sqi.xlsx?group=agent&from=1999-12-31":   {Report: "sqi.xlsx", Query: "group=agent", From: protocol.Date{Year: 1999, Month: 12, Day: 31}, To: day, Rows: 2},
			"ledger.csv":                             {Report: "ledger.csv", From: day, To: day, Rows: 2},
			"consultations.xlsx?ended_by=AUTO&limit": {Report: "consultations.xlsx", Query: "ended_by=AUTO&limit=", From: day, To: day},
		} {
			h.mu.Lock()
			h.asked = nil
			h.mu.Unlock()
			if res, body := h.download("/v1/sites/acme/reports/"+path, h.login("admin", "acme")); res.StatusCode != 200 {
				t.Error(path, res.StatusCode, body)
			}
			got := bodies[protocol.RecordExport](h.fake)
			if len(got) != 1 || got[0].c.Body != want || got[0].c.Caller.Account != "admin" || got[0].to != protocol.SiteAt("acme") {
				t.Errorf("%s: %+v", path, got)
			}
		}
		// The screen is no file.
		h.mu.Lock()
		h.asked = nil
		h.mu.Unlock()
		h.do("GET", "/v1/sites/acme/reports/sqi", h.login("admin", "acme"), "")
		h.do("GET", "/v1/sites/acme/reports/sqi.json", h.login("admin", "acme"), "")
		if got := bodies[protocol.RecordExport](h.fake); len(got) != 0 {
			t.Error(got)
		}
		refuse = true
		for _, path := range []string{"consultations.csv", "sqi.xlsx"} {
			r, _ := http.NewRequest("GET", "http://gate.test/v1/sites/acme/reports/"+path, nil)
			r.Header.Set("Authorization", "Bearer "+h.login("admin", "acme"))
			res, err := h.client().Do(r)
			if err != nil {
				continue // not even the beginning came
			}
			b, err := io.ReadAll(res.Body)
			if err == nil {
				t.Errorf("%s arrived whole without a record: %q", path, b)
			}
			res.Body.Close()
		}
	})
}

// TestX32FilesAreLimited: so many at once and per hour for one account, so many at a time for the node; a refusal says when to
// come back, and what was not made costs nothing.
func TestX32FilesAreLimited(t *testing.T) {
	in(t, func(c *Config) { c.ExportBurst, c.ExportWorkers = 3, 1 }, func(h *house) {
		token := h.login("admin", "acme")
		get := func(path, token string) (int, string, string) {
			res, m := h.do("GET", "/v1/sites/acme/reports/"+path, token, "")
			code, _ := m["code"].(string)
			return res.StatusCode, code, res.Header.Get("Retry-After")
		}
		h.g.exporting <- struct{}{}
		if status, code, after := get("sqi.csv", token); status != 503 || code != "unavailable" || after != "5" {
			t.Error(status, code, after)
		}
		<-h.g.exporting
		if status, _, _ := get("sqi.csv?from=x", token); status != 422 {
			t.Error(status)
		}
		for range 3 {
			if status, code, _ := get("sqi.csv", token); status != 200 {
				t.Error(status, code)
			}
		}
		if status, code, after := get("sqi.xlsx", token); status != 429 || code != "rate_limited" || after != "60" {
			t.Error(status, code, after)
		}
		if status, _, _ := get("sqi", token); status != 200 {
			t.Error("the screen", status)
		}
		if status, code, _ := get("sqi.csv", h.login("boss", "acme")); status != 200 {
			t.Error("another account", status, code)
		}
		time.Sleep(time.Minute)
		if status, code, _ := get("ledger.csv", token); status != 200 {
			t.Error(status, code)
		}
	})
}

// TestASlowReaderGetsItsFile: whoever reads a file for longer than a request may take gets all of it, and one that reads
// nothing at all is let go.
func TestASlowReaderGetsItsFile(t *testing.T) {
	in(t, nil, func(h *house) {
		now := h.g.engine.Now()
		h.closed = began(now, 4000, "anna", protocol.EndedByAgent)
		open := func() *http.Response {
			r, _ := http.NewRequest("GET", "http://gate.test/v1/sites/acme/reports/consultations.csv", nil)
			r.Header.Set("Authorization", "Bearer "+h.login("admin", "acme"))
			res, err := h.client().Do(r)
			if err != nil {
				t.Fatal(err)
			}
			return res
		}
		time.Sleep(2 * time.Hour) // all of them have begun
		res := open()
		var all bytes.Buffer
		for {
			_, err := io.CopyN(&all, res.Body, 100<<10)
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(20 * time.Second)
		}
		res.Body.Close()
		if n := strings.Count(all.String(), "\n"); n != 4001 {
			t.Error(n, "lines")
		}
		res = open()
		time.Sleep(exportPace + time.Second)
		if _, err := io.Copy(io.Discard, res.Body); err == nil {
			t.Error("a reader that reads nothing held the file for ever")
		}
		res.Body.Close()
	})
}
