package sim

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"switchyard/protocol"
)

// Run is one life of a site under one seed. A life is played by a script: the numbers of the steps to
// take, each with dice of its own, so that a step does the same whether or not another one was taken.
type Run struct {
	Seed uint64
	W    *World

	rng       *rand.Rand
	dice      *rand.ChaCha8
	trace     []string
	customers []*visitor
	agents    []protocol.AccountID
	managers  []protocol.AccountID
	writes    []*write
	at        int // the step that is being taken; 0 = before the first
}

type visitor struct {
	key     protocol.CustomerKey
	channel protocol.Channel
	room    protocol.RoomID
}

// write is one command of a client that repeats it until it is answered.
type write struct {
	to   protocol.Address
	c    protocol.Command
	done bool
}

const siteID = protocol.SiteID("sim")

// NewRun makes a site with its people. The same seed makes the same life.
func NewRun(seed uint64) *Run {
	r := &Run{Seed: seed}
	r.throw(0)
	r.W = New(siteID, r.birth(), r.chance)
	r.W.Rand, r.W.Lazy = r.rng, true
	r.newSite()
	return r
}

// throw gives a step its dice.
func (r *Run) throw(step int) {
	var key [32]byte
	for i := range 8 {
		key[i], key[8+i] = byte(r.Seed>>(8*i)), byte(step>>(8*i))
	}
	r.at, r.dice = step, rand.NewChaCha8(key)
	r.rng = rand.New(rand.NewPCG(r.Seed, uint64(step)))
}

func pick[T any](rng *rand.Rand, of ...T) T { return of[rng.IntN(len(of))] }

func (r *Run) chance() (c protocol.Chance) {
	for i := 0; i < 16; i += 8 {
		x := r.dice.Uint64()
		for k := range 8 {
			c[i+k] = byte(x >> (8 * k))
		}
	}
	return c
}

func (r *Run) note(format string, a ...any) {
	r.trace = append(r.trace, r.W.Clock.Format("15:04:05.000 ")+fmt.Sprintf(format, a...))
}

// Trace is what happened from outside, for whoever has to understand a failing seed.
func (r *Run) Trace() []string { return r.trace }

// whole is the script of a whole life.
func whole(steps int) []int {
	script := make([]int, steps)
	for i := range script {
		script[i] = i + 1
	}
	return script
}

// Play takes the steps of the script, then lets everything come to rest and checks it. It gives how many
// steps it took.
func (r *Run) Play(script []int) (int, error) {
	for n, step := range script {
		r.throw(step)
		r.W.Rand = r.rng
		if err := r.step(); err != nil {
			return n + 1, err
		}
	}
	r.resend()
	r.W.Settle()
	if err := r.W.Audit(); err != nil {
		return len(script), err
	}
	for _, x := range r.writes {
		if !x.done {
			return len(script), fmt.Errorf("%s %s of %s was never answered", x.c.Body.CommandName(), x.c.ClientID, x.to)
		}
	}
	return len(script), nil
}

// step lets one thing happen: somebody acts, mail is taken, a sync comes, time passes, the process dies.
func (r *Run) step() error {
	switch n := r.rng.IntN(200); {
	case n < 90:
		r.act()
	case n < 160:
		for range 1 + r.rng.IntN(6) {
			if r.W.Busy() {
				r.W.Take()
			}
		}
	case n < 180:
		r.W.Sync(1 + r.rng.IntN(5))
	case n < 188:
		d := time.Duration(r.rng.IntN(1000)) * time.Millisecond
		if r.rng.IntN(4) == 0 {
			d = time.Duration(r.rng.IntN(7200)) * time.Second
		}
		r.note("%s pass", d)
		r.W.Settle()
		r.W.Advance(r.W.Clock.Add(d))
	case n < 190:
		r.W.Skew = time.Duration(r.rng.IntN(14400)-7200) * time.Second
		r.note("the wall clock jumps to %s", r.W.Wall().Format(time.TimeOnly))
		r.W.Tick()
	case n < 198:
		r.W.Settle()
		if err := r.W.Audit(); err != nil {
			return err
		}
	default:
		r.crash()
	}
	return r.W.Err()
}

// crash ends the process, and sometimes once more while it starts.
func (r *Run) crash() {
	for again := true; again; again = r.rng.IntN(4) == 0 {
		r.note("crash; %d entries lost", r.W.Undurable())
		r.W.Crash()
		r.W.Clock = r.W.Clock.Add(time.Duration(r.rng.IntN(60)) * time.Second)
		r.W.Start()
	}
	r.resend()
}

// resend: a client whose write was not answered sends it again, with the same id.
func (r *Run) resend() {
	for _, x := range r.writes {
		if !x.done {
			r.send(x)
		}
	}
}

func (r *Run) send(x *write) {
	r.W.Ask(x.to, x.c, func(res protocol.Result, _ *protocol.Rejection) {
		x.done = true
		if s, ok := res.(protocol.Started); ok && s.Room != "" {
			for _, k := range r.customers {
				if k.key == x.c.Caller.Customer {
					k.room = s.Room
				}
			}
		}
	})
}

// Hash is of every event of every history: two lives with the same hash are the same life.
func (r *Run) Hash() uint64 {
	h := fnv.New64a()
	actors := make([]protocol.Address, 0, len(r.W.logs))
	for a := range r.W.logs {
		actors = append(actors, a)
	}
	slices.SortFunc(actors, func(x, y protocol.Address) int { return strings.Compare(x.String(), y.String()) })
	for _, a := range actors {
		_, _ = h.Write([]byte(a.String()))
		for _, rec := range r.W.logs[a] {
			_, _ = h.Write(protocol.AppendRecord(nil, rec.At, []protocol.Recorded{rec}))
		}
	}
	return h.Sum64()
}

// Shrink leaves out steps while the life still fails in the same way, and gives what is left.
func Shrink(seed uint64, script []int) []int {
	n, first := NewRun(seed).Play(script)
	if first == nil {
		return script
	}
	script = slices.Clone(script[:n])
	for size := len(script) / 2; size > 0; {
		shorter := false
		for at := 0; at < len(script); {
			without := slices.Concat(script[:at], script[min(at+size, len(script)):])
			if n, err := NewRun(seed).Play(without); err != nil && kind(err) == kind(first) {
				script, shorter = without[:n], true
			} else {
				at += size
			}
		}
		if !shorter || size > len(script) {
			size = min(size/2, len(script))
		}
	}
	return script
}

// kind is which promise an error is about: "step 12: I-03 (…): …" is I-03.
func kind(err error) string {
	s := err.Error()
	if i := strings.Index(s, "I-"); i >= 0 && len(s) >= i+4 {
		return s[i : i+4]
	}
	if _, rest, ok := strings.Cut(s, "step "); ok {
		_, s, _ = strings.Cut(rest, ": ")
	}
	return strings.SplitN(s, " ", 2)[0]
}
