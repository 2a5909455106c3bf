package site

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"switchyard/protocol"
)

// TestPlansAreGatesOnlyWhereEnforced: domain 21, last paragraph; enforce_plans is off by default.
func TestPlansAreGatesOnlyWhereEnforced(t *testing.T) {
	const manual = `"distribution.mode":"MANUAL",`
	for _, r := range []struct {
		name, first, change, field string
	}{
		{"not enforced", `{"plan":"FREE"}`, `{"distribution.mode":"HYBRID","busy_time":true,"messages.M-QUEUE":"x","overflow_policy":"REJECT"}`, ""},
		{"hybrid on a small plan", `{` + manual + `"plan":"TEAM","enforce_plans":true}`, `{"distribution.mode":"HYBRID"}`, "distribution.mode"},
		{"automatic on a small plan", `{` + manual + `"plan":"FREE","enforce_plans":true}`, `{"distribution.mode":"AUTO"}`, "distribution.mode"},
		{"busy time", `{` + manual + `"plan":"TEAM","enforce_plans":true}`, `{"busy_time":true}`, "busy_time"},
		{"the queue notice", `{` + manual + `"plan":"STARTER","enforce_plans":true}`, `{"messages.M-QUEUE":"[waiting_count]"}`, "messages.M-QUEUE"},
		{"the over-limit notice", `{` + manual + `"plan":"TEAM","enforce_plans":true}`, `{"overflow_policy":"REJECT"}`, "overflow_policy"},
		{"all of it on Pro", `{"plan":"PRO","enforce_plans":true}`, `{"distribution.mode":"HYBRID","busy_time":true,"messages.M-QUEUE":"x","overflow_policy":"REJECT"}`, ""},
		{"R-053: the profile bot on every plan", `{` + manual + `"plan":"FREE","enforce_plans":true}`, `{"profile.enabled":true}`, ""},
		{"the automatic close on every plan", `{` + manual + `"plan":"FREE","enforce_plans":true}`, `{"autoclose.customer_silence":30,"autoclose.agent_delay":30}`, ""},
		{"a lower plan under what is in use", `{"plan":"PRO","enforce_plans":true}`, `{"plan":"TEAM"}`, "distribution.mode"},
		{"enforcement over what is in use", `{` + manual + `"plan":"FREE","busy_time":true}`, `{"enforce_plans":true}`, "busy_time"},
		{"given up in the same change", `{"plan":"PRO","enforce_plans":true}`, `{"distribution.mode":"MANUAL","plan":"TEAM"}`, ""},
	} {
		t.Run(r.name, func(t *testing.T) {
			x := begin(t).sets(r.first)
			before := plain(x.s)
			change := protocol.ChangeSettings{Changes: []byte(r.change)}
			if r.field == "" {
				x.do(change)
				return
			}
			x.refused(protocol.Forbidden, r.field, change)
			require.Equal(t, before, plain(x.s), "R-246")
			nothing(t).refused(protocol.Forbidden, r.field, creation(strings.TrimSuffix(r.first, "}")+","+r.change[1:], protocol.Account{ID: "boss", Role: protocol.Admin, Name: "B"}))
		})
	}
}

// TestEachSettingCanBeChanged: every setting of the catalogue takes a value other than its default, and the journal says
// who set it, to what, and what it was.
func TestEachSettingCanBeChanged(t *testing.T) {
	for _, name := range protocol.SettingNames() {
		v := goodSettings[name]
		require.NotEmpty(t, v, "no good value for %s: add one to goodSettings", name)
		x := begin(t)
		settings := func() map[string]json.RawMessage {
			var m map[string]json.RawMessage
			require.NoError(t, json.Unmarshal(protocol.AppendSettings(nil, Facts(x.s).Settings), &m))
			return m
		}
		was := settings()[name]
		x.sets(`{"` + name + `":` + v + `}`)
		require.Len(t, x.step.Events, 1, name)
		e := x.step.Events[0].(*protocol.SettingsChanged)
		require.Equal(t, protocol.AccountID("boss"), e.By)
		require.JSONEq(t, `{"`+name+`":`+v+`}`, string(e.New))
		require.JSONEq(t, `{"`+name+`":`+string(was)+`}`, string(e.Old))
		require.JSONEq(t, v, string(settings()[name]), name)
		restored := Machine.New(protocol.SiteAt(siteID))
		for _, r := range x.log {
			Apply(restored, r)
		}
		require.Equal(t, plain(x.s), plain(restored), "%s after a restart", name)
	}
}

// goodSettings holds a value of each setting that is not its default.
var goodSettings = map[string]string{
	"name": `"가게"`, "processor_name": `"주식회사 가게"`, "plan": `"PRO"`, "billing_mode": `"POSTPAID"`, "time_zone": `"UTC"`, "language": `"en"`,
	"consulting_enabled": `false`, "distribution.mode": `"HYBRID"`, "distribution.balancer": `"SEQUENTIAL"`, "distribution.selector": `"CATEGORY"`,
	"distribution.scope": `["ann"]`, "distribution.category_agents": `{"c1":["ann"]}`, "distribution.channel_agents": `{"web":["bob"]}`,
	"distribution.priority":         `{"grade":{"VIP":5},"category":{"c1":3}}`,
	"distribution.last_agent":       `60`,
	"distribution.ramp_up":          `{"rooms":3,"seconds":60}`,
	"autoclose.business_clock":      `false`,
	"distribution.offer":            `20`,
	"distribution.wrap_up":          `30`,
	"distribution.require_presence": `true`, "backlog.mode": `"MANUAL"`, "no_agent_policy": `"WAIT"`, "site_open_room_limit": `10000000`,
	"overflow_policy": `"REJECT"`, "hours.weekday": `{"open":true,"from":"10:00","to":"02:00","next_day":true}`, "hours.saturday": `{"open":true,"all_day":true}`,
	"hours.sunday": `{"open":true,"from":"10:00","to":"24:00"}`, "after_hours_intake": `"OFF"`, "autoclose.customer_silence": `10070`,
	"autoclose.agent_delay": `10070`, "autoclose.gate_source": `"AGENT_DELAY"`, "profile.enabled": `true`, "profile.message": `"성함을 알려 주세요."`,
	"profile.image": `"f_500x250"`, "profile.fields": `["ADDRESS","NAME"]`, "profile.policy": `"WAIT"`, "profile.consent": `"https://shop.example/privacy"`,
	"messages.M-TITLE": `"문의"`, "messages.M-GREET": `""`, "messages.M-GREET.image": `"f_500x250"`, "messages.M-AH": `"x"`, "messages.M-NOAGENT": `"x"`,
	"messages.M-OVER": `"x"`, "messages.M-QUEUE": `"[waiting_count]"`, "messages.M-BUSY": `"x"`, "messages.M-AUTOCLOSE": `"x"`, "messages.M-BOT-ERROR": `"x"`,
	"busy_time": `true`, "info.default_tab": `"custom"`, "change_request.auto_approve": `true`, "billing.kakao_unit": `120`, "billing.sms_unit": `0`,
	"billing.alimtalk_unit": `1000000`, "billing.day_start": `"00:00"`, "billing.account_prices": `{"FREE":0,"STARTER":40000,"TEAM":0,"PRO":85000,"ENTERPRISE":120000}`, "journey.data_start": `"2026-01-31"`, "journey.snapshot_at": `"23:59"`,
	"retention.rooms": `30`, "enforce_plans": `true`, "typing.preview": `true`, "origins": `["https://shop.example"]`,
}

// TestTheOldValueIsRecorded: what changes accounts, categories, holidays and days says what was there before.
func TestTheOldValueIsRecorded(t *testing.T) {
	x := begin(t)
	x.do(protocol.SaveAccount{Account: protocol.Account{ID: "bob", Role: protocol.Agent, Name: "밥"}})
	require.Equal(t, "Bob", x.step.Events[0].(*protocol.AccountSaved).Old.Name)
	x.do(protocol.SaveAccount{Account: protocol.Account{ID: "new", Role: protocol.Agent, Name: "새"}, Password: "argon2id$x", Create: true})
	require.Zero(t, x.step.Events[0].(*protocol.AccountSaved).Old)
	x.do(protocol.SaveCategory{Category: protocol.Category{ID: "c1", Level: 1, Name: "문의"}})
	require.Equal(t, "일반 문의", x.step.Events[0].(*protocol.CategorySaved).Old.Name)
	d := protocol.Date{Year: 2021, Month: 6, Day: 10}
	x.do(protocol.SaveHoliday{Holiday: protocol.Holiday{Date: d, Name: "하나"}}).do(protocol.SaveHoliday{Holiday: protocol.Holiday{Date: d, Name: "둘"}})
	require.Equal(t, "하나", x.step.Events[0].(*protocol.HolidaySaved).Old.Name)
	x.do(protocol.SaveDay{Day: protocol.AgentDay{Account: "ann", Date: d, Off: true}}).do(protocol.SaveDay{Day: protocol.AgentDay{Account: "ann", Date: d}})
	require.True(t, x.step.Events[0].(*protocol.DaySaved).Old.Off)
}
