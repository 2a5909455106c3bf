package shell

import (
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"time"

	"switchyard/actors/core"
	"switchyard/protocol"
)

// What happens when a mind panics (architecture, "When something panics").
//
//   - Decide (or Needs) panics: nothing was written. The command is answered internal, kept in a quarantine
//     row and never tried again; the room goes on.
//   - Apply or Check (or Rows, Snapshot, Facts, Deadline) panics: the events were not handed over, so they never were. The command is
//     quarantined, the state is thrown away and loaded again; for a mind whose peers may hold what
//     it told them, the whole site is.
//   - Loading panics, or a checksum fails, or what is done after loading breaks the state: the actor stands aside, and the shell answers for it.

const (
	reloadsMax    = 3 // of a site within reloadsWithin; the next one sets it aside
	reloadsWithin = time.Minute
)

func stack() []byte { return debug.Stack() }

// cause says what a mind panicked with, without what may be a customer's: the runtime's own errors
// in full (an index, a nil), of anything else the type alone. The stack says where.
func cause(p any) string {
	if err, ok := p.(runtime.Error); ok {
		return err.Error()
	}
	return fmt.Sprintf("panic with a %T", p)
}

var errRecord = errors.New("a record cannot be read")

// decideOnce runs Decide behind a net, before its first round Needs too. ok = false: it panicked
// and everything was done about it.
func (h *host[S]) decideOnce(c *protocol.Command, now time.Time, round int) (step core.Step, err error, ok bool) {
	defer func() {
		if p := recover(); p != nil {
			if round > 0 { // earlier rounds were applied and are not handed over
				h.violated(c, fmt.Errorf("panic in round %d: %s\n%s", round, cause(p), stack()))
			} else {
				h.quarantine(c, cause(p), stack())
			}
			step, err, ok = core.Step{}, nil, false
		}
	}()
	if round == 0 {
		if err := h.needs(c); err != nil {
			return step, fmt.Errorf("%w: %w", errRecord, err), true
		}
	}
	step, err = h.m.Decide(h.s, *c, now)
	return step, err, true
}

// apply makes a step's events true, behind a net.
func (h *host[S]) apply(c *protocol.Command, out *outcome, events []protocol.Event, at protocol.Instant) (ok bool) {
	defer func() {
		if p := recover(); p != nil {
			h.violated(c, fmt.Errorf("panic in Apply: %s\n%s", cause(p), stack()))
			ok = false
		}
	}()
	switch {
	case out.recs != nil || len(events) == 0:
	case len(events) == 1 && events[0].EventCode() != protocol.Volatile:
		x := new(single)
		out.recs, out.entry = x.recs[:0], &x.entry
	default:
		out.recs = make([]protocol.Recorded, 0, len(events))
	}
	for _, e := range events {
		r := h.m.Log(h.s).Next(e, at)
		h.m.Apply(h.s, r)
		out.recs = append(out.recs, r)
		h.armed = true
	}
	return true
}

// quarantine keeps a command that made the mind panic, answers it, and gives back what it carried.
// A quarantined tell takes its owed row with it.
func (h *host[S]) quarantine(c *protocol.Command, cause string, trace []byte) {
	now := h.e.o.Clock.Now()
	value, err := json.Marshal(map[string]string{ // no texts, no values: a command's name and our own stack
		"actor": h.slot.addr.String(), "command": c.Body.CommandName(), "at": now.UTC().Format(time.RFC3339Nano), "cause": cause, "stack": string(trace),
	})
	if err != nil {
		value = []byte(`{}`)
	}
	rows := []protocol.Row{{Kind: protocol.RowQuarantine, Key: h.quarantineKey(now), Value: value}}
	if c.OwedRow != nil {
		rows = append(rows, protocol.Row{Kind: protocol.RowOwed, Key: c.OwedRow})
	}
	h.handOver(nil, protocol.At(now), nil, nil, rows, nil)
	if _, deadline := c.Body.(protocol.DeadlineReached); deadline {
		h.armed = false // the same state would panic again: not before the next event
	}
	h.e.o.Logger.Error("command quarantined", "actor", h.slot.addr.String(), "command", c.Body.CommandName(), "cause", cause)
	if f := h.e.o.Observe.Quarantined; f != nil {
		f(h.slot.addr, c.Body.CommandName())
	}
	h.handBack(c, protocol.Waiting)
	h.e.answerLater(c.Ticket, nil, protocol.Reject(protocol.Internal, "the command was set aside"))
}

// quarantineKey is by actor and time; the chance tells apart what happened in one millisecond, in
// whatever life of the process.
func (h *host[S]) quarantineKey(now time.Time) []byte {
	a, chance := h.slot.addr, h.e.o.Chance()
	k := protocol.RowKey(a.Site, a.Kind.String(), a.ID)
	return append(protocol.AppendNo(k, uint64(protocol.At(now))), chance[:]...)
}

// handBack returns a seat that came with a command the mind could not take: a reservation is
// never left hanging. The room then stands aside in the line until its next event.
func (h *host[S]) handBack(c *protocol.Command, state protocol.RoomState) {
	var seat *protocol.Seat
	var room protocol.RoomID
	switch b := c.Body.(type) {
	case protocol.OfferSeat:
		seat, room = &b.Seat, b.Room
	case protocol.SeatAnswer:
		seat, room = b.Seat, b.Room
	case protocol.AskOffer:
		seat, room = &protocol.Seat{Turn: b.Turn, Agent: b.Agent}, b.Room
	}
	if seat == nil {
		return
	}
	h.e.send(protocol.QueueAt(h.slot.addr.Site), protocol.Command{
		Body:   protocol.SeatReturned{Room: room, Turn: seat.Turn, Agent: seat.Agent, State: state},
		Caller: protocol.Caller{Role: protocol.System, Site: h.slot.addr.Site}, Chance: h.e.o.Chance(),
	}, h.life)
}

// violated deals with a panic in Apply, a failed Check or an endless loop: our mistake, loudly.
func (h *host[S]) violated(c *protocol.Command, err error) {
	if f := h.e.o.Observe.Violated; f != nil {
		f(h.slot.addr, err)
	}
	h.quarantine(c, err.Error(), stack())
	h.s = nil
	if f := h.e.o.Observe.Reloaded; f != nil {
		f(h.slot.addr.Kind)
	}
	if h.m.Reloads {
		h.e.reload(h.site, h.life)
	}
}

// standIn answers for an actor that cannot: its history, or a record that the command looks at,
// cannot be read. It is never served as an empty one. An owed row stays, for the next start.
func (h *host[S]) standIn(c *protocol.Command, why string) {
	h.handBack(c, protocol.Waiting)
	h.e.answerLater(c.Ticket, nil, protocol.Reject(protocol.Internal, why))
}

// reload ends a life of a site and loads it again, as after a start: its mail is dropped or answered
// unavailable, what is owed is told again, its sockets stay. What is being handled ends first: its
// hand-overs are the old life's last, and its tells go nowhere. A fourth reload within a minute sets
// the site aside.
func (e *Engine) reload(s *site, life uint64) {
	s.starting.Add(1)
	if !s.life.CompareAndSwap(life, life+1) { // another mind of the site was faster
		s.starting.Add(-1)
		return
	}
	now := e.o.Clock.Now()
	s.mu.Lock()
	recent := s.reloads[:0]
	for _, t := range s.reloads {
		if now.Sub(t) < reloadsWithin {
			recent = append(recent, t)
		}
	}
	s.reloads = append(recent, now)
	aside := len(s.reloads) > reloadsMax
	s.mu.Unlock()
	if aside {
		s.aside.Store(true)
		s.starting.Add(-1)
		e.o.Logger.Error("site set aside: it was loaded again too often", "site", string(s.id), "reloads", reloadsMax+1)
		return
	}
	e.flying.Add(1) // the engine is not idle before the site is back
	go func() {
		defer e.flying.Add(-1)
		for s.stepping[life%2].Load() > 0 {
			time.Sleep(time.Millisecond)
		}
		e.restoring.Add(1)
		defer e.restoring.Add(-1)
		err := e.startSite(s, life+1)
		if err != nil {
			e.setAside(s, life+1, err)
		}
		s.starting.Add(-1)
		if err == nil {
			err = e.restore(s, life+1)
		}
		if f := e.o.SiteLoaded; f != nil && err == nil && s.life.Load() == life+1 {
			f(s.id)
		}
	}()
}
