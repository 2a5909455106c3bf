package protocol

import (
	"encoding/binary"
	"strings"
)

// Customer is what the directory keeps of one customer key (domain 3.3); it is a row, and the body
// of CustomerSaved. What all keys of the customer's ID share is in its Profile. The wire numbers 6
// to 11 and 13 were fields of the profile once.
type Customer struct {
	No         CustomerNo
	Key        CustomerKey
	ID         string // 1-255 characters
	Channel    Channel
	User       string   // the messenger's own account id; "" on the web
	Open       []RoomID // open rooms: one at most (I-04), more only after two web keys became one
	Blocked    bool
	Grade      Grade
	Tags       []string // each at most 20 characters
	Verified   Verified
	Rooms      uint64     // consultations of the key so far
	Starts     []Start    // accounts' changes of the last 24 h, oldest first; in old records the customer's own starts, too
	LastAgent  AccountID  // who held the last room that had an agent
	LastAt     Instant    // when that room closed
	Merged     CustomerNo // the number that this one became (domain 17.2 step 6): nothing else counts then; 0 = it is itself
	Seal       uint64     // number of the customer's key (seal.go); 0 = nothing of it is sealed
	Seals      []uint64   // and those of the customers that became this one
	Erased     bool       // on the customer's demand: only the number is left
	BlockedAt  Instant    // while Blocked; 0 = before this was recorded
	BlockedBy  AccountID
	BlockedWhy string // why, in the words of who did it; at most 200 characters
	Started    uint64 // starts that were remembered so far, each in the next place of a ring (starts.go)
}

func (k *Customer) code(c *coder) {
	codeUint(c, 1, &k.No)
	codeString(c, 2, &k.Key)
	codeString(c, 3, &k.ID)
	codeUint(c, 4, &k.Channel)
	codeStrings(c, 5, &k.Open)
	codeBool(c, 12, &k.Blocked)
	codeUint(c, 14, &k.Rooms)
	codeList(c, 15, &k.Starts)
	codeUint(c, 17, &k.Grade)
	codeStrings(c, 18, &k.Tags)
	codeStruct(c, 19, &k.Verified)
	codeString(c, 20, &k.LastAgent)
	codeInt(c, 21, &k.LastAt)
	codeString(c, 22, &k.User)
	codeUint(c, 23, &k.Merged)
	codeUint(c, 24, &k.Seal)
	codeUints(c, 25, &k.Seals)
	codeBool(c, 26, &k.Erased)
	codeInt(c, 27, &k.BlockedAt)
	codeString(c, 28, &k.BlockedBy)
	codeString(c, 29, &k.BlockedWhy)
	codeUint(c, 30, &k.Started)
}

// Start remembers one write of a client, so that a repeat gets the same answer (I-07): a room.start,
// or an account's change of the record.
type Start struct {
	ClientID ClientID
	Room     RoomID // that the start led to; "" for a change
	At       Instant
	Same     uint64    // hash of what was asked: the same id with another body is a conflict
	By       AccountID // of a change
}

func (s *Start) code(c *coder) {
	codeString(c, 1, &s.ClientID)
	codeString(c, 2, &s.Room)
	codeInt(c, 3, &s.At)
	codeUint(c, 4, &s.Same)
	codeString(c, 5, &s.By)
}

// Verified is a mobile number that its owner has proved to have; Number "" = none.
type Verified struct {
	Number string
	Means  Means
	At     Instant
}

func (v *Verified) code(c *coder) {
	codeString(c, 1, &v.Number)
	codeUint(c, 2, &v.Means)
	codeInt(c, 3, &v.At)
}

// FieldAt is a value and when it was written. A deleted value is empty and has its time.
type FieldAt struct {
	Value string
	At    Instant
}

func (f *FieldAt) code(c *coder) { codeString(c, 1, &f.Value); codeInt(c, 2, &f.At) }

// Profile is what the keys with one customer ID share (domain 3.4, K-05): a row, and the body of
// SharedProfileSaved. It exists as long as a key carries the ID.
type Profile struct {
	ID      string
	Name    FieldAt
	Phone   FieldAt
	Email   FieldAt
	Birth   FieldAt // YYYY-MM-DD
	Address FieldAt
	Note    FieldAt
	Consent Instant  // when a form with the consent line was saved
	Members []Member // at most 50 (K-08)
	Rooms   uint64   // consultations of all members: 총 상담이력건
	Seal    uint64   // number of its key: it outlives each of its members; 0 = nothing of it is sealed
	Seals   []uint64 // and those of the profiles that went into it
}

// Member is one key that carries the ID, with the numbers of customers that became it.
type Member struct {
	No      CustomerNo
	Key     CustomerKey
	Channel Channel
	Also    []CustomerNo
}

func (m *Member) code(c *coder) {
	codeUint(c, 1, &m.No)
	codeString(c, 2, &m.Key)
	codeUint(c, 3, &m.Channel)
	codeUints(c, 4, &m.Also)
}

func (p *Profile) code(c *coder) {
	codeString(c, 1, &p.ID)
	codeStruct(c, 2, &p.Name)
	codeStruct(c, 3, &p.Phone)
	codeStruct(c, 4, &p.Email)
	codeStruct(c, 5, &p.Birth)
	codeStruct(c, 6, &p.Address)
	codeStruct(c, 7, &p.Note)
	codeInt(c, 8, &p.Consent)
	codeList(c, 9, &p.Members)
	codeUint(c, 10, &p.Rooms)
	codeUint(c, 11, &p.Seal)
	codeUints(c, 12, &p.Seals)
}

// Field gives the place of a collected field.
func (p *Profile) Field(f ProfileField) *FieldAt {
	switch f {
	case FieldName:
		return &p.Name
	case FieldPhone:
		return &p.Phone
	case FieldEmail:
		return &p.Email
	case FieldBirth:
		return &p.Birth
	case FieldAddress:
		return &p.Address
	}
	return nil
}

// Have gives the set of collected fields with a value, bit 1<<field; blank is empty (N-11).
func (p *Profile) Have() uint8 {
	var have uint8
	for f := FieldName; f <= FieldAddress; f++ {
		if strings.TrimSpace(p.Field(f).Value) != "" {
			have |= 1 << f
		}
	}
	return have
}

// Numbers are all numbers whose rooms are the ID's history (domain 17.2 step 4).
func (p *Profile) Numbers() []CustomerNo {
	var all []CustomerNo
	for _, m := range p.Members {
		all = append(append(all, m.No), m.Also...)
	}
	return all
}

// CustomerSaved replaces a customer's record: the directory keeps records, not folds.
type CustomerSaved struct {
	Customer Customer
	Why      string // started, joined, closed, edited, renamed, merged, verified, indexed
	By       AccountID
	Number   uint64 // 방번호 that was given to the customer's new room; 0 = no room was opened
	Noted    Noted  // the customer's start that led here; zero = there is none
}

func (*CustomerSaved) EventCode() EventCode     { return CodeCustomerSaved }
func (*CustomerSaved) Shown() (desk, room bool) { return false, false }
func (e *CustomerSaved) code(c *coder) {
	c.personal(func() { codeStruct(c, 1, &e.Customer) })
	codeString(c, 2, &e.Why)
	codeString(c, 3, &e.By)
	codeUint(c, 4, &e.Number)
	no := CustomerNo(0) // a sealed record names the customer in the clear, too
	if c.part == factsOnly {
		no = e.Customer.No
	}
	codeUint(c, 5, &no)
	if c.reading && e.Customer.No == 0 {
		e.Customer.No = no
	}
	c.personal(func() { codeStruct(c, 6, &e.Noted) })
}

// SealedBy is the customer's own.
func (e *CustomerSaved) SealedBy() uint64 { return e.Customer.Seal }

// SharedProfileSaved replaces the profile of a customer ID; one without members is no more.
type SharedProfileSaved struct {
	Profile Profile
	By      AccountID
}

func (*SharedProfileSaved) EventCode() EventCode     { return CodeSharedProfileSaved }
func (*SharedProfileSaved) Shown() (desk, room bool) { return false, false }
func (e *SharedProfileSaved) code(c *coder) {
	c.personal(func() { codeStruct(c, 1, &e.Profile) })
	codeString(c, 2, &e.By)
}

// SealedBy is the profile's own.
func (e *SharedProfileSaved) SealedBy() uint64 { return e.Profile.Seal }

// HistoryRow is a closed room in the history of its customer (domain 18.4).
type HistoryRow struct {
	Closed ClosedRoomRow
	Memos  uint32 // how many memos its log has
}

func (r *HistoryRow) code(c *coder) {
	closed := &r.Closed
	if !c.reading { // the customer's key stands apart
		facts := r.Closed
		facts.Key = ""
		closed = &facts
	}
	codeStruct(c, 1, closed)
	codeUint(c, 2, &r.Memos)
	codePersonal(c, 40, &r.Closed.Key)
}

// AppendCustomer and DecodeCustomer are the value of a customer's row.
func AppendCustomer(dst []byte, k *Customer) []byte {
	return encodeMarked(dst, k, k.Seal)
}

// DecodeCustomer reads a customer's row. Errors are ErrWire.
func DecodeCustomer(b []byte) (*Customer, error) {
	k := new(Customer)
	return k, decode(Unmarked(b), k)
}

// AppendProfile and DecodeProfile are the value of a profile's row.
func AppendProfile(dst []byte, p *Profile) []byte {
	return encodeMarked(dst, p, p.Seal)
}

// DecodeProfile reads a profile's row. Errors are ErrWire.
func DecodeProfile(b []byte) (*Profile, error) {
	p := new(Profile)
	return p, decode(Unmarked(b), p)
}

// AppendHistory and DecodeHistory are the value of a history row; it is empty while the room is open.
func AppendHistory(dst []byte, r *HistoryRow) []byte { return encodeRow(dst, r, r.Closed.Seal) }

// DecodeHistory reads a history row; one that was not opened, or whose customer was erased, is without Key. Errors are ErrWire.
func DecodeHistory(b []byte) (HistoryRow, error) {
	var r HistoryRow
	err := decode(Unmarked(b), &r)
	return r, err
}

// CustomerRowKey is the key of a customer's record.
func CustomerRowKey(site SiteID, no CustomerNo) []byte {
	return binary.BigEndian.AppendUint64(RowKey(site), uint64(no))
}

// CustomerKeyRowKey is the key of the row that leads from a customer key to its number.
func CustomerKeyRowKey(site SiteID, key CustomerKey) []byte { return RowKey(site, string(key)) }

// ProfileRowKey is the key of the profile of a customer ID.
func ProfileRowKey(site SiteID, id string) []byte { return RowKey(site, id) }

// RoomNumberRowKey is the key of the row that leads from a room's number to the room.
func RoomNumberRowKey(site SiteID, number uint64) []byte {
	return binary.BigEndian.AppendUint64(RowKey(site), number)
}

// HistoryRowKey orders the rooms of a customer number, newest start first. Without a room it is
// what all rooms of the number begin with.
func HistoryRowKey(site SiteID, no CustomerNo, started Instant, room RoomID) []byte {
	k := CustomerRowKey(site, no)
	if room == "" {
		return k
	}
	k = binary.BigEndian.AppendUint64(k, ^uint64(started))
	return append(append(k, room...), 0)
}

// HistoryRowRoom reads the room and its start out of a history row's key.
func HistoryRowRoom(site SiteID, key []byte) (started Instant, room RoomID) {
	rest := key[len(site)+1+8:]
	return Instant(^binary.BigEndian.Uint64(rest)), RoomID(rest[8 : len(rest)-1])
}
