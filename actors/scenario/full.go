package scenario

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"switchyard/actors/agent"
	"switchyard/actors/customer"
	"switchyard/actors/ledger"
	"switchyard/actors/queue"
	"switchyard/actors/room"
	"switchyard/actors/shell"
	sitemind "switchyard/actors/site"
	"switchyard/persistence"
	"switchyard/protocol"
)

// full is the whole engine: protoactor, Pebble on a crashable memory disk, virtual time.
type full struct {
	clock  *virtual
	dice   chance
	disk   *vfs.MemFS
	store  *persistence.Store
	engine *shell.Engine

	unsealed bool // a site whose texts are not sealed, as those of old stores

	// Of a test that looks at the disk or the hand-overs: what stands around them in each life. nil = nothing.
	opened func(disk *vfs.MemFS) vfs.FS
	handed func(*persistence.Store) shell.Store
}

const keysPath = "keys/subjects"

// keys is where the customers' keys lie; "" = nothing is sealed.
func (f *full) keys() string {
	if f.unsealed {
		return ""
	}
	return keysPath
}

func keysOf(s *persistence.Store) shell.Keys {
	if v := s.Keys(); v != nil {
		return v
	}
	return nil
}

// virtual is a clock that the story moves.
type virtual struct{ ns atomic.Int64 }

func (v *virtual) Now() time.Time  { return time.Unix(0, v.ns.Load()) }
func (v *virtual) Wall() time.Time { return v.Now() }

func newFull(at time.Time) rig {
	f := &full{clock: &virtual{}, disk: vfs.NewCrashableMem()}
	f.clock.ns.Store(at.UnixNano())
	f.start()
	return f
}

func (f *full) start() {
	f.serve()
	<-f.engine.Restored() // a ticker would find what is overdue a moment later; the story's ticks are as far apart as it likes
	f.engine.Tick()
	f.settle()
}

// serve starts the engine, which serves from here on; rooms and agents are still coming back.
func (f *full) serve() {
	disk := vfs.FS(f.disk)
	if f.opened != nil {
		disk = f.opened(f.disk)
	}
	store, err := persistence.Open("store", persistence.Options{
		FS: disk, Keys: f.keys(), MemTableBytes: 1 << 20, CacheBytes: 1 << 20, Fatal: func(err error) { panic(err) },
	})
	if err != nil {
		panic(err)
	}
	f.store = store
	journal := shell.Store(store)
	if f.handed != nil {
		journal = f.handed(store)
	}
	f.engine = shell.New(shell.Options{
		Store: journal, Keys: keysOf(store), Clock: f.clock, Chance: f.dice.next,
		Observe: shell.Observer{Violated: func(a protocol.Address, err error) { panic(fmt.Sprintf("%s: %v", a, err)) }},
	})
	shell.Host(f.engine, room.Machine)
	shell.Host(f.engine, queue.Machine)
	shell.Host(f.engine, agent.Machine)
	shell.Host(f.engine, customer.Machine)
	shell.Host(f.engine, ledger.Machine)
	shell.Host(f.engine, sitemind.Machine)
	if err := f.engine.Start(); err != nil {
		panic(err)
	}
}

// settle waits until no mail is on its way and everything is durable.
func (f *full) settle() {
	for {
		for !f.engine.Idle() {
			runtime.Gosched()
		}
		// Durable is not yet told: the effects of the last entry may still run, and may ask anew.
		position, told := f.store.Position(), make(chan struct{})
		f.store.After(position, func() { close(told) })
		<-told
		if f.engine.Idle() && f.store.Position() == position {
			return
		}
	}
}

func (f *full) do(cmds ...issued) []reply {
	out := make([]reply, len(cmds))
	var left atomic.Int64
	left.Store(int64(len(cmds)))
	for i, x := range cmds {
		f.engine.Ask(x.to, x.c, func(r protocol.Result, err *protocol.Rejection) {
			out[i] = reply{result: r, err: err, given: true}
			left.Add(-1)
		})
	}
	f.settle()
	return out
}

func (f *full) now() time.Time { return f.clock.Now() }

func (f *full) advance(to time.Time) {
	for {
		now := f.clock.Now()
		next := to
		if m := now.Truncate(time.Minute).Add(time.Minute); m.Before(next) {
			next = m
		}
		if d := f.engine.NextDeadline(); d != 0 && d.Time().Before(next) {
			next = d.Time()
		}
		if next.After(now) {
			f.clock.ns.Store(next.UnixNano())
		}
		f.engine.Tick()
		f.settle()
		if !next.Before(to) {
			return
		}
	}
}

func (f *full) restart(crash bool, away time.Duration) {
	f.engine.Stop(time.Minute)
	if crash {
		f.disk = f.disk.CrashClone(vfs.CrashCloneCfg{})
	} else if err := f.store.Close(); err != nil {
		panic(err)
	}
	f.clock.ns.Add(int64(away))
	f.start()
}

func (f *full) log(a protocol.Address, from uint64) []protocol.Recorded {
	var out []protocol.Recorded
	if err := f.store.Events(a, from, 1<<20, func(r protocol.Recorded) error { out = append(out, r); return nil }); err != nil {
		panic(err)
	}
	return out
}

func (f *full) rows(kind protocol.RowKind, prefix []byte, each func(key, value []byte) error) error {
	return f.store.Rows(protocol.Shard(site, f.store.Shards()), kind, prefix, nil, 1<<20, each)
}

func (f *full) facts() *protocol.SiteFacts { return f.engine.Facts(site) }

// audit: the minds check themselves after every step here; what was violated has panicked.
func (f *full) audit() error { return nil }

func (f *full) close() {
	f.engine.Stop(time.Minute)
	if err := f.store.Close(); err != nil {
		panic(err)
	}
}
