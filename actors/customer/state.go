// Package customer is the mind of a site's customer directory: who a customer key
// is, which room of theirs is open (I-04), what their profile says. Its records
// are paged from the store; the state itself holds two counters.
//
// lookup.go says how a key leads to a record and a profile, arrive.go what an
// arrival does, merge.go what becomes of a key whose customer ID changes (17.2),
// edit.go what is written by hand.
package customer

import (
	"encoding/binary"
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
			if e.Customer.Merged == 0 && !hasKeyRow(e) {
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

// hasKeyRow says whether the customer's key has led to its number since an earlier save.
func hasKeyRow(e *protocol.CustomerSaved) bool {
	switch e.Why {
	case "closed":
		return true
	case "joined": // a customer that was erased while its arrival was on its way is another one now, with no rooms of its own
		return e.Customer.Rooms > 0
	case "started":
		return e.Customer.Rooms > 1
	}
	return false
}

// snapshotBinary is the first byte of a snapshot in varints. Earlier ones are JSON: as one is written with each step of the
// directory, making it was more than what the step had to say.
const snapshotBinary = 1

// Snapshot and Restore turn the counters into bytes and back.
func Snapshot(s *State) []byte {
	b := append(make([]byte, 0, 24), snapshotBinary)
	for _, n := range s.counters() {
		b = binary.AppendUvarint(b, *n)
	}
	return b
}

func (s *State) counters() [5]*uint64 {
	return [5]*uint64{&s.Log.Number, &s.Log.Desk, &s.Log.Room, (*uint64)(&s.Last), &s.Room}
}

// Restore reads a snapshot.
func Restore(a protocol.Address, b []byte) (*State, error) {
	s := &State{Addr: a}
	if len(b) == 0 || b[0] != snapshotBinary {
		if err := json.Unmarshal(b, s); err != nil {
			return nil, fmt.Errorf("customer directory: %w", err)
		}
		return s, nil
	}
	rest := b[1:]
	for _, n := range s.counters() {
		v, size := binary.Uvarint(rest)
		if size <= 0 {
			return nil, fmt.Errorf("customer directory: %w: a snapshot of %d bytes", protocol.ErrWire, len(b))
		}
		*n, rest = v, rest[size:]
	}
	if len(rest) > 0 {
		return nil, fmt.Errorf("customer directory: %w: %d bytes behind a snapshot", protocol.ErrWire, len(rest))
	}
	return s, nil
}
