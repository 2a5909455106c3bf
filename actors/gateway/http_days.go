package gateway

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"

	"switchyard/protocol"
)

// breaksMaximum bounds one agent's breaks of one day.
const breaksMaximum = 48

func (c *call) saveDay() (int, []byte, *protocol.Rejection) {
	f := &c.body
	d := protocol.AgentDay{Account: protocol.AccountID(f.need("account", 40)), Date: enum(f, "date", parseDate), Off: f.truth("off")}
	if d.Date == (protocol.Date{}) {
		f.refuse("date", "is missing")
	}
	var breaks []members
	if raw, ok := f.raw("breaks"); ok {
		if json.Unmarshal(raw, &breaks) != nil || len(breaks) > breaksMaximum {
			f.refuse("breaks", "must be a list of at most 48 objects")
		}
	}
	for i, m := range breaks {
		o := fields{m: m, prefix: "breaks." + strconv.Itoa(i) + ".", used: make(map[string]bool)}
		b := protocol.Break{From: enum(&o, "from", protocol.ParseClock), To: enum(&o, "to", protocol.ParseClock)}
		if b.From >= b.To {
			o.refuse("to", "must be after from")
		}
		o.done()
		f.join(&o)
		d.Breaks = append(d.Breaks, b)
	}
	if rej := f.done(); rej != nil {
		return c.unprocessable(rej)
	}
	if c.facts.Accounts[d.Account] == nil || !covers("days.save", c.facts, &c.caller, d.Account, "") {
		return 0, nil, notFound
	}
	if _, rej := c.put(protocol.SiteAt(c.site), protocol.SaveDay{Day: d}); rej != nil {
		return c.unprocessable(rej)
	}
	j := protocol.JSON{}
	appendDay(&j, d)
	return http.StatusCreated, j.B, nil
}

// listMaximum and listDefault bound ?limit=.
const (
	listMaximum = 500
	listDefault = 100
)

func (c *call) limit() (int, *protocol.Rejection) {
	q := c.r.URL.Query().Get("limit")
	if q == "" {
		return listDefault, nil
	}
	n, err := strconv.Atoi(q)
	if err != nil || n < 1 || n > listMaximum {
		return 0, protocol.RejectField(protocol.BadRequest, "limit", "must be from 1 to 500")
	}
	return n, nil
}

// cursor reads ?cursor=, which is ours and opaque.
func (c *call) cursor() ([]byte, *protocol.Rejection) {
	b, err := base64.RawURLEncoding.DecodeString(c.r.URL.Query().Get("cursor"))
	if err != nil || len(b) > 256 {
		return nil, protocol.RejectField(protocol.BadRequest, "cursor", "is not one of ours")
	}
	return b, nil
}

// list answers one page of something that lies in memory; one says whether it wrote its member.
func (c *call) list(name string, count int, one func(j *protocol.JSON, i int) bool) (int, []byte, *protocol.Rejection) {
	limit, rej := c.limit()
	if rej != nil {
		return 0, nil, rej
	}
	cursor, rej := c.cursor()
	if rej != nil {
		return 0, nil, rej
	}
	i := 0
	if len(cursor) > 0 {
		var err error
		if i, err = strconv.Atoi(string(cursor)); err != nil || i < 0 {
			return 0, nil, protocol.RejectField(protocol.BadRequest, "cursor", "is not one of ours")
		}
	}
	j := protocol.JSON{}
	j.Open()
	j.Key(name)
	j.B = append(j.B, '[')
	n := 0
	for ; i < count && n < limit; i++ {
		before := len(j.B)
		if n > 0 {
			j.B = append(j.B, ',')
		}
		if one(&j, i) {
			n++
		} else {
			j.B = j.B[:before]
		}
	}
	j.B = append(j.B, ']')
	if i < count {
		j.Str("next_cursor", base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(i))))
	}
	j.Close()
	return http.StatusOK, j.B, nil
}
