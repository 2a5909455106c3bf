package shell

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"switchyard/protocol"
)

// A tell can be lost in a crash after its event is durable; an owed one is told again (architecture, section 2,
// rule 6).

// TestALostOwedTellIsToldAgainAtTheStart, in order per sender and receiver, and recorded once.
func TestALostOwedTellIsToldAgainAtTheStart(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.store.automatic(false)
		want := map[protocol.Address]string{}
		var asked []*answer
		for i := range 12 {
			from, to := room1, ann
			if i%2 == 1 {
				from = room2
			}
			if i%3 == 2 {
				to = bob
			}
			asked = append(asked, r.ask(from, owe(to, fmt.Sprint(from.ID, "-", i, "a"), fmt.Sprint(from.ID, "-", i, "b"))))
			r.wait()
		}
		// The senders' entries are the odd ones: sender, receiver, receiver, sender … Keep the senders'.
		r.store.keepOnly(func(a protocol.Address) bool { return a.Kind == protocol.KindRoom })
		require.Equal(t, 24, len(r.store.all(protocol.RowOwed)))
		r.drop()
		_ = asked

		r.crash()
		for _, to := range []protocol.Address{ann, bob} {
			for _, from := range []string{"r1", "r2"} {
				var got, order []string
				for _, text := range strings.Fields(r.seen(to)) {
					if strings.HasPrefix(text, from) {
						got = append(got, text)
					}
				}
				for i := range 12 {
					if (i%2 == 0) == (from == "r1") && (i%3 == 2) == (to == bob) {
						order = append(order, fmt.Sprint(from, "-", i, "a"), fmt.Sprint(from, "-", i, "b"))
					}
				}
				require.Equal(t, order, got)
			}
			want[to] = r.texts(to)
		}
		require.Empty(t, r.store.all(protocol.RowOwed))

		r.crash()
		require.Equal(t, want[ann], r.texts(ann), "once")
		require.Equal(t, want[bob], r.texts(bob))
	})
}

// keepOnly makes durable what some actors handed over, as if the others had not come to it before the crash. (A log
// loses only its end; here each of the senders' entries stands before those that followed from it, and the
// receivers' are lost.)
func (s *fakeStore) keepOnly(keep func(protocol.Address) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := s.list[:s.durable:s.durable]
	for _, e := range s.list[s.durable:] {
		if keep(e.Actor) {
			kept = append(kept, e)
		}
	}
	s.list = kept
	s.held = true
	s.durable = len(kept)
	s.showTo(len(kept))
}

// TestAnOwedTellThatArrivedIsNotToldAgain: the entry that records it deletes its row, in one.
func TestAnOwedTellThatArrivedIsNotToldAgain(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.store.automatic(false)
		r.ask(room1, owe(bob, "x"))
		r.wait()
		require.Equal(t, 2, r.store.undurable())
		r.store.sync(1)
		r.wait()
		require.Len(t, r.store.all(protocol.RowOwed), 1)
		r.store.sync(1)
		r.wait()
		require.Empty(t, r.store.all(protocol.RowOwed))
		r.crash()
		require.Equal(t, "x", r.texts(bob))
	})
}

func (s *fakeStore) undurable() int { n, _ := s.Undurable(); return n }

// TestARefusedOwedTellIsNotToldAgain: the refusal is its outcome.
func TestARefusedOwedTellIsNotToldAgain(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.ask(room1, owe(protocol.AgentAt(here, "ann"), "x")).must()
		r.refuse = func(s *toy) bool { return s.addr == bob }
		r.ask(room1, owe(bob, "y")).must()
		r.wait()
		require.Empty(t, r.store.all(protocol.RowOwed))
		r.refuse = nil
		r.crash()
		require.Empty(t, r.texts(bob))
	})
}

// TestWhatIsOwedToAnActorThatStandsAsideStaysOwed until it can be read again.
func TestWhatIsOwedToAnActorThatStandsAsideStaysOwed(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.store.badEvents[bob] = protocol.ErrChecksum
		r.ask(room1, owe(bob, "x")).must()
		r.wait()
		require.Len(t, r.store.all(protocol.RowOwed), 1)
		r.crash()
		require.Equal(t, "x", r.texts(bob))
		require.Empty(t, r.store.all(protocol.RowOwed))
	})
}

// TestAnOwedTellThatComesTwiceIsRecordedOnce: told again at a start while the first is under way.
func TestAnOwedTellThatComesTwiceIsRecordedOnce(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.store.badEvents[bob] = protocol.ErrChecksum
		r.ask(room1, owe(bob, "x", "y")).must()
		r.wait()
		delete(r.store.badEvents, bob)
		r.passivateNow(bob)
		r.store.automatic(false)
		for range 3 {
			require.NoError(t, r.e.tellOwed(here, protocol.RowKey(here), r.e.site(here).life.Load()))
		}
		r.wait()
		r.store.automatic(true)
		require.Equal(t, "x y", r.seen(bob))
	})
}
