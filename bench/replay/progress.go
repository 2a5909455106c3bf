package replay

import (
	"fmt"
	"time"

	"switchyard/bench/trace"
)

// Progress is the run at a moment.
type Progress struct {
	Clock     string  `json:"clock"` // of the day
	Real      float64 `json:"real_seconds"`
	Asked     int     `json:"asked"`
	Waiting   int     `json:"waiting"`
	Talking   int     `json:"talking"`
	Served    int     `json:"served"`
	Abandoned int     `json:"abandoned"`
	OnDuty    int     `json:"on_duty"`
	Lost      int64   `json:"sockets_lost"`
}

func (r *Run) progress() Progress {
	r.mu.Lock()
	c := r.counts
	r.mu.Unlock()
	since := time.Since(r.start)
	clock := r.Plan.Begin + trace.Second(r.Plan.Day(max(0, since)))
	return Progress{
		Clock: clock.String(), Real: since.Seconds(), Asked: c.asked, Waiting: c.inLine, Talking: c.talking,
		Served: c.served, Abandoned: c.abandoned, OnDuty: c.onDuty, Lost: r.Stats.Losses.Load(),
	}
}

// Line is the progress in one line for a terminal.
func (p Progress) Line(calls int) string {
	return fmt.Sprintf("%8s  asked %d/%d  waiting %d  talking %d  on duty %d  served %d  abandoned %d  sockets lost %d",
		p.Clock, p.Asked, calls, p.Waiting, p.Talking, p.OnDuty, p.Served, p.Abandoned, p.Lost)
}
