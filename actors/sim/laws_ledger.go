package sim

import (
	"fmt"
	"maps"
	"slices"

	"switchyard/protocol"
)

// chargedOnce: each key is charged once, for what a room or the site said before, and every entry follows
// from the one before it. A room tells at most once a billing day.
func chargedOnce() func(any) error {
	told := map[string][]int64{} // key -> what rooms said it costs
	entries := map[string]uint64{}
	days := map[protocol.Address]protocol.Date{}
	var number uint64
	var balance int64
	return func(x any) error {
		rec, ok := x.(recorded)
		if !ok {
			return nil
		}
		switch e := rec.r.Event.(type) {
		case *protocol.RoomCharged:
			if !days[rec.actor].Before(e.Day) {
				return fmt.Errorf("%s charges %s after %s", rec.actor.ID, e.Day, days[rec.actor])
			}
			days[rec.actor] = e.Day
			key := protocol.KakaoKey(e.Account, e.Key, e.Day)
			told[key] = append(told[key], -int64(e.Price))
		case *protocol.LedgerEntry:
			if was := entries[e.Key]; was != 0 {
				return fmt.Errorf("entries %d and %d are both %s", was, e.Number, e.Key)
			}
			if e.Kind == protocol.LedgerKakao && !slices.Contains(told[e.Key], e.Amount) {
				return fmt.Errorf("entry %d charges %d won for %s, the rooms said %v", e.Number, e.Amount, e.Key, told[e.Key])
			}
			left := balance
			if !e.Recorded {
				left += e.Amount
			}
			if e.Number != number+1 || e.Balance != left {
				return fmt.Errorf("entry %d leaves %d won, after entry %d and %+d there are %d", e.Number, e.Balance, number, e.Amount, left)
			}
			entries[e.Key], number, balance = e.Number, e.Number, e.Balance
		}
		return nil
	}
}

// auditLedger is the reconciliation: while nothing goes on, the Kakao entries of the ledger are exactly the
// charges of the rooms, one each customer, channel account and billing day, and the rows of the list
// are the entries.
func (w *World) auditLedger() error {
	rooms := maps.Clone(w.charged)
	for a, log := range w.logs {
		for _, r := range log {
			if e, ok := r.Event.(*protocol.RoomCharged); ok && a.Kind == protocol.KindRoom {
				rooms[protocol.KakaoKey(e.Account, e.Key, e.Day)] = true
			}
		}
	}
	var listed []uint64
	err := w.Rows(protocol.RowLedger, protocol.RowKey(w.Site), func(_, v []byte) error {
		e, err := protocol.DecodeLedgerEntry(v)
		listed = append(listed, e.Number)
		return err
	})
	if err != nil {
		return err
	}
	entries := 0
	for i, r := range w.logs[protocol.LedgerAt(w.Site)] {
		e := r.Event.(*protocol.LedgerEntry)
		if i >= len(listed) || listed[i] != e.Number {
			return fmt.Errorf("I-11: entry %d is not the %d-th of the list %v", e.Number, i+1, listed)
		}
		if e.Kind != protocol.LedgerKakao {
			continue
		}
		entries++
		if !rooms[e.Key] {
			return fmt.Errorf("I-11: entry %d is %s, which no room charged", e.Number, e.Key)
		}
	}
	if entries != len(rooms) {
		return fmt.Errorf("I-11: the rooms charged %d times, the ledger has %d entries", len(rooms), entries)
	}
	return nil
}
