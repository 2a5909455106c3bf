package protocol

import (
	"encoding/binary"
	"errors"
	"slices"
	"sync"
)

// The stored form of events, rows and entries is the protobuf wire format:
// (field<<3 | type) as a varint, then a varint (type 0) or a length and bytes
// (type 2). Fields are written in ascending order and left out when zero; a
// reader skips fields it does not know, so a newer writer can add fields at the
// end without a new version.

// ErrWire says that stored bytes cannot be read. The checksum of a record is
// checked before, so this is a bug or a newer format, never line noise.
var ErrWire = errors.New("protocol: malformed stored bytes")

const (
	wireVarint = 0
	wireBytes  = 2
)

// coder writes or reads the fields of one value. One method per type names its
// fields once, for both directions, so that the two cannot drift apart.
type coder struct {
	out  []byte // writing: what was written so far
	part part   // writing: which fields

	reading bool
	in      []byte
	field   uint64 // reading: the field whose tag was read last and whose value was not
	typ     uint64
	bad     bool
	texts   Texts // reading: where texts that come again are kept once; nil = each is its own
}

// Texts keeps each text once, for rows in which few come again and again.
type Texts map[string]string

func (t Texts) of(b []byte) string {
	if s, ok := t[string(b)]; ok {
		return s
	}
	s := string(b)
	t[s] = s
	return s
}

// part says which fields a writer writes. Reading needs none: what was left out stays as it is.
type part uint8

const (
	allFields part = iota
	factsOnly      // not the personal ones
	personalOnly
)

// personal codes fields that tell of a customer: seal.go says what becomes of them.
func (c *coder) personal(fields func()) {
	was := c.part
	if was == factsOnly {
		return
	}
	c.part = allFields
	fields()
	c.part = was
}

// leftOut says whether a field that tells of nobody is written now.
func (c *coder) leftOut() bool { return c.part == personalOnly && !c.reading }

// coded is a value with fields.
type coded interface{ code(*coder) }

// writer is memory in which values are made, and used again; what they come to is cut to size. (Grown from nothing a row was four
// pieces of memory, and sealed it was nine; a room writes some twenty of them.)
type writer struct {
	facts, personal coder
	sealed, context []byte
	pieces          []Piece
}

var writers = sync.Pool{New: func() any { return new(writer) }}

// writerKept is how much memory a writer keeps.
const writerKept = 64 << 10

func (w *writer) free() {
	clear(w.pieces)
	if cap(w.facts.out)+cap(w.personal.out)+cap(w.sealed) <= writerKept {
		writers.Put(w)
	}
}

// write gives the fields in the coder's memory.
func (c *coder) write(v coded, which part) []byte {
	*c = coder{out: c.out[:0], part: which}
	v.code(c)
	return c.out
}

func encode(dst []byte, v coded) []byte {
	w := writers.Get().(*writer)
	dst = append(dst, w.facts.write(v, allFields)...) // a row without a value is a deletion: of nothing nothing stays nothing
	w.free()
	return dst
}

// encodeMarked is MarkRow of encode.
func encodeMarked(dst []byte, v coded, seal uint64) []byte {
	if seal == 0 {
		return encode(dst, v)
	}
	w := writers.Get().(*writer)
	if b := w.facts.write(v, allFields); len(b) > 0 {
		dst = slices.Grow(dst, 2+binary.MaxVarintLen64+len(b))
		dst = binary.AppendUvarint(append(dst, rowMark), seal)
		dst = append(append(dst, rowPlain), b...)
	}
	w.free()
	return dst
}

// encodeRow is encode for a row whose personal fields have the highest numbers: with a key they are a piece of their own.
func encodeRow(dst []byte, v coded, seal uint64) []byte {
	if seal == 0 {
		return encode(dst, v)
	}
	w := writers.Get().(*writer)
	facts, personal := w.facts.write(v, factsOnly), w.personal.write(v, personalOnly)
	if len(personal) == 0 {
		dst = append(dst, facts...)
	} else {
		w.pieces = append(w.pieces[:0], Piece{0, facts}, Piece{seal, personal})
		dst = appendPieces(slices.Grow(dst, piecesLen(w.pieces)), rowPlain, w.pieces)
	}
	w.free()
	return dst
}

func decode(in []byte, v coded) error {
	return decodeTexts(in, v, nil)
}

// decodeTexts is decode with a place for texts that come again.
func decodeTexts(in []byte, v coded, texts Texts) error {
	c := coder{reading: true, in: in, texts: texts}
	v.code(&c)
	for !c.bad && c.peek() { // fields of a newer writer
		c.skip()
	}
	if c.bad {
		return ErrWire
	}
	return nil
}

// peek makes sure that the next field's tag is read; false at the end.
func (c *coder) peek() bool {
	if c.bad {
		return false
	}
	if c.field != 0 {
		return true
	}
	if len(c.in) == 0 {
		return false
	}
	tag, n := binary.Uvarint(c.in)
	if n <= 0 || tag>>3 == 0 {
		c.bad = true
		return false
	}
	c.in = c.in[n:]
	c.field, c.typ = tag>>3, tag&7
	return true
}

func (c *coder) skip() {
	switch c.typ {
	case wireVarint:
		c.varint()
	case wireBytes:
		c.bytes()
	default:
		c.bad = true
	}
	c.field = 0
}

// at moves to the given field; false when the writer left it out.
func (c *coder) at(field, typ uint64) bool {
	for c.peek() {
		if c.field == field {
			if c.typ != typ {
				c.bad = true
				return false
			}
			c.field = 0
			return true
		}
		if c.field > field {
			return false
		}
		c.skip()
	}
	return false
}

func (c *coder) varint() uint64 {
	v, n := binary.Uvarint(c.in)
	if n <= 0 {
		c.bad = true
		return 0
	}
	c.in = c.in[n:]
	return v
}

func (c *coder) bytes() []byte {
	n := c.varint()
	if c.bad || n > uint64(len(c.in)) {
		c.bad = true
		return nil
	}
	b := c.in[:n]
	c.in = c.in[n:]
	return b
}

func (c *coder) tag(field, typ uint64) {
	c.out = binary.AppendUvarint(c.out, field<<3|typ)
}

func codeUint[T ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64](c *coder, field uint64, v *T) {
	if c.reading {
		if c.at(field, wireVarint) {
			*v = T(c.varint())
		}
		return
	}
	if *v != 0 && !c.leftOut() {
		c.tag(field, wireVarint)
		c.out = binary.AppendUvarint(c.out, uint64(*v))
	}
}

// codeInt writes signed numbers in zigzag form.
func codeInt[T ~int | ~int8 | ~int32 | ~int64](c *coder, field uint64, v *T) {
	u := uint64(int64(*v)<<1) ^ uint64(int64(*v)>>63)
	codeUint(c, field, &u)
	if c.reading {
		*v = T(int64(u>>1) ^ -int64(u&1))
	}
}

func codeBool(c *coder, field uint64, v *bool) {
	var u uint8
	if *v {
		u = 1
	}
	codeUint(c, field, &u)
	*v = u != 0
}

func codeString[T ~string](c *coder, field uint64, v *T) {
	if c.reading {
		if c.at(field, wireBytes) {
			if c.texts != nil {
				*v = T(c.texts.of(c.bytes()))
			} else {
				*v = T(c.bytes())
			}
		}
		return
	}
	if *v != "" && !c.leftOut() {
		c.tag(field, wireBytes)
		c.out = binary.AppendUvarint(c.out, uint64(len(*v)))
		c.out = append(c.out, *v...)
	}
}

// codePersonal is codeString for a text that tells of a customer.
func codePersonal[T ~string](c *coder, field uint64, v *T) {
	switch {
	case c.reading, c.part == allFields:
		codeString(c, field, v)
	case c.part == personalOnly:
		c.part = allFields
		codeString(c, field, v)
		c.part = personalOnly
	}
}

func codeBytes(c *coder, field uint64, v *[]byte) {
	if c.reading {
		if c.at(field, wireBytes) {
			*v = append([]byte(nil), c.bytes()...)
		}
		return
	}
	if len(*v) != 0 && !c.leftOut() {
		c.tag(field, wireBytes)
		c.out = binary.AppendUvarint(c.out, uint64(len(*v)))
		c.out = append(c.out, *v...)
	}
}

// codeOld and codeOlds read a field that is written under another number now.
func codeOld[T ~string](c *coder, field uint64, v *T) {
	if c.reading {
		codeString(c, field, v)
	}
}

func codeOlds[T ~string](c *coder, field uint64, v *[]T) {
	if c.reading {
		codeStrings(c, field, v)
	}
}

// codeList repeats a field, one element each.
func codeList[T any, P interface {
	*T
	code(*coder)
}](c *coder, field uint64, v *[]T) {
	if c.reading {
		for c.at(field, wireBytes) {
			var x T
			if decode(c.bytes(), P(&x)) != nil {
				c.bad = true
				return
			}
			*v = append(*v, x)
		}
		return
	}
	if c.leftOut() {
		return
	}
	for i := range *v {
		c.nested(field, P(&(*v)[i]))
	}
}

// codeUints repeats a number field.
func codeUints[T ~uint64](c *coder, field uint64, v *[]T) {
	if c.reading {
		for c.at(field, wireVarint) {
			*v = append(*v, T(c.varint()))
		}
		return
	}
	if c.leftOut() {
		return
	}
	for _, n := range *v {
		c.tag(field, wireVarint)
		c.out = binary.AppendUvarint(c.out, uint64(n))
	}
}

// codeStrings repeats a string field. Empty elements are kept.
func codeStrings[T ~string](c *coder, field uint64, v *[]T) {
	if c.reading {
		for c.at(field, wireBytes) {
			*v = append(*v, T(c.bytes()))
		}
		return
	}
	if c.leftOut() {
		return
	}
	for _, s := range *v {
		c.tag(field, wireBytes)
		c.out = binary.AppendUvarint(c.out, uint64(len(s)))
		c.out = append(c.out, s...)
	}
}

// codeStruct writes a nested value; a value whose fields are all zero is left out.
func codeStruct(c *coder, field uint64, v interface{ code(*coder) }) {
	if c.reading {
		if c.at(field, wireBytes) {
			if decode(c.bytes(), v) != nil {
				c.bad = true
			}
		}
		return
	}
	if c.leftOut() {
		return
	}
	before := len(c.out)
	c.nested(field, v)
	if c.out[len(c.out)-1] == 0 && len(c.out) == before+tagLen(field)+1 {
		c.out = c.out[:before]
	}
}

func tagLen(field uint64) int {
	n := 1
	for t := field<<3 | wireBytes; t >= 0x80; t >>= 7 {
		n++
	}
	return n
}

func (c *coder) nested(field uint64, v interface{ code(*coder) }) {
	c.tag(field, wireBytes)
	start := len(c.out)
	c.out = append(c.out, 0) // one byte for the length, moved if it needs more
	v.code(c)
	n := len(c.out) - start - 1
	if n < 0x80 {
		c.out[start] = byte(n)
		return
	}
	var pre [binary.MaxVarintLen64]byte
	k := binary.PutUvarint(pre[:], uint64(n))
	c.out = append(c.out, pre[:k-1]...)
	copy(c.out[start+k:], c.out[start+1:start+1+n])
	copy(c.out[start:], pre[:k])
}
