package gateway

import (
	"strings"
	"testing"

	"switchyard/protocol"
)

// Any account lists, reads, creates, changes and checks bots (domain 21); what goes in comes out again.
func TestBotRoutes(t *testing.T) {
	in(t, nil, func(h *house) {
		h.answer = func(a asked) (protocol.Result, *protocol.Rejection, bool) {
			switch b := a.c.Body.(type) {
			case protocol.SaveBot:
				sc, err := protocol.ParseScenario(b.Scenario)
				if err != nil {
					return nil, protocol.RejectField(protocol.BadRequest, "scenario", err.Error()), true
				}
				h.facts["acme"].Bots = map[protocol.BotID]*protocol.ScenarioBot{b.Bot: {
					ID: b.Bot, Name: b.Name, Enabled: b.Enabled, Default: b.Default, Bindings: b.Bindings, Version: 1, Scenario: sc,
				}}
				return protocol.Done{}, nil, true
			case protocol.CheckScenario:
				return protocol.ScenarioChecked{Complaints: []protocol.Complaint{{Field: "dialogues.a", Text: "is a dead end", Warning: true}}}, nil, true
			}
			return nil, nil, false
		}
		agent := h.login("anna", "acme")
		const scenario = `{"error_hotkeys":{"home":true,"back":true,"agent":false},"dialogues":{"scenario_list":{"messages":[{"kind":"text","text":"안내"}],"hotkeys":["agent"]}}}`
		const path = "/v1/sites/acme/bots"
		res, m := h.do("POST", path, agent, `{"id":"main","name":" 안내 ","enabled":true,"default":true,"bindings":[{"channel_account":"shop","category":"k1"}],"scenario":`+scenario+`}`)
		if res.StatusCode != 201 || m["name"] != "안내" || m["scenario"] == nil {
			t.Fatalf("%v %v", res.Status, m)
		}
		b := bodies[protocol.SaveBot](h.fake)[0].c.Body.(protocol.SaveBot)
		if !b.Create || b.Set != protocol.BotName|protocol.BotEnabled|protocol.BotDefault|protocol.BotBindings|protocol.BotScenario ||
			b.Bindings[0] != (protocol.BotBinding{Account: "shop", Category: "k1"}) || string(b.Scenario) != scenario {
			t.Errorf("%+v", b)
		}
		if _, m := h.do("GET", path, agent, ""); m["bots"].([]any)[0].(map[string]any)["scenario"] != nil {
			t.Errorf("a list carries no scenarios: %v", m)
		}
		if _, m := h.do("GET", path+"/main", agent, ""); m["version"] != 1.0 || m["scenario"] == nil {
			t.Errorf("%v", m)
		}
		if _, m := h.do("GET", path+"/main/scenario", agent, ""); m["dialogues"].(map[string]any)["scenario_list"] == nil {
			t.Errorf("%v", m)
		}
		if res, m := h.do("POST", path+"/new/validate", agent, scenario); res.StatusCode != 200 || m["ok"] != true || len(m["complaints"].([]any)) != 1 {
			t.Errorf("%v %v", res.Status, m)
		}
		for _, bad := range []struct {
			method, path, body, field string
			status                    int
		}{
			{"POST", path, `{"id":"A!","name":"x","scenario":` + scenario + `}`, "id", 422},
			{"POST", path, `{"id":"b","scenario":{"x":1}}`, "scenario", 422},
			{"POST", path, `{"id":"b","bindings":"shop"}`, "bindings", 422},
			{"POST", path, `{"id":"b","colour":"red"}`, "colour", 422},
			{"PATCH", path + "/main", `{"name":"` + strings.Repeat("x", 61) + `"}`, "name", 422},
			{"PATCH", path + "/none", `{"name":"x"}`, "", 404},
			{"GET", path + "/none", "", "", 404},
			{"GET", path + "/none/scenario", "", "", 404},
		} {
			res, m := h.do(bad.method, bad.path, agent, bad.body)
			if field, _ := m["field"].(string); res.StatusCode != bad.status || field != bad.field {
				t.Errorf("%s %s %s: %v %v", bad.method, bad.path, bad.body, res.Status, m)
			}
		}
	})
}
