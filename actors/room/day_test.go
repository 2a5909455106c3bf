package room

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"switchyard/protocol"
)

var repeatCases = flag.Int("repeat.cases", 20_000, "repeated writes of TestF15; make clients takes 300,000, make nightly 1,000,000")

// F-15, F-16 on the bare mind: both sides write over a day and repeat what they wrote, at once or a day later, in any order, before and
// after restarts that fold the journal or take the snapshot, and after the close. A repeat gets its first answer and writes
// nothing; with another body it is a conflict; the same id of the other side is another write (I-07).
func TestF15RepeatsOfADay(t *testing.T) {
	type write struct {
		who  protocol.Caller
		id   protocol.ClientID
		body protocol.SendMessage
		sent protocol.Sent
		at   time.Time
	}
	cases, conflicts, restarts := 0, 0, 0
	for seed := uint64(1); cases < *repeatCases; seed++ {
		rng := rand.New(rand.NewPCG(seed, 15))
		x := begin(t).received()
		var writes []write
		// again decides a repeat, which reads only; so it needs no more than a decision.
		again := func(o write, text string) (*protocol.Sent, *protocol.Rejection) {
			body := o.body
			body.Text = text
			c := protocol.Command{Body: body, Caller: o.who, ClientID: o.id, Ticket: 1, Chance: protocol.Chance{byte(cases)}, Wall: x.now, Facts: x.facts, Records: protocol.Records{}}
			for _, ref := range Needs(x.s, c) {
				if ref.Event >= 1 && int(ref.Event) <= len(x.log) {
					c.Records[ref] = protocol.Record{Event: x.log[ref.Event-1].Event, Place: &x.log[ref.Event-1]}
				}
			}
			step, err := Decide(x.s, c, x.now)
			if err != nil {
				return nil, err.(*protocol.Rejection)
			}
			require.Empty(t, step.Events, "seed %d: %s was written twice", seed, o.id)
			require.Empty(t, step.Tells)
			if step.Reply.Err != nil {
				return nil, step.Reply.Err
			}
			s, ok := step.Reply.Result.(protocol.Sent)
			require.True(t, ok)
			return &s, nil
		}
		repeat := func(count int) {
			for range count {
				o := writes[len(writes)-1-rng.IntN(min(len(writes), 100))]
				if rng.IntN(4) == 0 {
					o = writes[rng.IntN(len(writes))]
				}
				if x.now.Sub(o.at) > 24*time.Hour {
					continue // may be forgotten
				}
				cases++
				if rng.IntN(8) == 0 {
					_, rej := again(o, o.body.Text+"!")
					if rej == nil || rej.Code != protocol.Conflict {
						t.Fatalf("seed %d: another body for %s: %v", seed, o.id, rej)
					}
					conflicts++
				}
				s, rej := again(o, o.body.Text)
				want := o.sent
				want.Duplicate = true
				if rej != nil || *s != want {
					t.Fatalf("seed %d: %s after %v: %+v %v, want %+v", seed, o.id, x.now.Sub(o.at), s, rej, want)
				}
			}
		}
		end := x.now.Add(30 * time.Hour)
		for x.now.Before(end) {
			for range 1 + rng.IntN(20) {
				who := []protocol.Caller{visitor, ann}[rng.IntN(2)]
				o := write{who: who, id: protocol.ClientID(fmt.Sprintf("write-%06d", rng.IntN(1_000_000))), at: x.now,
					body: protocol.SendMessage{Room: roomID, Kind: protocol.Text, Text: fmt.Sprint(rng.IntN(1000))}}
				fresh := true
				for _, old := range writes {
					fresh = fresh && (old.id != o.id || old.who.Sender() != who.Sender())
				}
				if who.Role == protocol.Agent {
					o.body.Assignment = x.s.Assignment
				}
				if !fresh {
					continue
				}
				require.Nil(t, x.try(o.who, o.id, o.body))
				o.sent = x.result().(protocol.Sent)
				require.False(t, o.sent.Duplicate)
				writes = append(writes, o)
			}
			repeat(60)
			switch rng.IntN(3) {
			case 0:
				x.s = x.replayed()
				restarts++
			case 1:
				s, err := Restore(x.s.Addr, Snapshot(x.s))
				require.NoError(t, err)
				x.s = s
				restarts++
			}
			repeat(60)
			x.later(time.Duration(rng.Int64N(int64(3 * time.Hour))))
		}
		x.do(visitor, protocol.EndRoom{Room: roomID})
		x.s = x.replayed()
		repeat(100)
	}
	t.Logf("%d repeats and %d conflicts over %d restarts", cases, conflicts, restarts)
}
