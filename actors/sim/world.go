// Package sim runs the engine's minds in one world of plain values: one seed, no
// goroutine, no disk. The world decides in which order mail is taken, when a sync
// comes, and when everything that is not durable is lost; after every step the
// minds check themselves, and whenever nothing goes on any more the invariants
// that no single mind can see are checked over all of them.
//
// world.go is the world, people.go what its people do, script.go how a life is played and made
// shorter, laws.go what must hold after every step, check.go what must hold over all minds at rest.
// Package scenario plays its stories in the same world, with mail in order.
package sim

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"switchyard/actors/agent"
	"switchyard/actors/core"
	"switchyard/actors/customer"
	"switchyard/actors/ledger"
	"switchyard/actors/queue"
	"switchyard/actors/room"
	"switchyard/actors/site"
	"switchyard/protocol"
)

// World holds the minds of one site, their mail and their history.
type World struct {
	Site  protocol.SiteID
	Clock time.Time
	// Rand chooses whose mail is taken next; nil = in the order in which it was sent.
	Rand *rand.Rand
	// Lazy leaves syncs to Sync; otherwise every entry is durable at once.
	Lazy bool
	// Chance makes the dice of a command; it must not repeat.
	Chance func() protocol.Chance
	// Skew is how far the wall clock, which the calendar follows, is from the engine's.
	Skew time.Duration

	Steps int

	bodies  map[protocol.Address]body
	facts   *protocol.SiteFacts
	mail    []letter // in the order in which it was sent
	entries []entry  // handed over, in order
	durable int      // entries that a crash keeps
	logs    map[protocol.Address][]protocol.Recorded
	rows    map[string][]byte // row kind and key
	charged map[string]bool   // by rooms that have gone since: the ledger keeps its entries (I-11)
	owedRow uint64
	minute  int64
	answers []answer // waiting for the sync
	court   *court
	failed  error
}

type letter struct {
	to protocol.Address
	c  protocol.Command
}

// entry is what one step handed over.
type entry struct {
	actor protocol.Address
	recs  []protocol.Recorded
	rows  []protocol.Row
	drop  bool // the actor goes, with all its history
}

type answer struct {
	after  int // entries that must be durable
	ticket protocol.Ticket
	result protocol.Result
	err    *protocol.Rejection
	give   func(protocol.Result, *protocol.Rejection)
}

// New makes an empty world.
func New(id protocol.SiteID, at time.Time, chance func() protocol.Chance) *World {
	return &World{
		Site: id, Clock: at, Chance: chance, minute: at.Unix() / 60, bodies: map[protocol.Address]body{},
		logs: map[protocol.Address][]protocol.Recorded{}, rows: map[string][]byte{}, charged: map[string]bool{}, court: newCourt(),
	}
}

// Wall is the calendar's clock.
func (w *World) Wall() time.Time { return w.Clock.Add(w.Skew) }

// body is a hosted mind without its type.
type body interface {
	step(w *World, c protocol.Command)
	deadline() protocol.Instant
	check() error
	state() any
}

type value[S any] struct {
	m    core.Machine[S]
	addr protocol.Address
	s    *S
}

func (v *value[S]) deadline() protocol.Instant { return v.m.Deadline(v.s) }
func (v *value[S]) state() any                 { return v.s }

func (v *value[S]) check() error {
	if v.m.Check == nil {
		return nil
	}
	return v.m.Check(v.s)
}

func (w *World) body(a protocol.Address) body {
	if x := w.bodies[a]; x != nil {
		return x
	}
	switch a.Kind {
	case protocol.KindRoom:
		return load(w, a, room.Machine)
	case protocol.KindQueue:
		return load(w, a, queue.Machine)
	case protocol.KindAgent:
		return load(w, a, agent.Machine)
	case protocol.KindCustomer:
		return load(w, a, customer.Machine)
	case protocol.KindLedger:
		return load(w, a, ledger.Machine)
	case protocol.KindSite:
		return load(w, a, site.Machine)
	}
	panic("sim: nobody lives at " + a.String())
}

// load makes a mind from its history, by Apply alone, and asks it what is still to do.
func load[S any](w *World, a protocol.Address, m core.Machine[S]) body {
	v := &value[S]{m: m, addr: a}
	if m.Rebuild != nil {
		s, err := m.Rebuild(a, w.Rows)
		if err != nil {
			panic(err)
		}
		v.s = s
	} else {
		v.s = m.New(a)
		for _, r := range w.logs[a] {
			m.Apply(v.s, r)
		}
	}
	w.bodies[a] = v
	if m.Facts != nil {
		if f := m.Facts(v.s); f != nil {
			w.facts = f
		}
	}
	if m.Log(v.s).Number > 0 || a.Kind != protocol.KindRoom {
		v.step(w, protocol.Command{Body: protocol.Resumed{}, Caller: w.system(), Facts: w.facts, Wall: w.Wall(), Chance: w.Chance()})
	}
	return v
}

func (w *World) system() protocol.Caller { return protocol.Caller{Role: protocol.System, Site: w.Site} }

// Rows reads rows as a mind does: what was handed over, durable or not.
func (w *World) Rows(kind protocol.RowKind, prefix []byte, each func(k, v []byte) error) error {
	var keys []string
	for k := range w.rows {
		if k[0] == byte(kind) && len(k) > len(prefix) && k[1:1+len(prefix)] == string(prefix) {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	for _, k := range keys {
		if err := each([]byte(k[1:]), w.rows[k]); err != nil {
			return err
		}
	}
	return nil
}

// step is the shell's order: needs, decide, apply, check, hand over, tells, effects.
func (v *value[S]) step(w *World, c protocol.Command) {
	w.Steps++
	at := protocol.At(w.Clock)
	for range core.NeedsRounds {
		if v.m.Needs == nil {
			break
		}
		for _, ref := range v.m.Needs(v.s, c) {
			if !c.Records.Has(ref) {
				if c.Records == nil {
					c.Records = protocol.Records{}
				}
				c.Records[ref] = w.record(v.addr, ref)
			}
		}
	}
	if v.addr.Kind == protocol.KindQueue {
		w.judge(w.court.see(heard{c.Body, c.Facts}))
	}
	var recs []protocol.Recorded
	var tells []core.Tell
	var reply *core.Reply
	for round := 0; ; round++ {
		step, err := v.m.Decide(v.s, c, w.Clock)
		if err != nil {
			var r *protocol.Rejection
			if !errors.As(err, &r) {
				panic(err)
			}
			reply = &core.Reply{Ticket: c.Ticket, Err: r}
			break
		}
		for _, e := range step.Events {
			r := v.m.Log(v.s).Next(e, at)
			v.m.Apply(v.s, r)
			recs = append(recs, r)
		}
		tells = append(tells, step.Tells...)
		if step.Reply != nil {
			reply = step.Reply
		}
		if step.Forget {
			v.forget(w, reply)
			return
		}
		if !step.Again {
			break
		}
		if round > core.MaxRounds {
			w.fail(fmt.Errorf("%s: %s does not come to an end", v.addr, c.Body.CommandName()))
			return
		}
	}
	if err := v.check(); err != nil {
		w.fail(fmt.Errorf("%s after %s: %w", v.addr, c.Body.CommandName(), err))
	}
	e := entry{actor: v.addr}
	for _, r := range recs {
		if r.Number != 0 {
			e.recs = append(e.recs, r)
		}
	}
	if v.m.Rows != nil && len(recs) > 0 {
		of := e.recs
		if v.m.Rebuild != nil {
			of = recs
		}
		e.rows = append(e.rows, v.m.Rows(v.s, of)...)
	}
	if v.m.Outside != nil && len(e.recs) > 0 && c.Facts != nil {
		e.rows = append(e.rows, protocol.OutboxRows(c.Facts, v.addr, v.m.Outside(v.s, e.recs))...)
	}
	if c.OwedRow != nil {
		e.rows = append(e.rows, protocol.Row{Kind: protocol.RowOwed, Key: c.OwedRow})
	}
	facts := c.Facts
	if v.m.Facts != nil && len(e.recs) > 0 {
		facts = v.m.Facts(v.s)
		w.facts = facts
	}
	letters := make([]letter, len(tells))
	for i, t := range tells {
		letters[i] = letter{to: t.To, c: protocol.Command{
			Body: t.Body, Caller: w.system(), Ticket: t.Ticket, Chance: core.Derive(c.Chance, i), Wall: c.Wall, Facts: facts,
		}}
		if t.Owed {
			w.owedRow++
			key := protocol.AppendNo(protocol.RowKey(w.Site, t.To.Kind.String(), t.To.ID), w.owedRow)
			letters[i].c.OwedRow = key
			e.rows = append(e.rows, protocol.Row{Kind: protocol.RowOwed, Key: key, Value: protocol.AppendOwed(nil, t.To, t.Body)})
		}
	}
	w.handOver(e)
	for _, r := range e.recs {
		w.judge(w.court.keep(recorded{v.addr, r, c.Facts}, len(w.entries)))
	}
	if len(e.recs) > 0 {
		w.judge(w.court.keep(handedOver{v.addr}, len(w.entries)))
	}
	if v.addr.Kind == protocol.KindQueue {
		for _, t := range tells {
			w.judge(w.court.see(told{t.Body}))
		}
	}
	if len(e.recs) > 0 && v.addr.Kind == protocol.KindRoom {
		w.judge(replays(v, w.logs[v.addr]))
	}
	w.mail = append(w.mail, letters...)
	if reply != nil && reply.Ticket != 0 {
		w.answer(reply)
	}
}

// forget ends the actor for good.
func (v *value[S]) forget(w *World, reply *core.Reply) {
	rows, err := v.m.Forget(v.s, w.Rows)
	if err != nil {
		panic(err)
	}
	w.handOver(entry{actor: v.addr, rows: rows, drop: true})
	delete(w.bodies, v.addr)
	if reply != nil && reply.Ticket != 0 {
		w.answer(reply)
	}
}

func (w *World) handOver(e entry) {
	if len(e.recs) == 0 && len(e.rows) == 0 && !e.drop {
		return
	}
	w.entries = append(w.entries, e)
	w.put(e)
	if !w.Lazy {
		w.durable = len(w.entries)
	}
}

func (w *World) put(e entry) {
	if e.drop {
		for _, r := range w.logs[e.actor] {
			if c, ok := r.Event.(*protocol.RoomCharged); ok {
				w.charged[protocol.KakaoKey(c.Account, c.Key, c.Day)] = true
			}
		}
		delete(w.logs, e.actor)
	}
	w.logs[e.actor] = append(w.logs[e.actor], e.recs...)
	for _, row := range e.rows {
		k := string(byte(row.Kind)) + string(row.Key)
		if row.Value == nil {
			delete(w.rows, k)
		} else {
			w.rows[k] = row.Value
		}
	}
}

func (w *World) record(a protocol.Address, ref protocol.Ref) protocol.Record {
	if ref.Row != 0 {
		return protocol.Record{Value: w.rows[string(byte(ref.Row))+ref.Key]}
	}
	for _, r := range w.logs[a] {
		if r.Number == ref.Event {
			return protocol.Record{Event: r.Event, Place: &r}
		}
	}
	return protocol.Record{}
}

// judge fails the world for what a law says.
func (w *World) judge(err error) {
	if err != nil {
		w.fail(err)
	}
}

func (w *World) fail(err error) {
	if w.failed == nil {
		w.failed = fmt.Errorf("step %d: %w", w.Steps, err)
	}
}

// Ask sends a command from outside. give runs once, when everything the answer rests on is
// durable; it never runs if a crash comes first.
func (w *World) Ask(to protocol.Address, c protocol.Command, give func(protocol.Result, *protocol.Rejection)) {
	c.Ticket = protocol.Ticket(len(w.answers) + 1)
	w.answers = append(w.answers, answer{after: -1, ticket: c.Ticket, give: give})
	if c.Chance == (protocol.Chance{}) {
		c.Chance = w.Chance()
	}
	c.Wall, c.Facts = w.Wall(), w.facts
	if g := give; g != nil {
		give = func(r protocol.Result, err *protocol.Rejection) {
			w.judge(w.court.keep(answered{to, c, r, err}, w.durable))
			g(r, err)
		}
		w.answers[len(w.answers)-1].give = give
	}
	w.mail = append(w.mail, letter{to: to, c: c})
}

func (w *World) answer(r *core.Reply) {
	a := &w.answers[r.Ticket-1]
	if a.after >= 0 {
		w.fail(fmt.Errorf("ticket %d is answered twice", r.Ticket))
		return
	}
	a.after, a.result, a.err = len(w.entries), r.Result, r.Err
	w.release()
}

// release gives the answers whose entries are durable.
func (w *World) release() {
	for i := range w.answers {
		a := &w.answers[i]
		if a.give != nil && a.after >= 0 && a.after <= w.durable {
			give := a.give
			a.give = nil
			give(a.result, a.err)
		}
	}
}

// Sync makes n more entries durable.
func (w *World) Sync(n int) {
	w.durable = min(w.durable+n, len(w.entries))
	w.release()
}

// Undurable counts entries that a crash would lose.
func (w *World) Undurable() int { return len(w.entries) - w.durable }

// Busy says whether mail is on its way.
func (w *World) Busy() bool { return len(w.mail) > 0 }

// Take lets one actor handle one letter. Of one receiver the oldest comes first: the mailbox is in order.
func (w *World) Take() {
	i := 0
	if w.Rand != nil {
		to := w.mail[w.Rand.IntN(len(w.mail))].to
		i = slices.IndexFunc(w.mail, func(l letter) bool { return l.to == to })
	}
	l := w.mail[i]
	w.mail = slices.Delete(w.mail, i, i+1)
	if l.c.Facts == nil {
		l.c.Facts = w.facts
	}
	if l.c.Wall.IsZero() {
		l.c.Wall = w.Wall()
	}
	if l.c.OwedRow != nil && w.rows[string(byte(protocol.RowOwed))+string(l.c.OwedRow)] == nil {
		return // told before, and recorded
	}
	w.body(l.to).step(w, l.c)
}

// settleMax is far more mail than anything may lead to.
const settleMax = 20_000

// Settle takes mail until none is left, then makes everything durable.
func (w *World) Settle() {
	var last []string
	for n := 0; w.Busy() && w.failed == nil; n++ {
		if n > settleMax {
			last = append(last, w.mail[0].to.String()+" "+fmt.Sprintf("%+v", w.mail[0].c.Body))
		}
		if n > settleMax+10 {
			w.fail(fmt.Errorf("mail without an end: %q", last))
		}
		w.Take()
	}
	w.Sync(len(w.entries))
}

// Deadline is the earliest deadline of any mind; 0 = none.
func (w *World) Deadline() protocol.Instant {
	var first protocol.Instant
	for _, b := range w.bodies {
		if d := b.deadline(); d != 0 && (first == 0 || d < first) {
			first = d
		}
	}
	return first
}

// Advance moves the clock, and does at each instant on the way what the shell's ticker does.
func (w *World) Advance(to time.Time) {
	for w.failed == nil {
		next := to
		if d := w.Deadline(); d != 0 && d.Time().Before(next) {
			next = d.Time()
		}
		if m := time.Unix((w.Wall().Unix()/60+1)*60, 0).Add(-w.Skew); m.Before(next) {
			next = m
		}
		if next.After(w.Clock) {
			w.Clock = next
		}
		w.Tick()
		if !next.Before(to) {
			return
		}
	}
}

// Tick wakes whoever's deadline has passed, earliest first, and tells the calendar of a new minute.
func (w *World) Tick() {
	at := protocol.At(w.Clock)
	for w.failed == nil {
		var due []protocol.Address
		for a, b := range w.bodies {
			if d := b.deadline(); d != 0 && d <= at {
				due = append(due, a)
			}
		}
		if len(due) == 0 {
			break
		}
		slices.SortFunc(due, func(x, y protocol.Address) int {
			if dx, dy := w.bodies[x].deadline(), w.bodies[y].deadline(); dx != dy {
				return int(dx - dy)
			}
			if x.ID < y.ID {
				return -1
			}
			return 1
		})
		for _, a := range due {
			w.mail = append(w.mail, letter{to: a, c: protocol.Command{Body: protocol.DeadlineReached{}, Caller: w.system(), Chance: w.Chance()}})
			w.Settle()
		}
	}
	w.expire(at)
	if m := w.Wall().Unix() / 60; m != w.minute {
		w.minute = m
		w.mail = append(w.mail, letter{to: protocol.SiteAt(w.Site), c: protocol.Command{Body: protocol.CalendarTick{}, Caller: w.system(), Chance: w.Chance()}})
		w.Settle()
	}
}

// expire asks the closed rooms whose period has passed to go, as the shell's retention does.
func (w *World) expire(at protocol.Instant) {
	if w.facts == nil || w.facts.Settings.RetentionDays == 0 {
		return
	}
	var old []protocol.RoomID
	_ = w.Rows(protocol.RowClosedRoom, protocol.RowKey(w.Site), func(k, _ []byte) error {
		if closed, room := protocol.ClosedRoomOf(w.Site, k); w.facts.Settings.KeptUntil(closed) <= at {
			old = append(old, room)
		}
		return nil
	})
	for _, room := range old {
		w.mail = append(w.mail, letter{to: protocol.RoomAt(w.Site, room), c: protocol.Command{Body: protocol.ExpireRoom{Room: room}, Caller: w.system(), Chance: w.Chance()}})
		w.Settle()
	}
}

// Crash ends the process: mail, memory and everything that is not durable are gone. Start brings it back.
func (w *World) Crash() {
	keep := w.entries[:w.durable]
	w.mail, w.bodies, w.logs, w.rows = nil, map[protocol.Address]body{}, map[protocol.Address][]protocol.Recorded{}, map[string][]byte{}
	w.charged = map[string]bool{}
	for i := range w.answers {
		w.answers[i].give = nil
	}
	w.entries = slices.Clone(keep)
	for _, e := range keep {
		w.put(e)
	}
	w.judge(w.court.crash(w.durable))
}

// Start brings the site to life, in the shell's order, and tells again what is owed.
func (w *World) Start() {
	w.minute = 0 // a start looks at the calendar at once
	w.body(protocol.SiteAt(w.Site))
	w.body(protocol.QueueAt(w.Site))
	w.Settle()
	ids := make([]protocol.AccountID, 0, len(w.facts.Accounts))
	for id := range w.facts.Accounts {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		w.body(protocol.AgentAt(w.Site, id))
	}
	w.Settle()
	prefix := protocol.RowKey(w.Site)
	_ = w.Rows(protocol.RowOwed, prefix, func(k, v []byte) error {
		to, b, err := protocol.DecodeOwed(v)
		if err != nil {
			panic(err)
		}
		w.mail = append(w.mail, letter{to: to, c: protocol.Command{Body: b, Caller: w.system(), Chance: w.Chance(), OwedRow: slices.Clone(k)}})
		return nil
	})
	_ = w.Rows(protocol.RowOpenRoom, prefix, func(_, v []byte) error {
		row, err := protocol.DecodeOpenRoom(v)
		if err != nil {
			panic(err)
		}
		w.body(protocol.RoomAt(w.Site, row.Room)) // its deadline counts; the shell keeps it in an index
		return nil
	})
	w.Settle()
	w.Tick()
}

// Log gives the history of an actor from a number on.
func (w *World) Log(a protocol.Address, from uint64) []protocol.Recorded {
	var out []protocol.Recorded
	for _, r := range w.logs[a] {
		if r.Number >= from {
			out = append(out, r)
		}
	}
	return out
}

// Logs gives every history, by actor.
func (w *World) Logs() map[protocol.Address][]protocol.Recorded { return w.logs }

// Facts is what the site has published.
func (w *World) Facts() *protocol.SiteFacts { return w.facts }

// Err is the first thing that went wrong.
func (w *World) Err() error { return w.failed }
