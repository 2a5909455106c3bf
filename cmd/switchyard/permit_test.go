package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"switchyard/actors/gateway"
	"switchyard/protocol"
)

// The permission table played against a whole node: every act, by every role and by those who have none, on a thing that is
// the caller's own, one in its scope, one beyond it, and one of another site (SEC-1, X-08, X-09; R-244 … ). What is
// expected of a cell is read off the table (actors/gateway/testdata/acts.txt); nothing here knows an act by its name.

// act is a row of the table.
type permitAct struct {
	name    string
	reach   map[protocol.Role]string
	request string
	idle    string // the code of the answer where there is nothing to act on; "" = there always is
}

func permitActs(t *testing.T) (all []permitAct) {
	b, err := os.ReadFile("../../actors/gateway/testdata/acts.txt")
	require.NoError(t, err)
	for line := range strings.Lines(string(b)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		c := strings.SplitN(strings.TrimSpace(line), " | ", 6)
		require.Len(t, c, 6, line)
		idle := ""
		if rest, ok := strings.CutPrefix(c[5], "(or "); ok {
			idle, c[5], _ = strings.Cut(rest, ") ")
		}
		all = append(all, permitAct{c[0], map[protocol.Role]string{protocol.Visitor: c[1], protocol.Agent: c[2], protocol.Manager: c[3], protocol.Admin: c[4]}, c[5], idle})
	}
	return all
}

// concerns says whether the act is about one thing, and not the whole site.
func (a permitAct) concerns() bool {
	for _, what := range []string{"{room}", "{stream}", "{agent}", "{customer}", "{file}", "{request}", "{closed}"} {
		if strings.Contains(a.request, what) {
			return true
		}
	}
	return false
}

// relation is how the thing stands to the caller.
type relation string

const (
	own     relation = "own"
	inScope relation = "in scope"
	beyond  relation = "beyond the scope"
	foreign relation = "another site's"
	nowhere relation = "one that does not exist"
)

type permitCaller struct {
	name    string
	role    protocol.Role // 0 = nobody
	site    protocol.SiteID
	account protocol.AccountID // "" = a visitor, a new one for each cell
	token   string
}

// permitWorld is a node with two sites: acme (admin; boss with anna, ben and cara; boss2 with zoe; gone, who is disabled), and other.
type permitWorld struct {
	t     *testing.T
	n     *node
	base  string
	count int
	image []byte
	hash  [32]byte
	read  map[protocol.Address]uint64 // how far each log was counted
	sizes map[protocol.Address]int
}

const permitSettings = `{"distribution.mode":"MANUAL","hours.weekday":{"open":true,"all_day":true},"hours.saturday":{"open":true,"all_day":true},"hours.sunday":{"open":true,"all_day":true}}`

func newPermitWorld(t *testing.T) *permitWorld {
	cfg, _, err := loadConfig("serve", []string{"-data", t.TempDir(), "-shards", "4"}, nil, io.Discard)
	require.NoError(t, err)
	n, err := assemble(cfg, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	gc, err := n.gatewayConfig(make([]byte, 32))
	require.NoError(t, err)
	// The table is the subject here, not the limits: one account plays hundreds of cells.
	gc.AgentCommands, gc.AgentBurst, gc.VisitorTokens, gc.VisitorTokenRun, gc.AccountUploads = 1e6, 1e6, 1e6, 1e6, 1e6
	gc.PendingPerAddress, gc.DrainWindow = 10_000, time.Millisecond
	require.NoError(t, n.gate.Shutdown(t.Context()))
	n.gate = gateway.New(gc, n.engineForGateway())
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	served := make(chan error, 1)
	go func() { served <- n.gate.Serve(l) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		require.NoError(t, n.stop(ctx))
		require.NoError(t, <-served)
	})
	w := &permitWorld{t: t, n: n, base: "http://" + l.Addr().String(), read: map[protocol.Address]uint64{}, sizes: map[protocol.Address]int{}}
	hash, rej := n.gate.HashPassword(t.Context(), "password of all")
	require.Nil(t, rej)
	account := func(id protocol.AccountID, r protocol.Role, manager protocol.AccountID) protocol.AccountSaved {
		return protocol.AccountSaved{Account: protocol.Account{ID: id, Role: r, Name: string(id), Consulting: true, Certified: true, Manager: manager, Group: "g"}, Password: hash}
	}
	w.must("acme", protocol.SiteAt("acme"), protocol.CreateSite{Site: "acme", Settings: []byte(permitSettings), Accounts: []protocol.AccountSaved{
		account("admin", protocol.Admin, ""), account("boss", protocol.Manager, ""), account("boss2", protocol.Manager, ""), account("anna", protocol.Agent, "boss"),
		account("ben", protocol.Agent, "boss"), account("cara", protocol.Agent, "boss"), account("zoe", protocol.Agent, "boss2"), account("gone", protocol.Agent, "boss"),
	}})
	w.must("other", protocol.SiteAt("other"), protocol.CreateSite{Site: "other", Settings: []byte(permitSettings), Accounts: []protocol.AccountSaved{
		account("admin", protocol.Admin, ""), account("omar", protocol.Agent, ""),
	}})
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, image.NewGray(image.Rect(0, 0, 2, 2))))
	w.image = b.Bytes()
	w.hash, err = n.files.Put(w.image)
	require.NoError(t, err)
	return w
}

// ask puts a command as somebody of the site, past the gateway.
func (w *permitWorld) ask(to protocol.Address, b protocol.Body, who protocol.Caller) (protocol.Result, *protocol.Rejection) {
	type answer struct {
		res protocol.Result
		rej *protocol.Rejection
	}
	got := make(chan answer, 1)
	w.count++
	w.n.engine.Ask(to, protocol.Command{Body: b, Caller: who, ClientID: w.id(), Chance: chance(), Facts: w.n.engine.Facts(to.Site)},
		func(res protocol.Result, rej *protocol.Rejection) { got <- answer{res, rej} })
	a := <-got
	return a.res, a.rej
}

func (w *permitWorld) id() protocol.ClientID {
	return protocol.ClientID(fmt.Sprintf("write-%06d", w.count))
}

func (w *permitWorld) must(site protocol.SiteID, to protocol.Address, b protocol.Body) protocol.Result {
	res, rej := w.ask(to, b, protocol.Caller{Role: protocol.Admin, Site: site, Account: "admin", Name: "admin"})
	require.Nil(w.t, rej, b.CommandName())
	return res
}

func (w *permitWorld) login(site, account string) string {
	_, _, m := w.request("POST", "/v1/sessions", "", []byte(fmt.Sprintf(`{"site":%q,"account":%q,"password":"password of all"}`, site, account)))
	require.NotEmpty(w.t, m["token"], m)
	return m["token"].(string)
}

func (w *permitWorld) request(method, path, token string, body []byte) (int, string, map[string]any) {
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.base+path, bytes.NewReader(body))
	require.NoError(w.t, err)
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(r)
	require.NoError(w.t, err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	require.NoError(w.t, err)
	var m map[string]any
	if len(b) > 0 && b[0] == '{' {
		require.NoError(w.t, json.Unmarshal(b, &m))
	}
	return res.StatusCode, string(b), m
}

// thing is what a cell's act concerns.
type thing struct {
	site                 protocol.SiteID
	room, waiting        protocol.RoomID
	agent                protocol.AccountID
	customer             protocol.CustomerKey
	file, form           string
	request, ended, kind string
}

// room opens a room of the customer at the site, given to the holder; "" = it waits.
func (w *permitWorld) room(site protocol.SiteID, key protocol.CustomerKey, holder protocol.AccountID) protocol.RoomID {
	res, rej := w.ask(protocol.CustomersAt(site), protocol.StartRoom{Key: key, Channel: protocol.Web}, protocol.Caller{Role: protocol.Visitor, Site: site, Customer: key})
	require.Nil(w.t, rej)
	id := res.(protocol.Started).Room
	if holder != "" {
		w.must(site, protocol.QueueAt(site), protocol.AssignRoom{Room: id, To: holder})
	}
	return id
}

// make makes the thing that a cell's act concerns, new for each cell: most acts change it.
func (w *permitWorld) make(a permitAct, c permitCaller, rel relation, visitor protocol.CustomerKey) thing {
	w.count++
	x := thing{site: "acme", agent: "anna", customer: protocol.CustomerKey(fmt.Sprintf("acme_c%d", w.count)), kind: "desk/"}
	if c.role == protocol.Visitor {
		x.kind = "room/"
	}
	switch rel {
	case own:
		if c.site == "acme" && c.account != "" && c.role != 0 {
			x.agent = c.account
		}
		if visitor != "" {
			x.customer = visitor
		}
	case inScope:
		x.agent = "ben"
	case beyond:
		x.agent = "zoe"
	case foreign:
		x.site, x.agent, x.customer = "other", "omar", protocol.CustomerKey(fmt.Sprintf("other_c%d", w.count))
	case nowhere:
		return thing{site: "nowhere", room: protocol.RoomIDFrom(chance()), waiting: protocol.RoomIDFrom(chance()), agent: "nobody", customer: "nowhere_x", file: "f_none", form: "p_none",
			request: string(protocol.RoomIDFrom(chance())) + "-1", ended: x.kind + string(protocol.RoomIDFrom(chance())), kind: x.kind}
	}
	has := func(what string) bool { return strings.Contains(a.request, what) }
	if has("{waiting}") {
		x.waiting = w.room(x.site, x.customer, "")
	}
	if has("{form}") {
		w.must(x.site, protocol.SiteAt(x.site), protocol.ChangeSettings{Changes: []byte(`{"profile.enabled":true}`)})
	}
	if has("{room}") || has("{stream}") || has("{customer}") || has("{file}") || has("{request}") || has("{closed}") {
		x.room = w.room(x.site, x.customer, x.agent)
	}
	holder := protocol.Caller{Role: protocol.Agent, Site: x.site, Account: x.agent, Name: string(x.agent)}
	if has("{form}") {
		x.form = w.must(x.site, protocol.RoomAt(x.site, x.room), protocol.ViewRoom{Room: x.room}).(protocol.RoomView).Form
		w.must(x.site, protocol.SiteAt(x.site), protocol.ChangeSettings{Changes: []byte(`{"profile.enabled":false}`)})
	}
	if has("{file}") {
		f := protocol.FileRow{Hash: w.hash[:], Type: "image/png", Size: len(w.image), Width: 2, Height: 2, Room: x.room, Key: x.customer}
		res, rej := w.ask(protocol.CustomersAt(x.site), protocol.SaveFile{File: f}, protocol.Caller{Role: protocol.Visitor, Site: x.site, Customer: x.customer})
		require.Nil(w.t, rej)
		x.file = res.(protocol.FileAnswer).File.ID
	}
	if has("{request}") {
		_, rej := w.ask(protocol.RoomAt(x.site, x.room), protocol.RequestReview{Room: x.room, Assignment: 1, Text: "x"}, holder)
		require.Nil(w.t, rej)
		x.request = string(x.room) + "-1"
	}
	if has("{closed}") {
		w.must(x.site, protocol.RoomAt(x.site, x.room), protocol.EndRoom{Room: x.room})
		x.ended = x.kind + string(x.room)
	}
	return x
}

// play does the act and gives the status and what was answered, without the names of the thing.
func (w *permitWorld) play(a permitAct, c permitCaller, x thing, token string) (status int, answer, code string) {
	w.count++
	fill := strings.NewReplacer("{site}", string(x.site), "{room}", string(x.room), "{stream}", x.kind+string(x.room), "{waiting}", string(x.waiting), "{agent}", string(x.agent),
		"{customer}", string(x.customer), "{file}", x.file, "{form}", x.form, "{request}", x.request, "{closed}", x.ended, "{id}", string(w.id()), "{png}", string(w.image)).Replace(a.request)
	var m map[string]any
	if !strings.HasPrefix(fill, "{") {
		part := strings.SplitN(fill, " ", 3)
		status, answer, m = w.request(part[0], part[1], token, []byte(strings.Join(part[2:], "")))
	} else if strings.Contains(fill, `"subscribe"`) || strings.Contains(fill, `"typing"`) {
		answer, m = w.socket(fill, x, token)
	} else {
		status, answer, m = w.request("POST", "/v1/commands", token, []byte(fill))
	}
	if d, ok := m["data"].(map[string]any); ok && m["type"] == "error" {
		m = d
	}
	code, _ = m["code"].(string)
	for _, name := range []string{string(x.room), string(x.waiting), string(x.agent), string(x.customer), string(x.site), x.file, x.form, x.request} {
		if name != "" {
			answer = strings.ReplaceAll(answer, name, "…")
		}
	}
	return status, answer, code
}

// socket plays a frame that needs a socket. To type, one must follow the stream.
func (w *permitWorld) socket(frame string, x thing, token string) (string, map[string]any) {
	ctx, cancel := context.WithTimeout(w.t.Context(), 20*time.Second)
	defer cancel()
	s, _, err := websocket.Dial(ctx, strings.Replace(w.base, "http", "ws", 1)+"/v1/ws", &websocket.DialOptions{Subprotocols: []string{gateway.Subprotocol}})
	require.NoError(w.t, err)
	defer s.CloseNow()
	s.SetReadLimit(1 << 20)
	say := func(f string) { require.NoError(w.t, s.Write(ctx, websocket.MessageText, []byte(f))) }
	reply := func(id string) (string, map[string]any) {
		for {
			_, b, err := s.Read(ctx)
			if err != nil {
				code := map[websocket.StatusCode]string{4401: "unauthenticated", 4404: "unauthenticated"}[websocket.CloseStatus(err)]
				return "closed " + code, map[string]any{"code": code}
			}
			var m map[string]any
			require.NoError(w.t, json.Unmarshal(b, &m))
			if m["reply_to"] == id {
				return string(b), m
			}
		}
	}
	say(`{"type":"hello","id":"1","data":{"token":"` + token + `"}}`)
	if answer, m := reply("1"); m["type"] != "welcome" {
		return answer, m
	}
	if strings.Contains(frame, `"typing"`) {
		say(`{"type":"subscribe","id":"2","stream":"` + x.kind + string(x.room) + `"}`)
		reply("2")
	}
	say(frame)
	return reply("9")
}

// size counts what the thing's site, its directory and the thing itself have on record; the calendar's own turns apart.
func (w *permitWorld) size(x thing) (all int) {
	for !w.n.engine.Idle() {
		runtime.Gosched()
	}
	of := []protocol.Address{protocol.SiteAt("acme"), protocol.CustomersAt("acme"), protocol.SiteAt("other"), protocol.CustomersAt("other")}
	for _, room := range []protocol.RoomID{x.room, x.waiting} {
		if room != "" && x.site != "nowhere" {
			of = append(of, protocol.RoomAt(x.site, room))
		}
	}
	if x.site != "nowhere" {
		of = append(of, protocol.AgentAt(x.site, x.agent))
	}
	for _, a := range of {
		require.NoError(w.t, w.n.store.Events(a, w.read[a]+1, 1<<20, func(r protocol.Recorded) error {
			w.read[a] = r.Number
			switch r.Event.(type) {
			case *protocol.CalendarTurned, *protocol.JourneyTurned, *protocol.DayFolded: // the clock's, not the caller's
			default:
				w.sizes[a]++
			}
			return nil
		}))
		all += w.sizes[a]
	}
	return all
}

// covered reads a cell off the table.
func covered(a permitAct, c permitCaller, rel relation) bool {
	if c.role == 0 || c.site != "acme" && (a.concerns() || strings.Contains(a.request, "{site}") || strings.Contains(a.request, "{waiting}")) {
		return false
	}
	switch reach := a.reach[c.role]; {
	case rel == foreign || rel == nowhere:
		return false
	case reach == "own":
		return rel == own
	case reach == "scope":
		return rel == own || rel == inScope
	default:
		return reach == "site"
	}
}

func TestPermissionsOnANode(t *testing.T) {
	w := newPermitWorld(t)
	callers := []permitCaller{
		{"visitor", protocol.Visitor, "acme", "", ""},
		{"agent", protocol.Agent, "acme", "anna", w.login("acme", "anna")},
		{"manager", protocol.Manager, "acme", "boss", w.login("acme", "boss")},
		{"administrator", protocol.Admin, "acme", "admin", w.login("acme", "admin")},
		{"anonymous", 0, "acme", "", ""},
		{"disabled account", 0, "acme", "gone", w.login("acme", "gone")},
		{"other site's administrator", protocol.Admin, "other", "admin", w.login("other", "admin")},
		{"other site's visitor", protocol.Visitor, "other", "", ""},
	}
	w.must("acme", protocol.SiteAt("acme"), protocol.SaveAccount{Account: protocol.Account{ID: "gone", Role: protocol.Agent, Name: "gone", Consulting: true, Certified: true, Disabled: true}})
	cells, allowed := 0, 0
	for _, a := range permitActs(t) {
		for _, c := range callers {
			relations := []relation{own, inScope, beyond, foreign, nowhere}
			if !a.concerns() {
				relations = []relation{own}
				if strings.Contains(a.request, "{site}") || strings.Contains(a.request, "{waiting}") {
					relations = []relation{own, foreign, nowhere}
				}
			}
			if c.site == "other" { // what is another site's to the rest is their own
				relations = slices.DeleteFunc(relations, func(r relation) bool { return r == foreign })
			}
			hidden := map[relation]string{}
			for _, rel := range relations {
				at := a.name + " / " + c.name + " / " + string(rel)
				token, key := c.token, protocol.CustomerKey("")
				if c.role == protocol.Visitor {
					w.count++
					_, _, m := w.request("POST", "/v1/sites/"+string(c.site)+"/visitor-tokens", "", []byte(fmt.Sprintf(`{"site_uid":"v%d"}`, w.count)))
					token = m["token"].(string)
					if c.site == "acme" {
						key = protocol.CustomerKey(m["customer_key"].(string))
					}
				}
				x := w.make(a, c, rel, key)
				before := w.size(x)
				status, answer, code := w.play(a, c, x, token)
				cells++
				if covered(a, c, rel) {
					allowed++
					if code != a.idle && code != "" || code == "" && status/100 > 2 {
						t.Errorf("%s: refused: %d %s", at, status, answer)
					}
					continue
				}
				hidden[rel] = fmt.Sprint(status, answer)
				switch {
				case c.role == 0 && code != "unauthenticated":
					t.Errorf("%s: %d %s, want unauthenticated", at, status, answer)
				case code != "forbidden" && code != "not_found" && code != "not_assigned" && code != "unauthenticated" && (a.idle == "" || code != a.idle):
					t.Errorf("%s: %d %s, want a refusal", at, status, answer)
				case a.reach[c.role] == "never" && c.site == "acme" && x.site == "acme" && code != "forbidden":
					t.Errorf("%s: %d %s, want forbidden", at, status, answer)
				}
				if after := w.size(x); after != before {
					t.Errorf("%s: refused with %s, and %d things are on record that were not before (R-246)", at, code, after-before)
				}
			}
			if there, ok := hidden[foreign]; ok && c.site == "acme" && there != hidden[nowhere] {
				t.Errorf("%s / %s: another site's thing answers\n%s\none that does not exist\n%s", a.name, c.name, there, hidden[nowhere])
			}
			if c.site == "other" { // to them everything of acme's is another site's
				for _, said := range hidden {
					if none, ok := hidden[nowhere]; ok && said != none {
						t.Errorf("%s / %s: another site's thing answers\n%s\none that does not exist\n%s", a.name, c.name, said, none)
					}
				}
			}
		}
	}
	t.Logf("%d cells, %d of them allowed", cells, allowed)
	if cells < 1000 {
		t.Errorf("only %d cells were played", cells)
	}
}
