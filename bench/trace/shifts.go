package trace

import (
	"slices"
	"strings"
)

// Shift is one server's day: on duty from its first service's begin to its last one's end.
type Shift struct {
	Server   string
	From, To Second
	Services int
	Talk     int // seconds of service
	Overlaps int // services that began while another one of the same name ran
}

// Shifts derives who was on duty from the served calls of the day, by name. Calls
// served by nobody named (NO_SERVER) put nobody on duty.
func (d *Day) Shifts() []Shift {
	services := map[string][]*Call{}
	for i := range d.Calls {
		if c := &d.Calls[i]; c.Outcome == Served && c.Server != "" {
			services[c.Server] = append(services[c.Server], c)
		}
	}
	shifts := make([]Shift, 0, len(services))
	for server, calls := range services {
		shifts = append(shifts, shiftOf(server, calls))
	}
	slices.SortFunc(shifts, func(a, b Shift) int { return strings.Compare(a.Server, b.Server) })
	return shifts
}

func shiftOf(server string, calls []*Call) Shift {
	slices.SortFunc(calls, func(a, b *Call) int { return int(a.Begin - b.Begin) })
	s := Shift{Server: server, From: calls[0].Begin, Services: len(calls)}
	busyUntil := calls[0].Begin
	for _, c := range calls {
		if c.Begin < busyUntil {
			s.Overlaps++
		}
		busyUntil = max(busyUntil, c.End)
		s.Talk += c.Service
	}
	s.To = busyUntil
	return s
}
