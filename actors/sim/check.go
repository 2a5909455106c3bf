package sim

import (
	"fmt"
	"slices"

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
	open := map[protocol.CustomerNo]protocol.RoomID{}
	for a, b := range w.bodies {
		v, ok := b.(*value[room.State])
		if !ok {
			continue
		}
		if err := v.check(); err != nil {
			return fmt.Errorf("%s: %w", a, err)
		}
		if err := replays(v, w.logs[a]); err != nil {
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
		if other, twice := open[s.Customer]; twice {
			return fmt.Errorf("I-04: %s has two open rooms, %s and %s", s.Key, other, id)
		}
		open[s.Customer] = id
		seat, known := seats[id]
		switch {
		case s.State == protocol.Bot && known:
			return fmt.Errorf("S-05: %s is with the bot, and the queue has it already", id)
		case s.State == protocol.Bot: // it has not asked
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
	if err := w.auditLedger(); err != nil {
		return err
	}
	return w.auditCustomers(open)
}

// auditCustomers: the directory's open rooms are those that are open (I-04); two only where two
// customers became one (17.2 step 6), and never more than one of each. The count of an ID's history
// is that of its keys, and at most 50 keys have it (K-08, R-209).
func (w *World) auditCustomers(open map[protocol.CustomerNo]protocol.RoomID) error {
	if _, ok := w.bodies[protocol.CustomersAt(w.Site)].(*value[customer.State]); !ok {
		return nil
	}
	records := map[protocol.CustomerNo]*protocol.Customer{}
	err := w.Rows(protocol.RowCustomer, protocol.RowKey(w.Site), func(_, v []byte) error {
		k, err := protocol.DecodeCustomer(v)
		if err == nil && k.Merged == 0 {
			records[k.No] = k
		}
		return err
	})
	if err != nil {
		return err
	}
	return w.Rows(protocol.RowProfile, protocol.RowKey(w.Site), func(_, v []byte) error {
		p, err := protocol.DecodeProfile(v)
		if err != nil {
			return err
		}
		rooms := uint64(0)
		for _, m := range p.Members {
			k := records[m.No]
			if k == nil || k.ID != p.ID || k.Key != m.Key {
				return fmt.Errorf("K-05: %s is a member of %q, and its record says %+v", m.Key, p.ID, k)
			}
			rooms += k.Rooms
			var of []protocol.RoomID
			for _, no := range append([]protocol.CustomerNo{m.No}, m.Also...) {
				if r, ok := open[no]; ok {
					of = append(of, r)
				}
			}
			slices.Sort(of)
			if known := slices.Sorted(slices.Values(k.Open)); !slices.Equal(known, of) {
				return fmt.Errorf("I-04: the directory says %s has %q open, they are %q", k.Key, known, of)
			}
		}
		if rooms != p.Rooms || len(p.Members) > 50 {
			return fmt.Errorf("R-209: %q counts %d rooms, its %d keys have %d", p.ID, p.Rooms, len(p.Members), rooms)
		}
		return nil
	})
}

// replays: replaying the log gives the state (I-06).
func replays[S any](v *value[S], log []protocol.Recorded) error {
	if v.m.Snapshot == nil || v.m.Rebuild != nil {
		return nil
	}
	s := v.m.New(v.addr)
	for _, r := range log {
		v.m.Apply(s, r)
	}
	if live, replayed := string(v.m.Snapshot(v.s)), string(v.m.Snapshot(s)); live != replayed {
		return fmt.Errorf("I-06: %s lives as\n%s\nand replays as\n%s", v.addr, live, replayed)
	}
	return nil
}
