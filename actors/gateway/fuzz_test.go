package gateway

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"switchyard/protocol"
)

// F-19, X-18: every decoder of what strangers send, each with seeds of the JSON Parsing Test Suite's kind. make fuzz gives each a
// minute; here the seeds run.

// hostile are texts that parsers have stumbled over.
var hostile = []string{
	``, ` `, `{}`, `[]`, `nul`, `null`, `true`, `"x"`, `{`, `}`, `{"a"`, `{"a":`, `{"a":1`, `{"a":1,`, `{"a":1,}`, `{,}`, `{"a" 1}`, `{a:1}`, `{'a':1}`, `{"a":1}x`, `{"a":1}{}`,
	`{"a":01}`, `{"a":+1}`, `{"a":.5}`, `{"a":5.}`, `{"a":1e}`, `{"a":1e+}`, `{"a":1e999}`, `{"a":-1e999}`, `{"a":1e-999}`, `{"a":-0}`, `{"a":-}`, `{"a":0x10}`, `{"a":NaN}`, `{"a":Infinity}`,
	`{"a":` + strings.Repeat("9", 100_000) + `}`, `{"a":"` + strings.Repeat("x", 100_000) + `"}`,
	`{"a":1,"a":2}`, `{"a":1,"\u0061":2}`, `{"__proto__":{"x":1},"constructor":1}`,
	`{"a":"\ud800"}`, `{"a":"\udc00\ud800"}`, `{"a":"\ud83d\ude00"}`, `{"a":"\u0000"}`, "{\"a\":\"\x00\"}", "{\"a\":\"\x1f\"}", "{\"a\":\"\x7f\"}", `{"a":"\x"}`, `{"a":"\u12"}`, `{"a":"\`,
	"\ufeff{}", "{\"a\":\"\u202e\u200b\ufeff\"}", "{\"a\":\"\xff\"}", "{\"a\":\"\xed\xa0\x80\"}", "{\"a\":\"\xc0\x80\"}", "{\"a\":\"\xf4\x90\x80\x80\"}",
	strings.Repeat("[", 10_000), strings.Repeat(`{"a":`, 10_000), `{"a":` + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + `}`,
	"{\"a\":1\f}", "{\"a\":1\u00a0}", "{\"a\":1}\n\t\r ", "/*x*/{}", `{"a":1 // x
}`,
}

func many(n int) string {
	var b bytes.Buffer
	b.WriteByte('{')
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`"` + itoa(int64(i)) + `":0`)
	}
	b.WriteByte('}')
	return b.String()
}

// Whatever the strict reader takes, encoding/json takes, and reads without loss; whatever it refuses it refuses in little memory.
func FuzzStrict(f *testing.F) {
	for _, s := range append(hostile, decodeSeeds...) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		if !utf8.ValidString(body) {
			return // refused before
		}
		rej := checkJSON([]byte(body), 16, 1024)
		if rej != nil {
			if rej.Code != protocol.BadRequest || rej.Text == "" {
				t.Fatalf("%q: %+v", body, rej)
			}
			return
		}
		if !json.Valid([]byte(body)) {
			t.Fatalf("taken, and not JSON: %q", body)
		}
		var m map[string]any
		if err := json.Unmarshal([]byte(body), &m); err != nil {
			t.Fatalf("taken, and not read: %q: %v", body, err)
		}
		if again, _ := json.Marshal(m); bytes.Contains(again, []byte(`\u0000`)) || strings.Count(body, `\ufffd`) == 0 && !strings.Contains(body, "\ufffd") && bytes.Contains(again, []byte("\ufffd")) && !strings.Contains(strings.ToLower(body), `\ufffd`) {
			t.Fatalf("something was replaced: %q -> %s", body, again)
		}
	})
}

// F-19, X-18: each of the hostile texts, as a frame and as a body, is answered with a code or taken; none costs more than the
// memory of its own size and 64 KB, but for those that are taken.
func TestF19X18HostileTexts(t *testing.T) {
	all := append([]string{many(1_000_000), many(300), many(1025)}, hostile...)
	for _, s := range all {
		for _, wrapped := range []string{s, `{"type":"read","id":"1","data":` + s + `}`, `{"type":"x","data":{"a":` + s + `}}`} {
			var rej *protocol.Rejection
			grown := allocated(func() {
				if !utf8.ValidString(wrapped) {
					rej = protocol.Reject(protocol.BadRequest, "not UTF-8")
					return
				}
				rej = decodeSlow([]byte(wrapped), 16, 256, new(request))
			})
			if rej != nil && (rej.Code != protocol.BadRequest || rej.Text == "") {
				t.Errorf("%.60q: %+v", wrapped, rej)
			}
			if rej != nil && grown > uint64(2*len(wrapped))+64<<10 {
				t.Errorf("%.60q: %d KiB for %d KiB", wrapped, grown>>10, len(wrapped)>>10)
			}
		}
	}
	if rej := checkJSON([]byte(many(1_000_000)), 16, 1024); rej == nil || rej.Text != "too many members" {
		t.Errorf("a million members: %v", rej)
	}
}

// Every frame, of every role, comes to a command or a refusal: nothing that a client writes makes the gateway panic.
func FuzzTask(f *testing.F) {
	for _, s := range decodeSeeds {
		f.Add(s)
	}
	for _, kind := range []string{"message.send", "bot.pick", "form.submit", "read", "room.start", "room.take", "room.accept", "room.decline", "room.assign", "room.set",
		"room.end", "agent.status", "room.request_change", "room.request_review", "request.decide", "room.rate", "hello", "subscribe", "sync", "history", "auth.refresh"} {
		f.Add(`{"type":"` + kind + `","id":"1","stream":"desk/` + string(roomA) + `","data":{"client_id":"aaaaaaaaaaaa","room":"` + string(roomA) + `","kind":"text","text":"x","to":"ben","assignment":1,"form":"f","fields":{"name":"x"},"params":{"parameter1":"x"},"tags":["a"],"alarm_at":"2026-01-02T03:04:05Z","want":"busy","ok":true,"score":3,"request":"q","message_id":"m","choice":"home","upto":3,"on":true}}`)
		for _, s := range hostile[:40] {
			f.Add(`{"type":"` + kind + `","data":` + s + `}`)
		}
	}
	cfg := DefaultConfig()
	cfg.SigningKey = make([]byte, 32)
	fake := newFake()
	g := New(cfg, fake.engine())
	people := []*identity{{site: "acme", role: protocol.Visitor, customer: "acme_kim", uid: "kim"}}
	for _, a := range []protocol.AccountID{"anna", "boss", "admin"} {
		people = append(people, &identity{site: "acme", account: a, role: fake.facts["acme"].Accounts[a].Role})
	}
	f.Fuzz(func(t *testing.T, frame string) {
		if !utf8.ValidString(frame) {
			return
		}
		for _, who := range people {
			var r request
			if g.decode([]byte(frame), &r) != nil {
				return
			}
			caller, facts, ok := g.caller(who)
			if !ok {
				t.Fatal("nobody")
			}
			made, rej := g.task(who, &caller, facts, &r)
			if rej == nil && made.body == nil {
				t.Fatalf("%q: neither a command nor a refusal", frame)
			}
		}
	})
}

// No text is a token but those that were signed, and none makes the reader panic.
func FuzzToken(f *testing.F) {
	cfg := DefaultConfig()
	cfg.SigningKey = make([]byte, 32)
	g := New(cfg, newFake().engine())
	now := time.Now()
	good := g.signVisitor(visitorClaims{Site: "acme", Key: "acme_kim", From: now.Unix(), Expires: now.Add(time.Hour).Unix()})
	for _, s := range append(hostile[:40], good, good+"x", good[:len(good)-1], visitorPrefix, visitorPrefix+"..", accountPrefix, strings.Replace(good, ".", "..", 1)) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, token string) {
		if who, _ := g.authenticate(token); who != nil && token != good {
			t.Fatalf("let in: %q", token)
		}
	})
}

// An upload of any bytes is a picture that can be read again, or a refusal.
func FuzzImage(f *testing.F) {
	f.Add([]byte("\x89PNG\r\n\x1a\n"))
	f.Add([]byte("\xff\xd8\xff\xe0\x00\x10JFIF"))
	f.Add([]byte("\xff\xd8\xff\xe1\x00\x08Exif\x00\x00"))
	f.Add([]byte("GIF89a"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, rej := redraw(b)
		if (p == nil) == (rej == nil) {
			t.Fatalf("%v %v", p, rej)
		}
	})
}
