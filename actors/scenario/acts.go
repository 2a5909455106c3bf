package scenario

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"switchyard/protocol"
)

// The acts of a story. K, L … are customers, A, B … agents (lower case account ids on the wire),
// M a manager; a customer's name also means that customer's newest room.
//
//	clock 2021-06-09 10:00          the story begins here, in KST; the first line
//	set NAME VALUE                  a setting; the value is JSON or a word
//	agent A [max=N] [consulting=no] [manager=M] [group=G]        makes or changes an account
//	manager M [sees_all=yes]
//	holiday 2021-06-10              a registered day off
//	day A 2021-06-09 off | 12:00-13:00 …   an agent's plan
//	profile K NAME=… PHONE=…        what is stored of a customer before the story; NAME= deletes
//	K starts [category=x] [channel=KAKAO] [account=y] [PARAM=…]
//	K says TEXT [full=ADDRESS] · A says K TEXT · A memos K TEXT
//	K submits NAME=… PHONE=…
//	A accepts K · A declines K      what is offered to A
//	A takes K · M assigns K to B
//	K ends · A ends K · M ends K
//	A sets K hold=yes | flag=red | category=x | alarm=10m | priority=9
//	A requests B for K TEXT · A asks review of K TEXT · M approves K · M rejects K · M reviews K
//	K rates 5 [TEXT]
//	template NAME shared|A [file=F] TEXT · A sends K NAME
//	A is busy|online|… · A connects · A disconnects
//	N customers start               at once; the room counts per agent are told
//	wait 30m · until 09:00          time passes (until: the next such moment)
//	restart [after 20m] · crash [after 20m]
//	channel ID KAKAO                a channel account
//	file NAME 500x250 BYTES TYPE    an upload of the administrator's; set … @NAME
//	lists M                         the rooms with an agent that M sees in management
//	webhook NAME                    another system hears of everything; what it is owed is told
//	show                            every open room, and the line
//	edits, renames, verifies, customer, history: identity.go; top up, post: ledger.go
//	transcript K                    what was said and noted, in the room's one order
//	figures K · sqi 2021-06-09      what a closed room's reports are made of; the SQI of a day
//	segments K                      by whom the room was held, from the request on
//
// " | " joins acts that happen at the same instant. "again" before an act repeats the last
// write of that person with the same client id.

var kst = time.FixedZone("KST", 9*3600)

func (t *teller) run(line string) error {
	switch head, rest, _ := strings.Cut(line, " "); head {
	case "set":
		name, value, _ := strings.Cut(rest, " ")
		value = fileID(value)
		if !strings.ContainsAny(value[:1], `"[{0123456789`) && value != "true" && value != "false" && value != "null" {
			value = strconv.Quote(value)
		}
		return t.ask(protocol.SiteAt(site), protocol.ChangeSettings{Changes: fmt.Appendf(nil, "{%q:%s}", name, value)})
	case "agent", "manager":
		return t.account(head, rest)
	case "category":
		f := strings.Fields(rest)
		k := protocol.Category{ID: f[0], Level: 1, Name: f[0], Order: 10}
		if len(f) > 1 {
			k.Level, k.Parent = 2, f[1]
		}
		return t.ask(protocol.SiteAt(site), protocol.SaveCategory{Category: k})
	case "template":
		return t.template(strings.Fields(rest))
	case "dialogue":
		return t.dialogue(rest)
	case "bot":
		return t.bot(rest)
	case "session":
		return t.sessionEnds(strings.Fields(rest)[1])
	case "holiday":
		return t.ask(protocol.SiteAt(site), protocol.SaveHoliday{Holiday: protocol.Holiday{Date: date(rest)}})
	case "channel":
		return t.channel(rest)
	case "file":
		return t.file(rest)
	case "lists":
		t.lists(rest)
	case "day":
		return t.day(strings.Fields(rest))
	case "profile":
		return t.profile(strings.Fields(rest))
	case "wait":
		d, err := time.ParseDuration(rest)
		if err != nil {
			return err
		}
		t.rig.advance(t.rig.now().Add(d))
	case "until":
		m, err := protocol.ParseClock(rest)
		if err != nil {
			return err
		}
		now := t.rig.now().In(kst)
		to := time.Date(now.Year(), now.Month(), now.Day(), m/60, m%60, 0, 0, kst)
		if !to.After(now) {
			to = to.AddDate(0, 0, 1)
		}
		t.rig.advance(to)
	case "restart", "crash":
		var away time.Duration
		if after, ok := strings.CutPrefix(rest, "after "); ok {
			d, err := time.ParseDuration(after)
			if err != nil {
				return err
			}
			away = d
		}
		t.rig.restart(head == "crash", away)
	case "webhook":
		return t.ask(protocol.SiteAt(site), protocol.SaveWebhook{Webhook: protocol.Webhook{ID: rest, URL: "https://" + rest + ".example/hook", All: true, Enabled: true}, Create: true})
	case "top", "post":
		return t.ledgerAct(head, rest)
	case "show":
		t.show()
	case "figures":
		return t.figures(rest)
	case "sqi":
		return t.sqi(rest)
	case "segments":
		t.segments(rest)
	case "customer":
		t.customer(rest)
	case "history":
		return t.history(rest)
	case "transcript":
		t.transcript(rest)
	default:
		if n, err := strconv.Atoi(head); err == nil && rest == "customers start" {
			return t.crowd(n)
		} else if id, ok := strings.CutPrefix(rest, "customers with ID "); err == nil && ok {
			return t.namesakes(n, id)
		}
		return t.acts(strings.Split(line, " | "))
	}
	return nil
}

func (t *teller) acts(lines []string) error {
	var cmds []issued
	for _, l := range lines {
		x, err := t.act(l)
		if err != nil {
			return fmt.Errorf("%q: %w", l, err)
		}
		cmds = append(cmds, x)
	}
	for i, r := range t.rig.do(cmds...) {
		t.reply(lines[i], cmds[i], r)
	}
	return nil
}

// act reads one act of a person.
func (t *teller) act(l string) (issued, error) {
	again := false
	if rest, ok := strings.CutPrefix(l, "again "); ok {
		l, again = rest, true
	}
	f := strings.Fields(l)
	who, verb := f[0], f[1]
	x := issued{c: protocol.Command{Caller: t.caller(who)}}
	rest := strings.TrimPrefix(l, who+" "+verb)
	rest = strings.TrimPrefix(rest, " ")
	customer := t.people[who] == protocol.Visitor
	roomOf := func(name string) protocol.RoomID { return t.rooms[name] }
	switch verb {
	case "starts":
		b := protocol.StartRoom{Key: t.key(who), Channel: protocol.Web}
		for _, p := range f[2:] {
			name, v, _ := strings.Cut(p, "=")
			switch name {
			case "category":
				b.Category = v
			case "account":
				b.ChannelAccount = v
			case "channel":
				b.Channel, _ = protocol.ParseChannel(v)
			default:
				b.Params = append(b.Params, protocol.Param{Name: name, Value: v})
			}
		}
		x.to, x.c.Body = protocol.CustomersAt(site), b
	case "says", "memos":
		b := protocol.SendMessage{Kind: protocol.Text, Room: roomOf(who)}
		b.Text, b.Full, _ = strings.Cut(rest, " full=")
		if !customer {
			name, text, _ := strings.Cut(rest, " ")
			b.Room, b.Text, b.Assignment = roomOf(name), text, t.assignment[name]
			if verb == "memos" {
				b.Kind, b.Assignment = protocol.Memo, 0
			}
		}
		x.to, x.c.Body = protocol.RoomAt(site, b.Room), b
	case "sends":
		b := protocol.SendMessage{Room: roomOf(f[2]), Template: f[3], Assignment: t.assignment[f[2]]}
		x.to, x.c.Body = protocol.RoomAt(site, b.Room), b
	case "picks":
		b, err := t.picks(who, rest)
		if err != nil {
			return x, err
		}
		x.to, x.c.Body = protocol.RoomAt(site, b.Room), b
	case "leaves":
		b := protocol.ChannelEnded{Room: roomOf(who), Left: true}
		x.to, x.c.Body, x.c.Caller = protocol.RoomAt(site, b.Room), b, protocol.Caller{Role: protocol.System, Site: site}
	case "submits":
		b := protocol.SubmitForm{Room: roomOf(who), Form: t.forms[who]}
		for _, p := range f[2:] {
			name, v, _ := strings.Cut(p, "=")
			field, err := protocol.ParseProfileField(name)
			if err != nil {
				return x, err
			}
			b.Values = append(b.Values, protocol.FieldValue{Field: field, Value: v})
		}
		x.to, x.c.Body = protocol.RoomAt(site, b.Room), b
	case "reads":
		b := protocol.MarkRead{Room: roomOf(who), Upto: 1 << 30}
		if !customer {
			b.Room = roomOf(f[2])
		}
		x.to, x.c.Body = protocol.RoomAt(site, b.Room), b
	case "takes":
		x.to, x.c.Body = protocol.QueueAt(site), protocol.TakeRoom{Room: roomOf(f[2])}
	case "accepts":
		x.to, x.c.Body = protocol.QueueAt(site), protocol.AcceptOffer{Room: roomOf(f[2])}
	case "declines":
		x.to, x.c.Body = protocol.QueueAt(site), protocol.DeclineOffer{Room: roomOf(f[2])}
	case "assigns":
		x.to = protocol.QueueAt(site)
		x.c.Body = protocol.AssignRoom{Room: roomOf(f[2]), To: account(f[4]), Assignment: t.assignment[f[2]]}
	case "ends":
		b := protocol.EndRoom{Room: roomOf(who)}
		if !customer {
			b.Room = roomOf(f[2])
		}
		x.to, x.c.Body = protocol.RoomAt(site, b.Room), b
	case "sets":
		b := protocol.SetRoom{Room: roomOf(f[2])}
		for _, p := range f[3:] {
			name, v, _ := strings.Cut(p, "=")
			switch name {
			case "hold":
				b.Set, b.Hold = b.Set|protocol.MetaHold, v == "yes"
			case "flag":
				b.Set |= protocol.MetaFlag
				b.Flag, _ = protocol.ParseFlag(v)
			case "category":
				b.Set, b.Category = b.Set|protocol.MetaCategory, v
			case "tags":
				b.Set, b.Tags = b.Set|protocol.MetaTags, strings.Split(v, ",")
			case "alarm":
				d, err := time.ParseDuration(v)
				if err != nil {
					return x, err
				}
				b.Set, b.AlarmAt = b.Set|protocol.MetaAlarm, protocol.At(t.rig.now().Add(d))
			case "priority":
				n, err := strconv.Atoi(v)
				if err != nil {
					return x, err
				}
				b.Set, b.Priority = b.Set|protocol.MetaPriority, uint8(n)
			default:
				return x, fmt.Errorf("nothing is called %s", name)
			}
		}
		x.to, x.c.Body = protocol.RoomAt(site, b.Room), b
	case "requests", "asks", "approves", "rejects", "reviews", "rates":
		b, err := t.requestAct(who, verb, f)
		if err != nil {
			return x, err
		}
		x.to, x.c.Body = b.to, b.c.Body
	case "edits", "renames", "verifies":
		b, err := t.identityAct(verb, f)
		if err != nil {
			return x, err
		}
		x.to, x.c.Body = protocol.CustomersAt(site), b
	case "is":
		want, err := protocol.ParseWant(f[2])
		if err != nil {
			return x, err
		}
		x.to, x.c.Body = protocol.AgentAt(site, account(who)), protocol.SetStatus{Account: account(who), Want: want}
	case "connects":
		x.to, x.c.Body = protocol.AgentAt(site, account(who)), protocol.SocketUp{Account: account(who), Session: "s"}
	case "disconnects":
		x.to, x.c.Body = protocol.AgentAt(site, account(who)), protocol.SocketDown{Account: account(who), Session: "s"}
	default:
		return x, fmt.Errorf("nobody %s", verb)
	}
	if again {
		x.c.ClientID = t.lastID[who+verb]
	} else {
		t.writes++
		x.c.ClientID = protocol.ClientID(fmt.Sprintf("write-%05d", t.writes))
		t.lastID[who+verb] = x.c.ClientID
	}
	return x, nil
}

func account(name string) protocol.AccountID { return protocol.AccountID(strings.ToLower(name)) }

func date(s string) protocol.Date {
	d, err := time.Parse("2006-01-02", s)
	if err != nil {
		panic(err)
	}
	return protocol.Date{Year: d.Year(), Month: d.Month(), Day: d.Day()}
}

func (t *teller) key(who string) protocol.CustomerKey {
	return protocol.CustomerKey(string(site) + "_" + strings.ToLower(who))
}

func (t *teller) caller(who string) protocol.Caller {
	switch role, known := t.people[who]; {
	case !known || role == protocol.Visitor:
		t.people[who] = protocol.Visitor
		return protocol.Caller{Role: protocol.Visitor, Site: site, Customer: t.key(who)}
	default:
		return protocol.Caller{Role: role, Site: site, Account: account(who), Name: who}
	}
}

func (t *teller) ask(to protocol.Address, b protocol.Body) error {
	r := t.rig.do(issued{to: to, c: protocol.Command{Body: b, Caller: protocol.Caller{Role: protocol.Admin, Site: site, Account: "boss"}}})[0]
	if r.err != nil {
		t.out("refused: %v", r.err)
	}
	return nil
}

func (t *teller) account(role, rest string) error {
	f := strings.Fields(rest)
	a := protocol.Account{ID: account(f[0]), Role: protocol.Agent, Name: f[0], Consulting: true, Certified: true}
	if role == "manager" {
		a.Role, a.Consulting = protocol.Manager, false
	}
	old := t.rig.facts().Accounts[a.ID]
	if old != nil {
		a = *old
	}
	for _, p := range f[1:] {
		name, v, _ := strings.Cut(p, "=")
		switch name {
		case "max":
			a.MaxConcurrent, _ = strconv.Atoi(v)
		case "consulting":
			a.Consulting = v == "yes"
		case "certified":
			a.Certified = v == "yes"
		case "disabled":
			a.Disabled = v == "yes"
		case "sees_all":
			a.SeesAll = v == "yes"
		case "manager":
			a.Manager = account(v)
		case "group":
			a.Group = v
		default:
			return fmt.Errorf("an account has no %s", name)
		}
	}
	t.people[f[0]] = a.Role
	return t.ask(protocol.SiteAt(site), protocol.SaveAccount{Account: a, Password: "argon2id$none", Create: old == nil})
}

func (t *teller) day(f []string) error {
	d := protocol.AgentDay{Account: account(f[0]), Date: date(f[1])}
	for _, p := range f[2:] {
		if p == "off" {
			d.Off = true
			continue
		}
		from, to, _ := strings.Cut(p, "-")
		a, err := protocol.ParseClock(from)
		if err != nil {
			return err
		}
		b, err := protocol.ParseClock(to)
		if err != nil {
			return err
		}
		d.Breaks = append(d.Breaks, protocol.Break{From: a, To: b})
	}
	return t.ask(protocol.SiteAt(site), protocol.SaveDay{Day: d})
}

// profile writes what is known of a customer through the directory's own command.
func (t *teller) profile(f []string) error {
	who := f[0]
	t.caller(who)
	no := t.customers[who]
	if no == 0 { // unknown so far: a visit that ends at once makes the record
		return fmt.Errorf("%s must have been here before", who)
	}
	b := protocol.SaveProfile{Customer: no, At: protocol.At(t.rig.now())}
	for _, p := range f[1:] {
		name, v, _ := strings.Cut(p, "=")
		field, err := protocol.ParseProfileField(name)
		if err != nil {
			return err
		}
		b.Values = append(b.Values, protocol.FieldValue{Field: field, Value: v})
	}
	return t.ask(protocol.CustomersAt(site), b)
}

// crowd lets many customers arrive at once and tells how they were spread.
func (t *teller) crowd(n int) error {
	cmds := make([]issued, n)
	for i := range cmds {
		key := protocol.CustomerKey(fmt.Sprintf("%s_crowd%d-%d", site, t.writes, i))
		cmds[i] = issued{to: protocol.CustomersAt(site), c: protocol.Command{
			Body: protocol.StartRoom{Key: key, Channel: protocol.Web}, ClientID: protocol.ClientID(fmt.Sprintf("crowd-%d-%05d", t.writes, i)),
			Caller: protocol.Caller{Role: protocol.Visitor, Site: site, Customer: key},
		}}
	}
	t.writes++
	outcomes := map[string]int{}
	holders := map[string]int{}
	for _, r := range t.rig.do(cmds...) {
		if r.err != nil {
			outcomes["refused "+r.err.Code.String()]++
			continue
		}
		s := r.result.(protocol.Started)
		outcomes[s.Outcome.String()]++
		for _, e := range t.rig.log(protocol.RoomAt(site, s.Room), 1) {
			if a, ok := e.Event.(*protocol.RoomAssigned); ok {
				holders[a.AgentName]++
			}
		}
	}
	for _, m := range []map[string]int{outcomes, holders} {
		keys := make([]string, 0, len(m))
		for k := range m {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		for _, k := range keys {
			t.out("%s: %d", k, m[k])
		}
	}
	return nil
}
