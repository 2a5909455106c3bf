package gateway

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

var decodeSeeds = []string{
	`{"type":"message.send","id":"18","stream":"desk/r_8f3","data":{"client_id":"01JD3V7W8X9Y2Z4A6B8C0D1E2F","assignment":2,"template":"t_hello"}}`,
	`{"type":"message.send","id":"17","stream":"desk/r_8f3","data":{"client_id":"01JD3V7W8X9Y2Z4A6B8C0D1E2F","assignment":2,"kind":"text","text":"교환으로 접수했습니다."}}`,
	`{"type":"message.send","data":{"text":"a\n\"b\" \u00e9 \/ \t","kind":"memo","file":"f_1"}}`,
	`{ "data" : { "upto" : 12 } , "type" : "read" , "stream" : "room/r_1" }`,
	`{"type":"typing","stream":"room/r_1","data":{"on":true,"preview":"사이즈를 M에서 L"}}`,
	`{"type":"ack","data":{"room/r_1":4,"desk/r_1":7}}`,
	`{"type":"pong"}`, `{"type":"pong","data":{}}`, `{"type":"pong","data":null}`, `{"type":"pong","data":{"a":1}}`,
	`{"type":"message.send","data":{"text":"\ud83d\ude00"}}`, `{"type":"message.send","data":{"text":"\ud83d"}}`, `{"type":"message.send","data":{"text":"\u0000"}}`,
	`{"type":"read","data":{"upto":1e3}}`, `{"type":"read","data":{"upto":-0}}`, `{"type":"read","data":{"upto":007}}`, `{"type":"read","data":{"upto":99999999999999999999}}`,
	`{"type":"read","type":"read"}`, `{"type":"read","Type":"pong","data":{"upto":1,"Upto":2}}`, `{"type":"ack","data":{"a":1,"a":2}}`,
	`{"type":"typing","data":{"on":1}}`, `{"type":"typing","data":{"on":null}}`, `{"type":"read","data":{"upto":3},"id":null}`,
	`{"type":"message.send","data":{"text":"}\"{","kind":"te\u0078t"}}`, "{\"type\":\"read\",\"data\":{\"upto\":1}}\n", `{"type":"read"} x`, `[]`, ``, `{`, "\ufeff{}",
	`{"type":"room.set","data":{"tags":["a"],"hold_close":true}}`,
}

// Whatever the scanner reads, encoding/json reads the same; the scanner refuses nothing by itself.
func FuzzDecode(f *testing.F) {
	for _, s := range decodeSeeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, frame string) {
		if !utf8.ValidString(frame) {
			return
		}
		var fast, slow request
		rej := decodeSlow([]byte(frame), 16, 256, &slow)
		if rej == nil && !json.Valid([]byte(frame)) {
			t.Fatalf("taken, and not JSON: %q", frame)
		}
		if !scan([]byte(frame), &fast) {
			return
		}
		if rej != nil {
			t.Fatalf("%q: scanned, and refused by the slow way: %v", frame, rej)
		}
		if !reflect.DeepEqual(fast, slow) {
			t.Fatalf("%q:\nscanned %+v\nslow    %+v", frame, fast, slow)
		}
	})
}

// The frames of everyday traffic take the fast way.
func TestScanReadsTheHotFrames(t *testing.T) {
	for _, s := range decodeSeeds[:7] {
		if !scan([]byte(s), new(request)) {
			t.Errorf("not scanned: %s", s)
		}
	}
}

// F-19, X-18: what encoding/json would let pass is refused, with the path of the offence.
func TestF19X18Strictness(t *testing.T) {
	for _, c := range []struct{ in, field, why string }{
		{`{"type":"x","data":{"a":1,"a":2}}`, "data", "the same name twice"},
		{`{"type":"x","data":{"a":1,"\u0061":2}}`, "data", "the same name twice"},
		{`{"type":"x","data":{"text":"\udc00"}}`, "data.text", "half a surrogate pair"},
		{`{"type":"x","data":{"text":"\ud800\ud800"}}`, "data.text", "half a surrogate pair"},
		{`{"type":"x","data":{"text":"\u0000"}}`, "data.text", "NUL in a text"},
		{`{"type":"x","data":{"n":1e999}}`, "data.n", "a number out of range"},
		{`{"type":"x","data":{"n":` + strings.Repeat("9", 100_000) + `}}`, "data.n", "a number too long"},
		{`{"type":"x","data":` + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + `}`, "data", "nested too deep"},
		{`{"a":` + strings.Repeat(`{"a":`, 10_000) + `1` + strings.Repeat("}", 10_001), "", "nested too deep"},
		{`{"type":"x"} trailing`, "", "data after the object"},
		{"\ufeff{}", "", "not a JSON object"},
		{`[1]`, "", "not a JSON object"},
		{`{"type":"x","id":"` + strings.Repeat("i", 65) + `"}`, "id", "is too long"},
		{`{"type":"x","data":[]}`, "data", "must be an object"},
		{`{"id":"1"}`, "type", "is missing"},
		{`{"type":"read","data":{"upto":-0}}`, "data.upto", "must be a whole number"},
		{"{\"type\":\"a\x01\"}", "type", "a control character in a text"},
	} {
		var r request
		rej := decodeSlow([]byte(c.in), 16, 256, &r)
		if rej == nil || rej.Text != c.why || c.why != "nested too deep" && rej.Field != c.field {
			t.Errorf("%.60s: %v, want %s: %s", c.in, rej, c.field, c.why)
		}
	}
	many := `{"type":"x","data":{`
	for i := range 300 {
		many += `"k` + itoa(int64(i)) + `":1,`
	}
	if rej := decodeSlow([]byte(many+`"z":1}}`), 16, 256, new(request)); rej == nil || rej.Text != "too many members" {
		t.Errorf("300 members: %v", rej)
	}
	// A name that differs in case is another name: nothing of it reaches a field.
	var r request
	if rej := decodeSlow([]byte(`{"type":"read","data":{"UPTO":9,"__proto__":{}}}`), 16, 256, &r); rej != nil || r.upto != 0 {
		t.Errorf("case: %v %+v", rej, r)
	}
}

func BenchmarkDecode(b *testing.B) {
	frame := []byte(decodeSeeds[0])
	b.Run("scan", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var r request
			if !scan(frame, &r) {
				b.Fatal("not scanned")
			}
		}
	})
	b.Run("slow", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var r request
			decodeSlow(frame, 16, 256, &r)
		}
	})
}
