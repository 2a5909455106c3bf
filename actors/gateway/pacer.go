package gateway

import "time"

// pacer admits handshakes at a rate. Who comes beyond it is given a moment of his own: the first that nobody
// else was told, so that those who wait as they are told come back no faster than they can be taken, and find a place (F-14).
// The promise is not kept for them: who comes first is served first. The caller holds its lock.
type pacer struct {
	bucket
	promised time.Time // the last moment that was given away
}

// A moment lies at least paceMin and at most paceMax ahead, and is blurred by paceBlur.
const (
	paceMin  = time.Second
	paceMax  = 30 * time.Second
	paceBlur = time.Second
)

// admit takes one handshake in, or says when to come again; chance is in [0,1).
func (p *pacer) admit(r rate, now time.Time, chance float64) (wait time.Duration) {
	if p.take(r, now) == 0 {
		return 0
	}
	blur := time.Duration(chance * float64(paceBlur))
	next := now.Add(paceMin)
	if p.promised.After(next) {
		next = p.promised
	}
	next = next.Add(time.Duration(float64(time.Second) / r.PerSecond))
	if next.Sub(now) > paceMax { // more than can be told apart: spread over all of it, on top of what was promised
		return paceMin + time.Duration(chance*float64(paceMax-paceMin))
	}
	p.promised = next
	return next.Sub(now) + blur
}
