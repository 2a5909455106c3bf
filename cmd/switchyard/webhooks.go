package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"

	"switchyard/actors/webhook"
	"switchyard/protocol"
)

// sender makes the sender of webhooks: it reads durable rows, and what it writes is an entry like any other.
func (n *node) sender() *webhook.Sender {
	return webhook.New(webhook.Options{
		Rows: func(id protocol.SiteID, kind protocol.RowKind, prefix, after []byte, limit int, each func(k, v []byte) error) error {
			err := n.store.Rows(n.shard(id), kind, prefix, after, limit, each)
			if err == nil {
				n.store.WaitDurable(n.store.Position())
			}
			return err
		},
		Commit: func(id protocol.SiteID, rows []protocol.Row) {
			e := &protocol.Entry{Shard: n.shard(id), At: protocol.At(n.clock.Now()), Actor: protocol.SiteAt(id), Rows: rows}
			n.store.WaitDurable(n.store.HandOver(e, nil))
		},
		Facts: n.engine.Facts, Sites: n.engine.Sites, Secret: n.hookSecret, Now: n.clock.Now, Private: n.cfg.WebhookPrivate,
		Observe: webhook.Observer{Attempted: n.metrics.WebhookAttempted, Dropped: n.metrics.WebhookDropped, GaveUp: n.metrics.WebhookGaveUp},
	})
}

// hookSecret is the secret of an address. It follows from a key of the node, so no secret is in the store or in a
// backup of it, and none can be read twice; a rotation raises the version.
func (n *node) hookSecret(site protocol.SiteID, hook string, version uint32) []byte {
	h := hmac.New(sha256.New, n.hookKey)
	h.Write(binary.BigEndian.AppendUint32(protocol.RowKey(site, hook), version))
	return h.Sum(nil)
}
