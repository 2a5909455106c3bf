package trace

import (
	"fmt"
	"strconv"
	"strings"
)

// columns of a line, in the order of the header line.
const (
	colLine = iota
	colCall
	colCustomer
	colPriority
	colType
	colDate
	colVRUEntry
	colVRUExit
	colVRUTime
	colQueueStart
	colQueueExit
	colQueueTime
	colOutcome
	colServiceStart
	colServiceExit
	colServiceTime
	colServer
	columns
)

// columnNames are the header's names; errors use them.
var columnNames = [columns]string{
	"vru+line", "call_id", "customer_id", "priority", "type", "date",
	"vru_entry", "vru_exit", "vru_time", "q_start", "q_exit", "q_time",
	"outcome", "ser_start", "ser_exit", "ser_time", "server",
}

// Outcome is how a call ended.
type Outcome uint8

// The outcomes of the record. A phantom is a virtual call, to be ignored.
const (
	Served Outcome = iota + 1
	HungUp
	Phantom
)

var outcomeNames = map[string]Outcome{"AGENT": Served, "HANG": HungUp, "PHANTOM": Phantom}

// NoServer is the server's name when there was none.
const NoServer = "NO_SERVER"

// Row is one line of the record.
type Row struct {
	Number       int // of the line in the file; the header is line 1
	Line         string
	ID           string
	Customer     string // "0" = not identified
	Priority     int
	Type         string
	Date         string // YYMMDD
	VRUEntry     Second
	VRUExit      Second
	Queued       bool // false: the call never stood in the queue
	QueueStart   Second
	QueueSeconds int
	Outcome      Outcome
	HasService   bool // false: no start and no end of a service is recorded
	ServiceStart Second
	ServiceExit  Second
	Service      int // seconds
	Server       string
}

// parseRow reads one line. The error names the column.
func parseRow(number int, line string) (Row, error) {
	cells := strings.Split(line, "\t")
	if len(cells) != columns {
		return Row{}, fmt.Errorf("%d columns instead of %d", len(cells), columns)
	}
	for i := range cells {
		cells[i] = strings.TrimSpace(cells[i])
	}
	p := cellParser{cells: cells}
	r := Row{
		Number:       number,
		Line:         p.word(colLine),
		ID:           p.word(colCall),
		Customer:     p.word(colCustomer),
		Priority:     p.number(colPriority),
		Type:         p.word(colType),
		Date:         p.date(colDate),
		VRUEntry:     p.clock(colVRUEntry),
		QueueSeconds: p.number(colQueueTime),
		Outcome:      p.outcome(colOutcome),
		Service:      p.number(colServiceTime),
		Server:       p.word(colServer),
	}
	vruExit, queueStart, queueExit := p.clock(colVRUExit), p.clock(colQueueStart), p.clock(colQueueExit)
	start, exit := p.clock(colServiceStart), p.clock(colServiceExit)
	vruSeconds := p.signed(colVRUTime)
	if p.err != nil {
		return Row{}, p.err
	}
	r.VRUExit = r.VRUEntry + Second(max(0, vruSeconds))
	if vruExit != 0 { // 0:00:00 stands for "not recorded" everywhere
		r.VRUExit = vruExit.after(r.VRUEntry)
	}
	r.Queued = queueStart != 0 || queueExit != 0 || r.QueueSeconds != 0
	if r.Queued {
		r.QueueStart = queueStart.after(r.VRUEntry)
	}
	r.HasService = start != 0 || exit != 0 || r.Service != 0
	if r.HasService {
		r.ServiceStart = start.after(r.VRUEntry)
		r.ServiceExit = exit.after(r.ServiceStart)
	}
	return r, nil
}

// cellParser reads the cells of one line and keeps the first complaint.
type cellParser struct {
	cells []string
	err   error
}

func (p *cellParser) fail(column int, err error) {
	if p.err == nil {
		p.err = fmt.Errorf("%s: %w", columnNames[column], err)
	}
}

func (p *cellParser) word(column int) string {
	if p.cells[column] == "" {
		p.fail(column, fmt.Errorf("is empty"))
	}
	return p.cells[column]
}

func (p *cellParser) number(column int) int {
	n, err := strconv.Atoi(p.cells[column])
	if err != nil || n < 0 {
		p.fail(column, fmt.Errorf("%q is not a number of seconds or a rank", p.cells[column]))
	}
	return n
}

// signed reads a number that may be negative: real days have calls that leave the
// automatic part before they enter it.
func (p *cellParser) signed(column int) int {
	n, err := strconv.Atoi(p.cells[column])
	if err != nil {
		p.fail(column, fmt.Errorf("%q is not a number of seconds", p.cells[column]))
	}
	return n
}

func (p *cellParser) clock(column int) Second {
	s, err := ParseClock(p.cells[column])
	if err != nil {
		p.fail(column, err)
	}
	return s
}

func (p *cellParser) date(column int) string {
	d := p.word(column)
	if len(d) != 6 || strings.Trim(d, "0123456789") != "" {
		p.fail(column, fmt.Errorf("%q is not YYMMDD", d))
	}
	return d
}

func (p *cellParser) outcome(column int) Outcome {
	o := outcomeNames[p.cells[column]]
	if o == 0 {
		p.fail(column, fmt.Errorf("%q is none of AGENT, HANG, PHANTOM", p.cells[column]))
	}
	return o
}
