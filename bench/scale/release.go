package scale

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"switchyard/actors/shell"
	"switchyard/bench/machine"
	"switchyard/protocol"
)

// releaseAgents have so many seats each that everybody who waits gets one.
const releaseAgents = 1000

// releasePart lets rooms wait for the morning; then one tick of the calendar opens the site.
func releasePart(ctx context.Context, r *run) error {
	rooms := min(r.Rooms, 100_000)
	r.say("release: %d rooms wait for the morning", rooms)
	dir := filepath.Join(r.Dir, "release")
	defer os.RemoveAll(dir)
	var assigned atomic.Int64
	all := make(chan struct{})
	n, err := open(dir, 2*rooms, 0, shell.Observer{
		Durable: func(_ protocol.Address, e *protocol.Recorded) {
			if _, ok := e.Event.(*protocol.RoomAssigned); ok && assigned.Add(1) == int64(rooms+besideRooms) {
				close(all)
			}
		},
	})
	if err != nil {
		return err
	}
	n.clock.ahead.Store(int64(untilMorning(time.Now())))
	morning := n.clock.Now().Add(time.Hour)
	n.tick()
	if err := n.ground(siteID, releaseAgents, 999, map[string]any{
		"hours.weekday":  map[string]any{"open": true, "from": "09:00", "to": "18:00"},
		"hours.saturday": map[string]any{"open": true, "from": "09:00", "to": "18:00"},
		"hours.sunday":   map[string]any{"open": true, "from": "09:00", "to": "18:00"},
	}); err != nil {
		return err
	}
	if err := n.ground(besideID, 1, 0, nil); err != nil {
		return err
	}
	beside, err := n.besides()
	if err != nil {
		return err
	}
	n.progress = r.Progress
	if err := n.enter(ctx, 0, rooms, fillWindow, nil); err != nil {
		return err
	}
	if err := n.settle(ctx); err != nil {
		return err
	}
	quiet := n.load(2*time.Millisecond, talk("quiet", beside))
	time.Sleep(r.while(2 * time.Second))
	q50, q99, _, err := quiet.end()
	if err != nil {
		return err
	}
	if got := assigned.Load(); got != besideRooms {
		return fmt.Errorf("%d rooms were assigned before the morning", got-besideRooms)
	}
	others := n.load(2*time.Millisecond, talk("release", beside))
	began := time.Now()
	n.clock.ahead.Add(int64(morning.Sub(n.clock.Now())))
	select {
	case <-all:
	case <-ctx.Done():
		return ctx.Err()
	}
	took := time.Since(began).Seconds()
	p50, p99, longest, err := others.end()
	if err != nil {
		return err
	}
	r.add(Figure{
		Goal: "PERF-2d", What: number(float64(rooms)) + " waiting rooms released by one tick, all durably assigned", Unit: "s", Value: spread(took), Floor: 2, Best: 0.3, Less: true,
	})
	ratio := spread(p99 / q99)
	r.add(Figure{
		Goal: "PERF-2d", What: "p99 of messages in other rooms meanwhile", Unit: "ms", Value: spread(p99), Ceiling: "before", Beside: spread(q99), Floor: 50, Best: 50, Less: true,
		Note: "p50 " + number(p50) + " ms (before " + number(q50) + "), longest " + number(longest) + " ms, ratio of p99 " + ratio.String(),
	})
	if err := n.close(); err != nil {
		return err
	}
	return pure(r, rooms)
}

// untilMorning moves the clock to eight in the morning of the site.
func untilMorning(now time.Time) time.Duration {
	seoul := time.FixedZone("KST", 9*3600)
	local := now.In(seoul)
	eight := time.Date(local.Year(), local.Month(), local.Day(), 8, 0, 0, 0, seoul)
	if !eight.After(local) {
		eight = eight.AddDate(0, 0, 1)
	}
	return eight.Sub(now)
}

// pure is the queue's part of the same morning, in memory.
func pure(r *run, rooms int) error {
	var took []float64
	for range r.Pairs {
		open := newMorning(releaseAgents, rooms)
		began := machine.CPU()
		seated := open()
		took = append(took, (machine.CPU() - began).Seconds())
		if seated != rooms {
			return fmt.Errorf("%d of %d waiting rooms got a seat", seated, rooms)
		}
	}
	r.add(Figure{
		Goal: "PERF-2d", What: "the queue's part of it, in memory", Unit: "s of a core", Value: spread(took...),
		Note: "for information: what of the release is the choice of agents, and not rooms, agents' inboxes and the disk",
	})
	return nil
}

// newMorning lets rooms wait at a mind whose site is closed; open lets it open, and gives how many of them were seated.
func newMorning(agents, rooms int) (open func() int) {
	q := newMind(agents, 0, 0)
	day := protocol.DayHours{Open: true, From: 9 * 60, To: 18 * 60}
	q.facts.Settings.Week = protocol.Week{Weekday: day, Saturday: day, Sunday: day}
	q.wall = time.Date(2021, 6, 9, 8, 0, 0, 0, q.facts.Zone)
	q.run(protocol.HoursTurned{Open: false})
	q.prepare(rooms, 0)
	for _, a := range q.asked {
		q.pass(q.run(a).Tells)
	}
	q.wall = q.wall.Add(time.Hour)
	return func() int { return q.pass(q.run(protocol.HoursTurned{Open: true}).Tells) }
}
