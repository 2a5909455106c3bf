package scenario

import (
	"strings"

	"switchyard/protocol"
)

// segment is the time that a room was bound to one agent (domain 14.2).
type segment struct {
	agent                 string
	from, answered, until protocol.Instant
}

// segments tells what the figures of a consultation will be made of, in seconds after the request: when each
// agent was bound, wrote the first message, and had the room no more; and who closed it.
func (t *teller) segments(name string) {
	var asked protocol.Instant
	var held []segment
	end := func(at protocol.Instant) {
		if n := len(held); n > 0 && held[n-1].until == 0 {
			held[n-1].until = at
		}
	}
	after := func(at protocol.Instant) string { return "+" + at.Time().Sub(asked.Time()).String() }
	var closed string
	for _, r := range t.rig.log(protocol.RoomAt(site, t.rooms[name]), 1) {
		switch e := r.Event.(type) {
		case *protocol.RoomOpened:
			asked = r.At
		case *protocol.RoomAssigned:
			end(r.At)
			held = append(held, segment{agent: e.AgentName, from: r.At})
		case *protocol.MessagePosted:
			if n := len(held); n > 0 && e.From == protocol.FromAgent && e.Kind != protocol.Memo && e.Code == 0 && held[n-1].answered == 0 {
				held[n-1].answered = r.At
			}
		case *protocol.RoomClosed:
			end(r.At)
			closed = "closed " + after(r.At) + " by " + e.Actor.String()
		}
	}
	t.out("%s: asked at %s", name, asked.Time().In(kst).Format("2006-01-02 15:04:05"))
	for _, s := range held {
		say := []string{"bound " + after(s.from)}
		if s.answered != 0 {
			say = append(say, "answered "+after(s.answered))
		}
		if s.until != 0 {
			say = append(say, "until "+after(s.until))
		}
		t.out("%s: %s", s.agent, strings.Join(say, ", "))
	}
	if len(held) == 0 {
		t.out("bound to nobody")
	}
	if closed != "" {
		t.out("%s", closed)
	}
}

// transcript tells what a reader of the desk sees of a room from its beginning, and with which numbers.
func (t *teller) transcript(name string) {
	for _, r := range t.rig.log(protocol.RoomAt(site, t.rooms[name]), 1) {
		m, ok := r.Event.(*protocol.MessagePosted)
		if !ok || m.Code != 0 {
			continue
		}
		from := name
		if m.From == protocol.FromAgent || m.Kind == protocol.Memo {
			from = m.Name
		}
		if r.Room == 0 {
			t.out("desk %d: memo of %s %q", r.Desk, from, m.Text)
		} else {
			t.out("desk %d, customer %d: %s %q", r.Desk, r.Room, from, m.Text)
		}
	}
}
