package gate

import "switchyard/protocol"

// SeatNow says whether the queue may look for a seat at the connection request:
// only in hours, never in MANUAL mode, and not for a room that has to wait
// for its profile (domain 7.4, "agent eligible now"). The policy is the effective
// one. Where it says no, nothing is reserved in vain.
func SeatNow(hours protocol.Hours, need bool, mode protocol.Mode, policy protocol.Policy) bool {
	locked, _ := LockIfWaiting(need, mode, policy)
	return hours == protocol.InHours && mode != protocol.Manual && !locked
}

// LockIfWaiting gives the two locks of a room that enters WAITING (domain 7.3). need
// means that the prompt goes out with the same step. It agrees with the table, and
// serves a room that learns only later that it waits.
func LockIfWaiting(need bool, mode protocol.Mode, policy protocol.Policy) (assignLock, refusalArmed bool) {
	return need && (policy == protocol.PolicyWait || mode == protocol.Manual), need
}
