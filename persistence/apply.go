package persistence

import (
	"encoding/binary"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"switchyard/protocol"
)

// apply puts what an entry holds into a batch. It is a function of the entry's bytes alone: it reads nothing, decides
// nothing and looks at no clock, so a replica that got the bytes ends up with the same keys and values. The entry's
// record must be finished and the entry checked (checkEntry).
//
// What was applied last is put by applied, once per shard and batch instead of once per entry. superseded, which may be nil,
// says which rows the same batch writes again further on: a batch is there as a whole or not at all, so nobody could
// ever read them.
func apply(b *pebble.Batch, e *protocol.Entry, superseded func(shard uint16, r *protocol.Row) bool) {
	if e.Drop { // everything of the journal before this entry, also earlier in this batch
		n := logLen(e.Actor)
		op := b.DeleteRangeDeferred(n, n)
		appendLog(op.Key[:0], e.Shard, e.Actor)
		appendLog(op.Value[:0], e.Shard, e.Actor)
		op.Value[n-1]++ // the zero that ends the ID: the next key that is not this actor's
		finish(op)
	}
	if len(e.Record) != 0 {
		op := b.SetDeferred(logLen(e.Actor)+numberLen, len(e.Record))
		appendEventKey(op.Key[:0], e.Shard, e.Actor, e.First)
		copy(op.Value, e.Record)
		finish(op)
	}
	for i := range e.Rows {
		r := &e.Rows[i]
		if superseded != nil && superseded(e.Shard, r) {
			continue
		}
		if r.Value == nil {
			op := b.DeleteDeferred(rowKeyLen(r))
			appendRowKey(op.Key[:0], e.Shard, r.Kind, r.Key)
			finish(op)
			continue
		}
		op := b.SetDeferred(rowKeyLen(r), framedLen(r.Value))
		appendRowKey(op.Key[:0], e.Shard, r.Kind, r.Key)
		appendFramed(op.Value[:0], r.Value)
		finish(op)
	}
}

// last is a shard's last entry: its number, and the engine's time of its step.
type last struct {
	number uint64
	at     protocol.Instant
}

// applied puts what a shard's last entry was into the batch.
func applied(b *pebble.Batch, shard uint16, l last) {
	var value [lastLen]byte
	binary.BigEndian.PutUint64(value[:], l.number)
	binary.BigEndian.PutUint64(value[numberLen:], uint64(l.at))
	op := b.SetDeferred(keyHead, framedLen(value[:]))
	appendHead(op.Key[:0], shard, kindApplied)
	appendFramed(op.Value[:0], value[:])
	finish(op)
}

// finish ends a deferred operation. Only a batch with an index can refuse it, and ours have none.
func finish(op *pebble.DeferredBatchOp) {
	if err := op.Finish(); err != nil {
		panic(err)
	}
}

// recordMin is the length of the shortest record that FinishRecord can finish.
const recordMin = 1 + 8 + 4

// checkEntry says why an entry cannot be stored; nil if it can.
func checkEntry(e *protocol.Entry) error {
	if e.Shard == storeShard {
		return fmt.Errorf("persistence: entry for shard %d, which is the store's own", e.Shard)
	}
	if (e.Count == 0) != (len(e.Record) == 0) || (e.Count == 0) != (e.First == 0) {
		return fmt.Errorf("persistence: entry of %s with first event %d, %d events and a record of %d bytes",
			e.Actor, e.First, e.Count, len(e.Record))
	}
	if e.Count != 0 && len(e.Record) < recordMin {
		return fmt.Errorf("persistence: entry of %s with a record of %d bytes", e.Actor, len(e.Record))
	}
	if e.Drop && e.Count != 0 {
		return fmt.Errorf("persistence: entry of %s drops its journal and has %d events", e.Actor, e.Count)
	}
	for i := range e.Rows {
		if k := e.Rows[i].Kind; k == 0 || k > rowKindMax {
			return fmt.Errorf("persistence: entry of %s with a row of kind %d", e.Actor, k)
		}
	}
	return nil
}

// entryBytes is about what an entry adds to a batch.
func entryBytes(e *protocol.Entry) int {
	const perKey = 1 + 2 + 2 // the operation and two lengths
	n := 0
	if len(e.Record) != 0 {
		n += perKey + logLen(e.Actor) + numberLen + len(e.Record)
	}
	if e.Drop {
		n += perKey + 2*logLen(e.Actor)
	}
	for i := range e.Rows {
		n += perKey + rowKeyLen(&e.Rows[i]) + framedLen(e.Rows[i].Value)
	}
	return n
}
