package load

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"switchyard/bench/stat"
	"switchyard/bench/target"
	"switchyard/bench/wire"
)

// Chat is visitors who write to agents: every message is authenticated, limited, counted,
// on the disk before it is acknowledged, and delivered to the agent who holds the room.
type Chat struct {
	*Flood
	scene  *Scene
	stage  *target.Stage
	agents []*deskReader

	mu   sync.Mutex
	live map[string]chan struct{} // by stream: closed when its reader follows it

	delivered atomic.Int64
	gaps      atomic.Int64
	rounds    int
}

// ChatOptions shape a chat.
type ChatOptions struct {
	Visitors, Agents int
	Text             []byte
	// OwnCopy leaves the visitors subscribed to their rooms, as pages are: each then also reads
	// its own message, a third frame out. Without it a message is one frame in and two out.
	OwnCopy bool
}

// deskReader is an agent's socket. Its fields are its reader's alone.
type deskReader struct {
	chat  *Chat
	conn  *wire.Conn
	at    map[string]*uint64 // by stream: the last number
	mu    sync.Mutex
	times *stat.Times
}

// NewChat sets the scene: agents online, visitors connected. Rooms opens the rooms.
func NewChat(ctx context.Context, s *Scene, o ChatOptions) (*Chat, error) {
	c := &Chat{Flood: newFlood(), scene: s, live: map[string]chan struct{}{}}
	// A spare seat each: a room that has just ended may be counted for a moment.
	limit := (o.Visitors+o.Agents-1)/o.Agents + 1
	all := accounts("bench.chat", o.Agents, limit)
	var err error
	if c.stage, err = target.Set(ctx, s.API, s.Site, s.Password, all); err != nil {
		return nil, err
	}
	for i, a := range all {
		token, err := c.stage.AgentToken(ctx, a.ID, false)
		if err != nil {
			return nil, errors.Join(err, c.Leave(ctx))
		}
		d := &deskReader{chat: c, at: map[string]*uint64{}, times: stat.NewTimes()}
		if d.conn, err = s.connect(ctx, i, token, d.heard); err != nil {
			return nil, errors.Join(err, c.Leave(ctx))
		}
		c.agents = append(c.agents, d)
		if _, err := d.conn.Call(ctx, "agent.status", "", map[string]string{"client_id": "online-" + fresh(), "want": "online"}); err != nil {
			return nil, errors.Join(err, c.Leave(ctx))
		}
	}
	run := fresh()
	for range o.Visitors {
		c.add(o.Text).other = c.lives
	}
	err = each(ctx, o.Visitors, connectAtOnce, func(ctx context.Context, i int) error {
		token, err := s.visitorToken(ctx, fmt.Sprintf("chat-%s-%d", run, i))
		if err != nil {
			return err
		}
		v := c.senders[i]
		v.conn, err = s.connect(ctx, i, token, v.heard)
		return err
	})
	if err != nil {
		return nil, errors.Join(err, c.Leave(ctx))
	}
	c.arrived = c.delivered.Load
	return c, nil
}

// Rooms ends the rooms there are and opens new ones, one per visitor, and waits until each
// has an agent who follows it. A room of a customer service has tens of messages, not a
// million: each measurement begins with new ones.
func (c *Chat) Rooms(ctx context.Context, ownCopy bool) error {
	c.rounds++
	err := each(ctx, len(c.senders), connectAtOnce, func(ctx context.Context, i int) error {
		v := c.senders[i]
		id := fmt.Sprintf("room-%05d-%04d", i, c.rounds)
		if c.rounds > 1 {
			if _, err := v.conn.Call(ctx, "room.end", v.stream(), map[string]string{"client_id": "end-" + id}); err != nil {
				return err
			}
		}
		raw, err := v.conn.Call(ctx, "room.start", "", map[string]string{"client_id": "start-" + id})
		if err != nil {
			return err
		}
		var started struct{ Room, Outcome string }
		if err := json.Unmarshal(raw, &started); err != nil {
			return err
		}
		if started.Outcome == "refused" || started.Room == "" {
			return fmt.Errorf("a room was refused: %s", raw)
		}
		v.speak(started.Room)
		for _, stream := range []string{"desk/" + started.Room, "room/" + started.Room} {
			select {
			case <-c.follows(stream):
			case <-time.After(settleMax):
				return fmt.Errorf("%s (%s) has no reader after %v", stream, started.Outcome, settleMax)
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if !ownCopy {
			_, err = v.conn.Call(ctx, "unsubscribe", "room/"+started.Room, nil)
		}
		return err
	})
	c.mu.Lock()
	clear(c.live)
	c.mu.Unlock()
	return err
}

// stream is the room the sender speaks in.
func (s *sender) stream() string {
	return string(wire.String(append([]byte(`{"x":"`), *s.middle.Load()...), "stream"))
}

// follows is closed when the stream's reader follows it.
func (c *Chat) follows(stream string) chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.live[stream] == nil {
		c.live[stream] = make(chan struct{})
	}
	return c.live[stream]
}

// lives sees what visitors are told beside their answers.
func (c *Chat) lives(frame []byte) {
	if wire.Is(frame, "stream.live") {
		close(c.follows(string(wire.String(frame, "stream"))))
	}
}

func (d *deskReader) heard(frame []byte) {
	stream := wire.String(frame, "stream")
	if len(stream) < 5 || string(stream[:5]) != "desk/" {
		return
	}
	if wire.Is(frame, "stream.live") {
		n, _ := wire.Uint(frame, "seq")
		d.at[string(stream)] = &n
		close(d.chat.follows(string(stream)))
		return
	}
	at := d.at[string(stream)]
	if wire.Is(frame, "stream.gone") {
		delete(d.at, string(stream))
		return
	}
	seq, durable := wire.Uint(frame, "seq")
	if at == nil || !durable || wire.Is(frame, "stream.reset") {
		return
	}
	if seq != *at+1 {
		d.chat.gaps.Add(1)
	}
	*at = seq
	if !wire.Is(frame, "message.new") {
		return
	}
	id := wire.String(frame, "client_id")
	if len(id) != 1+5+1+numberDigits {
		return
	}
	lane, _ := wire.Digits(id[1:6])
	n, ok := wire.Digits(id[7:])
	if !ok || int(lane) >= len(d.chat.senders) {
		return
	}
	if d.chat.measuring.Load() {
		due := time.Duration(d.chat.senders[lane].due[n%slots].Load())
		d.mu.Lock()
		d.times.Add(time.Since(d.chat.began) - due)
		d.mu.Unlock()
	}
	d.chat.delivered.Add(1)
}

// Closed see Flood; it fails when an acknowledged message was not delivered, or not in order.
func (c *Chat) Closed(ctx context.Context, window int, warm, measure time.Duration) (Sample, error) {
	c.resetDesks()
	s, err := c.Flood.Closed(ctx, window, warm, measure)
	return c.check(s, err)
}

// Open see Flood and Closed.
func (c *Chat) Open(ctx context.Context, perSecond float64, warm, measure time.Duration) (Sample, error) {
	c.resetDesks()
	s, err := c.Flood.Open(ctx, perSecond, warm, measure)
	return c.check(s, err)
}

// Overload see Flood and Closed: what is refused must not be delivered either.
func (c *Chat) Overload(ctx context.Context, perSecond float64, warm, measure time.Duration) (Sample, error) {
	c.resetDesks()
	s, err := c.Flood.Overload(ctx, perSecond, warm, measure)
	return c.check(s, err)
}

func (c *Chat) resetDesks() {
	for _, d := range c.agents {
		d.mu.Lock()
		d.times.Reset()
		d.mu.Unlock()
	}
}

func (c *Chat) check(s Sample, err error) (Sample, error) {
	all := stat.NewTimes()
	for _, d := range c.agents {
		d.mu.Lock()
		all.Merge(d.times)
		d.mu.Unlock()
		err = errors.Join(err, d.conn.Err())
	}
	s.Other = all.Sum()
	if n := c.gaps.Load(); n > 0 && err == nil {
		err = fmt.Errorf("%d numbers of desk streams were missing or came twice", n)
	}
	if got, want := c.delivered.Load(), c.Accepted(); got != want && err == nil {
		err = fmt.Errorf("%d messages were acknowledged and %d delivered", want, got)
	}
	return s, err
}

// Leave ends all sockets. On a given target the site is put back as it was.
func (c *Chat) Leave(ctx context.Context) error {
	c.Close()
	for _, d := range c.agents {
		d.conn.Close()
	}
	if c.scene.Node != nil {
		return nil // it goes with its site
	}
	return c.stage.Clear(context.WithoutCancel(ctx))
}
