package shell

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/stretchr/testify/require"

	"switchyard/actors/core"
	"switchyard/protocol"
)

// The rules of "When something panics" (architecture, section 2).

const secret = "a text of the customer's"

func panics(*toy, protocol.Command, time.Time) (core.Step, error) { panic("decide!") }

// quarantined reads the rows of the quarantine.
func (r *rig) quarantine() (rows []map[string]string) {
	r.wait()
	for _, v := range r.store.all(protocol.RowQuarantine) {
		var row map[string]string
		require.NoError(r.t, json.Unmarshal([]byte(v), &row))
		rows = append(rows, row)
	}
	return rows
}

// secretive is a command that carries a text.
type secretive struct {
	do
	text string
}

func TestF20DecidePanicsIsInternalAndQuarantinedAndTheRoomGoesOn(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.ask(room1, add{1}).must()
		require.Equal(t, "internal", r.ask(room1, secretive{do{panics}, secret}).code())
		require.Equal(t, 1, r.sum(room1))
		require.Empty(t, r.ask(room1, add{2}).code(), "other commands go on")
		require.Equal(t, "1 2", r.texts(room1))

		rows := r.quarantine()
		require.Len(t, rows, 1)
		require.Equal(t, "room/here/r1", rows[0]["actor"])
		require.Equal(t, "toy.do", rows[0]["command"])
		require.Contains(t, rows[0]["stack"], "panics")
		for _, v := range rows[0] {
			require.NotContains(t, v, secret)
		}
		require.Equal(t, []string{"room/here/r1 toy.do"}, r.quarantined, "counted")
		require.Empty(t, r.reloaded, "the state is untouched")

		r.crash()
		require.Len(t, r.quarantined, 1, "never tried again")
		require.Equal(t, 3, r.sum(room1))
	})
}

// TestQuarantineRowsOfTwoLivesDoNotReplaceOneAnother: after a restart an actor without news has the same number
// as before, and its next row had the same key.
func TestQuarantineRowsOfTwoLivesDoNotReplaceOneAnother(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		for range 3 {
			require.Equal(t, "internal", r.ask(room1, do{panics}).code())
			require.Equal(t, "internal", r.ask(queue, do{panics}).code())
			r.crash()
		}
		require.Len(t, r.quarantine(), 6)
	})
}

func TestAQuarantinedTellTakesItsOwedRowWithIt(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.hooks.apply = func(s *toy, e protocol.Recorded) {
			if m, ok := e.Event.(*protocol.MessagePosted); ok && s.addr == bob && m.Text == "x" {
				panic("x")
			}
		}
		r.ask(room1, owe(bob, "x")).must()
		r.wait()
		require.Empty(t, r.store.all(protocol.RowOwed))
		require.Len(t, r.quarantined, 1)
		r.crash()
		require.Len(t, r.quarantined, 1, "never tried again")
	})
}

// owe makes an actor owe tells to another; each arrives as an event with its text.
func owe(to protocol.Address, texts ...string) do {
	return step(func(_ *toy, c protocol.Command, out *core.Step) {
		out.Do(said("0"))
		for _, x := range texts {
			out.Owe(to, protocol.RingAlarm{Room: protocol.RoomID(x)})
		}
		out.Answer(c.Ticket, protocol.Done{})
	})
}

// TestASeatIsHandedBackToTheQueue: a reservation is never left hanging, whether the mind panicked over it, broke an
// invariant with it, or cannot be loaded.
func TestASeatIsHandedBackToTheQueue(t *testing.T) {
	seat := protocol.Seat{Turn: 7, Agent: "ann"}
	for name, c := range map[string]protocol.Body{
		"OfferSeat":  protocol.OfferSeat{Room: "r1", Seat: seat},
		"SeatAnswer": protocol.SeatAnswer{Room: "r1", Seat: &seat},
		"AskOffer":   protocol.AskOffer{Room: "r1", Turn: 7, Agent: "ann"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, how := range []string{"decide", "apply", "load"} {
				t.Run(how, func(t *testing.T) {
					bubble(t, func(t *testing.T, r *rig) {
						if how == "load" {
							r.ask(room1, add{1}).must()
							r.passivateNow(room1)
							r.store.badEvents[room1] = errors.New("damaged")
						}
						r.seats = how
						a := r.ask(room1, c)
						require.Equal(t, "internal", a.code())
						require.Equal(t, "returned:r1:7", r.seen(queue))
					})
				})
			}
		})
	}
	t.Run("no seat, nothing to hand back", func(t *testing.T) {
		bubble(t, func(t *testing.T, r *rig) {
			r.seats = "decide"
			require.Equal(t, "internal", r.ask(room1, protocol.SeatAnswer{Room: "r1"}).code())
			require.Empty(t, r.seen(queue))
		})
	})
}

func TestADeadlineThatPanicsIsNotArmedAgainBeforeTheNextEvent(t *testing.T) {
	for _, how := range []string{"decide", "apply", "check"} {
		t.Run(how, func(t *testing.T) {
			bubble(t, func(t *testing.T, r *rig) {
				r.ask(room1, set{protocol.At(r.clock.Now().Add(time.Second))}).must()
				r.hooks.deadline = func(s *toy, c protocol.Command, now time.Time) (core.Step, error) {
					var out core.Step
					switch how {
					case "decide":
						panic("deadline!")
					case "apply":
						out.Do(said("apply!"))
					case "check":
						out.Do(said("-100"))
					}
					return out, nil
				}
				tick := func() {
					r.clock.advance(time.Second)
					r.e.Tick()
					r.wait()
				}
				for range 3 {
					tick()
					require.Equal(t, 0, r.sum(room1), "a read is no event")
				}
				require.Len(t, r.quarantined, 1)
				r.ask(room1, add{1}).must()
				tick()
				tick()
				require.Len(t, r.quarantined, 2, "armed by the event, once")
				require.Equal(t, "room.meta_set 1", r.texts(room1))
			})
		})
	}
	// The queue's events are volatile, and so are those that bring its deadline.
	t.Run("volatile", func(t *testing.T) {
		bubble(t, func(t *testing.T, r *rig) {
			fires := 0
			r.hooks.deadline = func(s *toy, _ protocol.Command, _ time.Time) (core.Step, error) {
				if fires++; fires == 1 {
					panic("deadline!")
				}
				s.due = 0
				return core.Step{}, nil
			}
			later := func() do {
				at := protocol.At(r.clock.Now().Add(time.Second))
				return step(func(s *toy, c protocol.Command, out *core.Step) {
					s.due = at
					out.Do(noted{"later"})
					out.Answer(c.Ticket, protocol.Done{})
				})
			}
			for range 2 {
				r.ask(queue, later()).must()
				r.clock.advance(time.Second)
				r.e.Tick()
				r.wait()
			}
			require.Equal(t, 2, fires)
		})
	})
}

// TestF20WhatApplyOrCheckPanicsOverNeverWas: the events were not handed over, the state is loaded again, and its
// numbers are given to what comes next.
func TestF20WhatApplyOrCheckPanicsOverNeverWas(t *testing.T) {
	for name, body := range map[string]protocol.Body{
		"apply": say{"apply!"},
		"check": add{-100},
		"rows":  say{"rows!"},
		"error": do{func(*toy, protocol.Command, time.Time) (core.Step, error) { return core.Step{}, errors.New("a bug") }},
		"half": step(func(_ *toy, _ protocol.Command, out *core.Step) {
			out.Do(said("40"))
			out.Do(said("apply!"))
			out.Tell(room2, add{1})
			out.Owe(bob, protocol.RingAlarm{Room: "x"})
		}),
		"second round": do{func(s *toy, _ protocol.Command, _ time.Time) (out core.Step, _ error) {
			if s.sum > 10 {
				panic("second round")
			}
			out.Do(said("40"))
			out.Again = true
			return out, nil
		}},
		"no end": do{func(s *toy, _ protocol.Command, _ time.Time) (out core.Step, _ error) {
			out.Do(noted{"round"})
			out.Again = true
			return out, nil
		}},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, r *rig) {
				r.hooks.rows = func(s *toy, _ []protocol.Recorded) []protocol.Row {
					if len(s.seen) > 0 && s.seen[len(s.seen)-1] == "rows!" {
						panic("rows!")
					}
					return nil
				}
				r.ask(room1, add{1}).must()
				r.ask(room1, add{2}).must()
				sink := newSink()
				defer r.e.Follow(protocol.Stream{View: protocol.StreamRoom, Of: room1}, 0, 0, sink)()

				require.Equal(t, "internal", r.ask(room1, body).code())
				require.Equal(t, 3, r.sum(room1), "loaded again")
				require.Equal(t, "1 2", r.texts(room1))
				require.Equal(t, "1 2", r.seen(room1))
				require.Empty(t, r.ask(room1, add{4}).code())
				require.Equal(t, "1 2 4", r.texts(room1), "numbers without a gap")
				require.Equal(t, "1:1 2:2 live:2 3:4", sink.String())
				require.Equal(t, 0, r.sum(room2))
				require.Empty(t, r.seen(bob), "and nobody was told")
				require.Empty(t, r.store.all(protocol.RowOwed))
				require.Len(t, r.quarantine(), 1)
				require.Len(t, r.violated, 1)
				require.Equal(t, []string{"room"}, r.reloaded)
				require.Zero(t, r.loaded, "the site stays")
			})
		})
	}
}

// TestAPanicOfTheMindsOtherFunctionsIsTheMindsToo: Needs counts as Decide.
func TestF20APanicInNeedsIsQuarantined(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.ask(room1, add{1}).must()
		r.hooks.needs = func(_ *toy, c protocol.Command) []protocol.Ref {
			if _, bad := c.Body.(say); bad {
				panic("needs!")
			}
			return nil
		}
		require.Equal(t, "internal", r.ask(room1, say{"x"}).code())
		require.Equal(t, 1, r.sum(room1))
		require.Len(t, r.quarantine(), 1)
	})
}

// TestARecordThatCannotBeReadIsNoRefusal: the command is answered internal, but what is owed stays owed, for the
// next start; a refusal would have taken its row away.
func TestARecordThatCannotBeReadIsNoRefusal(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		ref := protocol.Ref{Row: protocol.RowCustomer, Key: "k"}
		r.hooks.needs = func(s *toy, _ protocol.Command) []protocol.Ref {
			if s.addr == bob {
				return []protocol.Ref{ref}
			}
			return nil
		}
		row := rowName(protocol.Shard(here, fakeShards), ref.Row, []byte(ref.Key))
		r.store.badRows[row] = errors.New("damaged")
		r.ask(room1, owe(bob, "1")).must()
		require.Equal(t, "internal", r.ask(bob, look{}).code())
		require.Len(t, r.store.all(protocol.RowOwed), 1)
		require.Empty(t, r.quarantined, "it is not the mind's fault")
		r.crash() // onto a disk that is whole
		require.Equal(t, 1, r.sum(bob))
		require.Empty(t, r.store.all(protocol.RowOwed))
	})
}

// TestAnActorThatCannotResumeStandsAside: what a mind does after it was loaded breaks it; the command that woke
// it must not meet a state that is not there.
func TestAnActorThatCannotResumeStandsAside(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.ask(room1, add{1}).must()
		r.passivateNow(room1)
		r.hooks.resumed = func(s *toy, _ protocol.Command) (out core.Step) {
			if s.addr == room1 {
				out.Do(said("-100"))
			}
			return out
		}
		require.Equal(t, "internal", r.ask(room1, look{}).code())
		require.Equal(t, "internal", r.ask(room1, protocol.OfferSeat{Room: "r1", Seat: protocol.Seat{Turn: 7, Agent: "ann"}}).code())
		require.Equal(t, "returned:r1:7", r.seen(queue))
		require.Len(t, r.quarantine(), 1, "it is not tried with each command")
		require.Equal(t, 0, r.sum(room2))
		require.Equal(t, "1", r.texts(room1))
	})
}

// drop forgets who waits for answers that a test lost on purpose.
func (r *rig) drop() { r.e.tickets.init() }

// passivateNow sends one idle actor away, whatever it waits for.
func (r *rig) passivateNow(a protocol.Address) {
	r.wait()
	r.e.system.Root.Send(r.pid(a), leave{})
	r.wait()
	require.False(r.t, r.awake(a), "%s is still in memory", a)
}

func (r *rig) awake(a protocol.Address) bool { return r.pid(a) != nil }

func (r *rig) pid(a protocol.Address) *actor.PID {
	st := r.e.stripe(a)
	st.mu.Lock()
	defer st.mu.Unlock()
	if sl := st.slots[a]; sl != nil {
		return sl.pid
	}
	return nil
}
