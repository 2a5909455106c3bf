package room

import (
	"switchyard/actors/core"
	"switchyard/protocol"
)

// Deadline is the earliest of T1, T2 and the alarm; 0 = silence changes nothing. 종료보류
// exempts from the timers, not from the alarm.
func Deadline(s *State) protocol.Instant {
	if s.ClosedAt != 0 || !s.Exists() {
		return 0
	}
	d := s.AlarmAt
	if !s.Hold {
		d = earlier(d, s.Silence.deadline())
		d = earlier(d, s.Delay.deadline())
	}
	return d
}

func earlier(a, b protocol.Instant) protocol.Instant {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// deadlineReached judges by the state alone: a stale firing finds nothing due (I-10).
func deadlineReached(s *State, c protocol.Command, at protocol.Instant) core.Step {
	var step core.Step
	if s.ClosedAt != 0 || !s.Exists() {
		return step
	}
	due := func(d protocol.Instant) bool { return d != 0 && d <= at }
	if due(s.AlarmAt) {
		step.Do(&protocol.AlarmRang{For: s.Holder})
		if s.Holder != "" {
			step.Owe(protocol.AgentAt(s.Addr.Site, s.Holder), protocol.RingAlarm{Room: s.id()})
		}
	}
	reason := protocol.EndReason(0)
	switch {
	case s.Hold:
	case due(s.Silence.deadline()):
		reason = protocol.EndCustomerSilence
	case due(s.Delay.deadline()):
		reason = protocol.EndAgentDelay
	}
	if reason != 0 {
		s.say(&step, c, protocol.MAutoClose, protocol.Words{})
		s.cancel(&step)
		step.Do(&protocol.RoomClosed{State: s.closedState(), Actor: protocol.EndedAuto, Reason: reason})
		s.left(&step, at)
	}
	return step
}
