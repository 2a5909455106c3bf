package core

import (
	"testing"

	"github.com/stretchr/testify/require"

	"switchyard/protocol"
)

type passing struct{}

func (passing) EventCode() protocol.EventCode { return protocol.Volatile }

// TestALogCountsWhatIsShown: every durable event has a number, and a position in each stream that shows it; a
// volatile one has neither.
func TestALogCountsWhatIsShown(t *testing.T) {
	text := &protocol.MessagePosted{Kind: protocol.Text}
	memo := &protocol.MessagePosted{Kind: protocol.Memo}
	meta := &protocol.DutyChanged{}
	var l Log
	for _, r := range []struct {
		e                  protocol.Event
		number, desk, room uint64
	}{
		{text, 1, 1, 1}, {memo, 2, 2, 0}, {passing{}, 0, 0, 0}, {meta, 3, 0, 0}, {text, 4, 3, 2}, {memo, 5, 4, 0}, {text, 6, 5, 3},
	} {
		before := l
		after := l.After([]protocol.Event{r.e})
		require.Equal(t, before, l, "After looks only")
		rec := l.Next(r.e, 7)
		require.Equal(t, before, l, "so does Next")
		require.Equal(t, protocol.Recorded{Number: r.number, At: 7, Desk: r.desk, Room: r.room, Event: r.e}, rec)
		require.True(t, rec.Desk <= rec.Number && rec.Room <= rec.Number, "a position is never above its number")
		l.Took(rec)
		require.Equal(t, after, l)
	}
	require.Equal(t, Log{Number: 6, Desk: 5, Room: 3}, l)
	require.Equal(t, l, Log{}.After([]protocol.Event{text, memo, passing{}, meta, text, memo, text}))
}

// TestChanceIsDerivedOncePerConsequence: the same for the same, another for every other.
func TestChanceIsDerivedOncePerConsequence(t *testing.T) {
	seen := map[protocol.Chance]bool{}
	for _, c := range []protocol.Chance{{}, {1}, {15: 1}, {255, 255}} {
		require.False(t, seen[c])
		seen[c] = true
		for i := range 2000 {
			d := Derive(c, i)
			require.Equal(t, d, Derive(c, i))
			require.False(t, seen[d], "the %d-th of %v", i, c)
			seen[d] = true
		}
	}
}

// TestAStepAnswersWhoAsked: without a ticket there is nobody to answer.
func TestAStepAnswersWhoAsked(t *testing.T) {
	var s Step
	s.Answer(0, protocol.Done{})
	s.Refuse(0, protocol.Reject(protocol.Conflict, "no"))
	require.Nil(t, s.Reply)
	s.Answer(3, protocol.Done{})
	require.Equal(t, &Reply{Ticket: 3, Result: protocol.Done{}}, s.Reply)
	refusal := protocol.Reject(protocol.Conflict, "no")
	s.Refuse(4, refusal)
	require.Equal(t, &Reply{Ticket: 4, Err: refusal}, s.Reply)

	to := protocol.QueueAt("s")
	s.Tell(to, protocol.ContinuePass{})
	s.Owe(to, protocol.RingAlarm{})
	s.Pass(to, protocol.ContinuePass{}, 5)
	require.Equal(t, []Tell{{To: to, Body: protocol.ContinuePass{}}, {To: to, Body: protocol.RingAlarm{}, Owed: true}, {To: to, Body: protocol.ContinuePass{}, Ticket: 5}}, s.Tells)
}
