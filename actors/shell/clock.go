package shell

import (
	"sync"
	"time"
)

// RealClock is the engine's time in a running node: the wall clock at the start, then the
// monotonic clock, so it never goes back. A wall clock that differs by less than a minute is
// followed at one percent; a larger jump is told and not followed.
type RealClock struct {
	mu     sync.Mutex
	start  time.Time     // with its monotonic reading
	offset time.Duration // what was followed so far
	last   time.Duration // elapsed at the last look
	jump   time.Duration // the last difference that was too large
	jumped func(time.Duration)
}

const (
	followMax  = time.Minute
	followRate = 100 // one part in a hundred
)

// NewRealClock starts at the wall clock. jumped is told of each new jump; nil = nobody listens.
func NewRealClock(jumped func(time.Duration)) *RealClock {
	return &RealClock{start: time.Now(), jumped: jumped}
}

// Now is the engine's time.
func (c *RealClock) Now() time.Time {
	c.mu.Lock()
	offset := c.offset
	c.mu.Unlock()
	return c.start.Add(time.Since(c.start) + offset).Round(0)
}

// Wall is the calendar's time: what the operating system says.
func (c *RealClock) Wall() time.Time { return time.Now().Round(0) }

// Follow compares the two and moves the engine's time towards the wall clock. Called about once a second.
func (c *RealClock) Follow() { c.follow(time.Since(c.start), time.Now().Round(0)) }

func (c *RealClock) follow(elapsed time.Duration, wall time.Time) {
	c.mu.Lock()
	now := c.start.Add(elapsed + c.offset).Round(0)
	diff := wall.Sub(now)
	step := (elapsed - c.last) / followRate
	c.last = elapsed
	var tell func(time.Duration)
	switch {
	case diff > followMax || diff < -followMax:
		if d := diff - c.jump; d > followMax || d < -followMax {
			tell = c.jumped
		}
		c.jump = diff
	case diff > 0:
		c.offset += min(diff, step)
	case diff < 0:
		c.offset -= min(-diff, step) // the monotonic clock goes on faster than this takes back
	}
	c.mu.Unlock()
	if tell != nil {
		tell(diff)
	}
}
