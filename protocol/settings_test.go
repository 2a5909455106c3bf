package protocol

import (
	"slices"
	"strings"
	"testing"
)

// what the profile bot collects is an ordered choice of five fields, at first name and mobile number.
func TestCollectedFields(t *testing.T) {
	if got, want := DefaultSettings().Profile.Fields, []ProfileField{FieldName, FieldPhone}; !slices.Equal(got, want) {
		t.Errorf("the default is %v", got)
	}
	var all []string
	for f := FieldName; f <= FieldAddress; f++ {
		all = append(all, f.String())
	}
	if got := strings.Join(all, " "); got != "NAME PHONE EMAIL BIRTH ADDRESS" {
		t.Errorf("the fields are %s", got)
	}
}

// no plan keeps the profile bot from a site, also where plans are enforced.
func TestNoPlanKeepsTheProfileBotAway(t *testing.T) {
	for p := PlanFree; p <= PlanEnterprise; p++ {
		s := DefaultSettings()
		s.Mode, s.Plan, s.EnforcePlans = Manual, p, true
		s.Profile.Enabled = true
		if rej := s.WithinPlan(); rej != nil {
			t.Errorf("%s: %v", p, rej)
		}
	}
}

// TestTheFirstTab: the tab that opens first is one of the four, and the history where nobody chose.
func TestTheFirstTab(t *testing.T) {
	s := DefaultSettings()
	if s.InfoDefaultTab != "history" {
		t.Errorf("the default is %s", s.InfoDefaultTab)
	}
	for tab, fits := range map[string]bool{"room": true, "customer": true, "history": true, "custom": true, "billing": false} {
		next, _, _, err := ChangeSettingsJSON(&s, []byte(`{"info.default_tab":"`+tab+`"}`))
		if (err == nil) != fits || fits && next.InfoDefaultTab != tab {
			t.Errorf("%s: %v", tab, err)
		}
	}
}
