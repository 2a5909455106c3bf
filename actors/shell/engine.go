package shell

import (
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"switchyard/actors/core"
	"switchyard/protocol"
)

// Store is what the shell asks of persistence. Positions count hand-overs of this process.
type Store interface {
	Shards() int
	HandOver(e *protocol.Entry, done func()) (position uint64)
	Position() uint64
	Durable() uint64
	After(position uint64, done func())
	WaitDurable(position uint64)
	Undurable() (entries int, bytes int64)
	Events(a protocol.Address, from uint64, limit int, each func(protocol.Recorded) error) error
	// EventsClosed leaves the personal fields of events for which closed says true sealed, and empty; nil = Events.
	EventsClosed(a protocol.Address, from uint64, limit int, closed func(protocol.EventCode) bool, each func(protocol.Recorded) error) error
	Row(shard uint16, kind protocol.RowKind, key []byte) ([]byte, error)
	Rows(shard uint16, kind protocol.RowKind, prefix, after []byte, limit int, each func(key, value []byte) error) error
}

// Keys is what the shell asks of the customers' keys.
type Keys interface {
	protocol.Keys
	Take() (uint64, error) // the number of a key that nobody has; it may sync a file
}

// Clock is the engine's time. Now never goes back; Wall is the calendar's and may.
type Clock interface {
	Now() time.Time
	Wall() time.Time
}

// Options of an engine.
type Options struct {
	Store  Store
	Clock  Clock
	Chance func() protocol.Chance // 128 random bits, each time
	Logger *slog.Logger           // nil = discard

	// Keys seal what tells of customers, and give numbers of unused ones. nil = nothing is sealed.
	Keys Keys

	// Fatal is called when the engine itself is broken (a panic outside a mind); the
	// process must not go on. nil = panic.
	Fatal func(error)

	// Resident is how many rooms may be in memory; more are passivated, those idle for
	// longest first. 0 = 200,000.
	Resident int

	// IdleAfter is how long a closed room stays in memory. 0 = 5 s.
	IdleAfter time.Duration

	// ExpiryRate is how many closed rooms a second are removed at most once their period has passed. 0 = 100.
	ExpiryRate int

	// FoldedThrough says whether the site's reports have counted a day, so that its closed rooms may go. nil = there
	// are no reports that need them.
	FoldedThrough func(protocol.SiteID, protocol.Date) bool

	// SiteLoaded is called after a site was loaded again because one of its minds failed: what is
	// not journaled (an agent's sockets) must be announced again. nil = nobody cares.
	SiteLoaded func(protocol.SiteID)

	// Outbox makes the rows that the facts of an entry leave for other systems; it runs on the actors' goroutines
	// and must not block. nil = protocol.OutboxRows.
	Outbox func(f *protocol.SiteFacts, a protocol.Address, outs []protocol.Outside) []protocol.Row

	Observe Observer
}

// Observer listens; its functions run on the engine's goroutines and must not block. nil = not called.
type Observer struct {
	// Stepped: a command was decided. code is 0 for an accepted one.
	Stepped func(kind protocol.Kind, command string, took time.Duration, code protocol.RejectCode)
	// Durable: an event is on the disk (history, not yet told to anybody).
	Durable func(a protocol.Address, r *protocol.Recorded)
	// Violated: a mind found an invariant broken; name is the first word of its message.
	Violated func(a protocol.Address, err error)
	// Quarantined: a command made a mind panic.
	Quarantined func(a protocol.Address, command string)
	// Reloaded: an actor's state was thrown away and loaded again.
	Reloaded func(k protocol.Kind)
	// Forgotten: an actor has gone for good, with its journal and rows, and that is on the disk.
	Forgotten func(a protocol.Address)
	// Open: rooms that were open when the site came back, some at a time, all of them before its queue gives a seat. What
	// happened in them since may have been told before.
	Open func(s protocol.SiteID, rooms []protocol.OpenRoomDue)
	// TimerLate: a deadline fired so much after its instant.
	TimerLate func(late time.Duration)
}

// Engine hosts the minds of all sites of a node.
type Engine struct {
	o        Options
	system   *actor.ActorSystem
	workers  workers
	props    [8]*actor.Props // by kind
	stripes  [256]stripe
	sites    sites
	indexes  []Deadlines // by shard
	tickets  tickets
	hubs     [64]hubStripe
	young    young
	flying   atomic.Int64 // mail sent and not handled
	reading  atomic.Int64 // followers that read the log
	resident atomic.Int64
	minute   atomic.Int64 // the wall minute that the calendars were told last
	stopped  atomic.Bool
	fireAt   int
	sweepAt  int

	restoring atomic.Int64  // sites that are served and not whole
	restored  chan struct{} // closed when those of the start are whole

	keys protocol.Keys // nil = nothing is sealed

	retention retention
}

// site is what the engine knows of a tenant outside its mind.
type site struct {
	id       protocol.SiteID
	shard    uint16
	facts    atomic.Pointer[protocol.SiteFacts]
	life     atomic.Uint64         // grows when the whole site is loaded again
	stepping [2]atomic.Int64       // mail being handled, by the parity of the life that it is handled in
	starting atomic.Int32          // who is loading it; nothing is asked meanwhile. Grows before life does
	aside    atomic.Bool           // it cannot be loaded, or was loaded too often: nothing is served
	gate     gate                  // before the queue, while the site comes back
	sweep    atomic.Pointer[sweep] // the pass over its rows, while it comes back; else nil
	indexed  atomic.Uint64         // the life whose sleeping rooms all stand in the index; of a new site its first
	mu       sync.Mutex
	reloads  []time.Time
}

// served says whether the site takes mail, of the life that was read before.
func (s *site) served() bool { return s.starting.Load() == 0 && !s.aside.Load() }

// enter begins to handle mail and says in which life; leave ends it.
func (s *site) enter() (life uint64) {
	for {
		life = s.life.Load()
		s.stepping[life%2].Add(1)
		if s.life.Load() == life {
			return life
		}
		s.stepping[life%2].Add(-1)
	}
}

func (s *site) leave(life uint64) { s.stepping[life%2].Add(-1) }

// New makes an engine without minds; Host adds them.
func New(o Options) *Engine {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Resident == 0 {
		o.Resident = 200_000
	}
	if o.IdleAfter == 0 {
		o.IdleAfter = 5 * time.Second
	}
	if o.ExpiryRate == 0 {
		o.ExpiryRate = 100
	}
	if o.Fatal == nil {
		o.Fatal = func(err error) { panic(err) }
	}
	if o.Outbox == nil {
		o.Outbox = protocol.OutboxRows
	}
	e := &Engine{o: o, restored: make(chan struct{})}
	e.sites.m = map[protocol.SiteID]*site{}
	e.system = actor.NewActorSystem(actor.WithLoggerFactory(func(*actor.ActorSystem) *slog.Logger {
		return slog.New(slog.DiscardHandler) // it logs each dead letter; ours are counted at the address
	}))
	for i := range e.stripes {
		e.stripes[i].slots = map[protocol.Address]*slot{}
	}
	for i := range e.hubs {
		e.hubs[i].hubs = map[protocol.Address]*hub{}
	}
	if o.Keys != nil {
		e.keys = o.Keys
	}
	e.indexes = make([]Deadlines, o.Store.Shards())
	e.tickets.init()
	return e
}

// Host adds a kind of mind. Every actor of the kind shares one Props: 250 bytes each otherwise.
func Host[S any](e *Engine, m core.Machine[S]) {
	e.props[m.Kind] = actor.PropsFromProducer(func() actor.Actor { return &host[S]{e: e, m: &m} }, actor.WithMailbox(newMailbox), actor.WithDispatcher(&e.workers))
}

// sites are the sites by their id. (A sync.Map would put the id into an interface, an allocation at every look.)
type sites struct {
	mu sync.RWMutex
	m  map[protocol.SiteID]*site
}

func (s *sites) load(id protocol.SiteID) *site {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.m[id]
}

func (e *Engine) site(id protocol.SiteID) *site {
	if s := e.sites.load(id); s != nil {
		return s
	}
	e.sites.mu.Lock()
	defer e.sites.mu.Unlock()
	s := e.sites.m[id]
	if s == nil {
		id = protocol.SiteID(strings.Clone(string(id)))
		s = &site{id: id, shard: protocol.Shard(id, len(e.indexes))}
		e.sites.m[id] = s
	}
	return s
}

// Facts gives what a site has published; nil = no such site, or it is not loaded yet.
func (e *Engine) Facts(id protocol.SiteID) *protocol.SiteFacts {
	if s := e.sites.load(id); s != nil {
		return s.facts.Load()
	}
	return nil
}

// Sites lists the sites that were loaded.
func (e *Engine) Sites() []protocol.SiteID {
	var all []protocol.SiteID
	e.sites.mu.RLock()
	defer e.sites.mu.RUnlock()
	for id, s := range e.sites.m {
		if s.facts.Load() != nil {
			all = append(all, id)
		}
	}
	return all
}

// Now and Wall are the engine's clocks.
func (e *Engine) Now() time.Time { return e.o.Clock.Now() }

// Wall see Now.
func (e *Engine) Wall() time.Time { return e.o.Clock.Wall() }

func (e *Engine) shard(s protocol.SiteID) uint16 { return e.site(s).shard }

// Flying counts mail that was sent and is not handled yet.
func (e *Engine) Flying() int64 { return e.flying.Load() }

// Resident counts actors in memory.
func (e *Engine) Resident() int64 { return e.resident.Load() }

// Idle says whether nothing is going on: no mail, nobody who reads the log, nothing undurable.
func (e *Engine) Idle() bool {
	quiet := func() bool { return e.flying.Load() == 0 && e.reading.Load() == 0 }
	return quiet() && e.o.Store.Durable() == e.o.Store.Position() && quiet()
}
