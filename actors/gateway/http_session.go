package gateway

import (
	"crypto/rand"
	"encoding/base32"
	"net/http"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"switchyard/protocol"
)

// CSRFHeader must accompany a write that is authenticated by the cookie; its value does not
// matter. A page of another origin cannot send it without our leave, which nobody gets.
const CSRFHeader = "X-Switchyard-CSRF"

// CookieName is the session cookie's name; over TLS it has the prefix that binds it to this host.
func (g *Gateway) cookieName() string {
	if g.cfg.Secure {
		return "__Host-switchyard"
	}
	return "switchyard"
}

// cookieIdentity reads the session cookie. The caller has checked the Origin where there must be one.
func (g *Gateway) cookieIdentity(r *http.Request) *identity {
	all := r.CookiesNamed(g.cookieName())
	if len(all) != 1 {
		return nil
	}
	who, _ := g.authenticate(all[0].Value)
	if who == nil || who.visitor() {
		return nil
	}
	return who
}

func (g *Gateway) setCookie(w http.ResponseWriter, value string, expires time.Time) {
	c := &http.Cookie{Name: g.cookieName(), Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: g.cfg.Secure, Expires: expires}
	if value == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

var randomName = base32.NewEncoding("abcdefghijkmnpqrstuvwxyz23456789").WithPadding(base32.NoPadding)

// visitorToken gives a token to anybody whose page may carry the site's widget: with site_uid for
// that customer (K-02: the same value is the same key), without one for a new one. A visitor
// who shows a token, even one that has expired not too long ago, stays the same customer.
func (c *call) visitorToken() (int, []byte, *protocol.Rejection) {
	g := c.g
	if wait := g.tokenRequests.take(g.address(c.r), time.Now()); wait > 0 {
		return 0, nil, limited(wait)
	}
	f := g.facts(c.site)
	if f == nil {
		return 0, nil, notFound
	}
	origin, sent := originOf(c.r)
	if sent && !g.ownOrigin(c.r, origin) {
		if !g.siteOrigin(c.site, origin) {
			return 0, nil, protocol.Reject(protocol.Forbidden, "the origin is not allowed")
		}
		// Only here may another origin read an answer of ours.
		c.w.Header().Set("Access-Control-Allow-Origin", origin)
		c.w.Header().Set("Vary", "Origin")
	}
	if !sent && !g.cfg.AllowNoOrigin {
		return 0, nil, protocol.Reject(protocol.Forbidden, "the origin is not allowed")
	}
	uid := c.body.runes("site_uid", 255)
	if strings.ContainsFunc(uid, unicode.IsControl) {
		c.body.refuse("site_uid", "has a control character")
	}
	params := roomParams(&c.body, nil)
	if rej := c.body.done(); rej != nil {
		if rej.Field == "site_uid" && utf8.RuneCountInString(uid) > 255 {
			rej.Code = protocol.TooLarge
		}
		return 0, nil, rej
	}
	now := g.engine.Now()
	claims := visitorClaims{Site: c.site, UID: uid, Params: params, From: now.Unix(), Expires: now.Add(g.cfg.VisitorLife).Unix()}
	if token, has := bearerToken(c.r); has {
		old, ok := g.readVisitor(token, now, g.cfg.VisitorRenew)
		if !ok || old.Site != c.site {
			return 0, nil, errUnauthenticated
		}
		if uid == "" {
			claims.UID, claims.Key = old.UID, old.Key
		}
		if params == nil {
			claims.Params = old.Params
		}
	}
	if claims.Key == "" {
		id := uid
		if id == "" {
			var b [16]byte
			rand.Read(b[:])
			id = randomName.EncodeToString(b[:])
		}
		claims.Key = protocol.CustomerKey(string(c.site) + "_" + id)
	}
	g.seen(c.site)
	j := protocol.JSON{}
	j.Open()
	j.Str("token", g.signVisitor(claims))
	j.Str("customer_key", string(claims.Key))
	if f := g.facts(c.site); f != nil {
		j.Str("language", f.Settings.Language)
		j.Str("time_zone", f.Settings.TimeZone)
	}
	j.Instant("expires_at", protocol.At(time.Unix(claims.Expires, 0)))
	j.Close()
	return http.StatusCreated, j.B, nil
}

// preflight lets a page that may carry the widget ask for a token.
func (c *call) preflight() (int, []byte, *protocol.Rejection) {
	origin, _ := originOf(c.r)
	if !c.g.siteOrigin(c.site, origin) {
		return 0, nil, protocol.Reject(protocol.Forbidden, "the origin is not allowed")
	}
	h := c.w.Header()
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Allow-Methods", "POST")
	h.Set("Access-Control-Allow-Headers", "content-type, authorization")
	h.Set("Vary", "Origin")
	return http.StatusNoContent, nil, nil
}

// errLogin is the one answer to every failed login, whatever was wrong.
var errLogin = protocol.Reject(protocol.Unauthenticated, "wrong site, account or password")

// login opens a session. Wrong site, account and password take the same time and get the same
// answer, and so do too many of them.
func (c *call) login() (int, []byte, *protocol.Rejection) {
	g := c.g
	site, account := protocol.SiteID(c.body.need("site", 0)), protocol.AccountID(c.body.need("account", 0))
	password := c.body.need("password", passwordBytesMax)
	if rej := c.body.done(); rej != nil {
		return 0, nil, rej
	}
	if origin, sent := originOf(c.r); sent && !g.ownOrigin(c.r, origin) { // login CSRF: only our own pages set the cookie
		return 0, nil, protocol.Reject(protocol.Forbidden, "the origin is not allowed")
	}
	now := time.Now()
	name := firstRunes(string(site), 64) + "\x00" + firstRunes(string(account), 64)
	address := g.address(c.r)
	// A place is taken before the password is looked at and given back after a good one:
	// guesses at the same time count, and who knows the password is not kept out by his own logins.
	if wait := max(g.accountLogins.take(name, now), g.addressLogins.take(address, now)); wait > 0 {
		g.obs.Login("limited")
		return 0, nil, limited(wait)
	}
	f := g.facts(site)
	stored, active := "", false
	if f != nil && validAccount(string(account)) {
		if a := f.Accounts[account]; a != nil && !a.Disabled {
			stored, active = g.engine.Password(site, account)
		}
	}
	if !active {
		stored = ""
	}
	good, rej := g.hash.Matches(c.context(), password, stored)
	if rej != nil {
		g.accountLogins.give(name)
		g.addressLogins.give(address)
		g.obs.Login("busy")
		return 0, nil, rej
	}
	if !good {
		g.obs.Login("wrong")
		return 0, nil, errLogin
	}
	g.accountLogins.give(name)
	g.addressLogins.give(address)
	token, hash := newAccountToken()
	expires := protocol.At(g.engine.Now().Add(g.cfg.SessionLife))
	a := f.Accounts[account]
	c.facts, c.caller = f, protocol.Caller{Role: a.Role, Site: site, Account: a.ID, Name: a.Name}
	if _, rej := c.put(protocol.SiteAt(site), protocol.OpenSession{Account: account, Hash: hash[:], Expires: expires}); rej != nil {
		return 0, nil, rej
	}
	g.seen(site)
	g.obs.Login("ok")
	g.setCookie(c.w, token, expires.Time())
	j := protocol.JSON{}
	j.Open()
	j.Str("token", token)
	j.Str("site", string(site))
	j.Str("account", string(account))
	j.Str("name", a.Name)
	j.Str("role", a.Role.String())
	j.Str("language", f.Settings.Language)
	j.Str("time_zone", f.Settings.TimeZone)
	j.Instant("expires_at", expires)
	j.Close()
	return http.StatusCreated, j.B, nil
}

// logout ends the session that asks; its sockets are closed by the watchdog within a second.
func (c *call) logout() (int, []byte, *protocol.Rejection) {
	if c.who.visitor() {
		return 0, nil, protocol.Reject(protocol.Forbidden, "a visitor has no session")
	}
	if c.who.key {
		return 0, nil, protocol.Reject(protocol.Forbidden, "a key has no session")
	}
	if _, rej := c.put(protocol.SiteAt(c.site), protocol.EndSession{Account: c.who.account, Hash: c.who.hash[:]}); rej != nil {
		return 0, nil, rej
	}
	c.g.setCookie(c.w, "", time.Unix(1, 0))
	return http.StatusNoContent, nil, nil
}
