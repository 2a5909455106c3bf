package run

import (
	"context"
	"errors"
	"fmt"
	"time"

	"switchyard/bench/load"
	"switchyard/bench/report"
	"switchyard/bench/stat"
	"switchyard/bench/target"
)

const resident = "process_resident_memory_bytes"

// overload offers a multiple of what saturates the node, in turns with saturation, and looks at what is accepted of it (REL-3). The
// node's bounds of what is undurable are those of every node; a refusal is an answer.
func (r *runner) overload(ctx context.Context, out *report.Load) (err error) {
	l := r.load
	scene, c, stop, err := r.chatters(ctx)
	if err != nil {
		return err
	}
	defer stop(&err)
	out.Says = fmt.Sprintf("%d visitors to %d agents; %g times the saturation is offered, every visitor on a schedule of its own; a refused frame is answered and counts for nothing", l.Connections, l.Agents, l.Times)
	var peaks, goods, offered, ratios, refused, slow, memory []float64
	var last load.Sample
	for i := range r.pairs() {
		r.say("pair %d of %d: saturation", i+1, r.pairs())
		if err := c.Rooms(ctx, false); err != nil {
			return err
		}
		peak, err := c.Closed(ctx, saturationWindow, r.warm(), r.measure())
		if err != nil {
			return err
		}
		r.say("pair %d of %d: %g times %s/s", i+1, r.pairs(), l.Times, report.Number(peak.PerSecond))
		if err := c.Rooms(ctx, false); err != nil {
			return err
		}
		s, err := c.Overload(ctx, l.Times*peak.PerSecond, r.warm(), r.measure())
		if err != nil {
			return err
		}
		peaks, goods, offered = append(peaks, peak.PerSecond), append(goods, s.PerSecond), append(offered, s.Offered)
		ratios, slow = append(ratios, s.PerSecond/peak.PerSecond), append(slow, s.Latency.P99/peak.Latency.P99)
		refused = append(refused, float64(s.Answered-s.Accepted)/float64(max(1, s.Answered)))
		if m := r.scrape(ctx, scene); m != nil {
			memory = append(memory, m[resident]/(1<<20))
		}
		last = s
	}
	out.Add("saturation", "messages/s", false, peaks...)
	out.Add("offered", "messages/s", false, offered...)
	out.Add("accepted of it", "messages/s", false, goods...)
	out.Add("refused", "share of the answers", true, refused...)
	if memory != nil {
		out.Add("memory of the node afterwards", "MB", true, memory...)
	}
	out.Times = append(out.Times, report.NamedLatency{Name: "acknowledgement of what was accepted, from the scheduled instant (of the last pair)", Latency: last.Latency})
	if l.Times == 10 {
		r.ratio("REL-3", ratios)
	} else {
		r.plain(fmt.Sprintf("accepted at %g times the load", l.Times), "accepted messages/s ÷ saturation", false, ratios)
	}
	r.plain("p99 of what is accepted, from the scheduled instant", "÷ p99 at saturation", true, slow)
	return nil
}

// watched reads the node's metrics every second in one half of each pair (OPS-2).
func (r *runner) watched(ctx context.Context, out *report.Load) (err error) {
	l := r.load
	scene, c, stop, err := r.chatters(ctx)
	if err != nil {
		return err
	}
	defer stop(&err)
	if scene.Node == nil {
		out.Says = "left out: the operations listener of a given target is not known"
		return nil
	}
	out.Says = fmt.Sprintf("%d visitors to %d agents, window %d; in the second half of each pair the metrics are read every second. Counting itself is never off", l.Connections, l.Agents, l.Window)
	var alone, watched, scrapes []float64
	for i := range r.pairs() {
		measure := func(what string) (float64, error) {
			r.say("pair %d of %d: %s", i+1, r.pairs(), what)
			if err := c.Rooms(ctx, false); err != nil {
				return 0, err
			}
			s, err := c.Closed(ctx, l.Window, r.warm(), r.measure())
			return s.PerSecond, err
		}
		a, err := measure("alone")
		if err != nil {
			return err
		}
		looking, done := context.WithCancel(ctx)
		times := make(chan []float64, 1)
		go func() { times <- look(looking, scene.Node.Ops()) }()
		b, err := measure("watched")
		done()
		scrapes = append(scrapes, <-times...)
		if err != nil {
			return err
		}
		alone, watched = append(alone, a), append(watched, b)
	}
	out.Add("alone", "messages/s", false, alone...)
	out.Add("watched", "messages/s", false, watched...)
	out.Add("one reading of the metrics", "ms", true, scrapes...)
	r.ratio("OPS-2", stat.Ratios(watched, alone))
	return nil
}

// look reads the metrics at once and then every second, and says how long each reading took, in milliseconds.
func look(ctx context.Context, ops string) (took []float64) {
	every := time.NewTicker(time.Second)
	defer every.Stop()
	for {
		began := time.Now()
		if _, err := target.Scrape(ctx, ops); err == nil {
			took = append(took, ms(time.Since(began)))
		}
		select {
		case <-every.C:
		case <-ctx.Done():
			return took
		}
	}
}

// chatters sets the scene of a load of chatting visitors; stop ends it, and adds what went wrong then.
func (r *runner) chatters(ctx context.Context) (*load.Scene, *load.Chat, func(*error), error) {
	scene, stop, err := r.scene(ctx)
	if err != nil {
		return nil, nil, nil, err
	}
	c, err := load.NewChat(ctx, scene, load.ChatOptions{Visitors: r.load.Connections, Agents: r.load.Agents, Text: r.load.Text()})
	if err != nil {
		stop()
		return nil, nil, nil, err
	}
	return scene, c, func(err *error) {
		*err = errors.Join(*err, c.Leave(ctx))
		stop()
	}, nil
}
