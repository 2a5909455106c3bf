package gateway

import (
	"net/http"
	"time"

	"switchyard/protocol"
)

// command takes one command object as a socket would; its reply is the body, with the
// refusal's HTTP status.
func (c *call) command() (int, []byte, *protocol.Rejection) {
	g := c.g
	if len(c.body.raws) > g.cfg.FrameBytes {
		return 0, nil, protocol.Reject(protocol.TooLarge, "the command is too large")
	}
	var r request // of its own: nobody may wait for the answer any more when it comes
	if rej := g.decode(c.body.raws, &r); rej != nil {
		return 0, nil, rej
	}
	now := time.Now()
	var wait time.Duration
	if c.who.visitor() {
		if wait = g.visitorCommands.take(string(c.who.customer), now); wait == 0 && r.kind == "message.send" {
			wait = g.visitorMessages.take(string(c.who.customer), now)
		}
	} else {
		wait = g.accountCommands.take(string(c.who.site)+"/"+string(c.who.account), now)
	}
	if wait > 0 {
		return 0, nil, limited(wait)
	}
	key, rej := c.clientID()
	if rej != nil {
		return 0, nil, rej
	}
	if _, named := r.data["client_id"]; !named && r.clientID == "" {
		r.clientID = string(key)
	}
	switch r.kind {
	case "hello", "subscribe", "unsubscribe", "sync", "auth.refresh", "ack", "pong", "typing":
		return 0, nil, protocol.RejectField(protocol.BadRequest, "type", "needs the socket")
	case "history":
		res, rej := g.historyCommand(c.who, &r)
		return c.reply(r.id, res, rej)
	}
	type answer struct {
		res protocol.Result
		rej *protocol.Rejection
	}
	got := make(chan answer, 1)
	f := g.flight()
	f.r, f.who, f.own = r, c.who, new(ownRooms)
	f.done = func(res protocol.Result, rej *protocol.Rejection) { got <- answer{res, rej} }
	g.execute(f)
	timeout := time.NewTimer(g.cfg.AnswerWait)
	defer timeout.Stop()
	select {
	case a := <-got:
		return c.reply(r.id, a.res, a.rej)
	case <-timeout.C:
	case <-c.context().Done():
	}
	return c.reply(r.id, nil, &protocol.Rejection{Code: protocol.Unavailable, Text: "no answer in time", RetryAfter: time.Second})
}

func (c *call) reply(id string, res protocol.Result, rej *protocol.Rejection) (int, []byte, *protocol.Rejection) {
	if rej != nil {
		c.g.obs.Rejected(rej.Code.String())
		return rej.Code.Status(), errorFrame(id, rej), nil
	}
	return http.StatusOK, okFrame(id, res), nil
}
