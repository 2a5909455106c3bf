package client

import "time"

// bucket paces commands by the limits of the welcome. A tenth is left to the
// server's clock and to control frames.
type bucket struct {
	rate   float64 // per second; 0 = no limit
	burst  float64
	filled float64
	at     time.Time
}

func newBucket(l limits, now time.Time) bucket {
	burst := max(1, 0.9*float64(l.Burst))
	return bucket{rate: 0.9 * l.Rate, burst: burst, filled: burst, at: now}
}

// take takes one command's worth, or says how long until there is one.
func (b *bucket) take(now time.Time) time.Duration {
	if b.rate <= 0 {
		return 0
	}
	b.filled = min(b.burst, b.filled+now.Sub(b.at).Seconds()*b.rate)
	b.at = now
	if b.filled >= 1 {
		b.filled--
		return 0
	}
	return time.Duration((1-b.filled)/b.rate*float64(time.Second)) + time.Millisecond
}
