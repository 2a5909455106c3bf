package persistence

import (
	"bytes"
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"strings"

	"github.com/cockroachdb/pebble/v2"

	"switchyard/protocol"
)

// Errors of Open and of reading. Test with errors.Is.
var (
	// ErrMissing: there is no store, and Options.MustExist forbids making one.
	ErrMissing = errors.New("persistence: there is no store here")
	// ErrForeign: there is a Pebble database, and it is not a store of this engine.
	ErrForeign = errors.New("persistence: this database is not a store")
	// ErrNewerFormat: a newer version of the engine has written the store.
	ErrNewerFormat = errors.New("persistence: the store has a newer format than this program knows")
	// ErrChecksum: stored bytes are not what was written. The error's text names shard and kind, or file and offset.
	ErrChecksum = protocol.ErrChecksum
	// ErrGap: numbers are missing in an actor's journal. Nothing deletes a part of one, so this is damage.
	ErrGap = errors.New("persistence: events are missing")
)

// formatVersion is the version this program writes. FORMAT.md has the ladder.
const formatVersion = 3

// pebbleFormat is the format of Pebble's own files. It is named, never "newest": a ratchet forbids going back to the
// release before. This one has checksums in the log that tell a damaged record from the log's end, and in tables' footers.
const pebbleFormat = pebble.FormatTableFormatV6

// A stored value that is not a record is framed: version 1 byte, the value, CRC-32C 4 bytes big-endian of both.
const (
	frameVersion = 1
	frameBytes   = 1 + 4
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func framedLen(value []byte) int { return frameBytes + len(value) }

func appendFramed(dst, value []byte) []byte {
	start := len(dst)
	dst = append(append(dst, frameVersion), value...)
	return binary.BigEndian.AppendUint32(dst, crc32.Checksum(dst[start:], castagnoli))
}

// unframe gives the value inside, sharing its bytes.
func unframe(stored []byte) ([]byte, error) {
	end := len(stored) - 4
	if end < 1 || crc32.Checksum(stored[:end], castagnoli) != binary.BigEndian.Uint32(stored[end:]) {
		return nil, ErrChecksum
	}
	if stored[0] != frameVersion {
		return nil, fmt.Errorf("%w: a value has version %d", ErrNewerFormat, stored[0])
	}
	return stored[1:end:end], nil
}

// The store's own rows.
var (
	keyFormat = appendStoreKey("format") // version, 4 bytes; its own layout never changes, so that any program can read it
	keyEpoch  = appendStoreKey("epoch")  // text; a backup has none
	keyShards = appendStoreKey("shards") // 4 bytes
	keyVault  = appendStoreKey("vault")  // id of the vault that the store's texts are sealed with; none = nothing is sealed
)

func appendStoreKey(name string) []byte {
	return append(appendHead(nil, storeShard, kindStore), name...)
}

// identity is what the store says about itself.
type identity struct {
	epoch  string
	shards int
}

// identify reads the store's identity, and makes one where the database is new, or is a backup that was never opened.
func identify(db *pebble.DB, o Options) (identity, error) {
	version, err := readNumber(db, keyFormat)
	if errors.Is(err, pebble.ErrNotFound) {
		return found(db, o)
	}
	if err != nil {
		return identity{}, fmt.Errorf("persistence: format version: %w", err)
	}
	if version > formatVersion {
		return identity{}, fmt.Errorf("%w: version %d, this program reads up to %d", ErrNewerFormat, version, formatVersion)
	}
	if version < formatVersion {
		if err := migrate(db, version); err != nil {
			return identity{}, fmt.Errorf("persistence: migration from version %d to %d: %w", version, formatVersion, err)
		}
	}
	shards, err := readNumber(db, keyShards)
	if err != nil {
		return identity{}, fmt.Errorf("persistence: number of shards: %w", err)
	}
	epoch, err := readFramed(db, keyEpoch)
	switch {
	case errors.Is(err, pebble.ErrNotFound):
		id := identity{epoch: newEpoch(o), shards: int(shards)}
		err := db.Set(keyEpoch, appendFramed(nil, []byte(id.epoch)), pebble.Sync)
		return id, err
	case err != nil:
		return identity{}, fmt.Errorf("persistence: epoch: %w", err)
	}
	return identity{epoch: string(epoch), shards: int(shards)}, nil
}

// keysOf opens the vault that the store belongs to. A store learns its vault at the first opening with one.
func keysOf(db *pebble.DB, o Options) (*Vault, error) {
	id, err := readFramed(db, keyVault)
	sealed := err == nil
	if err != nil && !errors.Is(err, pebble.ErrNotFound) {
		return nil, fmt.Errorf("persistence: vault: %w", err)
	}
	switch {
	case o.Keys == "" && sealed:
		return nil, fmt.Errorf("%w: the store is sealed, and no keys are named", ErrVault)
	case o.Keys == "":
		return nil, nil
	}
	v, err := openVault(o.FS, o.Keys, !sealed)
	switch {
	case err != nil:
		return nil, err
	case !sealed:
		err = db.Set(keyVault, appendFramed(nil, []byte(v.ID())), pebble.Sync)
	case string(id) != v.ID():
		err = fmt.Errorf("%w: %s is of another store", ErrVault, o.Keys)
	}
	if err != nil {
		return nil, errors.Join(err, v.close())
	}
	return v, nil
}

// migrate brings a store to the format of this program, in one batch: a crash leaves the one or the other.
//
// From 1 to 2: the files of rooms get the rows by which their room finds them. Records and rows of version 1 stay readable, so
// nothing else is touched.
//
// From 2 to 3: nothing is made anew. The version keeps older programs away from records of version 3 and from the directory's
// counters in varints, which they cannot read.
func migrate(db *pebble.DB, from uint32) error {
	b := db.NewBatch()
	defer b.Close()
	if from < 2 {
		if err := fileRows(db, b); err != nil {
			return err
		}
	}
	if err := b.Set(keyFormat, appendFramed(nil, binary.BigEndian.AppendUint32(nil, formatVersion)), nil); err != nil {
		return err
	}
	return b.Commit(pebble.Sync)
}

// fileRows adds a RowRoomFile for each RowFile of a room.
func fileRows(db *pebble.DB, b *pebble.Batch) error {
	shards, err := readNumber(db, keyShards)
	if err != nil {
		return err
	}
	for shard := range uint16(shards) {
		lower := appendRowKey(nil, shard, protocol.RowFile, nil)
		it, err := db.NewIter(&pebble.IterOptions{LowerBound: lower, UpperBound: after(lower)})
		if err != nil {
			return err
		}
		for it.First(); it.Valid(); it.Next() {
			value, err := unframe(it.Value())
			if err != nil {
				return errors.Join(err, it.Close())
			}
			f, err := protocol.DecodeFile(value)
			if err != nil {
				return errors.Join(err, it.Close())
			}
			site, _, _ := bytes.Cut(it.Key()[keyHead:], []byte{0})
			if f.Room == "" {
				continue
			}
			key := appendRowKey(nil, shard, protocol.RowRoomFile, protocol.RoomFileKey(protocol.SiteID(site), f.Room, f.ID))
			if err := b.Set(key, appendFramed(nil, nil), nil); err != nil {
				return errors.Join(err, it.Close())
			}
		}
		if err := errors.Join(it.Error(), it.Close()); err != nil {
			return err
		}
	}
	return nil
}

// found makes a new store in an empty database.
func found(db *pebble.DB, o Options) (identity, error) {
	it, err := db.NewIter(nil)
	if err != nil {
		return identity{}, err
	}
	used := it.First()
	if err := it.Close(); err != nil {
		return identity{}, err
	}
	switch {
	case used:
		return identity{}, ErrForeign
	case o.MustExist: // a crash stopped the making of one
		return identity{}, ErrMissing
	}
	id := identity{epoch: newEpoch(o), shards: o.Shards}
	b := db.NewBatch()
	defer b.Close()
	for _, row := range []struct{ key, value []byte }{
		{keyFormat, binary.BigEndian.AppendUint32(nil, formatVersion)},
		{keyEpoch, []byte(id.epoch)},
		{keyShards, binary.BigEndian.AppendUint32(nil, uint32(id.shards))},
	} {
		if err := b.Set(row.key, appendFramed(nil, row.value), nil); err != nil {
			return identity{}, err
		}
	}
	return id, b.Commit(pebble.Sync)
}

func newEpoch(o Options) string {
	if o.Epoch != "" {
		return o.Epoch
	}
	var b [10]byte
	rand.Read(b[:]) // never fails
	return "e-" + strings.ToLower(base32.StdEncoding.EncodeToString(b[:]))
}

func readFramed(db *pebble.DB, key []byte) ([]byte, error) {
	stored, closer, err := db.Get(key)
	if err == pebble.ErrNotFound { //nolint:errorlint // many a read is of what is not there, and looking for damage in the answer cost more than it
		return nil, err
	}
	if err != nil {
		return nil, damage(err)
	}
	defer closer.Close()
	value, err := unframe(stored)
	if err != nil {
		return nil, err
	}
	return append([]byte{}, value...), nil
}

func readNumber(db *pebble.DB, key []byte) (uint32, error) {
	value, err := readFramed(db, key)
	if err != nil {
		return 0, err
	}
	if len(value) != 4 {
		return 0, fmt.Errorf("%w: a number of %d bytes", protocol.ErrWire, len(value))
	}
	return binary.BigEndian.Uint32(value), nil
}

// damaged says whether an error of Pebble is of a damaged file. The footer of a table makes errors without the mark.
func damaged(err error) bool {
	return pebble.IsCorruptionError(err) || pebble.ExtractDataCorruptionInfo(err) != nil
}

// damage gives Pebble's errors of damaged files our name, and says the file.
func damage(err error) error {
	if !damaged(err) || errors.Is(err, ErrChecksum) {
		return err
	}
	if info := pebble.ExtractDataCorruptionInfo(err); info != nil {
		return fmt.Errorf("%w: %s: %w", ErrChecksum, info.Path, err)
	}
	return fmt.Errorf("%w: %w", ErrChecksum, err)
}
