package gateway

import (
	"strings"
	"testing"

	"switchyard/protocol"
)

// Every account reads its own desk, and of the others only whom a change request may name: agents and managers of the same
// group on 상담 진행 (domain 13; what the room's mind refuses is not offered).
func TestDesk(t *testing.T) {
	in(t, nil, func(h *house) {
		f := h.facts["acme"]
		f.Settings.WrapUpSeconds, f.Settings.Mode = 45, protocol.Hybrid
		f.Settings.InfoDefaultTab, f.Settings.TimeZone = "customer", "Asia/Tokyo"
		f.Accounts = map[protocol.AccountID]*protocol.Account{
			"anna":  {ID: "anna", Role: protocol.Agent, Name: "안나", Consulting: true, Group: "a", MaxConcurrent: 3, Order: 1},
			"ben":   {ID: "ben", Role: protocol.Agent, Name: "벤", Consulting: true, Group: "a", Order: 3},
			"boss":  {ID: "boss", Role: protocol.Manager, Name: "보스", Consulting: true, Group: "a", Order: 2},
			"other": {ID: "other", Role: protocol.Agent, Name: "x", Consulting: true, Group: "b", Order: 4},
			"rest":  {ID: "rest", Role: protocol.Agent, Name: "x", Group: "a", Order: 5},
			"gone":  {ID: "gone", Role: protocol.Agent, Name: "x", Consulting: true, Disabled: true, Group: "a", Order: 6},
			"admin": {ID: "admin", Role: protocol.Admin, Name: "x", Consulting: true, Group: "a", Order: 7},
		}
		res, m := h.do("GET", "/v1/sites/acme/desk", h.login("anna", "acme"), "")
		if res.StatusCode != 200 || m["account"] != "anna" || m["name"] != "안나" || m["max_concurrent"] != 3.0 || m["wrap_up_seconds"] != 45.0 || m["mode"] != "HYBRID" || m["default_tab"] != "customer" || m["time_zone"] != "Asia/Tokyo" {
			t.Errorf("%d %v", res.StatusCode, m)
		}
		var ids []string
		for _, c := range m["colleagues"].([]any) {
			ids = append(ids, c.(map[string]any)["id"].(string))
		}
		if got := strings.Join(ids, " "); got != "boss ben" {
			t.Errorf("colleagues %q, want boss ben", got)
		}
	})
}
