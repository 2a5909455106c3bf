package gateway

import (
	"context"
	"slices"
	"strings"
	"sync"

	"switchyard/protocol"
)

// ownRooms remembers which rooms a visitor's connection has been found to own, and keeps
// the order of what was sent while the question was open.
type ownRooms struct {
	mu sync.Mutex
	m  map[protocol.RoomID]*ownership
}

type ownership struct {
	sure    bool
	waiting []func(*protocol.Rejection)
}

// ownRoomsMaximum bounds what one connection makes us remember; a visitor has one open room.
const ownRoomsMaximum = 64

// add remembers a room that is the visitor's for certain.
func (o *ownRooms) add(room protocol.RoomID) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.m == nil {
		o.m = make(map[protocol.RoomID]*ownership)
	}
	if o.m[room] == nil && len(o.m) < ownRoomsMaximum {
		o.m[room] = &ownership{sure: true}
	}
}

// withOwn calls then once it is known whether the room is the visitor's: at once if it is
// known already, else when the room has answered.
func (g *Gateway) withOwn(o *ownRooms, caller protocol.Caller, facts *protocol.SiteFacts, room protocol.RoomID, then func(*protocol.Rejection)) {
	o.mu.Lock()
	if o.m == nil {
		o.m = make(map[protocol.RoomID]*ownership)
	}
	w := o.m[room]
	switch {
	case w != nil && w.sure:
		o.mu.Unlock()
		then(nil)
		return
	case w != nil:
		w.waiting = append(w.waiting, then)
		o.mu.Unlock()
		return
	case len(o.m) >= ownRoomsMaximum:
		clear(o.m) // asking again is all it costs; those who wait are held by their own question
	}
	w = &ownership{waiting: []func(*protocol.Rejection){then}}
	room = protocol.RoomID(strings.Clone(string(room))) // it may be a piece of a frame, and stays
	o.m[room] = w
	o.mu.Unlock()

	g.put(protocol.RoomAt(caller.Site, room), protocol.ViewRoom{Room: room}, caller, "", facts, func(res protocol.Result, rej *protocol.Rejection) {
		if v, ok := res.(protocol.RoomView); rej == nil && (!ok || ownerKey(&v, caller.Customer) != caller.Customer) {
			rej = notFound
		}
		o.mu.Lock()
		for len(w.waiting) > 0 { // in order, and later arrivals behind them
			next := w.waiting
			w.waiting = nil
			o.mu.Unlock()
			for _, f := range next {
				f(rej)
			}
			o.mu.Lock()
		}
		if rej == nil {
			w.sure = true
		} else if o.m[room] == w {
			delete(o.m, room)
		}
		o.mu.Unlock()
	})
}

// ownerKey is the key by which a visitor owns the room, if it does: the visitor's own, where it joined
// the room later. A messenger's room is no visitor's, whatever customer ID somebody claims on the web.
func ownerKey(v *protocol.RoomView, visitor protocol.CustomerKey) protocol.CustomerKey {
	switch {
	case v.Channel == protocol.Kakao || v.Channel == protocol.Naver:
		return ""
	case slices.Contains(v.Joined, visitor):
		return visitor
	}
	return v.Key
}

// put hands a command to an actor.
func (g *Gateway) put(to protocol.Address, body protocol.Body, caller protocol.Caller, id protocol.ClientID, facts *protocol.SiteFacts, answer func(protocol.Result, *protocol.Rejection)) {
	g.engine.Ask(to, protocol.Command{Body: body, Caller: caller, ClientID: id, Chance: g.engine.Chance(), Facts: facts}, answer)
}

// ask puts a command and waits for its answer, at most AnswerWait. Only goroutines of the gateway may wait.
func (g *Gateway) ask(ctx context.Context, to protocol.Address, body protocol.Body, caller protocol.Caller, id protocol.ClientID, facts *protocol.SiteFacts) (protocol.Result, *protocol.Rejection) {
	type answer struct {
		res protocol.Result
		rej *protocol.Rejection
	}
	got := make(chan answer, 1)
	ctx, cancel := context.WithTimeout(ctx, g.cfg.AnswerWait)
	defer cancel()
	g.put(to, body, caller, id, facts, func(res protocol.Result, rej *protocol.Rejection) { got <- answer{res, rej} })
	select {
	case a := <-got:
		return a.res, a.rej
	case <-ctx.Done():
		return nil, &protocol.Rejection{Code: protocol.Unavailable, Text: "no answer in time", RetryAfter: g.cfg.AnswerWait}
	}
}

// view reads a room for a caller whose reach with the act must cover it.
func (g *Gateway) view(ctx context.Context, act string, caller protocol.Caller, facts *protocol.SiteFacts, room protocol.RoomID) (protocol.RoomView, *protocol.Rejection) {
	if rej := may(act, caller.Role); rej != nil {
		return protocol.RoomView{}, rej
	}
	if !validRoom(string(room)) {
		return protocol.RoomView{}, notFound
	}
	res, rej := g.ask(ctx, protocol.RoomAt(caller.Site, room), protocol.ViewRoom{Room: room}, caller, "", facts)
	if rej != nil {
		return protocol.RoomView{}, rej
	}
	v, ok := res.(protocol.RoomView)
	if !ok || v.Site != "" && v.Site != caller.Site || !covers(act, facts, &caller, v.Holder, ownerKey(&v, caller.Customer)) {
		return protocol.RoomView{}, notFound
	}
	return v, nil
}
