package oracle

import "math"

// ErlangB is the probability that an arrival finds all n servers busy where nobody can wait
// (M/G/n/n): n ≥ 0 servers, offered load a = λ × AHT > 0 erlangs.
//
// By the recursion 1/B(k) = 1 + k/a × 1/B(k-1), B(0) = 1. It holds for every law of the handling
// times with that mean (insensitivity). Source: A. K. Erlang 1917; Cooper, Introduction to Queueing
// Theory, 2nd ed. 1981, section 3.3.
func ErlangB(n int, a float64) float64 {
	inverse := 1.0
	for k := 1; k <= n; k++ {
		inverse = 1 + float64(k)/a*inverse
	}
	return 1 / inverse
}

// ErlangC is the probability that an arrival has to wait in M/M/n with n > a servers and endless
// patience: C = B / (1 - ρ (1 - B)). Source: A. K. Erlang 1917; Cooper 1981, section 3.4.
func ErlangC(n int, a float64) float64 {
	b, rho := ErlangB(n, a), a/float64(n)
	return b / (1 - rho*(1-b))
}

// MMN are the quantities of M/M/n (Erlang C), times in units of the mean handling time.
type MMN struct {
	Servers int
	Load    float64 // a = λ × AHT, below Servers
	PWait   float64
}

// NewMMN computes P(wait). Source: as ErlangC.
func NewMMN(n int, a float64) MMN { return MMN{n, a, ErlangC(n, a)} }

// Wait is the mean wait of all arrivals, C / (n - a).
func (q MMN) Wait() float64 { return q.PWait / (float64(q.Servers) - q.Load) }

// Queue is the mean number in line, λ × wait (Little 1961).
func (q MMN) Queue() float64 { return q.Load * q.Wait() }

// Occupancy is the share of busy servers, ρ = a / n.
func (q MMN) Occupancy() float64 { return q.Load / float64(q.Servers) }

// Tail is P(W > t) = C e^{-(n-a)t}: the wait of those who wait is exponential (first come, first served).
func (q MMN) Tail(t float64) float64 { return q.PWait * math.Exp(-(float64(q.Servers)-q.Load)*t) }

// ErlangA are the quantities of M/M/n+M (and M/M/n/n+m+M): n servers, offered load a, patience
// exponential with rate θ in units of 1/AHT, and at most Room places in line.
//
// Source: C. Palm 1946; Mandelbaum and Zeltyn, "Service Engineering in Action: The Palm/Erlang-A
// Queue", 2007; Garnett, Mandelbaum and Reiman 2002. The number in the system is a birth-death
// chain: births λ, deaths min(k, n) + (k - n)⁺θ; everything follows from its stationary law.
type ErlangA struct {
	Servers int
	Load    float64
	Theta   float64
	Room    int       // places in line; negative = no limit
	p       []float64 // p[k] = P(N = k)
}

// NewErlangA computes the stationary law. θ = 0 and room < 0 needs a < n.
func NewErlangA(n int, a, theta float64, room int) ErlangA {
	q := ErlangA{Servers: n, Load: a, Theta: theta, Room: room}
	q.p = birthDeath(a, func(k int) float64 {
		return float64(min(k, n)) + float64(max(k-n, 0))*theta
	}, n, room)
	return q
}

// birthDeath is the stationary law of a chain with births λ and the given deaths; with room ≥ 0 it
// ends at n + room, else where what follows is below 1e-18 of the largest.
func birthDeath(lambda float64, death func(int) float64, n, room int) []float64 {
	logs := []float64{0}
	most := 0.0
	for k := 1; room < 0 || k <= n+room; k++ {
		logs = append(logs, logs[k-1]+math.Log(lambda/death(k)))
		most = max(most, logs[k])
		if room < 0 && k > n && logs[k] < logs[k-1] && logs[k]-most < -44-math.Log1p(lambda) {
			break
		}
	}
	p := make([]float64, len(logs))
	sum := 0.0
	for k := len(logs) - 1; k >= 0; k-- {
		p[k] = math.Exp(logs[k] - most)
		sum += p[k]
	}
	for k := range p {
		p[k] /= sum
	}
	return p
}

// Block is the probability that an arrival finds the line full; 0 without a limit.
func (q ErlangA) Block() float64 {
	if q.Room < 0 {
		return 0
	}
	return q.p[len(q.p)-1]
}

// PWait is the probability that an arrival has to wait (PASTA: P(N ≥ n), less those who are refused).
func (q ErlangA) PWait() float64 {
	sum := 0.0
	for k := len(q.p) - 1; k >= q.Servers; k-- {
		sum += q.p[k]
	}
	return sum - q.Block()
}

// Queue is the mean number in line.
func (q ErlangA) Queue() float64 {
	sum := 0.0
	for k := len(q.p) - 1; k > q.Servers; k-- {
		sum += float64(k-q.Servers) * q.p[k]
	}
	return sum
}

// Wait is the mean wait of all arrivals, served, refused and abandoned (Little: queue ÷ λ).
func (q ErlangA) Wait() float64 { return q.Queue() / q.Load }

// Abandon is the share of arrivals who leave the line: θ × queue ÷ λ.
func (q ErlangA) Abandon() float64 { return q.Theta * q.Wait() }

// Occupancy is the share of busy servers.
func (q ErlangA) Occupancy() float64 {
	return q.Load * (1 - q.Block() - q.Abandon()) / float64(q.Servers)
}

// Served is P(W ≤ t and served): the service level of all arrivals, patience counted. An arrival that
// finds j ≥ 0 ahead of it in a full house is served when j + 1 departures ahead have happened before its
// patience ends. With its own patience it is a death chain from n + j; its wait is a sum of exponential
// stages with rates n + iθ, and the survival of its own patience is e^{-θt}.
func (q ErlangA) Served(t float64) float64 {
	within, _ := q.waits(t)
	return within
}

// Tail is P(W > t), where who leaves has waited until then.
func (q ErlangA) Tail(t float64) float64 {
	_, beyond := q.waits(t)
	return beyond
}

// waits gives P(served within t) and P(still in line at t). The place of an arrival moves as a pure death
// chain: from place i (i ahead of it, n + i in the system) to i - 1 at rate n + iθ, to a server from
// place 0 at rate n, and it leaves at rate θ from anywhere. Solved by uniformization, an exact sum of
// positive terms. Source: Jensen 1953; Grassmann 1977.
func (q ErlangA) waits(t float64) (served, waiting float64) {
	n := float64(q.Servers)
	start := q.p[q.Servers:]
	if q.Room >= 0 {
		start = start[:len(start)-1] // who is refused does not wait
	}
	for k := range q.Servers {
		served += q.p[k]
	}
	places := len(start)
	for places > 0 && start[places-1] < 1e-17 {
		places--
	}
	if places == 0 {
		return served, 0
	}
	v := append([]float64(nil), start[:places]...)
	rate := n + float64(places-1)*q.Theta + q.Theta
	mean := rate * t
	last := int(mean + 12*math.Sqrt(mean) + 40)
	logPoisson := -mean
	in := 0.0 // served after so many jumps
	cumulative := 0.0
	for jump := 0; ; jump++ {
		weight := math.Exp(logPoisson)
		left := 0.0
		for _, x := range v {
			left += x
		}
		waiting += weight * left
		served += weight * in
		cumulative += weight
		if jump == last {
			served += max(0, 1-cumulative) * in
			return served, waiting
		}
		in += v[0] * n / rate
		for i := range v {
			stay := 1 - (n+float64(i)*q.Theta+q.Theta)/rate
			v[i] *= stay
			if i+1 < places {
				v[i] += v[i+1] * (n + float64(i+1)*q.Theta) / rate
			}
		}
		logPoisson += math.Log(mean) - math.Log(float64(jump+1))
	}
}
