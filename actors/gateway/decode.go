package gateway

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"switchyard/protocol"
)

// request is one frame of a client, or the body of POST /v1/commands. The fields of the
// frames that make up the traffic have places of their own; the rest stays raw.
type request struct {
	kind   string // its "type"
	id     string // "" = no reply wanted
	stream string

	clientID   string
	body       string // message.send: kind
	text       string
	file       string
	assignment uint64
	template   string
	upto       uint64
	on         bool
	preview    string
	acks       []position

	data members // of every other type
}

// position is a place in a stream.
type position struct {
	stream string
	seq    uint64
}

// members are the raw members of an object, by their exact name: unlike a struct's, whose
// names encoding/json compares without regard to case.
type members map[string]json.RawMessage

const (
	requestIDMaximum = 64
	streamMaximum    = 64
)

// decode reads a frame: with the scanner if it is one of the hot ones written as clients
// write them, else with decodeSlow. Both give the same request (FuzzDecode). The text must be
// valid UTF-8. A refusal still carries the request's id, if it could be read.
func (g *Gateway) decode(frame []byte, r *request) *protocol.Rejection {
	*r = request{}
	if scan(frame, r) {
		return nil
	}
	*r = request{}
	return decodeSlow(frame, g.cfg.JSONDepth, g.cfg.JSONMembers, r)
}

// decodeSlow reads any frame.
func decodeSlow(frame []byte, depth, count int, r *request) *protocol.Rejection {
	if rej := checkJSON(frame, depth, count); rej != nil {
		return rej
	}
	var top members
	if err := json.Unmarshal(frame, &top); err != nil {
		return protocol.Reject(protocol.BadRequest, "not JSON")
	}
	f := fields{m: top}
	r.id = f.text("id", requestIDMaximum)
	r.kind = f.need("type", 64)
	r.stream = f.text("stream", streamMaximum)
	var data members
	if raw, ok := top["data"]; ok && string(raw) != "null" {
		if json.Unmarshal(raw, &data) != nil {
			f.refuse("data", "must be an object")
		}
	}
	if f.err != nil {
		return f.err
	}
	d := fields{m: data, prefix: "data."}
	switch r.kind {
	case "message.send":
		r.clientID = d.text("client_id", 64)
		r.body = d.text("kind", 16)
		r.text = d.text("text", 0)
		r.file = d.text("file", 128)
		r.assignment = d.uint("assignment")
		r.template = d.text("template", 64)
	case "read":
		r.clientID = d.text("client_id", 64)
		r.upto = d.uint("upto")
	case "typing":
		r.on = d.truth("on")
		r.preview = d.text("preview", 0)
	case "pong":
	case "ack":
		for name := range data {
			if len(r.acks) == maxAcks {
				break
			}
			r.acks = append(r.acks, position{name, d.uint(name)})
		}
		sortPositions(r.acks)
	default:
		r.data = data
	}
	return d.err
}

const maxAcks = 200

// fields reads members as what they must be, and keeps the first refusal.
type fields struct {
	m      members
	prefix string
	err    *protocol.Rejection
	used   map[string]bool // of done; nil = unknown members are ignored
	raws   []byte          // the object as it was written; of a whole body only
}

func (f *fields) refuse(name, why string) {
	if f.err == nil {
		f.err = protocol.RejectField(protocol.BadRequest, f.prefix+name, why)
	}
}

func (f *fields) raw(name string) (json.RawMessage, bool) {
	if f.used != nil {
		f.used[name] = true
	}
	v, ok := f.m[name]
	return v, ok && string(v) != "null"
}

// has says whether the member is there and not null.
func (f *fields) has(name string) bool { _, ok := f.raw(name); return ok }

// named says whether the member is there, null or not: null takes a value away.
func (f *fields) named(name string) bool {
	f.raw(name)
	_, ok := f.m[name]
	return ok
}

// text reads a text of at most max bytes; 0 = no bound beside the frame's.
func (f *fields) text(name string, max int) string {
	raw, ok := f.raw(name)
	if !ok {
		return ""
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		f.refuse(name, "must be a text")
		return ""
	}
	if max > 0 && len(s) > max {
		f.refuse(name, "is too long")
		return ""
	}
	return s
}

// need is text that may not be empty.
func (f *fields) need(name string, max int) string {
	s := f.text(name, max)
	if s == "" {
		f.refuse(name, "is missing")
	}
	return s
}

// runes is a text counted in characters, after trimming (domain 3).
func (f *fields) runes(name string, max int) string {
	s := strings.TrimSpace(f.text(name, 0))
	if utf8.RuneCountInString(s) > max {
		f.refuse(name, "is longer than "+strconv.Itoa(max)+" characters")
	}
	return s
}

func (f *fields) uint(name string) uint64 {
	raw, ok := f.raw(name)
	if !ok {
		return 0
	}
	n, err := strconv.ParseUint(string(raw), 10, 53)
	if err != nil {
		f.refuse(name, "must be a whole number")
	}
	return n
}

func (f *fields) int(name string, min, max int) int {
	n := f.uint(name)
	if f.err == nil && (n > uint64(max) || int(n) < min) {
		f.refuse(name, "must be from "+strconv.Itoa(min)+" to "+strconv.Itoa(max))
	}
	return int(n)
}

func (f *fields) truth(name string) bool {
	raw, ok := f.raw(name)
	if !ok {
		return false
	}
	switch string(raw) {
	case "true":
		return true
	case "false":
	default:
		f.refuse(name, "must be true or false")
	}
	return false
}

func (f *fields) instant(name string) protocol.Instant {
	s := f.text(name, 40)
	if s == "" {
		return 0
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil || t.Year() < 1970 || t.Year() > 9999 {
		f.refuse(name, "must be a time as in RFC 3339")
		return 0
	}
	return protocol.At(t)
}

func (f *fields) texts(name string, count, max int) []string {
	raw, ok := f.raw(name)
	if !ok {
		return nil
	}
	var list []string
	if json.Unmarshal(raw, &list) != nil {
		f.refuse(name, "must be a list of texts")
		return nil
	}
	if len(list) > count {
		f.refuse(name, "has more than "+strconv.Itoa(count)+" members")
	}
	for i, s := range list {
		list[i] = strings.TrimSpace(s)
		if utf8.RuneCountInString(list[i]) > max {
			f.refuse(name, "has a text longer than "+strconv.Itoa(max)+" characters")
		}
	}
	return list
}

// object reads a member that is an object.
func (f *fields) object(name string) (fields, bool) {
	raw, ok := f.raw(name)
	o := fields{prefix: f.prefix + name + "."}
	if !ok {
		return o, false
	}
	if json.Unmarshal(raw, &o.m) != nil {
		f.refuse(name, "must be an object")
		return o, false
	}
	return o, true
}

// join takes over the refusal of an inner object.
func (f *fields) join(inner *fields) {
	if f.err == nil {
		f.err = inner.err
	}
}

// done refuses members that nobody asked for: bodies of the HTTP surface are closed, frames are open.
func (f *fields) done() *protocol.Rejection {
	for name := range f.m {
		if f.err == nil && !f.used[name] {
			f.refuse(name, "is unknown")
		}
	}
	return f.err
}

// enum reads one name of a closed set.
func enum[T any](f *fields, name string, parse func(string) (T, error)) T {
	var zero T
	s := f.text(name, 64)
	if s == "" {
		return zero
	}
	v, err := parse(s)
	if err != nil {
		f.refuse(name, err.Error())
		return zero
	}
	return v
}
