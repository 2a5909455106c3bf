package protocol

import (
	"encoding/binary"
	"flag"
	"math/rand"
	"reflect"
	"strings"
	"testing"
	"testing/quick"
	"time"
)

var (
	rounds = flag.Int("rounds", 300, "random values per type in the round trips")
	seed   = flag.Int64("seed", 0, "seed of the random values; 0 = from the clock")
)

func dice(t *testing.T) *rand.Rand {
	s := *seed
	if s == 0 {
		s = time.Now().UnixNano()
	}
	t.Logf("go test ./protocol -run '^%s$' -seed %d", t.Name(), s)
	return rand.New(rand.NewSource(s))
}

// random gives any value of the type, each field zero half of the time, so that left-out
// fields and their neighbours meet; empty lists become nil, which is what a reader gives.
func random(t *testing.T, r *rand.Rand, typ reflect.Type) reflect.Value {
	v := reflect.New(typ).Elem()
	switch typ.Kind() {
	case reflect.Struct:
		for i := range typ.NumField() {
			if r.Intn(2) == 0 {
				v.Field(i).Set(random(t, r, typ.Field(i).Type))
			}
		}
	case reflect.Slice:
		if n := r.Intn(6); n > 0 {
			v.Set(reflect.MakeSlice(typ, n, n))
			for i := range n {
				v.Index(i).Set(random(t, r, typ.Elem()))
			}
		}
	case reflect.String:
		s, _ := quick.Value(reflect.TypeFor[string](), r)
		v.SetString(s.String())
		if r.Intn(20) == 0 { // past every length prefix of one and two bytes
			v.SetString(strings.Repeat("가", r.Intn(12000)))
		}
	default:
		x, ok := quick.Value(typ, r)
		if !ok {
			t.Fatalf("no random %s", typ)
		}
		v.Set(x)
	}
	return v
}

func TestEveryEventReturns(t *testing.T) {
	r := dice(t)
	for _, code := range EventCodes() {
		typ := reflect.TypeOf(NewEvent(code)).Elem()
		for range *rounds {
			v := reflect.New(typ)
			v.Elem().Set(random(t, r, typ))
			want := Recorded{Number: r.Uint64(), Entry: r.Uint64(), At: Instant(r.Uint64()), Desk: r.Uint64(), Room: r.Uint64(), Event: v.Interface().(Event)}
			rec := AppendRecord([]byte("before"), want.At, []Recorded{want})[len("before"):]
			FinishRecord(rec, want.Entry)
			got, err := decodeOne(rec, want.Number)
			if err != nil {
				t.Fatalf("%s: %v\n%+v", code, err, v.Elem())
			}
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("%s returned as\n %+v\nwas\n %+v", code, reflect.ValueOf(got.Event).Elem(), v.Elem())
			}
		}
	}
}

func TestARecordOfManyEventsReturns(t *testing.T) {
	r := dice(t)
	codes := EventCodes()
	for range *rounds {
		first, entry, at := r.Uint64()>>1, r.Uint64(), Instant(r.Int63())
		want := make([]Recorded, r.Intn(20))
		for i := range want {
			code := codes[r.Intn(len(codes))]
			v := reflect.New(reflect.TypeOf(NewEvent(code)).Elem())
			v.Elem().Set(random(t, r, v.Elem().Type()))
			want[i] = Recorded{Number: first + uint64(i), Entry: entry, At: at, Desk: r.Uint64(), Room: r.Uint64(), Event: v.Interface().(Event)}
		}
		rec := AppendRecord(nil, at, want)
		FinishRecord(rec, entry)
		if n, err := CheckRecord(rec); err != nil || n != len(want) {
			t.Fatalf("CheckRecord: %d events, %v; wrote %d", n, err, len(want))
		}
		got := make([]Recorded, 0, len(want))
		if err := DecodeRecord(rec, first, func(r Recorded) error { got = append(got, r); return nil }); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("returned as\n %+v\nwas\n %+v", got, want)
		}
	}
}

func TestEveryRowEntryAndOwedTellReturns(t *testing.T) {
	r := dice(t)
	returns := func(want any, encoded []byte, decoded any, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%+v: %v", want, err)
		}
		if !reflect.DeepEqual(decoded, want) {
			t.Fatalf("%x returned as\n %+v\nwas\n %+v", encoded, decoded, want)
		}
	}
	for range *rounds {
		{
			want := random(t, r, reflect.TypeFor[Customer]()).Interface().(Customer)
			b := AppendCustomer(nil, &want)
			got, err := DecodeCustomer(b)
			returns(want, b, *got, err)
		}
		{
			want := random(t, r, reflect.TypeFor[OpenRoomRow]()).Interface().(OpenRoomRow)
			b := AppendOpenRoom(nil, &want)
			got, err := DecodeOpenRoom(b)
			returns(want, b, got, err)
		}
		{
			want := random(t, r, reflect.TypeFor[ClosedRoomRow]()).Interface().(ClosedRoomRow)
			b := AppendClosedRoom(nil, &want)
			got, err := DecodeClosedRoom(b)
			returns(want, b, got, err)
		}
		{
			want := random(t, r, reflect.TypeFor[TurnRow]()).Interface().(TurnRow)
			b := AppendTurn(nil, want)
			got, err := DecodeTurn(b)
			returns(want, b, got, err)
		}
		{
			want := random(t, r, reflect.TypeFor[Entry]()).Interface().(Entry)
			for i := range want.Rows { // an empty value is not a missing one
				if r.Intn(4) == 0 {
					want.Rows[i].Value = []byte{}
				}
			}
			b := AppendEntry(nil, &want)
			got, err := DecodeEntry(b)
			returns(want, b, got, err)
		}
		for _, s := range owedSamples() {
			want := owedSample{random(t, r, reflect.TypeFor[Address]()).Interface().(Address), random(t, r, reflect.TypeOf(s.Body)).Interface().(Body)}
			b := AppendOwed(nil, want.To, want.Body)
			to, body, err := DecodeOwed(b)
			returns(want, b, owedSample{to, body}, err)
		}
		no := r.Uint64()
		returns(no, nil, DecodeNo(AppendNo(nil, no)), nil)
	}
}

// The lengths at which a prefix grows by a byte.
func TestLengthPrefixesGrow(t *testing.T) {
	for _, edge := range []int{0, 1, 1 << 7, 1 << 14, 1 << 21} {
		for n := max(0, edge-40); n <= edge+40; n++ {
			want := place(&MessagePosted{ID: "m", Kind: Text, Text: strings.Repeat("x", n), Timers: Timers{Silence: 1}})
			next := place(&AlarmRang{For: "kim"})
			next.Number++
			rec := AppendRecord(nil, want.At, []Recorded{want, next})
			FinishRecord(rec, want.Entry)
			var got []Recorded
			if err := DecodeRecord(rec, want.Number, func(r Recorded) error { got = append(got, r); return nil }); err != nil {
				t.Fatalf("%d bytes: %v", n, err)
			}
			if !reflect.DeepEqual(got, []Recorded{want, next}) {
				t.Fatalf("a text of %d bytes does not return", n)
			}
		}
		for n := max(0, edge-40); n <= edge+40 && edge <= 1<<14; n++ { // nested values move their own length
			want := CustomerSaved{Customer: Customer{Key: CustomerKey(strings.Repeat("x", n)), Rooms: 7}, By: "kim"}
			got := new(CustomerSaved)
			if err := decode(encode(nil, &want), got); err != nil || !reflect.DeepEqual(*got, want) {
				t.Fatalf("a nested value of %d bytes does not return: %v", n, err)
			}
		}
	}
}

// A newer writer adds fields at the end; an older reader passes over them.
func TestUnknownFieldsAreSkipped(t *testing.T) {
	for _, s := range samples() {
		want := s.event.(durableEvent)
		b := encode(nil, want)
		b = binary.AppendUvarint(b, 200<<3|wireVarint)
		b = binary.AppendUvarint(b, 1<<40)
		b = binary.AppendUvarint(b, 201<<3|wireBytes)
		b = append(binary.AppendUvarint(b, 3), "new"...)
		got := NewEvent(s.event.EventCode())
		if err := decode(b, got.(durableEvent)); err != nil || !reflect.DeepEqual(got, s.event) {
			t.Errorf("%s with fields of a newer writer: %v, %+v", s.name, err, got)
		}
	}
}

// Every byte of a record is under the checksum, and every shorter record is refused.
func TestADamagedRecordIsRefused(t *testing.T) {
	for _, s := range samples() {
		r := place(s.event)
		rec := AppendRecord(nil, r.At, []Recorded{r})
		FinishRecord(rec, r.Entry)
		for i := range rec {
			for bit := range 8 {
				rec[i] ^= 1 << bit
				if _, err := decodeOne(rec, r.Number); err == nil {
					t.Fatalf("%s: bit %d of byte %d is not missed", s.name, bit, i)
				}
				rec[i] ^= 1 << bit
			}
			if _, err := decodeOne(rec[:i], r.Number); err == nil {
				t.Fatalf("%s: a record cut at %d is read", s.name, i)
			}
		}
	}
}

func TestRecordVersions(t *testing.T) {
	r := place(&AlarmRang{For: "kim"})
	rec := AppendRecord(nil, r.At, []Recorded{r})
	for _, version := range []byte{0, RecordVersion + 1} {
		rec[0] = version
		FinishRecord(rec, r.Entry)
		if _, err := decodeOne(rec, r.Number); err == nil {
			t.Errorf("a record of version %d is read", version)
		}
	}
}
