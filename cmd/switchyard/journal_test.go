package main

import (
	"bytes"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"switchyard/persistence"
	"switchyard/persistence/journaltest"
	"switchyard/protocol"
)

// stopped makes a store with two rooms and closes it.
func stoppedStore(t *testing.T) (data string) {
	data = t.TempDir()
	s, err := persistence.Open(filepath.Join(data, "store"), persistence.Options{Shards: 4, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	const at = protocol.Instant(1_763_700_000_000)
	story := []protocol.Event{
		&protocol.RoomOpened{Channel: protocol.Web, Category: "delivery"},
		&protocol.RoomAssigned{Assignment: 1, Agent: "kim", Cause: protocol.CauseEntry, Why: protocol.Why{
			Rule: "LEAST_LOAD", Eligible: 2, Candidates: []protocol.Candidate{{Account: "kim", Load: 0}, {Account: "lee", Load: 2}}, Waited: 3,
		}},
	}
	for i, e := range story {
		n := uint64(i + 1)
		recs := []protocol.Recorded{{Desk: n, Room: n, Event: e}}
		s.HandOver(&protocol.Entry{
			Shard: protocol.Shard("seoul", 4), At: at, Actor: protocol.RoomAt("seoul", "r_1"), First: n, Count: 1, Record: protocol.AppendRecord(nil, at, recs),
		}, nil)
	}
	for n := range uint64(20) {
		e := journaltest.Said(4, protocol.RoomAt("seoul", "r_2"), n+1, strings.Repeat("text ", 40))
		e.Rows = []protocol.Row{{Kind: protocol.RowOpenRoom, Key: protocol.RowKey("seoul", "r_2"), Value: []byte("row")}}
		s.HandOver(e, nil)
	}
	s.WaitDurable(s.Position())
	require.NoError(t, s.Close())
	return data
}

func journal(t *testing.T, args ...string) (string, error) {
	var out bytes.Buffer
	err := run(append([]string{"journal"}, args...), &out, io.Discard)
	return out.String(), err
}

func TestJournalReadsAStoppedStore(t *testing.T) {
	data := stoppedStore(t)
	before := files(t, data)
	said, err := journal(t, "verify", "-data", data)
	require.NoError(t, err)
	require.Contains(t, said, "2 journals, 22 records, 22 events, 1 rows, 22 entries")
	require.Contains(t, said, "whole\n")

	said, err = journal(t, "list", "-data", data)
	require.NoError(t, err)
	require.Regexp(t, `room/seoul/r_1 +2 events +2 records  2025-11-21T04:40:00.000Z  2025-11-21T04:40:00.000Z  whole\n`, said)
	said, err = journal(t, "list", "-data", data, "-site", "busan")
	require.NoError(t, err)
	require.Empty(t, said)

	said, err = journal(t, "replay", "-data", data, "-site", "seoul", "-room", "r_1")
	require.NoError(t, err)
	require.Contains(t, said, "1 2025-11-21T04:40:00.000Z entry 1 room.opened {")
	require.Contains(t, said, "after event 2: ")
	require.Contains(t, said, "kim#1")
	said, err = journal(t, "replay", "-data", data, "-site", "seoul", "-room", "r_1", "-to", "1")
	require.NoError(t, err)
	require.Contains(t, said, "after event 1: ")
	require.NotContains(t, said, "kim")

	said, err = journal(t, "explain", "-data", data, "-site", "seoul", "-room", "r_1")
	require.NoError(t, err)
	require.Contains(t, said, "#1 to kim: ENTRY, rule LEAST_LOAD, 2 could have had it, 3 rooms waited\n    candidate kim with 0 rooms\n    candidate lee with 2 rooms\n")
	require.Equal(t, before, files(t, data), "nothing was written")

	for _, bad := range [][]string{{"mend"}, {"replay", "-data", data}, {"replay", "-data", data, "-site", "seoul", "-room", "r_3"}, {"verify", "-data", t.TempDir()}} {
		_, err := journal(t, bad...)
		require.Error(t, err, "%v", bad)
		require.NotErrorIs(t, err, errDamaged, "%v", bad)
	}
}

// files are the names and contents below a folder, but for the lock.
func files(t *testing.T, dir string) map[string]string {
	all := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "LOCK" {
			return err
		}
		b, err := os.ReadFile(path)
		all[path] = string(b)
		return err
	}))
	return all
}

// F-03: whatever byte of a stopped store is damaged, verify says so with exit code 2 and the file, or the byte means nothing;
// a history that is told is never shorter than it was.
func TestF03JournalVerifyFindsDamage(t *testing.T) {
	data := stoppedStore(t)
	whole, err := journal(t, "replay", "-data", data, "-site", "seoul", "-room", "r_2")
	require.NoError(t, err)
	found, named := 0, 0
	for path, all := range files(t, data) {
		for at := 0; at < len(all); at += 1 + len(all)/25 {
			spoiled := []byte(all)
			spoiled[at] ^= 1 << (at % 8)
			require.NoError(t, os.WriteFile(path, spoiled, 0o600))
			said, err := journal(t, "verify", "-data", data)
			if err != nil {
				found++
				if strings.Contains(said+err.Error(), filepath.Base(path)) {
					named++
				}
				require.NoError(t, os.WriteFile(path, []byte(all), 0o600))
				continue
			}
			require.Contains(t, said, "whole")
			told, err := journal(t, "replay", "-data", data, "-site", "seoul", "-room", "r_2")
			require.NoError(t, err)
			require.Equal(t, whole, told, "a bit of %s at %d", filepath.Base(path), at)
			require.NoError(t, os.WriteFile(path, []byte(all), 0o600))
		}
	}
	t.Logf("%d flipped bits were found, %d by the name of the file", found, named)
	require.Greater(t, found, 30)
	require.Greater(t, named, found/2)
}

// F-03: a record that is missing in one room's journal is that room's damage only.
func TestF03JournalIsolatesTheRoom(t *testing.T) {
	data := t.TempDir()
	s, err := persistence.Open(filepath.Join(data, "store"), persistence.Options{Shards: 4})
	require.NoError(t, err)
	s.HandOver(journaltest.Said(4, protocol.RoomAt("seoul", "r_1"), 1, "a", "b"), nil)
	s.HandOver(journaltest.Said(4, protocol.RoomAt("seoul", "r_1"), 5, "e"), nil) // 3 and 4 are nowhere
	s.HandOver(journaltest.Said(4, protocol.RoomAt("seoul", "r_2"), 1, "a"), nil)
	s.WaitDurable(s.Position())
	require.NoError(t, s.Close())
	said, err := journal(t, "verify", "-data", data)
	require.ErrorIs(t, err, errDamaged)
	require.Contains(t, said, "damaged: room/seoul/r_1 after event 2: ")
	said, err = journal(t, "list", "-data", data)
	require.ErrorIs(t, err, errDamaged)
	require.Regexp(t, `r_1 +2 events .*damaged\n.*r_2 +1 events .*whole`, said)
	said, err = journal(t, "replay", "-data", data, "-site", "seoul", "-room", "r_1")
	require.ErrorIs(t, err, errDamaged)
	require.Contains(t, said, "after event 2: ")
	_, err = journal(t, "replay", "-data", data, "-site", "seoul", "-room", "r_2")
	require.NoError(t, err)
}
