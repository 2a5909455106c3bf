package versus

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"sync/atomic"

	"switchyard/bench/load"
	"switchyard/bench/target"
	"switchyard/bench/wire"
)

// Node is Switchyard as a contender: a node of the run's own on a fresh store, spoken to over its
// sockets as pages do it. Each worker's customers start room after room; the customers of a backlog
// start theirs over HTTP. It does more than is asked of the others: every command is authenticated and
// limited, and the customer follows the room, too.
type Node struct {
	Binary   string // of the node; empty: built by Open
	Password string // of its demo site's accounts

	node     *target.Node
	api      *target.API
	stage    *target.Stage
	accounts []target.Account
	heard    Heard
	visitors []*wire.Conn
	agents   []*wire.Conn
	next     atomic.Uint64
}

const demo = "demo"

// customers is how many customers each worker plays in turn: a customer remembers the rooms of a day,
// and nobody starts a thousand.
const customers = 16

// Name is switchyard.
func (n *Node) Name() string { return "switchyard" }

// Open starts the node and connects the workers' customers.
func (n *Node) Open(ctx context.Context, p Plan, heard Heard) (string, error) {
	n.heard, n.visitors, n.agents, n.accounts = heard, nil, nil, nil
	var err error
	if n.node, err = (target.Start{Binary: n.Binary, Password: n.Password, Args: load.Limits()}).Node(ctx); err != nil {
		return "", err
	}
	n.api = &target.API{Base: n.node.Base(), HTTP: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: p.Flight}}}
	for i := range p.Agents {
		n.accounts = append(n.accounts, target.Account{ID: fmt.Sprintf("bench.%04d", i), Name: fmt.Sprintf("Bench %d", i), Limit: p.Limit})
	}
	if n.stage, err = target.Set(ctx, n.api, demo, n.Password, n.accounts); err != nil {
		return "", err
	}
	for i := range p.Flight * customers {
		token, err := n.token(ctx, "visitor-"+strconv.Itoa(i))
		if err != nil {
			return "", err
		}
		c, err := n.connect(ctx, token, nil)
		if err != nil {
			return "", err
		}
		n.visitors = append(n.visitors, c)
	}
	return "this tree, over WebSocket, answers after fsync", nil
}

func (n *Node) token(ctx context.Context, uid string) (string, error) {
	var out struct {
		Token string `json:"token"`
	}
	err := n.api.Call(ctx, http.MethodPost, "/v1/sites/"+url.PathEscape(demo)+"/visitor-tokens", "", map[string]string{"site_uid": uid}, &out)
	return out.Token, err
}

func (n *Node) connect(ctx context.Context, token string, handle func([]byte)) (*wire.Conn, error) {
	c, err := wire.Dial(ctx, target.Socket(n.api.Base), nil, handle)
	if err != nil {
		return nil, err
	}
	if err := c.Hello(ctx, token); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// Create starts a room: by the worker's customer, or, while no agent is there, by a customer of its own.
func (n *Node) Create(ctx context.Context, worker int) (string, error) {
	i := n.next.Add(1)
	ask := map[string]any{"client_id": fmt.Sprintf("start-%010d", i)}
	var answer []byte
	if len(n.agents) == 0 {
		token, err := n.token(ctx, fmt.Sprintf("backlog-%d", i))
		if err != nil {
			return "", err
		}
		var reply struct{ Data json.RawMessage }
		if err := n.api.Call(ctx, http.MethodPost, "/v1/commands", token, map[string]any{"type": "room.start", "id": "1", "data": ask}, &reply); err != nil {
			return "", err
		}
		answer = reply.Data
	} else {
		var err error
		if answer, err = n.visitors[worker*customers+int(i)%customers].Call(ctx, "room.start", "", ask); err != nil {
			return "", err
		}
	}
	var started struct{ Room, Outcome string }
	if err := json.Unmarshal(answer, &started); err != nil {
		return "", err
	}
	if started.Room == "" || started.Outcome == "refused" {
		return "", fmt.Errorf("the room was refused: %s", answer)
	}
	return started.Room, nil
}

// Agents connects the agents and sends them online.
func (n *Node) Agents(ctx context.Context) error {
	for i, a := range n.accounts {
		token, err := n.stage.AgentToken(ctx, a.ID, false)
		if err != nil {
			return err
		}
		d := &desk{heard: n.heard, ready: make(chan struct{})}
		if d.conn, err = n.connect(ctx, token, d.frame); err != nil {
			return err
		}
		close(d.ready)
		n.agents = append(n.agents, d.conn)
		if _, err := d.conn.Call(ctx, "agent.status", "", map[string]string{"client_id": fmt.Sprintf("online-%04d", i), "want": "online"}); err != nil {
			return err
		}
	}
	return nil
}

// desk is an agent who ends every room as soon as it is there.
type desk struct {
	conn  *wire.Conn
	ready chan struct{} // closed when conn is there: frames may come before
	heard Heard
}

// endID begins the request id of a room.end; the room follows.
var endID = []byte("e/")

// frame runs on the socket's reader, which ends with the connection.
func (d *desk) frame(b []byte) {
	switch {
	case wire.Is(b, "inbox.gained"):
		assignment, ok := wire.Uint(b, "assignment")
		if !ok {
			d.heard.Failed(fmt.Errorf("inbox.gained without an assignment: %s", b))
			return
		}
		d.gained(string(wire.String(b, "room")), assignment)
	case wire.Is(b, "stream.reset"): // an agent is online from the hello on: rooms may be there before the first event
		var reset struct {
			Data struct {
				Snapshot struct {
					Rooms []struct {
						Room       string
						Assignment uint64
					}
				}
			}
		}
		if err := json.Unmarshal(b, &reset); err != nil {
			d.heard.Failed(fmt.Errorf("stream.reset: %w", err))
		}
		for _, r := range reset.Data.Snapshot.Rooms {
			d.gained(r.Room, r.Assignment)
		}
	case wire.Is(b, "ok"), wire.Is(b, "error"):
		room, end := bytes.CutPrefix(wire.String(b, "reply_to"), endID)
		switch {
		case !end:
		case wire.Is(b, "ok"):
			d.heard.Closed(string(room))
		default:
			d.heard.Failed(fmt.Errorf("close: %s", b))
		}
	}
}

// gained ends a room.
func (d *desk) gained(room string, assignment uint64) {
	d.heard.Seen(room)
	<-d.ready
	err := d.conn.Send(func(buf []byte) []byte {
		return fmt.Appendf(buf, `{"type":"room.end","id":"%s%s","stream":"desk/%s","data":{"client_id":"end-%.32s","assignment":%d}}`, endID, room, room, room, assignment)
	})
	if err != nil {
		d.heard.Failed(fmt.Errorf("close: %w", err))
	}
}

// Close ends the sockets and the node; nothing of it is kept.
func (n *Node) Close() error {
	for _, c := range append(n.visitors, n.agents...) {
		c.Close()
	}
	if n.node == nil {
		return nil
	}
	_, _, err := n.node.Stop(false)
	return err
}
