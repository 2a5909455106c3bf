package persistence

import (
	"bytes"
	"errors"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"switchyard/persistence/journaltest"
	"switchyard/protocol"
)

// Whatever lies in the place of a record, reading it ends with an error or with events, numbered from its first.
func FuzzRecord(f *testing.F) {
	good := journaltest.Said(4, seoul, 7, "hello", "there")
	protocol.FinishRecord(good.Record, 5)
	f.Add(good.Record, uint64(7), uint64(8), false)
	f.Add(good.Record[:20], uint64(1), uint64(1), true)
	f.Add([]byte{}, uint64(0), uint64(0), false)
	f.Add(bytes.Repeat([]byte{0xff}, 40), uint64(1<<64-1), uint64(1<<64-1), true)
	f.Fuzz(func(t *testing.T, record []byte, first, from uint64, mend bool) {
		if mend && len(record) >= recordMin { // so that the fuzzer gets past the checksum
			record = bytes.Clone(record)
			record[0] = protocol.RecordVersion
			protocol.FinishRecord(record, 5)
		}
		next := max(first, from)
		r := reader{from: from, left: 100, each: func(e protocol.Recorded) error {
			if e.Number != next || e.Event == nil {
				t.Errorf("event %+v, expected number %d", e, next)
			}
			next++
			return nil
		}}
		if r.record(first, record) == nil && !mend && !bytes.Equal(record, good.Record) {
			if _, err := protocol.CheckRecord(record); err != nil {
				t.Error("no error, and", err)
			}
		}
	})
}

// Whatever bytes come as an entry, they are refused, or applied and can be read back.
func FuzzEntry(f *testing.F) {
	for _, e := range someEntries(4) {
		f.Add(protocol.AppendEntry(nil, e))
	}
	s := open(f, small(vfs.NewMem()))
	f.Cleanup(func() { s.Close() })
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := protocol.DecodeEntry(b)
		if err != nil {
			require.ErrorIs(t, err, protocol.ErrWire)
			return
		}
		if checkEntry(&e) != nil {
			return
		}
		batch := s.db.NewBatch()
		defer batch.Close()
		apply(batch, &e, nil)
		applied(batch, e.Shard, last{e.Number, e.At})
		require.LessOrEqual(t, batch.Len(), 12+entryBytes(&e)+28+5*len(e.Rows))
		read := batch.Reader()
		for {
			_, key, value, ok, err := read.Next()
			require.NoError(t, err)
			if !ok {
				return
			}
			require.GreaterOrEqual(t, len(key), keyHead)
			if key[2] != kindEvents && len(value) > 0 {
				_, err := unframe(value)
				require.NoError(t, err)
			}
		}
	})
}

// Whatever lies in the place of a framed value, only what appendFramed made is a value.
func FuzzFrame(f *testing.F) {
	f.Add(appendFramed(nil, []byte("value")))
	f.Add([]byte{})
	f.Add([]byte{0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, stored []byte) {
		value, err := unframe(stored)
		if err == nil {
			require.Equal(t, stored, appendFramed(nil, value))
		} else if !errors.Is(err, ErrChecksum) {
			require.ErrorIs(t, err, ErrNewerFormat)
		}
		again, err := unframe(appendFramed(nil, stored))
		require.NoError(t, err)
		require.True(t, bytes.Equal(stored, again))
	})
}

// Whatever lies in the place of a log or a manifest, the look at it ends, and within the file.
func FuzzLog(f *testing.F) {
	disk := vfs.NewMem()
	s := open(f, small(disk))
	for n := range 3 {
		say(s, n, "text")
	}
	log := content(f, disk, lastLog(f, disk))
	_, number, err := newestLog(disk, "store")
	require.NoError(f, err)
	require.NoError(f, s.Close())
	f.Add(log, uint32(number), false)
	f.Add(content(f, disk, "store/MANIFEST-000001"), uint32(0), true)
	f.Add(make([]byte, chunkBlock+9), uint32(0), false)
	f.Fuzz(func(t *testing.T, file []byte, number uint32, legacy bool) {
		at, _, err := chunks{legacy, number}.damagedAt(bytes.NewReader(file), int64(len(file)))
		require.NoError(t, err)
		require.Less(t, at, int64(max(len(file), 1)))
		require.GreaterOrEqual(t, at, int64(-1))
	})
}
