package persistence

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/atomicfs"
)

// checkLogs looks at the manifest and at the log that was being written when the store was last in use, before Pebble reads
// them, and refuses one that is damaged in front of a later record (F-03).
//
// Pebble takes the first bad chunk of either for the place where a crash tore it. In the log it asks whether a chunk in a
// later block of 32 KiB says that more had been synced by then; nothing says so in the last block, and the offset that chunks
// carry counts too little as soon as there are several. In the manifest it does not ask. So one flipped bit, and all records
// behind it are gone without a word (tried: ten acknowledged entries of ten in the log; in the manifest, tables and all).
//
// We know more. Both have one writer, which waits for each sync: the committing goroutine the log's, a lock the manifest's.
// So the beginning of a record was written after everything before it was durable. Behind a torn chunk there can be further
// chunks of the same record, and never the beginning of another.
//
// What remains is the very last record of each: if the process was killed, torn and damaged look alike. What ends in one loses it,
// and says so (F-02): nobody was told that it was written.
func checkLogs(fs vfs.FS, dir string, o Options) error {
	manifest, err := atomicfs.ReadMarker(fs, dir, "manifest")
	if errors.Is(err, os.ErrNotExist) {
		return nil // no store yet
	}
	if err == nil && manifest != "" {
		err = checkChunks(fs, dir, manifest, chunks{legacy: true}, o)
	}
	if err != nil {
		return err
	}
	log, number, err := newestLog(fs, dir)
	if err == nil && log != "" {
		err = checkChunks(fs, dir, log, chunks{number: uint32(number)}, o)
	}
	return err
}

func checkChunks(fs vfs.FS, dir, name string, c chunks, o Options) error {
	f, err := fs.Open(fs.PathJoin(dir, name), vfs.SequentialReadsOption)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	at, torn, err := c.damagedAt(f, info.Size())
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if at >= 0 {
		return fmt.Errorf("%w: %s at offset %d, and there are records behind it", ErrChecksum, name, at)
	}
	if torn >= 0 {
		o.Logger.Warn("the end of a log was torn off by a crash; its unfinished record is dropped", "file", name, "offset", torn)
		if o.Observe.Torn != nil {
			o.Observe.Torn(name, torn)
		}
	}
	return nil
}

// newestLog is the log with the highest number; no name if there is none.
func newestLog(fs vfs.FS, dir string) (name string, number uint64, err error) {
	files, err := fs.List(dir)
	for _, file := range files {
		digits, isLog := strings.CutSuffix(file, ".log")
		if !isLog {
			continue
		}
		if n, err := strconv.ParseUint(digits, 10, 64); err == nil && n >= number {
			name, number = file, n
		}
	}
	return name, number, err
}

// chunks is how a file of records is made: a row of blocks, each a row of chunks, each CRC 4 bytes, length 2, type 1, in a
// log its number 4 and, in the newer types, a synced offset 8, and then the bytes; all little-endian.
// (github.com/cockroachdb/pebble/v2/record describes it.)
type chunks struct {
	legacy bool   // the manifest's: without a number
	number uint32 // the log's: a file can hold what is left of an older log
}

const chunkBlock = 32 << 10

// chunkHeads are the lengths of heads, by type: each four types are a full chunk, a first, a middle, and a last one of a record.
var chunkHeads = [...]int{0, 7, 7, 7, 7, 11, 11, 11, 11, 19, 19, 19, 19}

type chunk int

const (
	badChunk  chunk = iota // torn, or damaged
	noChunk                // nothing that this log has written: zeros, or what is left of an older one
	blockEnd               // zeros that fill a block
	beginning              // full or first: a record begins
	middle                 // middle or last: a record goes on
	trailer                // the log was closed in good order
)

// damagedAt gives the offset of a chunk that is bad and has a beginning or the trailer behind it, or else of one at the end that
// was begun and not finished, as far as that can be seen; -1 if there is none.
func (c chunks) damagedAt(r io.Reader, size int64) (damaged, torn int64, err error) {
	var block [chunkBlock]byte
	bad := int64(-1)   // offset of the first bad chunk
	chain := int64(-1) // where the next chunk is if the length in the bad one is right
	torn = -1
	for begin := int64(0); ; begin += chunkBlock {
		n, err := io.ReadFull(r, block[:])
		if err == io.EOF {
			return -1, torn, nil
		}
		if err != nil && err != io.ErrUnexpectedEOF {
			return -1, -1, err
		}
		for at := 0; at < n; {
			here := begin + int64(at)
			what, length := c.at(block[at:n])
			switch {
			case bad < 0 && what == trailer:
				return -1, -1, nil
			case bad < 0 && (what == badChunk || what == noChunk):
				bad, chain = here, here+int64(length)
				if what == badChunk {
					torn = here
				}
				at++
			case bad < 0 && what == blockEnd && n < chunkBlock && !zero(block[at:n]): // a piece of a head
				torn = here
				at += length
			case bad < 0 || what == middle:
				at += length
			case what == beginning, what == trailer && (here == chain || here+int64(length) == size):
				return bad, -1, nil
			default:
				at++ // behind a bad chunk the next may be anywhere
			}
		}
	}
}

// at says what b begins with, and its length; that of a bad chunk is what it says itself, which may be wrong.
func (c chunks) at(b []byte) (what chunk, length int) {
	if len(b) < chunkHeads[1] {
		return blockEnd, len(b)
	}
	sum, size, kind := binary.LittleEndian.Uint32(b), int(binary.LittleEndian.Uint16(b[4:])), int(b[6])
	if kind == 0 && !c.legacy && len(b) < chunkHeads[9] && zero(b) {
		return blockEnd, len(b)
	}
	if kind == 0 || kind >= len(chunkHeads) || c.legacy != (kind < 5) {
		return noChunk, chunkHeads[1] + size
	}
	length = chunkHeads[kind] + size
	number := c.number
	if !c.legacy && len(b) >= chunkHeads[5] {
		number = binary.LittleEndian.Uint32(b[7:])
	}
	switch {
	case length > len(b) && number == c.number:
		return badChunk, length
	case length > len(b):
		return noChunk, length
	case !c.legacy && sum == 0 && size == 0 && kind == 5 && number == c.number+1:
		return trailer, length
	case number != c.number:
		return noChunk, length
	}
	switch {
	case sum != chunkSum(b[6:length]):
		return badChunk, length
	case (kind-1)%4 < 2:
		return beginning, length
	}
	return middle, length
}

func zero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

// chunkSum is CRC-32C in the masked form in which Pebble stores it.
func chunkSum(b []byte) uint32 {
	c := crc32.Checksum(b, castagnoli)
	return (c>>15 | c<<17) + 0xa282ead8
}
