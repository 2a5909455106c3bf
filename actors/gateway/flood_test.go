package gateway

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"switchyard/protocol"
)

// F-17: one customer sends as fast as it can, on one connection and then on others. It is refused with a time to wait, then
// let go with 4429; a new connection has nothing forgiven; and nobody beside it notices: every command of every
// neighbour is answered, and of the flood no more reaches the engine than of anybody.
func TestF17AFloodOfOneCustomer(t *testing.T) {
	in(t, nil, func(h *house) {
		h.answer = func(a asked) (protocol.Result, *protocol.Rejection, bool) {
			_, ok := a.c.Body.(protocol.EndRoom)
			return protocol.Done{}, nil, ok
		}
		v := h.rooms[roomA]
		for _, key := range []protocol.CustomerKey{"acme_flood", "acme_n1", "acme_n2", "acme_n3"} {
			v.Key = key
			v.Room = protocol.RoomID("r_" + strings.Repeat("c", 26-len(key)) + string(key[5:]) + "aaaaa")
			h.rooms[v.Room] = v
		}
		room := func(uid string) string {
			for id, r := range h.rooms {
				if r.Key == protocol.CustomerKey("acme_"+uid) {
					return string(id)
				}
			}
			return ""
		}
		end := func(uid string) string {
			return `{"type":"room.end","id":"1","stream":"room/` + room(uid) + `","data":{}}`
		}
		neighbours := []string{"n1", "n2", "n3"}
		sockets := map[string]*socket{}
		for _, n := range neighbours {
			sockets[n] = h.enter(h.visitor(n), "")
		}
		quiet := func(when string) {
			for _, n := range neighbours {
				if got := sockets[n].burst(2, end(n)); got["ok"] != 2 {
					h.t.Errorf("%s: neighbour %s: %v", when, n, got)
				}
			}
		}
		quiet("before")
		flood := h.enter(h.visitor("flood"), "")
		got := flood.burst(50_000, end("flood"))
		if got["ok"] != 10 || got["rate_limited"] != 20 || got["closed"] != 1 {
			h.t.Errorf("the flood: %v", got)
		}
		quiet("during")
		for range 5 { // it does not wait as it was told
			again := h.enter(h.visitor("flood"), "")
			if got := again.burst(1000, end("flood")); got["ok"] > 1 || got["rate_limited"] > 1 || got["closed"] != 1 {
				h.t.Errorf("again at once: %v", got)
			}
		}
		if n := len(bodies[protocol.EndRoom](h.fake)); n > 12+4*len(neighbours) {
			h.t.Errorf("%d commands reached the engine", n)
		}
		synctest.Wait()
		h.mu2.Lock()
		if h.closes[closeTooMany] != 6 {
			h.t.Errorf("closes: %v", h.closes)
		}
		h.mu2.Unlock()
		quiet("after")
		time.Sleep(time.Minute) // of the bubble's time: nobody waits
		late := h.enter(h.visitor("flood"), "")
		if got := late.burst(10, end("flood")); got["ok"] != 10 {
			h.t.Errorf("after a minute of peace: %v", got)
		}
		late.close()
		for _, s := range sockets {
			s.close()
		}
	})
}

// The reason of a 4429 says how long to stay away, at least five seconds.
func TestF17TheGoodbyeSaysHowLong(t *testing.T) {
	for wait, want := range map[time.Duration]string{0: "too_many retry_ms=5000", 7 * time.Second: "too_many retry_ms=7000"} {
		if got := tooMany(wait); got.reason != want || got.code != 4429 {
			t.Errorf("%v: %+v", wait, got)
		}
	}
}

// allocated gives what f allocates, in bytes. It is a sum over the whole program, so its bounds are wide.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// F-18, X-14: whatever is announced or sent, no more is kept than the limit of a frame; the answer is 1009, and compression,
// which nobody was offered, is no frame at all. Each attack sends megabytes; each may cost the node a few
// hundred KB in all, buffers of the test included.
func TestF18(t *testing.T) {
	const megabytes = 8 << 20
	zeros := make([]byte, 64<<10)
	var bomb bytes.Buffer
	w, _ := flate.NewWriter(&bomb, flate.BestSpeed)
	w.Write(make([]byte, 8<<20))
	w.Flush()
	masked := func(first byte, payload []byte) []byte { return frame(first, string(payload)) }
	one, none := bytes.Repeat(frame(more, "x"), 1000), bytes.Repeat(frame(more, ""), 1000)
	for _, c := range []struct {
		name  string
		write func(w io.Writer) // until the connection is closed
		code  int
	}{
		{"one frame of 8 MiB", func(w io.Writer) {
			head := masked(textFin, make([]byte, 1<<16))[:14]
			copy(head[2:10], []byte{0, 0, 0, 0, 0, 0x80, 0, 0})
			w.Write(head)
			for sent := 0; sent < megabytes; sent += len(zeros) {
				if _, err := w.Write(zeros); err != nil {
					return
				}
			}
		}, 1009},
		{"fragments of 16 KiB for ever", func(w io.Writer) {
			w.Write(masked(textMore, zeros[:16<<10]))
			for next, sent := masked(more, zeros[:16<<10]), 0; sent < megabytes; sent += len(next) {
				if _, err := w.Write(next); err != nil {
					return
				}
			}
		}, 1009},
		{"fragments of one byte for ever", func(w io.Writer) {
			w.Write(frame(textMore, "{"))
			for sent := 0; sent < megabytes; sent += len(one) {
				if _, err := w.Write(one); err != nil {
					return
				}
			}
		}, 1009},
		{"fragments of nothing for ever", func(w io.Writer) {
			w.Write(frame(textMore, ""))
			for sent := 0; sent < megabytes; sent += len(none) {
				if _, err := w.Write(none); err != nil {
					return
				}
			}
		}, 1009},
		{"a compressed bomb", func(w io.Writer) { w.Write(masked(textFin|0x40, bomb.Bytes()[:min(bomb.Len(), 60<<10)])) }, 1002},
	} {
		t.Run(c.name, func(t *testing.T) {
			in(t, nil, func(h *house) {
				s := h.rawHello()
				got := 0
				grown := allocated(func() {
					go c.write(s.Conn)
					got = s.code()
					s.Close()
					synctest.Wait()
				})
				if got != c.code {
					h.t.Errorf("code %d, want %d", got, c.code)
				}
				if grown > 1<<20 {
					h.t.Errorf("%d KiB were allocated", grown>>10)
				}
			})
		})
	}
	t.Run("compression is offered and not taken", func(t *testing.T) {
		in(t, nil, func(h *house) {
			s := h.upgrade("/v1/ws", "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits")
			if s.StatusCode != http.StatusSwitchingProtocols || s.Header.Get("Sec-WebSocket-Extensions") != "" {
				h.t.Errorf("%v, extensions %q", s.Status, s.Header.Get("Sec-WebSocket-Extensions"))
			}
		})
	})
	// Slow enough to stay below every other bound, and with pings, so that it is heard of.
	t.Run("a fragment every five seconds", func(t *testing.T) {
		in(t, nil, func(h *house) {
			s := h.rawHello()
			began, done := time.Now(), make(chan struct{})
			go func() {
				defer close(done)
				s.Conn.Write(frame(textMore, "{"))
				for range 100 {
					time.Sleep(5 * time.Second) // of the bubble's time: nobody waits
					if _, err := s.Conn.Write(append(frame(pingFin, ""), frame(more, "x")...)); err != nil {
						return
					}
				}
			}()
			if got := s.code(); got != 1006 {
				h.t.Errorf("code %d", got)
			}
			if took := time.Since(began); took < 30*time.Second || took > 31*time.Second {
				h.t.Errorf("after %v", took)
			}
			s.Close()
			<-done
		})
	})
}

// The inspector sees the same frames however the bytes are cut.
func TestF18TheInspectorSeesFramesThroughEveryCut(t *testing.T) {
	var all []byte
	for i, size := range []int{0, 1, 125, 126, 65535, 65536, 7, 300} {
		op := byte(textFin)
		if i == 6 {
			op = textMore
		} else if i == 7 {
			op = moreFin
		}
		all = append(all, frame(op, strings.Repeat("x", size))...)
		all = append(all, frame(pingFin, fmt.Sprint(i))...)
	}
	good := len(all)
	all = append(all, frame(textFin, strings.Repeat("x", 65537))...)
	for _, step := range []int{1, 2, 3, 5, 13, 14, 127, 4096, len(all)} {
		s := inspector{sizeMax: 65536, fragmentsMax: 2}
		passed := 0
		for at := 0; at < len(all) && s.err == nil; at += step {
			n, _ := s.look(all[at:min(at+step, len(all))])
			passed += n
		}
		// With a cut inside the header its first bytes have gone already; the payload never does.
		if s.err != errMessageSize || passed < good || passed >= good+14 {
			t.Errorf("step %d: %d of %d bytes passed: %v", step, passed, good, s.err)
		}
	}
}
