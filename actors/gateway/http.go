package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"

	"switchyard/protocol"
)

// call is one request of the HTTP surface, checked: who asks, for which site, with which body.
type call struct {
	g      *Gateway
	r      *http.Request
	w      http.ResponseWriter
	who    *identity
	caller protocol.Caller
	facts  *protocol.SiteFacts
	site   protocol.SiteID
	body   fields
	whole  bool // a report is asked for as a file: whole, not page by page
}

// route is one method of one path.
type route struct {
	act  string // the row of permits; "" = open to strangers
	body bool   // takes a JSON object
	do   func(*call) (status int, body []byte, rej *protocol.Rejection)
}

// routes is the table of the HTTP surface (protocol.md section 9).
func (g *Gateway) routes() http.Handler {
	mux := http.NewServeMux()
	at := func(path string, methods map[string]route) {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			m, ok := methods[r.Method]
			if !ok {
				allowed := make([]string, 0, len(methods))
				for name := range methods {
					allowed = append(allowed, name)
				}
				slices.Sort(allowed)
				w.Header().Set("Allow", strings.Join(allowed, ", "))
				g.problem(w, http.StatusMethodNotAllowed, protocol.Reject(protocol.BadRequest, "the method is not served here"))
				return
			}
			g.serve(w, r, m)
		})
	}
	const site = "/v1/sites/{site}/"
	at(site+"visitor-tokens", map[string]route{"POST": {body: true, do: (*call).visitorToken}, "OPTIONS": {do: (*call).preflight}})
	at("/v1/sessions", map[string]route{"POST": {body: true, do: (*call).login}, "DELETE": {act: "session", do: (*call).logout}})
	at("/v1/setup", map[string]route{"POST": {body: true, do: (*call).firstRun}})
	at("/v1/setup/check", map[string]route{"POST": {body: true, do: (*call).checkSetup}})
	at("/v1/commands", map[string]route{"POST": {act: "session", body: true, do: (*call).command}})
	at(site+"settings", map[string]route{"GET": {act: "settings.read", do: (*call).settings}, "PATCH": {act: "settings.change", body: true, do: (*call).changeSettings}})
	at(site+"settings/preview", map[string]route{"POST": {act: "settings.read", body: true, do: (*call).previewSettings}})
	at(site+"audit", map[string]route{"GET": {act: "audit.list", do: (*call).audit}})
	at(site+"channels", map[string]route{"GET": {act: "channels.list", do: (*call).channels}, "POST": {act: "channels.save", body: true, do: (*call).createChannel}})
	at(site+"channels/{id}", map[string]route{"PATCH": {act: "channels.save", body: true, do: (*call).changeChannel}})
	at(site+"files", map[string]route{"POST": {act: "files.save", do: (*call).saveFile}})
	at(site+"files/{file}", map[string]route{"GET": {act: "files.view", do: (*call).file}})
	at(site+"desk", map[string]route{"GET": {act: "desk.read", do: (*call).desk}})
	at(site+"accounts", map[string]route{"GET": {act: "accounts.list", do: (*call).accounts}, "POST": {act: "accounts.save", body: true, do: (*call).createAccount}})
	at(site+"accounts/{id}", map[string]route{"GET": {act: "accounts.list", do: (*call).account}, "PATCH": {act: "accounts.save", body: true, do: (*call).changeAccount}})
	at(site+"accounts/{id}/password", map[string]route{"POST": {act: "password.change", body: true, do: (*call).changePassword}})
	at(site+"accounts/{id}/sessions", map[string]route{"GET": {act: "sessions.list", do: (*call).sessions}, "DELETE": {act: "sessions.change", do: (*call).endSessions}})
	at(site+"accounts/{id}/sessions/{session}", map[string]route{"DELETE": {act: "sessions.change", do: (*call).endSessions}})
	at(site+"categories", map[string]route{"GET": {act: "categories.list", do: (*call).categories}, "POST": {act: "categories.save", body: true, do: (*call).createCategory}})
	at(site+"categories/{id}", map[string]route{"PATCH": {act: "categories.save", body: true, do: (*call).changeCategory}})
	at(site+"bots", map[string]route{"GET": {act: "bots.list", do: (*call).bots}, "POST": {act: "bots.save", body: true, do: (*call).createBot}})
	at(site+"bots/{id}", map[string]route{"GET": {act: "bots.list", do: (*call).bot}, "PATCH": {act: "bots.save", body: true, do: (*call).changeBot}})
	at(site+"bots/{id}/scenario", map[string]route{"GET": {act: "bots.list", do: (*call).exportScenario}})
	at(site+"bots/{id}/validate", map[string]route{"POST": {act: "bots.save", body: true, do: (*call).validateScenario}})
	at(site+"bots/{id}/try", map[string]route{"POST": {act: "bots.save", body: true, do: (*call).tryScenario}})
	at(site+"holidays", map[string]route{"GET": {act: "holidays.list", do: (*call).holidays}, "POST": {act: "holidays.save", body: true, do: (*call).saveHoliday}})
	at(site+"holidays/{date}", map[string]route{"PATCH": {act: "holidays.save", body: true, do: (*call).saveHoliday}, "DELETE": {act: "holidays.save", do: (*call).removeHoliday}})
	at(site+"days", map[string]route{"GET": {act: "days.list", do: (*call).days}, "POST": {act: "days.save", body: true, do: (*call).saveDay}})
	at(site+"rooms", map[string]route{"GET": {act: "rooms.list", do: (*call).rooms}})
	at(site+"rooms/{room}", map[string]route{"GET": {act: "rooms.view", do: (*call).room}})
	at(site+"rooms/{room}/explain", map[string]route{"GET": {act: "rooms.explain", do: (*call).explain}})
	at(site+"templates", map[string]route{"GET": {act: "templates.list", do: (*call).templates}, "POST": {act: "templates.save", body: true, do: (*call).createTemplate}})
	at(site+"templates/{id}", map[string]route{"GET": {act: "templates.list", do: (*call).template}, "PATCH": {act: "templates.save", body: true, do: (*call).changeTemplate}, "DELETE": {act: "templates.save", do: (*call).removeTemplate}})
	at(site+"reports/ledger", map[string]route{"GET": {act: "ledger.list", do: (*call).ledger}})
	at(site+"reports/ledger.csv", map[string]route{"GET": {act: "ledger.list", do: (*call).ledgerFile}})
	at(site+"reports/ledger.xlsx", map[string]route{"GET": {act: "ledger.list", do: (*call).ledgerFile}})
	at(site+"ledger/top-ups", map[string]route{"POST": {act: "ledger.save", body: true, do: (*call).topUp}})
	at(site+"ledger/items", map[string]route{"POST": {act: "ledger.save", body: true, do: (*call).postItem}})
	at(site+"webhooks", map[string]route{"GET": {act: "webhooks.list", do: (*call).webhooks}, "POST": {act: "webhooks.save", body: true, do: (*call).createWebhook}})
	at(site+"webhooks/{id}", map[string]route{"PATCH": {act: "webhooks.save", body: true, do: (*call).changeWebhook}})
	at(site+"webhooks/{id}/deliveries", map[string]route{"GET": {act: "webhooks.list", do: (*call).deliveries}})
	at(site+"webhooks/{id}/resend", map[string]route{"POST": {act: "webhooks.save", body: true, do: (*call).resend}})
	at(site+"requests", map[string]route{"GET": {act: "requests.list", do: (*call).requests}})
	at(site+"keys", map[string]route{"GET": {act: "keys.list", do: (*call).keys}, "POST": {act: "keys.save", body: true, do: (*call).createKey}})
	at(site+"keys/{id}", map[string]route{"DELETE": {act: "keys.save", do: (*call).revokeKey}})
	at(site+"live", map[string]route{"GET": {act: "live.view", do: (*call).liveView}})
	at(site+"reports/dashboard", map[string]route{"GET": {act: "reports.view", do: (*call).report}})
	at(site+"reports/consultations", map[string]route{"GET": {act: "reports.view", do: (*call).report}})
	at(site+"reports/sqi", map[string]route{"GET": {act: "reports.view", do: (*call).report}})
	at(site+"reports/journey", map[string]route{"GET": {act: "reports.view", do: (*call).report}})
	at(site+"reports/{file}", map[string]route{"GET": {act: "reports.view", do: (*call).reportFile}})
	at(site+"customers", map[string]route{"GET": {act: "customers.list", do: (*call).blockedCustomers}})
	at(site+"customers/{key}", map[string]route{"GET": {act: "customers.view", do: (*call).customer}, "PATCH": {act: "customers.edit", body: true, do: (*call).editCustomer}, "DELETE": {act: "customers.erase", do: (*call).eraseCustomer}})
	at(site+"customers/{key}/id", map[string]route{"POST": {act: "customers.edit", body: true, do: (*call).changeCustomerID}})
	at(site+"customers/{key}/verification", map[string]route{"POST": {act: "customers.verify", body: true, do: (*call).verifyCustomer}})
	at(site+"customers/{key}/history", map[string]route{"GET": {act: "customers.view", do: (*call).customerHistory}})
	mux.HandleFunc("/v1/ws", func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			w.Header().Set("Allow", "GET")
			g.problem(w, http.StatusMethodNotAllowed, protocol.Reject(protocol.BadRequest, "the method is not served here"))
			return
		}
		g.serveSocket(w, r)
	})
	mux.HandleFunc("/v1/", func(w http.ResponseWriter, r *http.Request) { g.problem(w, 404, notFound) })
	mux.HandleFunc("/", g.servePages)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.secure(w.Header())
		if !g.goodHost(r) {
			g.problem(w, http.StatusMisdirectedRequest, protocol.Reject(protocol.BadRequest, "unknown host"))
			return
		}
		if len(r.URL.RawQuery) > queryBytesMax {
			g.problem(w, http.StatusRequestURITooLong, protocol.Reject(protocol.TooLarge, "the query is too long"))
			return
		}
		mux.ServeHTTP(w, r)
	})
}

const queryBytesMax = 4 << 10

// secure sets the headers of every answer; pages may relax the cache.
func (g *Gateway) secure(h http.Header) {
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	if g.cfg.Secure {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// servePages mounts Config.Pages under a policy without inline code. Who may frame a page is
// every page's own business but the consoles' is nobody's: only paths under /widget may be framed,
// by the origins of the sites.
func (g *Gateway) servePages(w http.ResponseWriter, r *http.Request) {
	if g.cfg.Pages == nil {
		g.problem(w, 404, notFound)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		g.problem(w, http.StatusMethodNotAllowed, protocol.Reject(protocol.BadRequest, "the method is not served here"))
		return
	}
	ancestors := "'none'"
	if r.URL.Path == "/widget" || strings.HasPrefix(r.URL.Path, "/widget/") {
		ancestors = "'self'"
		if f := g.facts(protocol.SiteID(r.URL.Query().Get("site"))); f != nil {
			for _, o := range f.Settings.Origins {
				if canonicalOrigin(o) == o {
					ancestors += " " + o
				}
			}
		}
	}
	w.Header().Set("Content-Security-Policy", "default-src 'self'; connect-src 'self'; img-src 'self' blob: data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors "+ancestors)
	g.cfg.Pages.ServeHTTP(w, r)
}

// serve does one call: authentication, permission, body, act, answer.
func (g *Gateway) serve(w http.ResponseWriter, r *http.Request, m route) {
	c := &call{g: g, r: r, w: w, site: protocol.SiteID(r.PathValue("site"))}
	rej := c.check(m)
	status, body := 0, []byte(nil)
	if rej == nil {
		status, body, rej = m.do(c)
	}
	if rej != nil {
		g.problem(w, rej.Code.Status(), rej)
		return
	}
	if status == 0 { // answered already
		return
	}
	if body == nil {
		w.WriteHeader(status)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(body)
}

var tokenNames = []string{"token", "access_token", "id_token", "auth", "authorization", "session", "password", "api_key"}

func (c *call) check(m route) *protocol.Rejection {
	for name := range c.r.URL.Query() {
		if slices.Contains(tokenNames, strings.ToLower(name)) {
			return protocol.Reject(protocol.BadRequest, "no credentials in an address")
		}
	}
	if m.act != "" {
		if rej := c.authenticate(); rej != nil {
			return rej
		}
		if c.site != "" && c.site != c.caller.Site {
			return notFound
		}
		c.site = c.caller.Site
		if m.act != "session" {
			if rej := may(m.act, c.caller.Role); rej != nil {
				return rej
			}
			if c.who.key && slices.Contains(keysMayNot, m.act) && c.r.Method != http.MethodGet {
				return protocol.Reject(protocol.Forbidden, "not with a key: it needs a login")
			}
		}
	}
	if m.body {
		return c.readBody()
	}
	return nil
}

// authenticate finds the caller: by token, or by cookie, which a write must accompany with a
// header that no other page can send.
func (c *call) authenticate() *protocol.Rejection {
	token, has := bearerToken(c.r)
	if has && strings.HasPrefix(token, keyPrefix) {
		c.who = c.g.keyIdentity(token)
	} else if has {
		c.who, _ = c.g.authenticate(token)
	} else if c.who = c.g.cookieIdentity(c.r); c.who != nil && c.r.Method != http.MethodGet && c.r.Method != http.MethodHead {
		origin, sent := originOf(c.r)
		if c.r.Header.Get(CSRFHeader) == "" || sent && !c.g.ownOrigin(c.r, origin) {
			return protocol.Reject(protocol.Forbidden, "a write with the cookie needs the header "+CSRFHeader)
		}
	}
	if c.who == nil {
		return errUnauthenticated
	}
	var ok bool
	if c.caller, c.facts, ok = c.g.caller(c.who); !ok {
		return errUnauthenticated
	}
	return nil
}

// readBody reads the JSON object of a write, as strictly as a frame.
func (c *call) readBody() *protocol.Rejection {
	kind, params, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" || params["charset"] != "" && !strings.EqualFold(params["charset"], "utf-8") {
		return protocol.Reject(protocol.UnsupportedType, "the body must be application/json")
	}
	if c.r.Header.Get("Content-Encoding") != "" {
		return protocol.Reject(protocol.UnsupportedType, "the body may not be encoded")
	}
	b, err := io.ReadAll(http.MaxBytesReader(c.w, c.r.Body, int64(c.g.cfg.BodyBytes)))
	if err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return protocol.Reject(protocol.TooLarge, "the body is too large")
		}
		return protocol.Reject(protocol.BadRequest, "the body cannot be read")
	}
	if !validText(b) {
		return protocol.Reject(protocol.BadRequest, "the body is not UTF-8")
	}
	if rej := checkJSON(b, c.g.cfg.JSONDepth, 4*c.g.cfg.JSONMembers); rej != nil {
		return rej
	}
	c.body = fields{used: make(map[string]bool)}
	c.body.raws = b
	if json.Unmarshal(b, &c.body.m) != nil {
		return protocol.Reject(protocol.BadRequest, "not JSON")
	}
	return nil
}

// put puts the caller's command to an actor and waits for the answer.
func (c *call) put(to protocol.Address, body protocol.Body) (protocol.Result, *protocol.Rejection) {
	id, rej := c.clientID()
	if rej != nil {
		return nil, rej
	}
	return c.putAs(id, to, body)
}

// putAs is put, with the write's own name at hand.
func (c *call) putAs(id protocol.ClientID, to protocol.Address, body protocol.Body) (protocol.Result, *protocol.Rejection) {
	if rej := c.g.admit(body); rej != nil {
		return nil, rej
	}
	began := c.g.engine.Now()
	res, rej := c.g.ask(c.context(), to, body, c.caller, id, c.facts)
	c.g.obs.Command(body.CommandName(), c.g.engine.Now().Sub(began))
	if repeated(res) {
		c.g.obs.Repeated()
	}
	return res, rej
}

func (c *call) context() context.Context { return c.r.Context() }

// clientID is the Idempotency-Key, if there is one.
func (c *call) clientID() (protocol.ClientID, *protocol.Rejection) {
	key := c.r.Header.Get("Idempotency-Key")
	if key != "" && !validClientID(key) {
		return "", protocol.RejectField(protocol.BadRequest, "Idempotency-Key", "must be 10 to 36 printable characters")
	}
	return protocol.ClientID(key), nil
}

// problem writes a refusal as RFC 9457 wants it, with the code of the contract.
func (g *Gateway) problem(w http.ResponseWriter, status int, rej *protocol.Rejection) {
	g.obs.Rejected(rej.Code.String())
	j := protocol.JSON{}
	j.Open()
	j.Str("type", "about:blank")
	j.Str("title", http.StatusText(status))
	j.Int("status", int64(status))
	appendRejection(&j, rej)
	j.Close()
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	if rej.RetryAfter > 0 {
		h.Set("Retry-After", retryAfter(rej.RetryAfter))
	}
	if status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", "Bearer")
	}
	w.WriteHeader(status)
	w.Write(j.B)
}
