package oracle

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"switchyard/actors/queue"
	"switchyard/protocol"
)

// real plays one seed through the queue mind. It knows when somebody comes, how long the work is and
// when patience ends; who gets whom, and when, is the mind's alone.
type real struct {
	row    *Row
	site   *site
	tally  *tally
	places []place
	free   []int32
	agents []desk
	names  []protocol.AccountID // of the agents

	now  float64
	ends events // of rooms (steady rows: who is the place), or of agents' next end
	gone events // who gives up, when

	waiting, open            int // in line as the mind counts; rooms held as the rooms count
	created, closed, leavers uint64
}

// place is a customer's room while it is open.
type place struct {
	customer
	id     protocol.RoomID
	gen    uint32
	state  roomState
	agent  int32
	since  float64 // when it was assigned
	finish float64 // the agent's attained service at which the work is done
}

type roomState uint8

const (
	asking roomState = iota + 1
	inLine
	held
	gonePlace
)

// desk is an agent of a row whose handling speed depends on the chats at hand. Every chat of an agent is
// served at one speed, so one clock of attained service measures all of them.
type desk struct {
	rooms    []int32
	attained float64
	since    float64
	gen      uint32
}

// runReal plays one seed. A panic of the mind becomes the error.
func runReal(row *Row, seed uint64, arrivals int, handling bool) (x *real, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s, seed %d: %v", row.Label, seed, p)
		}
	}()
	x = &real{row: row, tally: newTally(row, arrivals, handling), agents: make([]desk, row.Agents)}
	for i := range row.Agents {
		x.names = append(x.names, agentID(i))
	}
	x.site = newSite(row, x)
	s := newCustomers(row, seed)
	for _, c := range s.present() {
		x.arrive(c)
	}
	next := s.next()
	for !x.tally.over() {
		end, leave := x.nextEnd(), x.nextLeave()
		switch {
		case end <= next.at && end <= leave:
			x.move(end)
			x.end(x.ends.pop())
		case leave <= next.at:
			x.move(leave)
			x.leave(x.gone.pop().who)
		default:
			x.move(next.at)
			x.tally.arrives(&next)
			x.arrive(next)
			next = s.next()
		}
		x.waiting = queue.Waiting(x.site.mind)
	}
	for i := range x.places {
		if x.places[i].state == inLine {
			x.tally.stillWaits(&x.places[i].customer)
		}
	}
	return x, nil
}

func (x *real) move(to float64) {
	x.tally.passes(to, x.waiting, x.open)
	x.now = to
	x.site.now = time.UnixMilli(epoch.UnixMilli() + int64(to*x.row.AHT*1000)).UTC()
}

// nextEnd is when the next room ends; +Inf = none does.
func (x *real) nextEnd() float64 {
	for len(x.ends) > 0 {
		e := x.ends[0]
		if x.row.steady() || x.agents[e.who].gen == e.gen {
			return e.at
		}
		x.ends.pop()
	}
	return math.Inf(1)
}

// nextLeave is when the next customer in line gives up.
func (x *real) nextLeave() float64 {
	for len(x.gone) > 0 {
		e := x.gone[0]
		if p := &x.places[e.who]; p.gen == e.gen && p.state == inLine {
			return e.at
		}
		x.gone.pop()
	}
	return math.Inf(1)
}

// arrive opens a room, which asks for a seat.
func (x *real) arrive(c customer) {
	var i int32
	if n := len(x.free); n > 0 {
		i = x.free[n-1]
		x.free = x.free[:n-1]
	} else {
		i = int32(len(x.places))
		x.places = append(x.places, place{})
	}
	p := &x.places[i]
	x.created++
	var name protocol.Chance // as rooms have it: sixteen bytes
	binary.LittleEndian.PutUint32(name[:4], uint32(i))
	binary.LittleEndian.PutUint64(name[4:12], x.created)
	*p = place{customer: c, id: protocol.RoomIDFrom(name), gen: p.gen + 1, state: asking}
	ask := protocol.AskSeat{Room: p.id, RequestedAt: protocol.At(x.site.now)}
	if len(x.row.Classes) > 0 {
		k := &x.row.Classes[c.class]
		ask.Priority = uint8(k.Priority)
		if x.row.mapped() {
			ask.Category = k.Name
		}
	}
	x.site.tell(ask)
}

// placeOf finds the room by its id.
func (x *real) placeOf(id protocol.RoomID) int32 {
	name, ok := id.Chance()
	if !ok {
		panic("no such room: " + string(id))
	}
	n := binary.LittleEndian.Uint32(name[:4])
	if int(n) >= len(x.places) || x.places[n].id != id {
		panic("the queue tells a room that has closed: " + string(id))
	}
	return int32(n)
}

// answered: refused rooms close, rooms with a seat accept it, the others wait.
func (x *real) answered(a protocol.SeatAnswer) {
	i := x.placeOf(a.Room)
	p := &x.places[i]
	switch {
	case p.state != asking:
		panic("answered twice: " + string(a.Room))
	case a.Refused != 0:
		x.tally.resolved(&p.customer, x.now, turnedAway)
		x.closed++
		x.close(i)
		x.site.send(protocol.RoomLeft{Room: a.Room})
	case a.Seat != nil:
		x.assign(i, a.Seat)
	default:
		p.state = inLine
		if p.patience < math.Inf(1) {
			x.gone.push(event{at: p.at + p.patience, who: i, gen: p.gen})
		}
	}
}

// offered: a waiting room takes the seat.
func (x *real) offered(o protocol.OfferSeat) {
	i := x.placeOf(o.Room)
	if x.places[i].state != inLine {
		panic("offered, and does not wait: " + string(o.Room))
	}
	x.assign(i, &o.Seat)
}

func (x *real) assign(i int32, seat *protocol.Seat) {
	p := &x.places[i]
	p.state, p.since, p.agent = held, x.now, int32(agentOf(seat.Agent))
	x.tally.resolved(&p.customer, x.now, servedNow)
	x.open++
	d := &x.agents[p.agent]
	if x.row.steady() {
		x.ends.push(event{at: x.now + p.work, who: i})
	} else {
		x.serve(d)
		p.finish = d.attained + p.work
	}
	d.rooms = append(d.rooms, i)
	if x.row.Limit > 0 && len(d.rooms) > x.row.Limit {
		panic(fmt.Sprintf("I-03: %s has %d rooms", seat.Agent, len(d.rooms)))
	}
	x.plan(p.agent)
	x.site.send(protocol.SeatAccepted{Room: p.id, Turn: seat.Turn, Agent: seat.Agent, Assignment: 1})
}

// serve moves an agent's clock of attained service up to now.
func (x *real) serve(d *desk) {
	d.attained += (x.now - d.since) * x.row.speed(len(d.rooms))
	d.since = x.now
}

// plan foretells the agent's next end, where it depends on the number of chats.
func (x *real) plan(a int32) {
	if x.row.steady() {
		return
	}
	d := &x.agents[a]
	d.gen++
	if len(d.rooms) == 0 {
		return
	}
	first := math.Inf(1)
	for _, i := range d.rooms {
		first = min(first, x.places[i].finish)
	}
	x.ends.push(event{at: x.now + max(0, first-d.attained)/x.row.speed(len(d.rooms)), who: a, gen: d.gen})
}

// end closes the room that is done.
func (x *real) end(e event) {
	i, a := e.who, int32(0)
	if x.row.steady() {
		a = x.places[i].agent
	} else {
		a = e.who
		x.serve(&x.agents[a])
		i = x.agents[a].rooms[0]
		for _, j := range x.agents[a].rooms {
			if x.places[j].finish < x.places[i].finish {
				i = j
			}
		}
	}
	p := &x.places[i]
	x.tally.handled(&p.customer, x.now-p.since)
	d := &x.agents[a]
	for k, j := range d.rooms {
		if j == i {
			d.rooms[k] = d.rooms[len(d.rooms)-1]
			d.rooms = d.rooms[:len(d.rooms)-1]
			break
		}
	}
	x.plan(a)
	x.open--
	x.closed++
	left := protocol.RoomLeft{Room: p.id, Holder: x.names[a]}
	x.close(i)
	x.site.tell(left)
}

// leave: the customer's patience has ended; the room closes out of the line.
func (x *real) leave(i int32) {
	p := &x.places[i]
	x.tally.resolved(&p.customer, x.now, gaveUp)
	x.leavers++
	id := p.id
	x.close(i)
	x.site.tell(protocol.RoomLeft{Room: id})
}

// close frees the place; nobody finds the room any more.
func (x *real) close(i int32) {
	p := &x.places[i]
	p.state = gonePlace
	x.free = append(x.free, i)
}

// conserved compares the mind's rooms with the customers', one by one (created = waiting + open + closed + left).
func (x *real) conserved() (waiting, open uint64, err error) {
	if err := queue.Audit(x.site.mind); err != nil {
		return 0, 0, err
	}
	seats := queue.Seats(x.site.mind)
	for i := range x.places {
		p := &x.places[i]
		if p.state == gonePlace {
			continue
		}
		seat, there := seats[p.id]
		switch {
		case !there:
			return 0, 0, fmt.Errorf("%s is open and the queue does not have it", p.id)
		case p.state == inLine && !seat.Waiting, p.state == held && (seat.Waiting || agentOf(seat.Holder) != int(p.agent)):
			return 0, 0, fmt.Errorf("%s is not where the queue has it", p.id)
		}
		delete(seats, p.id)
		if seat.Waiting {
			waiting++
		} else {
			open++
		}
	}
	if len(seats) > 0 {
		return 0, 0, fmt.Errorf("the queue has %d rooms that have closed", len(seats))
	}
	if x.created != waiting+open+x.closed+x.leavers {
		return 0, 0, fmt.Errorf("created %d ≠ waiting %d + open %d + closed %d + left %d", x.created, waiting, open, x.closed, x.leavers)
	}
	return waiting, open, nil
}
