package gate

import (
	"testing"

	"switchyard/protocol"
)

// The table of domain 7.2, one row a line, where it is about this rule: what is
// visible at a key (N-05, N-08) is collected by the caller before it asks.
func TestNeed(t *testing.T) {
	const (
		name    = protocol.FieldName
		phone   = protocol.FieldPhone
		email   = protocol.FieldEmail
		birth   = protocol.FieldBirth
		address = protocol.FieldAddress
	)
	type fields = []protocol.ProfileField
	type stored = map[protocol.ProfileField]string
	for _, c := range []struct {
		rule      string
		collected fields
		stored    stored
		off       bool // the profile bot is disabled
		sent      bool // a prompt was sent in this room
		need      bool
	}{
		{"N-01 nothing", fields{name, phone}, nil, false, false, true},
		{"N-02 R-057 name only: any one field is enough", fields{name, phone}, stored{name: "김해피"}, false, false, false},
		{"N-03 email only, which is not collected", fields{name, phone}, stored{email: "k@example.com"}, false, false, true},
		{"N-04 R-059 a verified mobile is no field, phone empty", fields{name, phone}, stored{phone: ""}, false, false, true},
		{"N-05 R-060 the phone came with this inbound", fields{name, phone}, stored{phone: "+82 10 1234"}, false, false, false},
		{"N-06 R-058 the agent deleted all values", fields{name, phone}, stored{name: "", phone: ""}, false, false, true},
		{"N-07 Q-04 EMAIL now, NAME before", fields{email}, stored{name: "김해피"}, false, false, true},
		{"N-08 R-061 another key of the customer ID has the name", fields{name, phone}, stored{name: "김해피"}, false, false, false},
		{"N-09 verified mobile and phone both", fields{name, phone}, stored{phone: "01012345678"}, false, false, false},
		{"N-10 R-045 disabled", fields{name, phone}, nil, true, false, false},
		{"N-11 only spaces", fields{name, phone}, stored{name: "   "}, false, false, true},
		{"N-11 only wide spaces", fields{name, phone}, stored{name: "\u3000\u00a0\t"}, false, false, true},
		{"N-12 R-082 already sent in this room", fields{name, phone}, nil, false, true, false},
		{"the last of five", fields{name, phone, email, birth, address}, stored{address: "서울"}, false, false, false},
		{"the order of the fields does not matter", fields{phone, name}, stored{name: "김해피"}, false, false, false},
	} {
		var v Values
		for field, value := range c.stored {
			v = v.With(field, value)
		}
		s := protocol.ProfileSettings{Enabled: !c.off, Fields: c.collected}
		if got := Need(&s, v, c.sent); got != c.need {
			t.Errorf("%s: Need = %v", c.rule, got)
		}
	}
}

func TestValues(t *testing.T) {
	v := Values(0).With(protocol.FieldPhone, "1").With(protocol.FieldBirth, " ").With(protocol.FieldPhone, "")
	for field := protocol.FieldName; field <= protocol.FieldAddress; field++ {
		if v.Has(field) != (field == protocol.FieldPhone) {
			t.Errorf("Has(%v) = %v", field, v.Has(field))
		}
	}
}
