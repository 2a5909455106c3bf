package room

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
)

// The lists that grow with a room are packed in its snapshot, as text in base64: as JSON objects they were more than half of
// what a busy room left in the store. Restore also reads the objects of older snapshots.

var errPacked = errors.New("room: a packed list is cut off")

// writes are packed as four bytes of hash and the distance of the number to the one before, each.
type writes []write

// MarshalJSON implements json.Marshaler.
func (w writes) MarshalJSON() ([]byte, error) {
	b := make([]byte, 0, 6*len(w))
	last := int64(0)
	for _, x := range w {
		b = binary.BigEndian.AppendUint32(b, x.Hash)
		b = binary.AppendVarint(b, int64(x.Number)-last)
		last = int64(x.Number)
	}
	return quote(b), nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (w *writes) UnmarshalJSON(text []byte) error {
	b, packed, err := unquote(text)
	if !packed || err != nil {
		return orList(text, (*[]write)(w), err)
	}
	*w = nil
	for last := int64(0); len(b) > 0; {
		if len(b) < 5 {
			return errPacked
		}
		hash := binary.BigEndian.Uint32(b)
		d, n := binary.Varint(b[4:])
		if n <= 0 {
			return errPacked
		}
		last += d
		*w, b = append(*w, write{Hash: hash, Number: uint32(last)}), b[4+n:]
	}
	return nil
}

// places are packed as the distances of both positions to those before.
type places []place

// MarshalJSON implements json.Marshaler.
func (p places) MarshalJSON() ([]byte, error) {
	b := make([]byte, 0, 2*len(p))
	var desk, room int64
	for _, x := range p {
		b = binary.AppendVarint(b, int64(x.Desk)-desk)
		b = binary.AppendVarint(b, int64(x.Room)-room)
		desk, room = int64(x.Desk), int64(x.Room)
	}
	return quote(b), nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (p *places) UnmarshalJSON(text []byte) error {
	b, packed, err := unquote(text)
	if !packed || err != nil {
		return orList(text, (*[]place)(p), err)
	}
	*p = nil
	for desk, room := int64(0), int64(0); len(b) > 0; {
		d, n := binary.Varint(b)
		if n <= 0 {
			return errPacked
		}
		r, k := binary.Varint(b[n:])
		if k <= 0 {
			return errPacked
		}
		desk, room = desk+d, room+r
		*p, b = append(*p, place{Desk: uint32(desk), Room: uint32(room)}), b[n+k:]
	}
	return nil
}

func quote(b []byte) []byte {
	text := make([]byte, 2+base64.RawStdEncoding.EncodedLen(len(b)))
	base64.RawStdEncoding.Encode(text[1:], b)
	text[0], text[len(text)-1] = '"', '"'
	return text
}

// unquote gives the packed bytes; packed is false for a list of objects, or null.
func unquote(text []byte) (b []byte, packed bool, err error) {
	if len(text) < 2 || text[0] != '"' {
		return nil, false, nil
	}
	b = make([]byte, base64.RawStdEncoding.DecodedLen(len(text)-2))
	n, err := base64.RawStdEncoding.Decode(b, text[1:len(text)-1])
	return b[:n], true, err
}

func orList[T any](text []byte, list *[]T, err error) error {
	if err != nil {
		return err
	}
	return json.Unmarshal(text, list)
}
