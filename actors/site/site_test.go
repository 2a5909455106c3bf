package site

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"switchyard/actors/core"
	"switchyard/protocol"
)

// story is one site that a test plays by itself.
type story struct {
	t    require.TestingT
	s    *State
	log  []protocol.Recorded
	now  time.Time
	wall time.Time
	step core.Step
}

const siteID = protocol.SiteID("1000")

var (
	kst  = time.FixedZone("KST", 9*3600)
	ten  = time.Date(2021, 6, 9, 10, 0, 0, 0, kst) // a Wednesday
	boss = protocol.Caller{Role: protocol.Admin, Site: siteID, Account: "boss"}
	lee  = protocol.Caller{Role: protocol.Manager, Site: siteID, Account: "lee"}
)

func nothing(t require.TestingT) *story {
	return &story{t: t, s: Machine.New(protocol.SiteAt(siteID)), now: ten, wall: ten}
}

// begin makes a site with an administrator, a manager and two agents, of whom ann is the manager's.
func begin(t require.TestingT) *story {
	return nothing(t).do(creation("{}",
		protocol.Account{ID: "boss", Role: protocol.Admin, Name: "Boss"},
		protocol.Account{ID: "lee", Role: protocol.Manager, Name: "Lee"},
		protocol.Account{ID: "ann", Role: protocol.Agent, Name: "Ann", Manager: "lee", Consulting: true, Certified: true},
		protocol.Account{ID: "bob", Role: protocol.Agent, Name: "Bob"},
	))
}

func creation(settings string, accounts ...protocol.Account) protocol.CreateSite {
	b := protocol.CreateSite{Site: siteID, Settings: []byte(settings)}
	for _, a := range accounts {
		b.Accounts = append(b.Accounts, protocol.AccountSaved{Account: a, Password: "argon2id$" + string(a.ID)})
	}
	return b
}

func (x *story) tryAs(who protocol.Caller, b protocol.Body) *protocol.Rejection {
	c := protocol.Command{Body: b, Caller: who, Ticket: 9, Wall: x.wall, Records: protocol.Records{}}
	for _, ref := range Needs(x.s, c) {
		c.Records[ref] = protocol.Record{Value: files[ref.Key]}
	}
	before := plain(x.s)
	step, err := Decide(x.s, c, x.now)
	for range 10 {
		again, err2 := Decide(x.s, c, x.now)
		require.Equal(x.t, step, again, "the same arguments, the same answer")
		require.Equal(x.t, err, err2, "the same arguments, the same answer")
	}
	require.Equal(x.t, before, plain(x.s), "Decide reads and never writes")
	x.step = step
	if err != nil {
		var r *protocol.Rejection
		require.True(x.t, errors.As(err, &r))
		require.Empty(x.t, step.Events)
		return r
	}
	facts := Facts(x.s)
	published := ""
	if facts != nil {
		published = plainFacts(facts)
	}
	for _, e := range step.Events {
		r := x.s.Log.Next(e, protocol.At(x.now))
		Apply(x.s, r)
		x.log = append(x.log, r)
	}
	require.NoError(x.t, Check(x.s))
	if facts != nil {
		require.Equal(x.t, published, plainFacts(facts), "what was published never changes")
	}
	return nil
}

func (x *story) do(b protocol.Body) *story {
	require.Nil(x.t, x.tryAs(boss, b))
	return x
}

func (x *story) refused(code protocol.RejectCode, field string, b protocol.Body) *story {
	r := x.tryAs(boss, b)
	require.NotNil(x.t, r, "%s was accepted: %+v", b.CommandName(), b)
	require.Equal(x.t, code.String(), r.Code.String(), "%+v", b)
	require.Equal(x.t, field, r.Field, "%+v", b)
	return x
}

func (x *story) sets(json string) *story { return x.do(protocol.ChangeSettings{Changes: []byte(json)}) }

// told lists who was told what.
func (x *story) told() string {
	var out []string
	for _, t := range x.step.Tells {
		name := t.Body.CommandName()
		if t.To.ID != "" {
			name += "@" + t.To.ID
		}
		out = append(out, name)
	}
	return strings.Join(out, " ")
}

// plain draws everything that a state holds, in one order.
func plain(s *State) string {
	f := Facts(s)
	if f == nil {
		return "nothing"
	}
	return fmt.Sprint(s.Log, s.Until, s.Open) + plainFacts(f)
}

func plainFacts(f *protocol.SiteFacts) string {
	var out []string
	add := func(v ...any) { out = append(out, fmt.Sprint(v...)) }
	for id, a := range f.Accounts {
		add("account ", id, *a)
	}
	for id, k := range f.Categories {
		add("category ", id, *k)
	}
	for d, h := range f.Holidays {
		add("holiday ", d, h)
	}
	for id, days := range f.Days {
		for d, v := range days {
			add("day ", id, d, v.Off, len(v.Breaks), append([]protocol.Break{}, v.Breaks...))
		}
	}
	for id, a := range f.Channels {
		add("channel ", id, *a)
	}
	for id, p := range f.Secrets.Passwords {
		add("password ", id, p)
	}
	for hash, s := range f.Secrets.Sessions {
		add("session ", hash, s)
	}
	slices.Sort(out)
	return fmt.Sprint(f.Settings.Number) + string(protocol.AppendSettings(nil, f.Settings)) + strings.Join(out, "\n")
}

// --- settings -----------------------------------------------------------------

// badSettings holds values that each setting refuses. A setting without a row fails the test.
var badSettings = map[string][]string{
	"name":                          {`""`, `" "`, `1`, `null`, quoted(61)},
	"processor_name":                {`""`, quoted(61)},
	"plan":                          {`"GOLD"`, `3`, `null`},
	"billing_mode":                  {`"LATER"`, `true`},
	"time_zone":                     {`"Mars/Olympus"`, `""`, `"Local"`, `9`},
	"language":                      {`"fr"`, `""`, `1`},
	"consulting_enabled":            {`"yes"`, `1`, `null`},
	"distribution.mode":             {`"auto"`, `""`, `1`, `null`},
	"distribution.balancer":         {`"RANDOM"`},
	"distribution.selector":         {`"TAG"`},
	"distribution.scope":            {`"ann"`, `[1]`, `["nobody"]`, `null`},
	"distribution.category_agents":  {`[]`, `{"c1":"ann"}`, `{"c1":["nobody"]}`},
	"distribution.channel_agents":   {`[]`, `{"web":["ann","nobody"]}`},
	"distribution.require_presence": {`"ON"`},
	"distribution.priority":         {`{"grade":{"VIP":10}}`, `{"grade":{"GOLD":1}}`, `{"category":{"nobody":1}}`, `null`},
	"distribution.last_agent":       {`-1`, `3601`, `true`},
	"distribution.ramp_up":          {`{"rooms":1,"seconds":5}`, `{"rooms":2,"seconds":0}`, `[]`},
	"autoclose.business_clock":      {`"ON"`, `null`, `1`},
	"distribution.offer":            {`4`, `601`, `false`},
	"distribution.wrap_up":          {`0`, `3601`, `"30"`},
	"backlog.mode":                  {`"HYBRID"`},
	"no_agent_policy":               {`"ASSIGN"`, `"no"`},
	"site_open_room_limit":          {`-1`, `1.5`, `"3"`, `10000001`},
	"overflow_policy":               {`"ASSIGN"`},
	"hours.weekday":                 {`"09:00"`, `{"open":true,"from":"9:00","to":"18:00"}`, `{"open":true,"from":"18:00","to":"09:00"}`, `{"open":true,"from":"09:00","to":"25:00"}`, `{"open":true,"from":"09:00","to":"10:00","next_day":true}`, `{"open":true,"from":"09:00","to":"18:00","until":"x"}`},
	"hours.saturday":                {`{"open":true}`},
	"hours.sunday":                  {`{"open":"yes"}`, `null`},
	"after_hours_intake":            {`"on"`, `true`},
	"autoclose.customer_silence":    {`-1`, `10071`, `"30"`, `1.5`},
	"autoclose.agent_delay":         {`5`, `15`, `10080`, `-10`},
	"autoclose.gate_source":         {`"T2"`},
	"profile.enabled":               {`"ON"`},
	"profile.message":               {`""`, `"  "`, quoted(1001)},
	"profile.image":                 {`""`, `"../x"`, `"f_"`, `7`},
	"profile.fields":                {`[]`, `["NAME","NAME"]`, `["AGE"]`, `"NAME"`},
	"profile.policy":                {`"REJECT"`},
	"profile.consent":               {`"javascript:alert(1)"`, `"example.com"`, `"https://u:p@example.com"`, `""`},
	"messages.M-TITLE":              {quoted(101), `null`},
	"messages.M-GREET":              {quoted(1001)},
	"messages.M-GREET.image":        {`""`, `"f_A"`, `[]`},
	"messages.M-AH":                 {quoted(1001)},
	"messages.M-NOAGENT":            {quoted(1001)},
	"messages.M-OVER":               {quoted(1001)},
	"messages.M-QUEUE":              {quoted(1001), `1`},
	"messages.M-BUSY":               {quoted(1001)},
	"messages.M-AUTOCLOSE":          {quoted(1001)},
	"messages.M-BOT-ERROR":          {quoted(1001)},
	"busy_time":                     {`"ON"`},
	"info.default_tab":              {`"billing"`},
	"change_request.auto_approve":   {`0`},
	"billing.kakao_unit":            {`-1`, `1000001`, `1.5`, `"100"`, `null`},
	"billing.sms_unit":              {`-1`, `1000001`},
	"billing.alimtalk_unit":         {`-1`, `1000001`},
	"billing.day_start":             {`"24:00"`, `"4:00"`, `240`, `null`},
	"billing.account_prices":        {`{"PRO":-1}`, `{"PRO":1000001}`, `{"GOLD":1}`, `{"PRO":"1"}`, `85000`, `null`},
	"journey.data_start":            {`"2021-02-29"`, `"1999-12-31"`, `"today"`, `20210601`},
	"journey.snapshot_at":           {`"24:00"`, `"00:60"`},
	"retention.rooms":               {`-1`, `29`, `3651`, `30.5`, `"30"`, `null`}, // F-40
	"enforce_plans":                 {`"ON"`, `1`},
	"typing.preview":                {`"x"`},
	"origins":                       {`["shop.example"]`, `["https://shop.example/"]`, `["https://SHOP.example"]`, `["ftp://shop.example"]`, `"https://shop.example"`},
}

func quoted(n int) string { return `"` + strings.Repeat("가", n) + `"` }

// TestEachBadValueNamesItsSetting, and one refuses the whole change.
func TestEachBadValueNamesItsSetting(t *testing.T) {
	for _, name := range protocol.SettingNames() {
		require.NotEmpty(t, badSettings[name], "no bad value for %s", name)
		for _, v := range badSettings[name] {
			x := begin(t)
			before := plain(x.s)
			x.refused(protocol.BadRequest, name, protocol.ChangeSettings{Changes: []byte(fmt.Sprintf(`{"info.default_tab":"room",%q:%s}`, name, v))})
			require.Equal(t, before, plain(x.s))
			if !strings.Contains(v, "nobody") {
				nothing(t).refused(protocol.BadRequest, name, creation(fmt.Sprintf(`{%q:%s}`, name, v), protocol.Account{ID: "boss", Role: protocol.Admin, Name: "B"}))
			}
		}
	}
	for name := range badSettings {
		require.Contains(t, protocol.SettingNames(), name)
	}
	begin(t).refused(protocol.BadRequest, "no.such", protocol.ChangeSettings{Changes: []byte(`{"no.such":1}`)}).
		refused(protocol.BadRequest, "", protocol.ChangeSettings{Changes: []byte(`[]`)})
}

// TestTwoBadMappingsAreRefusedForTheSameReasonEachTime: a decision is a function of its arguments (story.tryAs asks
// ten times).
func TestTwoBadMappingsAreRefusedForTheSameReasonEachTime(t *testing.T) {
	begin(t).refused(protocol.BadRequest, "distribution.category_agents", protocol.ChangeSettings{Changes: []byte(
		`{"distribution.channel_agents":{"a":["x1"],"b":["x2"]},"distribution.category_agents":{"a":["x3"],"b":["x4"],"c":["x5"],"d":["x6"]}}`)})
}

func TestASettingThatChangesIsRecordedAndPublished(t *testing.T) {
	x := begin(t)
	before := Facts(x.s).Settings.Number
	x.sets(`{"distribution.mode":"HYBRID","autoclose.customer_silence":30,"name":"가게"}`)
	e := x.step.Events[0].(*protocol.SettingsChanged)
	require.JSONEq(t, `{"distribution.mode":"HYBRID","autoclose.customer_silence":30,"name":"가게"}`, string(e.New))
	require.JSONEq(t, `{"distribution.mode":"AUTO","autoclose.customer_silence":null,"name":""}`, string(e.Old))
	require.Equal(t, protocol.AccountID("boss"), e.By)
	require.Equal(t, "site.facts agent.duty@ann agent.duty@bob agent.duty@boss agent.duty@lee", x.told())
	f := Facts(x.s)
	require.Equal(t, protocol.Hybrid, f.Settings.Mode)
	require.Greater(t, f.Settings.Number, before)

	x.sets(`{"distribution.mode":"HYBRID"}`)
	require.Empty(t, x.step.Events, "what is so already is no news")
	require.Empty(t, x.told())
	require.Equal(t, protocol.Done{}, x.step.Reply.Result)
}

// --- accounts -------------------------------------------------------------------

func TestAccounts(t *testing.T) {
	ok := protocol.Account{ID: "new", Role: protocol.Agent, Name: "새 상담사"}
	with := func(f func(*protocol.Account)) protocol.Account { a := ok; f(&a); return a }
	create := func(a protocol.Account) protocol.SaveAccount {
		return protocol.SaveAccount{Account: a, Password: "argon2id$x", Create: true}
	}
	boss := protocol.Account{ID: "boss", Role: protocol.Admin, Name: "Boss"}
	for _, r := range []struct {
		name  string
		what  protocol.SaveAccount
		code  protocol.RejectCode
		field string
	}{
		{"a new one", create(ok), 0, ""},
		{"an id of 40", create(with(func(a *protocol.Account) { a.ID = protocol.AccountID(strings.Repeat("a", 40)) })), 0, ""},
		{"of 41", create(with(func(a *protocol.Account) { a.ID = protocol.AccountID(strings.Repeat("a", 41)) })), protocol.BadRequest, "account"},
		{"an empty id", create(with(func(a *protocol.Account) { a.ID = "" })), protocol.BadRequest, "account"},
		{"capitals", create(with(func(a *protocol.Account) { a.ID = "New" })), protocol.BadRequest, "account"},
		{"a slash", create(with(func(a *protocol.Account) { a.ID = "a/b" })), protocol.BadRequest, "account"},
		{"dots and dashes", create(with(func(a *protocol.Account) { a.ID = "a.b-c_1" })), 0, ""},
		{"a visitor", create(with(func(a *protocol.Account) { a.Role = protocol.Visitor })), protocol.BadRequest, "role"},
		{"no role", create(with(func(a *protocol.Account) { a.Role = 0 })), protocol.BadRequest, "role"},
		{"a blank name", create(with(func(a *protocol.Account) { a.Name = "  " })), protocol.BadRequest, "name"},
		{"a name of 60", create(with(func(a *protocol.Account) { a.Name = strings.Repeat("가", 60) })), 0, ""},
		{"of 61", create(with(func(a *protocol.Account) { a.Name = strings.Repeat("가", 61) })), protocol.BadRequest, "name"},
		{"999 rooms", create(with(func(a *protocol.Account) { a.MaxConcurrent = 999 })), 0, ""},
		{"1,000", create(with(func(a *protocol.Account) { a.MaxConcurrent = 1000 })), protocol.BadRequest, "max_concurrent"},
		{"fewer than none", create(with(func(a *protocol.Account) { a.MaxConcurrent = -1 })), protocol.BadRequest, "max_concurrent"},
		{"without a password", protocol.SaveAccount{Account: ok, Create: true}, protocol.BadRequest, "password"},
		{"one that exists", create(with(func(a *protocol.Account) { a.ID = "ann" })), protocol.Conflict, "account"},
		{"a change of none", protocol.SaveAccount{Account: ok}, protocol.NotFound, "account"},
		{"a manager who is one", create(with(func(a *protocol.Account) { a.Manager = "lee" })), 0, ""},
		{"a manager who is an agent", create(with(func(a *protocol.Account) { a.Manager = "bob" })), protocol.BadRequest, "manager"},
		{"a manager who is nobody", create(with(func(a *protocol.Account) { a.Manager = "zoe" })), protocol.BadRequest, "manager"},
		{"a second administrator (R-243)", create(with(func(a *protocol.Account) { a.Role = protocol.Admin })), protocol.Conflict, "role"},
		{"an agent becomes one", protocol.SaveAccount{Account: protocol.Account{ID: "ann", Role: protocol.Admin, Name: "A"}}, protocol.Conflict, "role"},
		{"the administrator becomes an agent", protocol.SaveAccount{Account: protocol.Account{ID: "boss", Role: protocol.Agent, Name: "B"}}, protocol.Conflict, "role"},
		{"is disabled", protocol.SaveAccount{Account: protocol.Account{ID: "boss", Role: protocol.Admin, Name: "B", Disabled: true}}, protocol.Conflict, "role"},
		{"gets another name", protocol.SaveAccount{Account: boss}, 0, ""},
	} {
		t.Run(r.name, func(t *testing.T) {
			x := begin(t)
			if r.code != 0 {
				x.refused(r.code, r.field, r.what)
				return
			}
			x.do(r.what)
			require.Equal(t, "site.facts agent.duty@"+string(r.what.Account.ID), x.told())
			require.Equal(t, r.what.Account.Name, x.s.Accounts[r.what.Account.ID].Name)
		})
	}
	t.Run("the order of registration stays", func(t *testing.T) {
		x := begin(t).do(create(ok)).do(protocol.SaveAccount{Account: protocol.Account{ID: "ann", Role: protocol.Agent, Name: "A", Order: 99}})
		require.Equal(t, 3, x.s.Accounts["ann"].Order)
		require.Equal(t, 5, x.s.Accounts["new"].Order)
		require.Equal(t, "argon2id$ann", x.s.Passwords["ann"], "no new password: the old one")
	})
}

// TestASiteBeginsWithExactlyOneAdministrator.
func TestASiteBeginsWithExactlyOneAdministrator(t *testing.T) {
	admin, agent := protocol.Account{ID: "boss", Role: protocol.Admin, Name: "B"}, protocol.Account{ID: "ann", Role: protocol.Agent, Name: "A"}
	second := admin
	second.ID = "second"
	twice := agent
	twice.ID = "boss"
	for name, accounts := range map[string][]protocol.Account{
		"none": {agent}, "nobody at all": {}, "two": {admin, second}, "one who is an agent, too": {admin, twice}, "one who stands twice": {admin, admin},
	} {
		x := nothing(t)
		r := x.tryAs(boss, creation("{}", accounts...))
		require.NotNil(t, r, name)
		require.Equal(t, "accounts", r.Field, name)
	}
	x := nothing(t).do(creation("{}", admin, agent))
	require.Len(t, x.s.Categories, 4, "3.7: one sample of level 1 and three of level 2")
	require.Equal(t, 1, x.s.Accounts["boss"].Order)
	require.Equal(t, protocol.Row{Kind: protocol.RowSite, Key: protocol.RowKey(siteID), Value: []byte{1}}, Rows(x.s, x.log)[0], "the next start knows it")
	x.refused(protocol.Conflict, "", creation("{}", admin))
	nothing(t).refused(protocol.BadRequest, "site", protocol.CreateSite{Site: "other"})
	nothing(t).refused(protocol.BadRequest, "account", creation("{}", protocol.Account{ID: "B!", Role: protocol.Admin, Name: "B"}))

	for _, b := range []protocol.Body{protocol.ChangeSettings{}, protocol.SaveAccount{}, protocol.OpenSession{}} {
		nothing(t).refused(protocol.NotFound, "", b)
	}
	require.Nil(t, Facts(nothing(t).s))
	begin(t).refused(protocol.BadRequest, "", protocol.ViewRoom{})
}

func TestSessions(t *testing.T) {
	hash := func(b byte) []byte { return append(make([]byte, 31), b) }
	expires := protocol.At(ten.Add(time.Hour))
	open := func(a protocol.AccountID, n byte) protocol.OpenSession {
		return protocol.OpenSession{Account: a, Hash: hash(n), Expires: expires}
	}
	x := begin(t)
	x.refused(protocol.Unauthenticated, "", open("zoe", 1))
	x.refused(protocol.Unauthenticated, "", protocol.OpenSession{Account: "ann", Hash: []byte{1}, Expires: expires})
	x.refused(protocol.Unauthenticated, "", protocol.OpenSession{Account: "ann", Hash: hash(1), Expires: protocol.At(ten)})
	x.do(open("ann", 1)).do(open("ann", 2)).do(open("bob", 3))
	require.Len(t, x.s.Sessions, 3)
	x.do(protocol.EndSession{Account: "ann", Hash: hash(1)})
	require.Len(t, x.s.Sessions, 2)
	x.do(protocol.SaveAccount{Account: protocol.Account{ID: "ann", Role: protocol.Agent, Name: "A"}, Password: "argon2id$new"})
	require.Len(t, x.s.Sessions, 1, "a new password ends what the old one opened (X-06)")
	x.do(protocol.SaveAccount{Account: protocol.Account{ID: "bob", Role: protocol.Agent, Name: "B", Disabled: true}})
	require.Empty(t, x.s.Sessions, "so does being disabled")
	x.refused(protocol.Unauthenticated, "", open("bob", 4))
	x.do(open("ann", 5)).do(open("lee", 6)).do(protocol.EndSession{Account: "ann"})
	require.Len(t, x.s.Sessions, 1)
	x.now = ten.Add(time.Hour)
	x.do(protocol.OpenSession{Account: "ann", Hash: hash(7), Expires: protocol.At(x.now.Add(time.Hour))})
	require.Len(t, x.s.Sessions, 1, "expired ones go")
}

// --- categories and calendar ------------------------------------------------------

func TestCategories(t *testing.T) {
	save := func(id string, level int, name, parent string, unused bool) protocol.SaveCategory {
		return protocol.SaveCategory{Category: protocol.Category{ID: id, Level: level, Name: name, Parent: parent, Unused: unused}}
	}
	x := begin(t)
	x.refused(protocol.BadRequest, "id", save("", 1, "x", "", false))
	x.refused(protocol.BadRequest, "id", save(strings.Repeat("a", 33), 1, "x", "", false))
	x.refused(protocol.BadRequest, "level", save("k", 3, "x", "", false))
	x.refused(protocol.BadRequest, "name", save("k", 1, "", "", false))
	x.refused(protocol.BadRequest, "name", save("k", 1, strings.Repeat("가", 16), "", false))
	x.refused(protocol.BadRequest, "parent", save("k", 1, "x", "c1", false))
	x.refused(protocol.BadRequest, "parent", save("k", 2, "x", "", false))
	x.refused(protocol.BadRequest, "parent", save("k", 2, "x", "c11", false))
	x.refused(protocol.Conflict, "level", save("c11", 1, "x", "", false))
	x.do(save("k", 2, strings.Repeat("가", 15), "c1", false))
	require.Equal(t, "site.facts", x.told())
	x.do(save("c1", 1, "일반", "", true))
	for _, id := range []string{"c1", "c11", "c12", "c13", "k"} {
		require.True(t, x.s.Categories[id].Unused, "R-143: with its children, %s", id)
	}
	x.do(save("c1", 1, "일반", "", false))
	require.True(t, x.s.Categories["c11"].Unused, "and back one by one")
}

func TestDaysAndHolidays(t *testing.T) {
	date := protocol.Date{Year: 2021, Month: time.June, Day: 10}
	x := begin(t)
	for _, d := range []protocol.Date{{}, {Year: 1999, Month: 1, Day: 1}, {Year: 2200, Month: 1, Day: 1}, {Year: 2021, Month: 2, Day: 30}, {Year: 2021, Month: 13, Day: 1}, {Year: 2021, Month: 6, Day: 0}} {
		x.refused(protocol.BadRequest, "date", protocol.SaveHoliday{Holiday: protocol.Holiday{Date: d}})
		x.refused(protocol.BadRequest, "date", protocol.SaveDay{Day: protocol.AgentDay{Account: "ann", Date: d}})
	}
	x.refused(protocol.BadRequest, "name", protocol.SaveHoliday{Holiday: protocol.Holiday{Date: date, Name: strings.Repeat("가", 61)}})
	x.do(protocol.SaveHoliday{Holiday: protocol.Holiday{Date: date, Name: "쉬는 날"}})
	require.Equal(t, "site.facts", x.told())
	require.Contains(t, x.s.Holidays, date)
	x.do(protocol.SaveHoliday{Holiday: protocol.Holiday{Date: date}, Remove: true})
	require.Empty(t, x.s.Holidays)

	day := func(a protocol.AccountID, breaks ...protocol.Break) protocol.SaveDay {
		return protocol.SaveDay{Day: protocol.AgentDay{Account: a, Date: date, Breaks: breaks}}
	}
	x.refused(protocol.NotFound, "account", day("zoe"))
	for _, b := range []protocol.Break{{From: -1, To: 10}, {From: 10, To: 10}, {From: 20, To: 10}, {From: 10, To: 1441}} {
		x.refused(protocol.BadRequest, "breaks", day("ann", b))
	}
	x.refused(protocol.BadRequest, "breaks", day("ann", make([]protocol.Break, 25)...))
	x.do(day("ann", protocol.Break{From: 0, To: 1440}))
	require.Equal(t, "site.facts agent.duty@ann", x.told())

	// 10.5: managers for themselves and their agents.
	require.Nil(t, x.tryAs(lee, day("ann")))
	require.Nil(t, x.tryAs(lee, day("lee")))
	require.Equal(t, protocol.NotFound, x.tryAs(lee, day("bob")).Code)
	require.Equal(t, protocol.NotFound, x.tryAs(lee, day("boss")).Code)
}

func (x *story) ticks(wall time.Time) string {
	x.wall = wall
	x.do(protocol.CalendarTick{})
	return x.told()
}

// TestTheCalendarTurnsOncePerEdge, at the opening and at the closing instant.
func TestTheCalendarTurnsOncePerEdge(t *testing.T) {
	at := func(day, hour, minute int) time.Time { return time.Date(2021, 6, day, hour, minute, 0, 0, kst) }
	x := begin(t) // weekdays 09:00 to 18:00
	require.Equal(t, "calendar.turned", x.ticks(at(9, 10, 0)), "the first look says how it is")
	require.True(t, x.s.Open)
	for m := 1; m < 60; m++ {
		require.Empty(t, x.ticks(at(9, 10, m)))
	}
	require.Empty(t, x.ticks(at(9, 17, 59)))
	require.Equal(t, "calendar.turned", x.ticks(at(9, 18, 0)))
	require.Equal(t, protocol.HoursTurned{}, x.step.Tells[0].Body)
	require.Empty(t, x.ticks(at(9, 18, 1)))
	require.Empty(t, x.ticks(at(10, 8, 59)))
	require.Equal(t, "calendar.turned", x.ticks(at(10, 9, 0)))
	require.Equal(t, protocol.HoursTurned{Open: true}, x.step.Tells[0].Body)
	require.Len(t, x.step.Events, 1)
}

// TestF08AClockThatJumpsForwardTurnsTheCalendarOnce (F-08): closed and opened again is a turn, an hour without an edge is
// none, and a year is one.
func TestF08AClockThatJumpsForwardTurnsTheCalendarOnce(t *testing.T) {
	x := begin(t)
	x.ticks(ten)
	require.Empty(t, x.ticks(ten.Add(time.Hour)))
	require.Equal(t, "calendar.turned", x.ticks(ten.Add(24*time.Hour)), "it was closed in between")
	require.True(t, x.s.Open)
	require.Empty(t, x.ticks(ten.Add(24*time.Hour+time.Minute)))
	require.Equal(t, "calendar.turned ledger.fee", x.ticks(ten.Add(365*24*time.Hour)), "and one account fee, not twelve (R-226)")
	require.Len(t, x.step.Events, 2, "and one turn of report days")
	require.Empty(t, x.ticks(ten.Add(365*24*time.Hour+time.Minute)))
}

// TestF09AClockThatGoesBackFindsItsEdgesDone (F-09), also after a restart.
func TestF09AClockThatGoesBackFindsItsEdgesDone(t *testing.T) {
	at := func(hour, minute int) time.Time { return time.Date(2021, 6, 9, hour, minute, 0, 0, kst) }
	x := begin(t)
	x.ticks(at(8, 0))
	require.Equal(t, "calendar.turned", x.ticks(at(9, 0)))
	events := len(x.log)
	for _, wall := range []time.Time{at(8, 0), at(8, 59), at(9, 0), at(9, 1).AddDate(-1, 0, 0)} {
		require.Empty(t, x.ticks(wall))
	}
	s, err := Restore(x.s.Addr, Snapshot(x.s))
	require.NoError(t, err)
	x.s = s
	require.Empty(t, x.ticks(at(8, 30)))
	require.Empty(t, x.ticks(at(9, 1)))
	require.Len(t, x.log, events)
	require.Equal(t, "calendar.turned", x.ticks(at(18, 0)))
}

// TestAnAgentsDayHasEdgesAroundAPlannedDate only; a clock that jumps over it does not leave the agent off duty.
func TestAnAgentsDayHasEdgesAroundAPlannedDate(t *testing.T) {
	at := func(day, hour int) time.Time { return time.Date(2021, 6, day, hour, 0, 0, 0, kst) }
	x := begin(t).do(protocol.SaveDay{Day: protocol.AgentDay{Account: "ann", Date: protocol.Date{Year: 2021, Month: time.June, Day: 10}, Off: true}})
	for _, r := range []struct {
		wall time.Time
		ann  bool
	}{
		{at(9, 10), true}, {at(9, 11), false}, {at(10, 0), true}, {at(10, 12), true}, {at(11, 0), true}, {at(11, 1), true},
		{at(12, 0), true}, {at(12, 1), false}, // the hours have turned, and then they have not
	} {
		require.Equal(t, r.ann, strings.Contains(x.ticks(r.wall), "agent.duty@ann"), "%s", r.wall)
		require.NotContains(t, x.told(), "agent.duty@bob")
	}
	x = begin(t).do(protocol.SaveDay{Day: protocol.AgentDay{Account: "ann", Date: protocol.Date{Year: 2021, Month: time.June, Day: 10}, Off: true}})
	x.ticks(at(9, 10))
	require.Contains(t, x.ticks(at(10, 12)), "agent.duty@ann", "off duty")
	require.Contains(t, x.ticks(at(21, 12)), "agent.duty@ann", "eleven days later (F-08)")
}
