package site

import (
	"switchyard/actors/core"
	"switchyard/protocol"
)

// webhooksMax bounds the addresses of a site: each fact is written once for each of them.
const webhooksMax = 10

// saveWebhook creates or changes an address of another system. Whether it may be reached at all the gateway has
// looked up, and the sender looks again whenever it connects.
func saveWebhook(s *State, c protocol.Command, b protocol.SaveWebhook) (core.Step, error) {
	w := b.Webhook
	if !validID(w.ID, 40, "._-") {
		return core.Step{}, protocol.RejectField(protocol.BadRequest, "id", "must be 1 to 40 of a-z, 0-9, . _ -")
	}
	if err := protocol.CheckWebhookURL(w.URL); err != nil {
		return core.Step{}, protocol.RejectField(protocol.BadRequest, "url", err.Error())
	}
	if !w.All && len(w.Events.Types()) == 0 {
		return core.Step{}, protocol.RejectField(protocol.BadRequest, "events", "names no event")
	}
	if w.All {
		w.Events = 0
	}
	old := s.Webhooks[w.ID]
	e := &protocol.WebhookSaved{By: c.Caller.Account}
	fresh := b.Rotate
	switch {
	case old == nil && !b.Create:
		return core.Step{}, protocol.RejectField(protocol.NotFound, "id", "no such webhook")
	case old == nil && len(s.Webhooks) >= webhooksMax:
		return core.Step{}, protocol.Reject(protocol.OverLimit, "a site has at most 10 webhooks")
	case old == nil:
		w.Version, fresh = 1, true
	default:
		w.Version, e.Old = old.Version, *old
		if w == *old && !b.Rotate { // the answer to the first write was lost, or nothing changes
			var step core.Step
			step.Answer(c.Ticket, protocol.WebhookAnswer{Webhook: w, Duplicate: true})
			return step, nil
		}
		if b.Create {
			return core.Step{}, protocol.RejectField(protocol.Conflict, "id", "exists already")
		}
		if b.Rotate {
			w.Version++
		}
	}
	e.Webhook = w
	var step core.Step
	step.Do(e)
	s.tell(&step)
	step.Answer(c.Ticket, protocol.WebhookAnswer{Webhook: w, Fresh: fresh})
	return step, nil
}
