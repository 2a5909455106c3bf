package client

import (
	"encoding/json"
	"time"
)

// handle acts on one frame after the welcome. Types it does not know and that have
// no stream are ignored, as the contract asks.
func (c *Client) handle(f frame, now time.Time) {
	switch f.Type {
	case "ok", "error":
		c.reply(f, now)
	case "ping":
		c.mu.Lock()
		c.controlFrame(outgoing{Type: "pong"})
		c.mu.Unlock()
		c.flush()
	case "goaway":
		c.goaway(f.Data, now)
	case "auth.expiring":
		c.refresh()
	case "stream.live":
		c.live(f)
	case "stream.reset":
		c.reset(f)
	case "stream.gone":
		c.mu.Lock()
		c.streams.drop(f.Stream)
		c.mu.Unlock()
		c.o.OnGone(f.Stream, word(f.Data, "reason"))
	default:
		if f.Stream != "" {
			c.event(Event{Type: f.Type, Stream: f.Stream, Seq: f.Seq, At: f.At, Data: f.Data, Received: now})
		}
	}
}

// event applies the gap rule: the next number is delivered, one beyond a gap is held
// and the gap asked for, an old one is ignored; the last two are counted.
func (c *Client) event(e Event) {
	if e.Seq == 0 {
		c.o.OnEvent(e)
		return
	}
	c.mu.Lock()
	verdict := c.streams.arrive(e)
	var more []Event
	switch verdict {
	case apply:
		more = c.streams.follow(e.Stream)
	case gap:
		after, err := json.Marshal(map[string]uint64{"after": c.streams.at[e.Stream].applied})
		if err != nil {
			panic("client: a number does not marshal: " + err.Error())
		}
		c.controlFrame(outgoing{Type: "sync", ID: c.controlID(e.Stream), Stream: e.Stream, Data: after})
	}
	sock := c.sock
	c.mu.Unlock()
	switch verdict {
	case apply:
		c.o.OnEvent(e)
		for _, e := range more {
			c.o.OnEvent(e)
		}
	case repeat:
		c.o.Stats.Repeats.Add(1)
	case gap:
		c.o.Stats.Gaps.Add(1)
		c.flush()
	case tooMany:
		if sock != nil {
			sock.cut() // the resume brings what is missing
		}
	}
}

func (c *Client) live(f frame) {
	var d struct {
		Seq       uint64 `json:"seq"`
		Recovered bool   `json:"recovered"`
	}
	if json.Unmarshal(f.Data, &d) != nil {
		c.o.Stats.Unreadable.Add(1)
		return
	}
	c.o.OnLive(f.Stream, d.Recovered)
}

func (c *Client) reset(f frame) {
	var r Reset
	if json.Unmarshal(f.Data, &r) != nil {
		c.o.Stats.Unreadable.Add(1)
		return
	}
	c.mu.Lock()
	let := c.streams.forgotten[f.Stream]
	c.streams.reset(f.Stream, r.Seq)
	more := c.streams.follow(f.Stream)
	c.mu.Unlock()
	if let {
		return
	}
	if r.Reason != "start" {
		c.o.Stats.Resets.Add(1)
	}
	c.o.OnReset(f.Stream, r)
	for _, e := range more {
		c.o.OnEvent(e)
	}
}

// reply ends a command, or keeps it for another try when the server only asked for patience.
func (c *Client) reply(f frame, now time.Time) {
	r := Reply{Data: f.Data, Received: now}
	if f.Type == "error" {
		r.Data, r.Refused = nil, new(Refusal)
		if json.Unmarshal(f.Data, r.Refused) != nil {
			c.o.Stats.Unreadable.Add(1)
		}
	}
	c.mu.Lock()
	if stream, ok := c.syncs[f.ReplyTo]; ok {
		delete(c.syncs, f.ReplyTo)
		c.streams.synced(stream)
		c.mu.Unlock()
		return
	}
	if r.Refused != nil && patience(r.Refused) > 0 && c.ledger.again(f.ReplyTo, now.Add(patience(r.Refused))) {
		c.mu.Unlock()
		c.o.Stats.RateLimited.Add(1)
		c.flush()
		return
	}
	p := c.ledger.answered(f.ReplyTo)
	c.mu.Unlock()
	if p == nil {
		return
	}
	r.Writes = p.writes
	p.done(r)
	c.flush() // a place in flight is free
}

// patience is how long to wait before the same command may be written again; 0 = it
// may not. Only refusals of the gate are tried again here: what the domain refuses
// (a full seat, closed hours) is the caller's to decide.
func patience(r *Refusal) time.Duration {
	if r.Code != "rate_limited" && r.Code != "unavailable" {
		return 0
	}
	return max(time.Duration(r.RetryMS)*time.Millisecond, 20*time.Millisecond)
}

// refresh gets a new token beside the reading and hands it to the server.
func (c *Client) refresh() {
	c.side.Add(1)
	go func() {
		defer c.side.Done()
		token, err := c.o.Token(c.ctx, true)
		if err != nil {
			return // the server closes with 4401, and the next session asks again
		}
		data, err := json.Marshal(map[string]string{"token": token})
		if err != nil {
			return
		}
		c.mu.Lock()
		if c.sock != nil {
			c.controlFrame(outgoing{Type: "auth.refresh", ID: c.controlID(""), Data: data})
		}
		c.mu.Unlock()
		c.flush()
	}()
}

// finishMax is how long commands in flight may take after a goaway.
const finishMax = 2 * time.Second

// goaway stops new commands on this socket, waits for a random point of the window
// and for the commands in flight, opens the next socket and only then leaves this one.
func (c *Client) goaway(data json.RawMessage, now time.Time) {
	var d struct {
		In [2]int `json:"reconnect_in_ms"`
	}
	if json.Unmarshal(data, &d) != nil || d.In[1] < d.In[0] {
		d.In = [2]int{0, 1000}
	}
	from, to := time.Duration(d.In[0])*time.Millisecond, time.Duration(d.In[1])*time.Millisecond
	c.mu.Lock()
	old := c.sock
	if c.draining || old == nil {
		c.mu.Unlock()
		return
	}
	c.draining, c.window = true, now.Add(to)
	c.side.Add(1)
	c.mu.Unlock()
	c.o.Stats.GoAways.Add(1)
	at := from + time.Duration(c.o.Chance()*float64(to-from))
	go func() {
		defer c.side.Done()
		if sleep(c.ctx, at) && c.finish(old, now.Add(finishMax)) {
			c.moveOn(old)
		}
	}()
}

// finish waits until nothing is in flight, or until the limit; false if the socket is gone.
func (c *Client) finish(old *socket, limit time.Time) bool {
	for {
		c.mu.Lock()
		mine, busy := c.sock == old, len(c.ledger.inFlight) > 0
		c.mu.Unlock()
		if !mine {
			return false
		}
		if !busy || !time.Now().Before(limit) {
			return true
		}
		if !sleep(c.ctx, 20*time.Millisecond) {
			return false
		}
	}
}

// moveOn opens the next socket and says goodbye to the old one.
func (c *Client) moveOn(old *socket) {
	if err := c.o.Dialer.enter(c.ctx); err != nil {
		return
	}
	next, err := c.open(c.ctx)
	c.o.Dialer.leave()
	if err == nil {
		c.mu.Lock()
		taken := c.sock == old && c.spare == nil
		if taken {
			c.spare = next
		}
		c.mu.Unlock()
		if !taken { // the old socket was lost meanwhile; the run loop has dialled by itself
			next.cut()
			return
		}
	}
	old.goodbye()
}

// word reads one string of an object; "" if there is none.
func word(data json.RawMessage, key string) string {
	var m map[string]any
	if json.Unmarshal(data, &m) != nil {
		return ""
	}
	s, _ := m[key].(string)
	return s
}
