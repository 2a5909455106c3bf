package scale

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"switchyard/actors/agent"
	"switchyard/actors/customer"
	"switchyard/actors/queue"
	"switchyard/actors/room"
	"switchyard/actors/shell"
	"switchyard/actors/site"
	"switchyard/persistence"
	"switchyard/protocol"
)

// node is the engine as cmd/switchyard assembles it, without gateway and metrics.
type node struct {
	store  *persistence.Store
	engine *shell.Engine
	clock  *clock
	ticks  chan struct{}
	opened time.Duration // how long the store took to open

	progress io.Writer // a line every ten seconds while many rooms begin; nil = none
}

// clock is the wall clock, moved ahead by so much.
type clock struct{ ahead atomic.Int64 }

func (c *clock) Now() time.Time  { return time.Now().Add(time.Duration(c.ahead.Load())).Round(0) }
func (c *clock) Wall() time.Time { return c.Now() }

// The site that is measured, and the one whose traffic goes on beside it.
const (
	siteID   = protocol.SiteID("scale")
	besideID = protocol.SiteID("beside")
)

func chance() (c protocol.Chance) {
	_, _ = rand.Read(c[:]) // never fails
	return c
}

// open opens the store and makes an engine that is not started.
func open(dir string, resident int, ahead time.Duration, observe shell.Observer) (*node, error) {
	n := &node{clock: &clock{}, ticks: make(chan struct{})}
	n.clock.ahead.Store(int64(ahead))
	began := time.Now()
	var err error
	n.store, err = persistence.Open(dir, persistence.Options{Fatal: fatal, Keys: filepath.Join(dir+".keys", "subjects")})
	if err != nil {
		return nil, err
	}
	n.opened = time.Since(began)
	if observe.Violated == nil {
		observe.Violated = func(a protocol.Address, err error) { fatal(fmt.Errorf("%s: %w", a, err)) }
	}
	n.engine = shell.New(shell.Options{
		Store: n.store, Keys: n.store.Keys(), Clock: n.clock, Chance: chance, Resident: resident, IdleAfter: 5 * time.Second, Fatal: fatal, Observe: observe,
	})
	shell.Host(n.engine, room.Machine)
	shell.Host(n.engine, queue.Machine)
	shell.Host(n.engine, agent.Machine)
	shell.Host(n.engine, customer.Machine)
	shell.Host(n.engine, site.Machine)
	return n, nil
}

func fatal(err error) {
	fmt.Fprintln(os.Stderr, "the engine is broken; the figures mean nothing:", err)
	os.Exit(1)
}

// tick drives the engine's ticker until close, as the node does.
func (n *node) tick() { go n.engine.Run(10*time.Millisecond, n.ticks) }

func (n *node) close() error {
	close(n.ticks)
	n.engine.Stop(time.Minute)
	return n.store.Close()
}

// ask asks an actor and waits.
func (n *node) ask(to protocol.Address, c protocol.Command) (protocol.Result, error) {
	type outcome struct {
		r   protocol.Result
		err *protocol.Rejection
	}
	done := make(chan outcome, 1)
	n.engine.Ask(to, c, func(r protocol.Result, err *protocol.Rejection) { done <- outcome{r, err} })
	o := <-done
	if o.err != nil {
		return o.r, o.err
	}
	return o.r, nil
}

// ground makes the site: always open, its agents on duty, settings on top of the defaults.
func (n *node) ground(site protocol.SiteID, agents, limit int, settings map[string]any) error {
	day := map[string]any{"open": true, "all_day": true}
	all := map[string]any{"hours.weekday": day, "hours.saturday": day, "hours.sunday": day}
	for k, v := range settings {
		all[k] = v
	}
	b, err := json.Marshal(all)
	if err != nil {
		return err
	}
	create := protocol.CreateSite{Site: site, Settings: b, Accounts: []protocol.AccountSaved{{Account: protocol.Account{ID: "admin", Role: protocol.Admin, Name: "관리자"}}}}
	for i := range agents {
		create.Accounts = append(create.Accounts, protocol.AccountSaved{Account: protocol.Account{
			ID: agentID(i), Role: protocol.Agent, Name: fmt.Sprintf("상담사 %d", i+1), Consulting: true, Certified: true,
			MaxConcurrent: limit, Order: i + 1,
		}})
	}
	if _, err := n.ask(protocol.SiteAt(site), protocol.Command{Body: create, Caller: protocol.Caller{Role: protocol.System, Site: site}}); err != nil {
		return fmt.Errorf("the site: %w", err)
	}
	for i := range agents {
		_, err := n.ask(protocol.AgentAt(site, agentID(i)), protocol.Command{
			Body: protocol.ViewInbox{Account: agentID(i)}, Caller: protocol.Caller{Role: protocol.Agent, Site: site, Account: agentID(i)},
		})
		if err != nil {
			return fmt.Errorf("agent %d: %w", i, err)
		}
	}
	return nil
}

func agentID(i int) protocol.AccountID { return protocol.AccountID(fmt.Sprintf("agent%05d", i)) }

func customerKey(site protocol.SiteID, i int) protocol.CustomerKey {
	return protocol.CustomerKey(fmt.Sprintf("%s_c%07d", site, i))
}

// start is the i-th customer's room.start.
func start(site protocol.SiteID, i int) protocol.Command {
	key := customerKey(site, i)
	return protocol.Command{
		Body:     protocol.StartRoom{Key: key, Channel: protocol.Web},
		ClientID: protocol.ClientID(fmt.Sprintf("start-%08d", i)),
		Caller:   protocol.Caller{Role: protocol.Visitor, Site: site, Customer: key},
	}
}

// enter lets customers from … to-1 start their rooms, window of them at a time, and waits for every answer. each, if
// not nil, is told of every room on an effect's goroutine.
func (n *node) enter(ctx context.Context, from, to, window int, each func(i int, s protocol.Started)) error {
	slots := make(chan struct{}, window)
	var failed atomic.Pointer[protocol.Rejection]
	said := time.NewTicker(10 * time.Second)
	defer said.Stop()
	for i := from; i < to; i++ {
		select {
		case <-said.C:
			if n.progress != nil {
				fmt.Fprintf(n.progress, "%d of %d rooms have begun\n", i-from, to-from)
			}
			slots <- struct{}{}
		case slots <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
		n.engine.Ask(protocol.CustomersAt(siteID), start(siteID, i), func(r protocol.Result, err *protocol.Rejection) {
			if s, ok := r.(protocol.Started); ok && err == nil {
				if each != nil {
					each(i, s)
				}
			} else {
				failed.Store(err)
			}
			<-slots
		})
	}
	for range window {
		slots <- struct{}{}
	}
	if err := failed.Load(); err != nil {
		return err
	}
	return nil
}

// settle waits until nothing is going on.
func (n *node) settle(ctx context.Context) error {
	for !n.engine.Idle() {
		select {
		case <-time.After(time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// fillWindow is how many customers start at the same time while a store is filled.
const fillWindow = 2048

// delayMinutes is the site's T2: a room that waits for its agent's word closes after it.
const delayMinutes = 60

// Fill makes a store of open rooms, each assigned and with T2 running, and a second site for the traffic that goes on
// beside; it returns when all is durable. The process is expected to be killed afterwards.
// progress may be nil.
func Fill(ctx context.Context, dir string, rooms, agents int, progress io.Writer) error {
	defer asTheNode()()
	n, err := open(dir, 10_000, 0, shell.Observer{})
	if err != nil {
		return err
	}
	n.progress = progress
	n.tick()
	err = n.ground(siteID, agents, 0, map[string]any{"autoclose.agent_delay": delayMinutes})
	if err == nil {
		err = n.ground(besideID, 1, 0, nil)
	}
	if err == nil {
		err = n.noteBesides(dir + ".beside")
	}
	if err == nil {
		err = n.enter(ctx, 0, rooms, fillWindow, nil)
	}
	if err != nil {
		return errors.Join(err, n.close())
	}
	return n.settle(ctx)
}

// noteBesides makes the rooms of the site beside, and a file of their names for whoever restarts the store.
func (n *node) noteBesides(path string) error {
	rooms, err := n.besides()
	if err != nil {
		return err
	}
	var names []byte
	for _, id := range rooms {
		names = append(append(names, id...), '\n')
	}
	return os.WriteFile(path, names, 0o600)
}
