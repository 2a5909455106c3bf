package load

import (
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"switchyard/bench/echo"
	"switchyard/bench/wire"
)

// The closed loop answers every frame it sends, and the same frames go to node and echo.
func TestAClosedLoopLosesNothing(t *testing.T) {
	e, err := echo.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer e.Stop()
	f, err := Echo(t.Context(), e.URL("/echo"), 5, []byte("hello"), Clients(2))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, window := range []int{1, 16} {
		s, err := f.Closed(t.Context(), window, 0, 20*time.Millisecond)
		if err != nil || f.unanswered() != 0 || f.Accepted() < int64(5*window) {
			t.Errorf("window %d: %+v, %v, %d without an answer", window, s, err, f.unanswered())
		}
	}
	s, err := f.Open(t.Context(), 1000, 0, 50*time.Millisecond)
	if err != nil || f.unanswered() != 0 || f.Accepted() == 0 {
		t.Errorf("open loop: %+v, %v", s, err)
	}
	before := f.Accepted()
	s, err = f.Overload(t.Context(), 1e6, 0, 50*time.Millisecond) // what of it is answered within that time is the machine's matter
	if err != nil || f.unanswered() != 0 || f.Accepted() == before || s.Accepted != s.Answered || s.Offered == 0 {
		t.Errorf("overload: %+v, %v, %d without an answer", s, err, f.unanswered())
	}
}

// What is refused under overload fails nothing, counts for nothing, and is not counted against the next measurement.
func TestOverloadTakesRefusals(t *testing.T) {
	f := newFlood()
	f.spared = true
	s := f.add(nil)
	f.measuring.Store(true)
	s.out.Store(2)
	s.heard([]byte(`{"type":"error","reply_to":"000000001","data":{"code":"unavailable"}}`))
	s.heard([]byte(`{"type":"ok","reply_to":"000000002","data":{}}`))
	sample, err := f.settle(t.Context(), Sample{}, nil)
	if err != nil || sample.Refused["unavailable"] != 1 || sample.Latency.Count != 1 || f.Accepted() != 1 {
		t.Errorf("%+v, %v, %d accepted", sample, err, f.Accepted())
	}
	f.reset()
	f.spared = false
	if sample, err = f.settle(t.Context(), Sample{}, nil); err != nil || len(sample.Refused) != 0 || f.Accepted() != 1 {
		t.Errorf("afterwards: %+v, %v, %d accepted", sample, err, f.Accepted())
	}
}

func TestALostSocketEndsTheMeasurement(t *testing.T) {
	e, err := echo.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer e.Stop()
	f, err := Echo(t.Context(), e.URL("/echo"), 2, []byte("hello"), Clients(1))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	_ = f.senders[1].conn.Write([]byte(strings.Repeat("x", 70<<10))) // beyond the echo's limit, so it closes
	<-f.senders[1].conn.Done()
	if _, err := f.Closed(t.Context(), 1, 0, time.Hour); err == nil {
		t.Error("a measurement went on without one of its sockets")
	}
	if websocket.CloseStatus(f.senders[1].conn.Err()) != websocket.StatusMessageTooBig {
		t.Errorf("got %v", f.senders[1].conn.Err())
	}
}

// Every frame of a sender is as long as every other, and carries its number in both ids.
func TestFrames(t *testing.T) {
	f := newFlood()
	f.add(nil)
	s := f.add([]byte("hi"))
	s.speak("r_x")
	a, b := s.frame(nil, 7), s.frame(nil, 123456)
	if len(a) != len(b) || string(wire.String(b, "id")) != "000123456" || string(wire.String(b, "client_id")) != "b00001-000123456" || s.stream() != "room/r_x" {
		t.Errorf("%s\n%s\n%s", a, b, s.stream())
	}
	if got := testing.AllocsPerRun(100, func() { a = s.frame(a[:0], 99) }); got != 0 {
		t.Errorf("%v allocations per frame", got)
	}
	// A refused frame is answered, but not accepted.
	s.heard([]byte(`{"type":"error","reply_to":"000000001","data":{"code":"rate_limited"}}`))
	if f.Accepted() != 0 || f.answered() != 1 || f.refusals["rate_limited"] != 1 {
		t.Errorf("%d accepted, %v", f.Accepted(), f.refusals)
	}
}

// A refusal fails a measurement by its answers, under a name that whoever asks for more than is answered can tell from other failures.
func TestARefusalHasAName(t *testing.T) {
	f := newFlood()
	f.refused("unavailable")
	s, err := f.settle(t.Context(), Sample{}, nil)
	require.ErrorIs(t, err, ErrRefused)
	require.Equal(t, map[string]int{"unavailable": 1}, s.Refused)
	f.spared = true
	_, err = f.settle(t.Context(), Sample{}, nil)
	require.NoError(t, err)
}
