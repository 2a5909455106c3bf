package gateway

import (
	"strconv"
	"time"

	"switchyard/actors/report"
	"switchyard/protocol"
)

// journeyDays is the longest window of the journey (15.1 rule 1).
const journeyDays = 31

// journeyColumns are those of the export (15.6), in its order.
var journeyColumns = []column{
	{"stage", "단계"}, {"previous", "이전 대화"}, {"previous_entries", "이전 대화 유입 수"}, {"previous_rooms", "이전 대화 방 수"}, {"previous_customers", "이전 대화 고객 수"},
	{"dialogue", "현재 대화"}, {"entries", "현재 대화 유입 수"}, {"rooms", "현재 대화 방 수"}, {"customers", "현재 대화 고객 수"},
	{"label", "고객 선택/입력 메시지"}, {"next", "다음 대화"}, {"moves", "다음 대화 유출 수"}, {"move_rooms", "다음 대화 방 수"}, {"move_customers", "다음 대화 고객 수"},
	{"leaves", "이탈 수"}, {"leave_rate", "이탈률"},
}

// journey is the report of customers' ways through one bot's dialogues (domain 15): the table, and nodes and links
// that only have to be laid out. Its days are made once, at journey.snapshot_at; through says how far they are.
func (c *call) journey() (*table, *protocol.Rejection) {
	if rej := c.facts.Settings.NeedPlan(protocol.FeatureJourney, ""); rej != nil {
		return nil, rej
	}
	bot, rej := c.journeyBot()
	if rej != nil {
		return nil, rej
	}
	yesterday := c.today().AddDate(0, 0, -1)
	p, rej := c.period(yesterday, yesterday, journeyDays, yesterday)
	if rej != nil {
		return nil, rej
	}
	var j report.Journey
	start := report.Midnight(c.facts.Settings.JourneyStart, c.facts.Zone)
	err := p.days(func(day, _ time.Time) error {
		if day.Before(start) { // may be chosen, and is empty
			return nil
		}
		b, err := c.g.engine.DayFold(c.site, report.DateOf(day, c.facts.Zone), bot)
		if err != nil || b == nil {
			return err
		}
		f, err := protocol.DecodeJourneyFold(b)
		j.AddDay(f.Cells)
		return err
	})
	if err != nil {
		return nil, unreadable
	}
	j.Done()
	t := &table{name: "journey", days: p, columns: journeyColumns, head: append([]figure{{"bot", textCell(string(bot))}}, p.head()...)}
	if c.facts.Folded != (protocol.Date{}) {
		t.head = append(t.head, figure{"through", textCell(date(c.facts.Folded))})
	}
	nodes, links := j.Chart()
	t.extra = func(o *protocol.JSON) { appendChart(o, nodes, links) }
	rows := j.Table()
	t.rows = func(each func([]cell) error) error {
		for i := range rows {
			r := &rows[i]
			ways := r.Ways
			if len(ways) == 0 { // only leaves, or 상담사연결 that nobody answered
				ways = []report.Way{{}}
			}
			for _, w := range ways {
				if err := each(journeyLine(r, w)); err != nil {
					return err
				}
			}
		}
		return nil
	}
	return t, nil
}

// journeyBot reads ?bot=: with several bots the report is chosen per bot.
func (c *call) journeyBot() (protocol.BotID, *protocol.Rejection) {
	if id := protocol.BotID(c.r.URL.Query().Get("bot")); id != "" {
		if c.facts.Bots[id] == nil {
			return "", protocol.RejectField(protocol.BadRequest, "bot", "no such bot")
		}
		return id, nil
	}
	if len(c.facts.Bots) == 1 {
		for id := range c.facts.Bots {
			return id, nil
		}
	}
	return "", protocol.RejectField(protocol.BadRequest, "bot", "must be chosen: the site has "+strconv.Itoa(len(c.facts.Bots))+" bots")
}

func journeyLine(r *report.Row, w report.Way) []cell {
	line := make([]cell, len(journeyColumns))
	line[0] = countCell(int64(r.Key.Stage))
	if r.Key.Previous != "" {
		line[1] = textCell(r.Key.Previous)
	}
	triple := func(i int, t report.Triple) {
		line[i], line[i+1], line[i+2] = countCell(t.Moves), countCell(t.Rooms), countCell(t.Customers)
	}
	if r.Before != (report.Triple{}) {
		triple(2, r.Before)
	}
	line[5] = textCell(r.Key.Dialogue)
	triple(6, r.Entry)
	if w.Next != "" {
		line[9], line[10] = textCell(w.Label), textCell(w.Next)
		triple(11, w.Triple)
	}
	if !r.Pseudo {
		line[14], line[15] = countCell(r.Leaves), rateCell(r.Leaves, r.Entry.Moves)
	}
	return line
}

// terminals are the chart's names of what is no dialogue (15.5).
var terminals = map[string]string{
	report.TerminalError: protocol.JourneyError, report.TerminalLeave: "이탈", report.TerminalEnd: protocol.JourneyEnd, report.TerminalServed: protocol.JourneyServed,
}

// nodeName is what a node is called: a terminal's word, 처음 for the root, else the label that leads there, if it is
// always the same, else its id.
func nodeName(n report.Node) string {
	switch {
	case terminals[n.Dialogue] != "":
		return terminals[n.Dialogue]
	case n.Dialogue == protocol.RootDialogue:
		return "처음"
	case n.Label != "":
		return n.Label
	}
	return n.Dialogue
}

func appendChart(j *protocol.JSON, nodes []report.Node, links []report.Link) {
	id := func(stage int, dialogue string) string { return strconv.Itoa(stage) + "/" + dialogue }
	triple := func(moves string, t report.Triple) {
		j.Int(moves, t.Moves)
		j.Int("rooms", t.Rooms)
		j.Int("customers", t.Customers)
	}
	j.Key("nodes")
	j.B = append(j.B, '[')
	for _, n := range nodes {
		listComma(j)
		j.Open()
		j.Str("id", id(n.Stage, n.Dialogue))
		j.Int("stage", int64(n.Stage))
		j.Str("name", nodeName(n))
		triple("entries", n.Triple)
		j.Close()
	}
	j.B = append(j.B, ']')
	j.Key("links")
	j.B = append(j.B, '[')
	for _, l := range links {
		listComma(j)
		j.Open()
		j.Str("from", id(l.Stage, l.From))
		j.Str("to", id(l.Stage+1, l.To))
		triple("moves", l.Triple)
		j.Close()
	}
	j.B = append(j.B, ']')
}
