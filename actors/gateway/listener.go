package gateway

import (
	"bufio"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Bounds of a listener.
type Bounds struct {
	Max     int                 // connections at the same time
	Silent  bool                // who is refused is closed without a word: over TLS there is none that he would understand
	Refused func(reason string) // hears of each: full, descriptors; nil = nobody does
	Open    func(delta int)     // hears of each connection that is opened (1) or closed (-1); nil = nobody does
}

// Bound gives a listener that refuses politely what is beyond its bound, and keeps accepting. A full table of
// descriptors must not turn into a hang (F-22): where the process has no descriptor left, one that was kept for it
// is lent to the newcomer for as long as it takes to say so. Otherwise newcomers would wait in the kernel's
// queue for a node that cannot take them, and hold up those behind them.
func Bound(l net.Listener, b Bounds) net.Listener {
	if b.Refused == nil {
		b.Refused = func(string) {}
	}
	if b.Open == nil {
		b.Open = func(int) {}
	}
	bounded := &boundedListener{Listener: l, Bounds: b}
	bounded.reserve()
	return bounded
}

type boundedListener struct {
	net.Listener
	Bounds
	open     atomic.Int64
	spare    *os.File // Accept's alone
	partings atomic.Int64
	left     sync.WaitGroup
}

const (
	partingsMax   = 16          // refusals that wait until they were read, at the same time
	partingWait   = time.Second // for the peer to send its request and to read its refusal
	partingBytes  = 64 << 10    // of its request, read and forgotten
	refusedMin    = 2 * time.Second
	refusedSpread = 6 * time.Second
)

func (l *boundedListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		switch {
		case exhausted(err) && l.spare != nil:
			l.lend()
		case err != nil:
			l.reserve() // net/http waits a little after an error of this kind, and tries again
			return nil, err
		case l.open.Add(1) > int64(l.Max):
			l.open.Add(-1)
			l.Refused("full")
			l.refuse(c)
		default:
			l.Open(1)
			return &countedConn{Conn: c, l: l}, nil
		}
	}
}

// Close waits for the last refusals, at most partingWait.
func (l *boundedListener) Close() error {
	err := l.Listener.Close()
	l.left.Wait()
	return err
}

func exhausted(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)
}

// reserve keeps a descriptor back.
func (l *boundedListener) reserve() {
	if l.spare == nil {
		l.spare, _ = os.Open(os.DevNull) // without it the listener is as good as net/http's
	}
}

// lend gives the kept descriptor to the connection that waits, for one sentence.
func (l *boundedListener) lend() {
	l.spare.Close()
	l.spare = nil
	if c, err := l.Listener.Accept(); err == nil {
		l.Refused("descriptors")
		l.say(c)
		c.Close()
	}
	l.reserve()
}

// refuse says no and goes on. A few at a time are heard out first: an answer that comes before its request is none to some
// clients (Go's own takes the connection for broken), and a socket closed with an unread request in it takes the answer back.
func (l *boundedListener) refuse(c net.Conn) {
	if l.Silent || l.partings.Add(1) > partingsMax {
		if !l.Silent {
			l.partings.Add(-1)
			l.say(c)
		}
		c.Close()
		return
	}
	l.left.Add(1)
	go func() {
		defer l.left.Done()
		defer l.partings.Add(-1)
		defer c.Close()
		c.SetReadDeadline(time.Now().Add(partingWait))
		in := bufio.NewReaderSize(io.LimitReader(c, partingBytes), 512)
		for { // to the empty line
			line, err := in.ReadSlice('\n')
			if len(line) <= 2 || err != nil && err != bufio.ErrBufferFull {
				break
			}
		}
		l.say(c)
		if half, ok := c.(interface{ CloseWrite() error }); ok {
			half.CloseWrite()
		}
		io.Copy(io.Discard, in)
	}()
}

// say writes the refusal of the contract, with a time to come back that is not everybody's.
func (l *boundedListener) say(c net.Conn) {
	if l.Silent {
		return
	}
	wait := refusedMin + rand.N(refusedSpread)
	body := `{"type":"about:blank","title":"Service Unavailable","status":503,"code":"unavailable","text_en":"no more connections","retryable":true,"retry_ms":` + itoa(wait.Milliseconds()) + `}`
	c.SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
	io.WriteString(c, "HTTP/1.1 503 Service Unavailable\r\nRetry-After: "+retryAfter(wait)+
		"\r\nConnection: close\r\nContent-Type: application/problem+json\r\nContent-Length: "+strconv.Itoa(len(body))+"\r\n\r\n"+body)
}

type countedConn struct {
	net.Conn
	l    *boundedListener
	once sync.Once
}

// SyscallConn implements syscall.Conn where the connection does.
func (c *countedConn) SyscallConn() (syscall.RawConn, error) {
	if s, ok := c.Conn.(syscall.Conn); ok {
		return s.SyscallConn()
	}
	return nil, errors.ErrUnsupported
}

func (c *countedConn) Close() error {
	c.once.Do(func() {
		c.l.open.Add(-1)
		c.l.Open(-1)
	})
	return c.Conn.Close()
}
