package shell

import (
	"errors"
	"fmt"

	"switchyard/protocol"
)

const (
	page    = 256  // events read at once, and owed tells that are on their way
	rowPage = 8192 // rows read at once: each read looks for its beginning anew
)

// load makes the state: from a snapshot and the events after it, or from rows; then it asks the
// mind what is still to do. Its past is durable: wake and reload see to that.
func (h *host[S]) load(c *protocol.Command) {
	h.e.o.Store.WaitDurable(h.lastPos)
	_, new := c.Body.(protocol.OpenRoom)
	s, err := h.read(new)
	if err != nil {
		h.broken = err
		h.e.o.Logger.Error("actor stands aside: its history cannot be read", "actor", h.slot.addr.String(), "error", err)
		if f := h.e.o.Observe.Violated; f != nil {
			f(h.slot.addr, fmt.Errorf("unreadable: %w", err))
		}
		return
	}
	h.s = s
	h.foundDue()
	n := h.m.Log(s).Number
	if h.m.Facts != nil {
		if f := h.m.Facts(s); f != nil {
			h.site.facts.Store(f)
			c.Facts = f
		}
	}
	if n == 0 && h.slot.addr.Kind == protocol.KindRoom {
		return // a new room: nothing can be owed
	}
	_, h.fired = c.Body.(protocol.DeadlineReached)
	h.step(&protocol.Command{
		Body: protocol.Resumed{}, Caller: protocol.Caller{Role: protocol.System, Site: h.slot.addr.Site},
		Chance: h.e.o.Chance(), Wall: c.Wall, Facts: c.Facts,
	})
	h.fired = false
	if h.s == nil {
		h.broken = errors.New("it cannot be resumed")
	}
}

// foundDue says what the index has of an actor that was loaded. A room that slept stands in it no later than its deadline: it
// was armed by the step that brought it, or at the start by its row. Of other actors, of one that lost
// its state, and of all while the site comes back, nothing is known, and the next step arms. (The row that is read later may say
// that there is no deadline, because a command of now has put it off.)
func (h *host[S]) foundDue() {
	h.due, h.guessed = 0, true
	if h.slot.addr.Kind == protocol.KindRoom && !h.woken && h.site.indexed.Load() == h.life {
		func() {
			defer func() { _ = recover() }() // a Deadline that panics does so again where that is dealt with
			h.due = h.m.Deadline(h.s)
			h.guessed = h.due != 0
		}()
	}
	h.woken = true
}

// read makes the state. new: the actor begins with this command (a room's name is given once, by chance), so there is
// nothing to look for.
func (h *host[S]) read(new bool) (s *S, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic while loading: %s\n%s", cause(p), stack())
		}
	}()
	a := h.slot.addr
	if h.m.Rebuild != nil {
		return h.m.Rebuild(a, h.rows)
	}
	s, h.shot = h.m.New(a), 0
	if new {
		return s, nil
	}
	if h.m.Restore != nil {
		b, err := h.e.row(a.Site, protocol.RowSnapshot, snapshotKey(a))
		if err == nil && len(b) > 0 {
			if r, err := h.restore(a, b); err == nil {
				s, h.shot = r, h.m.Log(r).Number
			} else if h.m.SnapshotEvery == 1 {
				return nil, fmt.Errorf("snapshot: %w", err) // here it is no cache
			}
		} else if err != nil && h.m.SnapshotEvery == 1 {
			return nil, fmt.Errorf("snapshot: %w", err)
		}
	}
	if err := h.covered(); err != nil {
		return nil, err
	}
	for {
		from, n := h.m.Log(s).Number+1, 0
		err := h.e.o.Store.EventsClosed(a, from, page, h.m.Blind, func(r protocol.Recorded) error {
			if want := from + uint64(n); r.Number != want {
				return fmt.Errorf("event %d follows event %d", r.Number, want-1)
			}
			h.m.Apply(s, r)
			n++
			return nil
		})
		if err != nil {
			return nil, err
		}
		if n > 0 && h.m.SnapshotEvery == 1 && h.m.Restore != nil {
			return nil, fmt.Errorf("snapshot: it ends at event %d, and the journal goes on", h.shot)
		}
		if n < page {
			return s, nil
		}
	}
}

// covered makes sure that the journal has the last event that the snapshot covers: behind a journal that lost its end, the
// snapshot would go on as if nothing were missing, and give numbers out again (F-27).
func (h *host[S]) covered() error {
	if h.shot == 0 {
		return nil
	}
	found := false
	all := func(protocol.EventCode) bool { return true }
	err := h.e.o.Store.EventsClosed(h.slot.addr, h.shot, 1, all, func(r protocol.Recorded) error { found = r.Number == h.shot; return nil })
	if err == nil && !found {
		err = fmt.Errorf("the snapshot is of event %d, which the journal does not have", h.shot)
	}
	return err
}

// restore reads a snapshot; one that makes the mind panic is as bad as one that it refuses.
func (h *host[S]) restore(a protocol.Address, b []byte) (s *S, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return h.m.Restore(a, b)
}

// rows reads all rows of a kind in pages: their facts, where they also name a customer.
func (e *Engine) rows(site protocol.SiteID, kind protocol.RowKind, prefix []byte, each func(k, v []byte) error) error {
	var after []byte
	for {
		n := 0
		err := e.o.Store.Rows(e.shard(site), kind, prefix, after, rowPage, func(k, v []byte) error {
			n++
			after = append(after[:0], k...)
			v, err := protocol.OpenWhole(kind, k, v, e.keys)
			if errors.Is(err, protocol.ErrErased) {
				return nil
			}
			if err != nil {
				return err
			}
			return each(k, v)
		})
		if err != nil || n < rowPage {
			return err
		}
	}
}
