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
	from, to protocol.Instant
	hold     bool // only rooms under 보류
}

// listScan bounds how many rows one page looks at: a narrow filter over many rows gives a
// short page and a cursor, not a long request.
const listScan = 5000

// periodMaximum is the longest period of a list (domain 16.4).
const periodMaximum = 366 * 24 * time.Hour

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
	f := roomFilter{agent: protocol.AccountID(q.Get("agent")), category: q.Get("category")}
	if s := q.Get("channel"); s != "" {
		var err error
		if f.channel, err = protocol.ParseChannel(s); err != nil {
			return 0, nil, protocol.RejectField(protocol.BadRequest, "channel", err.Error())
		}
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
	switch q.Get("state") {
	case "", "open":
		return c.openRooms(f, limit, protocol.RoomID(cursor))
	case "closed":
		return c.closedRooms(f, limit, cursor)
	}
	return 0, nil, protocol.RejectField(protocol.BadRequest, "state", "must be open or closed")
}

// sees says whether the list shows a room held by the agent. An agent sees its own, and the line where the mode shows it.
func (c *call) sees(holder protocol.AccountID, state protocol.RoomState) bool {
	if c.caller.Role == protocol.Agent && state == protocol.Waiting {
		return c.facts.Settings.Mode != protocol.Auto
	}
	return covers("rooms.list", c.facts, &c.caller, holder, "")
}

func (f *roomFilter) takes(agent protocol.AccountID, channel protocol.Channel, category string, started protocol.Instant) bool {
	return (f.agent == "" || f.agent == agent) && (f.channel == 0 || f.channel == channel) && (f.category == "" || f.category == category) &&
		(f.from == 0 || started >= f.from) && (f.to == 0 || started < f.to)
}

func (c *call) openRooms(f roomFilter, limit int, after protocol.RoomID) (int, []byte, *protocol.Rejection) {
	j := listHead("rooms")
	n, seen, end := 0, 0, false
	for n < limit && seen < listScan && !end {
		got := 0
		err := c.g.engine.OpenRooms(c.site, after, listMaximum, func(r protocol.OpenRoomRow) error {
			if n == limit {
				return errEnough
			}
			got++
			after = r.Room
			if !c.sees(r.Holder, r.State) || !f.takes(r.Holder, r.Channel, r.Category, r.CreatedAt) || f.hold && !r.Hold {
				return nil
			}
			n++
			listComma(&j)
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
			j.Close()
			return nil
		})
		if err != nil && err != errEnough {
			return 0, nil, unreadable
		}
		seen += got
		end = got < listMaximum && n < limit
	}
	return listEnd(&j, end, []byte(after))
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
		now := c.g.engine.Now().In(c.facts.Zone)
		f.from = max(f.from, protocol.At(time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, c.facts.Zone)))
	}
	from, to := min(f.from, f.to), f.to
	f.from, f.to = 0, 0 // the period is of the close, and the rows are in its order
	j := listHead("rooms")
	n, seen, end := 0, 0, false
	for n < limit && seen < listScan && !end {
		got := 0
		err := c.g.engine.ClosedRooms(c.site, from, to, listMaximum, after, func(key []byte, r protocol.ClosedRoomRow) error {
			if n == limit {
				return errEnough
			}
			got++
			after = append(after[:0:0], key...)
			if !covers("rooms.list", c.facts, &c.caller, r.Agent, "") || !f.takes(r.Agent, r.Channel, r.Category, r.CreatedAt) {
				return nil
			}
			n++
			listComma(&j)
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
			score(&j, r.Score)
			j.Close()
			return nil
		})
		if err != nil && err != errEnough {
			return 0, nil, unreadable
		}
		seen += got
		end = got < listMaximum && n < limit
	}
	return listEnd(&j, end, after)
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
