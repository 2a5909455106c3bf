package gateway

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"net"
	"net/http"
	"sync"
)

// corked is a connection whose messages are written many in one call. The WebSocket library flushes every message;
// here a queue of twenty is one system call instead of twenty. The library reads, and writes what is no message: pongs and the
// goodbye.
//
// Nobody waits for another writer: while one is inside the socket, the others
// leave their bytes to it. So the library's pong cannot be caught behind a slow reader.
//
// Read shows the inspector what comes in, before the library has it.
type corked struct {
	net.Conn
	in intake

	mu     sync.Mutex
	inside bool        // somebody is writing to the socket
	last   bool        // close the socket when the buffer is written
	bye    bool        // a close frame has been written
	buf    *corkBuffer // what is held back; nil = nothing
	err    error
}

// corkBuffer is lent to a connection while it has bytes that are not written, or not read: who idles has none.
type corkBuffer struct{ b []byte }

// corkKeep is the largest buffer that is lent again: a batch of the writer with the frames' headers.
const corkKeep = 2 * batchBytes

var corkBuffers = sync.Pool{New: func() any { return &corkBuffer{make([]byte, 0, 4<<10)} }}

// Read see intake.
func (c *corked) Read(p []byte) (int, error) { return c.in.Read(p) }

// Write is the library's: a control frame, in one piece (Hijack).
func (c *corked) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return 0, c.err
	}
	if len(p) > 0 && p[0]&0x0f == opClose {
		c.bye = true
	}
	c.need()
	c.buf.b = append(c.buf.b, p...)
	if !c.inside {
		c.flush()
	}
	return len(p), c.err
}

const opClose = 8

// frames writes texts, a frame each, in one call. The library would write each by itself, under three locks.
func (c *corked) frames(batch []outgoing) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil && c.bye { // nothing follows a goodbye
		c.err = net.ErrClosed
	}
	if c.err != nil {
		return c.err
	}
	c.need()
	b := c.buf.b
	for i := range batch {
		b = append(appendHead(b, len(batch[i].frame)), batch[i].frame...)
	}
	c.buf.b = b
	if !c.inside {
		c.flush()
	}
	return c.err
}

// appendHead appends the head of a server's whole text message (RFC 6455, 5.2).
func appendHead(b []byte, n int) []byte {
	const text = 0x81
	switch {
	case n < 126:
		return append(b, text, byte(n))
	case n < 1<<16:
		return binary.BigEndian.AppendUint16(append(b, text, 126), uint16(n))
	}
	return binary.BigEndian.AppendUint64(append(b, text, 127), uint64(n))
}

// need takes a buffer, if there is none.
func (c *corked) need() {
	if c.buf == nil {
		c.buf = corkBuffers.Get().(*corkBuffer)
		c.buf.b = c.buf.b[:0]
	}
}

// flush writes the buffer and whatever joins it meanwhile. It is called, and returns, with the lock held.
func (c *corked) flush() {
	c.inside = true
	for c.buf != nil && c.err == nil {
		out := c.buf
		c.buf = nil
		c.mu.Unlock()
		_, err := c.Conn.Write(out.b)
		if cap(out.b) <= corkKeep {
			corkBuffers.Put(out)
		}
		c.mu.Lock()
		c.err = err
	}
	c.inside = false
	if c.last {
		c.Conn.Close()
	}
}

// Close closes the socket once what is in the cork's buffer is written: the library closes
// right after it has written the peer's goodbye, and that may still be here. Who cannot
// wait uses cut, or sets a deadline.
func (c *corked) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = true
	if !c.inside {
		c.flush()
	}
	return nil
}

// cut closes the socket now.
func (c *corked) cut() { c.Conn.Close() }

// corker gives the library a corked connection when it takes the socket over.
type corker struct {
	http.ResponseWriter
	sizeMax, fragmentsMax int // of a message
	conn                  *corked
}

// Hijack implements http.Hijacker. Reader and writer are tiny on purpose: intake and cork have the bytes, and 4 KB each a
// connection are worth having. A control frame fits into the writer, so that it comes to the cork in one piece: others
// write beside it.
func (c *corker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(c.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	c.conn = &corked{Conn: conn}
	c.conn.in.open(conn, inspector{sizeMax: uint64(c.sizeMax), fragmentsMax: c.fragmentsMax})
	if n := rw.Reader.Buffered(); n > 0 { // frames on the heels of the handshake are inspected like all others
		c.conn.in.early, _ = rw.Reader.Peek(n)
		c.conn.in.early = bytes.Clone(c.conn.in.early)
	}
	c.conn.in.ahead = bufio.NewReaderSize(c.conn, 16)
	return c.conn, bufio.NewReadWriter(c.conn.in.ahead, bufio.NewWriterSize(c.conn, 2+125)), nil
}
