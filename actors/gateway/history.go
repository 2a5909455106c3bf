package gateway

import (
	"errors"
	"strings"

	"switchyard/protocol"
)

// streamCommand runs the commands that read, on a goroutine that may wait.
func (c *connection) streamCommand(who *identity, r *request, done func(protocol.Result, *protocol.Rejection)) {
	switch r.kind {
	case "auth.refresh":
		done(c.refresh(r))
	case "unsubscribe":
		if !c.drop(r.stream) && !c.leaveBoard(r.stream) {
			done(nil, notFound)
			return
		}
		done(protocol.Done{}, nil)
	case "subscribe":
		if strings.HasPrefix(r.stream, queuePrefix) || strings.HasPrefix(r.stream, boardPrefix) {
			rej := c.joinBoard(who, r.stream)
			done(protocol.Done{}, rej)
			return
		}
		view, id, ok := parseStream(r.stream)
		if !ok {
			done(nil, notFound)
			return
		}
		f := fields{m: r.data, prefix: "data."}
		var after *uint64
		if f.has("after") {
			n := f.uint("after")
			after = &n
		}
		if f.err != nil {
			done(nil, f.err)
			return
		}
		rej := c.follow(who, view, id, after, startFirst, nil)
		done(protocol.Done{}, rej)
	case "sync":
		done(c.sync(who, r))
	case "history":
		done(c.g.historyCommand(who, r))
	}
}

// readable finds the stream of a reading command, judges it on its state of now, and gives its last position.
func (g *Gateway) readable(who *identity, name string) (protocol.Stream, uint64, *protocol.Rejection) {
	var none protocol.Stream
	view, id, ok := parseStream(name)
	if !ok {
		return none, 0, notFound
	}
	caller, facts, ok := g.caller(who)
	if !ok {
		return none, 0, errUnauthenticated
	}
	if view == protocol.StreamInbox {
		v, rej := g.viewInbox(caller, facts, id)
		return protocol.Stream{View: view, Of: protocol.AgentAt(who.site, caller.Account)}, v.Seq, rej
	}
	act, room := "stream.desk", protocol.RoomID(id)
	if view == protocol.StreamRoom {
		act = "stream.room"
	}
	v, rej := g.view(g.stopped, act, caller, facts, room)
	last := v.Desk
	if view == protocol.StreamRoom {
		last = v.RoomSeq
	}
	return protocol.Stream{View: view, Of: protocol.RoomAt(who.site, room)}, last, rej
}

// sync gives the events after a position once more, as frames of the stream, for a client that found a gap.
func (c *connection) sync(who *identity, r *request) (protocol.Result, *protocol.Rejection) {
	f := fields{m: r.data, prefix: "data."}
	after, limit := f.uint("after"), int(c.g.cfg.ReplayEvents)
	if f.has("limit") {
		limit = f.int("limit", 1, limit)
	}
	if f.err != nil {
		return nil, f.err
	}
	stream, _, rej := c.g.readable(who, r.stream)
	if rej != nil {
		return nil, rej
	}
	c.g.obs.Synced(who.role.String())
	last, n := after, 0
	turn := turn{c: c}
	defer turn.give()
	err := c.g.scanLog(stream, after, func(rec *protocol.Recorded) bool {
		if !turn.replay(protocol.AppendFrame(nil, stream, rec)) {
			return false
		}
		last = stream.View.Seq(rec)
		n++
		return n < limit && c.ending.Load() == nil
	})
	if err != nil {
		return nil, logRefusal(err)
	}
	c.g.obs.Replayed(n)
	j := protocol.JSON{}
	j.B = append(j.B, `"events":`...)
	j.B = append(j.B, itoa(int64(n))...)
	j.Uint("seq", last)
	return rawResult{members: j.B}, nil
}

// unreadable says that the log could not be read; the log's own words go to nobody outside.
var unreadable = protocol.Reject(protocol.Internal, "the log cannot be read")

var errEnough = errors.New("enough")

// errGone says that the actor was forgotten while its log was read: whoever read a part of it throws that away.
var errGone = errors.New("the log is gone")

// logRefusal is what a caller hears of a log that could not be read.
func logRefusal(err error) *protocol.Rejection {
	if errors.Is(err, errGone) {
		return notFound
	}
	return unreadable
}

// logPage is how many events are read at a time.
const logPage = 100

// readLog calls each with an actor's events from a number on, page by page, until it returns false. A page is of one moment; an
// actor that goes between two of them is errGone, so that nobody takes a part for the whole (F-40).
func (g *Gateway) readLog(of protocol.Address, from uint64, each func(*protocol.Recorded) bool) error {
	for {
		n := 0
		err := g.engine.Events(of, from, logPage, func(r protocol.Recorded) error {
			n++
			from = r.Number + 1
			if !each(&r) {
				return errEnough
			}
			return nil
		})
		if errors.Is(err, errEnough) {
			return nil
		}
		if err == nil && n == 0 {
			return g.stillThere(of)
		}
		if err != nil || n < logPage {
			return err
		}
	}
}

// stillThere is errGone if the actor has no log any more.
func (g *Gateway) stillThere(of protocol.Address) error {
	found := false
	err := g.engine.Events(of, 1, 1, func(protocol.Recorded) error { found = true; return nil })
	if err == nil && !found {
		err = errGone
	}
	return err
}

// scanLog calls each with the events of a view after a position, in order, until it returns false.
func (g *Gateway) scanLog(s protocol.Stream, after uint64, each func(*protocol.Recorded) bool) error {
	return g.readLog(s.Of, after+1, func(r *protocol.Recorded) bool { // a position is never above its event's number
		return s.View.Seq(r) <= after || each(r)
	})
}

// page is a piece of a stream that ends before a position.
type page struct {
	frames [][]byte
	first  uint64 // position of the first frame; 0 = the page is empty
}

// history reads at most limit events before a position, newest last, as many as fit into
// size bytes. Events that the view does not show make numbers run ahead of positions, so
// the place to read from is approached in steps that cannot pass it.
func (g *Gateway) history(s protocol.Stream, before uint64, limit int, size int) (page, error) {
	if before <= 1 {
		return page{}, nil
	}
	want := uint64(1)
	if before > uint64(limit) {
		want = before - uint64(limit)
	}
	from := want
	for {
		var seq uint64
		err := g.engine.Events(s.Of, from, logPage, func(r protocol.Recorded) error {
			if seq = s.View.Seq(&r); seq != 0 {
				return errEnough
			}
			return nil
		})
		if err != nil && !errors.Is(err, errEnough) {
			return page{}, err
		}
		if seq == 0 || seq >= want {
			break
		}
		from += want - seq // seq grows by one per number at most
	}
	var p page
	var seqs []uint64
	err := g.readLog(s.Of, from, func(r *protocol.Recorded) bool {
		seq := s.View.Seq(r)
		if seq >= before {
			return false
		}
		if seq >= want && seq != 0 {
			p.frames = append(p.frames, protocol.AppendFrame(nil, s, r))
			seqs = append(seqs, seq)
		}
		return true
	})
	used, keep := 0, len(p.frames)
	for keep > 0 && (keep == len(p.frames) || used+len(p.frames[keep-1]) <= size) {
		keep--
		used += len(p.frames[keep]) + 1
	}
	p.frames = p.frames[keep:]
	if len(p.frames) > 0 {
		p.first = seqs[keep]
	}
	return p, err
}

// historyCommand answers history: a page of older entries, in the reply, in one frame.
func (g *Gateway) historyCommand(who *identity, r *request) (protocol.Result, *protocol.Rejection) {
	f := fields{m: r.data, prefix: "data."}
	before, limit := f.uint("before"), g.cfg.HistoryEvents
	if f.has("limit") {
		limit = f.int("limit", 1, limit)
	}
	if f.err != nil {
		return nil, f.err
	}
	stream, last, rej := g.readable(who, r.stream)
	if rej != nil {
		return nil, rej
	}
	if before == 0 || before > last+1 {
		before = last + 1
	}
	p, err := g.history(stream, before, limit, g.cfg.FrameBytes-512)
	if err != nil {
		return nil, logRefusal(err)
	}
	return rawResult{members: appendPage(nil, p)}, nil
}

// appendPage writes a page's members: the events, and where the next older page ends.
func appendPage(dst []byte, p page) []byte {
	dst = append(dst, `"events":[`...)
	for i, f := range p.frames {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, f...)
	}
	dst = append(dst, ']')
	if p.first > 1 {
		dst = append(dst, `,"before":`...)
		dst = append(dst, itoa(int64(p.first))...)
	}
	return dst
}
