package shell

import (
	"fmt"
	"time"

	"switchyard/actors/core"
	"switchyard/protocol"
)

// forget ends an actor for good (core.Step.Forget): one entry takes its journal, its snapshot and its rows. Whoever reads
// sees it as it was or not at all (F-40): the entry is one batch, and those who follow are told before anybody hears the answer.
func (h *host[S]) forget(c *protocol.Command, now time.Time, reply *core.Reply) {
	// What others handed over for it (its files) must be readable before it is looked for.
	h.e.o.Store.WaitDurable(h.e.o.Store.Position())
	rows, err := h.forgotten()
	if err != nil {
		h.e.o.Logger.Error("the rows of an actor that goes cannot be read", "actor", h.slot.addr.String(), "error", err)
		h.standIn(c, "it cannot be removed")
		return
	}
	if c.OwedRow != nil {
		rows = append(rows, protocol.Row{Kind: protocol.RowOwed, Key: c.OwedRow})
	}
	addr, e := h.slot.addr, h.e
	h.lastPos = e.o.Store.HandOver(&protocol.Entry{
		Shard: e.shard(addr.Site), At: protocol.At(now), Actor: addr, Rows: rows, Drop: true,
	}, nil)
	h.s, h.shot = nil, 0
	e.o.Store.After(h.lastPos, func() {
		e.young.forget(addr)
		e.endStreams(addr)
		if f := e.o.Observe.Forgotten; f != nil {
			f(addr)
		}
		if reply != nil {
			e.answer(reply.Ticket, reply.Result, reply.Err)
		}
	})
}

// forgotten gives the rows that go with the actor, behind a net.
func (h *host[S]) forgotten() (rows []protocol.Row, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %s\n%s", cause(p), stack())
		}
	}()
	a := h.slot.addr
	rows, err = h.m.Forget(h.s, func(kind protocol.RowKind, prefix []byte, each func(k, v []byte) error) error {
		return h.e.rows(a.Site, kind, prefix, each)
	})
	return append(rows, protocol.Row{Kind: protocol.RowSnapshot, Key: snapshotKey(a)}), err
}

// endStreams tells those who follow an actor that it is no more. Whoever is still reading the log hears it at the log's end.
func (e *Engine) endStreams(a protocol.Address) {
	h := e.hub(a)
	if h == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, f := range h.subs {
		f.gone = true
		if f.live {
			f.live = false
			f.sink.Reset(resetGone)
		}
	}
}

// resetGone is Sink.Reset's reason where the actor has been forgotten.
const resetGone = "gone"
