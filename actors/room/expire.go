package room

import (
	"switchyard/actors/core"
	"switchyard/protocol"
)

// expire lets the room go whose period has passed (F-40). Nothing of an open room is ever touched, and of a closed one
// nothing before its time: the settings of now decide.
func expire(s *State, c protocol.Command, at protocol.Instant) (core.Step, error) {
	var step core.Step
	if !s.Exists() || c.Caller.Role != protocol.System {
		return step, protocol.Reject(protocol.NotFound, "no such room")
	}
	until := protocol.Instant(0)
	if s.ClosedAt != 0 {
		until = c.Facts.Settings.KeptUntil(s.ClosedAt)
	}
	if until == 0 || at < until {
		return step, protocol.Reject(protocol.Conflict, "the room is kept")
	}
	step.Forget = true
	step.Answer(c.Ticket, protocol.Done{})
	return step, nil
}

// Forget gives the rows of a room that goes: those that it wrote, and those of its files.
func Forget(s *State, read core.RowReader) ([]protocol.Row, error) {
	site, id := s.Addr.Site, s.id()
	rows := []protocol.Row{
		{Kind: protocol.RowClosedRoom, Key: protocol.ClosedRoomKey(site, s.ClosedAt, id)},
		{Kind: protocol.RowCustomerRoom, Key: protocol.HistoryRowKey(site, s.Customer, s.CreatedAt, id)},
		{Kind: protocol.RowRoomNumber, Key: protocol.RoomNumberRowKey(site, s.Number)},
		{Kind: protocol.RowStarted, Key: protocol.StartedKey(site, s.CreatedAt, id)},
		{Kind: protocol.RowFigures, Key: protocol.ClosedRoomKey(site, s.ClosedAt, id)},
	}
	for _, r := range s.Open {
		rows = append(rows, protocol.Row{Kind: protocol.RowRequest, Key: protocol.OpenRequestKey(site, id, r.Number)})
	}
	err := read(protocol.RowRoomFile, protocol.RoomFileKey(site, id, ""), func(key, _ []byte) error {
		rows = append(rows,
			protocol.Row{Kind: protocol.RowFile, Key: protocol.FileRowKey(site, protocol.RoomFileOf(site, id, key))},
			protocol.Row{Kind: protocol.RowRoomFile, Key: append([]byte(nil), key...)})
		return nil
	})
	return rows, err
}
