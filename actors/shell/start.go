package shell

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"switchyard/protocol"
)

// Start brings the sites back that the store has, and returns as soon as they are served: their settings are there, and
// what is owed has been told. That is proportional to sites, not to agents and rooms, which follow on goroutines of the
// engine (restore); Restored says when the last of them is there. A site that cannot be loaded is set aside, for its neighbours'
// sake; the error is the list's.
//
// Meanwhile a command to a room, an agent or the directory is done at once: the actor is loaded as one that slept. Only the queue's
// mail waits (gate), since it must not assign before it knows every room and every agent.
func (e *Engine) Start() error {
	ids, err := e.list()
	if err != nil {
		close(e.restored)
		return fmt.Errorf("list of sites: %w", err)
	}
	e.each(ids, func(id protocol.SiteID) {
		s := e.site(id)
		s.starting.Add(1)
		e.restoring.Add(1)
		s.life.Store(firstLife)
		if err := e.startSite(s, firstLife); err != nil {
			e.setAside(s, firstLife, err)
			e.restoring.Add(-1)
		}
		s.starting.Add(-1)
	})
	e.flying.Add(1) // the engine is not idle before everything is back
	go func() {
		defer e.flying.Add(-1)
		defer close(e.restored)
		e.each(ids, func(id protocol.SiteID) {
			if s := e.site(id); !s.aside.Load() {
				_ = e.restore(s, firstLife) // told, and the site set aside
				e.restoring.Add(-1)
			}
		})
	}()
	return nil
}

// firstLife of a site that the store has; one that is made later has life 0.
const firstLife = 1

// Restored is closed when every room, agent and deadline of a start is back.
func (e *Engine) Restored() <-chan struct{} { return e.restored }

// Restoring is how many sites are served while their agents, their queue or their deadlines are still coming back.
func (e *Engine) Restoring() int { return int(e.restoring.Load()) }

// list gives the sites of the store.
func (e *Engine) list() (ids []protocol.SiteID, err error) {
	for shard := range len(e.indexes) {
		var after []byte
		for n := page; n == page; {
			n = 0
			err := e.o.Store.Rows(uint16(shard), protocol.RowSite, nil, after, page, func(k, _ []byte) error {
				n++
				after = append(after[:0:0], k...)
				ids = append(ids, protocol.SiteID(k[:len(k)-1]))
				return nil
			})
			if err != nil {
				return nil, err
			}
		}
	}
	return ids, nil
}

// each does something for every site, for a few at a time: one that takes long holds up nobody else.
func (e *Engine) each(ids []protocol.SiteID, do func(protocol.SiteID)) {
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(len(ids), max(2, runtime.GOMAXPROCS(0))) {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(ids); i = int(next.Add(1)) - 1 {
				do(ids[i])
			}
		})
	}
	all.Wait()
}

// startSite is what must be there before a life of a site is served: its settings, and what is owed, so that nothing
// new from the same sender comes before it. If that life ends meanwhile, nobody listens to what is told here.
func (e *Engine) startSite(s *site, life uint64) error {
	e.o.Store.WaitDurable(e.o.Store.Position())
	s.gate.shut(life)
	e.indexes[s.shard].Forget(s.id) // of an earlier life: they come again, from the rows and the minds
	e.barrier(protocol.SiteAt(s.id), life)
	if s.facts.Load() == nil {
		return errors.New("the site's settings cannot be read")
	}
	if err := e.tellOwed(s.id, protocol.RowKey(s.id), life); err != nil {
		return fmt.Errorf("owed tells: %w", err)
	}
	return nil
}

// restore brings back what a served site does without for a moment: the queue reads its rows, the agents theirs, and the deadlines of
// rooms that sleep are armed, all at the same time. Then the queue's mail is let in.
func (e *Engine) restore(s *site, life uint64) (err error) {
	defer func() {
		if err != nil {
			e.setAside(s, life, err)
		}
	}()
	// The queue's own mail comes first in its mailbox, so it is loaded before an agent's report gets to it.
	w := &sweep{e: e, site: s, life: life}
	s.sweep.Store(w)
	queue := e.reach(protocol.QueueAt(s.id), life)
	var loaded []<-chan struct{}
	for id := range s.facts.Load().Accounts {
		loaded = append(loaded, e.reach(protocol.AgentAt(s.id, id), life))
	}
	<-queue
	s.sweep.Store(nil)
	if err = w.run(); err != nil {
		err = fmt.Errorf("open rooms: %w", err)
	} else {
		w.arm()
	}
	// A room between question and answer asks again, before those that came since.
	for _, room := range w.asking {
		e.tell(protocol.RoomAt(s.id, room), protocol.Command{Body: protocol.Resumed{}}, life)
		loaded = append(loaded, e.reach(protocol.RoomAt(s.id, room), life))
	}
	for _, done := range loaded {
		<-done
	}
	e.barrier(protocol.QueueAt(s.id), life) // every agent has reported
	if err == nil {
		e.letIn(s, life)
	}
	return err
}

var errStopped = errors.New("the engine was stopped while the site came back")

// setAside ends a site that cannot be loaded: nothing is served.
func (e *Engine) setAside(s *site, life uint64, err error) {
	s.aside.Store(true)
	if !errors.Is(err, errStopped) {
		e.o.Logger.Error("site set aside: it cannot be loaded", "site", string(s.id), "error", err)
	}
	for _, m := range s.gate.open(life, nil) {
		e.answerLater(m.c.Ticket, nil, protocol.Reject(protocol.Unavailable, "the site is not being served"))
		e.flying.Add(-1)
		m.free()
	}
}

// sweep is one pass over the rows of a site's open rooms: it gathers their deadlines and those that are between question and answer, and
// tells of them. The queue makes itself of the same rows, and lends its pass (host.rows).
type sweep struct {
	e      *Engine
	site   *site
	life   uint64
	lent   bool // the queue reads for it
	whole  bool // every row was seen
	due    []Sleeper
	asking []protocol.RoomID
	found  []protocol.OpenRoomDue // not told yet
}

// row sees a row.
func (w *sweep) row(_, v []byte) error {
	row, err := protocol.DecodeOpenRoomDue(v)
	if err != nil {
		return err
	}
	if row.Deadline != 0 {
		w.due = append(w.due, Sleeper{Room: row.Room, At: row.Deadline})
	}
	if row.State == 0 {
		w.asking = append(w.asking, row.Room)
	}
	if w.e.o.Observe.Open != nil {
		if w.found = append(w.found, row); len(w.found) == page {
			w.tell()
		}
	}
	return nil
}

func (w *sweep) tell() {
	if len(w.found) > 0 {
		w.e.o.Observe.Open(w.site.id, w.found)
	}
	w.found = w.found[:0]
}

// run makes the pass, if the queue's was not one.
func (w *sweep) run() error {
	if w.whole {
		return nil
	}
	w.due, w.asking, w.found = nil, nil, nil
	err := w.e.rows(w.site.id, protocol.RowOpenRoom, protocol.RowKey(w.site.id), func(k, v []byte) error {
		if w.e.stopped.Load() { // not in the queue's pass: a queue that could not be read is one that is damaged
			return errStopped
		}
		return w.row(k, v)
	})
	w.whole = err == nil
	return err
}

// arm ends it: all deadlines are armed at once, so that those that have passed fire in their order.
func (w *sweep) arm() {
	w.tell()
	if w.site.life.Load() != w.life {
		return
	}
	w.e.indexes[w.site.shard].ArmAll(w.site.id, w.due)
	// Rooms that are loaded from here on stand in the index by their rows; one that was loaded before armed itself (foundDue).
	w.site.indexed.Store(w.life)
}

// rows is the engine's for a mind that makes itself of them: the sweep of its site sees what it sees.
func (h *host[S]) rows(kind protocol.RowKind, prefix []byte, each func(k, v []byte) error) error {
	site := h.slot.addr.Site
	w := h.site.sweep.Load()
	if w == nil || w.lent || w.life != h.life || kind != protocol.RowOpenRoom || !bytes.Equal(prefix, protocol.RowKey(site)) {
		return h.e.rows(site, kind, prefix, each)
	}
	w.lent = true
	err := h.e.rows(site, kind, prefix, func(k, v []byte) error {
		if err := w.row(k, v); err != nil {
			return err
		}
		return each(k, v)
	})
	w.whole = err == nil
	return err
}

// tellOwed tells again what a crash may have lost; the receiver's entry deletes the row. Paced by
// the disk: at most a page is on its way.
func (e *Engine) tellOwed(id protocol.SiteID, prefix []byte, life uint64) error {
	n := 0
	return e.rows(id, protocol.RowOwed, prefix, func(k, v []byte) error {
		to, body, err := protocol.DecodeOwed(v)
		if err != nil {
			return err
		}
		e.tell(to, protocol.Command{Body: body, OwedRow: append([]byte(nil), k...)}, life)
		if n++; n%page == 0 {
			e.o.Store.WaitDurable(e.o.Store.Position())
		}
		return nil
	})
}

// barrier loads an actor and waits until it has handled everything sent to it so far.
func (e *Engine) barrier(a protocol.Address, life uint64) { <-e.reach(a, life) }

// reach does the same without waiting: the channel is closed then.
func (e *Engine) reach(a protocol.Address, life uint64) <-chan struct{} {
	done := make(chan struct{})
	e.send(a, protocol.Command{Body: reached{done}, Caller: protocol.Caller{Role: protocol.System, Site: a.Site}}, life)
	return done
}

// reached is the shell's own command of barrier; no mind sees it.
type reached struct{ done chan struct{} }

func (reached) CommandName() string { return "barrier" }

// Stop lets every actor handle its mail, takes snapshots while time is left, and waits until
// everything is durable. Nothing is asked any more from here on.
func (e *Engine) Stop(within time.Duration) {
	e.stopped.Store(true)
	until := time.Now().Add(within)
	for e.flying.Load() > 0 && time.Now().Before(until) {
		time.Sleep(time.Millisecond)
	}
	for i := range e.stripes {
		st := &e.stripes[i]
		st.mu.Lock()
		for _, sl := range st.slots {
			if sl.pid != nil {
				e.system.Root.Send(sl.pid, leave{})
			}
		}
		st.mu.Unlock()
	}
	for e.resident.Load() > 0 && time.Now().Before(until) {
		time.Sleep(time.Millisecond)
	}
	e.o.Store.WaitDurable(e.o.Store.Position())
	e.workers.stop()
}
