package gateway

import (
	"encoding/binary"
	"errors"
)

// inspector reads the headers of a client's frames as the bytes come in, before the library does. The library counts
// what it has read of a message: it learns that a frame of 2^62 bytes is too large when the first 64 KiB of it have
// come, and that a message has a million empty fragments never. Here a frame is judged by what it announces
// (F-18, X-14). It keeps no byte of a payload.
//
// What is no frame at all (no mask, a length with its top bit set) is left to the library, which answers 1002; nothing
// behind it is looked at.
type inspector struct {
	sizeMax      uint64 // of a message
	fragmentsMax int    // of a message

	head   [14]byte
	have   int    // bytes of the header
	skip   uint64 // bytes of the payload still to come
	size   uint64 // announced so far of this message
	frames int    // of this message
	blind  bool   // the library refuses what came last
	err    error  // stays
}

// What the inspector says of a message; both end in 1009.
var (
	errMessageSize      = errors.New("gateway: a message announces too many bytes")
	errMessageFragments = errors.New("gateway: a message has too many fragments")
)

// look takes the next bytes and gives how many of them the library may have: all, or those before the frame that is refused.
func (s *inspector) look(p []byte) (int, error) {
	for at := 0; at < len(p) && !s.blind && s.err == nil; {
		if s.skip > 0 {
			n := min(s.skip, uint64(len(p)-at))
			s.skip -= n
			at += int(n)
			continue
		}
		began := at - s.have
		for at < len(p) && s.have < s.headLen() {
			s.head[s.have] = p[at]
			s.have++
			at++
		}
		if s.have < s.headLen() {
			break
		}
		if s.judge(); s.err != nil {
			return max(began, 0), s.err
		}
	}
	return len(p), s.err
}

// headLen is how long the header is, as far as it is known.
func (s *inspector) headLen() int {
	if s.have < 2 {
		return 2
	}
	n := 2
	switch s.head[1] & 0x7f {
	case 126:
		n += 2
	case 127:
		n += 8
	}
	if s.head[1]&0x80 != 0 {
		n += 4
	}
	return n
}

// judge looks at a whole header.
func (s *inspector) judge() {
	s.have = 0
	length := uint64(s.head[1] & 0x7f)
	switch length {
	case 126:
		length = uint64(binary.BigEndian.Uint16(s.head[2:]))
	case 127:
		length = binary.BigEndian.Uint64(s.head[2:])
	}
	if s.head[1]&0x80 == 0 || length>>63 != 0 {
		s.blind = true
		return
	}
	s.skip = length
	switch op := s.head[0] & 0x0f; {
	case op >= 8: // control: the library knows its limits, ping and pong are counted where they are heard
		if length > 125 {
			s.blind = true
		}
		return
	case op != 0:
		s.size, s.frames = 0, 0
	}
	s.frames++
	switch {
	case length > s.sizeMax || s.size+length > s.sizeMax:
		s.err = errMessageSize
	case s.frames > s.fragmentsMax:
		s.err = errMessageFragments
	}
	s.size += length
}
