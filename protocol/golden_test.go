package protocol

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew; commit the difference only if you can explain it")

const (
	goldenEvents = "testdata/golden/events"
	goldenValues = "testdata/golden/values"
	goldenFrames = "testdata/golden/frames"
)

func TestSamplesAreComplete(t *testing.T) {
	byCode := map[EventCode][]reflect.Value{}
	names := map[string]bool{}
	for _, s := range samples() {
		byCode[s.event.EventCode()] = append(byCode[s.event.EventCode()], reflect.ValueOf(s.event))
		if names[s.name] {
			t.Errorf("two samples are called %s", s.name)
		}
		names[s.name] = true
	}
	for _, code := range EventCodes() {
		if len(byCode[code]) == 0 {
			t.Errorf("the event %s (%d) has no sample: add one to samples_test.go, then go test ./protocol -update", code, code)
			continue
		}
		for _, field := range unset(byCode[code], "") {
			t.Errorf("no sample of %s sets %s: a codec that forgets it would not be noticed", code, field)
		}
	}
	byValue := map[reflect.Type][]reflect.Value{}
	for _, s := range valueSamples() {
		v := reflect.ValueOf(s.value)
		if o, ok := s.value.(owedSample); ok {
			v = reflect.ValueOf(o.Body)
		}
		byValue[v.Type()] = append(byValue[v.Type()], v)
	}
	for typ, values := range byValue {
		for _, field := range unset(values, typ.Name()) {
			t.Errorf("no sample sets %s", field)
		}
	}
}

func TestEveryOwedTellHasASample(t *testing.T) {
	sampled := map[uint8]bool{}
	for _, s := range owedSamples() {
		var o owed
		if err := decode(AppendOwed(nil, s.To, s.Body), &o); err != nil {
			t.Fatal(err)
		}
		sampled[o.what] = true
	}
	for what := range 256 {
		_, _, err := DecodeOwed(encode(nil, &owed{to: CustomersAt(sampleSite), what: uint8(what)}))
		if known := err == nil; known != sampled[uint8(what)] {
			t.Errorf("owed tell %d: known %v, has a sample %v", what, known, sampled[uint8(what)])
		}
	}
}

// A golden file of stored bytes is text: a line that says what it is, the value as JSON, the
// bytes in hex. An event once written is readable for ever: when its bytes change after a
// release, the old file stays as <name>.<rung>.hex (1, 2, …) and only the newest is what is
// written today.
type stored struct {
	what  string
	value []byte // JSON
	bytes []byte
}

func readStored(t *testing.T, path string) stored {
	t.Helper()
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		t.Fatalf("%s is missing: go test ./protocol -update", path)
	}
	if err != nil {
		t.Fatal(err)
	}
	var s stored
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if len(lines) < 3 || !strings.HasPrefix(lines[0], "# ") || !strings.HasPrefix(lines[1], "# ") {
		t.Fatalf("%s: wants two comment lines and hex", path)
	}
	s.what, s.value = lines[0][2:], []byte(lines[1][2:])
	if s.bytes, err = hex.DecodeString(strings.Join(lines[2:], "")); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return s
}

func (s stored) text() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# %s\n# %s\n", s.what, s.value)
	for line := range slices.Chunk(s.bytes, 32) {
		fmt.Fprintf(&b, "%x\n", line)
	}
	return b.Bytes()
}

func writeGolden(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

// noStrangers fails on golden files that no sample explains.
func noStrangers(t *testing.T, dir string, known map[string]bool) {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !known[f.Name()] {
			t.Errorf("%s/%s belongs to no sample: was one renamed?", dir, f.Name())
		}
	}
}

// plain gives a value as JSON would have it, by the names of its Go fields: the wire's own
// MarshalJSON leaves out what a page need not see. fromPlain is the way back.
func plain(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return plain(v.Elem())
	case reflect.Struct:
		fields := map[string]any{}
		for i := range v.NumField() {
			fields[v.Type().Field(i).Name] = plain(v.Field(i))
		}
		return fields
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return hex.EncodeToString(v.Bytes())
		}
		elems := make([]any, v.Len())
		for i := range elems {
			elems[i] = plain(v.Index(i))
		}
		return elems
	}
	return v.Interface()
}

func fromPlain(dst reflect.Value, src any) error {
	switch dst.Kind() {
	case reflect.Struct:
		for name, x := range src.(map[string]any) {
			f := dst.FieldByName(name)
			if !f.IsValid() {
				return fmt.Errorf("%s has no field %s", dst.Type(), name)
			}
			if err := fromPlain(f, x); err != nil {
				return err
			}
		}
		return nil
	case reflect.Slice:
		if text, ok := src.(string); ok {
			b, err := hex.DecodeString(text)
			if len(b) > 0 {
				dst.SetBytes(b)
			}
			return err
		}
		for _, x := range src.([]any) {
			elem := reflect.New(dst.Type().Elem()).Elem()
			if err := fromPlain(elem, x); err != nil {
				return err
			}
			dst.Set(reflect.Append(dst, elem))
		}
		return nil
	}
	b, err := json.Marshal(src)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, dst.Addr().Interface())
}

func goldenJSON(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(plain(reflect.ValueOf(v)))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// decodeOne reads a record of one event.
func decodeOne(rec []byte, first uint64) (Recorded, error) {
	var got []Recorded
	err := DecodeRecord(rec, first, func(r Recorded) error { got = append(got, r); return nil })
	if err == nil && len(got) != 1 {
		err = fmt.Errorf("%d events", len(got))
	}
	if err != nil {
		return Recorded{}, err
	}
	return got[0], nil
}

// place gives a sample its place in history: positions only where it is shown.
func place(e Event) Recorded {
	r := Recorded{Number: 60, Entry: 4711, At: sampleAt, Event: e}
	desk, room := Shown(e)
	if desk {
		r.Desk = 58
	}
	if room {
		r.Room = 42
	}
	return r
}

func TestGoldenEvents(t *testing.T) {
	known := map[string]bool{}
	for _, s := range samples() {
		t.Run(s.name, func(t *testing.T) {
			want := place(s.event)
			rec := AppendRecord(nil, want.At, []Recorded{want})
			FinishRecord(rec, want.Entry)
			path := filepath.Join(goldenEvents, s.name+".hex")
			if *update {
				writeGolden(t, path, stored{
					fmt.Sprintf("%s, code %d, record version %d", s.event.EventCode(), s.event.EventCode(), RecordVersion), goldenJSON(t, s.event), rec,
				}.text())
			}
			known[filepath.Base(path)] = true
			golden := readStored(t, path)
			if !bytes.Equal(rec, golden.bytes) {
				t.Errorf("the stored bytes of %s have changed:\n now %x\n was %x\nIf the old ones may lie on a disk, keep the old file as %s.1.hex before -update.", s.event.EventCode(), rec, golden.bytes, s.name)
			}

			rungs, err := filepath.Glob(filepath.Join(goldenEvents, s.name+".[0-9]*.hex"))
			if err != nil {
				t.Fatal(err)
			}
			for _, path := range append(rungs, path) {
				known[filepath.Base(path)] = true
				golden := readStored(t, path)
				got, err := decodeOne(golden.bytes, want.Number)
				if err != nil {
					t.Fatalf("%s cannot be read any more: %v", path, err)
				}
				wrote := NewEvent(s.event.EventCode())
				var value any
				d := json.NewDecoder(bytes.NewReader(golden.value))
				d.UseNumber()
				if err := d.Decode(&value); err != nil {
					t.Fatalf("%s: the value: %v", path, err)
				}
				if err := fromPlain(reflect.ValueOf(wrote).Elem(), value); err != nil {
					t.Fatalf("%s: the value: %v", path, err)
				}
				was := want
				was.Event = wrote
				if !reflect.DeepEqual(got, was) {
					t.Errorf("%s is read as\n %+v %s\nand was written as\n %+v %s", path, got, goldenJSON(t, got.Event), was, golden.value)
				}
			}
		})
	}
	noStrangers(t, goldenEvents, known)
}

func TestGoldenValues(t *testing.T) {
	known := map[string]bool{}
	for _, s := range valueSamples() {
		t.Run(s.name, func(t *testing.T) {
			path := filepath.Join(goldenValues, s.name+".hex")
			now := s.encode()
			if *update {
				writeGolden(t, path, stored{s.name, goldenJSON(t, s.value), now}.text())
			}
			known[filepath.Base(path)] = true
			golden := readStored(t, path)
			if !bytes.Equal(now, golden.bytes) {
				t.Errorf("the stored bytes of %s have changed:\n now %x\n was %x", s.name, now, golden.bytes)
			}
			got, err := s.decode(golden.bytes)
			if err != nil {
				t.Fatalf("%s cannot be read any more: %v", path, err)
			}
			if !reflect.DeepEqual(got, s.value) {
				t.Errorf("%s is read as\n %+v\nand was written as\n %+v", path, got, s.value)
			}
			rungs, err := filepath.Glob(filepath.Join(goldenValues, s.name+".[0-9]*.hex"))
			if err != nil {
				t.Fatal(err)
			}
			for _, path := range rungs { // as they were written once
				known[filepath.Base(path)] = true
				golden := readStored(t, path)
				got, err := s.decode(golden.bytes)
				if err != nil {
					t.Fatalf("%s cannot be read any more: %v", path, err)
				}
				wrote := reflect.New(reflect.TypeOf(s.value))
				var value any
				d := json.NewDecoder(bytes.NewReader(golden.value))
				d.UseNumber()
				if err := d.Decode(&value); err != nil {
					t.Fatalf("%s: the value: %v", path, err)
				}
				if err := fromPlain(wrote.Elem(), value); err != nil {
					t.Fatalf("%s: the value: %v", path, err)
				}
				if !reflect.DeepEqual(got, wrote.Elem().Interface()) {
					t.Errorf("%s is read as\n %+v\nand was written as\n %s", path, got, golden.value)
				}
			}
		})
	}
	noStrangers(t, goldenValues, known)
}

// views are the streams in which a sample is a frame.
func views(e Event) []Stream {
	desk, room := Shown(e)
	var all []Stream
	switch {
	case e.EventCode() >= CodePresenceChosen && e.EventCode() != CodeOfferMissed:
		if desk {
			all = append(all, Stream{StreamInbox, AgentAt(sampleSite, "kim")})
		}
	default:
		if desk {
			all = append(all, Stream{StreamDesk, RoomAt(sampleSite, sampleRoom)})
		}
		if room {
			all = append(all, Stream{StreamRoom, RoomAt(sampleSite, sampleRoom)})
		}
	}
	return all
}

// frameFile names the golden frame of a sample in a view.
func frameFile(s sample, v Stream) string {
	return "server." + s.name + "." + strings.TrimSuffix(v.View.Prefix(), "/") + ".json"
}

func TestGoldenFrames(t *testing.T) {
	shown := map[EventCode]map[View]bool{}
	for _, s := range samples() {
		r := place(s.event)
		for _, v := range views(s.event) {
			if shown[s.event.EventCode()] == nil {
				shown[s.event.EventCode()] = map[View]bool{}
			}
			shown[s.event.EventCode()][v.View] = true
			path := filepath.Join(goldenFrames, frameFile(s, v))
			frame := append(AppendFrame(nil, v, &r), '\n')
			if *update {
				writeGolden(t, path, frame)
			}
			golden, err := os.ReadFile(path)
			if err != nil {
				t.Errorf("%s has no golden frame in %s: go test ./protocol -update", s.name, v.Name())
				continue
			}
			if !bytes.Equal(frame, golden) {
				t.Errorf("%s\n now %s was %s", path, frame, golden)
			}

			var f struct {
				Type   string
				Stream string
				Seq    uint64
				At     string
				Data   map[string]any
			}
			d := json.NewDecoder(bytes.NewReader(frame))
			d.DisallowUnknownFields()
			if err := d.Decode(&f); err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			if !strings.HasPrefix(s.name, f.Type) {
				t.Errorf("%s is of type %s: a sample begins with its frame's name", path, f.Type)
			}
			if f.Stream != v.Name() || f.Seq != v.View.Seq(&r) || f.At != "2026-11-20T05:12:44.301Z" {
				t.Errorf("%s: envelope %s %d %s", path, f.Stream, f.Seq, f.At)
			}

			// With a position in neither stream there is no frame, and what was there stays.
			hidden := r
			hidden.Desk, hidden.Room = 0, 0
			if got := AppendFrame([]byte("before"), v, &hidden); string(got) != "before" {
				t.Errorf("%s: an event that is not shown made the frame %s", s.name, got)
			}
			if got := AppendFrame([]byte("before\n"), v, &r); string(got) != "before\n"+strings.TrimSuffix(string(frame), "\n") {
				t.Errorf("%s: appended to something, the frame is %s", s.name, got)
			}
		}
	}
	// Every shown event in every view that can show it.
	for _, code := range EventCodes() {
		for _, s := range samples() {
			if s.event.EventCode() != code {
				continue
			}
			for _, v := range views(s.event) {
				if !shown[code][v.View] {
					t.Errorf("%s has no golden frame in %s", code, v.Name())
				}
			}
		}
	}
}

// TestTheCustomerSeesNothingElse: what desk/ knows and room/ must not (conformance 8, and
// the reason for two projections).
func TestTheCustomerSeesNothingElse(t *testing.T) {
	secret := []string{
		`"account":`, `"assignment":`, `"by":"park"`, `"by":"kim"`, `"by":"lee"`, `"note":`, `"why":`, `"from":"kim"`, `"cause":`, `"override":`,
		`"profile_required":`, `"refusing":`, `"gate":`, `"before_profile":`, "홍길동", "01012345678", "park", "교환 담당", "단골", `"kim"`, `"lee"`,
	}
	for _, s := range samples() {
		r := place(s.event)
		for _, v := range views(s.event) {
			frame := string(AppendFrame(nil, v, &r))
			if v.View != StreamRoom {
				if strings.Contains(frame, "p_q7w5r3") {
					t.Errorf("%s: the form's one-time token is the customer's alone: %s", s.name, frame)
				}
				continue
			}
			for _, word := range secret {
				if strings.Contains(frame, word) {
					t.Errorf("%s: the customer can read %s in %s", s.name, word, frame)
				}
			}
		}
		if m, ok := s.event.(*MessagePosted); ok && m.Kind == Memo {
			if _, room := Shown(s.event); room {
				t.Error("a memo is shown to the customer")
			}
		}
	}
}
