package fakenode

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
)

// pipes is a network in memory: what Dial opens, Accept answers. It works in virtual time.
type pipes struct {
	mu      sync.Mutex
	down    bool
	open    []net.Conn
	arrived chan net.Conn
	closed  chan struct{}
	once    sync.Once
}

var errDown = errors.New("connection refused")

func newPipes() *pipes {
	return &pipes{arrived: make(chan net.Conn), closed: make(chan struct{})}
}

func (p *pipes) dial(ctx context.Context) (net.Conn, error) {
	p.mu.Lock()
	if p.down {
		p.mu.Unlock()
		return nil, errDown
	}
	ours, theirs := net.Pipe()
	p.open = append(p.open, ours, theirs)
	p.mu.Unlock()
	select {
	case p.arrived <- theirs:
		return ours, nil
	case <-p.closed:
		return nil, errDown
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// cut breaks every connection; with down nobody gets a new one.
func (p *pipes) cut(down bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = down
	for _, c := range p.open {
		_ = c.Close() // a pipe's Close cannot fail
	}
	p.open = nil
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.arrived:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }

// client is an HTTP client whose network this is.
func (p *pipes) client() *http.Client {
	return &http.Client{Transport: &http.Transport{
		DialContext:       func(ctx context.Context, _, _ string) (net.Conn, error) { return p.dial(ctx) },
		DisableKeepAlives: true,
	}}
}
