package scale

import (
	"context"
	"fmt"
	"time"

	"switchyard/actors/core"
	"switchyard/actors/queue"
	"switchyard/bench/machine"
	"switchyard/protocol"
)

// mind is the queue's mind alone: what the shell would do around it is done here on the one goroutine, without store,
// mail and sync.
type mind struct {
	m     core.Machine[queue.State]
	s     *queue.State
	facts *protocol.SiteFacts
	wall  time.Time
	now   time.Time
	next  int
	rooms []seated // held rooms, a ring: the oldest leaves when the next one comes
	at    int
	asked []protocol.AskSeat
}

type seated struct {
	room   protocol.RoomID
	holder protocol.AccountID
}

// categoryID is the i-th inquiry type.
func categoryID(i int) string { return fmt.Sprintf("k%05d", i) }

// newMind makes a site whose agents are on duty, open around the clock. Every category is mapped to
// candidates agents, spread evenly; 0 categories = every agent is a candidate of every room.
func newMind(agents, categories, candidates int) *mind {
	settings := protocol.DefaultSettings()
	settings.Number = 1
	day := protocol.DayHours{Open: true, AllDay: true}
	settings.Week = protocol.Week{Weekday: day, Saturday: day, Sunday: day}
	f := &protocol.SiteFacts{
		Site: siteID, Settings: &settings, Zone: time.FixedZone("KST", 9*3600), Accounts: map[protocol.AccountID]*protocol.Account{},
		Categories: map[string]*protocol.Category{},
	}
	for i := range agents {
		id := agentID(i)
		f.Accounts[id] = &protocol.Account{ID: id, Role: protocol.Agent, Name: "상담사", Consulting: true, Certified: true, Order: i + 1}
	}
	if categories > 0 {
		settings.Selector, settings.CategoryAgents = protocol.SelectCategory, map[string][]protocol.AccountID{}
		for k := range categories {
			id := categoryID(k)
			f.Categories[id] = &protocol.Category{ID: id, Level: 1, Name: id, Order: k}
			for i := range candidates {
				settings.CategoryAgents[id] = append(settings.CategoryAgents[id], agentID((k*agents/categories+i)%agents))
			}
		}
	}
	q := &mind{m: queue.Machine, facts: f, now: time.Date(2021, 6, 9, 10, 0, 0, 0, time.UTC)}
	q.wall = q.now
	q.s = q.m.New(protocol.QueueAt(siteID))
	q.run(protocol.FactsChanged{})
	for i := range agents {
		q.run(protocol.AgentReport{Account: agentID(i), OnDuty: true, Want: protocol.WantOnline, Conn: protocol.ConnUp})
	}
	return q
}

// run is one step of the mind, as the shell makes it: decide, apply, check, rows, deadline.
func (q *mind) run(b protocol.Body) core.Step {
	c := protocol.Command{Body: b, Facts: q.facts, Wall: q.wall}
	step, err := q.m.Decide(q.s, c, q.now)
	if err != nil {
		panic(fmt.Errorf("the queue refused %s: %w", b.CommandName(), err))
	}
	at := protocol.At(q.now)
	for _, e := range step.Events {
		q.m.Apply(q.s, protocol.Recorded{At: at, Event: e})
	}
	if err := q.m.Check(q.s); err != nil {
		panic(err)
	}
	return step
}

// prepare makes the questions of n rooms beforehand: ids are not what is measured.
func (q *mind) prepare(n, categories int) {
	q.asked = q.asked[:0]
	for i := range n {
		a := protocol.AskSeat{Room: protocol.RoomIDFrom(core.Derive(protocol.Chance{}, q.next+i)), RequestedAt: protocol.Instant(q.next + i)}
		if categories > 0 {
			a.Category = categoryID((q.next + i*7919) % categories)
		}
		q.asked = append(q.asked, a)
	}
	q.next += n
}

// assign is one room's way through the queue: its question, which gets a seat at once, its acceptance, and the end of the oldest
// room held.
func (q *mind) assign(a protocol.AskSeat, held int) {
	step := q.run(a)
	seat := step.Tells[0].Body.(protocol.SeatAnswer).Seat
	q.run(protocol.SeatAccepted{Room: a.Room, Turn: seat.Turn, Agent: seat.Agent, Assignment: 1})
	if len(q.rooms) < held {
		q.rooms = append(q.rooms, seated{a.Room, seat.Agent})
		return
	}
	old := q.rooms[q.at]
	q.run(protocol.RoomLeft{Room: old.room, Holder: old.holder})
	q.rooms[q.at] = seated{a.Room, seat.Agent}
	q.at = (q.at + 1) % held
}

// cycle gives the CPU time of one assignment, over n of them, when every agent holds three rooms. It is the time of a core, the
// collector's part included: what others do on the machine meanwhile is not the mind's.
func (q *mind) cycle(n, agents, categories int) time.Duration {
	for len(q.rooms) < 3*agents {
		q.prepare(min(3*agents-len(q.rooms), 10_000), categories)
		for _, a := range q.asked {
			q.assign(a, 3*agents)
		}
	}
	q.prepare(n, categories)
	began := machine.CPU()
	for _, a := range q.asked {
		q.assign(a, 3*agents)
	}
	return (machine.CPU() - began) / time.Duration(n)
}

const assignments = 100_000 // in one measurement

func assignPart(ctx context.Context, r *run) error {
	r.say("assign: 10,000 agents, 1,000 categories of 20 agents each")
	big := newMind(10_000, 1000, 20)
	var rates []float64
	for range r.Pairs {
		rates = append(rates, float64(time.Second)/float64(big.cycle(assignments, 10_000, 1000)))
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	r.add(Figure{
		Goal: "PERF-2", What: "assignments in memory, 10 k agents, 1 k categories", Unit: "/s and core", Value: spread(rates...),
		Floor: 200_000, Best: 1_000_000, Note: "one assignment is three steps of the queue's mind: question with a seat, acceptance, end of another room",
	})
	r.say("assign: 1,000 agents against 100,000")
	few, many := newMind(1000, 0, 0), newMind(100_000, 0, 0)
	var ratios, low, high []float64
	for range r.Pairs {
		a := few.cycle(assignments, 1000, 0)
		b := many.cycle(assignments, 100_000, 0)
		low, high = append(low, float64(a)), append(high, float64(b))
		ratios = append(ratios, float64(b)/float64(a))
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	ratio := spread(ratios...)
	r.add(Figure{
		Goal: "PERF-2c", What: "decision time with 100 k agents", Unit: "ns", Value: spread(high...), Ceiling: "with 1 k agents", Beside: spread(low...),
		Ratio: &ratio, Floor: 10, Best: 3, Less: true,
	})
	return nil
}

// pass lets passes over the line run to their end, every room accepting its seat at once, and gives how many were seated.
func (q *mind) pass(tells []core.Tell) (seated int) {
	for len(tells) > 0 {
		t := tells[0]
		tells = tells[1:]
		if _, ok := t.Body.(protocol.ContinuePass); !ok {
			continue
		}
		for again := true; again; {
			step := q.run(t.Body)
			again = step.Again
			for _, t := range step.Tells {
				if b, ok := t.Body.(protocol.OfferSeat); ok {
					q.run(protocol.SeatAccepted{Room: b.Room, Turn: b.Seat.Turn, Agent: b.Seat.Agent, Assignment: 1})
					seated++
					continue
				}
				tells = append(tells, t)
			}
		}
	}
	return seated
}
