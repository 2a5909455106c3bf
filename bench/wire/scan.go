package wire

import (
	"bytes"
	"encoding/json"
)

// head is how servers begin a frame; one that orders its members differently is read the slow way.
const head = `{"type":"`

// Is says whether a frame is of a type.
func Is(frame []byte, kind string) bool {
	if len(frame) > len(head) && string(frame[:len(head)]) == head {
		rest := frame[len(head):]
		return len(rest) > len(kind) && string(rest[:len(kind)]) == kind && rest[len(kind)] == '"'
	}
	var f struct {
		Type string `json:"type"`
	}
	return json.Unmarshal(frame, &f) == nil && f.Type == kind
}

// String gives the first plain string member of a name, however deep: loads ask for names
// whose first place is the one they mean. nil if there is none.
func String(frame []byte, name string) []byte {
	v := value(frame, name)
	if len(v) == 0 || v[0] != '"' {
		return nil
	}
	v = v[1:]
	if end := bytes.IndexByte(v, '"'); end >= 0 {
		return v[:end]
	}
	return nil
}

// Uint gives the first plain number member of a name; ok is false if there is none.
func Uint(frame []byte, name string) (n uint64, ok bool) {
	return Digits(value(frame, name))
}

// Digits reads the decimal digits a text begins with.
func Digits(b []byte) (n uint64, ok bool) {
	for _, c := range b {
		if c < '0' || c > '9' {
			break
		}
		n, ok = n*10+uint64(c-'0'), true
	}
	return n, ok
}

// value is what follows `"name":`, without allocating.
func value(frame []byte, name string) []byte {
	for at := 0; ; {
		i := bytes.Index(frame[at:], []byte(name))
		if i < 0 {
			return nil
		}
		from, to := at+i, at+i+len(name)
		if from > 0 && frame[from-1] == '"' && to < len(frame) && frame[to] == '"' {
			rest := bytes.TrimLeft(frame[to+1:], " \t\n\r")
			if len(rest) > 0 && rest[0] == ':' {
				return bytes.TrimLeft(rest[1:], " \t\n\r")
			}
		}
		at = to
	}
}
