package sim

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"switchyard/actors/agent"
	"switchyard/protocol"
)

// Run is one life of a site under one seed.
type Run struct {
	Seed uint64
	W    *World

	rng       *rand.Rand
	dice      *rand.ChaCha8
	trace     []string
	customers []*visitor
	agents    []protocol.AccountID
	writes    []*write
	ids       int
	crashes   int
	profile   bool // a profile bot may come in: then a room's turn is not its request alone
	byHand    map[protocol.AccountID]bool
	limits    map[protocol.AccountID]int
}

type visitor struct {
	key  protocol.CustomerKey
	room protocol.RoomID
}

// write is one command of a client that repeats it until it is answered.
type write struct {
	to     protocol.Address
	c      protocol.Command
	sent   bool
	done   bool
	result protocol.Result
	err    *protocol.Rejection
}

const siteID = protocol.SiteID("sim")

// NewRun makes a site with agents, a manager and customers. The same seed makes the same life.
func NewRun(seed uint64) *Run {
	var key [32]byte
	for i := range 8 {
		key[i] = byte(seed >> (8 * i))
	}
	r := &Run{
		Seed: seed, rng: rand.New(rand.NewPCG(seed, 0x5117c4)), dice: rand.NewChaCha8(key),
		byHand: map[protocol.AccountID]bool{}, limits: map[protocol.AccountID]int{},
	}
	at := time.Date(2021, 6, 9, 8, 30, 0, 0, time.UTC)
	r.W = New(siteID, at, r.chance)
	r.W.Rand, r.W.Lazy = r.rng, true
	r.profile = r.rng.IntN(2) == 0
	accounts := []protocol.AccountSaved{
		{Account: protocol.Account{ID: "admin", Role: protocol.Admin, Name: "관리자", Certified: true}},
		{Account: protocol.Account{ID: "manager", Role: protocol.Manager, Name: "매니저", Certified: true, SeesAll: true}},
	}
	for i := range 2 + r.rng.IntN(4) {
		id := protocol.AccountID(fmt.Sprintf("agent%d", i+1))
		limit := r.rng.IntN(4) // 0 = unlimited
		r.agents, r.limits[id] = append(r.agents, id), limit
		accounts = append(accounts, protocol.AccountSaved{Account: protocol.Account{
			ID: id, Role: protocol.Agent, Name: string(id), Certified: true, Consulting: true, MaxConcurrent: limit,
		}})
	}
	settings := fmt.Sprintf(`{"name":"sim","time_zone":"UTC","profile.enabled":%v,"no_agent_policy":%q,"distribution.mode":%q,"distribution.balancer":%q}`,
		r.profile && r.rng.IntN(2) == 0, pick(r.rng, "WAIT", "REJECT"), pick(r.rng, "AUTO", "AUTO", "HYBRID", "MANUAL"), pick(r.rng, "LEAST_LOAD", "SEQUENTIAL"))
	r.note("created with %s", settings)
	r.W.Ask(protocol.SiteAt(siteID), protocol.Command{
		Body: protocol.CreateSite{Site: siteID, Settings: []byte(settings), Accounts: accounts}, Caller: r.W.system(),
	}, func(_ protocol.Result, err *protocol.Rejection) {
		if err != nil {
			panic(err)
		}
	})
	r.W.Settle()
	for i := range 3 + r.rng.IntN(8) {
		r.customers = append(r.customers, &visitor{key: protocol.CustomerKey(fmt.Sprintf("sim_k%d", i))})
	}
	return r
}

func pick[T any](rng *rand.Rand, of ...T) T { return of[rng.IntN(len(of))] }

func (r *Run) chance() (c protocol.Chance) {
	for i := 0; i < 16; i += 8 {
		x := r.dice.Uint64()
		for k := range 8 {
			c[i+k] = byte(x >> (8 * k))
		}
	}
	return c
}

func (r *Run) note(format string, a ...any) {
	r.trace = append(r.trace, r.W.Clock.Format("15:04:05.000 ")+fmt.Sprintf(format, a...))
}

// Trace is what happened from outside, for whoever has to understand a failing seed.
func (r *Run) Trace() []string { return r.trace }

// Play lets so many things happen, then lets everything come to rest and checks it.
func (r *Run) Play(steps int) error {
	for range steps {
		switch n := r.rng.IntN(100); {
		case n < 45:
			r.act()
		case n < 80:
			for range 1 + r.rng.IntN(6) {
				if r.W.Busy() {
					r.W.Take()
				}
			}
		case n < 90:
			r.W.Sync(1 + r.rng.IntN(5))
		case n < 95:
			d := time.Duration(r.rng.IntN(1000)) * time.Millisecond
			if r.rng.IntN(4) == 0 {
				d = time.Duration(r.rng.IntN(7200)) * time.Second
			}
			r.note("%s pass", d)
			r.W.Settle()
			r.W.Advance(r.W.Clock.Add(d))
		case n < 99:
			r.W.Settle()
			if err := r.audit(); err != nil {
				return err
			}
		default:
			r.crash()
		}
		if err := r.W.Err(); err != nil {
			return err
		}
	}
	r.resend()
	r.W.Settle()
	if err := r.audit(); err != nil {
		return err
	}
	return r.promises()
}

func (r *Run) crash() {
	r.crashes++
	r.note("crash; %d entries lost", r.W.Undurable())
	r.W.Crash()
	r.W.Clock = r.W.Clock.Add(time.Duration(r.rng.IntN(60)) * time.Second)
	r.W.Start()
	r.resend()
}

// resend: a client whose write was not answered sends it again, with the same id.
func (r *Run) resend() {
	for _, x := range r.writes {
		if !x.done {
			r.send(x)
		}
	}
}

func (r *Run) send(x *write) {
	x.sent = true
	r.W.Ask(x.to, x.c, func(res protocol.Result, err *protocol.Rejection) {
		if x.done {
			r.compare(x, res, err)
			return
		}
		x.done, x.result, x.err = true, res, err
		if s, ok := res.(protocol.Started); ok {
			for _, k := range r.customers {
				if k.key == x.c.Caller.Customer && s.Room != "" {
					k.room = s.Room
				}
			}
		}
	})
}

// compare: a repeat of an accepted write gets its first result (I-07).
func (r *Run) compare(x *write, res protocol.Result, err *protocol.Rejection) {
	if x.err != nil {
		return // a refused write may succeed later
	}
	switch first := x.result.(type) {
	case protocol.Sent:
		again, ok := res.(protocol.Sent)
		again.Duplicate, first.Duplicate = false, false
		if !ok || again != first {
			r.W.fail(fmt.Errorf("I-07: %s %s was answered %+v, its repeat %+v %v", x.c.Body.CommandName(), x.c.ClientID, first, res, err))
		}
	case protocol.Started:
		if again, ok := res.(protocol.Started); !ok || again.Room != first.Room {
			r.W.fail(fmt.Errorf("I-07: room.start %s was answered %+v, its repeat %+v %v", x.c.ClientID, first, res, err))
		}
	}
}

func (r *Run) issue(to protocol.Address, caller protocol.Caller, b protocol.Body) {
	r.ids++
	x := &write{to: to, c: protocol.Command{Body: b, Caller: caller, ClientID: protocol.ClientID(fmt.Sprintf("write-%06d", r.ids))}}
	r.writes = append(r.writes, x)
	if s, ok := b.(protocol.ChangeSettings); ok {
		r.note("%s sets %s", caller.Account, s.Changes)
	} else {
		r.note("%s%s %s %+v", caller.Account, caller.Customer, b.CommandName(), b)
	}
	r.send(x)
}

func (r *Run) account(id protocol.AccountID) protocol.Caller {
	a := r.W.Facts().Accounts[id]
	return protocol.Caller{Role: a.Role, Site: siteID, Account: id, Name: a.Name}
}

// act lets one person do one thing.
func (r *Run) act() {
	switch n := r.rng.IntN(100); {
	case n < 8 && len(r.writes) > 0: // the network delivers something twice
		if x := r.writes[len(r.writes)-1-r.rng.IntN(min(len(r.writes), 30))]; x.sent {
			r.note("again %s", x.c.ClientID)
			r.send(x)
		}
	case n < 50:
		r.customerActs(pick(r.rng, r.customers...))
	case n < 85:
		r.agentActs(pick(r.rng, r.agents...))
	case n < 93:
		r.managerActs()
	default:
		r.adminActs()
	}
}

func (r *Run) customerActs(k *visitor) {
	caller := protocol.Caller{Role: protocol.Visitor, Site: siteID, Customer: k.key}
	if k.room == "" || r.rng.IntN(8) == 0 {
		r.issue(protocol.CustomersAt(siteID), caller, protocol.StartRoom{Key: k.key, Channel: protocol.Web})
		return
	}
	to := protocol.RoomAt(siteID, k.room)
	switch r.rng.IntN(10) {
	case 0:
		r.issue(to, caller, protocol.EndRoom{Room: k.room})
	case 1:
		r.issue(to, caller, protocol.MarkRead{Room: k.room, Upto: uint64(r.rng.IntN(20))})
	case 2, 3:
		form := ""
		for _, rec := range r.W.Log(to, 1) {
			if p, ok := rec.Event.(*protocol.ProfilePrompted); ok {
				form = p.Form
			}
		}
		r.issue(to, caller, protocol.SubmitForm{Room: k.room, Form: form, Values: []protocol.FieldValue{
			{Field: protocol.FieldName, Value: "김하나"}, {Field: protocol.FieldPhone, Value: pick(r.rng, "01012345678", "0212345678")},
		}})
	default:
		r.issue(to, caller, protocol.SendMessage{Room: k.room, Kind: protocol.Text, Text: fmt.Sprintf("말 %d", r.ids)})
	}
}

func (r *Run) agentActs(id protocol.AccountID) {
	caller, self := r.account(id), protocol.AgentAt(siteID, id)
	b, ok := r.W.bodies[self].(*value[agent.State])
	switch n := r.rng.IntN(20); {
	case n == 0:
		r.issue(self, caller, protocol.SetStatus{Account: id, Want: pick(r.rng, protocol.WantOnline, protocol.WantOnline, protocol.WantBreak, protocol.WantOffline)})
	case n == 1:
		r.issue(self, caller, protocol.SocketUp{Account: id, Session: pick(r.rng, "a", "b")})
	case n == 2:
		r.issue(self, caller, protocol.SocketDown{Account: id, Session: pick(r.rng, "a", "b")})
	case n < 6:
		if k := pick(r.rng, r.customers...); k.room != "" {
			r.issue(protocol.QueueAt(siteID), caller, protocol.TakeRoom{Room: k.room})
		}
	case ok && len(b.s.Rooms) > 0:
		mine := pick(r.rng, b.s.Rooms...)
		to := protocol.RoomAt(siteID, mine.Room)
		switch r.rng.IntN(8) {
		case 0, 1:
			r.issue(to, caller, protocol.EndRoom{Room: mine.Room, Assignment: mine.Assignment})
		case 2:
			r.issue(to, caller, protocol.SetRoom{Room: mine.Room, Set: protocol.MetaHold, Hold: r.rng.IntN(2) == 0})
		case 3:
			r.issue(to, caller, protocol.SendMessage{Room: mine.Room, Kind: protocol.Memo, Text: "메모"})
		default:
			r.issue(to, caller, protocol.SendMessage{Room: mine.Room, Kind: protocol.Text, Text: fmt.Sprintf("답 %d", r.ids), Assignment: mine.Assignment})
		}
	}
}

func (r *Run) managerActs() {
	caller, k := r.account("manager"), pick(r.rng, r.customers...)
	if k.room == "" {
		return
	}
	if r.rng.IntN(4) == 0 {
		r.issue(protocol.RoomAt(siteID, k.room), caller, protocol.EndRoom{Room: k.room})
		return
	}
	to := pick(r.rng, r.agents...)
	r.byHand[to] = true
	r.issue(protocol.QueueAt(siteID), caller, protocol.AssignRoom{Room: k.room, To: to, Assignment: uint32(r.rng.IntN(3))})
}

func (r *Run) adminActs() {
	changes := []string{
		`{"distribution.mode":"AUTO"}`, `{"distribution.mode":"HYBRID"}`, `{"distribution.mode":"MANUAL"}`,
		`{"distribution.balancer":"SEQUENTIAL"}`, `{"distribution.balancer":"LEAST_LOAD"}`, `{"backlog.mode":"MANUAL"}`, `{"backlog.mode":"AUTO"}`,
		`{"distribution.require_presence":true}`, `{"distribution.require_presence":false}`, `{"autoclose.customer_silence":5}`,
		`{"autoclose.customer_silence":null}`, `{"autoclose.agent_delay":10}`, `{"autoclose.agent_delay":null}`, `{"no_agent_policy":"WAIT"}`,
		`{"autoclose.gate_source":"AGENT_DELAY"}`, `{"overflow_policy":"REJECT"}`, `{"overflow_policy":"WAIT"}`, `{"after_hours_intake":"OFF"}`,
		`{"after_hours_intake":"ON"}`, `{"distribution.scope":["agent1"]}`, `{"distribution.scope":[]}`, `{"consulting_enabled":true}`,
	}
	if r.profile {
		changes = append(changes, `{"profile.enabled":true,"profile.policy":"WAIT"}`, `{"profile.enabled":true,"profile.policy":"ASSIGN"}`, `{"profile.enabled":false}`)
	}
	r.issue(protocol.SiteAt(siteID), r.account("admin"), protocol.ChangeSettings{Changes: []byte(pick(r.rng, changes...))})
}

func (r *Run) audit() error {
	if err := r.W.Audit(); err != nil {
		return err
	}
	// I-03: no automatic assignment or take has passed a limit. Managers may, and then it says nothing.
	loads := map[protocol.AccountID]int{}
	for _, seat := range r.seats() {
		loads[seat]++
	}
	for id, n := range loads {
		if limit := r.limits[id]; limit > 0 && n > limit && !r.byHand[id] {
			return fmt.Errorf("I-03: %s has %d rooms, its limit is %d", id, n, limit)
		}
	}
	return nil
}

func (r *Run) seats() (holders []protocol.AccountID) {
	for a := range r.W.bodies {
		if a.Kind != protocol.KindRoom {
			continue
		}
		var holder protocol.AccountID
		for _, rec := range r.W.Log(a, 1) {
			switch e := rec.Event.(type) {
			case *protocol.RoomAssigned:
				holder = e.Agent
			case *protocol.RoomClosed:
				holder = ""
			}
		}
		if holder != "" {
			holders = append(holders, holder)
		}
	}
	return holders
}

// promises checks what was acknowledged against what is written (I-05 … I-09, I-13, I-17).
func (r *Run) promises() error {
	backlog := map[uint64]protocol.Instant{}
	seen := map[protocol.ClientID]int{}
	for a := range r.W.logs {
		if a.Kind != protocol.KindRoom {
			continue
		}
		var requested protocol.Instant
		greets, closes, saved, refusals, refused := 0, 0, 0, 0, 0
		for i, rec := range r.W.Log(a, 1) {
			if rec.Number != uint64(i+1) {
				return fmt.Errorf("I-05: event %d of %s has number %d", i+1, a, rec.Number)
			}
			if _, mark := rec.Event.(*protocol.MessageRead); closes > 0 && !mark {
				return fmt.Errorf("I-09: %s has a %s after its close", a, rec.Event.EventCode())
			}
			switch e := rec.Event.(type) {
			case *protocol.RoomOpened:
				requested = rec.At
			case *protocol.RoomAssigned:
				if e.Cause == protocol.CauseBacklog {
					backlog[e.Turn] = requested
				}
			case *protocol.MessagePosted:
				if e.ClientID != "" {
					seen[e.ClientID]++
				}
				if e.BeforeProfile {
					refused++
				}
				switch e.Code {
				case protocol.MGreet:
					greets++
				case protocol.MSaved:
					saved++
				case protocol.MRefuse:
					refusals++
				}
			case *protocol.RoomClosed:
				closes++
			}
		}
		if greets > 1 || saved > 1 || refused != refusals {
			return fmt.Errorf("I-08: %s has %d greetings, %d M-SAVED, %d refusals for %d refused texts", a, greets, saved, refusals, refused)
		}
	}
	for _, x := range r.writes {
		if _, isMessage := x.c.Body.(protocol.SendMessage); !isMessage {
			continue
		}
		n := seen[x.c.ClientID]
		if n > 1 {
			return fmt.Errorf("I-07: %s stands %d times", x.c.ClientID, n)
		}
		if x.done && x.err == nil && n == 0 {
			return fmt.Errorf("I-17: %s was acknowledged and is not there", x.c.ClientID)
		}
	}
	if r.crashes == 0 && !r.profile {
		turns := make([]uint64, 0, len(backlog))
		for t := range backlog {
			turns = append(turns, t)
		}
		slices.Sort(turns)
		for i := 1; i < len(turns); i++ {
			if backlog[turns[i]] < backlog[turns[i-1]] {
				return fmt.Errorf("I-13: turn %d went to a request of %d, turn %d before it to one of %d", turns[i], backlog[turns[i]], turns[i-1], backlog[turns[i-1]])
			}
		}
	}
	return nil
}
