package protocol

import (
	"strconv"
	"time"
	"unicode/utf8"
)

// JSON is an append-only writer for the frames of the hot path. It writes what
// encoding/json would read back to the same value; the rare frames use encoding/json.
type JSON struct{ B []byte }

// Key begins the next member of an object. The name must need no escaping.
func (j *JSON) Key(name string) {
	if n := len(j.B); n > 0 && j.B[n-1] != '{' {
		j.B = append(j.B, ',')
	}
	j.B = append(j.B, '"')
	j.B = append(j.B, name...)
	j.B = append(j.B, '"', ':')
}

// Open and Close begin and end an object.
func (j *JSON) Open() { j.B = append(j.B, '{') }

// Close see Open.
func (j *JSON) Close() { j.B = append(j.B, '}') }

// Str writes a member with a text; an empty one is left out.
func (j *JSON) Str(name, v string) {
	if v != "" {
		j.Key(name)
		j.B = AppendJSONString(j.B, v)
	}
}

// Uint writes a member with a number.
func (j *JSON) Uint(name string, v uint64) { j.Key(name); j.B = strconv.AppendUint(j.B, v, 10) }

// Int writes a member with a number.
func (j *JSON) Int(name string, v int64) { j.Key(name); j.B = strconv.AppendInt(j.B, v, 10) }

// Bool writes a member with a truth value.
func (j *JSON) Bool(name string, v bool) { j.Key(name); j.B = strconv.AppendBool(j.B, v) }

// Instant writes a member with an instant; "never" is left out.
func (j *JSON) Instant(name string, v Instant) {
	if v != 0 {
		j.Key(name)
		j.B = AppendJSONInstant(j.B, v)
	}
}

// Strs writes a member with a list of texts; an empty one is left out.
func (j *JSON) Strs(name string, v []string) {
	if len(v) == 0 {
		return
	}
	j.Key(name)
	j.B = append(j.B, '[')
	for i, s := range v {
		if i > 0 {
			j.B = append(j.B, ',')
		}
		j.B = AppendJSONString(j.B, s)
	}
	j.B = append(j.B, ']')
}

// AppendJSONInstant appends an instant as RFC 3339 in UTC with milliseconds, in quotes.
func AppendJSONInstant(dst []byte, v Instant) []byte {
	t := time.UnixMilli(int64(v)).UTC()
	year, month, day := t.Date()
	hour, minute, sec := t.Clock()
	dst = append(dst, '"')
	dst = append(dst, byte('0'+year/1000%10), byte('0'+year/100%10), byte('0'+year/10%10), byte('0'+year%10), '-')
	dst = append(dst, byte('0'+month/10), byte('0'+month%10), '-', byte('0'+day/10), byte('0'+day%10), 'T')
	dst = append(dst, byte('0'+hour/10), byte('0'+hour%10), ':', byte('0'+minute/10), byte('0'+minute%10), ':')
	ms := int(v % 1000)
	dst = append(dst, byte('0'+sec/10), byte('0'+sec%10), '.', byte('0'+ms/100), byte('0'+ms/10%10), byte('0'+ms%10))
	return append(dst, 'Z', '"')
}

const hexDigits = "0123456789abcdef"

// AppendJSONString appends a quoted JSON string. Texts were checked to be UTF-8 when they came
// in; what is not is written as U+FFFD. U+2028 and U+2029 are escaped for old JavaScript.
func AppendJSONString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		b := s[i]
		if b < utf8.RuneSelf {
			if b >= 0x20 && b != '"' && b != '\\' && b != 0x7f {
				i++
				continue
			}
			dst = append(dst, s[start:i]...)
			switch b {
			case '"', '\\':
				dst = append(dst, '\\', b)
			case '\n':
				dst = append(dst, '\\', 'n')
			case '\r':
				dst = append(dst, '\\', 'r')
			case '\t':
				dst = append(dst, '\\', 't')
			default:
				dst = append(dst, '\\', 'u', '0', '0', hexDigits[b>>4], hexDigits[b&15])
			}
			i++
			start = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			dst = append(dst, s[start:i]...)
			dst = append(dst, "\ufffd"...)
			start = i + size
		case r == 0x2028 || r == 0x2029:
			dst = append(dst, s[start:i]...)
			dst = append(dst, '\\', 'u', '2', '0', '2', hexDigits[r&15])
			start = i + size
		}
		i += size
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}
