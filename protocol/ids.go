package protocol

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"time"
)

// Names of things. All are opaque strings on the wire.
type (
	// SiteID names a tenant: 1-32 characters of [a-z0-9-]. The prefix of every customer key.
	SiteID string
	// RoomID names one consultation: "r_" and 26 characters, 128 random bits.
	RoomID string
	// AccountID names an account inside its site: 1-40 characters of [a-z0-9._-]; it is also the login name.
	AccountID string
	// CustomerKey is 고객식별번호: the site id, "_" and the identity at creation.
	CustomerKey string
	// CustomerNo is the engine's own number of a customer inside a site; it never changes (I-18). 0 is nobody.
	CustomerNo uint64
	// MessageID is a hash of (room, sender, command id, index): it gives nothing away and is the same after a replay.
	MessageID string
	// ClientID is the sender's own id of a write, 10-36 characters, unique per room and sender.
	ClientID string
)

// Instant is a point in time in milliseconds since 1970 UTC. 0 is "never".
type Instant int64

// At cuts t to the engine's millisecond.
func At(t time.Time) Instant { return Instant(t.UnixMilli()) }

// Time gives the instant back as a time in UTC.
func (i Instant) Time() time.Time { return time.UnixMilli(int64(i)).UTC() }

// Add moves the instant by d, cut to the millisecond.
func (i Instant) Add(d time.Duration) Instant { return i + Instant(d/time.Millisecond) }

// Kind says what sort of actor an address names.
type Kind uint8

// The kinds of actors. The numbers are stored: never reuse one.
const (
	KindSite Kind = iota + 1
	KindQueue
	KindAgent
	KindCustomer // the customer directory of a site
	KindRoom
	KindLedger
)

var kindNames = [...]string{KindSite: "site", KindQueue: "queue", KindAgent: "agent", KindCustomer: "customer", KindRoom: "room", KindLedger: "ledger"}

func (k Kind) String() string {
	if int(k) < len(kindNames) && kindNames[k] != "" {
		return kindNames[k]
	}
	return "kind?"
}

// Address names one actor. Only rooms and agents have an ID beside their site.
type Address struct {
	Kind Kind
	Site SiteID
	ID   string
}

func (a Address) String() string {
	if a.ID == "" {
		return a.Kind.String() + "/" + string(a.Site)
	}
	return a.Kind.String() + "/" + string(a.Site) + "/" + a.ID
}

// SiteAt, QueueAt, AgentAt, CustomersAt and RoomAt build addresses.
func SiteAt(s SiteID) Address               { return Address{Kind: KindSite, Site: s} }
func QueueAt(s SiteID) Address              { return Address{Kind: KindQueue, Site: s} }
func CustomersAt(s SiteID) Address          { return Address{Kind: KindCustomer, Site: s} }
func AgentAt(s SiteID, a AccountID) Address { return Address{Kind: KindAgent, Site: s, ID: string(a)} }
func RoomAt(s SiteID, r RoomID) Address     { return Address{Kind: KindRoom, Site: s, ID: string(r)} }

// Shard is the part of the store, 0 to shards-1, that everything of a site lives in: the
// first 8 bytes of SHA-256 of the site id, modulo the store's number of shards.
func Shard(s SiteID, shards int) uint16 {
	sum := sha256.Sum256([]byte(s))
	return uint16(binary.BigEndian.Uint64(sum[:8]) % uint64(shards))
}

// Chance is the randomness that comes in with a command; a mind rolls no dice of its own.
type Chance [16]byte

const idDigits = "abcdefghijkmnpqrstuvwxyz23456789"

var idAlphabet = base32.NewEncoding(idDigits).WithPadding(base32.NoPadding)

// RoomIDFrom makes a room's id out of a command's chance.
func RoomIDFrom(c Chance) RoomID {
	id := [2 + 26]byte{'r', '_'}
	idAlphabet.Encode(id[2:], c[:])
	return RoomID(id[:])
}

// Chance is what a room's id was made of: 16 bytes in place of a text where a million ids are kept. ok is false for an id
// that RoomIDFrom does not make.
func (r RoomID) Chance() (c Chance, ok bool) {
	const digits = 26 // of 5 bits: 130, of which the last two are zero
	if len(r) != 2+digits || r[0] != 'r' || r[1] != '_' {
		return c, false
	}
	bad := int8(0)
	for g := range 3 { // eight digits are five bytes
		group, in, out := uint64(0), r[2+8*g:][:8], c[5*g:][:5]
		for i := range len(in) {
			v := idValues[in[i]]
			bad |= v
			group = group<<5 | uint64(v)
		}
		out[0], out[1], out[2], out[3], out[4] = byte(group>>32), byte(group>>24), byte(group>>16), byte(group>>8), byte(group)
	}
	a, b := idValues[r[26]], idValues[r[27]]
	if bad|a|b < 0 || b&3 != 0 {
		return Chance{}, false
	}
	c[15] = byte(a)<<3 | byte(b)>>2
	return c, true
}

// idValues is the alphabet turned over: the value of a digit, -1 for what is none.
var idValues = func() (v [256]int8) {
	for i := range v {
		v[i] = -1
	}
	for i, digit := range []byte(idDigits) {
		v[digit] = int8(i)
	}
	return v
}()

// Token makes an unguessable token out of a command's chance; use tells several tokens of one command apart.
func Token(prefix, use string, c Chance) string {
	sum := sha256.Sum256(append(c[:], use...))
	return prefix + idAlphabet.EncodeToString(sum[:16])
}

// MessageIDFrom makes the id of the index-th message that the write (room, sender, id) posts.
func MessageIDFrom(room RoomID, sender, id string, index int) MessageID {
	text := messageIDFrom(room, sender, id, index)
	return MessageID(text[:])
}

func messageIDFrom(room RoomID, sender, id string, index int) (text [2 + 20]byte) {
	var everyday [160]byte // the ids of everyday length need no memory of their own: every message comes by here
	b := append(everyday[:0], room...)
	b = append(append(b, 0), sender...)
	b = append(append(b, 0), id...)
	b = append(b, 0, byte(index>>8), byte(index))
	sum := sha256.Sum256(b)
	text[0], text[1] = 'm', '_'
	idAlphabet.Encode(text[2:], sum[:12])
	return text
}
