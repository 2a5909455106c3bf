package gateway

import (
	"cmp"
	"slices"
	"unicode/utf8"
)

// scan is the way of message.send, read, typing, ack and pong: nearly all frames there are.
// It reads them as clients write them, and gives up (false) on anything else: on a name it
// does not know, on a number that is not plain, on a surrogate, on every error. Then
// decodeSlow has the word, so scan never refuses and is never stricter or laxer.
func scan(frame []byte, r *request) bool {
	text := string(frame) // the one allocation: what the request keeps are pieces of it
	s := scanner{in: text}
	var data string
	seen := 0
	if !s.open() {
		return false
	}
	for more := !s.closed(); more; {
		name, ok := s.name()
		if !ok {
			return false
		}
		var bit int
		switch name {
		case "type":
			bit = 1
			t, ok := s.plain()
			if !ok || len(t) > 64 {
				return false
			}
			switch t {
			case "message.send", "read", "typing", "ack", "pong":
				r.kind = t
			default:
				return false
			}
		case "id":
			bit = 2
			t, ok := s.plain()
			if !ok || len(t) > requestIDMaximum {
				return false
			}
			r.id = t
		case "stream":
			bit = 4
			t, ok := s.plain()
			if !ok || len(t) > streamMaximum {
				return false
			}
			r.stream = t
		case "data":
			bit = 8
			from := s.at
			if !s.skipObject() {
				return false
			}
			data = text[from:s.at]
		default:
			return false
		}
		if seen&bit != 0 {
			return false
		}
		seen |= bit
		if more, ok = s.more(); !ok {
			return false
		}
	}
	s.space()
	if s.at != len(frame) || r.kind == "" {
		return false
	}
	if data == "" {
		return true
	}
	return scanData(data, r)
}

func scanData(data string, r *request) bool {
	s := scanner{in: data}
	seen := 0
	if !s.open() {
		return false
	}
	for more := !s.closed(); more; {
		name, ok := s.name()
		if !ok {
			return false
		}
		bit := 0
		switch r.kind {
		case "message.send":
			switch name {
			case "client_id":
				bit = 1
				r.clientID, ok = s.short(64)
			case "kind":
				bit = 2
				r.body, ok = s.short(16)
			case "text":
				bit = 4
				r.text, ok = s.text()
			case "file":
				bit = 8
				r.file, ok = s.short(128)
			case "assignment":
				bit = 16
				r.assignment, ok = s.uint()
			case "template":
				bit = 32
				r.template, ok = s.short(64)
			}
		case "read":
			switch name {
			case "client_id":
				bit = 1
				r.clientID, ok = s.short(64)
			case "upto":
				bit = 2
				r.upto, ok = s.uint()
			}
		case "typing":
			switch name {
			case "on":
				bit = 1
				r.on, ok = s.truth()
			case "preview":
				bit = 2
				r.preview, ok = s.text()
			}
		case "ack":
			p := position{stream: name}
			p.seq, ok = s.uint()
			if slices.ContainsFunc(r.acks, func(q position) bool { return q.stream == p.stream }) || len(r.acks) >= 16 {
				return false
			}
			r.acks = append(r.acks, p)
			bit = -1
		}
		if !ok || bit == 0 || bit > 0 && seen&bit != 0 {
			return false
		}
		if bit > 0 {
			seen |= bit
		}
		if more, ok = s.more(); !ok {
			return false
		}
	}
	s.space()
	sortPositions(r.acks)
	return s.at == len(data)
}

func sortPositions(p []position) {
	slices.SortFunc(p, func(a, b position) int { return cmp.Compare(a.stream, b.stream) })
}

// scanner is a place in a text that is valid UTF-8.
type scanner struct {
	in string
	at int
}

func (s *scanner) space() {
	for s.at < len(s.in) && (s.in[s.at] == ' ' || s.in[s.at] == '\t' || s.in[s.at] == '\n' || s.in[s.at] == '\r') {
		s.at++
	}
}

func (s *scanner) eat(c byte) bool {
	s.space()
	if s.at < len(s.in) && s.in[s.at] == c {
		s.at++
		return true
	}
	return false
}

func (s *scanner) open() bool   { return s.eat('{') }
func (s *scanner) closed() bool { return s.eat('}') }

// more reads what follows a member: another one, or the end of the object.
func (s *scanner) more() (more, ok bool) {
	if s.eat(',') {
		return true, true
	}
	return false, s.eat('}')
}

func (s *scanner) name() (string, bool) {
	s.space()
	n, ok := s.plain()
	return n, ok && s.eat(':')
}

// plain reads a text without escapes.
func (s *scanner) plain() (string, bool) {
	if !s.eat('"') {
		return "", false
	}
	start := s.at
	for s.at < len(s.in) {
		switch c := s.in[s.at]; {
		case c == '"':
			s.at++
			return s.in[start : s.at-1], true
		case c == '\\' || c < 0x20:
			return "", false
		}
		s.at++
	}
	return "", false
}

func (s *scanner) short(max int) (string, bool) {
	t, ok := s.plain()
	return t, ok && len(t) <= max
}

// text reads a text with the escapes of everyday writing.
func (s *scanner) text() (string, bool) {
	s.space()
	from := s.at
	if t, ok := s.plain(); ok {
		return t, true
	}
	s.at = from
	if !s.eat('"') {
		return "", false
	}
	out := make([]byte, 0, 256)
	for s.at < len(s.in) {
		c := s.in[s.at]
		s.at++
		switch {
		case c == '"':
			return string(out), true
		case c < 0x20:
			return "", false
		case c != '\\':
			out = append(out, c)
		case s.at == len(s.in):
			return "", false
		default:
			e := s.in[s.at]
			s.at++
			switch e {
			case '"', '\\', '/':
				out = append(out, e)
			case 'n':
				out = append(out, '\n')
			case 't':
				out = append(out, '\t')
			case 'r':
				out = append(out, '\r')
			case 'b':
				out = append(out, '\b')
			case 'f':
				out = append(out, '\f')
			case 'u':
				r, ok := hex4(s.in[s.at:])
				if !ok || r == 0 || r >= 0xd800 && r <= 0xdfff {
					return "", false
				}
				s.at += 4
				out = utf8.AppendRune(out, r)
			default:
				return "", false
			}
		}
	}
	return "", false
}

// uint reads a plain number of at most 15 digits.
func (s *scanner) uint() (uint64, bool) {
	s.space()
	start := s.at
	var n uint64
	for s.at < len(s.in) && s.in[s.at] >= '0' && s.in[s.at] <= '9' {
		n = n*10 + uint64(s.in[s.at]-'0')
		s.at++
	}
	digits := s.at - start
	return n, digits > 0 && digits <= 15 && (digits == 1 || s.in[start] != '0')
}

func (s *scanner) truth() (v, ok bool) {
	s.space()
	switch {
	case len(s.in)-s.at >= 4 && s.in[s.at:s.at+4] == "true":
		s.at += 4
		return true, true
	case len(s.in)-s.at >= 5 && s.in[s.at:s.at+5] == "false":
		s.at += 5
		return false, true
	}
	return false, false
}

// skipObject moves behind an object without looking into it; scanData does that.
func (s *scanner) skipObject() bool {
	s.space()
	if s.at >= len(s.in) || s.in[s.at] != '{' {
		return false
	}
	depth := 0
	for s.at < len(s.in) {
		switch s.in[s.at] {
		case '{':
			depth++
		case '}':
			depth--
			if depth == 0 {
				s.at++
				return true
			}
		case '"':
			s.at++
			for s.at < len(s.in) && s.in[s.at] != '"' {
				if s.in[s.at] == '\\' {
					s.at++
				}
				s.at++
			}
		}
		s.at++
	}
	return false
}
