package oracle

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
)

// customer is one arrival as chance made it; both simulators get the same ones of a seed.
type customer struct {
	serial   int // 0, 1, …; negative: there at the beginning
	at       float64
	work     float64
	patience float64 // +Inf = endless
	class    int
}

// customers draws the arrivals of one seed.
type customers struct {
	row      *Row
	r        *rand.Rand
	gap      func(*rand.Rand) float64
	rate     float64
	work     []func(*rand.Rand) float64 // by class
	patience []func(*rand.Rand) float64 // by class; nil = endless
	shares   []float64                  // added up; nil = one class
	at       float64
	serial   int
}

func newCustomers(row *Row, seed uint64) *customers {
	// Each row has numbers of its own: were they shared, one lucky set of seeds would suit all rows at once.
	name := fnv.New64a()
	name.Write([]byte(row.Label))
	s := &customers{row: row, r: rand.New(rand.NewPCG(seed, name.Sum64())), gap: row.Arrivals.draw(), rate: row.lambda()}
	add := func(w Law, p *Law) {
		s.work = append(s.work, w.draw())
		if p == nil {
			s.patience = append(s.patience, nil)
		} else {
			s.patience = append(s.patience, p.draw())
		}
	}
	if len(row.Classes) == 0 {
		add(row.Work, row.Patience)
	}
	sum := 0.0
	for i := range row.Classes {
		c := &row.Classes[i]
		add(row.workOf(c), row.patienceOf(c))
		sum += c.Share
		s.shares = append(s.shares, sum)
	}
	return s
}

// next draws the next arrival.
func (s *customers) next() customer {
	s.at += s.gap(s.r) / s.rate
	c := customer{serial: s.serial, at: s.at}
	s.serial++
	s.fill(&c)
	return c
}

func (s *customers) fill(c *customer) {
	if s.shares != nil {
		u := s.r.Float64()
		for c.class < len(s.shares)-1 && u >= s.shares[c.class] {
			c.class++
		}
	}
	c.work = s.work[c.class](s.r)
	c.patience = math.Inf(1)
	if p := s.patience[c.class]; p != nil {
		c.patience = p(s.r)
	}
}

// present draws who is there at the beginning of a stationary row: their number by the exact law; what is
// left of exponential times is exponential again.
func (s *customers) present() []customer {
	if s.row.Start != "stationary" {
		return nil
	}
	p := NewErlangA(s.row.slots(), s.row.Load, s.row.theta(), s.row.room()).p
	u, n := s.r.Float64(), 0
	for n < len(p)-1 && u >= p[n] {
		u -= p[n]
		n++
	}
	there := make([]customer, n)
	for i := range there {
		there[i].serial = i - n
		s.fill(&there[i])
	}
	return there
}

// tally counts what becomes of the customers of one run: those with serial in [from, upto).
type tally struct {
	row        *Row
	from, upto int

	counted, waited, refused, left int
	wait, handling                 float64
	served                         int
	beyond, within                 []int
	class                          []classTally

	// The window: from the arrival of customer from to that of customer upto.
	begun, ended        bool
	begin, end          float64
	queueArea, openArea float64 // of the number in line, of rooms held
	waitInside          float64 // waits of all customers, as far as they lie in the window
	arrivedInside       int
	lastAt              float64
	unresolved          int // counted customers who are still in line
	unhandled           int // and those who have not been handled to the end
	needHandling        bool
}

type classTally struct {
	counted, waited, left int
	wait                  float64
}

func newTally(row *Row, arrivals int, handling bool) *tally {
	return &tally{
		row: row, from: arrivals / 10, upto: arrivals, beyond: make([]int, len(row.Tails)), within: make([]int, len(row.Within)),
		class: make([]classTally, len(row.Classes)), needHandling: handling,
	}
}

func (t *tally) counts(c *customer) bool { return c.serial >= t.from && c.serial < t.upto }

// over says that nothing that is counted can still change.
func (t *tally) over() bool {
	return t.ended && t.unresolved == 0 && (!t.needHandling || t.unhandled == 0)
}

// passes moves the areas up to now; waiting and open held since the last call.
func (t *tally) passes(now float64, waiting, open int) {
	if t.begun && !t.ended {
		d := now - t.lastAt
		t.queueArea += d * float64(waiting)
		t.openArea += d * float64(open)
	}
	t.lastAt = now
}

// arrives opens and closes the window.
func (t *tally) arrives(c *customer) {
	switch c.serial {
	case t.from:
		t.begun, t.begin = true, c.at
	case t.upto:
		t.ended, t.end = true, c.at
	}
	if t.begun && !t.ended {
		t.arrivedInside++
	}
	if t.counts(c) {
		t.unresolved++
		t.unhandled++
	}
}

// ends of a wait.
const (
	servedNow = iota
	gaveUp
	turnedAway
)

// resolved: the customer's wait has ended at now.
func (t *tally) resolved(c *customer, now float64, how int) {
	w := now - c.at
	if t.begun {
		from, to := max(c.at, t.begin), now
		if t.ended {
			to = min(to, t.end)
		}
		if to > from {
			t.waitInside += to - from
		}
	}
	if !t.counts(c) {
		return
	}
	t.unresolved--
	t.counted++
	k := (*classTally)(nil)
	if len(t.class) > 0 {
		k = &t.class[c.class]
		k.counted++
		k.wait += w
	}
	t.wait += w
	switch how {
	case turnedAway:
		t.refused++
		t.unhandled--
		return
	case gaveUp:
		t.left++
		t.unhandled--
		if k != nil {
			k.left++
		}
	default:
		t.served++
		for i, x := range t.row.Within {
			if w <= x {
				t.within[i]++
			}
		}
	}
	if w > 0 {
		t.waited++
		if k != nil {
			k.waited++
		}
		for i, x := range t.row.Tails {
			if w > x {
				t.beyond[i]++
			}
		}
	}
}

// stillWaits: a customer who is in line when the run ends has waited inside the window, too.
func (t *tally) stillWaits(c *customer) {
	if from := max(c.at, t.begin); t.end > from {
		t.waitInside += t.end - from
	}
}

// handled: the customer's room has closed after so long.
func (t *tally) handled(c *customer, duration float64) {
	if t.counts(c) {
		t.unhandled--
		t.handling += duration
	}
}

// means gives the run's figure of each quantity of the row.
func (t *tally) means() map[string]float64 {
	n, long := float64(t.counted), t.end-t.begin
	m := map[string]float64{
		"p_wait": float64(t.waited) / n, "abandon": float64(t.left) / n, "block": float64(t.refused) / n, "wait": t.wait / n,
		"queue": t.queueArea / long, "open": t.openArea / long,
	}
	if slots := t.row.slots(); slots > 0 {
		m["occupancy"] = t.openArea / long / float64(slots)
	}
	if t.needHandling {
		m["handling"] = t.handling / float64(t.served)
	}
	for i, x := range t.row.Tails {
		m[tail(x)] = float64(t.beyond[i]) / n
	}
	for i, x := range t.row.Within {
		m[within(x)] = float64(t.within[i]) / n
	}
	for i, c := range t.row.Classes {
		k := t.class[i]
		m["p_wait."+c.Name] = float64(k.waited) / float64(k.counted)
		m["abandon."+c.Name] = float64(k.left) / float64(k.counted)
		m["wait."+c.Name] = k.wait / float64(k.counted)
	}
	return m
}

// little is |queue ÷ (λ × wait) - 1| inside the window: the number in line as it was counted there
// against the customers' own waits. 0 where nobody waited.
func (t *tally) little() float64 {
	if t.queueArea == 0 && t.waitInside == 0 {
		return 0
	}
	long := t.end - t.begin
	lambda, wait := float64(t.arrivedInside)/long, t.waitInside/float64(t.arrivedInside)
	return math.Abs(t.queueArea/long/(lambda*wait) - 1)
}
