package protocol

import (
	"encoding/json"
	"fmt"
	"time"
)

// Retention: a closed room is kept for the site's period and then goes whole, as if it had never been (F-40).

// Limits of retention.rooms, in days.
const (
	retentionMin = 30
	retentionMax = 3650
)

func retention(field func(*Settings) *int) (func(*Settings) any, func(*Settings, json.RawMessage) error) {
	return func(s *Settings) any { return *field(s) }, func(s *Settings, raw json.RawMessage) error {
		v, err := read[int](raw, "whole days")
		if err == nil && v != 0 && (v < retentionMin || v > retentionMax) {
			err = fmt.Errorf("must be 0 (for ever) or %d to %d days", retentionMin, retentionMax)
		}
		if err == nil {
			*field(s) = v
		}
		return err
	}
}

// KeptUntil is when a room that closed at the instant may go; 0 = never.
func (s *Settings) KeptUntil(closed Instant) Instant {
	if s.RetentionDays == 0 {
		return 0
	}
	return closed.Add(time.Duration(s.RetentionDays) * 24 * time.Hour)
}

// ExpireRoom lets a closed room go whose period has passed; from the shell's retention to the room, which judges for itself.
type ExpireRoom struct{ Room RoomID }

// CommandName is room.expire in logs and metrics.
func (ExpireRoom) CommandName() string { return "room.expire" }

// RoomFileKey is the key of the row that says that a file was uploaded for a room. Without a file it is what all of
// a room's begin with.
func RoomFileKey(site SiteID, room RoomID, file string) []byte {
	if file == "" {
		return RowKey(site, string(room))
	}
	return RowKey(site, string(room), file)
}

// RoomFileOf reads the file out of a key of RoomFileKey.
func RoomFileOf(site SiteID, room RoomID, key []byte) string {
	return string(key[len(site)+1+len(room)+1 : len(key)-1])
}

// ClosedRoomOf reads the close and the room out of a key of ClosedRoomKey.
func ClosedRoomOf(site SiteID, key []byte) (closed Instant, room RoomID) {
	rest := key[len(site)+1:]
	return Instant(DecodeNo(rest[:8])), RoomID(rest[8 : len(rest)-1])
}
