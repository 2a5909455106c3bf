package gateway

import (
	"bufio"
	"encoding/csv"
	"net/http"
	"strings"

	"switchyard/protocol"
)

// forms are what a report can be written as beside JSON, by the end of the file's name.
var forms = map[string]func(*call, *table) (int, []byte, *protocol.Rejection){
	"csv": (*call).csv,
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

// safe takes a text the power to be a formula in a spreadsheet: what a customer wrote must not compute.
func safe(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r\n", rune(s[0])) {
		return "'" + s
	}
	return s
}

// csv writes UTF-8 with a byte order mark, which spreadsheets need for Hangul, and quotes as RFC 4180 says.
func (c *call) csv(t *table) (int, []byte, *protocol.Rejection) {
	t = t.flat()
	c.download(t, "csv", "text/csv; charset=utf-8")
	b := bufio.NewWriter(c.w)
	b.WriteString("\ufeff")
	w := csv.NewWriter(b)
	w.UseCRLF = true
	record := make([]string, len(t.columns))
	err := t.lines(func(cells []cell) error {
		for i, x := range cells {
			if record[i] = x.shown(c.facts.Zone); x.kind == cellText {
				record[i] = safe(record[i])
			}
		}
		return w.Write(record)
	})
	w.Flush()
	if err != nil || w.Error() != nil || b.Flush() != nil {
		c.abandon()
	}
	return 0, nil, nil
}

// download begins a file's answer.
func (c *call) download(t *table, end, kind string) {
	h := c.w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", `attachment; filename="`+string(c.site)+"-"+t.name+"."+end+`"`)
	c.w.WriteHeader(http.StatusOK)
}

// abandon ends an answer that cannot be finished so that the reader notices: a file that was cut off must not look whole.
func (c *call) abandon() { panic(http.ErrAbortHandler) }
