package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"encoding/json"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"switchyard/actors/gateway"
	"switchyard/bench/client"
)

var stormSockets = flag.Int("storm.sockets", 200, "sockets of the reconnect storm; make test takes 2,000, make nightly 15,000")

// F-14, conformance 11: everybody's socket is lost at the same moment, and an agent writes to each of them before the first is
// back. Handshakes are admitted at the node's rate, the others hear when to come again and are in before long;
// each resume brings exactly the missed message; and a conversation that goes on beside it is answered at
// once all the while, with nothing refused.
func TestF14Conformance11AReconnectStorm(t *testing.T) {
	n := *stormSockets
	perSecond := max(20, n/10)
	admitted := map[int64]int{} // by second of the bubble
	var mu sync.Mutex
	inBubbleOn(t, vfs.NewMem(), func(c *gateway.Config) {
		quick(c)
		c.Handshakes, c.Replays, c.AgentInFlight = perSecond, 4, 1000
		opened := c.Observer.Opened
		c.Observer.Opened = func(role string) {
			opened(role)
			mu.Lock()
			admitted[time.Now().Unix()]++
			mu.Unlock()
		}
	}, func(w *world) {
		agent := w.agent("anna", nil)
		synctest.Wait()
		live := w.customer("live", nil)
		live.enters()
		<-agent.held
		all := make([]*person, n)
		for i := range all {
			all[i] = w.customer(fmt.Sprintf("c%d", i), nil)
		}
		rooms := map[string]bool{}
		for _, p := range all {
			p.enters()
		}
		for len(rooms) < n {
			select {
			case r := <-agent.held:
				rooms[r] = true
			case <-time.After(time.Minute): // of the bubble's time
				w.t.Fatalf("%d rooms", len(rooms))
			}
		}
		synctest.Wait()

		before := w.metric("switchyard_ws_handshakes_refused_total", "reason", "rate")
		for _, p := range all {
			p.Drop()
		}
		answered := make(chan client.Reply, n)
		free := make(chan struct{}, 200) // with what is live they fit twice the outbox: this reader is no slow one
		for room := range rooms {
			free <- struct{}{}
			agent.Send(client.Command{Type: "message.send", Stream: "desk/" + room, Data: map[string]any{
				"client_id": "while-away", "assignment": 1, "kind": "text", "text": "while you were away"}}, func(r client.Reply) { answered <- r; <-free })
		}
		for range rooms {
			r := <-answered
			require.NotNil(w.t, r.Data, "%v %v", r.Refused, r.Err)
		}
		began := time.Now()
		for i := range 600 { // a minute, and nobody is slowed down
			asked := time.Now()
			r := live.says(fmt.Sprintf("live-%06d", i), "x")
			require.NotNil(w.t, r.Data, "%v", r.Refused)
			require.Equal(w.t, 1, r.Writes)
			require.Less(w.t, time.Since(asked), time.Second) // of the bubble's time
			time.Sleep(100 * time.Millisecond)                // of the bubble's time
		}
		refused := w.metric("switchyard_ws_handshakes_refused_total", "reason", "rate") - before
		require.Positive(w.t, refused, "no storm")
		last := int64(0)
		mu.Lock()
		for s, k := range admitted {
			require.LessOrEqual(w.t, k, 3*perSecond+2, "admitted in second %d", s)
			last = max(last, s)
		}
		mu.Unlock()
		require.LessOrEqual(w.t, last-began.Unix(), int64(40), "the last came back late")
		for i, p := range all {
			require.Equal(w.t, client.Live, p.State(), "customer %d", i)
			texts := p.texts("room/" + p.room)
			require.Equal(w.t, "while you were away", texts[len(texts)-1], "customer %d", i)
			require.Zero(w.t, p.stats.Gaps.Load()+p.stats.Repeats.Load()+p.stats.Resets.Load())
		}
		require.Zero(w.t, w.metric("switchyard_ws_replays_waiting"))
		w.t.Logf("%d sockets at %d a second: %d attempts refused, all back after %d s", n, perSecond, int(refused), last-began.Unix())
		for _, p := range append(all, agent, live) {
			p.Close()
		}
		for _, p := range append(all, agent, live) {
			<-p.Done()
		}
	})
}

var repeatRounds = flag.Int("repeat.rounds", 6, "restarts of the node under repeated commands; make nightly takes 200")

// F-15, F-16 on the engine, over a day and restarts: customers repeat their last 1 to 100 writes in any order, in a new connection, after a
// crash, after hours in which the node was away. Each gets its first answer, another body is a conflict, nothing
// is there twice, and the order is the server's: that of the first arrival.
func TestF15F16RepeatsInAnyOrderOverADayAndRestarts(t *testing.T) {
	inBubble(t, func(c *gateway.Config) { quick(c); c.VisitorLife = 72 * time.Hour; c.VisitorInFlight = 1000 }, func(w *world) {
		rng := rand.New(rand.NewPCG(15, 16))
		type sent struct {
			MessageID string `json:"message_id"`
			Seq       uint64
			Duplicate bool
		}
		type write struct {
			id, text string
			first    sent
		}
		const day = 23 * time.Hour
		var writes []write
		token := w.visitor("kim")
		began, repeats, conflicts := time.Now(), 0, 0
		open := func() *person {
			p := w.person(func() string { return token }, nil)
			p.enters()
			return p
		}
		say := func(p *person, id, text string) (sent, *client.Refusal) {
			r := p.says(id, text)
			var s sent
			if r.Data != nil {
				require.NoError(w.t, json.Unmarshal(r.Data, &s))
			}
			return s, r.Refused
		}
		room := ""
		for round := range *repeatRounds {
			p := open()
			if room == "" {
				room = p.room
			}
			require.Equal(w.t, room, p.room, "another room for a repeated start")
			for range 1 + rng.IntN(60) {
				n := write{id: fmt.Sprintf("write-%06d", len(writes)), text: fmt.Sprint(len(writes))}
				s, no := say(p, n.id, n.text)
				require.Nil(w.t, no)
				require.False(w.t, s.Duplicate)
				n.first = s
				writes = append(writes, n)
			}
			if rng.IntN(2) == 0 {
				p.leaves()
				p = open()
			}
			again := writes[len(writes)-min(len(writes), 1+rng.IntN(100)):]
			for _, k := range rng.Perm(len(again)) {
				o := again[k]
				if rng.IntN(10) == 0 {
					_, no := say(p, o.id, o.text+" but other")
					require.NotNil(w.t, no)
					require.Equal(w.t, "conflict", no.Code)
					conflicts++
				}
				s, no := say(p, o.id, o.text)
				require.Nil(w.t, no, "%s", o.id)
				require.Equal(w.t, sent{o.first.MessageID, o.first.Seq, true}, s)
				repeats++
			}
			p.leaves()
			switch away := time.Duration(rng.Int64N(int64(day) / int64(*repeatRounds))); round % 3 {
			case 0:
				w.crash()
			case 1: // a node that is away for hours
				w.stop()
				time.Sleep(away) // of the bubble's time
				w.start()
			default:
				time.Sleep(min(away, time.Minute)) // of the bubble's time
			}
		}
		if left := day - time.Since(began); left > 0 { // all but a day later
			w.stop()
			time.Sleep(left) // of the bubble's time
			w.start()
		}
		p := open()
		for _, k := range rng.Perm(len(writes)) {
			s, no := say(p, writes[k].id, writes[k].text)
			require.Nil(w.t, no)
			require.Equal(w.t, sent{writes[k].first.MessageID, writes[k].first.Seq, true}, s)
			repeats++
		}
		require.NotNil(w.t, p.ask("subscribe", "room/"+room, map[string]any{"after": 0}).Data)
		synctest.Wait()
		var got []string
		for _, e := range p.events("room/" + room) {
			var d struct {
				Text     string
				ClientID string `json:"client_id"`
			}
			if e.Type == "message.new" && json.Unmarshal(e.Data, &d) == nil && d.ClientID != "" {
				got = append(got, d.Text)
			}
		}
		require.Equal(w.t, numbered("%d", len(writes)), got)
		require.Positive(w.t, w.metric("switchyard_dedupe_hits_total"))
		w.t.Logf("%d writes, %d repeats, %d conflicts, %v", len(writes), repeats, conflicts, time.Since(began))
		p.leaves()
	})
}
