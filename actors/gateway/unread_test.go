package gateway

import (
	"testing"

	"switchyard/protocol"
)

// A read mark names the newest message that was read, not the stream's end: with a mark on the
// last unread message the count is 0, also where the messages are older than the subscription.
func TestUnreadFallsToZeroForOldMessages(t *testing.T) {
	s := &subscription{of: protocol.Stream{View: protocol.StreamDesk}}
	s.unread.base, s.unread.last, s.unread.upto = 2, 5, 9 // two unread up to 5; the stream stands at 9
	s.saw(&protocol.Recorded{Event: &protocol.MessageRead{By: protocol.FromAgent, Desk: 4}}, 10)
	if s.unread.base != 2 {
		t.Errorf("a mark before the last one: base %d, want 2", s.unread.base)
	}
	s.saw(&protocol.Recorded{Event: &protocol.MessageRead{By: protocol.FromAgent, Desk: 5}}, 11)
	if s.unread.base != 0 {
		t.Errorf("base %d after everything was read, want 0", s.unread.base)
	}
}
