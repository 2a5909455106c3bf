package persistence

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"switchyard/protocol"
)

// batchBytes ends a batch: what one sync makes durable. An entry that is larger goes alone.
const batchBytes = 4 << 20

// handed is one entry on the list.
type handed struct {
	entry *protocol.Entry
	done  func()
	bytes int // what it adds to a batch, about
}

// rowName is a row's full name.
type rowName struct {
	shard uint16
	kind  protocol.RowKind
	key   string
}

// committer is the one list of the node, the goroutine that commits it, and the effects that wait. How a beginning
// of the list is made durable is the business of commit: Pebble's in Store, a map's in Memory.
//
// There is one list, and a batch is always its beginning. That is the prefix rule: a sender hands over before
// it tells, so whatever followed from an entry lies behind it and is lost with it.
type committer struct {
	commit func(items []handed) (n int, err error)
	stop   *failStop
	fx     *effects

	homes homes

	position  atomic.Uint64 // handed over last; written under mu
	synced    atomic.Uint64 // durable last
	undurable atomic.Int64  // bytes handed over and not durable

	mu      sync.Mutex
	wake    sync.Cond
	numbers []uint64 // by shard: the number given out last
	pending []handed // handed over, not taken by the committing goroutine
	since   time.Time
	taken   time.Time // when the oldest of what was taken had been handed over; zero while nothing is taken
	closing bool

	// Rows of pending, and of what was taken and is not durable. There are two maps so that a commit drops its
	// rows by dropping the map, whatever was handed over meanwhile under the same names.
	rows, takenRows map[rowName][]byte

	// Rows that became durable last, of kinds that are read soon after they were written; older is the generation before.
	recent, older map[rowName][]byte

	ended chan struct{}
}

// homes remembers in which shard sites live: a SHA-256 for each hand-over was two of a hundred parts of a message's way.
type homes struct {
	mu     sync.RWMutex
	shards map[protocol.SiteID]uint16
}

func (h *homes) of(site protocol.SiteID, shards int) uint16 {
	h.mu.RLock()
	home, ok := h.shards[site]
	h.mu.RUnlock()
	if ok {
		return home
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.shards == nil {
		h.shards = make(map[protocol.SiteID]uint16)
	}
	home = protocol.Shard(site, shards)
	h.shards[site] = home
	return home
}

// start takes the numbers that were given out last, by shard.
func (c *committer) start(commit func([]handed) (int, error), stop *failStop, numbers []uint64) {
	c.commit, c.stop, c.numbers = commit, stop, numbers
	c.fx = newEffects(stop)
	c.wake.L = &c.mu
	c.rows, c.takenRows, c.recent = make(map[rowName][]byte), make(map[rowName][]byte), make(map[rowName][]byte)
	c.ended = make(chan struct{})
	go c.run()
	go c.fx.run()
}

// HandOver puts an entry at the end of the list, gives it the next number of its shard (e.Number) and says its
// position among the hand-overs of this process, from 1. It never blocks on the disk; what bounds the list are its
// sources. done, which may be nil, runs on the effects goroutine when the entry is durable, after the effects
// of everything before it; it must not block, wait for durability or close the store.
//
// The entry, its record (from AppendRecord) and its rows belong to the store from here on: nobody changes them
// again, and nobody reads the record's number and checksum before done runs. After Close an entry is dropped:
// it is never durable, as if the process had ended a moment earlier.
//
// It panics on an entry that cannot be stored, or would not be found again (a record without events, another site's
// shard): that is a bug.
func (c *committer) HandOver(e *protocol.Entry, done func()) (position uint64) {
	if err := checkEntry(e); err != nil {
		panic(err)
	}
	if int(e.Shard) >= len(c.numbers) {
		panic(fmt.Errorf("persistence: entry for shard %d of %d", e.Shard, len(c.numbers)))
	}
	if e.Count != 0 || e.Drop {
		if home := c.homes.of(e.Actor.Site, len(c.numbers)); e.Shard != home {
			panic(fmt.Errorf("persistence: entry of %s for shard %d, it lives in %d", e.Actor, e.Shard, home))
		}
	}
	item := handed{entry: e, done: done, bytes: entryBytes(e)}
	c.mu.Lock()
	c.numbers[e.Shard]++
	e.Number = c.numbers[e.Shard]
	position = c.position.Load() + 1
	c.position.Store(position)
	c.undurable.Add(int64(item.bytes))
	if !c.closing && c.stop.Err() == nil {
		if len(c.pending) == 0 {
			c.since = time.Now()
		}
		c.pending = append(c.pending, item)
		for i := range e.Rows {
			r := &e.Rows[i]
			c.rows[rowName{e.Shard, r.Kind, keyText(r.Key)}] = r.Value
		}
		c.wake.Signal()
	}
	c.mu.Unlock()
	return position
}

// Position is the position of what was handed over last, 0 before the first. Whoever has read the store, or state that
// rests on the list, takes it after the read and lets the answer leave when it is durable.
func (c *committer) Position() uint64 { return c.position.Load() }

// Durable is the last position that is durable and whose effects have begun to run.
func (c *committer) Durable() uint64 { return c.fx.durable.Load() }

// After runs done when the position is durable and the effects of everything up to it have run, and before those of
// the next position begin. If that is so already, done runs at once on the caller's goroutine, otherwise on the effects
// goroutine, where the rules of HandOver's done hold. A position not handed over yet is waited for.
func (c *committer) After(position uint64, done func()) { c.fx.after(position, done) }

// WaitDurable blocks until the position is durable and the effects of everything up to it have run. It blocks for
// ever if the store fails before. It must not be called in an effect.
func (c *committer) WaitDurable(position uint64) {
	durable := make(chan struct{})
	c.fx.after(position, func() { close(durable) })
	<-durable
}

// Undurable is how much was handed over and is not durable: entries, and the bytes they add to the store, about.
func (c *committer) Undurable() (entries int, bytes int64) {
	synced := c.synced.Load() // first, so that the difference cannot be negative
	return int(c.position.Load() - synced), c.undurable.Load()
}

// SyncAge is how long the oldest entry that is not durable has been waiting; 0 if there is none.
func (c *committer) SyncAge() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case !c.taken.IsZero():
		return time.Since(c.taken)
	case len(c.pending) > 0:
		return time.Since(c.since)
	}
	return 0
}

// pendingRow finds a row that was handed over and is not durable, or is one of those that became durable last. A nil
// value deletes.
func (c *committer) pendingRow(shard uint16, kind protocol.RowKind, key []byte) (value []byte, found bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if value, found = c.rows[rowName{shard, kind, string(key)}]; found {
		return value, true
	}
	if value, found = c.takenRows[rowName{shard, kind, string(key)}]; found || !readSoon(kind) {
		return value, found
	}
	if value, found = c.recent[rowName{shard, kind, string(key)}]; found {
		return value, true
	}
	value, found = c.older[rowName{shard, kind, string(key)}]
	return value, found
}

// superseded says whether a row that was taken is written again by an entry behind it. Of the committing goroutine, which alone
// changes the map that it reads.
func (c *committer) superseded(shard uint16, r *protocol.Row) bool {
	last, found := c.takenRows[rowName{shard, r.Kind, string(r.Key)}]
	return found && (len(last) != len(r.Value) || unsafe.SliceData(last) != unsafe.SliceData(r.Value))
}

// readSoon says which rows are read again soon after they were written: a customer's, whose every step reads them. Looked up in the
// store they were a tenth of the processor time of a load of rooms.
func readSoon(kind protocol.RowKind) bool {
	switch kind {
	case protocol.RowCustomer, protocol.RowCustomerKey, protocol.RowProfile, protocol.RowStart, protocol.RowStartSlot:
		return true
	}
	return false
}

// recentRows are the rows of a generation: a few MB, however long the node runs.
const recentRows = 1 << 14

// run commits the list until it is closed and empty, or the store fails.
func (c *committer) run() {
	defer close(c.ended)
	var spare []handed
	for {
		items := c.take(spare)
		if items == nil {
			return
		}
		for rest := items; len(rest) > 0; {
			n, err := c.commit(rest)
			if err != nil {
				c.stop.fail(err)
			}
			if c.stop.Err() != nil {
				return
			}
			bytes := 0
			for i := range rest[:n] {
				bytes += rest[i].bytes
			}
			c.synced.Add(uint64(n))
			c.undurable.Add(int64(-bytes))
			if n == len(rest) {
				c.settle()
			}
			c.fx.add(rest[:n])
			rest = rest[n:]
		}
		clear(items)
		spare = items[:0]
	}
}

// take waits for entries and takes all there are; nil when the list is closed and empty. The next entries go
// into spare.
func (c *committer) take(spare []handed) []handed {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.pending) == 0 {
		if c.closing {
			return nil
		}
		c.wake.Wait()
	}
	items := c.pending
	c.pending = spare
	c.taken = c.since
	c.rows, c.takenRows = c.takenRows, c.rows // the former was emptied by settle
	return items
}

// rowsKept bounds the room that a map of pending rows keeps after a burst.
const rowsKept = 1 << 14

// settle forgets what was taken: all of it is durable, and committed before, so readers find it there.
func (c *committer) settle() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.taken = time.Time{}
	for name, value := range c.takenRows {
		if readSoon(name.kind) {
			c.recent[name] = value
		}
	}
	if len(c.recent) >= recentRows {
		c.recent, c.older = make(map[rowName][]byte), c.recent
	}
	if len(c.takenRows) > rowsKept {
		c.takenRows = make(map[rowName][]byte)
		return
	}
	clear(c.takenRows)
}

// close commits what is on the list and runs its effects. The error is what made the store fail, before or meanwhile.
func (c *committer) close() error {
	c.mu.Lock()
	c.closing = true
	c.wake.Signal()
	c.mu.Unlock()
	select {
	case <-c.ended:
	case <-c.stop.failed:
	}
	c.fx.close()
	return c.stop.Err()
}
