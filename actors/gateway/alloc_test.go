package gateway

import (
	"testing"

	"switchyard/protocol"
)

// PERF-1d: a hot frame is one piece of memory, of which the request's texts are pieces, and an acknowledgement none.
func TestAHotFrameIsOneAllocation(t *testing.T) {
	frame := []byte(`{"type":"message.send","id":"000000001","stream":"room/r_abcdefghijkmnpqrstuvwxyz23","data":{"client_id":"b00001-000000001","kind":"text","text":"hello"}}`)
	var r request
	if n := testing.AllocsPerRun(100, func() {
		r = request{}
		if !scan(frame, &r) {
			t.Fatal("not scanned")
		}
	}); n > 1 {
		t.Errorf("%v allocations to read a message", n)
	}
	res := protocol.Result(protocol.Sent{MessageID: "m_abcdefghijkmnpqrstuv", Seq: 12, At: 1000})
	var o outbox
	o.init(16, 1<<20, func(int) {}, nil)
	var hand []outgoing
	if n := testing.AllocsPerRun(100, func() {
		l := lentFrames.Get().(*lentFrame)
		l.b = appendOK(l.b[:0], r.id, res)
		o.lent(l)
		hand = o.take(hand[:0], batchBytes)
		o.wrote(hand)
		clear(hand)
	}); n > 1 { // a collection may empty the pool meanwhile
		t.Errorf("%v allocations for an acknowledgement", n)
	}
}

// A count that is told again before the socket took it is one frame, in the same memory.
func TestARewrittenFrameIsTheNewest(t *testing.T) {
	waiting := 0
	var o outbox
	o.init(16, 1<<20, func(n int) { waiting += n }, nil)
	for _, text := range []string{"one", "three", "2"} {
		if !o.rewrite("k", func(dst []byte) []byte { return append(dst, text...) }) {
			t.Fatal("refused")
		}
	}
	if o.frames != 1 || o.bytes != 1 || waiting != 1 || string(o.q[0].frame) != "2" {
		t.Fatalf("%d frames, %d bytes, %d waiting: %q", o.frames, o.bytes, waiting, o.q[0].frame)
	}
	hand := o.take(nil, batchBytes)
	o.rewrite("k", func(dst []byte) []byte { return append(dst, "next"...) })
	if string(hand[0].frame) != "2" || string(o.q[0].frame) != "next" {
		t.Fatalf("what the writer has in hand was written over: %q, %q", hand[0].frame, o.q[0].frame)
	}
	o.wrote(hand)
	if o.frames != 1 || o.bytes != 4 || waiting != 4 {
		t.Fatalf("%d frames, %d bytes, %d waiting", o.frames, o.bytes, waiting)
	}
}
