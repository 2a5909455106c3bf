package shell

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// TestF08F09TheClockFollowsTheWallAtOnePercentAndNeverGoesBack: each row is one look, that long after the one before it,
// at a wall clock that is off by so much; ahead is by how much the engine is then ahead of its own start plus
// the time gone by, told is what was reported.
func TestF08F09TheClockFollowsTheWallAtOnePercentAndNeverGoesBack(t *testing.T) {
	type look struct {
		after time.Duration
		wall  time.Duration // the wall clock's difference from a perfect one
		ahead time.Duration
		told  time.Duration
	}
	for name, looks := range map[string][]look{
		"a wall that is right": {{after: time.Second}, {after: time.Second}},
		"a little ahead": {
			{after: time.Second, wall: 25 * time.Millisecond},
			{after: time.Second, wall: 25 * time.Millisecond, ahead: 10 * time.Millisecond},
			{after: time.Second, wall: 25 * time.Millisecond, ahead: 20 * time.Millisecond},
			{after: time.Second, wall: 25 * time.Millisecond, ahead: 25 * time.Millisecond},
			{after: time.Second, wall: 25 * time.Millisecond, ahead: 25 * time.Millisecond},
		},
		"a little behind": {
			{after: time.Second, wall: -25 * time.Millisecond},
			{after: time.Second, wall: -25 * time.Millisecond, ahead: -10 * time.Millisecond},
			{after: 2 * time.Second, wall: -25 * time.Millisecond, ahead: -25 * time.Millisecond},
			{after: time.Second, wall: -25 * time.Millisecond, ahead: -25 * time.Millisecond},
		},
		"a minute is followed": {
			{after: time.Second, wall: time.Minute},
			{after: 100 * time.Minute, wall: time.Minute, ahead: time.Minute},
			{after: time.Minute, wall: time.Minute, ahead: time.Minute},
		},
		"a jump is told once and not followed": {
			{after: time.Second, wall: time.Hour, told: time.Hour},
			{after: time.Second, wall: time.Hour},
			{after: time.Second, wall: time.Hour},
		},
		"a jump back": {
			{after: time.Second, wall: -time.Hour, told: -time.Hour},
			{after: time.Second, wall: -time.Hour},
		},
		"two jumps are two": {
			{after: time.Second, wall: time.Hour, told: time.Hour},
			{after: time.Second, wall: 2 * time.Hour, told: 2 * time.Hour},
			{after: time.Second, wall: 2 * time.Hour},
		},
		"the same jump again, after it was mended": {
			{after: time.Second, wall: time.Hour, told: time.Hour},
			{after: time.Second},
			{after: time.Second, wall: time.Hour, told: time.Hour},
		},
		"mended to less than a minute, that is followed": {
			{after: time.Second, wall: time.Hour, told: time.Hour},
			{after: time.Second, wall: 10 * time.Millisecond},
			{after: time.Second, wall: 10 * time.Millisecond, ahead: 10 * time.Millisecond},
		},
		"what was being followed ends with a jump": {
			{after: time.Second, wall: 30 * time.Second},
			{after: time.Second, wall: -time.Hour, ahead: 10 * time.Millisecond, told: -time.Hour - 10*time.Millisecond},
			{after: time.Second, wall: -time.Hour, ahead: 10 * time.Millisecond},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var told time.Duration
				c := NewRealClock(time.Time{}, func(d time.Duration) { told += d })
				start := time.Now()
				last := c.Now()
				forward := func() {
					now := c.Now()
					require.False(t, now.Before(last), "the clock went back by %s", last.Sub(now))
					last = now
				}
				for i, l := range looks {
					for range 10 {
						time.Sleep(l.after / 10)
						forward()
					}
					told = 0
					c.follow(time.Since(start), time.Now().Round(0).Add(l.wall))
					forward()
					require.Equal(t, l.told, told, "look %d: told", i)
					require.Equal(t, l.ahead, c.Now().Sub(start.Add(time.Since(start)).Round(0)), "look %d: ahead", i)
				}
			})
		})
	}
}

// TestTheClockWithoutAListener: nobody has to listen to jumps, and Follow takes the real clocks.
func TestTheClockWithoutAListener(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewRealClock(time.Time{}, nil)
		c.follow(0, time.Now().Add(time.Hour))
		time.Sleep(time.Second)
		c.Follow()
		require.Equal(t, c.Wall(), c.Now())
	})
}

// TestF09TheClockBeginsWhereTheJournalEnds: a wall clock that was put back while the process was away does not take the engine's time back
// with it; one that went on does.
func TestF09TheClockBeginsWhereTheJournalEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now().Round(0)
		for name, c := range map[string]struct{ journaled, want time.Time }{
			"put back a year":  {now.AddDate(1, 0, 0), now.AddDate(1, 0, 0)},
			"put back an hour": {now.Add(time.Hour), now.Add(time.Hour)},
			"went on":          {now.Add(-time.Hour), now},
			"nothing is there": {time.Time{}, now},
		} {
			require.True(t, NewRealClock(c.journaled, nil).Now().Equal(c.want), name)
		}
		c := NewRealClock(now.Add(time.Hour), nil)
		time.Sleep(time.Minute) // of the bubble's time
		require.True(t, c.Now().Equal(now.Add(time.Hour+time.Minute)), "and goes on from there")
	})
}
