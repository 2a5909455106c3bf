package shell

import (
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"switchyard/protocol"
)

// Closed rooms are kept for the site's period and then go, whole, each by an entry of its own (architecture, "Retention"). The
// walk only finds them, oldest first, and asks; the room decides. It runs beside the ticker, at a bounded rate, and pauses
// while the disk is behind, so that it holds nobody up.

const (
	retentionLook = 100 * time.Millisecond // between two looks while there is something to do
	retentionRest = time.Minute            // of a site where there is nothing
)

// retention is the state of the walk.
type retention struct {
	next    time.Time // Tick's: when to look again
	running atomic.Bool
	oldest  atomic.Int64 // close of the oldest room, in milliseconds; 0 = there is none

	// Of the walk, one at a time.
	sites map[protocol.SiteID]*walked
	first int
}

// walked is how far the walk is in a site.
type walked struct {
	after  []byte // key of the last closed room that was asked; nil = begin
	rest   time.Time
	oldest protocol.Instant
}

// retain looks for rooms to expire, if it is time to. Called by Tick.
func (e *Engine) retain(now time.Time) {
	r := &e.retention
	if now.Before(r.next) || !r.running.CompareAndSwap(false, true) {
		return
	}
	r.next = now.Add(retentionLook)
	e.flying.Add(1)
	go func() {
		defer e.flying.Add(-1)
		defer r.running.Store(false)
		e.expire(now)
	}()
}

// expire asks as many rooms as one look may, of all sites in turn.
func (e *Engine) expire(now time.Time) {
	r := &e.retention
	if r.sites == nil {
		r.sites = map[protocol.SiteID]*walked{}
	}
	budget := max(1, e.o.ExpiryRate*int(retentionLook)/int(time.Second))
	ids := e.Sites()
	slices.Sort(ids)
	oldest := protocol.Instant(0)
	for i := range ids {
		id := ids[(r.first+i)%len(ids)]
		w := r.sites[id]
		if w == nil {
			w = &walked{}
			r.sites[id] = w
		}
		if budget > 0 && !now.Before(w.rest) && !e.stopped.Load() {
			budget -= e.expireOf(e.site(id), w, now, budget)
		}
		if oldest == 0 || w.oldest != 0 && w.oldest < oldest {
			oldest = w.oldest
		}
	}
	r.first++
	r.oldest.Store(int64(oldest))
}

// expireOf asks the next rooms of a site whose period has passed, and says how many.
func (e *Engine) expireOf(s *site, w *walked, now time.Time, most int) (n int) {
	facts, life := s.facts.Load(), s.life.Load()
	if !s.served() {
		return 0
	}
	if w.after == nil {
		w.oldest = 0
	}
	at, more := protocol.At(now), false
	err := e.o.Store.Rows(e.shard(s.id), protocol.RowClosedRoom, protocol.RowKey(s.id), w.after, most, func(key, _ []byte) error {
		closed, room := protocol.ClosedRoomOf(s.id, key)
		if w.oldest == 0 {
			w.oldest = closed
		}
		until := facts.Settings.KeptUntil(closed)
		if until == 0 || at < until || !e.folded(s.id, facts, closed) {
			return errKept
		}
		w.after = append(w.after[:0:0], key...)
		e.tell(protocol.RoomAt(s.id, room), protocol.Command{Body: protocol.ExpireRoom{Room: room}}, life)
		n++
		more = n == most
		return nil
	})
	if err != nil && err != errKept {
		e.o.Logger.Error("closed rooms cannot be listed", "site", string(s.id), "error", err)
	}
	if !more {
		w.after, w.rest = nil, now.Add(retentionRest)
	}
	return n
}

// errKept ends a look at the first room that stays: those behind it are younger.
var errKept = errors.New("kept")

// folded says whether the day of a close has been counted: reports outlive rooms.
func (e *Engine) folded(site protocol.SiteID, f *protocol.SiteFacts, closed protocol.Instant) bool {
	if e.o.FoldedThrough == nil {
		return true
	}
	y, m, d := closed.Time().In(f.Zone).Date()
	return e.o.FoldedThrough(site, protocol.Date{Year: y, Month: m, Day: d})
}

// OldestClosed is the close of the oldest room of all sites, as of the last look; 0 = there is none.
func (e *Engine) OldestClosed() protocol.Instant { return protocol.Instant(e.retention.oldest.Load()) }
