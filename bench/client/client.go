package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// pendingMax bounds the commands without an answer of one client.
const pendingMax = 1000

var (
	// ErrStopped is the Err of replies to commands of a client that has stopped.
	ErrStopped = errors.New("client stopped")
	// ErrTooMany is the Err of a reply to a command beyond the client's limit.
	ErrTooMany = errors.New("too many commands without an answer")
)

// Client is one user at one screen.
type Client struct {
	o    Options
	done chan struct{} // closed when the client has stopped
	ctx  context.Context
	end  context.CancelFunc
	side sync.WaitGroup // short-lived helpers: a polite close, a new token, the socket after a goaway

	mu       sync.Mutex
	state    State
	closing  bool
	sock     *socket // of the replaying or live session; nil otherwise
	spare    *socket // opened because of a goaway, taken by the run loop
	window   time.Time
	draining bool // goaway: no new commands on this socket
	streams  *streams
	ledger   *ledger
	limits   limits
	pace     bucket
	control  [][]byte // frames that go before commands
	syncs    map[string]string
	syncID   int
	writing  bool // somebody is in flush
	again    *time.Timer
}

// New makes a client that is idle until Start. Commands may be sent before.
func New(ctx context.Context, o Options) *Client {
	c := &Client{
		o: o.withDefaults(), done: make(chan struct{}), state: Idle,
		streams: newStreams(), ledger: newLedger(), syncs: map[string]string{},
	}
	c.ctx, c.end = context.WithCancel(ctx)
	return c
}

// Start starts the client, once. It runs until Close, until the context of New ends,
// or until the server says stop.
func (c *Client) Start() {
	go func() {
		defer close(c.done)
		c.run(c.ctx)
	}()
}

// Done is closed when the client has stopped.
func (c *Client) Done() <-chan struct{} { return c.done }

// State is where the client stands.
func (c *Client) State() State {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state
}

// Send asks something. The command is written as soon as the client is live and the
// limits of the welcome allow it, after those sent before it, and again after each
// lost socket until it is answered. done runs once: on the client's goroutine, or on
// the caller's if the client has stopped. It may be nil.
func (c *Client) Send(cmd Command, done func(Reply)) {
	if done == nil {
		done = func(Reply) {}
	}
	data, err := json.Marshal(cmd.Data)
	if err != nil {
		panic(fmt.Sprintf("client: the data of %s does not marshal: %v", cmd.Type, err))
	}
	if cmd.Data == nil {
		data = nil
	}
	c.mu.Lock()
	switch {
	case c.state == Stopped:
		err = ErrStopped
	case len(c.ledger.waiting) >= pendingMax:
		err = ErrTooMany
	default:
		c.ledger.waiting = append(c.ledger.waiting, &pending{Command: cmd, data: data, done: done})
	}
	c.mu.Unlock()
	if err != nil {
		done(Reply{Err: err, Received: time.Now()})
		return
	}
	c.flush()
}

// Follow notes a stream that the server follows by itself from its beginning (the
// visitor's room): a socket that is lost before the stream's first frame must not lose the stream.
func (c *Client) Follow(stream string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.streams.begin(stream)
}

// Subscribe follows a stream from its beginning.
func (c *Client) Subscribe(stream string) {
	c.mu.Lock()
	c.streams.begin(stream)
	if c.sock != nil {
		c.controlFrame(outgoing{Type: "subscribe", ID: c.controlID(""), Stream: stream, Data: json.RawMessage(`{"after":0}`)})
	}
	c.mu.Unlock()
	c.flush()
}

// Forget lets a stream go: its frames are ignored from now on, and no hello names it again.
func (c *Client) Forget(stream string) {
	c.mu.Lock()
	c.streams.forget(stream)
	if c.sock != nil {
		c.controlFrame(outgoing{Type: "unsubscribe", ID: c.controlID(""), Stream: stream})
	}
	c.mu.Unlock()
	c.flush()
}

// Drop cuts the socket as a broken line would, for loads that want reconnects.
func (c *Client) Drop() {
	c.mu.Lock()
	sock := c.sock
	c.mu.Unlock()
	if sock != nil {
		sock.cut()
	}
}

// Close ends the client in an orderly way. It does not wait; Done does.
func (c *Client) Close() {
	c.mu.Lock()
	if c.closing {
		c.mu.Unlock()
		return
	}
	c.closing = true
	sock := c.sock
	if sock == nil || c.state == Stopped {
		c.mu.Unlock()
		c.end()
		return
	}
	c.side.Add(1)
	c.mu.Unlock()
	go func() {
		defer c.side.Done()
		sock.goodbye()
		c.end()
	}()
}

// enter moves the state machine and tells the listener.
func (c *Client) enter(s State, code int) {
	c.mu.Lock()
	from := c.state
	if !slices.Contains(next[from], s) {
		c.mu.Unlock()
		panic(fmt.Sprintf("client: %v does not lead to %v", from, s))
	}
	c.state = s
	c.mu.Unlock()
	c.o.OnState(s, code)
}

// controlID makes the id of a frame that no command of the caller stands behind. A
// sync is remembered with its stream, because its answer ends the asking. Under mu.
func (c *Client) controlID(sync string) string {
	c.syncID++
	id := fmt.Sprintf("control-%d", c.syncID)
	if sync != "" {
		c.syncs[id] = sync
	}
	return id
}

// controlFrame puts a frame before the commands. Under mu.
func (c *Client) controlFrame(o outgoing) { c.control = append(c.control, o.encode()) }

// flush writes what may be written. One goroutine writes at a time; a second one
// leaves its work to the first, which looks again after each frame.
func (c *Client) flush() {
	c.mu.Lock()
	if c.writing {
		c.mu.Unlock()
		return
	}
	c.writing = true
	for {
		sock, frame, written := c.nextFrame(time.Now())
		if sock == nil {
			break
		}
		c.mu.Unlock()
		if written != nil {
			written(time.Now())
		}
		err := sock.write(frame)
		c.mu.Lock()
		if err != nil && c.sock == sock {
			c.sock = nil // the reader notices by itself: a failed write closes the socket
		}
	}
	c.writing = false
	c.mu.Unlock()
}

// nextFrame is the frame to write now. Under mu.
func (c *Client) nextFrame(now time.Time) (*socket, []byte, func(time.Time)) {
	if c.sock == nil {
		return nil, nil, nil
	}
	if len(c.control) > 0 {
		f := c.control[0]
		c.control = c.control[1:]
		return c.sock, f, nil
	}
	if c.state != Live || c.draining || c.closing {
		return nil, nil, nil
	}
	p, wait := c.ledger.next(now, c.limits.InFlight, &c.pace)
	if p == nil {
		if wait > 0 {
			c.lookAgain(wait)
		}
		return nil, nil, nil
	}
	if p.writes > 1 {
		c.o.Stats.Resent.Add(1)
	}
	return c.sock, outgoing{Type: p.Type, ID: p.id, Stream: p.Stream, Data: p.data}.encode(), p.Written
}

// lookAgain flushes after wait. Under mu.
func (c *Client) lookAgain(wait time.Duration) {
	if c.again == nil {
		c.again = time.AfterFunc(wait, c.flush)
		return
	}
	c.again.Reset(wait)
}
