package load

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"switchyard/bench/client"
	"switchyard/bench/stat"
	"switchyard/bench/wire"
)

// Crowd is customers who are connected and say nothing.
type Crowd struct {
	scene  *Scene
	tokens []string

	mu    sync.Mutex
	conns []*wire.Conn
}

// NewCrowd gets everybody's token; Connect connects.
func NewCrowd(ctx context.Context, s *Scene, n int) (*Crowd, error) {
	c := &Crowd{scene: s, tokens: make([]string, n), conns: make([]*wire.Conn, n)}
	run := fresh()
	err := each(ctx, n, connectAtOnce, func(ctx context.Context, i int) (err error) {
		c.tokens[i], err = s.visitorToken(ctx, fmt.Sprintf("crowd-%s-%d", run, i))
		return err
	})
	return c, err
}

// crowdAtOnce is how many handshakes of a crowd are under way: it leaves from 16 addresses,
// and the contract lets each have 50 sockets that have not said hello.
const crowdAtOnce = 256

// Connect connects all, told how far it is.
func (c *Crowd) Connect(ctx context.Context, progress func(live int)) error {
	var live atomic.Int64
	return each(ctx, len(c.conns), crowdAtOnce, func(ctx context.Context, i int) error {
		if err := c.enter(ctx, i); err != nil {
			return err
		}
		progress(int(live.Add(1)))
		return nil
	})
}

// enter connects one, as often as the contract's backoff says.
func (c *Crowd) enter(ctx context.Context, i int) error {
	for attempt := 0; ; attempt++ {
		conn, err := c.scene.connect(ctx, i, c.tokens[i], nil)
		if err == nil {
			c.mu.Lock()
			c.conns[i] = conn
			c.mu.Unlock()
			return nil
		}
		b := client.DefaultBackoff()
		wait := time.Duration(rand.Float64() * float64(min(b.Cap, b.Base<<min(attempt, 6))))
		var refused *wire.Refused
		if errors.As(err, &refused) {
			if refused.Status/100 == 4 && refused.Status != 429 {
				return err
			}
			if s, _ := strconv.Atoi(refused.After); s > 0 { // none is 0
				wait = max(wait, time.Duration(s)*time.Second)
			}
		}
		if attempt > attemptsMax {
			return fmt.Errorf("after %d attempts: %w", attempt, err)
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

const attemptsMax = 50

// StormSample is how a crowd came back.
type StormSample struct {
	Down  time.Duration // from the kill until the node named its address again
	Back  time.Duration // from then until the last was live again
	Times stat.Latency  // from then until each was
}

// Storm kills the node, starts it again, and lets everybody reconnect as the contract says.
func (c *Crowd) Storm(ctx context.Context, progress func(live int)) (StormSample, error) {
	if c.scene.Node == nil {
		return StormSample{}, errors.New("a storm needs a node of the run's own: a given target is not killed")
	}
	killed := time.Now()
	if err := c.scene.Node.Kill(); err != nil {
		return StormSample{}, err
	}
	for _, conn := range c.conns {
		<-conn.Done()
	}
	if err := c.scene.Node.Restart(ctx); err != nil {
		return StormSample{}, err
	}
	up := time.Now()
	t := newTimes()
	var live atomic.Int64
	err := each(ctx, len(c.conns), crowdAtOnce, func(ctx context.Context, i int) error {
		if err := c.enter(ctx, i); err != nil {
			return err
		}
		t.add(time.Since(up))
		progress(int(live.Add(1)))
		return nil
	})
	return StormSample{Down: up.Sub(killed), Back: time.Since(up), Times: t.sum()}, err
}

// Leave ends all sockets.
func (c *Crowd) Leave() {
	for _, conn := range c.conns {
		if conn != nil {
			conn.Close()
		}
	}
}

// Churn opens sockets, says hello and closes them, one after the other, until ctx ends; how many.
func Churn(ctx context.Context, s *Scene) int {
	run := fresh()
	for n := 0; ; n++ {
		token, err := s.visitorToken(ctx, fmt.Sprintf("churn-%s-%d", run, n))
		if err != nil {
			return n
		}
		conn, err := s.connect(ctx, n, token, nil)
		if err != nil {
			return n
		}
		conn.Close()
	}
}
