package protocol

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Personal texts are sealed: each customer has a key, known by its number, and what tells of the customer (texts, values,
// names, the customer's own key and id) is encrypted with it before it becomes bytes of a record or a row. When the key is
// destroyed, every copy of them is unreadable, also in an old file or a backup, while the facts stay: events can
// still be counted, replayed and checked.
//
// A row of facts that also names the customer, or several, is sealed in pieces (MarkPieces).
// In an event a personal field is coded by codePersonal, or inside coder.personal. A row is sealed as a whole: its mind
// marks the value (MarkRow), the body seals it (SealRow), whoever reads it opens it (OpenRow).

// Sealer encrypts with the key of a number. context says where the bytes belong; nobody can move them elsewhere. A key that
// has been destroyed gives nothing: what would be sealed is lost at once.
type Sealer interface {
	// Seal appends the sealed plain to dst; plain may be what lies behind dst.
	Seal(dst []byte, key uint64, plain, context []byte) []byte
}

// Opener is the way back. ErrErased: the key has been destroyed; other errors are of damage.
type Opener interface {
	Open(dst []byte, key uint64, sealed, context []byte) ([]byte, error)
}

// Keys is both.
type Keys interface {
	Sealer
	Opener
}

// ErrErased says that the key of sealed bytes has been destroyed.
var ErrErased = errors.New("protocol: the key has been destroyed")

// errNoKeys says that sealed bytes are read without keys.
var errNoKeys = errors.New("protocol: sealed, and there are no keys")

// SealedEvent is an event that says itself with whose key it is sealed; 0 = it tells of nobody. All others are of the
// customer that their actor is about.
type SealedEvent interface {
	Event
	SealedBy() uint64
}

// Sealing writes records.
type Sealing struct {
	Keys Sealer
}

// Pen is what writing a record needs beside its bytes, so that a record costs nothing but those. The zero value is ready; one may be used
// again, by one record at a time.
type Pen struct {
	c       coder
	context []byte
	record  []byte
	message MessagePosted // one that is written without its id
}

// Append is AppendRecord for events of the actor about whose customer key says; 0 = nobody. Without keys nothing is sealed.
func (s *Sealing) Append(dst []byte, of Address, at Instant, recs []Recorded, key uint64) []byte {
	return s.AppendWith(new(Pen), dst, of, at, recs, key)
}

// AppendWith is Append with a pen that the caller keeps: it spares an allocation.
func (s *Sealing) AppendWith(p *Pen, dst []byte, of Address, at Instant, recs []Recorded, key uint64) []byte {
	c := &p.c
	if s.Keys == nil {
		return c.record(dst, at, recs)
	}
	p.context = appendContext(p.context[:0], of)
	version, first := byte(recordSealed), 0
	for ; first < len(recs); first++ {
		if idFollows(recs[first].Event, of) {
			version = RecordVersion
			break
		}
	}
	dst = append(dst, version, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	dst = binary.AppendUvarint(dst, uint64(at))
	dst = binary.AppendUvarint(dst, uint64(len(recs)))
	for i := range recs {
		r := &recs[i]
		e := r.Event.(durableEvent)
		dst = binary.AppendUvarint(dst, uint64(e.EventCode()))
		dst = binary.AppendUvarint(dst, r.Desk)
		if version > recordSealed {
			dst = binary.AppendUvarint(dst, distance(r.Desk, r.Room))
			if i == first || i > first && idFollows(e, of) {
				p.message = *e.(*MessagePosted)
				p.message.ID = ""
				e = &p.message
			}
		} else {
			dst = binary.AppendUvarint(dst, r.Room)
		}
		dst = s.event(p, dst, r, e, keyOf(e, key))
	}
	p.message = MessagePosted{}
	return append(dst, 0, 0, 0, 0)
}

// idFollows says whether the event is a message whose id need not be written. One without an id cannot be.
func idFollows(e Event, of Address) bool {
	m, ok := e.(*MessagePosted)
	if !ok || m.ClientID == "" || of.Kind != KindRoom {
		return false
	}
	id := m.follows(RoomID(of.ID))
	return string(m.ID) == string(id[:])
}

// Record is AppendWith into memory of its own, cut to size: it waits for the disk, and so do those who follow it.
func (s *Sealing) Record(p *Pen, of Address, at Instant, recs []Recorded, key uint64) []byte {
	p.record = s.AppendWith(p, p.record[:0], of, at, recs, key)
	b := append([]byte(nil), p.record...)
	if cap(p.record) > writerKept {
		p.record = nil
	}
	return b
}

func keyOf(e Event, key uint64) uint64 {
	if x, ok := e.(SealedEvent); ok {
		return x.SealedBy()
	}
	return key
}

// event appends seal, body and sealed fields.
func (s *Sealing) event(p *Pen, dst []byte, r *Recorded, e durableEvent, key uint64) []byte {
	c, start := &p.c, len(dst)
	if key == 0 {
		return c.appendBody(append(dst, 0), e, allFields)
	}
	dst = binary.AppendUvarint(dst, key)
	dst = c.appendBody(dst, e, factsOnly)
	at := len(dst)
	dst = c.fields(append(dst, 0, 0), e, personalOnly)
	if len(dst) == at+2 { // nothing personal in it
		return c.appendBody(append(dst[:start], 0), e, allFields)
	}
	p.context = eventContext(p.context, r.Number, e.EventCode())
	return sized(s.Keys.Seal(dst[:at+2], key, dst[at+2:], p.context), at)
}

// openEvent reads an event's sealed fields.
func openEvent(r *Recorded, key uint64, sealed, context []byte, keys Opener) error {
	if keys == nil {
		return fmt.Errorf("%w (key %d)", errNoKeys, key)
	}
	if len(sealed) == 0 {
		r.Erased = true
		return nil
	}
	plain, err := keys.Open(nil, key, sealed, eventContext(context, r.Number, r.Event.EventCode()))
	switch {
	case errors.Is(err, ErrErased):
		r.Erased = true
		return nil
	case err != nil:
		return err
	}
	return decode(plain, r.Event.(durableEvent))
}

// contextNumbers is how many bytes of a context tell the event.
const contextNumbers = 8 + 2

// appendContext begins the context of an actor's events; eventContext ends it.
func appendContext(dst []byte, of Address) []byte {
	dst = append(dst, byte(of.Kind))
	dst = append(append(dst, of.Site...), 0)
	dst = append(append(dst, of.ID...), 0)
	return append(dst, make([]byte, contextNumbers)...)
}

func eventContext(context []byte, number uint64, code EventCode) []byte {
	at := context[len(context)-contextNumbers:]
	binary.BigEndian.PutUint64(at, number)
	binary.BigEndian.PutUint16(at[8:], uint16(code))
	return context
}

// A row whose value is personal begins with a zero byte, which no value begins with else: then the key's number, and whether
// what follows is sealed.
const (
	rowMark   = 0
	rowPlain  = 0
	rowSealed = 1
)

// A row of facts and of people begins with two zero bytes: then whether its pieces are sealed, and for each its key's number
// (0 = facts), its length and its bytes. Opened, it is its pieces in one, those left out whose key has been destroyed.

// Piece is a part of a row that tells of the customer with the key; 0 = it is not sealed.
type Piece struct {
	Seal  uint64
	Bytes []byte
}

// MarkPieces makes a row's value of facts and of pieces that the body seals. Without keys it is all of them in one.
func MarkPieces(facts []byte, pieces ...Piece) []byte {
	b := facts[:len(facts):len(facts)]
	marked := false
	for _, p := range pieces {
		marked = marked || p.Seal != 0 && len(p.Bytes) > 0
		b = append(b, p.Bytes...)
	}
	if !marked {
		return b
	}
	return appendPieces(make([]byte, 0, len(b)+16), rowPlain, append([]Piece{{0, facts}}, pieces...))
}

func appendPieces(dst []byte, state byte, pieces []Piece) []byte {
	dst = append(dst, rowMark, rowMark, state)
	for _, p := range pieces {
		if len(p.Bytes) > 0 || p.Seal == 0 {
			dst = binary.AppendUvarint(binary.AppendUvarint(dst, p.Seal), uint64(len(p.Bytes)))
			dst = append(dst, p.Bytes...)
		}
	}
	return dst
}

// piecesLen is what appendPieces appends, or some bytes more.
func piecesLen(pieces []Piece) int {
	n := 3
	for _, p := range pieces {
		n += 2*binary.MaxVarintLen32 + len(p.Bytes)
	}
	return n
}

// piecesOf takes a value apart; state 0xff = it is not in pieces.
func piecesOf(value []byte) (state byte, pieces []Piece) { return appendPiecesOf(nil, value) }

func appendPiecesOf(pieces []Piece, value []byte) (state byte, all []Piece) {
	if len(value) < 3 || value[0] != rowMark || value[1] != rowMark || value[2] > rowSealed {
		return noPieces, pieces
	}
	for rest := value[3:]; len(rest) > 0; {
		key, n := binary.Uvarint(rest)
		if n <= 0 {
			return noPieces, pieces
		}
		size, m := binary.Uvarint(rest[n:])
		if m <= 0 || uint64(len(rest)-n-m) < size {
			return noPieces, pieces
		}
		rest = rest[n+m:]
		pieces = append(pieces, Piece{key, rest[:size]})
		rest = rest[size:]
	}
	return value[2], pieces
}

const noPieces = 0xff

// facts is the first piece of a value in pieces, if those that follow are sealed.
func facts(value []byte) ([]byte, bool) {
	if len(value) < 4 || value[0] != rowMark || value[1] != rowMark || value[2] != rowSealed || value[3] != 0 {
		return nil, false
	}
	size, n := binary.Uvarint(value[4:])
	if n <= 0 || uint64(len(value)-4-n) < size {
		return nil, false
	}
	return value[4+n:][:size], true
}

// pieceContext says whose piece, of which row: none can be moved to another place.
func pieceContext(kind RowKind, key []byte, i int) []byte {
	return binary.AppendUvarint(rowContext(kind, key), uint64(i))
}

// MarkRow marks a row's value as personal, of the customer with the key; 0 leaves it as it is.
func MarkRow(key uint64, value []byte) []byte {
	if key == 0 || value == nil {
		return value
	}
	b := binary.AppendUvarint(append(make([]byte, 0, len(value)+12), rowMark), key)
	return append(append(b, rowPlain), value...)
}

// SealRow seals a marked row. What is not marked, or without keys, stays as it is.
func SealRow(r *Row, keys Sealer) {
	if keys == nil || !personalRow(r.Kind) || len(r.Value) == 0 || r.Value[0] != rowMark {
		return
	}
	w := writers.Get().(*writer)
	w.seal(r, keys)
	w.free()
}

func (w *writer) seal(r *Row, keys Sealer) {
	w.context = append(append(w.context[:0], byte(r.Kind)), r.Key...)
	state, pieces := appendPiecesOf(w.pieces[:0], r.Value)
	if state == rowPlain {
		whole := len(w.context)
		w.pieces, w.sealed = pieces, w.sealed[:0]
		for i, p := range pieces {
			if p.Seal != 0 {
				from := len(w.sealed)
				w.context = binary.AppendUvarint(w.context[:whole], uint64(i))
				w.sealed = keys.Seal(w.sealed, p.Seal, p.Bytes, w.context)
				pieces[i].Bytes = w.sealed[from:]
			}
		}
		r.Value = appendPieces(make([]byte, 0, piecesLen(pieces)), rowSealed, pieces)
		return
	}
	key, state, plain := rowMarked(r.Value)
	if key == 0 || state != rowPlain {
		return
	}
	w.sealed = binary.AppendUvarint(append(w.sealed[:0], rowMark), key)
	w.sealed = keys.Seal(append(w.sealed, rowSealed), key, plain, w.context)
	r.Value = append([]byte(nil), w.sealed...)
}

// OpenRow gives a row's value as its mind made it. One whose key has been destroyed is ErrErased.
// Pieces whose key has been destroyed are left out.
func OpenRow(kind RowKind, key, value []byte, keys Opener) ([]byte, error) {
	if state, pieces := piecesOf(value); state != noPieces && personalRow(kind) {
		return openPieces(state, pieces, kind, key, keys)
	}
	no, state, rest := rowMarked(value)
	switch {
	case no == 0 || !personalRow(kind):
		return value, nil
	case state == rowPlain:
		return rest, nil
	case keys == nil:
		return nil, fmt.Errorf("%w (key %d)", errNoKeys, no)
	case len(rest) == 0:
		return nil, ErrErased
	}
	return keys.Open(nil, no, rest, rowContext(kind, key))
}

func openPieces(state byte, pieces []Piece, kind RowKind, key []byte, keys Opener) (all []byte, err error) {
	for i, p := range pieces {
		switch {
		case p.Seal == 0 || state == rowPlain:
			all = append(all, p.Bytes...)
		case keys == nil:
			return nil, fmt.Errorf("%w (key %d)", errNoKeys, p.Seal)
		default:
			plain, err := keys.Open(nil, p.Seal, p.Bytes, pieceContext(kind, key, i))
			if err != nil && !errors.Is(err, ErrErased) {
				return nil, err
			}
			all = append(all, plain...)
		}
	}
	return all, nil
}

// OpenWhole is OpenRow for who needs the facts of a row only: what is in pieces stays as it is, and the decoders read its facts.
func OpenWhole(kind RowKind, key, value []byte, keys Opener) ([]byte, error) {
	if len(value) > 1 && value[0] == rowMark && value[1] == rowMark {
		return value, nil
	}
	return OpenRow(kind, key, value, keys)
}

// personalRow says whether rows of the kind can be sealed.
func personalRow(k RowKind) bool {
	switch k {
	case RowCustomer, RowProfile, RowOwed, RowSnapshot, RowRequest, RowOpenRoom, RowClosedRoom, RowCustomerRoom, RowFile:
		return true
	}
	return false
}

func rowContext(kind RowKind, key []byte) []byte {
	return append(append(make([]byte, 0, len(key)+1), byte(kind)), key...)
}

// rowMarked takes a value apart; key 0 = it is not marked.
func rowMarked(value []byte) (key uint64, state byte, rest []byte) {
	if len(value) < 3 || value[0] != rowMark {
		return 0, 0, value
	}
	key, n := binary.Uvarint(value[1:])
	if n <= 0 || key == 0 || len(value) < 2+n || value[1+n] > rowSealed {
		return 0, 0, value
	}
	return key, value[1+n], value[2+n:]
}

// Unmarked is a value without its mark, for who reads a row as its mind made it: of one in pieces that are sealed, the facts.
func Unmarked(value []byte) []byte {
	if f, ok := facts(value); ok {
		return f
	}
	if state, pieces := piecesOf(value); state == rowPlain {
		all, _ := openPieces(state, pieces, 0, nil, nil)
		return all
	}
	if key, state, rest := rowMarked(value); key != 0 && state == rowPlain {
		return rest
	}
	return value
}
