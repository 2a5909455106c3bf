package protocol

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"testing"
)

// TestEverySettingIsDocumented: docs/settings.md has a row for each setting of the catalogue, in its order, with its default.
func TestEverySettingIsDocumented(t *testing.T) {
	text, err := os.ReadFile("../docs/settings.md")
	if err != nil {
		t.Fatal(err)
	}
	defaults := DefaultSettings()
	var values map[string]json.RawMessage
	if err := json.Unmarshal(AppendSettings(nil, &defaults), &values); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\| .* \\| `([^`]*)` \\| .*\\|$").FindAllStringSubmatch(string(text), -1) {
		names = append(names, row[1])
		if row[2] != string(values[row[1]]) {
			t.Errorf("docs/settings.md: the default of %s is %s, not %s", row[1], values[row[1]], row[2])
		}
	}
	if want := SettingNames(); !slices.Equal(names, want) {
		t.Errorf("docs/settings.md has the rows\n%q, want\n%q: a setting has one row `name` | values | `default as JSON` | what it does", names, want)
	}
}
