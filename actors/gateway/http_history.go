package gateway

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"slices"
	"strconv"

	"switchyard/protocol"
)

// The history of a customer: the rooms of every key with the customer ID, newest start first (domain
// 18.4, R-221).

const (
	historyMaximum = 50  // rooms of one page
	memosMaximum   = 100 // memos shown of one room, the newest
)

// past is one room of a history.
type past struct {
	started protocol.Instant
	room    protocol.RoomID
	value   []byte // empty while the room is open
}

func (c *call) customerHistory() (int, []byte, *protocol.Rejection) {
	v, rej := c.known("customers.view")
	if rej != nil {
		return 0, nil, rej
	}
	limit, rej := c.limit()
	if rej != nil {
		return 0, nil, rej
	}
	limit = min(limit, historyMaximum)
	cursor, rej := c.cursor()
	if rej != nil {
		return 0, nil, rej
	}
	if len(cursor) > 0 && len(cursor) <= 8 {
		return 0, nil, protocol.RejectField(protocol.BadRequest, "cursor", "is not one of ours")
	}
	page, err := c.past(v.Profile.Numbers(), limit+1, cursor)
	if err != nil {
		return 0, nil, unreadable
	}
	more := len(page) > limit
	page = page[:min(len(page), limit)]
	j := protocol.JSON{}
	j.Open()
	j.Str("customer_id", v.Customer.ID)
	j.Uint("total", v.Profile.Rooms)
	j.Key("rooms")
	j.B = append(j.B, '[')
	after := []byte(nil)
	for _, p := range page {
		if rej := c.appendPast(&j, p); rej != nil {
			return 0, nil, rej
		}
		after = append(binary.BigEndian.AppendUint64(nil, uint64(p.started)), p.room...)
	}
	return listEnd(&j, !more, after)
}

// past merges the rows of all numbers: at most limit rooms behind the cursor, newest start first.
func (c *call) past(numbers []protocol.CustomerNo, limit int, cursor []byte) ([]past, error) {
	var all []past
	for _, no := range numbers {
		var after []byte
		if len(cursor) > 8 {
			after = protocol.HistoryRowKey(c.site, no, protocol.Instant(binary.BigEndian.Uint64(cursor)), protocol.RoomID(cursor[8:]))
		}
		err := c.g.engine.CustomerRooms(c.site, no, after, limit, func(key, value []byte) error {
			started, room := protocol.HistoryRowRoom(c.site, key)
			all = append(all, past{started, room, bytes.Clone(value)})
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	slices.SortFunc(all, func(a, b past) int {
		return cmp.Or(cmp.Compare(b.started, a.started), cmp.Compare(a.room, b.room))
	})
	return all[:min(len(all), limit)], nil
}

// appendPast writes one line of the history: of a closed room from its row, of an open one as it is now.
// A room that has gone since the page was read has no line.
func (c *call) appendPast(j *protocol.JSON, p past) *protocol.Rejection {
	before := len(j.B)
	r := protocol.HistoryRow{Memos: 1} // an open room may have some
	if len(p.value) > 0 {
		var err error
		if r, err = protocol.DecodeHistory(p.value); err != nil {
			return unreadable
		}
	} else {
		res, rej := c.g.ask(c.context(), protocol.RoomAt(c.site, p.room), protocol.ViewRoom{Room: p.room}, c.caller, "", c.facts)
		if rej != nil && rej.Code == protocol.NotFound {
			return nil
		}
		if rej != nil {
			return rej
		}
		v, _ := res.(protocol.RoomView)
		r.Closed = protocol.ClosedRoomRow{
			State: v.State, Channel: v.Channel, Category: v.Category, Category3: v.Category3, AgentColumn: v.AgentColumn,
			Number: v.RoomNumber, Title: v.Title, Key: v.Key, ClosedAt: v.ClosedAt,
		}
	}
	k := &r.Closed
	listComma(j)
	j.Open()
	j.Str("room", string(p.room))
	j.Uint("number", k.Number)
	j.Instant("started_at", p.started)
	j.Instant("closed_at", k.ClosedAt)
	j.Str("state", stateName(k.State))
	j.Str("channel", k.Channel.String())
	j.Str("customer", string(k.Key))
	j.Str("title", k.Title)
	c.appendCategories(j, k.Category, k.Category3)
	j.Str("agents", k.AgentColumn)
	if r.Memos > 0 {
		err := c.appendMemos(j, p.room)
		if errors.Is(err, errGone) {
			j.B = j.B[:before]
			return nil
		}
		if err != nil {
			return unreadable
		}
	}
	j.Close()
	return nil
}

// appendCategories writes the names of the three columns; a category of level 2 has its parent.
func (c *call) appendCategories(j *protocol.JSON, id, third string) {
	if k := c.facts.Categories[id]; k != nil {
		if parent := c.facts.Categories[k.Parent]; k.Level == 2 && parent != nil {
			j.Str("category1", parent.Name)
			j.Str("category2", k.Name)
		} else {
			j.Str("category1", k.Name)
		}
	}
	j.Str("category3", third)
}

// appendMemos writes the room's memos, among them those of requests.
func (c *call) appendMemos(j *protocol.JSON, room protocol.RoomID) error {
	var memos []protocol.Recorded
	err := c.g.readLog(protocol.RoomAt(c.site, room), 1, func(r *protocol.Recorded) bool {
		if m, ok := r.Event.(*protocol.MessagePosted); ok && m.Kind == protocol.Memo {
			memos = append(memos, *r)
		}
		return true
	})
	if err != nil || len(memos) == 0 {
		return err
	}
	j.Key("memos")
	j.B = append(j.B, '[')
	for _, r := range memos[max(0, len(memos)-memosMaximum):] {
		m := r.Event.(*protocol.MessagePosted)
		listComma(j)
		j.Open()
		j.Instant("at", r.At)
		j.Str("name", m.Name)
		j.Str("text", m.Text)
		j.Close()
	}
	j.B = append(j.B, ']')
	return nil
}

// roomOf reads the room of the path: an id, or the number that people say (방번호).
func (c *call) roomOf() (protocol.RoomID, *protocol.Rejection) {
	s := c.r.PathValue("room")
	n, err := strconv.ParseUint(s, 10, 53)
	if err != nil {
		return protocol.RoomID(s), nil
	}
	room, err := c.g.engine.RoomByNumber(c.site, n)
	if err != nil {
		return "", unreadable
	}
	if room == "" {
		return "", notFound
	}
	return room, nil
}

// appendInfo writes what the information area shows of the room (domain 18.2, R-220, R-223).
func (c *call) appendInfo(j *protocol.JSON, v *protocol.RoomView) *protocol.Rejection {
	res, rej := c.g.ask(c.context(), protocol.CustomersAt(c.site), protocol.ViewCustomer{No: v.Customer}, c.caller, "", c.facts)
	if rej != nil && rej.Code != protocol.NotFound {
		return rej
	}
	j.Key("info")
	j.Open()
	j.Uint("number", v.RoomNumber)
	agent := v.HolderName
	if v.Holder == "" {
		agent = "로봇-" + string(c.site)
	}
	j.Str("agent", agent)
	j.Str("agents", v.AgentColumn)
	j.Str("grade", v.Grade.String())
	if k, ok := res.(protocol.CustomerView); ok {
		j.Str("customer_key", string(k.Customer.Key))
		j.Str("customer_id", k.Customer.ID)
		j.Uint("history_count", k.Profile.Rooms)
	}
	c.appendCategories(j, v.Category, v.Category3)
	if v.ClosedAt != 0 {
		j.Int("total_seconds", int64(v.ClosedAt-v.CreatedAt)/1000)
	}
	if len(v.Params) > 0 {
		j.Key("params")
		j.Open()
		for _, p := range v.Params {
			j.Str(p.Name, p.Value)
		}
		j.Close()
	}
	j.Close()
	return nil
}
