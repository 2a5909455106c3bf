package scale

import (
	"fmt"
	"testing"

	"switchyard/actors/shell"
	"switchyard/protocol"
)

// BenchmarkAssignment is PERF-2's assignment for the profiler.
func BenchmarkAssignment(b *testing.B) {
	q := newMind(10_000, 1000, 20)
	q.cycle(1, 10_000, 1000)
	q.prepare(b.N, 1000)
	b.ReportAllocs()
	b.ResetTimer()
	for _, a := range q.asked {
		q.assign(a, 30_000)
	}
}

// BenchmarkMorning is the queue's part of a line that is released at once.
func BenchmarkMorning(b *testing.B) {
	for _, rooms := range []int{1000, 10_000, 100_000} {
		b.Run(fmt.Sprintf("rooms=%d", rooms), func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				b.StopTimer()
				open := newMorning(releaseAgents, rooms)
				b.StartTimer()
				if open() != rooms {
					b.Fatal("somebody waits")
				}
			}
		})
	}
}

// BenchmarkMessage is a routed message without its sockets: 64 rooms, 16 messages of each on their way, followed by the desk.
func BenchmarkMessage(b *testing.B) {
	n, rooms := besides(b)
	for _, r := range rooms {
		n.engine.Follow(protocol.Stream{View: protocol.StreamDesk, Of: protocol.RoomAt(besideID, r)}, 0, 0, deaf{})
	}
	say := talk("bench", rooms)
	b.ReportAllocs()
	b.ResetTimer()
	slots := make(chan struct{}, 16*len(rooms))
	answered := func(_ protocol.Result, err *protocol.Rejection) {
		if err != nil {
			b.Error(err)
		}
		<-slots
	}
	for i := range b.N {
		slots <- struct{}{}
		to, c := say(i)
		n.engine.Ask(to, c, answered)
	}
	for range cap(slots) {
		slots <- struct{}{}
	}
	b.StopTimer()
}

// BenchmarkRoom is PERF-2b's room: started, assigned, ended; 32 at a time.
func BenchmarkRoom(b *testing.B) {
	n, _ := besides(b)
	if err := n.ground(siteID, 100, 0, nil); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.ResetTimer()
	slots := make(chan *protocol.Rejection, 32)
	for range cap(slots) {
		slots <- nil
	}
	for i := range b.N {
		if err := <-slots; err != nil {
			b.Fatal(err)
		}
		n.startAndEnd(i, slots)
	}
	for range cap(slots) {
		<-slots
	}
	b.StopTimer()
}

func besides(b *testing.B) (*node, []protocol.RoomID) {
	n, err := open(b.TempDir(), 10_000, 0, shell.Observer{})
	if err != nil {
		b.Fatal(err)
	}
	n.tick()
	b.Cleanup(func() {
		if err := n.close(); err != nil {
			b.Error(err)
		}
	})
	if err := n.ground(besideID, 1, 0, nil); err != nil {
		b.Fatal(err)
	}
	rooms, err := n.besides()
	if err != nil {
		b.Fatal(err)
	}
	return n, rooms
}

// deaf follows and forgets.
type deaf struct{}

func (deaf) Push(*protocol.Recorded, []byte, bool) bool { return true }
func (deaf) Live(uint64)                                {}
func (deaf) Reset(string)                               {}
func (deaf) Ephemeral(string, []byte)                   {}

// PERF-2: an assignment is three steps of the queue's mind; the answer to the room and the seat with its reasons are made anew,
// the other three allocations are the bodies that this harness brings.
func TestAnAssignmentAllocatesLittle(t *testing.T) {
	q := newMind(100, 10, 20)
	q.cycle(1, 100, 10)
	q.prepare(2000, 10)
	i := 0
	n := testing.AllocsPerRun(1000, func() { q.assign(q.asked[i], 300); i++ })
	if n > 5 {
		t.Errorf("%v allocations", n)
	}
}
