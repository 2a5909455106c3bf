package persistence

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"switchyard/persistence/journaltest"
	"switchyard/protocol"
)

const keysPath = "keys/subjects"

func vaulted(fs vfs.FS) Options {
	o := small(fs)
	o.Keys = keysPath
	return o
}

// said hands over a message of a room whose customer has the key.
func sealedSaid(s *Store, a protocol.Address, number, key uint64, text string) {
	recs := []protocol.Recorded{{Number: number, Desk: number, Event: &protocol.MessagePosted{From: protocol.FromCustomer, Kind: protocol.Text, Text: text}}}
	sealing := protocol.Sealing{Keys: s.Keys()}
	s.HandOver(&protocol.Entry{
		Shard: protocol.Shard(a.Site, s.Shards()), At: 7, Actor: a, First: number, Count: 1, Record: sealing.Append(nil, a, 7, recs, key),
	}, nil)
}

func heard(t *testing.T, s *Store, a protocol.Address) (text string, erased bool) {
	t.Helper()
	require.NoError(t, s.Events(a, 0, -1, func(r protocol.Recorded) error {
		text, erased = r.Event.(*protocol.MessagePosted).Text, r.Erased
		return nil
	}))
	return text, erased
}

// TestX30AnErasedKeyIsGoneEverywhere: the key is gone from the file and from memory, across a crash too, and with it every copy
// of what it sealed: the store's, and that of a checkpoint that was taken before. Other customers' texts stay.
func TestX30AnErasedKeyIsGoneEverywhere(t *testing.T) {
	const marker = "planted-marker-4711"
	fs := vfs.NewCrashableMem()
	s := open(t, vaulted(fs))
	one, err := s.Keys().Take()
	require.NoError(t, err)
	two, err := s.Keys().Take()
	require.NoError(t, err)
	require.NotEqual(t, one, two)
	sealedSaid(s, room("seoul", "r_1"), 1, one, marker)
	sealedSaid(s, room("seoul", "r_2"), 1, two, "stays")
	s.WaitDurable(s.Position())
	require.NoError(t, s.Checkpoint("backup"))
	text, erased := heard(t, s, room("seoul", "r_1"))
	require.Equal(t, marker, text)
	require.False(t, erased)
	require.Empty(t, filesWith(t, fs, "", marker), "it is sealed in every file")

	require.NoError(t, s.Keys().Erase(one))
	require.NoError(t, s.Keys().Erase(one), "twice is once")
	require.Equal(t, 1, s.Keys().Erased())
	check := func(s *Store) {
		t.Helper()
		text, erased := heard(t, s, room("seoul", "r_1"))
		require.Empty(t, text)
		require.True(t, erased)
		text, erased = heard(t, s, room("seoul", "r_2"))
		require.Equal(t, "stays", text)
		require.False(t, erased)
		last, err := s.LastEvent(room("seoul", "r_1"))
		require.NoError(t, err)
		require.EqualValues(t, 1, last, "no number is missing")
	}
	check(s)
	sealedSaid(s, room("seoul", "r_1"), 2, one, marker) // whoever still writes: it is lost at once
	s.WaitDurable(s.Position())
	check2, erased := heard(t, s, room("seoul", "r_1"))
	require.Empty(t, check2)
	require.True(t, erased)

	crashed := fs.CrashClone(vfs.CrashCloneCfg{}) // nothing unsynced survives
	require.NoError(t, s.Close())
	s = open(t, vaulted(crashed))
	require.Equal(t, 1, s.Keys().Erased())
	text, erased = heard(t, s, room("seoul", "r_1"))
	require.Empty(t, text)
	require.True(t, erased)
	require.NoError(t, s.Close())

	backup, err := Open("backup", vaulted(crashed))
	require.NoError(t, err)
	check(backup)
	require.NoError(t, backup.Close())
}

// TestNoNumberOfAKeyIsGivenTwice, whatever a crash left of the last block; and what was given before it still opens.
func TestNoNumberOfAKeyIsGivenTwice(t *testing.T) {
	fs := vfs.NewCrashableMem()
	given := map[uint64]bool{}
	for life := range 6 {
		s := open(t, vaulted(fs))
		for range 1 + life*700 {
			no, err := s.Keys().Take()
			require.NoError(t, err)
			require.False(t, given[no], "key %d was given before", no)
			given[no] = true
			sealed := s.Keys().Seal(nil, no, []byte("x"), nil)
			plain, err := s.Keys().Open(nil, no, sealed, nil)
			require.NoError(t, err)
			require.Equal(t, "x", string(plain))
		}
		next := fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 50, RNG: crashDice(int64(life))})
		require.NoError(t, s.Close())
		fs = next
	}
	require.Greater(t, len(given), 10_000)
}

// TestWhatACrashLeftOfABlockIsNoDamageLater: a store that crashed while it made keys, opened, made more, and crashed again
// did not open any more, because the first torn block was not the last one by then.
func TestWhatACrashLeftOfABlockIsNoDamageLater(t *testing.T) {
	fs := vfs.NewMem()
	for life := range 3 {
		s := open(t, vaulted(fs))
		for range vaultBlock + 1 { // a block of its own in each life, and the beginning of the next
			_, err := s.Keys().Take()
			require.NoError(t, err)
		}
		made := s.Keys().made
		require.NoError(t, s.Close())
		f, err := fs.OpenReadWrite(keysPath, vaultCategory)
		require.NoError(t, err)
		torn := made - uint64(100*life) - 300 // nobody got these: a sync that returned left none of them torn
		_, err = f.WriteAt(make([]byte, 10*slotBytes), int64(torn*slotBytes))
		require.NoError(t, err)
		require.NoError(t, f.Close())
	}
	s := open(t, vaulted(fs))
	require.Zero(t, s.Keys().Erased(), "nobody's keys were not destroyed")
	_, err := s.Keys().cipher(1)
	require.NoError(t, err, "what was given still opens")
	require.NoError(t, s.Close())
}

// TestX30WithoutItsKeysAStoreIsNotOpened: a missing, foreign or damaged vault is said loudly, and never taken for erased.
func TestX30WithoutItsKeysAStoreIsNotOpened(t *testing.T) {
	made := func() vfs.FS {
		fs := vfs.NewMem()
		s := open(t, vaulted(fs))
		for range 2*vaultBlock + 1 {
			_, err := s.Keys().Take()
			require.NoError(t, err)
		}
		sealedSaid(s, room("seoul", "r_1"), 1, 5, "text")
		s.WaitDurable(s.Position())
		require.NoError(t, s.Close())
		return fs
	}
	flip := func(fs vfs.FS, at int64) { // not set to a value: keys are random, and one in 256 would have it already
		f, err := fs.OpenReadWrite(keysPath, vaultCategory)
		require.NoError(t, err)
		var b [1]byte
		_, err = f.ReadAt(b[:], at)
		require.NoError(t, err)
		b[0] ^= 0xff
		_, err = f.WriteAt(b[:], at)
		require.NoError(t, err)
		require.NoError(t, f.Close())
	}
	for name, spoil := range map[string]func(vfs.FS, *Options){
		"missing":     func(fs vfs.FS, _ *Options) { require.NoError(t, fs.Remove(keysPath)) },
		"not named":   func(_ vfs.FS, o *Options) { o.Keys = "" },
		"empty":       func(fs vfs.FS, _ *Options) { f, _ := fs.Create(keysPath, vaultCategory); require.NoError(t, f.Close()) },
		"head":        func(fs vfs.FS, _ *Options) { flip(fs, 20) },
		"a key":       func(fs vfs.FS, _ *Options) { flip(fs, 5*slotBytes+20) },
		"another one": func(fs vfs.FS, _ *Options) { require.NoError(t, newVault(fs, keysPath, false)) },
	} {
		t.Run(name, func(t *testing.T) {
			fs := made()
			o := vaulted(fs)
			spoil(fs, &o)
			for range 2 {
				_, err := Open("store", o)
				require.ErrorIs(t, err, ErrVault)
			}
		})
	}
	// Without keys one can look: at what happened, not at what was said.
	fs := made()
	o := vaulted(fs)
	o.Keys = ""
	i, err := OpenReadOnly("store", o)
	require.NoError(t, err)
	require.NoError(t, i.Events(room("seoul", "r_1"), 0, -1, func(r protocol.Recorded) error {
		require.True(t, r.Erased)
		return nil
	}))
	require.NoError(t, i.Close())
	o.Keys = keysPath
	i, err = OpenReadOnly("store", o)
	require.NoError(t, err)
	require.NoError(t, i.Events(room("seoul", "r_1"), 0, -1, func(r protocol.Recorded) error {
		require.Equal(t, "text", r.Event.(*protocol.MessagePosted).Text)
		return nil
	}))
	require.NoError(t, i.Close())
}

// TestX45TheKeysAreForTheirOwnerOnly, on the real disk.
func TestX45TheKeysAreForTheirOwnerOnly(t *testing.T) {
	dir := t.TempDir()
	o := Options{Shards: 4, CacheBytes: 1 << 20, MemTableBytes: 1 << 20, Keys: filepath.Join(dir, "keys", "subjects")}
	s, err := Open(filepath.Join(dir, "store"), o)
	require.NoError(t, err)
	_, err = s.Keys().Take()
	require.NoError(t, err)
	require.NoError(t, s.Close())
	for path, mode := range map[string]os.FileMode{o.Keys: 0o600, filepath.Dir(o.Keys): 0o700} {
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.Equal(t, mode, info.Mode().Perm(), path)
	}
	require.NoError(t, os.Chmod(o.Keys, 0o640))
	_, err = Open(filepath.Join(dir, "store"), o)
	require.ErrorIs(t, err, ErrVault)
	require.NoError(t, os.Chmod(o.Keys, 0o600))
	s, err = Open(filepath.Join(dir, "store"), o)
	require.NoError(t, err)
	require.NoError(t, s.Close())
}

// TestF26AStoreOfVersion1GoesOn: it is migrated, whole or not at all whatever a crash does, its unsealed texts are read, and the
// files of its rooms are found by their rooms.
func TestF26AStoreOfVersion1GoesOn(t *testing.T) {
	old := vfs.NewCrashableMem()
	s := open(t, small(old))
	a := room("seoul", "r_1")
	e := journaltest.Said(4, a, 1, "old")
	file := protocol.FileRow{ID: "f_1", Hash: make([]byte, 32), Room: "r_1"}
	e.Rows = []protocol.Row{
		{Kind: protocol.RowFile, Key: protocol.FileRowKey("seoul", "f_1"), Value: protocol.AppendFile(nil, &file)},
		{Kind: protocol.RowFile, Key: protocol.FileRowKey("seoul", "f_2"), Value: protocol.AppendFile(nil, &protocol.FileRow{ID: "f_2"})},
	}
	s.HandOver(e, nil)
	s.WaitDurable(s.Position())
	require.NoError(t, s.db.Set(keyFormat, appendFramed(nil, []byte{0, 0, 0, 1}), pebble.Sync))
	require.NoError(t, s.Close())

	whole := func(fs vfs.FS) {
		s := open(t, vaulted(fs))
		defer func() { require.NoError(t, s.Close()) }()
		text, erased := heard(t, s, a)
		require.Equal(t, "old", text)
		require.False(t, erased)
		var files []string
		require.NoError(t, s.Rows(e.Shard, protocol.RowRoomFile, nil, nil, -1, func(k, _ []byte) error {
			files = append(files, protocol.RoomFileOf("seoul", "r_1", k))
			return nil
		}))
		require.Equal(t, []string{"f_1"}, files)
		version, err := readNumber(s.db, keyFormat)
		require.NoError(t, err)
		require.EqualValues(t, formatVersion, version)
	}
	for at := range 40 { // crashes at each write, sync, create, rename … of the opening
		fs := old.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 100, RNG: crashDice(1)})
		var mu sync.Mutex // the store's own goroutines write as well
		n := 0
		var crashed *vfs.MemFS
		o := vaulted(&pointFS{FS: fs, at: func() {
			mu.Lock()
			defer mu.Unlock()
			if n++; n == at+1 {
				crashed = fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 50, RNG: crashDice(int64(at))})
			}
		}})
		s := open(t, o)
		require.NoError(t, s.Close())
		mu.Lock()
		there := crashed
		mu.Unlock()
		if there == nil {
			require.Greater(t, at, 3)
			break
		}
		whole(there)
	}
	whole(old)
}

// TestF28ACrashInABackup: at each file that is made, synced or renamed meanwhile. There is no backup then, or a whole one; and the next call
// makes one, whatever was left.
func TestF28ACrashInABackup(t *testing.T) {
	a := room("seoul", "r_1")
	whole := func(fs vfs.FS, when int) {
		t.Helper()
		o := small(fs)
		o.MustExist = true
		backup, err := Open("backup", o)
		require.NoError(t, err, "a crash at point %d left a backup that is none", when)
		last, err := backup.LastEvent(a)
		require.NoError(t, err)
		require.EqualValues(t, 3, last, "point %d", when)
		require.NoError(t, backup.Close())
	}
	points := 0
	for at := range 200 {
		fs := vfs.NewCrashableMem()
		var mu sync.Mutex // the store's own goroutines write as well
		n, counts := 0, false
		var crashed *vfs.MemFS
		s := open(t, small(&pointFS{FS: fs, at: func() {
			mu.Lock()
			defer mu.Unlock()
			if !counts {
				return
			}
			if n++; n == at+1 {
				crashed = fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 50, RNG: crashDice(int64(at))})
			}
		}}))
		for n := uint64(1); n <= 3; n++ {
			s.WaitDurable(s.HandOver(journaltest.Said(4, a, n, "text"), nil))
		}
		mu.Lock()
		counts = true
		mu.Unlock()
		require.NoError(t, s.Checkpoint("backup"))
		mu.Lock()
		counts = false
		there := crashed
		mu.Unlock()
		require.NoError(t, s.Close())
		whole(fs, at)
		if there == nil {
			break
		}
		points++
		if _, err := there.Stat("backup"); err == nil {
			whole(there, at)
			continue
		}
		again := open(t, small(there))
		require.NoError(t, again.Checkpoint("backup"))
		require.NoError(t, again.Close())
		whole(there, at)
		_, err := there.Stat("backup.partial")
		require.ErrorIs(t, err, os.ErrNotExist, "what was left is gone")
	}
	require.Greater(t, points, 3)
	t.Log(points, "points")
}

func crashDice(seed int64) *rand.Rand { return rand.New(rand.NewPCG(uint64(seed), 7)) }

// pointFS calls at before each file that is made, synced or renamed.
type pointFS struct {
	vfs.FS
	at func()
}

func (p *pointFS) Unwrap() vfs.FS { return p.FS }

func (p *pointFS) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	p.at()
	f, err := p.FS.Create(name, c)
	return &pointFile{f, p.at}, err
}

func (p *pointFS) OpenReadWrite(name string, c vfs.DiskWriteCategory, o ...vfs.OpenOption) (vfs.File, error) {
	f, err := p.FS.OpenReadWrite(name, c, o...)
	if err != nil {
		return nil, err
	}
	return &pointFile{f, p.at}, nil
}

func (p *pointFS) Rename(a, b string) error { p.at(); return p.FS.Rename(a, b) }

type pointFile struct {
	vfs.File
	at func()
}

func (f *pointFile) Sync() error     { f.at(); return f.File.Sync() }
func (f *pointFile) SyncData() error { f.at(); return f.File.SyncData() }

// BenchmarkSealedRecord is what a message costs with and without a seal.
func BenchmarkSealedRecord(b *testing.B) {
	v, err := openVault(vfs.NewMem(), keysPath, true)
	if err != nil {
		b.Fatal(err)
	}
	key, err := v.Take()
	if err != nil {
		b.Fatal(err)
	}
	a := room("seoul", "r_1")
	recs := []protocol.Recorded{{Number: 1, Desk: 1, Event: &protocol.MessagePosted{ID: "m_1", Kind: protocol.Text, Text: string(make([]byte, 200))}}}
	for _, c := range []struct {
		name string
		s    protocol.Sealing
	}{{"plain", protocol.Sealing{}}, {"sealed", protocol.Sealing{Keys: v}}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			buffer := make([]byte, 0, 1024)
			for b.Loop() {
				buffer = c.s.Append(buffer[:0], a, protocol.At(time.UnixMilli(7)), recs, key)
			}
		})
	}
}

// F-28: a crash that leaves half a block of keys, and then another block behind it: the half is void and never refused as damage, nor are
// its numbers passed off as those of erased customers.
func TestF28HalfABlockOfKeysDoesNotStopALaterStart(t *testing.T) {
	for name, left := range map[string]int{"whole, but empty": 0, "half of it": 500 * slotBytes, "to the middle of a slot": 300*slotBytes + 17} {
		t.Run(name, func(t *testing.T) {
			fs := vfs.NewMem()
			v, err := openVault(fs, keysPath, true)
			require.NoError(t, err)
			first, err := v.Take()
			require.NoError(t, err)
			sealed := v.Seal(nil, first, []byte("text"), nil)
			block := make([]byte, vaultBlock*slotBytes) // of the next block: its size was there, of its content only some
			good := make([]byte, left)
			_, err = v.file.ReadAt(good, slotBytes)
			require.NoError(t, err)
			copy(block, good)
			_, err = v.file.WriteAt(block, (1+vaultBlock)*slotBytes)
			require.NoError(t, err)
			require.NoError(t, v.close())

			v, err = openVault(fs, keysPath, false)
			require.NoError(t, err)
			next, err := v.Take() // of a block behind
			require.NoError(t, err)
			require.EqualValues(t, 1+2*vaultBlock, next)
			require.NoError(t, v.close())

			v, err = openVault(fs, keysPath, false)
			require.NoError(t, err)
			require.Zero(t, v.Erased())
			plain, err := v.Open(nil, first, sealed, nil)
			require.NoError(t, err)
			require.Equal(t, "text", string(plain))
			_, err = v.Open(nil, 2*vaultBlock, sealed, nil)
			require.ErrorIs(t, err, ErrChecksum)
			require.NotErrorIs(t, err, protocol.ErrErased)
			require.NoError(t, v.close())
		})
	}
}
