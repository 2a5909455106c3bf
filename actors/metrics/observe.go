package metrics

import (
	"hash/maphash"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"switchyard/protocol"
)

// invariants is the closed list of names in invariant_violations_total; anything else is "other".
var invariants = []string{
	"I-01", "I-02", "I-03", "I-04", "I-05", "I-06", "I-07", "I-08", "I-09", "I-10", "I-11", "I-12", "I-13", "I-14", "I-15",
	"I-16", "I-17", "I-18", "R-243", "unreadable", "other",
}

// Violated counts a broken invariant; its name is the first word of the message.
func (c *Catalog) Violated(err error) {
	name, _, _ := strings.Cut(err.Error(), ":")
	for _, known := range invariants {
		if name == known {
			c.violations.WithLabelValues(name).Inc()
			return
		}
	}
	c.violations.WithLabelValues("other").Inc()
}

// WebhookAttempted, WebhookDropped and WebhookGaveUp count what the sender of webhooks tells.
func (c *Catalog) WebhookAttempted(result string, took time.Duration) {
	c.hooks.WithLabelValues(result).Observe(took.Seconds())
}

// WebhookDropped see WebhookAttempted.
func (c *Catalog) WebhookDropped(facts int) { c.hooksFull.Add(float64(facts)) }

// WebhookGaveUp see WebhookAttempted.
func (c *Catalog) WebhookGaveUp() { c.hooksLost.Inc() }

// stepsOf is the histogram of a kind, looked up once: every message is a step.
func (c *Catalog) stepsOf(kind protocol.Kind) prometheus.Observer {
	if int(kind) >= len(c.stepsBy) {
		return c.steps.WithLabelValues(kind.String())
	}
	if o := c.stepsBy[kind].Load(); o != nil {
		return *o
	}
	o := c.steps.WithLabelValues(kind.String())
	c.stepsBy[kind].Store(&o)
	return o
}

// Stepped times one step of a mind.
func (c *Catalog) Stepped(kind protocol.Kind, command string, took time.Duration) {
	c.stepsOf(kind).Observe(took.Seconds())
	if kind == protocol.KindQueue {
		switch command {
		case "seat.ask":
			c.decide.WithLabelValues("entry").Observe(took.Seconds())
		case "queue.pass":
			c.decide.WithLabelValues("backlog").Observe(took.Seconds())
		case "room.take", "room.assign":
			c.decide.WithLabelValues("manual").Observe(took.Seconds())
		}
	}
}

// Quarantined, Reloaded, TimerLate, ClockJumped and Recovered count what the shell tells.
func (c *Catalog) Quarantined()                { c.quarantine.Inc() }
func (c *Catalog) Reloaded(k protocol.Kind)    { c.reloads.WithLabelValues(k.String()).Inc() }
func (c *Catalog) TimerLate(d time.Duration)   { c.late.Observe(d.Seconds()) }
func (c *Catalog) ClockJumped(d time.Duration) { c.jumps.Set(d.Seconds()) }
func (c *Catalog) Recovered(phase string, d time.Duration) {
	c.recovery.WithLabelValues(phase).Set(d.Seconds())
}

// Forgotten counts a room that was removed, Swept contents of files.
func (c *Catalog) Forgotten(protocol.Address) { c.expired.Inc() }

// Erased counts a customer who asked to be deleted and is, EraseFailed a failed attempt at a site's.
func (c *Catalog) Erased() { c.erased.Inc() }

// EraseFailed see Erased.
func (c *Catalog) EraseFailed() { c.eraseFails.Inc() }

// Swept see Forgotten.
func (c *Catalog) Swept(contents int) { c.swept.Add(float64(contents)) }

// Committed counts one durable batch.
func (c *Catalog) Committed(entries, _, bytes int, took, sync time.Duration) {
	c.commits.Inc()
	c.logBytes.Add(float64(bytes))
	c.batch.Observe(float64(entries))
	c.appendTime.Observe(took.Seconds())
	c.fsync.Observe(sync.Seconds())
}

// Stalled, DiskSlow, Damaged and Torn count what the store tells.
func (c *Catalog) Stalled(begun bool) {
	if begun {
		c.stalls.Inc()
	}
}

// DiskSlow see Stalled.
func (c *Catalog) DiskSlow() { c.slow.Inc() }

// Damaged see Stalled.
func (c *Catalog) Damaged() { c.damage.Inc() }

// Torn see Stalled.
func (c *Catalog) Torn() { c.torn.Inc() }

// Opened, Closed and the others count what the gateway tells.
func (c *Catalog) Opened(role string) { c.connections.WithLabelValues(role).Inc() }

// Closed see Opened.
func (c *Catalog) Closed(role string, code int) {
	if role != "" {
		c.connections.WithLabelValues(role).Dec()
	}
	c.closes.WithLabelValues(closeCode(code)).Inc()
}

// closeCode keeps the label's list closed: a peer may send any number.
func closeCode(code int) string {
	switch {
	case code >= 1000 && code <= 1015, code >= 4400 && code <= 4450, code >= 4500 && code <= 4550:
		return strconv.Itoa(code)
	case code == 0 || code == -1:
		return "none"
	}
	return "other"
}

// HandshakeRefused see Opened.
func (c *Catalog) HandshakeRefused(reason string) { c.handshakes.WithLabelValues(reason).Inc() }

// Connections see Opened.
func (c *Catalog) Connections(delta int) { c.tcp.Add(float64(delta)) }

// Refused see Opened.
func (c *Catalog) Refused(reason string) { c.refused.WithLabelValues(reason).Inc() }

// ReplayWaits see Opened.
func (c *Catalog) ReplayWaits(delta int) { c.replayWaits.Add(float64(delta)) }

// Synced see Opened.
func (c *Catalog) Synced(role string) { c.syncs.WithLabelValues(role).Inc() }

// Repeated see Opened.
func (c *Catalog) Repeated() { c.repeats.Inc() }

// Command see Opened.
func (c *Catalog) Command(name string, took time.Duration) {
	c.commands.WithLabelValues(name).Observe(took.Seconds())
}

// Rejected see Opened.
func (c *Catalog) Rejected(code string) { c.rejections.WithLabelValues(code).Inc() }

// Outbox see Opened.
func (c *Catalog) Outbox(delta int) { c.outbox.Add(float64(delta)) }

// Resumed see Opened.
func (c *Catalog) Resumed(result string) { c.resumes.WithLabelValues(result).Inc() }

// Replayed see Opened.
func (c *Catalog) Replayed(events int) { c.replayed.Add(float64(events)) }

// Delivered see Opened.
func (c *Catalog) Delivered(d time.Duration) { c.deliver.Observe(d.Seconds()) }

// Login see Opened.
func (c *Catalog) Login(result string) { c.logins.WithLabelValues(result).Inc() }

// fold keeps, for every open room, what the gauges need: 24 bytes each.
type fold struct {
	mu     sync.Mutex
	seed   maphash.Seed
	rooms  map[uint64]roomFact
	queues map[protocol.SiteID]string    // label of a site: its id for the first, "other" for the rest
	early  map[uint64]protocol.RoomState // what rooms told before they were found at the start; nil = all were
}

type roomFact struct {
	requested protocol.Instant
	state     protocol.RoomState
	channel   protocol.Channel
}

// queuesMax is how many sites have a series of their own.
const queuesMax = 50

func newFold() *fold {
	return &fold{seed: maphash.MakeSeed(), rooms: map[uint64]roomFact{}, queues: map[protocol.SiteID]string{}, early: map[uint64]protocol.RoomState{}}
}

func (f *fold) queue(s protocol.SiteID) string {
	label, ok := f.queues[s]
	if !ok {
		label = string(s)
		if len(f.queues) >= queuesMax {
			label = "other"
		}
		f.queues[s] = label
	}
	return label
}

func (f *fold) key(a protocol.Address) uint64 {
	return maphash.String(f.seed, string(a.Site)+"/"+a.ID)
}

// Found counts rooms that were open when the node started. They come while it serves: a room in which something has happened since
// may have told so before (early), and then that is the newer state.
func (c *Catalog) Found(site protocol.SiteID, rows []protocol.OpenRoomDue) {
	c.fold.mu.Lock()
	defer c.fold.mu.Unlock()
	for i := range rows {
		row := &rows[i]
		k := c.fold.key(protocol.RoomAt(site, row.Room))
		if _, known := c.fold.rooms[k]; known {
			continue // it began since
		}
		state := row.State
		if told, ok := c.fold.early[k]; ok {
			delete(c.fold.early, k)
			if !told.Open() || state == protocol.Received {
				state = told
			}
		}
		c.fold.rooms[k] = roomFact{requested: row.RequestedAt, channel: row.Channel}
		c.move(site, k, state)
	}
}

// FoundAll ends what Found began: every room is known.
func (c *Catalog) FoundAll() {
	c.fold.mu.Lock()
	defer c.fold.mu.Unlock()
	c.fold.early = nil
}

// move changes a room's state in the gauges; of one that has not been found yet it is kept. Under the fold's lock.
func (c *Catalog) move(site protocol.SiteID, k uint64, to protocol.RoomState) {
	was, known := c.fold.rooms[k]
	if !known && c.fold.early != nil {
		c.fold.early[k] = to
		return
	}
	if was.state == to {
		return
	}
	if was.state.Open() {
		c.rooms.WithLabelValues(was.state.String(), was.channel.String()).Dec()
	}
	if was.state == protocol.Waiting {
		c.waiting.WithLabelValues(c.fold.queue(site)).Dec()
	}
	if !to.Open() {
		delete(c.fold.rooms, k)
		return
	}
	c.rooms.WithLabelValues(to.String(), was.channel.String()).Inc()
	if to == protocol.Waiting {
		c.waiting.WithLabelValues(c.fold.queue(site)).Inc()
	}
	was.state = to
	c.fold.rooms[k] = was
}

// Durable follows the events: each is counted once, when it is on the disk.
func (c *Catalog) Durable(a protocol.Address, r *protocol.Recorded) {
	if e, ok := r.Event.(*protocol.LedgerEntry); ok {
		c.ledger.WithLabelValues(e.Kind.String()).Inc()
		if e.Short {
			c.uncovered.WithLabelValues(e.Kind.String()).Inc()
		}
	}
	if a.Kind != protocol.KindRoom {
		return
	}
	switch e := r.Event.(type) {
	case *protocol.MessagePosted:
		c.messages.WithLabelValues(e.From.String()).Inc()
		if !e.Response() {
			return
		}
		c.fold.mu.Lock()
		defer c.fold.mu.Unlock()
		k := c.fold.key(a)
		if was, known := c.fold.rooms[k]; was.state == protocol.Received || !known && c.fold.early != nil && c.fold.early[k] == 0 {
			c.move(a.Site, k, protocol.Active)
		}
	case *protocol.RoomOpened:
		c.fold.mu.Lock()
		defer c.fold.mu.Unlock()
		c.fold.rooms[c.fold.key(a)] = roomFact{requested: r.At, channel: e.Channel}
	case *protocol.RoomQueued:
		c.outcomes.WithLabelValues(protocol.OutcomeQueued.String()).Inc()
		c.fold.mu.Lock()
		defer c.fold.mu.Unlock()
		c.move(a.Site, c.fold.key(a), protocol.Waiting)
	case *protocol.RoomAssigned:
		c.assignments.WithLabelValues(e.Cause.String()).Inc()
		if e.Cause == protocol.CauseEntry {
			c.outcomes.WithLabelValues(protocol.OutcomeAccepted.String()).Inc()
		}
		c.fold.mu.Lock()
		defer c.fold.mu.Unlock()
		k := c.fold.key(a)
		if e.Assignment == 1 {
			wait := time.Duration(r.At-c.fold.rooms[k].requested) * time.Millisecond
			c.assignWait.WithLabelValues(c.fold.queue(a.Site)).Observe(wait.Seconds())
		}
		c.move(a.Site, k, protocol.Received)
	case *protocol.RoomClosed:
		if e.Rejected {
			c.outcomes.WithLabelValues(protocol.OutcomeRefused.String()).Inc()
		}
		c.fold.mu.Lock()
		defer c.fold.mu.Unlock()
		c.move(a.Site, c.fold.key(a), e.State)
	}
}
