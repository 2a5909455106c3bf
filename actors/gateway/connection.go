package gateway

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/coder/websocket"

	"switchyard/protocol"
)

// connection is one socket: a reader goroutine that decodes and hands over, and a writer
// goroutine that is the only one to write frames. The watchdog looks at its times.
type connection struct {
	g       *Gateway
	ws      *websocket.Conn
	wire    *corked
	out     outbox
	session string
	address string
	origin  string
	ownPage bool      // the origin is this node's
	cookie  *identity // of the handshake: an Authorization header or the session cookie
	opened  time.Time

	who     atomic.Pointer[identity] // nil until hello
	ending  atomic.Pointer[closing]
	ended   atomic.Int64 // unix nanoseconds, when it began to end
	done    chan struct{}
	heard   atomic.Int64 // the last frame
	began   atomic.Int64 // since when a frame is being read; 0 = none is
	writing atomic.Int64 // since when the writer is in the socket; 0 = it is not
	vital   atomic.Bool  // what it writes is not only ephemeral

	inflight atomic.Int32
	own      ownRooms

	// Used by the reader alone.
	buf      *corkBuffer // of the frame that is being handled
	commands bucket
	strikes  bucket
	typed    bucket
	pings    bucket

	// Used by the watchdog alone.
	nextPing time.Time
	pinged   time.Time
	warned   time.Time // the expiry that was warned of

	mu      sync.Mutex
	subs    map[string]*subscription
	boards  map[string]*board
	inboxed map[protocol.RoomID]bool // rooms gained while the inbox was replayed
}

// batchBytes is how much the writer takes into its hand at a time.
const batchBytes = 64 << 10

func (g *Gateway) connect(ws *websocket.Conn, wire *corked, address, origin string, header *identity) *connection {
	now := time.Now()
	c := &connection{
		g: g, ws: ws, wire: wire, session: newSession(), address: address, origin: origin, cookie: header, opened: now,
		done: make(chan struct{}), subs: make(map[string]*subscription),
	}
	c.out.init(g.cfg.OutboxFrames, g.cfg.OutboxBytes, g.obs.Outbox, func() {
		if !g.spawn(c.write) {
			c.wire.cut() // the node is leaving
		}
	})
	c.heard.Store(now.UnixNano())
	return c
}

// read is the reader goroutine.
func (c *connection) read() {
	defer c.leave()
	if !c.greet() {
		return
	}
	for c.ending.Load() == nil {
		frame, ok := c.next(c.g.cfg.FrameBytes)
		if !ok {
			return
		}
		c.frame(frame)
		c.handled()
	}
	// The writer says goodbye; keep reading so that the peer's goodbye is seen.
	for {
		if _, _, err := c.ws.Read(context.Background()); err != nil {
			return
		}
	}
}

// next reads one frame into a lent buffer, which handled gives back; false = the connection is over.
func (c *connection) next(max int) ([]byte, bool) {
	c.wire.in.await()
	kind, r, err := c.ws.Reader(context.Background())
	if err != nil {
		c.lost(err)
		return nil, false
	}
	c.began.Store(time.Now().UnixNano())
	defer c.began.Store(0)
	c.buf = corkBuffers.Get().(*corkBuffer)
	b := c.buf.b[:0]
	for {
		if len(b) == cap(b) {
			b = append(b, make([]byte, 512)...)[:len(b)]
		}
		n, err := r.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		if err == io.EOF {
			break
		}
		if err != nil {
			c.lost(err)
			return nil, false
		}
	}
	c.buf.b = b
	c.heard.Store(time.Now().UnixNano())
	switch {
	case kind != websocket.MessageText:
		c.end(closing{code: closeMalformed, reason: "binary_frame"})
		return nil, c.drainRead()
	case !utf8.Valid(b):
		c.end(closing{code: closeInvalidText, reason: "invalid_utf8"})
		return nil, c.drainRead()
	case len(b) > max:
		c.end(closing{code: closeMalformed, reason: "hello_too_large"})
		return nil, c.drainRead()
	}
	return b, true
}

// handled gives back the buffer of a frame.
func (c *connection) handled() {
	if c.buf != nil && cap(c.buf.b) <= corkKeep {
		corkBuffers.Put(c.buf)
	}
	c.buf = nil
}

// drainRead reads on until the peer has said goodbye to ours; always false.
func (c *connection) drainRead() bool {
	for {
		if _, _, err := c.ws.Read(context.Background()); err != nil {
			return false
		}
	}
}

// lost notes why the reader stopped. The library has answered most offences itself; the
// unmasked frame it only reports.
func (c *connection) lost(err error) {
	var ce websocket.CloseError
	switch {
	case errors.As(err, &ce):
		c.end(closing{code: int(ce.Code), drop: true})
	case errors.Is(err, websocket.ErrMessageTooBig), errors.Is(err, errMessageSize), errors.Is(err, errMessageFragments):
		c.end(closing{code: closeTooBig, reason: "frame_too_large", drop: true})
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed), isNetError(err):
		c.end(closing{code: closeGone, drop: true})
	default:
		c.end(closing{code: closeProtocol, reason: "protocol_error", drop: true})
	}
}

func isNetError(err error) bool {
	var ne net.Error
	return errors.As(err, &ne) || errors.Is(err, io.ErrClosedPipe) || strings.Contains(err.Error(), "connection reset")
}

// frame handles one frame of a greeted client.
func (c *connection) frame(b []byte) {
	f := c.g.flight()
	if !c.takeOff(b, f) {
		f.free()
	}
}

// takeOff reads a frame and does what it asks for; true = as a command of the engine, whose answer frees the flight.
func (c *connection) takeOff(b []byte, f *flight) bool {
	r := &f.r
	rej := c.g.decode(b, r)
	now := time.Now()
	if r.kind == "pong" && rej == nil {
		if c.pings.take(c.pingRate(), now) > 0 {
			c.end(tooMany(0))
		}
		return false
	}
	who := c.who.Load()
	if wait := c.allow(who, now); wait > 0 {
		c.struck(r, wait, now)
		return false
	}
	if rej != nil {
		c.refuse(r.id, rej)
		return false
	}
	switch r.kind {
	case "ack": // "delivered" marks have no reader in the engine yet; nothing to check but the form
		return false
	case "typing":
		if c.typed.take(rate{1, 3}, now) == 0 {
			rej = c.typing(who, r)
		}
		if r.id != "" {
			c.answer(r.id, nil, rej)
		}
		return false
	case "hello":
		c.end(closing{code: closeMalformed, reason: "second_hello"})
		return false
	}
	if r.kind == "message.send" && who.visitor() {
		if wait := c.g.visitorMessages.take(string(who.customer), now); wait > 0 {
			c.struck(r, wait, now)
			return false
		}
	}
	limit := c.g.cfg.AgentInFlight
	if who.visitor() {
		limit = c.g.cfg.VisitorInFlight
	}
	if int(c.inflight.Load()) >= limit {
		c.struck(r, 100*time.Millisecond, now)
		return false
	}
	c.inflight.Add(1)
	switch r.kind {
	case "subscribe", "unsubscribe", "sync", "history", "auth.refresh":
		req := *r
		c.g.spawn(func() {
			c.streamCommand(who, &req, func(res protocol.Result, rej *protocol.Rejection) {
				c.answer(req.id, res, rej)
				c.inflight.Add(-1)
			})
		})
		return false
	}
	f.c, f.who, f.own = c, who, &c.own
	c.g.execute(f)
	return true
}

// landed gives a command's answer to the client.
func (c *connection) landed(f *flight, res protocol.Result, rej *protocol.Rejection) {
	if f.r.kind == "room.start" && rej == nil {
		c.started(f.who, res)
	}
	c.answer(f.r.id, res, rej)
	c.inflight.Add(-1)
}

func (c *connection) pingRate() rate { return rate{c.g.cfg.Pings, 2 * c.g.cfg.Pings} }

// allow takes a token for one frame: an agent's are the connection's, a visitor's the customer's.
func (c *connection) allow(who *identity, now time.Time) time.Duration {
	if who.visitor() {
		return c.g.visitorCommands.take(string(who.customer), now)
	}
	return c.commands.take(rate{c.g.cfg.AgentCommands, c.g.cfg.AgentBurst}, now)
}

// struck refuses for rate, and ends a connection that does not mind. A customer's strikes are counted over all its
// connections: who comes back at once has nothing forgiven (F-17).
func (c *connection) struck(r *request, wait time.Duration, now time.Time) {
	out := time.Duration(0)
	if who := c.who.Load(); who.visitor() {
		out = c.g.visitorStrikes.take(string(who.customer), now)
	} else {
		out = c.strikes.take(rate{c.g.cfg.Strikes / 10, c.g.cfg.Strikes}, now)
	}
	if out > 0 {
		c.g.obs.Rejected(protocol.RateLimited.String())
		c.end(tooMany(wait))
		return
	}
	c.refuse(r.id, limited(wait))
}

// answer sends the reply to a request that wants one.
func (c *connection) answer(id string, res protocol.Result, rej *protocol.Rejection) {
	if rej != nil {
		c.refuse(id, rej)
	} else if id != "" {
		l := lentFrames.Get().(*lentFrame)
		l.b = appendOK(l.b[:0], id, res)
		if !c.out.lent(l) {
			c.tooSlow()
		}
	}
}

func (c *connection) refuse(id string, rej *protocol.Rejection) {
	c.g.obs.Rejected(rej.Code.String())
	if id != "" || rej.Code == protocol.BadRequest { // a broken frame has no id, and its sender should learn of it
		c.control(errorFrame(id, rej))
	}
}

// control sends a frame that cannot be left out.
func (c *connection) control(frame []byte) {
	if !c.out.reply(frame) {
		c.tooSlow()
	}
}

func (c *connection) tooSlow() {
	c.end(closing{code: closeSlowConsumer, reason: "slow_consumer", drop: true})
}

// started follows the room that a room.start brought, from its beginning.
func (c *connection) started(who *identity, res protocol.Result) {
	s, ok := res.(protocol.Started)
	if !ok || s.Room == "" {
		return
	}
	c.own.add(s.Room)
	name := protocol.StreamRoom.Prefix() + string(s.Room)
	c.mu.Lock()
	_, has := c.subs[name]
	c.mu.Unlock()
	if !has {
		from := uint64(0)
		c.g.spawn(func() { c.follow(who, protocol.StreamRoom, string(s.Room), &from, startFirst, nil) })
	}
}

// end begins the end: the first reason counts. It never blocks.
func (c *connection) end(why closing) {
	if len(why.reason) > closeReasonMaximum {
		why.reason = why.reason[:closeReasonMaximum]
	}
	if !c.ending.CompareAndSwap(nil, &why) {
		return
	}
	now := time.Now()
	c.ended.Store(now.UnixNano())
	c.wire.SetDeadline(now.Add(c.g.cfg.CloseWait)) // nobody waits longer for a peer that does not take our goodbye
	close(c.done)
	c.out.finish(why.drop)
}

// cut closes the socket without another word.
func (c *connection) cut() {
	c.end(closing{code: closeGone, drop: true})
	c.wire.cut()
}

// write is the writer goroutine. There is one while there is something to write, and a little longer.
func (c *connection) write() {
	var batch []outgoing
	for {
		var over bool
		if batch, over = c.out.next(batch[:0], batchBytes); over {
			break
		} else if len(batch) == 0 {
			return // the next frame starts another one
		}
		err := c.writeBatch(batch)
		c.out.wrote(batch)
		clear(batch)
		if err != nil {
			c.end(closing{code: closeGone, drop: true})
			break
		}
	}
	c.out.finish(true)
	why := c.ending.Load()
	if why.code != closeGone && why.code != int(websocket.StatusNoStatusRcvd) {
		c.ws.Close(websocket.StatusCode(why.code), why.reason)
	}
	c.wire.Close()
}

func (c *connection) writeBatch(batch []outgoing) error {
	vital := false
	for i := range batch {
		vital = vital || !batch[i].ephemeral
	}
	c.vital.Store(vital)
	c.writing.Store(time.Now().UnixNano())
	err := c.wire.frames(batch)
	c.writing.Store(0)
	if deliver := c.g.obs.Delivered; deliver != nil && err == nil {
		now := c.g.engine.Now()
		for i := range batch {
			if batch[i].at != 0 {
				deliver(now.Sub(batch[i].at.Time()))
			}
		}
	}
	return err
}

// leave forgets the connection; the reader's last act.
func (c *connection) leave() {
	c.end(closing{code: closeGone, drop: true})
	c.mu.Lock()
	subs := c.subs
	boards := c.boards
	c.subs, c.boards = nil, nil
	c.mu.Unlock()
	for _, s := range subs {
		s.halt()
	}
	for _, b := range boards {
		b.leave(c)
	}
	role := ""
	if who := c.who.Load(); who != nil {
		role = who.role.String()
		if !who.visitor() {
			c.presence(who, false)
		}
	}
	c.g.mu.Lock()
	delete(c.g.conns, c)
	c.g.mu.Unlock()
	c.g.obs.Closed(role, c.ending.Load().code)
}

// presence reports the socket to the agent.
func (c *connection) presence(who *identity, up bool) {
	caller, facts, ok := c.g.caller(who)
	if !ok {
		return
	}
	var body protocol.Body = protocol.SocketDown{Account: who.account, Session: c.session}
	if up {
		body = protocol.SocketUp{Account: who.account, Session: c.session}
	}
	c.g.put(protocol.AgentAt(who.site, who.account), body, caller, "", facts, func(protocol.Result, *protocol.Rejection) {
		c.g.tellPresence(who.site, who.account)
	})
}

// tellPresence tells an agent's tabs how it stands: each change reaches all of them.
func (g *Gateway) tellPresence(site protocol.SiteID, account protocol.AccountID) {
	at := protocol.AgentAt(site, account)
	system := protocol.Caller{Role: protocol.System, Site: site}
	g.put(at, protocol.ViewInbox{Account: account}, system, "", g.facts(site), func(res protocol.Result, _ *protocol.Rejection) {
		v, ok := res.(protocol.InboxView)
		if !ok {
			return
		}
		s := protocol.Stream{View: protocol.StreamInbox, Of: at}
		j := protocol.JSON{B: make([]byte, 0, 128)}
		j.B = append(j.B, `{"type":"presence"`...)
		j.Str("stream", s.Name())
		j.Key("data")
		j.Open()
		j.Str("want", v.Want.String())
		j.Str("conn", v.Conn.String())
		j.Bool("on_duty", v.OnDuty)
		j.Close()
		j.Close()
		g.engine.Publish(s, "presence", j.B)
	})
}
