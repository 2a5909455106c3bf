package protocol

// OpenRoomDue is what a start needs of an open-room row to arm its deadline and to count it: the other fields stay bytes.
type OpenRoomDue struct {
	Room        RoomID
	State       RoomState
	RequestedAt Instant
	Channel     Channel
	Deadline    Instant
}

func (r *OpenRoomDue) code(c *coder) {
	codeString(c, 1, &r.Room)
	codeUint(c, 2, &r.State)
	codeInt(c, 5, &r.RequestedAt)
	codeUint(c, 7, &r.Channel)
	codeInt(c, 16, &r.Deadline)
}

// DecodeOpenRoomDue reads some fields of an open-room row. Errors are ErrWire.
func DecodeOpenRoomDue(b []byte) (OpenRoomDue, error) {
	var r OpenRoomDue
	err := decode(Unmarked(b), &r)
	return r, err
}
