// Package webhook sends the facts of a site to the addresses that an administrator registered (domain 24). It is
// the only package that speaks HTTP outward.
//
// A fact that an address wants is a row of the entry that made it (protocol.OutboxRows): it is never lost, and there is
// none for a fact that was not written. The sender reads the rows of one address in their order, sends one after the
// other, and deletes each with an entry of its own once it was confirmed with 2xx: at least once, with an id by which the
// receiver knows a fact again. Nothing that routes waits for any of this (F-34).
//
// sender.go is the sending side, send.go one attempt, guard.go whom an attempt may reach. docs/webhooks.md tells
// those who write a receiver.
package webhook

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sony/gobreaker/v2"

	"switchyard/protocol"
)

// Options are what the sender is given by those who know the rest. Zero values of the limits have defaults.
type Options struct {
	// Rows reads rows in the order of their keys, after the given one, and waits until what it read is durable.
	Rows func(site protocol.SiteID, kind protocol.RowKind, prefix, after []byte, limit int, each func(key, value []byte) error) error
	// Commit writes rows as an entry and returns when they are durable.
	Commit func(site protocol.SiteID, rows []protocol.Row)
	Facts  func(protocol.SiteID) *protocol.SiteFacts
	Sites  func() []protocol.SiteID
	// Secret is the key with which facts for the address are signed.
	Secret func(site protocol.SiteID, webhook string, version uint32) []byte
	Now    func() time.Time

	Transport http.RoundTripper // nil = over the network, guarded
	Private   bool              // addresses of the own network and http are allowed: for tests and demonstrations

	Senders     int           // attempts at the same time, of all addresses; 0 = 16
	OutboxMax   int64         // facts of a site that wait; what comes beyond is dropped and counted. 0 = 100,000
	AttemptsMax int           // of a fact, then it is given up; 0 = 50
	AgeMax      time.Duration // of a fact that an address refuses, then it is given up; 0 = 24 h
	GivenUpMax  int           // facts of an address that were given up and can be sent again, the newest; 0 = 1,000

	Observe Observer
}

// Observer listens; its functions must not block. nil = not called.
type Observer struct {
	Attempted func(result string, took time.Duration) // ok, or a failure's word
	Dropped   func(facts int)
	GaveUp    func()
}

// Failures are the words of a failed attempt: a closed list.
var Failures = []string{"address", "name", "connection", "tls", "timeout", "too_large", "redirect", "status"}

const (
	page        = 32               // rows read at once
	scanMax     = 10_000           // rows counted for a status
	attemptWait = 15 * time.Second // one attempt, from the name to the end of the answer's head
	firstWait   = 5 * time.Second  // before the second attempt, at most; doubled each time
	longestWait = time.Hour
	shortWait   = time.Second
	tripAfter   = 5 // attempts in a row that fail open the breaker
	openFor     = time.Minute
)

// Sender sends what waits in the outboxes of all sites.
type Sender struct {
	o     Options
	http  *http.Client
	slots chan struct{}

	mu      sync.Mutex
	targets map[name]*target
	stopped bool

	waiting sync.Map // protocol.SiteID -> *atomic.Int64: rows in its outbox
	ctx     context.Context
	cancel  context.CancelFunc
	halt    chan struct{} // no new attempt
	work    sync.WaitGroup
}

type name struct {
	site protocol.SiteID
	id   string
}

// target is one address; a goroutine of its own works on it as long as facts wait.
type target struct {
	name

	mu       sync.Mutex
	running  bool
	dirty    bool          // something came while it worked
	again    chan struct{} // do not wait any longer
	breaker  *gobreaker.CircuitBreaker[answer]
	failures int // attempts in a row that failed
	retry    time.Time
	oldest   protocol.Instant
	dropped  uint64

	// Of the goroutine alone.
	attempts int    // of the fact with the key head
	head     string // of the outbox
	number   uint64 // of the last delivery
	known    bool   // number was read
}

// New makes a sender; Start starts it.
func New(o Options) *Sender {
	if o.Senders == 0 {
		o.Senders = 16
	}
	if o.OutboxMax == 0 {
		o.OutboxMax = 100_000
	}
	if o.AttemptsMax == 0 {
		o.AttemptsMax = 50
	}
	if o.AgeMax == 0 {
		o.AgeMax = 24 * time.Hour
	}
	if o.GivenUpMax == 0 {
		o.GivenUpMax = 1000
	}
	if o.Transport == nil {
		o.Transport = transport(o.Private)
	}
	s := &Sender{o: o, slots: make(chan struct{}, o.Senders), targets: map[name]*target{}, halt: make(chan struct{})}
	s.http = &http.Client{Transport: o.Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

// Start counts what waits and goes on with it.
func (s *Sender) Start() error {
	for _, site := range s.o.Sites() {
		n, err := s.count(site, protocol.RowOutbox, protocol.RowKey(site), int(s.o.OutboxMax))
		if err != nil {
			return err
		}
		s.rows(site).Store(int64(n))
		s.Wake(site)
	}
	return nil
}

func (s *Sender) rows(site protocol.SiteID) *atomic.Int64 {
	if n, ok := s.waiting.Load(site); ok {
		return n.(*atomic.Int64)
	}
	n, _ := s.waiting.LoadOrStore(site, new(atomic.Int64))
	return n.(*atomic.Int64)
}

// Outbox makes the rows of an entry's facts (shell.Options.Outbox). An outbox that is full takes none.
func (s *Sender) Outbox(f *protocol.SiteFacts, a protocol.Address, outs []protocol.Outside) []protocol.Row {
	rows := protocol.OutboxRows(f, a, outs)
	if len(rows) == 0 {
		return nil
	}
	n := s.rows(f.Site)
	if n.Add(int64(len(rows))) <= s.o.OutboxMax {
		return rows
	}
	n.Add(-int64(len(rows)))
	for _, w := range f.Webhooks {
		if w.Enabled {
			t := s.target(name{f.Site, w.ID})
			t.mu.Lock()
			t.dropped += uint64(len(outs))
			t.mu.Unlock()
		}
	}
	if s.o.Observe.Dropped != nil {
		s.o.Observe.Dropped(len(rows))
	}
	return nil
}

func (s *Sender) target(n name) *target {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.targets[n]
	if t == nil {
		t = &target{name: n, again: make(chan struct{}, 1)}
		t.breaker = newBreaker()
		s.targets[n] = t
	}
	return t
}

func newBreaker() *gobreaker.CircuitBreaker[answer] {
	return gobreaker.NewCircuitBreaker[answer](gobreaker.Settings{
		MaxRequests: 1, Timeout: openFor,
		ReadyToTrip: func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= tripAfter },
	})
}

// Wake says that facts of the site may wait. It is cheap where nobody listens, and never blocks.
func (s *Sender) Wake(site protocol.SiteID) {
	f := s.o.Facts(site)
	if f == nil || len(f.Webhooks) == 0 {
		return
	}
	for _, w := range f.Webhooks {
		if w.Enabled {
			s.wake(s.target(name{site, w.ID}))
		}
	}
}

func (s *Sender) wake(t *target) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.dirty = true
	if t.running {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return
	}
	t.running = true
	s.work.Add(1)
	go func() {
		defer s.work.Done()
		s.run(t)
	}()
}

// Retry tries the address now, and forgets that it failed: it was changed, or somebody wants something sent again.
func (s *Sender) Retry(site protocol.SiteID, webhook string) {
	t := s.target(name{site, webhook})
	t.mu.Lock()
	t.failures, t.retry, t.breaker = 0, time.Time{}, newBreaker()
	select {
	case t.again <- struct{}{}:
	default:
	}
	t.mu.Unlock()
	s.wake(t)
}

// Stop ends the attempts that run, politely as long as ctx lasts. What waits is in the store.
func (s *Sender) Stop(ctx context.Context) {
	s.mu.Lock()
	if !s.stopped {
		s.stopped = true
		close(s.halt)
	}
	s.mu.Unlock()
	done := make(chan struct{})
	go func() { s.work.Wait(); close(done) }()
	select {
	case <-done:
	case <-ctx.Done():
	}
	s.cancel()
	<-done
	s.http.CloseIdleConnections()
}

// run works on one address until nothing waits.
func (s *Sender) run(t *target) {
	for {
		select {
		case <-s.halt:
			t.rest(true)
			return
		default:
		}
		w := s.webhook(t.name)
		var rows []protocol.Row
		if w != nil && w.Enabled {
			t.mu.Lock()
			t.dirty = false
			t.mu.Unlock()
			err := s.o.Rows(t.site, protocol.RowOutbox, protocol.WebhookRowKey(t.site, t.id), nil, page, func(k, v []byte) error {
				rows = append(rows, protocol.Row{Kind: protocol.RowOutbox, Key: append([]byte(nil), k...), Value: append([]byte(nil), v...)})
				return nil
			})
			if err != nil || !s.read(t) {
				s.pause(t, openFor) // the store cannot be read: it says so itself
				continue
			}
		}
		if len(rows) == 0 {
			t.mu.Lock()
			t.oldest = 0
			t.mu.Unlock()
			if t.rest(w == nil || !w.Enabled) {
				return
			}
			continue
		}
		for _, row := range rows {
			if !s.one(t, w, row) {
				break
			}
		}
	}
}

// rest ends the goroutine, unless something came meanwhile.
func (t *target) rest(anyway bool) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.dirty && !anyway {
		return false
	}
	t.running = false
	return true
}

func (s *Sender) webhook(n name) *protocol.Webhook {
	if f := s.o.Facts(n.site); f != nil {
		return f.Webhooks[n.id]
	}
	return nil
}

// one tries the fact of a row. false: look at everything anew.
func (s *Sender) one(t *target, w *protocol.Webhook, row protocol.Row) bool {
	fact, err := protocol.DecodeOutbox(row.Value)
	if err != nil { // its checksum was right: a bug, and no reason to hold up the others
		s.settle(t, row, nil)
		return true
	}
	if t.head != string(row.Key) {
		t.head, t.attempts = string(row.Key), 0
	}
	t.mu.Lock()
	t.oldest = fact.At
	breaker, failing := t.breaker, t.failures > 0
	t.mu.Unlock()
	old := s.o.Now().Sub(fact.At.Time()) > s.o.AgeMax
	if old && failing { // it had its time; the address is not asked again for each of them
		s.giveUp(t, row, fact, answer{failure: fact.Failure})
		return true
	}
	select {
	case <-s.halt: // before a slot: of two that are ready one is taken at random
		return false
	default:
	}
	select {
	case s.slots <- struct{}{}:
	case <-s.halt:
		return false
	}
	began := s.o.Now()
	a, err := breaker.Execute(func() (answer, error) { return s.send(w, t.site, &fact) })
	took := s.o.Now().Sub(began)
	<-s.slots
	if errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests) {
		s.pause(t, openFor)
		return false
	}
	if s.ctx.Err() != nil { // cut off by the stop: it is tried again after the start
		return false
	}
	t.attempts++
	t.number++
	if s.o.Observe.Attempted != nil {
		s.o.Observe.Attempted(a.result(), took)
	}
	log := protocol.DeliveryRow{
		Number: t.number, ID: fact.ID, Type: fact.Type, At: protocol.At(began), Attempt: t.attempts, Status: a.status,
		Millis: int(took / time.Millisecond), Failure: a.failure,
	}
	logged := protocol.Row{Kind: protocol.RowDelivery, Key: protocol.DeliveryRowKey(t.site, t.id, t.number), Value: protocol.AppendDelivery(nil, &log)}
	if err == nil {
		t.mu.Lock()
		t.failures, t.retry = 0, time.Time{}
		t.mu.Unlock()
		s.settle(t, row, []protocol.Row{logged})
		return true
	}
	t.mu.Lock()
	t.failures++
	failures := t.failures
	t.mu.Unlock()
	if t.attempts >= s.o.AttemptsMax || old {
		s.o.Commit(t.site, []protocol.Row{logged})
		s.giveUp(t, row, fact, a)
	} else {
		s.o.Commit(t.site, []protocol.Row{logged})
	}
	wait := backoff(failures, rand.Float64())
	if breaker.State() == gobreaker.StateOpen {
		wait = max(wait, openFor)
	}
	s.pause(t, max(wait, min(a.retryAfter, longestWait)))
	return false
}

// backoff is exponential with full jitter: up to 5 s, 10 s, 20 s … an hour, a second at least.
func backoff(failures int, chance float64) time.Duration {
	d := longestWait
	if n := failures - 1; n < 10 {
		d = min(firstWait<<n, longestWait)
	}
	return max(time.Duration(chance*float64(d)), shortWait)
}

// pause waits, unless somebody wants it tried at once.
func (s *Sender) pause(t *target, d time.Duration) {
	t.mu.Lock()
	t.retry = s.o.Now().Add(d)
	t.mu.Unlock()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-t.again:
	case <-s.halt:
	}
	t.mu.Lock()
	t.retry = time.Time{}
	t.mu.Unlock()
}

// settle takes a fact out of the outbox, in one entry with what else is to be written.
func (s *Sender) settle(t *target, row protocol.Row, also []protocol.Row) {
	s.o.Commit(t.site, append(also, protocol.Row{Kind: protocol.RowOutbox, Key: row.Key}))
	s.rows(t.site).Add(-1)
}

// giveUp keeps a fact aside, where it can be seen and sent again. The oldest ones go when there are too many.
func (s *Sender) giveUp(t *target, row protocol.Row, fact protocol.OutboxRow, a answer) {
	fact.Attempts, fact.Status, fact.GaveUp = t.attempts, a.status, protocol.At(s.o.Now())
	if a.failure != "" {
		fact.Failure = a.failure
	}
	rows := []protocol.Row{{Kind: protocol.RowGivenUp, Key: row.Key, Value: protocol.AppendOutbox(nil, &fact)}}
	prefix := protocol.WebhookRowKey(t.site, t.id)
	if n, err := s.count(t.site, protocol.RowGivenUp, prefix, 2*s.o.GivenUpMax); err == nil && n >= s.o.GivenUpMax {
		_ = s.o.Rows(t.site, protocol.RowGivenUp, prefix, nil, n-s.o.GivenUpMax+1, func(k, _ []byte) error {
			rows = append(rows, protocol.Row{Kind: protocol.RowGivenUp, Key: append([]byte(nil), k...)})
			return nil
		})
	}
	s.settle(t, row, rows)
	if s.o.Observe.GaveUp != nil {
		s.o.Observe.GaveUp()
	}
}

// read finds, once, the number of the address's last attempt.
func (s *Sender) read(t *target) bool {
	if t.known {
		return true
	}
	err := s.o.Rows(t.site, protocol.RowDelivery, protocol.WebhookRowKey(t.site, t.id), nil, protocol.DeliveriesMax, func(_, v []byte) error {
		d, err := protocol.DecodeDelivery(v)
		t.number = max(t.number, d.Number)
		return err
	})
	t.known = err == nil
	return t.known
}

func (s *Sender) count(site protocol.SiteID, kind protocol.RowKind, prefix []byte, most int) (all int, err error) {
	var after []byte
	for all < most {
		n := 0
		err := s.o.Rows(site, kind, prefix, after, min(1000, most-all), func(k, _ []byte) error {
			n++
			after = append(after[:0:0], k...)
			return nil
		})
		all += n
		if err != nil || n < 1000 {
			return all, err
		}
	}
	return all, nil
}
