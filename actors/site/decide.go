package site

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"switchyard/actors/calendar"
	"switchyard/actors/core"
	"switchyard/protocol"
)

// Limits of a site.
const (
	accountsMax   = 100_000
	categoriesMax = 10_000
	nameMax       = 60
	categoryMax   = 15 // characters of a category's name
	breaksMax     = 24
)

// Decide answers changes of the site. Who may ask is in the permission table of the gateway;
// what needs the site's own knowledge is checked here.
func Decide(s *State, c protocol.Command, now time.Time) (core.Step, error) {
	at := protocol.At(now)
	if b, ok := c.Body.(protocol.CreateSite); ok {
		return create(s, c, b)
	}
	if !s.Created {
		switch c.Body.(type) {
		case protocol.Resumed, protocol.CalendarTick, protocol.DeadlineReached:
			return core.Step{}, nil
		}
		return core.Step{}, protocol.Reject(protocol.NotFound, "no such site")
	}
	switch b := c.Body.(type) {
	case protocol.ChangeSettings:
		return changeSettings(s, c, b)
	case protocol.SaveAccount:
		return saveAccount(s, c, b)
	case protocol.SaveCategory:
		return saveCategory(s, c, b)
	case protocol.SaveBot:
		return saveBot(s, c, b)
	case protocol.CheckScenario:
		return checkScenario(s, c, b), nil
	case protocol.TryScenario:
		return tryScenario(s, c, b)
	case protocol.SaveHoliday:
		return saveHoliday(s, c, b)
	case protocol.SaveDay:
		return saveDay(s, c, b)
	case protocol.SaveChannel:
		return saveChannel(s, c, b)
	case protocol.SaveWebhook:
		return saveWebhook(s, c, b)
	case protocol.SaveTemplate:
		return saveTemplate(s, c, b)
	case protocol.RemoveTemplate:
		return removeTemplate(s, c, b)
	case protocol.OpenSession:
		a := s.Accounts[b.Account]
		if a == nil || a.Disabled || len(b.Hash) != 32 || b.Expires <= at {
			return core.Step{}, protocol.Reject(protocol.Unauthenticated, "no such account")
		}
		return done(c, &protocol.SessionOpened{Account: b.Account, Hash: b.Hash, Expires: b.Expires}), nil
	case protocol.EndSession:
		return done(c, &protocol.SessionEnded{Account: b.Account, Hash: b.Hash, By: c.Caller.Account}), nil
	case protocol.CalendarTick:
		return tick(s, c), nil
	case protocol.NoteErasure:
		if b.Done {
			return done(c, &protocol.ErasureFinished{No: b.No}), nil
		}
		return done(c, &protocol.CustomerErased{No: b.No, By: b.By, ClientID: b.ClientID}), nil
	case protocol.MakeAPIKey:
		return makeAPIKey(s, c, b, at)
	case protocol.RevokeAPIKey:
		return revokeAPIKey(s, c, b)
	case protocol.RecordExport:
		return recordExport(s, c, b)
	case protocol.SaveDayFold:
		return saveDayFold(s, c, b)
	case protocol.Resumed:
		return core.Step{}, nil
	}
	return core.Step{}, protocol.Reject(protocol.BadRequest, "a site does not take "+c.Body.CommandName())
}

func done(c protocol.Command, e protocol.Event) core.Step {
	var step core.Step
	step.Do(e)
	step.Answer(c.Ticket, protocol.Done{})
	return step
}

// tell lets the queue read the new facts, and the agents their day again.
func (s *State) tell(step *core.Step, agents ...protocol.AccountID) {
	step.Tell(protocol.QueueAt(s.Addr.Site), protocol.FactsChanged{})
	for _, a := range agents {
		step.Tell(protocol.AgentAt(s.Addr.Site, a), protocol.DutyCheck{})
	}
}

func create(s *State, c protocol.Command, b protocol.CreateSite) (core.Step, error) {
	var step core.Step
	if s.Created {
		return step, protocol.Reject(protocol.Conflict, "the site exists")
	}
	if !validID(string(b.Site), 32, "-") || b.Site != s.Addr.Site {
		return step, protocol.RejectField(protocol.BadRequest, "site", "must be 1 to 32 of a-z, 0-9, -")
	}
	first, _, _, err := protocol.ChangeSettingsJSON(s.Settings, b.Settings)
	if err != nil {
		return step, err
	}
	if rej := first.WithinPlan(); rej != nil {
		return step, rej
	}
	if field := imageOf(first); field != "" { // nobody can have uploaded anything yet
		return step, protocol.RejectField(protocol.BadRequest, field, "no such file")
	}
	step.Do(&protocol.SiteCreated{Site: b.Site, Settings: newSite(b.Settings)})
	admins := 0
	ids := make([]protocol.AccountID, 0, len(b.Accounts))
	for i, a := range b.Accounts {
		if err := checkAccount(&a.Account); err != nil {
			return core.Step{}, err
		}
		if slices.Contains(ids, a.Account.ID) {
			return core.Step{}, protocol.RejectField(protocol.BadRequest, "accounts", string(a.Account.ID)+" stands twice")
		}
		if a.Account.Role == protocol.Admin {
			admins++
		}
		acc := a
		acc.Account.Order = i + 1
		step.Do(&acc)
		ids = append(ids, acc.Account.ID)
	}
	if admins != 1 {
		return core.Step{}, protocol.RejectField(protocol.BadRequest, "accounts", "a site has exactly one administrator")
	}
	// One sample level-1 and three sample level-2 categories (domain 3.7).
	step.Do(&protocol.CategorySaved{Category: protocol.Category{ID: "c1", Level: 1, Name: "일반 문의", Order: 1}})
	for i, name := range []string{"상품 문의", "배송 문의", "기타 문의"} {
		step.Do(&protocol.CategorySaved{Category: protocol.Category{ID: "c1" + string(rune('1'+i)), Level: 2, Name: name, Parent: "c1", Order: i + 2}})
	}
	s.tell(&step, ids...)
	step.Answer(c.Ticket, protocol.Done{})
	return step, nil
}

func changeSettings(s *State, c protocol.Command, b protocol.ChangeSettings) (core.Step, error) {
	var step core.Step
	if b.Version != 0 && b.Version != s.Settings.Number {
		return step, protocol.RejectField(protocol.Conflict, "If-Match", "was changed meanwhile")
	}
	next, news, olds, err := protocol.ChangeSettingsJSON(s.Settings, b.Changes)
	if err != nil {
		return step, err
	}
	if rej := s.withinPlan(next); rej != nil {
		return step, rej
	}
	for _, id := range next.Scope {
		if s.Accounts[id] == nil {
			return step, protocol.RejectField(protocol.BadRequest, "distribution.scope", "no account "+string(id))
		}
	}
	for id := range next.Priority.Category {
		if s.Categories[id] == nil {
			return step, protocol.RejectField(protocol.BadRequest, "distribution.priority", "no category "+id)
		}
	}
	for _, m := range []struct {
		field string
		sets  map[string][]protocol.AccountID
	}{
		{"distribution.category_agents", next.CategoryAgents}, {"distribution.channel_agents", next.ChannelAgents},
	} {
		for _, key := range slices.Sorted(maps.Keys(m.sets)) { // in one order: the same change, the same refusal
			for _, id := range m.sets[key] {
				if s.Accounts[id] == nil {
					return step, protocol.RejectField(protocol.BadRequest, m.field, "no account "+string(id))
				}
			}
		}
	}
	if err := s.checkImages(c, next, news); err != nil {
		return step, err
	}
	if string(news) != "{}" {
		step.Do(&protocol.SettingsChanged{By: c.Caller.Account, New: news, Old: olds, ClientID: c.ClientID})
		s.tell(&step, s.accountIDs()...)
	}
	step.Answer(c.Ticket, protocol.Done{})
	return step, nil
}

func (s *State) accountIDs() []protocol.AccountID {
	ids := make([]protocol.AccountID, 0, len(s.Accounts))
	for id := range s.Accounts {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

func validID(id string, most int, also string) bool {
	if id == "" || len(id) > most {
		return false
	}
	for i := range len(id) {
		b := id[i]
		if (b < 'a' || b > 'z') && (b < '0' || b > '9') && strings.IndexByte(also, b) < 0 {
			return false
		}
	}
	return true
}

func checkAccount(a *protocol.Account) error {
	switch n := utf8.RuneCountInString(a.Name); {
	case !validID(string(a.ID), 40, "._-"):
		return protocol.RejectField(protocol.BadRequest, "account", "must be 1 to 40 of a-z, 0-9, . _ -")
	case a.Role != protocol.Agent && a.Role != protocol.Manager && a.Role != protocol.Admin:
		return protocol.RejectField(protocol.BadRequest, "role", "must be ADMIN, MANAGER or AGENT")
	case n < 1 || n > nameMax || strings.TrimSpace(a.Name) == "":
		return protocol.RejectField(protocol.BadRequest, "name", "must have 1 to 60 characters")
	case a.MaxConcurrent < 0 || a.MaxConcurrent > 999:
		return protocol.RejectField(protocol.BadRequest, "max_concurrent", "must be 0 (unlimited) to 999")
	}
	return nil
}

func saveAccount(s *State, c protocol.Command, b protocol.SaveAccount) (core.Step, error) {
	var step core.Step
	a := b.Account
	if err := checkAccount(&a); err != nil {
		return step, err
	}
	old := s.Accounts[a.ID]
	switch {
	case b.Create && old != nil:
		return step, protocol.RejectField(protocol.Conflict, "account", "exists already")
	case !b.Create && old == nil:
		return step, protocol.RejectField(protocol.NotFound, "account", "no such account")
	case old == nil && len(s.Accounts) >= accountsMax:
		return step, protocol.Reject(protocol.OverLimit, "too many accounts")
	case a.Role == protocol.Admin && (old == nil || old.Role != protocol.Admin):
		return step, protocol.RejectField(protocol.Conflict, "role", "a site has exactly one administrator")
	case old != nil && old.Role == protocol.Admin && (a.Role != protocol.Admin || a.Disabled):
		return step, protocol.RejectField(protocol.Conflict, "role", "the administrator stays")
	case a.Manager != "" && (s.Accounts[a.Manager] == nil || s.Accounts[a.Manager].Role == protocol.Agent):
		return step, protocol.RejectField(protocol.BadRequest, "manager", "is not a manager of this site")
	case old == nil && b.Password == "":
		return step, protocol.RejectField(protocol.BadRequest, "password", "is missing")
	}
	if old != nil {
		a.Order = old.Order
	} else {
		a.Order = len(s.Accounts) + 1
	}
	saved := &protocol.AccountSaved{Account: a, Password: b.Password, By: c.Caller.Account, ClientID: c.ClientID}
	if old != nil {
		saved.Old = *old
	}
	step.Do(saved)
	s.tell(&step, a.ID)
	step.Answer(c.Ticket, protocol.Done{})
	return step, nil
}

func saveCategory(s *State, c protocol.Command, b protocol.SaveCategory) (core.Step, error) {
	k := b.Category
	n := utf8.RuneCountInString(k.Name)
	switch {
	case !validID(k.ID, 32, "._-"):
		return core.Step{}, protocol.RejectField(protocol.BadRequest, "id", "must be 1 to 32 of a-z, 0-9, . _ -")
	case k.Level != 1 && k.Level != 2:
		return core.Step{}, protocol.RejectField(protocol.BadRequest, "level", "must be 1 or 2")
	case n < 1 || n > categoryMax:
		return core.Step{}, protocol.RejectField(protocol.BadRequest, "name", "must have 1 to 15 characters")
	case k.Level == 1 && k.Parent != "":
		return core.Step{}, protocol.RejectField(protocol.BadRequest, "parent", "a level-1 category has none")
	case k.Level == 2 && (s.Categories[k.Parent] == nil || s.Categories[k.Parent].Level != 1):
		return core.Step{}, protocol.RejectField(protocol.BadRequest, "parent", "is not a level-1 category")
	case s.Categories[k.ID] != nil && s.Categories[k.ID].Level != k.Level:
		return core.Step{}, protocol.RejectField(protocol.Conflict, "level", "does not change")
	case s.Categories[k.ID] == nil && len(s.Categories) >= categoriesMax:
		return core.Step{}, protocol.Reject(protocol.OverLimit, "too many categories")
	}
	if k.Unused {
		if by := s.boundByBot(k.ID); by != "" {
			return core.Step{}, protocol.RejectField(protocol.Conflict, "unused", "the bot "+string(by)+" is bound to it")
		}
	}
	saved := &protocol.CategorySaved{Category: k, By: c.Caller.Account}
	if old := s.Categories[k.ID]; old != nil {
		saved.Old = *old
	}
	step := done(c, saved)
	s.tell(&step)
	return step, nil
}

func saveHoliday(s *State, c protocol.Command, b protocol.SaveHoliday) (core.Step, error) {
	if err := checkDate(b.Holiday.Date); err != nil {
		return core.Step{}, err
	}
	if utf8.RuneCountInString(b.Holiday.Name) > nameMax {
		return core.Step{}, protocol.RejectField(protocol.BadRequest, "name", "must have at most 60 characters")
	}
	step := done(c, &protocol.HolidaySaved{Holiday: b.Holiday, Removed: b.Remove, By: c.Caller.Account, Old: s.Holidays[b.Holiday.Date]})
	s.tell(&step)
	return step, nil
}

func checkDate(d protocol.Date) error {
	t := time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)
	if d.Year < 2000 || d.Year > 2199 || t.Month() != d.Month || t.Day() != d.Day {
		return protocol.RejectField(protocol.BadRequest, "date", "is not a day of 2000 to 2199")
	}
	return nil
}

func saveDay(s *State, c protocol.Command, b protocol.SaveDay) (core.Step, error) {
	if err := checkDate(b.Day.Date); err != nil {
		return core.Step{}, err
	}
	a := s.Accounts[b.Day.Account]
	if a == nil || c.Caller.Role == protocol.Manager && b.Day.Account != c.Caller.Account && a.Manager != c.Caller.Account {
		return core.Step{}, protocol.RejectField(protocol.NotFound, "account", "no such account") // domain 10.5
	}
	if len(b.Day.Breaks) > breaksMax {
		return core.Step{}, protocol.RejectField(protocol.BadRequest, "breaks", "are too many")
	}
	for _, br := range b.Day.Breaks {
		if br.From < 0 || br.To > 1440 || br.From >= br.To {
			return core.Step{}, protocol.RejectField(protocol.BadRequest, "breaks", "a break begins before it ends, within the day")
		}
	}
	step := done(c, &protocol.DaySaved{Day: b.Day, By: c.Caller.Account, Old: s.Days[b.Day.Account][b.Day.Date]})
	s.tell(&step, b.Day.Account)
	return step, nil
}

// tick looks at the calendar by the wall clock. Each edge is done once: a clock that goes back
// finds it done (F-09), one that jumps forward finds what it jumped over (F-08).
func tick(s *State, c protocol.Command) core.Step {
	var step core.Step
	wall := protocol.At(c.Wall)
	facts := Facts(s)
	if e := s.dayTurned(facts, c.Wall); e != nil {
		step.Do(e)
	}
	if wall <= s.Until {
		return step
	}
	open := calendar.Open(facts, c.Wall)
	turned := open != s.Open || s.Until == 0
	if !turned { // closed and opened again since the last look?
		edge, _, ok := calendar.NextEdge(facts, s.Until.Time())
		turned = ok && protocol.At(edge) <= wall
	}
	fee, due := s.monthTurned(facts, c)
	if turned || due {
		step.Do(&protocol.CalendarTurned{Until: wall, Open: open})
	}
	if turned {
		step.Tell(protocol.QueueAt(s.Addr.Site), protocol.HoursTurned{Open: open})
	}
	if due {
		step.Owe(protocol.LedgerAt(s.Addr.Site), fee)
	}
	// An agent's day has edges only around a date that was planned for it. Where the hours have turned, dates
	// may have been jumped over (F-08): whoever has plans looks again.
	local := c.Wall.In(facts.Zone)
	for _, id := range s.accountIDs() {
		if turned && len(s.Days[id]) > 0 {
			step.Tell(protocol.AgentAt(s.Addr.Site, id), protocol.DutyCheck{})
			continue
		}
		for _, back := range []int{0, -1} {
			d := local.AddDate(0, 0, back)
			if _, planned := s.Days[id][protocol.Date{Year: d.Year(), Month: d.Month(), Day: d.Day()}]; planned {
				step.Tell(protocol.AgentAt(s.Addr.Site, id), protocol.DutyCheck{})
				break
			}
		}
	}
	return step
}

// newSite are the settings of a newly made site: as they were given, and with the business clock on
// unless they say otherwise. The catalogue's own default stays off, so sites that exist keep it.
func newSite(given []byte) []byte {
	var m map[string]json.RawMessage
	if json.Unmarshal(given, &m) != nil || m == nil {
		m = map[string]json.RawMessage{}
	}
	if _, said := m["autoclose.business_clock"]; !said {
		m["autoclose.business_clock"] = json.RawMessage("true")
	}
	b, err := json.Marshal(m)
	if err != nil {
		panic(err) // it was JSON
	}
	return b
}
