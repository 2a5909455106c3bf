package queue

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"switchyard/protocol"
)

// Every reason for which a room waits, one story each: what is told is what stands in the way.
func TestWhyARoomWaits(t *testing.T) {
	limit := func(n int) func(f *protocol.SiteFacts) {
		return func(f *protocol.SiteFacts) {
			for _, a := range f.Accounts {
				a.MaxConcurrent = n
			}
		}
	}
	last := func(b *protocol.AskSeat) { b.LastAgent = "a" }
	first := func(b *protocol.AskSeat) { b.Priority = 9 }
	doc, err := os.ReadFile("../../docs/distribution.md")
	require.NoError(t, err)
	wait := func(s *protocol.Settings) { s.Profile.Policy = protocol.PolicyWait }
	for _, c := range []struct {
		name     string
		story    func() *story
		position int
		reasons  []string
	}{
		{"unknown", func() *story { return begin(t, 1) }, 0, []string{"not_in_queue"}},
		{"held", func() *story { x := begin(t, 1); x.enters(room(1)); return x }, 0, []string{"held_by a"}},
		{"a seat is on its way", func() *story { x := begin(t, 1); x.asks(room(1)); return x }, 0, []string{"seat_offered_at a"}},
		{"locked", func() *story {
			x := begin(t, 1, wait)
			x.asks(room(1), func(b *protocol.AskSeat) { b.Need = true })
			return x
		}, 1, []string{"profile_required"}},
		{"handed back", func() *story {
			x := begin(t, 1)
			x.returns(room(1), x.asks(room(1)).Seat, protocol.Waiting)
			return x
		}, 1, []string{"handed_a_seat_back"}},
		{"MANUAL", func() *story { x := begin(t, 1, manualMode); x.asks(room(1)); return x }, 1, []string{"mode_manual"}},
		{"backlog MANUAL", func() *story {
			x := begin(t, 1, func(s *protocol.Settings) { s.Backlog = protocol.BacklogManual }).changes(limit(1))
			x.enters(room(2))
			x.asks(room(1))
			return x
		}, 1, []string{"backlog_manual", "no_eligible_agent", "a limit_reached"}},
		{"at night", func() *story {
			x := begin(t, 1)
			x.now = x.now.Add(12 * time.Hour)
			x.asks(room(1))
			return x
		}, 1, []string{"out_of_hours"}},
		{"nobody", func() *story {
			x := begin(t, 6, func(s *protocol.Settings) {
				s.Scope, s.RequirePresence = []protocol.AccountID{"a", "b", "c", "d", "e"}, true
			}).changes(func(f *protocol.SiteFacts) {
				f.Accounts["e"].Consulting, f.Accounts["a"].MaxConcurrent = false, 1
			})
			x.reports("b", false, protocol.WantOnline, protocol.ConnUp).reports("c", true, protocol.WantMeal, protocol.ConnUp).reports("d", true, protocol.WantOnline, protocol.ConnDown)
			x.enters(room(2))
			x.asks(room(1))
			return x
		}, 1, []string{"no_eligible_agent", "a limit_reached", "b off_duty", "c meal", "d offline", "e not_consulting", "f out_of_scope"}},
		{"others before", func() *story {
			x := begin(t, 1).changes(limit(1))
			x.enters(room(2))
			x.asks(room(3))
			x.asks(room(1))
			return x
		}, 2, []string{"no_eligible_agent", "a limit_reached", "others_asked_before"}},
		{"a higher class", func() *story {
			x := begin(t, 1).changes(limit(1))
			x.enters(room(2))
			x.asks(room(1))
			x.asks(room(3), first)
			return x
		}, 2, []string{"no_eligible_agent", "a limit_reached", "higher_class_first"}},
		{"the last agent", func() *story {
			x := begin(t, 2, with(t, "distribution.last_agent", "60")).changes(limit(1))
			x.enters(room(2))
			x.asks(room(1), last)
			return x
		}, 1, []string{"waits_for_last_agent a"}},
		{"ramp-up", func() *story {
			x := begin(t, 1, with(t, "distribution.ramp_up", `{"rooms":2,"seconds":9}`))
			x.reports("a", true, protocol.WantBusy, protocol.ConnUp).reports("a", true, protocol.WantOnline, protocol.ConnUp)
			x.enters(room(2))
			x.asks(room(1))
			return x
		}, 1, []string{"no_eligible_agent", "a ramping_up"}},
		{"wrap-up", func() *story {
			x := begin(t, 1, with(t, "distribution.wrap_up", "9")).changes(limit(1))
			x.enters(room(2))
			x.leaves(room(2))
			x.asks(room(1))
			return x
		}, 1, []string{"no_eligible_agent", "a wrapping_up"}},
		{"offered", func() *story {
			x := begin(t, 1, with(t, "distribution.offer", "9"))
			x.asks(room(1))
			return x.pass()
		}, 1, []string{"offered_to a"}},
		{"everybody missed it", func() *story {
			x := begin(t, 2, with(t, "distribution.offer", "9"))
			x.reports("b", true, protocol.WantBusy, protocol.ConnUp)
			x.asks(room(1))
			x.pass()
			x.now = x.now.Add(9 * time.Second)
			return x.do(protocol.DeadlineReached{}).pass()
		}, 1, []string{"everybody_missed_the_offer", "a missed_the_offer", "b busy"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := c.story()
			x.do(protocol.ViewQueue{Room: room(1)})
			got := x.reply.(protocol.QueueView).Explain
			require.Equal(t, c.reasons, got.Reasons)
			require.Equal(t, c.position, got.Position)
			for _, reason := range got.Reasons {
				for _, word := range strings.Fields(reason) {
					if len(word) > 1 && word != "busy" { // an agent's name, or the agent's own state
						require.Contains(t, string(doc), "`"+word, "docs/distribution.md")
					}
				}
			}
		})
	}
}
