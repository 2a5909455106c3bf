package gateway

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"switchyard/protocol"
)

// greet reads the first frame, which must be a hello, and answers it with welcome. False:
// the connection is over or ends.
func (c *connection) greet() bool {
	g := c.g
	pending := true
	unpend := func() {
		if pending {
			pending = false
			g.unpend(c.address)
		}
	}
	defer unpend()
	frame, ok := c.next(g.cfg.HelloBytes)
	defer c.handled()
	if !ok {
		return false
	}
	bye := func(code int, reason string) bool {
		c.end(closing{code: code, reason: reason})
		unpend()
		return c.drainRead()
	}
	var r request
	if rej := g.decode(frame, &r); rej != nil || r.kind != "hello" {
		return bye(closeMalformed, "hello_expected")
	}
	f := fields{m: r.data}
	token := f.text("token", 0)
	if client, ok := f.object("client"); ok { // only its form matters here
		client.text("name", 64)
		client.text("version", 64)
		client.text("language", 35)
		f.join(&client)
	}
	epoch, streams := "", map[string]uint64(nil)
	if resume, ok := f.object("resume"); ok {
		epoch = resume.text("epoch", 128)
		if at, ok := resume.object("streams"); ok {
			if len(at.m) > g.cfg.ResumeStreams {
				return bye(closeMalformed, "too_many_streams")
			}
			streams = make(map[string]uint64, len(at.m))
			for name := range at.m {
				streams[name] = at.uint(name)
			}
			resume.join(&at)
		}
		f.join(&resume)
	}
	if f.err != nil {
		return bye(closeMalformed, "bad_hello")
	}

	who := c.cookie
	if token != "" {
		var unknown bool
		if who, unknown = g.authenticate(token); unknown {
			return bye(closeUnknownSite, "unknown_site_or_account")
		}
	}
	if who == nil {
		return bye(closeUnauthorised, "unauthenticated")
	}
	if c.origin != "" && !g.helloOrigin(c, who.site) {
		return bye(closeForbidden, "origin")
	}
	g.seen(who.site)
	c.commands, c.strikes = bucket{}, bucket{}
	c.who.Store(who)
	unpend()
	g.obs.Opened(who.role.String())
	c.control(c.welcome(r.id, who))
	if !who.visitor() {
		c.presence(who, true)
	}
	foreign := streams != nil && epoch != g.engine.Epoch
	g.spawn(func() { c.resume(who, streams, foreign) })
	return true
}

// helloOrigin repeats the Origin check, now that the site is known: a page of one site's may not speak for another.
func (g *Gateway) helloOrigin(c *connection, site protocol.SiteID) bool {
	return c.ownPage || g.siteOrigin(site, c.origin)
}

func (c *connection) welcome(id string, who *identity) []byte {
	g := c.g
	limits := map[string]any{"frame": g.cfg.FrameBytes, "text": g.cfg.TextRunes, "rate": g.cfg.AgentCommands, "burst": g.cfg.AgentBurst, "inflight": g.cfg.AgentInFlight}
	if who.visitor() {
		limits["rate"], limits["burst"], limits["inflight"] = g.cfg.VisitorCommands, g.cfg.VisitorBurst, g.cfg.VisitorInFlight
	}
	capabilities := []string{"history", "sync"}
	if f := g.facts(who.site); f != nil && f.Settings.PreviewTyping {
		capabilities = append(capabilities, "typing.preview")
	}
	j := protocol.JSON{B: make([]byte, 0, 512)}
	j.B = append(j.B, `{"type":"welcome"`...)
	j.Str("reply_to", id)
	j.Key("data")
	j.Open()
	j.Str("session", c.session)
	j.Str("epoch", g.engine.Epoch)
	j.Instant("now", protocol.At(g.engine.Now()))
	j.Int("heartbeat_ms", g.cfg.Heartbeat.Milliseconds())
	j.Key("limits")
	b, _ := json.Marshal(limits)
	j.B = append(j.B, b...)
	j.Strs("capabilities", capabilities)
	j.Instant("expires_at", protocol.At(who.expires))
	if f := g.facts(who.site); f != nil {
		j.Str("language", f.Settings.Language)
		j.Str("time_zone", f.Settings.TimeZone)
		if a := f.Accounts[who.account]; a != nil {
			j.Str("name", a.Name)
		}
	}
	if !who.visitor() {
		j.Str("site", string(who.site))
		j.Str("account", string(who.account))
		j.Str("role", who.role.String())
	}
	j.Close()
	j.Close()
	return j.B
}

// resume takes every stream up again where the client left it, and what the server follows by
// itself: an agent's inbox first, so that the agent sees what was lost before what was said.
func (c *connection) resume(who *identity, streams map[string]uint64, foreign bool) {
	how := startFirst
	if foreign {
		how = startForeign
	}
	rooms := c.resumeInbox(who, streams, how)
	for _, name := range slices.Sorted(maps.Keys(streams)) {
		after := streams[name]
		view, id, ok := parseStream(name)
		switch {
		case !ok && (strings.HasPrefix(name, queuePrefix) || strings.HasPrefix(name, boardPrefix)):
			if rej := c.joinBoard(who, name); rej != nil {
				c.gone(name, rej.Code.String())
			}
		case !ok:
			c.gone(name, protocol.NotFound.String())
		case view == protocol.StreamInbox && id == string(who.account):
		default:
			delete(rooms, protocol.RoomID(id))
			c.resumeStream(who, view, id, after, how)
		}
	}
	for _, room := range slices.Sorted(maps.Keys(rooms)) {
		c.follow(who, protocol.StreamDesk, string(room), nil, startFirst, nil)
	}
}

func (c *connection) resumeStream(who *identity, view protocol.View, id string, after uint64, how start) {
	if rej := c.follow(who, view, id, &after, how, nil); rej != nil {
		switch rej.Code {
		case protocol.Unavailable, protocol.Internal:
			c.end(closing{code: closeServerError, reason: "resume_failed"}) // the client keeps its positions and comes back
		default:
			c.gone(view.Prefix()+id, rej.Code.String())
			c.g.obs.Resumed("gone")
		}
	}
}

// resumeInbox follows an account's own inbox and gives the rooms it shows.
func (c *connection) resumeInbox(who *identity, streams map[string]uint64, how start) map[protocol.RoomID]bool {
	if who.visitor() {
		return nil
	}
	rooms := make(map[protocol.RoomID]bool)
	var after *uint64
	if seq, ok := streams[protocol.StreamInbox.Prefix()+string(who.account)]; ok {
		after = &seq
	}
	if rej := c.follow(who, protocol.StreamInbox, string(who.account), after, how, func(v protocol.InboxView) {
		for _, r := range v.Rooms {
			rooms[r.Room] = true
		}
	}); rej != nil {
		if rej.Code == protocol.Unauthenticated { // gone between welcome and now
			c.end(closing{code: closeUnknownSite, reason: "account_removed"})
		} else {
			c.end(closing{code: closeServerError, reason: "inbox_failed"})
		}
	}
	return rooms
}

// refresh puts a new token in the place of the old one (auth.refresh).
func (c *connection) refresh(r *request) (protocol.Result, *protocol.Rejection) {
	f := fields{m: r.data, prefix: "data."}
	token := f.need("token", 0)
	if f.err != nil {
		return nil, f.err
	}
	who, _ := c.g.authenticate(token)
	old := c.who.Load()
	if who == nil || !who.same(old) {
		return nil, errUnauthenticated
	}
	c.who.Store(who)
	j := protocol.JSON{}
	j.B = append(j.B, `"expires_at":`...)
	j.B = protocol.AppendJSONInstant(j.B, protocol.At(who.expires))
	return rawResult{members: j.B}, nil
}
