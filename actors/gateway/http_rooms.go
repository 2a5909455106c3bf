package gateway

import (
	"encoding/base64"
	"net/http"
	"strconv"
	"time"

	"switchyard/protocol"
)

// roomFilter is what a list of rooms may be narrowed by (domain 16.4).
type roomFilter struct {
	agent    protocol.AccountID
	channel  protocol.Channel
	category string
	ended    protocol.EndActor // only closed rooms
	from, to protocol.Instant  // of the start, or of the close, as the list is ordered
	hold     bool              // only rooms under 보류
}

// periodMaximum is the longest period of a list (domain 16.4), startDays the same in days, startDaysFree that of the
// free plan where plans are enforced.
const (
	periodMaximum = 366 * 24 * time.Hour
	startDays     = 366
	startDaysFree = 7
)

// roomFilter reads what narrows a list of rooms.
func (c *call) roomFilter() (f roomFilter, rej *protocol.Rejection) {
	q := c.r.URL.Query()
	f.agent, f.category = protocol.AccountID(q.Get("agent")), q.Get("category")
	if s := q.Get("channel"); s != "" {
		var err error
		if f.channel, err = protocol.ParseChannel(s); err != nil {
			return f, protocol.RejectField(protocol.BadRequest, "channel", err.Error())
		}
	}
	if s := q.Get("ended_by"); s != "" {
		var err error
		if f.ended, err = protocol.ParseEndActor(s); err != nil {
			return f, protocol.RejectField(protocol.BadRequest, "ended_by", err.Error())
		}
	}
	return f, nil
}

// rooms lists open or closed rooms. Where the period is of the start, the newest start comes first; else open rooms come
// by their ids and closed ones in the order of their close.
func (c *call) rooms() (int, []byte, *protocol.Rejection) {
	q := c.r.URL.Query()
	limit, rej := c.limit()
	if rej != nil {
		return 0, nil, rej
	}
	cursor, rej := c.cursor()
	if rej != nil {
		return 0, nil, rej
	}
	f, rej := c.roomFilter()
	if rej != nil {
		return 0, nil, rej
	}
	switch q.Get("hold_close") {
	case "":
	case "true":
		f.hold = true
	default:
		return 0, nil, protocol.RejectField(protocol.BadRequest, "hold_close", "must be true or left out")
	}
	for name, at := range map[string]*protocol.Instant{"from": &f.from, "to": &f.to} {
		if s := q.Get(name); s != "" {
			t, err := time.Parse(time.RFC3339, s)
			if err != nil {
				return 0, nil, protocol.RejectField(protocol.BadRequest, name, "must be a time as in RFC 3339")
			}
			*at = protocol.At(t)
		}
	}
	closed := false
	switch q.Get("state") {
	case "", "open":
		if f.ended != 0 {
			return 0, nil, protocol.RejectField(protocol.BadRequest, "ended_by", "is of closed rooms")
		}
	case "closed":
		closed = true
	default:
		return 0, nil, protocol.RejectField(protocol.BadRequest, "state", "must be open or closed")
	}
	switch {
	case q.Has("started_from") || q.Has("started_to"):
		return c.roomsByStart(f, closed, limit, cursor)
	case closed:
		return c.closedRooms(f, limit, cursor)
	}
	return c.openRooms(f, limit, cursor)
}

// sees says whether the list shows a room held by the agent. An agent sees its own, and the line where the mode shows it.
func (c *call) sees(holder protocol.AccountID, state protocol.RoomState) bool {
	if c.caller.Role == protocol.Agent && state == protocol.Waiting {
		return c.facts.Settings.Mode != protocol.Auto
	}
	return covers("rooms.list", c.facts, &c.caller, holder, "")
}

func (f *roomFilter) takes(agent protocol.AccountID, channel protocol.Channel, category string) bool {
	return (f.agent == "" || f.agent == agent) && (f.channel == 0 || f.channel == channel) && (f.category == "" || f.category == category)
}

// takesOpen and takesClosed judge a room but for its period.
func (c *call) takesOpen(f *roomFilter, r *protocol.OpenRoomRow) bool {
	return c.sees(r.Holder, r.State) && f.takes(r.Holder, r.Channel, r.Category) && (!f.hold || r.Hold)
}

func (c *call) takesClosed(f *roomFilter, r *protocol.ClosedRoomRow) bool {
	return covers("rooms.list", c.facts, &c.caller, r.Agent, "") && f.takes(r.Agent, r.Channel, r.Category) && (f.ended == 0 || f.ended == r.Actor)
}

func appendOpenRoom(j *protocol.JSON, r *protocol.OpenRoomRow) {
	listComma(j)
	j.Open()
	j.Str("room", string(r.Room))
	j.Uint("number", r.Number)
	j.Str("state", stateName(r.State))
	j.Instant("since", r.Since)
	j.Instant("created_at", r.CreatedAt)
	j.Instant("requested_at", r.RequestedAt)
	j.Str("channel", r.Channel.String())
	j.Str("channel_account", r.Account)
	j.Str("category", r.Category)
	j.Str("customer", string(r.Key))
	j.Str("agent", string(r.Holder))
	j.Uint("assignment", uint64(r.Assignment))
	j.Bool("profile_required", r.Lock)
	j.Bool("refusing", r.Refuse)
	j.Bool("hold_close", r.Hold)
	if r.State == protocol.Active {
		j.Instant("waits_since", r.Unanswered)
	}
	j.Close()
}

func appendClosedRoom(j *protocol.JSON, r *protocol.ClosedRoomRow) {
	listComma(j)
	j.Open()
	j.Str("room", string(r.Room))
	j.Uint("number", r.Number)
	j.Str("title", r.Title)
	j.Str("state", r.State.String())
	j.Instant("created_at", r.CreatedAt)
	j.Instant("requested_at", r.RequestedAt)
	j.Instant("closed_at", r.ClosedAt)
	j.Str("channel", r.Channel.String())
	j.Str("channel_account", r.Account)
	j.Str("category", r.Category)
	j.Str("category3", r.Category3)
	j.Str("customer", string(r.Key))
	j.Str("agent", string(r.Agent))
	j.Str("agents", r.AgentColumn)
	j.Str("ended_by", r.Actor.String())
	j.Str("reason", r.Reason.String())
	j.Uint("assignments", uint64(r.Assignments))
	j.Bool("answered", r.Answered)
	j.Bool("refused", r.Rejected)
	score(j, r.Score)
	j.Close()
}

func (c *call) openRooms(f roomFilter, limit int, after []byte) (int, []byte, *protocol.Rejection) {
	j := listHead("rooms")
	last, end, rej := pageOf(limit, after, func(after []byte, limit int, each func([]byte, protocol.OpenRoomRow) error) error {
		return c.g.engine.OpenRooms(c.site, protocol.RoomID(after), limit, func(r protocol.OpenRoomRow) error { return each([]byte(r.Room), r) })
	}, func(_ []byte, r protocol.OpenRoomRow) bool {
		takes := c.takesOpen(&f, &r) && r.CreatedAt >= f.from && (f.to == 0 || r.CreatedAt < f.to)
		if takes {
			appendOpenRoom(&j, &r)
		}
		return takes
	})
	if rej != nil {
		return 0, nil, rej
	}
	return listEnd(&j, end, last)
}

func (c *call) closedRooms(f roomFilter, limit int, after []byte) (int, []byte, *protocol.Rejection) {
	if f.to == 0 {
		f.to = protocol.At(c.g.engine.Now().Add(time.Minute))
	}
	if f.from == 0 {
		f.from = f.to.Add(-31 * 24 * time.Hour)
	}
	if f.from > f.to || f.to.Time().Sub(f.from.Time()) > periodMaximum {
		return 0, nil, protocol.RejectField(protocol.BadRequest, "from", "the period is at most a year")
	}
	if c.caller.Role == protocol.Agent {
		// 종료 shows an agent the rooms closed today; older ones stand in the customers' history.
		f.from = max(f.from, protocol.At(c.today()))
	}
	from, to := min(f.from, f.to), f.to
	j := listHead("rooms")
	last, end, rej := pageOf(limit, after, func(after []byte, limit int, each func([]byte, protocol.ClosedRoomRow) error) error {
		return c.g.engine.ClosedRooms(c.site, from, to, limit, after, each)
	}, func(_ []byte, r protocol.ClosedRoomRow) bool {
		takes := c.takesClosed(&f, &r)
		if takes {
			appendClosedRoom(&j, &r)
		}
		return takes
	})
	if rej != nil {
		return 0, nil, rej
	}
	return listEnd(&j, end, last)
}

// roomsByStart is the managers' list (16.4, R-197): a period of days of the start, newest start first.
func (c *call) roomsByStart(f roomFilter, closed bool, limit int, after []byte) (int, []byte, *protocol.Rejection) {
	if f.from != 0 || f.to != 0 {
		return 0, nil, protocol.RejectField(protocol.BadRequest, "from", "cannot go with started_from and started_to")
	}
	most := startDays
	if s := c.facts.Settings; s.EnforcePlans && s.Plan == protocol.PlanFree {
		most = startDaysFree
	}
	today := c.today()
	p, rej := c.periodOf("started_from", "started_to", today, today, most, today)
	if rej != nil {
		return c.unprocessable(rej)
	}
	if c.caller.Role == protocol.Agent && closed { // R-030 holds whatever the list is ordered by
		f.from = protocol.At(today)
	}
	wants := func(r *started) bool {
		return (r.ClosedAt != 0) == closed && r.ClosedAt >= f.from && (!closed || f.takes(r.Agent, r.Channel, r.Category) && (f.ended == 0 || f.ended == r.Actor))
	}
	j := listHead("rooms")
	last, end, rej := pageOf(limit, after, c.startedRooms(p, wants), func(_ []byte, r started) bool {
		switch {
		case r.open != nil && !closed && c.takesOpen(&f, r.open):
			appendOpenRoom(&j, r.open)
		case r.closed != nil && closed && c.takesClosed(&f, r.closed):
			appendClosedRoom(&j, r.closed)
		default:
			return false
		}
		return true
	})
	if rej != nil {
		return 0, nil, rej
	}
	return listEnd(&j, end, last)
}

// started is a room in the list by its start: what the list says of it, and its own row, if that was wanted. Both are nil
// of a room that was removed meanwhile.
type started struct {
	protocol.StartedRow
	at     protocol.Instant
	room   protocol.RoomID
	open   *protocol.OpenRoomRow
	closed *protocol.ClosedRoomRow
}

// startedRooms reads the rooms that began in the period, newest first; the rows of those that are wanted.
func (c *call) startedRooms(p period, wants func(*started) bool) rowReader[started] {
	return func(after []byte, limit int, each func([]byte, started) error) error {
		var keys [][]byte
		var rows []started
		err := c.g.engine.StartedRooms(c.site, protocol.At(p.from), protocol.At(p.to.AddDate(0, 0, 1)), limit, after, func(key []byte, at protocol.Instant, room protocol.RoomID, r *protocol.StartedRow) error {
			keys, rows = append(keys, append([]byte(nil), key...)), append(rows, started{StartedRow: *r, at: at, room: room})
			return nil
		})
		for i := 0; err == nil && i < len(rows); i++ {
			if wants(&rows[i]) {
				err = c.readRoom(&rows[i])
			}
		}
		c.g.engine.Durable()
		for i := 0; err == nil && i < len(rows); i++ {
			err = each(keys[i], rows[i])
		}
		return err
	}
}

// readRoom reads the row of a room of the list. One that has closed since the list was read is looked up there again.
func (c *call) readRoom(r *started) (err error) {
	if r.ClosedAt == 0 {
		if r.open, err = c.g.engine.OpenRoom(c.site, r.room); r.open != nil || err != nil {
			return err
		}
		err = c.g.engine.StartedRooms(c.site, r.at, r.at+1, rowsPage, nil, func(_ []byte, _ protocol.Instant, room protocol.RoomID, now *protocol.StartedRow) error {
			if room == r.room {
				r.StartedRow = *now
			}
			return nil
		})
		if err != nil || r.ClosedAt == 0 {
			return err
		}
	}
	r.closed, err = c.g.engine.ClosedRoom(c.site, r.ClosedAt, r.room)
	return err
}

func listHead(name string) protocol.JSON {
	j := protocol.JSON{}
	j.Open()
	j.Key(name)
	j.B = append(j.B, '[')
	return j
}

func listComma(j *protocol.JSON) {
	if j.B[len(j.B)-1] != '[' {
		j.B = append(j.B, ',')
	}
}

func listEnd(j *protocol.JSON, end bool, after []byte) (int, []byte, *protocol.Rejection) {
	j.B = append(j.B, ']')
	if !end && len(after) > 0 {
		j.Str("next_cursor", base64.RawURLEncoding.EncodeToString(after))
	}
	j.Close()
	return http.StatusOK, j.B, nil
}

// room is one room with a page of its log, newest last; ?before= pages backwards.
func (c *call) room() (int, []byte, *protocol.Rejection) {
	limit, rej := c.limit()
	if rej != nil {
		return 0, nil, rej
	}
	limit = min(limit, c.g.cfg.HistoryEvents)
	id, rej := c.roomOf()
	if rej != nil {
		return 0, nil, rej
	}
	v, rej := c.g.view(c.context(), "rooms.view", c.caller, c.facts, id)
	if rej != nil {
		return 0, nil, rej
	}
	before := v.Desk + 1
	if s := c.r.URL.Query().Get("before"); s != "" {
		n, err := strconv.ParseUint(s, 10, 53)
		if err != nil {
			return 0, nil, protocol.RejectField(protocol.BadRequest, "before", "must be a whole number")
		}
		before = min(before, n)
	}
	p, err := c.g.history(protocol.Stream{View: protocol.StreamDesk, Of: protocol.RoomAt(c.site, v.Room)}, before, limit, c.g.cfg.BodyBytes)
	if err != nil {
		return 0, nil, logRefusal(err)
	}
	j := protocol.JSON{}
	j.Open()
	j.Key("room")
	j.B = append(j.B, deskSnapshot(&v)...)
	if rej := c.appendInfo(&j, &v); rej != nil {
		return 0, nil, rej
	}
	j.Uint("seq", v.Desk)
	j.B = append(j.B, ',')
	j.B = appendPage(j.B, p)
	j.Close()
	return http.StatusOK, j.B, nil
}
