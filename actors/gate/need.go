package gate

import (
	"strings"

	"switchyard/protocol"
)

// Values is the set of the profile fields that have a value at a customer key, as
// the shared profile shows them after the parameters of the inbound were applied
// (domain 7.2, P-4). The zero value: nothing is stored.
//
// A verified mobile number is no field of the form and has no place here (N-04).
type Values uint8

// With adds the field, unless the value is empty or only spaces (N-11).
func (v Values) With(field protocol.ProfileField, value string) Values {
	if strings.TrimSpace(value) == "" {
		return v
	}
	return v | 1<<field
}

// Has says whether the field has a value.
func (v Values) Has(field protocol.ProfileField) bool { return v&(1<<field) != 0 }

// Need says whether the customer has to be asked for a profile (domain 7.2): the
// bot is on, this room has had no prompt yet, and none of the fields that
// are collected now has a value. One is enough to be left in peace (R-057, C-02).
func Need(s *protocol.ProfileSettings, stored Values, promptSent bool) bool {
	if !s.Enabled || promptSent {
		return false
	}
	for _, field := range s.Fields {
		if stored.Has(field) {
			return false
		}
	}
	return true
}
