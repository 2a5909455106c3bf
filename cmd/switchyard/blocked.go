package main

import (
	"errors"
	"slices"
	"time"

	"switchyard/protocol"
)

// Rows that came later than the records that they are made of are made here, once for each site: it is read whole in the
// background, and the directory is told what was found. What a crash interrupts is begun anew.

const (
	indexEvery = 30 * time.Second // after the start, and between two attempts
	indexPart  = 100              // customers of one command
)

func (n *node) indexes(todo []protocol.SiteID) {
	defer n.keeping.Done()
	t := time.NewTicker(indexEvery)
	defer t.Stop()
	for len(todo) > 0 {
		select {
		case <-t.C:
		case <-n.tick:
			return
		}
		todo = slices.DeleteFunc(todo, func(id protocol.SiteID) bool {
			err := n.indexBlocked(id)
			if err != nil && !errors.Is(err, errStopping) {
				n.log.Error("the list of blocked customers is not complete; it is tried again", "site", string(id), "in", indexEvery, "error", err)
			}
			return err == nil
		})
	}
}

// indexBlocked finds the customers of a site that were blocked before the list of them was kept. A site without customers
// has nothing to record, and is looked at again after the next start.
func (n *node) indexBlocked(id protocol.SiteID) error {
	v, err := n.store.Row(n.shard(id), protocol.RowBlocked, protocol.BlockedRowKey(id, 0))
	if err != nil || len(v) > 0 {
		return err
	}
	customers := 0
	var found []protocol.CustomerNo
	err = n.each(id, protocol.RowCustomer, nil, func(k, v []byte) error {
		customers++
		if v, err := protocol.OpenRow(protocol.RowCustomer, k, v, n.store.Keys()); err == nil {
			if c, err := protocol.DecodeCustomer(v); err != nil {
				return err
			} else if c.Blocked && c.Merged == 0 {
				found = append(found, c.No)
			}
		} else if !errors.Is(err, protocol.ErrErased) {
			return err
		}
		return nil
	})
	if err != nil || customers == 0 {
		return err
	}
	for last := false; !last; {
		part := found[:min(len(found), indexPart)]
		found = found[len(part):]
		last = len(found) == 0
		if rej := n.ask(protocol.CustomersAt(id), protocol.IndexBlocked{Numbers: part, Last: last}); rej != nil {
			return rej
		}
	}
	return nil
}
