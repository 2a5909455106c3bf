package protocol

import (
	"errors"
	"fmt"
	"testing"
)

// A good value comes back as it was given; a bad one names the setting and changes nothing (section 4).
func TestSettingsBeyondTheVendor(t *testing.T) {
	for _, c := range []struct{ name, value, shown string }{
		{"distribution.priority", `{"grade":{"VIP":9},"category":{"c11":3}}`, ""},
		{"distribution.priority", `{}`, `{"grade":{},"category":{}}`},
		{"distribution.priority", `{"grade":{"VIP":10}}`, "bad"},
		{"distribution.priority", `{"grade":{"PLATINUM":1}}`, "bad"},
		{"distribution.priority", `{"category":{"c1":-1}}`, "bad"},
		{"distribution.priority", `{"category":{"":1}}`, "bad"},
		{"distribution.priority", `{"customer":{"k":1}}`, "bad"},
		{"distribution.priority", `null`, "bad"},
		{"distribution.last_agent", `0`, ""},
		{"distribution.last_agent", `3600`, ""},
		{"distribution.last_agent", `null`, ""},
		{"distribution.last_agent", `3601`, "bad"},
		{"distribution.last_agent", `true`, "bad"},
		{"distribution.ramp_up", `{"rooms":2,"seconds":1}`, ""},
		{"distribution.ramp_up", `null`, ""},
		{"distribution.ramp_up", `{"rooms":1,"seconds":60}`, "bad"},
		{"distribution.ramp_up", `{"rooms":3,"seconds":0}`, "bad"},
		{"distribution.ramp_up", `{"rooms":3}`, "bad"},
		{"distribution.offer", `5`, ""},
		{"distribution.offer", `null`, ""},
		{"distribution.offer", `4`, "bad"},
		{"distribution.wrap_up", `3600`, ""},
		{"distribution.wrap_up", `null`, ""},
		{"distribution.wrap_up", `0`, "bad"},
		{"distribution.wrap_up", `"30"`, "bad"},
	} {
		s := DefaultSettings()
		next, _, _, err := ChangeSettingsJSON(&s, fmt.Appendf(nil, "{%q:%s}", c.name, c.value))
		if c.shown == "bad" {
			var r *Rejection
			if !errors.As(err, &r) || r.Code != BadRequest || r.Field != c.name {
				t.Errorf("%s = %s: %v", c.name, c.value, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s = %s: %v", c.name, c.value, err)
			continue
		}
		want := c.shown
		if want == "" {
			want = c.value
		}
		for _, x := range settingsTable {
			if got := string(plainJSON(x.get(next))); x.name == c.name && got != want {
				t.Errorf("%s = %s is shown as %s", c.name, c.value, got)
			}
		}
	}
}

// A room's class is the highest that applies: by the grade, the category, or the category above it.
func TestPriorityClass(t *testing.T) {
	p := PriorityRules{Grade: map[string]int{"VIP": 5, "BLACKLIST": 0}, Category: map[string]int{"c1": 3, "c11": 2, "c2": 7}}
	f := &SiteFacts{Categories: map[string]*Category{"c1": {ID: "c1"}, "c11": {ID: "c11", Parent: "c1"}, "c2": {ID: "c2"}}}
	for _, c := range []struct {
		grade    Grade
		category string
		class    uint8
	}{
		{GradeNone, "", 0}, {GradeVIP, "", 5}, {GradeVIP, "c1", 5}, {GradeNone, "c11", 3}, {GradeVIP, "c2", 7}, {GradeBlacklist, "gone", 0},
	} {
		if got := p.Class(f, c.grade, c.category); got != c.class {
			t.Errorf("%s, category %q: class %d, want %d", c.grade, c.category, got, c.class)
		}
	}
}
