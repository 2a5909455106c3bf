package sim

import (
	"fmt"

	"switchyard/actors/customer"
	"switchyard/actors/queue"
	"switchyard/actors/room"
	"switchyard/protocol"
)

// Audit checks, while nothing goes on, what no single mind can see.
func (w *World) Audit() error {
	if w.failed != nil {
		return w.failed
	}
	q, ok := w.bodies[protocol.QueueAt(w.Site)].(*value[queue.State])
	if !ok {
		return nil
	}
	if err := queue.Audit(q.s); err != nil {
		return fmt.Errorf("queue: %w", err)
	}
	seats := queue.Seats(q.s)
	open := map[protocol.CustomerKey]protocol.RoomID{}
	for a, b := range w.bodies {
		v, ok := b.(*value[room.State])
		if !ok {
			continue
		}
		if err := v.check(); err != nil {
			return fmt.Errorf("%s: %w", a, err)
		}
		if err := sameAsReplay(w, v); err != nil {
			return err
		}
		s, id := v.s, protocol.RoomID(a.ID)
		if !s.Exists() || s.ClosedAt != 0 {
			if seat, known := seats[id]; known {
				return fmt.Errorf("I-01: %s is closed, and the queue has it at %q", id, seat.Holder)
			}
			continue
		}
		if s.Asking() {
			return fmt.Errorf("P-8: %s was never answered", id)
		}
		if other, twice := open[s.Key]; twice {
			return fmt.Errorf("I-04: %s has two open rooms, %s and %s", s.Key, other, id)
		}
		open[s.Key] = id
		seat, known := seats[id]
		switch {
		case !known:
			return fmt.Errorf("I-01: %s is %s, and the queue does not know it", id, s.State)
		case seat.Holder != s.Holder:
			return fmt.Errorf("I-01: %s is held by %q, the queue says %q", id, s.Holder, seat.Holder)
		case seat.Waiting != (s.State == protocol.Waiting):
			return fmt.Errorf("%s is %s, in the queue's line: %v", id, s.State, seat.Waiting)
		case seat.Waiting && seat.Locked != s.Lock:
			return fmt.Errorf("7.3: %s locked: %v, the queue says %v", id, s.Lock, seat.Locked)
		}
		delete(seats, id)
	}
	for id := range seats {
		return fmt.Errorf("the queue has %s, which nobody knows", id)
	}
	return w.auditCustomers(open)
}

// auditCustomers: the directory's open room is the room that is open (I-04).
func (w *World) auditCustomers(open map[protocol.CustomerKey]protocol.RoomID) error {
	if _, ok := w.bodies[protocol.CustomersAt(w.Site)].(*value[customer.State]); !ok {
		return nil
	}
	return w.Rows(protocol.RowCustomer, protocol.RowKey(w.Site), func(_, v []byte) error {
		k, err := protocol.DecodeCustomer(v)
		if err != nil {
			return err
		}
		if k.Open != open[k.Key] {
			return fmt.Errorf("I-04: the directory says %s has %q open, it is %q", k.Key, k.Open, open[k.Key])
		}
		return nil
	})
}

// sameAsReplay: replaying the log gives the state (I-06).
func sameAsReplay(w *World, v *value[room.State]) error {
	s := v.m.New(v.addr)
	for _, r := range w.logs[v.addr] {
		v.m.Apply(s, r)
	}
	if live, replayed := string(v.m.Snapshot(v.s)), string(v.m.Snapshot(s)); live != replayed {
		return fmt.Errorf("I-06: %s lives as\n%s\nand replays as\n%s", v.addr, live, replayed)
	}
	return nil
}
