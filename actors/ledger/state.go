// Package ledger is the mind of a site's TalkCash (domain 19): what was paid in, what was
// spent, and that each thing is charged once (I-11). Rooms owe it the charges of 19.2, the
// site owes it the account fee of each month, and what is sent outside is posted here first.
//
// Its memory is a few numbers. Whether something was charged before is in a row per key, which
// Needs names. decide.go says what is charged and what is refused.
package ledger

import (
	"encoding/json"
	"fmt"

	"switchyard/actors/core"
	"switchyard/protocol"
)

// State is what the ledger keeps in memory. All amounts are won.
type State struct {
	Addr     protocol.Address
	Log      core.Log
	Number   uint64 // of the last entry
	Balance  int64
	In       int64 // paid in so far
	Out      int64 // deducted so far
	Recorded int64 // written down and not deducted (POSTPAID)
	Wrong    error `json:"-"` // what an entry said that the ones before it do not
}

// Machine is the ledger's mind.
var Machine = core.Machine[State]{
	Kind:     protocol.KindLedger,
	New:      func(a protocol.Address) *State { return &State{Addr: a} },
	Log:      func(s *State) *core.Log { return &s.Log },
	Needs:    Needs,
	Decide:   Decide,
	Apply:    Apply,
	Rows:     Rows,
	Deadline: func(*State) protocol.Instant { return 0 },
	Check:    Check,
	Outside:  Outside,
	Snapshot: Snapshot,
	Restore:  Restore,
	Reloads:  true,
}

// Apply makes one event true.
func Apply(s *State, r protocol.Recorded) {
	s.Log.Took(r)
	e, ok := r.Event.(*protocol.LedgerEntry)
	if !ok {
		return
	}
	if e.Number != s.Number+1 {
		s.Wrong = fmt.Errorf("I-11: entry %d follows entry %d", e.Number, s.Number)
	}
	s.Number = e.Number
	switch {
	case e.Recorded:
		s.Recorded -= e.Amount
	case e.Amount > 0:
		s.In += e.Amount
		s.Balance += e.Amount
	default:
		s.Out -= e.Amount
		s.Balance += e.Amount
	}
	if e.Balance != s.Balance {
		s.Wrong = fmt.Errorf("I-11: entry %d says that %d won are left, they are %d", e.Number, e.Balance, s.Balance)
	}
}

// Rows are each entry twice: by time, for lists, and by its key, so that it is written once.
func Rows(s *State, recs []protocol.Recorded) []protocol.Row {
	var rows []protocol.Row
	for _, r := range recs {
		if e, ok := r.Event.(*protocol.LedgerEntry); ok {
			v := protocol.AppendLedgerEntry(nil, e)
			ref := protocol.LedgerKeyRef(s.Addr.Site, e.Key)
			rows = append(rows,
				protocol.Row{Kind: protocol.RowLedger, Key: protocol.LedgerRowKey(s.Addr.Site, r.At, e.Number), Value: v},
				protocol.Row{Kind: ref.Row, Key: []byte(ref.Key), Value: v})
		}
	}
	return rows
}

// Check says whether the state is one that may exist: what is left is what came in less what went out.
func Check(s *State) error {
	if s.Wrong != nil {
		return s.Wrong
	}
	if s.Balance != s.In-s.Out {
		return fmt.Errorf("I-11: %d won came in, %d went out, and %d are left", s.In, s.Out, s.Balance)
	}
	return nil
}

// Snapshot and Restore turn the numbers into bytes and back.
func Snapshot(s *State) []byte {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // plain values
	}
	return b
}

// Restore reads a snapshot.
func Restore(a protocol.Address, b []byte) (*State, error) {
	s := &State{Addr: a}
	if err := json.Unmarshal(b, s); err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	return s, nil
}
