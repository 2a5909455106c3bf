package replay

import (
	"fmt"
	"slices"
)

// Result is what one check says.
type Result struct {
	Name    string   `json:"name"`
	Promise string   `json:"promise"`
	Judged  int      `json:"judged"` // how many things were looked at; 0 proves nothing
	Rows    []string `json:"failing_rows,omitempty"`
	Left    int      `json:"failing_rows_left_off,omitempty"`
}

// Failed says whether the promise was broken.
func (r Result) Failed() bool { return len(r.Rows) > 0 }

// rowsMax bounds the rows a check lists; the rest is counted.
const rowsMax = 50

func (r *Result) fail(format string, args ...any) {
	if len(r.Rows) == rowsMax {
		r.Left++
		return
	}
	r.Rows = append(r.Rows, fmt.Sprintf(format, args...))
}

// check is one promise of the node, judged by the log alone.
type check struct {
	name, promise string
	judge         func(*Log, *Result)
}

// checks is the table of them. A new one is a row here and a failing case in TestEveryCheckCanFail.
var checks = []check{
	{"conservation", "offered = served + abandoned + still open", conservation},
	{"one holder", "a room has at most one holder at any time", oneHolder},
	{"fifo", "the backlog is assigned in order of requested_at", fifo},
	{"limit", "no agent has more rooms than its limit", limitKept},
	{"messages", "every acknowledged message is seen exactly once", messagesOnce},
	{"refusals", "no command is refused that has a place in a replay, and no foreign room turns up", noSurprises},
}

// Check judges the log by every check.
func (l *Log) Check() []Result {
	results := make([]Result, 0, len(checks))
	for _, c := range checks {
		r := Result{Name: c.name, Promise: c.promise}
		c.judge(l, &r)
		results = append(results, r)
	}
	return results
}

// AnyFailed says whether a promise was broken.
func AnyFailed(results []Result) bool { return slices.ContainsFunc(results, Result.Failed) }
