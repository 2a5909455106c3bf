package oracle

import (
	"fmt"
	"strconv"
	"time"

	"switchyard/actors/core"
	"switchyard/actors/queue"
	"switchyard/protocol"
)

// site is the queue mind of one site with its mailbox, and the rooms around it: bodies that play the room
// mind's side of the seat protocol (architecture, "Seats"; actors/room/entry.go and seat.go) and nothing else.
// Time is virtual; a tell arrives at the instant at which it was sent, after those sent before it.
type site struct {
	mind  *queue.State
	facts *protocol.SiteFacts
	now   time.Time
	mail  []protocol.Body // to the queue, first in first out

	rooms room // the room's side
}

// room is what the rooms of the site do with what the queue tells them.
type room interface {
	// answered is the answer to the room's question: a seat, a refusal, or a place in line.
	answered(protocol.SeatAnswer)
	// offered is a seat for a room that waits.
	offered(protocol.OfferSeat)
}

// epoch is when every run begins. Times are stamped to the millisecond, waits are measured by the harness's
// own clock, which is not.
var epoch = time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)

const siteID = protocol.SiteID("1000")

// newSite opens a site that never closes, with the row's agents on duty, online and free.
func newSite(row *Row, rooms room) *site {
	settings := protocol.DefaultSettings()
	settings.Number = 1
	allDay := protocol.DayHours{Open: true, AllDay: true}
	settings.Week = protocol.Week{Weekday: allDay, Saturday: allDay, Sunday: allDay}
	if row.Balancer == "sequential" {
		settings.Balancer = protocol.Sequential
	}
	if row.QueueLimit != nil {
		settings.OverflowPolicy = protocol.PolicyReject
		if *row.QueueLimit > 0 { // in AUTO mode everybody full is full; HYBRID looks at the open rooms alone
			settings.Mode, settings.OpenRoomLimit = protocol.Hybrid, row.slots()+*row.QueueLimit
		}
	}
	facts := &protocol.SiteFacts{
		Site: siteID, Settings: &settings, Zone: time.UTC,
		Accounts: map[protocol.AccountID]*protocol.Account{}, Categories: map[string]*protocol.Category{},
	}
	for i := range row.Agents {
		id := agentID(i)
		facts.Accounts[id] = &protocol.Account{
			ID: id, Role: protocol.Agent, Name: string(id), Consulting: true, Certified: true, Order: i + 1, MaxConcurrent: row.Limit,
		}
	}
	if row.mapped() {
		settings.Selector = protocol.SelectCategory
		settings.CategoryAgents = map[string][]protocol.AccountID{}
		for _, c := range row.Classes {
			facts.Categories[c.Name] = &protocol.Category{ID: c.Name, Name: c.Name, Level: 1}
			for _, a := range c.Agents {
				settings.CategoryAgents[c.Name] = append(settings.CategoryAgents[c.Name], agentID(a-1))
			}
		}
	}
	x := &site{mind: queue.Machine.New(protocol.QueueAt(siteID)), facts: facts, now: epoch, rooms: rooms}
	x.tell(protocol.Resumed{})
	for i := range row.Agents {
		x.tell(protocol.AgentReport{Account: agentID(i), OnDuty: true, Want: protocol.WantOnline, Conn: protocol.ConnUp})
	}
	return x
}

func agentID(i int) protocol.AccountID { return protocol.AccountID(fmt.Sprintf("a%05d", i)) }

// agentOf is the number of an agent whose id is agentID's.
func agentOf(id protocol.AccountID) int {
	n, err := strconv.Atoi(string(id[1:]))
	if err != nil {
		panic(err)
	}
	return n
}

// tell sends the queue a command and lets everything that follows from it happen.
func (x *site) tell(b protocol.Body) {
	x.mail = append(x.mail, b)
	for i := 0; i < len(x.mail); i++ {
		x.step(x.mail[i])
		x.mail[i] = nil
	}
	x.mail = x.mail[:0]
}

// step is one command's way through the mind, as the shell walks it: Decide, Apply, Check, as often as
// the mind wants it again; then the tells. Rows are the store's, and there is none here.
func (x *site) step(b protocol.Body) {
	c := protocol.Command{Body: b, Wall: x.now, Facts: x.facts}
	at := protocol.At(x.now)
	for round := 0; ; round++ {
		step, err := queue.Machine.Decide(x.mind, c, x.now)
		if err != nil {
			panic(fmt.Errorf("%s: %w", b.CommandName(), err))
		}
		for _, e := range step.Events {
			queue.Machine.Apply(x.mind, protocol.Recorded{At: at, Event: e})
		}
		if err := queue.Machine.Check(x.mind); err != nil {
			panic(err)
		}
		for i := range step.Tells {
			x.deliver(&step.Tells[i])
		}
		if !step.Again {
			break
		}
		if round == core.MaxRounds {
			panic("the queue mind does not come to an end")
		}
	}
}

func (x *site) deliver(t *core.Tell) {
	switch b := t.Body.(type) {
	case protocol.ContinuePass:
		x.mail = append(x.mail, b)
	case protocol.SeatAnswer:
		x.rooms.answered(b)
	case protocol.OfferSeat:
		x.rooms.offered(b)
	default:
		panic("the queue tells " + b.CommandName())
	}
}

// send puts a command of a room behind what is in the mailbox.
func (x *site) send(b protocol.Body) { x.mail = append(x.mail, b) }
