package client

import "time"

// Backoff says how long to wait before attempt n: rand(0, min(Cap, Base · 2^n)), full jitter.
type Backoff struct {
	Base       time.Duration // upper end of the first wait; default 0.5 s
	Cap        time.Duration // upper end of every wait; default 30 s
	ResetAfter time.Duration // n starts again after so long live; default 30 s
}

// capMin keeps a strongly compressed run from hammering a node that restarts.
const capMin = 250 * time.Millisecond

// DefaultBackoff is the contract's.
func DefaultBackoff() Backoff {
	return Backoff{Base: 500 * time.Millisecond, Cap: 30 * time.Second, ResetAfter: 30 * time.Second}
}

// Compressed is the backoff of a run whose time passes speed times as fast: the cap
// and the reset shrink with it, the cap never below 250 ms; the base stays below the cap.
func (b Backoff) Compressed(speed float64) Backoff {
	shrink := func(d time.Duration) time.Duration { return time.Duration(float64(d) / max(1, speed)) }
	b.Cap = max(capMin, shrink(b.Cap))
	b.Base = min(b.Base, b.Cap)
	b.ResetAfter = shrink(b.ResetAfter)
	return b
}

// wait is the wait before attempt n (0, 1, 2 …); chance is in [0,1).
func (b Backoff) wait(n int, chance float64) time.Duration {
	upper := b.Cap
	if n < 16 {
		upper = min(upper, b.Base<<n)
	}
	return time.Duration(chance * float64(upper))
}
