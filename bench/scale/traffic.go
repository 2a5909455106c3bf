package scale

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"switchyard/protocol"
)

// besideRooms is how many rooms the site beside has.
const besideRooms = 64

// besides gives the rooms of the site beside, and makes them where they are not there yet: a start of a customer whose room
// is open leads to that room.
func (n *node) besides() ([]protocol.RoomID, error) {
	rooms := make([]protocol.RoomID, besideRooms)
	for i := range rooms {
		c := start(besideID, i)
		c.ClientID = "" // not a repeat, but another arrival
		r, err := n.ask(protocol.CustomersAt(besideID), c)
		if err != nil {
			return nil, fmt.Errorf("the site beside: %w", err)
		}
		rooms[i] = r.(protocol.Started).Room
	}
	return rooms, nil
}

// traffic is an open loop of commands: each is due at its instant, and its time counts from there, whether or not the one before
// was answered (no coordinated omission).
type traffic struct {
	stop  chan struct{}
	ended chan struct{}
	mu    sync.Mutex
	h     *hdrhistogram.Histogram
	left  sync.WaitGroup
	bad   int
}

// load starts an open loop that sends the i-th command every period.
func (n *node) load(period time.Duration, command func(i int) (protocol.Address, protocol.Command)) *traffic {
	t := &traffic{stop: make(chan struct{}), ended: make(chan struct{}), h: hdrhistogram.New(1, int64(10*time.Minute), 3)}
	go func() {
		defer close(t.ended)
		due := time.Now()
		for i := 0; ; i++ {
			select {
			case <-t.stop:
				return
			case <-time.After(time.Until(due)):
			}
			to, c := command(i)
			from := due
			t.left.Add(1)
			n.engine.Ask(to, c, func(_ protocol.Result, err *protocol.Rejection) {
				took := time.Since(from)
				t.mu.Lock()
				if err != nil {
					t.bad++
				}
				_ = t.h.RecordValue(min(max(int64(took), 1), int64(10*time.Minute))) // inside its range by construction
				t.mu.Unlock()
				t.left.Done()
			})
			due = due.Add(period)
		}
	}()
	return t
}

// end stops the loop, waits for the answers and gives p50, p99 and the longest, in milliseconds.
func (t *traffic) end() (p50, p99, longest float64, err error) {
	close(t.stop)
	<-t.ended
	t.left.Wait()
	if t.bad > 0 {
		return 0, 0, 0, fmt.Errorf("%d of %d commands of the traffic beside were refused", t.bad, t.h.TotalCount())
	}
	ms := func(ns int64) float64 { return float64(ns) / 1e6 }
	return ms(t.h.ValueAtQuantile(50)), ms(t.h.ValueAtQuantile(99)), ms(t.h.Max()), nil
}

// talk is a message of a customer of the site beside.
func talk(run string, rooms []protocol.RoomID) func(i int) (protocol.Address, protocol.Command) {
	return func(i int) (protocol.Address, protocol.Command) {
		k := i % len(rooms)
		return protocol.RoomAt(besideID, rooms[k]), protocol.Command{
			Body:     protocol.SendMessage{Room: rooms[k], Kind: protocol.Text, Text: "배송이 언제 되나요?"},
			ClientID: protocol.ClientID(fmt.Sprintf("%s-%08d", run, i)),
			Caller:   protocol.Caller{Role: protocol.Visitor, Site: besideID, Customer: customerKey(besideID, k)},
		}
	}
}

// turnover lets customers start rooms and end them at once, window of them at a time, until ctx is done, beginning with the
// from-th; it gives how many rooms were begun and ended.
func (n *node) turnover(ctx context.Context, from, window int) (rooms int, err error) {
	slots := make(chan *protocol.Rejection, window)
	for range window {
		slots <- nil
	}
	for i := from; ; i++ {
		if err := <-slots; err != nil {
			return rooms, err
		}
		if ctx.Err() != nil {
			for range window - 1 {
				<-slots
			}
			return rooms, nil
		}
		n.startAndEnd(i, slots)
		rooms++
	}
}

// startAndEnd lets the i-th customer start a room and end it.
func (n *node) startAndEnd(i int, ended chan<- *protocol.Rejection) {
	c := start(siteID, i)
	n.engine.Ask(protocol.CustomersAt(siteID), c, func(r protocol.Result, err *protocol.Rejection) {
		s, ok := r.(protocol.Started)
		if !ok || err != nil {
			ended <- err
			return
		}
		n.engine.Ask(protocol.RoomAt(siteID, s.Room), protocol.Command{
			Body: protocol.EndRoom{Room: s.Room}, ClientID: protocol.ClientID(fmt.Sprintf("end-%08d", i)), Caller: c.Caller,
		}, func(_ protocol.Result, err *protocol.Rejection) { ended <- err })
	})
}
