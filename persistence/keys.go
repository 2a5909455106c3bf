package persistence

import (
	"encoding/binary"
	"unsafe"

	"switchyard/protocol"
)

// A key begins with its shard (2 bytes) and its kind (1 byte); numbers are
// big-endian, so that keys sort as their numbers do. See FORMAT.md.
const (
	kindApplied byte = 0x00 // shard -> number and time of the last entry that was applied
	kindEvents  byte = 0x01 // shard, actor, first event number -> record
	kindStore   byte = 0x7f // of storeShard only: name -> what holds for the whole store
	kindRows    byte = 0x80 // and the row's kind
)

// rowKindMax is the last kind of row that a key has a place for.
const rowKindMax protocol.RowKind = 0x7f

// storeShard is a shard that no site is in.
const storeShard uint16 = shardsMax

const keyHead = 2 + 1

func appendHead(dst []byte, shard uint16, kind byte) []byte {
	return append(binary.BigEndian.AppendUint16(dst, shard), kind)
}

func appendRowKey(dst []byte, shard uint16, kind protocol.RowKind, key []byte) []byte {
	return append(appendHead(dst, shard, kindRows+byte(kind)), key...)
}

func rowKeyLen(r *protocol.Row) int { return keyHead + len(r.Key) }

// appendLog appends what all keys of an actor's journal begin with. Site and ID hold no
// zero byte, so no actor's journal begins with another's.
func appendLog(dst []byte, shard uint16, a protocol.Address) []byte {
	dst = append(appendHead(dst, shard, kindEvents), byte(a.Kind))
	dst = append(append(dst, a.Site...), 0)
	return append(append(dst, a.ID...), 0)
}

func logLen(a protocol.Address) int { return keyHead + 1 + len(a.Site) + 1 + len(a.ID) + 1 }

const numberLen = 8

// lastLen is the length of what is stored of a shard's last entry: number and time.
const lastLen = 2 * numberLen

func appendEventKey(dst []byte, shard uint16, a protocol.Address, first uint64) []byte {
	return binary.BigEndian.AppendUint64(appendLog(dst, shard, a), first)
}

// firstOf reads the number of the first event out of an event key.
func firstOf(key []byte) uint64 { return binary.BigEndian.Uint64(key[len(key)-numberLen:]) }

// after is the first key behind everything that begins with prefix; nil if there is none.
func after(prefix []byte) []byte {
	end := append([]byte(nil), prefix...)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i]++; end[i] != 0 {
			return end[:i+1]
		}
	}
	return nil
}

// keyText is a row's key as a text without a copy, for a map that drops it again before anybody may change the key: from the
// hand-over on the key is the store's.
func keyText(key []byte) string {
	return unsafe.String(unsafe.SliceData(key), len(key)) //nolint:gosec // G103: see above
}
