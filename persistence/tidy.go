package persistence

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/cockroachdb/pebble/v2"
)

// What is deleted stays in the files below until a compaction rewrites them, and Pebble compacts where it saves reading, not
// where somebody waits for bytes to go. Tidy does what is left (F-40, X-30).

// Tidy rewrites every piece of the store that a deletion lies upon, so that when it returns no file of the store holds what was
// deleted before the call, nor its name. (Under load, files that a reader holds open can be left for the next one.) It works in pieces of a few tables, beside everything else, and after each it calls rest with the time that it took;
// rest decides the pace. What it needs to know is in the tables: a crash in the middle costs the next call some work.
//
// It returns ctx's error when that ends first, and an error of Pebble's for a table that cannot be read.
func (s *Store) Tidy(ctx context.Context, rest func(took time.Duration)) error {
	if err := s.db.Flush(); err != nil {
		return fmt.Errorf("persistence: tidy: %w", damage(err))
	}
	pieces, err := s.deletedUpon()
	for i := 0; i < len(pieces) && err == nil; i++ {
		if err = ctx.Err(); err != nil {
			break
		}
		began := time.Now()
		if err = s.db.Compact(ctx, pieces[i].lower, pieces[i].upper, false); err == nil {
			rest(time.Since(began))
		}
	}
	if err == nil {
		err = s.elide(ctx, rest)
	}
	if err == nil {
		err = s.removed(ctx)
	}
	if err != nil {
		return fmt.Errorf("persistence: tidy: %w", damage(err))
	}
	return nil
}

// elide rewrites the tables of the lowest level that hold deletions: what they deleted is gone, but each names what it deleted. A
// table gets there with them when nothing lay below it, since Pebble moves such a table as it is, and it is left so while they
// are few. A deletion of a key that nobody ever had, put above the table, makes the next compaction a rewriting one.
func (s *Store) elide(ctx context.Context, rest func(took time.Duration)) error {
	levels, err := s.db.SSTables(pebble.WithProperties())
	if err != nil {
		return err
	}
	for _, t := range levels[len(levels)-1] {
		nobodys := append(slices.Clone(t.Smallest.UserKey), 0) // no key of ours is another with a zero behind it
		if t.Properties == nil || t.Properties.NumDeletions == 0 || bytes.Compare(nobodys, t.Largest.UserKey) >= 0 {
			continue // of one key: Pebble drops a table that is nothing but deletions by itself
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		began := time.Now()
		if err := s.db.Delete(nobodys, pebble.NoSync); err != nil {
			return err
		}
		if err := s.db.Flush(); err != nil {
			return err
		}
		if err := s.db.Compact(ctx, t.Smallest.UserKey, t.Largest.UserKey, false); err != nil {
			return err
		}
		rest(time.Since(began))
	}
	return nil
}

// removed waits until the tables and logs that nothing needs any more are removed, which Pebble does on a goroutine of its own;
// a minute at most, since others go on to make more of them.
func (s *Store) removed(ctx context.Context) error {
	for range 6000 {
		m := s.db.Metrics()
		if m.Table.ObsoleteCount == 0 && m.Table.ZombieCount == 0 && m.WAL.ObsoleteFiles == 0 {
			return nil
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// span is a piece of the key space, both ends included.
type span struct{ lower, upper []byte }

// tidyTables is how many tables of the lowest level make a piece: at Pebble's 2 to 64 MB each a few seconds of work.
const tidyTables = 4

// deletedUpon finds the spans of the tables with deletions, cut where tables of the lowest level end. A deletion in the lowest
// level lies upon nothing.
func (s *Store) deletedUpon() ([]span, error) {
	levels, err := s.db.SSTables(pebble.WithProperties())
	if err != nil {
		return nil, err
	}
	lowest := len(levels) - 1
	var spans []span
	for _, tables := range levels[:lowest] {
		for _, t := range tables {
			if t.Properties != nil && t.Properties.NumDeletions > 0 {
				spans = append(spans, span{t.Smallest.UserKey, t.Largest.UserKey})
			}
		}
	}
	var cuts [][]byte
	for i, t := range levels[lowest] {
		if i%tidyTables == tidyTables-1 {
			cuts = append(cuts, t.Largest.UserKey)
		}
	}
	return cut(joined(spans), cuts), nil
}

// joined puts spans that touch into one, in the order of their keys.
func joined(spans []span) []span {
	slices.SortFunc(spans, func(a, b span) int { return bytes.Compare(a.lower, b.lower) })
	var out []span
	for _, p := range spans {
		if n := len(out); n > 0 && bytes.Compare(p.lower, out[n-1].upper) <= 0 {
			if bytes.Compare(out[n-1].upper, p.upper) < 0 {
				out[n-1].upper = p.upper
			}
			continue
		}
		out = append(out, p)
	}
	return out
}

// cut divides spans at the keys, which ascend. A span of one key is widened: Pebble wants a range.
func cut(spans []span, at [][]byte) []span {
	var out []span
	for _, p := range spans {
		for _, key := range at {
			if bytes.Compare(p.lower, key) < 0 && bytes.Compare(key, p.upper) < 0 {
				out = append(out, span{p.lower, key})
				p.lower = key
			}
		}
		if bytes.Equal(p.lower, p.upper) {
			p.upper = append(slices.Clone(p.upper), 0)
		}
		out = append(out, p)
	}
	return out
}

// remover deletes files that are needed no more, logs too. Pebble's own cleaner keeps a few logs and writes the next ones over
// them, so that deleted texts would lie behind a log's end for as long as nobody writes much. Pebble asks whether a cleaner wants
// the logs by a method that only its archiving one has; what is done with a file is the deleting one's.
type remover struct {
	pebble.DeleteCleaner
	wantsLogs
}

type wantsLogs struct{ pebble.ArchiveCleaner }
