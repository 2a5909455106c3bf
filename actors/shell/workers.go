package shell

import (
	"slices"
	"sync"
	"time"
)

// workers runs the actors' mailboxes (protoactor's Dispatcher) on goroutines that stay. A new goroutine for each mailbox that
// has something to do began on a small stack, and the first step had to grow it, twice or three times: that was 9 % of the
// processor time of a load of rooms.
type workers struct {
	mu      sync.Mutex
	idle    []chan func() // the one that ended last works first: its stack is warm
	least   int           // how many were idle at least since the last look
	looking bool          // a look is due
	stopped bool
}

const (
	workersKept = 1024 // who stay while there is nothing to do: more mailboxes at once than that get goroutines of their own
	throughput  = 300  // messages of one mailbox before others get a turn; protoactor's default

	workersLook = 10 * time.Second // whoever had nothing to do for so long goes
)

// Schedule runs fn soon.
func (w *workers) Schedule(fn func()) {
	w.mu.Lock()
	if n := len(w.idle); n > 0 {
		next := w.idle[n-1]
		w.idle = w.idle[:n-1]
		w.least = min(w.least, n-1)
		w.mu.Unlock()
		next <- fn // never blocks: it waits for one, and has been taken off the list
		return
	}
	w.mu.Unlock()
	go w.work(fn)
}

// Throughput is protoactor's.
func (w *workers) Throughput() int { return throughput }

func (w *workers) work(fn func()) {
	next := make(chan func(), 1)
	for fn != nil {
		fn()
		w.mu.Lock()
		if w.stopped || len(w.idle) >= workersKept {
			w.mu.Unlock()
			return
		}
		w.idle = append(w.idle, next)
		if !w.looking {
			w.looking, w.least = true, 0
			time.AfterFunc(workersLook, w.look)
		}
		w.mu.Unlock()
		fn = <-next
	}
}

// look ends those who were not needed since the last one.
func (w *workers) look() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopped {
		return
	}
	for _, next := range w.idle[:w.least] {
		next <- nil
	}
	w.idle = slices.Delete(w.idle, 0, w.least)
	w.least = len(w.idle)
	if w.looking = len(w.idle) > 0; w.looking {
		time.AfterFunc(workersLook, w.look)
	}
}

// stop ends those who wait. Mailboxes that still have something to do run on goroutines that end with it.
func (w *workers) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stopped = true
	for _, next := range w.idle {
		next <- nil
	}
	w.idle = nil
}
