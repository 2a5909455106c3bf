package client

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// session is one socket from the dial to its end.
func (c *Client) session(ctx context.Context, renew bool) ending {
	sock, replaying, err := c.authenticate(ctx, renew)
	if err != nil {
		return endingOf(err)
	}
	c.o.Stats.Connects.Add(1)
	defer sock.cut()
	var liveSince time.Time
	if len(replaying) == 0 {
		liveSince = c.golive()
	}
	for {
		b, now, err := sock.read()
		if err != nil {
			c.detach()
			if sock.silent.Load() {
				c.o.Stats.Silences.Add(1)
			}
			e := endingOf(err)
			e.welcome = true
			if !liveSince.IsZero() {
				e.liveFor = now.Sub(liveSince)
			}
			return e
		}
		var f frame
		if b == nil || json.Unmarshal(b, &f) != nil {
			c.o.Stats.Unreadable.Add(1)
			continue
		}
		c.handle(f, now)
		if len(replaying) > 0 && (f.Type == "stream.live" || f.Type == "stream.gone" || f.Type == "stream.reset") {
			delete(replaying, f.Stream)
			if len(replaying) == 0 {
				liveSince = c.golive()
			}
		}
	}
}

// authenticate goes from a socket to the welcome. It holds one of the dialer's slots
// all the way, because the server counts sockets without a hello. The streams it
// returns are those the server will replay.
func (c *Client) authenticate(ctx context.Context, renew bool) (*socket, map[string]bool, error) {
	c.mu.Lock()
	sock := c.spare
	c.spare = nil
	c.mu.Unlock()
	if sock == nil {
		c.enter(Connecting, 0)
	}
	token, err := c.o.Token(ctx, renew)
	if err != nil {
		return nil, nil, err
	}
	if sock == nil {
		if err := c.o.Dialer.enter(ctx); err != nil {
			return nil, nil, err
		}
		defer c.o.Dialer.leave()
		if sock, err = c.open(ctx); err != nil {
			return nil, nil, err
		}
	}
	c.enter(Authenticating, 0)
	guard := time.AfterFunc(c.o.Handshake, sock.cut)
	defer guard.Stop()
	w, resumed, err := c.hello(sock, token)
	if err != nil {
		sock.cut()
		return nil, nil, err
	}
	c.attach(sock, w)
	return sock, resumed, nil
}

// open dials within the time of a handshake.
func (c *Client) open(ctx context.Context) (*socket, error) {
	bounded, cancel := context.WithTimeout(ctx, c.o.Handshake)
	defer cancel()
	ws, err := c.o.Dialer.dial(bounded)
	if err != nil {
		return nil, err
	}
	return newSocket(ctx, ws, &c.o), nil
}

// hello writes the first frame and reads up to the welcome.
func (c *Client) hello(sock *socket, token string) (welcomeData, map[string]bool, error) {
	h := helloData{Token: token, Client: clientData{c.o.Name, c.o.Version, c.o.Language}}
	resumed := map[string]bool{}
	c.mu.Lock()
	h.Resume = c.streams.resume()
	c.mu.Unlock()
	if h.Resume != nil {
		for s := range h.Resume.Streams {
			resumed[s] = true
		}
	}
	data, err := json.Marshal(h)
	if err != nil {
		return welcomeData{}, nil, err
	}
	if err := sock.write(outgoing{Type: "hello", ID: "hello", Data: data}.encode()); err != nil {
		return welcomeData{}, nil, err
	}
	for {
		b, _, err := sock.read()
		if err != nil {
			return welcomeData{}, nil, err
		}
		var f frame
		if json.Unmarshal(b, &f) != nil || f.Type != "welcome" {
			continue // an error frame before the close that follows it
		}
		var w welcomeData
		if err := json.Unmarshal(f.Data, &w); err != nil {
			return welcomeData{}, nil, err
		}
		if w.Epoch == "" {
			return welcomeData{}, nil, errors.New("a welcome without an epoch")
		}
		return w, resumed, nil
	}
}

// attach makes the socket the client's.
func (c *Client) attach(sock *socket, w welcomeData) {
	c.enter(Replaying, 0)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sock, c.draining, c.window = sock, false, time.Time{}
	c.control, c.syncs = nil, map[string]string{}
	c.streams.epoch = w.Epoch // after another epoch the server resets every stream
	c.limits, c.pace = w.Limits, newBucket(w.Limits, time.Now())
}

// detach takes what belonged to a lost socket back.
func (c *Client) detach() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sock = nil
	c.streams.lost()
	c.ledger.lost()
}

// golive lets the commands go, the unanswered ones first.
func (c *Client) golive() time.Time {
	c.enter(Live, 0)
	c.flush()
	return time.Now()
}
