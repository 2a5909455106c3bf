package protocol

import "encoding/binary"

// Segment is the time that a room was bound to one agent (domain 14.2), with what its figures need.
type Segment struct {
	Agent    AccountID
	Start    Instant // the binding
	End      Instant // re-assignment, or the close; 0 = it has not ended
	Answered Instant // the agent's first chat message in it; 0 = none
	Hold     int64   // of the conversation window: the customer waited, in milliseconds
	Wait     int64   // and the agent waited
}

func (s *Segment) code(c *coder) {
	codeString(c, 1, &s.Agent)
	codeInt(c, 2, &s.Start)
	codeInt(c, 3, &s.End)
	codeInt(c, 4, &s.Answered)
	codeInt(c, 5, &s.Hold)
	codeInt(c, 6, &s.Wait)
}

// Move says how often displays of one row of the journey (stage, previous, dialogue) ended in one way
// (domain 15.2). Of the pseudo-dialogue 상담사연결, Exit is ExitServed or 0: nobody answered.
type Move struct {
	Stage    int
	Previous string
	Dialogue string
	Exit     Exit
	Label    string // what was chosen, or the report's word; empty for hotkeys
	Next     string // where it led; empty for hotkeys
	Count    uint32
}

func (m *Move) code(c *coder) {
	codeInt(c, 1, &m.Stage)
	codeString(c, 2, &m.Previous)
	codeString(c, 3, &m.Dialogue)
	codeUint(c, 4, &m.Exit)
	codeString(c, 5, &m.Label)
	codeString(c, 6, &m.Next)
	codeUint(c, 7, &m.Count)
}

// Figures is what reports are made of: one closed room, finished by the room itself in the entry that
// closed it, so that no report reads a log.
type Figures struct {
	State       RoomState
	Channel     Channel
	Category    string
	Customer    CustomerNo
	CreatedAt   Instant
	RequestedAt Instant // 0 = it never asked for an agent
	ClosedAt    Instant
	Last        Instant // the last chat message by a customer or an agent since the first binding; 0 = none
	Actor       EndActor
	Rejected    bool
	Answered    bool
	Segments    []Segment
	Bot         BotID // with which it began; empty = none
	Moves       []Move
}

func (f *Figures) code(c *coder) {
	codeUint(c, 1, &f.State)
	codeUint(c, 2, &f.Channel)
	codeString(c, 3, &f.Category)
	codeUint(c, 4, &f.Customer)
	codeInt(c, 5, &f.CreatedAt)
	codeInt(c, 6, &f.RequestedAt)
	codeInt(c, 7, &f.ClosedAt)
	codeInt(c, 8, &f.Last)
	codeUint(c, 9, &f.Actor)
	codeBool(c, 10, &f.Rejected)
	codeBool(c, 11, &f.Answered)
	codeList(c, 12, &f.Segments)
	codeString(c, 13, &f.Bot)
	codeList(c, 14, &f.Moves)
}

// AppendFigures and DecodeFigures are the value of a RowFigures, whose key is ClosedRoomKey.
func AppendFigures(dst []byte, f *Figures) []byte { return encode(dst, f) }

// DecodeFigures reads a row of figures. Errors are ErrWire.
func DecodeFigures(b []byte) (Figures, error) {
	var f Figures
	err := decode(b, &f)
	return f, err
}

// StartedRow keeps rooms in the order of their start (domain 16.3): what the list filters and counts by. What
// changes while the room is open stands in its open-room row.
type StartedRow struct {
	Channel  Channel
	ClosedAt Instant // 0 = the room is open, and the fields below are empty
	State    RoomState
	Actor    EndActor
	Rejected bool
	Bot      bool // it had a bot part
	Agent    AccountID
	Category string
}

func (r *StartedRow) code(c *coder) {
	codeUint(c, 1, &r.Channel)
	codeInt(c, 2, &r.ClosedAt)
	codeUint(c, 3, &r.State)
	codeUint(c, 4, &r.Actor)
	codeBool(c, 5, &r.Rejected)
	codeBool(c, 6, &r.Bot)
	codeString(c, 7, &r.Agent)
	codeString(c, 8, &r.Category)
}

// AppendStarted and DecodeStarted are the row's value.
func AppendStarted(dst []byte, r *StartedRow) []byte { return encode(dst, r) }

// DecodeStarted reads a started row. Errors are ErrWire.
func DecodeStarted(b []byte) (StartedRow, error) {
	var r StartedRow
	err := decode(b, &r)
	return r, err
}

// StartedKey orders the rooms of a site by their start, newest first.
func StartedKey(site SiteID, created Instant, room RoomID) []byte {
	k := binary.BigEndian.AppendUint64(RowKey(site), ^uint64(created))
	return append(append(k, room...), 0)
}

// StartedRoom reads a key of StartedKey; "" if it is none.
func StartedRoom(site SiteID, key []byte) (created Instant, room RoomID) {
	n := len(site) + 1
	if len(key) < n+9 {
		return 0, ""
	}
	return Instant(^binary.BigEndian.Uint64(key[n:])), RoomID(key[n+8 : len(key)-1])
}

// Metrics is how many of the SQI's metrics are times.
const Metrics = 7

// Sum is how many samples there are and what they come to, in milliseconds.
type Sum struct{ N, MS int64 }

func (s *Sum) code(c *coder) { codeInt(c, 1, &s.N); codeInt(c, 2, &s.MS) }

// FoldCell holds the sums of the rooms of one day, agent, category and channel. What belongs to the site stands at
// the room's first agent, what belongs to the close at its last; Agent is empty where nobody was bound.
type FoldCell struct {
	Agent     AccountID
	Category  string
	Channel   Channel
	Requested int64
	Abandoned int64
	Closed    int64 // CLOSED rooms
	BotClosed int64 // BOT_CLOSED rooms
	Spent     Sum   // close - start, of both
	Sums      [Metrics]Sum
}

func (f *FoldCell) code(c *coder) {
	codeString(c, 1, &f.Agent)
	codeString(c, 2, &f.Category)
	codeUint(c, 3, &f.Channel)
	codeInt(c, 4, &f.Requested)
	codeInt(c, 5, &f.Abandoned)
	codeInt(c, 6, &f.Closed)
	codeInt(c, 7, &f.BotClosed)
	codeStruct(c, 8, &f.Spent)
	for i := range f.Sums {
		codeStruct(c, uint64(9+i), &f.Sums[i])
	}
}

// JourneyKey names what the journey counts: a way out of a row, or what several of them have in common; Level says
// which fields count (actors/report).
type JourneyKey struct {
	Level    uint8
	Stage    int
	Previous string
	Dialogue string
	Exit     Exit
	Label    string
	Next     string
}

// JourneyCell is one key of one day.
type JourneyCell struct {
	Key       JourneyKey
	Moves     int64
	Rooms     int64
	Customers []byte // the set of their numbers; on the lowest level only
}

func (x *JourneyCell) code(c *coder) {
	codeUint(c, 1, &x.Key.Level)
	codeInt(c, 2, &x.Key.Stage)
	codeString(c, 3, &x.Key.Previous)
	codeString(c, 4, &x.Key.Dialogue)
	codeUint(c, 5, &x.Key.Exit)
	codeString(c, 6, &x.Key.Label)
	codeString(c, 7, &x.Key.Next)
	codeInt(c, 8, &x.Moves)
	codeInt(c, 9, &x.Rooms)
	codeBytes(c, 10, &x.Customers)
}

// DayFold is a finished day of a site, JourneyFold that of one of its bots.
type DayFold struct {
	Rooms   int64 // that were closed in it
	Cells   []FoldCell
	Created int64 // rooms that began in it and count (16.1); 0 also in days that were stored without it
}

func (f *DayFold) code(c *coder) {
	codeInt(c, 1, &f.Rooms)
	codeList(c, 2, &f.Cells)
	codeInt(c, 3, &f.Created)
}

// JourneyFold see DayFold.
type JourneyFold struct{ Cells []JourneyCell }

func (f *JourneyFold) code(c *coder) { codeList(c, 1, &f.Cells) }

// AppendDayFold, AppendJourneyFold and their opposites are the values of a RowDayFold.
func AppendDayFold(dst []byte, f *DayFold) []byte { return encode(dst, f) }

// AppendJourneyFold see AppendDayFold.
func AppendJourneyFold(dst []byte, f *JourneyFold) []byte { return encode(dst, f) }

// DecodeDayFold reads the day's cells. Errors are ErrWire.
func DecodeDayFold(b []byte) (DayFold, error) { var f DayFold; err := decode(b, &f); return f, err }

// DecodeJourneyFold reads a bot's day. Errors are ErrWire.
func DecodeJourneyFold(b []byte) (JourneyFold, error) {
	var f JourneyFold
	err := decode(b, &f)
	return f, err
}

// DayFoldKey is the key of a day's cells (bot ""), or of a bot's day; DayFoldsKey is where a day begins.
func DayFoldKey(site SiteID, day Date, bot BotID) []byte {
	return append(append(DayFoldsKey(site, day), bot...), 0)
}

// DayFoldsKey see DayFoldKey.
func DayFoldsKey(site SiteID, day Date) []byte {
	return binary.BigEndian.AppendUint32(RowKey(site), uint32(day.Year*10_000+int(day.Month)*100+day.Day))
}

// FoldPart is one row of a finished day: its cells (Bot ""), or a bot's journey.
type FoldPart struct {
	Bot   BotID
	Value []byte
}

// SaveDayFold stores a finished day. Only the node's own job asks (System); a day is stored once, in the order of days.
type SaveDayFold struct {
	Day   Date // every earlier day is stored, or had no rooms
	Parts []FoldPart
}

// CommandName see Body.
func (SaveDayFold) CommandName() string { return "site.save_day_fold" }

// DayTurn says which bots were enabled when the data of the days up to Through were made (domain 15.1 rule 3).
type DayTurn struct {
	Through Date
	Bots    []BotID
}

func (t *DayTurn) code(c *coder) { codeStruct(c, 1, &t.Through); codeStrings(c, 2, &t.Bots) }

// JourneyTurned is the daily moment (journey.snapshot_at) at which the days up to Turn.Through became report data: each
// day once, by its date.
type JourneyTurned struct{ Turn DayTurn }

func (*JourneyTurned) EventCode() EventCode     { return CodeJourneyTurned }
func (*JourneyTurned) Shown() (desk, room bool) { return false, false }
func (e *JourneyTurned) code(c *coder)          { codeStruct(c, 1, &e.Turn) }

// DayFolded says that the days up to Day are stored as rows: their rooms may go (retention).
type DayFolded struct{ Day Date }

func (*DayFolded) EventCode() EventCode     { return CodeDayFolded }
func (*DayFolded) Shown() (desk, room bool) { return false, false }
func (e *DayFolded) code(c *coder)          { codeStruct(c, 1, &e.Day) }
