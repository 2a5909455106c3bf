package protocol

import (
	"encoding/binary"
	"fmt"
	"net/url"
	"time"
)

// The ledger of a site (domain 19): what TalkCash was paid in, and what it was spent on.

// LedgerKind is what an entry of the ledger is for (domain 19.1).
type LedgerKind uint8

const (
	LedgerTopUp LedgerKind = iota + 1
	LedgerKakao
	LedgerSMS
	LedgerAlimtalk
	LedgerAccounts
)

var ledgerKinds = named{"", "TOP_UP", "KAKAO", "SMS", "ALIMTALK", "ACCOUNT_FEE"}

func (k LedgerKind) String() string { return ledgerKinds.name(int(k)) }

// ParseLedgerKind reads a ledger kind's name.
func ParseLedgerKind(s string) (LedgerKind, error) {
	i, err := ledgerKinds.parse(s)
	return LedgerKind(i), err
}

// LedgerKinds lists every kind, for counters that start at zero.
func LedgerKinds() []LedgerKind {
	return []LedgerKind{LedgerTopUp, LedgerKakao, LedgerSMS, LedgerAlimtalk, LedgerAccounts}
}

// ChargeWhy is what led to the charge of a Kakao room (domain 19.2, 19.3).
type ChargeWhy uint8

const (
	ChargeResponse ChargeWhy = iota + 1 // the first agent response
	ChargePrompt                        // M-PROMPT was sent
	ChargeBot                           // the first message of the room's bot
	ChargeNextDay                       // an agent response on a later billing day
)

var chargeWhys = named{"", "FIRST_RESPONSE", "PROMPT", "BOT", "NEXT_DAY"}

func (w ChargeWhy) String() string { return chargeWhys.name(int(w)) }

// BillingDay is the day of charges that a moment of the wall clock belongs to: it begins at
// billing.day_start of the site's zone, and before that the day before runs on.
func (f *SiteFacts) BillingDay(wall time.Time) Date {
	t := wall.In(f.Zone)
	y, m, d := t.Date()
	if t.Hour()*60+t.Minute() < f.Settings.Billing.DayStart {
		y, m, d = time.Date(y, m, d-1, 12, 0, 0, 0, time.UTC).Date()
	}
	return Date{y, m, d}
}

// Before says whether the day is earlier than another one.
func (d Date) Before(o Date) bool {
	if d.Year != o.Year {
		return d.Year < o.Year
	}
	if d.Month != o.Month {
		return d.Month < o.Month
	}
	return d.Day < o.Day
}

// RoomCharged says that the room has led to a charge: the site pays once for its channel account,
// customer key and billing day, and the ledger sees to that.
type RoomCharged struct {
	Account string // channel account
	Key     CustomerKey
	Day     Date // billing day
	Why     ChargeWhy
	Price   int // won, of the settings of that moment
}

func (*RoomCharged) EventCode() EventCode     { return CodeRoomCharged }
func (*RoomCharged) Shown() (desk, room bool) { return false, false }
func (e *RoomCharged) code(c *coder) {
	codeString(c, 1, &e.Account)
	codePersonal(c, 2, &e.Key)
	codeStruct(c, 3, &e.Day)
	codeUint(c, 4, &e.Why)
	codeInt(c, 5, &e.Price)
}

// LedgerEntry is one line of the ledger: an event of it, and with its time the row of a list.
type LedgerEntry struct {
	Number   uint64 // of the site, from 1, without gaps
	Kind     LedgerKind
	Amount   int64 // won; below zero for a deduction
	Balance  int64 // won, after the entry
	Recorded bool  // POSTPAID: the amount is written down and not deducted
	Price    int   // won, of one unit; 0 for a top-up
	Units    int   // rooms, messages or accounts; 0 for a top-up
	Ref      string
	Key      string // by which the entry is written once
	Day      Date   // billing day of a Kakao charge, the 1st of a fee's month
	At       Instant
	Short    bool      // the balance did not suffice, and the entry was written all the same
	By       AccountID // of a top-up or an item; "" = the engine
	Same     uint64    // hash of what was asked
}

func (*LedgerEntry) EventCode() EventCode     { return CodeLedgerEntry }
func (*LedgerEntry) Shown() (desk, room bool) { return false, false }
func (e *LedgerEntry) code(c *coder) {
	codeUint(c, 1, &e.Number)
	codeUint(c, 2, &e.Kind)
	codeInt(c, 3, &e.Amount)
	codeInt(c, 4, &e.Balance)
	codeBool(c, 5, &e.Recorded)
	codeInt(c, 6, &e.Price)
	codeInt(c, 7, &e.Units)
	codeString(c, 8, &e.Ref)
	codeString(c, 9, &e.Key)
	codeStruct(c, 10, &e.Day)
	codeInt(c, 11, &e.At)
	codeBool(c, 12, &e.Short)
	codeString(c, 13, &e.By)
	codeUint(c, 14, &e.Same)
}

// AppendLedgerEntry and DecodeLedgerEntry are the row's value.
func AppendLedgerEntry(dst []byte, e *LedgerEntry) []byte { return encode(dst, e) }

// DecodeLedgerEntry reads an entry's row. Errors are ErrWire.
func DecodeLedgerEntry(b []byte) (LedgerEntry, error) {
	var e LedgerEntry
	err := decode(b, &e)
	return e, err
}

// LedgerRowKey orders a site's entries by the time at which they were written, and so by their numbers.
func LedgerRowKey(site SiteID, at Instant, number uint64) []byte {
	k := binary.BigEndian.AppendUint64(RowKey(site), uint64(at))
	return binary.BigEndian.AppendUint64(k, number)
}

// LedgerRowAt reads from a row's key when the entry was written.
func LedgerRowAt(site SiteID, key []byte) Instant {
	if n := len(site) + 1; len(key) == n+16 {
		return Instant(binary.BigEndian.Uint64(key[n:]))
	}
	return 0
}

// LedgerKeyRef names the row of an entry's key. Its value is the whole entry: whoever asks again
// gets the same answer.
func LedgerKeyRef(site SiteID, key string) Ref {
	return Ref{Row: RowLedgerKey, Key: string(RowKey(site, key))}
}

// KakaoKey is the key of a Kakao room charge (domain 19.3).
func KakaoKey(account string, key CustomerKey, day Date) string {
	return "kakao/" + url.PathEscape(account) + "/" + string(key) + "/" + day.String()
}

// FeeKey is the key of a month's account fee.
func FeeKey(month Date) string { return fmt.Sprintf("fee/%04d-%02d", month.Year, int(month.Month)) }

// Charge tells the ledger of a charge of a room. Owed.
type Charge struct {
	Room    RoomID
	Charged RoomCharged
	At      Instant
}

// ChargeAccounts tells the ledger that a month has begun, for so many paid accounts. Owed.
type ChargeAccounts struct {
	Month    Date // its 1st
	Accounts int
	Price    int // won, of one account
	At       Instant
}

func (b *Charge) code(c *coder) {
	codeString(c, 1, &b.Room)
	codeStruct(c, 2, &b.Charged)
	codeInt(c, 3, &b.At)
}

func (b *ChargeAccounts) code(c *coder) {
	codeStruct(c, 1, &b.Month)
	codeInt(c, 2, &b.Accounts)
	codeInt(c, 3, &b.Price)
	codeInt(c, 4, &b.At)
}

// TopUp pays TalkCash in; goes to the ledger, with a client id.
type TopUp struct {
	Amount int64  // won, 1 to TopUpMax
	Ref    string // the payment's own name, at most 100 characters
}

// PostItem deducts messages that are about to be sent; goes to the ledger, with a client id. It is
// refused where the balance does not suffice.
type PostItem struct {
	Kind  LedgerKind // LedgerSMS or LedgerAlimtalk
	Units int        // 1 to ItemsMax
	Ref   string     // the message's own name, at most 100 characters
}

// ViewLedger reads the balance.
type ViewLedger struct{}

// Limits of what is paid in and posted at once.
const (
	TopUpMax = 1_000_000_000
	ItemsMax = 100_000
)

// CommandName is ledger.charge in logs and metrics.
func (Charge) CommandName() string { return "ledger.charge" }

// CommandName is ledger.fee in logs and metrics.
func (ChargeAccounts) CommandName() string { return "ledger.fee" }

// CommandName is ledger.top_up in logs and metrics.
func (TopUp) CommandName() string { return "ledger.top_up" }

// CommandName is ledger.item in logs and metrics.
func (PostItem) CommandName() string { return "ledger.item" }

// CommandName is ledger.view in logs and metrics.
func (ViewLedger) CommandName() string { return "ledger.view" }

// Posted answers a top-up and an item.
type Posted struct {
	Entry     LedgerEntry
	Duplicate bool
}

// LedgerView answers ViewLedger.
type LedgerView struct {
	Balance int64  // won
	Number  uint64 // of the last entry; 0 = there is none
	Mode    BillingMode
}

func (Posted) result()     {}
func (LedgerView) result() {}

// LedgerAt is the address of a site's ledger.
func LedgerAt(s SiteID) Address { return Address{Kind: KindLedger, Site: s} }
