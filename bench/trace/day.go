package trace

import (
	"fmt"
	"slices"
	"strings"
)

// Call is one call of a day as a replay needs it.
type Call struct {
	Number   int // of its line in the file
	Customer string
	Type     string
	Entry    Second // enters the automatic part
	Request  Second // asks for an agent: q_start when it queued, else the moment it left the vru
	Queued   bool   // stood in the queue, if only for a moment
	Wait     int    // seconds in the queue
	Outcome  Outcome
	Service  int    // seconds; of a call that hung up nearly always 0
	Server   string // "" = none is named
	Begin    Second // of the service
	End      Second
}

// Day is one date of a trace, without its phantoms.
type Day struct {
	Date     string
	Calls    []Call // by Request, then by line
	Phantoms int
}

// Cut takes one date (YYMMDD) out of a trace.
func Cut(rows []Row, date string) (*Day, error) {
	d := &Day{Date: date}
	dates := map[string]bool{}
	for i := range rows {
		r := &rows[i]
		dates[r.Date] = true
		if r.Date != date {
			continue
		}
		if r.Outcome == Phantom {
			d.Phantoms++
			continue
		}
		d.Calls = append(d.Calls, callOf(r))
	}
	if len(d.Calls) == 0 {
		return nil, fmt.Errorf("trace: no call on %s; it has %s", date, list(dates))
	}
	slices.SortStableFunc(d.Calls, func(a, b Call) int { return int(a.Request - b.Request) })
	return d, nil
}

func callOf(r *Row) Call {
	c := Call{
		Number: r.Number, Customer: r.Customer, Type: r.Type,
		Entry: r.VRUEntry, Request: r.VRUExit, Queued: r.Queued, Wait: r.QueueSeconds,
		Outcome: r.Outcome, Service: r.Service, Server: r.Server,
	}
	if r.Queued {
		c.Request = r.QueueStart
	}
	if c.Server == NoServer {
		c.Server = ""
	}
	// Some served calls have no service times at all: their service then is a
	// moment, at the end of the wait.
	c.Begin = c.Request + Second(c.Wait)
	if r.HasService {
		c.Begin = r.ServiceStart
	}
	c.End = c.Begin + Second(c.Service)
	return c
}

func list(dates map[string]bool) string {
	if len(dates) == 0 {
		return "no rows"
	}
	all := make([]string, 0, len(dates))
	for d := range dates {
		all = append(all, d)
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}
