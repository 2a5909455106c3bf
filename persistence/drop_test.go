package persistence

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"switchyard/persistence/journaltest"
	"switchyard/protocol"
)

// dropped is the entry of a room that goes: its journal, and the rows that say something of it.
func dropped(shards int, a protocol.Address, rows ...protocol.Row) *protocol.Entry {
	return &protocol.Entry{Shard: protocol.Shard(a.Site, shards), At: 9, Actor: a, Rows: rows, Drop: true}
}

// journals are those that keep every promise: on a disk, and in maps.
func journals(t *testing.T, play func(t *testing.T, j journaltest.Journal)) {
	t.Run("disk", func(t *testing.T) {
		s := open(t, small(vfs.NewMem()))
		play(t, s)
		require.NoError(t, s.Close())
	})
	t.Run("maps", func(t *testing.T) {
		m := OpenMemory(Options{Shards: 4})
		play(t, m)
		require.NoError(t, m.Close())
	})
}

// TestF40AnActorGoesWhole: its journal and its rows go in one entry, its neighbours stay, and an address can begin anew
// with event 1; also where all of it is one batch.
func TestF40AnActorGoesWhole(t *testing.T) {
	journals(t, func(t *testing.T, j journaltest.Journal) {
		gone, kept := room("seoul", "r_5"), []protocol.Address{room("seoul", "r_4"), room("seoul", "r_50"), room("seoul", "r_6"), room("seou", "r_5")}
		row := protocol.Row{Kind: protocol.RowSnapshot, Key: protocol.RowKey("seoul", "room", "r_5"), Value: []byte("state")}
		e := journaltest.Said(4, gone, 1, "one", "two")
		e.Rows = []protocol.Row{row}
		j.HandOver(e, nil)
		for _, a := range kept {
			j.HandOver(journaltest.Said(4, a, 1, "stays"), nil)
		}
		j.HandOver(journaltest.Said(4, gone, 3, "three"), nil)
		row.Value = nil
		j.HandOver(dropped(4, gone, row), nil)
		j.HandOver(journaltest.Said(4, gone, 1, "anew"), nil)
		j.WaitDurable(j.Position())
		require.Equal(t, []string{"1 anew"}, numbered(t, j, gone))
		value, err := j.Row(protocol.Shard("seoul", 4), row.Kind, row.Key)
		require.NoError(t, err)
		require.Nil(t, value)
		for _, a := range kept {
			require.Equal(t, []string{"1 stays"}, numbered(t, j, a), a.String())
		}

		j.HandOver(dropped(4, gone), nil)
		j.WaitDurable(j.Position())
		require.Empty(t, numbered(t, j, gone))
		last, err := j.LastEvent(gone)
		require.NoError(t, err)
		require.Zero(t, last)

		wrong := dropped(4, gone)
		wrong.Shard++
		require.Panics(t, func() { j.HandOver(wrong, nil) }, "another site's shard")
		wrong = journaltest.Said(4, gone, 1, "x")
		wrong.Drop = true
		require.Panics(t, func() { j.HandOver(wrong, nil) }, "events that would go at once")
	})
}

func numbered(t *testing.T, j journaltest.Journal, a protocol.Address) (out []string) {
	t.Helper()
	require.NoError(t, j.Events(a, 0, -1, func(r protocol.Recorded) error {
		out = append(out, fmt.Sprint(r.Number, " ", r.Event.(*protocol.MessagePosted).Text))
		return nil
	}))
	return out
}

// TestF40NoFileHoldsWhatWasDropped plants a text in a few of many rooms, lets Pebble spread it over logs and tables of several
// levels, drops those rooms, and looks for it in every byte of every file: it is there before Tidy and in none after. What
// stays is whole, and a crash in the middle of Tidy loses nothing.
func TestF40NoFileHoldsWhatWasDropped(t *testing.T) {
	const marker = "planted-marker-4711"
	fs := vfs.NewCrashableMem()
	o := small(fs)
	s := open(t, o)
	var gone []protocol.Address
	said := map[protocol.Address]uint64{}
	for i := range 2000 { // several memtables, so several tables
		a := room("seoul", fmt.Sprintf("r_%03d", i%250))
		text := strings.Repeat(fmt.Sprint(i, " "), 60)
		if i%250%50 == 7 {
			text = marker
			if said[a] == 0 {
				gone = append(gone, a)
			}
		}
		said[a]++
		e := journaltest.Said(4, a, said[a], text)
		e.Rows = []protocol.Row{{Kind: protocol.RowSnapshot, Key: protocol.RowKey(a.Site, "room", a.ID), Value: []byte(text)}}
		s.HandOver(e, nil)
	}
	s.WaitDurable(s.Position())
	// Pebble compacts at moments of its own, and would now and then drop what was deleted before we have looked: a reader of the
	// time before the drops keeps it there, until we have.
	reader := s.db.NewSnapshot()
	for _, a := range gone {
		s.HandOver(dropped(4, a, protocol.Row{Kind: protocol.RowSnapshot, Key: protocol.RowKey(a.Site, "room", a.ID)}), nil)
	}
	s.WaitDurable(s.Position())
	require.NotEmpty(t, filesWith(t, fs, "store", marker), "the test plants nothing")
	require.NoError(t, reader.Close())

	pieces := 0
	ctx, cancel := context.WithCancel(t.Context())
	err := s.Tidy(ctx, func(time.Duration) { pieces++; cancel() })
	if err == nil { // one piece was all, or, where Pebble was quicker, none
		require.LessOrEqual(t, pieces, 1)
	}
	crashed := fs.CrashClone(vfs.CrashCloneCfg{})
	require.NoError(t, s.Tidy(t.Context(), func(time.Duration) { pieces++ }))
	require.Empty(t, filesWith(t, fs, "store", marker))
	whole := func(s *Store) {
		for a, n := range said {
			if !slices.Contains(gone, a) {
				require.Len(t, numbered(t, s, a), int(n), a.String())
			}
		}
		for _, a := range gone {
			require.Empty(t, numbered(t, s, a))
		}
	}
	whole(s)
	before := pieces
	require.NoError(t, s.Tidy(t.Context(), func(time.Duration) { pieces++ }))
	require.Equal(t, before, pieces, "there is nothing left to do")
	require.NoError(t, s.Close())

	o.FS = crashed
	s = open(t, o)
	whole(s)
	require.NoError(t, s.Tidy(t.Context(), func(time.Duration) {}))
	require.Empty(t, filesWith(t, crashed, "store", marker))
	require.NoError(t, s.Close())
}

// filesWith lists the files below dir that hold the bytes. Where Pebble removes one meanwhile, what it held may lie in one that came
// after the list: all of them are looked at again.
func filesWith(t *testing.T, fs vfs.FS, dir, what string) []string {
	t.Helper()
	for {
		if found, whole := filesOnceWith(t, fs, dir, what); whole {
			return found
		}
	}
}

func filesOnceWith(t *testing.T, fs vfs.FS, dir, what string) (found []string, whole bool) {
	t.Helper()
	whole = true
	names, err := fs.List(dir)
	require.NoError(t, err)
	for _, name := range names {
		p := path.Join(dir, name)
		info, err := fs.Stat(p)
		if errors.Is(err, os.ErrNotExist) { // Pebble has just removed it
			whole = false
			continue
		}
		require.NoError(t, err)
		if info.IsDir() {
			more, all := filesOnceWith(t, fs, p, what)
			found, whole = append(found, more...), whole && all
			continue
		}
		f, err := fs.Open(p)
		if errors.Is(err, os.ErrNotExist) {
			whole = false
			continue
		}
		require.NoError(t, err)
		all, err := io.ReadAll(f)
		require.NoError(t, err)
		require.NoError(t, f.Close())
		if bytes.Contains(all, []byte(what)) {
			found = append(found, p)
		}
	}
	return found, whole
}

// the names of rows that are gone are gone from the files, too, where deletions are few and nothing lay below them.
func TestX30NoFileNamesWhatWasDeleted(t *testing.T) {
	disk := vfs.NewMem()
	s := open(t, small(disk))
	put := func(name string, value []byte) {
		s.HandOver(&protocol.Entry{Shard: protocol.Shard("seoul", 4), At: 9, Actor: room("seoul", "r_1"), Rows: []protocol.Row{{Kind: protocol.RowLast, Key: protocol.RowKey("seoul", name), Value: value}}}, nil)
	}
	for i := range 500 {
		put(fmt.Sprintf("stays-%03d", i), []byte("value"))
	}
	put("planted-name", []byte("value"))
	put("planted-name", nil)
	s.WaitDurable(s.Position())
	holds := func(what string) bool {
		names, err := disk.List("store")
		require.NoError(t, err)
		for _, name := range names {
			f, err := disk.Open(path.Join("store", name))
			require.NoError(t, err)
			all, err := io.ReadAll(f)
			require.NoError(t, errors.Join(err, f.Close()))
			if bytes.Contains(all, []byte(what)) {
				return true
			}
		}
		return false
	}
	require.True(t, holds("planted-name"), "the test plants nothing")
	require.NoError(t, s.Tidy(t.Context(), func(time.Duration) {}))
	require.False(t, holds("planted-name"))
	require.NoError(t, s.Tidy(t.Context(), func(time.Duration) { t.Error("a tidy store has nothing to tidy") }))
	n := 0
	require.NoError(t, s.Rows(protocol.Shard("seoul", 4), protocol.RowLast, nil, nil, -1, func(_, _ []byte) error { n++; return nil }))
	require.Equal(t, 500, n)
	require.NoError(t, s.Close())
}
