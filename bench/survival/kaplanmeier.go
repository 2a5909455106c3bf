// Package survival estimates how long customers are willing to wait from a
// record in which most of them were served first: the product-limit estimate of
// Kaplan and Meier.
package survival

import (
	"cmp"
	"slices"
)

// Observation is one wait. Event is true when it ended by giving up; otherwise the
// customer was served and would have waited longer (censored).
type Observation struct {
	Seconds int
	Event   bool
}

// Step is the estimate at one moment at which somebody gave up.
type Step struct {
	Seconds  int
	AtRisk   int     // waits at least that long
	Events   int     // of them given up at that moment
	Survival float64 // share that is willing to wait longer than Seconds
}

// Estimate is the product-limit estimate: a stair that falls at each event.
type Estimate struct {
	Steps    []Step
	Events   int
	Censored int
}

// KaplanMeier estimates from observations. A wait that was served in the second in
// which another one gave up counts as at risk there (events come first, as usual).
func KaplanMeier(observations []Observation) Estimate {
	sorted := slices.Clone(observations)
	slices.SortFunc(sorted, func(a, b Observation) int { return cmp.Compare(a.Seconds, b.Seconds) })
	var e Estimate
	survival := 1.0
	for i := 0; i < len(sorted); {
		at, risk, events := sorted[i].Seconds, len(sorted)-i, 0
		for ; i < len(sorted) && sorted[i].Seconds == at; i++ {
			if sorted[i].Event {
				events++
			}
		}
		if events == 0 {
			continue
		}
		survival *= 1 - float64(events)/float64(risk)
		e.Steps = append(e.Steps, Step{Seconds: at, AtRisk: risk, Events: events, Survival: survival})
		e.Events += events
	}
	e.Censored = len(sorted) - e.Events
	return e
}

// Survival is the share that is willing to wait longer than seconds.
func (e Estimate) Survival(seconds int) float64 {
	i, found := slices.BinarySearchFunc(e.Steps, seconds, func(s Step, at int) int { return cmp.Compare(s.Seconds, at) })
	if found {
		return e.Steps[i].Survival
	}
	if i == 0 {
		return 1
	}
	return e.Steps[i-1].Survival
}

// Quantile is the first moment by which at least the share p has given up; false if
// the stair never falls that far, because the longest waits were served.
func (e Estimate) Quantile(p float64) (int, bool) {
	return e.firstAtOrBelow(1 - p)
}

// Draw turns chance in [0,1) into a patience, given that it is known to be longer
// than seen (-1 = nothing is known). False: the patience lies beyond the last event,
// where the estimate says nothing.
func (e Estimate) Draw(seen int, chance float64) (int, bool) {
	known := 1.0
	if seen >= 0 {
		known = e.Survival(seen)
	}
	if known == 0 {
		return 0, false
	}
	return e.firstAtOrBelow(chance * known)
}

func (e Estimate) firstAtOrBelow(survival float64) (int, bool) {
	i, _ := slices.BinarySearchFunc(e.Steps, survival, func(s Step, share float64) int {
		if s.Survival > share {
			return -1
		}
		return 1
	})
	if i == len(e.Steps) {
		return 0, false
	}
	return e.Steps[i].Seconds, true
}
