package protocol

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

// A journal record holds all events of one entry of one actor:
//
//	version   1 byte   1, or 2 where personal fields are sealed, or 3 where a message also leaves out an id that follows
//	entry     8 bytes  the entry's number in its shard, big-endian; filled in at the commit
//	seal      varint   0; from version 2 on it is by event
//	at        varint   milliseconds, the engine's time of the step
//	count     varint   events that follow
//	  code    varint   EventCode
//	  desk    varint   position in the desk/ (or inbox/) stream, 0 where it is not shown
//	  room    varint   position in the room/ stream, 0 where it is not shown; in version 3 one more than its distance
//	                   from desk (zigzag)
//	  seal    varint   from version 2 on: number of the key that sealed the personal fields; 0 = they are in the body
//	  length  varint
//	  body    bytes    the event's fields (wire.go)
//	  length  varint   only if seal is not 0; 0 = the key had been destroyed before
//	  sealed  bytes    only if seal is not 0: the personal fields (seal.go)
//	checksum  4 bytes  CRC-32C of everything before, big-endian
//
// The numbers of the events are First, First+1 …, First being part of the key.
//
// In version 3 a message without an id has the one that follows from room, sender and client id (MessageIDFrom with index 0),
// as everybody's messages have: 24 bytes of some 250.

// RecordVersion is the newest version of a record. See persistence/FORMAT.md.
const (
	RecordVersion = 3
	recordPlain   = 1
	recordSealed  = 2
)

const recordHead = 1 + 8

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// ErrChecksum says that a stored record is not what was written.
var ErrChecksum = errors.New("protocol: checksum does not match")

// Recorded is an event with its place in history.
type Recorded struct {
	Number uint64  // in the actor's log, from 1, without gaps
	Entry  uint64  // of the shard; 0 until it is committed
	At     Instant // the engine's time
	Desk   uint64  // position in desk/ (or inbox/), 0 where that stream does not show it
	Room   uint64  // position in room/, 0 where that stream does not show it
	Event  Event
	Erased bool // its personal fields are empty, because their key has been destroyed
}

// AppendRecord appends the unfinished record of a step's events, with nothing sealed (Sealing.Append seals): the
// entry's number and the checksum are filled in by FinishRecord.
func AppendRecord(dst []byte, at Instant, recs []Recorded) []byte {
	return new(coder).record(dst, at, recs)
}

func (c *coder) record(dst []byte, at Instant, recs []Recorded) []byte {
	dst = append(dst, recordPlain, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	dst = binary.AppendUvarint(dst, uint64(at))
	dst = binary.AppendUvarint(dst, uint64(len(recs)))
	for i := range recs {
		r := &recs[i]
		dst = binary.AppendUvarint(dst, uint64(r.Event.EventCode()))
		dst = binary.AppendUvarint(dst, r.Desk)
		dst = binary.AppendUvarint(dst, r.Room)
		dst = c.appendBody(dst, r.Event.(durableEvent), allFields)
	}
	return append(dst, 0, 0, 0, 0)
}

// appendBody appends an event's fields and their length before them.
func (c *coder) appendBody(dst []byte, e durableEvent, which part) []byte {
	start := len(dst)
	// Two bytes hold lengths below 16,384; longer ones are moved.
	return sized(c.fields(append(dst, 0, 0), e, which), start)
}

// fields appends an event's fields alone.
func (c *coder) fields(dst []byte, e durableEvent, which part) []byte {
	*c = coder{out: dst, part: which}
	e.code(c)
	dst, c.out = c.out, nil
	return dst
}

// sized writes the length of everything behind the two bytes that were kept for it.
func sized(dst []byte, start int) []byte {
	body := start + 2
	n := len(dst) - body
	if n < 1<<14 {
		dst[start], dst[start+1] = byte(n)|0x80, byte(n>>7)
		return dst
	}
	var pre [binary.MaxVarintLen64]byte
	k := binary.PutUvarint(pre[:], uint64(n))
	dst = append(dst, pre[:k-2]...)
	copy(dst[start+k:], dst[body:body+n])
	copy(dst[start:], pre[:k])
	return dst
}

// FinishRecord writes the entry's number and the checksum into a record of AppendRecord.
func FinishRecord(rec []byte, entry uint64) {
	binary.BigEndian.PutUint64(rec[1:], entry)
	end := len(rec) - 4
	binary.BigEndian.PutUint32(rec[end:], crc32.Checksum(rec[:end], castagnoli))
}

// CheckRecord compares the checksum and gives the number of events in the record.
func CheckRecord(rec []byte) (count int, err error) {
	if len(rec) < recordHead+4 {
		return 0, fmt.Errorf("%w: record of %d bytes", ErrWire, len(rec))
	}
	end := len(rec) - 4
	if crc32.Checksum(rec[:end], castagnoli) != binary.BigEndian.Uint32(rec[end:]) {
		return 0, ErrChecksum
	}
	if rec[0] == 0 || rec[0] > RecordVersion {
		return 0, fmt.Errorf("%w: record version %d, this program reads up to %d", ErrWire, rec[0], RecordVersion)
	}
	c := coder{in: rec[recordHead:end]}
	c.varint()
	c.varint()
	n := c.varint()
	if c.bad {
		return 0, ErrWire
	}
	return int(n), nil
}

// DecodeRecord calls each with the events of a record whose first event has the number first.
// It stops at the first error, which each may return too. One with sealed fields needs OpenRecord.
func DecodeRecord(rec []byte, first uint64, each func(Recorded) error) error {
	return OpenRecord(rec, first, Address{}, nil, each)
}

// OpenRecord is DecodeRecord for records that may be sealed. An event whose key has been destroyed comes without its
// personal fields, and says so (Recorded.Erased).
func OpenRecord(rec []byte, first uint64, of Address, keys Opener, each func(Recorded) error) error {
	if _, err := CheckRecord(rec); err != nil {
		return err
	}
	return OpenChecked(rec, first, of, keys, nil, each)
}

// OpenChecked is OpenRecord for a record that CheckRecord has found sound. Events for which closed says true come without their personal
// fields, as if they had none, and no key is looked for; nil opens all.
func OpenChecked(rec []byte, first uint64, of Address, keys Opener, closed func(EventCode) bool, each func(Recorded) error) error {
	end := len(rec) - 4
	c := coder{reading: true, in: rec[recordHead:end]}
	entry := binary.BigEndian.Uint64(rec[1:])
	seal := c.varint()
	at := Instant(c.varint())
	count := c.varint()
	if seal != 0 {
		return fmt.Errorf("%w: sealed with key %d as a whole, which no version does", ErrWire, seal)
	}
	var context []byte
	for i := uint64(0); i < count; i++ {
		r := Recorded{Number: first + i, Entry: entry, At: at}
		code := EventCode(c.varint())
		r.Desk, r.Room = c.varint(), c.varint()
		if rec[0] > recordSealed {
			r.Room = roomOf(r.Desk, r.Room)
		}
		if rec[0] > recordPlain {
			seal = c.varint()
		}
		body := c.bytes()
		var sealed []byte
		if seal != 0 {
			sealed = c.bytes()
		}
		if c.bad {
			return ErrWire
		}
		ev := NewEvent(code)
		if ev == nil {
			return fmt.Errorf("%w: event code %d is unknown", ErrWire, code)
		}
		if err := decode(body, ev.(durableEvent)); err != nil {
			return fmt.Errorf("event %d (%s): %w", r.Number, code, err)
		}
		r.Event = ev
		if m, ok := ev.(*MessagePosted); ok && m.ID == "" && rec[0] > recordSealed {
			if of.Kind != KindRoom {
				return fmt.Errorf("event %d (%s): %w: its id follows from its room, which is not known here", r.Number, code, ErrWire)
			}
			id := m.follows(RoomID(of.ID))
			m.ID = MessageID(id[:])
		}
		if seal != 0 && (closed == nil || !closed(code)) {
			if context == nil {
				context = appendContext(nil, of)
			}
			if err := openEvent(&r, seal, sealed, context, keys); err != nil {
				return fmt.Errorf("event %d (%s): %w", r.Number, code, err)
			}
		}
		if err := each(r); err != nil {
			return err
		}
	}
	if len(c.in) != 0 {
		return fmt.Errorf("%w: %d bytes after the last event", ErrWire, len(c.in))
	}
	return nil
}

// distance is a room position as version 3 has it, and roomOf is the way back.
func distance(desk, room uint64) uint64 {
	if room == 0 {
		return 0
	}
	d := int64(room - desk)
	return uint64(d<<1^d>>63) + 1
}

func roomOf(desk, distance uint64) uint64 {
	if distance == 0 {
		return 0
	}
	distance--
	return desk + (distance>>1 ^ -(distance & 1))
}

// follows is the id that a client's message has.
func (e *MessagePosted) follows(room RoomID) [2 + 20]byte {
	sender := "c" // Caller.Sender
	if e.Account != "" {
		sender = "a/" + string(e.Account)
	}
	return messageIDFrom(room, sender, string(e.ClientID), 0)
}

// code of an entry: what a replica would receive. A single node writes the same rows and
// records without going through these bytes.
func (e *Entry) code(c *coder) {
	codeUint(c, 1, &e.Shard)
	codeUint(c, 2, &e.Number)
	codeInt(c, 3, &e.At)
	codeUint(c, 4, &e.Actor.Kind)
	codeString(c, 5, &e.Actor.Site)
	codeString(c, 6, &e.Actor.ID)
	codeUint(c, 7, &e.First)
	codeUint(c, 8, &e.Count)
	codeBytes(c, 9, &e.Record)
	codeList(c, 10, &e.Rows)
	codeBool(c, 11, &e.Drop)
}

func (r *Row) code(c *coder) {
	codeUint(c, 1, &r.Kind)
	codeBytes(c, 2, &r.Key)
	del := !c.reading && r.Value == nil // left out means false: the row is put
	codeBool(c, 3, &del)
	codeBytes(c, 4, &r.Value)
	if c.reading && !del && r.Value == nil {
		r.Value = []byte{}
	}
}

// AppendEntry appends the bytes of an entry; DecodeEntry reads them back.
func AppendEntry(dst []byte, e *Entry) []byte { return encode(dst, e) }

// DecodeEntry reads the bytes of AppendEntry. Errors are ErrWire.
func DecodeEntry(b []byte) (Entry, error) {
	var e Entry
	err := decode(b, &e)
	return e, err
}
