package gateway

import (
	"encoding/json"
	"strconv"

	"switchyard/protocol"
)

// The audit of a site is its own log: who changed what, when, from what to what. It is read newest first and
// never written for its own sake.

// audited is one change of a site, as the audit shows it.
type audited struct {
	what     string // settings, account, category, bot, holiday, day, channel, webhook, template, key, export, customer_erasure, customer_erased
	id       string // which account, category, bot, date, file; "" = the site
	by       protocol.AccountID
	new, old []byte // JSON objects; nil = there is, or was, none
}

// auditOf is what the audit shows of an event; false for what is no change of anything: logins, and the
// calendar's own turns.
func auditOf(e protocol.Event) (audited, bool) {
	switch e := e.(type) {
	case *protocol.SiteCreated:
		return audited{what: "settings", new: e.Settings}, true
	case *protocol.SettingsChanged:
		return audited{what: "settings", by: e.By, new: e.New, old: e.Old}, true
	case *protocol.AccountSaved:
		// Of a password it only says that there was a new one.
		a := audited{what: "account", id: string(e.Account.ID), by: e.By, new: accountJSON(&e.Account, e.Password != "")}
		if e.Old.ID != "" {
			a.old = accountJSON(&e.Old, false)
		}
		return a, true
	case *protocol.CategorySaved:
		a := audited{what: "category", id: e.Category.ID, by: e.By, new: built(func(j *protocol.JSON) { appendCategory(j, &e.Category) })}
		if e.Old.ID != "" {
			a.old = built(func(j *protocol.JSON) { appendCategory(j, &e.Old) })
		}
		return a, true
	case *protocol.BotSaved:
		// Of a scenario it only says its version.
		bot := func(b protocol.BotCover) []byte {
			return built(func(j *protocol.JSON) {
				appendBot(j, &protocol.ScenarioBot{ID: e.Bot, Name: b.Name, Enabled: b.Enabled, Default: b.Default, Bindings: b.Bindings, Version: b.Version}, false)
			})
		}
		a := audited{what: "bot", id: string(e.Bot), by: e.By, new: bot(protocol.BotCover{
			Name: e.Name, Enabled: e.Enabled, Default: e.Default, Bindings: e.Bindings, Version: e.Version,
		})}
		if e.Old.Version != 0 {
			a.old = bot(e.Old)
		}
		return a, true
	case *protocol.HolidaySaved:
		a := audited{what: "holiday", id: date(e.Holiday.Date), by: e.By}
		if !e.Removed {
			a.new = built(func(j *protocol.JSON) { appendHoliday(j, e.Holiday) })
		}
		if e.Old.Date != (protocol.Date{}) {
			a.old = built(func(j *protocol.JSON) { appendHoliday(j, e.Old) })
		}
		return a, true
	case *protocol.DaySaved:
		a := audited{what: "day", id: string(e.Day.Account) + "/" + date(e.Day.Date), by: e.By, new: built(func(j *protocol.JSON) { appendDay(j, e.Day) })}
		if e.Old.Account != "" {
			a.old = built(func(j *protocol.JSON) { appendDay(j, e.Old) })
		}
		return a, true
	case *protocol.ChannelSaved:
		a := audited{what: "channel", id: e.Channel.ID, by: e.By, new: built(func(j *protocol.JSON) { appendChannel(j, &e.Channel) })}
		if e.Old.ID != "" {
			a.old = built(func(j *protocol.JSON) { appendChannel(j, &e.Old) })
		}
		return a, true
	case *protocol.WebhookSaved:
		a := audited{what: "webhook", id: e.Webhook.ID, by: e.By, new: built(func(j *protocol.JSON) { appendWebhook(j, &e.Webhook, nil, "") })}
		if e.Old.ID != "" {
			a.old = built(func(j *protocol.JSON) { appendWebhook(j, &e.Old, nil, "") })
		}
		return a, true
	case *protocol.CustomerErased: // by number: who it was is nowhere any more
		return audited{what: "customer_erasure", id: strconv.FormatUint(uint64(e.No), 10), by: e.By}, true
	case *protocol.ErasureFinished:
		return audited{what: "customer_erased", id: strconv.FormatUint(uint64(e.No), 10)}, true
	case *protocol.SessionEnded: // one's own logout is no deed
		return audited{what: "session", id: string(e.Account), by: e.By, old: built(func(j *protocol.JSON) {
			j.Open()
			j.Bool("all", len(e.Hash) == 0)
			if len(e.Hash) > 0 {
				j.Str("login", sessionName(e.Hash))
			}
			j.Close()
		})}, e.By != "" && e.By != e.Account
	case *protocol.APIKeyMade: // never the key
		return audited{what: "key", id: e.Key.ID, by: e.Key.By, new: built(func(j *protocol.JSON) { appendAPIKey(j, &e.Key, "") })}, true
	case *protocol.APIKeyRevoked:
		return audited{what: "key", id: e.ID, by: e.By, old: built(func(j *protocol.JSON) { j.Open(); j.Str("id", e.ID); j.Str("name", e.Name); j.Close() })}, true
	case *protocol.ReportExported:
		return audited{what: "export", id: e.Report, by: e.By, new: built(func(j *protocol.JSON) {
			j.Open()
			j.Str("from", date(e.From))
			j.Str("to", date(e.To))
			j.Str("query", e.Query)
			j.Int("rows", e.Rows)
			j.Bool("whole", !e.Cut)
			j.Close()
		})}, true
	case *protocol.TemplateSaved: // an account's own templates are nobody else's business
		a := audited{what: "template", id: e.Template.ID, by: e.By, new: built(func(j *protocol.JSON) { appendTemplate(j, &e.Template) })}
		if e.Old.ID != "" {
			a.old = built(func(j *protocol.JSON) { appendTemplate(j, &e.Old) })
		}
		return a, e.Template.Owner == ""
	case *protocol.TemplateRemoved:
		old := built(func(j *protocol.JSON) { appendTemplate(j, &e.Template) })
		return audited{what: "template", id: e.Template.ID, by: e.By, old: old}, e.Template.Owner == ""
	}
	return audited{}, false
}

func built(write func(*protocol.JSON)) []byte {
	j := protocol.JSON{}
	write(&j)
	return j.B
}

func accountJSON(a *protocol.Account, password bool) []byte {
	b := built(func(j *protocol.JSON) { appendAccount(j, a) })
	if password {
		b = append(b[:len(b)-1], `,"password_changed":true}`...)
	}
	return b
}

// audit is a page of a site's changes, newest first; the cursor names the change before which the next page ends.
// A page looks at listScan events at most: where logins lie thick it may be short, or empty with a cursor.
func (c *call) audit() (int, []byte, *protocol.Rejection) {
	limit, rej := c.limit()
	if rej != nil {
		return 0, nil, rej
	}
	cursor, rej := c.cursor()
	if rej != nil {
		return 0, nil, rej
	}
	before := uint64(0)
	if len(cursor) > 0 {
		var err error
		if before, err = strconv.ParseUint(string(cursor), 10, 64); err != nil || before == 0 {
			return 0, nil, protocol.RejectField(protocol.BadRequest, "cursor", "is not one of ours")
		}
	} else if last, err := c.g.lastNumber(protocol.SiteAt(c.site)); err != nil {
		return 0, nil, unreadable
	} else {
		before = last + 1
	}
	j := listHead("changes")
	for n, seen := 0, 0; before > 1 && n < limit && seen < listScan; {
		from := uint64(1)
		if before > logPage {
			from = before - logPage
		}
		var window []protocol.Recorded
		err := c.g.readLog(protocol.SiteAt(c.site), from, func(r *protocol.Recorded) bool {
			if r.Number < before {
				window = append(window, *r)
			}
			return r.Number+1 < before
		})
		if err != nil {
			return 0, nil, unreadable
		}
		seen += len(window)
		for ; len(window) > 0 && n < limit; window = window[:len(window)-1] {
			r := &window[len(window)-1]
			before = r.Number
			if a, ok := auditOf(r.Event); ok {
				listComma(&j)
				a.write(&j, r)
				n++
			}
		}
		if len(window) == 0 {
			before = from
		}
	}
	return listEnd(&j, before <= 1, strconv.AppendUint(nil, before, 10))
}

func (a *audited) write(j *protocol.JSON, r *protocol.Recorded) {
	j.Open()
	j.Uint("number", r.Number)
	j.Instant("at", r.At)
	j.Str("by", string(a.by))
	j.Str("what", a.what)
	j.Str("id", a.id)
	for _, side := range []struct {
		name string
		raw  []byte
	}{{"new", a.new}, {"old", a.old}} {
		if json.Valid(side.raw) {
			j.Key(side.name)
			j.B = append(j.B, side.raw...)
		}
	}
	j.Close()
}

// lastNumber finds the newest event of an actor's log in about twice as many looks as its number has bits; 0 = none.
func (g *Gateway) lastNumber(of protocol.Address) (uint64, error) {
	has := func(n uint64) (bool, error) {
		found := false
		err := g.engine.Events(of, n, 1, func(protocol.Recorded) error { found = true; return nil })
		return found, err
	}
	low, high := uint64(0), uint64(1) // low exists (or is 0), high does not once the first loop is through
	for {
		found, err := has(high)
		if err != nil {
			return 0, err
		}
		if !found {
			break
		}
		low, high = high, 2*high
	}
	for high-low > 1 {
		middle := low + (high-low)/2
		found, err := has(middle)
		if err != nil {
			return 0, err
		}
		if found {
			low = middle
		} else {
			high = middle
		}
	}
	return low, nil
}
