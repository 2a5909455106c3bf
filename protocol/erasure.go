package protocol

import (
	"crypto/sha256"
	"encoding/hex"
	"time"
)

// A customer's deletion request. The directory decides (EraseCustomer): from then on nobody finds the customer, and
// what is to be done is a row (RowErasure). The node does it, beside everything else: it destroys the keys with which
// the customer's texts are sealed, here and in every copy, and tells the directory (FinishErasure) what has to go with them.

// ErasureWithin is the stated time: by then nothing personal of the customer is in the store or its files.
const ErasureWithin = 24 * time.Hour

// ErasureKnown is how long a repeated request is known at least: a day, as every write (I-07), and an hour to be sure.
const ErasureKnown = 25 * time.Hour

// EraseCustomer is the deletion request; from an administrator. It takes every key that carries the customer's ID, and
// everybody who became one of them (domain 17). While one of their rooms is open it is a conflict.
type EraseCustomer struct{ Key CustomerKey }

// FinishErasure tells the directory that the keys are destroyed, and what else leads to the customer; from the node.
// It may be told again. The last one, a day after the request, lets the fingerprints go.
type FinishErasure struct {
	No    CustomerNo
	Keys  []CustomerKey // keys that led to the customer once (renamed ones): rows that nothing else names
	Files []RoomFile    // what was uploaded for the customer's rooms
	More  bool          // there are more of both: they come in parts
}

// NoteErasure is what the site's log, and so the audit, has of a deletion request; from the directory.
type NoteErasure struct {
	No       CustomerNo
	By       AccountID
	ClientID ClientID
	Done     bool // it is finished; else it was made
}

// CommandName is the command's name in logs and metrics.
func (EraseCustomer) CommandName() string { return "customer.erase" }
func (FinishErasure) CommandName() string { return "customer.finish_erasure" }
func (NoteErasure) CommandName() string   { return "site.note_erasure" }

func (b *NoteErasure) code(c *coder) {
	codeUint(c, 1, &b.No)
	codeString(c, 2, &b.By)
	codeString(c, 3, &b.ClientID)
	codeBool(c, 4, &b.Done)
}

// Erasing answers a deletion request, and each repeat of it with the same times.
type Erasing struct {
	At        Instant // of the request
	Duplicate bool
}

func (Erasing) result() {}

// Until is when everything is gone at the latest.
func (e Erasing) Until() Instant { return e.At.Add(ErasureWithin) }

// RoomFile names an uploaded file of a room.
type RoomFile struct {
	Room RoomID
	File string
}

func (f *RoomFile) code(c *coder) { codeString(c, 1, &f.Room); codeString(c, 2, &f.File) }

// CustomerErased is an accepted deletion request. Its personal fields are sealed with one of the keys that are about to be
// destroyed. In the site's log it has No, By and ClientID only.
type CustomerErased struct {
	No       CustomerNo   // of the key that was named
	Numbers  []CustomerNo // all that go: No, the others of the ID, and those that became one of them
	Seals    []uint64     // numbers of the keys to be destroyed
	By       AccountID
	ClientID ClientID
	Seal     uint64        // one of Seals; 0 = nothing is sealed
	ID       string        // the customer ID
	Keys     []CustomerKey // that lead to the numbers
}

func (*CustomerErased) EventCode() EventCode     { return CodeCustomerErased }
func (*CustomerErased) Shown() (desk, room bool) { return false, false }
func (e *CustomerErased) code(c *coder) {
	codeUint(c, 1, &e.No)
	codeUints(c, 2, &e.Numbers)
	codeUints(c, 3, &e.Seals)
	codeString(c, 4, &e.By)
	codeString(c, 5, &e.ClientID)
	codeUint(c, 6, &e.Seal)
	codePersonal(c, 7, &e.ID)
	c.personal(func() { codeStrings(c, 8, &e.Keys) })
}

// SealedBy is a key that is about to be destroyed.
func (e *CustomerErased) SealedBy() uint64 { return e.Seal }

// ErasureFinished confirms an erasure: the keys are destroyed. What is personal in it is sealed with one of them, so it
// is in no record: it only leads to the rows that go.
type ErasureFinished struct {
	No    CustomerNo
	Seal  uint64
	Asked Instant       // when the request was made
	More  bool          // it is a part
	Last  bool          // a day has passed: the fingerprints go too
	Files []RoomFile    // that go
	Keys  []CustomerKey // that led to the customer once, and go
	Marks []string      // fingerprints: that stay for a day; with Last those that go
}

func (*ErasureFinished) EventCode() EventCode     { return CodeErasureFinished }
func (*ErasureFinished) Shown() (desk, room bool) { return false, false }
func (e *ErasureFinished) code(c *coder) {
	codeUint(c, 1, &e.No)
	codeUint(c, 2, &e.Seal)
	codeInt(c, 3, &e.Asked)
	codeBool(c, 4, &e.More)
	codeBool(c, 5, &e.Last)
	codeList(c, 6, &e.Files)
	c.personal(func() { codeStrings(c, 7, &e.Keys); codeStrings(c, 8, &e.Marks) })
}

// SealedBy is a key that is destroyed: what is sealed with it is lost at once.
func (e *ErasureFinished) SealedBy() uint64 { return e.Seal }

// ErasureRow is an erasure that the node has to finish. It stays for a day, so that a repeat is known.
type ErasureRow struct {
	No      CustomerNo
	Numbers []CustomerNo
	Seals   []uint64 // keys to be destroyed
	At      Instant  // of the request
	Done    Instant  // when it was finished; 0 = it is to be done
	Marks   []string // fingerprints of the customer's keys: RowErased has a row for each
}

func (r *ErasureRow) code(c *coder) {
	codeUint(c, 1, &r.No)
	codeUints(c, 2, &r.Numbers)
	codeUints(c, 3, &r.Seals)
	codeInt(c, 4, &r.At)
	codeInt(c, 5, &r.Done)
	codeStrings(c, 6, &r.Marks)
}

// Seal is one of the keys that go; 0 = there is none.
func (r *ErasureRow) Seal() uint64 {
	if len(r.Seals) == 0 {
		return 0
	}
	return r.Seals[0]
}

// AppendErasure and DecodeErasure are the row's value.
func AppendErasure(dst []byte, r *ErasureRow) []byte { return encode(dst, r) }

// DecodeErasure reads an erasure's row. Errors are ErrWire.
func DecodeErasure(b []byte) (ErasureRow, error) {
	var r ErasureRow
	err := decode(b, &r)
	return r, err
}

// ErasureRowKey is the key of an erasure's row.
func ErasureRowKey(site SiteID, no CustomerNo) []byte { return CustomerRowKey(site, no) }

// ErasedMark is the fingerprint by which a repeated deletion request is known, for a day: SHA-256 of site and customer key, in hex.
func ErasedMark(site SiteID, key CustomerKey) string {
	sum := sha256.Sum256(RowKey(site, string(key)))
	return hex.EncodeToString(sum[:])
}

// ErasedRowKey is the key of the row that leads from a fingerprint to the erasure's number.
func ErasedRowKey(site SiteID, mark string) []byte { return append(RowKey(site), mark...) }

// CustomerKeyOf reads the customer key out of a key of CustomerKeyRowKey.
func CustomerKeyOf(site SiteID, key []byte) CustomerKey {
	return CustomerKey(key[len(site)+1 : len(key)-1])
}
