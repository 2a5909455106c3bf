package scenario

import (
	"bufio"
	"fmt"
	"slices"
	"strings"
	"time"

	"switchyard/protocol"
)

// teller plays one story on one rig and writes down what happens.
type teller struct {
	rig        rig
	lines      []string
	people     map[string]protocol.Role
	rooms      map[string]protocol.RoomID // a customer's newest room
	names      map[protocol.RoomID]string // and back; the second room of K is K.2
	order      []protocol.RoomID
	customers  map[string]protocol.CustomerNo
	forms      map[string]string
	assignment map[string]uint32
	requests   map[string]uint32           // number of the newest request, by room
	told       map[protocol.Address]uint64 // how far each history was told
	lastID     map[string]protocol.ClientID
	writes     int
	bots       map[string]*botDraft
	displays   map[protocol.RoomID][]*protocol.DialogueShown
	outside    map[string]bool // rows of the outbox that were told
}

// play tells a story on a rig and returns the whole file as it should be.
func play(story string, make func(time.Time) rig) (out string, err error) {
	t := &teller{
		people: map[string]protocol.Role{}, rooms: map[string]protocol.RoomID{}, names: map[protocol.RoomID]string{},
		customers: map[string]protocol.CustomerNo{}, forms: map[string]string{}, assignment: map[string]uint32{},
		requests: map[string]uint32{}, told: map[protocol.Address]uint64{}, lastID: map[string]protocol.ClientID{},
		bots: map[string]*botDraft{}, displays: map[protocol.RoomID][]*protocol.DialogueShown{},
		outside: map[string]bool{},
	}
	at := time.Date(2021, 6, 9, 10, 0, 0, 0, kst)
	sc := bufio.NewScanner(strings.NewReader(story))
	for n := 1; sc.Scan(); n++ {
		line := strings.TrimRight(sc.Text(), " ")
		switch {
		case strings.HasPrefix(line, " "):
			continue // told again
		case line == "" || strings.HasPrefix(line, "#"):
			t.lines = append(t.lines, line)
			continue
		}
		t.lines = append(t.lines, line)
		if clock, ok := strings.CutPrefix(line, "clock "); ok {
			if at, err = time.ParseInLocation("2006-01-02 15:04", clock, kst); err != nil {
				return "", fmt.Errorf("line %d: %w", n, err)
			}
			continue
		}
		if t.rig == nil {
			t.rig = make(at)
			defer func() { t.rig.close() }()
			t.create()
		}
		if err := t.run(line); err != nil {
			return "", fmt.Errorf("line %d: %s: %w", n, line, err)
		}
		t.tell()
		if err := t.rig.audit(); err != nil {
			return "", fmt.Errorf("line %d: %s: %w", n, line, err)
		}
	}
	return strings.Join(t.lines, "\n") + "\n", sc.Err()
}

func (t *teller) create() {
	t.people["boss"] = protocol.Admin
	r := t.rig.do(issued{to: protocol.SiteAt(site), c: protocol.Command{Body: protocol.CreateSite{
		Site: site, Settings: []byte(`{"name":"이야기","autoclose.business_clock":false}`), // as the domain's stories are told
		Accounts: []protocol.AccountSaved{{Account: protocol.Account{ID: "boss", Role: protocol.Admin, Name: "관리자", Certified: true}, Password: "argon2id$none"}},
	}}})[0]
	if r.err != nil {
		panic(r.err)
	}
}

func (t *teller) out(format string, a ...any) {
	t.lines = append(t.lines, "  "+strings.TrimRight(fmt.Sprintf(format, a...), " "))
}

// reply tells what a person was answered.
func (t *teller) reply(line string, x issued, r reply) {
	who := strings.Fields(strings.TrimPrefix(line, "again "))[0]
	switch {
	case !r.given:
		return
	case r.err != nil:
		if r.err.Field != "" {
			t.out("%s is refused: %s (%s)", who, r.err.Code, r.err.Field)
		} else {
			t.out("%s is refused: %s", who, r.err.Code)
		}
		return
	}
	switch v := r.result.(type) {
	case protocol.Started:
		if v.Room != "" && t.names[v.Room] == "" {
			name := who
			if n := t.countRooms(who); n > 0 {
				name = fmt.Sprintf("%s.%d", who, n+1)
			}
			t.names[v.Room] = name
			t.order = append(t.order, v.Room)
		}
		if v.Room != "" && v.Room != t.rooms[who] {
			t.rooms[who] = v.Room
			t.assignment[who] = 0
		}
		say := v.Outcome.String()
		if v.Code != 0 {
			say += " " + v.Code.String()
		}
		if v.Duplicate {
			say += " again"
		}
		t.out("%s: %s", t.names[v.Room], say)
	case protocol.Sent:
		if v.Duplicate {
			t.out("%s: the same answer again", who)
		}
	case protocol.CustomerView:
		if v.Duplicate {
			t.out("%s: the same answer again", who)
		}
	case protocol.Assigned:
		if v.Duplicate {
			t.out("%s: the same answer again", who)
		}
	}
}

func (t *teller) countRooms(who string) int {
	n := 0
	for _, name := range t.names {
		if name == who || strings.HasPrefix(name, who+".") {
			n++
		}
	}
	return n
}

// tell writes what is new in every room's history and in every inbox.
func (t *teller) tell() {
	for _, id := range t.order {
		a := protocol.RoomAt(site, id)
		for _, r := range t.rig.log(a, t.told[a]+1) {
			t.told[a] = r.Number
			t.event(t.names[id], id, r)
		}
	}
	t.tellLedger()
	defer t.tellOutside()
	ids := make([]protocol.AccountID, 0)
	if f := t.rig.facts(); f != nil {
		for id := range f.Accounts {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	for _, id := range ids {
		a := protocol.AgentAt(site, id)
		type entry struct {
			room protocol.RoomID
			say  string
		}
		var inbox []entry
		for _, r := range t.rig.log(a, t.told[a]+1) {
			t.told[a] = r.Number
			switch e := r.Event.(type) {
			case *protocol.InboxGained:
				quiet := ""
				if e.Quiet {
					quiet = ", quietly"
				}
				inbox = append(inbox, entry{e.Room, fmt.Sprintf("inbox of %s: + %s#%d %s%s", id, t.names[e.Room], e.Assignment, e.Cause, quiet)})
			case *protocol.InboxLost:
				inbox = append(inbox, entry{e.Room, fmt.Sprintf("inbox of %s: - %s#%d %s", id, t.names[e.Room], e.Assignment, e.Reason)})
			case *protocol.InboxRequest:
				inbox = append(inbox, entry{e.Room, fmt.Sprintf("inbox of %s: %s request %d of %s in %s", id, e.Kind, e.Number, e.ByName, t.names[e.Room])})
			case *protocol.InboxDecision:
				inbox = append(inbox, entry{e.Room, fmt.Sprintf("inbox of %s: request %d in %s %s", id, e.Number, t.names[e.Room], e.Outcome)})
			case *protocol.InboxOffered:
				inbox = append(inbox, entry{e.Room, fmt.Sprintf("inbox of %s: offered %s until %s", id, t.names[e.Room], e.Until.Time().In(kst).Format("15:04:05"))})
			case *protocol.InboxOfferEnded:
				inbox = append(inbox, entry{e.Room, fmt.Sprintf("inbox of %s: offer of %s %s", id, t.names[e.Room], e.Reason)})
			case *protocol.AlarmDue:
				inbox = append(inbox, entry{e.Room, fmt.Sprintf("inbox of %s: alarm %s", id, t.names[e.Room])})
			}
		}
		// Two rooms tell an inbox independently, and no order among them is promised; here it is the rooms'.
		slices.SortStableFunc(inbox, func(x, y entry) int {
			return slices.Index(t.order, x.room) - slices.Index(t.order, y.room)
		})
		for _, l := range inbox {
			if !strings.Contains(l.say, " #") { // crowds have no names
				t.out("%s", l.say)
			}
		}
	}
}

func (t *teller) event(name string, id protocol.RoomID, r protocol.Recorded) {
	who, _, _ := strings.Cut(name, ".")
	at := r.At.Time().In(kst).Format("15:04:05")
	switch e := r.Event.(type) {
	case *protocol.RoomOpened:
		t.customers[who] = e.Customer
		if e.Channel != protocol.Web || e.ChannelAccount != "" {
			t.out("%s %s: on %s %s", at, name, e.Channel, e.ChannelAccount)
		}
	case *protocol.RoomQueued:
		say := "WAITING"
		if e.Lock {
			say += " locked"
		}
		if e.Refuse {
			say += " refusing"
		}
		t.out("%s %s: %s (G-%02d)", at, name, say, e.Row)
	case *protocol.RoomAssigned:
		t.assignment[who] = e.Assignment
		say := fmt.Sprintf("RECEIVED at %s#%d %s", e.AgentName, e.Assignment, e.Cause)
		if e.By != "" {
			say += " by " + string(e.By)
		}
		if e.Override {
			say += " override"
		}
		t.out("%s %s: %s", at, name, say)
	case *protocol.MessagePosted:
		from := map[protocol.Sender]string{protocol.FromCustomer: who, protocol.FromAgent: e.Name, protocol.FromBot: "robot"}[e.From]
		switch {
		case e.Operator != 0:
			t.out("%s %s: %s as %s %q", at, name, e.Code, e.Operator, e.Text)
		case e.Code != 0 && e.Code != protocol.MGreet && e.Code != protocol.MQueue:
			t.out("%s %s: %s", at, name, e.Code)
		case e.Code != 0:
			t.out("%s %s: %s %q", at, name, e.Code, e.Text)
		case e.Kind == protocol.Memo:
			t.out("%s %s: memo of %s %q", at, name, from, e.Text)
		case e.BeforeProfile:
			t.out("%s %s: %s says %q, before the profile", at, name, from, e.Text)
		case e.Full != "":
			t.out("%s %s: %s says %q, whole at %s", at, name, from, e.Text, e.Full)
		default:
			t.out("%s %s: %s says %q", at, name, from, e.Text)
		}
	case *protocol.ProfilePrompted:
		t.forms[who] = e.Form
		t.out("%s %s: M-PROMPT", at, name)
	case *protocol.ProfileSaved:
		t.out("%s %s: profile saved", at, name)
	case *protocol.RoomClosed:
		say := fmt.Sprintf("%s by %s", e.State, e.Actor)
		if e.Reason != protocol.EndNormal {
			say += " " + e.Reason.String()
		}
		if e.Rejected {
			say += ", rejected"
		}
		t.out("%s %s: %s", at, name, say)
	case *protocol.RoomMetaSet:
		t.out("%s %s: cover changed", at, name)
	case *protocol.MessageRead:
		t.out("%s %s: read by %s", at, name, e.By)
	case *protocol.ChangeRequested:
		t.requests[who] = e.Number
		t.out("%s %s: request %d of %s: %s instead", at, name, e.Number, e.ByName, e.ToName)
	case *protocol.ReviewRequested:
		t.requests[who] = e.Number
		t.out("%s %s: request %d of %s: a review", at, name, e.Number, e.ByName)
	case *protocol.RequestDecided:
		say := fmt.Sprintf("request %d %s", e.Number, e.Outcome)
		if e.By != "" {
			say += " by " + string(e.By)
		}
		t.out("%s %s: %s", at, name, say)
	case *protocol.RoomRated:
		t.out("%s %s: rated %d %q", at, name, e.Score, e.Comment)
	case *protocol.OfferMissed:
		say := "missed"
		if e.Declined {
			say = "declined"
		}
		t.out("%s %s: %s by %s", at, name, say, e.Agent)
	case *protocol.AlarmRang:
		t.out("%s %s: alarm", at, name)
	case *protocol.DialogueShown, *protocol.AgentRequested:
		t.botEvent(name, at, id, e)
	}
}

// show draws every open room of the story, and the line.
func (t *teller) show() {
	for _, id := range t.order {
		r := t.rig.do(issued{to: protocol.RoomAt(site, id), c: protocol.Command{Body: protocol.ViewRoom{Room: id}, Caller: protocol.Caller{Role: protocol.Admin, Site: site, Account: "boss"}}})[0]
		v, ok := r.result.(protocol.RoomView)
		if !ok || !v.State.Open() {
			continue
		}
		say := v.State.String()
		if v.Holder != "" {
			say += " " + string(v.Holder)
		}
		if v.Lock {
			say += " locked"
		}
		if v.Refuse {
			say += " refusing"
		}
		t.out("%s: %s", t.names[id], say)
	}
	r := t.rig.do(issued{to: protocol.QueueAt(site), c: protocol.Command{Body: protocol.ViewQueue{}, Caller: protocol.Caller{Role: protocol.Admin, Site: site, Account: "boss"}}})[0]
	q := r.result.(protocol.QueueView)
	line := "line:"
	for _, w := range q.Waiting {
		line += " " + t.names[w.Room]
	}
	for _, a := range q.Agents {
		if a.Load > 0 {
			line += fmt.Sprintf(" · %s=%d", a.Account, a.Load)
		}
	}
	t.out("%s", line)
}
