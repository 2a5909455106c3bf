package room

import (
	"switchyard/actors/core"
	"switchyard/protocol"
)

// mayPrioritize refuses a change of the room's class in the line (distribution.priority): it is a
// manager's, and has a meaning only while the room waits.
func (s *State) mayPrioritize(c protocol.Command, b protocol.SetRoom) *protocol.Rejection {
	switch {
	case b.Set&protocol.MetaPriority == 0:
		return nil
	case b.Priority > protocol.PriorityMax:
		return protocol.RejectField(protocol.BadRequest, "priority", "is 0 to 9")
	case c.Caller.Role != protocol.Manager && c.Caller.Role != protocol.Admin:
		return protocol.RejectField(protocol.Forbidden, "priority", "is for managers")
	case s.State != protocol.Waiting:
		return protocol.RejectField(protocol.Conflict, "priority", "the room does not wait")
	}
	return nil
}

// prioritized tells the queue.
func (s *State) prioritized(step *core.Step, b protocol.SetRoom) {
	if b.Set&protocol.MetaPriority != 0 {
		step.Tell(s.queue(), protocol.RoomPrioritized{Room: s.id(), Priority: b.Priority})
	}
}
