package replay

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"switchyard/bench/client"
)

const (
	// lead is how long before its request a customer connects, so that the request is
	// written when it is due.
	lead = 2 * time.Second
	// settleMax is how long the last answers may take after the last planned moment.
	settleMax = 60 * time.Second
	// setupMax is how long the agents may take to be connected and off duty.
	setupMax = 2 * time.Minute
	// foreignAfter is how long a room may stay unknown to every customer before its
	// agent ends it as somebody else's.
	foreignAfter = 30 * time.Second
	// leaveMax is how long the goodbyes may take; a node that is gone answers none.
	leaveMax = 10 * time.Second
	// lookEvery is the conductor's own rhythm.
	lookEvery = 100 * time.Millisecond
)

// Run is one replay.
type Run struct {
	Plan    *Plan
	Site    Site
	Log     *Log
	Stats   *client.Stats
	Backoff client.Backoff
	// Watch is called about every second, on the conductor's goroutine; may be nil.
	Watch func(Progress)

	ctx   context.Context
	start time.Time // when Plan.Begin is

	customers []*customer // by index; nil before its time
	agents    []*agent
	left      sync.WaitGroup // clients that still run

	mu      sync.Mutex
	counts  counts
	rooms   map[string]*Call
	waiting map[string][]func(*Call)
	closing bool
	timers  []*time.Timer
}

// counts are the run's figures of the moment. Under mu.
type counts struct {
	asked, closed, served, abandoned int
	inLine, talking, onDuty          int
	patientInLine                    int // of those in line: never give up
	doneShifts                       int
}

// NewRun prepares a run of a plan at a site.
func NewRun(p *Plan, s Site) *Run {
	return &Run{
		Plan: p, Site: s, Log: NewLog(p), Stats: new(client.Stats),
		Backoff:   client.DefaultBackoff().Compressed(p.Speed),
		customers: make([]*customer, len(p.Calls)),
		rooms:     map[string]*Call{}, waiting: map[string][]func(*Call){},
	}
}

// ErrLate says that the run did not come to rest in time; what is missing is in the figures as still open.
var ErrLate = errors.New("the run did not come to rest in time")

// Do plays the day. The log is complete when it returns, also with ErrLate.
func (r *Run) Do(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	r.ctx = ctx
	defer r.leave(cancel)
	if err := r.staff(ctx); err != nil {
		return err
	}
	r.start = time.Now().Add(lead)
	for _, a := range r.agents {
		a.schedule()
	}
	launched := make(chan struct{})
	go func() {
		defer close(launched)
		r.launchAll(ctx)
	}()
	err := r.conduct(ctx, launched)
	cancelled := ctx.Err()
	<-launched
	if cancelled != nil {
		return cancelled
	}
	rooms, listErr := r.Site.Rooms(ctx)
	if listErr != nil {
		return errors.Join(err, fmt.Errorf("the node's list of rooms: %w", listErr))
	}
	r.Log.list(rooms)
	return err
}

// staff connects every agent and takes it off duty: an account's first state is online.
func (r *Run) staff(ctx context.Context) error {
	ready := make(chan error, len(r.Plan.Agents))
	for i := range r.Plan.Agents {
		a := newAgent(r, &r.Plan.Agents[i])
		r.agents = append(r.agents, a)
		a.connect(func(err error) { ready <- err })
	}
	limit := time.NewTimer(setupMax)
	defer limit.Stop()
	for range r.agents {
		select {
		case err := <-ready:
			if err != nil {
				return err
			}
		case <-limit.C:
			return fmt.Errorf("the agents were not connected within %v", setupMax)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// launchAll connects each customer a little before it asks.
func (r *Run) launchAll(ctx context.Context) {
	for i := range r.Plan.Calls {
		call := &r.Plan.Calls[i]
		asks := r.start.Add(r.Plan.At(call.Request))
		if !sleepUntil(ctx, asks.Add(-lead)) {
			return
		}
		c := newCustomer(r, call, asks)
		r.mu.Lock()
		r.customers[i] = c
		r.mu.Unlock()
		c.connect()
	}
}

// conduct waits until the day is over and everything that will happen has happened.
func (r *Run) conduct(ctx context.Context, launched <-chan struct{}) error {
	ticks := time.NewTicker(lookEvery)
	defer ticks.Stop()
	end := r.start.Add(r.Plan.At(r.Plan.End))
	limit := end.Add(r.Plan.Real(r.Plan.LongestTalk()) + settleMax)
	for n := 0; ; n++ {
		select {
		case <-ticks.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		if r.Watch != nil && n%int(time.Second/lookEvery) == 0 {
			r.Watch(r.progress())
		}
		now := time.Now()
		if now.After(limit) {
			return ErrLate
		}
		select {
		case <-launched:
		default:
			continue
		}
		if now.After(end) && r.resting() {
			if r.Watch != nil {
				r.Watch(r.progress())
			}
			return nil
		}
	}
}

// resting says whether nothing more will happen: everybody has asked, all shifts are
// over, nobody talks, who still waits never gives up, and no answer is outstanding.
func (r *Run) resting() bool {
	r.mu.Lock()
	c := r.counts
	customers := r.customers
	r.mu.Unlock()
	if c.asked < len(r.Plan.Calls) || c.doneShifts < len(r.agents) || c.talking > 0 || c.inLine > c.patientInLine {
		return false
	}
	for _, x := range customers {
		if x.busy() {
			return false
		}
	}
	for _, a := range r.agents {
		if a.busy() {
			return false
		}
	}
	return true
}

// begin starts a client whose end the run waits for.
func (r *Run) begin(c *client.Client) {
	r.left.Go(func() { <-c.Done() })
	c.Start()
}

// leave ends every client; rooms still open are ended first, so that a node that is
// not ours is left as it was found.
func (r *Run) leave(cut context.CancelFunc) {
	r.mu.Lock()
	r.closing = true
	customers := r.customers
	timers := r.timers
	r.mu.Unlock()
	for _, t := range timers {
		t.Stop()
	}
	for _, c := range customers {
		if c != nil {
			c.leave()
		}
	}
	for _, a := range r.agents {
		a.leave()
	}
	patience := time.AfterFunc(leaveMax, cut)
	r.left.Wait()
	patience.Stop()
	cut()
}

// after runs f at a moment of the run, unless the run ends before.
func (r *Run) after(at time.Time, f func()) *time.Timer {
	t := time.AfterFunc(time.Until(at), func() {
		if !r.over() {
			f()
		}
	})
	r.mu.Lock()
	r.timers = append(r.timers, t)
	r.mu.Unlock()
	return t
}

// over says whether the log is finished: what happens now is the cleaning up.
func (r *Run) over() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.closing
}

func (r *Run) count(f func(*counts)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f(&r.counts)
}

// know says whose room it is; agents that got it before its customer knew are told.
func (r *Run) know(room string, call *Call) {
	r.mu.Lock()
	r.rooms[room] = call
	told := r.waiting[room]
	delete(r.waiting, room)
	r.mu.Unlock()
	for _, f := range told {
		f(call)
	}
}

// whose calls f with the call of a room, now or when it is known.
func (r *Run) whose(room string, f func(*Call)) {
	r.mu.Lock()
	call := r.rooms[room]
	if call == nil {
		r.waiting[room] = append(r.waiting[room], f)
	}
	r.mu.Unlock()
	if call != nil {
		f(call)
	}
}

// refused notes a refusal that has no place in a replay.
func (r *Run) refused(who, command string, refusal *client.Refusal) {
	if r.over() {
		return
	}
	r.Log.write(func(l *Log) {
		l.Refusals = append(l.Refusals, RefusalSeen{Who: who, Command: command, Code: refusal.Code, Text: refusal.Text})
	})
}

// cut notes lost sockets; it is the OnState of every client.
func (r *Run) cut(who string) func(client.State, int) {
	live := false
	return func(s client.State, code int) {
		asked := s == client.Stopped && code == 0 // an orderly end is no loss
		if live && s != client.Live && !asked && !r.over() {
			r.Log.write(func(l *Log) { l.Cuts = append(l.Cuts, Cut{Who: who, At: time.Now()}) })
			if s == client.Stopped {
				r.refused(who, "socket", &client.Refusal{Code: fmt.Sprint(code), Text: "the server closed the socket for good"})
			}
		}
		live = s == client.Live
	}
}

func sleepUntil(ctx context.Context, at time.Time) bool {
	t := time.NewTimer(time.Until(at))
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
