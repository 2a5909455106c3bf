package sim

import (
	"fmt"
	"time"

	"switchyard/protocol"
)

// changes are the settings that somebody may change in the middle of a day. Categories x and y and the channel
// accounts home and kakao exist; agent1 always does.
var changes = []string{
	`{"distribution.mode":"AUTO"}`, `{"distribution.mode":"AUTO"}`, `{"distribution.mode":"HYBRID"}`, `{"distribution.mode":"MANUAL"}`,
	`{"distribution.balancer":"SEQUENTIAL"}`, `{"distribution.balancer":"LEAST_LOAD"}`,
	`{"distribution.selector":"CATEGORY"}`, `{"distribution.selector":"CHANNEL"}`, `{"distribution.selector":"NONE"}`,
	`{"distribution.category_agents":{"x":["agent1"]}}`, `{"distribution.category_agents":{"x":["agent2"],"y":["agent1","agent2"]}}`, `{"distribution.category_agents":{}}`,
	`{"distribution.channel_agents":{"home":["agent2"]}}`, `{"distribution.channel_agents":{}}`,
	`{"distribution.scope":["agent1"]}`, `{"distribution.scope":["agent1","agent2"]}`, `{"distribution.scope":[]}`, `{"distribution.scope":[]}`,
	`{"distribution.require_presence":true}`, `{"distribution.require_presence":false}`,
	`{"backlog.mode":"MANUAL"}`, `{"backlog.mode":"AUTO"}`, `{"backlog.mode":"AUTO"}`,
	`{"no_agent_policy":"WAIT"}`, `{"no_agent_policy":"REJECT"}`, `{"overflow_policy":"REJECT"}`, `{"overflow_policy":"WAIT"}`,
	`{"site_open_room_limit":3,"overflow_policy":"REJECT"}`, `{"site_open_room_limit":0}`,
	`{"consulting_enabled":false}`, `{"consulting_enabled":true}`, `{"consulting_enabled":true}`,
	`{"after_hours_intake":"OFF"}`, `{"after_hours_intake":"ON"}`,
	`{"hours.weekday":{"open":true,"from":"08:00","to":"20:00"}}`, `{"hours.weekday":{"open":true,"from":"09:00","to":"18:00"}}`,
	`{"hours.weekday":{"open":true,"from":"00:00","to":"24:00"}}`, `{"hours.weekday":{"open":true,"from":"09:00","to":"02:00","next_day":true}}`,
	`{"autoclose.customer_silence":5}`, `{"autoclose.customer_silence":null}`, `{"autoclose.customer_silence":60}`,
	`{"autoclose.agent_delay":10}`, `{"autoclose.agent_delay":null}`, `{"autoclose.agent_delay":120}`,
	`{"autoclose.gate_source":"AGENT_DELAY"}`, `{"autoclose.gate_source":"CUSTOMER_SILENCE"}`,
	`{"profile.enabled":true,"profile.policy":"WAIT"}`, `{"profile.enabled":true,"profile.policy":"ASSIGN"}`, `{"profile.enabled":false}`,
	`{"profile.fields":["NAME","PHONE"]}`, `{"profile.fields":["EMAIL"]}`,
	`{"messages.M-GREET":""}`, `{"messages.M-GREET":"[counselor_name]입니다."}`, `{"messages.M-QUEUE":"[waiting_count]명"}`, `{"messages.M-QUEUE":"[waiting_count]명"}`, `{"messages.M-QUEUE":"[waiting_count]명"}`,
	`{"distribution.priority":{"grade":{},"category":{"x":5}}}`, `{"distribution.priority":{"grade":{},"category":{}}}`,
	`{"distribution.last_agent":0}`, `{"distribution.last_agent":60}`, `{"distribution.last_agent":null}`,
	`{"distribution.ramp_up":{"rooms":3,"seconds":20}}`, `{"distribution.ramp_up":null}`,
	`{"distribution.wrap_up":30}`, `{"distribution.wrap_up":null}`, `{"change_request.auto_approve":true}`, `{"change_request.auto_approve":false}`,
	`{"distribution.offer":15}`, `{"distribution.offer":null}`,
	`{"messages.M-AUTOCLOSE":""}`, `{"billing_mode":"POSTPAID"}`, `{"billing_mode":"PREPAID"}`, `{"billing.kakao_unit":120}`, `{"billing.day_start":"09:30"}`, `{"billing.day_start":"04:00"}`, `{"busy_time":true}`, `{"busy_time":false}`,
}

// adminActs changes a setting, an account, a day or the calendar.
func (r *Run) adminActs() {
	site, caller := protocol.SiteAt(siteID), r.account("admin")
	today := r.W.Wall().UTC()
	date := protocol.Date{Year: today.Year(), Month: today.Month(), Day: today.Day()}
	switch n := r.rng.IntN(22); {
	case n >= 21:
		r.issue(protocol.LedgerAt(siteID), caller, protocol.TopUp{Amount: int64(1 + r.rng.IntN(1000)), Ref: "receipt"})
	case n >= 20:
		r.issue(protocol.LedgerAt(siteID), caller, protocol.PostItem{Kind: pick(r.rng, protocol.LedgerSMS, protocol.LedgerAlimtalk), Units: 1 + r.rng.IntN(10), Ref: "campaign"})
	case n < 12:
		r.issue(site, caller, protocol.ChangeSettings{Changes: []byte(pick(r.rng, changes...))})
	case n < 16:
		a := *r.W.Facts().Accounts[pick(r.rng, r.agents...)]
		switch r.rng.IntN(4) {
		case 0:
			a.MaxConcurrent = r.rng.IntN(4)
		case 1:
			a.Consulting = !a.Consulting
		case 2:
			a.Certified = !a.Certified
		case 3:
			a.Manager = pick(r.rng, append(r.managers, "")...)
		}
		r.issue(site, caller, protocol.SaveAccount{Account: a})
	case n < 18:
		d := protocol.AgentDay{Account: pick(r.rng, r.agents...), Date: date}
		switch r.rng.IntN(3) {
		case 0:
			d.Off = true
		case 1:
			from := today.Hour()*60 + today.Minute() + r.rng.IntN(30)
			d.Breaks = []protocol.Break{{From: min(from, 1400), To: min(from, 1400) + 1 + r.rng.IntN(39)}}
		}
		r.issue(site, caller, protocol.SaveDay{Day: d})
	case n < 19:
		h := protocol.Holiday{Date: date, Name: "쉬는 날"}
		if r.rng.IntN(2) == 0 {
			h.Hours = protocol.DayHours{Open: true, From: 10 * 60, To: 14 * 60}
		}
		r.issue(site, caller, protocol.SaveHoliday{Holiday: h, Remove: r.rng.IntN(2) == 0})
	case r.rng.IntN(2) == 0:
		r.issue(site, caller, protocol.SaveBot{Bot: "main", Set: protocol.BotEnabled, Enabled: r.rng.IntN(3) > 0})
	default:
		id := pick(r.rng, "x", "y")
		r.issue(site, caller, protocol.SaveCategory{Category: protocol.Category{ID: id, Level: 1, Name: id, Order: 10, Unused: r.rng.IntN(3) == 0}})
	}
}

// scenario is the bot's: two dialogues, and every way to an agent.
const scenario = `{"error_hotkeys":{"home":true,"back":true},"dialogues":{
	"scenario_list":{"messages":[{"kind":"text","text":"무엇을 도와드릴까요?"}],"choices":[{"label":"배송","dialogue":"delivery"},{"label":"상담","agent":true,"category":"x"}],"hotkeys":["agent"]},
	"delivery":{"messages":[{"kind":"text","text":"배송 안내입니다."}],"hotkeys":["home","back","agent"]}}}`

// newSite makes a site as one of many could be, with its people.
func (r *Run) newSite() {
	accounts := []protocol.AccountSaved{{Account: protocol.Account{ID: "admin", Role: protocol.Admin, Name: "관리자", Certified: true}}}
	for i := range 1 + r.rng.IntN(3) {
		id := protocol.AccountID(fmt.Sprintf("manager%d", i+1))
		r.managers = append(r.managers, id)
		accounts = append(accounts, protocol.AccountSaved{Account: protocol.Account{
			ID: id, Role: protocol.Manager, Name: string(id), Certified: true, SeesAll: i == 0, Order: i + 1,
		}})
	}
	for i := range 2 + r.rng.IntN(4) {
		id := protocol.AccountID(fmt.Sprintf("agent%d", i+1))
		r.agents = append(r.agents, id)
		accounts = append(accounts, protocol.AccountSaved{Account: protocol.Account{
			ID: id, Role: protocol.Agent, Name: string(id), Certified: true, Consulting: true,
			Manager: pick(r.rng, append(r.managers, "")...), MaxConcurrent: r.rng.IntN(4), Order: 10 + i,
		}})
	}
	settings := fmt.Sprintf(`{"name":"sim","time_zone":"UTC","profile.enabled":%v,"no_agent_policy":%q,"distribution.mode":%q,"distribution.balancer":%q,"billing.day_start":%q}`,
		r.rng.IntN(3) == 0, pick(r.rng, "WAIT", "REJECT"), pick(r.rng, "AUTO", "AUTO", "HYBRID", "MANUAL"), pick(r.rng, "LEAST_LOAD", "SEQUENTIAL"), pick(r.rng, "04:00", "09:10", "10:10", "00:00"))
	if r.rng.IntN(5) == 0 {
		settings = settings[:len(settings)-1] + `,"distribution.offer":15}`
	}
	r.note("created with %s", settings)
	for _, b := range []protocol.Body{
		protocol.CreateSite{Site: siteID, Settings: []byte(settings), Accounts: accounts},
		protocol.SaveCategory{Category: protocol.Category{ID: "x", Level: 1, Name: "x", Order: 1}},
		protocol.SaveCategory{Category: protocol.Category{ID: "y", Level: 1, Name: "y", Order: 2}},
		protocol.SaveBot{
			Bot: "main", Create: true, Set: protocol.BotName | protocol.BotEnabled | protocol.BotDefault | protocol.BotScenario,
			Name: "main", Enabled: r.rng.IntN(3) == 0, Default: true, Scenario: []byte(scenario),
		},
	} {
		caller := protocol.Caller{Role: protocol.Admin, Site: siteID, Account: "admin"}
		r.W.Ask(protocol.SiteAt(siteID), protocol.Command{Body: b, Caller: caller}, func(_ protocol.Result, err *protocol.Rejection) {
			if err != nil {
				panic(err)
			}
		})
		r.W.Settle()
	}
	for i := range 3 + r.rng.IntN(10) {
		r.customers = append(r.customers, &visitor{
			key: protocol.CustomerKey(fmt.Sprintf("%s_k%d", siteID, i)), channel: pick(r.rng, protocol.Web, protocol.Web, protocol.Web, protocol.Kakao, protocol.Naver),
		})
	}
}

// Most lives begin on a working day, before or after opening; the others at night, or before a weekend.
func (r *Run) birth() time.Time {
	day := func(day, hour, minute int) time.Time { return time.Date(2021, 6, day, hour, minute, 0, 0, time.UTC) }
	return pick(r.rng, day(9, 8, 30), day(9, 8, 55), day(9, 9, 5), day(9, 9, 5), day(9, 10, 0), day(9, 10, 0), day(9, 13, 0), day(9, 23, 50), day(11, 17, 0), day(30, 23, 30))
}
