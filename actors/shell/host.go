package shell

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"switchyard/actors/core"
	"switchyard/protocol"
)

// host is the body of one mind. The order of a step is the contract of the engine: load what
// the command needs, decide, apply, check, hand over the events and rows, send the tells, arm
// the effects. A panic before the hand-over leaves no trace outside; an effect is never
// released before the tells of its own step are sent.
type host[S any] struct {
	e    *Engine
	m    *core.Machine[S]
	slot *slot
	site *site

	s       *S // nil = to be loaded
	life    uint64
	broken  error            // the history cannot be read: the shell answers for the actor
	lastPos uint64           // of the last hand-over
	shot    uint64           // number of the last event in a snapshot
	due     protocol.Instant // its entry in the index; 0 = there is none
	armed   bool             // its deadline may be armed (a deadline that made the mind panic is not)
	fired   bool             // it is being loaded because its deadline fired: the step that follows arms
	guessed bool             // its entry is no later than due, 0 = nothing is known: it was not armed by this host
	woken   bool             // its state was loaded before
	spare   [2]uint64        // numbers of unused keys; 0 = to be taken
	nextRow uint64           // tells the owed rows of one step apart
}

// Receive is protoactor's. A panic that gets here is ours, not a mind's: the process stops.
func (h *host[S]) Receive(ctx actor.Context) {
	defer func() {
		if p := recover(); p != nil {
			h.e.o.Fatal(fmt.Errorf("shell: panic outside a mind: %v\n%s", p, stack()))
		}
	}()
	switch m := ctx.Message().(type) {
	case *wake:
		h.slot, h.site, h.armed = m.slot, h.e.site(m.slot.addr.Site), true
	case *mail:
		h.take(m)
		h.e.handled(h.slot, h.finished())
		m.free()
	case leave:
		h.depart(ctx)
	}
}

// finished says whether the actor may leave memory soon: its story is over, or never began.
func (h *host[S]) finished() bool {
	return h.m.Finished != nil && (h.s == nil || h.m.Log(h.s).Number == 0 || h.m.Finished(h.s))
}

func (h *host[S]) take(m *mail) {
	life := h.site.enter()
	defer h.site.leave(life)
	if h.life != life { // the site was loaded again
		h.s, h.broken, h.life = nil, nil, life
	}
	if r, ok := m.c.Body.(reached); ok {
		defer close(r.done)
		if m.life == h.life && h.s == nil && h.broken == nil {
			h.load(&m.c)
		}
		return
	}
	if _, ok := m.c.Body.(reread); ok {
		if m.life == h.life {
			h.s, h.shot = nil, 0
		}
		return
	}
	if m.life != h.life {
		h.e.answerLater(m.c.Ticket, nil, protocol.Reject(protocol.Unavailable, "the site is being loaded again"))
		return
	}
	if h.s == nil && h.broken == nil {
		h.load(&m.c)
	}
	if h.broken != nil {
		h.standIn(&m.c, "the history of "+h.slot.addr.Kind.String()+" cannot be read")
		return
	}
	if m.c.Facts == nil && h.m.Facts == nil {
		h.e.answerLater(m.c.Ticket, nil, protocol.Reject(protocol.NotFound, "no such site"))
		return
	}
	if m.c.OwedRow != nil && !m.once && h.recorded(m.c.OwedRow) {
		return // told before, and recorded
	}
	if m.due != 0 && !h.matters(m.due) {
		return
	}
	if _, resumed := m.c.Body.(protocol.Resumed); resumed && h.slot.addr.Kind == protocol.KindRoom {
		return // loading it was all that was asked: load resumed it
	}
	h.step(&m.c)
}

// matters says whether a deadline that fired is the one the actor waits for, and not one that stood in the index
// before it moved forward. The entry is gone: the step that follows arms again.
func (h *host[S]) matters(at protocol.Instant) bool {
	matters := at == h.due
	if h.guessed {
		matters = h.due == 0 || at <= h.due
	}
	if matters {
		h.due, h.guessed = 0, false
	}
	return matters
}

// recorded says whether an owed tell has arrived before. It can come twice only where it is told
// again: at a start, or when the site was loaded again.
func (h *host[S]) recorded(row []byte) bool {
	v, err := h.e.o.Store.Row(h.site.shard, protocol.RowOwed, row)
	return err == nil && v == nil
}

// step runs one command through the mind.
func (h *host[S]) step(c *protocol.Command) {
	began := time.Now()
	now := h.e.o.Clock.Now()
	h.giveKeys(c)
	out, rejection, failed := h.decide(c, now)
	if failed {
		return
	}
	if out.forget {
		h.forget(c, now, out.reply)
		return
	}
	var code protocol.RejectCode
	if rejection != nil {
		code = rejection.Code
	}
	if !h.commit(c, now, out, rejection) {
		return
	}
	if f := h.e.o.Observe.Stepped; f != nil {
		f(h.slot.addr.Kind, c.Body.CommandName(), time.Since(began), code)
	}
}

// single is a step of one event, which most are: its place in history and its entry are one allocation.
type single struct {
	entry protocol.Entry
	recs  [1]protocol.Recorded
}

// outcome is what the rounds of one command came to.
type outcome struct {
	recs   []protocol.Recorded // applied, durable and volatile ones
	entry  *protocol.Entry     // memory for the entry; may be nil
	tells  []core.Tell
	reply  *core.Reply
	forget bool // the actor's story ends for good
}

// decide loads what the command needs, then decides and applies until the mind is done, and
// checks. failed = a panic or a broken invariant, which panic.go has dealt with.
func (h *host[S]) decide(c *protocol.Command, now time.Time) (out outcome, rejection *protocol.Rejection, failed bool) {
	for round := 0; ; round++ {
		if round == core.MaxRounds {
			h.violated(c, fmt.Errorf("rounds: %s did not come to an end", c.Body.CommandName()))
			return out, nil, true
		}
		step, err, ok := h.decideOnce(c, now, round)
		if !ok {
			return out, nil, true
		}
		if errors.Is(err, errRecord) {
			h.e.o.Logger.Error("a record cannot be read", "actor", h.slot.addr.String(), "command", c.Body.CommandName(), "error", err)
			h.standIn(c, "a record cannot be read")
			return out, nil, true
		}
		if err != nil {
			var r *protocol.Rejection
			if !errors.As(err, &r) {
				h.violated(c, fmt.Errorf("refusal: %w", err))
				return out, nil, true
			}
			return out, r, false
		}
		if !h.apply(c, &out, step.Events, protocol.At(now)) {
			return out, nil, true
		}
		out.tells = append(out.tells, step.Tells...)
		if step.Reply != nil {
			out.reply = step.Reply
		}
		if step.Forget {
			if len(out.recs)+len(out.tells) > 0 || h.m.Forget == nil {
				h.violated(c, fmt.Errorf("forget: %s also says something else", c.Body.CommandName()))
				return out, nil, true
			}
			out.forget = true
			return out, nil, false
		}
		if !step.Again {
			break
		}
	}
	if h.m.Check != nil && len(out.recs) > 0 {
		if err := h.m.Check(h.s); err != nil {
			h.violated(c, err)
			return out, nil, true
		}
	}
	return out, nil, false
}

// needs loads the records that the command looks at, core.NeedsRounds at most.
func (h *host[S]) needs(c *protocol.Command) error {
	if h.m.Needs == nil {
		return nil
	}
	for range core.NeedsRounds {
		missing := false
		for _, ref := range h.m.Needs(h.s, *c) {
			if c.Records.Has(ref) {
				continue
			}
			rec, err := h.record(ref)
			if err != nil {
				return err
			}
			if c.Records == nil {
				c.Records = protocol.Records{}
			}
			c.Records[ref], missing = rec, true
		}
		if !missing {
			return nil
		}
	}
	return nil
}

func (h *host[S]) record(ref protocol.Ref) (rec protocol.Record, err error) {
	if ref.Row != 0 {
		rec.Value, err = h.e.row(h.slot.addr.Site, ref.Row, []byte(ref.Key))
		return rec, err
	}
	// An event of the own log: everything up to the last hand-over must be readable.
	h.e.o.Store.WaitDurable(h.lastPos)
	err = h.e.o.Store.Events(h.slot.addr, ref.Event, 1, func(r protocol.Recorded) error {
		if r.Number == ref.Event {
			rec.Event, rec.Place = r.Event, &r
		}
		return nil
	})
	return rec, err
}

// prepared is everything that a step leads to and a mind's function makes: after the hand-over
// nothing can go wrong any more.
type prepared struct {
	durable []protocol.Recorded
	rows    []protocol.Row
	owed    [][]byte // by tell: the key of its row, nil if it is not owed
	facts   *protocol.SiteFacts
	due     protocol.Instant
	record  []byte
}

// prepare makes an entry of what was decided, behind a net. ok = false: the mind panicked, and the
// step never was.
func (h *host[S]) prepare(c *protocol.Command, at protocol.Instant, out outcome) (p prepared, ok bool) {
	defer func() {
		if p := recover(); p != nil {
			h.violated(c, fmt.Errorf("panic after Apply: %s\n%s", cause(p), stack()))
			ok = false
		}
	}()
	p.durable = durable(out.recs)
	if h.m.Rows != nil && len(out.recs) > 0 {
		recs := p.durable
		if h.m.Rebuild != nil {
			recs = out.recs
		}
		p.rows = h.m.Rows(h.s, recs)
	}
	if h.m.Outside != nil && len(p.durable) > 0 && c.Facts != nil && len(c.Facts.Webhooks) > 0 {
		p.rows = append(p.rows, h.e.o.Outbox(c.Facts, h.slot.addr, h.m.Outside(h.s, p.durable))...)
	}
	if row, ok := h.snapshot(len(p.durable) > 0); ok {
		p.rows = append(p.rows, row)
	}
	p.owed = make([][]byte, len(out.tells))
	for i, t := range out.tells {
		if t.Owed {
			p.owed[i] = h.rowKey(t.To)
			p.rows = append(p.rows, protocol.Row{Kind: protocol.RowOwed, Key: p.owed[i], Value: protocol.OwedValue(t.To, t.Body, h.seal())})
		}
	}
	if c.OwedRow != nil {
		p.rows = append(p.rows, protocol.Row{Kind: protocol.RowOwed, Key: c.OwedRow})
	}
	if len(p.durable) > 0 {
		pen := pens.Get().(*protocol.Pen)
		sealing := protocol.Sealing{Keys: h.e.keys}
		p.record = sealing.Record(pen, h.slot.addr, at, p.durable, h.seal())
		pens.Put(pen)
		h.keysUsed(p.durable)
	}
	for i := range p.rows {
		protocol.SealRow(&p.rows[i], h.e.keys)
	}
	p.facts = c.Facts
	if h.m.Facts != nil && len(p.durable) > 0 {
		p.facts = h.m.Facts(h.s)
	}
	p.due = h.m.Deadline(h.s)
	return p, true
}

// durable leaves out the volatile events; mostly there are none, or nothing else.
func durable(recs []protocol.Recorded) []protocol.Recorded {
	n := 0
	for i := range recs {
		if recs[i].Number != 0 {
			n++
		}
	}
	switch n {
	case 0:
		return nil
	case len(recs):
		return recs
	}
	some := make([]protocol.Recorded, 0, n)
	for _, r := range recs {
		if r.Number != 0 {
			some = append(some, r)
		}
	}
	return some
}

// commit hands over what was decided, then tells, then arms the effects. false: the mind
// panicked before the hand-over.
func (h *host[S]) commit(c *protocol.Command, now time.Time, out outcome, rejection *protocol.Rejection) bool {
	at := protocol.At(now)
	p, ok := h.prepare(c, at, out)
	if !ok {
		return false
	}
	reply := out.reply
	if rejection != nil {
		reply = &core.Reply{Ticket: c.Ticket, Err: rejection}
	}
	// What leaves goes along with the entry, unless the step has tells or facts: no effect runs before they are sent and
	// published.
	leaves := h.leaving(p.durable, reply)
	// Owed tells are told again while a life of the site begins, and never afterwards (startSite): what is owed from here on
	// arrives once, if it arrives in this life.
	once := h.site.starting.Load() == 0
	if leaves != nil && len(out.tells) == 0 && h.m.Facts == nil {
		h.handOver(out.entry, at, p.durable, p.record, p.rows, leaves.run)
		leaves = nil
	} else {
		h.handOver(out.entry, at, p.durable, p.record, p.rows, nil)
	}
	if h.m.Facts != nil && len(p.durable) > 0 {
		h.site.facts.Store(p.facts)
	}
	for i, t := range out.tells {
		told := protocol.Command{
			Body: t.Body, Caller: protocol.Caller{Role: protocol.System, Site: h.slot.addr.Site}, Ticket: t.Ticket,
			Chance: core.Derive(c.Chance, i), Wall: c.Wall, Facts: p.facts, OwedRow: p.owed[i],
		}
		if t.Later {
			h.e.sendLater(t.To, told, h.life)
			continue
		}
		m := newMail(told, h.life)
		m.once = once && t.Owed
		h.e.post(t.To, m)
	}
	switch {
	case leaves != nil:
		h.e.o.Store.After(h.lastPos, leaves.run)
	case len(p.durable) == 0 && reply != nil:
		h.e.answerLater(reply.Ticket, reply.Result, reply.Err)
	}
	if h.armed && !h.fired && p.due != 0 && (h.due == 0 || p.due < h.due) {
		h.due, h.guessed = p.due, false
		h.e.arm(h.site, h.slot.addr, p.due)
	}
	return true
}

// handOver gives an entry to the committer; done, if not nil, runs when it is durable. A step without durable events and
// rows has none. e is memory for it; nil = to be made.
func (h *host[S]) handOver(e *protocol.Entry, at protocol.Instant, recs []protocol.Recorded, record []byte, rows []protocol.Row, done func()) {
	if len(recs) == 0 && len(rows) == 0 {
		return
	}
	if e == nil {
		e = new(protocol.Entry)
	}
	*e = protocol.Entry{Shard: h.site.shard, At: at, Actor: h.slot.addr, Rows: rows}
	if len(recs) > 0 {
		e.First, e.Count, e.Record = recs[0].Number, uint32(len(recs)), record
	}
	h.lastPos = h.e.o.Store.HandOver(e, done)
}

var pens = sync.Pool{New: func() any { return new(protocol.Pen) }}

// leaving is what waits for the sync of a step: frames for those who follow, and the answer.
type leaving struct {
	e      *Engine
	addr   protocol.Address
	recs   []protocol.Recorded
	frames [][]byte // by event and view (frames)
	reply  core.Reply
	run    func() // leave, made once
}

var leavings sync.Pool

// leaving gathers what a step with durable events lets out; nil if it has none.
func (h *host[S]) leaving(recs []protocol.Recorded, reply *core.Reply) *leaving {
	if len(recs) == 0 {
		return nil
	}
	l, ok := leavings.Get().(*leaving)
	if !ok {
		l = new(leaving)
		l.run = l.leave
	}
	l.e, l.addr, l.recs = h.e, h.slot.addr, recs
	l.frames = h.e.encode(l.frames[:0], l.addr, recs)
	if reply != nil {
		l.reply = *reply
	}
	return l
}

// leave is the effect. It runs once, and what it was made of may be used again afterwards.
func (l *leaving) leave() {
	l.e.deliver(l.addr, l.recs, l.frames)
	l.e.answer(l.reply.Ticket, l.reply.Result, l.reply.Err)
	clear(l.frames)
	*l = leaving{frames: l.frames[:0], run: l.run}
	leavings.Put(l)
}

// snapshot gives the state's row when one is due. It goes through the same list as the events it
// covers, so it never covers one that is not durable.
func (h *host[S]) snapshot(events bool) (protocol.Row, bool) {
	if h.m.Snapshot == nil || !events {
		return protocol.Row{}, false
	}
	every := h.m.SnapshotEvery
	if every == 0 {
		every = 256
	}
	n := h.m.Log(h.s).Number
	if n-h.shot < every {
		return protocol.Row{}, false
	}
	return h.snapshotRow(), true
}

func (h *host[S]) snapshotRow() protocol.Row {
	h.shot = h.m.Log(h.s).Number
	return protocol.Row{Kind: protocol.RowSnapshot, Key: snapshotKey(h.slot.addr), Value: protocol.MarkRow(h.seal(), h.m.Snapshot(h.s))}
}

func snapshotKey(a protocol.Address) []byte {
	return protocol.RowKey(a.Site, a.Kind.String(), a.ID)
}

// depart lets an idle actor go: its state is in the store, as a snapshot where that saves reading.
func (h *host[S]) depart(ctx actor.Context) {
	if h.slot == nil || h.s != nil && !h.armed && !h.e.stopped.Load() {
		return // whoever loads it again could not know that its deadline is not armed
	}
	if h.s != nil && h.m.Snapshot != nil && h.m.Log(h.s).Number-h.shot >= 32 {
		row := h.snapshotRow()
		protocol.SealRow(&row, h.e.keys)
		h.handOver(nil, protocol.At(h.e.o.Clock.Now()), nil, nil, []protocol.Row{row}, nil)
	}
	if h.e.mayLeave(h.slot, h.lastPos) {
		ctx.Stop(ctx.Self())
	}
}

// rowKey makes the key of an owed row: by receiver, then by sender and its log, so that what one
// sender owes one receiver is told again in order.
func (h *host[S]) rowKey(to protocol.Address) []byte {
	h.nextRow++
	k := protocol.RowKey(to.Site, to.Kind.String(), to.ID, h.slot.addr.Kind.String(), h.slot.addr.ID)
	k = protocol.AppendNo(k, h.m.Log(h.s).Number)
	return protocol.AppendNo(k, h.nextRow)
}
