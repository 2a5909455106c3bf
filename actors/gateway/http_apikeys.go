package gateway

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"net/http"
	"slices"
	"strings"

	"switchyard/protocol"
)

// Keys of machines (API keys): one speaks HTTP for an account, with its role or a lower one. A key names its site, so that it is
// looked up in one place; 256 random bits follow, of which the site knows the SHA-256. It opens no socket, has no session, and
// makes neither keys nor accounts: what was stolen cannot be made to last.

const keyPrefix = "v1.key."

// keyIdentity is who a key stands for; nil if it is none, or was revoked.
func (g *Gateway) keyIdentity(token string) *identity {
	site, _, ok := strings.Cut(strings.TrimPrefix(token, keyPrefix), ".")
	if !ok || len(token) > tokenBytesMax {
		return nil
	}
	f := g.facts(protocol.SiteID(site))
	if f == nil || f.Secrets == nil {
		return nil
	}
	hash := sha256.Sum256([]byte(token))
	k := f.Secrets.Keys[hash]
	if k == nil {
		return nil
	}
	return &identity{site: f.Site, account: k.Account, role: k.Role, hash: hash, key: true}
}

// keysMayNot are the acts that need a person's login.
var keysMayNot = []string{"keys.save", "accounts.save"}

func (c *call) keys() (int, []byte, *protocol.Rejection) {
	all := c.apiKeys()
	return c.list("keys", len(all), func(j *protocol.JSON, i int) bool {
		appendAPIKey(j, all[i], "")
		return true
	})
}

func (c *call) apiKeys() (all []*protocol.APIKey) {
	if c.facts.Secrets != nil {
		for _, k := range c.facts.Secrets.Keys {
			all = append(all, k)
		}
	}
	slices.SortFunc(all, func(a, b *protocol.APIKey) int { return cmp.Or(cmp.Compare(a.Made, b.Made), cmp.Compare(a.ID, b.ID)) })
	return all
}

func appendAPIKey(j *protocol.JSON, k *protocol.APIKey, token string) {
	j.Open()
	j.Str("id", k.ID)
	j.Str("name", k.Name)
	j.Str("role", k.Role.String())
	j.Str("account", string(k.Account))
	j.Instant("created_at", k.Made)
	j.Str("created_by", string(k.By))
	j.Str("token", token)
	j.Close()
}

// createKey makes a key and shows it, once: a repeat under the same id finds that it exists.
func (c *call) createKey() (int, []byte, *protocol.Rejection) {
	f := &c.body
	key, rej := c.clientID()
	if rej != nil {
		return 0, nil, rej
	}
	k := protocol.APIKey{ID: f.text("id", 40), Name: strings.TrimSpace(f.runes("name", 60)), Account: c.caller.Account}
	if k.ID == "" {
		if k.ID = protocol.Token("k_", "key", c.g.engine.Chance()); key != "" {
			k.ID = protocol.Token("k_", "key/"+string(key), protocol.Chance{})
		}
	}
	if !validID(k.ID, 40, "._-") {
		f.refuse("id", "must be 1 to 40 of a-z 0-9 . _ -")
	}
	if k.Name == "" {
		f.refuse("name", "is missing")
	}
	if k.Role = enum(f, "role", protocol.ParseRole); !f.has("role") {
		f.refuse("role", "is missing")
	}
	if f.has("account") {
		k.Account = protocol.AccountID(f.text("account", 40))
	}
	if rej := f.done(); rej != nil {
		return c.unprocessable(rej)
	}
	var b [32]byte
	rand.Read(b[:])
	token := keyPrefix + string(c.site) + "." + b64.EncodeToString(b[:])
	hash := sha256.Sum256([]byte(token))
	k.Hash, k.Made, k.By = hash[:], protocol.At(c.g.engine.Now()), c.caller.Account
	if _, rej := c.put(protocol.SiteAt(c.site), protocol.MakeAPIKey{Key: k}); rej != nil {
		return c.unprocessable(rej)
	}
	j := protocol.JSON{}
	appendAPIKey(&j, &k, token)
	return http.StatusCreated, j.B, nil
}

func (c *call) revokeKey() (int, []byte, *protocol.Rejection) {
	id := c.r.PathValue("id")
	if !slices.ContainsFunc(c.apiKeys(), func(k *protocol.APIKey) bool { return k.ID == id }) {
		return 0, nil, notFound
	}
	if _, rej := c.put(protocol.SiteAt(c.site), protocol.RevokeAPIKey{ID: id}); rej != nil {
		return 0, nil, rej
	}
	return http.StatusNoContent, nil, nil
}
