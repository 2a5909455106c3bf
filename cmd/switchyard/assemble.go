package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"switchyard/actors/agent"
	"switchyard/actors/calendar"
	"switchyard/actors/customer"
	"switchyard/actors/gateway"
	"switchyard/actors/ledger"
	"switchyard/actors/metrics"
	"switchyard/actors/queue"
	"switchyard/actors/report"
	"switchyard/actors/room"
	"switchyard/actors/shell"
	"switchyard/actors/site"
	"switchyard/actors/webhook"
	"switchyard/cmd/switchyard/web"
	"switchyard/persistence"
	"switchyard/protocol"
)

// node is everything put together. This file is the only one that knows every package.
type node struct {
	cfg     config
	log     *slog.Logger
	store   *persistence.Store
	files   *persistence.Files
	clock   *shell.RealClock
	engine  *shell.Engine
	gate    *gateway.Gateway
	metrics *metrics.Catalog
	hooks   *webhook.Sender
	hookKey []byte // what the secrets of webhooks follow from
	opsKey  string
	disk    disk
	shares  descriptors
	started atomic.Bool
	tick    chan struct{}
	keeping sync.WaitGroup
	erasing erasing
	beat    atomic.Int64 // unix milliseconds of the last tick: the process is alive
}

// chance gives 128 random bits. Every command takes some: they are drawn from the system by the kilobyte, and what was given
// is overwritten.
func chance() (c protocol.Chance) {
	p := urns.Get().(*urn)
	if p.left == 0 {
		rand.Read(p.bits[:])
		p.left = len(p.bits)
	}
	b := p.bits[p.left-len(c) : p.left]
	copy(c[:], b)
	clear(b)
	p.left -= len(c)
	urns.Put(p)
	return c
}

// urn is random bits that nobody has drawn.
type urn struct {
	bits [64 * len(protocol.Chance{})]byte
	left int
}

var urns = sync.Pool{New: func() any { return new(urn) }}

// assemble opens the store, brings every site to life and makes the gateway. Nothing listens yet.
func assemble(cfg config, log *slog.Logger) (*node, error) {
	n := &node{cfg: cfg, log: log, tick: make(chan struct{})}
	signing, err := keyFile(filepath.Join(cfg.Data, "keys", "visitor.key"), 32)
	if err != nil {
		return nil, err
	}
	ops, err := keyFile(filepath.Join(cfg.Data, "keys", "operations.key"), 24)
	if err != nil {
		return nil, err
	}
	n.opsKey = fmt.Sprintf("%x", ops)
	if n.hookKey, err = keyFile(filepath.Join(cfg.Data, "keys", "webhook.key"), 32); err != nil {
		return nil, err
	}
	n.metrics = metrics.New(metrics.Sources{
		Version:          version(),
		UndurableEntries: func() float64 { e, _ := n.store.Undurable(); return float64(e) },
		UndurableBytes:   func() float64 { _, b := n.store.Undurable(); return float64(b) },
		Mail:             func() float64 { return float64(n.engine.Flying()) },
		Resident:         func() float64 { return float64(n.engine.Resident()) },
		DiskFree: func() float64 {
			free, _, err := n.store.Space()
			if err != nil {
				return 0
			}
			return float64(free)
		},
		OldestClosed: func() float64 {
			if at := n.engine.OldestClosed(); at != 0 {
				return n.engine.Now().Sub(at.Time()).Seconds()
			}
			return 0
		},
		ErasuresWaiting: func() float64 { waiting, _ := n.erasing.read(); return float64(waiting) },
		ErasureOldest: func() float64 {
			if _, oldest := n.erasing.read(); oldest != 0 {
				return n.engine.Now().Sub(oldest.Time()).Seconds()
			}
			return 0
		},
		OutboxEvents: func() float64 { facts, _ := n.hooks.Waiting(); return float64(facts) },
		OutboxOldest: func() float64 { _, oldest := n.hooks.Waiting(); return oldest.Seconds() },
		DiskLow: func() float64 {
			if rooms, _ := n.disk.admits(); rooms {
				return 0
			}
			return 1
		},
		ConnectionsMax: func() float64 { return float64(n.shares.connections) },
	})
	limit, err := ownDescriptorLimit()
	if err != nil {
		return nil, err
	}
	if n.shares, err = shareOut(limit, cfg.Limits[limitConnections]); err != nil {
		return nil, err
	}
	n.shares.say(log, cfg.Limits[limitConnections])
	n.disk.reserve, n.disk.log = uint64(cfg.ReserveMB)<<20, log
	n.disk.ballast = ballast{filepath.Join(cfg.Data, "ballast"), int64(cfg.BallastMB) << 20}
	began := time.Now()
	if err := n.open(); err != nil {
		return nil, err
	}
	if n.files, err = persistence.OpenFiles(cfg.disk, filepath.Join(cfg.Data, "files")); err != nil {
		return nil, errors.Join(err, n.store.Close())
	}
	if err := emptyFolder(filepath.Join(cfg.Data, "tmp")); err != nil {
		return nil, errors.Join(err, n.store.Close())
	}
	n.metrics.Recovered("store", time.Since(began))
	n.clock = shell.NewRealClock(n.store.Latest().Time(), n.metrics.ClockJumped)
	n.engine = shell.New(shell.Options{
		FoldedThrough: func(id protocol.SiteID, day protocol.Date) bool {
			f := n.engine.Facts(id)
			return f != nil && !report.Before(f.Folded, day)
		},
		Store: n.store, Keys: n.store.Keys(), Clock: n.clock, Chance: chance, Logger: log, Resident: cfg.Resident,
		Fatal: func(err error) {
			log.Error("the engine is broken; the process stops", "error", err)
			os.Exit(4)
		},
		SiteLoaded: func(id protocol.SiteID) { n.gate.Announce(id) },
		Outbox: func(f *protocol.SiteFacts, a protocol.Address, outs []protocol.Outside) []protocol.Row {
			return n.hooks.Outbox(f, a, outs)
		},
		Observe: shell.Observer{
			Stepped: func(k protocol.Kind, command string, took time.Duration, _ protocol.RejectCode) {
				n.metrics.Stepped(k, command, took)
			},
			Durable: func(a protocol.Address, r *protocol.Recorded) {
				n.metrics.Durable(a, r)
				n.hooks.Wake(a.Site)
			},
			Violated: func(a protocol.Address, err error) {
				n.metrics.Violated(err)
				log.Error("invariant violated", "actor", a.String(), "error", err)
			},
			Quarantined: func(protocol.Address, string) { n.metrics.Quarantined() },
			Reloaded:    n.metrics.Reloaded,
			TimerLate:   n.metrics.TimerLate,
			Forgotten:   n.metrics.Forgotten,
			Open:        n.metrics.Found,
		},
	})
	n.hooks = n.sender()
	shell.Host(n.engine, room.Machine)
	shell.Host(n.engine, queue.Machine)
	shell.Host(n.engine, agent.Machine)
	shell.Host(n.engine, customer.Machine)
	shell.Host(n.engine, ledger.Machine)
	shell.Host(n.engine, site.Machine)
	began = time.Now()
	if err := n.engine.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("start: %w", err), n.store.Close())
	}
	n.metrics.Recovered("sites", time.Since(began))
	n.keeping.Go(func() { n.whenRestored(began) })
	gc, err := n.gatewayConfig(signing)
	if err != nil {
		return nil, errors.Join(err, n.store.Close())
	}
	n.gate = gateway.New(gc, n.engineForGateway())
	if err := n.hooks.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("webhooks: %w", err), n.store.Close())
	}
	go n.engine.Run(10*time.Millisecond, n.tick)
	go n.heartbeat()
	n.keeping.Add(4)
	go n.housekeeping()
	go n.erasures()
	go n.indexes(n.engine.Sites()) // one that is made later has its rows from the start
	go n.foldDays()
	n.started.Store(true)
	return n, nil
}

// open opens the store; on a disk without any space it gives up the ballast.
func (n *node) open() error {
	cfg, log := n.cfg, n.log
	o := persistence.Options{
		FS: cfg.disk, Shards: cfg.Shards, Logger: log, OpenFiles: n.shares.store, CacheBytes: int64(cfg.CacheMB) << 20,
		Keys: filepath.Join(cfg.Data, "keys", "subjects"), Full: n.disk.giveUp,
		Fatal: func(err error) {
			log.Error("the disk failed; what was acknowledged is safe, the process stops", "error", err)
			os.Exit(3)
		},
		Observe: persistence.Observer{
			Commit: n.metrics.Committed,
			Stall:  func(begun bool, _ string) { n.metrics.Stalled(begun) },
			DiskSlow: func(operation string, took time.Duration) {
				n.metrics.DiskSlow()
				log.Warn("the disk is slow", "operation", operation, "took", took)
			},
			Damage: func(err error) {
				n.metrics.Damaged()
				log.Error("a file is damaged", "error", err)
			},
			Torn: func(string, int64) { n.metrics.Torn() },
		},
	}
	dir := filepath.Join(cfg.Data, "store")
	var err error
	n.store, err = persistence.Open(dir, o)
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	n.disk.space = n.store.Space
	n.disk.look()
	return nil
}

// whenRestored says when every room, agent and timer is back, which the node does not wait for.
func (n *node) whenRestored(began time.Time) {
	select {
	case <-n.engine.Restored():
	case <-n.tick: // stopped before
		return
	}
	n.metrics.FoundAll()
	n.metrics.Recovered("rooms", time.Since(began))
	n.log.Info("every room, agent and timer is back", "took", time.Since(began).Round(time.Millisecond))
}

func (n *node) shard(id protocol.SiteID) uint16 { return protocol.Shard(id, n.store.Shards()) }

func (n *node) gatewayConfig(signing []byte) (gateway.Config, error) {
	gc := gateway.DefaultConfig()
	gc.SigningKey, gc.Origins, gc.Hosts, gc.Sites, gc.Pages = signing, n.cfg.Origins, n.cfg.Hosts, n.engine.Sites, web.Handler()
	for _, l := range limits {
		if v, ok := n.cfg.Limits[l.option]; ok {
			l.set(&gc, v)
		}
	}
	gc.ConnectionsMax = n.shares.connections
	gc.TempDir = filepath.Join(n.cfg.Data, "tmp")
	gc.DrainWindow = max(time.Duration(n.cfg.DrainSec)*time.Second, time.Millisecond)
	for _, p := range n.cfg.Proxies {
		prefix, err := netip.ParsePrefix(p)
		if err != nil {
			return gc, fmt.Errorf("trusted-proxies: %w", err)
		}
		gc.TrustedProxies = append(gc.TrustedProxies, prefix)
	}
	if n.cfg.TLSCert != "" {
		pair, err := tls.LoadX509KeyPair(n.cfg.TLSCert, n.cfg.TLSKey)
		if err != nil {
			return gc, fmt.Errorf("tls: %w", err)
		}
		gc.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	}
	m := n.metrics
	gc.Observer = gateway.Observer{
		Opened: m.Opened, Closed: m.Closed, HandshakeRefused: m.HandshakeRefused, Command: m.Command, Rejected: m.Rejected,
		Outbox: m.Outbox, Resumed: m.Resumed, Replayed: m.Replayed, Delivered: m.Delivered, Login: m.Login,
		Connections: m.Connections, Refused: m.Refused, ReplayWaits: m.ReplayWaits, Synced: m.Synced, Repeated: m.Repeated,
	}
	return gc, nil
}

// engineForGateway is the three things the gateway needs: ask, follow, read. Whoever reads the
// store waits until what it read is durable.
func (n *node) engineForGateway() gateway.Engine {
	durably := func(err error) error { // also where the reader had enough: it answers with what it has read
		n.store.WaitDurable(n.store.Position())
		return err
	}
	// behind is where a page begins: behind the cursor, which strangers may have made, but never before the first key.
	behind := func(cursor, first []byte) []byte {
		if bytes.Compare(cursor, first) > 0 {
			return cursor
		}
		return first
	}
	return gateway.Engine{
		Ask: func(to protocol.Address, c protocol.Command, answer func(protocol.Result, *protocol.Rejection)) {
			n.engine.Ask(to, c, answer)
		},
		Follow: func(s protocol.Stream, after uint64, oldest protocol.Instant, sink gateway.Sink) func() {
			return n.engine.Follow(s, after, oldest, sink)
		},
		Publish: n.engine.Publish,
		Facts:   n.engine.Facts,
		Password: func(id protocol.SiteID, a protocol.AccountID) (string, bool) {
			f := n.engine.Facts(id)
			if f == nil || f.Accounts[a] == nil || f.Accounts[a].Disabled {
				return "", false
			}
			p, ok := f.Secrets.Passwords[a]
			return p, ok
		},
		Session: func(hash [32]byte) (gateway.Session, bool) {
			for _, id := range n.engine.Sites() {
				if s, ok := n.engine.Facts(id).Secrets.Sessions[hash]; ok {
					return gateway.Session{Site: id, Account: s.Account, Expires: s.Expires}, true
				}
			}
			return gateway.Session{}, false
		},
		OpenRooms: func(id protocol.SiteID, after protocol.RoomID, limit int, each func(protocol.OpenRoomRow) error) error {
			var behind []byte
			if after != "" {
				behind = protocol.OpenRoomKey(id, after)
			}
			return durably(n.store.Rows(n.shard(id), protocol.RowOpenRoom, protocol.RowKey(id), behind, limit, func(k, v []byte) error {
				v, err := protocol.OpenRow(protocol.RowOpenRoom, k, v, n.store.Keys())
				if err != nil {
					return err
				}
				row, err := protocol.DecodeOpenRoom(v)
				if err != nil {
					return err
				}
				return each(row)
			}))
		},
		ClosedRooms: func(id protocol.SiteID, from, to protocol.Instant, limit int, after []byte, each func([]byte, protocol.ClosedRoomRow) error) error {
			after = behind(after, binary.BigEndian.AppendUint64(protocol.RowKey(id), uint64(from))) // everything before from sorts below this key
			return durably(stopped(n.store.Rows(n.shard(id), protocol.RowClosedRoom, protocol.RowKey(id), after, limit, func(k, v []byte) error {
				v, err := protocol.OpenRow(protocol.RowClosedRoom, k, v, n.store.Keys())
				if err != nil {
					return err
				}
				row, err := protocol.DecodeClosedRoom(v)
				if err != nil {
					return err
				}
				if row.ClosedAt >= to {
					return errEnough
				}
				return each(k, row)
			})))
		},
		Figures: func(id protocol.SiteID, from, until protocol.Instant, limit int, after []byte, each func([]byte, *protocol.Figures) error) error {
			return durably(n.figures(id, from, until, limit, after, each))
		},
		StartedRooms: func(id protocol.SiteID, from, until protocol.Instant, limit int, after []byte, each func([]byte, protocol.Instant, protocol.RoomID, *protocol.StartedRow) error) error {
			return durably(n.startedRooms(id, from, until, limit, behind(after, startedBefore(id, until)), each))
		},
		OpenRoom: func(id protocol.SiteID, room protocol.RoomID) (*protocol.OpenRoomRow, error) {
			v, err := n.row(id, protocol.RowOpenRoom, protocol.OpenRoomKey(id, room))
			if err != nil || v == nil {
				return nil, err
			}
			row, err := protocol.DecodeOpenRoom(v)
			return &row, err
		},
		ClosedRoom: func(id protocol.SiteID, closed protocol.Instant, room protocol.RoomID) (*protocol.ClosedRoomRow, error) {
			v, err := n.row(id, protocol.RowClosedRoom, protocol.ClosedRoomKey(id, closed, room))
			if err != nil || v == nil {
				return nil, err
			}
			row, err := protocol.DecodeClosedRoom(v)
			return &row, err
		},
		Durable: func() { n.store.WaitDurable(n.store.Position()) },
		DayFold: func(id protocol.SiteID, day protocol.Date, bot protocol.BotID) ([]byte, error) {
			v, err := n.store.Row(n.shard(id), protocol.RowDayFold, protocol.DayFoldKey(id, day, bot))
			return v, durably(err)
		},
		Requests: func(id protocol.SiteID, after []byte, limit int, each func([]byte, protocol.OpenRequestRow) error) error {
			return durably(n.store.Rows(n.shard(id), protocol.RowRequest, protocol.RowKey(id), after, limit, func(k, v []byte) error {
				v, err := protocol.OpenRow(protocol.RowRequest, k, v, n.store.Keys())
				if errors.Is(err, protocol.ErrErased) {
					return nil
				}
				if err != nil {
					return err
				}
				row, err := protocol.DecodeOpenRequest(v)
				if err != nil {
					return err
				}
				return each(k, row)
			}))
		},
		Events: func(a protocol.Address, from uint64, limit int, each func(protocol.Recorded) error) error {
			return durably(n.store.Events(a, from, limit, each))
		},
		CustomerRooms: func(id protocol.SiteID, no protocol.CustomerNo, after []byte, limit int, each func(key, value []byte) error) error {
			return durably(n.store.Rows(n.shard(id), protocol.RowCustomerRoom, protocol.CustomerRowKey(id, no), after, limit, func(k, v []byte) error {
				v, err := protocol.OpenRow(protocol.RowCustomerRoom, k, v, n.store.Keys())
				if err != nil {
					return err
				}
				return each(k, v)
			}))
		},
		Blocked: func(id protocol.SiteID, each func(protocol.CustomerNo, protocol.Instant)) error {
			return durably(n.each(id, protocol.RowBlocked, nil, func(k, v []byte) error {
				if no := protocol.BlockedRowNo(id, k); no != 0 {
					each(no, protocol.Instant(protocol.DecodeNo(v)))
				}
				return nil
			}))
		},
		Hours: func(f *protocol.SiteFacts, at time.Time) (open bool, next time.Time, opens bool) {
			next, opens, ok := calendar.NextEdge(f, at)
			if !ok {
				next = time.Time{}
			}
			return calendar.Open(f, at), next, opens
		},
		FirstSite: n.firstSite,
		Webhooks: gateway.Webhooks{
			Check: func(r *http.Request, address string) error {
				return webhook.CheckAddress(r.Context(), address, n.cfg.WebhookPrivate)
			},
			Secret: func(id protocol.SiteID, hook string, version uint32) string {
				return webhook.SecretText(n.hookSecret(id, hook, version))
			},
			Status: n.hooks.Status, Deliveries: n.hooks.Deliveries, GivenUp: n.hooks.GivenUp, Resend: n.hooks.Resend, Changed: n.hooks.Retry,
		},
		Ledger: func(id protocol.SiteID, from, until protocol.Instant, limit int, after []byte, each func([]byte, protocol.Instant, protocol.LedgerEntry) error) error {
			after = behind(after, protocol.LedgerRowKey(id, from, 0)) // everything before from sorts below this key
			return durably(stopped(n.store.Rows(n.shard(id), protocol.RowLedger, protocol.RowKey(id), after, limit, func(k, v []byte) error {
				at := protocol.LedgerRowAt(id, k)
				if at >= until {
					return errEnough
				}
				e, err := protocol.DecodeLedgerEntry(v)
				if err != nil {
					return err
				}
				return each(k, at, e)
			})))
		},
		RoomByNumber: func(id protocol.SiteID, number uint64) (protocol.RoomID, error) {
			v, err := n.store.Row(n.shard(id), protocol.RowRoomNumber, protocol.RoomNumberRowKey(id, number))
			return protocol.RoomID(v), durably(err)
		},
		SaveFile: n.saveFile,
		OpenFile: n.openFile,
		File: func(id protocol.SiteID, file string) (*protocol.FileRow, error) {
			v, err := n.row(id, protocol.RowFile, protocol.FileRowKey(id, file))
			if durably(err) != nil || v == nil {
				return nil, err
			}
			return protocol.DecodeFile(v)
		},
		Undurable: func() (int, int64) {
			_, bytes := n.store.Undurable()
			return n.engine.Asked(), bytes
		},
		Space: n.disk.admits,
		Now:   n.engine.Now, Chance: chance, Epoch: n.store.Epoch(), Ready: n.notReady,
	}
}

// row reads a row, opened; nil and no error if there is none.
func (n *node) row(id protocol.SiteID, kind protocol.RowKind, key []byte) ([]byte, error) {
	v, err := n.store.Row(n.shard(id), kind, key)
	if err != nil || v == nil {
		return nil, err
	}
	return protocol.OpenRow(kind, key, v, n.store.Keys())
}

var errEnough = errors.New("enough")

func stopped(err error) error {
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// notReady names what keeps the node from serving.
func (n *node) notReady() []string {
	var not []string
	if !n.started.Load() {
		not = append(not, "starting")
	}
	if age := n.store.SyncAge(); age > 2*time.Second {
		not = append(not, fmt.Sprintf("disk: no sync for %s", age.Round(100*time.Millisecond)))
	}
	if low := n.disk.complaint(); low != "" {
		not = append(not, low)
	}
	return not
}

// heartbeat shows that the process runs: liveness depends on no disk and no peer.
func (n *node) heartbeat() {
	t := time.NewTicker(time.Second)
	defer t.Stop()
	for {
		n.beat.Store(time.Now().UnixMilli())
		n.clock.Follow()
		n.disk.look()
		select {
		case <-t.C:
		case <-n.tick:
			return
		}
	}
}

// ask asks an actor and waits.
func (n *node) ask(to protocol.Address, b protocol.Body) *protocol.Rejection {
	done := make(chan *protocol.Rejection, 1)
	n.engine.Ask(to, protocol.Command{Body: b, Caller: protocol.Caller{Role: protocol.System, Site: to.Site}}, func(_ protocol.Result, err *protocol.Rejection) {
		done <- err
	})
	return <-done
}

// stop is the shutdown: readiness false, goaway, 4503, mail handled, list empty, store closed.
func (n *node) stop(ctx context.Context) error {
	err := n.gate.Shutdown(ctx)
	n.hooks.Stop(ctx)
	close(n.tick)
	n.keeping.Wait()
	n.engine.Stop(5 * time.Second)
	return errors.Join(err, n.store.Close())
}

// emptyFolder makes a folder for what lives no longer than the process, and empties it of what a killed one left.
func emptyFolder(path string) error {
	if err := errors.Join(os.RemoveAll(path), os.MkdirAll(path, 0o700)); err != nil {
		return fmt.Errorf("temporary files: %w", err)
	}
	return nil
}

// keyFile reads a secret key, or makes it: outside the store, for this user only.
func keyFile(path string, size int) ([]byte, error) {
	key, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		key = make([]byte, size)
		rand.Read(key)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return nil, fmt.Errorf("keys: %w", err)
		}
		return key, os.WriteFile(path, key, 0o600)
	}
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	info, err := os.Stat(path)
	if err == nil && info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("keys: %s can be read by others (mode %o); make it 600", path, info.Mode().Perm())
	}
	if err == nil && len(key) != size {
		return nil, fmt.Errorf("keys: %s has %d bytes, not %d", path, len(key), size)
	}
	return key, err
}

func listen(addr string) (net.Listener, error) { return net.Listen("tcp", addr) }
