package gateway

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"switchyard/protocol"
)

// fake is an engine in the test's hand: it keeps what is asked until the test answers, unless
// the test has said how to answer by itself.
type fake struct {
	mu                sync.Mutex
	facts             map[protocol.SiteID]*protocol.SiteFacts
	sessions          map[[32]byte]Session
	firstSite         func(FirstSite) ([]FirstLogin, *protocol.Rejection)
	passwords         map[protocol.AccountID]string
	rooms             map[protocol.RoomID]protocol.RoomView
	inbox             protocol.InboxView
	logs              map[protocol.Address][]protocol.Recorded
	gone              map[protocol.Address]bool // rooms that were removed
	follows           []*fakeFollow
	asked             []asked
	answer            func(a asked) (protocol.Result, *protocol.Rejection, bool) // false = keep
	published         [][]byte
	diskLow, diskFull bool
	commands          int
	bytes             int64
	openRows          []protocol.OpenRoomRow
	closed            []protocol.ClosedRoomRow
	figures           []protocol.Figures
	folds             map[string][]byte // by key
	requests          []protocol.OpenRequestRow
	ledger            []protocol.LedgerEntry
	hookStatus        protocol.WebhookStatus
	sent              []protocol.DeliveryRow
	lost              []protocol.OutboxRow
	customers         map[protocol.CustomerKey]protocol.CustomerView
	past              []protocol.Row // history rows, in the order of their keys
	numbers           map[uint64]protocol.RoomID
	queue             protocol.QueueView
	files             map[string]*protocol.FileRow
	contents          map[[32]byte][]byte
	erased            map[string]bool // files whose key is destroyed
	full              error           // of the disk
	reading           func()          // before a log is replayed; nil = nothing
}

type asked struct {
	to     protocol.Address
	c      protocol.Command
	answer func(protocol.Result, *protocol.Rejection)
}

type fakeFollow struct {
	stream protocol.Stream
	after  uint64
	sink   Sink
	done   chan struct{}
	once   sync.Once
}

func (f *fakeFollow) stop() { f.once.Do(func() { close(f.done) }) }

const roomA, roomB = protocol.RoomID("r_aaaaaaaaaaaaaaaaaaaaaaaaaa"), protocol.RoomID("r_bbbbbbbbbbbbbbbbbbbbbbbbbb")

func newFake() *fake {
	settings := protocol.DefaultSettings()
	settings.Origins = []string{"https://shop.example.com"}
	settings.PreviewTyping = true
	other := protocol.DefaultSettings()
	other.Origins = []string{"https://other.example.net"}
	account := func(id protocol.AccountID, r protocol.Role, manager protocol.AccountID) *protocol.Account {
		return &protocol.Account{ID: id, Role: r, Name: "name of " + string(id), Consulting: true, Manager: manager}
	}
	f := &fake{
		facts: map[protocol.SiteID]*protocol.SiteFacts{
			"acme": {Site: "acme", Settings: &settings, Zone: time.UTC, Accounts: map[protocol.AccountID]*protocol.Account{
				"admin": account("admin", protocol.Admin, ""), "boss": account("boss", protocol.Manager, ""), "boss2": account("boss2", protocol.Manager, ""),
				"anna": account("anna", protocol.Agent, "boss"), "ben": account("ben", protocol.Agent, "boss2"),
			}, Categories: map[string]*protocol.Category{"k1": {ID: "k1", Level: 1, Name: "배송"}}, Holidays: map[protocol.Date]protocol.Holiday{}, Days: map[protocol.AccountID]map[protocol.Date]protocol.AgentDay{}},
			"other": {Site: "other", Settings: &other, Zone: time.UTC, Accounts: map[protocol.AccountID]*protocol.Account{"admin": account("admin", protocol.Admin, "")}},
		},
		sessions:  map[[32]byte]Session{},
		passwords: map[protocol.AccountID]string{},
		rooms:     map[protocol.RoomID]protocol.RoomView{},
		logs:      map[protocol.Address][]protocol.Recorded{},
		gone:      map[protocol.Address]bool{},
		customers: map[protocol.CustomerKey]protocol.CustomerView{},
		files:     map[string]*protocol.FileRow{},
		contents:  map[[32]byte][]byte{},
		erased:    map[string]bool{},
	}
	f.rooms[roomA] = protocol.RoomView{Room: roomA, Site: "acme", State: protocol.Active, Key: "acme_kim", Holder: "anna", HolderName: "name of anna", Assignment: 1}
	f.rooms[roomB] = protocol.RoomView{Room: roomB, Site: "acme", State: protocol.Active, Key: "acme_lee", Holder: "ben", HolderName: "name of ben", Assignment: 1}
	return f
}

func (f *fake) engine() Engine {
	return Engine{
		Ask: f.ask, Follow: f.follow,
		Publish: func(s protocol.Stream, key string, frame []byte) {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.published = append(f.published, frame)
		},
		Facts: func(s protocol.SiteID) *protocol.SiteFacts { f.mu.Lock(); defer f.mu.Unlock(); return f.facts[s] },
		Password: func(s protocol.SiteID, a protocol.AccountID) (string, bool) {
			f.mu.Lock()
			defer f.mu.Unlock()
			p, ok := f.passwords[a]
			return p, ok && s == "acme"
		},
		Session: func(h [32]byte) (Session, bool) {
			f.mu.Lock()
			defer f.mu.Unlock()
			s, ok := f.sessions[h]
			return s, ok
		},
		OpenRooms: func(site protocol.SiteID, after protocol.RoomID, limit int, each func(protocol.OpenRoomRow) error) error {
			for _, r := range f.openRows {
				if r.Room > after && limit > 0 {
					limit--
					if err := each(r); err != nil {
						return err
					}
				}
			}
			return nil
		},
		ClosedRooms: func(site protocol.SiteID, from, to protocol.Instant, limit int, after []byte, each func([]byte, protocol.ClosedRoomRow) error) error {
			for _, r := range f.closed {
				key := protocol.ClosedRoomKey(site, r.ClosedAt, r.Room)
				if string(key) > string(after) && r.ClosedAt >= from && r.ClosedAt < to && limit > 0 {
					limit--
					if err := each(key, r); err != nil {
						return err
					}
				}
			}
			return nil
		},
		Figures: func(site protocol.SiteID, from, until protocol.Instant, limit int, after []byte, each func([]byte, *protocol.Figures) error) error {
			for i, x := range f.figures {
				key := protocol.ClosedRoomKey(site, x.ClosedAt, protocol.RoomID(fmt.Sprintf("r_%06d", i)))
				if string(key) > string(after) && x.ClosedAt >= from && x.ClosedAt < until && limit > 0 {
					limit--
					if err := each(key, &x); err != nil {
						return err
					}
				}
			}
			return nil
		},
		StartedRooms: func(site protocol.SiteID, from, until protocol.Instant, limit int, after []byte, each func([]byte, protocol.Instant, protocol.RoomID, *protocol.StartedRow) error) error {
			type row struct {
				key  []byte
				at   protocol.Instant
				room protocol.RoomID
				r    protocol.StartedRow
			}
			var all []row
			for _, r := range f.openRows {
				all = append(all, row{protocol.StartedKey(site, r.CreatedAt, r.Room), r.CreatedAt, r.Room, protocol.StartedRow{Channel: r.Channel}})
			}
			for _, r := range f.closed {
				all = append(all, row{protocol.StartedKey(site, r.CreatedAt, r.Room), r.CreatedAt, r.Room, protocol.StartedRow{
					Channel: r.Channel, ClosedAt: r.ClosedAt, State: r.State, Actor: r.Actor, Rejected: r.Rejected, Agent: r.Agent, Category: r.Category,
				}})
			}
			slices.SortFunc(all, func(a, b row) int { return bytes.Compare(a.key, b.key) })
			for _, r := range all {
				if string(r.key) > string(after) && r.at >= from && r.at < until && limit > 0 {
					limit--
					if err := each(r.key, r.at, r.room, &r.r); err != nil {
						return err
					}
				}
			}
			return nil
		},
		OpenRoom: func(_ protocol.SiteID, room protocol.RoomID) (*protocol.OpenRoomRow, error) {
			for i := range f.openRows {
				if f.openRows[i].Room == room {
					return &f.openRows[i], nil
				}
			}
			return nil, nil
		},
		ClosedRoom: func(_ protocol.SiteID, _ protocol.Instant, room protocol.RoomID) (*protocol.ClosedRoomRow, error) {
			for i := range f.closed {
				if f.closed[i].Room == room {
					return &f.closed[i], nil
				}
			}
			return nil, nil
		},
		Durable: func() {},
		DayFold: func(site protocol.SiteID, day protocol.Date, bot protocol.BotID) ([]byte, error) {
			return f.folds[string(protocol.DayFoldKey(site, day, bot))], nil
		},
		Requests: func(site protocol.SiteID, after []byte, limit int, each func([]byte, protocol.OpenRequestRow) error) error {
			for _, r := range f.requests {
				key := protocol.OpenRequestKey(site, r.Request.Room, r.Request.Number)
				if string(key) > string(after) && limit > 0 {
					limit--
					if err := each(key, r); err != nil {
						return err
					}
				}
			}
			return nil
		},
		Events: func(a protocol.Address, from uint64, limit int, each func(protocol.Recorded) error) error {
			f.mu.Lock()
			log := f.logs[a]
			f.mu.Unlock()
			if len(log) == 0 && a.Kind == protocol.KindRoom && !f.gone[a] { // whatever can be viewed has a history
				log = []protocol.Recorded{{Number: 1, Event: &protocol.RoomOpened{}}}
			}
			for _, r := range log {
				if r.Number >= from && limit > 0 {
					limit--
					if err := each(r); err != nil {
						return err
					}
				}
			}
			return nil
		},
		CustomerRooms: func(s protocol.SiteID, no protocol.CustomerNo, after []byte, limit int, each func(key, value []byte) error) error {
			for _, r := range f.past {
				if strings.HasPrefix(string(r.Key), string(protocol.CustomerRowKey(s, no))) && string(r.Key) > string(after) && limit > 0 {
					limit--
					if err := each(r.Key, r.Value); err != nil {
						return err
					}
				}
			}
			return nil
		},
		Blocked: func(_ protocol.SiteID, each func(protocol.CustomerNo, protocol.Instant)) error {
			f.mu.Lock()
			all := slices.Collect(maps.Values(f.customers))
			f.mu.Unlock()
			for _, v := range all {
				if v.Customer.Blocked {
					each(v.Customer.No, v.Customer.BlockedAt)
				}
			}
			return nil
		},
		Ledger: func(site protocol.SiteID, from, until protocol.Instant, limit int, after []byte, each func([]byte, protocol.Instant, protocol.LedgerEntry) error) error {
			for _, e := range f.ledger {
				key := protocol.LedgerRowKey(site, e.At, e.Number)
				if string(key) > string(after) && e.At >= from && e.At < until && limit > 0 {
					limit--
					if err := each(key, e.At, e); err != nil {
						return err
					}
				}
			}
			return nil
		},
		Webhooks: Webhooks{
			Check: func(_ *http.Request, address string) error {
				if strings.Contains(address, "localhost") {
					return errors.New("leads into a network that is not public")
				}
				return protocol.CheckWebhookURL(address)
			},
			Secret:     func(_ protocol.SiteID, id string, version uint32) string { return fmt.Sprint("whsec_", id, version) },
			Status:     func(protocol.SiteID, string) (protocol.WebhookStatus, error) { return f.hookStatus, nil },
			Deliveries: func(protocol.SiteID, string) ([]protocol.DeliveryRow, error) { return f.sent, nil },
			GivenUp:    func(protocol.SiteID, string) ([]protocol.OutboxRow, error) { return f.lost, nil },
			Resend: func(_ protocol.SiteID, _, fact string) (n int, _ error) {
				for _, x := range f.lost {
					if fact == "" || fact == x.ID {
						n++
					}
				}
				return n, nil
			},
			Changed: func(protocol.SiteID, string) {},
		},
		RoomByNumber: func(s protocol.SiteID, n uint64) (protocol.RoomID, error) { return f.numbers[n], nil },
		SaveFile: func(b []byte, row *protocol.FileRow) error {
			f.mu.Lock()
			defer f.mu.Unlock()
			hash := sha256.Sum256(b)
			if f.full == nil {
				f.contents[hash] = b
			}
			row.Hash = hash[:]
			return f.full
		},
		OpenFile: func(row *protocol.FileRow) ([]byte, error) {
			f.mu.Lock()
			defer f.mu.Unlock()
			if f.erased[row.ID] {
				return nil, protocol.ErrErased
			}
			return f.contents[[32]byte(row.Hash)], nil
		},
		File: func(s protocol.SiteID, id string) (*protocol.FileRow, error) {
			f.mu.Lock()
			defer f.mu.Unlock()
			if s != "acme" {
				return nil, nil
			}
			return f.files[id], nil
		},
		Undurable: func() (int, int64) { f.mu.Lock(); defer f.mu.Unlock(); return f.commands, f.bytes },
		Space:     func() (bool, bool) { f.mu.Lock(); defer f.mu.Unlock(); return !f.diskLow, !f.diskFull },
		Now:       time.Now,
		Hours:     f.hours,
		FirstSite: func(_ context.Context, s FirstSite) ([]FirstLogin, *protocol.Rejection) { return f.firstSite(s) },
		Chance:    func() protocol.Chance { return protocol.Chance{1, 2, 3} },
		Epoch:     "e-1",
		Ready:     func() []string { return nil },
	}
}

func (f *fake) ask(to protocol.Address, c protocol.Command, answer func(protocol.Result, *protocol.Rejection)) {
	a := asked{to, c, answer}
	f.mu.Lock()
	f.asked = append(f.asked, a)
	decide := f.answer
	f.mu.Unlock()
	if decide != nil {
		if res, rej, ok := decide(a); ok {
			go answer(res, rej)
			return
		}
	}
	switch b := c.Body.(type) {
	case protocol.ViewRoom:
		f.mu.Lock()
		v, ok := f.rooms[b.Room]
		f.mu.Unlock()
		if !ok || to.Site != v.Site {
			go answer(nil, notFound)
			return
		}
		go answer(v, nil)
	case protocol.ViewCustomer:
		f.mu.Lock()
		v, ok := f.customers[b.Key]
		for _, k := range f.customers {
			if b.Key == "" && k.Customer.No == b.No {
				v, ok = k, true
			}
		}
		f.mu.Unlock()
		if !ok || to.Site != "acme" {
			go answer(nil, notFound)
			return
		}
		go answer(v, nil)
	case protocol.ViewInbox:
		f.mu.Lock()
		v := f.inbox
		v.Account = b.Account
		f.mu.Unlock()
		go answer(v, nil)
	case protocol.SocketUp, protocol.SocketDown, protocol.RecordExport:
		go answer(protocol.Done{}, nil)
	case protocol.OpenSession:
		f.mu.Lock()
		f.sessions[[32]byte(b.Hash)] = Session{Site: to.Site, Account: b.Account, Expires: b.Expires}
		f.mu.Unlock()
		go answer(protocol.Done{}, nil)
	case protocol.EndSession:
		f.mu.Lock()
		for h, s := range f.sessions {
			if s.Account == b.Account && (b.Hash == nil || h == [32]byte(b.Hash)) {
				delete(f.sessions, h)
			}
		}
		f.mu.Unlock()
		go answer(protocol.Done{}, nil)
	case protocol.SaveFile:
		f.mu.Lock()
		row := b.File
		row.ID = protocol.FileIDFrom(to.Site, c.Caller.Sender(), c.ClientID, protocol.Chance{byte(len(f.files))})
		f.files[row.ID] = &row
		f.mu.Unlock()
		go answer(protocol.FileAnswer{File: row}, nil)
	case protocol.ViewQueue:
		f.mu.Lock()
		v := f.queue
		f.mu.Unlock()
		go answer(v, nil)
	}
}

// follow replays the log and goes live, on a goroutine of the engine as the real one does.
func (f *fake) follow(s protocol.Stream, after uint64, oldest protocol.Instant, sink Sink) func() {
	sink = &oneAtATime{sink: sink}
	w := &fakeFollow{stream: s, after: after, sink: sink, done: make(chan struct{})}
	f.mu.Lock()
	f.follows = append(f.follows, w)
	log := f.logs[s.Of]
	f.mu.Unlock()
	go func() {
		if f.reading != nil {
			f.reading()
		}
		last := after
		for i := range log {
			r := log[i]
			seq := s.View.Seq(&r)
			if seq <= after {
				continue
			}
			if last == after && r.At < oldest {
				sink.Reset("too_old")
				return
			}
			sink.Push(&r, protocol.AppendFrame(nil, s, &r), true)
			last = seq
		}
		sink.Live(last)
	}()
	return w.stop
}

// oneAtATime keeps the promise of Sink: the calls of one Follow never overlap.
type oneAtATime struct {
	mu   sync.Mutex
	sink Sink
}

func (o *oneAtATime) Push(r *protocol.Recorded, frame []byte, replay bool) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.sink.Push(r, frame, replay)
}
func (o *oneAtATime) Live(seq uint64)     { o.mu.Lock(); defer o.mu.Unlock(); o.sink.Live(seq) }
func (o *oneAtATime) Reset(reason string) { o.mu.Lock(); defer o.mu.Unlock(); o.sink.Reset(reason) }
func (o *oneAtATime) Ephemeral(key string, frame []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.sink.Ephemeral(key, frame)
}

// following gives the newest follower of a stream.
func (f *fake) following(name string) *fakeFollow {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := len(f.follows) - 1; i >= 0; i-- {
		if f.follows[i].stream.Name() == name {
			return f.follows[i]
		}
	}
	return nil
}

// bodies lists the commands of the type that reached the engine.
func bodies[T protocol.Body](f *fake) []asked {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []asked
	for _, a := range f.asked {
		if _, ok := a.c.Body.(T); ok {
			all = append(all, a)
		}
	}
	return all
}

func (f *fake) login(a protocol.AccountID, site protocol.SiteID) string {
	token, hash := newAccountToken()
	f.mu.Lock()
	f.sessions[hash] = Session{Site: site, Account: a, Expires: protocol.At(time.Now().Add(time.Hour))}
	f.mu.Unlock()
	return token
}

// message makes an event of a room's log, shown in both streams.
func message(n uint64, text string, from protocol.Sender) protocol.Recorded {
	return protocol.Recorded{Number: n, Desk: n, Room: n, At: protocol.At(time.Now()), Event: &protocol.MessagePosted{ID: "m_1", From: from, Kind: protocol.Text, Text: text}}
}

// house is a gateway on a network without wires, in a bubble where time is the test's.
type house struct {
	t *testing.T
	*fake
	g      *Gateway
	l      *pipes
	closes map[int]int
	mu2    sync.Mutex
}

// in runs a test with a gateway inside a bubble.
func in(t *testing.T, change func(*Config), test func(h *house)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		h := &house{t: t, fake: newFake(), l: newPipes(), closes: map[int]int{}}
		cfg := DefaultConfig()
		cfg.SigningKey = make([]byte, 32)
		cfg.PasswordMemory, cfg.PasswordTime = 64, 1
		cfg.Observer.Closed = func(role string, code int) { h.mu2.Lock(); h.closes[code]++; h.mu2.Unlock() }
		if change != nil {
			change(&cfg)
		}
		h.g = New(cfg, h.engine())
		go h.g.Serve(h.l)
		test(h)
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		h.g.cfg.DrainWindow = time.Millisecond
		if err := h.g.Shutdown(ctx); err != nil {
			t.Errorf("shutdown: %v", err)
		}
		time.Sleep(time.Second) // of the bubble's time: what a test started beside the gateway ends too
	})
}

// pipes is a listener of in-memory connections.
type pipes struct {
	c    chan net.Conn
	done chan struct{}
	once sync.Once
}

func newPipes() *pipes { return &pipes{c: make(chan net.Conn), done: make(chan struct{})} }
func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.c:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}
func (p *pipes) Close() error   { p.once.Do(func() { close(p.done) }); return nil }
func (p *pipes) Addr() net.Addr { return pipeAddr{} }

type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return "192.0.2.7:1234" }

type pipeConn struct{ net.Conn }

func (pipeConn) RemoteAddr() net.Addr { return pipeAddr{} }
func (pipeConn) LocalAddr() net.Addr  { return pipeAddr{} }

func (p *pipes) dial(context.Context, string, string) (net.Conn, error) {
	a, b := net.Pipe()
	select {
	case p.c <- pipeConn{b}:
		return a, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (h *house) client() *http.Client {
	return &http.Client{Transport: &http.Transport{DialContext: h.l.dial, DisableKeepAlives: true}}
}

// do makes a request and gives status and body.
func (h *house) do(method, path, token, body string, headers ...string) (*http.Response, map[string]any) {
	h.t.Helper()
	var in io.Reader
	if body != "" {
		in = stringReader(body)
	}
	r, err := http.NewRequest(method, "http://gate.test"+path, in)
	if err != nil {
		h.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
		} else if headers[i+1] == "" {
			r.Header.Del(headers[i])
		} else {
			r.Header.Add(headers[i], headers[i+1])
		}
	}
	res, err := h.client().Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(res.Body)
	var m map[string]any
	json.Unmarshal(b, &m)
	return res, m
}

// visitor gives a token of a customer of acme.
func (h *house) visitor(uid string) string {
	now := time.Now()
	return h.g.signVisitor(visitorClaims{Site: "acme", Key: protocol.CustomerKey("acme_" + uid), UID: uid, From: now.Unix(), Expires: now.Add(time.Hour).Unix()})
}

// hours is a calendar that is open at even hours.
func (f *fake) hours(facts *protocol.SiteFacts, at time.Time) (open bool, next time.Time, opens bool) {
	if !facts.Settings.Week.Weekday.Open {
		return false, time.Time{}, false
	}
	open = at.In(facts.Zone).Hour()%2 == 0
	return open, at.Truncate(time.Hour).Add(time.Hour), !open
}
