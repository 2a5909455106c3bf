package client

import (
	"context"
	"errors"
	"time"

	"github.com/coder/websocket"
)

// ending is why a session is over.
type ending struct {
	code    int // close code, -1 = none
	reason  string
	final   bool          // the handshake's answer will not change
	after   time.Duration // the handshake asked for patience
	liveFor time.Duration
	welcome bool
}

// run is the state machine: sessions, one after the other, with the waits between
// them that the close codes ask for.
func (c *Client) run(ctx context.Context) {
	defer c.side.Wait()
	defer c.end()
	attempt, renewed := 0, false
	for {
		end := c.session(ctx, renewed)
		if c.over(ctx) {
			c.stopAll(0)
			return
		}
		if end.welcome {
			c.o.Stats.Losses.Add(1)
			renewed = false
		} else {
			c.o.Stats.Failures.Add(1)
		}
		if end.liveFor >= c.o.Backoff.ResetAfter {
			attempt = 0
		}
		wait := time.Duration(0)
		switch v := afterClose(end.code); {
		case end.final, v == stop, v == renewToken && renewed:
			c.stopAll(end.code)
			return
		case v == renewToken:
			renewed = true
		case v == reconnectNow:
		case v == reconnectLater:
			wait = laterWait(end.reason)
		case v == reconnectDrain && c.drainLeft() > 0:
			wait = time.Duration(c.o.Chance() * float64(c.drainLeft()))
		case c.hasSpare():
		default:
			wait = max(end.after, c.o.Backoff.wait(attempt, c.o.Chance()))
			attempt++
		}
		if wait > 0 {
			c.enter(Waiting, end.code)
			if !sleep(ctx, wait) {
				c.stopAll(0)
				return
			}
		}
	}
}

// over says whether the client is to end: by Close or by its context.
func (c *Client) over(ctx context.Context) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closing || ctx.Err() != nil
}

func (c *Client) hasSpare() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.spare != nil
}

// drainLeft is what is left of the goaway window.
func (c *Client) drainLeft() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Until(c.window)
}

// stopAll enters the last state and answers what will not be answered any more.
func (c *Client) stopAll(code int) {
	c.mu.Lock()
	left := c.ledger.takeAll()
	if c.again != nil {
		c.again.Stop()
	}
	spare := c.spare
	c.spare = nil
	c.mu.Unlock()
	if spare != nil {
		spare.cut()
	}
	c.enter(Stopped, code)
	for _, p := range left {
		p.done(Reply{Err: ErrStopped, Writes: p.writes, Received: time.Now()})
	}
}

// sleep waits; false if ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// endingOf reads what a failed read or handshake tells.
func endingOf(err error) ending {
	e := ending{code: -1}
	var closed websocket.CloseError
	if errors.As(err, &closed) {
		e.code, e.reason = int(closed.Code), closed.Reason
	}
	var refused *dialError
	if errors.As(err, &refused) {
		e.final, e.after = refused.final(), refused.after
	}
	return e
}
