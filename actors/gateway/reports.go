package gateway

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"switchyard/actors/report"
	"switchyard/protocol"
)

// A report is a table: the same cells are shown as JSON and written into files, so that an export cannot say
// anything else than the screen.
type table struct {
	name    string // of the file; what stands before a dash names the sheet
	days    period // that were asked for
	head    []figure
	columns []column
	// rows gives the lines one after the other; an export may be long.
	rows  func(each func([]cell) error) error
	total []cell // nil = the table has none
	// sections are lists of their own, of a report that is no single list; rows and columns are empty then.
	sections []section
	extra    func(*protocol.JSON) // members that only the screen has; nil = none
	next     string               // cursor of the next page, "" = the end
}

// section is one of several lists of a report. In a file they stand one below the other, each line beginning with the title.
// One without a key is a single line whose members stand beside the lists.
type section struct {
	key, title string
	columns    []column
	rows       [][]cell
}

// figure is a member of the answer beside the lines: what was asked for, or a number of its own.
type figure struct {
	key   string
	value cell
}

// column is one column: its member in JSON, and its title in a file.
type column struct{ key, title string }

// cell is a text, or a whole number with decimals of its own, or nothing ("-", R-161).
type cell struct {
	kind     cellKind
	text     string
	number   int64
	decimals int // 1: number is in tenths
}

type cellKind uint8

const (
	cellNothing cellKind = iota
	cellText
	cellNumber
	cellTruth // number: 0 or 1
	cellTime  // number: an Instant
)

func textCell(s string) cell   { return cell{kind: cellText, text: s} }
func countCell(n int64) cell   { return cell{kind: cellNumber, number: n} }
func dayCell(t time.Time) cell { return textCell(t.Format(time.DateOnly)) }

// orText is a text, or nothing where it is empty.
func orText(s string) cell {
	if s == "" {
		return cell{}
	}
	return textCell(s)
}

func truthCell(b bool) cell {
	c := cell{kind: cellTruth}
	if b {
		c.number = 1
	}
	return c
}

// timeCell is an instant: RFC 3339 on the screen, the clock of the site in a file; "never" is nothing.
func timeCell(at protocol.Instant) cell {
	if at == 0 {
		return cell{}
	}
	return cell{kind: cellTime, number: int64(at)}
}

// shown is what a file shows of the cell, but for the guard of formulas.
func (c cell) shown(zone *time.Location) string {
	switch c.kind {
	case cellText:
		return c.text
	case cellNumber:
		return c.decimal()
	case cellTruth:
		if c.number == 1 {
			return "Y"
		}
		return "N"
	case cellTime:
		return protocol.Instant(c.number).Time().In(zone).Format(time.DateTime)
	}
	return "-"
}

// meanCell is a mean in seconds, and rateCell a part in percent with one decimal.
func meanCell(s protocol.Sum) cell {
	n, ok := report.Seconds(s)
	if !ok {
		return cell{}
	}
	return countCell(n)
}

func rateCell(part, whole int64) cell {
	n, ok := report.Tenths(part, whole)
	if !ok {
		return cell{}
	}
	return cell{kind: cellNumber, number: n, decimals: 1}
}

// decimal writes a number as a file and JSON show it.
func (c cell) decimal() string {
	if c.decimals == 0 {
		return strconv.FormatInt(c.number, 10)
	}
	return strconv.FormatInt(c.number/10, 10) + "." + strconv.FormatInt(c.number%10, 10)
}

func (c cell) appendJSON(b []byte) []byte {
	switch c.kind {
	case cellText:
		return protocol.AppendJSONString(b, c.text)
	case cellNumber:
		return append(b, c.decimal()...)
	case cellTruth:
		return strconv.AppendBool(b, c.number == 1)
	case cellTime:
		return protocol.AppendJSONInstant(b, protocol.Instant(c.number))
	}
	return append(b, "null"...)
}

// reports is the table of the reports that can be asked for, by their names in the path.
var reports = map[string]func(*call) (*table, *protocol.Rejection){
	"sqi":     (*call).sqi,
	"journey": (*call).journey,

	"dashboard":     (*call).dashboard,
	"consultations": (*call).consultations,
}

// report answers a report as JSON.
func (c *call) report() (int, []byte, *protocol.Rejection) {
	return c.reportAs(c.r.URL.Path[strings.LastIndexByte(c.r.URL.Path, '/')+1:], "json")
}

// reportFile answers a report in the form that its name ends with: sqi.json, sqi.csv.
func (c *call) reportFile() (int, []byte, *protocol.Rejection) {
	name, form, _ := strings.Cut(c.r.PathValue("file"), ".")
	return c.reportAs(name, form)
}

func (c *call) reportAs(name, form string) (int, []byte, *protocol.Rejection) {
	make := reports[name]
	_, known := forms[form]
	switch {
	case make == nil, form != "json" && !known:
		return 0, nil, notFound
	case known:
		return c.export(name, form, func() (*table, *protocol.Rejection) { return make(c) })
	}
	t, rej := make(c)
	if rej != nil {
		return c.unprocessable(rej)
	}
	b, err := t.json()
	if err != nil {
		return 0, nil, unreadable
	}
	return http.StatusOK, b, nil
}

// json writes what the screen shows.
func (t *table) json() ([]byte, error) {
	j := protocol.JSON{}
	j.Open()
	for _, f := range t.head {
		j.Key(f.key)
		j.B = f.value.appendJSON(j.B)
	}
	var err error
	for _, s := range t.sections {
		if s.key == "" {
			writeMembers(&j, s.columns, s.rows[0])
			continue
		}
		j.Key(s.key)
		j.B = append(j.B, '[')
		for _, cells := range s.rows {
			listComma(&j)
			line(&j, s.columns, cells)
		}
		j.B = append(j.B, ']')
	}
	if t.sections == nil {
		j.Key("rows")
		j.B = append(j.B, '[')
		err = t.rows(func(cells []cell) error {
			listComma(&j)
			line(&j, t.columns, cells)
			return nil
		})
		j.B = append(j.B, ']')
	}
	if t.total != nil {
		j.Key("total")
		line(&j, t.columns, t.total)
	}
	if t.extra != nil {
		t.extra(&j)
	}
	j.Str("next_cursor", t.next)
	j.Close()
	return j.B, err
}

func line(j *protocol.JSON, columns []column, cells []cell) {
	j.Open()
	writeMembers(j, columns, cells)
	j.Close()
}

func writeMembers(j *protocol.JSON, columns []column, cells []cell) {
	for i, x := range cells {
		j.Key(columns[i].key)
		j.B = x.appendJSON(j.B)
	}
}

// flat makes the sections of a table one list: the title, and the columns of all.
func (t *table) flat() *table {
	if t.sections == nil {
		return t
	}
	f := &table{name: t.name, days: t.days, columns: []column{{"section", "구분"}}}
	at := map[string]int{}
	for _, s := range t.sections {
		for _, k := range s.columns {
			if _, known := at[k.key]; !known {
				at[k.key] = len(f.columns)
				f.columns = append(f.columns, k)
			}
		}
	}
	f.rows = func(each func([]cell) error) error {
		for _, s := range t.sections {
			for _, cells := range s.rows {
				out := make([]cell, len(f.columns))
				out[0] = textCell(s.title)
				for i, x := range cells {
					out[at[s.columns[i].key]] = x
				}
				if err := each(out); err != nil {
					return err
				}
			}
		}
		return nil
	}
	return f
}

// period is the days that a report covers, in the site's zone, both inclusive.
type period struct{ from, to time.Time }

// today is the beginning of the site's day.
func (c *call) today() time.Time { return dayOf(c.g.engine.Now(), c.facts.Zone) }

func dayOf(t time.Time, zone *time.Location) time.Time {
	t = t.In(zone)
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, zone)
}

// period reads ?from= and ?to=, at most so many days, not after the last.
func (c *call) period(from, to time.Time, most int, last time.Time) (period, *protocol.Rejection) {
	return c.periodOf("from", "to", from, to, most, last)
}

// periodOf is period with names of its own.
func (c *call) periodOf(first, second string, from, to time.Time, most int, last time.Time) (period, *protocol.Rejection) {
	p := period{from, to}
	for name, at := range map[string]*time.Time{first: &p.from, second: &p.to} {
		s := c.r.URL.Query().Get(name)
		if s == "" {
			continue
		}
		d, err := time.ParseInLocation(time.DateOnly, s, c.facts.Zone)
		if err != nil {
			return p, protocol.RejectField(protocol.BadRequest, name, "must be a day, YYYY-MM-DD")
		}
		*at = d
	}
	switch {
	case p.to.After(last):
		return p, protocol.RejectField(protocol.BadRequest, second, "is after "+last.Format(time.DateOnly)+", the last day that can be chosen")
	case p.from.After(p.to):
		return p, protocol.RejectField(protocol.BadRequest, first, "is after "+second)
	case p.from.AddDate(0, 0, most).Compare(p.to) <= 0:
		return p, protocol.RejectField(protocol.BadRequest, first, "the period has more than "+strconv.Itoa(most)+" days")
	}
	return p, nil
}

// days gives each day of the period and the one after it.
func (p period) days(each func(day, next time.Time) error) error {
	for d := p.from; !d.After(p.to); {
		next := d.AddDate(0, 0, 1)
		if err := each(d, next); err != nil {
			return err
		}
		d = next
	}
	return nil
}

// name is the period in a file's name.
func (p period) name() string { return p.from.Format(time.DateOnly) + "-" + p.to.Format(time.DateOnly) }

func (p period) head() []figure {
	return []figure{{"from", dayCell(p.from)}, {"to", dayCell(p.to)}}
}

// cellsOf reads the cells of one day: of the rooms that were closed in it. A finished day is one row.
func (c *call) cellsOf(day, next time.Time) (report.Cells, error) {
	cells, _, err := c.dayOf(day, next)
	return cells, err
}

// dayOf reads the cells of one day, and how many rooms began in it as the finished day has it; 0 = it does not say.
func (c *call) dayOf(day, next time.Time) (cells report.Cells, created int64, err error) {
	cells = report.Cells{}
	if d := report.DateOf(day, c.facts.Zone); !report.Before(c.facts.Folded, d) {
		b, err := c.g.engine.DayFold(c.site, d, "")
		if err != nil || b == nil { // no row: no rooms were closed
			return cells, 0, err
		}
		f, err := protocol.DecodeDayFold(b)
		cells.AddCells(f.Cells)
		return cells, f.Created, err
	}
	err = c.figures(day, next, func(f *protocol.Figures) { cells.Add(f) })
	return cells, 0, err
}

// figures reads the rooms that were closed from an instant on until another.
func (c *call) figures(from, until time.Time, each func(*protocol.Figures)) error {
	return every(c, func(after []byte, limit int, each func([]byte, *protocol.Figures) error) error {
		return c.g.engine.Figures(c.site, protocol.At(from), protocol.At(until), limit, after, each)
	}, func(_ []byte, f *protocol.Figures) error {
		each(f)
		return nil
	})
}
