package gateway

import "switchyard/protocol"

// reach is how far a role may go with an act. Another site's things are out of every reach:
// they do not exist.
type reach uint8

const (
	never reach = iota + 1 // forbidden, whatever it concerns
	own                    // a visitor's own rooms; what an agent holds; the account itself
	scope                  // a manager's data scope (SiteFacts.InScope)
	site                   // everything of the site
)

// judge is who finds out whether the thing is within reach.
type judge uint8

const (
	byGate judge = iota + 1 // this package looks (access.go) and answers not_found beyond the reach
	byMind                  // the actor knows: holder, scope, state. For a visitor's rooms this package looks all the same
)

// permit is one row: an act (a command, a stream or a route) and each role's reach.
type permit struct {
	act                            string
	by                             judge
	visitor, agent, manager, admin reach
}

// permits is the whole table (domain 21); the matrix of the tests is generated from it. What
// is not in it is nobody's.
var permits = []permit{
	{"room.start", byMind, own, never, never, never},
	{"message.send", byMind, own, own, own, own},
	{"message.memo", byMind, never, own, scope, site},
	{"bot.pick", byMind, own, never, never, never},
	{"form.submit", byMind, own, never, never, never},
	{"read", byMind, own, own, scope, site},
	{"typing", byGate, own, own, own, own},
	{"room.take", byMind, never, site, site, site},
	{"room.accept", byMind, never, own, own, own},
	{"room.decline", byMind, never, own, own, own},
	{"room.assign", byMind, never, never, scope, site},
	{"room.set", byMind, never, own, scope, site},
	{"room.end", byMind, own, own, scope, site},
	{"room.request_change", byMind, never, own, own, own},
	{"room.request_review", byMind, never, own, own, own},
	{"request.decide", byMind, never, never, scope, site},
	{"room.rate", byMind, own, never, never, never},
	{"agent.status", byGate, never, own, scope, site},

	{"stream.room", byGate, own, never, never, never},
	{"stream.desk", byGate, never, own, scope, site},
	{"stream.inbox", byGate, never, own, own, own},
	{"stream.queue", byGate, never, site, site, site},
	{"stream.board", byGate, never, never, site, site},

	{"settings.read", byGate, never, never, never, site},
	{"settings.change", byGate, never, never, never, site},
	{"audit.list", byGate, never, never, never, site},
	{"channels.list", byGate, never, site, site, site},
	{"channels.save", byGate, never, never, never, site},
	{"files.save", byGate, own, own, scope, site},
	{"files.view", byGate, own, own, scope, site},
	{"desk.read", byGate, never, site, site, site},
	{"accounts.list", byGate, never, never, scope, site},
	{"accounts.save", byGate, never, never, never, site},
	{"password.change", byGate, never, own, own, own},
	{"sessions.list", byGate, never, own, own, site},
	{"sessions.change", byGate, never, own, own, site},
	{"categories.list", byGate, never, site, site, site},
	{"categories.save", byGate, never, never, never, site},
	{"bots.list", byGate, never, site, site, site},
	{"bots.save", byGate, never, site, site, site},
	{"holidays.list", byGate, never, site, site, site},
	{"holidays.save", byGate, never, never, never, site},
	{"days.list", byGate, never, own, scope, site},
	{"days.save", byGate, never, never, scope, site},
	{"rooms.list", byGate, never, own, scope, site},
	{"rooms.view", byGate, never, own, scope, site},
	{"rooms.explain", byGate, never, own, scope, site},
	{"templates.list", byGate, never, site, site, site},
	{"templates.save", byMind, never, own, site, site},
	{"requests.list", byGate, never, never, scope, site},
	{"live.view", byGate, never, never, scope, site},
	{"keys.list", byGate, never, never, never, site},
	{"keys.save", byGate, never, never, never, site},
	{"webhooks.list", byGate, never, never, never, site},
	{"webhooks.save", byGate, never, never, never, site},
	{"ledger.list", byGate, never, never, never, site},
	{"ledger.save", byGate, never, never, never, site},
	{"reports.view", byGate, never, never, scope, site},
	{"customers.list", byGate, never, never, scope, site},
	{"customers.view", byGate, never, own, scope, site},
	{"customers.edit", byGate, never, own, scope, site},
	{"customers.verify", byGate, never, never, never, site},
	{"customers.erase", byGate, never, never, never, site},
}

var permitOf = func() map[string]*permit {
	m := make(map[string]*permit, len(permits))
	for i := range permits {
		m[permits[i].act] = &permits[i]
	}
	return m
}()

// reachOf is how far the role may go; never for an act that the table does not have.
func reachOf(act string, role protocol.Role) reach {
	p := permitOf[act]
	if p == nil {
		return never
	}
	switch role {
	case protocol.Visitor:
		return p.visitor
	case protocol.Agent:
		return p.agent
	case protocol.Manager:
		return p.manager
	case protocol.Admin:
		return p.admin
	}
	return never
}

// may refuses what the role can never do.
func may(act string, role protocol.Role) *protocol.Rejection {
	if reachOf(act, role) == never {
		return protocol.Reject(protocol.Forbidden, "not for this role: "+act)
	}
	return nil
}

// covers says whether what belongs to the agent (nobody: "") is within the caller's reach.
// mayBe names the visitor's key that owns it; "" for things without one.
func covers(act string, f *protocol.SiteFacts, caller *protocol.Caller, agent protocol.AccountID, key protocol.CustomerKey) bool {
	switch reachOf(act, caller.Role) {
	case own:
		if caller.Role == protocol.Visitor {
			return key != "" && key == caller.Customer
		}
		return agent == caller.Account
	case scope:
		return f.InScope(caller.Role, caller.Account, agent)
	case site:
		return true
	}
	return false
}

var notFound = protocol.Reject(protocol.NotFound, "no such thing")

// Ids are checked here once; the rest of the engine relies on their alphabet.

func validID(s string, max int, extra string) bool {
	if s == "" || len(s) > max {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			ok := false
			for j := 0; j < len(extra); j++ {
				ok = ok || extra[j] == c
			}
			if !ok {
				return false
			}
		}
	}
	return true
}

func validSite(s string) bool    { return validID(s, 32, "-") }
func validAccount(s string) bool { return validID(s, 40, "._-") }
func validRoom(s string) bool    { return len(s) > 2 && s[:2] == "r_" && validID(s[2:], 40, "") }

func validClientID(s string) bool {
	if len(s) < 10 || len(s) > 36 {
		return false
	}
	for i := 0; i < len(s); i++ {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
