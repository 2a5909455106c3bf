package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"switchyard/bench/client"
	"switchyard/bench/target"
)

// The real binary, real sockets, and kill -9 while everybody talks: what was acknowledged is
// there once, in its place; nobody has to do anything but reconnect (F-01, REL-1, I-01, I-07, I-17).

var killWorlds = flag.Int("kill.worlds", 1, "nodes to kill 20 times each; make nightly takes 25")

const (
	killRounds    = 20 // kill -9 so often
	killCustomers = 16 // each with a room of its own
	killMessages  = 9  // of each customer; the node's limit is one a second after a burst of five
	killAnswers   = 3  // of the agent in each room, who then ends it
)

// spoken is one message that somebody was told is written.
type spoken struct {
	ClientID  string `json:"client_id"`
	MessageID string `json:"message_id"`
	Seq       uint64 `json:"seq"`
}

type killWorld struct {
	t    *testing.T
	mu   sync.Mutex
	acks int
	kick chan struct{} // an acknowledgement came
	left sync.WaitGroup

	rooms   map[string]string            // customer -> room, as answered; a second answer must be the same
	said    map[string][]spoken          // room -> the customer's acknowledged messages, seq in room/
	replied map[string][]spoken          // room -> the agent's acknowledged messages
	heard   map[string][]client.Event    // room -> what the customer's stream brought
	gained  map[string]map[uint64]string // room -> assignment -> agent
}

func (w *killWorld) ack() {
	w.mu.Lock()
	w.acks++
	w.mu.Unlock()
	select {
	case w.kick <- struct{}{}:
	default:
	}
}

// F-01 on the real disk: 20 times kill -9, and 500 times every night.
func TestF01KillNine(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes; run without -short")
	}
	binary := filepath.Join(t.TempDir(), "switchyard")
	built, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, ".").CombinedOutput()
	require.NoError(t, err, string(built))
	for n := range *killWorlds {
		t.Run(fmt.Sprint("world ", n+1), func(t *testing.T) { killWorldOver(t, binary) })
	}
}

func killWorldOver(t *testing.T, binary string) {
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	node, err := target.StartNode(ctx, binary, "kill-nine-1")
	require.NoError(t, err)
	defer func() { _, _, err := node.Stop(false); require.NoError(t, err) }()
	api := &target.API{Base: node.Base(), HTTP: http.DefaultClient}
	stage, err := target.Set(ctx, api, "demo", "kill-nine-1", []target.Account{{ID: "k1", Name: "하나"}, {ID: "k2", Name: "두리"}, {ID: "k3", Name: "세나"}})
	require.NoError(t, err)
	dialer := client.NewDialer(target.Socket(node.Base()), http.DefaultClient, 40)
	w := &killWorld{
		t: t, kick: make(chan struct{}, 1), rooms: map[string]string{}, said: map[string][]spoken{}, replied: map[string][]spoken{},
		heard: map[string][]client.Event{}, gained: map[string]map[uint64]string{},
	}
	for _, a := range []string{"k1", "k2", "k3"} {
		w.agent(ctx, dialer, stage, a)
	}
	w.left.Add(killCustomers * (1 + killMessages)) // rooms that close, messages that are answered
	for i := range killCustomers {
		w.customer(ctx, dialer, api, fmt.Sprintf("kill%d", i))
	}
	// Kill at even steps of progress, so that every phase of a room is hit.
	total := killCustomers * (killMessages + killAnswers)
	for round := 1; round <= killRounds; round++ {
		for {
			w.mu.Lock()
			enough := w.acks >= total*round/(killRounds+1)
			w.mu.Unlock()
			if enough {
				break
			}
			select {
			case <-w.kick:
			case <-ctx.Done():
				t.Fatalf("round %d: no progress after %d acknowledgements", round, w.acks)
			}
		}
		require.NoError(t, node.Kill())
		require.NoError(t, node.Restart(ctx))
	}
	done := make(chan struct{})
	go func() { w.left.Wait(); close(done) }()
	select {
	case <-done:
	case <-ctx.Done():
		w.mu.Lock()
		defer w.mu.Unlock()
		t.Fatalf("%d of %d acknowledged, rooms %d", w.acks, total, len(w.heard))
	}
	w.check()
}

// customer starts a room, says everything without waiting for anybody, and is done when the room closes.
func (w *killWorld) customer(ctx context.Context, d *client.Dialer, api *target.API, uid string) {
	var closed sync.Once
	var c *client.Client
	c = client.New(ctx, client.Options{
		Dialer: d, Backoff: client.Backoff{Base: 100 * time.Millisecond, Cap: time.Second, ResetAfter: 30 * time.Second},
		Token: func(ctx context.Context, _ bool) (string, error) {
			var out struct {
				Token string `json:"token"`
			}
			err := api.Call(ctx, http.MethodPost, "/v1/sites/demo/visitor-tokens", "", map[string]string{"site_uid": uid}, &out)
			return out.Token, err
		},
		OnEvent: func(e client.Event) {
			if e.Seq == 0 {
				return
			}
			w.mu.Lock()
			w.heard[e.Stream] = append(w.heard[e.Stream], e)
			w.mu.Unlock()
			if e.Type == "room.closed" {
				closed.Do(w.left.Done)
			}
		},
	})
	c.Start()
	w.t.Cleanup(c.Close)
	c.Send(client.Command{Type: "room.start", Data: map[string]any{"client_id": "start-" + uid + "-1234"}}, func(r client.Reply) {
		var out struct {
			Room string `json:"room"`
		}
		if r.Data == nil || json.Unmarshal(r.Data, &out) != nil || out.Room == "" {
			w.t.Errorf("%s: room.start: %s %v %v", uid, r.Data, r.Refused, r.Err)
			return
		}
		w.mu.Lock()
		w.rooms[uid] = out.Room
		w.mu.Unlock()
		stream := "room/" + out.Room
		c.Follow(stream)
		for i := range killMessages {
			id := fmt.Sprintf("%s-message-%04d", uid, i)
			c.Send(client.Command{Type: "message.send", Stream: stream, Data: map[string]any{"client_id": id, "kind": "text", "text": "말 " + id}}, func(r client.Reply) {
				defer w.left.Done()
				if r.Refused != nil && r.Refused.Code == "room_closed" {
					w.ack() // the agent was faster; a refusal that was told holds as well
					return
				}
				w.note(w.said, stream, id, r)
			})
		}
	})
}

// agent answers in every room that it gains and ends it.
func (w *killWorld) agent(ctx context.Context, d *client.Dialer, stage *target.Stage, account string) {
	var c *client.Client
	gained := func(room string, assignment uint64) {
		w.mu.Lock()
		if w.gained[room] == nil {
			w.gained[room] = map[uint64]string{}
		}
		_, known := w.gained[room][assignment]
		w.gained[room][assignment] = account
		w.mu.Unlock()
		if known {
			return
		}
		stream := "desk/" + room
		for i := range killAnswers {
			id := fmt.Sprintf("%s-%s-%04d", account, room[:8], i)
			last := i == killAnswers-1
			c.Send(client.Command{Type: "message.send", Stream: stream, Data: map[string]any{"client_id": id, "assignment": assignment, "kind": "text", "text": "답 " + id}}, func(r client.Reply) {
				w.note(w.replied, "room/"+room, id, r)
				if last {
					c.Send(client.Command{Type: "room.end", Stream: stream, Data: map[string]any{"client_id": "end-" + room[:12], "assignment": assignment}}, func(r client.Reply) {
						if r.Refused != nil || r.Err != nil && ctx.Err() == nil {
							w.t.Errorf("%s: room.end of %s: %v %v", account, room, r.Refused, r.Err)
						}
					})
				}
			})
		}
	}
	c = client.New(ctx, client.Options{
		Dialer: d, Backoff: client.Backoff{Base: 100 * time.Millisecond, Cap: time.Second, ResetAfter: 30 * time.Second},
		Token: func(ctx context.Context, renew bool) (string, error) { return stage.AgentToken(ctx, account, renew) },
		OnEvent: func(e client.Event) {
			if e.Type != "inbox.gained" {
				return
			}
			var in struct {
				Room       string `json:"room"`
				Assignment uint64 `json:"assignment"`
			}
			if err := json.Unmarshal(e.Data, &in); err != nil {
				w.t.Errorf("inbox.gained: %v", err)
				return
			}
			gained(in.Room, in.Assignment)
		},
		OnReset: func(stream string, r client.Reset) {
			var snap struct {
				Rooms []struct {
					Room       string `json:"room"`
					Assignment uint64 `json:"assignment"`
				} `json:"rooms"`
			}
			if json.Unmarshal(r.Snapshot, &snap) == nil {
				for _, x := range snap.Rooms {
					gained(x.Room, x.Assignment)
				}
			}
		},
	})
	c.Start()
	w.t.Cleanup(c.Close)
}

func (w *killWorld) note(in map[string][]spoken, stream, id string, r client.Reply) {
	var s spoken
	if r.Data == nil || json.Unmarshal(r.Data, &s) != nil || s.MessageID == "" {
		w.t.Errorf("%s: %s %v %v", id, r.Data, r.Refused, r.Err)
		return
	}
	s.ClientID = id
	w.mu.Lock()
	in[stream] = append(in[stream], s)
	w.mu.Unlock()
	w.ack()
}

func (w *killWorld) check() {
	w.mu.Lock()
	defer w.mu.Unlock()
	t := w.t
	require.Len(t, w.rooms, killCustomers)
	seen := map[string]bool{}
	for uid, room := range w.rooms {
		require.False(t, seen[room], "two customers in room %s", room)
		seen[room] = true
		stream := "room/" + room
		ids, byMessage, assigned := map[string]int{}, map[string]spoken{}, 0
		for i, e := range w.heard[stream] {
			require.Equal(t, uint64(i+1), e.Seq, "%s: a gap or a double in %s", uid, stream)
			var d spoken
			require.NoError(t, json.Unmarshal(e.Data, &d))
			switch e.Type {
			case "message.new":
				if d.ClientID != "" {
					ids[d.ClientID]++
					d.Seq = e.Seq
					byMessage[d.MessageID] = d
				}
			case "room.assigned":
				assigned++
			}
		}
		require.Equal(t, 1, assigned, "%s was assigned", stream)
		require.Len(t, w.gained[room], 1, "%s had holders %v", stream, w.gained[room])
		for id, n := range ids {
			require.Equal(t, 1, n, "%s stands %d times in %s", id, n, stream)
		}
		for _, s := range w.said[stream] {
			require.Equal(t, s, byMessage[s.MessageID], "acknowledged, and not there as acknowledged")
		}
		for _, s := range w.replied[stream] {
			require.Equal(t, s.ClientID, byMessage[s.MessageID].ClientID, "acknowledged to the agent, and not at the customer's")
		}
		require.Len(t, w.replied[stream], killAnswers)
	}
}
