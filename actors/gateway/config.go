package gateway

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"runtime"
	"time"

	"switchyard/protocol"
)

// Config is what an operator may change. Begin with DefaultConfig; New replaces a zero in
// a field that has a default by the default, so a limit cannot be switched off by accident.
type Config struct {
	// SigningKey signs visitors' tokens: at least 32 bytes, kept outside the store, and the
	// same after a restart.
	SigningKey []byte
	// Origins are exact origins of the node's own pages (https://chat.example.org), beside
	// the host a request names. Needed behind a proxy that changes the host.
	Origins []string
	// Hosts, if not empty, are the only Host values served; others get 421.
	Hosts []string
	// Sites lists the sites of the node, for the Origin check of a handshake that does not
	// name its site (?site=). nil: only sites seen since the start are known.
	Sites func() []protocol.SiteID
	// AllowNoOrigin lets clients that are no browser (they send no Origin) say hello with a
	// token. Without it they need an Authorization header. DefaultConfig sets it.
	AllowNoOrigin bool
	// Secure says that clients come over TLS, ended here or in front: cookies get Secure and
	// the __Host- prefix, pages get HSTS, and only https origins are the node's own.
	Secure bool
	// TLS, if set, is ended by Serve; it implies Secure.
	TLS *tls.Config
	// TrustedProxies are the networks whose X-Forwarded-For is believed.
	TrustedProxies []netip.Prefix
	// Pages is mounted at /; the gateway adds the security headers. nil = 404.
	Pages http.Handler
	// Observer hears what happened.
	Observer Observer

	HelloWait         time.Duration // from the upgrade to a complete hello: 10 s, then 4408
	HelloBytes        int           // of the first frame: 16 KiB, then 4400
	ResumeStreams     int           // named in one hello: 200, then 4400
	PendingPerAddress int           // sockets of one source address before their hello: 50, then HTTP 429
	Handshakes        int           // admitted per second on this node, twice as many at once: 2,000, then HTTP 503 with Retry-After
	ConnectionsMax    int           // TCP connections of the listener: 50,000, then 503 and closed

	FrameBytes    int // of one frame, both ways: 64 KiB, then 1009, as soon as a header announces more
	Fragments     int // WebSocket fragments of one frame: 1,024, then 1009
	TextRunes     int // of one message: 10,000, then too_large
	JSONDepth     int // nesting of a frame or body: 16, then bad_request
	JSONMembers   int // of one object in a frame: 256, then bad_request
	BodyBytes     int // of an HTTP body: 1 MiB, then too_large
	HeaderBytes   int // of an HTTP request: 16 KiB, then 431
	HistoryEvents int // in one page: 100

	AgentCommands    float64 // per second and connection: 20, then rate_limited
	AgentBurst       float64 // 40
	VisitorCommands  float64 // per second and customer, over all its connections: 5, then rate_limited
	VisitorBurst     float64 // 10
	VisitorMessages  float64 // message.send per second and customer: 1, then rate_limited
	MessageBurst     float64 // 5
	Strikes          float64 // refusals for rate on one connection of an account, or of one customer on all, forgiven at a tenth per second: 20, then 4429
	Pings            float64 // WebSocket pings and pongs per second: 10, twice as many at once, then 4429
	AgentInFlight    int     // commands of a connection not yet answered: 32, then rate_limited
	VisitorInFlight  int     // 8, then rate_limited
	NodeCommands     int     // commands of the node not yet answered: 16,384, then unavailable
	NodeBytes        int64   // bytes of the node not yet on the disk: 64 MiB, then unavailable
	NewRoomShare     float64 // share of the two above at which room.start is refused, so that open rooms go before new ones: 0.9
	CustomersTracked int     // customers, addresses or accounts with a bucket each: 200,000; beyond it newcomers wait

	OutboxFrames  int           // waiting for one connection: 256
	OutboxBytes   int           // 1 MiB
	SlowAfter     time.Duration // head durable frame blocked: 5 s, then 4508
	WriteDeadline time.Duration // a write blocked: 10 s, then the connection is cut
	CloseWait     time.Duration // for the peer's answer to a close: 5 s
	ReplayEvents  uint64        // per stream: 500, then stream.reset
	ReplayAge     time.Duration // 7 days, then stream.reset
	Replays       int           // at the same time on the node: 4 x GOMAXPROCS; others wait, with welcome sent
	BoardInterval time.Duration // between two deltas: 500 ms
	BoardRooms    int           // of the line shown in queue/: the 256 that wait longest

	Heartbeat   time.Duration // between pings: 25 s, each ± 10 %
	PongWait    time.Duration // from a ping to any frame: 10 s, then the connection is cut
	MessageWait time.Duration // from the first fragment of a frame to its last: 30 s, then the connection is cut
	SweepEvery  time.Duration // of the watchdog: 500 ms
	AuthWarning time.Duration // auth.expiring before the expiry: 60 s
	AuthGrace   time.Duration // after the expiry until 4401: 5 s
	DrainWindow time.Duration // from goaway to 4503, and the window clients are told: 8 s
	DrainFinish time.Duration // for commands in flight after that: 2 s

	VisitorLife      time.Duration // of a visitor's token: 1 h
	VisitorRenew     time.Duration // after its expiry an old token still renews itself: 30 days
	VisitorTokens    float64       // visitor-tokens per second and address: 50, then 429
	VisitorTokenRun  float64       // at once: 500
	SessionLife      time.Duration // of a login: 12 h
	LoginsPerAccount float64       // failed logins per minute and account: 2, then 429
	LoginsPerAddress float64       // and address: 20, then 429
	LoginBurst       float64       // failures at once, per account: 10; per address ten times as many
	PasswordWorkers  int           // argon2id at the same time: half of GOMAXPROCS, at least 1
	PasswordQueue    int           // waiting for one: 64, then unavailable
	PasswordMemory   uint32        // argon2id KiB: 19,456
	PasswordTime     uint32        // argon2id passes: 2
	VisitorUploads   float64       // files per day and customer: 100, as many at once, then rate_limited
	AccountUploads   float64       // files per day and account: 2,000, as many at once, then rate_limited
	ImageWorkers     int           // images drawn anew at the same time, up to 100 MB each: half of GOMAXPROCS, at least 1
	ImageQueue       int           // uploads beside them that are read or wait, up to 2 MiB each: 64, then unavailable
	Exports          float64       // files of reports per hour and account: 60, then rate_limited
	ExportBurst      float64       // at once: 20
	ExportWorkers    int           // files made at the same time, each up to 48 MiB: 4, then unavailable
	TempDir          string        // for files of reports that do not fit into memory: the system's
	AnswerWait       time.Duration // of an HTTP request for its answer: 15 s, then unavailable
	HeaderWait       time.Duration // for a request's header: 5 s
	BodyWait         time.Duration // for a whole request: 15 s
	IdleWait         time.Duration // between two requests: 60 s
}

// DefaultConfig is the contract's table of limits (protocol.md section 4), without a key.
func DefaultConfig() Config {
	c := Config{AllowNoOrigin: true}
	c.fill()
	return c
}

func or[T comparable](v *T, value T) {
	var zero T
	if *v == zero {
		*v = value
	}
}

func (c *Config) fill() {
	or(&c.HelloWait, 10*time.Second)
	or(&c.HelloBytes, 16<<10)
	or(&c.ResumeStreams, 200)
	or(&c.PendingPerAddress, 50)
	or(&c.Handshakes, 2000)
	or(&c.ConnectionsMax, 50_000)
	or(&c.FrameBytes, 64<<10)
	or(&c.Fragments, 1024)
	or(&c.TextRunes, 10_000)
	or(&c.JSONDepth, 16)
	or(&c.JSONMembers, 256)
	or(&c.BodyBytes, 1<<20)
	or(&c.HeaderBytes, 16<<10)
	or(&c.HistoryEvents, 100)
	or(&c.AgentCommands, 20)
	or(&c.AgentBurst, 40)
	or(&c.VisitorCommands, 5)
	or(&c.VisitorBurst, 10)
	or(&c.VisitorMessages, 1)
	or(&c.MessageBurst, 5)
	or(&c.Strikes, 20)
	or(&c.Pings, 10)
	or(&c.AgentInFlight, 32)
	or(&c.VisitorInFlight, 8)
	or(&c.NodeCommands, 16_384)
	or(&c.NodeBytes, 64<<20)
	or(&c.NewRoomShare, 0.9)
	or(&c.CustomersTracked, 200_000)
	or(&c.OutboxFrames, 256)
	or(&c.OutboxBytes, 1<<20)
	or(&c.SlowAfter, 5*time.Second)
	or(&c.WriteDeadline, 10*time.Second)
	or(&c.CloseWait, 5*time.Second)
	or(&c.ReplayEvents, 500)
	or(&c.ReplayAge, 7*24*time.Hour)
	or(&c.Replays, 4*runtime.GOMAXPROCS(0))
	or(&c.BoardInterval, 500*time.Millisecond)
	or(&c.BoardRooms, 256)
	or(&c.Heartbeat, 25*time.Second)
	or(&c.PongWait, 10*time.Second)
	or(&c.MessageWait, 30*time.Second)
	or(&c.SweepEvery, 500*time.Millisecond)
	or(&c.AuthWarning, time.Minute)
	or(&c.AuthGrace, 5*time.Second)
	or(&c.DrainWindow, 8*time.Second)
	or(&c.DrainFinish, 2*time.Second)
	or(&c.VisitorLife, time.Hour)
	or(&c.VisitorRenew, 30*24*time.Hour)
	or(&c.VisitorTokens, 50)
	or(&c.VisitorTokenRun, 500)
	or(&c.SessionLife, 12*time.Hour)
	or(&c.LoginsPerAccount, 2)
	or(&c.LoginsPerAddress, 20)
	or(&c.LoginBurst, 10)
	or(&c.PasswordWorkers, max(1, runtime.GOMAXPROCS(0)/2))
	or(&c.PasswordQueue, 64)
	or(&c.PasswordMemory, 19_456)
	or(&c.PasswordTime, 2)
	or(&c.VisitorUploads, 100)
	or(&c.AccountUploads, 2000)
	or(&c.ImageWorkers, max(1, runtime.GOMAXPROCS(0)/2))
	or(&c.ImageQueue, 64)
	or(&c.Exports, 60)
	or(&c.ExportBurst, 20)
	or(&c.ExportWorkers, 4)
	or(&c.AnswerWait, 15*time.Second)
	or(&c.HeaderWait, 5*time.Second)
	or(&c.BodyWait, 15*time.Second)
	or(&c.IdleWait, 60*time.Second)
	if c.TLS != nil {
		c.Secure = true
	}
	c.Observer = c.Observer.filled()
}

// Validate checks what defaults cannot mend, and says everything at once.
func (c *Config) Validate() error {
	var errs []error
	if len(c.SigningKey) < 32 {
		errs = append(errs, errors.New("gateway: SigningKey needs at least 32 bytes"))
	}
	for _, o := range c.Origins {
		if canonicalOrigin(o) != o {
			errs = append(errs, fmt.Errorf("gateway: origin %q is not scheme://host[:port] in lower case", o))
		}
	}
	if c.HelloBytes > c.FrameBytes {
		errs = append(errs, errors.New("gateway: HelloBytes exceeds FrameBytes"))
	}
	if c.SlowAfter > c.WriteDeadline {
		errs = append(errs, errors.New("gateway: SlowAfter exceeds WriteDeadline"))
	}
	if c.PasswordMemory < 8 {
		errs = append(errs, errors.New("gateway: PasswordMemory is below argon2id's least"))
	}
	return errors.Join(errs...)
}
