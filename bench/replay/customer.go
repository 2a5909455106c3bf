package replay

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"time"

	"switchyard/bench/client"
)

// What a customer writes: a question when it has asked for an agent, and a word when
// the agent has answered. The client ids are unique per room and sender.
const (
	startID    = "start-00001"
	questionID = "question-01"
	wordID     = "word-000001"
	leaveID    = "leave-00001"
)

// customer is one call: it asks for an agent at its time and gives up after its
// patience. Its callbacks run on its client's goroutine and on timers.
type customer struct {
	run    *Run
	call   *Call
	asks   time.Time
	client *client.Client

	mu        sync.Mutex
	room      string
	asked     bool
	inLine    bool // known to wait
	assigned  bool
	impatient bool // the patience has run out
	leaving   bool // room.end was sent
	closed    bool
	answered  bool // the agent has written, and was answered
	broken    bool // the stream was reset: it is not followed from its beginning to its end
	done      bool
	open      int // commands without an answer
}

func newCustomer(r *Run, call *Call, asks time.Time) *customer {
	return &customer{run: r, call: call, asks: asks}
}

func (c *customer) connect() {
	uid := c.run.Site.UID(c.call)
	c.client = client.New(c.run.ctx, client.Options{
		Dialer: c.run.Site.Dialer, Stats: c.run.Stats, Backoff: c.run.Backoff,
		Token:   func(ctx context.Context, renew bool) (string, error) { return c.run.Site.VisitorToken(ctx, uid, renew) },
		OnEvent: c.event, OnReset: c.reset, OnGone: c.gone, OnState: c.run.cut(CallName(c.call.Index)),
	})
	c.run.begin(c.client)
	c.run.after(c.asks, c.ask)
}

// ask requests an agent and starts the patience.
func (c *customer) ask() {
	c.run.Log.call(c.call.Index, func(l *CallLog) { l.Planned = c.asks })
	c.mu.Lock()
	c.asked = true
	c.mu.Unlock()
	c.run.count(func(n *counts) { n.asked++ })
	c.send(client.Command{
		Type: "room.start", Data: map[string]any{"client_id": startID},
		Written: func(at time.Time) {
			c.run.Log.call(c.call.Index, func(l *CallLog) {
				if l.Written.IsZero() {
					l.Written = at
				}
			})
		},
	}, c.started)
	if c.call.Patience != Never {
		c.run.after(c.asks.Add(c.run.Plan.Real(c.call.Patience)), c.losePatience)
	}
}

// send counts what is not answered yet, so that the socket stays until everything is.
func (c *customer) send(cmd client.Command, done func(client.Reply)) {
	c.mu.Lock()
	c.open++
	c.mu.Unlock()
	c.client.Send(cmd, func(reply client.Reply) {
		done(reply)
		c.mu.Lock()
		c.open--
		c.mu.Unlock()
		c.maybeLeave()
	})
}

func (c *customer) started(reply client.Reply) {
	if reply.Err != nil {
		return
	}
	if reply.Refused != nil {
		c.run.refused(CallName(c.call.Index), "room.start", reply.Refused)
		c.run.Log.call(c.call.Index, func(l *CallLog) { l.Outcome, l.Code = "refused", reply.Refused.Code })
		c.ended("")
		return
	}
	var d struct{ Room, Outcome, Code string }
	if err := json.Unmarshal(reply.Data, &d); err != nil {
		return // the log keeps a call without a room, which the checks find
	}
	c.learn(d.Room)
	c.run.Log.call(c.call.Index, func(l *CallLog) { l.Outcome, l.Code = d.Outcome, d.Code })
	switch d.Outcome {
	case "refused":
		c.ended("")
		return
	case "accepted":
		c.bound()
	case "queued":
		c.waits()
	}
	c.say(questionID, "I have a question about my account, can you help me?")
}

// learn keeps the room, from whichever frame names it first.
func (c *customer) learn(room string) {
	c.mu.Lock()
	fresh := c.room == "" && room != ""
	if fresh {
		c.room = room
	}
	c.mu.Unlock()
	if fresh {
		c.client.Follow("room/" + room)
		c.run.Log.call(c.call.Index, func(l *CallLog) { l.Room = room })
		c.run.know(room, c.call)
	}
}

func (c *customer) say(id, text string) {
	room := c.where()
	c.send(client.Command{
		Type: "message.send", Stream: "room/" + room,
		Data: map[string]any{"client_id": id, "kind": "text", "text": text},
	}, func(reply client.Reply) { c.run.acked(room, "", CallName(c.call.Index), id, reply) })
}

func (c *customer) where() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.room
}

// acked notes an acknowledged message, or a refusal that the end of the room does not explain.
func (r *Run) acked(room, by, who, id string, reply client.Reply) {
	switch {
	case reply.Err != nil:
	case reply.Refused != nil:
		if reply.Refused.Code != "room_closed" {
			r.refused(who, "message.send", reply.Refused)
		}
	default:
		var d struct {
			MessageID string `json:"message_id"`
		}
		if json.Unmarshal(reply.Data, &d) == nil && !r.over() {
			r.Log.write(func(l *Log) {
				l.Acks = append(l.Acks, Ack{Room: room, By: by, ClientID: id, MessageID: d.MessageID})
			})
		}
	}
}

func (c *customer) event(e client.Event) {
	room, mine := strings.CutPrefix(e.Stream, "room/")
	if !mine || e.Seq == 0 || c.run.over() {
		return
	}
	c.learn(room)
	switch e.Type {
	case "room.state":
		c.state(e)
	case "room.assigned":
		var d struct{ Agent string }
		_ = json.Unmarshal(e.Data, &d) // a nameless assignment still is one
		c.run.Log.call(c.call.Index, func(l *CallLog) { l.Assigned, l.Agent = append(l.Assigned, e.At), d.Agent })
		c.bound()
	case "message.new":
		c.message(room, e)
	case "room.closed":
		var d struct {
			EndedBy string `json:"ended_by"`
		}
		_ = json.Unmarshal(e.Data, &d) // without it the call is unaccounted, which the checks find
		c.run.Log.call(c.call.Index, func(l *CallLog) { l.ClosedAt, l.EndedBy = e.At, d.EndedBy })
		c.mu.Lock()
		whole := !c.broken
		c.mu.Unlock()
		if whole {
			c.run.Log.write(func(l *Log) { l.Views = append(l.Views, View{Room: room}) })
		}
		c.ended(d.EndedBy)
	}
}

func (c *customer) state(e client.Event) {
	var d struct{ State string }
	_ = json.Unmarshal(e.Data, &d) // an unknown state is not that one
	if d.State == "WAITING" {
		c.run.Log.call(c.call.Index, func(l *CallLog) { l.QueuedAt = e.At })
		c.waits()
	}
}

func (c *customer) message(room string, e client.Event) {
	s, from := sight(room, "", e)
	c.run.Log.write(func(l *Log) { l.Sights = append(l.Sights, s) })
	if from != "agent" {
		return
	}
	c.mu.Lock()
	first := !c.answered
	c.answered = true
	c.mu.Unlock()
	if first {
		c.say(wordID, "Thank you, that is what I wanted to know.")
	}
}

// sight reads a message.new as one reader sees it.
func sight(room, reader string, e client.Event) (Sight, string) {
	var d struct {
		MessageID string `json:"message_id"`
		ClientID  string `json:"client_id"`
		From      struct{ Kind string }
	}
	_ = json.Unmarshal(e.Data, &d) // a message without ids is nobody's acknowledgement
	return Sight{Room: room, Reader: reader, Seq: e.Seq, ClientID: d.ClientID, MessageID: d.MessageID}, d.From.Kind
}

// waits notes that the call stands in the line.
func (c *customer) waits() {
	c.mu.Lock()
	fresh := !c.inLine && !c.assigned && !c.closed
	c.inLine = c.inLine || fresh
	c.mu.Unlock()
	if fresh {
		c.run.count(func(n *counts) { n.add(c.call, 1) })
	}
	c.maybeGiveUp()
}

// add moves the line's counts.
func (n *counts) add(c *Call, by int) {
	n.inLine += by
	if c.Patience == Never {
		n.patientInLine += by
	}
}

// bound notes that an agent has the room.
func (c *customer) bound() {
	c.mu.Lock()
	fresh := !c.assigned && !c.closed
	line := c.inLine
	if fresh {
		c.assigned, c.inLine = true, false
	}
	c.mu.Unlock()
	if fresh {
		c.run.count(func(n *counts) {
			n.talking++
			if line {
				n.add(c.call, -1)
			}
		})
	}
}

func (c *customer) losePatience() {
	c.mu.Lock()
	c.impatient = true
	c.mu.Unlock()
	c.maybeGiveUp()
}

// maybeGiveUp ends the room when the patience is out and the call is known to wait.
func (c *customer) maybeGiveUp() {
	c.mu.Lock()
	gives := c.impatient && c.inLine && !c.assigned && !c.leaving && !c.closed && c.room != ""
	c.leaving = c.leaving || gives
	room := c.room
	c.mu.Unlock()
	if !gives {
		return
	}
	c.run.Log.call(c.call.Index, func(l *CallLog) { l.GaveUp = true })
	c.end(room)
}

func (c *customer) end(room string) {
	c.send(client.Command{
		Type: "room.end", Stream: "room/" + room, Data: map[string]any{"client_id": leaveID},
		Written: func(at time.Time) { c.run.endWritten(room, "", at) },
	}, func(reply client.Reply) {
		if reply.Refused != nil && reply.Refused.Code != "room_closed" {
			c.run.refused(CallName(c.call.Index), "room.end", reply.Refused)
		}
	})
}

func (r *Run) endWritten(room, by string, at time.Time) {
	if r.over() {
		return
	}
	r.Log.write(func(l *Log) { l.Ends = append(l.Ends, End{Room: room, By: by, Written: at}) })
}

// ended notes the end of the room, whoever ended it.
func (c *customer) ended(by string) {
	c.mu.Lock()
	fresh, line, talking := !c.closed, c.inLine, c.assigned
	c.closed, c.inLine = true, false
	c.mu.Unlock()
	if fresh {
		c.run.count(func(n *counts) {
			n.closed++
			if line {
				n.add(c.call, -1)
			}
			if talking {
				n.talking--
			}
			switch by {
			case "AGENT":
				n.served++
			case "CUSTOMER":
				n.abandoned++
			}
		})
	}
	c.maybeLeave()
}

// maybeLeave hangs up when the room is closed and everything is answered.
func (c *customer) maybeLeave() {
	c.mu.Lock()
	leaves := c.closed && c.open == 0 && !c.done
	c.done = c.done || leaves
	c.mu.Unlock()
	if leaves {
		c.client.Close()
	}
}

// reset: the store has begun another life, or too much was missed.
func (c *customer) reset(stream string, r client.Reset) {
	c.mu.Lock()
	c.broken = true
	c.mu.Unlock()
	var d struct{ State string }
	if json.Unmarshal(r.Snapshot, &d) == nil && (d.State == "CLOSED" || d.State == "BOT_CLOSED") {
		c.ended("")
	}
}

// gone: the room may not be read any more; what became of it is unknown here.
func (c *customer) gone(string, string) { c.ended("") }

// busy says whether an answer is outstanding. A customer that was not launched is not.
func (c *customer) busy() bool {
	if c == nil {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.open > 0
}

// leave ends the room if it is still open, and hangs up: the run is over.
func (c *customer) leave() {
	c.mu.Lock()
	if c.done {
		c.mu.Unlock()
		return
	}
	room, open := c.room, c.room != "" && !c.closed && c.open == 0
	c.mu.Unlock()
	if !open || c.client.State() != client.Live {
		c.client.Close()
		return
	}
	c.client.Send(client.Command{Type: "room.end", Stream: "room/" + room, Data: map[string]any{"client_id": "clean-00001"}},
		func(client.Reply) { c.client.Close() })
}
