package gateway

import "switchyard/protocol"

// typing publishes that somebody writes: the visitor to the desk, the holder to the room.
func (c *connection) typing(who *identity, r *request) *protocol.Rejection {
	c.mu.Lock()
	s := c.subs[r.stream]
	c.mu.Unlock()
	if s == nil || s.over() || (s.of.View == protocol.StreamRoom) != who.visitor() || s.of.View == protocol.StreamInbox {
		return notFound
	}
	to := protocol.Stream{View: protocol.StreamDesk, Of: s.of.Of}
	from := "customer"
	if !who.visitor() {
		if s.holderNow() != who.account {
			return protocol.Reject(protocol.NotAssigned, "only the holder is seen typing")
		}
		to.View, from = protocol.StreamRoom, "agent"
	}
	j := protocol.JSON{B: make([]byte, 0, 128)}
	j.B = append(j.B, `{"type":"typing"`...)
	j.Str("stream", to.Name())
	j.Key("data")
	j.Open()
	j.Str("who", from)
	j.Bool("on", r.on)
	if f := c.g.facts(who.site); r.on && who.visitor() && f != nil && f.Settings.PreviewTyping {
		j.Str("preview", firstRunes(r.preview, previewRunes))
	}
	j.Close()
	j.Close()
	c.g.engine.Publish(to, "typing "+from, j.B)
	return nil
}

// previewRunes bounds the customer's unsent text that an agent sees.
const previewRunes = 500

func firstRunes(s string, max int) string {
	n := 0
	for i := range s {
		if n == max {
			return s[:i]
		}
		n++
	}
	return s
}
