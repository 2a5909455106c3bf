package report

import (
	"fmt"
	"math"

	"switchyard/bench/stat"
)

// Goal is a row of the project's table of performance goals: a release never falls below
// the floor. Less says that smaller is better.
type Goal struct {
	ID       string  `json:"id"`
	Quantity string  `json:"quantity"`
	Formula  string  `json:"formula"`
	Floor    float64 `json:"floor"`
	Goal     float64 `json:"goal"`
	Less     bool    `json:"less_is_better,omitempty"`
}

// Goals are the rows this harness can measure from outside.
var Goals = []Goal{
	{"PERF-1 w16", "durable routed messages, 100 connections, window 16", "routed messages/s ÷ raw echo round trips/s", 0.35, 0.70, false},
	{"PERF-1 w1", "durable routed messages, 100 connections, window 1", "routed messages/s ÷ raw echo round trips/s", 0.20, 0.35, false},
	{"PERF-1b", "routed messages with the journal in memory, window 16", "routed messages/s ÷ raw echo round trips/s", 0.35, 0.60, false},
	{"PERF-1c", "p99 of the acknowledgement at half of saturation", "p99 ÷ (p99 of the echo at the same rate + p99 of fsync)", 5, 2, true},
	{"PERF-1d", "heap allocations per routed message", "allocations of the node ÷ messages", 10, 2, true},
	{"PERF-1e", "journal bytes per message", "bytes of the node's synced batches ÷ messages ÷ (text bytes + 64)", 1.5, 1.0, true},
	{"PERF-2b rooms", "durable rooms assigned and closed, 32 in flight", "rooms/s ÷ records/s of bare Pebble in synced batches of 100", 0.05, 0.15, false},
	{"PERF-2b records", "their records", "the node's log records/s ÷ records/s of bare Pebble in synced batches of 100", 0.5, 1.0, false},
	{"PERF-4", "memory of an idle authenticated connection", "heap and stack bytes ÷ those of the library's default handler", 0.7, 0.35, true},
	{"PERF-4b time", "every socket back after a restart of the server", "seconds from the node's address until the last one is live", 30, 10, true},
	{"PERF-4b rate", "handshakes in that storm", "handshakes/s ÷ serial raw upgrades/s", 0, 0.8, false},
	{"PERF-8", "one room, 1,000 watchers", "deliveries/s ÷ raw writes/s to as many sockets", 0.5, 0.9, false},
	{"PERF-10", "garbage collection at saturation", "its share of the node's processor time", 0.25, 0.10, true},
	{"REL-3", "overload degrades like a plateau", "accepted messages/s at ten times the offered load ÷ at saturation", 0.6, 0.9, false},
	{"OPS-2", "watching is nearly free", "throughput while scraped every second ÷ not scraped", 0.90, 0.97, false},
}

// GoalOf finds a goal.
func GoalOf(id string) (Goal, bool) {
	for _, g := range Goals {
		if g.ID == id {
			return g, true
		}
	}
	return Goal{}, false
}

// Ratio is a measured ratio; ID names the goal it belongs to, or is empty.
type Ratio struct {
	ID       string  `json:"id,omitempty"`
	Load     string  `json:"load"`
	Quantity string  `json:"quantity"`
	Formula  string  `json:"formula"`
	Floor    float64 `json:"floor,omitempty"`
	Goal     float64 `json:"goal,omitempty"`
	Less     bool    `json:"less_is_better,omitempty"`
	stat.Spread
}

// NewRatio makes a row of the table. An id without a goal is a mistake of ours.
func NewRatio(id, load string, values []float64) Ratio {
	g, ok := GoalOf(id)
	if !ok {
		panic(fmt.Sprintf("report: no goal %q", id))
	}
	return Ratio{id, load, g.Quantity, g.Formula, g.Floor, g.Goal, g.Less, stat.Of(values)}
}

// Verdict says where the median stands.
func (r Ratio) Verdict() string {
	better := func(a, b float64) bool {
		if r.Less {
			return a <= b
		}
		return a >= b
	}
	switch {
	case len(r.Values) == 0 || math.IsNaN(r.Median):
		return "not measured"
	case r.ID == "":
		return ""
	case better(r.Median, r.Goal):
		return "goal"
	case r.Floor == 0:
		return "below the goal"
	case better(r.Median, r.Floor):
		return "floor"
	}
	return "below the floor"
}
