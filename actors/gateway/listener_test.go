package gateway

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"
)

// starved is a listener of a process without descriptors: it has connections to give, but only to who closes
// something first.
type starved struct {
	mu      sync.Mutex
	waiting []net.Conn
	lent    bool // the last answer was EMFILE, and the descriptor kept for it has been given up since
	done    chan struct{}
}

func (s *starved) Accept() (net.Conn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.waiting) == 0 {
		return nil, net.ErrClosed
	}
	if s.lent = !s.lent; s.lent {
		return nil, &net.OpError{Op: "accept", Err: syscall.EMFILE}
	}
	c := s.waiting[0]
	s.waiting = s.waiting[1:]
	return c, nil
}
func (s *starved) Close() error   { return nil }
func (s *starved) Addr() net.Addr { return pipeAddr{} }

// refusalOf reads what a client that was not let in is told.
func refusalOf(t *testing.T, c net.Conn) {
	t.Helper()
	c.SetReadDeadline(time.Now().Add(10 * time.Second)) // who is not answered fails here, not with the whole test
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatalf("no answer: %v", err)
	}
	var m map[string]any
	if json.NewDecoder(res.Body).Decode(&m) != nil || m["code"] != "unavailable" || m["retryable"] != true {
		t.Errorf("body: %v", m)
	}
	after, _ := strconv.Atoi(res.Header.Get("Retry-After"))
	if ms, _ := m["retry_ms"].(float64); res.StatusCode != 503 || after < 2 || after > 8 || ms < 2000 || ms > 8000 || !res.Close {
		t.Errorf("%v, Retry-After %d, retry_ms %v", res.Status, after, m["retry_ms"])
	}
}

// F-22: without a descriptor the accept loop neither hangs nor gives up: it lends the one it kept, says no, and is there for the next.
func TestF22TheLastDescriptorSaysNo(t *testing.T) {
	inner := &starved{done: make(chan struct{})}
	var clients []net.Conn
	for range 5 {
		a, b := net.Pipe()
		clients, inner.waiting = append(clients, a), append(inner.waiting, b)
	}
	var refused []string
	l := Bound(inner, Bounds{Max: 100, Refused: func(reason string) { refused = append(refused, reason) }})
	accepted := make(chan error, 1)
	go func() { _, err := l.Accept(); accepted <- err }()
	for _, c := range clients {
		refusalOf(t, c)
		if _, err := c.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("not closed: %v", err)
		}
	}
	if err := <-accepted; err != net.ErrClosed {
		t.Error(err)
	}
	if !slices.Equal(refused, []string{"descriptors", "descriptors", "descriptors", "descriptors", "descriptors"}) {
		t.Errorf("heard: %v", refused)
	}
	if l.(*boundedListener).spare == nil {
		t.Error("no descriptor is kept for the next time")
	}
}

// F-22: beyond the bound a connection is answered and closed, also one that has sent its request (a socket closed with an unread
// request in it would take the answer back), and a place that is free again is given away.
func TestF22BeyondTheBound(t *testing.T) {
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	open := 0
	var mu sync.Mutex
	l := Bound(tcp, Bounds{Max: 2, Open: func(delta int) { mu.Lock(); open += delta; mu.Unlock() }})
	served := make(chan net.Conn, 10)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				close(served)
				return
			}
			served <- c
		}
	}()
	dial := func() net.Conn {
		c, err := net.Dial("tcp", tcp.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	a, b := dial(), dial()
	first, second := <-served, <-served
	for range 2 * partingsMax { // more than wait for their peer at the same time
		c := dial()
		io.WriteString(c, "GET /v1/ws HTTP/1.1\r\nHost: gate.test\r\n\r\n")
		refusalOf(t, c)
		c.Close()
	}
	first.Close()
	first.Close() // twice is once
	c := dial()
	third := <-served
	if mu.Lock(); open != 2 {
		t.Errorf("%d open", open)
	}
	mu.Unlock()
	for _, x := range []net.Conn{a, b, c, second, third} {
		x.Close()
	}
	l.Close()
	if _, more := <-served; more {
		t.Error("accepted after the end")
	}
	if open != 0 {
		t.Errorf("%d open at the end", open)
	}
}

// F-14: when everybody comes at once, the node takes its rate, and the moments it gives to the others are spread so that who
// comes back as told is taken: all are in as fast as the rate allows, in few attempts, and in no second more than the rate and the burst.
func TestF14ThePacerSpreadsAStorm(t *testing.T) {
	const clients, perSecond = 15_000, 1000
	r := rate{perSecond, 2 * perSecond}
	type attempt struct {
		at time.Time
		n  int
	}
	began := time.Unix(1_800_000_000, 0)
	var p pacer
	queue := make([]attempt, clients)
	for i := range queue { // all within ten milliseconds
		queue[i] = attempt{began.Add(time.Duration(i) * 10 * time.Millisecond / clients), 1}
	}
	admitted, attempts, seconds, last := 0, 0, map[int64]int{}, began
	moments := map[time.Duration]int{}
	chance := uint32(1)
	for len(queue) > 0 {
		slices.SortStableFunc(queue, func(a, b attempt) int { return a.at.Compare(b.at) })
		var again []attempt
		for _, a := range queue {
			chance = chance*1664525 + 1013904223
			wait := p.admit(r, a.at, float64(chance>>8)/(1<<24))
			attempts++
			if wait == 0 {
				admitted++
				seconds[a.at.Unix()]++
				last = a.at
				continue
			}
			if wait < paceMin || wait > paceMax+paceBlur {
				t.Fatalf("told to wait %v", wait)
			}
			if a.n == 1 {
				moments[wait/time.Second]++
			}
			again = append(again, attempt{a.at.Add(wait), a.n + 1})
			if a.n > 5 {
				t.Fatal("a sixth attempt")
			}
		}
		queue = again
	}
	if took := last.Sub(began); admitted != clients || took > 20*time.Second {
		t.Errorf("%d admitted in %v", admitted, took)
	}
	if attempts > 3*clients {
		t.Errorf("%d attempts", attempts)
	}
	for s, n := range seconds {
		if n > 3*perSecond {
			t.Errorf("%d admitted in second %d", n, s-began.Unix())
		}
	}
	for s, n := range moments {
		if n > 3*perSecond/2 {
			t.Errorf("%d were told to come back in second %d", n, s)
		}
	}
	t.Logf("%d in after %v, %.2f attempts each", admitted, last.Sub(began), float64(attempts)/clients)
	// Who does not do as told moves nobody's moment beyond the bound.
	for i := range 1_000_000 {
		if wait := p.admit(r, last, float64(i%100)/100); wait > paceMax+paceBlur {
			t.Fatalf("told to wait %v", wait)
		}
	}
}
