package shell

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"switchyard/actors/core"
	"switchyard/protocol"
)

// toy is the state of every mind of these tests: it adds up what it is told and remembers the order.
type toy struct {
	addr protocol.Address
	log  core.Log
	sum  int
	seen []string
	due  protocol.Instant
	over bool
}

// What toys are asked. do brings its own decision.
type (
	add  struct{ n int }       // an event of +n; answered with the sum after it
	look struct{}              // answered with the sum and what was seen
	say  struct{ text string } // an event with a text
	memo struct{ n int }       // +n, which only the desk sees
	set  struct{ due protocol.Instant }
	over struct{}
	do   struct {
		decide func(*toy, protocol.Command, time.Time) (core.Step, error)
	}
)

func (add) CommandName() string  { return "toy.add" }
func (look) CommandName() string { return "toy.look" }
func (say) CommandName() string  { return "toy.say" }
func (memo) CommandName() string { return "toy.memo" }
func (set) CommandName() string  { return "toy.set" }
func (over) CommandName() string { return "toy.over" }
func (do) CommandName() string   { return "toy.do" }

// noted changes the memory only.
type noted struct{ text string }

func (noted) EventCode() protocol.EventCode { return protocol.Volatile }

func said(text string) protocol.Event {
	return &protocol.MessagePosted{From: protocol.FromBot, Kind: protocol.Text, Text: text}
}

// hooks are what one test changes in the toys; set while nothing goes on.
type hooks struct {
	deadline func(*toy, protocol.Command, time.Time) (core.Step, error) // instead of the toy's own
	resumed  func(*toy, protocol.Command) core.Step
	apply    func(*toy, protocol.Recorded)
	check    func(*toy) error
	restore  func(protocol.Address, []byte) (*toy, error)
	needs    func(*toy, protocol.Command) []protocol.Ref
	rows     func(*toy, []protocol.Recorded) []protocol.Row
	agent    func(*toy, protocol.AccountID) // an agent reports to a queue
	every    uint64
	forget   func(*toy, core.RowReader) ([]protocol.Row, error)
	days     int // retention.rooms
	closed   map[protocol.Address]protocol.Instant
}

func (r *rig) decide(s *toy, c protocol.Command, now time.Time) (step core.Step, err error) {
	at := protocol.At(now)
	switch b := c.Body.(type) {
	case do:
		return b.decide(s, c, now)
	case secretive:
		return b.decide(s, c, now)
	case add:
		step.Do(said(strconv.Itoa(b.n)))
		step.Answer(c.Ticket, protocol.Sent{Seq: uint64(s.sum + b.n)})
	case memo:
		step.Do(&protocol.MessagePosted{From: protocol.FromAgent, Kind: protocol.Memo, Text: strconv.Itoa(b.n)})
		step.Answer(c.Ticket, protocol.Sent{Seq: uint64(s.sum + b.n)})
	case say:
		if s.addr.Kind == protocol.KindQueue {
			step.Do(noted{b.text})
		} else {
			step.Do(said(b.text))
		}
		step.Answer(c.Ticket, protocol.Done{})
	case look:
		step.Answer(c.Ticket, protocol.Sent{Seq: uint64(s.sum), MessageID: protocol.MessageID(strings.Join(s.seen, " "))})
	case set:
		step.Do(&protocol.RoomMetaSet{Set: protocol.MetaAlarm, AlarmAt: b.due})
		step.Answer(c.Ticket, protocol.Done{})
	case over:
		step.Do(&protocol.RoomClosed{State: protocol.Closed})
		step.Answer(c.Ticket, protocol.Done{})
	case protocol.RingAlarm: // the tell that can be owed
		if r.refuse != nil && r.refuse(s) {
			return step, protocol.Reject(protocol.Conflict, "no")
		}
		step.Do(said(string(b.Room)))
	case protocol.SeatReturned:
		step.Do(noted{fmt.Sprintf("returned:%s:%d", b.Room, b.Turn)})
	case protocol.OfferSeat, protocol.SeatAnswer, protocol.AskOffer:
		if r.seats == "decide" {
			panic("seat!")
		}
		step.Do(said("apply!"))
	case protocol.AgentReport:
		step.Do(noted{"report:" + string(b.Account)})
		if r.hooks.agent != nil {
			r.hooks.agent(s, b.Account)
		}
	case protocol.CalendarTick:
		step.Do(noted{"tick"})
	case protocol.CreateSite:
		step.Do(&protocol.SiteCreated{Site: b.Site})
		step.Answer(c.Ticket, protocol.Done{})
	case protocol.DeadlineReached:
		if r.hooks.deadline != nil {
			return r.hooks.deadline(s, c, now)
		}
		if s.due != 0 && s.due <= at {
			step.Do(&protocol.AlarmRang{})
		}
	case protocol.ExpireRoom:
		if !s.over {
			return step, protocol.Reject(protocol.Conflict, "the room is kept")
		}
		step.Forget = true
		step.Answer(c.Ticket, protocol.Done{})
	case protocol.Resumed:
		if r.hooks.resumed != nil {
			return r.hooks.resumed(s, c), nil
		}
	default:
		return step, protocol.Reject(protocol.BadRequest, "not for toys")
	}
	return step, nil
}

func (r *rig) apply(s *toy, e protocol.Recorded) {
	if r.hooks.apply != nil {
		r.hooks.apply(s, e)
	}
	s.log.Took(e)
	switch e := e.Event.(type) {
	case *protocol.MessagePosted:
		n, _ := strconv.Atoi(e.Text)
		s.sum += n
		s.seen = append(s.seen, e.Text)
		if e.Text == "apply!" {
			panic("apply!")
		}
	case *protocol.RoomMetaSet:
		s.due = e.AlarmAt
	case *protocol.AlarmRang:
		s.due = 0
		s.seen = append(s.seen, "rang")
	case *protocol.RoomClosed:
		s.over = true
	case noted:
		s.seen = append(s.seen, e.text)
		if e.text == "apply!" {
			panic("apply!")
		}
	}
}

func (r *rig) machine(kind protocol.Kind) core.Machine[toy] {
	m := core.Machine[toy]{
		Kind: kind, New: func(a protocol.Address) *toy { r.loads.Add(1); return &toy{addr: a} }, Log: func(s *toy) *core.Log { return &s.log },
		Decide: r.decide, Apply: r.apply,
		Needs: func(s *toy, c protocol.Command) []protocol.Ref {
			if r.hooks.needs == nil {
				return nil
			}
			return r.hooks.needs(s, c)
		},
		Deadline: func(s *toy) protocol.Instant { return s.due },
		Check: func(s *toy) error {
			if s.sum < 0 {
				return fmt.Errorf("sum: %d is negative", s.sum)
			}
			if r.hooks.check != nil {
				return r.hooks.check(s)
			}
			return nil
		},
		SnapshotEvery: r.hooks.every,
	}
	rows := func(s *toy, recs []protocol.Recorded) []protocol.Row {
		if r.hooks.rows != nil {
			return r.hooks.rows(s, recs)
		}
		return nil
	}
	m.Rows = rows
	switch kind {
	case protocol.KindRoom:
		m.Finished = func(s *toy) bool { return s.over }
		m.Forget = func(s *toy, read core.RowReader) ([]protocol.Row, error) {
			if r.hooks.forget != nil {
				return r.hooks.forget(s, read)
			}
			return nil, nil
		}
		m.Rows = func(s *toy, recs []protocol.Recorded) []protocol.Row {
			if len(recs) == 0 {
				return nil
			}
			row := protocol.Row{Kind: protocol.RowOpenRoom, Key: protocol.OpenRoomKey(s.addr.Site, protocol.RoomID(s.addr.ID))}
			if !s.over {
				open := protocol.OpenRoomRow{Room: protocol.RoomID(s.addr.ID), State: protocol.Active, Deadline: s.due}
				row.Value = protocol.AppendOpenRoom(nil, &open)
			}
			return append(rows(s, recs), row)
		}
	case protocol.KindQueue:
		m.Reloads = true
		m.Rebuild = func(a protocol.Address, read core.RowReader) (*toy, error) {
			s := &toy{addr: a}
			return s, read(protocol.RowOpenRoom, protocol.RowKey(a.Site), func(_, _ []byte) error { s.sum++; return nil })
		}
	case protocol.KindAgent:
		m.Reloads = true
	case protocol.KindSite:
		m.Reloads = true
		m.Facts = func(s *toy) *protocol.SiteFacts {
			if s.log.Number == 0 {
				return nil
			}
			return &protocol.SiteFacts{Site: s.addr.Site, Settings: &protocol.Settings{Number: s.log.Number, RetentionDays: r.hooks.days}, Zone: time.UTC,
				Accounts: map[protocol.AccountID]*protocol.Account{"ann": {ID: "ann"}, "bob": {ID: "bob"}}}
		}
		m.Rows = func(s *toy, recs []protocol.Recorded) []protocol.Row {
			if len(recs) > 0 && recs[0].Number == 1 {
				return []protocol.Row{{Kind: protocol.RowSite, Key: protocol.RowKey(s.addr.Site), Value: []byte{1}}}
			}
			return nil
		}
	}
	if kind == protocol.KindRoom || kind == protocol.KindAgent {
		m.Snapshot = func(s *toy) []byte {
			b := binary.BigEndian.AppendUint64(nil, s.log.Number)
			b = binary.BigEndian.AppendUint64(b, s.log.Desk)
			b = binary.BigEndian.AppendUint64(b, s.log.Room)
			b = binary.BigEndian.AppendUint64(b, uint64(s.sum))
			b = binary.BigEndian.AppendUint64(b, uint64(s.due))
			return append(b, strings.Join(s.seen, " ")...)
		}
		m.Restore = func(a protocol.Address, b []byte) (*toy, error) {
			if r.hooks.restore != nil {
				return r.hooks.restore(a, b)
			}
			if len(b) < 40 {
				return nil, errors.New("not a toy")
			}
			no := func(i int) uint64 { return binary.BigEndian.Uint64(b[8*i:]) }
			s := &toy{addr: a, log: core.Log{Number: no(0), Desk: no(1), Room: no(2)}, sum: int(no(3)), due: protocol.Instant(no(4))}
			if len(b) > 40 {
				s.seen = strings.Split(string(b[40:]), " ")
			}
			return s, nil
		}
	}
	return m
}

// fakeClock moves when the test says so.
type fakeClock struct{ now, wall atomic.Int64 }

func (c *fakeClock) Now() time.Time  { return time.Unix(0, c.now.Load()) }
func (c *fakeClock) Wall() time.Time { return time.Unix(0, c.wall.Load()) }
func (c *fakeClock) advance(d time.Duration) {
	c.now.Add(int64(d))
	c.wall.Add(int64(d))
}

// rig is an engine of toys on a fake store.
type rig struct {
	old   bool // young streams are read from the log, too
	t     *testing.T
	store *fakeStore
	clock *fakeClock
	e     *Engine
	hooks hooks
	tune  func(*Options)
	dice  atomic.Uint64
	loads atomic.Int64 // how often a mind was made anew

	mu          sync.Mutex
	violated    []string
	quarantined []string
	reloaded    []string
	told        []protocol.Recorded // Observe.Durable
	loaded      int                 // SiteLoaded
	fatal       []error
	lates       []time.Duration
	startErr    error
	refuse      func(*toy) bool // who refuses tells
	seats       string          // what toys do with seats: panic in "decide" or in "apply"
}

const here = protocol.SiteID("here")

var (
	room1   = protocol.RoomAt(here, "r1")
	room2   = protocol.RoomAt(here, "r2")
	queue   = protocol.QueueAt(here)
	ann     = protocol.AgentAt(here, "ann")
	bob     = protocol.AgentAt(here, "bob")
	theSite = protocol.SiteAt(here)
)

var noon = time.Date(2021, 6, 9, 12, 0, 0, 0, time.UTC)

// bubble plays a test in a bubble, on an engine with one site whose store makes everything durable at once.
func bubble(t *testing.T, play func(t *testing.T, r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer r.end()
		play(t, r)
	})
}

// bothWays plays a test of streams twice: with the first events of young streams in memory, and all of them in the log.
func bothWays(t *testing.T, play func(t *testing.T, r *rig)) {
	t.Run("young", func(t *testing.T) { bubble(t, play) })
	t.Run("log", func(t *testing.T) {
		bubble(t, func(t *testing.T, r *rig) { r.old = true; r.e.young.off = true; play(t, r) })
	})
}

func newRig(t *testing.T) *rig {
	r := &rig{t: t, store: newFakeStore(), clock: &fakeClock{}}
	r.clock.now.Store(noon.UnixNano())
	r.clock.wall.Store(noon.UnixNano())
	r.store.automatic(true)
	r.boot()
	require.Nil(t, r.ask(theSite, protocol.CreateSite{Site: here}).must().rej)
	return r
}

// boot makes an engine of what the store has.
func (r *rig) boot() {
	if r.e != nil {
		r.e.workers.stop() // a process takes its goroutines along
	}
	o := Options{
		Store: r.store, Clock: r.clock,
		Chance: func() (c protocol.Chance) {
			binary.BigEndian.PutUint64(c[:], r.dice.Add(1))
			return c
		},
		Fatal:      func(err error) { r.note(func() { r.fatal = append(r.fatal, err) }) },
		SiteLoaded: func(protocol.SiteID) { r.note(func() { r.loaded++ }) },
		Observe: Observer{
			Violated: func(a protocol.Address, err error) {
				r.note(func() { r.violated = append(r.violated, a.String()+": "+strings.SplitN(err.Error(), "\n", 2)[0]) })
			},
			Quarantined: func(a protocol.Address, command string) {
				r.note(func() { r.quarantined = append(r.quarantined, a.String()+" "+command) })
			},
			Reloaded:  func(k protocol.Kind) { r.note(func() { r.reloaded = append(r.reloaded, k.String()) }) },
			Durable:   func(_ protocol.Address, e *protocol.Recorded) { r.note(func() { r.told = append(r.told, *e) }) },
			TimerLate: func(d time.Duration) { r.note(func() { r.lates = append(r.lates, d) }) },
		},
	}
	if r.tune != nil {
		r.tune(&o)
	}
	r.e = New(o)
	r.e.young.off = r.old
	for _, k := range []protocol.Kind{protocol.KindRoom, protocol.KindQueue, protocol.KindAgent, protocol.KindSite} {
		Host(r.e, r.machine(k))
	}
	r.startErr = r.e.Start()
}

func (r *rig) note(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f()
}

// end stops the engine, and checks what holds at the end of every test.
func (r *rig) end() {
	defer r.store.close()
	r.store.hold(false)
	r.store.automatic(true)
	r.wait()
	r.e.Stop(time.Minute)
	r.wait()
	time.Sleep(2 * time.Second) // protoactor counts dead letters for a second
	require.Zero(r.t, r.e.Flying(), "mail that nobody handled")
	for i := range r.e.tickets.stripes {
		require.Empty(r.t, r.e.tickets.stripes[i].m, "somebody still waits for an answer")
	}
	require.Empty(r.t, r.store.mistakes, "the journal's numbers")
	require.Empty(r.t, r.fatal, "the process would have stopped")
}

// wait lets everything happen that happens by itself, a site's loading too; in a bubble that takes no time.
func (r *rig) wait() {
	synctest.Wait()
	time.Sleep(5 * time.Millisecond)
	synctest.Wait()
}

// crash ends the process at once, and starts it again on what was durable.
func (r *rig) crash() {
	r.store = r.store.crash()
	r.wait()
	r.store.automatic(true)
	r.boot()
	r.wait()
}

// answer is what an ask came to.
type answer struct {
	r     *rig
	mu    sync.Mutex
	times int
	res   protocol.Result
	rej   *protocol.Rejection
}

func (r *rig) ask(to protocol.Address, b protocol.Body) *answer {
	return r.askAs(to, protocol.Command{Body: b, Caller: protocol.Caller{Role: protocol.Admin, Site: to.Site}})
}

func (r *rig) askAs(to protocol.Address, c protocol.Command) *answer {
	a := &answer{r: r}
	r.e.Ask(to, c, func(res protocol.Result, rej *protocol.Rejection) {
		a.mu.Lock()
		a.times, a.res, a.rej = a.times+1, res, rej
		a.mu.Unlock()
	})
	return a
}

// given says whether the answer came, once everything is quiet.
func (a *answer) given() bool {
	a.r.wait()
	a.mu.Lock()
	defer a.mu.Unlock()
	require.LessOrEqual(a.r.t, a.times, 1, "answered more than once")
	return a.times == 1
}

func (a *answer) must() *answer {
	a.r.t.Helper()
	require.True(a.r.t, a.given(), "no answer")
	return a
}

// code is the refusal's, "" if it was accepted.
func (a *answer) code() string {
	a.r.t.Helper()
	if a.must().rej == nil {
		return ""
	}
	return a.rej.Code.String()
}

// sum and seen read an actor.
func (r *rig) sum(a protocol.Address) int {
	r.t.Helper()
	x := r.ask(a, look{}).must()
	require.Nil(r.t, x.rej)
	return int(x.res.(protocol.Sent).Seq)
}

func (r *rig) seen(a protocol.Address) string {
	r.t.Helper()
	x := r.ask(a, look{}).must()
	require.Nil(r.t, x.rej)
	return string(x.res.(protocol.Sent).MessageID)
}

// texts is an actor's durable history.
func (r *rig) texts(a protocol.Address) string {
	var out []string
	for i, e := range r.store.history(a) {
		require.EqualValues(r.t, i+1, e.Number)
		switch e := e.Event.(type) {
		case *protocol.MessagePosted:
			out = append(out, e.Text)
		default:
			out = append(out, e.EventCode().String())
		}
	}
	return strings.Join(out, " ")
}

// passivate sends every idle actor that may leave away, as if hours had passed.
func (r *rig) passivate() {
	most := r.e.o.Resident
	r.e.o.Resident = 0 // more are here than may be: open rooms go, too
	for range r.e.stripes {
		r.e.sweep(r.clock.Now().Add(time.Hour))
	}
	r.e.o.Resident = most
	r.wait()
}

// step is a decision without a refusal.
func step(f func(*toy, protocol.Command, *core.Step)) do {
	return do{func(s *toy, c protocol.Command, _ time.Time) (core.Step, error) {
		var out core.Step
		f(s, c, &out)
		return out, nil
	}}
}
