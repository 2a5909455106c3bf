package gateway

import (
	"bufio"
	"context"
	"encoding/csv"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"switchyard/actors/report"
	"switchyard/protocol"
)

// Files of reports. Each is recorded in the site's log, who, what, which days and how many rows, before its end leaves: what
// cannot be recorded does not arrive whole. Each account may have so many an hour, the node makes so many at a time.

// form is what a report can be written as beside JSON. write gives the table to w; told must be called when all lines are
// counted and before the end of the file is written.
type form struct {
	kind  string
	write func(c *call, t *table, w io.Writer, told func() error) error
}

// forms are the files, by the end of their names.
var forms = map[string]form{
	"csv":  {"text/csv; charset=utf-8", writeCSV},
	"xlsx": {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", writeXLSX},
}

// exportWait bounds the making and the sending of one file, exportPace the sending of one piece of it.
const (
	exportWait = 10 * time.Minute
	exportPace = 30 * time.Second
)

var errExportQueue = &protocol.Rejection{Code: protocol.Unavailable, Text: "too many files are being made", RetryAfter: 5 * time.Second}

// export answers a report as a file.
func (c *call) export(name, end string, make func() (*table, *protocol.Rejection)) (int, []byte, *protocol.Rejection) {
	if wait := c.g.exports.take(string(c.site)+"/"+string(c.caller.Account), time.Now()); wait > 0 {
		return 0, nil, &protocol.Rejection{Code: protocol.RateLimited, Text: "too many files for one account", RetryAfter: max(wait, time.Millisecond)}
	}
	select {
	case c.g.exporting <- struct{}{}:
		defer func() { <-c.g.exporting }()
	default:
		c.g.exports.give(string(c.site) + "/" + string(c.caller.Account))
		return 0, nil, errExportQueue
	}
	// A long file takes longer than a request may.
	conn := http.NewResponseController(c.w)
	until := time.Now().Add(exportWait)
	conn.SetReadDeadline(until)
	c.whole = true
	t, rej := make()
	if rej != nil {
		c.g.exports.give(string(c.site) + "/" + string(c.caller.Account))
		return c.unprocessable(rej)
	}
	t = t.flat()
	record := protocol.RecordExport{Report: name + "." + end, Query: c.exportQuery(), From: report.DateOf(t.days.from, c.facts.Zone), To: report.DateOf(t.days.to, c.facts.Zone)}
	rows := t.rows
	t.rows = func(each func([]cell) error) error {
		return rows(func(cells []cell) error {
			record.Rows++
			return each(cells)
		})
	}
	recorded := false
	told := func() error {
		recorded = true
		_, rej := c.g.ask(context.WithoutCancel(c.context()), protocol.SiteAt(c.site), record, c.caller, "", c.facts)
		if rej != nil {
			return rej
		}
		return nil
	}
	f := forms[end]
	h := c.w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("Content-Disposition", `attachment; filename="`+string(c.site)+"-"+t.name+"."+end+`"`)
	if err := f.write(c, t, &paced{w: c.w, conn: conn, until: until}, told); err != nil {
		if !recorded && record.Rows > 0 { // a part of it left
			record.Cut = true
			told()
		}
		panic(http.ErrAbortHandler) // a file that was cut off must not look whole
	}
	return 0, nil, nil
}

// exportQuery is what was asked for beside the days, for the record.
func (c *call) exportQuery() string {
	q := url.Values{}
	for k, v := range c.r.URL.Query() {
		if k != "from" && k != "to" {
			q[k] = v
		}
	}
	s := q.Encode()
	return s[:min(len(s), protocol.ExportQueryMax)]
}

// paced gives a slow reader time for each piece, and all of them together no more than a file may take.
type paced struct {
	w     io.Writer
	conn  *http.ResponseController
	until time.Time
}

func (p *paced) Write(b []byte) (int, error) {
	deadline := time.Now().Add(exportPace)
	if p.until.Before(deadline) {
		deadline = p.until
	}
	p.conn.SetWriteDeadline(deadline)
	return p.w.Write(b)
}

// lines gives what a file shows: the titles, the lines, and the total as the last of them.
func (t *table) lines(each func([]cell) error) error {
	titles := make([]cell, len(t.columns))
	for i, k := range t.columns {
		titles[i] = textCell(k.title)
	}
	if err := each(titles); err != nil {
		return err
	}
	if err := t.rows(each); err != nil {
		return err
	}
	if t.total == nil {
		return nil
	}
	total := append([]cell(nil), t.total...)
	if total[0].kind == cellNothing {
		total[0] = textCell("합계")
	}
	return each(total)
}

// fileText is what a file shows of a cell.
func (c *call) fileText(x cell) string {
	s := x.shown(c.facts.Zone)
	if x.kind == cellText {
		return safe(s)
	}
	return s
}

// safe takes a text the power to be a formula in a spreadsheet: what a customer wrote must not compute.
func safe(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r\n", rune(s[0])) {
		return "'" + s
	}
	return s
}

// exportPiece is how much of a file is sent at once; its last piece waits for the record.
const exportPiece = 64 << 10

// writeCSV writes UTF-8 with a byte order mark, which spreadsheets need for Hangul, and quotes as RFC 4180 says.
func writeCSV(c *call, t *table, to io.Writer, told func() error) error {
	b := bufio.NewWriterSize(to, exportPiece)
	b.WriteString("\ufeff")
	w := csv.NewWriter(b)
	w.UseCRLF = true
	record := make([]string, len(t.columns))
	err := t.lines(func(cells []cell) error {
		for i, x := range cells {
			record[i] = c.fileText(x)
		}
		return w.Write(record)
	})
	if err != nil {
		return err
	}
	if w.Flush(); w.Error() != nil {
		return w.Error()
	}
	if err := told(); err != nil {
		return err
	}
	return b.Flush()
}
