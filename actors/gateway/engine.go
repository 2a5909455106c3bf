package gateway

import (
	"context"
	"time"

	"switchyard/protocol"
)

// Engine is everything the gateway needs of the node. All functions may be called from
// any goroutine; none is nil.
type Engine struct {
	// Ask hands a command to an actor. answer runs exactly once, later, on a goroutine of the
	// engine (after everything it rests on is durable); it must not block.
	Ask func(to protocol.Address, c protocol.Command, answer func(protocol.Result, *protocol.Rejection))
	// Follow reads a durable stream from after (exclusive) and stays on it, without a gap or a
	// double. If the first event to replay is older than oldest, sink.Reset("too_old") is
	// called instead and nothing follows. It returns at once; stop may be called more than
	// once, but not from inside the sink.
	Follow func(s protocol.Stream, after uint64, oldest protocol.Instant, sink Sink) (stop func())
	// Publish gives an ephemeral frame to all live followers of the stream; conflated by key.
	Publish func(s protocol.Stream, key string, frame []byte)
	// Facts is the site as it is now: immutable, nil if there is no such site.
	Facts func(protocol.SiteID) *protocol.SiteFacts
	// Password is the stored argon2id string of an account.
	Password func(protocol.SiteID, protocol.AccountID) (argon2id string, ok bool)
	// Session looks a session up by the SHA-256 of its token; false also once it is revoked.
	Session func(hash [32]byte) (Session, bool)
	// OpenRooms and ClosedRooms read rows in the order of their keys, after the given one.
	OpenRooms   func(site protocol.SiteID, after protocol.RoomID, limit int, each func(protocol.OpenRoomRow) error) error
	ClosedRooms func(site protocol.SiteID, from, to protocol.Instant, limit int, after []byte, each func(key []byte, r protocol.ClosedRoomRow) error) error
	// Figures reads the figures of the rooms that were closed from an instant on until another (exclusive), in the order of their keys.
	Figures func(site protocol.SiteID, from, until protocol.Instant, limit int, after []byte, each func(key []byte, f *protocol.Figures) error) error
	// StartedRooms reads the rooms that began from an instant on until another (exclusive), newest start first, behind a key.
	StartedRooms func(site protocol.SiteID, from, until protocol.Instant, limit int, after []byte, each func(key []byte, created protocol.Instant, room protocol.RoomID, r *protocol.StartedRow) error) error
	// OpenRoom and ClosedRoom read one room's row; nil, nil: there is none. They do not wait: whoever answers with what
	// they gave calls Durable before.
	OpenRoom   func(site protocol.SiteID, room protocol.RoomID) (*protocol.OpenRoomRow, error)
	ClosedRoom func(site protocol.SiteID, closed protocol.Instant, room protocol.RoomID) (*protocol.ClosedRoomRow, error)
	// Durable waits until everything that was read before is durable.
	Durable func()
	// DayFold reads a finished day: its cells (bot ""), or a bot's journey; nil, nil: there is none.
	DayFold func(site protocol.SiteID, day protocol.Date, bot protocol.BotID) ([]byte, error)
	// Requests reads the open requests in the order of their keys, after the given one.
	Requests func(site protocol.SiteID, after []byte, limit int, each func(key []byte, r protocol.OpenRequestRow) error) error
	// Events reads an actor's log from the event number from on, and waits until what it read is durable.
	Events func(a protocol.Address, from uint64, limit int, each func(protocol.Recorded) error) error
	// CustomerRooms reads the history rows of a customer number behind a key, newest start first;
	// the value is empty while the room is open.
	CustomerRooms func(site protocol.SiteID, no protocol.CustomerNo, after []byte, limit int, each func(key, value []byte) error) error
	// Blocked reads the numbers of all blocked customers of a site, and when each was blocked; 0 = that is not known.
	Blocked func(site protocol.SiteID, each func(no protocol.CustomerNo, at protocol.Instant)) error
	// Ledger reads the lines of a site's ledger that were written from an instant on until another, after the given
	// key; at is when a line was written.
	Ledger func(site protocol.SiteID, from, until protocol.Instant, limit int, after []byte, each func(key []byte, at protocol.Instant, e protocol.LedgerEntry) error) error
	// RoomByNumber finds a room by the site's number of it; "", nil: there is none.
	RoomByNumber func(site protocol.SiteID, number uint64) (protocol.RoomID, error)
	// SaveFile keeps the content of an upload, sealed with the row's key, and fills in where it lies, once it would survive a crash.
	// OpenFile reads it back; ErrErased: its key has been destroyed.
	SaveFile func(content []byte, row *protocol.FileRow) error
	OpenFile func(row *protocol.FileRow) ([]byte, error)
	// File reads what is known of an upload; nil, nil: there is no such file.
	File func(site protocol.SiteID, id string) (*protocol.FileRow, error)
	// Undurable is what the node has accepted and not yet answered; the measure of admission.
	Undurable func() (commands int, bytes int64)
	// Space says whether the disk has room for new rooms, and for anything at all.
	Space func() (rooms, anything bool)
	// Hours is what the site's calendar says of an instant, and when it says something else; next is zero where it never does.
	Hours func(f *protocol.SiteFacts, at time.Time) (open bool, next time.Time, opens bool)
	// FirstSite makes the first site of a node, and gives the accounts that were made beside its administrator.
	FirstSite func(context.Context, FirstSite) ([]FirstLogin, *protocol.Rejection)
	// Webhooks are the sender's.
	Webhooks Webhooks
	Now      func() time.Time
	Chance   func() protocol.Chance
	// Epoch names this life of the store.
	Epoch string
	// Ready names what is not ready; empty = ready.
	Ready func() []string
}

// Session is a login as the engine knows it.
type Session struct {
	Site    protocol.SiteID
	Account protocol.AccountID
	Expires protocol.Instant
}

// Sink is one reader of a durable stream. The calls of one Follow come one at a time.
type Sink interface {
	// Push gives one durable event. replay=true: may block until the socket drained (pages go
	// as fast as the reader); replay=false (live): must not block; false = full, the follower
	// goes back to reading the log.
	Push(r *protocol.Recorded, frame []byte, replay bool) bool
	// Live says that everything up to seq was given; live from here.
	Live(seq uint64)
	// Reset says that the stream cannot be served from the position asked for.
	Reset(reason string)
	// Ephemeral gives a frame without a number; it may be lost.
	Ephemeral(key string, frame []byte)
}
