package gateway

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"

	"switchyard/protocol"
)

// Gateway is the public face of one node.
type Gateway struct {
	cfg     Config
	obs     Observer
	engine  Engine
	hash    *hasher
	studio  *studio
	replays chan struct{} // one per replay that is running
	handler http.Handler

	visitorCommands *buckets
	visitorMessages *buckets
	visitorStrikes  *buckets
	visitorUploads  *buckets
	accountUploads  *buckets
	exports         *buckets
	exporting       chan struct{} // one per file that is being made
	accountCommands *buckets      // of POST /v1/commands; a socket has its own
	tokenRequests   *buckets
	accountLogins   *buckets
	addressLogins   *buckets
	setup           setup

	mu         sync.Mutex
	conns      map[*connection]struct{}
	pending    map[string]int // sockets before their hello, by address
	handshakes pacer
	sites      map[protocol.SiteID]bool
	boards     map[protocol.SiteID]*board
	lives      map[protocol.SiteID]*liveSite
	servers    []*http.Server
	draining   bool
	closed     bool           // no more goroutines
	work       sync.WaitGroup // every goroutine of ours

	stop    context.CancelFunc
	stopped context.Context
}

// New makes a gateway and starts its watchdog. It panics on a configuration that Validate refuses.
func New(cfg Config, engine Engine) *Gateway {
	cfg.fill()
	if err := cfg.Validate(); err != nil {
		panic(err)
	}
	g := &Gateway{
		cfg: cfg, obs: cfg.Observer, engine: engine, hash: newHasher(&cfg), studio: newStudio(&cfg),
		replays:         make(chan struct{}, cfg.Replays),
		visitorCommands: newBuckets(rate{cfg.VisitorCommands, cfg.VisitorBurst}, cfg.CustomersTracked),
		visitorUploads:  newBuckets(rate{cfg.VisitorUploads / 86_400, cfg.VisitorUploads}, cfg.CustomersTracked),
		accountUploads:  newBuckets(rate{cfg.AccountUploads / 86_400, cfg.AccountUploads}, cfg.CustomersTracked),
		exports:         newBuckets(rate{cfg.Exports / 3600, cfg.ExportBurst}, cfg.CustomersTracked),
		exporting:       make(chan struct{}, cfg.ExportWorkers),
		visitorMessages: newBuckets(rate{cfg.VisitorMessages, cfg.MessageBurst}, cfg.CustomersTracked),
		visitorStrikes:  newBuckets(rate{cfg.Strikes / 10, cfg.Strikes}, cfg.CustomersTracked),
		accountCommands: newBuckets(rate{cfg.AgentCommands, cfg.AgentBurst}, cfg.CustomersTracked),
		tokenRequests:   newBuckets(rate{cfg.VisitorTokens, cfg.VisitorTokenRun}, cfg.CustomersTracked),
		accountLogins:   newBuckets(rate{cfg.LoginsPerAccount / 60, cfg.LoginBurst}, cfg.CustomersTracked),
		addressLogins:   newBuckets(rate{cfg.LoginsPerAddress / 60, cfg.LoginBurst * 10}, cfg.CustomersTracked),
		conns:           make(map[*connection]struct{}),
		pending:         make(map[string]int),
		sites:           make(map[protocol.SiteID]bool),
		boards:          make(map[protocol.SiteID]*board),
		lives:           make(map[protocol.SiteID]*liveSite),
	}
	g.stopped, g.stop = context.WithCancel(context.Background())
	g.handler = g.routes()
	g.spawn(g.watch)
	return g
}

// spawn starts a goroutine that Shutdown waits for; false once Shutdown is past waiting for more.
func (g *Gateway) spawn(f func()) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return false
	}
	g.work.Add(1)
	go func() {
		defer g.work.Done()
		f()
	}()
	return true
}

// facts is the site as it is now; nil for what is no site id at all.
func (g *Gateway) facts(site protocol.SiteID) *protocol.SiteFacts {
	if !validSite(string(site)) {
		return nil
	}
	return g.engine.Facts(site)
}

// Handler is the public surface: pages, API and socket.
func (g *Gateway) Handler() http.Handler { return g.handler }

// Serve serves connections of l until Shutdown; it returns nil then.
func (g *Gateway) Serve(l net.Listener) error {
	s := &http.Server{
		Handler:           g.handler,
		ReadHeaderTimeout: g.cfg.HeaderWait,
		ReadTimeout:       g.cfg.BodyWait,
		WriteTimeout:      g.cfg.BodyWait + g.cfg.AnswerWait,
		IdleTimeout:       g.cfg.IdleWait,
		MaxHeaderBytes:    g.cfg.HeaderBytes,
		ErrorLog:          log.New(io.Discard, "", 0), // handshake noise of strangers; what matters is counted
	}
	l = Bound(l, Bounds{Max: g.cfg.ConnectionsMax, Silent: g.cfg.TLS != nil, Refused: g.obs.Refused, Open: g.obs.Connections})
	if g.cfg.TLS != nil {
		l = tls.NewListener(l, g.cfg.TLS)
	}
	g.mu.Lock()
	if g.stopped.Err() != nil {
		g.mu.Unlock()
		return l.Close()
	}
	g.servers = append(g.servers, s)
	g.mu.Unlock()
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Ready says what keeps the gateway from serving; empty = ready.
func (g *Gateway) Ready() []string {
	not := g.engine.Ready()
	if g.isDraining() {
		not = append(not, "draining")
	}
	return not
}

func (g *Gateway) isDraining() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.draining
}

// Drain lets everybody go: not ready from now on, no new sockets; goaway, so that clients
// move at a random moment of the window; then 4503 for those still here, each as soon as its
// commands are answered. It returns when all are gone or ctx is done.
func (g *Gateway) Drain(ctx context.Context) error {
	g.mu.Lock()
	already := g.draining
	g.draining = true
	g.mu.Unlock()
	if !already {
		frame := []byte(`{"type":"goaway","data":{"reason":"deploy","reconnect_in_ms":[500,` + itoa(g.cfg.DrainWindow.Milliseconds()) + `]}}`)
		for _, c := range g.connections() {
			c.control(frame)
		}
	}
	window := time.NewTimer(g.cfg.DrainWindow)
	defer window.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	var cut <-chan time.Time
	for over := false; ; {
		left := g.connections()
		if len(left) == 0 {
			return nil
		}
		if over {
			for _, c := range left {
				if c.inflight.Load() == 0 {
					c.end(closing{code: closeDraining, reason: "draining"})
				}
			}
		}
		select {
		case <-window.C:
			over = true
			cut = time.After(g.cfg.DrainFinish)
		case <-cut:
			for _, c := range left {
				c.end(closing{code: closeDraining, reason: "draining"})
			}
		case <-tick.C:
		case <-ctx.Done():
			for _, c := range left {
				c.end(closing{code: closeDraining, reason: "draining"})
			}
			return ctx.Err()
		}
	}
}

// Shutdown drains if nobody has, stops listening, cuts what is left and waits for every
// goroutine of the gateway.
func (g *Gateway) Shutdown(ctx context.Context) error {
	err := g.Drain(ctx)
	g.stop()
	g.mu.Lock()
	servers := g.servers
	g.mu.Unlock()
	for _, s := range servers {
		if e := s.Shutdown(ctx); e != nil {
			err = errors.Join(err, e, s.Close())
		}
	}
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	for _, c := range g.connections() {
		c.cut()
	}
	done := make(chan struct{})
	go func() { g.work.Wait(); close(done) }()
	select {
	case <-done:
	case <-ctx.Done():
		err = errors.Join(err, ctx.Err())
	}
	return err
}

// Announce tells the agents of a site about their sockets again, after the site was loaded anew.
func (g *Gateway) Announce(site protocol.SiteID) {
	for _, c := range g.connections() {
		if who := c.who.Load(); who != nil && who.site == site && !who.visitor() {
			c.presence(who, true)
		}
	}
}

func (g *Gateway) connections() []*connection {
	g.mu.Lock()
	defer g.mu.Unlock()
	all := make([]*connection, 0, len(g.conns))
	for c := range g.conns {
		all = append(all, c)
	}
	return all
}

// newSession names a connection.
func newSession() string {
	var b [10]byte
	rand.Read(b[:])
	return "c_" + b64.EncodeToString(b[:])
}

// Sockets lists the sessions of the sockets that are open, said hello or not.
func (g *Gateway) Sockets() []string {
	all := []string{}
	for _, c := range g.connections() {
		all = append(all, c.session)
	}
	return all
}
