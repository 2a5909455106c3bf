package gateway

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"switchyard/actors/report"
	"switchyard/protocol"
)

// sqiDays is the longest period of the SQI.
const sqiDays = 366

// sqiGroup is one line of the SQI: the cells of a day, an agent, a category or a channel.
type sqiGroup struct {
	day      time.Time
	agent    protocol.AccountID
	category string
	channel  protocol.Channel
}

// sqiGroups says by what the lines can be made, and which columns name one.
var sqiGroups = map[string]struct {
	of      func(day time.Time, x *protocol.FoldCell) sqiGroup
	columns []column
	cells   func(c *call, g sqiGroup) []cell
}{
	"none": {
		func(time.Time, *protocol.FoldCell) sqiGroup { return sqiGroup{} }, nil,
		func(*call, sqiGroup) []cell { return nil },
	},
	"day": {
		func(day time.Time, _ *protocol.FoldCell) sqiGroup { return sqiGroup{day: day} },
		[]column{{"day", "날짜"}},
		func(_ *call, g sqiGroup) []cell { return []cell{dayCell(g.day)} },
	},
	"agent": {
		func(_ time.Time, x *protocol.FoldCell) sqiGroup { return sqiGroup{agent: x.Agent} },
		[]column{{"agent", "상담사"}, {"agent_name", "상담사 이름"}},
		func(c *call, g sqiGroup) []cell {
			if g.agent == "" {
				return []cell{{}, {}}
			}
			return []cell{textCell(string(g.agent)), textCell(c.agentName(g.agent))}
		},
	},
	"category": {
		func(_ time.Time, x *protocol.FoldCell) sqiGroup { return sqiGroup{category: x.Category} },
		[]column{{"category", "문의유형"}, {"category_name", "문의유형 이름"}},
		func(c *call, g sqiGroup) []cell {
			if g.category == "" {
				return []cell{{}, {}}
			}
			return []cell{textCell(g.category), textCell(c.categoryName(g.category))}
		},
	},
	"channel": {
		func(_ time.Time, x *protocol.FoldCell) sqiGroup { return sqiGroup{channel: x.Channel} },
		[]column{{"channel", "채널"}},
		func(_ *call, g sqiGroup) []cell { return []cell{textCell(g.channel.String())} },
	},
}

// sqiTitles are the metrics' names (domain 14.1).
var sqiTitles = [report.Metrics]string{
	report.Queue: "배정 대기 시간", report.FRT: "채팅 방 생성 후 최초 응대까지 걸린 시간", report.AgentWait: "상담 도중 상담사의 대기 시간",
	report.Hold: "상담 도중 고객의 대기 시간", report.Handle: "총 대화 시간", report.ACW: "상담 후 처리 시간", report.Total: "총 상담 시간",
}

// cellFilter narrows what is counted: ?agent=, ?category=, ?channel=, and a manager's scope.
type cellFilter struct {
	agent    protocol.AccountID
	category string
	channel  protocol.Channel
}

func (c *call) cellFilter() (f cellFilter, rej *protocol.Rejection) {
	q := c.r.URL.Query()
	f.agent, f.category = protocol.AccountID(q.Get("agent")), q.Get("category")
	if s := q.Get("channel"); s != "" {
		var err error
		if f.channel, err = protocol.ParseChannel(s); err != nil {
			return f, protocol.RejectField(protocol.BadRequest, "channel", err.Error())
		}
	}
	if f.agent != "" && !covers("reports.view", c.facts, &c.caller, f.agent, "") {
		return f, notFound
	}
	return f, nil
}

// takes says whether the cell is counted. What nobody had belongs to everybody's scope (domain 21).
func (c *call) takes(f cellFilter, x *protocol.FoldCell) bool {
	return (f.agent == "" || f.agent == x.Agent) && (f.category == "" || f.category == x.Category) && (f.channel == 0 || f.channel == x.Channel) &&
		covers("reports.view", c.facts, &c.caller, x.Agent, "")
}

// sqi is the report of the eight metrics (domain 14): by close day, grouped as ?group= says.
func (c *call) sqi() (*table, *protocol.Rejection) {
	if rej := c.facts.Settings.NeedPlan(protocol.FeatureSQI, ""); rej != nil {
		return nil, rej
	}
	group := cmp.Or(c.r.URL.Query().Get("group"), "none")
	by, known := sqiGroups[group]
	if !known {
		return nil, protocol.RejectField(protocol.BadRequest, "group", "must be none, day, agent, category or channel")
	}
	today := c.today()
	p, rej := c.period(today.AddDate(0, 0, 1-today.Day()), today, sqiDays, today)
	if rej != nil {
		return nil, rej
	}
	f, rej := c.cellFilter()
	if rej != nil {
		return nil, rej
	}
	groups := map[sqiGroup]*protocol.FoldCell{}
	total := &protocol.FoldCell{}
	err := p.days(func(day, next time.Time) error {
		cells, err := c.cellsOf(day, next)
		for _, x := range cells {
			if !c.takes(f, x) {
				continue
			}
			g := by.of(day, x)
			if groups[g] == nil {
				groups[g] = &protocol.FoldCell{}
			}
			report.Merge(groups[g], x)
			report.Merge(total, x)
		}
		return err
	})
	if err != nil {
		return nil, unreadable
	}
	t := &table{name: "sqi", days: p, head: append(p.head(), figure{"group", textCell(group)})}
	t.columns = append(slices.Clone(by.columns), column{"requested", "상담 요청 수"}, column{"abandoned", "응대 전 이탈 수"}, column{"abd", "응대 전 이탈률(%)"})
	for m, title := range sqiTitles {
		name := report.Metric(m).String()
		t.columns = append(t.columns, column{name, title + "(초)"}, column{name + "_samples", title + " 표본 수"})
	}
	line := func(name []cell, x *protocol.FoldCell) []cell {
		out := append(slices.Clone(name), countCell(x.Requested), countCell(x.Abandoned), rateCell(x.Abandoned, x.Requested))
		for _, s := range x.Sums {
			out = append(out, meanCell(s), countCell(s.N))
		}
		return out
	}
	keys := slices.SortedFunc(maps.Keys(groups), func(a, b sqiGroup) int {
		return cmp.Or(a.day.Compare(b.day), cmp.Compare(a.agent, b.agent), cmp.Compare(a.category, b.category), cmp.Compare(a.channel, b.channel))
	})
	t.rows = func(each func([]cell) error) error {
		if group == "none" {
			return nil // the total says it all
		}
		for _, k := range keys {
			if err := each(line(by.cells(c, k), groups[k])); err != nil {
				return err
			}
		}
		return nil
	}
	t.total = line(make([]cell, len(by.columns)), total)
	return t, nil
}

func (c *call) agentName(id protocol.AccountID) string {
	if a := c.facts.Accounts[id]; a != nil {
		return a.Name
	}
	return string(id)
}

func (c *call) categoryName(id string) string {
	if k := c.facts.Categories[id]; k != nil {
		return k.Name
	}
	return id
}
