package persistence

import (
	"sync"
	"sync/atomic"
)

// effects runs what waits for durability: one goroutine, in list order, so that the next sync does not wait for it.
// Positions are consecutive, so the queue is a list of functions and the position is a count.
type effects struct {
	stop    *failStop
	durable atomic.Uint64 // position whose effect was started last

	mu      sync.Mutex
	wake    sync.Cond
	queue   []func() // of durable entries, not run
	ran     uint64   // effects up to here have run, and everybody who waited for them
	waiters waiters
	closing bool
	ended   chan struct{}
}

func newEffects(stop *failStop) *effects {
	f := &effects{stop: stop, ended: make(chan struct{})}
	f.wake.L = &f.mu
	return f
}

// add queues the effects of durable entries.
func (f *effects) add(items []handed) {
	f.mu.Lock()
	for i := range items {
		f.queue = append(f.queue, items[i].done)
	}
	f.wake.Signal()
	f.mu.Unlock()
}

func (f *effects) after(position uint64, done func()) {
	f.mu.Lock()
	if position > f.ran {
		f.waiters.push(position, done)
		f.mu.Unlock()
		return
	}
	f.mu.Unlock()
	if f.stop.Err() == nil {
		done()
	}
}

// run ends when the queue is closed and empty, or the store has failed.
func (f *effects) run() {
	defer close(f.ended)
	var batch []func()
	var position uint64
	for {
		batch = f.take(batch)
		if len(batch) == 0 {
			return
		}
		for _, done := range batch {
			if f.stop.Err() != nil {
				return
			}
			position++
			f.durable.Store(position)
			if done != nil {
				done()
			}
			f.release(position)
		}
		clear(batch)
	}
}

func (f *effects) take(spare []func()) []func() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for len(f.queue) == 0 && !f.closing {
		f.wake.Wait()
	}
	batch := f.queue
	f.queue = spare[:0]
	return batch
}

// release runs who waited for the position. ran moves last: if it moved before, a caller of After could run at once
// and overtake its own earlier call, which was queued and is about to run here.
func (f *effects) release(position uint64) {
	for {
		f.mu.Lock()
		done := f.waiters.pop(position)
		if done == nil {
			f.ran = position
			f.mu.Unlock()
			return
		}
		f.mu.Unlock()
		if f.stop.Err() != nil {
			return
		}
		done()
	}
}

// close waits until the queue is empty. Who waits for a position that was never handed over is forgotten.
func (f *effects) close() {
	f.mu.Lock()
	f.closing = true
	f.wake.Signal()
	f.mu.Unlock()
	select {
	case <-f.ended:
	case <-f.stop.failed:
	}
}

// waiters is a heap by position, then by arrival. (container/heap would allocate at every call.)
type waiters struct {
	heap []waiter
	seq  uint64
}

type waiter struct {
	position, seq uint64
	done          func()
}

func (w *waiters) less(i, j int) bool {
	a, b := &w.heap[i], &w.heap[j]
	return a.position < b.position || a.position == b.position && a.seq < b.seq
}

func (w *waiters) push(position uint64, done func()) {
	w.seq++
	w.heap = append(w.heap, waiter{position, w.seq, done})
	for i := len(w.heap) - 1; i > 0; {
		up := (i - 1) / 2
		if !w.less(i, up) {
			break
		}
		w.heap[i], w.heap[up] = w.heap[up], w.heap[i]
		i = up
	}
}

// pop takes the first waiter whose position is not beyond the given one; nil if there is none.
func (w *waiters) pop(position uint64) func() {
	if len(w.heap) == 0 || w.heap[0].position > position {
		return nil
	}
	done := w.heap[0].done
	last := len(w.heap) - 1
	w.heap[0] = w.heap[last]
	w.heap[last] = waiter{}
	w.heap = w.heap[:last]
	for i := 0; ; {
		down := 2*i + 1
		if down >= last {
			break
		}
		if right := down + 1; right < last && w.less(right, down) {
			down = right
		}
		if !w.less(down, i) {
			break
		}
		w.heap[i], w.heap[down] = w.heap[down], w.heap[i]
		i = down
	}
	return done
}
