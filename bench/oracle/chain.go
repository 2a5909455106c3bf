package oracle

import (
	"fmt"
	"math"
	"slices"
)

// Pooled is a center of Agents agents with Limit places each whose handling speed depends on how many
// chats an agent holds: Speed(k) is the rate of each of k chats (1 = a chat alone). Handling
// times (the work at speed 1) are exponential with mean 1, patience exponential with rate Theta,
// arrivals Poisson with rate Lambda. The state is the agents' loads (with least load in order, since
// agents of equal load are alike; with the ring as they stand, and the cursor), and how many wait.
type Pooled struct {
	Agents, Limit int
	Lambda, Theta float64
	Speed         func(k int) float64
	Ring          bool // sequential distribution
	Room          int  // places in line; negative = no limit
}

// PooledFigures are the stationary quantities, times in units of the mean work.
type PooledFigures struct {
	PWait, Block, Abandon, Wait, Queue, Occupancy float64 // occupancy: places held ÷ places
	Open                                          float64 // mean number of rooms held
	Handling                                      float64 // mean time from assignment to end
	States                                        int
}

const (
	statesMax  = 60_000
	waitingMax = 4_000
)

// Solve finds the stationary law of the Markov chain by Gauss-Seidel sweeps over the balance equations
// and gives its quantities (PASTA, Little). The line is cut where its next place has less than 1e-13 of the
// full states' mass. Source: Stewart, Introduction to the Numerical Solution of Markov Chains, 1994,
// chapter 3; the least-load chain is that of join-the-shortest-queue with limited processor sharing.
func (c Pooled) Solve() (PooledFigures, error) {
	if c.Agents < 1 || c.Limit < 1 || c.Lambda <= 0 {
		return PooledFigures{}, fmt.Errorf("a chain needs agents, a limit and arrivals")
	}
	full := float64(c.Agents*c.Limit) * c.Speed(c.Limit)
	room := c.Room
	if room < 0 {
		if c.Theta == 0 && c.Lambda >= full {
			return PooledFigures{}, fmt.Errorf("load %g is not below the capacity %g", c.Lambda, full)
		}
		mass := 1.0
		for room = 0; mass > 1e-14; room++ {
			mass *= c.Lambda / (full + float64(room+1)*c.Theta)
			if room > waitingMax {
				return PooledFigures{}, fmt.Errorf("the line is too long to be solved exactly")
			}
		}
	}
	chain := newChain()
	start := make([]byte, c.Agents+1)
	chain.number(start, 0)
	for i := 0; i < len(chain.loads); i++ {
		if len(chain.loads) > statesMax {
			return PooledFigures{}, fmt.Errorf("more than %d states: too large to be solved exactly", statesMax)
		}
		c.moves(chain, i, room)
	}
	p, err := chain.solve()
	if err != nil {
		return PooledFigures{}, err
	}
	var f PooledFigures
	f.States = len(p)
	for i, at := range chain.loads {
		held, w := 0, chain.waiting[i]
		for _, k := range at[:c.Agents] {
			held += int(k)
		}
		f.Open += p[i] * float64(held)
		f.Queue += p[i] * float64(w)
		if held == c.Agents*c.Limit {
			f.PWait += p[i]
			if c.Room >= 0 && w == room {
				f.Block += p[i]
			}
		}
	}
	f.PWait -= f.Block
	f.Wait = f.Queue / c.Lambda
	f.Abandon = c.Theta * f.Wait
	f.Occupancy = f.Open / float64(c.Agents*c.Limit)
	f.Handling = f.Open / (c.Lambda * (1 - f.Block - f.Abandon))
	return f, nil
}

// moves adds the transitions out of state i. The last byte of the loads is the ring's cursor.
func (c Pooled) moves(chain *chain, i, room int) {
	at, w := chain.loads[i], chain.waiting[i]
	pick := func(loads []byte) int { // who gets the next room; -1 = all are full
		if c.Ring {
			for step := range c.Agents {
				if a := (int(loads[c.Agents]) + step) % c.Agents; int(loads[a]) < c.Limit {
					return a
				}
			}
			return -1
		}
		if least := slices.Index(loads[:c.Agents], slices.Min(loads[:c.Agents])); int(loads[least]) < c.Limit {
			return least
		}
		return -1
	}
	give := func(loads []byte, a int) []byte {
		next := slices.Clone(loads)
		next[a]++
		if c.Ring {
			next[c.Agents] = byte((a + 1) % c.Agents)
		} else {
			slices.Sort(next[:c.Agents])
		}
		return next
	}
	if a := pick(at); a >= 0 {
		chain.move(i, chain.number(give(at, a), 0), c.Lambda)
	} else if w < room {
		chain.move(i, chain.number(at, w+1), c.Lambda)
	}
	if w > 0 && c.Theta > 0 {
		chain.move(i, chain.number(at, w-1), c.Theta*float64(w))
	}
	for a := range c.Agents {
		k := int(at[a])
		if k == 0 {
			continue
		}
		next := slices.Clone(at)
		next[a]--
		if w > 0 {
			chain.move(i, chain.number(give(next, a), w-1), float64(k)*c.Speed(k))
			continue
		}
		if !c.Ring {
			slices.Sort(next[:c.Agents])
		}
		chain.move(i, chain.number(next, 0), float64(k)*c.Speed(k))
	}
}

// chain is a continuous-time Markov chain that is explored from one state.
type chain struct {
	index   map[string]int
	loads   [][]byte
	waiting []int
	in      []map[int]float64 // rates into a state, by where they come from
	out     []float64
}

func newChain() *chain { return &chain{index: map[string]int{}} }

func (c *chain) number(loads []byte, waiting int) int {
	key := string(loads) + string([]byte{byte(waiting >> 8), byte(waiting)})
	if i, ok := c.index[key]; ok {
		return i
	}
	i := len(c.loads)
	c.index[key] = i
	c.loads, c.waiting = append(c.loads, loads), append(c.waiting, waiting)
	c.in, c.out = append(c.in, map[int]float64{}), append(c.out, 0)
	return i
}

func (c *chain) move(from, to int, rate float64) {
	if from != to {
		c.in[to][from] += rate
		c.out[from] += rate
	}
}

// solve gives the stationary law.
func (c *chain) solve() ([]float64, error) {
	type arc struct {
		from int
		rate float64
	}
	n := len(c.loads)
	arcs := make([][]arc, n)
	for i, m := range c.in {
		for from, rate := range m {
			arcs[i] = append(arcs[i], arc{from, rate})
		}
		slices.SortFunc(arcs[i], func(a, b arc) int { return a.from - b.from })
	}
	p := make([]float64, n)
	for i := range p {
		p[i] = 1 / float64(n)
	}
	for sweep := 0; sweep < 200_000; sweep++ {
		change, sum := 0.0, 0.0
		at := func(i int) {
			x := 0.0
			for _, a := range arcs[i] {
				x += p[a.from] * a.rate
			}
			x /= c.out[i]
			if d := math.Abs(x - p[i]); d > 0 {
				change = max(change, d/(x+1e-16))
			}
			p[i] = x
		}
		for i := range n { // up and down, since mass moves both ways
			at(i)
		}
		for i := n - 1; i >= 0; i-- {
			at(i)
		}
		for _, x := range p {
			sum += x
		}
		for i := range p {
			p[i] /= sum
		}
		if change < 1e-12 {
			return p, nil
		}
	}
	return nil, fmt.Errorf("the chain's law was not found in 200,000 sweeps")
}
