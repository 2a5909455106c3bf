package gateway

import (
	"bufio"
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
type corked struct {
	net.Conn
	mu     sync.Mutex
	held   bool // the cork is in
	inside bool // somebody is writing to the socket
	last   bool // close the socket when the buffer is written
	buf    []byte
	spare  []byte
	err    error
}

// corkKeep is the largest buffer kept while a connection idles.
const corkKeep = 16 << 10

func (c *corked) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return 0, c.err
	}
	c.buf = append(c.buf, p...)
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
	for len(c.buf) > 0 && c.err == nil {
		out := c.buf
		c.buf = c.spare[:0]
		c.mu.Unlock()
		_, err := c.Conn.Write(out)
		c.mu.Lock()
		c.err = err
		c.spare = nil
		if cap(out) <= corkKeep {
			c.spare = out
		}
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
	conn *corked
}

// Hijack implements http.Hijacker. The writer it returns is tiny on purpose: the cork
// gathers the bytes, and 4 KB a connection are worth having.
func (c *corker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(c.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	c.conn = &corked{Conn: conn}
	return c.conn, bufio.NewReadWriter(rw.Reader, bufio.NewWriterSize(c.conn, 64)), nil
}
