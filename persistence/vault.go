package persistence

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"

	"switchyard/protocol"
)

// ErrVault: the customers' keys are not there, not those of the store, or damaged. Without them nothing that tells of a
// customer can be read, so that is said at the opening and not passed off as erased.
var ErrVault = errors.New("persistence: the customers' keys")

// Vault keeps the keys with which personal texts are sealed (protocol/seal.go): a flat file of slots of 64 bytes, slot n the key with
// the number n, so that destroying a key overwrites it where it lies. It is in no checkpoint: a backup is unreadable
// without it, and what was erased stays erased in every backup. A number is given once: keys are made ahead, 1,000 to a
// sync, and what was not given when the process ended never is.
//
//	slot 0      "SWYVAULT" version 1, 3 bytes 0, id 16, 0 …, CRC-32C 4 of everything before
//	slot n ≥ 1  state 1 (1 = key, 2 = destroyed, 3 = a crash left it and nobody got it), 3 bytes 0, key 32 (zeros when destroyed), 0 …, CRC-32C 4
//
// All methods may be called from any goroutine.
type Vault struct {
	file vfs.File
	id   string

	mu     sync.Mutex
	next   uint64 // number to be given next
	made   uint64 // keys up to here are on the disk
	erased int

	stripes [64]vaultStripe
}

// vaultStripe remembers ciphers: making one costs more than sealing a message with it.
type vaultStripe struct {
	mu      sync.Mutex
	ciphers map[uint64]cipher.AEAD // nil value: destroyed
}

const (
	slotBytes   = 64
	slotKey     = 4
	slotKeyEnd  = slotKey + 32
	slotSum     = slotBytes - 4
	vaultMagic  = "SWYVAULT\x01"
	vaultBlock  = 1000
	ciphersKept = 256 // of a stripe
	keyThere    = 1
	keyErased   = 2
	keyNobodys  = 3
)

// vaultCategory is what the disk's own statistics call these writes.
const vaultCategory vfs.DiskWriteCategory = "switchyard-keys"

// openVault opens the file, or makes it if it is missing and make says so. A nil disk is the real one, where the file must be
// readable for its owner only. Errors are ErrVault.
func openVault(disk vfs.FS, path string, make_ bool) (*Vault, error) {
	real := disk == nil
	if real {
		disk = vfs.Default
	}
	info, err := disk.Stat(path)
	missing := errors.Is(err, os.ErrNotExist)
	switch {
	case missing && !make_:
		return nil, fmt.Errorf("%w: %s is missing", ErrVault, path)
	case err != nil && !missing:
		return nil, fmt.Errorf("%w: %w", ErrVault, err)
	case err == nil && real && info.Mode().Perm()&0o077 != 0:
		return nil, fmt.Errorf("%w: %s can be read by others (mode %o); make it 600", ErrVault, path, info.Mode().Perm())
	}
	if missing || info.Size() < slotBytes { // new, or a crash stopped its making: nothing was sealed with it
		if !missing && !make_ {
			return nil, fmt.Errorf("%w: %s is damaged", ErrVault, path)
		}
		if err := newVault(disk, path, real); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrVault, err)
		}
	}
	f, err := disk.OpenReadWrite(path, vaultCategory)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrVault, err)
	}
	v := &Vault{file: f}
	if err := v.check(); err != nil {
		return nil, errors.Join(fmt.Errorf("%w: %s: %w", ErrVault, path, err), f.Close())
	}
	return v, nil
}

func newVault(disk vfs.FS, path string, real bool) error {
	dir := disk.PathDir(path)
	if err := disk.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if real { // Pebble's own way makes files that the group can read
		f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|os.O_TRUNC, 0o600)
		if err != nil {
			return err
		}
		if err := f.Close(); err != nil {
			return err
		}
	} else {
		f, err := disk.Create(path, vaultCategory)
		if err != nil {
			return err
		}
		if err := f.Close(); err != nil {
			return err
		}
	}
	f, err := disk.OpenReadWrite(path, vaultCategory)
	if err != nil {
		return err
	}
	var head [slotBytes]byte
	copy(head[:], vaultMagic)
	rand.Read(head[12:28])
	sum(head[:])
	_, err = f.WriteAt(head[:], 0)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	for _, d := range []string{dir, disk.PathDir(dir)} {
		h, err := disk.OpenDir(d)
		if err != nil {
			return err
		}
		if err := errors.Join(h.Sync(), h.Close()); err != nil {
			return err
		}
	}
	return nil
}

func sum(slot []byte) {
	binary.BigEndian.PutUint32(slot[slotSum:], crc32.Checksum(slot[:slotSum], castagnoli))
}

func sound(slot []byte) bool {
	return crc32.Checksum(slot[:slotSum], castagnoli) == binary.BigEndian.Uint32(slot[slotSum:])
}

// check reads the whole file. A bad slot in the block that was written last is what a crash leaves of keys that nobody got; one
// before is damage. What was left is made sound at once: the next block would stand behind it, and then it would pass for damage.
func (v *Vault) check() error {
	info, err := v.file.Stat()
	if err != nil {
		return err
	}
	slots := uint64(info.Size()+slotBytes-1) / slotBytes
	buffer := make([]byte, slotBytes*vaultBlock)
	var left []uint64
	for first := uint64(0); first < slots; first += vaultBlock {
		n, err := v.file.ReadAt(buffer, int64(first*slotBytes))
		if err != nil && err != io.EOF {
			return err
		}
		clear(buffer[n:])
		for i := first; i < min(first+vaultBlock, slots); i++ {
			slot := buffer[(i-first)*slotBytes:][:slotBytes]
			switch {
			case !sound(slot) && i == 0, i == 0 && string(slot[:len(vaultMagic)]) != vaultMagic:
				return ErrChecksum
			case i == 0:
				v.id = hex.EncodeToString(slot[12:28])
			case !sound(slot) && i+vaultBlock < slots:
				return fmt.Errorf("%w: key %d", ErrChecksum, i)
			case !sound(slot):
				left = append(left, i)
			case sound(slot) && slot[0] == keyErased:
				v.erased++
			}
		}
	}
	v.next, v.made = slots, slots-1 // the rest of a block that was begun is never given
	if left == nil {
		return nil
	}
	var slot [slotBytes]byte
	slot[0] = keyNobodys
	sum(slot[:])
	for _, i := range left {
		if _, err := v.file.WriteAt(slot[:], int64(i*slotBytes)); err != nil {
			return err
		}
	}
	return v.file.Sync()
}

// ID tells one vault from another; a store knows its own.
func (v *Vault) ID() string { return v.id }

// Erased is how many keys have been destroyed.
func (v *Vault) Erased() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.erased
}

// Take gives the number of a key that nobody has. Once in 1,000 times it waits for a sync.
func (v *Vault) Take() (uint64, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.next > v.made {
		if err := v.make(); err != nil {
			return 0, fmt.Errorf("%w: %w", ErrVault, err)
		}
	}
	v.next++
	return v.next - 1, nil
}

// make puts the next block on the disk. What a failed one left is overwritten.
func (v *Vault) make() error {
	block := make([]byte, slotBytes*vaultBlock)
	for i := range vaultBlock {
		slot := block[i*slotBytes:][:slotBytes]
		slot[0] = keyThere
		rand.Read(slot[slotKey:slotKeyEnd])
		sum(slot)
	}
	if _, err := v.file.WriteAt(block, int64((v.made+1)*slotBytes)); err != nil {
		return err
	}
	if err := v.file.Sync(); err != nil {
		return err
	}
	v.made += vaultBlock
	return nil
}

// cipher gives the key's cipher; nil and no error if it has been destroyed.
func (v *Vault) cipher(key uint64) (cipher.AEAD, error) {
	s := &v.stripes[key%uint64(len(v.stripes))]
	s.mu.Lock()
	defer s.mu.Unlock()
	if a, ok := s.ciphers[key]; ok {
		return a, nil
	}
	var slot [slotBytes]byte
	if _, err := v.file.ReadAt(slot[:], int64(key*slotBytes)); err != nil {
		return nil, fmt.Errorf("%w: key %d: %w", ErrVault, key, err)
	}
	if key == 0 || !sound(slot[:]) || slot[0] == keyNobodys { // what claims to be sealed with nobody's is damaged, not erased
		return nil, fmt.Errorf("%w: key %d: %w", ErrVault, key, ErrChecksum)
	}
	var a cipher.AEAD
	if slot[0] == keyThere {
		block, err := aes.NewCipher(slot[slotKey:slotKeyEnd])
		if err == nil {
			a, err = cipher.NewGCMWithRandomNonce(block)
		}
		if err != nil {
			return nil, fmt.Errorf("%w: key %d: %w", ErrVault, key, err)
		}
	}
	if s.ciphers == nil || len(s.ciphers) >= ciphersKept {
		s.ciphers = make(map[uint64]cipher.AEAD)
	}
	s.ciphers[key] = a
	return a, nil
}

// Seal implements protocol.Sealer. It panics if the key cannot be read: the step that wants to write is thrown away then.
func (v *Vault) Seal(dst []byte, key uint64, plain, context []byte) []byte {
	a, err := v.cipher(key)
	if err != nil {
		panic(err)
	}
	if a == nil {
		return dst
	}
	return a.Seal(dst, nil, plain, context)
}

// Open implements protocol.Opener.
func (v *Vault) Open(dst []byte, key uint64, sealed, context []byte) ([]byte, error) {
	a, err := v.cipher(key)
	switch {
	case err != nil:
		return nil, err
	case a == nil:
		return nil, protocol.ErrErased
	}
	plain, err := a.Open(dst, nil, sealed, context)
	if err != nil {
		return nil, fmt.Errorf("%w: sealed with key %d", ErrChecksum, key)
	}
	return plain, nil
}

// Erase destroys keys. When it returns nil, they are overwritten on the disk and forgotten in memory; one that was destroyed
// before stays so. After an error nothing is promised of any of them, and it is to be called again: it writes all of them
// again, since nobody knows what a failed sync left.
func (v *Vault) Erase(keys ...uint64) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	var slot, old [slotBytes]byte
	slot[0] = keyErased
	sum(slot[:])
	for _, key := range keys {
		if key == 0 || key > v.made {
			return fmt.Errorf("%w: there is no key %d", ErrVault, key)
		}
		if _, err := v.file.ReadAt(old[:], int64(key*slotBytes)); err != nil {
			return fmt.Errorf("%w: key %d: %w", ErrVault, key, err)
		}
		if _, err := v.file.WriteAt(slot[:], int64(key*slotBytes)); err != nil {
			return fmt.Errorf("%w: key %d: %w", ErrVault, key, err)
		}
		if old != slot {
			v.erased++
		}
	}
	if err := v.file.Sync(); err != nil {
		return fmt.Errorf("%w: %w", ErrVault, err)
	}
	for _, key := range keys { // a cipher that was made meanwhile is of the old slot
		s := &v.stripes[key%uint64(len(v.stripes))]
		s.mu.Lock()
		delete(s.ciphers, key)
		s.mu.Unlock()
	}
	return nil
}

func (v *Vault) close() error { return v.file.Close() }
