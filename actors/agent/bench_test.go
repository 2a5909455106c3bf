package agent

import (
	"fmt"
	"testing"

	"switchyard/protocol"
)

// BenchmarkARoomComesAndGoes is one room more and one room less of an agent who has so many: what each costs beside the rest of a step, and how
// much of it grows with the others.
func BenchmarkARoomComesAndGoes(b *testing.B) {
	for _, n := range []int{10, 100, 1000, 15000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			x := begin(b)
			room := func(i int) protocol.RoomID { return protocol.RoomID(fmt.Sprintf("r_%026d", i)) }
			act := func(body protocol.Body) {
				step, err := Decide(x.s, protocol.Command{Body: body, Caller: internal, Wall: x.now, Facts: x.facts}, x.now)
				if err != nil || len(step.Events) != 1 {
					b.Fatal(err, step.Events)
				}
				Apply(x.s, x.s.Log.Next(step.Events[0], protocol.At(x.now)))
			}
			for i := range n {
				act(protocol.GainRoom{Gained: protocol.InboxGained{Room: room(i), Assignment: 1}})
			}
			ids := make([]protocol.RoomID, 4096)
			for i := range ids {
				ids[i] = room(n + i)
			}
			b.ReportAllocs()
			i := 0
			for b.Loop() { // the newest goes: the place that a search finds last
				act(protocol.GainRoom{Gained: protocol.InboxGained{Room: ids[i%4096], Assignment: 1}})
				act(protocol.LoseRoom{Lost: protocol.InboxLost{Room: ids[i%4096], Assignment: 1}})
				i++
			}
		})
	}
}
