package load

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"switchyard/bench/stat"
	"switchyard/bench/target"
	"switchyard/bench/wire"
)

// Assign is whole consultations, as short as they can be: a customer asks for an agent, the
// request passes the gate and the line, an agent is found and reads that it has the room,
// and ends it. A room counts when its end is acknowledged, so everything of it is on the disk.
type Assign struct {
	scene    *Scene
	stage    *target.Stage
	agents   []*closer
	visitors []*asker
	free     chan *asker

	mu   sync.Mutex
	jobs map[string]*job // by room

	measuring atomic.Bool
	ended     atomic.Int64
	failed    chan error
	seen      *times // request to the agent's notice
	whole     *times // request to the acknowledged end
}

// times is a distribution that several goroutines add to.
type times struct {
	mu sync.Mutex
	t  *stat.Times
}

func (t *times) add(d time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.t.Add(d)
}

func (t *times) sum() stat.Latency {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.t.Sum()
}

func (t *times) reset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.t.Reset()
}

func newTimes() *times { return &times{t: stat.NewTimes()} }

// job is one room. Three things are heard of it, in any order, on three sockets.
type job struct {
	by          *asker
	seen, ended time.Time
}

// asker is a customer's socket. It has one room at a time.
type asker struct {
	a     *Assign
	conn  *wire.Conn
	asked time.Time
	n     uint64
	done  func()
}

// closer is an agent's socket: it ends whatever it is given.
type closer struct {
	a    *Assign
	conn *wire.Conn

	mu      sync.Mutex
	n       uint64
	closing map[uint64]string // rooms by the number of the command that ends them
}

// AssignOptions shape the load.
type AssignOptions struct {
	Prefix   string // of the agents' accounts
	Visitors int    // sockets of customers; 0: rooms come from elsewhere
	Agents   int
	Limit    int // rooms an agent takes at a time
}

// NewAssign sets the scene: agents online, customers connected.
func NewAssign(ctx context.Context, s *Scene, o AssignOptions) (*Assign, error) {
	a := &Assign{
		scene: s, jobs: map[string]*job{}, free: make(chan *asker, o.Visitors), failed: make(chan error, 1),
		seen: newTimes(), whole: newTimes(),
	}
	all := accounts(o.Prefix, o.Agents, o.Limit)
	var err error
	if a.stage, err = target.Set(ctx, s.API, s.Site, s.Password, all); err != nil {
		return nil, err
	}
	for i, account := range all {
		token, err := a.stage.AgentToken(ctx, account.ID, false)
		if err != nil {
			return nil, errors.Join(err, a.Leave(ctx))
		}
		c := &closer{a: a, closing: map[uint64]string{}}
		if c.conn, err = s.connect(ctx, i, token, c.heard); err != nil {
			return nil, errors.Join(err, a.Leave(ctx))
		}
		a.agents = append(a.agents, c)
	}
	run := fresh()
	a.visitors = make([]*asker, o.Visitors)
	err = each(ctx, o.Visitors, connectAtOnce, func(ctx context.Context, i int) error {
		token, err := s.visitorToken(ctx, fmt.Sprintf("assign-%s-%d", run, i))
		if err != nil {
			return err
		}
		v := &asker{a: a}
		if v.conn, err = s.connect(ctx, i, token, v.heard); err != nil {
			return err
		}
		a.visitors[i] = v
		a.free <- v
		return nil
	})
	if err == nil {
		err = a.Status(ctx, "online")
	}
	if err != nil {
		return nil, errors.Join(err, a.Leave(ctx))
	}
	return a, nil
}

// Status makes all agents want the same.
func (a *Assign) Status(ctx context.Context, want string) error {
	return each(ctx, len(a.agents), len(a.agents), func(ctx context.Context, i int) error {
		_, err := a.agents[i].conn.Call(ctx, "agent.status", "", map[string]string{"client_id": "status-" + fresh(), "want": want})
		return err
	})
}

func (a *Assign) fail(err error) {
	select {
	case a.failed <- err:
	default:
	}
}

// job finds a room's job, or begins it with whoever hears of the room first. Under mu.
func (a *Assign) job(room []byte) *job {
	j := a.jobs[string(room)]
	if j == nil {
		j = &job{}
		a.jobs[string(room)] = j
	}
	return j
}

// settle ends a job of which everything was heard. Under mu.
func (a *Assign) settle(room string, j *job) {
	if j.by == nil || j.seen.IsZero() || j.ended.IsZero() {
		return
	}
	delete(a.jobs, room)
	if a.measuring.Load() {
		a.seen.add(j.seen.Sub(j.by.asked))
		a.whole.add(j.ended.Sub(j.by.asked))
	}
	a.ended.Add(1)
	j.by.done()
}

// ask asks for an agent; done is called when the room has ended.
func (v *asker) ask(done func()) {
	v.n++
	v.asked, v.done = time.Now(), done
	err := v.conn.Send(func(b []byte) []byte {
		b = append(b, `{"type":"room.start","id":"`...)
		b = appendPadded(b, v.n)
		b = append(b, `","data":{"client_id":"start-`...)
		b = appendPadded(b, v.n)
		return append(b, `"}}`...)
	})
	if err != nil {
		v.a.fail(err)
	}
}

func (v *asker) heard(frame []byte) {
	switch {
	case wire.Is(frame, "ok"):
		room := wire.String(frame, "room")
		if room == nil {
			return
		}
		a := v.a
		a.mu.Lock()
		defer a.mu.Unlock()
		j := a.job(room)
		j.by = v
		a.settle(string(room), j)
	case wire.Is(frame, "error"):
		v.a.fail(fmt.Errorf("room.start was refused: %s", frame))
	}
}

func (c *closer) heard(frame []byte) {
	switch {
	case wire.Is(frame, "inbox.gained"):
		now := time.Now()
		room := wire.String(frame, "room")
		assignment, _ := wire.Uint(frame, "assignment")
		c.mu.Lock()
		c.n++
		n := c.n
		c.closing[n] = string(room)
		c.mu.Unlock()
		c.a.mu.Lock()
		c.a.job(room).seen = now
		c.a.mu.Unlock()
		err := c.conn.Send(func(b []byte) []byte {
			b = append(b, `{"type":"room.end","id":"`...)
			b = appendPadded(b, n)
			b = append(b, `","stream":"desk/`...)
			b = append(b, room...)
			b = append(b, `","data":{"client_id":"end-`...)
			b = appendPadded(b, n)
			b = append(b, `","assignment":`...)
			b = strconv.AppendUint(b, assignment, 10)
			return append(b, `}}`...)
		})
		if err != nil {
			c.a.fail(err)
		}
	case wire.Is(frame, "ok"):
		now := time.Now()
		n, ok := wire.Digits(wire.String(frame, "reply_to"))
		c.mu.Lock()
		room, mine := c.closing[n]
		delete(c.closing, n)
		c.mu.Unlock()
		if !ok || !mine {
			return
		}
		a := c.a
		a.mu.Lock()
		defer a.mu.Unlock()
		if j := a.jobs[room]; j != nil {
			j.ended = now
			a.settle(room, j)
		}
	case wire.Is(frame, "error"):
		c.a.fail(fmt.Errorf("room.end was refused: %s", frame))
	}
}

// AssignSample is one measurement.
type AssignSample struct {
	PerSecond   float64 // rooms
	Rooms       int64
	Seen, Whole stat.Latency
}

// Run keeps so many rooms on their way, from request to end.
func (a *Assign) Run(ctx context.Context, inFlight int, warm, measure time.Duration) (AssignSample, error) {
	var on atomic.Bool
	on.Store(true)
	var out sync.WaitGroup
	var next func(v *asker)
	next = func(v *asker) {
		v.ask(func() { // under mu: it must not wait
			a.free <- v
			if on.Load() {
				next(<-a.free)
			} else {
				out.Done()
			}
		})
	}
	if inFlight > len(a.visitors) {
		return AssignSample{}, fmt.Errorf("%d rooms on their way need as many customers, and there are %d", inFlight, len(a.visitors))
	}
	a.seen.reset()
	a.whole.reset()
	for range inFlight {
		out.Add(1)
		next(<-a.free)
	}
	err := a.wait(ctx, warm)
	from, before := time.Now(), a.ended.Load()
	a.measuring.Store(true)
	if err == nil {
		err = a.wait(ctx, measure)
	}
	a.measuring.Store(false)
	n, took := a.ended.Load()-before, time.Since(from)
	on.Store(false)
	if err != nil {
		return AssignSample{}, err
	}
	quiet := make(chan struct{})
	go func() { out.Wait(); close(quiet) }()
	select {
	case <-quiet:
	case err := <-a.failed:
		return AssignSample{}, err
	case <-time.After(settleMax):
		a.mu.Lock()
		defer a.mu.Unlock()
		return AssignSample{}, fmt.Errorf("%d rooms did not end", len(a.jobs))
	}
	return AssignSample{PerSecond: float64(n) / took.Seconds(), Rooms: n, Seen: a.seen.sum(), Whole: a.whole.sum()}, nil
}

func (a *Assign) wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case err := <-a.failed:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// BacklogSample is how a line was worked off.
type BacklogSample struct {
	First time.Duration // from the moment the agents were asked to come online to the first room seen
	All   time.Duration // and to the last room's acknowledged end
}

// Backlog lets so many customers wait while no agent is there, then lets all agents come
// online, who end each room as they see it.
func (a *Assign) Backlog(ctx context.Context, rooms int) (BacklogSample, error) {
	if err := a.Status(ctx, "offline"); err != nil {
		return BacklogSample{}, err
	}
	run := fresh()
	var left atomic.Int64
	left.Store(int64(rooms))
	all := make(chan struct{})
	waiting := &asker{a: a, done: func() {
		if left.Add(-1) == 0 {
			close(all)
		}
	}}
	err := each(ctx, rooms, connectAtOnce, func(ctx context.Context, i int) error {
		token, err := a.scene.visitorToken(ctx, fmt.Sprintf("wait-%s-%d", run, i))
		if err != nil {
			return err
		}
		var out struct {
			Data struct{ Room, Outcome string } `json:"data"`
			Room string                         `json:"room"`
		}
		command := map[string]any{"type": "room.start", "data": map[string]string{"client_id": "start-wait"}}
		if err := a.scene.API.Call(ctx, http.MethodPost, "/v1/commands", token, command, &out); err != nil {
			return err
		}
		room := out.Room + out.Data.Room
		if room == "" {
			return fmt.Errorf("room.start named no room")
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		j := a.job([]byte(room))
		j.by = waiting
		if !j.seen.IsZero() {
			return errors.New("a room was given to an agent who is not there")
		}
		return nil
	})
	if err != nil {
		return BacklogSample{}, err
	}
	a.seen.reset()
	a.measuring.Store(true)
	defer a.measuring.Store(false)
	waiting.asked = time.Now()
	if err := a.Status(ctx, "online"); err != nil {
		return BacklogSample{}, err
	}
	select {
	case <-all:
	case err := <-a.failed:
		return BacklogSample{}, err
	case <-ctx.Done():
		return BacklogSample{}, ctx.Err()
	case <-time.After(backlogMax):
		return BacklogSample{}, fmt.Errorf("%d rooms of %d still wait after %v", left.Load(), rooms, backlogMax)
	}
	first := a.seen.t.First()
	return BacklogSample{First: first, All: time.Since(waiting.asked)}, nil
}

// backlogMax is how long a line may take.
const backlogMax = 2 * time.Minute

// Leave ends all sockets; see Chat.Leave.
func (a *Assign) Leave(ctx context.Context) error {
	for _, c := range a.agents {
		if c.conn != nil {
			c.conn.Close()
		}
	}
	for _, v := range a.visitors {
		if v != nil {
			v.conn.Close()
		}
	}
	if a.scene.Node != nil {
		return nil
	}
	return a.stage.Clear(context.WithoutCancel(ctx))
}
