package oracle

import (
	"fmt"
	"math"
	"slices"
)

// expectation is a value that theory gives a quantity, and which theory.
type expectation struct {
	value  float64
	source string
}

// The formulas that Exact chooses from.
const (
	fromErlangB  = "Erlang B (insensitive to the law of handling times)"
	fromErlangC  = "Erlang C"
	fromErlangA  = "Erlang A"
	fromRoom     = "M/M/n/n+m+M"
	fromPK       = "Pollaczek-Khinchine"
	fromGIM1     = "GI/M/1"
	fromInfinite = "M/G/∞"
	fromKella    = "Kella-Yechiali"
	fromCobham   = "Cobham"
	fromChain    = "Markov chain, solved"
	fromGroups   = ", each group by itself"
	given        = "given"
)

// expect gives the expected value of each quantity that theory or the row knows.
func (r *Row) expect() (map[string]expectation, error) {
	all := map[string]expectation{}
	if r.Exact != "none" {
		found, err := r.exact()
		if err != nil && len(r.Expected) == 0 {
			return nil, err
		}
		all = found
	}
	if all == nil {
		all = map[string]expectation{}
	}
	for q, v := range r.Expected {
		if !r.measures(q) {
			return nil, fmt.Errorf("expected.%s: there is no such quantity in this row", q)
		}
		all[q] = expectation{v, given}
	}
	return all, nil
}

// exact chooses the formula that fits the row.
func (r *Row) exact() (map[string]expectation, error) {
	n, a, room := r.slots(), r.Load, r.room()
	f := map[string]expectation{}
	set := func(source string, pairs ...any) {
		for i := 0; i < len(pairs); i += 2 {
			f[pairs[i].(string)] = expectation{pairs[i+1].(float64), source}
		}
	}
	switch {
	case r.mapped():
		return r.exactGroups()
	case len(r.Classes) > 0:
		return r.exactClasses()
	case r.Limit == 0 && r.poisson() && r.steady():
		set(fromInfinite, "open", a, "p_wait", 0., "wait", 0.)
	case !r.steady():
		return r.exactChain()
	case r.poisson() && room == 0:
		b := ErlangB(n, a)
		set(fromErlangB, "block", b, "occupancy", a*(1-b)/float64(n))
	case r.markov() && r.Patience == nil && room < 0 && a < float64(n):
		q := NewMMN(n, a)
		set(fromErlangC, "p_wait", q.PWait, "wait", q.Wait(), "queue", q.Queue(), "occupancy", q.Occupancy())
		for _, t := range r.Tails {
			set(fromErlangC, tail(t), q.Tail(t))
		}
		for _, t := range r.Within {
			set(fromErlangC, within(t), 1-q.Tail(t))
		}
	case r.markov() && (r.Patience != nil || room >= 0):
		q, source := NewErlangA(n, a, r.theta(), room), fromErlangA
		if room >= 0 {
			source = fromRoom
			set(source, "block", q.Block())
		}
		set(source, "p_wait", q.PWait(), "wait", q.Wait(), "queue", q.Queue(), "occupancy", q.Occupancy())
		if r.Patience != nil {
			set(source, "abandon", q.Abandon())
		}
		for _, t := range r.Tails {
			set(source, tail(t), q.Tail(t))
		}
		for _, t := range r.Within {
			set(source, within(t), q.Served(t))
		}
	case n == 1 && r.poisson() && r.Patience == nil && room < 0 && a < 1:
		w := PollaczekKhinchine(a, r.Work.scv())
		set(fromPK, "p_wait", a, "wait", w, "queue", a*w, "occupancy", a)
	case n == 1 && r.Work.Name == "exponential" && r.Patience == nil && room < 0 && a < 1 && r.Arrivals.transform() != nil:
		gaps := r.Arrivals
		gaps.Mean = 1 / r.lambda()
		sigma := GIM1(gaps.transform())
		w := sigma / (1 - sigma)
		set(fromGIM1, "p_wait", sigma, "wait", w, "queue", a*w, "occupancy", a)
		for _, t := range r.Tails {
			set(fromGIM1, tail(t), sigma*math.Exp(-(1-sigma)*t))
		}
	default:
		return nil, fmt.Errorf("no formula fits this row: name its expected values")
	}
	return f, nil
}

func (r *Row) exactChain() (map[string]expectation, error) {
	if !r.poisson() || r.Work.Name != "exponential" || r.Limit == 0 || r.Patience != nil && r.Patience.Name != "exponential" {
		return nil, fmt.Errorf("speed: only Poisson arrivals with exponential work and patience and a limit can be solved exactly: name the expected values")
	}
	g, err := Pooled{
		Agents: r.Agents, Limit: r.Limit, Lambda: r.lambda(), Theta: r.theta(), Speed: r.speed,
		Ring: r.Balancer == "sequential", Room: r.room(),
	}.Solve()
	if err != nil {
		return nil, err
	}
	f := map[string]expectation{}
	for q, v := range map[string]float64{
		"p_wait": g.PWait, "wait": g.Wait, "queue": g.Queue, "occupancy": g.Occupancy, "open": g.Open, "handling": g.Handling,
	} {
		f[q] = expectation{v, fromChain}
	}
	if r.Patience != nil {
		f["abandon"] = expectation{g.Abandon, fromChain}
	}
	if r.QueueLimit != nil {
		f["block"] = expectation{g.Block, fromChain}
	}
	return f, nil
}

// exactClasses: classes that differ by priority.
func (r *Row) exactClasses() (map[string]expectation, error) {
	n := r.slots()
	alike := true
	for i := range r.Classes {
		c := &r.Classes[i]
		if r.patienceOf(c) != nil {
			return nil, fmt.Errorf("classes: no formula for priorities with patience: name the expected values")
		}
		w := r.workOf(c)
		alike = alike && w.Name == "exponential" && w.Mean == 1
	}
	if !r.poisson() || !r.steady() || r.QueueLimit != nil || n == 0 || r.Load >= float64(n) || !alike && n > 1 {
		return nil, fmt.Errorf("classes: no formula fits: name the expected values")
	}
	order := make([]int, len(r.Classes)) // the first served first; classes of one priority are one
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return r.Classes[j].Priority - r.Classes[i].Priority })
	var loads, rates, means, seconds []float64
	group := map[int]int{} // class → its place
	for k, i := range order {
		c := &r.Classes[i]
		w, rate := r.workOf(c), c.Share*r.lambda()
		if k == 0 || r.Classes[order[k-1]].Priority != c.Priority {
			loads, rates, means, seconds = append(loads, 0), append(rates, 0), append(means, 0), append(seconds, 0)
		}
		at := len(loads) - 1
		group[i] = at
		loads[at] += rate * w.Mean
		rates[at] += rate
		means[at] += rate * w.Mean
		seconds[at] += rate * w.Mean * w.Mean * (1 + w.scv())
	}
	for k := range rates {
		means[k] /= rates[k]
		seconds[k] /= rates[k]
	}
	waits, source, pwait := []float64(nil), fromCobham, r.Load
	if alike {
		waits, source, pwait = PriorityWaits(n, loads), fromKella, ErlangC(n, r.Load)
	} else {
		waits = PriorityWaitsMG1(rates, means, seconds)
	}
	f := map[string]expectation{"p_wait": {pwait, source}, "occupancy": {r.Load / float64(n), source}}
	mean := 0.0
	for i, c := range r.Classes {
		f["wait."+c.Name] = expectation{waits[group[i]], source}
		mean += c.Share * waits[group[i]]
	}
	f["wait"] = expectation{mean, source}
	f["queue"] = expectation{mean * r.lambda(), source}
	return f, nil
}

// exactGroups: classes whose agents are their own are queues of their own.
func (r *Row) exactGroups() (map[string]expectation, error) {
	seen := map[int]bool{}
	f := map[string]expectation{}
	for i := range r.Classes {
		c := &r.Classes[i]
		for _, a := range c.Agents {
			if seen[a] {
				return nil, fmt.Errorf("classes: agents of several classes have no formula: name the expected values")
			}
			seen[a] = true
		}
		w := r.workOf(c)
		alone := *r
		alone.Classes, alone.Agents, alone.Load, alone.Patience = nil, len(c.Agents), r.lambda()*c.Share*w.Mean, r.patienceOf(c)
		alone.Work = w
		if w.Mean != 1 || r.QueueLimit != nil {
			return nil, fmt.Errorf("classes: groups need handling times of mean 1 and no queue limit")
		}
		one, err := alone.exact()
		if err != nil {
			return nil, fmt.Errorf("class %s: %w", c.Name, err)
		}
		for q, e := range one {
			if name := q + "." + c.Name; r.measures(name) {
				f[name] = expectation{e.value, e.source + fromGroups}
			}
		}
	}
	return f, nil
}

func tail(t float64) string   { return fmt.Sprintf("tail(%.4g)", t) }
func within(t float64) string { return fmt.Sprintf("served(%.4g)", t) }

// quantities are what a run measures of a row, in the order of printing.
func (r *Row) quantities() []string {
	all := []string{"p_wait", "abandon", "block", "wait", "queue", "occupancy", "open", "handling"}
	for _, t := range r.Tails {
		all = append(all, tail(t))
	}
	for _, t := range r.Within {
		all = append(all, within(t))
	}
	for _, c := range r.Classes {
		for _, q := range []string{"p_wait", "abandon", "wait"} {
			all = append(all, q+"."+c.Name)
		}
	}
	return all
}

func (r *Row) measures(q string) bool { return slices.Contains(r.quantities(), q) }
