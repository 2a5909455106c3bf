package main

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"switchyard/protocol"
)

// Customers' deletion requests (X-30, docs/operations.md). The directory has decided and left a row; what takes time is done here,
// beside everything else: the keys with which the customer's texts are sealed are destroyed, and the directory is told what
// has to go with them. Each step may be done again, so whatever a crash interrupts is begun anew; the row goes last.

const (
	erasureEvery = 30 * time.Second // between two looks
	erasurePart  = 1000             // keys and files that go in one entry
)

func (n *node) erasures() {
	defer n.keeping.Done()
	t := time.NewTicker(erasureEvery)
	defer t.Stop()
	for {
		select {
		case <-t.C:
		case <-n.tick:
			return
		}
		sites := n.engine.Sites()
		n.erasing.only(sites)
		for _, id := range sites {
			if err := n.eraseAsked(id); err != nil && !errors.Is(err, errStopping) {
				n.metrics.EraseFailed()
				n.log.Error("customers cannot be erased; it is tried again", "site", string(id), "in", erasureEvery, "error", err)
			}
		}
	}
}

// erasing is what waits, for those who watch: by site, what the last look left undone.
type erasing struct {
	mu sync.Mutex
	of map[protocol.SiteID]left
}

type left struct {
	waiting int
	oldest  protocol.Instant
}

// only forgets sites that are not there any more.
func (e *erasing) only(sites []protocol.SiteID) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for id := range e.of {
		if !slices.Contains(sites, id) {
			delete(e.of, id)
		}
	}
}

func (e *erasing) set(id protocol.SiteID, l left) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.of == nil {
		e.of = map[protocol.SiteID]left{}
	}
	e.of[id] = l
}

// read sums up all sites; oldest 0 = nothing waits.
func (e *erasing) read() (waiting int, oldest protocol.Instant) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, l := range e.of {
		waiting += l.waiting
		if l.waiting > 0 && (oldest == 0 || l.oldest < oldest) {
			oldest = l.oldest
		}
	}
	return waiting, oldest
}

// leftOf is what of a site's requests is not done.
func leftOf(todo []*erasure) (l left) {
	for _, e := range todo {
		if e.Done != 0 {
			continue // its keys are destroyed; what is left is its fingerprint
		}
		if l.waiting++; l.waiting == 1 || e.At < l.oldest {
			l.oldest = e.At
		}
	}
	return l
}

// eraseAsked finishes the requests of a site.
func (n *node) eraseAsked(id protocol.SiteID) error {
	now := protocol.At(n.engine.Now())
	var todo []*erasure
	of := map[protocol.CustomerNo]*erasure{}
	err := n.each(id, protocol.RowErasure, nil, func(_, v []byte) error {
		r, err := protocol.DecodeErasure(v)
		switch {
		case err != nil:
			return err
		case r.Done == 0:
			e := &erasure{ErasureRow: r, site: id}
			todo = append(todo, e)
			for _, no := range r.Numbers {
				of[no] = e
			}
		case now >= r.At.Add(protocol.ErasureKnown):
			todo = append(todo, &erasure{ErasureRow: r, site: id})
		}
		return nil
	})
	if err != nil {
		return err
	}
	n.erasing.set(id, leftOf(todo))
	if len(of) > 0 { // names of rows that only lead to a number: one look for all
		err = n.each(id, protocol.RowCustomerKey, nil, func(k, v []byte) error {
			if e := of[protocol.CustomerNo(protocol.DecodeNo(v))]; e != nil {
				e.keys = append(e.keys, protocol.CustomerKeyOf(id, k))
			}
			return nil
		})
	}
	if err != nil {
		return err
	}
	var undone []*erasure
	var first error
	for i, e := range todo {
		err := n.finish(e)
		if errors.Is(err, errStopping) {
			return err
		}
		if err != nil { // it holds up nobody else's
			undone = append(undone, e)
			if first == nil {
				first = err
			}
		}
		n.erasing.set(id, leftOf(slices.Concat(undone, todo[i+1:])))
	}
	if first != nil {
		return fmt.Errorf("%d of %d requests: %w", len(undone), len(todo), first)
	}
	return nil
}

// erasure is one request at work.
type erasure struct {
	protocol.ErasureRow
	site  protocol.SiteID
	keys  []protocol.CustomerKey
	rooms []protocol.RoomID
	files []protocol.RoomFile
}

// finish does what is left of one request.
func (n *node) finish(e *erasure) error {
	if e.Done == 0 {
		if err := n.find(e); err != nil {
			return fmt.Errorf("erasure of customer %d: %w", e.No, err)
		}
		// What was read may not be durable yet, and a key is not to go before the request that asks for it is.
		n.store.WaitDurable(n.store.Position())
		if err := n.store.Keys().Erase(e.Seals...); err != nil {
			return fmt.Errorf("erasure of customer %d: %w", e.No, err)
		}
		for _, room := range e.rooms { // one that is awake remembers tags, parameters and keys
			n.engine.Reread(protocol.RoomAt(e.site, room))
		}
	}
	for more := true; more; {
		b := protocol.FinishErasure{No: e.No, Keys: e.keys[:min(len(e.keys), erasurePart)]}
		b.Files = e.files[:min(len(e.files), erasurePart-len(b.Keys))]
		e.keys, e.files = e.keys[len(b.Keys):], e.files[len(b.Files):]
		more = len(e.keys)+len(e.files) > 0
		b.More = more
		if rej := n.ask(protocol.CustomersAt(e.site), b); rej != nil {
			return fmt.Errorf("erasure of customer %d: %w", e.No, rej)
		}
	}
	if e.Done == 0 {
		n.metrics.Erased()
		n.log.Info("a customer is erased", "site", string(e.site), "customer", uint64(e.No), "keys", len(e.Seals))
	}
	return nil
}

// find looks for the customer's rooms and their files.
func (n *node) find(e *erasure) error {
	for _, no := range e.Numbers {
		err := n.each(e.site, protocol.RowCustomerRoom, protocol.HistoryRowKey(e.site, no, 0, ""), func(k, _ []byte) error {
			_, room := protocol.HistoryRowRoom(e.site, k)
			e.rooms = append(e.rooms, room)
			return n.each(e.site, protocol.RowRoomFile, protocol.RoomFileKey(e.site, room, ""), func(k, _ []byte) error {
				e.files = append(e.files, protocol.RoomFile{Room: room, File: protocol.RoomFileOf(e.site, room, k)})
				return nil
			})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// each reads all rows of a kind of a site whose key begins with the prefix (nil = all), as they are stored, and gives up
// when the node stops.
func (n *node) each(id protocol.SiteID, kind protocol.RowKind, prefix []byte, row func(k, v []byte) error) error {
	if prefix == nil {
		prefix = protocol.RowKey(id)
	}
	const page = 1000
	var after []byte
	for rows := page; rows == page; {
		rows = 0
		var keys, values [][]byte // no reading within a reading
		err := n.store.Rows(n.shard(id), kind, prefix, after, page, func(k, v []byte) error {
			rows++
			keys, values = append(keys, slices.Clone(k)), append(values, slices.Clone(v))
			return nil
		})
		if err != nil {
			return err
		}
		for i := range keys {
			if err := row(keys[i], values[i]); err != nil {
				return err
			}
		}
		if rows > 0 {
			after = keys[rows-1]
		}
		select {
		case <-n.tick:
			return errStopping
		default:
		}
	}
	return nil
}
