package gateway

import (
	"sync"

	"switchyard/protocol"
)

// outbox is what waits to be written to one connection: bounded by frames and bytes,
// counting also what the writer has in hand. The log is the real buffer: a live event
// that does not fit is refused, and its follower goes back to the log.
type outbox struct {
	mu      sync.Mutex
	drained sync.Cond // somebody may have found room; or it is over
	more    sync.Cond // for the writer: frames, the end, or its leave
	start   func()    // starts the writer; called with the lock held
	writer  bool      // there is one
	retire  bool      // and it may go: nothing was written for a while
	took    bool      // since the watchdog looked

	entering            int // streams that were begun and are not live yet
	frames, bytes       int // waiting and in the writer's hand
	maxFrames, maxBytes int
	q                   []outgoing
	first               uint64            // how many frames left the queue before q[0]
	keys                map[string]uint64 // ephemeral frames that a newer one replaces: key -> place
	vital               int               // frames in q that are not ephemeral
	over                bool
	grown               func(deltaBytes int)
}

type outgoing struct {
	frame     []byte
	key       string
	ephemeral bool
	at        protocol.Instant // of a live event; 0 otherwise
	lent      *lentFrame       // the frame's memory, where it is lent until the frame is written
}

// lentFrame is the memory of a frame that goes to one connection only: an acknowledgement.
type lentFrame struct{ b []byte }

const lentKeep = 1 << 10

var lentFrames = sync.Pool{New: func() any { return &lentFrame{make([]byte, 0, 192)} }}

// replayShare is how much of the outbox a replay may fill: it goes as fast as the
// socket drains and leaves the rest to what is live.
const replayShare = 4

// init: start must start a goroutine that calls next until it says no; nil = the caller does.
func (o *outbox) init(maxFrames, maxBytes int, grown func(int), start func()) {
	o.drained.L, o.more.L = &o.mu, &o.mu
	o.start = start
	o.maxFrames, o.maxBytes, o.grown = maxFrames, maxBytes, grown
}

// A connection keeps a list of queueShort frames while it idles; one of queueLong is lent. What grows beyond is its own.
const (
	queueShort = 8
	queueLong  = 512
)

var longQueues = sync.Pool{New: func() any { return new([queueLong]outgoing) }}

// longer makes room in a full list.
func longer(q []outgoing) []outgoing {
	switch {
	case cap(q) == 0:
		return make([]outgoing, 0, queueShort)
	case cap(q) < queueLong:
		return append(longQueues.Get().(*[queueLong]outgoing)[:0], q...)
	}
	return q // append doubles it
}

// lay puts an empty list away that nobody needs now: nil, or the short one, which is kept.
func lay(q []outgoing) []outgoing {
	if cap(q) <= queueShort {
		return q[:0]
	}
	if cap(q) == queueLong {
		longQueues.Put((*[queueLong]outgoing)(q[:queueLong]))
	}
	return nil
}

func (o *outbox) add(f outgoing) {
	if len(o.q) == cap(o.q) {
		o.q = longer(o.q)
	}
	o.q = append(o.q, f)
	o.frames++
	o.bytes += len(f.frame)
	if !f.ephemeral {
		o.vital++
	}
	o.grown(len(f.frame))
	o.awake()
}

// awake wakes the writer, or starts one. A connection that idles has none: its stack is worth more than the start.
func (o *outbox) awake() {
	if o.writer {
		o.more.Signal()
	} else if o.start != nil {
		o.writer = true
		o.start()
	}
}

// next waits for frames and moves them into the writer's hand (take). None: the writer goes, for good if the outbox is
// over and empty, else because nobody wants it.
func (o *outbox) next(batch []outgoing, batchBytes int) (_ []outgoing, over bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(o.q) == 0 && !o.over {
		batch, o.q = lay(batch), lay(o.q)
		if o.retire {
			o.retire, o.writer, o.q = false, false, nil
			return nil, false
		}
		o.more.Wait()
	}
	o.took, o.retire = true, false
	if len(o.q) == 0 {
		return nil, true
	}
	return o.take(batch, batchBytes), false
}

// idle is the watchdog's look: a writer that had nothing to do since the last one may go.
func (o *outbox) idle() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.writer && !o.took && !o.over {
		o.retire = true
		o.more.Signal()
	}
	o.took = false
}

func (o *outbox) full(more int) bool {
	return o.frames >= o.maxFrames || o.bytes+more > o.maxBytes && o.frames > 0
}

// reply adds a frame that cannot be left out: an answer, a control frame. False: the
// reader has let twice the bound gather and must go.
func (o *outbox) reply(frame []byte) bool { return o.answer(outgoing{frame: frame}) }

// lent is reply for a frame in lent memory, which is the outbox's from here on.
func (o *outbox) lent(l *lentFrame) bool { return o.answer(outgoing{frame: l.b, lent: l}) }

func (o *outbox) answer(f outgoing) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.over {
		return true
	}
	if o.frames >= 2*o.maxFrames || o.bytes+len(f.frame) > 2*o.maxBytes {
		return false
	}
	o.add(f)
	return true
}

// live adds a durable event; false = full.
func (o *outbox) live(frame []byte, at protocol.Instant) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.over {
		return true
	}
	if o.full(len(frame)) {
		o.dropEphemeral()
		if o.full(len(frame)) {
			return false
		}
	}
	o.add(outgoing{frame: frame, at: at})
	return true
}

// replay adds a durable event from the log; false = the socket has to drain first.
func (o *outbox) replay(frame []byte) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.over {
		return true
	}
	if o.replayFull() {
		return false
	}
	o.add(outgoing{frame: frame})
	return true
}

func (o *outbox) replayFull() bool {
	return o.frames >= o.maxFrames/replayShare || o.bytes >= o.maxBytes/replayShare
}

// awaitRoom waits until replay would take a frame, or the outbox is over.
func (o *outbox) awaitRoom() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for !o.over && o.replayFull() {
		o.drained.Wait()
	}
}

// entrances is how many streams of one connection are on their way from their start to live. Each lays up to two frames into
// the outbox that cannot be left out, its snapshot and its stream.live: an agent that came back to more rooms than the
// outbox has frames was let go as a slow reader (4508) before its socket was asked, came back at once, and so for ever (F-14).
const entrances = 32

// enter waits until another stream may begin: few are under way, and the socket has drained what they brought. False: the outbox is
// over. exit follows, when the stream is live or will not be.
func (o *outbox) enter() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	for !o.over && (o.entering >= entrances || o.replayFull()) {
		o.drained.Wait()
	}
	o.entering++
	return !o.over
}

func (o *outbox) exit() {
	o.mu.Lock()
	o.entering--
	o.mu.Unlock()
	o.drained.Broadcast()
}

// ephemeral adds a frame that may be lost; a waiting one of the same key is replaced.
func (o *outbox) ephemeral(key string, frame []byte) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.over {
		return true
	}
	if place, ok := o.keys[key]; ok && place >= o.first && key != "" {
		old := &o.q[place-o.first]
		if o.bytes+len(frame)-len(old.frame) > o.maxBytes {
			return false
		}
		o.bytes += len(frame) - len(old.frame)
		o.grown(len(frame) - len(old.frame))
		old.frame = frame
		return true
	}
	return o.putEphemeral(key, frame)
}

func (o *outbox) putEphemeral(key string, frame []byte) bool {
	if o.full(len(frame)) {
		return false
	}
	if key != "" {
		if o.keys == nil {
			o.keys = make(map[string]uint64)
		}
		o.keys[key] = o.first + uint64(len(o.q))
	}
	o.add(outgoing{frame: frame, key: key, ephemeral: true})
	return true
}

// rewrite is ephemeral for a frame that changes often: build appends it to what it is given, under the outbox's lock. A
// waiting one is written over, so that a count that is told a hundred times before the socket takes it is one frame and
// one piece of memory.
func (o *outbox) rewrite(key string, build func(dst []byte) []byte) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.over {
		return true
	}
	if place, ok := o.keys[key]; ok && place >= o.first {
		old := &o.q[place-o.first]
		was := len(old.frame)
		old.frame = build(old.frame[:0])
		o.bytes += len(old.frame) - was // a few digits: no bound is worth looking at
		o.grown(len(old.frame) - was)
		return true
	}
	return o.putEphemeral(key, build(make([]byte, 0, 160)))
}

func (o *outbox) dropEphemeral() {
	kept := o.q[:0]
	for _, f := range o.q {
		if !f.ephemeral {
			kept = append(kept, f)
			continue
		}
		o.frames--
		o.bytes -= len(f.frame)
		o.grown(-len(f.frame))
	}
	clear(o.q[len(kept):])
	o.q = kept
	clear(o.keys)
}

// take moves what waits into the writer's hand, which is empty: at most batchBytes and one frame more.
func (o *outbox) take(batch []outgoing, batchBytes int) []outgoing {
	if o.bytes <= batchBytes { // all of it: hand and queue change places
		o.first += uint64(len(o.q))
		o.vital = 0
		clear(o.keys)
		batch, o.q = o.q, batch
		return batch
	}
	n, size := 0, 0
	for n < len(o.q) && size < batchBytes {
		f := o.q[n]
		size += len(f.frame)
		if f.key != "" {
			delete(o.keys, f.key)
		}
		if !f.ephemeral {
			o.vital--
		}
		batch = append(batch, f)
		n++
	}
	o.first += uint64(n)
	rest := copy(o.q, o.q[n:])
	clear(o.q[rest:])
	o.q = o.q[:rest]
	return batch
}

// wrote says that the writer's hand is empty again.
func (o *outbox) wrote(batch []outgoing) {
	size := 0
	for i := range batch {
		f := &batch[i]
		size += len(f.frame)
		if f.lent != nil && cap(f.lent.b) <= lentKeep {
			lentFrames.Put(f.lent)
		}
	}
	o.mu.Lock()
	o.frames -= len(batch)
	o.bytes -= size
	o.mu.Unlock()
	o.grown(-size)
	o.drained.Broadcast()
}

// hasVital says whether something waits that is not ephemeral.
func (o *outbox) hasVital() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.vital > 0
}

// finish ends the outbox: nothing more is taken in, and nobody waits for room. What is in
// it is still written, unless drop is set.
func (o *outbox) finish(drop bool) {
	o.mu.Lock()
	o.over = true
	if drop {
		for _, f := range o.q {
			o.frames--
			o.bytes -= len(f.frame)
			o.grown(-len(f.frame))
		}
		o.q, o.keys, o.vital = nil, nil, 0
	}
	o.awake()
	o.mu.Unlock()
	o.drained.Broadcast()
}

// link adds a frame of a chain in which none may be missing. A delta is refused while the
// frame before it still waits; a snapshot takes that one's place. False: send a snapshot next time.
func (o *outbox) link(key string, frame []byte, whole bool) bool {
	o.mu.Lock()
	place, waits := o.keys[key]
	waits = waits && place >= o.first
	o.mu.Unlock()
	return (whole || !waits) && o.ephemeral(key, frame)
}
