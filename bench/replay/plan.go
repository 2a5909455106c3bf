package replay

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"switchyard/bench/survival"
	"switchyard/bench/trace"
)

// Never is the patience of a customer who does not give up.
const Never = -1

// Call is one customer of the replay.
type Call struct {
	trace.Call
	Index    int
	Patience int  // seconds; Never
	Drawn    bool // the patience comes from the estimate, not from the record
	Talk     int  // seconds; belongs to the call, whoever answers it
	TalkFrom TalkSource
}

// TalkSource says where a call's talking time comes from.
type TalkSource uint8

// A served call talks as long as the record says, and so does the rare one that hung
// up and has a service time. A call that hung up in the queue gets another call's
// time if it is served after all; one that never queued was gone when it was to be
// connected, and talks 0 s.
const (
	TalkRecorded TalkSource = iota + 1
	TalkBorrowed
	TalkNone
)

// Agent is one server name of the day.
type Agent struct {
	trace.Shift
	Account string // 1-40 characters of [a-z0-9._-]
}

// Plan is what a replay will do, all of it decided before it starts.
type Plan struct {
	Date     string
	Speed    float64
	Seed     uint64
	Begin    trace.Second // of the run: the first thing that happens
	End      trace.Second // the last thing that is planned
	Calls    []Call       // by Request
	Agents   []Agent
	Estimate survival.Estimate
	Record   trace.Figures
	Borrowed int // calls whose talking time is another one's
}

// Options choose among the ways to read a day.
type Options struct {
	Speed     float64 // 60: a minute passes in a second
	Seed      uint64
	From, To  trace.Second // only calls that ask in [From, To); 0, 0 = the whole day
	PlainDraw bool         // draw the patience of served calls without regard to the wait they are known to have survived
}

// NewPlan plans a day. The same day, options and seed give the same plan, whatever From and To are.
func NewPlan(day *trace.Day, o Options) (*Plan, error) {
	if o.Speed <= 0 {
		return nil, fmt.Errorf("speed %v: must be above 0", o.Speed)
	}
	p := &Plan{Date: day.Date, Speed: o.Speed, Seed: o.Seed, Estimate: survival.KaplanMeier(observations(day))}
	talks := talkTimes(day)
	window := &trace.Day{Date: day.Date, Phantoms: day.Phantoms}
	for i := range day.Calls {
		c := day.Calls[i]
		if o.To != 0 && (c.Request < o.From || c.Request >= o.To) {
			continue
		}
		window.Calls = append(window.Calls, c)
		p.Calls = append(p.Calls, p.call(c, talks, o))
	}
	if len(p.Calls) == 0 {
		return nil, fmt.Errorf("no call of %s asks between %v and %v", day.Date, o.From, o.To)
	}
	p.Record = window.Figures()
	p.Agents = agents(day.Shifts(), window.Shifts(), o)
	p.span()
	return p, nil
}

// observations are the waits of the day as the estimate sees them. A call that hung
// up without having stood in the queue was never at risk of giving up there.
func observations(day *trace.Day) []survival.Observation {
	var all []survival.Observation
	for i := range day.Calls {
		c := &day.Calls[i]
		if c.Outcome == trace.HungUp && !c.Queued {
			continue
		}
		all = append(all, survival.Observation{Seconds: c.Wait, Event: c.Outcome == trace.HungUp})
	}
	return all
}

// talkTimes are the service times of the day that can be lent to a call without one.
func talkTimes(day *trace.Day) []int {
	var all []int
	for i := range day.Calls {
		if c := &day.Calls[i]; c.Outcome == trace.Served && c.Service > 0 {
			all = append(all, c.Service)
		}
	}
	return all
}

// call adds what the record does not hold. Chance comes from the seed and the call's
// line, so a call is the same in every window.
func (p *Plan) call(c trace.Call, talks []int, o Options) Call {
	chance := rand.New(rand.NewPCG(o.Seed, uint64(c.Number)))
	planned := Call{Call: c, Index: len(p.Calls), Patience: c.Wait, Talk: c.Service, TalkFrom: TalkRecorded}
	if c.Outcome == trace.Served {
		known := c.Wait
		if o.PlainDraw {
			known = -1
		}
		planned.Drawn = true
		patience, ok := p.Estimate.Draw(known, chance.Float64())
		if !ok {
			patience = Never
		}
		planned.Patience = patience
		return planned
	}
	switch {
	case c.Service > 0:
	case c.Queued && len(talks) > 0:
		planned.Talk, planned.TalkFrom = talks[chance.IntN(len(talks))], TalkBorrowed
		p.Borrowed++
	default:
		planned.TalkFrom = TalkNone
	}
	return planned
}

// agents gives every server name of the day an account, in the order of the names,
// with its services in the window; a window cuts the shifts.
func agents(day, window []trace.Shift, o Options) []Agent {
	inWindow := map[string]trace.Shift{}
	for _, s := range window {
		inWindow[s.Server] = s
	}
	taken := map[string]bool{}
	var all []Agent
	for _, s := range day {
		account := accountName(s.Server, taken)
		if o.To != 0 {
			s.From, s.To = max(s.From, o.From), min(s.To, o.To)
			if s.From > s.To {
				continue
			}
			w := inWindow[s.Server]
			s.Services, s.Talk, s.Overlaps = w.Services, w.Talk, w.Overlaps
		}
		all = append(all, Agent{Shift: s, Account: account})
	}
	return all
}

// accountName makes a login name out of a server's name; names that become equal are numbered.
func accountName(server string, taken map[string]bool) string {
	const prefix, most = "replay.", 40
	clean := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		}
		return '-'
	}, server)
	name := prefix + clean[:min(len(clean), most-len(prefix)-4)]
	for n, base := 2, name; taken[name]; n++ {
		name = fmt.Sprintf("%s.%d", base, n)
	}
	taken[name] = true
	return name
}

// span finds the first and the last planned moment.
func (p *Plan) span() {
	p.Begin, p.End = p.Calls[0].Request, 0
	for i := range p.Calls {
		c := &p.Calls[i]
		p.Begin = min(p.Begin, c.Request)
		p.End = max(p.End, c.Request+trace.Second(max(0, c.Patience)))
	}
	for _, a := range p.Agents {
		p.Begin = min(p.Begin, a.From)
		p.End = max(p.End, a.To)
	}
}

// At is when a moment of the day comes, after the start of the run.
func (p *Plan) At(s trace.Second) time.Duration { return p.Real(int(s - p.Begin)) }

// Real is how long seconds of the day take.
func (p *Plan) Real(seconds int) time.Duration {
	return time.Duration(float64(seconds) * float64(time.Second) / p.Speed)
}

// Day turns real time back into seconds of the day.
func (p *Plan) Day(real time.Duration) float64 { return real.Seconds() * p.Speed }

// LongestTalk is the longest talking time of the plan in seconds.
func (p *Plan) LongestTalk() int {
	return slices.MaxFunc(p.Calls, func(a, b Call) int { return a.Talk - b.Talk }).Talk
}

// Patient counts the calls that never give up: their draw lies beyond the last event.
func (p *Plan) Patient() int {
	n := 0
	for i := range p.Calls {
		if p.Calls[i].Patience == Never {
			n++
		}
	}
	return n
}
