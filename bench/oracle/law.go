package oracle

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat/distuv"
)

// Law is a law of positive random numbers, as a row names it: its shape and its mean. In JSON either
// a name ("exponential", "constant") or an object {"law": "lognormal", "mean": 1, "scv": 2}.
type Law struct {
	Name string  `json:"law"`            // one of lawNames
	Mean float64 `json:"mean,omitempty"` // above 0; 0 = 1
	SCV  float64 `json:"scv,omitempty"`  // variance ÷ mean²; for gamma, lognormal, hyperexponential (≥ 1) and erlang (1/k)
}

// lawNames are the laws that a row can name.
var lawNames = []string{"exponential", "constant", "uniform", "gamma", "erlang", "lognormal", "hyperexponential"}

// UnmarshalJSON reads a name or an object; an unknown field is an error.
func (l *Law) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		*l = Law{}
		return json.Unmarshal(b, &l.Name)
	}
	type plain Law
	return strict(b, (*plain)(l))
}

// MarshalJSON writes the object.
func (l Law) MarshalJSON() ([]byte, error) {
	type plain Law
	return json.Marshal(plain(l))
}

// check fills in the mean and says what is wrong.
func (l *Law) check(field string) error {
	if l.Mean == 0 {
		l.Mean = 1
	}
	if !(l.Mean > 0) || math.IsInf(l.Mean, 0) {
		return fmt.Errorf("%s.mean must be above 0", field)
	}
	switch l.Name {
	case "exponential", "constant", "uniform":
		if l.SCV != 0 {
			return fmt.Errorf("%s.scv: %s has no choice of it", field, l.Name)
		}
	case "gamma", "lognormal":
		if !(l.SCV > 0) || math.IsInf(l.SCV, 0) {
			return fmt.Errorf("%s.scv must be above 0", field)
		}
	case "erlang":
		if k := 1 / l.SCV; !(l.SCV > 0) || math.Abs(k-math.Round(k)) > 1e-9 {
			return fmt.Errorf("%s.scv must be 1/k for a whole number k", field)
		}
	case "hyperexponential":
		if !(l.SCV >= 1) || math.IsInf(l.SCV, 0) {
			return fmt.Errorf("%s.scv must be 1 or more", field)
		}
	default:
		return fmt.Errorf("%s.law %q is none of %v", field, l.Name, lawNames)
	}
	return nil
}

// Variance ÷ mean².
func (l Law) scv() float64 {
	switch l.Name {
	case "exponential":
		return 1
	case "constant":
		return 0
	case "uniform": // on (0, 2 × mean)
		return 1. / 3
	}
	return l.SCV
}

// branches of the hyperexponential law with balanced means: probability p of rate 2p/mean, else 2(1-p)/mean.
func (l Law) branches() (p float64) { return (1 + math.Sqrt((l.SCV-1)/(l.SCV+1))) / 2 }

// draw gives the function that draws.
func (l Law) draw() func(*rand.Rand) float64 {
	m := l.Mean
	switch l.Name {
	case "exponential":
		return func(r *rand.Rand) float64 { return m * r.ExpFloat64() }
	case "constant":
		return func(*rand.Rand) float64 { return m }
	case "uniform":
		return func(r *rand.Rand) float64 { return 2 * m * r.Float64() }
	case "gamma", "erlang":
		return func(r *rand.Rand) float64 {
			return distuv.Gamma{Alpha: 1 / l.SCV, Beta: 1 / (l.SCV * m), Src: r}.Rand()
		}
	case "lognormal":
		v := math.Log1p(l.SCV)
		mu, sigma := math.Log(m)-v/2, math.Sqrt(v)
		return func(r *rand.Rand) float64 { return math.Exp(mu + sigma*r.NormFloat64()) }
	default: // hyperexponential
		p := l.branches()
		return func(r *rand.Rand) float64 {
			if r.Float64() < p {
				return m / (2 * p) * r.ExpFloat64()
			}
			return m / (2 * (1 - p)) * r.ExpFloat64()
		}
	}
}

// transform is the Laplace transform; nil = there is no closed form.
func (l Law) transform() func(s float64) float64 {
	switch m := l.Mean; l.Name {
	case "exponential":
		return func(s float64) float64 { return 1 / (1 + m*s) }
	case "constant":
		return func(s float64) float64 { return math.Exp(-m * s) }
	case "uniform":
		return func(s float64) float64 { return -math.Expm1(-2*m*s) / (2 * m * s) }
	case "gamma", "erlang":
		return func(s float64) float64 { return math.Pow(1+l.SCV*m*s, -1/l.SCV) }
	case "hyperexponential":
		p := l.branches()
		return func(s float64) float64 { return p/(1+m*s/(2*p)) + (1-p)/(1+m*s/(2*(1-p))) }
	}
	return nil
}
