package ceiling

import (
	"context"
	"io"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"github.com/asynkron/protoactor-go/actor"
)

// empty is an actor without a state.
type empty struct{}

func (*empty) Receive(actor.Context) {}

// countdown answers nothing and says when it has seen its last message.
type countdown struct {
	left int
	done *sync.WaitGroup
}

func (c *countdown) Receive(ctx actor.Context) {
	if _, ok := ctx.Message().(*struct{}); ok {
		if c.left--; c.left == 0 {
			c.done.Done()
		}
	}
}

func quietSystem() *actor.ActorSystem {
	return actor.NewActorSystem(actor.WithLoggerFactory(func(*actor.ActorSystem) *slog.Logger {
		return slog.New(slog.NewTextHandler(io.Discard, nil))
	}))
}

// ActorBytes is the live heap per empty idle actor, of n.
func ActorBytes(n int) float64 {
	system := quietSystem()
	live := func() uint64 {
		runtime.GC()
		runtime.GC() // the second one takes what the first one's finalizers freed
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := live()
	props := actor.PropsFromProducer(func() actor.Actor { return &empty{} })
	pids := make([]*actor.PID, n)
	for i := range pids {
		pids[i] = system.Root.Spawn(props)
	}
	time.Sleep(50 * time.Millisecond) // for the mailboxes' goroutines to be idle
	after := live()
	bytes := float64(after-before)/float64(n) - 8 // the list's own pointer
	var stopped sync.WaitGroup
	for _, pid := range pids {
		stopped.Go(func() { _ = system.Root.StopFuture(pid).Wait() }) // a slow stop leaves garbage, which the next repetition's first reading holds
	}
	stopped.Wait()
	system.Shutdown()
	return bytes
}

// ActorMessages sends to a hundred actors in turns for a while; messages handled per second.
func ActorMessages(ctx context.Context, d time.Duration) (float64, error) {
	const actors, each = 100, 2_000
	system := quietSystem()
	defer system.Shutdown()
	began, n := time.Now(), 0
	message := &struct{}{}
	for time.Since(began) < d && ctx.Err() == nil {
		var done sync.WaitGroup
		done.Add(actors)
		pids := make([]*actor.PID, actors)
		for i := range pids {
			c := &countdown{left: each, done: &done}
			pids[i] = system.Root.Spawn(actor.PropsFromProducer(func() actor.Actor { return c }))
		}
		for range each {
			for _, pid := range pids {
				system.Root.Send(pid, message)
			}
		}
		done.Wait()
		for _, pid := range pids {
			system.Root.Stop(pid)
		}
		n += actors * each
	}
	return float64(n) / time.Since(began).Seconds(), ctx.Err()
}
