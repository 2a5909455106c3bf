// Package customer is the mind of a site's customer directory: who a customer key
// is, which room of theirs is open (I-04), what their profile says. Its records
// are paged from the store; the state itself holds two counters.
package customer

import (
	"encoding/json"
	"fmt"

	"switchyard/actors/core"
	"switchyard/protocol"
)

// State is what the directory keeps in memory.
type State struct {
	Addr protocol.Address
	Log  core.Log
	Last protocol.CustomerNo // the number given last
	Room uint64              // the room number given last (방번호)
}

// Machine is the directory's mind. It does not fold its history: every entry carries the
// changed record as a row, and the counters as a snapshot.
var Machine = core.Machine[State]{
	Kind:          protocol.KindCustomer,
	New:           func(a protocol.Address) *State { return &State{Addr: a} },
	Log:           func(s *State) *core.Log { return &s.Log },
	Needs:         Needs,
	Decide:        Decide,
	Apply:         Apply,
	Rows:          Rows,
	Deadline:      func(*State) protocol.Instant { return 0 },
	Snapshot:      Snapshot,
	Restore:       Restore,
	SnapshotEvery: 1,
	Reloads:       true,
}

// Apply makes one event true.
func Apply(s *State, r protocol.Recorded) {
	s.Log.Took(r)
	if e, ok := r.Event.(*protocol.CustomerSaved); ok {
		s.Last = max(s.Last, e.Customer.No)
		s.Room = max(s.Room, e.Number)
	}
}

// Rows are the changed records, and for a new customer the way from its key to its number.
func Rows(s *State, recs []protocol.Recorded) []protocol.Row {
	var rows []protocol.Row
	for _, r := range recs {
		e, ok := r.Event.(*protocol.CustomerSaved)
		if !ok {
			continue
		}
		site := s.Addr.Site
		rows = append(rows,
			protocol.Row{Kind: protocol.RowCustomer, Key: protocol.CustomerRowKey(site, e.Customer.No), Value: protocol.AppendCustomer(nil, &e.Customer)},
			protocol.Row{Kind: protocol.RowCustomerKey, Key: protocol.CustomerKeyRowKey(site, e.Customer.Key), Value: protocol.AppendNo(nil, uint64(e.Customer.No))},
		)
	}
	return rows
}

// Snapshot and Restore turn the counters into bytes and back.
func Snapshot(s *State) []byte {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return b
}

// Restore reads a snapshot.
func Restore(a protocol.Address, b []byte) (*State, error) {
	s := &State{Addr: a}
	if err := json.Unmarshal(b, s); err != nil {
		return nil, fmt.Errorf("customer directory: %w", err)
	}
	return s, nil
}
