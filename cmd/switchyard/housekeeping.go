package main

import (
	"context"
	"time"

	"switchyard/protocol"
)

// What was deleted leaves the disk by itself, but not by a certain time. Housekeeping sees to that: twice a day it removes the
// contents of files that nothing names any more and lets the store rewrite what deletions lie upon, working a tenth of the
// time, so that whatever is deleted is in no file a day later (docs/operations.md).
const (
	houseEvery = 8 * time.Hour
	houseShare = 10 // one part in ten
)

func (n *node) housekeeping() {
	defer n.keeping.Done()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		<-n.tick
		cancel()
	}()
	t := time.NewTicker(houseEvery)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			n.tidy(ctx)
		case <-ctx.Done():
			return
		}
	}
}

// tidy is one round of housekeeping; an error ends the round, and the next one begins anew.
func (n *node) tidy(ctx context.Context) {
	removed, err := n.files.Sweep(ctx, n.named)
	n.metrics.Swept(removed)
	if err == nil {
		err = n.store.Tidy(ctx, func(took time.Duration) {
			select {
			case <-time.After(min(took*(houseShare-1), time.Minute)):
			case <-ctx.Done():
			}
		})
	}
	if err != nil && ctx.Err() == nil {
		n.log.Error("housekeeping failed; it is tried again", "in", houseEvery, "error", err)
	}
}

// named takes the contents out that a file's row of any site names.
func (n *node) named(contents map[[32]byte]bool) error {
	n.store.WaitDurable(n.store.Position())
	const page = 1000
	for shard := range n.store.Shards() {
		var after []byte
		for rows := page; rows == page; {
			rows = 0
			err := n.store.Rows(uint16(shard), protocol.RowFile, nil, after, page, func(k, v []byte) error {
				rows++
				after = append(after[:0:0], k...)
				f, err := protocol.DecodeFile(v)
				if err == nil && len(f.Lies()) == 32 {
					delete(contents, [32]byte(f.Lies()))
				}
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}
