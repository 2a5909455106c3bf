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
	name    string // of the file
	head    []figure
	columns []column
	// rows gives the lines one after the other; an export may be long.
	rows  func(each func([]cell) error) error
	total []cell               // nil = the table has none
	extra func(*protocol.JSON) // members that only the screen has; nil = none
	next  string               // cursor of the next page, "" = the end
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
)

func textCell(s string) cell   { return cell{kind: cellText, text: s} }
func countCell(n int64) cell   { return cell{kind: cellNumber, number: n} }
func boolText(b bool) cell     { return textCell(map[bool]string{true: "Y", false: ""}[b]) }
func dayCell(t time.Time) cell { return textCell(t.Format(time.DateOnly)) }

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
	}
	return append(b, "null"...)
}

// reports is the table of the reports that can be asked for, by their names in the path.
var reports = map[string]func(*call) (*table, *protocol.Rejection){
	"sqi":     (*call).sqi,
	"journey": (*call).journey,
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
	make, write := reports[name], forms[form]
	if make == nil || form != "json" && write == nil {
		return 0, nil, notFound
	}
	t, rej := make(c)
	if rej != nil {
		return c.unprocessable(rej)
	}
	if form == "json" {
		b, err := t.json()
		if err != nil {
			return 0, nil, unreadable
		}
		return http.StatusOK, b, nil
	}
	return write(c, t)
}

// json writes the whole table.
func (t *table) json() ([]byte, error) {
	j := protocol.JSON{}
	j.Open()
	for _, f := range t.head {
		j.Key(f.key)
		j.B = f.value.appendJSON(j.B)
	}
	j.Key("rows")
	j.B = append(j.B, '[')
	err := t.rows(func(cells []cell) error {
		listComma(&j)
		t.line(&j, cells)
		return nil
	})
	j.B = append(j.B, ']')
	if t.total != nil {
		j.Key("total")
		t.line(&j, t.total)
	}
	if t.extra != nil {
		t.extra(&j)
	}
	j.Str("next_cursor", t.next)
	j.Close()
	return j.B, err
}

func (t *table) line(j *protocol.JSON, cells []cell) {
	j.Open()
	for i, x := range cells {
		j.Key(t.columns[i].key)
		j.B = x.appendJSON(j.B)
	}
	j.Close()
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
	p := period{from, to}
	for name, at := range map[string]*time.Time{"from": &p.from, "to": &p.to} {
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
		return p, protocol.RejectField(protocol.BadRequest, "to", "is after "+last.Format(time.DateOnly)+", the last day that can be chosen")
	case p.from.After(p.to):
		return p, protocol.RejectField(protocol.BadRequest, "from", "is after to")
	case p.from.AddDate(0, 0, most).Compare(p.to) <= 0:
		return p, protocol.RejectField(protocol.BadRequest, "from", "the period has more than "+strconv.Itoa(most)+" days")
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

func (p period) head() []figure {
	return []figure{{"from", dayCell(p.from)}, {"to", dayCell(p.to)}}
}

// cellsOf reads the cells of one day: of the rooms that were closed in it. A finished day is one row.
func (c *call) cellsOf(day, next time.Time) (report.Cells, error) {
	cells := report.Cells{}
	if d := report.DateOf(day, c.facts.Zone); !report.Before(c.facts.Folded, d) {
		b, err := c.g.engine.DayFold(c.site, d, "")
		if err != nil || b == nil { // no row: no rooms
			return cells, err
		}
		f, err := protocol.DecodeDayFold(b)
		cells.AddCells(f.Cells)
		return cells, err
	}
	err := c.figures(day, next, func(f *protocol.Figures) { cells.Add(f) })
	return cells, err
}

// figures reads the rooms that were closed from an instant on until another.
func (c *call) figures(from, until time.Time, each func(*protocol.Figures)) error {
	var after []byte
	for {
		n := 0
		err := c.g.engine.Figures(c.site, protocol.At(from), protocol.At(until), figuresPage, after, func(key []byte, f *protocol.Figures) error {
			n++
			after = append(after[:0], key...)
			each(f)
			return nil
		})
		if err != nil || n < figuresPage {
			return err
		}
		if err := c.context().Err(); err != nil {
			return err
		}
	}
}

// figuresPage is how many rows are read in one go.
const figuresPage = 2000
