package report

import (
	"cmp"
	"slices"

	"switchyard/protocol"
)

// Metric is one of the SQI's metrics that are times (domain 14.1). The eighth, ABD, is a rate: Cell has its counts.
type Metric uint8

// The metrics, in the order of the domain's table.
const (
	Queue     Metric = iota // 배정 대기 시간
	FRT                     // 채팅 방 생성 후 최초 응대까지 걸린 시간
	AgentWait               // 상담 도중 상담사의 대기 시간
	Hold                    // 상담 도중 고객의 대기 시간
	Handle                  // 총 대화 시간
	ACW                     // 상담 후 처리 시간
	Total                   // 총 상담 시간
	Metrics   = protocol.Metrics
)

var metricNames = [Metrics]string{"queue", "frt", "agent_wait", "hold", "handle", "acw", "total"}

func (m Metric) String() string { return metricNames[m] }

// Samples gives the samples of one room, each with the agent that it belongs to ("" = nobody), in
// milliseconds (domain 14.3). QUEUE and TOTAL belong to the site; a view per agent has them at the first.
func Samples(f *protocol.Figures, each func(m Metric, agent protocol.AccountID, ms int64)) {
	var first protocol.AccountID
	if len(f.Segments) > 0 {
		first = f.Segments[0].Agent
		each(Queue, first, int64(f.Segments[0].Start-f.RequestedAt))
	}
	for i := range f.Segments {
		s, last := &f.Segments[i], i == len(f.Segments)-1
		switch {
		case s.Answered != 0:
			from := s.Start // of a later holder: the own re-assignment
			if i == 0 {
				from = f.RequestedAt // R-149; the time in WAITING is part of it
			}
			each(FRT, s.Agent, int64(s.Answered-from))
			each(AgentWait, s.Agent, s.Wait)
			each(Hold, s.Agent, s.Hold)
			each(Handle, s.Agent, s.Hold+s.Wait)
		case !last: // re-assigned away without a response: the whole segment
			each(AgentWait, s.Agent, 0)
			each(Hold, s.Agent, int64(s.End-s.Start))
			each(Handle, s.Agent, int64(s.End-s.Start))
		}
		if last && s.Answered != 0 && staff(f.Actor) {
			each(ACW, s.Agent, int64(f.ClosedAt-f.Last))
		}
	}
	if Requested(f) {
		each(Total, first, int64(f.ClosedAt-f.RequestedAt))
	}
}

// Requested says whether the room counts as a connection request: it made one and was not rejected.
func Requested(f *protocol.Figures) bool { return f.RequestedAt != 0 && !f.Rejected }

// Abandoned says whether the customer left before any answer (R-158; Q-22: an agent or manager who ends a room
// unanswered is not the customer leaving).
func Abandoned(f *protocol.Figures) bool { return Requested(f) && !f.Answered && !staff(f.Actor) }

// Counts says whether the room counts in the dashboard: a rejected one without a bot part does not (16.1).
func Counts(f *protocol.Figures) bool { return !f.Rejected || f.Bot != "" }

// Began says the same of a room in the list by its start; an open one counts.
func Began(r *protocol.StartedRow) bool { return !r.Rejected || r.Bot }

// Key names a cell of a day.
type Key struct {
	Agent    protocol.AccountID
	Category string
	Channel  protocol.Channel
}

// Cells are the sums of rooms, by whom they belong to. They can be added up: a report of a month is the sum
// of its days.
type Cells map[Key]*protocol.FoldCell

func (c Cells) cell(k Key) *protocol.FoldCell {
	x := c[k]
	if x == nil {
		x = &protocol.FoldCell{Agent: k.Agent, Category: k.Category, Channel: k.Channel}
		c[k] = x
	}
	return x
}

// Add counts one closed room.
func (c Cells) Add(f *protocol.Figures) {
	of := func(agent protocol.AccountID) *protocol.FoldCell { return c.cell(Key{agent, f.Category, f.Channel}) }
	var first, last protocol.AccountID
	if n := len(f.Segments); n > 0 {
		first, last = f.Segments[0].Agent, f.Segments[n-1].Agent
	}
	Samples(f, func(m Metric, agent protocol.AccountID, ms int64) {
		s := &of(agent).Sums[m]
		s.N++
		s.MS += ms
	})
	if Requested(f) {
		of(first).Requested++
	}
	if Abandoned(f) {
		of(first).Abandoned++
	}
	if Counts(f) {
		x := of(last)
		if f.State == protocol.BotClosed {
			x.BotClosed++
		} else {
			x.Closed++
		}
		x.Spent.N++
		x.Spent.MS += int64(f.ClosedAt - f.CreatedAt)
	}
}

// Merge adds the sums of a cell to another.
func Merge(to, from *protocol.FoldCell) {
	to.Requested += from.Requested
	to.Abandoned += from.Abandoned
	to.Closed += from.Closed
	to.BotClosed += from.BotClosed
	merge(&to.Spent, from.Spent)
	for m := range to.Sums {
		merge(&to.Sums[m], from.Sums[m])
	}
}

func merge(to *protocol.Sum, from protocol.Sum) { to.N += from.N; to.MS += from.MS }

// AddCells adds the cells of a day.
func (c Cells) AddCells(day []protocol.FoldCell) {
	for i := range day {
		x := &day[i]
		Merge(c.cell(Key{x.Agent, x.Category, x.Channel}), x)
	}
}

// Sorted gives the cells in a fixed order.
func (c Cells) Sorted() []protocol.FoldCell {
	all := make([]protocol.FoldCell, 0, len(c))
	for _, x := range c {
		all = append(all, *x)
	}
	slices.SortFunc(all, func(a, b protocol.FoldCell) int {
		return cmp.Or(cmp.Compare(a.Agent, b.Agent), cmp.Compare(a.Category, b.Category), cmp.Compare(a.Channel, b.Channel))
	})
	return all
}

// Seconds is the mean of samples in seconds, rounded half up; ok = false: there are none.
func Seconds(s protocol.Sum) (seconds int64, ok bool) {
	if s.N == 0 {
		return 0, false
	}
	return floor(2*s.MS+1000*s.N, 2000*s.N), true
}

// Tenths is part of whole in tenths of a percent, rounded half up; ok = false: the whole is 0.
func Tenths(part, whole int64) (tenths int64, ok bool) {
	if whole == 0 {
		return 0, false
	}
	return floor(2000*part+whole, 2*whole), true
}

// floor divides towards minus infinity.
func floor(a, b int64) int64 {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}
