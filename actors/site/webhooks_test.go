package site

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"switchyard/protocol"
)

// TestWebhooks: an address is made, changed, disabled and given a new secret; a repeat changes nothing, a bad value
// names its field, and a site has at most ten.
func TestWebhooks(t *testing.T) {
	x := begin(t)
	crm := protocol.Webhook{ID: "crm", URL: "https://crm.example/hook", All: true, Enabled: true}
	save := func(w protocol.Webhook, create, rotate bool) protocol.WebhookAnswer {
		x.do(protocol.SaveWebhook{Webhook: w, Create: create, Rotate: rotate})
		return x.step.Reply.Result.(protocol.WebhookAnswer)
	}
	a := save(crm, true, false)
	require.True(t, a.Fresh)
	require.Equal(t, uint32(1), a.Webhook.Version)
	a = save(crm, true, false)
	require.True(t, a.Duplicate)
	require.False(t, a.Fresh, "the secret is shown once")
	require.Empty(t, x.step.Events)
	a = save(crm, false, true)
	require.True(t, a.Fresh)
	require.Equal(t, uint32(2), a.Webhook.Version)
	crm.Enabled = false
	a = save(crm, false, false)
	require.False(t, a.Fresh)
	require.Equal(t, uint32(2), a.Webhook.Version, "the version is the site's to give")
	require.Equal(t, protocol.AccountID("boss"), x.step.Events[0].(*protocol.WebhookSaved).By)
	require.True(t, x.step.Events[0].(*protocol.WebhookSaved).Old.Enabled)
	require.False(t, Facts(x.s).Webhooks["crm"].Enabled)

	hook := func(change func(*protocol.Webhook)) protocol.SaveWebhook {
		w := protocol.Webhook{ID: "new", URL: "https://new.example/hook", All: true, Enabled: true}
		change(&w)
		return protocol.SaveWebhook{Webhook: w, Create: true}
	}
	x.refused(protocol.BadRequest, "id", hook(func(w *protocol.Webhook) { w.ID = "A" }))
	x.refused(protocol.BadRequest, "events", hook(func(w *protocol.Webhook) { w.All = false }))
	for _, url := range []string{"", "crm", "file:///etc/passwd", "gopher://crm.example", "https://user:pass@crm.example", "https:///hook", "https://crm.example/#a", "https://crm.example/a b"} {
		x.refused(protocol.BadRequest, "url", hook(func(w *protocol.Webhook) { w.URL = url }))
	}
	other := hook(func(w *protocol.Webhook) { w.ID = "crm" })
	x.refused(protocol.Conflict, "id", other)
	other = hook(func(*protocol.Webhook) {})
	other.Create = false
	x.refused(protocol.NotFound, "id", other)
	for i := range webhooksMax - 1 {
		save(protocol.Webhook{ID: fmt.Sprint("h", i), URL: crm.URL, Events: 1, Enabled: true}, true, false)
	}
	x.refused(protocol.OverLimit, "", hook(func(*protocol.Webhook) {}))
	s, err := Restore(x.s.Addr, Snapshot(x.s))
	require.NoError(t, err)
	require.Equal(t, x.s.Webhooks, s.Webhooks)
}
