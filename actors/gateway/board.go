package gateway

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"switchyard/protocol"
)

const (
	queuePrefix = "queue/"
	boardPrefix = "board/"
)

// board polls one site's queue while somebody looks at it, and gives everybody the same
// prepared bytes: queue/ shows the rooms that wait longest, board/ the figures and the agents.
type board struct {
	g       *Gateway
	site    protocol.SiteID
	mu      sync.Mutex
	viewers map[viewer]bool // true = needs a snapshot
	running bool

	// Used by the poller alone.
	revision uint64 // of the queue's view
	queueAt  uint64 // revisions of our own frames: a look that changes nothing shown has none
	boardAt  uint64
	waiting  map[protocol.RoomID]protocol.WaitingRoom
	agents   map[protocol.AccountID]protocol.AgentLoad
	view     protocol.QueueView
	shown    map[protocol.RoomID]protocol.WaitingRoom // what queue/ shows
	loads    map[protocol.AccountID]protocol.AgentLoad
	figures  string
}

type viewer struct {
	c    *connection
	name string // queue/… or board/…
}

// joinBoard subscribes queue/<site> or board/<site>.
func (c *connection) joinBoard(who *identity, name string) *protocol.Rejection {
	kind, id, _ := strings.Cut(name, "/")
	caller, facts, ok := c.g.caller(who)
	if !ok {
		return errUnauthenticated
	}
	if protocol.SiteID(id) != who.site {
		return notFound
	}
	if rej := may("stream."+kind, caller.Role); rej != nil {
		return rej
	}
	if kind == "queue" && caller.Role == protocol.Agent && facts.Settings.Mode == protocol.Auto {
		return protocol.Reject(protocol.Forbidden, "agents see the line in MANUAL and HYBRID mode")
	}
	g := c.g
	g.mu.Lock()
	b := g.boards[who.site]
	if b == nil {
		b = &board{g: g, site: who.site, viewers: make(map[viewer]bool)}
		g.boards[who.site] = b
	}
	g.mu.Unlock()
	c.mu.Lock()
	over := c.subs == nil
	if !over {
		if c.boards == nil {
			c.boards = make(map[string]*board)
		}
		c.boards[name] = b
	}
	c.mu.Unlock()
	if over {
		return nil
	}
	b.mu.Lock()
	b.viewers[viewer{c, name}] = true
	starts := !b.running
	b.running = true
	b.mu.Unlock()
	if starts {
		g.spawn(b.poll)
	}
	return nil
}

func (c *connection) leaveBoard(name string) bool {
	c.mu.Lock()
	b := c.boards[name]
	delete(c.boards, name)
	c.mu.Unlock()
	if b == nil {
		return false
	}
	b.mu.Lock()
	delete(b.viewers, viewer{c, name})
	b.mu.Unlock()
	return true
}

// leave takes a connection out; its last act.
func (b *board) leave(c *connection) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for v := range b.viewers {
		if v.c == c {
			delete(b.viewers, v)
		}
	}
}

// poll asks the queue, sends, and rests, until nobody looks any more.
func (b *board) poll() {
	b.revision = 0
	rest := time.NewTicker(b.g.cfg.BoardInterval)
	defer rest.Stop()
	for {
		b.mu.Lock()
		if len(b.viewers) == 0 || b.g.stopped.Err() != nil {
			b.running = false
			b.mu.Unlock()
			return
		}
		b.mu.Unlock()
		if f := b.g.facts(b.site); f != nil {
			caller := protocol.Caller{Role: protocol.System, Site: b.site}
			res, rej := b.g.ask(b.g.stopped, protocol.QueueAt(b.site), protocol.ViewQueue{Since: b.revision}, caller, "", f)
			if v, ok := res.(protocol.QueueView); rej == nil && ok {
				b.send(b.take(v))
			}
		}
		select {
		case <-rest.C:
		case <-b.g.stopped.Done():
		}
	}
}

// deltas are the frames of one look: nil where nothing changed.
type deltas struct{ queue, board []byte }

// take brings the model up to date and says what changed in what is shown. A view that does
// not begin where the model stands makes the next look ask for everything.
func (b *board) take(v protocol.QueueView) deltas {
	if v.Base == 0 {
		b.waiting = make(map[protocol.RoomID]protocol.WaitingRoom, len(v.Waiting))
		b.agents = make(map[protocol.AccountID]protocol.AgentLoad, len(v.Agents))
	} else if v.Base != b.revision {
		b.revision = 0
		return deltas{}
	}
	for _, r := range v.Waiting {
		b.waiting[r.Room] = r
	}
	for _, r := range v.Gone {
		delete(b.waiting, r)
	}
	for _, a := range v.Agents {
		b.agents[a.Account] = a
	}
	b.revision, b.view = v.Revision, v
	shown, loads, figures := b.window(), maps.Clone(b.agents), b.figuresNow()
	d := deltas{}
	if up, gone := diff(b.shown, shown); len(up)+len(gone) > 0 || figures != b.figures {
		b.queueAt++
		d.queue = b.queueFrame("queue.delta", up, gone)
	}
	if up, gone := diff(b.loads, loads); len(up)+len(gone) > 0 || figures != b.figures {
		b.boardAt++
		d.board = b.boardFrame("board.delta", up, gone)
	}
	b.shown, b.loads, b.figures = shown, loads, figures
	return d
}

// send gives each viewer its delta, or a snapshot to those who need one: newcomers, and
// those whose last frame has not left yet, because a chain of deltas may not miss a link.
func (b *board) send(d deltas) {
	var snapshots deltas
	b.mu.Lock()
	defer b.mu.Unlock()
	for v, fresh := range b.viewers {
		isQueue := strings.HasPrefix(v.name, queuePrefix)
		frame := d.board
		if isQueue {
			frame = d.queue
		}
		if fresh {
			if snapshots.queue == nil {
				snapshots.queue = b.queueFrame("queue.snapshot", b.shown, nil)
				snapshots.board = b.boardFrame("board.snapshot", b.loads, nil)
			}
			frame = snapshots.board
			if isQueue {
				frame = snapshots.queue
			}
		}
		if frame == nil {
			continue
		}
		b.viewers[v] = !v.c.out.link(v.name, frame, fresh)
	}
}

// diff says what is new or other in now, and what is no longer in it.
func diff[K comparable, V comparable](was, now map[K]V) (up map[K]V, gone []K) {
	up = make(map[K]V)
	for k, v := range now {
		if old, ok := was[k]; !ok || old != v {
			up[k] = v
		}
	}
	for k := range was {
		if _, ok := now[k]; !ok {
			gone = append(gone, k)
		}
	}
	return up, gone
}

// window is the part of the line that is shown: those that wait longest.
func (b *board) window() map[protocol.RoomID]protocol.WaitingRoom {
	if len(b.waiting) <= b.g.cfg.BoardRooms {
		return maps.Clone(b.waiting)
	}
	all := slices.SortedFunc(maps.Values(b.waiting), waitOrder)
	w := make(map[protocol.RoomID]protocol.WaitingRoom, b.g.cfg.BoardRooms)
	for _, r := range all[:b.g.cfg.BoardRooms] {
		w[r.Room] = r
	}
	return w
}

func waitOrder(a, b protocol.WaitingRoom) int {
	return cmp.Or(cmp.Compare(b.Priority, a.Priority), cmp.Compare(a.RequestedAt, b.RequestedAt), cmp.Compare(a.Room, b.Room))
}

// figuresNow are the members that queue/ and board/ share.
func (b *board) figuresNow() string {
	type figure struct {
		n, locked int
		oldest    protocol.Instant
	}
	by := make(map[string]figure)
	for _, r := range b.waiting {
		f := by[r.Category]
		f.n++
		if r.Lock {
			f.locked++
		}
		if f.oldest == 0 || r.RequestedAt < f.oldest {
			f.oldest = r.RequestedAt
		}
		by[r.Category] = f
	}
	j := protocol.JSON{}
	j.Open()
	j.Int("waiting", int64(b.view.Count))
	j.Instant("oldest_at", b.view.Oldest)
	j.Int("free", int64(b.view.Free))
	j.Bool("open", b.view.Open)
	j.Str("mode", b.view.Mode.String())
	j.Key("queues")
	j.Open()
	for _, name := range slices.Sorted(maps.Keys(by)) {
		if len(j.B) > 16<<10 {
			break
		}
		if j.B[len(j.B)-1] != '{' {
			j.B = append(j.B, ',')
		}
		j.B = append(protocol.AppendJSONString(j.B, name), ':')
		j.Open()
		j.Int("waiting", int64(by[name].n))
		j.Int("locked", int64(by[name].locked))
		j.Instant("oldest_at", by[name].oldest)
		j.Close()
	}
	j.Close()
	return string(j.B[1:])
}

func (b *board) head(kind, prefix string, revision uint64) protocol.JSON {
	j := protocol.JSON{B: make([]byte, 0, 1024)}
	j.Open()
	j.Str("type", kind)
	j.Str("stream", prefix+string(b.site))
	j.Key("data")
	j.Open()
	j.Uint("revision", revision)
	if strings.HasSuffix(kind, "delta") {
		j.Uint("base", revision-1)
	}
	j.B = append(j.B, ',')
	j.B = append(j.B, b.figuresNow()...)
	return j
}

func (b *board) queueFrame(kind string, up map[protocol.RoomID]protocol.WaitingRoom, gone []protocol.RoomID) []byte {
	j := b.head(kind, queuePrefix, b.queueAt)
	j.Key("rooms")
	j.B = append(j.B, '[')
	for i, r := range slices.SortedFunc(maps.Values(up), waitOrder) {
		if i > 0 {
			j.B = append(j.B, ',')
		}
		j.Open()
		j.Str("room", string(r.Room))
		j.Instant("requested_at", r.RequestedAt)
		j.Bool("profile_required", r.Lock)
		j.Str("category", r.Category)
		j.Str("channel", r.Channel)
		j.Str("offered", string(r.Offered))
		if r.Priority != 0 {
			j.Int("priority", int64(r.Priority))
		}
		j.Close()
	}
	j.B = append(j.B, ']')
	names := make([]string, len(gone))
	for i, r := range gone {
		names[i] = string(r)
	}
	slices.Sort(names)
	j.Strs("gone", names)
	j.Close()
	j.Close()
	return j.B
}

func (b *board) boardFrame(kind string, up map[protocol.AccountID]protocol.AgentLoad, gone []protocol.AccountID) []byte {
	j := b.head(kind, boardPrefix, b.boardAt)
	j.Key("agents")
	j.Open()
	for _, id := range slices.Sorted(maps.Keys(up)) {
		if len(j.B) > b.g.cfg.FrameBytes-1024 { // the rest shows with its next change
			break
		}
		a := up[id]
		j.Key(string(id))
		j.Open()
		j.Str("name", a.Name)
		j.Str("want", a.Want.String())
		j.Str("conn", a.Conn.String())
		j.Bool("on_duty", a.OnDuty)
		j.Int("load", int64(a.Load))
		j.Int("limit", int64(a.Limit))
		j.Bool("eligible", a.Eligible)
		j.Str("why_not", a.WhyNot)
		j.Close()
	}
	j.Close()
	names := make([]string, len(gone))
	for i, a := range gone {
		names[i] = string(a)
	}
	slices.Sort(names)
	j.Strs("gone_agents", names)
	j.Close()
	j.Close()
	return j.B
}
