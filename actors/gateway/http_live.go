package gateway

import (
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"switchyard/protocol"
)

// The live view (domain 16.2, R-194): what is going on at a site now, by state and by agent. States come from the
// open-room rows, loads and presence from the queue.

// held counts the rooms that one agent holds; unanswered is since when the customer waits who waits longest, 0 = none does.
type held struct {
	received, inquiry, answered int64
	unanswered                  protocol.Instant
}

// liveCounts are the open rooms of a site at one moment. A room between question and answer is in no state, and not counted.
type liveCounts struct {
	at                   protocol.Instant
	bot, waiting, locked int64
	oldest               protocol.Instant // request of the room that waits longest; 0 = none waits
	held                 map[protocol.AccountID]held
}

func (l *liveCounts) add(r *protocol.OpenRoomRow) {
	switch r.State {
	case protocol.Bot:
		l.bot++
	case protocol.Waiting:
		l.waiting++
		if r.Lock {
			l.locked++
		}
		if l.oldest == 0 || r.RequestedAt < l.oldest {
			l.oldest = r.RequestedAt
		}
	case protocol.Received, protocol.Active:
		h := l.held[r.Holder]
		since := r.Unanswered
		switch {
		case r.State == protocol.Received:
			h.received++
			if since == 0 { // nobody wrote yet: the customer waits since the room is this agent's
				since = r.Since
			}
		case since != 0:
			h.inquiry++ // 문의: the customer had the last word
		default:
			h.answered++ // 응대
		}
		if since != 0 && (h.unanswered == 0 || since < h.unanswered) {
			h.unanswered = since
		}
		l.held[r.Holder] = h
	}
}

// liveAge is how old the counts of a site may be: many managers look at the same rooms.
const liveAge = time.Second

// liveSite counts the rooms of one site for everybody who looks.
type liveSite struct {
	mu     sync.Mutex // held while the rows are read, so that one reads for all
	counts *liveCounts
}

// live gives the counts of a site, at most liveAge old.
func (g *Gateway) live(site protocol.SiteID) (*liveCounts, error) {
	g.mu.Lock()
	l := g.lives[site]
	if l == nil {
		l = &liveSite{}
		g.lives[site] = l
	}
	g.mu.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	now := g.engine.Now()
	if l.counts != nil && now.Sub(l.counts.at.Time()) < liveAge {
		return l.counts, nil
	}
	c := &liveCounts{at: protocol.At(now), held: map[protocol.AccountID]held{}}
	after := protocol.RoomID("")
	for {
		n := 0
		err := g.engine.OpenRooms(site, after, rowsPage, func(r protocol.OpenRoomRow) error {
			n++
			after = r.Room
			c.add(&r)
			return nil
		})
		if err != nil {
			return nil, err
		}
		if n < rowsPage {
			l.counts = c
			return c, nil
		}
	}
}

// States of an agent (16.2).
const (
	stateOnDuty = "ON_DUTY"
	stateBreak  = "BREAK"
	stateOff    = "OFF"
)

// agentState says whether an agent works: ON_DUTY takes rooms or would, BREAK is a planned or chosen pause, OFF neither.
func (c *call) agentState(a *protocol.AgentLoad, now time.Time) string {
	now = now.In(c.facts.Zone)
	y, m, d := now.Date()
	minute := now.Hour()*60 + now.Minute()
	day := c.facts.Days[a.Account][protocol.Date{Year: y, Month: m, Day: d}]
	planned := !day.Off && slices.ContainsFunc(day.Breaks, func(b protocol.Break) bool { return minute >= b.From && minute < b.To })
	switch {
	case a.Want == protocol.WantOffline:
		return stateOff
	case planned:
		return stateBreak
	case !a.OnDuty:
		return stateOff
	case a.Want != protocol.WantOnline:
		return stateBreak
	}
	return stateOnDuty
}

// liveView answers the live view: the line and the bots of the whole site, rooms and agents in scope.
func (c *call) liveView() (int, []byte, *protocol.Rejection) {
	counts, err := c.g.live(c.site)
	if err != nil {
		return 0, nil, unreadable
	}
	res, rej := c.g.ask(c.context(), protocol.QueueAt(c.site), protocol.ViewQueue{Loads: true}, protocol.Caller{Role: protocol.System, Site: c.site}, "", c.facts)
	if rej != nil {
		return 0, nil, rej
	}
	v, _ := res.(protocol.QueueView)
	var sum held
	for _, who := range slices.Sorted(maps.Keys(counts.held)) {
		if h := counts.held[who]; covers("live.view", c.facts, &c.caller, who, "") {
			sum.received += h.received
			sum.inquiry += h.inquiry
			sum.answered += h.answered
		}
	}
	j := protocol.JSON{}
	j.Open()
	j.Instant("at", counts.at)
	j.Bool("open", v.Open)
	j.Str("mode", v.Mode.String())
	j.Int("bot", counts.bot)
	j.Int("waiting", counts.waiting)
	j.Int("locked", counts.locked)
	j.Instant("oldest_waiting_at", counts.oldest)
	j.Int("received", sum.received)
	j.Int("active", sum.inquiry+sum.answered)
	j.Int("inquiry", sum.inquiry)
	j.Int("answered", sum.answered)
	j.Key("agents")
	j.B = append(j.B, '[')
	for i := range v.Agents {
		a := &v.Agents[i]
		h := counts.held[a.Account]
		if !covers("live.view", c.facts, &c.caller, a.Account, "") {
			continue
		}
		if acc := c.facts.Accounts[a.Account]; acc == nil || (acc.Disabled || !acc.Consulting) && h == (held{}) && a.Load == 0 {
			continue // not somebody who talks to customers
		}
		listComma(&j)
		j.Open()
		j.Str("agent", string(a.Account))
		j.Str("agent_name", c.agentName(a.Account))
		j.Str("state", c.agentState(a, c.g.engine.Now()))
		j.Str("want", a.Want.String())
		j.Str("conn", a.Conn.String())
		j.Bool("on_duty", a.OnDuty)
		j.Int("load", int64(a.Load))
		j.Int("limit", int64(a.Limit))
		j.Bool("eligible", a.Eligible)
		j.Str("why_not", a.WhyNot)
		j.Int("received", h.received)
		j.Int("inquiry", h.inquiry)
		j.Int("answered", h.answered)
		j.Instant("oldest_unanswered_at", h.unanswered)
		j.Close()
	}
	j.B = append(j.B, ']')
	j.Close()
	return http.StatusOK, j.B, nil
}
