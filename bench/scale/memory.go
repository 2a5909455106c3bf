package scale

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"switchyard/actors/shell"
)

// memoryPart keeps every room in memory, and then lets others come and go beside them.
func memoryPart(ctx context.Context, r *run) error {
	var empties []float64
	for range min(r.Pairs, 3) {
		empties = append(empties, emptyActor(min(r.Rooms, 200_000)))
	}
	dir := filepath.Join(r.Dir, "memory")
	defer os.RemoveAll(dir)
	n, err := open(dir, 2*r.Rooms+100_000, 0, shell.Observer{})
	if err != nil {
		return err
	}
	n.progress = r.Progress
	n.tick()
	if err := n.ground(siteID, r.Agents, 0, map[string]any{"autoclose.agent_delay": delayMinutes}); err != nil {
		return err
	}
	if err := n.settle(ctx); err != nil {
		return err
	}
	before := live()
	r.say("memory: %d rooms begin", r.Rooms)
	if err := n.enter(ctx, 0, r.Rooms, fillWindow, nil); err != nil {
		return err
	}
	if err := n.settle(ctx); err != nil {
		return err
	}
	per := (live() - before) / float64(r.Rooms)
	r.heapProfile("memory")
	one := spread(empties...)
	ratio := spread(per/one.Median, per/one.Max, per/one.Min)
	r.add(Figure{
		Goal: "PERF-3", What: "live heap of a resident idle room, " + number(float64(r.Rooms)) + " rooms", Unit: "B", Value: spread(per), Ceiling: "empty actor", Beside: one,
		Ratio: &ratio, Floor: 4, Best: 2, Less: true,
		Note: "everything that is there because the room is: its actor and state, its place at the queue, its agent's inbox, its deadline, its address",
	})
	resident := float64(n.engine.Resident())

	r.say("memory: rooms come and go beside %.0f actors", resident)
	runtime.GC()
	from := lookAtCollector()
	// The runtime counts a cycle when it ends, and beside so many rooms one begins after minutes only: it goes on until it has two.
	began, done := time.Now(), 0
	for {
		until, stop := context.WithTimeout(ctx, r.while(20*time.Second))
		ended, err := n.turnover(until, r.Rooms+done, 256)
		stop()
		if err != nil {
			return err
		}
		done += ended
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if lookAtCollector().cycles >= from.cycles+2 || time.Since(began) > r.while(5*time.Minute) {
			break
		}
	}
	took := time.Since(began).Seconds()
	if r.brief { // none begins by itself so soon
		runtime.GC()
	}
	to := lookAtCollector()
	if to.cycles == from.cycles {
		return fmt.Errorf("no cycle of the collector ended within %.0f s: nothing can be said about it", took)
	}
	share, worst := to.since(from)
	r.add(Figure{
		Goal: "PERF-10", What: "collector's share of the CPU at saturation, " + number(float64(r.Rooms)) + " rooms resident", Unit: "%", Value: spread(100 * share),
		Floor: 25, Best: 10, Less: true, Note: number(float64(done)/took) + " rooms/s begun and ended with 256 in flight, " + number(float64(to.cycles-from.cycles)) + " cycles",
	})
	r.add(Figure{
		Goal: "PERF-10", What: "worst pause of the collector", Unit: "ms", Value: spread(1000 * worst), Floor: 1, Best: 1, Less: true,
		Note: "upper end of the runtime's histogram bucket",
	})
	err = n.close()
	runtime.KeepAlive(n)
	return err
}
