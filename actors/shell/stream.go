package shell

import (
	"sync"

	"switchyard/protocol"
)

// Sink receives what happens in a stream. Its methods are called by one goroutine at a time.
type Sink interface {
	// Push gives one durable event with its frame. replay = true: it may block until the reader has
	// room; false: it must not, and false as its answer sends the follower back to the log. After
	// a replayed push answers false nothing follows.
	Push(r *protocol.Recorded, frame []byte, replay bool) bool
	// Live says that everything up to seq was given and that what follows is live.
	Live(seq uint64)
	// Reset says that the stream cannot be followed from there; nothing follows.
	Reset(reason string)
	// Ephemeral gives a frame that is not history; of several with one key the newest counts.
	Ephemeral(key string, frame []byte)
}

type hubStripe struct {
	mu   sync.Mutex
	hubs map[protocol.Address]*hub
}

// hub knows who follows one actor's history.
type hub struct {
	mu   sync.Mutex
	subs []*follower
	by   [viewsMax]int // how many of them, by view
}

const viewsMax = int(protocol.StreamInbox) + 1

// follower is one reader of one view.
type follower struct {
	stream  protocol.Stream
	sink    Sink
	pos     uint64 // number of the last event that the reader has, or that came before its start
	seq     uint64 // position of the last event it was given
	seen    uint64 // number of the last event delivered while it was reading the log
	live    bool
	stopped bool
	gone    bool // the actor has been forgotten
}

func (e *Engine) hubStripe(a protocol.Address) *hubStripe {
	h := uint32(2166136261)
	for i := range len(a.ID) {
		h = (h ^ uint32(a.ID[i])) * 16777619
	}
	return &e.hubs[(h^uint32(a.Kind))%uint32(len(e.hubs))]
}

func (e *Engine) hub(a protocol.Address) *hub {
	s := e.hubStripe(a)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hubs[a]
}

// Follow reads a stream from after (exclusive) and stays on it, without a gap and without a
// double: register with the hub; read pages until one is short; then, under the hub's lock, if
// nothing beyond the reader's position was delivered since, switch to live, else read on. A
// first event older than oldest is too old to be replayed.
func (e *Engine) Follow(s protocol.Stream, after uint64, oldest protocol.Instant, sink Sink) (stop func()) {
	// An event's position is never above its number, so the position leads to where to read from.
	f := &follower{stream: s, sink: sink, pos: after, seq: after}
	st := e.hubStripe(s.Of)
	st.mu.Lock()
	h := st.hubs[s.Of]
	if h == nil {
		h = &hub{}
		st.hubs[s.Of] = h
	}
	h.mu.Lock()
	h.subs = append(h.subs, f)
	h.by[s.View]++
	h.mu.Unlock()
	st.mu.Unlock()
	e.reading.Add(1)
	go e.catchUp(h, f, oldest)
	return func() { e.leaveHub(st, h, f) }
}

func (e *Engine) leaveHub(st *hubStripe, h *hub, f *follower) {
	st.mu.Lock()
	defer st.mu.Unlock()
	h.mu.Lock()
	defer h.mu.Unlock()
	f.stopped, f.live = true, false
	for i, s := range h.subs {
		if s == f {
			h.subs = append(h.subs[:i], h.subs[i+1:]...)
			h.by[f.stream.View]--
			break
		}
	}
	if len(h.subs) == 0 && st.hubs[f.stream.Of] == h {
		delete(st.hubs, f.stream.Of)
	}
}

// catchUp reads the log for a follower until it is level with the hub.
func (e *Engine) catchUp(h *hub, f *follower, oldest protocol.Instant) {
	defer e.reading.Add(-1)
	for {
		recs, here := e.young.after(f.stream.Of, f.pos)
		if !here {
			var err error
			if recs, err = e.readPage(f); err != nil {
				f.sink.Reset("unreadable")
				return
			}
		}
		for i := range recs {
			r := &recs[i]
			f.pos = r.Number
			seq := f.stream.View.Seq(r)
			if seq <= f.seq {
				continue
			}
			if oldest != 0 && r.At < oldest {
				f.sink.Reset("too_old")
				return
			}
			oldest = 0
			if !f.sink.Push(r, protocol.AppendFrame(nil, f.stream, r), true) {
				return
			}
			f.seq = seq
		}
		if len(recs) == replayPage {
			continue
		}
		h.mu.Lock()
		if f.stopped {
			h.mu.Unlock()
			return
		}
		if f.gone || len(recs) == 0 && f.pos > 0 && !here && e.empty(f.stream.Of) {
			h.mu.Unlock()
			f.sink.Reset(resetGone)
			return
		}
		if f.seen <= f.pos {
			f.live = true
			f.sink.Live(f.seq)
			h.mu.Unlock()
			return
		}
		h.mu.Unlock()
	}
}

const replayPage = 100

// readPage reads the next events of the log and waits until they are durable: the store shows
// a batch before it is synced.
func (e *Engine) readPage(f *follower) ([]protocol.Recorded, error) {
	recs := make([]protocol.Recorded, 0, 16)
	err := e.o.Store.Events(f.stream.Of, f.pos+1, replayPage, func(r protocol.Recorded) error {
		recs = append(recs, r)
		return nil
	})
	if len(recs) < replayPage { // the last page: an actor that was forgotten meanwhile has told so before we look
		e.o.Store.WaitDurable(e.o.Store.Position())
	}
	return recs, err
}

// empty says whether an actor has no history: whoever read some of it was reading what has been forgotten since.
func (e *Engine) empty(a protocol.Address) bool {
	found := false
	err := e.o.Store.Events(a, 1, 1, func(protocol.Recorded) error { found = true; return nil })
	return err == nil && !found
}

// encode makes the frames on the actor's goroutine, before the hand-over, of the views that somebody follows: by event
// and view, appended to f.
func (e *Engine) encode(f [][]byte, a protocol.Address, recs []protocol.Recorded) [][]byte {
	h := e.hub(a)
	if h == nil {
		return f
	}
	h.mu.Lock()
	by := h.by
	h.mu.Unlock()
	return frames(f, a, recs, by)
}

// frameBytes is about what a frame has beside a message's text; a wrong guess costs an allocation.
const frameBytes = 320

// frames writes the frames of a step behind each other into one buffer: grown frame by frame from
// nothing they were a third of all allocations of a routed message. What nobody follows stays empty.
func frames(f [][]byte, a protocol.Address, recs []protocol.Recorded, by [viewsMax]int) [][]byte {
	of := views(a.Kind)
	size := 0
	for _, v := range of {
		if by[v] == 0 {
			continue
		}
		size += len(recs) * frameBytes
		for i := range recs {
			if m, ok := recs[i].Event.(*protocol.MessagePosted); ok {
				size += len(m.Text)
			}
		}
	}
	b := make([]byte, 0, size)
	for i := range recs {
		for _, v := range of {
			start := len(b)
			if by[v] != 0 {
				b = protocol.AppendFrame(b, protocol.Stream{View: v, Of: a}, &recs[i])
			}
			if len(b) == start { // not shown in this view, or not followed
				f = append(f, nil)
				continue
			}
			f = append(f, b[start:len(b):len(b)]) // nobody appends into its neighbour
		}
	}
	return f
}

var (
	roomViews  = []protocol.View{protocol.StreamRoom, protocol.StreamDesk}
	agentViews = []protocol.View{protocol.StreamInbox}
)

func views(k protocol.Kind) []protocol.View {
	switch k {
	case protocol.KindRoom:
		return roomViews
	case protocol.KindAgent:
		return agentViews
	}
	return nil
}

// deliver gives durable events to those who follow; it runs on the effects' goroutine and never blocks.
func (e *Engine) deliver(a protocol.Address, recs []protocol.Recorded, frames [][]byte) {
	if f := e.o.Observe.Durable; f != nil {
		for i := range recs {
			f(a, &recs[i])
		}
	}
	of := views(a.Kind)
	if a.Kind == protocol.KindRoom { // of agents' streams only the end is read
		e.young.add(a, recs) // before the hub is looked up: who comes now finds them there, or is told
	}
	h := e.hub(a)
	if h == nil {
		return
	}
	if len(frames) == 0 { // somebody came after the hand-over
		frames = make([][]byte, len(of)*len(recs))
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, f := range h.subs {
		for i := range recs {
			r := &recs[i]
			if !f.live {
				f.seen = max(f.seen, r.Number)
				continue
			}
			seq := f.stream.View.Seq(r)
			if r.Number <= f.pos || seq == 0 {
				f.pos = max(f.pos, r.Number)
				continue
			}
			var frame []byte
			for k, v := range of {
				if v == f.stream.View {
					at := &frames[i*len(of)+k]
					if *at == nil { // nobody followed this view at the hand-over
						*at = protocol.AppendFrame(nil, f.stream, r)
					}
					frame = *at
				}
			}
			if !f.sink.Push(r, frame, false) {
				f.live, f.seen = false, r.Number // back to the log
				e.reading.Add(1)
				go e.catchUp(h, f, 0)
				continue
			}
			f.pos, f.seq = r.Number, seq
		}
	}
}

// Publish gives an ephemeral frame to all live followers of a stream.
func (e *Engine) Publish(s protocol.Stream, key string, frame []byte) {
	h := e.hub(s.Of)
	if h == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, f := range h.subs {
		if f.live && f.stream.View == s.View {
			f.sink.Ephemeral(key, frame)
		}
	}
}
