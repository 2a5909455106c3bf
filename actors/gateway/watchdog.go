package gateway

import (
	"math/rand/v2"
	"time"
)

// watch is the one clock of all connections: per-frame timers would cost more than the
// frames. Everything it looks at may be late by SweepEvery.
func (g *Gateway) watch() {
	tick := time.NewTicker(g.cfg.SweepEvery)
	defer tick.Stop()
	cleaned := time.Now()
	for {
		select {
		case <-g.stopped.Done():
			return
		case <-tick.C:
		}
		now := time.Now()
		for _, c := range g.connections() {
			c.check(now)
		}
		if now.Sub(cleaned) > time.Minute {
			cleaned = now
			for _, b := range []*buckets{g.visitorCommands, g.visitorMessages, g.visitorStrikes, g.visitorUploads, g.accountUploads, g.accountCommands, g.tokenRequests, g.accountLogins, g.addressLogins} {
				b.sweep(now)
			}
		}
	}
}

var pingFrame = []byte(`{"type":"ping"}`)

// check is one look at one connection.
func (c *connection) check(now time.Time) {
	cfg := &c.g.cfg
	stuck := sinceUnix(now, c.writing.Load())
	if c.ending.Load() != nil {
		if ended := sinceUnix(now, c.ended.Load()); stuck > cfg.CloseWait || ended > cfg.CloseWait {
			c.wire.cut() // the peer does not take our goodbye
		}
		return
	}
	c.out.idle()
	switch {
	case stuck > cfg.WriteDeadline:
		c.cut()
		return
	case stuck > cfg.SlowAfter && (c.vital.Load() || c.out.hasVital()):
		c.end(closing{code: closeSlowConsumer, reason: "slow_consumer", drop: true})
		return
	}
	if sinceUnix(now, c.began.Load()) > cfg.MessageWait {
		c.cut() // fragments for ever, with pings in between
		return
	}
	who := c.who.Load()
	if who == nil {
		if now.Sub(c.opened) >= cfg.HelloWait {
			c.end(closing{code: closeNoHello, reason: "no_hello"})
		}
		return
	}
	if c.expired(who) {
		return
	}
	c.beat(now)
}

// beat sends pings and misses their answers. Any frame counts as one.
func (c *connection) beat(now time.Time) {
	heard := time.Unix(0, c.heard.Load())
	if c.nextPing.IsZero() {
		c.nextPing = now.Add(c.jitter())
		return
	}
	if !c.pinged.IsZero() {
		if !heard.Before(c.pinged) { // an answer in the same tick of a coarse clock is one
			c.pinged = time.Time{}
		} else if now.Sub(c.pinged) >= c.g.cfg.PongWait {
			c.cut()
			return
		}
	}
	if !now.Before(c.nextPing) {
		c.nextPing = now.Add(c.jitter())
		if c.pinged.IsZero() {
			c.pinged = now
		}
		c.out.ephemeral("ping", pingFrame)
	}
}

// jitter is the heartbeat ± 10 %, so that a storm of connects does not become a storm of pings.
func (c *connection) jitter() time.Duration {
	return time.Duration(float64(c.g.cfg.Heartbeat) * (0.9 + 0.2*rand.Float64()))
}

// expired ends a connection whose token is, whose session was revoked, or whose account is gone; and warns before.
func (c *connection) expired(who *identity) bool {
	now := c.g.engine.Now()
	switch {
	case c.g.facts(who.site) == nil:
		c.end(closing{code: closeUnknownSite, reason: "unknown_site"})
		return true
	case !now.Before(who.expires.Add(c.g.cfg.AuthGrace)):
		c.end(closing{code: closeUnauthorised, reason: "expired"})
		return true
	}
	if !who.visitor() {
		if c.g.accountOf(who) == nil {
			c.end(closing{code: closeUnknownSite, reason: "account_removed"})
			return true
		}
		if _, ok := c.g.engine.Session(who.hash); !ok && now.Before(who.expires) {
			c.end(closing{code: closeUnauthorised, reason: "session_ended"})
			return true
		}
	}
	if left := who.expires.Sub(now); left <= c.g.cfg.AuthWarning && c.warned != who.expires {
		c.warned = who.expires
		c.control([]byte(`{"type":"auth.expiring","data":{"in_ms":` + itoa(max(0, left.Milliseconds())) + `}}`))
	}
	return false
}

// sinceUnix is how long ago a stored moment was; 0 if there is none.
func sinceUnix(now time.Time, nanos int64) time.Duration {
	if nanos == 0 {
		return 0
	}
	return now.Sub(time.Unix(0, nanos))
}
