package gateway

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"switchyard/actors/report"
	"switchyard/protocol"
)

// The dashboard (domain 16.1): ?view=day is today, ?view=month the 1st of this month to yesterday. Closed rooms and their
// times are of the close day, all consultations (전체 상담 건) of the start day, charges of the day on which they were written.

var (
	dashboardSite = []column{{"closed", "총 종료 수"}, {"charged", "총 과금 수"}, {"average", "평균 상담 시간(초)"}, {"created", "전체 상담 건"}}
	dashboardPart = []column{{"closed", "총 종료 수"}, {"average", "평균 상담 시간(초)"}}
)

// dashboard makes the report. What belongs to an agent is that of the agents in scope and of rooms that nobody had; a
// room has no agent when it begins, and a charge has none at all: these two are the site's.
func (c *call) dashboard() (*table, *protocol.Rejection) {
	today := c.today()
	tomorrow := today.AddDate(0, 0, 1)
	view := cmp.Or(c.r.URL.Query().Get("view"), "day")
	p := period{today, today}
	switch view {
	case "day":
	case "month":
		p = period{today.AddDate(0, 0, 1-today.Day()), today.AddDate(0, 0, -1)}
	default:
		return nil, protocol.RejectField(protocol.BadRequest, "view", "must be day or month")
	}
	sum := report.Cells{}
	created, charged := int64(0), int64(0)
	err := p.days(func(day, next time.Time) error { // none on the 1st of a month
		cells, began, err := c.dayOf(day, next)
		if err == nil && began == 0 {
			began, err = c.began(day, next)
		}
		if err != nil {
			return err
		}
		created += began
		for k, x := range cells {
			if sum[k] == nil {
				sum[k] = &protocol.FoldCell{}
			}
			report.Merge(sum[k], x)
		}
		return nil
	})
	if err == nil && !p.from.After(p.to) {
		charged, err = c.kakaoCharges(p.from, p.to.AddDate(0, 0, 1))
	}
	now := sum
	if err == nil && view != "day" {
		now, err = c.cellsOf(today, tomorrow)
	}
	if err != nil {
		return nil, unreadable
	}
	live, err := c.g.live(c.site)
	if err != nil {
		return nil, unreadable
	}
	t := &table{name: "dashboard-" + view, days: p, head: []figure{{"view", textCell(view)}, {"from", dayCell(p.from)}, {"to", dayCell(p.to)}}}
	if p.from.After(p.to) {
		t.head[2].value = cell{}
	}
	total, byChannel, byCategory, byAgent := &protocol.FoldCell{}, map[protocol.Channel]*protocol.FoldCell{}, map[string]*protocol.FoldCell{}, map[protocol.AccountID]*protocol.FoldCell{}
	for k, x := range sum {
		if !covers("reports.view", c.facts, &c.caller, k.Agent, "") {
			continue
		}
		report.Merge(total, x)
		mergeInto(byChannel, k.Channel, x)
		mergeInto(byCategory, c.firstLevel(k.Category), x)
		mergeInto(byAgent, k.Agent, x)
	}
	t.sections = []section{
		{title: "전체", columns: dashboardSite, rows: [][]cell{{countCell(closedOf(total)), countCell(charged), meanCell(total.Spent), countCell(created)}}},
		{key: "channels", title: "채널별", columns: slices.Concat([]column{{"channel", "채널"}}, dashboardPart)},
		{key: "categories", title: "대분류별", columns: slices.Concat([]column{{"category", "대분류"}, {"category_name", "대분류 이름"}, {"unused", "미사용"}}, dashboardPart)},
		{key: "agents", title: "상담사별", columns: slices.Concat([]column{{"agent", "상담사"}, {"agent_name", "상담사 이름"}, {"received", "접수"}, {"active", "진행중"}, {"closed_today", "오늘 종료"}}, dashboardPart)},
	}
	for _, k := range []protocol.Channel{protocol.Web, protocol.Naver, protocol.Kakao} {
		t.sections[1].rows = append(t.sections[1].rows, append([]cell{textCell(k.String())}, partCells(byChannel[k])...))
	}
	for _, k := range c.firstLevels() { // unused ones too: what they had stays (16.1)
		t.sections[2].rows = append(t.sections[2].rows, append([]cell{textCell(k.ID), textCell(k.Name), truthCell(k.Unused)}, partCells(byCategory[k.ID])...))
		delete(byCategory, k.ID)
	}
	rest := (*protocol.FoldCell)(nil) // rooms without a category
	for _, x := range byCategory {
		if rest == nil {
			rest = &protocol.FoldCell{}
		}
		report.Merge(rest, x)
	}
	if rest != nil && closedOf(rest) > 0 {
		t.sections[2].rows = append(t.sections[2].rows, append([]cell{{}, {}, truthCell(false)}, partCells(rest)...))
	}
	closedToday := map[protocol.AccountID]*protocol.FoldCell{}
	for k, x := range now {
		mergeInto(closedToday, k.Agent, x)
	}
	for _, a := range c.accountsInOrder() {
		if !covers("reports.view", c.facts, &c.caller, a.ID, "") {
			continue
		}
		h, x, today := live.held[a.ID], byAgent[a.ID], closedOf(closedToday[a.ID])
		if (a.Disabled || !a.Consulting) && h == (held{}) && closedOf(x) == 0 && today == 0 {
			continue // not somebody who talks to customers
		}
		t.sections[3].rows = append(t.sections[3].rows, append([]cell{
			textCell(string(a.ID)), textCell(a.Name), countCell(h.received), countCell(h.inquiry + h.answered), countCell(today),
		}, partCells(x)...))
	}
	return t, nil
}

// began counts the rooms that began from an instant on until another and count (16.1).
func (c *call) began(from, until time.Time) (count int64, err error) {
	err = every(c, func(after []byte, limit int, each func([]byte, *protocol.StartedRow) error) error {
		return c.g.engine.StartedRooms(c.site, protocol.At(from), protocol.At(until), limit, after, func(key []byte, _ protocol.Instant, _ protocol.RoomID, r *protocol.StartedRow) error {
			return each(key, r)
		})
	}, func(_ []byte, r *protocol.StartedRow) error {
		if report.Began(r) {
			count++
		}
		return nil
	})
	return count, err
}

func mergeInto[K comparable](m map[K]*protocol.FoldCell, k K, x *protocol.FoldCell) {
	if m[k] == nil {
		m[k] = &protocol.FoldCell{}
	}
	report.Merge(m[k], x)
}

// closedOf is how many rooms were closed, both kinds.
func closedOf(x *protocol.FoldCell) int64 {
	if x == nil {
		return 0
	}
	return x.Closed + x.BotClosed
}

func partCells(x *protocol.FoldCell) []cell {
	if x == nil {
		x = &protocol.FoldCell{}
	}
	return []cell{countCell(closedOf(x)), meanCell(x.Spent)}
}

// firstLevel is the level-1 category of a category; "" = there is none.
func (c *call) firstLevel(id string) string {
	k := c.facts.Categories[id]
	if k == nil {
		return ""
	}
	if k.Level == 2 {
		return k.Parent
	}
	return k.ID
}

// firstLevels are the level-1 categories, used or not, in the order of the site.
func (c *call) firstLevels() (all []*protocol.Category) {
	for _, k := range c.facts.Categories {
		if k.Level == 1 {
			all = append(all, k)
		}
	}
	slices.SortFunc(all, func(a, b *protocol.Category) int {
		return cmp.Or(cmp.Compare(a.Order, b.Order), strings.Compare(a.ID, b.ID))
	})
	return all
}

func (c *call) accountsInOrder() []*protocol.Account {
	all := make([]*protocol.Account, 0, len(c.facts.Accounts))
	for _, a := range c.facts.Accounts {
		all = append(all, a)
	}
	slices.SortFunc(all, func(a, b *protocol.Account) int {
		return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.ID, b.ID))
	})
	return all
}
