package protocol

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

// no number of the settings takes what nobody can have meant: below its range or far above, broken, or no number at all. The
// refusal names the setting, and nothing changes.
func TestX41SettingsTakeNoSenselessNumbers(t *testing.T) {
	s := DefaultSettings()
	before := string(AppendSettings(nil, &s))
	var all map[string]json.RawMessage
	require.NoError(t, json.Unmarshal([]byte(before), &all))
	numbers := 0
	for name, value := range all {
		var n float64
		if json.Unmarshal(value, &n) != nil {
			continue
		}
		if string(value) == "null" { // off: it takes a number too, unless it is of another kind
			if _, _, _, err := ChangeSettingsJSON(&s, []byte(`{"`+name+`":30}`)); err != nil {
				continue
			}
		}
		numbers++
		for _, bad := range []string{"-1", "-9223372036854775809", "1e999", "1e12", "99999999999", "9223372036854775808", "1.5", "NaN", "Infinity", `"7"`, "[]", "{}", "true"} {
			_, _, _, err := ChangeSettingsJSON(&s, []byte(`{"`+name+`":`+bad+`}`))
			var rej *Rejection
			require.True(t, errors.As(err, &rej), "%s takes %s", name, bad)
			if json.Valid([]byte(bad)) {
				require.Equal(t, name, rej.Field, "%s: %s", bad, rej.Text)
			}
		}
	}
	require.GreaterOrEqual(t, numbers, 10, "the test does not see the settings")
	require.Equal(t, before, string(AppendSettings(nil, &s)))
}
