// Package fakenode is a node in memory for the harness's own tests: the part of the
// contract that a client sees, written from the wire contract and from nothing else,
// with a line in which requests wait for agents, and with faults. It runs in virtual
// time (testing/synctest) over pipes. It shares no code with the engine or with
// bench/client, so that a misreading must be made twice to go unnoticed.
package fakenode

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Faults are what a test makes the node do. Chances are in [0,1).
type Faults struct {
	LoseCommand float64 // the socket breaks before a command is looked at
	LoseReply   float64 // the socket breaks after a command is done, before its answer
	RepeatEvent float64 // a live event is sent twice
	SkipEvent   float64 // a live event is not sent; the gap rule must find it
	Misroute    Misroute
}

// Misroute makes the node break a promise, so that a check has something to find.
type Misroute uint8

// The promises that can be broken.
const (
	Honest         Misroute = iota
	NewestFirst             // the line is served from its end
	OverLimit               // an agent gets one room more than its limit
	DoubleAssign            // two agents are told of the same assignment
	ForgetMessages          // an acknowledged message is in no stream
	DoubleMessages          // an acknowledged message is in the stream twice
	CloseWaiting            // a room that would have to wait is closed by nobody in particular
	StartTwice              // a request leaves a second room behind
)

// Node is the fake.
type Node struct {
	HTTP *http.Client // its network
	URL  string       // its base address

	net    *pipes
	server *http.Server
	served chan struct{}

	mu       sync.Mutex
	faults   Faults
	chance   *rand.Rand
	epoch    string
	logs     map[string][]entry
	sockets  map[*socket]bool
	rooms    map[string]*room
	byKey    map[string]*room
	line     []*room
	agents   map[string]*agent
	order    []*agent
	tokens   map[string]caller
	answers  map[string]answer // client ids: the first result
	settings map[string]json.RawMessage
	numbers  int
	turn     int
	tokenGap time.Duration
	tokenAt  time.Time
	Refused  int // visitor tokens refused with 429
}

type entry struct {
	seq   uint64
	frame []byte
}

type answer struct {
	body  string
	reply map[string]any
}

// caller is who a token stands for.
type caller struct {
	account string // "" = a visitor
	admin   bool
	key     string
}

// Password is every account's.
const Password = "fake-password"

// New starts a node. Close it, or its goroutines stay.
func New(seed uint64) *Node {
	n := &Node{
		URL: "http://127.0.0.1:80", net: newPipes(), served: make(chan struct{}),
		chance: rand.New(rand.NewPCG(seed, 0)), epoch: "e-1",
		logs: map[string][]entry{}, sockets: map[*socket]bool{}, rooms: map[string]*room{}, byKey: map[string]*room{},
		agents: map[string]*agent{}, tokens: map[string]caller{}, answers: map[string]answer{}, settings: defaults(),
	}
	n.HTTP = n.net.client()
	n.server = &http.Server{Handler: n.routes()}
	go func() {
		defer close(n.served)
		_ = n.server.Serve(n.net) // ends with ErrServerClosed
	}()
	return n
}

// Handler is the node's HTTP surface, for tests that want real sockets.
func (n *Node) Handler() http.Handler { return n.routes() }

// Room is a room as the node lists it.
type Room struct {
	Room, Customer        string
	RequestedAt, ClosedAt time.Time // by the node's clock, to the millisecond
	EndedBy               string
	Assignments           int
}

// Rooms lists all rooms.
func (n *Node) Rooms() []Room {
	n.mu.Lock()
	defer n.mu.Unlock()
	var all []Room
	for _, r := range n.rooms {
		all = append(all, Room{r.id, r.key, r.asked, r.ended, r.endedBy, r.assignment})
	}
	slices.SortFunc(all, func(a, b Room) int { return cmp.Compare(a.Room, b.Room) })
	return all
}

// Retired counts the agents that were taken out of distribution.
func (n *Node) Retired() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	count := 0
	for _, a := range n.order {
		if a.retired {
			count++
		}
	}
	return count
}

// Close ends the node.
func (n *Node) Close() {
	n.net.cut(true)
	_ = n.server.Close() // closing a listener in memory cannot fail
	<-n.served
}

// Set changes the faults.
func (n *Node) Set(f Faults) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.faults = f
}

// Kill breaks every connection and refuses new ones; what was acknowledged stays.
func (n *Node) Kill() { n.net.cut(true) }

// Restart lets connections in again.
func (n *Node) Restart() { n.net.cut(false) }

// CutAll breaks every connection once.
func (n *Node) CutAll() { n.net.cut(false) }

// NewEpoch begins another life of the store: numbers are void.
func (n *Node) NewEpoch() {
	n.mu.Lock()
	n.epoch += "'"
	n.mu.Unlock()
	n.net.cut(false)
}

// PaceTokens refuses visitor tokens that come sooner than gap after the last one.
func (n *Node) PaceTokens(gap time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.tokenGap = gap
}

// Settings is what was patched, by name.
func (n *Node) Settings() map[string]string {
	n.mu.Lock()
	defer n.mu.Unlock()
	all := map[string]string{}
	for k, v := range n.settings {
		all[k] = string(v)
	}
	return all
}

// Token makes a visitor's or an account's token without HTTP.
func (n *Node) Token(account, key string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.token(caller{account: account, key: key})
}

// Revoke makes every token invalid.
func (n *Node) Revoke() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.tokens = map[string]caller{}
}

// AddAgent registers an account with a limit; it is on duty when it is connected and wants to be.
func (n *Node) AddAgent(account string, limit int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.addAgent(account, account, limit)
}

// Publish writes an event into a stream, for tests of the client.
func (n *Node) Publish(stream, kind string, data map[string]any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.publish(stream, kind, data)
}

// Each sends a frame to every socket: control frames, or nonsense.
func (n *Node) Each(frame string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for s := range n.sockets {
		s.put([]byte(frame))
	}
}

// Sockets is how many are authenticated.
func (n *Node) Sockets() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.sockets)
}

// Hang stops answering on every socket without closing it.
func (n *Node) Hang() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for s := range n.sockets {
		s.hung = true
	}
}

// CloseAll closes every socket with a code.
func (n *Node) CloseAll(code int, reason string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for s := range n.sockets {
		s.close(code, reason)
	}
}

func (n *Node) token(c caller) string {
	n.numbers++
	t := fmt.Sprintf("v1.%d", n.numbers)
	n.tokens[t] = c
	return t
}

func (n *Node) luck(chance float64) bool { return chance > 0 && n.chance.Float64() < chance }
