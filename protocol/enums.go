package protocol

import "fmt"

// The small closed sets of the domain. Their numbers are stored, so new members
// go to the end; their names are what the wire and the settings show. Zero is
// "not said" in each of them.

// named is a set's list of names, indexed by number; "" marks the zero member.
type named []string

func (n named) name(i int) string {
	if i > 0 && i < len(n) {
		return n[i]
	}
	if i == 0 {
		return ""
	}
	return fmt.Sprintf("?%d", i)
}

func (n named) parse(s string) (int, error) {
	for i := 1; i < len(n); i++ {
		if n[i] == s {
			return i, nil
		}
	}
	return 0, fmt.Errorf("must be one of %q", []string(n[1:]))
}

// RoomState is the state of a room (domain 6.1).
type RoomState uint8

const (
	Bot RoomState = iota + 1
	Waiting
	Received
	Active
	Closed
	BotClosed
	Deleted
)

var roomStates = named{"", "BOT", "WAITING", "RECEIVED", "ACTIVE", "CLOSED", "BOT_CLOSED", "DELETED"}

func (s RoomState) String() string { return roomStates.name(int(s)) }

// Wire is the vendor's number of the state (domain 6.1).
func (s RoomState) Wire() int {
	return [...]int{Bot: -1, Waiting: -2, Received: 0, Active: 1, Closed: 2, BotClosed: 4, Deleted: 3}[s]
}

// Open says whether the consultation is still going on.
func (s RoomState) Open() bool { return s >= Bot && s <= Active }

// Bound says whether an agent holds the room: these count as load (domain 9.2).
func (s RoomState) Bound() bool { return s == Received || s == Active }

// Role of an account (domain 21), plus the two callers that are no account.
type Role uint8

const (
	Visitor Role = iota + 1 // a customer on the web
	Agent
	Manager
	Admin
	System // the engine itself and its channels
)

var roles = named{"", "VISITOR", "AGENT", "MANAGER", "ADMIN", "SYSTEM"}

func (r Role) String() string { return roles.name(int(r)) }

// ParseRole reads the name of an account's role.
func ParseRole(s string) (Role, error) {
	i, err := roles.parse(s)
	if err == nil && (Role(i) == Visitor || Role(i) == System) {
		err = fmt.Errorf("must be one of %q", []string{"AGENT", "MANAGER", "ADMIN"})
	}
	return Role(i), err
}

// Channel is where a customer writes (domain 3.3).
type Channel uint8

const (
	Web Channel = iota + 1
	Naver
	Kakao
)

var channels = named{"", "WEB", "NAVER", "KAKAO"}

func (c Channel) String() string { return channels.name(int(c)) }

// ParseChannel reads a channel's name.
func ParseChannel(s string) (Channel, error) { i, err := channels.parse(s); return Channel(i), err }

// Mode of distribution (domain 9.1).
type Mode uint8

const (
	Auto Mode = iota + 1
	Manual
	Hybrid
)

var modes = named{"", "AUTO", "MANUAL", "HYBRID"}

func (m Mode) String() string { return modes.name(int(m)) }

// ParseMode reads a mode's name.
func ParseMode(s string) (Mode, error) { i, err := modes.parse(s); return Mode(i), err }

// Balancer is the rule that picks among eligible agents (domain 9.3, 9.4).
type Balancer uint8

const (
	LeastLoad Balancer = iota + 1
	Sequential
)

var balancers = named{"", "LEAST_LOAD", "SEQUENTIAL"}

func (b Balancer) String() string { return balancers.name(int(b)) }

// ParseBalancer reads a balancer's name.
func ParseBalancer(s string) (Balancer, error) { i, err := balancers.parse(s); return Balancer(i), err }

// Selector narrows the candidates of a room (domain 9.2 point 5).
type Selector uint8

const (
	SelectNone Selector = iota + 1
	SelectCategory
	SelectChannel
)

var selectors = named{"", "NONE", "CATEGORY", "CHANNEL"}

func (s Selector) String() string { return selectors.name(int(s)) }

// ParseSelector reads a selector's name.
func ParseSelector(s string) (Selector, error) { i, err := selectors.parse(s); return Selector(i), err }

// Backlog is what happens to rooms that wait (domain 9.5).
type Backlog uint8

const (
	BacklogAuto Backlog = iota + 1
	BacklogManual
)

var backlogs = named{"", "AUTO", "MANUAL"}

func (b Backlog) String() string { return backlogs.name(int(b)) }

// ParseBacklog reads a backlog mode's name.
func ParseBacklog(s string) (Backlog, error) { i, err := backlogs.parse(s); return Backlog(i), err }

// Policy is the answer to a shortage: of agents (no_agent_policy), of seats
// (overflow_policy) or of a profile (profile.policy).
type Policy uint8

const (
	PolicyReject Policy = iota + 1
	PolicyWait
	PolicyAssign
)

var policies = named{"", "REJECT", "WAIT", "ASSIGN"}

func (p Policy) String() string { return policies.name(int(p)) }

// ParsePolicy reads a policy's name.
func ParsePolicy(s string) (Policy, error) { i, err := policies.parse(s); return Policy(i), err }

// GateSource says which timer clears gated rooms (domain C-03).
type GateSource uint8

const (
	GateBySilence GateSource = iota + 1
	GateByDelay
)

var gateSources = named{"", "CUSTOMER_SILENCE", "AGENT_DELAY"}

func (g GateSource) String() string { return gateSources.name(int(g)) }

// ParseGateSource reads a gate source's name.
func ParseGateSource(s string) (GateSource, error) {
	i, err := gateSources.parse(s)
	return GateSource(i), err
}

// ProfileField is one of the five fields a profile bot may collect (domain 8.2).
type ProfileField uint8

const (
	FieldName ProfileField = iota + 1
	FieldPhone
	FieldEmail
	FieldBirth
	FieldAddress
)

var profileFields = named{"", "NAME", "PHONE", "EMAIL", "BIRTH", "ADDRESS"}

func (f ProfileField) String() string { return profileFields.name(int(f)) }

// ParseProfileField reads a field's name.
func ParseProfileField(s string) (ProfileField, error) {
	i, err := profileFields.parse(s)
	return ProfileField(i), err
}

// Hours is what the calendar says of a moment (domain 7.4, first column).
type Hours uint8

const (
	InHours   Hours = iota + 1 // IN
	OutIntake                  // OUT_ON: closed, but requests are accepted
	OutClosed                  // OUT_OFF: closed, requests are refused
)

var hours = named{"", "IN", "OUT_ON", "OUT_OFF"}

func (h Hours) String() string { return hours.name(int(h)) }

// Cause says why a room got its agent.
type Cause uint8

const (
	CauseEntry         Cause = iota + 1 // S-07
	CauseSelf                           // S-11, taken from 대기
	CauseBacklog                        // S-12
	CauseManager                        // S-13, manager assignment out of WAITING
	CauseChange                         // S-17, approved change request
	CauseManagerChange                  // S-17, changed by a manager directly
)

var causes = named{"", "ENTRY", "SELF", "BACKLOG", "MANAGER", "CHANGE", "MANAGER_CHANGE"}

func (c Cause) String() string { return causes.name(int(c)) }

// EndActor is who ended a room (domain 3.5).
type EndActor uint8

const (
	EndedByAgent EndActor = iota + 1
	EndedByCustomer
	EndedByManager
	EndedAuto
)

var endActors = named{"", "AGENT", "CUSTOMER", "MANAGER", "AUTO"}

func (e EndActor) String() string { return endActors.name(int(e)) }

// ParseEndActor reads the name of who ended a room.
func ParseEndActor(s string) (EndActor, error) { i, err := endActors.parse(s); return EndActor(i), err }

// EndReason is why a room ended (domain 3.5).
type EndReason uint8

const (
	EndNormal EndReason = iota + 1
	EndCustomerSilence
	EndAgentDelay
	EndAfterHours
	EndNoAgent
	EndOverLimit
	EndChannelSession
)

var endReasons = named{"", "NORMAL", "CUSTOMER_SILENCE", "AGENT_DELAY", "AFTER_HOURS", "NO_AGENT", "OVER_LIMIT", "CHANNEL_SESSION"}

func (e EndReason) String() string { return endReasons.name(int(e)) }

// Sender is the kind of writer of a message (domain 3.6).
type Sender uint8

const (
	FromCustomer Sender = iota + 1
	FromAgent
	FromBot
)

var senders = named{"", "customer", "agent", "bot"}

func (s Sender) String() string { return senders.name(int(s)) }

// MessageKind is the body of a message on the wire (protocol.md, message.send).
type MessageKind uint8

const (
	Text MessageKind = iota + 1
	Image
	File
	Link
	Memo
	Card
)

var messageKinds = named{"", "text", "image", "file", "link", "memo", "card"}

func (k MessageKind) String() string { return messageKinds.name(int(k)) }

// ParseMessageKind reads the kind of a message.send. A card is the engine's own.
func ParseMessageKind(s string) (MessageKind, error) {
	i, err := messageKinds[:Card].parse(s)
	return MessageKind(i), err
}

// Want is what an agent chose to be (protocol.md, presence).
type Want uint8

const (
	WantOnline Want = iota + 1
	WantBusy
	WantBreak
	WantMeal
	WantWrapup
	WantOffline
)

var wants = named{"", "online", "busy", "break", "meal", "wrapup", "offline"}

func (w Want) String() string { return wants.name(int(w)) }

// ParseWant reads the wanted state of agent.status.
func ParseWant(s string) (Want, error) { i, err := wants.parse(s); return Want(i), err }

// Conn is what the engine sees of an agent's sockets.
type Conn uint8

const (
	ConnDown Conn = iota + 1
	ConnGrace
	ConnUp
)

var conns = named{"", "down", "grace", "up"}

func (c Conn) String() string { return conns.name(int(c)) }

// Grade is a customer's standing, by key (domain 3.3).
type Grade uint8

const (
	GradeNone Grade = iota + 1
	GradeVIP
	GradeBlacklist // 코끼리
)

var grades = named{"", "NONE", "VIP", "BLACKLIST"}

func (g Grade) String() string { return grades.name(int(g)) }

// ParseGrade reads a grade's name.
func ParseGrade(s string) (Grade, error) { i, err := grades.parse(s); return Grade(i), err }

// Means is how a customer's mobile number was verified (domain 18.3, 22.1).
type Means uint8

const (
	BySMS Means = iota + 1
	ByKakaoSync
	ByNaverStore
)

var means = named{"", "SMS", "KAKAO_SYNC", "NAVER_STORE"}

func (m Means) String() string { return means.name(int(m)) }

// ParseMeans reads the name of a means of verification.
func ParseMeans(s string) (Means, error) { i, err := means.parse(s); return Means(i), err }

// Outcome is what became of a connection request (room.start).
type Outcome uint8

const (
	OutcomeAccepted Outcome = iota + 1 // an agent has the room
	OutcomeQueued                      // the room waits
	OutcomeRefused                     // the room was closed at once; the code says why
	OutcomePending                     // asked again while the first answer is on its way
	OutcomeBot                         // the scenario bot has the room
)

var outcomes = named{"", "accepted", "queued", "refused", "pending", "bot"}

func (o Outcome) String() string { return outcomes.name(int(o)) }

// Flag is one of the eight marks of a room (domain 3.5).
type Flag uint8

const (
	FlagRed Flag = iota + 1
	FlagOrange
	FlagYellow
	FlagGreen
	FlagBlue
	FlagPurple
	FlagWarning
	FlagExclamation
)

var flags = named{"", "red", "orange", "yellow", "green", "blue", "purple", "warning", "exclamation"}

func (f Flag) String() string { return flags.name(int(f)) }

// ParseFlag reads a flag's name; "" and "none" take the flag away.
func ParseFlag(s string) (Flag, error) {
	if s == "" || s == "none" {
		return 0, nil
	}
	i, err := flags.parse(s)
	return Flag(i), err
}
