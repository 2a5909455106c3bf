package protocol

// OpenRoomSeat is what a queue is made of at a start: an open-room row without what the queue does not ask for.
type OpenRoomSeat struct {
	Room        RoomID
	State       RoomState
	RequestedAt Instant
	Place       uint64
	Account     string
	Category    string
	Lock        bool
	Holder      AccountID
	Assignment  uint32
	Turn        uint64
	Priority    uint8
	Missed      []AccountID
	LastAgent   AccountID
}

func (r *OpenRoomSeat) code(c *coder) {
	texts := c.texts
	c.texts = nil // a room comes once
	codeString(c, 1, &r.Room)
	c.texts = texts
	codeUint(c, 2, &r.State)
	codeInt(c, 5, &r.RequestedAt)
	codeUint(c, 6, &r.Place)
	codeString(c, 8, &r.Account)
	codeString(c, 9, &r.Category)
	codeBool(c, 10, &r.Lock)
	codeString(c, 13, &r.Holder)
	codeUint(c, 14, &r.Assignment)
	codeUint(c, 15, &r.Turn)
	codeUint(c, 23, &r.Priority)
	codeStrings(c, 24, &r.Missed)
	codeString(c, 25, &r.LastAgent)
}

// DecodeOpenRoomSeat reads some fields of an open-room row; texts keeps what many rows share, nil = nothing. Errors are ErrWire.
func DecodeOpenRoomSeat(b []byte, texts Texts) (OpenRoomSeat, error) {
	var r OpenRoomSeat
	err := decodeTexts(Unmarked(b), &r, texts)
	return r, err
}
