package client

import (
	"context"
	"math/rand/v2"
	"time"
)

// Options are what a client needs to know. Dialer and Token are required.
type Options struct {
	Dialer *Dialer
	// Token gives the token of a hello. It is asked before the first attempt, again
	// (renew) after a 4401 and when the server says that the token expires.
	Token func(ctx context.Context, renew bool) (string, error)

	Name, Version, Language string // of the hello; defaults "switchyard-bench", "0", "en"

	Backoff   Backoff        // zero: the contract's
	Handshake time.Duration  // from the dial to the welcome; zero: 10 s
	Silence   time.Duration  // a socket without a frame for so long is dead; zero: 40 s
	Write     time.Duration  // for one frame; zero: 10 s
	Chance    func() float64 // in [0,1), for jitter; nil: math/rand/v2
	Stats     *Stats         // nil: an own one

	// The callbacks run one at a time on the client's goroutine; nil ones are skipped.
	OnEvent func(Event)                  // each durable event once and in order per stream; ephemeral ones at most once
	OnReset func(stream string, r Reset) // the copy of the stream is void; the snapshot takes its place
	OnGone  func(stream, reason string)
	OnLive  func(stream string, recovered bool)
	OnState func(s State, code int) // code: why, of waiting and stopped; -1 = lost without a close frame
}

func (o Options) withDefaults() Options {
	if o.Name == "" {
		o.Name = "switchyard-bench"
	}
	if o.Version == "" {
		o.Version = "0"
	}
	if o.Language == "" {
		o.Language = "en"
	}
	if o.Backoff == (Backoff{}) {
		o.Backoff = DefaultBackoff()
	}
	if o.Handshake == 0 {
		o.Handshake = 10 * time.Second
	}
	if o.Silence == 0 {
		o.Silence = 40 * time.Second
	}
	if o.Write == 0 {
		o.Write = 10 * time.Second
	}
	if o.Chance == nil {
		o.Chance = rand.Float64
	}
	if o.Stats == nil {
		o.Stats = new(Stats)
	}
	if o.OnEvent == nil {
		o.OnEvent = func(Event) {}
	}
	if o.OnReset == nil {
		o.OnReset = func(string, Reset) {}
	}
	if o.OnGone == nil {
		o.OnGone = func(string, string) {}
	}
	if o.OnLive == nil {
		o.OnLive = func(string, bool) {}
	}
	if o.OnState == nil {
		o.OnState = func(State, int) {}
	}
	return o
}
