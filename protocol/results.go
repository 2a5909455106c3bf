package protocol

// Done answers a command whose success says everything.
type Done struct{}

// Sent answers message.send, form.submit and other writes that are an entry of a stream.
type Sent struct {
	MessageID MessageID
	Seq       uint64 // in the caller's stream
	At        Instant
	Duplicate bool
	Request   string // id of the request that was made; "" = another write
}

// Started answers room.start.
type Started struct {
	Room      RoomID
	Outcome   Outcome
	Code      RejectCode // why refused, or why queued outside hours; 0 = nothing to say
	Duplicate bool
}

// Assigned answers room.take and room.assign.
type Assigned struct {
	Room       RoomID
	Assignment uint32
	Agent      AccountID
	Duplicate  bool
}

// ScenarioChecked answers CheckScenario: everything that was found, warnings included.
type ScenarioChecked struct{ Complaints []Complaint }

// ScenarioTried answers TryScenario: what the customer would have seen so far. A scenario that could not be saved is
// not played: there are complaints then, and no turns.
type ScenarioTried struct {
	Turns      []TryTurn
	Complaints []Complaint
}

// TryTurn is one thing that the customer sees: exactly one of a display, a text, a link and the request.
type TryTurn struct {
	Shown    *DialogueShown // a display; its label, timers and id are empty
	Text     string         // the customer's, or with Bot the bot's
	Bot      bool
	Link     string // the address of a link choice
	Agent    bool   // the connection request: the bot is silent from here
	Category string // that the room receives with it
}

// RoomView is a room as a snapshot shows it.
type RoomView struct {
	Room                        RoomID
	Site                        SiteID
	State                       RoomState // 0 = between question and answer
	Customer                    CustomerNo
	Key                         CustomerKey
	Channel                     Channel
	Account                     string
	Category                    string
	Category3                   string
	Title                       string
	CreatedAt                   Instant
	RequestedAt                 Instant
	ClosedAt                    Instant
	Holder                      AccountID
	HolderName                  string
	Assignment                  uint32
	Lock                        bool
	Refuse                      bool
	Hold                        bool
	Flag                        Flag
	Tags                        []string
	AlarmAt                     Instant
	Actor                       EndActor
	Reason                      EndReason
	Prompted                    bool   // a profile prompt was sent
	Form                        string // its token, while it can still be submitted
	LastCustomer                bool   // the last chat message is the customer's (문의)
	Deadline                    Instant
	Number                      uint64 // events so far
	Desk, RoomSeq               uint64
	ReadByAgent                 uint64 // desk/ position
	ReadByCustomer              uint64 // room/ position
	LastForAgent                uint64 // desk/ position of the newest message that the agent has not read; 0 = none
	UnreadAgent, UnreadCustomer int
	Priority                    uint8     // class in the line
	RoomNumber                  uint64    // 방번호: the site's running number of rooms
	AgentColumn                 string    // who held it, as the history shows it (domain 18.4)
	Grade                       Grade     // the customer's, at the request
	LastAgent                   AccountID // who held the customer's last room that had an agent
	Request                     string    // id of the change request that is pending; "" = none
	RequestTo                   AccountID
	Score                       uint8         // of the customer's rating; 0 = none
	Joined                      []CustomerKey // keys that came to the room later, and own it as Key does
	Params                      []Param       // what the chat link brought, the newest of each
	Seal                        uint64        // number of the customer's key
}

// InboxView is an agent's rooms and state.
type InboxView struct {
	Account AccountID
	Want    Want
	Conn    Conn
	OnDuty  bool
	Rooms   []InboxRoom
	Offers  []InboxOffered
	Seq     uint64
}

// InboxRoom is one room of an agent's inbox.
type InboxRoom struct {
	Room       RoomID
	Assignment uint32
	Cause      Cause
	Title      string
	Channel    Channel
	Since      Instant
}

// QueueView is the line and the agents, whole or as changes since a revision.
type QueueView struct {
	Revision uint64
	Base     uint64 // the revision it is a change of; 0 = it is whole
	Waiting  []WaitingRoom
	Gone     []RoomID // rooms that left the line since Base
	Agents   []AgentLoad
	Count    int     // rooms in the line
	Oldest   Instant // of the line; 0 = empty
	Free     int     // seats that could be given now; -1 = unlimited
	Open     bool
	Mode     Mode
	Explain  *Explanation
}

// WaitingRoom is one room of the line.
type WaitingRoom struct {
	Room        RoomID
	RequestedAt Instant
	Lock        bool
	Category    string
	Channel     string
	Offered     AccountID // a seat is offered to it right now
	Priority    uint8
}

// AgentLoad is one agent as the queue sees it.
type AgentLoad struct {
	Account  AccountID
	Name     string
	Want     Want
	Conn     Conn
	OnDuty   bool
	Load     int
	Limit    int
	Eligible bool
	WhyNot   string // the first rule of 9.2 that the agent fails
}

// Explanation answers "why is this room waiting": the rules in the order they are asked.
type Explanation struct {
	Room     RoomID
	Position int // 1 = first of the line; 0 = not in it
	Reasons  []string
}

// CustomerView is a customer as the directory knows it at one moment (I-18).
type CustomerView struct {
	Customer  Customer
	Profile   Profile // what the keys of the ID share
	Age       int     // full years, derived; -1 = no birth date (domain 18.3)
	Duplicate bool
}

func (Done) result()            {}
func (Sent) result()            {}
func (CustomerView) result()    {}
func (Started) result()         {}
func (Assigned) result()        {}
func (ScenarioChecked) result() {}
func (ScenarioTried) result()   {}
func (RoomView) result()        {}
func (InboxView) result()       {}
func (QueueView) result()       {}
