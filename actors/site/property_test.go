package site

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"switchyard/protocol"
)

// TestAnySite plays random changes: the log makes the same state (I-06), so does a snapshot, and what was published
// is never changed (story.tryAs).
func TestAnySite(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		x := begin(rt)
		for range rapid.IntRange(1, 30).Draw(rt, "steps") {
			x.now = x.now.Add(time.Duration(rapid.SampledFrom([]int{0, 1, 60}).Draw(rt, "later")) * time.Minute)
			x.wall = x.now.Add(time.Duration(rapid.SampledFrom([]int{0, 0, -60, 600}).Draw(rt, "wall")) * time.Minute)
			id := rapid.SampledFrom([]protocol.AccountID{"boss", "lee", "ann", "bob", "zoe"}).Draw(rt, "account")
			date := protocol.Date{Year: 2021, Month: time.June, Day: rapid.IntRange(8, 12).Draw(rt, "date")}
			hash := append(make([]byte, 31), byte(rapid.IntRange(0, 4).Draw(rt, "hash")))
			var b protocol.Body
			switch rapid.IntRange(0, 7).Draw(rt, "what") {
			case 0:
				name := rapid.SampledFrom(protocol.SettingNames()).Draw(rt, "name")
				b = protocol.ChangeSettings{Changes: []byte(rapid.SampledFrom([]string{
					`{"distribution.mode":"MANUAL"}`, `{"distribution.mode":"AUTO","busy_time":true}`, `{"messages.M-QUEUE":"[waiting_count]","distribution.scope":["ann"]}`,
					`{"profile.message":"입력 [counselor_name]","profile.fields":["EMAIL","BIRTH"]}`, `{"time_zone":"America/New_York","profile.consent":"https://example.com/"}`,
					`{"hours.weekday":{"open":true,"from":"22:00","to":"06:00","next_day":true}}`, `{"hours.sunday":{"open":true,"all_day":true}}`,
					fmt.Sprintf(`{%q:%s}`, name, badSettings[name][0]),
				}).Draw(rt, "change"))}
			case 1:
				b = protocol.SaveAccount{Account: protocol.Account{ID: id, Role: rapid.SampledFrom([]protocol.Role{protocol.Agent, protocol.Manager, protocol.Admin}).Draw(rt, "role"),
					Name: "n", Disabled: rapid.Bool().Draw(rt, "disabled"), MaxConcurrent: 3}, Password: rapid.SampledFrom([]string{"", "argon2id$p"}).Draw(rt, "password"), Create: id == "zoe"}
			case 2:
				b = protocol.SaveCategory{Category: protocol.Category{ID: rapid.SampledFrom([]string{"c1", "c11", "k"}).Draw(rt, "id"), Level: rapid.IntRange(1, 2).Draw(rt, "level"), Name: "k",
					Parent: rapid.SampledFrom([]string{"", "c1"}).Draw(rt, "parent"), Unused: rapid.Bool().Draw(rt, "unused")}}
			case 3:
				b = protocol.SaveHoliday{Holiday: protocol.Holiday{Date: date, Name: "h"}, Remove: rapid.Bool().Draw(rt, "remove")}
			case 4:
				b = protocol.SaveDay{Day: protocol.AgentDay{Account: id, Date: date, Off: rapid.Bool().Draw(rt, "off"), Breaks: []protocol.Break{{From: 60, To: 120}}}}
			case 5:
				b = protocol.OpenSession{Account: id, Hash: hash, Expires: protocol.At(x.now.Add(30 * time.Minute))}
			case 6:
				b = protocol.EndSession{Account: id, Hash: hash}
			case 7:
				b = protocol.CalendarTick{}
			}
			before := plain(x.s)
			if x.tryAs(boss, b) != nil {
				require.Equal(rt, before, plain(x.s), "a refusal changes nothing")
			}
			admins := 0
			for _, a := range x.s.Accounts {
				if a.Role == protocol.Admin {
					admins++
				}
			}
			require.Equal(rt, 1, admins, "R-243")
		}
		again := Machine.New(x.s.Addr)
		for _, r := range x.log {
			Apply(again, r)
		}
		require.Equal(rt, plain(x.s), plain(again), "I-06")
		restored, err := Restore(x.s.Addr, Snapshot(x.s))
		require.NoError(rt, err)
		restored.Log = x.s.Log // nothing of a site is in a stream
		require.Equal(rt, said(x.s), said(restored))
		require.Equal(rt, strip(plain(x.s)), strip(plain(restored)))
		for cut := range x.log {
			part := Machine.New(x.s.Addr)
			for _, r := range x.log[:cut+1] {
				Apply(part, r)
			}
			if !part.Created {
				continue
			}
			part, err := Restore(x.s.Addr, Snapshot(part))
			require.NoError(rt, err)
			for _, r := range x.log[cut+1:] {
				Apply(part, r)
			}
			require.Equal(rt, strip(plain(x.s)), strip(plain(part)), "a snapshot after %d events", cut+1)
		}
	})
}

// said is every text that the site would send.
func said(s *State) (out []string) {
	for _, code := range protocol.ConfigurableTexts() {
		out = append(out, s.Settings.Say(code, protocol.Words{Agent: "A", Waiting: 3}))
	}
	return out
}

// strip takes the prompt's text out: a snapshot keeps it as it is said, without the words that it has none of.
func strip(s string) string {
	i := strings.Index(s, `"profile.message":`)
	if i < 0 {
		return s
	}
	var v string
	_ = json.NewDecoder(strings.NewReader(s[i+len(`"profile.message":`):])).Decode(&v)
	return strings.Replace(s, v, "", 1)
}
