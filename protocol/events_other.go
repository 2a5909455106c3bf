package protocol

// Events of agents, of the customer directory and of a site.

// PresenceChosen is an agent's (or a manager's) choice of state; want is durable, the connection is not.
type PresenceChosen struct {
	Want     Want
	Until    Instant
	By       AccountID
	ClientID ClientID
}

func (*PresenceChosen) EventCode() EventCode     { return CodePresenceChosen }
func (*PresenceChosen) Shown() (desk, room bool) { return false, false }
func (e *PresenceChosen) code(c *coder) {
	codeUint(c, 1, &e.Want)
	codeInt(c, 2, &e.Until)
	codeString(c, 3, &e.By)
	codeString(c, 4, &e.ClientID)
}

// DutyChanged records an edge of the agent's day: work begins or ends, a break begins or ends.
type DutyChanged struct{ OnDuty bool }

func (*DutyChanged) EventCode() EventCode     { return CodeDutyChanged }
func (*DutyChanged) Shown() (desk, room bool) { return false, false }
func (e *DutyChanged) code(c *coder)          { codeBool(c, 1, &e.OnDuty) }

// InboxGained says that the agent got a room.
type InboxGained struct {
	Room       RoomID
	Assignment uint32
	Cause      Cause
	Customer   string // name shown in the list
	Title      string
	Channel    Channel
	Turn       uint64 // the site's number of the seat: seats are given in this order
}

func (*InboxGained) EventCode() EventCode     { return CodeInboxGained }
func (*InboxGained) Shown() (desk, room bool) { return true, false }
func (e *InboxGained) code(c *coder) {
	codeString(c, 1, &e.Room)
	codeUint(c, 2, &e.Assignment)
	codeUint(c, 3, &e.Cause)
	codeString(c, 4, &e.Customer)
	codeString(c, 5, &e.Title)
	codeUint(c, 6, &e.Channel)
	codeUint(c, 7, &e.Turn)
}

// InboxLost says that the room is no longer the agent's: closed, or somebody else's.
type InboxLost struct {
	Room       RoomID
	Assignment uint32
	Reason     string // closed, moved
}

func (*InboxLost) EventCode() EventCode     { return CodeInboxLost }
func (*InboxLost) Shown() (desk, room bool) { return true, false }
func (e *InboxLost) code(c *coder) {
	codeString(c, 1, &e.Room)
	codeUint(c, 2, &e.Assignment)
	codeString(c, 3, &e.Reason)
}

// AlarmDue reminds the agent of a room.
type AlarmDue struct{ Room RoomID }

func (*AlarmDue) EventCode() EventCode     { return CodeAlarmDue }
func (*AlarmDue) Shown() (desk, room bool) { return true, false }
func (e *AlarmDue) code(c *coder)          { codeString(c, 1, &e.Room) }

// Customer is what the directory keeps of one customer (domain 3.3, 3.4); it is a row, and the body of CustomerSaved.
type Customer struct {
	No      CustomerNo
	Key     CustomerKey
	ID      string
	Channel Channel
	Open    RoomID  // the open room of the key; "" if none (I-04)
	Name    FieldAt // the five collected fields, with the time of their last change (latest wins)
	Phone   FieldAt
	Email   FieldAt
	Birth   FieldAt
	Address FieldAt
	Note    FieldAt
	Blocked bool
	Consent Instant // when a form with the consent line was saved
	Rooms   uint64  // consultations so far (총 상담이력건)
	Starts  []Start // room.start writes of the last 24 h, newest last

	Grade     Grade
	LastAgent AccountID // who held the last room that had an agent
	LastAt    Instant   // when that room closed
}

// Start remembers one room.start, so that a repeat gets the same answer (I-07).
type Start struct {
	ClientID ClientID
	Room     RoomID
	At       Instant
	Same     uint64 // hash of what was asked: the same id with another body is a conflict
}

func (s *Start) code(c *coder) {
	codeString(c, 1, &s.ClientID)
	codeString(c, 2, &s.Room)
	codeInt(c, 3, &s.At)
	codeUint(c, 4, &s.Same)
}

// FieldAt is a value and when it was written.
type FieldAt struct {
	Value string
	At    Instant
}

func (f *FieldAt) code(c *coder) { codeString(c, 1, &f.Value); codeInt(c, 2, &f.At) }

func (k *Customer) code(c *coder) {
	codeUint(c, 1, &k.No)
	codeString(c, 2, &k.Key)
	codeString(c, 3, &k.ID)
	codeUint(c, 4, &k.Channel)
	codeString(c, 5, &k.Open)
	codeStruct(c, 6, &k.Name)
	codeStruct(c, 7, &k.Phone)
	codeStruct(c, 8, &k.Email)
	codeStruct(c, 9, &k.Birth)
	codeStruct(c, 10, &k.Address)
	codeStruct(c, 11, &k.Note)
	codeBool(c, 12, &k.Blocked)
	codeInt(c, 13, &k.Consent)
	codeUint(c, 14, &k.Rooms)
	codeList(c, 15, &k.Starts)
	codeUint(c, 17, &k.Grade)
	codeString(c, 20, &k.LastAgent)
	codeInt(c, 21, &k.LastAt)
}

// AppendCustomer and DecodeCustomer are the row's value.
func AppendCustomer(dst []byte, k *Customer) []byte { return encode(dst, k) }

// DecodeCustomer reads a customer's row. Errors are ErrWire.
func DecodeCustomer(b []byte) (*Customer, error) {
	k := new(Customer)
	return k, decode(b, k)
}

// Field gives the place of a collected field.
func (k *Customer) Field(f ProfileField) *FieldAt {
	switch f {
	case FieldName:
		return &k.Name
	case FieldPhone:
		return &k.Phone
	case FieldEmail:
		return &k.Email
	case FieldBirth:
		return &k.Birth
	case FieldAddress:
		return &k.Address
	}
	return nil
}

// Have gives the set of collected fields with a value, bit 1<<field; blank is empty (N-11).
func (k *Customer) Have() uint8 {
	var have uint8
	for f := FieldName; f <= FieldAddress; f++ {
		for _, r := range k.Field(f).Value {
			if r != ' ' && r != '\t' && r != '\n' {
				have |= 1 << f
				break
			}
		}
	}
	return have
}

// CustomerSaved replaces a customer's record: the directory keeps records, not folds.
type CustomerSaved struct {
	Customer Customer
	Why      string // started, closed, profile, edited
	By       AccountID
	Number   uint64 // 방번호 that was given to the customer's new room; 0 = no room was opened
}

func (*CustomerSaved) EventCode() EventCode     { return CodeCustomerSaved }
func (*CustomerSaved) Shown() (desk, room bool) { return false, false }
func (e *CustomerSaved) code(c *coder) {
	codeStruct(c, 1, &e.Customer)
	codeString(c, 2, &e.Why)
	codeString(c, 3, &e.By)
	codeUint(c, 4, &e.Number)
}

// SiteCreated begins a site. Settings is the JSON of its first settings.
type SiteCreated struct {
	Site     SiteID
	Settings []byte
}

func (*SiteCreated) EventCode() EventCode     { return CodeSiteCreated }
func (*SiteCreated) Shown() (desk, room bool) { return false, false }
func (e *SiteCreated) code(c *coder)          { codeString(c, 1, &e.Site); codeBytes(c, 2, &e.Settings) }

// SettingsChanged is one accepted change: the changed names with their new and old values, as JSON objects.
type SettingsChanged struct {
	By       AccountID
	New      []byte
	Old      []byte
	ClientID ClientID
}

func (*SettingsChanged) EventCode() EventCode     { return CodeSettingsChanged }
func (*SettingsChanged) Shown() (desk, room bool) { return false, false }
func (e *SettingsChanged) code(c *coder) {
	codeString(c, 1, &e.By)
	codeBytes(c, 2, &e.New)
	codeBytes(c, 3, &e.Old)
	codeString(c, 4, &e.ClientID)
}

func (a *Account) code(c *coder) {
	codeString(c, 1, &a.ID)
	codeUint(c, 2, &a.Role)
	codeString(c, 3, &a.Name)
	codeBool(c, 4, &a.Consulting)
	codeBool(c, 5, &a.Certified)
	codeString(c, 6, &a.Manager)
	codeBool(c, 7, &a.SeesAll)
	codeString(c, 8, &a.Group)
	codeInt(c, 9, &a.MaxConcurrent)
	codeInt(c, 10, &a.Order)
	codeBool(c, 11, &a.Disabled)
}

// AccountSaved replaces an account. Password is the argon2id string of a new password, empty = unchanged.
type AccountSaved struct {
	Account  Account
	Password string
	By       AccountID
	ClientID ClientID
	Old      Account // as it was; zero for a new one
}

func (*AccountSaved) EventCode() EventCode     { return CodeAccountSaved }
func (*AccountSaved) Shown() (desk, room bool) { return false, false }
func (e *AccountSaved) code(c *coder) {
	codeStruct(c, 1, &e.Account)
	codeString(c, 2, &e.Password)
	codeString(c, 3, &e.By)
	codeString(c, 4, &e.ClientID)
	codeStruct(c, 5, &e.Old)
}

func (k *Category) code(c *coder) {
	codeString(c, 1, &k.ID)
	codeInt(c, 2, &k.Level)
	codeString(c, 3, &k.Name)
	codeString(c, 4, &k.Parent)
	codeBool(c, 5, &k.Unused)
	codeInt(c, 6, &k.Order)
}

// CategorySaved replaces a category; categories are never deleted.
type CategorySaved struct {
	Category Category
	By       AccountID
	Old      Category // as it was; zero for a new one
}

func (*CategorySaved) EventCode() EventCode     { return CodeCategorySaved }
func (*CategorySaved) Shown() (desk, room bool) { return false, false }
func (e *CategorySaved) code(c *coder) {
	codeStruct(c, 1, &e.Category)
	codeString(c, 2, &e.By)
	codeStruct(c, 3, &e.Old)
}

func (d *Date) code(c *coder) {
	codeInt(c, 1, &d.Year)
	codeInt(c, 2, &d.Month)
	codeInt(c, 3, &d.Day)
}

func (h *DayHours) code(c *coder) {
	codeBool(c, 1, &h.Open)
	codeBool(c, 2, &h.AllDay)
	codeInt(c, 3, &h.From)
	codeInt(c, 4, &h.To)
	codeBool(c, 5, &h.NextDay)
}

func (h *Holiday) code(c *coder) {
	codeStruct(c, 1, &h.Date)
	codeString(c, 2, &h.Name)
	codeStruct(c, 3, &h.Hours)
}

// HolidaySaved registers a date (domain 10.3), or takes the registration away.
type HolidaySaved struct {
	Holiday Holiday
	Removed bool
	By      AccountID
	Old     Holiday // as it was registered; zero for a new one
}

func (*HolidaySaved) EventCode() EventCode     { return CodeHolidaySaved }
func (*HolidaySaved) Shown() (desk, room bool) { return false, false }
func (e *HolidaySaved) code(c *coder) {
	codeStruct(c, 1, &e.Holiday)
	codeBool(c, 2, &e.Removed)
	codeString(c, 3, &e.By)
	codeStruct(c, 4, &e.Old)
}

func (b *Break) code(c *coder) { codeInt(c, 1, &b.From); codeInt(c, 2, &b.To) }

func (d *AgentDay) code(c *coder) {
	codeString(c, 1, &d.Account)
	codeStruct(c, 2, &d.Date)
	codeBool(c, 3, &d.Off)
	codeList(c, 4, &d.Breaks)
}

// DaySaved replaces one agent's plan for a date (domain 10.5).
type DaySaved struct {
	Day AgentDay
	By  AccountID
	Old AgentDay // as it was planned; zero for a new one
}

func (*DaySaved) EventCode() EventCode     { return CodeDaySaved }
func (*DaySaved) Shown() (desk, room bool) { return false, false }
func (e *DaySaved) code(c *coder) {
	codeStruct(c, 1, &e.Day)
	codeString(c, 2, &e.By)
	codeStruct(c, 3, &e.Old)
}

// SessionOpened is a login. The token itself is nowhere: Hash is its SHA-256.
type SessionOpened struct {
	Account AccountID
	Hash    []byte
	Expires Instant
}

func (*SessionOpened) EventCode() EventCode     { return CodeSessionOpened }
func (*SessionOpened) Shown() (desk, room bool) { return false, false }
func (e *SessionOpened) code(c *coder) {
	codeString(c, 1, &e.Account)
	codeBytes(c, 2, &e.Hash)
	codeInt(c, 3, &e.Expires)
}

// SessionEnded is a logout: of one session (Hash), or of all of an account (Account).
type SessionEnded struct {
	Account AccountID
	Hash    []byte
}

func (*SessionEnded) EventCode() EventCode     { return CodeSessionEnded }
func (*SessionEnded) Shown() (desk, room bool) { return false, false }
func (e *SessionEnded) code(c *coder)          { codeString(c, 1, &e.Account); codeBytes(c, 2, &e.Hash) }

// CalendarTurned records up to which instant of the wall clock the calendar's edges are done,
// so that each is done once, whatever the wall clock does afterwards (F-08, F-09).
type CalendarTurned struct {
	Until Instant
	Open  bool // in hours after it
}

func (*CalendarTurned) EventCode() EventCode     { return CodeCalendarTurned }
func (*CalendarTurned) Shown() (desk, room bool) { return false, false }
func (e *CalendarTurned) code(c *coder)          { codeInt(c, 1, &e.Until); codeBool(c, 2, &e.Open) }
