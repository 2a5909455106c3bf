package main

import (
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"switchyard/actors/gateway"
	"switchyard/bench/client"
)

// tap is a line whose reading or writing end the test can stop, as a peer that hangs or a network that is gone would.
type tap struct {
	net.Conn
	mu     sync.Mutex
	stop   chan struct{} // closed when the client stops reading
	gone   bool          // nothing gets through in either direction, and nobody is told
	closed chan struct{}
	once   sync.Once
}

func newTap(c net.Conn) *tap { return &tap{Conn: c, closed: make(chan struct{})} }

// hang stops the client's reading until resume is closed; nil = for ever.
func (t *tap) hang(resume chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stop = resume
	if resume == nil {
		t.stop = make(chan struct{})
	}
}

// vanish swallows everything in both directions from now on.
func (t *tap) vanish() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.gone = true
	go func() { // as the kernel's queues would, until they are full; the node's frames are small
		b := make([]byte, 4096)
		for {
			if _, err := t.Conn.Read(b); err != nil {
				return
			}
		}
	}()
}

func (t *tap) state() (stop chan struct{}, gone bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.stop, t.gone
}

func (t *tap) Read(p []byte) (int, error) {
	for {
		stop, gone := t.state()
		if gone {
			<-t.closed
			return 0, net.ErrClosed
		}
		if stop != nil {
			select {
			case <-stop:
				t.mu.Lock()
				t.stop = nil
				t.mu.Unlock()
			case <-t.closed:
				return 0, net.ErrClosed
			}
		}
		n, err := t.Conn.Read(p)
		if _, gone := t.state(); gone {
			continue // it was on its way when the line went
		}
		return n, err
	}
}

func (t *tap) Write(p []byte) (int, error) {
	if _, gone := t.state(); gone {
		return len(p), nil
	}
	return t.Conn.Write(p)
}

func (t *tap) Close() error {
	t.once.Do(func() { close(t.closed) })
	if _, gone := t.state(); gone {
		return nil // the other end hears of nothing
	}
	return t.Conn.Close()
}

// taps keeps the newest line of a client.
type taps struct {
	mu  sync.Mutex
	all []*tap
}

func (t *taps) around(c net.Conn) net.Conn {
	n := newTap(c)
	t.mu.Lock()
	t.all = append(t.all, n)
	t.mu.Unlock()
	return n
}

func (t *taps) last() *tap { t.mu.Lock(); defer t.mu.Unlock(); return t.all[len(t.all)-1] }

// quick lets a test write without waiting for its own share.
func quick(c *gateway.Config) {
	c.VisitorCommands, c.VisitorBurst, c.VisitorMessages, c.MessageBurst = 1e5, 1e5, 1e5, 1e5
	c.AgentCommands, c.AgentBurst = 1e5, 1e5
}

// F-12, conformance 10: a customer stops reading while an agent writes 2,000 messages (2 MB) to it. After five to ten seconds it is let
// go with 4508; what waited for it never was more than its bound; the agent and another customer
// have their answers at once all the while; and when it reads again it resumes and has every message once, in order.
func TestF12Conformance10ASlowReaderResumesCompletely(t *testing.T) {
	inBubble(t, func(c *gateway.Config) { quick(c); c.ReplayEvents = 5000 }, func(w *world) {
		var lines taps
		agent := w.agent("anna", nil)
		synctest.Wait() // its inbox is followed: a room that came before would be in its snapshot, and no event
		slow := w.customer("slow", lines.around)
		slow.enters()
		room := <-agent.held
		beside := w.customer("beside", nil)
		beside.enters()
		<-agent.held
		synctest.Wait()

		resume := make(chan struct{})
		lines.last().hang(resume)
		began := time.Now()
		text := strings.Repeat("x", 900)
		want := numbered("%04d"+text, 2000)
		for i, s := range want {
			r := agent.ask("message.send", "desk/"+room, map[string]any{"client_id": fmt.Sprintf("agent-%05d", i), "assignment": 1, "kind": "text", "text": s})
			require.NotNil(w.t, r.Data, "%v", r.Refused)
			if i%100 == 0 {
				require.NotNil(w.t, beside.says(fmt.Sprintf("beside-%04d", i), "x").Data)
			}
		}
		require.Less(w.t, time.Since(began), time.Second, "the others waited for the slow one") // of the bubble's time
		require.LessOrEqual(w.t, w.most.Load(), int64(1<<20+3*64<<10), "what waits for a slow reader")
		require.Less(w.t, w.queued.Load(), int64(1<<20+64<<10))
		time.Sleep(4 * time.Second) // of the bubble's time
		require.Len(w.t, w.n.gate.Sockets(), 3, "let go too early")
		time.Sleep(6 * time.Second) // of the bubble's time
		require.Len(w.t, w.n.gate.Sockets(), 2, "still held")
		require.Less(w.t, w.queued.Load(), int64(64<<10), "what waited for it is gone")
		close(resume)
		time.Sleep(time.Minute) // of the bubble's time
		require.Equal(w.t, want, slow.texts("room/" + room)[len(slow.texts("room/"+room))-2000:])
		require.Zero(w.t, slow.stats.Gaps.Load()+slow.stats.Repeats.Load())
		require.Equal(w.t, 1.0, w.metric(`switchyard_ws_closes_total`, "code", "4508"))
		for _, p := range []*person{agent, slow, beside} {
			p.leaves()
		}
	})
}

// F-13: an agent's line goes dead without a word. Within 40 s the heartbeat has found out; the customer, who writes on, is
// answered all the while; presence goes to grace at once, and down 30 s later; and when the agent is
// back it has every message.
func TestF13AVanishedAgentIsFoundOutAndLosesNothing(t *testing.T) {
	inBubble(t, quick, func(w *world) {
		var lines taps
		agent := w.agent("anna", lines.around)
		synctest.Wait()
		kim := w.customer("kim", nil)
		kim.enters()
		room := <-agent.held
		boss := w.agent("boss", nil)
		require.NotNil(w.t, boss.ask("subscribe", "board/acme", nil).Data)
		// states are what the board has said of anna, each with its moment.
		type state struct {
			conn string
			at   time.Time
		}
		states := func() (all []state) {
			synctest.Wait()
			boss.mu.Lock()
			defer boss.mu.Unlock()
			for _, e := range boss.brief {
				var d struct {
					Agents map[string]struct{ Conn string }
				}
				if json.Unmarshal(e.Data, &d) == nil && d.Agents["anna"].Conn != "" && (len(all) == 0 || all[len(all)-1].conn != d.Agents["anna"].Conn) {
					all = append(all, state{d.Agents["anna"].Conn, e.Received})
				}
			}
			return all
		}
		time.Sleep(time.Second) // of the bubble's time
		require.Len(w.t, states(), 1)
		require.Equal(w.t, "up", states()[0].conn)
		lines.last().vanish()
		vanished := time.Now()
		for i := range 60 { // the customer's client answers each ping; the agent's own watchdog takes 40 s
			require.NotNil(w.t, kim.says(fmt.Sprintf("message-%04d", i), fmt.Sprint("said ", i)).Data)
			time.Sleep(time.Second) // of the bubble's time
		}
		seen := states()
		require.Len(w.t, seen, 3, "%v", seen)
		require.Equal(w.t, []string{"grace", "up"}, []string{seen[1].conn, seen[2].conn})
		found := seen[1].at.Sub(vanished)
		require.LessOrEqual(w.t, found, 40*time.Second)
		require.GreaterOrEqual(w.t, found, 10*time.Second)
		require.Equal(w.t, 1.0, w.metric("switchyard_ws_closes_total", "code", "1006"))
		got := agent.texts("desk/" + room)
		require.Equal(w.t, numbered("said %d", 60), got[len(got)-60:], "back, and nothing is missing")
		require.Zero(w.t, agent.stats.Gaps.Load()+agent.stats.Repeats.Load())

		// And once more, without coming back: grace, and half a minute later down.
		lines.last().vanish()
		agent.Close()
		time.Sleep(2 * time.Minute) // of the bubble's time
		seen = states()
		require.Len(w.t, seen, 5, "%v", seen)
		require.Equal(w.t, []string{"grace", "down"}, []string{seen[3].conn, seen[4].conn})
		require.InDelta(w.t, 30, seen[4].at.Sub(seen[3].at).Seconds(), 1)
		for _, p := range []*person{kim, boss} {
			p.leaves()
		}
		<-agent.Done()
	})
}

// Conformance 3 and 4: a write that comes again gets its first result: on the same socket, after a reconnect, and after the room has
// closed; with another body it is a conflict.
func TestConformance03And04ARepeatedWrite(t *testing.T) {
	inBubble(t, quick, func(w *world) {
		kim := w.customer("kim", nil)
		room := kim.enters()
		type sent struct {
			MessageID string `json:"message_id"`
			Seq       uint64
			Duplicate bool
		}
		first, again := sent{}, sent{}
		say := func(p *person, text string, into *sent) *client.Refusal {
			*into = sent{}
			r := p.says("message-0001", text)
			if r.Data != nil {
				require.NoError(w.t, json.Unmarshal(r.Data, into))
			}
			return r.Refused
		}
		require.Nil(w.t, say(kim, "hello", &first))
		require.False(w.t, first.Duplicate)
		want := sent{first.MessageID, first.Seq, true}
		require.Nil(w.t, say(kim, "hello", &again))
		require.Equal(w.t, want, again)
		kim.Drop()
		require.Nil(w.t, say(kim, "hello", &again))
		require.Equal(w.t, want, again, "after a reconnect")
		require.Equal(w.t, "conflict", say(kim, "another text", &again).Code)
		require.NotNil(w.t, kim.ask("room.end", "room/"+room, map[string]any{"client_id": "end-000001"}).Data)
		require.Nil(w.t, say(kim, "hello", &again))
		require.Equal(w.t, want, again, "after the room has closed")
		require.Equal(w.t, "conflict", say(kim, "another text", &again).Code)
		require.Equal(w.t, "room_closed", kim.says("message-0002", "too late").Refused.Code)
		n := 0
		for _, s := range kim.texts("room/" + room) {
			if s == "hello" {
				n++
			}
		}
		require.Equal(w.t, 1, n)
		require.Equal(w.t, 3.0, w.metric("switchyard_dedupe_hits_total"))
		kim.leaves()
	})
}

// Conformance 9: an agent comes back with five messages that it wrote before its room went to a colleague: five times not_assigned, and
// the customer sees none of them.
func TestConformance09QueuedMessagesOfAFormerHolder(t *testing.T) {
	inBubble(t, quick, func(w *world) {
		var lines taps
		anna := w.agent("anna", lines.around)
		synctest.Wait()
		kim := w.customer("kim", nil)
		room := kim.enters()
		require.Equal(w.t, room, <-anna.held)
		ben, boss := w.agent("ben", nil), w.agent("boss", nil)
		synctest.Wait()
		lines.last().vanish()
		answers := make(chan client.Reply, 5)
		for i := range 5 {
			anna.Send(client.Command{Type: "message.send", Stream: "desk/" + room, Data: map[string]any{
				"client_id": fmt.Sprintf("unsent-%04d", i), "assignment": 1, "kind": "text", "text": fmt.Sprintf("unsent %d", i)}}, func(r client.Reply) { answers <- r })
		}
		require.NotNil(w.t, boss.ask("room.assign", "desk/"+room, map[string]any{"to": "ben", "assignment": 1}).Data)
		require.Equal(w.t, room, <-ben.held)
		for range 5 {
			r := <-answers
			require.NotNil(w.t, r.Refused)
			require.Equal(w.t, "not_assigned", r.Refused.Code)
		}
		require.NotContains(w.t, strings.Join(kim.texts("room/"+room), " "), "unsent")
		for _, p := range []*person{anna, kim, ben, boss} {
			p.leaves()
		}
	})
}

// Conformance 12: a node that is stopped says goaway, and everybody is live on its successor within the window and a little, with no
// command refused or lost: those under way when it began are answered, the others wait for the new socket.
func TestConformance12ADrainLosesNoCommand(t *testing.T) {
	inBubble(t, func(c *gateway.Config) { quick(c); c.DrainWindow = 8 * time.Second }, func(w *world) {
		const customers, each = 20, 30
		var all []*person
		var wg sync.WaitGroup
		for i := range customers {
			p := w.customer(fmt.Sprintf("c%d", i), nil)
			p.enters()
			all = append(all, p)
			wg.Go(func() {
				for k := range each {
					time.Sleep(time.Second) // of the bubble's time
					if r := p.says(fmt.Sprintf("message-%04d", k), fmt.Sprint("text ", k)); r.Data == nil {
						w.t.Errorf("customer %d, message %d: %v %v", i, k, r.Refused, r.Err)
					}
				}
			})
		}
		time.Sleep(10*time.Second + 500*time.Millisecond) // of the bubble's time
		w.stop()
		w.start()
		wg.Wait()
		for i, p := range all {
			var got []string
			for _, s := range p.texts("room/" + p.room) {
				if strings.HasPrefix(s, "text ") {
					got = append(got, s)
				}
			}
			require.Equal(w.t, numbered("text %d", each), got, "customer %d", i)
			require.Equal(w.t, int64(1), p.stats.GoAways.Load())
			require.Equal(w.t, client.Live, p.State())
			require.Zero(w.t, p.stats.Gaps.Load()+p.stats.Repeats.Load()+p.stats.Resets.Load())
			p.leaves()
		}
	})
}
