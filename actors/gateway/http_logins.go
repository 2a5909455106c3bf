package gateway

import (
	"cmp"
	"encoding/hex"
	"net/http"
	"slices"

	"switchyard/protocol"
)

// An account's logins: which there are, and how to end them. The account itself sees and ends its own, the administrator
// everybody's. A session is named by the beginning of its token's hash, which is of no use to log in with.

const sessionNameBytes = 6

func sessionName(hash []byte) string { return hex.EncodeToString(hash[:sessionNameBytes]) }

// accountOfPath is the account of the path, if the caller's reach with the act covers it.
func (c *call) accountOfPath(act string) *protocol.Account {
	a := c.facts.Accounts[protocol.AccountID(c.r.PathValue("id"))]
	if a == nil || !covers(act, c.facts, &c.caller, a.ID, "") {
		return nil
	}
	return a
}

type openSession struct {
	hash [32]byte
	protocol.Session
}

// openSessions are the account's logins that have not expired, the one that lasts longest first.
func (c *call) openSessions(id protocol.AccountID) (all []openSession) {
	now := protocol.At(c.g.engine.Now())
	if c.facts.Secrets == nil {
		return nil
	}
	for hash, s := range c.facts.Secrets.Sessions {
		if s.Account == id && s.Expires > now {
			all = append(all, openSession{hash, s})
		}
	}
	slices.SortFunc(all, func(a, b openSession) int {
		return cmp.Or(cmp.Compare(b.Expires, a.Expires), slices.Compare(a.hash[:], b.hash[:]))
	})
	return all
}

func (c *call) sessions() (int, []byte, *protocol.Rejection) {
	a := c.accountOfPath("sessions.list")
	if a == nil {
		return 0, nil, notFound
	}
	all := c.openSessions(a.ID)
	return c.list("sessions", len(all), func(j *protocol.JSON, i int) bool {
		j.Open()
		j.Str("id", sessionName(all[i].hash[:]))
		j.Instant("expires_at", all[i].Expires)
		if all[i].hash == c.who.hash {
			j.Bool("current", true)
		}
		j.Close()
		return true
	})
}

// endSessions ends every login of the account, or the one that the path names; the watchdog closes their sockets within
// a second (SEC-9). What has ended already is ended.
func (c *call) endSessions() (int, []byte, *protocol.Rejection) {
	a := c.accountOfPath("sessions.change")
	if a == nil {
		return 0, nil, notFound
	}
	name := c.r.PathValue("session")
	if name == "" {
		if _, rej := c.put(protocol.SiteAt(c.site), protocol.EndSession{Account: a.ID}); rej != nil {
			return 0, nil, rej
		}
		return http.StatusNoContent, nil, nil
	}
	for _, s := range c.openSessions(a.ID) {
		if sessionName(s.hash[:]) == name {
			if _, rej := c.put(protocol.SiteAt(c.site), protocol.EndSession{Account: a.ID, Hash: s.hash[:]}); rej != nil {
				return 0, nil, rej
			}
		}
	}
	return http.StatusNoContent, nil, nil
}
