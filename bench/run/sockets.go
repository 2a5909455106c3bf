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
	"switchyard/bench/target"
)

// idle measures what a connection that says nothing costs, against the library's default handler.
func (r *runner) idle(ctx context.Context, out *report.Load) error {
	l := r.load
	out.Says = fmt.Sprintf("%d sockets that have said hello (raw: one message) and nothing since; heap and stacks after a collection", l.Connections)
	if r.Target != "" {
		return errors.New("needs a node of the run's own: a given target's memory is not known")
	}
	var nodes, raws, residentNode, residentRaw []float64
	for i := range r.pairs() {
		bytes, resident, err := r.rawIdle(ctx, i)
		if err != nil {
			return err
		}
		raws, residentRaw = append(raws, bytes), append(residentRaw, resident)
		if bytes, resident, err = r.nodeIdle(ctx, i); err != nil {
			return err
		}
		nodes, residentNode = append(nodes, bytes), append(residentNode, resident)
	}
	out.Add("the node, authenticated", "bytes/connection", true, nodes...)
	out.Add("default handler", "bytes/connection", true, raws...)
	out.Add("the node, resident", "bytes/connection", true, residentNode...)
	out.Add("default handler, resident", "bytes/connection", true, residentRaw...)
	r.ratio("PERF-4", stat.Ratios(nodes, raws))
	return nil
}

// settleTime is how long goroutines and stacks may take to come to rest before memory is read.
const settleTime = 500 * time.Millisecond

func (r *runner) nodeIdle(ctx context.Context, i int) (bytes, resident float64, err error) {
	scene, stop, err := r.scene(ctx)
	if err != nil {
		return 0, 0, err
	}
	defer stop()
	n := r.load.Connections
	r.say("pair %d of %d: %d tokens", i+1, r.pairs(), n)
	crowd, err := load.NewCrowd(ctx, scene, n)
	if err != nil {
		return 0, 0, err
	}
	defer crowd.Leave()
	hold := func() (bytes, resident float64, err error) {
		for range 2 { // what the first collection's finalizers free, the second one takes
			if err := scene.Node.Collect(ctx); err != nil {
				return 0, 0, err
			}
			time.Sleep(settleTime)
		}
		m, err := target.Scrape(ctx, scene.Node.Ops())
		if err != nil {
			return 0, 0, err
		}
		return m["go_memstats_heap_alloc_bytes"] + m["go_memstats_stack_inuse_bytes"], float64(machine.RSS(scene.Node.Pid())), nil
	}
	b0, r0, err := hold()
	if err != nil {
		return 0, 0, err
	}
	if err := crowd.Connect(ctx, func(live int) { r.progress(live, n, "connecting") }); err != nil {
		return 0, 0, err
	}
	b1, r1, err := hold()
	return (b1 - b0) / float64(n), (r1 - r0) / float64(n), err
}

func (r *runner) rawIdle(ctx context.Context, i int) (bytes, resident float64, err error) {
	n := r.load.Connections
	r.say("pair %d of %d: default handler", i+1, r.pairs())
	before, err := r.echo.Memory(ctx)
	if err != nil {
		return 0, 0, err
	}
	f, err := load.Echo(ctx, r.echo.URL("/default"), n, []byte("hello"), load.Clients(addresses))
	if err != nil {
		return 0, 0, err
	}
	defer f.Close()
	if err := f.Once(ctx); err != nil {
		return 0, 0, err
	}
	time.Sleep(settleTime)
	after, err := r.echo.Memory(ctx)
	if err != nil {
		return 0, 0, err
	}
	sum := func(a, b uint64) float64 { return float64(a) + float64(b) }
	return (sum(after.Heap, after.Stack) - sum(before.Heap, before.Stack)) / float64(n), (float64(after.RSS) - float64(before.RSS)) / float64(n), nil
}

// progress shows every hundredth socket.
func (r *runner) progress(live, of int, what string) {
	if live%100 == 0 {
		r.sayLock.Lock()
		defer r.sayLock.Unlock()
		r.say("%s: %d of %d", what, live, of)
	}
}

// storm measures how a crowd comes back after its server was killed.
func (r *runner) storm(ctx context.Context, out *report.Load) error {
	l := r.load
	out.Says = fmt.Sprintf("%d customers' sockets; the node is killed and started again, and everybody reconnects by the contract's backoff", l.Connections)
	scene, stop, err := r.scene(ctx)
	if err != nil {
		return err
	}
	defer stop()
	r.say("%d tokens", l.Connections)
	crowd, err := load.NewCrowd(ctx, scene, l.Connections)
	if err != nil {
		return err
	}
	defer crowd.Leave()
	if err := crowd.Connect(ctx, func(live int) { r.progress(live, l.Connections, "connecting") }); err != nil {
		return err
	}
	var raw, back, down, rates []float64
	for i := range r.pairs() {
		r.say("%d of %d: serial raw upgrades", i+1, r.pairs())
		c, err := ceiling.Upgrades(ctx, r.echo.URL("/echo"), scene.Clients, r.measure())
		if err != nil {
			return err
		}
		r.say("%d of %d: killed", i+1, r.pairs())
		s, err := crowd.Storm(ctx, func(live int) { r.progress(live, l.Connections, "reconnecting") })
		if err != nil {
			return err
		}
		raw, back, down = append(raw, c), append(back, s.Back.Seconds()), append(down, s.Down.Seconds())
		rates = append(rates, float64(l.Connections)/s.Back.Seconds())
		out.Times = append(out.Times, report.NamedLatency{Name: fmt.Sprintf("%d: node's address to live again", i+1), Latency: s.Times})
	}
	out.Add("serial raw upgrades", "sockets/s", false, raw...)
	out.Add("kill to the node's address", "s", true, down...)
	out.Add("node's address to the last one live", "s", true, back...)
	out.Add("handshakes", "sockets/s", false, rates...)
	if l.Connections >= stormSockets {
		r.ratio("PERF-4b time", back)
	} else {
		r.plain(fmt.Sprintf("%d sockets back after a restart of the server", l.Connections), "seconds", true, back)
	}
	r.ratio("PERF-4b rate", stat.Ratios(rates, raw))
	return nil
}

// stormSockets is how many the goal speaks of.
const stormSockets = 19_000

// wall measures one room that many watch, against raw writes to as many sockets.
func (r *runner) wall(ctx context.Context, out *report.Load) (err error) {
	l := r.load
	scene, stop, err := r.scene(ctx)
	if err != nil {
		return err
	}
	defer stop()
	w, err := load.NewWall(ctx, scene, l.Watchers, l.Text())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Leave()) }()
	if _, err := w.Run(ctx, 0, time.Millisecond); err != nil { // one message tells the frame's length
		return err
	}
	raw, err := load.RawWall(ctx, scene, r.echo.URL("/watch"), r.echo.URL("/cast"), l.Watchers, w.FrameBytes())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, raw.Leave()) }()
	out.Says = fmt.Sprintf("one room, %d watchers, frames of %d bytes; the next message goes when everybody has read the last", l.Watchers, w.FrameBytes())
	var raws, walls, perRaw, perWall []float64
	for i := range r.pairs() {
		r.say("pair %d of %d", i+1, r.pairs())
		cpu := machine.CPU() + r.echo.CPU()
		began := time.Now()
		a, err := raw.Run(ctx, r.warm(), r.measure())
		if err != nil {
			return err
		}
		perRaw = append(perRaw, a*time.Since(began).Seconds()/(machine.CPU()+r.echo.CPU()-cpu).Seconds())
		cpu = machine.CPU() + nodeTime(scene)
		began = time.Now()
		b, err := w.Run(ctx, r.warm(), r.measure())
		if err != nil {
			return err
		}
		perWall = append(perWall, b*time.Since(began).Seconds()/(machine.CPU()+nodeTime(scene)-cpu).Seconds())
		raws, walls = append(raws, a), append(walls, b)
	}
	out.Add("raw writes", "deliveries/s", false, raws...)
	out.Add("deliveries", "deliveries/s", false, walls...)
	if l.Watchers == 1000 {
		r.ratio("PERF-8", stat.Ratios(walls, raws))
	} else {
		r.plain(fmt.Sprintf("one room, %d watchers", l.Watchers), "deliveries/s ÷ raw writes/s", false, stat.Ratios(walls, raws))
	}
	if scene.Node != nil {
		r.plain("the same per second of processor time", "deliveries ÷ CPU seconds of client and server, of both", false, stat.Ratios(perWall, perRaw))
	}
	return nil
}
