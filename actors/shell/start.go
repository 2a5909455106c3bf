package shell

import (
	"fmt"
	"time"

	"switchyard/protocol"
)

// Start loads every site of the store: site, queue, agents, then the rooms' deadlines and what is
// still owed. It returns when all can be served. A site that cannot be loaded is set aside, for its
// neighbours' sake; the error is the list's.
func (e *Engine) Start() error {
	var ids []protocol.SiteID
	for shard := range len(e.indexes) {
		var after []byte
		for {
			n := 0
			err := e.o.Store.Rows(uint16(shard), protocol.RowSite, nil, after, page, func(k, _ []byte) error {
				n++
				after = append(after[:0:0], k...)
				ids = append(ids, protocol.SiteID(k[:len(k)-1]))
				return nil
			})
			if err != nil {
				return fmt.Errorf("list of sites: %w", err)
			}
			if n < page {
				break
			}
		}
	}
	for _, id := range ids {
		s := e.site(id)
		s.starting.Add(1)
		if err := e.startSite(s, s.life.Add(1)); err != nil {
			s.aside.Store(true)
			e.o.Logger.Error("site set aside: it cannot be loaded", "site", string(id), "error", err)
		}
		s.starting.Add(-1)
	}
	return nil
}

// startSite brings a life of a site to life, in the order in which its minds need one another. If that life
// ends meanwhile, nobody listens to what is told here.
func (e *Engine) startSite(s *site, life uint64) error {
	e.o.Store.WaitDurable(e.o.Store.Position())
	e.indexes[s.shard].Forget(s.id) // of an earlier life: they come again, from the rows and the minds
	e.barrier(protocol.SiteAt(s.id), life)
	facts := s.facts.Load()
	if facts == nil {
		return fmt.Errorf("the site's settings cannot be read")
	}
	// The queue reads its rows, the agents theirs, and the deadlines are armed, all at the same time. The queue's own mail comes
	// first in its mailbox, so it is loaded before an agent's report gets to it.
	loaded := []<-chan struct{}{e.reach(protocol.QueueAt(s.id), life)}
	for id := range facts.Accounts {
		loaded = append(loaded, e.reach(protocol.AgentAt(s.id, id), life))
	}
	prefix := protocol.RowKey(s.id)
	asking, err := e.armOpen(s, prefix)
	for _, done := range loaded {
		<-done
	}
	if err != nil {
		return fmt.Errorf("open rooms: %w", err)
	}
	e.barrier(protocol.QueueAt(s.id), life) // every agent has reported
	if err := e.tellOwed(s.id, prefix, life); err != nil {
		return fmt.Errorf("owed tells: %w", err)
	}
	for _, room := range asking {
		e.tell(protocol.RoomAt(s.id, room), protocol.Command{Body: protocol.Resumed{}}, life)
	}
	return nil
}

// armOpen arms the deadlines of the site's open rooms, and gives those that are between question and answer.
func (e *Engine) armOpen(s *site, prefix []byte) (asking []protocol.RoomID, err error) {
	err = e.rows(s.id, protocol.RowOpenRoom, prefix, func(_, v []byte) error {
		row, err := protocol.DecodeOpenRoomDue(v)
		if err != nil {
			return err
		}
		if row.Deadline != 0 {
			e.arm(s, protocol.RoomAt(s.id, row.Room), row.Deadline)
		}
		if row.State == 0 {
			asking = append(asking, row.Room)
		}
		return nil
	})
	return asking, err
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
}
