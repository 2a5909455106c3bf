// Package wire is a lean client of a socket, for loads that write and read so much that
// the client's own work would be the measure: one buffer each way, no allocation per
// frame, and a reader that knows frames by their first bytes. It keeps no state machine;
// package client does, and loads that lose sockets on purpose use that.
//
// The same connection speaks to a node and to the echo that is its ceiling.
package wire

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

// Subprotocol is the version of the contract that is spoken.
const Subprotocol = "switchyard.v1.json"

// frameBytesMax is the contract's limit of a frame.
const frameBytesMax = 64 << 10

// Conn is one socket. Handle sees every frame on the reader's goroutine, except pings,
// which are answered, and the replies of Call; the bytes are valid until it returns.
type Conn struct {
	ws     *websocket.Conn
	handle func(frame []byte)

	mu  sync.Mutex // of out: frames are built in one buffer and written under it
	out []byte

	calling sync.Mutex // of calls
	calls   map[string]chan []byte
	asked   uint64

	done   chan struct{} // the reader has ended
	err    error         // why; after done
	closed atomic.Bool
}

// From gives HTTP clients whose sockets leave from loopback addresses of their own, so that
// more sockets than one address has ports, or than a node allows one address, can be opened.
func From(addresses int) []*http.Client {
	all := make([]*http.Client, addresses)
	for i := range all {
		d := &net.Dialer{Timeout: 30 * time.Second, KeepAlive: -1}
		if i > 0 {
			d.LocalAddr = &net.TCPAddr{IP: net.IPv4(127, 0, 1, byte(i))}
		}
		all[i] = &http.Client{Transport: &http.Transport{DialContext: d.DialContext, MaxIdleConnsPerHost: 64}}
	}
	return all
}

// Dial opens a socket; the context bounds the handshake only. A nil httpClient is the default one.
func Dial(ctx context.Context, url string, httpClient *http.Client, handle func(frame []byte)) (*Conn, error) {
	ws, resp, err := websocket.Dial(ctx, url, &websocket.DialOptions{HTTPClient: httpClient, Subprotocols: []string{Subprotocol}})
	if err != nil {
		if resp != nil {
			return nil, &Refused{Status: resp.StatusCode, After: resp.Header.Get("Retry-After"), cause: err}
		}
		return nil, err
	}
	ws.SetReadLimit(frameBytesMax)
	c := &Conn{ws: ws, handle: handle, done: make(chan struct{})}
	go c.read()
	return c, nil
}

// Refused is a handshake that was answered without an upgrade.
type Refused struct {
	Status int
	After  string // Retry-After, in seconds; may be empty
	cause  error
}

func (r *Refused) Error() string {
	return fmt.Sprintf("handshake refused with %d: %v", r.Status, r.cause)
}
func (r *Refused) Unwrap() error { return r.cause }

func (c *Conn) read() {
	defer close(c.done)
	// Whoever returns without closing leaves the socket open for ever (F-22).
	defer func() { _ = c.ws.CloseNow() }()
	buf := make([]byte, 0, 1024)
	for {
		_, r, err := c.ws.Reader(context.Background())
		if err != nil {
			c.err = err
			return
		}
		buf = buf[:0]
		for {
			if len(buf) == cap(buf) {
				buf = append(buf, 0)[:len(buf)]
			}
			n, err := r.Read(buf[len(buf):cap(buf)])
			buf = buf[:len(buf)+n]
			if err == io.EOF {
				break
			}
			if err != nil {
				c.err = err
				return
			}
		}
		c.frame(buf)
		if cap(buf) > 16<<10 {
			buf = make([]byte, 0, 1024) // one long snapshot must not stay with an idle connection
		}
	}
}

var pong = []byte(`{"type":"pong"}`)

func (c *Conn) frame(b []byte) {
	switch {
	case Is(b, "ping"):
		_ = c.Write(pong) // a lost socket is the reader's to report
		return
	case Is(b, "ok"), Is(b, "error"), Is(b, "welcome"):
		if id := String(b, "reply_to"); len(id) > 0 && id[0] == 'c' {
			c.calling.Lock()
			answer := c.calls[string(id)]
			delete(c.calls, string(id))
			c.calling.Unlock()
			if answer != nil {
				answer <- bytes.Clone(b)
			}
			return
		}
	}
	if c.handle != nil {
		c.handle(b)
	}
}

// Write writes one frame.
func (c *Conn) Write(frame []byte) error {
	return c.ws.Write(context.Background(), websocket.MessageText, frame)
}

// Send lets build append a frame to the connection's buffer and writes it.
func (c *Conn) Send(build func(buf []byte) []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.out = build(c.out[:0])
	return c.Write(c.out)
}

// Refusal is an error reply.
type Refusal struct {
	Code    string `json:"code"`
	Text    string `json:"text_en"`
	Field   string `json:"field"`
	RetryMS int    `json:"retry_ms"`
}

func (r *Refusal) Error() string { return r.Code + ": " + r.Text + " " + r.Field }

// Call sends a command and waits for its answer, whose data it gives; it is for setting up,
// not for loads.
func (c *Conn) Call(ctx context.Context, kind, stream string, data any) (json.RawMessage, error) {
	raw, err := json.Marshal(data)
	if err != nil {
		return nil, err
	}
	answer := make(chan []byte, 1)
	c.calling.Lock()
	c.asked++
	id := "c" + strconv.FormatUint(c.asked, 10)
	if c.calls == nil {
		c.calls = map[string]chan []byte{}
	}
	c.calls[id] = answer
	c.calling.Unlock()
	frame := map[string]any{"type": kind, "id": id, "data": json.RawMessage(raw)}
	if stream != "" {
		frame["stream"] = stream
	}
	b, err := json.Marshal(frame)
	if err != nil {
		return nil, err
	}
	if err := c.Write(b); err != nil {
		return nil, fmt.Errorf("%s: %w", kind, err)
	}
	var got []byte
	select {
	case got = <-answer:
	case <-c.done:
		return nil, fmt.Errorf("%s: the socket ended: %w", kind, c.Err())
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	var f struct {
		Type string          `json:"type"`
		Data json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(got, &f); err != nil {
		return nil, err
	}
	if f.Type == "error" {
		refused := &Refusal{}
		if err := json.Unmarshal(f.Data, refused); err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("%s: %w", kind, refused)
	}
	return f.Data, nil
}

// Hello authenticates.
func (c *Conn) Hello(ctx context.Context, token string) error {
	_, err := c.Call(ctx, "hello", "", map[string]any{"token": token, "client": map[string]string{"name": "switchyard-bench", "version": "1", "language": "en"}})
	return err
}

// Done is closed when the socket has ended; Err says then why.
func (c *Conn) Done() <-chan struct{} { return c.done }

// Err see Done.
func (c *Conn) Err() error {
	select {
	case <-c.done:
		if c.closed.Load() {
			return nil
		}
		if c.err == nil {
			return errors.New("the socket ended")
		}
		return c.err
	default:
		return nil
	}
}

// Close ends the socket without waiting for the peer's goodbye.
func (c *Conn) Close() {
	c.closed.Store(true)
	_ = c.ws.CloseNow() // the reader reports what became of the socket
	<-c.done
}
