package protocol

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
)

// StartsKept is how many starts of a customer are known again: the oldest is forgotten first.
const StartsKept = 64

// Noted is a customer's room.start that is remembered from now on, or led to another room (I-07). It is a row of its own,
// found by its client id; a ring of places beside it bounds how many there are. In the customer's record, which every
// step about the customer reads and writes, they were most of it.
type Noted struct {
	ClientID ClientID // "" = nothing is noted
	Row      StartRow
	Instead  string // mark of the start that had the place; "" = nobody, or this one
}

func (n *Noted) code(c *coder) {
	codeString(c, 1, &n.ClientID)
	codeStruct(c, 2, &n.Row)
	codeString(c, 3, &n.Instead)
}

// StartRow is what a repeat of a start is answered from.
type StartRow struct {
	Room RoomID
	At   Instant
	Same uint64 // hash of what was asked: the same client id with another body is a conflict
	Slot uint64 // place in the ring, 0 to StartsKept-1
}

func (r *StartRow) code(c *coder) {
	codeString(c, 1, &r.Room)
	codeInt(c, 2, &r.At)
	codeUint(c, 3, &r.Same)
	codeUint(c, 4, &r.Slot)
}

// AppendStart and DecodeStart are the value of RowStart.
func AppendStart(dst []byte, r *StartRow) []byte { return encode(dst, r) }

// DecodeStart reads a start row. Errors are ErrWire.
func DecodeStart(b []byte) (StartRow, error) {
	var r StartRow
	err := decode(b, &r)
	return r, err
}

// StartMark is the fingerprint by which a start is found: the first half of the client id's SHA-256, in base64url (22 characters). The id itself is the
// customer's text and stays out of the names of rows.
func StartMark(id ClientID) string {
	sum := sha256.Sum256([]byte(id))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// StartRowKey is the key of a start's row.
func StartRowKey(site SiteID, no CustomerNo, mark string) []byte {
	return append(CustomerRowKey(site, no), mark...)
}

// StartSlotKey is the key of the row that says which start has a place of the customer's ring.
func StartSlotKey(site SiteID, no CustomerNo, slot uint64) []byte {
	return binary.BigEndian.AppendUint16(CustomerRowKey(site, no), uint16(slot))
}
