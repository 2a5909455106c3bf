package replay

import (
	"math"
	"slices"

	"switchyard/bench/trace"
)

// Waits sums up waits in seconds of the day.
type Waits struct {
	Count   int     `json:"count"`
	Mean    float64 `json:"mean"`
	P90     float64 `json:"p90"` // nearest rank
	Longest float64 `json:"longest"`
}

// SumUp sums waits up.
func SumUp(seconds []float64) Waits {
	w := Waits{Count: len(seconds)}
	if w.Count == 0 {
		return w
	}
	sorted := slices.Sorted(slices.Values(seconds))
	for _, s := range sorted {
		w.Mean += s
	}
	w.Mean /= float64(w.Count)
	w.P90 = sorted[int(math.Ceil(0.9*float64(w.Count)))-1]
	w.Longest = sorted[w.Count-1]
	return w
}

// Figures are a day's figures, of the record or of a replay of it.
type Figures struct {
	Offered        int   `json:"offered"`
	Served         int   `json:"served"`
	Abandoned      int   `json:"abandoned"`
	StillOpen      int   `json:"still_open"`
	Refused        int   `json:"refused"`
	Unaccounted    int   `json:"unaccounted"`
	AtOnce         int   `json:"assigned_at_entry"` // assigned without having waited
	Crossed        int   `json:"crossed"`           // given up while the assignment was on its way; counted as abandoned
	NeverQueued    int   `json:"never_queued"`      // offered, hung up in the record without having stood in the queue
	NeverServed    int   `json:"never_queued_served"`
	Waits          Waits `json:"wait_all"`
	WaitsServed    Waits `json:"wait_served"`
	WaitsAbandoned Waits `json:"wait_abandoned"`
}

// RecordFigures are the record's own.
func RecordFigures(f trace.Figures) Figures {
	seconds := func(all []int) []float64 {
		out := make([]float64, len(all))
		for i, s := range all {
			out[i] = float64(s)
		}
		return out
	}
	out := Figures{
		Offered: f.Offered, Served: f.Served, Abandoned: f.Abandoned, NeverQueued: f.NeverQueued,
		Waits: SumUp(seconds(f.Waits)), WaitsServed: SumUp(seconds(f.WaitsServed)), WaitsAbandoned: SumUp(seconds(f.WaitsAbandoned)),
	}
	for _, w := range f.WaitsServed {
		if w == 0 {
			out.AtOnce++
		}
	}
	return out
}

// Figures counts the replay. Waits are the server's, in seconds of the day.
func (l *Log) Figures(p *Plan) Figures {
	f := Figures{Offered: len(p.Calls)}
	var all, served, abandoned []float64
	for i := range l.Calls {
		c, call := &l.Calls[i], &p.Calls[i]
		never := call.Outcome == trace.HungUp && !call.Queued
		if never {
			f.NeverQueued++
		}
		wait := p.Day(c.Wait())
		switch c.Fate() {
		case FateServed:
			f.Served++
			served, all = append(served, wait), append(all, wait)
			if c.QueuedAt.IsZero() {
				f.AtOnce++
			}
			if never {
				f.NeverServed++
			}
		case FateAbandoned:
			f.Abandoned++
			abandoned, all = append(abandoned, wait), append(all, wait)
			if len(c.Assigned) > 0 {
				f.Crossed++
			}
		case FateOpen:
			f.StillOpen++
		case FateRefused:
			f.Refused++
		default:
			f.Unaccounted++
		}
	}
	f.Waits, f.WaitsServed, f.WaitsAbandoned = SumUp(all), SumUp(served), SumUp(abandoned)
	return f
}

// AgentFigures is one server name, in the record and in the replay.
type AgentFigures struct {
	Server         string `json:"server"`
	Account        string `json:"account"`
	From           string `json:"from"`
	To             string `json:"to"`
	RecordServices int    `json:"record_services"`
	RecordTalk     int    `json:"record_talk_seconds"`
	RecordOverlaps int    `json:"record_overlaps"`
	Rooms          int    `json:"rooms"`
}

// Agents counts each agent's rooms by its own inbox.
func (l *Log) Agents(p *Plan) []AgentFigures {
	rooms := map[string]int{}
	for _, g := range l.Gains {
		rooms[g.Agent]++
	}
	all := make([]AgentFigures, 0, len(p.Agents))
	for _, a := range p.Agents {
		all = append(all, AgentFigures{
			Server: a.Server, Account: a.Account, From: a.From.String(), To: a.To.String(),
			RecordServices: a.Services, RecordTalk: a.Talk, RecordOverlaps: a.Overlaps, Rooms: rooms[a.Account],
		})
	}
	return all
}
