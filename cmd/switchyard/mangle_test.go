package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// mangler is a line that loses, doubles and swaps durable events of the node on their way to the client, as no line does: what
// it shows is that a client with the gap rule, and a node that answers sync, would outlive a bug that did.
type mangler struct {
	net.Conn
	rng    *rand.Rand
	on     *atomic.Bool
	in     *bufio.Reader
	out    bytes.Buffer
	opened bool
	held   []byte // a frame that comes after the next one
	did    *mangled
}

// mangled counts what was done to the events.
type mangled struct{ lost, doubled, swapped atomic.Int64 }

func (m *mangler) Read(p []byte) (int, error) {
	for m.out.Len() == 0 {
		if !m.opened { // the handshake passes
			for line := ""; line != "\r\n"; {
				var err error
				if line, err = m.in.ReadString('\n'); err != nil {
					return 0, err
				}
				m.out.WriteString(line)
			}
			m.opened = true
			break
		}
		frame, durable, err := m.frame()
		if err != nil {
			return 0, err
		}
		if !durable || !m.on.Load() {
			m.out.Write(frame)
			m.out.Write(m.held)
			m.held = nil
			continue
		}
		switch m.rng.IntN(8) {
		case 0:
			m.did.lost.Add(1)
		case 1:
			m.did.doubled.Add(1)
			m.out.Write(frame)
			m.out.Write(frame)
		case 2:
			if m.held == nil {
				m.did.swapped.Add(1)
				m.held = frame
				continue
			}
			fallthrough
		default:
			m.out.Write(frame)
			m.out.Write(m.held)
			m.held = nil
		}
	}
	return m.out.Read(p)
}

// frame reads one frame as it stands.
func (m *mangler) frame() (frame []byte, durable bool, err error) {
	head, err := m.in.Peek(2)
	if err != nil {
		return nil, false, err
	}
	size, n := int(head[1]), 2
	if size == 126 {
		if head, err = m.in.Peek(4); err != nil {
			return nil, false, err
		}
		size, n = int(binary.BigEndian.Uint16(head[2:])), 4
	}
	frame = make([]byte, n+size)
	for got := 0; got < len(frame); {
		k, err := m.in.Read(frame[got:])
		if err != nil {
			return nil, false, err
		}
		got += k
	}
	return frame, bytes.Contains(frame[:min(len(frame), n+120)], []byte(`,"seq":`)) && !bytes.Contains(frame, []byte(`"type":"stream.`)) && !bytes.Contains(frame, []byte(`"type":"ok"`)), nil
}

// F-16: events that are lost, doubled and swapped between node and client are seen: a gap is asked for with sync, a number that was there is
// ignored, both are counted on both sides, and in the end the client has everything once, in order.
func TestF16LostDoubledAndSwappedEvents(t *testing.T) {
	for seed := range uint64(5) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			inBubble(t, quick, func(w *world) {
				var on atomic.Bool
				did := new(mangled)
				var mu sync.Mutex
				lines := uint64(0)
				agent := w.agent("anna", nil)
				synctest.Wait()
				kim := w.customer("kim", func(c net.Conn) net.Conn {
					mu.Lock()
					defer mu.Unlock()
					lines++
					return &mangler{Conn: c, rng: rand.New(rand.NewPCG(seed, lines)), on: &on, in: bufio.NewReader(c), did: did}
				})
				kim.enters()
				room := <-agent.held
				on.Store(true)
				rng := rand.New(rand.NewPCG(seed, 16))
				said := 0
				for range 40 {
					for range 1 + rng.IntN(10) {
						require.NotNil(w.t, agent.ask("message.send", "desk/"+room, map[string]any{"client_id": fmt.Sprintf("agent-%05d", said), "assignment": 1, "kind": "text", "text": fmt.Sprint("said ", said)}).Data)
						said++
					}
					time.Sleep(time.Duration(rng.IntN(1500)) * time.Millisecond) // of the bubble's time
				}
				on.Store(false) // a last event that was lost is missed by nobody until the next one
				require.NotNil(w.t, agent.ask("message.send", "desk/"+room, map[string]any{"client_id": "agent-last", "assignment": 1, "kind": "text", "text": fmt.Sprint("said ", said)}).Data)
				said++
				time.Sleep(time.Minute) // of the bubble's time
				require.Equal(w.t, int64(1), kim.stats.Connects.Load(), "a resume would bring what sync has to")
				got := kim.texts("room/" + room)
				require.Equal(w.t, numbered("said %d", said), got[len(got)-said:])
				require.Positive(w.t, did.lost.Load()*did.doubled.Load()*did.swapped.Load())
				require.Positive(w.t, kim.stats.Gaps.Load())
				require.Positive(w.t, kim.stats.Repeats.Load())
				require.Positive(w.t, w.metric("switchyard_ws_syncs_total", "role", "VISITOR"))
				w.t.Logf("%d events: %d lost, %d doubled, %d swapped; %d gaps and %d repeats seen", said, did.lost.Load(), did.doubled.Load(), did.swapped.Load(), kim.stats.Gaps.Load(), kim.stats.Repeats.Load())
				agent.leaves()
				kim.leaves()
			})
		})
	}
}
