package scale

import (
	"fmt"
	"testing"
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
