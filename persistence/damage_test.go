package persistence

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"switchyard/persistence/journaltest"
	"switchyard/protocol"
)

// content of a file on a disk in memory.
func content(t testing.TB, fs vfs.FS, name string) []byte {
	f, err := fs.Open(name)
	require.NoError(t, err)
	all, err := io.ReadAll(f)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	return all
}

func overwrite(t *testing.T, fs vfs.FS, name string, all []byte) {
	f, err := fs.Create(name, vfs.WriteCategoryUnspecified)
	require.NoError(t, err)
	_, err = f.Write(bytes.Clone(all)) // with the race detector on, the disk in memory spoils what it is given
	require.NoError(t, err)
	require.NoError(t, f.Sync())
	require.NoError(t, f.Close())
}

// lastLog is the log that is being written.
func lastLog(t testing.TB, fs vfs.FS) (name string) {
	files, err := fs.List("store")
	require.NoError(t, err)
	for _, f := range files {
		if strings.HasSuffix(f, ".log") {
			name = max(name, "store/"+f)
		}
	}
	require.NotEmpty(t, name)
	return name
}

// crashed is the disk as it is at this moment.
func crashed(disk *vfs.MemFS) *vfs.MemFS {
	return disk.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 100, RNG: rand.New(rand.NewPCG(1, 1))})
}

var seoul = room("seoul", "r_1")

// say writes an entry of a room of its own, so that no gap in a journal tells that one is missing.
func say(s *Store, n int, text string) {
	e := journaltest.Said(4, room("seoul", fmt.Sprint("r_", n)), 1, text)
	e.Rows = []protocol.Row{{Kind: protocol.RowOpenRoom, Key: []byte(fmt.Sprint("r_", n)), Value: []byte(fmt.Sprint(n))}}
	s.WaitDurable(s.HandOver(e, nil))
}

// told is what the rooms' journals say, and the rows.
func told(s *Store) (string, error) {
	var rooms []protocol.Address
	for n := range 31 {
		rooms = append(rooms, room("seoul", fmt.Sprint("r_", n)))
	}
	return journaltest.Describe(s, rooms, protocol.RowOpenRoom)
}

// F-02: a log that ends anywhere in its last three records, or in zeros or rubbish from there on, loses what is incomplete
// and nothing else.
func TestF02ATornTailLosesOnlyTheIncomplete(t *testing.T) {
	disk := vfs.NewCrashableMem()
	s := open(t, small(disk))
	var ends []int // of the log, after each entry
	var tellings []string
	log := lastLog(t, disk)
	for n := range 6 {
		say(s, n, "text")
		now, err := told(s)
		require.NoError(t, err)
		tellings = append(tellings, now)
		ends = append(ends, len(content(t, disk, log)))
	}
	left := crashed(disk)
	require.NoError(t, s.Close())
	whole := content(t, left, log)

	rng := rand.New(rand.NewPCG(1, 1))
	last := 0
	for at := ends[2]; at <= len(whole); at++ {
		for ends[last+1:] != nil && last+1 < len(ends) && at >= ends[last+1] {
			last++
		}
		for name, spoil := range map[string]func([]byte) []byte{
			"cut off": func(tail []byte) []byte { return nil },
			"zeros":   func(tail []byte) []byte { return make([]byte, len(tail)) },
			"rubbish": func(tail []byte) []byte {
				for i := range tail {
					tail[i] = byte(rng.Uint32())
				}
				return tail
			},
		} {
			if name != "cut off" && at%5 != 0 {
				continue
			}
			torn := crashed(left)
			overwrite(t, torn, log, append(whole[:at:at], spoil(append([]byte(nil), whole[at:]...))...))
			o := small(torn)
			var dropped []int64
			o.Observe.Torn = func(file string, offset int64) {
				require.Equal(t, log, "store/"+file)
				dropped = append(dropped, offset)
			}
			s, err := Open("store", o)
			require.NoError(t, err, "%s at %d", name, at)
			got, err := told(s)
			require.NoError(t, err)
			require.Equal(t, tellings[last], got, "%s at %d", name, at)
			switch {
			case name == "cut off" && at == ends[last]:
				require.Empty(t, dropped, "at %d a record ends", at)
			case name == "cut off", name == "zeros" && at >= ends[last]+11 && at < len(whole) && ends[last] < len(whole):
				require.Equal(t, []int64{int64(ends[last])}, dropped, "%s at %d: what is dropped is said", name, at)
			}
			require.NoError(t, s.Close())
		}
	}
	require.Equal(t, 5, last)
}

// F-03: one flipped bit anywhere in a store makes Open refuse, or a read, or does not matter. What the store tells is never a shortened
// history, except that the very last record of the log cannot be told from one that was torn.
func TestF03AFlippedBitNeverShortensHistory(t *testing.T) {
	disk := vfs.NewCrashableMem()
	s := open(t, small(disk))
	for n := 1; n <= 20; n++ {
		say(s, n, strings.Repeat("table ", 50))
		if n%5 == 0 {
			flushed(t, s) // so that the first logs are gone
		}
	}
	for n := 21; n < 30; n++ {
		say(s, n, "log")
	}
	beforeLast, err := told(s)
	require.NoError(t, err)
	log := lastLog(t, disk)
	before := content(t, disk, log) // it may be longer than what was written: the file is of an older log
	say(s, 30, "log")
	lastBegins := 0
	for now := content(t, disk, log); lastBegins < len(before) && before[lastBegins] == now[lastBegins]; {
		lastBegins++
	}
	whole, err := told(s)
	require.NoError(t, err)
	left := crashed(disk)
	require.NoError(t, s.Close())

	files, err := left.List("store")
	require.NoError(t, err)
	for i, file := range files { // logs that Pebble keeps to use them again; it keeps a few only
		if name := "store/" + file; strings.HasSuffix(name, ".log") && name != log {
			require.NoError(t, left.Remove(name))
			files[i] = ""
		}
	}
	files = slices.DeleteFunc(files, func(file string) bool { return file == "" })
	results := make(map[string]int)
	for _, file := range files {
		name := "store/" + file
		all := content(t, left, name)
		kind := file[strings.LastIndexByte(file, '.')+1:]
		kind = strings.TrimRight(kind, "-0123456789")
		for at := 0; at < len(all); at += 1 + len(all)/80 {
			spoiled := crashed(left)
			all[at] ^= 1 << (at % 8)
			overwrite(t, spoiled, name, all)
			all[at] ^= 1 << (at % 8)
			got, result := tellAll(spoiled)
			switch {
			case result != "tells":
			case got == whole:
				result = "does not matter"
			case name == log && at >= lastBegins && got == beforeLast:
				result = "loses the last record of the log"
			default:
				t.Fatalf("a bit flipped at %d of %d of %s (last record at %d): the store tells\n%s", at, len(all), name, lastBegins, got)
			}
			results[kind+" "+result]++
		}
	}
	t.Log(results)
	for _, file := range []string{"MANIFEST", "log", "sst"} {
		assert.Positive(t, results[file+" refused by Open"], file)
	}
	assert.Positive(t, results["sst refused by a read"])
	for result := range results {
		assert.NotContains(t, result, "without ErrChecksum")
		assert.NotContains(t, result, "failed", "damage that is read ends nothing")
	}
}

// tellAll opens a damaged store and says what it tells, or who refused.
func tellAll(fs vfs.FS) (got, result string) {
	o := small(fs)
	o.Fatal = func(error) {} // Close tells
	s, err := Open("store", o)
	if err != nil {
		return "", "refused by Open"
	}
	got, err = told(s)
	closed := s.Close()
	switch {
	case err != nil && !errors.Is(err, ErrChecksum):
		return "", "refused by a read without ErrChecksum: " + err.Error()
	case err != nil:
		return "", "refused by a read"
	case closed != nil:
		return "", "failed: " + closed.Error()
	}
	return got, "tells"
}

// A value of ours that is not what was written is found by our own checksum, whatever Pebble's say.
func TestF03ADamagedValueIsErrChecksum(t *testing.T) {
	s := open(t, small(vfs.NewMem()))
	site := journaltest.Put(4, "seoul", protocol.Row{Kind: protocol.RowLast, Key: []byte("k"), Value: []byte("value")}).Shard
	e := journaltest.Said(4, seoul, 1, "hello")
	e.Rows = []protocol.Row{{Kind: protocol.RowLast, Key: []byte("k"), Value: []byte("value")}}
	s.WaitDurable(s.HandOver(e, nil))
	ignore := func(protocol.Recorded) error { return nil }

	for key, stored := range keySpace(t, s.db) {
		for bit := range len(stored) * 8 {
			spoiled := []byte(stored)
			spoiled[bit/8] ^= 1 << (bit % 8)
			require.NoError(t, s.db.Set([]byte(key), spoiled, pebble.NoSync))
			switch key[2] {
			case kindEvents:
				err := s.Events(seoul, 1, -1, ignore)
				require.ErrorIs(t, err, ErrChecksum)
				require.ErrorContains(t, err, fmt.Sprintf("events of room/seoul/r_1 in shard %d", site))
				_, err = s.LastEvent(seoul)
				require.ErrorIs(t, err, ErrChecksum)
			case kindApplied:
				_, _, err := lastNumbers(s.db, 4)
				require.ErrorIs(t, err, ErrChecksum)
			default:
				_, err := s.Row(site, protocol.RowLast, []byte("k"))
				require.ErrorIs(t, err, ErrChecksum)
				require.ErrorContains(t, err, fmt.Sprintf("row of kind %d in shard %d", protocol.RowLast, site))
				err = s.Rows(site, protocol.RowLast, nil, nil, -1, func(_, _ []byte) error { t.Error("given out"); return nil })
				require.ErrorIs(t, err, ErrChecksum)
			}
		}
		require.NoError(t, s.db.Set([]byte(key), []byte(stored), pebble.NoSync))
	}
	require.NoError(t, s.Events(seoul, 1, -1, ignore))
	require.NoError(t, s.Close())
}

// A journal with a hole is reported, and not told as if it were whole.
func TestF03AMissingRecordIsAGap(t *testing.T) {
	s := open(t, small(vfs.NewMem()))
	for n := uint64(1); n <= 9; n += 3 {
		s.HandOver(journaltest.Said(4, seoul, n, "a", "b", "c"), nil)
	}
	s.WaitDurable(s.Position())
	read := func(from uint64) (n int, err error) {
		err = s.Events(seoul, from, -1, func(protocol.Recorded) error { n++; return nil })
		return n, err
	}
	shard := protocol.Shard("seoul", 4)
	middle := appendEventKey(nil, shard, seoul, 4)
	stored, closer, err := s.db.Get(middle)
	require.NoError(t, err)
	record := append([]byte(nil), stored...)
	require.NoError(t, closer.Close())
	require.NoError(t, s.db.Delete(middle, pebble.NoSync))
	for from, want := range map[uint64]int{1: 3, 3: 1, 4: 0, 5: 0} {
		n, err := read(from)
		require.ErrorIs(t, err, ErrGap, "from %d", from)
		require.Equal(t, want, n)
	}
	n, err := read(7)
	require.NoError(t, err, "what follows is whole")
	require.Equal(t, 3, n)

	require.NoError(t, s.db.Set(middle, record, pebble.NoSync))
	require.NoError(t, s.db.Delete(appendEventKey(nil, shard, seoul, 1), pebble.NoSync))
	_, err = read(1)
	require.ErrorIs(t, err, ErrGap, "the beginning is missing")
	_, err = read(5)
	require.NoError(t, err)
	require.NoError(t, s.Close())
}
