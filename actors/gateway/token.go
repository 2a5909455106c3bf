package gateway

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"switchyard/protocol"
)

// Two kinds of token. A visitor's carries its claims and a signature: nothing is stored for
// a visitor. An account's is 256 random bits of which the engine knows the SHA-256, so it
// can be revoked. The name of the kind is signed too: one cannot pass for the other,
// and there is no algorithm to choose.

const (
	visitorPrefix = "v1.visitor."
	accountPrefix = "v1.account."
	tokenBytesMax = 8 << 10
)

var b64 = base64.RawURLEncoding.Strict()

// visitorClaims is what a visitor's token says. The fields are short because the token travels often.
type visitorClaims struct {
	Site    protocol.SiteID      `json:"s"`
	Key     protocol.CustomerKey `json:"k"`
	UID     string               `json:"u,omitempty"` // site_uid
	Params  []protocol.Param     `json:"p,omitempty"`
	From    int64                `json:"f"` // unix seconds
	Expires int64                `json:"e"`
}

func (g *Gateway) signVisitor(c visitorClaims) string {
	body, err := json.Marshal(c)
	if err != nil {
		panic(err) // strings and numbers
	}
	head := visitorPrefix + b64.EncodeToString(body)
	return head + "." + b64.EncodeToString(g.mac(head))
}

func (g *Gateway) mac(head string) []byte {
	m := hmac.New(sha256.New, g.cfg.SigningKey)
	m.Write([]byte(head))
	return m.Sum(nil)
}

// readVisitor checks a visitor's token; late is how long after its expiry it is still taken.
func (g *Gateway) readVisitor(token string, now time.Time, late time.Duration) (visitorClaims, bool) {
	var c visitorClaims
	if len(token) > tokenBytesMax || !strings.HasPrefix(token, visitorPrefix) {
		return c, false
	}
	dot := strings.LastIndexByte(token, '.')
	if dot < len(visitorPrefix) {
		return c, false
	}
	sum, err := b64.DecodeString(token[dot+1:])
	if err != nil || !hmac.Equal(sum, g.mac(token[:dot])) {
		return c, false
	}
	body, err := b64.DecodeString(token[len(visitorPrefix):dot])
	if err != nil || json.Unmarshal(body, &c) != nil {
		return c, false
	}
	if now.Unix() < c.From || !now.Before(time.Unix(c.Expires, 0).Add(late)) {
		return c, false
	}
	return c, true
}

// newAccountToken makes a session's token and what is stored of it.
func newAccountToken() (token string, hash [32]byte) {
	var b [32]byte
	rand.Read(b[:])
	token = accountPrefix + b64.EncodeToString(b[:])
	return token, sha256.Sum256([]byte(token))
}

// identity is who a token stands for. It does not change; what the account may do is looked up each time.
type identity struct {
	site     protocol.SiteID
	role     protocol.Role // Visitor, or the account's when it was read
	account  protocol.AccountID
	customer protocol.CustomerKey
	uid      string
	params   []protocol.Param
	hash     [32]byte // of an account's session, or of a key
	key      bool     // a machine's key: role is the most that it may do
	expires  time.Time
}

// same says whether two tokens stand for the same caller.
func (i *identity) same(o *identity) bool {
	return i.site == o.site && i.account == o.account && i.customer == o.customer
}

func (i *identity) visitor() bool { return i.role == protocol.Visitor }

// authenticate reads a token of either kind. All failures look alike. unknown says that the
// token is good and its site or account is gone.
func (g *Gateway) authenticate(token string) (who *identity, unknown bool) {
	now := g.engine.Now()
	if strings.HasPrefix(token, visitorPrefix) {
		c, ok := g.readVisitor(token, now, 0)
		if !ok {
			return nil, false
		}
		if g.facts(c.Site) == nil {
			return nil, true
		}
		return &identity{site: c.Site, role: protocol.Visitor, customer: c.Key, uid: c.UID, params: c.Params, expires: time.Unix(c.Expires, 0)}, false
	}
	if len(token) > tokenBytesMax || !strings.HasPrefix(token, accountPrefix) {
		return nil, false
	}
	hash := sha256.Sum256([]byte(token))
	s, ok := g.engine.Session(hash)
	if !ok || !now.Before(s.Expires.Time()) {
		return nil, false
	}
	who = &identity{site: s.Site, account: s.Account, hash: hash, expires: s.Expires.Time()}
	a := g.accountOf(who)
	if a == nil {
		return nil, true
	}
	who.role = a.Role
	return who, false
}

// accountOf is the caller's account as it is now; nil if it is gone, disabled, or the caller is a visitor.
func (g *Gateway) accountOf(who *identity) *protocol.Account {
	f := g.facts(who.site)
	if f == nil || who.account == "" {
		return nil
	}
	a := f.Accounts[who.account]
	if a == nil || a.Disabled {
		return nil
	}
	return a
}

// caller is who asks, as the site is now; false if the account or the site is gone.
func (g *Gateway) caller(who *identity) (protocol.Caller, *protocol.SiteFacts, bool) {
	f := g.facts(who.site)
	if f == nil {
		return protocol.Caller{}, nil, false
	}
	if who.visitor() {
		return protocol.Caller{Role: protocol.Visitor, Site: who.site, Customer: who.customer}, f, true
	}
	a := f.Accounts[who.account]
	if a == nil || a.Disabled {
		return protocol.Caller{}, nil, false
	}
	role := a.Role
	if who.key {
		if f.Secrets == nil || f.Secrets.Keys[who.hash] == nil {
			return protocol.Caller{}, nil, false
		}
		role = min(role, who.role)
	}
	return protocol.Caller{Role: role, Site: who.site, Account: a.ID, Name: a.Name}, f, true
}
