package protocol

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash/crc32"
	"os"
	"reflect"
	"strings"
	"testing"
)

// testKeys seals so that a test can see through it: an XOR and a sum over plain and context. It gives the same bytes each time.
type testKeys struct{ destroyed map[uint64]bool }

func (k *testKeys) Seal(dst []byte, key uint64, plain, context []byte) []byte {
	if k.destroyed[key] {
		return dst
	}
	plain = bytes.Clone(plain)
	sum := crc32.NewIEEE()
	sum.Write(plain)
	sum.Write(context)
	for _, b := range plain {
		dst = append(dst, b^byte(key)^0x5a)
	}
	return binary.BigEndian.AppendUint32(dst, sum.Sum32())
}

func (k *testKeys) Open(dst []byte, key uint64, sealed, context []byte) ([]byte, error) {
	if k.destroyed[key] {
		return nil, ErrErased
	}
	n := len(sealed) - 4
	for _, b := range sealed[:n] {
		dst = append(dst, b^byte(key)^0x5a)
	}
	sum := crc32.NewIEEE()
	sum.Write(dst)
	sum.Write(context)
	if sum.Sum32() != binary.BigEndian.Uint32(sealed[n:]) {
		return nil, ErrChecksum
	}
	return dst, nil
}

func sealedRecord(keys Sealer, of Address, recs []Recorded, key uint64) []byte {
	s := Sealing{Keys: keys}
	rec := s.Append(nil, of, sampleAt, recs, key)
	FinishRecord(rec, 4711)
	return rec
}

func opened(t *testing.T, rec []byte, of Address, keys Opener) (all []Recorded) {
	t.Helper()
	if err := OpenRecord(rec, 1, of, keys, func(r Recorded) error { all = append(all, r); return nil }); err != nil {
		t.Fatal(err)
	}
	return all
}

// TestX30EveryEventReturnsAndIsErased: each sample comes back as it was; without its key it comes back as the same event at
// the same place with its facts and without a word of what is personal; and no sealed record holds a planted text.
func TestX30EveryEventReturnsAndIsErased(t *testing.T) {
	keys := &testKeys{destroyed: map[uint64]bool{}}
	of := RoomAt(sampleSite, sampleRoom)
	said := 0
	for _, s := range samples() {
		want := Recorded{Number: 1, Entry: 4711, At: sampleAt, Event: s.event}
		desk, room := Shown(s.event)
		if desk {
			want.Desk = 3
		}
		if room {
			want.Room = 2
		}
		rec := sealedRecord(keys, of, []Recorded{want}, 9)
		got := opened(t, rec, of, keys)
		if len(got) != 1 || !reflect.DeepEqual(got[0], want) {
			t.Fatalf("%s returns as\n%+v, want\n%+v", s.name, got, want)
		}
		plain := AppendRecord(nil, sampleAt, []Recorded{want})
		FinishRecord(plain, 4711)
		if err := DecodeRecord(plain, 1, func(r Recorded) error {
			if !reflect.DeepEqual(r, want) {
				t.Errorf("%s of version 1 returns as %+v", s.name, r)
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
		if rec[0] != recordSealed && rec[0] != RecordVersion || plain[0] != recordPlain {
			t.Errorf("versions %d and %d", rec[0], plain[0])
		}

		key := keyOf(s.event, 9)
		keys.destroyed[key] = true
		erased := opened(t, rec, of, keys)[0]
		after := opened(t, sealedRecord(keys, of, []Recorded{want}, 9), of, keys)[0] // written when the key was gone already
		delete(keys.destroyed, key)
		if erased.Number != 1 || erased.Desk != want.Desk || erased.Room != want.Room || erased.Event.EventCode() != s.event.EventCode() {
			t.Errorf("%s is erased as %+v", s.name, erased)
		}
		if !reflect.DeepEqual(after, erased) {
			t.Errorf("%s written without a key returns as %+v, erased as %+v", s.name, after, erased)
		}
		if !erased.Erased {
			if !reflect.DeepEqual(erased, want) {
				t.Errorf("%s lost something and does not say so: %+v", s.name, erased)
			}
			continue
		}
		said++
		again := AppendRecord(nil, sampleAt, []Recorded{erased})
		for _, text := range personalTexts {
			if bytes.Contains(rec, []byte(text)) {
				t.Errorf("%s is sealed and says %q", s.name, text)
			}
			if bytes.Contains(again, []byte(text)) {
				t.Errorf("%s is erased and says %q", s.name, text)
			}
		}
	}
	if said < 10 {
		t.Errorf("only %d events tell of anybody", said)
	}
}

// personalTexts are what the samples say of a customer.
var personalTexts = []string{"홍길동", "사이즈를", "01012345678", "hong@example.com", "acme_hong", "단골", "01099998888", "교환 담당"}

// TestASealedEventStaysWhereItIs: it cannot be moved to another place, another actor, or under another key; and one key of
// a record can go while the others stay.
func TestASealedEventStaysWhereItIs(t *testing.T) {
	keys := &testKeys{destroyed: map[uint64]bool{}}
	of := AgentAt(sampleSite, "kim")
	recs := []Recorded{
		{Number: 1, Desk: 1, Event: &InboxRequest{Room: sampleRoom, Text: "one", Seal: 5}},
		{Number: 2, Desk: 2, Event: &InboxRequest{Room: sampleRoom, Text: "two", Seal: 6}},
		{Number: 3, Desk: 3, Event: &InboxLost{Room: sampleRoom}},
		{Number: 4, Desk: 4, Event: &MessagePosted{Text: strings.Repeat("long ", 10_000)}},
	}
	rec := sealedRecord(keys, of, recs, 7)
	for _, wrong := range []struct {
		first uint64
		of    Address
	}{{2, of}, {1, AgentAt(sampleSite, "lee")}, {1, RoomAt(sampleSite, "kim")}} {
		err := OpenRecord(rec, wrong.first, wrong.of, keys, func(Recorded) error { return nil })
		if !errors.Is(err, ErrChecksum) {
			t.Errorf("at %d of %s: %v", wrong.first, wrong.of, err)
		}
	}
	if err := DecodeRecord(rec, 1, func(Recorded) error { return nil }); !errors.Is(err, errNoKeys) {
		t.Errorf("without keys: %v", err)
	}
	keys.destroyed[5] = true
	got := opened(t, rec, of, keys)
	if !got[0].Erased || got[0].Event.(*InboxRequest).Text != "" || got[1].Erased || got[1].Event.(*InboxRequest).Text != "two" ||
		got[2].Erased || len(got[3].Event.(*MessagePosted).Text) != 50_000 {
		t.Errorf("%+v", got)
	}
	frame := string(AppendFrame(nil, Stream{View: StreamInbox, Of: of}, &got[0]))
	if !strings.Contains(frame, `"erased":true`) || strings.Contains(frame, `"text"`) {
		t.Error(frame)
	}
}

// TestRowsAreSealedWhole, by the mark that their minds give them; others, and rows of kinds that tell of nobody, are left alone.
func TestRowsAreSealedWhole(t *testing.T) {
	keys := &testKeys{destroyed: map[uint64]bool{}}
	k := sampleCustomer()
	row := Row{Kind: RowCustomer, Key: []byte("k"), Value: AppendCustomer(nil, &k)}
	if got, err := DecodeCustomer(row.Value); err != nil || !reflect.DeepEqual(*got, k) {
		t.Fatalf("%+v, %v", got, err) // as its mind made it
	}
	SealRow(&row, keys)
	if bytes.Contains(row.Value, []byte("acme_hong")) {
		t.Error("it is not sealed")
	}
	b, err := OpenRow(RowCustomer, row.Key, row.Value, keys)
	if got, err2 := DecodeCustomer(b); err != nil || err2 != nil || !reflect.DeepEqual(*got, k) {
		t.Errorf("%+v, %v, %v", got, err, err2)
	}
	if _, err := OpenRow(RowCustomer, []byte("other"), row.Value, keys); !errors.Is(err, ErrChecksum) {
		t.Errorf("under another name: %v", err)
	}
	if _, err := OpenRow(RowCustomer, row.Key, row.Value, nil); !errors.Is(err, errNoKeys) {
		t.Errorf("without keys: %v", err)
	}
	keys.destroyed[k.Seal] = true
	if _, err := OpenRow(RowCustomer, row.Key, row.Value, keys); !errors.Is(err, ErrErased) {
		t.Errorf("without its key: %v", err)
	}
	for _, plain := range [][]byte{nil, {}, {0}, {0, 0}, {0, 0, 0}, []byte("{}"), AppendNo(nil, 1<<50)} {
		r := Row{Kind: RowCursor, Value: plain}
		SealRow(&r, keys)
		got, err := OpenRow(r.Kind, nil, r.Value, keys)
		if err != nil || !bytes.Equal(got, plain) || (got == nil) != (plain == nil) {
			t.Errorf("%v becomes %v, %v", plain, got, err)
		}
	}
	if MarkRow(0, []byte("x"))[0] != 'x' || MarkRow(3, nil) != nil {
		t.Error("nobody's row, and a deletion, are not marked")
	}
}

// TestX30RowsOfFactsAndPeople: the rows of rooms and files keep their facts in the clear and name the customer in a piece of its own.
// They return as they were; without the key, and to who has no keys, they are their facts; no piece can be moved.
func TestX30RowsOfFactsAndPeople(t *testing.T) {
	of := map[string]RowKind{"row.open_room": RowOpenRoom, "row.closed_room": RowClosedRoom, "row.history": RowCustomerRoom, "row.file": RowFile}
	seen := 0
	for _, s := range valueSamples() {
		kind, ok := of[s.name]
		if !ok {
			continue
		}
		seen++
		keys := &testKeys{destroyed: map[uint64]bool{}}
		row := Row{Kind: kind, Key: []byte("k"), Value: s.encode()}
		SealRow(&row, keys)
		for _, text := range []string{"acme_hong", "acme_r7", "\xde\xad\xbe\xef"} {
			if bytes.Contains(row.Value, []byte(text)) {
				t.Errorf("%s is sealed and says %q", s.name, text)
			}
		}
		read := func(b []byte, err error) any {
			t.Helper()
			if err != nil {
				t.Fatalf("%s: %v", s.name, err)
			}
			v, err := s.decode(b)
			if err != nil {
				t.Fatalf("%s: %v", s.name, err)
			}
			return v
		}
		if got := read(OpenRow(kind, row.Key, row.Value, keys)); !reflect.DeepEqual(got, s.value) {
			t.Errorf("%s returns as\n%+v", s.name, got)
		}
		if _, err := OpenRow(kind, []byte("other"), row.Value, keys); !errors.Is(err, ErrChecksum) {
			t.Errorf("%s under another name: %v", s.name, err)
		}
		if _, err := OpenRow(kind, row.Key, row.Value, nil); !errors.Is(err, errNoKeys) {
			t.Errorf("%s without keys: %v", s.name, err)
		}
		unopened := read(OpenWhole(kind, row.Key, row.Value, keys))
		again := Row{Kind: kind, Key: row.Key, Value: s.encode()}
		keys.destroyed[12] = true
		SealRow(&again, keys) // written when the key was gone already
		for how, got := range map[string]any{"as facts": unopened, "erased": read(OpenRow(kind, row.Key, row.Value, keys)), "written later": read(OpenRow(kind, row.Key, again.Value, keys))} {
			want := reflect.New(reflect.TypeOf(s.value)).Elem()
			want.Set(reflect.ValueOf(s.value))
			people := want
			if closed := want.FieldByName("Closed"); closed.IsValid() {
				people = closed
			}
			for _, name := range []string{"Key", "Joined", "Hash"} {
				if f := people.FieldByName(name); f.IsValid() {
					f.SetZero()
				}
			}
			if !reflect.DeepEqual(got, want.Interface()) {
				t.Errorf("%s %s is\n%+v, want\n%+v", s.name, how, got, want.Interface())
			}
		}
	}
	if seen != len(of) {
		t.Errorf("%d kinds", seen)
	}

	keys := &testKeys{destroyed: map[uint64]bool{}}
	two := Row{Kind: RowSnapshot, Key: []byte("k"), Value: MarkPieces([]byte("facts,"), Piece{5, []byte("one,")}, Piece{6, []byte("two,")})}
	if got := Unmarked(two.Value); string(got) != "facts,one,two," {
		t.Errorf("%q", got)
	}
	SealRow(&two, keys)
	keys.destroyed[5] = true
	if got, err := OpenRow(RowSnapshot, two.Key, two.Value, keys); err != nil || string(got) != "facts,two," {
		t.Errorf("%q, %v", got, err)
	}
	delete(keys.destroyed, 5)
	_, pieces := piecesOf(two.Value)
	pieces[1], pieces[2] = pieces[2], pieces[1]
	if got, err := OpenRow(RowSnapshot, two.Key, appendPieces(nil, rowSealed, pieces), keys); !errors.Is(err, ErrChecksum) {
		t.Errorf("another order is %q, %v", got, err)
	}
	if got := MarkPieces([]byte("facts,"), Piece{0, []byte("nobody's")}, Piece{5, nil}); string(got) != "facts,nobody's" {
		t.Errorf("%q", got)
	}
}

// TestF26RecordsOfVersion2AreReadableForEver holds the bytes of one.
func TestF26RecordsOfVersion2AreReadableForEver(t *testing.T) {
	const path = "testdata/golden/record.2.hex"
	of := RoomAt(sampleSite, sampleRoom)
	recs := []Recorded{
		{Number: 1, Entry: 4711, At: sampleAt, Desk: 1, Event: &MessagePosted{ID: "m_1", From: FromCustomer, Kind: Text, Text: "안녕하세요"}},
		{Number: 2, Entry: 4711, At: sampleAt, Desk: 2, Room: 1, Event: &MessageRead{By: FromAgent, Desk: 1}},
	}
	keys := &testKeys{}
	if *update {
		if err := os.WriteFile(path, []byte(hex.EncodeToString(sealedRecord(keys, of, recs, 3))+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	stored, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	if got := opened(t, stored, of, keys); !reflect.DeepEqual(got, recs) {
		t.Errorf("read as %+v", got)
	}
	if now := sealedRecord(keys, of, recs, 3); !bytes.Equal(now, stored) {
		t.Errorf("what is written has changed: %x", now)
	}
}
