package shell

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"switchyard/protocol"
)

func stream(v protocol.View, of protocol.Address) protocol.Stream {
	return protocol.Stream{View: v, Of: of}
}

// TestAFollowerHasNoGapAndNoDouble, whenever it comes, however often it is full, whoever writes meanwhile.
func TestAFollowerHasNoGapAndNoDouble(t *testing.T) {
	for seed := range uint64(5) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			bothWays(t, func(t *testing.T, r *rig) {
				const writers, writes, readers = 4, 100, 12
				r.store.automatic(seed%2 == 0)
				var wg sync.WaitGroup
				for w := range writers {
					wg.Add(1)
					go func() {
						defer wg.Done()
						dice := rand.New(rand.NewPCG(seed, uint64(w)))
						for range writes {
							if dice.IntN(3) == 0 {
								r.ask(room1, memo{1}) // the customer does not see it
							} else {
								r.ask(room1, add{1})
							}
							if dice.IntN(4) == 0 {
								time.Sleep(time.Duration(dice.IntN(1000)) * time.Nanosecond)
							}
							if seed%2 == 1 && dice.IntN(3) == 0 {
								r.store.sync(dice.IntN(5))
							}
						}
					}()
				}
				type reader struct {
					*sink
					after   uint64
					view    protocol.View
					stopped bool
				}
				var rs [readers]*reader
				for i := range readers {
					wg.Add(1)
					go func() {
						defer wg.Done()
						dice := rand.New(rand.NewPCG(seed, uint64(1000+i)))
						x := &reader{sink: newSink(), view: protocol.StreamDesk, stopped: i%4 == 3}
						if i%2 == 0 {
							x.view = protocol.StreamRoom
						}
						full := rand.New(rand.NewPCG(seed, uint64(2000+i)))
						x.refuse = func(live bool) bool { return live && full.IntN(3) == 0 }
						rs[i] = x
						for range dice.IntN(30) {
							time.Sleep(time.Duration(dice.IntN(1000)) * time.Nanosecond)
						}
						stop := r.e.Follow(stream(x.view, room1), x.after, 0, x)
						if x.stopped {
							for range dice.IntN(30) {
								time.Sleep(time.Duration(dice.IntN(1000)) * time.Nanosecond)
							}
							stop()
							stop()
						}
					}()
				}
				wg.Wait()
				r.store.automatic(true)
				r.wait()

				log := r.store.history(room1)
				require.Len(t, log, writers*writes)
				last := log[len(log)-1]
				for i, x := range rs {
					for k, seq := range x.seqs {
						require.EqualValues(t, uint64(k+1), seq, "reader %d", i)
					}
					if x.stopped {
						continue
					}
					end := last.Desk
					if x.view == protocol.StreamRoom {
						end = lastRoom(log)
					}
					require.Len(t, x.seqs, int(end), "reader %d", i)
					require.Contains(t, x.String(), "live:")
				}
				require.Equal(t, readers*3/4, r.followers(room1))
			})
		})
	}
}

func lastRoom(log []protocol.Recorded) (seq uint64) {
	for _, e := range log {
		seq = max(seq, e.Room)
	}
	return seq
}

func (r *rig) followers(a protocol.Address) int {
	h := r.e.hub(a)
	if h == nil {
		return 0
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.subs)
}

// TestAFollowerReadsOnFromItsPosition, in the numbers of its view, through several pages.
func TestAFollowerReadsOnFromItsPosition(t *testing.T) {
	bothWays(t, func(t *testing.T, r *rig) {
		for i := range 3*replayPage + 7 {
			if i%2 == 0 {
				r.ask(room1, memo{1})
			} else {
				r.ask(room1, add{1})
			}
		}
		r.wait()
		log := r.store.history(room1)
		for _, v := range []protocol.View{protocol.StreamRoom, protocol.StreamDesk} {
			end := v.Seq(&log[len(log)-1])
			if v == protocol.StreamRoom {
				end = lastRoom(log)
			}
			for _, after := range []uint64{0, 1, 99, 100, 101, end - 1, end} {
				sink := newSink()
				stop := r.e.Follow(stream(v, room1), after, 0, sink)
				r.wait()
				require.Len(t, sink.seqs, int(end-after))
				for k, seq := range sink.seqs {
					require.Equal(t, after+uint64(k)+1, seq)
				}
				require.True(t, strings.HasSuffix(sink.String(), fmt.Sprint("live:", end)))
				stop()
			}
		}
		require.Nil(t, r.e.hub(room1), "the last one turns off the light")
	})
}

// TestAFollowerSeesNothingThatACrashCouldTakeBack: the store shows a batch before it is synced.
func TestAFollowerSeesNothingThatACrashCouldTakeBack(t *testing.T) {
	bothWays(t, func(t *testing.T, r *rig) {
		r.store.automatic(false)
		asked := r.ask(room1, add{1})
		r.wait()
		r.store.show(-1)
		sink := newSink()
		defer r.e.Follow(stream(protocol.StreamRoom, room1), 0, 0, sink)()
		r.wait()
		require.Empty(t, sink.String())
		r.store.sync(-1)
		asked.must()
		require.Equal(t, "1:1 live:1", sink.String())
	})
}

// TestAFollowerIgnoresWhatItHasRead: the disk was done before the actor said what waits for it; meanwhile a follower
// had read the event and was live.
func TestAFollowerIgnoresWhatItHasRead(t *testing.T) {
	bothWays(t, func(t *testing.T, r *rig) {
		r.ask(room1, look{}).must()
		gate := make(chan struct{})
		r.store.mu.Lock()
		r.store.gate = func() { <-gate }
		r.store.mu.Unlock()
		asked := r.ask(room1, add{1})
		r.wait() // handed over, durable, and not yet delivered
		sink := newSink()
		defer r.e.Follow(stream(protocol.StreamRoom, room1), 0, 0, sink)()
		r.wait()
		require.Equal(t, "1:1 live:1", sink.String())
		close(gate)
		asked.must()
		r.ask(room1, add{2}).must()
		require.Equal(t, "1:1 live:1 2:2", sink.String())
	})
}

func TestAFollowerWhoseFirstEventIsTooOldIsToldSo(t *testing.T) {
	bothWays(t, func(t *testing.T, r *rig) {
		for i := range 4 {
			r.ask(room1, add{i}).must()
			r.clock.advance(time.Minute)
		}
		follow := func(after uint64, oldest time.Duration) string {
			sink := newSink()
			stop := r.e.Follow(stream(protocol.StreamRoom, room1), after, protocol.At(noon.Add(oldest)), sink)
			r.wait()
			r.ask(room1, memo{0}).must()
			stop()
			return sink.String()
		}
		require.Equal(t, "reset:too_old", follow(0, time.Minute))
		require.Equal(t, "reset:too_old", follow(1, time.Minute+time.Millisecond))
		require.Equal(t, "2:1 3:2 4:3 live:4", follow(1, time.Minute), "it is the first one that counts, not those before it")
		require.Equal(t, "4:3 live:4", follow(3, 3*time.Minute))
		require.Equal(t, "live:4", follow(4, time.Hour), "nothing to replay")
	})
}

func TestAFollowerOfALogThatCannotBeReadIsReset(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.e.young.off = true // or the log would not be read
		r.ask(room1, add{1}).must()
		live := newSink()
		full := false
		live.refuse = func(live bool) bool { return live && full }
		defer r.e.Follow(stream(protocol.StreamRoom, room1), 0, 0, live)()
		r.wait()
		r.store.mu.Lock()
		r.store.badEvents[room1] = protocol.ErrChecksum
		r.store.mu.Unlock()
		late := newSink()
		defer r.e.Follow(stream(protocol.StreamRoom, room1), 0, 0, late)()
		r.wait()
		require.Equal(t, "reset:unreadable", late.String())
		r.ask(room1, add{2}).must()
		full = true
		r.ask(room1, add{3}).must()
		r.ask(room1, add{4}).must()
		require.Equal(t, "1:1 live:1 2:2 reset:unreadable", live.String(), "one that has to go back to it, too")
		require.Equal(t, "reset:unreadable", late.String(), "nothing follows")
	})
}

// TestAReplayThatIsRefusedEnds: the socket is gone.
func TestAReplayThatIsRefusedEnds(t *testing.T) {
	bothWays(t, func(t *testing.T, r *rig) {
		for i := range 5 {
			r.ask(room1, add{i}).must()
		}
		sink := newSink()
		n := 0
		sink.refuse = func(bool) bool { n++; return n > 2 }
		defer r.e.Follow(stream(protocol.StreamRoom, room1), 0, 0, sink)()
		r.ask(room1, add{9}).must()
		require.Equal(t, "1:0 2:1", sink.String())
	})
}

func TestEphemeralFramesGoToTheLiveFollowersOfTheView(t *testing.T) {
	bothWays(t, func(t *testing.T, r *rig) {
		desk, room, other := newSink(), newSink(), newSink()
		defer r.e.Follow(stream(protocol.StreamDesk, room1), 0, 0, desk)()
		defer r.e.Follow(stream(protocol.StreamRoom, room1), 0, 0, room)()
		defer r.e.Follow(stream(protocol.StreamRoom, room2), 0, 0, other)()
		r.wait()
		r.store.automatic(false) // they do not wait for the disk
		r.ask(room1, add{1})
		r.e.Publish(stream(protocol.StreamRoom, room1), "k", []byte("typing"))
		r.e.Publish(stream(protocol.StreamRoom, protocol.RoomAt(here, "nobody")), "k", []byte("typing"))
		r.wait()
		require.Equal(t, "live:0", desk.String())
		require.Equal(t, "live:0 ~typing", room.String())
		require.Equal(t, "live:0", other.String())
	})
}

// TestAnInboxIsFollowedLikeARoom.
func TestAnInboxIsFollowedLikeARoom(t *testing.T) {
	bothWays(t, func(t *testing.T, r *rig) {
		r.ask(ann, add{1}).must()
		sink := newSink()
		defer r.e.Follow(stream(protocol.StreamInbox, ann), 0, 0, sink)()
		r.wait()
		r.ask(ann, memo{2}).must()
		require.Equal(t, "1:1 live:1 2:2", sink.String())
		require.NotEmpty(t, r.told)
	})
}
