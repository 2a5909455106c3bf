package gateway

import (
	"testing"

	"switchyard/protocol"
)

// F-04: on a disk that is nearly full a new room is refused and an open one goes on; on one that is full, nothing does. The answer
// names a time to try again.
func TestF04ANearlyFullDiskRefusesNewRoomsFirst(t *testing.T) {
	in(t, nil, func(h *house) {
		h.answer = func(a asked) (protocol.Result, *protocol.Rejection, bool) {
			_, view := a.c.Body.(protocol.ViewRoom)
			return protocol.Done{}, nil, !view
		}
		kim := h.enter(h.visitor("kim"), "")
		for _, c := range []struct {
			low, full  bool
			start, end string
		}{{false, false, "ok", "ok"}, {true, false, "unavailable", "ok"}, {true, true, "unavailable", "unavailable"}, {false, false, "ok", "ok"}} {
			h.mu.Lock()
			h.diskLow, h.diskFull = c.low, c.full
			h.mu.Unlock()
			kim.send(`{"type":"room.start","id":"1","data":{"client_id":"aaaaaaaaaaaa"}}`)
			m := kim.read()
			if code, _ := data(m)["code"].(string); code != map[string]string{"ok": "", "unavailable": "unavailable"}[c.start] {
				t.Errorf("%+v: start %v", c, m)
			}
			if c.low && data(m)["retry_ms"] != 5000.0 {
				t.Errorf("%+v: no time to try again: %v", c, m)
			}
			kim.send(`{"type":"room.end","id":"2","stream":"room/` + string(roomA) + `","data":{}}`)
			m = kim.read()
			if code, _ := data(m)["code"].(string); code != map[string]string{"ok": "", "unavailable": "unavailable"}[c.end] {
				t.Errorf("%+v: end %v", c, m)
			}
		}
		kim.close()
	})
}
