package gateway

import (
	"bytes"
	"encoding/json"
	"strconv"
	"unicode/utf8"

	"switchyard/protocol"
)

// strict checks what encoding/json lets pass: duplicate keys, lone surrogates, NUL, names
// that differ in case only are left to the reader; and bounds nesting, members and numbers.
// The text must already be valid UTF-8. It gives the path of the offence.
type strict struct {
	in      []byte
	at      int
	depth   int
	members int
	path    []string
	keys    [][]byte // of the objects being read, innermost last
}

// numberMaximum bounds the digits of a number: nothing of the contract needs more.
const numberMaximum = 32

// checkJSON refuses a text that is not one JSON object in the strict sense.
func checkJSON(in []byte, depth, members int) *protocol.Rejection {
	s := strict{in: in, depth: depth, members: members}
	s.space()
	if s.at >= len(in) || in[s.at] != '{' {
		return protocol.Reject(protocol.BadRequest, "not a JSON object")
	}
	if why := s.value(0); why != "" {
		rej := protocol.RejectField(protocol.BadRequest, "", why)
		for i, p := range s.path {
			if i > 0 {
				rej.Field += "."
			}
			rej.Field += p
		}
		if len(rej.Field) > 64 {
			rej.Field = "" // an attacker's path is not worth a frame
		}
		return rej
	}
	s.space()
	if s.at != len(in) {
		return protocol.Reject(protocol.BadRequest, "data after the object")
	}
	return nil
}

func (s *strict) space() {
	for s.at < len(s.in) {
		switch s.in[s.at] {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return
		}
	}
}

func (s *strict) next() byte {
	if s.at < len(s.in) {
		return s.in[s.at]
	}
	return 0
}

func (s *strict) value(depth int) string {
	if depth > s.depth {
		return "nested too deep"
	}
	s.space()
	switch c := s.next(); {
	case c == '{':
		return s.object(depth)
	case c == '[':
		return s.array(depth)
	case c == '"':
		_, why := s.text()
		return why
	case c == '-' || c >= '0' && c <= '9':
		return s.number()
	case bytes.HasPrefix(s.in[s.at:], []byte("true")), bytes.HasPrefix(s.in[s.at:], []byte("null")):
		s.at += 4
	case bytes.HasPrefix(s.in[s.at:], []byte("false")):
		s.at += 5
	default:
		return "not JSON"
	}
	return ""
}

func (s *strict) object(depth int) string {
	s.at++
	first := len(s.keys)
	defer func() { s.keys = s.keys[:first] }()
	s.space()
	if s.next() == '}' {
		s.at++
		return ""
	}
	var many map[string]bool // beside the list, once it is long
	for {
		s.space()
		if s.next() != '"' {
			return "not JSON"
		}
		raw, why := s.text()
		if why != "" {
			return why
		}
		if bytes.IndexByte(raw, '\\') >= 0 {
			var name string
			if json.Unmarshal(s.in[s.at-len(raw)-2:s.at], &name) != nil {
				return "not JSON"
			}
			raw = []byte(name)
		}
		switch n := len(s.keys) - first; {
		case n >= s.members:
			return "too many members"
		case n == 32:
			many = make(map[string]bool, 64)
			for _, k := range s.keys[first:] {
				many[string(k)] = true
			}
			fallthrough
		case n > 32:
			if many[string(raw)] {
				return "the same name twice"
			}
			many[string(raw)] = true
		default:
			for _, k := range s.keys[first:] {
				if bytes.Equal(k, raw) {
					return "the same name twice"
				}
			}
		}
		s.keys = append(s.keys, raw)
		s.space()
		if s.next() != ':' {
			return "not JSON"
		}
		s.at++
		s.path = append(s.path, string(raw))
		if why := s.value(depth + 1); why != "" {
			return why
		}
		s.path = s.path[:len(s.path)-1]
		s.space()
		switch s.next() {
		case ',':
			s.at++
		case '}':
			s.at++
			return ""
		default:
			return "not JSON"
		}
	}
}

func (s *strict) array(depth int) string {
	s.at++
	s.space()
	if s.next() == ']' {
		s.at++
		return ""
	}
	for {
		if why := s.value(depth + 1); why != "" {
			return why
		}
		s.space()
		switch s.next() {
		case ',':
			s.at++
		case ']':
			s.at++
			return ""
		default:
			return "not JSON"
		}
	}
}

// text reads a string and gives what is between its quotes, as it stands.
func (s *strict) text() (raw []byte, why string) {
	s.at++
	start := s.at
	for s.at < len(s.in) {
		switch c := s.in[s.at]; {
		case c == '"':
			raw = s.in[start:s.at]
			s.at++
			return raw, ""
		case c < 0x20:
			return nil, "a control character in a text"
		case c != '\\':
			s.at++
		default:
			if s.at+1 >= len(s.in) {
				return nil, "not JSON"
			}
			switch s.in[s.at+1] {
			case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
				s.at += 2
			case 'u':
				r, ok := hex4(s.in[s.at+2:])
				if !ok {
					return nil, "not JSON"
				}
				s.at += 6
				switch {
				case r == 0:
					return nil, "NUL in a text"
				case r >= 0xdc00 && r <= 0xdfff:
					return nil, "half a surrogate pair"
				case r >= 0xd800 && r <= 0xdbff:
					low, ok := rune(0), s.at+1 < len(s.in) && s.in[s.at] == '\\' && s.in[s.at+1] == 'u'
					if ok {
						low, ok = hex4(s.in[s.at+2:])
					}
					if !ok || low < 0xdc00 || low > 0xdfff {
						return nil, "half a surrogate pair"
					}
					s.at += 6
				}
			default:
				return nil, "not JSON"
			}
		}
	}
	return nil, "not JSON"
}

func hex4[T string | []byte](b T) (rune, bool) {
	if len(b) < 4 {
		return 0, false
	}
	var r rune
	for i := range 4 {
		c := b[i]
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

func (s *strict) number() string {
	start := s.at
	for s.at < len(s.in) {
		c := s.in[s.at]
		if (c < '0' || c > '9') && c != '-' && c != '+' && c != '.' && c != 'e' && c != 'E' {
			break
		}
		s.at++
	}
	n := s.in[start:s.at]
	if len(n) > numberMaximum {
		return "a number too long"
	}
	if !json.Valid(n) {
		return "not JSON"
	}
	if _, err := strconv.ParseFloat(string(n), 64); err != nil {
		return "a number out of range"
	}
	return ""
}

// validText says whether a frame or body may be looked at: UTF-8 without a byte order mark.
func validText(b []byte) bool { return utf8.Valid(b) }
