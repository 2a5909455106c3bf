package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"switchyard/bench/internal/fakenode"
)

// screen is a client with everything it was told, in a bubble of virtual time.
type screen struct {
	*Client
	t    *testing.T
	node *fakenode.Node

	mu     sync.Mutex
	events []Event
	resets []string
	gone   []string
	states []string
	asked  []bool // renew, per token asked for
	at     []time.Time
}

// bubble runs a test against a node in virtual time.
func bubble(t *testing.T, story func(t *testing.T, n *fakenode.Node)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n := fakenode.New(1)
		defer n.Close()
		story(t, n)
	})
}

func dialer(n *fakenode.Node) *Dialer {
	return NewDialer(strings.Replace(n.URL, "http", "ws", 1)+"/v1/ws", n.HTTP, 0)
}

func open(t *testing.T, n *fakenode.Node, account, key string, change ...func(*Options)) *screen {
	t.Helper()
	s := &screen{t: t, node: n}
	chance := rand.New(rand.NewPCG(7, 7))
	o := Options{
		Dialer: dialer(n),
		Token: func(_ context.Context, renew bool) (string, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.asked = append(s.asked, renew)
			return n.Token(account, key), nil
		},
		Chance:  func() float64 { s.mu.Lock(); defer s.mu.Unlock(); return chance.Float64() },
		OnEvent: func(e Event) { s.mu.Lock(); defer s.mu.Unlock(); s.events = append(s.events, e) },
		OnReset: func(stream string, r Reset) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.resets = append(s.resets, stream+" "+r.Reason)
		},
		OnGone: func(stream, reason string) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.gone = append(s.gone, stream+" "+reason)
		},
		OnState: func(st State, code int) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.states, s.at = append(s.states, fmt.Sprintf("%v %d", st, code)), append(s.at, time.Now())
		},
	}
	for _, f := range change {
		f(&o)
	}
	s.Client = New(t.Context(), o)
	s.Start()
	synctest.Wait()
	return s
}

func (s *screen) close() {
	s.Close()
	<-s.Done()
}

// ask sends and waits for the answer in virtual time.
func (s *screen) ask(cmd Command) Reply {
	s.t.Helper()
	got := make(chan Reply, 1)
	s.Send(cmd, func(r Reply) { got <- r })
	select {
	case r := <-got:
		return r
	case <-time.After(time.Hour):
		s.t.Fatalf("no answer to %s within an hour", cmd.Type)
		return Reply{}
	}
}

func (s *screen) stats() Counts { return s.o.Stats.Counts() }

// since lists the states from the i-th on and how long each took to come.
func (s *screen) since(i int) ([]string, []time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var waits []time.Duration
	for j := i; j < len(s.at); j++ {
		waits = append(waits, s.at[j].Sub(s.at[j-1]))
	}
	return s.states[i:], waits
}

func (s *screen) told() int { s.mu.Lock(); defer s.mu.Unlock(); return len(s.states) }

func (s *screen) last() string { s.mu.Lock(); defer s.mu.Unlock(); return s.states[len(s.states)-1] }

func (s *screen) story() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.states, ", ")
}

func start() Command {
	return Command{Type: "room.start", Data: map[string]any{"client_id": "start-0001"}}
}

func say(room string, i int) Command {
	return Command{Type: "message.send", Stream: "room/" + room, Data: map[string]any{"client_id": fmt.Sprintf("text-%06d", i), "kind": "text", "text": fmt.Sprint(i)}}
}

func (s *screen) startRoom() string {
	s.t.Helper()
	r := s.ask(start())
	room := word(r.Data, "room")
	if room == "" {
		s.t.Fatalf("room.start: %+v", r)
	}
	return room
}

// texts are the messages of a stream as the client applied them.
func (s *screen) texts(stream string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []string
	for _, e := range s.events {
		if e.Stream == stream && e.Type == "message.new" {
			all = append(all, word(e.Data, "text"))
		}
	}
	return all
}

func TestTheWayToLive(t *testing.T) {
	bubble(t, func(t *testing.T, n *fakenode.Node) {
		s := open(t, n, "", "demo_1")
		defer s.close()
		if got := s.story(); got != "connecting 0, authenticating 0, replaying 0, live 0" {
			t.Errorf("states: %s", got)
		}
		room := s.startRoom()
		if r := s.ask(say(room, 1)); r.Err != nil || r.Refused != nil || r.Writes != 1 || word(r.Data, "message_id") == "" {
			t.Errorf("message.send: %+v", r)
		}
		if r := s.ask(Command{Type: "no.such.thing"}); r.Refused == nil || r.Refused.Code != "bad_request" {
			t.Errorf("an unknown command: %+v", r)
		}
		if got := s.texts("room/" + room); len(got) != 1 || got[0] != "1" {
			t.Errorf("the stream shows %v", got)
		}
	})
}

// Protocol section 8, row 5, with chance instead of byte boundaries: sockets break
// before a command, after it and before its answer, events come twice and not at all.
func TestNothingAcknowledgedIsLostOrDoubled(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := fakenode.New(seed)
				defer n.Close()
				s := open(t, n, "", "demo_1")
				defer s.close()
				room := s.startRoom()
				n.Set(fakenode.Faults{LoseCommand: 0.05, LoseReply: 0.05, RepeatEvent: 0.1, SkipEvent: 0.1})
				const texts = 150
				acked := make(chan int, texts)
				for i := range texts {
					s.Send(say(room, i), func(r Reply) {
						if r.Refused != nil || r.Err != nil {
							t.Errorf("text %d: %+v", i, r)
						}
						acked <- i
					})
				}
				for range texts {
					<-acked
				}
				n.Set(fakenode.Faults{})
				n.Publish("room/"+room, "message.new", map[string]any{"text": "last"}) // shows a gap at the very end
				synctest.Wait()
				pass(time.Minute)
				got := s.texts("room/" + room)
				if len(got) != texts+1 {
					t.Fatalf("%d texts in the stream, want %d", len(got), texts+1)
				}
				for i, text := range got[:texts] {
					if text != fmt.Sprint(i) {
						t.Fatalf("place %d holds %q: order was lost", i, text)
					}
				}
				if c := s.stats(); c.Losses == 0 || c.Resent == 0 || c.Gaps == 0 || c.Repeats == 0 {
					t.Errorf("the faults did not happen: %+v", c)
				}
			})
		})
	}
}

func TestAKilledNodeIsFoundAgain(t *testing.T) {
	bubble(t, func(t *testing.T, n *fakenode.Node) {
		s := open(t, n, "", "demo_1")
		defer s.close()
		room := s.startRoom()
		n.Kill()
		var reply Reply
		s.Send(say(room, 1), func(r Reply) { reply = r })
		pass(20 * time.Second)
		if s.State() == Live {
			t.Fatal("live without a node")
		}
		n.Restart()
		pass(40 * time.Second)
		if s.State() != Live || reply.Data == nil || len(s.texts("room/"+room)) != 1 {
			t.Errorf("state %v, reply %+v, texts %v", s.State(), reply, s.texts("room/"+room))
		}
	})
}

// Backoff: every wait within its bound, the bound doubling, and from the start again after 30 s live.
func TestWaitsBetweenAttempts(t *testing.T) {
	bubble(t, func(t *testing.T, n *fakenode.Node) {
		s := open(t, n, "", "demo_1", func(o *Options) { o.Chance = func() float64 { return 0.999999 } })
		defer s.close()
		check := func() {
			from := s.told()
			n.Kill()
			pass(100 * time.Second)
			states, took := s.since(from)
			var waits []time.Duration
			for i, st := range states {
				if strings.HasPrefix(st, "connecting") {
					waits = append(waits, took[i].Round(100*time.Millisecond))
				}
			}
			want := "[500ms 1s 2s 4s 8s 16s 30s 30s]"
			if got := fmt.Sprint(waits); got != want {
				t.Errorf("waits %v, want %v", got, want)
			}
			n.Restart()
			pass(61 * time.Second)
		}
		check()
		check() // it was live for 30 s
	})
}

func TestSilenceIsDeath(t *testing.T) {
	bubble(t, func(t *testing.T, n *fakenode.Node) {
		s := open(t, n, "", "demo_1")
		defer s.close()
		pass(5 * time.Minute) // pings keep it alive
		if c := s.stats(); c.Losses != 0 {
			t.Fatalf("lost %d sockets although the server pings", c.Losses)
		}
		from := s.told()
		n.Hang()
		pass(45 * time.Second)
		states, took := s.since(from)
		if s.stats().Silences != 1 || s.State() != Live || took[0] < 15*time.Second {
			t.Errorf("silences %d, states %v after %v", s.stats().Silences, states, took)
		}
	})
}

func TestCodesThatStop(t *testing.T) {
	for _, code := range []int{4400, 4403, 4404, 4409, 4426, 4444} {
		bubble(t, func(t *testing.T, n *fakenode.Node) {
			s := open(t, n, "", "demo_1")
			room := s.startRoom()
			n.CloseAll(code, "enough")
			<-s.Done()
			if last := s.last(); last != fmt.Sprintf("stopped %d", code) {
				t.Errorf("%d: %s", code, last)
			}
			if r := s.ask(say(room, 1)); !errors.Is(r.Err, ErrStopped) {
				t.Errorf("%d: a command after the end: %+v", code, r)
			}
		})
	}
}

func TestCodesThatComeBack(t *testing.T) {
	for _, c := range []struct {
		code     int
		reason   string
		min, max time.Duration
	}{
		{1001, "", 0, time.Second},
		{1011, "", 0, time.Second},
		{4408, "", 0, time.Second},
		{4429, "retry_ms=8000", 8 * time.Second, 9 * time.Second},
		{4500, "", 0, time.Second},
		{4503, "", 0, time.Second},
		{4508, "slow_consumer", 0, 0},
		{4577, "", 0, time.Second},
	} {
		bubble(t, func(t *testing.T, n *fakenode.Node) {
			s := open(t, n, "", "demo_1")
			defer s.close()
			began := time.Now()
			n.CloseAll(c.code, c.reason)
			for synctest.Wait(); s.State() != Live; synctest.Wait() {
				pass(10 * time.Millisecond)
			}
			if took := time.Since(began); took < c.min || took > c.max {
				t.Errorf("%d: back after %v, want %v to %v", c.code, took, c.min, c.max)
			}
		})
	}
}

func TestA4401GetsOneNewToken(t *testing.T) {
	bubble(t, func(t *testing.T, n *fakenode.Node) {
		s := open(t, n, "", "demo_1")
		defer s.close()
		n.CloseAll(4401, "expired")
		pass(time.Second)
		if s.State() != Live || fmt.Sprint(s.asked) != "[false true]" {
			t.Errorf("state %v, asked %v", s.State(), s.asked)
		}
		bad := open(t, n, "", "demo_2", func(o *Options) {
			o.Token = func(context.Context, bool) (string, error) { return "worthless", nil }
		})
		<-bad.Done()
		if got := bad.story(); got != "connecting 0, authenticating 0, connecting 0, authenticating 0, stopped 4401" {
			t.Errorf("states: %s", got)
		}
	})
}

func TestARefusedVersionStops(t *testing.T) {
	bubble(t, func(t *testing.T, n *fakenode.Node) {
		s := open(t, n, "", "demo_1", func(o *Options) { o.Dialer = NewDialer(n.URL+"/v1/nothing", n.HTTP, 0) })
		<-s.Done()
		if last := s.last(); !strings.HasPrefix(last, "stopped") {
			t.Errorf("states %v", s.story())
		}
	})
}

// A goaway moves the client without one failed command, and opens the new socket first.
func TestGoAway(t *testing.T) {
	bubble(t, func(t *testing.T, n *fakenode.Node) {
		s := open(t, n, "", "demo_1")
		defer s.close()
		room := s.startRoom()
		from := s.told()
		began := time.Now()
		n.Each(`{"type":"goaway","data":{"reason":"deploy","reconnect_in_ms":[500,8000]}}`)
		synctest.Wait()
		r := s.ask(say(room, 1))
		if r.Refused != nil || r.Err != nil || time.Since(began) < 500*time.Millisecond || time.Since(began) > 9*time.Second {
			t.Errorf("a command during the drain: %+v after %v", r, time.Since(began))
		}
		states, _ := s.since(from)
		if got := strings.Join(states, ", "); got != "authenticating 0, replaying 0, live 0" {
			t.Errorf("states: %s; the new socket was to be open before the old one closed", got)
		}
		synctest.Wait() // the node has noticed that the old one is closed
		if n.Sockets() != 1 || s.stats().GoAways != 1 {
			t.Errorf("%d sockets, %d goaways", n.Sockets(), s.stats().GoAways)
		}
	})
}

func TestADrainThatClosesEarlyStaysInTheWindow(t *testing.T) {
	bubble(t, func(t *testing.T, n *fakenode.Node) {
		s := open(t, n, "", "demo_1", func(o *Options) { o.Chance = func() float64 { return 0.5 } })
		defer s.close()
		n.Each(`{"type":"goaway","data":{"reason":"deploy","reconnect_in_ms":[6000,8000]}}`)
		synctest.Wait()
		began := time.Now()
		n.CloseAll(4503, "draining")
		for synctest.Wait(); s.State() != Live; synctest.Wait() {
			pass(10 * time.Millisecond)
		}
		if took := time.Since(began); took < 3*time.Second || took > 8*time.Second {
			t.Errorf("back after %v, want about half of the window of 8 s", took)
		}
	})
}

func TestAForeignEpochResetsEveryStream(t *testing.T) {
	bubble(t, func(t *testing.T, n *fakenode.Node) {
		s := open(t, n, "", "demo_1")
		defer s.close()
		room := s.startRoom()
		s.ask(say(room, 1))
		n.NewEpoch()
		pass(time.Second)
		n.Publish("room/"+room, "message.new", map[string]any{"text": "after"})
		synctest.Wait()
		if fmt.Sprint(s.resets) != "[room/"+room+" too_old]" || s.stats().Resets != 1 {
			t.Errorf("resets %v, counted %d", s.resets, s.stats().Resets)
		}
		if got := s.texts("room/" + room); got[len(got)-1] != "after" || s.stats().Gaps != 0 {
			t.Errorf("texts %v, gaps %d", got, s.stats().Gaps)
		}
	})
}

func TestAStreamThatIsGone(t *testing.T) {
	bubble(t, func(t *testing.T, n *fakenode.Node) {
		s := open(t, n, "", "demo_1")
		defer s.close()
		n.Each(`{"type":"stream.gone","stream":"desk/r_1","data":{"reason":"reassigned"}}`)
		n.Each(`{"type":"from.the.future","stream":"room/r_9","seq":1,"data":{}}`)
		n.Each(`{"type":"from.the.future","data":{}}`)
		n.Each(`not json`)
		synctest.Wait()
		if fmt.Sprint(s.gone) != "[desk/r_1 reassigned]" || len(s.events) != 1 || s.stats().Unreadable != 1 || s.State() != Live {
			t.Errorf("gone %v, events %d, unreadable %d, %v", s.gone, len(s.events), s.stats().Unreadable, s.State())
		}
	})
}

// The limits of the welcome: visitor 5/s, burst 10, 8 in flight.
func TestTheClientPacesItself(t *testing.T) {
	bubble(t, func(t *testing.T, n *fakenode.Node) {
		s := open(t, n, "", "demo_1")
		defer s.close()
		room := s.startRoom()
		began := time.Now()
		answers := make(chan Reply, 100)
		for i := range 100 {
			s.Send(say(room, i), func(r Reply) { answers <- r })
		}
		for range 100 {
			if r := <-answers; r.Refused != nil {
				t.Fatalf("%v", r.Refused)
			}
		}
		if took := time.Since(began); took < 18*time.Second || took > 23*time.Second {
			t.Errorf("100 commands took %v; at 5/s with a burst of 10 it is 18 s", took)
		}
		n.Hang()
		for i := range 20 {
			s.Send(say(room, 1000+i), nil)
		}
		synctest.Wait()
		pass(10 * time.Second)
		s.mu.Lock()
		s.Client.mu.Lock()
		inFlight := len(s.ledger.inFlight)
		s.Client.mu.Unlock()
		s.mu.Unlock()
		if inFlight != 8 {
			t.Errorf("%d in flight, the limit is 8", inFlight)
		}
	})
}

func TestRefusalsOfTheGateAreTriedAgain(t *testing.T) {
	for code, want := range map[string]time.Duration{"rate_limited": 700 * time.Millisecond, "unavailable": 700 * time.Millisecond, "capacity_full": 0} {
		if got := patience(&Refusal{Code: code, RetryMS: 700, Retryable: true}); got != want {
			t.Errorf("%s: %v, want %v", code, got, want)
		}
	}
	l := newLedger()
	now := time.Unix(100, 0)
	pace := newBucket(limits{}, now)
	l.waiting = append(l.waiting, &pending{Command: Command{Type: "a"}}, &pending{Command: Command{Type: "b"}})
	first, _ := l.next(now, 0, &pace)
	l.again(first.id, now.Add(time.Second))
	if p, wait := l.next(now, 0, &pace); p != nil || wait != time.Second {
		t.Errorf("got %v after %v: a younger command must not overtake", p, wait)
	}
	if p, _ := l.next(now.Add(time.Second), 0, &pace); p != first || p.writes != 2 || p.id == "1" {
		t.Errorf("got %+v", p)
	}
}

func TestCloseAnswersWhatIsOpen(t *testing.T) {
	bubble(t, func(t *testing.T, n *fakenode.Node) {
		s := open(t, n, "", "demo_1")
		room := s.startRoom()
		n.Hang()
		var got Reply
		s.Send(say(room, 1), func(r Reply) { got = r })
		s.close()
		synctest.Wait()
		if !errors.Is(got.Err, ErrStopped) || got.Writes != 1 {
			t.Errorf("got %+v", got)
		}
		if last := s.last(); last != "stopped 0" || n.Sockets() != 0 {
			t.Errorf("%s, %d sockets left", last, n.Sockets())
		}
	})
}

func TestCloseWhileWaiting(t *testing.T) {
	bubble(t, func(t *testing.T, n *fakenode.Node) {
		n.Kill()
		s := open(t, n, "", "demo_1")
		pass(10 * time.Second)
		s.close()
	})
}

func TestTooManyCommandsAreRefused(t *testing.T) {
	bubble(t, func(t *testing.T, n *fakenode.Node) {
		n.Kill()
		s := open(t, n, "", "demo_1")
		defer s.close()
		for i := range pendingMax {
			s.Send(say("r", i), nil)
		}
		if r := s.ask(say("r", pendingMax)); !errors.Is(r.Err, ErrTooMany) {
			t.Errorf("got %+v", r)
		}
	})
}

// Two thousand customers share a dialer: never more sockets without a welcome than it allows.
func TestManyClientsShareADialer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := fakenode.New(1)
		defer n.Close()
		d, stats := dialer(n), new(Stats)
		const customers = 2000
		var all []*Client
		for i := range customers {
			all = append(all, New(t.Context(), Options{Dialer: d, Stats: stats, Token: func(context.Context, bool) (string, error) {
				return n.Token("", fmt.Sprint("demo_", i)), nil
			}}))
		}
		for _, c := range all {
			c.Start()
		}
		synctest.Wait()
		if n.Sockets() != customers || stats.Connects.Load() != customers {
			t.Errorf("%d sockets, %d welcomes", n.Sockets(), stats.Connects.Load())
		}
		n.CutAll()
		pass(time.Minute)
		if n.Sockets() != customers || stats.Losses.Load() != customers {
			t.Errorf("after the cut %d sockets, %d losses", n.Sockets(), stats.Losses.Load())
		}
		for _, c := range all {
			c.Close()
		}
		for _, c := range all {
			<-c.Done()
		}
	})
}

func TestAWrittenCommandIsAnnounced(t *testing.T) {
	bubble(t, func(t *testing.T, n *fakenode.Node) {
		s := open(t, n, "", "demo_1")
		defer s.close()
		var at []time.Time
		cmd := start()
		cmd.Written = func(now time.Time) { at = append(at, now) }
		s.ask(cmd)
		if len(at) != 1 || !at[0].Equal(time.Now()) {
			t.Errorf("written at %v", at)
		}
		var d struct{ Outcome string }
		if r := s.ask(start()); json.Unmarshal(r.Data, &d) != nil || d.Outcome != "queued" {
			t.Errorf("a repeated request: %+v", r)
		}
	})
}
