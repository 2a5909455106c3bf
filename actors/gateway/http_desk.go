package gateway

import (
	"cmp"
	"maps"
	"net/http"
	"slices"

	"switchyard/protocol"
)

// What a console needs of its site beside the streams: the account as it is, the seconds that the site keeps a seat for
// wrap-up, the tab that the information area opens with, and whom a change request may name (domain 13). Agents do not list accounts; this says no more of a
// colleague than a request shows anyhow.

// desk answers GET /v1/sites/{site}/desk, for every account.
func (c *call) desk() (int, []byte, *protocol.Rejection) {
	me := c.facts.Accounts[c.caller.Account]
	if me == nil {
		return 0, nil, notFound
	}
	j := protocol.JSON{}
	j.Open()
	j.Str("account", string(me.ID))
	j.Str("name", me.Name)
	j.Str("role", me.Role.String())
	j.Str("group", me.Group)
	j.Bool("consulting", me.Consulting)
	j.Int("max_concurrent", int64(me.MaxConcurrent))
	j.Str("mode", c.facts.Settings.Mode.String())
	j.Int("wrap_up_seconds", int64(c.facts.Settings.WrapUpSeconds))
	j.Str("default_tab", c.facts.Settings.InfoDefaultTab)
	j.Str("time_zone", c.facts.Settings.TimeZone)
	j.Key("colleagues")
	j.B = append(j.B, '[')
	all := slices.SortedFunc(maps.Values(c.facts.Accounts), func(a, b *protocol.Account) int {
		return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.ID, b.ID))
	})
	for _, a := range all {
		if !a.Consulting || a.Disabled || a.ID == me.ID || a.Group != me.Group || a.Role != protocol.Agent && a.Role != protocol.Manager {
			continue
		}
		listComma(&j)
		j.Open()
		j.Str("id", string(a.ID))
		j.Str("name", a.Name)
		j.Str("role", a.Role.String())
		j.Close()
	}
	j.B = append(j.B, ']')
	j.Close()
	return http.StatusOK, j.B, nil
}
