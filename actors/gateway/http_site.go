package gateway

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"
	"unicode/utf8"

	"switchyard/protocol"
)

// The routes of a site's own things: settings, accounts, categories, the calendar.

// unprocessable is how a bad value of an otherwise well-formed body is answered: 422 with its field.
func (c *call) unprocessable(rej *protocol.Rejection) (int, []byte, *protocol.Rejection) {
	if rej != nil && rej.Code == protocol.BadRequest {
		c.g.problem(c.w, http.StatusUnprocessableEntity, rej)
		return 0, nil, nil
	}
	return 0, nil, rej
}

// --- accounts ---------------------------------------------------------------

func (c *call) accounts() (int, []byte, *protocol.Rejection) {
	all := slices.SortedFunc(maps.Values(c.facts.Accounts), func(a, b *protocol.Account) int {
		return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.ID, b.ID))
	})
	return c.list("accounts", len(all), func(j *protocol.JSON, i int) bool {
		if !covers("accounts.list", c.facts, &c.caller, all[i].ID, "") {
			return false
		}
		appendAccount(j, all[i])
		return true
	})
}

func (c *call) account() (int, []byte, *protocol.Rejection) {
	a := c.facts.Accounts[protocol.AccountID(c.r.PathValue("id"))]
	if a == nil || !covers("accounts.list", c.facts, &c.caller, a.ID, "") {
		return 0, nil, notFound
	}
	j := protocol.JSON{}
	appendAccount(&j, a)
	return http.StatusOK, j.B, nil
}

func appendAccount(j *protocol.JSON, a *protocol.Account) {
	j.Open()
	j.Str("id", string(a.ID))
	j.Str("role", a.Role.String())
	j.Str("name", a.Name)
	j.Bool("consulting", a.Consulting)
	j.Bool("certified", a.Certified)
	j.Str("manager", string(a.Manager))
	j.Bool("sees_all", a.SeesAll)
	j.Str("group", a.Group)
	j.Int("max_concurrent", int64(a.MaxConcurrent))
	j.Int("order", int64(a.Order))
	j.Bool("disabled", a.Disabled)
	j.Close()
}

func (c *call) createAccount() (int, []byte, *protocol.Rejection) {
	id := c.body.need("id", 40)
	if c.body.err == nil && !validAccount(id) {
		c.body.refuse("id", "must be 1 to 40 of a-z 0-9 . _ -")
	}
	for _, name := range []string{"role", "name", "password"} {
		if !c.body.has(name) {
			c.body.refuse(name, "is missing")
		}
	}
	// 상담 진행 and 인증 as a new account of the domain has them; the order is its place in the list.
	order := 1
	for _, a := range c.facts.Accounts {
		order = max(order, a.Order+1)
	}
	return c.saveAccount(protocol.Account{ID: protocol.AccountID(id), Consulting: true, Certified: true, Order: order}, true)
}

func (c *call) changeAccount() (int, []byte, *protocol.Rejection) {
	a := c.facts.Accounts[protocol.AccountID(c.r.PathValue("id"))]
	if a == nil {
		return 0, nil, notFound
	}
	return c.saveAccount(*a, false)
}

// saveAccount reads the members that are there over the account, and hashes a password.
// Whoever had a session with the old password has none any more.
func (c *call) saveAccount(a protocol.Account, create bool) (int, []byte, *protocol.Rejection) {
	f := &c.body
	if f.has("role") {
		a.Role = enum(f, "role", protocol.ParseRole)
	}
	if f.has("name") {
		a.Name = f.runes("name", 60)
	}
	if a.Name == "" {
		f.refuse("name", "is missing")
	}
	for name, at := range map[string]*bool{"consulting": &a.Consulting, "certified": &a.Certified, "sees_all": &a.SeesAll, "disabled": &a.Disabled} {
		if f.has(name) {
			*at = f.truth(name)
		}
	}
	if _, ok := f.m["manager"]; ok {
		a.Manager = protocol.AccountID(f.text("manager", 40))
		if m := c.facts.Accounts[a.Manager]; a.Manager != "" && m == nil {
			f.refuse("manager", "no such account")
		}
	}
	if _, ok := f.m["group"]; ok {
		a.Group = f.runes("group", 60)
	}
	if f.has("max_concurrent") {
		a.MaxConcurrent = f.int("max_concurrent", 0, 999)
	}
	if f.has("order") {
		a.Order = f.int("order", 0, 1<<20)
	}
	password := f.text("password", passwordBytesMax)
	if f.has("password") && utf8.RuneCountInString(password) < passwordRunesMin {
		f.refuse("password", fmt.Sprintf("must have at least %d characters", passwordRunesMin))
	}
	f.used["manager"], f.used["group"] = true, true
	if rej := f.done(); rej != nil {
		return c.unprocessable(rej)
	}
	hash := ""
	if password != "" {
		var rej *protocol.Rejection
		if hash, rej = c.g.hash.Hash(c.context(), password); rej != nil {
			return 0, nil, rej
		}
	}
	if _, rej := c.put(protocol.SiteAt(c.site), protocol.SaveAccount{Account: a, Password: hash, Create: create}); rej != nil {
		return c.unprocessable(rej)
	}
	if !create && hash != "" {
		if _, rej := c.g.ask(c.context(), protocol.SiteAt(c.site), protocol.EndSession{Account: a.ID}, c.caller, "", c.facts); rej != nil {
			return 0, nil, rej
		}
	}
	j := protocol.JSON{}
	appendAccount(&j, &a)
	return created(create), j.B, nil
}

func created(create bool) int {
	if create {
		return http.StatusCreated
	}
	return http.StatusOK
}

// --- categories -------------------------------------------------------------

func (c *call) categories() (int, []byte, *protocol.Rejection) {
	all := slices.SortedFunc(maps.Values(c.facts.Categories), func(a, b *protocol.Category) int {
		return cmp.Or(cmp.Compare(a.Level, b.Level), cmp.Compare(a.Order, b.Order), cmp.Compare(a.ID, b.ID))
	})
	return c.list("categories", len(all), func(j *protocol.JSON, i int) bool { appendCategory(j, all[i]); return true })
}

func appendCategory(j *protocol.JSON, k *protocol.Category) {
	j.Open()
	j.Str("id", k.ID)
	j.Int("level", int64(k.Level))
	j.Str("name", k.Name)
	j.Str("parent", k.Parent)
	j.Bool("unused", k.Unused)
	j.Int("order", int64(k.Order))
	j.Close()
}

func (c *call) createCategory() (int, []byte, *protocol.Rejection) {
	id := c.body.text("id", 40)
	if id == "" {
		id = protocol.Token("k_", "category", c.g.engine.Chance())
	}
	if c.facts.Categories[id] != nil {
		return 0, nil, protocol.RejectField(protocol.Conflict, "id", "there is one already")
	}
	if !validID(id, 40, "._-") {
		c.body.refuse("id", "must be 1 to 40 of a-z 0-9 . _ -")
	}
	return c.saveCategory(protocol.Category{ID: id, Level: 1, Order: len(c.facts.Categories) + 1}, true)
}

func (c *call) changeCategory() (int, []byte, *protocol.Rejection) {
	k := c.facts.Categories[c.r.PathValue("id")]
	if k == nil {
		return 0, nil, notFound
	}
	return c.saveCategory(*k, false)
}

func (c *call) saveCategory(k protocol.Category, create bool) (int, []byte, *protocol.Rejection) {
	f := &c.body
	if f.has("level") {
		k.Level = f.int("level", 1, 2)
	}
	if f.has("name") {
		k.Name = f.runes("name", 15)
	}
	if k.Name == "" {
		f.refuse("name", "is missing")
	}
	if f.has("parent") {
		k.Parent = f.text("parent", 40)
	}
	if f.has("unused") {
		k.Unused = f.truth("unused")
	}
	if f.has("order") {
		k.Order = f.int("order", 0, 1<<20)
	}
	if p := c.facts.Categories[k.Parent]; k.Level == 2 && (p == nil || p.Level != 1) {
		f.refuse("parent", "must name a category of level 1")
	}
	if rej := f.done(); rej != nil {
		return c.unprocessable(rej)
	}
	if _, rej := c.put(protocol.SiteAt(c.site), protocol.SaveCategory{Category: k}); rej != nil {
		return c.unprocessable(rej)
	}
	j := protocol.JSON{}
	appendCategory(&j, &k)
	return created(create), j.B, nil
}

// --- calendar ---------------------------------------------------------------

func date(d protocol.Date) string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day) }

func parseDate(s string) (protocol.Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return protocol.Date{}, fmt.Errorf("must be YYYY-MM-DD")
	}
	return protocol.Date{Year: t.Year(), Month: t.Month(), Day: t.Day()}, nil
}

func dateOrder(a, b protocol.Date) int {
	return cmp.Or(cmp.Compare(a.Year, b.Year), cmp.Compare(a.Month, b.Month), cmp.Compare(a.Day, b.Day))
}

func (c *call) holidays() (int, []byte, *protocol.Rejection) {
	all := slices.SortedFunc(maps.Keys(c.facts.Holidays), dateOrder)
	return c.list("holidays", len(all), func(j *protocol.JSON, i int) bool { appendHoliday(j, c.facts.Holidays[all[i]]); return true })
}

func appendHoliday(j *protocol.JSON, h protocol.Holiday) {
	j.Open()
	j.Str("date", date(h.Date))
	j.Str("name", h.Name)
	j.Key("hours")
	hours, err := json.Marshal(h.Hours)
	if err != nil {
		panic(err) // truth values and clock times
	}
	j.B = append(j.B, hours...)
	j.Close()
}

func (c *call) saveHoliday() (int, []byte, *protocol.Rejection) {
	f := &c.body
	var h protocol.Holiday
	if path := c.r.PathValue("date"); path != "" {
		d, err := parseDate(path)
		if err != nil {
			return 0, nil, notFound
		}
		h = c.facts.Holidays[d]
		if h.Date != d {
			return 0, nil, notFound
		}
	} else if h.Date = enum(f, "date", parseDate); h.Date == (protocol.Date{}) {
		f.refuse("date", "is missing")
	}
	if f.has("name") {
		h.Name = f.runes("name", 60)
	}
	if raw, ok := f.raw("hours"); ok {
		if err := json.Unmarshal(raw, &h.Hours); err != nil {
			f.refuse("hours", err.Error())
		}
	}
	if rej := f.done(); rej != nil {
		return c.unprocessable(rej)
	}
	if _, rej := c.put(protocol.SiteAt(c.site), protocol.SaveHoliday{Holiday: h}); rej != nil {
		return c.unprocessable(rej)
	}
	j := protocol.JSON{}
	appendHoliday(&j, h)
	return created(c.r.Method == http.MethodPost), j.B, nil
}

func (c *call) removeHoliday() (int, []byte, *protocol.Rejection) {
	d, err := parseDate(c.r.PathValue("date"))
	h, ok := c.facts.Holidays[d]
	if err != nil || !ok {
		return 0, nil, notFound
	}
	if _, rej := c.put(protocol.SiteAt(c.site), protocol.SaveHoliday{Holiday: h, Remove: true}); rej != nil {
		return 0, nil, rej
	}
	return http.StatusNoContent, nil, nil
}

// days lists the plans of the agents in scope; those on 상담 안함 are not shown (domain 10.8).
func (c *call) days() (int, []byte, *protocol.Rejection) {
	var all []protocol.AgentDay
	for id, days := range c.facts.Days {
		a := c.facts.Accounts[id]
		if a == nil || !a.Consulting || !covers("days.list", c.facts, &c.caller, id, "") {
			continue
		}
		all = slices.AppendSeq(all, maps.Values(days))
	}
	slices.SortFunc(all, func(a, b protocol.AgentDay) int {
		return cmp.Or(dateOrder(a.Date, b.Date), cmp.Compare(a.Account, b.Account))
	})
	return c.list("days", len(all), func(j *protocol.JSON, i int) bool { appendDay(j, all[i]); return true })
}

func appendDay(j *protocol.JSON, d protocol.AgentDay) {
	j.Open()
	j.Str("account", string(d.Account))
	j.Str("date", date(d.Date))
	j.Bool("off", d.Off)
	j.Key("breaks")
	j.B = append(j.B, '[')
	for i, b := range d.Breaks {
		if i > 0 {
			j.B = append(j.B, ',')
		}
		j.Open()
		j.Str("from", protocol.ClockText(b.From))
		j.Str("to", protocol.ClockText(b.To))
		j.Close()
	}
	j.B = append(j.B, ']')
	j.Close()
}
