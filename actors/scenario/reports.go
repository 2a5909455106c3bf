package scenario

import (
	"fmt"
	"strings"
	"time"

	"switchyard/actors/report"
	"switchyard/protocol"
)

// figuresOf reads what each closed room of the story left for the reports, in the order of the closes.
func (t *teller) figuresOf(each func(protocol.RoomID, *protocol.Figures)) error {
	head := len(protocol.RowKey(site)) + 8
	return t.rig.rows(protocol.RowFigures, protocol.RowKey(site), func(key, value []byte) error {
		f, err := protocol.DecodeFigures(value)
		if err == nil {
			each(protocol.RoomID(key[head:len(key)-1]), &f)
		}
		return err
	})
}

// figures tells the figures of one consultation as domain 14.5 draws them, in seconds.
func (t *teller) figures(name string) error {
	return t.figuresOf(func(room protocol.RoomID, f *protocol.Figures) {
		if room != t.rooms[name] {
			return
		}
		say := map[string][]string{}
		var order []string
		report.Samples(f, func(m report.Metric, agent protocol.AccountID, ms int64) {
			who := string(agent)
			if m == report.Queue || m == report.ACW || m == report.Total {
				who = "room"
			}
			if say[who] == nil {
				order = append(order, who)
			}
			say[who] = append(say[who], fmt.Sprintf("%s %d", m, ms/1000))
		})
		for _, who := range order {
			t.out("%s: %s", who, strings.Join(say[who], ", "))
		}
	})
}

// sqi tells the report of a day (domain 14): the site's line, and each agent's means with their samples.
func (t *teller) sqi(rest string) error {
	day, err := time.ParseInLocation(time.DateOnly, rest, kst)
	if err != nil {
		return err
	}
	from, to := protocol.At(day), protocol.At(day.AddDate(0, 0, 1))
	cells, all := report.Cells{}, report.Cells{}
	err = t.figuresOf(func(_ protocol.RoomID, f *protocol.Figures) {
		if f.ClosedAt >= from && f.ClosedAt < to {
			cells.Add(f)
		}
	})
	for _, c := range cells {
		one := *c
		one.Agent, one.Category, one.Channel = "", "", 0
		all.AddCells([]protocol.FoldCell{one})
	}
	line := func(who string, c *protocol.FoldCell) {
		say := who + ":"
		for m, s := range c.Sums {
			mean, ok := report.Seconds(s)
			if ok {
				say += fmt.Sprintf(" %s %d (%d)", report.Metric(m), mean, s.N)
			}
		}
		t.out("%s", say)
	}
	for _, c := range all.Sorted() {
		abd, _ := report.Tenths(c.Abandoned, c.Requested)
		t.out("requested %d, abandoned %d, ABD %d.%d %%", c.Requested, c.Abandoned, abd/10, abd%10)
		line("all", &c)
	}
	for _, c := range cells.Sorted() {
		if c.Agent != "" {
			line(string(c.Agent), &c)
		}
	}
	return err
}
