package oracle

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// Published values beside the tables: pyworkforce's tests (100 transactions in 30 min, AHT 3 min, patience
// 5 min, 14 positions), and the comparison of Garnett, Mandelbaum and Reiman 2002 (50 agents, 48 calls a
// minute, AHT 1 min, patience 2 min).
func TestFormulasAgainstPublishedExamples(t *testing.T) {
	q := NewErlangA(14, 10, 0.6, -1)
	for _, c := range []struct{ got, want, digits float64 }{
		{q.PWait(), 0.14526, 5}, {q.Abandon(), 0.013984, 6}, {q.Occupancy(), 0.704297, 6}, {q.Wait() * 3, 0.069919, 6},
		{q.Served(20. / 180), 0.916792, 6},
		{NewMMN(14, 10).PWait, 0.174, 3}, {1 - NewMMN(14, 10).Tail(0.33/3), 0.888, 3},
		{NewMMN(50, 48).Wait() * 60, 20.834, 3}, {NewMMN(50, 48).Queue(), 16.667, 3},
		{NewErlangA(50, 48, 0.5, -1).Abandon(), 0.030912, 6}, {NewErlangA(50, 48, 0.5, -1).Wait() * 60, 3.7095, 4},
	} {
		require.InDelta(t, c.want, c.got, 0.51*math.Pow(10, -c.digits))
	}
	// the 90th percentiles: 58.139 s of all who wait in line for ever, 12.5 s with patience (printed)
	require.InDelta(t, 0.1, NewMMN(50, 48).Tail(58.139/60), 2e-6)
	require.InDelta(t, 0.1, NewErlangA(50, 48, 0.5, -1).Tail(12.5/60), 2e-3)
	require.InDelta(t, 8.813, NewMMN(50, 48*(1-0.031)).Wait()*60, 5e-4)
	require.InDelta(t, 0.1, NewMMN(50, 48*(1-0.031)).Tail(28.104/60), 1e-5)
	require.InDelta(t, 0.0223, ErlangB(16, 10), 5e-5)
	require.InDelta(t, 0.0129, ErlangB(17, 10), 5e-5)
}

// One formula is another one's special case.
func TestFormulasMeet(t *testing.T) {
	for _, c := range []struct {
		n int
		a float64
	}{{1, 0.5}, {3, 2}, {10, 8}, {40, 36}} {
		m, p := NewMMN(c.n, c.a), NewErlangA(c.n, c.a, 0, -1)
		require.InEpsilon(t, m.PWait, p.PWait(), 1e-10)
		require.InEpsilon(t, m.Wait(), p.Wait(), 1e-10)
		require.InEpsilon(t, m.Tail(0.2), p.Tail(0.2), 1e-9)
		require.InEpsilon(t, 1-m.Tail(0.2), p.Served(0.2), 1e-9)
		require.InEpsilon(t, ErlangB(c.n, c.a), NewErlangA(c.n, c.a, 0.7, 0).Block(), 1e-12)
		chain, err := Pooled{Agents: c.n, Limit: 1, Lambda: c.a, Speed: func(int) float64 { return 1 }, Room: -1}.Solve()
		require.NoError(t, err)
		require.InEpsilon(t, m.PWait, chain.PWait, 1e-8)
		require.InEpsilon(t, m.Wait(), chain.Wait, 1e-8)
	}
	// patience as long as the handling: Poisson
	q, sum := NewErlangA(200, 200, 1, -1), 0.0
	for k := range 200 {
		sum += InfiniteServers(200, k)
	}
	require.InDelta(t, 1-sum, q.PWait(), 1e-10)
	// agents × limit at constant speed are slots, for the ring, too, with patience and a full line
	for _, ring := range []bool{false, true} {
		f, err := Pooled{Agents: 3, Limit: 2, Lambda: 6, Theta: 1.25, Speed: func(int) float64 { return 1 }, Room: 5, Ring: ring}.Solve()
		require.NoError(t, err)
		q := NewErlangA(6, 6, 1.25, 5)
		for _, c := range [][2]float64{{f.PWait, q.PWait()}, {f.Block, q.Block()}, {f.Wait, q.Wait()}, {f.Abandon, q.Abandon()}, {f.Occupancy, q.Occupancy()}, {f.Handling, 1}} {
			require.InEpsilon(t, c[1], c[0], 1e-9)
		}
	}
	// one agent who shares its speed among 10 chats, nobody waits: M/M/1/10, truncated geometric
	f, err := Pooled{Agents: 1, Limit: 10, Lambda: 0.8, Speed: func(k int) float64 { return 1 / float64(k) }, Room: 0}.Solve()
	require.NoError(t, err)
	require.InEpsilon(t, math.Pow(0.8, 10)*0.2/(1-math.Pow(0.8, 11)), f.Block, 1e-9)
	// Pollaczek-Khinchine, GI/M/1 and Cobham at M/M/1
	require.InEpsilon(t, NewMMN(1, 0.8).Wait(), PollaczekKhinchine(0.8, 1), 1e-12)
	poisson := Law{Name: "exponential", Mean: 1 / 0.8}
	require.InEpsilon(t, 0.8, GIM1(poisson.transform()), 1e-9)
	require.InEpsilon(t, NewMMN(4, 3).Wait(), PriorityWaits(4, []float64{3})[0], 1e-12)
	w := PriorityWaitsMG1([]float64{0.3, 0.5}, []float64{1, 0.6}, []float64{2, 0.72})
	require.InEpsilon(t, PriorityWaits(1, []float64{0.5})[0], PriorityWaitsMG1([]float64{0.5}, []float64{1}, []float64{2})[0], 1e-12)
	require.InEpsilon(t, 0.6*(0.3*2+0.5*0.72)/2/(1-0.6), 0.3*w[0]+0.5*0.6*w[1], 1e-12, "Kleinrock's conservation law")
	require.Equal(t, true, HalfinWhitt(1e-9) > 1-1e-8 && Garnett(0, 1) == 0.5)
}

// A law draws what it promises: mean and variance over a million draws, and its transform.
func TestLaws(t *testing.T) {
	for _, l := range []Law{
		{Name: "exponential"}, {Name: "constant"}, {Name: "uniform"}, {Name: "gamma", SCV: 0.4}, {Name: "erlang", SCV: 0.5},
		{Name: "lognormal", SCV: 1.5}, {Name: "hyperexponential", SCV: 3, Mean: 0.5}, {Name: "gamma", SCV: 2, Mean: 1.5},
	} {
		require.NoError(t, l.check("law"))
		r, draw := rand.New(rand.NewPCG(1, 2)), l.draw()
		const n = 1_000_000
		sum, squares, laplace := 0.0, 0.0, 0.0
		for range n {
			x := draw(r)
			sum += x
			squares += x * x
			laplace += math.Exp(-0.7 * x)
		}
		mean := sum / n
		require.InEpsilon(t, l.Mean, mean, 0.01, l.Name)
		require.InDelta(t, l.scv(), squares/n/mean/mean-1, 0.05*(1+l.scv()), l.Name)
		if f := l.transform(); f != nil {
			require.InDelta(t, f(0.7), laplace/n, 0.002, l.Name)
		}
	}
}

// The rules of comparison: Student's law, and no escape through a spread of nothing.
func TestCompare(t *testing.T) {
	mean, half, tt, z := compare([]float64{1, 2, 3, 4, 5}, 2)
	require.Equal(t, 3., mean)
	require.InDelta(t, 1.9632, half, 1e-4) // 2.7764 × sqrt(2.5/5)
	require.InDelta(t, 1.41421, tt, 1e-5)
	require.InDelta(t, 1.17, z, 0.05) // P(|T4| > 1.414) = 0.2302
	_, _, _, z = compare([]float64{0, 0, 0}, 0.1)
	require.Less(t, z, -4.)
	_, _, tt, z = compare([]float64{0, 0, 0}, 0)
	require.Zero(t, tt)
	require.Zero(t, z)
}
