package persistence

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"switchyard/persistence/journaltest"
	"switchyard/protocol"
)

// Entries per second through the whole journal: a message of 200 bytes and one row each, with so many on the way at a time.
func BenchmarkJournal(b *testing.B) {
	for _, disk := range []string{"maps", "memory disk", "real disk"} {
		for _, writers := range []int{1, 256, 2048} {
			b.Run(fmt.Sprintf("%s/%d on the way", disk, writers), func(b *testing.B) {
				var j journaltest.Journal
				switch disk {
				case "maps":
					j = OpenMemory(Options{})
				case "memory disk":
					j = mustOpen(b, "store", Options{FS: vfs.NewMem()})
				default:
					j = mustOpen(b, b.TempDir(), Options{})
				}
				b.ReportAllocs()
				flow(b, j, writers)
				b.StopTimer()
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "entries/s")
				if err := j.Close(); err != nil {
					b.Fatal(err)
				}
			})
		}
	}
}

func mustOpen(b *testing.B, dir string, o Options) *Store {
	s, err := Open(dir, o)
	if err != nil {
		b.Fatal(err)
	}
	return s
}

// flow hands over b.N entries that were made before, with so many not acknowledged at a time.
func flow(b *testing.B, j journaltest.Journal, onTheWay int) {
	entries := make([]*protocol.Entry, b.N)
	text := strings.Repeat("x", 200)
	for i := range entries {
		site := fmt.Sprint("site-", i%16)
		entries[i] = journaltest.Said(j.Shards(), room(site, fmt.Sprint("r_", i)), 1, text)
		entries[i].Rows = []protocol.Row{{Kind: protocol.RowOpenRoom, Key: protocol.RowKey(protocol.SiteID(site), fmt.Sprint("r_", i)), Value: []byte(text[:60])}}
	}
	free := make(chan struct{}, onTheWay)
	var last sync.WaitGroup
	last.Add(b.N)
	done := func() { <-free; last.Done() }
	b.ResetTimer()
	for _, e := range entries {
		free <- struct{}{}
		j.HandOver(e, done)
	}
	last.Wait()
}

// What a hand-over costs its caller.
func BenchmarkHandOver(b *testing.B) {
	stop := newFailStop(nil)
	var c committer
	c.start(func(items []handed) (int, error) { return len(items), nil }, stop, make([]uint64, 64))
	e := journaltest.Said(64, room("seoul", "r_1"), 1, "hello")
	e.Rows = []protocol.Row{{Kind: protocol.RowOpenRoom, Key: protocol.RowKey("seoul", "r_1"), Value: []byte("row")}}
	b.ReportAllocs()
	for b.Loop() {
		c.HandOver(e, nil)
	}
	b.StopTimer()
	if err := c.close(); err != nil {
		b.Fatal(err)
	}
}
