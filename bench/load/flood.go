package load

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"switchyard/bench/stat"
	"switchyard/bench/wire"
)

// slots is how many frames of one sender may be without an answer; a power of two.
const slots = 1 << 10

// pressed is how many frames of a sender may be without an answer under overload: their answers fit into what a node
// holds ready for one socket, or it would be closed as a slow consumer.
const pressed = 200

// settleMax is how long answers may take after the last frame was sent.
const settleMax = 20 * time.Second

// Flood drives senders. In a closed loop each keeps a window of frames without an answer,
// which gives throughput; in an open loop frames are sent on a schedule whatever the
// answers do, and times run from the scheduled instant, which gives latency without
// coordinated omission.
type Flood struct {
	senders []*sender
	began   time.Time

	closed    atomic.Bool // an answer is followed by the next frame
	measuring atomic.Bool

	// Arrived, if set, is how many of the answered frames have reached their other reader;
	// a measurement is over when they all have.
	arrived func() int64

	// spared: frames that are refused belong to the measurement and do not fail it.
	spared bool

	mu       sync.Mutex
	refusals map[string]int // of the measurement, by code
	denied   int64          // refused since the flood was made
}

// sender is one socket that asks.
type sender struct {
	f    *Flood
	lane int
	conn *wire.Conn
	// middle is what stands between the number and the client id in a frame; it changes with the room.
	middle atomic.Pointer[[]byte]
	text   []byte
	other  func(frame []byte) // sees what is no answer; may be nil

	next     atomic.Uint64
	out      atomic.Int64 // without an answer
	answered atomic.Int64
	due      [slots]atomic.Int64 // by number: the scheduled instant, in nanoseconds after the flood began

	mu    sync.Mutex // of times: the reader adds, the end reads
	times *stat.Times
}

func newFlood() *Flood { return &Flood{began: time.Now(), refusals: map[string]int{}} }

// add makes a sender; its socket is set by the caller, whose handler calls heard.
func (f *Flood) add(text []byte) *sender {
	s := &sender{f: f, lane: len(f.senders), text: text, times: stat.NewTimes()}
	f.senders = append(f.senders, s)
	s.speak("r_0000000000000000")
	return s
}

// speak points the sender's frames at a room.
func (s *sender) speak(room string) {
	m := fmt.Appendf(nil, `","stream":"room/%s","data":{"client_id":"b%05d-`, room, s.lane)
	s.middle.Store(&m)
}

// numberDigits is the length of a frame's number, which is the same for all, so that all frames are as long.
const numberDigits = 9

// frame builds frame n: a message as a page writes it. The client id is b, the lane, and the number.
func (s *sender) frame(b []byte, n uint64) []byte {
	b = append(b, `{"type":"message.send","id":"`...)
	b = appendPadded(b, n)
	b = append(b, *s.middle.Load()...)
	b = appendPadded(b, n)
	b = append(b, `","kind":"text","text":"`...)
	b = append(b, s.text...)
	return append(b, `"}}`...)
}

func appendPadded(b []byte, n uint64) []byte {
	var digits [20]byte
	d := strconv.AppendUint(digits[:0], n, 10)
	for range numberDigits - len(d) {
		b = append(b, '0')
	}
	return append(b, d...)
}

// send sends the next frame, due at that instant.
func (s *sender) send(due time.Duration) error {
	n := s.next.Add(1)
	s.due[n%slots].Store(int64(due))
	s.out.Add(1)
	return s.conn.Send(func(b []byte) []byte { return s.frame(b, n) })
}

// heard is given every frame; it takes the answers. On the reader's goroutine.
func (s *sender) heard(frame []byte) {
	var id []byte
	refused := false
	switch {
	case wire.Is(frame, "ok"):
		id = wire.String(frame, "reply_to")
	case wire.Is(frame, "message.send"): // the echo
		id = wire.String(frame, "id")
	case wire.Is(frame, "error"):
		id, refused = wire.String(frame, "reply_to"), true
		s.f.refused(string(wire.String(frame, "code")))
	default:
		if s.other != nil {
			s.other(frame)
		}
		return
	}
	n, ok := wire.Digits(id)
	if !ok {
		return
	}
	now := time.Since(s.f.began)
	if !refused && s.f.measuring.Load() {
		s.mu.Lock()
		s.times.Add(now - time.Duration(s.due[n%slots].Load()))
		s.mu.Unlock()
	}
	s.answered.Add(1)
	s.out.Add(-1)
	if s.f.closed.Load() {
		_ = s.send(now) // a lost socket ends the reader, and the measurement with it
	}
}

func (f *Flood) refused(code string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refusals[code]++
	f.denied++
}

// Sample is one measurement.
type Sample struct {
	PerSecond float64      // answers
	Answered  int64        // in the measured time
	Accepted  int64        // of them, those that were not refused
	Offered   float64      // frames a second, Overload only: written, or kept back by a full sender
	Latency   stat.Latency // from the scheduled instant in an open loop, from the write in a closed one
	Late      stat.Latency // open loop: from the scheduled instant to the write, the harness's own share
	Other     stat.Latency // open loop: to the other reader
	Refused   map[string]int
}

// Closed keeps window frames of every sender without an answer.
func (f *Flood) Closed(ctx context.Context, window int, warm, measure time.Duration) (Sample, error) {
	f.reset()
	f.closed.Store(true)
	for _, s := range f.senders {
		for range window {
			if err := s.send(time.Since(f.began)); err != nil {
				f.closed.Store(false)
				return Sample{}, err
			}
		}
	}
	sample, err := f.watch(ctx, warm, measure)
	f.closed.Store(false)
	return f.settle(ctx, sample, err)
}

// Open sends perSecond frames, the senders in turns.
func (f *Flood) Open(ctx context.Context, perSecond float64, warm, measure time.Duration) (Sample, error) {
	f.reset()
	paced, stop := context.WithCancel(ctx)
	late := stat.NewTimes()
	ended := make(chan error, 1)
	go func() { ended <- f.pace(paced, perSecond, late) }()
	sample, err := f.watch(ctx, warm, measure)
	stop()
	err = errors.Join(err, <-ended)
	sample, err = f.settle(ctx, sample, err)
	sample.Late = late.Sum()
	return sample, err
}

// Overload offers more than can be answered, each sender on a schedule of its own, and takes refusals as answers; PerSecond
// and Latency are of what was accepted. A sender that has as many frames without an answer as it may keeps the next one back, as a client
// does; that frame was offered all the same.
func (f *Flood) Overload(ctx context.Context, perSecond float64, warm, measure time.Duration) (Sample, error) {
	f.reset()
	f.spared = true
	paced, stop := context.WithCancel(ctx)
	var offered atomic.Int64
	ended := make(chan error, len(f.senders))
	begin, each := time.Now(), time.Duration(float64(len(f.senders))/perSecond*float64(time.Second))
	for _, s := range f.senders {
		go func() { ended <- s.press(paced, each, &offered) }()
	}
	if err := f.wait(ctx, warm); err != nil {
		stop()
		return Sample{}, err
	}
	sample, err := f.watch(ctx, 0, measure)
	sample.PerSecond *= float64(sample.Accepted) / float64(max(1, sample.Answered))
	sample.Offered = float64(offered.Load()) / time.Since(begin).Seconds()
	stop()
	for range f.senders {
		err = errors.Join(err, <-ended)
	}
	sample, err = f.settle(ctx, sample, err)
	f.spared = false
	f.reset() // its refusals are no later measurement's
	return sample, err
}

// press sends a frame in every period, whatever the answers do; periods that have passed while the socket took nothing count as offered.
func (s *sender) press(ctx context.Context, period time.Duration, offered *atomic.Int64) error {
	begin := time.Since(s.f.began) + time.Duration(s.lane)*period/time.Duration(len(s.f.senders))
	for i := 0; ctx.Err() == nil; i++ {
		due := begin + time.Duration(i)*period
		if wait := due - time.Since(s.f.began); wait > 0 {
			time.Sleep(wait)
		}
		offered.Add(1)
		if s.out.Load() >= pressed {
			continue
		}
		if err := s.send(due); err != nil {
			return err
		}
	}
	return nil
}

// Once lets every sender send one frame and waits for the answers.
func (f *Flood) Once(ctx context.Context) error {
	for _, s := range f.senders {
		if err := s.send(time.Since(f.began)); err != nil {
			return err
		}
	}
	_, err := f.settle(ctx, Sample{}, nil)
	return err
}

// pace is the open loop's clock.
func (f *Flood) pace(ctx context.Context, perSecond float64, late *stat.Times) error {
	begin := time.Since(f.began)
	for i := 0; ; i++ {
		due := begin + time.Duration(float64(i)/perSecond*float64(time.Second))
		for {
			wait := due - time.Since(f.began)
			if wait <= 0 {
				break
			}
			if ctx.Err() != nil {
				return nil
			}
			time.Sleep(wait)
		}
		if ctx.Err() != nil {
			return nil
		}
		s := f.senders[i%len(f.senders)]
		if s.out.Load() >= slots-1 {
			return fmt.Errorf("sender %d has %d frames without an answer: the rate of %.0f/s is beyond what is answered", s.lane, s.out.Load(), perSecond)
		}
		if f.measuring.Load() {
			late.Add(max(0, time.Since(f.began)-due))
		}
		if err := s.send(due); err != nil {
			return err
		}
	}
}

func (f *Flood) reset() {
	for _, s := range f.senders {
		s.mu.Lock()
		s.times.Reset()
		s.mu.Unlock()
	}
	f.mu.Lock()
	clear(f.refusals)
	f.mu.Unlock()
}

// watch lets the flood warm up, and then measures.
func (f *Flood) watch(ctx context.Context, warm, measure time.Duration) (Sample, error) {
	if err := f.wait(ctx, warm); err != nil {
		return Sample{}, err
	}
	from, before, accepted := time.Now(), f.answered(), f.Accepted()
	f.measuring.Store(true)
	err := f.wait(ctx, measure)
	f.measuring.Store(false)
	took, n := time.Since(from), f.answered()-before
	return Sample{PerSecond: float64(n) / took.Seconds(), Answered: n, Accepted: f.Accepted() - accepted}, err
}

// wait waits, unless a socket is lost.
func (f *Flood) wait(ctx context.Context, d time.Duration) error {
	end := time.NewTimer(d)
	defer end.Stop()
	look := time.NewTicker(100 * time.Millisecond)
	defer look.Stop()
	for {
		select {
		case <-end.C:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		case <-look.C:
			if err := f.lost(); err != nil {
				return err
			}
		}
	}
}

func (f *Flood) lost() error {
	for _, s := range f.senders {
		if err := s.conn.Err(); err != nil {
			return fmt.Errorf("sender %d lost its socket: %w", s.lane, err)
		}
	}
	return nil
}

func (f *Flood) answered() (n int64) {
	for _, s := range f.senders {
		n += s.answered.Load()
	}
	return n
}

func (f *Flood) unanswered() (n int64) {
	for _, s := range f.senders {
		n += s.out.Load()
	}
	return n
}

// ErrRefused says that the node refused frames of a load that is measured by its answers.
var ErrRefused = errors.New("frames were refused")

// settle waits for what is still under way, and sums up.
func (f *Flood) settle(ctx context.Context, sample Sample, err error) (Sample, error) {
	limit := time.Now().Add(settleMax)
	for err == nil && (f.unanswered() > 0 || f.arrived != nil && f.arrived() < f.Accepted()) {
		if err = f.wait(ctx, 5*time.Millisecond); err == nil {
			err = f.lost()
		}
		if err == nil && time.Now().After(limit) {
			err = fmt.Errorf("%d frames have no answer", f.unanswered())
			if f.arrived != nil {
				err = fmt.Errorf("%w; of %d that were accepted, %d have reached their reader", err, f.Accepted(), f.arrived())
			}
		}
	}
	all := stat.NewTimes()
	for _, s := range f.senders {
		s.mu.Lock()
		all.Merge(s.times)
		s.mu.Unlock()
	}
	sample.Latency = all.Sum()
	f.mu.Lock()
	defer f.mu.Unlock()
	sample.Refused = map[string]int{}
	for code, n := range f.refusals {
		sample.Refused[code] = n
	}
	if err == nil && len(f.refusals) > 0 && !f.spared {
		err = fmt.Errorf("%w: %v; raise the node's limits (switchyard serve --limit-…)", ErrRefused, sample.Refused)
	}
	return sample, err
}

// Accepted is how many frames were answered and not refused, since the flood was made.
func (f *Flood) Accepted() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.answered() - f.denied
}

// Close ends the senders' sockets.
func (f *Flood) Close() {
	for _, s := range f.senders {
		if s.conn != nil {
			s.conn.Close()
		}
	}
}
