package shell

import (
	"sync"
	"time"
)

// RealClock is the engine's time in a running node: the wall clock at the start, then the
// monotonic clock, so it never goes back. A wall clock that differs by less than a minute is
// followed at one percent, evenly and not in steps: a clock that takes a hundredth of a second back
// at once goes back. A larger jump is told and not followed.
type RealClock struct {
	mu     sync.Mutex
	start  time.Time     // with its monotonic reading
	looked time.Duration // elapsed at the last look
	offset time.Duration // what was followed until then
	pull   time.Duration // what is still to be followed
	jump   time.Duration // the difference that is too large and was told; 0 = none
	jumped func(time.Duration)
}

const (
	followMax  = time.Minute
	followRate = 100 // one part in a hundred
)

// NewRealClock starts at the wall clock, or at the last journaled time if that is later: times in
// the history never go back. jumped is told of each new jump; nil = nobody listens.
func NewRealClock(journaled time.Time, jumped func(time.Duration)) *RealClock {
	c := &RealClock{start: time.Now(), jumped: jumped}
	c.offset = max(journaled.Sub(c.start), 0)
	return c
}

// Now is the engine's time.
func (c *RealClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	elapsed := time.Since(c.start)
	return c.start.Add(elapsed + c.followed(elapsed)).Round(0)
}

// followed is what was followed of the wall clock by then.
func (c *RealClock) followed(elapsed time.Duration) time.Duration {
	most := max(elapsed-c.looked, 0) / followRate
	return c.offset + min(max(c.pull, -most), most)
}

// Wall is the calendar's time: what the operating system says.
func (c *RealClock) Wall() time.Time { return time.Now().Round(0) }

// Follow compares the two and lets the engine's time move towards the wall clock. Called about once a second.
func (c *RealClock) Follow() { c.follow(time.Since(c.start), time.Now().Round(0)) }

func (c *RealClock) follow(elapsed time.Duration, wall time.Time) {
	c.mu.Lock()
	c.offset = c.followed(elapsed)
	c.looked = elapsed
	diff := wall.Sub(c.start.Add(elapsed + c.offset).Round(0))
	tell := false
	if diff > followMax || diff < -followMax {
		d := diff - c.jump
		tell = d > followMax || d < -followMax
		c.pull, c.jump = 0, diff
	} else {
		c.pull, c.jump = diff, 0
	}
	c.mu.Unlock()
	if tell && c.jumped != nil {
		c.jumped(diff)
	}
}
