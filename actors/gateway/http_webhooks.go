package gateway

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"

	"switchyard/protocol"
)

// The addresses of other systems that hear of a site (domain 24), and how sending to them goes.

// Webhooks is what the gateway needs of the sender.
type Webhooks struct {
	// Check says what is wrong with an address that is to be saved; nil = nothing. It may look names up.
	Check func(c *http.Request, address string) error
	// Secret is the text of an address's secret.
	Secret     func(site protocol.SiteID, webhook string, version uint32) string
	Status     func(site protocol.SiteID, webhook string) (protocol.WebhookStatus, error)
	Deliveries func(site protocol.SiteID, webhook string) ([]protocol.DeliveryRow, error)
	GivenUp    func(site protocol.SiteID, webhook string) ([]protocol.OutboxRow, error)
	// Resend sends facts that were given up again: one, or all ("").
	Resend func(site protocol.SiteID, webhook, fact string) (int, error)
	// Changed says that an address was saved.
	Changed func(site protocol.SiteID, webhook string)
}

func (c *call) webhooks() (int, []byte, *protocol.Rejection) {
	all := slices.Sorted(maps.Keys(c.facts.Webhooks))
	var bad *protocol.Rejection
	status, body, rej := c.list("webhooks", len(all), func(j *protocol.JSON, i int) bool {
		w := c.facts.Webhooks[all[i]]
		v, err := c.g.engine.Webhooks.Status(c.site, w.ID)
		if err != nil {
			bad = unreadable
			return false
		}
		appendWebhook(j, w, &v, "")
		return true
	})
	if bad != nil {
		return 0, nil, bad
	}
	return status, body, rej
}

// appendWebhook writes an address; secret is not empty only where it is shown for the one time.
func appendWebhook(j *protocol.JSON, w *protocol.Webhook, v *protocol.WebhookStatus, secret string) {
	j.Open()
	j.Str("id", w.ID)
	j.Str("url", w.URL)
	j.Key("events")
	j.B = append(j.B, '[')
	for i, t := range w.Events.Types() {
		if i > 0 {
			j.B = append(j.B, ',')
		}
		j.B = protocol.AppendJSONString(j.B, t.String())
	}
	j.B = append(j.B, ']')
	j.Bool("all_events", w.All)
	j.Bool("enabled", w.Enabled)
	j.Uint("secret_version", uint64(w.Version))
	j.Str("secret", secret)
	if v != nil {
		j.Int("pending", int64(v.Pending))
		j.Instant("oldest_at", v.Oldest)
		j.Int("given_up", int64(v.GivenUp))
		j.Str("breaker", v.Breaker)
		j.Int("failures", int64(v.Failures))
		j.Instant("retry_at", v.Retry)
		j.Uint("dropped", v.Dropped)
	}
	j.Close()
}

// createWebhook names the address by the id of the write, so that a repeat finds what the first one made.
func (c *call) createWebhook() (int, []byte, *protocol.Rejection) {
	key, rej := c.clientID()
	if rej != nil {
		return 0, nil, rej
	}
	w := protocol.Webhook{ID: c.body.text("id", 40), All: true, Enabled: true}
	if w.ID == "" {
		if w.ID = protocol.Token("w_", "webhook", c.g.engine.Chance()); key != "" {
			w.ID = protocol.Token("w_", "webhook/"+string(key), protocol.Chance{})
		}
	}
	if !validID(w.ID, 40, "._-") {
		c.body.refuse("id", "must be 1 to 40 of a-z 0-9 . _ -")
	}
	if !c.body.has("url") {
		c.body.refuse("url", "is missing")
	}
	return c.saveWebhook(w, true)
}

func (c *call) changeWebhook() (int, []byte, *protocol.Rejection) {
	w := c.facts.Webhooks[c.r.PathValue("id")]
	if w == nil {
		return 0, nil, notFound
	}
	return c.saveWebhook(*w, false)
}

func (c *call) saveWebhook(w protocol.Webhook, create bool) (int, []byte, *protocol.Rejection) {
	f := &c.body
	if f.has("url") {
		if w.URL = f.text("url", 2000); f.err == nil {
			if err := c.g.engine.Webhooks.Check(c.r, w.URL); err != nil {
				f.refuse("url", err.Error())
			}
		}
	}
	if raw, ok := f.raw("events"); ok {
		var names []string
		if err := json.Unmarshal(raw, &names); err != nil {
			f.refuse("events", "must be a list of events' names")
		}
		w.Events, w.All = 0, len(names) == 0
		for _, name := range names {
			t, err := protocol.ParseOutsideType(name)
			if err != nil {
				f.refuse("events", strings.ReplaceAll(err.Error(), "\"", "'"))
				break
			}
			w.Events = w.Events.With(t)
		}
	}
	if f.has("enabled") {
		w.Enabled = f.truth("enabled")
	}
	rotate := f.truth("rotate_secret")
	if rej := f.done(); rej != nil {
		return c.unprocessable(rej)
	}
	res, rej := c.put(protocol.SiteAt(c.site), protocol.SaveWebhook{Webhook: w, Create: create, Rotate: rotate && !create})
	if rej != nil {
		return c.unprocessable(rej)
	}
	a, _ := res.(protocol.WebhookAnswer)
	secret := ""
	if a.Fresh {
		secret = c.g.engine.Webhooks.Secret(c.site, a.Webhook.ID, a.Webhook.Version)
	}
	c.g.engine.Webhooks.Changed(c.site, a.Webhook.ID)
	j := protocol.JSON{}
	appendWebhook(&j, &a.Webhook, nil, secret)
	return created(create && !a.Duplicate), j.B, nil
}

// deliveries are the last attempts of an address, and what was given up. What a receiver answered is not among it.
func (c *call) deliveries() (int, []byte, *protocol.Rejection) {
	w := c.facts.Webhooks[c.r.PathValue("id")]
	if w == nil {
		return 0, nil, notFound
	}
	sent, err := c.g.engine.Webhooks.Deliveries(c.site, w.ID)
	if err != nil {
		return 0, nil, unreadable
	}
	lost, err := c.g.engine.Webhooks.GivenUp(c.site, w.ID)
	if err != nil {
		return 0, nil, unreadable
	}
	j := listHead("deliveries")
	for i := range sent {
		d := &sent[i]
		listComma(&j)
		j.Open()
		j.Uint("number", d.Number)
		j.Str("event", d.ID)
		j.Str("type", d.Type.String())
		j.Instant("at", d.At)
		j.Int("attempt", int64(d.Attempt))
		if d.Status != 0 {
			j.Int("status", int64(d.Status))
		}
		j.Int("took_ms", int64(d.Millis))
		j.Bool("ok", d.Failure == "")
		j.Str("failure", d.Failure)
		j.Close()
	}
	j.B = append(j.B, ']')
	j.Key("given_up")
	j.B = append(j.B, '[')
	for i := range lost {
		x := &lost[i]
		listComma(&j)
		j.Open()
		j.Str("event", x.ID)
		j.Str("type", x.Type.String())
		j.Instant("happened_at", x.At)
		j.Instant("given_up_at", x.GaveUp)
		j.Int("attempts", int64(x.Attempts))
		if x.Status != 0 {
			j.Int("status", int64(x.Status))
		}
		j.Str("failure", x.Failure)
		j.Close()
	}
	j.B = append(j.B, ']')
	j.Close()
	return http.StatusOK, j.B, nil
}

// resend sends what was given up again: one event, or all of them.
func (c *call) resend() (int, []byte, *protocol.Rejection) {
	w := c.facts.Webhooks[c.r.PathValue("id")]
	if w == nil {
		return 0, nil, notFound
	}
	event := c.body.text("event", 64)
	if rej := c.body.done(); rej != nil {
		return c.unprocessable(rej)
	}
	n, err := c.g.engine.Webhooks.Resend(c.site, w.ID, event)
	switch {
	case err != nil:
		return 0, nil, unreadable
	case n == 0 && event != "":
		return 0, nil, protocol.RejectField(protocol.NotFound, "event", "was not given up")
	}
	j := protocol.JSON{}
	j.Open()
	j.Int("events", int64(n))
	j.Close()
	return http.StatusAccepted, j.B, nil
}
