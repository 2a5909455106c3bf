package persistence

import (
	"flag"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/require"

	"switchyard/persistence/journaltest"
	"switchyard/protocol"
)

var crashes = flag.Int("crashes", 1000, "crash points to try; make crash, without the race detector, takes 10,000")

// crashPoint is a disk as a crash could have left it, and what had been acknowledged when it came.
type crashPoint struct {
	disk  *vfs.MemFS
	acked uint64
	at    errorfs.Op // the operation before which the crash came
}

// world is one run of writers on a disk, and crashes at random operations of that disk.
type world struct {
	disk  *vfs.MemFS
	acked atomic.Uint64 // effects that ran

	mu     sync.Mutex
	rng    *rand.Rand
	points []crashPoint
	seen   int // operations that could have been crash points
	want   int

	list sync.Map // position -> *protocol.Entry
}

var kindsOfWorld = []protocol.RowKind{protocol.RowOpenRoom, protocol.RowCustomer}

const writersOfWorld, roomsOfWorld, livesOfWorld, entriesOfLife = 4, 3, 2, 25

func siteOfWorld(writer int) protocol.SiteID { return protocol.SiteID(fmt.Sprint("site-", writer)) }

func actorsOfWorld() (actors []protocol.Address) {
	for w := range writersOfWorld {
		for r := range roomsOfWorld {
			actors = append(actors, room(string(siteOfWorld(w)), fmt.Sprint("r_", r)))
		}
	}
	return actors
}

// MaybeError takes the crash points: before an operation that changes the disk, every one of them with the same chance. A clone
// has what was synced, and of the rest nothing, all, or a random part, block by block.
func (w *world) MaybeError(op errorfs.Op) error {
	if op.Kind.ReadOrWrite() == errorfs.OpIsRead {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen++
	i := len(w.points)
	if i == w.want {
		if i = w.rng.IntN(w.seen); i >= w.want {
			return nil
		}
	} else {
		w.points = append(w.points, crashPoint{})
	}
	acked := w.acked.Load() // before the clone: what was acknowledged by now must be in it
	w.points[i] = crashPoint{
		disk:  w.disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: []int{0, 20, 50, 80, 100}[w.rng.IntN(5)], RNG: w.rng}),
		acked: acked,
		at:    op,
	}
	return nil
}

func (w *world) String() string { return "crash points" }

// run opens the store twice, so that there are crashes in the making of a store and in the opening of one, and lets the
// writers write.
func (w *world) run(t *testing.T, seed uint64) {
	var next [writersOfWorld][roomsOfWorld]uint64 // last event
	for life := range livesOfWorld {
		s := open(t, tiny(errorfs.Wrap(w.disk, w)))
		before := w.acked.Load() // positions begin anew
		var writing sync.WaitGroup
		for writer := range writersOfWorld {
			writing.Go(func() {
				rng := rand.New(rand.NewPCG(seed, uint64(10*life+writer)))
				w.write(s, rng, siteOfWorld(writer), &next[writer], before)
			})
		}
		writing.Wait()
		require.NoError(t, s.Close())
	}
}

// write hands over entries of one site. The writers have a site each, so several shards are busy, and each entry has events, a
// row that is overwritten, a row of its own, and the deletion of an older one: whatever is torn apart shows.
func (w *world) write(s *Store, rng *rand.Rand, site protocol.SiteID, next *[roomsOfWorld]uint64, before uint64) {
	for i := range entriesOfLife {
		r := rng.IntN(roomsOfWorld)
		var texts []string
		for range rng.IntN(4) {
			texts = append(texts, strings.Repeat(fmt.Sprint("text ", i, " "), 1+rng.IntN(60)))
		}
		e := journaltest.Put(s.Shards(), site)
		if len(texts) > 0 {
			e = journaltest.Said(s.Shards(), room(string(site), fmt.Sprint("r_", r)), next[r]+1, texts...)
		}
		next[r] += uint64(len(texts))
		e.Rows = []protocol.Row{
			{Kind: protocol.RowOpenRoom, Key: protocol.RowKey(site, fmt.Sprint("r_", r)), Value: []byte(fmt.Sprint(i))},
			{Kind: protocol.RowCustomer, Key: protocol.RowKey(site, fmt.Sprint(i)), Value: []byte{}},
			{Kind: protocol.RowCustomer, Key: protocol.RowKey(site, fmt.Sprint(i-5))},
		}
		position := s.HandOver(e, func() { w.acked.Add(1) }) // in list order
		w.list.Store(before+position, e)
		if rng.IntN(3) == 0 {
			s.WaitDurable(position)
		}
	}
}

// history is what the journal would hold after one beginning of the list.
type history struct {
	hash uint64 // of all keys and values, see stateHash
	told string // by a journal in memory; of every tenth beginning only
}

const toldEvery = 10

// histories works out what every beginning of the list comes to: the keys and values from the entries by themselves, so that
// neither the code that writes nor the code that reads them is asked.
func (w *world) histories(t *testing.T) []history {
	m := OpenMemory(Options{Shards: 4})
	state := map[string]string{}
	var all []history
	for position := uint64(0); ; position++ {
		var h history
		for key, value := range state {
			h.hash += keyHash([]byte(key), []byte(value))
		}
		if position%toldEvery == 0 {
			m.WaitDurable(position)
			var err error
			h.told, err = journaltest.Describe(m, actorsOfWorld(), kindsOfWorld...)
			require.NoError(t, err)
		}
		all = append(all, h)
		x, ok := w.list.Load(position + 1)
		if !ok {
			require.NoError(t, m.Close())
			return all
		}
		e := x.(*protocol.Entry)
		if len(e.Record) > 0 {
			state[string(appendEventKey(nil, e.Shard, e.Actor, e.First))] = string(e.Record)
		}
		for _, r := range e.Rows {
			key := string(appendRowKey(nil, e.Shard, r.Kind, r.Key))
			if r.Value == nil {
				delete(state, key)
			} else {
				state[key] = string(appendFramed(nil, r.Value))
			}
		}
		m.HandOver(e, nil)
	}
}

// keyHash is one key's part of a state's hash; the parts are added up, so their order does not matter.
func keyHash(key, value []byte) uint64 {
	h := fnv.New64a()
	_, _ = h.Write(key) // never fails
	_, _ = h.Write([]byte{0, byte(len(key))})
	_, _ = h.Write(value)
	return h.Sum64()
}

// stateHash is the hash of what is stored, and the sum of the shards' numbers: what was applied last is in the second.
func stateHash(s *Store) (hash, entries uint64, err error) {
	it, err := s.db.NewIter(&pebble.IterOptions{UpperBound: appendHead(nil, storeShard, 0)})
	if err != nil {
		return 0, 0, err
	}
	defer it.Close()
	for ok := it.First(); ok; ok = it.Next() {
		value, err := it.ValueAndErr()
		if err != nil {
			return 0, 0, err
		}
		if it.Key()[2] != kindApplied {
			hash += keyHash(it.Key(), value)
		}
	}
	for _, n := range s.numbers { // without gaps
		entries += n
	}
	return hash, entries, it.Error()
}

// tiny is a store whose memtables are full after a few dozen entries.
func tiny(fs vfs.FS) Options {
	o := small(fs)
	o.MemTableBytes = 64 << 10
	return o
}

// survive opens what the crash has left.
func (p *crashPoint) survive(histories []history) error {
	s, err := Open("store", small(p.disk))
	if err != nil {
		return err
	}
	hash, kept, err := stateHash(s)
	switch {
	case err != nil:
		return err
	case kept < p.acked:
		return fmt.Errorf("%d entries were acknowledged, %d are there", p.acked, kept)
	case kept >= uint64(len(histories)):
		return fmt.Errorf("%d entries were handed over, %d are there", len(histories)-1, kept)
	case hash != histories[kept].hash:
		return fmt.Errorf("%d entries are there, and not the first %d of the list", kept, kept)
	}
	if told := histories[kept].told; told != "" {
		got, err := journaltest.Describe(s, actorsOfWorld(), kindsOfWorld...)
		if err != nil {
			return err
		}
		if got != told {
			return fmt.Errorf("after %d entries the store tells\n%s\nshould be\n%s", kept, got, told)
		}
	}
	e := journaltest.Put(s.Shards(), siteOfWorld(0))
	before := s.numbers[e.Shard]
	s.WaitDurable(s.HandOver(e, nil))
	if e.Number != before+1 {
		return fmt.Errorf("the next entry has number %d after %d", e.Number, before)
	}
	return s.Close()
}

// F-01, F-28: a crash before any operation of the disk, in commits, flushes, compactions and the making of the store, leaves every
// acknowledged entry, a beginning of the list, and nothing half.
func TestF01F28ACrashLosesOnlyTheEnd(t *testing.T) {
	const perWorld = 125
	for seed := range uint64((*crashes + perWorld - 1) / perWorld) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			w := &world{disk: vfs.NewCrashableMem(), rng: rand.New(rand.NewPCG(seed, 1)), want: perWorld}
			w.run(t, seed)
			histories := w.histories(t)
			require.Len(t, histories, writersOfWorld*livesOfWorld*entriesOfLife+1)
			require.Len(t, w.points, perWorld)
			unacked := 0
			for i := range w.points {
				p := &w.points[i]
				require.NoError(t, p.survive(histories), "crash before %d of %s", p.at.Kind, p.at.Path)
				if p.acked < uint64(len(histories)-1) {
					unacked++
				}
			}
			t.Logf("%d crash points of %d operations, %d of them with entries on the way", len(w.points), w.seen, unacked)
		})
	}
}
