package protocol

import "encoding/binary"

// OpenRoomRow is what can be known of an open room without waking it: enough to
// make the queue and the deadlines at a start, to list rooms, and to authorise a
// resume. It is rewritten when state, holder, lock or line changes, or when the last word of a held
// room goes to the other side, not per message; its deadline may be early.
type OpenRoomRow struct {
	Room        RoomID
	State       RoomState // 0 while it is between question and answer
	Since       Instant   // of the state
	CreatedAt   Instant
	RequestedAt Instant
	Place       uint64 // the request's place in the site's order of requests
	Channel     Channel
	Account     string // channel account
	Category    string
	Lock        bool
	Refuse      bool
	Need        bool // asked with a needed profile
	Holder      AccountID
	Assignment  uint32
	Turn        uint64
	Deadline    Instant
	Customer    CustomerNo
	Key         CustomerKey
	Hold        bool
	Number      uint64        // 방번호
	Priority    uint8         // class in the line
	LastAgent   AccountID     // of the customer's last consultation
	Missed      []AccountID   // who had it offered and did not accept
	Joined      []CustomerKey // keys that came to the room later, and own it as Key does
	Unanswered  Instant       // of the first customer message behind the agent's last word; 0 = the agent has it
	Seal        uint64        // number of the customer's key: with it Key and Joined are sealed; 0 = they are not
}

func (r *OpenRoomRow) code(c *coder) {
	codeString(c, 1, &r.Room)
	codeUint(c, 2, &r.State)
	codeInt(c, 3, &r.Since)
	codeInt(c, 4, &r.CreatedAt)
	codeInt(c, 5, &r.RequestedAt)
	codeUint(c, 6, &r.Place)
	codeUint(c, 7, &r.Channel)
	codeString(c, 8, &r.Account)
	codeString(c, 9, &r.Category)
	codeBool(c, 10, &r.Lock)
	codeBool(c, 11, &r.Refuse)
	codeBool(c, 12, &r.Need)
	codeString(c, 13, &r.Holder)
	codeUint(c, 14, &r.Assignment)
	codeUint(c, 15, &r.Turn)
	codeInt(c, 16, &r.Deadline)
	codeUint(c, 17, &r.Customer)
	codeOld(c, 18, &r.Key)
	codeBool(c, 19, &r.Hold)
	codeUint(c, 21, &r.Number)
	codeOlds(c, 22, &r.Joined)
	codeUint(c, 23, &r.Priority)
	codeStrings(c, 24, &r.Missed)
	codeString(c, 25, &r.LastAgent)
	codeInt(c, 26, &r.Unanswered)
	codeUint(c, 27, &r.Seal)
	codePersonal(c, 40, &r.Key)
	c.personal(func() { codeStrings(c, 41, &r.Joined) })
}

// AppendOpenRoom and DecodeOpenRoom are the row's value.
func AppendOpenRoom(dst []byte, r *OpenRoomRow) []byte { return encodeRow(dst, r, r.Seal) }

// DecodeOpenRoom reads an open-room row; one that was not opened is without Key and Joined. Errors are ErrWire.
func DecodeOpenRoom(b []byte) (OpenRoomRow, error) {
	var r OpenRoomRow
	err := decode(Unmarked(b), &r)
	return r, err
}

// OpenRoomKey is the key of an open room's row.
func OpenRoomKey(site SiteID, room RoomID) []byte { return RowKey(site, string(room)) }

// ClosedRoomRow is the summary of a closed room, from which lists and reports are made.
type ClosedRoomRow struct {
	Room        RoomID
	State       RoomState
	Channel     Channel
	Account     string
	Category    string
	Customer    CustomerNo
	Key         CustomerKey
	CreatedAt   Instant
	RequestedAt Instant
	ClosedAt    Instant
	Actor       EndActor
	Reason      EndReason
	Rejected    bool
	Agent       AccountID // the last holder
	Assignments uint32
	Answered    bool   // at least one agent response
	AgentColumn string // who held it, as the history shows it (domain 18.4)
	Number      uint64 // 방번호
	Category3   string
	Title       string
	Score       uint8  // of the customer's rating, 1-5; 0 = none
	Seal        uint64 // number of the customer's key: with it Key is sealed; 0 = it is not
}

func (r *ClosedRoomRow) code(c *coder) {
	codeString(c, 1, &r.Room)
	codeUint(c, 2, &r.State)
	codeUint(c, 3, &r.Channel)
	codeString(c, 4, &r.Account)
	codeString(c, 5, &r.Category)
	codeUint(c, 6, &r.Customer)
	codeOld(c, 7, &r.Key)
	codeInt(c, 8, &r.CreatedAt)
	codeInt(c, 9, &r.RequestedAt)
	codeInt(c, 10, &r.ClosedAt)
	codeUint(c, 11, &r.Actor)
	codeUint(c, 12, &r.Reason)
	codeBool(c, 13, &r.Rejected)
	codeString(c, 14, &r.Agent)
	codeUint(c, 15, &r.Assignments)
	codeBool(c, 16, &r.Answered)
	codeString(c, 17, &r.AgentColumn)
	codeUint(c, 18, &r.Number)
	codeString(c, 19, &r.Category3)
	codeString(c, 20, &r.Title)
	codeUint(c, 21, &r.Score)
	codeUint(c, 22, &r.Seal)
	codePersonal(c, 40, &r.Key)
}

// AppendClosedRoom and DecodeClosedRoom are the row's value.
func AppendClosedRoom(dst []byte, r *ClosedRoomRow) []byte { return encodeRow(dst, r, r.Seal) }

// DecodeClosedRoom reads a closed-room row; one that was not opened, or whose customer was erased, is without Key. Errors are ErrWire.
func DecodeClosedRoom(b []byte) (ClosedRoomRow, error) {
	var r ClosedRoomRow
	err := decode(Unmarked(b), &r)
	return r, err
}

// ClosedRoomKey orders closed rooms of a site by their close.
func ClosedRoomKey(site SiteID, closed Instant, room RoomID) []byte {
	k := RowKey(site)
	k = binary.BigEndian.AppendUint64(k, uint64(closed))
	return append(append(k, room...), 0)
}

// AppendNo and DecodeNo are the value of that row, and of every row that is one number.
func AppendNo(dst []byte, no uint64) []byte { return binary.BigEndian.AppendUint64(dst, no) }

// DecodeNo reads a number row; 0 if it is not one.
func DecodeNo(b []byte) uint64 {
	if len(b) != 8 {
		return 0
	}
	return binary.BigEndian.Uint64(b)
}

// TurnRow is the value of the queue's own small rows: who, and under which turn.
type TurnRow struct {
	Account AccountID
	Turn    uint64
}

func (r *TurnRow) code(c *coder) { codeString(c, 1, &r.Account); codeUint(c, 2, &r.Turn) }

// AppendTurn and DecodeTurn are the row's value.
func AppendTurn(dst []byte, r TurnRow) []byte { return encode(dst, &r) }

// DecodeTurn reads a turn row. Errors are ErrWire.
func DecodeTurn(b []byte) (TurnRow, error) { var r TurnRow; err := decode(b, &r); return r, err }
