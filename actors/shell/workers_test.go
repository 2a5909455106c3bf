package shell

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// TestWorkersStay: what is scheduled runs, each once; those who ran it work again, few of them stay, and none after the end.
func TestWorkersStay(t *testing.T) {
	synctest.Test(t, testWorkersStay)
}

func testWorkersStay(t *testing.T) {
	var w workers
	for range 3 {
		var all sync.WaitGroup
		var mu sync.Mutex
		ran := map[int]int{}
		hold := make(chan struct{})
		for i := range 2 * workersKept {
			all.Add(1)
			w.Schedule(func() {
				<-hold // all at once: nobody waits for a worker that is busy
				mu.Lock()
				ran[i]++
				mu.Unlock()
				all.Done()
			})
		}
		close(hold)
		all.Wait()
		require.Len(t, ran, 2*workersKept)
		for i, n := range ran {
			require.Equal(t, 1, n, i)
		}
	}
	w.mu.Lock()
	require.LessOrEqual(t, len(w.idle), workersKept)
	w.mu.Unlock()
	time.Sleep(workersLook) // virtual: the first look only counts
	w.mu.Lock()
	require.NotEmpty(t, w.idle)
	w.mu.Unlock()
	time.Sleep(workersLook)
	synctest.Wait()
	w.mu.Lock()
	require.Empty(t, w.idle, "nobody was needed")
	w.mu.Unlock()
	w.Schedule(func() {})
	synctest.Wait()
	w.mu.Lock()
	require.Len(t, w.idle, 1)
	w.mu.Unlock()
	w.stop()
	require.Empty(t, w.idle)
	done := make(chan struct{})
	w.Schedule(func() { close(done) }) // a mailbox that still has something to do
	<-done
}

// BenchmarkSchedule compares a worker's turn with a goroutine's, with a stack as deep as a step's.
func BenchmarkSchedule(b *testing.B) {
	var deep func(n int) byte
	deep = func(n int) byte {
		var frame [512]byte
		if n > 0 {
			frame[n] = deep(n - 1)
		}
		return frame[n/2]
	}
	for _, bench := range []struct {
		name     string
		schedule func(func())
	}{{"workers", (&workers{}).Schedule}, {"goroutines", func(fn func()) { go fn() }}} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			done := make(chan struct{})
			fn := func() { deep(30); done <- struct{}{} }
			for b.Loop() {
				bench.schedule(fn)
				<-done
			}
		})
	}
}
