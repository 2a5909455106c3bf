package protocol

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
)

// A message's id that follows from its room, sender and client id is not written, and comes back; one that does not is (PERF-1e).
func TestAMessagesIDFollows(t *testing.T) {
	room := RoomIDFrom(Chance{1, 2, 3})
	of := RoomAt("acme", room)
	keys := &testKeys{destroyed: map[uint64]bool{}}
	said := func(sender string, index int, e MessagePosted) *MessagePosted {
		e.ClientID, e.Kind, e.Text = "b00001-000000001", Text, strings.Repeat("a", 100)
		e.ID = MessageIDFrom(room, sender, string(e.ClientID), index)
		return &e
	}
	customers := said("c", 0, MessagePosted{From: FromCustomer})
	agents := said("a/kim", 0, MessagePosted{From: FromAgent, Account: "kim", Name: "김상담"})
	second := said("c", 1, MessagePosted{From: FromCustomer})
	automatic := &MessagePosted{ID: "m_1", Kind: Text, Code: MGreet, Text: "안녕하세요."}
	closed := &RoomClosed{State: Closed, Actor: EndedByAgent, Reason: EndNormal, By: "kim"}
	for name, x := range map[string]struct {
		version byte
		events  []Event
	}{
		"a customer's":      {RecordVersion, []Event{customers}},
		"an agent's":        {RecordVersion, []Event{agents}},
		"the second":        {recordSealed, []Event{second}},
		"automatic":         {recordSealed, []Event{automatic}},
		"all in one":        {RecordVersion, []Event{automatic, second, customers, closed, agents}},
		"none is a message": {recordSealed, []Event{closed}},
	} {
		var recs []Recorded
		for i, e := range x.events {
			r := Recorded{Number: uint64(i + 1), Entry: 4711, At: sampleAt, Event: e}
			if desk, toRoom := Shown(e); desk {
				r.Desk = uint64(300 + i)
				if toRoom {
					r.Room = uint64([]int{300, 1, 299, 400, 7}[i] + i)
				}
			}
			recs = append(recs, r)
		}
		rec := sealedRecord(keys, of, recs, 9)
		if rec[0] != x.version {
			t.Errorf("%s: version %d", name, rec[0])
		}
		if got := opened(t, rec, of, keys); !reflect.DeepEqual(got, recs) {
			t.Errorf("%s returns as\n%+v, want\n%+v", name, got, recs)
		}
		if x.version == RecordVersion && bytes.Contains(rec, []byte(customers.ID)) {
			t.Errorf("%s: the id is written", name)
		}
		err := OpenRecord(rec, 1, CustomersAt("acme"), keys, func(Recorded) error { return nil })
		if x.version == RecordVersion && err == nil {
			t.Errorf("%s is read as if it were of no room: %v", name, err)
		}
	}
	whole := *customers
	whole.ID = MessageID("m_" + strings.Repeat("x", 20))
	saved := len(sealedRecord(keys, of, []Recorded{{Number: 1, Desk: 500, Room: 500, Event: &whole}}, 9)) -
		len(sealedRecord(keys, of, []Recorded{{Number: 1, Desk: 500, Room: 500, Event: customers}}, 9))
	if saved != 25 {
		t.Errorf("%d bytes are saved", saved)
	}
}

func TestDistancesReturn(t *testing.T) {
	for _, desk := range []uint64{0, 1, 2, 300, 1 << 40} {
		for _, room := range []uint64{0, 1, 2, 299, 301, 1 << 40, 1<<63 - 1} {
			if got := roomOf(desk, distance(desk, room)); got != room {
				t.Errorf("desk %d, room %d returns as %d", desk, room, got)
			}
		}
	}
}
