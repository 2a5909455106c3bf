package client

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

// socket is one WebSocket with its watchdog.
type socket struct {
	ws      *websocket.Conn
	limit   time.Duration // for one write
	ctx     context.Context
	heard   atomic.Int64 // unix nanoseconds of the last frame
	silence time.Duration
	watch   *time.Timer
	silent  atomic.Bool
}

func newSocket(ctx context.Context, ws *websocket.Conn, o *Options) *socket {
	s := &socket{ws: ws, limit: o.Write, ctx: ctx, silence: o.Silence}
	s.heard.Store(time.Now().UnixNano())
	s.watch = time.AfterFunc(s.silence, s.check)
	return s
}

// check cuts a socket that has been silent for too long, and else looks again when it could have been.
func (s *socket) check() {
	left := s.silence - time.Since(time.Unix(0, s.heard.Load()))
	if left <= 0 {
		s.silent.Store(true)
		s.cut()
		return
	}
	s.watch.Reset(left)
}

func (s *socket) read() ([]byte, time.Time, error) {
	kind, b, err := s.ws.Read(s.ctx)
	now := time.Now()
	if err == nil && kind != websocket.MessageText {
		b = nil // the contract has no binary frames; it counts as unreadable
	}
	s.heard.Store(now.UnixNano())
	return b, now, err
}

func (s *socket) write(frame []byte) error {
	ctx, cancel := context.WithTimeout(s.ctx, s.limit)
	defer cancel()
	return s.ws.Write(ctx, websocket.MessageText, frame)
}

// cut ends the socket without a word.
func (s *socket) cut() {
	s.watch.Stop()
	_ = s.ws.CloseNow() // the reader reports what became of the socket
}

// goodbye ends the socket with 1000. The reader must be reading, or the peer's answer is waited for in vain (5 s).
func (s *socket) goodbye() {
	s.watch.Stop()
	_ = s.ws.Close(websocket.StatusNormalClosure, "")
}
