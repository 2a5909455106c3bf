package gateway

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"switchyard/protocol"
)

// The first run. A node without a site prints a link to its operator; whoever has it makes the first site with its
// administrator, once. The token is 256 random bits, the gateway keeps its hash, in memory only: a restart makes another one,
// and there is none once a site exists. To everybody without it there is nothing here.

// FirstSite is what the first run makes.
type FirstSite struct {
	Site     protocol.SiteID
	Name     string             // 1-60 characters
	Account  protocol.AccountID // of the administrator
	Person   string             // the administrator's name, 1-60 characters
	Password string             // its argon2id string
	Language string             // ko or en
	TimeZone string             // an IANA name
	Demo     bool               // agents, templates and a bot to play with
}

// FirstLogin is an account that was made to play with, and its password, which is shown once.
type FirstLogin struct {
	Account  protocol.AccountID
	Password string
}

const setupPrefix = "v1.setup."

// setup is the state of the link.
type setup struct {
	mu   sync.Mutex
	hash [32]byte // of the token
	open bool     // somebody may use it
	busy bool     // somebody does
}

// OpenSetup makes the token of the first run and gives it: what stands behind # in the link. A token before it is dead.
func (g *Gateway) OpenSetup() string {
	var b [32]byte
	rand.Read(b[:])
	token := setupPrefix + b64.EncodeToString(b[:])
	g.setup.mu.Lock()
	defer g.setup.mu.Unlock()
	g.setup.hash, g.setup.open, g.setup.busy = sha256.Sum256([]byte(token)), true, false
	return token
}

// fits says whether the token opens the first run.
func (s *setup) fits(token string) bool {
	hash := sha256.Sum256([]byte(token))
	s.mu.Lock()
	defer s.mu.Unlock()
	return subtle.ConstantTimeCompare(hash[:], s.hash[:]) == 1 && s.open
}

// begin takes the link for one attempt; another one at the same time is refused.
func (s *setup) begin(token string) *protocol.Rejection {
	if !s.fits(token) {
		return notFound
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.busy {
		return &protocol.Rejection{Code: protocol.Unavailable, Text: "the first run is being done", RetryAfter: time.Second}
	}
	s.busy = true
	return nil
}

// end gives the link back, or closes it for good.
func (s *setup) end(done bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.busy = false
	if done {
		s.open, s.hash = false, [32]byte{}
	}
}

// setupToken reads the token of the body and counts the attempt against its address, as a login's.
func (c *call) setupToken() (token, address string, rej *protocol.Rejection) {
	if origin, sent := originOf(c.r); sent && !c.g.ownOrigin(c.r, origin) {
		return "", "", protocol.Reject(protocol.Forbidden, "the origin is not allowed")
	}
	token = c.body.need("token", 256)
	address = c.g.address(c.r)
	if wait := c.g.addressLogins.take(address, time.Now()); wait > 0 {
		return "", "", limited(wait)
	}
	return token, address, nil
}

// checkSetup says whether the link still leads anywhere.
func (c *call) checkSetup() (int, []byte, *protocol.Rejection) {
	token, address, rej := c.setupToken()
	if rej == nil {
		rej = c.body.done()
	}
	if rej != nil {
		return 0, nil, rej
	}
	if !c.g.setup.fits(token) {
		return 0, nil, notFound
	}
	c.g.addressLogins.give(address)
	return http.StatusNoContent, nil, nil
}

// firstRun makes the first site. A bad value leaves the link as it is; success closes it.
func (c *call) firstRun() (int, []byte, *protocol.Rejection) {
	token, address, rej := c.setupToken()
	if rej != nil {
		return 0, nil, rej
	}
	if !c.g.setup.fits(token) { // before anything is said about the rest of the body
		return 0, nil, notFound
	}
	c.g.addressLogins.give(address)
	f := &c.body
	s := FirstSite{
		Site: protocol.SiteID(f.text("site", 64)), Name: strings.TrimSpace(f.runes("name", 60)), Account: protocol.AccountID(f.text("account", 64)), Person: strings.TrimSpace(f.runes("person", 60)),
		Language: f.text("language", 8), TimeZone: f.text("time_zone", 64), Demo: f.truth("demo"),
	}
	password := f.text("password", passwordBytesMax)
	for _, x := range []struct {
		name, why string
		ok        bool
	}{
		{"site", "must be 1 to 32 of a-z 0-9 -", validSite(string(s.Site))},
		{"name", "must have 1 to 60 characters", s.Name != ""},
		{"account", "must be 1 to 40 of a-z 0-9 . _ -", validAccount(string(s.Account))},
		{"person", "must have 1 to 60 characters", s.Person != ""},
		{"password", "must have at least 8 characters", utf8.RuneCountInString(password) >= passwordRunesMin},
	} {
		if !x.ok {
			f.refuse(x.name, x.why)
		}
	}
	if rej := f.done(); rej != nil {
		return c.unprocessable(rej)
	}
	if rej := c.g.setup.begin(token); rej != nil {
		return 0, nil, rej
	}
	done := false
	defer func() { c.g.setup.end(done) }()
	if s.Password, rej = c.g.hash.Hash(c.context(), password); rej != nil {
		return 0, nil, rej
	}
	made, rej := c.g.engine.FirstSite(context.WithoutCancel(c.context()), s)
	if rej != nil {
		return c.unprocessable(rej)
	}
	done = true
	j := protocol.JSON{}
	j.Open()
	j.Str("site", string(s.Site))
	j.Str("account", string(s.Account))
	j.Key("accounts")
	j.B = append(j.B, '[')
	for _, x := range made {
		listComma(&j)
		j.Open()
		j.Str("account", string(x.Account))
		j.Str("password", x.Password)
		j.Close()
	}
	j.B = append(j.B, ']')
	j.Close()
	return http.StatusCreated, j.B, nil
}
