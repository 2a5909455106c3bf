// Package journaltest is what every journal has to pass: Run. Beside it are the entries that tests of journals are
// made of, and Describe, which writes a journal's content down so that two can be compared.
package journaltest

import (
	"fmt"
	"strings"
	"time"

	"switchyard/protocol"
)

// Journal is what persistence.Store and persistence.Memory both do.
type Journal interface {
	Epoch() string
	Shards() int
	HandOver(e *protocol.Entry, done func()) (position uint64)
	Position() uint64
	Durable() uint64
	After(position uint64, done func())
	WaitDurable(position uint64)
	Undurable() (entries int, bytes int64)
	SyncAge() time.Duration
	Events(a protocol.Address, from uint64, limit int, each func(protocol.Recorded) error) error
	LastEvent(a protocol.Address) (uint64, error)
	Row(shard uint16, kind protocol.RowKind, key []byte) ([]byte, error)
	Rows(shard uint16, kind protocol.RowKind, prefix, after []byte, limit int, each func(key, value []byte) error) error
	Checkpoint(dir string) error
	Close() error
}

// Said is an entry of a room in which messages were posted, the first of them being the room's event number first.
func Said(shards int, room protocol.Address, first uint64, texts ...string) *protocol.Entry {
	const at = protocol.Instant(1_763_700_000_000)
	recs := make([]protocol.Recorded, len(texts))
	for i, text := range texts {
		n := first + uint64(i)
		recs[i] = protocol.Recorded{Desk: n, Room: n, Event: &protocol.MessagePosted{
			ID: protocol.MessageIDFrom(protocol.RoomID(room.ID), "c", text, i), Text: text,
		}}
	}
	return &protocol.Entry{
		Shard: protocol.Shard(room.Site, shards), At: at, Actor: room,
		First: first, Count: uint32(len(recs)), Record: protocol.AppendRecord(nil, at, recs),
	}
}

// Put is an entry of a site that holds rows only.
func Put(shards int, site protocol.SiteID, rows ...protocol.Row) *protocol.Entry {
	return &protocol.Entry{Shard: protocol.Shard(site, shards), Actor: protocol.QueueAt(site), Rows: rows}
}

// Text is what an event of Said says.
func Text(r protocol.Recorded) string { return r.Event.(*protocol.MessagePosted).Text }

// Describe writes down the events of the actors and all rows of the kinds, one line each, in an order that depends
// on nothing else.
func Describe(j Journal, actors []protocol.Address, kinds ...protocol.RowKind) (string, error) {
	var b strings.Builder
	for _, a := range actors {
		err := j.Events(a, 1, -1, func(r protocol.Recorded) error {
			_, err := fmt.Fprintf(&b, "%s %d entry %d: %s\n", a, r.Number, r.Entry, Text(r))
			return err
		})
		if err != nil {
			return "", err
		}
	}
	for shard := range uint16(j.Shards()) {
		for _, kind := range kinds {
			err := j.Rows(shard, kind, nil, nil, -1, func(key, value []byte) error {
				_, err := fmt.Fprintf(&b, "shard %d kind %d %q = %q\n", shard, kind, key, value)
				return err
			})
			if err != nil {
				return "", err
			}
		}
	}
	return b.String(), nil
}
