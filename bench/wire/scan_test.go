package wire

import "testing"

func TestFramesAreReadWhateverTheirOrder(t *testing.T) {
	for _, c := range []struct{ frame, kind, reply string }{
		{`{"type":"ok","reply_to":"17","data":{"seq":5}}`, "ok", "17"},
		{`{"reply_to": "17", "type": "ok"}`, "ok", "17"},
		{`{"type":"okay","reply_to":"17"}`, "okay", "17"},
		{`{"type":"ping"}`, "ping", ""},
	} {
		if !Is([]byte(c.frame), c.kind) {
			t.Errorf("%s is not read as %s", c.frame, c.kind)
		}
		if Is([]byte(c.frame), "o") || Is([]byte(c.frame), "pong") {
			t.Errorf("%s is read as something else", c.frame)
		}
		if got := string(String([]byte(c.frame), "reply_to")); got != c.reply {
			t.Errorf("%s: reply to %q", c.frame, got)
		}
	}
	frame := []byte(`{"type":"message.new","stream":"desk/r_1","seq":42,"at":"x","data":{"message_id":"seq","from":{"kind":"customer"}}}`)
	if n, ok := Uint(frame, "seq"); n != 42 || !ok {
		t.Errorf("seq %d, %v", n, ok)
	}
	if _, ok := Uint(frame, "stream"); ok {
		t.Error("a text is read as a number")
	}
	if String(frame, "seq") != nil || string(String(frame, "stream")) != "desk/r_1" {
		t.Error("a member is read as another kind")
	}
	if got := testing.AllocsPerRun(100, func() {
		Is(frame, "message.new")
		Uint(frame, "seq")
		String(frame, "stream")
	}); got != 0 {
		t.Errorf("%v allocations per frame: the client would be the measure", got)
	}
}
