package shell

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync"

	"switchyard/protocol"
)

// fakeStore is a journal whose disk the test moves. Hand-overs pile up until sync makes them durable
// and lets their effects run, in order, on one goroutine; or, automatic, that happens by itself. As
// with the real one, readers can be shown what a crash takes back (show).
type fakeStore struct {
	mu       sync.Mutex
	wake     sync.Cond
	list     []*protocol.Entry // position-1 -> entry
	numbers  []uint64          // of the entries, by shard
	heads    map[protocol.Address]uint64
	shown    int // positions that readers see
	durable  int // positions that a crash keeps
	begun    int // positions whose effects began
	ran      int // positions whose effects, and all who waited for them, have run
	waiters  []waiter
	seq      int
	auto     bool
	held     bool // effects stand still
	dead     bool // the process has ended: nothing runs any more
	closing  bool
	ended    chan struct{}
	records  map[protocol.Address][]storedRecord // of what is shown
	rows     map[string][]byte                   // shard, kind, key; of what is shown
	mistakes []string
	gate     func()                 // called by After before it looks; nil = not
	rowsGate func(protocol.RowKind) // called by Rows before it looks; nil = not

	badEvents map[protocol.Address]error
	badRows   map[string]error
}

type storedRecord struct {
	first  uint64
	record []byte
}

type waiter struct {
	position, seq int
	done          func()
	blocks        bool // it is somebody's WaitDurable
}

const fakeShards = 4

func newFakeStore() *fakeStore {
	s := &fakeStore{
		numbers: make([]uint64, fakeShards), heads: map[protocol.Address]uint64{}, ended: make(chan struct{}),
		records: map[protocol.Address][]storedRecord{}, rows: map[string][]byte{},
		badEvents: map[protocol.Address]error{}, badRows: map[string]error{},
	}
	s.wake.L = &s.mu
	go s.run()
	return s
}

func rowName(shard uint16, kind protocol.RowKind, key []byte) string {
	return string([]byte{byte(shard), byte(kind)}) + string(key)
}

func (s *fakeStore) Shards() int { return fakeShards }

func (s *fakeStore) HandOver(e *protocol.Entry, done func()) uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.numbers[e.Shard]++
	e.Number = s.numbers[e.Shard]
	if e.Drop {
		s.heads[e.Actor] = 0
	}
	if len(e.Record) > 0 {
		protocol.FinishRecord(e.Record, e.Number)
		if head := s.heads[e.Actor]; e.First != head+1 {
			s.mistakes = append(s.mistakes, fmt.Sprintf("%s hands over event %d after event %d", e.Actor, e.First, head))
		}
		s.heads[e.Actor] = e.First + uint64(e.Count) - 1
	}
	s.list = append(s.list, e)
	if done != nil {
		s.seq++
		s.waiters = append(s.waiters, waiter{len(s.list), s.seq, done, false})
	}
	s.wake.Signal()
	return uint64(len(s.list))
}

func (s *fakeStore) Position() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return uint64(len(s.list))
}

func (s *fakeStore) Durable() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return uint64(s.begun)
}

func (s *fakeStore) After(position uint64, done func()) {
	s.mu.Lock()
	if gate := s.gate; gate != nil {
		s.mu.Unlock()
		gate()
		s.mu.Lock()
	}
	if int(position) > s.ran {
		s.seq++
		s.waiters = append(s.waiters, waiter{int(position), s.seq, done, false})
		s.mu.Unlock()
		return
	}
	dead := s.dead
	s.mu.Unlock()
	if !dead {
		done()
	}
}

func (s *fakeStore) WaitDurable(position uint64) {
	reached := make(chan struct{})
	s.mu.Lock()
	if s.dead || int(position) <= s.ran {
		s.mu.Unlock()
		return
	}
	s.seq++
	s.waiters = append(s.waiters, waiter{int(position), s.seq, func() { close(reached) }, true})
	s.mu.Unlock()
	<-reached
}

func (s *fakeStore) Undurable() (int, int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.list) - s.durable, 0
}

func (s *fakeStore) Events(a protocol.Address, from uint64, limit int, each func(protocol.Recorded) error) error {
	s.mu.Lock()
	bad, records := s.badEvents[a], slices.Clone(s.records[a])
	s.mu.Unlock()
	for _, r := range records {
		err := protocol.DecodeRecord(r.record, r.first, func(e protocol.Recorded) error {
			if e.Number < from || limit == 0 {
				return nil
			}
			limit--
			return each(e)
		})
		if err != nil {
			return err
		}
	}
	return bad
}

func (s *fakeStore) EventsClosed(a protocol.Address, from uint64, limit int, _ func(protocol.EventCode) bool, each func(protocol.Recorded) error) error {
	return s.Events(a, from, limit, each)
}

func (s *fakeStore) Row(shard uint16, kind protocol.RowKind, key []byte) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.badRows[rowName(shard, kind, key)]; err != nil {
		return nil, err
	}
	for i := len(s.list) - 1; i >= s.shown; i-- { // through what was handed over
		for _, r := range s.list[i].Rows {
			if s.list[i].Shard == shard && r.Kind == kind && bytes.Equal(r.Key, key) {
				return r.Value, nil
			}
		}
	}
	return s.rows[rowName(shard, kind, key)], nil
}

func (s *fakeStore) Rows(shard uint16, kind protocol.RowKind, prefix, after []byte, limit int, each func(key, value []byte) error) error {
	if s.rowsGate != nil {
		s.rowsGate(kind)
	}
	s.mu.Lock()
	var names []string
	for name := range s.rows {
		if strings.HasPrefix(name, rowName(shard, kind, prefix)) && (after == nil || name > rowName(shard, kind, after)) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	values := make([][]byte, len(names))
	for i, n := range names {
		values[i] = s.rows[n]
	}
	s.mu.Unlock()
	for i, name := range names {
		if limit == 0 {
			return nil
		}
		limit--
		if err := each([]byte(name[2:]), values[i]); err != nil {
			return err
		}
	}
	return nil
}

// show lets readers see n more hand-overs that are not durable; negative: all.
func (s *fakeStore) show(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.showTo(s.bound(s.shown, n))
}

// sync makes n more hand-overs durable; negative: all.
func (s *fakeStore) sync(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.durable = s.bound(s.durable, n)
	s.showTo(s.durable)
	s.wake.Signal()
}

// automatic makes what is handed over durable at once, from now on or no longer.
func (s *fakeStore) automatic(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.auto = on
	s.wake.Signal()
}

// hold stops the effects' goroutine before the next effect, or lets it go on.
func (s *fakeStore) hold(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = on
	s.wake.Signal()
}

func (s *fakeStore) bound(at, n int) int {
	if n < 0 || at+n > len(s.list) {
		return len(s.list)
	}
	return at + n
}

func (s *fakeStore) showTo(n int) {
	for ; s.shown < n; s.shown++ {
		e := s.list[s.shown]
		if e.Drop {
			delete(s.records, e.Actor)
		}
		if len(e.Record) > 0 {
			s.records[e.Actor] = append(s.records[e.Actor], storedRecord{e.First, e.Record})
		}
		for _, r := range e.Rows {
			if name := rowName(e.Shard, r.Kind, r.Key); r.Value == nil {
				delete(s.rows, name)
			} else {
				s.rows[name] = r.Value
			}
		}
	}
}

// run is the effects' goroutine.
func (s *fakeStore) run() {
	defer close(s.ended)
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		if s.auto {
			s.durable = len(s.list)
			s.showTo(s.durable)
		}
		switch {
		case s.dead:
			return
		case s.ran < s.durable && !s.held:
			s.begun = s.ran + 1
			for s.releaseOne(s.begun) {
			}
			if !s.dead {
				s.ran = s.begun // last: nobody overtakes who waited
			}
		case s.closing && s.ran == s.durable:
			return
		default:
			s.wake.Wait()
		}
	}
}

// releaseOne runs the first waiter of a position, without the lock.
func (s *fakeStore) releaseOne(position int) bool {
	first := -1
	for i, w := range s.waiters {
		if w.position <= position && (first < 0 || w.position < s.waiters[first].position || w.position == s.waiters[first].position && w.seq < s.waiters[first].seq) {
			first = i
		}
	}
	if first < 0 || s.dead {
		return false
	}
	done := s.waiters[first].done
	s.waiters = slices.Delete(s.waiters, first, first+1)
	s.mu.Unlock()
	done()
	s.mu.Lock()
	return true
}

// crash ends the process: the new store has what was durable. Effects of the old one never run;
// whoever blocks in it goes on, and what they hand over is lost.
func (s *fakeStore) crash() *fakeStore {
	s.mu.Lock()
	s.dead = true
	kept := s.list[:s.durable]
	waiters := s.waiters
	s.waiters = nil
	s.wake.Signal()
	s.mu.Unlock()
	<-s.ended
	for _, w := range waiters {
		if w.blocks {
			w.done()
		}
	}
	next := newFakeStore()
	next.mu.Lock()
	defer next.mu.Unlock()
	for _, e := range kept {
		next.list = append(next.list, e)
		next.numbers[e.Shard] = e.Number
		if e.Drop {
			next.heads[e.Actor] = 0
		}
		if len(e.Record) > 0 {
			next.heads[e.Actor] = e.First + uint64(e.Count) - 1
		}
	}
	next.durable, next.begun, next.ran = len(kept), len(kept), len(kept)
	next.showTo(len(kept))
	return next
}

// close ends the effects' goroutine after all that is durable has run.
func (s *fakeStore) close() {
	s.mu.Lock()
	s.closing = true
	s.wake.Signal()
	s.mu.Unlock()
	<-s.ended
}

// all gives the rows of a kind that readers see, by key.
func (s *fakeStore) all(kind protocol.RowKind) map[string]string {
	out := map[string]string{}
	for shard := range fakeShards {
		_ = s.Rows(uint16(shard), kind, nil, nil, -1, func(k, v []byte) error { out[string(k)] = string(v); return nil })
	}
	return out
}

// history gives the durable events of an actor.
func (s *fakeStore) history(a protocol.Address) []protocol.Recorded {
	var out []protocol.Recorded
	s.mu.Lock()
	shown := s.durable
	records := slices.Clone(s.list[:shown])
	s.mu.Unlock()
	for _, e := range records {
		if e.Actor == a && len(e.Record) > 0 {
			_ = protocol.DecodeRecord(e.Record, e.First, func(r protocol.Recorded) error { out = append(out, r); return nil })
		}
	}
	return out
}
