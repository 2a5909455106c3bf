package persistence

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"switchyard/protocol"
)

// Inspection is a store that is only looked at: nothing of it is written, not even its log is rolled over.
type Inspection struct {
	s       *Store
	unwatch func() error
}

// OpenReadOnly opens a store to look at it. No process may have it open. Errors are those of Open; where there is no store
// it is ErrMissing. Without Options.Keys sealed texts are shown as if they were erased.
func OpenReadOnly(dir string, o Options) (*Inspection, error) {
	if err := o.fill(); err != nil {
		return nil, err
	}
	s := &Store{dir: dir, options: o, fs: o.FS, stop: newFailStop(o.Fatal)}
	unwatch := func() error { return nil }
	if s.fs == nil {
		s.fs, unwatch = watched(vfs.Default, o)
	}
	err := s.stop.guarded(func() (err error) {
		if err := checkLogs(s.fs, dir, o); err != nil {
			return err
		}
		po := pebbleOptions(o, s.fs, s.stop)
		po.ReadOnly, po.ErrorIfNotExists = true, true
		if s.db, err = pebble.Open(dir, po); err != nil {
			return err
		}
		if err := s.known(); err != nil {
			return errors.Join(err, s.db.Close())
		}
		return nil
	})
	if err != nil {
		err = errors.Join(err, unwatch())
		if errors.Is(err, pebble.ErrDBDoesNotExist) {
			return nil, fmt.Errorf("%w: %s", ErrMissing, dir)
		}
		return nil, fmt.Errorf("persistence: open %s: %w", dir, damage(err))
	}
	return &Inspection{s, unwatch}, nil
}

// known reads the store's identity as far as a reader needs it; unlike identify, it makes none.
func (s *Store) known() error {
	version, err := readNumber(s.db, keyFormat)
	switch {
	case errors.Is(err, pebble.ErrNotFound):
		return ErrForeign
	case err != nil:
		return fmt.Errorf("persistence: format version: %w", err)
	case version > formatVersion:
		return fmt.Errorf("%w: version %d, this program reads up to %d", ErrNewerFormat, version, formatVersion)
	}
	shards, err := readNumber(s.db, keyShards)
	if err != nil {
		return fmt.Errorf("persistence: number of shards: %w", err)
	}
	s.identity.shards = int(shards)
	if s.options.Keys == "" {
		return nil
	}
	id, err := readFramed(s.db, keyVault)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil // nothing is sealed
	}
	if err != nil {
		return fmt.Errorf("persistence: vault: %w", err)
	}
	if s.vault, err = openVault(s.options.FS, s.options.Keys, false); err == nil && s.vault.ID() != string(id) {
		err = errors.Join(fmt.Errorf("%w: %s is of another store", ErrVault, s.options.Keys), s.vault.close())
	}
	return err
}

// hidden opens nothing: who looks into a store without its keys sees what happened and not what was said.
type hidden struct{}

func (hidden) Open([]byte, uint64, []byte, []byte) ([]byte, error) { return nil, protocol.ErrErased }

// Close lets the store go.
func (i *Inspection) Close() error {
	var err error
	if i.s.vault != nil {
		err = i.s.vault.close()
	}
	return errors.Join(i.s.db.Close(), err, i.unwatch())
}

// Shards is as Store.Shards.
func (i *Inspection) Shards() int { return i.s.Shards() }

// Events is as Store.Events.
func (i *Inspection) Events(a protocol.Address, from uint64, limit int, each func(protocol.Recorded) error) error {
	return i.s.Events(a, from, limit, each)
}

// Rows is as Store.Rows.
func (i *Inspection) Rows(shard uint16, kind protocol.RowKind, prefix, behind []byte, limit int, each func(key, value []byte) error) error {
	return i.s.Rows(shard, kind, prefix, behind, limit, each)
}

// Log is what lies in the store of one actor's journal.
type Log struct {
	Actor       protocol.Address
	Shard       uint16
	Records     int
	Events      uint64
	First, Last protocol.Instant // times of the first and the last event
	Err         error            // why it cannot be read, or not to its end; nil = it is whole
}

// Totals is what a look at everything came to.
type Totals struct {
	Actors, Records, Rows int
	Events                uint64
	Entries               uint64 // numbers given out in all shards
	Damaged               int    // journals, rows and ranges of keys that cannot be read
}

// Walk looks at every key and value of the store: it calls log for each actor's journal, in the order of the keys, and
// fault for everything else that is not what was written. An actor whose journal is damaged is a log with Err; its neighbours are
// read all the same. A damaged block of a table ends the shard that it lies in: what is behind it is a fault. Errors of
// log and fault end the walk and come back.
func (i *Inspection) Walk(log func(Log) error, fault func(error) error) (t Totals, err error) {
	for shard := range uint16(i.s.Shards()) {
		if err := i.walkShard(shard, &t, log, fault); err != nil {
			return t, err
		}
	}
	return t, nil
}

func (i *Inspection) walkShard(shard uint16, t *Totals, log func(Log) error, fault func(error) error) error {
	it, err := i.s.db.NewIter(&pebble.IterOptions{LowerBound: appendHead(nil, shard, 0), UpperBound: appendHead(nil, shard+1, 0)})
	if err != nil {
		return err
	}
	defer it.Close()
	w := walker{keys: i.s.opener(), shard: shard, shards: uint16(i.Shards()), t: t, log: log, fault: fault}
	for ok := it.First(); ok; ok = it.Next() {
		value, err := it.ValueAndErr()
		if err != nil {
			break // the iterator's error, below
		}
		if err := w.key(it.Key(), value); err != nil {
			return err
		}
	}
	if err := w.endLog(); err != nil {
		return err
	}
	if err := it.Error(); err != nil {
		t.Damaged++
		return fault(fmt.Errorf("shard %d cannot be read to its end: %w", shard, damage(err)))
	}
	return nil
}

// walker reads the keys of a shard in their order.
type walker struct {
	shard, shards uint16
	t             *Totals
	log           func(Log) error
	fault         func(error) error

	prefix []byte // what the keys of the journal that is being read begin with; nil = none is
	at     Log
	r      reader
	keys   protocol.Opener
}

func (w *walker) key(key, value []byte) error {
	if key[2] != kindEvents {
		if err := w.endLog(); err != nil {
			return err
		}
		return w.framed(key[2], value)
	}
	prefix := key[:max(len(key)-numberLen, keyHead)]
	if !bytes.Equal(prefix, w.prefix) {
		if err := w.endLog(); err != nil {
			return err
		}
		a, ok := actorOf(prefix[keyHead:])
		if !ok {
			return w.bad(fmt.Errorf("shard %d: %w: a journal of nobody", w.shard, protocol.ErrWire))
		}
		w.prefix, w.at = bytes.Clone(prefix), Log{Actor: a, Shard: w.shard}
		w.r = reader{of: a, keys: w.keys, left: -1, each: w.event}
		if home := protocol.Shard(a.Site, int(w.shards)); home != w.shard {
			w.at.Err = fmt.Errorf("%w: %s lies in shard %d and belongs to %d", protocol.ErrWire, a, w.shard, home)
		}
	}
	w.at.Records++
	if w.at.Err == nil {
		if err := w.r.record(firstOf(key), value); err != nil {
			w.at.Err = eventError(w.shard, w.at.Actor, err)
		}
	}
	return nil
}

func (w *walker) event(r protocol.Recorded) error {
	if w.at.Events == 0 {
		w.at.First = r.At
	}
	w.at.Events++
	w.at.Last = r.At
	return nil
}

// endLog tells of the journal that was read.
func (w *walker) endLog() error {
	if w.prefix == nil {
		return nil
	}
	w.prefix = nil
	w.t.Actors++
	w.t.Records += w.at.Records
	w.t.Events += w.at.Events
	if w.at.Err != nil {
		w.t.Damaged++
	}
	return w.log(w.at)
}

// framed looks at a value that is not a record. Its key is not told: it can hold a customer's identity.
func (w *walker) framed(kind byte, value []byte) error {
	inner, err := unframe(value)
	switch {
	case err != nil && kind >= kindRows:
		return w.bad(rowError(w.shard, protocol.RowKind(kind-kindRows), err))
	case err != nil:
		return w.bad(fmt.Errorf("shard %d: the number of its last entry: %w", w.shard, err))
	case kind >= kindRows:
		w.t.Rows++
	case kind == kindApplied && len(inner) == lastLen:
		w.t.Entries += binary.BigEndian.Uint64(inner)
	default:
		return w.bad(fmt.Errorf("shard %d: %w: a key of kind %d with %d bytes", w.shard, protocol.ErrWire, kind, len(inner)))
	}
	return nil
}

func (w *walker) bad(err error) error {
	w.t.Damaged++
	return w.fault(err)
}

// actorOf reads what appendLog has written behind the key's head.
func actorOf(b []byte) (a protocol.Address, ok bool) {
	if len(b) < 3 || b[len(b)-1] != 0 {
		return a, false
	}
	site, id, ok := bytes.Cut(b[1:len(b)-1], []byte{0})
	return protocol.Address{Kind: protocol.Kind(b[0]), Site: protocol.SiteID(site), ID: string(id)}, ok
}
