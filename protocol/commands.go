package protocol

import "time"

// Body is what a command asks. Each body type goes to one kind of actor.
type Body interface {
	// CommandName is the command's name in logs and metrics: a short closed list.
	CommandName() string
}

// Ticket is the handle of an answer that somebody outside waits for; 0 = nobody does.
// It travels with the commands that one request leads to, and whoever decides answers it.
type Ticket uint64

// Command is what an actor is asked. It may be refused.
type Command struct {
	Body     Body
	Caller   Caller
	ClientID ClientID
	Ticket   Ticket
	Chance   Chance
	Wall     time.Time  // the calendar's clock; everything else uses the engine's now
	Facts    *SiteFacts // the site's state when the first step of the request was taken
	Records  Records    // what Needs named, loaded by the shell
	Seal     [2]uint64  // numbers of unused keys, for a customer and a profile that begin; the directory's alone
	OwedRow  []byte     // the owed row that told this; the entry that records the outcome deletes it
}

// Caller is who asks.
type Caller struct {
	Role     Role
	Site     SiteID
	Account  AccountID   // of an agent, manager or administrator
	Name     string      // the account's name
	Customer CustomerKey // of a visitor
}

// Sender tells the writers of one room apart, for client ids and message ids.
func (c *Caller) Sender() string {
	if c.Role == Visitor {
		return "c"
	}
	return "a/" + string(c.Account)
}

// Ref names a record that a command looks at: a row, or (Kind 0) an event of the actor's own log.
type Ref struct {
	Row   RowKind
	Key   string
	Event uint64
}

// Record is a loaded record; a row or an event that does not exist is loaded too, and empty.
type Record struct {
	Value []byte
	Event Event
	Place *Recorded // of the event; nil without one
}

// Records holds what was loaded for one command.
type Records map[Ref]Record

// Has says whether the record was loaded.
func (r Records) Has(ref Ref) bool { _, ok := r[ref]; return ok }

// Result is the answer to an accepted command.
type Result interface{ result() }

// --- What callers ask ------------------------------------------------------

// StartRoom is an arrival that has no room yet (room.start); goes to the customer directory.
type StartRoom struct {
	Key            CustomerKey
	ID             string // customer ID; "" = the part of the key after the site
	Channel        Channel
	ChannelAccount string
	Category       string
	Params         []Param
	User           string // the messenger's own account id; "" on the web
}

// SendMessage is a text, a file or a memo (message.send); goes to the room.
type SendMessage struct {
	Room       RoomID
	Kind       MessageKind
	Text       string
	File       string
	Assignment uint32 // of an agent's message; 0 = not said
	Template   string // id of a template that brings text and file; "" = none
	Full       string // address of the whole text, from a channel that shortens long ones; "" = Text is whole
}

// PickChoice is the press of a bot's button (bot.pick); goes to the room. Choice is the number of
// a choice, or home, back or agent.
type PickChoice struct {
	Room    RoomID
	Message MessageID // the display that has the button
	Choice  string
}

// SubmitForm is a filled-in profile form (form.submit); goes to the room.
type SubmitForm struct {
	Room   RoomID
	Form   string
	Values []FieldValue
}

// MarkRead moves the caller's read mark; goes to the room. Upto is in the caller's stream.
type MarkRead struct {
	Room RoomID
	Upto uint64
}

// TakeRoom is self-accept (room.take); goes to the queue.
type TakeRoom struct{ Room RoomID }

// AssignRoom is a manager's assignment or change (room.assign); goes to the queue.
type AssignRoom struct {
	Room       RoomID
	To         AccountID
	Note       string
	Assignment uint32 // what the manager saw: compare and set
}

// SetRoom changes the room's cover (room.set); goes to the room.
type SetRoom struct {
	Room       RoomID
	Assignment uint32
	Set        MetaField
	Category   string
	Category3  string
	Tags       []string
	Flag       Flag
	AlarmAt    Instant
	Hold       bool
	Priority   uint8 // 0 to PriorityMax; managers, of a waiting room
}

// EndRoom ends the room (room.end); goes to the room.
type EndRoom struct {
	Room       RoomID
	Assignment uint32 // 0 = not said
}

// SetStatus is an agent's choice of state (agent.status); goes to the agent.
type SetStatus struct {
	Account AccountID
	Want    Want
	Until   Instant
}

// SocketUp and SocketDown report an agent's sockets; from the gateway to the agent.
type SocketUp struct {
	Account AccountID
	Session string
}

// SocketDown see SocketUp.
type SocketDown struct {
	Account AccountID
	Session string
}

// ViewRoom, ViewInbox, ViewQueue and ViewSite read; they change nothing and are answered like every command.
type ViewRoom struct{ Room RoomID }

// ViewInbox reads an agent's rooms.
type ViewInbox struct{ Account AccountID }

// ViewQueue reads the line and the agents, or what changed in them since a revision.
type ViewQueue struct {
	Since uint64 // 0 = everything
	Room  RoomID // not "": also explain this room
	Loads bool   // only the agents and the figures, not the line
}

// --- What sites are asked --------------------------------------------------

// CreateSite begins a site; Settings is a JSON object of names and values as in ChangeSettings.
type CreateSite struct {
	Site     SiteID
	Settings []byte
	Accounts []AccountSaved
}

// ChangeSettings changes settings: a JSON object {name: value} with the names of domain 4.
type ChangeSettings struct {
	Changes []byte
	Version uint64 // of the settings that the change was made to: others are refused with conflict; 0 = whichever there are
}

// SaveAccount creates or replaces an account; Password is an argon2id string or empty.
type SaveAccount struct {
	Account  Account
	Password string
	Create   bool // refuse with conflict if the account exists
}

// SaveCategory creates or replaces a category.
type SaveCategory struct{ Category Category }

// SaveBot creates or replaces a scenario bot; goes to the site. Only the fields that Set names change.
type SaveBot struct {
	Bot      BotID
	Create   bool // refuse with conflict if the bot exists
	Set      BotField
	Name     string
	Enabled  bool
	Default  bool
	Bindings []BotBinding
	Scenario []byte // JSON
}

// BotField is a set of fields of SaveBot.
type BotField uint8

const (
	BotName BotField = 1 << iota
	BotEnabled
	BotDefault
	BotBindings
	BotScenario
)

// CheckScenario looks at a scenario and changes nothing; goes to the site. The answer is ScenarioChecked.
type CheckScenario struct{ Scenario []byte }

// TryScenario plays a scenario from its start, as a customer would meet it, and keeps nothing; goes to the site. The
// answer is ScenarioTried.
type TryScenario struct {
	Scenario []byte // JSON
	Acts     []TryAct
}

// TryAct is one act of the customer who tries a scenario: a button of a display, or a text.
type TryAct struct {
	Display int    // the button's display: 0 = the first one
	Choice  string // as in PickChoice; "" = the customer typed
	Text    string
}

// SaveHoliday registers a date or takes the registration away.
type SaveHoliday struct {
	Holiday Holiday
	Remove  bool
}

// SaveDay replaces an agent's plan for a date.
type SaveDay struct{ Day AgentDay }

// OpenSession records a login; the gateway has checked the password.
type OpenSession struct {
	Account AccountID
	Hash    []byte // SHA-256 of the token
	Expires Instant
}

// EndSession records a logout: of the session Hash, or of the whole account.
type EndSession struct {
	Account AccountID
	Hash    []byte
}

// CalendarTick tells the site that the wall clock has passed a minute.
type CalendarTick struct{}

// --- What actors tell one another ------------------------------------------

// OpenRoom makes the room of an arrival; from the directory to the new room. It carries the
// profile facts of that moment (I-16).
type OpenRoom struct {
	Room      RoomID
	Start     StartRoom
	Customer  CustomerNo
	ClientID  ClientID
	Have      uint8
	Number    uint64      // 방번호: the site's running number of rooms
	Grade     Grade       // the customer's, at the request
	LastAgent AccountID   // who held the customer's last room that had an agent; "" = nobody yet
	Key       CustomerKey // the record's; "" = the arrival's own
	Seal      uint64      // number of the customer's key
}

// Arrive is an arrival at a room that should be open; from the directory to the room.
type Arrive struct {
	Room     RoomID
	Start    StartRoom
	Customer CustomerNo
	ClientID ClientID
	Repeat   bool // of a start that led here: the same answer
	Final    bool // the directory has looked again: this is the room, also when it has closed
}

// ArrivalReturned comes back from a room that has closed meanwhile; the directory opens the next one.
type ArrivalReturned struct {
	Room     RoomID
	Start    StartRoom
	ClientID ClientID
	Repeat   bool // it was a repeat: perhaps the start was sent on to another room meanwhile
}

// RoomDone tells the directory that the customer's room has closed. Owed.
type RoomDone struct {
	Room     RoomID
	Customer CustomerNo
	Agent    AccountID // who held it last; "" = nobody did
	At       Instant   // of the close
}

// SaveProfile tells the directory what the form brought. Owed.
type SaveProfile struct {
	Customer CustomerNo
	Values   []FieldValue
	At       Instant
	Consent  bool
}

// AskSeat is the room's question to the queue at the connection request (P-3 … P-9).
type AskSeat struct {
	Room        RoomID
	RequestedAt Instant
	Category    string
	Account     string // channel account
	Need        bool
	Again       bool // after a restart: the first answer may have been lost
	Priority    uint8
	LastAgent   AccountID // of the customer's last consultation; "" = none
}

// RequestAgent is the connection request out of the bot (S-05); from the room to the directory,
// which reads the profile as it is now (I-16) and passes the question on to the queue.
type RequestAgent struct {
	Customer CustomerNo
	Ask      AskSeat
}

// ChannelEnded says that the operator has ended the channel's session (S-23); from a channel to the room.
type ChannelEnded struct {
	Room RoomID
	Left bool // the customer left or blocked the channel
}

// SeatAnswer is what the queue knows of the request: hours, duty, limits, and a seat if there is one.
type SeatAnswer struct {
	Room    RoomID
	Hours   Hours
	Refused RejectCode // NoAgent or OverLimit: pre-checks P-3, P-6, P-7; 0 = none
	Waiting int        // rooms that waited before this one (P-9)
	Place   uint64     // the request's place in the site's order of requests
	Need    bool
	Seat    *Seat // nil: nobody is eligible, or no seat was asked for
}

// Seat is a reserved place at an agent.
type Seat struct {
	Turn      uint64
	Agent     AccountID
	AgentName string
	Cause     Cause
	Why       Why
}

// OfferSeat offers a waiting (or, by a manager, a held) room a reserved seat.
type OfferSeat struct {
	Room       RoomID
	Seat       Seat
	Caller     Caller // of a take or an assignment
	Note       string
	Assignment uint32
	Check      bool     // compare Assignment
	Request    uint32   // the change request that the seat is for; 0 = none
	ClientID   ClientID // of the decision
}

// SeatAccepted and SeatReturned are the room's answer to a seat.
type SeatAccepted struct {
	Room       RoomID
	Turn       uint64
	Agent      AccountID
	Assignment uint32
}

// SeatReturned see SeatAccepted. Lock says how the room stands now.
type SeatReturned struct {
	Room  RoomID
	Turn  uint64
	Agent AccountID
	State RoomState
}

// AskOffer asks a room what became of an offer that was not answered in time.
type AskOffer struct {
	Room  RoomID
	Turn  uint64
	Agent AccountID
}

// RoomLeft tells the queue that the room has closed: its place in the line or its seat is free.
type RoomLeft struct {
	Room   RoomID
	Holder AccountID
}

// RoomUnlocked tells the queue that the profile is in (a tick of 9.5).
type RoomUnlocked struct{ Room RoomID }

// RoomPrioritized tells the queue that a manager has moved the room to another class of the line.
type RoomPrioritized struct {
	Room     RoomID
	Priority uint8
}

// ContinuePass is the queue's message to itself: the next slice of a pass over the line.
type ContinuePass struct{}

// AgentReport tells the queue everything that decides an agent's eligibility.
type AgentReport struct {
	Account AccountID
	OnDuty  bool // certified, 상담 진행, working today, in no break
	Want    Want
	Conn    Conn
}

// FactsChanged tells the queue and the agents that the site has new facts.
type FactsChanged struct{}

// DutyCheck asks an agent to look at the calendar again.
type DutyCheck struct{}

// HoursTurned tells the queue that business hours have opened or closed.
type HoursTurned struct{ Open bool }

// GainRoom, LoseRoom and RingAlarm tell the agent's inbox. Owed.
type GainRoom struct{ Gained InboxGained }

// LoseRoom see GainRoom.
type LoseRoom struct{ Lost InboxLost }

// RingAlarm see GainRoom.
type RingAlarm struct{ Room RoomID }

// DeadlineReached is the shell's: the actor's deadline has passed, or has been said to.
type DeadlineReached struct{}

// Resumed is the shell's, once after loading: what is still to do (Resume).
type Resumed struct{}

func (StartRoom) CommandName() string       { return "room.start" }
func (SendMessage) CommandName() string     { return "message.send" }
func (SubmitForm) CommandName() string      { return "form.submit" }
func (MarkRead) CommandName() string        { return "read" }
func (TakeRoom) CommandName() string        { return "room.take" }
func (AssignRoom) CommandName() string      { return "room.assign" }
func (PickChoice) CommandName() string      { return "bot.pick" }
func (SaveBot) CommandName() string         { return "site.bot" }
func (CheckScenario) CommandName() string   { return "site.scenario" }
func (TryScenario) CommandName() string     { return "site.try" }
func (RequestAgent) CommandName() string    { return "room.request" }
func (ChannelEnded) CommandName() string    { return "channel.ended" }
func (SetRoom) CommandName() string         { return "room.set" }
func (EndRoom) CommandName() string         { return "room.end" }
func (SetStatus) CommandName() string       { return "agent.status" }
func (SocketUp) CommandName() string        { return "agent.socket_up" }
func (SocketDown) CommandName() string      { return "agent.socket_down" }
func (ViewRoom) CommandName() string        { return "room.view" }
func (ViewInbox) CommandName() string       { return "inbox.view" }
func (ViewQueue) CommandName() string       { return "queue.view" }
func (CreateSite) CommandName() string      { return "site.create" }
func (ChangeSettings) CommandName() string  { return "site.settings" }
func (SaveAccount) CommandName() string     { return "site.account" }
func (SaveCategory) CommandName() string    { return "site.category" }
func (SaveHoliday) CommandName() string     { return "site.holiday" }
func (SaveDay) CommandName() string         { return "site.day" }
func (OpenSession) CommandName() string     { return "session.open" }
func (EndSession) CommandName() string      { return "session.end" }
func (CalendarTick) CommandName() string    { return "calendar.tick" }
func (OpenRoom) CommandName() string        { return "room.open" }
func (Arrive) CommandName() string          { return "room.arrive" }
func (ArrivalReturned) CommandName() string { return "room.arrival_returned" }
func (RoomDone) CommandName() string        { return "room.done" }
func (SaveProfile) CommandName() string     { return "profile.save" }
func (AskSeat) CommandName() string         { return "seat.ask" }
func (SeatAnswer) CommandName() string      { return "seat.answer" }
func (OfferSeat) CommandName() string       { return "seat.offer" }
func (SeatAccepted) CommandName() string    { return "seat.accepted" }
func (SeatReturned) CommandName() string    { return "seat.returned" }
func (AskOffer) CommandName() string        { return "seat.ask_offer" }
func (RoomLeft) CommandName() string        { return "room.left" }
func (RoomUnlocked) CommandName() string    { return "room.unlocked" }
func (RoomPrioritized) CommandName() string { return "room.prioritized" }
func (ContinuePass) CommandName() string    { return "queue.pass" }
func (AgentReport) CommandName() string     { return "agent.report" }
func (FactsChanged) CommandName() string    { return "site.facts" }
func (DutyCheck) CommandName() string       { return "agent.duty" }
func (HoursTurned) CommandName() string     { return "calendar.turned" }
func (GainRoom) CommandName() string        { return "inbox.gain" }
func (LoseRoom) CommandName() string        { return "inbox.lose" }
func (RingAlarm) CommandName() string       { return "alarm.ring" }
func (DeadlineReached) CommandName() string { return "deadline" }
func (Resumed) CommandName() string         { return "resume" }
