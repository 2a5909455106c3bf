package protocol

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

// The decoders read what lies on a disk or, later, what another node sends: whatever the
// bytes are they answer with an error or with a value that returns, and never panic.

func FuzzDecodeRecord(f *testing.F) {
	for _, s := range samples() {
		r := place(s.event)
		rec := AppendRecord(nil, r.At, []Recorded{r, r})
		FinishRecord(rec, r.Entry)
		f.Add(rec, uint64(60))
	}
	f.Add([]byte{}, uint64(0))
	f.Fuzz(func(t *testing.T, rec []byte, first uint64) {
		read := func() (all []Recorded, err error) {
			err = DecodeRecord(rec, first, func(r Recorded) error { all = append(all, r); return nil })
			return all, err
		}
		if _, err := read(); err != nil && len(rec) >= recordHead+4 {
			rec = append([]byte(nil), rec...)
			FinishRecord(rec, 7) // mend the checksum, to get behind it
		}
		got, err := read()
		if err != nil {
			if !errors.Is(err, ErrWire) && !errors.Is(err, ErrChecksum) {
				t.Fatalf("an error without a name: %v", err)
			}
			return
		}
		var entry uint64
		var at Instant
		if len(got) > 0 {
			entry, at = got[0].Entry, got[0].At
		}
		again := AppendRecord(nil, at, got)
		FinishRecord(again, entry)
		var returned []Recorded
		if err := DecodeRecord(again, first, func(r Recorded) error { returned = append(returned, r); return nil }); err != nil || !reflect.DeepEqual(got, returned) {
			t.Fatalf("%v: read\n %+v\nwrote and read\n %+v", err, got, returned)
		}
		for i := range got {
			for _, s := range []Stream{{StreamDesk, RoomAt("acme", sampleRoom)}, {StreamRoom, RoomAt("acme", sampleRoom)}, {StreamInbox, AgentAt("acme", "kim")}} {
				if frame := AppendFrame(nil, s, &got[i]); len(frame) > 0 && !json.Valid(frame) {
					t.Fatalf("%s is no JSON: %q", s.Name(), frame)
				}
			}
		}
	})
}

func FuzzDecodeEntry(f *testing.F) {
	for _, s := range valueSamples() {
		f.Add(s.encode())
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := DecodeEntry(b)
		if err != nil {
			return
		}
		again, err := DecodeEntry(AppendEntry(nil, &got))
		if err != nil || !reflect.DeepEqual(got, again) {
			t.Fatalf("%v: read\n %+v\nwrote and read\n %+v", err, got, again)
		}
	})
}

func FuzzDecodeOwed(f *testing.F) {
	for _, s := range valueSamples() {
		f.Add(s.encode())
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		to, body, err := DecodeOwed(b)
		if err != nil {
			return
		}
		to2, body2, err := DecodeOwed(AppendOwed(nil, to, body))
		if err != nil || to != to2 || !reflect.DeepEqual(body, body2) {
			t.Fatalf("%v: read %v %+v, wrote and read %v %+v", err, to, body, to2, body2)
		}
	})
}

// Every row decoder, on the same bytes.
func FuzzDecodeRows(f *testing.F) {
	for _, s := range valueSamples() {
		f.Add(s.encode())
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if k, err := DecodeCustomer(b); err == nil {
			if again, err := DecodeCustomer(AppendCustomer(nil, k)); err != nil || !reflect.DeepEqual(k, again) {
				t.Fatalf("%v: customer %+v, again %+v", err, k, again)
			}
		}
		if p, err := DecodeProfile(b); err == nil {
			if again, err := DecodeProfile(AppendProfile(nil, p)); err != nil || !reflect.DeepEqual(p, again) {
				t.Fatalf("%v: profile %+v, again %+v", err, p, again)
			}
			p.Have()
		}
		if r, err := DecodeHistory(b); err == nil {
			if again, err := DecodeHistory(AppendHistory(nil, &r)); err != nil || r != again {
				t.Fatalf("%v: history %+v, again %+v", err, r, again)
			}
		}
		if r, err := DecodeOpenRoom(b); err == nil {
			if again, err := DecodeOpenRoom(AppendOpenRoom(nil, &r)); err != nil || !reflect.DeepEqual(r, again) {
				t.Fatalf("%v: open room %+v, again %+v", err, r, again)
			}
		}
		if r, err := DecodeClosedRoom(b); err == nil {
			if again, err := DecodeClosedRoom(AppendClosedRoom(nil, &r)); err != nil || r != again {
				t.Fatalf("%v: closed room %+v, again %+v", err, r, again)
			}
		}
		if r, err := DecodeTurn(b); err == nil {
			if again, err := DecodeTurn(AppendTurn(nil, r)); err != nil || r != again {
				t.Fatalf("%v: turn %+v, again %+v", err, r, again)
			}
		}
		DecodeNo(b)
	})
}

// The frames' own writer says what encoding/json says.
func FuzzAppendJSONString(f *testing.F) {
	for _, s := range []string{
		"", "안녕하세요 👋", "a\"b\\c/d", "\x00\x01\b\f\n\r\t\x1f\x7f", "\u2028\u2029\u2027", "<script>&</script>",
		"\xff\xfe", "\xed\xa0\x80", "\xf0\x9f\x91", "가\xea\xb0", "\u200d\ufeff\ufffd",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		theirs, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		ours := AppendJSONString([]byte(`x`), s)[1:]
		var want, got string
		if err := json.Unmarshal(theirs, &want); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(ours, &got); err != nil {
			t.Fatalf("%q is written as %s: %v", s, ours, err)
		}
		if got != want {
			t.Fatalf("%q is written as %s and read as %q, encoding/json reads %q", s, ours, got, want)
		}
		for _, b := range ours {
			if b < 0x20 || b == 0x7f {
				t.Fatalf("%q is written with a bare control character: %q", s, ours)
			}
		}
		if strings.ContainsAny(string(ours), "\u2028\u2029") {
			t.Fatalf("%q is written with a line separator that old JavaScript ends a string at: %q", s, ours)
		}
	})
}

func FuzzAppendJSONInstant(f *testing.F) {
	f.Add(int64(sampleAt))
	f.Add(int64(1))
	f.Add(int64(253402300799999))
	f.Fuzz(func(t *testing.T, ms int64) {
		if ms < 0 || ms > 253402300799999 { // 9999-12-31T23:59:59.999Z, the last that RFC 3339 can say
			return
		}
		var got time.Time
		b := AppendJSONInstant(nil, Instant(ms))
		if err := json.Unmarshal(b, &got); err != nil || got.UnixMilli() != ms {
			t.Fatalf("%d is written as %s: %v", ms, b, err)
		}
		if want := Instant(ms).Time().Format(`"2006-01-02T15:04:05.000Z"`); string(b) != want {
			t.Fatalf("%d is written as %s, want %s", ms, b, want)
		}
	})
}

// TestGoldenFramesAreCanonical: what the writer leaves behind is exactly one object on one line.
func TestGoldenFramesAreCanonical(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(goldenFrames, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatal("no golden frames", err)
	}
	for _, path := range files {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		line, rest, _ := strings.Cut(string(b), "\n")
		if rest != "" || !json.Valid([]byte(line)) || line[0] != '{' {
			t.Errorf("%s is not one JSON object on one line", path)
		}
	}
}

// Whatever an administrator sends as settings is refused, or gives settings that can be written and read again (F-19).
func FuzzChangeSettings(f *testing.F) {
	for _, s := range []string{`{}`, `{"name":"x"}`, `{"distribution.mode":"MANUAL"}`, `{"hours.weekday":{"open":true,"all_day":true}}`, `{"autoclose.customer_silence":null}`,
		`{"name":1}`, `{"no.such":1}`, `[]`, `null`, `{"site_open_room_limit":1e999}`, `{"site_open_room_limit":-1}`, `{"profile.fields":[]}`, `{"language":"\u0000"}`, `{"name":{"name":{}}}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		s := DefaultSettings()
		before := AppendSettings(nil, &s)
		next, _, _, err := ChangeSettingsJSON(&s, b)
		if string(AppendSettings(nil, &s)) != string(before) {
			t.Fatalf("%q changed what was given", b)
		}
		if err == nil && next != nil {
			AppendSettings(nil, next)
		}
	})
}

// Whatever is imported as a scenario is refused, or is one that exports to itself (F-19).
func FuzzParseScenario(f *testing.F) {
	for _, s := range []string{`{}`, `[]`, `null`, `{"start":"a","dialogues":[]}`, `{"hotkeys":["home","home"]}`, `{"dialogues":[{"id":"a","text":"x","buttons":[{"text":"y","to":"a"}]}]}`, `{"dialogues":1e999}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := ParseScenario(b)
		if err != nil {
			return
		}
		first := AppendScenario(nil, s)
		again, err := ParseScenario(first)
		if err != nil {
			t.Fatalf("%q exports as %q: %v", b, first, err)
		}
		if string(AppendScenario(nil, again)) != string(first) {
			t.Fatalf("%q exports differently: %q", b, first)
		}
	})
}
