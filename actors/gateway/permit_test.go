package gateway

import (
	"maps"
	"strings"
	"testing"

	"switchyard/protocol"
)

// relation is whose the thing is that an act concerns.
type relation string

// The matrix is generated: every act of the table, every role, and a thing that is the caller's
// own (or in the manager's scope), somebody else's, or another site's. Each cell is played against
// a live gateway, and what is expected of it is read off the table.
func TestPermissionMatrix(t *testing.T) {
	const mine, others, foreign relation = "mine", "other's", "another site's"
	roomOf := map[relation]protocol.RoomID{mine: roomA, others: roomB, foreign: "r_zzzzzzzzzzzzzzzzzzzzzzzzzz"}
	agentOf := map[relation]string{mine: "anna", others: "ben", foreign: "zoe"}
	callers := map[protocol.Role]protocol.AccountID{protocol.Visitor: "", protocol.Agent: "anna", protocol.Manager: "boss", protocol.Admin: "admin"}

	// how plays an act: a frame, or a request "METHOD path body". {room}, {agent}, {site}, {stream} are filled in.
	how := map[string]string{
		"room.start":      `{"type":"room.start","id":"9","data":{"client_id":"aaaaaaaaaaaa"}}`,
		"message.send":    `{"type":"message.send","id":"9","stream":"{stream}","data":{"client_id":"aaaaaaaaaaaa","kind":"text","text":"x"}}`,
		"message.memo":    `{"type":"message.send","id":"9","stream":"{stream}","data":{"client_id":"aaaaaaaaaaaa","kind":"memo","text":"x"}}`,
		"bot.pick":        `{"type":"bot.pick","id":"9","stream":"{stream}","data":{"client_id":"aaaaaaaaaaaa","message_id":"m_x","choice":"1"}}`,
		"form.submit":     `{"type":"form.submit","id":"9","stream":"{stream}","data":{"client_id":"aaaaaaaaaaaa","form":"f","fields":{"NAME":"x"}}}`,
		"read":            `{"type":"read","id":"9","stream":"{stream}","data":{"upto":1}}`,
		"typing":          `{"type":"typing","id":"9","stream":"{stream}","data":{"on":true}}`,
		"room.take":       `{"type":"room.take","id":"9","data":{"room":"{room}"}}`,
		"room.accept":     `{"type":"room.accept","id":"9","data":{"room":"{room}"}}`,
		"room.decline":    `{"type":"room.decline","id":"9","data":{"room":"{room}"}}`,
		"room.assign":     `{"type":"room.assign","id":"9","data":{"room":"{room}","to":"ben","assignment":1}}`,
		"room.set":        `{"type":"room.set","id":"9","stream":"{stream}","data":{"assignment":1,"hold_close":true}}`,
		"room.end":        `{"type":"room.end","id":"9","stream":"{stream}","data":{}}`,
		"agent.status":    `{"type":"agent.status","id":"9","data":{"want":"busy","account":"{agent}"}}`,
		"stream.room":     `{"type":"subscribe","id":"9","stream":"room/{room}"}`,
		"stream.desk":     `{"type":"subscribe","id":"9","stream":"desk/{room}"}`,
		"stream.inbox":    `{"type":"subscribe","id":"9","stream":"inbox/{agent}"}`,
		"stream.queue":    `{"type":"subscribe","id":"9","stream":"queue/{site}"}`,
		"stream.board":    `{"type":"subscribe","id":"9","stream":"board/{site}"}`,
		"settings.read":   "GET /v1/sites/{site}/settings",
		"settings.change": `PATCH /v1/sites/{site}/settings {"name":"x"}`,
		"audit.list":      "GET /v1/sites/{site}/audit",
		"channels.list":   "GET /v1/sites/{site}/channels",
		"channels.save":   `POST /v1/sites/{site}/channels {"id":"shop","channel":"KAKAO","name":"x"}`,
		"files.save":      "POST /v1/sites/{site}/files?room={room} " + string(asPNG(drawn(2, 2, false))),
		"files.view":      "GET /v1/sites/{site}/files/{file}",
		"accounts.list":   "GET /v1/sites/{site}/accounts/{agent}",
		"accounts.save":   `PATCH /v1/sites/{site}/accounts/{agent} {"name":"x"}`,
		"password.change": `POST /v1/sites/{site}/accounts/{agent}/password {"old":"password of all","new":"password of all"}`,
		"sessions.list":   "GET /v1/sites/{site}/accounts/{agent}/sessions",
		"sessions.change": "DELETE /v1/sites/{site}/accounts/{agent}/sessions/000000000000",
		"categories.list": "GET /v1/sites/{site}/categories",
		"categories.save": `PATCH /v1/sites/{site}/categories/k1 {"name":"x"}`,
		"bots.list":       "GET /v1/sites/{site}/bots",
		"bots.save":       `PATCH /v1/sites/{site}/bots/b1 {"name":"x"}`,
		"holidays.list":   "GET /v1/sites/{site}/holidays",
		"holidays.save":   `POST /v1/sites/{site}/holidays {"date":"2021-06-10"}`,
		"days.list":       "GET /v1/sites/{site}/days",
		"days.save":       `POST /v1/sites/{site}/days {"account":"{agent}","date":"2021-06-10","off":true}`,
		"rooms.list":      "GET /v1/sites/{site}/rooms",
		"rooms.view":      "GET /v1/sites/{site}/rooms/{room}",
		"rooms.explain":   "GET /v1/sites/{site}/rooms/{room}/explain",
		"webhooks.list":   "GET /v1/sites/{site}/webhooks",
		"webhooks.save":   `POST /v1/sites/{site}/webhooks {"url":"https://crm.example/hook"}`,
		"ledger.list":     "GET /v1/sites/{site}/reports/ledger",
		"ledger.save":     `POST /v1/sites/{site}/ledger/top-ups {"amount":100,"client_id":"aaaaaaaaaaaa"}`,
		"reports.view":    "GET /v1/sites/{site}/reports/sqi?agent={agent}",
		"live.view":       "GET /v1/sites/{site}/live",
		"keys.list":       "GET /v1/sites/{site}/keys",
		"keys.save":       `POST /v1/sites/{site}/keys {"name":"load test","role":"AGENT"}`,
		"customers.view":  "GET /v1/sites/{site}/customers/{customer}",
	}
	maps.Copy(how, playsOfRequests)
	maps.Copy(how, playsOfCustomers)
	// siteWide acts concern no room and no account: only the site tells them apart.
	siteWide := "room.start desk.read stream.queue stream.board settings.read settings.change audit.list channels.list channels.save categories.list categories.save bots.list bots.save holidays.list holidays.save days.list rooms.list requests.list templates.list templates.save ledger.list ledger.save webhooks.list webhooks.save live.view keys.list keys.save customers.list"
	for _, p := range permits {
		if how[p.act] == "" {
			t.Errorf("no way to play %s: a row without a cell", p.act)
			continue
		}
		for role, account := range callers {
			for _, rel := range []relation{mine, others, foreign} {
				if rel == others && strings.Contains(" "+siteWide+" ", " "+p.act+" ") || p.act == "room.start" && rel != mine {
					continue
				}
				t.Run(p.act+"/"+role.String()+"/"+string(rel), func(t *testing.T) {
					in(t, nil, func(h *house) {
						h.facts["acme"].Settings.Mode = protocol.Hybrid
						if p.act == "password.change" {
							h.passwords["anna"], _ = h.g.hash.Hash(h.g.stopped, "password of all")
						}
						h.files["f_kim"] = &protocol.FileRow{ID: "f_kim", Room: roomA, Key: "acme_kim"}
						h.files["f_lee"] = &protocol.FileRow{ID: "f_lee", Room: roomB, Key: "acme_lee"}
						for _, f := range h.files {
							_ = h.engine().SaveFile([]byte("x"), f)
						}
						h.facts["acme"].Bots = map[protocol.BotID]*protocol.ScenarioBot{"b1": {ID: "b1", Scenario: &protocol.Scenario{}}}
						h.customers["acme_kim"] = protocol.CustomerView{Customer: protocol.Customer{No: 1, Key: "acme_kim", Open: []protocol.RoomID{roomA}}}
						h.customers["acme_lee"] = protocol.CustomerView{Customer: protocol.Customer{No: 2, Key: "acme_lee", Open: []protocol.RoomID{roomB}}}
						// The minds know the rooms of their site and no others.
						h.answer = func(a asked) (protocol.Result, *protocol.Rejection, bool) {
							switch b := a.c.Body.(type) {
							case protocol.ViewRoom, protocol.ViewCustomer, protocol.ViewInbox, protocol.ViewQueue, protocol.SocketUp, protocol.SocketDown:
								return nil, nil, false
							case protocol.SaveFile:
								return nil, nil, false
							case protocol.TakeRoom:
								if _, ok := h.rooms[b.Room]; !ok {
									return nil, notFound, true
								}
							case protocol.AcceptOffer:
								if _, ok := h.rooms[b.Room]; !ok {
									return nil, notFound, true
								}
							case protocol.DeclineOffer:
								if _, ok := h.rooms[b.Room]; !ok {
									return nil, notFound, true
								}
							case protocol.AssignRoom:
								if _, ok := h.rooms[b.Room]; !ok {
									return nil, notFound, true
								}
							default:
								if _, ok := h.rooms[protocol.RoomID(a.to.ID)]; a.to.Kind == protocol.KindRoom && !ok {
									return nil, notFound, true
								}
							}
							return protocol.Done{}, nil, true
						}
						got := play(h, role, account, strings.NewReplacer(
							"{room}", string(roomOf[rel]), "{agent}", agentOf[rel], "{customer}", map[relation]string{mine: "acme_kim", others: "acme_lee", foreign: "other_x"}[rel],
							"{file}", map[relation]string{mine: "f_kim", others: "f_lee", foreign: "f_other"}[rel],
							"{site}", map[relation]string{mine: "acme", others: "acme", foreign: "other"}[rel],
							"{stream}", map[bool]string{true: "room/", false: "desk/"}[role == protocol.Visitor]+string(roomOf[rel]),
						), how[p.act], p.act)
						if want := expected(&p, role, rel == mine, rel == foreign, account, agentOf[rel]); got != want {
							h.t.Errorf("%s, want %s", got, want)
						}
					})
				})
			}
		}
	}
}

// expected reads a cell off the table.
func expected(p *permit, role protocol.Role, mine, foreign bool, account protocol.AccountID, agent string) string {
	reach := reachOf(p.act, role)
	http := !strings.Contains(p.act, ".") || strings.HasSuffix(p.act, ".read") || strings.HasSuffix(p.act, ".change") || strings.HasSuffix(p.act, ".list") || strings.HasSuffix(p.act, ".save") || strings.HasSuffix(p.act, ".view") || strings.HasSuffix(p.act, ".edit") || strings.HasSuffix(p.act, ".verify") || strings.HasSuffix(p.act, ".erase") || strings.HasSuffix(p.act, ".explain")
	perSite := strings.HasPrefix(p.act, "settings") || strings.HasPrefix(p.act, "categories") || strings.HasPrefix(p.act, "holidays") || http || p.act == "stream.queue" || p.act == "stream.board"
	switch {
	case foreign && perSite: // another site does not exist, before anything is said of the role
		return "not_found"
	case reach == never:
		return "forbidden"
	case foreign:
		return "not_found"
	case p.act == "typing" && role != protocol.Visitor && role != protocol.Agent:
		return "not_found" // they follow no room by themselves
	case (p.act == "stream.inbox" || (strings.HasPrefix(p.act, "sessions.") || p.act == "password.change") && reach == own) && string(account) != agent:
		return "not_found"
	case p.by == byGate && !mine && reach < site, p.by == byMind && !mine && role == protocol.Visitor:
		return "not_found"
	}
	return "ok"
}

// play does one act and gives "ok" or the code of the refusal.
func play(h *house, role protocol.Role, account protocol.AccountID, fill *strings.Replacer, how, act string) string {
	token := h.visitor("kim")
	if role != protocol.Visitor {
		token = h.login(account, "acme")
	}
	how = fill.Replace(how)
	if !strings.HasPrefix(how, "{") {
		part := strings.SplitN(how, " ", 3)
		body := ""
		if len(part) == 3 {
			body = part[2]
		}
		res, m := h.do(part[0], part[1], token, body)
		if code, ok := m["code"].(string); ok {
			return code
		}
		if res.StatusCode/100 == 2 {
			return "ok"
		}
		return res.Status
	}
	resume := ""
	switch {
	case role == protocol.Visitor:
		resume = `{"epoch":"e-1","streams":{"room/` + string(roomA) + `":0}}`
	case role == protocol.Agent:
		h.inbox.Rooms = []protocol.InboxRoom{{Room: roomA, Assignment: 1}}
	}
	s := h.enter(token, resume)
	defer s.close()
	if act == "typing" && role != protocol.Admin && role != protocol.Manager { // typing needs the stream
		for m := s.until("stream.live"); !strings.Contains(m["stream"].(string), string(roomA)); m = s.until("stream.live") {
		}
	}
	s.send(how)
	for {
		m := s.read()
		if m == nil {
			return "closed"
		}
		if m["reply_to"] == "9" {
			if m["type"] == "ok" {
				return "ok"
			}
			return data(m)["code"].(string)
		}
	}
}
