package scale

import (
	"context"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"switchyard/actors/shell"
	"switchyard/bench/machine"
	"switchyard/protocol"
)

// durablePart lets rooms begin, be assigned and end, as fast as 256 customers at a time can.
func durablePart(ctx context.Context, r *run) error {
	dir := filepath.Join(r.Dir, "durable")
	defer os.RemoveAll(dir)
	var events atomic.Int64
	n, err := open(dir, 200_000, 0, shell.Observer{Durable: func(protocol.Address, *protocol.Recorded) { events.Add(1) }})
	if err != nil {
		return err
	}
	n.tick()
	if err := n.ground(siteID, 1000, 0, nil); err != nil {
		return err
	}
	from := 0
	for _, window := range []int{1, 32, 256} {
		var rooms, records, ceilings, ratios, ratios2, busy []float64
		for range r.Pairs {
			bare, err := syncedBatches(ctx, r.Dir, 256, time.Second)
			if err != nil {
				return err
			}
			until, stop := context.WithTimeout(ctx, 2*time.Second)
			before, began, cpu := events.Load(), time.Now(), machine.CPU()
			done, err := n.turnover(until, from, window)
			took := time.Since(began).Seconds()
			stop()
			if err != nil {
				return err
			}
			busy = append(busy, (machine.CPU()-cpu).Seconds()*1e6/float64(done))
			from += done + window
			rate, rec := float64(done)/took, float64(events.Load()-before)/took
			rooms, records, ceilings = append(rooms, rate), append(records, rec), append(ceilings, bare)
			ratios, ratios2 = append(ratios, rate/bare), append(ratios2, rec/bare)
		}
		a, b := spread(ratios...), spread(ratios2...)
		f := Figure{
			Goal: "PERF-2b", What: number(float64(window)) + " in flight: rooms assigned and closed", Unit: "rooms/s", Value: spread(rooms...),
			Ceiling: "bare synced batches of 100", Beside: spread(ceilings...), CeilU: "records/s", Ratio: &a,
			Note: spread(busy...).String() + " µs of processor a room, the asking included",
		}
		g := Figure{
			Goal: "PERF-2b", What: number(float64(window)) + " in flight: their events", Unit: "events/s", Value: spread(records...),
			Ceiling: "bare synced batches of 100", Beside: spread(ceilings...), CeilU: "records/s", Ratio: &b,
		}
		if window == 256 {
			f.Floor, f.Best, g.Floor, g.Best = 0.05, 0.15, 0.5, 1
		}
		r.add(f)
		r.add(g)
	}
	return n.close()
}
