package journaltest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"switchyard/protocol"
)

// Run is the suite. open makes an empty journal with at least two shards; the suite closes it.
func Run(t *testing.T, open func(t *testing.T) Journal) {
	for _, story := range []struct {
		name string
		tell func(t *testing.T, j Journal)
	}{
		{"a new journal is empty", newIsEmpty},
		{"entries of a shard are numbered without gaps, in list order", numbers},
		{"effects run in list order on one goroutine", effectsInOrder},
		{"After comes behind its position and before the next", afterInOrder},
		{"After runs at once when nothing is outstanding", afterAtOnce},
		{"After can be called in an effect", afterInEffect},
		{"two calls of After keep their order", afterKeepsOrder},
		{"WaitDurable waits, and then nothing is undurable", waitDurable},
		{"a row can be read as soon as it was handed over", readThrough},
		{"rows are told apart by shard, kind and key", rowsApart},
		{"rows come in pages", rowPages},
		{"what is durable can be read", durableCanBeRead},
		{"events are read from the middle of a record", eventsFromTheMiddle},
		{"neighbours do not see each other's events", neighbours},
		{"a reader's own error ends the reading", readersError},
		{"nonsense is refused", nonsense},
		{"Close runs what is on the list", closeDrains},
		{"many writers, many readers", together},
	} {
		t.Run(story.name, func(t *testing.T) {
			j := open(t)
			story.tell(t, j)
			require.NoError(t, j.Close())
			require.NoError(t, j.Close(), "closing twice")
		})
	}
}

// seoul and busan are sites in different shards.
func sites(j Journal) (seoul, busan protocol.SiteID) {
	seoul = "seoul"
	for i := 0; ; i++ {
		busan = protocol.SiteID(fmt.Sprintf("busan-%d", i))
		if protocol.Shard(seoul, j.Shards()) != protocol.Shard(busan, j.Shards()) {
			return seoul, busan
		}
	}
}

func newIsEmpty(t *testing.T, j Journal) {
	assert.NotEmpty(t, j.Epoch())
	assert.GreaterOrEqual(t, j.Shards(), 2)
	assert.Zero(t, j.Position())
	assert.Zero(t, j.Durable())
	assert.Zero(t, j.SyncAge())
	entries, bytes := j.Undurable()
	assert.Zero(t, entries)
	assert.Zero(t, bytes)
	last, err := j.LastEvent(protocol.RoomAt("seoul", "r_1"))
	assert.NoError(t, err)
	assert.Zero(t, last)
	value, err := j.Row(1, protocol.RowSite, []byte("seoul"))
	assert.NoError(t, err)
	assert.Nil(t, value)
	j.WaitDurable(0)
	assert.NoError(t, j.Events(protocol.RoomAt("seoul", "r_1"), 1, -1, func(protocol.Recorded) error {
		return errors.New("there is an event")
	}))
}

func numbers(t *testing.T, j Journal) {
	seoul, busan := sites(j)
	var entries []*protocol.Entry
	for i := range 10 {
		entries = append(entries,
			Said(j.Shards(), protocol.RoomAt(seoul, "r_1"), uint64(2*i+1), "one", "two"),
			Put(j.Shards(), busan))
	}
	for i, e := range entries {
		require.EqualValues(t, i+1, j.HandOver(e, nil))
		require.EqualValues(t, i/2+1, e.Number)
	}
	j.WaitDurable(j.Position())
	n := uint64(0)
	require.NoError(t, j.Events(protocol.RoomAt(seoul, "r_1"), 1, -1, func(r protocol.Recorded) error {
		n++
		assert.Equal(t, n, r.Number)
		assert.Equal(t, (n+1)/2, r.Entry, "both events of an entry carry its number")
		return nil
	}))
	assert.EqualValues(t, 20, n)
}

func effectsInOrder(t *testing.T, j Journal) {
	const writers, each = 8, 100
	var order []*protocol.Entry // of the effects goroutine only: the race detector watches
	positions := make([]map[*protocol.Entry]uint64, writers)
	var wg sync.WaitGroup
	for w := range writers {
		positions[w] = make(map[*protocol.Entry]uint64)
		wg.Go(func() {
			site := protocol.SiteID(fmt.Sprintf("site-%d", w))
			for i := range each {
				e := Said(j.Shards(), protocol.RoomAt(site, "r_1"), uint64(i+1), "hello")
				positions[w][e] = j.HandOver(e, func() { order = append(order, e) })
			}
		})
	}
	wg.Wait()
	j.WaitDurable(j.Position())
	require.Len(t, order, writers*each)
	for i, e := range order {
		for w := range writers {
			if p := positions[w][e]; p != 0 {
				require.EqualValues(t, i+1, p)
			}
		}
	}
}

// hold keeps the effects goroutine busy with an entry until it is let go.
func hold(j Journal) (letGo func()) {
	gate := make(chan struct{})
	j.HandOver(Put(j.Shards(), "seoul"), func() { <-gate })
	return func() { close(gate) }
}

func afterInOrder(t *testing.T, j Journal) {
	letGo := hold(j)
	var heard []string
	say := func(s string) func() { return func() { heard = append(heard, s) } }
	two := j.HandOver(Put(j.Shards(), "seoul"), say("effect 2"))
	three := j.HandOver(Put(j.Shards(), "seoul"), say("effect 3"))
	j.HandOver(Put(j.Shards(), "seoul"), nil)
	five := j.HandOver(Put(j.Shards(), "seoul"), say("effect 5"))
	j.After(five, say("after 5"))
	j.After(three, say("after 3"))
	j.After(two, say("after 2"))
	j.After(three, say("again after 3"))
	j.After(two-1, say("after 1"))
	j.After(five-1, say("after 4"))
	letGo()
	j.WaitDurable(five)
	assert.Equal(t, []string{"after 1", "effect 2", "after 2", "effect 3", "after 3", "again after 3", "after 4", "effect 5", "after 5"}, heard)
}

func afterAtOnce(t *testing.T, j Journal) {
	ran := false
	j.After(0, func() { ran = true })
	assert.True(t, ran, "nothing was ever handed over")
	p := j.HandOver(Put(j.Shards(), "seoul"), nil)
	j.WaitDurable(p)
	ran = false
	j.After(p, func() { ran = true })
	assert.True(t, ran, "everything is durable")
}

func afterInEffect(t *testing.T, j Journal) {
	heard := make(chan uint64, 2)
	j.HandOver(Put(j.Shards(), "seoul"), func() {
		j.After(1, func() { heard <- 1 })
		j.HandOver(Put(j.Shards(), "seoul"), nil)
		j.After(2, func() { heard <- 2 })
	})
	assert.EqualValues(t, 1, <-heard)
	assert.EqualValues(t, 2, <-heard)
}

// A caller that asks twice, the second time when the position has just become durable, must not overtake itself: answers
// of one connection would change their order.
func afterKeepsOrder(t *testing.T, j Journal) {
	for range 300 {
		p := j.HandOver(Put(j.Shards(), "seoul"), nil)
		var mu sync.Mutex
		var heard []int
		var both sync.WaitGroup
		for i := range 20 {
			both.Add(1)
			j.After(p, func() {
				mu.Lock()
				heard = append(heard, i)
				mu.Unlock()
				both.Done()
			})
		}
		both.Wait()
		require.True(t, slices.IsSorted(heard), "%v", heard)
	}
}

func waitDurable(t *testing.T, j Journal) {
	ran := 0
	for i := range 100 {
		j.HandOver(Said(j.Shards(), protocol.RoomAt("seoul", protocol.RoomID(fmt.Sprint("r_", i))), 1, "hello"), func() { ran++ })
	}
	p := j.Position()
	require.EqualValues(t, 100, p)
	j.WaitDurable(p)
	assert.Equal(t, 100, ran)
	assert.Equal(t, p, j.Durable())
	entries, bytes := j.Undurable()
	assert.Zero(t, entries)
	assert.Zero(t, bytes)
	assert.Zero(t, j.SyncAge())
}

func readThrough(t *testing.T, j Journal) {
	shard := protocol.Shard("seoul", j.Shards())
	row := func(key, value string) protocol.Row {
		return protocol.Row{Kind: protocol.RowCursor, Key: []byte(key), Value: []byte(value)}
	}
	for i := range 500 {
		value := fmt.Sprint(i)
		e := Put(j.Shards(), "seoul", row("a", value), row(value, ""), row("b", "first"), row("b", value))
		if i%3 == 0 {
			e.Rows = append(e.Rows, protocol.Row{Kind: protocol.RowCursor, Key: []byte("b")})
		}
		j.HandOver(e, nil)
		got, err := j.Row(shard, protocol.RowCursor, []byte("a"))
		require.NoError(t, err)
		require.Equal(t, value, string(got))
		got, err = j.Row(shard, protocol.RowCursor, []byte(value))
		require.NoError(t, err)
		require.NotNil(t, got, "an empty value is a value")
		require.Empty(t, got)
		got, err = j.Row(shard, protocol.RowCursor, []byte("b"))
		require.NoError(t, err)
		if i%3 == 0 {
			require.Nil(t, got, "deleted")
		} else {
			require.Equal(t, value, string(got), "the last row of an entry counts")
		}
	}
}

func rowsApart(t *testing.T, j Journal) {
	seoul, busan := sites(j)
	put := func(site protocol.SiteID, kind protocol.RowKind, key string) {
		value := fmt.Sprint(site, kind, key)
		j.HandOver(Put(j.Shards(), site, protocol.Row{Kind: kind, Key: []byte(key), Value: []byte(value)}), nil)
	}
	check := func(when string) {
		for _, site := range []protocol.SiteID{seoul, busan} {
			for _, kind := range []protocol.RowKind{protocol.RowOpenRoom, protocol.RowCustomer} {
				for _, key := range []string{"", "k", "k\x00", "k\xff"} {
					value, err := j.Row(protocol.Shard(site, j.Shards()), kind, []byte(key))
					require.NoError(t, err)
					require.Equal(t, fmt.Sprint(site, kind, key), string(value), when)
				}
			}
		}
		value, err := j.Row(protocol.Shard(seoul, j.Shards()), protocol.RowSite, []byte("k"))
		require.NoError(t, err)
		require.Nil(t, value)
	}
	for _, site := range []protocol.SiteID{seoul, busan} {
		for _, kind := range []protocol.RowKind{protocol.RowOpenRoom, protocol.RowCustomer} {
			for _, key := range []string{"", "k", "k\x00", "k\xff"} {
				put(site, kind, key)
			}
		}
	}
	check("handed over")
	j.WaitDurable(j.Position())
	check("durable")
}

func rowPages(t *testing.T, j Journal) {
	shard := protocol.Shard("seoul", j.Shards())
	var rows []protocol.Row
	for _, key := range []string{"b2", "a", "b1", "b3", "b3\x00", "b\xff\xff", "c", "b"} {
		rows = append(rows, protocol.Row{Kind: protocol.RowLast, Key: []byte(key), Value: []byte("of " + key)})
	}
	rows = append(rows,
		protocol.Row{Kind: protocol.RowCursor, Key: []byte("b0"), Value: []byte("another kind")},
		protocol.Row{Kind: protocol.RowSnapshot, Key: []byte("b0"), Value: []byte("another kind")})
	j.HandOver(Put(j.Shards(), "seoul", rows...), nil)
	j.HandOver(Put(j.Shards(), "seoul", protocol.Row{Kind: protocol.RowLast, Key: []byte("b1")}), nil)
	j.WaitDurable(j.Position())
	for _, c := range []struct {
		prefix, after string
		limit         int
		want          []string
	}{
		{"", "", -1, []string{"a", "b", "b2", "b3", "b3\x00", "b\xff\xff", "c"}},
		{"", "", 0, nil},
		{"", "", 2, []string{"a", "b"}},
		{"b", "", -1, []string{"b", "b2", "b3", "b3\x00", "b\xff\xff"}},
		{"b", "b", 2, []string{"b2", "b3"}},
		{"b", "b3", -1, []string{"b3\x00", "b\xff\xff"}},
		{"b", "b1", 1, []string{"b2"}},
		{"b", "a", 1, []string{"b"}},
		{"b", "c", -1, nil},
		{"b\xff", "", -1, []string{"b\xff\xff"}},
		{"d", "", -1, nil},
		{"", "b\xff\xff", -1, []string{"c"}},
	} {
		var after []byte
		if c.after != "" {
			after = []byte(c.after)
		}
		var got []string
		require.NoError(t, j.Rows(shard, protocol.RowLast, []byte(c.prefix), after, c.limit, func(key, value []byte) error {
			got = append(got, string(key))
			assert.Equal(t, "of "+string(key), string(value))
			return nil
		}))
		assert.Equal(t, c.want, got, "%+v", c)
	}
}

func durableCanBeRead(t *testing.T, j Journal) {
	for i := range 50 {
		e := Said(j.Shards(), protocol.RoomAt("seoul", "r_1"), uint64(i+1), fmt.Sprint("text ", i))
		e.Rows = []protocol.Row{{Kind: protocol.RowOpenRoom, Key: []byte("seoul\x00r_1\x00"), Value: []byte(fmt.Sprint(i))}}
		read := make(chan error)
		j.HandOver(e, func() {
			read <- func() error {
				last, err := j.LastEvent(e.Actor)
				if err != nil || last < e.First {
					return fmt.Errorf("last is %d in the effect of %d: %v", last, e.First, err)
				}
				return j.Events(e.Actor, e.First, 1, func(r protocol.Recorded) error {
					if r.Number != e.First || Text(r) != fmt.Sprint("text ", i) || r.Entry != e.Number || r.At != e.At || r.Desk != e.First || r.Room != e.First {
						return fmt.Errorf("read %+v", r)
					}
					return nil
				})
			}()
		})
		require.NoError(t, <-read)
		require.NoError(t, j.Rows(e.Shard, protocol.RowOpenRoom, nil, nil, -1, func(_, value []byte) error {
			require.Equal(t, fmt.Sprint(i), string(value))
			return nil
		}))
	}
}

func read(t *testing.T, j Journal, a protocol.Address, from uint64, limit int) (got []uint64) {
	require.NoError(t, j.Events(a, from, limit, func(r protocol.Recorded) error {
		require.Equal(t, fmt.Sprint("text ", r.Number), Text(r))
		got = append(got, r.Number)
		return nil
	}))
	return got
}

func eventsFromTheMiddle(t *testing.T, j Journal) {
	room := protocol.RoomAt("seoul", "r_1")
	n := uint64(1)
	for _, count := range []int{1, 5, 2, 300, 1} {
		texts := make([]string, count)
		for i := range texts {
			texts[i] = fmt.Sprint("text ", n+uint64(i))
		}
		j.HandOver(Said(j.Shards(), room, n, texts...), nil)
		n += uint64(count)
	}
	j.WaitDurable(j.Position())
	last, err := j.LastEvent(room)
	require.NoError(t, err)
	require.EqualValues(t, 309, last)
	for _, from := range []uint64{0, 1, 2, 3, 6, 7, 8, 9, 10, 150, 308, 309, 310, 311, 5000, 1<<64 - 1} {
		for _, limit := range []int{-1, 0, 1, 2, 7, 1000} {
			first := max(from, 1)
			n := uint64(0)
			if first <= last {
				n = last - first + 1
			}
			if limit >= 0 {
				n = min(n, uint64(limit))
			}
			var want []uint64
			for i := range n {
				want = append(want, first+i)
			}
			require.Equal(t, want, read(t, j, room, from, limit), "from %d, at most %d", from, limit)
		}
	}
}

func neighbours(t *testing.T, j Journal) {
	actors := []protocol.Address{
		protocol.RoomAt("seoul", "r_1"), protocol.RoomAt("seoul", "r_11"), protocol.RoomAt("seoul", "r_"),
		protocol.AgentAt("seoul", "r_1"), protocol.SiteAt("seoul"), protocol.CustomersAt("seoul"),
		protocol.RoomAt("seoul-2", "r_1"), protocol.RoomAt("seou", "r_1"),
	}
	for i, a := range actors {
		var texts []string
		for n := range i + 1 {
			texts = append(texts, fmt.Sprint("text ", n+1))
		}
		j.HandOver(Said(j.Shards(), a, 1, texts...), nil)
	}
	j.WaitDurable(j.Position())
	for i, a := range actors {
		last, err := j.LastEvent(a)
		require.NoError(t, err)
		require.EqualValues(t, i+1, last, a)
		require.Len(t, read(t, j, a, 1, -1), i+1, a)
		require.Empty(t, read(t, j, a, uint64(i+2), -1), a)
	}
}

func readersError(t *testing.T, j Journal) {
	room := protocol.RoomAt("seoul", "r_1")
	e := Said(j.Shards(), room, 1, "text 1", "text 2", "text 3")
	e.Rows = []protocol.Row{
		{Kind: protocol.RowSite, Key: []byte("a"), Value: []byte{1}}, {Kind: protocol.RowSite, Key: []byte("b"), Value: []byte{2}},
	}
	j.WaitDurable(j.HandOver(e, nil))
	enough := errors.New("enough")
	n := 0
	err := j.Events(room, 1, -1, func(protocol.Recorded) error { n++; return enough })
	assert.True(t, err == enough, "%v", err)
	assert.Equal(t, 1, n)
	n = 0
	err = j.Rows(e.Shard, protocol.RowSite, nil, nil, -1, func(_, _ []byte) error { n++; return enough })
	assert.True(t, err == enough, "%v", err)
	assert.Equal(t, 1, n)
}

func nonsense(t *testing.T, j Journal) {
	said := func() *protocol.Entry { return Said(j.Shards(), protocol.RoomAt("seoul", "r_1"), 1, "hello") }
	for name, spoil := range map[string]func(e *protocol.Entry){
		"a shard there is not":       func(e *protocol.Entry) { e.Shard = uint16(j.Shards()) },
		"the store's own shard":      func(e *protocol.Entry) { e.Shard = 0xffff },
		"another site's shard":       func(e *protocol.Entry) { e.Shard = (e.Shard + 1) % uint16(j.Shards()) },
		"events without a number":    func(e *protocol.Entry) { e.First = 0 },
		"a record without events":    func(e *protocol.Entry) { e.Count = 0 },
		"events without a record":    func(e *protocol.Entry) { e.Record = nil },
		"a record too short":         func(e *protocol.Entry) { e.Record = e.Record[:5] },
		"a row without a kind":       func(e *protocol.Entry) { e.Rows = []protocol.Row{{Key: []byte("k")}} },
		"a row of a kind too great":  func(e *protocol.Entry) { e.Rows = []protocol.Row{{Kind: 0x80, Key: []byte("k")}} },
		"a number without any event": func(e *protocol.Entry) { e.Record, e.Count = nil, 0 },
	} {
		e := said()
		spoil(e)
		assert.Panics(t, func() { j.HandOver(e, nil) }, name)
	}
	assert.Zero(t, j.Position(), "what was refused is not on the list")
	j.WaitDurable(j.HandOver(said(), nil))
}

func closeDrains(t *testing.T, j Journal) {
	letGo := hold(j)
	var order []int
	for i := range 500 {
		j.HandOver(Said(j.Shards(), protocol.RoomAt("seoul", protocol.RoomID(fmt.Sprint("r_", i))), 1, "hello"), func() { order = append(order, i) })
	}
	j.After(j.Position(), func() { order = append(order, 500) })
	j.After(j.Position()+1, func() { panic("for a position that never was") })
	letGo()
	require.NoError(t, j.Close())
	require.Len(t, order, 501)
	assert.True(t, slices.IsSorted(order))
	ran := false
	j.HandOver(Put(j.Shards(), "seoul"), func() { ran = true })
	assert.False(t, ran, "after Close nothing is durable")
	assert.EqualValues(t, 501, j.Durable())
}

func together(t *testing.T, j Journal) {
	const writers, each = 4, 100
	var writing, reading sync.WaitGroup
	done := make(chan struct{})
	for w := range writers {
		site := protocol.SiteID(fmt.Sprintf("site-%d", w))
		room := protocol.RoomAt(site, "r_1")
		shard := protocol.Shard(site, j.Shards())
		writing.Go(func() {
			for i := range each {
				e := Said(j.Shards(), room, uint64(i+1), fmt.Sprint("text ", i+1))
				e.Rows = []protocol.Row{{Kind: protocol.RowOpenRoom, Key: protocol.RowKey(site, "r_1"), Value: []byte(fmt.Sprint(i + 1))}}
				p := j.HandOver(e, nil)
				value, err := j.Row(shard, protocol.RowOpenRoom, protocol.RowKey(site, "r_1"))
				if err != nil || string(value) != fmt.Sprint(i+1) {
					t.Errorf("after hand-over %d the row is %q: %v", i+1, value, err)
				}
				if i%10 == 0 {
					j.WaitDurable(p)
				}
			}
		})
		reading.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				n := uint64(0)
				err := j.Events(room, 1, -1, func(r protocol.Recorded) error { n++; return nil })
				last, err2 := j.LastEvent(room)
				if err != nil || err2 != nil || last < n {
					t.Errorf("read %d events, then the last was %d: %v, %v", n, last, err, err2)
				}
				err = j.Rows(shard, protocol.RowOpenRoom, nil, nil, -1, func(_, _ []byte) error { return nil })
				if err != nil {
					t.Error(err)
				}
				j.After(j.Position(), func() {})
				j.SyncAge()
				j.Undurable()
			}
		})
	}
	writing.Wait()
	close(done)
	reading.Wait()
	j.WaitDurable(j.Position())
	for w := range writers {
		last, err := j.LastEvent(protocol.RoomAt(protocol.SiteID(fmt.Sprintf("site-%d", w)), "r_1"))
		require.NoError(t, err)
		require.EqualValues(t, each, last)
	}
}
