package gateway

import (
	"net/http"
	"time"
	"unicode/utf8"

	"switchyard/protocol"
)

// changePassword is an account's own change of its password: for who is logged in and knows the old one. Wrong ones count
// against the account as failed logins do. Afterwards every login of the account has ended, this one too; the same
// password again changes nothing.
func (c *call) changePassword() (int, []byte, *protocol.Rejection) {
	a := c.accountOfPath("password.change")
	if a == nil {
		return 0, nil, notFound
	}
	f := &c.body
	old, next := f.need("old", passwordBytesMax), f.text("new", passwordBytesMax)
	if utf8.RuneCountInString(next) < passwordRunesMin {
		f.refuse("new", "must have at least 8 characters")
	}
	if rej := f.done(); rej != nil {
		return c.unprocessable(rej)
	}
	name := string(c.site) + "\x00" + string(a.ID)
	if wait := c.g.accountLogins.take(name, time.Now()); wait > 0 {
		c.g.obs.Login("limited")
		return 0, nil, limited(wait)
	}
	stored, _ := c.g.engine.Password(c.site, a.ID)
	good, rej := c.g.hash.Matches(c.context(), old, stored)
	if rej == nil && !good {
		c.g.obs.Login("wrong")
		return c.unprocessable(protocol.RejectField(protocol.BadRequest, "old", "is not the password"))
	}
	c.g.accountLogins.give(name)
	if rej != nil {
		return 0, nil, rej
	}
	if next == old {
		return http.StatusNoContent, nil, nil
	}
	hash, rej := c.g.hash.Hash(c.context(), next)
	if rej != nil {
		return 0, nil, rej
	}
	if _, rej := c.put(protocol.SiteAt(c.site), protocol.SaveAccount{Account: *a, Password: hash}); rej != nil {
		return c.unprocessable(rej)
	}
	if _, rej := c.g.ask(c.context(), protocol.SiteAt(c.site), protocol.EndSession{Account: a.ID}, c.caller, "", c.facts); rej != nil {
		return 0, nil, rej
	}
	c.g.setCookie(c.w, "", time.Unix(1, 0))
	return http.StatusNoContent, nil, nil
}
