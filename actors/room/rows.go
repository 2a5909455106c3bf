package room

import (
	"slices"

	"switchyard/protocol"
)

// noteRow decides whether the event changes what the open-room row says. Messages do not,
// unless they change the state, bring the deadline forward (the row's deadline may be early, never
// late), or take the last word of a room that somebody holds.
func (s *State) noteRow(r protocol.Recorded, before protocol.RoomState, asked protocol.Instant) {
	changes := s.State != before || s.State.Bound() && (s.Asked == 0) != (asked == 0)
	switch r.Event.(type) {
	case *protocol.RoomOpened, *protocol.RoomQueued, *protocol.RoomAssigned, *protocol.ProfileSaved,
		*protocol.RoomClosed, *protocol.RoomMetaSet, *protocol.OfferMissed, *protocol.RoomRated, *protocol.RoomJoined,
		*protocol.AgentRequested:
		changes = true
	}
	d := Deadline(s)
	if d != 0 && (s.RowDeadline == 0 || d < s.RowDeadline) {
		changes = true
	}
	if changes {
		s.RowDeadline, s.RowNumber = d, r.Number
	}
}

// rowsMost is how many rows a room writes when it begins and when it closes, with those that it owes then.
const rowsMost = 8

// Rows keeps the open-room row as long as the room is open, and leaves a summary when it closes.
func Rows(s *State, recs []protocol.Recorded) []protocol.Row {
	if len(recs) == 0 {
		return nil
	}
	rows := s.requestRows(recs)
	if s.RowNumber < recs[0].Number {
		return rows
	}
	history := protocol.Row{Kind: protocol.RowCustomerRoom, Key: protocol.HistoryRowKey(s.Addr.Site, s.Customer, s.CreatedAt, s.id()), Value: []byte{}}
	_, opened := recs[0].Event.(*protocol.RoomOpened)
	if rows == nil && (opened || s.ClosedAt != 0) {
		rows = make([]protocol.Row, 0, rowsMost)
	}
	if opened {
		rows = append(rows, history, s.startedRow(), protocol.Row{
			Kind: protocol.RowRoomNumber, Key: protocol.RoomNumberRowKey(s.Addr.Site, s.Number), Value: []byte(s.id()),
		})
	}
	key := protocol.OpenRoomKey(s.Addr.Site, s.id())
	if s.ClosedAt == 0 {
		row := s.row()
		return append(rows, protocol.Row{Kind: protocol.RowOpenRoom, Key: key, Value: protocol.AppendOpenRoom(nil, &row)})
	}
	closed := protocol.ClosedRoomRow{
		Room: s.id(), State: s.State, Channel: s.Channel, Account: s.ChannelAccount, Category: s.Category,
		Customer: s.Customer, Key: s.Key, CreatedAt: s.CreatedAt, RequestedAt: s.RequestedAt, ClosedAt: s.ClosedAt,
		Actor: s.EndActor, Reason: s.Reason, Rejected: s.Rejected, Agent: s.Holder, Assignments: s.Assignment, Answered: s.Answered,
		AgentColumn: s.agentColumn(), Number: s.Number, Category3: s.Category3, Title: s.Title,
		Score: s.Score, Seal: s.Seal,
	}
	history.Value = protocol.AppendHistory(nil, &protocol.HistoryRow{Closed: closed, Memos: s.Memos})
	if slices.ContainsFunc(recs, func(r protocol.Recorded) bool { return r.Event.EventCode() == protocol.CodeRoomClosed }) {
		rows = append(rows, s.startedRow(), s.figuresRow()) // a rating, which comes later, changes neither
	}
	return append(rows, history,
		protocol.Row{Kind: protocol.RowOpenRoom, Key: key},
		protocol.Row{Kind: protocol.RowClosedRoom, Key: protocol.ClosedRoomKey(s.Addr.Site, s.ClosedAt, s.id()), Value: protocol.AppendClosedRoom(nil, &closed)})
}

func (s *State) row() protocol.OpenRoomRow {
	return protocol.OpenRoomRow{
		Room: s.id(), State: s.State, Since: s.Since, CreatedAt: s.CreatedAt, RequestedAt: s.RequestedAt, Place: s.Place,
		Channel: s.Channel, Account: s.ChannelAccount, Category: s.Category, Lock: s.Lock, Refuse: s.Refuse, Need: s.Need,
		Holder: s.Holder, Assignment: s.Assignment, Turn: s.Turn, Deadline: s.RowDeadline, Customer: s.Customer, Key: s.Key, Hold: s.Hold,
		Number: s.Number, Priority: s.Priority, LastAgent: s.LastAgent, Missed: s.Missed, Joined: s.Joined, Unanswered: s.Asked, Seal: s.Seal,
	}
}

// startedRow keeps the room in the list of its day of start.
func (s *State) startedRow() protocol.Row {
	r := protocol.StartedRow{Channel: s.Channel}
	if s.ClosedAt != 0 {
		r.ClosedAt, r.State, r.Actor, r.Rejected, r.Bot = s.ClosedAt, s.State, s.EndActor, s.Rejected, s.Bot != ""
		r.Agent, r.Category = s.Holder, s.Category
	}
	return protocol.Row{Kind: protocol.RowStarted, Key: protocol.StartedKey(s.Addr.Site, s.CreatedAt, s.id()), Value: protocol.AppendStarted(nil, &r)}
}

// figuresRow is what reports are made of: the room's account, finished.
func (s *State) figuresRow() protocol.Row {
	f := protocol.Figures{
		State: s.State, Channel: s.Channel, Category: s.Category, Customer: s.Customer, CreatedAt: s.CreatedAt, RequestedAt: s.RequestedAt,
		ClosedAt: s.ClosedAt, Actor: s.EndActor, Rejected: s.Rejected, Answered: s.Answered, Bot: s.Bot,
	}
	if k := s.Figures; k != nil {
		f.Last, f.Segments, f.Moves = k.Last, k.Segments, k.Moves
	}
	return protocol.Row{Kind: protocol.RowFigures, Key: protocol.ClosedRoomKey(s.Addr.Site, s.ClosedAt, s.id()), Value: protocol.AppendFigures(nil, &f)}
}
