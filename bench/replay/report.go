package replay

import (
	"encoding/json"
	"io"
	"time"

	"switchyard/bench/client"
	"switchyard/bench/machine"
	"switchyard/bench/survival"
)

// Settings are what a run was asked to do.
type Settings struct {
	Trace       string  `json:"trace"` // the file's name, without its folder
	TraceSHA256 string  `json:"trace_sha256"`
	Day         string  `json:"day"`
	From        string  `json:"from,omitempty"`
	To          string  `json:"to,omitempty"`
	Speed       float64 `json:"speed"`
	Seed        uint64  `json:"seed"`
	Draw        string  `json:"patience_draw"` // "beyond the recorded wait" or "plain"
	Site        string  `json:"site"`
	Target      string  `json:"target"` // "own node" or "given"
	Kills       int     `json:"kills"`
	BackoffCap  float64 `json:"backoff_cap_ms"`
	Agents      int     `json:"agent_connections"`
	Calls       int     `json:"customer_connections"`
}

// Patience says what the estimate of the day is.
type Patience struct {
	Events    int  `json:"events"`   // hung up in the queue
	Censored  int  `json:"censored"` // served first
	Median    int  `json:"median_seconds"`
	HasMedian bool `json:"has_median"`
	LastEvent int  `json:"last_event_seconds"`
	Beyond    int  `json:"calls_beyond_last_event"` // of the replay: they never give up
	Borrowed  int  `json:"calls_with_borrowed_talk"`
}

func patience(p *Plan) Patience {
	out := Patience{Events: p.Estimate.Events, Censored: p.Estimate.Censored, Beyond: p.Patient(), Borrowed: p.Borrowed}
	out.Median, out.HasMedian = p.Estimate.Quantile(0.5)
	if last := lastStep(p.Estimate); last != nil {
		out.LastEvent = last.Seconds
	}
	return out
}

func lastStep(e survival.Estimate) *survival.Step {
	if len(e.Steps) == 0 {
		return nil
	}
	return &e.Steps[len(e.Steps)-1]
}

// Report is everything a run says.
type Report struct {
	Settings   Settings       `json:"settings"`
	Machine    machine.Facts  `json:"machine"`
	Began      time.Time      `json:"began"`
	Took       float64        `json:"took_seconds"`
	Unfinished string         `json:"unfinished,omitempty"` // why the run ended before it came to rest
	Record     Figures        `json:"record"`
	Replay     Figures        `json:"replay"`
	Patience   Patience       `json:"patience"`
	Latency    Latencies      `json:"latency"`
	Agents     []AgentFigures `json:"agents"`
	Checks     []Result       `json:"checks"`
	Clients    client.Counts  `json:"clients"`
	LateTokens int            `json:"customers_late_for_their_token"`
	Progress   []Progress     `json:"progress"`
}

// Report judges the run. The caller adds what it knows of the machine.
func (r *Run) Report(s Settings) *Report {
	s.Speed, s.Seed, s.Day = r.Plan.Speed, r.Plan.Seed, r.Plan.Date
	s.BackoffCap = float64(r.Backoff.Cap) / float64(time.Millisecond)
	s.Agents, s.Calls = len(r.Plan.Agents), len(r.Plan.Calls)
	return &Report{
		Settings: s,
		Record:   RecordFigures(r.Plan.Record), Replay: r.Log.Figures(r.Plan),
		Patience: patience(r.Plan), Latency: r.Log.Latencies(), Agents: r.Log.Agents(r.Plan),
		Checks: r.Log.Check(), Clients: r.Stats.Counts(),
	}
}

// WriteJSON writes the report for machines.
func (r *Report) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}
