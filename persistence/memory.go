package persistence

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"switchyard/protocol"
)

// Memory is a journal in maps. It keeps every promise of Store but one: it is gone with the process. For tests, and for the
// bench that asks what the disk costs. Nothing in it is ever written, so nothing fails.
type Memory struct {
	committer
	identity identity
	observe  Observer

	mu     sync.RWMutex
	logs   map[protocol.Address][]memoryRecord
	tables map[memoryTable]*memoryRows
}

type memoryRecord struct {
	first  uint64
	record []byte
}

type memoryTable struct {
	shard uint16
	kind  protocol.RowKind
}

// memoryRows are the rows of one shard and kind. The order is made when somebody asks for it.
type memoryRows struct {
	mu     sync.Mutex // of sorted, for readers beside each other
	values map[string][]byte
	sorted []string // nil: to be made
}

// OpenMemory makes an empty journal. Of the options it uses Shards, Epoch and Observe.Commit. It panics on options that Open
// would refuse.
func OpenMemory(o Options) *Memory {
	if err := o.fill(); err != nil {
		panic(err)
	}
	m := &Memory{
		identity: identity{epoch: newEpoch(o), shards: o.Shards},
		observe:  o.Observe,
		logs:     make(map[protocol.Address][]memoryRecord),
		tables:   make(map[memoryTable]*memoryRows),
	}
	m.start(m.commit, newFailStop(o.Fatal), make([]uint64, o.Shards))
	return m
}

// Epoch is as Store.Epoch.
func (m *Memory) Epoch() string { return m.identity.epoch }

// Shards is as Store.Shards.
func (m *Memory) Shards() int { return m.identity.shards }

func (m *Memory) commit(items []handed) (int, error) {
	taken := time.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	events, bytes := 0, 0
	for i := range items {
		e := items[i].entry
		if e.Drop {
			delete(m.logs, e.Actor)
		}
		if len(e.Record) != 0 {
			protocol.FinishRecord(e.Record, e.Number)
			m.logs[e.Actor] = append(m.logs[e.Actor], memoryRecord{e.First, e.Record})
		}
		for j := range e.Rows {
			m.put(e.Shard, &e.Rows[j])
		}
		events += int(e.Count)
		bytes += items[i].bytes
	}
	m.observe.committed(len(items), events, bytes, taken, time.Now())
	return len(items), nil
}

func (m *Memory) put(shard uint16, r *protocol.Row) {
	name := memoryTable{shard, r.Kind}
	t := m.tables[name]
	if t == nil {
		t = &memoryRows{values: make(map[string][]byte)}
		m.tables[name] = t
	}
	_, had := t.values[string(r.Key)]
	if had != (r.Value != nil) {
		t.sorted = nil
	}
	if r.Value == nil {
		delete(t.values, string(r.Key))
	} else {
		t.values[string(r.Key)] = r.Value
	}
}

// order gives the keys, ascending.
func (t *memoryRows) order() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.sorted == nil {
		t.sorted = slices.Sorted(maps.Keys(t.values))
	}
	return t.sorted
}

// Events is as Store.Events.
func (m *Memory) Events(a protocol.Address, from uint64, limit int, each func(protocol.Recorded) error) error {
	return m.EventsClosed(a, from, limit, nil, each)
}

// EventsClosed is as Store.EventsClosed.
func (m *Memory) EventsClosed(a protocol.Address, from uint64, limit int, closed func(protocol.EventCode) bool, each func(protocol.Recorded) error) error {
	m.mu.RLock()
	records := m.logs[a] // it grows at its end or goes as a whole, so what is there stays as it is
	m.mu.RUnlock()
	i := sort.Search(len(records), func(i int) bool { return records[i].first > from })
	r := reader{of: a, from: from, left: limit, closed: closed, each: each}
	for _, rec := range records[max(i-1, 0):] {
		if r.left == 0 {
			return nil
		}
		if err := r.record(rec.first, rec.record); err != nil {
			if r.stopped {
				return err
			}
			return eventError(protocol.Shard(a.Site, m.Shards()), a, err)
		}
	}
	return nil
}

// LastEvent is as Store.LastEvent.
func (m *Memory) LastEvent(a protocol.Address) (uint64, error) {
	m.mu.RLock()
	records := m.logs[a]
	m.mu.RUnlock()
	if len(records) == 0 {
		return 0, nil
	}
	last := records[len(records)-1]
	count, err := protocol.CheckRecord(last.record)
	if err != nil {
		return 0, eventError(protocol.Shard(a.Site, m.Shards()), a, err)
	}
	return last.first + uint64(count) - 1, nil
}

// Row is as Store.Row.
func (m *Memory) Row(shard uint16, kind protocol.RowKind, key []byte) ([]byte, error) {
	if value, found := m.pendingRow(shard, kind, key); found {
		return value, nil
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	t := m.tables[memoryTable{shard, kind}]
	if t == nil {
		return nil, nil
	}
	return t.values[string(key)], nil
}

// Rows is as Store.Rows.
func (m *Memory) Rows(shard uint16, kind protocol.RowKind, prefix, behind []byte, limit int, each func(key, value []byte) error) error {
	for _, r := range m.page(shard, kind, string(prefix), behind, limit) {
		if err := each(r.Key, r.Value); err != nil {
			return err
		}
	}
	return nil
}

// page copies the rows out, so that each runs without a lock.
func (m *Memory) page(shard uint16, kind protocol.RowKind, prefix string, behind []byte, limit int) []protocol.Row {
	m.mu.RLock()
	defer m.mu.RUnlock()
	t := m.tables[memoryTable{shard, kind}]
	if t == nil {
		return nil
	}
	keys := t.order()
	i := sort.SearchStrings(keys, prefix)
	if behind != nil {
		i = max(i, sort.SearchStrings(keys, string(behind)+"\x00"))
	}
	var rows []protocol.Row
	for ; i < len(keys) && len(rows) != limit && strings.HasPrefix(keys[i], prefix); i++ {
		rows = append(rows, protocol.Row{Kind: kind, Key: []byte(keys[i]), Value: t.values[keys[i]]})
	}
	return rows
}

// Checkpoint fails: there is nothing to copy.
func (m *Memory) Checkpoint(dir string) error {
	return fmt.Errorf("persistence: checkpoint of a journal in memory: %w", errors.ErrUnsupported)
}

// Close is as Store.Close. What was stored can still be read.
func (m *Memory) Close() error { return m.committer.close() }
