package room

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"switchyard/protocol"
)

// TestWhichTimerRuns plays every row of domain 12.2 (R-130, without the bot's), and its rules. T1 is 30 minutes and T2 is 60.
// want lists what runs: T1 or T2, and its anchor in minutes after ten.
func TestWhichTimerRuns(t *testing.T) {
	wait, assign := needsProfile(protocol.PolicyWait), needsProfile(protocol.PolicyAssign)
	minute := time.Minute
	says := func(who protocol.Caller) func(*story) *story {
		return func(x *story) *story { return x.says(who, "x") }
	}
	hold := func(on bool) func(*story) *story {
		return func(x *story) *story {
			return x.do(ann, protocol.SetRoom{Room: roomID, Set: protocol.MetaHold, Hold: on})
		}
	}
	offer := func(cause protocol.Cause, by protocol.Caller) func(*story) *story {
		return func(x *story) *story { return x.do(internal, x.offered(cause, bob, by)) }
	}
	type act = func(*story) *story
	for _, r := range []struct {
		name     string
		settings []func(*protocol.Settings)
		acts     []act // one every ten minutes, the first at ten
		timer    string
		anchor   int
	}{
		{name: "WAITING, refusal armed: T1 from M-PROMPT", settings: []func(*protocol.Settings){wait}, acts: []act{(*story).waits}, timer: "T1", anchor: 0},
		{name: "WAITING, refusal armed: T1 from M-REFUSE", settings: []func(*protocol.Settings){wait}, acts: []act{(*story).waits, says(visitor)}, timer: "T1", anchor: 10},
		{name: "WAITING, refusal armed, AGENT_DELAY: T2 from the request", settings: []func(*protocol.Settings){wait, byDelay}, acts: []act{(*story).waits}, timer: "T2", anchor: 0},
		{name: "WAITING, refusal armed, AGENT_DELAY: T2 from the customer's last text", settings: []func(*protocol.Settings){wait, byDelay}, acts: []act{(*story).waits, says(visitor)}, timer: "T2", anchor: 10},
		{name: "WAITING, no refusal: T2 from the request (rule 1)", acts: []act{(*story).waits}, timer: "T2", anchor: 0},
		{name: "WAITING, no refusal: T2 from the text", acts: []act{(*story).waits, says(visitor)}, timer: "T2", anchor: 10},
		{name: "between question and answer, too", acts: []act{(*story).asks, says(visitor)}, timer: "T2", anchor: 10},
		{name: "and the later of the two counts once it waits", acts: []act{(*story).asks, says(visitor), func(x *story) *story { return x.answered(protocol.SeatAnswer{}) }}, timer: "T2", anchor: 10},
		{name: "RECEIVED: T2 from the request, the greeting is no response", acts: []act{(*story).received}, timer: "T2", anchor: 0},
		{name: "RECEIVED: T2 from the request, however late the answer", acts: []act{(*story).asks, func(x *story) *story {
			seat := seatOf(1, ann, protocol.CauseEntry)
			return x.answered(protocol.SeatAnswer{Seat: &seat})
		}}, timer: "T2", anchor: 0},
		{name: "RECEIVED with a prompt: T2, too", settings: []func(*protocol.Settings){assign}, acts: []act{(*story).received}, timer: "T2", anchor: 0},
		{name: "RECEIVED: T2 from the customer's text", acts: []act{(*story).received, says(visitor)}, timer: "T2", anchor: 10},
		{name: "ACTIVE, the agent spoke last: T1", acts: []act{(*story).received, says(visitor), says(ann)}, timer: "T1", anchor: 20},
		{name: "ACTIVE, the customer spoke last: T2", acts: []act{(*story).received, says(ann), says(visitor)}, timer: "T2", anchor: 20},
		{name: "ACTIVE, held open: neither", acts: []act{(*story).active, hold(true)}, timer: "", anchor: 0},
		{name: "RECEIVED, held open: neither", acts: []act{(*story).received, hold(true)}, timer: "", anchor: 0},

		{name: "rule 2: the profile stops T1 and starts T2, while it waits", settings: []func(*protocol.Settings){wait}, acts: []act{(*story).waits, (*story).submits}, timer: "T2", anchor: 10},
		{name: "rule 2: while it is bound", settings: []func(*protocol.Settings){assign}, acts: []act{(*story).active, (*story).submits}, timer: "T2", anchor: 10},
		{name: "rule 2: it re-anchors T2", settings: []func(*protocol.Settings){assign}, acts: []act{(*story).received, says(visitor), (*story).submits}, timer: "T2", anchor: 20},
		{name: "rule 2: and with AGENT_DELAY", settings: []func(*protocol.Settings){wait, byDelay}, acts: []act{(*story).waits, (*story).submits}, timer: "T2", anchor: 10},
		{name: "rule 3: each message re-anchors T1", acts: []act{(*story).active, says(ann)}, timer: "T1", anchor: 10},
		{name: "rule 3: and T2", acts: []act{(*story).received, says(visitor), says(visitor)}, timer: "T2", anchor: 20},
		{name: "rule 3: a memo is not relevant", acts: []act{(*story).active, func(x *story) *story {
			return x.do(ann, protocol.SendMessage{Room: roomID, Kind: protocol.Memo, Text: "m"})
		}}, timer: "T1", anchor: 0},
		{name: "rule 6: clearing re-arms with the original anchor", acts: []act{(*story).active, hold(true), hold(false)}, timer: "T1", anchor: 0},
		{name: "rule 6: messages meanwhile count", acts: []act{(*story).active, hold(true), says(visitor), hold(false)}, timer: "T2", anchor: 20},
		{name: "rule 8: a re-assignment anchors nothing", acts: []act{(*story).received, says(visitor), offer(protocol.CauseManagerChange, lee)}, timer: "T2", anchor: 10},
		{name: "rule 8: nor does it stop T1", acts: []act{(*story).active, offer(protocol.CauseManagerChange, lee)}, timer: "T1", anchor: 0},
		{name: "rule 8: an assignment out of the line keeps the request's time", acts: []act{(*story).waits, offer(protocol.CauseBacklog, protocol.Caller{})}, timer: "T2", anchor: 0},
		{name: "rule 11: a refusal that ends without a profile, by the backlog", settings: []func(*protocol.Settings){assign}, acts: []act{(*story).waits, says(visitor), offer(protocol.CauseBacklog, protocol.Caller{})}, timer: "T2", anchor: 20},
		{name: "rule 11: by a take", settings: []func(*protocol.Settings){assign}, acts: []act{(*story).waits, offer(protocol.CauseSelf, bob)}, timer: "T2", anchor: 10},
		{name: "rule 11: by a manager", settings: []func(*protocol.Settings){wait}, acts: []act{(*story).waits, says(visitor), offer(protocol.CauseManager, lee)}, timer: "T2", anchor: 20},
		{name: "rule 11: with AGENT_DELAY T2 runs on", settings: []func(*protocol.Settings){wait, byDelay}, acts: []act{(*story).waits, says(visitor), offer(protocol.CauseManager, lee)}, timer: "T2", anchor: 10},
		{name: "rule 11: not after the profile", settings: []func(*protocol.Settings){wait}, acts: []act{(*story).waits, (*story).submits, offer(protocol.CauseBacklog, protocol.Caller{})}, timer: "T2", anchor: 10},
		{name: "reading is silence", acts: []act{(*story).received, says(ann), func(x *story) *story {
			return x.do(visitor, protocol.MarkRead{Room: roomID, Upto: x.s.Log.Room})
		}}, timer: "T1", anchor: 10},
	} {
		t.Run(r.name, func(t *testing.T) {
			x := begin(t, append(r.settings, timers(30, 60))...)
			for i, a := range r.acts {
				if i > 0 {
					x.later(10 * minute)
				}
				a(x)
			}
			after := map[string]int{"T1": 30, "T2": 60}[r.timer]
			if r.timer == "" {
				require.Zero(t, Deadline(x.s))
				x.later(24 * time.Hour).wakes()
				require.Empty(t, x.step.Events)
				return
			}
			due := ten.Add(time.Duration(r.anchor+after) * minute)
			require.Equal(t, due.UTC(), Deadline(x.s).Time(), "%s of %s, anchored at minute %d", r.timer, Describe(x.s), r.anchor)

			row := x.s.RowDeadline
			require.True(t, row != 0 && row <= protocol.At(due), "the row's deadline may be early, never late")

			x.now = due.Add(-time.Millisecond)
			require.Empty(t, x.wakes().step.Events, "rule 4: not a moment before")
			x.later(time.Millisecond).wakes()
			reason := map[string]protocol.EndReason{"T1": protocol.EndCustomerSilence, "T2": protocol.EndAgentDelay}[r.timer]
			require.Equal(t, reason, x.s.Reason, "rule 4: exactly then")
			require.Equal(t, "M-AUTOCLOSE", x.heard())
			require.Equal(t, protocol.EndedAuto, x.s.EndActor)
			require.Empty(t, x.wakes().step.Events, "I-10: once")
			require.Zero(t, Deadline(x.s))
			require.Equal(t, plain(x.s), plain(x.replayed()))
		})
	}
}

// TestTimersAreOffByDefault (rule 10, R-128), and a gated room then waits for ever.
func TestTimersAreOffByDefault(t *testing.T) {
	for _, from := range []func(*story) *story{(*story).waits, (*story).received, (*story).active} {
		x := from(begin(t, needsProfile(protocol.PolicyAssign)))
		require.Zero(t, Deadline(x.s))
		require.Empty(t, x.later(365*24*time.Hour).wakes().step.Events)
	}
	for name, one := range map[string]func(*protocol.Settings){"only T1": timers(30, 0), "only T2": timers(0, 60)} {
		x := begin(t, one).received()
		require.Equal(t, name == "only T2", Deadline(x.s) != 0, name)
		require.Equal(t, name == "only T1", Deadline(x.says(ann, "x").s) != 0, name)
	}
}

// TestAMessageInTheInstantOfTheTimerWins (rule 3, R-132): whoever comes first is heard.
func TestAMessageInTheInstantOfTheTimerWins(t *testing.T) {
	x := begin(t, timers(30, 60)).active().later(30 * time.Minute)
	x.says(visitor, "잠깐만요").wakes()
	require.Empty(t, x.step.Events)
	require.Equal(t, "ACTIVE ann#1", Describe(x.s))

	x = begin(t, timers(30, 60)).active().later(30 * time.Minute).wakes()
	x.refused(protocol.RoomIsClosed, visitor, protocol.SendMessage{Room: roomID, Kind: protocol.Text, Text: "잠깐만요"})
}

// TestTimersRunThroughTheNight (rule 5), and a week long (rule 7).
func TestTimersRunThroughTheNight(t *testing.T) {
	x := begin(t, timers(10_070, 0)).active()
	require.Equal(t, ten.Add(6*24*time.Hour+23*time.Hour+50*time.Minute).UTC(), Deadline(x.s).Time())
}

// TestClearingTheHoldFiresAtOnceIfItsTimeHasPassed (rule 6); an overdue timer fires once, promptly (rule 9).
func TestClearingTheHoldFiresAtOnceIfItsTimeHasPassed(t *testing.T) {
	x := begin(t, timers(30, 60)).active()
	x.do(ann, protocol.SetRoom{Room: roomID, Set: protocol.MetaHold, Hold: true}).later(3 * time.Hour)
	require.Empty(t, x.wakes().step.Events)
	x.do(ann, protocol.SetRoom{Room: roomID, Set: protocol.MetaHold})
	require.Less(t, Deadline(x.s), protocol.At(x.now))
	require.Equal(t, "M-AUTOCLOSE", x.wakes().heard())
}

// TestARunningTimerKeepsItsDuration: a setting that changes counts from the next anchor on (domain 4).
func TestARunningTimerKeepsItsDuration(t *testing.T) {
	x := begin(t, timers(30, 60)).active()
	next := *x.facts.Settings
	next.SilenceMinutes, next.DelayMinutes = 5, 10
	x.facts.Settings = &next
	require.Equal(t, ten.Add(30*time.Minute).UTC(), Deadline(x.s).Time())
	x.later(time.Minute).says(ann, "x")
	require.Equal(t, ten.Add(6*time.Minute).UTC(), Deadline(x.s).Time())
	x.do(internal, x.offered(protocol.CauseManagerChange, bob, lee))
	require.Equal(t, ten.Add(6*time.Minute).UTC(), Deadline(x.s).Time(), "rule 8")
}

// TestAnAlarmRingsOnceAtItsHolder, held open or not, and is not a timer.
func TestAnAlarmRingsOnceAtItsHolder(t *testing.T) {
	x := begin(t, timers(30, 60)).active()
	at := protocol.At(ten.Add(20 * time.Minute))
	x.do(ann, protocol.SetRoom{Room: roomID, Set: protocol.MetaAlarm | protocol.MetaHold, AlarmAt: at, Hold: true})
	require.Equal(t, at, Deadline(x.s))
	x.later(20 * time.Minute).wakes()
	require.Equal(t, "alarm.ring@ann*", x.told())
	require.Equal(t, "ACTIVE ann#1 held-open", Describe(x.s))
	require.Empty(t, x.wakes().step.Events)

	// Alarm and timer in one instant: both.
	x = begin(t, timers(30, 60)).active()
	x.do(ann, protocol.SetRoom{Room: roomID, Set: protocol.MetaAlarm, AlarmAt: protocol.At(ten.Add(30 * time.Minute))})
	x.later(30 * time.Minute).wakes()
	require.Equal(t, "alarm.ring@ann* room.left room.done* inbox.lose@ann*", x.told())
}
