package client

import (
	"testing"
	"time"
)

// The close codes of section 5, and the codes nobody has defined yet.
func TestCloseCodes(t *testing.T) {
	for code, want := range map[int]verdict{
		-1: reconnect, 1000: reconnect, 1001: reconnect, 1006: reconnect, 1007: stop, 1009: stop, 1011: reconnect,
		4400: stop, 4401: renewToken, 4403: stop, 4404: stop, 4408: reconnect, 4409: stop, 4426: stop,
		4429: reconnectLater, 4500: reconnect, 4503: reconnectDrain, 4508: reconnectNow,
		4410: stop, 4499: stop, 4510: reconnect, 4599: reconnect,
	} {
		if got := afterClose(code); got != want {
			t.Errorf("%d: %d, want %d", code, got, want)
		}
	}
}

func TestTheReasonOf4429SaysWhenButNeverBelowFiveSeconds(t *testing.T) {
	for reason, want := range map[string]time.Duration{
		"": 5 * time.Second, "too_many": 5 * time.Second, "retry_ms=100": 5 * time.Second, "7000": 7 * time.Second, "too_many 61000": 61 * time.Second,
	} {
		if got := laterWait(reason); got != want {
			t.Errorf("%q: %v, want %v", reason, got, want)
		}
	}
}

func TestBackoffDoublesUpToItsCap(t *testing.T) {
	b := DefaultBackoff()
	for n, want := range map[int]time.Duration{0: 500 * time.Millisecond, 1: time.Second, 5: 16 * time.Second, 6: 30 * time.Second, 60: 30 * time.Second} {
		if got := b.wait(n, 1); got != want {
			t.Errorf("attempt %d: at most %v, want %v", n, got, want)
		}
		if got := b.wait(n, 0); got != 0 {
			t.Errorf("attempt %d: at least %v, want 0", n, got)
		}
	}
}

func TestCompressedBackoff(t *testing.T) {
	for speed, want := range map[float64]Backoff{
		1:    DefaultBackoff(),
		60:   {500 * time.Millisecond, 500 * time.Millisecond, 500 * time.Millisecond},
		1000: {250 * time.Millisecond, 250 * time.Millisecond, 30 * time.Millisecond},
		0.5:  DefaultBackoff(), // slower than life: nothing grows
	} {
		if got := DefaultBackoff().Compressed(speed); got != want {
			t.Errorf("speed %v: %v, want %v", speed, got, want)
		}
	}
}

func TestThePaceLeavesATenthToTheServer(t *testing.T) {
	now := time.Unix(0, 0)
	b := newBucket(limits{Rate: 5, Burst: 10}, now)
	sent := 0
	for at := now; at.Before(now.Add(10 * time.Second)); {
		wait := b.take(at)
		if wait == 0 {
			sent++
			continue
		}
		at = at.Add(wait)
	}
	if sent < 50 || sent > 9+45 {
		t.Errorf("%d commands in 10 s at 5/s, burst 10", sent)
	}
	unlimited := newBucket(limits{}, now)
	for range 1000 {
		if unlimited.take(now) != 0 {
			t.Fatal("no limit was announced, yet there is a wait")
		}
	}
}

func TestEveryStateHasANameAndLeadsSomewhere(t *testing.T) {
	for s := Idle; s <= Stopped; s++ {
		if s.String() == "" || s.String()[0] == 's' && s != Stopped {
			t.Errorf("state %d is called %q", s, s)
		}
		if (len(next[s]) == 0) != (s == Stopped) {
			t.Errorf("%v leads to %v", s, next[s])
		}
	}
}
