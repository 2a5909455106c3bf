package client

import "strings"

const (
	// heldMax bounds what waits behind a gap; a client with more starts the socket anew and resumes.
	heldMax = 500
	// resumeMax is how many streams a hello may name.
	resumeMax = 200
)

// streams keeps, per durable stream, the highest number applied, and so decides what
// an arriving number means. It knows no socket.
type streams struct {
	epoch     string
	at        map[string]*position
	forgotten map[string]bool
}

// position is the client's place in one stream.
type position struct {
	applied uint64
	held    map[uint64]Event // beyond a gap
	syncing bool             // the gap is being asked for
}

// arrival is what the gap rule says of a frame.
type arrival uint8

const (
	apply arrival = iota + 1 // the next number
	repeat
	gap     // held, and to be asked for
	waiting // held behind a gap that is being asked for
	ignored // of a stream this client has let go
	tooMany // more is held than a client should hold
)

func newStreams() *streams {
	return &streams{at: map[string]*position{}, forgotten: map[string]bool{}}
}

// arrive places one durable event. With apply the caller delivers the event and
// then what follow returns.
func (s *streams) arrive(e Event) arrival {
	if s.forgotten[e.Stream] {
		return ignored
	}
	p := s.at[e.Stream]
	if p == nil {
		p = &position{}
		s.at[e.Stream] = p
	}
	switch {
	case e.Seq <= p.applied:
		return repeat
	case e.Seq == p.applied+1:
		p.applied = e.Seq
		return apply
	case len(p.held) >= heldMax:
		return tooMany
	}
	if p.held == nil {
		p.held = map[uint64]Event{}
	}
	p.held[e.Seq] = e
	if p.syncing {
		return waiting
	}
	p.syncing = true
	return gap
}

// follow takes what was held and is next now.
func (s *streams) follow(stream string) []Event {
	p := s.at[stream]
	if p == nil {
		return nil
	}
	var ready []Event
	for {
		e, ok := p.held[p.applied+1]
		if !ok {
			break
		}
		delete(p.held, e.Seq)
		p.applied = e.Seq
		ready = append(ready, e)
	}
	if len(p.held) == 0 {
		p.syncing = false
	}
	return ready
}

// synced says that the server has answered a sync; what still is missing may be asked for again.
func (s *streams) synced(stream string) {
	if p := s.at[stream]; p != nil {
		p.syncing = false
	}
}

// reset moves a stream to where the server says, and drops what was held up to there.
func (s *streams) reset(stream string, seq uint64) {
	if s.forgotten[stream] {
		return
	}
	p := &position{applied: seq}
	if old := s.at[stream]; old != nil {
		for n, e := range old.held {
			if n > seq {
				if p.held == nil {
					p.held = map[uint64]Event{}
				}
				p.held[n] = e
			}
		}
	}
	s.at[stream] = p
}

// begin notes a stream that will be asked for from its start.
func (s *streams) begin(stream string) {
	delete(s.forgotten, stream)
	if s.at[stream] == nil {
		s.at[stream] = &position{}
	}
}

// drop lets a stream go that the server has taken away.
func (s *streams) drop(stream string) { delete(s.at, stream) }

// forget lets a stream go for good: frames of it that are still under way are ignored.
func (s *streams) forget(stream string) {
	delete(s.at, stream)
	s.forgotten[stream] = true
}

// lost forgets what belonged to the socket: held events come again with the resume.
func (s *streams) lost() {
	for _, p := range s.at {
		p.held, p.syncing = nil, false
	}
}

// resume is what a hello names; nil when nothing has been followed yet. The inbox
// goes before everything else where not all fit.
func (s *streams) resume() *resumeData {
	if len(s.at) == 0 || s.epoch == "" {
		return nil
	}
	r := &resumeData{Epoch: s.epoch, Streams: map[string]uint64{}}
	for _, inboxes := range []bool{true, false} {
		for name, p := range s.at {
			if strings.HasPrefix(name, "inbox/") == inboxes && len(r.Streams) < resumeMax {
				r.Streams[name] = p.applied
			}
		}
	}
	return r
}
