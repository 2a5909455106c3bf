package gateway

import (
	"context"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/coder/websocket"

	"switchyard/protocol"
)

// Subprotocol is the one version of the contract that is served.
const Subprotocol = "switchyard.v1.json"

// refusedHandshake is an answer without an upgrade. The text never repeats what was sent.
type refusedHandshake struct {
	status int
	reason string // a label
	rej    *protocol.Rejection
}

// handshake checks everything that can be checked before a socket exists: version, Host,
// query, Origin, and credentials if there are any.
func (g *Gateway) handshake(r *http.Request) (origin string, header *identity, no *refusedHandshake) {
	if !slices.Contains(headerTokens(r.Header, "Sec-Websocket-Protocol"), Subprotocol) {
		return "", nil, &refusedHandshake{400, "subprotocol", protocol.Reject(protocol.BadRequest, "offer the subprotocol "+Subprotocol)}
	}
	site := ""
	for name, values := range r.URL.Query() {
		if name != "site" || len(values) != 1 || !validSite(values[0]) {
			return "", nil, &refusedHandshake{400, "query", protocol.Reject(protocol.BadRequest, "the address takes nothing but ?site=; a token belongs into hello")}
		}
		site = values[0]
	}
	forbidden := &refusedHandshake{403, "origin", protocol.Reject(protocol.Forbidden, "the origin is not allowed")}
	origin, sent := originOf(r)
	bearer, hasBearer := bearerToken(r)
	if hasBearer {
		if header, _ = g.authenticate(bearer); header == nil {
			return "", nil, &refusedHandshake{401, "token", errUnauthenticated}
		}
	}
	switch {
	case !sent:
		if header == nil && !g.cfg.AllowNoOrigin {
			forbidden.reason = "no_origin"
			return "", nil, forbidden
		}
	case origin == "":
		return "", nil, forbidden
	case g.ownOrigin(r, origin):
		if header == nil { // the cookie is the consoles', and only they are pages of ours
			header = g.cookieIdentity(r)
		}
	case site != "" && g.siteOrigin(protocol.SiteID(site), origin), site == "" && g.anySiteOrigin(origin):
	default:
		return "", nil, forbidden
	}
	return origin, header, nil
}

// errUnauthenticated is the one text for whatever is wrong with a token.
var errUnauthenticated = protocol.Reject(protocol.Unauthenticated, "the token is not valid")

// serveSocket upgrades GET /v1/ws.
func (g *Gateway) serveSocket(w http.ResponseWriter, r *http.Request) {
	refuse := func(no *refusedHandshake) {
		g.obs.HandshakeRefused(no.reason)
		g.problem(w, no.status, no.rej)
	}
	origin, header, no := g.handshake(r)
	if no != nil {
		refuse(no)
		return
	}
	address := g.address(r)
	now := time.Now()
	g.mu.Lock()
	switch {
	case g.draining:
		no = &refusedHandshake{503, "draining", &protocol.Rejection{Code: protocol.Unavailable, Text: "draining", RetryAfter: time.Second}}
	case g.pending[address] >= g.cfg.PendingPerAddress:
		no = &refusedHandshake{429, "address", limited(time.Second)}
	default:
		if wait := g.handshakes.admit(rate{float64(g.cfg.Handshakes), 2 * float64(g.cfg.Handshakes)}, now, rand.Float64()); wait > 0 {
			no = &refusedHandshake{503, "rate", &protocol.Rejection{Code: protocol.Unavailable, Text: "too many handshakes", RetryAfter: wait}}
		} else {
			g.pending[address]++
		}
	}
	g.mu.Unlock()
	if no != nil {
		refuse(no)
		return
	}
	var c *connection
	w.Header().Del("Content-Type")
	hijack := &corker{ResponseWriter: w, sizeMax: g.cfg.FrameBytes, fragmentsMax: g.cfg.Fragments}
	ws, err := websocket.Accept(hijack, r, &websocket.AcceptOptions{
		Subprotocols:       []string{Subprotocol},
		InsecureSkipVerify: true, // handshake has compared the Origin exactly; the library would fold case and know no site
		CompressionMode:    websocket.CompressionDisabled,
		OnPingReceived:     func(context.Context, []byte) bool { return c.ping() },
		OnPongReceived:     func(context.Context, []byte) { c.ping() },
	})
	if err != nil {
		g.unpend(address)
		g.obs.HandshakeRefused("upgrade")
		return
	}
	ws.SetReadLimit(int64(g.cfg.FrameBytes))
	c = g.connect(ws, hijack.conn, address, origin, header)
	c.ownPage = g.ownOrigin(r, origin)
	g.mu.Lock()
	g.conns[c] = struct{}{}
	draining := g.draining
	g.mu.Unlock()
	if draining { // it came between the check and now
		c.end(closing{code: closeDraining, reason: "draining"})
	}
	// A goroutine of our own lets net/http's go, with its stack and its share of the buffers.
	if !g.spawn(c.read) {
		c.cut() // the node is leaving
	}
}

// ping counts the library's pings, and pongs that nobody asked for; called by the reader.
func (c *connection) ping() bool {
	if c.pings.take(c.pingRate(), time.Now()) > 0 {
		c.end(tooMany(0))
		return false
	}
	c.heard.Store(time.Now().UnixNano())
	return true
}

func (g *Gateway) unpend(address string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.pending[address]--; g.pending[address] <= 0 {
		delete(g.pending, address)
	}
}

func headerTokens(h http.Header, name string) []string {
	var all []string
	for _, v := range h.Values(name) {
		for t := range strings.SplitSeq(v, ",") {
			all = append(all, strings.TrimSpace(t))
		}
	}
	return all
}

// bearerToken reads the Authorization header; has says that there is one, good or not.
func bearerToken(r *http.Request) (token string, has bool) {
	all := r.Header.Values("Authorization")
	if len(all) == 0 {
		return "", false
	}
	if len(all) > 1 || len(all[0]) < 7 || !strings.EqualFold(all[0][:7], "bearer ") {
		return "", true
	}
	return all[0][7:], true
}

func retryAfter(d time.Duration) string {
	return strconv.Itoa(int((d + time.Second - 1) / time.Second))
}
