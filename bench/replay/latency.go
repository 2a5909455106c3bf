package replay

import (
	"fmt"
	"slices"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Latency is a distribution in real milliseconds.
type Latency struct {
	Count int     `json:"count"`
	P50   float64 `json:"p50_ms"`
	P99   float64 `json:"p99_ms"`
	P999  float64 `json:"p99_9_ms"`
	Max   float64 `json:"max_ms"`
}

const (
	latencyMin = int64(time.Microsecond)
	latencyMax = int64(10 * time.Minute)
)

// distribution keeps times to three digits, 1 µs to 10 min; beyond it counts as 10 min.
type distribution struct{ h *hdrhistogram.Histogram }

func newDistribution() distribution {
	return distribution{hdrhistogram.New(latencyMin, latencyMax, 3)}
}

func (d distribution) add(t time.Duration) {
	if err := d.h.RecordValue(min(max(int64(t), latencyMin), latencyMax)); err != nil {
		panic("replay: a time inside the histogram's range was refused: " + err.Error())
	}
}

func (d distribution) sum() Latency {
	if d.h.TotalCount() == 0 {
		return Latency{}
	}
	ms := func(ns int64) float64 { return float64(ns) / float64(time.Millisecond) }
	return Latency{
		Count: int(d.h.TotalCount()), P50: ms(d.h.ValueAtQuantile(50)), P99: ms(d.h.ValueAtQuantile(99)),
		P999: ms(d.h.ValueAtQuantile(99.9)), Max: ms(d.h.Max()),
	}
}

// Latencies are the assignment latencies of a run, in real time.
type Latencies struct {
	// Entry: from the first write of a room.start to the moment the holder's client had
	// read the inbox.gained, for rooms assigned at entry (cause ENTRY).
	Entry Latency `json:"request_to_notice"`
	// Freed: for rooms from the backlog (cause BACKLOG), from the moment the seat they
	// got was given back, which is the first write of the room.end of the agent's
	// previous room, to the moment that agent's client had read the inbox.gained.
	Freed Latency `json:"seat_freed_to_notice"`
	// Online: the same where the agent's latest act was agent.status online.
	Online Latency `json:"online_to_notice"`
	// Disturbed are samples left out above because a socket of the two was lost between
	// the two moments, or the notice was read by a resume; their times tell the outage.
	Disturbed Latency `json:"disturbed"`
	// Late: from the planned moment of a request to its write. Large values mean that
	// the harness, not the node, was slow.
	Late Latency `json:"request_late"`
	// Unpaired are notices without a moment to measure from: other causes, and rooms
	// from the backlog whose agent neither ended a room nor came online before.
	Unpaired int `json:"unpaired"`
}

// Latencies measures the run.
func (l *Log) Latencies() Latencies {
	entry, freed, online, disturbed, late := newDistribution(), newDistribution(), newDistribution(), newDistribution(), newDistribution()
	var out Latencies
	byRoom := map[string]*CallLog{}
	for i := range l.Calls {
		c := &l.Calls[i]
		if c.Room != "" {
			byRoom[c.Room] = c
		}
		if !c.Written.IsZero() {
			late.add(c.Written.Sub(c.Planned))
		}
	}
	cuts := map[string][]time.Time{}
	for _, c := range l.Cuts {
		cuts[c.Who] = append(cuts[c.Who], c.At)
	}
	seats := l.seats()
	for _, g := range l.Gains {
		from, into := time.Time{}, entry
		who := []string{g.Agent}
		switch c := byRoom[g.Room]; {
		case c == nil:
		case g.Cause == "ENTRY":
			from, who = c.Written, append(who, CallName(c.Index))
		case g.Cause == "BACKLOG":
			s := seats.before(g.Agent, g.Noticed)
			from = s.at
			if into = freed; s.online {
				into = online
			} else if s.by != "" {
				who = append(who, s.by)
			}
		}
		switch {
		case from.IsZero():
			out.Unpaired++
		case g.Replayed || cutBetween(cuts, who, from, g.Noticed):
			disturbed.add(g.Noticed.Sub(from))
		default:
			into.add(g.Noticed.Sub(from))
		}
	}
	out.Entry, out.Freed, out.Online, out.Disturbed, out.Late = entry.sum(), freed.sum(), online.sum(), disturbed.sum(), late.sum()
	return out
}

// CallName names a call in the log's Cuts and in failing rows.
func CallName(index int) string { return fmt.Sprintf("call %d", index) }

func cutBetween(cuts map[string][]time.Time, who []string, from, to time.Time) bool {
	for _, w := range who {
		if slices.ContainsFunc(cuts[w], func(at time.Time) bool { return !at.Before(from) && !at.After(to) }) {
			return true
		}
	}
	return false
}

// seat is a moment at which an agent's only seat became free.
type seat struct {
	at     time.Time
	online bool   // it came online
	by     string // the call whose customer freed it; "" = the agent itself
}

// seatsFreed are those moments per agent, in order.
type seatsFreed map[string][]seat

// seats finds, per agent, the first write of each room.end of its rooms, by whoever wrote it, and each online.
func (l *Log) seats() seatsFreed {
	holder, first, call := map[string]string{}, map[string]End{}, map[string]int{}
	for _, g := range l.Gains {
		holder[g.Room] = g.Agent
	}
	for i := range l.Calls {
		call[l.Calls[i].Room] = i
	}
	for _, e := range l.Ends {
		if old, ok := first[e.Room]; !ok || e.Written.Before(old.Written) {
			first[e.Room] = e
		}
	}
	s := seatsFreed{}
	for room, e := range first {
		if agent := holder[room]; agent != "" {
			freed := seat{at: e.Written}
			if e.By == "" {
				freed.by = CallName(call[room])
			}
			s[agent] = append(s[agent], freed)
		}
	}
	for _, o := range l.Onlines {
		s[o.Agent] = append(s[o.Agent], seat{at: o.Written, online: true})
	}
	for _, all := range s {
		slices.SortFunc(all, func(a, b seat) int { return a.at.Compare(b.at) })
	}
	return s
}

// before is the latest moment at which the agent's seat became free before a notice.
func (s seatsFreed) before(agent string, notice time.Time) seat {
	all := s[agent]
	for i := len(all) - 1; i >= 0; i-- {
		if !all[i].at.After(notice) {
			return all[i]
		}
	}
	return seat{}
}
