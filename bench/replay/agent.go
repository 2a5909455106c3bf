package replay

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"switchyard/bench/client"
)

const (
	answerID = "answer-0001"
	byeID    = "bye-0000001"
)

// lostGrace is how long the desk of a lost room may take to say its last words.
const lostGrace = 2 * time.Second

// agent is one server name at its console: on duty from its first to its last
// service, it answers what it is given, talks as long as the call says, and ends it.
// A shift that ends during a talk lets the talk end.
type agent struct {
	run    *Run
	plan   *Agent
	client *client.Client

	mu       sync.Mutex
	talks    map[string]*talk
	statuses int
	open     int // commands without an answer
}

// talk is one room the agent has. Under the agent's mu.
type talk struct {
	room       string
	assignment int
	noticed    time.Time
	ends       *time.Timer
	closed     bool // or gone: nothing more comes
	seen       bool // the stream was followed, or is being completed from its history
	holes      bool // a part of the stream is missing
	open       int  // commands and history pages without an answer
	done       bool
}

func newAgent(r *Run, plan *Agent) *agent {
	return &agent{run: r, plan: plan, talks: map[string]*talk{}}
}

// connect connects and goes off duty; ready is called once.
func (a *agent) connect(ready func(error)) {
	a.client = client.New(a.run.ctx, client.Options{
		Dialer: a.run.Site.Dialer, Stats: a.run.Stats, Backoff: a.run.Backoff,
		Token: func(ctx context.Context, renew bool) (string, error) {
			return a.run.Site.AgentToken(ctx, a.plan.Account, renew)
		},
		OnEvent: a.event, OnReset: a.reset, OnGone: a.gone, OnState: a.run.cut(a.plan.Account),
	})
	a.run.begin(a.client)
	a.status("offline", nil, func(reply client.Reply) {
		switch {
		case reply.Err != nil:
			ready(fmt.Errorf("%s: %w", a.plan.Account, reply.Err))
		case reply.Refused != nil:
			ready(fmt.Errorf("%s: agent.status: %w", a.plan.Account, reply.Refused))
		default:
			ready(nil)
		}
	})
}

// schedule plans the shift.
func (a *agent) schedule() {
	at := func(d time.Duration) time.Time { return a.run.start.Add(d) }
	expect := func(reply client.Reply) {
		if reply.Refused != nil {
			a.run.refused(a.plan.Account, "agent.status", reply.Refused)
		}
	}
	a.run.after(at(a.run.Plan.At(a.plan.From)), func() {
		a.run.count(func(n *counts) { n.onDuty++ })
		a.status("online", func(written time.Time) {
			a.run.Log.write(func(l *Log) { l.Onlines = append(l.Onlines, Online{Agent: a.plan.Account, Written: written}) })
		}, expect)
		// Planned from here, so that a shift without length still ends after it began.
		a.run.after(at(a.run.Plan.At(a.plan.To)), func() {
			a.run.count(func(n *counts) { n.onDuty--; n.doneShifts++ })
			a.status("offline", nil, expect)
		})
	})
}

// status sends what the agent wants to be; first is called at the first write.
func (a *agent) status(want string, first func(time.Time), done func(client.Reply)) {
	a.mu.Lock()
	a.statuses++
	id := fmt.Sprintf("status-%s-%05d", a.run.Site.Run, a.statuses)
	a.mu.Unlock()
	a.send(nil, client.Command{
		Type: "agent.status", Data: map[string]any{"client_id": id, "want": want}, Written: once(first),
	}, done)
}

// once keeps the first write apart from repeats after a lost socket.
func once(f func(time.Time)) func(time.Time) {
	if f == nil {
		return nil
	}
	var o sync.Once
	return func(at time.Time) { o.Do(func() { f(at) }) }
}

// send counts what is not answered yet, of the agent and of the talk.
func (a *agent) send(t *talk, cmd client.Command, done func(client.Reply)) {
	a.mu.Lock()
	a.open++
	if t != nil {
		t.open++
	}
	a.mu.Unlock()
	a.client.Send(cmd, func(reply client.Reply) {
		done(reply)
		a.mu.Lock()
		a.open--
		if t != nil {
			t.open--
		}
		a.mu.Unlock()
		if t != nil {
			a.maybeForget(t)
		}
	})
}

func (a *agent) busy() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.open > 0 || len(a.talks) > 0
}

func (a *agent) event(e client.Event) {
	if a.run.over() {
		return
	}
	if e.Type == "inbox.rooms" { // what the snapshot had no place for
		a.inbox(e.Data)
	}
	if e.Seq == 0 {
		return
	}
	if room, ok := strings.CutPrefix(e.Stream, "desk/"); ok {
		a.desk(room, e)
		return
	}
	var d struct {
		Room, Cause, Reason string
		Assignment          int
		Turn                uint64
	}
	switch e.Type {
	case "inbox.gained":
		if json.Unmarshal(e.Data, &d) != nil {
			return
		}
		replayed := a.client.State() == client.Replaying
		a.run.Log.write(func(l *Log) {
			l.Gains = append(l.Gains, Gain{
				Agent: a.plan.Account, Room: d.Room, Assignment: d.Assignment, Turn: d.Turn, Cause: d.Cause,
				Seq: e.Seq, At: e.At, Noticed: e.Received, Replayed: replayed,
			})
		})
		a.begin(d.Room, d.Assignment, e.Received)
	case "inbox.lost":
		if json.Unmarshal(e.Data, &d) != nil {
			return
		}
		a.run.Log.write(func(l *Log) {
			l.Losses = append(l.Losses, Loss{Agent: a.plan.Account, Room: d.Room, Assignment: d.Assignment, Reason: d.Reason, At: e.At})
		})
		a.lost(d.Room)
	}
}

// lost: the room is not the agent's any more. Its stream says why and ends, but it is
// another stream: what is still under way gets a moment.
func (a *agent) lost(room string) {
	a.mu.Lock()
	if t := a.talks[room]; t != nil {
		t.ends.Stop()
	}
	a.mu.Unlock()
	a.run.after(time.Now().Add(lostGrace), func() { a.over(room, true) })
}

// begin takes a room: it waits until it is known whose it is, answers, and plans the end.
func (a *agent) begin(room string, assignment int, noticed time.Time) {
	a.mu.Lock()
	if old := a.talks[room]; old != nil && old.assignment == assignment {
		a.mu.Unlock()
		return
	}
	t := &talk{room: room, assignment: assignment, noticed: noticed}
	a.talks[room] = t
	t.ends = a.run.after(noticed.Add(foreignAfter), func() { a.foreign(t) })
	a.mu.Unlock()
	a.run.whose(room, func(call *Call) {
		a.mu.Lock()
		known := !t.closed
		t.ends.Stop()
		if known {
			t.ends = a.run.after(noticed.Add(a.run.Plan.Real(call.Talk)), func() { a.end(t) })
		}
		a.mu.Unlock()
		if known {
			a.answer(t)
		}
	})
}

func (a *agent) answer(t *talk) {
	a.send(t, client.Command{
		Type: "message.send", Stream: "desk/" + t.room,
		Data: map[string]any{"client_id": answerID, "assignment": t.assignment, "kind": "text", "text": "Good day, I am looking into it for you."},
	}, func(reply client.Reply) { a.run.acked(t.room, a.plan.Account, a.plan.Account, answerID, reply) })
}

func (a *agent) end(t *talk) {
	a.mu.Lock()
	closed := t.closed
	a.mu.Unlock()
	if closed {
		return
	}
	a.send(t, client.Command{
		Type: "room.end", Stream: "desk/" + t.room, Data: map[string]any{"client_id": byeID, "assignment": t.assignment},
		Written: once(func(at time.Time) { a.run.endWritten(t.room, a.plan.Account, at) }),
	}, func(reply client.Reply) {
		if reply.Refused != nil && reply.Refused.Code != "room_closed" {
			a.run.refused(a.plan.Account, "room.end", reply.Refused)
		}
	})
}

// foreign ends a room that no customer of the run knows.
func (a *agent) foreign(t *talk) {
	a.run.Log.write(func(l *Log) { l.Foreign = append(l.Foreign, t.room) })
	a.end(t)
}

func (a *agent) desk(room string, e client.Event) {
	switch e.Type {
	case "message.new":
		s, _ := sight(room, a.plan.Account, e)
		a.run.Log.write(func(l *Log) { l.Sights = append(l.Sights, s) })
	case "room.closed":
		a.over(room, false)
	}
}

// over: the room has closed, or is not the agent's any more; a lost room's stream may end early.
func (a *agent) over(room string, lost bool) {
	a.mu.Lock()
	t := a.talks[room]
	if t == nil || t.closed {
		a.mu.Unlock()
		return
	}
	t.closed = true
	t.holes = t.holes || lost
	t.ends.Stop()
	a.mu.Unlock()
	a.maybeForget(t)
}

// reset begins a stream with a snapshot. What is before it is read as history, so
// that the desk is seen from its first event.
func (a *agent) reset(stream string, r client.Reset) {
	if a.run.over() {
		return
	}
	room, desk := strings.CutPrefix(stream, "desk/")
	if !desk {
		a.inbox(r.Snapshot)
		return
	}
	var d struct{ State string }
	_ = json.Unmarshal(r.Snapshot, &d) // an unknown state is an open one
	a.mu.Lock()
	t := a.talks[room]
	if t != nil {
		t.seen = true
		t.holes = t.holes || r.Seq > 0 // until the history has come
	}
	a.mu.Unlock()
	if t == nil {
		return
	}
	if r.Seq > 0 {
		a.history(t, r.Seq+1)
	}
	if d.State == "CLOSED" {
		a.over(room, false)
	}
}

// history reads one page of what was before; with it the stream has no holes.
func (a *agent) history(t *talk, before uint64) {
	a.send(t, client.Command{
		Type: "history", Stream: "desk/" + t.room, Data: map[string]any{"before": before, "limit": 100},
	}, func(reply client.Reply) {
		var d struct {
			Events []struct {
				Type string
				Seq  uint64
				Data json.RawMessage
			}
		}
		if reply.Data == nil || json.Unmarshal(reply.Data, &d) != nil || len(d.Events) == 0 || d.Events[0].Seq != 1 || a.run.over() {
			return // the room is gone, or too long: the view counts as one with holes
		}
		for _, e := range d.Events {
			if e.Type == "message.new" {
				s, _ := sight(t.room, a.plan.Account, client.Event{Seq: e.Seq, Data: e.Data})
				a.run.Log.write(func(l *Log) { l.Sights = append(l.Sights, s) })
			}
		}
		a.mu.Lock()
		t.holes = false
		a.mu.Unlock()
	})
}

// inbox takes the rooms of a snapshot that the agent does not know yet: after another
// life of the store, or left over on a node that was used before.
func (a *agent) inbox(snapshot json.RawMessage) {
	var d struct {
		Rooms []struct {
			Room       string
			Assignment int
		}
	}
	if json.Unmarshal(snapshot, &d) != nil {
		return
	}
	for _, room := range d.Rooms {
		a.begin(room.Room, room.Assignment, time.Now())
	}
}

// gone: the server has taken a stream away.
func (a *agent) gone(stream, _ string) {
	if room, ok := strings.CutPrefix(stream, "desk/"); ok {
		a.over(room, true)
	}
}

// maybeForget lets a closed room go when everything about it is answered.
func (a *agent) maybeForget(t *talk) {
	a.mu.Lock()
	forget := t.closed && t.open == 0 && !t.done
	t.done = t.done || forget
	whole := forget && t.seen && !t.holes
	if forget && a.talks[t.room] == t {
		delete(a.talks, t.room)
	}
	a.mu.Unlock()
	if !forget {
		return
	}
	if whole && !a.run.over() {
		a.run.Log.write(func(l *Log) { l.Views = append(l.Views, View{Room: t.room, Reader: a.plan.Account}) })
	}
	a.client.Forget("desk/" + t.room)
}

func (a *agent) leave() { a.client.Close() }
