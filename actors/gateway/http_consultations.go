package gateway

import (
	"encoding/base64"

	"switchyard/actors/report"
	"switchyard/protocol"
)

// The consultation list (상담 내역, domain 16.3): by the day of the start, so that open rooms are in it too. A refused room
// that no bot spoke in is left out, as in the dashboard.

// consultationDays is the longest period of the list.
const consultationDays = 31

var consultationColumns = []column{
	{"room", "상담방"}, {"number", "방번호"}, {"started_at", "시작 일시"}, {"closed_at", "종료 일시"}, {"state", "상태"}, {"channel", "채널"}, {"title", "제목"},
	{"category", "문의유형"}, {"category1", "대분류"}, {"category2", "중분류"}, {"category3", "소분류"}, {"customer", "고객 키"},
	{"agent", "상담사"}, {"agent_name", "상담사 이름"}, {"agents", "상담사 이력"}, {"ended_by", "종료 구분"}, {"seconds", "상담 시간(초)"}, {"answered", "응대"}, {"score", "평점"},
}

// consultations is a page of the list as JSON, and the whole period in a file. The four counters are over the whole period
// and come with the first page: they need not add up, open rooms and those that a manager ended are the rest.
func (c *call) consultations() (*table, *protocol.Rejection) {
	today := c.today()
	p, rej := c.period(today.AddDate(0, 0, 1-today.Day()), today, consultationDays, today)
	if rej != nil {
		return nil, rej
	}
	f, rej := c.roomFilter()
	if rej != nil {
		return nil, rej
	}
	if f.agent != "" && !covers("reports.view", c.facts, &c.caller, f.agent, "") {
		return nil, notFound
	}
	t := &table{name: "consultations-" + p.name(), days: p, columns: consultationColumns, head: p.head()}
	wants := func(r *started) bool {
		return report.Began(&r.StartedRow) && (r.ClosedAt == 0 || c.takesStarted(&f, r))
	}
	read := c.startedRooms(p, wants)
	if c.whole {
		t.rows = func(each func([]cell) error) error {
			return every(c, read, func(_ []byte, r started) error {
				if cells := c.consultation(&f, &r); cells != nil {
					return each(cells)
				}
				return nil
			})
		}
		return t, nil
	}
	limit, rej := c.limit()
	if rej != nil {
		return nil, rej
	}
	cursor, rej := c.cursor()
	if rej != nil {
		return nil, rej
	}
	var lines [][]cell
	last, end, rej := pageOf(limit, cursor, read, func(_ []byte, r started) bool {
		cells := c.consultation(&f, &r)
		if cells != nil {
			lines = append(lines, cells)
		}
		return cells != nil
	})
	if rej != nil {
		return nil, rej
	}
	if !end {
		t.next = base64.RawURLEncoding.EncodeToString(last)
	}
	t.rows = func(each func([]cell) error) error {
		for _, cells := range lines {
			if err := each(cells); err != nil {
				return err
			}
		}
		return nil
	}
	if len(cursor) > 0 {
		return t, nil
	}
	counters, err := c.counters(p, &f)
	if err != nil {
		return nil, unreadable
	}
	t.extra = func(j *protocol.JSON) {
		j.Key("counters")
		j.Open()
		j.Int("total", counters.total)
		j.Int("agent", counters.by[protocol.EndedByAgent])
		j.Int("customer", counters.by[protocol.EndedByCustomer])
		j.Int("auto", counters.by[protocol.EndedAuto])
		j.Close()
	}
	return t, nil
}

// takesStarted judges a closed room by what the list by start says of it.
func (c *call) takesStarted(f *roomFilter, r *started) bool {
	return covers("reports.view", c.facts, &c.caller, r.Agent, "") && f.takes(r.Agent, r.Channel, r.Category) && (f.ended == 0 || f.ended == r.Actor)
}

// takesOpenStarted judges an open room.
func (c *call) takesOpenStarted(f *roomFilter, r *protocol.OpenRoomRow) bool {
	return f.ended == 0 && covers("reports.view", c.facts, &c.caller, r.Holder, "") && f.takes(r.Holder, r.Channel, r.Category)
}

type counted struct {
	total int64
	by    map[protocol.EndActor]int64
}

// counters are 총, 상담원 종료, 고객 종료 and 자동 종료 of a period. Only open rooms have to be looked at, and only where it
// matters who holds them.
func (c *call) counters(p period, f *roomFilter) (counted, error) {
	n := counted{by: map[protocol.EndActor]int64{}}
	narrow := f.agent != "" || f.category != "" || c.caller.Role != protocol.Admin
	wants := func(r *started) bool { return r.ClosedAt == 0 && narrow && f.ended == 0 }
	err := every(c, c.startedRooms(p, wants), func(_ []byte, r started) error {
		switch {
		case !report.Began(&r.StartedRow):
		case r.ClosedAt != 0:
			if c.takesStarted(f, &r) {
				n.total++
				n.by[r.Actor]++
			}
		case f.ended != 0:
		case narrow:
			if r.open != nil && c.takesOpenStarted(f, r.open) {
				n.total++
			}
		case f.channel == 0 || f.channel == r.Channel:
			n.total++
		}
		return nil
	})
	return n, err
}

// consultation is a line of the list; nil = the room is not in it.
func (c *call) consultation(f *roomFilter, r *started) []cell {
	k := protocol.ClosedRoomRow{}
	switch {
	case r.closed != nil && c.takesStarted(f, r):
		k = *r.closed
	case r.open != nil && c.takesOpenStarted(f, r.open):
		o := r.open
		k = protocol.ClosedRoomRow{Room: o.Room, State: o.State, Channel: o.Channel, Category: o.Category, Key: o.Key, CreatedAt: o.CreatedAt, Agent: o.Holder, Number: o.Number}
		k.Answered = o.State == protocol.Active
	default:
		return nil
	}
	var first, second cell
	if x := c.facts.Categories[k.Category]; x != nil {
		first = textCell(x.Name)
		if parent := c.facts.Categories[x.Parent]; x.Level == 2 && parent != nil {
			first, second = textCell(parent.Name), first
		}
	}
	name := cell{}
	if k.Agent != "" {
		name = textCell(c.agentName(k.Agent))
	}
	line := []cell{
		textCell(string(k.Room)), countCell(int64(k.Number)), timeCell(k.CreatedAt), timeCell(k.ClosedAt), textCell(stateName(k.State)), textCell(k.Channel.String()), orText(k.Title),
		orText(k.Category), first, second, orText(k.Category3), textCell(string(k.Key)),
		orText(string(k.Agent)), name, orText(k.AgentColumn), orText(k.Actor.String()), {}, truthCell(k.Answered), {},
	}
	if k.ClosedAt != 0 {
		line[16] = countCell(int64(k.ClosedAt-k.CreatedAt) / 1000)
	}
	if k.Score != 0 {
		line[18] = countCell(int64(k.Score))
	}
	return line
}
