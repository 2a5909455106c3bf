package oracle

import "math"

// PollaczekKhinchine is the mean wait in M/G/1, first come first served: λ E[S²] / (2 (1 - ρ)), with load
// ρ = λ E[S] < 1 and E[S] = 1; scv is the variance of the handling time ÷ its squared mean (0 = M/D/1,
// 1 = M/M/1). Source: Pollaczek 1930, Khinchine 1932; Kleinrock, Queueing Systems 1, 1975, section 5.6.
func PollaczekKhinchine(rho, scv float64) float64 { return rho * (1 + scv) / (2 * (1 - rho)) }

// GIM1 gives σ, the root in (0, 1) of σ = A*(μ(1-σ)): the probability that an arrival of GI/M/1 has to
// wait, where A* is the Laplace transform of the time between arrivals (mean 1/ρ in units of the mean
// handling time). The mean wait is σ/(1-σ). Source: Kendall 1953; Kleinrock 1975, section 6.4.
func GIM1(transform func(s float64) float64) float64 {
	low, high := 0.0, 1-1e-12
	for range 200 { // A*(1-σ) - σ is positive below the root and negative between it and 1
		mid := (low + high) / 2
		if transform(1-mid) > mid {
			low = mid
		} else {
			high = mid
		}
	}
	return (low + high) / 2
}

// PriorityWaits are the mean waits of the classes in M/M/n without preemption and one handling time for
// all (mean 1): loads in erlangs, the first served first. W_k = C/n ÷ ((1-σ_{k-1})(1-σ_k)), σ_k the
// load of classes up to k per server. Source: Cobham 1954; Kella and Yechiali, "Waiting Times in the
// Non-Preemptive Priority M/M/c Queue", Stochastic Models 1, 1985.
func PriorityWaits(n int, loads []float64) []float64 {
	total := 0.0
	for _, a := range loads {
		total += a
	}
	return cobham(ErlangC(n, total)/float64(n), float64(n), loads)
}

// PriorityWaitsMG1 are the mean waits of the classes in M/G/1 without preemption: arrival rates λ_k,
// first and second moments of the handling times. W0 = Σ λ_k E[S_k²] / 2.
// Source: Cobham, "Priority Assignment in Waiting Line Problems", Operations Research 2, 1954.
func PriorityWaitsMG1(rates, means, seconds []float64) []float64 {
	residual, loads := 0.0, make([]float64, len(rates))
	for k := range rates {
		residual += rates[k] * seconds[k] / 2
		loads[k] = rates[k] * means[k]
	}
	return cobham(residual, 1, loads)
}

func cobham(residual, n float64, loads []float64) []float64 {
	waits, before := make([]float64, len(loads)), 0.0
	for k, a := range loads {
		up := before + a/n
		waits[k] = residual / ((1 - before) * (1 - up))
		before = up
	}
	return waits
}

// InfiniteServers is P(N = k) of M/G/∞ with load a: Poisson with mean a, whatever the law of the
// handling times. Source: Takács 1962; Cooper 1981, section 3.2.
func InfiniteServers(a float64, k int) float64 {
	g, _ := math.Lgamma(float64(k + 1))
	return math.Exp(float64(k)*math.Log(a) - a - g)
}
