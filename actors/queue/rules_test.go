package queue

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"switchyard/protocol"
)

// --- 9.3 and 9.4: who gets the room ------------------------------------------

func room(i int) protocol.RoomID { return protocol.RoomID(fmt.Sprintf("r%04d", i)) }

// fill gives an agent so many rooms, by hand.
func (x *story) fill(id protocol.AccountID, n int, first int) *story {
	for i := range n {
		r := room(first + i)
		x.changes(func(f *protocol.SiteFacts) { f.Settings.Mode = protocol.Manual })
		require.Nil(x.t, x.asks(r).Seat)
		require.Nil(x.t, x.try(boss, protocol.AssignRoom{Room: r, To: id}))
		seat := x.told[0].(protocol.OfferSeat).Seat
		delete(x.mail, r)
		x.accepts(r, &seat, 1)
		x.changes(func(f *protocol.SiteFacts) { f.Settings.Mode = protocol.Auto })
	}
	return x
}

func TestLeastLoadExamples(t *testing.T) {
	t.Run("D-1 the smallest load", func(t *testing.T) {
		x := begin(t, 2).fill("a", 5, 0).fill("b", 3, 100)
		require.Equal(t, protocol.AccountID("b"), x.enters("r"))
	})
	t.Run("D-2 a tie goes to the oldest last assignment", func(t *testing.T) {
		x := begin(t, 3).fill("b", 2, 100).fill("a", 2, 0).fill("c", 3, 200)
		require.Equal(t, protocol.AccountID("b"), x.enters("r"))
	})
	t.Run("D-3 nobody ever had one: the lowest order", func(t *testing.T) {
		require.Equal(t, protocol.AccountID("a"), begin(t, 3).enters("r"))
	})
	t.Run("D-4 full, and in a break", func(t *testing.T) {
		x := begin(t, 3).changes(func(f *protocol.SiteFacts) { limits(f, map[protocol.AccountID]int{"a": 1}) })
		x.fill("a", 1, 0).fill("b", 4, 100).reports("c", false, protocol.WantOnline, protocol.ConnUp)
		require.Equal(t, protocol.AccountID("b"), x.enters("r"))
	})
	t.Run("D-5 four at once: each is visible to the next", func(t *testing.T) {
		x := begin(t, 3)
		var got []protocol.AccountID
		for i := range 4 {
			got = append(got, x.asks(room(i)).Seat.Agent) // nobody has answered yet
		}
		require.Equal(t, []protocol.AccountID{"a", "b", "c", "a"}, got)
	})
}

func TestSequentialExamples(t *testing.T) {
	t.Run("D-6 the ring skips, and makes nothing up", func(t *testing.T) {
		x := begin(t, 3, sequential)
		require.Equal(t, protocol.AccountID("a"), x.enters("r0"), "without a cursor, the lowest order")
		x.reports("b", false, protocol.WantOnline, protocol.ConnUp)
		require.Equal(t, protocol.AccountID("c"), x.enters("r1"))
		require.Equal(t, protocol.AccountID("a"), x.enters("r2"))
		x.reports("b", true, protocol.WantOnline, protocol.ConnUp)
		require.Equal(t, protocol.AccountID("b"), x.enters("r3"))
		require.Equal(t, protocol.AccountID("c"), x.enters("r4"))
	})
	t.Run("I-14 n assignments, n agents, one each, whatever their load", func(t *testing.T) {
		x := begin(t, 5, sequential).fill("c", 7, 500)
		for lap := range 4 {
			seen := map[protocol.AccountID]bool{}
			for i := range 5 {
				seen[x.enters(room(10*lap+i))] = true
			}
			require.Len(t, seen, 5)
		}
	})
	t.Run("the cursor moves only by the rule", func(t *testing.T) {
		x := begin(t, 3, sequential)
		require.Equal(t, protocol.AccountID("a"), x.enters("r0"))
		x.fill("b", 1, 100)
		require.Equal(t, protocol.AccountID("b"), x.enters("r1"), "an assignment by hand does not move it")
	})
	t.Run("each selector value has its own", func(t *testing.T) {
		x := begin(t, 3, sequential, func(s *protocol.Settings) {
			s.Selector = protocol.SelectCategory
			s.CategoryAgents = map[string][]protocol.AccountID{"c1": {"a", "b"}, "c2": {"a", "b"}}
		})
		require.Equal(t, protocol.AccountID("a"), x.enters("r0", category("c1")))
		require.Equal(t, protocol.AccountID("a"), x.enters("r1", category("c2")))
		require.Equal(t, protocol.AccountID("b"), x.enters("r2", category("c1")))
		require.Equal(t, protocol.AccountID("a"), x.enters("r3"), "and so has everybody")
	})
	t.Run("and keeps it while another selector is in force", func(t *testing.T) {
		x := begin(t, 3, sequential, func(s *protocol.Settings) {
			s.Selector = protocol.SelectCategory
			s.CategoryAgents = map[string][]protocol.AccountID{"c1": {"a", "b"}}
		})
		require.Equal(t, protocol.AccountID("a"), x.enters("r0", category("c1")))
		x.changes(func(f *protocol.SiteFacts) { f.Settings.Selector = protocol.SelectNone })
		x.changes(func(f *protocol.SiteFacts) { f.Settings.Selector = protocol.SelectCategory })
		require.Equal(t, protocol.AccountID("b"), x.enters("r1", category("c1")))
	})
}

// TestSelector is 9.2 point 5: level 2 before level 1, no mapping is everybody, and a mapping does not spill over.
func TestSelector(t *testing.T) {
	byCategory := func(s *protocol.Settings) {
		s.Selector = protocol.SelectCategory
		s.CategoryAgents = map[string][]protocol.AccountID{"c1": {"b"}, "c11": {"c"}, "gone": {"nobody"}}
		s.ChannelAgents = map[string][]protocol.AccountID{"web": {"d"}}
	}
	byChannel := func(s *protocol.Settings) {
		byCategory(s)
		s.Selector = protocol.SelectChannel
	}
	for _, r := range []struct {
		name     string
		selector func(*protocol.Settings)
		ask      func(*protocol.AskSeat)
		want     protocol.AccountID
	}{
		{"level 2", byCategory, category("c11"), "c"},
		{"level 2 without a mapping: its level 1", byCategory, category("c12"), "b"},
		{"level 1", byCategory, category("c1"), "b"},
		{"no mapping (R-103)", byCategory, category("c2"), "a"},
		{"no category", byCategory, category(""), "a"},
		{"a mapping nobody of whom is there: it waits", byCategory, category("gone"), ""},
		{"channel (R-099)", byChannel, func(b *protocol.AskSeat) { b.Account, b.Category = "web", "c11" }, "d"},
		{"a channel without a mapping", byChannel, func(b *protocol.AskSeat) { b.Account = "kakao" }, "a"},
		{"no selector: mappings do not count", func(s *protocol.Settings) { byCategory(s); s.Selector = protocol.SelectNone }, category("c11"), "a"},
	} {
		t.Run(r.name, func(t *testing.T) {
			x := begin(t, 4, r.selector)
			require.Equal(t, r.want, x.enters("r", r.ask))
		})
	}
	t.Run("a mapping whose agents are full waits, and blocks nobody (R-117)", func(t *testing.T) {
		x := begin(t, 4, byCategory).changes(func(f *protocol.SiteFacts) { limits(f, map[protocol.AccountID]int{"c": 1}) })
		require.Equal(t, protocol.AccountID("c"), x.enters("r0", category("c11")))
		require.Equal(t, protocol.AccountID(""), x.enters("r1", category("c11")))
		require.Equal(t, protocol.AccountID(""), x.enters("r2", category("c11")))
		require.Equal(t, protocol.AccountID("b"), x.enters("r3", category("c12")))
		require.Equal(t, "r1→c", x.leaves("r0").offers(), "in its order")
		require.Equal(t, "r2→a", x.changes(func(f *protocol.SiteFacts) { f.Settings.CategoryAgents = nil }).offers(), "a mapping widened is a tick")
	})
	t.Run("scope (R-100)", func(t *testing.T) {
		x := begin(t, 3, func(s *protocol.Settings) { s.Scope = []protocol.AccountID{"b"} })
		for i := range 3 {
			require.Equal(t, protocol.AccountID("b"), x.enters(room(i)))
		}
	})
}

// TestEligibility is 9.2, a rule a row: what keeps agent a from a room, and what view says of it.
func TestEligibility(t *testing.T) {
	account := func(f func(*protocol.Account)) func(*story) {
		return func(x *story) { x.changes(func(s *protocol.SiteFacts) { f(s.Accounts["a"]) }) }
	}
	for _, r := range []struct {
		name string
		is   func(*story)
		why  string
	}{
		{"nothing", func(*story) {}, ""},
		{"1 상담 안함 (R-101)", account(func(a *protocol.Account) { a.Consulting = false }), "not_consulting"},
		{"1 disabled", account(func(a *protocol.Account) { a.Disabled = true }), "not_consulting"},
		{"2 out of scope", func(x *story) {
			x.changes(func(f *protocol.SiteFacts) { f.Settings.Scope = []protocol.AccountID{"z"} })
		}, "out_of_scope"},
		{"4 off duty", func(x *story) { x.reports("a", false, protocol.WantOnline, protocol.ConnUp) }, "off_duty"},
		{"busy", func(x *story) { x.reports("a", true, protocol.WantBusy, protocol.ConnUp) }, "busy"},
		{"6 full", func(x *story) {
			account(func(a *protocol.Account) { a.MaxConcurrent = 1 })(x)
			x.enters("r0")
		}, "limit_reached"},
		{"7 no socket, where presence is required", func(x *story) {
			x.changes(func(f *protocol.SiteFacts) { f.Settings.RequirePresence = true })
			x.reports("a", true, protocol.WantOnline, protocol.ConnGrace)
		}, "offline"},
		{"7 no socket, where it is not", func(x *story) { x.reports("a", true, protocol.WantOnline, protocol.ConnDown) }, ""},
	} {
		t.Run(r.name, func(t *testing.T) {
			x := begin(t, 1, func(s *protocol.Settings) { s.NoAgentPolicy = protocol.PolicyWait })
			r.is(x)
			x.do(protocol.ViewQueue{})
			a := x.reply.(protocol.QueueView).Agents[0]
			require.Equal(t, r.why, a.WhyNot)
			require.Equal(t, r.why == "", a.Eligible)
			require.Equal(t, r.why == "", x.enters("r") == "a")
		})
	}
}

// --- 7.1: what is refused before ---------------------------------------------

func TestPreChecks(t *testing.T) {
	night := func(x *story) { x.now = ten.Add(12 * time.Hour) }
	nobody := func(x *story) { x.reports("a", false, protocol.WantOnline, protocol.ConnUp) }
	set := func(f func(*protocol.Settings)) func(*story) {
		return func(x *story) { x.changes(func(s *protocol.SiteFacts) { f(s.Settings) }) }
	}
	wait := set(func(s *protocol.Settings) { s.NoAgentPolicy = protocol.PolicyWait })
	reject := set(func(s *protocol.Settings) { s.OverflowPolicy = protocol.PolicyReject })
	three := set(func(s *protocol.Settings) { s.OpenRoomLimit = 3 })
	full := func(x *story) {
		x.changes(func(f *protocol.SiteFacts) { limits(f, map[protocol.AccountID]int{"a": 2}) })
		x.enters("x0")
		x.enters("x1")
	}
	for _, r := range []struct {
		name  string
		is    []func(*story)
		code  protocol.RejectCode
		hours protocol.Hours
		seat  bool
	}{
		{"all is well", nil, 0, protocol.InHours, true},
		{"P-3 the site is not consulting", []func(*story){set(func(s *protocol.Settings) { s.Consulting = false })}, protocol.NoAgent, protocol.InHours, false},
		{"P-3 comes before P-5", []func(*story){night, set(func(s *protocol.Settings) { s.Consulting, s.AfterHours = false, false })}, protocol.NoAgent, protocol.OutClosed, false},
		{"P-5 is the gate's", []func(*story){night, set(func(s *protocol.Settings) { s.AfterHours = false })}, 0, protocol.OutClosed, false},
		{"out of hours with the intake on, nobody is seated (R-044)", []func(*story){night}, 0, protocol.OutIntake, false},
		{"P-6 nobody on duty", []func(*story){nobody}, protocol.NoAgent, protocol.InHours, false},
		{"P-6 in any mode", []func(*story){nobody, set(manualMode)}, protocol.NoAgent, protocol.InHours, false},
		{"P-6 unless the site lets it wait (R-111)", []func(*story){nobody, wait}, 0, protocol.InHours, false},
		{"P-6 not at night", []func(*story){nobody, night}, 0, protocol.OutIntake, false},
		{"P-6 a busy agent is on duty", []func(*story){func(x *story) { x.reports("a", true, protocol.WantBusy, protocol.ConnDown) }}, 0, protocol.InHours, false},
		{"P-6 out of scope does not count", []func(*story){set(func(s *protocol.Settings) { s.Scope = []protocol.AccountID{"z"} })}, protocol.NoAgent, protocol.InHours, false},
		{"P-7 the site's limit", []func(*story){reject, three, func(x *story) { x.enters("x0"); x.enters("x1"); x.enters("x2") }}, protocol.OverLimit, protocol.InHours, false},
		{"P-7 one below it", []func(*story){reject, three, func(x *story) { x.enters("x0"); x.enters("x1") }}, 0, protocol.InHours, true},
		{"P-7 waiting rooms count", []func(*story){wait, reject, three, nobody, func(x *story) { x.asks("x0"); x.asks("x1"); x.asks("x2") }}, protocol.OverLimit, protocol.InHours, false},
		{"P-7 only under REJECT", []func(*story){three, func(x *story) { x.enters("x0"); x.enters("x1"); x.enters("x2") }}, 0, protocol.InHours, true},
		{"P-7 not at night", []func(*story){reject, three, func(x *story) { x.enters("x0"); x.enters("x1"); x.enters("x2") }, night}, 0, protocol.OutIntake, false},
		{"P-7 AUTO, everybody on duty is full", []func(*story){reject, full}, protocol.OverLimit, protocol.InHours, false},
		{"P-7 not in HYBRID", []func(*story){reject, full, set(hybrid)}, 0, protocol.InHours, false},
		{"P-7 nobody on duty is not everybody full", []func(*story){reject, wait, full, nobody}, 0, protocol.InHours, false},
		{"MANUAL never seats", []func(*story){set(manualMode)}, 0, protocol.InHours, false},
		{"HYBRID does", []func(*story){set(hybrid)}, 0, protocol.InHours, true},
	} {
		t.Run(r.name, func(t *testing.T) {
			x := begin(t, 1)
			for _, f := range r.is {
				f(x)
			}
			before := x.s.rooms.len
			a := x.asks("r")
			require.Equal(t, r.code, a.Refused)
			require.Equal(t, r.hours, a.Hours)
			require.Equal(t, r.seat, a.Seat != nil)
			if r.code != 0 || r.hours == protocol.OutClosed {
				require.Equal(t, before, x.s.rooms.len, "a refused room is not in the queue")
			}
		})
	}
}

// TestARoomThatWaitsForItsProfileIsLocked under WAIT and in MANUAL mode (7.3), and only there.
func TestARoomThatWaitsForItsProfileIsLocked(t *testing.T) {
	need := func(b *protocol.AskSeat) { b.Need = true }
	for _, mode := range []protocol.Mode{protocol.Auto, protocol.Manual, protocol.Hybrid} {
		for _, policy := range []protocol.Policy{protocol.PolicyAssign, protocol.PolicyWait} {
			x := begin(t, 1, func(s *protocol.Settings) { s.Mode, s.Profile.Policy = mode, policy })
			a := x.asks("r", need)
			lock := policy == protocol.PolicyWait || mode == protocol.Manual
			require.Equal(t, lock, a.Seat == nil && x.s.room("r").lock, "%s %s", mode, policy)
			if !lock {
				continue
			}
			require.Empty(t, x.changes(func(f *protocol.SiteFacts) {
				f.Settings.Mode, f.Settings.Profile.Policy = protocol.Auto, protocol.PolicyAssign
			}).offers(), "rooms keep the outcome they had")
			require.Equal(t, "r→a", x.do(protocol.RoomUnlocked{Room: "r"}).offers(), "the profile is a tick")
		}
	}
}

// --- 9.5: the backlog ----------------------------------------------------------

// TestTicks: whatever lets an agent have a room lets the line move, in its order (I-13).
func TestTicks(t *testing.T) {
	busy := func(x *story) { x.reports("a", true, protocol.WantBusy, protocol.ConnUp) }
	off := func(x *story) { x.reports("a", false, protocol.WantOnline, protocol.ConnUp) }
	on := func(x *story) { x.reports("a", true, protocol.WantOnline, protocol.ConnUp) }
	change := func(f func(*protocol.SiteFacts)) func(*story) { return func(x *story) { x.changes(f) } }
	for _, r := range []struct {
		name       string
		before, do func(*story)
	}{
		{"a room closed", func(x *story) {
			change(func(f *protocol.SiteFacts) { limits(f, map[protocol.AccountID]int{"a": 1}) })(x)
			x.enters("x")
		}, func(x *story) {
			x.leaves("x")
			change(func(f *protocol.SiteFacts) { limits(f, map[protocol.AccountID]int{"a": 0}) })(x)
		}},
		{"duty", off, on},
		{"online again", busy, on},
		{"상담 진행", change(func(f *protocol.SiteFacts) { f.Accounts["a"].Consulting = false }), change(func(f *protocol.SiteFacts) { f.Accounts["a"].Consulting = true })},
		{"scope widened", change(func(f *protocol.SiteFacts) { f.Settings.Scope = []protocol.AccountID{"z"} }), change(func(f *protocol.SiteFacts) { f.Settings.Scope = nil })},
		{"login under require_presence", func(x *story) {
			change(func(f *protocol.SiteFacts) { f.Settings.RequirePresence = true })(x)
			x.reports("a", true, protocol.WantOnline, protocol.ConnDown)
		}, on},
		{"mode to AUTO", change(func(f *protocol.SiteFacts) { f.Settings.Mode = protocol.Manual }), change(func(f *protocol.SiteFacts) { f.Settings.Mode = protocol.Auto })},
		{"backlog to AUTO (R-120)", func(x *story) {
			busy(x)
			change(func(f *protocol.SiteFacts) { f.Settings.Backlog = protocol.BacklogManual })(x)
		}, func(x *story) {
			on(x)
			require.Empty(x.t, x.offers(), "R-116")
			change(func(f *protocol.SiteFacts) { f.Settings.Backlog = protocol.BacklogAuto })(x)
		}},
		{"business hours open (R-043)", func(x *story) { x.now = ten.Add(-2 * time.Hour); x.do(protocol.HoursTurned{}) }, func(x *story) {
			require.Empty(x.t, x.do(protocol.ContinuePass{}).offers(), "R-044")
			x.now = ten
			x.do(protocol.HoursTurned{Open: true})
		}},
	} {
		t.Run(r.name, func(t *testing.T) {
			x := begin(t, 1, func(s *protocol.Settings) { s.NoAgentPolicy = protocol.PolicyWait })
			r.before(x)
			for i := range 3 {
				require.Nil(t, x.asks(room(i)).Seat)
				x.now = x.now.Add(time.Second)
			}
			require.Empty(t, x.offers())
			r.do(x)
			require.Equal(t, "r0000→a r0001→a r0002→a", x.offers())
		})
	}
}

// TestAnArrivalJoinsTheEndOfALineThatMoves (I-13): it does not overtake those who wait for the same agents.
func TestAnArrivalJoinsTheEndOfALineThatMoves(t *testing.T) {
	x := begin(t, 1)
	x.reports("a", true, protocol.WantBusy, protocol.ConnUp)
	for i := range 2 {
		x.asks(room(i))
	}
	x.reports("a", true, protocol.WantOnline, protocol.ConnUp) // the pass is on its way
	require.Nil(t, x.asks(room(2)).Seat)
	require.Equal(t, "r0000→a r0001→a r0002→a", x.offers())

	// With the backlog left to people, nobody is overtaken by whom it concerns.
	x.changes(func(f *protocol.SiteFacts) { f.Settings.Backlog = protocol.BacklogManual })
	x.reports("a", true, protocol.WantBusy, protocol.ConnUp)
	x.asks(room(3))
	x.reports("a", true, protocol.WantOnline, protocol.ConnUp)
	require.NotNil(t, x.asks(room(4)).Seat)
	require.Empty(t, x.offers())
}

// TestThoseWhoWaitComeFirstWhenHoursOpenWithAQuestion: the edge is seen by it before the calendar's tick.
func TestThoseWhoWaitComeFirstWhenHoursOpenWithAQuestion(t *testing.T) {
	x := begin(t, 1)
	x.now = ten.Add(-2 * time.Hour)
	x.do(protocol.HoursTurned{})
	x.asks(room(0))
	x.now = ten
	require.Nil(t, x.asks(room(1)).Seat)
	require.Equal(t, "r0000→a r0001→a", x.offers())
}

// TestTheOrderOfTheLine is by request, then by the order in which requests came.
func TestTheOrderOfTheLine(t *testing.T) {
	x := begin(t, 1)
	x.reports("a", true, protocol.WantBusy, protocol.ConnUp)
	at := protocol.At(ten)
	for i, d := range []protocol.Instant{30, 10, 20, 10, 30} {
		x.asks(room(i), func(b *protocol.AskSeat) { b.RequestedAt = at + d })
	}
	x.reports("a", true, protocol.WantOnline, protocol.ConnUp)
	require.Equal(t, "r0001→a r0003→a r0002→a r0000→a r0004→a", x.offers())
}

// TestAPassIsCutIntoSlices of 256, continued by a message to itself, with at most 1,024 offers open.
func TestAPassIsCutIntoSlices(t *testing.T) {
	x := begin(t, 2)
	for _, id := range []protocol.AccountID{"a", "b"} {
		x.reports(id, true, protocol.WantBusy, protocol.ConnUp)
	}
	const all = 1500
	for i := range all {
		x.asks(room(i))
	}
	for _, id := range []protocol.AccountID{"a", "b"} {
		x.reports(id, true, protocol.WantOnline, protocol.ConnUp)
	}
	offered := func() (n int) {
		for _, m := range x.mail {
			n += len(m)
		}
		return n
	}
	require.Equal(t, 1, x.own, "one pass, however many ticks")
	for i := 1; i <= 4; i++ {
		require.Equal(t, 1, x.own)
		x.own--
		x.do(protocol.ContinuePass{})
		require.Equal(t, 256*i, offered())
	}
	x.pass()
	require.Equal(t, offersMax, offered())
	require.Equal(t, offersMax, x.s.pending)
	require.Zero(t, x.own)
	require.Nil(t, x.asks("late").Seat, "an arrival joins the end")

	one := x.mail[room(7)][0].(protocol.OfferSeat).Seat
	delete(x.mail, room(7))
	x.accepts(room(7), &one, 1).pass()
	require.Equal(t, offersMax, offered(), "one answered, one offered: 1,023 and the next")
	x.offers()
	require.Zero(t, x.s.waiting)
	require.Zero(t, x.s.pending)
	require.Equal(t, all+1, x.load("a")+x.load("b"))
}

// --- 9.6: by hand ----------------------------------------------------------------

func TestTake(t *testing.T) {
	agent := func(id protocol.AccountID) protocol.Caller {
		return protocol.Caller{Role: protocol.Agent, Site: siteID, Account: id}
	}
	waiting := func(x *story) { x.asks("r") }
	held := func(x *story) {
		x.asks("r")
		x.try(agent("a"), protocol.TakeRoom{Room: "r"})
		seat := x.told[0].(protocol.OfferSeat).Seat
		x.accepts("r", &seat, 3)
	}
	for _, r := range []struct {
		name string
		mode protocol.Mode
		is   func(*story)
		who  protocol.AccountID
		code protocol.RejectCode
	}{
		{"MANUAL", protocol.Manual, waiting, "a", 0},
		{"HYBRID", protocol.Hybrid, func(x *story) {
			x.reports("a", true, protocol.WantBusy, protocol.ConnUp)
			x.reports("b", true, protocol.WantBusy, protocol.ConnUp)
			x.asks("r")
		}, "a", 0},
		{"AUTO (9.1)", protocol.Auto, func(x *story) {
			x.reports("a", true, protocol.WantBusy, protocol.ConnUp)
			x.reports("b", true, protocol.WantBusy, protocol.ConnUp)
			x.asks("r")
		}, "a", protocol.Forbidden},
		{"an account that is not consulting", protocol.Manual, func(x *story) {
			x.asks("r")
			x.changes(func(f *protocol.SiteFacts) { f.Accounts["b"].Consulting = false })
		}, "b", protocol.Forbidden},
		{"no account of the site", protocol.Manual, waiting, "z", protocol.Forbidden},
		{"at night", protocol.Manual, func(x *story) { x.asks("r"); x.now = ten.Add(12 * time.Hour) }, "a", 0},
		{"off duty and out of scope", protocol.Manual, func(x *story) {
			x.asks("r")
			x.reports("a", false, protocol.WantOffline, protocol.ConnDown)
			x.changes(func(f *protocol.SiteFacts) { f.Settings.Scope = []protocol.AccountID{"b"} })
		}, "a", 0},
		{"full: a take never passes the limit (I-03, Q-17)", protocol.Manual, func(x *story) {
			held(x)
			x.asks("r2")
			x.changes(func(f *protocol.SiteFacts) { limits(f, map[protocol.AccountID]int{"a": 1}) })
			x.leaves()
		}, "a", 0}, // of its own room: the same answer
		{"taken by another (I-02, R-108)", protocol.Manual, held, "b", protocol.Taken},
		{"offered to another", protocol.Manual, func(x *story) { x.asks("r"); x.try(agent("a"), protocol.TakeRoom{Room: "r"}) }, "b", protocol.Taken},
		{"locked (W-4)", protocol.Manual, func(x *story) { x.asks("r", func(b *protocol.AskSeat) { b.Need = true }) }, "a", protocol.ProfileRequired},
		{"taken before locked before full", protocol.Manual, func(x *story) {
			held(x)
			x.changes(func(f *protocol.SiteFacts) { limits(f, map[protocol.AccountID]int{"b": 1}) })
		}, "b", protocol.Taken},
	} {
		t.Run(r.name, func(t *testing.T) {
			x := begin(t, 2, func(s *protocol.Settings) { s.Mode = r.mode })
			r.is(x)
			rej := x.try(agent(r.who), protocol.TakeRoom{Room: "r"})
			if r.code != 0 {
				require.NotNil(t, rej)
				require.Equal(t, r.code.String(), rej.Code.String())
				return
			}
			require.Nil(t, rej)
			if x.s.room("r").holder >= 0 {
				require.Equal(t, protocol.Assigned{Room: "r", Assignment: 3, Agent: "a", Duplicate: true}, x.reply, "I-07")
				return
			}
			require.Equal(t, protocol.CauseSelf, x.told[0].(protocol.OfferSeat).Seat.Cause)
		})
	}
	t.Run("I-03 a burst of takes", func(t *testing.T) {
		x := begin(t, 1, manualMode).changes(func(f *protocol.SiteFacts) { limits(f, map[protocol.AccountID]int{"a": 3}) })
		for i := range 5 {
			x.asks(room(i))
		}
		for i := range 5 {
			rej := x.try(agent("a"), protocol.TakeRoom{Room: room(i)})
			if i < 3 {
				require.Nil(t, rej)
			} else {
				require.Equal(t, protocol.CapacityFull, rej.Code)
			}
		}
	})
	t.Run("a room the queue does not know is asked itself", func(t *testing.T) {
		x := begin(t, 1, manualMode)
		require.Nil(t, x.try(agent("a"), protocol.TakeRoom{Room: "gone"}))
		require.Equal(t, []protocol.Body{protocol.TakeRoom{Room: "gone"}}, x.told)
	})
}

func TestAssign(t *testing.T) {
	lee := protocol.Caller{Role: protocol.Manager, Site: siteID, Account: "lee"}
	waiting := func(x *story) { x.asks("r") }
	held := func(x *story) {
		x.asks("r")
		x.try(boss, protocol.AssignRoom{Room: "r", To: "a"})
		seat := x.told[0].(protocol.OfferSeat).Seat
		x.accepts("r", &seat, 1)
	}
	for _, r := range []struct {
		name  string
		is    func(*story)
		who   protocol.Caller
		what  protocol.AssignRoom
		code  protocol.RejectCode
		cause protocol.Cause
	}{
		{"a waiting room (S-13)", waiting, lee, protocol.AssignRoom{To: "a"}, 0, protocol.CauseManager},
		{"a held one (S-17)", held, boss, protocol.AssignRoom{To: "b", Assignment: 1}, 0, protocol.CauseManagerChange},
		{"a locked one (Q-18)", func(x *story) { x.asks("r", func(b *protocol.AskSeat) { b.Need = true }) }, lee, protocol.AssignRoom{To: "a"}, 0, protocol.CauseManager},
		{"beyond the limit (Q-17)", func(x *story) {
			held(x)
			x.changes(func(f *protocol.SiteFacts) { limits(f, map[protocol.AccountID]int{"a": 1}) })
			x.leaves("r")
			x.enters("q")
			x.asks("r")
		}, lee, protocol.AssignRoom{To: "a"}, 0, protocol.CauseManager},
		{"an agent may not", waiting, protocol.Caller{Role: protocol.Agent, Account: "a"}, protocol.AssignRoom{To: "a"}, protocol.Forbidden, 0},
		{"to nobody", waiting, lee, protocol.AssignRoom{To: "z"}, protocol.NotFound, 0},
		{"to an account that is not consulting", func(x *story) {
			waiting(x)
			x.changes(func(f *protocol.SiteFacts) { f.Accounts["b"].Consulting = false })
		}, lee, protocol.AssignRoom{To: "b"}, protocol.Conflict, 0},
		{"of another manager's agent", held, lee, protocol.AssignRoom{To: "b", Assignment: 1}, protocol.NotFound, 0},
		{"to whom holds it", held, boss, protocol.AssignRoom{To: "a", Assignment: 1}, protocol.Conflict, 0},
		{"while it is being assigned", func(x *story) {
			waiting(x)
			x.try(boss, protocol.AssignRoom{Room: "r", To: "b"})
		}, boss, protocol.AssignRoom{To: "a"}, protocol.Unavailable, 0},
		{"as somebody else left it", held, boss, protocol.AssignRoom{To: "b"}, protocol.Taken, 0},
		{"as it never was", waiting, boss, protocol.AssignRoom{To: "b", Assignment: 4}, protocol.Taken, 0},
	} {
		t.Run(r.name, func(t *testing.T) {
			x := begin(t, 2, manualMode)
			r.is(x)
			r.what.Room = "r"
			rej := x.try(r.who, r.what)
			if r.code != 0 {
				require.NotNil(t, rej)
				require.Equal(t, r.code.String(), rej.Code.String())
				return
			}
			require.Nil(t, rej)
			o := x.told[0].(protocol.OfferSeat)
			require.Equal(t, r.cause, o.Seat.Cause)
			require.Equal(t, r.what.Assignment, o.Assignment)
			require.True(t, o.Check)
		})
	}
	t.Run("once more, as its answer was lost (I-07)", func(t *testing.T) {
		x := begin(t, 2, manualMode)
		held(x)
		require.Nil(t, x.try(boss, protocol.AssignRoom{Room: "r", To: "a"}))
		require.Equal(t, protocol.Assigned{Room: "r", Assignment: 1, Agent: "a", Duplicate: true}, x.reply)
	})
	t.Run("a stale assignment does not cost a waiting room its place", func(t *testing.T) {
		x := begin(t, 1)
		x.reports("a", true, protocol.WantBusy, protocol.ConnUp)
		x.asks("r")
		if x.try(boss, protocol.AssignRoom{Room: "r", To: "a", Assignment: 4}) == nil { // the room would say no
			o := x.told[0].(protocol.OfferSeat)
			delete(x.mail, "r")
			x.returns("r", &o.Seat, protocol.Waiting)
		}
		x.reports("a", true, protocol.WantOnline, protocol.ConnUp)
		require.Equal(t, "r→a", x.offers())
	})
}

// --- seats -------------------------------------------------------------------------

// TestAHandBackPutsCursorAndLastTurnBack, unless a later turn was given since.
func TestAHandBackPutsCursorAndLastTurnBack(t *testing.T) {
	t.Run("the cursor", func(t *testing.T) {
		x := begin(t, 3, sequential)
		require.Equal(t, protocol.AccountID("a"), x.enters("r0"))
		b := x.asks("r1").Seat
		require.Equal(t, protocol.AccountID("b"), b.Agent)
		x.returns("r1", b, protocol.Closed)
		require.Equal(t, protocol.AccountID("b"), x.enters("r2"))
		c := x.asks("r3").Seat
		require.Equal(t, protocol.AccountID("a"), x.enters("r4"), "a later turn")
		x.returns("r3", c, protocol.Closed)
		require.Equal(t, protocol.AccountID("b"), x.enters("r5"), "is not taken back with it")
	})
	t.Run("the last turn", func(t *testing.T) {
		x := begin(t, 2)
		require.Equal(t, protocol.AccountID("a"), x.enters("r0"))
		require.Equal(t, protocol.AccountID("b"), x.enters("r1"))
		x.leaves("r0", "r1")
		a := x.asks("r2").Seat // a is the oldest
		require.Equal(t, protocol.AccountID("a"), a.Agent)
		x.returns("r2", a, protocol.Closed)
		require.Equal(t, protocol.AccountID("a"), x.enters("r3"), "still")
	})
	t.Run("two of one agent, in the order of their turns", func(t *testing.T) {
		for _, order := range [][2]int{{0, 1}, {1, 0}} {
			x := begin(t, 2).changes(func(f *protocol.SiteFacts) { limits(f, map[protocol.AccountID]int{"b": 1}) })
			require.Equal(t, protocol.AccountID("a"), x.enters("r0"))
			require.Equal(t, protocol.AccountID("b"), x.enters("r1"))
			x.leaves("r0")
			var seats [2]*protocol.Seat
			for i := range seats {
				seats[i] = x.asks(room(10 + i)).Seat
				require.Equal(t, protocol.AccountID("a"), seats[i].Agent)
			}
			for _, i := range order {
				x.returns(room(10+i), seats[i], protocol.Closed)
			}
			x.leaves("r1")
			require.Equal(t, protocol.AccountID("a"), x.enters("r2"), "a had its last room before b")
		}
	})
	t.Run("two of the ring", func(t *testing.T) {
		for _, order := range [][2]int{{0, 1}, {1, 0}} {
			x := begin(t, 3, sequential)
			require.Equal(t, protocol.AccountID("a"), x.enters("r0"))
			seats := [2]*protocol.Seat{x.asks("r1").Seat, x.asks("r2").Seat}
			for _, i := range order {
				x.returns(room(0)[:1]+protocol.RoomID(fmt.Sprint(1+i)), seats[i], protocol.Closed)
			}
			require.Equal(t, protocol.AccountID("b"), x.enters("r3"))
		}
	})
}

// TestARoomThatClosesWithASeatOfferedHandsItBack: it says so before it has read the offer, and its late answer to
// that finds nothing.
func TestARoomThatClosesWithASeatOfferedHandsItBack(t *testing.T) {
	x := begin(t, 3, sequential)
	require.Equal(t, protocol.AccountID("a"), x.enters("r0"))
	b := x.asks("r1").Seat
	x.leaves("r1").returns("r1", b, protocol.Closed)
	require.Equal(t, "line: | loads: a=1 b=0 c=0", Describe(x.s))
	require.Equal(t, protocol.AccountID("b"), x.enters("r2"))
}

// TestARoomThatHandsASeatBackStandsAside until it changes, and blocks nobody.
func TestARoomThatHandsASeatBackStandsAside(t *testing.T) {
	x := begin(t, 1)
	x.reports("a", true, protocol.WantBusy, protocol.ConnUp)
	x.asks("r0")
	x.asks("r1")
	x.reports("a", true, protocol.WantOnline, protocol.ConnUp)
	x.pass()
	seat := x.mail["r0"][0].(protocol.OfferSeat).Seat
	delete(x.mail, "r0")
	x.returns("r0", &seat, protocol.Waiting)
	require.Equal(t, "r1→a", x.offers())
	require.Equal(t, 1, x.s.waiting, "it keeps its place")
	x.do(protocol.ViewQueue{Room: "r0"})
	require.Contains(t, x.reply.(protocol.QueueView).Explain.Reasons, "handed_a_seat_back")
	require.Equal(t, "r0→a", x.do(protocol.RoomUnlocked{Room: "r0"}).offers())
}

// TestAnOfferThatIsNotAnsweredIsAskedFor after 5 s; no seat is freed by the time alone.
func TestAnOfferThatIsNotAnsweredIsAskedFor(t *testing.T) {
	x := begin(t, 1).changes(func(f *protocol.SiteFacts) { limits(f, map[protocol.AccountID]int{"a": 2}) })
	first := x.asks("r0").Seat
	x.now = x.now.Add(time.Second)
	second := x.asks("r1").Seat
	require.Equal(t, ten.Add(5*time.Second).UTC(), Deadline(x.s).Time())
	x.now = ten.Add(5*time.Second - time.Millisecond)
	require.Empty(t, x.do(protocol.DeadlineReached{}).told)
	x.now = ten.Add(5 * time.Second)
	require.Equal(t, []protocol.Body{protocol.AskOffer{Room: "r0", Turn: first.Turn, Agent: "a"}}, x.do(protocol.DeadlineReached{}).told)
	require.Equal(t, 2, x.load("a"))
	require.Equal(t, ten.Add(6*time.Second).UTC(), Deadline(x.s).Time(), "then the other")
	x.accepts("r1", second, 1)
	require.Equal(t, ten.Add(10*time.Second).UTC(), Deadline(x.s).Time(), "and the first again")
	x.returns("r0", first, protocol.Closed)
	require.Zero(t, Deadline(x.s))
	require.Equal(t, 1, x.load("a"))
}

// TestAnswersThatDoNotFitChangeNothing: twice, of another turn, of no room.
func TestAnswersThatDoNotFitChangeNothing(t *testing.T) {
	x := begin(t, 2)
	seat := x.asks("r0").Seat
	for range 2 {
		x.accepts("r0", seat, 1)
		x.returns("r0", seat, protocol.Closed)
		x.accepts("none", seat, 1)
		x.returns("none", seat, protocol.Waiting)
		require.Equal(t, "line: | loads: a=1 b=0", Describe(x.s))
	}
	x.leaves("r0", "r0", "none")
	require.Equal(t, "line: | loads: a=0 b=0", Describe(x.s))
}

// TestAQuestionThatIsAskedAgainHasTheSameAnswer.
func TestAQuestionThatIsAskedAgainHasTheSameAnswer(t *testing.T) {
	x := begin(t, 2)
	first := x.asks("r0")
	again := x.asks("r0")
	require.Equal(t, first.Seat.Turn, again.Seat.Turn)
	require.Equal(t, first.Seat.Agent, again.Seat.Agent)
	require.Equal(t, first.Place, again.Place)
	require.Equal(t, 1, x.load("a"))
}
