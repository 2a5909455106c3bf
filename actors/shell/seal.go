package shell

import (
	"errors"
	"fmt"

	"switchyard/protocol"
)

// seal is the number of the key of the customer whom the actor is about; 0 = nobody.
func (h *host[S]) seal() uint64 {
	if h.m.Seal == nil || h.s == nil {
		return 0
	}
	return h.m.Seal(h.s)
}

// giveKeys gives a command the numbers of unused keys, where customers begin. They are the host's until an event has them.
func (h *host[S]) giveKeys(c *protocol.Command) {
	if !h.m.GivesKeys || h.e.o.Keys == nil {
		return
	}
	for i := range h.spare {
		if h.spare[i] != 0 {
			continue
		}
		no, err := h.e.o.Keys.Take()
		if err != nil { // nobody may begin unsealed
			h.e.o.Fatal(fmt.Errorf("shell: a customer's key: %w", err))
			return
		}
		h.spare[i] = no
	}
	c.Seal = h.spare
}

// keysUsed forgets the spare numbers that the events of a step have. A step that is thrown away afterwards costs a number.
func (h *host[S]) keysUsed(recs []protocol.Recorded) {
	if !h.m.GivesKeys {
		return
	}
	for i := range recs {
		if e, ok := recs[i].Event.(protocol.SealedEvent); ok && e.SealedBy() != 0 {
			for k := range h.spare {
				if h.spare[k] == e.SealedBy() {
					h.spare[k] = 0
				}
			}
		}
	}
}

// row reads a row of a site, opened; one whose key has been destroyed is not there.
func (e *Engine) row(site protocol.SiteID, kind protocol.RowKind, key []byte) ([]byte, error) {
	value, err := e.o.Store.Row(e.shard(site), kind, key)
	if err != nil || value == nil {
		return nil, err
	}
	value, err = protocol.OpenRow(kind, key, value, e.keys)
	if errors.Is(err, protocol.ErrErased) {
		return nil, nil
	}
	return value, err
}
