package scenario

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"switchyard/actors/agent"
	"switchyard/actors/core"
	"switchyard/actors/customer"
	"switchyard/actors/queue"
	"switchyard/actors/room"
	sitemind "switchyard/actors/site"
	"switchyard/protocol"
)

// bare is the world of plain values: one list of commands, taken in order, each mind called as a function.
type bare struct {
	clock   time.Time
	dice    chance
	bodies  map[protocol.Address]body
	logs    map[protocol.Address][]protocol.Recorded
	rows    map[string][]byte // kind byte and key
	pending []issued
	facts_  *protocol.SiteFacts
	replies map[protocol.Ticket]*reply
	tickets protocol.Ticket
	owedRow uint64
	minute  int64
}

// body is a hosted mind without its type.
type body interface {
	step(b *bare, c protocol.Command)
	deadline() protocol.Instant
	check() error
}

type value[S any] struct {
	m    core.Machine[S]
	addr protocol.Address
	s    *S
}

func newBare(at time.Time) rig {
	b := &bare{clock: at, rows: map[string][]byte{}, logs: map[protocol.Address][]protocol.Recorded{}, replies: map[protocol.Ticket]*reply{}}
	b.bodies = map[protocol.Address]body{}
	b.minute = at.Unix() / 60
	return b
}

func (b *bare) body(a protocol.Address) body {
	if x := b.bodies[a]; x != nil {
		return x
	}
	var x body
	switch a.Kind {
	case protocol.KindRoom:
		x = load(b, a, room.Machine)
	case protocol.KindQueue:
		x = load(b, a, queue.Machine)
	case protocol.KindAgent:
		x = load(b, a, agent.Machine)
	case protocol.KindCustomer:
		x = load(b, a, customer.Machine)
	case protocol.KindSite:
		x = load(b, a, sitemind.Machine)
	default:
		panic(a)
	}
	return x
}

// load makes a mind from its history, by Apply alone, and asks what is still to do.
func load[S any](b *bare, a protocol.Address, m core.Machine[S]) body {
	v := &value[S]{m: m, addr: a}
	if m.Rebuild != nil {
		s, err := m.Rebuild(a, b.read)
		if err != nil {
			panic(err)
		}
		v.s = s
	} else {
		v.s = m.New(a)
		for _, r := range b.logs[a] {
			m.Apply(v.s, r)
		}
	}
	b.bodies[a] = v
	if m.Facts != nil {
		if f := m.Facts(v.s); f != nil {
			b.facts_ = f
		}
	}
	if m.Log(v.s).Number > 0 || a.Kind != protocol.KindRoom {
		v.step(b, protocol.Command{Body: protocol.Resumed{}, Caller: protocol.Caller{Role: protocol.System, Site: a.Site}, Facts: b.facts_, Wall: b.clock, Chance: b.dice.next()})
	}
	return v
}

func (b *bare) read(kind protocol.RowKind, prefix []byte, each func(k, v []byte) error) error {
	var keys []string
	for k := range b.rows {
		if k[0] == byte(kind) && len(k) > len(prefix) && k[1:1+len(prefix)] == string(prefix) {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	for _, k := range keys {
		if err := each([]byte(k[1:]), b.rows[k]); err != nil {
			return err
		}
	}
	return nil
}

func (v *value[S]) deadline() protocol.Instant { return v.m.Deadline(v.s) }

func (v *value[S]) check() error {
	if v.m.Check == nil {
		return nil
	}
	return v.m.Check(v.s)
}

func (v *value[S]) step(b *bare, c protocol.Command) {
	at := protocol.At(b.clock)
	if v.m.Needs != nil {
		for range 3 {
			for _, ref := range v.m.Needs(v.s, c) {
				if !c.Records.Has(ref) {
					if c.Records == nil {
						c.Records = protocol.Records{}
					}
					c.Records[ref] = b.record(v.addr, ref)
				}
			}
		}
	}
	var recs []protocol.Recorded
	var tells []core.Tell
	var answer *core.Reply
	for round := 0; ; round++ {
		step, err := v.m.Decide(v.s, c, b.clock)
		if err != nil {
			var r *protocol.Rejection
			if !errors.As(err, &r) {
				panic(err)
			}
			answer = &core.Reply{Ticket: c.Ticket, Err: r}
			break
		}
		for _, e := range step.Events {
			r := v.m.Log(v.s).Next(e, at)
			v.m.Apply(v.s, r)
			recs = append(recs, r)
		}
		tells = append(tells, step.Tells...)
		if step.Reply != nil {
			answer = step.Reply
		}
		if !step.Again {
			break
		}
		if round > core.MaxRounds {
			panic("no end")
		}
	}
	if err := v.check(); err != nil {
		panic(fmt.Sprintf("%s after %s: %v", v.addr, c.Body.CommandName(), err))
	}
	var durable []protocol.Recorded
	for _, r := range recs {
		if r.Number != 0 {
			durable = append(durable, r)
		}
	}
	b.logs[v.addr] = append(b.logs[v.addr], durable...)
	facts := c.Facts
	if v.m.Facts != nil && len(durable) > 0 {
		facts = v.m.Facts(v.s)
		b.facts_ = facts
	}
	if v.m.Rows != nil && len(recs) > 0 {
		of := durable
		if v.m.Rebuild != nil {
			of = recs
		}
		for _, row := range v.m.Rows(v.s, of) {
			b.put(row)
		}
	}
	if c.OwedRow != nil {
		b.put(protocol.Row{Kind: protocol.RowOwed, Key: c.OwedRow})
	}
	for i, t := range tells {
		cmd := protocol.Command{
			Body: t.Body, Caller: protocol.Caller{Role: protocol.System, Site: v.addr.Site}, Ticket: t.Ticket,
			Chance: core.Derive(c.Chance, i), Wall: c.Wall, Facts: facts,
		}
		if t.Owed {
			b.owedRow++
			cmd.OwedRow = protocol.AppendNo(protocol.RowKey(site), b.owedRow)
			b.put(protocol.Row{Kind: protocol.RowOwed, Key: cmd.OwedRow, Value: protocol.AppendOwed(nil, t.To, t.Body)})
		}
		b.pending = append(b.pending, issued{to: t.To, c: cmd})
	}
	if answer != nil {
		if r := b.replies[answer.Ticket]; r != nil {
			*r = reply{result: answer.Result, err: answer.Err, given: true}
		}
	}
}

func (b *bare) put(row protocol.Row) {
	k := string(byte(row.Kind)) + string(row.Key)
	if row.Value == nil {
		delete(b.rows, k)
	} else {
		b.rows[k] = row.Value
	}
}

func (b *bare) record(a protocol.Address, ref protocol.Ref) protocol.Record {
	if ref.Row != 0 {
		return protocol.Record{Value: b.rows[string(byte(ref.Row))+ref.Key]}
	}
	for _, r := range b.logs[a] {
		if r.Number == ref.Event {
			return protocol.Record{Event: r.Event, Place: r}
		}
	}
	return protocol.Record{}
}

func (b *bare) settle() {
	for len(b.pending) > 0 {
		next := b.pending[0]
		b.pending = b.pending[1:]
		if next.c.Facts == nil {
			next.c.Facts = b.facts_
		}
		if next.c.Wall.IsZero() {
			next.c.Wall = b.clock
		}
		b.body(next.to).step(b, next.c)
	}
}

func (b *bare) do(cmds ...issued) []reply {
	out := make([]*reply, len(cmds))
	for i, x := range cmds {
		b.tickets++
		out[i] = &reply{}
		b.replies[b.tickets] = out[i]
		x.c.Ticket = b.tickets
		if x.c.Chance == (protocol.Chance{}) {
			x.c.Chance = b.dice.next()
		}
		x.c.Wall, x.c.Facts = b.clock, b.facts_
		b.pending = append(b.pending, x)
	}
	b.settle()
	all := make([]reply, len(out))
	for i, r := range out {
		all[i] = *r
	}
	return all
}

func (b *bare) now() time.Time { return b.clock }

func (b *bare) advance(to time.Time) {
	for {
		next := to
		for _, x := range b.bodies {
			if d := x.deadline(); d != 0 && d.Time().Before(next) {
				next = d.Time()
			}
		}
		if m := time.Unix((b.minute+1)*60, 0); m.Before(next) {
			next = m
		}
		if next.After(b.clock) {
			b.clock = next
		}
		b.tick()
		if !next.Before(to) {
			return
		}
	}
}

// tick does what the shell's ticker does at this instant.
func (b *bare) tick() {
	at := protocol.At(b.clock)
	for {
		var due []protocol.Address
		for a, x := range b.bodies {
			if d := x.deadline(); d != 0 && d <= at {
				due = append(due, a)
			}
		}
		if len(due) == 0 {
			break
		}
		slices.SortFunc(due, func(x, y protocol.Address) int {
			if dx, dy := b.bodies[x].deadline(), b.bodies[y].deadline(); dx != dy {
				return int(dx - dy)
			}
			if x.ID < y.ID {
				return -1
			}
			return 1
		})
		for _, a := range due {
			b.pending = append(b.pending, issued{to: a, c: protocol.Command{Body: protocol.DeadlineReached{}, Caller: protocol.Caller{Role: protocol.System, Site: site}, Chance: b.dice.next()}})
			b.settle()
		}
	}
	if m := b.clock.Unix() / 60; m != b.minute {
		b.minute = m
		b.pending = append(b.pending, issued{to: protocol.SiteAt(site), c: protocol.Command{Body: protocol.CalendarTick{}, Caller: protocol.Caller{Role: protocol.System, Site: site}, Chance: b.dice.next()}})
		b.settle()
	}
}

// restart throws every mind away and makes it again from its history.
func (b *bare) restart(_ bool, away time.Duration) {
	b.bodies = map[protocol.Address]body{}
	b.clock = b.clock.Add(away)
	b.minute = b.clock.Unix() / 60
	b.body(protocol.SiteAt(site))
	b.body(protocol.QueueAt(site))
	b.settle()
	ids := make([]protocol.AccountID, 0)
	for id := range b.facts_.Accounts {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		b.body(protocol.AgentAt(site, id))
	}
	b.settle()
	_ = b.read(protocol.RowOpenRoom, protocol.RowKey(site), func(_, v []byte) error {
		row, err := protocol.DecodeOpenRoom(v)
		if err == nil {
			b.body(protocol.RoomAt(site, row.Room))
		}
		return err
	})
	b.settle()
	b.tick()
}

func (b *bare) log(a protocol.Address, from uint64) []protocol.Recorded {
	var out []protocol.Recorded
	for _, r := range b.logs[a] {
		if r.Number >= from {
			out = append(out, r)
		}
	}
	return out
}

func (b *bare) facts() *protocol.SiteFacts { return b.facts_ }

func (b *bare) audit() error {
	for a, x := range b.bodies {
		if err := x.check(); err != nil {
			return fmt.Errorf("%s: %w", a, err)
		}
	}
	if q, ok := b.bodies[protocol.QueueAt(site)].(*value[queue.State]); ok {
		return queue.Audit(q.s)
	}
	return nil
}

func (b *bare) close() {}
