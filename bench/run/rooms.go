package run

import (
	"context"
	"errors"
	"fmt"
	"time"

	"switchyard/bench/ceiling"
	"switchyard/bench/load"
	"switchyard/bench/machine"
	"switchyard/bench/report"
	"switchyard/bench/stat"
)

// batchRecords is the size of the synced batches that rooms are measured against.
const batchRecords = 100

// seatsSpare is how many more seats than rooms on their way the agents have, so that a room never waits for one.
const seatsSpare = 2

// assign measures whole rooms against synced batches of bare Pebble, in turns.
func (r *runner) assign(ctx context.Context, out *report.Load) (err error) {
	l := r.load
	scene, stop, err := r.scene(ctx)
	if err != nil {
		return err
	}
	defer stop()
	bare, err := ceiling.NewBatches("")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, bare.Close()) }()
	a, err := load.NewAssign(ctx, scene, load.AssignOptions{Prefix: "bench.assign", Visitors: l.Connections, Agents: l.Agents, Limit: seatsSpare * (1 + l.InFlight/l.Agents)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Leave(ctx)) }()
	out.Says = fmt.Sprintf("rooms requested, gated, assigned to the least loaded of %d agents, seen by it and ended; %d on their way, %d customers", l.Agents, l.InFlight, l.Connections)
	var ceilings, rates, records, entries, client, node []float64
	var last load.AssignSample
	for i := range r.pairs() {
		r.say("pair %d of %d: bare store", i+1, r.pairs())
		c, err := bare.Run(ctx, batchRecords, r.measure())
		if err != nil {
			return err
		}
		r.say("pair %d of %d: rooms, bare store took %s records/s", i+1, r.pairs(), report.Number(c))
		before, began := r.scrape(ctx, scene), time.Now()
		cpu, nodeCPU := machine.CPU(), nodeTime(scene)
		pprof := r.keep(ctx, scene, max(1, int((r.warm()+r.measure())/time.Second)))
		s, err := a.Run(ctx, l.InFlight, r.warm(), r.measure())
		if err := errors.Join(err, pprof()); err != nil {
			return err
		}
		client, node = append(client, (machine.CPU()-cpu).Seconds()), append(node, (nodeTime(scene)-nodeCPU).Seconds())
		if after := r.scrape(ctx, scene); after != nil {
			n := after.Since(before)["switchyard_commit_batch_entries_sum"]
			records = append(records, n/time.Since(began).Seconds())
			entries = append(entries, n/time.Since(began).Seconds()/s.PerSecond)
		}
		ceilings, rates, last = append(ceilings, c), append(rates, s.PerSecond), s
	}
	out.Add("bare Pebble, synced batches of 100", "records/s", false, ceilings...)
	out.Add("rooms assigned and closed", "rooms/s", false, rates...)
	out.Add("CPU of the client", "s", true, client...)
	if scene.Node != nil {
		out.Add("CPU of the node", "s", true, node...)
		out.Add("log records of the node", "records/s", false, records...)
		out.Add("log records of a room", "records/room", true, entries...)
	}
	out.Times = append(out.Times,
		report.NamedLatency{Name: "request to the agent's notice (of the last pair)", Latency: last.Seen},
		report.NamedLatency{Name: "request to the acknowledged end", Latency: last.Whole})
	if l.InFlight == 32 {
		r.ratio("PERF-2b rooms", stat.Ratios(rates, ceilings))
		if scene.Node != nil {
			r.ratio("PERF-2b records", stat.Ratios(records, ceilings))
		}
	} else {
		r.plain(fmt.Sprintf("durable rooms assigned and closed, %d in flight", l.InFlight), "rooms/s ÷ records/s of bare Pebble in synced batches of 100", false, stat.Ratios(rates, ceilings))
	}
	return nil
}

// backlog measures how a line is worked off when the agents come.
func (r *runner) backlog(ctx context.Context, out *report.Load) (err error) {
	l := r.load
	scene, stop, err := r.scene(ctx)
	if err != nil {
		return err
	}
	defer stop()
	a, err := load.NewAssign(ctx, scene, load.AssignOptions{Prefix: "bench.backlog", Agents: l.Agents, Limit: l.InFlight})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Leave(ctx)) }()
	out.Says = fmt.Sprintf("%d rooms wait, then %d agents who take %d rooms at a time come online and end each room as they see it", l.Rooms, l.Agents, l.InFlight)
	var first, all, rates []float64
	for i := range r.pairs() {
		r.say("%d of %d: %d rooms", i+1, r.pairs(), l.Rooms)
		s, err := a.Backlog(ctx, l.Rooms)
		if err != nil {
			return err
		}
		first, all, rates = append(first, ms(s.First)), append(all, s.All.Seconds()), append(rates, float64(l.Rooms)/s.All.Seconds())
	}
	out.Add("first room seen", "ms", true, first...)
	out.Add("all rooms ended", "s", true, all...)
	out.Add("rooms worked off", "rooms/s", false, rates...)
	return nil
}

// mixed is a little of everything on one node.
func (r *runner) mixed(ctx context.Context, out *report.Load) (err error) {
	l := r.load
	scene, stop, err := r.scene(ctx)
	if err != nil {
		return err
	}
	defer stop()
	c, err := load.NewChat(ctx, scene, load.ChatOptions{Visitors: l.Connections, Agents: l.Agents, Text: l.Text()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Leave(ctx)) }()
	if err := c.Rooms(ctx, true); err != nil {
		return err
	}
	a, err := load.NewAssign(ctx, scene, load.AssignOptions{Prefix: "bench.mixed", Visitors: 2 * l.InFlight, Agents: l.Agents, Limit: seatsSpare * (1 + l.InFlight/l.Agents)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Leave(ctx)) }()
	out.Says = fmt.Sprintf("%.0f messages/s on a schedule in %d rooms, while rooms come and go, %d on their way, and sockets come and go one after the other", l.PerSecond, l.Connections, l.InFlight)
	var rooms, sockets []float64
	for i := range r.pairs() {
		r.say("%d of %d", i+1, r.pairs())
		running, end := context.WithCancel(ctx)
		assigned, opened := make(chan error, 1), make(chan int, 1)
		go func() {
			s, err := a.Run(running, l.InFlight, r.warm(), r.measure())
			rooms = append(rooms, s.PerSecond)
			out.Times = append(out.Times, report.NamedLatency{Name: fmt.Sprintf("%d: request to the agent's notice", i+1), Latency: s.Seen})
			assigned <- err
		}()
		go func() { opened <- load.Churn(running, scene) }()
		began := time.Now()
		s, err := c.Open(ctx, l.PerSecond, r.warm(), r.measure())
		err = errors.Join(err, <-assigned)
		end()
		sockets = append(sockets, float64(<-opened)/time.Since(began).Seconds())
		if err != nil {
			return err
		}
		out.Times = append(out.Times, report.NamedLatency{Name: fmt.Sprintf("%d: acknowledgement of a message", i+1), Latency: s.Latency}, report.NamedLatency{Name: fmt.Sprintf("%d: delivery of a message", i+1), Latency: s.Other})
	}
	out.Add("rooms assigned and closed beside it", "rooms/s", false, rooms...)
	out.Add("sockets opened and closed beside it", "sockets/s", false, sockets...)
	return nil
}

// scaling measures throughput against the number of connections and rooms, which are as many.
func (r *runner) scaling(ctx context.Context, out *report.Load) error {
	l := r.load
	out.Says = fmt.Sprintf("window %d; each connection has a room of its own, ten of them an agent", l.Window)
	echoes, chats := report.Series{Name: "raw echo"}, report.Series{Name: "durable routed messages"}
	for _, n := range l.Counts {
		err := func() (err error) {
			scene, stop, err := r.scene(ctx)
			if err != nil {
				return err
			}
			defer stop()
			raw, err := load.Echo(ctx, r.echo.URL("/echo"), n, l.Text(), scene.Clients)
			if err != nil {
				return err
			}
			defer raw.Close()
			c, err := load.NewChat(ctx, scene, load.ChatOptions{Visitors: n, Agents: min(max(1, n/10), agentsMax), Text: l.Text()})
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, c.Leave(ctx)) }()
			var es, cs []float64
			for i := range r.pairs() {
				r.say("%d connections, pair %d of %d", n, i+1, r.pairs())
				a, err := raw.Closed(ctx, l.Window, r.warm(), r.measure())
				if err != nil {
					return err
				}
				if err := c.Rooms(ctx, false); err != nil {
					return err
				}
				b, err := c.Closed(ctx, l.Window, r.warm(), r.measure())
				if err != nil {
					return err
				}
				es, cs = append(es, a.PerSecond), append(cs, b.PerSecond)
			}
			echoes.Points, chats.Points = append(echoes.Points, report.Point(float64(n), stat.Of(es))), append(chats.Points, report.Point(float64(n), stat.Of(cs)))
			out.Add(fmt.Sprintf("%d connections: raw echo", n), "round trips/s", false, es...)
			out.Add(fmt.Sprintf("%d connections: durable routed messages", n), "messages/s", false, cs...)
			r.plain(fmt.Sprintf("durable routed messages, %d connections, window %d", n, l.Window), "routed messages/s ÷ raw echo round trips/s", false, stat.Ratios(cs, es))
			return nil
		}()
		if err != nil {
			return fmt.Errorf("%d connections: %w", n, err)
		}
	}
	r.report.Curves = append(r.report.Curves, report.Curve{
		Name: l.Name, Title: fmt.Sprintf("Throughput against connections, window %d", l.Window),
		X: report.Axis{Name: "connections, each with a room", Log: true}, Y: report.Axis{Name: "throughput", Unit: "per second"}, Series: []report.Series{echoes, chats},
	})
	return nil
}

// agentsMax keeps the setting up of many agents, whose passwords are dear on purpose, short.
const agentsMax = 20
