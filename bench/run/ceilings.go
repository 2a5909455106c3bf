package run

import (
	"context"
	"fmt"
	"time"

	"switchyard/bench/ceiling"
	"switchyard/bench/load"
	"switchyard/bench/profile"
	"switchyard/bench/report"
	"switchyard/bench/stat"
)

// ceilingText is the message of the raw echo among the ceilings: frames of 239 bytes.
var ceilingText = (&profile.Load{TextBytes: 100}).Text()

const (
	actorsCounted = 50_000
	recordsRead   = 200_000
)

// ceilings measures the bare parts, each so often, one repetition of each in turns.
func (r *runner) ceilings(ctx context.Context) ([]report.Figure, error) {
	d := profile.Time(r.p.Ceilings.Seconds)
	batches, err := ceiling.NewBatches("")
	if err != nil {
		return nil, err
	}
	defer batches.Close()
	full, err := ceiling.NewBatches("")
	if err != nil {
		return nil, err
	}
	defer full.Close()
	r.say("ceilings: filling a store")
	if err := full.Fill(recordsRead); err != nil {
		return nil, err
	}
	clients := load.Clients(addresses)
	var parts []ceiling.Part
	for _, n := range []int{100, 1000} {
		f, err := load.Echo(ctx, r.echo.URL("/echo"), n, ceilingText, clients)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		for _, w := range []int{1, 16} {
			parts = append(parts, ceiling.Part{
				Name: fmt.Sprintf("raw echo, %d connections, window %d", n, w), Unit: "round trips/s",
				Measure: func(ctx context.Context) (float64, error) {
					s, err := f.Closed(ctx, w, min(d, 300*time.Millisecond), d)
					return s.PerSecond, err
				},
			})
		}
	}
	parts = append(parts,
		ceiling.Part{Name: "serial upgrades", Unit: "sockets/s", Measure: func(ctx context.Context) (float64, error) {
			return ceiling.Upgrades(ctx, r.echo.URL("/echo"), clients, d)
		}},
		ceiling.Part{Name: "append 4 KiB and fdatasync", Unit: "appends/s", Measure: func(ctx context.Context) (float64, error) { return ceiling.Appends(ctx, "", d) }},
		ceiling.Part{Name: "Pebble, one writer, synced batches of 100", Unit: "records/s", Measure: func(ctx context.Context) (float64, error) { return batches.Run(ctx, 100, d) }},
		ceiling.Part{Name: "Pebble, one writer, synced batches of 1,000", Unit: "records/s", Measure: func(ctx context.Context) (float64, error) { return batches.Run(ctx, 1000, d) }},
		ceiling.Part{Name: "Pebble scan", Unit: "MB/s", Measure: func(context.Context) (float64, error) { return full.Scan() }},
		ceiling.Part{Name: "empty actors, messages", Unit: "messages/s", Measure: func(ctx context.Context) (float64, error) { return ceiling.ActorMessages(ctx, d) }},
		ceiling.Part{Name: "empty actor, idle", Unit: "bytes", Less: true, Measure: func(context.Context) (float64, error) { return ceiling.ActorBytes(actorsCounted), nil }},
	)
	values := make([][]float64, len(parts))
	for i := range r.p.Ceilings.Repetitions {
		for j, part := range parts {
			r.say("ceilings, repetition %d of %d: %s", i+1, r.p.Ceilings.Repetitions, part.Name)
			v, err := part.Measure(ctx)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", part.Name, err)
			}
			values[j] = append(values[j], v)
		}
	}
	all := make([]report.Figure, len(parts))
	for j, part := range parts {
		all[j] = report.Figure{Name: part.Name, Unit: part.Unit, Less: part.Less, Spread: stat.Of(values[j])}
	}
	return all, nil
}
