package sim

import (
	"fmt"
	"slices"

	"switchyard/protocol"
)

// oneOpenRoom is about a customer's number, which never changes. Where two customers became one (17.2 step
// 6) the record has the open rooms of both, and gets no other one while it has any.
func oneOpenRoom() func(any) error {
	open := map[protocol.CustomerNo]protocol.RoomID{}
	of := map[protocol.RoomID]protocol.CustomerNo{}
	records := map[protocol.CustomerNo][]protocol.RoomID{}
	return func(x any) error {
		e, ok := x.(recorded)
		if !ok {
			return nil
		}
		id := protocol.RoomID(e.actor.ID)
		switch b := e.r.Event.(type) {
		case *protocol.RoomOpened:
			if other := open[b.Customer]; other != "" {
				return fmt.Errorf("%s opens %s while %s is open", b.Key, id, other)
			}
			open[b.Customer], of[id] = id, b.Customer
		case *protocol.RoomClosed:
			delete(open, of[id])
		case *protocol.CustomerSaved:
			k := &b.Customer
			if k.Merged != 0 { // what was its own is the other's now
				records[k.Merged] = slices.Concat(records[k.Merged], records[k.No])
				return nil
			}
			for _, r := range k.Open {
				if len(k.Open) > 1 && !slices.Contains(records[k.No], r) {
					return fmt.Errorf("%s gets %s beside %v", k.Key, r, k.Open)
				}
			}
			records[k.No] = k.Open
		}
		return nil
	}
}

// wholeMerges: after each entry of the directory a reader finds every key under the ID that it carries, and
// under no other one.
func wholeMerges() func(any) error {
	records := map[protocol.CustomerNo]protocol.Customer{}
	profiles := map[string]protocol.Profile{}
	var touched []protocol.CustomerNo
	var ids []string
	member := func(id string, no protocol.CustomerNo) (protocol.Member, bool) {
		for _, m := range profiles[id].Members {
			if m.No == no {
				return m, true
			}
		}
		return protocol.Member{}, false
	}
	return func(x any) error {
		switch x := x.(type) {
		case recorded:
			switch e := x.r.Event.(type) {
			case *protocol.CustomerSaved:
				records[e.Customer.No] = e.Customer
				touched = append(touched, e.Customer.No)
			case *protocol.SharedProfileSaved:
				profiles[e.Profile.ID] = e.Profile
				ids = append(ids, e.Profile.ID)
			}
		case handedOver:
			if x.actor.Kind != protocol.KindCustomer {
				return nil
			}
			for _, no := range touched {
				k := records[no]
				if k.Merged != 0 {
					continue
				}
				if m, ok := member(k.ID, no); !ok || m.Key != k.Key {
					return fmt.Errorf("%s carries the ID %q, whose keys are %+v", k.Key, k.ID, profiles[k.ID].Members)
				}
			}
			for _, id := range ids {
				for _, m := range profiles[id].Members {
					if k := records[m.No]; k.ID != id || k.Key != m.Key || k.Merged != 0 {
						return fmt.Errorf("%q lists %s, whose record says %q, %s, merged into %d", id, m.Key, k.ID, k.Key, k.Merged)
					}
				}
			}
			touched, ids = nil, nil
		}
		return nil
	}
}
