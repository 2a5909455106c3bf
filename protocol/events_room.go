package protocol

// The history of one consultation.

// Timers carries the durations that were in force when an event anchored a
// timer (domain 12.1): a running timer keeps the duration it was armed with.
type Timers struct {
	Silence int  // T1 in minutes; 0 = off
	Delay   int  // T2 in minutes; 0 = off
	ByDelay bool // autoclose.gate_source is AGENT_DELAY (C-03)
	// Due is when T2 fires if it counts opening hours only (autoclose.business_clock); 0 = Delay
	// minutes after the anchor, by the wall.
	Due Instant
}

func (t *Timers) code(c *coder) {
	codeInt(c, 1, &t.Silence)
	codeInt(c, 2, &t.Delay)
	codeBool(c, 3, &t.ByDelay)
	codeInt(c, 4, &t.Due)
}

// TimersOf takes the durations out of a site's settings.
func TimersOf(s *Settings) Timers {
	return Timers{Silence: s.SilenceMinutes, Delay: s.DelayMinutes, ByDelay: s.GateSource == GateByDelay}
}

// Param is one value that came with the chat link (domain 22.2).
type Param struct{ Name, Value string }

func (p *Param) code(c *coder) { codeString(c, 1, &p.Name); codeString(c, 2, &p.Value) }

// RoomOpened begins a room (S-03): from here to the queue's answer it is between question and answer.
type RoomOpened struct {
	Site           SiteID
	Customer       CustomerNo
	Key            CustomerKey
	Channel        Channel
	ChannelAccount string
	Category       string // id; level 1 or 2
	Title          string
	ClientID       ClientID // of the room.start
	Params         []Param
	Have           uint8 // which profile fields had a value at the request: bit 1<<field
	Settings       uint64
	Need           bool      // the profile was needed at the request (domain 7.2)
	Number         uint64    // 방번호: the site's running number of rooms
	Grade          Grade     // the customer's, at the request
	LastAgent      AccountID // who held the customer's last room that had an agent
	Priority       uint8     // class in the line, 0 (default) to PriorityMax
	Bot            BotID     // with which the room begins; empty = none
	BotVersion     uint64    // of its scenario: the room keeps it
	Seal           uint64    // number of the customer's key, with which the room's texts are sealed; 0 = they are not
}

func (*RoomOpened) EventCode() EventCode     { return CodeRoomOpened }
func (*RoomOpened) Shown() (desk, room bool) { return true, false }
func (e *RoomOpened) code(c *coder) {
	codeString(c, 1, &e.Site)
	codeUint(c, 2, &e.Customer)
	codePersonal(c, 3, &e.Key)
	codeUint(c, 4, &e.Channel)
	codeString(c, 5, &e.ChannelAccount)
	codeString(c, 6, &e.Category)
	codeString(c, 7, &e.Title)
	codeString(c, 8, &e.ClientID)
	c.personal(func() { codeList(c, 9, &e.Params) })
	codeUint(c, 10, &e.Have)
	codeUint(c, 11, &e.Settings)
	codeBool(c, 12, &e.Need)
	codeString(c, 13, &e.Bot)
	codeUint(c, 14, &e.BotVersion)
	codeUint(c, 15, &e.Number)
	codeUint(c, 16, &e.Grade)
	codeString(c, 17, &e.LastAgent)
	codeUint(c, 18, &e.Priority)
	codeUint(c, 19, &e.Seal)
}

// Candidate is one agent that a decision weighed, for the explanation.
type Candidate struct {
	Account AccountID
	Load    int
}

func (a *Candidate) code(c *coder) { codeString(c, 1, &a.Account); codeInt(c, 2, &a.Load) }

// Why explains an assignment: the rule, how many could have had the room, and the first of them in the rule's order.
type Why struct {
	Rule       string // LEAST_LOAD, SEQUENTIAL, SELF, MANAGER
	Eligible   int
	Candidates []Candidate // at most 5
	Waited     int         // rooms that waited at that moment
}

func (w *Why) code(c *coder) {
	codeString(c, 1, &w.Rule)
	codeInt(c, 2, &w.Eligible)
	codeList(c, 3, &w.Candidates)
	codeInt(c, 4, &w.Waited)
}

// RoomAssigned binds the room to an agent (S-07, S-11, S-12, S-13, S-17). It is the
// truth about who holds the room, and ends both locks.
type RoomAssigned struct {
	Assignment uint32 // 1, 2, 3 … in this room
	Turn       uint64 // the site's number of the reservation
	Agent      AccountID
	AgentName  string
	Cause      Cause
	By         AccountID // the manager, for MANAGER and MANAGER_CHANGE
	Note       string    // why, as the manager wrote it
	Override   bool      // a lock was lifted without a profile (S-13)
	From       AccountID // the holder before
	Why        Why
	Timers     Timers
	Request    uint32 // the change request that led here; 0 = none
}

func (*RoomAssigned) EventCode() EventCode     { return CodeRoomAssigned }
func (*RoomAssigned) Shown() (desk, room bool) { return true, true }
func (e *RoomAssigned) code(c *coder) {
	codeUint(c, 1, &e.Assignment)
	codeUint(c, 2, &e.Turn)
	codeString(c, 3, &e.Agent)
	codeString(c, 4, &e.AgentName)
	codeUint(c, 5, &e.Cause)
	codeString(c, 6, &e.By)
	codePersonal(c, 7, &e.Note)
	codeBool(c, 8, &e.Override)
	codeString(c, 9, &e.From)
	codeStruct(c, 10, &e.Why)
	codeStruct(c, 11, &e.Timers)
	codeUint(c, 12, &e.Request)
}

// RoomQueued puts the room into WAITING (S-08), with its locks (domain 7.3).
type RoomQueued struct {
	Refuse bool // refusal_armed
	Lock   bool // assign_lock
	Row    int  // the row of the gate, 1-33
	Timers Timers
	Place  uint64 // the request's place in the site's order of requests: breaks ties of the line
}

func (*RoomQueued) EventCode() EventCode     { return CodeRoomQueued }
func (*RoomQueued) Shown() (desk, room bool) { return true, true }
func (e *RoomQueued) code(c *coder) {
	codeBool(c, 1, &e.Refuse)
	codeBool(c, 2, &e.Lock)
	codeInt(c, 3, &e.Row)
	codeStruct(c, 4, &e.Timers)
	codeUint(c, 5, &e.Place)
}

// MessagePosted is one message or memo of the room (domain 3.6).
type MessagePosted struct {
	ID            MessageID
	ClientID      ClientID
	From          Sender
	Account       AccountID // of an agent's message or anybody's memo
	Name          string    // the agent's name as the customer saw it
	Kind          MessageKind
	Text          string
	File          string // id of an uploaded file
	Code          TextCode
	BeforeProfile bool   // a customer's text while the refusal was armed (S-14)
	Assignment    uint32 // under which an agent wrote it
	Timers        Timers
	Choice        string   // of a customer's press of a bot's button: which (domain 23.2)
	Operator      Operator // what the channel's operator shows in place of the text (7.5)
	Template      string   // id of the template that it was sent with
	Full          string   // address of the whole text, where the channel gave a shortened one
}

func (*MessagePosted) EventCode() EventCode       { return CodeMessagePosted }
func (e *MessagePosted) Shown() (desk, room bool) { return true, e.Kind != Memo }
func (e *MessagePosted) code(c *coder) {
	codeString(c, 1, &e.ID)
	codeString(c, 2, &e.ClientID)
	codeUint(c, 3, &e.From)
	codeString(c, 4, &e.Account)
	codeString(c, 5, &e.Name)
	codeUint(c, 6, &e.Kind)
	codePersonal(c, 7, &e.Text)
	codeString(c, 8, &e.File)
	codeUint(c, 9, &e.Code)
	codeBool(c, 10, &e.BeforeProfile)
	codeUint(c, 11, &e.Assignment)
	codeStruct(c, 12, &e.Timers)
	codeString(c, 13, &e.Choice)
	codeUint(c, 14, &e.Operator)
	codeString(c, 15, &e.Template)
	codePersonal(c, 16, &e.Full)
}

// Automatic says whether the system wrote the message (domain 5.2 rule 3).
func (e *MessagePosted) Automatic() bool { return e.Code != 0 }

// Response says whether the message is 응대: a human agent's chat message.
func (e *MessagePosted) Response() bool { return e.From == FromAgent && e.Kind != Memo && e.Code == 0 }

// ProfilePrompted is M-PROMPT: the card with the button that opens the form (domain 8.1).
type ProfilePrompted struct {
	ID      MessageID
	Form    string // the one-time token; only the customer's stream shows it
	Text    string
	Image   string
	Fields  []byte // ProfileField each, in order
	Consent string // address of the notice; empty = off
	Timers  Timers
}

func (*ProfilePrompted) EventCode() EventCode     { return CodeProfilePrompted }
func (*ProfilePrompted) Shown() (desk, room bool) { return true, true }
func (e *ProfilePrompted) code(c *coder) {
	codeString(c, 1, &e.ID)
	codeString(c, 2, &e.Form)
	codeString(c, 3, &e.Text)
	codeString(c, 4, &e.Image)
	codeBytes(c, 5, &e.Fields)
	codeString(c, 6, &e.Consent)
	codeStruct(c, 7, &e.Timers)
}

// FieldValue is one profile field with its value.
type FieldValue struct {
	Field ProfileField
	Value string
}

func (f *FieldValue) code(c *coder) { codeUint(c, 1, &f.Field); codeString(c, 2, &f.Value) }

// ProfileSaved is the accepted form (S-10, S-18); it lifts both locks.
type ProfileSaved struct {
	Form     string
	ClientID ClientID
	Values   []FieldValue
	Consent  bool // the consent line was shown
	Timers   Timers
}

func (*ProfileSaved) EventCode() EventCode     { return CodeProfileSaved }
func (*ProfileSaved) Shown() (desk, room bool) { return true, true }
func (e *ProfileSaved) code(c *coder) {
	codeString(c, 1, &e.Form)
	codeString(c, 2, &e.ClientID)
	c.personal(func() { codeList(c, 3, &e.Values) })
	codeBool(c, 4, &e.Consent)
	codeStruct(c, 5, &e.Timers)
}

// RoomClosed ends the room (S-06, S-09, S-19 … S-23).
type RoomClosed struct {
	State    RoomState // Closed or BotClosed
	Actor    EndActor
	Reason   EndReason
	By       AccountID
	Rejected bool
	Row      int // the row of the gate for a rejection by the table
	ClientID ClientID
}

func (*RoomClosed) EventCode() EventCode     { return CodeRoomClosed }
func (*RoomClosed) Shown() (desk, room bool) { return true, true }
func (e *RoomClosed) code(c *coder) {
	codeUint(c, 1, &e.State)
	codeUint(c, 2, &e.Actor)
	codeUint(c, 3, &e.Reason)
	codeString(c, 4, &e.By)
	codeBool(c, 5, &e.Rejected)
	codeInt(c, 6, &e.Row)
	codeString(c, 7, &e.ClientID)
}

// RoomMetaSet changes what is written on the room's cover (domain 13). Set says which fields count.
type RoomMetaSet struct {
	Set       MetaField
	Category  string
	Category3 string
	Tags      []string
	Flag      Flag
	AlarmAt   Instant
	Hold      bool // 종료보류
	By        AccountID
	ClientID  ClientID
	Priority  uint8 // class in the line, 0 to PriorityMax; of a waiting room
}

// MetaField is a set of fields of RoomMetaSet.
type MetaField uint8

const (
	MetaCategory MetaField = 1 << iota
	MetaCategory3
	MetaTags
	MetaFlag
	MetaAlarm
	MetaHold
	MetaPriority
)

func (*RoomMetaSet) EventCode() EventCode     { return CodeRoomMetaSet }
func (*RoomMetaSet) Shown() (desk, room bool) { return true, false }
func (e *RoomMetaSet) code(c *coder) {
	codeUint(c, 1, &e.Set)
	codeString(c, 2, &e.Category)
	codeString(c, 3, &e.Category3)
	c.personal(func() { codeStrings(c, 4, &e.Tags) })
	codeUint(c, 5, &e.Flag)
	codeInt(c, 6, &e.AlarmAt)
	codeBool(c, 7, &e.Hold)
	codeString(c, 8, &e.By)
	codeString(c, 9, &e.ClientID)
	codeUint(c, 16, &e.Priority)
}

// MessageRead moves a side's read mark; it only grows.
type MessageRead struct {
	By   Sender // FromCustomer or FromAgent
	Desk uint64 // everything up to here, in desk/ numbers
	Room uint64 // and in room/ numbers
}

func (*MessageRead) EventCode() EventCode     { return CodeMessageRead }
func (*MessageRead) Shown() (desk, room bool) { return true, true }
func (e *MessageRead) code(c *coder) {
	codeUint(c, 1, &e.By)
	codeUint(c, 2, &e.Desk)
	codeUint(c, 3, &e.Room)
}

// RoomJoined is an arrival that entered the open room with a key of its own, or with
// newer values of the chat link. It is no frame: nobody's stream changes.
type RoomJoined struct {
	Key    CustomerKey // "" = a key that owns the room already
	Params []Param     // only those that changed
}

func (*RoomJoined) EventCode() EventCode     { return CodeRoomJoined }
func (*RoomJoined) Shown() (desk, room bool) { return false, false }
func (e *RoomJoined) code(c *coder) {
	codePersonal(c, 1, &e.Key)
	c.personal(func() { codeList(c, 2, &e.Params) })
}

// AlarmRang ends the room's alarm: the holder was told.
type AlarmRang struct{ For AccountID }

func (*AlarmRang) EventCode() EventCode     { return CodeAlarmRang }
func (*AlarmRang) Shown() (desk, room bool) { return true, false }
func (e *AlarmRang) code(c *coder)          { codeString(c, 1, &e.For) }
