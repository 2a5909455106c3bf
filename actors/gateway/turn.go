package gateway

import "sync"

// turn is a reader's place among those for whom the node reads its log. There are Config.Replays of them, so that a
// thousand resumes at once do not starve what is live; who waits has its welcome already (protocol.md section 4). A reader
// whose socket is full gives its place back until it has drained: a few peers that vanish in the middle of a
// replay would otherwise keep everybody from coming back until they are let go (F-14).
type turn struct {
	c       *connection
	mu      sync.Mutex
	held    bool
	entered bool
}

// enter waits until the connection may begin another stream (outbox.enter); false if the connection ends first.
func (t *turn) enter() bool {
	t.mu.Lock()
	t.entered = true
	t.mu.Unlock()
	return t.c.out.enter()
}

// exit gives the entrance and the place back, as far as they are held.
func (t *turn) exit() {
	t.mu.Lock()
	entered := t.entered
	t.entered = false
	t.mu.Unlock()
	if entered {
		t.c.out.exit()
	}
	t.give()
}

// take waits for a place, first come, first served; false if the connection ends first.
func (t *turn) take() bool {
	g := t.c.g
	select {
	case g.replays <- struct{}{}:
	default:
		g.obs.ReplayWaits(1)
		defer g.obs.ReplayWaits(-1)
		select {
		case g.replays <- struct{}{}:
		case <-t.c.done:
			return false
		}
	}
	t.mu.Lock()
	t.held = true
	t.mu.Unlock()
	return true
}

// give gives the place back, if it is held.
func (t *turn) give() {
	t.mu.Lock()
	held := t.held
	t.held = false
	t.mu.Unlock()
	if held {
		<-t.c.g.replays
	}
}

func (t *turn) has() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.held
}

// replay puts a frame of the log into the outbox, as fast as the socket drains; false if the connection ends first.
func (t *turn) replay(frame []byte) bool {
	for {
		if !t.has() && !t.take() {
			return false
		}
		if t.c.out.replay(frame) {
			return true
		}
		t.give()
		t.c.out.awaitRoom()
	}
}
