package gateway

import (
	"bufio"
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// rawSocket speaks RFC 6455 by hand, so that it can speak it badly.
type rawSocket struct {
	h *house
	net.Conn
	r *bufio.Reader
}

func (h *house) raw(headers ...string) *rawSocket {
	h.t.Helper()
	c, err := h.l.dial(context.Background(), "", "")
	if err != nil {
		h.t.Fatal(err)
	}
	io.WriteString(c, "GET /v1/ws HTTP/1.1\r\nHost: gate.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: switchyard.v1.json\r\n"+strings.Join(headers, "\r\n")+"\r\n")
	s := &rawSocket{h, c, bufio.NewReader(c)}
	res, err := http.ReadResponse(s.r, nil)
	if err != nil || res.StatusCode != 101 {
		h.t.Fatalf("upgrade: %v %v", res, err)
	}
	return s
}

// frame builds a masked frame; the mask is zero, so the payload stands as it is.
func frame(first byte, payload string) []byte {
	b := []byte{first}
	switch n := len(payload); {
	case n < 126:
		b = append(b, 0x80|byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), uint64(n))
	}
	return append(append(b, 0, 0, 0, 0), payload...)
}

const (
	textFin, textMore, moreFin, more, closeFin, pingFin = 0x81, 0x01, 0x80, 0x00, 0x88, 0x89
)

// write sends from its own goroutine: the other side may stop reading.
func (s *rawSocket) write(b []byte) { go s.Conn.Write(b) }

// next reads one frame of the server.
func (s *rawSocket) next() (op byte, payload []byte, err error) {
	var head [2]byte
	if _, err := io.ReadFull(s.r, head[:]); err != nil {
		return 0, nil, err
	}
	n := int(head[1] & 0x7f)
	if n == 126 {
		var l [2]byte
		io.ReadFull(s.r, l[:])
		n = int(binary.BigEndian.Uint16(l[:]))
	}
	payload = make([]byte, n)
	_, err = io.ReadFull(s.r, payload)
	return head[0] & 15, payload, err
}

// code reads until the close frame and gives its code; 1006 without one.
func (s *rawSocket) code() int {
	for {
		op, p, err := s.next()
		if err != nil {
			return 1006
		}
		if op == 8 && len(p) >= 2 {
			return int(binary.BigEndian.Uint16(p))
		}
	}
}

func (h *house) rawHello() *rawSocket {
	s := h.raw()
	s.Conn.Write(frame(textFin, `{"type":"hello","id":"1","data":{"token":"`+h.visitor("kim")+`"}}`))
	if _, p, err := s.next(); err != nil || !strings.Contains(string(p), "welcome") {
		h.t.Fatalf("welcome: %s %v", p, err)
	}
	return s
}

// what is no frame of RFC 6455, or not text, or too long, ends the connection with its code within a second.
func TestX12X13X14RawFrames(t *testing.T) {
	big := strings.Repeat(" ", 64<<10)
	ping := `{"type":"pong"}`
	for _, c := range []struct {
		name string
		in   [][]byte
		code int
	}{
		{"unmasked", [][]byte{{0x81, 2, '{', '}'}}, 1002},
		{"reserved bit 1", [][]byte{frame(0xc1, ping)}, 1002},
		{"reserved bit 2", [][]byte{frame(0xa1, ping)}, 1002},
		{"reserved opcode", [][]byte{frame(0x83, ping)}, 1002},
		{"reserved control opcode", [][]byte{frame(0x8b, "")}, 1002},
		{"length with its top bit", [][]byte{{0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0}}, 1002},
		{"control frame too long", [][]byte{frame(0x89, strings.Repeat("x", 126))}, 1002},
		{"fragmented control frame", [][]byte{frame(0x09, "x")}, 1002},
		{"close with a bad code", [][]byte{frame(closeFin, "\x03\xed")}, 1002},
		{"close with one byte", [][]byte{frame(closeFin, "\x03")}, 1002},
		{"text inside a message", [][]byte{frame(textMore, "{"), frame(textFin, "}")}, 1002},
		{"continuation of nothing", [][]byte{frame(moreFin, "{}")}, 1002},
		{"binary", [][]byte{frame(0x82, ping)}, 4400},
		{"invalid UTF-8", [][]byte{frame(textFin, "{\"type\":\"\xff\"}")}, 1007},
		{"invalid UTF-8 over fragments", [][]byte{frame(textMore, "{\"type\":\"\xed\x95"), frame(moreFin, "\"}")}, 1007},
		{"2^62 announced", [][]byte{{0x81, 0xff, 0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}}, 1009},
		{"limit + 1 announced", [][]byte{frame(textFin, ping+big[:64<<10+1-len(ping)])[:14]}, 1009},
		{"a second fragment that is too much, announced", [][]byte{frame(textMore, big[:60<<10]), frame(moreFin, big[:5<<10])[:8]}, 1009},
		{"limit + 1", [][]byte{frame(textFin, ping+big[:64<<10+1-len(ping)])}, 1009},
		{"fragments beyond the limit", [][]byte{frame(textMore, big[:60<<10]), frame(more, big[:3<<10]), frame(more, big[:2<<10])}, 1009},
		{"good close", [][]byte{frame(closeFin, "\x03\xe8")}, 1000},
		{"text after close", [][]byte{frame(closeFin, "\x03\xe8"), frame(textFin, ping)}, 1000},
	} {
		t.Run(c.name, func(t *testing.T) {
			in(t, nil, func(h *house) {
				s := h.rawHello()
				began := time.Now()
				var all []byte
				for _, f := range c.in {
					all = append(all, f...)
				}
				s.write(all)
				if got := s.code(); got != c.code {
					h.t.Errorf("code %d, want %d", got, c.code)
				}
				if took := time.Since(began); took > time.Second {
					h.t.Errorf("took %v", took)
				}
				s.Close()
			})
		})
	}
}

// a code point split over fragments is whole again; limit - 1 and limit pass; one-byte fragments are a message like any other.
func TestX13X14RawFramesThatAreFine(t *testing.T) {
	in(t, nil, func(h *house) {
		s := h.rawHello()
		say := `{"type":"한","id":"7"}`
		pad := func(n int) string { return say + strings.Repeat(" ", n-len(say)) }
		for i, frames := range [][][]byte{
			{frame(textMore, say[:10]), frame(moreFin, say[10:])},
			{frame(textFin, pad(64<<10-1))},
			{frame(textFin, pad(64<<10))},
		} {
			var all []byte
			for _, f := range frames {
				all = append(all, f...)
			}
			s.write(all)
			if _, p, err := s.next(); err != nil || !strings.Contains(string(p), "bad_request") {
				h.t.Fatalf("%d: %s %v", i, p, err)
			}
		}
		var all []byte
		for i := range len(say) {
			op := byte(more)
			if i == 0 {
				op = textMore
			} else if i == len(say)-1 {
				op = moreFin
			}
			all = append(all, frame(op, say[i:i+1])...)
		}
		s.write(all)
		if _, p, err := s.next(); err != nil || !strings.Contains(string(p), "bad_request") {
			h.t.Fatalf("bytes: %s %v", p, err)
		}
		s.Close()
	})
}

// pings are answered, and a flood of them ends the connection; so does one of pongs that nobody asked for.
func TestX17PingFlood(t *testing.T) {
	in(t, nil, func(h *house) {
		s := h.rawHello()
		s.write(frame(pingFin, "x"))
		if op, p, err := s.next(); op != 10 || string(p) != "x" || err != nil {
			h.t.Fatalf("pong: %d %q %v", op, p, err)
		}
		go func() {
			for range 30 {
				s.Conn.Write(frame(pingFin, "x"))
			}
		}()
		if got := s.code(); got != closeTooMany {
			h.t.Errorf("code %d", got)
		}
		s.Close()
		p := h.rawHello()
		go func() {
			for range 30 {
				p.Conn.Write(frame(0x8a, ""))
			}
		}()
		if got := p.code(); got != closeTooMany {
			h.t.Errorf("pongs: code %d", got)
		}
		p.Close()
	})
}
