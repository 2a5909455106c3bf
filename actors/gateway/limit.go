package gateway

import (
	"sync"
	"time"
)

// rate is a token bucket's shape: so many a second, so many at once. Zero PerSecond = no limit.
type rate struct {
	PerSecond float64
	Burst     float64
}

// bucket is a token bucket. The caller holds its lock, if it is shared.
type bucket struct {
	tokens float64
	last   time.Time
}

// take takes one token, or says how long to wait for the next.
func (b *bucket) take(r rate, now time.Time) (wait time.Duration) {
	if r.PerSecond == 0 {
		return 0
	}
	b.fill(r, now)
	if b.tokens >= 1 {
		b.tokens--
		return 0
	}
	// A sum of many small refills lies a little beside the whole number; a wait that was cut to nothing would be a leave.
	return max(time.Nanosecond, time.Duration((1-b.tokens)/r.PerSecond*float64(time.Second)))
}

func (b *bucket) fill(r rate, now time.Time) {
	if b.last.IsZero() {
		b.tokens = r.Burst
	} else if d := now.Sub(b.last); d > 0 {
		b.tokens = min(r.Burst, b.tokens+d.Seconds()*r.PerSecond)
	}
	b.last = now
}

// full says whether the bucket knows nothing a new one would not.
func (b *bucket) full(r rate, now time.Time) bool { b.fill(r, now); return b.tokens >= r.Burst }

// buckets holds one bucket per key: an address, an account, a customer. It forgets those
// that are full again, and refuses everybody unknown when it would outgrow max: a
// flood of names must not become a flood of memory.
type buckets struct {
	mu   sync.Mutex
	rate rate
	max  int
	m    map[string]*bucket
}

func newBuckets(r rate, max int) *buckets {
	return &buckets{rate: r, max: max, m: make(map[string]*bucket)}
}

func (b *buckets) take(key string, now time.Time) (wait time.Duration) {
	if b.rate.PerSecond == 0 {
		return 0
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.m[key]
	if t == nil {
		if len(b.m) >= b.max {
			b.forget(now)
		}
		if len(b.m) >= b.max {
			return time.Second
		}
		t = new(bucket)
		b.m[key] = t
	}
	return t.take(b.rate, now)
}

// give puts a token back.
func (b *buckets) give(key string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if t := b.m[key]; t != nil {
		t.tokens = min(b.rate.Burst, t.tokens+1)
	}
}

func (b *buckets) sweep(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.forget(now)
}

func (b *buckets) forget(now time.Time) {
	for k, t := range b.m {
		if t.full(b.rate, now) {
			delete(b.m, k)
		}
	}
}
