package client

import "sync/atomic"

// Stats counts what clients went through; many clients share one.
type Stats struct {
	Connects    atomic.Int64 // welcomes
	Losses      atomic.Int64 // sockets that ended without our asking
	Failures    atomic.Int64 // attempts that did not reach a welcome
	Silences    atomic.Int64 // sockets given up after 40 s without a frame
	Resets      atomic.Int64 // stream.reset with another reason than "start"
	Gaps        atomic.Int64 // a number was missing: should never happen
	Repeats     atomic.Int64 // a number came again: should never happen
	Unreadable  atomic.Int64 // frames that are no JSON object: should never happen
	Resent      atomic.Int64 // writes of a command that had been written before: after a loss, or after RateLimited
	RateLimited atomic.Int64 // refused with rate_limited or unavailable, and written again
	GoAways     atomic.Int64
}

// Counts is Stats at a moment, for reports.
type Counts struct {
	Connects    int64 `json:"connects"`
	Losses      int64 `json:"losses"`
	Failures    int64 `json:"failed_attempts"`
	Silences    int64 `json:"silences"`
	Resets      int64 `json:"resets"`
	Gaps        int64 `json:"gaps"`
	Repeats     int64 `json:"repeats"`
	Unreadable  int64 `json:"unreadable"`
	Resent      int64 `json:"resent_commands"`
	RateLimited int64 `json:"rate_limited"`
	GoAways     int64 `json:"goaways"`
}

// Counts reads the counters.
func (s *Stats) Counts() Counts {
	return Counts{
		s.Connects.Load(), s.Losses.Load(), s.Failures.Load(), s.Silences.Load(), s.Resets.Load(), s.Gaps.Load(),
		s.Repeats.Load(), s.Unreadable.Load(), s.Resent.Load(), s.RateLimited.Load(), s.GoAways.Load(),
	}
}
