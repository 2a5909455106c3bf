package queue

import (
	"switchyard/protocol"
)

// Beyond the vendor's distribution: rules that a site may switch on. With all of them off the
// queue is domain 9 as written. Each has a file of its own and a line in this table; what it
// remembers is volatile, so a crash forgets it: running ramps, kept seats and waits for an agent
// are gone after a start, and only make the queue's choice wider.
type extra struct {
	name string // of its setting
	// on says whether the site has switched it on.
	on func(*protocol.Settings) bool
	// bars says why the agent gets no automatic seat now; "" = it has nothing against it.
	bars func(a *agent) string
	// came: the agent has come online. Its first report after a start does not count.
	came func(s *State, i int32, at protocol.Instant)
	// gave: an automatic choice has given the agent a seat.
	gave func(s *State, i int32, at protocol.Instant)
	// freed: a room of the agent has ended or moved away.
	freed func(s *State, i int32, at protocol.Instant)
	// passed: a moment that the rule asked for has come.
	passed func(s *State, m moment)
}

// extras is the table; moment.by is an index into it.
var extras [extrasCount]extra

// The places in the table.
const (
	byPriority = iota
	byLastAgent
	byRampUp
	byWrapUp
	byOffer
	extrasCount
)

func init() { // the rules' functions look at the table themselves
	extras = [extrasCount]extra{
		byPriority:  priority,
		byLastAgent: lastAgent,
		byRampUp:    rampUp,
		byWrapUp:    wrapUp,
		byOffer:     offering,
	}
}

// priority is the order of the line (line.go); the room's class comes with its question.
var priority = extra{
	name: "distribution.priority",
	on:   func(f *protocol.Settings) bool { return len(f.Priority.Grade)+len(f.Priority.Category) > 0 },
}

func (s *State) came(i int32, at protocol.Instant) {
	for k := range extras {
		if x := &extras[k]; x.came != nil && x.on(s.facts.Settings) {
			x.came(s, i, at)
		}
	}
}

func (s *State) gave(i int32, at protocol.Instant) {
	for k := range extras {
		if x := &extras[k]; x.gave != nil {
			x.gave(s, i, at)
		}
	}
}

func (s *State) freed(i int32, at protocol.Instant) {
	for k := range extras {
		if x := &extras[k]; x.freed != nil && s.facts != nil && x.on(s.facts.Settings) {
			x.freed(s, i, at)
		}
	}
}

// barred says which extra keeps the agent from getting an automatic seat; "" = none.
func barred(a *agent) string {
	for k := range extras {
		if x := &extras[k]; x.bars != nil {
			if why := x.bars(a); why != "" {
				return why
			}
		}
	}
	return ""
}

// moment is an instant at which an extra wants to be asked. It may be out of date: the rule looks at the state.
type moment struct {
	at   protocol.Instant
	by   uint8
	slot int32
	room no
	turn uint64
}

// moments are the extras' deadlines: a heap, the earliest at 0. Nothing is in it while all extras are off.
type moments []moment

func (h *moments) add(m moment) {
	*h = append(*h, m)
	q := *h
	for i := len(q) - 1; i > 0; {
		up := (i - 1) / 2
		if q[up].at <= q[i].at {
			return
		}
		q[up], q[i] = q[i], q[up]
		i = up
	}
}

// take removes the earliest.
func (h *moments) take() moment {
	q := *h
	m, n := q[0], len(q)-1
	q[0] = q[n]
	q[n] = moment{}
	q = q[:n]
	for i := 0; ; {
		down := 2*i + 1
		if down >= n {
			break
		}
		if down+1 < n && q[down+1].at < q[down].at {
			down++
		}
		if q[i].at <= q[down].at {
			break
		}
		q[i], q[down] = q[down], q[i]
		i = down
	}
	*h = q
	return m
}

// due says whether a moment has come.
func (h moments) due(at protocol.Instant) bool { return len(h) > 0 && h[0].at <= at }

// passed takes every moment that has come and asks its rule.
func (s *State) passed(at protocol.Instant) {
	for s.moments.due(at) {
		m := s.moments.take()
		extras[m.by].passed(s, m)
	}
}
