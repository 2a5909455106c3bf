package oracle

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
	"time"
)

// Options say how much is played.
type Options struct {
	Seeds    int     // runs of each row, seeds First … First+Seeds-1; at least 5
	First    uint64  // 0 = 1
	Arrivals int     // of each run; the first tenth is dropped. At least 1,000
	Bound    float64 // largest |z| that passes
	// HalfWidth asks for so many arrivals that the half-width of p_wait, block, wait and abandon is at most
	// this share of the value, where it can be foretold; at most 20 × Arrivals. 0 = Arrivals for every row.
	HalfWidth float64
	Full      bool // rows that shorten themselves (most) do not
	Bare      bool // the bare simulator plays instead of the queue mind, the rows that it can; nothing is conserved then
	Workers   int  // 0 = GOMAXPROCS
	// Done hears of every row that is finished, from one goroutine at a time; nil = nobody.
	Done func(sheet string, row *Row, figures []Figure)
}

// LittleBound is how far the two sides of Little's law may lie apart.
const LittleBound = 0.001

// Run plays every row of every sheet through the queue mind and compares. An error is a row without
// expected values, a mind that panicked, or the context's.
func Run(ctx context.Context, sheets []Sheet, o Options) (*Result, error) {
	if o.Seeds < 5 || o.Arrivals < 1000 {
		return nil, fmt.Errorf("at least 5 seeds and 1,000 arrivals")
	}
	if o.First == 0 {
		o.First = 1
	}
	if o.Workers == 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	begin, cpu := time.Now(), cpuSeconds()
	result := &Result{Seeds: o.Seeds, Arrivals: o.Arrivals, Bound: o.Bound, Little: Little{Bound: LittleBound}}
	var plays []*play
	for _, s := range sheets {
		for i := range s.Rows {
			if o.Bare && !bareCan(&s.Rows[i]) {
				continue
			}
			p := &play{sheet: s.Name, row: &s.Rows[i], arrivals: o.Arrivals, left: o.Seeds, means: make([]map[string]float64, o.Seeds)}
			if r := p.row; r.Most > 0 && !o.Full {
				p.arrivals = min(p.arrivals, r.Most)
			}
			if o.HalfWidth > 0 {
				p.arrivals = p.row.planned(o.HalfWidth, o.Seeds, p.arrivals)
			}
			var err error
			if p.expected, err = p.row.expect(); err != nil {
				return nil, fmt.Errorf("%s: %w", p.row.Label, err)
			}
			if len(p.expected) == 0 {
				return nil, fmt.Errorf("%s: nothing is expected of it", p.row.Label)
			}
			plays = append(plays, p)
		}
	}
	if err := result.play(ctx, plays, o); err != nil {
		return nil, err
	}
	if err := result.again(ctx, plays, o); err != nil {
		return nil, err
	}
	for _, s := range sheets {
		t := Table{Name: s.Name, Title: s.Title}
		for _, p := range plays {
			if p.sheet == s.Name {
				t.Rows = append(t.Rows, p.figures...)
			}
		}
		result.Tables = append(result.Tables, t)
	}
	result.sum()
	result.Seconds, result.CPU = time.Since(begin).Seconds(), cpuSeconds()-cpu
	return result, nil
}

// play plays every seed of every row, in the order of the rows, Workers at a time.
func (r *Result) play(ctx context.Context, plays []*play, o Options) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	type job struct {
		p    *play
		seed int
	}
	jobs := make(chan job)
	var wait sync.WaitGroup
	var mu sync.Mutex
	for range o.Workers {
		wait.Go(func() {
			for j := range jobs {
				seed := o.First + uint64(j.seed)
				var x *real
				var t *tally
				var err error
				if o.Bare {
					t = runBare(j.p.row, seed, j.p.arrivals)
				} else {
					_, handling := j.p.expected["handling"]
					if x, err = runReal(j.p.row, seed, j.p.arrivals, handling); err == nil {
						t = x.tally
					}
				}
				mu.Lock()
				if err == nil {
					r.took(j.p, j.seed, t, x)
					if j.p.left == 0 {
						j.p.judge(o)
						if o.Done != nil {
							o.Done(j.p.sheet, j.p.row, j.p.figures)
						}
					}
				} else {
					cancel(err)
				}
				mu.Unlock()
			}
		})
	}
feed:
	for _, p := range plays {
		for seed := range o.Seeds {
			select {
			case jobs <- job{p, seed}:
			case <-ctx.Done():
				break feed
			}
		}
	}
	close(jobs)
	wait.Wait()
	return context.Cause(ctx)
}

// again plays rows that were beyond the bound once more, with the seeds after the first ones and four times the
// arrivals: among hundreds of quantities a right mind is beyond it now and then, and a wrong one is so twice. The
// rule is fixed before anything is played, so nobody chooses seeds.
func (r *Result) again(ctx context.Context, plays []*play, o Options) error {
	var second []*play
	first := map[*play]*play{}
	for _, p := range plays {
		if slices.ContainsFunc(p.figures, func(f Figure) bool { return f.Judged && math.Abs(f.Z) > o.Bound }) {
			q := &play{sheet: p.sheet, row: p.row, arrivals: 4 * p.arrivals, expected: p.expected, left: o.Seeds, means: make([]map[string]float64, o.Seeds)}
			second, first[q] = append(second, q), p
		}
	}
	o.First += uint64(o.Seeds)
	if err := r.play(ctx, second, o); err != nil {
		return err
	}
	for _, q := range second {
		for i := range first[q].figures {
			if f := &first[q].figures[i]; f.Judged && math.Abs(f.Z) > o.Bound {
				r.Repeated++
				f.AgainZ = &q.figures[i].Z
			}
		}
	}
	return nil
}

// play is one row while it is played.
type play struct {
	sheet    string
	row      *Row
	arrivals int
	expected map[string]expectation
	left     int // seeds to come
	means    []map[string]float64
	figures  []Figure
}

// took adds one run; x is nil of the bare simulator.
func (r *Result) took(p *play, seed int, t *tally, x *real) {
	at := fmt.Sprintf("%s, seed %d", p.row.Label, seed+1)
	p.means[seed] = t.means()
	p.left--
	r.Little.Runs++
	d := t.little()
	if d >= r.Little.Worst {
		r.Little.Worst, r.Little.At = d, at
	}
	if !(d <= LittleBound) {
		r.Little.Failed++
	}
	if x == nil {
		return
	}
	waiting, open, err := x.conserved()
	c := &r.Conservation
	c.Runs++
	if err != nil {
		c.Failed++
		if c.At == "" {
			c.At = at + ": " + err.Error()
		}
	}
	c.Created += x.created
	c.Waiting += waiting
	c.Open += open
	c.Closed += x.closed
	c.Left += x.leavers
}

// judge compares the row's quantities.
func (p *play) judge(o Options) {
	for _, q := range p.row.quantities() {
		e, ok := p.expected[q]
		if !ok {
			continue
		}
		means := make([]float64, len(p.means))
		for i, m := range p.means {
			means[i] = m[q]
		}
		f := Figure{Label: p.row.Label, Quantity: q, Expected: e.value, Arrivals: p.arrivals, Source: e.source, Judged: true}
		f.Mean, f.HalfWidth, f.T, f.Z = compare(means, e.value)
		if s := p.row.spread(q, p.arrivals); s > spreadMax {
			f.Judged = false
			f.Why = fmt.Sprintf("too rare at this length: a seed's mean is expected to lie %.0f %% off", 100*s)
		}
		p.figures = append(p.figures, f)
	}
}

// sum finds the worst of all.
func (r *Result) sum() {
	for _, t := range r.Tables {
		for _, f := range t.Rows {
			if slices.Contains([]string{"p_wait", "block", "wait", "abandon"}, f.Quantity) && f.Expected > 0 {
				if h := f.HalfWidth / f.Expected; h > r.WorstHalf {
					r.WorstHalf, r.WorstHAt = h, f.Label+" "+f.Quantity
				}
			}
			if !f.Judged {
				continue
			}
			r.Judged++
			if z := math.Abs(f.Z); z >= r.WorstZ {
				r.WorstZ, r.WorstAt = z, f.Label+" "+f.Quantity
			}
			if math.Abs(f.Z) > r.Bound && (f.AgainZ == nil || math.Abs(*f.AgainZ) > r.Bound) {
				r.Beyond++
			}
		}
	}
}
