package room

import (
	"slices"
	"strings"

	"switchyard/actors/core"
	"switchyard/protocol"
)

// joinedMax bounds the keys that a room remembers; the oldest is forgotten first.
const joinedMax = 64

// owns says whether a visitor with the key may see the room: it was opened with the key, or
// somebody with the key came to it later, because two keys had become one customer (17.2) or a link
// brought the customer ID (K-02).
func (s *State) owns(key protocol.CustomerKey) bool {
	return key == s.Key || slices.Contains(s.Joined, key)
}

// join records what is new with an arrival that enters the open room: its key, and parameters that
// changed.
func (s *State) join(step *core.Step, b protocol.StartRoom) {
	e := &protocol.RoomJoined{Params: news(s.Params, b.Params)}
	if b.Key != s.Key && !slices.Contains(s.Joined, b.Key) {
		e.Key = b.Key
	}
	if e.Key != "" || len(e.Params) > 0 {
		step.Do(e)
	}
}

// news are the parameters that replace what is known, field by field; blank ones do not erase.
func news(known, brought []protocol.Param) []protocol.Param {
	var all []protocol.Param
	for _, p := range brought {
		if strings.TrimSpace(p.Value) != "" && !slices.Contains(known, p) {
			all = append(all, p)
		}
	}
	return all
}

func (s *State) joined(e *protocol.RoomJoined) {
	x := s.rare()
	if e.Key != "" {
		x.Joined = append(slices.Clone(x.Joined), e.Key)
		x.Joined = x.Joined[max(0, len(x.Joined)-joinedMax):]
	}
	x.Params = slices.Clone(x.Params)
	for _, p := range e.Params {
		if i := slices.IndexFunc(x.Params, func(o protocol.Param) bool { return o.Name == p.Name }); i >= 0 {
			x.Params[i] = p
		} else {
			x.Params = append(x.Params, p)
		}
	}
}

// askedNewest: a customer has two open rooms, and an arrival goes to the one with the newest message
// (17.2 step 6). Each room puts itself forward if it is newer and sends the question on; the last one
// tells the directory.
func askedNewest(s *State, c protocol.Command, b protocol.AskNewest) core.Step {
	var step core.Step
	newest := max(s.Spoken, s.CreatedAt)
	if s.Exists() && s.ClosedAt == 0 && (b.Best == "" || newest > b.At) {
		b.Best, b.At = s.id(), newest
	}
	b.Asked, b.Left = append(slices.Clone(b.Asked), s.id()), b.Left[1:]
	if len(b.Left) > 0 {
		step.Pass(protocol.RoomAt(s.Addr.Site, b.Left[0]), b, c.Ticket)
	} else {
		step.Pass(s.directory(), protocol.NewestFound{Start: b.Start, ClientID: b.ClientID, Asked: b.Asked, Best: b.Best}, c.Ticket)
	}
	return step
}
