// Package versus measures the node beside what a team would otherwise put in its place: a
// PostgreSQL router, RabbitMQ quorum queues, Redis with Lua. Every contender does the same work
// through its own network protocol: a room is created, durably; it is assigned to an agent within
// the agent's limit; the agent's own connection hears of it; the agent closes it, durably.
//
// Contender is the contract; Steady and Backlog are the two loads; Compare runs rounds in which
// the contenders take turns. postgres.go, rabbitmq.go and redis.go are built with the tag "versus":
// they are no dependency of the node, and each starts a server of its own from what is installed.
package versus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Plan is the size of a load.
type Plan struct {
	Agents  int           // each with a connection of its own
	Limit   int           // rooms that one agent may hold at a time
	Flight  int           // rooms created and not yet closed, in the steady load
	Warm    time.Duration // of the steady load, not counted
	Time    time.Duration // of the steady load
	Backlog int           // rooms that wait when the agents come; 0 = no such load
	Pairs   int           // how many times the contenders take turns
}

// Validate names the field that is out of range.
func (p Plan) Validate() error {
	for _, f := range []struct {
		name       string
		value      int
		least, max int
	}{
		{"agents", p.Agents, 1, 1000},
		{"limit", p.Limit, 1, 1000},
		{"flight", p.Flight, 1, 4096},
		{"backlog", p.Backlog, 0, 1_000_000},
		{"rounds", p.Pairs, 1, 100},
		{"seconds", int(p.Time / time.Second), 1, 600},
	} {
		if f.value < f.least || f.value > f.max {
			return fmt.Errorf("%s: %d is not between %d and %d", f.name, f.value, f.least, f.max)
		}
	}
	if p.Flight > p.Agents*p.Limit {
		return fmt.Errorf("flight: %d rooms at a time are more than %d agents with %d rooms each can hold", p.Flight, p.Agents, p.Limit)
	}
	return nil
}

// Heard is how a contender tells what happens to rooms; both may be called from any goroutine,
// and before Create of the same room has returned.
type Heard struct {
	Seen   func(room string) // the agent's own connection has heard of the room
	Closed func(room string) // the agent's close of the room is acknowledged
	Failed func(err error)   // the contender cannot go on
}

// Contender is one way to route rooms.
type Contender interface {
	Name() string
	// Open makes an empty router for a load; About says what runs, with its version and what makes it durable.
	Open(ctx context.Context, p Plan, heard Heard) (about string, err error)
	// Create makes a room durable. worker is below the plan's Flight; one worker waits for each answer.
	Create(ctx context.Context, worker int) (room string, err error)
	// Agents brings the agents: from here rooms are assigned, seen and closed.
	Agents(ctx context.Context) error
	// Close ends everything that Open and Agents began.
	Close() error
}

// Run is what one load of one contender came to.
type Run struct {
	Rooms   int           `json:"rooms"`
	Took    time.Duration `json:"took_ns"`
	PerSec  float64       `json:"rooms_per_second"`
	P50     float64       `json:"seen_p50_ms"` // from the begin of Create to the agent's hearing of it
	P99     float64       `json:"seen_p99_ms"`
	Drained float64       `json:"backlog_seconds,omitempty"` // from the call of the agents to the last close
}

// errLate says that a room was lost or that the contender stands still.
var errLate = errors.New("no room was closed for 30 s")

// stillMax is how long a load waits for the next close.
const stillMax = 30 * time.Second

// ledger follows rooms from their creation to their close, whoever hears first.
type ledger struct {
	mu     sync.Mutex
	rooms  map[string]*room
	failed error
	closed chan string // rooms in the order of their close
}

type room struct {
	began, seen time.Time
	done        chan struct{}
	over        bool
}

func newLedger(n int) *ledger {
	return &ledger{rooms: map[string]*room{}, closed: make(chan string, n)}
}

// at gives the room's entry; the lock is held.
func (l *ledger) at(id string) *room {
	r := l.rooms[id]
	if r == nil {
		r = &room{done: make(chan struct{})}
		l.rooms[id] = r
	}
	return r
}

func (l *ledger) heard() Heard {
	return Heard{
		Seen: func(id string) {
			l.mu.Lock()
			defer l.mu.Unlock()
			if r := l.at(id); r.seen.IsZero() {
				r.seen = time.Now()
			}
		},
		Closed: func(id string) {
			l.mu.Lock()
			defer l.mu.Unlock()
			if r := l.at(id); !r.over {
				r.over = true
				close(r.done)
				select {
				case l.closed <- id:
				default: // the steady load counts by its workers
				}
			}
		},
		Failed: func(err error) {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.failed = errors.Join(l.failed, err)
		},
	}
}

func (l *ledger) error() error { l.mu.Lock(); defer l.mu.Unlock(); return l.failed }

func (l *ledger) begin(id string, at time.Time) *room {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.at(id)
	r.began = at
	return r
}

// forget ends the entry of a room that is through, and gives how long its agent waited to hear of it.
func (l *ledger) forget(id string) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.rooms[id]
	delete(l.rooms, id)
	return r.seen.Sub(r.began)
}

// Steady keeps p.Flight rooms on their way: each worker creates a room and waits for its close.
func Steady(ctx context.Context, c Contender, p Plan) (run Run, about string, err error) {
	l := newLedger(0)
	if about, err = c.Open(ctx, p, l.heard()); err != nil {
		return run, about, errors.Join(err, c.Close())
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	if err := c.Agents(ctx); err != nil {
		return run, about, err
	}
	from := time.Now().Add(p.Warm)
	until := from.Add(p.Time)
	var mu sync.Mutex
	var waits []time.Duration
	var failed error
	var all sync.WaitGroup
	for w := range p.Flight {
		all.Go(func() {
			own, err := l.work(ctx, c, w, from, until)
			mu.Lock()
			defer mu.Unlock()
			waits, failed = append(waits, own...), errors.Join(failed, err)
		})
	}
	all.Wait()
	if failed = errors.Join(failed, l.error()); failed != nil {
		return run, about, failed
	}
	run = Run{Rooms: len(waits), Took: p.Time, PerSec: float64(len(waits)) / p.Time.Seconds()}
	run.P50, run.P99 = quantiles(waits)
	return run, about, nil
}

// work is one worker: room after room until the time is over. Rooms closed between from and until count.
func (l *ledger) work(ctx context.Context, c Contender, worker int, from, until time.Time) ([]time.Duration, error) {
	var waits []time.Duration
	late := time.NewTimer(stillMax)
	defer late.Stop()
	for {
		began := time.Now()
		if began.After(until) {
			return waits, nil
		}
		id, err := c.Create(ctx, worker)
		if err != nil {
			return waits, fmt.Errorf("create: %w", err)
		}
		r := l.begin(id, began)
		late.Reset(stillMax)
		select {
		case <-r.done:
		case <-late.C:
			return waits, errors.Join(errLate, l.error())
		case <-ctx.Done():
			return waits, ctx.Err()
		}
		wait := l.forget(id)
		if now := time.Now(); now.After(from) && !now.After(until) {
			waits = append(waits, wait)
		}
	}
}

// Backlog creates p.Backlog rooms while no agent is there, then brings the agents and waits for the last close.
func Backlog(ctx context.Context, c Contender, p Plan) (run Run, err error) {
	l := newLedger(p.Backlog)
	if _, err = c.Open(ctx, p, l.heard()); err != nil {
		return run, errors.Join(err, c.Close())
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	if err := l.fill(ctx, c, p); err != nil {
		return run, err
	}
	began := time.Now()
	if err := c.Agents(ctx); err != nil {
		return run, err
	}
	late := time.NewTimer(stillMax)
	defer late.Stop()
	for range p.Backlog {
		late.Reset(stillMax)
		select {
		case <-l.closed:
		case <-late.C:
			return run, errors.Join(errLate, l.error())
		case <-ctx.Done():
			return run, ctx.Err()
		}
	}
	took := time.Since(began)
	return Run{Rooms: p.Backlog, Took: took, PerSec: float64(p.Backlog) / took.Seconds(), Drained: took.Seconds()}, l.error()
}

// fill creates the rooms of a backlog.
func (l *ledger) fill(ctx context.Context, c Contender, p Plan) error {
	var mu sync.Mutex
	var failed error
	var all sync.WaitGroup
	for w := range p.Flight {
		all.Go(func() {
			for i := w; i < p.Backlog; i += p.Flight {
				if _, err := c.Create(ctx, w); err != nil {
					mu.Lock()
					failed = errors.Join(failed, fmt.Errorf("create: %w", err))
					mu.Unlock()
					return
				}
			}
		})
	}
	all.Wait()
	return failed
}

func quantiles(d []time.Duration) (p50, p99 float64) {
	if len(d) == 0 {
		return 0, 0
	}
	slices.Sort(d)
	at := func(q float64) float64 {
		return float64(d[min(len(d)-1, int(q*float64(len(d))))]) / float64(time.Millisecond)
	}
	return at(0.50), at(0.99)
}
