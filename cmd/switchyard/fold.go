package main

import (
	"encoding/binary"
	"errors"
	"time"

	"switchyard/actors/report"
	"switchyard/protocol"
)

// foldEvery is how often the node looks for days that can be stored.
const foldEvery = 10 * time.Second

// foldDays stores the finished days of every site, one after the other, as long as the node runs. What a crash
// interrupts is done again: a day counts once its site has recorded it.
func (n *node) foldDays() {
	defer n.keeping.Done()
	t := time.NewTicker(foldEvery)
	defer t.Stop()
	for {
		for _, id := range n.engine.Sites() {
			if err := n.fold(id); err != nil {
				n.log.Error("a day cannot be folded", "site", string(id), "error", err)
			}
		}
		select {
		case <-t.C:
		case <-n.tick:
			return
		}
	}
}

// fold stores the days of one site that are due.
func (n *node) fold(id protocol.SiteID) error {
	f := n.engine.Facts(id)
	if f == nil || len(f.Turns) == 0 {
		return nil
	}
	read := func(from protocol.Instant, each func(*protocol.Figures) bool) error {
		var after []byte
		for more := true; more; {
			count := 0
			err := n.figures(id, from, 1<<62, foldPage, after, func(key []byte, f *protocol.Figures) error {
				count++
				after = append(after[:0], key...)
				if more = each(f); !more {
					return errEnough
				}
				return nil
			})
			if err != nil {
				return err
			}
			more = more && count == foldPage
			select {
			case <-n.tick:
				return errStopping
			default:
			}
		}
		n.store.WaitDurable(n.store.Position())
		return nil
	}
	began := func(from, until protocol.Instant) (count int64, err error) {
		var after []byte
		for more := true; more && err == nil; {
			seen := 0
			err = n.startedRooms(id, from, until, foldPage, after, func(key []byte, _ protocol.Instant, _ protocol.RoomID, r *protocol.StartedRow) error {
				seen++
				after = append(after[:0], key...)
				if report.Began(r) {
					count++
				}
				return nil
			})
			more = seen == foldPage
			select {
			case <-n.tick:
				return 0, errStopping
			default:
			}
		}
		n.store.WaitDurable(n.store.Position())
		return count, err
	}
	save := func(b protocol.SaveDayFold) error {
		if rej := n.ask(protocol.SiteAt(id), b); rej != nil {
			return rej
		}
		return nil
	}
	err := report.FoldDue(f, n.engine.Now(), read, began, save)
	if errors.Is(err, errStopping) {
		return nil
	}
	return err
}

var errStopping = errors.New("stopping")

// foldPage is how many rows are read in one go.
const foldPage = 5000

// figures reads the figures of rooms that were closed from an instant on until another, in the order of their close.
func (n *node) figures(id protocol.SiteID, from, until protocol.Instant, limit int, after []byte, each func([]byte, *protocol.Figures) error) error {
	if len(after) == 0 {
		after = binary.BigEndian.AppendUint64(protocol.RowKey(id), uint64(from))
	}
	return stopped(n.store.Rows(n.shard(id), protocol.RowFigures, protocol.RowKey(id), after, limit, func(k, v []byte) error {
		f, err := protocol.DecodeFigures(v)
		if err != nil {
			return err
		}
		if f.ClosedAt >= until {
			return errEnough
		}
		return each(k, &f)
	}))
}

// startedBefore is the key below which everything sorts that began at an instant or later.
func startedBefore(id protocol.SiteID, until protocol.Instant) []byte {
	return binary.BigEndian.AppendUint64(protocol.RowKey(id), ^uint64(until-1))
}

// startedRooms reads the rooms that began from an instant on until another, newest first, behind a key.
func (n *node) startedRooms(id protocol.SiteID, from, until protocol.Instant, limit int, after []byte, each func(key []byte, created protocol.Instant, room protocol.RoomID, r *protocol.StartedRow) error) error {
	if len(after) == 0 {
		after = startedBefore(id, until)
	}
	return stopped(n.store.Rows(n.shard(id), protocol.RowStarted, protocol.RowKey(id), after, limit, func(k, v []byte) error {
		created, room := protocol.StartedRoom(id, k)
		if created < from {
			return errEnough
		}
		r, err := protocol.DecodeStarted(v)
		if err != nil {
			return err
		}
		return each(k, created, room, &r)
	}))
}
