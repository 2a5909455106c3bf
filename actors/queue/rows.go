package queue

import (
	"fmt"

	"switchyard/actors/core"

	"switchyard/protocol"
)

// turnBlock is how many turns are promised at once, in a row that is handed over before the first of them
// leaves the queue. A start begins with the next block: a turn that a room has accepted is never given
// again, even if the room has closed and the crash took every other trace of it.
const turnBlock = 1024

// Rows: on acceptance the queue writes two small rows, the agent's last assignment and, for
// the sequential rule, the selector's cursor, each with its turn. What was only reserved is
// lost in a crash together with the offer.
func Rows(s *State, recs []protocol.Recorded) []protocol.Row {
	var rows []protocol.Row
	for _, rec := range recs {
		if e, ok := rec.Event.(*seatReserved); ok && e.turn%turnBlock == 1 {
			rows = append(rows, protocol.Row{ // of no account: the last turn that may have been given
				Kind: protocol.RowLast, Key: protocol.RowKey(s.Addr.Site, ""),
				Value: protocol.AppendTurn(nil, protocol.TurnRow{Turn: e.turn + turnBlock - 1}),
			})
		}
		e, ok := rec.Event.(*seatTaken)
		if !ok {
			continue
		}
		r := s.at(e.room)
		if r.ref == nil || r.holder < 0 || r.turn != e.turn {
			continue
		}
		id := s.agents[r.holder].id
		rows = append(rows, protocol.Row{
			Kind: protocol.RowLast, Key: protocol.RowKey(s.Addr.Site, string(id)),
			Value: protocol.AppendTurn(nil, protocol.TurnRow{Account: id, Turn: s.agents[r.holder].granted}),
		})
		if p := s.pool(r); p != nil && p.cursor.turn >= r.turn && p.cursor.account != "" {
			rows = append(rows, protocol.Row{
				Kind: protocol.RowCursor, Key: protocol.RowKey(s.Addr.Site, p.key),
				Value: protocol.AppendTurn(nil, protocol.TurnRow{Account: p.cursor.account, Turn: p.cursor.turn}),
			})
		}
	}
	return rows
}

// Rebuild makes the queue from the open-room rows and its own small rows; of two turns the
// higher one wins. Settings and accounts follow with the first command (Resumed), the agents'
// presence with their reports.
func Rebuild(a protocol.Address, read core.RowReader) (*State, error) {
	s := newState(a)
	prefix := protocol.RowKey(a.Site)
	turn := func(t uint64) { s.turn = max(s.turn, t) }
	err := read(protocol.RowLast, prefix, func(_, v []byte) error {
		row, err := protocol.DecodeTurn(v)
		s.lasts[row.Account] = row
		turn(row.Turn)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("last assignments: %w", err)
	}
	err = read(protocol.RowCursor, prefix, func(k, v []byte) error {
		row, err := protocol.DecodeTurn(v)
		if len(k) > len(prefix) {
			s.cursors[string(k[len(prefix):len(k)-1])] = row
		}
		turn(row.Turn)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("cursors: %w", err)
	}
	texts := protocol.Texts{}
	err = read(protocol.RowOpenRoom, prefix, func(_, v []byte) error {
		row, err := protocol.DecodeOpenRoomSeat(v, texts)
		if err != nil {
			return err
		}
		turn(row.Turn)
		s.place = max(s.place, row.Place)
		if row.State != protocol.Waiting && !row.State.Bound() {
			return nil // between question and answer: it asks again; with the bot: it has not asked
		}
		r := entry{waiter: &s.still}
		k, plain := keyOf(row.Room)
		r.no, r.ref = s.rooms.add(row.Room, k, plain)
		r.kind = s.asKind(kindKey{row.Category, row.Account})
		last := int32(-1)
		if row.LastAgent != "" {
			last = s.slotOf(row.LastAgent)
		}
		if waiting := row.State == protocol.Waiting; waiting || len(row.Missed) > 0 {
			s.waits(&r)
			r.requestedAt, r.place, r.lock, r.last = row.RequestedAt, row.Place, row.Lock, last
			r.priority = min(row.Priority, protocol.PriorityMax)
			for _, id := range row.Missed {
				x := s.rare(r)
				x.missed = append(x.missed, s.slotOf(id))
			}
			if waiting {
				s.lineUp(r)
				return nil
			}
		}
		r.holder, r.turn, r.assignment = s.slotOf(row.Holder), row.Turn, row.Assignment
		agent := &s.agents[r.holder]
		agent.load++
		agent.last = max(agent.last, row.Turn)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("open rooms: %w", err)
	}
	return s, nil
}
