package scale

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"switchyard/actors/shell"
	"switchyard/protocol"
)

// Filled is what the process that fills a store says on its output when it may be killed.
const Filled = "filled"

// filled makes a store in a child process and kills it with SIGKILL as soon as everything is durable.
func (r *run) filled(ctx context.Context, dir string) error {
	if r.Child == nil {
		return errors.New("nobody says how to start a process of its own")
	}
	c := r.Child(ctx, dir)
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	if err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return err
	}
	said := ""
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if said = lines.Text(); said == Filled {
			break
		}
	}
	if said != Filled {
		return fmt.Errorf("the filling process ended: %w", c.Wait())
	}
	if err := c.Process.Signal(syscall.SIGKILL); err != nil {
		return err
	}
	if err := c.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		return fmt.Errorf("the filling process was not killed: %w", err)
	}
	return nil
}

// back is one restart: open the store, start the engine, ask one room.
type back struct {
	*node
	first float64 // seconds from the begin of the opening to the first answer
	all   float64 // seconds from the begin of the opening until every room and timer is back
}

// restart opens and starts, and asks a room as soon as it is let in.
func restart(dir string, ahead time.Duration, rooms []protocol.RoomID, o shell.Observer) (*back, error) {
	began := time.Now()
	n, err := open(dir, 10_000, ahead, o)
	if err != nil {
		return nil, err
	}
	started := make(chan error, 1)
	var all time.Duration
	go func() {
		err := n.engine.Start()
		if err == nil {
			<-n.engine.Restored()
		}
		all = time.Since(began)
		started <- err
	}()
	first := time.Duration(0)
	for i := 0; first == 0; i++ {
		to, c := talk(fmt.Sprintf("first-%d", began.UnixNano()), rooms)(i)
		if _, err = n.ask(to, c); err == nil {
			first = time.Since(began)
			break
		}
		var no *protocol.Rejection
		if !errors.As(err, &no) || !no.Code.Retryable() && no.Code != protocol.NotFound { // a site that is not there yet
			return nil, err
		}
		time.Sleep(time.Millisecond)
	}
	if err := <-started; err != nil {
		return nil, err
	}
	return &back{node: n, first: first.Seconds(), all: all.Seconds()}, nil
}

// sample gives some of the site's open rooms, evenly spread over their keys.
func (n *node) sample(want, of int) ([]protocol.RoomID, error) {
	every, i := max(of/want, 1), 0
	var rooms []protocol.RoomID
	shard := protocol.Shard(siteID, n.store.Shards())
	err := n.store.Rows(shard, protocol.RowOpenRoom, protocol.RowKey(siteID), nil, -1, func(_, v []byte) error {
		if i++; i%every != 0 {
			return nil
		}
		row, err := protocol.DecodeOpenRoom(v)
		rooms = append(rooms, row.Room)
		return err
	})
	return rooms, err
}

// count counts the site's open rooms.
func (n *node) count() (rooms int, err error) {
	shard := protocol.Shard(siteID, n.store.Shards())
	err = n.store.Rows(shard, protocol.RowOpenRoom, protocol.RowKey(siteID), nil, -1, func(_, _ []byte) error { rooms++; return nil })
	return rooms, err
}

func restartPart(ctx context.Context, r *run) error {
	dir := filepath.Join(r.Dir, "restart")
	defer os.RemoveAll(dir)
	r.say("restart: another process opens %d rooms and is killed", r.Rooms)
	if err := r.filled(ctx, dir); err != nil {
		return err
	}
	beside, err := besideBefore(dir)
	if err != nil {
		return err
	}
	var bases []float64
	empty, err := r.withoutRooms()
	if err != nil {
		return err
	}
	var opened, first, all, rest, scans, ratios []float64
	var n *back
	for pair := range r.Pairs {
		if n, err = restart(dir, 0, beside, shell.Observer{}); err != nil {
			return err
		}
		o := n.opened.Seconds()
		opened, first, all = append(opened, o), append(first, n.first-o), append(all, n.all)
		rest = append(rest, n.all-o)
		if pair == 0 {
			if got, err := n.count(); err != nil || got != r.Rooms {
				return fmt.Errorf("%d of %d rooms are back: %w", got, r.Rooms, err)
			}
			bases = append(bases, (live()-empty)/float64(r.Rooms))
			r.heapProfile("passivated")
		}
		if err := n.close(); err != nil {
			return err
		}
		runtime.GC()
		took, rows, bytes, err := r.scan(dir, n.store.Shards())
		if err != nil {
			return err
		}
		scans, ratios = append(scans, took), append(ratios, (n.all-o)/took)
		r.say("restart: store %.3f s, first answer %.3f s, all back %.3f s; bare scan of %d rows, %.1f MB: %.3f s", o, n.first, n.all, rows, float64(bytes)/1e6, took)
	}
	r.add(Figure{
		Goal: "PERF-3b", What: "live heap of a passivated room", Unit: "B", Value: spread(bases...), Floor: 120, Best: 64, Less: true,
		Note: "a started engine with the rooms, less one with the same site and none: the deadline, the place at the queue and in its agent's inbox; " + number(float64(r.Rooms)) + " rooms",
	})
	r.add(Figure{Goal: "PERF-5", What: "store opened after kill -9", Unit: "s", Value: spread(opened[0]), Note: "the first of the restarts; the others open a store that was closed: " + spread(opened[1:]...).String() + " s"})
	r.add(Figure{Goal: "PERF-5", What: "first answer, after the store is open", Unit: "s", Value: spread(first...), Floor: 0.1, Best: 0.1, Less: true})
	r.add(Figure{Goal: "PERF-5", What: "store opened and all rooms and timers back", Unit: "s", Value: spread(all...), Floor: 1.5, Best: 1.5, Less: true})
	ratio := spread(ratios...)
	r.add(Figure{
		Goal: "PERF-5", What: "all rooms and timers back, after the store is open", Unit: "s", Value: spread(rest...), Ceiling: "bare scan of their rows", Beside: spread(scans...),
		Ratio: &ratio, Floor: 6, Best: 3, Less: true,
	})
	r.timers()
	if err := r.reactivation(ctx, dir, beside); err != nil {
		return err
	}
	return r.overdue(ctx, dir, beside)
}

// scan is the ceiling: bare Pebble over the same rows, nothing cached.
func (r *run) scan(dir string, shards int) (took float64, rows int, bytes int64, err error) {
	db, err := bare(dir)
	if err != nil {
		return 0, 0, 0, err
	}
	took, rows, bytes, err = scan(db, shards)
	return took, rows, bytes, errors.Join(err, db.Close())
}

// besideBefore asks for the rooms of the site beside; the store stays as a kill leaves it, as far as a look can leave it.
func besideBefore(dir string) ([]protocol.RoomID, error) {
	b, err := os.ReadFile(dir + ".beside")
	if err != nil {
		return nil, err
	}
	var rooms []protocol.RoomID
	for _, id := range strings.Fields(string(b)) {
		rooms = append(rooms, protocol.RoomID(id))
	}
	return rooms, os.Remove(dir + ".beside")
}

// withoutRooms is the live heap of an engine with the same site and no rooms, started from its store.
func (r *run) withoutRooms() (float64, error) {
	dir := filepath.Join(r.Dir, "empty")
	defer os.RemoveAll(dir)
	n, err := open(dir, 10_000, 0, shell.Observer{})
	if err != nil {
		return 0, err
	}
	if err := n.ground(siteID, r.Agents, 0, map[string]any{"autoclose.agent_delay": delayMinutes}); err != nil {
		return 0, err
	}
	if err := n.close(); err != nil {
		return 0, err
	}
	if n, err = open(dir, 10_000, 0, shell.Observer{}); err != nil {
		return 0, err
	}
	if err := n.engine.Start(); err != nil {
		return 0, err
	}
	<-n.engine.Restored()
	heap := live()
	err = n.close()
	runtime.KeepAlive(n)
	return heap, err
}

const reactivations = 5000

// reactivation asks passivated rooms one after the other, and reads a row of the same store in between.
func (r *run) reactivation(ctx context.Context, dir string, beside []protocol.RoomID) error {
	n, err := restart(dir, 0, beside, shell.Observer{})
	if err != nil {
		return err
	}
	rooms, err := n.sample(2*min(reactivations, max(r.Rooms/4, 1)), r.Rooms)
	if err != nil {
		return err
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(rooms), func(i, j int) { rooms[i], rooms[j] = rooms[j], rooms[i] })
	woken, read := hdrhistogram.New(1, int64(time.Minute), 3), hdrhistogram.New(1, int64(time.Minute), 3)
	shard := protocol.Shard(siteID, n.store.Shards())
	for i := 0; i+1 < len(rooms) && ctx.Err() == nil; i += 2 {
		began := time.Now()
		_, err := n.ask(protocol.RoomAt(siteID, rooms[i]), protocol.Command{
			Body: protocol.ViewRoom{Room: rooms[i]}, Caller: protocol.Caller{Role: protocol.System, Site: siteID},
		})
		_ = woken.RecordValue(max(int64(time.Since(began)), 1))
		if err != nil {
			return err
		}
		began = time.Now()
		v, err := n.store.Row(shard, protocol.RowOpenRoom, protocol.OpenRoomKey(siteID, rooms[i+1]))
		_ = read.RecordValue(max(int64(time.Since(began)), 1))
		if err != nil || v == nil {
			return fmt.Errorf("a row of an open room: %d bytes, %w", len(v), err)
		}
	}
	us := func(h *hdrhistogram.Histogram, q float64) float64 { return float64(h.ValueAtQuantile(q)) / 1000 }
	ratio := spread(us(woken, 99) / us(read, 99))
	r.add(Figure{
		Goal: "PERF-3c", What: "reactivation of a passivated room, p99", Unit: "µs", Value: spread(us(woken, 99)), Ceiling: "point read p99", Beside: spread(us(read, 99)),
		Ratio: &ratio, Floor: 10, Best: 3, Less: true,
		Note: fmt.Sprintf("p50 %s µs beside %s µs; %d of each in turns", number(us(woken, 50)), number(us(read, 50)), woken.TotalCount()),
	})
	return n.close()
}

// overdue starts when every deadline has passed (F-23).
func (r *run) overdue(ctx context.Context, dir string, beside []protocol.RoomID) error {
	n, err := restart(dir, 0, beside, shell.Observer{})
	if err != nil {
		return err
	}
	quiet := n.load(5*time.Millisecond, talk("before", beside))
	time.Sleep(r.while(3 * time.Second))
	_, q99, _, err := quiet.end()
	if err != nil {
		return err
	}
	if err := n.close(); err != nil {
		return err
	}
	r.say("overdue: a start %d minutes later", 2*delayMinutes)
	var closed atomic.Int64
	done := make(chan struct{})
	n, err = restart(dir, 2*delayMinutes*time.Minute, beside, shell.Observer{Durable: func(_ protocol.Address, e *protocol.Recorded) {
		if c, ok := e.Event.(*protocol.RoomClosed); ok && c.Reason == protocol.EndAgentDelay && closed.Add(1) == int64(r.Rooms) {
			close(done)
		}
	}})
	if err != nil {
		return err
	}
	if got := closed.Load(); got != 0 {
		return fmt.Errorf("%d deadlines fired before the ticker ran", got)
	}
	began := time.Now()
	n.tick()
	messages := n.load(5*time.Millisecond, talk("overdue", beside))
	arrivals := n.load(20*time.Millisecond, func(i int) (protocol.Address, protocol.Command) {
		return protocol.CustomersAt(siteID), start(siteID, r.Rooms+i)
	})
	rate, last, ticker := 0.0, int64(0), time.NewTicker(time.Second)
	defer ticker.Stop()
	for waiting := true; waiting; {
		select {
		case <-done:
			waiting = false
		case <-ticker.C:
			now := closed.Load()
			rate = max(rate, float64(now-last))
			last = now
			r.say("overdue: %d of %d rooms closed after %.0f s", now, r.Rooms, time.Since(began).Seconds())
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	took := time.Since(began).Seconds()
	m50, m99, m, err := messages.end()
	if err != nil {
		return err
	}
	a50, a99, a, err := arrivals.end()
	if err != nil {
		return err
	}
	if err := n.settle(ctx); err != nil {
		return err
	}
	if got := closed.Load(); got != int64(r.Rooms) {
		return fmt.Errorf("F-23: %d rooms had a deadline, and %d were closed by it", r.Rooms, got)
	}
	r.add(Figure{
		Goal: "F-23", What: number(float64(r.Rooms)) + " overdue deadlines after a restart, each fired once", Unit: "s", Value: spread(took), Floor: 60, Best: 60, Less: true,
		Note: "the most in one second: " + number(rate) + "; each closes its room: two events, the directory, the queue and an inbox are told",
	})
	ratio := spread(m99 / q99)
	r.add(Figure{
		Goal: "F-23", What: "messages in other rooms meanwhile, p99", Unit: "ms", Value: spread(m99), Ceiling: "before", Beside: spread(q99), Ratio: &ratio,
		Note: "p50 " + number(m50) + " ms, longest " + number(m) + " ms, 200/s open loop",
	})
	r.add(Figure{
		Goal: "F-23", What: "arrivals at the same site meanwhile, p99", Unit: "ms", Value: spread(a99), Note: "p50 " + number(a50) + " ms, longest " + number(a) + " ms, 50/s open loop",
	})
	return n.close()
}

// timers arms as many deadlines as there are rooms as a start does, in the shell's index, and in the runtime's heap.
func (r *run) timers() {
	rooms := make([]shell.Sleeper, r.Rooms)
	for i := range rooms {
		rooms[i] = shell.Sleeper{Room: protocol.RoomIDFrom(chance()), At: protocol.Instant(1_000_000 + i*7919%r.Rooms)}
	}
	var ours, theirs, ratios []float64
	for range r.Pairs {
		var x shell.Deadlines
		began := time.Now()
		x.ArmAll(siteID, rooms)
		took := time.Since(began).Seconds()
		runtime.KeepAlive(&x)
		runtime.GC()
		bare := afterFuncs(r.Rooms)
		runtime.GC()
		ours, theirs, ratios = append(ours, took), append(theirs, bare), append(ratios, took/bare)
	}
	ratio := spread(ratios...)
	r.add(Figure{
		Goal: "PERF-5b", What: "arming " + number(float64(r.Rooms)) + " deadlines", Unit: "s", Value: spread(ours...), Ceiling: "time.AfterFunc", Beside: spread(theirs...),
		Ratio: &ratio, Floor: 1, Best: 0.2, Less: true,
	})
}
