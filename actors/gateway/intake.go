package gateway

import (
	"bufio"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
)

// intake is the way in of a corked connection. It shows the inspector what comes, before the library has it, and it has a
// buffer only while there is something in it: a socket that waits for its peer's next word waits without one.
type intake struct {
	conn  net.Conn
	raw   syscall.RawConn       // nil where the socket is not the system's own: over TLS, in tests
	try   func(fd uintptr) bool // tryRead, made once
	ahead *bufio.Reader         // the library's

	mu      sync.Mutex // one reads at a time: the reader, and with the writer's goodbye the library
	early   []byte     // came with the handshake, before the socket was taken over
	in      inspector
	buf     *corkBuffer
	have    []byte // of buf, or early: inspected, and not given away
	err     error  // of the socket
	offered bool   // the inspector's complaint was given to the library
	waste   int    // bytes read and forgotten after an offence
}

// intakeBytes is how much is read from the socket at once, and at most what a peer makes us hold that has not said hello.
const intakeBytes = 4 << 10

const wasteMax = 1 << 20

func (k *intake) open(conn net.Conn, in inspector) {
	k.conn, k.in = conn, in
	if s, ok := conn.(syscall.Conn); ok {
		if raw, err := s.SyscallConn(); err == nil {
			k.raw, k.try = raw, k.tryRead
		}
	}
}

// await waits until there is something to read, or the socket has ended; Read tells then. It is called where the stack is flat.
func (k *intake) await() {
	if k.ahead.Buffered() > 0 {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.have) == 0 && k.in.err == nil && k.err == nil {
		k.fill()
	}
}

// Read is called by one goroutine at a time: the reader's, and once that is gone the writer's, which waits for the peer's
// goodbye. After an offence nothing more is given away, but what comes is read and forgotten until the deadline of the
// end, the peer's own, or wasteMax: a socket closed with unread bytes in it takes our goodbye back.
func (k *intake) Read(p []byte) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.have) == 0 && k.in.err == nil && k.err == nil {
		k.fill()
	}
	if len(k.have) > 0 {
		n := copy(p, k.have)
		if k.have = k.have[n:]; len(k.have) == 0 {
			k.empty()
		}
		return n, nil
	}
	if k.in.err == nil {
		return 0, k.err
	}
	if k.offered {
		for k.waste < wasteMax && k.err == nil {
			k.waste += k.receive()
			k.empty()
		}
	}
	k.offered = true
	return 0, k.in.err
}

// fill reads until the inspector lets something through, or has a complaint, or the socket has ended.
func (k *intake) fill() {
	for len(k.have) == 0 && k.in.err == nil && k.err == nil {
		if k.receive() == 0 {
			continue
		}
		n, _ := k.in.look(k.have) // its complaint stays with it
		if k.have = k.have[:n]; n == 0 {
			k.empty()
		}
	}
}

// empty gives the buffer back.
func (k *intake) empty() {
	k.have = nil
	if k.buf != nil {
		corkBuffers.Put(k.buf)
		k.buf = nil
	}
}

// receive reads what there is into have, waiting for it; 0 with err where the socket has ended.
func (k *intake) receive() int {
	switch {
	case len(k.early) > 0:
		k.have, k.early = k.early, nil
	case k.raw != nil:
		if err := k.raw.Read(k.try); err != nil && k.err == nil {
			k.err = err
		}
	default:
		k.buf = corkBuffers.Get().(*corkBuffer)
		b := k.buf.b[:intakeBytes]
		n, err := k.conn.Read(b)
		k.have, k.err = b[:n], err
	}
	if len(k.have) == 0 {
		k.empty()
	}
	return len(k.have)
}

// tryRead reads from the descriptor without waiting; false = there is nothing yet. The runtime waits then, and comes back.
func (k *intake) tryRead(fd uintptr) bool {
	buf := corkBuffers.Get().(*corkBuffer)
	b := buf.b[:intakeBytes]
	for {
		n, err := syscall.Read(int(fd), b)
		switch {
		case err == syscall.EINTR:
			continue
		case err == syscall.EAGAIN:
			corkBuffers.Put(buf)
			return false
		case err != nil:
			k.err = &net.OpError{Op: "read", Net: "tcp", Source: k.conn.LocalAddr(), Addr: k.conn.RemoteAddr(), Err: os.NewSyscallError("read", err)}
		case n == 0:
			k.err = io.EOF
		default:
			k.buf, k.have = buf, b[:n]
			return true
		}
		corkBuffers.Put(buf)
		return true
	}
}
