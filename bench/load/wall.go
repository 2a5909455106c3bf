package load

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"switchyard/bench/wire"
)

// Wall is one room that many watch, or the raw sockets that are its ceiling: a message is
// sent when everybody has read the one before.
type Wall struct {
	watchers []*wire.Conn
	send     func() error
	leave    func() error

	got  atomic.Int64
	goal atomic.Int64
	full chan struct{}
	size atomic.Int64 // bytes of what a watcher reads
}

func newWall(n int) *Wall {
	return &Wall{watchers: make([]*wire.Conn, n), full: make(chan struct{}, 1)}
}

// read counts a delivery.
func (w *Wall) read(frame []byte) {
	w.size.Store(int64(len(frame)))
	if w.got.Add(1) == w.goal.Load() {
		w.full <- struct{}{}
	}
}

// FrameBytes is the length of what a watcher reads.
func (w *Wall) FrameBytes() int { return int(w.size.Load()) }

// NewWall lets the demo site's manager watch a room on n sockets.
func NewWall(ctx context.Context, s *Scene, n int, text []byte) (*Wall, error) {
	c, err := NewChat(ctx, s, ChatOptions{Visitors: 1, Agents: 1, Text: text})
	if err != nil {
		return nil, err
	}
	w := newWall(n)
	w.leave = func() error { return c.Leave(ctx) }
	if err := c.Rooms(ctx, false); err != nil {
		return nil, errors.Join(err, w.Leave())
	}
	v := c.senders[0]
	desk := "desk/" + v.stream()[len("room/"):]
	token, err := s.API.Login(ctx, s.Site, "manager", s.Password)
	if err != nil {
		return nil, errors.Join(err, w.Leave())
	}
	err = each(ctx, n, connectAtOnce, func(ctx context.Context, i int) (err error) {
		w.watchers[i], err = s.connect(ctx, i, token, func(frame []byte) {
			if wire.Is(frame, "message.new") {
				w.read(frame)
			}
		})
		if err == nil {
			_, err = w.watchers[i].Call(ctx, "subscribe", desk, nil)
		}
		return err
	})
	if err != nil {
		return nil, errors.Join(err, w.Leave())
	}
	w.send = func() error { return v.send(time.Since(c.began)) }
	return w, nil
}

// RawWall writes frames of a length to n raw sockets.
func RawWall(ctx context.Context, s *Scene, watch, cast string, n, bytes int) (*Wall, error) {
	w := newWall(n)
	err := each(ctx, n, connectAtOnce, func(ctx context.Context, i int) (err error) {
		w.watchers[i], err = wire.Dial(ctx, watch, s.Clients[i%len(s.Clients)], w.read)
		return err
	})
	var caster *wire.Conn
	if err == nil {
		caster, err = wire.Dial(ctx, cast, nil, nil)
	}
	if err != nil {
		return nil, errors.Join(err, w.Leave())
	}
	frame := append([]byte(`{"type":"message.new","data":"`), make([]byte, bytes)...)[:bytes]
	for i := len(`{"type":"message.new","data":"`); i < bytes; i++ {
		frame[i] = 'x'
	}
	w.send = func() error { return caster.Write(frame) }
	w.leave = func() error { caster.Close(); return nil }
	return w, nil
}

// Run sends for a while; deliveries per second.
func (w *Wall) Run(ctx context.Context, warm, measure time.Duration) (float64, error) {
	if _, err := w.spell(ctx, warm); err != nil {
		return 0, err
	}
	return w.spell(ctx, measure)
}

func (w *Wall) spell(ctx context.Context, d time.Duration) (float64, error) {
	began, before := time.Now(), w.got.Load()
	limit := time.NewTimer(d + settleMax)
	defer limit.Stop()
	for first := true; first || time.Since(began) < d; first = false {
		w.goal.Store(w.got.Load() + int64(len(w.watchers)))
		if err := w.send(); err != nil {
			return 0, err
		}
		select {
		case <-w.full:
		case <-limit.C:
			return 0, fmt.Errorf("%d of %d watchers have not read a message", w.goal.Load()-w.got.Load(), len(w.watchers))
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
	return float64(w.got.Load()-before) / time.Since(began).Seconds(), nil
}

// Leave ends all sockets.
func (w *Wall) Leave() error {
	for _, c := range w.watchers {
		if c != nil {
			c.Close()
		}
	}
	if w.leave != nil {
		return w.leave()
	}
	return nil
}
