package gateway

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"

	"switchyard/protocol"
)

// hasher runs argon2id for a bounded number of callers at a time: each takes tens of
// megabytes and milliseconds of a core, which is the point of it.
type hasher struct {
	slots  chan struct{} // running
	places chan struct{} // running or waiting
	memory uint32
	passes uint32
	decoy  string // compared with when there is no such account, so that both take as long
}

const (
	passwordBytesMax = 1024
	passwordRunesMin = 8
	argonMemoryMax   = 1 << 20 // KiB; a stored string asking for more is damaged
	argonPassesMax   = 64
)

func newHasher(cfg *Config) *hasher {
	h := &hasher{
		slots:  make(chan struct{}, cfg.PasswordWorkers),
		places: make(chan struct{}, cfg.PasswordWorkers+cfg.PasswordQueue),
		memory: cfg.PasswordMemory, passes: cfg.PasswordTime,
	}
	h.decoy = h.encode([]byte("0123456789abcdef"), make([]byte, 32))
	return h
}

func (h *hasher) encode(salt, key []byte) string {
	e := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=1$%s$%s", argon2.Version, h.memory, h.passes, e.EncodeToString(salt), e.EncodeToString(key))
}

var errBusy = &protocol.Rejection{Code: protocol.Unavailable, Text: "too many logins at the same time", RetryAfter: 1e9}

func (h *hasher) enter(ctx context.Context) *protocol.Rejection {
	select {
	case h.places <- struct{}{}:
	default:
		return errBusy
	}
	select {
	case h.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		<-h.places
		return errBusy
	}
}

func (h *hasher) leave() { <-h.slots; <-h.places }

// Hash makes the string that is stored of a password.
func (h *hasher) Hash(ctx context.Context, password string) (string, *protocol.Rejection) {
	if rej := h.enter(ctx); rej != nil {
		return "", rej
	}
	defer h.leave()
	salt := make([]byte, 16)
	rand.Read(salt)
	return h.encode(salt, argon2.IDKey([]byte(password), salt, h.passes, h.memory, 1, 32)), nil
}

// Matches compares a password with a stored string; stored "" stands for no account and takes as long.
func (h *hasher) Matches(ctx context.Context, password, stored string) (bool, *protocol.Rejection) {
	if rej := h.enter(ctx); rej != nil {
		return false, rej
	}
	defer h.leave()
	known := stored != ""
	if !known {
		stored = h.decoy
	}
	memory, passes, lanes, salt, key, ok := parseArgon(stored)
	if !ok {
		return false, nil
	}
	got := argon2.IDKey([]byte(password), salt, passes, memory, lanes, uint32(len(key)))
	return subtle.ConstantTimeCompare(got, key) == 1 && known, nil
}

func parseArgon(s string) (memory, passes uint32, lanes uint8, salt, key []byte, ok bool) {
	part := strings.Split(s, "$")
	if len(part) != 6 || part[0] != "" || part[1] != "argon2id" || part[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return
	}
	if n, err := fmt.Sscanf(part[3], "m=%d,t=%d,p=%d", &memory, &passes, &lanes); n != 3 || err != nil {
		return
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(part[4])
	key, err2 := base64.RawStdEncoding.DecodeString(part[5])
	ok = err1 == nil && err2 == nil && len(salt) >= 8 && len(key) >= 16 && len(key) <= 64 &&
		memory >= 8 && memory <= argonMemoryMax && passes >= 1 && passes <= argonPassesMax && lanes >= 1
	return
}
