// Package customer is the mind of a site's customer directory: who a customer key
// is, which room of theirs is open (I-04), what their profile says. Its records
// are paged from the store; the state itself holds two counters.
//
// lookup.go says how a key leads to a record and a profile, arrive.go what an
// arrival does, merge.go what becomes of a key whose customer ID changes (17.2),
// edit.go what is written by hand.
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
	Outside:       Outside,
	Snapshot:      Snapshot,
	Restore:       Restore,
	SnapshotEvery: 1,
	Reloads:       true,
	GivesKeys:     true,
}

// Apply makes one event true.
func Apply(s *State, r protocol.Recorded) {
	s.Log.Took(r)
	if e, ok := r.Event.(*protocol.CustomerSaved); ok {
		s.Last = max(s.Last, e.Customer.No)
		s.Room = max(s.Room, e.Number)
	}
}

// Rows are the changed records, the way from a key to its number, and what the keys of an ID share.
// A number that became another keeps its record, which leads there; so does a key that was renamed.
func Rows(s *State, recs []protocol.Recorded) []protocol.Row {
	var rows []protocol.Row
	site := s.Addr.Site
	for _, r := range recs {
		switch e := r.Event.(type) {
		case *protocol.CustomerSaved:
			rows = append(rows, protocol.Row{Kind: protocol.RowCustomer, Key: protocol.CustomerRowKey(site, e.Customer.No), Value: protocol.AppendCustomer(nil, &e.Customer)})
			if indexes(e.Why) {
				rows = append(rows, blockedRow(site, &e.Customer))
			}
			if e.Noted.ClientID != "" {
				rows = append(rows, startRows(site, e.Customer.No, &e.Noted)...)
			}
			if e.Customer.Merged == 0 {
				rows = append(rows, protocol.Row{Kind: protocol.RowCustomerKey, Key: protocol.CustomerKeyRowKey(site, e.Customer.Key), Value: protocol.AppendNo(nil, uint64(e.Customer.No))})
			}
		case *protocol.SharedProfileSaved:
			row := protocol.Row{Kind: protocol.RowProfile, Key: protocol.ProfileRowKey(site, e.Profile.ID)}
			if len(e.Profile.Members) > 0 {
				row.Value = protocol.AppendProfile(nil, &e.Profile)
			}
			rows = append(rows, row)
		case *protocol.CustomersIndexed:
			rows = append(rows, protocol.Row{Kind: e.Kind, Key: protocol.BlockedRowKey(site, 0), Value: protocol.AppendNo(nil, 1)})
		case *protocol.CustomerErased:
			rows = append(rows, erasedRows(site, r.At, e)...)
		case *protocol.ErasureFinished:
			rows = append(rows, finishedRows(site, r.At, e)...)
		case *protocol.FileSaved:
			rows = append(rows, fileRows(site, e)...)
		}
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
