package main

import (
	"context"
	"fmt"
	"log/slog"
	"syscall"
)

// descriptors is how the process's descriptors are shared out at the start, so that connections never take the one that the
// journal needs for its next file (F-22).
type descriptors struct {
	limit       uint64
	store       int // files of the store
	connections int // of the public address
}

const (
	// ownDescriptors are for everything but the store and the public's connections: standard streams, the poller, listeners, the
	// log, keys, uploads being written, 16 connections of the operations listener and 16 refusals that are being read.
	ownDescriptors = 72
	// opsConnections is how many connections the operations listener takes.
	opsConnections = 16
	storeFilesMin  = 74 // what Pebble takes at least
	storeFilesMax  = 1000
	connectionsMin = 32
	descriptorsMin = ownDescriptors + storeFilesMin + connectionsMin

	limitConnections = "limit-connections"
)

// shareOut divides a limit: a quarter for the store, within its bounds, and what is left for at most wanted connections.
func shareOut(limit uint64, wanted int) (descriptors, error) {
	if limit < descriptorsMin {
		return descriptors{}, fmt.Errorf("descriptors: this process may have %d, and needs %d at least (ulimit -n)", limit, descriptorsMin)
	}
	d := descriptors{limit: limit, store: storeFilesMax}
	if q := limit / 4; q < storeFilesMax {
		d.store = max(storeFilesMin, int(q))
	}
	d.connections = wanted
	if left := limit - ownDescriptors - uint64(d.store); left < uint64(wanted) {
		d.connections = int(left)
	}
	return d, nil
}

// ownDescriptorLimit reads the limit of this process. The Go runtime has raised it to the hard one.
func ownDescriptorLimit() (uint64, error) {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return 0, fmt.Errorf("descriptors: %w", err)
	}
	return l.Cur, nil
}

// say logs the plan; a warning where it gives less than was asked for.
func (d descriptors) say(log *slog.Logger, wanted int) {
	level, text := slog.LevelInfo, "descriptors shared out"
	if d.connections < wanted {
		level, text = slog.LevelWarn, "fewer connections than configured: the descriptor limit of the process does not allow more"
	}
	log.Log(context.Background(), level, text, "limit", d.limit, "store", d.store, "own", ownDescriptors, "connections", d.connections, "configured", wanted)
}
