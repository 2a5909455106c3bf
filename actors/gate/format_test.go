package gate

import (
	"strings"
	"testing"
	"unicode/utf8"

	"switchyard/protocol"
)

var today = protocol.Date{Year: 2021, Month: 6, Day: 10}

// The table of domain 8.3, with the edges of each row.
func TestValidate(t *testing.T) {
	const ok, refused = true, false
	for _, c := range []struct {
		field  protocol.ProfileField
		value  string
		ok     bool
		stored string // "" = the value itself
	}{
		{protocol.FieldName, "김해피", ok, ""},
		{protocol.FieldName, "  Kim Happy ", ok, "Kim Happy"},
		{protocol.FieldName, "\u3000김해피\u00a0", ok, "김해피"},
		{protocol.FieldName, "x", ok, ""},
		{protocol.FieldName, strings.Repeat("김", 100), ok, ""},
		{protocol.FieldName, " " + strings.Repeat("김", 100) + " ", ok, strings.Repeat("김", 100)},
		{protocol.FieldName, strings.Repeat("김", 101), refused, ""},
		{protocol.FieldName, "", refused, ""},
		{protocol.FieldName, " \u3000 ", refused, ""},
		{protocol.FieldName, "Kim\x00Happy", refused, ""},
		{protocol.FieldName, "Kim\nHappy", refused, ""},
		{protocol.FieldName, "Kim\n", refused, ""},
		{protocol.FieldName, "Kim\u0085Happy", refused, ""},
		{protocol.FieldName, "Kim\xff", refused, ""},

		{protocol.FieldPhone, "01012345678", ok, ""},
		{protocol.FieldPhone, "010-1234-5678", ok, "01012345678"},
		{protocol.FieldPhone, " 010 1234 5678 ", ok, "01012345678"},
		{protocol.FieldPhone, "011-234-5678", ok, "0112345678"},
		{protocol.FieldPhone, "0162345678", ok, ""},
		{protocol.FieldPhone, "0172345678", ok, ""},
		{protocol.FieldPhone, "0182345678", ok, ""},
		{protocol.FieldPhone, "01923456789", ok, ""},
		{protocol.FieldPhone, "0122345678", refused, ""},
		{protocol.FieldPhone, "0132345678", refused, ""},
		{protocol.FieldPhone, "0142345678", refused, ""},
		{protocol.FieldPhone, "0152345678", refused, ""},
		{protocol.FieldPhone, "0212345678", refused, ""},
		{protocol.FieldPhone, "010-12-345", refused, ""},
		{protocol.FieldPhone, "010123456", refused, ""},
		{protocol.FieldPhone, "010123456789", refused, ""},
		{protocol.FieldPhone, "+821012345678", refused, ""},
		{protocol.FieldPhone, "010.1234.5678", refused, ""},
		{protocol.FieldPhone, "010１２３４5678", refused, ""},
		{protocol.FieldPhone, "", refused, ""},

		{protocol.FieldEmail, "kim@example.com", ok, ""},
		{protocol.FieldEmail, "Kim.Happy+chat@Example.CO.KR", ok, "Kim.Happy+chat@example.co.kr"},
		{protocol.FieldEmail, "a@b.c", ok, ""},
		{protocol.FieldEmail, "김@한국.한국", ok, ""},
		{protocol.FieldEmail, strings.Repeat("a", 94) + "@bc.de", ok, ""},
		{protocol.FieldEmail, strings.Repeat("a", 95) + "@bc.de", refused, ""},
		{protocol.FieldEmail, "a@b", refused, ""},
		{protocol.FieldEmail, "@b.c", refused, ""},
		{protocol.FieldEmail, "a@", refused, ""},
		{protocol.FieldEmail, "a.b.c", refused, ""},
		{protocol.FieldEmail, "a@b@c.d", refused, ""},
		{protocol.FieldEmail, "a@b@c", refused, ""},
		{protocol.FieldEmail, "a b@c.d", refused, ""},
		{protocol.FieldEmail, "a@c.d ", refused, ""},
		{protocol.FieldEmail, "a@c.d\r\nBcc:x", refused, ""},
		{protocol.FieldEmail, "a\x00@c.d", refused, ""},
		{protocol.FieldEmail, "a@.d", refused, ""},
		{protocol.FieldEmail, "a@d.", refused, ""},
		{protocol.FieldEmail, "a@c..d", refused, ""},
		{protocol.FieldEmail, "a@c.\xff", refused, ""},
		{protocol.FieldEmail, "", refused, ""},

		{protocol.FieldBirth, "19841231", ok, "1984-12-31"},
		{protocol.FieldBirth, "1984-12-31", ok, ""},
		{protocol.FieldBirth, "1900-01-01", ok, ""},
		{protocol.FieldBirth, "1899-12-31", refused, ""},
		{protocol.FieldBirth, "20210610", ok, "2021-06-10"},
		{protocol.FieldBirth, "20210611", refused, ""},
		{protocol.FieldBirth, "20210701", refused, ""},
		{protocol.FieldBirth, "20220101", refused, ""},
		{protocol.FieldBirth, "20200229", ok, "2020-02-29"},
		{protocol.FieldBirth, "20000229", ok, "2000-02-29"},
		{protocol.FieldBirth, "19000229", refused, ""},
		{protocol.FieldBirth, "20210229", refused, ""},
		{protocol.FieldBirth, "20210230", refused, ""},
		{protocol.FieldBirth, "20210431", refused, ""},
		{protocol.FieldBirth, "20210001", refused, ""},
		{protocol.FieldBirth, "20211301", refused, ""},
		{protocol.FieldBirth, "20210100", refused, ""},
		{protocol.FieldBirth, "20210132", refused, ""},
		{protocol.FieldBirth, "1984-1231", refused, ""},
		{protocol.FieldBirth, "1984/12/31", refused, ""},
		{protocol.FieldBirth, "1984-12-3", refused, ""},
		{protocol.FieldBirth, "841231", refused, ""},
		{protocol.FieldBirth, " 19841231", refused, ""},
		{protocol.FieldBirth, "1984-+1-31", refused, ""},
		{protocol.FieldBirth, "１９84", refused, ""},
		{protocol.FieldBirth, "", refused, ""},

		{protocol.FieldAddress, "서울특별시 중구 세종대로 110 (태평로1가) 3층", ok, ""},
		{protocol.FieldAddress, " 04524 서울\n3층 ", ok, ""},
		{protocol.FieldAddress, "(04524) 서울특별시 중구 세종대로 110, 3층", ok, ""}, // what a postcode search gives, and the customer's detail
		{protocol.FieldAddress, strings.Repeat("가", 255), ok, ""},
		{protocol.FieldAddress, strings.Repeat("가", 256), refused, ""},
		{protocol.FieldAddress, "", refused, ""},
		{protocol.FieldAddress, "   ", refused, ""},
		{protocol.FieldAddress, "서울\xff", refused, ""},

		{0, "x", refused, ""},
		{protocol.FieldAddress + 1, "x", refused, ""},
	} {
		want := c.stored
		if want == "" && c.ok {
			want = c.value
		}
		stored, err := Validate(c.field, c.value, today)
		if (err == nil) != c.ok || stored != want {
			t.Errorf("%v %q: stored %q, error %v; want %q", c.field, c.value, stored, err, want)
		}
	}
}

// What was stored is valid, stays as it is, and counts as a value at the gate; an
// error stores nothing and repeats nothing of what was typed.
func FuzzValidate(f *testing.F) {
	for _, value := range []string{"김해피 ", "010-1234-5678", "Kim@Example.COM", "k@İ.İ", "1984-12-31", "19840230", "서울\n3층", "\xff", "a@b@c.d", " "} {
		for field := protocol.FieldName; field <= protocol.FieldAddress; field++ {
			f.Add(uint8(field), value)
		}
	}
	most := map[protocol.ProfileField]int{protocol.FieldName: 100, protocol.FieldPhone: 11, protocol.FieldEmail: 100, protocol.FieldBirth: 10, protocol.FieldAddress: 255}
	f.Fuzz(func(t *testing.T, n uint8, value string) {
		field := protocol.FieldName + protocol.ProfileField(n)%protocol.FieldAddress
		stored, err := Validate(field, value, today)
		if err != nil {
			if stored != "" || len(value) > 20 && strings.Contains(err.Error(), value) {
				t.Fatalf("%v %q: stored %q with error %v", field, value, stored, err)
			}
			return
		}
		if again, err := Validate(field, stored, today); err != nil || again != stored {
			t.Fatalf("%v %q: stored %q, then %q, %v", field, value, stored, again, err)
		}
		if n := utf8.RuneCountInString(stored); !utf8.ValidString(stored) || n < 1 || n > most[field] {
			t.Fatalf("%v %q: stored %d characters, %q", field, value, n, stored)
		}
		if !Values(0).With(field, stored).Has(field) {
			t.Fatalf("%v %q: stored %q is no value", field, value, stored)
		}
	})
}
