package oracle

import (
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// compare judges the seeds' means of one quantity against the expected value by Student's t with
// len(means)-1 degrees of freedom. Single customers are never compared: they are correlated.
func compare(means []float64, expected float64) (mean, half, t, z float64) {
	mean, sd := stat.MeanStdDev(means, nil)
	n := float64(len(means))
	law := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: n - 1}
	se := sd / math.Sqrt(n)
	half = law.Quantile(0.975) * se
	switch d := mean - expected; {
	case math.Abs(d) <= 1e-12*math.Abs(expected):
		return mean, half, 0, 0
	case se <= 1e-12*math.Abs(d): // no seed differs from another: nothing chance could explain
		t = math.Copysign(far, d)
	default:
		t = max(-far, min(far, d/se))
	}
	return mean, half, t, normalOf(t, law)
}

// far stands for a deviate that chance does not explain.
const far = 1e6

// normalOf is the normal deviate whose tail is as likely as that of t under Student's law.
func normalOf(t float64, law distuv.StudentsT) float64 {
	tail := law.Survival(math.Abs(t))
	if tail < 1e-300 {
		return math.Copysign(37, t)
	}
	return math.Copysign(-distuv.UnitNormal.Quantile(tail), t)
}

// spread foretells how far a seed's mean of a quantity lies from the truth, as a share of it (one standard
// deviation), for rows whose number in the system is a birth-death chain. It is known before anything is
// played, so it decides, without a look at results, what is too rare to be judged at a given length, and how
// long a row has to be for a given half-width. NaN = not known.
//
// For a time average of f over T, T × variance tends to 2 Σ_j (Σ_{i≤j} p_i (f_i - f̄))² / (λ p_j).
// Source: Whitt, "Asymptotic Formulas for Markov Processes with Applications to Simulation",
// Operations Research 40, 1992.
func (r *Row) spread(quantity string, arrivals int) float64 {
	if !r.markov() {
		return math.NaN()
	}
	q := NewErlangA(r.slots(), r.Load, r.theta(), r.room())
	n, last := r.slots(), len(q.p)-1
	var f func(k int) float64
	at := func(from int) func(int) float64 {
		return func(k int) float64 {
			if k >= from {
				return 1
			}
			return 0
		}
	}
	switch quantity {
	case "p_wait":
		f = at(n)
	case "block":
		f = at(last)
	case "wait", "queue", "abandon":
		f = func(k int) float64 { return float64(max(k-n, 0)) }
	default:
		for _, t := range r.Tails {
			if quantity == tail(t) { // a line of length n t takes about t
				f = at(n + int(float64(n)*t))
			}
		}
	}
	if f == nil {
		return math.NaN()
	}
	mean := 0.0
	for k := last; k >= 0; k-- {
		mean += q.p[k] * f(k)
	}
	variance, sum := 0.0, 0.0
	for k := range last {
		sum += q.p[k] * (f(k) - mean)
		if q.p[k] > 0 {
			variance += 2 * sum * sum / (r.Load * q.p[k])
		}
	}
	long := 0.9 * float64(arrivals) / r.Load
	return math.Sqrt(variance/long+mean/(0.9*float64(arrivals))) / mean
}

// spreadMax is the spread of a seed's mean beyond which it is too far from normal for Student's t.
const spreadMax = 0.5

// longest is how many times the arrivals of a run a row may be played for a half-width.
const longest = 20

// planned is how many arrivals a seed needs so that the 95 % interval of p_wait, block and wait (abandon is wait
// × θ) has at most the given half-width, as a share of the value; at least least, at most longest times
// that. A row of published digits is asked for the quantities that are published alone.
func (r *Row) planned(share float64, seeds, least int) int {
	law := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(seeds - 1)}
	need := float64(least)
	for _, q := range []string{"p_wait", "block", "wait"} {
		refuses := r.QueueLimit != nil && *r.QueueLimit == 0 // and then nobody waits
		_, published := r.Printed[q]
		_, seconds := r.Printed[q+"_s"]
		if refuses != (q == "block") || len(r.Printed) > 0 && !published && !seconds {
			continue
		}
		half := law.Quantile(0.975) * r.spread(q, least) / math.Sqrt(float64(seeds))
		if k := half / share; k > 1 {
			need = max(need, 1.15*k*k*float64(least)) // 15 % for the plan's own error
		}
	}
	return int(min(need, float64(longest*least)))
}
