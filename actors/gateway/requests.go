package gateway

import "switchyard/protocol"

// The acts about requests and the rating (domain 13), and the managers' list of open requests.

const (
	reasonRunesMax  = 500 // of a request's reason
	commentRunesMax = 255 // of a rating's comment
)

// requestTask reads the room's requests, their decision and the rating; false = another act.
func requestTask(kind string, f *fields, t *task, caller *protocol.Caller, room func(), assignment func() uint32, needID func()) bool {
	switch kind {
	case "room.request_change":
		room()
		to := f.need("to", 40)
		t.body = protocol.RequestChange{Room: t.room, Assignment: assignment(), To: protocol.AccountID(to), Text: f.reason()}
	case "room.request_review":
		room()
		t.body = protocol.RequestReview{Room: t.room, Assignment: assignment(), Text: f.reason()}
	case "request.decide":
		id := f.need("request", 64)
		of, number, ok := protocol.ParseRequestID(id)
		if f.err == nil && (!ok || !validRoom(string(of))) {
			f.err = notFound
		}
		if !f.has("ok") {
			f.refuse("ok", "is missing")
		}
		t.room, t.to = of, protocol.RoomAt(caller.Site, of)
		t.body = protocol.DecideRequest{Room: of, Number: number, OK: f.truth("ok")}
	case "room.rate":
		needID()
		room()
		if !f.has("score") {
			f.refuse("score", "is missing")
		}
		t.body = protocol.RateRoom{Room: t.room, Score: uint8(f.int("score", 1, 5)), Comment: f.runes("comment", commentRunesMax)}
	default:
		return false
	}
	return true
}

// reason reads the text of a request, which may not be empty.
func (f *fields) reason() string {
	s := f.runes("text", reasonRunesMax)
	if s == "" {
		f.refuse("text", "is missing")
	}
	return s
}

// requests lists what nobody has decided, to those who may (상담원 요청사항); ?kind= narrows it.
func (c *call) requests() (int, []byte, *protocol.Rejection) {
	limit, rej := c.limit()
	if rej != nil {
		return 0, nil, rej
	}
	after, rej := c.cursor()
	if rej != nil {
		return 0, nil, rej
	}
	q := c.r.URL.Query()
	if s := q.Get("state"); s != "" && s != "open" {
		return 0, nil, protocol.RejectField(protocol.BadRequest, "state", "must be open")
	}
	kind := protocol.RequestKind(0)
	if s := q.Get("kind"); s != "" {
		var err error
		if kind, err = protocol.ParseRequestKind(s); err != nil {
			return 0, nil, protocol.RejectField(protocol.BadRequest, "kind", err.Error())
		}
	}
	j := listHead("requests")
	last, end, rej := pageOf(limit, after, func(after []byte, limit int, each func([]byte, protocol.OpenRequestRow) error) error {
		return c.g.engine.Requests(c.site, after, limit, each)
	}, func(_ []byte, r protocol.OpenRequestRow) bool {
		e := &r.Request
		if kind != 0 && kind != e.Kind || !covers("requests.list", c.facts, &c.caller, e.By, "") {
			return false
		}
		listComma(&j)
		j.Open()
		j.Str("request", protocol.RequestID(e.Room, e.Number))
		j.Str("room", string(e.Room))
		j.Str("kind", e.Kind.String())
		j.Instant("at", r.At)
		j.Str("by", string(e.By))
		j.Str("by_name", e.ByName)
		j.Str("to", string(e.To))
		j.Str("to_name", e.ToName)
		j.Str("text", e.Text)
		j.Close()
		return true
	})
	if rej != nil {
		return 0, nil, rej
	}
	return listEnd(&j, end, last)
}
