package persistence

import (
	"fmt"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"switchyard/persistence/journaltest"
	"switchyard/protocol"
)

// Format version 3, byte for byte, as FORMAT.md describes it. Whoever changes these lines makes a new version. (What is inside a
// record is protocol's, and held by its golden files.)
func TestFormatVersionThree(t *testing.T) {
	o := small(vfs.NewMem())
	o.Epoch = "e-1"
	s := open(t, o)
	e := journaltest.Said(4, protocol.RoomAt("seoul", "r_1"), 258, "hello")
	e.Rows = []protocol.Row{
		{Kind: protocol.RowOpenRoom, Key: protocol.RowKey("seoul", "r_1"), Value: []byte("value")},
		{Kind: protocol.RowSite, Key: protocol.RowKey("seoul"), Value: []byte{}},
	}
	s.WaitDurable(s.HandOver(e, nil))
	var lines []string
	it, err := s.db.NewIter(&pebble.IterOptions{})
	require.NoError(t, err)
	for it.First(); it.Valid(); it.Next() {
		value := fmt.Sprintf("%x", it.Value())
		if it.Key()[2] == kindEvents {
			require.Equal(t, e.Record, it.Value())
			value = fmt.Sprintf("the record, entry %x", it.Value()[1:9])
		}
		lines = append(lines, fmt.Sprintf("%x = %s", it.Key(), value))
	}
	require.NoError(t, it.Close())
	require.NoError(t, s.Close())
	require.Equal(t, []string{
		"000200 = 0100000000000000010000019aa4b645005d2a7683",
		"0002010573656f756c00725f31000000000000000102 = the record, entry 0000000000000001",
		"00028173656f756c00725f3100 = 0176616c75651c8862c5",
		"00028b73656f756c00 = 01a016d052",
		"ffff7f65706f6368 = 01652d31f5a3bf75",
		"ffff7f666f726d6174 = 01000000036e33ea6d",
		"ffff7f736861726473 = 0100000004baf98e86",
	}, lines)
}

// Pebble's format is named, and moves only by a decision and a row in FORMAT.md.
func TestPebblesFormatIsNamed(t *testing.T) {
	require.Equal(t, pebble.FormatMajorVersion(21), pebbleFormat)
	require.Less(t, pebbleFormat, pebble.FormatNewest)
}
