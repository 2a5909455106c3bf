package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/coder/websocket"
)

// pendingMaxDefault keeps clear of the 50 sockets without a hello that the contract
// allows one source address.
const pendingMaxDefault = 32

// Dialer opens sockets to one node; clients share it, so that together they never
// have more unauthenticated sockets open than the contract allows.
type Dialer struct {
	url   string
	http  *http.Client
	slots chan struct{}
}

// NewDialer dials url (ws://host:port/v1/ws). pendingMax 0 means 32; a nil httpClient is the default one.
func NewDialer(url string, httpClient *http.Client, pendingMax int) *Dialer {
	if pendingMax <= 0 {
		pendingMax = pendingMaxDefault
	}
	return &Dialer{url: url, http: httpClient, slots: make(chan struct{}, pendingMax)}
}

// dialError is a handshake that the server answered without upgrading.
type dialError struct {
	status int
	after  time.Duration
	cause  error
}

func (e *dialError) Error() string {
	return fmt.Sprintf("handshake refused with %d: %v", e.status, e.cause)
}
func (e *dialError) Unwrap() error { return e.cause }

// final says whether another attempt would meet the same answer.
func (e *dialError) final() bool {
	return e.status >= 400 && e.status < 500 && e.status != http.StatusTooManyRequests
}

// enter waits for the right to open a socket; the caller leaves after the welcome or the failure.
func (d *Dialer) enter(ctx context.Context) error {
	select {
	case d.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (d *Dialer) leave() { <-d.slots }

// errNoEcho: the server upgraded without naming our version.
var errNoEcho = errors.New("the server did not echo the subprotocol")

// dial opens one socket. The context bounds the handshake only.
func (d *Dialer) dial(ctx context.Context) (*websocket.Conn, error) {
	ws, resp, err := websocket.Dial(ctx, d.url, &websocket.DialOptions{HTTPClient: d.http, Subprotocols: []string{Subprotocol}})
	if err != nil {
		if resp != nil {
			after, _ := strconv.Atoi(resp.Header.Get("Retry-After"))
			return nil, &dialError{status: resp.StatusCode, after: time.Duration(after) * time.Second, cause: err}
		}
		return nil, err
	}
	if ws.Subprotocol() != Subprotocol {
		_ = ws.CloseNow() // nothing to say to a server of another contract
		return nil, &dialError{status: http.StatusBadRequest, cause: errNoEcho}
	}
	ws.SetReadLimit(frameBytesMax)
	return ws, nil
}
