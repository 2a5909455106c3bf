package persistence

import (
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"switchyard/protocol"
)

// Events calls each with the events of one actor from the given number on (0 counts as 1), ascending, at most limit of
// them (negative: all). It seeks to the record that holds the number. It sees what is committed, not what is still on
// the list. An error of each ends it and comes back as it is; ErrChecksum, ErrGap and protocol.ErrWire say that the
// journal cannot be read, and events given before such an error are right.
func (s *Store) Events(a protocol.Address, from uint64, limit int, each func(protocol.Recorded) error) error {
	return s.EventsClosed(a, from, limit, nil, each)
}

// EventsClosed is Events for who does not look into personal fields: those of events for which closed says true stay sealed, and are empty.
func (s *Store) EventsClosed(a protocol.Address, from uint64, limit int, closed func(protocol.EventCode) bool, each func(protocol.Recorded) error) error {
	it, shard, err := s.log(a)
	if err != nil {
		return err
	}
	defer it.Close()
	ok := false
	if from > 1 {
		ok = it.SeekLT(append(appendEventKey(nil, shard, a, from), 0)) // the last record that begins at from or before
	}
	if !ok && it.Error() == nil {
		ok = it.First()
	}
	r := reader{of: a, keys: s.opener(), from: from, left: limit, closed: closed, each: each}
	for ; ok && r.left != 0; ok = it.Next() {
		record, err := it.ValueAndErr()
		if err != nil {
			return eventError(shard, a, err)
		}
		if err := r.record(firstOf(it.Key()), record); err != nil {
			if r.stopped {
				return err
			}
			return eventError(shard, a, err)
		}
	}
	if err := it.Error(); err != nil {
		return eventError(shard, a, err)
	}
	return nil
}

// LastEvent is the number of an actor's last committed event, 0 if it has none. Errors as those of Events.
func (s *Store) LastEvent(a protocol.Address) (uint64, error) {
	it, shard, err := s.log(a)
	if err != nil {
		return 0, err
	}
	defer it.Close()
	if !it.Last() {
		if err := it.Error(); err != nil {
			return 0, eventError(shard, a, err)
		}
		return 0, nil
	}
	record, err := it.ValueAndErr()
	if err != nil {
		return 0, eventError(shard, a, err)
	}
	count, err := protocol.CheckRecord(record)
	if err != nil {
		return 0, eventError(shard, a, err)
	}
	return firstOf(it.Key()) + uint64(count) - 1, nil
}

// log iterates over the records of an actor's journal, which is in the shard.
func (s *Store) log(a protocol.Address) (it *pebble.Iterator, shard uint16, err error) {
	shard = protocol.Shard(a.Site, s.Shards())
	lower := appendLog(nil, shard, a)
	it, err = s.db.NewIter(&pebble.IterOptions{LowerBound: lower, UpperBound: after(lower)})
	if err != nil {
		return nil, shard, eventError(shard, a, err)
	}
	return it, shard, nil
}

func eventError(shard uint16, a protocol.Address, err error) error {
	return fmt.Errorf("persistence: events of %s in shard %d: %w", a, shard, damage(err))
}

// reader gives out the events of records that follow each other.
type reader struct {
	of      protocol.Address
	keys    protocol.Opener
	from    uint64
	left    int                           // negative: no limit
	closed  func(protocol.EventCode) bool // nil: every event is opened
	each    func(protocol.Recorded) error
	next    uint64 // number that the next record must begin with; 0 before the first record
	stopped bool   // the error is one of each
}

var errEnough = errors.New("enough")

// record gives out the events of one record. A record that does not begin where the one before it ended is a gap, and
// so is a first one that begins behind the number asked for: nothing deletes the beginning of a journal and
// keeps the rest.
func (r *reader) record(first uint64, record []byte) error {
	count, err := protocol.CheckRecord(record)
	if err != nil {
		return err
	}
	if count < 1 || first == 0 {
		return fmt.Errorf("%w: record at %d with %d events", protocol.ErrWire, first, count)
	}
	if r.next == 0 && first > max(r.from, 1) || r.next != 0 && first != r.next {
		return fmt.Errorf("%w: a record begins with %d, the one before ends at %d", ErrGap, first, max(r.next, 1)-1)
	}
	r.next = first + uint64(count)
	if r.next <= r.from {
		return nil
	}
	err = protocol.OpenChecked(record, first, r.of, r.keys, r.closed, func(e protocol.Recorded) error {
		if e.Number < r.from {
			return nil
		}
		if r.left == 0 {
			return errEnough
		}
		r.left--
		if err := r.each(e); err != nil {
			r.stopped = true
			return err
		}
		return nil
	})
	if err == errEnough {
		return nil
	}
	return err
}
