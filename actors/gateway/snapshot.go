package gateway

import (
	"switchyard/protocol"
)

// resetFrame tells the client to throw its copy away. history pages backwards from
// history_from: everything up to the snapshot's position.
func resetFrame(name, reason string, snapshot []byte, seq uint64) []byte {
	j := protocol.JSON{B: make([]byte, 0, 256+len(snapshot))}
	j.B = append(j.B, `{"type":"stream.reset"`...)
	j.Str("stream", name)
	j.Key("data")
	j.Open()
	j.Str("reason", reason)
	j.Key("snapshot")
	j.B = append(j.B, snapshot...)
	j.Uint("seq", seq)
	j.Uint("history_from", seq+1)
	j.Close()
	j.Close()
	return j.B
}

// stateName is a room's state for readers; a room between question and answer says OPENED, as its first frame does.
func stateName(s protocol.RoomState) string {
	if s == 0 {
		return "OPENED"
	}
	return s.String()
}

// visitorSnapshot is a room as its customer may see it: no account, no memo, no lock.
func visitorSnapshot(v *protocol.RoomView) []byte {
	j := protocol.JSON{}
	j.Open()
	j.Str("state", stateName(v.State))
	j.Str("agent", v.HolderName)
	j.Int("unread", int64(v.UnreadCustomer))
	j.Uint("read_by_customer", v.ReadByCustomer)
	j.Instant("created_at", v.CreatedAt)
	j.Instant("closed_at", v.ClosedAt)
	if v.Prompted && v.Form != "" {
		j.Str("form", v.Form)
	}
	score(&j, v.Score)
	j.Close()
	return j.B
}

// deskSnapshot is a room as holder and managers see it.
func deskSnapshot(v *protocol.RoomView) []byte {
	j := protocol.JSON{}
	j.Open()
	j.Str("room", string(v.Room))
	j.Str("state", stateName(v.State))
	j.Int("unread", int64(v.UnreadAgent))
	j.Str("customer", string(v.Key))
	j.Str("channel", v.Channel.String())
	j.Str("channel_account", v.Account)
	j.Str("category", v.Category)
	j.Str("category3", v.Category3)
	j.Str("title", v.Title)
	j.Instant("created_at", v.CreatedAt)
	j.Instant("requested_at", v.RequestedAt)
	j.Instant("closed_at", v.ClosedAt)
	j.Str("agent", string(v.Holder))
	j.Str("name", v.HolderName)
	j.Uint("assignment", uint64(v.Assignment))
	j.Bool("profile_required", v.Lock)
	j.Bool("refusing", v.Refuse)
	j.Bool("hold_close", v.Hold)
	j.Str("flag", v.Flag.String())
	j.Strs("tags", v.Tags)
	j.Instant("alarm_at", v.AlarmAt)
	j.Str("ended_by", v.Actor.String())
	j.Str("reason", v.Reason.String())
	j.Bool("last_customer", v.LastCustomer)
	if v.Priority != 0 {
		j.Int("priority", int64(v.Priority))
	}
	j.Uint("read_by_agent", v.ReadByAgent)
	j.Uint("read_by_customer", v.ReadByCustomer)
	j.Str("request", v.Request)
	j.Str("request_to", string(v.RequestTo))
	score(&j, v.Score)
	j.Close()
	return j.B
}

func score(j *protocol.JSON, n uint8) {
	if n != 0 {
		j.Uint("score", uint64(n))
	}
}

// inboxSnapshot shows an inbox in at most so many bytes, or a room's line more, and gives the rooms for which there was no place: an
// agent may have thousands, and a frame has a limit in both directions (protocol.md section 4). They follow in frames of inboxRooms.
func inboxSnapshot(v *protocol.InboxView, bytesMax int) (snapshot []byte, left []protocol.InboxRoom) {
	j := protocol.JSON{}
	j.Open()
	j.Str("account", string(v.Account))
	j.Str("want", v.Want.String())
	j.Str("conn", v.Conn.String())
	j.Bool("on_duty", v.OnDuty)
	if len(v.Offers) > 0 {
		j.Key("offers")
		j.B = append(j.B, '[')
		for i := range v.Offers {
			if i > 0 {
				j.B = append(j.B, ',')
			}
			j.B = v.Offers[i].AppendOffer(j.B)
		}
		j.B = append(j.B, ']')
	}
	left = appendRooms(&j, v.Rooms, bytesMax)
	j.Close()
	return j.B, left
}

// inboxRooms is a frame with the next rooms of an inbox that is longer than its snapshot, and gives those that are left then.
func inboxRooms(name string, rooms []protocol.InboxRoom, bytesMax int) (frame []byte, left []protocol.InboxRoom) {
	j := protocol.JSON{B: make([]byte, 0, bytesMax+1024)}
	j.B = append(j.B, `{"type":"inbox.rooms"`...)
	j.Str("stream", name)
	j.Key("data")
	j.Open()
	left = appendRooms(&j, rooms, bytesMax)
	j.Close()
	j.Close()
	return j.B, left
}

// appendRooms puts rooms into an object until it has so many bytes, at least one, and says how many are left.
func appendRooms(j *protocol.JSON, rooms []protocol.InboxRoom, bytesMax int) (left []protocol.InboxRoom) {
	j.Key("rooms")
	j.B = append(j.B, '[')
	n := 0
	for ; n < len(rooms) && (n == 0 || len(j.B) < bytesMax); n++ {
		r := &rooms[n]
		if n > 0 {
			j.B = append(j.B, ',')
		}
		j.Open()
		j.Str("room", string(r.Room))
		j.Uint("assignment", uint64(r.Assignment))
		j.Str("cause", r.Cause.String())
		j.Str("title", r.Title)
		j.Str("channel", r.Channel.String())
		j.Instant("since", r.Since)
		j.Close()
	}
	j.B = append(j.B, ']')
	if left = rooms[n:]; len(left) > 0 {
		j.Int("more", int64(len(left)))
	}
	return left
}

// viewInbox reads an account's own inbox.
func (g *Gateway) viewInbox(caller protocol.Caller, facts *protocol.SiteFacts, id string) (protocol.InboxView, *protocol.Rejection) {
	var none protocol.InboxView
	if rej := may("stream.inbox", caller.Role); rej != nil {
		return none, rej
	}
	if protocol.AccountID(id) != caller.Account {
		return none, notFound
	}
	res, rej := g.ask(g.stopped, protocol.AgentAt(caller.Site, caller.Account), protocol.ViewInbox{Account: caller.Account}, caller, "", facts)
	if rej != nil {
		return none, rej
	}
	v, ok := res.(protocol.InboxView)
	if !ok {
		return none, notFound
	}
	return v, nil
}
