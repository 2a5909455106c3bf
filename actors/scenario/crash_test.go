package scenario

import (
	"flag"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/require"

	"switchyard/actors/core"
	"switchyard/actors/customer"
	"switchyard/actors/room"
	"switchyard/actors/shell"
	"switchyard/persistence"
	"switchyard/protocol"
)

var crashes = flag.Int("crashes", 60, "crash points of all stories together; make crash, without the race detector, takes a thousand")

// A story is played on the whole engine, and the process is thought to end before every change of the disk and at every step of a
// commit. What a crash leaves then has to be a beginning of what the engine handed over, with everything that was acknowledged
// (F-01, F-02); the engine has to start on it, and to say the same when it is started once more (F-28).

// crashPoint is a disk as a crash could have left it.
type crashPoint struct {
	disk  *vfs.MemFS
	at    string
	now   time.Time
	acked uint64 // entries whose effects had run
	told  int    // commands that had been answered
}

// answered is a command and what it was answered with.
type answered struct {
	issued
	result protocol.Result
}

// crasher is the whole engine with somebody who takes crash points.
type crasher struct {
	*full

	mu     sync.Mutex
	rng    *rand.Rand
	want   int
	seen   int
	points []crashPoint
	where  map[string]int // how many moments there were, by name
	store  *persistence.Store
	base   uint64            // entries of earlier lives
	list   []*protocol.Entry // everything handed over
	done   []answered
}

func newCrasher(at time.Time, seed uint64, want int) *crasher {
	c := &crasher{full: &full{clock: &virtual{}, disk: vfs.NewCrashableMem()}, rng: rand.New(rand.NewPCG(seed, 1)), want: want, where: map[string]int{}}
	c.clock.ns.Store(at.UnixNano())
	c.opened = func(disk *vfs.MemFS) vfs.FS {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.store, c.base = nil, uint64(len(c.list))
		return errorfs.Wrap(disk, c)
	}
	c.handed = func(s *persistence.Store) shell.Store {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.store = s
		return &crashing{s, c}
	}
	c.start()
	return c
}

// point may be a crash point: each has the same chance.
func (c *crasher) point(at string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.where[at]++
	c.seen++
	i := len(c.points)
	if i == c.want {
		if i = c.rng.IntN(c.seen); i >= c.want {
			return
		}
	} else {
		c.points = append(c.points, crashPoint{})
	}
	p := crashPoint{at: at, now: c.clock.Now(), acked: c.base, told: len(c.done)}
	if c.store != nil {
		p.acked += c.store.Durable() // before the clone: what was acknowledged by now must be in it
	}
	p.disk = c.disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: []int{0, 20, 50, 80, 100}[c.rng.IntN(5)], RNG: c.rng})
	c.points[i] = p
}

func (c *crasher) MaybeError(op errorfs.Op) error {
	if op.Kind.ReadOrWrite() != errorfs.OpIsRead {
		c.point("disk")
	}
	return nil
}

func (c *crasher) String() string { return "crash points" }

// do is full's, and notes each answer at the moment at which it is given.
func (c *crasher) do(cmds ...issued) []reply {
	out := make([]reply, len(cmds))
	for i, x := range cmds {
		c.engine.Ask(x.to, x.c, func(r protocol.Result, err *protocol.Rejection) {
			out[i] = reply{result: r, err: err, given: true}
			if err == nil {
				c.mu.Lock()
				defer c.mu.Unlock()
				c.done = append(c.done, answered{x, r})
			}
		})
	}
	c.settle()
	return out
}

// crashing stands between the engine and its store.
type crashing struct {
	*persistence.Store
	c *crasher
}

func (s *crashing) HandOver(e *protocol.Entry, done func()) uint64 {
	what := "commit"
	for _, r := range e.Rows {
		if r.Kind == protocol.RowSnapshot {
			what = "snapshot"
			if e.Count == 0 {
				what = "passivation"
			}
		}
	}
	s.c.point("before " + what)
	s.c.mu.Lock()
	s.c.list = append(s.c.list, e) // the lock makes the list's order that of the hand-overs
	position := s.Store.HandOver(e, done)
	s.c.mu.Unlock()
	s.c.point("after " + what)
	return position
}

func (s *crashing) After(position uint64, done func()) {
	s.Store.After(position, func() {
		s.c.point("before an answer")
		done()
		s.c.point("after an answer")
	})
}

// piece is a part of the state's hash; the parts are added up, so their order does not matter.
func piece(parts ...[]byte) uint64 {
	h := fnv.New64a()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:", len(p))
		_, _ = h.Write(p) // never fails
	}
	return h.Sum64()
}

func eventPiece(a protocol.Address, r protocol.Recorded) uint64 {
	return piece([]byte(a.String()), fmt.Append(nil, r.Number, r.Entry), protocol.AppendRecord(nil, r.At, []protocol.Recorded{r}))
}

func rowPiece(kind protocol.RowKind, key, value []byte) uint64 {
	return piece([]byte{byte(kind)}, key, value)
}

// beginnings are the hashes of what every beginning of the list comes to.
func (c *crasher) beginnings(t *testing.T) (hashes []uint64, actors []protocol.Address, kinds []protocol.RowKind) {
	last, err := persistence.Open("store", persistence.Options{
		FS: c.disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 100, RNG: rand.New(rand.NewPCG(1, 1))}), Keys: keysPath, Fatal: func(err error) { panic(err) },
	})
	require.NoError(t, err) // only its keys are of interest
	defer func() { require.NoError(t, last.Close()) }()
	rows, known, used := map[string]uint64{}, map[protocol.Address]bool{}, map[protocol.RowKind]bool{}
	hash := uint64(0)
	hashes = append(hashes, hash)
	for _, e := range c.list {
		if e.Count > 0 {
			if !known[e.Actor] {
				known[e.Actor] = true
				actors = append(actors, e.Actor)
			}
			require.NoError(t, protocol.OpenRecord(e.Record, e.First, e.Actor, last.Keys(), func(r protocol.Recorded) error {
				hash += eventPiece(e.Actor, r)
				return nil
			}))
		}
		for _, r := range e.Rows {
			if !used[r.Kind] {
				used[r.Kind] = true
				kinds = append(kinds, r.Kind)
			}
			name := string(byte(r.Kind)) + string(r.Key)
			hash -= rows[name]
			if r.Value == nil {
				delete(rows, name)
				continue
			}
			rows[name] = rowPiece(r.Kind, r.Key, r.Value)
			hash += rows[name]
		}
		hashes = append(hashes, hash)
	}
	return hashes, actors, kinds
}

// hashOf is the hash of what a store says.
func hashOf(s *persistence.Store, actors []protocol.Address, kinds []protocol.RowKind) (hash uint64, err error) {
	for _, a := range actors {
		if err := s.Events(a, 1, -1, func(r protocol.Recorded) error { hash += eventPiece(a, r); return nil }); err != nil {
			return 0, err
		}
	}
	shard := protocol.Shard(site, s.Shards())
	for _, kind := range kinds {
		if err := s.Rows(shard, kind, nil, nil, -1, func(k, v []byte) error { hash += rowPiece(kind, k, v); return nil }); err != nil {
			return 0, err
		}
	}
	return hash, nil
}

// survive starts an engine on what the crash left, twice.
func (p *crashPoint) survive(hashes []uint64, actors []protocol.Address, kinds []protocol.RowKind, done []answered) error {
	f := &full{clock: &virtual{}, disk: p.disk}
	f.clock.ns.Store(p.now.UnixNano())
	f.dice.n.Store(1 << 40) // other dice than the story's
	var failed error
	f.handed = func(s *persistence.Store) shell.Store {
		hash, err := hashOf(s, actors, kinds)
		if err != nil {
			failed = err
		}
		for n := p.acked; failed == nil; n++ {
			if n == uint64(len(hashes)) {
				failed = fmt.Errorf("what is there is no beginning of the list that holds the %d acknowledged entries", p.acked)
			} else if hashes[n] == hash {
				break
			}
		}
		return s
	}
	f.start()
	defer f.close()
	if failed != nil {
		return failed
	}
	// A wait for the last agent is the queue's memory as well: who began one in this life is distributed at once in the next. Here it runs
	// out first; and everywhere this life does something before it ends.
	f.advance(f.now().Add(2 * time.Minute))
	facts := slices.DeleteFunc(slices.Clone(kinds), func(k protocol.RowKind) bool { return k == protocol.RowSnapshot }) // made at a stop as well
	if site := f.facts(); site != nil && site.Settings.OfferSeconds > 0 {
		// Open offers are the queue's memory: each start offers the waiting rooms anew, under new turns, and the inboxes say so.
		facts = slices.DeleteFunc(facts, func(k protocol.RowKind) bool { return k == protocol.RowLast || k == protocol.RowOwed })
		actors = slices.DeleteFunc(slices.Clone(actors), func(a protocol.Address) bool { return a.Kind == protocol.KindAgent })
	}
	first, err := hashOf(f.store, actors, facts)
	if err != nil {
		return err
	}
	f.handed = nil
	f.restart(true, 0)
	second, err := hashOf(f.store, actors, facts)
	switch {
	case err != nil:
		return err
	case first != second:
		return fmt.Errorf("another start on the same history changes it")
	}
	if err := f.kept(done[:p.told]); err != nil {
		return err
	}
	for _, x := range done[max(0, p.told-3):p.told] { // answered before the crash, and sent again
		f.do(x.issued)
	}
	return f.whole(actors)
}

// kept: what somebody was told is written stands where it was said to be (I-17).
func (f *full) kept(done []answered) error {
	for _, x := range done {
		sent, ok := x.result.(protocol.Sent)
		if _, said := x.c.Body.(protocol.SendMessage); !ok || !said {
			continue
		}
		found := false
		err := f.store.Events(x.to, 1, -1, func(r protocol.Recorded) error {
			m, ok := r.Event.(*protocol.MessagePosted)
			found = found || ok && m.ID == sent.MessageID && (r.Room == sent.Seq || r.Desk == sent.Seq)
			return nil
		})
		if err != nil {
			return err
		}
		if !found {
			return fmt.Errorf("%s: message %s was acknowledged as %d and is not there", x.to, sent.MessageID, sent.Seq)
		}
	}
	return nil
}

// whole: nobody's write stands twice, a room closes once, and a snapshot is what its events come to (I-06, I-07, I-12).
func (f *full) whole(actors []protocol.Address) error {
	for _, a := range actors {
		writes, closed := map[string]bool{}, 0
		err := f.store.Events(a, 1, -1, func(r protocol.Recorded) error {
			switch e := r.Event.(type) {
			case *protocol.MessagePosted:
				who := fmt.Sprint(e.From, " ", e.Account, " ", e.ClientID)
				if e.ClientID != "" && writes[who] {
					return fmt.Errorf("%s: %s stands twice", a, who)
				}
				writes[who] = true
			case *protocol.RoomClosed:
				closed++
			}
			return nil
		})
		if err != nil {
			return err
		}
		if closed > 1 {
			return fmt.Errorf("%s closed %d times", a, closed)
		}
		switch a.Kind {
		case protocol.KindRoom:
			err = folded(f.store, a, room.Machine)
		case protocol.KindCustomer:
			err = folded(f.store, a, customer.Machine)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// folded compares a snapshot with the events that it stands for, where the state folds its history; where it does not, the
// snapshot must be as new as the last event.
func folded[S any](s *persistence.Store, a protocol.Address, m core.Machine[S]) error {
	key := protocol.RowKey(a.Site, a.Kind.String(), a.ID)
	b, err := s.Row(protocol.Shard(a.Site, s.Shards()), protocol.RowSnapshot, key)
	if err == nil {
		b, err = protocol.OpenRow(protocol.RowSnapshot, key, b, s.Keys())
	}
	if err != nil || b == nil {
		return err
	}
	state, err := m.Restore(a, b)
	if err != nil {
		return err
	}
	if m.SnapshotEvery == 1 {
		last, err := s.LastEvent(a)
		if n := m.Log(state).Number; err == nil && n != last {
			err = fmt.Errorf("%s: the snapshot is of event %d, the last is %d", a, n, last)
		}
		return err
	}
	fold := m.New(a)
	err = s.Events(a, 1, int(m.Log(state).Number), func(r protocol.Recorded) error { m.Apply(fold, r); return nil })
	if err == nil && string(m.Snapshot(fold)) != string(b) {
		err = fmt.Errorf("%s: the snapshot is not what its events come to", a)
	}
	return err
}

// longStory has what the others lack: a room so long that it is snapshotted on the way, and one that is passivated.
func longStory() string {
	var b strings.Builder
	b.WriteString("clock 2021-06-09 10:00\nagent A max=3\nK starts\nL starts\n")
	for i := range 260 {
		fmt.Fprintf(&b, "K says %d\n", i)
		if i%6 == 0 {
			fmt.Fprintf(&b, "L says %d | A says L %d | A says K %d\nwait 10s\n", i, i, i)
		}
	}
	b.WriteString("A ends L\nwait 20s\n")
	for i := range 20 {
		fmt.Fprintf(&b, "%d customers start\nK says more\n", 1+i%3)
	}
	b.WriteString("A ends K\nwait 70m\nK starts\n") // the sweep has come by every room
	return b.String()
}

// F-01, F-02, F-28 with the real minds.
func TestF01F28AStoryIsInterruptedAnywhere(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	require.NoError(t, err)
	stories := map[string]string{"long": longStory()}
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		stories[strings.TrimSuffix(filepath.Base(file), ".txt")] = string(text)
	}
	var mu sync.Mutex
	where := map[string]int{}
	t.Run("stories", func(t *testing.T) {
		for name, story := range stories {
			want := 1 + *crashes/len(stories)
			if name == "long" {
				want = 4 + *crashes/5
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				var c *crasher
				_, err := play(story, func(at time.Time) rig { c = newCrasher(at, uint64(len(story)), want); return c })
				require.NoError(t, err)
				hashes, actors, kinds := c.beginnings(t)
				for i := range c.points {
					p := &c.points[i]
					require.NoError(t, p.survive(hashes, actors, kinds, c.done), "crash %d: %s, %d entries acknowledged", i, p.at, p.acked)
				}
				mu.Lock()
				defer mu.Unlock()
				for at, n := range c.where {
					where[at] += n
				}
			})
		}
	})
	for _, at := range []string{"disk", "before commit", "after commit", "before snapshot", "after snapshot", "before passivation", "after passivation", "before an answer", "after an answer"} {
		require.Positive(t, where[at], at)
	}
	t.Log(where)
}
