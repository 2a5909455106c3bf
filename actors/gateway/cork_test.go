package gateway

import (
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// The frames of a batch are what RFC 6455 says, in all three forms of a length, and leave in one call.
func TestFramesOfABatch(t *testing.T) {
	w := &calls{}
	c := &corked{Conn: w}
	var batch []outgoing
	sizes := []int{0, 1, 125, 126, 1<<16 - 1, 1 << 16}
	for _, n := range sizes {
		batch = append(batch, outgoing{frame: []byte(strings.Repeat("x", n))})
	}
	if err := c.frames(batch); err != nil {
		t.Fatal(err)
	}
	if len(w.all) != 1 {
		t.Fatalf("%d calls", len(w.all))
	}
	b := w.all[0]
	for _, n := range sizes {
		want := map[bool][]byte{true: {0x81, byte(n)}, false: {0x81, 126, byte(n >> 8), byte(n)}}[n < 126]
		if n >= 1<<16 {
			want = []byte{0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0}
		}
		if string(b[:len(want)]) != string(want) {
			t.Fatalf("%d bytes: head % x", n, b[:len(want)])
		}
		b = b[len(want)+n:]
	}
	if len(b) != 0 {
		t.Fatalf("%d bytes too many", len(b))
	}
}

// Nothing follows a goodbye: it may be the library's, in answer to the peer's, while the writer has something in its hand.
func TestNothingFollowsAGoodbye(t *testing.T) {
	w := &calls{}
	c := &corked{Conn: w}
	_, _ = c.Write([]byte{0x8a, 0}) // a pong is none
	if err := c.frames([]outgoing{{frame: []byte("a")}}); err != nil {
		t.Fatal(err)
	}
	_, _ = c.Write([]byte{0x88, 2, 3, 232})
	if err := c.frames([]outgoing{{frame: []byte("b")}}); !errors.Is(err, net.ErrClosed) {
		t.Fatalf("written behind the goodbye: %v", err)
	}
	if len(w.all) != 3 || string(w.all[1]) != "\x81\x01a" {
		t.Fatalf("%q", w.all)
	}
}

// calls is a socket that keeps what each call writes.
type calls struct{ all [][]byte }

func (c *calls) Write(p []byte) (int, error) {
	c.all = append(c.all, append([]byte(nil), p...))
	return len(p), nil
}
func (c *calls) Read([]byte) (int, error)         { return 0, io.EOF }
func (c *calls) Close() error                     { return nil }
func (c *calls) LocalAddr() net.Addr              { return pipeAddr{} }
func (c *calls) RemoteAddr() net.Addr             { return pipeAddr{} }
func (c *calls) SetDeadline(time.Time) error      { return nil }
func (c *calls) SetReadDeadline(time.Time) error  { return nil }
func (c *calls) SetWriteDeadline(time.Time) error { return nil }
