package run

import (
	"context"
	"errors"
	"fmt"
	"time"

	"switchyard/bench/load"
	"switchyard/bench/machine"
	"switchyard/bench/report"
	"switchyard/bench/stat"
)

func (r *runner) echoLoad(ctx context.Context, out *report.Load) error {
	l := r.load
	f, err := load.Echo(ctx, r.echo.URL("/echo"), l.Connections, l.Text(), load.Clients(addresses))
	if err != nil {
		return err
	}
	defer f.Close()
	out.Says = fmt.Sprintf("%d connections, window %d, frames of %d bytes", l.Connections, l.Window, f.FrameBytes())
	var rates []float64
	for i := range r.pairs() {
		r.say("%d of %d", i+1, r.pairs())
		s, err := f.Closed(ctx, l.Window, r.warm(), r.measure())
		if err != nil {
			return err
		}
		rates = append(rates, s.PerSecond)
	}
	out.Add("raw echo", "round trips/s", false, rates...)
	return nil
}

// chat measures durable routed messages against the raw echo, in turns.
func (r *runner) chat(ctx context.Context, out *report.Load) (err error) {
	l := r.load
	scene, stop, err := r.scene(ctx)
	if err != nil {
		return err
	}
	defer stop()
	raw, err := load.Echo(ctx, r.echo.URL("/echo"), l.Connections, l.Text(), scene.Clients)
	if err != nil {
		return err
	}
	defer raw.Close()
	c, err := load.NewChat(ctx, scene, load.ChatOptions{Visitors: l.Connections, Agents: l.Agents, Text: l.Text()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Leave(ctx)) }()
	journal, copies := "on the disk", "the sender reads its acknowledgement"
	if l.Memory {
		journal = "in memory"
	}
	if l.OwnCopy {
		copies += " and its own message"
	}
	out.Says = fmt.Sprintf("%d visitors to %d agents, window %d, text of %d bytes in frames of %d, journal %s; %s", l.Connections, l.Agents, l.Window, l.TextBytes, raw.FrameBytes(), journal, copies)

	var perEcho, perChat []float64 // per second of processor time, client and server together
	var echoes, chats, allocs, bytes, collected, commits, clientEcho, serverEcho, clientChat, serverChat []float64
	var last load.Sample
	for i := range r.pairs() {
		r.say("pair %d of %d: echo", i+1, r.pairs())
		cpu, echoCPU := machine.CPU(), r.echo.CPU()
		trips := raw.Accepted()
		a, err := raw.Closed(ctx, l.Window, r.warm(), r.measure())
		if err != nil {
			return fmt.Errorf("echo: %w", err)
		}
		clientEcho, serverEcho = append(clientEcho, (machine.CPU()-cpu).Seconds()), append(serverEcho, (r.echo.CPU()-echoCPU).Seconds())
		perEcho = append(perEcho, float64(raw.Accepted()-trips)/(clientEcho[i]+serverEcho[i]))
		r.say("pair %d of %d: new rooms", i+1, r.pairs())
		if err := c.Rooms(ctx, l.OwnCopy); err != nil {
			return err
		}
		r.say("pair %d of %d: chat, echo was %s/s", i+1, r.pairs(), report.Number(a.PerSecond))
		idle := r.scrape(ctx, scene)
		before := r.scrape(ctx, scene)
		nodeCPU := nodeTime(scene)
		cpu = machine.CPU()
		n := c.Accepted()
		pprof := r.keep(ctx, scene, max(1, int((r.warm()+r.measure())/time.Second)))
		b, err := c.Closed(ctx, l.Window, r.warm(), r.measure())
		if err != nil {
			return err
		}
		clientChat, serverChat = append(clientChat, (machine.CPU()-cpu).Seconds()), append(serverChat, (nodeTime(scene)-nodeCPU).Seconds())
		perChat = append(perChat, float64(c.Accepted()-n)/(clientChat[i]+serverChat[i]))
		if err := pprof(); err != nil {
			return err
		}
		if after := r.scrape(ctx, scene); after != nil {
			d, scraping, messages := after.Since(before), before.Since(idle), float64(c.Accepted()-n)
			allocs = append(allocs, (d[mallocs]-scraping[mallocs])/messages)
			bytes = append(bytes, d["switchyard_log_bytes_total"]/messages)
			commits = append(commits, messages/d["switchyard_commits_total"])
			collected = append(collected, d[gcTime]/d[userTime])
		}
		echoes, chats, last = append(echoes, a.PerSecond), append(chats, b.PerSecond), b
	}
	out.Add("raw echo", "round trips/s", false, echoes...)
	out.Add("durable routed messages", "messages/s", false, chats...)
	out.Add("CPU of the client, echo", "s", true, clientEcho...)
	out.Add("CPU of the server, echo", "s", true, serverEcho...)
	out.Add("CPU of the client, chat", "s", true, clientChat...)
	if scene.Node != nil {
		out.Add("CPU of the node, chat", "s", true, serverChat...)
		out.Add("heap allocations", "per message", true, allocs...)
		out.Add("journal", "bytes/message", true, bytes...)
		out.Add("messages in one sync", "messages", false, commits...)
		out.Add("garbage collection", "share of CPU", true, collected...)
	}
	out.Times = append(out.Times, report.NamedLatency{Name: "acknowledgement, closed loop (of the last pair)", Latency: last.Latency})

	ratios := stat.Ratios(chats, echoes)
	switch {
	case l.Memory && l.Window == 16 && l.Connections == 100:
		r.ratio("PERF-1b", ratios)
	case !l.Memory && l.Connections == 100 && (l.Window == 16 || l.Window == 1) && !l.OwnCopy:
		r.ratio(fmt.Sprintf("PERF-1 w%d", l.Window), ratios)
	default:
		what := fmt.Sprintf("durable routed messages, %d connections, window %d", l.Connections, l.Window)
		if l.OwnCopy {
			what += ", with the sender's own copy"
		}
		r.plain(what, "routed messages/s ÷ raw echo round trips/s", false, ratios)
	}
	if scene.Node != nil {
		r.plain("the same per second of processor time", "(messages ÷ CPU seconds of client and node) ÷ (round trips ÷ CPU seconds of client and echo)", false, stat.Ratios(perChat, perEcho))
	}
	if scene.Node != nil && !l.Memory && l.Window == 16 && l.Connections == 100 && !l.OwnCopy {
		per := float64(l.TextBytes + 64)
		for i := range bytes {
			bytes[i] /= per
		}
		r.ratio("PERF-1d", allocs)
		r.ratio("PERF-1e", bytes)
		r.ratio("PERF-10", collected)
	}
	return nil
}

// The Go runtime's figures among a node's metrics.
const (
	mallocs  = "go_memstats_mallocs_total"
	gcTime   = "go_cpu_classes_gc_total_cpu_seconds_total"
	userTime = "go_cpu_classes_total_cpu_seconds_total"
)

func nodeTime(s *load.Scene) time.Duration {
	if s.Node == nil {
		return 0
	}
	return s.Node.CPU()
}

// latency measures how long an acknowledgement takes over the load, in an open loop, and at
// half of saturation against echo and disk (PERF-1c).
func (r *runner) latency(ctx context.Context, out *report.Load) (err error) {
	l := r.load
	scene, stop, err := r.scene(ctx)
	if err != nil {
		return err
	}
	defer stop()
	raw, err := load.Echo(ctx, r.echo.URL("/echo"), l.Connections, l.Text(), scene.Clients)
	if err != nil {
		return err
	}
	defer raw.Close()
	c, err := load.NewChat(ctx, scene, load.ChatOptions{Visitors: l.Connections, Agents: l.Agents, Text: l.Text()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Leave(ctx)) }()
	out.Says = fmt.Sprintf("%d visitors to %d agents on a schedule; times run from the scheduled instant", l.Connections, l.Agents)
	if err := c.Rooms(ctx, l.OwnCopy); err != nil {
		return err
	}
	r.say("finding saturation")
	full, err := c.Closed(ctx, saturationWindow, r.warm(), r.measure())
	if err != nil {
		return err
	}
	out.Add("saturation", "messages/s", false, full.PerSecond)
	curve := report.Curve{
		Name: l.Name, Title: "Latency over load (open loop)", X: report.Axis{Name: "offered load", Unit: "messages/s"}, Y: report.Axis{Name: "from the scheduled instant", Unit: "ms", Log: true},
		Series: []report.Series{{Name: "acknowledgement p50"}, {Name: "acknowledgement p99"}, {Name: "acknowledgement p99.9"}, {Name: "delivery p99"}},
	}
	for _, share := range l.Shares {
		rate := share * full.PerSecond
		r.say("open loop at %.0f %% of %s/s", 100*share, report.Number(full.PerSecond))
		if err := c.Rooms(ctx, l.OwnCopy); err != nil {
			return err
		}
		s, err := c.Open(ctx, rate, r.warm(), r.measure())
		if errors.Is(err, load.ErrRefused) && share > 0.5 {
			// What was found with full batches can be more than is answered frame by frame. The curve ends here, and says so.
			out.Says += fmt.Sprintf("; at %.0f %% the node refuses: %v", 100*share, s.Refused)
			break
		}
		if err != nil {
			return fmt.Errorf("at %.0f %% of saturation: %w", 100*share, err)
		}
		for i, v := range []float64{s.Latency.P50, s.Latency.P99, s.Latency.P999, s.Other.P99} {
			curve.Series[i].Points = append(curve.Series[i].Points, report.Point(rate, stat.Of([]float64{v})))
		}
		name := fmt.Sprintf("at %.0f %%, %s/s: ", 100*share, report.Number(rate))
		out.Times = append(out.Times, report.NamedLatency{Name: name + "acknowledgement", Latency: s.Latency}, report.NamedLatency{Name: name + "delivery", Latency: s.Other}, report.NamedLatency{Name: name + "written late by", Latency: s.Late})
	}
	r.report.Curves = append(r.report.Curves, curve)

	var ratios, acks, echoes, syncs []float64
	for i := range r.pairs() {
		r.say("half of saturation, pair %d of %d", i+1, r.pairs())
		if err := c.Rooms(ctx, l.OwnCopy); err != nil {
			return err
		}
		a, err := raw.Open(ctx, full.PerSecond/2, r.warm(), r.measure())
		if err != nil {
			return fmt.Errorf("echo: %w", err)
		}
		_, sync, err := machine.Sync(r.folder)
		if err != nil {
			return err
		}
		b, err := c.Open(ctx, full.PerSecond/2, r.warm(), r.measure())
		if err != nil {
			return err
		}
		acks, echoes, syncs = append(acks, b.Latency.P99), append(echoes, a.Latency.P99), append(syncs, ms(sync))
		ratios = append(ratios, b.Latency.P99/(a.Latency.P99+ms(sync)))
	}
	out.Add("p99 acknowledgement at half of saturation", "ms", true, acks...)
	out.Add("p99 echo at the same rate", "ms", true, echoes...)
	out.Add("p99 fsync beside it", "ms", true, syncs...)
	r.ratio("PERF-1c", ratios)
	return nil
}

// saturationWindow is the window at which a node is called saturated.
const saturationWindow = 16
