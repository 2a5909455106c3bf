package gateway

import (
	"bufio"
	"bytes"
	"net"
	"net/http"
	"sync"
)

// corked is a connection whose writes can be held back and then made in one call. The
// WebSocket library flushes every message; with the cork in, a queue of twenty frames
// is one system call instead of twenty.
//
// Write never waits for another writer: while one is inside the socket, the others
// leave their bytes to it. So the library's pong cannot be caught behind a slow reader.
//
// Read shows the inspector what comes in, before the library has it.
type corked struct {
	net.Conn
	in intake

	mu     sync.Mutex
	held   bool        // the cork is in
	inside bool        // somebody is writing to the socket
	last   bool        // close the socket when the buffer is written
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

func (c *corked) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return 0, c.err
	}
	if c.buf == nil {
		c.buf = corkBuffers.Get().(*corkBuffer)
		c.buf.b = c.buf.b[:0]
	}
	c.buf.b = append(c.buf.b, p...)
	if !c.held && !c.inside {
		c.flush()
	}
	return len(p), c.err
}

// hold puts the cork in.
func (c *corked) hold() {
	c.mu.Lock()
	c.held = true
	c.mu.Unlock()
}

// release takes the cork out and writes what was held back.
func (c *corked) release() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.held = false
	if !c.inside {
		c.flush()
	}
	return c.err
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
		c.held = false
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

// Hijack implements http.Hijacker. Reader and writer are tiny on purpose: intake and cork
// have the bytes, and 4 KB each a connection are worth having.
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
	return c.conn, bufio.NewReadWriter(c.conn.in.ahead, bufio.NewWriterSize(c.conn, 64)), nil
}
