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
	Quiet      bool   // outside business hours: listed, and nobody is notified
	Seal       uint64 // number of the customer's key
}

// SealedBy is the customer's.
func (e *InboxGained) SealedBy() uint64 { return e.Seal }

func (*InboxGained) EventCode() EventCode     { return CodeInboxGained }
func (*InboxGained) Shown() (desk, room bool) { return true, false }
func (e *InboxGained) code(c *coder) {
	codeString(c, 1, &e.Room)
	codeUint(c, 2, &e.Assignment)
	codeUint(c, 3, &e.Cause)
	codePersonal(c, 4, &e.Customer)
	codeString(c, 5, &e.Title)
	codeUint(c, 6, &e.Channel)
	codeUint(c, 7, &e.Turn)
	codeBool(c, 8, &e.Quiet)
	codeUint(c, 9, &e.Seal)
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
	By      AccountID // who ended it; "" = the node, or before this was recorded
}

func (*SessionEnded) EventCode() EventCode     { return CodeSessionEnded }
func (*SessionEnded) Shown() (desk, room bool) { return false, false }
func (e *SessionEnded) code(c *coder) {
	codeString(c, 1, &e.Account)
	codeBytes(c, 2, &e.Hash)
	codeString(c, 3, &e.By)
}

// CalendarTurned records up to which instant of the wall clock the calendar's edges are done,
// so that each is done once, whatever the wall clock does afterwards (F-08, F-09).
type CalendarTurned struct {
	Until Instant
	Open  bool // in hours after it
}

func (*CalendarTurned) EventCode() EventCode     { return CodeCalendarTurned }
func (*CalendarTurned) Shown() (desk, room bool) { return false, false }
func (e *CalendarTurned) code(c *coder)          { codeInt(c, 1, &e.Until); codeBool(c, 2, &e.Open) }
