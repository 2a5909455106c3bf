package gateway

import (
	"net/http"

	"switchyard/protocol"
)

// explain says why a waiting room waits, why the holder of a held one got it (the rule, the
// candidates and their loads at that moment, as the assignment stored them), and how a closed one
// ended and who had it last.
func (c *call) explain() (int, []byte, *protocol.Rejection) {
	v, rej := c.g.view(c.context(), "rooms.explain", c.caller, c.facts, protocol.RoomID(c.r.PathValue("room")))
	if rej != nil {
		return 0, nil, rej
	}
	j := protocol.JSON{}
	j.Open()
	j.Str("room", string(v.Room))
	j.Str("state", stateName(v.State))
	switch {
	case v.State == 0: // the queue has not answered yet
		j.Strs("reasons", []string{"being_routed"})
	case v.State == protocol.Bot:
		j.Strs("reasons", []string{"with_the_bot"})
	case v.State == protocol.Waiting:
		res, rej := c.g.ask(c.context(), protocol.QueueAt(c.site), protocol.ViewQueue{Room: v.Room}, c.caller, "", c.facts)
		if rej != nil {
			return 0, nil, rej
		}
		if q, ok := res.(protocol.QueueView); ok && q.Explain != nil {
			j.Int("position", int64(q.Explain.Position))
			j.Strs("reasons", q.Explain.Reasons)
		}
	case !v.State.Open():
		j.Strs("reasons", []string{"closed_by " + v.Actor.String() + " " + v.Reason.String()})
	}
	if v.Assignment > 0 {
		if rej := c.assigned(&j, &v); rej != nil {
			return 0, nil, rej
		}
	}
	j.Close()
	return http.StatusOK, j.B, nil
}

// assigned adds the room's last assignment as the desk's stream shows it.
func (c *call) assigned(j *protocol.JSON, v *protocol.RoomView) *protocol.Rejection {
	var last *protocol.Recorded
	of := protocol.Stream{View: protocol.StreamDesk, Of: protocol.RoomAt(c.site, v.Room)}
	err := c.g.readLog(of.Of, 1, func(r *protocol.Recorded) bool {
		if _, ok := r.Event.(*protocol.RoomAssigned); ok {
			keep := *r
			last = &keep
		}
		return r.Desk < v.Desk
	})
	if err != nil {
		return logRefusal(err)
	}
	if last != nil {
		j.Key("assigned")
		j.B = protocol.AppendFrame(j.B, of, last)
	}
	return nil
}
