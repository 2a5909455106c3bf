// Package metrics is the only package that knows Prometheus: the catalog of what
// the node exports, and the observers that fill it. Names end in their unit,
// labels come from short closed lists, nothing holds an id of a room, a customer
// or an account. testdata/metrics.txt pins the names.
package metrics

import (
	"net/http"
	"regexp"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"switchyard/protocol"
)

// Catalog is everything the node exports.
type Catalog struct {
	registry *prometheus.Registry

	rooms       *prometheus.GaugeVec
	waiting     *prometheus.GaugeVec
	assignWait  *prometheus.HistogramVec
	decide      *prometheus.HistogramVec
	assignments *prometheus.CounterVec
	outcomes    *prometheus.CounterVec
	messages    *prometheus.CounterVec

	ledger    *prometheus.CounterVec
	uncovered *prometheus.CounterVec
	hooks     *prometheus.HistogramVec
	hooksLost prometheus.Counter
	hooksFull prometheus.Counter

	connections *prometheus.GaugeVec
	closes      *prometheus.CounterVec
	resumes     *prometheus.CounterVec
	replayed    prometheus.Counter
	outbox      prometheus.Gauge
	deliver     prometheus.Histogram
	handshakes  *prometheus.CounterVec
	tcp         prometheus.Gauge
	refused     *prometheus.CounterVec
	replayWaits prometheus.Gauge
	syncs       *prometheus.CounterVec
	repeats     prometheus.Counter
	commands    *prometheus.HistogramVec
	rejections  *prometheus.CounterVec
	logins      *prometheus.CounterVec

	commits    prometheus.Counter
	logBytes   prometheus.Counter
	batch      prometheus.Histogram
	appendTime prometheus.Histogram
	fsync      prometheus.Histogram
	stalls     prometheus.Counter
	slow       prometheus.Counter
	damage     prometheus.Counter
	torn       prometheus.Counter

	steps      *prometheus.HistogramVec
	stepsBy    [8]atomic.Pointer[prometheus.Observer]
	violations *prometheus.CounterVec
	quarantine prometheus.Counter
	reloads    *prometheus.CounterVec
	late       prometheus.Histogram
	jumps      prometheus.Gauge
	recovery   *prometheus.GaugeVec
	expired    prometheus.Counter
	swept      prometheus.Counter
	erased     prometheus.Counter
	eraseFails prometheus.Counter

	fold *fold
}

// Sources are the figures that are read when somebody looks. nil functions read as 0.
type Sources struct {
	UndurableEntries func() float64
	UndurableBytes   func() float64
	Mail             func() float64
	Resident         func() float64
	DiskFree         func() float64
	OutboxEvents     func() float64
	OutboxOldest     func() float64
	DiskLow          func() float64
	OldestClosed     func() float64
	ErasuresWaiting  func() float64
	ErasureOldest    func() float64
	ConnectionsMax   func() float64
	Version          string
}

// seconds are the classic buckets beside the native histogram, for old servers: 100 µs to a minute.
var seconds = []float64{0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5, 10}

// waits are those of what a person waits for: up to an hour.
var waits = []float64{0.01, 0.05, 0.25, 1, 5, 10, 20, 60, 120, 300, 900, 3600}

// New makes the catalog. Counters of closed lists begin at 0, so that increase() sees the first one.
func New(s Sources) *Catalog {
	c := &Catalog{registry: prometheus.NewRegistry(), fold: newFold()}
	r := c.registry
	histogram := func(name, help string, buckets []float64) prometheus.HistogramOpts {
		return prometheus.HistogramOpts{
			Namespace: "switchyard", Name: name, Help: help, Buckets: buckets,
			NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: 160,
		}
	}
	gauge := func(name, help string) prometheus.Gauge {
		g := prometheus.NewGauge(prometheus.GaugeOpts{Namespace: "switchyard", Name: name, Help: help})
		r.MustRegister(g)
		return g
	}
	gauges := func(name, help string, labels ...string) *prometheus.GaugeVec {
		g := prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: "switchyard", Name: name, Help: help}, labels)
		r.MustRegister(g)
		return g
	}
	counter := func(name, help string) prometheus.Counter {
		x := prometheus.NewCounter(prometheus.CounterOpts{Namespace: "switchyard", Name: name, Help: help})
		r.MustRegister(x)
		return x
	}
	counters := func(name, help string, labels ...string) *prometheus.CounterVec {
		x := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "switchyard", Name: name, Help: help}, labels)
		r.MustRegister(x)
		return x
	}
	hist := func(name, help string, buckets []float64) prometheus.Histogram {
		x := prometheus.NewHistogram(histogram(name, help, buckets))
		r.MustRegister(x)
		return x
	}
	hists := func(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
		x := prometheus.NewHistogramVec(histogram(name, help, buckets), labels)
		r.MustRegister(x)
		return x
	}

	c.rooms = gauges("rooms", "Open rooms by state and channel.", "state", "channel")
	c.waiting = gauges("queue_waiting", "Rooms that wait for an agent, by queue (a site; further sites count as other).", "queue")
	c.assignWait = hists("assign_wait_seconds", "From the connection request to the first agent: the customer's view.", waits, "queue")
	c.decide = hists("assign_decide_seconds", "The queue's time for one decision: the engine's view.", seconds, "mode")
	c.assignments = counters("assignments_total", "Rooms bound to an agent, by cause.", "cause")
	c.outcomes = counters("entry_outcomes_total", "What became of connection requests.", "outcome")
	c.messages = counters("messages_total", "Messages and memos in the journal, by writer.", "from")

	c.ledger = counters("ledger_entries_total", "Lines written into the ledgers, by kind.", "kind")
	c.uncovered = counters("ledger_uncovered_total", "Charges and fees that were written though the balance did not suffice, by kind.", "kind")

	c.hooks = hists("webhook_attempt_seconds", "Attempts to send a fact to another system, by result: ok, or why it failed.", seconds, "result")
	c.hooksLost = counter("webhook_given_up_total", "Facts that an address refused for too long; they can be sent again.")
	c.hooksFull = counter("webhook_dropped_total", "Facts that found their site's outbox full: they are lost for the address.")

	c.connections = gauges("ws_connections", "Sockets that said a good hello, by role.", "role")
	c.closes = counters("ws_closes_total", "Sockets that ended, by close code.", "code")
	c.resumes = counters("ws_resumes_total", "Streams asked for with a position, by result.", "result")
	c.replayed = counter("ws_replayed_events_total", "Events read from the log for a reader.")
	c.outbox = gauge("ws_queue_bytes", "Bytes waiting in the outboxes of all sockets.")
	c.deliver = hist("deliver_seconds", "From an event's time to its frame on the socket.", seconds)
	c.handshakes = counters("ws_handshakes_refused_total", "Requests for a socket that were refused, by reason.", "reason")
	c.tcp = gauge("connections", "TCP connections of the public listener.")
	c.refused = counters("connections_refused_total", "Connections answered 503 before a request was read, by reason: full, or out of descriptors.", "reason")
	c.replayWaits = gauge("ws_replays_waiting", "Streams that wait for one of the node's replays.")
	c.syncs = counters("ws_syncs_total", "Gaps that clients saw in a stream and asked for, by role: should never move.", "role")
	c.repeats = counter("dedupe_hits_total", "Writes that came again with their client_id and got their first answer.")
	c.commands = hists("command_seconds", "From a command's arrival to its answer, by command.", seconds, "command")
	c.rejections = counters("rejections_total", "Refused commands and requests, by code.", "code")
	c.logins = counters("logins_total", "Logins, by result.", "result")

	c.commits = counter("commits_total", "Batches synced to the disk.")
	c.logBytes = counter("log_bytes_total", "Bytes of the batches synced to the disk.")
	c.batch = hist("commit_batch_entries", "Entries of one synced batch.", []float64{1, 2, 4, 8, 16, 32, 64, 128, 256, 1024, 4096})
	c.appendTime = hist("log_append_seconds", "From taking a batch off the list until it was durable.", seconds)
	c.fsync = hist("log_fsync_seconds", "The part of a commit that the store's write and sync took.", seconds)
	c.stalls = counter("log_stalls_total", "Times the store held writes back.")
	c.slow = counter("disk_slow_total", "Operations of the disk that took longer than a second.")
	c.damage = counter("log_damage_total", "Pieces of files whose checksum did not match.")
	c.torn = counter("log_torn_total", "Records at the end of a log that a crash had left unfinished: dropped at the start.")

	c.steps = hists("step_seconds", "One step of a mind, from decide to hand-over, by kind.", seconds, "kind")
	c.violations = counters("invariant_violations_total", "Broken invariants: our mistakes.", "invariant")
	c.quarantine = counter("quarantine_total", "Commands that made a mind panic.")
	c.reloads = counters("actor_reloads_total", "States thrown away and loaded again, by kind.", "kind")
	c.late = hist("timers_late_seconds", "How late deadlines fired.", seconds)
	c.jumps = gauge("clock_jump_seconds", "The last jump of the wall clock that was too large to follow.")
	c.recovery = gauges("recovery_seconds", "How long the last start took, by phase.", "phase")

	c.expired = counter("retention_rooms_total", "Closed rooms removed because their period had passed.")
	c.erased = counter("erasures_total", "Customers whose deletion request is done: their keys are destroyed.")
	c.eraseFails = counter("erasure_failures_total", "Looks at a site's deletion requests that failed; they are tried again.")
	c.swept = counter("files_removed_total", "Contents of uploads removed because nothing names them any more.")

	read := func(name, help string, f func() float64) {
		if f == nil {
			f = func() float64 { return 0 }
		}
		r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: "switchyard", Name: name, Help: help}, f))
	}
	read("undurable_entries", "Entries handed over and not yet on the disk.", s.UndurableEntries)
	read("undurable_bytes", "Bytes handed over and not yet on the disk.", s.UndurableBytes)
	read("mailbox_messages", "Commands sent to actors and not yet handled.", s.Mail)
	read("resident_actors", "Actors in memory.", s.Resident)
	read("closed_room_oldest_age_seconds", "Since the close of the oldest room that is kept; 0 if there is none.", s.OldestClosed)
	read("erasures_waiting", "Customers' deletion requests whose keys are not destroyed yet.", s.ErasuresWaiting)
	read("erasure_oldest_seconds", "Age of the oldest of them; 0 if there is none.", s.ErasureOldest)
	read("webhook_outbox_events", "Facts that wait for other systems.", s.OutboxEvents)
	read("webhook_oldest_seconds", "Age of the oldest fact that an address holds up.", s.OutboxOldest)
	read("disk_free_bytes", "Free space where the store lies.", s.DiskFree)
	read("disk_low", "1 while commands are refused because the disk is nearly full.", s.DiskLow)
	read("connections_max", "TCP connections that the public listener takes at most.", s.ConnectionsMax)
	info := gauges("build_info", "1, labelled with what is running.", "version")
	info.WithLabelValues(s.Version).Set(1)

	for _, reason := range []string{"full", "descriptors"} {
		c.refused.WithLabelValues(reason)
	}
	for _, reason := range []string{"subprotocol", "query", "origin", "no_origin", "token", "draining", "address", "rate", "upgrade"} {
		c.handshakes.WithLabelValues(reason)
	}
	for _, code := range []int{1000, 1002, 1006, 1007, 1009, 4400, 4401, 4403, 4404, 4408, 4429, 4500, 4503, 4508} {
		c.closes.WithLabelValues(closeCode(code))
	}
	for role := protocol.Visitor; role <= protocol.Admin; role++ {
		c.syncs.WithLabelValues(role.String())
	}
	for _, code := range protocol.RejectCodes() {
		c.rejections.WithLabelValues(code.String())
	}
	for cause := protocol.CauseEntry; cause <= protocol.CauseManagerChange; cause++ {
		c.assignments.WithLabelValues(cause.String())
	}
	for o := protocol.OutcomeAccepted; o <= protocol.OutcomeRefused; o++ {
		c.outcomes.WithLabelValues(o.String())
	}
	for _, name := range invariants {
		c.violations.WithLabelValues(name)
	}
	for _, k := range protocol.LedgerKinds() {
		c.ledger.WithLabelValues(k.String())
		c.uncovered.WithLabelValues(k.String())
	}
	for k := protocol.KindSite; k <= protocol.KindLedger; k++ {
		c.reloads.WithLabelValues(k.String())
	}
	for state := protocol.Bot; state <= protocol.Active; state++ {
		for ch := protocol.Web; ch <= protocol.Kakao; ch++ {
			c.rooms.WithLabelValues(state.String(), ch.String())
		}
	}
	// Beside the collector's own figures what the collection of garbage costs: its share of the processor, and its pauses.
	cost := collectors.GoRuntimeMetricsRule{Matcher: regexp.MustCompile(`^/(cpu/classes/(total|user|gc/total):|sched/pauses/total/gc:)`)}
	r.MustRegister(collectors.NewGoCollector(collectors.WithGoCollectorRuntimeMetrics(cost)), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return c
}

// Handler serves /metrics, with native histograms for servers that ask for them.
func (c *Catalog) Handler() http.Handler {
	return promhttp.HandlerFor(c.registry, promhttp.HandlerOpts{EnableOpenMetrics: true})
}
