package protocol

// inboxRooms is the list of an agent's rooms as its snapshot has it.
type inboxRooms struct{ list []InboxRoom }

func (l *inboxRooms) code(c *coder) { codeList(c, 1, &l.list) }

func (r *InboxRoom) code(c *coder) {
	codeString(c, 1, &r.Room)
	codeUint(c, 2, &r.Assignment)
	codeUint(c, 3, &r.Cause)
	codeString(c, 4, &r.Title)
	codeUint(c, 5, &r.Channel)
	codeInt(c, 6, &r.Since)
}

// AppendInboxRooms appends an agent's rooms in stored form; DecodeInboxRooms reads them. Errors are ErrWire.
func AppendInboxRooms(dst []byte, rooms []InboxRoom) []byte {
	return encode(dst, &inboxRooms{rooms})
}

// DecodeInboxRooms is the way back of AppendInboxRooms.
func DecodeInboxRooms(b []byte) ([]InboxRoom, error) {
	var l inboxRooms
	err := decode(b, &l)
	return l.list, err
}
