package persistence

import (
	"bytes"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"switchyard/protocol"
)

// Row gives a row's value: nil and no error when there is none, and a value that is not nil when there is one, however
// short. It reads through what was handed over and is not committed yet, so an actor sees its own hand-overs. The
// caller must not change the value. A value that is not what was written is ErrChecksum.
func (s *Store) Row(shard uint16, kind protocol.RowKind, key []byte) ([]byte, error) {
	if value, found := s.pendingRow(shard, kind, key); found {
		return value, nil
	}
	full := appendRowKey(make([]byte, 0, 128), shard, kind, key)
	// Get does not look at the filters of the last level, where most of a store is, and many a row is not there: it read a block to find
	// that out, and after a restart with overdue deadlines it was another one each time.
	it, err := s.db.NewIter(&pebble.IterOptions{UseL6Filters: true})
	if err != nil {
		return nil, rowError(shard, kind, err)
	}
	defer it.Close()
	if !it.SeekPrefixGE(full) || !bytes.Equal(it.Key(), full) {
		if err := it.Error(); err != nil {
			return nil, rowError(shard, kind, err)
		}
		return nil, nil
	}
	stored, err := it.ValueAndErr()
	if err != nil {
		return nil, rowError(shard, kind, err)
	}
	value, err := unframe(stored)
	if err != nil {
		return nil, rowError(shard, kind, err)
	}
	return append([]byte{}, value...), nil
}

// Rows calls each with the rows of a kind whose keys begin with prefix, ascending, from the first key after behind
// (nil: from the first), at most limit of them (negative: all). It sees committed rows only, not what is still on
// the list, all of one moment. Key (as in protocol.Row) and value are valid during the call and must not be changed.
// An error of each ends it and comes back as it is; a value that is not what was written is ErrChecksum.
func (s *Store) Rows(shard uint16, kind protocol.RowKind, prefix, behind []byte, limit int, each func(key, value []byte) error) error {
	lower := appendRowKey(nil, shard, kind, prefix)
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: lower, UpperBound: after(lower)})
	if err != nil {
		return rowError(shard, kind, err)
	}
	defer it.Close()
	ok := false
	if behind == nil {
		ok = it.First()
	} else {
		ok = it.SeekGE(append(appendRowKey(nil, shard, kind, behind), 0))
	}
	for ; ok && limit != 0; ok = it.Next() {
		limit--
		stored, err := it.ValueAndErr()
		if err != nil {
			return rowError(shard, kind, err)
		}
		value, err := unframe(stored)
		if err != nil {
			return rowError(shard, kind, err)
		}
		if err := each(it.Key()[keyHead:], value); err != nil {
			return err
		}
	}
	if err := it.Error(); err != nil {
		return rowError(shard, kind, err)
	}
	return nil
}

// rowError names the place, not the key: a key can hold a customer's identity.
func rowError(shard uint16, kind protocol.RowKind, err error) error {
	return fmt.Errorf("persistence: row of kind %d in shard %d: %w", kind, shard, damage(err))
}
