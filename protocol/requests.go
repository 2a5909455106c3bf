package protocol

import (
	"encoding/binary"
	"slices"
	"strconv"
	"strings"
)

// Requests of an agent about the room it holds (domain 13): another agent (상담원 변경 요청),
// or a look at the consultation (상담내용 검토 요청). And the customer's rating.

// RequestKind is what an agent asks for.
type RequestKind uint8

const (
	ChangeOfAgent RequestKind = iota + 1 // 상담원 변경 요청
	Review                               // 상담내용 검토 요청
)

var requestKinds = named{"", "change", "review"}

func (k RequestKind) String() string { return requestKinds.name(int(k)) }

// ParseRequestKind reads a kind's name.
func ParseRequestKind(s string) (RequestKind, error) {
	i, err := requestKinds.parse(s)
	return RequestKind(i), err
}

// RequestOutcome is what became of a request.
type RequestOutcome uint8

const (
	RequestApproved  RequestOutcome = iota + 1 // the room moved (S-17)
	RequestRejected                            // nothing moved
	RequestCancelled                           // the room closed or went elsewhere first
	RequestDone                                // a review was answered
)

var requestOutcomes = named{"", "APPROVED", "REJECTED", "CANCELLED", "DONE"}

func (o RequestOutcome) String() string { return requestOutcomes.name(int(o)) }

// RequestID is a request's id on the wire: the room's and the request's number in it.
func RequestID(room RoomID, number uint32) string {
	return string(room) + "-" + strconv.FormatUint(uint64(number), 10)
}

// ParseRequestID is the way back; false if s is not an id of RequestID.
func ParseRequestID(s string) (RoomID, uint32, bool) {
	room, number, ok := strings.Cut(s, "-")
	n, err := strconv.ParseUint(number, 10, 32)
	return RoomID(room), uint32(n), ok && err == nil && n > 0 && RequestID(RoomID(room), uint32(n)) == s
}

// decidersMax bounds who is told of a request.
const decidersMax = 20

// Deciders lists who is told of a request of the agent: its manager, or the administrator where
// it has none, and the managers who see everything; at most 20. Whoever of the others may decide
// finds it in the list of requests.
func (f *SiteFacts) Deciders(agent AccountID) []AccountID {
	var all []AccountID
	admin := AccountID("")
	for id, a := range f.Accounts {
		switch {
		case a.Disabled:
		case a.Role == Admin:
			admin = id
		case a.Role == Manager && a.SeesAll && id != agent:
			all = append(all, id)
		}
	}
	slices.Sort(all)
	first := admin
	if a := f.Accounts[agent]; a != nil {
		if m := f.Accounts[a.Manager]; m != nil && !m.Disabled && m.Role != Agent {
			first = m.ID
		}
	}
	all = slices.DeleteFunc(all, func(id AccountID) bool { return id == first })
	if first != "" {
		all = slices.Insert(all, 0, first)
	}
	return all[:min(len(all), decidersMax)]
}

// --- commands --------------------------------------------------------------

// RequestChange asks for another agent (room.request_change); goes to the room.
type RequestChange struct {
	Room       RoomID
	Assignment uint32 // 0 = not said
	To         AccountID
	Text       string
}

// RequestReview asks a manager to look at the consultation (room.request_review); goes to the room.
type RequestReview struct {
	Room       RoomID
	Assignment uint32
	Text       string
}

// DecideRequest is a manager's decision (request.decide); goes to the room. OK approves a change,
// or says that a review is done.
type DecideRequest struct {
	Room   RoomID
	Number uint32
	OK     bool
}

// RateRoom is the customer's rating (room.rate); goes to the room.
type RateRoom struct {
	Room    RoomID
	Score   uint8
	Comment string
}

// ChangeAgent asks the queue for a seat at the agent of an approved change request; from the room.
type ChangeAgent struct {
	Room       RoomID
	Number     uint32
	To         AccountID
	Assignment uint32 // what the room knew: compare and set
	Caller     Caller // who approved; nobody where the site approves by itself
	ClientID   ClientID
	Auto       bool // change_request.auto_approve: nobody waits for the answer
}

// ChangeImpossible tells a room that its request, approved by the site itself, cannot be carried out.
type ChangeImpossible struct {
	Room   RoomID
	Number uint32
}

// NoteRequest and NoteDecision tell an inbox. Owed.
type NoteRequest struct{ New InboxRequest }

// NoteDecision see NoteRequest.
type NoteDecision struct{ Decided InboxDecision }

func (RequestChange) CommandName() string    { return "room.request_change" }
func (RequestReview) CommandName() string    { return "room.request_review" }
func (DecideRequest) CommandName() string    { return "request.decide" }
func (RateRoom) CommandName() string         { return "room.rate" }
func (ChangeAgent) CommandName() string      { return "seat.change" }
func (ChangeImpossible) CommandName() string { return "request.impossible" }
func (NoteRequest) CommandName() string      { return "inbox.request" }
func (NoteDecision) CommandName() string     { return "inbox.decision" }

func (b *NoteRequest) code(c *coder)  { b.New.code(c) }
func (b *NoteDecision) code(c *coder) { b.Decided.code(c) }

// --- events ----------------------------------------------------------------

// ChangeRequested is a request for another agent. The room stays where it is (domain 13).
type ChangeRequested struct {
	Number     uint32 // 1, 2, 3 … in this room, reviews included
	By         AccountID
	ByName     string
	To         AccountID
	ToName     string
	Assignment uint32
	Text       string
	ClientID   ClientID
	Auto       bool // change_request.auto_approve was on
}

func (*ChangeRequested) EventCode() EventCode     { return CodeChangeRequested }
func (*ChangeRequested) Shown() (desk, room bool) { return true, false }
func (e *ChangeRequested) code(c *coder) {
	codeUint(c, 1, &e.Number)
	codeString(c, 2, &e.By)
	codeString(c, 3, &e.ByName)
	codeString(c, 4, &e.To)
	codeString(c, 5, &e.ToName)
	codeUint(c, 6, &e.Assignment)
	codePersonal(c, 7, &e.Text)
	codeString(c, 8, &e.ClientID)
	codeBool(c, 9, &e.Auto)
}

// ReviewRequested is a request for a review.
type ReviewRequested struct {
	Number     uint32
	By         AccountID
	ByName     string
	Assignment uint32
	Text       string
	ClientID   ClientID
}

func (*ReviewRequested) EventCode() EventCode     { return CodeReviewRequested }
func (*ReviewRequested) Shown() (desk, room bool) { return true, false }
func (e *ReviewRequested) code(c *coder) {
	codeUint(c, 1, &e.Number)
	codeString(c, 2, &e.By)
	codeString(c, 3, &e.ByName)
	codeUint(c, 4, &e.Assignment)
	codePersonal(c, 5, &e.Text)
	codeString(c, 6, &e.ClientID)
}

// RequestDecided ends a request. Where it was approved, RoomAssigned stands in the same step.
type RequestDecided struct {
	Number   uint32
	Kind     RequestKind
	Outcome  RequestOutcome
	By       AccountID // "" = the site itself, a close or a move
	ClientID ClientID
}

func (*RequestDecided) EventCode() EventCode     { return CodeRequestDecided }
func (*RequestDecided) Shown() (desk, room bool) { return true, false }
func (e *RequestDecided) code(c *coder) {
	codeUint(c, 1, &e.Number)
	codeUint(c, 2, &e.Kind)
	codeUint(c, 3, &e.Outcome)
	codeString(c, 4, &e.By)
	codeString(c, 5, &e.ClientID)
}

// RoomRated is the customer's rating of a closed room.
type RoomRated struct {
	Score    uint8 // 1-5
	Comment  string
	ClientID ClientID
}

func (*RoomRated) EventCode() EventCode     { return CodeRoomRated }
func (*RoomRated) Shown() (desk, room bool) { return true, true }
func (e *RoomRated) code(c *coder) {
	codeUint(c, 1, &e.Score)
	codePersonal(c, 2, &e.Comment)
	codeString(c, 3, &e.ClientID)
}

// InboxRequest tells a manager of a request.
type InboxRequest struct {
	Room   RoomID
	Number uint32
	Kind   RequestKind
	By     AccountID
	ByName string
	To     AccountID // of a change
	ToName string
	Text   string
	Seal   uint64 // number of the key of the room's customer
}

// SealedBy is the room's customer's.
func (e *InboxRequest) SealedBy() uint64 { return e.Seal }

func (*InboxRequest) EventCode() EventCode     { return CodeInboxRequest }
func (*InboxRequest) Shown() (desk, room bool) { return true, false }
func (e *InboxRequest) code(c *coder) {
	codeString(c, 1, &e.Room)
	codeUint(c, 2, &e.Number)
	codeUint(c, 3, &e.Kind)
	codeString(c, 4, &e.By)
	codeString(c, 5, &e.ByName)
	codeString(c, 6, &e.To)
	codeString(c, 7, &e.ToName)
	codePersonal(c, 8, &e.Text)
	codeUint(c, 9, &e.Seal)
}

// InboxDecision tells the requester what became of the request.
type InboxDecision struct {
	Room    RoomID
	Number  uint32
	Kind    RequestKind
	Outcome RequestOutcome
	By      AccountID
}

func (*InboxDecision) EventCode() EventCode     { return CodeInboxDecision }
func (*InboxDecision) Shown() (desk, room bool) { return true, false }
func (e *InboxDecision) code(c *coder) {
	codeString(c, 1, &e.Room)
	codeUint(c, 2, &e.Number)
	codeUint(c, 3, &e.Kind)
	codeUint(c, 4, &e.Outcome)
	codeString(c, 5, &e.By)
}

// requestFrame writes the data of a request's frame; room is "" in the room's own stream.
func requestFrame(j *JSON, room RoomID, of RoomID, e *InboxRequest) {
	j.Str("request", RequestID(of, e.Number))
	j.Str("room", string(room))
	j.Str("kind", e.Kind.String())
	j.Str("by", string(e.By))
	j.Str("by_name", e.ByName)
	j.Str("to", string(e.To))
	j.Str("to_name", e.ToName)
	j.Str("text", e.Text)
}

func decisionFrame(j *JSON, room RoomID, of RoomID, e *InboxDecision) {
	j.Str("request", RequestID(of, e.Number))
	j.Str("room", string(room))
	j.Str("kind", e.Kind.String())
	j.Str("outcome", e.Outcome.String())
	j.Str("by", string(e.By))
}

// --- row -------------------------------------------------------------------

// OpenRequestRow is one request that nobody has decided: the managers' list needs no room awake.
type OpenRequestRow struct {
	Request InboxRequest
	At      Instant
}

func (r *OpenRequestRow) code(c *coder) { codeStruct(c, 1, &r.Request); codeInt(c, 2, &r.At) }

// AppendOpenRequest and DecodeOpenRequest are the row's value.
func AppendOpenRequest(dst []byte, r *OpenRequestRow) []byte { return encode(dst, r) }

// DecodeOpenRequest reads an open request's row. Errors are ErrWire.
func DecodeOpenRequest(b []byte) (OpenRequestRow, error) {
	var r OpenRequestRow
	err := decode(Unmarked(b), &r)
	return r, err
}

// OpenRequestKey is the key of a request's row.
func OpenRequestKey(site SiteID, room RoomID, number uint32) []byte {
	return binary.BigEndian.AppendUint32(RowKey(site, string(room)), number)
}
