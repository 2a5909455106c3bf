package persistence

import (
	"errors"
	"path/filepath"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// markerFS makes sure that a marker reaches the disk after the file it names.
//
// Pebble names its current manifest by an empty file, marker.manifest.<n>.<name>, and makes both with one sync of the
// directory. A crash before that sync can keep the marker and lose the manifest, and then the store does not open again.
// Found by TestF01F28ACrashLosesOnlyTheEnd; it is cockroachdb/pebble#5825, mended in #5915, which the release we use does not
// have. When it does, this file goes.
type markerFS struct{ vfs.FS }

func (m markerFS) Unwrap() vfs.FS { return m.FS }

func (m markerFS) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	if strings.HasPrefix(m.PathBase(name), "marker.") {
		dir, err := m.FS.OpenDir(filepath.Dir(name))
		if err != nil {
			return nil, err
		}
		if err := errors.Join(dir.Sync(), dir.Close()); err != nil {
			return nil, err
		}
	}
	return m.FS.Create(name, c)
}
